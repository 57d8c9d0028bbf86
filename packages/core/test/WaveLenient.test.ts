import { FourCC, IOProc, MemoryIOProc, Mmio, Riff, RiffEdit, Wave, WaveProblem } from "@effect-mmio/core"
import { assert, describe, it } from "@effect/vitest"
import { deepStrictEqual } from "@effect/vitest/utils"
import { Chunk, Effect, Either, FastCheck as fc, Option, Stream } from "effect"
import * as field from "./support/field.js"
import { outcome } from "./support/outcome.js"
import { scale } from "./support/scale.js"
import { bytes, chunk, fmt, form, number, tagged } from "./support/wav.js"

const open = (content: Uint8Array) => Mmio.openMemory({ bytes: content.slice(), access: "read" })
const lenient = (content: Uint8Array, encoding?: Wave.TextEncoding) =>
  Effect.scoped(Effect.flatMap(open(content), (file) => Wave.info(file, { lenient: true, encoding })))

const problems = (info: { readonly problems: ReadonlyArray<WaveProblem.WaveProblem> }) =>
  info.problems.map(({ _tag, count, offset }) => [_tag, offset, count])

const listHeader = (type: string) => ({ id: FourCC.make("LIST"), type: FourCC.option(type) })
const header = (id: string) => ({ id: FourCC.fromString(id), type: Option.none() })

/** The tags of a list with these bytes after its type, and what is wrong. */
const infoOf = (...parts: ReadonlyArray<Uint8Array | string>) => {
  const { chunk, problems } = Wave.decodeLenient(listHeader("INFO"), bytes("INFO", ...parts))
  assert(chunk._tag === "LIST:INFO")
  return {
    tags: chunk.value.tags.map(({ id, text }) => [id, text]),
    problems: problems.map(({ _tag, count, offset }) => [_tag, offset, count])
  }
}

const unpadded = (id: string, text: string) => bytes(id, number(4, text.length + 1), text, "\0")

describe("a format of which one field is wrong", () => {
  it.effect("is understood, with the size of its extra bytes as a problem", () =>
    Effect.gen(function*() {
      const muLaw = yield* lenient(field.muLawWithTwoExtraBytes)
      assert.strictEqual(Wave.codecOf(Option.getOrThrow(muLaw.format)), "muLaw")
      deepStrictEqual([muLaw.frames, muLaw.malformed], [Option.some(1000), []])
      deepStrictEqual(problems(muLaw), [["SizeTooLarge", 36, 1]])
      const extensible = yield* lenient(field.extensibleOf24Bytes)
      assert.strictEqual(Wave.codecOf(Option.getOrThrow(extensible.format)), "pcm")
      deepStrictEqual([extensible.frames, problems(extensible)], [Option.some(500), [["SizeTooLarge", 36, 1]]])
    }))

  it.effect("is extensible where its extra bytes have no size, and its sub-format is known", () =>
    Effect.gen(function*() {
      const found = yield* lenient(form([field.extensible({}, { size: 0 }), chunk("data", new Uint8Array(10))]))
      deepStrictEqual([Option.getOrThrow(found.format)._tag, found.frames], ["WaveFormatExtensible", Option.some(5)])
      deepStrictEqual(problems(found), [["SizeTooSmall", 36, 1]])
      const unknown = field.extensible({}, { size: 0, subFormat: new Uint8Array(16).fill(9) })
      assert.strictEqual(Option.getOrThrow((yield* lenient(form([unknown]))).format)._tag, "WaveFormatEx")
    }))

  it.scoped("still has samples", () =>
    Effect.gen(function*() {
      for (const content of [field.muLawWithTwoExtraBytes, field.extensibleOf24Bytes, field.monoBlockAlign4]) {
        const file = yield* open(content)
        const blocks = Chunk.toReadonlyArray(yield* Stream.runCollect(Wave.blocks(file)))
        assert.strictEqual(bytes(...blocks).length, 1000)
      }
    }))
})

describe("a block align that contradicts the channels and the bits", () => {
  // what ffprobe, sndfile-info and soxi agree on
  for (
    const [channels, bits, tag, size] of [[1, 16, 1, 2], [2, 16, 1, 4], [2, 24, 1, 6], [1, 12, 1, 2], [2, 32, 3, 8], [
      2,
      8,
      7,
      2
    ]] as const
  ) {
    it.effect(`is not believed of ${channels} channels of ${bits} bits, tag ${tag}`, () =>
      Effect.gen(function*() {
        for (const align of [0, size / 2, size * 2, size + 1, size]) {
          const strict = yield* Effect.scoped(
            Effect.flatMap(
              open(form([fmt({ align, bits, channels, tag }), chunk("data", new Uint8Array(1200))])),
              (file) => Wave.info(file)
            )
          )
          deepStrictEqual([strict.frames, strict.framesFrom], [Option.some(1200 / size), Option.some("samples")])
          deepStrictEqual(problems(strict), align === size ? [] : [["BlockAlign", 32, 1]])
        }
      }))
  }
})

