/** The chunks that are records of numbers, some with a table of others. */
import * as Either from "effect/Either"
import * as Schema from "effect/Schema"
import type * as Api from "../../Wave.js"
import { concat, copyOf, fourCC, i8, type Layout, layout, lowHigh, named, u32, u8, viewOf } from "./binary.js"
import { type Codec, none, optionalBytes, restFrom, tooMany, tooShort } from "./codec.js"

/** As many records as are said to be there, one behind the other. Whoever calls has checked that there is room for them. */
const readAll = <A>(layout: Layout<A>, view: DataView, at: number, count: number, little: boolean): ReadonlyArray<A> =>
  Array.from({ length: count }, (_, index) => layout.read(view, at + index * layout.size, little))

const encodeAll = <A>(layout: Layout<A>, values: ReadonlyArray<A>, little: boolean): ReadonlyArray<Uint8Array> =>
  values.map((value) => layout.encode(value, little))

/** How many records there is room for from there on. */
const room = (bytes: Uint8Array, at: number, { size }: { readonly size: number }): number =>
  Math.floor((bytes.length - at) / size)

// ---------------------------------------------------------------------------------------------------------------------
// fact
// ---------------------------------------------------------------------------------------------------------------------

const factHead = layout<Omit<Api.Fact, "rest">>({ samples: u32 })

/** @internal */
export const fact: Codec<Api.Fact> = {
  schema: Schema.Struct({ ...factHead.schemas, rest: optionalBytes }),
  decode: (bytes, little) =>
    bytes.length < factHead.size
      ? tooShort(bytes, factHead.size)
      : Either.right({ ...factHead.read(viewOf(bytes), 0, little), ...restFrom(bytes, factHead.size) }),
  encode: (value, little) => Either.right(concat([factHead.encode(value, little), value.rest ?? none]))
}

// ---------------------------------------------------------------------------------------------------------------------
// inst
// ---------------------------------------------------------------------------------------------------------------------

const instrumentHead = layout<Omit<Api.Instrument, "rest">>({
  unshiftedNote: u8,
  fineTune: i8,
  gain: i8,
  lowNote: u8,
  highNote: u8,
  lowVelocity: u8,
  highVelocity: u8
})

/** @internal */
export const instrument: Codec<Api.Instrument> = {
  schema: Schema.Struct({ ...instrumentHead.schemas, rest: optionalBytes }),
  decode: (bytes, little) =>
    bytes.length < instrumentHead.size
      ? tooShort(bytes, instrumentHead.size)
      : Either.right({ ...instrumentHead.read(viewOf(bytes), 0, little), ...restFrom(bytes, instrumentHead.size) }),
  encode: (value, little) => Either.right(concat([instrumentHead.encode(value, little), value.rest ?? none]))
}

// ---------------------------------------------------------------------------------------------------------------------
// cue
// ---------------------------------------------------------------------------------------------------------------------

const cueHead = layout<{ readonly count: number }>({ count: u32 })
const cuePoint = layout<Api.CuePoint>({
  id: u32,
  position: u32,
  chunk: fourCC,
  chunkStart: u32,
  blockStart: u32,
  sampleOffset: u32
})

/** @internal */
export const cue: Codec<Api.Cue> = {
  schema: Schema.Struct({ points: Schema.Array(cuePoint.schema), rest: optionalBytes }),
  decode: (bytes, little) => {
    if (bytes.length < cueHead.size) return tooShort(bytes, cueHead.size)
    const view = viewOf(bytes)
    const { count } = cueHead.read(view, 0, little)
    const most = room(bytes, cueHead.size, cuePoint)
    if (count > most) return tooMany(0, count, "cue points", most)
    return Either.right({
      points: readAll(cuePoint, view, cueHead.size, count, little),
      ...restFrom(bytes, cueHead.size + count * cuePoint.size)
    })
  },
  encode: ({ points, rest = none }, little) =>
    Either.right(
      concat([cueHead.encode({ count: points.length }, little), ...encodeAll(cuePoint, points, little), rest])
    )
}

