/**
 * How headers are laid out in the family of RIFF: what the bytes of a header mean, wherever it is.
 */
import * as FourCC from "../../FourCC.js"
import type * as Api from "../../Riff.js"

/** The number of a code. */
export const number = <const S extends string>(text: S & FourCC.FourCharacters<S>): number =>
  FourCC.toNumber(FourCC.make<S>(text))

/**
 * Ids are compared as the numbers they are in a little-endian file: strings are made of the chunks that are given out,
 * only.
 */
export const ids = {
  RIFF: FourCC.toNumber(FourCC.RIFF),
  LIST: FourCC.toNumber(FourCC.LIST),
  RIFX: number("RIFX"),
  RF64: number("RF64"),
  BW64: number("BW64"),
  FORM: number("FORM"),
  CAT: number("CAT "),
  PROP: number("PROP"),
  SSND: number("SSND"),
  ds64: number("ds64"),
  data: number("data"),
  /** Of Wave64, where they are the first four bytes of a GUID. */
  riff: number("riff"),
  list: number("list")
} as const

/** The form that is `wave` in Wave64, and `WAVE` elsewhere. */
export const waveTypes = { WAVE: number("WAVE"), wave: number("wave") } as const

/** How the headers of one container are written. */
export interface Layout {
  readonly byteOrder: Api.ByteOrder
  /** How long the id and the size are together. */
  readonly headerSize: number
  /** Where in the header the size is. */
  readonly sizeOffset: number
  /** The largest size of data that the size field can hold. */
  readonly largestSize: number
  /** How long the type of a container is. */
  readonly typeSize: number
  /** Of how many bytes the room of a chunk is a multiple: a power of two. */
  readonly alignment: number
}

export const little: Layout = {
  byteOrder: "little",
  headerSize: 8,
  sizeOffset: 4,
  largestSize: 0xffffffff,
  typeSize: 4,
  alignment: 2
}

/** */
const big: Layout = { ...little, byteOrder: "big" }

export const wave64: Layout = {
  byteOrder: "little",
  headerSize: 24,
  sizeOffset: 16,
  // It counts the header.
  largestSize: Number.MAX_SAFE_INTEGER - 24,
  typeSize: 16,
  alignment: 8
}

/** How a member of the family is written, and the id of its form. */
export interface Family {
  readonly layout: Layout
  readonly form: number
}

/** How the chunks in a chunk are written. */
export const layoutOf = (chunk: Api.Chunk): Layout =>
  chunk.guid._tag === "Some" ? wave64 : chunk.byteOrder === "big" ? big : little

/**
 * How many bytes of padding follow so much data. (Bits, since a remainder of numbers beyond 31 bits costs more than all
 * the rest.)
 */
export const paddingOf = (layout: Layout, size: number): number => -(size & layout.alignment - 1) & layout.alignment - 1

/** What a size of 32 bits is where it is written in `ds64`, or not known. */
export const unknownSize = 0xffffffff

/** The largest size or place there is; what a file declares beyond it counts as this. */
const largest = Number.MAX_SAFE_INTEGER

// ---------------------------------------------------------------------------------------------------------------------
// numbers; the caller knows that the bytes are there
// ---------------------------------------------------------------------------------------------------------------------

export const uint32 = (bytes: Uint8Array, at: number): number =>
  (bytes[at]! | bytes[at + 1]! << 8 | bytes[at + 2]! << 16 | bytes[at + 3]! << 24) >>> 0

const uint32big = (bytes: Uint8Array, at: number): number =>
  (bytes[at + 3]! | bytes[at + 2]! << 8 | bytes[at + 1]! << 16 | bytes[at]! << 24) >>> 0

export const uint64 = (bytes: Uint8Array, at: number): number =>
  Math.min(uint32(bytes, at) + uint32(bytes, at + 4) * 0x1_0000_0000, largest)

/** The number in the size field of the header at `at`. */
export const sizeField = (layout: Layout, bytes: Uint8Array, at: number): number =>
  layout === little ? uint32(bytes, at + 4) : layout === big ? uint32big(bytes, at + 4) : uint64(bytes, at + 16)

