/**
 * Handles: a window, the engine that transfers for it, and the lock that has one operation run after the other.
 */
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Inspectable from "effect/Inspectable"
import * as Option from "effect/Option"
import { pipeArguments } from "effect/Pipeable"
import type * as FileName from "../../FileName.js"
import type { FourCC } from "../../FourCC.js"
import type { Access, File, IOProc, Whence } from "../../IOProc.js"
import type * as Api from "../../Mmio.js"
import * as MmioError from "../../MmioError.js"
import { immediate, mapError } from "../io/answer.js"
import { bothExits } from "../io/exits.js"
import { countFailure, countHandles, traced } from "../observe.js"
import * as BufferState from "./bufferState.js"
import { Engine } from "./engine.js"
import { Position, Read, ReadInto, Seek, Write, WriteAll } from "./hits.js"
import { Lock, type Restore } from "./lock.js"
import { RecordMemory } from "./recordMemory.js"
import { makeRef, type SyncRef, Window } from "./window.js"

/** Marks handles. */
export const TypeId: Api.TypeId = Symbol.for("@effect-mmio/core/Mmio/Handle") as Api.TypeId

/** @internal */
export const MemoryTypeId: Api.MemoryTypeId = Symbol.for("@effect-mmio/core/Mmio/MemoryHandle") as Api.MemoryTypeId

/** @internal */
export const isHandle = (u: unknown): u is Api.Handle => typeof u === "object" && u !== null && TypeId in u

/** What a driver can fail with while bytes are brought, or room is made for them. @internal */
export type TransferError<A extends Access> = Api.ReadError<A>

/** @internal */
export type ReadFailure<A extends Access> = TransferError<A> | MmioError.OutOfMemory | MmioError.InvalidParameter

/** @internal */
export type SeekFailure = MmioError.SeekError | MmioError.InvalidParameter

/** What a handle is made of. */
export interface HandleOptions<A extends Access> {
  readonly name: FileName.FileName
  readonly access: A
  /** The driver that was asked for the file by the name. */
  readonly driver: IOProc | undefined
  readonly file: File
  /** Whether closing the handle closes the file. */
  readonly ownsFile: boolean
  /** Whether a failed scope commits all the same. */
  readonly commitsOnFailure: boolean
  /** What is wrong with a value that is no handle; default: that the handle was closed. */
  readonly invalid?: string
  readonly initial: BufferState.BufferState
  /** By how many bytes at least a memory file grows. */
  readonly expandBy?: number
  /** The code by which the driver was chosen, and what it was given. */
  readonly code?: Option.Option<FourCC>
  readonly parameters?: unknown
  /** Whether the program has the array of the buffer. Default: false. */
  readonly isBufferLent?: boolean
  /** What holds the state; default: a cell. */
  readonly ref?: SyncRef
}

/** Every handle; also the tests of the laws make them. */
export class Handle<A extends Access = Access> implements Api.Handle<A> {
  readonly [TypeId]: Api.TypeId = TypeId
  readonly name: FileName.FileName
  readonly access: A
  readonly driver: IOProc | undefined
  readonly code: Option.Option<FourCC>
  readonly parameters: unknown
  readonly window: Window
  readonly engine: Engine
  readonly lock: Lock
  /**
   * What the next write of the caller has to pass: says what is wrong with bytes at a position, if they would be
   * misread there. A format sets it, and it is gone after one write.
   */
  checkNextWrite: ((position: number, source: Uint8Array) => string | undefined) | undefined
  /** What `parse` keeps for the next record: one is mostly as long as the one before. */
  readonly records = new RecordMemory()
  private readonly ownsFile: boolean
  private readonly commitsOnFailure: boolean
  private readonly whyInvalid: string | undefined
  /** Where the position was as the transfer that runs began. */
  private transferStart = 0

  constructor(options: HandleOptions<A>) {
    this.name = options.name
    this.access = options.access
    this.driver = options.driver
    this.code = options.code ?? Option.none()
    this.parameters = options.parameters
    this.ownsFile = options.ownsFile
    this.commitsOnFailure = options.commitsOnFailure
    this.window = new Window(options.ref ?? makeRef(options.initial), options.isBufferLent ?? false)
    this.engine = new Engine({
      window: this.window,
      file: options.file,
      name: options.name.full,
      access: options.access,
      expandBy: options.expandBy ?? 0
    })
    if (options.invalid === undefined) countHandles(1)
    this.lock = new Lock(this)
    this.whyInvalid = options.invalid
  }

