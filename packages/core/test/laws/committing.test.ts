import { IOProc, MemoryIOProc, Mmio } from "@effect-mmio/core"
import { assert, describe, it } from "@effect/vitest"
import { Cause, Chunk, Deferred, Effect, Exit, Fiber, Logger, Scope } from "effect"
import { TestStorage } from "../support/driver.js"

const old = Uint8Array.of(1, 2, 3)
const written = Uint8Array.of(7, 8)

/** Storage that commits on close, with one file. */
const storage = MemoryIOProc.make({ files: { "a": old }, commit: "onClose" })

const create = { access: "write", create: true } as const

/** Has the warnings of an effect collected. */
const collecting = <A, E, R>(warnings: Array<unknown>, effect: Effect.Effect<A, E, R>) =>
  Effect.provide(
    effect,
    Logger.replace(Logger.defaultLogger, Logger.make(({ message }) => void warnings.push(message)))
  )

describe("a file that commits on close", () => {
  for (
    const [around, wrap] of Object.entries({
      "by itself": (ioProc: IOProc.IOProc) => ioProc,
      "through blocks": (ioProc: IOProc.IOProc) => IOProc.readAhead(IOProc.writeBehind(ioProc))
    })
  ) {
    describe(around, () => {
      it.effect("is committed by the end of a scope that succeeds, and not before", () =>
        Effect.gen(function*() {
          const memory = yield* storage
          yield* Effect.scoped(Effect.gen(function*() {
            const file = yield* Mmio.openWith(wrap(memory), "a", create)
            yield* Mmio.write(file, written)
            yield* Mmio.flush(file)
            assert.deepStrictEqual(yield* memory.bytes("a"), old)
          }))
          assert.deepStrictEqual(yield* memory.bytes("a"), written)
        }))

      it.effect("keeps its old content where the scope fails, and says so once where that drops bytes", () =>
        Effect.gen(function*() {
          const memory = yield* storage
          const warnings: Array<unknown> = []
          const failing = (bytes: Uint8Array) =>
            Effect.scoped(Effect.gen(function*() {
              const file = yield* Mmio.openWith(wrap(memory), "a", create)
              yield* Mmio.write(file, bytes)
              return yield* Effect.fail("the program")
            }))
          const exit = yield* collecting(warnings, Effect.exit(failing(written)))
          assert.isTrue(Exit.isFailure(exit))
          assert.deepStrictEqual(yield* memory.bytes("a"), old)
          assert.lengthOf(warnings, 1)
          yield* collecting(warnings, Effect.exit(failing(new Uint8Array(0))))
          assert.lengthOf(warnings, 1)
        }))

      it.effect("keeps its old content where the writer is interrupted", () =>
        Effect.gen(function*() {
          const memory = yield* storage
          const ready = yield* Deferred.make<void>()
          const writer = yield* Effect.fork(Effect.scoped(Effect.gen(function*() {
            const file = yield* Mmio.openWith(wrap(memory), "a", create)
            yield* Mmio.write(file, written)
            yield* Mmio.flush(file)
            yield* Deferred.succeed(ready, undefined)
            return yield* Effect.never
          })))
          yield* Deferred.await(ready)
          yield* collecting([], Fiber.interrupt(writer))
          assert.deepStrictEqual(yield* memory.bytes("a"), old)
        }))

      it.effect("is committed where the scope fails and onFailure says so", () =>
        Effect.gen(function*() {
          const memory = yield* storage
          yield* Effect.exit(Effect.scoped(Effect.gen(function*() {
            const file = yield* Mmio.openWith(wrap(memory), "a", { ...create, onFailure: "commit" })
            yield* Mmio.write(file, written)
            return yield* Effect.fail("the program")
          })))
          assert.deepStrictEqual(yield* memory.bytes("a"), written)
        }))

      it.effect("has Mmio.commit show what was written so far, and keeps that where the scope fails later", () =>
        Effect.gen(function*() {
          const memory = yield* storage
          yield* collecting(
            [],
            Effect.exit(Effect.scoped(Effect.gen(function*() {
              const file = yield* Mmio.openWith(wrap(memory), "a", create)
              yield* Mmio.write(file, written)
              yield* Mmio.commit(file)
              assert.deepStrictEqual(yield* memory.bytes("a"), written)
              yield* Mmio.write(file, written)
              return yield* Effect.fail("the program")
            })))
          )
          assert.deepStrictEqual(yield* memory.bytes("a"), written)
        }))

      it.effect("is not committed over a content that has changed since it was opened", () =>
        Effect.gen(function*() {
          const memory = yield* storage
          const scope = yield* Scope.make()
          const file = yield* Scope.extend(Mmio.openWith(wrap(memory), "a", create), scope)
          yield* Mmio.write(file, written)
          yield* memory.put("a", Uint8Array.of(5))
          assert.strictEqual((yield* Effect.flip(Mmio.commit(file)))._tag, "VersionChanged")
          const exit = yield* Effect.exit(Scope.close(scope, Exit.void))
          assert.isTrue(Exit.isFailure(exit))
          assert.deepStrictEqual(yield* memory.bytes("a"), Uint8Array.of(5))
        }))
    })
  }

  it.effect("is aborted, with the failure as a defect, where the last flush fails", () =>
    Effect.gen(function*() {
      const storage = new TestStorage(old)
      const driver = IOProc.mapFile(storage.ioProc, (file) => ({
        ...file,
        capabilities: { ...file.capabilities, commit: "onClose" }
      }))
      const exit = yield* collecting(
        [],
        Effect.exit(Effect.scoped(Effect.gen(function*() {
          const file = yield* Mmio.openWith(driver, "a", { access: "readWrite", onFailure: "commit" })
          yield* Mmio.write(file, written)
          storage.behaviour = { fails: (call) => storage.log[call]?.call === "writeFlush" }
        })))
      )
      assert.deepStrictEqual([storage.closed, storage.aborted], [0, 1])
      assert.isTrue(Exit.isFailure(exit))
      if (Exit.isSuccess(exit)) return
      const defects = Chunk.toReadonlyArray(Cause.defects(exit.cause))
      assert.lengthOf(defects, 1)
      assert.include(String(defects[0]), "CannotWrite")
    }))

  it.effect("leaves a handle open where Mmio.close cannot flush, and commits when it can", () =>
    Effect.gen(function*() {
      const storage = new TestStorage(old)
      let commits = 0
      const driver = IOProc.mapFile(storage.ioProc, (file) => ({
        ...file,
        capabilities: { ...file.capabilities, commit: "onClose" },
        commit: Effect.sync(() => void commits++)
      }))
      yield* Effect.scoped(Effect.gen(function*() {
        const file = yield* Mmio.openWith(driver, "a", { access: "readWrite" })
        yield* Mmio.write(file, written)
        storage.behaviour = { fails: (call) => storage.log[call]?.call === "writeFlush" }
        assert.strictEqual((yield* Effect.flip(Mmio.commit(file)))._tag, "CannotWrite")
        assert.strictEqual(commits, 0)
        assert.strictEqual((yield* Effect.flip(Mmio.close(file)))._tag, "CannotWrite")
        storage.behaviour = {}
        yield* Mmio.commit(file)
        assert.strictEqual(commits, 1)
        yield* Mmio.close(file)
      }))
      assert.deepStrictEqual([storage.closed, storage.aborted], [1, 0])
      assert.deepStrictEqual([...storage.bytes], [7, 8, 3])
    }))
})

