/**
 * Files whose bytes are read in blocks, the next while the last is used.
 *
 * Most files have one position and do one thing at a time, so whatever else is wanted waits for the block that is being read. That is why
 * nothing is read ahead until two reads were in sequence. A file that reads at places reads a second block while somebody waits for the
 * first, so that it always has something to do; there are never more than two.
 */
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import { globalValue } from "effect/GlobalValue"
import * as Option from "effect/Option"
import type * as Request from "effect/Request"
import type * as Api from "../IOProc.js"
import type * as MmioError from "../MmioError.js"
import { lendNow, readLater, readNow, showNow, standNow, type Transfer, writeNow } from "./atHand.js"
import { Below } from "./below.js"
import { Adaptive, type Block, isFull, lend, type Sizes } from "./blocks.js"
import { copy, isCountOf } from "./copy.js"
import { counted } from "./exits.js"
import { andThen, immediate, mapping, noting } from "./immediate.js"

/** What all open files over the same bytes share. */
interface Version {
  /** Grows whenever one of them has written. */
  number: number
  handles: number
}

/** By what tells files apart: one table for all storages, and all copies of this package. Two files taken for one read a block in vain. */
const versions = globalValue(Symbol.for("@effect-mmio/core/IOProc/versions"), () => new Map<string, Version>())

const versionOf = (identity: string): Version => {
  const version = versions.get(identity) ?? { number: 0, handles: 0 }
  version.handles++
  versions.set(identity, version)
  return version
}

const isIn = (block: Block, position: number): boolean => position >= block.start && position < block.end

/** Whether the bytes of a block are still on their way. */
const isAwaited = ({ bytes, end, start }: Block): boolean => end === start && bytes.length > 0

const noBlocks: ReadonlyArray<Block> = []

/** How many blocks there are: the one in use, and one on its way, or two on their way to who has nothing. */
const mostBlocks = 2

class ReadAheadFile implements Api.File {
  readonly identity: string
  private readonly below: Below
  private readonly sequence: Adaptive
  private readonly version: Version
  /** The version that the blocks are of. */
  private seen: number
  private position = 0
  private closed = false
  /** The block that reads are served from. */
  private serving: Block | undefined
  /** Those behind it, in their order: what has not come yet is empty. */
  private ahead: ReadonlyArray<Block> = noBlocks
  /** Whether the last block was full when it came. */
  private comeFull = true
  /** Where reading ahead found nothing, or failed: what a reader gets there is asked for when it wants it. */
  private stopsAt = -1

  constructor(file: Api.File, name: string, sizes: Sizes) {
    this.identity = file.identity ?? name
    this.below = new Below(file, name)
    this.sequence = new Adaptive(sizes)
    this.version = versionOf(this.identity)
    this.seen = this.version.number
  }

  read(target: Uint8Array): Effect.Effect<number, MmioError.ReadError> {
    return immediate(() => {
      const count = this[readNow](target, 0, target.length)
      return count > 0 ? counted(count) : this.below.calling(() => this.fromBelow(target))
    })
  }

  /** Gives what the blocks have at the position, and goes on to read behind it. */
  [readNow](target: Uint8Array, start: number, end: number): number {
    this.forgetOld()
    // Who was given the bytes before may have transferred the array of all of them.
    if (this.serving?.lent === true && this.serving.bytes.length === 0) this.serving = undefined
    let done = start
    while (done < end) {
      const block = this.serving
      const count = block !== undefined && this.position >= block.start
        ? Math.min(block.end - this.position, end - done)
        : 0
      if (block !== undefined && count > 0) {
        copy(block.bytes, this.position - block.start, target, done, count)
        this.position += count
        done += count
      } else if (!this.turnOver()) break
    }
    if (done > start) {
      this.sequence.left(this.position)
      this.fetch()
    }
    return done - start
  }

  [lendNow](count: number): Uint8Array | undefined {
    const serving = this.servingHere()
    const parts = serving && lend(serving, this.position, count)
    if (parts === undefined) return undefined
    this.serving = parts[1]
    this.moveOn(count)
    return parts[0]
  }

  [showNow](most: number, f: (bytes: Uint8Array) => void): number {
    const serving = this.servingHere()
    if (serving === undefined) return 0
    const at = this.position - serving.start
    const count = Math.min(most, serving.end - this.position)
    f(serving.bytes.subarray(at, at + count))
    // Only now may the block be used again.
    this.moveOn(count)
    return count
  }

  [standNow](at: number): boolean {
    if (!this.reaches(at)) return false
    this.position = at
    return true
  }

