/**
 * WAVE files: what they say of themselves, their samples, and codecs between the bytes of their chunks and data.
 *
 * {@link info} reads what a file says, and {@link blocks} its samples: of RIFF, RIFX, RF64, BW64 and Wave64.
 *
 * A codec is a `Schema` whose encoded side is the data of a chunk: all of it, with the type of a `LIST`, without its
 * header and its pad byte. Numbers are of the byte order of the file: little-endian, but big-endian in a `RIFX`.
 *
 * **Nothing is lost.** What decodes encodes to the same bytes. What a codec does not know stays as it is: bytes after
 * the known part in `rest`, format tags and loop types without a name as numbers, chunks of a list in the order that
 * they have. A field that says something unusual, such as `rest`, is absent where there is nothing of the kind. Values
 * to write are made by `Bext.make` and the like, which have defaults for all that is not said.
 *
 * **Nothing is trusted.** A count or a size that the chunk has no room for is a decode failure, before anything is
 * allocated by it. The path of the failure is the offset in the chunk's data, as these bytes are an array;
 * {@link decode} gives it as a number. A chunk has at most as many entries as `RiffLimits.defaults` says.
 *
 * **One bad part costs that part.** {@link decodeLenient} and the lenient {@link info} give all that can be understood,
 * with a `WaveProblem` for each thing that is wrong.
 *
 * @since 0.1.0
 */
import type * as Brand from "effect/Brand"
import * as Data from "effect/Data"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import { dual } from "effect/Function"
import * as Option from "effect/Option"
import type * as ParseResult from "effect/ParseResult"
import * as Schema from "effect/Schema"
import type * as Stream from "effect/Stream"
import * as FourCC from "./FourCC.js"
import { hasHandle } from "./internal/dataFirst.js"
import { implementation } from "./internal/handle/implementation.js"
import { traced } from "./internal/observe.js"
import * as samples from "./internal/wave/blocks.js"
import { schemasOf } from "./internal/wave/codec.js"
import { codecs, decodeKnown, understand } from "./internal/wave/codecs.js"
import { codecNames, formatTags } from "./internal/wave/formatTags.js"
import * as frames from "./internal/wave/frames.js"
import * as infos from "./internal/wave/info.js"
import * as make from "./internal/wave/make.js"
import { Reading } from "./internal/wave/reading.js"
import * as subFormats from "./internal/wave/subFormats.js"
import type * as Mmio from "./Mmio.js"
import type * as MmioError from "./MmioError.js"
import type * as Riff from "./Riff.js"
import { WaveProblem } from "./WaveProblem.js"

// ---------------------------------------------------------------------------------------------------------------------
// fmt
// ---------------------------------------------------------------------------------------------------------------------

/**
 * The format tags that have a name here (`WAVE_FORMAT_PCM`, `_ADPCM`, `_IEEE_FLOAT`, `_ALAW`, `_MULAW`, `_DVI_ADPCM`,
 * `_GSM610`, `_MPEG`, `_MPEGLAYER3`, `_EXTENSIBLE`).
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
  /** One byte after the known part; two would be the bits per sample. */
  readonly rest?: Uint8Array | undefined
}

/**
 * A `fmt ` chunk of 16 bytes (`PCMWAVEFORMAT`), or one of PCM that is longer: of PCM, and of nothing else, Microsoft
 * has the size of extra bytes ignored, so that there it is the beginning of `rest`.
 *
 * @since 0.1.0
 * @category models
 */
