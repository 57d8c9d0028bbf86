/**
 * Opening: what is found, and the exact failure where nothing is.
 */
import type * as IOProc from "@effect-mmio/core/IOProc"
import * as Effect from "effect/Effect"
import { failsWith, holds, same, sameBytes } from "./check.js"
import { define, type Definition } from "./definition.js"
import { overwritten, pause, readRest, readSome, refusedWrite, write, writeFully } from "./environment.js"
import { pattern } from "./fixtures.js"

const open = define("open")
const failure = define("failure")

const accesses: ReadonlyArray<IOProc.Access> = ["read", "write", "readWrite"]

/** @internal */
export const opening: ReadonlyArray<Definition> = [
  open("a file opened for reading has its bytes from the first on", [], (env) =>
    Effect.gen(function*() {
      const { bytes, name } = yield* env.given("small")
      const file = yield* env.open(name)
      same(file.start ?? 0, 0, "where a handle starts")
      sameBytes(yield* readRest(file), bytes, "what is read")
    })),

  open(
    "a file opened for writing keeps its bytes where nothing is written",
    ["write"],
    (env) =>
      Effect.gen(function*() {
        const { bytes, name } = yield* env.given("small")
        const file = yield* env.open(name, { access: "write" })
        yield* env.close(file)
        sameBytes(yield* env.contents(name), bytes, "after opening and closing")
      })
  ),

  open(
    "a file opened for writing keeps the bytes after those that are written",
    ["write"],
    (env) =>
      Effect.gen(function*() {
        const { bytes, name } = yield* env.given("small")
        const file = yield* env.open(name, { access: "write" })
        yield* writeFully(file, 0, pattern(5, 99))
        yield* env.close(file)
        sameBytes(yield* env.contents(name), overwritten(bytes, 0, pattern(5, 99)), "after writing 5 bytes")
      })
  ),

  open("a file opened for reading and writing does both", ["write", "randomAccess"], (env) =>
    Effect.gen(function*() {
      const { bytes, name } = yield* env.given("small")
      const file = yield* env.open(name, { access: "readWrite" })
      sameBytes(yield* readRest(file), bytes, "what is read")
      yield* writeFully(file, 0, Uint8Array.of(1, 2))
      yield* env.close(file)
      sameBytes(yield* env.contents(name), overwritten(bytes, 0, [1, 2]), "after writing 2 bytes")
    })),

  open("a file opened unbuffered is read and written", [], (env) =>
    Effect.gen(function*() {
      const { bytes, name } = yield* env.given("small")
      const file = yield* env.open(name, { buffered: false })
      sameBytes(yield* readRest(file, 0, 7), bytes, "what is read")
      yield* env.close(file)
      if (!env.can.write) return
      const writer = yield* env.open(name, { access: "write", buffered: false })
      for (let at = 0; at < 40; at += 10) yield* writeFully(writer, at, pattern(10, at))
      // Nothing is held back, so other handles see it.
      if (env.can.commit === "inPlace" && env.can.multipleHandles) {
        sameBytes((yield* env.contents(name)).subarray(30, 40), pattern(10, 30), "the bytes that other handles see")
      }
      yield* env.close(writer)
      sameBytes((yield* env.contents(name)).subarray(0, 10), pattern(10, 0), "the content")
    })),

  ...accesses.map((access) =>
    open(
      `a missing file is FileNotFound when it is opened for ${access}, and is not created`,
      access === "read" ? [] : ["write", "create"],
      (env) =>
        Effect.gen(function*() {
          const name = env.fresh("missing")
          yield* failsWith(env.attempt(name, { access }), `opening it for ${access}`, "FileNotFound")
          yield* failsWith(env.attempt(name), "opening it once more", "FileNotFound")
          if (env.can.exists) same(yield* env.driver.exists(name), false, "whether it exists")
        })
    )
  ),

  open("an error of opening names the file, and reads as a sentence", [], (env) =>
    Effect.gen(function*() {
      const name = env.fresh("missing")
      const error = yield* failsWith(env.attempt(name), "opening a missing file", "FileNotFound")
      same(error.file, name.full, "the file that the error names")
      holds(error.operation !== "", "the error does not name the operation")
      holds(
        error.message.startsWith(`${error.operation} ${name.full}: `),
        `the message is ${error.message}`
      )
    })),

  open("a file in a missing folder is PathNotFound", ["folders"], (env) =>
    Effect.gen(function*() {
      for (const access of env.can.write ? accesses : ["read" as const]) {
        yield* failsWith(env.attempt(env.name("nowhere/file"), { access }), `opening it for ${access}`, "PathNotFound")
      }
      yield* failsWith(env.attempt(env.name("nowhere/deeper/file")), "two missing folders", "PathNotFound")
    })),

  open("a file is not a folder", ["folders"], (env) =>
    Effect.gen(function*() {
      // The name of the file with more after it; what `name` appends to the two is the same.
      const base = env.can.create ? "in-the-way" : "small"
      const creating = { access: "write", create: "truncate" } as const
      if (env.can.create) yield* env.attempt(env.name(base), creating)
      yield* failsWith(env.attempt(env.name(`${base}/file`)), "opening a file in a file", "PathNotFound")
      if (env.can.create) {
        yield* failsWith(env.attempt(env.name(`${base}/file`), creating), "creating a file in a file", "PathNotFound")
      }
    })),

  open(
    "a folder cannot be opened for reading",
    ["folders"],
    (env) => failsWith(env.attempt(env.name("folder")), "opening a folder", "CannotOpen")
  ),

  open("a folder cannot be opened for writing", ["folders", "write"], (env) =>
    Effect.gen(function*() {
      for (const access of ["write", "readWrite"] as const) {
        yield* failsWith(env.attempt(env.name("folder"), { access }), `opening a folder for ${access}`, "CannotOpen")
      }
    })),

  open("a file has the same bytes each time it is opened", [], (env) =>
    Effect.gen(function*() {
      const { bytes, name } = yield* env.given("small")
      for (let i = 0; i < 20; i++) sameBytes(yield* env.contents(name), bytes, `the content at open ${i + 1}`)
    })),

  // ---------------------------------------------------------------------------------------------------------------

  failure(
    "reading a file that is open for writing is CannotRead, and changes nothing",
    ["write", "access"],
    (env) =>
      Effect.gen(function*() {
        const { bytes, name } = yield* env.given("small")
        const file = yield* env.open(name, { access: "write" })
        yield* writeFully(file, 0, Uint8Array.of(1, 2, 3))
        yield* failsWith(readSome(file, 0, 10), "reading", "CannotRead")
        yield* writeFully(file, 3, Uint8Array.of(4))
        yield* env.close(file)
        sameBytes(yield* env.contents(name), overwritten(bytes, 0, [1, 2, 3, 4]), "the content")
      })
  ),

  failure(
    "writing a file that is open for reading is refused, and changes nothing",
    ["access"],
    (env) =>
      Effect.gen(function*() {
        const { bytes, name } = yield* env.given("small")
        const file = yield* env.open(name)
        sameBytes(yield* readSome(file, 0, 1), bytes.subarray(0, 1), "the first byte")
        for (const mode of ["write", "writeFlush"] as const) yield* refusedWrite(file, 1, pattern(8, 77), mode)
        sameBytes(yield* readRest(file, 1), bytes.subarray(1), "what is read afterwards")
        yield* env.close(file)
        yield* pause
        sameBytes(yield* env.contents(name), bytes, "the content")
      })
  ),

  failure("a refused write says that none of its bytes were written", ["access"], (env) =>
    Effect.gen(function*() {
      const { name } = yield* env.given("small")
      const file = yield* env.open(name)
      const error = yield* refusedWrite(file, 0, Uint8Array.of(1))
      if (error === undefined) return
      same(error.written, 0, "`written` of the error")
      same(error.file, name.full, "the file that the error names")
    })),

  failure(
    "a file goes on after any number of refused calls",
    ["access", "randomAccess"],
    (env) =>
      Effect.gen(function*() {
        const { bytes, name } = yield* env.given("small")
        const file = yield* env.open(name)
        for (let i = 0; i < 10; i++) {
          yield* refusedWrite(file, i, Uint8Array.of(1))
          yield* failsWith(file.readAt(-1, new Uint8Array(1)), "reading at -1", "CannotRead")
          sameBytes(yield* readSome(file, i, 1), bytes.subarray(i, i + 1), `byte ${i}`)
        }
      })
  ),

  open(
    "storage that cannot be written refuses to open a file for writing, or to write to it",
    [],
    (env) =>
      Effect.gen(function*() {
        const { bytes, name } = yield* env.given("small")
        const outcome = yield* Effect.either(
          Effect.scoped(
            Effect.flatMap(env.open(name, { access: "write" }), (file) =>
              file.writeAt === undefined ? Effect.void : write(file, 0, Uint8Array.of(1)))
          )
        )
        if (outcome._tag === "Left") {
          const { _tag } = outcome.left
          holds(["AccessDenied", "CannotOpen", "CannotWrite"].includes(_tag), `writing failed with ${_tag}`)
        }
        sameBytes(yield* env.contents(name), bytes, "the content")
      }),
    ["write"]
  )
]
