/**
 * Law 1: transfers happen at the position that they are given.
 */
import * as Effect from "effect/Effect"
import { failsWith, holds, same, sameBytes } from "./check.js"
import { define, type Definition } from "./definition.js"
import {
  joined,
  overwritten,
  readRest,
  readSome,
  readUpTo,
  refusedWrite,
  write,
  writeFully,
  zeros
} from "./environment.js"
import { pattern } from "./fixtures.js"

const position = define("position")

/** Positions that no file has. */
const invalid = [-1, -100, -(2 ** 40), 2 ** 53] as const

/** @internal */
export const positions: ReadonlyArray<Definition> = [
  position("a read returns the bytes at its position", ["randomAccess"], (env) =>
    Effect.gen(function*() {
      const { bytes, name } = yield* env.given("small")
      const file = yield* env.open(name)
      for (const at of [0, 99, 3, 3, 50, 51, 53, 98, 1]) {
        const read = yield* readSome(file, at, 20)
        holds(read.length > 0, `a read at ${at} of ${bytes.length} returned 0`)
        sameBytes(read, bytes.subarray(at, at + read.length), `the bytes at ${at}`)
      }
    })),

  position("reads in sequence continue where the last one ended", [], (env) =>
    Effect.gen(function*() {
      const { bytes, name } = yield* env.given("small")
      const file = yield* env.open(name)
      let at = 0
      for (const size of [1, 7, 2, 30, 200, 5]) {
        const read = yield* readSome(file, at, size)
        sameBytes(read, bytes.subarray(at, at + read.length), `${size} bytes at ${at}`)
        at += read.length
      }
    })),

  position("a file can be read backwards", ["randomAccess"], (env) =>
    Effect.gen(function*() {
      const { bytes, name } = yield* env.given("small")
      const file = yield* env.open(name)
      for (let at = bytes.length - 1; at >= 0; at--) {
        sameBytes(yield* readSome(file, at, 1), bytes.subarray(at, at + 1), `the byte at ${at}`)
      }
    })),

  position("a write puts its bytes at its position", ["write", "randomAccess"], (env) =>
    Effect.gen(function*() {
      const { bytes, name } = yield* env.given("small")
      const file = yield* env.open(name, { access: "write" })
      let expected = bytes
      for (const [at, size] of [[40, 9], [0, 1], [99, 1], [41, 3], [10, 30], [5, 5]] as const) {
        const source = pattern(size, at)
        const count = yield* write(file, at, source)
        holds(count > 0 && count <= size, `a write of ${size} bytes returned the count ${count}`)
        expected = overwritten(expected, at, source.subarray(0, count))
      }
      yield* env.close(file)
      sameBytes(yield* env.contents(name), expected, "the content")
    })),

  position("reads and writes do not move each other", ["write", "randomAccess"], (env) =>
    Effect.gen(function*() {
      const { bytes, name } = yield* env.given("small")
      const file = yield* env.open(name, { access: "readWrite" })
      sameBytes(yield* readUpTo(file, 0, 10), bytes.subarray(0, 10), "the first ten bytes")
      yield* writeFully(file, 50, pattern(10, 55))
      sameBytes(yield* readUpTo(file, 10, 10), bytes.subarray(10, 20), "the next ten bytes")
      yield* writeFully(file, 60, pattern(10, 66))
      sameBytes(yield* readUpTo(file, 20, 10), bytes.subarray(20, 30), "the ten bytes after those")
      sameBytes(
        yield* readRest(file),
        joined(bytes.subarray(0, 50), pattern(10, 55), pattern(10, 66), bytes.subarray(70)),
        "the whole file"
      )
    })),

  position("a read at a negative position is CannotRead, and changes nothing", [], (env) =>
    Effect.gen(function*() {
      const { bytes, name } = yield* env.given("small")
      const file = yield* env.open(name)
      sameBytes(yield* readUpTo(file, 0, 10), bytes.subarray(0, 10), "the first bytes")
      for (const at of invalid) {
        const target = new Uint8Array(5).fill(0xaa)
        yield* failsWith(file.readAt(at, target), `reading at ${at}`, "CannotRead")
        sameBytes(target, new Uint8Array(5).fill(0xaa), `the target of a read at ${at}`)
      }
      sameBytes(yield* readRest(file, 10), bytes.subarray(10), "the bytes after them")
    })),

  position(
    "a write at a negative position is CannotWrite, and changes nothing",
    ["write", "randomAccess"],
    (env) =>
      Effect.gen(function*() {
        const { bytes, name } = yield* env.given("small")
        const file = yield* env.open(name, { access: "readWrite" })
        for (const at of invalid) {
          for (const mode of ["write", "writeFlush"] as const) {
            const error = yield* failsWith(write(file, at, pattern(4, 99), mode), `a ${mode} at ${at}`, "CannotWrite")
            if (error._tag === "CannotWrite") same(error.written, 0, "`written` of the error")
          }
        }
        same(yield* file.size, bytes.length, "the size")
        sameBytes(yield* readRest(file), bytes, "what is read afterwards")
        yield* env.close(file)
        sameBytes(yield* env.contents(name), bytes, "the content")
      })
  ),

  position("size is the number of bytes", ["randomAccess"], (env) =>
    Effect.gen(function*() {
      for (const fixture of ["empty", "one", "small", "large"] as const) {
        const { bytes, name } = yield* env.given(fixture)
        const file = yield* env.open(name)
        for (const at of [0, bytes.length >> 1, bytes.length]) {
          same(yield* file.size, bytes.length, `the size of ${fixture}`)
          yield* readSome(file, at, 7)
        }
      }
    })),

  position(
    "size counts the bytes that the file itself has written",
    ["write", "randomAccess", "growable"],
    (env) =>
      Effect.gen(function*() {
        const { bytes, name } = yield* env.given("small")
        const file = yield* env.open(name, { access: "readWrite" })
        let size = bytes.length
        for (const part of [11, 1, 1, 30, 7]) {
          yield* writeFully(file, size, pattern(part, part))
          size += part
          same(yield* file.size, size, `the size after ${part} more bytes`)
        }
        yield* writeFully(file, 10, pattern(20))
        same(yield* file.size, size, "the size after overwriting")
      })
  ),

  position(
    "reading and asking for the size change no bytes",
    ["write", "randomAccess"],
    (env) =>
      Effect.gen(function*() {
        const { bytes, name } = yield* env.given("small")
        const file = yield* env.open(name, { access: "readWrite" })
        for (const at of [5, 1000, 99, 100, 101, 0]) {
          yield* readSome(file, at, 10)
          same(yield* file.size, bytes.length, "the size")
          if (file.canSeek !== undefined) yield* Effect.exit(file.canSeek(at))
        }
        yield* env.close(file)
        sameBytes(yield* env.contents(name), bytes, "the content")
      })
  ),

  position(
    "canSeek allows every position up to the end, and moves nothing",
    ["randomAccess"],
    (env) =>
      Effect.gen(function*() {
        const { bytes, name } = yield* env.given("small")
        const file = yield* env.open(name)
        let at = 0
        for (const to of [0, 50, 100, 99, 1]) {
          yield* file.canSeek?.(to) ?? Effect.void
          sameBytes(
            yield* readUpTo(file, at, 5),
            bytes.subarray(at, at + 5),
            `the bytes at ${at}, after canSeek(${to})`
          )
          at += 5
        }
      })
  ),

  position("a file that goes forward only skips by reading, and does not go back", [], (env) =>
    Effect.gen(function*() {
      const { bytes, name } = yield* env.given("small")
      const file = yield* env.open(name)
      // A duplex device ignores positions.
      if (file.writeAt !== undefined) return
      sameBytes(yield* readUpTo(file, 0, 7), bytes.subarray(0, 7), "the first bytes")
      sameBytes(yield* readUpTo(file, 20, 5), bytes.subarray(20, 25), "the bytes at 20")
      yield* failsWith(file.readAt(5, new Uint8Array(3)), "reading at 5, before 25", "CannotRead")
      sameBytes(yield* readRest(file, 25), bytes.subarray(25), "the rest")
      same((yield* readSome(file, 1000, 5)).length, 0, "bytes past the end")
    }), ["randomAccess"]),

  position(
    "a file that is open for reading refuses to write at any position",
    ["access"],
    (env) =>
      Effect.gen(function*() {
        const { bytes, name } = yield* env.given("small")
        const file = yield* env.open(name)
        for (const at of [0, 50, bytes.length, ...invalid]) yield* refusedWrite(file, at, zeros(3))
        sameBytes(yield* readRest(file), bytes, "what is read afterwards")
        yield* env.close(file)
        sameBytes(yield* env.contents(name), bytes, "the content")
      })
  )
]
