/**
 * Law 5: closing.
 */
import * as IOProc from "@effect-mmio/core/IOProc"
import * as Mmio from "@effect-mmio/core/Mmio"
import * as MmioError from "@effect-mmio/core/MmioError"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import { failsWith, holds, same, sameBytes } from "./check.js"
import { define, type Definition } from "./definition.js"
import { type Environment, pause, readRest, readSome, readUpTo, writeFully } from "./environment.js"
import { pattern } from "./fixtures.js"

const close = define("close")

/** The driver, which counts how often files are opened and closed, and fails what it is told to. */
const counting = (env: Environment, fails: (call: "writeFlush" | "close") => boolean = () => false) => {
  const counts = { opened: 0, closed: 0 }
  const driver = IOProc.mapFile(env.driver, (file, request) => {
    counts.opened++
    const fail = (operation: string) => ({ operation, file: request.name.full, description: "told to fail" })
    return {
      read: (target) => file.read(target),
      write: (source) => file.write(source),
      writeFlush: (source) =>
        fails("writeFlush")
          ? Effect.fail(new MmioError.CannotWrite({ ...fail("writeFlush"), written: 0 }))
          : file.writeFlush(source),
      seek: (offset, from) => file.seek(offset, from),
      close: Effect.suspend(() => {
        counts.closed++
        return Effect.zipRight(
          file.close,
          Effect.suspend(() => fails("close") ? Effect.fail(new MmioError.CannotClose(fail("close"))) : Effect.void)
        )
      }),
      onMessage: (message) => file.onMessage(message)
    }
  })
  return { counts, driver }
}

const closedOnce = (counts: { readonly opened: number; readonly closed: number }, what: string) => {
  same(counts.opened, 1, `${what}: files opened`)
  same(counts.closed, 1, `${what}: times closed`)
}