describe("a file that is written in place", () => {
  it.effect("is flushed and closed where the scope fails", () =>
    Effect.gen(function*() {
      const storage = new TestStorage(old)
      yield* Effect.exit(Effect.scoped(Effect.gen(function*() {
        const file = yield* Mmio.openWith(storage.ioProc, "a", { access: "readWrite" })
        yield* Mmio.write(file, written)
        return yield* Effect.fail("the program")
      })))
      assert.deepStrictEqual([...storage.bytes], [7, 8, 3])
      assert.deepStrictEqual([storage.closed, storage.aborted], [1, 0])
    }))

  it.scoped("commits by a flush", () =>
    Effect.gen(function*() {
      const storage = new TestStorage(old)
      const file = yield* Mmio.openWith(storage.ioProc, "a", { access: "readWrite" })
      yield* Mmio.write(file, written)
      yield* Mmio.commit(file)
      assert.deepStrictEqual([...storage.bytes], [7, 8, 3])
    }))
})

describe("a version that is asked for", () => {
  it.effect("is CannotOpen where the driver knows no versions, and the file is released", () =>
    Effect.gen(function*() {
      const storage = new TestStorage(old)
      const error = yield* Effect.flip(Effect.scoped(Mmio.openWith(storage.ioProc, "a", { ifVersion: "1" })))
      assert.strictEqual(error._tag, "CannotOpen")
      assert.strictEqual(storage.aborted + storage.closed, 1)
    }))
})

describe("a file that is only read", () => {
  it.effect("is refused to a writer, and closed", () =>
    Effect.gen(function*() {
      const storage = new TestStorage(old)
      const driver = IOProc.mapFile(storage.ioProc, (file) => ({ ...file, writeAt: undefined }))
      for (const access of ["write", "readWrite"] as const) {
        const error = yield* Effect.flip(Effect.scoped(Mmio.openWith(driver, "a", { access })))
        assert.strictEqual(error._tag, "AccessDenied")
      }
      assert.strictEqual(storage.closed, 2)
      const given = IOProc.wrapFile(storage.file(), { writeAt: undefined })
      assert.strictEqual(
        (yield* Effect.flip(Effect.scoped(Mmio.fromFile(given, { access: "write" }))))._tag,
        "AccessDenied"
      )
      assert.strictEqual(storage.closed, 2)
    }))
})