export interface PcmWaveFormat extends Omit<WaveFormat, "_tag"> {
  readonly _tag: "PcmWaveFormat"
  /** How many bits a sample takes. */
  readonly bitsPerSample: number
  /** What follows the known part: at most one byte, if the samples are not PCM. */
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
  /** What follows the extra bytes. */
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
 * What {@link Format.make} needs to know.
 *
 * @since 0.1.0
 * @category models
 */
export interface FormatOptions {
  /** How many channels there are. */
  readonly channels: number
  /** How many frames make a second. */
  readonly sampleRate: number
  /** How samples are coded. Default: `"pcm"`. */
  readonly codec?: "pcm" | "ieeeFloat" | "aLaw" | "muLaw" | undefined
  /** How many bits a sample takes. Default: 16 of PCM, 32 of floats, 8 of A-law and mu-law. */
  readonly bitsPerSample?: number | undefined
  /** How many bits of a sample say something. Default: all. */
  readonly validBitsPerSample?: number | undefined
  /** Which speakers the channels belong to. Default: what is usual for so many channels. */
  readonly channelMask?: number | undefined
}

/**
 * Makes the format of uncompressed samples, an extensible one where Microsoft asks for it: for more than two channels,
 * for PCM of more than 16 bits, and where speakers or valid bits are given.
 *
 * @example
 * ```ts
 * import { Wave } from "@effect-mmio/core"
 *
 * export const surround = Wave.Format.make({ channels: 6, sampleRate: 48000, bitsPerSample: 24 })
 * ```
 *
 * @since 0.1.0
 * @category constructors
 */
export const Format: { readonly make: (options: FormatOptions) => Format } = { make: make.format }

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
 * How the samples are coded: the format tag; of an extensible format the tag that its sub-format holds, or the
 * sub-format where it holds none. Sub-formats of ambisonic recordings hold a tag too, and so do those of RIFX in which
 * a writer swapped the first two bytes only, as SoX does.
 *
 * @since 0.1.0
 * @category format
 */
export const codecOf: (format: Format) => FormatTag | Guid = subFormats.codecOf

/**
 * What people call a codec, by the registered format tags: `"MPEG Layer 3"` for `"mpegLayer3"`; none for a format tag
 * or a sub-format that is not registered.
 *
 * @example
 * ```ts
 * import { Wave } from "@effect-mmio/core"
 *
 * export const nameOf = (format: Wave.Format) => Wave.codecName(Wave.codecOf(format))
 * ```
 *
 * @since 0.1.0
 * @category format
 */
export const codecName = (codec: FormatTag | Guid): Option.Option<string> => {
  const tag = typeof codec === "number" || isFormatTag(codec) ? codec : subFormats.tagOf(codec)
  return tag === undefined
    ? Option.none()
    : Option.fromNullable(codecNames.get(typeof tag === "number" ? tag : formatTags[tag]))
}

const isFormatTag = (codec: KnownFormatTag | Guid): codec is KnownFormatTag => Object.hasOwn(formatTags, codec)

/**
 * The sub-format of a format tag (`KSDATAFORMAT_SUBTYPE_PCM` for `"pcm"`); none for an invalid number.
 *
 * @since 0.1.0
 * @category format
 */
export const subFormat: (formatTag: FormatTag) => Option.Option<Guid> = subFormats.subFormat

/**
 * How many frames (samples of every channel) so many bytes of sample data hold.
 *
 * Of PCM, floats, A-law and mu-law the channels and the bits per sample say how many bytes a frame has, whatever the
 * block align says; an incomplete frame at the end does not count. Of MS ADPCM, IMA ADPCM and GSM 6.10 a block has as
 * many as its size has room for, and a short block at the end as many as decoders find in it. Of MPEG layer 1 to 3 and
 * AC-3 blocks are counted where the size of a block agrees with the bytes per second. None for all else, and where the
 * format has no blocks to count: a block align of 0, a block too small for the header that each of its channels has, no
 * channels.
 *
 * Throws `InvalidParameter` for an invalid number of bytes: one that is negative, has a fraction, or is not a number.
 *
 * @since 0.1.0
 * @category format
 */
export const framesIn: (format: Format, bytes: number) => Option.Option<number> = frames.framesIn

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
  /** What follows the known part. */
  readonly rest?: Uint8Array | undefined
}

/**
 * Makes what a `fact` chunk says. Default: 0 frames.
 *
 * @since 0.1.0
 * @category constructors
 */
export const Fact: { readonly make: (options: Partial<Fact>) => Fact } = { make: make.fact }

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
 * The encodings that texts can be read and written in, by their names in the WHATWG Encoding Standard: UTF-8, and those
 * of the code pages of Windows that a `CSET` chunk can name.
 *
 * @since 0.1.0
 * @category models
 */
export type TextEncoding = "utf-8" | OtherEncoding

/**
 * The encodings but for UTF-8.
 *
 * @since 0.1.0
 * @category models
 */
export type OtherEncoding =
  | "big5"
  | "euc-jp"
  | "euc-kr"
  | "gb18030"
  | "gbk"
  | "ibm866"
  | "iso-8859-15"
  | "iso-8859-2"
  | "iso-8859-5"
  | "iso-8859-7"
  | "koi8-r"
  | "koi8-u"
  | "macintosh"
  | "shift_jis"
  | "windows-1250"
  | "windows-1251"
  | "windows-1252"
  | "windows-1253"
  | "windows-1254"
  | "windows-1255"
  | "windows-1256"
  | "windows-1257"
  | "windows-1258"
  | "windows-874"

/**
 * A text in a chunk; it ends before the first zero. Its bytes are read in the encoding that the caller or a `CSET`
 * chunk gives; else as UTF-8 where that is what they are, damaged or not, else as windows-1252, in which every byte is
 * a character. A byte that is invalid costs one character, which is U+FFFD in the text; a character that is cut off at
 * the end is left out.
 *
 * A text is written in the encoding that it was read in. One that this encoding does not have, or whose bytes would be
 * taken for another text, is written in UTF-8, but where the caller gives an encoding, it is refused. A text with a
 * zero in it is always refused.
 *
 * @since 0.1.0
 * @category models
 */
export interface Text {
  /** The text. */
  readonly text: string
  /** The encoding of its bytes, if that is not UTF-8. */
  readonly encoding?: OtherEncoding | undefined
  /**
   * The bytes that it was read from, where it would be written with others. They are written again unless `text` was
   * changed.
   */
  readonly bytes?: Uint8Array | undefined
  /**
   * What follows the text, from the zero on that ends it. Default: what is usual there. That is one zero in `INFO`,
   * `labl` and `note`; nothing in `ltxt`, the coding history of `bext`, the tag text of `cart` and chunks of XML; and
   * zeros to the end of the field in the other texts, where the zeros at the end are left out of `trailing` too.
   */
  readonly trailing?: Uint8Array | undefined
}

/**
 * What is in the place of the pad byte of a chunk of odd size: a byte from 1 to 255, or nothing, which can only be at
 * the end of a list.
 *
 * @since 0.1.0
 * @category models
 */
export type Pad = number | "missing"

/**
 * A tag: a text about the file, and what it is about, such as `INAM` (the title), `IART` (the artist) and `ICMT` (a
 * comment).
 *
 * @since 0.1.0
 * @category models
 */