describe("what is in the form twice", () => {
  it.effect("is read once, and reported", () =>
    Effect.gen(function*() {
      const data = (size: number) => chunk("data", new Uint8Array(size))
      const found = yield* lenient(form([fmt(), data(10), fmt({ channels: 2 }), data(20), data(30)]))
      deepStrictEqual([found.frames, problems(found)], [
        Option.some(5),
        [["FurtherChunk", 54, 1], ["FurtherChunk", 78, 2]]
      ])
      assert.isTrue(found.problems.every(({ level }) => level === "warning"))
    }))

  it.effect("is reported if it is a form inside of the form", () =>
    Effect.gen(function*() {
      const inner = form([fmt({ rate: 1 }), chunk("data", new Uint8Array(4))])
      const found = yield* lenient(form([inner, fmt(), chunk("data", new Uint8Array(10))]))
      deepStrictEqual([Option.getOrThrow(found.format).sampleRate, found.frames], [8000, Option.some(5)])
      deepStrictEqual(problems(found), [["NestedForm", 12, 1]])
    }))
})

describe("a list", () => {
  it("has all its tags where odd entries have no pad byte", () => {
    const parts = [unpadded("INAM", "ab"), unpadded("IART", "even"), unpadded("ICMT", "cd"), unpadded("IGNR", "e")]
    deepStrictEqual(infoOf(...parts), {
      tags: [["INAM", "ab"], ["IART", "even"], ["ICMT", "cd"], ["IGNR", "e"]],
      problems: [["MissingPadByte", 15, 3]]
    })
    // a size whose lowest byte is a character that people can read
    const long = infoOf(unpadded("INAM", "ab"), unpadded("ICMT", "x".repeat(0x48)), unpadded("IART", "z"))
    deepStrictEqual(long.tags, [["INAM", "ab"], ["ICMT", "x".repeat(0x48)], ["IART", "z"]])
  })

  it("has all its tags where it is padded the wrong way round", () => {
    const wrong = (id: string, text: string) => bytes(unpadded(id, text), new Uint8Array(text.length % 2 === 1 ? 1 : 0))
    const found = infoOf(wrong("INAM", "abc"), wrong("IART", "ab"), wrong("ICMT", "x".repeat(301)), wrong("IGNR", "ef"))
    deepStrictEqual(found.tags, [["INAM", "abc"], ["IART", "ab"], ["ICMT", "x".repeat(301)], ["IGNR", "ef"]])
    deepStrictEqual(found.problems, [["UnexpectedPadByte", 16, 2], ["MissingPadByte", 28, 1]])
  })

  it("has the tags before and after one whose size is too large", () => {
    const lying = chunk("IART", bytes("Liar\0"), { size: 0x7fffffff })
    deepStrictEqual(infoOf(chunk("INAM", bytes("One\0")), lying, chunk("ICMT", bytes("Two\0"))), {
      tags: [["INAM", "One"], ["IART", "Liar"], ["ICMT", "Two"]],
      problems: [["SizeTooLarge", 20, 1]]
    })
    deepStrictEqual(infoOf(chunk("INAM", bytes("One"), { size: 99 })).tags, [["INAM", "One"]])
  })

  it("has its tags where its type is written twice", () => {
    deepStrictEqual(infoOf("INFO", chunk("INAM", bytes("One\0"))), {
      tags: [["INAM", "One"]],
      problems: [["RepeatedType", 4, 1]]
    })
  })

  it("has no tags that consist of zeros", () => {
    deepStrictEqual(infoOf(chunk("INAM", bytes("One\0")), new Uint8Array(80)), {
      tags: [["INAM", "One"]],
      problems: [["EmptyEntry", 16, 10]]
    })
  })

  it("of labels has those that are long enough", () => {
    const list = bytes("adtl", chunk("labl", number(2, 1)), chunk("note", bytes(number(4, 1), "Hi\0")))
    const { chunk: { _tag, ...found }, problems } = Wave.decodeLenient(listHeader("adtl"), list)
    deepStrictEqual<unknown>([_tag, found], ["LIST:adtl", {
      value: { entries: [{ _tag: "note", cue: 1, text: "Hi" }] }
    }])
    deepStrictEqual(problems.map(({ _tag, offset }) => [_tag, offset]), [["TooShort", 14]])
  })

  it.effect("that declares 3 GB has the tags that are there", () =>
    Effect.gen(function*() {
      const found = yield* lenient(field.listOf3Gigabytes)
      deepStrictEqual([found.frames, found.tags.map(({ text }) => text)], [Option.some(500), ["Old"]])
      deepStrictEqual(problems(found), [["CutOff", field.listOf3Gigabytes.length, 1]])
    }))

  it.effect("that declares 3 GB ends where the next chunk of the form begins", () =>
    Effect.gen(function*() {
      const found = yield* lenient(field.listOf3GigabytesBefore)
      deepStrictEqual([found.frames, found.tags.map(({ text }) => text)], [Option.some(500), ["Old"]])
      deepStrictEqual(problems(found), [["CutOff", 60, 1]])
      const sound = chunk("data", new Uint8Array(1000).fill(3))
      for (
        const [list, tags] of [
          [bytes("INFO"), []],
          [bytes("INFO", chunk("INAM", bytes("odd", "\0", "\0")), chunk("IART", bytes("A\0"))), ["odd", "A"]],
          [bytes("adtl", chunk("labl", bytes(number(4, 1), "Hi\0"))), []]
        ] as const
      ) {
        for (const next of [sound, bytes(chunk("fact", number(4, 500)), sound), bytes(field.sound.slice(-24), sound)]) {
          const file = form([fmt(), chunk("LIST", list, { size: 3_000_000_000 }), next])
          const { frames, tags: read } = yield* lenient(file)
          deepStrictEqual(frames, Option.some(500))
          deepStrictEqual(read.slice(0, tags.length).map(({ text }) => text), [...tags])
        }
      }
    }))

  it.effect("that consists of zeros is no list of tags, and no problem", () =>
    Effect.gen(function*() {
      const found = yield* lenient(field.listOfZeros)
      deepStrictEqual([found.frames, found.tags, found.problems], [Option.some(500), [], []])
    }))

  it("is read strictly only if nothing is wrong", () => {
    const list = bytes("INFO", unpadded("INAM", "ab"), unpadded("IART", "cd"))
    const strict = outcome(Wave.decode(listHeader("INFO"), list))
    assert(strict._tag === "Left")
    assert.strictEqual(
      strict.left.message,
      "\"LIST:INFO\" at 15: there is no pad byte after \"INAM\", of odd size"
    )
  })
})

