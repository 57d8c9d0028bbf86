/**
 * What has to be written so that a file becomes the edited one.
 */
import * as Either from "effect/Either"
import * as FourCC from "../../../FourCC.js"
import * as MmioError from "../../../MmioError.js"
import * as Ds64 from "../ds64.js"
import * as Known from "../known.js"
import * as Layout from "../layout.js"
import * as Copies from "./copies.js"
import { childrenOf, type Draft, isOpenEnd, isWave, lastIndex } from "./draft.js"
import type { Edited } from "./editing.js"
import { type Filler, headerBytes, type Parts, partsOf, type Range } from "./parts.js"
import * as Placement from "./placement.js"

/** Something to write: new bytes, bytes that are in the file now, or zeros. */
export type Write =
  | { readonly _tag: "Bytes"; readonly offset: number; readonly length: number; readonly bytes: Uint8Array }
  | { readonly _tag: "Copy"; readonly offset: number; readonly length: number; readonly from: number }
  | { readonly _tag: "Zeros"; readonly offset: number; readonly length: number }

export interface Plan {
  readonly writes: ReadonlyArray<Write>
  /** How long the file will be. */
  readonly length: number
  /** How many bytes of chunks that stay in it are written elsewhere. */
  readonly moved: number
}

/** How many bytes of the file a plan writes. */
export const written = ({ writes }: Plan): number => writes.reduce((sum, { length }) => sum + length, 0)

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
   * Fills a gap, if there is one. What was filler before need not become zeros: the rest was something that is not to
   * be found any more.
   */
  fill({ idBytes, layout }: Filler, from: number, to: number): void {
    const gap = { from, to }
    // Nothing but filler is there already, and none of it lacks padding: it stays as it is.
    const there = this.room.filter((range) => range.from >= from && range.to <= to)
    const isThere = there.some((range) => range.from === from) && there.some((range) => range.to === to)
      && there.every((range) => (range.to - range.from) % layout.alignment === 0)
    if (isThere && without(gap, there).length === 0) return
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
    const isMoved = chunk?.offset !== at
    if (chunk !== undefined) {
      const place = Ds64.placeOf(chunk)
      if (place !== undefined) {
        if (chunk.size !== size) this.bytes(place + by, Layout.uint64Bytes(size))
        if (isMoved) this.bytes(at, headerBytes(draft, Layout.unknownSize))
        return undefined
      }
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
  /** Where samples of no size end that bytes follow which readers would take for samples. */
  readonly unsized: number | undefined
}

/** Where samples of no size would end that bytes follow which readers would take for samples. */
const unsizedEnd = ({ list }: Parts, offsets: ReadonlyArray<number>): number | undefined => {
  let end: number | undefined
  for (const [i, { isChunk, size, unsized }] of list.entries()) {
    const at = offsets[i]!
    // What ends a container has no bytes, but filler may be before it.
    if (end !== undefined && at !== end) end = undefined
    if (size === 0) continue
    if (end !== undefined && !isChunk) return end
    end = unsized ? at + size : undefined
  }
  return undefined
}

const placed = (forms: ReadonlyArray<Draft>, length: number): Placed => {
  const parts = partsOf(forms, length)
  const isWave64 = forms.some(({ layout }) => layout === Layout.wave64)
  const rules = isWave64
    ? { filler: Layout.wave64.headerSize, alignment: Layout.wave64.alignment }
    : { filler: Layout.little.headerSize, alignment: Layout.little.alignment }
  const list = parts.list.map(({ filler, from, size }) => ({ from, size, fillable: filler !== undefined }))
  const placement = Placement.place(list, length, rules)
  const unsized = unsizedEnd(parts, placement.offsets)
  return { parts, ...placement, unsized, cost: unsized === undefined ? placement.cost : Infinity }
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
  const before = kin.slice(0, 1).map((next) => others.toSpliced(others.indexOf(next), 0, child))
  if (moved.some((other) => isOpenEnd(other) || other.placed)) return before
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
    /** Arranges the chunks in one of these orders, if that is better. */
    const choose = (orders: ReadonlyArray<ReadonlyArray<Draft>>) => {
      let order: ReadonlyArray<Draft> = [...children]
      for (const other of orders) {
        arrange(other)
        const placement = placed(forms, length)
        if (placement.cost < chosen.cost) {
          chosen = placement
          order = other
        }
      }
      arrange(order)
    }
    const free = children.filter((child) => isFree(form, child))
    const singly = free.map((child) => () => ordersOf(children, child, untyped))
    // Where one stays, there may still be no room for another: all of them together.
    const together = () => [
      free.reduce<ReadonlyArray<Draft>>((order, child) => ordersOf(order, child, untyped).at(-1) ?? order, children)
    ]
    for (const orders of [...singly, together]) {
      if (chosen.moved === 0) return chosen
      choose(orders())
    }
  }
  return chosen
}

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
  const { moved, offsets, parts, unsized } = best(edited, length, options.keepOrder)
  const writes = new Writes(parts.room)
  const starts = new Map<Draft, number>()
  const sizes = new Map<Draft, number>()
  /** How far the form was moved. Its `ds64` goes with it. */
  let by = 0
  let end = 0
  let failure = unsized === undefined
    ? undefined
    : `the size of the samples that end at ${unsized} would be 0, and bytes follow that readers would take for samples`
  parts.list.forEach((part, i) => {
    const { filler, from, size } = part
    const at = offsets[i]!
    if (filler !== undefined) writes.fill(filler, end, at)
    end = at + size
    switch (part.kind) {
      case "kept":
        if (part.from !== at) writes.list.push({ _tag: "Copy", offset: at, length: size, from: part.from })
        break
      case "new":
        writes.bytes(at, part.bytes)
        break
      case "header":
        starts.set(part.draft, at)
        if (forms.includes(part.draft)) by = at - (from ?? at)
        break
      case "end": {
        const { draft } = part
        const start = starts.get(draft) ?? at
        const size = at - start - draft.layout.headerSize
        sizes.set(draft, size)
        failure ??= writes.header(draft, start, size, by)
        for (const { offset, value } of Copies.corrections(draft, sizes, options.samples.get(draft))) {
          writes.bytes(offset + by, Layout.uint64Bytes(value))
        }
      }
    }
  })
  return failure === undefined
    ? Either.right({ writes: writes.list, length: Math.max(end, length), moved })
    : Either.left(new MmioError.InvalidParameter({ operation: "Riff.edit", file, description: failure }))
}
