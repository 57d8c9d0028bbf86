/**
 * What is done to each take, on any storage: it is verified, repaired where its recorder died, and given a tag.
 *
 * Each step looks first whether there is something to do, and commits under the condition that the take is still the
 * one that it has looked at. A step that is done twice, also by two machines at once, changes the take once.
 */
import { type IOProc, Mmio, type MmioError, Riff, RiffEdit, Wave } from "@effect-mmio/core"
import { Effect } from "effect"

/** The tag that every take gets. */
const title = "Fleet week"

/** Whether a take is sound. */
export const verify = (name: string): Effect.Effect<boolean, MmioError.MmioError, IOProc.IOProc> =>
  Mmio.withFile(
    name,
    { access: "read" },
    (file) => Effect.map(Riff.verify(file), (problems) => problems.length === 0)
  )

/** Corrects the sizes of a take, where they are wrong; gives how many were. */
export const repair = (name: string): Effect.Effect<number, MmioError.MmioError, IOProc.IOProc> =>
  Mmio.withFile(
    name,
    { access: "readWrite" },
    (file) => Effect.map(Riff.repair(file), (corrections) => corrections.length)
  )

/** Gives a take its tag, where it does not have it; says whether it did. */
export const retag = (name: string): Effect.Effect<boolean, MmioError.MmioError, IOProc.IOProc> =>
  Effect.gen(function*() {
    const { tags } = yield* Mmio.withFile(name, { access: "read" }, Wave.info)
    if (tags.some(({ id, text }) => id === "INAM" && text === title)) return false
    yield* Riff.edit(name, [
      RiffEdit.assign("RIFF:WAVE / LIST:INFO / INAM", new TextEncoder().encode(`${title}\0`))
    ])
    return true
  })

/** All of it; what another machine changes meanwhile is looked at anew. */
export const mend = (name: string): Effect.Effect<Mended, MmioError.MmioError, IOProc.IOProc> =>
  Effect.gen(function*() {
    const corrections = (yield* verify(name)) ? 0 : yield* again(repair(name))
    const isTagged = yield* again(retag(name))
    return { corrections, isTagged }
  })

export interface Mended {
  readonly corrections: number
  readonly isTagged: boolean
}

/** Tries a step again whose commit another machine was faster with: it then finds that there is nothing left to do. */
export const again = <A, R>(step: Effect.Effect<A, MmioError.MmioError, R>): Effect.Effect<A, MmioError.MmioError, R> =>
  Effect.retry(step, { times: 10, while: ({ _tag }) => _tag === "VersionChanged" })
