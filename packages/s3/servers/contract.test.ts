/**
 * All of the contract of storage drivers, without a network: interruption at every step, too.
 */
import { IOProc } from "@effect-mmio/core"
import { S3Conditions } from "@effect-mmio/s3"
import { IOProcContract } from "@effect-mmio/testing"
import { capabilities, layerOf, spooled } from "../test/support/contract.js"

const known = { conditions: S3Conditions.all }
const effort = { scale: 0.1, patience: "10 minutes" } as const

IOProcContract.suite("S3IOProc", { layer: layerOf({}, known), capabilities, ...effort })

IOProcContract.suite("S3IOProc in parts, with a spool in another storage, in a bucket with versions, under readAhead", {
  layer: spooled(known),
  around: IOProc.readAhead({ smallest: 64, largest: 1024 }),
  capabilities,
  ...effort
})
