/**
 * The file below a wrapper that transfers at places and times of its own choice: where it stands, and what is at work in the background.
 * Nothing that takes a place to stand at is asked of the file meanwhile.
 */
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Runtime from "effect/Runtime"
import type * as IOProc from "../IOProc.js"
import * as MmioError from "../MmioError.js"
import { type AtHand, atHand, type Transfer, writeNow } from "./atHand.js"
import { isCountOf } from "./copy.js"
import { andThen, answersItself, Awaited, begin, failingAs, isDone, noting, resolve } from "./immediate.js"

const unknown = -1

const noFibers: ReadonlyArray<Fiber.RuntimeFiber<unknown>> = []

/** @internal */
export class Below {
  readonly file: IOProc.File
  /** The same file. */
  private readonly quick: AtHand
  /** What errors call the file. */
  readonly name: string
  /** What runs in the background runs as the last caller did; not needed for a file that answers at once or by callbacks. */
  private runtime: Runtime.Runtime<never> | undefined
  private standsAt = 0
  /** Whether the file was seen to answer at once. Others may begin their work as they are called. */
  private immediate = false
  /** Whether the last of what it was asked took a call that answers by itself. */
  private calls = false
  /** How much is at work: calls that answer by themselves, and fibers. */
  private atWork = 0
  private fibers: ReadonlyArray<Fiber.RuntimeFiber<unknown>> = noFibers
  private waiting: Array<() => void> | undefined

  /** Over a file that was just opened. */
  constructor(file: IOProc.File, name: string) {
    this.file = file
    this.quick = atHand(file)
    this.name = name
  }

  /** Whether something is at work in the background. */
  get busy(): boolean {
    return this.atWork > 0
  }

  /** Waits for what is at work to end, or one part of it. A call that cannot be cancelled is waited for as if it were the waiting one's own. */
  settled(): Effect.Effect<void> {
    if (!this.busy) return Exit.void
    const wait = (done: (answer: Effect.Effect<void>) => void) => {
      if (!this.busy) return done(Exit.void)
      this.waiting ??= []
      this.waiting.push(() => done(Exit.void))
    }
    return this.fibers.length === 0 ? new Awaited(wait) : Effect.async<void>(wait)
  }

  /** Waits until nothing is at work. */
  idle(): Effect.Effect<void> {
    return this.busy ? andThen(this.settled(), () => this.idle()) : Exit.void
  }

  /** The same, of what can be ended where it is. */
  stopped(): Effect.Effect<void> {
    const { fibers } = this
    return fibers.length === 0
      ? this.idle()
      : Effect.zipRight(Fiber.interruptAll(fibers), Effect.suspend(() => this.idle()))
  }

  /**
   * Begins a call, which tells by itself what came of it, and has `next` go on from there: it may begin another one. Where nothing has to
   * be waited for, that has happened on return.
   */
  background<A, E>(call: () => Effect.Effect<A, E>, next: () => void): void {
    const work = this.immediate ? resolve(call()) : Effect.suspend(call)
    if (isDone(work)) return next()
    this.atWork++
    if (!(work instanceof Awaited)) return this.fork(work, next)
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
    this.atWork--
    next()
    const waiting = this.waiting ?? []
    this.waiting = undefined
    for (const wake of waiting) wake()
  }

  /** Calls of the file, made now if it can answer now, else as the effect is run: what makes an `Immediate` of one over it. */
  calling<A, E>(calls: () => Effect.Effect<A, E>): Effect.Effect<A, E> {
    return this.immediate ? calls() : Effect.flatMap(Effect.runtime<never>(), (runtime) => {
      this.runtime = runtime
      const answer = calls()
      if (this.immediate) this.runtime = undefined
      return answer
    })
  }

  read(at: number, target: Uint8Array): Effect.Effect<number, MmioError.ReadError> {
    return this.transfer(
      at,
      target,
      () => this.file.read(target),
      (cause) => new MmioError.CannotRead({ ...this.misplaced("IOProc.File.read", at, cause) })
    )
  }

  /** Whether several reads can be at work at once. */
  get readsAtPlaces(): boolean {
    return this.file.readAt !== undefined
  }

  /** Reads there, whatever else is at work, if the file {@link readsAtPlaces}; else as `read` does. */
  readAt(at: number, target: Uint8Array): Effect.Effect<number, MmioError.ReadError> {
    const answer = this.file.readAt?.(at, target)
    return answer === undefined ? this.read(at, target) : this.asked(answer)
  }

  /** The same, where it takes a call that answers by itself. */
  readLater(at: number, target: Uint8Array): Transfer | undefined {
    const answer = this.calls ? this.file.readAt?.(at, target) : undefined
    if (!(answer instanceof Awaited)) return undefined
    return (done) =>
      begin(answer, (answered) => {
        const known = isDone(answered) && Exit.isSuccess(answered) && isCountOf(answered.value, target)
        done(known ? answered.value : -1)
      })
  }

  /** Writes there what the file takes without waiting; 0 where that is nothing. */
  writeNow(at: number, source: Uint8Array, from: number, to: number): number {
    if (this.standsAt !== at || this.busy) return 0
    const count = this.quick[writeNow]?.(source, from, to) ?? 0
    this.standsAt += count
    return count
  }

  /** `write` or `writeFlush` of the file, there. Pushing down what a file holds takes no place to stand at. */
  write(
    how: "write" | "writeFlush",
    at: number,
    source: Uint8Array
  ): Effect.Effect<number, MmioError.WriteError> {
    const call = () => this.file[how](source)
    return source.length === 0 ? call() : this.transfer(
      at,
      source,
      call,
      (cause) => new MmioError.CannotWrite({ ...this.misplaced("IOProc.File.write", at, cause), written: 0 })
    )
  }

  seek(offset: number, from: IOProc.Whence): Effect.Effect<number, MmioError.CannotSeek> {
    return noting(this.asked(this.file.seek(offset, from)), (exit) => {
      this.standsAt = Exit.isSuccess(exit) ? exit.value : unknown
    })
  }

  private transfer<E>(
    at: number,
    bytes: Uint8Array,
    call: () => Effect.Effect<number, E>,
    misplaced: (cause: MmioError.CannotSeek) => E
  ): Effect.Effect<number, E> {
    const there = () =>
      noting(this.asked(call()), (exit) => {
        this.standsAt = Exit.isSuccess(exit) && isCountOf(exit.value, bytes) ? at + exit.value : unknown
      })
    return this.standsAt === at ? there() : andThen(failingAs(this.seek(at, "start"), misplaced), there)
  }

  private asked<A, E>(answer: Effect.Effect<A, E>): Effect.Effect<A, E> {
    this.calls = answer instanceof Awaited
    if (answersItself(answer)) this.immediate = true
    return answer
  }

  private misplaced(operation: string, position: number, cause: MmioError.CannotSeek) {
    return {
      operation,
      file: this.name,
      position,
      description: `the storage does not go there: ${cause.description}`,
      cause
    }
  }
}
