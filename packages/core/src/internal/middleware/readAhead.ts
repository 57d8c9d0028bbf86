/**
 * Files whose bytes are read in blocks, the next while the last is used.
 *
 * A file whose calls are not concurrent does one thing at a time, so whatever else is wanted waits for the block in
 * flight: that is why nothing is read ahead until two reads were in sequence. A concurrent file reads a second block
 * while a reader waits for the first, so that it always has something to do; there are never more than two.
 */
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Option from "effect/Option"
import type * as Request from "effect/Request"
import type * as Api from "../../IOProc.js"
import type * as MmioError from "../../MmioError.js"
import * as AccessPattern from "../io/accessPattern.js"
import { andThen, immediate, map, onExit } from "../io/answer.js"
import { Background } from "../io/background.js"
import { type Block, BlockSource, isFull, overwrite } from "../io/blocks.js"
import { copy, isCountOf } from "../io/copy.js"
import { counted } from "../io/exits.js"
import { SyncAccess, syncAccessOf } from "../io/syncAccess.js"
import * as SharedBytes from "./sharedBytes.js"

const isIn = (block: Block, position: number): boolean => position >= block.start && position < block.end

/** Whether the bytes of a block are still in flight. */
const isPending = ({ end, start }: Block): boolean => end === start

const noBlocks: ReadonlyArray<Block> = []

/** How many blocks there are: the one in use, and one in flight, or two in flight while a reader waits. */
const mostBlocks = 2

class ReadAheadFile extends SyncAccess implements Api.File {
  readonly capabilities: Api.FileCapabilities
  readonly canSeek: Api.File["canSeek"]
  readonly writeAt: Api.File["writeAt"]
  readonly truncate: Api.File["truncate"]
  private readonly inner: Api.File
  private readonly innerSync: SyncAccess | undefined
  private readonly background: Background
  private readonly sizes: AccessPattern.Sizes
  private readonly blocks: BlockSource
  private readonly key: string
  private readonly shared: SharedBytes.SharedBytes
  private pattern = AccessPattern.initial
  /** The version that the blocks are of. */
  private seen: number
  private closed = false
  /** The block that reads are served from. */
  private serving: Block | undefined
  /** Those after it, in their order: one in flight is empty. */
  private ahead: ReadonlyArray<Block> = noBlocks
  /** Whether the last block was full when it came. */
  private wasFull = true
  /** Where read-ahead found nothing, or failed: what a reader gets there is asked for when it is wanted. */
  private stopsAt = -1

  constructor(inner: Api.File, name: string, sizes: AccessPattern.Sizes, budget: Api.BlockBudget, created: boolean) {
    super()
    this.inner = inner
    this.innerSync = syncAccessOf(inner)
    this.background = new Background(inner, name)
    this.sizes = sizes
    this.blocks = new BlockSource(budget)
    this.capabilities = inner.capabilities
    this.key = Option.getOrElse(inner.identity, () => name)
    this.shared = SharedBytes.open(this.key)
    // Opening it has truncated what other files have blocks of.
    if (created) this.shared.version++
    this.seen = this.shared.version
    const { canSeek, truncate, writeAt } = inner
    this.canSeek = canSeek && ((position) => this.whenIdle(() => canSeek.call(inner, position)))
    this.writeAt = writeAt &&
      ((position, source, mode) => immediate(() => this.background.calling(() => this.put(position, source, mode))))
    this.truncate = truncate &&
      ((size) => this.whenIdle(() => onExit(truncate.call(inner, size), () => this.changed())))
  }

  get start(): number | undefined {
    return this.inner.start
  }
  get version(): Option.Option<string> {
    return this.inner.version
  }
  get identity(): Option.Option<string> {
    return this.inner.identity
  }

  get size(): Effect.Effect<number, MmioError.SeekError> {
    return this.capabilities.concurrent
      ? Effect.suspend(() => this.inner.size)
      : this.whenIdle(() => this.inner.size)
  }

