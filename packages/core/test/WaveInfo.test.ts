import { FourCC, IOProc, Mmio, type MmioError, RiffLimits, Wave } from "@effect-mmio/core"
import { Interruption } from "@effect-mmio/testing"
import { assert, describe, it, layer } from "@effect/vitest"
import { deepStrictEqual } from "@effect/vitest/utils"
import { Chunk, Duration, Effect, Either, FastCheck as fc, Layer, Option, Schema, Scope, Stream } from "effect"
import { TestStorage } from "./support/driver.js"
import { scale } from "./support/scale.js"
import { bytes, chunk, chunk64, fmt, form, number, tagged, waveGuid } from "./support/wav.js"
import { values } from "./support/wave.js"

const open = (content: Uint8Array, buffer = 64) =>
  Mmio.openWith(new TestStorage(content).ioProc, "test.wav", { buffer })

const info = (content: Uint8Array) => Effect.scoped(Effect.flatMap(open(content), (file) => Wave.info(file)))
const lenient = (content: Uint8Array) =>
  Effect.scoped(Effect.flatMap(open(content), (file) => Wave.info(file, { lenient: true })))

/** What is said of a file that is refused, and where. */
const refusal = <A>(effect: Effect.Effect<A, MmioError.MmioError>) =>
  Effect.map(Effect.either(effect), (result) => {
    assert(Either.isLeft(result) && result.left._tag === "InvalidFile")
    return [result.left.position, result.left.description] as const
  })

/** A failure is shown as small as it is by then, and not for ever made smaller. */
const limits = { interruptAfterTimeLimit: 30_000 * scale(1) }

const samples = (count: number) => chunk("data", Uint8Array.from({ length: count }, (_, index) => index % 251))
const cue = (...ids: ReadonlyArray<number>) =>
  chunk(
    "cue ",
    bytes(
      number(4, ids.length),
      ...ids.map((id) => bytes(number(4, id), number(4, 10 * id), "data", new Uint8Array(12)))
    )
  )
const label = (kind: string, cue: number, text: string) => chunk(kind, bytes(number(4, cue), text, "\0"))
const adtl = (...labels: ReadonlyArray<Uint8Array>) => chunk("LIST", bytes("adtl", ...labels))

