/**
 * How a large object is put together of parts: unchanged spans are copied within the store, and all others are
 * uploaded.
 */
import type { Piece, Span } from "./intervals.js"

/** What a store demands of parts. */
export interface PartRules {
  /** The smallest part, but for the last one. */
  readonly smallest: number
  /** The size of a part that is uploaded: at least twice the smallest. */
  readonly size: number
  /** The largest part that is copied. */
  readonly largestCopy: number
  /** How many parts there may be. */
  readonly most: number
  /** Whether all parts but the last have one size, as R2 demands. */
  readonly areEqual: boolean
}

export interface Part extends Span {
  readonly isCopy: boolean
}

/** Parts of one size: one is copied where all of it is unchanged. */
const equalParts = (pieces: ReadonlyArray<Piece>, total: number, size: number): ReadonlyArray<Part> => {
  const parts: Array<Part> = []
  let i = 0
  for (let start = 0; start < total; start += size) {
    const end = Math.min(total, start + size)
    while ((pieces[i]?.end ?? total) <= start && i < pieces.length) i++
    const piece = pieces[i]
    parts.push({ start, end, isCopy: piece !== undefined && piece.isIn && piece.start <= start && piece.end >= end })
  }
  return parts
}

/** Joins neighbours of one kind. */
const joined = (parts: ReadonlyArray<Part>): Array<Part> => {
  const result: Array<Part> = []
  for (const part of parts) {
    const last = result.at(-1)
    if (last?.isCopy === part.isCopy) result.splice(-1, 1, { ...last, end: part.end })
    else result.push(part)
  }
  return result
}

/** A span in parts of nearly the same size, none of which is larger than `size`. */
const split = ({ end, isCopy, start }: Part, size: number): ReadonlyArray<Part> => {
  const count = Math.ceil((end - start) / size)
  const at = (i: number) => start + Math.floor((end - start) * i / count)
  return Array.from({ length: count }, (_, i) => ({ start: at(i), end: at(i + 1), isCopy }))
}

/**
 * The parts of an object of `total` bytes, of which the pieces say which are unchanged (`isIn`). Unchanged bytes are
 * uploaded only where the parts would be too small otherwise.
 */
export const planParts = (pieces: ReadonlyArray<Piece>, total: number, rules: PartRules): ReadonlyArray<Part> => {
  // So large that there are never more parts than a store takes.
  const smallest = Math.max(rules.smallest, Math.ceil(2 * total / rules.most))
  const size = Math.max(rules.size, 2 * smallest)
  if (rules.areEqual) return equalParts(pieces, total, size)
  // A copy that is too small, and is not the last part, is uploaded with its neighbours.
  const spans = joined(pieces.map(({ end, isIn, start }) => ({
    start,
    end,
    isCopy: isIn && (end - start >= smallest || end === total)
  })))
  // An upload that is too small takes bytes of the copy after it.
  const parts: Array<Part> = []
  for (let i = 0; i < spans.length; i++) {
    const span = spans[i]
    if (span === undefined) continue
    const previous = parts.at(-1)
    // What the upload before has taken is no longer copied.
    const start = previous?.end ?? 0
    if (start >= span.end) continue
    const rest = { ...span, start }
    const isLast = span.end === total
    if (span.isCopy) {
      if (rest.end - start >= smallest || isLast) parts.push(rest)
      else extend(parts, rest)
    } else if (previous !== undefined && !previous.isCopy) extend(parts, rest)
    else if (rest.end - start >= smallest || isLast) parts.push(rest)
    else parts.push({ ...rest, end: Math.min(total, start + smallest) })
  }
  return joined(parts).flatMap((part) => split(part, part.isCopy ? rules.largestCopy : size))
}

/** Makes the last part, an upload, longer. */
const extend = (parts: Array<Part>, by: Part): void => {
  const last = parts.at(-1)
  if (last === undefined || last.isCopy) parts.push({ ...by, isCopy: false })
  else parts.splice(-1, 1, { ...last, end: by.end })
}
