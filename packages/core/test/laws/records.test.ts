import { IOProc, Mmio, MmioError } from "@effect-mmio/core"
import { Arbitraries, Interruption } from "@effect-mmio/testing"
import { assert, describe, it, layer } from "@effect/vitest"
import { Cause, Chunk, Effect, Exit, FastCheck as fc, identity, Layer, Scope, Stream } from "effect"
import * as answering from "../support/answering.js"
import { TestStorage } from "../support/driver.js"
import * as records from "../support/records.js"
import { scale } from "../support/scale.js"

const fastCheck = { numRuns: scale(150) }
const { bufferSize, shortness } = Arbitraries
const initial = Arbitraries.content()
const limit = fc.oneof(fc.constant(1 << 20), fc.integer({ min: 1, max: 60 }))
const numbers = answering.numbers

const shortBy = (turns: ReadonlyArray<number>) => ({
  atMost: (call: number) => turns.length === 0 ? Infinity : turns[call % turns.length]!
})

const ways = { "answers by effects": identity<IOProc.IOProc>, ...answering.drivers, "is in blocks": answering.both }

const operation = fc.oneof(
  { weight: 4, arbitrary: fc.record({ op: fc.constant("parse" as const), fields: records.fields, limit }) },
  { weight: 1, arbitrary: fc.record({ op: fc.constant("emit" as const), fields: records.numberFields }) },
  { weight: 1, arbitrary: fc.record({ op: fc.constant("seek" as const), position: fc.nat({ max: 120 }) }) }
)

/** Opens a file that only goes forward, and fails where it is asked to go back. */
const forwardOnly = (storage: TestStorage): IOProc.File => {
  const file = storage.file()
  let cursor = 0
  return IOProc.wrapFile(file, {
    capabilities: { ...file.capabilities, forwardOnly: true },
    size: Effect.fail(new MmioError.CannotSeek({ operation: "size", file: "test", description: "it has none" })),
    readAt: (position, target) =>
      position === cursor
        ? Effect.tap(file.readAt(position, target), (count) => Effect.sync(() => cursor += count))
        : Effect.die(`it goes back from ${cursor} to ${position}`)
  })
}

const failureOf = <A, E>(exit: Exit.Exit<A, E>) => Exit.isFailure(exit) ? Cause.squash(exit.cause) : undefined