describe("what a file says", () => {
  it.effect("is gathered from the chunks before and after the samples", () =>
    Effect.gen(function*() {
      const bext = Either.getOrThrow(
        Schema.encodeEither(Wave.bext())({
          _tag: "BextV0",
          description: { text: "Birds" },
          originator: { text: "Anna" },
          originatorReference: { text: "" },
          originationDate: { text: "2024-01-02" },
          originationTime: { text: "03:04:05" },
          timeReference: 77n,
          version: 0,
          reserved: new Uint8Array(254),
          codingHistory: { text: "" }
        })
      )
      const file = form([
        adtl(label("labl", 2, "Two"), chunk("file", new Uint8Array(4))),
        fmt(),
        tagged("INAM", "One"),
        chunk("bext", bext),
        chunk("fact", number(4, 99)),
        samples(401),
        chunk("JUNK", new Uint8Array(5)),
        cue(1, 2, 2),
        tagged("INAM", "Two"),
        adtl(label("note", 2, "More"), label("labl", 7, "Nothing"))
      ])
      const found = yield* info(file)
      assert.strictEqual(Option.getOrThrow(found.form.type), "WAVE")
      deepStrictEqual(found.format, {
        _tag: "PcmWaveFormat",
        formatTag: "pcm",
        channels: 1,
        sampleRate: 8000,
        byteRate: 16000,
        blockAlign: 2,
        bitsPerSample: 16
      })
      const data = Option.getOrThrow(found.data)
      deepStrictEqual([data.chunk.size, data.available], [401, 401])
      deepStrictEqual(file.slice(data.chunk.dataOffset, data.chunk.dataOffset + 3), Uint8Array.of(0, 1, 2))
      deepStrictEqual(found.frames, Option.some(200))
      deepStrictEqual(found.duration, Option.some(Duration.millis(25)))
      deepStrictEqual(found.factSamples, Option.some(99))
      deepStrictEqual(found.tags, [{ id: FourCC.make("INAM"), text: "One" }, {
        id: FourCC.make("INAM"),
        text: "Two"
      }])
      deepStrictEqual(
        found.cuePoints.map(({ id, labels, position }) => [id, position, labels.map(({ _tag, text }) => [_tag, text])]),
        [[1, 10, []], [2, 20, [["labl", "Two"], ["note", "More"]]], [2, 20, [["labl", "Two"], ["note", "More"]]]]
      )
      assert.strictEqual(Option.getOrThrow(found.bext).description.text, "Birds")
    }))

  it.effect("may be very little", () =>
    Effect.gen(function*() {
      const found = yield* info(form([fmt({ rate: 0 }), samples(4)]))
      deepStrictEqual(found.frames, Option.some(2))
      deepStrictEqual([found.duration, found.factSamples, found.bext], [
        Option.none(),
        Option.none(),
        Option.none()
      ])
      deepStrictEqual([found.tags, found.cuePoints], [[], []])
      const nothing = yield* info(form([fmt()]))
      deepStrictEqual([nothing.data, nothing.frames, nothing.duration], [
        Option.none(),
        Option.none(),
        Option.none()
      ])
      deepStrictEqual((yield* lenient(form([]))).format, Option.none())
    }))

  it.effect("is said by the first chunk of a kind that says it once", () =>
    Effect.gen(function*() {
      const short = (id: string) => chunk(id, new Uint8Array(1))
      const found = yield* info(form([
        chunk("fact", number(4, 1)),
        fmt(),
        samples(10),
        short("fmt "),
        short("fact"),
        samples(20)
      ]))
      deepStrictEqual([found.frames, found.factSamples], [Option.some(5), Option.some(1)])
    }))

  it.effect("is that of the first WAVE, whatever is beside it", () =>
    Effect.gen(function*() {
      const found = yield* info(bytes(
        form([fmt({ rate: 1 }), samples(2)], { type: "AVI " }),
        form([fmt({ rate: 2 }), samples(4)]),
        form([fmt({ rate: 3 }), samples(6), tagged("INAM", "no")])
      ))
      deepStrictEqual([found.format.sampleRate, found.frames, found.tags], [2, Option.some(2), []])
      const two = bytes(form([fmt()]), form([fmt()]))
      deepStrictEqual((yield* RiffLimits.withLimits({ chunks: 2 })(info(two))).format.sampleRate, 8000)
    }))

  it.effect("is found after samples whose pad byte was left out", () =>
    Effect.gen(function*() {
      const found = yield* info(form([fmt(), samples(5).slice(0, -1), tagged("INAM", "One")]))
      deepStrictEqual(found.tags.map(({ text }) => text), ["One"])
    }))

  it.effect("is read in the byte order of the file", () =>
    Effect.gen(function*() {
      const found = yield* info(form([
        fmt({}, true),
        chunk("data", new Uint8Array(10), { big: true }),
        chunk("LIST", bytes("INFO", chunk("INAM", bytes("One\0"), { big: true })), { big: true })
      ], { big: true }))
      assert.strictEqual(found.format.sampleRate, 8000)
      deepStrictEqual([found.form.byteOrder, found.frames], ["big", Option.some(5)])
      deepStrictEqual(found.tags, [{ id: FourCC.make("INAM"), text: "One" }])
    }))

  it.effect("is read of Wave64, with 64 bits for the samples", () =>
    Effect.gen(function*() {
      const file = chunk64(
        "riff",
        bytes(
          waveGuid,
          chunk64("fmt ", fmt({ tag: 0x55 }).slice(8)),
          chunk64("fact", number(8, 2 ** 33 + 5)),
          chunk64("LIST", bytes("INFO", new Uint8Array(12))),
          chunk64("data", new Uint8Array(9))
        )
      )
      const found = yield* info(file)
      deepStrictEqual([found.factSamples, found.frames], [Option.some(2 ** 33 + 5), Option.some(2 ** 33 + 5)])
      // only `list` is a list there
      deepStrictEqual([found.tags, Option.getOrThrow(found.data).available], [[], 9])
    }))
})