  /** Far from where the last read ended there is nothing to be done with blocks. */
  [readLater](target: Uint8Array): Transfer | undefined {
    const { below, position, sequence } = this
    const call = below.busy || !sequence.leapsTo(position) ? undefined : below.readLater(position, target)
    return call && ((done) => {
      sequence.approach(position)
      call((count) => {
        if (count >= 0) this.passed(position, count)
        done(count)
      })
    })
  }

  /** After so many bytes were read past the blocks. */
  private passed(position: number, count: number): void {
    this.position = position + count
    this.sequence.left(this.position)
    if (count > 0) this.stopsAt = -1
  }

  /** The block that the position is in, if it has come. */
  private servingHere(): Block | undefined {
    this.forgetOld()
    if (this.serving === undefined || !isIn(this.serving, this.position)) this.turnOver()
    const { position, serving } = this
    return serving !== undefined && isIn(serving, position) && serving.bytes.length > 0 ? serving : undefined
  }

  private moveOn(count: number): void {
    this.position += count
    this.sequence.left(this.position)
    this.fetch()
  }

  /** Goes on to the block that the position is in, if it has come. */
  private turnOver(): boolean {
    const { ahead, position } = this
    if (ahead.length === 0) return false
    const index = ahead.findIndex((block) => isIn(block, position))
    const next = ahead[index]
    if (next === undefined) return false
    this.retire(this.serving)
    for (const passed of ahead.slice(0, index)) this.retire(passed)
    this.serving = next
    this.ahead = ahead.slice(index + 1)
    return true
  }

  /** What is still read into is not used again. */
  private retire(block: Block | undefined): void {
    if (block !== undefined && !isAwaited(block)) this.sequence.retire(block)
  }

  /** Begins to read what is behind the blocks that there are. */
  private fetch(): void {
    if (this.isUsedUp) this.turnOver()
    while (this.fetchNext()) { /* until there are enough, or nothing is to be had */ }
  }

  private get isUsedUp(): boolean {
    return this.serving !== undefined && this.position >= this.serving.end
  }

  private fetchNext(): boolean {
    const { ahead, below, seen, sequence } = this
    const last = ahead.at(-1) ?? this.serving
    if (last === undefined || sequence.size === 0 || (below.busy && !below.readsAtPlaces)) return false
    // What is behind a block that is on its way is where it ends if it comes full.
    const start = isAwaited(last) ? last.start + last.bytes.length : last.end
    if (start === this.stopsAt || ahead.length === mostBlocks || (isAwaited(last) && !this.comeFull)) return false
    if (this.serving !== undefined && ahead.length > 0) {
      if (!this.isUsedUp) return false
      // What is wanted is on its way, and of this nothing more is.
      this.retire(this.serving)
      this.serving = undefined
    }
    const block = sequence.block(start)
    if (block === undefined) return false
    sequence.grow()
    this.ahead = [...ahead, block]
    const read = () =>
      noting(below.readAt(block.start, block.bytes), (exit) => {
        const count = Exit.isSuccess(exit) && isCountOf(exit.value, block.bytes) ? exit.value : 0
        const index = this.ahead.indexOf(block)
        if (seen !== this.version.number || index < 0) return
        block.end += count
        this.comeFull = isFull(block)
        if (count > 0) return
        this.ahead = this.ahead.slice(0, index)
        this.stopsAt = block.start
      })
    // A reader that waits for this block is not what the next one has to wait for.
    below.background(read, () => {
      if (this.turnOver()) this.fetch()
    })
    return below.readsAtPlaces
  }

  private fromBelow(target: Uint8Array): Effect.Effect<number, MmioError.ReadError> {
    const { below, position, sequence } = this
    // What is on its way may be what is wanted.
    if (below.busy) return andThen(below.settled(), () => this.read(target))
    sequence.approach(position)
    const block = target.length < sequence.size && position !== this.stopsAt ? sequence.block(position) : undefined
    if (block === undefined) {
      return noting(below.readAt(position, target), (exit) => {
        if (Exit.isSuccess(exit) && isCountOf(exit.value, target)) this.passed(position, exit.value)
      })
    }
    const { number } = this.version
    return mapping(below.readAt(position, block.bytes), (count) => {
      block.end += isCountOf(count, block.bytes) ? count : 0
      this.serving = block
      this.ahead = noBlocks
      this.seen = number
      // A count that cannot be true is for the caller to find out about.
      return this[readNow](target, 0, target.length) || count
    })
  }

