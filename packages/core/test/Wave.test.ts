import { FourCC, type Riff, Wave } from "@effect-mmio/core"
import { assert, describe, it } from "@effect/vitest"
import { deepStrictEqual } from "@effect/vitest/utils"
import { Array as Arr, Effect, Either, FastCheck as fc, Option, ParseResult, Schema } from "effect"
import { damaged, join, spelled as bytes, zeros } from "./support/chunkBytes.js"
import { outcome } from "./support/outcome.js"
import { scale } from "./support/scale.js"
import { byteOrders, formatTag, guid, header, keys, special, terminated, values } from "./support/wave.js"

type AnySchema = Schema.Schema<unknown, Uint8Array>

/** The codec of a kind of chunk, of whatever it decodes to. */
const schemaOf = (key: keyof Wave.Known, byteOrder?: Riff.ByteOrder) =>
  Wave.chunk[key](byteOrder) as unknown as AnySchema

/** What is wrong with a value, and where in it; the message of the error says the same in one line. */
const issuesOf = ({ issue, message }: ParseResult.ParseError) => {
  assert.notInclude(message, "\n")
  assert(issue._tag === "Transformation")
  const issues = ParseResult.ArrayFormatter.formatIssueSync(issue.issue)
  for (const each of issues) assert.include(message, each.message)
  return issues
}

/** Where and why decoding fails: the path of the issue is the offset. */
const failure = (error: ParseResult.ParseError) => {
  const [issue, ...others] = issuesOf(error)
  assert.isDefined(issue)
  deepStrictEqual(others, [])
  assert.strictEqual(issue?.path.length, 1)
  return { offset: issue?.path[0], description: issue?.message }
}

/** Decodes in both ways, which have to agree. */
const decode = (key: keyof Wave.Known, data: Uint8Array, byteOrder?: Riff.ByteOrder) => {
  const before = data.slice()
  const bySchema = Schema.decodeEither(schemaOf(key, byteOrder))(data)
  const direct = outcome(Wave.decode(header(key), data, byteOrder))
  deepStrictEqual(data, before)
  if (Either.isLeft(bySchema)) {
    assert(Either.isLeft(direct), "both fail")
    const { chunk, description, offset } = direct.left
    assert.strictEqual(chunk, key)
    deepStrictEqual(failure(bySchema.left), { offset, description })
    assert(Number.isInteger(offset) && offset >= 0 && offset <= data.length, `offset ${offset} of ${data.length}`)
    return Either.left({ offset, description })
  }
  assert(Either.isRight(direct), "both succeed")
  assert(direct.right._tag === key)
  deepStrictEqual<unknown>(direct.right.value, bySchema.right)
  return Either.right(bySchema.right)
}

const encode = (key: keyof Wave.Known, value: unknown, byteOrder?: Riff.ByteOrder) =>
  Schema.encodeEither(schemaOf(key, byteOrder))(value)

/** What bytes say, and that saying it gives the bytes. */
const says = (key: keyof Wave.Known, data: Uint8Array, value: unknown, byteOrder?: Riff.ByteOrder) => {
  deepStrictEqual(decode(key, data, byteOrder), Either.right(value))
  deepStrictEqual(encode(key, value, byteOrder), Either.right(data))
}

/** Where bytes are wrong, and what is said of it. */
const fails = (key: keyof Wave.Known, data: Uint8Array, offset: number, description: string) =>
  deepStrictEqual(decode(key, data), Either.left({ offset, description }))

/** Which part of a value is refused, and what is said of it. */
const refuses = <K extends keyof Wave.Known>(
  key: K,
  value: Wave.Known[K],
  path: ReadonlyArray<PropertyKey>,
  message: string
) => {
  const encoded = encode(key, value)
  assert(Either.isLeft(encoded))
  const [issue] = issuesOf(encoded.left)
  deepStrictEqual([issue?.path, issue?.message], [path, message])
}

// ---------------------------------------------------------------------------------------------------------------------
// laws
// ---------------------------------------------------------------------------------------------------------------------

/** Whatever their bytes are, they are a text, or stay bytes. */
const cannotFail: ReadonlySet<keyof Wave.Known> = new Set(["iXML", "axml", "_PMX", "ID3 ", "id3 "])

