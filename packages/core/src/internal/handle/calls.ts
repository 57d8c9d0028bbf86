/**
 * The calls that a handle makes of its driver's file: counts that cannot be true are failures, and failures say where.
 */
import type * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import { identity } from "effect/Function"
import type * as IOProc from "../../IOProc.js"
import * as MmioError from "../../MmioError.js"
import { map, mapError, restoring, settle } from "../io/answer.js"
import { isCountOf } from "../io/copy.js"
import { countFailure, Meter } from "../observe.js"
import type { Restore } from "./lock.js"

const noBytes = new Uint8Array(0)

/** Operations of a handle begin uninterruptible. */
const uninterrupted: Restore = identity

/** @internal */
export class Calls {
  readonly file: IOProc.File
  /** What errors call the file. */
  private readonly name: string
  /** Whether the driver was given bytes that it may still hold. */
  unflushed = false
  /** Whether the file was given bytes that were not committed. */
  uncommitted = false
  readonly meter = new Meter()

  constructor(file: IOProc.File, name: string) {
    this.file = file
    this.name = name
  }

  /** Reads once, as the driver answers: {@link countRead} tells how many bytes. */
  readAt(position: number, target: Uint8Array, restore: Restore): Effect.Effect<number, MmioError.ReadError> {
    return restoring(this.file.readAt(position, target), restore)
  }

  /** How many bytes were read, of the driver's answer. */
  countRead(
    exit: Exit.Exit<number, MmioError.ReadError>,
    position: number,
    target: Uint8Array
  ): Exit.Exit<number, MmioError.ReadError> {
    if (Exit.isFailure(exit)) {
      return Exit.mapError(exit, (error) => MmioError.withDetails(countFailure(error), { position }))
    }
    if (!isCountOf(exit.value, target)) {
      return Exit.fail(countFailure(
        new MmioError.CannotRead({
          operation: "Mmio",
          file: this.name,
          position,
          description: `the driver says it read ${exit.value} of ${target.length} bytes`
        })
      ))
    }
    this.meter.refilled(exit.value)
    return exit
  }

  /**
   * Writes once; `onWritten` notes how many bytes. A failure reports that `written` bytes of the caller's were written
   * before.
   */
  writeAt(
    position: number,
    source: Uint8Array,
    mode: IOProc.WriteMode,
    written: number,
    onWritten: (count: number) => void,
    restore: Restore
  ): Effect.Effect<number, MmioError.WriteError> {
    const { file } = this
    if (file.writeAt === undefined) return Exit.fail(notWritable(this.name))
    this.gaveBytes()
    const allow = this.writesOnce ? uninterrupted : restore
    return settle(restoring(file.writeAt(position, source, mode), allow), (exit) => {
      if (Exit.isFailure(exit)) {
        return Exit.mapError(exit, (error) => this.asOwn(countFailure(error), position, written))
      }
      const count = exit.value
      if (count === 0 || !isCountOf(count, source)) {
        return Exit.fail(countFailure(
          new MmioError.CannotWrite({
            operation: "Mmio",
            file: this.name,
            position,
            description: `the driver says it wrote ${count} of ${source.length} bytes`,
            written
          })
        ))
      }
      this.meter.drained(count)
      onWritten(count)
      return exit
    })
  }

  /** Has the driver push down what it may still hold. */
  flush(position: number, restore: Restore): Effect.Effect<void, MmioError.WriteError> {
    if (!this.unflushed || this.file.writeAt === undefined) return Exit.void
    return map(
      mapError(
        restoring(this.file.writeAt(position, noBytes, "writeFlush"), restore),
        (error) => this.asOwn(countFailure(error), position, 0)
      ),
      () => this.wasFlushed()
    )
  }

  gaveBytes(): void {
    this.unflushed = true
    this.uncommitted = true
  }

  wasFlushed(): void {
    this.unflushed = false
  }

  /** Whether bytes that are written again after an interruption are there twice: such a call is not interrupted. */
  private get writesOnce(): boolean {
    const { cancellable, forwardOnly } = this.file.capabilities
    return forwardOnly && !cancellable
  }

  /** A driver's failure to write, with how much of the caller's bytes was written before. */
  private asOwn(error: MmioError.WriteError, position: number, written: number): MmioError.WriteError {
    return error._tag === "CannotWrite"
      ? new MmioError.CannotWrite({
        operation: "Mmio",
        file: this.name,
        position,
        description: error.description,
        written,
        ...(error.errno === undefined ? {} : { errno: error.errno }),
        ...(error.cause === undefined ? {} : { cause: error.cause })
      })
      : MmioError.withDetails(error, { position })
  }
}

/** @internal */
export const notReadable = (file: string): MmioError.CannotRead =>
  new MmioError.CannotRead({ operation: "Mmio", file, description: "the handle is open for writing only" })

/** @internal */
export const notWritable = (file: string): MmioError.CannotWrite =>
  new MmioError.CannotWrite({ operation: "Mmio", file, description: "the handle is open for reading only", written: 0 })