describe("counts that lie", () => {
  const point = (id: number) => bytes(number(4, id), number(4, 10 * id), "data", new Uint8Array(12))
  const pointsOf = (count: number, ...parts: ReadonlyArray<Uint8Array>) => {
    const { chunk, problems } = Wave.decodeLenient(header("cue "), bytes(number(4, count), ...parts))
    assert(chunk._tag === "cue ")
    return [chunk.value.points.map(({ id }) => id), problems.map(({ _tag, level }) => [_tag, level])]
  }

  it("are those of cue points: all that are there count", () => {
    deepStrictEqual(pointsOf(0xffffffff, point(1), point(2)), [[1, 2], [["CountTooLarge", "error"]]])
    deepStrictEqual(pointsOf(3, point(1), point(2), new Uint8Array(20)), [[1, 2], [["CountTooLarge", "error"]]])
    deepStrictEqual(pointsOf(0, point(1), point(2)), [[1, 2], [["CountTooSmall", "warning"]]])
    deepStrictEqual(pointsOf(1, point(1), point(2)), [[1, 2], [["CountTooSmall", "warning"]]])
    // what is no cue point is none
    deepStrictEqual(pointsOf(1, point(1), new Uint8Array(24)), [[1], []])
    deepStrictEqual(pointsOf(1, point(1), new Uint8Array(9)), [[1], []])
  })

  it("are those of loops and sizes", () => {
    const loop = bytes(number(4, 7), new Uint8Array(20))
    const smpl = Wave.decodeLenient(header("smpl"), bytes(new Uint8Array(28), number(4, 9), number(4, 50), loop))
    assert(smpl.chunk._tag === "smpl")
    deepStrictEqual(smpl.chunk.value.loops.map(({ id }) => id), [7])
    deepStrictEqual(smpl.problems.map(({ _tag, offset }) => [_tag, offset]), [["CountTooLarge", 28], [
      "SizeTooLarge",
      32
    ]])
    const ds64 = Wave.decodeLenient(header("ds64"), bytes(new Uint8Array(24), number(4, 9), "levl", number(8, 5)))
    assert(ds64.chunk._tag === "ds64")
    deepStrictEqual(ds64.chunk.value.table, [{ id: FourCC.make("levl"), size: 5n }])
  })

  it("are those of more entries than the limit", () => {
    const { chunk: found, problems } = Wave.decodeLenient(
      header("cue "),
      bytes(number(4, 3), point(1), point(2), point(3)),
      "little",
      { entries: 2 }
    )
    assert(found._tag === "cue ")
    deepStrictEqual([found.value.points.length, problems.map(({ _tag }) => _tag)], [2, ["LimitExceeded"]])
    const strict = outcome(
      Wave.decode(header("cue "), bytes(number(4, 2), point(1), point(2)), "little", { entries: 1 })
    )
    assert(strict._tag === "Left")
    assert.include(strict.left.message, "RiffLimits.entries, 1")
  })
})

