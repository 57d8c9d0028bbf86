/** Chunks of editors that are one record of numbers each: `acid` and `CSET`; and `PEAK`, with one for each channel. */
import * as Either from "effect/Either"
import * as Schema from "effect/Schema"
import type * as Api from "../../Wave.js"
import { concat, f32, type Layout, layout, u16, u32, viewOf } from "./binary.js"
import { type Codec, none, optionalBytes, restFrom } from "./codec.js"
import type { Reading } from "./reading.js"

/** Says that a number of 32 bits is none: its bytes would not be written again. */
const checkNumber = (value: number, offset: number, reading: Reading): void => {
  if (Number.isNaN(value)) reading.error("NotANumber", offset, "it is not a number")
}

// ---------------------------------------------------------------------------------------------------------------------
// acid
// ---------------------------------------------------------------------------------------------------------------------

const acidHead = layout<Omit<Api.Acid, "rest">>({
  flags: u32,
  rootNote: u16,
  unknown1: u16,
  unknown2: f32,
  beats: u32,
  meterDenominator: u16,
  meterNumerator: u16,
  tempo: f32
})

export const acid: Codec<Api.Acid> = {
  get schema() {
    return Schema.Struct({ ...acidHead.schemas, rest: optionalBytes }).annotations({ identifier: "Acid" })
  },
  decode: (bytes, reading) => {
    if (bytes.length < acidHead.size) return void reading.tooShort(bytes, acidHead.size)
    const value = acidHead.read(viewOf(bytes), 0, reading.little)
    checkNumber(value.unknown2, 8, reading)
    checkNumber(value.tempo, 20, reading)
    return { ...value, ...restFrom(bytes, acidHead.size) }
  },
  encode: (value, { little }) => Either.right(concat([acidHead.encode(value, little), value.rest ?? none]))
}

// ---------------------------------------------------------------------------------------------------------------------
// CSET
// ---------------------------------------------------------------------------------------------------------------------

const characterSetHead: Layout<Omit<Api.CharacterSet, "rest">> = layout({
  codePage: u16,
  country: u16,
  language: u16,
  dialect: u16
})

export const characterSet: Codec<Api.CharacterSet> = {
  get schema() {
    return Schema.Struct({ ...characterSetHead.schemas, rest: optionalBytes })
      .annotations({ identifier: "CharacterSet" })
  },
  decode: (bytes, reading) =>
    bytes.length < characterSetHead.size
      ? void reading.tooShort(bytes, characterSetHead.size)
      : { ...characterSetHead.read(viewOf(bytes), 0, reading.little), ...restFrom(bytes, characterSetHead.size) },
  encode: (value, { little }) => Either.right(concat([characterSetHead.encode(value, little), value.rest ?? none]))
}

// ---------------------------------------------------------------------------------------------------------------------
// PEAK
// ---------------------------------------------------------------------------------------------------------------------

const peaksHead = layout<Pick<Api.Peaks, "version" | "timestamp">>({ version: u32, timestamp: u32 })
const peak = layout<Api.Peak>({ value: f32, position: u32 })

export const peaks: Codec<Api.Peaks> = {
  get schema() {
    return Schema.Struct({ ...peaksHead.schemas, peaks: Schema.Array(peak.schema), rest: optionalBytes })
      .annotations({ identifier: "Peaks" })
  },
  decode: (bytes, reading) => {
    if (bytes.length < peaksHead.size) return void reading.tooShort(bytes, peaksHead.size)
    const view = viewOf(bytes)
    const count = reading.take(Math.floor((bytes.length - peaksHead.size) / peak.size), peaksHead.size)
    const peaks = Array.from({ length: count }, (_, index) => {
      const at = peaksHead.size + index * peak.size
      const found = peak.read(view, at, reading.little)
      checkNumber(found.value, at, reading)
      return found
    })
    return {
      ...peaksHead.read(view, 0, reading.little),
      peaks,
      ...restFrom(bytes, peaksHead.size + count * peak.size)
    }
  },
  encode: (value, { little }) =>
    Either.right(concat([
      peaksHead.encode(value, little),
      ...value.peaks.map((each) => peak.encode(each, little)),
      value.rest ?? none
    ]))
}
