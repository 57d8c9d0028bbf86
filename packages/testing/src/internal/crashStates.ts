/**
 * What a crash can leave of a disk: all states that there are, how many, and which of them a seed stands for.
 *
 * A state is chosen in two parts: how many of the changes of names took place, and for each file that then has a name, how long it is
 * and which of its contents each of its sectors holds.
 */
import * as Encoding from "effect/Encoding"
import { PCGRandom } from "effect/Utils"
import type * as Api from "../Crash.js"
import { apply, changeOf, type Disk, endOf, type Inode, type Names, type Write, written } from "./crashDisk.js"

// ---------------------------------------------------------------------------------------------------------------------
// one file
// ---------------------------------------------------------------------------------------------------------------------

/** A sector that was written to: `contents[n]` is what it held after `n` of the writes that went there since the last flush. */
interface Sector {
  readonly start: number
  readonly writes: Array<Write>
  readonly contents: Array<Uint8Array>
  /** For each length, which is the first content that begins with as many bytes as those of each content. */
  readonly likes: Map<number, ReadonlyArray<number>>
}

/** What a crash left of a file: its length, and which content each of its sectors has. */
interface FileChoice {
  readonly size: number
  readonly contents: ReadonlyArray<number>
}

/** What a crash can leave of a file. */
class FileStates {
  /** How often the file was cut before. */
  readonly cuts: number
  readonly writes: ReadonlyArray<Write>
  /** How long it can be, ascending: as it was, to the end of a write, or to the boundary of a sector within one. */
  readonly sizes: ReadonlyArray<number>
  /** Those sectors that were written to, ascending. */
  readonly sectors: ReadonlyArray<Sector>
  private readonly base: Uint8Array
  private readonly sectorSize: number

  constructor(cuts: number, inode: Inode, sectorSize: number) {
    const base = cuts === 0 ? inode.durable : new Uint8Array(0)
    const writes = inode.pending[cuts] ?? []
    this.cuts = cuts
    this.base = base
    this.writes = writes
    this.sectorSize = sectorSize
    this.sizes = sizesOf(base.length, writes, sectorSize)
    this.sectors = sectorsOf(base, writes, sectorSize)
  }

  get isSettled(): boolean {
    return this.writes.length === 0
  }

  get largest(): number {
    return this.sizes.at(-1) ?? 0
  }

  /** How many bytes of a sector a file of that size shows. */
  private visible(sector: Sector, size: number): number {
    return Math.max(0, Math.min(size - sector.start, this.sectorSize))
  }

  /** The contents of a sector that can be told apart in a file of that size. */
  private choices(sector: Sector, size: number): ReadonlyArray<number> {
    const likes = likesOf(sector, this.visible(sector, size))
    return likes.filter((like, content) => like === content)
  }

  /** How many states there are of a size. */
  private countOf(size: number): number {
    return product(this.sectors, (sector) => this.choices(sector, size).length)
  }

  count(): number {
    return this.isSettled ? 1 : sum(this.sizes, (size) => this.countOf(size))
  }

  /** The state of a number below {@link count}. */
  at(number: number): FileChoice {
    let rest = number
    for (const size of this.sizes) {
      const count = this.countOf(size)
      if (rest >= count) {
        rest -= count
        continue
      }
      const contents = this.sectors.map((sector) => {
        const choices = this.choices(sector, size)
        const choice = choices[rest % choices.length] ?? 0
        rest = Math.floor(rest / choices.length)
        return choice
      })
      return { size, contents }
    }
    return this.nothing()
  }

  /** The choice as the file shows it: what lies behind its end, or differs only there, is not told apart. */
  choose(size: number, content: (sector: Sector, index: number) => number): FileChoice {
    return {
      size,
      contents: this.sectors.map((sector, index) =>
        likesOf(sector, this.visible(sector, size))[content(sector, index)] ?? 0
      )
    }
  }

  nothing(): FileChoice {
    return this.choose(this.base.length, () => 0)
  }

  everything(): FileChoice {
    return this.choose(this.largest, lastContent)
  }