export interface InfoTag extends Text {
  /** What the text is about. */
  readonly id: FourCC.FourCC
  /** What is in the place of the pad byte. Default: a zero, if the size is odd. */
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
  /** Up to 7 bytes after the last tag, too few for another. */
  readonly rest?: Uint8Array | undefined
}

/**
 * Makes a list of tags from texts by their ids, in the order of the record.
 *
 * @example
 * ```ts
 * import { Wave } from "@effect-mmio/core"
 *
 * export const tags = Wave.InfoList.make({ INAM: "Birds", IART: "Anna" })
 * ```
 *
 * @since 0.1.0
 * @category constructors
 */
export const InfoList: { readonly make: (tags: Readonly<Record<string, string | Text>>) => InfoList } = {
  make: make.infoList
}

/**
 * `LIST INFO`: the tags. The bytes are those of the whole list, beginning with `INFO`: write them as the data of a
 * chunk `LIST`. All texts are in the encoding, if one is given.
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
export const infoList: (
  byteOrder?: Riff.ByteOrder,
  encoding?: TextEncoding
) => Schema.Schema<InfoList, Uint8Array> = schemasOf(codecs["LIST:INFO"], "LIST INFO")

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
  /** What is in the place of the pad byte. Default: a zero, if the size is odd. */
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
  /** What is in the place of the pad byte. Default: a zero, if the size is odd. */
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
  /** What is in the place of the pad byte. Default: a zero, if the size is odd. */
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
  /** Up to 7 bytes after the last entry, too few for another. */
  readonly rest?: Uint8Array | undefined
}

/**
 * What {@link AdtlList.make} needs to know.
 *
 * @since 0.1.0
 * @category models
 */
export interface AdtlOptions {
  /** The names of cue points. */
  readonly labels?: ReadonlyArray<{ readonly cue: number; readonly text: string | Text }> | undefined
  /** The comments on cue points. */
  readonly notes?: ReadonlyArray<{ readonly cue: number; readonly text: string | Text }> | undefined
  /**
   * The texts about the samples from cue points on. Default: for a region (`rgn `), of no country, language, dialect
   * and code page.
   */
  readonly texts?:
    | ReadonlyArray<
      & Pick<LabeledText, "cue" | "length">
      & Partial<Pick<LabeledText, "purpose" | "country" | "language" | "dialect" | "codePage">>
      & { readonly text?: string | Text | undefined }
    >
    | undefined
}

/**
 * Makes a list of labels: the names first, then the comments, then the texts.
 *
 * @since 0.1.0
 * @category constructors
 */
export const AdtlList: { readonly make: (options: AdtlOptions) => AdtlList } = { make: make.adtlList }

/**
 * `LIST adtl`: names of cue points, and texts about them. The bytes are those of the whole list, beginning with `adtl`.
 *
 * @since 0.1.0
 * @category codecs
 */
export const adtlList: (
  byteOrder?: Riff.ByteOrder,
  encoding?: TextEncoding
) => Schema.Schema<AdtlList, Uint8Array> = schemasOf(codecs["LIST:adtl"], "LIST adtl")

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
  /** What follows the known part. */
  readonly rest?: Uint8Array | undefined
}

/**
 * What {@link Cue.make} needs to know of a point. Default: of the chunk `data`, where a block is a frame.
 *
 * @since 0.1.0
 * @category models
 */
export type CuePointOptions = Pick<CuePoint, "id" | "position"> & Partial<CuePoint>

/**
 * Makes what a `cue ` chunk says.
 *
 * @since 0.1.0
 * @category constructors
 */
export const Cue: { readonly make: (options: { readonly points: ReadonlyArray<CuePointOptions> }) => Cue } = {
  make: make.cue
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
  /**
   * How many frames the SMPTE time below counts in a second: 24, 25, 29 (30 with dropped ones) or 30; 0 for no such
   * time.
   */
  readonly smpteFormat: number
  /**
   * The SMPTE time of the first frame: hours (signed), minutes, seconds and frames, one byte each, from the highest on.
   */
  readonly smpteOffset: number
  /** The loops. */
  readonly loops: ReadonlyArray<Loop>
  /** What the maker adds. */
  readonly samplerData: Uint8Array
  /** What follows the known part. */
  readonly rest?: Uint8Array | undefined
}

/**
 * What {@link Sampler.make} needs to know. Default: of any sampler, the middle C, without a SMPTE time and loops; a
 * loop plays forward and without end, and its id is its index.
 *
 * @since 0.1.0
 * @category models
 */
export type SamplerOptions = Partial<Omit<Sampler, "loops">> & {
  readonly loops?: ReadonlyArray<Pick<Loop, "start" | "end"> & Partial<Loop>> | undefined
}

/**
 * Makes what a `smpl` chunk says.
 *
 * @since 0.1.0
 * @category constructors
 */
export const Sampler: { readonly make: (options: SamplerOptions) => Sampler } = { make: make.sampler }

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
  /** What follows the known part. */
  readonly rest?: Uint8Array | undefined
}

/**
 * Makes what an `inst` chunk says. Default: the middle C, for every note and velocity, unchanged.
 *
 * @since 0.1.0
 * @category constructors
 */
