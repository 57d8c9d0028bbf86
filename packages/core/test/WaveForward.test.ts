import { IOProc, Mmio, MmioError, Riff, RiffLimits, Wave } from "@effect-mmio/core"
import { assert, describe, it, layer } from "@effect/vitest"
import { deepStrictEqual } from "@effect/vitest/utils"
import { Chunk, Effect, FastCheck as fc, Layer, Option, Stream } from "effect"
import * as field from "./support/field.js"
import { scale } from "./support/scale.js"
import { bytes, chunk, fmt, form, tagged } from "./support/wav.js"

/** A file that gives its bytes once, in order, at most so many at once. */
const pipe = (content: Uint8Array, atMost: number): IOProc.File => {
  let at = 0
  return IOProc.makeCursorFile({
    name: "a pipe",
    capabilities: { forwardOnly: true },
    read: (target) =>
      Effect.sync(() => {
        const count = Math.min(atMost, target.length, content.length - at)
        target.set(content.subarray(at, at + count))
        at += count
        return count
      }),
    seek: () =>
      Effect.fail(new MmioError.CannotSeek({ operation: "seek", file: "a pipe", description: "it is a pipe" }))
  })
}

interface How {
  readonly buffer: number | "none"
  readonly atMost: number
}

const hows: ReadonlyArray<How> = [
  { buffer: 8192, atMost: Infinity },
  { buffer: "none", atMost: Infinity },
  { buffer: 16, atMost: 7 },
  { buffer: 400_000, atMost: 4096 }
]

const opened = <A, E>(
  content: Uint8Array,
  { atMost, buffer }: How,
  use: (file: Mmio.ReadHandle) => Effect.Effect<A, E>
) => Effect.scoped(Effect.flatMap(Mmio.fromFile(pipe(content, atMost), { buffer }), use))

const inMemory = <A, E>(content: Uint8Array, use: (file: Mmio.ReadHandle) => Effect.Effect<A, E>) =>
  Effect.scoped(Effect.flatMap(Mmio.openMemory({ bytes: content }), use))

const lenient = (file: Mmio.ReadHandle) => Wave.info(file, { lenient: true })

const samples = (file: Mmio.ReadHandle) =>
  Stream.runFold(Wave.blocks(file, { chunkSize: 300 }), bytes(), (all, some) => bytes(all, some))

