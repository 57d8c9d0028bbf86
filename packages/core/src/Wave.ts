/**
 * WAVE files: what they say of themselves, their samples, and codecs between the bytes of their chunks and data.
 *
 * {@link info} reads what a file says, and {@link blocks} its samples: of RIFF, RIFX, RF64, BW64 and Wave64.
 *
 * A codec is a `Schema` whose encoded side is the data of a chunk: all of it, with the type of a `LIST`, without its header and its pad
 * byte. Numbers are of the byte order of the file: little-endian, but big-endian in a `RIFX`.
 *
 * **Nothing is lost.** What decodes encodes to the same bytes. What a codec does not know stays as it is: bytes behind the known part in
 * `rest`, format tags and loop types without a name as numbers, chunks of a list in the order that they have. A field that says something
 * unusual, such as `rest`, is absent where there is nothing of the kind.
 *
 * **Nothing is trusted.** A count or a size that the chunk has no room for is a decode failure, before anything is allocated by it. The
 * path of the failure is the offset in the chunk's data, as these bytes are an array; {@link decode} gives it as a number.
 *
 * @since 0.1.0
 */
import type * as Brand from "effect/Brand"
import * as Data from "effect/Data"
import type * as Duration from "effect/Duration"
import type * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import type * as ParseResult from "effect/ParseResult"
import * as Schema from "effect/Schema"
import type * as Stream from "effect/Stream"
import * as FourCC from "./FourCC.js"
import { implementation } from "./internal/mmio.js"
import { schemasOf } from "./internal/wave/codec.js"
import { codecs, decodeKnown } from "./internal/wave/codecs.js"
import * as formats from "./internal/wave/format.js"
import * as infos from "./internal/wave/info.js"
import type * as Mmio from "./Mmio.js"
import type * as MmioError from "./MmioError.js"
import type * as Riff from "./Riff.js"

// ---------------------------------------------------------------------------------------------------------------------
// fmt
// ---------------------------------------------------------------------------------------------------------------------

/**
 * The format tags that have a name here (`WAVE_FORMAT_PCM`, `_ADPCM`, `_IEEE_FLOAT`, `_ALAW`, `_MULAW`, `_DVI_ADPCM`, `_GSM610`, `_MPEG`,
 * `_MPEGLAYER3`, `_EXTENSIBLE`).
 *
 * @since 0.1.0
 * @category models
 */
export type KnownFormatTag =
  | "pcm"
  | "msAdpcm"
  | "ieeeFloat"
  | "aLaw"
  | "muLaw"
  | "imaAdpcm"
  | "gsm610"
  | "mpeg"
  | "mpegLayer3"
  | "extensible"

/**
 * How samples are coded (`wFormatTag`): by name, or as the number from 0 to 65535 where it has none.
 *
 * @since 0.1.0
 * @category models
 */
export type FormatTag = KnownFormatTag | number

/**
 * A GUID as text, in lower case: `00000001-0000-0010-8000-00aa00389b71`.
 *
 * @since 0.1.0
 * @category models
 */
export type Guid = string & Brand.Brand<"@effect-mmio/core/Wave/Guid">

/**
 * The oldest form of a `fmt ` chunk, 14 bytes (`WAVEFORMAT`).
 *
 * @since 0.1.0
 * @category models
 */
export interface WaveFormat {
  readonly _tag: "WaveFormat"
  /** How samples are coded. */
  readonly formatTag: FormatTag
  /** How many channels there are. */
  readonly channels: number
  /** How many frames make a second. */
  readonly sampleRate: number
  /** How many bytes make a second, on average. */
  readonly byteRate: number
  /** How many bytes make a block, the smallest unit that can be decoded: of uncompressed samples a frame. */
  readonly blockAlign: number
  /** One byte behind the known part; two would be the bits per sample. */
  readonly rest?: Uint8Array | undefined
}

/**
 * A `fmt ` chunk of 16 bytes (`PCMWAVEFORMAT`), or one of PCM that is longer: of PCM, and of nothing else, Microsoft has the
 * size of extra bytes ignored, so that there it is the beginning of `rest`.
 *
 * @since 0.1.0
 * @category models
 */
export interface PcmWaveFormat extends Omit<WaveFormat, "_tag"> {
  readonly _tag: "PcmWaveFormat"
  /** How many bits a sample takes. */
  readonly bitsPerSample: number
  /** What is behind the known part: at most one byte, if the samples are not PCM. */
  readonly rest?: Uint8Array | undefined
}

