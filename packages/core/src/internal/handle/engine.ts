/**
 * The transfers of a handle that may ask its driver: the engine asks the window what has to happen next, does it, and
 * asks again, until the operation is done. What needs no driver is in `syncTransfers.ts`.
 *
 * The driver's answers are taken by the functions of `io/answer.ts`, so that a synchronous answer, a callback and an
 * effect go the same way. Everything here runs inside of `Lock.exclusive`, uninterruptibly but for effects of the
 * driver. Bytes that the driver took are not dirty any more, whatever happens then; where an operation that failed or
 * was interrupted leaves the position, {@link Engine.returningTo} says.
 */
import type * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type * as IOProc from "../../IOProc.js"
import * as MmioError from "../../MmioError.js"
import { andThen, isDone, map, onExit, resolve, restoring, settle } from "../io/answer.js"
import { allocate, isPosition, outOfMemory, trustedCount } from "../io/copy.js"
import { counted } from "../io/exits.js"
import * as BufferState from "./bufferState.js"
import { notReadable, notWritable } from "./calls.js"
import { Growth } from "./growth.js"
import type { Restore } from "./lock.js"
import { SyncTransfers, type Transfers } from "./syncTransfers.js"

const noBytes = new Uint8Array(0)

/** @internal */
export class Engine extends SyncTransfers {
  /** How the block of a memory file grows; undefined where the window is not the whole file. */
  private readonly growth: Growth | undefined

  constructor(options: Transfers & { readonly expandBy: number }) {
    super(options)
    const { expandBy, name, window } = options
    this.growth = window.state.isWholeFile ? new Growth(window, name, expandBy, this.canWrite) : undefined
  }

  // -------------------------------------------------------------------------------------------------------------------
  // reading
  // -------------------------------------------------------------------------------------------------------------------

  /** Reads in full or to the end of the file. */
  read(target: Uint8Array, restore: Restore): Effect.Effect<number, MmioError.ReadError | MmioError.WriteError> {
    return this.canRead ? this.readOn(target, 0, restore) : this.cannotRead()
  }

  private readOn(
    target: Uint8Array,
    start: number,
    restore: Restore
  ): Effect.Effect<number, MmioError.ReadError | MmioError.WriteError> {
    for (let done = start;;) {
      done += this.window.consumeInto(target, done)
      const wanted = target.length - done
      if (wanted === 0) return counted(done)
      const past = this.readPast(target, done)
      if (past > 0) {
        done += past
        continue
      }
      const plan = BufferState.planRead(this.window.state, wanted)
      if (plan === "end") return counted(done)
      if (plan === "drain") {
        const drained = this.drain(restore)
        if (!isDone(drained)) return this.readOnAfter(drained, target, done, restore)
        if (Exit.isFailure(drained)) return Exit.failCause(drained.cause)
        continue
      }
      const isFill = plan === "fill"
      if (isFill && this.fillSync()) continue
      const { position } = this.window
      const bytes = isFill ? this.window.room(wanted) : done === 0 ? target : target.subarray(done)
      const answer = resolve(this.calls.readAt(position, bytes, restore))
      if (!isDone(answer)) return this.readOnWith(answer, position, bytes, isFill, target, done, restore)
      // A loop where the driver answers synchronously: it may read a byte at a time.
      const count = this.arrived(answer, position, bytes, isFill)
      if (Exit.isFailure(count)) return count
      if (count.value === 0) return counted(done)
      if (!isFill) done += count.value
    }
  }

  private readOnAfter(
    drained: Effect.Effect<void, MmioError.WriteError>,
    target: Uint8Array,
    done: number,
    restore: Restore
  ): Effect.Effect<number, MmioError.ReadError | MmioError.WriteError> {
    return andThen(drained, () => this.readOn(target, done, restore))
  }

  /** Goes on once the driver has read into `bytes`. */
  private readOnWith(
    answer: Effect.Effect<number, MmioError.ReadError>,
    position: number,
    bytes: Uint8Array,
    isFill: boolean,
    target: Uint8Array,
    done: number,
    restore: Restore
  ): Effect.Effect<number, MmioError.ReadError | MmioError.WriteError> {
    return settle(answer, (exit) => {
      const count = this.arrived(exit, position, bytes, isFill)
      if (Exit.isFailure(count)) return count
      return count.value === 0 ? counted(done) : this.readOn(target, isFill ? done : done + count.value, restore)
    })
  }

