/**
 * What a crash can leave of one file: all states that there are, how many, and which of them chance takes.
 *
 * A state is chosen in three parts: how many of the truncations since the last flush took place, how long the file is
 * then, and which of its contents each of its sectors holds.
 */
import * as Encoding from "effect/Encoding"
import type { PCGRandom } from "effect/Utils"
import type * as Api from "../Crash.js"
import { product, sum } from "./crashCount.js"
import { endOf, type Inode, isTruncation, type Step, type Write, written } from "./crashDisk.js"

/**
 * A sector that was written to: `contents[n]` is what it held after `n` of the writes that went there since the last
 * flush.
 */
interface Sector {
  readonly start: number
  readonly writes: Array<Write>
  readonly contents: Array<Uint8Array>
  /** For each length, which is the first content that begins with as many bytes as those of each content. */
  readonly likes: Map<number, ReadonlyArray<number>>
}

/**
 * What a crash left of a file: how many truncations took place, its length, and which content each of its sectors has.
 *
 * @internal
 */
export interface FileChoice {
  readonly truncations: number
  readonly size: number
  readonly contents: ReadonlyArray<number>
}

/** What a crash can leave of a file where so many truncations took place. */
class Truncated {
  readonly truncations: number
  readonly writes: ReadonlyArray<Write>
  /** How long it can be, ascending: as it was, to the end of a write, or to the boundary of a sector within one. */
  readonly sizes: ReadonlyArray<number>
  /** Those sectors that were written to, ascending. */
  readonly sectors: ReadonlyArray<Sector>
  private readonly base: Uint8Array
  private readonly sectorSize: number