/** Four bytes. */
export const uint32Bytes = (value: number, byteOrder: Api.ByteOrder): Uint8Array => {
  const bytes = new Uint8Array(4)
  new DataView(bytes.buffer).setUint32(0, value, byteOrder === "little")
  return bytes
}

/** Eight bytes, which are little-endian wherever there are such. */
export const uint64Bytes = (value: number): Uint8Array => {
  const bytes = new Uint8Array(8)
  new DataView(bytes.buffer).setBigUint64(0, BigInt(value), true)
  return bytes
}

/** The number in the size field for so much data. */
export const fieldOf = (layout: Layout, size: number): number => layout === wave64 ? size + layout.headerSize : size

/** The bytes of a size field. */
export const fieldBytes = (layout: Layout, sizeField: number): Uint8Array =>
  layout === wave64 ? uint64Bytes(sizeField) : uint32Bytes(sizeField, layout.byteOrder)

/** What is written into the size field for so much data. */
export const sizeBytes = (layout: Layout, size: number): Uint8Array => fieldBytes(layout, fieldOf(layout, size))

// ---------------------------------------------------------------------------------------------------------------------
// ids
// ---------------------------------------------------------------------------------------------------------------------

/** What follows the four letters in a GUID, as little-endian numbers. */
type GuidRest = readonly [number, number, number]

/** Of Wave64's `riff`, of its `list`, and of all the others. */
const riffGuid: GuidRest = [0x11cf912e, 0xdb28d6a5, 0x0000c104]
const listGuid: GuidRest = [0x11cf912f, 0xdb28d6a5, 0x0000c104]
const plainGuid: GuidRest = [0x11d3acf3, 0xc000d18c, 0x8adb8e4f]

const hasGuid = (bytes: Uint8Array, at: number, [a, b, c]: GuidRest): boolean =>
  uint32(bytes, at + 4) === a && uint32(bytes, at + 8) === b && uint32(bytes, at + 12) === c

const written = (layout: Layout, numbers: readonly [number, ...GuidRest]): Uint8Array => {
  const bytes = new Uint8Array(layout === wave64 ? 16 : 4)
  const view = new DataView(bytes.buffer)
  for (let i = 0; 4 * i < bytes.length; i++) view.setUint32(4 * i, numbers[i]!, true)
  return bytes
}

/** The id of a chunk that is no form, or a type, as it is written: in Wave64 the GUID that begins with it. */
export const codeBytes = (layout: Layout, code: number): Uint8Array => written(layout, [code, ...plainGuid])

/** The id of a form, as it is written. */
export const formIdBytes = (layout: Layout, id: number): Uint8Array => written(layout, [id, ...riffGuid])

/** The id of a list, as it is written. */
export const listBytes = (layout: Layout): Uint8Array => written(layout, [listId(layout), ...listGuid])

/** The families by their names. */
export const families: Readonly<Record<Api.Family, Family>> = {
  RIFF: { layout: little, form: ids.RIFF },
  RIFX: { layout: big, form: ids.RIFX },
  RF64: { layout: little, form: ids.RF64 },
  BW64: { layout: little, form: ids.BW64 },
  Wave64: { layout: wave64, form: ids.riff }
}

/** The id of a form in a form. */
export const innerFormId = (layout: Layout): number =>
  layout === little ? ids.RIFF : layout === big ? ids.RIFX : ids.riff

/** The type of a container, as it is written: the `WAVE` of Wave64 is `wave`. */
export const typeCode = (layout: Layout, type: number): number =>
  layout === wave64 && type === waveTypes.WAVE ? waveTypes.wave : type

/** What a list is called. */
export const listId = (layout: Layout): number => layout === wave64 ? ids.list : ids.LIST

/**
 * Whether an id is that of a container, in a container. In a file that begins as little-endian an inner `RIFX` or
 * `RF64` is a chunk like any other: the byte order of its size would be unknown.
 */
const isContainerId = (layout: Layout, id: number): boolean =>
  layout === little
    ? id === ids.RIFF || id === ids.LIST
    : layout === big
    ? id === ids.RIFF || id === ids.LIST || id === ids.RIFX || id === ids.FORM || id === ids.CAT || id === ids.PROP
    : id === ids.riff || id === ids.list

