/**
 * `rename`, `remove`, `exists` and `fullName`.
 */
import type { FileName } from "@effect-mmio/core/FileName"
import type * as MmioError from "@effect-mmio/core/MmioError"
import * as Effect from "effect/Effect"
import { failsWith, same, sameBytes } from "./check.js"
import { define, type Definition } from "./definition.js"
import { type Environment, overwritten, readRest, readUpTo, writeFully } from "./environment.js"

const names_ = define("names")

/** The last component of a name. @internal */
export const lastOf = (full: string) => full.slice(Math.max(full.lastIndexOf("/"), full.lastIndexOf("\\")) + 1)

/** A rename after which the new name has the file, and the old name has none. */
const renames = (env: Environment, from: FileName, to: FileName, bytes: Uint8Array) =>
  Effect.gen(function*() {
    yield* env.driver.rename(from, to)
    sameBytes(yield* env.contents(to), bytes, "the content of the new name")
    yield* failsWith(env.attempt(from), "opening it by the old name", "FileNotFound")
  })

/** @internal */
export const names: ReadonlyArray<Definition> = [
  names_(
    "rename gives a file another name, with all of its bytes",
    ["create", "rename"],
    (env) =>
      Effect.gen(function*() {
        const { bytes, name } = yield* env.given("large")
        const to = env.fresh("renamed")
        yield* renames(env, name, to, bytes)
      })
  ),

  names_("rename replaces a file that has the new name", ["create", "rename"], (env) =>
    Effect.gen(function*() {
      const { bytes, name } = yield* env.given("small")
      const { name: to } = yield* env.given("large")
      yield* renames(env, name, to, bytes)
    })),

  names_("rename to the same name changes nothing", ["create", "rename"], (env) =>
    Effect.gen(function*() {
      const { bytes, name } = yield* env.given("small")
      yield* env.driver.rename(name, name)
      sameBytes(yield* env.contents(name), bytes, "the content")
    })),

  names_("rename there and back changes nothing", ["create", "rename"], (env) =>
    Effect.gen(function*() {
      const { bytes, name } = yield* env.given("small")
      const to = env.fresh("renamed")
      for (let i = 0; i < 10; i++) {
        yield* env.driver.rename(name, to)
        yield* env.driver.rename(to, name)
      }
      sameBytes(yield* env.contents(name), bytes, "the content")
      yield* failsWith(env.attempt(to), "opening it by the other name", "FileNotFound")
    })),

  names_("rename of a missing file is FileNotFound, and keeps the file that has the new name", [
    "create",
    "rename"
  ], (env) =>
    Effect.gen(function*() {
      const { bytes, name } = yield* env.given("small")
      yield* failsWith(env.driver.rename(env.fresh("missing"), name), "renaming over a file", "FileNotFound")
      sameBytes(yield* env.contents(name), bytes, "the file that has the new name")
      const missing = env.fresh("missing")
      yield* failsWith(env.driver.rename(missing, missing), "renaming to the same name", "FileNotFound")
    })),

  names_(
    "rename from a missing folder is PathNotFound",
    ["rename", "folders"],
    (env) => failsWith(env.driver.rename(env.name("nowhere/file"), env.fresh("renamed")), "renaming", "PathNotFound")
  ),

  names_("rename to a missing folder is PathNotFound, and keeps the file", [
    "create",
    "rename",
    "folders"
  ], (env) =>
    Effect.gen(function*() {
      const { bytes, name } = yield* env.given("small")
      yield* failsWith(env.driver.rename(name, env.name("nowhere/file")), "renaming", "PathNotFound")
      sameBytes(yield* env.contents(name), bytes, "the content")
    })),

  names_("rename moves a file into a folder", ["create", "rename", "folders"], (env) =>
    Effect.gen(function*() {
      const { bytes, name } = yield* env.given("small")
      const to = env.fresh("folder/moved")
      yield* renames(env, name, to, bytes)
    })),

  names_(
    "rename does not replace a folder",
    ["create", "rename", "folders"],
    (env) =>
      Effect.gen(function*() {
        const { bytes, name } = yield* env.given("small")
        yield* failsWith(
          env.driver.rename(name, env.name("folder")),
          "renaming a file to a folder",
          "CannotWrite",
          "AccessDenied"
        )
        sameBytes(yield* env.contents(name), bytes, "the content")
        yield* failsWith(env.attempt(env.name("folder")), "opening the folder", "CannotOpen")
      })
  ),

  names_("handles of a renamed file still read and write it", [
    "create",
    "rename",
    "unlinkOpen",
    "randomAccess",
    "inPlace"
  ], (env) =>
    Effect.gen(function*() {
      const { bytes, name } = yield* env.given("small")
      const file = yield* env.open(name, { access: "readWrite" })
      sameBytes(yield* readUpTo(file, 0, 10), bytes.subarray(0, 10), "before renaming")
      const to = env.fresh("renamed")
      yield* env.driver.rename(name, to)
      sameBytes(yield* readUpTo(file, 10, 10), bytes.subarray(10, 20), "after renaming")
      yield* writeFully(file, 20, Uint8Array.of(1, 2), "writeFlush")
      sameBytes(yield* env.contents(to), overwritten(bytes, 20, [1, 2]), "the content of the new name")
      yield* env.close(file)
      yield* failsWith(env.attempt(name), "opening it by the old name", "FileNotFound")
    })),

  names_("handles of a replaced file still read and write the old one", [
    "create",
    "rename",
    "unlinkOpen",
    "randomAccess",
    "inPlace"
  ], (env) =>
    Effect.gen(function*() {
      const { bytes: old, name: to } = yield* env.given("small")
      const { bytes: young, name } = yield* env.given("large")
      const file = yield* env.open(to, { access: "readWrite" })
      yield* env.driver.rename(name, to)
      sameBytes(yield* readRest(file), old, "what the handle reads")
      yield* writeFully(file, 0, Uint8Array.of(1), "writeFlush")
      sameBytes(yield* env.contents(to), young, "the content of the name")
      yield* env.close(file)
      sameBytes(yield* env.contents(to), young, "the content of the name once the handle is closed")
    })),

  names_("the old name of a renamed file can be used again", ["create", "rename"], (env) =>
    Effect.gen(function*() {
      const { bytes, name } = yield* env.given("small")
      const to = env.fresh("renamed")
      yield* env.driver.rename(name, to)
      const file = yield* env.open(name, { access: "write", create: "truncate" })
      yield* writeFully(file, 0, Uint8Array.of(1))
      yield* env.close(file)
      sameBytes(yield* env.contents(name), Uint8Array.of(1), "the new file")
      sameBytes(yield* env.contents(to), bytes, "the renamed file")
    })),

  // ---------------------------------------------------------------------------------------------------------------

  names_("remove removes a file", ["create", "remove"], (env) =>
    Effect.gen(function*() {
      const { name } = yield* env.given("small")
      yield* env.driver.remove(name)
      yield* failsWith(env.attempt(name), "opening it", "FileNotFound")
      yield* failsWith(env.driver.remove(name), "removing it again", "FileNotFound")
    })),

  names_("remove removes no other file", ["create", "remove"], (env) =>
    Effect.gen(function*() {
      const first = yield* env.given("small")
      const second = yield* env.given("small")
      yield* env.driver.remove(first.name)
      sameBytes(yield* env.contents(second.name), second.bytes, "the other file")
    })),

  names_("remove of a missing file is FileNotFound", ["remove"], (env) =>
    Effect.gen(function*() {
      const name = env.fresh("missing")
      const error = yield* failsWith(env.driver.remove(name), "removing it", "FileNotFound")
      same(error.file, name.full, "the file that the error names")
    })),

  names_(
    "remove in a missing folder is PathNotFound",
    ["remove", "folders"],
    (env) => failsWith(env.driver.remove(env.name("nowhere/file")), "removing", "PathNotFound")
  ),

  names_("remove does not remove folders", ["remove", "folders"], (env) =>
    Effect.gen(function*() {
      yield* failsWith(
        env.driver.remove(env.name("folder")),
        "removing a folder",
        "CannotWrite",
        "AccessDenied",
        "FileNotFound"
      )
      yield* failsWith(env.attempt(env.name("folder")), "opening the folder", "CannotOpen")
    })),

  names_("handles of a removed file still read and write it", [
    "create",
    "remove",
    "unlinkOpen",
    "randomAccess",
    "inPlace"
  ], (env) =>
    Effect.gen(function*() {
      const { bytes, name } = yield* env.given("small")
      const file = yield* env.open(name, { access: "readWrite" })
      yield* env.driver.remove(name)
      sameBytes(yield* readRest(file), bytes, "what the handle reads")
      yield* writeFully(file, 5, Uint8Array.of(1, 2), "writeFlush")
      sameBytes(yield* readUpTo(file, 4, 4), overwritten(bytes, 5, [1, 2]).subarray(4, 8), "what it wrote")
      yield* failsWith(env.attempt(name), "opening the removed file", "FileNotFound")
      yield* env.close(file)
      yield* failsWith(env.attempt(name), "opening it once it is closed", "FileNotFound")
    })),

  names_("a new file can have the name of a removed file that is open", ["create", "remove", "unlinkOpen", "inPlace"], (
    env
  ) =>
    Effect.gen(function*() {
      const { bytes, name } = yield* env.given("small")
      const old = yield* env.open(name)
      yield* env.driver.remove(name)
      const young = yield* env.open(name, { access: "write", create: "truncate" })
      yield* writeFully(young, 0, Uint8Array.of(9, 9), "writeFlush")
      sameBytes(yield* readRest(old), bytes, "what the handle of the removed file reads")
      yield* env.close(young)
      yield* env.close(old)
      sameBytes(yield* env.contents(name), Uint8Array.of(9, 9), "the new file")
    })),

  // ---------------------------------------------------------------------------------------------------------------

  names_("exists sees a file", ["exists"], (env) =>
    Effect.gen(function*() {
      const { name } = yield* env.given("empty")
      same(yield* env.driver.exists(name), true, "whether it exists")
    })),

  names_("exists does not see a missing file, and makes none", ["exists"], (env) =>
    Effect.gen(function*() {
      const name = env.fresh("missing")
      for (let i = 0; i < 2; i++) same(yield* env.driver.exists(name), false, "whether it exists")
      yield* failsWith(env.attempt(name), "opening it", "FileNotFound")
    })),

  names_(
    "exists does not see a folder, nor a file in a missing one",
    ["exists", "folders"],
    (env) =>
      Effect.gen(function*() {
        same(yield* env.driver.exists(env.name("folder")), false, "whether a folder exists as a file")
        same(yield* env.driver.exists(env.name("nowhere/file")), false, "whether a file in no folder exists")
        const base = env.can.create ? env.unique("in-the-way") : "small"
        if (env.can.create) yield* env.attempt(env.name(base), { access: "write", create: "truncate" })
        same(yield* env.driver.exists(env.name(`${base}/file`)), false, "whether a file in a file exists")
      })
  ),

  names_(
    "exists sees a file as soon as it is created",
    ["exists", "create", "inPlace"],
    (env) =>
      Effect.gen(function*() {
        const name = env.fresh("created")
        const file = yield* env.open(name, { access: "write", create: "truncate" })
        same(yield* env.driver.exists(name), true, "whether it exists while it is open")
        yield* env.close(file)
        same(yield* env.driver.exists(name), true, "whether it exists")
      })
  ),

  names_("exists follows rename", ["exists", "create", "rename"], (env) =>
    Effect.gen(function*() {
      const { name } = yield* env.given("small")
      const to = env.fresh("renamed")
      yield* env.driver.rename(name, to)
      same(yield* env.driver.exists(name), false, "whether the old name exists")
      same(yield* env.driver.exists(to), true, "whether the new name exists")
    })),

  names_(
    "exists follows remove, also while the file is open",
    ["exists", "create", "remove", "unlinkOpen"],
    (env) =>
      Effect.gen(function*() {
        const { name } = yield* env.given("small")
        yield* env.open(name)
        yield* env.driver.remove(name)
        same(yield* env.driver.exists(name), false, "whether it exists")
      })
  ),

  // ---------------------------------------------------------------------------------------------------------------

  names_("fullName returns a name of the same file", ["fullName"], (env) =>
    Effect.gen(function*() {
      const { bytes, name } = yield* env.given("small")
      const full = yield* env.driver.fullName(name)
      sameBytes(yield* env.contents(full), bytes, `the content of ${full.full}`)
    })),

  names_("fullName of a full name is the same", ["fullName"], (env) =>
    Effect.gen(function*() {
      const { name } = yield* env.given("small")
      const full = yield* env.driver.fullName(name)
      same((yield* env.driver.fullName(full)).full, full.full, "the full name of it")
    })),

  names_("fullName needs no file, and makes none", ["fullName"], (env) =>
    Effect.gen(function*() {
      const name = env.fresh("missing")
      const full = yield* env.driver.fullName(name)
      yield* failsWith(env.attempt(full), "opening it", "FileNotFound")
    })),

  names_("all spellings of a name have one fullName", ["fullName", "folders"], (env) =>
    Effect.gen(function*() {
      const base = env.unique("spelled")
      const { full } = yield* env.driver.fullName(env.name(base))
      for (const spelling of [`./${base}`, `folder/../${base}`, `.//${base}`]) {
        same((yield* env.driver.fullName(env.name(spelling))).full, full, `the full name of ${spelling}`)
      }
    })),

  // ---------------------------------------------------------------------------------------------------------------

  ...(["rename", "remove", "tempName"] as const).map((message) =>
    names_(`storage that does not support ${message} refuses it`, [], (env) =>
      Effect.gen(function*() {
        const { bytes, name } = yield* env.given("small")
        const call: Effect.Effect<void, MmioError.RenameError | MmioError.TempNameError> = {
          rename: () => Effect.asVoid(env.driver.rename(name, env.fresh("renamed"))),
          remove: () => Effect.asVoid(env.driver.remove(name)),
          tempName: () => Effect.asVoid(env.driver.tempName({}))
        }[message]()
        yield* failsWith(call, message, "AccessDenied", "CannotWrite")
        sameBytes(yield* env.contents(name), bytes, "the content")
      }), [message])
  )
]