layer(Layer.empty)("records", (it) => {
  for (const [way, through] of Object.entries(ways)) {
    it.effect.prop(
      `are those of a DataView over the bytes, whatever the buffer and however short a driver transfers that ${way}`,
      { initial, bufferSize, shortness, operations: fc.array(operation, { maxLength: 8 }) },
      ({ bufferSize, initial, operations, shortness }) =>
        Effect.gen(function*() {
          const storage = new TestStorage(initial, shortBy(shortness))
          let bytes = initial.slice()
          let position = 0
          yield* Effect.scoped(Effect.gen(function*() {
            const file = yield* Mmio.openWith(through(storage.ioProc), "test", {
              access: "readWrite",
              buffer: bufferSize
            })
            const size = (yield* Mmio.getInfo(file)).bytes.length
            for (const operation of operations) {
              if (operation.op === "seek") yield* Mmio.seek(file, position = operation.position)
              else if (operation.op === "emit") {
                const written = records.writtenByModel(operation.fields)
                yield* Mmio.emit(file, records.writeWith(operation.fields))
                if (written.length === 0) continue
                const larger = new Uint8Array(Math.max(bytes.length, position + written.length))
                larger.set(bytes)
                larger.set(written, position)
                bytes = larger
                position += written.length
              } else {
                const { fields, limit } = operation
                const expected = records.readByModel(bytes, position, fields, limit)
                const exit = yield* Effect.exit(Mmio.parse(file, records.readWith(fields), { limit }))
                if (expected === undefined) {
                  const failure = failureOf(exit)
                  assert.instanceOf(failure, MmioError.InvalidFile)
                  assert.strictEqual(failure.position, position)
                } else {
                  assert.deepStrictEqual(exit, Exit.succeed(expected.values))
                  position = expected.end
                }
              }
              assert.strictEqual(yield* Mmio.position(file), position)
            }
            assert.strictEqual((yield* Mmio.getInfo(file)).bytes.length, size)
          }))
          assert.deepStrictEqual(storage.bytes, bytes)
        }),
      { fastCheck: { numRuns: scale(80) } }
    )
  }

  it.effect.prop(
    "are read out of a file that only goes forward, of which nothing is lost",
    { initial, bufferSize, shortness, operations: fc.array(fc.record({ fields: records.fields, limit })) },
    ({ bufferSize, initial, operations, shortness }) =>
      Effect.scoped(Effect.gen(function*() {
        const file = yield* Mmio.fromFile(forwardOnly(new TestStorage(initial, shortBy(shortness))), {
          buffer: bufferSize
        })
        let position = 0
        for (const { fields, limit } of operations) {
          const sized = fields.filter(({ kind }) => kind !== "remaining")
          const expected = records.readByModel(initial, position, sized, limit)
          const exit = yield* Effect.exit(Mmio.parse(file, records.readWith(sized), { limit }))
          if (expected === undefined) assert.instanceOf(failureOf(exit), MmioError.InvalidFile)
          else {
            assert.deepStrictEqual(exit, Exit.succeed(expected.values))
            position = expected.end
          }
          assert.strictEqual(yield* Mmio.position(file), position)
        }
        assert.deepStrictEqual(yield* Mmio.read(file, 1000), initial.slice(position))
      })),
    { fastCheck }
  )

  it.effect.prop(
    "come as a stream that parses one after the other, up to the first that fails",
    {
      initial,
      bufferSize,
      shortness,
      limit,
      fields: records.fields,
      from: fc.nat({ max: 60 }),
      to: fc.option(fc.integer({ min: 60, max: 120 }), { nil: undefined })
    },
    ({ bufferSize, fields, from, initial, limit, shortness, to }) =>
      Effect.scoped(Effect.gen(function*() {
        const storage = new TestStorage(initial, shortBy(shortness))
        const file = yield* Mmio.openWith(storage.ioProc, "test", { buffer: bufferSize })
        const expected: Array<ReadonlyArray<unknown>> = []
        let at = from
        let fails = false
        const end = Math.min(initial.length, to ?? initial.length)
        while (at < end && !fails) {
          const record = records.readByModel(initial, at, fields, limit, to)
          if (record === undefined || record.end === at) fails = true
          else {
            expected.push(record.values)
            at = record.end
          }
        }
        const found: Array<ReadonlyArray<unknown>> = []
        const exit = yield* Mmio.parseAll(file, records.readWith(fields), { from, to, limit }).pipe(
          Stream.runForEach((record) => Effect.sync(() => found.push(record))),
          Effect.exit
        )
        assert.deepStrictEqual(found, expected)
        if (!fails) assert.deepStrictEqual(exit, Exit.void)
        else {
          const failure = failureOf(exit)
          assert.instanceOf(failure, MmioError.InvalidFile)
          assert.strictEqual(failure.position, at)
        }
        if (expected.length > 0) assert.strictEqual(yield* Mmio.position(file), at)
      })),
    { fastCheck }
  )
})

