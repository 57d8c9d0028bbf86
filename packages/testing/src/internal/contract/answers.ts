/**
 * Law 6: a failure of the driver is reported once, as it came, and nothing is called again.
 */
import * as IOProc from "@effect-mmio/core/IOProc"
import * as Mmio from "@effect-mmio/core/Mmio"
import * as MmioError from "@effect-mmio/core/MmioError"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import { broken, holds, same, sameBytes } from "./check.js"
import { define, type Definition } from "./definition.js"
import { type Environment, flush, readRest, write, writeFully } from "./environment.js"
import { pattern } from "./fixtures.js"

const answer = define("answer")

type Call = "read" | "write" | "size" | "close"

/** The kinds of answers that a driver has for a failure. */
const kinds = {
  "synchronously": <E>(error: E): Effect.Effect<never, E> => IOProc.immediate(() => Exit.fail(error)),
  "by a callback": <E>(error: E): Effect.Effect<never, E> =>
    IOProc.callback<never, E>((done) => queueMicrotask(() => done(Exit.fail(error)))),
  "by a callback before the call returns": <E>(error: E): Effect.Effect<never, E> =>
    IOProc.callback<never, E>((done) => done(Exit.fail(error))),
  "as an effect": <E>(error: E): Effect.Effect<never, E> => Effect.zipRight(Effect.yieldNow(), Effect.fail(error))
}

declare const queueMicrotask: (f: () => void) => void

/** The driver, whose files below any middleware count their calls, and fail those of one kind while told to. */
const failing = (env: Environment, kind: keyof typeof kinds) => {
  const cause = new Error("no space left on device")
  const state = { fails: undefined as Call | undefined, failed: 0, cause }
  const driver = env.driverOver((file, { name }) => {
    const details = { operation: "a fault", file: name.full, description: "told to fail", errno: "ENOSPC", cause }
    const call = <A, E, E2>(which: Call, run: () => Effect.Effect<A, E>, error: () => E2): Effect.Effect<A, E | E2> => {
      // The answer of a call that is made for it alone.
      const answered = (): Effect.Effect<A, E | E2> => {
        if (state.fails !== which) return run()
        state.failed++
        return kinds[kind](error())
      }
      return kind === "as an effect" ? Effect.suspend(answered) : IOProc.immediate(answered)
    }
    return {
      ...file,
      size: call("size", () => file.size, () => new MmioError.CannotSeek(details)),
      readAt: (position, target) =>
        call("read", () => file.readAt(position, target), () => new MmioError.CannotRead(details)),
      writeAt: file.writeAt && ((position, source, mode) =>
        call(
          "write",
          () => write(file, position, source, mode),
          () => new MmioError.CannotWrite({ ...details, written: 0 })
        )),
      close: Effect.zipRight(
        file.close,
        call("close", () => Effect.void, () => new MmioError.CannotClose(details))
      )
    }
  })
  return { driver, state }
}

/** Has one kind of call fail during an effect, which must then fail once with that failure, after one call. */
const failsOnce = <A, E>(
  state: ReturnType<typeof failing>["state"],
  call: Call,
  what: string,
  effect: Effect.Effect<A, E>
): Effect.Effect<void> =>
  Effect.gen(function*() {
    const before = state.failed
    state.fails = call
    const exit = yield* Effect.exit(effect)
    state.fails = undefined
    if (Exit.isSuccess(exit)) return broken(`${what}: the failure of the driver was not reported`)
    const errors = [...Cause.failures(exit.cause)]
    same(errors.length, 1, `${what}: failures reported`)
    const [error] = errors
    if (!MmioError.isMmioError(error)) return broken(`${what}: it failed with ${String(error)}`)
    same(error.errno, "ENOSPC", `${what}: errno of the error`)
    holds(error.cause === state.cause, `${what}: the cause of the error is ${String(error.cause)}`)
    same(state.failed - before, 1, `${what}: calls that reached the driver`)
  })

const open = (driver: IOProc.IOProc, given: Parameters<Environment["open"]>[0], access: IOProc.Access) =>
  Effect.acquireRelease(
    driver.open(IOProc.openRequest(given, { access })),
    (file) => Effect.exit(file.close)
  )

const all = Object.keys(kinds) as ReadonlyArray<keyof typeof kinds>

