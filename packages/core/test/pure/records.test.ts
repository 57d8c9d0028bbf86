/**
 * Chunks that are records of numbers, some with a table of others: `fact`, `inst`, `acid`, `CSET`, `PEAK`, `cue `, ...
 */
import { assert, describe, it } from "@effect/vitest"
import { deepStrictEqual } from "@effect/vitest/utils"
import { Schema } from "effect"
import * as FourCC from "../../src/FourCC.js"
import { cue, ds64, fact, instrument, sampler } from "../../src/internal/wave/chunks.js"
import { acid, characterSet, peaks } from "../../src/internal/wave/records.js"
import { join, spelled, zeros } from "../support/chunkBytes.js"
import { laws, namesOf, read, says, warns } from "../support/codecs.js"
import { values } from "../support/wave.js"

const runs = 100

describe("fact", () => {
  laws(fact, values.fact, { least: 4, runs })

  it("counts samples", () => {
    says(fact, spelled("9d080000"), { samples: 2205 })
    says(fact, spelled("0000089d 01"), { samples: 2205, rest: spelled("01") }, false)
    deepStrictEqual(namesOf(fact.schema), ["Fact"])
    assert.isFalse(Schema.is(fact.schema)({ samples: -1 }))
  })
})

describe("inst", () => {
  laws(instrument, values.inst, { least: 7, runs })

  it("has seven numbers", () => {
    says(instrument, spelled("3c ce fa 00 7f 01 7e"), {
      unshiftedNote: 60,
      fineTune: -50,
      gain: -6,
      lowNote: 0,
      highNote: 127,
      lowVelocity: 1,
      highVelocity: 126
    })
    deepStrictEqual(namesOf(instrument.schema), ["Instrument"])
    assert.isFalse(Schema.is(instrument.schema)({ unshiftedNote: 60 }))
  })
})

describe("CSET", () => {
  laws(characterSet, values.CSET, { least: 8, runs })

  it("has a code page and a language", () => {
    const value = { codePage: 1252, country: 49, language: 7, dialect: 1 }
    says(characterSet, spelled("e404 3100 0700 0100"), value)
    says(characterSet, spelled("04e4 0031 0007 0001 ff"), { ...value, rest: spelled("ff") }, false)
    deepStrictEqual(namesOf(characterSet.schema), ["CharacterSet"])
    assert.isFalse(Schema.is(characterSet.schema)({ ...value, dialect: 65536 }))
  })
})

describe("acid", () => {
  laws(acid, values.acid, { least: 24, runs })
  const value = {
    flags: 2,
    rootNote: 60,
    unknown1: 0x8000,
    unknown2: 0,
    beats: 8,
    meterDenominator: 4,
    meterNumerator: 3,
    tempo: 120
  }
  const bytes = spelled("02000000 3c00 0080 00000000 08000000 0400 0300 0000f042")

  it("has the tempo and the meter of a loop", () => {
    says(acid, bytes, value)
    says(acid, join(bytes, spelled("01")), { ...value, rest: spelled("01") })
    deepStrictEqual(namesOf(acid.schema), ["Acid"])
    assert.isFalse(Schema.is(acid.schema)({ ...value, tempo: Number.NaN }))
  })

  it("with what is no number is an error at the first of them", () => {
    const nan = spelled("0000c07f")
    const first = join(bytes.slice(0, 8), nan, bytes.slice(12))
    const second = join(bytes.slice(0, 20), nan)
    warns(acid, first, ["NotANumber", "error", 8, "it is not a number"], { ...value, unknown2: Number.NaN })
    warns(acid, second, ["NotANumber", "error", 20, "it is not a number"], { ...value, tempo: Number.NaN })
  })
})

