import { FourCC, Mmio, type MmioError, Riff } from "@effect-mmio/core"
import { Arbitraries, Interruption, Model } from "@effect-mmio/testing"
import { assert, describe, it, layer } from "@effect/vitest"
import { Chunk, Effect, FastCheck as fc, Layer, Option, Scope, Stream } from "effect"
import { build } from "./support/build.js"
import { TestStorage } from "./support/driver.js"
import { wasWrittenInOnePass } from "./support/onePass.js"
import { scale } from "./support/scale.js"

const { bufferSize } = Arbitraries
const chunks = Arbitraries.chunks()
const { serialize } = Model
const fastCheck = { numRuns: scale(200) }

/** Every chunk of the file, found by descending and ascending. */
const walk = (
  file: Mmio.ReadHandle,
  parent?: Riff.FoundChunk
): Effect.Effect<ReadonlyArray<Model.Chunk>, Riff.DescendError<Mmio.Readable> | MmioError.MmioError> =>
  Effect.gen(function*() {
    const chunks: Array<Model.Chunk> = []
    while (true) {
      const found = yield* Effect.option(Riff.descend(file, { parent }))
      if (Option.isNone(found)) return chunks
      const chunk = found.value
      chunks.push(
        Option.isSome(chunk.type)
          ? { id: chunk.id as "RIFF", type: chunk.type.value, children: yield* walk(file, chunk) }
          : { id: chunk.id, data: yield* Mmio.read(file, chunk.size) }
      )
      yield* Riff.ascend(file, chunk)
    }
  })

const plain = (chunk: Riff.Chunk): Model.Header => ({
  id: chunk.id,
  size: chunk.size,
  type: Option.getOrUndefined(chunk.type),
  dataOffset: chunk.dataOffset,
  byteOrder: chunk.byteOrder
})

const openTest = <A extends "read" | "write" | "readWrite">(storage: TestStorage, access: A, buffer: number) =>
  Mmio.openWith<A>(storage.ioProc, "test", { access, buffer })

layer(Layer.empty)("chunk trees", (it) => {
  for (
    const [name, declare] of Object.entries({
      right: (size: number) => size,
      zero: () => 0,
      "too large": (size: number) => size + 7,
      unknown: () => 0xffffffff
    })
  ) {
    it.effect.prop(
      `built with declared sizes that are ${name}, they are the bytes of the format, and read back as they were`,
      { chunks, bufferSize },
      ({ bufferSize, chunks }) =>
        Effect.gen(function*() {
          const storage = new TestStorage(new Uint8Array(0), { atMost: () => 7 })
          yield* Effect.scoped(
            Effect.flatMap(openTest(storage, "write", bufferSize), (file) => build(file, chunks, declare))
          )
          assert.deepStrictEqual(storage.bytes, serialize(chunks))
          const read = yield* Effect.scoped(Effect.flatMap(openTest(storage, "read", bufferSize), (file) => walk(file)))
          assert.deepStrictEqual(read, chunks)
        }),
      { fastCheck }
    )
  }

  it.effect.prop(
    "built into memory they are the same",
    { chunks, expandBy: fc.integer({ min: 1, max: 64 }) },
    ({ chunks, expandBy }) =>
      Effect.scoped(Effect.gen(function*() {
        const file = yield* Mmio.openMemory({ expandBy })
        yield* build(file, chunks, () => 0)
        assert.deepStrictEqual(yield* Mmio.memoryBytes(file), serialize(chunks))
        yield* Mmio.seek(file, 0)
        assert.deepStrictEqual(yield* walk(file), chunks)
      })),
    { fastCheck }
  )

  it.effect.prop(
    "with sizes known beforehand nothing is corrected: a storage that only goes forward will do",
    { chunks, bufferSize },
    ({ bufferSize, chunks }) =>
      Effect.gen(function*() {
        const storage = new TestStorage(new Uint8Array(0))
        yield* Effect.scoped(
          Effect.flatMap(openTest(storage, "write", bufferSize), (file) => build(file, chunks, (size) => size))
        )
        assert.isTrue(wasWrittenInOnePass(storage))
        assert.deepStrictEqual(storage.bytes, serialize(chunks))
      }),
    { fastCheck }
  )
})

const find: fc.Arbitrary<Riff.Find | undefined> = fc.oneof(
  fc.constant(undefined),
  fc.record({ chunk: fc.constantFrom("fmt ", "data", "RIFF", "LIST", "a\u0000\u00ffz") }),
  fc.record({ riff: fc.constantFrom("WAVE", "AVI ") }),
  fc.record({ list: fc.constantFrom("INFO", "x\u0080  ") })
)

