/** Effects in lanes: like `Effect.forEach`, wherever they are interrupted. */
import { Interruption } from "@effect-mmio/testing"
import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Exit, FastCheck as fc, Fiber, Ref } from "effect"
import { inLanes } from "../src/internal/lanes.js"

describe("inLanes", () => {
  it.effect.prop(
    "gives all results in order, from as many at a time as there are lanes",
    { yields: fc.array(fc.nat(5), { maxLength: 12 }), lanes: fc.integer({ min: 1, max: 5 }) },
    ({ lanes, yields }) =>
      Effect.gen(function*() {
        let now = 0
        let most = 0
        const results = yield* inLanes(yields, lanes, (times, index) =>
          Effect.gen(function*() {
            most = Math.max(most, ++now)
            for (let i = 0; i < times; i++) yield* Effect.yieldNow()
            now--
            return [times, index] as const
          }))
        assert.deepStrictEqual(results, yields.map((times, index) => [times, index] as const))
        assert.isAtMost(most, lanes)
        // The first of each lane begin before any goes on.
        if (yields.every((times) => times > 0)) assert.strictEqual(most, Math.min(lanes, yields.length))
      })
  )

  it.effect("reports the first failure, and interrupts the others", () =>
    Effect.gen(function*() {
      const interrupted = yield* Ref.make(0)
      const begun = yield* Ref.make(0)
      const exit = yield* Effect.exit(inLanes([1, 2, 3, 4, 5], 3, (one) =>
        Effect.zipRight(
          Ref.update(begun, (n) => n + 1),
          one === 2
            ? Effect.zipRight(Effect.yieldNow(), Effect.fail("two"))
            : Effect.onInterrupt(Effect.never, () => Ref.update(interrupted, (n) => n + 1))
        )))
      assert.deepStrictEqual(exit, Exit.fail("two"))
      assert.deepStrictEqual([yield* begun, yield* interrupted], [3, 2])
    }))

  it.effect("ends what is under way where it is interrupted, and begins nothing more", () =>
    Effect.gen(function*() {
      const started = yield* Deferred.make<void>()
      const ended: Array<number> = []
      const fiber = yield* Effect.fork(inLanes([0, 1, 2], 2, (one) =>
        Effect.zipRight(
          one === 1 ? Deferred.succeed(started, undefined) : Effect.void,
          Effect.onInterrupt(Effect.never, () => Effect.sync(() => ended.push(one)))
        )))
      yield* Deferred.await(started)
      assert.isTrue(Exit.isInterrupted(yield* Fiber.interrupt(fiber)))
      assert.deepStrictEqual(ended.toSorted(), [0, 1])
    }))

  it.live("ends wherever it is interrupted", () =>
    Effect.gen(function*() {
      const running = yield* Ref.make(0)
      const steps = yield* Interruption.sweep({
        prepare: Effect.void,
        run: () =>
          inLanes([1, 2, 3, 4], 2, () =>
            Effect.acquireUseRelease(
              Ref.update(running, (n) => n + 1),
              () => Effect.yieldNow(),
              () => Ref.update(running, (n) => n - 1)
            )),
        check: () => Effect.flatMap(running, (n) => n === 0 ? Effect.void : Effect.fail(`${n} are still running`))
      }).pipe(Effect.timeout("20 seconds"))
      assert.isAbove(steps, 20)
    }), 30_000)
})
