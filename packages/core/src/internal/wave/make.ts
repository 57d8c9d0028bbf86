/** Values of chunks with what is usual for everything that a caller does not say. */
import * as Option from "effect/Option"
import * as FourCC from "../../FourCC.js"
import type * as Api from "../../Wave.js"
import { none } from "./codec.js"
import { formatTags } from "./formatTags.js"
import { subFormat } from "./subFormats.js"

const text = (given: string | Api.Text | undefined): Api.Text =>
  given === undefined ? { text: "" } : typeof given === "string" ? { text: given } : given

const zeros = (size: number) => new Uint8Array(size)

const samples = FourCC.make("data")

// ---------------------------------------------------------------------------------------------------------------------
// fmt
// ---------------------------------------------------------------------------------------------------------------------

/** Which speakers so many channels belong to, where nothing else is said: mono, stereo, and what is usual up to 7.1. */
const masks: ReadonlyArray<number> = [0, 0x4, 0x3, 0x7, 0x33, 0x37, 0x3f, 0x13f, 0x63f]

/** @internal */
export const format = (options: Api.FormatOptions): Api.Format => {
  const { channels, codec = "pcm", sampleRate } = options
  const bitsPerSample = options.bitsPerSample ?? (codec === "pcm" ? 16 : codec === "ieeeFloat" ? 32 : 8)
  const blockAlign = channels * Math.ceil(bitsPerSample / 8)
  const numbers = { channels, sampleRate, byteRate: sampleRate * blockAlign, blockAlign, bitsPerSample }
  // What Microsoft asks to be extensible: more than two channels, or more than 16 bits of PCM.
  const isExtensible = options.channelMask !== undefined || options.validBitsPerSample !== undefined || channels > 2
    || (codec === "pcm" && bitsPerSample > 16)
  return isExtensible
    ? {
      _tag: "WaveFormatExtensible",
      formatTag: "extensible",
      ...numbers,
      validBitsPerSample: options.validBitsPerSample ?? bitsPerSample,
      channelMask: options.channelMask ?? masks[channels] ?? 0,
      subFormat: Option.getOrThrow(subFormat(formatTags[codec])),
      extra: none
    }
    : codec === "pcm"
    ? { _tag: "PcmWaveFormat", formatTag: codec, ...numbers }
    : { _tag: "WaveFormatEx", formatTag: codec, ...numbers, extra: none }
}

// ---------------------------------------------------------------------------------------------------------------------
// lists
// ---------------------------------------------------------------------------------------------------------------------

const tag = (id: string, value: string | Api.Text): Api.InfoTag => ({ id: FourCC.fromString(id), ...text(value) })

/** @internal */
export const infoList = (tags: Readonly<Record<string, string | Api.Text>>): Api.InfoList => ({
  tags: Object.entries(tags).map(([id, value]) => tag(id, value))
})

const label = (
  kind: Api.Label["_tag"],
  { cue, text: value }: { readonly cue: number; readonly text: string | Api.Text }
): Api.Label => ({ _tag: kind, cue, ...text(value) })

const labeledText = (
  { text: value, ...others }: NonNullable<Api.AdtlOptions["texts"]>[number]
): Api.LabeledText => ({
  purpose: FourCC.make("rgn "),
  country: 0,
  language: 0,
  dialect: 0,
  codePage: 0,
  ...others,
  _tag: "ltxt",
  ...text(value)
})

/** @internal */
export const adtlList = ({ labels = [], notes = [], texts = [] }: Api.AdtlOptions): Api.AdtlList => ({
  entries: [
    ...labels.map((each) => label("labl", each)),
    ...notes.map((each) => label("note", each)),
    ...texts.map(labeledText)
  ]
})

// ---------------------------------------------------------------------------------------------------------------------
// cue, smpl, inst, fact, ds64
// ---------------------------------------------------------------------------------------------------------------------

/** @internal */
export const cue = (options: { readonly points: ReadonlyArray<Api.CuePointOptions> }): Api.Cue => ({
  points: options.points.map(({ id, position, ...others }) => ({
    chunk: samples,
    chunkStart: 0,
    blockStart: 0,
    sampleOffset: position,
    ...others,
    id,
    position
  }))
})

