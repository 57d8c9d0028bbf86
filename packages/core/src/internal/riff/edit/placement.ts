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
  /** Of how many bytes the room of a chunk, and so every gap, is a multiple. */
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

/** A part that can stay, at the end of the heaviest path to it: of parts that stay together. */
interface Stay {
  readonly index: number
  /** By how much it lies further than all parts packed from 0 on would have it. */
  readonly shift: number
  /** How many bytes stay on the path, this part's among them, without what the fillers between them count. */
  readonly weight: number
  readonly previous: Stay | undefined
}

/** Where every path begins. */
const start: Stay = { index: -1, shift: 0, weight: 0, previous: undefined }

/** The heaviest of the paths that are offered; of two that are equal, the one whose end is later. */
class Heaviest {
  end: Stay | undefined
  weight = 0

  /** `cost` is what going on from there costs. */
  offer(end: Stay | undefined, cost = 0): void {
    if (end === undefined) return
    const weight = end.weight - cost
    const { end: before } = this
    if (before !== undefined && (weight < this.weight || (weight === this.weight && end.index < before.index))) return
    this.end = end
    this.weight = weight
  }
}

/** The heaviest of the paths to parts of at most a shift, found in logarithmic time: a Fenwick tree. */
class HeaviestUpTo {
  private readonly shifts: ReadonlyArray<number>
  private readonly tree: ReadonlyArray<Heaviest>

  constructor(shifts: ReadonlyArray<number>) {
    this.shifts = [...new Set(shifts)].toSorted((a, b) => a - b)
    this.tree = Array.from({ length: this.shifts.length + 1 }, () => new Heaviest())
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

  add(stay: Stay): void {
    for (let i = this.count(stay.shift); i < this.tree.length; i += i & -i) this.tree[i]!.offer(stay)
  }

  upTo(shift: number): Stay | undefined {
    const best = new Heaviest()
    for (let i = this.count(shift); i > 0; i -= i & -i) best.offer(this.tree[i]!.end)
    return best.end
  }
}

/**
 * Finds the placement, in the order of the parts, from 0 on, that moves the fewest bytes. Gaps are only where they may
 * be, long enough for a filler, and a multiple of the alignment; what follows the last part ends at `end` or past it.
 *
 * Any two parts that stay, with all between them packed, are a step of a path through the parts that stay, and the
 * heaviest path is sought. A part that stays is shifted, against all parts packed from 0 on, by the gaps before it: a
 * step leads to a part of the same shift, or, where filler may be between the two, to one of a shift that is larger by
 * at least a filler. All shifts are multiples of the alignment, as the gaps are: what follows a pad byte that was
 * missing has another one, and moves.
 */
export const place = (parts: ReadonlyArray<Part>, end: number, rules: Rules): Placement => {
  const { alignment, filler } = rules
  /** The last place up to each part, and up to the end, where filler may be. */
  const gapAt: Array<number> = []
  const shifts: Array<number | undefined> = []
  let [packed, gap] = [0, -1]
  parts.forEach(({ fillable, from, size }, i) => {
    if (fillable) gap = i
    gapAt.push(gap)
    shifts.push(from === undefined || (from - packed) % alignment !== 0 ? undefined : from - packed)
    packed += size
  })
  gapAt.push(gap)

  const stays = [start]
  const atShift = new Map([[start.shift, start]])
  const upToShift = new HeaviestUpTo([start.shift, ...shifts.filter((shift) => shift !== undefined)])
  // How many of those that can stay are in the tree: those before a place where filler may be.
  let filled = 0
  shifts.forEach((shift, index) => {
    if (shift === undefined) return
    const gap = gapAt[index]!
    for (; filled < stays.length && stays[filled]!.index < gap; filled++) upToShift.add(stays[filled]!)
    const last = stays.at(-1)!
    const best = new Heaviest()
    best.offer(atShift.get(shift))
    best.offer(upToShift.upTo(shift - filler), fillerCost)
    // Between two that adjoin, the filler is there already.
    if (last.index === index - 1 && gap === index && shift - last.shift >= filler) best.offer(last)
    if (best.end === undefined) return
    const stay = { index, shift, weight: best.weight + parts[index]!.size, previous: best.end }
    stays.push(stay)
    // It is no lighter than the one before it, from which it can be reached for nothing.
    atShift.set(shift, stay)
  })

  // To the end of the file, which may grow.
  const best = new Heaviest()
  for (const stay of stays) {
    const room = end - packed - stay.shift
    if (room <= 0) best.offer(stay, -room)
    else if (gapAt.at(-1)! > stay.index) best.offer(stay, fillerCost)
  }

  const staying: Array<number> = []
  for (let stay = best.end; stay !== undefined && stay !== start; stay = stay.previous) staying.push(stay.index)
  return lay(parts, staying.toReversed(), end, rules, gapAt)
}

/** Gives all parts their places, those that stay being known. */
const lay = (
  parts: ReadonlyArray<Part>,
  stays: ReadonlyArray<number>,
  end: number,
  { alignment, filler }: Rules,
  gapAt: ReadonlyArray<number>
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
    if (room > 0 && stay > next) gaps++
    for (let i = next; i < stay; i++) {
      if (i === gapAt[stay]) at += room
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