  /** Notes what the driver has read into the window, or past it. */
  private arrived(
    exit: Exit.Exit<number, MmioError.ReadError>,
    position: number,
    bytes: Uint8Array,
    isFill: boolean
  ): Exit.Exit<number, MmioError.ReadError> {
    const count = this.calls.countRead(exit, position, bytes)
    if (Exit.isSuccess(count)) {
      if (isFill) this.window.filled(count.value)
      else this.window.bypassed(count.value)
    }
    return count
  }

  /** Reads after the end of the window, as much as there is room for. */
  private extend(restore: Restore): Effect.Effect<void, MmioError.ReadError> {
    if (this.extendSync()) return Exit.void
    const { bytes, endRead, offset } = this.window.state
    const position = offset + endRead
    const room = endRead === 0 ? bytes : bytes.subarray(endRead)
    return settle(
      this.calls.readAt(position, room, restore),
      (exit) => Exit.asVoid(this.arrived(exit, position, room, true))
    )
  }

  /**
   * Reads up to `count` bytes into a new array. The array grows with what the file really has, so that a size out of a
   * damaged file costs no more memory than the file is long.
   */
  readNew(
    count: number,
    restore: Restore
  ): Effect.Effect<Uint8Array, MmioError.ReadError | MmioError.WriteError | MmioError.OutOfMemory> {
    return this.readGrowing(count, restore, (_, size) => Exit.fail(outOfMemory("Mmio.read", this.name, size)))
  }

  /** The same; `full` is what comes of it where there is no memory for `size` bytes, and `sofar` have been read. */
  readGrowing<E>(
    count: number,
    restore: Restore,
    full: (sofar: Uint8Array, size: number) => Exit.Exit<Uint8Array, E>
  ): Effect.Effect<Uint8Array, MmioError.ReadError | MmioError.WriteError | E> {
    const grow = (
      sofar: Uint8Array,
      size: number
    ): Effect.Effect<Uint8Array, MmioError.ReadError | MmioError.WriteError | E> => {
      const bytes = allocate(size)
      if (bytes === undefined) return full(sofar, size)
      bytes.set(sofar)
      return andThen(this.read(bytes.subarray(sofar.length), restore), (read) => {
        const total = sofar.length + read
        return total < size
          ? Exit.succeed(bytes.slice(0, total))
          : total === count
          ? Exit.succeed(bytes)
          : grow(bytes, Math.min(count, total * 4))
      })
    }
    return grow(noBytes, Math.min(count, Math.max(trustedCount, this.window.readable)))
  }

  /**
   * Writes the dirty range, then brings bytes after those that the window has at the position; none at the end of the
   * file.
   */
  refill(restore: Restore): Effect.Effect<void, MmioError.ReadError | MmioError.WriteError> {
    if (this.window.state.isWholeFile) return Exit.void
    return andThen(this.drain(restore), () => {
      const { bytes, endRead, next } = this.window.state
      if (next === 0 && endRead === bytes.length) return Exit.void
      this.window.compact()
      return this.extend(restore)
    })
  }

  // -------------------------------------------------------------------------------------------------------------------
  // writing
  // -------------------------------------------------------------------------------------------------------------------

  /** Writes in full, or what a block of memory has room for. */
  write(source: Uint8Array, restore: Restore): Effect.Effect<number, MmioError.WriteError> {
    if (!this.canWrite) return this.cannotWrite()
    if (source.length === 0) return Exit.succeed(0)
    if (this.isDuplex) return this.writePast(source, 0, restore)
    const { window } = this
    for (;;) {
      const s = window.state
      switch (this.takesPast(source.length) ? "bypass" : BufferState.planWrite(s, source.length)) {
        case "put":
          window.put(source, 0, source.length)
          return counted(source.length)
        case "move":
          window.empty()
          continue
        case "grow": {
          this.growth?.growTo(s.next + source.length)
          const count = Math.min(source.length, window.state.bytes.length - s.next)
          if (count <= 0) return counted(0)
          window.zeroGap()
          window.put(source, 0, count)
          return counted(count)
        }
        case "bypass":
          // The window may hold what is about to be overwritten.
          window.empty()
          return this.writePast(source, 0, restore)
        case "drain": {
          const drained = this.drain(restore)
          if (!isDone(drained)) return andThen(drained, () => this.write(source, restore))
          if (Exit.isFailure(drained)) return Exit.failCause(drained.cause)
        }
      }
    }
  }

