/**
 * One operation after another, in the order in which they came.
 *
 * (`Effect.Semaphore` would do but for two things: what the buffer serves asks with a plain field whether the handle is free, and in effect 3.22 a fiber
 * that is interrupted between taking a permit and registering its release loses the permit.)
 */
import * as Effect from "effect/Effect"
import { begin, Callback, evaluate, isDone } from "../io/answer.js"

/** Makes interruptible again what runs in an operation's uninterruptible region. @internal */
export type Restore = <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>

interface Waiter {
  granted: boolean
  readonly wake: () => void
}

/** @internal */
export class Lock {
  /** False while an operation runs, and for good once the lock is closed. Only this class sets it. */
  idle = true
  closed = false
  private waiters: Array<Waiter> | undefined
  /** What everyone gets who comes, or is still waiting, after the lock was closed. */
  private readonly whenClosed: () => Effect.Effect<never>

  constructor(whenClosed: () => Effect.Effect<never>) {
    this.whenClosed = whenClosed
  }

  /**
   * Runs an operation that nothing else runs beside, uninterruptibly but for what it restores. An operation that answers without a fiber
   * is taken at its word in the step that acquires the lock.
   */
  exclusive<A, E>(operation: (restore: Restore) => Effect.Effect<A, E>): Effect.Effect<A, E> {
    return Effect.uninterruptibleMask((restore) => {
      if (!this.idle) return Effect.zipRight(this.wait(restore), Effect.suspend(() => this.run(operation, restore)))
      this.idle = false
      return this.run(operation, restore)
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
  private run<A, E>(operation: (restore: Restore) => Effect.Effect<A, E>, restore: Restore): Effect.Effect<A, E> {
    const answer = evaluate(() => this.closed ? this.whenClosed() : operation(restore))
    if (isDone(answer)) {
      this.release()
      return answer
    }
    if (!(answer instanceof Callback)) return Effect.ensuring(answer, this.releasing)
    return Effect.async<A, E>((resume) =>
      begin(answer, (answered) => {
        if (!isDone(answered)) return resume(Effect.ensuring(answered, this.releasing))
        this.release()
        resume(answered)
      })
    )
  }

  /** Lets nothing run any more; to be called by an operation, or before there is any. */
  close(): void {
    this.closed = true
    this.idle = false
  }

  /**
   * Waits to be given the lock. A waiter that is interrupted just as it is given it passes it on, so that it is never lost between two
   * steps.
   */
  private wait(restore: Restore): Effect.Effect<void> {
    return Effect.suspend(() => {
      let waiter: Waiter | undefined
      const granted = Effect.async<void>((resume) => {
        if (this.closed) return resume(this.whenClosed())
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
    const next = this.waiters?.shift()
    if (next === undefined) this.idle = !this.closed
    else {
      next.granted = true
      next.wake()
    }
  }

  private readonly releasing: Effect.Effect<void> = Effect.sync(() => this.release())
}
