import { Mmio, type MmioError, Riff } from "@effect-mmio/core"
import { Arbitraries, type Model } from "@effect-mmio/testing"
import { assert, describe, it, layer } from "@effect/vitest"
import { Effect, FastCheck as fc, Layer, Option } from "effect"
import { TestStorage } from "./support/driver.js"
import * as Family from "./support/family.js"
import { scale } from "./support/scale.js"
import { SparseStorage } from "./support/sparse.js"

const { bufferSize } = Arbitraries
const fastCheck = { numRuns: scale(150) }
const GiB = 2 ** 30

const families = ["RIFF", "RIFX", "RF64", "BW64", "Wave64"] as const satisfies ReadonlyArray<Riff.Family>
const family = fc.constantFrom<Array<Riff.Family>>(...families)
const singles = ["RIFF", "RIFX", "Wave64"] as const
type Single = typeof singles[number]

/**
 * How chunks of a form are told what they are in: by the form that is being written, by their parent, or by a family.
 */
interface Around {
  readonly parent?: Riff.Chunk | undefined
  readonly family?: Single | undefined
}

const write = (
  file: Mmio.WriteHandle,
  chunks: ReadonlyArray<Model.Chunk>,
  around: Around | undefined,
  between: Effect.Effect<void, Riff.CreateError | MmioError.SeekError> = Effect.void
): Effect.Effect<void, Riff.CreateError | MmioError.SeekError> =>
  Effect.forEach(chunks, (chunk) => {
    const what: Riff.Find = "data" in chunk
      ? { chunk: chunk.id }
      : chunk.id === "RIFF"
      ? { riff: chunk.type }
      : { list: chunk.type }
    return Effect.zipRight(
      between,
      Riff.withChunk(file, { ...what, ...around }, (made) =>
        Effect.zipRight(
          "data" in chunk
            ? Mmio.writeAll(file, chunk.data)
            : write(file, chunk.children, around && (around.family === undefined ? { parent: made } : around), between),
          between
        ))
    )
  }, { discard: true })

/** What is in a file, without how it is written. */
type Content =
  | { readonly id: string; readonly data: ReadonlyArray<number> }
  | { readonly id: string; readonly type: string; readonly children: ReadonlyArray<Content> }

const kindOf = (id: string) => ["RIFX", "RF64", "BW64", "riff"].includes(id) ? "RIFF" : id === "list" ? "LIST" : id

/** The chunks of a container, without the `ds64` and the rest of its room. */
const partsOf = ({ children, id }: Family.Node) => id === "RF64" || id === "BW64" ? children.slice(2) : children

const contentsOf = (bytes: Uint8Array, nodes: ReadonlyArray<Family.Node>): ReadonlyArray<Content> =>
  nodes.map((node) =>
    node.type === undefined
      ? { id: node.id, data: [...bytes.subarray(node.dataOffset, node.dataOffset + node.available)] }
      : { id: kindOf(node.id), type: node.type.replace("wave", "WAVE"), children: contentsOf(bytes, partsOf(node)) }
  )

const contentOf = (chunk: Model.Chunk): Content =>
  "data" in chunk
    ? { id: chunk.id, data: [...chunk.data] }
    : { id: chunk.id, type: chunk.type.replace("wave", "WAVE"), children: chunk.children.map(contentOf) }

/** What a writer of chunks cannot be blamed for: ids that cannot be printed, and samples without a format. */
const isOfContent = (problem: string) => problem === "UnprintableId" || problem === "DataBeforeFormat"

/** Compares a file with what was written, by a reader that shares nothing with the library; and verifies it. */
const check = (bytes: Uint8Array, type: string, chunks: ReadonlyArray<Model.Chunk>) =>
  Effect.scoped(Effect.gen(function*() {
    const { nodes, problems } = Family.read(bytes)
    assert.deepStrictEqual(contentsOf(bytes, nodes), [{
      id: "RIFF",
      type: type.replace("wave", "WAVE"),
      children: chunks.map(contentOf)
    }])
    assert.deepStrictEqual(problems.filter(([problem]) => !isOfContent(problem)), [])
    const file = yield* Mmio.openMemory({ bytes, access: "read" })
    const tree = yield* Riff.tree(file)
    assert.deepStrictEqual(tree.chunks.map(Family.plain), nodes)
    const verified = yield* Riff.verify(file)
    assert.deepStrictEqual(verified.filter(({ _tag }) => !isOfContent(_tag)), [])
    return nodes
  }))

