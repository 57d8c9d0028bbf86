/**
 * Concurrent operations: on one handle, on several, and on names.
 */
import * as Mmio from "@effect-mmio/core/Mmio"
import * as Effect from "effect/Effect"
import * as Encoding from "effect/Encoding"
import { failsWith, holds, same, sameBytes } from "./check.js"
import { define, type Definition } from "./definition.js"
import { readRest, writeFully } from "./environment.js"
import { pattern } from "./fixtures.js"

const concurrent = define("concurrency")

const unbounded = { concurrency: "unbounded" } as const
const upTo = (count: number) => Array.from({ length: count }, (_, i) => i)

/** Bytes in pieces of a size, as text, in the order of the text. */
const pieces = (bytes: Uint8Array, size: number): ReadonlyArray<string> =>
  upTo(Math.ceil(bytes.length / size)).map((i) => Encoding.encodeHex(bytes.subarray(i * size, (i + 1) * size)))
    .toSorted()

/** @internal */
export const concurrency: ReadonlyArray<Definition> = [
  ...(["none", 7, 64] as const).map((buffer) =>
    concurrent(
      `reads of several fibers on one handle, with a buffer of ${buffer}, return every byte once`,
      [],
      (env) =>
        Effect.gen(function*() {
          const { bytes, name } = yield* env.given("small")
          const file = yield* env.handle(name, { buffer })
          const read = yield* Effect.forEach(upTo(12), () => Mmio.read(file, 10), unbounded)
          same(read.reduce((sum, part) => sum + part.length, 0), bytes.length, "bytes read in all")
          same(
            read.filter((part) => part.length > 0).map((part) => Encoding.encodeHex(part)).toSorted().join(),
            pieces(bytes, 10).join(),
            "the pieces"
          )
        })
    )
  ),

  ...(["none", 7, 64] as const).map((buffer) =>
    concurrent(
      `writes of several fibers on one handle, with a buffer of ${buffer}, do not mix`,
      ["create"],
      (env) =>
        Effect.gen(function*() {
          const name = env.fresh("written")
          const file = yield* env.handle(name, { access: "write", create: true, buffer })
          yield* Effect.forEach(
            upTo(8),
            (fiber) =>
              Effect.forEach(upTo(10), (i) => Mmio.writeAll(file, new Uint8Array(5).fill(fiber * 10 + i)), {
                discard: true
              }),
            unbounded
          )
          yield* Mmio.close(file)
          const expected = Uint8Array.from(upTo(80).flatMap((value) => upTo(5).map(() => value)))
          const bytes = yield* env.contents(name)
          same(pieces(bytes, 5).join(), pieces(expected, 5).join(), "the pieces")
        })
    )
  ),

  concurrent("several handles read one file concurrently", ["multipleHandles"], (env) =>
    Effect.gen(function*() {
      const { bytes, name } = yield* env.given("large")
      const read = yield* Effect.forEach(
        upTo(8),
        (i) => Effect.scoped(Effect.flatMap(env.open(name), (file) => readRest(file, 0, 999 + i))),
        unbounded
      )
      for (const [i, part] of read.entries()) sameBytes(part, bytes, `what handle ${i} read`)
    })),

  concurrent("several handles write their parts of one file concurrently", [
    "create",
    "randomAccess",
    "multipleHandles",
    "inPlace"
  ], (
    env
  ) =>
    Effect.gen(function*() {
      const name = yield* env.file(new Uint8Array(800))
      yield* Effect.forEach(
        upTo(8),
        (i) =>
          Effect.scoped(Effect.gen(function*() {
            const file = yield* env.open(name, { access: "write" })
            for (let part = 0; part < 10; part++) {
              yield* writeFully(file, i * 100 + part * 10, new Uint8Array(10).fill(i * 10 + part))
              yield* Effect.yieldNow()
            }
            yield* env.close(file)
          })),
        unbounded
      )
      sameBytes(
        yield* env.contents(name),
        Uint8Array.from(upTo(80).flatMap((value) => upTo(10).map(() => value))),
        "the content"
      )
    })),

  concurrent("several files are written concurrently", ["create"], (env) =>
    Effect.gen(function*() {
      const names = yield* Effect.forEach(upTo(10), (i) => env.file(pattern(1000 + i, i)), unbounded)
      for (const [i, name] of names.entries()) {
        sameBytes(yield* env.contents(name), pattern(1000 + i, i), `file ${i}`)
      }
    })),

  concurrent("a file is opened and closed concurrently any number of times", [], (env) =>
    Effect.gen(function*() {
      const { bytes, name } = yield* env.given("small")
      yield* Effect.forEach(
        upTo(40),
        () => env.attempt(name),
        { concurrency: env.can.multipleHandles ? 10 : 1, discard: true }
      )
      if (env.can.sharing) yield* env.attempt(name, { share: "exclusive" })
      sameBytes(yield* env.contents(name), bytes, "the content")
    })),

  concurrent(
    "of several fibers that rename one file, one succeeds",
    ["create", "rename"],
    (env) =>
      Effect.gen(function*() {
        const { bytes, name } = yield* env.given("small")
        const names = upTo(6).map(() => env.fresh("renamed"))
        const outcomes = yield* Effect.forEach(names, (to) => Effect.either(env.driver.rename(name, to)), unbounded)
        const done = names.filter((_, i) => outcomes[i]?._tag === "Right")
        same(done.length, 1, "renames that succeeded")
        for (const to of done) sameBytes(yield* env.contents(to), bytes, "the content")
        for (const outcome of outcomes) {
          holds(outcome._tag === "Right" || outcome.left._tag === "FileNotFound", `one gave ${String(outcome)}`)
        }
      })
  ),

  concurrent(
    "of several fibers that remove one file, at least one succeeds",
    ["create", "remove"],
    (env) =>
      Effect.gen(function*() {
        const { name } = yield* env.given("small")
        const outcomes = yield* Effect.forEach(upTo(6), () => Effect.either(env.driver.remove(name)), unbounded)
        // More than one may, where the storage first looks whether the file exists.
        holds(outcomes.some((outcome) => outcome._tag === "Right"), "none succeeded")
        yield* failsWith(env.attempt(name), "opening it", "FileNotFound")
        for (const outcome of outcomes) {
          holds(outcome._tag === "Right" || outcome.left._tag === "FileNotFound", `one gave ${String(outcome)}`)
        }
      })
  ),

  concurrent(
    "temporary files that are made concurrently have different names",
    ["tempName", "folders"],
    (env) =>
      Effect.gen(function*() {
        const made = yield* Effect.forEach(
          upTo(20),
          () => env.driver.tempName({ folder: env.name("folder").full }),
          unbounded
        )
        same(new Set(made.map(({ full }) => full)).size, 20, "names")
      })
  )
]
