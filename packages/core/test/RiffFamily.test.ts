import { Mmio, type MmioError, Riff } from "@effect-mmio/core"
import { Arbitraries, type Model } from "@effect-mmio/testing"
import { assert, describe, it, layer } from "@effect/vitest"
import { Chunk, Effect, FastCheck as fc, Layer, Option, Stream } from "effect"
import { TestStorage } from "./support/driver.js"
import * as Family from "./support/family.js"
import { scale } from "./support/scale.js"
import { SparseStorage } from "./support/sparse.js"

const fastCheck = { numRuns: scale(200) }

const leaf = (id: string, data: ReadonlyArray<number>): Model.Chunk => ({ id, data: Uint8Array.from(data) })

const collect = <A, E, R>(stream: Stream.Stream<A, E, R>) =>
  Effect.map(Stream.runCollect(stream), Chunk.toReadonlyArray)

/** The chunks in a chunk, by descending and ascending, and the data of those without a type. */
const descended = (
  file: Mmio.ReadHandle,
  parent: Riff.FoundChunk | undefined
): Effect.Effect<ReadonlyArray<unknown>, MmioError.MmioError> =>
  Effect.gen(function*() {
    const chunks: Array<unknown> = []
    while (true) {
      const found = yield* Effect.option(Riff.descend(file, { parent }))
      if (Option.isNone(found)) return chunks
      const chunk = found.value
      const inside = Option.isSome(chunk.type)
        ? yield* descended(file, chunk)
        : [...(yield* Mmio.read(file, chunk.size))]
      chunks.push({ ...Family.plainChunk(chunk), inside })
      yield* Riff.ascend(file, chunk)
    }
  })

const expected = (bytes: Uint8Array, nodes: ReadonlyArray<Family.Node>): ReadonlyArray<unknown> =>
  nodes.map((node) =>
    Object.assign(Family.declared(node), {
      inside: node.type === undefined
        ? [...bytes.subarray(node.dataOffset, node.dataOffset + node.size)]
        : expected(bytes, node.children)
    })
  )

layer(Layer.empty)("descending and ascending", (it) => {
  it.effect.prop(
    "goes through every file of the family as it is written",
    { bytes: Family.sound, buffer: Arbitraries.bufferSize, memory: fc.boolean() },
    ({ buffer, bytes, memory }) =>
      Effect.scoped(Effect.gen(function*() {
        const file: Mmio.ReadHandle = memory
          ? yield* Mmio.openMemory({ bytes, access: "read" })
          : yield* Mmio.openWith(new TestStorage(bytes, { atMost: () => 5 }).ioProc, "test", { buffer })
        assert.deepStrictEqual(yield* descended(file, undefined), expected(bytes, Family.read(bytes).nodes))
      })),
    { fastCheck }
  )

  it.effect.prop(
    "finds the same as it goes along, and as it looks for it",
    { form: Family.form, buffer: Arbitraries.bufferSize, at: fc.nat({ max: 5 }) },
    ({ at, buffer, form }) =>
      Effect.scoped(Effect.gen(function*() {
        const wanted = form.children[at]
        if (wanted === undefined || "children" in wanted || form.family === "FORM") return
        const bytes = Family.serialize([form])
        const file = yield* Mmio.openWith(new TestStorage(bytes).ioProc, "test", { buffer })
        const parent = yield* Riff.descend(file, { find: { riff: form.type } })
        const found = yield* Riff.descend(file, { find: { chunk: wanted.id }, parent })
        const node = Family.read(bytes).nodes[0]?.children.find(({ id }) => id === wanted.id)
        assert.strictEqual(found.offset, node?.offset)
        assert.deepStrictEqual(
          Family.plainChunk(found),
          Family.plainChunk(
            yield* Riff.find(file, [
              { id: "RIFF", type: form.type },
              { id: wanted.id }
            ])
          )
        )
      })),
    { fastCheck }
  )
})

