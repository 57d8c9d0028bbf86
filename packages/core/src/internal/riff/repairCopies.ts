/**
 * Copies of sizes, which a repair corrects with the sizes: what a `ds64` says of `data`, of the chunks in its table and
 * of the samples, and `fact`.
 *
 * The copies of a form agree with its chunks once the repair writes anything in it. They are written first: a repair
 * that was cut off still finds the wrong sizes, and is finished by the next one.
 */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as FourCC from "../../FourCC.js"
import type * as Api from "../../Riff.js"
import { type PadByteAdded, SampleCountCorrected, SizeCorrected } from "../../RiffCorrection.js"
import * as Ds64 from "./ds64.js"
import * as Known from "./known.js"
import * as Layout from "./layout.js"
import * as SampleCount from "./sampleCount.js"
import type { Reading } from "./tree.js"

/** A correction, with the bytes that it writes. @internal */
export interface Change {
  readonly correction: SizeCorrected | SampleCountCorrected | PadByteAdded
  readonly bytes: Uint8Array
}

/** Reads at most so many bytes of the data of a chunk. */
type Read<E> = (node: Api.TreeNode, most: number) => Effect.Effect<Uint8Array, E>

/** How long the data of a chunk is after the repair; undefined where it still declares more, or less, than there is. */
type SizeAfter = (node: Api.TreeNode) => number | undefined

const sizeAfter = (changes: ReadonlyArray<Change>): SizeAfter => {
  const corrected = new Map<number, number>()
  for (const { correction } of changes) {
    if (correction._tag === "SizeCorrected") corrected.set(correction.chunk, correction.after)
  }
  return ({ available, chunk }) => {
    const after = corrected.get(chunk.offset)
    if (after !== undefined) return Layout.dataSize(Layout.layoutOf(chunk), after)
    return chunk.size === available ? available : undefined
  }
}

const childOf = (form: Api.TreeNode, id: number): Api.TreeNode | undefined =>
  form.children.find(({ chunk }) => FourCC.toNumber(chunk.id) === id)

const isWave = ({ chunk }: Api.TreeNode): boolean => {
  const type = chunk.type._tag === "Some" ? FourCC.toNumber(chunk.type.value) : undefined
  return type === Known.types.WAVE || type === Known.types.wave
}

const ds64Of = (form: Api.TreeNode): Api.Ds64 | undefined =>
  Ds64.isInside(form) ? Option.getOrUndefined(form.chunk.ds64) : undefined

/** All chunks in a form, in their order. */
const chunksIn = (form: Api.TreeNode): ReadonlyArray<Api.TreeNode> => {
  const found: Array<Api.TreeNode> = []
  const open = form.children.toReversed()
  for (let node = open.pop(); node !== undefined; node = open.pop()) {
    found.push(node)
    for (let i = node.children.length - 1; i >= 0; i--) open.push(node.children[i]!)
  }
  return found
}

/**
 * Whether bytes that were not understood, enough for a header, follow a form. A header among them may have its size in
 * the `ds64`, by which it would be understood once that says something else.
 */
const isFollowed = ({ chunk }: Api.TreeNode, size: number, next: number): boolean =>
  next - (chunk.dataOffset + size) >= Layout.layoutOf(chunk).headerSize

/** The first chunk of an id in a form, and whether the header of one of that id leaves its size to the `ds64`. */
interface SameId {
  readonly first: Api.TreeNode
  leavesSize: boolean
}

const byId = (form: Api.TreeNode): ReadonlyMap<FourCC.FourCC, SameId> => {
  const found = new Map<FourCC.FourCC, SameId>()
  for (const node of chunksIn(form)) {
    const same = found.get(node.chunk.id) ?? { first: node, leavesSize: false }
    if (node.chunk.sizeField === Layout.unknownSize) same.leavesSize = true
    found.set(node.chunk.id, same)
  }
  return found
}

