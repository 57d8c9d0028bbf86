/**
 * Several open files of one name, and of several.
 */
import type * as IOProc from "@effect-mmio/core/IOProc"
import * as Effect from "effect/Effect"
import { same, sameBytes } from "./check.js"
import { define, type Definition } from "./definition.js"
import { flush, joined, overwritten, readRest, readUpTo, writeFully } from "./environment.js"
import { pattern } from "./fixtures.js"

const handle = define("handles")

/** @internal */
export const handles: ReadonlyArray<Definition> = [
  handle("two handles read the same bytes", ["multipleHandles"], (env) =>
    Effect.gen(function*() {
      const { bytes, name } = yield* env.given("small")
      const first = yield* env.open(name)
      const second = yield* env.open(name)
      sameBytes(yield* readUpTo(first, 0, 30), bytes.subarray(0, 30), "the first handle")
      sameBytes(yield* readUpTo(second, 0, 20), bytes.subarray(0, 20), "the second handle")
      sameBytes(yield* readRest(first, 30), bytes.subarray(30), "the rest of the first")
      sameBytes(yield* readRest(second, 20), bytes.subarray(20), "the rest of the second")
    })),

  handle("a handle that reads in sequence sees what another one flushed ahead of it", [
    "multipleHandles",
    "write",
    "randomAccess",
    "inPlace"
  ], (env) =>
    Effect.gen(function*() {
      const { bytes, name } = yield* env.given("large")
      const writer = yield* env.open(name, { access: "write" })
      const reader = yield* env.open(name)
      const expected = bytes.slice()
      for (let at = 0; at + 100 < 3000; at += 13) {
        sameBytes(yield* readUpTo(reader, at, 13), expected.subarray(at, at + 13), `the bytes at ${at}`)
        yield* writeFully(writer, at + 15, Uint8Array.of(at & 0xff, 7), "writeFlush")
        expected.set([at & 0xff, 7], at + 15)
      }
    })),

  handle("the others read what one handle wrote and flushed", [
    "multipleHandles",
    "write",
    "randomAccess",
    "inPlace"
  ], (env) =>
    Effect.gen(function*() {
      const { bytes, name } = yield* env.given("small")
      const first = yield* env.open(name, { access: "readWrite" })
      const second = yield* env.open(name, { access: "readWrite" })
      yield* writeFully(first, 10, Uint8Array.of(1, 2), "writeFlush")
      yield* writeFully(second, 11, Uint8Array.of(3, 4), "writeFlush")
      const expected = overwritten(bytes, 10, [1, 3, 4])
      sameBytes(yield* readRest(first), expected, "what the first reads")
      sameBytes(yield* readRest(second), expected, "what the second reads")
    })),

  handle("the others see the size that one handle makes", [
    "multipleHandles",
    "write",
    "randomAccess",
    "growable",
    "inPlace"
  ], (env) =>
    Effect.gen(function*() {
      const { bytes, name } = yield* env.given("small")
      const first = yield* env.open(name, { access: "readWrite" })
      const second = yield* env.open(name, { access: "readWrite" })
      yield* writeFully(first, bytes.length + 10, Uint8Array.of(1), "writeFlush")
      same(yield* second.size, bytes.length + 11, "the size that the other sees")
      yield* writeFully(second, bytes.length + 11, Uint8Array.of(2), "writeFlush")
      same(yield* first.size, bytes.length + 12, "the size that the first sees")
    })),

  handle("closing one handle leaves the others open", ["multipleHandles"], (env) =>
    Effect.gen(function*() {
      const { bytes, name } = yield* env.given("small")
      const first = yield* env.open(name)
      const second = yield* env.open(name)
      const third = yield* env.open(name)
      sameBytes(yield* readUpTo(second, 0, 10), bytes.subarray(0, 10), "before closing")
      yield* env.close(first)
      yield* env.abort(third)
      sameBytes(yield* readRest(second, 10), bytes.subarray(10), "after the others were closed and aborted")
    })),

  handle("a file can have many handles", ["multipleHandles"], (env) =>
    Effect.gen(function*() {
      const { bytes, name } = yield* env.given("small")
      const files: Array<IOProc.File> = []
      for (let i = 0; i < 60; i++) files.push(yield* env.open(name))
      for (const [i, file] of files.entries()) {
        sameBytes(yield* readUpTo(file, 0, i + 1), bytes.subarray(0, i + 1), `handle ${i}`)
      }
      for (const [i, file] of files.entries()) {
        sameBytes(yield* readRest(file, i + 1), bytes.subarray(i + 1), `the rest of handle ${i}`)
      }
    })),

  handle("files that are written in turns do not mix", ["create"], (env) =>
    Effect.gen(function*() {
      const names = [env.fresh("a"), env.fresh("b"), env.fresh("c")]
      const files: Array<IOProc.File> = []
      for (const name of names) files.push(yield* env.open(name, { access: "write", create: "truncate" }))
      for (let i = 0; i < 10; i++) {
        for (const [j, file] of files.entries()) yield* writeFully(file, i * 10, pattern(10, 31 * i + j))
      }
      for (const file of files) yield* env.close(file)
      for (const [j, name] of names.entries()) {
        const expected = joined(...Array.from({ length: 10 }, (_, i) => pattern(10, 31 * i + j)))
        sameBytes(yield* env.contents(name), expected, `file ${j}`)
      }
    })),

  handle(
    "a name with `.` and `..` in it is the name of the file that it leads to",
    ["folders", "create"],
    (env) =>
      Effect.gen(function*() {
        const base = env.unique("spelled")
        const file = yield* env.open(env.name(base), { access: "write", create: "truncate" })
        yield* writeFully(file, 0, pattern(10))
        yield* env.close(file)
        for (const spelling of [`./${base}`, `folder/../${base}`, `folder/.././/${base}`]) {
          sameBytes(yield* env.contents(env.name(spelling)), pattern(10), spelling)
        }
      })
  ),

  handle("all handles of a file see that it was created again", [
    "create",
    "multipleHandles",
    "randomAccess",
    "inPlace"
  ], (env) =>
    Effect.gen(function*() {
      const { name } = yield* env.given("small")
      const first = yield* env.open(name, { access: "readWrite" })
      const second = yield* env.open(name, { access: "readWrite", create: "truncate" })
      yield* writeFully(second, 0, pattern(5, 60), "writeFlush")
      sameBytes(yield* readRest(first), pattern(5, 60), "what the first handle reads")
      yield* writeFully(first, 5, Uint8Array.of(1), "writeFlush")
      same(yield* flush(second), 0, "the count")
      sameBytes(yield* readRest(second, 5), Uint8Array.of(1), "what the second handle reads")
    })),

  handle(
    "handles of one file have one identity, and those of two files have two",
    ["multipleHandles"],
    (env) =>
      Effect.gen(function*() {
        const { name } = yield* env.given("small")
        const { name: other } = yield* env.given("large")
        const first = yield* env.open(name)
        const second = yield* env.open(name)
        const third = yield* env.open(other)
        if (first.identity._tag === "None") return
        same(
          second.identity._tag === "Some" && second.identity.value === first.identity.value,
          true,
          "one file, one identity"
        )
        same(
          third.identity._tag === "Some" && third.identity.value !== first.identity.value,
          true,
          "two files, two identities"
        )
      })
  )
]
