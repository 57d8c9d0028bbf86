/**
 * Measures the works of a group.
 *
 * Neither mitata nor tinybench is used, because both finish with one contestant before they begin with the next: what
 * the machine does meanwhile then favours one of them. Here they take turns, so that it hits all alike, and the ratios
 * hold.
 */
import * as digest from "./digest.js"
import type { Group, Work } from "./model.js"
import { summarize, type Summary } from "./statistics.js"
import { turns } from "./turns.js"

/** How long to measure. */
export interface Effort {
  /** Where the number of times is free, a sample takes at least so many milliseconds. */
  readonly sample: number
  /** For so many milliseconds of the processor each work runs before it counts, until the compiler has done with it. */
  readonly warmUp: number
  /**
   * For so many milliseconds it runs again in each of its turns, and only the last sample counts: while others ran, the
   * collector took compiled code that was not in use, and the machine gave memory back to its host.
   */
  readonly turn: number
  /** After the fewest rounds, no more are begun when a group has taken so many milliseconds. */
  readonly budget: number
  readonly fewestRounds: number
  readonly mostRounds: number
}

/** `careful` is for who gets another chance. */
export const efforts: { readonly [name in "quick" | "careful" | "full"]: Effort } = {
  quick: { sample: 15, warmUp: 100, turn: 0, budget: 200, fewestRounds: 3, mostRounds: 7 },
  careful: { sample: 100, warmUp: 1000, turn: 100, budget: 3000, fewestRounds: 5, mostRounds: 15 },
  full: { sample: 100, warmUp: 3000, turn: 500, budget: 10_000, fewestRounds: 9, mostRounds: 31 }
}

/** What the effort asks of the outside. */
interface Clock {
  /** In milliseconds. */
  readonly now: () => number
  /**
   * How long the process has had a processor, in milliseconds: on a busy machine, its compiler waits as everybody does.
   */
  readonly used: () => number
  /** Removes garbage, so that no contestant pays for that of another. */
  readonly tidy: () => void
}

const real: Clock = {
  now: () => performance.now(),
  used: () => {
    const { system, user } = process.cpuUsage()
    return (system + user) / 1e3
  },
  // Only what is young: a full collection also drops compiled code, and with it what the warming up was for.
  tidy: () => globalThis.gc?.({ type: "minor" })
}

/** Throws if the results differ: to compare the times would then mean nothing. */
const check = async (group: Group, times: number): Promise<void> => {
  let first: { readonly name: string; readonly result: string } | undefined
  for (const [name, work] of Object.entries(group.works)) {
    group.before?.()
    const seen = digest.ofContent()
    const given = await work(times, seen)
    const result = JSON.stringify([given, group.outcome?.(), seen.value()])
    first ??= { name, result }
    if (result !== first.result) {
      throw new Error(`Done ${times} times, ${first.name} gives ${first.result}, but ${name} gives ${result}.`)
    }
  }
}

/** In how many rounds those take part that take long and have no target. */
const fewestOfSlow = 3

/** Measures every work, and gives its figure for one time: nanoseconds, or what it gave. */
export const measure = async (group: Group, effort: Effort, clock = real): Promise<Record<string, Summary>> => {
  const { before, times } = group
  const sample = async (work: Work, times: number): Promise<number> => {
    const seen = digest.ofLength()
    before?.()
    clock.tidy()
    const start = clock.now()
    const given = await work(times, seen)
    const elapsed = clock.now() - start
    if (!group.measuresItself) return elapsed * 1e6 / times
    if (typeof given !== "number") throw new Error("A work that measures itself has to give a number.")
    return given
  }
  const [least, most, compared] = typeof times === "number" ? [times, times, times] : [1, times.most, times.check]
  const inTurn = async (work: Work, times: number): Promise<number> => {
    const end = clock.now() + effort.turn
    for (;;) {
      const last = await sample(work, times)
      if (group.measuresItself || clock.now() >= end) return last
    }
  }
  /** Warms a work up, and finds out how often it has to be done for a sample. */
  const warmUp = async (work: Work): Promise<number> => {
    const end = clock.used() + effort.warmUp
    let fastest = Infinity
    for (let times = least;;) {
      // the slower ones were cold, or disturbed
      fastest = Math.min(fastest, await sample(work, times))
      const wanted = Math.max(least, Math.min(most, Math.ceil(effort.sample * 1e6 / fastest)))
      if (times >= wanted && clock.used() >= end) return wanted
      times = Math.min(wanted, times * 10)
    }
  }

  if (!group.measuresItself) await check(group, compared)
  const contestants: Array<{ readonly name: string; readonly work: Work; readonly times: number }> = []
  for (const [name, work] of Object.entries(group.works)) {
    contestants.push({ name, work, times: group.measuresItself ? 1 : await warmUp(work) })
  }

  const samples = new Map(contestants.map(({ name }): [string, Array<number>] => [name, []]))
  const start = clock.now()
  for (let round = 0; round < (group.rounds ?? effort.mostRounds); round++) {
    if (round >= effort.fewestRounds && clock.now() - start > effort.budget) break
    const there = round < fewestOfSlow ? contestants : contestants.filter(({ name }) => !group.slow?.includes(name))
    for (const turn of turns(there.length, round)) {
      const { name, times, work } = there[turn]!
      samples.get(name)?.push(await inTurn(work, times))
    }
  }
  before?.()
  return Object.fromEntries([...samples].map(([name, samples]) => [name, summarize(samples)]))
}