/**
 * A `fmt ` chunk of at least 18 bytes, of samples that are not PCM (`WAVEFORMATEX`).
 *
 * @since 0.1.0
 * @category models
 */
export interface WaveFormatEx extends Omit<PcmWaveFormat, "_tag"> {
  readonly _tag: "WaveFormatEx"
  /** What the format adds, as long as `cbSize` says; empty for most. */
  readonly extra: Uint8Array
  /** What is behind the extra bytes. */
  readonly rest?: Uint8Array | undefined
}

/**
 * A `fmt ` chunk of at least 40 bytes, of the format tag `"extensible"` (`WAVEFORMATEXTENSIBLE`).
 *
 * @since 0.1.0
 * @category models
 */
export interface WaveFormatExtensible extends Omit<WaveFormatEx, "_tag"> {
  readonly _tag: "WaveFormatExtensible"
  readonly formatTag: "extensible"
  /** How many bits of a sample say something; of compressed formats, how many frames make a block (`Samples`). */
  readonly validBitsPerSample: number
  /** Which speakers the channels belong to, one bit each (`dwChannelMask`). */
  readonly channelMask: number
  /** How samples are coded; {@link codecOf} knows the format tags among these. */
  readonly subFormat: Guid
  /** What the sub-format adds. */
  readonly extra: Uint8Array
}

/**
 * What a `fmt ` chunk says.
 *
 * @since 0.1.0
 * @category models
 */
export type Format = WaveFormat | PcmWaveFormat | WaveFormatEx | WaveFormatExtensible

/**
 * `fmt `: how the samples are laid out.
 *
 * @example
 * ```ts
 * import { Wave } from "@effect-mmio/core"
 * import { Schema } from "effect"
 *
 * export const stereo16 = Schema.encodeEither(Wave.fmt())({
 *   _tag: "PcmWaveFormat",
 *   formatTag: "pcm",
 *   channels: 2,
 *   sampleRate: 44100,
 *   byteRate: 176400,
 *   blockAlign: 4,
 *   bitsPerSample: 16
 * })
 * ```
 *
 * @since 0.1.0
 * @category codecs
 */
export const fmt: (byteOrder?: Riff.ByteOrder) => Schema.Schema<Format, Uint8Array> = schemasOf(codecs["fmt "], "fmt")

/**
 * How the samples are coded: the format tag; of an extensible format the tag that its sub-format stands for, or the sub-format where it
 * stands for none.
 *
 * @since 0.1.0
 * @category format
 */
export const codecOf: (format: Format) => FormatTag | Guid = formats.codecOf

/**
 * The sub-format that stands for a format tag (`KSDATAFORMAT_SUBTYPE_PCM` for `"pcm"`); none for a number that is no format tag.
 *
 * @since 0.1.0
 * @category format
 */
export const subFormat: (formatTag: FormatTag) => Option.Option<Guid> = formats.subFormat

/**
 * How many frames (samples of every channel) so many bytes of sample data hold. An incomplete block at the end does not count.
 *
 * Of PCM, floats, A-law and mu-law a block is a frame; of MS ADPCM, IMA ADPCM and GSM 6.10 it is as many as its size has room for, as
 * decoders count. None for all else, and where the format has no blocks to count: a block align of 0, a block too small for the header that
 * each of its channels has, no channels.
 *
 * @since 0.1.0
 * @category format
 */
export const framesIn: (format: Format, bytes: number) => Option.Option<number> = formats.framesIn

// ---------------------------------------------------------------------------------------------------------------------
// fact
// ---------------------------------------------------------------------------------------------------------------------

/**
 * What a `fact` chunk says.
 *
 * @since 0.1.0
 * @category models
 */
export interface Fact {
  /** How many frames the file has, as its writer counted: of RF64 with more than 32 bits have room for, 0xFFFFFFFF. */
  readonly samples: number
  /** What is behind the known part. */
  readonly rest?: Uint8Array | undefined
}

/**
 * `fact`: how many frames there are, of compressed formats above all.
 *
 * @since 0.1.0
 * @category codecs
 */
export const fact: (byteOrder?: Riff.ByteOrder) => Schema.Schema<Fact, Uint8Array> = schemasOf(codecs.fact, "fact")

// ---------------------------------------------------------------------------------------------------------------------
// texts and lists
// ---------------------------------------------------------------------------------------------------------------------

/**
 * A text in a chunk. Its bytes are read as UTF-8 where that is what they are, else as windows-1252, in which every byte is a character; it
 * ends before the first zero.
 *
 * Encoding refuses a text with a zero in it, or with characters that the encoding does not have.
 *
 * @since 0.1.0
 * @category models
 */
