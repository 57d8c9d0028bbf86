/** Running a command: over one file after another, to an exit code. */
import { isMmioError } from "@effect-mmio/core/MmioError"
import * as Effect from "effect/Effect"
import { describe, type ExitCode, exitCodes, type FileError, Reported } from "./failure.js"
import * as Output from "./output.js"

/** Of several files the worst decides: the codes are in the order of how bad they are. */
export const worse = (a: ExitCode, b: ExitCode): ExitCode => a > b ? a : b

/** Reports a failure, and says with which code the command has to end for it. */
export const report = (error: FileError, name?: string): Effect.Effect<ExitCode, never, Output.Output> =>
  Effect.flatMap(Output.Output, (output) => {
    const { exitCode, message, tag } = describe(error)
    return Effect.as(output.failure({ name, error: { tag, message, exitCode } }, message), exitCode)
  })

/** Does the same to each name; a failure is reported, and the others go on. */
export const each = <E extends FileError, R>(
  names: ReadonlyArray<string>,
  body: (name: string) => Effect.Effect<ExitCode, E, R>
): Effect.Effect<ExitCode, never, R | Output.Output> =>
  Effect.reduce(
    names,
    exitCodes.ok as ExitCode,
    (code, name) => Effect.map(Effect.catchAll(body(name), (error) => report(error, name)), (next) => worse(code, next))
  )

/** Runs a command to its end, and prints what it has to say. */
export const run = <E extends FileError>(
  command: string,
  json: boolean,
  body: Effect.Effect<ExitCode, E, Output.Output>
): Effect.Effect<void, Reported> =>
  Effect.suspend(() => {
    const { flush, output } = Output.make(command, json)
    return body.pipe(
      Effect.catchAll((error) => report(error, isMmioError(error) && error.file !== "" ? error.file : undefined)),
      Effect.provideService(Output.Output, output),
      Effect.ensuring(Effect.sync(flush)),
      Effect.flatMap((exitCode) => exitCode === exitCodes.ok ? Effect.void : new Reported({ exitCode }))
    )
  })
