/**
 * What all handles have in common: the state in its `Ref`, the lock, and the paths that the buffer can serve.
 *
 * What needs more than the buffer is left to the two kinds of handles: over a driver's file (`fileHandle.ts`), and over a block of
 * memory (`memoryHandle.ts`). Their methods named `…Slow` run inside of `Lock.exclusive`.
 */
import * as Effect from "effect/Effect"
import * as Inspectable from "effect/Inspectable"
import type * as Option from "effect/Option"
import { pipeArguments } from "effect/Pipeable"
import type * as Request from "effect/Request"
import type * as FileName from "../FileName.js"
import type { Access, IOProc, Whence } from "../IOProc.js"
import type * as Api from "../Mmio.js"
import * as MmioError from "../MmioError.js"
import type { AtOnce } from "./atOnce.js"
import * as BufferState from "./bufferState.js"
import { allocate, copy, outOfMemory, trustedCount } from "./copy.js"
import { bothExits } from "./exits.js"
import { immediate } from "./immediate.js"
import { Lock, type Restore } from "./lock.js"
import { Read, ReadInto, Seek, Write, WriteAll } from "./operations.js"
import { StateRef } from "./stateRef.js"

/** @internal */
export const TypeId: Api.TypeId = Symbol.for("@effect-mmio/core/Mmio/Handle") as Api.TypeId

/** @internal */
export const MemoryTypeId: Api.MemoryTypeId = Symbol.for("@effect-mmio/core/Mmio/MemoryHandle") as Api.MemoryTypeId

/** What a driver can fail with while bytes are brought, or room is made for them. @internal */
export type TransferError<A extends Access> = Api.ReadError<A>

/** @internal */
export type ReadFailure<A extends Access> = TransferError<A> | MmioError.OutOfMemory | MmioError.InvalidParameter

/** @internal */
export type SeekFailure = MmioError.CannotSeek | MmioError.InvalidParameter

/** @internal */
export abstract class HandleBase<A extends Access = Access> implements Api.Handle<A> {
  readonly [TypeId]: Api.TypeId = TypeId
  readonly name: FileName.FileName
  readonly access: A
  readonly state: StateRef
  readonly lock: Lock
  /** What the access allows; every path asks, since a cast gets past the types. */
  readonly canRead: boolean
  readonly canWrite: boolean
  /** What asks a driver that answers at once. */
  readonly atOnce: AtOnce | undefined = undefined
  /** Whose file it is, where a driver was asked for it by the name. */
  readonly driver: IOProc | undefined = undefined

  /** Whether the bytes of the file go once, and nobody can come back to them (`IOProc.File.forwardOnly`). */
  readonly forwardOnly: boolean

  constructor(name: FileName.FileName, access: A, forwardOnly: boolean, initial: BufferState.BufferState) {
    this.name = name
    this.access = access
    this.canRead = access !== "write"
    this.canWrite = access !== "read"
    this.forwardOnly = forwardOnly
    this.state = new StateRef(initial)
    this.lock = new Lock(this)
  }

  get whenClosed(): Effect.Effect<never> {
    return Effect.dieSync(() =>
      new MmioError.InvalidHandle({
        operation: "Mmio",
        file: this.name.full,
        description: "the handle was used after it was closed"
      })
    )
  }

  pipe() {
    return pipeArguments(this, arguments)
  }
  toJSON() {
    return {
      _id: "@effect-mmio/core/Mmio/Handle",
      name: this.name.full,
      access: this.access,
      position: BufferState.position(this.state.current),
      closed: this.lock.closed
    }
  }
  toString() {
    return Inspectable.format(this.toJSON())
  }
  [Inspectable.NodeInspectSymbol]() {
    return this.toJSON()
  }

  // -------------------------------------------------------------------------------------------------------------------
  // what the buffer can serve: see `operations.ts`
  // -------------------------------------------------------------------------------------------------------------------

  readInto(target: Uint8Array): Effect.Effect<number, TransferError<A>> {
    return new ReadInto(this, target)
  }

  read(count: number): Effect.Effect<Uint8Array, ReadFailure<A>> {
    return new Read(this, count)
  }

  write(source: Uint8Array): Effect.Effect<number, MmioError.WriteError> {
    return new Write(this, source)
  }

  writeAll(source: Uint8Array): Effect.Effect<void, MmioError.WriteError> {
    return new WriteAll(this, source)
  }

  get position(): Effect.Effect<number> {
    return this.immediate(() => Effect.succeed(BufferState.position(this.state.current)))
  }