  /** Writes all of the bytes, or fails before the first where it is known that there is no room. */
  writeAll(source: Uint8Array, restore: Restore): Effect.Effect<void, MmioError.WriteError> {
    if (!this.canWrite) return this.cannotWrite()
    const full = this.growth?.reserve(source.length)
    return full === undefined ? map(this.write(source, restore), () => {}) : Exit.fail(full)
  }

  /** Writes past the window, which is empty. */
  private writePast(source: Uint8Array, start: number, restore: Restore): Effect.Effect<number, MmioError.WriteError> {
    for (let done = start; done < source.length;) {
      const taken = this.writePastSync(source, done)
      if (taken > 0) {
        done += taken
        continue
      }
      const { position } = this.window
      const before = done
      const answer = this.calls.writeAt(
        position,
        done === 0 ? source : source.subarray(done),
        "write",
        done,
        (count) => {
          if (!this.isDuplex) this.window.bypassed(count)
        },
        restore
      )
      if (!isDone(answer)) return andThen(answer, (count) => this.writePast(source, before + count, restore))
      if (Exit.isFailure(answer)) return answer
      done += answer.value
    }
    return counted(source.length)
  }

  /** Writes the dirty range, so that the window may move. */
  private drain(restore: Restore): Effect.Effect<void, MmioError.WriteError> {
    // What was written are bytes of earlier operations: none of them is the caller's who gets the failure.
    return this.push("write", 0, () => 0, restore)
  }

  /** Writes the dirty range, and has the driver push it down. */
  flush(restore: Restore): Effect.Effect<void, MmioError.WriteError> {
    if (BufferState.isDirty(this.window.state)) {
      return map(this.push("writeFlush", 0, (done) => done, restore), () => this.calls.wasFlushed())
    }
    return this.calls.flush(this.window.state.diskOffset, restore)
  }

  /** Writes the dirty range; what was written is dirty no more, whatever happens then. */
  private push(
    mode: IOProc.WriteMode,
    start: number,
    reported: (done: number) => number,
    restore: Restore
  ): Effect.Effect<void, MmioError.WriteError> {
    for (let done = start;;) {
      const s = this.window.state
      if (!BufferState.isDirty(s)) return Exit.void
      const before = done
      const answer = this.calls.writeAt(
        s.offset + s.dirtyStart,
        s.bytes.subarray(s.dirtyStart, s.dirtyEnd),
        mode,
        reported(done),
        (count) => this.window.drained(count),
        restore
      )
      if (!isDone(answer)) return andThen(answer, (count) => this.push(mode, before + count, reported, restore))
      if (Exit.isFailure(answer)) return answer
      done += answer.value
    }
  }

  /** Writes the dirty range, then makes room for writing at the position. */
  makeRoom(restore: Restore): Effect.Effect<void, MmioError.WriteError | MmioError.OutOfMemory> {
    return this.window.state.isWholeFile ? this.makeRoomInBlock(1) : this.emptyWindow(restore)
  }

  /** Has the block go on for `count` bytes from the position. Where it could grow, what it lacks is memory. */
  private makeRoomInBlock(count: number): Effect.Effect<void, MmioError.CannotExpand | MmioError.OutOfMemory> {
    const full = this.growth?.reserve(count)
    if (full !== undefined) {
      return Exit.fail(
        this.growth?.isPossible === true ? outOfMemory("Mmio", this.name, this.window.state.next + count) : full
      )
    }
    this.window.zeroGap()
    return Exit.void
  }

  private emptyWindow(restore: Restore): Effect.Effect<void, MmioError.WriteError> {
    return map(this.drain(restore), () => this.window.empty())
  }

  // -------------------------------------------------------------------------------------------------------------------
  // positions
  // -------------------------------------------------------------------------------------------------------------------

  /** Whether a position can be taken without asking anybody. */
  reaches(position: number): boolean {
    const { bytes, endRead, isWholeFile, offset } = this.window.state
    if (!isPosition(position)) return false
    if (isWholeFile) return position <= bytes.length || this.growth?.isPossible === true
    return this.file.canSeek === undefined || (position >= offset && position <= offset + endRead)
  }

  /** The window stays as it is, dirty or not: it moves when bytes are wanted at the new position. */
  seek(offset: number, from: IOProc.Whence, restore: Restore): Effect.Effect<number, MmioError.SeekError> {
    return from === "end"
      ? andThen(this.length(restore), (end) => this.seekTo(end + offset, restore))
      : this.seekTo(from === "start" ? offset : this.window.position + offset, restore)
  }

