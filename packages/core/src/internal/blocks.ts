/**
 * Blocks of a file's bytes, and how large they should be: what reading ahead and writing behind have in common.
 */
import { allocate } from "./copy.js"

/** `bytes[0, end - start)` are those of the file from `start` to `end`. @internal */
export interface Block {
  readonly bytes: Uint8Array
  readonly start: number
  end: number
  /** Whether the bytes before these were given away: what they are part of then is not used again. */
  readonly lent: boolean
}

/** What lends a part of itself is to be this many times as large at most, since it is kept as long as the part. */
const mostKept = 16

/** The next bytes of a block, to be given away, and the block behind them. @internal */
export const lend = (block: Block, from: number, count: number): readonly [Uint8Array, Block] | undefined => {
  const at = from - block.start
  const { buffer, length } = block.bytes
  return at + count > block.end - block.start || at + count > length || count * mostKept < buffer.byteLength
    ? undefined
    : [
      block.bytes.subarray(at, at + count),
      { bytes: block.bytes.subarray(at + count), start: from + count, end: block.end, lent: true }
    ]
}

/** How large blocks may be, in bytes. @internal */
export interface Sizes {
  readonly smallest: number
  readonly largest: number
}

/** @internal */
export const isFull = (block: Block): boolean => block.end - block.start === block.bytes.length

/**
 * Watches where a file is accessed. Where one transfer continues the last, blocks are worth their copies, and the longer that goes on the
 * larger ones; anywhere else they are not.
 *
 * @internal
 */
export class Adaptive {
  /** How large the next block should be; 0 for none. */
  size = 0
  private readonly sizes: Sizes
  private continuesAt = -1
  private approachedAt = -1
  /** The last block that is no longer used: the next may be as large. */
  private spare: Uint8Array | undefined

  constructor(sizes: Sizes) {
    this.sizes = sizes
  }

  /** Whether a transfer at `position` would neither continue the last one nor try it again. */
  leapsTo(position: number): boolean {
    return position !== this.approachedAt && position !== this.continuesAt
  }

  /** Before a transfer at `position` that no block serves. */
  approach(position: number): void {
    // Trying again is no further transfer.
    if (position === this.approachedAt) return
    this.approachedAt = position
    if (position !== this.continuesAt) {
      this.size = 0
      this.spare = undefined
    } else if (this.size === 0) this.size = this.sizes.smallest
    else this.grow()
  }

  /** After a transfer that ended at `position`. */
  left(position: number): void {
    this.continuesAt = position
    this.approachedAt = -1
  }

  grow(): void {
    this.size = Math.min(this.size * 2, this.sizes.largest)
  }

  /** An empty block at `start`, if there is memory for one. */
  block(start: number): Block | undefined {
    const { size, spare } = this
    this.spare = undefined
    const bytes = spare?.length === size ? spare : allocate(size)
    return bytes && { bytes, start, end: start, lent: false }
  }

  retire(block: Block): void {
    if (!block.lent) this.spare = block.bytes
  }
}