layer(Layer.empty)("a form", (it) => {
  it.effect.prop(
    "of each family is read back as it was written, whatever is updated meanwhile",
    { family, type: fc.constantFrom("WAVE", "AVI "), chunks: Arbitraries.chunks(), bufferSize, updates: fc.boolean() },
    ({ bufferSize, chunks, family, type, updates }) =>
      Effect.gen(function*() {
        const storage = new TestStorage(new Uint8Array(0), { atMost: () => 7 })
        const form = yield* Effect.scoped(Effect.gen(function*() {
          const file = yield* Mmio.openWith(storage.ioProc, "test", { access: "write", buffer: bufferSize })
          let made: Riff.CreatedChunk | undefined
          yield* Riff.withRiff(file, type, { family, large: family === "RIFF" ? "never" : "auto" }, (form) => {
            made = form
            return write(file, chunks, undefined, updates ? Riff.updateSizes(file) : Effect.void)
          })
          return made!
        }))
        const [node] = yield* check(storage.bytes, type, chunks)
        // The form says from the start what a reader finds, but for its size.
        assert.deepStrictEqual(
          { ...Family.plainChunk(form), size: node?.size, sizeField: node?.sizeField },
          node && Family.declared(node)
        )
      }),
    { fastCheck }
  )

  it.effect.prop(
    "of each family may be recorded: after every update, the file is sound",
    { family, chunks: Arbitraries.chunks(2) },
    ({ chunks, family }) =>
      Effect.scoped(Effect.gen(function*() {
        const file = yield* Mmio.openMemory({ expandBy: 64 })
        const verify = Effect.gen(function*() {
          yield* Effect.orDie(Riff.updateSizes(file))
          const bytes = yield* Mmio.memoryBytes(file)
          assert.deepStrictEqual(Family.read(bytes).problems.filter(([problem]) => !isOfContent(problem)), [])
        })
        yield* Riff.withRiff(file, "WAVE", { family }, () => write(file, chunks, undefined, verify))
      })),
    { fastCheck: { numRuns: scale(60) } }
  )

  for (const how of ["its parent", "a family"] as const) {
    it.effect.prop(
      `made of chunks that are written as ${how} says is read back as it was written`,
      { family: fc.constantFrom(...singles), chunks: Arbitraries.chunks(), bufferSize },
      ({ bufferSize, chunks, family }) =>
        Effect.gen(function*() {
          const storage = new TestStorage(new Uint8Array(0))
          yield* Effect.scoped(Effect.gen(function*() {
            const file = yield* Mmio.openWith(storage.ioProc, "test", { access: "write", buffer: bufferSize })
            yield* Riff.withChunk(file, { riff: "WAVE", family }, (parent) =>
              write(file, chunks, how === "its parent" ? { parent } : { family }))
          }))
          yield* check(storage.bytes, "WAVE", chunks)
        }),
      { fastCheck }
    )
  }
})

const samples = { id: "data", data: Uint8Array.of(1, 2, 3) }
const format = { id: "fmt ", data: new Uint8Array(16) }

describe("the bytes of a form", () => {
  for (const family of ["RIFX", "Wave64"] as const) {
    it.scoped(`of ${family} are those of the format`, () =>
      Effect.gen(function*() {
        const children = [format, { id: "LIST" as const, type: "INFO", children: [samples] }, samples]
        const file = yield* Mmio.openMemory({ expandBy: 64 })
        yield* Riff.withRiff(file, "WAVE", { family }, () => write(file, children, undefined))
        const type = family === "Wave64" ? "wave" : "WAVE"
        assert.deepStrictEqual(yield* Mmio.memoryBytes(file), Family.serialize([{ family, type, children }]))
        // with all sizes known: the same, in one pass
        const storage = new TestStorage(new Uint8Array(0))
        const size = Family.serialize([{ family, type, children: [samples] }]).length - (family === "Wave64" ? 24 : 8)
        yield* Effect.scoped(Effect.gen(function*() {
          const file = yield* Mmio.openWith(storage.ioProc, "test", { access: "write", buffer: "none" })
          yield* Riff.withRiff(file, "WAVE", { family, size }, () =>
            Riff.withChunk(file, { chunk: "data", size: 3 }, () =>
              Mmio.writeAll(file, samples.data)))
        }))
        assert.deepStrictEqual(storage.bytes, Family.serialize([{ family, type, children: [samples] }]))
        assert.isTrue(storage.log.every(({ call }) =>
          call !== "size"
        ))
      }))
  }

  it.scoped("says in a created chunk what is in the header", () =>
    Effect.gen(function*() {
      const file = yield* Mmio.openMemory({ expandBy: 64 })
      const made = yield* Riff.createChunk(file, { riff: "WAVE", family: "Wave64", size: 5 })
      assert.deepStrictEqual([made.id, made.type, made.size, made.sizeField, made.dataOffset, made.byteOrder], [
        "riff",
        Option.some("wave"),
        5,
        29,
        24,
        "little"
      ])
      yield* Mmio.seek(file, 0)
      const { dirty: _, ...read } = yield* Riff.descend(file)
      const { dirty: __, ...written } = made
      assert.deepStrictEqual(read, written)
      const list = yield* Riff.createChunk(file, { list: "INFO", family: "RIFX" })
      assert.deepStrictEqual([list.id, list.byteOrder, list.guid], ["LIST", "big", Option.none()])
    }))
})

