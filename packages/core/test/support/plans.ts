/**
 * Plans of edits without a file: the tree is read by the model of the format, and a plan is carried out on an array.
 */
import type { Riff, RiffEdit } from "@effect-mmio/core"
import { assert } from "@effect/vitest"
import { Either } from "effect"
import * as FourCC from "../../src/FourCC.js"
import * as ChunkValue from "../../src/internal/riff/chunk.js"
import * as Ds64 from "../../src/internal/riff/ds64.js"
import type { Draft } from "../../src/internal/riff/edit/draft.js"
import { edited } from "../../src/internal/riff/edit/editing.js"
import * as Plan from "../../src/internal/riff/edit/plan.js"
import * as Layout from "../../src/internal/riff/layout.js"
import * as RiffLimits from "../../src/RiffLimits.js"
import * as Family from "./familyModel.js"
import { bytes, number } from "./wav.js"

/** The tree of a file, as a strict reader sees it. */
export const treeOf = (bytes: Uint8Array): Riff.Tree => {
  const nodeOf = (node: Family.Node, ds64: Riff.Ds64 | undefined): Riff.TreeNode => {
    const { available, byteOrder, children, dataOffset, offset, padding, size, sizeField, type } = node
    const layout = dataOffset - offset === 24
      ? Layout.wave64
      : byteOrder === "big"
      ? Layout.families.RIFX.layout
      : Layout.little
    const chunk = ChunkValue.found(layout, bytes, offset, {
      offset,
      id: Layout.uint32(bytes, offset),
      sizeField,
      size,
      type: type === undefined ? undefined : FourCC.toNumber(FourCC.fromBytes(bytes.subarray(dataOffset))),
      ds64
    })
    return { chunk, available, padding, children: children.map((child) => nodeOf(child, ds64)) }
  }
  const ds64Of = ({ id, offset }: Family.Node) => {
    if (id !== "RF64" && id !== "BW64") return undefined
    const rest = bytes.length - offset
    const found = Ds64.read(bytes, offset, offset, rest, rest, Infinity)
    return typeof found === "object" ? found : undefined
  }
  const { nodes } = Family.read(bytes)
  return { chunks: nodes.map((node) => nodeOf(node, ds64Of(node))), length: bytes.length, problems: [] }
}

/** A form of chunks of these sizes, without their bytes, and with bytes after them that are no chunk. */
export const sparse = (
  chunks: ReadonlyArray<readonly [id: string, size: number]>,
  { layout = Layout.little, rest = 0 }: { readonly layout?: Layout.Layout; readonly rest?: number } = {}
): Riff.Tree => {
  const { headerSize, typeSize } = layout
  const made = (id: number, offset: number, size: number, type?: number): Riff.FoundChunk => {
    const header = bytes(
      id === Layout.ids.riff ? Layout.formIdBytes(layout, id) : Layout.codeBytes(layout, id),
      Layout.sizeBytes(layout, size),
      Layout.codeBytes(layout, Layout.waveTypes.wave)
    )
    return ChunkValue.found(layout, header, 0, {
      offset,
      id,
      size,
      type,
      sizeField: Layout.fieldOf(layout, size),
      ds64: undefined
    })
  }
  let at = headerSize + typeSize
  const children = chunks.map(([id, size]) => {
    const padding = Layout.paddingOf(layout, size)
    const chunk = made(FourCC.toNumber(FourCC.fromString(id)), at, size)
    at += headerSize + size + padding
    return { chunk, available: size, padding, children: [] }
  })
  const length = at + rest
  const isWide = layout === Layout.wave64
  const form = made(
    isWide ? Layout.ids.riff : Layout.ids.RIFF,
    0,
    length - headerSize,
    isWide ? Layout.waveTypes.wave : Layout.waveTypes.WAVE
  )
  return { chunks: [{ chunk: form, available: form.size, padding: 0, children }], length, problems: [] }
}

export interface Options {
  readonly keepOrder?: boolean
  /** How many samples the first form has, where the edit changed that. */
  readonly samples?: number
}

/** The plan of edits of a file with this tree, or why there is none. */
export const planOf = (
  tree: Riff.Tree,
  edits: ReadonlyArray<RiffEdit.RiffEdit>,
  { keepOrder = false, samples }: Options = {}
) => {
  const done = Either.getOrThrow(edited("file", RiffLimits.defaults, tree, edits))
  const [form] = done.forms
  const counts = new Map<Draft, number>(form === undefined || samples === undefined ? [] : [[form, samples]])
  return Plan.make("file", done, tree.length, { keepOrder, samples: counts })
}

/** The file after the writes, which take what they copy from the file before. */
export const carriedOut = (before: Uint8Array, { length, writes }: Plan.Plan): Uint8Array => {
  assert.isAtLeast(length, before.length)
  const after = new Uint8Array(length)
  after.set(before)
  for (const write of writes) {
    const { length, offset } = write
    assert.isAbove(length, 0)
    assert.isAtMost(offset + length, after.length)
    if (write._tag === "Zeros") after.fill(0, offset, offset + length)
    else {
      const bytes = write._tag === "Bytes" ? write.bytes : before.subarray(write.from, write.from + length)
      assert.strictEqual(bytes.length, length)
      after.set(bytes, offset)
    }
  }
  return after
}

/** The plan of edits of a file, and the file after them. */
export const planned = (
  before: Uint8Array,
  edits: ReadonlyArray<RiffEdit.RiffEdit>,
  options?: Options
): { readonly plan: Plan.Plan; readonly after: Uint8Array } => {
  const plan = Either.getOrThrow(planOf(treeOf(before), edits, options))
  return { plan, after: carriedOut(before, plan) }
}

// ---------------------------------------------------------------------------------------------------------------------
// writes
// ---------------------------------------------------------------------------------------------------------------------

export const put = (offset: number, bytes: Uint8Array): Plan.Write => ({
  _tag: "Bytes",
  offset,
  length: bytes.length,
  bytes
})

export const copy = (offset: number, length: number, from: number): Plan.Write => ({
  _tag: "Copy",
  offset,
  length,
  from
})

export const zeros = (from: number, to: number): Plan.Write => ({ _tag: "Zeros", offset: from, length: to - from })

export const header = (id: string, size: number): Uint8Array => bytes(id, number(4, size))

export const whole = (id: string, data: Uint8Array): Uint8Array =>
  bytes(header(id, data.length), data, new Uint8Array(data.length % 2))
