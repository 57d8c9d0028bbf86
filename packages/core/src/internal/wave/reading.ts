/** One reading of a chunk: how it is to be read, and what was found wrong. */
import * as RiffLimits from "../../RiffLimits.js"
import type * as Api from "../../Wave.js"
import type { Kind, Level } from "../../WaveProblem.js"

/** What is wrong in the data of a chunk. */
export interface Problem {
  readonly kind: Kind
  readonly level: Level
  /** Where, in bytes from the start of the chunk's data. */
  readonly offset: number
  readonly description: string
  count: number
}

export interface ReadingOptions {
  readonly little: boolean
  /** Whether a codec may read more than the bytes say, so that what comes out need not encode to the same bytes. */
  readonly lenient?: boolean | undefined
  /** The encoding of all texts; it is guessed where none is given. */
  readonly encoding?: Api.TextEncoding | undefined
  /** How many entries may be decoded. */
  readonly entries?: number | undefined
}

export class Reading {
  readonly little: boolean
  readonly lenient: boolean
  readonly encoding: Api.TextEncoding | undefined
  /** How many more entries may be decoded. */
  entries: number
  /**
   * How many of the elements of a list are chunks that a walk finds, too: those after them were found past a chunk that
   * is said to be longer than the list.
   */
  walkable = Infinity
  /** In the order in which they were found, one of each kind. */
  readonly problems: Array<Problem> = []
  private readonly limit: number

  constructor({ encoding, entries = RiffLimits.defaults.entries, lenient = false, little }: ReadingOptions) {
    this.little = little
    this.lenient = lenient
    this.encoding = encoding
    // An invalid limit allows nothing.
    this.limit = entries >= 0 ? entries : 0
    this.entries = this.limit
  }

  /** Reports what strict reading fails with. */
  error(kind: Kind, offset: number, description: string): void {
    this.report(kind, "error", offset, description)
  }

  /** Reports what strict reading accepts. */
  warn(kind: Kind, offset: number, description: string): void {
    this.report(kind, "warning", offset, description)
  }

  /** The chunk, or the entry whose data begins at `start`, ends where more of it should follow. */
  tooShort(bytes: Uint8Array, least: number, start = 0): void {
    this.error("TooShort", start + bytes.length, `it ends after ${bytes.length} bytes, of at least ${least}`)
  }

  /** How many of so many entries may be decoded; the count is at `offset`. */
  take(count: number, offset: number): number {
    const taken = Math.min(count, this.entries)
    this.entries -= taken
    if (taken < count) {
      this.error("LimitExceeded", offset, `there are more entries than the limit RiffLimits.entries, ${this.limit}`)
    }
    return taken
  }

  private report(kind: Kind, level: Level, offset: number, description: string): void {
    const same = this.problems.find((problem) => problem.kind === kind)
    if (same === undefined) this.problems.push({ kind, level, offset, description, count: 1 })
    else same.count++
  }
}
