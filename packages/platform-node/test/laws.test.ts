import { type IOProc, Mmio } from "@effect-mmio/core"
import { NodeIOProc } from "@effect-mmio/platform-node"
import { Arbitraries, Model } from "@effect-mmio/testing"
import { assert, describe, it, layer } from "@effect/vitest"
import { strictEqual } from "@effect/vitest/utils"
import { Effect, Fiber, Option } from "effect"
import * as NFS from "node:fs"
import {
  descriptorsIn,
  failing,
  forkUntilSuspended,
  isLinux,
  openFile,
  readAt,
  roundTrip,
  scale,
  stub,
  tempPath,
  truncate,
  writeAt
} from "./helpers.js"

const small = { smallest: 8, largest: 32 }

const storages: Record<string, NodeIOProc.Options> = {
  "by default": {},
  "without blocks": { readAhead: false, writeBehind: false },
  "with small blocks of read-ahead": { readAhead: small, writeBehind: false },
  "with small blocks of writeBehind": { readAhead: false, writeBehind: small },
  "with small blocks": { readAhead: small, writeBehind: small },
  "by blocking calls": { blocking: true },
  "by blocking calls, with small blocks": { blocking: true, readAhead: small, writeBehind: small }
}

describe.each(Object.entries(storages))(
  "a handle on a file %s",
  (_, options) =>
    layer(NodeIOProc.layerWith(options))((it) => {
      it.effect.prop(
        "does what the model does, and a flush writes all of it to the disk",
        {
          initial: Arbitraries.content(),
          operations: Arbitraries.operations("readWrite", 40)
        },
        ({ initial, operations }) =>
          Effect.gen(function*() {
            const path = yield* tempPath(initial)
            const held = (state: Model.State) =>
              Effect.sync(() => assert.deepStrictEqual(new Uint8Array(NFS.readFileSync(path)), state.bytes))
            const file = yield* Mmio.open(path, { access: "readWrite", buffer: "none" })
            let state = Model.make(initial)
            for (const operation of operations) {
              state = yield* Model.check(file, state, [operation])
              if (operation.op === "flush") yield* held(state)
            }
            yield* Mmio.close(file)
            yield* held(state)
          }).pipe(Effect.scoped),
        { fastCheck: { numRuns: scale(600) }, timeout: 30_000 }
      )
    })
)