/** @internal */
export const closing: ReadonlyArray<Definition> = [
  close("close pushes down what was written", ["create"], (env) =>
    Effect.gen(function*() {
      const name = env.fresh("closed")
      const file = yield* env.open(name, { access: "write", create: true })
      yield* writeFully(file, pattern(777))
      yield* env.close(file)
      sameBytes(yield* env.contents(name), pattern(777), "what it holds")
    })),

  close("closing changes nothing in a file that was read", [], (env) =>
    Effect.gen(function*() {
      const { bytes, name } = yield* env.given("small")
      for (let i = 0; i < 3; i++) {
        const file = yield* env.open(name)
        sameBytes(yield* readUpTo(file, 10 * i), bytes.subarray(0, 10 * i), "what is read")
        yield* env.close(file)
      }
      sameBytes(yield* env.contents(name), bytes, "what it holds")
    })),

  close(
    "a file that is closed can be opened exclusively, then by others",
    ["sharing"],
    (env) =>
      Effect.gen(function*() {
        const { name } = yield* env.given("small")
        for (let i = 0; i < 5; i++) {
          const exclusive = yield* env.open(name, { share: "exclusive" })
          yield* env.close(exclusive)
          const shared = yield* env.open(name)
          yield* env.close(shared)
        }
      })
  ),

  close("files can be opened and closed any number of times", [], (env) =>
    Effect.gen(function*() {
      const { bytes, name } = yield* env.given("one")
      for (let i = 0; i < 300; i++) {
        const file = yield* env.open(name)
        if (i % 50 === 0) sameBytes(yield* readRest(file), bytes, "what is read")
        yield* env.close(file)
      }
    })),

  close("a file can be closed after calls that failed", [], (env) =>
    Effect.gen(function*() {
      const { name } = yield* env.given("small")
      const file = yield* env.open(name)
      yield* failsWith(file.seek(-1, "start"), "seeking to -1", "CannotSeek")
      if (env.can.access) yield* failsWith(file.write(Uint8Array.of(1)), "writing", "CannotWrite")
      yield* env.close(file)
      if (env.can.sharing) yield* env.attempt(name, { share: "exclusive" })
    })),

  close("a file that is closed can be removed, and made again", ["create", "remove"], (env) =>
    Effect.gen(function*() {
      const { name } = yield* env.given("small")
      const file = yield* env.open(name)
      yield* readSome(file, 10)
      yield* env.close(file)
      yield* env.driver.remove(name)
      const again = yield* env.open(name, { access: "write", create: true })
      yield* writeFully(again, Uint8Array.of(1))
      yield* env.close(again)
      sameBytes(yield* env.contents(name), Uint8Array.of(1), "the file that was made again")
    })),

  close("a closed file refuses to read", ["useAfterClose"], (env) =>
    Effect.gen(function*() {
      const file = yield* env.open((yield* env.given("small")).name)
      yield* env.close(file)
      for (let i = 0; i < 3; i++) yield* failsWith(file.read(new Uint8Array(10)), "reading", "CannotRead")
    })),

  close(
    "a closed file refuses to write, and nothing is written",
    ["useAfterClose", "write"],
    (env) =>
      Effect.gen(function*() {
        const { bytes, name } = yield* env.given("small")
        const file = yield* env.open(name, { access: "write" })
        yield* env.close(file)
        // Another file may have been given what this one gave back.
        const other = yield* env.given("one")
        const holder = yield* env.open(other.name, { access: "write" })
        yield* failsWith(file.write(pattern(4, 99)), "writing", "CannotWrite")
        yield* failsWith(file.writeFlush(pattern(4, 99)), "writeFlush", "CannotWrite")
        yield* env.close(holder)
        yield* pause
        sameBytes(yield* env.contents(name), bytes, "what the file holds")
        sameBytes(yield* env.contents(other.name), other.bytes, "what another file holds")
      })
  ),

  close(
    "a closed file does not read what another file holds by now",
    ["useAfterClose", "multipleHandles"],
    (env) =>
      Effect.gen(function*() {
        const { name } = yield* env.given("small")
        const file = yield* env.open(name)
        yield* env.close(file)
        const { bytes, name: other } = yield* env.given("large")
        const holder = yield* env.open(other)
        yield* failsWith(file.read(new Uint8Array(10)), "reading", "CannotRead")
        sameBytes(yield* readRest(holder), bytes, "what the other handle reads")
      })
  ),

  close("closing once more releases nothing of others", ["sharing"], (env) =>
    Effect.gen(function*() {
      const { name } = yield* env.given("small")
      const file = yield* env.open(name, { share: "exclusive" })
      yield* env.close(file)
      yield* env.open(name, { share: "exclusive" })
      yield* Effect.exit(file.close)
      yield* failsWith(env.attempt(name), "opening under an exclusive handle", "SharingViolation")
    })),

  // ---------------------------------------------------------------------------------------------------------------

  close("the end of a scope closes the file once", [], (env) =>
    Effect.gen(function*() {
      const { name } = yield* env.given("small")
      const { counts, driver } = counting(env)
      yield* Effect.scoped(Effect.flatMap(Mmio.openWith(driver, name), Mmio.read(5)))
      closedOnce(counts, "after the scope")
    })),

  close("Mmio.close closes the file once, and the end of the scope not again", [], (env) =>
    Effect.gen(function*() {
      const { name } = yield* env.given("small")
      const { counts, driver } = counting(env)
      yield* Effect.scoped(Effect.gen(function*() {
        const file = yield* Mmio.openWith(driver, name)
        yield* Mmio.read(file, 5)
        yield* Mmio.close(file)
        closedOnce(counts, "after Mmio.close")
      }))
      closedOnce(counts, "after the scope")
    })),

  close(
    "a handle whose flush fails is closed once by its scope, and tells",
    ["create"],
    (env) =>
      Effect.gen(function*() {
        const name = env.fresh("closed")
        const { counts, driver } = counting(env, (call) => call === "writeFlush")
        const exit = yield* Effect.exit(Effect.scoped(Effect.gen(function*() {
          const file = yield* Mmio.openWith(driver, name, { access: "write", create: true })
          yield* Mmio.write(file, pattern(10))
        })))
        holds(Exit.isFailure(exit), "the failed flush was not told")
        closedOnce(counts, "after the scope")
        if (env.can.sharing) yield* env.attempt(name, { share: "exclusive" })
      })
  ),

  close("a close that fails has released the file all the same", [], (env) =>
    Effect.gen(function*() {
      const { name } = yield* env.given("small")
      const { counts, driver } = counting(env, (call) => call === "close")
      yield* Effect.scoped(Effect.gen(function*() {
        const file = yield* Mmio.openWith(driver, name)
        yield* failsWith(Mmio.close(file), "Mmio.close", "CannotClose")
      }))
      closedOnce(counts, "after the scope")
      if (env.can.sharing) yield* env.attempt(name, { share: "exclusive" })
    })),

  close("a handle is used after its end only by a defect", [], (env) =>
    Effect.gen(function*() {
      const { name } = yield* env.given("small")
      const file = yield* env.handle(name)
      yield* Mmio.close(file)
      const exit = yield* Effect.exit(Mmio.read(file, 1))
      holds(
        Exit.isFailure(exit) && exit.cause._tag === "Die" && exit.cause.defect instanceof MmioError.InvalidHandle,
        `reading a closed handle gave ${String(exit)}`
      )
    }))
]
