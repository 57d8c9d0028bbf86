/**
 * How many samples an edited WAVE has in each channel, where the edit changed that, and the `fact` that says so. It is
 * known of what is not compressed: of other samples `fact` stays as it is. What it takes of `fmt ` is read here, since
 * an edit does without the codecs, and without their schemas.
 */
import * as Effect from "effect/Effect"
import * as Known from "../known.js"
import * as Layout from "../layout.js"
import { childrenOf, type Draft, isWave, newLeaf } from "./draft.js"
import type { ExclusiveFile, ReadFailure } from "./exclusiveFile.js"

/** The format tags of PCM, IEEE float, A-law and mu-law. */
const uncompressed: ReadonlySet<number> = new Set([1, 3, 6, 7])
const extensible = 0xfffe

/** Where in `fmt ` the numbers are, and how much of it has them: the sub-format begins with a format tag. */
const at = { tag: 0, channels: 2, blockAlign: 12, bits: 14, subFormat: 24 }
const mostFormat = 26

/** No `fact` is longer: what is stays as it is. */
const mostFact = 256

/** How many bytes the samples of all channels take; undefined where they are compressed, or `fmt ` does not say it. */
const frameSize = (fmt: Uint8Array, little: boolean): number | undefined => {
  const view = new DataView(fmt.buffer, fmt.byteOffset, fmt.byteLength)
  const number = (offset: number) => offset + 2 <= view.byteLength ? view.getUint16(offset, little) : 0
  const tag = number(at.tag)
  if (!uncompressed.has(tag === extensible ? number(at.subFormat) : tag)) return undefined
  return number(at.channels) * Math.ceil(number(at.bits) / 8) || number(at.blockAlign) || undefined
}

/** At most so many bytes of a chunk, new or in the file. */
const read = (file: ExclusiveFile, draft: Draft, most: number): Effect.Effect<Uint8Array, ReadFailure> => {
  const { data, source } = draft
  if (data !== undefined || source === undefined) return Effect.succeed(data?.subarray(0, most) ?? new Uint8Array(0))
  const target = new Uint8Array(Math.min(most, source.available))
  return Effect.as(file.readExactly(source.chunk.dataOffset, target), target)
}

/** Writes the number of samples into a `fact`, which in Wave64 may have 64 bits for it. */
const withCount = (fact: Uint8Array, draft: Draft, samples: number, little: boolean): Uint8Array => {
  const bytes = fact.slice()
  const view = new DataView(bytes.buffer)
  view.setUint32(0, Math.min(samples, Layout.unknownSize), little)
  if (draft.layout === Layout.wave64 && bytes.length >= 8) view.setUint32(4, 0, little)
  return bytes
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
    const size = frameSize(yield* read(file, fmt, mostFormat), little)
    if (size === undefined) return undefined
    const samples = Math.floor((data.data?.length ?? data.source?.available ?? 0) / size)
    const fact = find(Known.ids.fact)
    // What the edit writes itself is what it says.
    const available = fact?.source?.available ?? 0
    if (fact !== undefined && available >= 4 && available <= mostFact) {
      const bytes = yield* read(file, fact, mostFact)
      const written = withCount(bytes, fact, samples, little)
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
