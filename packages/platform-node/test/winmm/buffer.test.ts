/** What the pages of mmioFlush and mmioSetBuffer say, and what this library does. */
import { Mmio } from "@effect-mmio/core"
import { NodeIOProc } from "@effect-mmio/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { strictEqual } from "@effect/vitest/utils"
import { Effect } from "effect"
import * as NFS from "node:fs"
import { isLinux, makeFifo, tempPath, text } from "../helpers.js"
import { makeSmallDisk } from "../support/smallDisk.js"
import { latin1 } from "../support/storages.js"

const onDisk = Effect.provide(NodeIOProc.layer)

describe("mmioFlush", () => {
  it.scoped("writes the buffer to the file, and leaves the position where it is", () =>
    onDisk(Effect.gen(function*() {
      const path = yield* tempPath("abcdef")
      const file = yield* Mmio.open(path, { access: "readWrite" })
      yield* Mmio.read(file, 1)
      yield* Mmio.write(file, text("X"))
      strictEqual(NFS.readFileSync(path, "latin1"), "abcdef")
      yield* Mmio.flush(file)
      strictEqual(NFS.readFileSync(path, "latin1"), "aXcdef")
      strictEqual(yield* Mmio.position(file), 2)
      strictEqual(latin1(yield* Mmio.read(file, 9)), "cdef")
    })))

  it.scoped("pushes down what middleware gathered from writes in sequence", () =>
    onDisk(Effect.gen(function*() {
      const path = yield* tempPath("")
      const file = yield* Mmio.open(path, { access: "write", buffer: 16 })
      for (let i = 0; i < 1000; i++) yield* Mmio.write(file, text("0123456789"))
      yield* Mmio.flush(file)
      strictEqual(NFS.statSync(path).size, 10_000)
    })))

  it.scoped("without MMIO_EMPTYBUF keeps what was read ahead; with it the next read asks the storage", () =>
    onDisk(Effect.gen(function*() {
      const path = yield* tempPath("abc")
      const file = yield* Mmio.open(path)
      yield* Mmio.read(file, 1)
      NFS.writeFileSync(path, "XYZ")
      yield* Mmio.flush(file)
      strictEqual(latin1(yield* Mmio.read(file, 1)), "b")
      yield* Mmio.flush(file, { emptyBuffer: true })
      strictEqual(yield* Mmio.position(file), 2)
      strictEqual(latin1(yield* Mmio.read(file, 1)), "Z")
    })))

  it.scoped("with MMIO_EMPTYBUF reaches through the blocks of read-ahead", () =>
    onDisk(Effect.gen(function*() {
      const size = 1 << 20
      const path = yield* tempPath(new Uint8Array(size).fill(1))
      const file = yield* Mmio.open(path, { buffer: 1000 })
      for (let i = 0; i < 300; i++) yield* Mmio.read(file, 1000)
      NFS.writeFileSync(path, new Uint8Array(size).fill(2))
      yield* Mmio.flush(file, { emptyBuffer: true })
      const rest = yield* Mmio.read(file, size)
      strictEqual(rest.length, size - 300_000)
      assert.isTrue(rest.every((byte) => byte === 2))
    })))

  it.scoped.skipIf(!isLinux)(
    "with MMIO_EMPTYBUF loses nothing of a pipe, whose bytes pass once",
    () =>
      onDisk(Effect.gen(function*() {
        const path = yield* makeFifo
        // Opened for both by the test, so that neither end waits for the other.
        const fd = NFS.openSync(path, NFS.constants.O_RDWR)
        NFS.writeSync(fd, "abcdef")
        const file = yield* Mmio.open(path)
        strictEqual(latin1(yield* Mmio.read(file, 2)), "ab")
        yield* Mmio.flush(file, { emptyBuffer: true })
        strictEqual(latin1(yield* Mmio.read(file, 4)), "cdef")
        NFS.closeSync(fd)
      }))
  )

  it.scoped("fails on a full disk, though the writes before succeeded; the bytes stay, and the next flush tries again", () =>
    Effect.gen(function*() {
      const disk = makeSmallDisk(3)
      const file = yield* Mmio.openWith(disk.ioProc, "f", { access: "write" })
      strictEqual(yield* Mmio.write(file, text("abcd")), 4)
      strictEqual(yield* Mmio.write(file, text("ef")), 2)
      const error = yield* Effect.flip(Mmio.flush(file))
      strictEqual(error.message, "Mmio.flush f at 0: no space left on device (ENOSPC)")
      disk.grow(100)
      yield* Mmio.flush(file)
      strictEqual(latin1(disk.content()), "abcdef")
    }))

  it.scoped("is done by closing", () =>
    onDisk(Effect.gen(function*() {
      const path = yield* tempPath("abc")
      yield* Mmio.withFile(path, { access: "write" }, (file) => Mmio.write(file, text("X")))
      strictEqual(NFS.readFileSync(path, "latin1"), "Xbc")
    })))

  it.scoped("does nothing to a memory file", () =>
    Effect.gen(function*() {
      const file = yield* Mmio.openMemory({ bytes: text("abc") })
      yield* Mmio.read(file, 1)
      yield* Mmio.flush(file, { emptyBuffer: true })
      strictEqual(latin1(yield* Mmio.read(file, 9)), "bc")
    }))
})

