/**
 * What has to be written so that a file becomes the edited one.
 */
import * as Either from "effect/Either"
import * as FourCC from "../../../FourCC.js"
import * as MmioError from "../../../MmioError.js"
import type * as Api from "../../../Riff.js"
import * as Ds64 from "../ds64.js"
import * as Known from "../known.js"
import * as Layout from "../layout.js"
import * as Copies from "./copies.js"
import { childrenOf, type Draft, isOpenEnd, isWave, lastIndex } from "./draft.js"
import type { Edited } from "./editing.js"
import { hasOpenEnd, restOf } from "./obstacles.js"
import * as Placement from "./placement.js"

/** Something to write: new bytes, bytes that are in the file now, or zeros. @internal */
export type Write =
  | { readonly _tag: "Bytes"; readonly offset: number; readonly length: number; readonly bytes: Uint8Array }
  | { readonly _tag: "Copy"; readonly offset: number; readonly length: number; readonly from: number }
  | { readonly _tag: "Zeros"; readonly offset: number; readonly length: number }

/** @internal */
export interface Plan {
  readonly writes: ReadonlyArray<Write>
  /** How long the file will be. */
  readonly length: number
  /** How many bytes of chunks that stay in it are written elsewhere. */
  readonly moved: number
}

/** How many bytes of the file a plan writes. @internal */
export const written = ({ writes }: Plan): number => writes.reduce((sum, { length }) => sum + length, 0)

/**
 * Bytes that lie together: chunks that nothing is done to, a new chunk, the header of a container, or where one ends.
 */
interface Part extends Placement.Part {
  readonly draft: Draft | undefined
  readonly kind: "kept" | "new" | "header" | "end"
  readonly bytes: Uint8Array | undefined
  /** The kind of the filler that precedes it. */
  readonly filler: Filler | undefined
}

interface Filler {
  readonly layout: Layout.Layout
  readonly idBytes: Uint8Array
}

interface Range {
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
const headerBytes = ({ idBytes, layout, typeBytes }: Pick<Draft, "idBytes" | "layout" | "typeBytes">, size: number) => {
  const bytes = new Uint8Array(layout.headerSize + typeBytes.length)
  bytes.set(idBytes)
  bytes.set(Layout.sizeBytes(layout, size), idBytes.length)
  bytes.set(typeBytes, layout.headerSize)
  return bytes
}

const endOf = ({ available, chunk, padding }: Api.TreeNode): number => chunk.dataOffset + available + padding

// ---------------------------------------------------------------------------------------------------------------------
// taking apart
// ---------------------------------------------------------------------------------------------------------------------

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
class Parts {
  readonly list: Array<Part> = []
  /** The fillers that are made use of. */
  readonly room: Array<Range> = []

  /** What is as it was, together with what it follows. */
  keep(from: number, to: number, filler: Filler | undefined): void {
    const last = this.list.at(-1)
    if (last?.kind === "kept" && last.from !== undefined && last.from + last.size === from) {
      this.list[this.list.length - 1] = { ...last, size: to - last.from }
    } else {
      this.add({ kind: "kept", size: to - from, from, filler })
    }
  }

  add(part: Pick<Part, "kind" | "size" | "filler"> & Partial<Part>): void {
    this.list.push({
      from: undefined,
      draft: undefined,
      bytes: undefined,
      ...part,
      fillable: part.filler !== undefined
    })
  }

  /** Begins a container that something was changed in. */
  private enter(draft: Draft, form: Draft, filler: Filler | undefined): Level {
    this.add({
      kind: "header",
      size: draft.layout.headerSize + draft.typeBytes.length,
      from: draft.source?.chunk.offset,
      filler,
      draft
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
        const rest = source === undefined ? undefined : restOf(source)
        if (rest !== undefined && rest.from < rest.to) this.keep(rest.from, rest.to, inside)
        this.add({ kind: "end", size: 0, filler: hasOpenEnd(level.draft) ? undefined : inside, draft: level.draft })
        levels.pop()
        continue
      }
      // What an RF64 begins with stays there.
      const before = i === 0 && child.id === Layout.ids.ds64 ? undefined : inside
      if (
        inside !== undefined && level.near(i) && isFiller(form, child) && child.source !== undefined &&
        !isOpenEnd(child)
      ) {
        this.room.push({ from: child.source.chunk.offset, to: endOf(child.source) })
      } else if (child.type !== undefined && (child.touched || child.source === undefined)) {
        levels.push(this.enter(child, form, before))
      } else this.chunk(child, before)
    }
  }

  /** A chunk that is kept as it is, or a new one with data. */
  private chunk(draft: Draft, filler: Filler | undefined): void {
    const { data, layout, source } = draft
    if (source !== undefined) {
      const { available, chunk } = source
      this.keep(chunk.offset, endOf(source), filler)
      // At the end of a file it may have been left out.
      const missing = Layout.paddingOf(layout, available) - source.padding
      if (missing > 0 && !isOpenEnd(draft)) {
        this.add({ kind: "new", size: missing, filler: undefined, bytes: new Uint8Array(missing) })
      }
    } else if (data !== undefined) {
      const padding = Layout.paddingOf(layout, data.length)
      const bytes = new Uint8Array(layout.headerSize + data.length + padding)
      bytes.set(headerBytes(draft, data.length))
      bytes.set(data, layout.headerSize)
      this.add({ kind: "new", size: bytes.length, filler, bytes })
    }
  }

