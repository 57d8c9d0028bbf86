/**
 * Files of the family of RIFF, made and read without any thought of windows, handles or limits: what the library is
 * compared with.
 */
import type { Riff } from "@effect-mmio/core"
import type { Model } from "@effect-mmio/testing"
import { Option } from "effect"

// ---------------------------------------------------------------------------------------------------------------------
// writing
// ---------------------------------------------------------------------------------------------------------------------

export const families = ["RIFF", "RIFX", "RF64", "BW64", "FORM", "Wave64"] as const
export type Family = typeof families[number]

/** A file: what begins it, and what is in that. */
export interface Form {
  readonly family: Family
  readonly type: string
  readonly children: ReadonlyArray<Model.Chunk>
}

const latin1 = (text: string): Array<number> => Array.from(text, (character) => character.charCodeAt(0))

const number = (value: number, bytes: number, big = false): Array<number> => {
  const little = Array.from({ length: bytes }, (_, i) => Math.floor(value / 2 ** (8 * i)) % 256)
  return big ? little.toReversed() : little
}

const guids: Record<string, Array<number>> = {
  riff: [0x2e, 0x91, 0xcf, 0x11, 0xa5, 0xd6, 0x28, 0xdb, 0x04, 0xc1, 0, 0],
  list: [0x2f, 0x91, 0xcf, 0x11, 0xa5, 0xd6, 0x28, 0xdb, 0x04, 0xc1, 0, 0]
}
const guid = (id: string) => [
  ...latin1(id),
  ...guids[id] ?? [0xf3, 0xac, 0xd3, 0x11, 0x8c, 0xd1, 0, 0xc0, 0x4f, 0x8e, 0xdb, 0x8a]
]

const header = (family: Family, id: string, size: number): Array<number> =>
  family === "Wave64"
    ? [...guid(id), ...number(size + 24, 8)]
    : [...latin1(id), ...number(size, 4, family === "RIFX" || family === "FORM")]

const padded = (family: Family, data: ReadonlyArray<number>): Array<number> => {
  const alignment = family === "Wave64" ? 8 : 2
  return [...data, ...Array.from({ length: (alignment - data.length % alignment) % alignment }, () => 0)]
}

const typeOf = (family: Family, type: string) => family === "Wave64" ? guid(type) : latin1(type)

/** An inner chunk. In RF64, `data` has its size in `ds64`. */
const bytesOf = (family: Family, chunk: Model.Chunk): Array<number> => {
  const data = "data" in chunk
    ? [...chunk.data]
    : [...typeOf(family, chunk.type), ...chunk.children.flatMap((child) => bytesOf(family, child))]
  const id = family === "Wave64" && "type" in chunk ? chunk.id.toLowerCase() : chunk.id
  return [...header(family, id, data.length), ...padded(family, data)]
}

/** The bytes of forms, one after the other. */
export const serialize = (forms: ReadonlyArray<Form>): Uint8Array =>
  Uint8Array.from(forms.flatMap(({ children, family, type }) => {
    const inside = children.map((child) => bytesOf(family, child))
    if (family !== "RF64" && family !== "BW64") {
      const data = [...typeOf(family, type), ...inside.flat()]
      return [...header(family, family === "Wave64" ? "riff" : family, data.length), ...padded(family, data)]
    }
    // What the first `data` and the first `fmt ` have for sizes is said in the ds64.
    const sizeOf = (id: string) => {
      const index = children.findIndex((child) => child.id === id && "data" in child)
      const child = children[index]
      if (child === undefined || !("data" in child)) return 0
      inside[index]?.splice(4, 4, 255, 255, 255, 255)
      return child.data.length
    }
    const [dataSize, formatSize] = [sizeOf("data"), sizeOf("fmt ")]
    const rest = inside.flat()
    const ds64 = [
      ...latin1("ds64"),
      ...number(40, 4),
      ...number(4 + 48 + rest.length, 8),
      ...number(dataSize, 8),
      ...number(7, 8),
      ...number(1, 4),
      ...latin1("fmt "),
      ...number(formatSize, 8)
    ]
    return [...latin1(family), 255, 255, 255, 255, ...latin1(type), ...ds64, ...rest]
  }))

// ---------------------------------------------------------------------------------------------------------------------
// reading
// ---------------------------------------------------------------------------------------------------------------------

/** A chunk as the rules have it. */
export interface Node {
  readonly id: string
  readonly type: string | undefined
  readonly offset: number
  readonly dataOffset: number
  readonly size: number
  readonly sizeField: number
  readonly available: number
  readonly padding: number
  readonly byteOrder: Riff.ByteOrder
  readonly children: ReadonlyArray<Node>
}

/** What is wrong, where for the first time in its container, and how often there. */
export type Complaint = readonly [problem: string, offset: number, count: number]

type Layout = "little" | "big" | "Wave64"

