/**
 * The contract of storage drivers, over a fake with the semantics of S3: contents in one request, and in parts.
 * Interruption at every step takes as long as all else together, since a request has many steps: `npm run test:s3` has
 * all of it.
 */
import { IOProc } from "@effect-mmio/core"
import { S3Conditions } from "@effect-mmio/s3"
import { IOProcContract } from "@effect-mmio/testing"
import { describe, it } from "@effect/vitest"
import { Effect, type Layer } from "effect"
import { capabilities, layerOf, spooled } from "./support/contract.js"

const known = { conditions: S3Conditions.all }

const contract = (
  name: string,
  layer: Layer.Layer<IOProc.IOProc, unknown>,
  left: ReadonlyArray<IOProcContract.Law>,
  around: (ioProc: IOProc.IOProc) => IOProc.IOProc = (ioProc) => ioProc
) =>
  describe(name, () => {
    const scale = 0.02 * Number(process.env["MMIO_TEST_SCALE"] ?? 1)
    const tests = IOProcContract.tests({ capabilities, around, scale, patience: "1 minute" })
    for (const { law, name, test } of tests) {
      if (!left.includes(law)) {
        it(`${IOProcContract.laws[law]}: ${name}`, () => Effect.runPromise(Effect.provide(test, layer)))
      }
    }
  })

contract("S3IOProc", layerOf({}, known), ["interruption"])

contract(
  "S3IOProc in parts, with a spool in another storage, in a bucket with versions, under readAhead",
  spooled(known),
  ["interruption", "faults"],
  IOProc.readAhead({ smallest: 64, largest: 1024 })
)
