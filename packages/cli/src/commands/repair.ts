/** `mmio repair`: sizes that a writer could not come back to correct, and pad bytes that are missing. */
import * as Mmio from "@effect-mmio/core/Mmio"
import * as Riff from "@effect-mmio/core/Riff"
import type { RiffCorrection } from "@effect-mmio/core/RiffCorrection"
import type { RiffProblem } from "@effect-mmio/core/RiffProblem"
import * as Effect from "effect/Effect"
import { exitCodes } from "../failure.js"
import { withHeld } from "../held.js"
import { withReading } from "../names.js"
import { type Json, Output } from "../output.js"
import { corrected, inCommands, problemJson } from "../problems.js"
import { remark } from "../remarks.js"
import { each } from "../run.js"
import { counted, shown } from "../text.js"

export interface Options {
  readonly names: ReadonlyArray<string>
  readonly dryRun: boolean
}

/** What a correction says; one that is offered is made as well, by an edit. */
const said = ({ _tag, message }: RiffCorrection, dryRun: boolean): string =>
  _tag === "PadByteOffered" && !dryRun
    ? message.replace("Riff.edit with RiffEdit.pad inserts it", "inserted")
    : inCommands(message)

const correctionJson = (dryRun: boolean) => (correction: RiffCorrection): Json => ({
  tag: correction._tag,
  ...("id" in correction ? { id: correction.id } : {}),
  ...("chunk" in correction ? { chunk: correction.chunk } : {}),
  offset: correction.offset,
  message: said(correction, dryRun)
})

/** What a repair offers is inserted by an edit, since all that follows has to move. */
const offersOf = (corrections: ReadonlyArray<RiffCorrection>) =>
  corrections.flatMap((correction) => correction._tag === "PadByteOffered" ? [correction.edit] : [])

interface Repaired {
  readonly corrections: ReadonlyArray<RiffCorrection>
  /** What is wrong with the file even so; nothing is known of it where corrections are only planned. */
  readonly problems: ReadonlyArray<RiffProblem>
}

const tried = (name: string) =>
  withReading(
    name,
    "inspect",
    (file) =>
      Effect.flatMap(Riff.repair(file, { dryRun: true }), (corrections) =>
        Effect.map(
          corrected(corrections).length > 0 ? Effect.succeed([]) : Riff.verify(file),
          (problems): Repaired => ({ corrections, problems })
        ))
  )

const written = (name: string) =>
  withHeld(
    name,
    (located) =>
      Effect.gen(function*() {
        const corrections = yield* Effect.uninterruptible(
          // A few fields: Ctrl-C waits until all of them are written.
          Mmio.withFile(located.name, { access: "readWrite" }, (file) =>
            Effect.tap(Riff.repair(file), () => Mmio.flush(file)))
        )
        // From here on the file is whole at any time: an edit is all there or not at all.
        const offers = offersOf(corrections)
        if (offers.length > 0) {
          yield* Riff.edit(located.name, offers)
        }
        if (corrected(corrections).length > 0) {
          yield* remark(located)
        }
        const problems = yield* Mmio.withFile(located.name, { access: "read" }, Riff.verify)
        return { corrections, problems } satisfies Repaired
      })
  )

const repairOf = (dryRun: boolean) => (name: string) =>
  Effect.gen(function*() {
    const { corrections, problems } = yield* dryRun ? tried(name) : written(name)
    const errors = problems.filter(({ level }) => level === "error")
    const output = yield* Output
    const { length } = corrected(corrections)
    const verdict = length === 0
      ? "nothing to correct"
      : `${counted(length, "correction")}${dryRun ? ", nothing was written" : ""}`
    yield* output.result(
      () => ({
        name,
        written: !dryRun && length > 0,
        corrections: corrections.map(correctionJson(dryRun)),
        problems: problems.map(problemJson)
      }),
      (style) => [
        `${style.bold(shown(name))}: ${verdict}`,
        ...corrections.map((correction) => `  ${said(correction, dryRun)}`),
        ...errors.map(({ message }) => `  ${style.bad(`still damaged: ${inCommands(message)}`)}`)
      ]
    )
    return errors.length > 0 ? exitCodes.damaged : exitCodes.ok
  })

export const repair = ({ dryRun, names }: Options) => each(names, repairOf(dryRun))
