/**
 * Chunks as values: two that say the same are equal (`Equal`, `Hash`), and print as one line.
 */
import * as Data from "effect/Data"
import * as Option from "effect/Option"
import * as FourCC from "../../FourCC.js"
import type * as Api from "../../Riff.js"
import type { Written } from "./header.js"
import { code, guidAt, type Layout, wave64 } from "./layout.js"

/** What is known of a header. */
interface Header {
  readonly offset: number
  readonly id: number
  readonly sizeField: number
  readonly size: number
  /** Of a container that has one. */
  readonly type: number | undefined
  readonly ds64: Api.Ds64 | undefined
}

/**
 * A chunk of either kind: a field after the other, since to copy them by their names would cost as much as all the rest
 * of a walk.
 */
class Value<Dirty extends boolean> extends Data.Class {
  readonly id: FourCC.FourCC
  readonly size: number
  readonly type: Option.Option<FourCC.FourCC>
  readonly offset: number
  readonly dataOffset: number
  readonly sizeField: number
  readonly byteOrder: Api.ByteOrder
  readonly ds64: Option.Option<Api.Ds64>
  readonly guid: Option.Option<string>
  readonly typeGuid: Option.Option<string>
  readonly dirty: Dirty

  constructor(fields: Omit<Api.FoundChunk, "dirty">, dirty: Dirty) {
    super()
    this.id = fields.id
    this.size = fields.size
    this.type = fields.type
    this.offset = fields.offset
    this.dataOffset = fields.dataOffset
    this.sizeField = fields.sizeField
    this.byteOrder = fields.byteOrder
    this.ds64 = fields.ds64
    this.guid = fields.guid
    this.typeGuid = fields.typeGuid
    this.dirty = dirty
  }

  override toString(): string {
    const type = Option.match(this.type, { onNone: () => "", onSome: (type) => ` of type ${FourCC.format(type)}` })
    return `chunk ${FourCC.format(this.id)}${type} at ${this.offset}, ${this.size} bytes`
  }
}

/** A chunk of a walk. */
class WalkedValue extends Value<false> {
  readonly depth: number

  constructor(fields: Omit<Api.FoundChunk, "dirty">, depth: number) {
    super(fields, false)
    this.depth = depth
  }
}

/** What a header says that lies at `at` in `bytes`. */
const fieldsOf = (layout: Layout, bytes: Uint8Array, at: number, header: Header): Omit<Api.FoundChunk, "dirty"> => {
  const { ds64, id, offset, size, sizeField, type } = header
  return {
    id: code(id),
    size,
    type: type === undefined ? noType : Option.some(code(type)),
    offset,
    dataOffset: offset + layout.headerSize,
    sizeField,
    byteOrder: layout.byteOrder,
    ds64: ds64 === undefined ? noDs64 : Option.some(ds64),
    guid: layout === wave64 ? Option.some(guidAt(bytes, at)) : noGuid,
    typeGuid: layout === wave64 && type !== undefined ? Option.some(guidAt(bytes, at + layout.headerSize)) : noGuid
  }
}

/** The chunk whose header lies at `at` in `bytes`. @internal */
export const found = (layout: Layout, bytes: Uint8Array, at: number, header: Header): Api.FoundChunk =>
  new Value(fieldsOf(layout, bytes, at, header), false)

/** The same of a walk. @internal */
export const walked = (
  layout: Layout,
  bytes: Uint8Array,
  at: number,
  header: Header & { readonly depth: number }
): Api.WalkedChunk => new WalkedValue(fieldsOf(layout, bytes, at, header), header.depth)

/** A chunk that was made at `offset`, with the header that was written. @internal */
export const created = (
  layout: Layout,
  { bytes, id, type }: Written,
  header: {
    readonly offset: number
    readonly size: number
    readonly sizeField: number
    readonly ds64: Api.Ds64 | undefined
  }
): Api.CreatedChunk => new Value(fieldsOf(layout, bytes, 0, { ...header, id, type }), true)

/** A chunk that was made, once its header says what it has to. @internal */
export const corrected = (
  chunk: Api.CreatedChunk,
  header: {
    readonly id?: FourCC.FourCC
    readonly size: number
    readonly sizeField: number
    readonly ds64?: Option.Option<Api.Ds64>
  }
): Api.FoundChunk => new Value({ ...chunk, ...header }, false)

const noType: Option.Option<FourCC.FourCC> = Option.none()
const noDs64: Option.Option<Api.Ds64> = Option.none()
const noGuid: Option.Option<string> = Option.none()
