/**
 * The shell around the buffer: runs against a driver's file the I/O that the plans of `bufferState.ts` ask for.
 *
 * Everything here runs inside of `Lock.exclusive`, so uninterruptibly but for the calls of the driver. A call that fails or is
 * interrupted leaves the state as it was, but for the place of the driver, which is then found again by seeking.
 */
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type * as Option from "effect/Option"
import type * as Request from "effect/Request"
import type * as FileName from "../FileName.js"
import type * as IOProc from "../IOProc.js"
import type * as Api from "../Mmio.js"
import * as MmioError from "../MmioError.js"
import { AtOnce, take } from "./atOnce.js"
import * as BufferState from "./bufferState.js"
import { copy, isCountOf } from "./copy.js"
import { counted } from "./exits.js"
import { HandleBase, type TransferError } from "./handle.js"
import { answersItself } from "./immediate.js"
import type { Restore } from "./lock.js"

/** @internal */
export class FileHandle<A extends IOProc.Access = IOProc.Access> extends HandleBase<A> {
  override readonly driver: IOProc.IOProc | undefined
  private readonly file: IOProc.File
  private readonly ownsFile: boolean
  override readonly atOnce: AtOnce
  /** Whether the driver was given bytes that it may still hold. */
  private unflushed = false

  constructor(options: {
    readonly name: FileName.FileName
    readonly access: A
    /** Who was asked for the file by the name. */
    readonly driver: IOProc.IOProc | undefined
    readonly file: IOProc.File
    /** Whether closing the handle closes the file. */
    readonly ownsFile: boolean
    readonly buffer: Uint8Array
    /** Where the file stands. */
    readonly position: number
  }) {
    super(
      options.name,
      options.access,
      options.file.forwardOnly === true,
      BufferState.make(options.buffer, options.position)
    )
    this.driver = options.driver
    this.file = options.file
    this.ownsFile = options.ownsFile
    this.atOnce = new AtOnce(this.state, options.file)
  }

  override readQuick(target: Uint8Array): Effect.Effect<number, TransferError<A>> | undefined {
    const { atOnce, lock, state } = this
    if (!atOnce.enabled || !lock.idle || !this.canRead) return undefined
    const start = BufferState.position(state.current)
    const answer = atOnce.read(target)
    if (typeof answer === "number") return answer < 0 ? undefined : counted(answer)
    // Nothing was read until the call has begun: before that, others may come, or it is interrupted.
    const underWay = state.current
    const planned = BufferState.movedTo(underWay, start)
    state.current = planned
    return Effect.flatten(Effect.uninterruptible(Effect.async<Effect.Effect<number, TransferError<A>>>((resume) => {
      const slowly = () => Exit.succeed(this.readInFull(target))
      // Nobody came in between, or it was all for nothing.
      if (!lock.idle || state.current !== planned) return resume(slowly())
      lock.take()
      state.current = underWay
      answer((count) => {
        lock.free()
        resume(count < 0 ? slowly() : Exit.succeed(counted(count)))
      })
    })))
  }

  override writeNow(source: Uint8Array): boolean {
    if (!this.atOnce.enabled || !this.lock.idle || !this.canWrite || source.length === 0) return false
    this.unflushed = true
    return this.atOnce.write(source)
  }

  // -------------------------------------------------------------------------------------------------------------------
  // reading
  // -------------------------------------------------------------------------------------------------------------------

  readSlow(target: Uint8Array, restore: Restore): Effect.Effect<number, TransferError<A>> {
    if (!this.canRead) return this.cannotRead()
    const readOn = (done: number): Effect.Effect<number, TransferError<A>> => {
      const taken = done + take(this.state, target, done)
      if (taken === target.length) return Effect.succeed(taken)
      switch (BufferState.planRead(this.state.current, target.length - taken)) {
        case "drain":
          return Effect.flatMap(this.drain(restore), () => readOn(taken))
        case "fill":
          return Effect.flatMap(this.fill(restore), (count) => count === 0 ? Effect.succeed(taken) : readOn(taken))
        case "direct":
          return Effect.flatMap(
            this.readDirect(target.subarray(taken), restore),
            (count) => count === 0 ? Effect.succeed(taken) : readOn(taken + count)
          )
      }
    }
    return this.returningTo(BufferState.position(this.state.current), Effect.suspend(() => readOn(0)))
  }

