/** `fmt `: the four kinds of formats by their sizes, what is extra in them, and the format tags of sub-formats. */
import type { Wave } from "@effect-mmio/core"
import { assert, describe, it } from "@effect/vitest"
import { deepStrictEqual } from "@effect/vitest/utils"
import { Either, FastCheck as fc, Option, Schema } from "effect"
import { format } from "../../src/internal/wave/format.js"
import * as SubFormats from "../../src/internal/wave/subFormats.js"
import { join, spelled, zeros } from "../support/chunkBytes.js"
import { laws, messageOf, namesOf, read, refuses, says, warns, write } from "../support/codecs.js"
import { scale } from "../support/scale.js"
import { formatTag, guid, values } from "../support/wave.js"

const common = { channels: 2, sampleRate: 44100, byteRate: 176400, blockAlign: 4 }
const head = "0200 44ac0000 10b10200 0400"
const bits = { ...common, bitsPerSample: 16 }
const subFormat = "00000001-0000-0010-8000-00aa00389b71" as Wave.Guid
const tail = { validBitsPerSample: 14, channelMask: 0x60f, subFormat }
const tailBytes = "0e00 0f060000 01000000 0000 1000 8000 00aa00389b71"

describe("a format", () => {
  laws(format, values["fmt "], { least: 14 })

  it("of 14 bytes has no bits per sample", () => {
    const value = { _tag: "WaveFormat", formatTag: "aLaw", ...common } as const
    says(format, spelled(`0600 ${head}`), value)
    says(format, spelled(`0600 ${head} 10`), { ...value, rest: spelled("10") })
    refuses(format, { ...value, rest: zeros(2) }, ["rest"], "two bytes more would be read as the bits per sample")
  })

  it("of 16 or 17 bytes, and of PCM, has no extra bytes", () => {
    const value = { _tag: "PcmWaveFormat", formatTag: "aLaw", ...bits } as const
    says(format, spelled(`0600 ${head} 1000`), value)
    says(format, spelled(`0600 ${head} 1000 ff`), { ...value, rest: spelled("ff") })
    const refusal = "two bytes more would be read as the size of extra bytes"
    refuses(format, { ...value, rest: zeros(2) }, ["rest"], refusal)
    const pcm = { ...value, formatTag: "pcm" } as const
    says(format, spelled(`0100 ${head} 1000`), pcm)
    says(format, spelled(`0100 ${head} 1000 0000`), { ...pcm, rest: zeros(2) })
    says(format, spelled(`0100 ${head} 1000 ffff 01`), { ...pcm, rest: spelled("ffff 01") })
  })

  it("of another tag has as many extra bytes as it says", () => {
    const value = { _tag: "WaveFormatEx", formatTag: "msAdpcm", ...bits, extra: zeros(0) } as const
    says(format, spelled(`0200 ${head} 1000 0000`), value)
    says(format, spelled(`0200 ${head} 1000 0200 abcd`), { ...value, extra: spelled("abcd") })
    says(format, spelled(`0200 ${head} 1000 0200 abcd ef`), { ...value, extra: spelled("abcd"), rest: spelled("ef") })
    refuses(
      format,
      { ...value, formatTag: "pcm" },
      ["formatTag"],
      "PCM has no extra bytes: what follows is the rest of a PcmWaveFormat"
    )
    const most = { ...value, extra: zeros(0xffff) }
    deepStrictEqual(write(format, most), Either.right(join(spelled(`0200 ${head} 1000 ffff`), zeros(0xffff))))
    refuses(format, { ...value, extra: zeros(0x10000) }, ["extra"], "65536 bytes do not fit a size of 16 bits")
  })

  it("that says more extra bytes than there are has those that there are", () => {
    const value = { _tag: "WaveFormatEx", formatTag: "msAdpcm", ...bits, extra: spelled("ab") } as const
    warns(
      format,
      spelled(`0200 ${head} 1000 0200 ab`),
      ["SizeTooLarge", "error", 16, "2 extra bytes are announced, where there is room for 1"],
      value
    )
  })

  it("of the extensible tag has a sub-format, and extra bytes after it", () => {
    const value = { _tag: "WaveFormatExtensible", formatTag: "extensible", ...bits, ...tail, extra: zeros(0) } as const
    says(format, spelled(`feff ${head} 1000 1600 ${tailBytes}`), value)
    says(format, spelled(`feff ${head} 1000 1700 ${tailBytes} ab cd`), {
      ...value,
      extra: spelled("ab"),
      rest: spelled("cd")
    })
    refuses(format, { ...value, extra: zeros(0x10000 - 22) }, ["extra"], "65536 bytes do not fit a size of 16 bits")
    assert.isTrue(Either.isRight(write(format, { ...value, extra: zeros(0xffff - 22) })))
  })

  it("of the extensible tag without room for a sub-format is an extended one", () => {
    const value = { _tag: "WaveFormatEx", formatTag: "extensible", ...bits, extra: zeros(21) } as const
    says(format, join(spelled(`feff ${head} 1000 1500`), zeros(21)), value)
    says(format, join(spelled(`feff ${head} 1000 1500`), zeros(22)), { ...value, rest: zeros(1) })
    refuses(
      format,
      { ...value, extra: zeros(22) },
      ["extra"],
      "so many bytes would be read as those of a WaveFormatExtensible"
    )
    says(format, join(spelled(`0200 ${head} 1000 1600`), zeros(22)), {
      ...value,
      formatTag: "msAdpcm",
      extra: zeros(22)
    })
  })

  it("whose sub-format is not counted has one for lenient readers, where it is known", () => {
    const value = { _tag: "WaveFormatExtensible", formatTag: "extensible", ...bits, ...tail, extra: zeros(0) } as const
    const hidden = (size: string, more = "", tag = "feff") =>
      spelled(`${tag} ${head} 1000 ${size} ${tailBytes} ${more}`)
    const lenient = { lenient: true }
    for (const [size, declared] of [["0000", 0], ["1500", 21]] as const) {
      warns(
        format,
        hidden(size, "ab"),
        [
          "SizeTooSmall",
          "warning",
          16,
          `${declared} extra bytes are announced, where the sub-format makes them 22`
        ],
        { ...value, rest: spelled("ab") },
        lenient
      )
    }
    warns(
      format,
      hidden("0000"),
      ["SizeTooSmall", "warning", 16, "0 extra bytes are announced, where the sub-format makes them 22"],
      value,
      lenient
    )
    // A strict reader, an unknown sub-format, one that is cut off, another tag, and one that is counted:
    const others = [
      read(format, hidden("0000")),
      read(format, join(hidden("0000").slice(0, -1), zeros(1)), lenient),
      read(format, hidden("0000").slice(0, -1), lenient),
      read(format, hidden("0000", "", "0200"), lenient),
      read(format, hidden("1600"), lenient)
    ]
    deepStrictEqual(others.map(({ problems, value }) => [value?._tag, problems]), [
      ["WaveFormatEx", []],
      ["WaveFormatEx", []],
      ["WaveFormatEx", []],
      ["WaveFormatEx", []],
      ["WaveFormatExtensible", []]
    ])
  })

  it("has a schema of four kinds", () => {
    deepStrictEqual(namesOf(format.schema), [
      "Format",
      "WaveFormat",
      "PcmWaveFormat",
      "WaveFormatEx",
      "WaveFormatExtensible",
      "Guid"
    ])
    const isValue = Schema.is(format.schema)
    assert.isFalse(isValue({ _tag: "Other", formatTag: "pcm", ...bits }))
    assert.isFalse(isValue({ _tag: "PcmWaveFormat", formatTag: "pcm", ...common }))
    assert.isFalse(isValue({ _tag: "WaveFormatEx", formatTag: "aLaw", ...bits }))
    assert.isFalse(isValue({ _tag: "WaveFormatEx", formatTag: "aLaw", ...bits, extra: [] }))
    const extensible = { _tag: "WaveFormatExtensible", ...bits, ...tail, extra: zeros(0) }
    assert.isFalse(isValue({ ...extensible, formatTag: "pcm" }))
    assert.isTrue(isValue({ ...extensible, formatTag: "extensible" }))
    assert.include(messageOf(format.schema, { _tag: "PcmWaveFormat", formatTag: 1, ...bits }), `1 is written "pcm"`)
  })
})

