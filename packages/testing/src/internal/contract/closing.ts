/**
 * Law 5: closing and aborting.
 */
import * as IOProc from "@effect-mmio/core/IOProc"
import * as Mmio from "@effect-mmio/core/Mmio"
import * as MmioError from "@effect-mmio/core/MmioError"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import { failsWith, holds, same, sameBytes } from "./check.js"
import { define, type Definition } from "./definition.js"
import {
  type Environment,
  pause,
  readRest,
  readSome,
  readUpTo,
  refusedWrite,
  write,
  writeFully
} from "./environment.js"
import { pattern } from "./fixtures.js"

const close = define("close")

const writing = { access: "write", create: "truncate" } as const

/** The driver, which counts how often files are opened and ended, and fails the calls that it is told to. */
const counting = (env: Environment, fails: (call: "flush" | "close") => boolean = () => false) => {
  const counts = { opened: 0, ended: 0 }
  const driver = IOProc.mapFile(env.driver, (file, request) => {
    counts.opened++
    const fail = (operation: string) => ({ operation, file: request.name.full, description: "told to fail" })
    const counted = <E>(end: Effect.Effect<void, E>) =>
      Effect.suspend(() => {
        counts.ended++
        return end
      })
    return {
      ...file,
      writeAt: file.writeAt && ((position, source, mode) =>
        mode === "writeFlush" && fails("flush")
          ? Effect.fail(new MmioError.CannotWrite({ ...fail("writeFlush"), written: 0 }))
          : write(file, position, source, mode)),
      close: counted(Effect.zipRight(
        file.close,
        Effect.suspend(() => fails("close") ? Effect.fail(new MmioError.CannotClose(fail("close"))) : Effect.void)
      )),
      abort: counted(file.abort)
    }
  })
  return { counts, driver }
}

const endedOnce = (counts: { readonly opened: number; readonly ended: number }, what: string) => {
  same(counts.opened, 1, `${what}: files opened`)
  same(counts.ended, 1, `${what}: times closed or aborted`)
}