  pipe() {
    return pipeArguments(this, arguments)
  }
  toJSON() {
    return {
      _id: "@effect-mmio/core/Mmio/Handle",
      name: this.name.full,
      access: this.access,
      position: this.window.position,
      closed: this.lock.closed
    }
  }
  toString() {
    return Inspectable.format(this.toJSON())
  }
  [Inspectable.NodeInspectSymbol]() {
    return this.toJSON()
  }

  get canRead(): boolean {
    return this.engine.canRead
  }
  get canWrite(): boolean {
    return this.engine.canWrite
  }
  /** Whether the bytes of the file pass only once. */
  get forwardOnly(): boolean {
    return this.engine.file.capabilities.forwardOnly
  }

  // -------------------------------------------------------------------------------------------------------------------
  // what the buffer can serve: see `hits.ts`
  // -------------------------------------------------------------------------------------------------------------------

  readInto(target: Uint8Array): Effect.Effect<number, TransferError<A> | MmioError.InvalidParameter> {
    return isBytes(target) ? new ReadInto(this, target) : this.noBytes("Mmio.readInto", target)
  }

  read(count: number): Effect.Effect<Uint8Array, ReadFailure<A>> {
    return new Read(this, count)
  }

  write(source: Uint8Array): Effect.Effect<number, MmioError.WriteError | MmioError.InvalidParameter> {
    return isBytes(source) ? new Write(this, source) : this.noBytes("Mmio.write", source)
  }

  writeAll(source: Uint8Array): Effect.Effect<void, MmioError.WriteError | MmioError.InvalidParameter> {
    return isBytes(source) ? new WriteAll(this, source) : this.noBytes("Mmio.writeAll", source)
  }

  seek(offset: number, from: Whence): Effect.Effect<number, SeekFailure> {
    return new Seek(this, offset, from)
  }

  get position(): Effect.Effect<number> {
    return new Position(this)
  }

  // -------------------------------------------------------------------------------------------------------------------
  // what needs the lock
  // -------------------------------------------------------------------------------------------------------------------

  get whenClosed(): Effect.Effect<never> {
    return Effect.dieSync(() =>
      new MmioError.InvalidHandle({
        operation: "Mmio",
        file: this.name.full,
        description: this.whyInvalid ?? "the handle was used after it was closed"
      })
    )
  }

  /** Runs an operation that has the handle to itself; its errors name it. */
  exclusive<B, E extends MmioError.MmioError>(
    operation: string,
    body: (restore: Restore) => Effect.Effect<B, E>,
    whenClosed?: Effect.Effect<B, E>
  ): Effect.Effect<B, E> {
    return this.lock.exclusive(
      body,
      (exit) => Exit.isSuccess(exit) ? exit : Exit.mapError(exit, (error) => this.named(operation, error)),
      whenClosed
    )
  }

  /** The same, of a transfer: one that fails or is interrupted leaves the position where it was. */
  transfer<B, E extends MmioError.MmioError>(
    operation: string,
    body: (restore: Restore) => Effect.Effect<B, E>
  ): Effect.Effect<B, E> {
    return this.lock.exclusive((restore) => {
      this.transferStart = this.window.position
      return body(restore)
    }, (exit) => {
      if (Exit.isSuccess(exit)) return exit
      this.window.moveTo(this.transferStart)
      return Exit.mapError(exit, (error) => this.named(operation, error))
    })
  }

  private named<E extends MmioError.MmioError>(operation: string, error: E): E {
    return MmioError.withDetails(error, { operation, file: this.name.full })
  }

  /** Runs a function when no operation runs, in one step where none does. */
  atRest<B>(f: () => B): Effect.Effect<B> {
    return Effect.suspend(() => this.lock.idle ? Exit.succeed(f()) : this.lock.exclusive(() => Exit.succeed(f())))
  }

  readInFull(operation: string, target: Uint8Array): Effect.Effect<number, TransferError<A>> {
    return this.transfer(operation, (restore) => this.withoutWriting(this.engine.read(target, restore)))
  }

  readNew(count: number): Effect.Effect<Uint8Array, ReadFailure<A>> {
    return Number.isSafeInteger(count) && count >= 0
      ? this.transfer("Mmio.read", (restore) => this.withoutWriting(this.engine.readNew(count, restore)))
      : this.invalid("Mmio.read", `${count} is not a number of bytes`)
  }

