/**
 * A program, run once for each thing that can go wrong with each of its operations.
 */
import * as IOProc from "@effect-mmio/core/IOProc"
import * as Cause from "effect/Cause"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import type * as Api from "../Fault.js"
import * as fault from "./fault.js"
import { wrap } from "./faultDriver.js"
import * as Errors from "./faultErrno.js"

/** @internal */
export const planOf = (injection: Api.Injection): Api.Plan => {
  const { message, operation, times } = injection
  const also = (name: Api.Message): boolean =>
    "errno" in injection ? canFail(name, injection.errno) : name === "readAt" || name === "writeAt"
  return {
    rules: [{
      on: times === "once" ? message : Errors.messageNames.filter((name) => name === message || also(name)),
      from: operation,
      times: times === "once" ? 1 : "always",
      fault: "errno" in injection
        ? { _tag: "Fail", errno: injection.errno }
        : { _tag: "Short", count: injection.short }
    }]
  }
}

const canFail = (message: Api.Message, errno: Api.Errno): boolean => Errors.usual[message].includes(errno)

const describe = (injection: Api.Injection): string => {
  const { file, message, operation, times } = injection
  const what = "errno" in injection
    ? `failing ${times} with ${injection.errno}`
    : `transferring ${times} at most ${injection.short} bytes`
  return `with operation ${operation}, ${message} ${file}, ${what}`
}

/** @internal */
export const messageOf = (
  { cause, injected, reason }: Pick<Api.EveryOperationError, "cause" | "injected" | "reason">
): string => {
  const words = cause instanceof Error ? cause.message : String(cause)
  return injected === undefined
    ? `${reason} without a fault: ${words}`
    : `${reason} ${describe(injected)}: ${words}\nagain, alone: only: ${JSON.stringify(injected)}`
}

type Failure = ConstructorParameters<typeof Api.EveryOperationError>[0]

/** @internal */
export const everyOperation = <A, E, R, S, E2, R2, E3, R3>(
  program: Effect.Effect<A, E, R>,
  options: Api.EveryOperation<A, E, S, E2, R2, E3, R3>,
  failure: (fields: Failure) => Api.EveryOperationError
): Effect.Effect<
  Api.Report,
  Api.EveryOperationError | E2,
  Exclude<Exclude<R, Scope.Scope> | R3, S | IOProc.IOProc> | R2
> => {
  const {
    check,
    errors = Errors.usual,
    limit = 10_000,
    only,
    short = true,
    storage,
    times = ["once", "persistently"]
  } = options

  /** One run, judged; gives the operations that it made. */
  const run = (injected: Api.Injection | undefined) =>
    Effect.scoped(Effect.flatMap(Layer.build(storage), (context) => {
      const engine = new fault.Engine(injected === undefined ? {} : planOf(injected))
      const log: Array<fault.LogEntry> = []
      // Once a fault comes, the log has told all that it is for: calls then answer as those of the storage do.
      if (injected === undefined || only !== undefined) engine.log = log
      engine.limit = limit
      const faulty = Context.add(context, IOProc.IOProc, wrap(engine, Context.get(context, IOProc.IOProc)))
      return Effect.flatMap(Effect.exit(Effect.provide(Effect.scoped(program), faulty)), (exit) => {
        const fail = (reason: Failure["reason"], cause: unknown) =>
          Effect.fail(failure({ injected, reason, cause, exit }))
        if (engine.calls > limit) return fail("endless", new fault.Endless(limit))
        const wrong = injected === undefined ? undefined : notReached(injected, engine.fired)
        if (wrong !== undefined) return fail("unreached", wrong)
        if (engine.open.size > 0) {
          return fail("leak", `the program left open: ${[...engine.open.values()].join(", ")}`)
        }
        return Effect.catchAllCause(
          Effect.provide(check({ exit, injected }), context),
          (cause) => fail("check", Cause.squash(cause))
        ).pipe(Effect.as(log))
      })
    }))

  return Effect.gen(function*() {
    if (only !== undefined) {
      const log = yield* run(only)
      return { operations: log.length, runs: 1, messages: log.map(({ message }) => message) }
    }
    // What comes before the first fault is the same in all runs: a run that meets none tells all that the others can
    // meet.
    const log = yield* run(undefined)
    let runs = 1
    for (const [index, { file, message, transferred }] of log.entries()) {
      const operation = index + 1
      const faults: Array<{ readonly errno: Api.Errno } | { readonly short: number }> = (errors[message] ?? []).map(
        (errno) => ({ errno })
      )
      // A transfer of one byte cannot be shorter: 0 is the end of the file.
      if (short && transferred > 1) faults.push({ short: Math.floor(transferred / 2) })
      for (const fault of faults) {
        for (const each of times) {
          yield* run({ operation, message, file, ...fault, times: each })
          runs++
        }
      }
    }
    return { operations: log.length, runs, messages: log.map(({ message }) => message) }
  })
}

const notReached = (
  { file, message, operation }: Api.Injection,
  [first]: ReadonlyArray<Api.Fired>
): string | undefined => {
  const wanted = `operation ${operation} is ${message} ${file}`
  if (first === undefined) return `${wanted}, and the program did not come to it`
  return first.call === operation && first.message === message && first.file === file
    ? undefined
    : `${wanted}, and instead operation ${first.call}, ${first.message} ${first.file}, met the fault`
}
