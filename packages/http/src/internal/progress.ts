/**
 * Requests of which nothing has been received for too long are given up.
 */
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"

/** What was received so far. @internal */
export interface Progress {
  /** How often something was. */
  count: number
  /** The answers of which only the head was, or not all of the body for certain. */
  unread: number
}

/**
 * Runs a request until nothing has been received of it for as long as `timeout`, and twice that at most: one timer for
 * all of the request costs a fraction of one for each part of it.
 *
 * @internal
 */
export const watched = <A, E, E2>(
  timeout: Duration.DurationInput,
  onTimeout: () => E2,
  request: (progress: Progress) => Effect.Effect<A, E>
): Effect.Effect<A, E | E2> =>
  Effect.suspend(() => {
    const progress: Progress = { count: 0, unread: 0 }
    const watch = (before: number): Effect.Effect<never, E2> =>
      Effect.flatMap(
        Effect.sleep(timeout),
        () => progress.count === before ? Effect.fail(onTimeout()) : watch(progress.count)
      )
    // As `Effect.timeout` does it: masked, since a fiber that is interrupted between making the two fibers and starting
    // them waits for them without end; and the timer can be interrupted where the caller cannot.
    return Effect.uninterruptibleMask((restore) =>
      Effect.raceWith(restore(request(progress)), Effect.interruptible(watch(0)), {
        onSelfDone: (exit, watching) => Effect.zipRight(Fiber.interrupt(watching), exit),
        onOtherDone: (exit, requesting): Effect.Effect<A, E | E2> =>
          Exit.isInterrupted(exit) ? Fiber.join(requesting) : Effect.zipRight(Fiber.interrupt(requesting), exit)
      })
    )
  })