describe("the lists of Wave64", () => {
  const type64 = (type: string) => bytes(type, waveGuid.slice(4))
  const list64 = (type: string, ...chunks: ReadonlyArray<Uint8Array>) => chunk64("list", bytes(type64(type), ...chunks))
  const file64 = (...chunks: ReadonlyArray<Uint8Array>) =>
    chunk64("riff", bytes(waveGuid, chunk64("fmt ", fmt().slice(8)), ...chunks, chunk64("data", new Uint8Array(4))))
  const cue64 = chunk64("cue ", cue(2).slice(8))

  for (const type of ["INFO", "info"]) {
    it.effect(`hold tags, of type ${type}`, () =>
      Effect.gen(function*() {
        // sizes that are even, odd, and multiples of eight
        const texts = ["One\0", "Two two\0", "Twenty\0", "", "A longer one, of some more\0"]
        const tags = texts.map((text, index) => chunk64(`TAG${index}`, bytes(text)))
        const found = yield* info(file64(list64(type, ...tags), list64("else", chunk64("INAM", bytes("No\0")))))
        deepStrictEqual(
          found.tags.map(({ id, text }) => [id, text]),
          texts.map((text, index) => [FourCC.make(`TAG${index}`), text.replace("\0", "")])
        )
      }))
  }

  it.effect("hold the labels of cue points", () =>
    Effect.gen(function*() {
      const labels = [["labl", "Twice"], ["note", "Some more"]] as const
      const list = list64("adtl", ...labels.map(([id, text]) => chunk64(id, bytes(number(4, 2), text, "\0"))))
      const { cuePoints } = yield* info(file64(cue64, list))
      deepStrictEqual(
        cuePoints.map(({ id, labels }) => [id, labels.map((label) => [label._tag, label.text])]),
        [[2, [["labl", "Twice"], ["note", "Some more"]]]]
      )
    }))

  it.effect("say where they are wrong", () =>
    Effect.gen(function*() {
      const wrong = chunk64("INAM", bytes("Two\0"))
      new DataView(wrong.buffer).setBigUint64(16, 1000n, true)
      const file = file64(list64("INFO", chunk64("IART", bytes("Odd")), wrong))
      const [position, description] = yield* refusal(info(file))
      // after the riff with its type, fmt, the list with its type, and IART: the size field of INAM
      assert.strictEqual(position, 40 + 40 + 40 + 32 + 16)
      assert.include(description, "976")
      const found = yield* lenient(file)
      deepStrictEqual(found.tags.map(({ id, text }) => [id, text]), [["IART", "Odd"], ["INAM", "Two"]])
      deepStrictEqual(found.problems.map(({ _tag, offset }) => [_tag, offset]), [["SizeTooLarge", position]])
      const short = list64("adtl", chunk64("labl", new Uint8Array(2)))
      const [at] = yield* refusal(info(file64(cue64, short)))
      assert.strictEqual(at, 40 + 40 + cue64.length + 40 + 24 + 2)
    }))

  it.effect("may have sizes that no chunk can have", () =>
    Effect.gen(function*() {
      for (const size of [0n, 23n, 2n ** 32n + 30n, 2n ** 64n - 1n]) {
        const tag = chunk64("INAM", bytes("Two\0"))
        new DataView(tag.buffer).setBigUint64(16, size, true)
        const result = yield* Effect.either(info(file64(list64("INFO", tag))))
        assert.strictEqual(result._tag, size < 24n ? "Right" : "Left", String(size))
      }
    }))
})

describe("frames", () => {
  const fact = (count: number) => chunk("fact", number(4, count))
  const mp3 = fmt({ tag: 0x55 })

  it.effect("are those that are there, whatever the headers say", () =>
    Effect.gen(function*() {
      const data = new Uint8Array(100)
      const frames = (content: Uint8Array) => Effect.map(info(content), ({ frames }) => Option.getOrNull(frames))
      const unknown = 0xffffffff
      // written into a pipe
      assert.strictEqual(yield* frames(form([fmt(), chunk("data", data, { size: unknown })], { size: unknown })), 50)
      assert.strictEqual(
        yield* frames(form([fmt(), chunk("data", data, { size: 0x7ffff000 })], { size: 0x7ffff024 })),
        50
      )
      // written by a program that died: with sizes of 0, or with that of the data alone
      assert.strictEqual(yield* frames(form([fmt(), chunk("data", data, { size: 0 })], { size: 0 })), 50)
      assert.strictEqual(yield* frames(form([fmt(), chunk("data", data), tagged("INAM", "a")], { size: 0 })), 50)
      assert.strictEqual(
        yield* frames(form([fmt({}, true), chunk("data", data, { big: true, size: 0 })], { big: true, size: 0 })),
        50
      )
      assert.strictEqual(yield* frames(form([fmt(), chunk("data", data, { size: 0 })], { size: 36 })), 50)
      // cut off
      assert.strictEqual(yield* frames(form([fmt(), chunk("data", data)]).slice(0, -31)), 34)
      assert.strictEqual(yield* frames(form([fmt(), chunk("data", data)], { size: 44 })), 50)
      assert.strictEqual(yield* frames(form([fmt(), chunk("data", data)]).slice(0, -100)), 0)
      assert.strictEqual(yield* frames(form([fmt(), chunk("data", data)]).slice(0, -101)), null)
      // empty
      assert.strictEqual(yield* frames(form([fmt(), chunk("data", new Uint8Array(0)), chunk("JUNK", data)])), 0)
      // the channels and the bits per sample say how large a frame is
      assert.strictEqual(yield* frames(form([fmt({ align: 0 }), chunk("data", data)])), 50)
      assert.strictEqual(yield* frames(form([fmt({ align: 0, bits: 0 }), chunk("data", data)])), null)
    }))

  it.effect("that the bytes do not tell are those of fact, if none is missing", () =>
    Effect.gen(function*() {
      const whole = form([mp3, fact(77), samples(100)])
      deepStrictEqual((yield* info(whole)).frames, Option.some(77))
      const cutOff = yield* info(whole.slice(0, -1))
      deepStrictEqual([cutOff.frames, cutOff.duration], [Option.none(), Option.none()])
      deepStrictEqual(cutOff.factSamples, Option.some(77))
      deepStrictEqual((yield* info(form([mp3, samples(100)]))).frames, Option.none())
      for (const size of [0, 0xffffffff]) {
        const unfinished = form([mp3, fact(77), chunk("data", new Uint8Array(100), { size })], { size })
        const found = yield* info(unfinished)
        deepStrictEqual([Option.getOrThrow(found.data).available, found.frames], [100, Option.none()])
      }
    }))

  it.effect("are counted with 64 bits by ds64", () =>
    Effect.gen(function*() {
      const file = (samples: number) =>
        form([
          chunk("ds64", bytes(number(8, 184), number(8, 100), number(8, 2 ** 33), number(4, 0))),
          mp3,
          fact(samples),
          chunk("data", new Uint8Array(100), { size: 0xffffffff })
        ], { id: "RF64", size: 0xffffffff })
      deepStrictEqual((yield* info(file(0xffffffff))).frames, Option.some(2 ** 33))
      deepStrictEqual((yield* info(file(12))).frames, Option.some(12))
    }))
})

