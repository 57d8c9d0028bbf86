/**
 * Law 2: the end of the file, and what is past it.
 */
import * as Effect from "effect/Effect"
import { failsWith, holds, same, sameBytes } from "./check.js"
import { define, type Definition } from "./definition.js"
import { flush, joined, readRest, readSome, readUpTo, write, writeFully, zeros } from "./environment.js"
import { pattern } from "./fixtures.js"

const end = define("end")

/** @internal */
export const ends: ReadonlyArray<Definition> = [
  end("a read at the end returns 0, any number of times", [], (env) =>
    Effect.gen(function*() {
      const { bytes, name } = yield* env.given("small")
      const file = yield* env.open(name)
      yield* readRest(file)
      for (let i = 0; i < 5; i++) same((yield* readSome(file, bytes.length, 10)).length, 0, "bytes at the end")
    })),

  end("a read of an empty file returns 0", [], (env) =>
    Effect.gen(function*() {
      const file = yield* env.open((yield* env.given("empty")).name)
      for (const size of [1, 100, 1]) same((yield* readSome(file, 0, size)).length, 0, "bytes of an empty file")
    })),

  end("a read of more than the file has returns what it has, then 0", [], (env) =>
    Effect.gen(function*() {
      const { bytes, name } = yield* env.given("small")
      const file = yield* env.open(name)
      sameBytes(yield* readUpTo(file, 0, bytes.length + 1000), bytes, "what is read")
      same((yield* readSome(file, bytes.length, 1)).length, 0, "bytes at the end")
    })),

  end("a read past the end returns 0, and changes nothing", ["randomAccess"], (env) =>
    Effect.gen(function*() {
      const { bytes, name } = yield* env.given("small")
      const file = yield* env.open(name)
      for (const at of [bytes.length, bytes.length + 1, bytes.length + 100_000]) {
        same((yield* readSome(file, at, 10)).length, 0, `bytes at ${at}`)
        same(yield* file.size, bytes.length, "the size")
      }
      sameBytes(yield* readSome(file, bytes.length - 2, 10), bytes.subarray(-2), "the last two bytes")
    })),

  end("a read past 4 GiB returns 0", ["randomAccess"], (env) =>
    Effect.gen(function*() {
      const { bytes, name } = yield* env.given("small")
      const file = yield* env.open(name)
      for (const at of [2 ** 31 - 1, 2 ** 31, 2 ** 32 - 1, 2 ** 32, 2 ** 32 + 50, 2 ** 40 + 7]) {
        same((yield* readSome(file, at, 10)).length, 0, `bytes at ${at}`)
      }
      sameBytes(yield* readUpTo(file, 50, 5), bytes.subarray(50, 55), "the bytes at 50")
    })),

  end("a reader at the end reads what another handle writes there later", [
    "create",
    "growable",
    "multipleHandles",
    "inPlace"
  ], (env) =>
    Effect.gen(function*() {
      const { bytes, name } = yield* env.given("small")
      const reader = yield* env.open(name)
      sameBytes(yield* readRest(reader), bytes, "the first content")
      const writer = yield* env.open(name, { access: "write" })
      if (!env.can.randomAccess) yield* writeFully(writer, 0, bytes)
      yield* writeFully(writer, bytes.length, pattern(9, 5))
      yield* flush(writer, bytes.length + 9)
      sameBytes(yield* readRest(reader, bytes.length), pattern(9, 5), "what was added")
    })),

  end(
    "a write at the end makes the file longer",
    ["write", "randomAccess", "growable"],
    (env) =>
      Effect.gen(function*() {
        const { bytes, name } = yield* env.given("small")
        const file = yield* env.open(name, { access: "write" })
        yield* writeFully(file, bytes.length, pattern(33, 9))
        yield* env.close(file)
        sameBytes(yield* env.contents(name), joined(bytes, pattern(33, 9)), "the content")
      })
  ),

  end("a write across the end overwrites the bytes before it, and adds those after it", [
    "write",
    "randomAccess",
    "growable"
  ], (env) =>
    Effect.gen(function*() {
      const { bytes, name } = yield* env.given("small")
      const file = yield* env.open(name, { access: "write" })
      yield* writeFully(file, bytes.length - 4, pattern(10, 9))
      yield* env.close(file)
      sameBytes(yield* env.contents(name), joined(bytes.subarray(0, -4), pattern(10, 9)), "the content")
    })),

  ...[1, 10, 4096, 70_001].map((gap) =>
    end(
      `a write ${gap} bytes past the end fills the gap with zeros`,
      ["write", "randomAccess", "growable"],
      (env) =>
        Effect.gen(function*() {
          const { bytes, name } = yield* env.given("small")
          const file = yield* env.open(name, { access: "readWrite" })
          yield* writeFully(file, bytes.length + gap, Uint8Array.of(7, 8))
          same(yield* file.size, bytes.length + gap + 2, "the size")
          yield* env.close(file)
          sameBytes(yield* env.contents(name), joined(bytes, zeros(gap), Uint8Array.of(7, 8)), "the content")
        })
    )
  ),

  end("a gap in an empty file is zeros", ["create", "randomAccess", "growable"], (env) =>
    Effect.gen(function*() {
      const name = env.fresh("gap")
      const file = yield* env.open(name, { access: "write", create: "truncate" })
      yield* writeFully(file, 37, Uint8Array.of(1))
      yield* env.close(file)
      sameBytes(yield* env.contents(name), joined(zeros(37), Uint8Array.of(1)), "the content")
    })),

  end(
    "a gap does not show what the file held before it was truncated",
    ["create", "randomAccess", "growable"],
    (env) =>
      Effect.gen(function*() {
        const { name } = yield* env.given("large")
        const file = yield* env.open(name, { access: "readWrite", create: "truncate" })
        yield* writeFully(file, 0, Uint8Array.of(1))
        yield* writeFully(file, 300, Uint8Array.of(2))
        yield* env.close(file)
        sameBytes(yield* env.contents(name), joined(Uint8Array.of(1), zeros(299), Uint8Array.of(2)), "the content")
      })
  ),

  end(
    "several gaps are zeros, and can be written to",
    ["create", "randomAccess", "growable"],
    (env) =>
      Effect.gen(function*() {
        const name = env.fresh("gaps")
        const file = yield* env.open(name, { access: "readWrite", create: "truncate" })
        const expected = new Uint8Array(1001)
        for (const [at, value] of [[100, 1], [50, 2], [1000, 3], [999, 4], [0, 5], [500, 6]] as const) {
          yield* writeFully(file, at, Uint8Array.of(value))
          expected[at] = value
        }
        yield* env.close(file)
        sameBytes(yield* env.contents(name), expected, "the content")
      })
  ),

  end(
    "a writer reads zeros in a gap of its own",
    ["create", "randomAccess", "growable"],
    (env) =>
      Effect.gen(function*() {
        const file = yield* env.open(env.fresh("gap"), { access: "readWrite", create: "truncate" })
        yield* writeFully(file, 5000, Uint8Array.of(1))
        sameBytes(yield* readUpTo(file, 10, 4000), zeros(4000), "the gap")
      })
  ),

  end("a file that cannot grow takes what fits, or is CannotExpand, and changes nothing else", [
    "write",
    "randomAccess"
  ], (env) =>
    Effect.gen(function*() {
      const { bytes, name } = yield* env.given("small")
      const file = yield* env.open(name, { access: "readWrite" })
      const at = bytes.length - 4
      const outcome = yield* Effect.either(write(file, at, pattern(10, 9)))
      const count = outcome._tag === "Right" ? outcome.right : 0
      if (outcome._tag === "Left") same(outcome.left._tag, "CannotExpand", "the error")
      holds(count <= 4, `${count} bytes were written into the last 4`)
      same(yield* file.size, bytes.length, "the size")
      yield* env.close(file)
      sameBytes(
        yield* env.contents(name),
        joined(bytes.subarray(0, at), pattern(10, 9).subarray(0, count), bytes.subarray(at + count)),
        "the content"
      )
    }), ["growable"]),

  end("a write past the end of a file that cannot grow is CannotExpand, and changes nothing", [
    "write",
    "randomAccess"
  ], (env) =>
    Effect.gen(function*() {
      const { bytes, name } = yield* env.given("small")
      const file = yield* env.open(name, { access: "readWrite" })
      yield* failsWith(write(file, bytes.length + 10, Uint8Array.of(1)), "writing past the end", "CannotExpand")
      same(yield* file.size, bytes.length, "the size")
      yield* env.close(file)
      sameBytes(yield* env.contents(name), bytes, "the content")
    }), ["growable"])
]
