/**
 * Reading and writing: sizes, arrays that belong to the caller, and every value of a byte.
 */
import * as Effect from "effect/Effect"
import { same, sameBytes } from "./check.js"
import { define, type Definition } from "./definition.js"
import { joined, overwritten, readRest, readSome, readUpTo, write, writeFully } from "./environment.js"
import { pattern } from "./fixtures.js"

const bytes_ = define("bytes")

const writing = { access: "write", create: "truncate" } as const

/** @internal */
export const bytes: ReadonlyArray<Definition> = [
  bytes_("a file of one byte has that byte", [], (env) =>
    Effect.gen(function*() {
      const { bytes, name } = yield* env.given("one")
      const file = yield* env.open(name)
      sameBytes(yield* readSome(file, 0, 10), bytes, "what is read")
      same((yield* readSome(file, 1, 10)).length, 0, "bytes after it")
    })),

  ...[1, 2, 3, 7, 13, 99, 100, 101].map((size) =>
    bytes_(`reads of ${size} return every byte once, in order`, [], (env) =>
      Effect.gen(function*() {
        const { bytes, name } = yield* env.given("small")
        sameBytes(yield* readRest(yield* env.open(name), 0, size), bytes, "what is read")
      }))
  ),

  ...[1000, 4096, 8192, 9001, 30_000].map((size) =>
    bytes_(`reads of ${size} return every byte of a larger file once`, [], (env) =>
      Effect.gen(function*() {
        const { bytes, name } = yield* env.given("large")
        sameBytes(yield* readRest(yield* env.open(name), 0, size), bytes, "what is read")
      }))
  ),

  bytes_("reads of changing sizes return every byte once, in order", [], (env) =>
    Effect.gen(function*() {
      const { bytes, name } = yield* env.given("large")
      const file = yield* env.open(name)
      let at = 0
      for (let i = 0; at < bytes.length; i++) {
        const size = (i * 37) % 1000 + 1
        sameBytes(yield* readUpTo(file, at, size), bytes.subarray(at, at + size), `${size} bytes at ${at}`)
        at += size
      }
      same((yield* readSome(file, bytes.length, 1)).length, 0, "bytes at the end")
    })),

  bytes_("a read fills its target, and nothing around it", [], (env) =>
    Effect.gen(function*() {
      const { bytes, name } = yield* env.given("small")
      const file = yield* env.open(name)
      const around = new Uint8Array(40).fill(0xaa)
      const count = yield* file.readAt(0, around.subarray(10, 30))
      sameBytes(around.subarray(0, 10), new Uint8Array(10).fill(0xaa), "the bytes before the target")
      sameBytes(around.subarray(10, 10 + count), bytes.subarray(0, count), "the target")
      sameBytes(around.subarray(10 + count), new Uint8Array(30 - count).fill(0xaa), "the bytes after what was read")
    })),

  bytes_("later calls do not change an array that was read into", [], (env) =>
    Effect.gen(function*() {
      const { bytes, name } = yield* env.given("small")
      const file = yield* env.open(name)
      const first = new Uint8Array(20)
      const count = yield* file.readAt(0, first)
      yield* readRest(file, count)
      if (env.can.randomAccess) yield* readUpTo(file, 50, 20)
      yield* env.close(file)
      sameBytes(first.subarray(0, count), bytes.subarray(0, count), "the first array")
    })),

  bytes_("the caller may change an array that was read into, and the file stays", [], (env) =>
    Effect.gen(function*() {
      const { bytes, name } = yield* env.given("small")
      const file = yield* env.open(name)
      const target = new Uint8Array(50)
      const count = yield* file.readAt(0, target)
      target.fill(0xcc)
      sameBytes(yield* readRest(file, count), bytes.subarray(count), "what follows")
      sameBytes(yield* env.contents(name), bytes, "the content")
    })),

  // ---------------------------------------------------------------------------------------------------------------

  bytes_("every value of a byte can be written and read", ["create"], (env) =>
    Effect.gen(function*() {
      const all = Uint8Array.from({ length: 256 }, (_, i) => i)
      sameBytes(yield* env.contents(yield* env.file(all)), all, "the content")
    })),

  ...[1, 3, 7, 64, 999].map((size) =>
    bytes_(`writes of ${size} in sequence follow each other`, ["create"], (env) =>
      Effect.gen(function*() {
        const bytes = pattern(size < 64 ? 300 : 5000)
        const name = env.fresh("written")
        const file = yield* env.open(name, writing)
        for (let at = 0; at < bytes.length; at += size) yield* writeFully(file, at, bytes.slice(at, at + size))
        yield* env.close(file)
        sameBytes(yield* env.contents(name), bytes, "the content")
      }))
  ),

  bytes_("writes of changing sizes in sequence follow each other", ["create"], (env) =>
    Effect.gen(function*() {
      const bytes = pattern(12_000)
      const name = env.fresh("written")
      const file = yield* env.open(name, writing)
      for (let at = 0, i = 0; at < bytes.length; i++) {
        const size = (i * 37) % 1000 + 1
        yield* writeFully(file, at, bytes.slice(at, at + size))
        at += size
      }
      yield* env.close(file)
      sameBytes(yield* env.contents(name), bytes, "the content")
    })),

  bytes_("a large array can be written in one call", ["create"], (env) =>
    Effect.gen(function*() {
      const bytes = pattern(70_001)
      sameBytes(yield* env.contents(yield* env.file(bytes)), bytes, "the content")
    })),

  bytes_(
    "the caller may change an array that was written, and the file stays",
    ["create"],
    (env) =>
      Effect.gen(function*() {
        const name = env.fresh("written")
        const file = yield* env.open(name, writing)
        const block = new Uint8Array(50)
        for (let i = 0; i < 10; i++) {
          block.set(pattern(50, i))
          let done = 0
          while (done < block.length) done += yield* write(file, i * 50 + done, block.subarray(done))
          block.fill(0xcc)
        }
        yield* env.close(file)
        const expected = joined(...Array.from({ length: 10 }, (_, i) => pattern(50, i)))
        sameBytes(yield* env.contents(name), expected, "the content")
      })
  ),

  bytes_("a write does not change the array", ["create"], (env) =>
    Effect.gen(function*() {
      const file = yield* env.open(env.fresh("written"), writing)
      const block = pattern(64)
      const count = yield* write(file, 0, block)
      yield* write(file, count, block, "writeFlush")
      yield* env.close(file)
      sameBytes(block, pattern(64), "the array")
    })),

  bytes_("a part of a larger array is written, and nothing around it", ["create"], (env) =>
    Effect.gen(function*() {
      const name = env.fresh("written")
      const file = yield* env.open(name, writing)
      const whole = pattern(200)
      for (let at = 50; at < 150;) at += yield* write(file, at - 50, whole.subarray(at, 150))
      yield* env.close(file)
      sameBytes(yield* env.contents(name), whole.subarray(50, 150), "the content")
    })),

  bytes_("overwriting changes those bytes, and no others", ["write", "randomAccess"], (env) =>
    Effect.gen(function*() {
      const { bytes, name } = yield* env.given("small")
      const file = yield* env.open(name, { access: "write" })
      let expected = bytes
      for (const [at, size] of [[50, 10], [0, 1], [99, 1], [45, 7], [10, 3]] as const) {
        yield* writeFully(file, at, pattern(size, at))
        expected = overwritten(expected, at, pattern(size, at))
      }
      yield* env.close(file)
      sameBytes(yield* env.contents(name), expected, "the content")
    })),

  bytes_("a file reads what it wrote itself", ["write", "randomAccess"], (env) =>
    Effect.gen(function*() {
      const { bytes, name } = yield* env.given("small")
      const file = yield* env.open(name, { access: "readWrite" })
      yield* writeFully(file, 20, pattern(30, 88))
      sameBytes(
        yield* readUpTo(file, 10, 60),
        joined(bytes.subarray(10, 20), pattern(30, 88), bytes.subarray(50, 70)),
        "the bytes from 10 on"
      )
    })),

  bytes_(
    "a reader in sequence reads what the same file wrote ahead of it",
    ["write", "randomAccess"],
    (env) =>
      Effect.gen(function*() {
        const { bytes, name } = yield* env.given("large")
        const file = yield* env.open(name, { access: "readWrite" })
        const expected = bytes.slice()
        for (let at = 0; at + 60 < bytes.length; at += 7) {
          sameBytes(yield* readUpTo(file, at, 7), expected.subarray(at, at + 7), `the bytes at ${at}`)
          const source = Uint8Array.of(at & 0xff, 1, 2)
          yield* writeFully(file, at + 9, source)
          expected.set(source, at + 9)
        }
        yield* env.close(file)
        sameBytes(yield* env.contents(name), expected, "the content")
      })
  ),

  bytes_("a position can be written any number of times", ["write", "randomAccess"], (env) =>
    Effect.gen(function*() {
      const { bytes, name } = yield* env.given("small")
      const file = yield* env.open(name, { access: "readWrite" })
      for (let i = 0; i < 50; i++) {
        yield* writeFully(file, 30, Uint8Array.of(i, i + 1))
        sameBytes(yield* readUpTo(file, 30, 2), Uint8Array.of(i, i + 1), `the bytes of write ${i + 1}`)
      }
      yield* env.close(file)
      sameBytes(yield* env.contents(name), overwritten(bytes, 30, [49, 50]), "the content")
    }))
]