layer(Layer.empty)("searches", (it) => {
  it.effect.prop(
    "of whatever bytes find what is there, or fail and stay where they began; none leaves its parent",
    {
      damaged: Arbitraries.damagedRiff,
      bufferSize,
      memory: fc.boolean(),
      seeks: fc.array(fc.tuple(fc.option(fc.nat({ max: 120 }), { nil: undefined }), find, fc.boolean()), {
        maxLength: 8
      })
    },
    ({ bufferSize, damaged, memory, seeks }) =>
      Effect.scoped(Effect.gen(function*() {
        const storage = new TestStorage(damaged.slice())
        const file: Mmio.ReadHandle = memory
          ? yield* Mmio.openMemory({ bytes: damaged.slice(), access: "read" })
          : yield* openTest(storage, "read", bufferSize)
        let parent: Riff.FoundChunk | undefined
        for (const [to, find, inside] of seeks) {
          if (to !== undefined) yield* Effect.ignore(Mmio.seek(file, to))
          const start = yield* Mmio.position(file)
          const within = inside ? parent : undefined
          const result = yield* Effect.either(Riff.descend(file, { find, parent: within }))
          const expected = Model.search(damaged, start, find, within)
          const position = yield* Mmio.position(file)
          if (result._tag === "Left") {
            assert.deepStrictEqual<unknown>(result.left._tag, expected)
            assert.strictEqual(position, start)
          } else {
            const found = result.right
            assert.deepStrictEqual(plain(found), expected)
            assert.strictEqual(position, found.dataOffset + (Option.isSome(found.type) ? 4 : 0))
            parent = found
          }
        }
      })),
    { fastCheck: { numRuns: scale(800) } }
  )

  it.effect("a search ends where its parent ends, though the chunk follows it directly", () =>
    Effect.scoped(Effect.gen(function*() {
      const bytes = serialize([
        { id: "RIFF", type: "WAVE", children: [{ id: "fmt ", data: new Uint8Array(2) }] },
        { id: "data", data: new Uint8Array(4) }
      ])
      const file = yield* Mmio.openMemory({ bytes: bytes })
      const wave = yield* Riff.descend(file, { find: { riff: "WAVE" } })
      const error = yield* Effect.flip(Riff.descend(file, { find: { chunk: "data" }, parent: wave }))
      assert.strictEqual(error._tag, "ChunkNotFound")
      if (error._tag === "ChunkNotFound") {
        assert.strictEqual(error.sought, "\"data\"")
        assert.strictEqual(error.searchedTo, 22)
        assert.strictEqual(error.code, 265)
      }
      assert.strictEqual(yield* Mmio.position(file), 12)
    })))

  it.scoped("a header that the parent cuts off is none, though the file has all of it", () =>
    Effect.gen(function*() {
      // "data" begins six bytes before the end of the parent
      const bytes = Uint8Array.from("RIFF\x0a\0\0\0TESTdata\x02\0\0\0ab", (character) => character.charCodeAt(0))
      for (const buffer of [0, 4, 100]) {
        const file = yield* openTest(new TestStorage(bytes), "read", buffer)
        const parent = yield* Riff.descend(file)
        const error = yield* Effect.flip(Riff.descend(file, { find: { chunk: "data" }, parent }))
        assert.strictEqual(error._tag, "ChunkNotFound")
        assert.strictEqual(yield* Mmio.position(file), 12)
      }
    }))

  it.scoped("a chunk that a search steps over has its pad byte", () =>
    Effect.gen(function*() {
      const bytes = serialize([
        {
          id: "RIFF",
          type: "TEST",
          children: [{ id: "odd ", data: new Uint8Array(3) }, { id: "data", data: new Uint8Array(1) }]
        }
      ])
      for (const buffer of [0, 4, 100]) {
        const file = yield* openTest(new TestStorage(bytes), "read", buffer)
        const parent = yield* Riff.descend(file)
        const data = yield* Riff.descend(file, { find: { chunk: "data" }, parent })
        assert.deepStrictEqual([data.offset, data.size], [24, 1])
      }
    }))

  it.effect("sizes near 4 GiB neither loop nor allocate", () =>
    Effect.scoped(Effect.gen(function*() {
      for (const size of [0xffffffff, 0xfffffffe, 0xfffffff8, 0x7fffffff]) {
        const bytes = new Uint8Array(64)
        for (let at = 0; at < 64; at += 8) new DataView(bytes.buffer).setUint32(at + 4, size, true)
        const storage = new TestStorage(bytes)
        const file = yield* openTest(storage, "read", 16)
        const error = yield* Effect.flip(Riff.descend(file, { find: { chunk: "data" } }))
        assert.strictEqual(error._tag, "ChunkNotFound")
        assert.isBelow(storage.calls, 8)
        const chunk = yield* Riff.descend(file)
        assert.strictEqual(chunk.size, size)
        assert.strictEqual((yield* Mmio.read(file, chunk.size)).length, 56)
      }
    })))

  it.effect("an invalid code is InvalidParameter, which names the code", () =>
    Effect.scoped(Effect.gen(function*() {
      const file = yield* Mmio.openMemory({ expandBy: 10 })
      for (const find of [{ chunk: "fmt" }, { riff: "WAVES" }, { list: "\u0100abc" }] satisfies Array<Riff.Find>) {
        assert.strictEqual((yield* Effect.flip(Riff.descend(file, { find })))._tag, "InvalidParameter")
        assert.strictEqual((yield* Effect.flip(Riff.createChunk(file, find)))._tag, "InvalidParameter")
      }
      for (const size of [-1, 0.5, 2 ** 32, Number.NaN]) {
        assert.strictEqual(
          (yield* Effect.flip(Riff.createChunk(file, { chunk: "data", size })))._tag,
          "InvalidParameter"
        )
      }
      assert.strictEqual((yield* Mmio.memoryBytes(file)).length, 0)
    })))
})

