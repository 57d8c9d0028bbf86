/**
 * Files whose bytes are gathered in blocks, and written a block at a time while the next is gathered.
 *
 * Bytes that were taken are never dropped: a block whose writing failed is kept, and written again, before anything
 * else, by the next call that has to drain the blocks; that call reports the failure if it persists.
 */
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Option from "effect/Option"
import type * as Request from "effect/Request"
import type * as Api from "../../IOProc.js"
import * as MmioError from "../../MmioError.js"
import * as AccessPattern from "../io/accessPattern.js"
import { andThen, immediate, isDone, map, onExit } from "../io/answer.js"
import { Background } from "../io/background.js"
import { type Block, BlockSource, isFull } from "../io/blocks.js"
import { copy, isCountOf } from "../io/copy.js"
import { bothExits, counted } from "../io/exits.js"
import { SyncAccess } from "../io/syncAccess.js"

/** A block whose first `written` bytes are with the inner file. */
interface Held extends Block {
  written: number
}

class WriteBehindFile extends SyncAccess implements Api.File {
  readonly capabilities: Api.FileCapabilities
  readonly start: number | undefined
  readonly canSeek: Api.File["canSeek"]
  readonly truncate: Api.File["truncate"]
  readonly invalidate: Api.File["invalidate"]
  readonly version: Option.Option<string>
  readonly identity: Option.Option<string>
  private readonly inner: Api.File
  /** That of the inner file, which can be written. */
  private readonly writeInner: NonNullable<Api.File["writeAt"]>
  private readonly background: Background
  private readonly sizes: AccessPattern.Sizes
  private readonly blocks: BlockSource
  private pattern = AccessPattern.initial
  /** The block that is being written, or could not be; and the one after it, which takes what comes. */
  private writing: Held | undefined
  private filling: Held | undefined

  constructor(
    inner: Api.File,
    writeAt: NonNullable<Api.File["writeAt"]>,
    name: string,
    sizes: AccessPattern.Sizes,
    budget: Api.BlockBudget
  ) {
    super()
    this.inner = inner
    this.writeInner = writeAt
    this.background = new Background(inner, name)
    this.sizes = sizes
    this.blocks = new BlockSource(budget)
    this.capabilities = inner.capabilities
    this.start = inner.start
    this.version = inner.version
    this.identity = inner.identity
    const { canSeek, invalidate, truncate } = inner
    this.canSeek = canSeek &&
      ((position) => immediate(() => andThen(this.background.idle(), () => canSeek.call(inner, position))))
    this.truncate = truncate && ((size) => immediate(() => andThen(this.drain(), () => truncate.call(inner, size))))
    this.invalidate = invalidate
  }

  private get holdsBytes(): boolean {
    return this.writing !== undefined || this.filling !== undefined
  }

  // -------------------------------------------------------------------------------------------------------------------
  // taking bytes
  // -------------------------------------------------------------------------------------------------------------------

  writeAt(position: number, source: Uint8Array, mode: Api.WriteMode): Effect.Effect<number, MmioError.WriteError> {
    return mode === "writeFlush"
      ? immediate(() => this.background.calling(() => andThen(this.drain(), () => this.pass(position, source, mode))))
      : immediate(() => this.gather(position, source) ?? this.background.calling(() => this.makeRoom(position, source)))
  }

  private gather(position: number, source: Uint8Array): Exit.Exit<number> | undefined {
    const count = this.tryWrite(position, source, 0, source.length)
    return count > 0 ? counted(count) : undefined
  }

  hasRoom(position: number, count: number): boolean {
    const { filling } = this
    return filling !== undefined && takes(filling, position) && position + count <= filling.start + filling.bytes.length
  }

