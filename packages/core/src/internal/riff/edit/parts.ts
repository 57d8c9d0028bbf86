/**
 * The parts that an edited file consists of: what stays together, and where filler may be between.
 */
import type * as Api from "../../../Riff.js"
import * as Known from "../known.js"
import * as Layout from "../layout.js"
import { childrenOf, type Draft, isDs64, isOpenEnd } from "./draft.js"
import { hasOpenEnd, restOf } from "./obstacles.js"
import type * as Placement from "./placement.js"

/** Bytes that lie together. */
export type Part =
  & Pick<Placement.Part, "size" | "from">
  & {
    /** The kind of the filler that may precede it. */
    readonly filler: Filler | undefined
    /** Whether readers take what it begins with for a chunk, after samples of no size. */
    readonly isChunk: boolean
    /** Whether it ends with samples of no size in a form: readers take what is no chunk after them for samples. */
    readonly unsized: boolean
  }
  & (
    /** Chunks that nothing is done to, and other bytes of the file. */
    | { readonly kind: "kept"; readonly from: number }
    /** A new chunk, or padding that was missing. */
    | { readonly kind: "new"; readonly bytes: Uint8Array }
    /** The header of a container, and where one ends. */
    | { readonly kind: "header" | "end"; readonly draft: Draft }
  )

export interface Filler {
  readonly layout: Layout.Layout
  readonly idBytes: Uint8Array
}

export interface Range {
  readonly from: number
  readonly to: number
}

const fillers: ReadonlySet<number> = new Set([Known.ids.JUNK, Known.ids.junk, Known.ids.PAD, Known.ids.FLLR])
/** Where a filler is among how many siblings of what was changed it is made use of. */
const nearby = 64

const fillerOf = (form: Draft): Filler => ({
  layout: form.layout,
  idBytes: Layout.codeBytes(
    form.layout,
    form.layout === Layout.wave64 ? Known.ids.junk : isIff(form) ? Known.ids.blank : Known.ids.JUNK
  )
})

const isIff = ({ id }: Draft): boolean => id === Layout.ids.FORM || id === Layout.ids.CAT

/** Whether a chunk is there only to take room. */
const isFiller = (form: Draft, { id, touched }: Draft): boolean =>
  !touched && (isIff(form) ? id === Known.ids.blank : fillers.has(id))

/** The bytes of a header with this size of the data, and with the type of a container. */
export const headerBytes = (
  { idBytes, layout, typeBytes }: Pick<Draft, "idBytes" | "layout" | "typeBytes">,
  size: number
) => {
  const bytes = new Uint8Array(layout.headerSize + typeBytes.length)
  bytes.set(idBytes)
  bytes.set(Layout.sizeBytes(layout, size), idBytes.length)
  bytes.set(typeBytes, layout.headerSize)
  return bytes
}

/** What a part of other bytes than chunks is. */
const rest = { isChunk: false, unsized: false }
/** What a part is that begins with a container. */
const contained = { isChunk: true, unsized: false }

/** What readers take a chunk for, after samples of no size and before other bytes. */
const taken = (draft: Draft, isInForm: boolean): Pick<Part, "isChunk" | "unsized"> => ({
  isChunk: Layout.isPrintable(draft.id) && !isOpenEnd(draft),
  unsized: isInForm && Layout.isSamples(draft.id) && (draft.data?.length ?? draft.source?.chunk.size) === 0
})

const noBytes = new Uint8Array(0)

const endOf = ({ available, chunk, padding }: Api.TreeNode): number => chunk.dataOffset + available + padding

/** A container, and how far in it the parts are collected. */
interface Level {
  readonly draft: Draft
  readonly children: ReadonlyArray<Draft>
  /** The filler that may lie between its chunks. */
  readonly inside: Filler | undefined
  readonly near: (index: number) => boolean
  next: number
}

/** Collects the parts of the forms, in their order. */
export class Parts {
  readonly list: Array<Part> = []
  /** The fillers that are made use of. */
  readonly room: Array<Range> = []

  /** What is as it was, together with what it follows. */
  keep(from: number, to: number, filler: Filler | undefined, of: Pick<Part, "isChunk" | "unsized"> = rest): void {
    if (from === to) return
    const last = this.list.at(-1)
    if (last?.kind === "kept" && last.from + last.size === from) {
      this.list[this.list.length - 1] = { ...last, size: to - last.from, unsized: of.unsized }
    } else {
      this.list.push({ kind: "kept", size: to - from, from, filler, ...of })
    }
  }