describe("ascending", () => {
  it.scoped("gives the chunk as it then is, and leaves the old value alone", () =>
    Effect.gen(function*() {
      const file = yield* Mmio.openMemory({ expandBy: 10 })
      const made = yield* Riff.createChunk(file, { list: "INFO", size: 99 })
      assert.deepStrictEqual(plain(made), { id: "LIST", type: "INFO", size: 99, dataOffset: 8, byteOrder: "little" })
      yield* Mmio.writeAll(file, Uint8Array.of(1, 2, 3))
      const ended = yield* Riff.ascend(file, made)
      assert.deepStrictEqual(plain(ended), { id: "LIST", type: "INFO", size: 7, dataOffset: 8, byteOrder: "little" })
      assert.isFalse(ended.dirty)
      assert.strictEqual(made.size, 99)
      assert.strictEqual(yield* Mmio.position(file), 16)
      assert.deepStrictEqual(
        [...(yield* Mmio.memoryBytes(file))],
        [0x4c, 0x49, 0x53, 0x54, 7, 0, 0, 0, 0x49, 0x4e, 0x46, 0x4f, 1, 2, 3, 0]
      )
    }))

  it.scoped("with the position before the data is InvalidParameter", () =>
    Effect.gen(function*() {
      const file = yield* Mmio.openMemory({ expandBy: 10 })
      const made = yield* Riff.createChunk(file, { chunk: "data" })
      yield* Mmio.seek(file, 3)
      assert.strictEqual((yield* Effect.flip(Riff.ascend(file, made)))._tag, "InvalidParameter")
      assert.strictEqual(yield* Mmio.position(file), 3)
    }))

  it.scoped("with more data than 32 bits can say is InvalidParameter, before a size wraps", () =>
    Effect.gen(function*() {
      const storage = new TestStorage(new Uint8Array(0))
      const file = yield* openTest(storage, "write", 16)
      const made = yield* Riff.createChunk(file, { chunk: "data" })
      yield* Mmio.seek(file, 8 + 2 ** 32)
      assert.strictEqual((yield* Effect.flip(Riff.ascend(file, made)))._tag, "InvalidParameter")
    }))

  it.scoped("in a block of memory that ends without the pad byte is the end of the block", () =>
    Effect.gen(function*() {
      const file = yield* Mmio.openMemory({
        bytes: serialize([{ id: "data", data: new Uint8Array(3) }]).slice(0, 11)
      })
      yield* Riff.ascend(file, yield* Riff.descend(file))
      assert.strictEqual(yield* Mmio.position(file), 11)
    }))

  it.scoped("of a header that does not fit a block of memory takes none of it", () =>
    Effect.gen(function*() {
      const file = yield* Mmio.openMemory({ size: 11 })
      assert.strictEqual((yield* Effect.flip(Riff.createChunk(file, { riff: "WAVE" })))._tag, "CannotExpand")
      assert.deepStrictEqual(yield* Mmio.memoryBytes(file), new Uint8Array(11))
      assert.strictEqual(yield* Mmio.position(file), 0)
    }))

  it.live("interrupted at any step, or failing at any call, it can be tried again", () =>
    Effect.gen(function*() {
      const expected = serialize([{
        id: "LIST",
        type: "INFO",
        children: [{ id: "INAM", data: Uint8Array.of(1, 2, 3) }]
      }])
      const program = (file: Mmio.WriteHandle, retry: <A, E>(effect: Effect.Effect<A, E>) => Effect.Effect<A, E>) =>
        Effect.gen(function*() {
          const list = yield* retry(Riff.createChunk(file, { list: "INFO" }))
          const name = yield* retry(Riff.createChunk(file, { chunk: "INAM" }))
          yield* retry(Mmio.write(file, Uint8Array.of(1, 2, 3)))
          yield* retry(Riff.ascend(file, name))
          yield* retry(Riff.ascend(file, list))
        })
      for (const buffer of [0, 3, 9, 64]) {
        for (let failing = 0;; failing++) {
          const storage = new TestStorage(new Uint8Array(0), { atMost: () => 3 })
          storage.behaviour = {
            atMost: () => 3,
            fails: (call) => call === failing && storage.log[call]?.call !== "close"
          }
          yield* Effect.scoped(Effect.gen(function*() {
            const file = yield* openTest(storage, "write", buffer)
            yield* program(file, (effect) => Effect.retry(effect, { times: 1 }))
            yield* Effect.retry(Mmio.flush(file), { times: 1 })
          }))
          assert.deepStrictEqual(storage.bytes, expected, `buffer ${buffer}, call ${failing}`)
          if (storage.calls <= failing) break
        }
        yield* Interruption.sweep({
          prepare: Effect.gen(function*() {
            const storage = new TestStorage(new Uint8Array(0), { yields: () => 1 })
            const scope = yield* Scope.make()
            const file = yield* Effect.orDie(Scope.extend(openTest(storage, "write", buffer), scope))
            const list = yield* Effect.orDie(Riff.createChunk(file, { list: "INFO" }))
            const name = yield* Effect.orDie(Riff.createChunk(file, { chunk: "INAM" }))
            yield* Effect.orDie(Mmio.write(file, Uint8Array.of(1, 2, 3)))
            return { storage, file, list, name }
          }),
          run: ({ file, name }) => Riff.ascend(file, name),
          check: ({ file, list, name, storage }, _exits, step) =>
            Effect.gen(function*() {
              const position = yield* Mmio.position(file)
              if (position === 23) yield* Riff.ascend(file, name)
              else assert.strictEqual(position, 24, `step ${step}`)
              yield* Riff.ascend(file, list)
              yield* Mmio.close(file)
              assert.deepStrictEqual(storage.bytes, expected, `step ${step}`)
            })
        })
      }
    }), 30_000)
})

