/**
 * The contract of storage drivers on values of a `KeyValueStore`.
 */
import { FileName, KeyValueIOProc, Mmio } from "@effect-mmio/core"
import { IOProcContract } from "@effect-mmio/testing"
import { KeyValueStore } from "@effect/platform"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, Layer, Option } from "effect"
import { numbers } from "./support/answering.js"

const layer = Layer.provideMerge(KeyValueIOProc.layer, KeyValueStore.layerMemory)

const capabilities: Partial<IOProcContract.Capabilities> = {
  commit: "onClose",
  exclusiveCreate: false,
  folders: false,
  makeFolders: false,
  list: false,
  unlinkOpen: false
}

describe("KeyValueIOProc", () => {
  IOProcContract.suite("KeyValueIOProc", { layer, capabilities })

  it.effect("writes a value as a whole, with the commit", () =>
    Effect.gen(function*() {
      const store = yield* KeyValueStore.KeyValueStore
      yield* store.set("a", numbers(10))
      yield* Effect.scoped(Effect.gen(function*() {
        const file = yield* Mmio.open("a", { access: "readWrite" })
        yield* Mmio.seek(file, 5)
        yield* Mmio.write(file, Uint8Array.of(200))
        yield* Mmio.flush(file)
        assert.deepStrictEqual(yield* store.getUint8Array("a"), Option.some(numbers(10)))
      }))
      const changed = numbers(10)
      changed[5] = 200
      assert.deepStrictEqual(yield* store.getUint8Array("a"), Option.some(changed))
      yield* Effect.exit(Effect.scoped(Effect.gen(function*() {
        const file = yield* Mmio.open("a", { access: "write", create: true })
        yield* Mmio.write(file, numbers(3))
        return yield* Effect.fail("mine")
      })))
      assert.deepStrictEqual(yield* store.getUint8Array("a"), Option.some(changed))
    }).pipe(Effect.provide(layer)))

  it.effect("leaves a value that was changed meanwhile", () =>
    Effect.gen(function*() {
      const store = yield* KeyValueStore.KeyValueStore
      yield* store.set("a", numbers(10))
      const exit = yield* Effect.exit(Mmio.withFile("a", { access: "write" }, (file) =>
        Effect.zipRight(Mmio.write(file, numbers(3)), store.set("a", numbers(4)))))
      assert.isTrue(Exit.isFailure(exit))
      assert.deepStrictEqual(yield* store.getUint8Array("a"), Option.some(numbers(4)))
      assert.deepStrictEqual(FileName.plain("a").full, "a")
    }).pipe(Effect.provide(layer)))
})
