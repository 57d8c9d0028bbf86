/**
 * How many samples an edited WAVE has in each channel, where the edit changed that, and the `fact` that says so. It is
 * known of what is not compressed: of other samples `fact` stays as it is.
 */
import * as Effect from "effect/Effect"
import * as Known from "../known.js"
import * as Layout from "../layout.js"
import * as SampleCount from "../sampleCount.js"
import { childrenOf, type Draft, isWave, newLeaf } from "./draft.js"
import type { ExclusiveFile, ReadFailure } from "./exclusiveFile.js"

/** At most so many bytes of a chunk, new or in the file. */
const read = (file: ExclusiveFile, draft: Draft, most: number): Effect.Effect<Uint8Array, ReadFailure> => {
  const { data, source } = draft
  if (data !== undefined || source === undefined) return Effect.succeed(data?.subarray(0, most) ?? new Uint8Array(0))
  const target = new Uint8Array(Math.min(most, source.available))
  return Effect.as(file.readExactly(source.chunk.dataOffset, target), target)
}

const ofForm = (file: ExclusiveFile, form: Draft): Effect.Effect<number | undefined, ReadFailure> =>
  Effect.gen(function*() {
    const children = childrenOf(form)
    const find = (sought: number) => children.find(({ id }) => id === sought)
    const data = find(Layout.ids.data)
    const fmt = find(Known.ids.fmt)
    if (data === undefined || fmt === undefined || (data.source !== undefined && fmt.source !== undefined)) {
      return undefined
    }
    const little = form.layout.byteOrder === "little"
    const size = SampleCount.frameSize(yield* read(file, fmt, SampleCount.mostFormat), little)
    if (size === undefined) return undefined
    const samples = Math.floor((data.data?.length ?? data.source?.available ?? 0) / size)
    const fact = find(Known.ids.fact)
    // What the edit writes itself is what it says.
    const available = fact?.source?.available ?? 0
    if (fact !== undefined && available >= 4 && available <= SampleCount.mostFact) {
      const bytes = yield* read(file, fact, SampleCount.mostFact)
      const written = SampleCount.inFact(bytes, fact.layout, samples)
      if (written.some((byte, i) => byte !== bytes[i])) {
        children.splice(children.indexOf(fact), 1, { ...newLeaf(form.layout, fact.id, written), idBytes: fact.idBytes })
      }
    }
    return samples
  })

/**
 * Puts the number of samples into the `fact` of edited forms, and gives it for each whose samples or format are new.
 *
 * @internal
 */
export const count = (
  file: ExclusiveFile,
  forms: ReadonlyArray<Draft>
): Effect.Effect<ReadonlyMap<Draft, number>, ReadFailure> =>
  Effect.gen(function*() {
    const counts = new Map<Draft, number>()
    for (const form of forms) {
      const samples = form.touched && isWave(form) ? yield* ofForm(file, form) : undefined
      if (samples !== undefined) counts.set(form, samples)
    }
    return counts
  })
