/**
 * Opening: what is found, what is made and cut, and why not.
 */
import type * as IOProc from "@effect-mmio/core/IOProc"
import * as Effect from "effect/Effect"
import { failsWith, holds, same, sameBytes } from "./check.js"
import { define, type Definition } from "./definition.js"
import { moveTo, pause, positionOf, readRest, readSome, writeFully } from "./environment.js"
import { pattern } from "./fixtures.js"

const open = define("open")
const failure = define("failure")

const writing = { access: "write", create: true } as const
const accesses: ReadonlyArray<IOProc.Access> = ["read", "write", "readWrite"]

/** @internal */
export const opening: ReadonlyArray<Definition> = [
  open("a file opened for reading gives its bytes from the first on", [], (env) =>
    Effect.gen(function*() {
      const { bytes, name } = yield* env.given("small")
      const file = yield* env.open(name)
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

  open("a file opened for writing is written from its first byte on", ["write"], (env) =>
    Effect.gen(function*() {
      const { bytes, name } = yield* env.given("small")
      const file = yield* env.open(name, { access: "write" })
      const written = pattern(5, 99)
      yield* writeFully(file, written)
      yield* env.close(file)
      sameBytes(yield* env.contents(name), Uint8Array.of(...written, ...bytes.subarray(5)), "after writing 5 bytes")
    })),

  open(
    "a file opened for reading and writing is read and written from its first byte on",
    ["write", "seek"],
    (env) =>
      Effect.gen(function*() {
        const { bytes, name } = yield* env.given("small")
        const file = yield* env.open(name, { access: "readWrite" })
        same(yield* positionOf(file), 0, "the position at first")
        sameBytes(yield* readRest(file), bytes, "what is read")
        yield* moveTo(file, 0)
        yield* writeFully(file, Uint8Array.of(1, 2))
        yield* env.close(file)
        sameBytes(yield* env.contents(name), Uint8Array.of(1, 2, ...bytes.subarray(2)), "after writing 2 bytes")
      })
  ),

  ...accesses.map((access) =>
    open(
      `a file that is missing is FileNotFound when it is opened for ${access}, and is not made`,
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
        error.message.startsWith(`FileNotFound: ${error.operation} ${name.full}: `),
        `the message is ${error.message}`
      )
    })),

  open("a file in a folder that is missing is PathNotFound", ["folders"], (env) =>
    Effect.gen(function*() {
      for (const access of env.can.write ? accesses : ["read" as const]) {
        yield* failsWith(env.attempt(env.name("nowhere/file"), { access }), `opening it for ${access}`, "PathNotFound")
      }
      yield* failsWith(env.attempt(env.name("nowhere/deeper/file")), "two folders missing", "PathNotFound")
    })),

  open("a file cannot be made in a folder that is missing", ["folders", "create"], (env) =>
    Effect.gen(function*() {
      const name = env.name("nowhere/file")
      yield* failsWith(env.attempt(name, writing), "creating it", "PathNotFound")
      yield* failsWith(env.attempt(name), "opening it afterwards", "PathNotFound")
    })),

  open("a file is no folder for others", ["folders"], (env) =>
    Effect.gen(function*() {
      // The name of the file with more behind it; what `name` appends to the two is the same.
      const base = env.can.create ? "in-the-way" : "small"
      if (env.can.create) yield* env.attempt(env.name(base), writing)
      yield* failsWith(env.attempt(env.name(`${base}/file`)), "opening a file in a file", "PathNotFound")
      if (env.can.create) {
        yield* failsWith(env.attempt(env.name(`${base}/file`), writing), "making a file in a file", "PathNotFound")
      }
    })),

  open("a file can be made in a folder, and found there", ["folders", "create"], (env) =>
    Effect.gen(function*() {
      const name = yield* env.file(pattern(10), "folder/inside")
      sameBytes(yield* env.contents(name), pattern(10), "what it holds")
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

  open(
    "a folder cannot be created as a file",
    ["folders", "create"],
    (env) => failsWith(env.attempt(env.name("folder"), writing), "creating a file over a folder", "CannotOpen")
  ),

  open("a file that was opened is still the same file for the next", [], (env) =>
    Effect.gen(function*() {
      const { bytes, name } = yield* env.given("small")
      for (let i = 0; i < 20; i++) sameBytes(yield* env.contents(name), bytes, `what it holds the ${i + 1}th time`)
    })),

  // ---------------------------------------------------------------------------------------------------------------

  open("create makes a file of no bytes", ["create"], (env) =>
    Effect.gen(function*() {
      const name = env.fresh("created")
      yield* env.attempt(name, writing)
      sameBytes(yield* env.contents(name), new Uint8Array(0), "a new file")
    })),

  open("create cuts a file that is there to no bytes", ["create"], (env) =>
    Effect.gen(function*() {
      const { name } = yield* env.given("large")
      yield* env.attempt(name, writing)
      sameBytes(yield* env.contents(name), new Uint8Array(0), "a file created once more")
    })),

  open(
    "create cuts before anything is written, also where less is written",
    ["create"],
    (env) =>
      Effect.gen(function*() {
        const { name } = yield* env.given("large")
        const file = yield* env.open(name, writing)
        yield* writeFully(file, Uint8Array.of(9))
        yield* env.close(file)
        sameBytes(yield* env.contents(name), Uint8Array.of(9), "a file created once more, with one byte")
      })
  ),

  open(
    "create for reading and writing gives an empty file that can do both",
    ["create", "seek"],
    (env) =>
      Effect.gen(function*() {
        const { name } = yield* env.given("small")
        const file = yield* env.open(name, { access: "readWrite", create: true })
        same(yield* positionOf(file), 0, "the position at first")
        same((yield* readSome(file, 10)).length, 0, "bytes read at first")
        yield* writeFully(file, pattern(10))
        yield* moveTo(file, 0)
        sameBytes(yield* readRest(file), pattern(10), "what was written")
      })
  ),

  open(
    "create is seen by those who have the file open",
    ["create", "multipleHandles", "seek"],
    (env) =>
      Effect.gen(function*() {
        const { name } = yield* env.given("small")
        const reader = yield* env.open(name)
        const writer = yield* env.open(name, writing)
        same(yield* reader.seek(0, "end"), 0, "the length that the other handle sees")
        yield* moveTo(reader, 0)
        same((yield* readSome(reader, 10)).length, 0, "bytes that the other handle reads")
        yield* env.close(writer)
      })
  ),

  open("an open with create that is refused does not cut", ["create", "sharing"], (env) =>
    Effect.gen(function*() {
      const { bytes, name } = yield* env.given("small")
      const holder = yield* env.open(name, { share: "denyWrite" })
      for (const share of ["compat", "exclusive", "denyWrite", "denyRead", "denyNone"] as const) {
        for (const access of ["write", "readWrite"] as const) {
          yield* failsWith(
            env.attempt(name, { access, create: true, share }),
            `creating it as ${share} under a handle that denies writing`,
            "SharingViolation"
          )
        }
      }
      sameBytes(yield* readRest(holder), bytes, "what the handle that denies writing reads")
    })),

  // ---------------------------------------------------------------------------------------------------------------

  failure(
    "reading a file that is open for writing is CannotRead, and moves nothing",
    ["write", "access"],
    (env) =>
      Effect.gen(function*() {
        const { bytes, name } = yield* env.given("small")
        const file = yield* env.open(name, { access: "write" })
        yield* writeFully(file, Uint8Array.of(1, 2, 3))
        yield* failsWith(readSome(file, 10), "reading", "CannotRead")
        if (env.can.seek) same(yield* positionOf(file), 3, "the position after the failed read")
        yield* writeFully(file, Uint8Array.of(4))
        yield* env.close(file)
        sameBytes(yield* env.contents(name), Uint8Array.of(1, 2, 3, 4, ...bytes.subarray(4)), "what it holds")
      })
  ),

  failure(
    "writing a file that is open for reading is CannotWrite, and changes nothing",
    ["access"],
    (env) =>
      Effect.gen(function*() {
        const { bytes, name } = yield* env.given("small")
        const file = yield* env.open(name)
        sameBytes(yield* readSome(file, 1), bytes.subarray(0, 1), "the first byte")
        yield* failsWith(file.write(pattern(8, 77)), "writing", "CannotWrite")
        if (env.can.seek) same(yield* positionOf(file), 1, "the position after the failed write")
        sameBytes(yield* readRest(file), bytes.subarray(1), "what is read afterwards")
        yield* env.close(file)
        yield* pause
        sameBytes(yield* env.contents(name), bytes, "what it holds")
      })
  ),

  failure("writeFlush of bytes to a file that is open for reading is CannotWrite, and changes nothing", ["access"], (
    env
  ) =>
    Effect.gen(function*() {
      const { bytes, name } = yield* env.given("small")
      const file = yield* env.open(name)
      yield* failsWith(file.writeFlush(pattern(8, 77)), "writeFlush", "CannotWrite")
      sameBytes(yield* readRest(file), bytes, "what is read afterwards")
      yield* env.close(file)
      sameBytes(yield* env.contents(name), bytes, "what it holds")
    })),

  failure("a refused write says that none of its bytes went down", ["access"], (env) =>
    Effect.gen(function*() {
      const { name } = yield* env.given("small")
      const file = yield* env.open(name)
      const error = yield* failsWith(file.write(Uint8Array.of(1)), "writing", "CannotWrite")
      if (error._tag === "CannotWrite") same(error.written, 0, "`written` of the error")
      same(error.file, name.full, "the file that the error names")
    })),

  failure("a file goes on after any number of refused calls", ["access", "seek"], (env) =>
    Effect.gen(function*() {
      const { bytes, name } = yield* env.given("small")
      const file = yield* env.open(name)
      for (let i = 0; i < 10; i++) {
        yield* failsWith(file.write(Uint8Array.of(1)), "writing", "CannotWrite")
        yield* failsWith(file.seek(-1, "start"), "seeking to -1", "CannotSeek")
        sameBytes(yield* readSome(file, 1), bytes.subarray(i, i + 1), `byte ${i}`)
      }
    })),

  open(
    "storage that cannot be written refuses a file for writing, or what is written to it",
    [],
    (env) =>
      Effect.gen(function*() {
        const { bytes, name } = yield* env.given("small")
        yield* failsWith(
          Effect.scoped(Effect.flatMap(env.open(name, { access: "write" }), (file) => file.write(Uint8Array.of(1)))),
          "writing",
          "AccessDenied",
          "CannotOpen",
          "CannotWrite"
        )
        sameBytes(yield* env.contents(name), bytes, "what it holds")
      }),
    ["write"]
  ),

  open("storage that cannot create refuses to, and makes nothing", [], (env) =>
    Effect.gen(function*() {
      const name = env.fresh("created")
      yield* failsWith(
        env.attempt(name, writing),
        "creating a file",
        "AccessDenied",
        "CannotOpen",
        "FileNotFound"
      )
      yield* failsWith(env.attempt(name), "opening it afterwards", "FileNotFound")
    }), ["create"])
]
