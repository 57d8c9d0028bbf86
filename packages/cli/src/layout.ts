/** How a file is laid out: what its bytes belong to, from the first to the last. */
import type * as Riff from "@effect-mmio/core/Riff"
import { chunkName } from "./text.js"

/** Bytes that belong together. */
export interface Segment {
  readonly name: string
  /** How deep the chunk is, 0 at the top. */
  readonly depth: number
  readonly offset: number
  /** With the header and the padding. */
  readonly bytes: number
  readonly segments: ReadonlyArray<Segment>
}

const endOf = ({ available, chunk, padding }: Riff.TreeNode): number => chunk.dataOffset + available + padding

const segmentOf = (node: Riff.TreeNode, depth: number): Segment => ({
  name: chunkName(node.chunk.id, node.chunk.type),
  depth,
  offset: node.chunk.offset,
  bytes: endOf(node) - node.chunk.offset,
  segments: node.children.map((child) => segmentOf(child, depth + 1))
})

/** What follows the last chunk of a file. */
const restOf = (end: number, length: number): ReadonlyArray<Segment> =>
  end < length ? [{ name: "no chunk", depth: 0, offset: end, bytes: length - end, segments: [] }] : []

/** The segments at the top of a file. */
export const layoutOf = ({ chunks, length }: Riff.Tree): ReadonlyArray<Segment> => {
  const last = chunks.at(-1)
  return [...chunks.map((node) => segmentOf(node, 0)), ...restOf(last === undefined ? 0 : endOf(last), length)]
}

/** The chunks that a user thinks of as the parts of the file: those in its forms, and what is beside the forms. */
export const partsOf = (segments: ReadonlyArray<Segment>): ReadonlyArray<Segment> =>
  segments.flatMap((segment) => segment.segments.length > 0 ? segment.segments : [segment])
