/**
 * Each call of the driver made to fail, one after another, until a run meets no failure: a handle loses nothing.
 */
import * as IOProc from "@effect-mmio/core/IOProc"
import * as Mmio from "@effect-mmio/core/Mmio"
import * as MmioError from "@effect-mmio/core/MmioError"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type * as Scope from "effect/Scope"
import * as Model from "../../Model.js"
import { broken, failsWith, holds, same, sameBytes } from "./check.js"
import { define, type Definition } from "./definition.js"
import { type Environment, write } from "./environment.js"
import { pattern } from "./fixtures.js"

const faults_ = define("faults")

/**
 * The driver with calls that fail before anything is done, or after it for `close`; transfers are of at most `atMost`
 * bytes.
 */
const faulty = (
  driver: IOProc.IOProc,
  options: { readonly fails?: (call: number) => boolean; readonly atMost?: number }
) => {
  const { atMost = Infinity, fails = () => false } = options
  const faulty = {
    calls: 0,
    driver: IOProc.mapFile(driver, (file, request) => {
      const details = { operation: "a fault", file: request.name.full, description: "told to fail" }
      const call = <A, E, E2>(make: () => Effect.Effect<A, E>, error: () => E2): Effect.Effect<A, E | E2> =>
        Effect.suspend((): Effect.Effect<A, E | E2> => fails(++faulty.calls) ? Effect.fail(error()) : make())
      const cannotWrite = () => new MmioError.CannotWrite({ ...details, written: 0 })
      const part = (bytes: Uint8Array) => bytes.subarray(0, atMost)
      return {
        ...file,
        size: call(() => file.size, () => new MmioError.CannotSeek(details)),
        readAt: (position, target) =>
          call(() => file.readAt(position, part(target)), () => new MmioError.CannotRead(details)),
        writeAt: file.writeAt && ((position, source, mode) =>
          call(
            () => source.length > atMost ? write(file, position, part(source)) : write(file, position, source, mode),
            cannotWrite
          )),
        close: Effect.zipRight(
          file.close,
          call(() => Effect.void, () => new MmioError.CannotClose(details))
        )
      }
    })
  }
  return faulty
}

/** Repeats an effect until it succeeds. */
const insisting = <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
  Effect.retry(effect, { times: 5 })

const writing: ReadonlyArray<Model.Operation> = [
  { op: "read", count: 10 },
  { op: "writeAll", data: pattern(7, 1) },
  { op: "read", count: 20 },
  { op: "seek", offset: 5, from: "start" },
  { op: "writeAll", data: pattern(40, 2) },
  { op: "write", data: pattern(3, 3) },
  { op: "flush", emptyBuffer: false },
  { op: "seek", offset: -3, from: "end" },
  { op: "write", data: pattern(2, 4) },
  { op: "seek", offset: 30, from: "start" },
  { op: "readInto", count: 25 },
  { op: "flush", emptyBuffer: true },
  { op: "read", count: 200 }
]

/** Closes, until that succeeds; a handle whose driver could not close is closed. */
const closing = <A extends IOProc.Access>(file: Mmio.Handle<A>) =>
  insisting(Effect.catchIf(
    Mmio.close(file),
    (error) => error._tag === "CannotClose",
    () => Effect.void
  ))

/** Does operations to a handle and to the model; one that fails has not moved the handle, and is repeated. */
const work = (
  env: Environment,
  driver: IOProc.IOProc,
  operations: ReadonlyArray<Model.Operation>,
  buffer: number | "none"
): Effect.Effect<void, unknown, Scope.Scope> =>
  Effect.gen(function*() {
    const { bytes, name } = yield* env.given("small")
    const file = yield* Mmio.openWith(driver, name, { access: "readWrite", buffer })
    let state: Model.State = { bytes, position: 0 }
    for (const operation of operations) {
      const [next, expected] = Model.step(state, operation)
      const actual = yield* insisting(Effect.tapError(Model.run(file, operation), () =>
        Effect.map(Mmio.position(file), (position) =>
          same(position, state.position, "the position after a failure"))))
      if (!Model.same(actual, expected)) {
        broken(`${operation.op} gave ${String(actual)}, not ${String(expected)}`)
      }
      same(yield* Mmio.position(file), next.position, `the position after ${operation.op}`)
      state = next
    }
    yield* closing(file)
    sameBytes(yield* env.contents(name), state.bytes, "the content at the end")
  })

