/**
 * Interruption at every step, deterministically.
 *
 * The runtime asks its scheduler before each of its steps whether to yield; the scheduler here interrupts the fiber
 * instead, at the step it was told. What an effect does when it is interrupted just there, between two steps that seem
 * to be one, is then looked at: no sleeping, no luck, and the same again with the same number.
 *
 * @since 0.1.0
 */
import * as Cause from "effect/Cause"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import type * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as FiberId from "effect/FiberId"
import * as Scheduler from "effect/Scheduler"

/**
 * What was left by a run that was interrupted at `step` was not right.
 *
 * @since 0.1.0
 * @category errors
 */
export class SweepError extends Data.TaggedError("SweepError")<{
  /** At which step of the runtime, counted from 1 over all fibers, the run was interrupted. */
  readonly step: number
  /** What was wrong. */
  readonly cause: unknown
}> {
  override get message(): string {
    return `interrupted at step ${this.step}: ${this.cause instanceof Error ? this.cause.message : String(this.cause)}`
  }
}

/**
 * What is run, and how what it leaves is judged.
 *
 * @since 0.1.0
 * @category models
 */
export interface Sweep<P, A, E, E2, E3, R> {
  /** Makes what one run works on, anew for each. */
  readonly prepare: Effect.Effect<P, E2, R>
  /** The effect, or several that run side by side; any of them may be the one that is interrupted. */
  readonly run: (prepared: P) => Effect.Effect<A, E> | ReadonlyArray<Effect.Effect<A, E>>
  /** Fails, or dies, if what the run left is not right. */
  readonly check: (prepared: P, exits: ReadonlyArray<Exit.Exit<A, E>>, step: number) => Effect.Effect<void, E3, R>
  /** The first step to interrupt at. Default: 1. To look at one failure again, its step. */
  readonly from?: number | undefined
  /** Interrupts at each so many steps. Default: 1, which misses none. */
  readonly every?: number | undefined
}

/**
 * Runs an effect again and again, interrupted at its 1st step, its 2nd, …, until a run meets no interruption; gives the
 * step at which that one would have been. Fails with the first run that left what `check` does not accept. A `from` or
 * an `every` that is no whole number from 1 on is a defect.
 *
 * @example
 * ```ts
 * import { Mmio } from "@effect-mmio/core"
 * import { Interruption } from "@effect-mmio/testing"
 * import { Effect, Exit, Scope } from "effect"
 *
 * // However a write is interrupted, the handle can be closed, and holds all of it or nothing.
 * // A write that hangs is a timeout.
 * export const test = Interruption.sweep({
 *   prepare: Effect.gen(function*() {
 *     const scope = yield* Scope.make()
 *     const file = yield* Scope.extend(Mmio.openMemory({ expandBy: 16 }), scope)
 *     return { file, scope }
 *   }),
 *   run: ({ file }) => Mmio.writeAll(file, new Uint8Array(100)),
 *   check: ({ file, scope }) =>
 *     Effect.gen(function*() {
 *       const { length } = yield* Mmio.memoryBytes(file)
 *       if (length !== 0 && length !== 100) return yield* Effect.fail(`${length} bytes`)
 *       yield* Scope.close(scope, Exit.void)
 *     })
 * }).pipe(Effect.timeout("10 seconds"))
 * ```
 *
 * @since 0.1.0
 * @category combinators
 */
export const sweep = <P, A, E, E2 = never, E3 = never, R = never>(
  options: Sweep<P, A, E, E2, E3, R>
): Effect.Effect<number, E2 | SweepError, R> => {
  const { every = 1, from: first = 1 } = options
  // A step that there is not would never be met, and the sweep would find nothing.
  if (![every, first].every((step) => Number.isInteger(step) && step >= 1)) {
    return Effect.dieMessage(`from and every are whole numbers from 1 on, not ${first} and ${every}`)
  }
  let runs = 0
  const from = (step: number): Effect.Effect<number, E2 | SweepError, R> =>
    Effect.flatMap(options.prepare, (prepared) => {
      const scheduler = new InterruptAt(step)
      return Effect.suspend(() => {
        const run = options.run(prepared)
        const effects: ReadonlyArray<Effect.Effect<A, E>> = Effect.isEffect(run) ? [run] : run
        // Started here and not by `Effect.forEach`, which can wait for ever for a fiber that is interrupted in its
        // first step; and not at once, so that the scheduler knows them all before the first step.
        const fibers = effects.map((effect) => Effect.runFork(effect, { scheduler, immediate: false }))
        scheduler.fibers = fibers
        return Effect.forEach(fibers, Fiber.await)
      }).pipe(
        Effect.flatMap((exits) =>
          Effect.catchAllCause(
            options.check(prepared, exits, step),
            (cause) => Effect.fail(new SweepError({ step, cause: Cause.squash(cause) }))
          )
        ),
        Effect.zipLeft(++runs % 16 === 0 ? breath : Effect.void),
        Effect.flatMap(() => scheduler.fired ? from(step + every) : Effect.succeed(step))
      )
    })
  return from(first)
}

declare const setTimeout: (f: () => void, milliseconds: number) => unknown

/**
 * Lets what else the process has to do have its turn: thousands of runs that never wait would keep a test runner from
 * reporting. (Not `Effect.sleep`, which is a matter of the test's clock.)
 */
const breath: Effect.Effect<void> = Effect.async((resume) => {
  setTimeout(() => resume(Effect.void), 0)
})

/**
 * Interrupts, at the step of that number, the fiber that makes it, if it is one of those that were started; else one
 * that was. The fibers that these fork themselves are theirs to interrupt: `Stream.run`, for one, waits for ever for a
 * fiber of its own that another fiber interrupted.
 */
class InterruptAt implements Scheduler.Scheduler {
  readonly base = new Scheduler.MixedScheduler(2048)
  readonly step: number
  fibers: ReadonlyArray<Fiber.RuntimeFiber<unknown, unknown>> = []
  steps = 0
  fired = false
  constructor(step: number) {
    this.step = step
  }
  scheduleTask(task: Scheduler.Task, priority: number) {
    this.base.scheduleTask(task, priority)
  }
  shouldYield(fiber: Fiber.RuntimeFiber<unknown, unknown>) {
    if (++this.steps !== this.step) return false
    this.fired = true
    const target = this.fibers.includes(fiber) ? fiber : this.fibers[this.step % this.fibers.length]
    target?.unsafeInterruptAsFork(FiberId.none)
    return 0
  }
}