  form(form: Draft): void {
    if (form.touched) {
      this.container(form, form, undefined)
      // What ends it may be of odd size, and padded outside of the form.
      if (form.source !== undefined && hasOpenEnd(form)) {
        const end = form.source.chunk.dataOffset + form.source.available
        if (form.source.padding > 0) this.keep(end, end + form.source.padding, undefined)
      }
    } else if (form.source !== undefined) this.keep(form.source.chunk.offset, endOf(form.source), undefined)
  }
}

/** Whether a place among siblings is near one that was changed, or where one was taken away. */
const isNearTouched = (children: ReadonlyArray<Draft>): (index: number) => boolean => {
  const near = new Uint8Array(children.length)
  let expected: number | undefined
  children.forEach((child, i) => {
    const { source } = child
    const isJoint = source === undefined || child.touched ||
      (expected !== undefined && source.chunk.offset !== expected)
    expected = source === undefined ? undefined : endOf(source)
    if (isJoint) near.fill(1, Math.max(0, i - nearby), i + nearby)
  })
  // Something may have been there at either end.
  near.fill(1, 0, nearby)
  near.fill(1, Math.max(0, children.length - nearby))
  return (index) => near[index] === 1
}

const partsOf = (forms: ReadonlyArray<Draft>, length: number): Parts => {
  const parts = new Parts()
  // What is before the first form stays there.
  let end = forms[0]?.source?.chunk.offset ?? 0
  if (end > 0) parts.keep(0, end, undefined)
  for (const form of forms) {
    parts.form(form)
    if (form.source !== undefined) end = endOf(form.source)
  }
  if (end < length) parts.keep(end, length, undefined)
  return parts
}

// ---------------------------------------------------------------------------------------------------------------------
// writing
// ---------------------------------------------------------------------------------------------------------------------

/** What lies in a range and in none of others. */
const without = (range: Range, others: ReadonlyArray<Range>): ReadonlyArray<Range> => {
  const rest: Array<Range> = []
  let { from } = range
  for (const other of others.toSorted((a, b) => a.from - b.from)) {
    if (other.to <= from || other.from >= range.to) continue
    if (other.from > from) rest.push({ from, to: other.from })
    from = other.to
  }
  if (from < range.to) rest.push({ from, to: range.to })
  return rest
}

/** How long a filler is at most, whose size has 32 bits. */
const mostFiller = 0x8000_0000

/** Makes the writes of a placement. */
class Writes {
  readonly list: Array<Write> = []
  private readonly room: ReadonlyArray<Range>

  constructor(room: ReadonlyArray<Range>) {
    this.room = room
  }

  bytes(offset: number, bytes: Uint8Array): void {
    this.list.push({ _tag: "Bytes", offset, length: bytes.length, bytes })
  }

  private zeros({ from, to }: Range): void {
    this.list.push({ _tag: "Zeros", offset: from, length: to - from })
  }

  /**
   * Fills a gap. What was filler before need not become zeros: the rest was something that is not to be found any more.
   */
  fill({ idBytes, layout }: Filler, from: number, to: number): void {
    const gap = { from, to }
    // Nothing but filler is there already: it stays as it is.
    const isThere = this.room.some((range) => range.from === from) && this.room.some((range) => range.to === to)
    if (isThere && without(gap, this.room).length === 0) return
    const { headerSize } = layout
    let at = from
    for (const size of Placement.fillersOf(to - from, headerSize, mostFiller)) {
      this.bytes(at, headerBytes({ idBytes, layout, typeBytes: new Uint8Array(0) }, size - headerSize))
      for (const range of without({ from: at + headerSize, to: at + size }, this.room)) this.zeros(range)
      at += size
    }
  }

