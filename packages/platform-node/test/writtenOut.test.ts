import { FileName, IOProc } from "@effect-mmio/core"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Either, Fiber } from "effect"
import * as Path from "node:path"
import * as Locks from "../src/internal/locks.js"
import { makeWith } from "../src/internal/nodeIOProc.js"
import { background, blocking, type System } from "../src/internal/system.js"
import { forkUntilSuspended, isLinux, nodeError, openFile, tempFolder, writeAt } from "./helpers.js"

const block = new Uint8Array(2 ** 20)

/** A system that writes nothing, and whose `fdatasync` ends as it is told to. */
const makeSystem = (calls: System) => {
  const pending: Array<(error: Error | null) => void> = []
  const log: Array<string> = []
  const system: System = {
    ...calls,
    write: (_fd, _source, _offset, length, _position, done) => done(null, length),
    fdatasync: (_fd, done) => {
      log.push("fdatasync")
      pending.push((error) => done(error))
    },
    close: (fd, done) => {
      log.push("close")
      calls.close(fd, done)
    }
  }
  return { end: (error: Error | null = null) => pending.shift()!(error), log, system }
}

/** An open temporary file, and what its system has logged since. */
const temporary = (replaces: boolean, calls = background) =>
  Effect.gen(function*() {
    const folder = yield* tempFolder
    const { end, log, system } = makeSystem(calls)
    const driver = yield* makeWith(Locks.none, { writeBehind: false }, undefined, system)
    const name = yield* driver.tempName({ folder, ...replaces && { like: FileName.plain(Path.join(folder, "old")) } })
    log.length = 0
    const file = yield* driver.open(IOProc.openRequest(name, { access: "readWrite" }))
    return { driver, end, file, folder, log }
  })

const writeBlocks = (file: IOProc.File, count: number) => Effect.repeatN(writeAt(file, 0, block), count - 1)

describe.skipIf(!isLinux)("a temporary file that is to replace another", () => {
  it.scoped("is written out while it is written, by one call at a time, for which its end waits", () =>
    Effect.gen(function*() {
      const { end, file, log } = yield* temporary(true)
      yield* writeBlocks(file, 63)
      assert.deepStrictEqual(log, [])
      yield* writeBlocks(file, 1)
      assert.deepStrictEqual(log, ["fdatasync"])
      yield* writeBlocks(file, 100)
      assert.deepStrictEqual(log, ["fdatasync"])
      end()
      yield* writeBlocks(file, 1)
      assert.deepStrictEqual(log, ["fdatasync", "fdatasync"])
      end()
      yield* writeBlocks(file, 63)
      assert.deepStrictEqual(log, ["fdatasync", "fdatasync"])
      yield* writeBlocks(file, 1)
      const closing = yield* forkUntilSuspended(file.close)
      assert.deepStrictEqual(log, ["fdatasync", "fdatasync", "fdatasync"])
      end()
      yield* Fiber.join(closing)
      assert.deepStrictEqual(log, ["fdatasync", "fdatasync", "fdatasync", "close"])
    }))

  it.scoped("that is given up waits, too, and says nothing", () =>
    Effect.gen(function*() {
      const { end, file, log } = yield* temporary(true)
      yield* writeBlocks(file, 64)
      const aborting = yield* forkUntilSuspended(file.abort)
      assert.deepStrictEqual(log, ["fdatasync"])
      end(nodeError("EIO"))
      yield* Fiber.join(aborting)
      assert.deepStrictEqual(log, ["fdatasync", "close"])
    }))

  it.scoped("fails to be written and closed once the device has failed, and is released", () =>
    Effect.gen(function*() {
      const { end, file, log } = yield* temporary(true)
      yield* writeBlocks(file, 64)
      end(nodeError("EIO"))
      for (const failing of [writeAt(file, 0, block), writeAt(file, 0, new Uint8Array(0), "writeFlush"), file.close]) {
        const failed = yield* Effect.flip(failing)
        assert.deepInclude(failed, { _tag: "CannotWrite", errno: "EIO" })
      }
      assert.deepStrictEqual(log, ["fdatasync", "close"])
    }))

  it.scoped("fails to be closed where the device fails only then", () =>
    Effect.gen(function*() {
      const { end, file, log } = yield* temporary(true)
      yield* writeBlocks(file, 64)
      const closing = yield* forkUntilSuspended(Effect.either(file.close))
      end(nodeError("ENOSPC"))
      const closed = yield* Fiber.join(closing)
      assert(Either.isLeft(closed))
      assert.deepInclude(closed.left, { _tag: "CannotWrite", errno: "ENOSPC" })
      assert.deepStrictEqual(log, ["fdatasync", "close"])
    }))

  it.scoped("may be no storage", () =>
    Effect.gen(function*() {
      const { end, file } = yield* temporary(true)
      yield* writeBlocks(file, 64)
      end(nodeError("EINVAL"))
      yield* writeBlocks(file, 1)
      yield* file.close
    }))
})

describe("other files", () => {
  it.scoped("are written out when the system likes", () =>
    Effect.gen(function*() {
      const { driver, file, folder, log } = yield* temporary(false)
      const named = yield* openFile(driver, Path.join(folder, "named"), { access: "write", create: "truncate" })
      for (const written of [file, named]) yield* writeBlocks(written, 200)
      yield* file.close
      assert.deepStrictEqual(log, ["close"])
    }))

  it.scoped("are those whose calls block: there is nothing meanwhile", () =>
    Effect.gen(function*() {
      const { file, log } = yield* temporary(true, blocking)
      yield* writeBlocks(file, 200)
      yield* file.close
      assert.deepStrictEqual(log, ["close"])
    }))
})
