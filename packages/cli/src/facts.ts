/** What a chunk says, in a few words: decoded where it is known, however damaged it is. */
import * as FourCC from "@effect-mmio/core/FourCC"
import * as Wave from "@effect-mmio/core/Wave"
import * as Option from "effect/Option"
import { counted, hex, quoted } from "./text.js"

/** How the samples are laid out: `PCM, 16 bit, 2 channels, 44100 Hz`. */
export const formatText = (format: Wave.Format): string => {
  const codec = Wave.codecOf(format)
  const name = Option.getOrElse(
    Wave.codecName(codec),
    () => typeof codec === "number" ? `format 0x${codec.toString(16)}` : codec
  )
  const bits = format._tag === "WaveFormat" || format.bitsPerSample === 0 ? [] : [`${format.bitsPerSample} bit`]
  return [name, ...bits, counted(format.channels, "channel"), `${format.sampleRate} Hz`].join(", ")
}

const texts = (...parts: ReadonlyArray<Wave.Text>): ReadonlyArray<string> =>
  parts.filter(({ text }) => text !== "").map(({ text }) => quoted(text))

const bextText = (bext: Wave.Bext): string =>
  [
    `version ${bext.version}`,
    ...(bext.originationDate.text === "" ? [] : [`${bext.originationDate.text} ${bext.originationTime.text}`.trim()]),
    ...texts(bext.description, bext.originator)
  ].join(", ")

const known = (chunk: Wave.KnownChunk): string => {
  switch (chunk._tag) {
    case "fmt ":
      return formatText(chunk.value)
    case "fact":
      return counted(chunk.value.samples, "frame")
    case "cue ":
      return counted(chunk.value.points.length, "cue point")
    case "smpl":
      return `MIDI note ${chunk.value.midiUnityNote}, ${counted(chunk.value.loops.length, "loop")}`
    case "inst":
      return `MIDI notes ${chunk.value.lowNote} to ${chunk.value.highNote}`
    case "bext":
      return bextText(chunk.value)
    case "ds64":
      return `${counted(Number(chunk.value.dataSize), "byte")} of data, ${
        counted(Number(chunk.value.sampleCount), "frame")
      }`
    case "LIST:INFO":
      return counted(chunk.value.tags.length, "tag")
    case "LIST:adtl":
      return counted(chunk.value.entries.length, "label")
    case "CSET":
      return `code page ${chunk.value.codePage}`
    case "PEAK":
      return `peaks ${chunk.value.peaks.map(({ value }) => value.toFixed(4)).join(", ")}`
    case "acid":
      return `${counted(chunk.value.beats, "beat")}, ${chunk.value.tempo} a minute`
    case "cart":
      return texts(chunk.value.title, chunk.value.artist).join(" by ")
    case "chna":
      return `${counted(chunk.value.tracks, "track")}, ${counted(chunk.value.uids.length, "track UID")}`
    case "iXML":
    case "axml":
    case "_PMX":
      return `XML, ${counted(chunk.value.text.length, "character")}`
    case "ID3 ":
    case "id3 ":
      return "ID3v2"
  }
}

/** The digest of an `MD5 ` chunk, which BWF MetaEdit stores from its last byte to its first. */
export const digestOf = (bytes: Uint8Array): string => hex(bytes.toReversed())

/** The chunk of a digest. */
export const digestId = FourCC.make("MD5 ")

/** What the data of a chunk says; nothing if it is not known. */
export const factOf = (
  chunk: { readonly id: FourCC.FourCC; readonly type: Option.Option<FourCC.FourCC> },
  bytes: Uint8Array,
  byteOrder: "little" | "big"
): string | undefined => {
  if (chunk.id === digestId && bytes.length === 16) return digestOf(bytes)
  const decoded = Wave.decodeLenient(chunk, bytes, byteOrder).chunk
  return decoded._tag === "unknown" ? undefined : known(decoded)
}

const entryHeader = (id: FourCC.FourCC, size: number, byteOrder: "little" | "big"): Uint8Array => {
  const header = new Uint8Array(8)
  for (let i = 0; i < 4; i++) header[i] = id.charCodeAt(i)
  new DataView(header.buffer).setUint32(4, size, byteOrder === "little")
  return header
}

/** What an entry of a list says: the text of a tag, or of a label. */
export const entryFact = (
  list: FourCC.FourCC,
  id: FourCC.FourCC,
  bytes: Uint8Array,
  byteOrder: "little" | "big"
): string | undefined => {
  const whole = new Uint8Array(4 + 8 + bytes.length + bytes.length % 2)
  for (let i = 0; i < 4; i++) whole[i] = list.charCodeAt(i)
  whole.set(entryHeader(id, bytes.length, byteOrder), 4)
  whole.set(bytes, 12)
  const { chunk } = Wave.decodeLenient({ id: FourCC.LIST, type: Option.some(list) }, whole, byteOrder)
  if (chunk._tag === "LIST:INFO") return chunk.value.tags[0] && quoted(chunk.value.tags[0].text)
  if (chunk._tag !== "LIST:adtl") return undefined
  const [entry] = chunk.value.entries
  if (entry === undefined || entry._tag === "other") return undefined
  const text = entry.text === "" ? "" : ` ${quoted(entry.text)}`
  return `cue point ${entry.cue}${entry._tag === "ltxt" ? `, ${counted(entry.length, "frame")}` : ""}${text}`
}
