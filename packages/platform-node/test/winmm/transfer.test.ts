/** What the pages of mmioClose, mmioRead, mmioWrite and mmioSeek say, and what this library does. */
import { IOProc, Mmio, MmioError } from "@effect-mmio/core"
import { NodeIOProc } from "@effect-mmio/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { strictEqual } from "@effect/vitest/utils"
import { Effect, Option } from "effect"
import * as NFS from "node:fs"
import { tempPath, text } from "../helpers.js"
import { makeSmallDisk } from "../support/smallDisk.js"
import { latin1 } from "../support/storages.js"

const onDisk = Effect.provide(NodeIOProc.layer)

describe("mmioClose", () => {
  it.scoped("writes what is in the buffer", () =>
    onDisk(Effect.gen(function*() {
      const path = yield* tempPath("abc")
      const file = yield* Mmio.open(path, { access: "write" })
      yield* Mmio.write(file, text("X"))
      yield* Mmio.close(file)
      strictEqual(NFS.readFileSync(path, "latin1"), "Xbc")
    })))

  it.scoped("fails with CannotWrite where the buffer cannot be written; the handle then stays open, and closing can be tried again", () =>
    Effect.gen(function*() {
      const disk = makeSmallDisk(2)
      const file = yield* Mmio.openWith(disk.ioProc, "f", { access: "write" })
      yield* Mmio.write(file, text("abcd"))
      const error = yield* Effect.flip(Mmio.close(file))
      strictEqual(error._tag, "CannotWrite")
      disk.grow(100)
      yield* Mmio.close(file)
      strictEqual(latin1(disk.content()), "abcd")
    }))

  it.scoped("fails with the error of the procedure; the handle is still closed", () =>
    Effect.gen(function*() {
      const closing = new MmioError.CannotClose({ operation: "close", file: "f", description: "the procedure says so" })
      const procedure = IOProc.fromProcedure<"file">((message) =>
        message._tag === "Open"
          ? Option.some(message.reply(Effect.succeed("file")))
          : message._tag === "Close"
          ? Option.some(message.reply(closing))
          : Option.none()
      )
      const file = yield* Mmio.openWith(procedure, "f")
      const error = yield* Effect.flip(Mmio.close(file))
      strictEqual(error.message, "Mmio.close f: the procedure says so")
      const exit = yield* Effect.exit(Mmio.position(file))
      assert.include(String(exit), "the handle was used after it was closed")
    }))

  it.scoped("leaves a given file open: MMIO_FHOPEN is how Mmio.fromFile always closes, and no flag is sent", () =>
    Effect.gen(function*() {
      let closed = 0
      const file = IOProc.makeFile({
        name: "given",
        size: Effect.succeed(0),
        readAt: () => Effect.succeed(0),
        close: Effect.sync(() => {
          closed++
        })
      })
      yield* Effect.scoped(Mmio.fromFile(file))
      yield* Mmio.close(yield* Mmio.fromFile(file))
      strictEqual(closed, 0)
    }))
})

describe("mmioRead", () => {
  it.scoped("gives the number of bytes that were read, fewer only at the end, and then 0", () =>
    onDisk(Effect.gen(function*() {
      const file = yield* Mmio.open(yield* tempPath("abcde"), { buffer: 2 })
      const target = new Uint8Array(4)
      strictEqual(yield* Mmio.readInto(file, target), 4)
      strictEqual(yield* Mmio.readInto(file, target), 1)
      strictEqual(latin1(target), "ebcd")
      strictEqual(yield* Mmio.readInto(file, target), 0)
      strictEqual((yield* Mmio.read(file, 4)).length, 0)
    })))

  it.scoped("fails where reading fails, rather than with -1, and leaves the position where it was", () =>
    Effect.gen(function*() {
      const reading = new MmioError.CannotRead({ operation: "read", file: "f", description: "the device failed" })
      const broken = IOProc.makeFile({
        name: "f",
        size: Effect.succeed(9),
        readAt: (position, target) => position < 2 ? Effect.succeed(Math.min(2, target.length)) : reading
      })
      const file = yield* Mmio.fromFile(broken, { buffer: 2 })
      const error = yield* Effect.flip(Mmio.read(file, 4))
      strictEqual(error._tag, "CannotRead")
      strictEqual(yield* Mmio.position(file), 0)
      strictEqual((yield* Mmio.read(file, 2)).length, 2)
    }))
})