  /** Takes as much as the block has room for, if that is where it belongs. */
  tryWrite(position: number, source: Uint8Array, from: number, to: number): number {
    const { filling } = this
    if (filling === undefined || !takes(filling, position)) return 0
    const at = position - filling.start
    const count = Math.min(to - from, filling.bytes.length - at)
    if (count === 0) return 0
    copy(source, from, filling.bytes, at, count)
    const end = position + count
    filling.end = Math.max(filling.end, end)
    this.pattern = AccessPattern.endingAt(this.pattern, end)
    if (isFull(filling) && this.writing === undefined) this.turnOver(filling)
    return count
  }

  /** Begins to write a full block. */
  private turnOver(block: Held): void {
    this.writing = block
    this.filling = undefined
    this.background.start(() => this.writeOut(block), () => {
      const { filling } = this
      if (this.writing === undefined && filling !== undefined && isFull(filling)) this.turnOver(filling)
    })
  }

  private makeRoom(position: number, source: Uint8Array): Effect.Effect<number, MmioError.WriteError> {
    const { background, filling, writing } = this
    const again = () => this.writeAt(position, source, "write")
    if (filling !== undefined && position === filling.end && isFull(filling)) {
      if (background.busy) return andThen(background.oneEnded(), again)
      if (writing === undefined) this.turnOver(filling)
      return writing === undefined ? again() : andThen(this.drain(), again)
    }
    if (filling === undefined) {
      const pattern = this.observe(position)
      const size = AccessPattern.blockSize(pattern)
      // After a block that could not be written nothing more is gathered.
      if (source.length < size && (writing === undefined || background.busy)) {
        const block = this.blocks.take(position, size)
        this.filling = block && { ...block, written: 0 }
        if (block !== undefined) this.pattern = pattern
        const gathered = this.gather(position, source)
        if (gathered !== undefined) return gathered
      }
    }
    return this.holdsBytes ? andThen(this.drain(), again) : this.pass(position, source, "write")
  }

  /** A write that skips bytes leaves a gap that no block can hold, so it is not in sequence. */
  private observe(position: number): AccessPattern.AccessPattern {
    return position === this.pattern.end
      ? AccessPattern.observe(this.pattern, position, this.sizes)
      : { _tag: "Random", end: this.pattern.end }
  }

  /** Writes past the blocks, which hold nothing. */
  private pass(
    position: number,
    source: Uint8Array,
    mode: Api.WriteMode
  ): Effect.Effect<number, MmioError.WriteError> {
    return onExit(this.background.asked(this.writeInner(position, source, mode)), (exit) => {
      if (source.length === 0 || !Exit.isSuccess(exit) || !isCountOf(exit.value, source)) return
      this.pattern = AccessPattern.endingAt(this.observe(position), position + exit.value)
      if (this.pattern._tag === "Random") this.blocks.releaseSpare()
    })
  }

  // -------------------------------------------------------------------------------------------------------------------
  // writing what is held
  // -------------------------------------------------------------------------------------------------------------------

  /** Writes all that is held. */
  private drain(): Effect.Effect<void, MmioError.WriteError> {
    if (this.background.busy) return andThen(this.background.oneEnded(), () => this.drain())
    const block = this.writing ?? this.filling
    return block === undefined ? Exit.void : andThen(this.writeOut(block), () => this.drain())
  }

  /** Writes a block; what was written of it is not written again, whatever happens then. */
  private writeOut(block: Held): Effect.Effect<void, MmioError.WriteError> {
    for (let rest = restOf(block); rest.length > 0; rest = restOf(block)) {
      const position = block.start + block.written
      const source = rest
      const written = andThen(this.background.asked(this.writeInner(position, source, "write")), (count) => {
        if (count === 0 || !isCountOf(count, source)) return Exit.fail(this.disbelieved(position, count, source))
        block.written += count
        return Exit.void
      })
      // A loop where the driver answers synchronously: it may write a byte at a time.
      if (!isDone(written)) return andThen(written, () => this.writeOut(block))
      if (Exit.isFailure(written)) return written
    }
    if (this.writing === block) this.writing = undefined
    else this.filling = undefined
    this.blocks.recycle(block)
    return Exit.void
  }