describe("a file that is refused", () => {
  it.effect("holds no WAVE", () =>
    Effect.gen(function*() {
      const none = [0, "there is no WAVE in it"] as const
      const contents = [
        new Uint8Array(0),
        bytes("RIFF", number(4, 0), "WAV"),
        bytes("RIFF", number(4, 0), "AVI ", fmt()),
        bytes("LIST", number(4, 0), "WAVE", fmt()),
        bytes("FORM", number(4, 4, true), "AIFF"),
        form([fmt()], { type: "AVI " }),
        form([fmt({}, true)], { id: "FORM", big: true }),
        bytes("junk", form([fmt()], { type: "AVI " }))
      ]
      for (const content of contents) {
        deepStrictEqual(yield* refusal(info(content)), none)
        deepStrictEqual(yield* refusal(lenient(content)), none)
      }
    }))

  it.effect("lacks fmt, which lenient reading accepts", () =>
    Effect.gen(function*() {
      const content = bytes(form([], { type: "AVI " }), form([samples(4), tagged("INAM", "One")]))
      deepStrictEqual(yield* refusal(info(content)), [12, "there is no \"fmt \" in the WAVE"])
      const found = yield* lenient(content)
      deepStrictEqual([found.format, found.frames], [Option.none(), Option.none()])
      deepStrictEqual(found.tags.map(({ text }) => text), ["One"])
    }))

  it.effect("has a malformed chunk, of which lenient reading gives all that is there", () =>
    Effect.gen(function*() {
      const lying = chunk("cue ", number(4, 0xffffffff))
      const content = form([fmt(), lying, samples(4), tagged("INAM", "One")])
      const description = "4294967295 cue points are announced, where there is room for 0"
      deepStrictEqual(yield* refusal(info(content)), [44, `"cue ": ${description}`])
      const found = yield* lenient(content)
      deepStrictEqual([found.cuePoints, found.tags.length, found.frames], [[], 1, Option.some(2)])
      deepStrictEqual(found.malformed, [])
      deepStrictEqual(
        found.problems.map(({ _tag, chunk, description, level, offset }) => [_tag, level, chunk, offset, description]),
        [["CountTooLarge", "error", "cue ", 44, description]]
      )
      const short = yield* lenient(form([fmt(), chunk("bext", number(4, 7)), samples(4)]))
      const [part, ...others] = short.malformed
      deepStrictEqual([part?.chunk.id, part?.chunk.offset, others], [FourCC.make("bext"), 36, []])
      deepStrictEqual([part?.bytes, part?.offset], [number(4, 7), 4])
      assert.strictEqual(part?.description, "it ends after 4 bytes, of at least 602")
      const list = form([fmt(), chunk("LIST", bytes("INFO", chunk("INAM", bytes("a\0"), { size: 99 })))])
      deepStrictEqual(yield* refusal(info(list)), [
        52,
        "\"LIST:INFO\": 99 bytes of \"INAM\" are announced, where there is room for 2"
      ])
    }))

  it.effect("has a chunk that is cut off, of which lenient reading gives all that is there", () =>
    Effect.gen(function*() {
      const content = form([fmt(), samples(4), tagged("INAM", "One")]).slice(0, -5)
      const description = "it declares 16 bytes, of which 11 are there"
      deepStrictEqual(yield* refusal(info(content)), [67, `"LIST:INFO": ${description}`])
      const found = yield* lenient(content)
      deepStrictEqual([found.tags, found.frames, found.malformed], [[], Option.some(2), []])
      deepStrictEqual(
        found.problems.map(({ _tag, description, offset }) => [_tag, offset, description]),
        [["CutOff", 67, description]]
      )
      const more = yield* lenient(form([fmt(), samples(4), tagged("INAM", "One")]).slice(0, -2))
      deepStrictEqual(more.tags.map(({ text }) => text), ["On"])
      const noFormat = yield* lenient(form([fmt().slice(0, 20)]))
      deepStrictEqual([noFormat.format, noFormat.malformed.length], [Option.none(), 1])
    }))

  it.effect("goes beyond the limits", () =>
    Effect.gen(function*() {
      const content = form([fmt(), tagged("INAM", "One"), samples(40), tagged("ICMT", "Two")])
      const tags = Effect.map(info(content), ({ tags }) => tags)
      const within = (limits: Partial<RiffLimits.Limits>) => RiffLimits.withLimits(limits)(tags)
      assert.strictEqual((yield* within({ bytes: 48, chunks: 5, entries: 2 })).length, 2)
      deepStrictEqual(yield* refusal(within({ bytes: 47 })), [
        108,
        "more than 47 bytes would have to be read into memory, the limit RiffLimits.bytes"
      ])
      deepStrictEqual(yield* refusal(within({ bytes: 15 })), [
        12,
        "more than 15 bytes would have to be read into memory, the limit RiffLimits.bytes"
      ])
      deepStrictEqual(yield* refusal(within({ chunks: 4 })), [
        108,
        "there are more than 4 chunks, the limit RiffLimits.chunks"
      ])
      deepStrictEqual(yield* refusal(within({ entries: 1 })), [
        120,
        "\"LIST:INFO\": there are more entries than the limit RiffLimits.entries, 1"
      ])
    }))

  it.effect("goes beyond a limit, and lenient reading ends there", () =>
    Effect.gen(function*() {
      const content = form([fmt(), tagged("INAM", "One"), samples(40), tagged("ICMT", "Two")])
      const within = (limits: Partial<RiffLimits.Limits>) => RiffLimits.withLimits(limits)(lenient(content))
      const few = yield* within({ entries: 1 })
      deepStrictEqual(few.tags.map(({ text }) => text), ["One"])
      deepStrictEqual(few.problems.map(({ _tag, offset }) => [_tag, offset]), [["LimitExceeded", 120]])
      const little = yield* within({ bytes: 47 })
      deepStrictEqual(little.tags.map(({ text }) => text), ["One", "Two"])
      deepStrictEqual(little.problems.map(({ _tag, offset }) => [_tag, offset]), [
        ["SizeTooLarge", 124],
        ["LimitExceeded", 131]
      ])
      deepStrictEqual(yield* refusal(within({ chunks: 4 })), [
        108,
        "there are more than 4 chunks, the limit RiffLimits.chunks"
      ])
    }))
})