export interface Text {
  /** The text. */
  readonly text: string
  /** How it is encoded, if not in UTF-8. Refused for a text whose bytes would be read as UTF-8, and as another text. */
  readonly encoding?: "windows-1252" | undefined
  /**
   * What is behind the text, from the zero on that ends it. Default: what is usual there. That is one zero in `INFO`, `labl` and `note`;
   * nothing in `ltxt` and the coding history of `bext`; and zeros to the end of the field in the other texts of `bext`, where the zeros at
   * the end are left out of `behind` too.
   */
  readonly behind?: Uint8Array | undefined
}

/**
 * What stands where the pad byte of a chunk of odd size belongs: a byte from 1 to 255, or nothing, which can only be at the end of a list.
 *
 * @since 0.1.0
 * @category models
 */
export type Pad = number | "missing"

/**
 * A tag: a text about the file, and what it is about, such as `INAM` (the title), `IART` (the artist) and `ICMT` (a comment).
 *
 * @since 0.1.0
 * @category models
 */
export interface InfoTag extends Text {
  /** What the text is about. */
  readonly id: FourCC.FourCC
  /** What stands where the pad byte belongs. Default: a zero, if the size is odd. */
  readonly pad?: Pad | undefined
}

/**
 * What a `LIST INFO` says: tags in the order of the file; an id may come twice.
 *
 * @since 0.1.0
 * @category models
 */
export interface InfoList {
  /** The tags. */
  readonly tags: ReadonlyArray<InfoTag>
  /** Up to 7 bytes behind the last tag, too few for another. */
  readonly rest?: Uint8Array | undefined
}

/**
 * `LIST INFO`: the tags. The bytes are those of the whole list, beginning with `INFO`: write them as the data of a chunk `LIST`.
 *
 * @example
 * ```ts
 * import { FourCC, Mmio, Riff, Wave } from "@effect-mmio/core"
 * import { Effect, Schema } from "effect"
 *
 * export const titled = (file: Mmio.WriteHandle, title: string) =>
 *   Effect.flatMap(
 *     Schema.encode(Wave.infoList())({ tags: [{ id: FourCC.make("INAM"), text: title }] }),
 *     (bytes) => Riff.withChunk(file, { chunk: "LIST" }, () => Mmio.writeAll(file, bytes))
 *   )
 * ```
 *
 * @since 0.1.0
 * @category codecs
 */
export const infoList: (byteOrder?: Riff.ByteOrder) => Schema.Schema<InfoList, Uint8Array> = schemasOf(
  codecs["LIST:INFO"],
  "LIST INFO"
)

/**
 * The name of a cue point (`labl`), or a comment on it (`note`).
 *
 * @since 0.1.0
 * @category models
 */
export interface Label extends Text {
  readonly _tag: "labl" | "note"
  /** The id of the cue point. */
  readonly cue: number
  /** What stands where the pad byte belongs. Default: a zero, if the size is odd. */
  readonly pad?: Pad | undefined
}

/**
 * A text about the samples from a cue point on (`ltxt`). It is read as any other: the code page is not looked at.
 *
 * @since 0.1.0
 * @category models
 */
export interface LabeledText extends Text {
  readonly _tag: "ltxt"
  /** The id of the cue point. */
  readonly cue: number
  /** How many frames the text is about. */
  readonly length: number
  /** What the text is for, such as `scrp` and `capt`. */
  readonly purpose: FourCC.FourCC
  /** The country, by its telephone code. */
  readonly country: number
  /** The language, by a number of Windows. */
  readonly language: number
  /** The dialect, by a number of Windows. */
  readonly dialect: number
  /** The code page. */
  readonly codePage: number
  /** What stands where the pad byte belongs. Default: a zero, if the size is odd. */
  readonly pad?: Pad | undefined
}

/**
 * An entry of another kind, such as `file`, as bytes.
 *
 * @since 0.1.0
 * @category models
 */
export interface OtherEntry {
  readonly _tag: "other"
  /** The id, none of the kinds that are known. */
  readonly id: FourCC.FourCC
  /** The data. */
  readonly data: Uint8Array
  /** What stands where the pad byte belongs. Default: a zero, if the size is odd. */
  readonly pad?: Pad | undefined
}

/**
 * An entry of a `LIST adtl`.
 *
 * @since 0.1.0
 * @category models
 */
export type AdtlEntry = Label | LabeledText | OtherEntry

