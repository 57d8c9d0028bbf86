/**
 * The records of an archive as they are written.
 */
import type { Directory, Entry } from "./directory.js"
import {
  extra,
  findExtra,
  flag,
  length,
  max16,
  max32,
  method,
  set64,
  signature,
  toDos,
  viewOf,
  withoutExtra
} from "./layout.js"
import { encodeName } from "./names.js"

/** What the records of an element say, as far as they say the same. @internal */
export interface Facts {
  readonly name: Uint8Array
  readonly isFolder: boolean
  readonly method: number
  readonly modified: Date
  readonly crc: number
  readonly compressed: number
  readonly size: number
}

const [versionNeeded, versionNeeded64] = [20, 45]
/** Made on Unix, by version 3.0 of the format. */
const madeBy = (3 << 8) | 30
const [fileMode, folderMode] = [0o100644, 0o040755]

const join = (...parts: ReadonlyArray<Uint8Array>): Uint8Array => {
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0))
  let at = 0
  for (const part of parts) {
    bytes.set(part, at)
    at += part.length
  }
  return bytes
}

/** The time in seconds of UTC; none where the field cannot say it. */
const timestamp = (modified: Date): Uint8Array => {
  const seconds = Math.floor(modified.getTime() / 1000)
  if (Math.abs(seconds) >= 2 ** 31) return new Uint8Array(0)
  const bytes = new Uint8Array(9)
  const view = viewOf(bytes)
  view.setUint16(0, extra.timestamp, true)
  view.setUint16(2, 5, true)
  bytes[4] = 1
  view.setInt32(5, seconds, true)
  return bytes
}

const zip64 = (numbers: ReadonlyArray<number>): Uint8Array => {
  if (numbers.length === 0) return new Uint8Array(0)
  const bytes = new Uint8Array(4 + numbers.length * 8)
  const view = viewOf(bytes)
  view.setUint16(0, extra.zip64, true)
  view.setUint16(2, numbers.length * 8, true)
  for (const [i, number] of numbers.entries()) set64(view, 4 + i * 8, number)
  return bytes
}

/** Whether bytes of a name are more than ASCII. */
const flagsOf = (name: Uint8Array): number => name.some((byte) => byte >= 0x80) ? flag.utf8 : 0

/**
 * Whether the sizes of an element have a Zip64 field: by its size alone, so that its header is as long before its
 * compressed size is known. Deflate adds less than 2 MiB to 4 GiB.
 */
const isWide = ({ size }: Facts): boolean => size > max32 - 2 ** 24

/** The local header; as long as any other of the same name, size and time. */
export const localHeader = (facts: Facts): Uint8Array => {
  const wide = isWide(facts)
  const fields = join(wide ? zip64([facts.size, facts.compressed]) : zip64([]), timestamp(facts.modified))
  const bytes = join(new Uint8Array(length.local), facts.name, fields)
  const view = viewOf(bytes)
  const dos = toDos(facts.modified)
  view.setUint32(0, signature.local, true)
  view.setUint16(4, wide ? versionNeeded64 : versionNeeded, true)
  view.setUint16(6, flagsOf(facts.name), true)
  view.setUint16(8, facts.method, true)
  view.setUint16(10, dos % 65536, true)
  view.setUint16(12, Math.floor(dos / 65536), true)
  view.setUint32(14, facts.crc, true)
  view.setUint32(18, wide ? max32 : facts.compressed, true)
  view.setUint32(22, wide ? max32 : facts.size, true)
  view.setUint16(26, facts.name.length, true)
  view.setUint16(28, fields.length, true)
  return bytes
}

/** What the record of an element keeps of the one that it replaces: who made it, and its attributes. */
const attributesOf = (bytes: Uint8Array, replaced: Uint8Array | undefined, isFolder: boolean): void => {
  const view = viewOf(bytes)
  if (replaced === undefined) {
    view.setUint16(4, madeBy, true)
    view.setUint32(38, ((isFolder ? folderMode : fileMode) * 65536 + (isFolder ? 16 : 0)) >>> 0, true)
    return
  }
  bytes.set(replaced.subarray(4, 6), 4)
  bytes.set(replaced.subarray(36, 42), 36)
}

/** The record of the directory; `offset` counts as offsets of the archive do. @internal */
export const centralRecord = (facts: Facts, offset: number, replaced: Uint8Array | undefined): Uint8Array => {
  const { compressed, modified, name, size } = facts
  const numbers = [size, compressed, offset].map((number) => number >= max32)
  const wide = [size, compressed, offset].filter((number) => number >= max32)
  const fields = join(zip64(wide), timestamp(modified))
  const bytes = join(new Uint8Array(length.central), name, fields)
  const view = viewOf(bytes)
  const dos = toDos(modified)
  view.setUint32(0, signature.central, true)
  attributesOf(bytes, replaced, facts.isFolder)
  view.setUint16(6, isWide(facts) || wide.length > 0 ? versionNeeded64 : versionNeeded, true)
  view.setUint16(8, flagsOf(name), true)
  view.setUint16(10, facts.method, true)
  view.setUint16(12, dos % 65536, true)
  view.setUint16(14, Math.floor(dos / 65536), true)
  view.setUint32(16, facts.crc, true)
  view.setUint32(20, numbers[1] ? max32 : compressed, true)
  view.setUint32(24, numbers[0] ? max32 : size, true)
  view.setUint16(28, name.length, true)
  view.setUint16(30, fields.length, true)
  view.setUint32(42, numbers[2] ? max32 : offset, true)
  return bytes
}