// ---------------------------------------------------------------------------------------------------------------------
// how it is read
// ---------------------------------------------------------------------------------------------------------------------

/** A storage of `length` zeros with some other bytes among them; it counts the bytes that are read, and the reads. */
const holes = (length: number, parts: ReadonlyArray<readonly [at: number, bytes: Uint8Array]>) => {
  const counts = { bytes: 0, reads: 0 }
  const ioProc = IOProc.make({
    open: () =>
      Effect.succeed(IOProc.makeFile({
        name: "holes",
        size: Effect.succeed(length),
        readAt: (position, target) =>
          Effect.sync(() => {
            const count = Math.max(0, Math.min(target.length, length - position))
            target.fill(0, 0, count)
            for (const [at, part] of parts) {
              for (let i = 0; i < part.length; i++) {
                const index = at + i - position
                if (index >= 0 && index < count) target[index] = part[i] ?? 0
              }
            }
            counts.bytes += count
            counts.reads++
            return count
          })
      }))
  })
  return { counts, ioProc }
}

describe("reading", () => {
  const dataSize = 2 ** 40
  const head = (tables: ReadonlyArray<Uint8Array>, chunks: ReadonlyArray<Uint8Array>) => {
    const ds64 = bytes(number(8, dataSize * 4), number(8, dataSize), number(8, 0), number(4, tables.length), ...tables)
    return form([chunk("ds64", ds64), ...chunks], { id: "RF64", size: 0xffffffff })
  }

  it.scoped("never reads the samples, and copes with more of them than 32 bits can count", () =>
    Effect.gen(function*() {
      const front = head([], [fmt(), chunk("data", new Uint8Array(0), { size: 0xffffffff })])
      const tags = tagged("INAM", "Far out")
      const end = front.length + dataSize
      const { counts, ioProc } = holes(end + tags.length, [[0, front], [end, tags]])
      const file = yield* Mmio.openWith(ioProc, "huge.wav")
      const found = yield* Wave.info(file)
      deepStrictEqual(found.frames, Option.some(dataSize / 2))
      deepStrictEqual(found.tags.map(({ text }) => text), ["Far out"])
      // a window of 8 KiB with the headers before the samples, and the tags: neither is read again, and nothing past
      // the end
      assert.deepStrictEqual(counts, { bytes: 8192 + tags.length, reads: 2 })
      const [block] = Chunk.toReadonlyArray(yield* Stream.runCollect(Stream.take(Wave.blocks(file), 1)))
      assert.strictEqual(block?.length, 65536)
    }))

  it.scoped("takes no more memory on the word of the file than there is", () =>
    Effect.gen(function*() {
      const sizes = bytes("bext", number(8, 2 ** 39))
      const front = head([sizes], [fmt(), chunk("bext", new Uint8Array(0), { size: 0xffffffff })])
      const read = (length: number) =>
        Effect.scoped(
          Effect.flatMap(Mmio.openWith(holes(length, [[0, front]]).ioProc, "huge.wav"), (file) => Wave.info(file))
        )
      const size = 2 ** 39
      const whole = front.length + size
      deepStrictEqual(yield* refusal(read(whole)), [
        84,
        "more than 67108864 bytes would have to be read into memory, the limit RiffLimits.bytes"
      ])
      const [, cutOff] = yield* refusal(read(front.length + 1000))
      assert.strictEqual(cutOff, `"bext": it declares ${size} bytes, of which 1000 are there`)
      const unlimited = yield* Effect.flip(RiffLimits.withLimits({ bytes: Infinity })(read(whole)))
      assert.strictEqual(unlimited._tag, "OutOfMemory")
    }))

  const content = form([fmt(), tagged("INAM", "One"), samples(400), tagged("ICMT", "Two"), cue(1)])

  it.scoped("leaves the position where it is, also when it fails", () =>
    Effect.gen(function*() {
      for (const buffer of [0, 7, 64, 8192]) {
        const file = yield* open(content, buffer)
        for (const position of [0, 3, 100, content.length, content.length + 50]) {
          yield* Mmio.seek(file, position)
          yield* Wave.info(file)
          assert.strictEqual(yield* Mmio.position(file), position)
          yield* Effect.flip(RiffLimits.withLimits({ bytes: 20 })(Wave.info(file)))
          assert.strictEqual(yield* Mmio.position(file), position)
        }
        yield* Mmio.seek(file, 12)
        deepStrictEqual(yield* Mmio.read(file, 4), bytes("fmt "))
      }
    }))

  it.scoped("reads a file in memory, and what a handle has not written yet", () =>
    Effect.gen(function*() {
      const memory = yield* Mmio.openMemory({ bytes: content.slice(), access: "read" })
      deepStrictEqual((yield* Wave.info(memory)).frames, Option.some(200))
      const storage = new TestStorage(new Uint8Array(0))
      const file = yield* Mmio.openWith(storage.ioProc, "new.wav", { access: "readWrite" })
      yield* Mmio.writeAll(file, content)
      assert.strictEqual(storage.bytes.length, 0)
      deepStrictEqual((yield* Wave.info(file)).tags.map(({ text }) => text), ["One", "Two"])
      assert.strictEqual(yield* Mmio.position(file), content.length)
    }))

  it.scoped("gives the same however short the driver's transfers are, and wherever they cut a chunk", () =>
    Effect.gen(function*() {
      // longer than what is read at once, so that a part is cut at the end of that, too
      const long = form([
        fmt(),
        tagged("INAM", "x".repeat(4090)),
        samples(400),
        tagged("ICMT", "y".repeat(5000)),
        cue(3)
      ])
      const whole = yield* Effect.flatMap(
        Mmio.openMemory({ bytes: long.slice(), access: "read" }),
        (file) => Wave.info(file)
      )
      assert.deepStrictEqual(whole.tags.map(({ text }) => text.length), [4090, 5000])
      for (const buffer of [0, 100, 8192]) {
        for (const most of [50, 1000]) {
          const storage = new TestStorage(long, { atMost: () => most })
          const found = yield* Effect.flatMap(
            Mmio.openWith(storage.ioProc, "test.wav", { buffer }),
            (file) => Wave.info(file)
          )
          assert.deepStrictEqual(found, whole)
        }
      }
    }))

  it.scoped("fails as the driver does, wherever that is", () =>
    Effect.gen(function*() {
      let failures = 0
      while (true) {
        const storage = new TestStorage(content)
        const file = yield* Mmio.openWith(storage.ioProc, "test.wav", { buffer: 0 })
        yield* Mmio.seek(file, 5)
        const failing = storage.calls + failures
        // So few that chunks are cut between two reads.
        storage.behaviour = { fails: (call) => call === failing, atMost: () => 50 }
        const result = yield* Effect.either(Wave.info(file))
        assert.strictEqual(yield* Mmio.position(file), 5)
        const called = storage.calls > failing
        storage.behaviour = {}
        if (!called) break
        failures++
        assert(Either.isLeft(result), `call ${failing}`)
        assert.include(["CannotRead", "CannotSeek"], result.left._tag)
        assert.strictEqual((yield* Wave.info(file)).tags.length, 2)
      }
      // the size, and the parts of the file
      assert.isAtLeast(failures, 7)
    }))

  it.live("can be interrupted anywhere", () =>
    Interruption.sweep({
      prepare: Effect.gen(function*() {
        const storage = new TestStorage(content, { yields: () => 1, atMost: () => 300 })
        const scope = yield* Scope.make()
        const file = yield* Effect.orDie(
          Scope.extend(Mmio.openWith(storage.ioProc, "test.wav", { buffer: 0 }), scope)
        )
        yield* Effect.orDie(Mmio.seek(file, 5))
        return { storage, file }
      }),
      run: ({ file }) => Wave.info(file),
      check: ({ file, storage }, _exits, step) =>
        Effect.gen(function*() {
          assert.strictEqual(yield* Mmio.position(file), 5, `step ${step}`)
          assert.strictEqual(storage.running, 0)
          assert.strictEqual((yield* Wave.info(file)).tags.length, 2)
          yield* Mmio.close(file)
        })
    }))

  it.scoped("refuses a handle for writing only, which no type allows", () =>
    Effect.gen(function*() {
      const file = yield* Mmio.openWith(new TestStorage(content).ioProc, "test.wav", { access: "write" })
      // past the types, as a program in JavaScript may
      const cast = file as unknown as Mmio.ReadHandle
      assert.strictEqual((yield* Effect.flip(Wave.info(cast)))._tag, "CannotRead")
    }))
})

