/** What figures are told in. What is measured is always the less the better: nanoseconds, or bytes. */
import type { Summary } from "./statistics.js"

export interface Unit {
  readonly name: string
  /** From what was measured, for one run of the work. */
  readonly from: (measured: number) => number
}

const per = (name: string, amount: number): Unit => ({ name, from: (measured) => measured / amount })

/** Nanoseconds for each of the `count` things that one run of the work does. */
export const nanosecondsPer = (thing: string, count = 1): Unit => per(`ns/${thing}`, count)

export const microsecondsPer = (thing: string, count = 1): Unit => per(`µs/${thing}`, 1e3 * count)

export const milliseconds: Unit = per("ms", 1e6)

/** A throughput: the more the better, unlike what was measured. */
export const gigabytesPerSecond = (bytes: number): Unit => ({ name: "GB/s", from: (measured) => bytes / measured })

export const bytesPer = (thing: string, count: number): Unit => per(`bytes/${thing}`, count)

export const mebibytes: Unit = per("MiB", 2 ** 20)

export const kilobytes: Unit = per("KB", 1e3)

/** A summary in a unit. The quartiles change places where more is better. */
export const inUnit = ({ lower, median, upper }: Summary, { from }: Unit): Summary => {
  const [a, b] = [from(lower), from(upper)]
  return { lower: Math.min(a, b), median: from(median), upper: Math.max(a, b) }
}