describe.each(keys)("%s", (key) => {
  for (const byteOrder of byteOrders) {
    it(`values become bytes and the same values again, ${byteOrder}-endian`, () => {
      const arbitrary: fc.Arbitrary<unknown> = values[key]
      fc.assert(
        fc.property(arbitrary, (value) => {
          const encoded = Either.getOrThrow(encode(key, value, byteOrder))
          deepStrictEqual(decode(key, encoded, byteOrder), Either.right(value))
        }),
        { numRuns: scale(300) }
      )
    })

    it(`bytes become values and the same bytes again, or nothing, ${byteOrder}-endian`, () => {
      const arbitrary: fc.Arbitrary<unknown> = values[key]
      const counts = { values: 0, failures: 0 }
      fc.assert(
        fc.property(
          fc.oneof(
            fc.uint8Array({ maxLength: key === "cart" ? 2100 : 700, size: "max" }),
            arbitrary.chain((value) => damaged(Either.getOrThrow(encode(key, value, byteOrder))))
          ),
          (data) => {
            const decoded = decode(key, data, byteOrder)
            if (Either.isRight(decoded)) {
              counts.values++
              deepStrictEqual(encode(key, decoded.right, byteOrder), Either.right(data))
            } else counts.failures++
          }
        ),
        // of fewer, chance alone could leave one of them out
        { numRuns: Math.max(150, scale(500)) }
      )
      // both happen, or the property says little
      assert.isAbove(counts.values, scale(20))
      if (!cannotFail.has(key)) assert.isAbove(counts.failures, scale(20))
    })
  }
})

// ---------------------------------------------------------------------------------------------------------------------
// examples, from the structures' descriptions
// ---------------------------------------------------------------------------------------------------------------------

const pcm = {
  _tag: "PcmWaveFormat",
  formatTag: "pcm",
  channels: 2,
  sampleRate: 44100,
  byteRate: 176400,
  blockAlign: 4,
  bitsPerSample: 16
} as const
const common = { channels: 1, sampleRate: 8000, byteRate: 8000, blockAlign: 1 }