  /** Everything but one write, and but what came behind it in the same sectors. */
  without(lost: Write): FileChoice {
    const others = this.writes.filter((write) => write !== lost)
    return this.choose(
      written(this.base, others).length,
      (sector) => sector.writes.includes(lost) ? sector.writes.indexOf(lost) : lastContent(sector)
    )
  }

  /** Nothing but one write, and what came before it in the same sectors. */
  only(kept: Write): FileChoice {
    return this.choose(
      Math.max(this.base.length, endOf(kept)),
      (sector) => sector.writes.indexOf(kept) + 1
    )
  }

  /** By chance, with what is likely to hurt made likely. */
  random(random: PCGRandom): FileChoice {
    const size = random.integer(2) === 0 ? this.largest : this.sizes[random.integer(this.sizes.length)] ?? 0
    const kept = [0, 0.1, 0.5, 0.9, 1][random.integer(5)] ?? 1
    const one = random.integer(Math.max(1, this.sectors.length))
    const spared = random.integer(4) === 0
    return this.choose(size, (sector, index) => {
      const any = random.integer(sector.contents.length)
      const keep = random.number() < kept
      // now and then exactly one sector is another one than all the others
      if (spared && index === one) return kept < 0.5 ? lastContent(sector) : 0
      return keep ? lastContent(sector) : random.integer(2) === 0 ? 0 : any
    })
  }

  bytes(choice: FileChoice): Uint8Array {
    const bytes = new Uint8Array(choice.size)
    bytes.set(this.base.subarray(0, choice.size))
    this.sectors.forEach((sector, index) => {
      const content = sector.contents[choice.contents[index] ?? 0]
      const visible = choice.size - sector.start
      if (content !== undefined && visible > 0) bytes.set(content.subarray(0, visible), sector.start)
    })
    return bytes
  }

  damage(name: string, choice: FileChoice): Api.FileDamage {
    return {
      name,
      size: choice.size,
      written: this.largest,
      sectors: this.sectors.flatMap((sector, index) => {
        const content = choice.contents[index] ?? 0
        const whole = likesOf(sector, this.visible(sector, choice.size))[lastContent(sector)]
        return content === whole
          ? []
          : [{ sector: sector.start / this.sectorSize, kept: content, writes: sector.writes.length }]
      })
    }
  }
}

const sizesOf = (length: number, writes: ReadonlyArray<Write>, sectorSize: number): ReadonlyArray<number> => {
  const sizes = new Set([length])
  for (const write of writes) {
    const end = endOf(write)
    if (end <= length) continue
    sizes.add(end)
    const first = Math.max(length, write.offset)
    for (let at = (Math.floor(first / sectorSize) + 1) * sectorSize; at < end; at += sectorSize) sizes.add(at)
  }
  return [...sizes].toSorted((a, b) => a - b)
}

const sectorsOf = (base: Uint8Array, writes: ReadonlyArray<Write>, sectorSize: number): ReadonlyArray<Sector> => {
  const sectors = new Map<number, Sector>()
  for (const write of writes) {
    const end = endOf(write)
    for (let start = write.offset - write.offset % sectorSize; start < end; start += sectorSize) {
      let sector = sectors.get(start)
      if (sector === undefined) {
        const content = new Uint8Array(sectorSize)
        content.set(base.subarray(start, start + sectorSize))
        sectors.set(start, sector = { start, writes: [], contents: [content], likes: new Map() })
      }
      const content = sector.contents.at(-1)?.slice() ?? new Uint8Array(sectorSize)
      const from = Math.max(start, write.offset)
      content.set(write.bytes.subarray(from - write.offset, start + sectorSize - write.offset), from - start)
      sector.writes.push(write)
      sector.contents.push(content)
    }
  }
  return [...sectors.values()].toSorted((a, b) => a.start - b.start)
}

const lastContent = (sector: Sector): number => sector.writes.length

const likesOf = (sector: Sector, length: number): ReadonlyArray<number> => {
  const known = sector.likes.get(length)
  if (known !== undefined) return known
  const firsts = new Map<string, number>()
  const likes = sector.contents.map((content, index) => {
    const key = Encoding.encodeBase64(content.subarray(0, length))
    const first = firsts.get(key) ?? index
    firsts.set(key, first)
    return first
  })
  sector.likes.set(length, likes)
  return likes
}