describe("a pipe", () => {
  const files = {
    "a sound file": field.sound,
    "a large chunk before the samples": field.largeChunkBefore(300_000),
    "samples after everything else": form([fmt(), tagged("INAM", "Old"), chunk("data", new Uint8Array(1000).fill(7))]),
    "sizes that the writer did not know": form([fmt(), chunk("data", new Uint8Array(1000), { size: 0xffffffff })], {
      size: 0xffffffff
    }),
    "a writer that died": field.libsndfileDied,
    "a file that was cut": field.sound.slice(0, 600),
    "a form that is too small": field.sized(36),
    "tags after the form": field.tagsAfterForm,
    "a list that declares 3 GB": field.listOf3Gigabytes,
    "a list that declares 3 GB before the samples": field.listOf3GigabytesBefore,
    "a long list that declares 3 GB before the samples": form([
      fmt(),
      chunk("LIST", tagged("ICMT", "x".repeat(50_000)).slice(8), { size: 3_000_000_000 }),
      chunk("data", new Uint8Array(1000).fill(7))
    ]),
    "a list that declares 3 GB in a form without a size": form([
      fmt(),
      chunk("LIST", tagged("INAM", "Old").slice(8), { size: 3_000_000_000 }),
      chunk("data", new Uint8Array(30_000).fill(7))
    ], { size: 0xffffffff }),
    "a list without a size in a form without one": form([
      fmt(),
      chunk("LIST", tagged("INAM", "Old").slice(8), { size: 0xffffffff }),
      chunk("data", new Uint8Array(30_000).fill(7))
    ], { size: 0xffffffff }),
    "a list with a tag that is called like a chunk": form([
      fmt(),
      chunk("LIST", bytes(tagged("INAM", "Old").slice(8), chunk("fact", Uint8Array.of(1, 2)))),
      chunk("data", new Uint8Array(1000).fill(7))
    ], { size: 0xffffffff }),
    "an ID3v2 tag in front": bytes(field.id3v2(new Uint8Array(9000)), field.sound),
    "unsized samples": field.unsizedSamples
  }
  for (const [name, content] of Object.entries(files)) {
    it.effect(`of ${name} is read as the file is, whatever the buffer`, () =>
      Effect.gen(function*() {
        const info = yield* inMemory(content, lenient)
        const sound = yield* inMemory(content, samples)
        assert.isAbove(sound.length, 0)
        for (const how of hows) {
          deepStrictEqual(yield* opened(content, how, lenient), info)
          deepStrictEqual(yield* opened(content, how, samples), sound)
        }
      }))
  }

  it.effect("whose samples come before their format gives what is known of it, but no samples", () =>
    Effect.gen(function*() {
      const content = form([chunk("data", new Uint8Array(20_000)), fmt()])
      for (const how of hows) {
        const info = yield* opened(content, how, lenient)
        deepStrictEqual(info.frames, Option.some(10_000))
        const error = yield* Effect.flip(opened(content, how, samples))
        assert.strictEqual(error._tag, "InvalidFile")
        assert.include(error.message, "come before the \"fmt \"")
      }
    }))

  it.effect("whose list declares 3 GB keeps no more in memory for the end of the list than the limit", () =>
    Effect.gen(function*() {
      const list = chunk("LIST", tagged("ICMT", "x".repeat(20_000)).slice(8), { size: 3_000_000_000 })
      const content = form([fmt(), list, chunk("data", new Uint8Array(1000))])
      for (const how of hows) {
        const within = (limit: number) =>
          Effect.map(
            opened(content, how, (file) => RiffLimits.withLimits(lenient(file), { bytes: limit })),
            ({ data }) => Option.isSome(data)
          )
        deepStrictEqual([yield* within(19_000), yield* within(25_000)], [false, true])
      }
    }))

  it.effect("is read strictly, too", () =>
    Effect.gen(function*() {
      const content = field.muLawWithTwoExtraBytes
      for (const how of hows) {
        const error = yield* Effect.flip(opened(content, how, (file) => Wave.info(file)))
        assert.strictEqual(error._tag, "InvalidFile")
      }
    }))

  it.effect("is gone through with descend, ascend and chunks, whatever the buffer", () =>
    Effect.gen(function*() {
      const content = field.largeChunkBefore(300_000)
      const chunks = (file: Mmio.ReadHandle) => Effect.map(Stream.runCollect(Riff.chunks(file)), Chunk.toReadonlyArray)
      const expected = yield* inMemory(content, chunks)
      for (const how of hows) {
        deepStrictEqual(yield* opened(content, how, chunks), expected)
        const found = yield* opened(content, how, (file) =>
          Effect.gen(function*() {
            const wave = yield* Riff.descend(file, { find: { riff: "WAVE" } })
            const data = yield* Riff.descend(file, { find: { chunk: "data" }, parent: wave })
            const sound = yield* Mmio.read(file, 500)
            yield* Riff.ascend(file, data)
            const list = yield* Riff.descend(file, { find: { list: "INFO" }, parent: wave })
            return [data.offset, Array.from(sound), list.size]
          }))
        deepStrictEqual(found, [300_044, Array.from(content.subarray(300_052, 300_552)), 16])
      }
    }))
})

layer(Layer.empty)("a pipe of any sound file", (it) => {
  const part = fc.constantFrom(
    tagged("INAM", "one"),
    tagged("IART", "odd"),
    chunk("junk", new Uint8Array(5000)),
    chunk("bext", new Uint8Array(602)),
    chunk("fact", Uint8Array.of(1, 0, 0, 0)),
    chunk("note", new Uint8Array(3)),
    chunk("cue ", new Uint8Array(4))
  )
  it.effect.prop(
    "is read as the file is",
    {
      before: fc.array(part, { maxLength: 4 }),
      size: fc.nat({ max: 9000 }),
      after: fc.array(part, { maxLength: 4 }),
      how: fc.record({
        buffer: fc.oneof(fc.constant("none" as const), fc.integer({ min: 1, max: 9000 })),
        atMost: fc.oneof(fc.integer({ min: 1, max: 3000 }), fc.constant(Infinity))
      })
    },
    ({ after, before, how, size }) =>
      Effect.gen(function*() {
        const content = form([fmt(), ...before, chunk("data", new Uint8Array(size)), ...after])
        deepStrictEqual(yield* opened(content, how, lenient), yield* inMemory(content, lenient))
        deepStrictEqual(yield* opened(content, how, samples), yield* inMemory(content, samples))
      }),
    { fastCheck: { numRuns: scale(60) } }
  )
})
