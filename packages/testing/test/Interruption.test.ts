import { Interruption } from "@effect-mmio/testing"
import { assert, describe, it } from "@effect/vitest"
import { Cause, Effect, Exit, Stream } from "effect"

/** Something to acquire and to release, and how often each was done. */
class Resource {
  acquired = 0
  released = 0
  readonly acquire = Effect.sync(() => {
    this.acquired++
  })
  readonly release = Effect.sync(() => {
    this.released++
  })
}

const sweep = (run: (resource: Resource) => Effect.Effect<unknown> | ReadonlyArray<Effect.Effect<unknown>>) =>
  Interruption.sweep({
    prepare: Effect.sync(() => new Resource()),
    run,
    check: (resource) =>
      resource.acquired === resource.released
        ? Effect.void
        : Effect.fail(`${resource.acquired} acquired, ${resource.released} released`)
  })

describe("Interruption.sweep", () => {
  it.live("finds nothing in what is right, and interrupts at every step of it", () =>
    Effect.gen(function*() {
      const steps = yield* sweep(({ acquire, release }) =>
        Effect.acquireUseRelease(acquire, () => Effect.void, () => release)
      )
      assert.isAbove(steps, 5)
    }))

  it.live("finds the step between a fact and its cleanup, and gives it again", () =>
    Effect.gen(function*() {
      const leaky = ({ acquire, release }: Resource) =>
        Effect.flatMap(acquire, () => Effect.ensuring(Effect.void, release))
      const error = yield* Effect.flip(sweep(leaky))
      assert.strictEqual(error.cause, "1 acquired, 0 released")
      assert.include(error.message, `step ${error.step}`)
      const again = yield* Effect.flip(
        Interruption.sweep({
          prepare: Effect.sync(() => new Resource()),
          run: leaky,
          check: ({ acquired, released }) => acquired === released ? Effect.void : Effect.fail("leaked"),
          from: error.step
        })
      )
      assert.strictEqual(again.step, error.step)
    }))

  it.live("interrupts at each so many steps", () =>
    Effect.gen(function*() {
      const stepsOf = (options: { readonly from?: number; readonly every?: number }) =>
        Effect.gen(function*() {
          const steps: Array<number> = []
          yield* Interruption.sweep({
            prepare: Effect.void,
            run: () => Effect.repeatN(Effect.void, 3),
            check: (_, exits, step) =>
              Effect.sync(() => {
                if (exits.some(Exit.isFailure)) steps.push(step)
              }),
            ...options
          })
          return steps
        })
      const all = yield* stepsOf({})
      assert.isAbove(all.length, 6)
      assert.deepStrictEqual(yield* stepsOf({ from: 2, every: 3 }), all.filter((step) => step % 3 === 2))
    }))

  it.live("refuses steps that there are not, which would find nothing", () =>
    Effect.gen(function*() {
      for (const options of [{ every: 0 }, { every: NaN }, { every: 1.5 }, { from: 0 }, { from: -1 }]) {
        const exit = yield* Effect.exit(
          Interruption.sweep({ prepare: Effect.void, run: () => Effect.void, check: () => Effect.void, ...options })
        )
        assert.isTrue(Exit.isFailure(exit) && Cause.isDie(exit.cause), JSON.stringify(options))
      }
    }))

  it.live("interrupts one of several", () =>
    Effect.gen(function*() {
      const interrupted = new Set<string>()
      yield* Interruption.sweep({
        prepare: Effect.void,
        run: () => [Effect.yieldNow(), Effect.yieldNow()],
        check: (_, exits) =>
          Effect.sync(() => {
            interrupted.add(exits.map((exit) => exit._tag).join(" "))
          })
      })
      assert.deepStrictEqual([...interrupted].toSorted(), ["Failure Success", "Success Failure", "Success Success"])
    }))

  it.live("leaves alone the fibers that an effect forks for itself, as streams do", () =>
    Effect.gen(function*() {
      const steps = yield* sweep(({ acquire, release }) =>
        Stream.runDrain(Stream.acquireRelease(acquire, () => release))
      )
      assert.isAbove(steps, 20)
    }))
})