describe("fmt", () => {
  it("of 14 bytes has no bits per sample", () => {
    says("fmt ", bytes("0100 0100 401f0000 401f0000 0100"), { _tag: "WaveFormat", formatTag: "pcm", ...common })
    says("fmt ", bytes("0100 0100 401f0000 401f0000 0100 09"), {
      _tag: "WaveFormat",
      formatTag: "pcm",
      ...common,
      rest: Uint8Array.of(9)
    })
  })

  it("of 16 bytes has", () => {
    says("fmt ", bytes("0100 0200 44ac0000 10b10200 0400 1000"), pcm)
    says("fmt ", bytes("0001 0002 0000ac44 0002b110 0004 0010"), pcm, "big")
  })

  it("of PCM may be longer, and what it says of extra bytes is ignored", () => {
    says("fmt ", bytes("0100 0200 44ac0000 10b10200 0400 1000 0000"), { ...pcm, rest: zeros(2) })
    says("fmt ", bytes("0100 0200 44ac0000 10b10200 0400 1000 ffff 01"), { ...pcm, rest: bytes("ffff 01") })
  })

  it("of another format has extra bytes, and bytes after them", () => {
    says("fmt ", bytes("0600 0100 401f0000 401f0000 0100 0800 0000"), {
      _tag: "WaveFormatEx",
      formatTag: "aLaw",
      ...common,
      bitsPerSample: 8,
      extra: zeros(0)
    })
    says("fmt ", bytes("3412 0100 401f0000 401f0000 0100 0800 0200 f907 77"), {
      _tag: "WaveFormatEx",
      formatTag: 0x1234,
      ...common,
      bitsPerSample: 8,
      extra: bytes("f907"),
      rest: bytes("77")
    })
  })

  it("of 40 bytes has a sub-format, whose numbers are in the order of the file", () => {
    const value = {
      _tag: "WaveFormatExtensible",
      formatTag: "extensible",
      channels: 6,
      sampleRate: 8000,
      byteRate: 96000,
      blockAlign: 12,
      bitsPerSample: 16,
      validBitsPerSample: 14,
      channelMask: 0x60f,
      subFormat: "00000001-0000-0010-8000-00aa00389b71",
      extra: zeros(0)
    }
    says(
      "fmt ",
      bytes("feff 0600 401f0000 00770100 0c00 1000 1600 0e00 0f060000 01000000 0000 1000 8000 00aa00389b71"),
      value
    )
    says(
      "fmt ",
      bytes("fffe 0006 00001f40 00017700 000c 0010 0016 000e 0000060f 00000001 0000 0010 8000 00aa00389b71"),
      value,
      "big"
    )
  })

  it("of the extensible tag without room for a sub-format is an extended one", () => {
    says("fmt ", bytes("feff 0100 401f0000 401f0000 0100 0800 0000"), {
      _tag: "WaveFormatEx",
      formatTag: "extensible",
      ...common,
      bitsPerSample: 8,
      extra: zeros(0)
    })
  })

  it("too short for anything, or with more extra bytes than there are, is malformed", () => {
    fails("fmt ", zeros(0), 0, "it ends after 0 bytes, of at least 14")
    fails("fmt ", zeros(13), 13, "it ends after 13 bytes, of at least 14")
    fails(
      "fmt ",
      bytes("0600 0100 401f0000 401f0000 0100 0800 0100"),
      16,
      "1 extra bytes are announced, where there is room for 0"
    )
  })

  it("refuses what would be read as something else", () => {
    const { bitsPerSample: _, ...numbers } = pcm
    refuses(
      "fmt ",
      { ...numbers, _tag: "WaveFormat", rest: zeros(2) },
      ["rest"],
      "two bytes more would be read as the bits per sample"
    )
    refuses(
      "fmt ",
      { ...pcm, formatTag: "aLaw", rest: zeros(2) },
      ["rest"],
      "two bytes more would be read as the size of extra bytes"
    )
    refuses(
      "fmt ",
      { ...pcm, _tag: "WaveFormatEx", extra: zeros(0) },
      ["formatTag"],
      "PCM has no extra bytes: what follows is the rest of a PcmWaveFormat"
    )
    refuses(
      "fmt ",
      { ...pcm, _tag: "WaveFormatEx", formatTag: "extensible", extra: zeros(22) },
      ["extra"],
      "so many bytes would be read as those of a WaveFormatExtensible"
    )
    refuses(
      "fmt ",
      { ...pcm, _tag: "WaveFormatEx", formatTag: "aLaw", extra: zeros(0x10000) },
      ["extra"],
      "65536 bytes do not fit a size of 16 bits"
    )
  })

  it("refuses numbers that do not fit, and known format tags as numbers", () => {
    for (
      const [key, value] of [["channels", -1], ["channels", 0x10000], ["sampleRate", 0.5], [
        "byteRate",
        2 ** 32
      ]] as const
    ) {
      const encoded = encode("fmt ", { ...pcm, [key]: value })
      assert(Either.isLeft(encoded))
      assert.include(encoded.left.message, `fmt at ${key}: `)
    }
    const encoded = encode("fmt ", { ...pcm, formatTag: 1 })
    assert(Either.isLeft(encoded))
    assert.include(encoded.left.message, "1 is written \"pcm\"")
  })

  it("knows the sub-formats that are format tags", () => {
    fc.assert(
      fc.property(formatTag, guid, (formatTag, guid) => {
        const extensible: Wave.WaveFormatExtensible = {
          ...pcm,
          _tag: "WaveFormatExtensible",
          formatTag: "extensible",
          validBitsPerSample: 16,
          channelMask: 0,
          subFormat: Option.getOrThrow(Wave.subFormat(formatTag)),
          extra: zeros(0)
        }
        assert.strictEqual(Wave.codecOf(extensible), formatTag)
        assert.strictEqual(Wave.codecOf({ ...extensible, subFormat: guid }), guid)
        assert.strictEqual(Wave.codecOf({ ...pcm, formatTag }), formatTag)
      }),
      { numRuns: scale(100) }
    )
    deepStrictEqual(Wave.subFormat("ieeeFloat"), Option.some("00000003-0000-0010-8000-00aa00389b71"))
    deepStrictEqual([-1, 0.5, 0x10000].map(Wave.subFormat), [Option.none(), Option.none(), Option.none()])
  })
})

