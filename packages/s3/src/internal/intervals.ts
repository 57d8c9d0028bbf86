/**
 * Sets of positions, as spans that neither touch nor overlap, in order.
 */

/** The positions from `start` up to `end`. */
export interface Span {
  readonly start: number
  readonly end: number
}

/** A part of a span that is in a set as a whole, or not at all. */
export interface Piece extends Span {
  readonly isIn: boolean
}

export class Intervals {
  private spans: Array<Span> = []

  /** The index of the first span that ends at or past a position. */
  private indexAt(position: number): number {
    let [low, high] = [0, this.spans.length]
    while (low < high) {
      const middle = (low + high) >>> 1
      if ((this.spans[middle]?.end ?? 0) < position) low = middle + 1
      else high = middle
    }
    return low
  }

  add(start: number, end: number): void {
    if (end <= start) return
    const first = this.indexAt(start)
    let [after, from, to] = [first, start, end]
    for (let span = this.spans[after]; span !== undefined && span.start <= end; span = this.spans[++after]) {
      from = Math.min(from, span.start)
      to = Math.max(to, span.end)
    }
    this.spans.splice(first, after - first, { start: from, end: to })
  }

  /** Takes out all positions from `size` on. */
  cut(size: number): void {
    this.spans = this.spans.flatMap(({ end, start }) => start < size ? [{ start, end: Math.min(end, size) }] : [])
  }

  clear(): void {
    this.spans = []
  }

  all(): ReadonlyArray<Span> {
    return this.spans.slice()
  }

  /** A span, in pieces that are in this set or not. */
  pieces(start: number, end: number): ReadonlyArray<Piece> {
    const pieces: Array<Piece> = []
    let at = start
    for (let i = this.indexAt(start); at < end; i++) {
      const span = this.spans[i]
      const next = Math.max(at, Math.min(end, span?.start ?? end))
      if (next > at) pieces.push({ start: at, end: next, isIn: false })
      const last = Math.max(next, Math.min(end, span?.end ?? end))
      if (last > next) pieces.push({ start: next, end: last, isIn: true })
      at = last
    }
    return pieces
  }
}
