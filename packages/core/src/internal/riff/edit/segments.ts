/**
 * The writes of a plan as segments: sorted, apart from each other, and cut to the size of a record.
 */
import { blockSize, type Geometry, tailAt } from "./geometry.js"
import type { Write } from "./plan.js"

/** Bytes to write at an offset: given ones, those that the old file has from an offset on, or zeros. */
export interface Segment {
  readonly offset: number
  readonly length: number
  readonly source:
    | { readonly _tag: "Bytes"; readonly bytes: Uint8Array }
    | { readonly _tag: "Copy"; readonly from: number }
    | { readonly _tag: "Zeros" }
}

/** The part of a write from `from` to `to`, which are offsets in the file. */
const part = (write: Write, from: number, to: number): Segment => {
  const skipped = from - write.offset
  const length = to - from
  switch (write._tag) {
    case "Bytes":
      return {
        offset: from,
        length,
        source: { _tag: "Bytes", bytes: write.bytes.subarray(skipped, skipped + length) }
      }
    case "Copy":
      return { offset: from, length, source: { _tag: "Copy", from: write.from + skipped } }
    case "Zeros":
      return { offset: from, length, source: { _tag: "Zeros" } }
  }
}

/** The writes that are under way at an offset, of which the one that comes last in the plan counts: a binary heap. */
class Active {
  private readonly heap: Array<{ readonly index: number; readonly write: Write }> = []

  get top(): { readonly index: number; readonly write: Write } | undefined {
    return this.heap[0]
  }

  push(index: number, write: Write): void {
    const { heap } = this
    heap.push({ index, write })
    for (let i = heap.length - 1; i > 0;) {
      const parent = (i - 1) >> 1
      if (heap[parent]!.index >= heap[i]!.index) break
      this.swap(i, parent)
      i = parent
    }
  }

  pop(): void {
    const { heap } = this
    const last = heap.pop()
    if (last === undefined || heap.length === 0) return
    heap[0] = last
    for (let i = 0;;) {
      let largest = i
      for (const child of [2 * i + 1, 2 * i + 2]) {
        if (child < heap.length && heap[child]!.index > heap[largest]!.index) largest = child
      }
      if (largest === i) break
      this.swap(i, largest)
      i = largest
    }
  }

  private swap(i: number, j: number): void {
    const { heap } = this
    const other = heap[i]!
    heap[i] = heap[j]!
    heap[j] = other
  }
}

/** Segments that together do what the writes do one after the other. */
export const segments = (writes: ReadonlyArray<Write>): ReadonlyArray<Segment> => {
  const sorted = writes.map((write, index) => ({ write, index })).toSorted((a, b) => a.write.offset - b.write.offset)
  const active = new Active()
  const result: Array<Segment> = []
  let at = 0
  let next = 0
  while (next < sorted.length || active.top !== undefined) {
    if (active.top === undefined) at = Math.max(at, sorted[next]!.write.offset)
    while (next < sorted.length && sorted[next]!.write.offset <= at) {
      const { index, write } = sorted[next++]!
      active.push(index, write)
    }
    const { top } = active
    if (top === undefined) continue
    const end = top.write.offset + top.write.length
    if (end <= at) {
      active.pop()
      continue
    }
    const to = next < sorted.length ? Math.min(end, sorted[next]!.write.offset) : end
    result.push(part(top.write, at, to))
    at = to
  }
  return result
}

const sub = ({ length, offset, source }: Segment, from: number, to: number): Segment =>
  from === offset && to === offset + length ? { offset, length, source } : {
    offset: from,
    length: to - from,
    source: source._tag === "Bytes"
      ? { _tag: "Bytes", bytes: source.bytes.subarray(from - offset, to - offset) }
      : source._tag === "Copy"
      ? { _tag: "Copy", from: source.from + from - offset }
      : source
  }

/**
 * Segments that adjoin, and are written together: at most `blockSize` bytes, which end where `blockSize` divides their
 * offset in the file.
 */
export interface Piece {
  readonly offset: number
  readonly length: number
  readonly parts: ReadonlyArray<Segment>
}

/** So many zeros are a piece of their own, whose bytes no record has to hold. */
const manyZeros = 4096

/** Whether a piece is nothing but zeros. */
export const isZeros = ({ parts }: Piece): boolean => parts.length === 1 && parts[0]?.source._tag === "Zeros"

const cut = function*(segment: Segment): Generator<Segment> {
  const end = segment.offset + segment.length
  for (let from = segment.offset; from < end;) {
    const to = Math.min(end, (Math.floor(from / blockSize) + 1) * blockSize)
    yield sub(segment, from, to)
    from = to
  }
}

const isSeparate = ({ length, source }: Segment): boolean => source._tag === "Zeros" && length >= manyZeros

/** Segments as pieces. They are sorted, and none overlaps another one. */
export const pieces = function*(list: Iterable<Segment>): Generator<Piece> {
  let parts: Array<Segment> = []
  let [offset, end] = [0, 0]
  for (const segment of list) {
    for (const part of cut(segment)) {
      if (
        parts.length > 0
        && (part.offset !== end || part.offset % blockSize === 0 || isSeparate(part) || isSeparate(parts[0]!))
      ) {
        yield { offset, length: end - offset, parts }
        parts = []
      }
      if (parts.length === 0) ({ offset } = part)
      parts.push(part)
      end = part.offset + part.length
    }
  }
  if (parts.length > 0) yield { offset, length: end - offset, parts }
}

/** The parts of a sorted list of segments between two offsets. */
const between = function*(list: ReadonlyArray<Segment>, from: number, to: number): Generator<Segment> {
  for (const segment of list) {
    const start = Math.max(from, segment.offset)
    const end = Math.min(to, segment.offset + segment.length)
    if (start < end) yield sub(segment, start, end)
  }
}

type Lengths = Pick<Geometry, "oldLength" | "newLength">

/** The pieces that records hold: all before the tail. */
export const recorded = (list: ReadonlyArray<Segment>, lengths: Lengths): Generator<Piece> =>
  pieces(between(list, 0, tailAt(lengths)))

/** What the plan leaves out between two offsets is zeros. */
const filled = function*(list: ReadonlyArray<Segment>, from: number, to: number): Generator<Segment> {
  let at = from
  for (const segment of between(list, from, to)) {
    if (segment.offset > at) yield { offset: at, length: segment.offset - at, source: { _tag: "Zeros" } }
    yield segment
    at = segment.offset + segment.length
  }
  if (at < to) yield { offset: at, length: to - at, source: { _tag: "Zeros" } }
}

/** The pieces of the tail. */
export const tail = (list: ReadonlyArray<Segment>, lengths: Lengths): Generator<Piece> =>
  pieces(filled(list, tailAt(lengths), lengths.newLength))