  /** Brings bytes to the position, where the clean window has none: behind those it has if there is room, else alone. */
  private fill(restore: Restore): Effect.Effect<number, MmioError.ReadError> {
    return Effect.suspend(() => {
      const s = this.state.current
      if (s.next !== s.endRead || s.endRead === s.bytes.length) this.state.current = BufferState.emptied(s)
      return this.extend(restore)
    })
  }

  /** Reads behind the end of the window. */
  private extend(restore: Restore): Effect.Effect<number, MmioError.ReadError> {
    const { bytes, endRead, offset } = this.state.current
    return this.readAt(offset + endRead, bytes.subarray(endRead), restore, BufferState.filled)
  }

  private readDirect(target: Uint8Array, restore: Restore): Effect.Effect<number, MmioError.ReadError> {
    return this.readAt(BufferState.position(this.state.current), target, restore, BufferState.passed)
  }

  private readAt(
    at: number,
    target: Uint8Array,
    restore: Restore,
    commit: (s: BufferState.BufferState, count: number) => BufferState.BufferState
  ): Effect.Effect<number, MmioError.ReadError> {
    const failed = (description: string, cause?: MmioError.CannotSeek) =>
      new MmioError.CannotRead({
        operation: "Mmio",
        file: this.name.full,
        position: at,
        description,
        ...(cause === undefined ? {} : { cause })
      })
    return Effect.zipRight(
      this.driverTo(at, restore, (cause) => failed(`the storage does not go there: ${cause.description}`, cause)),
      Effect.mapError(
        this.calling(restore, () => this.file.read(target), (count) => {
          if (!isCountOf(count, target)) {
            this.loseDriver()
            return Effect.fail(failed(`the driver says it read ${count} of ${target.length} bytes`))
          }
          this.state.current = commit(this.state.current, count)
          return Effect.succeed(count)
        }),
        (error) => MmioError.withDetails(error, { position: at })
      )
    )
  }

  // -------------------------------------------------------------------------------------------------------------------
  // writing
  // -------------------------------------------------------------------------------------------------------------------

  writeSlow(source: Uint8Array, restore: Restore): Effect.Effect<number, MmioError.WriteError> {
    if (!this.canWrite) return this.cannotWrite()
    if (source.length === 0) return Effect.succeed(0)
    const writeOn = (): Effect.Effect<number, MmioError.WriteError> => {
      const s = this.state.current
      switch (BufferState.planWrite(s, source.length)) {
        case "put":
          copy(source, 0, s.bytes, s.next, source.length)
          this.state.current = BufferState.put(s, source.length)
          return Effect.succeed(source.length)
        case "drain":
          return Effect.flatMap(this.drain(restore), writeOn)
        case "move":
          this.state.current = BufferState.emptied(s)
          return writeOn()
        case "direct":
          // The window may hold what is about to be overwritten.
          this.state.current = BufferState.emptied(s)
          return this.writeDirect(source, restore)
      }
    }
    return Effect.suspend(writeOn)
  }

  reserveSlow(): Effect.Effect<void> {
    return Effect.void
  }

  /** Writes past the window, which is empty. */
  private writeDirect(source: Uint8Array, restore: Restore): Effect.Effect<number, MmioError.WriteError> {
    const start = BufferState.position(this.state.current)
    const writeOn = (done: number): Effect.Effect<number, MmioError.WriteError> =>
      done === source.length ? Effect.succeed(done) : Effect.flatMap(
        this.writeAt(
          start + done,
          source.subarray(done),
          done,
          (rest) => this.file.write(rest),
          restore,
          BufferState.passed
        ),
        (count) => writeOn(done + count)
      )
    return this.returningTo(start, writeOn(0))
  }

  /** Writes what is dirty, so that the window may move. */
  private drain(restore: Restore): Effect.Effect<void, Api.PendingError<A>> {
    // What went down are bytes of earlier operations: none of them is the caller's who is told of a failure.
    return this.pushDirty((source) => this.file.write(source), restore, () => 0)
  }

  flushSlow(restore: Restore): Effect.Effect<void, Api.PendingError<A>> {
    return Effect.suspend(() => {
      if (BufferState.isDirty(this.state.current)) {
        const push = this.pushDirty((source) => this.file.writeFlush(source), restore, (done) => done)
        return Effect.map(push, () => {
          this.unflushed = false
        })
      }
      return this.unflushed ? this.onlyIfWritable(this.pushDriver(restore)) : Effect.void
    })
  }

