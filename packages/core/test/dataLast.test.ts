/**
 * Functions that take a handle first take it last as well, and do the same.
 */
import { FourCC, IOProc, MemoryIOProc, Mmio, Riff, RiffLimits, Wave } from "@effect-mmio/core"
import { assert, describe, it } from "@effect/vitest"
import { Chunk, Effect, Stream } from "effect"
import { numbers } from "./support/answering.js"

type Use = (file: Mmio.ReadWriteHandle) => Effect.Effect<unknown, unknown>

const format = Wave.Format.make({ channels: 1, sampleRate: 8000, bitsPerSample: 8 })

/**
 * A WAVE file of 20 samples, and how a use of it ends, with where it leaves the position and what it leaves in the
 * file.
 */
const outcome = (use: Use) =>
  Effect.scoped(Effect.gen(function*() {
    const file = yield* Mmio.openMemory({ create: true, expandBy: 64 })
    yield* Riff.withChunk(file, { riff: "WAVE" }, () =>
      Effect.zipRight(
        Riff.withChunk(
          file,
          { chunk: "fmt " },
          () => Effect.flatMap(Wave.encode({ _tag: "fmt ", value: format }), (bytes) => Mmio.writeAll(file, bytes))
        ),
        Riff.withChunk(file, { chunk: "data" }, () => Mmio.writeAll(file, numbers(20)))
      ))
    yield* Mmio.seek(file, 0)
    const exit = yield* Effect.exit(use(file))
    return { exit, position: yield* Mmio.position(file), bytes: yield* Mmio.memoryBytes(file) }
  }))

const collect = <A, E>(stream: Stream.Stream<A, E>) => Effect.map(Stream.runCollect(stream), Chunk.toReadonlyArray)
const u8 = (reader: Mmio.Reader) => reader.u8()
const data = (file: Mmio.ReadHandle) => Riff.find(file, "RIFF:WAVE / data")
const info = (file: Mmio.Handle) => Mmio.getInfo(file)
const form = { find: { riff: "WAVE" } } as const
const count = (bytes: Uint8Array) => {
  void bytes
}

