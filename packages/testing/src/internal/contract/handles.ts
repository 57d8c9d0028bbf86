/**
 * Several handles on one file, and on several.
 */
import type * as IOProc from "@effect-mmio/core/IOProc"
import * as Effect from "effect/Effect"
import { same, sameBytes } from "./check.js"
import { define, type Definition } from "./definition.js"
import { moveTo, positionOf, readRest, readUpTo, writeFully } from "./environment.js"
import { pattern } from "./fixtures.js"

const handle = define("handles")

const nothing = new Uint8Array(0)

/** @internal */
export const handles: ReadonlyArray<Definition> = [
  handle(
    "two handles read the same bytes, each from its own position",
    ["multipleHandles"],
    (env) =>
      Effect.gen(function*() {
        const { bytes, name } = yield* env.given("small")
        const first = yield* env.open(name)
        const second = yield* env.open(name)
        sameBytes(yield* readUpTo(first, 30), bytes.subarray(0, 30), "the first handle")
        sameBytes(yield* readUpTo(second, 20), bytes.subarray(0, 20), "the second handle")
        sameBytes(yield* readRest(first), bytes.subarray(30), "the rest of the first")
        sameBytes(yield* readRest(second), bytes.subarray(20), "the rest of the second")
      })
  ),

  handle("seeking with one handle does not move another", ["multipleHandles", "seek"], (env) =>
    Effect.gen(function*() {
      const { name } = yield* env.given("small")
      const first = yield* env.open(name)
      const second = yield* env.open(name)
      yield* moveTo(first, 50)
      same(yield* positionOf(second), 0, "the position of the other")
      yield* moveTo(second, 20)
      same(yield* positionOf(first), 50, "the position of the first")
    })),

  handle(
    "writing with one handle does not move another",
    ["multipleHandles", "write", "seek"],
    (env) =>
      Effect.gen(function*() {
        const { name } = yield* env.given("small")
        const writer = yield* env.open(name, { access: "write" })
        const reader = yield* env.open(name)
        yield* moveTo(reader, 7)
        yield* writeFully(writer, pattern(50), "writeFlush")
        same(yield* positionOf(reader), 7, "the position of the reader")
        sameBytes(yield* readUpTo(reader, 10), pattern(50).subarray(7, 17), "what the reader sees")
      })
  ),

  handle(
    "what one handle wrote and flushed the others read",
    ["multipleHandles", "write", "seek"],
    (env) =>
      Effect.gen(function*() {
        const { bytes, name } = yield* env.given("small")
        const first = yield* env.open(name, { access: "readWrite" })
        const second = yield* env.open(name, { access: "readWrite" })
        yield* moveTo(first, 10)
        yield* writeFully(first, Uint8Array.of(1, 2), "writeFlush")
        yield* moveTo(second, 11)
        yield* writeFully(second, Uint8Array.of(3, 4), "writeFlush")
        const expected = bytes.slice()
        expected.set([1, 3, 4], 10)
        yield* moveTo(first, 0)
        yield* moveTo(second, 0)
        sameBytes(yield* readRest(first), expected, "what the first reads")
        sameBytes(yield* readRest(second), expected, "what the second reads")
      })
  ),

  handle("the end that one handle moves is the end of the others", [
    "multipleHandles",
    "write",
    "seek",
    "growable"
  ], (env) =>
    Effect.gen(function*() {
      const { bytes, name } = yield* env.given("small")
      const first = yield* env.open(name, { access: "readWrite" })
      const second = yield* env.open(name, { access: "readWrite" })
      yield* first.seek(10, "end")
      yield* writeFully(first, Uint8Array.of(1), "writeFlush")
      same(yield* second.seek(0, "end"), bytes.length + 11, "the end that the other sees")
      yield* writeFully(second, Uint8Array.of(2), "writeFlush")
      same(yield* first.seek(0, "end"), bytes.length + 12, "the end that the first sees")
    })),

  handle("closing one handle leaves the others open", ["multipleHandles"], (env) =>
    Effect.gen(function*() {
      const { bytes, name } = yield* env.given("small")
      const first = yield* env.open(name)
      const second = yield* env.open(name)
      sameBytes(yield* readUpTo(second, 10), bytes.subarray(0, 10), "before closing")
      yield* env.close(first)
      sameBytes(yield* readRest(second), bytes.subarray(10), "after closing the other")
    })),

  handle("a file can have many handles", ["multipleHandles"], (env) =>
    Effect.gen(function*() {
      const { bytes, name } = yield* env.given("small")
      const files: Array<IOProc.File> = []
      for (let i = 0; i < 60; i++) files.push(yield* env.open(name))
      for (const [i, file] of files.entries()) {
        sameBytes(yield* readUpTo(file, i + 1), bytes.subarray(0, i + 1), `handle ${i}`)
      }
      for (const [i, file] of files.entries()) {
        sameBytes(yield* readRest(file), bytes.subarray(i + 1), `the rest of handle ${i}`)
      }
    })),

  handle("files do not mix", ["create"], (env) =>
    Effect.gen(function*() {
      const names = [env.fresh("a"), env.fresh("b"), env.fresh("c")]
      const files: Array<IOProc.File> = []
      for (const name of names) files.push(yield* env.open(name, { access: "write", create: true }))
      for (let i = 0; i < 10; i++) {
        for (const [j, file] of files.entries()) yield* writeFully(file, pattern(10, 31 * i + j))
      }
      for (const file of files) yield* env.close(file)
      for (const [j, name] of names.entries()) {
        const expected = Uint8Array.from(Array.from({ length: 10 }, (_, i) => [...pattern(10, 31 * i + j)]).flat())
        sameBytes(yield* env.contents(name), expected, `file ${j}`)
      }
    })),

  handle(
    "a name with `.` and `..` in it is the file that it leads to",
    ["folders", "create"],
    (env) =>
      Effect.gen(function*() {
        const base = env.unique("spelled")
        const file = yield* env.open(env.name(base), { access: "write", create: true })
        yield* writeFully(file, pattern(10))
        yield* env.close(file)
        for (const spelling of [`./${base}`, `folder/../${base}`, `folder/.././/${base}`]) {
          sameBytes(yield* env.contents(env.name(spelling)), pattern(10), spelling)
        }
      })
  ),

  handle(
    "a file that was made again is seen by all of its handles",
    ["create", "multipleHandles", "seek"],
    (env) =>
      Effect.gen(function*() {
        const { name } = yield* env.given("small")
        const old = yield* env.open(name, { access: "readWrite" })
        const young = yield* env.open(name, { access: "readWrite", create: true })
        yield* writeFully(young, pattern(5, 60), "writeFlush")
        yield* moveTo(old, 0)
        sameBytes(yield* readRest(old), pattern(5, 60), "what the older handle reads")
        yield* writeFully(old, Uint8Array.of(1), "writeFlush")
        same(yield* young.writeFlush(nothing), 0, "the count")
        sameBytes(yield* readRest(young), Uint8Array.of(1), "what the younger handle reads")
      })
  )
]