describe("sizes beyond 4 GiB", () => {
  it.scoped("fit a Wave64, of which nothing is reserved for them", () =>
    Effect.gen(function*() {
      const storage = new SparseStorage()
      const file = yield* Mmio.openWith(storage.ioProc, "test", { access: "readWrite" })
      yield* Riff.withRiff(file, "WAVE", { family: "Wave64" }, () =>
        Effect.gen(function*() {
          yield* Riff.withChunk(file, { chunk: "fmt " }, () => Mmio.writeAll(file, format.data))
          yield* Riff.withChunk(file, { chunk: "data" }, (data) => Mmio.seek(file, data.dataOffset + 5 * GiB + 1))
          yield* Riff.withChunk(file, { chunk: "last" }, () => Mmio.writeAll(file, samples.data))
        }))
      assert.strictEqual((yield* Riff.find(file, "RIFF:WAVE / data")).size, 5 * GiB + 1)
      assert.strictEqual((yield* Riff.find(file, "RIFF:WAVE / last")).offset, 40 + 40 + 24 + 5 * GiB + 8)
      assert.deepStrictEqual(yield* Riff.verify(file), [])
    }))

  it.scoped("are CannotExpand in a RIFX, and InvalidParameter in a single chunk", () =>
    Effect.gen(function*() {
      const storage = new SparseStorage()
      const file = yield* Mmio.openWith(storage.ioProc, "test", { access: "readWrite" })
      const error = yield* Effect.flip(
        Riff.withRiff(file, "WAVE", { family: "RIFX" }, () =>
          Riff.withChunk(file, { chunk: "data" }, (data) =>
            Effect.zipRight(Mmio.seek(file, data.dataOffset + 5 * GiB), Mmio.writeAll(file, samples.data))))
      )
      assert.strictEqual(error._tag, "CannotExpand")
      const chunk = yield* Riff.createChunk(file, { chunk: "data", family: "RIFX" })
      yield* Mmio.seek(file, chunk.dataOffset + 2 ** 32)
      assert.strictEqual((yield* Effect.flip(Riff.ascend(file, chunk)))._tag, "InvalidParameter")
      assert.strictEqual(
        (yield* Effect.flip(Riff.withRiff(file, "WAVE", { family: "RIFX", size: 2 ** 32 }, () =>
          Effect.void)))._tag,
        "CannotExpand"
      )
    }))
})

it.scoped("a family that does not fit is InvalidParameter, before the first byte", () =>
  Effect.gen(function*() {
    const file = yield* Mmio.openMemory({ expandBy: 64 })
    const options: ReadonlyArray<Riff.RiffOptions> = [
      { family: "RIFX", large: "always" },
      { family: "RF64", large: "never" },
      { family: "BW64", large: "never" },
      { family: "Wave64", size: 15 },
      { family: "toString" as Riff.Family }
    ]
    for (const option of options) {
      const error = yield* Effect.flip(Riff.withRiff(file, "WAVE", option, () => Effect.void))
      assert.strictEqual(error._tag, "InvalidParameter")
    }
    for (const family of ["RF64", "BW64", "FORM", "toString"]) {
      const error = yield* Effect.flip(Riff.createChunk(file, { riff: "WAVE", family: family as Single }))
      assert.strictEqual(error._tag, "InvalidParameter")
    }
    assert.strictEqual((yield* Mmio.memoryBytes(file)).length, 0)
    yield* Riff.withRiff(file, "WAVE", { family: "RIFX" }, (form) =>
      Effect.gen(function*() {
        const error = yield* Effect.flip(Riff.createChunk(file, { chunk: "data", family: "RIFF" }))
        assert.strictEqual(error._tag, "InvalidParameter")
        yield* Riff.withChunk(file, { chunk: "data", family: "RIFX" }, () => Effect.void)
        yield* Riff.withChunk(file, { chunk: "data", parent: form }, () => Effect.void)
      }))
    assert.strictEqual((yield* Mmio.memoryBytes(file)).length, 28)
  }))

