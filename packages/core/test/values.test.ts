/**
 * What the library returns are values: equal where they say the same, and readable where they are printed.
 */
import { MemoryIOProc, Mmio, Riff, RiffCorrection, RiffEdit, RiffProblem } from "@effect-mmio/core"
import { assert, describe, it } from "@effect/vitest"
import { Chunk, Effect, Equal, FastCheck as fc, Hash, HashSet, Stream } from "effect"
import * as Family from "./support/family.js"
import { scale } from "./support/scale.js"

const isSame = (one: unknown, other: unknown): void => {
  assert.notStrictEqual(one, other)
  assert.isTrue(Equal.equals(one, other), `${JSON.stringify(one)} is not ${JSON.stringify(other)}`)
  assert.strictEqual(Hash.hash(one), Hash.hash(other))
}

const walk = (file: Mmio.ReadHandle) => Effect.map(Stream.runCollect(Riff.chunks(file)), Chunk.toReadonlyArray)

const forms = (family: Family.Family, data: Uint8Array): ReadonlyArray<Family.Form> => [{
  family,
  type: "WAVE",
  children: [
    { id: "fmt ", data: Uint8Array.of(1, 2) },
    { id: "LIST", type: "INFO", children: [{ id: "INAM", data: Uint8Array.of(3, 0) }] },
    { id: "data", data }
  ]
}]

/** All chunks of a file, each by a walk and by descending into it. */
const chunksOf = (bytes: Uint8Array) =>
  Effect.scoped(Effect.gen(function*() {
    const file = yield* Mmio.openMemory({ bytes })
    const walked = yield* walk(file)
    const form = yield* Riff.descend(file)
    const descended = [form]
    for (;;) {
      const next = yield* Effect.option(Riff.descend(file, { parent: form }))
      if (next._tag === "None") return { walked, descended }
      descended.push(next.value)
      yield* Riff.ascend(file, next.value)
    }
  }))

describe("chunks", () => {
  for (const family of Family.families) {
    it.effect(`of ${family} are equal where they say the same`, () =>
      Effect.gen(function*() {
        const bytes = Family.serialize(forms(family, Uint8Array.of(4)))
        const first = yield* chunksOf(bytes)
        const second = yield* chunksOf(bytes)
        assert.isAbove(first.walked.length, 4)
        assert.isAbove(first.descended.length, 3)
        first.walked.forEach((chunk, i) => isSame(chunk, second.walked[i]))
        first.descended.forEach((chunk, i) => isSame(chunk, second.descended[i]))
        assert.strictEqual(HashSet.size(HashSet.fromIterable([...first.walked, ...second.walked])), first.walked.length)
        const other = yield* chunksOf(Family.serialize(forms(family, new Uint8Array(20))))
        // The form and `data` have another size; the others say the same, but for the `ds64` of the form.
        assert.isFalse(Equal.equals(first.descended[0], other.descended[0]))
        assert.isFalse(Equal.equals(first.walked.at(-1), other.walked.at(-1)))
      }))
  }

  it.effect("that are made are, once they are left, those that are found", () =>
    Effect.forEach(
      fc.sample(
        fc.record({
          family: fc.constantFrom<Array<Riff.Family>>("RIFF", "RIFX", "RF64", "BW64", "Wave64"),
          size: fc.nat(9)
        }),
        { numRuns: scale(50), seed: 3 }
      ),
      ({ family, size }) =>
        Effect.scoped(Effect.gen(function*() {
          const file = yield* Mmio.openMemory({ create: true, expandBy: 256 })
          const [left, form] = yield* Riff.withRiff(file, "WAVE", { family, chunkSizes: { data: size } }, (form) =>
            Effect.gen(function*() {
              const made = yield* Riff.createChunk(file, { chunk: "data" })
              assert.isFalse(Equal.equals(made, { ...made }))
              yield* Mmio.writeAll(file, new Uint8Array(size))
              return [yield* Riff.ascend(file, made), form] as const
            }))
          const ended = yield* Riff.ascend(file, form)
          yield* Mmio.seek(file, 0)
          const wave = yield* Riff.descend(file, { find: { riff: "WAVE" } })
          isSame(ended, wave)
          const data = yield* Riff.descend(file, { find: { chunk: "data" }, parent: wave })
          if (family === "RF64" || family === "BW64") {
            // Its `ds64` was not complete as it was left.
            assert.isFalse(left.dirty)
            assert.isFalse(Equal.equals(left, form))
          } else isSame(left, data)
        })),
      { discard: true }
    ))

  it.effect("print as a line, and as JSON of their fields", () =>
    Effect.gen(function*() {
      const { descended, walked } = yield* chunksOf(Family.serialize(forms("RIFF", Uint8Array.of(4))))
      assert.deepStrictEqual(descended.map(String), [
        `chunk "RIFF" of type "WAVE" at 0, 46 bytes`,
        `chunk "fmt " at 12, 2 bytes`,
        `chunk "LIST" of type "INFO" at 22, 14 bytes`,
        `chunk "data" at 44, 1 bytes`
      ])
      assert.strictEqual(String(walked[1]), `chunk "fmt " at 12, 2 bytes`)
      const json: unknown = JSON.parse(JSON.stringify(walked[1]))
      assert.deepInclude(json, { id: "fmt ", offset: 12, dataOffset: 20, size: 2, depth: 2, dirty: false })
    }))
})