/**
 * What a `LIST adtl` says, in the order of the file.
 *
 * @since 0.1.0
 * @category models
 */
export interface AdtlList {
  /** The entries. */
  readonly entries: ReadonlyArray<AdtlEntry>
  /** Up to 7 bytes behind the last entry, too few for another. */
  readonly rest?: Uint8Array | undefined
}

/**
 * `LIST adtl`: names of cue points, and texts about them. The bytes are those of the whole list, beginning with `adtl`.
 *
 * @since 0.1.0
 * @category codecs
 */
export const adtlList: (byteOrder?: Riff.ByteOrder) => Schema.Schema<AdtlList, Uint8Array> = schemasOf(
  codecs["LIST:adtl"],
  "LIST adtl"
)

// ---------------------------------------------------------------------------------------------------------------------
// cue
// ---------------------------------------------------------------------------------------------------------------------

/**
 * A place in the samples.
 *
 * @since 0.1.0
 * @category models
 */
export interface CuePoint {
  /** What labels call it by. */
  readonly id: number
  /** Where it is in the order of playing, in frames. */
  readonly position: number
  /** The chunk that holds it: `data`, or `slnt` in a `LIST wavl`. */
  readonly chunk: FourCC.FourCC
  /** Where in a `LIST wavl` that chunk begins, in bytes; else 0. */
  readonly chunkStart: number
  /** Where the block begins that holds it, in bytes from the start of the samples; 0 where a block is a frame. */
  readonly blockStart: number
  /** Where it is, in frames from the start of the block. */
  readonly sampleOffset: number
}

/**
 * What a `cue ` chunk says.
 *
 * @since 0.1.0
 * @category models
 */
export interface Cue {
  /** The cue points. */
  readonly points: ReadonlyArray<CuePoint>
  /** What is behind the known part. */
  readonly rest?: Uint8Array | undefined
}

/**
 * `cue `: places in the samples.
 *
 * @since 0.1.0
 * @category codecs
 */
export const cue: (byteOrder?: Riff.ByteOrder) => Schema.Schema<Cue, Uint8Array> = schemasOf(codecs["cue "], "cue")

// ---------------------------------------------------------------------------------------------------------------------
// smpl, inst
// ---------------------------------------------------------------------------------------------------------------------

/**
 * A stretch that a sampler plays again and again.
 *
 * @since 0.1.0
 * @category models
 */
export interface Loop {
  /** The id, which may be that of a cue point. */
  readonly id: number
  /** Which way it is played; a number where it has no name. */
  readonly type: "forward" | "alternating" | "backward" | number
  /** The first frame that belongs to it. */
  readonly start: number
  /** The last frame that belongs to it. */
  readonly end: number
  /** Where between two frames it ends, in parts of 2 to the power of 32. */
  readonly fraction: number
  /** How many times it is played; 0 for without end. */
  readonly playCount: number
}

/**
 * What a `smpl` chunk says.
 *
 * @since 0.1.0
 * @category models
 */
export interface Sampler {
  /** The maker of the sampler that it is for, by a number of the MIDI Manufacturers Association; 0 for any. */
  readonly manufacturer: number
  /** The sampler that it is for, by a number of its maker; 0 for any. */
  readonly product: number
  /** How long a frame takes, in nanoseconds. */
  readonly samplePeriod: number
  /** The MIDI note that it sounds as where nothing is changed, from 0 to 127; 60 is the middle C. */
  readonly midiUnityNote: number
  /** How much higher than that note it is, in parts of a semitone of which there are 2 to the power of 32. */
  readonly midiPitchFraction: number
  /** How many frames the SMPTE time below counts in a second: 24, 25, 29 (30 with dropped ones) or 30; 0 for no such time. */
  readonly smpteFormat: number
  /** The SMPTE time of the first frame: hours (signed), minutes, seconds and frames, one byte each, from the highest on. */
  readonly smpteOffset: number
  /** The loops. */
  readonly loops: ReadonlyArray<Loop>
  /** What the maker adds. */
  readonly samplerData: Uint8Array
  /** What is behind the known part. */
  readonly rest?: Uint8Array | undefined
}

/**
 * `smpl`: how a sampler plays it.
 *
 * @since 0.1.0
 * @category codecs
 */
export const smpl: (byteOrder?: Riff.ByteOrder) => Schema.Schema<Sampler, Uint8Array> = schemasOf(codecs.smpl, "smpl")

/**
 * What an `inst` chunk says.
 *
 * @since 0.1.0
 * @category models
 */
