/**
 * `stat`, `list`, `makeFolder` and `removeFolder`.
 */
import type { FileName } from "@effect-mmio/core/FileName"
import type * as MmioError from "@effect-mmio/core/MmioError"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import { broken, failsWith, holds, same, sameBytes } from "./check.js"
import { define, type Definition } from "./definition.js"
import { type Environment, writeFully } from "./environment.js"
import { pattern } from "./fixtures.js"
import { lastOf } from "./names.js"

const names = define("names")

/** The kinds of the names in a folder. */
const listed = (env: Environment, folder: FileName) =>
  Effect.map(Stream.runCollect(env.driver.list(folder)), (entries) => {
    const kinds = new Map<string, string>()
    for (const { kind, name } of Chunk.toReadonlyArray(entries)) {
      if (kinds.has(name)) broken(`the name ${name} is listed twice`)
      kinds.set(name, kind)
    }
    return kinds
  })

const fileOf = (env: Environment, size: number, base: string) =>
  Effect.scoped(Effect.gen(function*() {
    const name = env.name(base)
    const file = yield* env.open(name, { access: "write", create: "truncate" })
    yield* writeFully(file, 0, pattern(size))
    yield* env.close(file)
    return name
  }))

/** @internal */
export const folders: ReadonlyArray<Definition> = [
  names("stat says the kind and the size of a file", ["stat"], (env) =>
    Effect.gen(function*() {
      for (const fixture of ["empty", "one", "small", "large"] as const) {
        const { bytes, name } = yield* env.given(fixture)
        const { kind, size } = yield* env.driver.stat(name)
        same(kind, "file", `the kind of ${fixture}`)
        same(Option.getOrUndefined(size), bytes.length, `the size of ${fixture}`)
      }
    })),

  names("stat says the size after a write", ["stat", "create"], (env) =>
    Effect.gen(function*() {
      const base = env.unique("grown")
      for (const size of [10, 5000, 3]) {
        const name = yield* fileOf(env, size, base)
        same(Option.getOrUndefined((yield* env.driver.stat(name)).size), size, "the size")
      }
    })),

  names("stat says the identity that open files of the name have", ["stat"], (env) =>
    Effect.gen(function*() {
      for (const fixture of ["small", "large"] as const) {
        const { name } = yield* env.given(fixture)
        const file = yield* env.open(name)
        const { identity } = yield* env.driver.stat(name)
        // What a storage cannot tell of one of them, it need not tell of the other.
        if (Option.isNone(identity) || Option.isNone(file.identity)) return
        same(identity.value, file.identity.value, `the identity of ${fixture}`)
      }
    })),

  names("stat of a folder says that it is one", ["stat", "folders"], (env) =>
    Effect.gen(function*() {
      same((yield* env.driver.stat(env.name("folder"))).kind, "folder", "the kind")
    })),

  names("stat of a missing file is FileNotFound, and makes none", ["stat"], (env) =>
    Effect.gen(function*() {
      const name = env.fresh("missing")
      const error = yield* failsWith(env.driver.stat(name), "stat", "FileNotFound")
      same(error.file, name.full, "the file that the error names")
      yield* failsWith(env.attempt(name), "opening it", "FileNotFound")
    })),

  names("stat in a missing folder is PathNotFound", ["stat", "folders"], (env) =>
    Effect.gen(function*() {
      yield* failsWith(env.driver.stat(env.name("nowhere/file")), "stat", "PathNotFound")
    })),

  names("stat follows remove and rename", ["stat", "create", "remove", "rename"], (env) =>
    Effect.gen(function*() {
      const { bytes, name } = yield* env.given("small")
      const to = env.fresh("renamed")
      yield* env.driver.rename(name, to)
      yield* failsWith(env.driver.stat(name), "stat of the old name", "FileNotFound")
      same(Option.getOrUndefined((yield* env.driver.stat(to)).size), bytes.length, "the size by the new name")
      yield* env.driver.remove(to)
      yield* failsWith(env.driver.stat(to), "stat of a removed file", "FileNotFound")
    })),

  // ---------------------------------------------------------------------------------------------------------------

  names(
    "list names the files and the folders in a folder, and their kinds",
    ["list", "folders", "create"],
    (env) =>
      Effect.gen(function*() {
        const [first, second] = [env.unique("folder/listed"), env.unique("folder/listed")]
        const files = [yield* fileOf(env, 3, first), yield* fileOf(env, 0, second)]
        const inner = env.unique("folder/inner")
        if (env.can.makeFolders) yield* env.driver.makeFolder(env.name(inner))
        const kinds = yield* listed(env, env.name("folder"))
        for (const file of files) same(kinds.get(lastOf(file.full)), "file", `the kind of ${file.full}`)
        if (env.can.makeFolders) {
          same(kinds.get(lastOf(env.name(inner).full)), "folder", "the kind of the inner folder")
          yield* fileOf(env, 1, `${inner}/deep`)
          const again = yield* listed(env, env.name("folder"))
          same(again.size, kinds.size, "names in the folder, after one was added to the inner folder")
        }
      })
  ),

  names("list of an empty folder has no names", ["list", "makeFolders"], (env) =>
    Effect.gen(function*() {
      const folder = env.fresh("empty-folder")
      yield* env.driver.makeFolder(folder)
      same((yield* listed(env, folder)).size, 0, "names")
    })),

  names("list names many files once each", ["list", "makeFolders", "create"], (env) =>
    Effect.gen(function*() {
      const base = env.unique("many")
      yield* env.driver.makeFolder(env.name(base))
      const files: Array<string> = []
      for (let i = 0; i < 100; i++) files.push(lastOf((yield* fileOf(env, i % 3, `${base}/${i}`)).full))
      const kinds = yield* listed(env, env.name(base))
      same([...kinds.keys()].toSorted().join(), files.toSorted().join(), "the names")
    })),

  names(
    "list follows create, rename and remove",
    ["list", "folders", "create", "rename", "remove"],
    (env) =>
      Effect.gen(function*() {
        const [base, other] = [env.unique("folder/followed"), env.unique("folder/followed")]
        const file = yield* fileOf(env, 1, base)
        const to = env.name(other)
        yield* env.driver.rename(file, to)
        const renamed = yield* listed(env, env.name("folder"))
        same(renamed.has(lastOf(file.full)), false, "whether the old name is listed")
        same(renamed.has(lastOf(to.full)), true, "whether the new name is listed")
        yield* env.driver.remove(to)
        same((yield* listed(env, env.name("folder"))).has(lastOf(to.full)), false, "whether the removed file is listed")
      })
  ),

  names(
    "list of a missing folder is PathNotFound",
    ["list", "folders"],
    (env) => failsWith(Stream.runDrain(env.driver.list(env.name("nowhere"))), "listing it", "PathNotFound")
  ),

  // ---------------------------------------------------------------------------------------------------------------

  names(
    "makeFolder makes a folder that files can be created in",
    ["makeFolders", "create"],
    (env) =>
      Effect.gen(function*() {
        const base = env.unique("made")
        yield* env.driver.makeFolder(env.name(base))
        const name = yield* fileOf(env, 10, `${base}/file`)
        sameBytes(yield* env.contents(name), pattern(10), "the content")
        yield* env.driver.makeFolder(env.name(base))
        sameBytes(yield* env.contents(name), pattern(10), "the content after makeFolder of a folder that exists")
        if (env.can.stat) same((yield* env.driver.stat(env.name(base))).kind, "folder", "its kind")
      })
  ),

  names(
    "makeFolder makes a folder in a folder, and none in a missing one",
    ["makeFolders"],
    (env) =>
      Effect.gen(function*() {
        const base = env.unique("outer")
        yield* failsWith(
          env.driver.makeFolder(env.name(`${base}/inner`)),
          "making a folder in a missing one",
          "PathNotFound"
        )
        yield* env.driver.makeFolder(env.name(base))
        yield* env.driver.makeFolder(env.name(`${base}/inner`))
        if (env.can.list) same((yield* listed(env, env.name(base))).size, 1, "names in the outer folder")
      })
  ),

  names("makeFolder does not replace a file", ["makeFolders", "create"], (env) =>
    Effect.gen(function*() {
      const { bytes, name } = yield* env.given("small")
      yield* failsWith(env.driver.makeFolder(name), "making a folder of a file's name", "CannotWrite", "AccessDenied")
      sameBytes(yield* env.contents(name), bytes, "the content")
    })),

  names("removeFolder removes an empty folder", ["makeFolders"], (env) =>
    Effect.gen(function*() {
      const folder = env.fresh("removed")
      yield* env.driver.makeFolder(folder)
      yield* env.driver.removeFolder(folder)
      yield* failsWith(env.driver.removeFolder(folder), "removing it again", "PathNotFound")
    })),

  names("removeFolder keeps a folder with files in it", ["makeFolders", "create"], (env) =>
    Effect.gen(function*() {
      const base = env.unique("kept")
      yield* env.driver.makeFolder(env.name(base))
      const name = yield* fileOf(env, 10, `${base}/file`)
      yield* failsWith(
        env.driver.removeFolder(env.name(base)),
        "removing a folder that is not empty",
        "CannotWrite",
        "AccessDenied"
      )
      sameBytes(yield* env.contents(name), pattern(10), "the content")
      if (!env.can.remove) return
      yield* env.driver.remove(name)
      yield* env.driver.removeFolder(env.name(base))
    })),

  names("removeFolder removes no file", ["makeFolders", "create"], (env) =>
    Effect.gen(function*() {
      const { bytes, name } = yield* env.given("small")
      const outcome = yield* Effect.either(env.driver.removeFolder(name))
      holds(outcome._tag === "Left", "removing a file as a folder succeeded")
      sameBytes(yield* env.contents(name), bytes, "the content")
    })),

  // ---------------------------------------------------------------------------------------------------------------

  ...([["stat", "stat"], ["list", "list"], ["makeFolder", "makeFolders"], ["removeFolder", "makeFolders"]] as const)
    .map((
      [message, need]
    ) =>
      names(`storage that does not support ${message} refuses it`, [], (env) => {
        const folder = env.name("folder")
        const call: Effect.Effect<void, MmioError.StatError | MmioError.ListError | MmioError.FolderError> = {
          stat: () => Effect.asVoid(env.driver.stat(folder)),
          list: () => Stream.runDrain(env.driver.list(folder)),
          makeFolder: () => env.driver.makeFolder(folder),
          removeFolder: () => env.driver.removeFolder(folder)
        }[message]()
        return failsWith(call, message, "AccessDenied")
      }, [need])
    )
]
