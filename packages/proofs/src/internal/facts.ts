/** What a manifest says of the sound in a file, and what `Wave.info` says of it. */
import type * as Mmio from "@effect-mmio/core/Mmio"
import * as Wave from "@effect-mmio/core/Wave"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"

/** What is known of files of other forms is left aside. */
export const Facts = Schema.Struct({
  sampleRate: Schema.optional(Schema.Number),
  channels: Schema.optional(Schema.Number),
  frames: Schema.optional(Schema.Number),
  bitsPerSample: Schema.optional(Schema.Number),
  codec: Schema.optional(Schema.String),
  info: Schema.optional(Schema.Array(Schema.Struct({ id: Schema.String, text: Schema.optional(Schema.String) }))),
  bext: Schema.optional(Schema.Struct({
    description: Schema.String,
    originator: Schema.String,
    originatorReference: Schema.String,
    originationDate: Schema.String,
    originationTime: Schema.String,
    timeReference: Schema.Number,
    version: Schema.Number,
    codingHistory: Schema.String
  })),
  cues: Schema.optional(Schema.Array(Schema.Struct({
    id: Schema.Number,
    position: Schema.Number,
    chunk: Schema.String,
    sampleOffset: Schema.Number
  }))),
  labels: Schema.optional(Schema.Array(Schema.Struct({
    kind: Schema.String,
    cue: Schema.Number,
    text: Schema.String
  }))),
  factSamples: Schema.optional(Schema.Number)
})

export type Facts = typeof Facts.Type

/** The names by which ffmpeg calls what the format says. */
const codecName = (codec: Wave.FormatTag | Wave.Guid, bits: number): string => {
  switch (codec) {
    case "pcm":
      return bits === 8 ? "pcm_u8" : `pcm_s${bits}le`
    case "ieeeFloat":
      return `pcm_f${bits}le`
    case "aLaw":
      return "pcm_alaw"
    case "muLaw":
      return "pcm_mulaw"
    case "msAdpcm":
      return "adpcm_ms"
    case "imaAdpcm":
      return "adpcm_ima_wav"
    default:
      return `unknown (${codec})`
  }
}

/** A list, where there is something in it: a manifest mentions no others. */
const some = <A>(list: ReadonlyArray<A>): ReadonlyArray<A> | undefined => list.length === 0 ? undefined : list

/** What was found, as a manifest says it. */
const factsOf = (info: Wave.Info): Facts => {
  const { cuePoints, factSamples, format, frames, tags } = info
  const bits = format._tag === "WaveFormat" ? 0 : format.bitsPerSample
  const bext = Option.getOrUndefined(info.bext)
  return {
    sampleRate: format.sampleRate,
    channels: format.channels,
    frames: Option.getOrUndefined(frames),
    bitsPerSample: bits,
    codec: codecName(Wave.codecOf(format), bits),
    info: some(tags.map(({ id, text }) => ({ id, text }))),
    bext: bext === undefined ? undefined : {
      description: bext.description.text,
      originator: bext.originator.text,
      originatorReference: bext.originatorReference.text,
      originationDate: bext.originationDate.text,
      originationTime: bext.originationTime.text,
      timeReference: Number(bext.timeReference),
      version: bext.version,
      codingHistory: bext.codingHistory.text
    },
    cues: some(cuePoints.map(({ chunk, id, position, sampleOffset }) => ({ id, position, chunk, sampleOffset }))),
    labels: some(
      cuePoints.flatMap(({ id, labels }) => labels.map(({ _tag, text }) => ({ kind: _tag, cue: id, text })))
    ),
    factSamples: Option.getOrUndefined(factSamples)
  }
}

/** What `Wave.info` finds in a file, as a manifest says it. */
export const readFacts = (file: Mmio.ReadHandle): Effect.Effect<Facts, Wave.InfoError<Mmio.Readable>> =>
  Effect.map(Wave.info(file), factsOf)
