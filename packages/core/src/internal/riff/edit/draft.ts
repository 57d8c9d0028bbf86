/**
 * Chunks as they are to be, in the file already or new, before anybody asks where they will lie.
 */
import type * as Option from "effect/Option"
import * as FourCC from "../../../FourCC.js"
import type * as Api from "../../../Riff.js"
import * as Known from "../known.js"
import * as Layout from "../layout.js"

/** A chunk that is to be. */
export interface Draft {
  readonly layout: Layout.Layout
  /** The id; in Wave64 the first four bytes of the GUID. */
  readonly id: number
  /** The id as it is written, of four bytes or of sixteen. */
  readonly idBytes: Uint8Array
  /** The type of a container. */
  readonly type: number | undefined
  readonly typeBytes: Uint8Array
  /** What it is in the file, unless it is new. */
  readonly source: Api.TreeNode | undefined
  /** The data of a new one that is no container. */
  readonly data: Uint8Array | undefined
  /** What is in a container. Made when it is first asked for: see {@link childrenOf}. */
  children: Array<Draft> | undefined
  /** Whether something is different in it. */
  touched: boolean
  /** Whether the edit said where it is to be. */
  placed: boolean
}

const noBytes = new Uint8Array(0)

/** A chunk that is in the file. */
export const fromNode = (node: Api.TreeNode): Draft => {
  const { guid, id, type, typeGuid } = node.chunk
  const layout = Layout.layoutOf(node.chunk)
  const bytesOf = (guid: Option.Option<string>, code: FourCC.FourCC) =>
    guid._tag === "Some" ? Layout.guidBytes(guid.value) : Layout.codeBytes(layout, FourCC.toNumber(code))
  return {
    layout,
    id: FourCC.toNumber(id),
    idBytes: bytesOf(guid, id),
    type: type._tag === "Some" ? FourCC.toNumber(type.value) : undefined,
    typeBytes: type._tag === "Some" ? bytesOf(typeGuid, type.value) : noBytes,
    source: node,
    data: undefined,
    children: undefined,
    touched: false,
    placed: false
  }
}

/** The chunks in a chunk. */
export const childrenOf = (draft: Draft): Array<Draft> =>
  draft.children ??= draft.source?.children.map((node) => fromNode(node)) ?? []

const made = (layout: Layout.Layout, id: number, fields: Pick<Draft, "idBytes"> & Partial<Draft>): Draft => ({
  layout,
  id,
  type: undefined,
  typeBytes: noBytes,
  source: undefined,
  data: undefined,
  children: undefined,
  touched: true,
  placed: false,
  ...fields
})

/** A new chunk with this data. */
export const newLeaf = (layout: Layout.Layout, id: number, data: Uint8Array): Draft =>
  made(layout, id, { idBytes: Layout.codeBytes(layout, id), data })

/** A new list of this type, with nothing in it. */
export const newList = (layout: Layout.Layout, type: number): Draft =>
  made(layout, Layout.listId(layout), {
    idBytes: Layout.listBytes(layout),
    type,
    typeBytes: Layout.codeBytes(layout, type),
    children: []
  })

/** Whether a form is one whose readers find chunks in any order. */
export const isWave = ({ type }: Draft): boolean => type === Known.types.WAVE || type === Known.types.wave

/** Whether it is the one that holds the sizes of its form. */
export const isDs64 = ({ id, source }: Draft): boolean =>
  id === Layout.ids.ds64 && source?.chunk.ds64._tag === "Some"
  && source.chunk.ds64.value.dataOffset === source.chunk.dataOffset

/**
 * Whether it declares more data than its container has: nothing can be put after it, where readers would take it for
 * its data.
 */
export const isOpenEnd = ({ source }: Draft): boolean => source !== undefined && source.chunk.size > source.available

/** Whether padding is missing after its data. */
export const lacksPadding = (draft: Draft): boolean => {
  const { layout, source } = draft
  return source !== undefined && !isOpenEnd(draft) && source.padding < Layout.paddingOf(layout, source.available)
}

/** Whether its id is no id of a chunk: readers take it for the end of the chunks. */
const isNameless = ({ id, layout }: Draft): boolean => layout !== Layout.wave64 && !Layout.isPrintable(id)

/** Where in a container a chunk is put that is to be its last one: before what readers would not go past. */
export const lastIndex = (children: ReadonlyArray<Draft>): number =>
  children.findLastIndex((child) => !isOpenEnd(child) && !isNameless(child)) + 1

/** How many levels of chunks there are, with its own. */
export const heightOf = (draft: Draft): number => {
  let height = 0
  let level: ReadonlyArray<Draft> = [draft]
  for (; level.length > 0; height++) level = level.flatMap((inner) => inner.type === undefined ? [] : childrenOf(inner))
  return height
}