// ---------------------------------------------------------------------------------------------------------------------
// smpl
// ---------------------------------------------------------------------------------------------------------------------

const samplerHead = layout<Omit<Api.Sampler, "loops" | "samplerData" | "rest">>({
  manufacturer: u32,
  product: u32,
  samplePeriod: u32,
  midiUnityNote: u32,
  midiPitchFraction: u32,
  smpteFormat: u32,
  smpteOffset: u32
})
const samplerCounts = layout<{ readonly loops: number; readonly samplerData: number }>({ loops: u32, samplerData: u32 })
const loop = layout<Api.Loop>({
  id: u32,
  type: named(u32, { forward: 0, alternating: 1, backward: 2 }),
  start: u32,
  end: u32,
  fraction: u32,
  playCount: u32
})

/** @internal */
export const sampler: Codec<Api.Sampler> = {
  schema: Schema.Struct({
    ...samplerHead.schemas,
    loops: Schema.Array(loop.schema),
    samplerData: Schema.Uint8ArrayFromSelf,
    rest: optionalBytes
  }),
  decode: (bytes, little) => {
    const start = samplerHead.size + samplerCounts.size
    if (bytes.length < start) return tooShort(bytes, start)
    const view = viewOf(bytes)
    const counts = samplerCounts.read(view, samplerHead.size, little)
    const most = room(bytes, start, loop)
    if (counts.loops > most) return tooMany(samplerHead.size, counts.loops, "loops", most)
    const data = start + counts.loops * loop.size
    const end = data + counts.samplerData
    if (end > bytes.length) {
      return tooMany(samplerHead.size + 4, counts.samplerData, "bytes of sampler data", bytes.length - data)
    }
    return Either.right({
      ...samplerHead.read(view, 0, little),
      loops: readAll(loop, view, start, counts.loops, little),
      samplerData: copyOf(bytes, data, end),
      ...restFrom(bytes, end)
    })
  },
  encode: (value, little) => {
    const { loops, rest = none, samplerData } = value
    return Either.right(concat([
      samplerHead.encode(value, little),
      samplerCounts.encode({ loops: loops.length, samplerData: samplerData.length }, little),
      ...encodeAll(loop, loops, little),
      samplerData,
      rest
    ]))
  }
}

// ---------------------------------------------------------------------------------------------------------------------
// ds64
// ---------------------------------------------------------------------------------------------------------------------

const ds64Head = layout<Omit<Api.Ds64, "table" | "rest">>({
  riffSize: lowHigh,
  dataSize: lowHigh,
  sampleCount: lowHigh
})
const ds64Count = layout<{ readonly count: number }>({ count: u32 })
const ds64Entry = layout<Api.Ds64Entry>({ id: fourCC, size: lowHigh })

/** @internal */
export const ds64: Codec<Api.Ds64> = {
  schema: Schema.Struct({ ...ds64Head.schemas, table: Schema.Array(ds64Entry.schema), rest: optionalBytes }),
  decode: (bytes, little) => {
    const start = ds64Head.size + ds64Count.size
    if (bytes.length < start) return tooShort(bytes, start)
    const view = viewOf(bytes)
    const { count } = ds64Count.read(view, ds64Head.size, little)
    const most = room(bytes, start, ds64Entry)
    if (count > most) return tooMany(ds64Head.size, count, "sizes of chunks", most)
    return Either.right({
      ...ds64Head.read(view, 0, little),
      table: readAll(ds64Entry, view, start, count, little),
      ...restFrom(bytes, start + count * ds64Entry.size)
    })
  },
  encode: (value, little) =>
    Either.right(concat([
      ds64Head.encode(value, little),
      ds64Count.encode({ count: value.table.length }, little),
      ...encodeAll(ds64Entry, value.table, little),
      value.rest ?? none
    ]))
}