  private put(bytes: Uint8Array, filler: Filler | undefined, of: Pick<Part, "isChunk" | "unsized"> = rest): void {
    this.list.push({ kind: "new", size: bytes.length, from: undefined, filler, bytes, ...of })
  }

  /** Begins a container that something was changed in. */
  private enter(draft: Draft, form: Draft, filler: Filler | undefined): Level {
    this.list.push({
      kind: "header",
      size: draft.layout.headerSize + draft.typeBytes.length,
      from: draft.source?.chunk.offset,
      filler,
      draft,
      ...contained
    })
    // Filler in a list is expected in AVI only: elsewhere lists are read as records, whose parts have their places.
    const inside = draft === form || form.type === Known.types.AVI || form.type === Known.types.AVIX
      ? fillerOf(form)
      : undefined
    const children = childrenOf(draft)
    return { draft, children, inside, near: isNearTouched(children), next: 0 }
  }

  /** A container that something was changed in, with all that is in it. */
  private container(draft: Draft, form: Draft, filler: Filler | undefined): void {
    const levels = [this.enter(draft, form, filler)]
    for (let level = levels.at(-1); level !== undefined; level = levels.at(-1)) {
      const { inside } = level
      const i = level.next++
      const child = level.children[i]
      if (child === undefined) {
        const { source } = level.draft
        if (source !== undefined) {
          const { from, to } = restOf(source)
          this.keep(from, to, inside)
        }
        const filler = hasOpenEnd(level.draft) ? undefined : inside
        this.list.push({
          kind: "end",
          size: 0,
          from: undefined,
          filler,
          draft: level.draft,
          ...rest
        })
        levels.pop()
        continue
      }
      // What an RF64 begins with stays there.
      const before = isDs64(child) ? undefined : inside
      if (
        inside !== undefined && level.near(i) && isFiller(form, child) && child.source !== undefined &&
        !isOpenEnd(child)
      ) {
        this.room.push({ from: child.source.chunk.offset, to: endOf(child.source) })
      } else if (child.type !== undefined && child.touched) {
        levels.push(this.enter(child, form, before))
      } else this.chunk(child, before, level.draft === form)
    }
  }

  /** A chunk that is kept as it is, or a new one with data. */
  private chunk(draft: Draft, filler: Filler | undefined, isInForm: boolean): void {
    const { data = noBytes, layout, source } = draft
    const of = taken(draft, isInForm)
    if (source !== undefined) {
      const { available, chunk } = source
      this.keep(chunk.offset, endOf(source), filler, of)
      // At the end of a file it may have been left out.
      const missing = Layout.paddingOf(layout, available) - source.padding
      if (missing > 0 && !isOpenEnd(draft)) this.put(new Uint8Array(missing), undefined)
    } else {
      const padding = Layout.paddingOf(layout, data.length)
      const bytes = new Uint8Array(layout.headerSize + data.length + padding)
      bytes.set(headerBytes(draft, data.length))
      bytes.set(data, layout.headerSize)
      this.put(bytes, filler, of)
    }
  }

  form(form: Draft, source: Api.TreeNode): void {
    if (form.touched) {
      this.container(form, form, undefined)
      // What ends it may be of odd size, and padded outside of the form.
      if (hasOpenEnd(form)) this.keep(endOf(source) - source.padding, endOf(source), undefined)
    } else this.keep(source.chunk.offset, endOf(source), undefined, contained)
  }
}

/** Whether a place among siblings is near one that was changed, or where one was taken away. */
const isNearTouched = (children: ReadonlyArray<Draft>): (index: number) => boolean => {
  const near = new Uint8Array(children.length)
  let expected: number | undefined
  children.forEach((child, i) => {
    const { source } = child
    // The first one, too: something may have been before it.
    const isJoint = child.touched || source?.chunk.offset !== expected
    expected = source === undefined ? undefined : endOf(source)
    if (isJoint) near.fill(1, Math.max(0, i - nearby), i + nearby)
  })
  // Something may have been after the last one.
  near.fill(1, Math.max(0, children.length - nearby))
  return (index) => near[index] === 1
}

export const partsOf = (forms: ReadonlyArray<Draft>, length: number): Parts => {
  const parts = new Parts()
  let end = 0
  for (const form of forms) {
    const { source } = form
    if (source === undefined) continue
    // What is before the first form stays there.
    parts.keep(end, source.chunk.offset, undefined)
    parts.form(form, source)
    end = endOf(source)
  }
  parts.keep(end, length, undefined)
  return parts
}
