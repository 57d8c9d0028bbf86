/**
 * Many effects, so many of them at a time.
 */
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"

/**
 * Does this for all, and gives the results in their order; the first failure ends the others.
 *
 * `Effect.forEach` does so, too, but where its fiber is interrupted before the one that it makes for the others has
 * begun, it waits for that one without end.
 */
export const inLanes = <A, B, E>(
  all: ReadonlyArray<A>,
  lanes: number,
  f: (one: A, index: number) => Effect.Effect<B, E>
): Effect.Effect<ReadonlyArray<B>, E> =>
  Effect.uninterruptibleMask((restore) =>
    Effect.gen(function*() {
      const results: Array<B> = []
      const entries = all.entries()
      let running = Math.min(lanes, all.length)
      if (running === 0) return results
      const ended = yield* Deferred.make<void, E>()
      // What a lane goes over, no other one does.
      const lane = Effect.gen(function*() {
        for (const [index, one] of entries) results[index] = yield* f(one, index)
      })
      const fibers = yield* Effect.replicateEffect(
        Effect.fork(Effect.onExit(
          restore(lane),
          (exit) => --running === 0 || Exit.isFailure(exit) ? Deferred.done(ended, exit) : Effect.void
        )),
        running
      )
      yield* Effect.ensuring(restore(Deferred.await(ended)), Fiber.interruptAll(fibers))
      return results
    })
  )
