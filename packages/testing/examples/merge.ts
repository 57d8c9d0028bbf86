/**
 * Merges takes, WAV files of the same format, into one WAV file in which a cue point with the name of the take marks
 * where each begins.
 *
 * - However long the takes are, it needs a buffer for each open file, and a few words for each take.
 * - Whatever fails, and whenever the power goes, the output is the file that was there before, or the whole new one.
 *
 * It says nothing of where the files are: that is decided by the Layer that it is given. `test/example.test.ts` gives
 * it storages that fail, crash and are interrupted at every step.
 */
import { type IOProc, Mmio, type MmioError, Riff } from "@effect-mmio/core"
import { Effect } from "effect"
import { type Cue, writeCues } from "./merge/cues.js"
import { replaceFile } from "./merge/replaceFile.js"
import { copyAudio, type InvalidTake, openTake, refuseOthers, type Take } from "./merge/take.js"

/** What merging can fail with: a take that is none, or does not go with the first; or the storage. */
export type MergeError = InvalidTake | MmioError.MmioError

/** Merges takes, named in their order, into the file `output`; gives the cues that it has then. */
export const merge = (
  takes: readonly [first: string, ...others: ReadonlyArray<string>],
  output: string
): Effect.Effect<ReadonlyArray<Cue>, MergeError, IOProc.IOProc> =>
  Effect.gen(function*() {
    // All takes are looked at before anything is written: what they are decides whether there will be an output at all.
    const opened = yield* Effect.forEach(takes, openTake)
    yield* refuseOthers(opened)
    const cues = cuesOf(opened)
    yield* replaceFile(output, (file) => writeWave(file, opened, cues))
    return cues
  })

const cuesOf = (takes: ReadonlyArray<Take>): ReadonlyArray<Cue> => {
  let frame = 0
  return takes.map((take) => {
    const cue = { frame, label: take.name }
    frame += take.frames
    return cue
  })
}

const writeWave = (file: Mmio.WriteHandle, takes: ReadonlyArray<Take>, cues: ReadonlyArray<Cue>) =>
  // The size of a chunk is corrected as its body is done: that of the data is known before, so that nothing has to go
  // back there.
  Riff.withChunk(file, { riff: "WAVE" }, () =>
    Effect.gen(function*() {
      const [first] = takes
      if (first === undefined) return
      yield* Riff.withChunk(file, { chunk: "fmt " }, () => Mmio.writeAll(file, first.format))
      const size = takes.reduce((sum, take) => sum + take.audio.size, 0)
      yield* Riff.withChunk(
        file,
        { chunk: "data", size },
        () => Effect.forEach(takes, (take) => copyAudio(take, file), { discard: true })
      )
      yield* writeCues(file, cues)
    }))
