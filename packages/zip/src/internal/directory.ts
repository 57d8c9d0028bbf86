/**
 * The directory of an archive: what its end says of it, its entries, and what is wrong with them.
 *
 * Nothing here reads: bytes come in, and a directory or a sentence goes out. An entry that is damaged or dangerous
 * costs that entry: it keeps its bytes when the archive is changed, and cannot be opened.
 */
import * as Either from "effect/Either"
import type { Limits } from "../ZipLimits.js"
import {
  extra,
  findExtra,
  flag,
  fromDos,
  get64,
  length,
  longestComment,
  max16,
  max32,
  method,
  signature,
  viewOf
} from "./layout.js"
import { decodeCp437, decodeUtf8, folderOf, unicodeName, whyUnsafe } from "./names.js"

/** What the end of an archive says. @internal */
export interface End {
  /** Where the record of the end begins. */
  readonly position: number
  readonly count: number
  readonly size: number
  /** Where the directory begins, as the end says it. */
  readonly offset: number
  readonly comment: Uint8Array
  /** Whether the locator of a Zip64 record comes before it, as it may also where every number fits. */
  readonly hasLocator: boolean
  /** Whether the numbers are those of the Zip64 record, since one did not fit. */
  readonly isZip64: boolean
}

/** One element or folder. @internal */
export interface Entry {
  /** The path, without the slash that a folder has at its end. */
  readonly path: string
  readonly isFolder: boolean
  readonly flags: number
  readonly method: number
  readonly crc: number
  readonly compressed: number
  readonly size: number
  /** The time of MS-DOS, as a number. */
  readonly dos: number
  readonly modified: Date
  /** Where its local header begins in the file. */
  readonly offset: number
  /** Where what follows it begins: the next entry, or the directory. */
  readonly end: number
  /** Where its record is in the directory, and how long. */
  readonly record: number
  readonly recordLength: number
  readonly nameLength: number
  /** Why it cannot be opened. */
  readonly problem: string | undefined
}

/** @internal */
export interface Directory {
  /** All of them, in the order of the directory. */
  readonly entries: ReadonlyArray<Entry>
  /** Elements by path. */
  readonly files: ReadonlyMap<string, Entry>
  /** Folders by path, with those that only the paths of others name; the archive itself is the empty path. */
  readonly folders: ReadonlyMap<string, Entry | undefined>
  /** Why names that are refused are, by the name as the archive has it. */
  readonly refused: ReadonlyMap<string, string>
  /** The records as they are. */
  readonly raw: Uint8Array
  /** Where the directory begins in the file. */
  readonly start: number
  /** How many bytes of the file come before what offsets count from. */
  readonly delta: number
  readonly comment: Uint8Array
  /** The first overlap of two entries: an archive with one cannot be changed. */
  readonly overlap: string | undefined
}

/** An archive without elements: a file of no bytes, or none. @internal */
export const empty: Directory = {
  entries: [],
  files: new Map(),
  folders: new Map([["", undefined]]),
  refused: new Map(),
  raw: new Uint8Array(0),
  start: 0,
  delta: 0,
  comment: new Uint8Array(0),
  overlap: undefined
}

/** How much of the end of a file is looked through. @internal */
export const tailSize = length.end + longestComment + length.locator64

/** Finds the end of an archive in the last bytes of a file, of which the first is at `start`. @internal */
export const findEnd = (tail: Uint8Array, start: number): End | undefined => {
  const view = viewOf(tail)
  for (let at = tail.length - length.end; at >= 0; at--) {
    if (view.getUint32(at, true) !== signature.end) continue
    const commentLength = view.getUint16(at + 20, true)
    // Its comment ends the file: so a signature in a comment is not taken for another end.
    if (at + length.end + commentLength !== tail.length) continue
    const count = view.getUint16(at + 10, true)
    const size = view.getUint32(at + 12, true)
    const offset = view.getUint32(at + 16, true)
    const disks = view.getUint16(at + 4, true) | view.getUint16(at + 6, true)
    const hasLocator = at >= length.locator64 && view.getUint32(at - length.locator64, true) === signature.locator64
    const isZip64 = hasLocator && (count === max16 || size === max32 || offset === max32 || disks !== 0)
    if (!isZip64 && (disks !== 0 || view.getUint16(at + 8, true) !== count)) continue
    return {
      position: start + at,
      count,
      size,
      offset,
      comment: tail.slice(at + length.end),
      hasLocator,
      isZip64
    }
  }
  return undefined
}

/**
 * Where the Zip64 record may begin: where its locator, which comes just before the end, says, or just before the
 * locator. @internal
 */
export const zip64Positions = (end: End, locator: Uint8Array): ReadonlyArray<number> => {
  const beside = end.position - length.locator64 - length.end64
  const said = get64(viewOf(locator), 8)
  return (said === undefined || said === beside ? [beside] : [said, beside]).filter((at) => at >= 0 && at <= beside)
}