  private disbelieved(position: number, count: number, source: Uint8Array): MmioError.CannotWrite {
    return new MmioError.CannotWrite({
      operation: "IOProc.writeBehind",
      file: this.background.name,
      position,
      description: `the driver says it wrote ${count} of ${source.length} bytes`,
      written: 0
    })
  }

  // -------------------------------------------------------------------------------------------------------------------
  // what else is asked of a file
  // -------------------------------------------------------------------------------------------------------------------

  readAt(position: number, target: Uint8Array): Effect.Effect<number, MmioError.ReadError> {
    return immediate(() =>
      this.background.calling(() => {
        if (!this.holdsBytes) return this.background.asked(this.inner.readAt(position, target))
        const drained = Effect.mapError(
          Effect.suspend(() => this.drain()),
          (cause) => this.asCannotRead(position, cause)
        )
        return Effect.zipRight(drained, this.readAt(position, target))
      })
    )
  }

  holds(): boolean {
    return false
  }
  tryRead(): number {
    return 0
  }
  tryShow(): number {
    return 0
  }

  /** The file is as large as it will be. */
  get size(): Effect.Effect<number, MmioError.SeekError> {
    return immediate(() => {
      const wait = this.capabilities.concurrent ? Exit.void : this.background.idle()
      return andThen(
        wait,
        () => map(this.inner.size, (size) => Math.max(size, this.writing?.end ?? 0, this.filling?.end ?? 0))
      )
    })
  }

  get commit(): Effect.Effect<void, MmioError.CommitError> {
    return Effect.suspend(() => Effect.zipRight(this.drain(), this.inner.commit))
  }

  get close(): Effect.Effect<void, MmioError.CloseError> {
    return Effect.uninterruptibleMask((restore) =>
      Effect.flatMap(Effect.exit(restore(Effect.suspend(() => this.drain()))), (drained) => {
        // A part of a content is never committed.
        const end: Effect.Effect<void, MmioError.CloseError> =
          Exit.isFailure(drained) && this.capabilities.commit === "onClose" ? this.inner.abort : this.inner.close
        return Effect.flatMap(Effect.exit(this.ending(end)), (ended) => bothExits(drained, ended))
      })
    )
  }

  get abort(): Effect.Effect<void> {
    return this.ending(this.inner.abort)
  }

  private ending<E>(end: Effect.Effect<void, E>): Effect.Effect<void, E> {
    return Effect.suspend(() => {
      this.blocks.release(this.writing)
      this.blocks.release(this.filling)
      this.blocks.releaseSpare()
      this.writing = undefined
      this.filling = undefined
      return Effect.zipRight(this.background.stopped(), end)
    })
  }

  /** The inner file may do anything to answer: it has what was written, if it takes it. */
  onMessage<A, E>(request: Request.Request<A, E>): Option.Option<Effect.Effect<A, E>> {
    return Option.map(
      this.inner.onMessage(request),
      (answer) => Effect.zipRight(Effect.ignore(Effect.suspend(() => this.drain())), answer)
    )
  }

  private asCannotRead(position: number, cause: MmioError.WriteError): MmioError.CannotRead {
    return new MmioError.CannotRead({
      operation: "IOProc.writeBehind",
      file: this.background.name,
      position,
      description: `what was written before could not be written: ${cause.description}`,
      cause
    })
  }
}

const restOf = (block: Held): Uint8Array => block.bytes.subarray(block.written, block.end - block.start)

/** Whether a block takes bytes at a position, full or not: after what was written, and leaving no gap. */
const takes = (block: Held, position: number): boolean =>
  position >= block.start + block.written && position <= block.end

/** @internal */
export const writeBehind = (
  file: Api.File,
  name: string,
  sizes: AccessPattern.Sizes,
  budget: Api.BlockBudget
): Api.File =>
  file.writeAt === undefined
    ? file
    : new WriteBehindFile(file, (position, source, mode) => file.writeAt!(position, source, mode), name, sizes, budget)