describe("mmioSetBuffer", () => {
  const opened = (buffer: number | Uint8Array | "none") =>
    Effect.flatMap(tempPath("abcdef"), (path) => Mmio.open(path, { access: "readWrite", buffer }))
  const bufferOf = (file: Mmio.Handle) => Effect.map(Mmio.getInfo(file), ({ bytes }) => bytes)

  it.scoped("without a pointer allocates a buffer of the size", () =>
    onDisk(Effect.gen(function*() {
      const file = yield* opened("none")
      yield* Mmio.setBuffer(file, 4)
      strictEqual((yield* bufferOf(file)).length, 4)
      strictEqual(latin1(yield* Mmio.read(file, 9)), "abcdef")
    })))

  it.scoped("takes a buffer of the caller's own", () =>
    onDisk(Effect.gen(function*() {
      const file = yield* opened(8)
      const own = new Uint8Array(5)
      yield* Mmio.setBuffer(file, own)
      strictEqual(yield* bufferOf(file), own)
    })))

  it.scoped("without a pointer and with 0 ends buffering: what is written has reached the file", () =>
    onDisk(Effect.gen(function*() {
      const path = yield* tempPath("abcdef")
      const file = yield* Mmio.open(path, { access: "write" })
      yield* Mmio.setBuffer(file, "none")
      yield* Mmio.write(file, text("X"))
      strictEqual(NFS.readFileSync(path, "latin1"), "Xbcdef")
      yield* Mmio.setBuffer(file, 0)
      strictEqual((yield* bufferOf(file)).length, 0)
    })))

  it.scoped("changes the size at any moment; the position and what is still to be written are kept", () =>
    onDisk(Effect.gen(function*() {
      const path = yield* tempPath("abcdef")
      const file = yield* Mmio.open(path, { access: "readWrite" })
      yield* Mmio.write(file, text("X"))
      for (const size of [2, 100, 1, 8192]) {
        yield* Mmio.setBuffer(file, size)
        strictEqual(yield* Mmio.position(file), 1)
      }
      strictEqual(latin1(yield* Mmio.read(file, 9)), "bcdef")
      strictEqual(NFS.readFileSync(path, "latin1"), "Xbcdef")
    })))

  it.scoped("is aborted with CannotWrite where the old buffer cannot be written; the handle stays as it was", () =>
    Effect.gen(function*() {
      const disk = makeSmallDisk(1)
      const file = yield* Mmio.openWith(disk.ioProc, "f", { access: "write", buffer: 16 })
      yield* Mmio.write(file, text("ab"))
      strictEqual((yield* Effect.flip(Mmio.setBuffer(file, 4)))._tag, "CannotWrite")
      strictEqual((yield* bufferOf(file)).length, 16)
      disk.grow(100)
      yield* Mmio.setBuffer(file, 4)
      strictEqual(latin1(disk.content()), "ab")
    }))

  it.scoped("is OutOfMemory where the buffer cannot be allocated, and keeps the old one", () =>
    onDisk(Effect.gen(function*() {
      const file = yield* opened(4)
      const old = yield* bufferOf(file)
      strictEqual((yield* Effect.flip(Mmio.setBuffer(file, Number.MAX_SAFE_INTEGER)))._tag, "OutOfMemory")
      strictEqual(yield* bufferOf(file), old)
    })))

  it.scoped("of an invalid size is InvalidParameter", () =>
    onDisk(Effect.gen(function*() {
      const file = yield* opened(4)
      for (const size of [-1, 1.5, Number.NaN]) {
        strictEqual((yield* Effect.flip(Mmio.setBuffer(file, size)))._tag, "InvalidParameter")
      }
    })))

  it.scoped("is InvalidParameter on a memory file, whose buffer is its content", () =>
    Effect.gen(function*() {
      const file = yield* Mmio.openMemory({ bytes: text("abc") })
      strictEqual((yield* Effect.flip(Mmio.setBuffer(file, 100)))._tag, "InvalidParameter")
      strictEqual(latin1(yield* Mmio.read(file, 9)), "abc")
    }))
})