/** The end with the numbers of its Zip64 record; undefined where the bytes are none. @internal */
export const withZip64 = (end: End, record: Uint8Array): End | undefined => {
  if (record.length < length.end64) return undefined
  const view = viewOf(record)
  if (view.getUint32(0, true) !== signature.end64) return undefined
  const [count, size, offset] = [get64(view, 32), get64(view, 40), get64(view, 48)]
  if (count === undefined || size === undefined || offset === undefined) return undefined
  if (view.getUint32(16, true) !== 0 || view.getUint32(20, true) !== 0 || get64(view, 24) !== count) return undefined
  return { ...end, count, size, offset }
}

/** How large an archive is, as far as there are limits of it. @internal */
export interface Extent {
  readonly entries: number
  readonly directoryBytes: number
  /** With those that only the paths of others name, and without the archive itself. */
  readonly folders: number
}

/** Which limit an archive of this extent exceeds; undefined where none. What is not known yet is 0. @internal */
export const whyTooLarge = ({ directoryBytes, entries, folders }: Extent, limits: Limits): string | undefined =>
  entries > limits.entries
    ? `it has ${entries} entries, and the limit ZipLimits.entries is ${limits.entries}`
    : directoryBytes > limits.directoryBytes
    ? `its directory has ${directoryBytes} bytes, and the limit ZipLimits.directoryBytes is ${limits.directoryBytes}`
    : folders > limits.entries
    ? `it has more folders than the limit ZipLimits.entries, ${limits.entries}`
    : undefined

/** The extent of an archive with this directory. @internal */
export const extentOf = ({ entries, folders, raw }: Pick<Directory, "entries" | "folders" | "raw">): Extent => ({
  entries: entries.length,
  directoryBytes: raw.length,
  folders: folders.size - 1
})

/**
 * Where the directory of an archive is; a sentence where it cannot be there. `before` is where what follows it begins.
 * @internal
 */
export const locateDirectory = (
  end: End,
  before: number,
  limits: Limits
): Either.Either<{ readonly start: number; readonly delta: number }, string> => {
  const tooLarge = whyTooLarge({ entries: end.count, directoryBytes: end.size, folders: 0 }, limits)
  if (tooLarge !== undefined) return Either.left(tooLarge)
  const start = before - end.size
  const delta = start - end.offset
  return delta < 0
    ? Either.left("its directory is not where its end says")
    : end.count * length.central > end.size
    ? Either.left(`its directory of ${end.size} bytes cannot have ${end.count} entries`)
    : Either.right({ start, delta })
}

/** What is read of an entry on its own, before it is compared with the others. */
type Parsed = Omit<Entry, "end" | "problem"> & { readonly name: string; end: number; problem: string | undefined }

/** The numbers that did not fit, from the Zip64 field; undefined where one is missing or too large. */
const wide = (
  field: Uint8Array | undefined,
  numbers: readonly [size: number, compressed: number, offset: number]
): ReadonlyArray<number> | undefined => {
  const view = field && viewOf(field)
  const read: Array<number> = []
  let at = 0
  for (const number of numbers) {
    if (number !== max32 || view === undefined) {
      // Without the field, a number of all ones is that number.
      read.push(number)
      continue
    }
    if (at + 8 > view.byteLength) return undefined
    const value = get64(view, at)
    if (value === undefined) return undefined
    read.push(value)
    at += 8
  }
  return read
}

/** When an element last changed: by the field that has seconds of UTC, where there is one. */
const modifiedOf = (dos: number, field: Uint8Array | undefined): Date =>
  field !== undefined && field.length >= 5 && (field[0]! & 1) === 1
    ? new Date(viewOf(field).getInt32(1, true) * 1000)
    : fromDos(dos)

const parseEntry = (raw: Uint8Array, at: number, delta: number): Parsed | undefined => {
  const view = viewOf(raw)
  if (at + length.central > raw.length || view.getUint32(at, true) !== signature.central) return undefined
  const nameLength = view.getUint16(at + 28, true)
  const extraLength = view.getUint16(at + 30, true)
  const recordLength = length.central + nameLength + extraLength + view.getUint16(at + 32, true)
  if (at + recordLength > raw.length) return undefined
  const nameBytes = raw.subarray(at + length.central, at + length.central + nameLength)
  const fields = raw.subarray(at + length.central + nameLength, at + length.central + nameLength + extraLength)
  const flags = view.getUint16(at + 8, true)
  const numbers = wide(findExtra(fields, extra.zip64)?.data, [
    view.getUint32(at + 24, true),
    view.getUint32(at + 20, true),
    view.getUint32(at + 42, true)
  ])
  const [size = 0, compressed = 0, offset = 0] = numbers ?? []
  const unicode = findExtra(fields, extra.unicodeName)
  const inUtf8 = (flags & flag.utf8) !== 0 ? decodeUtf8(nameBytes) : unicode && unicodeName(unicode.data, nameBytes)
  const name = inUtf8 ?? decodeCp437(nameBytes)
  const isFolder = name.endsWith("/")
  const dos = view.getUint16(at + 14, true) * 65536 + view.getUint16(at + 12, true)
  return {
    name,
    path: isFolder ? name.slice(0, -1) : name,
    isFolder,
    flags,
    method: view.getUint16(at + 10, true),
    crc: view.getUint32(at + 16, true),
    compressed,
    size,
    dos,
    modified: modifiedOf(dos, findExtra(fields, extra.timestamp)?.data),
    offset: offset + delta,
    end: 0,
    record: at,
    recordLength,
    nameLength,
    problem: numbers === undefined
      ? "its sizes are invalid"
      : whyUnsafe(name) ?? (view.getUint16(at + 34, true) === 0 || view.getUint16(at + 34, true) === max16
        ? undefined
        : "it is on another disk")
  }
}