// ---------------------------------------------------------------------------------------------------------------------
// the whole disk
// ---------------------------------------------------------------------------------------------------------------------

/** As many states are counted and numbered; of more, chance takes some. */
const numbered = 1024

const product = <A>(items: ReadonlyArray<A>, f: (item: A) => number): number => {
  let result = 1
  for (const item of items) {
    result *= f(item)
    if (result > numbered) return Infinity
  }
  return result
}

const sum = <A>(items: ReadonlyArray<A>, f: (item: A) => number): number => {
  let result = 0
  for (const item of items) {
    result += f(item)
    if (result > numbered) return Infinity
  }
  return result
}

/** One state: how many changes took place, and what is left of each file that then has a name. */
interface Choice {
  readonly changes: number
  readonly files: ReadonlyMap<Inode, FileChoice>
}

/** What a state is made to show: all but that, or that alone. */
type Single = { readonly write: Write; readonly inode: Inode } | { readonly changes: number }

/** What a crash can leave of a disk as it is now. @internal */
export class States {
  private readonly disk: Disk
  private readonly sectorSize: number
  /** Which sequence of random numbers. */
  private readonly stream: number
  private readonly cache = new Map<Inode, Array<FileStates | undefined>>()
  /** The names after each number of changes. */
  private readonly names: Array<Names>
  private readonly singles: ReadonlyArray<Single>
  private counted: number | undefined
  /** Seeds below stand for what is worth a look in every case. */
  readonly chosen: number

  constructor(disk: Disk, sectorSize: number, stream: number) {
    this.disk = disk
    this.sectorSize = sectorSize
    this.stream = stream
    this.names = [disk.durable]
    for (const change of disk.journal) {
      const names = new Map(this.names.at(-1))
      apply(names, change)
      this.names.push(names)
    }
    this.singles = this.singlesOf()
    this.chosen = 4 + 2 * this.singles.length
  }

  /** How many states there are, if they are few enough to be numbered. */
  get count(): number {
    return this.counted ??= sum(this.names.map((_, changes) => changes), (changes) => this.countOf(changes))
  }

  private get allChanges(): number {
    return this.disk.journal.length
  }

  /** The files that have a name after so many changes, each once. */
  private filesAt(changes: number): ReadonlyArray<Inode> {
    return [...new Set(this.names[changes]?.values())]
  }

  /** What there can be of a file after so many changes: how often it was cut says onto what it was written. */
  private statesOf(inode: Inode, changes: number): FileStates {
    const cuts = this.disk.journal.slice(0, changes).filter((it) => it.op === "cut" && it.inode === inode).length
    const known = this.cache.get(inode) ?? []
    this.cache.set(inode, known)
    return known[cuts] ??= new FileStates(cuts, inode, this.sectorSize)
  }

  private countOf(changes: number): number {
    return product(this.filesAt(changes), (inode) => this.statesOf(inode, changes).count())
  }

  private choose(changes: number, file: (states: FileStates, inode: Inode) => FileChoice): Choice {
    return {
      changes,
      files: new Map(this.filesAt(changes).map((inode) => [inode, file(this.statesOf(inode, changes), inode)]))
    }
  }

  /** Each write, and each number of changes, the newest first. */
  private singlesOf(): ReadonlyArray<Single> {
    const singles: Array<readonly [number: number, single: Single]> = this.filesAt(this.allChanges).flatMap((inode) =>
      this.statesOf(inode, this.allChanges).writes.map((write) => [write.number, { write, inode }] as const)
    )
    this.disk.journal.forEach(({ number }, changes) => {
      if (changes > 0) singles.push([number, { changes }])
    })
    return singles.toSorted(([a], [b]) => b - a).map(([, single]) => single)
  }

