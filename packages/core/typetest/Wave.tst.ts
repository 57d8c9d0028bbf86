import { type FourCC, type Mmio, type MmioError, type Riff, Wave, type WaveProblem } from "@effect-mmio/core"
import type { Duration, Effect, Option, ParseResult, Schema, Stream } from "effect"
import { describe, expect, test } from "tstyche"

declare const format: Wave.Format
declare const bext: Wave.Bext
declare const entry: Wave.AdtlEntry
declare const chunk: Wave.Chunk
declare const found: Riff.Chunk
declare const bytes: Uint8Array
declare const id: FourCC.FourCC
declare const reader: Mmio.Handle<"read">
declare const writer: Mmio.Handle<"write">
declare const both: Mmio.Handle<"readWrite">

type Reading = MmioError.CannotRead | MmioError.NetworkError | MmioError.VersionChanged
type Writing = MmioError.CannotWrite | MmioError.CannotExpand | MmioError.NetworkError
type Failing = MmioError.CannotSeek | MmioError.InvalidFile | MmioError.OutOfMemory

describe("codecs", () => {
  test("are schemas over bytes, of either byte order", () => {
    expect(Wave.fmt()).type.toBe<Schema.Schema<Wave.Format, Uint8Array>>()
    expect(Wave.fact("big")).type.toBe<Schema.Schema<Wave.Fact, Uint8Array>>()
    expect(Wave.cue("little")).type.toBe<Schema.Schema<Wave.Cue, Uint8Array>>()
    expect(Wave.smpl(undefined)).type.toBe<Schema.Schema<Wave.Sampler, Uint8Array>>()
    expect(Wave.inst()).type.toBe<Schema.Schema<Wave.Instrument, Uint8Array>>()
    expect(Wave.bext()).type.toBe<Schema.Schema<Wave.Bext, Uint8Array>>()
    expect(Wave.ds64()).type.toBe<Schema.Schema<Wave.Ds64, Uint8Array>>()
    expect(Wave.infoList()).type.toBe<Schema.Schema<Wave.InfoList, Uint8Array>>()
    expect(Wave.adtlList()).type.toBe<Schema.Schema<Wave.AdtlList, Uint8Array>>()
    expect(Wave.fmt).type.not.toBeCallableWith("middle")
  })

  test("are found by the ids of their chunks", () => {
    expect(Wave.chunk["LIST:INFO"]()).type.toBe<Schema.Schema<Wave.InfoList, Uint8Array>>()
    expect(Wave.chunk.iXML()).type.toBe<Schema.Schema<Wave.Text, Uint8Array>>()
    expect(Wave.chunk["ID3 "]()).type.toBe<Schema.Schema<Uint8Array>>()
    expect(Wave.chunk.PEAK()).type.toBe<Schema.Schema<Wave.Peaks, Uint8Array>>()
    expect(Wave.cart("big", "windows-1252")).type.toBe<Schema.Schema<Wave.Cart, Uint8Array>>()
    expect(Wave.infoList).type.not.toBeCallableWith("little", "latin1")
    expect<keyof typeof Wave.chunk>().type.toBe<keyof Wave.Known>()
  })
})

describe("formats", () => {
  test("have what their kind has", () => {
    expect<(typeof format)["channels"]>().type.toBe<number>()
    expect(format).type.not.toHaveProperty("bitsPerSample")
    if (format._tag === "PcmWaveFormat") expect(format.bitsPerSample).type.toBe<number>()
    if (format._tag === "WaveFormatEx") expect(format.extra).type.toBe<Uint8Array>()
    if (format._tag === "WaveFormatExtensible") {
      expect(format.formatTag).type.toBe<"extensible">()
      expect(format.subFormat).type.toBe<Wave.Guid>()
    }
  })

  test("say how samples are coded, and how many there are", () => {
    expect(Wave.codecOf(format)).type.toBe<Wave.FormatTag | Wave.Guid>()
    expect(Wave.subFormat("pcm")).type.toBe<Option.Option<Wave.Guid>>()
    expect(Wave.subFormat).type.not.toBeCallableWith("wma")
    expect(Wave.framesIn(format, 3)).type.toBe<Option.Option<number>>()
    expect(Wave.codecName(Wave.codecOf(format))).type.toBe<Option.Option<string>>()
    expect(Wave.codecName).type.not.toBeCallableWith("wma")
  })
})

test("bext has loudness from version 2 on", () => {
  expect(bext).type.not.toHaveProperty("umid")
  if (bext._tag === "BextV0") expect(bext.version).type.toBe<0>()
  if (bext._tag === "BextV1") expect(bext.umid).type.toBe<Uint8Array>()
  if (bext._tag === "BextV2") expect(bext.loudness).type.toBe<Wave.Loudness>()
  expect(bext.timeReference).type.toBe<bigint>()
})

test("entries of adtl are of a kind", () => {
  if (entry._tag === "other") expect(entry).type.toBe<Wave.OtherEntry>()
  else expect(entry.text).type.toBe<string>()
  if (entry._tag === "ltxt") expect(entry.purpose).type.toBe<FourCC.FourCC>()
})

