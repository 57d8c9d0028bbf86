/**
 * `writeAt` with `"writeFlush"`.
 */
import * as Effect from "effect/Effect"
import { holds, same, sameBytes } from "./check.js"
import { define, type Definition } from "./definition.js"
import { flush, joined, overwritten, readRest, readUpTo, write, writeFully, zeros } from "./environment.js"
import { pattern } from "./fixtures.js"

const flush_ = define("flush")

const writing = { access: "write", create: "truncate" } as const

/** @internal */
export const flushing: ReadonlyArray<Definition> = [
  flush_("writeFlush writes as write does", ["create"], (env) =>
    Effect.gen(function*() {
      const name = env.fresh("flushed")
      const file = yield* env.open(name, writing)
      yield* writeFully(file, 0, pattern(10))
      yield* writeFully(file, 10, pattern(20, 50), "writeFlush")
      yield* writeFully(file, 30, pattern(5, 90))
      yield* env.close(file)
      sameBytes(yield* env.contents(name), joined(pattern(10), pattern(20, 50), pattern(5, 90)), "the content")
    })),

  flush_(
    "writeFlush puts its bytes at its position, and returns how many",
    ["write", "randomAccess"],
    (env) =>
      Effect.gen(function*() {
        const { bytes, name } = yield* env.given("small")
        const file = yield* env.open(name, { access: "write" })
        const count = yield* write(file, 10, pattern(20), "writeFlush")
        holds(count > 0 && count <= 20, `a writeFlush of 20 bytes returned the count ${count}`)
        yield* env.close(file)
        sameBytes(yield* env.contents(name), overwritten(bytes, 10, pattern(20).subarray(0, count)), "the content")
      })
  ),

  flush_("writeFlush of no bytes returns 0, and changes nothing", ["write"], (env) =>
    Effect.gen(function*() {
      const { bytes, name } = yield* env.given("small")
      const file = yield* env.open(name, { access: "write" })
      for (const at of env.can.randomAccess ? [0, 42, bytes.length] : [0, 0]) {
        same(yield* flush(file, at), 0, "the count")
      }
      yield* env.close(file)
      sameBytes(yield* env.contents(name), bytes, "the content")
    })),

  flush_(
    "writeFlush of no bytes past the end leaves no gap",
    ["write", "randomAccess"],
    (env) =>
      Effect.gen(function*() {
        const { bytes, name } = yield* env.given("small")
        const file = yield* env.open(name, { access: "readWrite" })
        same(yield* flush(file, 500), 0, "the count")
        same(yield* file.size, bytes.length, "the size")
        yield* env.close(file)
        sameBytes(yield* env.contents(name), bytes, "the content")
      })
  ),

  flush_(
    "writeFlush past the end fills the gap with zeros",
    ["write", "randomAccess", "growable"],
    (env) =>
      Effect.gen(function*() {
        const { bytes, name } = yield* env.given("small")
        const file = yield* env.open(name, { access: "write" })
        yield* writeFully(file, bytes.length + 20, Uint8Array.of(5), "writeFlush")
        yield* env.close(file)
        sameBytes(yield* env.contents(name), joined(bytes, zeros(20), Uint8Array.of(5)), "the content")
      })
  ),

  flush_(
    "writeFlush lets other handles see its bytes",
    ["create", "multipleHandles", "inPlace"],
    (env) =>
      Effect.gen(function*() {
        const name = env.fresh("flushed")
        const file = yield* env.open(name, writing)
        for (let i = 1; i <= 5; i++) {
          yield* writeFully(file, (i - 1) * 10, pattern(10, i), "writeFlush")
          same((yield* env.contents(name)).length, i * 10, "the length that other handles see")
        }
      })
  ),

  flush_("writeFlush of no bytes lets other handles see what was written before", [
    "create",
    "multipleHandles",
    "inPlace"
  ], (env) =>
    Effect.gen(function*() {
      const name = env.fresh("flushed")
      const file = yield* env.open(name, writing)
      yield* writeFully(file, 0, pattern(10))
      yield* writeFully(file, 10, pattern(300, 7))
      same(yield* flush(file, 310), 0, "the count")
      sameBytes(yield* env.contents(name), joined(pattern(10), pattern(300, 7)), "what other handles see")
    })),

  flush_(
    "writeFlush does not show what is not committed",
    ["create", "multipleHandles", "onClose"],
    (env) =>
      Effect.gen(function*() {
        const { bytes, name } = yield* env.given("small")
        const file = yield* env.open(name, { access: "write" })
        yield* writeFully(file, 0, pattern(100, 77), "writeFlush")
        sameBytes(yield* env.contents(name), bytes, "what other handles see")
        yield* env.close(file)
        sameBytes(yield* env.contents(name), pattern(100, 77), "the content after close")
      })
  ),

  flush_(
    "a file can be read and written after writeFlush",
    ["create", "randomAccess"],
    (env) =>
      Effect.gen(function*() {
        const name = env.fresh("flushed")
        const file = yield* env.open(name, { access: "readWrite", create: "truncate" })
        yield* writeFully(file, 0, pattern(10), "writeFlush")
        sameBytes(yield* readUpTo(file, 3, 4), pattern(10).subarray(3, 7), "what is read")
        yield* writeFully(file, 7, Uint8Array.of(0), "writeFlush")
        yield* writeFully(file, 8, Uint8Array.of(1, 2, 3))
        sameBytes(yield* readRest(file), joined(pattern(7), Uint8Array.of(0, 1, 2, 3)), "what is read at the end")
        yield* env.close(file)
        sameBytes(yield* env.contents(name), joined(pattern(7), Uint8Array.of(0, 1, 2, 3)), "the content")
      })
  )
]
