import { IOProc, Mmio } from "@effect-mmio/core"
import { NodeIOProc } from "@effect-mmio/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { strictEqual } from "@effect/vitest/utils"
import { Effect, Fiber, Option } from "effect"
import {
  descriptorsIn,
  eventually,
  failing,
  forkUntilSuspended,
  isLinux,
  makeFifo,
  openFile,
  readAt,
  request,
  roundTrip,
  stub,
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

  it.scoped("is closed while a read still waits, with its descriptor", () =>
    Effect.gen(function*() {
      const { driver, path, writer } = yield* ends
      yield* writer.close
      const reader = yield* driver.open(request(path, { share: "compat" }))
      yield* Effect.flatMap(forkUntilSuspended(reader.readAt(0, new Uint8Array(4))), Fiber.interrupt)
      const before = descriptorsIn(path).length
      yield* reader.close
      strictEqual(descriptorsIn(path).length, before - 1)
      strictEqual((yield* Effect.flip(reader.close))._tag, "CannotClose")
      strictEqual((yield* Effect.flip(reader.readAt(0, new Uint8Array(1))))._tag, "CannotRead")
      const other = yield* openFile(driver, path, { access: "readWrite", share: "compat" })
      const waiting = yield* forkUntilSuspended(other.readAt(0, new Uint8Array(4)))
      yield* other.close
      strictEqual((yield* Effect.flip(Fiber.join(waiting)))._tag, "CannotRead")
      strictEqual((yield* Effect.flip(other.readAt(0, new Uint8Array(1))))._tag, "CannotRead")
    }))

  it.scoped("takes no thread of the pool while it is opened, read or written, however many there are", () =>
    Effect.gen(function*() {
      const driver = yield* NodeIOProc.make()
      // The pool has four threads: with one taken by each of these, no call of node:fs would return.
      const paths = yield* Effect.all(Array.from({ length: 6 }, () => makeFifo))
      const opening = yield* Effect.forEach(
        paths,
        (path) => forkUntilSuspended(driver.open(request(path, { access: "write" })))
      )
      for (let i = 0; i < 20; i++) yield* roundTrip
      for (const fiber of opening) strictEqual(yield* Fiber.poll(fiber), Option.none())
      const readers = yield* Effect.forEach(paths, (path) => openFile(driver, path))
      const writers = yield* Fiber.join(Fiber.all(opening))
      const reading = yield* Effect.forEach(readers, (reader) => forkUntilSuspended(readAt(reader, 0, 4)))
      for (let i = 0; i < 20; i++) yield* roundTrip
      for (const fiber of reading) strictEqual(yield* Fiber.poll(fiber), Option.none())
      for (const writer of writers) yield* writeAt(writer, 0, "abc")
      assert.deepStrictEqual(yield* Fiber.join(Fiber.all(reading)), paths.map(() => "abc"))
      // More than a pipe holds.
      const much = Uint8Array.from({ length: 300_000 }, (_, i) => (i * 31 + (i >> 8)) % 251)
      const writeAll = (writer: IOProc.File, from = 0): Effect.Effect<void, unknown> =>
        from === much.length
          ? writer.close
          : Effect.flatMap(writeAt(writer, 3 + from, much.subarray(from)), (count) => writeAll(writer, from + count))
      const writing = yield* Effect.forEach(writers, (writer) => forkUntilSuspended(writeAll(writer)))
      for (let i = 0; i < 20; i++) yield* roundTrip
      for (const fiber of writing) strictEqual(yield* Fiber.poll(fiber), Option.none())
      const readAll = (reader: IOProc.File, from = 3): Effect.Effect<void, unknown> =>
        Effect.suspend(() => {
          const target = new Uint8Array(50_000)
          return Effect.flatMap(reader.readAt(from, target), (count) => {
            assert.deepStrictEqual(target.subarray(0, count), much.subarray(from - 3, from - 3 + count))
            return count > 0 ? readAll(reader, from + count) : Effect.sync(() => strictEqual(from - 3, much.length))
          })
        })
      yield* Effect.forEach(readers, (reader) => readAll(reader), { concurrency: "unbounded" })
      yield* Fiber.join(Fiber.all(writing))
    }))

  it.scoped("that has no reader can be interrupted while it is opened", () =>
    Effect.gen(function*() {
      const path = yield* makeFifo
      for (const blocking of [false, true]) {
        const driver = yield* NodeIOProc.make({ blocking })
        const replacing = IOProc.commitOnClose(driver)
        const options = { access: "write" } as const
        for (
          const open of [
            Effect.asVoid(driver.open(request(path, options))),
            // A handle is opened in a region that is not interruptible.
            Effect.scoped(Effect.asVoid(Mmio.openWith(driver, path, options))),
            Effect.scoped(Effect.asVoid(Mmio.openWith(replacing, path, { ...options, create: true })))
          ]
        ) {
          yield* Effect.flatMap(forkUntilSuspended(open), Fiber.interrupt)
          assert.deepStrictEqual(descriptorsIn(path), [])
        }
        // Nothing is left of its claim.
        yield* Effect.scoped(openFile(driver, path, { access: "readWrite", share: "exclusive" }))
      }
    }))

  it.scoped("ends for a reader whose writer comes late, also where it writes nothing", () =>
    Effect.gen(function*() {
      const driver = yield* NodeIOProc.make()
      for (const bytes of ["", "abc"]) {
        const path = yield* makeFifo
        const reader = yield* openFile(driver, path)
        const waiting = yield* forkUntilSuspended(readAt(reader, 0, 10))
        for (let i = 0; i < 20; i++) yield* roundTrip
        strictEqual(yield* Fiber.poll(waiting), Option.none())
        const writer = yield* openFile(driver, path, { access: "write" })
        if (bytes !== "") yield* writeAt(writer, 0, bytes)
        yield* writer.close
        strictEqual(yield* Fiber.join(waiting), bytes)
        strictEqual(yield* readAt(reader, bytes.length, 10), "")
        strictEqual(yield* readAt(reader, bytes.length, 10), "")
        yield* reader.close
        assert.deepStrictEqual(descriptorsIn(path), [])
      }
      // Before the first read, too.
      const path = yield* makeFifo
      const reader = yield* openFile(driver, path)
      yield* Effect.scoped(openFile(driver, path, { access: "write" }))
      strictEqual(yield* readAt(reader, 0, 10), "")
    }))

  it.scoped("gives a read no more than it asks for: the rest is for another reader", () =>
    Effect.gen(function*() {
      const { driver, path, reader, writer } = yield* ends
      const other = yield* openFile(driver, path)
      const waiting = yield* forkUntilSuspended(readAt(reader, 0, 3))
      yield* writeAt(writer, 0, "abcdef")
      strictEqual(yield* Fiber.join(waiting), "abc")
      strictEqual(yield* readAt(other, 0, 2), "de")
      strictEqual(yield* readAt(reader, 3, 2), "f")
      // A file that is open for both, one of whose writes waits, reads nothing by itself.
      const both = yield* openFile(driver, path, { access: "readWrite" })
      const room = 2 ** 16
      for (let filled = 0; filled < room;) filled += yield* writeAt(both, 0, "x".repeat(room - filled))
      const last = yield* forkUntilSuspended(writeAt(both, 0, "y"))
      for (let i = 0; i < 20; i++) yield* roundTrip
      strictEqual(yield* readAt(other, 2, room), "x".repeat(room))
      strictEqual(yield* Fiber.join(last), 1)
      strictEqual(yield* readAt(other, 2 + room, 2), "y")
    }))

  it.scoped("whose reader goes while a write waits is a NetworkError, and nothing of that write was transferred", () =>
    Effect.gen(function*() {
      const { path, reader, writer } = yield* ends
      const most = new Uint8Array(300_000)
      const written = yield* writeAt(writer, 0, most)
      const waiting = yield* forkUntilSuspended(writeAt(writer, written, most))
      yield* reader.close
      const error = yield* Effect.flip(Fiber.join(waiting))
      strictEqual(error._tag, "NetworkError")
      strictEqual((yield* Effect.flip(writeAt(writer, written, "x")))._tag, "NetworkError")
      yield* writer.close
      assert.deepStrictEqual(descriptorsIn(path), [])
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

  it.scoped("that has nothing yet is asked again, until it is closed", () =>
    Effect.gen(function*() {
      let empty = 5
      let asked = 0
      yield* stub("node:fs", "read", (original) => (...args: ReadonlyArray<unknown>) => {
        asked++
        if (empty-- > 0) return failing("EAGAIN")()(...args)
        original(...args)
      })
      const file = yield* openFile(yield* NodeIOProc.make(), "/dev/zero")
      strictEqual(yield* readAt(file, 0, 3), "\0\0\0")
      strictEqual(asked, 6)
      empty = Infinity
      const waiting = yield* forkUntilSuspended(readAt(file, 3, 3))
      yield* eventually(() => asked > 7)
      yield* file.close
      strictEqual((yield* Effect.flip(Fiber.join(waiting)))._tag, "CannotRead")
      assert.isFalse(descriptorsIn("/dev/zero").includes("/dev/zero"))
    }))

  it.scoped("can be full", () =>
    Effect.gen(function*() {
      const file = yield* openFile(yield* NodeIOProc.make(), "/dev/full", { access: "write" })
      const error = yield* Effect.flip(writeAt(file, 0, "abc"))
      strictEqual(error.message, "NodeIOProc.write /dev/full at 0: no space left on device (ENOSPC)")
    }))
})
