/**
 * So many effects at the same time, the others in the order in which they came.
 *
 * (In effect 3.22 a fiber that is interrupted between taking a permit of an `Effect.Semaphore` and registering its
 * release loses the permit.)
 */
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as FiberId from "effect/FiberId"

/** @internal */
export class Permits {
  private free: number
  private readonly waiters = new Set<Deferred.Deferred<void>>()

  constructor(count: number) {
    this.free = count
  }

  /** Runs an effect with one of the permits. */
  with<A, E>(effect: Effect.Effect<A, E>): Effect.Effect<A, E> {
    return Effect.uninterruptibleMask((restore) => {
      const run = Effect.ensuring(restore(effect), this.releasing)
      if (this.free > 0) {
        this.free--
        return run
      }
      const waiter = Deferred.unsafeMake<void>(FiberId.none)
      this.waiters.add(waiter)
      return Effect.zipRight(
        Effect.onInterrupt(restore(Deferred.await(waiter)), () =>
          // A waiter that was given the permit just now passes it on.
          Effect.sync(() => void (this.waiters.delete(waiter) || this.release()))),
        run
      )
    })
  }

  private release(): void {
    for (const next of this.waiters) {
      this.waiters.delete(next)
      return Deferred.unsafeDone(next, Effect.void)
    }
    this.free++
  }

  private readonly releasing: Effect.Effect<void> = Effect.sync(() => this.release())
}
