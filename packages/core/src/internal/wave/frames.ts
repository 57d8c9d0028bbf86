/** How many frames bytes of samples hold. */
import * as Option from "effect/Option"
import * as MmioError from "../../MmioError.js"
import type * as Api from "../../Wave.js"
import { viewOf } from "./binary.js"
import { ac3 } from "./formatTags.js"
import { codecOf } from "./subFormats.js"

/**
 * How many bytes a frame takes by the channels and the bits per sample, of what is not compressed; nothing where they
 * do not say it.
 *
 * @internal
 */
export const frameSize = (format: Api.Format): number | undefined => {
  const { channels } = format
  switch (codecOf(format)) {
    case "pcm":
    case "ieeeFloat":
      return format._tag === "WaveFormat" ? undefined : channels * Math.ceil(format.bitsPerSample / 8) || undefined
    case "aLaw":
    case "muLaw":
      return channels || undefined
    default:
      return undefined
  }
}

/**
 * How many bytes the smallest unit takes that can be decoded: a frame, whatever the block align says, or a block.
 *
 * @internal
 */
export const unitSize = (format: Api.Format): number => frameSize(format) ?? format.blockAlign

const isUncompressed = (codec: Api.FormatTag | Api.Guid): boolean =>
  codec === "pcm" || codec === "ieeeFloat" || codec === "aLaw" || codec === "muLaw"

/**
 * How many frames a block of so many bytes decodes to, whole or not; nothing where that does not follow from its size.
 */
type InBlock = (bytes: number) => number

/** How many samples of IMA ADPCM a channel has before another one has its turn, by the bits of a sample. */
const groups = new Map([
  [2, { bytes: 4, samples: 16 }],
  [3, { bytes: 12, samples: 32 }],
  [4, { bytes: 4, samples: 8 }],
  [5, { bytes: 20, samples: 32 }]
])

const inBlockOf = (format: Api.Format): InBlock | undefined => {
  const { blockAlign, channels } = format
  switch (codecOf(format)) {
    // Two samples in the header of 7 bytes, then half a byte for a sample of each channel in turn.
    case "msAdpcm":
      return (bytes) => bytes < 7 * channels ? 0 : 2 + Math.floor((bytes - 7 * channels) * 2 / channels)
    // One sample in the header of 4 bytes, then of each channel in turn 8 samples of 4 bits (some write others).
    case "imaAdpcm": {
      const bits = format._tag === "WaveFormat" || format.bitsPerSample === 0 ? 4 : format.bitsPerSample
      const group = groups.get(bits)
      return group === undefined ? undefined : (bytes) => {
        const room = bytes - 4 * channels
        return room < 0 ? 0 : 1 + Math.floor(room / (group.bytes * channels)) * group.samples
      }
    }
    // Two GSM frames of 160 samples, in 65 bytes; half of them cannot be decoded.
    case "gsm610":
      return blockAlign === 65 ? (bytes) => bytes === 65 ? 320 : 0 : undefined
    case "mpeg":
    case "mpegLayer3":
    case ac3: {
      const inPacket = packetOf(format)
      return inPacket === undefined ? undefined : (bytes) => bytes === blockAlign ? inPacket : 0
    }
    default:
      return undefined
  }
}

/** Where in the extra bytes of MPEG layer 3 the size of a block is, and how many MPEG frames it has. */
const layer3 = { block: 6, frames: 8, size: 10 }

/**
 * How many samples a block of MPEG or AC-3 has, if the block align is the size of one: writers that leave the largest
 * size, or 1, in it contradict the bytes per second.
 */
const packetOf = (format: Api.Format): number | undefined => {
  const { blockAlign, byteRate, sampleRate } = format
  const codec = codecOf(format)
  const inPacket = codec === ac3 ? 1536 : codec === "mpegLayer3" && sampleRate < 32_000 ? 576 : 1152
  const bytes = byteRate * inPacket / sampleRate
  return sampleRate > 0 && byteRate > 0 && Math.abs(bytes - blockAlign) < 1 ? inPacket : undefined
}

/** How many frames so many bytes of MPEG layer 3 have, whose block align is 1, by the size of its blocks. */
const inLayer3 = (format: Api.Format, bytes: number): number | undefined => {
  if (codecOf(format) !== "mpegLayer3" || format._tag !== "WaveFormatEx" || format.extra.length < layer3.size) {
    return undefined
  }
  const view = viewOf(format.extra)
  const frames = view.getUint16(layer3.frames, true)
  const block = view.getUint16(layer3.block, true) / frames
  const inPacket = packetOf({ ...format, blockAlign: block })
  // A frame has a byte more where the size is no whole number, so that it is the bytes per second that count.
  return inPacket === undefined
    ? undefined
    : Math.round(bytes * format.sampleRate / format.byteRate / inPacket) * inPacket
}

/** How many frames bytes of samples hold, and how that was found. @internal */
export interface Counted {
  readonly frames: number
  readonly from: Exclude<Api.FramesFrom, "fact">
}

/** @internal */
export const count = (format: Api.Format, bytes: number): Counted | undefined => {
  const { blockAlign, channels } = format
  if (isUncompressed(codecOf(format))) {
    const size = unitSize(format)
    return size === 0 ? undefined : { frames: Math.floor(bytes / size), from: "samples" }
  }
  const layer3 = inLayer3(format, bytes)
  if (layer3 !== undefined) return { frames: layer3, from: "blocks" }
  const inBlock = blockAlign === 0 || channels === 0 ? undefined : inBlockOf(format)
  const whole = inBlock?.(blockAlign) ?? 0
  // A header that takes more than the block leaves nothing to count.
  if (inBlock === undefined || whole < 1) return undefined
  return { frames: Math.floor(bytes / blockAlign) * whole + inBlock(bytes % blockAlign), from: "blocks" }
}

/** @internal */
export const framesIn = (format: Api.Format, bytes: number): Option.Option<number> => {
  if (!Number.isSafeInteger(bytes) || bytes < 0) {
    throw new MmioError.InvalidParameter({
      operation: "Wave.framesIn",
      file: "the samples of a format",
      description: `${bytes} is an invalid number of bytes`
    })
  }
  return Option.map(Option.fromNullable(count(format, bytes)), ({ frames }) => frames)
}
