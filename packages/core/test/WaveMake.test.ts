import { FourCC, MemoryIOProc, Mmio, Riff, Wave } from "@effect-mmio/core"
import { assert, describe, it } from "@effect/vitest"
import { deepStrictEqual } from "@effect/vitest/utils"
import { Effect, Either, Option, Schema } from "effect"
import { outcome } from "./support/outcome.js"
import { bytes, chunk, number } from "./support/wav.js"

const zeros = (count: number) => new Uint8Array(count)

/** What is made can be written, and is read again as it was. */
const isWhole = <A>(schema: Schema.Schema<A, Uint8Array>, value: A) => {
  const encoded = Schema.encodeSync(schema)(value)
  deepStrictEqual(Schema.decodeSync(schema)(encoded), value)
  return encoded
}

describe("make", () => {
  it("of bext needs what there is to say", () => {
    const plain = Wave.Bext.make({ description: "Birds", timeReference: 48000 })
    deepStrictEqual([plain._tag, plain.version, plain.timeReference], ["BextV1", 1, 48000n])
    assert.strictEqual(isWhole(Wave.bext(), plain).length, 602)
    const loud = Wave.Bext.make({
      loudness: { value: -2300 },
      originator: { text: "\u00e9", encoding: "windows-1252" }
    })
    assert(loud._tag === "BextV2")
    deepStrictEqual(loud.loudness, {
      value: -2300,
      range: 32767,
      maxTruePeak: 32767,
      maxMomentary: 32767,
      maxShortTerm: 32767
    })
    isWhole(Wave.bext(), loud)
  })

  it("of fmt computes what follows from the rest", () => {
    deepStrictEqual(Wave.Format.make({ channels: 2, sampleRate: 44100 }), {
      _tag: "PcmWaveFormat",
      formatTag: "pcm",
      channels: 2,
      sampleRate: 44100,
      byteRate: 176400,
      blockAlign: 4,
      bitsPerSample: 16
    })
    const surround = Wave.Format.make({ channels: 6, sampleRate: 48000, bitsPerSample: 24 })
    assert(surround._tag === "WaveFormatExtensible")
    deepStrictEqual([surround.blockAlign, surround.validBitsPerSample, surround.channelMask], [18, 24, 0x3f])
    assert.strictEqual(Wave.codecOf(surround), "pcm")
    const float = Wave.Format.make({ channels: 1, sampleRate: 8000, codec: "ieeeFloat" })
    deepStrictEqual([float._tag, float.blockAlign], ["WaveFormatEx", 4])
    const aLaw = Wave.Format.make({ channels: 1, sampleRate: 8000, codec: "aLaw", channelMask: 4 })
    deepStrictEqual([Wave.codecOf(aLaw), aLaw.byteRate], ["aLaw", 8000])
    for (const format of [surround, float, aLaw]) isWhole(Wave.fmt(), format)
  })

  it("of lists needs texts", () => {
    const tags = Wave.InfoList.make({ INAM: "Birds", ICMT: { text: "\u00e9", encoding: "windows-1252" } })
    deepStrictEqual(tags.tags.map(({ id, text }) => [id, text]), [["INAM", "Birds"], ["ICMT", "\u00e9"]])
    isWhole(Wave.infoList(), tags)
    const labels = Wave.AdtlList.make({
      labels: [{ cue: 1, text: "One" }],
      notes: [{ cue: 1, text: "First" }],
      texts: [{ cue: 1, length: 10 }]
    })
    deepStrictEqual(labels.entries.map(({ _tag }) => _tag), ["labl", "note", "ltxt"])
    isWhole(Wave.adtlList(), labels)
  })

  it("of the others has defaults", () => {
    const cue = Wave.Cue.make({ points: [{ id: 1, position: 100 }] })
    deepStrictEqual(cue.points, [
      { id: 1, position: 100, chunk: FourCC.make("data"), chunkStart: 0, blockStart: 0, sampleOffset: 100 }
    ])
    isWhole(Wave.cue(), cue)
    const sampler = Wave.Sampler.make({ loops: [{ start: 0, end: 99 }] })
    deepStrictEqual([sampler.midiUnityNote, sampler.loops[0]?.type], [60, "forward"])
    isWhole(Wave.smpl(), sampler)
    assert.strictEqual(isWhole(Wave.inst(), Wave.Instrument.make({ gain: -3 })).length, 7)
    assert.strictEqual(isWhole(Wave.fact(), Wave.Fact.make({ samples: 5 })).length, 4)
    assert.strictEqual(isWhole(Wave.ds64(), Wave.Ds64.make({ dataSize: 7n })).length, 28)
    deepStrictEqual(isWhole(Wave.cset(), Wave.CharacterSet.make({})), bytes(number(2, 65001), zeros(6)))
    assert.strictEqual(isWhole(Wave.peak(), Wave.Peaks.make({ peaks: [{ value: 0.5, position: 3 }] })).length, 16)
    assert.strictEqual(isWhole(Wave.acid(), Wave.Acid.make({ tempo: 90 })).length, 24)
    assert.strictEqual(isWhole(Wave.cart(), Wave.Cart.make({ title: "Spot", tagText: "more" })).length, 2052)
    const uid = { uid: "ATU_00000001", trackFormat: "AT_00031001_01", packFormat: "AP_00031001" }
    const channels = Wave.Channels.make({ uids: [{ track: 1, ...uid }, { track: 1, ...uid }] })
    assert.strictEqual(channels.tracks, 1)
    assert.strictEqual(isWhole(Wave.chna(), channels).length, 84)
  })
})

