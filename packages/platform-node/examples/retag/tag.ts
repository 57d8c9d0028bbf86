/** A tag: a chunk of the list INFO. */
import type { FourCC } from "@effect-mmio/core"
import { type Chunk, isContainer, type Item } from "./chunks.js"

export interface Tag {
  readonly id: FourCC.FourCC
  readonly text: string
}

/** A tag's data: its text, and the zero that ends it. */
export const bytesOf = ({ text }: Tag): Uint8Array => new TextEncoder().encode(`${text}\0`)

/** Whether an item of a list INFO is this tag. */
export const isTag = (item: Item, { id }: Tag): item is Chunk =>
  item._tag === "Chunk" && !item.cut && item.chunk.id === id

/** Whether this is a list of tags, and ends where it says: only then it may be changed. */
export const isTagList = (item: Item): item is Chunk => isContainer(item, "LIST", "INFO") && !item.cut

/** Whether this is filling, which writers leave after lists that may grow. */
export const isFilling = (item: Item): item is Chunk => item._tag === "Chunk" && !item.cut && item.chunk.id === "JUNK"