interface Around {
  /** Where it begins; -1 for the file. */
  readonly at: number
  readonly end: number
  readonly layout: Layout
  /** The sizes of the ds64. */
  readonly sizes: (id: string) => number | undefined
  /** Whether the chunk around has an unknown size. */
  readonly unknown: boolean
}

const isPrintable = (id: string) => /^[ -~]{4}$/.test(id)

/** What a strict reader finds, and what is wrong: there a missing pad byte costs nothing but itself. */
export const read = (
  bytes: Uint8Array
): { readonly nodes: ReadonlyArray<Node>; readonly problems: ReadonlyArray<Complaint> } => ({
  nodes: walk(bytes, false).nodes,
  problems: walk(bytes, true).problems
})

/** Reads a file from the start to the end, by calling itself for what is in a chunk. */
const walk = (
  bytes: Uint8Array,
  unpadded: boolean
): { readonly nodes: ReadonlyArray<Node>; readonly problems: ReadonlyArray<Complaint> } => {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  const text = (at: number) => String.fromCharCode(...bytes.subarray(at, at + 4))
  const uint64 = (at: number) => Math.min(Number(view.getBigUint64(at, true)), Number.MAX_SAFE_INTEGER)
  const hasGuid = (at: number, id: "riff" | "list") => guid(id).every((byte, i) => bytes[at + i] === byte)
  const complaints = new Map<string, { readonly problem: string; readonly at: number; count: number }>()
  const complain = (container: number, problem: string, at: number): void => {
    const key = `${container} ${problem}`
    const same = complaints.get(key)
    if (same === undefined) complaints.set(key, { problem, at, count: 1 })
    else same.count++
  }

  /** The `ds64` of the RF64 at a place, if it is there. */
  const ds64At = (at: number): Around["sizes"] | undefined => {
    if (at + 48 > bytes.length || text(at + 12) !== "ds64") return undefined
    const size = view.getUint32(at + 16, true)
    if (size < 28 || size === 0xffffffff) return undefined
    const table = new Map<string, number>()
    for (let i = 0; i < view.getUint32(at + 44, true); i++) {
      const entry = at + 48 + 12 * i
      if (entry + 12 > at + 20 + size || entry + 12 > bytes.length) break
      if (!table.has(text(entry))) table.set(text(entry), uint64(entry + 4))
    }
    return (id) => id === "the form" ? uint64(at + 20) : id === "data" ? uint64(at + 28) : table.get(id)
  }

  const beginsFile = (id: string) => ["RIFF", "RF64", "BW64", "RIFX", "FORM", "CAT ", "riff"].includes(id)

  /** Whether a header could be there that fits before the end. */
  const isHeader = (at: number, end: number, big: boolean): boolean =>
    at + 8 <= end && (beginsFile(text(at)) || (isPrintable(text(at)) && at + 8 + view.getUint32(at + 4, !big) <= end))

  const layoutAt = (at: number): Layout | undefined =>
    ["RIFF", "RF64", "BW64"].includes(text(at))
      ? "little"
      : ["RIFX", "FORM", "CAT "].includes(text(at))
      ? "big"
      : bytes.length - at >= 24 && hasGuid(at, "riff")
      ? "Wave64"
      : undefined

  /** Whether a form seems to begin here, with a type and a chunk that can be named. */
  const looksLikeForm = (at: number): boolean => {
    const layout = layoutAt(at)
    const [type, first] = layout === "Wave64" ? [at + 24, at + 40] as const : [at + 8, at + 12] as const
    return layout !== undefined && first <= bytes.length && isPrintable(text(type))
      && (layout === "Wave64" || !isPrintable(text(at + 4)))
      && (first + 4 > bytes.length || isPrintable(text(first)))
  }

  /** The first place after the start where a form begins, in whose header and type no other one seems to begin. */
  const leading = (): number | undefined => {
    const places = Array.from(bytes.keys()).slice(1)
    return places.find((at) =>
      looksLikeForm(at) && !places.some((other) => other > at && other < at + 12 && looksLikeForm(other))
    )
  }

  const chunkAt = (at: number, { at: parent, end, layout, sizes, unknown }: Around, top: boolean): Node => {
    const [headerSize, typeSize, alignment] = layout === "Wave64" ? [24, 16, 8] as const : [8, 4, 2] as const
    const id = text(at)
    const container = top || (layout === "Wave64"
      ? hasGuid(at, "riff") || hasGuid(at, "list")
      : (layout === "big" ? ["RIFF", "LIST", "RIFX", "FORM", "CAT ", "PROP"] : ["RIFF", "LIST"]).includes(id))
    const sizeField = layout === "Wave64" ? uint64(at + 16) : view.getUint32(at + 4, layout === "little")
    const dataOffset = at + headerSize
    const elsewhere = layout !== "Wave64" && sizeField === 0xffffffff
    const known = elsewhere ? sizes(top ? "the form" : id) : sizeField
    const size = layout === "Wave64" ? Math.max(0, sizeField - 24) : known ?? sizeField
    const endless = known === undefined && unknown
    const declaredEnd = endless ? Infinity : dataOffset + size
    const dataEnd = Math.min(declaredEnd, end)
    const available = dataEnd - dataOffset
    const wanted = (alignment - size % alignment) % alignment
    const room = declaredEnd > end ? 0 : Math.min(wanted, end - declaredEnd)
    const isNext = unpadded && room === 1 && alignment === 2 && bytes[dataEnd] !== 0
      && isHeader(dataEnd, end, layout === "big") && !isHeader(dataEnd + 1, end, layout === "big")
    const padding = isNext ? 0 : room
    const typed = container && (endless || size >= typeSize) && available >= typeSize

    if (layout !== "Wave64" && !isPrintable(id)) complain(parent, "UnprintableId", at)
    if (layout === "Wave64" && sizeField < 24) complain(parent, "TooSmallForHeader", at)
    if (endless) complain(parent, "UnknownSize", at)
    else if (declaredEnd > end) complain(parent, declaredEnd > bytes.length ? "PastEndOfFile" : "PastParent", at)
    else if (wanted > 0 && room === 0 && layout !== "Wave64") complain(parent, "MissingPadByte", declaredEnd)
    if (container && !typed) {
      if (!endless && size < typeSize) complain(parent, "TooSmallForType", at)
      else complain(parent, "TruncatedType", dataOffset)
    }

    const children: Array<Node> = []
    if (typed) {
      let next = dataOffset + typeSize
      while (dataEnd - next >= headerSize) {
        const child = chunkAt(next, { at, end: dataEnd, layout, sizes, unknown: endless }, false)
        children.push(child)
        next = child.dataOffset + child.available + child.padding
      }
      if (dataEnd > next) complain(at, "TruncatedHeader", next)
    }
    if (isNext) complain(parent, "MissingPadByte", dataEnd)
    else if (padding === 1 && alignment === 2 && bytes[dataEnd] !== 0) complain(parent, "PadByteNotZero", dataEnd)
    return {
      id,
      type: typed ? text(dataOffset) : undefined,
      offset: at,
      dataOffset,
      size,
      sizeField,
      available,
      padding,
      byteOrder: layout === "big" ? "big" : "little",
      children
    }
  }

  const nodes: Array<Node> = []
  for (let at = 0;;) {
    const rest = bytes.length - at
    const [first] = nodes
    if (rest < 8) {
      if (first === undefined) complain(-1, rest === 0 ? "EmptyFile" : "TooShort", 0)
      else if (rest > 0) complain(-1, "TrailingBytes", at)
      break
    }
    const id = text(at)
    const layout = layoutAt(at)
    if (layout === undefined && first === undefined && at === 0) {
      const form = leading()
      if (form !== undefined) {
        complain(-1, "LeadingBytes", form)
        at = form
        continue
      }
    }
    if (layout === undefined) {
      complain(-1, first === undefined ? "NotRiff" : "TrailingBytes", at)
      break
    }
    const is64 = id === "RF64" || id === "BW64"
    const sizes = is64 ? ds64At(at) : undefined
    if (is64 && sizes === undefined) complain(-1, "MissingDs64", at)
    const none = () => undefined
    const node = chunkAt(at, { at: -1, end: bytes.length, layout, sizes: sizes ?? none, unknown: true }, true)
    if (first !== undefined && !(first.type === "AVI " && id === "RIFF" && node.type === "AVIX")) {
      complain(-1, "FurtherForm", at)
    }
    if (node.type === "WAVE" || node.type === "wave") {
      const data = node.children.findIndex(({ id }) => id === "data")
      const format = node.children.findIndex(({ id }) => id === "fmt ")
      const place = node.children[data]
      if (place !== undefined && (format < 0 || data < format)) complain(node.offset, "DataBeforeFormat", place.offset)
    }
    nodes.push(node)
    at = node.dataOffset + node.available + node.padding
  }
  return {
    nodes,
    problems: [...complaints.values()].map(({ at, count, problem }): Complaint => [problem, at, count])
  }
}

/** The chunks, each before what is in it. */
export const flat = (nodes: ReadonlyArray<Node>): ReadonlyArray<Node> =>
  nodes.flatMap((node) => [node, ...flat(node.children)])

/** What the header of a node says, to compare. */
export const declared = (
  { byteOrder, dataOffset, id, offset, size, sizeField, type }: Node
): ReturnType<typeof plainChunk> => ({ id, type, offset, dataOffset, size, sizeField, byteOrder })

/** A node of the library, to compare. */
export const plain = ({ available, children, chunk, padding }: Riff.TreeNode): Node => ({
  ...plainChunk(chunk),
  available,
  padding,
  children: children.map(plain)
})

/** A chunk of the library, to compare. */
export const plainChunk = (
  { byteOrder, dataOffset, id, offset, size, sizeField, type }: Riff.Chunk
): Omit<Node, "available" | "padding" | "children"> => ({
  id,
  type: Option.getOrUndefined(type),
  offset,
  dataOffset,
  size,
  sizeField,
  byteOrder
})