describe("chunks of recorders and editors", () => {
  const decoded = (id: string, data: Uint8Array) =>
    Effect.runSync(Wave.decode({ id: FourCC.fromString(id), type: Option.none() }, data))

  it("are read as they are described", () => {
    deepStrictEqual<unknown>(decoded("CSET", bytes(number(2, 1252), number(2, 49), number(2, 7), number(2, 1))), {
      _tag: "CSET",
      value: { codePage: 1252, country: 49, language: 7, dialect: 1 }
    })
    // 0.5 and -1 as floats of 32 bits
    const peak = bytes(
      number(4, 1),
      number(4, 1000),
      number(4, 0x3f000000),
      number(4, 7),
      number(4, 0xbf800000),
      number(4, 8)
    )
    deepStrictEqual<unknown>(decoded("PEAK", peak), {
      _tag: "PEAK",
      value: { version: 1, timestamp: 1000, peaks: [{ value: 0.5, position: 7 }, { value: -1, position: 8 }] }
    })
    const acid = bytes(
      number(4, 2),
      number(2, 48),
      number(2, 0x8000),
      number(4, 0),
      number(4, 8),
      number(2, 4),
      number(2, 3)
    )
    deepStrictEqual<unknown>(decoded("acid", bytes(acid, number(4, 0x42f00000))), {
      _tag: "acid",
      value: {
        flags: 2,
        rootNote: 48,
        unknown1: 0x8000,
        unknown2: 0,
        beats: 8,
        meterDenominator: 4,
        meterNumerator: 3,
        tempo: 120
      }
    })
    const chna = bytes(number(2, 1), number(2, 1), number(2, 1), "ATU_00000001", "AT_00031001_01", "AP_00031001", "\0")
    deepStrictEqual<unknown>(decoded("chna", chna), {
      _tag: "chna",
      value: {
        tracks: 1,
        uids: [{
          track: 1,
          uid: { text: "ATU_00000001" },
          trackFormat: { text: "AT_00031001_01" },
          packFormat: { text: "AP_00031001" },
          pad: 0
        }]
      }
    })
    for (const id of ["iXML", "axml", "_PMX"]) {
      deepStrictEqual<unknown>(decoded(id, bytes("<a/>\0\0")), {
        _tag: id,
        value: { text: "<a/>", trailing: zeros(2) }
      })
    }
  })

  it("are read where AES46 has them", () => {
    const cart = zeros(2048)
    const put = (at: number, text: string) => cart.set(bytes(text), at)
    put(0, "0101")
    put(4, "Title")
    put(68, "Artist")
    put(452, "2024-01-02")
    put(462, "03:04:05")
    put(616, "User")
    put(680, "\x00\x80\x00\x00")
    put(684, "SEG1\x10\x00\x00\x00")
    put(1024, "http://example.org")
    const chunk = decoded("cart", bytes(cart, "tag"))
    assert(chunk._tag === "cart")
    const { artist, levelReference, startDate, startTime, tagText, timers, title, url, userDef } = chunk.value
    deepStrictEqual(
      [title, artist, startDate, startTime, userDef, url, tagText].map(({ text }) => text),
      ["Title", "Artist", "2024-01-02", "03:04:05", "User", "http://example.org", "tag"]
    )
    deepStrictEqual([levelReference, timers.length, timers[0]], [
      0x8000,
      8,
      { usage: FourCC.make("SEG1"), value: 16 }
    ])
  })

  it("have numbers that are numbers", () => {
    const failed = outcome(
      Wave.decode(
        { id: FourCC.make("PEAK"), type: Option.none() },
        bytes(zeros(8), number(4, 0x7fc00001), number(4, 0))
      )
    )
    assert(Either.isLeft(failed))
    assert.strictEqual(failed.left.message, "\"PEAK\" at 8: it is not a number")
  })
})