  private seekTo(position: number, restore: Restore): Effect.Effect<number, MmioError.CannotSeek> {
    const { file, window } = this
    const moved = () => {
      window.moveTo(position)
      return position
    }
    if (this.reaches(position)) return Exit.succeed(moved())
    const { isWholeFile } = window.state
    if (isPosition(position) && !isWholeFile && file.canSeek !== undefined) {
      return map(restoring(file.canSeek(position), restore), moved)
    }
    return Exit.fail(
      new MmioError.CannotSeek({
        operation: "Mmio",
        file: this.name,
        position,
        description: position < 0
          ? "a file begins at 0"
          : isWholeFile
          ? `the block of ${window.state.bytes.length} bytes cannot grow`
          : "a file does not reach that far"
      })
    )
  }

  /** How long the file is, or will be once the window is written. */
  length(restore: Restore): Effect.Effect<number, MmioError.SeekError> {
    if (this.window.state.isWholeFile) return Exit.succeed(this.window.state.endRead)
    return map(restoring(this.file.size, restore), (size) => {
      const s = this.window.state
      return BufferState.isDirty(s) ? Math.max(size, s.offset + s.dirtyEnd) : size
    })
  }

  // -------------------------------------------------------------------------------------------------------------------
  // the window
  // -------------------------------------------------------------------------------------------------------------------

  setBuffer(
    bytes: Uint8Array,
    restore: Restore
  ): Effect.Effect<void, MmioError.CannotSeek | MmioError.InvalidParameter | MmioError.WriteError> {
    if (this.window.state.isWholeFile) {
      return Exit.fail(
        new MmioError.InvalidParameter({
          operation: "Mmio",
          file: this.name,
          description: "the buffer of a memory file is its block"
        })
      )
    }
    return andThen(this.drain(restore), () => {
      const { file, window } = this
      const unread = window.readable
      const kept = Math.min(unread, bytes.length)
      // What does not fit has to be read again: better to hear now that it cannot be.
      const canReturn: Effect.Effect<void, MmioError.CannotSeek> = kept === unread || file.canSeek === undefined
        ? Exit.void
        : restoring(file.canSeek(window.position + kept), restore)
      return map(canReturn, () => window.rebuffer(bytes, kept))
    })
  }

  /** Goes on with a larger buffer, which keeps all that the window has at the position. */
  widen(larger: Uint8Array, restore: Restore): Effect.Effect<void, MmioError.WriteError> {
    return map(this.drain(restore), () => this.window.rebuffer(larger, this.window.readable))
  }

  /** Whether what was read can be read again for certain. */
  get canReturn(): boolean {
    return !this.file.capabilities.forwardOnly && this.file.canSeek === undefined
  }

  /** Goes back to a smaller buffer where that loses nothing: bytes that do not fit have to be read again. */
  narrow(bytes: Uint8Array): void {
    const { readable, state } = this.window
    if (state.bytes !== bytes && (readable <= bytes.length || this.canReturn)) {
      this.window.rebuffer(bytes, Math.min(readable, bytes.length))
    }
  }

  /** Brings the window to the position, so that an `Info` can describe it. */
  attach(restore: Restore): Effect.Effect<void, MmioError.WriteError | MmioError.OutOfMemory> {
    const s = this.window.state
    if (BufferState.isAttached(s)) return Exit.void
    if (!s.isWholeFile) return this.emptyWindow(restore)
    // A reader is never past the block, and between the end of the file and that of the block there is nothing to read.
    return this.canWrite ? this.makeRoomInBlock(0) : Exit.void
  }

  /** Forgets what was read ahead, here and in the file; only after a flush. What passes only once is kept. */
  invalidate(restore: Restore): Effect.Effect<void> {
    const { file, window } = this
    if (window.state.isWholeFile || file.capabilities.forwardOnly) return Exit.void
    window.empty()
    return file.invalidate === undefined ? Exit.void : restoring(file.invalidate, restore)
  }

  // -------------------------------------------------------------------------------------------------------------------
  // failures
  // -------------------------------------------------------------------------------------------------------------------

  /** Has a failed or interrupted operation leave the position where it was. */
  returningTo<B, E>(start: number, answer: Effect.Effect<B, E>): Effect.Effect<B, E> {
    return onExit(answer, (exit) => {
      if (Exit.isFailure(exit)) this.window.moveTo(start)
    })
  }

  cannotRead(): Effect.Effect<never, MmioError.CannotRead> {
    return Exit.fail(notReadable(this.name))
  }

  cannotWrite(): Effect.Effect<never, MmioError.CannotWrite> {
    return Exit.fail(notWritable(this.name))
  }
}