describe("parse", () => {
  const opened = (content: Uint8Array, buffer: number | Uint8Array = 8) => {
    const storage = new TestStorage(content)
    return Effect.map(Mmio.openWith(storage.ioProc, "test", { buffer }), (file) => ({ file, storage }))
  }

  it.scoped("reads nothing of the driver where the buffer has the record, and once where it has not", () =>
    Effect.gen(function*() {
      const { file, storage } = yield* opened(numbers(100), 64)
      for (let i = 0; i < 16; i++) yield* Mmio.parse(file, (reader) => reader.u32())
      assert.deepStrictEqual(storage.log.map(({ call }) => call), ["readAt"])
      yield* Mmio.parse(file, (reader) => reader.u32())
      assert.strictEqual(storage.log.length, 2)
    }))

  it.scoped("goes back to the buffer of the caller after a record that is larger", () =>
    Effect.gen(function*() {
      const own = new Uint8Array(16)
      const { file } = yield* opened(numbers(200), own)
      assert.deepStrictEqual(yield* Mmio.parse(file, (reader) => reader.bytes(100)), numbers(100))
      assert.strictEqual((yield* Mmio.getInfo(file)).bytes, own)
      assert.deepStrictEqual(yield* Mmio.read(file, 100), numbers(200).slice(100))
    }))

  it.scoped("does not allocate what a length in the file declares", () =>
    Effect.gen(function*() {
      const { file, storage } = yield* opened(numbers(100))
      const exit = yield* Effect.exit(Mmio.parse(file, (reader) => reader.bytes(2 ** 40), { limit: 2 ** 50 }))
      assert.include(String(failureOf(exit)), "truncated: 100 of 1099511627776 bytes")
      assert.isBelow(Math.max(...storage.transferred.map((bytes) => bytes.buffer.byteLength)), 1 << 18)
    }))

  it.scoped("runs its function again once for each buffer, and not for each field, where the file cannot go back", () =>
    Effect.gen(function*() {
      const file = yield* Mmio.fromFile(forwardOnly(new TestStorage(numbers(1000))), { buffer: 64 })
      let runs = 0
      yield* Mmio.parse(file, (reader) => {
        runs++
        for (let i = 0; i < 1000; i++) reader.u8()
      })
      assert.isAtMost(runs, 1000 / 64 + 3)
    }))

  const long = (count: number) => {
    const runs: Array<number> = []
    const record = (reader: Mmio.Reader) => {
      runs.push(reader.position)
      for (let i = 0; i < count; i++) reader.u8()
    }
    return { record, runs }
  }

  for (const [where, through] of Object.entries({ "a driver": identity<IOProc.IOProc>, blocks: answering.both })) {
    it.scoped(`runs its function once for a record as long as the two before, out of ${where}`, () =>
      Effect.gen(function*() {
        const storage = new TestStorage(numbers(2000))
        const file = yield* Mmio.openWith(through(storage.ioProc), "test", { buffer: 16 })
        const { record, runs } = long(100)
        for (let i = 0; i < 2; i++) yield* Mmio.parse(file, record)
        // What was read after the second is less than a record.
        yield* Mmio.seek(file, 500)
        runs.length = 0
        for (let i = 0; i < 15; i++) yield* Mmio.parse(file, record)
        const begun = runs.filter((at, i) => at !== runs[i - 1])
        assert.deepStrictEqual(begun, Array.from({ length: 15 }, (_, i) => 500 + 100 * i))
        // One that reaches from one block to the next is begun in the first.
        assert.isAtMost(runs.length - begun.length, where === "a driver" ? 0 : 2)
        assert.deepStrictEqual(yield* Mmio.read(file, 100), new Uint8Array(0))
      }))
  }

  it.scoped("does not have the driver fail for bytes that a shorter record does not need", () =>
    Effect.gen(function*() {
      const { file, storage } = yield* opened(numbers(1000), 64)
      const { record } = long(50)
      for (let i = 0; i < 2; i++) yield* Mmio.parse(file, record)
      const { calls } = storage
      storage.behaviour = { fails: () => true }
      assert.strictEqual(yield* Mmio.parse(file, (reader) => reader.u8()), 100)
      assert.strictEqual(storage.calls, calls)
      storage.behaviour = {}
    }))

  it.scoped("keeps no buffer of a long record that comes alone, and none once they are short again", () =>
    Effect.gen(function*() {
      const { file, storage } = yield* opened(numbers(5000), 16)
      const { record } = long(100)
      const buffers = () => storage.transferred.map(({ buffer }) => buffer)
      yield* Mmio.parse(file, record)
      yield* Mmio.seek(file, 1000)
      yield* Mmio.parse(file, record)
      assert.strictEqual(new Set(buffers().filter(({ byteLength }) => byteLength > 16)).size, 2)
      // now two were long, one after the other
      yield* Mmio.seek(file, 2000)
      yield* Mmio.parse(file, record)
      const kept = buffers().at(-1)!
      assert.isAbove(kept.byteLength, 16)
      yield* Mmio.seek(file, 3000)
      yield* Mmio.parse(file, record)
      assert.strictEqual(buffers().at(-1), kept)
      for (const position of [0, 200]) {
        yield* Mmio.seek(file, position)
        yield* Mmio.parse(file, (reader) => reader.u8())
      }
      yield* Mmio.seek(file, 4000)
      yield* Mmio.parse(file, record)
      assert.notStrictEqual(buffers().at(-1), kept)
    }))

  it.scoped("reads no more ahead than the buffer holds where the file cannot go back, whatever came before", () =>
    Effect.gen(function*() {
      const own = new Uint8Array(16)
      const file = yield* Mmio.fromFile(forwardOnly(new TestStorage(numbers(1000))), { buffer: own })
      const { record } = long(100)
      for (let i = 0; i < 2; i++) yield* Mmio.parse(file, record)
      while ((yield* Mmio.position(file)) < 250) yield* Mmio.parse(file, (reader) => reader.u16())
      for (let i = 0; i < 2; i++) yield* Mmio.parse(file, record)
      yield* Mmio.read(file, 14)
      assert.strictEqual(yield* Mmio.parse(file, (reader) => reader.u8()), numbers(1000)[464])
      assert.strictEqual((yield* Mmio.getInfo(file)).bytes, own)
    }))

  it.scoped("refuses an invalid number of bytes, and an invalid limit", () =>
    Effect.gen(function*() {
      const { file } = yield* opened(numbers(100))
      for (const count of [-1, 0.5, NaN]) {
        assert.instanceOf(
          failureOf(yield* Effect.exit(Mmio.parse(file, (reader) => reader.bytes(count)))),
          MmioError.InvalidFile
        )
        assert.instanceOf(
          failureOf(yield* Effect.exit(Mmio.parse(file, (reader) => reader.skip(count)))),
          MmioError.InvalidFile
        )
        assert.instanceOf(
          failureOf(yield* Effect.exit(Mmio.parse(file, (reader) => reader.u8(), { limit: count }))),
          MmioError.InvalidParameter
        )
      }
      assert.strictEqual(yield* Mmio.position(file), 0)
    }))

  it.scoped("an exception of its function is a defect, and leaves the position", () =>
    Effect.gen(function*() {
      const { file } = yield* opened(numbers(100))
      const parse = Mmio.parse(file, (reader) => {
        reader.skip(20)
        throw new Error("a bug")
      })
      assert.deepStrictEqual(yield* Effect.exit(parse), Exit.die(new Error("a bug")))
      assert.strictEqual(yield* Mmio.position(file), 0)
      assert.deepStrictEqual(yield* Mmio.read(file, 100), numbers(100))
    }))

  it.scoped("runs its function again even if that catches every exception", () =>
    Effect.gen(function*() {
      const { file } = yield* opened(numbers(100))
      const caught = Mmio.parse(file, (reader) => {
        try {
          return reader.bytes(50).length
        } catch {
          return "caught"
        }
      })
      assert.strictEqual(yield* caught, 50)
      const renamed = Mmio.parse(file, (reader) => {
        try {
          return reader.bytes(50).length
        } catch (cause) {
          throw new Error("another", { cause })
        }
      })
      assert.strictEqual(yield* renamed, 50)
    }))

  it.scoped("reports a failure of the driver once, at the start of the record", () =>
    Effect.gen(function*() {
      const { file, storage } = yield* opened(numbers(100))
      yield* Mmio.read(file, 4)
      storage.behaviour = { fails: (call) => call === 1 }
      const parse = Mmio.parse(file, (reader) => reader.bytes(40))
      assert.instanceOf(failureOf(yield* Effect.exit(parse)), MmioError.CannotRead)
      assert.strictEqual(storage.calls, 2)
      assert.strictEqual(yield* Mmio.position(file), 4)
      assert.deepStrictEqual(yield* parse, numbers(100).slice(4, 44))
    }))

  it.scoped("asks for the size only where its function does, and fails where there is none", () =>
    Effect.gen(function*() {
      const { file, storage } = yield* opened(numbers(100))
      assert.strictEqual(yield* Mmio.parse(file, (reader) => reader.bytes(reader.remaining).length), 100)
      assert.strictEqual(storage.log.filter(({ call }) => call === "size").length, 1)
      const pipe = yield* Mmio.fromFile(forwardOnly(new TestStorage(numbers(10))))
      const exit = yield* Effect.exit(Mmio.parse(pipe, (reader) => reader.remaining))
      assert.instanceOf(failureOf(exit), MmioError.CannotSeek)
      assert.deepStrictEqual(yield* Mmio.read(pipe, 10), numbers(10))
    }))

  it.scoped("has no reader that outlives its function", () =>
    Effect.gen(function*() {
      const { file } = yield* opened(numbers(100), 64)
      const kept = yield* Mmio.parse(file, (reader) => [reader.u8(), reader] as const)
      assert.throws(() => kept[1].bytes(100), /after its function had returned/)
      const writer: Array<Mmio.Writer> = []
      const block = yield* Mmio.openMemory({ size: 8 })
      yield* Mmio.emit(block, (w) => void writer.push(w))
      assert.throws(() => writer[0]?.u8(1), /after its function had returned/)
    }))

  it.scoped("does not let its own function use the handle", () =>
    Effect.gen(function*() {
      const { file } = yield* opened(numbers(100), 64)
      yield* Mmio.read(file, 1)
      const nested = Mmio.parse(file, (reader) => {
        reader.u8()
        return Effect.runSync(Mmio.parse(file, (inner) => inner.u8()))
      })
      assert.isTrue(Exit.isFailure(yield* Effect.exit(nested)))
    }))

  it.live("leaves a handle that goes on, at whatever step it is interrupted", () =>
    Interruption.sweep({
      prepare: Effect.gen(function*() {
        const storage = new TestStorage(numbers(100), { yields: () => 1, atMost: () => 20 })
        const scope = yield* Scope.make()
        const file = yield* Effect.orDie(Scope.extend(Mmio.openWith(storage.ioProc, "test", { buffer: 8 }), scope))
        return { storage, scope, file }
      }),
      run: ({ file }) => Mmio.parse(file, (reader) => reader.bytes(50)),
      check: ({ file, scope, storage }) =>
        Effect.gen(function*() {
          assert.strictEqual(storage.running, 0)
          const position = yield* Mmio.position(file)
          assert.oneOf(position, [0, 50])
          assert.deepStrictEqual(yield* Mmio.read(file, 100), numbers(100).slice(position))
          yield* Scope.close(scope, Exit.void)
        })
    }))
})