describe("sub-formats", () => {
  const tagOf = (text: string) => SubFormats.tagOf(text as Wave.Guid)

  it("hold the format tags that they are made of", () => {
    fc.assert(
      fc.property(formatTag, guid, (tag, other) => {
        const made = Option.getOrThrow(SubFormats.subFormat(tag))
        assert.strictEqual(SubFormats.tagOf(made), tag)
        const value = {
          _tag: "WaveFormatExtensible",
          formatTag: "extensible",
          ...bits,
          ...tail,
          extra: zeros(0)
        } as const
        assert.strictEqual(SubFormats.codecOf({ ...value, subFormat: made }), tag)
        assert.strictEqual(SubFormats.codecOf({ ...value, subFormat: other }), other)
        assert.strictEqual(SubFormats.codecOf({ _tag: "PcmWaveFormat", formatTag: tag, ...bits }), tag)
      }),
      { numRuns: scale(100) }
    )
  })

  it("are made of the tags of 16 bits, by their names too", () => {
    deepStrictEqual(SubFormats.subFormat("ieeeFloat"), Option.some("00000003-0000-0010-8000-00aa00389b71" as Wave.Guid))
    deepStrictEqual(SubFormats.subFormat(0xffff), Option.some("0000ffff-0000-0010-8000-00aa00389b71" as Wave.Guid))
    deepStrictEqual(SubFormats.subFormat(0), Option.some("00000000-0000-0010-8000-00aa00389b71" as Wave.Guid))
    for (const tag of [-1, 0.5, 0x10000]) deepStrictEqual(SubFormats.subFormat(tag), Option.none())
  })

  it("of Microsoft, of ambisonic recordings and of an old writer are known", () => {
    assert.strictEqual(tagOf("00000001-0000-0010-8000-00aa00389b71"), "pcm")
    assert.strictEqual(tagOf("00000003-0721-11d3-8644-c8c1ca000000"), "ieeeFloat")
    assert.strictEqual(tagOf("00000001-0000-0000-0000-1000800000aa"), "pcm")
    assert.strictEqual(tagOf("0000abcd-0721-11d3-8644-c8c1ca000000"), 0xabcd)
    for (
      const text of [
        "00010001-0000-0010-8000-00aa00389b71",
        "00000001-0000-0010-8000-00aa00389b72",
        "00000001-0721-11d3-8644-c8c1ca000001",
        "00000001-0000-0000-0000-1000800000ab",
        "000000001-0000-0010-8000-00aa00389b71",
        "00000001-0000-0010-8000-00aa00389b710",
        "000000003-0721-11d3-8644-c8c1ca000000",
        "00000003-0721-11d3-8644-c8c1ca0000000",
        "000000001-0000-0000-0000-1000800000aa",
        "00000001-0000-0000-0000-1000800000aa0"
      ]
    ) assert.isUndefined(tagOf(text), text)
  })

  it("in the other byte order are known, whether their tags were swapped or not", () => {
    assert.strictEqual(tagOf("00010000-0000-1000-8000-00aa00389b71"), "pcm")
    assert.strictEqual(tagOf("01000000-0000-1000-8000-00aa00389b71"), "pcm")
    assert.strictEqual(tagOf("55000000-0000-1000-8000-00aa00389b71"), "mpegLayer3")
    assert.strictEqual(tagOf("feff0000-0000-1000-8000-00aa00389b71"), "extensible")
    // Neither has a name.
    assert.strictEqual(tagOf("12340000-0000-1000-8000-00aa00389b71"), 0x1234)
    for (
      const text of [
        "00010001-0000-1000-8000-00aa00389b71",
        "000100000-0000-1000-8000-00aa00389b71",
        "00010000-0000-1000-8000-00aa00389b710",
        "000010000-0000-1000-8000-00aa00389b71"
      ]
    ) assert.isUndefined(tagOf(text), text)
  })
})