export interface Instrument {
  /** The MIDI note that it sounds as where nothing is changed. */
  readonly unshiftedNote: number
  /** By how much to shift the pitch, in cents, from -50 to 50. */
  readonly fineTune: number
  /** How much louder to play it, in decibels. */
  readonly gain: number
  /** The lowest MIDI note that it is for. */
  readonly lowNote: number
  /** The highest MIDI note that it is for. */
  readonly highNote: number
  /** The lowest MIDI velocity that it is for. */
  readonly lowVelocity: number
  /** The highest MIDI velocity that it is for. */
  readonly highVelocity: number
  /** What is behind the known part. */
  readonly rest?: Uint8Array | undefined
}

/**
 * `inst`: which notes of an instrument it is for.
 *
 * @since 0.1.0
 * @category codecs
 */
export const inst: (byteOrder?: Riff.ByteOrder) => Schema.Schema<Instrument, Uint8Array> = schemasOf(
  codecs.inst,
  "inst"
)

// ---------------------------------------------------------------------------------------------------------------------
// bext
// ---------------------------------------------------------------------------------------------------------------------

/**
 * What a `bext` chunk of version 0 says. Its texts have room for 256, 32, 32, 10 and 8 bytes, but for the last, which is as long as it is.
 *
 * @since 0.1.0
 * @category models
 */
export interface BextV0 {
  readonly _tag: "BextV0"
  /** What the recording is. */
  readonly description: Text
  /** Who made it. */
  readonly originator: Text
  /** What its maker calls it by. */
  readonly originatorReference: Text
  /** On which day it was made, as `yyyy-mm-dd`. */
  readonly originationDate: Text
  /** When on that day it was made, as `hh:mm:ss`. */
  readonly originationTime: Text
  /** When its first frame was, in frames from midnight; a bigint, as it has 64 bits. */
  readonly timeReference: bigint
  /** The version of the chunk. */
  readonly version: 0
  /** 254 bytes, to be zero. */
  readonly reserved: Uint8Array
  /** What was done to the samples, a line each. */
  readonly codingHistory: Text
}

/**
 * What a `bext` chunk of version 1 says.
 *
 * @since 0.1.0
 * @category models
 */
export interface BextV1 extends Omit<BextV0, "_tag" | "version"> {
  readonly _tag: "BextV1"
  /** The version of the chunk. */
  readonly version: 1
  /** The identifier of the material by SMPTE 330M, 64 bytes: a short one is followed by 32 zeros. */
  readonly umid: Uint8Array
  /** 190 bytes, to be zero. */
  readonly reserved: Uint8Array
}

/**
 * What a `bext` chunk of version 2 says, and of a later one, as far as it is known.
 *
 * @since 0.1.0
 * @category models
 */
export interface BextV2 extends Omit<BextV1, "_tag" | "version"> {
  readonly _tag: "BextV2"
  /** The version of the chunk, at least 2. */
  readonly version: number
  /** How loud it is. */
  readonly loudness: Loudness
  /** 180 bytes, to be zero. */
  readonly reserved: Uint8Array
}

/**
 * How loud a recording is, by EBU R 128: each in hundredths of its unit, as integers of 16 bits; 32767 for what nobody measured.
 *
 * @since 0.1.0
 * @category models
 */
export interface Loudness {
  /** The integrated loudness, in 0.01 LUFS. */
  readonly value: number
  /** The loudness range, in 0.01 LU. */
  readonly range: number
  /** The highest true peak, in 0.01 dBTP. */
  readonly maxTruePeak: number
  /** The highest momentary loudness, in 0.01 LUFS. */
  readonly maxMomentary: number
  /** The highest short-term loudness, in 0.01 LUFS. */
  readonly maxShortTerm: number
}

/**
 * What a `bext` chunk says.
 *
 * @since 0.1.0
 * @category models
 */
export type Bext = BextV0 | BextV1 | BextV2

/**
 * `bext`: what broadcasters write of a recording (EBU Tech 3285).
 *
 * @since 0.1.0
 * @category codecs
 */
export const bext: (byteOrder?: Riff.ByteOrder) => Schema.Schema<Bext, Uint8Array> = schemasOf(codecs.bext, "bext")

// ---------------------------------------------------------------------------------------------------------------------
// ds64
// ---------------------------------------------------------------------------------------------------------------------

/**
 * The size of a chunk that 32 bits have no room for.
 *
 * @since 0.1.0
 * @category models
 */
