/**
 * The records of a journal as a stream: written, and read, in blocks, so that an edit of any size takes the same
 * memory.
 */
import * as Effect from "effect/Effect"
import type * as MmioError from "../../../MmioError.js"
import { crc32 } from "./crc32.js"
import type { ExclusiveFile, ReadFailure } from "./exclusiveFile.js"
import { blockSize, type Geometry, tailAt } from "./geometry.js"
import { mask } from "./mask.js"
import * as Record from "./record.js"

/** Memory for one range after the other, each of at most `blockSize` bytes: as much as the longest takes. @internal */
export class Block {
  private bytes = new Uint8Array(0)

  /** So many bytes, of any values, valid until the next call. */
  of(length: number): Uint8Array {
    if (length > this.bytes.length) {
      this.bytes = new Uint8Array(Math.min(blockSize, Math.max(length, 2 * this.bytes.length)))
    }
    return this.bytes.subarray(0, length)
  }
}

/** Where the records of a journal are, and how they are masked. @internal */
export interface Place extends Geometry {
  readonly nonce: Uint8Array
}

/** Gathers bytes, and writes them masked. @internal */
export class PayloadWriter {
  crc = 0
  private readonly block: Uint8Array
  private readonly file: ExclusiveFile
  private readonly place: Place
  /** How many bytes were written, and how many are gathered. */
  private done = 0
  private filled = 0

  constructor(file: ExclusiveFile, place: Place) {
    this.file = file
    this.place = place
    this.block = new Uint8Array(Math.min(blockSize, place.payload))
  }

  append(bytes: Uint8Array): Effect.Effect<void, MmioError.WriteError | MmioError.AccessDenied> {
    return Effect.suspend(() => {
      let taken = 0
      return Effect.whileLoop({
        while: () => taken < bytes.length,
        body: () => {
          const count = Math.min(bytes.length - taken, this.block.length - this.filled)
          this.block.set(bytes.subarray(taken, taken + count), this.filled)
          this.filled += count
          taken += count
          return this.filled === this.block.length ? this.drain : Effect.void
        },
        step: () => {}
      })
    })
  }

  /** Writes what is gathered. */
  get drain(): Effect.Effect<void, MmioError.WriteError | MmioError.AccessDenied> {
    return Effect.suspend(() => {
      const bytes = this.block.subarray(0, this.filled)
      const at = this.done
      mask(bytes, at, this.place.nonce)
      this.crc = crc32(bytes, this.crc)
      this.done += bytes.length
      this.filled = 0
      return this.file.writeAt(this.place.recordsAt + at, bytes)
    })
  }
}

/** Reads the records one after the other. */
class PayloadReader {
  crc = 0
  private readonly block: Uint8Array
  private readonly file: ExclusiveFile
  private readonly place: Place
  /** How many bytes were read into the block and before it. */
  private fetched = 0
  private start = 0
  private end = 0

  constructor(file: ExclusiveFile, place: Place) {
    this.file = file
    this.place = place
    this.block = new Uint8Array(Math.min(blockSize, place.payload))
  }

  /** How many bytes were not taken yet. */
  get rest(): number {
    return this.place.payload - this.fetched + this.end - this.start
  }

  /** The next bytes, at most as many as a block has, and no more than `rest`; they are valid until the next call. */
  take(count: number): Effect.Effect<Uint8Array, ReadFailure> {
    return Effect.suspend(() => {
      const has = this.end - this.start
      if (has >= count) return Effect.succeed(this.taken(count))
      this.block.copyWithin(0, this.start, this.end)
      this.start = 0
      this.end = has
      const target = this.block.subarray(
        has,
        has + Math.min(this.block.length - has, this.place.payload - this.fetched)
      )
      const at = this.fetched
      return Effect.map(this.file.readExactly(this.place.recordsAt + at, target), () => {
        this.crc = crc32(target, this.crc)
        mask(target, at, this.place.nonce)
        this.fetched += target.length
        this.end += target.length
        return this.taken(count)
      })
    })
  }

  private taken(count: number): Uint8Array {
    this.start += count
    return this.block.subarray(this.start - count, this.start)
  }
}

/** A record, with the bytes that it is about; they are valid until the next one. @internal */
export interface Loaded {
  readonly head: Record.Head
  readonly sums: Uint8Array
  /** The new bytes. */
  readonly next: Uint8Array
  /** What the file has there now. */
  readonly current: Uint8Array
}

/** What the records are, once all of them were read. @internal */
export interface Summary {
  /** How many there are; undefined where they do not follow the bounds, and the rest was not read. */
  readonly records: number | undefined
  readonly crc: number
}

/** Reads the records one after the other, each with what the file has in its place. @internal */
export const forEachRecord = <E>(
  file: ExclusiveFile,
  place: Place,
  each: (record: Loaded) => Effect.Effect<void, E>
): Effect.Effect<Summary, E | ReadFailure> =>
  Effect.suspend(() => {
    const reader = new PayloadReader(file, place)
    const current = new Block()
    const next = new Block()
    const to = tailAt(place)
    let records = 0
    let from = 0
    let isBroken = false
    const one = Effect.gen(function*() {
      const payload = reader.rest
      const head = Record.decodeHead(yield* reader.take(Math.min(Record.headSize, payload)), { from, to, payload })
      if (head === undefined) {
        isBroken = true
        return
      }
      const sums = (yield* reader.take(Record.sumsLength(head))).slice()
      const has = current.of(head.length)
      const bytes = next.of(head.length)
      if (head.zeros) bytes.fill(0)
      else bytes.set(yield* reader.take(head.length))
      yield* file.readExactly(head.offset, has)
      yield* each({ head, sums, next: bytes, current: has })
      from = head.offset + head.length
      records++
    })
    return Effect.map(
      Effect.whileLoop({ while: () => !isBroken && reader.rest > 0, body: () => one, step: () => {} }),
      () => ({ records: isBroken ? undefined : records, crc: reader.crc })
    )
  })
