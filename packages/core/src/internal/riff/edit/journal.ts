/**
 * The journal of an edit: a file beside the edited one, in which all that will be written to it is written first.
 *
 * 1. The records are written, with all their bytes, and flushed. The file is still the old one.
 * 2. The header is written in front of them, and flushed. From now on the edit is decided.
 * 3. The records are written to the file, and that is flushed. Whoever is stopped here, or thereafter, does it again: to write them twice is the
 *    same as once, since all their bytes are here.
 * 4. The header is written over with zeros, and that is flushed, before the journal is removed: if the crash brings it back, it says nothing.
 *
 * A header is 64 bytes long:
 *
 * | at | bytes |                                                          |
 * | -- | ----- | -------------------------------------------------------- |
 * | 0  | 16    | `effect-mmio edit`                                       |
 * | 16 | 4     | the version of the format, 1                             |
 * | 20 | 4     | how many records there are                               |
 * | 24 | 8     | how many bytes they are long together                    |
 * | 32 | 8     | how long the file was                                    |
 * | 40 | 8     | how long it will be                                      |
 * | 48 | 4     | the CRC-32 of bytes of the file that stay: see `witness` |
 * | 52 | 4     | the CRC-32 of the records                                |
 * | 56 | 4     | zeros                                                    |
 * | 60 | 4     | the CRC-32 of the header before                          |
 *
 * A record is a place in the file, of 8 bytes, a length, of 8, and 8 that are 0 where that many bytes follow, and 1 where so many zeros are
 * meant. All numbers are little-endian.
 */
import * as Effect from "effect/Effect"
import * as Mmio from "../../../Mmio.js"
import * as MmioError from "../../../MmioError.js"
import * as Layout from "../layout.js"
import { Writer } from "../writer.js"
import { crc32 } from "./crc32.js"
import type { Plan, Write } from "./plan.js"

const headerSize = 64
/** Where in a header its CRC is. */
const crcAt = 60
const recordSize = 24
const version = 1
const magic = Uint8Array.from(Array.from("effect-mmio edit", (character) => character.charCodeAt(0)))
/** How much is in memory at once. */
const blockSize = 256 * 1024
/** How many bytes of what stays, at either end of the file, say whether it is the same file. */
const witnessSize = 4096

/** What a journal says. @internal */
export interface Header {
  readonly records: number
  readonly payload: number
  readonly oldLength: number
  readonly newLength: number
  readonly witness: number
  readonly crc: number
}

/** What is to be written to the file: bytes that are in the journal at a place, or zeros. @internal */
export interface Record {
  readonly offset: number
  readonly length: number
  /** Undefined where zeros are meant. */
  readonly at: number | undefined
}

type Failure =
  | Mmio.ReadError<"readWrite">
  | MmioError.CannotSeek
  | MmioError.InvalidFile
  | MmioError.InvalidParameter

/** Told of so many further bytes. @internal */
export type Advance = (bytes: number) => Effect.Effect<void>

/** Reads as many bytes as were there a moment ago. */
const fill = (handle: Mmio.ReadWriteHandle, target: Uint8Array): Effect.Effect<void, Failure> =>
  Effect.flatMap(Mmio.readInto(handle, target), (count) =>
    count === target.length
      ? Effect.void
      : Effect.fail(
        new MmioError.InvalidFile({
          operation: "Riff.edit",
          file: handle.name.full,
          description: "the file became shorter while it was edited"
        })
      ))

/** Parts of a length that are in memory one after the other. */
const inBlocks = (
  length: number,
  size: number,
  each: (count: number) => Effect.Effect<void, Failure>
): Effect.Effect<void, Failure> => {
  let rest = length
  return Effect.whileLoop({
    while: () => rest > 0,
    body: () => each(Math.min(rest, size)),
    step: () => {
      rest -= Math.min(rest, size)
    }
  })
}

const makeBlock = (lengths: ReadonlyArray<number>): Uint8Array =>
  new Uint8Array(lengths.reduce((most, length) => Math.min(blockSize, Math.max(most, length)), 0))

// ---------------------------------------------------------------------------------------------------------------------
// the header
// ---------------------------------------------------------------------------------------------------------------------

const encodeHeader = ({ crc, newLength, oldLength, payload, records, witness }: Header): Uint8Array => {
  const header = new Writer(headerSize)
  header.all(magic).uint32(version).uint32(records).uint64(payload).uint64(oldLength).uint64(newLength)
  header.uint32(witness).uint32(crc).uint32(0)
  return header.uint32(crc32(header.bytes.subarray(0, crcAt))).bytes
}