export interface Ds64Entry {
  /** The id of the chunk. */
  readonly id: FourCC.FourCC
  /** The size of its data, in bytes. */
  readonly size: bigint
}

/**
 * What a `ds64` chunk says: numbers of 64 bits, as bigints, since damaged files have any.
 *
 * @since 0.1.0
 * @category models
 */
export interface Ds64 {
  /** The size of the `RF64` chunk, in bytes. */
  readonly riffSize: bigint
  /** The size of the `data` chunk, in bytes. */
  readonly dataSize: bigint
  /** What `fact` says, in frames. */
  readonly sampleCount: bigint
  /** The sizes of other chunks. */
  readonly table: ReadonlyArray<Ds64Entry>
  /** What is behind the known part. */
  readonly rest?: Uint8Array | undefined
}

/**
 * `ds64`: the sizes of an RF64 or BW64 file (EBU Tech 3306).
 *
 * @since 0.1.0
 * @category codecs
 */
export const ds64: (byteOrder?: Riff.ByteOrder) => Schema.Schema<Ds64, Uint8Array> = schemasOf(codecs.ds64, "ds64")

// ---------------------------------------------------------------------------------------------------------------------
// any chunk
// ---------------------------------------------------------------------------------------------------------------------

/**
 * What is known of chunks: their ids, with the type of a `LIST` behind a colon, and what they say.
 *
 * @since 0.1.0
 * @category models
 */
export interface Known {
  readonly "fmt ": Format
  readonly fact: Fact
  readonly "cue ": Cue
  readonly smpl: Sampler
  readonly inst: Instrument
  readonly bext: Bext
  readonly ds64: Ds64
  readonly "LIST:INFO": InfoList
  readonly "LIST:adtl": AdtlList
  /** XML about the recording. */
  readonly iXML: Uint8Array
  /** XMP. */
  readonly _PMX: Uint8Array
  /** ID3v2. */
  readonly "ID3 ": Uint8Array
  /** ID3v2. */
  readonly "id3 ": Uint8Array
}

/**
 * A chunk that is known, decoded.
 *
 * @since 0.1.0
 * @category models
 */
export type KnownChunk<K extends keyof Known = keyof Known> = {
  readonly [P in K]: { readonly _tag: P; readonly value: Known[P] }
}[K]

/**
 * A chunk that is left as it is.
 *
 * @since 0.1.0
 * @category models
 */
export interface UnknownChunk {
  readonly _tag: "unknown"
  /** The id. */
  readonly id: FourCC.FourCC
  /** The form type of a `RIFF`, the list type of a `LIST`. */
  readonly type: Option.Option<FourCC.FourCC>
  /** The data, with the type. */
  readonly bytes: Uint8Array
}

/**
 * A chunk, decoded if it is known.
 *
 * @since 0.1.0
 * @category models
 */
export type Chunk = KnownChunk | UnknownChunk

const raw = (): Schema.Schema<Uint8Array> => Schema.Uint8ArrayFromSelf

/**
 * The codecs of all chunks that are known, by their ids; `iXML`, `_PMX` and `ID3 ` stay bytes.
 *
 * @since 0.1.0
 * @category codecs
 */
export const chunk: {
  readonly [K in keyof Known]: (byteOrder?: Riff.ByteOrder) => Schema.Schema<Known[K], Uint8Array>
} = {
  "fmt ": fmt,
  fact,
  "cue ": cue,
  smpl,
  inst,
  bext,
  ds64,
  "LIST:INFO": infoList,
  "LIST:adtl": adtlList,
  iXML: raw,
  _PMX: raw,
  "ID3 ": raw,
  "id3 ": raw
}

/**
 * The bytes of a known chunk are not what they should be.
 *
 * @since 0.1.0
 * @category errors
 */
export class MalformedChunk extends Data.TaggedError("MalformedChunk")<{
  /** The id, with the type of a `LIST` behind a colon. */
  readonly chunk: keyof Known
  /** Where, in bytes from the start of the chunk's data. */
  readonly offset: number
  /** What is wrong there, in words that complete the sentence of `message`. */
  readonly description: string
}> {
  override get message() {
    return `MalformedChunk: ${FourCC.format(this.chunk)} at ${this.offset}: ${this.description}`
  }
}

