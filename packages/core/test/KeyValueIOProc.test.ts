/**
 * The contract of storage drivers on values of a `KeyValueStore`.
 */
import { FileName, KeyValueIOProc, Mmio } from "@effect-mmio/core"
import { IOProcContract } from "@effect-mmio/testing"
import { Error as PlatformError, KeyValueStore } from "@effect/platform"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, Fiber, Layer, Option } from "effect"
import { numbers } from "./support/answering.js"
import { outcomeOf, request } from "./support/storages.js"

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

  /**
   * A store that lets other fibers go on before each call, and as often as `answers` says while it answers the 1st,
   * 2nd, … question for a value. Its calls fail as `fails` says.
   */
  const slow = (
    fails: (operation: string, key: string) => boolean = () => false,
    answers: ReadonlyArray<number> = []
  ) =>
    Effect.map(
      Effect.provide(KeyValueStore.KeyValueStore, KeyValueStore.layerMemory),
      (store) => {
        let gets = 0
        const around = <A>(operation: string, key: string, call: Effect.Effect<A, PlatformError.PlatformError>) =>
          Effect.zipRight(
            Effect.yieldNow(),
            Effect.suspend((): Effect.Effect<A, PlatformError.PlatformError> =>
              fails(operation, key)
                ? Effect.fail(
                  new PlatformError.SystemError({
                    module: "KeyValueStore",
                    method: operation,
                    reason: "Unknown",
                    pathOrDescriptor: key
                  })
                )
                : call
            )
          )
        return KeyValueStore.make({
          ...store,
          getUint8Array: (key) =>
            Effect.zipLeft(
              around("get", key, store.getUint8Array(key)),
              Effect.suspend(() => Effect.repeatN(Effect.yieldNow(), answers[gets++] ?? 0))
            ),
          set: (key, value) => around("set", key, store.set(key, value)),
          remove: (key) => around("remove", key, store.remove(key))
        })
      }
    )

  it.effect("lets one of several that commit at the same time replace a value, and none of the others", () =>
    Effect.gen(function*() {
      const store = yield* slow()
      yield* store.set("a", numbers(10))
      const driver = yield* Effect.provideService(KeyValueIOProc.make, KeyValueStore.KeyValueStore, store)
      const outcomes = yield* Effect.forEach([1, 2, 3, 4], (size) =>
        Effect.gen(function*() {
          const file = yield* driver.open(request("a", { access: "write", create: "truncate" }))
          yield* file.writeAt!(0, numbers(size), "write")
          yield* Effect.repeatN(Effect.yieldNow(), 50)
          return yield* outcomeOf(Effect.as(file.close, size))
        }), { concurrency: "unbounded" })
      const [committed, ...others] = outcomes.filter((outcome) => outcome !== "VersionChanged")
      assert.deepStrictEqual(others, [])
      assert.deepStrictEqual(yield* store.getUint8Array("a"), Option.some(numbers(Number(committed))))
    }))

  it.effect("gives a reader what the handle has written that kept it out until then", () =>
    Effect.gen(function*() {
      const store = yield* slow(() => false, [0, 100])
      yield* store.set("a", numbers(10))
      const driver = yield* Effect.provideService(KeyValueIOProc.make, KeyValueStore.KeyValueStore, store)
      const writer = yield* driver.open(request("a", { access: "write", share: "exclusive", create: "truncate" }))
      yield* writer.writeAt!(0, numbers(3), "write")
      // It asks for the value before the writer commits, and gets an answer after it.
      const reader = yield* Effect.fork(outcomeOf(driver.open(request("a"))))
      yield* Effect.repeatN(Effect.yieldNow(), 20)
      yield* writer.close
      const opened = yield* Fiber.join(reader)
      if (typeof opened === "string") assert.strictEqual(opened, "SharingViolation")
      else assert.strictEqual(yield* opened.readAt(0, new Uint8Array(20)), 3)
    }))

  it.effect("keeps both values where a rename fails", () =>
    Effect.gen(function*() {
      for (const failing of ["get", "set", "remove"]) {
        let active = false
        const store = yield* slow((operation, key) =>
          active && operation === failing && (key === "b" || operation === "remove")
        )
        yield* store.set("a", numbers(10))
        yield* store.set("b", numbers(4))
        const driver = yield* Effect.provideService(KeyValueIOProc.make, KeyValueStore.KeyValueStore, store)
        active = true
        assert.strictEqual(yield* outcomeOf(driver.rename(FileName.plain("a"), FileName.plain("b"))), "CannotWrite")
        active = false
        assert.deepStrictEqual(yield* store.getUint8Array("a"), Option.some(numbers(10)), failing)
        assert.deepStrictEqual(yield* store.getUint8Array("b"), Option.some(numbers(4)), failing)
      }
    }))
})
