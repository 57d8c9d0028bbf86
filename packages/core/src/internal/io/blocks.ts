/**
 * Blocks of a file's bytes, and the budget that they come from: what `readAhead` and `writeBehind` share.
 */
import type { BlockBudget } from "../../IOProc.js"
import * as MmioError from "../../MmioError.js"
import { allocate, copy } from "./copy.js"

/** `bytes[0, end - start)` are those of the file from `start` to `end`. @internal */
export interface Block {
  readonly bytes: Uint8Array
  readonly start: number
  end: number
}

/** @internal */
export const isFull = (block: Block): boolean => block.end - block.start === block.bytes.length

class Budget implements BlockBudget {
  readonly limit: number
  used = 0
  constructor(limit: number) {
    this.limit = limit
  }
}

/** @internal */
export const defaultBudget = 64 * 1024 * 1024

/** @internal */
export const makeBudget = (limit: number): BlockBudget => {
  if (Number.isSafeInteger(limit) && limit >= 0) return new Budget(limit)
  throw new MmioError.InvalidParameter({
    operation: "IOProc.makeBlockBudget",
    file: "the blocks of a storage",
    description: `a budget cannot have ${limit} bytes`
  })
}

/**
 * The blocks of one file. Every block that it gives is returned once, by {@link recycle} or {@link release}.
 *
 * @internal
 */
export class BlockSource {
  // Only `makeBudget` makes one.
  private readonly budget: Budget
  /** The last block that is no longer used: the next may be as large. It still counts as used. */
  private spare: Uint8Array | undefined

  constructor(budget: BlockBudget) {
    this.budget = budget as Budget
  }

  /** An empty block at `start`, if the budget and the memory have room for one. */
  take(start: number, size: number): Block | undefined {
    const { budget, spare } = this
    if (spare?.length === size) {
      this.spare = undefined
      return { bytes: spare, start, end: start }
    }
    this.releaseSpare()
    if (budget.used + size > budget.limit) return undefined
    const bytes = allocate(size)
    if (bytes === undefined) return undefined
    budget.used += size
    return { bytes, start, end: start }
  }

  /** Keeps a block that is no longer used for the next one. */
  recycle(block: Block): void {
    this.releaseSpare()
    this.spare = block.bytes
  }

  /** Gives a block back to the budget. Something may still be written into it. */
  release(block: Block | undefined): void {
    if (block !== undefined) this.budget.used -= block.bytes.length
  }

  releaseSpare(): void {
    if (this.spare !== undefined) this.budget.used -= this.spare.length
    this.spare = undefined
  }
}

/** Has a block hold what was written there: `count` bytes of `source` from `first` on. @internal */
export const overwrite = (
  block: Block | undefined,
  position: number,
  source: Uint8Array,
  first: number,
  count: number
): void => {
  if (block === undefined) return
  const from = Math.max(block.start, position)
  const to = Math.min(block.end, position + count)
  if (from < to) copy(source, first + from - position, block.bytes, from - block.start, to - from)
}
