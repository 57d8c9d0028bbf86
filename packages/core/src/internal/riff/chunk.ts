import * as Option from "effect/Option"
import type { FourCC } from "../../FourCC.js"
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

/** What a header says that lies at `at` in `bytes`. One place makes them, so that all chunks have the same shape. @internal */
export const found = (
  layout: Layout,
  bytes: Uint8Array,
  at: number,
  header: Header
): Api.FoundChunk => {
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
    typeGuid: layout === wave64 && type !== undefined ? Option.some(guidAt(bytes, at + layout.headerSize)) : noGuid,
    dirty: false
  }
}

/** The same of a walk. (Written out again: a field that is added later costs as much as all the others.) @internal */
export const walked = (
  layout: Layout,
  bytes: Uint8Array,
  at: number,
  header: Header & { readonly depth: number }
): Api.WalkedChunk => {
  const { depth, ds64, id, offset, size, sizeField, type } = header
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
    typeGuid: layout === wave64 && type !== undefined ? Option.some(guidAt(bytes, at + layout.headerSize)) : noGuid,
    dirty: false,
    depth
  }
}

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
): Api.CreatedChunk => ({ ...found(layout, bytes, 0, { ...header, id, type }), dirty: true })

const noType: Option.Option<FourCC> = Option.none()
const noDs64: Option.Option<Api.Ds64> = Option.none()
const noGuid: Option.Option<string> = Option.none()