describe("a chunk that has ended", () => {
  const bytesOf = (file: Mmio.MemoryHandle) => Mmio.memoryBytes(file)

  for (const family of singles) {
    it.scoped(`in ${family} can be ascended out of again: that only goes to its end`, () =>
      Effect.gen(function*() {
        const file = yield* Mmio.openMemory({ expandBy: 64 })
        const made = yield* Riff.createChunk(file, { chunk: "abcd", family })
        yield* Mmio.writeAll(file, samples.data)
        const ended = yield* Riff.ascend(file, made)
        const next = yield* Mmio.position(file)
        yield* Riff.withChunk(file, { chunk: "next", family }, () => Mmio.writeAll(file, samples.data))
        const before = yield* bytesOf(file)
        assert.deepStrictEqual(yield* Riff.ascend(file, made), ended)
        assert.strictEqual(yield* Mmio.position(file), next)
        assert.deepStrictEqual(yield* bytesOf(file), before)
      }))
  }

  it.scoped("in its own body keeps its size", () =>
    Effect.gen(function*() {
      const file = yield* Mmio.openMemory({ expandBy: 64 })
      yield* Riff.withChunk(file, { chunk: "data" }, (chunk) =>
        Effect.zipRight(Mmio.writeAll(file, samples.data), Riff.ascend(file, chunk)))
      yield* Mmio.seek(file, 0)
      assert.strictEqual((yield* Riff.descend(file)).size, 3)
    }))

  it.scoped("with its list, or with the form, is not changed any more", () =>
    Effect.gen(function*() {
      const file = yield* Mmio.openMemory({ expandBy: 64 })
      const made = yield* Riff.withRiff(file, "WAVE", {}, (form) =>
        Effect.gen(function*() {
          const list = yield* Riff.createChunk(file, { list: "INFO" })
          const inner = yield* Riff.createChunk(file, { chunk: "INAM" })
          yield* Mmio.writeAll(file, samples.data)
          yield* Riff.ascend(file, list)
          yield* Riff.withChunk(file, { chunk: "fmt " }, () => Mmio.writeAll(file, format.data))
          const before = yield* bytesOf(file)
          assert.strictEqual((yield* Riff.ascend(file, inner)).size, 3)
          assert.strictEqual((yield* Riff.ascend(file, list)).size, 16)
          assert.deepStrictEqual(yield* bytesOf(file), before)
          yield* Mmio.seek(file, 0, "end")
          const last = yield* Riff.createChunk(file, { chunk: "last" })
          yield* Mmio.writeAll(file, samples.data)
          return [form, list, inner, last]
        }))
      const before = yield* bytesOf(file)
      const ends = yield* Effect.forEach(made, (chunk) =>
        Effect.zip(Effect.map(Riff.ascend(file, chunk), ({ size }) => size), Mmio.position(file)))
      assert.deepStrictEqual(yield* bytesOf(file), before)
      const { length } = before
      assert.deepStrictEqual(ends, [[length - 8, length], [16, 120], [3, 120], [3, length]])
      assert.deepStrictEqual(yield* Riff.verify(file), [])
    }))

  it.scoped("whose ascent failed is still open", () =>
    Effect.gen(function*() {
      const storage = new TestStorage(new Uint8Array(0))
      const file = yield* Mmio.openWith(storage.ioProc, "test", { access: "write", buffer: "none" })
      const made = yield* Riff.createChunk(file, { chunk: "data" })
      yield* Mmio.writeAll(file, samples.data)
      storage.behaviour = { fails: () => true }
      assert.strictEqual((yield* Effect.flip(Riff.ascend(file, made)))._tag, "CannotWrite")
      storage.behaviour = {}
      assert.strictEqual((yield* Riff.ascend(file, made)).size, 3)
      assert.deepStrictEqual([...storage.bytes.subarray(4)], [3, 0, 0, 0, 1, 2, 3, 0])
    }))
})

describe("a size near 2^63", () => {
  for (const size of [2n ** 53n - 1n, 2n ** 53n + 23n, 2n ** 63n - 1n, 2n ** 64n - 1n]) {
    it.scoped(`of ${size} ends the search, and ascending goes to the last position`, () =>
      Effect.gen(function*() {
        const bytes = Family.serialize([{
          family: "Wave64",
          type: "wave",
          children: [samples, { ...samples, id: "last" }]
        }])
        new DataView(bytes.buffer).setBigUint64(56, size, true)
        const file = yield* Mmio.openWith(new TestStorage(bytes).ioProc, "test", { buffer: 16 })
        const form = yield* Riff.descend(file, { find: { riff: "WAVE" } })
        const data = yield* Riff.descend(file, { parent: form })
        yield* Riff.ascend(file, data)
        assert.strictEqual(yield* Mmio.position(file), Number.MAX_SAFE_INTEGER)
        for (const parent of [form, undefined, data]) {
          assert.strictEqual((yield* Effect.flip(Riff.descend(file, { parent })))._tag, "ChunkNotFound")
        }
        yield* Mmio.seek(file, 0)
        yield* Riff.inChunk(file, {}, (form) => Riff.inChunk(file, { parent: form }, () => Effect.void))
      }))
  }
})