describe("a program for RIFF", () => {
  for (const family of Family.families.filter((family) => family !== "FORM")) {
    it.scoped(`reads ${family}`, () =>
      Effect.gen(function*() {
        const bytes = Family.serialize([{
          family,
          type: family === "Wave64" ? "wave" : "WAVE",
          children: [leaf("fmt ", [1, 0, 2]), leaf("data", [1, 2, 3, 4, 5])]
        }])
        const file = yield* Mmio.openMemory({ bytes })
        const wave = yield* Riff.descend(file, { find: { riff: "WAVE" } })
        assert.strictEqual(wave.byteOrder, family === "RIFX" ? "big" : "little")
        const number = yield* Riff.inChunk(file, { find: { chunk: "fmt " }, parent: wave }, (fmt) =>
          Riff.uint16(file, fmt))
        assert.strictEqual(number, family === "RIFX" ? 0x100 : 1)
        const data = yield* Riff.descend(file, { find: { chunk: "data" }, parent: wave })
        assert.strictEqual(data.size, 5)
        assert.deepStrictEqual([...(yield* Mmio.read(file, data.size))], [1, 2, 3, 4, 5])
        const [streamed] = yield* collect(Riff.stream(file, data))
        assert.deepStrictEqual([...(streamed ?? [])], [1, 2, 3, 4, 5])
        assert.isTrue(Option.isSome(wave.guid) === (family === "Wave64"))
        assert.isTrue(Option.isSome(data.ds64) === (family === "RF64" || family === "BW64"))
      }))
  }

  it.scoped("does not take a FORM for it, nor an inner RF64 for more than a chunk", () =>
    Effect.gen(function*() {
      const aiff = yield* Mmio.openMemory({
        bytes: Family.serialize([{ family: "FORM", type: "AIFF", children: [leaf("COMM", [1])] }])
      })
      assert.strictEqual((yield* Effect.flip(Riff.descend(aiff, { find: { riff: "AIFF" } })))._tag, "ChunkNotFound")
      const form = yield* Riff.descend(aiff, { find: { chunk: "FORM" } })
      assert.deepStrictEqual([form.byteOrder, Option.getOrThrow(form.type), form.size], ["big", "AIFF", 14])
      assert.strictEqual((yield* Riff.descend(aiff, { parent: form })).size, 1)
      const nested = yield* Mmio.openMemory({
        bytes: Family.serialize([{ family: "RIFF", type: "TEST", children: [leaf("RF64", [1, 2, 3, 4, 5, 6])] }])
      })
      const parent = yield* Riff.descend(nested)
      const inner = yield* Riff.descend(nested, { parent })
      assert.isTrue(Option.isNone(inner.type))
      assert.strictEqual(yield* Mmio.position(nested), inner.dataOffset)
    }))

  it.scoped("gets InvalidFile for a type that is cut off, whatever the file begins with", () =>
    Effect.gen(function*() {
      for (const family of Family.families) {
        const bytes = Family.serialize([{ family, type: "WAVE", children: [] }])
        for (const missing of [1, family === "Wave64" ? 16 : 4]) {
          const end = (family === "Wave64" ? 40 : 12) - missing
          const file = yield* Mmio.openMemory({ bytes: bytes.slice(0, end) })
          for (const find of [undefined, ...(family === "FORM" ? [] : [{ riff: "WAVE" }])]) {
            assert.strictEqual((yield* Effect.flip(Riff.descend(file, { find })))._tag, "InvalidFile")
          }
          assert.strictEqual(
            (yield* Effect.flip(Riff.descend(file, { find: { chunk: "data" } })))._tag,
            "ChunkNotFound"
          )
        }
      }
    }))
})

const GiB = 2 ** 30

const latin1 = (text: string) => Uint8Array.from(text, (character) => character.charCodeAt(0))

/** A file with 5 GiB of samples, and a chunk after them. */
const large = (family: "RF64" | "Wave64", sizes: { readonly form: number; readonly data: number }) => {
  const storage = new SparseStorage()
  const bytes = Family.serialize([{
    family,
    type: family === "Wave64" ? "wave" : "WAVE",
    children: [leaf("fmt ", [1, 0]), leaf("data", []), leaf("last", [9])]
  }])
  const view = new DataView(bytes.buffer)
  if (family === "RF64") {
    view.setBigUint64(20, BigInt(sizes.form), true)
    view.setBigUint64(28, BigInt(sizes.data), true)
  } else {
    view.setBigUint64(16, BigInt(sizes.form), true)
    view.setBigUint64(88, BigInt(sizes.data), true)
  }
  const data = family === "RF64" ? 78 : 96
  storage.put(0, bytes.subarray(0, data))
  storage.put(data + 5 * GiB, bytes.subarray(data))
  return { storage, last: data + 5 * GiB, data }
}

