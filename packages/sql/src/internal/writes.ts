/**
 * What a handle has written and not committed, in blocks: the bytes, and which of them were written. What lies between
 * is that of the file.
 */
import * as Ranges from "./ranges.js"

/** @internal */
export interface Block {
  /** As long as a block of the file. */
  readonly bytes: Uint8Array
  readonly ranges: Ranges.Ranges
}

/** @internal */
export class Writes {
  readonly blockSize: number
  readonly #blocks = new Map<number, Block>()
  /** One past the last byte that was written, also of what was spilled; 0 where nothing was. */
  #end = 0

  constructor(blockSize: number) {
    this.blockSize = blockSize
  }

  /** How many blocks are held in memory. */
  get count(): number {
    return this.#blocks.size
  }

  get end(): number {
    return this.#end
  }

  /** The blocks in memory, in ascending order. */
  get blocks(): ReadonlyArray<readonly [index: number, block: Block]> {
    return [...this.#blocks].toSorted(([a], [b]) => a - b)
  }

  /** Takes bytes at a position, but no more than make `most` blocks; gives how many. */
  add(position: number, source: Uint8Array, most: number): number {
    const { blockSize } = this
    let done = 0
    while (done < source.length) {
      const at = position + done
      const index = Math.floor(at / blockSize)
      const offset = at - index * blockSize
      const block = this.#blocks.get(index)
      if (block === undefined && this.#blocks.size >= most) break
      const part = source.subarray(done, done + blockSize - offset)
      const bytes = block?.bytes ?? new Uint8Array(blockSize)
      bytes.set(part, offset)
      this.#blocks.set(index, { bytes, ranges: Ranges.add(block?.ranges ?? [], offset, offset + part.length) })
      done += part.length
    }
    if (done > 0) this.#end = Math.max(this.#end, position + done)
    return done
  }

  /** Puts what is held of the bytes from a position on over those that were read. */
  copyTo(position: number, target: Uint8Array): void {
    if (this.#blocks.size === 0) return
    const { blockSize } = this
    const last = Math.floor((position + target.length - 1) / blockSize)
    for (let index = Math.floor(position / blockSize); index <= last; index++) {
      const block = this.#blocks.get(index)
      if (block !== undefined) copyBlock(block, index * blockSize - position, target)
    }
  }

  /** Forgets the blocks, which were spilled; the end stays. */
  spilled(): void {
    this.#blocks.clear()
  }

  /** Forgets all. */
  clear(): void {
    this.#blocks.clear()
    this.#end = 0
  }
}

/** Copies what was written of a block that begins at `start` of `target`, which may be before it. @internal */
export const copyBlock = ({ bytes, ranges }: Block, start: number, target: Uint8Array): void => {
  for (let i = 0; i < ranges.length; i += 2) {
    const from = Math.max(ranges[i] ?? 0, -start)
    const to = Math.min(ranges[i + 1] ?? 0, target.length - start)
    if (from < to) target.set(bytes.subarray(from, to), start + from)
  }
}
