/** What was found out about a row, as it is told: as JSON, in the table, and to the guard. */
import type { Row } from "./model.js"
import type { Summary } from "./statistics.js"
import { inUnit } from "./unit.js"

/** An entry of the JSON file. */
export interface Result {
  readonly subject: string
  readonly case: string
  readonly unit: string
  /** Of what the library took. */
  readonly median: number
  /** The quartiles. */
  readonly lower: number
  readonly upper: number
  /** How many times better than each peer: its median by ours, or the other way round where more is better. */
  readonly ratios: { readonly [peer: string]: number }
  /** The peers themselves, in the same unit. */
  readonly peers: { readonly [peer: string]: Summary }
  /** The least ratio by peer, or the greatest median where no peer is named. */
  readonly target?: { readonly [peer: string]: number } | number
  /** Whether all of the target is. */
  readonly met?: boolean
  /** What the C code takes, measured elsewhere. */
  readonly native?: number
}

const summaryOf = (name: string, summaries: { readonly [name: string]: Summary }): Summary => {
  const summary = summaries[name]
  if (summary === undefined) throw new Error(`Nothing called "${name}" was measured.`)
  return summary
}

/** Every target of a result, and how far it is reached: 1 and more is met. */
export const reached = (
  result: Pick<Result, "median" | "ratios" | "target">
): ReadonlyArray<{ readonly peer: string | undefined; readonly degree: number }> => {
  const { median, ratios, target } = result
  if (target === undefined) return []
  if (typeof target === "number") return [{ peer: undefined, degree: target / median }]
  // a peer that was not measured has not been beaten
  return Object.entries(target).map(([peer, least]) => ({ peer, degree: (ratios[peer] ?? 0) / least }))
}

export const resultOf = (subject: string, row: Row, summaries: { readonly [name: string]: Summary }): Result => {
  const ours = summaryOf(row.ours, summaries)
  const { lower, median, upper } = inUnit(ours, row.unit)
  const each = <A>(f: (peer: Summary) => A): Record<string, A> =>
    Object.fromEntries(row.peers.map((name) => [name, f(summaryOf(name, summaries))]))
  const result = {
    subject,
    case: row.case,
    unit: row.unit.name,
    median,
    lower,
    upper,
    ratios: each((peer) => peer.median / ours.median),
    peers: each((peer) => inUnit(peer, row.unit)),
    ...(row.native === undefined ? {} : { native: row.native })
  }
  if (row.target === undefined) return result
  const target = typeof row.target === "number" ? row.target : definedIn(row.target)
  return { ...result, target, met: reached({ ...result, target }).every(({ degree }) => degree >= 1) }
}

const definedIn = (record: { readonly [key: string]: number | undefined }): Record<string, number> =>
  Object.fromEntries(Object.entries(record).flatMap(([key, value]) => value === undefined ? [] : [[key, value]]))

/** How many targets are met, and how many missed. */
export const tally = (results: ReadonlyArray<Result>): { readonly met: number; readonly missed: number } => {
  const degrees = results.flatMap(reached)
  const met = degrees.filter(({ degree }) => degree >= 1).length
  return { met, missed: degrees.length - met }
}

/** What is wrong with a row that misses what it has to reach: undefined if it does not. */
export const objection = (result: Result): string | undefined => {
  const failed = reached(result).filter(({ degree }) => !(degree >= 1))
  if (failed.length === 0) return undefined
  const { case: name, ratios, subject, target, unit } = result
  const reasons = failed.map(({ peer }) =>
    peer === undefined || typeof target !== "object"
      ? `${format(result.median)} ${unit} is more than ${format(Number(target))}`
      : `${format(ratios[peer] ?? 0)} × ${peer} is less than ${format(target[peer] ?? 0)}`
  )
  return `${subject}: ${name}: ${reasons.join(", and ")}`
}

/** A figure with three digits that count, as far as they are among the first four after the point. */
export const format = (value: number): string => {
  if (!Number.isFinite(value)) return String(value)
  const digits = Math.max(0, 2 - Math.floor(Math.log10(Math.max(Math.abs(value), 0.01))))
  return value.toFixed(digits)
}
