/**
 * Opening with `create`.
 */
import * as Effect from "effect/Effect"
import { failsWith, holds, same, sameBytes } from "./check.js"
import { define, type Definition } from "./definition.js"
import { type Environment, readRest, readSome, readUpTo, writeFully } from "./environment.js"
import { pattern } from "./fixtures.js"

const open = define("open")

const truncating = { access: "write", create: "truncate" } as const
const making = { access: "write", create: "new" } as const

/** Fails to create a file of a name that exists. */
const exists = (env: Environment, name: Parameters<Environment["attempt"]>[0]) =>
  Effect.map(
    failsWith(env.attempt(name, making), "creating a new file of a name that exists", "CannotOpen"),
    (error) => same(error.errno, "EEXIST", "`errno` of the error")
  )

/** @internal */
export const creating: ReadonlyArray<Definition> = [
  open("create makes a file of no bytes", ["create"], (env) =>
    Effect.gen(function*() {
      const name = env.fresh("created")
      yield* env.attempt(name, truncating)
      sameBytes(yield* env.contents(name), new Uint8Array(0), "a new file")
    })),

  open("create truncates a file that exists to no bytes", ["create"], (env) =>
    Effect.gen(function*() {
      const { name } = yield* env.given("large")
      yield* env.attempt(name, truncating)
      sameBytes(yield* env.contents(name), new Uint8Array(0), "a file that was created again")
    })),

  open(
    "create truncates before anything is written, also where less is written",
    ["create"],
    (env) =>
      Effect.gen(function*() {
        const { name } = yield* env.given("large")
        const file = yield* env.open(name, truncating)
        yield* writeFully(file, 0, Uint8Array.of(9))
        yield* env.close(file)
        sameBytes(yield* env.contents(name), Uint8Array.of(9), "a file that was created again, with one byte")
      })
  ),

  open(
    "create for reading and writing gives an empty file that does both",
    ["create", "randomAccess"],
    (env) =>
      Effect.gen(function*() {
        const { name } = yield* env.given("large")
        const file = yield* env.open(name, { access: "readWrite", create: "truncate" })
        same(yield* file.size, 0, "the size at first")
        same((yield* readSome(file, 0, 10)).length, 0, "bytes read at first")
        yield* writeFully(file, 0, pattern(10))
        sameBytes(yield* readRest(file), pattern(10), "what was written")
      })
  ),

  open("handles that have the file open see that it is truncated", [
    "create",
    "multipleHandles",
    "randomAccess",
    "inPlace"
  ], (
    env
  ) =>
    Effect.gen(function*() {
      const { bytes, name } = yield* env.given("small")
      const reader = yield* env.open(name)
      for (let at = 0; at < 30; at += 5) {
        sameBytes(yield* readUpTo(reader, at, 5), bytes.subarray(at, at + 5), `the bytes at ${at}`)
      }
      const writer = yield* env.open(name, truncating)
      same(yield* reader.size, 0, "the size that the other handle sees")
      for (const at of [30, 0]) {
        same((yield* readSome(reader, at, 10)).length, 0, `bytes that the other handle reads at ${at}`)
      }
      yield* env.close(writer)
    })),

  open("an open with create that is refused does not truncate", ["create", "sharing"], (env) =>
    Effect.gen(function*() {
      const { bytes, name } = yield* env.given("small")
      const holder = yield* env.open(name, { share: "denyWrite" })
      for (const share of ["compat", "exclusive", "denyWrite", "denyRead", "denyNone"] as const) {
        for (const access of ["write", "readWrite"] as const) {
          yield* failsWith(
            env.attempt(name, { access, create: "truncate", share }),
            `creating it as ${share} under a handle that denies writing`,
            "SharingViolation"
          )
        }
      }
      sameBytes(yield* readRest(holder), bytes, "what the handle that denies writing reads")
    })),

  open("a file cannot be created in a missing folder", ["folders", "create"], (env) =>
    Effect.gen(function*() {
      const name = env.name("nowhere/file")
      yield* failsWith(env.attempt(name, truncating), "creating it", "PathNotFound")
      yield* failsWith(env.attempt(name), "opening it afterwards", "PathNotFound")
      if (env.can.exclusiveCreate) yield* failsWith(env.attempt(name, making), "creating it as new", "PathNotFound")
    })),

  open("a file can be created in a folder, and opened there", ["folders", "create"], (env) =>
    Effect.gen(function*() {
      const name = yield* env.file(pattern(10), "folder/inside")
      sameBytes(yield* env.contents(name), pattern(10), "the content")
    })),

  open("a folder cannot be created as a file", ["folders", "create"], (env) =>
    Effect.gen(function*() {
      for (const options of env.can.exclusiveCreate ? [truncating, making] : [truncating]) {
        yield* failsWith(env.attempt(env.name("folder"), options), "creating a file over a folder", "CannotOpen")
      }
    })),

  // ---------------------------------------------------------------------------------------------------------------

  open("create new makes a file that does not exist", ["create", "exclusiveCreate"], (env) =>
    Effect.gen(function*() {
      const name = env.fresh("new")
      const file = yield* env.open(name, making)
      yield* writeFully(file, 0, pattern(20))
      yield* env.close(file)
      sameBytes(yield* env.contents(name), pattern(20), "the content")
    })),

  open(
    "create new of a name that exists is CannotOpen with EEXIST, and changes nothing",
    ["create", "exclusiveCreate"],
    (
      env
    ) =>
      Effect.gen(function*() {
        const { bytes, name } = yield* env.given("small")
        for (let i = 0; i < 3; i++) yield* exists(env, name)
        sameBytes(yield* env.contents(name), bytes, "the content")
        const { name: empty } = yield* env.given("empty")
        yield* exists(env, empty)
        if (env.can.sharing) yield* env.attempt(name, { share: "exclusive" })
      })
  ),

  open(
    "of 50 fibers that create one new file, one succeeds",
    ["create", "exclusiveCreate"],
    (env) =>
      Effect.gen(function*() {
        const name = env.fresh("raced")
        const outcomes = yield* Effect.forEach(Array.from({ length: 50 }, (_, i) => i), (i) =>
          Effect.either(Effect.scoped(Effect.gen(function*() {
            const file = yield* env.open(name, { ...making, share: "denyNone" })
            yield* Effect.yieldNow()
            yield* writeFully(file, 0, Uint8Array.of(i))
            yield* env.close(file)
            return i
          }))), { concurrency: "unbounded" })
        const winners = outcomes.flatMap((outcome) =>
          outcome._tag === "Right" ? [outcome.right] : []
        )
        same(winners.length, 1, "fibers that created the file")
        for (const outcome of outcomes) {
          if (outcome._tag === "Right") {
            continue
          }
          const { left } = outcome
          holds(left._tag === "CannotOpen" && left.errno === "EEXIST", `one failed with ${String(left)}`)
        }
        sameBytes(yield* env.contents(name), Uint8Array.from(winners), "the content")
      })
  ),

  open("storage that does not create new files exclusively refuses to", ["create"], (env) =>
    Effect.gen(function*() {
      const { bytes, name } = yield* env.given("small")
      yield* failsWith(
        env.attempt(name, making),
        "creating a new file of a name that exists",
        "CannotOpen",
        "AccessDenied"
      )
      sameBytes(yield* env.contents(name), bytes, "the content")
    }), ["exclusiveCreate"]),

  open("storage that cannot create refuses to, and makes nothing", [], (env) =>
    Effect.gen(function*() {
      const name = env.fresh("created")
      for (const options of [truncating, making]) {
        yield* failsWith(env.attempt(name, options), "creating a file", "AccessDenied", "CannotOpen", "FileNotFound")
      }
      yield* failsWith(env.attempt(name), "opening it afterwards", "FileNotFound")
    }), ["create"])
]