const pairs: { readonly [name: string]: readonly [first: Use, last: Use] } = {
  "Mmio.seek": [(file) => Mmio.seek(file, 5), (file) => file.pipe(Mmio.seek(5))],
  "Mmio.seek, from the end": [(file) => Mmio.seek(file, -5, "end"), (file) => file.pipe(Mmio.seek(-5, "end"))],
  "Mmio.flush": [(file) => Mmio.flush(file), (file) => file.pipe(Mmio.flush())],
  "Mmio.flush, with options": [
    (file) => Mmio.flush(file, { emptyBuffer: true }),
    (file) => file.pipe(Mmio.flush({ emptyBuffer: true }))
  ],
  "Mmio.advance": [
    (file) => Effect.flatMap(info(file), (info) => Mmio.advance(file, { ...info, next: 3 }, "read")),
    (file) => Effect.flatMap(info(file), (info) => file.pipe(Mmio.advance({ ...info, next: 3 }, "read")))
  ],
  "Mmio.withBuffer": [
    (file) => Mmio.withBuffer(file, "read", ({ next }) => ({ value: next, next: next + 3 })),
    (file) => file.pipe(Mmio.withBuffer("read", ({ next }) => ({ value: next, next: next + 3 })))
  ],
  "Mmio.forEachBuffer": [
    (file) => Mmio.forEachBuffer(file, count, { from: 3, to: 9 }),
    (file) => file.pipe(Mmio.forEachBuffer(count, { from: 3, to: 9 }))
  ],
  "Mmio.parse": [(file) => Mmio.parse(file, u8), (file) => file.pipe(Mmio.parse(u8))],
  "Mmio.parse, with options": [
    (file) => Mmio.parse(file, (reader) => reader.u16(), { limit: 2 }),
    (file) => file.pipe(Mmio.parse((reader) => reader.u16(), { limit: 2 }))
  ],
  "Mmio.parseAll": [
    (file) => collect(Mmio.parseAll(file, u8, { from: 3, to: 9 })),
    (file) => collect(file.pipe(Mmio.parseAll(u8, { from: 3, to: 9 })))
  ],
  "Mmio.emit": [
    (file) => Mmio.emit(file, (writer) => writer.u8(7)),
    (file) => file.pipe(Mmio.emit((writer) => writer.u8(7)))
  ],
  "Mmio.stream": [
    (file) => collect(Mmio.stream(file)),
    (file) => collect(file.pipe(Mmio.stream()))
  ],
  "Mmio.stream, with options": [
    (file) => collect(Mmio.stream(file, { from: 2, chunkSize: 3 })),
    (file) => collect(file.pipe(Mmio.stream({ from: 2, chunkSize: 3 })))
  ],
  "Riff.descend": [(file) => Riff.descend(file), (file) => file.pipe(Riff.descend())],
  "Riff.descend, with options": [(file) => Riff.descend(file, form), (file) => file.pipe(Riff.descend(form))],
  "Riff.ascend": [
    (file) => Effect.flatMap(Riff.descend(file, form), (chunk) => Riff.ascend(file, chunk)),
    (file) => Effect.flatMap(Riff.descend(file, form), (chunk) => file.pipe(Riff.ascend(chunk)))
  ],
  "Riff.createChunk": [
    (file) => Riff.createChunk(file, { chunk: "abcd" }),
    (file) => file.pipe(Riff.createChunk({ chunk: "abcd" }))
  ],
  "Riff.withChunk": [
    (file) => Riff.withChunk(file, { chunk: "abcd" }, ({ id }) => Effect.succeed(id)),
    (file) => file.pipe(Riff.withChunk({ chunk: "abcd" }, ({ id }) => Effect.succeed(id)))
  ],
  "Riff.withRiff": [
    (file) => Riff.withRiff(file, "TEST", { large: "never" }, () => Riff.updateSizes(file, { flush: false })),
    (file) => file.pipe(Riff.withRiff("TEST", { large: "never" }, () => file.pipe(Riff.updateSizes({ flush: false }))))
  ],
  "Riff.updateSizes": [
    (file) => Riff.withRiff(file, "TEST", {}, () => Riff.updateSizes(file)),
    (file) => Riff.withRiff(file, "TEST", {}, () => file.pipe(Riff.updateSizes()))
  ],
  "Riff.inChunk": [
    (file) => Riff.inChunk(file, form, ({ size }) => Effect.succeed(size)),
    (file) => file.pipe(Riff.inChunk(form, ({ size }) => Effect.succeed(size)))
  ],
  "Riff.stream": [
    (file) => Effect.flatMap(data(file), (chunk) => collect(Riff.stream(file, chunk))),
    (file) => Effect.flatMap(data(file), (chunk) => collect(file.pipe(Riff.stream(chunk))))
  ],
  "Riff.stream, with options": [
    (file) => Effect.flatMap(data(file), (chunk) => collect(Riff.stream(file, chunk, { chunkSize: 3 }))),
    (file) => Effect.flatMap(data(file), (chunk) => collect(file.pipe(Riff.stream(chunk, { chunkSize: 3 }))))
  ],
  "Riff.chunks": [(file) => collect(Riff.chunks(file)), (file) => collect(file.pipe(Riff.chunks()))],
  "Riff.chunks, with options": [
    (file) => collect(Riff.chunks(file, { recursive: false })),
    (file) => collect(file.pipe(Riff.chunks({ recursive: false })))
  ],
  "Riff.tree": [(file) => Riff.tree(file), (file) => file.pipe(Riff.tree())],
  "Riff.tree, with options": [
    (file) => Riff.tree(file, { lenient: true }),
    (file) => file.pipe(Riff.tree({ lenient: true }))
  ],
  "Riff.find": [(file) => Riff.find(file, "RIFF / data"), (file) => file.pipe(Riff.find("RIFF / data"))],
  "Riff.find, with a path of steps": [
    (file) => Riff.find(file, [{ id: "RIFF" }, { id: "fmt " }], {}),
    (file) => file.pipe(Riff.find([{ id: "RIFF" }, { id: "fmt " }], {}))
  ],
  "Riff.repair": [(file) => Riff.repair(file), (file) => file.pipe(Riff.repair())],
  "Riff.repair, with options": [
    (file) => Riff.repair(file, { dryRun: true }),
    (file) => file.pipe(Riff.repair({ dryRun: true }))
  ],
  "Riff.uint16": [
    (file) => Effect.flatMap(Riff.descend(file), (chunk) => Riff.uint16(file, chunk)),
    (file) => Effect.flatMap(Riff.descend(file), (chunk) => file.pipe(Riff.uint16(chunk)))
  ],
  "Riff.int16": [
    (file) => Effect.flatMap(Riff.descend(file), (chunk) => Riff.int16(file, chunk)),
    (file) => Effect.flatMap(Riff.descend(file), (chunk) => file.pipe(Riff.int16(chunk)))
  ],
  "Riff.uint32": [
    (file) => Effect.flatMap(Riff.descend(file), (chunk) => Riff.uint32(file, chunk)),
    (file) => Effect.flatMap(Riff.descend(file), (chunk) => file.pipe(Riff.uint32(chunk)))
  ],
  "Riff.int32": [
    (file) => Effect.flatMap(Riff.descend(file), (chunk) => Riff.int32(file, chunk)),
    (file) => Effect.flatMap(Riff.descend(file), (chunk) => file.pipe(Riff.int32(chunk)))
  ],
  "Riff.uint64": [
    (file) => Effect.flatMap(Riff.descend(file), (chunk) => Riff.uint64(file, chunk)),
    (file) => Effect.flatMap(Riff.descend(file), (chunk) => file.pipe(Riff.uint64(chunk)))
  ],
  "Wave.info": [(file) => Wave.info(file), (file) => file.pipe(Wave.info())],
  "Wave.info, with options": [
    (file) => Wave.info(file, { lenient: true }),
    (file) => file.pipe(Wave.info({ lenient: true }))
  ],
  "Wave.blocks": [(file) => collect(Wave.blocks(file)), (file) => collect(file.pipe(Wave.blocks()))],
  "Wave.blocks, with options": [
    (file) => collect(Wave.blocks(file, { chunkSize: 3 })),
    (file) => collect(file.pipe(Wave.blocks({ chunkSize: 3 })))
  ]
}

