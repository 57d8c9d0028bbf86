/** `mmio verify`: which files are sound, and how many of them. */
import * as Effect from "effect/Effect"
import { exitCodes } from "../failure.js"
import { overFiles, worstOf } from "../many.js"
import { Output } from "../output.js"
import { counted } from "../text.js"

export interface Options {
  readonly names: ReadonlyArray<string>
  readonly json: boolean
}

export const verify = ({ json, names }: Options) =>
  Effect.gen(function*() {
    const tally = yield* overFiles("verify", json, names)
    const files = [...tally.values()].reduce((sum, count) => sum + count, 0)
    const sound = tally.get(exitCodes.ok) ?? 0
    const damaged = tally.get(exitCodes.damaged) ?? 0
    const failed = files - sound - damaged
    const output = yield* Output
    if (json || files !== 1) {
      yield* output.result(() => ({ summary: { files, sound, damaged, failed } }), (style) => [
        style.bold(
          `${counted(files, "file")}: ${sound} sound, ${damaged} damaged${failed === 0 ? "" : `, ${failed} not read`}`
        )
      ])
    }
    return worstOf(tally)
  })
