/**
 * The shell around the walk: brings it the bytes that it wants.
 */
import * as Channel from "effect/Channel"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Stream from "effect/Stream"
import type { Access } from "../../IOProc.js"
import type * as Mmio from "../../Mmio.js"
import type * as MmioError from "../../MmioError.js"
import type * as Api from "../../Riff.js"
import type { Limits } from "../../RiffLimits.js"
import type { Handle } from "../handle/handle.js"
import type { Restore } from "../handle/lock.js"
import { andThen, evaluate, isDone, onExit } from "../io/answer.js"
import { current, type Exceedable, exceeded } from "./limits.js"
import { Visitor } from "./visitor.js"
import { Walker } from "./walker.js"

/**
 * How much is read at once: little where a header is sought after much data, more and more where one chunk follows the
 * other.
 */
const leastRead = 4096
const mostRead = 65_536

/**
 * How many chunks one synchronous step goes over at most. All of them are alive at once: with 4096, V8 takes them for
 * objects that live long, and has new ones begin where only the slower one of its collectors looks, which made a chunk
 * cost half as much again.
 */
const stepSize = 512

/** How many windows are gone over in one synchronous step at most, where the file gives them without waiting. */
const windowsAtOnce = 32

/** Bytes of the file that were read for a walk. */
class Window {
  private bytes = new Uint8Array(leastRead)
  private offset = 0
  private end = 0
  private size = leastRead

  /**
   * Advances a walk: over what the buffer of the handle holds, or over what was read before, or over what it reads.
   * Runs inside of `Lock.exclusive`, and leaves the position where it was.
   */
  step<A extends Access>(
    handle: Handle<A>,
    walker: Walker,
    restore: Restore
  ): Effect.Effect<void, Mmio.ReadError<A>> {
    if (!handle.canRead) return handle.engine.cannotRead()
    const start = handle.window.position
    const before = walker.count
    const { bytes, endRead, offset } = handle.window.state
    walker.advance(bytes, endRead, offset, false, stepSize)
    // What was read and not gone over yet comes before more is read.
    if (walker.count === before) walker.advance(this.bytes, this.end, this.offset, false, stepSize)
    return walker.done || walker.count > before
      ? Exit.void
      : onExit(this.read(handle, walker, restore), () => handle.window.moveTo(start))
  }

  /**
   * Advances a walk by up to so many windows: it stops at the first that has to be waited for, and after as many chunks
   * as a step has.
   */
  steps<A extends Access>(
    handle: Handle<A>,
    walker: Walker,
    most: number,
    restore: Restore
  ): Effect.Effect<void, Mmio.ReadError<A>> {
    const last = walker.count + stepSize
    for (let windows = 0; windows < most && !walker.done && walker.count < last; windows++) {
      const answer = evaluate(() => this.step(handle, walker, restore))
      if (!isDone(answer) || Exit.isFailure(answer)) return answer
    }
    return Exit.void
  }

  /** Reads where the walk wants to go on, until that is enough for a chunk. */
  private read<A extends Access>(
    handle: Handle<A>,
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
    // Past an end that is known nothing is asked for: it would be another read, to hear that there is nothing.
    const target = this.bytes.subarray(kept, Math.min(size, Math.max(kept, walker.length - at)))
    return andThen(handle.readLockedAt(at + kept, target, restore), (read) => {
      this.end = kept + read
      walker.advance(this.bytes, this.end, at, read < target.length || target.length < size - kept, stepSize)
      return walker.done || walker.count > count ? Exit.void : this.read(handle, walker, restore)
    })
  }
}

/**
 * Walks to the end, in one operation; only inside of `exclusive`.
 *
 * @internal
 */
export const run = <A extends Access>(
  handle: Handle<A>,
  walker: Walker,
  restore: Restore
): Effect.Effect<void, Mmio.ReadError<A>> => {
  const window = new Window()
  // What needs no driver can be interrupted between two steps.
  const loop: Effect.Effect<void, Mmio.ReadError<A>> = Effect.suspend(() =>
    Effect.flatMap(
      window.steps(handle, walker, windowsAtOnce, restore),
      () => walker.done ? Exit.void : Effect.zipRight(restore(Effect.void), loop)
    )
  )
  return loop
}

/** The length of the file, with the position where it was. @internal */
export const lengthOf = (handle: Handle, restore: Restore): Effect.Effect<number, MmioError.SeekError> =>
  Effect.suspend(() => {
    const start = handle.window.position
    return Effect.map(handle.seekLocked(0, "end", restore), (length) => {
      handle.window.moveTo(start)
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
  private readonly handle: Handle
  private readonly limits: Limits

  constructor(handle: Handle, limits: Limits, recursive: boolean) {
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
  handle: Handle<A>,
  options: Api.ChunksOptions | undefined,
  /** Where the walk ends, if that is not the end of the file. */
  end = Infinity
): Stream.Stream<Api.WalkedChunk, MmioError.InvalidFile | Mmio.ReadError<A>> => {
  type Failure = MmioError.InvalidFile | Mmio.ReadError<A>
  const from = (limits: Limits) => {
    const visitor = new Collector(handle, limits, options?.recursive ?? true)
    const walker = new Walker(visitor, {
      limits,
      within: options?.within,
      at: options?.at,
      length: end,
      mayGoBack: handle.engine.canReturn
    })
    const window = new Window()
    let windows = 1
    const pull = handle.exclusive("Riff.chunks", (restore) => {
      const most = windows
      windows = Math.min(2 * windows, windowsAtOnce)
      return window.steps(handle, walker, most, restore)
    })
    const loop: Channel.Channel<Chunk.Chunk<Api.WalkedChunk>, unknown, Failure, unknown, void, unknown> = Channel
      .flatMap(Channel.fromEffect(pull), () => {
        const { failure, found } = visitor
        visitor.found = []
        const rest = failure !== undefined ? Channel.fail(failure) : walker.done ? Channel.void : loop
        return found.length === 0 ? rest : Channel.flatMap(Channel.write(Chunk.unsafeFromArray(found)), () => rest)
      })
    return Stream.fromChannel(loop)
  }
  return Stream.withSpan(Stream.unwrap(Effect.map(current, from)), "Riff.chunks", {
    attributes: { "mmio.file": handle.name.full },
    captureStackTrace: false
  })
}
