/**
 * Handles over a block of memory: the buffer is the whole file, so that nothing is ever read, written or flushed.
 */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type * as FileName from "../FileName.js"
import type * as IOProc from "../IOProc.js"
import type * as Api from "../Mmio.js"
import * as MmioError from "../MmioError.js"
import * as BufferState from "./bufferState.js"
import { allocate, copy } from "./copy.js"
import { HandleBase, MemoryTypeId } from "./handle.js"

/** @internal */
export class MemoryHandle<A extends IOProc.Access = IOProc.Access> extends HandleBase<A>
  implements Api.MemoryHandle<A>
{
  readonly [MemoryTypeId]: Api.MemoryTypeId = MemoryTypeId
  /** By how many bytes at least the block grows; 0 if it cannot. */
  private readonly expandBy: number

  constructor(options: {
    readonly name: FileName.FileName
    readonly access: A
    readonly block: Uint8Array
    /** How many bytes of the block are the file. */
    readonly size: number
    readonly expandBy: number
  }) {
    super(options.name, options.access, false, BufferState.filled(BufferState.make(options.block, 0), options.size))
    this.expandBy = options.expandBy
  }

  /** A copy of the file. */
  readonly bytes: Effect.Effect<Uint8Array> = Effect.suspend(() =>
    this.immediate(() => {
      const { bytes, endRead } = this.state.current
      return Effect.succeed(bytes.slice(0, endRead))
    })
  )

  readSlow(target: Uint8Array): Effect.Effect<number, MmioError.ReadError> {
    return Effect.suspend(() => {
      if (!this.canRead) return this.cannotRead()
      const s = this.state.current
      const count = Math.min(BufferState.readable(s), target.length)
      if (count > 0) {
        copy(s.bytes, s.next, target, 0, count)
        this.state.current = BufferState.taken(s, count)
      }
      return Effect.succeed(count)
    })
  }

  writeSlow(source: Uint8Array): Effect.Effect<number, MmioError.WriteError> {
    return Effect.suspend(() => {
      if (!this.canWrite) return this.cannotWrite()
      if (source.length === 0) return Effect.succeed(0)
      const next = this.state.current.next
      this.grow(next + source.length)
      const s = this.state.current
      const count = Math.min(source.length, s.bytes.length - next)
      if (count > 0) {
        // A seek behind the end leaves a gap, of which the block may hold anything.
        if (next > s.endRead) s.bytes.fill(0, s.endRead, next)
        copy(source, 0, s.bytes, next, count)
        this.state.current = BufferState.put(s, count)
      }
      return Effect.succeed(Math.max(0, count))
    })
  }

  private get canGrow(): boolean {
    return this.canWrite && this.expandBy > 0
  }

  /** Has the block hold `size` bytes, if it can grow and there is memory. */
  private grow(size: number): void {
    const s = this.state.current
    if (size <= s.bytes.length || !this.canGrow) return
    // Doubling keeps the cost of a byte constant, however small the steps that the caller asked for.
    const larger = allocate(Math.max(size, s.bytes.length + this.expandBy, s.bytes.length * 2))
      ?? allocate(Math.max(size, s.bytes.length + this.expandBy))
    if (larger === undefined) return
    larger.set(s.bytes.subarray(0, s.endRead))
    this.state.current = BufferState.reblocked(s, larger)
  }

  seekSlow(offset: number, from: IOProc.Whence): Effect.Effect<number, MmioError.CannotSeek> {
    return Effect.suspend(() => {
      const s = this.state.current
      const target = offset + (from === "start" ? 0 : from === "current" ? s.next : s.endRead)
      if (target < 0 || !Number.isSafeInteger(target) || (target > s.bytes.length && !this.canGrow)) {
        return Effect.fail(
          new MmioError.CannotSeek({
            operation: "Mmio",
            file: this.name.full,
            position: target,
            description: target < 0 ? "a file begins at 0" : `the block of ${s.bytes.length} bytes cannot grow`
          })
        )
      }
      this.state.current = BufferState.movedTo(s, target)
      return Effect.succeed(target)
    })
  }

  flushSlow(): Effect.Effect<void> {
    return Effect.void
  }

  forgetSlow(): Effect.Effect<void> {
    return Effect.void
  }

  setBufferSlow(): Effect.Effect<void, MmioError.InvalidParameter> {
    return this.invalid("Mmio", "the buffer of a memory file is its block")
  }

  attachSlow(): Effect.Effect<void, Api.PendingError<A>> {
    // A reader is never behind the block, and between its end and the file's there is nothing to read.
    return this.canWrite ? this.onlyIfWritable(this.makeRoomSlow()) : Effect.void
  }

  refillSlow(): Effect.Effect<void> {
    return Effect.void
  }

  makeRoomSlow(): Effect.Effect<void, MmioError.CannotExpand> {
    return Effect.map(this.reserveSlow(1), () => {
      const { bytes, endRead, next } = this.state.current
      if (next > endRead) bytes.fill(0, endRead, next)
    })
  }

  reserveSlow(count: number): Effect.Effect<void, MmioError.CannotExpand> {
    return Effect.suspend(() => {
      this.grow(this.state.current.next + count)
      const { bytes, next } = this.state.current
      return !this.canWrite || next + count <= bytes.length ? Effect.void : Effect.fail(
        new MmioError.CannotExpand({
          operation: "Mmio",
          file: this.name.full,
          position: next,
          description: this.canGrow
            ? "there is no memory for a larger block"
            : `the block of ${bytes.length} bytes cannot grow`
        })
      )
    })
  }

  closeSlow(): Effect.Effect<void> {
    return Effect.void
  }

  onMessage(): Option.Option<never> {
    return Option.none()
  }
}
