/**
 * Lists of tags or labels that declare more than the file has, or than the form around them, with other chunks of the
 * form after their last entry: where they end. The search knows no effects: it is given the header of one entry after
 * the other.
 */
import { ids as known } from "./known.js"
import * as Layout from "./layout.js"
import type { Place } from "./lenient.js"

const types: ReadonlySet<number> = new Set([Layout.number("INFO"), Layout.number("adtl")])

/** Whether the entries of a list of this type are called otherwise than the chunks of a form. @internal */
export const isOfEntries = (type: number): boolean => types.has(type)

/**
 * Whether the chunk at `place` is a list that declares more than there is. Where the length of the file is not known,
 * that is more than its form, or more than `most` bytes in a form without a size. It is `isEndless` if it declares no
 * size.
 *
 * @internal
 */
export const isOverlong = (place: Place, isEndless: boolean, knowsLength: boolean, most: number): boolean => {
  const { at, container, id, layout, length, limit, size, unfinished } = place
  if (!container || !place.inForm || !Layout.isList(id) || size < layout.typeSize) return false
  const end = isEndless ? Infinity : at + layout.headerSize + size
  return knowsLength ? end > length : end > limit || (unfinished && end - at > most)
}

/** Chunks of a form, which no entry of such a list is. */
const parts: ReadonlySet<number> = new Set([
  Layout.ids.data,
  Layout.ids.LIST,
  known.fmt,
  known.JUNK,
  known.fact,
  Layout.number("bext"),
  Layout.number("cue "),
  Layout.number("smpl"),
  Layout.number("inst"),
  Layout.number("CSET"),
  Layout.number("PEAK"),
  Layout.number("acid"),
  Layout.number("cart"),
  Layout.number("chna"),
  Layout.number("iXML"),
  Layout.number("axml"),
  Layout.number("id3 ")
])

/** The search for the end of one list. @internal */
export class OverlongList {
  /** Where the header of the list begins. */
  readonly offset: number
  /** Where the next entry begins, or the end of the list. */
  at: number
  /** Whether the end was found. */
  found = false
  /** Whether another chunk of the form follows the entries, so that they end there. */
  isFollowed = false

  constructor(offset: number, at: number) {
    this.offset = offset
    this.at = at
  }

  /**
   * Goes over the header at {@link at}, of which `have` bytes are at `index`, in a list that ends at `end` at the
   * latest; false if it needs more bytes. Where what follows is neither an entry nor a chunk of a form, the list goes
   * to that end.
   */
  next(layout: Layout.Layout, bytes: Uint8Array, index: number, have: number, end: number): boolean {
    const rest = end - this.at
    if (rest < layout.headerSize) return this.endAt(end)
    if (have < layout.headerSize) return false
    const id = Layout.uint32(bytes, index)
    const size = Layout.dataSize(layout, Layout.sizeField(layout, bytes, index))
    const fits = layout.headerSize + size <= rest
    if (parts.has(id) && (fits || Layout.isSamples(id))) {
      this.isFollowed = true
      return this.endAt(this.at)
    }
    if (!fits || !Layout.isPrintable(id) || Layout.beginsFile(id)) return this.endAt(end)
    this.at = Math.min(end, this.at + layout.headerSize + size + Layout.paddingOf(layout, size))
    return true
  }

  private endAt(at: number): true {
    this.at = at
    this.found = true
    return true
  }
}
