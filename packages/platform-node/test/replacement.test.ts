import { FileName, IOProc } from "@effect-mmio/core"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Either, Fiber } from "effect"
import * as NFS from "node:fs"
import * as Path from "node:path"
import * as Locks from "../src/internal/locks.js"
import { makeWith } from "../src/internal/nodeIOProc.js"
import { background, blocking, type System } from "../src/internal/system.js"
import type { Options } from "../src/NodeIOProc.js"
import { forkUntilSuspended, nodeError, openFile, tempFolder, writeAt } from "./helpers.js"

const block = new Uint8Array(2 ** 20)

interface Setting extends Options {
  readonly calls?: System
  readonly writesOutReplacements?: boolean
}

/** A storage whose system writes nothing, logs what ends a file, and ends `fdatasync` as it is told to. */
const storage = ({ calls = background, writesOutReplacements = true, ...options }: Setting = {}) =>
  Effect.gen(function*() {
    const pending: Array<(error: Error | null) => void> = []
    const log: Array<string> = []
    const system: System = {
      ...calls,
      platform: { ...calls.platform, writesOutReplacements },
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
    const driver = yield* makeWith(Locks.none, { writeBehind: false, ...options }, undefined, system)
    return { driver, end: (error: Error | null = null) => pending.shift()!(error), folder: yield* tempFolder, log }
  })

/** A temporary file that is open, and is to replace another. */
const replacement = (setting?: Setting) =>
  Effect.gen(function*() {
    const { driver, end, folder, log } = yield* storage(setting)
    const name = yield* driver.tempName({ folder, like: FileName.plain(Path.join(folder, "old")) })
    const file = yield* driver.open(IOProc.openRequest(name, { access: "readWrite" }))
    log.length = 0
    return { end, file, log }
  })

const writeBlocks = (file: IOProc.File, count: number) => Effect.repeatN(writeAt(file, 0, block), count - 1)

const flush = (file: IOProc.File) => writeAt(file, 0, new Uint8Array(0), "writeFlush")

describe("a temporary file that is to replace another", () => {
  it.scoped("is written out while it is written, by one call at a time, for which its end waits", () =>
    Effect.gen(function*() {
      const { end, file, log } = yield* replacement()
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
      const { end, file, log } = yield* replacement()
      yield* writeBlocks(file, 64)
      const aborting = yield* forkUntilSuspended(file.abort)
      assert.deepStrictEqual(log, ["fdatasync"])
      end(nodeError("EIO"))
      yield* Fiber.join(aborting)
      assert.deepStrictEqual(log, ["fdatasync", "close"])
    }))

  it.scoped("fails to be written and closed once the device has failed, and is released", () =>
    Effect.gen(function*() {
      const { end, file, log } = yield* replacement()
      yield* writeBlocks(file, 64)
      end(nodeError("EIO"))
      const unwritten = yield* Effect.flip(writeAt(file, 0, block))
      assert.deepInclude(unwritten, { _tag: "CannotWrite", errno: "EIO" })
      const unclosed = yield* Effect.flip(file.close)
      assert.deepInclude(unclosed, { _tag: "CannotWrite", operation: "NodeIOProc.close", errno: "EIO" })
      assert.deepStrictEqual(log, ["fdatasync", "close"])
    }))

  it.scoped("fails to be closed where the device fails only then", () =>
    Effect.gen(function*() {
      const { end, file, log } = yield* replacement()
      yield* writeBlocks(file, 64)
      const closing = yield* forkUntilSuspended(Effect.either(file.close))
      end(nodeError("ENOSPC"))
      const closed = yield* Fiber.join(closing)
      assert(Either.isLeft(closed))
      assert.deepInclude(closed.left, { _tag: "CannotWrite", operation: "NodeIOProc.close", errno: "ENOSPC" })
      assert.deepStrictEqual(log, ["fdatasync", "close"])
    }))

  it.scoped("may be no storage", () =>
    Effect.gen(function*() {
      const { end, file } = yield* replacement()
      yield* writeBlocks(file, 64)
      end(nodeError("EINVAL"))
      yield* writeBlocks(file, 1)
      yield* file.close
    }))

  it.scoped("is flushed to the device only after that, and is not where that has failed", () =>
    Effect.gen(function*() {
      const { end, file, log } = yield* replacement({ sync: "data" })
      yield* writeBlocks(file, 64)
      const first = yield* forkUntilSuspended(flush(file))
      assert.deepStrictEqual(log, ["fdatasync"])
      end()
      yield* Effect.yieldNow()
      assert.deepStrictEqual(log, ["fdatasync", "fdatasync"])
      end()
      yield* Fiber.join(first)
      yield* writeBlocks(file, 64)
      const second = yield* forkUntilSuspended(Effect.either(flush(file)))
      end(nodeError("EIO"))
      const flushed = yield* Fiber.join(second)
      assert(Either.isLeft(flushed))
      assert.deepInclude(flushed.left, { _tag: "CannotWrite", operation: "NodeIOProc.writeFlush", errno: "EIO" })
      assert.deepStrictEqual(log, ["fdatasync", "fdatasync", "fdatasync"])
    }))

  it.scoped("is not kept waiting by a flush that leaves it to the system", () =>
    Effect.gen(function*() {
      const { end, file } = yield* replacement()
      yield* writeBlocks(file, 64)
      yield* flush(file)
      end()
      yield* file.close
    }))

  it.scoped("is what commitOnClose writes", () =>
    Effect.gen(function*() {
      const { driver, end, folder, log } = yield* storage()
      const path = Path.join(folder, "old")
      NFS.writeFileSync(path, "old")
      const file = yield* openFile(IOProc.commitOnClose(driver), path, { access: "write", create: "truncate" })
      yield* writeBlocks(file, 64)
      assert.include(log, "fdatasync")
      end()
    }))
})

describe("other files", () => {
  it.scoped("are written out when the system likes", () =>
    Effect.gen(function*() {
      const { driver, folder, log } = yield* storage()
      for (const name of [yield* driver.tempName({ folder }), FileName.plain(Path.join(folder, "named"))]) {
        const file = yield* driver.open(IOProc.openRequest(name, { access: "write", create: "truncate" }))
        yield* writeBlocks(file, 200)
        yield* file.close
      }
      assert.notInclude(log, "fdatasync")
    }))

  it.scoped("are those of a system that renames without it, and those whose calls block", () =>
    Effect.gen(function*() {
      for (const setting of [{ writesOutReplacements: false }, { calls: blocking }]) {
        const { file, log } = yield* replacement(setting)
        yield* writeBlocks(file, 200)
        yield* file.close
        assert.deepStrictEqual(log, ["close"])
      }
    }))
})
