/**
 * Where the parts of an edited file will lie: as many of them as can stay where they are, and filler between them.
 */

/** A part of the file that is to be, which nothing may be put into. */
export interface Part {
  /** How long it is, in bytes. */
  readonly size: number
  /** Where it lies now; undefined for what is new. */
  readonly from: number | undefined
  /** Whether filler may stand before it. */
  readonly fillable: boolean
}

/** What the headers of the file ask for. */
export interface Rules {
  /** How long a filler is at least: a header. */
  readonly filler: number
  /** Of how many bytes the room of a chunk is a multiple. */
  readonly alignment: number
}

/** How parts will lie. */
export interface Placement {
  /** Where each part begins. */
  readonly offsets: ReadonlyArray<number>
  /** How many bytes of parts that lie in the file now will lie elsewhere. */
  readonly moved: number
  /** What that counts, together with the fillers that are left behind, and what the file grows by. */
  readonly cost: number
}

/** What a filler counts, in bytes that are moved: rather than leave one behind, a little is moved. A byte that the file grows by counts one. */
const fillerCost = 24

/**
 * Finds the placement, in the order of the parts, from 0 on, that moves the fewest bytes. Gaps are only where they may be, and long enough
 * for a filler; what is behind the last part ends at `end` or beyond it.
 *
 * Any two parts that stay, with all between them packed, are a step of a path through the parts that stay; the heaviest path is
 * found by looking back from each part to all before it.
 */
export const place = (parts: ReadonlyArray<Part>, end: number, rules: Rules): Placement => {
  const { filler } = rules
  const count = parts.length
  // How long the parts before each one are together, and where before it, or right there, filler may stand for the last time.
  const before = new Float64Array(count + 1)
  const gapAt = new Int32Array(count + 1).fill(-1)
  parts.forEach(({ fillable, size }, i) => {
    before[i + 1] = before[i]! + size
    gapAt[i] = fillable ? i : i > 0 ? gapAt[i - 1]! : -1
  })
  gapAt[count] = count > 0 ? gapAt[count - 1]! : -1

  /** Whether two parts can both stay, or one and the end of the file; what lies between is packed, but for one filler. */
  const step = (i: number, j: number): number | undefined => {
    const from = i < 0 ? 0 : parts[i]!.from! + parts[i]!.size
    const packed = before[j]! - before[i + 1]!
    const to = j < count ? parts[j]!.from! : end
    const room = to - from - packed
    if (room === 0) return 0
    const canFill = gapAt[Math.min(j, count - 1)]! > i
    if (j === count) return room < 0 ? -room : canFill ? fillerCost : undefined
    return room >= filler && canFill ? (j === i + 1 ? 0 : fillerCost) : undefined
  }

  const best = new Float64Array(count + 1).fill(-Infinity)
  const last = new Int32Array(count + 1).fill(-2)
  for (let j = 0; j <= count; j++) {
    if (j < count && parts[j]!.from === undefined) continue
    for (let i = j - 1; i >= -1; i--) {
      const sofar = i < 0 ? 0 : best[i]!
      if (sofar === -Infinity) continue
      const cost = step(i, j)
      if (cost === undefined) continue
      const weight = sofar - cost + (j < count ? parts[j]!.size : 0)
      if (weight > best[j]!) {
        best[j] = weight
        last[j] = i
      }
    }
  }

  const stays: Array<number> = []
  for (let j = last[count]!; j >= 0; j = last[j]!) stays.push(j)
  return lay(parts, stays.toReversed(), end, rules, gapAt)
}

/** Gives all parts their places, those that stay being known. */
const lay = (
  parts: ReadonlyArray<Part>,
  stays: ReadonlyArray<number>,
  end: number,
  { alignment, filler }: Rules,
  gapAt: Int32Array
): Placement => {
  const offsets: Array<number> = []
  let moved = 0
  let gaps = 0
  let at = 0
  let next = 0
  for (const stay of [...stays, parts.length]) {
    let packed = 0
    for (let i = next; i < stay; i++) packed += parts[i]!.size
    const to = stay < parts.length ? parts[stay]!.from! : Math.max(end, at + packed)
    let room = to - at - packed
    // Behind the last one that stays the file can grow, to where a filler has room.
    if (room > 0 && stay === parts.length) room = alignment * Math.ceil(Math.max(room, filler) / alignment)
    const gap = room > 0 ? gapAt[Math.min(stay, parts.length - 1)]! : -1
    if (room > 0 && stay > next) gaps++
    for (let i = next; i < stay; i++) {
      if (i === gap) at += room
      offsets.push(at)
      const { from, size } = parts[i]!
      if (from !== undefined && from !== at) moved += size
      at += size
    }
    if (stay < parts.length) {
      offsets.push(to)
      at = to + parts[stay]!.size
    }
    next = stay + 1
  }
  return { offsets, moved, cost: moved + gaps * fillerCost + Math.max(0, at - end) }
}

/** The sizes of the fillers in a gap, none of them longer than `most`, at least two headers, and each with room for its own. */
export const fillersOf = (gap: number, filler: number, most: number): ReadonlyArray<number> => {
  const sizes: Array<number> = []
  for (let rest = gap; rest > 0;) {
    const size = rest <= most ? rest : Math.min(most, rest - filler)
    sizes.push(size)
    rest -= size
  }
  return sizes
}
