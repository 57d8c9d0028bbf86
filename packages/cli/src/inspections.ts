/** Looking at a batch of files, one at a time: in the main thread, or in another. */
import * as Effect from "effect/Effect"
import type { ExitCode, FileError } from "./failure.js"
import { info } from "./inspections/info.js"
import { verify } from "./inspections/verify.js"
import * as Output from "./output.js"
import { report } from "./run.js"

/** What a thread has to know. */
export interface Job {
  readonly command: keyof typeof inspections
  readonly json: boolean
  readonly colours: boolean
}

/** What a batch printed, and how each file of it ended. */
export interface Batch {
  readonly out: string
  readonly error: string
  readonly codes: ReadonlyArray<ExitCode>
}

type PerFile = (name: string) => Effect.Effect<ExitCode, FileError, Output.Output>

const inspections = { info, verify } satisfies Readonly<Record<string, PerFile>>

/** Runs the command over the files of a batch, one after the other. */
export const inspect = ({ colours, command, json }: Job, names: ReadonlyArray<string>): Effect.Effect<Batch> =>
  Effect.suspend(() => {
    let out = ""
    let error = ""
    const { flush, output } = Output.make(command, json, {
      out: (text) => {
        out += text
      },
      error: (text) => {
        error += text
      },
      colours
    })
    const perFile: PerFile = inspections[command]
    return Effect.forEach(names, (name) => Effect.catchAll(perFile(name), (failure) => report(failure, name))).pipe(
      Effect.provideService(Output.Output, output),
      Effect.map((codes) => {
        flush()
        return { out, error, codes }
      })
    )
  })
