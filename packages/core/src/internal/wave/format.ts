/** `fmt `: how the samples are laid out. */
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import type * as Api from "../../Wave.js"
import { concat, copyOf, guid, layout, named, u16, u32, viewOf } from "./binary.js"
import { type Codec, none, optionalBytes, type Refused, refused, restFrom, tooMany, tooShort } from "./codec.js"

const formatTags: Readonly<Record<Api.KnownFormatTag, number>> = {
  pcm: 0x0001,
  msAdpcm: 0x0002,
  ieeeFloat: 0x0003,
  aLaw: 0x0006,
  muLaw: 0x0007,
  imaAdpcm: 0x0011,
  gsm610: 0x0031,
  mpeg: 0x0050,
  mpegLayer3: 0x0055,
  extensible: 0xfffe
}

const formatTag = named(u16, formatTags)

type Common = Omit<Api.WaveFormat, "_tag" | "rest">
type Tail = Pick<Api.WaveFormatExtensible, "validBitsPerSample" | "channelMask" | "subFormat">

const common = layout<Common>({ formatTag, channels: u16, sampleRate: u32, byteRate: u32, blockAlign: u16 })
const withBits = layout<Common & Pick<Api.PcmWaveFormat, "bitsPerSample">>({
  formatTag,
  channels: u16,
  sampleRate: u32,
  byteRate: u32,
  blockAlign: u16,
  bitsPerSample: u16
})
const extraSize = layout<{ readonly size: number }>({ size: u16 })
const tail = layout<Tail>({ validBitsPerSample: u16, channelMask: u32, subFormat: guid })

const extra = Schema.Uint8ArrayFromSelf
const schema: Schema.Schema<Api.Format> = Schema.Union(
  Schema.Struct({ _tag: Schema.Literal("WaveFormat"), ...common.schemas, rest: optionalBytes }),
  Schema.Struct({ _tag: Schema.Literal("PcmWaveFormat"), ...withBits.schemas, rest: optionalBytes }),
  Schema.Struct({ _tag: Schema.Literal("WaveFormatEx"), ...withBits.schemas, extra, rest: optionalBytes }),
  Schema.Struct({
    _tag: Schema.Literal("WaveFormatExtensible"),
    ...withBits.schemas,
    formatTag: Schema.Literal("extensible"),
    ...tail.schemas,
    extra,
    rest: optionalBytes
  })
)

/** @internal */
export const format: Codec<Api.Format> = {
  schema,
  decode: (bytes, little) => {
    if (bytes.length < common.size) return tooShort(bytes, common.size)
    const view = viewOf(bytes)
    if (bytes.length < withBits.size) {
      return Either.right({
        _tag: "WaveFormat",
        ...common.read(view, 0, little),
        ...restFrom(bytes, common.size)
      })
    }
    const start = withBits.size + extraSize.size
    const { formatTag, ...numbers } = withBits.read(view, 0, little)
    // Of PCM, and of nothing else, the size of what is extra is to be ignored: writers leave in it what they please.
    if (bytes.length < start || formatTag === "pcm") {
      return Either.right({ _tag: "PcmWaveFormat", formatTag, ...numbers, ...restFrom(bytes, withBits.size) })
    }
    const { size } = extraSize.read(view, withBits.size, little)
    const end = start + size
    if (end > bytes.length) return tooMany(withBits.size, size, "extra bytes", bytes.length - start)
    const rest = restFrom(bytes, end)
    if (formatTag === "extensible" && size >= tail.size) {
      return Either.right({
        _tag: "WaveFormatExtensible",
        formatTag,
        ...numbers,
        ...tail.read(view, start, little),
        extra: copyOf(bytes, start + tail.size, end),
        ...rest
      })
    }
    return Either.right({ _tag: "WaveFormatEx", formatTag, ...numbers, extra: copyOf(bytes, start, end), ...rest })
  },
  encode: (value, little) => {
    const { rest = none } = value
    switch (value._tag) {
      case "WaveFormat":
        return rest.length > 1
          ? refused(["rest"], "two bytes more would be read as the bits per sample")
          : Either.right(concat([common.encode(value, little), rest]))
      case "PcmWaveFormat":
        return rest.length > 1 && value.formatTag !== "pcm"
          ? refused(["rest"], "two bytes more would be read as the size of extra bytes")
          : Either.right(concat([withBits.encode(value, little), rest]))
      case "WaveFormatEx":
        return value.formatTag === "pcm"
          ? refused(["formatTag"], "PCM has no extra bytes: what follows is the rest of a PcmWaveFormat")
          : value.formatTag === "extensible" && value.extra.length >= tail.size
          ? refused(["extra"], "so many bytes would be read as those of a WaveFormatExtensible")
          : encodeExtended(value, value.extra, rest, little)
      case "WaveFormatExtensible":
        return encodeExtended(value, concat([tail.encode(value, little), value.extra]), rest, little)
    }
  }
}

