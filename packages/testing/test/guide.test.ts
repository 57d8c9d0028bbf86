/**
 * The guide "Write a driver" (`docs/drivers.md`): a driver that was written by it does all that is asked, and its
 * set-ups find mistakes in that driver.
 */
import type { IOProc } from "@effect-mmio/core"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { compressed } from "../examples/compressed.js"
import { mistakes } from "./guide/compressed.js"
import { load } from "./guide/plant.js"
import { finding, found, type Tested } from "./guide/setups.js"

const source = new URL("../examples/compressed.ts", import.meta.url).pathname

/** Blocks so small that most transfers cross from one to the next. */
const blockSize = 32

const tested = (driver: Tested["driver"]): Tested => ({
  driver,
  capabilities: { commit: "onClose", sharing: false },
  names: /^\/[ab]$/
})

type Make = (blockSize: number) => (storage: IOProc.IOProc) => IOProc.IOProc

describe("the set-ups of the guide", () => {
  // The whole contract, over every set-up: half a minute.
  it.live.runIf(process.env["MMIO_TEST_ALL"] === "1")(
    "find nothing wrong with a driver that compresses files",
    () => Effect.map(finding(tested(compressed(blockSize))), (what) => assert.isUndefined(what)),
    600_000
  )

  it("find ten mistakes in it, or more", () => assert.isAtLeast(mistakes.length, 10))

  for (const mistake of mistakes) {
    it.live(`find this mistake in it: ${mistake.what}`, () =>
      Effect.gen(function*() {
        // What the module exports, compiled with the mistake.
        const { compressed } = load(source, mistake) as { readonly compressed: Make }
        assert.isDefined(yield* found(tested(compressed(blockSize)), mistake.caughtBy))
      }))
  }
})
