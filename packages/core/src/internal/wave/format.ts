/** `fmt `: how the samples are laid out. */
import * as Either from "effect/Either"
import * as Schema from "effect/Schema"
import type * as Api from "../../Wave.js"
import { concat, copyOf, guid, layout, named, u16, u32, viewOf } from "./binary.js"
import { type Codec, none, optionalBytes, type Refused, refused, restFrom } from "./codec.js"
import { formatTags } from "./formatTags.js"
import { tagOf } from "./subFormats.js"

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
const schema = (): Schema.Schema<Api.Format> =>
  Schema.Union(
    Schema.Struct({ _tag: Schema.Literal("WaveFormat"), ...common.schemas, rest: optionalBytes })
      .annotations({ identifier: "WaveFormat" }),
    Schema.Struct({ _tag: Schema.Literal("PcmWaveFormat"), ...withBits.schemas, rest: optionalBytes })
      .annotations({ identifier: "PcmWaveFormat" }),
    Schema.Struct({ _tag: Schema.Literal("WaveFormatEx"), ...withBits.schemas, extra, rest: optionalBytes })
      .annotations({ identifier: "WaveFormatEx" }),
    Schema.Struct({
      _tag: Schema.Literal("WaveFormatExtensible"),
      ...withBits.schemas,
      formatTag: Schema.Literal("extensible"),
      ...tail.schemas,
      extra,
      rest: optionalBytes
    }).annotations({ identifier: "WaveFormatExtensible" })
  ).annotations({ identifier: "Format" })

export const format: Codec<Api.Format> = {
  get schema() {
    return schema()
  },
  decode: (bytes, reading) => {
    const { little } = reading
    if (bytes.length < common.size) return void reading.tooShort(bytes, common.size)
    const view = viewOf(bytes)
    if (bytes.length < withBits.size) {
      return { _tag: "WaveFormat", ...common.read(view, 0, little), ...restFrom(bytes, common.size) }
    }
    const start = withBits.size + extraSize.size
    const { formatTag, ...numbers } = withBits.read(view, 0, little)
    // Of PCM, and of nothing else, the size of what is extra is to be ignored: writers leave in it what they please.
    if (bytes.length < start || formatTag === "pcm") {
      return { _tag: "PcmWaveFormat", formatTag, ...numbers, ...restFrom(bytes, withBits.size) }
    }
    const room = bytes.length - start
    const declared = extraSize.read(view, withBits.size, little).size
    if (declared > room) {
      reading.error(
        "SizeTooLarge",
        withBits.size,
        `${declared} extra bytes are announced, where there is room for ${room}`
      )
    }
    const isExtensible = formatTag === "extensible" && room >= tail.size
    // Without the sub-format the samples cannot be understood: it is taken where its tail is a known one.
    const isHidden = reading.lenient && isExtensible && declared < tail.size
      && tagOf(tail.read(view, start, little).subFormat) !== undefined
    if (isHidden) {
      reading.warn(
        "SizeTooSmall",
        withBits.size,
        `${declared} extra bytes are announced, where the sub-format makes them ${tail.size}`
      )
    }
    const size = isHidden ? tail.size : Math.min(declared, room)
    const end = start + size
    const rest = restFrom(bytes, end)
    if (formatTag === "extensible" && size >= tail.size) {
      return {
        _tag: "WaveFormatExtensible",
        formatTag,
        ...numbers,
        ...tail.read(view, start, little),
        extra: copyOf(bytes, start + tail.size, end),
        ...rest
      }
    }
    return { _tag: "WaveFormatEx", formatTag, ...numbers, extra: copyOf(bytes, start, end), ...rest }
  },
  encode: (value, { little }) => {
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
