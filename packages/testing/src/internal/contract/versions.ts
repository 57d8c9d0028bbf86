/**
 * Law 7: versions of a content, and conflicts between writers.
 */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { failsWith, holds, same, sameBytes } from "./check.js"
import { define, type Definition } from "./definition.js"
import { type Environment, readRest, writeFully } from "./environment.js"
import { pattern } from "./fixtures.js"

const commit = define("commit")

const versionOf = (env: Environment, name: Parameters<Environment["contents"]>[0]) =>
  Effect.scoped(Effect.map(env.open(name), ({ version }) => {
    holds(Option.isSome(version), "the file has no version")
    return version.value
  }))

/** Gives a file another content, and another size. */
const change = (env: Environment, name: Parameters<Environment["contents"]>[0], size: number) =>
  Effect.scoped(Effect.gen(function*() {
    const file = yield* env.open(name, { access: "write", create: "truncate" })
    yield* writeFully(file, 0, pattern(size, size))
    yield* env.close(file)
  }))

/** @internal */
export const versions: ReadonlyArray<Definition> = [
  commit(
    "a content keeps its version, and a changed content has another",
    ["versions"],
    (env) =>
      Effect.gen(function*() {
        const { name } = yield* env.given("small")
        const first = yield* versionOf(env, name)
        same(yield* versionOf(env, name), first, "the version of the same content")
        if (!env.can.create) return
        yield* change(env, name, 33)
        const second = yield* versionOf(env, name)
        holds(second !== first, `the version is still ${first} after a change`)
      })
  ),

  commit("stat says the version of the content", ["versions", "stat"], (env) =>
    Effect.gen(function*() {
      const { name } = yield* env.given("small")
      const { version } = yield* env.driver.stat(name)
      same(Option.getOrUndefined(version), yield* versionOf(env, name), "the version of stat")
    })),

  commit("ifVersion opens the content of that version, and no other", ["versions"], (env) =>
    Effect.gen(function*() {
      const { bytes, name } = yield* env.given("small")
      const version = yield* versionOf(env, name)
      const file = yield* env.open(name, { ifVersion: Option.some(version) })
      sameBytes(yield* readRest(file), bytes, "what is read")
      yield* env.close(file)
      yield* failsWith(
        env.attempt(name, { ifVersion: Option.some("no version") }),
        "opening another version",
        "VersionChanged"
      )
      if (!env.can.create) return
      yield* change(env, name, 33)
      for (const request of [{}, { access: "write" }, { access: "write", create: "truncate" }] as const) {
        yield* failsWith(
          env.attempt(name, { ...request, ifVersion: Option.some(version) }),
          "opening the old version",
          "VersionChanged"
        )
      }
      sameBytes(yield* env.contents(name), pattern(33, 33), "the content")
    })),

  commit("ifVersion is CannotOpen where the driver knows no versions", [], (env) =>
    Effect.gen(function*() {
      const { bytes, name } = yield* env.given("small")
      yield* failsWith(env.attempt(name, { ifVersion: Option.some("any") }), "opening a version", "CannotOpen")
      sameBytes(yield* env.contents(name), bytes, "the content")
    }), ["versions"]),

  commit("a commit over a content that was changed is VersionChanged, and keeps that content", [
    "versions",
    "create",
    "onClose"
  ], (env) =>
    Effect.gen(function*() {
      const { name } = yield* env.given("small")
      // Each time to another content, since a version may be a digest of it.
      for (const [end, size] of [["commit", 44], ["close", 45]] as const) {
        const file = yield* env.open(name, { access: "write" })
        yield* writeFully(file, 0, pattern(10, 99))
        yield* change(env, name, size)
        yield* failsWith(
          end === "close" ? env.close(file) : file.commit,
          `${end} over a changed content`,
          "VersionChanged"
        )
        if (end === "commit") yield* env.abort(file)
        sameBytes(yield* env.contents(name), pattern(size, size), "the content")
        if (env.can.sharing) yield* env.attempt(name, { share: "exclusive" })
      }
    })),

  commit(
    "of two writers that create one name, the second commit is VersionChanged",
    ["versions", "create", "onClose"],
    (
      env
    ) =>
      Effect.gen(function*() {
        const name = env.fresh("twice")
        const first = yield* env.open(name, { access: "write", create: "truncate" })
        const second = yield* env.open(name, { access: "write", create: "truncate" })
        yield* writeFully(first, 0, pattern(10, 1))
        yield* writeFully(second, 0, pattern(20, 2))
        yield* env.close(first)
        yield* failsWith(env.close(second), "the second close", "VersionChanged")
        sameBytes(yield* env.contents(name), pattern(10, 1), "the content")
      })
  )
]