describe("framesIn", () => {
  const frames = (format: Partial<Wave.PcmWaveFormat>, bytes: number) =>
    Option.getOrNull(Wave.framesIn({ ...pcm, ...format }, bytes))

  it("counts whole frames of what has no blocks", () => {
    deepStrictEqual([0, 3, 4, 400, 403].map((bytes) => frames({}, bytes)), [0, 0, 1, 100, 100])
    assert.strictEqual(frames({ formatTag: "ieeeFloat" }, 41), 10)
    // a sample of a byte, whatever the bits per sample
    for (const formatTag of ["aLaw", "muLaw"] as const) assert.strictEqual(frames({ formatTag }, 41), 20)
    assert.strictEqual(
      Option.getOrNull(Wave.framesIn({ ...pcm, _tag: "WaveFormat" }, 2 ** 40 + 3)),
      2 ** 38,
      "more than 32 bits"
    )
  })

  it("counts the frames of whole blocks", () => {
    // the blocks of SoX and ffmpeg, which say in the extra bytes how many samples they have: 500, 2041 and 320
    assert.strictEqual(
      frames({ formatTag: "msAdpcm", channels: 2, blockAlign: 512, bitsPerSample: 4 }, 2560 + 13),
      2500
    )
    assert.strictEqual(frames({ formatTag: "imaAdpcm", channels: 1, blockAlign: 1024, bitsPerSample: 4 }, 3072), 6123)
    assert.strictEqual(frames({ formatTag: "imaAdpcm", channels: 2, blockAlign: 1024, bitsPerSample: 0 }, 1024), 1017)
    assert.strictEqual(frames({ formatTag: "imaAdpcm", channels: 1, blockAlign: 1024, bitsPerSample: 3 }, 1024), 2721)
    assert.strictEqual(frames({ formatTag: "gsm610", channels: 1, blockAlign: 65, bitsPerSample: 0 }, 131), 640)
  })

  it("finds none where nothing can be counted", () => {
    for (const formatTag of ["msAdpcm", "imaAdpcm", "gsm610", "mpeg"] as const) {
      assert.strictEqual(frames({ formatTag, blockAlign: 0 }, 400), null, "a block align of 0 cannot divide")
    }
    for (const formatTag of ["msAdpcm", "imaAdpcm"] as const) {
      assert.strictEqual(frames({ formatTag, channels: 0 }, 4000), null, "no channels")
      assert.strictEqual(frames({ formatTag, channels: 100, blockAlign: 64 }, 4000), null, "less than the headers")
    }
    // one byte less than the headers of both channels, and just these, which hold a frame
    const ima = { formatTag: "imaAdpcm", bitsPerSample: 4 } as const
    deepStrictEqual([frames({ ...ima, blockAlign: 7 }, 70), frames({ ...ima, blockAlign: 8 }, 80)], [null, 10])
    assert.strictEqual(frames({ formatTag: "gsm610", blockAlign: 64 }, 640), null)
    assert.strictEqual(frames({ formatTag: "mpegLayer3" }, 640), null)
    assert.strictEqual(frames({ formatTag: 0x1234 }, 640), null)
  })
})

describe("fact", () => {
  it("counts frames", () => {
    says("fact", bytes("9d080000"), { samples: 2205 })
    says("fact", bytes("0000089d 01"), { samples: 2205, rest: Uint8Array.of(1) }, "big")
    fails("fact", bytes("9d0800"), 3, "it ends after 3 bytes, of at least 4")
  })
})

describe("cue", () => {
  const point = { id: 2, position: 133, chunk: "data", chunkStart: 1, blockStart: 4, sampleOffset: 267 }

  it("has as many points as it says", () => {
    says("cue ", bytes("01000000 02000000 85000000 'data' 01000000 04000000 0b010000"), { points: [point] })
    says("cue ", bytes("00000001 00000002 00000085 'data' 00000001 00000004 0000010b 07"), {
      points: [point],
      rest: Uint8Array.of(7)
    }, "big")
    says("cue ", zeros(30), { points: [], rest: zeros(26) })
  })

  it("is not believed to have more than it has room for", () => {
    fails("cue ", zeros(3), 3, "it ends after 3 bytes, of at least 4")
    fails("cue ", bytes("ffffffff"), 0, "4294967295 cue points are announced, where there is room for 0")
    fails("cue ", join(bytes("02000000"), zeros(47)), 0, "2 cue points are announced, where there is room for 1")
  })
})

describe("smpl", () => {
  const head = "01000001 02000000 4e620100 3c000000 00000080 19000000 01020317"
  const value = {
    manufacturer: 0x01000001,
    product: 2,
    samplePeriod: 90702,
    midiUnityNote: 60,
    midiPitchFraction: 2 ** 31,
    smpteFormat: 25,
    smpteOffset: 0x17030201
  }

  it("has loops and data of the sampler", () => {
    says(
      "smpl",
      bytes(`${head} 02000000 03000000 00000000 01000000 64000000 c7000000 05000000 02000000
      09000000 20000000 01000000 02000000 03000000 04000000 aabbcc dd`),
      {
        ...value,
        loops: [
          { id: 0, type: "alternating", start: 100, end: 199, fraction: 5, playCount: 2 },
          { id: 9, type: 32, start: 1, end: 2, fraction: 3, playCount: 4 }
        ],
        samplerData: bytes("aabbcc"),
        rest: bytes("dd")
      }
    )
  })

  it("is not believed to have more than it has room for", () => {
    fails("smpl", zeros(35), 35, "it ends after 35 bytes, of at least 36")
    fails("smpl", bytes(`${head} ffffffff 00000000`), 28, "4294967295 loops are announced, where there is room for 0")
    fails(
      "smpl",
      join(bytes(`${head} 01000000 02000000`), zeros(25)),
      32,
      "2 bytes of sampler data are announced, where there is room for 1"
    )
  })
})

