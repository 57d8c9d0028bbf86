import { MemoryIOProc, Mmio, Riff } from "@effect-mmio/core"
import { assert, describe, it, layer } from "@effect/vitest"
import { assertTrue, strictEqual } from "@effect/vitest/utils"
import { Effect, Either } from "effect"
import * as crypto from "node:crypto"
import * as fs from "node:fs"
import { fileURLToPath } from "node:url"
import * as Fixtures from "../src/Fixtures.js"

const folder = fileURLToPath(new URL("../fixtures/", import.meta.url))
const entries = Effect.runSync(Fixtures.fromJson(fs.readFileSync(`${folder}manifest.json`, "utf8")))

const fileOf = (bytes: Uint8Array) => ({ bytes, sha256: crypto.createHash("sha256").update(bytes).digest("hex") })
const load = (entry: Fixtures.Entry) => fileOf(Uint8Array.from(fs.readFileSync(`${folder}${entry.name}`)))

layer(MemoryIOProc.layer())("fixtures", (it) => {
  for (const entry of entries) {
    it.effect(entry.name, () =>
      Effect.gen(function*() {
        yield* Fixtures.check(entry, load(entry))
        const storage = yield* MemoryIOProc.MemoryIOProc
        assert.deepStrictEqual(yield* storage.files, [])
        // ten thousand lists take their time, above all on a machine that does other things too
      }), 60_000)
  }
})

