/**
 * Copies of sizes, which an edit keeps true: what a `ds64` says of `data`, of the chunks in its table and of the
 * samples.
 */
import type * as FourCC from "../../../FourCC.js"
import type * as Api from "../../../Riff.js"
import * as Ds64 from "../ds64.js"
import * as Layout from "../layout.js"
import { childrenOf, type Draft } from "./draft.js"

/** A number of 64 bits in the file, and what it has to be. */
export interface Correction {
  readonly offset: number
  readonly value: number
}

/** All chunks in a form, in their order. */
const chunksIn = (form: Draft): ReadonlyArray<Draft> => {
  const found: Array<Draft> = []
  // One by one: there may be more of them than a call can have arguments.
  const open: Array<Draft> = []
  const enter = (draft: Draft) => {
    const children = draft.type === undefined ? [] : childrenOf(draft)
    for (let i = children.length - 1; i >= 0; i--) open.push(children[i]!)
  }
  enter(form)
  for (let draft = open.pop(); draft !== undefined; draft = open.pop()) {
    found.push(draft)
    enter(draft)
  }
  return found
}

/** The ids of all chunks that were in a form. */
const idsBefore = (form: Api.TreeNode): ReadonlySet<FourCC.FourCC> => {
  const ids = new Set<FourCC.FourCC>()
  const open = [form]
  for (let node = open.pop(); node !== undefined; node = open.pop()) {
    for (const child of node.children) {
      ids.add(child.chunk.id)
      open.push(child)
    }
  }
  return ids
}

/**
 * The first chunk of an id, and whether the `ds64` holds the size of one of that id: an edit writes that one with the
 * header.
 */
interface SameId {
  readonly first: Draft
  hasSizeInDs64: boolean
}

const byId = (form: Draft): ReadonlyMap<FourCC.FourCC, SameId> => {
  const chunks = new Map<FourCC.FourCC, SameId>()
  for (const draft of chunksIn(form)) {
    const id = Layout.code(draft.id)
    const same = chunks.get(id) ?? { first: draft, hasSizeInDs64: false }
    if (draft.source?.chunk.sizeField === Layout.unknownSize) same.hasSizeInDs64 = true
    chunks.set(id, same)
  }
  return chunks
}

/**
 * What the `ds64` of an edited form has to say where it says something else: of chunks whose headers hold their sizes,
 * too, as a new one's does. A chunk that was removed has no bytes. `sizes` are those of the containers that are
 * written, `samples` how many there are if the edit changed that.
 */
export const corrections = (
  form: Draft,
  sizes: ReadonlyMap<Draft, number>,
  samples: number | undefined
): ReadonlyArray<Correction> => {
  const { source } = form
  if (source?.chunk.ds64._tag !== "Some" || !Ds64.isInside(source)) return []
  const { dataOffset, dataSize, sampleCount, table } = source.chunk.ds64.value
  const chunks = byId(form)
  const sizeOf = (draft: Draft) => draft.data?.length ?? sizes.get(draft) ?? draft.source?.chunk.size ?? 0
  const list: Array<Correction> = []
  const correct = (offset: number, before: number, value: number) => {
    if (value !== before) list.push({ offset, value })
  }
  const data = childrenOf(form).find(({ id }) => id === Layout.ids.data)
  if (chunks.get(Layout.code(Layout.ids.data))?.hasSizeInDs64 !== true) {
    correct(dataOffset + Ds64.dataSizeAt, dataSize, data === undefined ? 0 : sizeOf(data))
  }
  if (samples !== undefined) correct(dataOffset + Ds64.sampleCountAt, sampleCount, samples)
  const before = table.length === 0 ? undefined : idsBefore(source)
  const seen = new Set<FourCC.FourCC>()
  table.forEach(({ id, size }, index) => {
    // Of two of an id the first counts.
    if (seen.has(id)) return
    seen.add(id)
    const same = chunks.get(id)
    if (same?.hasSizeInDs64 === true || (same === undefined && before?.has(id) !== true)) return
    correct(dataOffset + Ds64.entrySizeAt(index), size, same === undefined ? 0 : sizeOf(same.first))
  })
  return list
}
