import { type Mmio, Mmio as Files, MmioError, Wave } from "@effect-mmio/core"
import { assert, describe, it } from "@effect/vitest"
import { deepStrictEqual } from "@effect/vitest/utils"
import { Effect, Option } from "effect"
import * as field from "./support/field.js"
import { bytes, chunk, fmt, form, number } from "./support/wav.js"

const info = (content: Uint8Array) =>
  Effect.scoped(
    Effect.flatMap(
      Files.openMemory({ bytes: content.slice(), access: "read" }),
      (file: Mmio.ReadHandle) => Wave.info(file)
    )
  )

const compressed = (
  formatTag: Wave.FormatTag,
  blockAlign: number,
  more: Partial<Wave.WaveFormatEx> = {}
): Wave.WaveFormatEx => ({
  _tag: "WaveFormatEx",
  formatTag,
  channels: 1,
  sampleRate: 44100,
  byteRate: 0,
  blockAlign,
  bitsPerSample: 4,
  extra: new Uint8Array(0),
  ...more
})

const frames = (format: Wave.Format, size: number) => Option.getOrNull(Wave.framesIn(format, size))

describe("a number of bytes", () => {
  it("that is invalid is refused", () => {
    for (const size of [-5, -1, 0.5, Number.NaN, Infinity, -Infinity, 2 ** 53]) {
      try {
        Wave.framesIn(Wave.Format.make({ channels: 1, sampleRate: 8000 }), size)
        assert.fail(`${size} is accepted`)
      } catch (error) {
        assert.instanceOf(error, MmioError.InvalidParameter)
        assert.include(String(error), `${size} is an invalid number of bytes`)
      }
    }
  })
})

describe("a short block at the end", () => {
  // counted by decoding with SoX and ffmpeg, which agree
  const counted: Record<string, ReadonlyArray<readonly [bytes: number, frames: number]>> = {
    "msAdpcm 1 1024 2036": [[0, 0], [5, 0], [7, 2], [8, 4], [16, 20], [33, 54], [64, 116]],
    "msAdpcm 2 2048 2036": [[0, 0], [12, 0], [14, 2], [15, 3], [16, 4], [33, 21], [64, 52]],
    "imaAdpcm 1 256 505": [[0, 0], [3, 0], [4, 1], [7, 1], [8, 9], [16, 25], [33, 57], [64, 121]],
    "imaAdpcm 2 512 505": [[0, 0], [7, 0], [8, 1], [15, 1], [16, 9], [33, 25], [60, 49], [64, 57]],
    "gsm610 1 65 320": [[0, 0], [33, 0], [64, 0]]
  }
  for (const [name, counts] of Object.entries(counted)) {
    it(`of ${name.split(" ")[0]}, ${name.split(" ")[1]} channels, counts what it holds`, () => {
      const [tag, channels, align, inBlock] = name.split(" ")
      assert(tag === "msAdpcm" || tag === "imaAdpcm" || tag === "gsm610")
      const format = compressed(tag, Number(align), { channels: Number(channels) })
      deepStrictEqual(
        counts.map(([size]) => frames(format, 3 * Number(align) + size)),
        counts.map(([, count]) => 3 * Number(inBlock) + count)
      )
    })
  }
})

