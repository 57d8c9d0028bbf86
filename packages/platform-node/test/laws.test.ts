import { Mmio } from "@effect-mmio/core"
import { NodeIOProc } from "@effect-mmio/platform-node"
import { Arbitraries, Model } from "@effect-mmio/testing"
import { assert, describe, it, layer } from "@effect/vitest"
import { strictEqual } from "@effect/vitest/utils"
import { Effect, Fiber } from "effect"
import * as NFS from "node:fs"
import {
  descriptorsIn,
  failing,
  forkUntilSuspended,
  isLinux,
  openFile,
  readSome,
  roundTrip,
  stub,
  tempPath,
  text
} from "./helpers.js"

const small = { smallest: 8, largest: 32 }

const storages: Record<string, NodeIOProc.Options> = {
  "as it comes": {},
  "without blocks": { readAhead: false, writeBehind: false },
  "read ahead in small blocks": { readAhead: small, writeBehind: false },
  "written behind in small blocks": { readAhead: false, writeBehind: small },
  "in small blocks": { readAhead: small, writeBehind: small },
  "that blocks the thread": { blocking: true },
  "that blocks the thread, in small blocks": { blocking: true, readAhead: small, writeBehind: small }
}

describe.each(Object.entries(storages))(
  "a handle on a file %s",
  (_, options) =>
    layer(NodeIOProc.layerWith(options))((it) => {
      it.effect.prop(
        "does what the model does, and its flush takes all of it to the disk",
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
        { fastCheck: { numRuns: 300 }, timeout: 30_000 }
      )
    })
)

describe("a file", () => {
  it.scoped("has positions beyond 4 GiB", () =>
    Effect.gen(function*() {
      const path = yield* tempPath()
      const driver = yield* NodeIOProc.make()
      const file = yield* openFile(driver, path, { access: "readWrite", create: true })
      const far = 5 * 2 ** 30 + 1
      strictEqual(yield* file.seek(far, "start"), far)
      strictEqual(yield* file.write(text("far out")), 7)
      strictEqual(yield* file.seek(0, "current"), far + 7)
      strictEqual(yield* file.seek(0, "end"), far + 7)
      strictEqual(yield* file.seek(-7, "current"), far)
      strictEqual(yield* readSome(file, 100), "far out")
      strictEqual(yield* file.seek(2 ** 32 - 1, "start"), 2 ** 32 - 1)
      strictEqual(yield* readSome(file, 3), "\0\0\0")
      yield* file.close
      strictEqual(NFS.statSync(path).size, far + 7)
    }))

  it.scoped("refuses positions that are none, and stays where it is", () =>
    Effect.gen(function*() {
      const file = yield* openFile(yield* NodeIOProc.make(), yield* tempPath("abc"))
      yield* file.seek(2, "start")
      for (
        const [offset, from] of [
          [-1, "start"],
          [-3, "current"],
          [-4, "end"],
          [2 ** 53, "start"],
          [2 ** 53 - 1, "end"],
          [0.5, "start"],
          [NaN, "current"]
        ] as const
      ) {
        strictEqual((yield* Effect.flip(file.seek(offset, from)))._tag, "CannotSeek")
        strictEqual(yield* file.seek(0, "current"), 2)
      }
      strictEqual(yield* readSome(file, 9), "c")
    }))

  it.scoped("cuts a transfer that Node would refuse, and moves by what it did", () =>
    Effect.gen(function*() {
      const asked: Array<unknown> = []
      yield* stub("node:fs", "read", () => (...args: ReadonlyArray<any>) => {
        asked.push(args[3])
        args[5](null, 5)
      })
      yield* stub("node:fs", "write", () => (...args: ReadonlyArray<any>) => {
        asked.push(args[3])
        args[5](null, 6)
      })
      const file = yield* openFile(yield* NodeIOProc.make(), yield* tempPath("abc"), { access: "readWrite" })
      // Reserved, and never touched.
      const huge = new Uint8Array(2 ** 31 + 5)
      strictEqual(yield* file.read(huge), 5)
      strictEqual(yield* file.write(huge), 6)
      strictEqual(yield* file.seek(0, "current"), 11)
      assert.deepStrictEqual(asked, [2 ** 30, 2 ** 30])
    }))

  it.scoped("does only what it was opened for", () =>
    Effect.gen(function*() {
      const driver = yield* NodeIOProc.make()
      const path = yield* tempPath("abc")
      const reader = yield* openFile(driver, path)
      const writer = yield* openFile(driver, path, { access: "write" })
      const errors = yield* Effect.all([
        Effect.flip(reader.write(text("x"))),
        Effect.flip(reader.writeFlush(text("x"))),
        Effect.flip(writer.read(new Uint8Array(1)))
      ])
      assert.deepStrictEqual(errors.map((error) => error._tag), ["CannotWrite", "CannotWrite", "CannotRead"])
      for (const error of errors) {
        assert.include(error.message, "the file is not open for this (EBADF)")
      }
      strictEqual(yield* reader.writeFlush(new Uint8Array(0)), 0)
      strictEqual(yield* reader.seek(0, "current"), 0)
      strictEqual(NFS.readFileSync(path, "latin1"), "abc")
    }))

  it.scoped("knows no messages", () =>
    Effect.gen(function*() {
      const file = yield* openFile(yield* NodeIOProc.make(), yield* tempPath("abc"))
      strictEqual(file.onMessage({ _tag: "Ask" } as never)._tag, "None")
    }))

  it.scoped.skipIf(!isLinux)(
    "is never used after it was closed, whose number may be that of another by then",
    () =>
      Effect.gen(function*() {
        const driver = yield* NodeIOProc.make()
        const closed = yield* openFile(driver, yield* tempPath("abc"), { access: "readWrite" })
        yield* closed.close
        // The system gives the lowest number that is free.
        const path = yield* tempPath("other")
        const other = yield* openFile(driver, path, { access: "readWrite" })
        const errors = yield* Effect.all([
          Effect.flip(closed.read(new Uint8Array(1))),
          Effect.flip(closed.write(text("x"))),
          Effect.flip(closed.seek(0, "end")),
          Effect.flip(closed.close)
        ])
        assert.deepStrictEqual(errors.map((error) => error._tag), [
          "CannotRead",
          "CannotWrite",
          "CannotSeek",
          "CannotClose"
        ])
        strictEqual(yield* readSome(other, 9), "other")
        strictEqual(NFS.readFileSync(path, "latin1"), "other")
      })
  )
})

