/**
 * One operation after another, in the order in which they came.
 *
 * (`Effect.Semaphore` would do but for two things: the paths that the buffer serves ask with a plain field whether the handle is
 * theirs, and in effect 3.22 a fiber interrupted between taking a permit and registering its release loses the permit.)
 */
import * as Effect from "effect/Effect"

/** Makes interruptible again what stands in an operation's uninterruptible region. @internal */
export type Restore = <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>

interface Waiter {
  granted: boolean
  readonly wake: () => void
}

/** What a lock is of. @internal */
export interface Owner {
  /** What everyone gets who comes, or is still waiting, after the lock was closed. */
  readonly whenClosed: Effect.Effect<never>
}

/** @internal */
export class Lock {
  /** False while an operation runs, and for good once the lock is closed. Only this class sets it. */
  idle = true
  closed = false
  private waiters: Array<Waiter> | undefined
  private readonly owner: Owner

  constructor(owner: Owner) {
    this.owner = owner
  }

  /** Runs an operation that nothing else runs beside, uninterruptibly but for what it restores. */
  exclusive<A, E, R>(operation: (restore: Restore) => Effect.Effect<A, E, R>): Effect.Effect<A, E, R> {
    return Effect.uninterruptibleMask((restore) =>
      Effect.zipRight(
        this.acquire(restore),
        Effect.ensuring(
          Effect.suspend(() => this.closed ? this.owner.whenClosed : operation(restore)),
          this.release
        )
      )
    )
  }

  /** Lets nothing run any more; to be called by an operation. */
  close(): void {
    this.closed = true
  }

  /**
   * Takes the turn, or waits to be given it. A waiter that is interrupted just as it is given the turn passes it on, so that it is
   * never lost between two steps.
   */
  private acquire(restore: Restore): Effect.Effect<void> {
    return Effect.suspend(() => {
      if (this.idle) {
        this.idle = false
        return Effect.void
      }
      let waiter: Waiter | undefined
      const turn = Effect.async<void>((resume) => {
        if (this.closed) return resume(this.owner.whenClosed)
        waiter = { granted: false, wake: () => resume(Effect.void) }
        this.waiters ??= []
        this.waiters.push(waiter)
        // Steps have gone by, in which others may have ended: nobody else would wake who comes to wait now.
        if (this.idle) {
          this.take()
          this.free()
        }
      })
      return Effect.onInterrupt(restore(turn), () =>
        Effect.suspend(() => {
          if (waiter === undefined) return Effect.void
          if (waiter.granted) return this.release
          this.waiters?.splice(this.waiters.indexOf(waiter), 1)
          return Effect.void
        }))
    })
  }

  /** Takes the turn, which has to be idle, for an operation that is no effect; `free` ends it. */
  take(): void {
    this.idle = false
  }

  free(): void {
    const next = this.waiters?.shift()
    if (next === undefined) this.idle = !this.closed
    else {
      next.granted = true
      next.wake()
    }
  }

  private get release(): Effect.Effect<void> {
    return Effect.sync(() => this.free())
  }
}