/**
 * What a chunk says, of its id, its type if it is a `LIST`, and all of its data: decoded if it is known, else its bytes. Costs less than
 * the schemas do, which also look at what comes out. The ids are those of WAVE files: other forms call other chunks `smpl` or `inst`.
 *
 * @example
 * ```ts
 * import { type FourCC, Wave } from "@effect-mmio/core"
 * import { Either, Option } from "effect"
 *
 * export const sampleRate = (id: FourCC.FourCC, bytes: Uint8Array) =>
 *   Either.map(Wave.decode({ id, type: Option.none() }, bytes), (chunk) =>
 *     chunk._tag === "fmt " ? Option.some(chunk.value.sampleRate) : Option.none())
 * ```
 *
 * @since 0.1.0
 * @category decoding
 */
export const decode = (
  chunk: { readonly id: FourCC.FourCC; readonly type: Option.Option<FourCC.FourCC> },
  bytes: Uint8Array,
  byteOrder: Riff.ByteOrder = "little"
): Either.Either<Chunk, MalformedChunk> => {
  const { id, type } = chunk
  const key = Option.isNone(type) ? id : `${id}:${type.value}`
  return isKnown(key)
    ? Either.mapLeft(
      decodeKnown(key, bytes, byteOrder === "little"),
      (malformed) => new MalformedChunk({ chunk: key, ...malformed })
    )
    : Either.right({ _tag: "unknown", id, type, bytes })
}

const isKnown = (key: string): key is keyof Known => Object.hasOwn(codecs, key)

/**
 * The bytes of a chunk: what {@link decode} takes.
 *
 * @since 0.1.0
 * @category encoding
 */
export const encode = (
  chunk: Chunk,
  byteOrder: Riff.ByteOrder = "little"
): Either.Either<Uint8Array, ParseResult.ParseError> =>
  chunk._tag === "unknown" ? Either.right(chunk.bytes) : encodeKnown(chunk, byteOrder)

const encodeKnown = <K extends keyof Known>(
  { _tag, value }: { readonly _tag: K; readonly value: Known[K] },
  byteOrder: Riff.ByteOrder
): Either.Either<Uint8Array, ParseResult.ParseError> => {
  const schemas: { readonly [P in K]: (byteOrder?: Riff.ByteOrder) => Schema.Schema<Known[P], Uint8Array> } = chunk
  return Schema.encodeEither(schemas[_tag](byteOrder))(value)
}

// ---------------------------------------------------------------------------------------------------------------------
// files
// ---------------------------------------------------------------------------------------------------------------------

/**
 * The chunk of the samples.
 *
 * @since 0.1.0
 * @category models
 */
export interface DataChunk {
  /** The chunk: its samples begin at its `dataOffset`. */
  readonly chunk: Riff.FoundChunk
  /** How many bytes of samples there are: in a file that was cut off, or written into a pipe, not as many as the chunk declares. */
  readonly available: number
}

/**
 * A cue point, and what is said about it.
 *
 * @since 0.1.0
 * @category models
 */
export interface LabeledCuePoint extends CuePoint {
  /** Its names, the comments on it, and the texts about the samples from it on, in the order of the file. */
  readonly labels: ReadonlyArray<Label | LabeledText>
}

/**
 * A known chunk whose bytes are not what they should be.
 *
 * @since 0.1.0
 * @category models
 */
export interface MalformedPart {
  /** The chunk. */
  readonly chunk: Riff.FoundChunk
  /** Its data, as much as is there. */
  readonly bytes: Uint8Array
  /** Where it is wrong, in bytes from the start of the chunk's data. */
  readonly offset: number
  /** What is wrong there. */
  readonly description: string
}

/**
 * What a WAVE file says of itself.
 *
 * @since 0.1.0
 * @category models
 */
export interface Info {
  /** The `RIFF` that is a WAVE, or the relative of it. */
  readonly form: Riff.FoundChunk
  /** How the samples are laid out. */
  readonly format: Format
  /** Where the samples are; none if there is no `data` chunk. */
  readonly data: Option.Option<DataChunk>
  /**
   * How many frames there are. Where {@link framesIn} knows, they are counted from the bytes that are really there, whatever the headers
   * say; otherwise they are those of `fact`, if nothing of the samples is missing.
   */
  readonly frames: Option.Option<number>
  /** How long the frames last, to the nanosecond; none if their number or the sample rate is not known. */
  readonly duration: Option.Option<Duration.Duration>
  /** How many frames `fact` counts, with 64 bits in RF64, BW64 and Wave64. Of compressed formats that may be fewer than the blocks hold. */
  readonly factSamples: Option.Option<number>
  /** The tags of every `LIST INFO`, in the order of the file; in Wave64, of every `list` of that type, with the first four bytes of the GUIDs as ids. */
  readonly tags: ReadonlyArray<InfoTag>
  /** The cue points, in the order of the file, each with its labels. */
  readonly cuePoints: ReadonlyArray<LabeledCuePoint>
  /** What a broadcaster says of the recording. */
  readonly bext: Option.Option<Bext>
}

