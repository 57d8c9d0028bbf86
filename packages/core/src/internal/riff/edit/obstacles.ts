/**
 * Which damage an edit can leave as it is, and which makes it impossible.
 */
import * as FourCC from "../../../FourCC.js"
import type * as Api from "../../../Riff.js"
import type * as RiffProblem from "../../../RiffProblem.js"
import * as Ds64 from "../ds64.js"
import * as Layout from "../layout.js"
import { childrenOf, type Draft, isOpenEnd } from "./draft.js"

/** Why an edit is refused, and where the reason is. */
export interface Obstacle {
  readonly offset: number
  readonly message: string
}

const endOf = ({ available, chunk, padding }: Api.TreeNode): number => chunk.dataOffset + available + padding

/** The chunks around a place, the outermost first, without the chunk that begins there. */
const around = (tree: Api.Tree, offset: number): ReadonlyArray<Api.TreeNode> => {
  const way: Array<Api.TreeNode> = []
  let nodes = tree.chunks
  for (;;) {
    const node = nodes.find((node) =>
      node.chunk.offset < offset && offset < endOf(node) && node.chunk.type._tag === "Some"
    )
    if (node === undefined) return way
    way.push(node)
    nodes = node.children
  }
}

const isOfSamples = ({ id }: Api.Chunk): boolean => Layout.isSamples(FourCC.toNumber(id))

/**
 * A chunk with an overhanging end that can stay as it is, as the last one of its container: readers step over it,
 * whatever it says.
 */
const isLeftAlone = (node: Api.TreeNode): boolean =>
  node.chunk.type._tag === "None" && !isOfSamples(node.chunk) && !Layout.isTypeless(node.chunk) &&
  node.chunk.id !== "ds64"

/**
 * Whether a problem is only about what lies in a form or a list, and says which container that is; undefined for any
 * other one.
 */
const containerOf = (tree: Api.Tree, problem: RiffProblem.RiffProblem): Api.TreeNode | undefined => {
  const way = around(tree, problem.offset)
  const container = way.at(-1)
  if (container === undefined) return undefined
  switch (problem._tag) {
    case "TooSmallForType":
    case "TruncatedHeader":
      return container
    case "PastEndOfFile":
    case "PastParent": {
      const node = container.children.find(({ chunk }) => chunk.offset === problem.offset)
      return node !== undefined && isLeftAlone(node) ? container : undefined
    }
    default:
      return undefined
  }
}

/** Samples of no size that bytes follow: readers take them to go to the end of the file, whatever is there. */
const unsizedSamples = ({ chunks, problems }: Api.Tree): Obstacle | undefined => {
  const last = chunks.at(-1)?.children.at(-1)?.chunk
  return last !== undefined && last.size === 0 && isOfSamples(last)
      && problems.some(({ _tag }) => _tag === "TrailingBytes")
    ? { offset: last.offset, message: "the size of the samples at the end is 0, and bytes follow" }
    : undefined
}

/**
 * A form whose `ds64` follows it: the form cannot become longer and leave that, and the sizes in it, where it is.
 */
const sizeElsewhere = ({ chunks }: Api.Tree): Obstacle | undefined => {
  const form = chunks.find((node) => node.chunk.ds64._tag === "Some" && !Ds64.isInside(node))
  return form && {
    offset: form.chunk.offset,
    message: `${FourCC.format(form.chunk.id)} at ${form.chunk.offset} ends before its "ds64" does`
  }
}

/** Where a lenient reader sees other chunks than a strict one: what is put there, one of them would not find. */
const disagreement = (strict: Api.Tree, lenient: Api.Tree): Obstacle | undefined => {
  for (const [i, { available, children, chunk }] of strict.chunks.entries()) {
    const other = lenient.chunks[i]
    if (other === undefined) continue
    const at = children.findIndex((child, j) => child.chunk.offset !== other.children[j]?.chunk.offset)
    const offset = children[at]?.chunk.offset
    if (offset !== undefined) {
      return { offset, message: `the sizes and the pad bytes before ${offset} leave open where the next chunk begins` }
    }
    if (other.available !== available) {
      return {
        offset: chunk.offset,
        message: `${
          FourCC.format(chunk.id)
        } at ${chunk.offset} is too small for what follows in it; Riff.repair may correct it`
      }
    }
  }
  return undefined
}

/** The containers with damage that an edit leaves as it is, each with the problem. */
export type Damaged = ReadonlyMap<number, RiffProblem.RiffProblem>

/** What makes every edit of a file impossible, or where damage is that an edit may have to leave alone. */
export const find = (strict: Api.Tree, lenient: Api.Tree): Obstacle | Damaged => {
  const damaged = new Map<number, RiffProblem.RiffProblem>()
  for (const problem of strict.problems) {
    // After a chunk whose end is unknown nothing can be put, and no journal either: readers would take it for the data
    // of the chunk.
    if (problem.level === "warning" && problem._tag !== "UnknownSize") continue
    const container = containerOf(strict, problem)
    if (container === undefined) return problem
    damaged.set(container.chunk.offset, problem)
  }
  const disagreed = strict.problems.length > 0 ? disagreement(strict, lenient) : undefined
  return disagreed ?? unsizedSamples(strict) ?? sizeElsewhere(strict) ?? damaged
}

/**
 * The first list that was edited although it is damaged: what one finds in it may be the data of another chunk.
 */
export const inLists = (forms: ReadonlyArray<Draft>, damaged: Damaged): Obstacle | undefined => {
  if (damaged.size === 0) return undefined
  const open = forms.flatMap((form) => childrenOf(form))
  for (let draft = open.pop(); draft !== undefined; draft = open.pop()) {
    if (!draft.touched) continue
    const problem = draft.source === undefined ? undefined : damaged.get(draft.source.chunk.offset)
    if (problem !== undefined) return problem
    if (draft.type !== undefined) { for (const child of childrenOf(draft)) open.push(child) }
  }
  return undefined
}

/** Whether bytes are at the end of a container that are no chunk. */
export const restOf = (
  { available, children, chunk }: Api.TreeNode
): { readonly from: number; readonly to: number } => {
  const last = children.at(-1)
  const to = chunk.dataOffset + available
  const from = last === undefined ? chunk.dataOffset + Layout.layoutOf(chunk).typeSize : endOf(last)
  return { from: Math.min(from, to), to }
}

/**
 * Whether a container ends with bytes that are no chunk, or with a chunk that declares more than the container has.
 */
export const hasOpenEnd = (draft: Draft): boolean => {
  const { source } = draft
  if (source === undefined) return false
  const { from, to } = restOf(source)
  return from < to || childrenOf(draft).some((child) => isOpenEnd(child))
}
