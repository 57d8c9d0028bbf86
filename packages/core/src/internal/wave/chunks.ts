/** The chunks that are records of numbers, some with a table of others. */
import * as Either from "effect/Either"
import * as Schema from "effect/Schema"
import type * as Api from "../../Wave.js"
import { concat, copyOf, fourCC, i8, type Layout, layout, lowHigh, named, u32, u8, viewOf } from "./binary.js"
import { type Codec, none, optionalBytes, restFrom } from "./codec.js"
import type { Reading } from "./reading.js"

/** Reads `count` records, one after the other. The caller has checked that there is room for them. */
const readAll = <A>(layout: Layout<A>, view: DataView, at: number, count: number, little: boolean): ReadonlyArray<A> =>
  Array.from({ length: count }, (_, index) => layout.read(view, at + index * layout.size, little))

const encodeAll = <A>(layout: Layout<A>, values: ReadonlyArray<A>, little: boolean): ReadonlyArray<Uint8Array> =>
  values.map((value) => layout.encode(value, little))

/**
 * How many of the announced records can be read from `start` on: as many as there is room for, and as the limit allows.
 * The count is at `countAt`.
 */
const readable = (
  bytes: Uint8Array,
  start: number,
  { size }: { readonly size: number },
  { count, countAt, what }: { readonly count: number; readonly countAt: number; readonly what: string },
  reading: Reading
): number => {
  const room = Math.floor((bytes.length - start) / size)
  if (count > room) {
    reading.error("CountTooLarge", countAt, `${count} ${what} are announced, where there is room for ${room}`)
  }
  return reading.take(Math.min(count, room), countAt)
}

// ---------------------------------------------------------------------------------------------------------------------
// fact
// ---------------------------------------------------------------------------------------------------------------------

const factHead = layout<Omit<Api.Fact, "rest">>({ samples: u32 })

export const fact: Codec<Api.Fact> = {
  get schema() {
    return Schema.Struct({ ...factHead.schemas, rest: optionalBytes }).annotations({ identifier: "Fact" })
  },
  decode: (bytes, reading) =>
    bytes.length < factHead.size
      ? void reading.tooShort(bytes, factHead.size)
      : { ...factHead.read(viewOf(bytes), 0, reading.little), ...restFrom(bytes, factHead.size) },
  encode: (value, { little }) => Either.right(concat([factHead.encode(value, little), value.rest ?? none]))
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

export const instrument: Codec<Api.Instrument> = {
  get schema() {
    return Schema.Struct({ ...instrumentHead.schemas, rest: optionalBytes }).annotations({ identifier: "Instrument" })
  },
  decode: (bytes, reading) =>
    bytes.length < instrumentHead.size
      ? void reading.tooShort(bytes, instrumentHead.size)
      : { ...instrumentHead.read(viewOf(bytes), 0, reading.little), ...restFrom(bytes, instrumentHead.size) },
  encode: (value, { little }) => Either.right(concat([instrumentHead.encode(value, little), value.rest ?? none]))
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

export const cue: Codec<Api.Cue> = {
  get schema() {
    return Schema.Struct({ points: Schema.Array(cuePoint.schema), rest: optionalBytes }).annotations({
      identifier: "Cue"
    })
  },
  decode: (bytes, reading) => {
    if (bytes.length < cueHead.size) return void reading.tooShort(bytes, cueHead.size)
    const view = viewOf(bytes)
    const { little } = reading
    const { count: announced } = cueHead.read(view, 0, little)
    const more = reading.lenient ? uncounted(bytes, announced, little) : 0
    if (more > 0) {
      reading.warn("CountTooSmall", 0, `${announced} cue points are announced, where there are ${announced + more}`)
    }
    const counted = { count: announced + more, countAt: 0, what: "cue points" }
    const count = readable(bytes, cueHead.size, cuePoint, counted, reading)
    return {
      points: readAll(cuePoint, view, cueHead.size, count, little),
      ...restFrom(bytes, cueHead.size + count * cuePoint.size)
    }
  },
  encode: ({ points, rest = none }, { little }) =>
    Either.right(
      concat([cueHead.encode({ count: points.length }, little), ...encodeAll(cuePoint, points, little), rest])
    )
}

/** How many cue points follow the counted ones to the end of the chunk, each of the samples. */
const uncounted = (bytes: Uint8Array, count: number, little: boolean): number => {
  const start = cueHead.size + count * cuePoint.size
  const more = (bytes.length - start) / cuePoint.size
  if (more < 1 || !Number.isInteger(more)) return 0
  const view = viewOf(bytes)
  for (let i = 0; i < more; i++) {
    const { chunk } = cuePoint.read(view, start + i * cuePoint.size, little)
    if (chunk !== "data" && chunk !== "slnt") return 0
  }
  return more
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

export const sampler: Codec<Api.Sampler> = {
  get schema() {
    return Schema.Struct({
      ...samplerHead.schemas,
      loops: Schema.Array(loop.schema),
      samplerData: Schema.Uint8ArrayFromSelf,
      rest: optionalBytes
    }).annotations({ identifier: "Sampler" })
  },
  decode: (bytes, reading) => {
    const start = samplerHead.size + samplerCounts.size
    if (bytes.length < start) return void reading.tooShort(bytes, start)
    const view = viewOf(bytes)
    const { little } = reading
    const counts = samplerCounts.read(view, samplerHead.size, little)
    const counted = { count: counts.loops, countAt: samplerHead.size, what: "loops" }
    const count = readable(bytes, start, loop, counted, reading)
    const data = start + count * loop.size
    const end = Math.min(data + counts.samplerData, bytes.length)
    if (data + counts.samplerData > bytes.length) {
      reading.error(
        "SizeTooLarge",
        samplerHead.size + 4,
        `${counts.samplerData} bytes of sampler data are announced, where there is room for ${bytes.length - data}`
      )
    }
    return {
      ...samplerHead.read(view, 0, little),
      loops: readAll(loop, view, start, count, little),
      samplerData: copyOf(bytes, data, end),
      ...restFrom(bytes, end)
    }
  },
  encode: (value, { little }) => {
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

export const ds64: Codec<Api.Ds64> = {
  get schema() {
    return Schema.Struct({ ...ds64Head.schemas, table: Schema.Array(ds64Entry.schema), rest: optionalBytes })
      .annotations({ identifier: "Ds64" })
  },
  decode: (bytes, reading) => {
    const start = ds64Head.size + ds64Count.size
    if (bytes.length < start) return void reading.tooShort(bytes, start)
    const view = viewOf(bytes)
    const { little } = reading
    const announced = ds64Count.read(view, ds64Head.size, little).count
    const counted = { count: announced, countAt: ds64Head.size, what: "sizes of chunks" }
    const count = readable(bytes, start, ds64Entry, counted, reading)
    return {
      ...ds64Head.read(view, 0, little),
      table: readAll(ds64Entry, view, start, count, little),
      ...restFrom(bytes, start + count * ds64Entry.size)
    }
  },
  encode: (value, { little }) =>
    Either.right(concat([
      ds64Head.encode(value, little),
      ds64Count.encode({ count: value.table.length }, little),
      ...encodeAll(ds64Entry, value.table, little),
      value.rest ?? none
    ]))
}