/** @internal */
export const closing: ReadonlyArray<Definition> = [
  close("close pushes down what was written", ["create"], (env) =>
    Effect.gen(function*() {
      const name = env.fresh("closed")
      const file = yield* env.open(name, writing)
      yield* writeFully(file, 0, pattern(777))
      yield* env.close(file)
      sameBytes(yield* env.contents(name), pattern(777), "the content")
    })),

  close("closing and aborting change nothing in a file that was read", [], (env) =>
    Effect.gen(function*() {
      const { bytes, name } = yield* env.given("small")
      for (let i = 0; i < 4; i++) {
        const file = yield* env.open(name)
        sameBytes(yield* readUpTo(file, 0, 10 * i), bytes.subarray(0, 10 * i), "what is read")
        yield* i % 2 === 0 ? env.close(file) : env.abort(file)
      }
      sameBytes(yield* env.contents(name), bytes, "the content")
    })),

  close(
    "a file that was closed or aborted can be opened exclusively, then by others",
    ["sharing"],
    (env) =>
      Effect.gen(function*() {
        const { name } = yield* env.given("small")
        for (let i = 0; i < 6; i++) {
          const exclusive = yield* env.open(name, { share: "exclusive" })
          yield* i % 2 === 0 ? env.close(exclusive) : env.abort(exclusive)
          const shared = yield* env.open(name)
          yield* env.close(shared)
        }
      })
  ),

  close("an aborted writer releases the file", ["sharing", "write"], (env) =>
    Effect.gen(function*() {
      const { name } = yield* env.given("small")
      const file = yield* env.open(name, { access: "readWrite", share: "exclusive" })
      yield* writeFully(file, 0, pattern(10))
      yield* env.abort(file)
      yield* env.attempt(name, { share: "exclusive" })
    })),

  close(
    "abort keeps what was flushed to a file that is written in place",
    ["create", "inPlace"],
    (env) =>
      Effect.gen(function*() {
        const name = env.fresh("aborted")
        const file = yield* env.open(name, writing)
        yield* writeFully(file, 0, pattern(77), "writeFlush")
        yield* env.abort(file)
        sameBytes(yield* env.contents(name), pattern(77), "the content")
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
      yield* failsWith(file.readAt(-1, new Uint8Array(1)), "reading at -1", "CannotRead")
      if (env.can.access) yield* refusedWrite(file, 0, Uint8Array.of(1))
      yield* env.close(file)
      if (env.can.sharing) yield* env.attempt(name, { share: "exclusive" })
    })),

  close(
    "a file that is closed can be removed, and created again",
    ["create", "remove"],
    (env) =>
      Effect.gen(function*() {
        const { name } = yield* env.given("small")
        const file = yield* env.open(name)
        yield* readSome(file, 0, 10)
        yield* env.close(file)
        yield* env.driver.remove(name)
        const again = yield* env.open(name, writing)
        yield* writeFully(again, 0, Uint8Array.of(1))
        yield* env.close(again)
        sameBytes(yield* env.contents(name), Uint8Array.of(1), "the file that was created again")
      })
  ),

  close("a closed file refuses to read", ["useAfterClose"], (env) =>
    Effect.gen(function*() {
      for (const end of [env.close, env.abort]) {
        const file = yield* env.open((yield* env.given("small")).name)
        yield* end(file)
        for (let i = 0; i < 3; i++) yield* failsWith(file.readAt(0, new Uint8Array(10)), "reading", "CannotRead")
      }
    })),

  close(
    "a closed file refuses to write, and nothing is written",
    ["useAfterClose", "write"],
    (env) =>
      Effect.gen(function*() {
        const { bytes, name } = yield* env.given("small")
        const file = yield* env.open(name, { access: "write" })
        yield* env.close(file)
        // The driver may reuse for another file what this one had.
        const other = yield* env.given("one")
        const holder = yield* env.open(other.name, { access: "write" })
        yield* failsWith(write(file, 0, pattern(4, 99)), "writing", "CannotWrite")
        yield* failsWith(write(file, 0, pattern(4, 99), "writeFlush"), "writeFlush", "CannotWrite")
        yield* env.close(holder)
        yield* pause
        sameBytes(yield* env.contents(name), bytes, "the content of the file")
        sameBytes(yield* env.contents(other.name), other.bytes, "the content of another file")
      })
  ),

  close(
    "a closed file does not read what another file holds",
    ["useAfterClose", "multipleHandles"],
    (env) =>
      Effect.gen(function*() {
        const { name } = yield* env.given("small")
        const file = yield* env.open(name)
        yield* env.close(file)
        const { bytes, name: other } = yield* env.given("large")
        const holder = yield* env.open(other)
        yield* failsWith(file.readAt(0, new Uint8Array(10)), "reading", "CannotRead")
        sameBytes(yield* readRest(holder), bytes, "what the other handle reads")
      })
  ),

  close("closing once more releases nothing of other handles", ["sharing"], (env) =>
    Effect.gen(function*() {
      const { name } = yield* env.given("small")
      const file = yield* env.open(name, { share: "exclusive" })
      yield* env.close(file)
      yield* env.open(name, { share: "exclusive" })
      yield* Effect.exit(file.close)
      yield* Effect.exit(file.abort)
      yield* failsWith(env.attempt(name), "opening under an exclusive handle", "SharingViolation")
    })),

  // ---------------------------------------------------------------------------------------------------------------

  close("the end of a scope closes the file once", [], (env) =>
    Effect.gen(function*() {
      const { name } = yield* env.given("small")
      const { counts, driver } = counting(env)
      yield* Effect.scoped(Effect.flatMap(Mmio.openWith(driver, name), Mmio.read(5)))
      endedOnce(counts, "after the scope")
    })),

  close("a scope that fails ends the file once", [], (env) =>
    Effect.gen(function*() {
      const { name } = yield* env.given("small")
      const { counts, driver } = counting(env)
      const access = env.can.write ? "readWrite" as const : "read" as const
      yield* Effect.exit(
        Effect.scoped(Effect.zipRight(Mmio.openWith<IOProc.Access>(driver, name, { access }), Effect.fail("x")))
      )
      endedOnce(counts, "after the scope")
      if (env.can.sharing) yield* env.attempt(name, { share: "exclusive" })
    })),

  close("Mmio.close closes the file once, and the end of the scope not again", [], (env) =>
    Effect.gen(function*() {
      const { name } = yield* env.given("small")
      const { counts, driver } = counting(env)
      yield* Effect.scoped(Effect.gen(function*() {
        const file = yield* Mmio.openWith(driver, name)
        yield* Mmio.read(file, 5)
        yield* Mmio.close(file)
        endedOnce(counts, "after Mmio.close")
      }))
      endedOnce(counts, "after the scope")
    })),

  close("a scope ends a handle once whose flush fails, and reports it", ["create"], (env) =>
    Effect.gen(function*() {
      const name = env.fresh("closed")
      const { counts, driver } = counting(env, (call) => call === "flush")
      const exit = yield* Effect.exit(Effect.scoped(Effect.gen(function*() {
        const file = yield* Mmio.openWith(driver, name, { access: "write", create: true })
        yield* Mmio.write(file, pattern(10))
      })))
      holds(Exit.isFailure(exit), "the failed flush was not reported")
      endedOnce(counts, "after the scope")
      if (env.can.sharing && env.can.commit === "inPlace") yield* env.attempt(name, { share: "exclusive" })
    })),

  close("a close that fails has released the file", [], (env) =>
    Effect.gen(function*() {
      const { name } = yield* env.given("small")
      const { counts, driver } = counting(env, (call) => call === "close")
      yield* Effect.scoped(Effect.gen(function*() {
        const file = yield* Mmio.openWith(driver, name)
        yield* failsWith(Mmio.close(file), "Mmio.close", "CannotClose")
      }))
      endedOnce(counts, "after the scope")
      if (env.can.sharing) yield* env.attempt(name, { share: "exclusive" })
    })),

  close("using a handle after its end is a defect", [], (env) =>
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
