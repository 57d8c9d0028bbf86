/** Naming `mmio repair` where a file is too damaged for a command, and the repair would correct it. */
import * as MmioError from "@effect-mmio/core/MmioError"
import * as Riff from "@effect-mmio/core/Riff"
import * as Effect from "effect/Effect"
import { exitCodes, Failure, type FileError } from "./failure.js"
import { withReading } from "./names.js"
import { corrected } from "./problems.js"
import { shown } from "./text.js"

/** What the library says where it has not tried a repair. */
const perhaps = "; Riff.repair may correct it"

/** The same failure with what to do about it. */
const withAdvice = (error: FileError, advice: string): FileError =>
  error._tag === "Failure"
    ? new Failure({ exitCode: error.exitCode, message: error.message + advice })
    : MmioError.withDetails(error, { description: error.description.replace(perhaps, "") + advice })

/**
 * Runs an effect on a file. Where it fails because the file is damaged, and `mmio repair` would correct something in
 * it, the failure names that command. Nothing is written for that.
 */
export const adviseRepair = <A, E extends FileError, R>(
  text: string,
  effect: Effect.Effect<A, E, R>
): Effect.Effect<A, FileError, R> =>
  Effect.catchAll(effect, (error: FileError) => {
    const isDamaged = error._tag === "InvalidFile" || error._tag === "Failure" && error.exitCode === exitCodes.damaged
    // what came in by standard input is gone
    if (!isDamaged || text === "-") return Effect.fail(error)
    return Effect.flatMap(
      Effect.orElseSucceed(withReading(text, "inspect", (file) => Riff.repair(file, { dryRun: true })), () => []),
      (corrections) => {
        const name = /\s/.test(text) ? `"${shown(text)}"` : shown(text)
        return Effect.fail(
          corrected(corrections).length === 0 ? error : withAdvice(error, `; mmio repair ${name} corrects it`)
        )
      }
    )
  })