describe("a file", () => {
  it.scoped("has positions beyond 4 GiB", () =>
    Effect.gen(function*() {
      const path = yield* tempPath()
      const driver = yield* NodeIOProc.make()
      const file = yield* openFile(driver, path, { access: "readWrite", create: "truncate" })
      const far = 5 * 2 ** 30 + 1
      strictEqual(yield* writeAt(file, far, "far out"), 7)
      strictEqual(yield* file.size, far + 7)
      strictEqual(yield* readAt(file, far, 100), "far out")
      strictEqual(yield* readAt(file, 2 ** 32 - 1, 3), "\0\0\0")
      yield* file.close
      strictEqual(NFS.statSync(path).size, far + 7)
    }))

  for (const blocking of [false, true]) {
    it.scoped(`refuses invalid positions and changes nothing, ${blocking ? "blocking" : "in the background"}`, () =>
      Effect.gen(function*() {
        const path = yield* tempPath("abc")
        const storage = yield* NodeIOProc.make({ blocking, readAhead: false, writeBehind: false })
        const file = yield* openFile(storage, path, { access: "readWrite" })
        for (const position of [-1, -2, 2 ** 53, 0.5, NaN, -Infinity]) {
          const target = new Uint8Array(2)
          const errors = yield* Effect.all([
            Effect.flip(file.readAt(position, target)),
            Effect.flip(writeAt(file, position, "x")),
            Effect.flip(writeAt(file, position, "", "writeFlush")),
            Effect.flip(truncate(file, position))
          ])
          assert.deepStrictEqual(errors.map((error) => [error._tag, error.errno]), [
            ["CannotRead", "EINVAL"],
            ["CannotWrite", "EINVAL"],
            ["CannotWrite", "EINVAL"],
            ["CannotWrite", "EINVAL"]
          ])
          assert.deepStrictEqual([...target], [0, 0])
        }
        strictEqual(NFS.readFileSync(path, "latin1"), "abc")
        strictEqual(yield* readAt(file, 0, 9), "abc")
      }))
  }

  it.scoped("cuts a transfer that Node would refuse", () =>
    Effect.gen(function*() {
      const asked: Array<unknown> = []
      yield* stub("node:fs", "read", () => (...args: ReadonlyArray<any>) => {
        asked.push([args[3], args[4]])
        args[5](null, 5)
      })
      yield* stub("node:fs", "write", () => (...args: ReadonlyArray<any>) => {
        asked.push([args[3], args[4]])
        args[5](null, 6)
      })
      const file = yield* openFile(yield* plain, yield* tempPath("abc"), { access: "readWrite" })
      // Reserved, and never touched.
      const huge = new Uint8Array(2 ** 31 + 5)
      strictEqual(yield* file.readAt(7, huge), 5)
      strictEqual(yield* writeAt(file, 9, huge), 6)
      assert.deepStrictEqual(asked, [[2 ** 30, 7], [2 ** 30, 9]])
    }))

  it.scoped("does only what it was opened for", () =>
    Effect.gen(function*() {
      const driver = yield* NodeIOProc.make()
      const path = yield* tempPath("abc")
      const reader = yield* openFile(driver, path)
      const writer = yield* openFile(driver, path, { access: "write" })
      strictEqual(reader.writeAt, undefined)
      strictEqual(reader.truncate, undefined)
      const error = yield* Effect.flip(writer.readAt(0, new Uint8Array(1)))
      strictEqual(error._tag, "CannotRead")
      assert.include(error.message, "the file is not open for this (EBADF)")
      strictEqual(NFS.readFileSync(path, "latin1"), "abc")
    }))

  it.scoped("says in its capabilities what is true of it", () =>
    Effect.gen(function*() {
      const path = yield* tempPath("abc")
      const facts = {
        concurrent: true,
        forwardOnly: false,
        truncate: true,
        commit: "inPlace",
        cancellable: false,
        locks: isLinux ? "system" : "process"
      }
      const background = yield* openFile(yield* plain, path, { access: "readWrite" })
      assert.deepStrictEqual<object>(background.capabilities, facts)
      const reader = yield* openFile(yield* plain, path)
      assert.deepStrictEqual<object>(reader.capabilities, { ...facts, truncate: false })
      const blocking = yield* NodeIOProc.make({ blocking: true, readAhead: false, writeBehind: false })
      const blocked = yield* openFile(blocking, path, { access: "write" })
      assert.deepStrictEqual<object>(blocked.capabilities, { ...facts, concurrent: false })
      yield* background.commit
      assert.isTrue(Option.isNone(background.version))
    }))

  it.scoped("has the same identity by all of its names, and another than other files", () =>
    Effect.gen(function*() {
      const path = yield* tempPath("abc")
      NFS.linkSync(path, `${path}-hard`)
      NFS.symlinkSync(path, `${path}-soft`)
      const driver = yield* NodeIOProc.make()
      const identity = (path: string) => Effect.map(openFile(driver, path), (file) => Option.getOrThrow(file.identity))
      const own = yield* identity(path)
      strictEqual(yield* identity(`${path}-hard`), own)
      strictEqual(yield* identity(`${path}-soft`), own)
      assert.notStrictEqual(yield* identity(yield* tempPath("abc")), own)
    }))

  it.scoped("knows no messages", () =>
    Effect.gen(function*() {
      const file = yield* openFile(yield* NodeIOProc.make(), yield* tempPath("abc"))
      strictEqual(file.onMessage({ _tag: "Ask" } as never)._tag, "None")
    }))

  for (const [name, options] of Object.entries(storages)) {
    it.scoped(`${name}: truncate cuts, and adds zeros`, () =>
      Effect.gen(function*() {
        const path = yield* tempPath("abcdefgh".repeat(10))
        const file = yield* openFile(yield* NodeIOProc.make(options), path, { access: "readWrite" })
        strictEqual(yield* readAt(file, 0, 80), "abcdefgh".repeat(10))
        yield* truncate(file, 3)
        strictEqual(yield* file.size, 3)
        strictEqual(yield* readAt(file, 0, 9), "abc")
        strictEqual(yield* readAt(file, 3, 9), "")
        yield* truncate(file, 6)
        strictEqual(yield* file.size, 6)
        strictEqual(yield* readAt(file, 0, 9), "abc\0\0\0")
        strictEqual(yield* writeAt(file, 8, "x", "writeFlush"), 1)
        strictEqual(NFS.readFileSync(path, "latin1"), "abc\0\0\0\0\0x")
        yield* truncate(file, 0)
        strictEqual(NFS.statSync(path).size, 0)
      }))
  }

  it.scoped("reports a truncate that the system refuses", () =>
    Effect.gen(function*() {
      const path = yield* tempPath("abc")
      const file = yield* openFile(yield* plain, path, { access: "write" })
      yield* stub("node:fs", "ftruncate", failing("ENOSPC"))
      const error = yield* Effect.flip(truncate(file, 10))
      strictEqual(error.message, `NodeIOProc.truncate ${path} at 10: no space left on device (ENOSPC)`)
      strictEqual(NFS.readFileSync(path, "latin1"), "abc")
    }))

  for (const end of ["close", "abort"] as const) {
    it.scoped.skipIf(!isLinux)(
      `is not used after ${end}, when its number may be that of another file`,
      () =>
        Effect.gen(function*() {
          const driver = yield* NodeIOProc.make({ sync: true })
          const closed = yield* openFile(driver, yield* tempPath("abc"), { access: "readWrite" })
          yield* closed[end]
          // The system gives the lowest number that is free.
          const path = yield* tempPath("other")
          const other = yield* openFile(driver, path, { access: "readWrite" })
          const errors = yield* Effect.all([
            Effect.flip(closed.readAt(0, new Uint8Array(1))),
            Effect.flip(writeAt(closed, 0, "x")),
            Effect.flip(truncate(closed, 0)),
            Effect.flip(writeAt(closed, 0, "", "writeFlush")),
            Effect.flip(closed.size),
            Effect.flip(closed.close)
          ])
          assert.deepStrictEqual(errors.map((error) => error._tag), [
            "CannotRead",
            "CannotWrite",
            "CannotWrite",
            "CannotWrite",
            "CannotSeek",
            "CannotClose"
          ])
          yield* closed.abort
          strictEqual(yield* readAt(other, 0, 9), "other")
          strictEqual(NFS.readFileSync(path, "latin1"), "other")
        })
    )
  }
})

