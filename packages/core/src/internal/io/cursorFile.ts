/**
 * The adapter from files with a cursor to positional files. It alone seeks, and knows that a cursor can be anywhere
 * after a call that failed.
 */
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Option from "effect/Option"
import type * as Api from "../../IOProc.js"
import * as MmioError from "../../MmioError.js"
import { andThen, catchAll, immediate, isDone, map, mapError, onExit } from "./answer.js"
import { isCountOf, isPosition } from "./copy.js"
import { knowsNoMessage, plainCapabilities } from "./positionalFile.js"

/** The cursor of a driver after a call that did not tell where it left it. */
const unknown = -1

/** What a file refuses that cannot go back. */
const goesForward = "the file only goes forward"

/** How much is read at once to skip it. */
const skippedAtOnce = 64 * 1024

class CursorFile implements Api.File {
  readonly capabilities: Api.FileCapabilities
  readonly start: number | undefined
  readonly version: Option.Option<string>
  readonly identity: Option.Option<string>
  readonly onMessage: Api.OnMessage
  readonly writeAt: Api.File["writeAt"]
  readonly truncate: Api.File["truncate"]
  readonly commit = Effect.void
  private readonly functions: Api.CursorFunctions
  private cursor: number

  constructor(functions: Api.CursorFunctions) {
    const { capabilities, identity, onMessage, start, truncate, version, write, writeFlush } = functions
    this.functions = functions
    this.capabilities = { ...plainCapabilities, ...capabilities, truncate: truncate !== undefined }
    this.start = start
    this.version = Option.fromNullable(version)
    this.identity = Option.fromNullable(identity)
    this.onMessage = onMessage ?? knowsNoMessage
    this.truncate = truncate
    this.cursor = start ?? 0
    this.writeAt = write && ((position, source, mode) => {
      const call = mode === "write"
        ? write
        : writeFlush ?? ((bytes) => bytes.length === 0 ? Exit.succeed(0) : write(bytes))
      return immediate(() => this.write(position, source, call))
    })
  }

  get size(): Effect.Effect<number, MmioError.SeekError> {
    return immediate(() => this.seek(0, "end"))
  }

  get close(): Effect.Effect<void, MmioError.CloseError> {
    return this.functions.close ?? Effect.void
  }

  get abort(): Effect.Effect<void> {
    return this.functions.abort ?? Effect.ignore(this.close)
  }

  canSeek(position: number): Effect.Effect<void, MmioError.CannotSeek> {
    return immediate(() => {
      if (position === this.cursor) return Exit.void
      // A file that is read can be skipped forward.
      if (this.skips && this.cursor !== unknown) {
        return position > this.cursor ? Exit.void : Exit.fail(this.cannotSeek(position, goesForward))
      }
      return map(mapError(this.seek(position, "start"), (error) => this.asCannotSeek(error, position)), () => {})
    })
  }

  readAt(position: number, target: Uint8Array): Effect.Effect<number, MmioError.ReadError> {
    return immediate((): Effect.Effect<number, MmioError.ReadError> => {
      if (!isPosition(position)) return Exit.fail(this.cannotRead(position, "a file has no such position"))
      if (this.ignoresPositions || position === this.cursor) return this.read(target)
      // A driver that refused to go back would leave its cursor unknown.
      if (this.skips && this.cursor !== unknown) {
        return position > this.cursor
          ? this.readPast(position, target)
          : Exit.fail(this.cannotRead(position, goesForward))
      }
      return catchAll(
        andThen(this.seek(position, "start"), () => this.read(target)),
        (error) => error._tag === "CannotSeek" ? this.readRefused(position, error) : Exit.fail(error)
      )
    })
  }

  /** Whether the file only goes forward, and is only read. */
  private get skips(): boolean {
    return this.capabilities.forwardOnly && this.writeAt === undefined
  }

  /** A duplex device reads and writes two streams, each with its own order. */
  private get ignoresPositions(): boolean {
    return this.capabilities.forwardOnly && this.writeAt !== undefined
  }

  private read(target: Uint8Array): Effect.Effect<number, MmioError.ReadError> {
    return this.moving(this.functions.read(target), target)
  }