/** Says of each entry where it ends, and which overlap what follows them; returns the first overlap. */
const findOverlaps = (entries: ReadonlyArray<Parsed>, start: number): string | undefined => {
  let overlap: string | undefined
  const byOffset = entries.toSorted((a, b) => a.offset - b.offset)
  for (const [i, entry] of byOffset.entries()) {
    entry.end = byOffset[i + 1]?.offset ?? start
    const least = entry.offset + length.local + entry.nameLength + entry.compressed
    if (least <= entry.end && entry.offset < start) continue
    const problem = entry.end === start ? "it overlaps the directory" : "it overlaps another element"
    entry.problem ??= problem
    overlap ??= `an element overlaps ${entry.end === start ? "the directory" : "another one"}`
  }
  return overlap
}

/** Every folder that a path is in, from the inner to the outer one. */
const addFolders = (folders: Map<string, Entry | undefined>, path: string): void => {
  for (let folder = folderOf(path); !folders.has(folder); folder = folderOf(folder)) folders.set(folder, undefined)
}

/** Reads the directory of an archive; a sentence where it is damaged. @internal */
export const parse = (
  raw: Uint8Array,
  { comment, count }: End,
  { delta, start }: { readonly start: number; readonly delta: number },
  limits: Limits
): Either.Either<Directory, string> => {
  const entries: Array<Parsed> = []
  let at = 0
  while (entries.length < count) {
    const entry = parseEntry(raw, at, delta)
    if (entry === undefined) return Either.left(`entry ${entries.length} of its directory is damaged`)
    entries.push(entry)
    at += entry.recordLength
  }
  const overlap = findOverlaps(entries, start)
  const files = new Map<string, Parsed>()
  const folders = new Map<string, Entry | undefined>([["", undefined]])
  const refused = new Map<string, string>()
  for (const entry of entries) {
    const unsafe = whyUnsafe(entry.name)
    if (unsafe !== undefined) {
      refused.set(entry.name, unsafe)
      continue
    }
    addFolders(folders, entry.path)
    if (entry.isFolder) folders.set(entry.path, entry)
    const tooLarge = whyTooLarge(extentOf({ entries, folders, raw }), limits)
    if (tooLarge !== undefined) return Either.left(tooLarge)
    if (entry.isFolder) continue
    if (files.has(entry.path)) entry.problem = "two elements have its name"
    files.set(entry.path, entry)
  }
  for (const [path, entry] of files) {
    // Of the two, neither is told from the other.
    if (folders.has(path)) entry.problem = "a folder has its name"
  }
  return Either.right({ entries, files, folders, refused, raw, start, delta, comment, overlap })
}

/** All elements of a path: an archive can have several. @internal */
export const elementsOf = ({ entries }: Directory, path: string): ReadonlyArray<Entry> =>
  entries.filter((entry) => !entry.isFolder && entry.path === path)

/** The version of the content of an element. @internal */
export const versionOf = ({ crc, dos, size }: Pick<Entry, "crc" | "dos" | "size">): string =>
  `${crc.toString(16).padStart(8, "0")}-${size}-${dos.toString(16)}`

/** Which limit a compressed element of these sizes exceeds; undefined where none. @internal */
export const whyInflatesTooFar = (
  { compressed, size }: Pick<Entry, "compressed" | "size">,
  limits: Limits
): string | undefined => {
  if (size > limits.inflatedBytes) {
    return `it has ${size} bytes, and the limit ZipLimits.inflatedBytes is ${limits.inflatedBytes}`
  }
  // A block of Deflate that says nothing takes two bytes.
  if (size > Math.max(0, compressed) * limits.expansion) {
    return `its ${compressed} bytes are to become ${size}, and the limit ZipLimits.expansion is ${limits.expansion}`
  }
  return undefined
}

/** Why an element cannot be read, other than by what is in its local header; undefined where it can. @internal */
export const whyUnreadable = (entry: Entry, limits: Limits): string | undefined => {
  if (entry.problem !== undefined) return entry.problem
  if (entry.method === method.stored) {
    return entry.compressed === entry.size ? undefined : "it is stored, and its two sizes differ"
  }
  return whyInflatesTooFar(entry, limits)
}