describe("emit", () => {
  it.scoped("writes nothing if its function throws", () =>
    Effect.gen(function*() {
      const storage = new TestStorage(numbers(4))
      const file = yield* Mmio.openWith(storage.ioProc, "test", { access: "readWrite" })
      for (const value of [256, -1, 0.5, NaN]) {
        const exit = yield* Effect.exit(Mmio.emit(file, (writer) => {
          writer.u16(1)
          writer.u8(value)
        }))
        assert.instanceOf(failureOf(exit), RangeError)
      }
      const tooLarge = Mmio.emit(file, (writer) => writer.u64(2n ** 64n))
      assert.instanceOf(failureOf(yield* Effect.exit(tooLarge)), RangeError)
      assert.strictEqual(yield* Mmio.position(file), 0)
      yield* Mmio.flush(file)
      assert.deepStrictEqual(storage.bytes, numbers(4))
    }))

  it.scoped("zeros what was something else in memory that is used again, and grows", () =>
    Effect.gen(function*() {
      const file = yield* Mmio.openMemory({ create: true, size: 100, expandBy: 1 })
      yield* Mmio.emit(file, (writer) => writer.bytes(numbers(100)))
      yield* Mmio.emit(file, (writer) => {
        writer.zeros(50)
        writer.bytes(numbers(20_000))
        writer.u8(writer.length & 0xff)
      })
      const bytes = yield* Mmio.memoryBytes(file)
      assert.deepStrictEqual(bytes.slice(100, 150), new Uint8Array(50))
      assert.deepStrictEqual(bytes.slice(150, 20_150), numbers(20_000))
      assert.strictEqual(bytes[20_150], 20_050 & 0xff)
    }))

  it.scoped("takes nothing where a block has no room for all of it", () =>
    Effect.gen(function*() {
      const file = yield* Mmio.openMemory({ size: 6 })
      const exit = yield* Effect.exit(Mmio.emit(file, (writer) => writer.u64(1n)))
      assert.instanceOf(failureOf(exit), MmioError.CannotExpand)
      assert.deepStrictEqual(yield* Mmio.memoryBytes(file), new Uint8Array(6))
      assert.strictEqual(yield* Mmio.position(file), 0)
    }))
})

