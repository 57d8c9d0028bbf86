/**
 * One operation after another, in the order in which they came.
 *
 * (`Effect.Semaphore` would do but for two things: what the buffer serves asks with a plain field whether the handle is
 * free, and in effect 3.22 a fiber that is interrupted between taking a permit and registering its release loses the
 * permit.)
 */
import * as Effect from "effect/Effect"
import type * as Exit from "effect/Exit"
import { identity } from "effect/Function"
import { begin, Callback, evaluateWith, isDone, settle } from "../io/answer.js"

/** Makes interruptible again what runs in an operation's uninterruptible region. @internal */
export type Restore = <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>

/** What has the lock. @internal */
export interface Owner {
  /** What everyone gets who comes, or is still waiting, after the lock was closed. */
  readonly whenClosed: Effect.Effect<never>
}

interface Waiter {
  granted: boolean
  readonly wake: () => void
}

/** @internal */
export class Lock {
  /** False while an operation runs, and for good once the lock is closed. Only this class sets it. */
  idle = true
  /** Whether the last operation has ended. */
  closed = false
  private closing = false
  private waiters: Array<Waiter> | undefined
  private readonly owner: Owner

  constructor(owner: Owner) {
    this.owner = owner
  }

  /**
   * Runs an operation that nothing else runs beside, uninterruptibly but for what it restores. An operation that
   * answers without a fiber is taken at its word in the step that acquires the lock. How it ended goes through `ended`
   * while the lock is still held. `whenClosed` is for who comes after the last operation, if it is not the owner's.
   */
  exclusive<A, E>(
    operation: (restore: Restore) => Effect.Effect<A, E>,
    ended: (exit: Exit.Exit<A, E>) => Exit.Exit<A, E> = identity,
    whenClosed?: Effect.Effect<A, E>
  ): Effect.Effect<A, E> {
    return Effect.uninterruptibleMask((restore) => {
      if (!this.idle) {
        return Effect.flatMap(
          this.wait(restore),
          () =>
            this.closed
              ? Effect.ensuring(whenClosed ?? this.owner.whenClosed, this.releasing)
              : this.run(operation, ended, restore)
        )
      }
      this.idle = false
      return this.run(operation, ended, restore)
    })
  }

  /** Runs a function that nothing else runs beside, in this step; only where the lock is idle. */
  exclusiveSync<A>(f: () => A): A {
    this.idle = false
    try {
      return f()
    } finally {
      this.release()
    }
  }

  /** Runs an operation whose fiber has acquired the lock, and cannot be interrupted; releases it. */
  private run<A, E>(
    operation: (restore: Restore) => Effect.Effect<A, E>,
    ended: (exit: Exit.Exit<A, E>) => Exit.Exit<A, E>,
    restore: Restore
  ): Effect.Effect<A, E> {
    const answer = evaluateWith(operation, restore)
    if (isDone(answer)) return this.end(answer, ended)
    if (!(answer instanceof Callback)) return Effect.ensuring(settle(answer, ended), this.releasing)
    return this.called(answer, ended)
  }

  /** Waits for the callback of an operation. */
  private called<A, E>(
    call: Callback<A, E>,
    ended: (exit: Exit.Exit<A, E>) => Exit.Exit<A, E>
  ): Effect.Effect<A, E> {
    return Effect.async<A, E>((resume) =>
      begin(
        call,
        (answer) =>
          resume(isDone(answer) ? this.end(answer, ended) : Effect.ensuring(settle(answer, ended), this.releasing))
      )
    )
  }

  private end<A, E>(exit: Exit.Exit<A, E>, ended: (exit: Exit.Exit<A, E>) => Exit.Exit<A, E>): Exit.Exit<A, E> {
    const last = ended(exit)
    this.release()
    return last
  }

  /** Lets nothing run any more; to be called by an operation, whose end is waited for, or before there is any. */
  close(): void {
    if (this.idle) this.closed = true
    else this.closing = true
    this.idle = false
  }

  /**
   * Waits to be given the lock. A waiter that is interrupted just as it is given it passes it on, so that it is never
   * lost between two steps.
   */
  private wait(restore: Restore): Effect.Effect<void> {
    return Effect.suspend(() => {
      let waiter: Waiter | undefined
      const granted = Effect.async<void>((resume) => {
        if (this.closed) return resume(Effect.void)
        waiter = { granted: false, wake: () => resume(Effect.void) }
        this.waiters ??= []
        this.waiters.push(waiter)
        // The operation before may have ended in the steps that have gone by, and no other one would wake this waiter.
        if (this.idle) {
          this.idle = false
          this.release()
        }
      })
      return Effect.onInterrupt(restore(granted), () =>
        Effect.sync(() => {
          if (waiter === undefined) return
          if (waiter.granted) this.release()
          else this.waiters?.splice(this.waiters.indexOf(waiter), 1)
        }))
    })
  }

  private release(): void {
    if (this.closing) this.closed = true
    const next = this.waiters?.shift()
    if (next === undefined) this.idle = !this.closed
    else {
      next.granted = true
      next.wake()
    }
  }

  private get releasing(): Effect.Effect<void> {
    return Effect.sync(() => this.release())
  }
}