export const Instrument: { readonly make: (options: Partial<Instrument>) => Instrument } = { make: make.instrument }

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
 * What a `bext` chunk of version 0 says. Its texts have room for 256, 32, 32, 10 and 8 bytes, but for the last, which
 * is as long as it is.
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
 * How loud a recording is, by EBU R 128: each in hundredths of its unit, as integers of 16 bits; 32767 for what was not
 * measured.
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
 * What {@link Bext.make} needs to know. Default: empty texts, and zeros.
 *
 * @since 0.1.0
 * @category models
 */
export interface BextOptions {
  /** What the recording is. */
  readonly description?: string | Text | undefined
  /** Who made it. */
  readonly originator?: string | Text | undefined
  /** What its maker calls it by. */
  readonly originatorReference?: string | Text | undefined
  /** On which day it was made, as `yyyy-mm-dd`. */
  readonly originationDate?: string | Text | undefined
  /** When on that day it was made, as `hh:mm:ss`. */
  readonly originationTime?: string | Text | undefined
  /** When its first frame was, in frames from midnight: a bigint, or an integer. */
  readonly timeReference?: bigint | number | undefined
  /** The identifier of the material by SMPTE 330M, 64 bytes. */
  readonly umid?: Uint8Array | undefined
  /** How loud it is: makes it a `bext` of version 2, else it is of version 1. What is left out was not measured. */
  readonly loudness?: Partial<Loudness> | undefined
  /** What was done to the samples, a line each. */
  readonly codingHistory?: string | Text | undefined
}

/**
 * Makes what a `bext` chunk says. Throws a `RangeError` for a time reference that is no integer.
 *
 * @example
 * ```ts
 * import { Wave } from "@effect-mmio/core"
 *
 * export const bext = Wave.Bext.make({ description: "Birds", originationDate: "2024-01-02" })
 * ```
 *
 * @since 0.1.0
 * @category constructors
 */
export const Bext: { readonly make: (options: BextOptions) => Bext } = { make: make.bext }

/**
 * `bext`: what broadcasters write of a recording (EBU Tech 3285).
 *
 * @since 0.1.0
 * @category codecs
 */
export const bext: (
  byteOrder?: Riff.ByteOrder,
  encoding?: TextEncoding
) => Schema.Schema<Bext, Uint8Array> = schemasOf(codecs.bext, "bext")

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
  /** What follows the known part. */
  readonly rest?: Uint8Array | undefined
}

/**
 * Makes what a `ds64` chunk says. Default: zeros, and no sizes of other chunks.
 *
 * @since 0.1.0
 * @category constructors
 */
export const Ds64: { readonly make: (options: Partial<Ds64>) => Ds64 } = { make: make.ds64 }

/**
 * `ds64`: the sizes of an RF64 or BW64 file (EBU Tech 3306).
 *
 * @since 0.1.0
 * @category codecs
 */
export const ds64: (byteOrder?: Riff.ByteOrder) => Schema.Schema<Ds64, Uint8Array> = schemasOf(codecs.ds64, "ds64")

// ---------------------------------------------------------------------------------------------------------------------
// CSET
// ---------------------------------------------------------------------------------------------------------------------

/**
 * What a `CSET` chunk says: which characters and which language the texts of the file are in, by numbers of Windows.
 *
 * @since 0.1.0
 * @category models
 */
export interface CharacterSet {
  /** The code page: 65001 for UTF-8; 0 for none in particular. */
  readonly codePage: number
  /** The country, by its telephone code. */
  readonly country: number
  /** The language. */
  readonly language: number
  /** The dialect. */
  readonly dialect: number
  /** What follows the known part. */
  readonly rest?: Uint8Array | undefined
}

/**
 * Makes what a `CSET` chunk says. Default: UTF-8, of no country and language.
 *
 * @since 0.1.0
 * @category constructors
 */
export const CharacterSet: { readonly make: (options: Partial<CharacterSet>) => CharacterSet } = {
  make: make.characterSet
}

/**
 * `CSET`: which characters the texts are in.
 *
 * @since 0.1.0
 * @category codecs
 */
export const cset: (byteOrder?: Riff.ByteOrder) => Schema.Schema<CharacterSet, Uint8Array> = schemasOf(
  codecs.CSET,
  "CSET"
)

// ---------------------------------------------------------------------------------------------------------------------
// PEAK
// ---------------------------------------------------------------------------------------------------------------------

/**
 * The loudest sample of a channel.
 *
 * @since 0.1.0
 * @category models
 */
export interface Peak {
  /** How loud it is, where 1 is the loudest that integers can say; a number of 32 bits. */
  readonly value: number
  /** Where it is, in frames. */
  readonly position: number
}

/**
 * What a `PEAK` chunk says.
 *
 * @since 0.1.0
 * @category models
 */
export interface Peaks {
  /** The version of the chunk. */
  readonly version: number
  /** When it was written, in seconds since 1970. */
  readonly timestamp: number
  /** The loudest sample of each channel. */
  readonly peaks: ReadonlyArray<Peak>
  /** What follows the known part. */
  readonly rest?: Uint8Array | undefined
}

/**
 * Makes what a `PEAK` chunk says. Default: version 1, of 1970, without channels.
 *
 * @since 0.1.0
 * @category constructors
 */
export const Peaks: { readonly make: (options: Partial<Peaks>) => Peaks } = { make: make.peaks }

/**
 * `PEAK`: the loudest sample of each channel, as writers of floating-point samples leave it.
 *
 * @since 0.1.0
 * @category codecs
 */
export const peak: (byteOrder?: Riff.ByteOrder) => Schema.Schema<Peaks, Uint8Array> = schemasOf(codecs.PEAK, "PEAK")

