/** Chunks on the command line, as paths: a bare id is one in the form of the file. */
import * as Mmio from "@effect-mmio/core/Mmio"
import * as Riff from "@effect-mmio/core/Riff"
import * as Effect from "effect/Effect"
import { type FileError, usage } from "./failure.js"
import { shown } from "./text.js"

/** What can be the first step of a path: a form, by the name that finds its relatives, too. */
const forms: ReadonlySet<string> = new Set(["RIFF", "RIFX", "RF64", "BW64", "riff", "FORM", "CAT "])

/** A path as it is written; one without a form begins in the form of the file. */
export const pathIn = (
  file: Mmio.ReadHandle,
  text: string
): Effect.Effect<ReadonlyArray<Riff.PathStep>, FileError> =>
  Effect.gen(function*() {
    const path = yield* Effect.mapError(
      Riff.parsePath(text),
      () => usage(`"${shown(text)}" is no chunk: write an id as iXML, or a path as "RIFF:WAVE / LIST:INFO / INAM"`)
    )
    if (path[0] !== undefined && forms.has(path[0].id.padEnd(4))) return path
    yield* Mmio.seek(file, 0)
    const first = yield* Riff.descend(file)
    return [{ id: first.id === "FORM" || first.id === "CAT " ? first.id : "RIFF" }, ...path]
  })