describe("a chunk of which nothing is understood", () => {
  it("stays bytes, with the reason", () => {
    const data = new Uint8Array(5)
    deepStrictEqual(Wave.decodeLenient(header("fmt "), data), {
      chunk: { _tag: "unknown", ...header("fmt "), bytes: data },
      problems: [
        new WaveProblem.WaveProblem({
          _tag: "TooShort",
          level: "error",
          chunk: "fmt ",
          offset: 5,
          description: "it ends after 5 bytes, of at least 14",
          count: 1
        })
      ]
    })
  })

  it("that is not known has no problems", () => {
    const found = Wave.decodeLenient(header("abcd"), new Uint8Array(1))
    deepStrictEqual([found.chunk._tag, found.problems], ["unknown", []])
  })
})

describe("a problem", () => {
  it("is a sentence, and is equal to another that says the same", () => {
    const problem = { _tag: "TooShort", level: "error", chunk: "fact", offset: 7, description: "it ends" } as const
    const twice = new WaveProblem.WaveProblem({ ...problem, count: 2 })
    assert.strictEqual(new WaveProblem.WaveProblem({ ...problem, count: 1 }).message, "\"fact\" at 7: it ends")
    assert.strictEqual(twice.message, "\"fact\" at 7: it ends (2 times)")
    deepStrictEqual(twice, new WaveProblem.WaveProblem({ ...problem, count: 2 }))
  })
})

describe("tags of a file", () => {
  it.effect("keep their order, however damaged one list is", () =>
    Effect.gen(function*() {
      const broken = chunk("LIST", bytes("INFO", unpadded("INAM", "ab"), unpadded("IART", "cd")))
      const found = yield* lenient(form([fmt(), tagged("ICMT", "One"), broken, tagged("IGNR", "Two")]))
      deepStrictEqual(found.tags.map(({ text }) => text), ["One", "ab", "cd", "Two"])
    }))
})

describe("a list that a chunk of it is said to go past", () => {
  /** A list of INFO chunks of which one may be said to be longer than the list. */
  const list = fc.record({
    ids: fc.array(fc.constantFrom("IART", "INAM"), { minLength: 1, maxLength: 4 }),
    lies: fc.option(fc.nat(3), { nil: undefined })
  }).map(({ ids, lies }) =>
    chunk(
      "LIST",
      bytes(
        "INFO",
        ...ids.map((id, index) => chunk(id, bytes(`old ${index}\0`), index === lies ? { size: 0x10000000 } : {}))
      )
    )
  )

  it.effect.prop(
    "has what an edit wrote before tags that no path finds",
    [fc.array(list, { minLength: 2, maxLength: 3 })],
    ([lists]) =>
      Effect.gen(function*() {
        const before = form([fmt(), ...lists, chunk("data", new Uint8Array(8))])
        const storage = yield* MemoryIOProc.make({ files: { a: before } })
        const path = "RIFF:WAVE / LIST:INFO / INAM"
        yield* Effect.gen(function*() {
          const edited = yield* Effect.either(Riff.edit("a", [RiffEdit.assign(path, bytes("new\0"))]))
          if (Either.isLeft(edited)) return
          const { tags } = yield* Mmio.withFile("a", {}, (file) => Wave.info(file, { lenient: true }))
          assert.strictEqual(tags.find(({ id }) => id === "INAM")?.text, "new")
        }).pipe(Effect.provideService(IOProc.IOProc, storage))
      }),
    { fastCheck: { numRuns: scale(200) } }
  )
})
