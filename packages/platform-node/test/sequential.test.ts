import { Mmio } from "@effect-mmio/core"
import { NodeIOProc } from "@effect-mmio/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { strictEqual } from "@effect/vitest/utils"
import { Effect, Fiber } from "effect"
import {
  descriptorsIn,
  eventually,
  forkUntilSuspended,
  isLinux,
  makeFifo,
  openFile,
  readSome,
  request,
  text
} from "./helpers.js"

const ends = Effect.gen(function*() {
  const path = yield* makeFifo
  const driver = yield* NodeIOProc.make()
  const [reader, writer] = yield* Effect.all([
    openFile(driver, path),
    openFile(driver, path, { access: "write" })
  ], { concurrency: 2 })
  return { path, driver, reader, writer }
})

describe.skipIf(!isLinux)("a FIFO", () => {
  it.scoped("carries bytes forward, to the end that closing its other side makes", () =>
    Effect.gen(function*() {
      const { reader, writer } = yield* ends
      strictEqual(yield* writer.write(text("hello")), 5)
      strictEqual(yield* writer.writeFlush(text(" you")), 4)
      strictEqual(yield* writer.writeFlush(text("")), 0)
      strictEqual(yield* readSome(reader, 3), "hel")
      strictEqual(yield* readSome(reader, 100), "lo you")
      strictEqual(yield* reader.read(new Uint8Array(0)), 0)
      strictEqual(yield* reader.seek(0, "current"), 9)
      strictEqual(yield* writer.seek(9, "start"), 9)
      yield* writer.close
      strictEqual(yield* readSome(reader, 100), "")
      strictEqual(yield* readSome(reader, 100), "")
    }))

  it.scoped("goes nowhere else", () =>
    Effect.gen(function*() {
      const { path, reader, writer } = yield* ends
      yield* writer.write(text("abcdef"))
      yield* readSome(reader, 2)
      yield* readSome(reader, 2)
      for (const [offset, from] of [[0, "start"], [5, "start"], [1, "current"], [0, "end"], [-1, "current"]] as const) {
        const error = yield* Effect.flip(reader.seek(offset, from))
        strictEqual(error._tag, "CannotSeek")
        assert.include(error.message, `NodeIOProc.seek ${path}`)
        assert.include(error.message, "the file has no positions (ESPIPE)")
      }
      strictEqual(yield* reader.seek(0, "current"), 4)
      strictEqual(yield* readSome(reader, 9), "ef")
    }))

  it.scoped("gives the last read again to a reader that did not get it", () =>
    Effect.gen(function*() {
      const { reader, writer } = yield* ends
      yield* writer.write(text("abcdef"))
      strictEqual(yield* readSome(reader, 4), "abcd")
      strictEqual(yield* reader.seek(0, "start"), 0)
      strictEqual(yield* readSome(reader, 3), "abc")
      strictEqual(yield* reader.seek(-3, "current"), 0)
      strictEqual(yield* readSome(reader, 9), "abcd")
      strictEqual(yield* readSome(reader, 9), "ef")
      strictEqual((yield* Effect.flip(reader.seek(0, "start")))._tag, "CannotSeek")
    }))

  it.scoped("lets a read be interrupted that waits, and loses nothing by it", () =>
    Effect.gen(function*() {
      const { reader, writer } = yield* ends
      const target = new Uint8Array(10)
      yield* Effect.flatMap(forkUntilSuspended(reader.read(target)), Fiber.interrupt)
      yield* Effect.flatMap(forkUntilSuspended(reader.read(target)), Fiber.interrupt)
      strictEqual(yield* reader.seek(0, "current"), 0)
      const waiting = yield* forkUntilSuspended(readSome(reader, 2))
      yield* writer.write(text("abcde"))
      strictEqual(yield* Fiber.join(waiting), "ab")
      strictEqual(yield* readSome(reader, 2), "cd")
      strictEqual(yield* readSome(reader, 2), "e")
      strictEqual(yield* reader.seek(0, "current"), 5)
      assert.isTrue(target.every((byte) => byte === 0), "the target of an interrupted read was written to")
      // The end that an interrupted read was waiting for is not lost either.
      yield* Effect.flatMap(forkUntilSuspended(reader.read(target)), Fiber.interrupt)
      yield* writer.close
      strictEqual(yield* readSome(reader, 2), "")
    }))

  it.scoped("gives nothing again once another read or write has begun", () =>
    Effect.gen(function*() {
      const { reader, writer } = yield* ends
      yield* writer.write(text("ab"))
      yield* readSome(reader, 2)
      yield* Effect.flatMap(forkUntilSuspended(readSome(reader, 2)), Fiber.interrupt)
      strictEqual((yield* Effect.flip(reader.seek(0, "start")))._tag, "CannotSeek")
      // Nothing is asked of the call that waits by who wants nothing.
      strictEqual(yield* reader.read(new Uint8Array(0)), 0)

      const both = yield* openFile(yield* NodeIOProc.make(), yield* makeFifo, { access: "readWrite" })
      yield* both.write(text("abcd"))
      strictEqual(yield* readSome(both, 2), "ab")
      yield* both.write(text("e"))
      strictEqual((yield* Effect.flip(both.seek(4, "start")))._tag, "CannotSeek")
      strictEqual(yield* both.seek(0, "current"), 7)
    }))

  it.scoped("is closed at once while a call still waits, and releases its descriptor when that comes back", () =>
    Effect.gen(function*() {
      const { driver, path, writer } = yield* ends
      yield* writer.close
      const [reader, other] = yield* Effect.all([
        openFile(driver, path, { share: "compat" }),
        openFile(driver, path, { access: "write", share: "compat" })
      ], { concurrency: 2 })
      yield* Effect.flatMap(forkUntilSuspended(reader.read(new Uint8Array(4))), Fiber.interrupt)
      const before = descriptorsIn(path).length
      yield* reader.close
      strictEqual(descriptorsIn(path).length, before)
      strictEqual((yield* Effect.flip(reader.close))._tag, "CannotClose")
      strictEqual((yield* Effect.flip(reader.read(new Uint8Array(1))))._tag, "CannotRead")
      strictEqual((yield* Effect.flip(other.read(new Uint8Array(1))))._tag, "CannotRead")
      yield* other.write(text("abcd"))
      yield* eventually(() => descriptorsIn(path).length === before - 1)
    }))

  it.scoped("without a reader is a NetworkError to write to", () =>
    Effect.gen(function*() {
      const { path, reader, writer } = yield* ends
      yield* reader.close
      const error = yield* Effect.flip(writer.write(text("abc")))
      strictEqual(
        error.message,
        `NetworkError: NodeIOProc.write ${path} at 0: the other end closed the connection (EPIPE)`
      )
      strictEqual(yield* writer.seek(0, "current"), 0)
    }))

  it.scoped("has sharing modes too, until it is closed", () =>
    Effect.gen(function*() {
      const path = yield* makeFifo
      const driver = yield* NodeIOProc.make()
      const both = yield* driver.open(request(path, { access: "readWrite", share: "exclusive" }))
      strictEqual((yield* Effect.flip(driver.open(request(path, { access: "readWrite" }))))._tag, "SharingViolation")
      yield* both.close
      yield* Effect.flatMap(driver.open(request(path, { access: "readWrite" })), (file) => file.close)
      assert.deepStrictEqual(descriptorsIn(path), [])
    }))

  it.scoped("can be read through a handle", () =>
    Effect.gen(function*() {
      const path = yield* makeFifo
      const [reader, writer] = yield* Effect.all([
        Mmio.open(path),
        Mmio.open(path, { access: "write" })
      ], { concurrency: 2 })
      yield* Mmio.write(writer, text("RIFF"))
      yield* Mmio.close(writer)
      strictEqual(Buffer.from(yield* Mmio.read(reader, 8)).toString(), "RIFF")
    }).pipe(Effect.provide(NodeIOProc.layer)))

  it.scoped("continues through a handle after an interrupted read", () =>
    Effect.gen(function*() {
      const path = yield* makeFifo
      const [reader, writer] = yield* Effect.all([
        Mmio.open(path),
        Mmio.open(path, { access: "write", buffer: "none" })
      ], { concurrency: 2 })
      yield* Mmio.write(writer, text("ab"))
      strictEqual(Buffer.from(yield* Mmio.read(reader, 2)).toString(), "ab")
      yield* Effect.flatMap(forkUntilSuspended(Mmio.read(reader, 4)), Fiber.interrupt)
      yield* Mmio.write(writer, text("cdef"))
      strictEqual(Buffer.from(yield* Mmio.read(reader, 4)).toString(), "cdef")
    }).pipe(Effect.provide(NodeIOProc.layer)))
})