  seek(offset: number, from: Whence): Effect.Effect<number, SeekFailure> {
    return new Seek(this, [offset, from])
  }

  /** Whether the window is free to give so many bytes. */
  canTake(count: number): boolean {
    const s = this.state.current
    return this.lock.idle && this.canRead && s.next >= 0 && s.next + count <= s.endRead
  }

  /** Whether the window is free to take so many bytes, and they are no better given to the driver. */
  canPut(count: number): boolean {
    return this.lock.idle && this.canWrite && count > 0 && BufferState.fits(this.state.current, count)
      && this.atOnce?.passesBy(count) !== true
  }

  /** Puts bytes into the window, which {@link canPut}. */
  put(source: Uint8Array): void {
    const s = this.state.current
    copy(source, 0, s.bytes, s.next, source.length)
    this.state.current = BufferState.put(s, source.length)
  }

  // -------------------------------------------------------------------------------------------------------------------
  // what a driver that answers at once can serve: as one step, too
  // -------------------------------------------------------------------------------------------------------------------

  /** Reads as `readInto` does, if a driver can be asked so. */
  readQuick(_target: Uint8Array): Effect.Effect<number, TransferError<A>> | undefined {
    return undefined
  }

  /** Writes as `writeSlow` does; false where that takes waiting. */
  writeNow(_source: Uint8Array): boolean {
    return false
  }

  // -------------------------------------------------------------------------------------------------------------------
  // what needs the lock
  // -------------------------------------------------------------------------------------------------------------------

  /** Runs an operation that has the handle to itself; its errors name it. */
  run<B, E extends MmioError.MmioError>(
    operation: string,
    body: (restore: Restore) => Effect.Effect<B, E>
  ): Effect.Effect<B, E> {
    return Effect.mapError(
      this.lock.exclusive(body),
      (error) => MmioError.withDetails(error, { operation, file: this.name.full })
    )
  }

  readInFull(target: Uint8Array): Effect.Effect<number, TransferError<A>> {
    return this.run("Mmio.readInto", (restore) => this.readSlow(target, restore))
  }

  readNew(count: number): Effect.Effect<Uint8Array, ReadFailure<A>> {
    return Number.isSafeInteger(count) && count >= 0
      ? this.run("Mmio.read", (restore) => this.readGrowing(count, restore))
      : this.invalid("Mmio.read", `${count} is not a number of bytes`)
  }

  /** Runs what needs no I/O, at once where it can. */
  immediate<B, E>(body: () => Effect.Effect<B, E>): Effect.Effect<B, E> {
    return immediate(() => this.lock.idle ? body() : this.lock.exclusive(body))
  }

  /** Reads in full or to the end of the file; on failure and interruption the position stays where it was. */
  abstract readSlow(target: Uint8Array, restore: Restore): Effect.Effect<number, TransferError<A>>

  /** Writes in full, or what a block of memory has room for; on failure and interruption the position stays where it was. */
  abstract writeSlow(source: Uint8Array, restore: Restore): Effect.Effect<number, MmioError.WriteError>

  /** Writes all of the bytes, or fails before the first where it is known that there is no room. */
  writeAllSlow(bytes: Uint8Array, restore: Restore): Effect.Effect<number, MmioError.WriteError> {
    return Effect.zipRight(this.reserveSlow(bytes.length), this.writeSlow(bytes, restore))
  }

  /** Fails where it is known beforehand that so many bytes cannot be written. */
  abstract reserveSlow(count: number): Effect.Effect<void, MmioError.CannotExpand>

  abstract seekSlow(offset: number, from: Whence, restore: Restore): Effect.Effect<number, MmioError.CannotSeek>

  /** Writes what is dirty and has the driver push it down. */
  abstract flushSlow(restore: Restore): Effect.Effect<void, Api.PendingError<A>>

  /** Forgets what was read ahead; only after a flush. */
  abstract forgetSlow(): Effect.Effect<void>

  abstract setBufferSlow(
    bytes: Uint8Array,
    restore: Restore
  ): Effect.Effect<void, MmioError.CannotSeek | MmioError.InvalidParameter | Api.PendingError<A>>

  /** Brings the window to the position, so that an `Info` can describe it. */
  abstract attachSlow(restore: Restore): Effect.Effect<void, Api.PendingError<A>>

  /** Writes what is dirty, then brings bytes behind those that the window has at the position; none at the end of the file. */
  abstract refillSlow(restore: Restore): Effect.Effect<void, TransferError<A>>