describe("regions and streams", () => {
  const bytes = serialize([{
    id: "RIFF",
    type: "WAVE",
    children: [
      { id: "fmt ", data: Uint8Array.of(1, 2, 3) },
      { id: "data", data: new Uint8Array(200).fill(7) }
    ]
  }])

  it.scoped("inChunk descends and ascends around a body", () =>
    Effect.gen(function*() {
      const file = yield* openTest(new TestStorage(bytes), "read", 16)
      const data = yield* Riff.inChunk(file, { find: { riff: "WAVE" } }, (wave) =>
        Riff.inChunk(file, { find: { chunk: "fmt " }, parent: wave }, (fmt) =>
          Mmio.read(file, fmt.size)))
      assert.deepStrictEqual([...data], [1, 2, 3])
      assert.strictEqual(yield* Mmio.position(file), bytes.length)
    }))

  it.scoped("the stream of a chunk is its data, in chunks, to the end of the file at most", () =>
    Effect.gen(function*() {
      const file = yield* openTest(new TestStorage(bytes), "read", 16)
      const wave = yield* Riff.descend(file)
      const data = yield* Riff.descend(file, { find: { chunk: "data" }, parent: wave })
      const chunks = Chunk.toReadonlyArray(yield* Stream.runCollect(Riff.stream(file, data, { chunkSize: 64 })))
      assert.deepStrictEqual(chunks.map((chunk) => chunk.length), [64, 64, 64, 8])
      assert.isTrue(chunks.every((chunk) => chunk.every((byte) => byte === 7)))
      const lying = Chunk.toReadonlyArray(yield* Stream.runCollect(Riff.stream(file, { ...data, size: 0xffffffff })))
      assert.strictEqual(lying.reduce((sum, chunk) => sum + chunk.length, 0), 200)
      assert.strictEqual(FourCC.isFourCC(data.id), true)
    }))
})
