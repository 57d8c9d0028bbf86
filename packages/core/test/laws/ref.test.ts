import { FileName, Mmio } from "@effect-mmio/core"
import { Arbitraries, Model } from "@effect-mmio/testing"
import { assert, layer } from "@effect/vitest"
import { Effect, Effectable, FastCheck as fc, Layer, Readable, Ref } from "effect"
import * as BufferState from "../../src/internal/handle/bufferState.js"
import { Handle } from "../../src/internal/handle/handle.js"
import type { SyncRef } from "../../src/internal/handle/window.js"
import { TestStorage } from "../support/driver.js"
import { scale } from "../support/scale.js"

const fastCheck = { numRuns: scale(100) }
const initial = Arbitraries.content()
const { operations } = Arbitraries

type State = BufferState.BufferState

/** A stock `Ref`, read and set through its public interface alone. */
class StockRef extends Effectable.Class<State> implements SyncRef {
  private readonly ref: Ref.Ref<State>
  constructor(initial: State) {
    super()
    this.ref = Ref.unsafeMake(initial)
  }
  get current(): State {
    return Effect.runSync(Ref.get(this.ref))
  }
  set current(state: State) {
    Effect.runSync(Ref.set(this.ref, state))
  }
  get get() {
    return Ref.get(this.ref)
  }
  get [Ref.RefTypeId](): Ref.Ref.Variance<State>[Ref.RefTypeId] {
    return { _A: (a) => a }
  }
  get [Readable.TypeId](): Readable.TypeId {
    return Readable.TypeId
  }
  modify<B>(f: (state: State) => readonly [B, State]): Effect.Effect<B> {
    return Ref.modify(this.ref, f)
  }
  override commit() {
    return this.get
  }
}

layer(Layer.empty)("the state of a handle is a Ref", (it) => {
  const made = (storage: TestStorage, bufferSize: number, stock: boolean) => {
    const initial = BufferState.make(new Uint8Array(bufferSize), 0)
    return new Handle({
      name: FileName.plain("test"),
      access: "readWrite",
      driver: undefined,
      file: storage.file(),
      ownsFile: true,
      commitsOnFailure: false,
      initial,
      ...(stock ? { ref: new StockRef(initial) } : {})
    })
  }

  it.effect.prop(
    "every operation gives the same over a stock Ref",
    { initial, bufferSize: fc.nat({ max: 30 }), operations: operations("readWrite") },
    ({ bufferSize, initial, operations }) =>
      Effect.gen(function*() {
        const outcomes = yield* Effect.forEach([false, true], (stock) =>
          Effect.gen(function*() {
            const storage = new TestStorage(initial)
            const handle = made(storage, bufferSize, stock)
            const results: Array<unknown> = []
            for (const operation of operations) {
              results.push(yield* Effect.either(Model.run(handle, operation)))
              const state = yield* handle.window.ref
              results.push({ ...state, bytes: [...state.bytes] })
            }
            yield* Mmio.close(handle)
            return { results, bytes: [...storage.bytes], log: storage.log }
          }))
        assert.deepStrictEqual(outcomes[1], outcomes[0])
      }),
    { fastCheck }
  )

  it.effect("is read by effects through the same Ref, and shown by what inspects it", () =>
    Effect.gen(function*() {
      const handle = made(new TestStorage(new Uint8Array(10)), 4, false)
      yield* Mmio.read(handle, 3)
      const state = yield* Ref.get(handle.window.ref)
      assert.strictEqual(BufferState.position(state), 3)
      assert.include(JSON.stringify(handle), `"position":3`)
    }))
})