  /** Writes the dirty range; what went down is dirty no more, whatever happens then. */
  private pushDirty(
    write: IOProc.File["write"],
    restore: Restore,
    told: (done: number) => number
  ): Effect.Effect<void, Api.PendingError<A>> {
    const pushOn = (done: number): Effect.Effect<void, MmioError.WriteError> => {
      const s = this.state.current
      if (!BufferState.isDirty(s)) return Effect.void
      const dirty = s.bytes.subarray(s.dirtyStart, s.dirtyEnd)
      return Effect.flatMap(
        this.writeAt(s.offset + s.dirtyStart, dirty, told(done), write, restore, BufferState.drained),
        (count) => pushOn(done + count)
      )
    }
    return this.onlyIfWritable(Effect.suspend(() => pushOn(0)))
  }

  /** Has the driver push down what it was given. */
  private pushDriver(restore: Restore): Effect.Effect<void, MmioError.WriteError> {
    return this.calling(restore, () => this.file.writeFlush(new Uint8Array(0)), () => {
      this.unflushed = false
      return Effect.void
    })
  }

  private writeAt(
    at: number,
    source: Uint8Array,
    /** How many bytes of the caller's went down before: what a failure tells. */
    written: number,
    write: IOProc.File["write"],
    restore: Restore,
    commit: (s: BufferState.BufferState, count: number) => BufferState.BufferState
  ): Effect.Effect<number, MmioError.WriteError> {
    const failed = (description: string, cause?: unknown) =>
      new MmioError.CannotWrite({
        operation: "Mmio",
        file: this.name.full,
        position: at,
        description,
        written,
        ...(cause === undefined ? {} : { cause })
      })
    return Effect.zipRight(
      this.driverTo(at, restore, (cause) => failed(`the storage does not go there: ${cause.description}`, cause)),
      Effect.mapError(
        this.calling(
          restore,
          () => {
            this.unflushed = true
            return write(source)
          },
          (count) => {
            if (count === 0 || !isCountOf(count, source)) {
              this.loseDriver()
              return Effect.fail(failed(`the driver says it wrote ${count} of ${source.length} bytes`))
            }
            this.state.current = commit(this.state.current, count)
            return Effect.succeed(count)
          }
        ),
        (error) =>
          error._tag === "CannotWrite"
            ? failed(error.description, error.cause)
            : MmioError.withDetails(error, { position: at })
      )
    )
  }

  // -------------------------------------------------------------------------------------------------------------------
  // the place of the driver
  // -------------------------------------------------------------------------------------------------------------------

  /** Has the driver stand at `at`, if it does not already. */
  private driverTo<E>(
    at: number,
    restore: Restore,
    onFailure: (error: MmioError.CannotSeek) => E
  ): Effect.Effect<void, E> {
    return Effect.suspend(() =>
      this.state.current.diskOffset === at
        ? Effect.void
        : Effect.asVoid(Effect.mapError(this.seekDriver(at, "start", restore), onFailure))
    )
  }

  private seekDriver(
    offset: number,
    from: IOProc.Whence,
    restore: Restore
  ): Effect.Effect<number, MmioError.CannotSeek> {
    return this.calling(restore, () => this.file.seek(offset, from), (at) => {
      this.state.current = BufferState.standingAt(this.state.current, at)
      return Effect.succeed(at)
    })
  }

  /** Asks the driver, and goes on with its answer; where it does not come, nobody knows where the driver stands. */
  private calling<B, E, C, E2>(
    restore: Restore,
    call: () => Effect.Effect<B, E>,
    onSuccess: (answer: B) => Effect.Effect<C, E2>
  ): Effect.Effect<C, E | E2> {
    const asked = Effect.suspend(() => {
      const answer = call()
      if (answersItself(answer)) this.atOnce.enabled = true
      return answer
    })
    return Effect.matchCauseEffect(restore(asked), {
      onFailure: (cause) => {
        this.loseDriver()
        return Effect.failCause(cause)
      },
      onSuccess
    })
  }