  // -------------------------------------------------------------------------------------------------------------------
  // reading
  // -------------------------------------------------------------------------------------------------------------------

  readAt(position: number, target: Uint8Array): Effect.Effect<number, MmioError.ReadError> {
    return immediate(() => {
      const count = this.tryRead(position, target, 0, target.length)
      return count > 0 ? counted(count) : this.background.calling(() => this.fromInner(position, target))
    })
  }

  holds(position: number, count: number): boolean {
    const { ahead, seen, serving, shared } = this
    if (seen !== shared.version) return false
    const block = serving !== undefined && isIn(serving, position)
      ? serving
      : ahead.find((block) => isIn(block, position))
    return block !== undefined && position + count <= block.end
  }

  /** Gives what the blocks have there, and goes on to read after it. */
  tryRead(position: number, target: Uint8Array, from: number, to: number): number {
    this.forgetOld()
    let at = position
    let done = from
    while (done < to) {
      const block = this.serving
      const count = block !== undefined && at >= block.start ? Math.min(block.end - at, to - done) : 0
      if (block !== undefined && count > 0) {
        copy(block.bytes, at - block.start, target, done, count)
        at += count
        done += count
      } else if (!this.turnOver(at)) break
    }
    if (done > from) this.wasRead(at)
    return done - from
  }

  tryShow(position: number, most: number, f: (bytes: Uint8Array) => number): number {
    const serving = this.servingAt(position)
    if (serving === undefined) return 0
    const at = position - serving.start
    const count = f(serving.bytes.subarray(at, at + Math.min(most, serving.end - position)))
    // Only now may the block be used again.
    if (count > 0) this.wasRead(position + count)
    return count
  }

  /** The block that the position is in, if it has come. */
  private servingAt(position: number): Block | undefined {
    this.forgetOld()
    if (this.serving === undefined || !isIn(this.serving, position)) this.turnOver(position)
    const { serving } = this
    return serving !== undefined && isIn(serving, position) ? serving : undefined
  }

  private wasRead(end: number): void {
    this.pattern = AccessPattern.endingAt(this.pattern, end)
    this.fetch(end)
  }

  /** Goes on to the block that the position is in, if it has come. */
  private turnOver(position: number): boolean {
    const { ahead } = this
    if (ahead.length === 0) return false
    const index = ahead.findIndex((block) => isIn(block, position))
    const next = ahead[index]
    if (next === undefined) return false
    this.retire(this.serving)
    for (const skipped of ahead.slice(0, index)) this.retire(skipped)
    this.serving = next
    this.ahead = ahead.slice(index + 1)
    return true
  }

  /** What is still read into is not used again. */
  private retire(block: Block | undefined): void {
    if (block === undefined) return
    if (isPending(block)) this.blocks.release(block)
    else this.blocks.recycle(block)
  }

  /** Begins to read what follows the blocks that there are; the reader is at `position`. */
  private fetch(position: number): void {
    if (this.isUsedUp(position)) this.turnOver(position)
    while (this.fetchNext(position)) { /* until there are enough, or nothing is to be had */ }
  }

  private isUsedUp(position: number): boolean {
    return this.serving !== undefined && position >= this.serving.end
  }

