/**
 * Reading and writing: sizes, blocks that belong to the caller, and every value of a byte.
 */
import * as Effect from "effect/Effect"
import { same, sameBytes } from "./check.js"
import { define, type Definition } from "./definition.js"
import { moveTo, readRest, readSome, readUpTo, writeFully } from "./environment.js"
import { pattern } from "./fixtures.js"

const bytes_ = define("bytes")

/** @internal */
export const bytes: ReadonlyArray<Definition> = [
  bytes_("a file of one byte has that byte", [], (env) =>
    Effect.gen(function*() {
      const { bytes, name } = yield* env.given("one")
      const file = yield* env.open(name)
      sameBytes(yield* readSome(file, 10), bytes, "what is read")
      same((yield* readSome(file, 10)).length, 0, "bytes behind it")
    })),

  ...[1, 2, 3, 7, 13, 99, 100, 101].map((size) =>
    bytes_(`reads of ${size} give every byte once, in order`, [], (env) =>
      Effect.gen(function*() {
        const { bytes, name } = yield* env.given("small")
        sameBytes(yield* readRest(yield* env.open(name), size), bytes, "what is read")
      }))
  ),

  ...[1000, 4096, 8192, 9001, 30_000].map((size) =>
    bytes_(`a larger file gives every byte once to reads of ${size}`, [], (env) =>
      Effect.gen(function*() {
        const { bytes, name } = yield* env.given("large")
        sameBytes(yield* readRest(yield* env.open(name), size), bytes, "what is read")
      }))
  ),

  bytes_(
    "a file that reads at places reads several at once, and stays where it stands",
    [],
    (env) =>
      Effect.gen(function*() {
        const { bytes, name } = yield* env.given("small")
        const file = yield* env.open(name)
        const readAt = (position: number, count: number) => {
          const target = new Uint8Array(count)
          const reading = file.readAt?.(position, target) ?? Effect.succeed(0)
          return Effect.map(reading, (count) => ({ position, read: target.subarray(0, count) }))
        }
        yield* readUpTo(file, 5)
        const parts = yield* Effect.all([30, 7, 70, 0, bytes.length].map((at) => readAt(at, 20)), {
          concurrency: "unbounded"
        })
        for (const { position, read } of parts) {
          sameBytes(read, bytes.subarray(position, position + read.length), `the bytes at ${position}`)
          if (file.readAt !== undefined) {
            same(read.length > 0, position < bytes.length, `whether there are bytes at ${position}`)
          }
        }
        sameBytes(yield* readUpTo(file, 5), bytes.subarray(5, 10), "what is read then")
      })
  ),

  bytes_("reads of changing sizes give every byte once, in order", [], (env) =>
    Effect.gen(function*() {
      const { bytes, name } = yield* env.given("large")
      const file = yield* env.open(name)
      let at = 0
      for (let i = 0; at < bytes.length; i++) {
        const size = (i * 37) % 1000 + 1
        sameBytes(yield* readUpTo(file, size), bytes.subarray(at, at + size), `${size} bytes at ${at}`)
        at += size
      }
      same((yield* readSome(file, 1)).length, 0, "bytes at the end")
    })),

  bytes_("a read fills the block that it is given, and nothing around it", [], (env) =>
    Effect.gen(function*() {
      const { bytes, name } = yield* env.given("small")
      const file = yield* env.open(name)
      const around = new Uint8Array(40).fill(0xaa)
      const count = yield* file.read(around.subarray(10, 30))
      sameBytes(around.subarray(0, 10), new Uint8Array(10).fill(0xaa), "what is before the block")
      sameBytes(around.subarray(10, 10 + count), bytes.subarray(0, count), "the block")
      sameBytes(around.subarray(10 + count), new Uint8Array(30 - count).fill(0xaa), "what is behind what was read")
    })),

  bytes_("a block that was read into is not changed by later calls", [], (env) =>
    Effect.gen(function*() {
      const { bytes, name } = yield* env.given("small")
      const file = yield* env.open(name)
      const first = yield* readUpTo(file, 20)
      yield* readRest(file)
      if (env.can.seek) {
        yield* moveTo(file, 50)
        yield* readUpTo(file, 20)
      }
      yield* env.close(file)
      sameBytes(first, bytes.subarray(0, 20), "the first block")
    })),

  bytes_("a block that was read into can be changed, and the file is not", [], (env) =>
    Effect.gen(function*() {
      const { bytes, name } = yield* env.given("small")
      const file = yield* env.open(name)
      const target = new Uint8Array(50)
      const count = yield* file.read(target)
      target.fill(0xcc)
      sameBytes(yield* readRest(file), bytes.subarray(count), "what follows")
      sameBytes(yield* env.contents(name), bytes, "what it holds")
    })),

  // ---------------------------------------------------------------------------------------------------------------

  bytes_("every value of a byte can be written and read", ["create"], (env) =>
    Effect.gen(function*() {
      const all = Uint8Array.from({ length: 256 }, (_, i) => i)
      sameBytes(yield* env.contents(yield* env.file(all)), all, "what it holds")
    })),

  ...[1, 3, 7, 64, 999].map((size) =>
    bytes_(`writes of ${size} go one behind the other`, ["create"], (env) =>
      Effect.gen(function*() {
        const bytes = pattern(size < 64 ? 300 : 5000)
        const name = env.fresh("written")
        const file = yield* env.open(name, { access: "write", create: true })
        for (let at = 0; at < bytes.length; at += size) yield* writeFully(file, bytes.slice(at, at + size))
        yield* env.close(file)
        sameBytes(yield* env.contents(name), bytes, "what it holds")
      }))
  ),

  bytes_("writes of changing sizes go one behind the other", ["create"], (env) =>
    Effect.gen(function*() {
      const bytes = pattern(12_000)
      const name = env.fresh("written")
      const file = yield* env.open(name, { access: "write", create: true })
      for (let at = 0, i = 0; at < bytes.length; i++) {
        const size = (i * 37) % 1000 + 1
        yield* writeFully(file, bytes.slice(at, at + size))
        at += size
      }
      yield* env.close(file)
      sameBytes(yield* env.contents(name), bytes, "what it holds")
    })),

  bytes_("a large block can be written at once", ["create"], (env) =>
    Effect.gen(function*() {
      const bytes = pattern(70_001)
      sameBytes(yield* env.contents(yield* env.file(bytes)), bytes, "what it holds")
    })),

  bytes_("a block is free again once it was written", ["create"], (env) =>
    Effect.gen(function*() {
      const name = env.fresh("written")
      const file = yield* env.open(name, { access: "write", create: true })
      const block = new Uint8Array(50)
      for (let i = 0; i < 10; i++) {
        block.set(pattern(50, i))
        let done = 0
        while (done < block.length) done += yield* file.write(block.subarray(done))
        block.fill(0xcc)
      }
      yield* env.close(file)
      const expected = Uint8Array.from(Array.from({ length: 10 }, (_, i) => [...pattern(50, i)]).flat())
      sameBytes(yield* env.contents(name), expected, "what it holds")
    })),

  bytes_("a block is not changed by being written", ["create"], (env) =>
    Effect.gen(function*() {
      const file = yield* env.open(env.fresh("written"), { access: "write", create: true })
      const block = pattern(64)
      yield* file.write(block)
      yield* file.writeFlush(block)
      yield* env.close(file)
      sameBytes(block, pattern(64), "the block")
    })),

  bytes_("a part of a larger block is written, and nothing around it", ["create"], (env) =>
    Effect.gen(function*() {
      const name = env.fresh("written")
      const file = yield* env.open(name, { access: "write", create: true })
      const whole = pattern(200)
      for (let at = 50; at < 150;) at += yield* file.write(whole.subarray(at, 150))
      yield* env.close(file)
      sameBytes(yield* env.contents(name), whole.subarray(50, 150), "what it holds")
    })),

  bytes_("overwriting changes those bytes, and no others", ["write", "seek"], (env) =>
    Effect.gen(function*() {
      const { bytes, name } = yield* env.given("small")
      const file = yield* env.open(name, { access: "write" })
      const expected = bytes.slice()
      for (const [at, size] of [[50, 10], [0, 1], [99, 1], [45, 7], [10, 3]] as const) {
        yield* moveTo(file, at)
        yield* writeFully(file, pattern(size, at))
        expected.set(pattern(size, at), at)
      }
      yield* env.close(file)
      sameBytes(yield* env.contents(name), expected, "what it holds")
    })),

  bytes_("a handle reads what it wrote itself", ["write", "seek"], (env) =>
    Effect.gen(function*() {
      const { bytes, name } = yield* env.given("small")
      const file = yield* env.open(name, { access: "readWrite" })
      yield* moveTo(file, 20)
      yield* writeFully(file, pattern(30, 88))
      yield* moveTo(file, 10)
      sameBytes(
        yield* readUpTo(file, 60),
        Uint8Array.of(...bytes.subarray(10, 20), ...pattern(30, 88), ...bytes.subarray(50, 70)),
        "the bytes from 10 on"
      )
    })),

  bytes_("a place can be written any number of times", ["write", "seek"], (env) =>
    Effect.gen(function*() {
      const { bytes, name } = yield* env.given("small")
      const file = yield* env.open(name, { access: "readWrite" })
      for (let i = 0; i < 50; i++) {
        yield* moveTo(file, 30)
        yield* writeFully(file, Uint8Array.of(i, i + 1))
        yield* moveTo(file, 30)
        sameBytes(yield* readUpTo(file, 2), Uint8Array.of(i, i + 1), `the bytes of the ${i + 1}th time`)
      }
      yield* env.close(file)
      sameBytes(
        yield* env.contents(name),
        Uint8Array.of(...bytes.subarray(0, 30), 49, 50, ...bytes.subarray(32)),
        "what it holds"
      )
    }))
]