// ---------------------------------------------------------------------------------------------------------------------
// acid
// ---------------------------------------------------------------------------------------------------------------------

/**
 * What an `acid` chunk says, as far as it is known.
 *
 * @since 0.1.0
 * @category models
 */
export interface Acid {
  /**
   * What kind of loop it is, one bit each: 1 for one shot, 2 for a root note that is set, 4 for stretched, 8 for based
   * on the disk.
   */
  readonly flags: number
  /** The MIDI note that it sounds as. */
  readonly rootNote: number
  /** Not known; usually 0x8000. */
  readonly unknown1: number
  /** Not known; usually 0. A number of 32 bits. */
  readonly unknown2: number
  /** How many beats it has. */
  readonly beats: number
  /** The lower number of its meter. */
  readonly meterDenominator: number
  /** The upper number of its meter. */
  readonly meterNumerator: number
  /** How many beats make a minute; a number of 32 bits. */
  readonly tempo: number
  /** What follows the known part. */
  readonly rest?: Uint8Array | undefined
}

/**
 * Makes what an `acid` chunk says. Default: a loop of the middle C, without beats, in 4/4, 120 beats a minute.
 *
 * @since 0.1.0
 * @category constructors
 */
export const Acid: { readonly make: (options: Partial<Acid>) => Acid } = { make: make.acid }

/**
 * `acid`: how fast a loop is.
 *
 * @since 0.1.0
 * @category codecs
 */
export const acid: (byteOrder?: Riff.ByteOrder) => Schema.Schema<Acid, Uint8Array> = schemasOf(codecs.acid, "acid")

// ---------------------------------------------------------------------------------------------------------------------
// cart
// ---------------------------------------------------------------------------------------------------------------------

/**
 * A time of a `cart` chunk.
 *
 * @since 0.1.0
 * @category models
 */
export interface CartTimer {
  /**
   * What happens then, such as `SEG1` (a segue) and `AUD1` (the beginning of the sound); four zeros for a timer that is
   * not used.
   */
  readonly usage: FourCC.FourCC
  /** When, in frames from the start. */
  readonly value: number
}

/**
 * What a `cart` chunk says. Its texts have room for 64 bytes, but the version for 4, dates for 10, times for 8 and the
 * URL for 1024; the tag text is as long as it is.
 *
 * @since 0.1.0
 * @category models
 */
export interface Cart {
  /** The version of the chunk, as four digits: `0101`. */
  readonly version: Text
  /** The title. */
  readonly title: Text
  /** Who plays it. */
  readonly artist: Text
  /** What the station calls it by. */
  readonly cutId: Text
  /** What the client calls it by. */
  readonly clientId: Text
  /** What kind of content it is. */
  readonly category: Text
  /** A finer kind. */
  readonly classification: Text
  /** How it ends. */
  readonly outCue: Text
  /** From which day on it may be played, as `yyyy-mm-dd`. */
  readonly startDate: Text
  /** From when on that day, as `hh:mm:ss`. */
  readonly startTime: Text
  /** To which day it may be played. */
  readonly endDate: Text
  /** To when on that day. */
  readonly endTime: Text
  /** The program that wrote it. */
  readonly producerAppId: Text
  /** The version of that program. */
  readonly producerAppVersion: Text
  /** What the user likes to say. */
  readonly userDef: Text
  /** The sample value of the reference level, an integer of 32 bits. */
  readonly levelReference: number
  /** The eight timers. */
  readonly timers: ReadonlyArray<CartTimer>
  /** 276 bytes, to be zero. */
  readonly reserved: Uint8Array
  /** Where there is more about it. */
  readonly url: Text
  /** More about it, of no fixed length. */
  readonly tagText: Text
}

/**
 * What {@link Cart.make} needs to know: texts may be strings. Default: version 0101, empty texts, a reference level of
 * 0x8000, and timers that are not used.
 *
 * @since 0.1.0
 * @category models
 */
export type CartOptions = {
  readonly [K in keyof Cart]?: (Cart[K] extends Text ? string | Text : Cart[K]) | undefined
}

/**
 * Makes what a `cart` chunk says.
 *
 * @since 0.1.0
 * @category constructors
 */
export const Cart: { readonly make: (options: CartOptions) => Cart } = { make: make.cart }

/**
 * `cart`: how a radio station plays it (AES46).
 *
 * @since 0.1.0
 * @category codecs
 */
export const cart: (
  byteOrder?: Riff.ByteOrder,
  encoding?: TextEncoding
) => Schema.Schema<Cart, Uint8Array> = schemasOf(codecs.cart, "cart")

// ---------------------------------------------------------------------------------------------------------------------
// chna, XML
// ---------------------------------------------------------------------------------------------------------------------

/**
 * Which part of an audio definition model a track is.
 *
 * @since 0.1.0
 * @category models
 */
export interface TrackUid {
  /** The track, counted from 1. */
  readonly track: number
  /** Its `audioTrackUID`, 12 bytes. */
  readonly uid: Text
  /** Its `audioTrackFormatID` or `audioChannelFormatID`, 14 bytes. */
  readonly trackFormat: Text
  /** Its `audioPackFormatID`, 11 bytes. */
  readonly packFormat: Text
  /** A byte, to be zero. */
  readonly pad: number
}

/**
 * What a `chna` chunk says.
 *
 * @since 0.1.0
 * @category models
 */
