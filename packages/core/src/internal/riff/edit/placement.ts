/**
 * Where the parts of an edited file will lie: as many of them as can stay where they are, and filler between them.
 */

/** A part of the file that is to be, which nothing may be put into. */
export interface Part {
  /** How long it is, in bytes. */
  readonly size: number
  /** Where it lies now; undefined for what is new. */
  readonly from: number | undefined
  /** Whether filler may precede it. */
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
  /** What that counts, together with the fillers that remain, and what the file grows by. */
  readonly cost: number
}

/**
 * What a filler counts, in bytes that are moved: rather than leave one, a little is moved. A byte that the file grows
 * by counts one.
 */
const fillerCost = 24

/**
 * The heaviest path to a part that stays, or to the end: its last step comes from the part `from`; -1 is the start of
 * the file.
 */
interface Path {
  readonly weight: number
  readonly from: number
}

const noPath: Path = { weight: -Infinity, from: -2 }

/** The heavier path; of two that are equal, the one with the shorter last step. */
const heavier = (a: Path, b: Path): Path => b.weight > a.weight || (b.weight === a.weight && b.from > a.from) ? b : a

/** The heaviest of the paths to parts of at most a shift, found in logarithmic time: a Fenwick tree. */
class HeaviestUpTo {
  private readonly shifts: ReadonlyArray<number>
  private readonly tree: Array<Path>

  constructor(shifts: ReadonlyArray<number>) {
    this.shifts = [...new Set(shifts)].toSorted((a, b) => a - b)
    this.tree = Array.from({ length: this.shifts.length + 1 }, () => noPath)
  }

  /** How many shifts are at most that. */
  private count(shift: number): number {
    let [low, high] = [0, this.shifts.length]
    while (low < high) {
      const middle = (low + high) >> 1
      if (this.shifts[middle]! <= shift) low = middle + 1
      else high = middle
    }
    return low
  }

  add(shift: number, path: Path): void {
    for (let i = this.count(shift); i < this.tree.length; i += i & -i) this.tree[i] = heavier(this.tree[i]!, path)
  }

  upTo(shift: number): Path {
    let best = noPath
    for (let i = this.count(shift); i > 0; i -= i & -i) best = heavier(best, this.tree[i]!)
    return best
  }
}

/**
 * Finds the placement, in the order of the parts, from 0 on, that moves the fewest bytes. Gaps are only where they may
 * be, and long enough for a filler; what follows the last part ends at `end` or past it.
 *
 * Any two parts that stay, with all between them packed, are a step of a path through the parts that stay, and the
 * heaviest path is sought. A part that stays is shifted, against all parts packed from 0 on, by the gaps before it: a
 * step leads to a part of the same shift, or, where filler may be between the two, to one of a shift that is larger by
 * at least a filler.
 */
export const place = (parts: ReadonlyArray<Part>, end: number, rules: Rules): Placement => {
  const { filler } = rules
  const count = parts.length
  // How long the parts before each one are together, and the last place up to it where filler may be.
  const before = new Float64Array(count + 1)
  const gapAt = new Int32Array(count + 1).fill(-1)
  parts.forEach(({ fillable, size }, i) => {
    before[i + 1] = before[i]! + size
    gapAt[i] = fillable ? i : i > 0 ? gapAt[i - 1]! : -1
  })
  gapAt[count] = count > 0 ? gapAt[count - 1]! : -1
  const shifts = parts.map(({ from }, i) => from === undefined ? undefined : from - before[i]!)

  /** The heaviest path to each part, without what the part itself weighs. */
  const paths: Array<Path> = []
  const weightOf = (i: number) => i < 0 ? 0 : paths[i]!.weight + parts[i]!.size
  const atShift = new Map<number, Path>([[0, { weight: 0, from: -1 }]])
  const upToShift = new HeaviestUpTo([0, ...shifts.filter((shift) => shift !== undefined)])
  // Which parts are before a place where filler may be: those up to here are in the tree.
  let filled = -1
  const fillTo = (gap: number): void => {
    for (; filled < gap; filled++) {
      const shift = filled < 0 ? 0 : shifts[filled]
      if (shift !== undefined && weightOf(filled) > -Infinity) {
        upToShift.add(shift, { weight: weightOf(filled), from: filled })
      }
    }
  }
  shifts.forEach((shift, j) => {
    if (shift === undefined) {
      paths.push(noPath)
      return
    }
    const gap = gapAt[j]!
    fillTo(gap)
    const far = upToShift.upTo(shift - filler)
    let path = heavier(atShift.get(shift) ?? noPath, { ...far, weight: far.weight - fillerCost })
    // Between two that adjoin, the filler is there already.
    const previous = j === 0 ? 0 : shifts[j - 1]
    if (gap === j && previous !== undefined && shift - previous >= filler) {
      path = heavier(path, { weight: weightOf(j - 1), from: j - 1 })
    }
    paths.push(path)
    if (path.weight === -Infinity) return
    atShift.set(shift, heavier(atShift.get(shift) ?? noPath, { weight: weightOf(j), from: j }))
  })

  // To the end of the file, which may grow.
  let last = noPath
  const endShift = end - before[count]!
  for (let i = -1; i < count; i++) {
    const shift = i < 0 ? 0 : shifts[i]
    if (shift === undefined || weightOf(i) === -Infinity) continue
    const room = endShift - shift
    const cost = room === 0 ? 0 : room < 0 ? -room : gapAt[count]! > i ? fillerCost : undefined
    if (cost !== undefined) last = heavier(last, { weight: weightOf(i) - cost, from: i })
  }

  const stays: Array<number> = []
  for (let j = last.from; j >= 0; j = paths[j]!.from) stays.push(j)
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
    // After the last one that stays the file can grow, to where a filler has room.
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

/**
 * The sizes of the fillers in a gap, none of them longer than `most`, at least two headers, and each with room for its
 * own.
 */
export const fillersOf = (gap: number, filler: number, most: number): ReadonlyArray<number> => {
  const sizes: Array<number> = []
  for (let rest = gap; rest > 0;) {
    const size = rest <= most ? rest : Math.min(most, rest - filler)
    sizes.push(size)
    rest -= size
  }
  return sizes
}
