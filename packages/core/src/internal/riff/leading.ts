/**
 * Bytes before the first form of a file: an ID3v2 tag, the header of an archive or of another system, zeros. The search
 * for the form knows no effects: it is given bytes, and says where to go on.
 */
import * as Layout from "./layout.js"

/** How far after the start of the file, or after the tags there, a form is looked for, in bytes. */
const searched = 256 * 1024

/**
 * With how many bytes a form is told from other bytes: its header, its type and the id of its first chunk, and those of
 * a form that begins in its type.
 */
const enough = (id: number): number => id === Layout.ids.riff ? Layout.wave64.headerSize + Layout.wave64.typeSize : 28

/** The same of any form, in bytes. @internal */
export const mostEnough = enough(Layout.ids.riff)

/** The id and the sizes of an ID3v2 tag. */
const tagHeader = 10

/** How long the ID3v2 tag is that begins at `at`, of which {@link tagHeader} bytes are there; 0 where none begins. */
const tagLength = (bytes: Uint8Array, at: number): number => {
  const byte = (index: number) => bytes[at + index]!
  if (byte(0) !== 0x49 || byte(1) !== 0x44 || byte(2) !== 0x33) return 0
  // Other versions than 2 to 4, and other flags, there are none: what has them is not a tag, and its size is not one.
  if (byte(3) < 2 || byte(3) > 4 || byte(4) === 0xff || (byte(5) & 0x0f) !== 0) return 0
  let size = 0
  for (let i = 6; i < tagHeader; i++) {
    if (byte(i) > 0x7f) return 0
    size = size << 7 | byte(i)
  }
  const footer = (byte(5) & 0x10) === 0 ? 0 : tagHeader
  return tagHeader + size + footer
}

/**
 * Whether the `have` bytes at `at` are the beginning of a form; they are all there is where the file ends with them. In
 * text that names a form, its size would consist of characters.
 */
const looksLikeForm = (bytes: Uint8Array, at: number, have: number): boolean => {
  const id = Layout.uint32(bytes, at)
  const layout = Layout.formLayout(id, bytes, at, have)
  if (layout === undefined) return false
  const typeAt = layout.headerSize
  const firstAt = typeAt + layout.typeSize
  return have >= firstAt && Layout.isPrintable(Layout.uint32(bytes, at + typeAt))
    && (layout === Layout.wave64 || !Layout.isPrintable(Layout.uint32(bytes, at + 4)))
    && (have < firstAt + 4 || Layout.isPrintable(Layout.uint32(bytes, at + firstAt)))
}

/**
 * Whether a form begins in the header or the type of what looks like one, which then is not one: bytes that happen to
 * be the id of a form would else be taken for it, or not, as the size of the real one makes a character or none.
 */
const hidesForm = (bytes: Uint8Array, at: number, have: number): boolean => {
  for (
    let by = 1;
    by < Layout.little.headerSize + Layout.little.typeSize && by + Layout.little.headerSize <= have;
    by++
  ) {
    if (Layout.beginsFile(Layout.uint32(bytes, at + by)) && looksLikeForm(bytes, at + by, have - by)) return true
  }
  return false
}

const isForm = (bytes: Uint8Array, at: number, have: number): boolean =>
  looksLikeForm(bytes, at, have) && !hidesForm(bytes, at, have)

/** Where the first form is in bytes that are looked through; -1 where there is none. @internal */
export const firstForm = (bytes: Uint8Array): number => {
  for (let at = 0; at + Layout.little.headerSize <= bytes.length; at++) {
    if (Layout.beginsFile(Layout.uint32(bytes, at)) && isForm(bytes, at, bytes.length - at)) return at
  }
  return -1
}

/**
 * Where the search goes on: at a form, after bytes that are not one, or after more bytes have been read; or that there
 * is no form.
 *
 * @internal
 */
export type Found = { readonly _tag: "Form" | "GoOn" | "More"; readonly by: number } | { readonly _tag: "None" }

const none: Found = { _tag: "None" }

/** The search for the first form of one file. @internal */
export class FormSearch {
  /** Where it began. */
  readonly from: number
  /** The id there. */
  readonly id: number
  /** Where a form may begin: where the search has found one, or where a tag ends. Anything else is only gone over. */
  form = -1
  /** Where it ends. */
  private to: number
  private inTags = true
  /** Where the last tag begins that the search went past; -1 where there is none. */
  private tag = -1

  constructor(from: number, id: number) {
    this.from = from
    this.id = id
    this.to = from + searched
  }

  /**
   * Takes the last tag for other bytes, since the file ends before the tag does, and gives where it begins; -1 where
   * there is none.
   */
  withoutTag(): number {
    const { tag } = this
    this.tag = -1
    this.inTags = false
    this.form = -1
    this.to = tag + searched
    return tag
  }

  /**
   * Goes on at `at`, where no form begins, and where `have` bytes are at `index`, of `rest` that the file has from
   * there on.
   */
  next(bytes: Uint8Array, index: number, at: number, have: number, rest: number): Found {
    if (this.inTags) {
      if (have < tagHeader && have < rest) return { _tag: "More", by: 0 }
      const length = have < tagHeader ? 0 : tagLength(bytes, index)
      if (length > 0 && length < rest) {
        this.tag = at
        this.form = at + length
        this.to = this.form + searched
        return { _tag: "GoOn", by: length }
      }
      this.inTags = false
    }
    for (let by = 1; by + Layout.little.headerSize <= have; by++) {
      if (at + by > this.to) return none
      const id = Layout.uint32(bytes, index + by)
      if (!Layout.beginsFile(id)) continue
      const left = have - by
      if (left < enough(id) && have < rest) return { _tag: "More", by: by - 1 }
      if (isForm(bytes, index + by, left)) {
        this.form = at + by
        return { _tag: "Form", by }
      }
    }
    return have < rest ? { _tag: "More", by: Math.max(0, have - mostEnough) } : none
  }
}