export interface Channels {
  /** How many tracks are used. */
  readonly tracks: number
  /** What they are. */
  readonly uids: ReadonlyArray<TrackUid>
  /** What follows the known part. */
  readonly rest?: Uint8Array | undefined
}

/**
 * What {@link Channels.make} needs to know: texts may be strings. Default: as many tracks as are mentioned.
 *
 * @since 0.1.0
 * @category models
 */
export interface ChannelsOptions {
  /** How many tracks are used. */
  readonly tracks?: number | undefined
  /** What they are. */
  readonly uids?:
    | ReadonlyArray<{
      readonly track: number
      readonly uid: string | Text
      readonly trackFormat: string | Text
      readonly packFormat?: string | Text | undefined
      readonly pad?: number | undefined
    }>
    | undefined
}

/**
 * Makes what a `chna` chunk says.
 *
 * @since 0.1.0
 * @category constructors
 */
export const Channels: { readonly make: (options: ChannelsOptions) => Channels } = { make: make.channels }

/**
 * `chna`: which parts of an audio definition model the tracks are (ITU-R BS.2076). The model itself is in `axml`.
 *
 * @since 0.1.0
 * @category codecs
 */
export const chna: (
  byteOrder?: Riff.ByteOrder,
  encoding?: TextEncoding
) => Schema.Schema<Channels, Uint8Array> = schemasOf(codecs.chna, "chna")

/**
 * `iXML`, `axml` and `_PMX`: a text that is XML. What it says is for a parser of XML; zeros after it are kept.
 *
 * @since 0.1.0
 * @category codecs
 */
export const xml: (
  byteOrder?: Riff.ByteOrder,
  encoding?: TextEncoding
) => Schema.Schema<Text, Uint8Array> = schemasOf(codecs.iXML, "XML")

// ---------------------------------------------------------------------------------------------------------------------
// any chunk
// ---------------------------------------------------------------------------------------------------------------------

/**
 * What is known of chunks: their ids, with the type of a `LIST` after a colon, and what they say.
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
  readonly CSET: CharacterSet
  readonly PEAK: Peaks
  readonly acid: Acid
  readonly cart: Cart
  readonly chna: Channels
  /** XML about the recording. */
  readonly iXML: Text
  /** XML of an audio definition model. */
  readonly axml: Text
  /** XMP, which is XML. */
  readonly _PMX: Text
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
 * The codecs of all chunks that are known, by their ids; `ID3 ` stays bytes.
 *
 * @since 0.1.0
 * @category codecs
 */
export const chunk: {
  readonly [K in keyof Known]: (
    byteOrder?: Riff.ByteOrder,
    encoding?: TextEncoding
  ) => Schema.Schema<Known[K], Uint8Array>
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
  CSET: cset,
  PEAK: peak,
  acid,
  cart,
  chna,
  iXML: xml,
  axml: xml,
  _PMX: xml,
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
  /** The id, with the type of a `LIST` after a colon. */
  readonly chunk: keyof Known
  /** Where, in bytes from the start of the chunk's data. */
  readonly offset: number
  /** What is wrong there, in words that complete the sentence of `message`. */
  readonly description: string
}> {
  override get message() {
    return `${FourCC.format(this.chunk)} at ${this.offset}: ${this.description}`
  }
}

/**
 * How {@link decode} and {@link decodeLenient} read a chunk.
 *
 * @since 0.1.0
 * @category models
 */
export interface DecodeOptions {
  /** The encoding of all texts. Default: UTF-8 or windows-1252, whichever a text is in. */
  readonly encoding?: TextEncoding | undefined
  /** How many entries may be decoded. Default: that of `RiffLimits.defaults`. */
  readonly entries?: number | undefined
}

/**
 * What a chunk says, of its id, its type if it is a `LIST`, and all of its data: decoded if it is known, else its
 * bytes. Costs less than the schemas do, which also look at what comes out. The ids are those of WAVE files: other
 * forms call other chunks `smpl` or `inst`.
 *
 * @example
 * ```ts
 * import { type FourCC, Wave } from "@effect-mmio/core"
 * import { Effect, Option } from "effect"
 *
 * export const sampleRate = (id: FourCC.FourCC, bytes: Uint8Array) =>
 *   Effect.map(Wave.decode({ id, type: Option.none() }, bytes), (chunk) =>
 *     chunk._tag === "fmt " ? Option.some(chunk.value.sampleRate) : Option.none())
 * ```
 *
 * @since 0.1.0
 * @category decoding
 */
export const decode = (
  chunk: { readonly id: FourCC.FourCC; readonly type: Option.Option<FourCC.FourCC> },
  bytes: Uint8Array,
  byteOrder: Riff.ByteOrder = "little",
  options?: DecodeOptions
): Effect.Effect<Chunk, MalformedChunk> => {
  const { id, type } = chunk
  const key = keyOf(id, type)
  return isKnown(key)
    ? Either.mapLeft(
      decodeKnown(key, bytes, new Reading({ ...options, little: byteOrder === "little" })),
      ({ description, offset }) => new MalformedChunk({ chunk: key, offset, description })
    )
    : Effect.succeed({ _tag: "unknown", id, type, bytes })
}

/**
 * What {@link decodeLenient} finds.
 *
 * @since 0.1.0
 * @category models
 */
export interface LenientChunk {
  /** What could be understood; the bytes, if that is nothing. */
  readonly chunk: Chunk
  /** What is wrong, where in the chunk's data. */
  readonly problems: ReadonlyArray<WaveProblem>
}

