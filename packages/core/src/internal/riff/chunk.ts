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

  /** The chunk whose header lies at `at` in `bytes`. */
  constructor(layout: Layout, bytes: Uint8Array, at: number, header: Header, dirty: Dirty) {
    super()
    const { ds64, offset, type } = header
    this.id = code(header.id)
    this.size = header.size
    this.type = type === undefined ? noType : Option.some(code(type))
    this.offset = offset
    this.dataOffset = offset + layout.headerSize
    this.sizeField = header.sizeField
    this.byteOrder = layout.byteOrder
    this.ds64 = ds64 === undefined ? noDs64 : Option.some(ds64)
    this.guid = layout === wave64 ? Option.some(guidAt(bytes, at)) : noGuid
    this.typeGuid = layout === wave64 && type !== undefined
      ? Option.some(guidAt(bytes, at + layout.headerSize))
      : noGuid
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

  constructor(layout: Layout, bytes: Uint8Array, at: number, header: Header & { readonly depth: number }) {
    super(layout, bytes, at, header, false)
    this.depth = header.depth
  }
}

/** The chunk whose header lies at `at` in `bytes`. */
export const found = (layout: Layout, bytes: Uint8Array, at: number, header: Header): Api.FoundChunk =>
  new Value(layout, bytes, at, header, false)

/** The same of a walk. */
export const walked = (
  layout: Layout,
  bytes: Uint8Array,
  at: number,
  header: Header & { readonly depth: number }
): Api.WalkedChunk => new WalkedValue(layout, bytes, at, header)

/** A chunk that was made at `offset`, with the header that was written. */
export const created = (
  layout: Layout,
  { bytes, id, type }: Written,
  header: {
    readonly offset: number
    readonly size: number
    readonly sizeField: number
    readonly ds64: Api.Ds64 | undefined
  }
): Api.CreatedChunk => new Value(layout, bytes, 0, { ...header, id, type }, true)

/** A chunk that was made, once its header says what it has to. */
export const corrected = (
  chunk: Api.CreatedChunk,
  header: {
    readonly id?: FourCC.FourCC
    readonly size: number
    readonly sizeField: number
    readonly ds64?: Option.Option<Api.Ds64>
  }
): Api.FoundChunk => {
  const copy: Api.FoundChunk = Object.create(Value.prototype)
  return Object.assign(copy, chunk, header, { dirty: false as const })
}

const noType: Option.Option<FourCC.FourCC> = Option.none()
const noDs64: Option.Option<Api.Ds64> = Option.none()
const noGuid: Option.Option<string> = Option.none()