describe("the handle first or last", () => {
  for (const [name, [first, last]] of Object.entries(pairs)) {
    it.effect(name, () =>
      Effect.gen(function*() {
        const expected = yield* outcome(first)
        assert.strictEqual(expected.exit._tag, "Success")
        assert.deepStrictEqual(yield* outcome(last), expected)
      }))
  }
})

describe("an effect first or last", () => {
  it.effect("RiffLimits.withLimits", () =>
    Effect.gen(function*() {
      const nesting = Effect.map(RiffLimits.RiffLimits, ({ nesting }) => nesting)
      assert.strictEqual(yield* RiffLimits.withLimits(nesting, { nesting: 3 }), 3)
      assert.strictEqual(yield* nesting.pipe(RiffLimits.withLimits({ nesting: 3 })), 3)
    }))

  it.effect("IOProc.withRoute", () =>
    Effect.gen(function*() {
      const archive = yield* MemoryIOProc.make({ files: { "a.zip+b": numbers(3) } })
      const size = Mmio.withFile("a.zip+b", {}, Mmio.read(10))
      const code = FourCC.make("ZIP ")
      assert.deepStrictEqual(yield* IOProc.withRoute(size, code, archive), numbers(3))
      assert.deepStrictEqual(yield* size.pipe(IOProc.withRoute(code, archive)), numbers(3))
    }).pipe(Effect.provide(MemoryIOProc.layer())))
})