describe("inst", () => {
  it("has seven numbers", () => {
    says("inst", bytes("3c ce fa 00 7f 01 7e"), {
      unshiftedNote: 60,
      fineTune: -50,
      gain: -6,
      lowNote: 0,
      highNote: 127,
      lowVelocity: 1,
      highVelocity: 126
    })
    fails("inst", zeros(6), 6, "it ends after 6 bytes, of at least 7")
  })
})

describe("ds64", () => {
  it("has sizes of 64 bits, the lower half first", () => {
    const value = {
      riffSize: 0x1_0000_0002n,
      dataSize: 0xffff_ffff_ffff_fffen,
      sampleCount: 3n,
      table: [{ id: "levl", size: 0x5_0000_0000n }],
      rest: Uint8Array.of(1)
    }
    says(
      "ds64",
      bytes("02000000 01000000 feffffff ffffffff 03000000 00000000 01000000 'levl' 00000000 05000000 01"),
      value
    )
    says(
      "ds64",
      bytes("00000002 00000001 fffffffe ffffffff 00000003 00000000 00000001 'levl' 00000000 00000005 01"),
      value,
      "big"
    )
  })

  it("is not believed to have more of them than it has room for", () => {
    fails("ds64", zeros(27), 27, "it ends after 27 bytes, of at least 28")
    fails(
      "ds64",
      join(zeros(24), bytes("02000000"), zeros(23)),
      24,
      "2 sizes of chunks are announced, where there is room for 1"
    )
  })
})

describe("LIST INFO", () => {
  const rest = zeros(7)

  it("has tags in order, the same id as often as it comes", () => {
    says("LIST:INFO", bytes("'INFO' 'INAM' 04000000 'One' 00 'ICMT' 03000000 'hi' 00 00 'INAM' 04000000 'Two' 00"), {
      tags: [{ id: "INAM", text: "One" }, { id: "ICMT", text: "hi" }, { id: "INAM", text: "Two" }]
    })
    says("LIST:INFO", bytes("'INFO' 'INAM' 00000004 'One' 00"), { tags: [{ id: "INAM", text: "One" }] }, "big")
    says("LIST:INFO", bytes("'INFO'"), { tags: [] })
  })

  it("keeps how texts end", () => {
    const tag = (data: string) => {
      const content = bytes(data)
      return join(bytes("'INFO' 'INAM'"), Uint8Array.of(content.length, 0, 0, 0), content)
    }
    says("LIST:INFO", tag("'ab'"), { tags: [{ id: "INAM", text: "ab", trailing: zeros(0) }] })
    says("LIST:INFO", tag("'ab' 0000"), { tags: [{ id: "INAM", text: "ab", trailing: zeros(2) }] })
    says("LIST:INFO", tag("'ab' 00 'c'"), { tags: [{ id: "INAM", text: "ab", trailing: bytes("00 'c'") }] })
    says("LIST:INFO", tag(""), { tags: [{ id: "INAM", text: "", trailing: zeros(0) }] })
  })

  it("keeps what is in the place of pad bytes, and too little for another tag", () => {
    says("LIST:INFO", bytes("'INFO' 'INAM' 01000000 00 07 'ICMT' 01000000 00"), {
      tags: [{ id: "INAM", text: "", pad: 7 }, { id: "ICMT", text: "", pad: "missing" }]
    })
    says("LIST:INFO", join(bytes("'INFO' 'INAM' 01000000 00 00"), rest), { tags: [{ id: "INAM", text: "" }], rest })
  })

  it("is malformed where it is another list, or a tag goes beyond it", () => {
    fails("LIST:INFO", bytes("'INF'"), 3, "it ends after 3 bytes, of at least 4")
    fails("LIST:INFO", bytes("'adtl'"), 0, "the type of the list is \"adtl\", not \"INFO\"")
    fails(
      "LIST:INFO",
      bytes("'INFO' 'INAM' 02000000 'a' 00 'ICMT' ffffffff 'hi'"),
      18,
      "4294967295 bytes of \"ICMT\" are announced, where there is room for 2"
    )
  })

  it("refuses what would be read as something else", () => {
    const id = FourCC.make("INAM")
    const refusesTag = (tag: Omit<Wave.InfoTag, "id">, key: string, message: string) =>
      refuses("LIST:INFO", { tags: [{ id, text: "ab" }, { id, ...tag }] }, ["tags", 1, key], message)
    refusesTag({ text: "a\0b" }, "text", "a zero ends the text: what follows belongs into `trailing`")
    refusesTag({ text: "\ud800" }, "text", "there is a character that utf-8 does not have")
    refusesTag(
      { text: "ab", trailing: bytes("01") },
      "trailing",
      "what follows a text begins with the zero that ends it"
    )
    refusesTag({ text: "a", pad: 1 }, "pad", "only a chunk of an odd size has a pad byte")
    refuses(
      "LIST:INFO",
      { tags: [{ id, text: "ab", pad: "missing" }, { id, text: "" }] },
      ["tags", 0, "pad"],
      "only at the end of a list can the pad byte be missing"
    )
    refuses(
      "LIST:INFO",
      { tags: [{ id, text: "ab", pad: "missing" }], rest },
      ["tags", 0, "pad"],
      "only at the end of a list can the pad byte be missing"
    )
    refuses("LIST:INFO", { tags: [], rest: zeros(8) }, ["rest"], "so many bytes would be read as another chunk")
  })

  it("takes for granted what need not be said", () => {
    const id = FourCC.make("INAM")
    const short = Either.getOrThrow(encode("LIST:INFO", { tags: [{ id, text: "abc" }] }))
    deepStrictEqual(
      encode("LIST:INFO", {
        tags: [{ id, text: "abc", encoding: "windows-1252", trailing: zeros(1), pad: undefined }]
      }),
      Either.right(short)
    )
  })
})

