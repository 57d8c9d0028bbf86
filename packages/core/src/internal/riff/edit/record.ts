/**
 * The records of a journal, each of which says what to write over old bytes of the file: sorted by their offsets, and
 * masked.
 *
 * | bytes                         |                                                                                   |
 * | ----------------------------- | --------------------------------------------------------------------------------- |
 * | 8                             | the offset in the file                                                            |
 * | 4                             | how many bytes it writes, at most 256 KiB                                         |
 * | 4                             | 0 where new bytes follow, 1 where zeros are written                               |
 * | 4 for each sector it touches  | the CRC-32 of the old bytes of the sector (512 bytes), as far as the record goes  |
 * | as many as it writes, or none | the new bytes                                                                     |
 *
 * All numbers are little-endian.
 */
import * as Layout from "../layout.js"
import { Writer } from "../writer.js"
import { crc32 } from "./crc32.js"
import { blockSize, sectorSize, sectorsOf } from "./geometry.js"

/** How many bytes come before the checksums. @internal */
export const headSize = 16

/** What a record begins with. */
export interface Head {
  readonly offset: number
  readonly length: number
  readonly zeros: boolean
}

/** How many bytes of checksums follow the head. @internal */
export const sumsLength = ({ length, offset }: Pick<Head, "length" | "offset">): number => 4 * sectorsOf(offset, length)

/** How many new bytes follow the checksums. */
const bytesLength = ({ length, zeros }: Head): number => zeros ? 0 : length

/** How long a record is. @internal */
export const sizeOf = (head: Head): number => headSize + sumsLength(head) + bytesLength(head)

export const encodeHead = ({ length, offset, zeros }: Head): Uint8Array =>
  new Writer(headSize).uint64(offset).uint32(length).uint32(zeros ? 1 : 0).bytes

/** @internal */
export const decodeHead = (
  bytes: Uint8Array,
  bounds: {
    /** Where the record before it ends. */
    readonly from: number
    /** Where the last record may end. */
    readonly to: number
    /** How many bytes of records are left, with this one. */
    readonly payload: number
  }
): Head | undefined => {
  if (bytes.length < headSize) return undefined
  const offset = Layout.uint64(bytes, 0)
  const length = Layout.uint32(bytes, 8)
  const kind = Layout.uint32(bytes, 12)
  const head = { offset, length, zeros: kind === 1 }
  return kind <= 1 && length >= 1 && length <= blockSize && offset >= bounds.from && offset + length <= bounds.to
      && sizeOf(head) <= bounds.payload
    ? head
    : undefined
}

/** Calls `f` with each part of a range that is in one sector: counted from 0, and from where to where in the range. */
const forEachSector = (
  { length, offset }: Pick<Head, "length" | "offset">,
  f: (index: number, from: number, to: number) => void
): void => {
  for (let index = 0, from = 0; from < length; index++) {
    const to = Math.min(length, from + sectorSize - (offset + from) % sectorSize)
    f(index, from, to)
    from = to
  }
}

/** The checksums of old bytes, as a record has them. */
export const encodeSums = (offset: number, old: Uint8Array): Uint8Array => {
  const writer = new Writer(sumsLength({ offset, length: old.length }))
  forEachSector({ offset, length: old.length }, (_, from, to) => {
    writer.uint32(crc32(old.subarray(from, to)))
  })
  return writer.bytes
}

/**
 * How many sectors of a record have their old bytes in the file, and how many neither those nor the new ones.
 *
 * @internal
 */
export interface Found {
  readonly old: number
  readonly foreign: number
}

/** Compares the bytes of the file with those of a record. @internal */
export const compare = (head: Head, sums: Uint8Array, next: Uint8Array, current: Uint8Array): Found => {
  let old = 0
  let foreign = 0
  forEachSector(head, (index, from, to) => {
    if (isSame(next, current, from, to)) return
    if (crc32(current.subarray(from, to)) === Layout.uint32(sums, 4 * index)) old++
    else foreign++
  })
  return { old, foreign }
}

/**
 * The ranges of a record whose bytes in the file are not the new ones, counted from its offset: sectors, as many as
 * adjoin.
 *
 * @internal
 */
export const differing = (
  head: Head,
  next: Uint8Array,
  current: Uint8Array
): ReadonlyArray<readonly [from: number, to: number]> => {
  const ranges: Array<[from: number, to: number]> = []
  forEachSector(head, (_, from, to) => {
    if (isSame(next, current, from, to)) return
    const last = ranges.at(-1)
    if (last?.[1] === from) last[1] = to
    else ranges.push([from, to])
  })
  return ranges
}

const isSame = (a: Uint8Array, b: Uint8Array, from: number, to: number): boolean => {
  for (let i = from; i < to; i++) if (a[i] !== b[i]) return false
  return true
}
