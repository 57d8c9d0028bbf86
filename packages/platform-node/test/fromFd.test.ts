/**
 * Files over descriptors that the program has open.
 */
import { Mmio } from "@effect-mmio/core"
import { NodeIOProc } from "@effect-mmio/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { strictEqual } from "@effect/vitest/utils"
import { Effect, Fiber, Option } from "effect"
import * as NFS from "node:fs"
import {
  forkUntilSuspended,
  isLinux,
  makeFifo,
  readAt,
  stub,
  tempFolder,
  tempPath,
  text,
  truncate,
  writeAt
} from "./helpers.js"

const openFd = (path: string, flags: string | number) =>
  Effect.acquireRelease(
    Effect.sync(() => NFS.openSync(path, flags)),
    (fd) => Effect.sync(() => NFS.closeSync(fd))
  )

/** The offset that the system keeps for a descriptor. */
const offsetOf = (fd: number): number => {
  const info = NFS.readFileSync(`/proc/self/fdinfo/${fd}`, "latin1")
  return Number(/^pos:\s*(\d+)/.exec(info)?.[1])
}

const bytes = (buffer: Uint8Array) => Buffer.from(buffer).toString("latin1")

describe("fromFd", () => {
  for (const blocking of [false, true]) {
    it.scoped(`reads and writes at positions, ${blocking ? "blocking" : "in the background"}`, () =>
      Effect.gen(function*() {
        const path = yield* tempPath("abcdefgh")
        const fd = yield* openFd(path, "r+")
        const file = yield* NodeIOProc.fromFd(fd, { access: "readWrite", blocking })
        strictEqual(file.capabilities.locks, "none")
        strictEqual(file.capabilities.concurrent, !blocking)
        strictEqual(file.start, 0)
        strictEqual(yield* readAt(file, 2, 3), "cde")
        strictEqual(yield* writeAt(file, 6, "XYZ"), 3)
        strictEqual(yield* file.size, 9)
        yield* truncate(file, 7)
        strictEqual(NFS.readFileSync(path, "latin1"), "abcdefX")
      }))
  }

  it.scoped.skipIf(!isLinux)("neither moves the offset of the descriptor nor closes it", () =>
    Effect.gen(function*() {
      const path = yield* tempPath("abcdefgh")
      const fd = yield* openFd(path, "r+")
      NFS.readSync(fd, new Uint8Array(2))
      strictEqual(offsetOf(fd), 2)
      yield* Effect.scoped(Effect.gen(function*() {
        const file = yield* NodeIOProc.fromFd(fd, { access: "readWrite", position: 5 })
        const handle = yield* Mmio.fromFile(file, { access: "readWrite" })
        strictEqual(bytes(yield* Mmio.read(handle, 9)), "fgh")
        yield* Mmio.writeAll(handle, text("ij"))
        yield* Mmio.seek(handle, 0)
        strictEqual(bytes(yield* Mmio.read(handle, 1)), "a")
        strictEqual(offsetOf(fd), 2)
        yield* Mmio.close(handle)
        yield* file.close
        strictEqual((yield* Effect.flip(file.readAt(0, new Uint8Array(1))))._tag, "CannotRead")
        strictEqual((yield* Effect.flip(file.close))._tag, "CannotClose")
      }))
      const other = yield* NodeIOProc.fromFd(fd)
      yield* other.abort
      strictEqual(offsetOf(fd), 2)
      strictEqual(NFS.readFileSync(path, "latin1"), "abcdefghij")
      const rest = new Uint8Array(3)
      strictEqual(NFS.readSync(fd, rest), 3)
      strictEqual(bytes(rest), "cde")
    }))

  it.scoped.skipIf(!isLinux)(
    "reads and writes at the descriptor's own offset with forwardOnly, and moves it",
    () =>
      Effect.gen(function*() {
        const path = yield* tempPath("abcdefgh")
        const reader = yield* openFd(path, "r")
        NFS.readSync(reader, new Uint8Array(2))
        const source = yield* NodeIOProc.fromFd(reader, { forwardOnly: true })
        strictEqual(source.capabilities.forwardOnly, true)
        strictEqual(yield* readAt(source, 0, 3), "cde")
        strictEqual(offsetOf(reader), 5)
        const writer = yield* openFd(path, "r+")
        NFS.writeSync(writer, "1")
        const target = yield* NodeIOProc.fromFd(writer, { access: "write", forwardOnly: true })
        strictEqual(yield* writeAt(target, 0, "23"), 2)
        NFS.writeSync(writer, "4")
        strictEqual(NFS.readFileSync(path, "latin1"), "1234efgh")
      })
  )

  it.scoped("starts a handle at the position that is given", () =>
    Effect.gen(function*() {
      const fd = yield* openFd(yield* tempPath("abcdefgh"), "r")
      const file = yield* NodeIOProc.fromFd(fd, { position: 3 })
      const handle = yield* Mmio.fromFile(file)
      strictEqual(yield* Mmio.position(handle), 3)
      strictEqual(bytes(yield* Mmio.read(handle, 2)), "de")
      strictEqual(yield* Mmio.seek(handle, -8, "end"), 0)
      strictEqual(bytes(yield* Mmio.read(handle, 2)), "ab")
      for (const position of [-1, 0.5, NaN, 2 ** 53]) {
        strictEqual((yield* Effect.flip(NodeIOProc.fromFd(fd, { position })))._tag, "InvalidParameter")
      }
    }))

  it.scoped("is used for what access says, whatever the descriptor can do", () =>
    Effect.gen(function*() {
      const path = yield* tempPath("abc")
      const fd = yield* openFd(path, "r+")
      const reader = yield* NodeIOProc.fromFd(fd)
      strictEqual(reader.writeAt, undefined)
      strictEqual(reader.truncate, undefined)
      const handle = yield* Effect.flip(Mmio.fromFile(reader, { access: "write" }))
      strictEqual(handle._tag, "AccessDenied")
      const writer = yield* NodeIOProc.fromFd(fd, { access: "write" })
      strictEqual((yield* Effect.flip(writer.readAt(0, new Uint8Array(1))))._tag, "CannotRead")
      // What the descriptor cannot do, the system refuses.
      const readOnly = yield* NodeIOProc.fromFd(yield* openFd(path, "r"), { access: "readWrite", name: "take 1" })
      const error = yield* Effect.flip(writeAt(readOnly, 0, "x"))
      strictEqual(error.message, "NodeIOProc.write take 1 at 0: the file is not open for this (EBADF)")
    }))

  it.scoped("takes a FileHandle, and fails once its owner has closed it", () =>
    Effect.gen(function*() {
      const path = yield* tempPath("abcdef")
      const handle = yield* Effect.promise(() => NFS.promises.open(path, "r+"))
      const file = yield* NodeIOProc.fromFd(handle, { access: "readWrite" })
      strictEqual(yield* readAt(file, 1, 2), "bc")
      yield* file.close
      const other = yield* NodeIOProc.fromFd(handle, { access: "readWrite" })
      yield* Effect.promise(() => handle.close())
      const errors = yield* Effect.all([
        Effect.flip(other.readAt(0, new Uint8Array(1))),
        Effect.flip(writeAt(other, 0, "x")),
        Effect.flip(other.size)
      ])
      assert.deepStrictEqual(errors.map(({ _tag, errno }) => [_tag, errno]), [
        ["CannotRead", "EBADF"],
        ["CannotWrite", "EBADF"],
        ["CannotSeek", "EBADF"]
      ])
      strictEqual((yield* Effect.flip(NodeIOProc.fromFd(handle)))._tag, "CannotOpen")
      strictEqual(NFS.readFileSync(path, "latin1"), "abcdef")
    }))

  it.scoped("refuses folders, and numbers of no descriptor", () =>
    Effect.gen(function*() {
      const fd = yield* openFd(yield* tempFolder, "r")
      const folder = yield* Effect.flip(NodeIOProc.fromFd(fd))
      strictEqual(folder.message, `NodeIOProc.fromFd descriptor ${fd}: it is a folder (EISDIR)`)
      const unused = yield* Effect.flip(NodeIOProc.fromFd(100_000, { name: "no file" }))
      strictEqual(unused.message, "NodeIOProc.fromFd no file: the file is not open for this (EBADF)")
      for (const invalid of [-1, 0.5]) {
        strictEqual((yield* Effect.flip(NodeIOProc.fromFd(invalid)))._tag, "CannotOpen")
      }
    }))

  it.scoped("has the identity of the file by its name", () =>
    Effect.gen(function*() {
      const path = yield* tempPath("abc")
      const file = yield* NodeIOProc.fromFd(yield* openFd(path, "r"))
      const named = yield* NodeIOProc.fromFd(yield* openFd(path, "r"))
      assert.isTrue(Option.isSome(file.identity))
      assert.deepStrictEqual(file.identity, named.identity)
    }))

  it.scoped("synchronizes a flush where asked to", () =>
    Effect.gen(function*() {
      const fd = yield* openFd(yield* tempPath(""), "w")
      const synchronized: Array<unknown> = []
      yield* stub("node:fs", "fsync", (original) => (...args: ReadonlyArray<unknown>) => {
        synchronized.push(args[0])
        return original(...args)
      })
      for (const sync of [false, true]) {
        const file = yield* NodeIOProc.fromFd(fd, { access: "write", sync })
        yield* writeAt(file, 0, "abc", "writeFlush")
      }
      assert.deepStrictEqual(synchronized, [fd])
    }))

  it.scoped.skipIf(!isLinux)("reads a pipe forward, and leaves it open", () =>
    Effect.gen(function*() {
      const path = yield* makeFifo
      const fd = yield* openFd(path, NFS.constants.O_RDWR)
      const file = yield* NodeIOProc.fromFd(fd, { position: 100 })
      assert.isTrue(file.capabilities.forwardOnly)
      NFS.writeSync(fd, "abcdef")
      const handle = yield* Mmio.fromFile(file)
      strictEqual(yield* Mmio.position(handle), 100)
      strictEqual(yield* readAt(file, 100, 2), "ab")
      strictEqual(yield* readAt(file, 103, 2), "de")
      strictEqual(yield* readAt(file, 105, 2), "f")
      yield* Effect.flatMap(forkUntilSuspended(file.readAt(106, new Uint8Array(1))), Fiber.interrupt)
      yield* file.close
      // The call in flight takes one of the two.
      NFS.writeSync(fd, "gh")
      const later = yield* NodeIOProc.fromFd(fd, { access: "readWrite" })
      assert.include(["g", "h"], yield* readAt(later, 0, 1))
    }))
})