  constructor(truncations: number, durable: Uint8Array, steps: ReadonlyArray<Step>, sectorSize: number) {
    const cut = cutBy(durable, steps, truncations)
    this.truncations = truncations
    this.base = cut.base
    this.writes = cut.writes
    this.sectorSize = sectorSize
    this.sizes = sizesOf(cut.base.length, cut.writes, sectorSize)
    this.sectors = sectorsOf(cut.base, cut.writes, sectorSize)
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
    return sum(this.sizes, (size) => this.countOf(size))
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
      return { truncations: this.truncations, size, contents }
    }
    return this.nothing()
  }

  /** The choice as the file shows it: what lies past its end, or differs only there, is not told apart. */
  choose(size: number, content: (sector: Sector, index: number) => number): FileChoice {
    return {
      truncations: this.truncations,
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

  /** Everything but one write, and but what came after it in the same sectors. */
  without(lost: Step): FileChoice {
    const others = this.writes.filter(({ number }) => number !== lost.number)
    return this.choose(
      written(this.base, others).length,
      (sector) => {
        const index = indexIn(sector, lost)
        return index < 0 ? lastContent(sector) : index
      }
    )
  }

  /** Nothing but one write, and what came before it in the same sectors. */
  only(kept: Step): FileChoice {
    const these = this.writes.filter(({ number }) => number === kept.number)
    return this.choose(
      written(this.base, these).length,
      (sector) => indexIn(sector, kept) + 1
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
      // Now and then one sector differs from all the others.
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

  /** The sectors that do not hold what was written last. */
  damage(choice: FileChoice): Api.FileDamage["sectors"] {
    return this.sectors.flatMap((sector, index) => {
      const content = choice.contents[index] ?? 0
      const whole = likesOf(sector, this.visible(sector, choice.size))[lastContent(sector)]
      return content === whole
        ? []
        : [{ sector: sector.start / this.sectorSize, kept: content, writes: sector.writes.length }]
    })
  }
}

/** What a crash can leave of a file. @internal */
export class FileStates {
  /** How often the file was cut by its name before. */
  readonly cuts: number
  /** The writes and truncations that are not flushed. */
  readonly steps: ReadonlyArray<Step>
  private readonly truncated: ReadonlyArray<Truncated>

  constructor(cuts: number, inode: Inode, sectorSize: number) {
    const durable = cuts === 0 ? inode.durable : new Uint8Array(0)
    const steps = inode.pending[cuts] ?? []
    this.cuts = cuts
    this.steps = steps
    const count = steps.filter(isTruncation).length
    this.truncated = Array.from({ length: count + 1 }, (_, it) => new Truncated(it, durable, steps, sectorSize))
  }

  get isSettled(): boolean {
    return this.steps.length === 0
  }

  private get none(): Truncated {
    return this.after(0)
  }

  private get all(): Truncated {
    return this.after(this.truncated.length - 1)
  }

  private after(truncations: number): Truncated {
    // There is one for each number of truncations, 0 included.
    return this.truncated[truncations]!
  }

  count(): number {
    return this.isSettled ? 1 : sum(this.truncated, (it) => it.count())
  }

  /** The state of a number below {@link count}. */
  at(number: number): FileChoice {
    let rest = number
    for (const truncated of this.truncated) {
      const count = truncated.count()
      if (rest < count) return truncated.at(rest)
      rest -= count
    }
    return this.nothing()
  }

  nothing(): FileChoice {
    return this.none.nothing()
  }

  everything(): FileChoice {
    return this.all.everything()
  }

  /**
   * Everything but one write, with what came after it in the same sectors; or but one truncation, with those after it.
   */
  without(lost: Step): FileChoice {
    return isTruncation(lost) ? this.after(this.truncationsTo(lost) - 1).everything() : this.all.without(lost)
  }

  /**
   * Nothing but one write, with what came before it in the same sectors; or but one truncation, with those before it.
   */
  only(kept: Step): FileChoice {
    return isTruncation(kept) ? this.after(this.truncationsTo(kept)).nothing() : this.none.only(kept)
  }

  private truncationsTo({ number }: Step): number {
    return this.steps.filter((step) => isTruncation(step) && step.number <= number).length
  }

  /** By chance, with what is likely to hurt made likely. */
  random(random: PCGRandom): FileChoice {
    const last = this.truncated.length - 1
    const chosen = last === 0 ? 0 : [last, last, 0][random.integer(5)] ?? random.integer(last + 1)
    return this.after(chosen).random(random)
  }

  bytes(choice: FileChoice): Uint8Array {
    return this.after(choice.truncations).bytes(choice)
  }

  /** Text that is the same for choices that leave the same. */
  key(choice: FileChoice): unknown {
    // Other truncations can leave the same bytes: other choices without one do not.
    return this.truncated.length === 1
      ? [choice.size, choice.contents]
      : Encoding.encodeBase64(this.bytes(choice))
  }

  damage(name: string, choice: FileChoice): Api.FileDamage {
    return {
      name,
      size: choice.size,
      written: this.all.largest,
      ...(this.truncated.length === 1
        ? {}
        : { truncations: { kept: choice.truncations, of: this.truncated.length - 1 } }),
      sectors: this.after(choice.truncations).damage(choice)
    }
  }
}

/**
 * What so many truncations make of a file: the bytes that it begins with, and the writes as far as these are not cut. A
 * truncation cuts the writes before it, whether their bytes are on the disk or not; one that did not take place cuts
 * nothing.
 */
const cutBy = (durable: Uint8Array, steps: ReadonlyArray<Step>, truncations: number) => {
  let base = durable
  let writes: Array<Write> = []
  let left = truncations
  for (const step of steps) {
    if (!isTruncation(step)) writes.push(step)
    else if (left > 0) {
      left--
      const { size } = step
      const cut = new Uint8Array(size)
      cut.set(base.subarray(0, size))
      base = cut
      writes = writes.flatMap((write) =>
        endOf(write) <= size
          ? [write]
          : write.offset < size
          ? [{ ...write, bytes: write.bytes.subarray(0, size - write.offset) }]
          : []
      )
    }
  }
  return { base, writes }
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

/** Which of the writes to a sector a write is, or -1. */
const indexIn = (sector: Sector, { number }: Step): number =>
  sector.writes.findIndex((write) => write.number === number)

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