describe("paths", () => {
  it.effect("are equal where they say the same, however they were written", () =>
    Effect.gen(function*() {
      const path = yield* Riff.parsePath("RIFF:WAVE / LIST:INFO[1] / INAM")
      const same = yield* Riff.parsePath(" RIFF:WAVE/LIST : INFO [1]/INAM")
      isSame(path, same)
      isSame(path[1], same[1])
      assert.isFalse(Equal.equals(path, yield* Riff.parsePath("RIFF:WAVE / LIST:INFO / INAM")))
      assert.isFalse(Equal.equals(path, yield* Riff.parsePath("RIFF:WAVE / LIST:INFO[1]")))
    }))
})

describe("reports", () => {
  const bytes = Family.serialize(forms("RIFF", Uint8Array.of(4)))
  const edited = Effect.gen(function*() {
    const progress: Array<RiffEdit.Progress> = []
    const report = yield* Riff.edit("a.wav", [RiffEdit.assign("RIFF:WAVE / fmt", Uint8Array.of(1, 2, 3, 4))], {
      onProgress: (now) => Effect.sync(() => progress.push(now))
    })
    return { report, progress }
  }).pipe(Effect.provide(MemoryIOProc.layer({ "a.wav": bytes })))

  it.effect("of an edit, and how far it has come, are equal where they say the same", () =>
    Effect.gen(function*() {
      const first = yield* edited
      const second = yield* edited
      isSame(first.report, second.report)
      assert.isAbove(first.progress.length, 0)
      first.progress.forEach((progress, i) => isSame(progress, second.progress[i]))
      assert.isFalse(Equal.equals(first.progress[0], first.progress.at(-1)))
    }))

  const cut = bytes.slice(0, -2)
  const verified = Effect.scoped(Effect.flatMap(Mmio.openMemory({ bytes: cut }), (file) => Riff.verify(file)))

  it.effect("of problems print as sentences", () =>
    Effect.gen(function*() {
      const [first] = yield* verified
      const [second] = yield* verified
      isSame(first, second)
      assert.strictEqual(String(first), first?.message)
      assert.match(String(new RiffProblem.EmptyFile({ offset: 0 })), /^[^[]+$/)
    }))

  it("of corrections print as sentences", () => {
    const left = () => new RiffCorrection.BytesLeft({ offset: 3, bytes: 4 })
    isSame(left(), left())
    assert.strictEqual(String(left()), left().message)
  })
})