// ---------------------------------------------------------------------------------------------------------------------
// samples
// ---------------------------------------------------------------------------------------------------------------------

layer(Layer.empty)("blocks", (it) => {
  const collect = (content: Uint8Array, chunkSize?: number, buffer?: number) =>
    Effect.scoped(
      Effect.flatMap(open(content, buffer), (file) =>
        Effect.map(Stream.runCollect(Wave.blocks(file, { chunkSize })), Chunk.toReadonlyArray))
    )

  it.effect.prop(
    "are whole, and all that there are",
    [
      fc.nat({ max: 300 }),
      fc.integer({ min: 1, max: 40 }),
      fc.integer({ min: 1, max: 90 }),
      fc.nat({ max: 70 }),
      fc.nat({ max: 50 })
    ],
    ([count, align, chunkSize, buffer, missing]) =>
      Effect.gen(function*() {
        const content = form([fmt({ align, bits: 8, channels: align }), samples(count)])
        const there = Math.max(0, count - Math.max(0, missing - count % 2))
        const blocks = yield* collect(
          content.slice(0, content.length - Math.min(missing, count + count % 2)),
          chunkSize,
          buffer
        )
        const most = Math.max(align, chunkSize - chunkSize % align)
        assert.isTrue(blocks.every(({ length }) => length > 0 && length % align === 0 && length <= most))
        assert.isTrue(blocks.slice(0, -1).every(({ length }) => length === most))
        deepStrictEqual(bytes(...blocks), samples(count).slice(8, 8 + there - there % align))
      }),
    { fastCheck: { ...limits, numRuns: scale(200) } }
  )

  it.effect("are those of a file whose sizes are not known, and of one with malformed tags", () =>
    Effect.gen(function*() {
      const data = Uint8Array.of(1, 2, 3, 4, 5)
      const streamed = form([fmt(), chunk("data", data, { size: 0xffffffff })], { size: 0xffffffff }).slice(0, -1)
      deepStrictEqual(yield* collect(streamed), [data.slice(0, 4)])
      const many = form([fmt(), chunk("data", data), chunk("JUNK", data), chunk("JUNK", data)])
      deepStrictEqual(
        yield* RiffLimits.withLimits({ chunks: 3 })(collect(many)),
        [data.slice(0, 4)],
        "the chunks after the samples are not read"
      )
      const tags = form([chunk("LIST", bytes("INFO", "INAM")), chunk("cue ", data), fmt(), chunk("data", data)])
      deepStrictEqual(yield* collect(tags), [data.slice(0, 4)])
    }))

  it.effect("are not to be had without a block align, fmt or data", () =>
    Effect.gen(function*() {
      deepStrictEqual(yield* refusal(collect(form([samples(4), fmt({ align: 0, tag: 0x55 })]))), [
        44,
        "the block align is 0"
      ])
      deepStrictEqual(yield* refusal(collect(form([samples(4)]))), [0, "there is no \"fmt \" in the WAVE"])
      deepStrictEqual(yield* refusal(collect(form([fmt()]))), [0, "there is no \"data\" in the WAVE"])
      deepStrictEqual(yield* refusal(collect(form([samples(4), chunk("fmt ", new Uint8Array(5))]))), [
        37,
        "\"fmt \": it ends after 5 bytes, of at least 14"
      ])
      for (const chunkSize of [0, -1, 0.5, Number.NaN]) {
        const error = yield* Effect.flip(collect(form([fmt(), samples(4)]), chunkSize))
        assert.strictEqual(error._tag, "InvalidParameter")
      }
    }))

  it.scoped("end with the last whole one where the file gets shorter, and leave the handle to others", () =>
    Effect.gen(function*() {
      const content = form([fmt({ align: 4, channels: 2 }), samples(40)])
      const storage = new TestStorage(content)
      const file = yield* Mmio.openWith(storage.ioProc, "test.wav", { buffer: 0 })
      const blocks = yield* Wave.blocks(file, { chunkSize: 16 }).pipe(
        Stream.tap(() =>
          Effect.zipRight(
            Effect.sync(() => storage.bytes = content.slice(0, 44 + 22)),
            Mmio.seek(file, 3)
          )
        ),
        Stream.runCollect
      )
      deepStrictEqual(Chunk.toReadonlyArray(blocks).map(({ length }) => length), [16, 4])
    }))
})

