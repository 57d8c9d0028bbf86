/**
 * The inner file of a wrapper that transfers at times of its own choice: what is in flight in the background, and how
 * to wait for it. While something is, a file whose calls are not concurrent is asked for nothing else.
 */
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Runtime from "effect/Runtime"
import type * as IOProc from "../../IOProc.js"
import { andThen, begin, Callback, callback, isDone, needsNoFiber, resolve } from "./answer.js"

const noFibers: ReadonlyArray<Fiber.RuntimeFiber<unknown>> = []

/** @internal */
export class Background {
  readonly inner: IOProc.File
  /** What errors call the file. */
  readonly name: string
  /** Background work of a driver that needs fibers runs as the last caller did. */
  private runtime: Runtime.Runtime<never> | undefined
  /** Whether the driver was seen to answer without a fiber. */
  private needsNoFiber = false
  private inFlight = 0
  private fibers: ReadonlyArray<Fiber.RuntimeFiber<unknown>> = noFibers
  private waiting: Array<() => void> | undefined

  constructor(inner: IOProc.File, name: string) {
    this.inner = inner
    this.name = name
  }

  /** Whether something is in flight. */
  get busy(): boolean {
    return this.inFlight > 0
  }

  /** Waits until one part of what is in flight has ended. */
  oneEnded(): Effect.Effect<void> {
    if (!this.busy) return Exit.void
    const wait = (done: (answer: Effect.Effect<void>) => void) => {
      if (!this.busy) return done(Exit.void)
      this.waiting ??= []
      this.waiting.push(() => done(Exit.void))
    }
    // A call that cannot be cancelled is waited for as if it were the waiting fiber's own.
    return this.fibers.length === 0 ? callback(wait) : Effect.async<void>(wait)
  }

  /** Waits until nothing is in flight. */
  idle(): Effect.Effect<void> {
    return this.busy ? andThen(this.oneEnded(), () => this.idle()) : Exit.void
  }

  /** Interrupts what can be interrupted, and waits until nothing is in flight. */
  stopped(): Effect.Effect<void> {
    const { fibers } = this
    return fibers.length === 0
      ? this.idle()
      : Effect.zipRight(Fiber.interruptAll(fibers), Effect.suspend(() => this.idle()))
  }

  /**
   * Starts a call whose outcome the call itself notes, and has `next` go on after it: it may start another one. Where
   * the call answers synchronously, that has happened on return.
   */
  start<A, E>(call: () => Effect.Effect<A, E>, next: () => void): void {
    const work = this.needsNoFiber ? resolve(call()) : Effect.suspend(call)
    if (isDone(work)) return next()
    this.inFlight++
    if (!(work instanceof Callback)) return this.fork(work, next)
    begin(work, (answer) => isDone(answer) ? this.ended(next) : this.fork(answer, next))
  }

  private fork<A, E>(work: Effect.Effect<A, E>, next: () => void): void {
    const fiber = Runtime.runFork(this.runtime ?? Runtime.defaultRuntime)(Effect.exit(Effect.interruptible(work)))
    if (fiber.unsafePoll() !== null) return this.ended(next)
    this.fibers = [...this.fibers, fiber]
    fiber.addObserver(() => {
      this.fibers = this.fibers.filter((other) => other !== fiber)
      this.ended(next)
    })
  }

  private ended(next: () => void): void {
    this.inFlight--
    next()
    const waiting = this.waiting ?? []
    this.waiting = undefined
    for (const wake of waiting) wake()
  }

  /** Goes on as the calling fiber, whose runtime later background work may need. */
  calling<A, E>(calls: () => Effect.Effect<A, E>): Effect.Effect<A, E> {
    return this.needsNoFiber ? calls() : Effect.flatMap(Effect.runtime<never>(), (runtime) => {
      this.runtime = runtime
      const answer = calls()
      if (this.needsNoFiber) this.runtime = undefined
      return answer
    })
  }

  /** An answer of the inner file, noting how the driver answers. */
  asked<A, E>(answer: Effect.Effect<A, E>): Effect.Effect<A, E> {
    if (needsNoFiber(answer)) this.needsNoFiber = true
    return answer
  }
}