  /** After a call that did not tell: the next one seeks first. */
  private loseDriver(): void {
    this.state.current = BufferState.standingAt(this.state.current, BufferState.unknownDiskOffset)
  }

  seekSlow(offset: number, from: IOProc.Whence, restore: Restore): Effect.Effect<number, MmioError.CannotSeek> {
    return Effect.suspend(() => {
      if (from === "end") return this.seekFromEnd(offset, restore)
      return this.seekTo(from === "start" ? offset : BufferState.position(this.state.current) + offset, restore)
    })
  }

  /** The window stays as it is, dirty or not: it moves when bytes are wanted at the new position. */
  private seekTo(target: number, restore: Restore): Effect.Effect<number, MmioError.CannotSeek> {
    const s = this.state.current
    const moved = Effect.sync(() => {
      this.state.current = BufferState.movedTo(this.state.current, target)
      return target
    })
    if (target >= s.offset && target <= s.offset + s.endRead) return moved
    if (target < 0 || !Number.isSafeInteger(target)) {
      return Effect.fail(
        new MmioError.CannotSeek({
          operation: "Mmio",
          file: this.name.full,
          position: target,
          description: target < 0 ? "a file begins at 0" : "a file does not reach that far"
        })
      )
    }
    // The driver is asked even if nothing is transferred now: only it knows whether it can go there.
    return Effect.zipRight(this.driverTo(target, restore, (error) => error), moved)
  }

  private seekFromEnd(offset: number, restore: Restore): Effect.Effect<number, MmioError.CannotSeek> {
    return Effect.flatMap(this.seekDriver(0, "end", restore), (end) => {
      const s = this.state.current
      // The file is as long as it will be once the window is written.
      const length = BufferState.isDirty(s) ? Math.max(end, s.offset + s.dirtyEnd) : end
      return this.seekTo(length + offset, restore)
    })
  }

  // -------------------------------------------------------------------------------------------------------------------
  // the window
  // -------------------------------------------------------------------------------------------------------------------

  setBufferSlow(
    bytes: Uint8Array,
    restore: Restore
  ): Effect.Effect<void, MmioError.CannotSeek | Api.PendingError<A>> {
    return Effect.flatMap(this.drain(restore), () => {
      const s = this.state.current
      const unread = BufferState.readable(s)
      const kept = Math.min(unread, bytes.length)
      // What does not fit has to be read again: better to hear now that it cannot be.
      const returned: Effect.Effect<void, MmioError.CannotSeek> = kept === unread
        ? Effect.void
        : this.driverTo(BufferState.position(s) + kept, restore, (error) => error)
      return Effect.map(returned, () => {
        const current = this.state.current
        bytes.set(current.bytes.subarray(current.next, current.next + kept))
        this.state.current = BufferState.rebuffered(current, bytes, kept)
      })
    })
  }

  attachSlow(restore: Restore): Effect.Effect<void, Api.PendingError<A>> {
    return Effect.suspend(() => BufferState.isAttached(this.state.current) ? Effect.void : this.emptyWindow(restore))
  }

  refillSlow(restore: Restore): Effect.Effect<void, TransferError<A>> {
    return Effect.flatMap(this.drain(restore), () => {
      const s = this.state.current
      if (s.next === 0 && s.endRead === s.bytes.length) return Effect.void
      const unread = BufferState.readable(s)
      if (unread > 0) s.bytes.copyWithin(0, s.next, s.endRead)
      this.state.current = BufferState.compacted(s)
      return Effect.asVoid(this.extend(restore))
    })
  }

  makeRoomSlow(restore: Restore): Effect.Effect<void, MmioError.WriteError> {
    return this.emptyWindow(restore)
  }

  private emptyWindow(restore: Restore): Effect.Effect<void, Api.PendingError<A>> {
    return Effect.zipRight(this.drain(restore), this.forgetSlow())
  }

  forgetSlow(): Effect.Effect<void> {
    return Effect.sync(() => {
      this.state.current = BufferState.emptied(this.state.current)
    })
  }

  // -------------------------------------------------------------------------------------------------------------------

  closeSlow(): Effect.Effect<void, MmioError.CloseError> {
    return this.ownsFile ? this.file.close : Effect.void
  }

  onMessage<B, E>(request: Request.Request<B, E>): Option.Option<Effect.Effect<B, E>> {
    return this.file.onMessage(request)
  }
}
