/**
 * The shell around the walk: brings it the bytes that it wants.
 */
import * as Channel from "effect/Channel"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import type { Access } from "../../IOProc.js"
import type * as Mmio from "../../Mmio.js"
import type * as MmioError from "../../MmioError.js"
import type * as Api from "../../Riff.js"
import { type Limits, RiffLimits } from "../../RiffLimits.js"
import * as BufferState from "../bufferState.js"
import type { HandleBase } from "../handle.js"
import type { Restore } from "../lock.js"
import { type Exceedable, exceeded } from "./limits.js"
import { readAt } from "./readAt.js"
import { Visitor, Walker } from "./walker.js"

/** How much is read at once: little where a header is sought behind much data, more and more where one chunk follows the other. */
const leastRead = 4096
const mostRead = 65_536

/**
 * How many chunks one synchronous step goes over at most. All of them are alive at once: with 4096, V8 takes them for objects that live
 * long, and has new ones begin where only the slower one of its collectors looks, which made a chunk cost half as much again.
 */
const stepSize = 512

/** Bytes of the file that were read for a walk. */
class Window {
  private bytes = new Uint8Array(leastRead)
  private offset = 0
  private end = 0
  private size = leastRead

  /**
   * Advances a walk by a step: over what the buffer of the handle holds, and over what has to be read. Runs inside of `Lock.exclusive`, and
   * leaves the position where it was.
   */
  step<A extends Access>(
    handle: HandleBase<A>,
    walker: Walker,
    restore: Restore
  ): Effect.Effect<void, Mmio.ReadError<A>> {
    return Effect.suspend(() => {
      if (!handle.canRead) return handle.cannotRead()
      const start = BufferState.position(handle.state.current)
      const before = walker.count
      const { bytes, endRead, offset } = handle.state.current
      walker.advance(bytes, endRead, offset, false, stepSize)
      // What was read and not gone over yet comes before more is read.
      if (walker.count === before) walker.advance(this.bytes, this.end, this.offset, false, stepSize)
      return walker.done || walker.count > before
        ? Effect.void
        : Effect.ensuring(
          this.read(handle, walker, restore),
          Effect.sync(() => {
            handle.state.current = BufferState.movedTo(handle.state.current, start)
          })
        )
    })
  }

  /** Reads where the walk wants to go on, until that is enough for a chunk. */
  private read<A extends Access>(
    handle: HandleBase<A>,
    walker: Walker,
    restore: Restore
  ): Effect.Effect<void, Mmio.ReadError<A>> {
    const { at, count } = walker
    const end = this.offset + this.end
    const isNear = this.end > 0 && at >= this.offset && at < end + leastRead
    const kept = isNear ? Math.max(0, end - at) : 0
    this.size = isNear ? Math.min(this.size * 2, mostRead) : leastRead
    // What a file wants to be read of it is not believed before so much was there: the window grows with it.
    const size = Math.max(this.size, kept * 2)
    const from = this.bytes
    if (size > from.length) this.bytes = new Uint8Array(size)
    this.bytes.set(from.subarray(this.end - kept, this.end))
    this.offset = at
    this.end = kept
    const target = this.bytes.subarray(kept, size)
    return Effect.flatMap(readAt(handle, at + kept, target, restore), (read) => {
      this.end = kept + read
      walker.advance(this.bytes, this.end, at, read < target.length, stepSize)
      return walker.done || walker.count > count ? Effect.void : this.read(handle, walker, restore)
    })
  }
}

/**
 * Walks to the end, in one operation.
 *
 * @internal
 */
export const run = <A extends Access>(
  handle: HandleBase<A>,
  walker: Walker,
  restore: Restore
): Effect.Effect<void, Mmio.ReadError<A>> => {
  const window = new Window()
  const loop: Effect.Effect<void, Mmio.ReadError<A>> = Effect.suspend(() =>
    walker.done
      ? Effect.void
      // What needs no driver can be interrupted between two steps.
      : Effect.zipRight(window.step(handle, walker, restore), Effect.zipRight(restore(Effect.void), loop))
  )
  return loop
}

/** The length of the file, with the position where it was. @internal */
export const lengthOf = (handle: HandleBase, restore: Restore): Effect.Effect<number, MmioError.CannotSeek> =>
  Effect.suspend(() => {
    const start = BufferState.position(handle.state.current)
    return Effect.map(handle.seekSlow(0, "end", restore), (length) => {
      handle.state.current = BufferState.movedTo(handle.state.current, start)
      return length
    })
  })

// ---------------------------------------------------------------------------------------------------------------------
// streams
// ---------------------------------------------------------------------------------------------------------------------

/** Collects the chunks of a step. */
class Collector extends Visitor {
  found: Array<Api.WalkedChunk> = []
  failure: MmioError.InvalidFile | undefined
  private readonly recursive: boolean
  private readonly handle: HandleBase
  private readonly limits: Limits

  constructor(handle: HandleBase, limits: Limits, recursive: boolean) {
    super()
    this.handle = handle
    this.limits = limits
    this.recursive = recursive
  }

  override chunk(walker: Walker): boolean {
    this.found.push(walker.walked())
    return this.recursive
  }

  override exceeded(limit: Exceedable, at: number): boolean {
    this.failure = exceeded("Riff.chunks", this.handle.name.full, this.limits, limit, at)
    return false
  }
}

/** @internal */
export const chunks = <A extends Access>(
  handle: HandleBase<A>,
  options: Api.ChunksOptions | undefined
): Stream.Stream<Api.WalkedChunk, MmioError.InvalidFile | Mmio.ReadError<A>> => {
  type Failure = MmioError.InvalidFile | Mmio.ReadError<A>
  const from = (limits: Limits) => {
    const visitor = new Collector(handle, limits, options?.recursive ?? true)
    const walker = new Walker(visitor, { limits, within: options?.within, length: Infinity })
    const window = new Window()
    const pull = handle.run("Riff.chunks", (restore) => window.step(handle, walker, restore))
    const loop: Channel.Channel<Chunk.Chunk<Api.WalkedChunk>, unknown, Failure, unknown, void, unknown> = Channel
      .flatMap(Channel.fromEffect(pull), () => {
        const { failure, found } = visitor
        visitor.found = []
        const rest = failure !== undefined ? Channel.fail(failure) : walker.done ? Channel.void : loop
        return found.length === 0 ? rest : Channel.flatMap(Channel.write(Chunk.unsafeFromArray(found)), () => rest)
      })
    return Stream.fromChannel(loop)
  }
  return Stream.withSpan(Stream.unwrap(Effect.map(RiffLimits, from)), "Riff.chunks", {
    attributes: { "mmio.file": handle.name.full },
    captureStackTrace: false
  })
}
