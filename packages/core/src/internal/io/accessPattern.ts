/**
 * How a file is accessed. Where one transfer continues the last, or skips a little forward, blocks are worth their
 * copies, and the longer that goes on the larger ones; anywhere else they are not.
 */

/** How large blocks may be, in bytes. */
export interface Sizes {
  readonly smallest: number
  readonly largest: number
}

/** Where the last transfer ended, and what follows from the transfers up to there. */
export type AccessPattern =
  | { readonly _tag: "Random"; readonly end: number }
  | {
    readonly _tag: "Sequential"
    readonly end: number
    /** How large the next block should be. */
    readonly blockSize: number
  }

/** Before the first transfer. */
export const initial: AccessPattern = { _tag: "Random", end: -1 }

/** Whether a transfer at `position` continues the last one. */
const continues = ({ end }: AccessPattern, position: number, { smallest }: Sizes): boolean =>
  end >= 0 && position >= end && position - end < smallest

/** What a transfer at `position` that no block serves makes of the pattern. */
export const observe = (pattern: AccessPattern, position: number, sizes: Sizes): AccessPattern =>
  continues(pattern, position, sizes)
    ? pattern._tag === "Random"
      ? { _tag: "Sequential", end: pattern.end, blockSize: sizes.smallest }
      : grown(pattern, sizes)
    : pattern._tag === "Random"
    ? pattern
    : { _tag: "Random", end: pattern.end }

/** After a transfer that ended there. */
export const endingAt = (pattern: AccessPattern, end: number): AccessPattern =>
  pattern._tag === "Random" ? { _tag: "Random", end } : { _tag: "Sequential", end, blockSize: pattern.blockSize }

/** With the next block larger, in a sequence. */
export const grown = (pattern: AccessPattern, { largest }: Sizes): AccessPattern =>
  pattern._tag === "Random"
    ? pattern
    : { _tag: "Sequential", end: pattern.end, blockSize: Math.min(pattern.blockSize * 2, largest) }

/** How large the next block should be; 0 for none. */
export const blockSize = (pattern: AccessPattern): number => pattern._tag === "Random" ? 0 : pattern.blockSize
