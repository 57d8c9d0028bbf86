/**
 * What the tests of interruption share: a file for each run, and sweeps that close what each run opened.
 */
import type * as IOProc from "@effect-mmio/core/IOProc"
import type * as Mmio from "@effect-mmio/core/Mmio"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Logger from "effect/Logger"
import * as LogLevel from "effect/LogLevel"
import * as Scope from "effect/Scope"
import * as Interruption from "../../Interruption.js"
import type { Environment, Given } from "./environment.js"
import { pattern } from "./fixtures.js"

/** Aborts that drop bytes are logged: here they are what is tested. @internal */
export const silently = Logger.withMinimumLogLevel(LogLevel.None)

/** What the runs write. @internal */
export const data = pattern(30, 200)

/** What one run works on: a file, and a scope for what is opened, which is closed when the run is over. @internal */
export interface Prepared extends Given {
  readonly scope: Scope.CloseableScope
}

/** @internal */
export const prepared = (env: Environment): Effect.Effect<Prepared, unknown> =>
  Effect.zipWith(env.given("small"), Scope.make(), (given, scope) => ({ ...given, scope }))

/** One file for all runs of a test that changes nothing in it. @internal */
export const unchanged = <A>(
  env: Environment,
  test: (prepare: Effect.Effect<Prepared, unknown>) => Effect.Effect<A, unknown>
) => Effect.flatMap(env.given("small"), (given) => test(Effect.map(Scope.make(), (scope) => ({ ...given, scope }))))

/** A name for a file that a run may create. @internal */
export const missing = (env: Environment): Effect.Effect<Prepared, unknown> =>
  Effect.map(Scope.make(), (scope) => ({ name: env.fresh("written"), bytes: new Uint8Array(0), scope }))

/** The content that a run left of a file that it was to create. @internal */
export const left = (env: Environment, { name }: Given) =>
  Effect.catchTag(env.contentsAlone(name), "FileNotFound", () => Effect.succeed(new Uint8Array(0)))

/**
 * Sweeps over something that is done to a file, and closes what each run opened, whether or not it was right.
 *
 * @internal
 */
export const sweep = <P extends Prepared, A, E>(env: Environment, prepare: Effect.Effect<P, unknown>, steps: {
  readonly run: (prepared: P) => Effect.Effect<A, E>
  readonly check: (prepared: P, exit: Exit.Exit<A, E>) => Effect.Effect<void, unknown>
}) =>
  Interruption.sweep({
    ...env.interruptions(),
    prepare,
    run: (prepared) => silently(steps.run(prepared)),
    check: (prepared, exits) =>
      Effect.ensuring(
        Effect.gen(function*() {
          for (const exit of exits) {
            if (Exit.isFailure(exit) && !Exit.isInterrupted(exit)) return yield* exit
            yield* steps.check(prepared, exit)
          }
        }),
        Scope.close(prepared.scope, Exit.void)
      )
  })

/** @internal */
export const onFile = (env: Environment, access: IOProc.Access, prepare = prepared(env)) =>
  Effect.gen(function*() {
    const given = yield* prepare
    return { ...given, file: yield* Scope.extend(env.open(given.name, { access }), given.scope) }
  })

/** @internal */
export const onHandle = (env: Environment, access: IOProc.Access, buffer: number | "none", prepare = prepared(env)) =>
  Effect.gen(function*() {
    const given = yield* prepare
    return {
      ...given,
      file: yield* Scope.extend(env.handle<IOProc.Access>(given.name, { access, buffer }), given.scope)
    }
  })

/** A handle that the test opened for reading. @internal */
export const readable = (file: Mmio.Handle) => file as Mmio.ReadHandle

/** A handle that the test opened for writing. @internal */
export const writable = (file: Mmio.Handle) => file as Mmio.WriteHandle

/** Interrupts an effect after it has run for some steps, each time for more of them. @internal */
export const whileItWaits = <A, E>(
  prepare: Effect.Effect<A, unknown>,
  run: (prepared: A) => Effect.Effect<unknown, E>,
  check: (prepared: A) => Effect.Effect<void, unknown>
) =>
  Effect.forEach(
    [0, 1, 2, 3, 5, 8, 20],
    (yields) =>
      Effect.gen(function*() {
        const before = yield* prepare
        const fiber = yield* Effect.fork(run(before))
        for (let i = 0; i < yields; i++) yield* Effect.yieldNow()
        yield* Fiber.interrupt(fiber)
        yield* check(before)
      }),
    { discard: true }
  )
