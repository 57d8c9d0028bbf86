import { Mmio } from "@effect-mmio/core"
import { assert, layer } from "@effect/vitest"
import { Effect, FastCheck as fc, Fiber, Layer } from "effect"
import { TestStorage } from "../support/driver.js"
import { scale } from "../support/scale.js"

const fastCheck = { numRuns: scale(100) }

const yields = fc.array(fc.nat({ max: 3 }), { minLength: 1, maxLength: 6 })

layer(Layer.empty)("law 4: atomic under concurrency", (it) => {
  it.effect.prop(
    "records written by several fibers are each in one piece",
    {
      yields,
      bufferSize: fc.nat({ max: 40 }),
      atMost: fc.integer({ min: 1, max: 20 }),
      length: fc.integer({ min: 1, max: 20 })
    },
    ({ atMost, bufferSize, length, yields }) =>
      Effect.gen(function*() {
        const storage = new TestStorage(new Uint8Array(0), {
          atMost: () => atMost,
          yields: (call) => yields[call % yields.length]!
        })
        yield* Effect.scoped(Effect.gen(function*() {
          const file = yield* Mmio.openWith(storage.ioProc, "test", { access: "write", buffer: bufferSize })
          yield* Effect.forEach(
            Array.from({ length: 8 }, (_, i) => i + 1),
            (id) =>
              Effect.forEach(
                [1, 2, 3],
                () => Effect.zipRight(Mmio.write(file, new Uint8Array(length).fill(id)), Effect.yieldNow()),
                { discard: true }
              ),
            {
              concurrency: "unbounded",
              discard: true
            }
          )
        }))
        assert.isFalse(storage.overlapped)
        assert.strictEqual(storage.bytes.length, 24 * length)
        const seen = new Map<number, number>()
        for (let i = 0; i < storage.bytes.length; i += length) {
          const record = [...storage.bytes.subarray(i, i + length)]
          assert.strictEqual(new Set(record).size, 1, `record at ${i}: ${record.join(" ")}`)
          seen.set(record[0]!, (seen.get(record[0]!) ?? 0) + 1)
        }
        assert.deepStrictEqual([...seen.values()], [3, 3, 3, 3, 3, 3, 3, 3])
      }),
    { fastCheck }
  )

  it.effect.prop(
    "readers see every byte once, and each of them in order",
    {
      yields,
      bufferSize: fc.nat({ max: 40 }),
      atMost: fc.integer({ min: 1, max: 20 }),
      length: fc.integer({ min: 1, max: 20 })
    },
    ({ atMost, bufferSize, length, yields }) =>
      Effect.gen(function*() {
        const storage = new TestStorage(Uint8Array.from({ length: 200 }, (_, i) => i), {
          atMost: () => atMost,
          yields: (call) => yields[call % yields.length]!
        })
        const records: Array<Uint8Array> = []
        yield* Effect.scoped(Effect.gen(function*() {
          const file = yield* Mmio.openWith(storage.ioProc, "test", { buffer: bufferSize })
          const reader = Effect.iterate(true, {
            while: (more) => more,
            body: () =>
              Effect.map(Mmio.read(file, length), (bytes) => {
                if (bytes.length > 0) records.push(bytes)
                return bytes.length === length
              })
          })
          yield* Effect.all([reader, reader, reader, reader], { concurrency: "unbounded" })
        }))
        assert.isFalse(storage.overlapped)
        for (const record of records) {
          assert.deepStrictEqual([...record], Array.from(record, (_, i) => record[0]! + i))
        }
        records.sort((a, b) => a[0]! - b[0]!)
        assert.deepStrictEqual(records.flatMap((record) => Array.from(record)), [...storage.bytes])
      }),
    { fastCheck }
  )

  it.effect("operations get their turn in the order in which they came", () =>
    Effect.scoped(Effect.gen(function*() {
      const storage = new TestStorage(new Uint8Array(0), { yields: () => 3 })
      const file = yield* Mmio.openWith(storage.ioProc, "test", { access: "write", buffer: "none" })
      const fibers = yield* Effect.forEach(
        [1, 2, 3, 4, 5],
        (id) => Effect.zipLeft(Effect.fork(Mmio.write(file, Uint8Array.of(id))), Effect.yieldNow())
      )
      yield* Fiber.joinAll(fibers)
      assert.deepStrictEqual([...storage.bytes], [1, 2, 3, 4, 5])
    })))

  it.effect("a read that the buffer could serve waits for the operation in progress", () =>
    Effect.scoped(Effect.gen(function*() {
      const storage = new TestStorage(new Uint8Array(0), { yields: () => 10 })
      const file = yield* Mmio.openWith(storage.ioProc, "test", { access: "readWrite", buffer: 8 })
      yield* Mmio.write(file, new Uint8Array(6).fill(1))
      // has to write the window first, in which there is room for the next
      const large = yield* Effect.fork(Mmio.write(file, new Uint8Array(5).fill(2)))
      while (storage.running === 0) yield* Effect.yieldNow()
      yield* Mmio.write(file, new Uint8Array(2).fill(3))
      yield* Fiber.join(large)
      yield* Mmio.flush(file)
      assert.deepStrictEqual([...storage.bytes], [1, 1, 1, 1, 1, 1, 2, 2, 2, 2, 2, 3, 3])
    })))

  it.effect("a waiter that is interrupted does not hold up the others", () =>
    Effect.scoped(Effect.gen(function*() {
      const storage = new TestStorage(new Uint8Array(0), { yields: () => 10 })
      const file = yield* Mmio.openWith(storage.ioProc, "test", { access: "write", buffer: "none" })
      const fibers = yield* Effect.forEach(
        [1, 2, 3],
        (id) => Effect.zipLeft(Effect.fork(Mmio.write(file, Uint8Array.of(id))), Effect.yieldNow())
      )
      yield* Fiber.interrupt(fibers[1]!)
      yield* Fiber.join(fibers[0]!)
      yield* Fiber.join(fibers[2]!)
      assert.deepStrictEqual([...storage.bytes], [1, 3])
    })))
})