  /** Reads in full or to the end of the file; only inside of `exclusive`. */
  readLocked(target: Uint8Array, restore: Restore): Effect.Effect<number, TransferError<A>> {
    return immediate(() => this.withoutWriting(this.engine.read(target, restore)))
  }

  /** Reads from there on, and leaves the position after what it read; only inside of `exclusive`. */
  readLockedAt(position: number, target: Uint8Array, restore: Restore): Effect.Effect<number, TransferError<A>> {
    return immediate(() => {
      this.window.moveTo(position)
      return this.withoutWriting(this.engine.read(target, restore))
    })
  }

  /** Writes in full, or what a block of memory has room for; only inside of `exclusive`. */
  writeLocked(source: Uint8Array, restore: Restore): Effect.Effect<number, MmioError.WriteError> {
    return immediate(() => this.engine.write(source, restore))
  }

  /**
   * Writes all of the bytes, or fails before the first where it is known that there is no room; only inside of
   * `exclusive`.
   */
  writeAllLocked(source: Uint8Array, restore: Restore): Effect.Effect<void, MmioError.WriteError> {
    return immediate(() => this.engine.writeAll(source, restore))
  }

  /** Writes what the caller gives, unless a format refuses it; only inside of `exclusive`. */
  writeChecked<B>(
    operation: string,
    source: Uint8Array,
    write: () => Effect.Effect<B, MmioError.WriteError>
  ): Effect.Effect<B, MmioError.WriteError | MmioError.InvalidParameter> {
    const wrong = this.checkNextWrite?.(this.window.position, source)
    if (wrong !== undefined) return this.invalid(operation, wrong)
    this.checkNextWrite = undefined
    return write()
  }

  /** Only inside of `exclusive`. */
  seekLocked(offset: number, from: Whence, restore: Restore): Effect.Effect<number, MmioError.SeekError> {
    return immediate(() => this.engine.seek(offset, from, restore))
  }

  /** Only inside of `exclusive`. */
  refillLocked(restore: Restore): Effect.Effect<void, TransferError<A>> {
    return immediate(() => this.withoutWriting(this.engine.refill(restore)))
  }

  /**
   * A handle that cannot write is never dirty and never gave its driver anything: nothing of writing can fail on it.
   */
  withoutWriting<B, E>(effect: Effect.Effect<B, E | MmioError.WriteError>): Effect.Effect<B, E | Api.PendingError<A>> {
    return effect as Effect.Effect<B, E | Api.PendingError<A>>
  }

  // -------------------------------------------------------------------------------------------------------------------
  // ending
  // -------------------------------------------------------------------------------------------------------------------

  /** Writes the dirty range and has the driver push it down. */
  flush(emptyBuffer: boolean): Effect.Effect<void, Api.PendingError<A>> {
    const flushing = this.exclusive<void, Api.PendingError<A>>("Mmio.flush", (restore) =>
      emptyBuffer
        ? Effect.zipRight(this.flushLocked(restore), Effect.suspend(() => this.engine.invalidate(restore)))
        : this.flushLocked(restore))
    return this.reporting(
      Effect.suspend(() => this.hasUnwritten ? this.traced("Mmio.flush", flushing) : flushing)
    )
  }

  /** Whether a flush has anything to write. */
  private get hasUnwritten(): boolean {
    return BufferState.isDirty(this.window.state) || this.engine.calls.unflushed
  }

  /** Adds to the metrics once an effect has ended. */
  private reporting<B, E>(effect: Effect.Effect<B, E>): Effect.Effect<B, E> {
    return Effect.ensuring(effect, Effect.sync(() => this.engine.calls.meter.report()))
  }

  /** Runs what is coarse in a span, which tells how many bytes the handle has moved by then. */
  private traced<B, E>(operation: string, effect: Effect.Effect<B, E>): Effect.Effect<B, E> {
    return traced(operation, this.name.full, effect, () => ({
      "mmio.read_bytes": this.engine.calls.meter.read,
      "mmio.written_bytes": this.engine.calls.meter.written
    }))
  }

  /** Only inside of `exclusive`. */
  flushLocked(restore: Restore): Effect.Effect<void, Api.PendingError<A>> {
    return immediate(() => this.withoutWriting<void, never>(this.engine.flush(restore)))
  }

