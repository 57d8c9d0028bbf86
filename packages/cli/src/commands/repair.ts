/** `mmio repair`: sizes that a writer could not come back to correct. */
import * as Mmio from "@effect-mmio/core/Mmio"
import * as Riff from "@effect-mmio/core/Riff"
import type { RiffCorrection } from "@effect-mmio/core/RiffCorrection"
import type { RiffProblem } from "@effect-mmio/core/RiffProblem"
import * as Effect from "effect/Effect"
import { exitCodes } from "../failure.js"
import { withNamed, withReading } from "../names.js"
import { type Json, Output } from "../output.js"
import { problemJson } from "../problems.js"
import { remark } from "../remarks.js"
import { each } from "../run.js"
import { counted, shown } from "../text.js"

export interface Options {
  readonly names: ReadonlyArray<string>
  readonly dryRun: boolean
}

const correctionJson = ({ _tag, chunk, id, message, offset }: RiffCorrection): Json => ({
  tag: _tag,
  id,
  chunk,
  offset,
  message
})

interface Repaired {
  readonly corrections: ReadonlyArray<RiffCorrection>
  /** What is wrong with the file even so; nothing is known of it where nothing was written. */
  readonly problems: ReadonlyArray<RiffProblem>
}

const tried = (name: string) =>
  withReading(
    name,
    "inspect",
    (file) =>
      Effect.map(Riff.repair(file, { dryRun: true }), (corrections): Repaired => ({ corrections, problems: [] }))
  )

const written = (name: string) =>
  withNamed(
    name,
    "write",
    (located) =>
      Mmio.withFile(located.name, { access: "readWrite", share: "exclusive" }, (file) =>
        Effect.gen(function*() {
          const corrections = yield* Riff.repair(file)
          if (corrections.length > 0) yield* Effect.zipRight(Mmio.flush(file), remark(located))
          return { corrections, problems: yield* Riff.verify(file) } satisfies Repaired
        })).pipe(
          // A few fields of one file: Ctrl-C waits until all of them are written.
          Effect.uninterruptible
        )
  )

const repairOf = (dryRun: boolean) => (name: string) =>
  Effect.gen(function*() {
    const { corrections, problems } = yield* dryRun ? tried(name) : written(name)
    const errors = problems.filter(({ level }) => level === "error")
    const output = yield* Output
    const verdict = corrections.length === 0
      ? "nothing to correct"
      : `${counted(corrections.length, "correction")}${dryRun ? ", nothing was written" : ""}`
    yield* output.result(
      {
        name,
        written: !dryRun && corrections.length > 0,
        corrections: corrections.map(correctionJson),
        problems: problems.map(problemJson)
      },
      (style) => [
        `${style.bold(shown(name))}: ${verdict}`,
        ...corrections.map(({ message }) => `  ${message}`),
        ...errors.map(({ message }) => `  ${style.bad(`still damaged: ${message}`)}`)
      ]
    )
    return errors.length > 0 ? exitCodes.damaged : exitCodes.ok
  })

export const repair = ({ dryRun, names }: Options) => each(names, repairOf(dryRun))