// ---------------------------------------------------------------------------------------------------------------------
// any file
// ---------------------------------------------------------------------------------------------------------------------

const encoded = <K extends keyof Wave.Known>(key: K, value: Wave.Known[K]): Uint8Array => {
  const schema: Schema.Schema<Wave.Known[K], Uint8Array> = Wave.chunk[key]()
  return chunk(key.slice(0, 4), Either.getOrThrow(Schema.encodeEither(schema)(value)))
}

/** What a file may hold, with metadata before and after the samples. */
const any = fc.record({
  format: values["fmt "],
  before: values["LIST:INFO"],
  samples: fc.nat({ max: 300 }),
  fact: fc.option(values.fact, { nil: undefined }),
  bext: fc.option(values.bext, { nil: undefined }),
  cue: values["cue "],
  adtl: values["LIST:adtl"],
  after: values["LIST:INFO"]
})

const written = (
  { adtl, after, before, bext, cue, fact, format, samples: count }: typeof any extends fc.Arbitrary<infer A> ? A
    : never
) =>
  form([
    encoded("fmt ", format),
    encoded("LIST:INFO", before),
    ...fact === undefined ? [] : [encoded("fact", fact)],
    samples(count),
    ...bext === undefined ? [] : [encoded("bext", bext)],
    encoded("LIST:adtl", adtl),
    encoded("cue ", cue),
    encoded("LIST:INFO", after)
  ])