  /** Flushes, then makes what was written the content. */
  commit(): Effect.Effect<void, MmioError.VersionChanged | Api.PendingError<A>> {
    type Failure = MmioError.VersionChanged | Api.PendingError<A>
    const committing = this.exclusive<void, Failure>("Mmio.commit", (restore) =>
      Effect.zipRight(
        this.flushLocked(restore),
        this.withoutWriting(
          Effect.map(Effect.suspend(() => restore(this.engine.file.commit)), () => {
            this.engine.calls.uncommitted = false
          })
        )
      ))
    return this.reporting(this.traced("Mmio.commit", committing))
  }

  /** Flushes and closes. A flush that fails leaves the handle open, with its bytes. */
  close(): Effect.Effect<void, MmioError.CloseError | Api.PendingError<A>> {
    const closing = this.exclusive<void, MmioError.CloseError | Api.PendingError<A>>(
      "Mmio.close",
      (restore) => Effect.zipRight(this.flushLocked(restore), this.shut("close"))
    )
    return this.traced("Mmio.close", closing)
  }

  /**
   * Flushes and closes, whatever happens, or aborts; does nothing to a closed handle. `used` is how the use of the
   * handle ended.
   */
  dispose(
    operation: string,
    used: Exit.Exit<unknown, unknown>
  ): Effect.Effect<void, MmioError.CloseError | Api.PendingError<A>> {
    type Failure = MmioError.CloseError | Api.PendingError<A>
    return Effect.uninterruptible(
      Effect.suspend(() => {
        if (this.lock.closed) return Effect.void
        const commitsOnClose = this.engine.file.capabilities.commit === "onClose" && this.ownsFile
        const closing = this.exclusive<void, Failure>(operation, (restore) => {
          if (commitsOnClose && Exit.isFailure(used) && !this.commitsOnFailure) return this.abort("its scope failed")
          return Effect.flatMap(
            Effect.exit(this.flushLocked(restore)),
            (flushed) =>
              Effect.flatMap(
                Effect.exit(
                  // A part of a content is never committed.
                  commitsOnClose && Exit.isFailure(flushed) ? this.abort("its last flush failed") : this.shut("close")
                ),
                (shut) => bothExits(flushed, shut)
              )
          )
          // A close that was in flight has done it.
        }, Effect.void)
        return this.traced("Mmio.close", closing)
      })
    )
  }

  /** Releases the file without a commit, and says so where that drops bytes. */
  private abort(why: string): Effect.Effect<void, MmioError.CloseError> {
    return Effect.suspend(() => {
      const drops = this.engine.calls.uncommitted || BufferState.isDirty(this.window.state)
      const warn = drops
        ? Effect.logWarning(`${this.name.full} keeps its old content, since ${why}: what was written is dropped`)
        : Effect.void
      return Effect.zipRight(warn, this.shut("abort"))
    })
  }

  private shut(how: "close" | "abort"): Effect.Effect<void, MmioError.CloseError> {
    return Effect.suspend(() => {
      this.lock.close()
      this.window.discard()
      this.records.buffer = undefined
      this.engine.calls.meter.report()
      countHandles(-1)
      return this.ownsFile ? mapError(this.engine.file[how], countFailure) : Effect.void
    })
  }

  // -------------------------------------------------------------------------------------------------------------------

  private noBytes(operation: string, value: unknown): Effect.Effect<never, MmioError.InvalidParameter> {
    return this.invalid(operation, `${Inspectable.toStringUnknown(value, 0)} is no Uint8Array`)
  }

  invalid(operation: string, description: string): Effect.Effect<never, MmioError.InvalidParameter> {
    return Exit.fail(new MmioError.InvalidParameter({ operation, file: this.name.full, description }))
  }
}

/** The types know it; a program without types may pass text, whose length is no number of bytes. */
const isBytes = (value: Uint8Array): boolean =>
  value instanceof Uint8Array || Object.prototype.toString.call(value) === "[object Uint8Array]"

/**
 * A handle whose window is the whole file, a block of memory: a class of its own for its type only.
 *
 * @internal
 */
export class MemoryHandle<A extends Access = Access> extends Handle<A> implements Api.MemoryHandle<A> {
  readonly [MemoryTypeId]: Api.MemoryTypeId = MemoryTypeId
}