describe("texts", () => {
  const tagged = (data: Uint8Array) => {
    const list = join(bytes("'INFO' 'INAM'"), Uint8Array.of(data.length, 0, 0, 0), data, zeros(data.length % 2))
    const [tag] = Either.getOrThrow(Schema.decodeEither(Wave.infoList())(list)).tags
    return tag
  }

  it("are UTF-8 where they can be", () => {
    deepStrictEqual(tagged(bytes("'Gr' c3b6 c39f 'e' 00")), { id: FourCC.make("INAM"), text: "Größe" })
    assert.strictEqual(tagged(bytes("efbbbf 'a' 00"))?.text, "\ufeffa", "a byte order mark is a character")
    assert.strictEqual(tagged(bytes("f09f8eb5 00"))?.text, "🎵")
  })

  it("are windows-1252 where they cannot", () => {
    deepStrictEqual(tagged(bytes("'Gr' f6 df 'e' 00")), {
      id: FourCC.make("INAM"),
      text: "Größe",
      encoding: "windows-1252"
    })
    // overlong, half a surrogate pair, beyond Unicode, cut off
    for (const data of ["c080", "eda080", "f4908080", "c3"]) {
      assert.strictEqual(tagged(bytes(`${data} 00`))?.encoding, "windows-1252", data)
    }
    for (const [byte, character] of special) assert.strictEqual(tagged(Uint8Array.of(byte, 0))?.text, character)
    for (const byte of [0x81, 0x8d, 0x8f, 0x90, 0x9d, 0xa0, 0xff]) {
      assert.strictEqual(tagged(Uint8Array.of(byte, 0))?.text, String.fromCharCode(byte))
    }
  })

  it("in either encoding are written as they were read", () => {
    const id = FourCC.make("INAM")
    fc.assert(
      fc.property(terminated, ({ length, text }) => {
        const encoded = Either.getOrThrow(encode("LIST:INFO", { tags: [{ id, ...text }] }))
        assert.strictEqual(encoded.length, 12 + length + length % 2)
      }),
      { numRuns: scale(100) }
    )
  })
})

