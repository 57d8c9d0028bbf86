import { MemoryIOProc, Mmio, type MmioError, Riff, RiffEdit, Wave } from "@effect-mmio/core"
import { assert, describe, it } from "@effect/vitest"
import { deepStrictEqual } from "@effect/vitest/utils"
import { Cause, Chunk, Effect, Either, Exit, FastCheck as fc, Option, Stream } from "effect"
import * as field from "./support/field.js"
import { scale } from "./support/scale.js"
import { bytes, chunk, chunk64, fmt, form, number, waveGuid } from "./support/wav.js"

const opened = <A, E>(file: Uint8Array, use: (handle: Mmio.ReadHandle) => Effect.Effect<A, E>) =>
  Effect.scoped(Effect.flatMap(Mmio.openMemory({ bytes: file }), use))

const problemsOf = (file: Uint8Array, options?: Riff.AtOptions) =>
  Effect.map(
    opened(file, (handle) => Riff.verify(handle, options)),
    (problems) => problems.map(({ _tag, offset }) => [_tag, offset])
  )

const factsOf = (handle: Mmio.ReadHandle, options?: Riff.AtOptions) =>
  Effect.map(
    Wave.info(handle, { ...options, lenient: false }),
    ({ frames, tags }) => [Option.getOrNull(frames), tags.find(({ id }) => id === "INAM")?.text]
  )

const edited = (file: Uint8Array, options: Riff.EditOptions, ...edits: ReadonlyArray<RiffEdit.RiffEdit>) =>
  Effect.gen(function*() {
    yield* Riff.edit("file", edits, options)
    return yield* (yield* MemoryIOProc.MemoryIOProc).bytes("file")
  }).pipe(Effect.provide(MemoryIOProc.layer({ file })))

const retitled = RiffEdit.assign(
  "RIFF:WAVE / LIST:INFO / INAM",
  new TextEncoder().encode("A title of another length\0")
)

/** Bytes that others put before a form. */
const leading = {
  "an ID3v2 tag": field.id3v2(new Uint8Array(10)),
  "an ID3v2 tag with RIFF in it": field.id3v2(bytes("a picture: ", form([fmt({ rate: 1 })]), "and more")),
  "an ID3v2 tag with a footer": bytes(
    field.id3v2(new Uint8Array(30), 0x10),
    "3DI",
    Uint8Array.of(4, 0, 0x10, 0, 0, 0, 30)
  ),
  "two ID3v2 tags": bytes(field.id3v2(new Uint8Array(11)), field.id3v2(new Uint8Array(200))),
  "a large ID3v2 tag": field.id3v2(new Uint8Array(400_000).fill(7)),
  "an ID3v2 tag and zeros": bytes(field.id3v2(new Uint8Array(10)), new Uint8Array(100)),
  "one byte": Uint8Array.of(0),
  "a header of MacBinary": new Uint8Array(128).fill(1),
  "zeros": new Uint8Array(9000),
  "headers that look like those of forms": bytes(
    "x",
    ...Array.from({ length: 1500 }, () => bytes("RIFF", new Uint8Array(9)))
  ),
  "text that names RIFF": bytes("that RIFX is not RIFF, and RIFFs are no forms: "),
  "as much as is looked through": new Uint8Array(256 * 1024)
}

