import { type IOProc, Mmio } from "@effect-mmio/core"
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
  readAt,
  request,
  text,
  writeAt
} from "./helpers.js"

/** Whether a handle may go to a position. */
const canSeek = (file: IOProc.File, position: number) =>
  Effect.suspend(() =>
    file.canSeek === undefined ? Effect.dieMessage("the file has no canSeek") : file.canSeek(position)
  )

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
      strictEqual(yield* writeAt(writer, 0, "hello"), 5)
      strictEqual(yield* writeAt(writer, 5, " you", "writeFlush"), 4)
      strictEqual(yield* writeAt(writer, 9, "", "writeFlush"), 0)
      strictEqual(yield* readAt(reader, 0, 3), "hel")
      strictEqual(yield* readAt(reader, 3, 100), "lo you")
      yield* writer.close
      strictEqual(yield* readAt(reader, 9, 100), "")
      strictEqual(yield* readAt(reader, 9, 100), "")
    }))

  it.scoped("says that it only goes forward, and has no size", () =>
    Effect.gen(function*() {
      const { path, reader, writer } = yield* ends
      const facts = {
        concurrent: false,
        forwardOnly: true,
        truncate: false,
        commit: "inPlace",
        cancellable: true,
        locks: "process"
      }
      assert.deepStrictEqual<object>(reader.capabilities, facts)
      assert.deepStrictEqual<object>(writer.capabilities, { ...facts, cancellable: false })
      strictEqual(reader.writeAt, undefined)
      strictEqual(writer.truncate, undefined)
      const error = yield* Effect.flip(reader.size)
      strictEqual(error.message, `NodeIOProc.seek ${path}: the file has no positions (ESPIPE)`)
      yield* writer.commit
    }))

  it.scoped("skips forward by reading, and refuses earlier positions", () =>
    Effect.gen(function*() {
      const { path, reader, writer } = yield* ends
      yield* writeAt(writer, 0, "abcdefghij")
      strictEqual(yield* readAt(reader, 0, 2), "ab")
      strictEqual(yield* readAt(reader, 5, 2), "fg")
      for (const position of [0, 2, 4, 6]) {
        const error = yield* Effect.flip(reader.readAt(position, new Uint8Array(1)))
        strictEqual(error._tag, "CannotRead")
        strictEqual(error.position, position)
        assert.include(error.message, `NodeIOProc.read ${path}`)
        assert.include(error.message, "the file has no positions (ESPIPE)")
        strictEqual((yield* Effect.flip(canSeek(reader, position)))._tag, "CannotSeek")
      }
      for (const position of [-1, 0.5, NaN]) {
        strictEqual((yield* Effect.flip(reader.readAt(position, new Uint8Array(1))))._tag, "CannotRead")
        strictEqual((yield* Effect.flip(canSeek(reader, position)))._tag, "CannotSeek")
      }
      yield* canSeek(reader, 7)
      yield* canSeek(reader, 1000)
      strictEqual(yield* readAt(reader, 8, 2), "ij")
      yield* writer.close
      strictEqual(yield* readAt(reader, 1000, 2), "", "the file ends before")
    }))

  it.scoped("skips more than it reads at once, in the order in which the bytes arrive", () =>
    Effect.gen(function*() {
      const { reader, writer } = yield* ends
      const far = 3 * 2 ** 16 + 5
      const skipping = yield* forkUntilSuspended(readAt(reader, far, 3))
      for (let position = 0; position < far; position += 1000) {
        yield* writeAt(writer, position, "x".repeat(Math.min(1000, far - position)))
      }
      yield* writeAt(writer, far, "abc")
      strictEqual(yield* Fiber.join(skipping), "abc")
    }))

  it.scoped("goes on with a skip that was interrupted", () =>
    Effect.gen(function*() {
      const { reader, writer } = yield* ends
      yield* writeAt(writer, 0, "abc")
      yield* Effect.flatMap(forkUntilSuspended(readAt(reader, 5, 2)), Fiber.interrupt)
      yield* writeAt(writer, 3, "defgh")
      strictEqual(yield* readAt(reader, 5, 2), "fg")
    }))

  it.scoped("is written at its own position alone", () =>
    Effect.gen(function*() {
      const { path, reader, writer } = yield* ends
      yield* writeAt(writer, 0, "abc")
      for (const position of [0, 2, 4]) {
        const error = yield* Effect.flip(writeAt(writer, position, "x"))
        strictEqual(
          error.message,
          `NodeIOProc.write ${path} at ${position}: the file has no positions (ESPIPE)`
        )
        strictEqual((yield* Effect.flip(canSeek(writer, position)))._tag, "CannotSeek")
      }
      strictEqual((yield* Effect.flip(writeAt(writer, -1, "", "writeFlush")))._tag, "CannotWrite")
      yield* canSeek(writer, 3)
      yield* writeAt(writer, 3, "d")
      strictEqual(yield* readAt(reader, 0, 9), "abcd")
    }))

  it.scoped("gives the bytes of the last read again at the same position", () =>
    Effect.gen(function*() {
      const { reader, writer } = yield* ends
      yield* writeAt(writer, 0, "abcdef")
      strictEqual(yield* readAt(reader, 0, 4), "abcd")
      yield* canSeek(reader, 0)
      strictEqual(yield* readAt(reader, 0, 3), "abc")
      strictEqual(yield* readAt(reader, 0, 9), "abcd")
      strictEqual(yield* readAt(reader, 4, 9), "ef")
      strictEqual((yield* Effect.flip(readAt(reader, 0, 1)))._tag, "CannotRead")
    }))

  it.scoped("lets a waiting read be interrupted, and loses no byte by it", () =>
    Effect.gen(function*() {
      const { reader, writer } = yield* ends
      const target = new Uint8Array(10)
      yield* Effect.flatMap(forkUntilSuspended(reader.readAt(0, target)), Fiber.interrupt)
      yield* Effect.flatMap(forkUntilSuspended(reader.readAt(0, target)), Fiber.interrupt)
      const waiting = yield* forkUntilSuspended(readAt(reader, 0, 2))
      yield* writeAt(writer, 0, "abcde")
      strictEqual(yield* Fiber.join(waiting), "ab")
      strictEqual(yield* readAt(reader, 2, 2), "cd")
      strictEqual(yield* readAt(reader, 4, 2), "e")
      assert.isTrue(target.every((byte) => byte === 0), "the target of an interrupted read was written to")
      // The end that an interrupted read was waiting for is not lost either.
      yield* Effect.flatMap(forkUntilSuspended(reader.readAt(5, target)), Fiber.interrupt)
      yield* writer.close
      strictEqual(yield* readAt(reader, 5, 2), "")
    }))

  it.scoped("gives nothing again once another read has begun", () =>
    Effect.gen(function*() {
      const { reader, writer } = yield* ends
      yield* writeAt(writer, 0, "ab")
      yield* readAt(reader, 0, 2)
      yield* Effect.flatMap(forkUntilSuspended(readAt(reader, 2, 2)), Fiber.interrupt)
      strictEqual((yield* Effect.flip(canSeek(reader, 0)))._tag, "CannotSeek")
      strictEqual((yield* Effect.flip(readAt(reader, 0, 1)))._tag, "CannotRead")
    }))

  it.scoped("that is open for both ignores positions, and keeps each stream in order", () =>
    Effect.gen(function*() {
      const both = yield* openFile(yield* NodeIOProc.make(), yield* makeFifo, { access: "readWrite" })
      yield* writeAt(both, 0, "abcd")
      strictEqual(yield* readAt(both, 0, 2), "ab")
      yield* writeAt(both, 77, "e")
      strictEqual(yield* readAt(both, 1000, 1), "c")
      strictEqual(yield* readAt(both, 0, 1), "d")
      strictEqual(yield* readAt(both, 0, 9), "e")
      yield* canSeek(both, 5)
      strictEqual((yield* Effect.flip(canSeek(both, 0)))._tag, "CannotSeek")
      strictEqual((yield* Effect.flip(canSeek(both, 6)))._tag, "CannotSeek")
      strictEqual((yield* Effect.flip(both.readAt(-1, new Uint8Array(1))))._tag, "CannotRead")
    }))

  it.scoped("is closed while a call still waits, and releases its descriptor when the call returns", () =>
    Effect.gen(function*() {
      const { driver, path, writer } = yield* ends
      yield* writer.close
      const [reader, other] = yield* Effect.all([
        openFile(driver, path, { share: "compat" }),
        openFile(driver, path, { access: "write", share: "compat" })
      ], { concurrency: 2 })
      yield* Effect.flatMap(forkUntilSuspended(reader.readAt(0, new Uint8Array(4))), Fiber.interrupt)
      const before = descriptorsIn(path).length
      yield* reader.close
      strictEqual(descriptorsIn(path).length, before)
      strictEqual((yield* Effect.flip(reader.close))._tag, "CannotClose")
      strictEqual((yield* Effect.flip(reader.readAt(0, new Uint8Array(1))))._tag, "CannotRead")
      strictEqual((yield* Effect.flip(other.readAt(0, new Uint8Array(1))))._tag, "CannotRead")
      yield* writeAt(other, 0, "abcd")
      yield* eventually(() => descriptorsIn(path).length === before - 1)
    }))

  it.scoped("is aborted as it is closed", () =>
    Effect.gen(function*() {
      const { path, reader, writer } = yield* ends
      yield* reader.abort
      yield* writer.abort
      assert.deepStrictEqual(descriptorsIn(path), [])
      yield* writer.abort
    }))

  it.scoped("without a reader is a NetworkError to write to", () =>
    Effect.gen(function*() {
      const { path, reader, writer } = yield* ends
      yield* reader.close
      const error = yield* Effect.flip(writeAt(writer, 0, "abc"))
      strictEqual(
        error.message,
        `NodeIOProc.write ${path} at 0: the other end closed the connection (EPIPE)`
      )
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
  it.scoped("discards what is written, or is always at its end", () =>
    Effect.gen(function*() {
      const driver = yield* NodeIOProc.make()
      const file = yield* openFile(driver, "/dev/null", { access: "readWrite", create: "truncate" })
      strictEqual(yield* writeAt(file, 0, "abc"), 3)
      strictEqual(yield* readAt(file, 0, 5), "")
      strictEqual((yield* Effect.flip(file.size))._tag, "CannotSeek")
      const reader = yield* openFile(driver, "/dev/null", { create: "truncate" })
      strictEqual(yield* readAt(reader, 100, 5), "")
      strictEqual(reader.writeAt, undefined)
    }))

  it.scoped("is read from its own position on", () =>
    Effect.gen(function*() {
      const file = yield* openFile(yield* NodeIOProc.make(), "/dev/zero")
      strictEqual(yield* readAt(file, 0, 3), "\0\0\0")
      const most = new Uint8Array(2 ** 20).fill(1)
      const count = yield* file.readAt(3, most)
      strictEqual(most.indexOf(1), count)
      strictEqual(yield* readAt(file, 2 ** 20 + 10, 3), "\0\0\0")
    }))

  it.scoped("can be full", () =>
    Effect.gen(function*() {
      const file = yield* openFile(yield* NodeIOProc.make(), "/dev/full", { access: "write" })
      const error = yield* Effect.flip(writeAt(file, 0, "abc"))
      strictEqual(error.message, "NodeIOProc.write /dev/full at 0: no space left on device (ENOSPC)")
    }))
})