  /**
   * Gives a container its header, in a form that is `by` bytes further back now; says why that cannot be done, where it
   * cannot.
   */
  header(draft: Draft, at: number, size: number, by: number): string | undefined {
    const { layout, source } = draft
    const chunk = source?.chunk
    const place = chunk === undefined ? undefined : Ds64.placeOf(chunk)
    const isMoved = chunk?.offset !== at
    if (place !== undefined) {
      if (chunk?.size !== size) this.bytes(place + by, Layout.uint64Bytes(size))
      if (isMoved) this.bytes(at, headerBytes(draft, Layout.unknownSize))
      return undefined
    }
    if (layout !== Layout.wave64 && size >= Layout.unknownSize) {
      return `${
        FourCC.format(Layout.code(draft.id))
      } at ${at} would have ${size} bytes, which do not fit a size of 32 bits`
    }
    if (isMoved) this.bytes(at, headerBytes(draft, size))
    else if (chunk.size !== size) this.bytes(at + draft.idBytes.length, Layout.sizeBytes(layout, size))
    return undefined
  }
}

// ---------------------------------------------------------------------------------------------------------------------
// planning
// ---------------------------------------------------------------------------------------------------------------------

interface Placed extends Placement.Placement {
  readonly parts: Parts
}

const placed = (forms: ReadonlyArray<Draft>, length: number): Placed => {
  const parts = partsOf(forms, length)
  const isWave64 = forms.some(({ layout }) => layout === Layout.wave64)
  const rules = isWave64
    ? { filler: Layout.wave64.headerSize, alignment: Layout.wave64.alignment }
    : { filler: Layout.little.headerSize, alignment: Layout.little.alignment }
  return { parts, ...Placement.place(parts.list, length, rules) }
}

/** Whether a reader finds a chunk wherever it is in its form. */
const isFree = (form: Draft, { id, placed, touched }: Draft): boolean =>
  isWave(form) && touched && !placed && id !== Layout.ids.data && id !== Known.ids.fmt

/**
 * The orders of the chunks of a form in which a changed one goes back. Of several chunks that one path can name, the
 * order decides which is read: such a chunk stays before the others, directly before the next of them, or with all of
 * them at the end.
 */
const ordersOf = (
  children: ReadonlyArray<Draft>,
  child: Draft,
  untyped: ReadonlySet<number>
): ReadonlyArray<ReadonlyArray<Draft>> => {
  const { id, type } = child
  const kin = children.slice(children.indexOf(child) + 1).filter((other) =>
    other.id === id && (other.type === type || untyped.has(id))
  )
  const moved = [child, ...kin]
  const others = children.filter((other) => other !== child)
  const [next] = kin
  const before = next === undefined ? [] : [others.toSpliced(others.indexOf(next), 0, child)]
  if (moved.some((other) => isOpenEnd(other) || (other !== child && other.placed))) return before
  const rest = children.filter((other) => !moved.includes(other))
  return [...before, rest.toSpliced(lastIndex(rest), 0, ...moved)]
}

/**
 * The best placement. Chunks of a `WAVE` that were changed go to its end where that moves less, unless the order is to
 * be kept: one that is in front, and has no room, does not move the samples.
 */
const best = ({ forms, untyped }: Edited, length: number, keepOrder: boolean): Placed => {
  let chosen = placed(forms, length)
  if (keepOrder) return chosen
  for (const form of forms) {
    const children = childrenOf(form)
    const arrange = (order: ReadonlyArray<Draft>) => children.splice(0, children.length, ...order)
    for (const child of children.filter((child) => isFree(form, child))) {
      if (chosen.moved === 0) return chosen
      let order: ReadonlyArray<Draft> = [...children]
      for (const other of ordersOf(order, child, untyped)) {
        arrange(other)
        const placement = placed(forms, length)
        if (placement.cost < chosen.cost) {
          chosen = placement
          order = other
        }
      }
      arrange(order)
    }
  }
  return chosen
}

/** @internal */
export const make = (
  file: string,
  edited: Edited,
  length: number,
  options: {
    readonly keepOrder: boolean
    /** How many samples forms have, where the edit changed that. */
    readonly samples: ReadonlyMap<Draft, number>
  }
): Either.Either<Plan, MmioError.InvalidParameter> => {
  const { forms } = edited
  const { moved, offsets, parts } = best(edited, length, options.keepOrder)
  const writes = new Writes(parts.room)
  const starts = new Map<Draft, number>()
  const sizes = new Map<Draft, number>()
  /** How far the form was moved. Its `ds64` goes with it. */
  let by = 0
  let end = 0
  let failure: string | undefined
  parts.list.forEach(({ bytes, draft, filler, from, kind, size }, i) => {
    const at = offsets[i]!
    if (filler !== undefined && at > end) writes.fill(filler, end, at)
    if (kind === "kept" && from !== undefined && from !== at) {
      writes.list.push({ _tag: "Copy", offset: at, length: size, from })
    } else if (bytes !== undefined) {
      writes.bytes(at, bytes)
    } else if (kind === "header" && draft !== undefined) {
      starts.set(draft, at)
      if (forms.includes(draft)) by = at - (draft.source?.chunk.offset ?? at)
    } else if (kind === "end" && draft !== undefined) {
      const start = starts.get(draft) ?? at
      const size = at - start - draft.layout.headerSize
      sizes.set(draft, size)
      failure ??= writes.header(draft, start, size, by)
      if (forms.includes(draft)) {
        for (const { offset, value } of Copies.corrections(draft, sizes, options.samples.get(draft))) {
          writes.bytes(offset + by, Layout.uint64Bytes(value))
        }
      }
    }
    end = at + size
  })
  return failure === undefined
    ? Either.right({ writes: writes.list.filter((write) => write.length > 0), length: Math.max(end, length), moved })
    : Either.left(new MmioError.InvalidParameter({ operation: "Riff.edit", file, description: failure }))
}