describe("bytes before the form", () => {
  for (const [name, before] of Object.entries(leading)) {
    it.effect(`${name}: are reported once, and all that read a file begin after them`, () =>
      Effect.gen(function*() {
        const at = before.length
        const file = bytes(before, field.sound)
        assert.deepStrictEqual(yield* problemsOf(file), [["LeadingBytes", at]])
        yield* opened(file, (handle) =>
          Effect.gen(function*() {
            const tree = yield* Riff.tree(handle)
            const alone = yield* opened(field.sound, (handle) => Riff.tree(handle))
            assert.deepStrictEqual(
              tree.chunks.flatMap(({ children }) => children.map(({ chunk }) => chunk.offset - at)),
              alone.chunks.flatMap(({ children }) => children.map(({ chunk }) => chunk.offset))
            )
            assert.deepStrictEqual((yield* Riff.tree(handle, { lenient: true })).chunks, tree.chunks)
            const chunks = Chunk.toReadonlyArray(yield* Stream.runCollect(Riff.chunks(handle)))
            assert.deepStrictEqual(chunks.map(({ offset }) => offset)[0], at)
            assert.strictEqual((yield* Riff.find(handle, "RIFF:WAVE / data")).offset, at + 36)
            const info = yield* Wave.info(handle)
            assert.deepStrictEqual(info.problems.map(({ _tag, offset }) => [_tag, offset]), [["LeadingBytes", at]])
            assert.include(info.problems[0]?.message, String(at))
            assert.deepStrictEqual(yield* factsOf(handle), [500, "Old"])
            assert.strictEqual(yield* Mmio.position(handle), 0)
            const samples = yield* Stream.runFold(Wave.blocks(handle), 0, (sum, { length }) => sum + length)
            assert.strictEqual(samples, 1000)
          }))
      }))

    it.effect(`${name}: stay as they are in an edit, and in a repair`, () =>
      Effect.gen(function*() {
        const at = before.length
        const file = yield* edited(bytes(before, field.sound), {}, retitled)
        deepStrictEqual(file.slice(0, at), before)
        deepStrictEqual(file.slice(at), yield* edited(field.sound, {}, retitled))
        const broken = bytes(before, field.sized(20))
        yield* Effect.scoped(Effect.gen(function*() {
          const handle = yield* Mmio.openMemory({ bytes: broken, access: "readWrite" })
          yield* Riff.repair(handle)
          yield* Mmio.flush(handle)
          deepStrictEqual(yield* Mmio.memoryBytes(handle), bytes(before, field.sound))
        }))
      }))
  }

  it.effect("are found before forms of every family", () =>
    Effect.gen(function*() {
      const wave64 = chunk64("riff", bytes(waveGuid, chunk64("fmt ", new Uint8Array(16))))
      for (
        const file of [
          form([fmt({}, true)], { big: true }),
          wave64,
          form([], { type: "AIFF", id: "FORM", big: true })
        ]
      ) assert.deepStrictEqual(yield* problemsOf(bytes(new Uint8Array(99), file)), [["LeadingBytes", 99]])
    }))

  it.effect("are not sought in a file without a form, or with one too far from its start", () =>
    Effect.gen(function*() {
      for (
        const file of [
          new Uint8Array(1000),
          bytes("a RIFF in text is no form"),
          bytes("some RIFF", Uint8Array.of(1, 0, 0, 0, 255, 255, 255, 255)),
          bytes(new Uint8Array(256 * 1024 + 1), field.sound),
          field.id3v2(new Uint8Array(20)),
          field.id3v2(new Uint8Array(20)).slice(0, 9)
        ]
      ) {
        assert.deepStrictEqual(yield* problemsOf(file), [["NotRiff", 0]])
        const refused = yield* Effect.flip(edited(file, {}, retitled))
        assert.strictEqual(refused._tag, "InvalidFile")
      }
    }))

  it.effect("can be stepped over by who knows how many they are", () =>
    Effect.gen(function*() {
      const at = 300_000
      const file = bytes(form([fmt()]), new Uint8Array(at - 36), field.sound)
      assert.deepStrictEqual(yield* problemsOf(file, { at }), [])
      yield* opened(file, (handle) =>
        Effect.gen(function*() {
          assert.deepStrictEqual(yield* factsOf(handle, { at }), [500, "Old"])
          const samples = yield* Stream.runFold(Wave.blocks(handle, { at }), 0, (sum, { length }) => sum + length)
          assert.strictEqual(samples, 1000)
          assert.strictEqual((yield* Riff.find(handle, "RIFF / data", { at })).offset, at + 36)
          assert.strictEqual((yield* Riff.tree(handle, { at })).chunks[0]?.chunk.offset, at)
        }))
      const again = yield* edited(file, { at }, retitled)
      deepStrictEqual(again.slice(0, at), file.slice(0, at))
      assert.deepStrictEqual(yield* opened(again, (handle) => factsOf(handle, { at })), [
        500,
        "A title of another length"
      ])
      // where there is none
      assert.deepStrictEqual(yield* problemsOf(file, { at: 2 }), [["NotRiff", 2]])
      assert.deepStrictEqual(yield* problemsOf(field.sound, { at: 10_000 }), [["EmptyFile", 10_000]])
    }))

  it.effect("are a defect where they are no number of bytes", () =>
    Effect.gen(function*() {
      for (const at of [-1, 0.5, Number.NaN, Infinity]) {
        const exit = yield* Effect.exit(problemsOf(field.sound, { at }))
        assert(Exit.isFailure(exit))
        const [defect] = Chunk.toReadonlyArray(Cause.defects(exit.cause))
        assert.strictEqual((defect as MmioError.InvalidParameter)._tag, "InvalidParameter")
      }
    }))

  it.effect("may be bytes that a chunk would fit in", () =>
    Effect.gen(function*() {
      const file = bytes(chunk("junk", new Uint8Array(20)), field.sound)
      assert.deepStrictEqual(yield* problemsOf(file), [["LeadingBytes", 28]])
    }))

  it.effect("are no ID3v2 tag of a version or with flags that there are not, whether the length of the file is known or not", () =>
    Effect.gen(function*() {
      const offsets = (file: Uint8Array) =>
        opened(file, (handle) =>
          Effect.map(
            Effect.all([Stream.runCollect(Riff.chunks(handle)), Riff.tree(handle)]),
            ([streamed, tree]) => [
              Chunk.toReadonlyArray(streamed)[0]?.offset,
              tree.chunks[0]?.chunk.offset
            ]
          ))
      // An input of the fuzzer: the size of the tag would be that of a form.
      assert.deepStrictEqual(yield* offsets(bytes("ID3RIFF\0WAVEfmt")), [3, 3])
      for (const [version, flags] of [[1, 0], [5, 0], [4, 1]] as const) {
        const header = bytes("ID3", Uint8Array.of(version, 0, flags, 127, 127, 127, 127))
        assert.deepStrictEqual(yield* offsets(bytes(header, field.sound)), [10, 10])
      }
    }))

  it.effect("are an ID3v2 tag as a whole where the file goes on after it, whatever is in the tag", () =>
    Effect.gen(function*() {
      const { length } = field.sound
      const tag = bytes("ID3", Uint8Array.of(3, 0, 0, 0, 0, length >> 7, length & 127), field.sound)
      // As the picture of a WebP is in a tag: it is no form of this file.
      for (const rest of [1, 20, 9000]) {
        yield* opened(bytes(tag, new Uint8Array(rest)), (handle) =>
          Effect.gen(function*() {
            assert.lengthOf((yield* Riff.tree(handle)).chunks, 0)
            assert.lengthOf(Chunk.toReadonlyArray(yield* Stream.runCollect(Riff.chunks(handle))), 0)
          }))
      }
    }))

  it.effect("are no ID3v2 tag that goes past the end of the file", () =>
    Effect.gen(function*() {
      const tag = (size: number, data = new Uint8Array(size)) =>
        bytes("ID3", Uint8Array.of(3, 0, 0, size >> 21 & 127, size >> 14 & 127, size >> 7 & 127, size & 127), data)
      const { length } = field.sound
      const files = [
        [bytes(tag(127 << 21, new Uint8Array(0)), field.sound), 10],
        [bytes(tag(length, new Uint8Array(0)), field.sound), 10],
        [bytes(tag(5000), tag(200_000, new Uint8Array(30)), field.sound), 5050]
      ] as const
      for (const [file, at] of files) {
        for (const buffer of [0, 16, 8192]) {
          yield* Effect.scoped(Effect.gen(function*() {
            const handle = yield* Mmio.open("file", { buffer })
            const chunks = Chunk.toReadonlyArray(yield* Stream.runCollect(Riff.chunks(handle)))
            const tree = yield* Riff.tree(handle)
            const found = yield* Riff.find(handle, "RIFF:WAVE / data")
            assert.deepStrictEqual([chunks[0]?.offset, tree.chunks[0]?.chunk.offset, found.offset], [at, at, at + 36])
          })).pipe(Effect.provide(MemoryIOProc.layer({ file })))
        }
      }
    }))

  it.effect("are no form whose type would be the beginning of one, whatever the size of that", () =>
    Effect.gen(function*() {
      const other = bytes("xRIFF", Uint8Array.of(0x65, 0, 0xcd, 0), "WAV")
      for (let length = 0; length < 256; length += 2) {
        const file = bytes(other, form([fmt(), chunk("data", new Uint8Array(length))]))
        const [first] = (yield* opened(file, (handle) => Riff.tree(handle))).chunks
        assert.strictEqual(first?.chunk.offset, other.length, String(length))
      }
    }))

  it.effect("are still before it after a repair, wherever the file was cut off in its first header", () =>
    Effect.gen(function*() {
      const whole = bytes("x", form([chunk("fact", new Uint8Array(4))]))
      for (let length = 13; length <= whole.length; length++) {
        // as long as the form says, so that only a pad byte may be missing
        const file = whole.slice(0, length)
        file[5] = length - 9
        const { chunks, repaired } = yield* Effect.gen(function*() {
          const handle = yield* Mmio.open("file", { access: "readWrite" })
          const chunks = yield* Effect.map(Riff.tree(handle, { lenient: true }), ({ chunks }) => chunks)
          yield* Riff.repair(handle)
          return { chunks, repaired: (yield* Riff.tree(handle)).chunks }
        }).pipe(Effect.scoped, Effect.provide(MemoryIOProc.layer({ file })))
        assert.strictEqual(chunks[0]?.chunk.offset, 1, String(length))
        assert.strictEqual(repaired[0]?.chunk.offset, 1, String(length))
      }
    }))

  it.effect("are still before it after a repair, which would write a size over its first bytes", () =>
    Effect.gen(function*() {
      for (const [length, last] of [[4, "ML\x01\0"], [3, "AB\0"]] as const) {
        // the second form is in the type and the first id of the first one
        const file = bytes("\0FORM", number(4, 0), "FORMiXML", last.slice(0, length), "\0".repeat(4))
        const { before, corrections, after } = yield* Effect.gen(function*() {
          const handle = yield* Mmio.open("file", { access: "readWrite" })
          const before = yield* Riff.tree(handle, { lenient: true })
          const corrections = yield* Riff.repair(handle)
          return { before, corrections, after: yield* Riff.tree(handle, { lenient: true }) }
        }).pipe(Effect.scoped, Effect.provide(MemoryIOProc.layer({ file })))
        assert.strictEqual(before.chunks[0]?.chunk.offset, 1)
        assert.deepStrictEqual(after, before)
        assert.deepStrictEqual(corrections, [])
      }
    }))

  it.effect.prop(
    "are still before it after a repair, and after the next one, which changes nothing",
    [
      // a form, with a type or a first id that may be the header of another one
      fc.tuple(
        fc.constantFrom("FORM", "RIFF", "RIFX"),
        fc.oneof(fc.constant(0), fc.nat(20)),
        fc.constantFrom("FORM", "RIFF", "RIFX", "WAVE"),
        fc.constantFrom("FORM", "RIFF", "iXML", "data"),
        fc.array(fc.constantFrom("\0", "A", "B", "\x01"), { maxLength: 12 })
      )
    ],
    ([[id, size, type, firstId, rest]]) =>
      Effect.gen(function*() {
        const file = bytes("x", id, number(4, size, id !== "RIFF"), type, firstId, ...rest)
        const { before, again, after } = yield* Effect.gen(function*() {
          const handle = yield* Mmio.open("file", { access: "readWrite" })
          const before = yield* Effect.either(Riff.tree(handle, { lenient: true }))
          yield* Effect.either(Riff.repair(handle))
          const after = yield* Effect.either(Riff.tree(handle, { lenient: true }))
          return { before, after, again: yield* Effect.either(Riff.repair(handle)) }
        }).pipe(Effect.scoped, Effect.provide(MemoryIOProc.layer({ file })))
        const first = (tree: typeof before) => Either.isRight(tree) ? tree.right.chunks[0]?.chunk.offset : undefined
        assert.strictEqual(first(after), first(before))
        if (Either.isRight(again)) {
          assert.deepStrictEqual(again.right.filter(({ _tag }) => !["BytesLeft", "PadByteOffered"].includes(_tag)), [])
        }
      }),
    { fastCheck: { numRuns: scale(300) } }
  )
})
