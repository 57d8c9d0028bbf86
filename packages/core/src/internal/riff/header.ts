/**
 * Chunk headers, as bytes. Searches and walks share the parser: it is given bytes of the file, and says what they mean,
 * how many it needs, or that the header is cut off.
 */
import * as Ds64 from "./ds64.js"
import * as Layout from "./layout.js"

/**
 * What came of reading a header: it was read; it needs {@link Header.wanted} bytes; there are too few of them before
 * the end; or its `ds64` is larger than the limit.
 */
export type Answer = "read" | "more" | "cut" | "too much"

/** A header. One object serves for all headers of a search or a walk. */
export class Header {
  layout: Layout.Layout = Layout.little
  id = 0
  /** Whether it is one that can begin a file; only of a header that is in no chunk. */
  beginsFile = false
  /** Whether the id is that of a container. */
  container = false
  /** The number in the size field. */
  sizeField = 0
  /** Whether a size is given, in the header or in a `ds64`; else {@link size} is that of the field. */
  hasSize = true
  /** How many bytes of data it declares. */
  size = 0
  /** The sizes for the chunks in it. */
  sizes: Ds64.Sizes = Ds64.noSizes
  /** How many bytes, from the header on, are needed to read it. */
  wanted = 0

  /**
   * Reads the header that lies at `index` of `bytes` and at `offset` of the file, where there are `have` bytes of it.
   * `around` is the layout of the chunk that it is in, and `sizes` are those of that chunk; without an `around` the
   * header says for itself how it is written. There are `rest` bytes before the end, or Infinity where that is not
   * known. A `ds64` may have `most` bytes; without such a limit a header that has one always needs more.
   */
  read(
    around: Layout.Layout | undefined,
    sizes: Ds64.Sizes,
    bytes: Uint8Array,
    index: number,
    offset: number,
    have: number,
    rest: number,
    most: number | undefined
  ): Answer {
    if (around === undefined) return this.readFirst(sizes, bytes, index, offset, have, rest, most)
    const least = around.headerSize
    if (have < least || rest < least) return this.needs(least, rest)
    const id = Layout.uint32(bytes, index)
    const sizeField = Layout.sizeField(around, bytes, index)
    this.id = id
    this.layout = around
    this.container = Layout.isContainer(around, id, bytes, index)
    this.sizeField = sizeField
    this.sizes = sizes
    return this.take(around, sizeField === Layout.unknownSize && around !== Layout.wave64 ? sizes.of(id) : sizeField)
  }

  /** Reads a header that is in no chunk. */
  private readFirst(
    sizes: Ds64.Sizes,
    bytes: Uint8Array,
    index: number,
    offset: number,
    have: number,
    rest: number,
    most: number | undefined
  ): Answer {
    const least = Layout.little.headerSize
    if (have < least || rest < least) return this.needs(least, rest)
    const id = Layout.uint32(bytes, index)
    const wanted = Math.min(Layout.formBytes(id), rest)
    if (have < wanted) return this.needs(wanted, rest)
    const own = Layout.formLayout(id, bytes, index, Math.min(have, rest))
    const layout = own ?? Layout.little
    const sizeField = Layout.sizeField(layout, bytes, index)
    this.id = id
    this.layout = layout
    this.beginsFile = own !== undefined
    this.container = own !== undefined || id === Layout.ids.LIST
    this.sizeField = sizeField
    this.sizes = sizes
    const isElsewhere = sizeField === Layout.unknownSize && layout !== Layout.wave64
    if (!Layout.hasDs64(id)) return this.take(layout, isElsewhere ? undefined : sizeField)
    if (most === undefined) return "more"
    const ds64 = Ds64.read(bytes, index, offset, have, rest, most)
    if (ds64 === "too much") return ds64
    if (typeof ds64 === "number") return this.needs(ds64, rest)
    if (ds64 !== undefined) this.sizes = new Ds64.Sizes(ds64)
    return this.take(layout, isElsewhere ? ds64?.riffSize : sizeField)
  }

  private take(layout: Layout.Layout, size: number | undefined): "read" {
    this.hasSize = size !== undefined
    this.size = Layout.dataSize(layout, size ?? this.sizeField)
    return "read"
  }

  private needs(wanted: number, rest: number): "more" | "cut" {
    this.wanted = wanted
    return rest < wanted ? "cut" : "more"
  }

  /** How many bytes the header and the type of a container have together. */
  get sizeWithType(): number {
    return this.layout.headerSize + this.layout.typeSize
  }
}

/**
 * How many bytes a search steps over that does not want the chunk whose id and size lie at `index`: its header, its
 * data and its padding. 0 where the whole header has to be read for that.
 */
export const lengthToSkip = (
  around: Layout.Layout | undefined,
  id: number,
  bytes: Uint8Array,
  index: number
): number => {
  if (around === Layout.wave64 || (around === undefined && Layout.beginsFile(id))) return 0
  const size = Layout.sizeField(around ?? Layout.little, bytes, index)
  return size === Layout.unknownSize ? 0 : Layout.little.headerSize + size + (size & 1)
}

/**
 * Whether the bytes at `index`, of which `have` are there, look like a header: of a printable id, and of a size that
 * fits before `end`.
 */
export const isPlausible = (
  layout: Layout.Layout,
  bytes: Uint8Array,
  index: number,
  offset: number,
  have: number,
  end: number
): boolean => {
  if (have < layout.headerSize) return false
  const id = Layout.uint32(bytes, index)
  return Layout.beginsFile(id) || (
    Layout.isPrintable(id) &&
    offset + layout.headerSize + Layout.dataSize(layout, Layout.sizeField(layout, bytes, index)) <= end
  )
}

/** A header that is to be written, with its id and type as they are read. */
export interface Written {
  readonly bytes: Uint8Array
  readonly id: number
  readonly type: number | undefined
}

/** The header of a chunk, with its type where it is a container. `form` is the id of a form. */
export const write = (
  layout: Layout.Layout,
  kind: "form" | "list" | "chunk",
  code: number,
  sizeField: number,
  form: number
): Written => {
  const id = kind === "form"
    ? Layout.formIdBytes(layout, form)
    : kind === "list"
    ? Layout.listBytes(layout)
    : Layout.codeBytes(layout, code)
  const type = kind === "chunk" ? undefined : Layout.typeCode(layout, code)
  const bytes = new Uint8Array(layout.headerSize + (type === undefined ? 0 : layout.typeSize))
  bytes.set(id)
  bytes.set(Layout.fieldBytes(layout, sizeField), layout.sizeOffset)
  if (type !== undefined) bytes.set(Layout.codeBytes(layout, type), layout.headerSize)
  return { bytes, id: Layout.uint32(id, 0), type }
}