describe("blocks of MPEG and AC-3", () => {
  it("are counted where their size agrees with the bytes per second", () => {
    // 48 kbit/s at 48000 Hz and at 24000 Hz
    assert.strictEqual(frames(compressed("mpegLayer3", 144, { sampleRate: 48000, byteRate: 6000 }), 1440), 11520)
    assert.strictEqual(frames(compressed("mpegLayer3", 144, { sampleRate: 24000, byteRate: 6000 }), 1440), 5760)
    assert.strictEqual(frames(compressed("mpeg", 1254, { byteRate: 48000 }), 12540), 11520)
    assert.strictEqual(frames(compressed(0x2000, 768, { sampleRate: 48000, byteRate: 24000 }), 7680), 15360)
  })

  it("of MPEG layer 3 are those that its extra bytes tell, where the block align is 1", () => {
    const extra = bytes(number(2, 1), number(4, 2), number(2, 417), number(2, 1), number(2, 1393))
    const format = compressed("mpegLayer3", 1, { byteRate: 16000, extra })
    // 100 frames of 417 or 418 bytes
    assert.strictEqual(frames(format, 41796), 115200)
    const none = { ...format, extra: bytes(number(2, 1), number(4, 2), number(2, 1152), number(4, 1)) }
    assert.strictEqual(frames(none, 41796), null)
  })

  it("are not counted where it does not", () => {
    // as ffmpeg writes them: the largest size of a block, or bytes per second of 0
    assert.strictEqual(frames(compressed(0x2000, 3840, { byteRate: 12000 }), 38400), null)
    assert.strictEqual(frames(compressed("mpegLayer3", 1152, { byteRate: 0 }), 38400), null)
    assert.strictEqual(frames(compressed("mpegLayer3", 1152, { sampleRate: 0, byteRate: 16000 }), 38400), null)
  })

  it.effect("give way to fact, and it is said", () =>
    Effect.gen(function*() {
      const content = (count: number) =>
        form([fmt({ tag: 0x2000, align: 3840 }), chunk("fact", number(4, count)), chunk("data", new Uint8Array(100))])
      const found = yield* info(content(44544))
      deepStrictEqual([found.frames, found.framesFrom], [Option.some(44544), Option.some("fact" as const)])
      const none = yield* info(content(0))
      deepStrictEqual([none.frames, none.framesFrom], [Option.none(), Option.none()])
      const gsm = yield* info(form([
        fmt({ tag: 0x31, align: 65, bits: 0 }),
        chunk("fact", number(4, 500)),
        chunk("data", new Uint8Array(130))
      ]))
      deepStrictEqual([gsm.frames, gsm.framesFrom, gsm.factSamples], [
        Option.some(640),
        Option.some("blocks" as const),
        Option.some(500)
      ])
    }))
})

describe("a sub-format", () => {
  const hex = (digits: string) => Uint8Array.from(digits.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16))
  const codec = (subFormat: string, big = false) =>
    Effect.map(
      info(
        form([field.extensible({}, { big, subFormat: hex(subFormat) }), chunk("data", new Uint8Array(10), { big })], {
          big
        })
      ),
      ({ format, frames }): ReadonlyArray<string | number | null> => [Wave.codecOf(format), Option.getOrNull(frames)]
    )

  it.effect("is known by its tail", () =>
    Effect.gen(function*() {
      deepStrictEqual(yield* codec("0100000000001000800000aa00389b71"), ["pcm", 5])
      deepStrictEqual(yield* codec("030000002107d3118644c8c1ca000000"), ["ieeeFloat", 5])
      deepStrictEqual(yield* codec("010000002107d3118644c8c1ca000000"), ["pcm", 5])
      deepStrictEqual(yield* codec("010000000000000000001000800000aa"), ["pcm", 5])
      deepStrictEqual(yield* codec("0100000000001000800000aa00389b72"), [
        "00000001-0000-0010-8000-00aa00389b72",
        null
      ])
    }))

  it.effect("is known in RIFX, however many of its bytes were swapped", () =>
    Effect.gen(function*() {
      deepStrictEqual(yield* codec("0000000100000010800000aa00389b71", true), ["pcm", 5])
      // as SoX writes it, and as one that swaps nothing
      deepStrictEqual(yield* codec("0001000000001000800000aa00389b71", true), ["pcm", 5])
      deepStrictEqual(yield* codec("0003000000001000800000aa00389b71", true), ["ieeeFloat", 5])
      deepStrictEqual(yield* codec("0300000000001000800000aa00389b71", true), ["ieeeFloat", 5])
    }))
})

describe("the name of a codec", () => {
  it("is known of the registered format tags", () => {
    const name = (codec: Wave.FormatTag | Wave.Guid) => Option.getOrNull(Wave.codecName(codec))
    deepStrictEqual(
      (["pcm", "msAdpcm", "gsm610", "mpegLayer3", 0x2000, 0x2001, 0x161, 0xff] as const).map(name),
      ["PCM", "Microsoft ADPCM", "GSM 6.10", "MPEG Layer 3", "Dolby AC-3", "DTS", "Windows Media Audio 2", "AAC"]
    )
    assert.strictEqual(name(0x1234), null)
    assert.strictEqual(name(Option.getOrThrow(Wave.subFormat("aLaw"))), "A-law")
    assert.strictEqual(name("00000001-0000-0000-0000-000000000000" as Wave.Guid), null)
  })
})