describe("mmioWrite", () => {
  it.scoped("gives the number of bytes that were written, and moves the position by it", () =>
    onDisk(Effect.gen(function*() {
      const path = yield* tempPath("abcdef")
      const file = yield* Mmio.open(path, { access: "readWrite" })
      yield* Mmio.seek(file, 1)
      strictEqual(yield* Mmio.write(file, text("XY")), 2)
      strictEqual(yield* Mmio.position(file), 3)
      strictEqual(yield* Mmio.write(file, new Uint8Array(0)), 0)
      strictEqual(latin1(yield* Mmio.read(file, 9)), "def")
      yield* Mmio.flush(file)
      strictEqual(NFS.readFileSync(path, "latin1"), "aXYdef")
    })))

  it.scoped("fails where writing fails, rather than with -1, and says how many bytes went down", () =>
    Effect.gen(function*() {
      const disk = makeSmallDisk(2)
      const file = yield* Mmio.openWith(disk.ioProc, "f", { access: "write", buffer: "none" })
      const error = yield* Effect.flip(Mmio.write(file, text("abcd")))
      strictEqual(error._tag, "CannotWrite")
      if (error._tag === "CannotWrite") strictEqual(error.written, 0)
      strictEqual(yield* Mmio.position(file), 0)
    }))

  it.scoped("without a buffer has reached the system when it returns, also after many writes in sequence", () =>
    onDisk(Effect.gen(function*() {
      const path = yield* tempPath("")
      const file = yield* Mmio.open(path, { access: "write", buffer: "none" })
      for (let i = 1; i <= 40; i++) {
        yield* Mmio.write(file, text("x"))
        strictEqual(NFS.statSync(path).size, i)
      }
    })))
})

describe("mmioSeek", () => {
  const opened = Effect.flatMap(tempPath("abcdef"), (path) => Mmio.open(path, { access: "readWrite" }))

  it.scoped("gives the new position, counted from the start of the file", () =>
    onDisk(Effect.gen(function*() {
      const file = yield* opened
      strictEqual(yield* Mmio.seek(file, 4), 4)
      strictEqual(yield* Mmio.seek(file, -1, "current"), 3)
      strictEqual(yield* Mmio.seek(file, 2, "current"), 5)
      strictEqual(latin1(yield* Mmio.read(file, 1)), "f")
    })))

  it.scoped("from the end adds the offset, so that -1 is the last byte", () =>
    onDisk(Effect.gen(function*() {
      const file = yield* opened
      strictEqual(yield* Mmio.seek(file, -1, "end"), 5)
      strictEqual(latin1(yield* Mmio.read(file, 9)), "f")
      strictEqual(yield* Mmio.seek(file, 1, "end"), 7)
    })))

  it.scoped("by 0 from the end finds the length, with what is still in the buffer", () =>
    onDisk(Effect.gen(function*() {
      const file = yield* opened
      strictEqual(yield* Mmio.seek(file, 0, "end"), 6)
      yield* Mmio.write(file, text("gh"))
      strictEqual(yield* Mmio.seek(file, 0, "end"), 8)
    })))

  it.scoped("past the end is no failure: reading there gives no bytes, and writing there fills the gap with zeros", () =>
    onDisk(Effect.gen(function*() {
      const file = yield* opened
      strictEqual(yield* Mmio.seek(file, 8), 8)
      strictEqual((yield* Mmio.read(file, 1)).length, 0)
      yield* Mmio.write(file, text("X"))
      yield* Mmio.seek(file, 0)
      strictEqual(latin1(yield* Mmio.read(file, 99)), "abcdef\0\0X")
    })))

  it.scoped("before the start, or past a block of memory that cannot grow, is CannotSeek, and moves nothing", () =>
    onDisk(Effect.gen(function*() {
      const file = yield* opened
      yield* Mmio.seek(file, 3)
      strictEqual((yield* Effect.flip(Mmio.seek(file, -4, "current")))._tag, "CannotSeek")
      strictEqual(yield* Mmio.position(file), 3)
      const block = yield* Mmio.openMemory({ size: 4 })
      strictEqual((yield* Effect.flip(Mmio.seek(block, 5)))._tag, "CannotSeek")
      strictEqual(yield* Mmio.seek(block, 4), 4)
    })))
})