/** @internal */
export const sampler = ({ loops = [], ...options }: Api.SamplerOptions): Api.Sampler => ({
  manufacturer: 0,
  product: 0,
  samplePeriod: 0,
  midiUnityNote: 60,
  midiPitchFraction: 0,
  smpteFormat: 0,
  smpteOffset: 0,
  samplerData: none,
  ...options,
  loops: loops.map((loop, index) => ({ id: index, type: "forward", fraction: 0, playCount: 0, ...loop }))
})

/** @internal */
export const instrument = (options: Partial<Api.Instrument>): Api.Instrument => ({
  unshiftedNote: 60,
  fineTune: 0,
  gain: 0,
  lowNote: 0,
  highNote: 127,
  lowVelocity: 1,
  highVelocity: 127,
  ...options
})

/** @internal */
export const fact = (options: Partial<Api.Fact>): Api.Fact => ({ samples: 0, ...options })

/** @internal */
export const ds64 = (options: Partial<Api.Ds64>): Api.Ds64 => ({
  riffSize: 0n,
  dataSize: 0n,
  sampleCount: 0n,
  table: [],
  ...options
})

// ---------------------------------------------------------------------------------------------------------------------
// bext, cart
// ---------------------------------------------------------------------------------------------------------------------

/** The value of a loudness that was not measured. */
const unmeasured = 0x7fff

/** @internal */
export const bext = (options: Api.BextOptions): Api.Bext => {
  const common = {
    description: text(options.description),
    originator: text(options.originator),
    originatorReference: text(options.originatorReference),
    originationDate: text(options.originationDate),
    originationTime: text(options.originationTime),
    timeReference: BigInt(options.timeReference ?? 0),
    umid: options.umid ?? zeros(64),
    codingHistory: text(options.codingHistory)
  }
  return options.loudness === undefined
    ? { _tag: "BextV1", version: 1, ...common, reserved: zeros(190) }
    : {
      _tag: "BextV2",
      version: 2,
      ...common,
      loudness: {
        value: unmeasured,
        range: unmeasured,
        maxTruePeak: unmeasured,
        maxMomentary: unmeasured,
        maxShortTerm: unmeasured,
        ...options.loudness
      },
      reserved: zeros(180)
    }
}

const unusedTimer: Api.CartTimer = { usage: FourCC.fromNumber(0), value: 0 }

/** @internal */
export const cart = (options: Api.CartOptions): Api.Cart => ({
  version: text(options.version ?? "0101"),
  title: text(options.title),
  artist: text(options.artist),
  cutId: text(options.cutId),
  clientId: text(options.clientId),
  category: text(options.category),
  classification: text(options.classification),
  outCue: text(options.outCue),
  startDate: text(options.startDate),
  startTime: text(options.startTime),
  endDate: text(options.endDate),
  endTime: text(options.endTime),
  producerAppId: text(options.producerAppId),
  producerAppVersion: text(options.producerAppVersion),
  userDef: text(options.userDef),
  levelReference: options.levelReference ?? 0x8000,
  timers: Array.from({ length: 8 }, (_, index) => options.timers?.[index] ?? unusedTimer),
  reserved: options.reserved ?? zeros(276),
  url: text(options.url),
  tagText: text(options.tagText)
})

// ---------------------------------------------------------------------------------------------------------------------
// CSET, PEAK, acid, chna
// ---------------------------------------------------------------------------------------------------------------------

/** @internal */
export const characterSet = (options: Partial<Api.CharacterSet>): Api.CharacterSet => ({
  codePage: 65001,
  country: 0,
  language: 0,
  dialect: 0,
  ...options
})

/** @internal */
export const peaks = (options: Partial<Api.Peaks>): Api.Peaks => ({ version: 1, timestamp: 0, peaks: [], ...options })

/** @internal */
export const acid = (options: Partial<Api.Acid>): Api.Acid => ({
  flags: 0,
  rootNote: 60,
  unknown1: 0x8000,
  unknown2: 0,
  beats: 0,
  meterDenominator: 4,
  meterNumerator: 4,
  tempo: 120,
  ...options
})

/** @internal */
export const channels = ({ tracks, uids = [] }: Api.ChannelsOptions): Api.Channels => ({
  tracks: tracks ?? new Set(uids.map(({ track }) => track)).size,
  uids: uids.map(({ packFormat, pad = 0, track, trackFormat, uid }) => ({
    track,
    uid: text(uid),
    trackFormat: text(trackFormat),
    packFormat: text(packFormat),
    pad
  }))
})