/** The record that an entry has. @internal */
export const recordOf = ({ raw }: Pick<Directory, "raw">, { record, recordLength }: Entry): Uint8Array =>
  raw.subarray(record, record + recordLength)

/**
 * A record of the directory with another offset: in its own field, or in the Zip64 field, where it has none of its own,
 * or where the new one does not fit.
 */
export const placedRecord = (record: Uint8Array, offset: number): Uint8Array => {
  const view = viewOf(record)
  const fieldsAt = length.central + view.getUint16(28, true)
  const fieldsEnd = fieldsAt + view.getUint16(30, true)
  if (view.getUint32(42, true) !== max32 && offset < max32) {
    const bytes = new Uint8Array(record)
    viewOf(bytes).setUint32(42, offset, true)
    return bytes
  }
  const fields = record.subarray(fieldsAt, fieldsEnd)
  // The sizes come first, as far as they are there.
  const sizes = [view.getUint32(24, true), view.getUint32(20, true)].filter((number) => number === max32).length * 8
  const field = findExtra(fields, extra.zip64)?.data ?? new Uint8Array(0)
  const before = field.length < sizes ? new Uint8Array(0) : field.subarray(0, sizes)
  // The number of its disk comes last, where it has no room in the record.
  const diskAt = sizes + (view.getUint32(42, true) === max32 ? 8 : 0)
  const disk = view.getUint16(34, true) === max16 ? field.subarray(diskAt, diskAt + 4) : new Uint8Array(0)
  const wide = new Uint8Array(4 + before.length + 8 + disk.length)
  const wideView = viewOf(wide)
  wideView.setUint16(0, extra.zip64, true)
  wideView.setUint16(2, wide.length - 4, true)
  wide.set(before, 4)
  set64(wideView, 4 + before.length, offset)
  wide.set(disk, 4 + before.length + 8)
  const allFields = join(wide, withoutExtra(fields, [extra.zip64]))
  const bytes = join(record.subarray(0, fieldsAt), allFields, record.subarray(fieldsEnd))
  const bytesView = viewOf(bytes)
  bytesView.setUint16(30, allFields.length, true)
  bytesView.setUint32(42, max32, true)
  return bytes
}

/** A record of the directory or a local header with another name, and without the field that has the old one. */
const renamed = (
  bytes: Uint8Array,
  head: number,
  at: { readonly flags: number; readonly nameLength: number; readonly extraLength: number },
  name: Uint8Array
): Uint8Array => {
  const view = viewOf(bytes)
  const nameEnd = head + view.getUint16(at.nameLength, true)
  const fieldsEnd = nameEnd + view.getUint16(at.extraLength, true)
  const fields = withoutExtra(bytes.subarray(nameEnd, fieldsEnd), [extra.unicodeName])
  const result = join(bytes.subarray(0, head), name, fields, bytes.subarray(fieldsEnd))
  const resultView = viewOf(result)
  resultView.setUint16(at.flags, (view.getUint16(at.flags, true) & ~flag.utf8) | flagsOf(name), true)
  resultView.setUint16(at.nameLength, name.length, true)
  resultView.setUint16(at.extraLength, fields.length, true)
  return result
}

/** @internal */
export const renamedRecord = (record: Uint8Array, name: Uint8Array): Uint8Array =>
  renamed(record, length.central, { flags: 8, nameLength: 28, extraLength: 30 }, name)

/** @internal */
export const renamedHeader = (local: Uint8Array, name: Uint8Array): Uint8Array =>
  renamed(local, length.local, { flags: 6, nameLength: 26, extraLength: 28 }, name)

/**
 * The end of an archive, with the Zip64 records where a number needs them. Offsets count from `delta` in the file.
 * @internal
 */
export const endRecords = (
  count: number,
  start: number,
  size: number,
  delta: number,
  comment: Uint8Array
): Uint8Array => {
  const offset = start - delta
  const isWide = count >= max16 || size >= max32 || offset >= max32
  const wide = new Uint8Array(isWide ? length.end64 + length.locator64 : 0)
  if (isWide) {
    const view = viewOf(wide)
    view.setUint32(0, signature.end64, true)
    set64(view, 4, length.end64 - 12)
    view.setUint16(12, madeBy, true)
    view.setUint16(14, versionNeeded64, true)
    set64(view, 24, count)
    set64(view, 32, count)
    set64(view, 40, size)
    set64(view, 48, offset)
    view.setUint32(length.end64, signature.locator64, true)
    set64(view, length.end64 + 8, offset + size)
    view.setUint32(length.end64 + 16, 1, true)
  }
  const bytes = join(wide, new Uint8Array(length.end), comment)
  const view = viewOf(bytes.subarray(wide.length))
  view.setUint32(0, signature.end, true)
  view.setUint16(8, Math.min(count, max16), true)
  view.setUint16(10, Math.min(count, max16), true)
  view.setUint32(12, Math.min(size, max32), true)
  view.setUint32(16, Math.min(offset, max32), true)
  view.setUint16(20, comment.length, true)
  return bytes
}

/** @internal */
export const folderFacts = (name: string, modified: Date): Facts => ({
  name: encodeName(`${name}/`),
  isFolder: true,
  method: method.stored,
  modified,
  crc: 0,
  compressed: 0,
  size: 0
})
