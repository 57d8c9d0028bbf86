import { IOProc, Mmio } from "@effect-mmio/core"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"

describe("an emptying flush", () => {
  it.scoped("reaches the file below read-ahead", () =>
    Effect.gen(function*() {
      let invalidated = 0
      const inner = IOProc.make({
        open: ({ name }) =>
          Effect.succeed(IOProc.makeFile({
            name: name.full,
            size: Effect.succeed(0),
            readAt: () => Effect.succeed(0),
            invalidate: Effect.sync(() => {
              invalidated++
            })
          }))
      })
      const file = yield* Mmio.openWith(IOProc.readAhead(inner), "a")
      yield* Mmio.flush(file, { emptyBuffer: true })
      assert.strictEqual(invalidated, 1)
    }))
})
