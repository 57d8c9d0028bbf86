/**
 * Sharing modes.
 */
import type * as IOProc from "@effect-mmio/core/IOProc"
import * as Effect from "effect/Effect"
import { failsWith, holds, same, sameBytes } from "./check.js"
import { define, type Definition } from "./definition.js"
import { readRest, writeFully } from "./environment.js"

const sharing_ = define("sharing")

const shares: ReadonlyArray<IOProc.Share> = ["compat", "exclusive", "denyWrite", "denyRead", "denyNone"]

/** Which accesses a mode denies to others, as the reference of mmioOpen has it; compat is not among them. */
const denied: { readonly [share in IOProc.Share]: ReadonlyArray<IOProc.Access> } = {
  compat: [],
  exclusive: ["read", "write", "readWrite"],
  denyWrite: ["write", "readWrite"],
  denyRead: ["read", "readWrite"],
  denyNone: []
}

/** @internal */
export const sharing: ReadonlyArray<Definition> = [
  ...shares.map((first) =>
    sharing_(
      `other handles open a file that is open as ${first} by the rule of mmioOpen`,
      ["sharing"],
      (env) =>
        Effect.gen(function*() {
          const accesses: ReadonlyArray<IOProc.Access> = env.can.write ? ["read", "write", "readWrite"] : ["read"]
          const { bytes, name } = yield* env.given("small")
          for (const access of accesses) {
            const holder = yield* env.open(name, { access, share: first })
            for (const share of shares) {
              for (const other of accesses) {
                const what = `${other} as ${share} under ${access} as ${first}`
                const allowed = first === "compat" || share === "compat"
                  ? first === share
                  : !denied[first].includes(other) && !denied[share].includes(access)
                const attempt = env.attempt(name, { access: other, share })
                yield* allowed ? attempt : failsWith(attempt, what, "SharingViolation")
              }
            }
            yield* env.abort(holder)
            // Neither an ended handle nor a refused one leaves a claim.
            yield* env.attempt(name, { share: "exclusive" })
          }
          sameBytes(yield* env.contents(name), bytes, "the content")
        })
    )
  ),

  sharing_("compat opens a file any number of times", ["sharing"], (env) =>
    Effect.gen(function*() {
      const { bytes, name } = yield* env.given("small")
      const files: Array<IOProc.File> = []
      for (let i = 0; i < 20; i++) {
        files.push(yield* env.open(name, { access: env.can.write && i % 2 === 0 ? "write" : "read" }))
      }
      for (const [i, file] of files.entries()) {
        if (!env.can.write || i % 2 === 1) sameBytes(yield* readRest(file), bytes, `what handle ${i} reads`)
      }
    })),

  sharing_("a claim holds until its own handle is closed", ["sharing"], (env) =>
    Effect.gen(function*() {
      const { name } = yield* env.given("small")
      const first = yield* env.open(name, { share: "denyNone" })
      const second = yield* env.open(name, { share: "denyWrite" })
      yield* env.close(first)
      if (env.can.write) {
        yield* failsWith(
          env.attempt(name, { access: "write", share: "denyNone" }),
          "writing under the handle that is left",
          "SharingViolation"
        )
      }
      yield* failsWith(env.attempt(name, { share: "exclusive" }), "exclusively under it", "SharingViolation")
      yield* env.close(second)
      yield* env.attempt(name, { share: "exclusive" })
    })),

  sharing_("a claim on one file does not affect another", ["sharing", "create"], (env) =>
    Effect.gen(function*() {
      const first = yield* env.given("small")
      const second = yield* env.given("small")
      yield* env.open(first.name, { share: "exclusive" })
      yield* env.attempt(second.name, { share: "exclusive" })
      yield* env.attempt(second.name, { access: "readWrite" })
    })),

  sharing_(
    "a violation names the file, and does not change the open handle",
    ["sharing"],
    (env) =>
      Effect.gen(function*() {
        const { bytes, name } = yield* env.given("small")
        const holder = yield* env.open(name, { share: "exclusive" })
        for (let i = 0; i < 10; i++) {
          const error = yield* failsWith(env.attempt(name), "opening it", "SharingViolation")
          same(error.file, name.full, "the file that the error names")
        }
        sameBytes(yield* readRest(holder), bytes, "what the handle reads")
      })
  ),

  sharing_(
    "a created file is claimed from the start",
    ["sharing", "create", "inPlace"],
    (env) =>
      Effect.gen(function*() {
        const name = env.fresh("claimed")
        const file = yield* env.open(name, { access: "write", create: "truncate", share: "exclusive" })
        yield* failsWith(env.attempt(name), "opening it", "SharingViolation")
        yield* failsWith(
          env.attempt(name, { access: "write", create: "truncate" }),
          "creating it once more",
          "SharingViolation"
        )
        yield* writeFully(file, 0, Uint8Array.of(1))
        yield* env.close(file)
        sameBytes(yield* env.contents(name), Uint8Array.of(1), "the content")
      })
  ),

  sharing_(
    "a file that is created but not committed is claimed",
    ["sharing", "create", "onClose"],
    (env) =>
      Effect.gen(function*() {
        const name = env.fresh("claimed")
        const creating = { access: "write", create: "truncate", share: "exclusive" } as const
        const file = yield* env.open(name, creating)
        yield* failsWith(env.attempt(name, creating), "creating it once more", "SharingViolation")
        yield* env.abort(file)
        yield* env.attempt(name, creating)
      })
  ),

  sharing_("an open that fails leaves no claim", ["sharing", "create", "remove"], (env) =>
    Effect.gen(function*() {
      const name = env.fresh("missing")
      yield* failsWith(env.attempt(name, { share: "exclusive" }), "opening a missing file", "FileNotFound")
      yield* env.attempt(name, { access: "write", create: "truncate", share: "exclusive" })
      yield* env.attempt(name, { share: "exclusive" })
    })),

  sharing_(
    "a claim holds for all spellings of a name",
    ["sharing", "folders", "create", "inPlace"],
    (env) =>
      Effect.gen(function*() {
        const base = env.unique("claimed")
        yield* env.open(env.name(base), { access: "write", create: "truncate", share: "exclusive" })
        for (const spelling of [`./${base}`, `folder/../${base}`]) {
          yield* failsWith(env.attempt(env.name(spelling)), `opening ${spelling}`, "SharingViolation")
        }
      })
  ),

  sharing_(
    "a claim follows a renamed file",
    ["sharing", "create", "rename", "unlinkOpen"],
    (env) =>
      Effect.gen(function*() {
        const { name } = yield* env.given("small")
        const holder = yield* env.open(name, { share: "exclusive" })
        const to = env.fresh("renamed")
        yield* env.driver.rename(name, to)
        yield* failsWith(env.attempt(to), "opening it by the new name", "SharingViolation")
        yield* env.attempt(name, { access: "write", create: "truncate", share: "exclusive" })
        yield* env.close(holder)
        yield* env.attempt(to, { share: "exclusive" })
      })
  ),

  sharing_("a claim on a removed file does not affect a later file of its name", [
    "sharing",
    "create",
    "remove",
    "unlinkOpen",
    "inPlace"
  ], (env) =>
    Effect.gen(function*() {
      const { name } = yield* env.given("small")
      const old = yield* env.open(name, { share: "exclusive" })
      yield* env.driver.remove(name)
      yield* env.open(name, { access: "write", create: "truncate", share: "exclusive" })
      yield* env.close(old)
      yield* failsWith(env.attempt(name), "opening the new file", "SharingViolation")
    })),

  sharing_("of many fibers that open a file exclusively, one succeeds", ["sharing"], (env) =>
    Effect.gen(function*() {
      const { name } = yield* env.given("small")
      const outcomes = yield* Effect.forEach(
        Array.from({ length: 10 }),
        () => Effect.either(env.open(name, { share: "exclusive" })),
        { concurrency: "unbounded" }
      )
      same(outcomes.filter((outcome) => outcome._tag === "Right").length, 1, "handles that were opened")
      // A file that was opened may hold a cycle, and is not printed.
      for (const outcome of outcomes) {
        if (outcome._tag === "Left") {
          holds(outcome.left._tag === "SharingViolation", `one failed with ${String(outcome.left)}`)
        }
      }
    }))
]
