import { type IOProc, Mmio, type MmioError } from "@effect-mmio/core"
import { assert, describe, it } from "@effect/vitest"
import { Effect, identity } from "effect"
import { drivers, numbers } from "../support/answering.js"
import { TestStorage } from "../support/driver.js"

describe("the first answer is final", () => {
  for (const [name, answering] of Object.entries({ "answers by effects": identity<IOProc.IOProc>, ...drivers })) {
    it.scoped(`a read that fails once over a driver that ${name} fails, and the next one asks again`, () =>
      Effect.gen(function*() {
        const storage = new TestStorage(numbers(200))
        const handle = yield* Mmio.openWith(answering(storage.ioProc), "test", { buffer: 16 })
        const operations: ReadonlyArray<Effect.Effect<unknown, MmioError.MmioError>> = [
          Mmio.read(handle, 5),
          Mmio.read(handle, 50),
          Mmio.readInto(handle, new Uint8Array(7))
        ]
        for (const operation of operations) {
          yield* Mmio.flush(handle, { emptyBuffer: true })
          const at = yield* Mmio.position(handle)
          const { calls } = storage
          storage.behaviour = { fails: (call) => call === calls }
          const error = yield* Effect.flip(operation)
          assert.strictEqual(error._tag, "CannotRead")
          assert.include(error.message, "told to fail")
          assert.strictEqual(storage.calls, calls + 1)
          assert.strictEqual(yield* Mmio.position(handle), at)
          yield* operation
        }
        assert.deepStrictEqual([...(yield* Mmio.read(handle, 3))], [62, 63, 64])
      }))

    it.scoped(`a write that fails once over a driver that ${name} fails, and the next one asks again`, () =>
      Effect.gen(function*() {
        const storage = new TestStorage(new Uint8Array(0))
        const handle = yield* Mmio.openWith(answering(storage.ioProc), "test", { access: "readWrite", buffer: 16 })
        const operations: ReadonlyArray<Effect.Effect<unknown, MmioError.MmioError>> = [
          Mmio.write(handle, numbers(40)),
          Mmio.writeAll(handle, numbers(20))
        ]
        for (const operation of operations) {
          const at = yield* Mmio.position(handle)
          const { calls } = storage
          storage.behaviour = { fails: (call) => call === calls }
          const error = yield* Effect.flip(operation)
          assert.strictEqual(error._tag, "CannotWrite")
          assert.strictEqual(storage.calls, calls + 1)
          assert.strictEqual(yield* Mmio.position(handle), at)
          yield* operation
        }
        assert.strictEqual(storage.bytes.length, 60)
        yield* Mmio.write(handle, Uint8Array.of(1))
        const { calls } = storage
        storage.behaviour = { fails: (call) => call === calls }
        assert.strictEqual((yield* Effect.flip(Mmio.flush(handle)))._tag, "CannotWrite")
        assert.strictEqual(storage.calls, calls + 1)
        yield* Mmio.flush(handle)
        assert.strictEqual(storage.bytes.length, 61)
      }))

    it.scoped(`a transfer that fails after a part of it leaves the position, over a driver that ${name}`, () =>
      Effect.gen(function*() {
        const storage = new TestStorage(numbers(200))
        const handle = yield* Mmio.openWith(answering(storage.ioProc), "test", { access: "readWrite", buffer: 16 })
        yield* Mmio.seek(handle, 100)
        const operations: ReadonlyArray<readonly [string, Effect.Effect<unknown, MmioError.MmioError>]> = [
          ["Mmio.read", Mmio.read(handle, 50)],
          ["Mmio.readInto", Mmio.readInto(handle, new Uint8Array(50))],
          ["Mmio.write", Mmio.write(handle, numbers(50))]
        ]
        for (const [name, operation] of operations) {
          const { calls } = storage
          storage.behaviour = { atMost: () => 10, fails: (call) => call === calls + 1 }
          const error = yield* Effect.flip(operation)
          assert.strictEqual(storage.calls, calls + 2)
          assert.strictEqual(yield* Mmio.position(handle), 100)
          assert.deepStrictEqual([error.operation, error.file], [name, "test"])
        }
      }))

    it.scoped(`read and readInto ask a driver that ${name} for the same bytes`, () =>
      Effect.gen(function*() {
        const storage = new TestStorage(numbers(40_000))
        const asked = (read: (handle: Mmio.ReadHandle, count: number) => Effect.Effect<unknown, MmioError.MmioError>) =>
          Effect.scoped(Effect.gen(function*() {
            const handle = yield* Mmio.openWith(answering(storage.ioProc), "test")
            const before = storage.log.length
            for (const count of [3000, 3000, 8191, 8192, 20_000]) yield* read(handle, count)
            return storage.log.slice(before).filter(({ call }) => call === "readAt")
          }))
        const read = yield* asked((handle, count) => Mmio.read(handle, count))
        assert.strictEqual(read[0]?.count, 8192)
        assert.deepStrictEqual(yield* asked((handle, count) => Mmio.readInto(handle, new Uint8Array(count))), read)
      }))
  }

  it.scoped("the end of a file is asked for once by each read", () =>
    Effect.gen(function*() {
      const storage = new TestStorage(numbers(10))
      const handle = yield* Mmio.openWith(storage.ioProc, "test")
      yield* Mmio.read(handle, 10)
      assert.strictEqual((yield* Mmio.read(handle, 1)).length, 0)
      storage.bytes = numbers(12)
      assert.deepStrictEqual([...(yield* Mmio.read(handle, 5))], [10, 11])
    }))
})
