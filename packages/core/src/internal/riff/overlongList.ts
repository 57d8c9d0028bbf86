/**
 * Lists of tags or labels that declare more than the file has, with other chunks of the form after their last entry: where they end. The search knows no
 * effects: it is given the header of one entry after the other.
 */
import { ids as known } from "./known.js"
import * as Layout from "./layout.js"

const types: ReadonlySet<number> = new Set([Layout.number("INFO"), Layout.number("adtl")])

/** Whether the entries of a list of this type are called otherwise than the chunks of a form. @internal */
export const isOfEntries = (type: number): boolean => types.has(type)

/** Chunks of a form, which no entry of such a list is. */
const parts: ReadonlySet<number> = new Set([
  Layout.ids.data,
  Layout.ids.LIST,
  known.fmt,
  known.JUNK,
  Layout.number("fact"),
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

  constructor(offset: number, at: number) {
    this.offset = offset
    this.at = at
  }

  /**
   * Goes over the header at {@link at}, of which `have` bytes are at `index`, in a file of `length` bytes; false if it needs more bytes. Where what follows
   * is neither an entry nor a chunk of a form, the list goes to the end of the file.
   */
  next(layout: Layout.Layout, bytes: Uint8Array, index: number, have: number, length: number): boolean {
    const rest = length - this.at
    if (rest < layout.headerSize) return this.end(length)
    if (have < layout.headerSize) return false
    const id = Layout.uint32(bytes, index)
    const size = Layout.dataSize(layout, Layout.sizeField(layout, bytes, index))
    const fits = layout.headerSize + size <= rest
    if (parts.has(id) && (fits || Layout.isSamples(id))) return this.end(this.at)
    if (!fits || !Layout.isPrintable(id)) return this.end(length)
    this.at = Math.min(length, this.at + layout.headerSize + size + Layout.paddingOf(layout, size))
    return true
  }

  private end(at: number): true {
    this.at = at
    this.found = true
    return true
  }
}