describe.skipIf(!isLinux)("a character device", () => {
  it.scoped("swallows, or is always at its end", () =>
    Effect.gen(function*() {
      const driver = yield* NodeIOProc.make()
      const file = yield* openFile(driver, "/dev/null", { access: "readWrite", create: true })
      strictEqual(yield* file.write(text("abc")), 3)
      strictEqual(yield* file.seek(3, "start"), 3)
      strictEqual(yield* readSome(file, 5), "")
      strictEqual((yield* Effect.flip(file.seek(0, "end")))._tag, "CannotSeek")
      const reader = yield* openFile(driver, "/dev/null", { create: true })
      strictEqual((yield* Effect.flip(reader.write(text("abc"))))._tag, "CannotWrite")
    }))

  it.scoped("gives what it has", () =>
    Effect.gen(function*() {
      const file = yield* openFile(yield* NodeIOProc.make(), "/dev/zero")
      strictEqual(yield* readSome(file, 3), "\0\0\0")
      strictEqual((yield* Effect.flip(file.write(text("a"))))._tag, "CannotWrite")
      const most = new Uint8Array(2 ** 20).fill(1)
      const count = yield* file.read(most)
      strictEqual(most.indexOf(1), count)
      strictEqual(yield* file.seek(0, "current"), 3 + count)
    }))

  it.scoped("can be full", () =>
    Effect.gen(function*() {
      const file = yield* openFile(yield* NodeIOProc.make(), "/dev/full", { access: "write" })
      const error = yield* Effect.flip(file.write(text("abc")))
      strictEqual(error.message, "CannotWrite: NodeIOProc.write /dev/full at 0: no space left on device (ENOSPC)")
    }))
})