/** The files of the system, with nothing held of them. */
const plain = NodeIOProc.make({ readAhead: false, writeBehind: false })

describe("interruption", () => {
  const size = 32 * 2 ** 20

  it.scoped("of a read waits for it, and the position tells", () =>
    Effect.gen(function*() {
      const file = yield* openFile(yield* plain, yield* tempPath(new Uint8Array(size).fill(1)))
      const target = new Uint8Array(size)
      const reading = yield* forkUntilSuspended(file.read(target))
      const exit = yield* Fiber.interrupt(reading)
      strictEqual(exit._tag, "Failure")
      strictEqual(yield* file.seek(0, "current"), size)
      target.fill(2)
      yield* Effect.replicateEffect(roundTrip, 50)
      assert.isTrue(Buffer.alloc(size, 2).equals(target), "something still read into the target")
    }))

  it.scoped("of a write waits for it, and the position tells", () =>
    Effect.gen(function*() {
      const path = yield* tempPath("")
      const file = yield* openFile(yield* plain, path, { access: "write" })
      const source = new Uint8Array(size).fill(1)
      const writing = yield* forkUntilSuspended(file.write(source))
      yield* Fiber.interrupt(writing)
      const position = yield* file.seek(0, "current")
      strictEqual(position, size)
      source.fill(2)
      yield* Effect.replicateEffect(roundTrip, 50)
      assert.isTrue(Buffer.alloc(size, 1).equals(NFS.readFileSync(path)), "something still wrote from the source")
    }))

  it.scoped("of an open leaves no descriptor where the file is not taken", () =>
    Effect.gen(function*() {
      const path = yield* tempPath("abc")
      const driver = yield* NodeIOProc.make()
      // As Mmio opens: the interruption is heard once the file has its finalizer.
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

  it.scoped("synchronizes as the option says", () =>
    Effect.gen(function*() {
      const calls: Array<string> = []
      yield* counting("fsync", calls)
      yield* counting("fdatasync", calls)
      for (const sync of [undefined, false, true, "data"] as const) {
        const path = yield* tempPath("")
        const file = yield* openFile(yield* NodeIOProc.make({ sync }), path, { access: "write" })
        strictEqual(yield* file.write(text("ab")), 2)
        assert.deepStrictEqual(calls, [])
        strictEqual(yield* file.writeFlush(text("cd")), 2)
        strictEqual(yield* file.writeFlush(new Uint8Array(0)), 0)
        strictEqual(yield* file.seek(0, "current"), 4)
        const expected = { false: [], true: ["fsync", "fsync"], data: ["fdatasync", "fdatasync"] }[`${sync ?? false}`]
        assert.deepStrictEqual(calls.splice(0), expected)
        strictEqual(NFS.readFileSync(path, "latin1"), "abcd")
      }
    }))

  it.scoped("that cannot synchronize leaves the position, and no later one says that all is well", () =>
    Effect.gen(function*() {
      const path = yield* tempPath("")
      const file = yield* openFile(yield* NodeIOProc.make({ sync: true }), path, { access: "write" })
      yield* file.write(text("ab"))
      const first = yield* Effect.scoped(
        Effect.zipRight(stub("node:fs", "fsync", failing("EIO")), Effect.flip(file.writeFlush(text("cd"))))
      )
      strictEqual(first.message, `CannotWrite: NodeIOProc.writeFlush ${path} at 2: the device failed (EIO)`)
      strictEqual(yield* file.seek(0, "current"), 2)
      const second = yield* Effect.flip(file.writeFlush(text("cd")))
      strictEqual(second._tag, "CannotWrite")
      assert.include(second.message, "an earlier flush failed")
      assert.include(second.message, "(EIO)")
      strictEqual(yield* file.seek(0, "current"), 2)
      strictEqual(NFS.readFileSync(path, "latin1"), "abcd")
    }))

  it.scoped.skipIf(!isLinux)("has nothing to synchronize of what is no storage", () =>
    Effect.gen(function*() {
      const driver = yield* NodeIOProc.make({ sync: true })
      const path = "/proc/self/oom_score_adj"
      const content = NFS.readFileSync(path)
      const file = yield* openFile(driver, path, { access: "write", create: true })
      strictEqual(yield* file.writeFlush(content), content.length)
      const nothing = yield* openFile(driver, "/dev/null", { access: "write" })
      strictEqual(yield* nothing.writeFlush(text("abc")), 3)
    }))
})