  /** Reads up to `position`, then into `target`; 0 where the file ends before. */
  private readPast(position: number, target: Uint8Array): Effect.Effect<number, MmioError.ReadError> {
    const scratch = new Uint8Array(Math.min(position - this.cursor, skippedAtOnce))
    while (this.cursor !== unknown && this.cursor < position) {
      const skipped = this.read(scratch.subarray(0, position - this.cursor))
      // A loop where the driver answers synchronously: it may read a byte at a time.
      if (!isDone(skipped)) {
        return andThen(skipped, (count) => count === 0 ? Exit.succeed(0) : this.readPast(position, target))
      }
      if (Exit.isFailure(skipped) || skipped.value === 0) return skipped
    }
    return this.cursor === position
      ? this.read(target)
      : Exit.fail(this.cannotRead(position, "the driver returned a count that cannot be true"))
  }

  /** A storage may refuse to go to a position at or past the end, where a read returns 0. */
  private readRefused(position: number, cause: MmioError.CannotSeek): Effect.Effect<number, MmioError.ReadError> {
    const failed = Exit.fail(this.cannotRead(position, `the storage does not go there: ${cause.description}`, cause))
    return catchAll(andThen(this.seek(0, "end"), (end) => end <= position ? Exit.succeed(0) : failed), () => failed)
  }

  private write(
    position: number,
    source: Uint8Array,
    call: (source: Uint8Array) => Effect.Effect<number, MmioError.WriteError>
  ): Effect.Effect<number, MmioError.WriteError> {
    const here = () => this.moving(call(source), source)
    if (!isPosition(position)) return Exit.fail(this.cannotWrite(position, "a file has no such position"))
    // To push down what a driver holds takes no position.
    if (this.ignoresPositions || position === this.cursor || source.length === 0) return here()
    return andThen(
      mapError(
        this.seek(position, "start"),
        (error) =>
          error._tag === "CannotSeek"
            ? this.cannotWrite(position, `the storage does not go there: ${error.description}`, error)
            : error
      ),
      here
    )
  }

  private seek(offset: number, from: Api.Whence): Effect.Effect<number, MmioError.SeekError> {
    const { cursor } = this
    return onExit(this.functions.seek(offset, from), (exit) => {
      // What only goes forward refuses to seek, and has not moved.
      const isRefused = this.capabilities.forwardOnly && Exit.isFailure(exit) && Cause.isFailure(exit.cause)
      this.cursor = Exit.isSuccess(exit) ? exit.value : isRefused ? cursor : unknown
    })
  }

  /** Follows the cursor through a transfer. */
  private moving<E>(call: Effect.Effect<number, E>, bytes: Uint8Array): Effect.Effect<number, E> {
    const { cursor } = this
    return onExit(call, (exit) => {
      this.cursor = cursor !== unknown && Exit.isSuccess(exit) && isCountOf(exit.value, bytes)
        ? cursor + exit.value
        : unknown
    })
  }

  private asCannotSeek(error: MmioError.SeekError, position: number): MmioError.CannotSeek {
    return error._tag === "CannotSeek" ? error : this.cannotSeek(position, error.description, error)
  }

  private cannotSeek(position: number, description: string, cause?: unknown): MmioError.CannotSeek {
    return new MmioError.CannotSeek({
      operation: "IOProc.File.canSeek",
      file: this.functions.name,
      position,
      description,
      ...(cause === undefined ? {} : { cause })
    })
  }

  private cannotRead(position: number, description: string, cause?: unknown): MmioError.CannotRead {
    return new MmioError.CannotRead({
      operation: "IOProc.File.readAt",
      file: this.functions.name,
      position,
      description,
      ...(cause === undefined ? {} : { cause })
    })
  }

  private cannotWrite(position: number, description: string, cause?: unknown): MmioError.CannotWrite {
    return new MmioError.CannotWrite({
      operation: "IOProc.File.writeAt",
      file: this.functions.name,
      position,
      description,
      written: 0,
      ...(cause === undefined ? {} : { cause })
    })
  }
}

/** @internal */
export const makeCursorFile = (functions: Api.CursorFunctions): Api.File => new CursorFile(functions)