describe("files beyond 4 GiB", () => {
  for (const family of ["RF64", "Wave64"] as const) {
    const sound = family === "RF64"
      ? { form: 5 * GiB + 78 + 10 - 8, data: 5 * GiB }
      : { form: 5 * GiB + 96 + 32, data: 5 * GiB + 24 }

    it.scoped(`${family} is gone through without reading it`, () =>
      Effect.gen(function*() {
        const { data, last, storage } = large(family, sound)
        const file = yield* Mmio.openWith(storage.ioProc, "test")
        const form = yield* Riff.descend(file, { find: { riff: "WAVE" } })
        const samples = yield* Riff.descend(file, { find: { chunk: "data" }, parent: form })
        assert.deepStrictEqual([samples.size, samples.dataOffset], [5 * GiB, data])
        yield* Riff.ascend(file, samples)
        const found = yield* Riff.descend(file, { find: { chunk: "last" }, parent: form })
        assert.strictEqual(found.offset, last)
        assert.strictEqual((yield* Riff.find(file, "RIFF:WAVE / last")).offset, last)
        const tree = yield* Riff.tree(file)
        assert.deepStrictEqual(tree.problems, [])
        assert.strictEqual(tree.length, storage.length)
        assert.isBelow(storage.transferred, 200_000)
      }))
  }

  it.scoped("a size beyond 2^53 leads past the end of every file", () =>
    Effect.gen(function*() {
      for (const size of [2n ** 53n - 1n, 2n ** 63n, 2n ** 64n - 1n]) {
        const bytes = Family.serialize([{
          family: "Wave64",
          type: "wave",
          children: [leaf("junk", [1]), leaf("last", [2])]
        }])
        new DataView(bytes.buffer).setBigUint64(56, size, true)
        const file = yield* Mmio.openWith(new TestStorage(bytes).ioProc, "test")
        const error = yield* Effect.flip(Riff.descend(file, { find: { chunk: "last" } }))
        assert.strictEqual(error._tag, "ChunkNotFound")
        const form = yield* Riff.descend(file)
        assert.strictEqual(
          (yield* Effect.flip(Riff.descend(file, { find: { chunk: "last" }, parent: form })))._tag,
          "ChunkNotFound"
        )
        const junk = yield* Riff.descend(file, { parent: form })
        assert.isAtLeast(junk.size, 2 ** 52)
        assert.strictEqual((yield* collect(Riff.stream(file, junk))).length, 1)
        assert.deepStrictEqual((yield* Riff.verify(file)).map(({ _tag }) => _tag), ["PastEndOfFile"])
      }
    }))

  it.scoped("a table of sizes ends with its chunk, and the size of the form is no other chunk's", () =>
    Effect.gen(function*() {
      const bytes = Family.serialize([{
        family: "RF64",
        type: "TEST",
        children: [leaf("fmt ", [1, 2]), leaf("RF64", [1, 2, 3, 4])]
      }])
      const view = new DataView(bytes.buffer)
      // one more than there is room for; and an inner chunk without a size
      view.setUint32(44, 2, true)
      view.setUint32(bytes.length - 8, 0xffffffff, true)
      const file = yield* Mmio.openMemory({ bytes })
      const chunks = yield* collect(Riff.chunks(file))
      assert.deepStrictEqual(chunks.map(({ id, size }) => [id, size]), [
        ["RF64", bytes.length - 8],
        ["ds64", 40],
        ["fmt ", 2],
        ["RF64", 0xffffffff]
      ])
      for (const chunk of [chunks[0]!, yield* Riff.descend(file)]) {
        assert.deepStrictEqual(Option.getOrThrow(chunk.ds64).table, [{ id: chunks[2]!.id, size: 2 }])
      }
    }))

  it.scoped("a table of sizes gives the first of an id", () =>
    Effect.gen(function*() {
      const bytes = new Uint8Array(100)
      const view = new DataView(bytes.buffer)
      bytes.set(latin1("RF64\xff\xff\xff\xffTESTds64"))
      view.setUint32(16, 28 + 24, true)
      view.setBigUint64(20, 92n, true)
      view.setUint32(44, 2, true)
      bytes.set(latin1("axml"), 48)
      view.setBigUint64(52, 2n, true)
      bytes.set(latin1("axml"), 60)
      view.setBigUint64(64, 3n, true)
      bytes.set(latin1("axml\xff\xff\xff\xff12next"), 72)
      view.setUint32(86, 2, true)
      const file = yield* Mmio.openMemory({ bytes })
      const form = yield* Riff.descend(file, { find: { riff: "TEST" } })
      assert.strictEqual((yield* Riff.descend(file, { find: { chunk: "axml" }, parent: form })).size, 2)
      assert.deepStrictEqual(
        (yield* collect(Riff.chunks(file))).map(({ id, size }) => [id, size]),
        [["RF64", 92], ["ds64", 52], ["axml", 2], ["next", 2], ["\0\0\0\0", 0]]
      )
      // but not its own: that would make chunks of what is in it
      const own = bytes.slice()
      own.set(latin1("\xff\xff\xff\xff"), 16)
      own.set(latin1("ds64\0"), 48)
      const broken = yield* Mmio.openMemory({ bytes: own })
      assert.isTrue(Option.isNone((yield* Riff.descend(broken)).ds64))
      assert.deepStrictEqual(
        (yield* Riff.verify(broken)).map(({ _tag }) => _tag),
        ["MissingDs64", "UnknownSize", "UnknownSize"]
      )
    }))
})

