/** The contract of storage drivers, without the laws that take long where an operation is a request. */
import type { IOProc } from "@effect-mmio/core"
import { IOProcContract } from "@effect-mmio/testing"
import { describe, it } from "@effect/vitest"
import { Effect, type Layer } from "effect"
import { capabilities as own } from "./contract.js"

/** Every operation is some requests: shorter walks, on machines that have other things to do. */
const scale = 0.02 * Number(process.env["MMIO_TEST_SCALE"] ?? 1)

export const contract = (
  name: string,
  layer: Layer.Layer<IOProc.IOProc, unknown>,
  { around, capabilities = own, without }: {
    readonly without: ReadonlyArray<IOProcContract.Law>
    readonly around?: (ioProc: IOProc.IOProc) => IOProc.IOProc
    readonly capabilities?: Partial<IOProcContract.Capabilities>
  }
) =>
  describe(name, () => {
    for (const { law, name, test } of IOProcContract.tests({ capabilities, around, scale, patience: "5 minutes" })) {
      if (without.includes(law)) continue
      it(`${IOProcContract.laws[law]}: ${name}`, () => Effect.runPromise(Effect.provide(test, layer)))
    }
  })