describe("LIST adtl", () => {
  it("has labels, notes, texts and whatever else", () => {
    says(
      "LIST:adtl",
      bytes(`'adtl' 'labl' 07000000 01000000 'Hi' 00 00 'note' 06000000 02000000 'N' 00
        'ltxt' 14000000 03000000 10000000 'scrp' 3100 0900 0100 e404
        'ltxt' 17000000 03000000 10000000 'scrp' 3100 0900 0100 e404 'abc' 09
        'file' 05000000 01000000 ff 00`),
      {
        entries: [
          { _tag: "labl", cue: 1, text: "Hi" },
          { _tag: "note", cue: 2, text: "N" },
          {
            _tag: "ltxt",
            cue: 3,
            length: 16,
            purpose: "scrp",
            country: 49,
            language: 9,
            dialect: 1,
            codePage: 1252,
            text: ""
          },
          {
            _tag: "ltxt",
            cue: 3,
            length: 16,
            purpose: "scrp",
            country: 49,
            language: 9,
            dialect: 1,
            codePage: 1252,
            text: "abc",
            pad: 9
          },
          { _tag: "other", id: "file", data: bytes("01000000 ff") }
        ]
      }
    )
    says("LIST:adtl", bytes("'adtl' 'labl' 00000006 00000001 'H' 00"), {
      entries: [{ _tag: "labl", cue: 1, text: "H" }]
    }, "big")
  })

  it("is malformed where an entry is too short", () => {
    fails("LIST:adtl", bytes("'adtl' 'labl' 03000000 010000 00"), 15, "it ends after 3 bytes, of at least 4")
    fails("LIST:adtl", join(bytes("'adtl' 'ltxt' 13000000"), zeros(20)), 31, "it ends after 19 bytes, of at least 20")
  })

  it("refuses a kind that is known as one that is not", () => {
    refuses(
      "LIST:adtl",
      { entries: [{ _tag: "other", id: FourCC.make("note"), data: zeros(4) }] },
      ["entries", 0, "id"],
      "note is an entry of its own kind"
    )
  })

  it("refuses more bytes than a size has room for", () => {
    // as large as it says, without the memory
    const data = Object.defineProperty(zeros(1), "length", { value: 2 ** 32 })
    refuses(
      "LIST:adtl",
      { entries: [{ _tag: "other", id: FourCC.make("file"), data }] },
      ["entries", 0],
      "4294967296 bytes do not fit a size of 32 bits"
    )
  })
})

describe("bext", () => {
  const field = (text: string, width: number) => join(bytes(`'${text}'`), zeros(width - text.length))
  const head = join(
    field("Birds", 256),
    field("Nobody", 32),
    bytes("'0123456789abcdefghijklmnopqrstuv'"),
    bytes("'2024-01-02' '03:04:05'"),
    bytes("40e20100 01000000")
  )
  const texts = {
    description: { text: "Birds" },
    originator: { text: "Nobody" },
    originatorReference: { text: "0123456789abcdefghijklmnopqrstuv" },
    originationDate: { text: "2024-01-02" },
    originationTime: { text: "03:04:05" },
    timeReference: 0x1_0001_e240n
  }
  const umid = Uint8Array.from({ length: 64 }, (_, index) => index)

  it("has what its version has", () => {
    says("bext", join(head, bytes("0000"), umid, zeros(190)), {
      _tag: "BextV0",
      ...texts,
      version: 0,
      reserved: join(umid, zeros(190)),
      codingHistory: { text: "" }
    })
    says("bext", join(head, bytes("0100"), umid, bytes("09"), zeros(189), bytes("'A=PCM' 0d0a")), {
      _tag: "BextV1",
      ...texts,
      version: 1,
      umid,
      reserved: join(bytes("09"), zeros(189)),
      codingHistory: { text: "A=PCM\r\n" }
    })
    for (const version of [2, 3]) {
      says(
        "bext",
        join(head, Uint8Array.of(version, 0), umid, bytes("04f7 1405 9cff ff7f 0000"), zeros(180), bytes("'A' 00")),
        {
          _tag: "BextV2",
          ...texts,
          version,
          umid,
          loudness: { value: -2300, range: 1300, maxTruePeak: -100, maxMomentary: 32767, maxShortTerm: 0 },
          reserved: zeros(180),
          codingHistory: { text: "A", trailing: zeros(1) }
        }
      )
    }
  })

  it("has numbers in the order of the file, the lower half of the time first", () => {
    const value = Either.getOrThrow(
      Schema.decodeEither(Wave.bext("big"))(join(
        zeros(338),
        bytes("0001e240 00000001 0002"),
        zeros(64),
        bytes("f704"),
        zeros(188)
      ))
    )
    assert(value._tag === "BextV2")
    assert.strictEqual(value.timeReference, 0x1_0001_e240n)
    assert.strictEqual(value.loudness.value, -2300)
  })

  it("keeps the bytes after the zero in a text", () => {
    const value = { ...texts, _tag: "BextV0", version: 0, reserved: zeros(254), codingHistory: { text: "" } } as const
    says("bext", join(field("Birds", 256).with(8, 33), head.slice(256), zeros(256)), {
      ...value,
      description: { text: "Birds", trailing: bytes("00000000").with(3, 33) }
    })
  })

  it("is malformed where it is too short", () => {
    fails("bext", zeros(601), 601, "it ends after 601 bytes, of at least 602")
  })

  it("refuses texts that have no room", () => {
    const value: Wave.BextV0 = {
      ...texts,
      _tag: "BextV0",
      version: 0,
      reserved: zeros(254),
      codingHistory: { text: "" }
    }
    refuses(
      "bext",
      { ...value, originationDate: { text: "2024-01-02T" } },
      ["originationDate", "text"],
      "11 bytes, where there is room for 10"
    )
    const encoded = encode("bext", { ...value, reserved: zeros(180) })
    assert(Either.isLeft(encoded))
    assert.include(encoded.left.message, "180 bytes, where there are 254")
  })
})