/**
 * What a WAVE file says of itself, as far as it can be read.
 *
 * @since 0.1.0
 * @category models
 */
export interface LenientInfo extends Omit<Info, "format"> {
  /** How the samples are laid out; none if `fmt ` is missing or malformed. */
  readonly format: Option.Option<Format>
  /** The chunks that could not be decoded, as bytes, in the order of the file. */
  readonly malformed: ReadonlyArray<MalformedPart>
}

/**
 * What reading a WAVE file can fail with.
 *
 * @since 0.1.0
 * @category errors
 */
export type InfoError<A extends Mmio.Readable> =
  | MmioError.CannotSeek
  | MmioError.InvalidFile
  | MmioError.OutOfMemory
  | Mmio.ReadError<A>

/**
 * What a WAVE file says of itself, in one operation that reads the headers of its chunks and those with metadata, before and behind the
 * samples, but never the samples. It needs memory for the metadata. The position of the handle stays where it is.
 *
 * The file is walked through leniently, as `Riff.tree` can do it: it may be cut off, its sizes may be those of a writer that could not come
 * back to correct them, and what is there is read; `Riff.verify` says what is wrong with them. Of several WAVE forms it reads the first.
 *
 * Fails with `InvalidFile`, whose position says where, if there is no WAVE in it; if it goes beyond `RiffLimits`, of which `bytes` is for all
 * metadata together; and if there is no `fmt `, or a chunk that it reads is malformed or cut off. With `lenient` such a chunk stays bytes
 * instead. Fails with `CannotSeek` if the storage cannot tell how long the file is.
 *
 * @example
 * ```ts
 * import { type Mmio, Wave } from "@effect-mmio/core"
 * import { Effect } from "effect"
 *
 * export const title = (file: Mmio.ReadHandle) =>
 *   Effect.map(Wave.info(file), ({ duration, tags }) => ({
 *     title: tags.find(({ id }) => id === "INAM")?.text,
 *     duration
 *   }))
 * ```
 *
 * @since 0.1.0
 * @category files
 */
export function info<A extends Mmio.Readable>(
  self: Mmio.Handle<A>,
  options: { readonly lenient: true }
): Effect.Effect<LenientInfo, InfoError<A>>
export function info<A extends Mmio.Readable>(
  self: Mmio.Handle<A>,
  options?: { readonly lenient?: false | undefined }
): Effect.Effect<Info, InfoError<A>>
export function info(self: Mmio.ReadHandle, options?: { readonly lenient?: boolean | undefined }) {
  // The tool compares the errors with those of the signatures above, whose type parameter it leaves as it is.
  // @effect-diagnostics-next-line missingEffectError:off
  return infos.info(implementation(self), options?.lenient ?? false)
}

/**
 * The samples as a stream of whole blocks, that is, of whole frames where the format is not compressed: every chunk of the stream has a
 * multiple of the format's block align. It ends with the samples that are really there, without an incomplete block.
 *
 * The stream reads as it goes, in constant memory, and has a place of its own, as that of `Mmio.stream`.
 *
 * Fails as {@link info} does, but that of the metadata it reads `fmt ` only: that one has to be there, with a block align that is not 0, and
 * `data` as well. Fails with `InvalidParameter` for a chunk size that is none.
 *
 * @example
 * ```ts
 * import { type Mmio, Wave } from "@effect-mmio/core"
 * import { Stream } from "effect"
 *
 * // the loudest sample of 16 bits
 * export const peak = (file: Mmio.ReadHandle) =>
 *   Stream.runFold(Wave.blocks(file), 0, (peak, bytes) => {
 *     const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
 *     for (let i = 0; i < bytes.length; i += 2) peak = Math.max(peak, Math.abs(view.getInt16(i, true)))
 *     return peak
 *   })
 * ```
 *
 * @since 0.1.0
 * @category files
 */
export const blocks = <A extends Mmio.Readable>(
  self: Mmio.Handle<A>,
  options?: {
    /** How many bytes a chunk has at most, unless a block has more. Default: 64 KiB. */
    readonly chunkSize?: number | undefined
  }
): Stream.Stream<Uint8Array, InfoError<A> | MmioError.InvalidParameter> =>
  infos.blocks(implementation(self), options?.chunkSize)
