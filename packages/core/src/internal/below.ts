/**
 * The file below a wrapper that transfers at places and times of its own choice: where it stands, and the one call that may be at work
 * in the background. Nothing else is asked of the file meanwhile.
 */
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Runtime from "effect/Runtime"
import type * as IOProc from "../IOProc.js"
import * as MmioError from "../MmioError.js"
import { isCountOf } from "./copy.js"
import { andThen, failingAs, Immediate, noting } from "./immediate.js"

const unknown = -1

/** @internal */
export class Below {
  readonly file: IOProc.File
  /** What errors call the file. */
  readonly name: string
  private readonly runtime: Runtime.Runtime<never>
  private standsAt = 0
  /** Whether the file was seen to answer at once. Others may begin their work as they are called. */
  private immediate = false
  private fiber: Fiber.RuntimeFiber<unknown> | undefined

  /** Over a file that was just opened. What runs in the background runs as the opener did. */
  constructor(file: IOProc.File, name: string, runtime: Runtime.Runtime<never>) {
    this.file = file
    this.name = name
    this.runtime = runtime
  }

  /** Whether something is at work in the background. */
  get busy(): boolean {
    return this.fiber !== undefined
  }

  /** Waits for what is at work. */
  settled(): Effect.Effect<void> {
    return this.fiber === undefined ? Effect.void : Effect.asVoid(Fiber.await(this.fiber))
  }

  /** Ends what is at work. */
  stopped(): Effect.Effect<void> {
    return this.fiber === undefined ? Effect.void : Effect.asVoid(Fiber.interrupt(this.fiber))
  }

  /** Calls of the file, made now if it can answer now, else as the effect is run: what makes an `Immediate` of one over it. */
  calling<A, E>(calls: () => Effect.Effect<A, E>): Effect.Effect<A, E> {
    return this.immediate ? calls() : Effect.suspend(calls)
  }

  /** Begins `work`, which tells by itself what came of it. Where nothing has to be waited for, it has ended on return. */
  background<A, E>(work: Effect.Effect<A, E>): void {
    const fiber = Runtime.runFork(this.runtime)(Effect.exit(Effect.interruptible(work)))
    if (fiber.unsafePoll() !== null) return
    this.fiber = fiber
    fiber.addObserver(() => {
      this.fiber = undefined
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
    if (answer instanceof Immediate) this.immediate = true
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