/** @internal */
export const answers: ReadonlyArray<Definition> = [
  ...all.map((kind) =>
    answer(
      `a file reports a read that fails ${kind} once, as it came, and goes on`,
      ["randomAccess"],
      (env) =>
        Effect.gen(function*() {
          const { bytes, name } = yield* env.given("small")
          const { driver, state } = failing(env, kind)
          const file = yield* open(driver, name, "read")
          for (const at of [0, 50, 20, bytes.length]) {
            yield* failsOnce(state, "read", `a read at ${at}`, file.readAt(at, new Uint8Array(10)))
          }
          yield* failsOnce(state, "size", "the size", file.size)
          sameBytes(yield* readRest(file), bytes, "what is read afterwards")
        })
    )
  ),

  ...all.map((kind) =>
    answer(
      `a file reports a write that fails ${kind} once, as it came, and goes on`,
      ["write", "randomAccess"],
      (env) =>
        Effect.gen(function*() {
          const { bytes, name } = yield* env.given("small")
          const { driver, state } = failing(env, kind)
          const file = yield* open(driver, name, "readWrite")
          for (const at of [0, 50, 20]) {
            yield* failsOnce(state, "write", `a write at ${at}`, write(file, at, pattern(10)))
            yield* failsOnce(state, "write", `a writeFlush at ${at}`, write(file, at, pattern(10), "writeFlush"))
          }
          yield* writeFully(file, 0, pattern(10, 99))
          yield* flush(file)
          const expected = bytes.slice()
          expected.set(pattern(10, 99))
          sameBytes(yield* readRest(file), expected, "what is read afterwards")
          yield* file.close
          sameBytes(yield* env.contents(name), expected, "the content")
        })
    )
  ),

  ...all.map((kind) =>
    answer(
      `a handle reports a call that fails ${kind} once, as it came, and goes on`,
      ["write", "randomAccess"],
      (env) =>
        Effect.gen(function*() {
          const { bytes, name } = yield* env.given("small")
          for (const buffer of ["none", 16] as const) {
            const before = yield* env.contents(name)
            const { driver, state } = failing(env, kind)
            const file = yield* Mmio.openWith(driver, name, { access: "readWrite", buffer })
            for (const at of [0, 60, 40]) {
              yield* Mmio.seek(file, at)
              yield* failsOnce(state, "read", `Mmio.read at ${at}`, Mmio.read(file, 10))
              yield* failsOnce(state, "read", `Mmio.readInto at ${at}`, Mmio.readInto(file, new Uint8Array(40)))
              same(yield* Mmio.position(file), at, "the position")
            }
            yield* failsOnce(state, "size", "Mmio.seek from the end", Mmio.seek(file, 0, "end"))
            yield* Mmio.seek(file, 10)
            yield* failsOnce(state, "write", "Mmio.write", Mmio.write(file, pattern(40)))
            if (buffer !== "none") {
              yield* Mmio.write(file, pattern(5, 77))
              yield* failsOnce(state, "write", "Mmio.flush", Mmio.flush(file))
              yield* failsOnce(state, "write", "Mmio.close", Mmio.close(file))
            } else yield* Mmio.write(file, pattern(5, 77))
            yield* failsOnce(state, "close", "Mmio.close", Mmio.close(file))
            const expected = before.slice()
            expected.set(pattern(5, 77), 10)
            sameBytes(yield* env.contents(name), expected, "the content")
            same(before.length, bytes.length, "the size")
          }
        })
    )
  ),

  answer(
    "a count that cannot be true is a failure, and nothing is called again",
    ["randomAccess"],
    (env) =>
      Effect.gen(function*() {
        const { bytes, name } = yield* env.given("small")
        const untrue = [() => -1, (asked: number) => asked + 1, () => 0.5, () => Number.NaN]
        for (const count of untrue) {
          let calls = 0
          const driver = env.driverOver((file) => ({
            ...file,
            readAt: (_, target) =>
              Effect.sync(() => {
                calls++
                return count(target.length)
              })
          }))
          const file = yield* Mmio.openWith(driver, name, { buffer: "none" })
          const exit = yield* Effect.exit(Mmio.read(file, 10))
          holds(Exit.isFailure(exit), `a driver's count of ${count(10)} for 10 bytes was believed`)
          same(calls, 1, "calls that reached the driver")
        }
        sameBytes(yield* env.contents(name), bytes, "the content")
      })
  )
]
