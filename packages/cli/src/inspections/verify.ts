/** Whether a file is sound, and what is wrong with it if not. */
import * as Riff from "@effect-mmio/core/Riff"
import * as Effect from "effect/Effect"
import { exitCodes } from "../failure.js"
import { withReading } from "../names.js"
import { Output } from "../output.js"
import { inCommands, problemJson } from "../problems.js"
import { shown } from "../text.js"

/** Whether one file is sound. */
export const verify = (name: string) =>
  Effect.gen(function*() {
    const problems = yield* withReading(name, "inspect", (file) => Riff.verify(file))
    const isDamaged = problems.some(({ level }) => level === "error")
    const verdict = isDamaged ? "damaged" : "sound"
    const output = yield* Output
    yield* output.result(() => ({ name, verdict, problems: problems.map(problemJson) }), (style) => [
      `${(isDamaged ? style.bad : style.good)(verdict.padEnd(9))}${shown(name)}`,
      ...problems.map(({ level, message }) =>
        `           ${(level === "error" ? style.bad : style.notable)(inCommands(message))}`
      )
    ])
    return isDamaged ? exitCodes.damaged : exitCodes.ok
  })