describe("any chunk", () => {
  it("is decoded if it is known", () => {
    const data = bytes("9d080000")
    deepStrictEqual(
      outcome(Wave.decode({ id: FourCC.make("fact"), type: Option.none() }, data)),
      Either.right({ _tag: "fact" as const, value: { samples: 2205 } })
    )
    deepStrictEqual(
      outcome(Wave.decode({ id: FourCC.make("fact"), type: Option.none() }, data, "big")),
      Either.right({ _tag: "fact" as const, value: { samples: 0x9d080000 } })
    )
    deepStrictEqual(
      outcome(Wave.decode({ id: FourCC.make("ID3 "), type: Option.none() }, data)),
      Either.right({ _tag: "ID3 " as const, value: data })
    )
  })

  it("stays bytes if it is not, whatever it is called", () => {
    const data = bytes("'INFO'")
    for (
      const [id, type] of [["data", ""], ["LIST", "rec "], ["LIST", ""], ["RIFF", "INFO"], ["fact", "INFO"], [
        "INFO",
        ""
      ]] as const
    ) {
      const header = { id: FourCC.fromString(id), type: FourCC.option(type) }
      const chunk = Effect.runSync(Wave.decode(header, data))
      deepStrictEqual(chunk, { _tag: "unknown", ...header, bytes: data })
      deepStrictEqual(outcome(Wave.encode(chunk)), Either.right(data))
    }
  })

  it("is encoded as its codec does", () => {
    const chunk: Wave.Chunk = { _tag: "fact", value: { samples: 2205 } }
    deepStrictEqual(outcome(Wave.encode(chunk)), Either.right(bytes("9d080000")))
    deepStrictEqual(outcome(Wave.encode(chunk, "big")), Either.right(bytes("0000089d")))
    assert.isTrue(Either.isLeft(outcome(Wave.encode({ _tag: "fact", value: { samples: -1 } }))))
  })

  it("that is malformed says where in a sentence", () => {
    const failed = outcome(Wave.decode({ id: FourCC.make("cue "), type: Option.none() }, bytes("ffffffff")))
    assert(Either.isLeft(failed))
    assert.strictEqual(
      failed.left.message,
      "\"cue \" at 0: 4294967295 cue points are announced, where there is room for 0"
    )
  })

  it("does not hold on to the bytes that it was decoded from", () => {
    const data = bytes("0600 0100 401f0000 401f0000 0100 0800 0200 f907 77")
    const value = Either.getOrThrow(Schema.decodeEither(Wave.fmt())(Buffer.from(data.buffer)))
    data.fill(0)
    assert(value._tag === "WaveFormatEx")
    deepStrictEqual([value.extra, value.rest], [bytes("f907"), bytes("77")])
  })

  it("has one codec for each byte order, made once", () => {
    for (const key of Arr.filter(keys, (key) => Wave.chunk[key] !== Wave.chunk["ID3 "])) {
      assert.strictEqual<unknown>(Wave.chunk[key](), schemaOf(key, "little"))
      assert.strictEqual<unknown>(Wave.chunk[key]("big"), schemaOf(key, "big"))
      assert.notStrictEqual(schemaOf(key, "big"), schemaOf(key, "little"))
    }
  })
})
