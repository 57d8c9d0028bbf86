import { IOProc, Mmio, MmioError } from "@effect-mmio/core"
import { Arbitraries, Model } from "@effect-mmio/testing"
import { assert, layer } from "@effect/vitest"
import { Effect, FastCheck as fc, identity, Layer } from "effect"
import { ahead, drivers, numbers } from "../support/answering.js"
import { TestStorage } from "../support/driver.js"
import { scale } from "../support/scale.js"

const initial = Arbitraries.content()
const { operations } = Arbitraries

/** Operations of several steps, of which the first may be done when the second fails, do not fail as one. */
const isOneStep = ({ op }: Model.Operation) =>
  op === "read" || op === "readInto" || op === "write" || op === "writeAll" || op === "seek" || op === "flush"
  || op === "setBuffer" || op === "position"

const attempt = (file: Mmio.ReadWriteHandle, operation: Model.Operation) => Effect.either(Model.run(file, operation))

/** A driver whose reads return the count that `told` gives, if that is a number. */
const lying = (storage: TestStorage, told: () => number | undefined) => {
  storage.concurrent = true
  return IOProc.mapFile(storage.ioProc, (file) => ({
    ...file,
    readAt: (position, target) => Effect.map(file.readAt(position, target), (count) => told() ?? count)
  }))
}

const around = (inBlocks: boolean): (driver: IOProc.IOProc) => IOProc.IOProc => inBlocks ? ahead : identity

