/**
 * Files whose bytes are read in blocks, the next while the last is used.
 *
 * A block that is wanted is at most one call away: the file below has one position, so it does one thing at a time, and whatever else is
 * wanted of it waits for the block that it is reading. That is why nothing is read ahead until two reads were in sequence.
 */
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import { globalValue } from "effect/GlobalValue"
import * as Option from "effect/Option"
import type * as Request from "effect/Request"
import type * as Api from "../IOProc.js"
import type * as MmioError from "../MmioError.js"
import { lendNow, readNow, writeNow } from "./atHand.js"
import { Below } from "./below.js"
import { Adaptive, type Block, lend, type Sizes } from "./blocks.js"
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

class ReadAheadFile implements Api.File {
  readonly identity: string
  private readonly below: Below
  private readonly sequence: Adaptive
  private readonly version: Version
  /** The version that the blocks are of. */
  private seen: number
  private position = 0
  private closed = false
  /** The block that reads are served from, and the one behind it, once it has come. */
  private serving: Block | undefined
  private fetched: Block | undefined
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
    this.forgetOld()
    if (this.serving === undefined || this.position >= this.serving.end) this.turnOver()
    const { position, serving } = this
    const parts = serving !== undefined && position >= serving.start ? lend(serving, position, count) : undefined
    if (parts === undefined) return undefined
    this.serving = parts[1]
    this.position += count
    this.sequence.left(this.position)
    this.fetch()
    return parts[0]
  }

  /** Goes on to the block that was fetched, if the position is in it. */
  private turnOver(): boolean {
    const { fetched, position, serving } = this
    if (fetched === undefined || position < fetched.start || position >= fetched.end) return false
    if (serving !== undefined) this.sequence.retire(serving)
    this.serving = fetched
    this.fetched = undefined
    this.sequence.grow()
    return true
  }

  /** Begins to read the block behind the one in use. */
  private fetch(): void {
    const { below, seen, sequence, serving } = this
    if (
      serving === undefined || this.fetched !== undefined || sequence.size === 0 || below.busy
      || serving.end === this.stopsAt
    ) return
    const block = sequence.block(serving.end)
    if (block === undefined) return
    const read = () =>
      noting(below.read(block.start, block.bytes), (exit) => {
        const count = Exit.isSuccess(exit) && isCountOf(exit.value, block.bytes) ? exit.value : 0
        if (seen !== this.version.number || this.closed) return
        if (count === 0) {
          this.stopsAt = block.start
          sequence.retire(block)
        } else {
          block.end += count
          this.fetched = block
        }
      })
    // A reader that waits for this block is not what the next one has to wait for.
    below.background(read, () => {
      if (this.turnOver()) this.fetch()
    })
  }

  private fromBelow(target: Uint8Array): Effect.Effect<number, MmioError.ReadError> {
    const { below, position, sequence } = this
    // What is on its way may be what is wanted.
    if (below.busy) return andThen(below.settled(), () => this.read(target))
    sequence.approach(position)
    const block = target.length < sequence.size && position !== this.stopsAt ? sequence.block(position) : undefined
    if (block === undefined) {
      return noting(below.read(position, target), (exit) => {
        if (!Exit.isSuccess(exit) || !isCountOf(exit.value, target)) return
        this.position = position + exit.value
        sequence.left(this.position)
        if (exit.value > 0) this.stopsAt = -1
      })
    }
    const { number } = this.version
    return mapping(below.read(position, block.bytes), (count) => {
      block.end += isCountOf(count, block.bytes) ? count : 0
      this.serving = block
      this.fetched = undefined
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
    this.fetched = undefined
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
    this.overwrite(this.fetched, source, from, count)
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
      if (target !== undefined && !this.closed && (target === this.position || this.holds(target))) {
        return Exit.succeed(this.position = target)
      }
      if (below.busy) return andThen(below.settled(), () => this.seek(offset, from))
      return below.calling(() =>
        noting(target === undefined ? below.seek(offset, from) : below.seek(target, "start"), (exit) => {
          if (Exit.isSuccess(exit)) this.position = exit.value
        })
      )
    })
  }

  private holds(position: number): boolean {
    const isIn = (block: Block | undefined) => block !== undefined && position >= block.start && position < block.end
    return this.seen === this.version.number && (isIn(this.serving) || isIn(this.fetched))
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
          Effect.zipRight(below.settled(), Effect.ignore(below.seek(this.position, "start"))),
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
