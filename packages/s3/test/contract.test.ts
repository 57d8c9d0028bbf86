/**
 * The contract of storage drivers, over a fake with the semantics of S3: contents in one request, and in parts.
 * Interruption at every step takes as long as all else together, since a request has many steps: `npm run test:s3` has
 * all of it.
 */
import { IOProc } from "@effect-mmio/core"
import { S3Conditions } from "@effect-mmio/s3"
import { layerOf, spooled } from "./support/contract.js"
import { contract } from "./support/suite.js"

const known = { conditions: S3Conditions.all }

contract("S3IOProc", layerOf({}, known), { without: ["interruption"] })

contract(
  "S3IOProc in parts, with a spool in another storage, in a bucket with versions, under readAhead",
  spooled(known),
  { without: ["interruption", "faults"], around: IOProc.readAhead({ smallest: 64, largest: 1024 }) }
)