  private fetchNext(position: number): boolean {
    const { ahead, background, inner, pattern, seen } = this
    const last = ahead.at(-1) ?? this.serving
    const { concurrent } = this.capabilities
    const size = AccessPattern.blockSize(pattern)
    if (last === undefined || size === 0 || (background.busy && !concurrent)) return false
    // What follows a block in flight is where it ends if it comes full.
    const start = isPending(last) ? last.start + last.bytes.length : last.end
    if (start === this.stopsAt || ahead.length === mostBlocks || (isPending(last) && !this.wasFull)) return false
    if (this.serving !== undefined && ahead.length > 0) {
      if (!this.isUsedUp(position)) return false
      // What is wanted is in flight, and nothing more of this block is.
      this.retire(this.serving)
      this.serving = undefined
    }
    const block = this.blocks.take(start, size)
    if (block === undefined) return false
    this.pattern = AccessPattern.grown(pattern, this.sizes)
    this.ahead = [...ahead, block]
    const read = () =>
      onExit(background.asked(inner.readAt(block.start, block.bytes)), (exit) => {
        const count = Exit.isSuccess(exit) && isCountOf(exit.value, block.bytes) ? exit.value : 0
        const index = this.ahead.indexOf(block)
        if (seen !== this.shared.version || index < 0) return
        block.end += count
        this.wasFull = isFull(block)
        if (count > 0) return
        for (const missed of this.ahead.slice(index)) this.blocks.release(missed)
        this.ahead = this.ahead.slice(0, index)
        this.stopsAt = block.start
      })
    // A reader that waits for this block does not wait for the one after it.
    background.start(read, () => {
      const { end } = this.pattern
      if (this.turnOver(end)) this.fetch(end)
    })
    return concurrent
  }

  private fromInner(position: number, target: Uint8Array): Effect.Effect<number, MmioError.ReadError> {
    // What is in flight may be what is wanted.
    if (this.background.busy) return this.afterOneEnded(position, target)
    const pattern = AccessPattern.observe(this.pattern, position, this.sizes)
    const size = AccessPattern.blockSize(pattern)
    if (size === 0) this.blocks.releaseSpare()
    const block = target.length < size && position !== this.stopsAt ? this.blocks.take(position, size) : undefined
    return block === undefined ? this.pass(position, target, pattern) : this.begin(block, position, target, pattern)
  }

  private afterOneEnded(position: number, target: Uint8Array): Effect.Effect<number, MmioError.ReadError> {
    return andThen(this.background.oneEnded(), () => this.readAt(position, target))
  }

  /** Reads past the blocks. */
  private pass(
    position: number,
    target: Uint8Array,
    pattern: AccessPattern.AccessPattern
  ): Effect.Effect<number, MmioError.ReadError> {
    return onExit(this.background.asked(this.inner.readAt(position, target)), (exit) => {
      if (!Exit.isSuccess(exit) || !isCountOf(exit.value, target)) return
      this.pattern = AccessPattern.endingAt(pattern, position + exit.value)
      if (exit.value > 0) this.stopsAt = -1
    })
  }

  /** Reads the first block of a sequence, and out of it. */
  private begin(
    block: Block,
    position: number,
    target: Uint8Array,
    pattern: AccessPattern.AccessPattern
  ): Effect.Effect<number, MmioError.ReadError> {
    const { background, inner } = this
    const { version } = this.shared
    const read = onExit(background.asked(inner.readAt(position, block.bytes)), (exit) => {
      if (!Exit.isSuccess(exit) || !isCountOf(exit.value, block.bytes)) return this.blocks.release(block)
      block.end += exit.value
      // Out of the block itself: other reads and writes may come before this one goes on.
      copy(block.bytes, 0, target, 0, Math.min(exit.value, target.length))
      this.forget()
      this.pattern = pattern
      if (version === this.shared.version && !this.closed) this.serving = block
      else this.blocks.release(block)
    })
    return map(read, (count) => {
      // A count that cannot be true is for the caller to find out about.
      if (!isCountOf(count, block.bytes)) return count
      const read = Math.min(count, target.length)
      if (read > 0 && !this.closed) this.wasRead(position + read)
      return read
    })
  }

  // -------------------------------------------------------------------------------------------------------------------
  // what changes the bytes
  // -------------------------------------------------------------------------------------------------------------------

  private put(position: number, source: Uint8Array, mode: Api.WriteMode): Effect.Effect<number, MmioError.WriteError> {
    const { background, inner, seen } = this
    if (background.busy) return andThen(background.oneEnded(), () => this.put(position, source, mode))
    return onExit(background.asked(inner.writeAt!(position, source, mode)), (exit) => {
      const known = Exit.isSuccess(exit) && isCountOf(exit.value, source) ? exit.value : -1
      this.written(seen, position, source, 0, known)
    })
  }

