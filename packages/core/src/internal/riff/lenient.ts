/**
 * What a lenient reader takes sizes for that cannot be meant: pure decisions over a header, what is around it, and the
 * bytes that follow it.
 */
import type * as Ds64 from "./ds64.js"
import { type Header, isPlausible } from "./header.js"
import * as Layout from "./layout.js"

/** A header that was read, and what it is in. @internal */
export interface Place extends Header {
  /** Where the header begins. */
  readonly at: number
  /** How the headers of the chunk around it are written; undefined at the top. */
  readonly inner: Layout.Layout | undefined
  readonly innerSizes: Ds64.Sizes
  /** Where the header of the chunk around it begins; -1 at the top. */
  readonly parent: number
  /** Whether it is in a chunk at the top, and in none in that. */
  readonly inForm: boolean
  /** Whether the size of the chunk around it was never written. */
  readonly unfinished: boolean
  /** After the last byte of the chunk around it, as far as there is any of it. */
  readonly limit: number
  /** How long the file is; Infinity as long as that is not known. */
  readonly length: number
}

/**
 * What its size is taken for: for what it is; for unknown, so that the chunk goes to the end of what it is in; `More`
 * if it takes more bytes to tell, and `Look` if it takes those at another offset. `Extended`: the chunk at the top goes
 * on to there, with this one, which is `endless` if its own size is unknown.
 *
 * @internal
 */
export type Verdict =
  | { readonly _tag: "Declared" | "Endless" | "More" }
  | { readonly _tag: "Look"; readonly at: number }
  | { readonly _tag: "Extended"; readonly to: number; readonly isCertain: boolean; readonly endless: boolean }

const declared: Verdict = { _tag: "Declared" }
const endless: Verdict = { _tag: "Endless" }
const more: Verdict = { _tag: "More" }

/**
 * Whether it can be the id of a chunk past the end that its form declares: what begins a file is the next form, in any
 * layout.
 */
const isId = (id: number): boolean => Layout.isPrintable(id) && !Layout.beginsFile(id)

/** The bytes at an offset after the header: {@link lookedAt} of them; undefined if they were not read yet. */
export type Look = (at: number) => Uint8Array | undefined

/** How many bytes are looked at in another place: padding, and a header. */
export const lookedAt = Layout.wave64.alignment + Layout.wave64.headerSize

/** Whether this is so of the header at `at`, or of the one after so much padding; or where to look first. */
const isHeader = (
  at: number,
  padding: number,
  look: Look,
  is: (bytes: Uint8Array, index: number) => boolean
): boolean | Verdict => {
  const bytes = look(at)
  return bytes === undefined ? { _tag: "Look", at } : is(bytes, 0) || (padding > 0 && is(bytes, padding))
}

/** Whether a form begins where the one around the chunk declares to end: then that size is right. */
const isFollowedByForm = ({ layout, length, limit, parent }: Place, look: Look): boolean | Verdict =>
  limit < length &&
  isHeader(limit, Layout.paddingOf(layout, limit - parent), look, (bytes, index) =>
    bytes.length >= index + Layout.little.headerSize && Layout.beginsFile(Layout.uint32(bytes, index)))

/** Whether the file ends after the chunk, which declares this end, or another chunk follows it. */
const isFollowed = ({ layout, length, size }: Place, end: number, look: Look): boolean | Verdict => {
  const padding = Layout.paddingOf(layout, size)
  return length - end < padding + layout.headerSize ||
    isHeader(
      end,
      padding,
      look,
      (bytes, index) => isPlausible(layout, bytes, index, end + index, bytes.length - index, length)
    )
}

/**
 * What the size of the chunk is taken for, of whose header and what follows it `have` bytes are at `index`; `isEndless`
 * if it has none. `look` gives what is further on.
 *
 * @internal
 */
export const judge = (
  place: Place,
  isEndless: boolean,
  bytes: Uint8Array,
  index: number,
  have: number,
  look: Look
): Verdict => {
  const { at, container, id, layout, length, limit, size } = place
  if (container && size < layout.typeSize) return judgeEmpty(place, bytes, index, have)
  if (size === 0 && Layout.isSamples(id)) return judgeUnsized(place, bytes, index, have, look)
  if (!place.inForm || isEndless || place.unfinished) return declared
  // A form too small for a chunk in it that the file has room for has the wrong size.
  const dataOffset = at + layout.headerSize
  const end = dataOffset + size
  const isInFile = end <= length && (isId(id) || length - end < layout.alignment)
  // Readers of sound files take samples that end past the file to go to its end, whatever the form declares.
  const isCut = end > length && limit < length && Layout.isSamples(id)
  if (end <= limit || !(isInFile || isCut)) return declared
  const isForm = isFollowedByForm(place, look)
  if (isForm !== false) return isForm === true ? declared : isForm
  if (isCut) return { _tag: "Extended", to: length, isCertain: limit <= dataOffset, endless: false }
  // Samples apart, that may as well be the size that is wrong, where what follows is no chunk.
  const isCertain = Layout.isSamples(id) || length === Infinity || isFollowed(place, end, look)
  if (typeof isCertain !== "boolean") return isCertain
  return { _tag: "Extended", to: end + Layout.paddingOf(layout, size), isCertain, endless: false }
}