  /** Forgets what others have written over since. */
  private forgetOld(): void {
    if (this.seen !== this.version.number) this.forget()
  }

  private forget(): void {
    this.serving = undefined
    this.ahead = noBlocks
    this.stopsAt = -1
    this.seen = this.version.number
  }

  write(source: Uint8Array): Effect.Effect<number, MmioError.WriteError> {
    return this.put("write", source)
  }

  writeFlush(source: Uint8Array): Effect.Effect<number, MmioError.WriteError> {
    return this.put("writeFlush", source)
  }

  private put(how: "write" | "writeFlush", source: Uint8Array): Effect.Effect<number, MmioError.WriteError> {
    const { below } = this
    const write = (): Effect.Effect<number, MmioError.WriteError> => {
      const { position, seen } = this
      if (below.busy) return andThen(below.settled(), () => this.put(how, source))
      return noting(below.write(how, position, source), (exit) => {
        const known = Exit.isSuccess(exit) && isCountOf(exit.value, source) ? exit.value : -1
        this.written(seen, source, 0, known)
        if (Exit.isSuccess(exit)) this.position = position + exit.value
      })
    }
    return immediate(() => below.calling(write))
  }

  [writeNow](source: Uint8Array, from: number, to: number): number {
    const { position, seen } = this
    const count = this.closed ? 0 : this.below.writeNow(position, source, from, to)
    if (count > 0) {
      this.written(seen, source, from, count)
      this.position = position + count
    }
    return count
  }

  /** After so many bytes were written at the position, `source` from `from` on, or, below 0, something that is not known. */
  private written(seen: number, source: Uint8Array, from: number, count: number): void {
    const isAlone = seen === this.version.number
    this.version.number++
    if (!isAlone || count < 0) return this.forget()
    this.seen = this.version.number
    this.stopsAt = -1
    this.overwrite(this.serving, source, from, count)
    for (const block of this.ahead) this.overwrite(block, source, from, count)
  }

  /** Has a block hold what was written at the position. */
  private overwrite(block: Block | undefined, source: Uint8Array, first: number, count: number): void {
    if (block === undefined) return
    const from = Math.max(block.start, this.position)
    const to = Math.min(block.end, this.position + count)
    if (from < to) copy(source, first + from - this.position, block.bytes, from - block.start, to - from)
  }

  seek(offset: number, from: Api.Whence): Effect.Effect<number, MmioError.CannotSeek> {
    return immediate(() => {
      const { below } = this
      const target = from === "start" ? offset : from === "current" ? this.position + offset : undefined
      if (target !== undefined && this[standNow](target)) return Exit.succeed(target)
      if (below.busy) return andThen(below.settled(), () => this.seek(offset, from))
      return below.calling(() =>
        noting(target === undefined ? below.seek(offset, from) : below.seek(target, "start"), (exit) => {
          if (Exit.isSuccess(exit)) this.position = exit.value
        })
      )
    })
  }

  /** Whether the file can be read there, and nobody has to be asked. */
  private reaches(position: number): boolean {
    const { below } = this
    return !this.closed && (position === this.position || this.holds(position)
      || (below.readsAtPlaces && Number.isSafeInteger(position) && position >= 0))
  }

  private holds(position: number): boolean {
    const { ahead, seen, serving, version } = this
    return seen === version.number
      && ((serving !== undefined && isIn(serving, position)) || ahead.some((block) => isIn(block, position)))
  }

  get close(): Effect.Effect<void, MmioError.CloseError> {
    return Effect.suspend(() => {
      const { below, identity, version } = this
      if (this.closed) return below.file.close
      this.closed = true
      this.forget()
      if (--version.handles === 0 && versions.get(identity) === version) versions.delete(identity)
      return Effect.zipRight(below.stopped(), below.file.close)
    })
  }

  /** The file below may do anything to answer, so it stands at the position, and what was read of it before counts no more. */
  onMessage<A, E>(request: Request.Request<A, E>): Option.Option<Effect.Effect<A, E>> {
    return Option.map(this.below.file.onMessage(request), (answer) =>
      Effect.suspend(() => {
        const { below } = this
        return Effect.zipRight(
          Effect.zipRight(below.idle(), Effect.ignore(Effect.suspend(() => below.seek(this.position, "start")))),
          Effect.ensuring(
            answer,
            Effect.sync(() => {
              this.version.number++
              this.forget()
            })
          )
        )
      }))
  }
}

/** @internal */
export const readAhead = (file: Api.File, name: string, sizes: Sizes): Api.File => new ReadAheadFile(file, name, sizes)