layer(Layer.empty)("any file", (it) => {
  it.effect.prop(
    "says what was written into it",
    [any, fc.nat({ max: 100 })],
    ([value, buffer]) =>
      Effect.gen(function*() {
        const file = yield* open(written(value), buffer)
        const found = yield* Wave.info(file)
        deepStrictEqual(found.format, value.format)
        deepStrictEqual(found.tags, [...value.before.tags, ...value.after.tags])
        deepStrictEqual(found.bext, Option.fromNullable(value.bext))
        deepStrictEqual(found.factSamples, Option.fromNullable(value.fact?.samples))
        deepStrictEqual(
          found.cuePoints.map(({ id, position, sampleOffset }) => [id, position, sampleOffset]),
          value.cue.points.map(({ id, position, sampleOffset }) => [id, position, sampleOffset])
        )
        const texts = value.adtl.entries.filter((entry) => entry._tag !== "other")
        for (const { id, labels } of found.cuePoints) {
          deepStrictEqual(
            labels,
            texts.filter(({ cue }) => cue === id)
          )
        }
        const counted = Wave.framesIn(value.format, value.samples)
        const byFact = Option.filter(found.factSamples, (samples) => samples > 0 || value.samples === 0)
        deepStrictEqual(found.frames, Option.orElse(counted, () => byFact))
        deepStrictEqual({ ...yield* Wave.info(file, { lenient: true }), malformed: 0 }, {
          ...found,
          format: Option.some(found.format),
          malformed: 0
        })
      }).pipe(Effect.scoped),
    { fastCheck: { ...limits, numRuns: scale(100) } }
  )

  it.effect.prop(
    "that is damaged is read as far as it goes, or refused",
    [
      any,
      fc.array(fc.tuple(fc.nat(), fc.oneof(fc.constantFrom(0, 1, 0x7f, 0xff), fc.nat({ max: 255 }))), { maxLength: 8 }),
      fc.nat()
    ],
    ([value, edits, cut]) =>
      Effect.gen(function*() {
        const whole = written(value)
        for (const [at, byte] of edits) whole[at % whole.length] = byte
        const content = whole.slice(0, cut % 3 === 0 ? cut % (whole.length + 1) : whole.length)
        const storage = new TestStorage(content)
        const file = yield* Mmio.openWith(storage.ioProc, "test.wav", { buffer: 0 })
        const strict = yield* Effect.either(Wave.info(file))
        if (Either.isLeft(strict)) {
          assert(strict.left._tag === "InvalidFile")
          const { position = -1 } = strict.left
          assert.isTrue(position >= 0 && position <= content.length)
        }
        const forgiving = yield* Effect.either(Wave.info(file, { lenient: true }))
        if (Either.isLeft(forgiving)) {
          assert(forgiving.left._tag === "InvalidFile")
          assert.strictEqual(forgiving.left.description, "there is no WAVE in it")
          deepStrictEqual(strict, Either.left(forgiving.left))
        } else if (Either.isRight(strict)) deepStrictEqual(forgiving.right.malformed, [])
        // every chunk has a header, and is asked for once by each reading
        assert.isBelow(storage.calls, 20 + content.length)
      }).pipe(Effect.scoped),
    { fastCheck: { ...limits, numRuns: scale(300) } }
  )
})
