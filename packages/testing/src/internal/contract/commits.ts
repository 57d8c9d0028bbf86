/**
 * Law 7: what other readers see of a file that commits on close.
 */
import * as IOProc from "@effect-mmio/core/IOProc"
import * as Mmio from "@effect-mmio/core/Mmio"
import * as MmioError from "@effect-mmio/core/MmioError"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import { failsWith, holds, same, sameBytes } from "./check.js"
import { define, type Definition } from "./definition.js"
import { type Environment, readUpTo, write, writeFully } from "./environment.js"
import { pattern } from "./fixtures.js"

const commit = define("commit")

const fresh = pattern(60, 111)

/** Opens a handle that writes `fresh` in place of the old content. */
const rewriting = (env: Environment, name: Parameters<Environment["handle"]>[0], options?: { onFailure: "commit" }) =>
  Effect.tap(
    env.handle(name, { access: "write", create: true, buffer: 16, ...options }),
    (file) => Mmio.writeAll(file, fresh)
  )

/** @internal */
export const commits: ReadonlyArray<Definition> = [
  commit(
    "commit succeeds on a file that is written in place, and changes nothing",
    ["write", "inPlace"],
    (env) =>
      Effect.gen(function*() {
        const { bytes, name } = yield* env.given("small")
        const file = yield* env.open(name, { access: "write" })
        yield* file.commit
        yield* writeFully(file, 0, pattern(5, 9), "writeFlush")
        yield* file.commit
        yield* env.close(file)
        const expected = bytes.slice()
        expected.set(pattern(5, 9))
        sameBytes(yield* env.contents(name), expected, "the content")
      })
  ),

  commit("Mmio.commit makes what was written visible", ["create", "multipleHandles"], (env) =>
    Effect.gen(function*() {
      const { name } = yield* env.given("small")
      const file = yield* rewriting(env, name)
      yield* Mmio.commit(file)
      sameBytes(yield* env.contents(name), fresh, "what other readers see")
      yield* Mmio.writeAll(file, Uint8Array.of(1))
      yield* Mmio.close(file)
      same((yield* env.contents(name)).length, fresh.length + 1, "the size after close")
    })),

  // ---------------------------------------------------------------------------------------------------------------

  commit(
    "other readers see the old content until close, and then the new one",
    ["create", "onClose"],
    (env) =>
      Effect.gen(function*() {
        const { bytes, name } = yield* env.given("small")
        for (const create of ["no", "truncate"] as const) {
          const before = yield* env.contents(name)
          const file = yield* env.open(name, { access: "write", create })
          sameBytes(yield* env.contents(name), before, `after opening with create ${create}`)
          yield* writeFully(file, 0, fresh)
          sameBytes(yield* env.contents(name), before, "after writing")
          yield* env.close(file)
          const after = create === "no" ? Uint8Array.of(...fresh, ...bytes.subarray(fresh.length)) : fresh
          sameBytes(yield* env.contents(name), after, "after close")
        }
      })
  ),

  commit(
    "other readers see the new content after commit, and the file goes on",
    ["create", "onClose"],
    (env) =>
      Effect.gen(function*() {
        const { name } = yield* env.given("small")
        const file = yield* env.open(name, { access: "write", create: "truncate" })
        yield* writeFully(file, 0, fresh)
        yield* file.commit
        sameBytes(yield* env.contents(name), fresh, "after the first commit")
        yield* writeFully(file, fresh.length, Uint8Array.of(9))
        sameBytes(yield* env.contents(name), fresh, "after another write")
        yield* file.commit
        sameBytes(yield* env.contents(name), Uint8Array.of(...fresh, 9), "after the second commit")
        yield* env.close(file)
        sameBytes(yield* env.contents(name), Uint8Array.of(...fresh, 9), "after close")
      })
  ),

  commit(
    "a file reads what it wrote itself, before a commit and after it",
    ["create", "onClose", "randomAccess"],
    (env) =>
      Effect.gen(function*() {
        const { name } = yield* env.given("small")
        const file = yield* env.open(name, { access: "readWrite" })
        for (const value of [200, 201]) {
          yield* writeFully(file, 5, Uint8Array.of(value))
          sameBytes(yield* readUpTo(file, 5, 1), Uint8Array.of(value), "before a commit")
          yield* writeFully(file, 6, Uint8Array.of(value))
          yield* file.commit
          sameBytes(yield* readUpTo(file, 5, 2), Uint8Array.of(value, value), "after a commit")
        }
        yield* env.close(file)
      })
  ),

  commit("abort leaves the old content", ["create", "onClose"], (env) =>
    Effect.gen(function*() {
      const { bytes, name } = yield* env.given("small")
      for (const create of ["no", "truncate"] as const) {
        const file = yield* env.open(name, { access: "write", create })
        yield* writeFully(file, 0, fresh)
        yield* writeFully(file, fresh.length, fresh, "writeFlush")
        yield* env.abort(file)
        sameBytes(yield* env.contents(name), bytes, "the content")
      }
    })),

  commit("abort leaves the content of the last commit", ["create", "onClose"], (env) =>
    Effect.gen(function*() {
      const { name } = yield* env.given("small")
      const file = yield* env.open(name, { access: "write", create: "truncate" })
      yield* writeFully(file, 0, fresh)
      yield* file.commit
      yield* writeFully(file, 10, pattern(100, 1), "writeFlush")
      yield* env.abort(file)
      sameBytes(yield* env.contents(name), fresh, "the content")
    })),

  commit(
    "a new file has a name from its commit on, and none after abort",
    ["create", "onClose"],
    (env) =>
      Effect.gen(function*() {
        const name = env.fresh("new")
        for (const create of ["truncate", "new"] as const) {
          const aborted = yield* env.open(name, { access: "write", create })
          yield* writeFully(aborted, 0, fresh)
          yield* failsWith(env.attempt(name), "opening what is not committed", "FileNotFound")
          yield* env.abort(aborted)
          yield* failsWith(env.attempt(name), "opening what was aborted", "FileNotFound")
        }
        const file = yield* env.open(name, { access: "write", create: "new" })
        yield* writeFully(file, 0, fresh)
        yield* env.close(file)
        sameBytes(yield* env.contents(name), fresh, "the content")
      })
  ),

  commit("each read during commits returns bytes of one content", [
    "create",
    "randomAccess",
    "multipleHandles",
    "onClose"
  ], (
    env
  ) =>
    Effect.gen(function*() {
      const name = yield* env.file(new Uint8Array(500).fill(1))
      for (let content = 2; content < 12; content++) {
        const reader = yield* env.open(name)
        const file = yield* env.open(name, { access: "write", create: "truncate" })
        yield* writeFully(file, 0, new Uint8Array(500).fill(content))
        const [read] = yield* Effect.all([Effect.either(readUpTo(reader, 0, 500)), env.close(file)], {
          concurrency: "unbounded"
        })
        yield* env.close(reader)
        if (Either.isLeft(read)) {
          // A storage that tells versions apart, and keeps no old content, says that it is gone, as it is.
          holds(env.can.versions && read.left._tag === "VersionChanged", `a read failed: ${String(read.left)}`)
          sameBytes(yield* env.contents(name), new Uint8Array(500).fill(content), "the content that is there instead")
          continue
        }
        const [first] = read.right
        holds(first === content || first === content - 1, `a byte of content ${first} during commit ${content}`)
        holds(read.right.every((byte) => byte === first), "a read returned bytes of two contents")
      }
    })),

  commit("the scope of a handle commits as it succeeds", ["create", "onClose"], (env) =>
    Effect.gen(function*() {
      const { name } = yield* env.given("small")
      yield* Effect.scoped(rewriting(env, name))
      sameBytes(yield* env.contents(name), fresh, "the content")
    })),

  commit(
    "the scope of a handle that fails leaves the old content",
    ["create", "onClose"],
    (env) =>
      Effect.gen(function*() {
        const { bytes, name } = yield* env.given("small")
        yield* Effect.exit(Effect.scoped(Effect.zipRight(rewriting(env, name), Effect.fail("the program failed"))))
        sameBytes(yield* env.contents(name), bytes, "the content")
        yield* Effect.exit(Effect.scoped(Effect.zipRight(rewriting(env, name), Effect.die("the program died"))))
        sameBytes(yield* env.contents(name), bytes, "the content")
        if (env.can.sharing) yield* env.attempt(name, { share: "exclusive" })
      })
  ),

  commit(
    "the scope of a handle that is interrupted leaves the old content",
    ["create", "onClose"],
    (env) =>
      Effect.gen(function*() {
        const { bytes, name } = yield* env.given("small")
        const written = yield* Deferred.make<void>()
        const fiber = yield* Effect.fork(Effect.scoped(
          Effect.zipRight(rewriting(env, name), Effect.zipRight(Deferred.succeed(written, undefined), Effect.never))
        ))
        yield* Deferred.await(written)
        yield* Fiber.interrupt(fiber)
        sameBytes(yield* env.contents(name), bytes, "the content")
      })
  ),

  commit(
    "the scope of a handle that fails commits with `onFailure: \"commit\"`",
    ["create", "onClose"],
    (env) =>
      Effect.gen(function*() {
        const { name } = yield* env.given("small")
        yield* Effect.exit(Effect.scoped(
          Effect.zipRight(rewriting(env, name, { onFailure: "commit" }), Effect.fail("the program failed"))
        ))
        sameBytes(yield* env.contents(name), fresh, "the content")
      })
  ),

  commit(
    "a handle whose last flush fails leaves the old content",
    ["create", "onClose"],
    (env) =>
      Effect.gen(function*() {
        const { bytes, name } = yield* env.given("small")
        const full = IOProc.mapFile(env.driver, (file) => ({
          ...file,
          writeAt: file.writeAt && ((position, source, mode) =>
            position >= 32
              ? Effect.fail(
                new MmioError.CannotWrite({ operation: "a fault", file: name.full, description: "full", written: 0 })
              )
              : write(file, position, source, mode))
        }))
        const exit = yield* Effect.exit(Effect.scoped(Effect.flatMap(
          Mmio.openWith(full, name, { access: "write", create: true, buffer: 16 }),
          (file) =>
            Effect.zipRight(Mmio.writeAll(file, fresh.subarray(0, 16)), Mmio.writeAll(file, fresh.subarray(0, 40)))
        )))
        holds(Exit.isFailure(exit), "the failed flush was not reported")
        sameBytes(yield* env.contents(name), bytes, "the content")
      })
  ),

  commit("Mmio.close commits what was written", ["create", "onClose"], (env) =>
    Effect.gen(function*() {
      const { bytes, name } = yield* env.given("small")
      const file = yield* rewriting(env, name)
      yield* Mmio.flush(file)
      sameBytes(yield* env.contents(name), bytes, "after a flush")
      yield* Mmio.close(file)
      sameBytes(yield* env.contents(name), fresh, "after close")
    })),

  commit("truncate is seen after commit", ["create", "truncate", "onClose"], (env) =>
    Effect.gen(function*() {
      const { bytes, name } = yield* env.given("small")
      const file = yield* env.open(name, { access: "write" })
      yield* file.truncate?.(10) ?? Effect.void
      sameBytes(yield* env.contents(name), bytes, "before the commit")
      yield* file.commit
      sameBytes(yield* env.contents(name), bytes.subarray(0, 10), "after the commit")
      yield* file.truncate?.(0) ?? Effect.void
      yield* env.abort(file)
      sameBytes(yield* env.contents(name), bytes.subarray(0, 10), "after abort")
    }))
]