  /** Writes what is dirty, then makes room for writing at the position. */
  abstract makeRoomSlow(restore: Restore): Effect.Effect<void, MmioError.WriteError>

  /** Releases what is below; the flush has been tried. */
  abstract closeSlow(): Effect.Effect<void, MmioError.CloseError>

  abstract onMessage<B, E>(request: Request.Request<B, E>): Option.Option<Effect.Effect<B, E>>

  /**
   * Reads up to `count` bytes into a new array. The array grows with what the file really has, so that a size out of a damaged
   * file costs no more memory than the file is long.
   */
  private readGrowing(
    count: number,
    restore: Restore
  ): Effect.Effect<Uint8Array, TransferError<A> | MmioError.OutOfMemory> {
    const start = BufferState.position(this.state.current)
    const grow = (
      sofar: Uint8Array,
      size: number
    ): Effect.Effect<Uint8Array, TransferError<A> | MmioError.OutOfMemory> => {
      const bytes = allocate(size)
      if (bytes === undefined) return Effect.fail(outOfMemory("Mmio.read", this.name.full, size))
      bytes.set(sofar)
      return Effect.flatMap(this.readSlow(bytes.subarray(sofar.length), restore), (read) => {
        const total = sofar.length + read
        return total < size
          ? Effect.succeed(bytes.slice(0, total))
          : total === count
          ? Effect.succeed(bytes)
          : grow(bytes, Math.min(count, total * 4))
      })
    }
    const trusted = Math.max(trustedCount, BufferState.readable(this.state.current))
    return this.returningTo(start, grow(new Uint8Array(0), Math.min(count, trusted)))
  }

  /** A handle that cannot write is never dirty and never gave its driver anything: nothing of this can fail on it. */
  protected onlyIfWritable(push: Effect.Effect<void, MmioError.WriteError>): Effect.Effect<void, Api.PendingError<A>> {
    return push as Effect.Effect<void, Api.PendingError<A>>
  }

  /** Has a failed or interrupted operation leave the position where it was. */
  returningTo<B, E>(start: number, operation: Effect.Effect<B, E>): Effect.Effect<B, E> {
    return Effect.onError(operation, () =>
      Effect.sync(() => {
        this.state.current = BufferState.movedTo(this.state.current, start)
      }))
  }

  // -------------------------------------------------------------------------------------------------------------------
  // closing
  // -------------------------------------------------------------------------------------------------------------------

  /** Flushes and closes. A flush that fails leaves the handle open, with its bytes. */
  close(): Effect.Effect<void, MmioError.CloseError | Api.PendingError<A>> {
    return this.run<void, MmioError.CloseError | Api.PendingError<A>>(
      "Mmio.close",
      (restore) => Effect.zipRight(this.flushSlow(restore), this.shut())
    )
  }

  /** Flushes and closes, whatever happens; does nothing to a closed handle. */
  dispose(operation: string): Effect.Effect<void, MmioError.CloseError | Api.PendingError<A>> {
    return Effect.uninterruptible(
      Effect.suspend(() =>
        this.lock.closed ?
          Effect.void :
          this.run<void, MmioError.CloseError | Api.PendingError<A>>(operation, (restore) =>
            Effect.flatMap(Effect.exit(this.flushSlow(restore)), (flushed) =>
              Effect.flatMap(Effect.exit(this.shut()), (shut) =>
                bothExits(flushed, shut))))
      )
    )
  }

  private shut(): Effect.Effect<void, MmioError.CloseError> {
    return Effect.suspend(() => {
      this.lock.close()
      this.state.current = BufferState.make(new Uint8Array(0), BufferState.position(this.state.current))
      return this.closeSlow()
    })
  }

  // -------------------------------------------------------------------------------------------------------------------
  // refusals
  // -------------------------------------------------------------------------------------------------------------------

  cannotRead(): Effect.Effect<never, MmioError.CannotRead> {
    return Effect.fail(
      new MmioError.CannotRead({
        operation: "Mmio",
        file: this.name.full,
        description: "the handle is open for writing only"
      })
    )
  }
  cannotWrite(): Effect.Effect<never, MmioError.CannotWrite> {
    return Effect.fail(
      new MmioError.CannotWrite({
        operation: "Mmio",
        file: this.name.full,
        description: "the handle is open for reading only",
        written: 0
      })
    )
  }
  invalid(operation: string, description: string): Effect.Effect<never, MmioError.InvalidParameter> {
    return Effect.fail(new MmioError.InvalidParameter({ operation, file: this.name.full, description }))
  }
}