test("tags need an id and a text", () => {
  expect<Wave.InfoTag>().type.toBeAssignableFrom({ id, text: "" })
  expect<Wave.InfoTag>().type.toBeAssignableFrom({
    id,
    text: "",
    encoding: undefined,
    trailing: undefined,
    pad: undefined
  })
  expect<Wave.InfoTag>().type.not.toBeAssignableFrom({ id: "INAM", text: "" })
  expect<Wave.InfoTag>().type.not.toBeAssignableFrom({ id, text: "", encoding: "latin1" as const })
})

describe("make", () => {
  test("needs little, and nothing that is unknown", () => {
    expect(Wave.Bext.make({ description: "Birds" })).type.toBe<Wave.Bext>()
    expect(Wave.Bext.make).type.not.toBeCallableWith({ descripton: "Birds" })
    expect(Wave.Format.make({ channels: 1, sampleRate: 8000 })).type.toBe<Wave.Format>()
    expect(Wave.Format.make).type.not.toBeCallableWith({ channels: 1 })
    expect(Wave.InfoList.make({ INAM: "Birds" })).type.toBe<Wave.InfoList>()
    expect(Wave.Cue.make({ points: [{ id: 1, position: 2 }] })).type.toBe<Wave.Cue>()
    expect(Wave.Cart.make({ title: undefined })).type.toBe<Wave.Cart>()
  })
})

describe("any chunk", () => {
  test("is decoded to what it is", () => {
    expect(Wave.decode(found, bytes, "big")).type.toBe<Effect.Effect<Wave.Chunk, Wave.MalformedChunk>>()
    expect(Wave.decode).type.toBeCallableWith(found, bytes, "big", { encoding: "shift_jis", entries: 5 })
    expect(Wave.decodeLenient(found, bytes)).type.toBe<Wave.LenientChunk>()
    expect<Wave.LenientChunk["problems"]>().type.toBe<ReadonlyArray<WaveProblem.WaveProblem>>()
    if (chunk._tag === "fmt ") expect(chunk.value).type.toBe<Wave.Format>()
    if (chunk._tag === "LIST:adtl") expect(chunk.value).type.toBe<Wave.AdtlList>()
    if (chunk._tag === "unknown") expect(chunk.bytes).type.toBe<Uint8Array>()
  })

  test("is encoded from what it is", () => {
    expect(Wave.encode(chunk)).type.toBe<Effect.Effect<Uint8Array, ParseResult.ParseError>>()
    expect(Wave.encode).type.toBeCallableWith({ _tag: "fact", value: { samples: 1 } }, "big")
    expect(Wave.encode).type.not.toBeCallableWith({ _tag: "fact", value: { points: [] } })
  })
})

describe("info", () => {
  test("has a format, unless it is lenient", () => {
    expect(Wave.info(reader)).type.toBe<Effect.Effect<Wave.Info, Failing | Reading>>()
    expect(Wave.info(both, {})).type.toBe<Effect.Effect<Wave.Info, Failing | Reading | Writing>>()
    expect(Wave.info(reader, { lenient: undefined })).type.toBe<Effect.Effect<Wave.Info, Failing | Reading>>()
    expect(Wave.info(reader, { lenient: false })).type.toBe<Effect.Effect<Wave.Info, Failing | Reading>>()
    expect(Wave.info(reader, { lenient: true })).type.toBe<Effect.Effect<Wave.LenientInfo, Failing | Reading>>()
    expect<Wave.Info["format"]>().type.toBe<Wave.Format>()
    expect<Wave.LenientInfo["format"]>().type.toBe<Option.Option<Wave.Format>>()
    expect<Wave.Info["duration"]>().type.toBe<Option.Option<Duration.Duration>>()
    expect<Wave.Info>().type.not.toHaveProperty("malformed")
    expect<Wave.Info["problems"]>().type.toBe<ReadonlyArray<WaveProblem.WaveProblem>>()
    expect<Wave.Info["framesFrom"]>().type.toBe<Option.Option<"samples" | "blocks" | "fact">>()
    expect(Wave.info).type.toBeCallableWith(reader, { encoding: "windows-1251" })
  })

  test("needs a handle that can read", () => {
    expect(Wave.info).type.not.toBeCallableWith(writer)
    expect(Wave.blocks).type.not.toBeCallableWith(writer)
  })
})

test("the handle last", () => {
  expect(reader.pipe(Wave.info())).type.toBe<Effect.Effect<Wave.Info, Failing | Reading>>()
  expect(both.pipe(Wave.info({ lenient: true }))).type.toBe<
    Effect.Effect<Wave.LenientInfo, Failing | Reading | Writing>
  >()
  expect(reader.pipe(Wave.blocks({ chunkSize: 9 }))).type.toBe<
    Stream.Stream<Uint8Array, Failing | Reading | MmioError.InvalidParameter>
  >()
})

test("blocks", () => {
  expect(Wave.blocks(reader)).type.toBe<Stream.Stream<Uint8Array, Failing | Reading | MmioError.InvalidParameter>>()
  expect(Wave.blocks(both, { chunkSize: undefined })).type.toBe<
    Stream.Stream<Uint8Array, Failing | Reading | Writing | MmioError.InvalidParameter>
  >()
})