describe("a value that is refused", () => {
  it("is named, and not described as a whole", () => {
    const message = (encoded: Either.Either<Uint8Array, Error>) => Either.isLeft(encoded) ? encoded.left.message : ""
    const messages = [
      message(Schema.encodeEither(Wave.bext())({ ...Wave.Bext.make({}), umid: zeros(3) } as Wave.Bext)),
      message(Schema.encodeEither(Wave.fmt())({ ...Wave.Format.make({ channels: -1, sampleRate: 8000 }) })),
      message(Schema.encodeEither(Wave.adtlList())({ entries: [{ _tag: "labl", cue: -1, text: "" }] })),
      message(Schema.encodeEither(Wave.cart())({ ...Wave.Cart.make({}), timers: [] }))
    ]
    for (const text of messages) {
      assert.isAbove(text.length, 0)
      assert.notInclude(text, "\n")
      for (const issue of text.split("; ")) assert.isBelow(issue.length, 120, issue)
    }
  })
})

describe("a list written inside of a list", () => {
  it("is understood, and its type is not a tag", () => {
    const { chunk: found } = Wave.decodeLenient(
      { id: FourCC.make("LIST"), type: Option.some(FourCC.make("INFO")) },
      bytes("INFO", "INFO", chunk("INAM", bytes("One\0")))
    )
    assert(found._tag === "LIST:INFO")
    deepStrictEqual(found.value.tags.map(({ text }) => text), ["One"])
  })

  const list = Schema.encodeSync(Wave.infoList())(Wave.InfoList.make({ INAM: "One" }))
  for (const buffer of [8192, "none"] as const) {
    it.scoped(`is refused before its type is written twice, with a buffer of ${buffer}`, () =>
      Effect.gen(function*() {
        const file = yield* Mmio.open("file", { access: "readWrite", create: true, buffer })
        const emit = (file: Mmio.WriteHandle, list: Uint8Array) => Mmio.emit(file, (writer) => writer.bytes(list))
        for (const write of [Mmio.writeAll, Mmio.write, emit]) {
          const wrong = Riff.withChunk(file, { list: "INFO" }, () => write(file, list))
          const error = yield* Effect.flip(wrong)
          assert.strictEqual(error._tag, "InvalidParameter")
          assert.include(error.message, "begin with the type \"INFO\"")
          yield* Mmio.seek(file, 0)
          yield* Mmio.writeAll(file, new Uint8Array(0))
        }
        // what it does not begin with
        yield* Riff.withChunk(file, { list: "INFO" }, () => Mmio.writeAll(file, list.subarray(4)))
        yield* Riff.withChunk(file, { chunk: "LIST" }, () => Mmio.writeAll(file, list))
        yield* Riff.withChunk(file, { list: "INFO" }, () =>
          Effect.zipRight(
            Mmio.writeAll(file, bytes("INFO", Uint8Array.of(4, 0, 0, 0))),
            Mmio.writeAll(file, bytes("INFO"))
          ))
        yield* Mmio.seek(file, 0)
        deepStrictEqual(
          yield* Mmio.read(file, 72),
          bytes(chunk("LIST", list), chunk("LIST", list), chunk("LIST", bytes("INFO", chunk("INFO", bytes("INFO")))))
        )
      }).pipe(Effect.provide(MemoryIOProc.layer({}))))
  }
})