/**
 * What can be understood of a chunk, however damaged it is: a count or a size that is too large costs the entries that
 * are not there, an entry that is too short costs itself, and padding that is missing, or where none belongs, costs
 * nothing.
 *
 * @example
 * ```ts
 * import { FourCC, Wave } from "@effect-mmio/core"
 * import { Option } from "effect"
 *
 * export const tags = (list: Uint8Array) => {
 *   const { chunk } = Wave.decodeLenient({ id: FourCC.make("LIST"), type: Option.some(FourCC.make("INFO")) }, list)
 *   return chunk._tag === "LIST:INFO" ? chunk.value.tags : []
 * }
 * ```
 *
 * @since 0.1.0
 * @category decoding
 */
export const decodeLenient = (
  chunk: { readonly id: FourCC.FourCC; readonly type: Option.Option<FourCC.FourCC> },
  bytes: Uint8Array,
  byteOrder: Riff.ByteOrder = "little",
  options?: DecodeOptions
): LenientChunk => {
  const { id, type } = chunk
  const key = keyOf(id, type)
  const unknown: UnknownChunk = { _tag: "unknown", id, type, bytes }
  if (!isKnown(key)) return { chunk: unknown, problems: [] }
  const reading = new Reading({ ...options, little: byteOrder === "little", lenient: true })
  return {
    chunk: understand(key, bytes, reading) ?? unknown,
    problems: reading.problems.map(({ kind, ...problem }) => new WaveProblem({ _tag: kind, chunk: key, ...problem }))
  }
}

const keyOf = (id: FourCC.FourCC, type: Option.Option<FourCC.FourCC>): string =>
  Option.isNone(type) ? id : `${id}:${type.value}`

const isKnown = (key: string): key is keyof Known => Object.hasOwn(codecs, key)

/**
 * The bytes of a chunk: what {@link decode} takes. Texts are written in the encoding that is given, else each in its
 * own.
 *
 * @since 0.1.0
 * @category encoding
 */
export const encode = (
  chunk: Chunk,
  byteOrder: Riff.ByteOrder = "little",
  options?: { readonly encoding?: TextEncoding | undefined }
): Effect.Effect<Uint8Array, ParseResult.ParseError> =>
  chunk._tag === "unknown" ? Effect.succeed(chunk.bytes) : encodeKnown(chunk, byteOrder, options?.encoding)

const encodeKnown = <K extends keyof Known>(
  { _tag, value }: { readonly _tag: K; readonly value: Known[K] },
  byteOrder: Riff.ByteOrder,
  encoding: TextEncoding | undefined
): Effect.Effect<Uint8Array, ParseResult.ParseError> => {
  const schemas: {
    readonly [P in K]: (byteOrder?: Riff.ByteOrder, encoding?: TextEncoding) => Schema.Schema<Known[P], Uint8Array>
  } = chunk
  return Schema.encode(schemas[_tag](byteOrder, encoding))(value)
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
  /**
   * How many bytes of samples there are: in a file that was cut off, or written into a pipe, not as many as the chunk
   * declares.
   */
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
 * Where the number of frames is from: `"samples"` of which each takes as many bytes, `"blocks"` of a compressed format,
 * or the `"fact"` chunk.
 *
 * @since 0.1.0
 * @category models
 */
export type FramesFrom = "samples" | "blocks" | "fact"

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
   * How many frames there are. Where {@link framesIn} knows, they are counted from the bytes that are really there,
   * whatever the headers say; otherwise they are those of `fact`, if nothing of the samples is missing and it does not
   * count none of them.
   */
  readonly frames: Option.Option<number>
  /** Where the number of frames is from. */
  readonly framesFrom: Option.Option<FramesFrom>
  /** How long the frames last, to the nanosecond; none if their number or the sample rate is not known. */
  readonly duration: Option.Option<Duration.Duration>
  /**
   * How many frames `fact` counts, with 64 bits in RF64, BW64 and Wave64. Of compressed formats that may be fewer than
   * the blocks hold.
   */
  readonly factSamples: Option.Option<number>
  /**
   * The tags of every `LIST INFO`, in the order of the file; in Wave64, of every `list` of that type, with the first
   * four bytes of the GUIDs as ids. Those that were recovered past a chunk which is said to be longer than its list
   * come last: no path leads to them, and what an edit writes under the same id comes before them.
   */
  readonly tags: ReadonlyArray<InfoTag>
  /** The cue points, in the order of the file, each with its labels. */
  readonly cuePoints: ReadonlyArray<LabeledCuePoint>
  /** What a broadcaster says of the recording. */
  readonly bext: Option.Option<Bext>
  /** The code page and the language of the texts, if the file says them. */
  readonly characterSet: Option.Option<CharacterSet>
  /**
   * What is wrong in the chunks that were read, and between them, in the order of the file. Without `lenient` these are
   * warnings only: of an error the reading fails.
   */
  readonly problems: ReadonlyArray<WaveProblem>
}

/**
 * What a WAVE file says of itself, as far as it can be read.
 *
 * @since 0.1.0
 * @category models
 */
export interface LenientInfo extends Omit<Info, "format"> {
  /** How the samples are laid out; none if `fmt ` is missing, or nothing of it can be understood. */
  readonly format: Option.Option<Format>
  /** The chunks of which nothing could be understood, as bytes, in the order of the file. */
  readonly malformed: ReadonlyArray<MalformedPart>
}

