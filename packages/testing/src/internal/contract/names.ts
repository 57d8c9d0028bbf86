/**
 * `rename`, `remove`, `exists`, `fullName` and `tempName`.
 */
import type { FileName } from "@effect-mmio/core/FileName"
import type * as MmioError from "@effect-mmio/core/MmioError"
import * as Effect from "effect/Effect"
import { failsWith, holds, same, sameBytes } from "./check.js"
import { define, type Definition } from "./definition.js"
import { type Environment, moveTo, readRest, readUpTo, writeFully } from "./environment.js"
import { pattern } from "./fixtures.js"

const names_ = define("names")

const lastOf = (full: string) => full.slice(Math.max(full.lastIndexOf("/"), full.lastIndexOf("\\")) + 1)

/** A rename after which the new name stands for what the old one stood for, and that for nothing. */
const renames = (env: Environment, from: FileName, to: FileName, bytes: Uint8Array) =>
  Effect.gen(function*() {
    yield* env.driver.rename(from, to)
    sameBytes(yield* env.contents(to), bytes, "what the new name stands for")
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

  names_("rename takes the place of whatever has the new name", ["create", "rename"], (env) =>
    Effect.gen(function*() {
      const { bytes, name } = yield* env.given("small")
      const { name: to } = yield* env.given("large")
      yield* renames(env, name, to, bytes)
    })),

  names_("rename to the same name changes nothing", ["create", "rename"], (env) =>
    Effect.gen(function*() {
      const { bytes, name } = yield* env.given("small")
      yield* env.driver.rename(name, name)
      sameBytes(yield* env.contents(name), bytes, "what it holds")
    })),

  names_("rename there and back changes nothing", ["create", "rename"], (env) =>
    Effect.gen(function*() {
      const { bytes, name } = yield* env.given("small")
      const to = env.fresh("renamed")
      for (let i = 0; i < 10; i++) {
        yield* env.driver.rename(name, to)
        yield* env.driver.rename(to, name)
      }
      sameBytes(yield* env.contents(name), bytes, "what it holds")
      yield* failsWith(env.attempt(to), "opening it by the other name", "FileNotFound")
    })),

  names_("rename of a file that is missing is FileNotFound, and leaves what has the new name", [
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
    "rename from a folder that is missing is PathNotFound",
    ["rename", "folders"],
    (env) => failsWith(env.driver.rename(env.name("nowhere/file"), env.fresh("renamed")), "renaming", "PathNotFound")
  ),

  names_("rename to a folder that is missing is PathNotFound, and the file stays", [
    "create",
    "rename",
    "folders"
  ], (env) =>
    Effect.gen(function*() {
      const { bytes, name } = yield* env.given("small")
      yield* failsWith(env.driver.rename(name, env.name("nowhere/file")), "renaming", "PathNotFound")
      sameBytes(yield* env.contents(name), bytes, "what it holds")
    })),

  names_("rename moves a file into a folder", ["create", "rename", "folders"], (env) =>
    Effect.gen(function*() {
      const { bytes, name } = yield* env.given("small")
      const to = env.fresh("folder/moved")
      yield* renames(env, name, to, bytes)
    })),

  names_(
    "rename does not take the place of a folder",
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
        sameBytes(yield* env.contents(name), bytes, "what it holds")
        yield* failsWith(env.attempt(env.name("folder")), "opening the folder", "CannotOpen")
      })
  ),

  names_("a file that is renamed while it is open is still the file of its handles", [
    "create",
    "rename",
    "unlinkOpen",
    "seek"
  ], (env) =>
    Effect.gen(function*() {
      const { bytes, name } = yield* env.given("small")
      const file = yield* env.open(name, { access: "readWrite" })
      sameBytes(yield* readUpTo(file, 10), bytes.subarray(0, 10), "before renaming")
      const to = env.fresh("renamed")
      yield* env.driver.rename(name, to)
      sameBytes(yield* readUpTo(file, 10), bytes.subarray(10, 20), "after renaming")
      yield* writeFully(file, Uint8Array.of(1, 2), "writeFlush")
      const expected = bytes.slice()
      expected.set([1, 2], 20)
      sameBytes(yield* env.contents(to), expected, "what the new name stands for")
      yield* env.close(file)
      yield* failsWith(env.attempt(name), "opening it by the old name", "FileNotFound")
    })),

  names_("a file that another takes the place of lives on for its handles", [
    "create",
    "rename",
    "unlinkOpen",
    "seek"
  ], (env) =>
    Effect.gen(function*() {
      const { bytes: old, name: to } = yield* env.given("small")
      const { bytes: young, name } = yield* env.given("large")
      const file = yield* env.open(to, { access: "readWrite" })
      yield* env.driver.rename(name, to)
      sameBytes(yield* readRest(file), old, "what the handle reads")
      yield* writeFully(file, Uint8Array.of(1), "writeFlush")
      sameBytes(yield* env.contents(to), young, "what the name stands for")
      yield* env.close(file)
      sameBytes(yield* env.contents(to), young, "what the name stands for once the handle is closed")
    })),

  names_("the old name of a renamed file can be used again", ["create", "rename"], (env) =>
    Effect.gen(function*() {
      const { bytes, name } = yield* env.given("small")
      const to = env.fresh("renamed")
      yield* env.driver.rename(name, to)
      const file = yield* env.open(name, { access: "write", create: true })
      yield* writeFully(file, Uint8Array.of(1))
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

  names_("remove of a file that is missing is FileNotFound", ["remove"], (env) =>
    Effect.gen(function*() {
      const name = env.fresh("missing")
      const error = yield* failsWith(env.driver.remove(name), "removing it", "FileNotFound")
      same(error.file, name.full, "the file that the error names")
    })),

  names_(
    "remove in a folder that is missing is PathNotFound",
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

  names_("a file that is removed while it is open lives on for its handles", [
    "create",
    "remove",
    "unlinkOpen",
    "seek"
  ], (env) =>
    Effect.gen(function*() {
      const { bytes, name } = yield* env.given("small")
      const file = yield* env.open(name, { access: "readWrite" })
      yield* env.driver.remove(name)
      sameBytes(yield* readRest(file), bytes, "what the handle reads")
      yield* moveTo(file, 5)
      yield* writeFully(file, Uint8Array.of(1, 2), "writeFlush")
      yield* moveTo(file, 4)
      sameBytes(yield* readUpTo(file, 4), Uint8Array.of(bytes[4] ?? 0, 1, 2, bytes[7] ?? 0), "what it wrote")
      yield* failsWith(env.attempt(name), "opening the removed file", "FileNotFound")
      yield* env.close(file)
      yield* failsWith(env.attempt(name), "opening it once it is closed", "FileNotFound")
    })),

  names_("a name of a removed file that is open can be given to a new file", ["create", "remove", "unlinkOpen"], (
    env
  ) =>
    Effect.gen(function*() {
      const { bytes, name } = yield* env.given("small")
      const old = yield* env.open(name)
      yield* env.driver.remove(name)
      const young = yield* env.open(name, { access: "write", create: true })
      yield* writeFully(young, Uint8Array.of(9, 9), "writeFlush")
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

  names_("exists does not see a file that is missing, and makes none", ["exists"], (env) =>
    Effect.gen(function*() {
      const name = env.fresh("missing")
      for (let i = 0; i < 2; i++) same(yield* env.driver.exists(name), false, "whether it exists")
      yield* failsWith(env.attempt(name), "opening it", "FileNotFound")
    })),

  names_(
    "exists does not see a folder, nor a file in one that is missing",
    ["exists", "folders"],
    (env) =>
      Effect.gen(function*() {
        same(yield* env.driver.exists(env.name("folder")), false, "whether a folder exists as a file")
        same(yield* env.driver.exists(env.name("nowhere/file")), false, "whether a file in no folder exists")
        const base = env.can.create ? env.unique("in-the-way") : "small"
        if (env.can.create) yield* env.attempt(env.name(base), { access: "write", create: true })
        same(yield* env.driver.exists(env.name(`${base}/file`)), false, "whether a file in a file exists")
      })
  ),

  names_("exists sees a file as soon as it is created", ["exists", "create"], (env) =>
    Effect.gen(function*() {
      const name = env.fresh("created")
      const file = yield* env.open(name, { access: "write", create: true })
      same(yield* env.driver.exists(name), true, "whether it exists while it is open")
      yield* env.close(file)
      same(yield* env.driver.exists(name), true, "whether it exists")
    })),

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

  names_("fullName gives a name of the same file", ["fullName"], (env) =>
    Effect.gen(function*() {
      const { bytes, name } = yield* env.given("small")
      const full = yield* env.driver.fullName(name)
      sameBytes(yield* env.contents(full), bytes, `what ${full.full} holds`)
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

  names_("fullName is one for all spellings of a name", ["fullName", "folders"], (env) =>
    Effect.gen(function*() {
      const base = env.unique("spelled")
      const { full } = yield* env.driver.fullName(env.name(base))
      for (const spelling of [`./${base}`, `folder/../${base}`, `.//${base}`]) {
        same((yield* env.driver.fullName(env.name(spelling))).full, full, `the full name of ${spelling}`)
      }
    })),

  // ---------------------------------------------------------------------------------------------------------------

  names_("tempName makes an empty file", ["tempName"], (env) =>
    Effect.gen(function*() {
      const name = yield* env.driver.tempName(env.can.folders ? { folder: env.name("folder").full } : {})
      sameBytes(yield* env.contents(name), new Uint8Array(0), "what it holds")
      if (env.can.exists) same(yield* env.driver.exists(name), true, "whether it exists")
    })),

  names_("tempName makes a file that can be written", ["tempName", "write"], (env) =>
    Effect.gen(function*() {
      const name = yield* env.driver.tempName(env.can.folders ? { folder: env.name("folder").full } : {})
      const file = yield* env.open(name, { access: "write" })
      yield* writeFully(file, pattern(100))
      yield* env.close(file)
      sameBytes(yield* env.contents(name), pattern(100), "what it holds")
    })),

  names_("tempName makes another file each time", ["tempName", "folders"], (env) =>
    Effect.gen(function*() {
      const made = new Set<string>()
      for (let i = 0; i < 30; i++) made.add((yield* env.driver.tempName({ folder: env.name("folder").full })).full)
      same(made.size, 30, "names made")
    })),

  names_("tempName needs to be told nothing", ["tempName", "remove"], (env) =>
    Effect.gen(function*() {
      const name = yield* env.driver.tempName({})
      sameBytes(
        yield* Effect.ensuring(env.contents(name), Effect.ignore(env.driver.remove(name))),
        new Uint8Array(0),
        "what it holds"
      )
    })),

  names_("tempName begins and ends the name as it is told", ["tempName", "folders"], (env) =>
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
    "tempName makes the file in the folder that it is told",
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
    "tempName in a folder that is missing is PathNotFound",
    ["tempName", "folders"],
    (env) => failsWith(env.driver.tempName({ folder: env.name("nowhere").full }), "making it", "PathNotFound")
  ),

  names_("tempName does not lead out of its folder", ["tempName", "folders"], (env) =>
    Effect.gen(function*() {
      const folder = env.name("folder").full
      for (const parts of [{ prefix: "../out" }, { prefix: "/out" }, { suffix: "/../../out" }]) {
        yield* failsWith(env.driver.tempName({ folder, ...parts }), "making it elsewhere", "AccessDenied")
      }
    })),

  // ---------------------------------------------------------------------------------------------------------------

  ...(["rename", "remove", "tempName"] as const).map((message) =>
    names_(`storage that does not know ${message} refuses it`, [], (env) =>
      Effect.gen(function*() {
        const { bytes, name } = yield* env.given("small")
        const call: Effect.Effect<void, MmioError.RenameError | MmioError.TempNameError> = {
          rename: () => Effect.asVoid(env.driver.rename(name, env.fresh("renamed"))),
          remove: () => Effect.asVoid(env.driver.remove(name)),
          tempName: () => Effect.asVoid(env.driver.tempName({}))
        }[message]()
        yield* failsWith(call, message, "AccessDenied", "CannotWrite")
        sameBytes(yield* env.contents(name), bytes, "what the file holds")
      }), [message])
  )
]
