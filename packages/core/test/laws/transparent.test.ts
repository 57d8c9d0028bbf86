import { IOProc, Mmio } from "@effect-mmio/core"
import { Arbitraries, Model } from "@effect-mmio/testing"
import { assert, layer } from "@effect/vitest"
import { Effect, FastCheck as fc, Layer } from "effect"
import { TestStorage } from "../support/driver.js"
import { scale } from "../support/scale.js"

const fastCheck = { numRuns: scale(300) }
const { bufferSize, operations, shortness } = Arbitraries
const initial = Arbitraries.content()

const shortBy = (turns: ReadonlyArray<number>) => ({
  atMost: (call: number) => turns.length === 0 ? Infinity : turns[call % turns.length]!
})

layer(Layer.empty)("law 1: transparent", (it) => {
  for (const access of ["read", "write", "readWrite"] as const) {
    it.effect.prop(
      `a handle for ${access} does what the model does, whatever its buffer and however short its driver transfers`,
      { initial, bufferSize, shortness, operations: operations(access) },
      ({ bufferSize, initial, operations, shortness }) =>
        Effect.gen(function*() {
          const storage = new TestStorage(initial, shortBy(shortness))
          const model = yield* Effect.scoped(Effect.gen(function*() {
            const file = yield* Mmio.openWith(storage.ioProc, "test", { access, buffer: bufferSize })
            // sequences for an access hold only what it allows
            return yield* Model.check(file as Mmio.Handle as Mmio.ReadWriteHandle, Model.make(initial), operations)
          }))
          assert.deepStrictEqual(storage.bytes, model.bytes)
          assert.strictEqual(storage.closed, 1)
        }),
      { fastCheck }
    )
  }

  it.effect.prop(
    "a memory file that grows does what the model does",
    { initial, expandBy: fc.integer({ min: 1, max: 50 }), operations: operations("readWrite") },
    ({ expandBy, initial, operations }) =>
      Effect.scoped(Effect.gen(function*() {
        const file = yield* Mmio.openMemory({ bytes: initial.slice(), expandBy })
        const possible = operations.filter(({ op }) => op !== "setBuffer")
        const model = yield* Model.check(file, Model.make(initial), possible)
        assert.deepStrictEqual(yield* Mmio.memoryBytes(file), model.bytes)
      })),
    { fastCheck }
  )

  it.effect.prop(
    "a handle over a file that was opened before begins where the file says",
    { initial, bufferSize, position: fc.nat({ max: 120 }), operations: operations("readWrite") },
    ({ bufferSize, initial, operations, position }) =>
      Effect.gen(function*() {
        const storage = new TestStorage(initial)
        const opened = IOProc.wrapFile(storage.file(), { start: position })
        const model = yield* Effect.scoped(Effect.gen(function*() {
          const file = yield* Mmio.fromFile(opened, { access: "readWrite", buffer: bufferSize })
          return yield* Model.check(file, { ...Model.make(initial), position }, operations)
        }))
        assert.deepStrictEqual(storage.bytes, model.bytes)
        assert.strictEqual(storage.closed, 0)
      }),
    { fastCheck }
  )
})