describe("integers", () => {
  const data = [0x81, 2, 3, 4, 5, 6, 7, 0x88]

  for (const memory of [true, false]) {
    it.scoped(`are in the byte order of their chunk, ${memory ? "in memory" : "without a buffer"}`, () =>
      Effect.gen(function*() {
        for (const family of ["RIFF", "RIFX"] as const) {
          const bytes = Family.serialize([{ family, type: "TEST", children: [leaf("data", data), leaf("next", data)] }])
          const file: Mmio.ReadHandle = memory
            ? yield* Mmio.openMemory({ bytes })
            : yield* Mmio.openWith(new TestStorage(bytes).ioProc, "test", { buffer: "none" })
          const parent = yield* Riff.descend(file)
          const chunk = yield* Riff.descend(file, { parent })
          const at = <B, E>(offset: number, read: Effect.Effect<B, E>) =>
            Effect.zipRight(Mmio.seek(file, chunk.dataOffset + offset), read)
          const big = family === "RIFX"
          assert.strictEqual(yield* at(0, Riff.uint16(file, chunk)), big ? 0x8102 : 0x0281)
          assert.strictEqual(yield* at(0, Riff.int16(file, chunk)), big ? 0x8102 - 0x10000 : 0x0281)
          assert.strictEqual(yield* at(0, Riff.uint32(file, chunk)), big ? 0x81020304 : 0x04030281)
          assert.strictEqual(yield* at(4, Riff.int32(file, chunk)), big ? 0x05060788 : 0x88070605 - 2 ** 32)
          assert.strictEqual(yield* at(0, Riff.uint64(file, chunk)), big ? 0x8102030405060788n : 0x8807060504030281n)
          assert.strictEqual(yield* Mmio.position(file), chunk.dataOffset + 8)
          const outside: ReadonlyArray<readonly [number, Effect.Effect<unknown, MmioError.MmioError>]> = [
            [7, Riff.uint16(file, chunk)],
            [-1, Riff.uint16(file, chunk)],
            [5, Riff.uint32(file, chunk)],
            [1, Riff.uint64(file, chunk)],
            [8, Riff.int16(file, chunk)]
          ]
          for (const [offset, read] of outside) {
            const error = yield* Effect.flip(at(offset, read))
            assert.strictEqual(error._tag, "InvalidFile")
            assert.strictEqual(yield* Mmio.position(file), chunk.dataOffset + offset)
          }
        }
      }))
  }

  it.scoped("that the file ends in are InvalidFile", () =>
    Effect.gen(function*() {
      const bytes = Family.serialize([{ family: "RIFF", type: "TEST", children: [leaf("data", data)] }]).slice(0, -5)
      const file = yield* Mmio.openWith(new TestStorage(bytes).ioProc, "test")
      const chunk = yield* Riff.find(file, "RIFF / data")
      yield* Mmio.seek(file, chunk.dataOffset)
      const error = yield* Effect.flip(Riff.uint32(file, chunk))
      assert.strictEqual(error._tag, "InvalidFile")
      assert.include(error.message, "Riff.uint32 test at 20: the file ends inside of a number of 4 bytes")
      assert.strictEqual(yield* Riff.uint16(file, chunk), 0x0281)
    }))
})
