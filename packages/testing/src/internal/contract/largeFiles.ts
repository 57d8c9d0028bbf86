/**
 * Files beyond 4 GiB, all of them gaps, so that they take no space.
 */
import * as Mmio from "@effect-mmio/core/Mmio"
import * as Effect from "effect/Effect"
import { same, sameBytes } from "./check.js"
import { define, type Definition } from "./definition.js"
import { moveTo, positionOf, readUpTo, writeFully } from "./environment.js"
import { pattern } from "./fixtures.js"

const position = define("position")
const end = define("end")

const needs = ["create", "seek", "growable", "largeFiles"] as const

/** @internal */
export const largeFiles: ReadonlyArray<Definition> = [
  ...([["2 GiB", 2 ** 31], ["4 GiB", 2 ** 32], ["8 GiB", 2 ** 33]] as const).map(([title, boundary]) =>
    position(`bytes on both sides of ${title} are written and read`, needs, (env) =>
      Effect.gen(function*() {
        const name = env.fresh("huge")
        const file = yield* env.open(name, { access: "readWrite", create: true })
        yield* moveTo(file, boundary - 10)
        yield* writeFully(file, pattern(20))
        same(yield* positionOf(file), boundary + 10, "the position")
        same(yield* file.seek(0, "end"), boundary + 10, "the end")
        yield* moveTo(file, boundary - 10)
        sameBytes(yield* readUpTo(file, 100), pattern(20), "what is read")
        same(yield* file.seek(-10, "current"), boundary, "10 back")
        sameBytes(yield* readUpTo(file, 3), pattern(20).subarray(10, 13), "the bytes behind the boundary")
      }))
  ),

  end("a gap of 5 GiB is zeros, and the start stays", needs, (env) =>
    Effect.gen(function*() {
      const name = env.fresh("huge")
      const file = yield* env.open(name, { access: "readWrite", create: true })
      yield* writeFully(file, pattern(50))
      yield* moveTo(file, 5 * 2 ** 30 + 3)
      yield* writeFully(file, Uint8Array.of(1, 2, 3))
      yield* env.close(file)
      const reader = yield* env.open(name)
      sameBytes(yield* readUpTo(reader, 60), Uint8Array.of(...pattern(50), ...new Uint8Array(10)), "the start")
      for (const at of [2 ** 31 - 5, 2 ** 32 - 5, 2 ** 32 + 40]) {
        yield* moveTo(reader, at)
        sameBytes(yield* readUpTo(reader, 10), new Uint8Array(10), `the bytes at ${at}`)
      }
      same(yield* reader.seek(-3, "end"), 5 * 2 ** 30 + 3, "3 before the end")
      sameBytes(yield* readUpTo(reader, 10), Uint8Array.of(1, 2, 3), "the last bytes")
    })),

  position("a position beyond 4 GiB is not one of the first 4 GiB", needs, (env) =>
    Effect.gen(function*() {
      const file = yield* env.open(env.fresh("huge"), { access: "readWrite", create: true })
      yield* writeFully(file, pattern(50))
      yield* moveTo(file, 2 ** 32 + 10)
      yield* writeFully(file, new Uint8Array(20).fill(0xff))
      yield* moveTo(file, 0)
      sameBytes(yield* readUpTo(file, 50), pattern(50), "the first bytes")
    })),

  position("a buffered handle reads and writes beyond 4 GiB", needs, (env) =>
    Effect.gen(function*() {
      const name = env.fresh("huge")
      const file = yield* env.handle(name, { access: "readWrite", create: true, buffer: 64 })
      yield* Mmio.seek(file, 2 ** 32 - 30)
      yield* Mmio.writeAll(file, pattern(200))
      yield* Mmio.seek(file, 2 ** 32 - 5)
      sameBytes(yield* Mmio.read(file, 20), pattern(200).subarray(25, 45), "what is read over the boundary")
      same(yield* Mmio.seek(file, 0, "end"), 2 ** 32 + 170, "the end")
      yield* Mmio.close(file)
    }))
]