describe("parseAll", () => {
  it.scoped("gives what the buffer holds as the first chunk, then larger ones, and reads nothing twice", () =>
    Effect.gen(function*() {
      const storage = new TestStorage(numbers(256))
      const own = new Uint8Array(64)
      const file = yield* Mmio.openWith(storage.ioProc, "test", { buffer: own })
      const chunks = yield* Stream.runCollect(Stream.chunks(Mmio.parseAll(file, (reader) => reader.u32())))
      assert.deepStrictEqual(Chunk.toArray(Chunk.map(chunks, Chunk.size)), [16, 48])
      assert.deepStrictEqual(storage.log.map(({ offset }) => offset), [0, 64, 256])
      assert.strictEqual((yield* Mmio.getInfo(file)).bytes, own)
    }))

  it.scoped("keeps a position of its own", () =>
    Effect.gen(function*() {
      const storage = new TestStorage(numbers(64))
      const file = yield* Mmio.openWith(storage.ioProc, "test", { buffer: 8 })
      const found = yield* Mmio.parseAll(file, (reader) => reader.u8()).pipe(
        Stream.tap(() => Mmio.seek(file, 3)),
        Stream.runCollect
      )
      assert.deepStrictEqual(Uint8Array.from(found), numbers(64))
    }))

  it.scoped("gives the records before one at which its function throws", () =>
    Effect.gen(function*() {
      const storage = new TestStorage(numbers(64))
      const file = yield* Mmio.openWith(storage.ioProc, "test", { buffer: 64 })
      const found: Array<number> = []
      const exit = yield* Mmio.parseAll(file, (reader) => {
        const value = reader.u8()
        if (value === 5) throw new Error("a bug")
        return value
      }).pipe(Stream.runForEach((value) => Effect.sync(() => found.push(value))), Effect.exit)
      assert.deepStrictEqual(found, [0, 1, 2, 3, 4])
      assert.deepStrictEqual(exit, Exit.die(new Error("a bug")))
      assert.strictEqual(yield* Mmio.position(file), 5)
    }))
})