/**
 * Runs with the 1st call failing, then the 2nd, …, until a run meets no failure. `inARow` calls fail, then all succeed.
 */
const everyCall = (
  env: Environment,
  inARow: number,
  run: (driver: IOProc.IOProc) => Effect.Effect<void, unknown, Scope.Scope>
) =>
  Effect.gen(function*() {
    for (let first = 1;; first++) {
      const fault = faulty(env.driver, { fails: (call) => call >= first && call < first + inARow })
      yield* Effect.scoped(run(fault.driver))
      if (fault.calls < first) return holds(first > 3, `only ${first - 1} calls reached the driver`)
    }
  })

/** @internal */
export const faults: ReadonlyArray<Definition> = [
  ...(["none", 16, 64] as const).map((buffer) =>
    faults_(`a handle with a buffer of ${buffer} can repeat what failed at any call, and loses nothing`, [
      "write",
      "randomAccess",
      "growable"
    ], (env) => everyCall(env, 1, (driver) => work(env, driver, writing, buffer)))
  ),

  faults_("a handle can repeat what failed at any four calls, and loses nothing", [
    "write",
    "randomAccess",
    "growable"
  ], (env) => everyCall(env, 4, (driver) => work(env, driver, writing, 16))),

  ...[1, 3].map((atMost) =>
    faults_(
      `a handle loses nothing over a driver that transfers at most ${atMost}`,
      ["write", "randomAccess", "growable"],
      (env) =>
        Effect.gen(function*() {
          for (const buffer of ["none", 16] as const) {
            yield* Effect.scoped(work(env, faulty(env.driver, { atMost }).driver, writing, buffer))
          }
        })
    )
  ),

  ...(["none", 16] as const).map((buffer) =>
    faults_(
      `a reader with a buffer of ${buffer} gets every byte once, whichever call fails`,
      ["randomAccess"],
      (env) =>
        everyCall(env, 1, (driver) =>
          Effect.gen(function*() {
            const { bytes, name } = yield* env.given("small")
            const file = yield* Mmio.openWith(driver, name, { buffer })
            for (let at = 0; at < bytes.length; at += 13) {
              sameBytes(yield* insisting(Mmio.read(file, 13)), bytes.subarray(at, at + 13), `the bytes at ${at}`)
            }
            same((yield* insisting(Mmio.read(file, 1))).length, 0, "bytes at the end")
            yield* closing(file)
          }))
    )
  ),

  faults_(
    "a writer that goes forward loses nothing, whichever call fails",
    ["create"],
    (env) =>
      everyCall(env, 1, (driver) =>
        Effect.gen(function*() {
          const name = env.fresh("written")
          const file = yield* Mmio.openWith(driver, name, { access: "write", create: true, buffer: 16 })
          for (let at = 0; at < 100; at += 10) yield* insisting(Mmio.writeAll(file, pattern(100).subarray(at, at + 10)))
          yield* insisting(Mmio.flush(file))
          yield* closing(file)
          sameBytes(yield* env.contents(name), pattern(100), "the content")
        }))
  ),

  faults_(
    "where every call fails nothing changes, and the end of the scope reports it",
    ["write"],
    (env) =>
      Effect.gen(function*() {
        const { bytes, name } = yield* env.given("small")
        const fault = faulty(env.driver, { fails: () => true })
        const exit = yield* Effect.exit(Effect.scoped(Effect.gen(function*() {
          const file = yield* Mmio.openWith(fault.driver, name, { access: "write", buffer: 16 })
          yield* Mmio.writeAll(file, pattern(10, 9))
          yield* failsWith(Mmio.flush(file), "flushing", "CannotWrite")
          same(yield* Mmio.position(file), 10, "the position")
        })))
        holds(Exit.isFailure(exit), "the scope did not report bytes that it could not write")
        sameBytes(yield* env.contents(name), bytes, "the content")
      })
  )
]