/**
 * A container too small for its type: its size was never written, unless it is a form, and as small as it says, as
 * another one follows.
 */
const judgeEmpty = (place: Place, bytes: Uint8Array, index: number, have: number): Verdict => {
  const { at, inner, layout, length, size } = place
  const next = layout.headerSize + size + Layout.paddingOf(layout, size)
  const mayBeFollowed = inner === undefined && place.sizeField !== Layout.unknownSize
  if (mayBeFollowed && have < next + 4 && length - at >= next + 4) return more
  const isEmpty = mayBeFollowed && have >= next + 4 && Layout.beginsFile(Layout.uint32(bytes, index + next))
  return !isEmpty && (inner === undefined || place.unfinished) ? endless : declared
}

/**
 * Samples that declare no size are those of an unfinished recording where bytes follow, in a form that is not finished
 * or after the end of one, that do not look like the next chunk.
 */
const judgeUnsized = (place: Place, bytes: Uint8Array, index: number, have: number, look: Look): Verdict => {
  const { layout, length, limit, unfinished } = place
  const dataOffset = place.at + layout.headerSize
  const isOpen = place.inForm && !unfinished && dataOffset <= limit
  const end = unfinished ? limit : isOpen ? length : dataOffset
  const looked = Math.min(layout.headerSize, end - dataOffset)
  if (looked === 0) return declared
  if (have < layout.headerSize + looked) return more
  const next = index + layout.headerSize
  // A chunk whose size is in the table of a ds64 has none in its header.
  const isInTable = looked === layout.headerSize && layout !== Layout.wave64
    && Layout.sizeField(layout, bytes, next) === Layout.unknownSize
    && place.innerSizes.of(Layout.uint32(bytes, next)) !== undefined
  if (isInTable || isPlausible(layout, bytes, next, dataOffset, looked, end)) return declared
  const isForm = !isOpen || isFollowedByForm(place, look)
  if (isForm === true) return endless
  return isForm === false ? { _tag: "Extended", to: length, isCertain: true, endless: true } : isForm
}

/**
 * Where a form goes on to that declares to end at `place`, over the chunk that begins there, or whose header it ends
 * in; `"more"` if it takes more bytes to tell, undefined if nothing there looks like a chunk. No reader of sound files
 * stops at the end that a form declares. Reads the header of that chunk into `place`.
 *
 * @internal
 */
export const endAfter = (
  place: Place,
  padding: number,
  bytes: Uint8Array,
  index: number,
  have: number
): number | "more" | undefined => {
  const { at, inner, innerSizes, length } = place
  if (inner === undefined) return undefined
  const wanted = padding + inner.headerSize
  if (length - at < wanted) return undefined
  if (have < wanted) return "more"
  const from = at + padding
  const answer = place.read(inner, innerSizes, bytes, index + padding, from, have - padding, length - from, 0)
  const { container, hasSize, id, layout, size, sizeField } = place
  const end = from + inner.headerSize + size
  const isSize = layout === Layout.wave64 ? sizeField >= layout.headerSize : hasSize
  if (
    answer !== "read" || !isId(id) || (container && size < layout.typeSize)
    || !(isSize && end <= length || (Layout.isSamples(id) && (isSize || sizeField === Layout.unknownSize)))
  ) {
    return undefined
  }
  return hasSize ? end + Layout.paddingOf(layout, size) : length
}

/**
 * Whether a chunk begins at `at` where the padding of the one before it should be, and none after that byte; `"more"`
 * if it takes more bytes to tell.
 *
 * @internal
 */
export const isUnpadded = (
  layout: Layout.Layout,
  bytes: Uint8Array,
  index: number,
  at: number,
  have: number,
  end: number
): boolean | "more" => {
  const looked = Math.min(1 + layout.headerSize, end - at)
  if (have < looked) return "more"
  return isPlausible(layout, bytes, index, at, looked, end)
    && !isPlausible(layout, bytes, index + 1, at + 1, looked - 1, end)
}
