import { IOProc, Mmio, MmioError } from "@effect-mmio/core"
import { assert, describe, it } from "@effect/vitest"
import { deepStrictEqual } from "@effect/vitest/utils"
import { Cause, Chunk, Deferred, Effect, Exit, Fiber, Layer, Scope } from "effect"
import { TestStorage } from "../support/driver.js"

const data = Uint8Array.of(1, 2, 3)
const layerOf = (storage: TestStorage) => Layer.succeed(IOProc.IOProc, storage.ioProc)

/** Fails what writes, from now on. */
const full = (storage: TestStorage) => {
  storage.behaviour = {
    fails: (call) => storage.log[call]?.call === "write" || storage.log[call]?.call === "writeFlush"
  }
}

describe("law 3: closing reports failures", () => {
  it.effect("the end of the scope flushes, then closes", () =>
    Effect.gen(function*() {
      const storage = new TestStorage(new Uint8Array(0))
      yield* Effect.scoped(Effect.gen(function*() {
        const file = yield* Mmio.open("test", { access: "write" })
        yield* Mmio.write(file, data)
        assert.strictEqual(storage.bytes.length, 0)
      })).pipe(Effect.provide(layerOf(storage)))
      assert.deepStrictEqual(storage.bytes, data)
      assert.deepStrictEqual(storage.log.map(({ call }) => call), ["writeFlush", "close"])
    }))

  it.effect("a flush that fails at the end of the scope is a defect with the typed error in it", () =>
    Effect.gen(function*() {
      const storage = new TestStorage(new Uint8Array(0))
      const exit = yield* Effect.scoped(Effect.gen(function*() {
        const file = yield* Mmio.openWith(storage.ioProc, "test", { access: "write" })
        yield* Mmio.write(file, data)
        full(storage)
      })).pipe(Effect.exit)
      assert.isTrue(Exit.isFailure(exit))
      if (Exit.isSuccess(exit)) return
      const [defect] = Chunk.toReadonlyArray(Cause.defects(exit.cause))
      assert.instanceOf(defect, MmioError.CannotWrite)
      assert.strictEqual(storage.closed, 1)
    }))

  it.effect("Mmio.close fails with the typed error, keeps the handle open, and can be called again", () =>
    Effect.gen(function*() {
      const storage = new TestStorage(new Uint8Array(0))
      yield* Effect.scoped(Effect.gen(function*() {
        const file = yield* Mmio.openWith(storage.ioProc, "test", { access: "write" })
        yield* Mmio.write(file, data)
        full(storage)
        const error = yield* Effect.flip(Mmio.close(file))
        assert.strictEqual(error._tag, "CannotWrite")
        assert.strictEqual(error.operation, "Mmio.close")
        assert.strictEqual(storage.closed, 0)
        storage.behaviour = {}
        yield* Mmio.write(file, Uint8Array.of(4))
        yield* Mmio.close(file)
        assert.strictEqual(storage.closed, 1)
        assert.deepStrictEqual([...storage.bytes], [1, 2, 3, 4])
      }))
      assert.strictEqual(storage.closed, 1)
    }))

  it.effect("a failure of the driver to close is reported, and the handle is closed", () =>
    Effect.gen(function*() {
      const storage = new TestStorage(new Uint8Array(0))
      storage.behaviour = { fails: (call) => storage.log[call]?.call === "close" }
      yield* Effect.scoped(Effect.gen(function*() {
        const file = yield* Mmio.openWith(storage.ioProc, "test")
        assert.strictEqual((yield* Effect.flip(Mmio.close(file)))._tag, "CannotClose")
      }))
      assert.strictEqual(storage.closed, 1)
    }))

  it.effect("a handle used after it was closed is a defect, InvalidHandle, whatever is done with it", () =>
    Effect.gen(function*() {
      const storage = new TestStorage(new Uint8Array(10))
      const file = yield* Effect.scoped(Mmio.openWith(storage.ioProc, "test", { access: "readWrite" }))
      const calls = storage.calls
      const info: Mmio.Info = { ...(yield* Effect.scoped(Effect.flatMap(Mmio.openMemory(), Mmio.getInfo))) }
      const uses: Record<string, Effect.Effect<unknown, unknown>> = {
        read: Mmio.read(file, 1),
        readNothing: Mmio.read(file, 0),
        readInto: Mmio.readInto(file, new Uint8Array(1)),
        readIntoNothing: Mmio.readInto(file, new Uint8Array(0)),
        write: Mmio.write(file, data),
        writeAll: Mmio.writeAll(file, data),
        writeNothing: Mmio.write(file, new Uint8Array(0)),
        seek: Mmio.seek(file, 0),
        position: Mmio.position(file),
        flush: Mmio.flush(file),
        setBuffer: Mmio.setBuffer(file, 10),
        getInfo: Mmio.getInfo(file),
        setInfo: Mmio.setInfo(file, info),
        advance: Mmio.advance(file, info, "read"),
        withBuffer: Mmio.withBuffer(file, "read", ({ next }) => ({ value: 0, next })),
        forEachBuffer: Mmio.forEachBuffer(file, () => {}),
        close: Mmio.close(file)
      }
      for (const [name, use] of Object.entries(uses)) {
        const exit = yield* Effect.exit(use)
        assert.isTrue(Exit.isFailure(exit), name)
        if (Exit.isSuccess(exit)) continue
        const [defect] = Chunk.toReadonlyArray(Cause.defects(exit.cause))
        assert.instanceOf(defect, MmioError.InvalidHandle, name)
        assert.strictEqual(defect.code, 5)
      }
      assert.strictEqual(storage.calls, calls)
    }))

  it.effect("the scope waits for the operation in flight, and closes once", () =>
    Effect.gen(function*() {
      const storage = new TestStorage(new Uint8Array(100), { yields: () => 20 })
      const scope = yield* Scope.make()
      const file = yield* Scope.extend(Mmio.openWith(storage.ioProc, "test", { buffer: 8 }), scope)
      const reader = yield* Effect.fork(Mmio.read(file, 6))
      while (storage.calls === 0) yield* Effect.yieldNow()
      yield* Scope.close(scope, Exit.void)
      assert.strictEqual((yield* Fiber.join(reader)).length, 6)
      assert.strictEqual(storage.closed, 1)
      assert.isFalse(storage.overlapped)
    }))

  /** Leaves the scope of a handle as another fiber closes it, and is in this call of the driver. */
  const leavingIn = (storage: TestStorage, during: string) =>
    Effect.scoped(Effect.gen(function*() {
      const file = yield* Mmio.openWith(storage.ioProc, "test", { access: "write" })
      yield* Mmio.write(file, data)
      yield* Effect.forkDaemon(Mmio.close(file))
      while (storage.log.at(-1)?.call !== during) yield* Effect.yieldNow()
    }))

  for (const during of ["writeFlush", "close"]) {
    it.effect(`the scope waits for a close in flight, which is in ${during}, and has nothing left to do`, () =>
      Effect.gen(function*() {
        const storage = new TestStorage(new Uint8Array(0), { yields: () => 20 })
        yield* leavingIn(storage, during)
        assert.deepStrictEqual(storage.bytes, data)
        assert.deepStrictEqual(storage.log.map(({ call }) => call), ["writeFlush", "close"])
        assert.strictEqual(storage.closed, 1)
      }))
  }

  it.effect("a close in flight that fails leaves the file to the scope", () =>
    Effect.gen(function*() {
      const storage = new TestStorage(new Uint8Array(0), { yields: () => 20, fails: (call) => call === 0 })
      yield* leavingIn(storage, "writeFlush")
      assert.deepStrictEqual(storage.bytes, data)
      assert.strictEqual(storage.closed, 1)
    }))

  it.effect("operations that still wait as the handle is closed are defects, and do not hang", () =>
    Effect.gen(function*() {
      const storage = new TestStorage(new Uint8Array(100), { yields: () => 5 })
      const scope = yield* Scope.make()
      const file = yield* Scope.extend(Mmio.openWith(storage.ioProc, "test", { buffer: 8 }), scope)
      const first = yield* Effect.fork(Mmio.read(file, 6))
      while (storage.calls === 0) yield* Effect.yieldNow()
      const closing = yield* Effect.fork(Scope.close(scope, Exit.void))
      yield* Effect.yieldNow()
      const late = yield* Effect.forEach([1, 2, 3], () => Effect.fork(Mmio.read(file, 1)))
      assert.strictEqual((yield* Fiber.join(first)).length, 6)
      yield* Fiber.join(closing)
      for (const fiber of late) assert.isTrue(Exit.isFailure(yield* Fiber.await(fiber)))
    }))

  describe("withFile", () => {
    const run = <A, E>(
      storage: TestStorage,
      use: (file: Mmio.Handle<"write">) => Effect.Effect<A, E>
    ) =>
      Effect.exit(
        Mmio.withFile("test", { access: "write", create: true }, use).pipe(Effect.provide(layerOf(storage)))
      )

    it.effect("gives what was used, after flushing and closing", () =>
      Effect.gen(function*() {
        const storage = new TestStorage(Uint8Array.of(9, 9, 9, 9, 9))
        deepStrictEqual(
          yield* run(storage, (file) => Effect.as(Mmio.write(file, data), "used")),
          Exit.succeed("used")
        )
        assert.deepStrictEqual(storage.bytes, data)
        assert.strictEqual(storage.closed, 1)
      }))

    it.effect("fails with the typed error of its flush, and closes", () =>
      Effect.gen(function*() {
        const storage = new TestStorage(new Uint8Array(0))
        const exit = yield* run(storage, (file) => Effect.map(Mmio.write(file, data), () => full(storage)))
        assert.isTrue(Exit.isFailure(exit))
        if (Exit.isFailure(exit)) {
          const [error] = Chunk.toReadonlyArray(Cause.failures(exit.cause))
          assert.strictEqual(error?._tag, "CannotWrite")
          assert.strictEqual(error?.operation, "Mmio.withFile")
        }
        assert.strictEqual(storage.closed, 1)
      }))

    it.effect("keeps both failures", () =>
      Effect.gen(function*() {
        const storage = new TestStorage(new Uint8Array(0))
        const exit = yield* run(storage, (file) =>
          Effect.zipRight(Effect.map(Mmio.write(file, data), () => full(storage)), Effect.fail("mine" as const)))
        if (Exit.isSuccess(exit)) {
          return assert.fail("succeeded")
        }
        const failures = Chunk.toReadonlyArray(Cause.failures(exit.cause))
        assert.deepStrictEqual(
          failures.map((error) =>
            typeof error === "string" ? error : error._tag
          ),
          [
            "mine",
            "CannotWrite"
          ]
        )
        assert.strictEqual(storage.closed, 1)
      }))

    it.effect("closes when it is interrupted", () =>
      Effect.gen(function*() {
        const storage = new TestStorage(new Uint8Array(0))
        const started = yield* Deferred.make<void>()
        const fiber = yield* Effect.fork(run(storage, (file) =>
          Effect.zipRight(Effect.zipRight(Mmio.write(file, data), Deferred.succeed(started, void 0)), Effect.never)))
        yield* Deferred.await(started)
        yield* Fiber.interrupt(fiber)
        assert.deepStrictEqual(storage.bytes, data)
        assert.strictEqual(storage.closed, 1)
      }))
  })
})