  private single(single: Single, kept: boolean): Choice {
    if ("changes" in single) {
      return this.choose(single.changes, (states) => kept ? states.nothing() : states.everything())
    }
    return this.choose(this.allChanges, (states, inode) =>
      kept
        ? inode === single.inode ? states.only(single.write) : states.nothing()
        : inode === single.inode
        ? states.without(single.write)
        : states.everything())
  }

  private numbered(number: number): Choice {
    let rest = number
    for (let changes = 0; changes <= this.allChanges; changes++) {
      const count = this.countOf(changes)
      if (rest < count) {
        return this.choose(changes, (states) => {
          const count = states.count()
          const choice = states.at(rest % count)
          rest = Math.floor(rest / count)
          return choice
        })
      }
      rest -= count
    }
    return this.choose(0, (states) => states.nothing())
  }

  private random(seed: number): Choice {
    const random = new PCGRandom(Math.floor(seed / 2 ** 32), seed >>> 0, this.stream * 2)
    const all = this.allChanges
    const changes = [all, all, 0][random.integer(5)] ?? random.integer(all + 1)
    return this.choose(changes, (states) => states.random(random))
  }

  /** The state that a seed stands for. */
  choice(seed: number): Choice {
    switch (seed) {
      case 0:
        return this.choose(0, (states) => states.nothing())
      case 1:
        return this.choose(this.allChanges, (states) => states.everything())
      case 2:
        return this.choose(this.allChanges, (states) => states.nothing())
      case 3:
        return this.choose(0, (states) => states.everything())
    }
    const single = this.singles[Math.floor((seed - 4) / 2)]
    if (single !== undefined) return this.single(single, seed % 2 === 1)
    if (this.count > numbered) return this.random(seed)
    // in another order than that of their numbers, in which neighbours differ by little
    return this.numbered((seed - this.chosen) % this.count * stride(this.count) % this.count)
  }

  files(choice: Choice): Map<string, Uint8Array> {
    const files = new Map<string, Uint8Array>()
    for (const [name, inode] of this.names[choice.changes] ?? []) {
      const states = this.statesOf(inode, choice.changes)
      files.set(name, states.bytes(choice.files.get(inode) ?? states.nothing()))
    }
    return files
  }

  /** Text that is the same for states that are the same. */
  key(choice: Choice): string {
    return JSON.stringify(
      [...this.names[choice.changes] ?? []].toSorted(([a], [b]) => a < b ? -1 : 1).map(([name, inode]) => {
        const states = this.statesOf(inode, choice.changes)
        const { contents, size } = choice.files.get(inode) ?? states.nothing()
        return [name, inode.id, states.cuts, size, contents]
      })
    )
  }

  damage(seed: number, choice: Choice): Api.Damage {
    const files: Array<Api.FileDamage> = []
    for (const [name, inode] of this.names[choice.changes] ?? []) {
      const states = this.statesOf(inode, choice.changes)
      if (!states.isSettled) files.push(states.damage(name, choice.files.get(inode) ?? states.nothing()))
    }
    const changes = this.disk.journal.map(changeOf)
    return { seed, kept: changes.slice(0, choice.changes), lost: changes.slice(choice.changes), files }
  }

  /** Seeds of different states: those worth a look in every case, up to half, then others; all states, if there are no more. */
  seeds(count: number): ReadonlyArray<number> {
    const seeds: Array<number> = []
    const known = new Set<string>()
    const add = (seed: number) => {
      const key = this.key(this.choice(seed))
      if (!known.has(key)) seeds.push(seed)
      known.add(key)
    }
    for (let seed = 0; seed < this.chosen && seeds.length < Math.max(4, count / 2); seed++) add(seed)
    // Chance may give the same again, but hardly ever for long where there are so many states.
    const tries = Math.min(this.count, count * 8)
    for (let i = 0; i < tries && seeds.length < count; i++) add(this.chosen + i)
    return seeds
  }
}

/** A step that comes past every number below `count`. */
const stride = (count: number): number => {
  let step = Math.max(1, Math.round(count * 0.618))
  while (greatestCommonDivisor(step, count) > 1) step++
  return step
}

const greatestCommonDivisor = (a: number, b: number): number => b === 0 ? a : greatestCommonDivisor(b, a % b)