layer(MemoryIOProc.layer())("a check fails", (it) => {
  const entryOf = (name: string) => {
    const entry = entries.find((entry) => entry.name === name)
    assertTrue(entry !== undefined)
    return entry
  }
  const sound = entryOf("wav-info-ffmpeg.wav")
  const mismatch = (entry: Fixtures.Entry, file: { readonly bytes: Uint8Array; readonly sha256: string }) =>
    Effect.gen(function*() {
      const error = yield* Effect.flip(Fixtures.check(entry, file))
      assertTrue(error._tag === "FixtureMismatch")
      return error.what
    })
  /** The entry of a file with other bytes. */
  const entryFor = (
    entry: Fixtures.Entry,
    { bytes, sha256 }: { readonly bytes: Uint8Array; readonly sha256: string }
  ) => ({
    ...entry,
    bytes: bytes.length,
    sha256
  })

  it.effect("for another length", () =>
    Effect.gen(function*() {
      strictEqual(yield* mismatch({ ...sound, bytes: 3 }, load(sound)), "the length")
    }))

  it.effect("for other bytes", () =>
    Effect.gen(function*() {
      const { bytes } = load(sound)
      strictEqual(yield* mismatch(sound, fileOf(bytes.with(bytes.length - 1, 77))), "the SHA-256")
    }))

  it.effect("for another fact", () =>
    Effect.gen(function*() {
      for (const facts of [{ frames: 401 }, { codec: "pcm_u8" }, { info: [] }, { factSamples: 1 }]) {
        strictEqual(yield* mismatch({ ...sound, facts: { ...sound.facts, ...facts } }, load(sound)), "the facts")
      }
      const forms = entries.flatMap(({ facts, tree }) => facts === undefined ? [] : [tree?.[0]?.type?.toUpperCase()])
      // a WAVE that the check did not take for one would go unchecked
      assert.isAbove(forms.filter((form) => form === "WAVE").length, 30)
    }))

  it.effect("for another chunk", () =>
    Effect.gen(function*() {
      const file = fileOf(load(sound).bytes.with(12, 0x46))
      strictEqual(yield* mismatch(entryFor(sound, file), file), "walking with buffer none: chunk 1")
    }))

  it.effect("for a missing chunk", () =>
    Effect.gen(function*() {
      const tree = sound.tree?.map((chunk) => ({ ...chunk, children: [...chunk.children ?? [], chunk] })) ?? []
      strictEqual(yield* mismatch({ ...sound, tree }, load(sound)), "walking with buffer none: chunks")
    }))

  it.effect("for a pad byte that is not zero, which no builder writes", () =>
    Effect.gen(function*() {
      const entry = entryOf("wav-odd-data-then-list-sndfile.wav")
      const odd = entry.tree?.[0]?.children?.find((chunk) => chunk.id === "data")
      assertTrue(odd !== undefined && odd.size % 2 === 1)
      const at = odd.dataOffset + odd.size
      const file = fileOf(load(entry).bytes.with(at, 1))
      strictEqual(yield* mismatch(entryFor(entry, file), file), "the tree with buffer none: problems")
      const problems = [{ problem: "pad byte is not zero", at, value: 1 }]
      strictEqual(
        yield* mismatch({ ...entryFor(entry, file), problems }, file),
        "rebuilding with sizes declared"
      )
    }))

  const damaged = entryOf("malformed-truncated-data.wav")

  it.effect("for a problem that is not there, is another, or is not expected", () =>
    Effect.gen(function*() {
      const [first, second] = damaged.problems ?? []
      assertTrue(first !== undefined && second !== undefined)
      for (
        const problems of [
          [first],
          [first, { ...second, available: 29 }],
          [first, { ...second, at: 63 }],
          [first, { ...second, level: "warning" as const }],
          [first, { ...second, problem: "chunk extends past end of parent" }],
          [first, second, { problem: "something unknown", at: 7 }]
        ]
      ) {
        strictEqual(yield* mismatch({ ...damaged, problems }, load(damaged)), "the tree with buffer none: problems")
      }
      // words that are not known mean what is in that place
      yield* Fixtures.check({ ...damaged, problems: [first, { problem: "cut short", at: second.at }] }, load(damaged))
    }))

  it.effect("for another verdict", () =>
    Effect.gen(function*() {
      const { expect } = damaged
      assertTrue(expect !== undefined)
      strictEqual(
        yield* mismatch({ ...damaged, expect: { ...expect, verdict: "warning" } }, load(damaged)),
        "the tree with buffer none: problems: verdict"
      )
    }))

  it.effect("for what only a tree shows: padding, a size in another place, a GUID", () =>
    Effect.gen(function*() {
      for (
        const [name, what, change] of [
          [
            "wav-odd-data-sox.wav",
            "the tree with buffer none: chunk 2",
            (chunk) => ({ ...chunk, padded: !chunk.padded })
          ],
          [
            "rf64-pcm16-ffmpeg.wav",
            "walking with buffer none: chunk 5",
            (chunk) => ({ ...chunk, sizeField: undefined })
          ],
          ["w64-pcm16-ffmpeg.w64", "walking with buffer none: chunk 2", (chunk) => ({ ...chunk, guid: undefined })]
        ] satisfies Array<[string, string, (chunk: Fixtures.ManifestChunk) => Fixtures.ManifestChunk]>
      ) {
        const entry = entryOf(name)
        const tree = entry.tree?.map((chunk) => ({
          ...chunk,
          children: chunk.children?.map((child) => child.id === "data" ? change(child) : child)
        })) ?? []
        strictEqual(yield* mismatch({ ...entry, tree }, load(entry)), what)
      }
    }))

  it.effect("for a lenient reader that is not", () =>
    Effect.gen(function*() {
      const entry = entryOf("malformed-missing-pad-middle.wav")
      const { tree } = entry
      assertTrue(tree !== null && entry.lenientTree !== undefined)
      strictEqual(
        yield* mismatch({ ...entry, lenientTree: tree }, load(entry)),
        "the lenient tree with buffer none: chunk 2"
      )
    }))
})

describe("a manifest", () => {
  it("that is invalid is refused in a sentence", () => {
    for (const text of ["{", "[]", "{\"entries\": [{}]}", "{\"entries\": [{\"name\": 1}]}"]) {
      const result = Effect.runSync(Effect.either(Fixtures.fromJson(text)))
      assertTrue(Either.isLeft(result))
      assert.notInclude(result.left.message, "\n")
    }
  })
})

describe("a walk", () => {
  it.scoped("leaves a list with its parent where the list reaches beyond it", () =>
    Effect.gen(function*() {
      const file = yield* Mmio.openMemory({ expandBy: 64 })
      yield* Riff.withChunk(file, { riff: "TEST" }, () =>
        Effect.gen(function*() {
          yield* Riff.withChunk(file, { list: "outr" }, () => Riff.createChunk(file, { list: "innr", size: 1000 }))
          yield* Riff.withChunk(file, { chunk: "tail" }, () => Mmio.writeAll(file, new Uint8Array(2)))
        }))
      const { steps } = yield* Fixtures.walk(file)
      assert.deepStrictEqual(
        steps.map(({ available, chunk, depth }) => [chunk.id, depth, available]),
        [["RIFF", 1, 38], ["LIST", 2, 16], ["LIST", 3, 4], ["tail", 2, 2]]
      )
    }))
})
