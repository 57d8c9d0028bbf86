/** What is done with a file, wherever it is: the storage is whatever Layer the program is run with. */
import { Mmio, MmioError, Riff, RiffEdit, Wave } from "@effect-mmio/core"
import { Duration, Effect, Option } from "effect"

/** What a WAVE file says of itself. */
export interface Facts {
  readonly sampleRate: number
  readonly seconds: Option.Option<number>
  readonly title: Option.Option<string>
}

interface Report {
  readonly before: Facts
  /** None where the storage only reads. */
  readonly after: Option.Option<Facts>
}

const inspect = (name: string) =>
  Mmio.withFile(name, {}, (file) =>
    Effect.map(Wave.info(file), ({ duration, format, tags }): Facts => ({
      sampleRate: format.sampleRate,
      seconds: Option.map(duration, Duration.toSeconds),
      title: Option.fromNullable(tags.find(({ id }) => id === "INAM")?.text)
    })))

const retag = (name: string, title: string) =>
  Riff.edit(name, [RiffEdit.assign("RIFF:WAVE / LIST:INFO / INAM", new TextEncoder().encode(`${title}\0`))])

/** Inspects a WAVE file, gives it a title where the storage can be written, and inspects it again. */
export const inspectAndRetag = (name: string, title: string) =>
  Effect.gen(function*() {
    const before = yield* inspect(name)
    const after = yield* Effect.zipRight(retag(name, title), inspect(name)).pipe(
      Effect.map(Option.some),
      Effect.catchIf((error) => error instanceof MmioError.AccessDenied, () => Effect.succeed(Option.none()))
    )
    const report: Report = { before, after }
    return report
  })