/**
 * What reading a WAVE file can fail with.
 *
 * @since 0.1.0
 * @category errors
 */
export type InfoError<A extends Mmio.Readable> =
  | MmioError.SeekError
  | MmioError.InvalidFile
  | MmioError.OutOfMemory
  | Mmio.ReadError<A>

/**
 * How a WAVE file is read.
 *
 * @since 0.1.0
 * @category options
 */
export interface InfoOptions extends Riff.AtOptions {
  /** Strict reading: a malformed chunk is a failure. */
  readonly lenient?: false | undefined
  /**
   * The encoding of all texts. Default: that of the code page in `CSET`, else UTF-8 or windows-1252, whichever a text
   * is in.
   */
  readonly encoding?: TextEncoding | undefined
}

/**
 * How a damaged WAVE file is read.
 *
 * @since 0.1.0
 * @category options
 */
export interface LenientInfoOptions extends Riff.AtOptions {
  /** Everything that can be understood is given, and `problems` says what is wrong. */
  readonly lenient: true
  /** As in {@link InfoOptions}. */
  readonly encoding?: TextEncoding | undefined
}

/**
 * What a WAVE file says of itself, in one operation that reads the headers of its chunks and those with metadata,
 * before and after the samples, but never the samples. It needs memory for the metadata. The position of the handle
 * stays where it is.
 *
 * Storage that only goes forward (a pipe) is read to its end, with the samples, and says the same as a file of the same
 * bytes would, wherever its sizes can be believed; the position is then at the end. A list of tags or labels that
 * declares more than the form around it (in a form without a size: more than `RiffLimits.bytes`) ends where its entries
 * end, if that is within `RiffLimits.bytes`; any other chunk before the samples that declares more than there is has
 * all that follows in it. What a journal of an edit is, is not looked for there.
 *
 * The file is walked through leniently, as `Riff.tree` can do it: it may be cut off, its sizes may be those of a writer
 * that could not come back to correct them, and what is there is read; `Riff.verify` says what is wrong with them. Of
 * several WAVE forms it reads the first.
 *
 * Fails with `InvalidFile`, whose position says where, if there is no WAVE in it; if it goes beyond `RiffLimits`, of
 * which `bytes` and `entries` are for all metadata together; and if there is no `fmt `, or a chunk that it reads is
 * malformed or cut off. With `lenient` everything that can be understood of such a chunk is given instead, and
 * `problems` says what is wrong. Fails with `CannotSeek` if storage that goes back and forth cannot tell how long the
 * file is.
 *
 * Texts are in the encoding that is given, else in that of the code page in the file's `CSET` chunk, else in UTF-8 or
 * windows-1252.
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
export const info: {
  (options: LenientInfoOptions): <A extends Mmio.Readable>(
    self: Mmio.Handle<A>
  ) => Effect.Effect<LenientInfo, InfoError<A>>
  (options?: InfoOptions): <A extends Mmio.Readable>(self: Mmio.Handle<A>) => Effect.Effect<Info, InfoError<A>>
  <A extends Mmio.Readable>(
    self: Mmio.Handle<A>,
    options: LenientInfoOptions
  ): Effect.Effect<LenientInfo, InfoError<A>>
  <A extends Mmio.Readable>(self: Mmio.Handle<A>, options?: InfoOptions): Effect.Effect<Info, InfoError<A>>
} = dual(
  hasHandle,
  (self: Mmio.ReadHandle, options?: InfoOptions | LenientInfoOptions) =>
    traced(
      "Wave.info",
      implementation(self).name.full,
      infos.info(implementation(self), options ?? {})
    )
)

/**
 * How samples are streamed.
 *
 * @since 0.1.0
 * @category options
 */
export interface BlocksOptions extends Riff.AtOptions {
  /** How many bytes a chunk has at most, unless a block has more. Default: 64 KiB. */
  readonly chunkSize?: number | undefined
}

/**
 * The samples as a stream of whole blocks, that is, of whole frames where the format is not compressed: every chunk of
 * the stream is a multiple of the format's block align, or of the size of a frame by the channels and the bits per
 * sample, where the block align contradicts them. It ends with the samples that are really there, without an incomplete
 * block.
 *
 * The stream reads as it goes, in constant memory, and has a place of its own, as that of `Mmio.stream`. Of storage
 * that only goes forward it reads what comes before the samples, then the samples, and nothing after them; there `fmt `
 * has to come first, or it fails with `InvalidFile`.
 *
 * Fails as {@link info} does, but that of the metadata it reads `fmt ` only, and that leniently: it has to say how
 * large a block is, and there has to be a `data` as well. Fails with `InvalidParameter` for an invalid chunk size.
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
export const blocks: {
  (
    options?: BlocksOptions
  ): <A extends Mmio.Readable>(
    self: Mmio.Handle<A>
  ) => Stream.Stream<Uint8Array, InfoError<A> | MmioError.InvalidParameter>
  <A extends Mmio.Readable>(
    self: Mmio.Handle<A>,
    options?: BlocksOptions
  ): Stream.Stream<Uint8Array, InfoError<A> | MmioError.InvalidParameter>
} = dual(
  hasHandle,
  <A extends Mmio.Readable>(self: Mmio.Handle<A>, options?: BlocksOptions) =>
    samples.blocks(implementation(self), options ?? {})
)