  hasRoom(position: number, count: number): boolean {
    return !this.closed && !this.background.busy && this.innerSync?.hasRoom(position, count) === true
  }

  tryWrite(position: number, source: Uint8Array, from: number, to: number): number {
    const { seen } = this
    const count = this.closed || this.background.busy ? 0 : this.innerSync?.tryWrite(position, source, from, to) ?? 0
    if (count > 0) this.written(seen, position, source, from, count)
    return count
  }

  /** After `count` bytes of `source` were written from `from` on; below 0 it is not known how many. */
  private written(seen: number, position: number, source: Uint8Array, from: number, count: number): void {
    const isAlone = seen === this.shared.version
    this.shared.version++
    if (!isAlone || count < 0) return this.forget()
    this.seen = this.shared.version
    this.stopsAt = -1
    overwrite(this.serving, position, source, from, count)
    for (const block of this.ahead) overwrite(block, position, source, from, count)
  }

  /** After the inner file may have changed in any way. */
  private changed(): void {
    this.shared.version++
    this.forget()
  }

  /** Forgets what others have written over since. */
  private forgetOld(): void {
    if (this.seen !== this.shared.version) this.forget()
  }

  private forget(): void {
    this.blocks.release(this.serving)
    for (const block of this.ahead) this.blocks.release(block)
    this.blocks.releaseSpare()
    this.serving = undefined
    this.ahead = noBlocks
    this.stopsAt = -1
    this.seen = this.shared.version
  }

  get invalidate(): Effect.Effect<void> {
    return Effect.suspend(() => {
      this.forget()
      return this.inner.invalidate ?? Effect.void
    })
  }

  // -------------------------------------------------------------------------------------------------------------------
  // what else is asked of a file
  // -------------------------------------------------------------------------------------------------------------------

  /** Asks the inner file when nothing is in flight. */
  private whenIdle<A, E>(call: () => Effect.Effect<A, E>): Effect.Effect<A, E> {
    return immediate(() => andThen(this.background.idle(), call))
  }

  get commit(): Effect.Effect<void, MmioError.CommitError> {
    return this.whenIdle(() => this.committing(this.inner.commit))
  }

  get close(): Effect.Effect<void, MmioError.CloseError> {
    return this.ending(() => this.committing(this.inner.close))
  }

  /** What is committed on close changes the bytes that others read. */
  private committing<E>(commit: Effect.Effect<void, E>): Effect.Effect<void, E> {
    return this.capabilities.commit === "inPlace" ? commit : onExit(commit, () => {
      this.shared.version++
    })
  }

  get abort(): Effect.Effect<void> {
    return this.ending(() => this.inner.abort)
  }

  private ending<E>(end: () => Effect.Effect<void, E>): Effect.Effect<void, E> {
    return Effect.suspend(() => {
      const { background, key, shared } = this
      if (this.closed) return end()
      this.closed = true
      this.forget()
      SharedBytes.close(key, shared)
      return Effect.zipRight(background.stopped(), Effect.suspend(end))
    })
  }

  /** The inner file may do anything to answer, so what was read of it before counts no more. */
  onMessage<A, E>(request: Request.Request<A, E>): Option.Option<Effect.Effect<A, E>> {
    return Option.map(
      this.inner.onMessage(request),
      (answer) =>
        Effect.suspend(() =>
          Effect.zipRight(this.background.idle(), Effect.ensuring(answer, Effect.sync(() => this.changed())))
        )
    )
  }
}

/** @internal */
export const readAhead = (
  file: Api.File,
  name: string,
  sizes: AccessPattern.Sizes,
  budget: Api.BlockBudget,
  created: boolean
): Api.File => new ReadAheadFile(file, name, sizes, budget, created)