const encodeExtended = (
  value: Common & Pick<Api.PcmWaveFormat, "bitsPerSample">,
  extra: Uint8Array,
  rest: Uint8Array,
  little: boolean
): Either.Either<Uint8Array, Refused> =>
  extra.length > 0xffff
    ? refused(["extra"], `${extra.length} bytes do not fit a size of 16 bits`)
    : Either.right(
      concat([withBits.encode(value, little), extraSize.encode({ size: extra.length }, little), extra, rest])
    )

// ---------------------------------------------------------------------------------------------------------------------
// what a format says
// ---------------------------------------------------------------------------------------------------------------------

/** The sub-formats of a format tag: its number is in the first group. */
const formatTagGuid = /^0000([0-9a-f]{4})-0000-0010-8000-00aa00389b71$/

const nameOf = new Map<number, Api.FormatTag>(
  // the record's own keys, as it is a literal
  (Object.keys(formatTags) as Array<Api.KnownFormatTag>).map((name) => [formatTags[name], name])
)

/** @internal */
export const subFormat = (tag: Api.FormatTag): Option.Option<Api.Guid> => {
  const number = typeof tag === "number" ? tag : formatTags[tag]
  // a number of 16 bits has at most four hexadecimal digits, and the rest is a GUID's
  return Number.isInteger(number) && number >= 0 && number <= 0xffff
    ? Option.some(`${number.toString(16).padStart(8, "0")}-0000-0010-8000-00aa00389b71` as Api.Guid)
    : Option.none()
}

/** @internal */
export const codecOf = (format: Api.Format): Api.FormatTag | Api.Guid => {
  if (format._tag !== "WaveFormatExtensible") return format.formatTag
  const digits = formatTagGuid.exec(format.subFormat)?.[1]
  if (digits === undefined) return format.subFormat
  const number = Number.parseInt(digits, 16)
  return nameOf.get(number) ?? number
}

/**
 * How many frames a whole block decodes to, where that follows from its size.
 */
const framesPerBlock = (format: Api.Format): number | undefined => {
  const { blockAlign, channels } = format
  switch (codecOf(format)) {
    case "pcm":
    case "ieeeFloat":
    case "aLaw":
    case "muLaw":
      return 1
    // Of each channel: 7 bytes of a header that holds two samples, then a sample in half a byte.
    case "msAdpcm":
      return (blockAlign - 7 * channels) * 2 / channels + 2
    // Of each channel: 4 bytes of a header that holds one sample, then the others in 4 bits each (some write 3).
    case "imaAdpcm": {
      const bits = format._tag === "WaveFormat" || format.bitsPerSample === 0 ? 4 : format.bitsPerSample
      return (blockAlign - 4 * channels) * 8 / (bits * channels) + 1
    }
    // Two GSM frames of 160 samples, in 65 bytes.
    case "gsm610":
      return blockAlign === 65 ? 320 : undefined
    default:
      return undefined
  }
}

/** @internal */
export const framesIn = (format: Api.Format, bytes: number): Option.Option<number> => {
  const { blockAlign } = format
  if (blockAlign === 0) return Option.none()
  const inBlock = framesPerBlock(format)
  // A header that takes more than the block, or no channel to share it among, leaves nothing to count.
  return inBlock === undefined || !Number.isFinite(inBlock) || inBlock < 1
    ? Option.none()
    : Option.some(Math.floor(bytes / blockAlign) * Math.floor(inBlock))
}