/** Whether a chunk of a container has a type and further chunks. */
export const isContainer = (layout: Layout, id: number, bytes: Uint8Array, at: number): boolean =>
  isContainerId(layout, id) && (layout !== wave64 || hasGuid(bytes, at, id === ids.riff ? riffGuid : listGuid))

/** Whether a chunk would be a container, if only it had a type. */
export const isTypeless = (chunk: Api.Chunk): boolean => {
  const id = FourCC.toNumber(chunk.id)
  return chunk.type._tag === "None" && (isContainerId(layoutOf(chunk), id) || beginsFile(id))
}

/** Whether a container is a form, as a `RIFF` is one, and not a list. */
export const isForm = (id: number): boolean =>
  id === ids.RIFF || id === ids.RIFX || id === ids.RF64 || id === ids.BW64 || id === ids.riff

/** Whether a container is a list. */
export const isList = (id: number): boolean => id === ids.LIST || id === ids.list

/** Whether it is the chunk that a recording grows in: of WAVE, and of AIFF. */
export const isSamples = (id: number): boolean => id === ids.data || id === ids.SSND

/** Whether its sizes may be in a `ds64`. */
export const hasDs64 = (id: number): boolean => id === ids.RF64 || id === ids.BW64

/** Whether an id may be that of a chunk outside of others: {@link formLayout} tells. */
export const beginsFile = (id: number): boolean => isForm(id) || id === ids.FORM || id === ids.CAT

/** With how many bytes of a chunk {@link formLayout} can tell. */
export const formBytes = (id: number): number => id === ids.riff ? wave64.headerSize : little.headerSize

/**
 * How a chunk outside of others is written, if it is one of those that begin a file: `RIFF`, `RIFX`, `RF64`, `BW64`,
 * Wave64's `riff`, and `FORM` and `CAT ` of IFF-85.
 */
export const formLayout = (id: number, bytes: Uint8Array, at: number, available: number): Layout | undefined => {
  switch (id) {
    case ids.RIFF:
    case ids.RF64:
    case ids.BW64:
      return little
    case ids.RIFX:
    case ids.FORM:
    case ids.CAT:
      return big
    case ids.riff:
      return available >= wave64.headerSize && hasGuid(bytes, at, riffGuid) ? wave64 : undefined
    default:
      return undefined
  }
}

/** Whether a container has the type that is looked for. */
export const isType = (layout: Layout, type: number, sought: number): boolean =>
  type === sought || (layout === wave64 && type === waveTypes.wave && sought === waveTypes.WAVE)

/** The GUID at `at` in hexadecimal digits. */
export const guidAt = (bytes: Uint8Array, at: number): string => {
  let text = ""
  for (let i = at; i < at + 16; i++) text += (bytes[i]! < 16 ? "0" : "") + bytes[i]!.toString(16)
  return text
}

/** The bytes of a GUID in hexadecimal digits. */
export const guidBytes = (digits: string): Uint8Array =>
  Uint8Array.from({ length: 16 }, (_, i) => Number.parseInt(digits.slice(2 * i, 2 * i + 2), 16))

const interned = new Map<number, FourCC.FourCC>()

/** The code of a number: the same few appear again and again, and are made once. */
export const code = (id: number): FourCC.FourCC => {
  const known = interned.get(id)
  if (known !== undefined) return known
  const made = FourCC.fromNumber(id)
  if (interned.size < 512) interned.set(id, made)
  return made
}

/** How many bytes of data a size means: in Wave64 it counts the header. */
export const dataSize = (layout: Layout, size: number): number =>
  layout === wave64 ? Math.max(0, size - wave64.headerSize) : size

/** Whether an id can be read: all of it between the space and the tilde. */
export const isPrintable = (id: number): boolean => {
  for (let shift = 0; shift < 32; shift += 8) {
    const byte = (id >>> shift) & 0xff
    if (byte < 0x20 || byte > 0x7e) return false
  }
  return true
}
