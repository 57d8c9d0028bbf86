/** The sizes of 64 bits that RF64 and BW64 keep in their first chunk. */
import * as Data from "effect/Data"
import * as FourCC from "../../FourCC.js"
import type * as Api from "../../Riff.js"
import { code, ids, little, uint32, uint64, unknownSize } from "./layout.js"
import { Writer } from "./writer.js"

/** From the header of the container: its own header and type, and the header of the chunk. */
const before = 20
/** The three sizes, and how many there are in the table that follows. */
const fixed = 28
const entrySize = 12

/** Where in its data the size of `data` is. */
export const dataSizeAt = 8
/** Where in its data the number of samples is. */
export const sampleCountAt = 16
/** Where in its data the size of an entry of the table is. */
export const entrySizeAt = (index: number): number => fixed + index * entrySize + 4

/**
 * Reads the `ds64` of the RF64 at `at`, of which `have` bytes were given, and there are `rest` in the file, or
 * Infinity where that is not known. Gives how many bytes it wants where fewer were given; `"too much"`
 * where that is more than the limit `most`; and nothing where the file has no `ds64` in that place.
 */
export const read = (
  bytes: Uint8Array,
  at: number,
  offset: number,
  have: number,
  rest: number,
  most: number
): Api.Ds64 | number | "too much" | undefined => {
  if (rest < before + fixed) return undefined
  if (have < before + fixed) return before + fixed
  const size = uint32(bytes, at + before - 4)
  // Of all sizes its own cannot be in it: what it says of itself would make chunks of its data.
  if (uint32(bytes, at + before - 8) !== ids.ds64 || size < fixed || size === unknownSize) return undefined
  const body = at + before
  // The count is not to be trusted: what does not fit the chunk, or the file, is not there.
  const declared = Math.min(uint32(bytes, body + fixed - 4), Math.floor((size - fixed) / entrySize))
  const count = Math.min(declared, Math.floor((rest - before - fixed) / entrySize))
  const wanted = before + fixed + count * entrySize
  if (wanted > most) {
    // It is too much only if the file has them: the first entry that goes beyond the limit shows it.
    const first = before + fixed + Math.max(0, Math.floor((most - before - fixed) / entrySize) + 1) * entrySize
    return have >= first || rest < Infinity ? "too much" : first
  }
  if (have < wanted) return wanted
  const table: Array<Api.Ds64["table"][number]> = []
  for (let i = 0, entry = body + fixed; i < count; i++, entry += entrySize) {
    table.push(Data.struct({ id: code(uint32(bytes, entry)), size: uint64(bytes, entry + 4) }))
  }
  return Data.struct({
    dataOffset: offset + before,
    riffSize: uint64(bytes, body),
    dataSize: uint64(bytes, body + 8),
    sampleCount: uint64(bytes, body + 16),
    table: Data.unsafeArray(table)
  })
}

/**
 * What a `ds64` says of the chunks whose headers hold no size: of `data`, and of those in the table, of which the first
 * of an id counts. The table is not trusted to be short: to look into it costs the same however long it is.
 */
export class Sizes {
  readonly ds64: Api.Ds64 | undefined
  private table: Map<string, number> | undefined

  constructor(ds64: Api.Ds64 | undefined) {
    this.ds64 = ds64
  }

  /** The size of an inner chunk whose header holds 0xFFFFFFFF; undefined where it is said nowhere. */
  of(id: number): number | undefined {
    const { ds64 } = this
    if (ds64 === undefined) return undefined
    if (id === ids.data) return ds64.dataSize
    // The last to be set stays, and the first in the file counts.
    this.table ??= new Map(ds64.table.toReversed().map((entry) => [entry.id, entry.size]))
    return this.table.get(code(id))
  }
}

/** Which entry of a table is for an id; below 0 for none. */
type IndexOf = (table: Api.Ds64["table"], id: FourCC.FourCC) => number

/** Finds entries of tables, however long, in one look each. @internal */
export const indexing = (): IndexOf => {
  const tables = new Map<Api.Ds64["table"], ReadonlyMap<FourCC.FourCC, number>>()
  return (table, id) => {
    // Of two entries for an id the first counts.
    const indices = tables.get(table) ?? new Map(table.map((entry, index) => [entry.id, index] as const).toReversed())
    tables.set(table, indices)
    return indices.get(id) ?? -1
  }
}

/** Where in a `ds64` the size of a chunk is written; undefined where it is in the header of the chunk. */
export const placeOf = (
  { ds64, id, offset, sizeField }: Api.Chunk,
  indexOf: IndexOf = (table, id) => table.findIndex((entry) => entry.id === id)
): number | undefined => {
  if (sizeField !== unknownSize || ds64._tag === "None") return undefined
  const { dataOffset, table } = ds64.value
  if (offset + before === dataOffset) return dataOffset
  if (FourCC.toNumber(id) === ids.data) return dataOffset + dataSizeAt
  const index = indexOf(table, id)
  return index < 0 ? undefined : dataOffset + entrySizeAt(index)
}

/** Whether a form has all of its `ds64`: what was read as one may follow a form that ends before it. */
export const isInside = ({ children: [first], chunk: { ds64 } }: Api.TreeNode): boolean =>
  ds64._tag === "Some" && first?.chunk.dataOffset === ds64.value.dataOffset && first.available === first.chunk.size

/** What the table of one says, of sizes by their ids. */
export const tableOf = (sizes: Iterable<readonly [FourCC.FourCC, number]>): Api.Ds64["table"] =>
  Data.unsafeArray(Array.from(sizes, ([id, size]) => Data.struct({ id, size })))

/** Of files without. */
export const noSizes = new Sizes(undefined)

// ---------------------------------------------------------------------------------------------------------------------
// writing
// ---------------------------------------------------------------------------------------------------------------------

/** What holds the place of one. */
export const JUNK = FourCC.make("JUNK")

/** How many bytes of data one has, with so many entries in its table. */
export const sizeOf = (entries: number): number => fixed + entries * entrySize

/**
 * The bytes of one in the room for so many entries: what it does not use is a `JUNK` after it, of which these are the
 * header, since there are readers that take it for as long as its table.
 */
export const bytesOf = (
  { dataSize, riffSize, sampleCount, table }: Omit<Api.Ds64, "dataOffset">,
  entries: number
): Uint8Array => {
  const spare = (entries - table.length) * entrySize
  const bytes = new Writer(little.headerSize + sizeOf(table.length) + (spare > 0 ? little.headerSize : 0))
  bytes.code(FourCC.make("ds64")).uint32(sizeOf(table.length))
  bytes.uint64(riffSize).uint64(dataSize).uint64(sampleCount).uint32(table.length)
  for (const { id, size } of table) bytes.code(id).uint64(size)
  if (spare > 0) bytes.code(JUNK).uint32(spare - little.headerSize)
  return bytes.bytes
}
