/**
 * Files of more than 4 GiB, nearly all of them gaps, so that they take no space.
 */
import * as Mmio from "@effect-mmio/core/Mmio"
import * as Effect from "effect/Effect"
import { same, sameBytes } from "./check.js"
import { define, type Definition } from "./definition.js"
import { joined, readUpTo, writeFully, zeros } from "./environment.js"
import { pattern } from "./fixtures.js"

const position = define("position")
const end = define("end")

const needs = ["create", "randomAccess", "growable", "largeFiles"] as const

/** @internal */
export const largeFiles: ReadonlyArray<Definition> = [
  ...([["2 GiB", 2 ** 31], ["4 GiB", 2 ** 32], ["8 GiB", 2 ** 33]] as const).map(([title, boundary]) =>
    position(`bytes on both sides of ${title} are written and read`, needs, (env) =>
      Effect.gen(function*() {
        const name = env.fresh("huge")
        const file = yield* env.open(name, { access: "readWrite", create: "truncate" })
        yield* writeFully(file, boundary - 10, pattern(20))
        same(yield* file.size, boundary + 10, "the size")
        sameBytes(yield* readUpTo(file, boundary - 10, 100), pattern(20), "what is read")
        sameBytes(yield* readUpTo(file, boundary, 3), pattern(20).subarray(10, 13), "the bytes past the boundary")
      }))
  ),

  end("a gap of 5 GiB is zeros, and the start stays", needs, (env) =>
    Effect.gen(function*() {
      const name = env.fresh("huge")
      const file = yield* env.open(name, { access: "readWrite", create: "truncate" })
      yield* writeFully(file, 0, pattern(50))
      yield* writeFully(file, 5 * 2 ** 30 + 3, Uint8Array.of(1, 2, 3))
      yield* env.close(file)
      const reader = yield* env.open(name)
      sameBytes(yield* readUpTo(reader, 0, 60), joined(pattern(50), zeros(10)), "the start")
      for (const at of [2 ** 31 - 5, 2 ** 32 - 5, 2 ** 32 + 40]) {
        sameBytes(yield* readUpTo(reader, at, 10), zeros(10), `the bytes at ${at}`)
      }
      same(yield* reader.size, 5 * 2 ** 30 + 6, "the size")
      sameBytes(yield* readUpTo(reader, 5 * 2 ** 30 + 3, 10), Uint8Array.of(1, 2, 3), "the last bytes")
    })),

  position("a write past 4 GiB does not change the first 4 GiB", needs, (env) =>
    Effect.gen(function*() {
      const file = yield* env.open(env.fresh("huge"), { access: "readWrite", create: "truncate" })
      yield* writeFully(file, 0, pattern(50))
      yield* writeFully(file, 2 ** 32 + 10, new Uint8Array(20).fill(0xff))
      sameBytes(yield* readUpTo(file, 0, 50), pattern(50), "the first bytes")
    })),

  end("create truncates a file of 5 GiB to no bytes", needs, (env) =>
    Effect.gen(function*() {
      const name = env.fresh("huge")
      const file = yield* env.open(name, { access: "write", create: "truncate" })
      yield* writeFully(file, 5 * 2 ** 30, Uint8Array.of(1))
      yield* env.close(file)
      const again = yield* env.open(name, { access: "readWrite", create: "truncate" })
      same(yield* again.size, 0, "the size")
      sameBytes(yield* readUpTo(again, 0, 10), zeros(0), "the content")
    })),

  position("a buffered handle reads and writes past 4 GiB", needs, (env) =>
    Effect.gen(function*() {
      const name = env.fresh("huge")
      const file = yield* env.handle(name, { access: "readWrite", create: true, buffer: 64 })
      yield* Mmio.seek(file, 2 ** 32 - 30)
      yield* Mmio.writeAll(file, pattern(200))
      yield* Mmio.seek(file, 2 ** 32 - 5)
      sameBytes(yield* Mmio.read(file, 20), pattern(200).subarray(25, 45), "what is read across the boundary")
      same(yield* Mmio.seek(file, 0, "end"), 2 ** 32 + 170, "the end")
      yield* Mmio.close(file)
    }))
]