layer(Layer.empty)("law 2: nothing lost", (it) => {
  it.effect.prop(
    "an operation that fails leaves the handle as it was, but for what CannotWrite says went down",
    {
      initial,
      bufferSize: fc.nat({ max: 30 }),
      atMost: fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 4 }),
      fails: fc.array(fc.boolean(), { minLength: 1, maxLength: 12 }),
      operations: operations("readWrite", 40)
    },
    ({ atMost, bufferSize, fails, initial, operations }) =>
      Effect.gen(function*() {
        const storage = new TestStorage(initial, {
          atMost: (call) => atMost[call % atMost.length]!,
          fails: (call) => fails[call % fails.length]!
        })
        let model = Model.make(initial)
        yield* Effect.scoped(Effect.gen(function*() {
          const file = yield* Mmio.openWith(storage.ioProc, "test", { access: "readWrite", buffer: bufferSize })
          for (const operation of operations.filter(isOneStep)) {
            const result = yield* attempt(file, operation)
            if (result._tag === "Right") {
              const [next, expected] = Model.step(model, operation)
              assert.deepStrictEqual(result.right, expected, JSON.stringify(operation))
              model = next
            } else if ("data" in operation && result.left._tag === "CannotWrite") {
              model = Model.written(model, operation.data.subarray(0, result.left.written))
            }
            assert.strictEqual(yield* Mmio.position(file), model.position, JSON.stringify(operation))
          }
          storage.behaviour = {}
          yield* Mmio.flush(file)
          assert.deepStrictEqual(storage.bytes, model.bytes)
        }))
        assert.deepStrictEqual(storage.bytes, model.bytes)
      }),
    { fastCheck: { numRuns: scale(600) } }
  )

  it.effect.prop(
    "whatever fails, trying again until it succeeds comes to what would have come without failures",
    {
      initial,
      bufferSize: fc.nat({ max: 30 }),
      fails: fc.array(fc.boolean(), { minLength: 2, maxLength: 12 }).filter((fails) => fails.includes(false)),
      operations: operations("readWrite", 40)
    },
    ({ bufferSize, fails, initial, operations }) =>
      Effect.gen(function*() {
        // prime to the number of calls of an operation, so that trying again does not meet the same failures for ever
        let tries = 0
        const storage = new TestStorage(initial, { fails: (call) => fails[(call + tries) % fails.length]! })
        let model = Model.make(initial)
        yield* Effect.scoped(Effect.gen(function*() {
          const file = yield* Mmio.openWith(storage.ioProc, "test", { access: "readWrite", buffer: bufferSize })
          for (const operation of operations.filter(isOneStep)) {
            const [next, expected] = Model.step(model, operation)
            let result = yield* attempt(file, operation)
            while (result._tag === "Left" && result.left._tag !== expected && tries < 10_000) {
              tries++
              if (tries % 50 === 0) storage.behaviour = {}
              result = yield* attempt(file, operation)
            }
            assert.deepStrictEqual(result._tag === "Left" ? result.left._tag : result.right, expected)
            model = next
          }
          storage.behaviour = {}
        }))
        assert.deepStrictEqual(storage.bytes, model.bytes)
      }),
    { fastCheck: { numRuns: scale(300) } }
  )

  it.effect("a failed flush keeps the bytes that were not written, and the next flush writes those alone", () =>
    Effect.gen(function*() {
      const storage = new TestStorage(new Uint8Array(0))
      yield* Effect.scoped(Effect.gen(function*() {
        const file = yield* Mmio.openWith(storage.ioProc, "test", { access: "write", buffer: 64 })
        yield* Mmio.write(file, Uint8Array.of(1, 2, 3, 4, 5, 6))
        const from = storage.calls
        storage.behaviour = { atMost: () => 4, fails: (call) => call === from + 1 }
        const error = yield* Effect.flip(Mmio.flush(file))
        assert.instanceOf(error, MmioError.CannotWrite)
        assert.strictEqual(error._tag === "CannotWrite" && error.written, 4)
        assert.strictEqual(error.operation, "Mmio.flush")
        assert.strictEqual(error.file, "test")
        assert.strictEqual(error.position, 4)
        assert.deepStrictEqual([...storage.bytes], [1, 2, 3, 4])
        assert.strictEqual(yield* Mmio.position(file), 6)
        storage.behaviour = {}
        storage.log.length = 0
        yield* Mmio.flush(file)
        assert.deepStrictEqual(storage.log.filter(({ call }) => call === "writeFlush"), [
          { call: "writeFlush", offset: 4, count: 2 }
        ])
        assert.deepStrictEqual([...storage.bytes], [1, 2, 3, 4, 5, 6])
      }))
    }))

  it.effect("only the dirty range is written", () =>
    Effect.gen(function*() {
      const storage = new TestStorage(new Uint8Array(100))
      yield* Effect.scoped(Effect.gen(function*() {
        const file = yield* Mmio.openWith(storage.ioProc, "test", { access: "readWrite", buffer: 64 })
        yield* Mmio.read(file, 20)
        yield* Mmio.write(file, Uint8Array.of(7, 8))
        yield* Mmio.seek(file, 30)
        yield* Mmio.write(file, Uint8Array.of(9))
        yield* Mmio.flush(file)
        assert.deepStrictEqual(storage.log.filter(({ call }) => call === "writeFlush"), [
          { call: "writeFlush", offset: 20, count: 11 }
        ])
      }))
    }))

  it.effect("a driver that writes nothing, or says it wrote more than it was given, is CannotWrite", () =>
    Effect.gen(function*() {
      for (const count of [0, 7, -1, 0.5, Number.NaN]) {
        const storage = new TestStorage(new Uint8Array(0))
        const file = { ...storage.file(), write: () => Effect.succeed(count), writeFlush: () => Effect.succeed(count) }
        yield* Effect.scoped(Effect.gen(function*() {
          const handle = yield* Mmio.fromFile(file, { access: "write", buffer: 16 })
          yield* Mmio.write(handle, Uint8Array.of(1, 2, 3))
          const error = yield* Effect.flip(Mmio.flush(handle))
          assert.strictEqual(error._tag, "CannotWrite")
          assert.strictEqual(yield* Mmio.position(handle), 3)
        })).pipe(Effect.exit)
      }
    }))

  for (const [name, answering] of Object.entries({ "answers by effects": identity, ...drivers })) {
    for (const places of [false, true]) {
      const where = places ? ", at places" : ""

      it.effect(`an impossible count of a driver that ${name}${where} is CannotRead`, () =>
        Effect.gen(function*() {
          for (const count of [5, -1, 0.5, Number.NaN]) {
            const storage = new TestStorage(numbers(50))
            const lie: { told: number | undefined } = { told: undefined }
            const ioProc = lying(storage, () => lie.told)
            yield* Effect.scoped(Effect.gen(function*() {
              const handle = yield* Mmio.openWith(around(places)(answering(ioProc)), "test", { buffer: 4 })
              // seen to answer as it does
              yield* Mmio.read(handle, 3)
              yield* Mmio.seek(handle, 20)
              lie.told = count
              assert.strictEqual((yield* Effect.flip(Mmio.readInto(handle, new Uint8Array(3))))._tag, "CannotRead")
              assert.strictEqual(yield* Mmio.position(handle), 20)
              lie.told = undefined
              assert.deepStrictEqual([...(yield* Mmio.read(handle, 6))], [20, 21, 22, 23, 24, 25])
            }))
          }
        }))
    }
  }

  it.effect("a zero-length write does nothing, even where a write would fail", () =>
    Effect.gen(function*() {
      const storage = new TestStorage(new Uint8Array(3))
      yield* Effect.scoped(Effect.gen(function*() {
        const file = yield* Mmio.openWith(storage.ioProc, "test", { access: "write", buffer: "none" })
        yield* Mmio.seek(file, 10)
        const calls = storage.calls
        assert.strictEqual(yield* Mmio.write(file, new Uint8Array(0)), 0)
        assert.strictEqual(storage.calls, calls)
        assert.strictEqual(storage.bytes.length, 3)
      }))
    }))

  it.effect("a handle cast past its type fails and changes nothing", () =>
    Effect.gen(function*() {
      for (const buffer of [16, "none"] as const) {
        const storage = new TestStorage(Uint8Array.of(1, 2, 3))
        yield* Effect.scoped(Effect.gen(function*() {
          const reader = (yield* Mmio.openWith(storage.ioProc, "test", { buffer })) as Mmio.Handle as Mmio.WriteHandle
          assert.strictEqual((yield* Effect.flip(Mmio.write(reader, Uint8Array.of(9))))._tag, "CannotWrite")
          assert.strictEqual((yield* Effect.flip(Mmio.writeAll(reader, Uint8Array.of(9))))._tag, "CannotWrite")
          const writer = (yield* Mmio.openWith(storage.ioProc, "test", {
            access: "write",
            buffer
          })) as Mmio.Handle as Mmio.ReadHandle
          assert.strictEqual((yield* Effect.flip(Mmio.read(writer, 1)))._tag, "CannotRead")
          assert.strictEqual((yield* Effect.flip(Mmio.readInto(writer, new Uint8Array(1))))._tag, "CannotRead")
          assert.strictEqual((yield* Effect.flip(Mmio.forEachBuffer(writer, () => {})))._tag, "CannotRead")
          assert.strictEqual(yield* Mmio.position(reader), 0)
          assert.strictEqual(yield* Mmio.position(writer), 0)
        }))
        assert.deepStrictEqual([...storage.bytes], [1, 2, 3])
      }
    }))
})