describe("PEAK", () => {
  laws(peaks, values.PEAK, { least: 8, runs })
  const value = { version: 1, timestamp: 2, peaks: [{ value: 0.5, position: 3 }, { value: 1, position: 4 }] }
  const bytes = spelled("01000000 02000000 0000003f 03000000 0000803f 04000000")

  it("has as many peaks as there is room for", () => {
    says(peaks, bytes, value)
    says(peaks, join(bytes, zeros(7)), { ...value, rest: zeros(7) })
    says(peaks, bytes.slice(0, 8), { ...value, peaks: [] })
    says(peaks, bytes.slice(0, 15), { ...value, peaks: [], rest: bytes.slice(8, 15) })
    deepStrictEqual(namesOf(peaks.schema), ["Peaks"])
    assert.isFalse(Schema.is(peaks.schema)({ ...value, peaks: [{ value: 1 }] }))
  })

  it("with a value that is no number is an error where it is", () => {
    const nan = join(bytes.slice(0, 16), spelled("0000c07f"), bytes.slice(20))
    warns(peaks, nan, ["NotANumber", "error", 16, "it is not a number"], {
      ...value,
      peaks: [value.peaks[0]!, { value: Number.NaN, position: 4 }]
    })
  })

  it("has no more peaks than the limit", () => {
    warns(
      peaks,
      bytes,
      ["LimitExceeded", "error", 8, "there are more entries than the limit RiffLimits.entries, 1"],
      { ...value, peaks: value.peaks.slice(0, 1), rest: bytes.slice(16) },
      { entries: 1 }
    )
  })
})

describe("cue", () => {
  laws(cue, values["cue "], { least: 4, runs })
  const point = { id: 2, position: 133, chunk: FourCC.make("data"), chunkStart: 1, blockStart: 4, sampleOffset: 267 }
  const pointBytes = spelled("02000000 85000000 'data' 01000000 04000000 0b010000")

  it("has as many points as it says", () => {
    says(cue, join(spelled("01000000"), pointBytes), { points: [point] })
    says(cue, spelled("00000001 00000002 00000085 'data' 00000001 00000004 0000010b 07"), {
      points: [point],
      rest: spelled("07")
    }, false)
    says(cue, zeros(30), { points: [], rest: zeros(26) })
    deepStrictEqual(namesOf(cue.schema), ["Cue", "FourCC"])
    assert.isFalse(Schema.is(cue.schema)({ points: [{ id: 1 }] }))
  })

  it("that says more than it has room for has those that there are", () => {
    const tooMany = (count: number, room: number, bytes: Uint8Array, points: number) =>
      warns(
        cue,
        bytes,
        ["CountTooLarge", "error", 0, `${count} cue points are announced, where there is room for ${room}`],
        { points: Array.from({ length: points }, () => point), ...bytes.length > 28 ? { rest: bytes.slice(28) } : {} }
      )
    tooMany(0xffffffff, 0, spelled("ffffffff"), 0)
    warns(
      cue,
      join(spelled("03000000"), pointBytes),
      ["CountTooLarge", "error", 0, "3 cue points are announced, where there is room for 1"],
      { points: [point] },
      { lenient: true }
    )
    tooMany(2, 1, join(spelled("02000000"), pointBytes), 1)
    tooMany(2, 1, join(spelled("02000000"), pointBytes, pointBytes.slice(1)), 1)
  })

  it("that counts too few points has all of them for lenient readers, where they are points of samples", () => {
    const slnt = spelled("02000000 85000000 'slnt' 01000000 04000000 0b010000")
    const other = spelled("02000000 85000000 'dat!' 01000000 04000000 0b010000")
    const lenient = { lenient: true }
    for (const [count, found] of [[0, 2], [1, 2]] as const) {
      warns(
        cue,
        join(Uint8Array.of(count, 0, 0, 0), pointBytes, slnt),
        ["CountTooSmall", "warning", 0, `${count} cue points are announced, where there are ${found}`],
        { points: [point, { ...point, chunk: FourCC.make("slnt") }] },
        lenient
      )
    }
    // What follows is less, or no point of samples, or the reader is strict.
    const none = [
      read(cue, join(zeros(4), pointBytes)),
      read(cue, join(zeros(4), pointBytes.slice(1)), lenient),
      read(cue, join(zeros(4), pointBytes, zeros(1)), lenient),
      read(cue, join(zeros(4), pointBytes, other), lenient),
      read(cue, join(zeros(4), other, pointBytes), lenient),
      read(cue, zeros(4), lenient)
    ]
    for (const { problems, value } of none) deepStrictEqual([problems, value?.points], [[], []])
    deepStrictEqual(read(cue, join(spelled("01000000"), pointBytes), lenient).problems, [])
  })

  it("has no more points than the limit", () => {
    warns(
      cue,
      join(spelled("02000000"), pointBytes, pointBytes),
      ["LimitExceeded", "error", 0, "there are more entries than the limit RiffLimits.entries, 1"],
      { points: [point], rest: pointBytes },
      { entries: 1 }
    )
  })
})