const decodeHeader = (bytes: Uint8Array): Header | undefined => {
  if (bytes.length < headerSize || magic.some((byte, i) => bytes[i] !== byte)) return undefined
  if (Layout.uint32(bytes, 16) !== version || Layout.uint32(bytes, crcAt) !== crc32(bytes.subarray(0, crcAt))) {
    return undefined
  }
  return {
    records: Layout.uint32(bytes, 20),
    payload: Layout.uint64(bytes, 24),
    oldLength: Layout.uint64(bytes, 32),
    newLength: Layout.uint64(bytes, 40),
    witness: Layout.uint32(bytes, 48),
    crc: Layout.uint32(bytes, 52)
  }
}

/** The header of a journal; undefined where there is none that says anything. @internal */
export const readHeader = <A extends Mmio.Readable>(
  journal: Mmio.Handle<A>
): Effect.Effect<
  Header | undefined,
  Mmio.ReadError<A> | MmioError.CannotSeek | MmioError.InvalidParameter | MmioError.OutOfMemory
> => Effect.zipRight(Mmio.seek(journal, 0), Effect.map(Mmio.read(journal, headerSize), decodeHeader))

// ---------------------------------------------------------------------------------------------------------------------
// what stays
// ---------------------------------------------------------------------------------------------------------------------

/** The CRC of some of what is not written to: if that is different, it is another file than the one that was edited. */
const witness = (
  file: Mmio.ReadWriteHandle,
  length: number,
  writes: ReadonlyArray<{ readonly offset: number; readonly length: number }>
): Effect.Effect<number, Failure> =>
  Effect.gen(function*() {
    const kept: Array<readonly [from: number, to: number]> = []
    let from = 0
    for (const write of writes.toSorted((a, b) => a.offset - b.offset)) {
      const to = Math.min(write.offset, length)
      if (to > from) kept.push([from, to])
      from = Math.max(from, write.offset + write.length)
    }
    if (from < length) kept.push([from, length])
    let crc = 0
    const bytes = new Uint8Array(witnessSize)
    const include = (from: number, to: number) =>
      Effect.gen(function*() {
        yield* Mmio.seek(file, from)
        const count = yield* Mmio.readInto(file, bytes.subarray(0, to - from))
        crc = crc32(bytes.subarray(0, count), crc)
      })
    const some = (ranges: ReadonlyArray<readonly [from: number, to: number]>, fromEnd: boolean) =>
      Effect.gen(function*() {
        let wanted = witnessSize
        for (const [from, to] of ranges) {
          const size = Math.min(wanted, to - from)
          if (size === 0) break
          yield* fromEnd ? include(to - size, to) : include(from, from + size)
          wanted -= size
        }
      })
    yield* some(kept, false)
    yield* some(kept.toReversed(), true)
    return crc
  })

// ---------------------------------------------------------------------------------------------------------------------
// writing
// ---------------------------------------------------------------------------------------------------------------------

const zeros = new Uint8Array(65_536)

const recordBytes = ({ _tag, length, offset }: Write): Uint8Array =>
  new Writer(recordSize).uint64(offset).uint64(length).uint64(_tag === "Zeros" ? 1 : 0).bytes

/** How many bytes of a journal a plan makes. @internal */
export const payloadOf = ({ writes }: Plan): number =>
  writes.reduce((sum, write) => sum + recordSize + (write._tag === "Zeros" ? 0 : write.length), 0)

/**
 * Writes the records of a plan, and flushes them. Gives them, and the header, which is still to be written.
 *
 * @internal
 */
export const prepare = (
  journal: Mmio.ReadWriteHandle,
  file: Mmio.ReadWriteHandle,
  plan: Plan,
  oldLength: number,
  advance: Advance
): Effect.Effect<{ readonly header: Header; readonly records: ReadonlyArray<Record> }, Failure> =>
  Effect.gen(function*() {
    yield* Mmio.seek(journal, 0)
    yield* Mmio.writeAll(journal, new Uint8Array(headerSize))
    let crc = 0
    let payload = 0
    const append = (bytes: Uint8Array) =>
      Effect.suspend(() => {
        crc = crc32(bytes, crc)
        payload += bytes.length
        return Effect.zipRight(Mmio.writeAll(journal, bytes), advance(bytes.length))
      })
    const block = makeBlock(plan.writes.map((write) => write._tag === "Copy" ? write.length : 0))
    const records: Array<Record> = []
    for (const write of plan.writes) {
      yield* append(recordBytes(write))
      const { length, offset } = write
      records.push({ offset, length, at: write._tag === "Zeros" ? undefined : headerSize + payload })
      if (write._tag === "Bytes") yield* append(write.bytes)
      if (write._tag !== "Copy") continue
      yield* Mmio.seek(file, write.from)
      yield* inBlocks(write.length, block.length, (count) => {
        const some = block.subarray(0, count)
        return Effect.zipRight(fill(file, some), append(some))
      })
    }
    yield* Mmio.flush(journal)
    const header = {
      records: records.length,
      payload,
      oldLength,
      newLength: plan.length,
      witness: yield* witness(file, oldLength, records),
      crc
    }
    return { header, records }
  })

