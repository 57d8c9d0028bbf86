/**
 * What a crash can leave of a disk: all states that there are, how many, and which of them a seed selects.
 *
 * A state is chosen in two parts: how many of the changes of names took place, and what is left of each file that then
 * has a name.
 */
import { PCGRandom } from "effect/Utils"
import type * as Api from "../Crash.js"
import { numbered, product, sum } from "./crashCount.js"
import { apply, changeOf, type Disk, type Inode, type Names, type Step } from "./crashDisk.js"
import { type FileChoice, FileStates } from "./crashFile.js"

/** One state: how many changes took place, and what is left of each file that then has a name. */
interface Choice {
  readonly changes: number
  readonly files: ReadonlyMap<Inode, FileChoice>
}

/** What a state is made to show: all but that, or that alone. */
type Single = { readonly step: Step; readonly inode: Inode } | { readonly changes: number }

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
  /** Seeds below select what is worth a look in every case. */
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

  /** Each write and truncation, and each number of changes, the newest first. */
  private singlesOf(): ReadonlyArray<Single> {
    const singles: Array<readonly [number: number, single: Single]> = this.filesAt(this.allChanges).flatMap((inode) =>
      this.statesOf(inode, this.allChanges).steps.map((step) => [step.number, { step, inode }] as const)
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
        ? inode === single.inode ? states.only(single.step) : states.nothing()
        : inode === single.inode
        ? states.without(single.step)
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

  /** The state that a seed selects. */
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
        return [name, inode.id, states.cuts, states.key(choice.files.get(inode) ?? states.nothing())]
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

  /**
   * Seeds of different states: those worth a look in every case, up to half, then others; all states, if there are no
   * more.
   */
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
