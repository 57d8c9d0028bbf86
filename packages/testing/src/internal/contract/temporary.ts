/**
 * `tempName`.
 */
import * as Effect from "effect/Effect"
import { failsWith, holds, same, sameBytes } from "./check.js"
import { define, type Definition } from "./definition.js"
import { writeFully } from "./environment.js"
import { pattern } from "./fixtures.js"
import { lastOf } from "./names.js"

const names_ = define("names")

/** @internal */
export const temporary: ReadonlyArray<Definition> = [
  names_("tempName makes an empty file", ["tempName"], (env) =>
    Effect.gen(function*() {
      const name = yield* env.driver.tempName(env.can.folders ? { folder: env.name("folder").full } : {})
      sameBytes(yield* env.contents(name), new Uint8Array(0), "the content")
      if (env.can.exists) same(yield* env.driver.exists(name), true, "whether it exists")
    })),

  names_("tempName makes a file that can be written", ["tempName", "write"], (env) =>
    Effect.gen(function*() {
      const name = yield* env.driver.tempName(env.can.folders ? { folder: env.name("folder").full } : {})
      const file = yield* env.open(name, { access: "write" })
      yield* writeFully(file, 0, pattern(100))
      yield* env.close(file)
      sameBytes(yield* env.contents(name), pattern(100), "the content")
    })),

  names_("tempName makes another file each time", ["tempName", "folders"], (env) =>
    Effect.gen(function*() {
      const made = new Set<string>()
      for (let i = 0; i < 30; i++) made.add((yield* env.driver.tempName({ folder: env.name("folder").full })).full)
      same(made.size, 30, "names made")
    })),

  names_("tempName takes no options", ["tempName", "remove"], (env) =>
    Effect.gen(function*() {
      const name = yield* env.driver.tempName({})
      sameBytes(
        yield* Effect.ensuring(env.contents(name), Effect.ignore(env.driver.remove(name))),
        new Uint8Array(0),
        "the content"
      )
    })),

  names_("tempName takes a prefix and a suffix", ["tempName", "folders"], (env) =>
    Effect.gen(function*() {
      const folder = env.name("folder").full
      const { full } = yield* env.driver.tempName({ folder, prefix: "take", suffix: ".wav" })
      holds(lastOf(full).startsWith("take"), `${full} does not begin with take`)
      holds(full.endsWith(".wav"), `${full} does not end with .wav`)
      const plain = yield* env.driver.tempName({ folder })
      holds(lastOf(plain.full).startsWith("mmio"), `${plain.full} does not begin with mmio`)
      holds(plain.full.endsWith(".tmp"), `${plain.full} does not end with .tmp`)
    })),

  names_(
    "tempName makes the file in the folder that it is given",
    ["tempName", "folders", "fullName"],
    (env) =>
      Effect.gen(function*() {
        const folder = env.name("folder")
        const inside = yield* env.driver.fullName(yield* env.driver.tempName({ folder: folder.full }))
        const { full } = yield* env.driver.fullName(folder)
        holds(
          inside.full.startsWith(full) && inside.full.length - full.length - 1 === lastOf(inside.full).length,
          `${inside.full} is not in ${full}`
        )
      })
  ),

  names_(
    "tempName in a missing folder is PathNotFound",
    ["tempName", "folders"],
    (env) => failsWith(env.driver.tempName({ folder: env.name("nowhere").full }), "making it", "PathNotFound")
  ),

  names_("tempName does not lead out of its folder", ["tempName", "folders"], (env) =>
    Effect.gen(function*() {
      const folder = env.name("folder").full
      for (const parts of [{ prefix: "../out" }, { prefix: "/out" }, { suffix: "/../../out" }]) {
        yield* failsWith(env.driver.tempName({ folder, ...parts }), "making it elsewhere", "AccessDenied")
      }
    }))
]