/** Writes the header: the edit is decided. @internal */
export const commit = (journal: Mmio.ReadWriteHandle, header: Header): Effect.Effect<void, Failure> =>
  Mmio.seek(journal, 0).pipe(
    Effect.zipRight(Mmio.writeAll(journal, encodeHeader(header))),
    Effect.zipRight(Mmio.flush(journal))
  )

/** Has the journal say nothing any more. @internal */
export const revoke = (journal: Mmio.ReadWriteHandle): Effect.Effect<void, Failure> =>
  Mmio.seek(journal, 0).pipe(
    Effect.zipRight(Mmio.writeAll(journal, new Uint8Array(headerSize))),
    Effect.zipRight(Mmio.flush(journal))
  )

// ---------------------------------------------------------------------------------------------------------------------
// reading
// ---------------------------------------------------------------------------------------------------------------------

/**
 * The records of a journal, all of which is read; undefined where it is not as its header says.
 *
 * @internal
 */
export const records = (
  journal: Mmio.ReadWriteHandle,
  header: Header
): Effect.Effect<ReadonlyArray<Record> | undefined, Failure> =>
  Effect.gen(function*() {
    const list: Array<Record> = []
    const end = headerSize + header.payload
    if ((yield* Mmio.seek(journal, 0, "end")) < end) return undefined
    const block = makeBlock([Math.max(recordSize, header.payload)])
    let crc = 0
    yield* Mmio.seek(journal, headerSize)
    for (let at = headerSize; at < end;) {
      const bytes = block.subarray(0, recordSize)
      if (at + recordSize > end || (yield* Mmio.readInto(journal, bytes)) < recordSize) return undefined
      crc = crc32(bytes, crc)
      at += recordSize
      const [offset, length, kind] = [Layout.uint64(bytes, 0), Layout.uint64(bytes, 8), Layout.uint64(bytes, 16)]
      const hasBytes = kind === 0
      if (kind > 1 || offset + length > header.newLength || (hasBytes && at + length > end)) return undefined
      list.push({ offset, length, at: hasBytes ? at : undefined })
      if (!hasBytes) continue
      yield* inBlocks(length, block.length, (count) => {
        const some = block.subarray(0, count)
        return Effect.map(fill(journal, some), () => {
          crc = crc32(some, crc)
        })
      })
      at += length
    }
    return list.length === header.records && crc === header.crc ? list : undefined
  })

/** Whether a file is the one that a journal is of, whatever of the edit was done to it. @internal */
export const isOf = (
  file: Mmio.ReadWriteHandle,
  header: Header,
  list: ReadonlyArray<Record>
): Effect.Effect<boolean, Failure> =>
  Effect.gen(function*() {
    const length = yield* Mmio.seek(file, 0, "end")
    return length >= header.oldLength && length <= header.newLength
      && (yield* witness(file, header.oldLength, list)) === header.witness
  })

/** Writes the records to the file, and flushes it. @internal */
export const apply = (
  journal: Mmio.ReadWriteHandle,
  file: Mmio.ReadWriteHandle,
  list: ReadonlyArray<Record>,
  advance: Advance
): Effect.Effect<void, Failure> =>
  Effect.gen(function*() {
    const block = makeBlock(list.map(({ at, length }) => at === undefined ? 0 : length))
    for (const { at, length, offset } of list) {
      yield* Mmio.seek(file, offset)
      if (at !== undefined) yield* Mmio.seek(journal, at)
      const from = at === undefined ? zeros : block
      yield* inBlocks(length, from.length, (count) => {
        const some = from.subarray(0, count)
        const written = Effect.zipRight(Mmio.writeAll(file, some), advance(count))
        return at === undefined ? written : Effect.zipRight(fill(journal, some), written)
      })
    }
    yield* Mmio.flush(file)
  })