/** The files of the system, without middleware. */
const plain = NodeIOProc.make({ readAhead: false, writeBehind: false })

describe("interruption", () => {
  const size = 32 * 2 ** 20

  it.scoped("of a read waits until nothing touches the target", () =>
    Effect.gen(function*() {
      const file = yield* openFile(yield* plain, yield* tempPath(new Uint8Array(size).fill(1)))
      const target = new Uint8Array(size)
      const reading = yield* forkUntilSuspended(file.readAt(0, target))
      const exit = yield* Fiber.interrupt(reading)
      strictEqual(exit._tag, "Failure")
      target.fill(2)
      yield* Effect.replicateEffect(roundTrip, 50)
      assert.isTrue(Buffer.alloc(size, 2).equals(target), "something still read into the target")
    }))

  it.scoped("of a write waits until nothing touches the source", () =>
    Effect.gen(function*() {
      const path = yield* tempPath("")
      const file = yield* openFile(yield* plain, path, { access: "write" })
      const source = new Uint8Array(size).fill(1)
      const writing = yield* forkUntilSuspended(writeAt(file, 0, source))
      yield* Fiber.interrupt(writing)
      source.fill(2)
      yield* Effect.replicateEffect(roundTrip, 50)
      assert.isTrue(Buffer.alloc(size, 1).equals(NFS.readFileSync(path)), "something still wrote from the source")
    }))

  it.scoped("of an open leaves no descriptor", () =>
    Effect.gen(function*() {
      const path = yield* tempPath("abc")
      const driver = yield* NodeIOProc.make()
      // As Mmio opens: the interruption takes effect once the file has its finalizer.
      const opening = yield* forkUntilSuspended(Effect.scoped(openFile(driver, path)))
      yield* Fiber.interrupt(opening)
      if (isLinux) assert.deepStrictEqual(descriptorsIn(path), [])
    }))
})