describe("smpl", () => {
  laws(sampler, values.smpl, { least: 36, runs })
  const head = "01000001 02000000 4e620100 3c000000 00000080 19000000 01020317"
  const loops =
    "00000000 01000000 64000000 c7000000 05000000 02000000 09000000 20000000 01000000 02000000 03000000 04000000"
  const value = {
    manufacturer: 0x01000001,
    product: 2,
    samplePeriod: 90702,
    midiUnityNote: 60,
    midiPitchFraction: 2 ** 31,
    smpteFormat: 25,
    smpteOffset: 0x17030201,
    loops: [
      { id: 0, type: "alternating" as const, start: 100, end: 199, fraction: 5, playCount: 2 },
      { id: 9, type: 32, start: 1, end: 2, fraction: 3, playCount: 4 }
    ],
    samplerData: spelled("aabbcc")
  }

  it("has loops and data of the sampler", () => {
    const bytes = spelled(`${head} 02000000 03000000 ${loops} aabbcc`)
    says(sampler, bytes, value)
    says(sampler, join(bytes, spelled("dd")), { ...value, rest: spelled("dd") })
    says(sampler, join(bytes.subarray(0, 28), zeros(8)), { ...value, loops: [], samplerData: zeros(0) })
    deepStrictEqual(namesOf(sampler.schema), ["Sampler"])
    const kinds = ["forward", "alternating", "backward"] as const
    kinds.forEach((type, number) => {
      const loop = { id: 0, type, start: 0, end: 0, fraction: 0, playCount: 0 }
      const bytes = join(spelled(`${head} 01000000 00000000 00000000`), Uint8Array.of(number), zeros(19))
      says(sampler, bytes, { ...value, loops: [loop], samplerData: zeros(0) })
    })
    assert.isFalse(Schema.is(sampler.schema)({ ...value, loops: [{ id: 1 }] }))
    assert.isFalse(Schema.is(sampler.schema)({ ...value, samplerData: [1] }))
  })

  it("that says more loops than it has room for has those that there are", () => {
    warns(
      sampler,
      spelled(`${head} 03000000 00000000 ${loops} aabbcc`),
      ["CountTooLarge", "error", 28, "3 loops are announced, where there is room for 2"],
      { ...value, samplerData: zeros(0), rest: spelled("aabbcc") }
    )
  })

  it("that says more data than it has room for has that which there is", () => {
    warns(
      sampler,
      spelled(`${head} 02000000 04000000 ${loops} aabbcc`),
      ["SizeTooLarge", "error", 32, "4 bytes of sampler data are announced, where there is room for 3"],
      value
    )
  })
})

describe("ds64", () => {
  laws(ds64, values.ds64, { least: 28, runs })
  const value = {
    riffSize: 0x1_0000_0002n,
    dataSize: 0xffff_ffff_ffff_fffen,
    sampleCount: 3n,
    table: [{ id: FourCC.make("levl"), size: 0x5_0000_0000n }]
  }
  const head = "02000000 01000000 feffffff ffffffff 03000000 00000000"

  it("has sizes of 64 bits, the lower half first", () => {
    says(ds64, spelled(`${head} 01000000 'levl' 00000000 05000000`), value)
    says(
      ds64,
      spelled("00000002 00000001 fffffffe ffffffff 00000003 00000000 00000001 'levl' 00000000 00000005 01"),
      { ...value, rest: spelled("01") },
      false
    )
    deepStrictEqual(namesOf(ds64.schema), ["Ds64", "FourCC"])
    assert.isFalse(Schema.is(ds64.schema)({ ...value, table: [{ id: "levl" }] }))
  })

  it("that says more sizes than it has room for has those that there are", () => {
    warns(
      ds64,
      join(spelled(`${head} 02000000 'levl' 00000000 05000000`), zeros(11)),
      ["CountTooLarge", "error", 24, "2 sizes of chunks are announced, where there is room for 1"],
      { ...value, rest: zeros(11) }
    )
  })
})