/** What the `ds64` says of chunks whose headers hold their sizes, where it says something else. */
const sizesInDs64 = (form: Api.TreeNode, sizeOf: SizeAfter): ReadonlyArray<Change> => {
  const ds64 = ds64Of(form)
  if (ds64 === undefined) return []
  const { dataOffset, dataSize, table } = ds64
  const chunks = byId(form)
  const correct = (id: FourCC.FourCC, offset: number, before: number): ReadonlyArray<Change> => {
    const same = chunks.get(id)
    // Of several of an id the `ds64` is for the one whose header has no size.
    if (same === undefined || same.leavesSize) return []
    const { first } = same
    const after = sizeOf(first)
    return after === undefined || after === before ? [] : [{
      correction: new SizeCorrected({ id, chunk: first.chunk.offset, field: "ds64", offset, before, after }),
      bytes: Layout.uint64Bytes(after)
    }]
  }
  const seen = new Set<FourCC.FourCC>()
  return [
    ...correct(Layout.code(Layout.ids.data), dataOffset + Ds64.dataSizeAt, dataSize),
    ...table.flatMap(({ id, size }, index) => {
      // Of two entries for an id the first counts.
      if (seen.has(id)) return []
      seen.add(id)
      return correct(id, dataOffset + Ds64.entrySizeAt(index), size)
    })
  ]
}

/**
 * The number of samples in `ds64` and `fact`, where they say something else; it is known of samples that are not
 * compressed.
 */
const sampleCounts = <E>(
  form: Api.TreeNode,
  sizeOf: SizeAfter,
  read: Read<E>
): Effect.Effect<ReadonlyArray<Change>, E> =>
  Effect.gen(function*() {
    const data = childOf(form, Layout.ids.data)
    const fmt = childOf(form, Known.ids.fmt)
    const size = data === undefined ? undefined : sizeOf(data)
    if (!isWave(form) || size === undefined || fmt === undefined) return []
    const layout = Layout.layoutOf(form.chunk)
    const frame = SampleCount.frameSize(yield* read(fmt, SampleCount.mostFormat), layout.byteOrder === "little")
    if (frame === undefined) return []
    const after = Math.floor(size / frame)
    const changes: Array<Change> = []
    const ds64 = ds64Of(form)
    if (ds64 !== undefined && ds64.sampleCount !== after) {
      const { dataOffset, sampleCount: before } = ds64
      changes.push({
        correction: new SampleCountCorrected({
          id: Layout.code(Layout.ids.ds64),
          offset: dataOffset + Ds64.sampleCountAt,
          before,
          after
        }),
        bytes: Layout.uint64Bytes(after)
      })
    }
    const fact = childOf(form, Known.ids.fact)
    if (fact !== undefined && fact.available >= 4 && fact.available <= SampleCount.mostFact) {
      const bytes = yield* read(fact, 8)
      const before = SampleCount.ofFact(bytes, layout)
      const written = SampleCount.inFact(bytes, layout, after)
      if (written.some((byte, i) => byte !== bytes[i])) {
        const { dataOffset: offset, id } = fact.chunk
        changes.push({ correction: new SampleCountCorrected({ id, offset, before, after }), bytes: written })
      }
    }
    return changes
  })

/**
 * What else is wrong in the forms in which a repair corrects something: the copies of their sizes.
 *
 * @internal
 */
export const copies = <E>(
  reading: Reading,
  changes: ReadonlyArray<Change>,
  read: Read<E>
): Effect.Effect<ReadonlyArray<Change>, E> => {
  const sizeOf = sizeAfter(changes)
  const corrected = changes.flatMap(({ correction }) =>
    correction._tag === "SampleCountCorrected" ? [] : [correction.chunk]
  ).toSorted((a, b) => a - b)
  const forms: Array<{ readonly form: Api.TreeNode; readonly next: number }> = []
  // Both are in the order of the file.
  let i = 0
  for (const [index, form] of reading.chunks.entries()) {
    const { available, chunk } = form
    while (i < corrected.length && corrected[i]! < chunk.offset) i++
    const first = corrected[i]
    if (first !== undefined && first < chunk.dataOffset + available) {
      forms.push({ form, next: reading.chunks[index + 1]?.chunk.offset ?? reading.length })
    }
  }
  return Effect.map(
    Effect.forEach(forms, ({ form, next }) =>
      Effect.map(sampleCounts(form, sizeOf, read), (counts) => [
        ...(isFollowed(form, sizeOf(form) ?? 0, next) ? [] : sizesInDs64(form, sizeOf)),
        ...counts
      ])),
    (all) => all.flat()
  )
}