describe("writeFlush", () => {
  const counting = (name: string, calls: Array<string>) =>
    stub("node:fs", name, (original) => (...args: ReadonlyArray<unknown>) => {
      calls.push(name)
      return original(...args)
    })
  const flush = (file: IOProc.File, position: number, source: string) => writeAt(file, position, source, "writeFlush")

  it.scoped("synchronizes as the option says", () =>
    Effect.gen(function*() {
      const calls: Array<string> = []
      yield* counting("fsync", calls)
      yield* counting("fdatasync", calls)
      for (const sync of [undefined, false, true, "data"] as const) {
        const path = yield* tempPath("")
        const file = yield* openFile(yield* NodeIOProc.make({ sync }), path, { access: "write" })
        strictEqual(yield* writeAt(file, 0, "ab"), 2)
        assert.deepStrictEqual(calls, [])
        strictEqual(yield* flush(file, 2, "cd"), 2)
        strictEqual(yield* flush(file, 4, ""), 0)
        const expected = { false: [], true: ["fsync", "fsync"], data: ["fdatasync", "fdatasync"] }[`${sync ?? false}`]
        assert.deepStrictEqual(calls.splice(0), expected)
        strictEqual(NFS.readFileSync(path, "latin1"), "abcd")
      }
    }))

  it.scoped("that cannot synchronize fails, and so does every later one", () =>
    Effect.gen(function*() {
      const path = yield* tempPath("")
      const file = yield* openFile(yield* NodeIOProc.make({ sync: true }), path, { access: "write" })
      yield* writeAt(file, 0, "ab", "write")
      const first = yield* Effect.scoped(
        Effect.zipRight(stub("node:fs", "fsync", failing("EIO")), Effect.flip(flush(file, 2, "cd")))
      )
      strictEqual(first.message, `NodeIOProc.writeFlush ${path} at 2: the device failed (EIO)`)
      for (const source of ["cd", ""]) {
        const later = yield* Effect.flip(flush(file, 2, source))
        strictEqual(later._tag, "CannotWrite")
        assert.include(later.message, "an earlier flush failed")
        strictEqual(later.errno, "EIO")
      }
      strictEqual(NFS.readFileSync(path, "latin1"), "abcd")
    }))

  it.scoped.skipIf(!isLinux)("has nothing to synchronize of a file that is no storage", () =>
    Effect.gen(function*() {
      const driver = yield* NodeIOProc.make({ sync: true })
      const path = "/proc/self/oom_score_adj"
      const content = NFS.readFileSync(path, "latin1")
      const file = yield* openFile(driver, path, { access: "write", create: "truncate" })
      strictEqual(yield* flush(file, 0, content), content.length)
      const nothing = yield* openFile(driver, "/dev/null", { access: "write" })
      strictEqual(yield* flush(nothing, 0, "abc"), 3)
    }))
})
