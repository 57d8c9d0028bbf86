/**
 * `writeFlush`.
 */
import * as Effect from "effect/Effect"
import { same, sameBytes } from "./check.js"
import { define, type Definition } from "./definition.js"
import { moveTo, positionOf, readRest, readUpTo, writeFully } from "./environment.js"
import { pattern } from "./fixtures.js"

const flush = define("flush")

const nothing = new Uint8Array(0)

/** @internal */
export const flushing: ReadonlyArray<Definition> = [
  flush("writeFlush writes as write does", ["create"], (env) =>
    Effect.gen(function*() {
      const name = env.fresh("flushed")
      const file = yield* env.open(name, { access: "write", create: true })
      yield* writeFully(file, pattern(10))
      yield* writeFully(file, pattern(20, 50), "writeFlush")
      yield* writeFully(file, pattern(5, 90))
      yield* env.close(file)
      sameBytes(
        yield* env.contents(name),
        Uint8Array.of(...pattern(10), ...pattern(20, 50), ...pattern(5, 90)),
        "what it holds"
      )
    })),

  flush("writeFlush moves the position by what it returns", ["write", "seek"], (env) =>
    Effect.gen(function*() {
      const file = yield* env.open((yield* env.given("small")).name, { access: "write" })
      yield* moveTo(file, 10)
      const count = yield* file.writeFlush(pattern(20))
      same(yield* positionOf(file), 10 + count, "the position")
    })),

  flush("writeFlush of nothing gives 0, and changes nothing", ["write"], (env) =>
    Effect.gen(function*() {
      const { bytes, name } = yield* env.given("small")
      const file = yield* env.open(name, { access: "write" })
      for (let i = 0; i < 3; i++) same(yield* file.writeFlush(nothing), 0, "the count")
      if (env.can.seek) {
        yield* moveTo(file, 42)
        same(yield* file.writeFlush(nothing), 0, "the count")
        same(yield* positionOf(file), 42, "the position")
      }
      yield* env.close(file)
      sameBytes(yield* env.contents(name), bytes, "what it holds")
    })),

  flush("writeFlush of nothing behind the end leaves no gap", ["write", "seek"], (env) =>
    Effect.gen(function*() {
      const { bytes, name } = yield* env.given("small")
      const file = yield* env.open(name, { access: "readWrite" })
      yield* moveTo(file, 500)
      same(yield* file.writeFlush(nothing), 0, "the count")
      same(yield* file.seek(0, "end"), bytes.length, "the end")
      yield* env.close(file)
      sameBytes(yield* env.contents(name), bytes, "what it holds")
    })),

  flush(
    "writeFlush behind the end fills the gap with zeros",
    ["write", "seek", "growable"],
    (env) =>
      Effect.gen(function*() {
        const { bytes, name } = yield* env.given("small")
        const file = yield* env.open(name, { access: "write" })
        yield* moveTo(file, bytes.length + 20)
        yield* writeFully(file, Uint8Array.of(5), "writeFlush")
        yield* env.close(file)
        sameBytes(yield* env.contents(name), Uint8Array.of(...bytes, ...new Uint8Array(20), 5), "what it holds")
      })
  ),

  flush("writeFlush of nothing succeeds on a file that is open for reading", [], (env) =>
    Effect.gen(function*() {
      const { bytes, name } = yield* env.given("small")
      const file = yield* env.open(name)
      sameBytes(yield* readUpTo(file, 10), bytes.subarray(0, 10), "the first bytes")
      same(yield* file.writeFlush(nothing), 0, "the count")
      sameBytes(yield* readRest(file), bytes.subarray(10), "the rest")
    })),

  flush("writeFlush lets other handles see its bytes", ["create", "multipleHandles"], (env) =>
    Effect.gen(function*() {
      const name = env.fresh("flushed")
      const file = yield* env.open(name, { access: "write", create: true })
      for (let i = 1; i <= 5; i++) {
        yield* writeFully(file, pattern(10, i), "writeFlush")
        same((yield* env.contents(name)).length, i * 10, "the length that others see")
      }
    })),

  flush(
    "writeFlush of nothing lets other handles see what was written before",
    ["create", "multipleHandles"],
    (env) =>
      Effect.gen(function*() {
        const name = env.fresh("flushed")
        const file = yield* env.open(name, { access: "write", create: true })
        yield* writeFully(file, pattern(10))
        yield* writeFully(file, pattern(300, 7))
        same(yield* file.writeFlush(nothing), 0, "the count")
        sameBytes(yield* env.contents(name), Uint8Array.of(...pattern(10), ...pattern(300, 7)), "what others see")
      })
  ),

  flush("writeFlush leaves a file that goes on", ["create", "seek"], (env) =>
    Effect.gen(function*() {
      const name = env.fresh("flushed")
      const file = yield* env.open(name, { access: "readWrite", create: true })
      yield* writeFully(file, pattern(10), "writeFlush")
      yield* moveTo(file, 3)
      sameBytes(yield* readUpTo(file, 4), pattern(10).subarray(3, 7), "what is read")
      yield* writeFully(file, Uint8Array.of(0), "writeFlush")
      yield* writeFully(file, Uint8Array.of(1, 2, 3))
      yield* env.close(file)
      sameBytes(yield* env.contents(name), Uint8Array.of(...pattern(7), 0, 1, 2, 3), "what it holds")
    }))
]
