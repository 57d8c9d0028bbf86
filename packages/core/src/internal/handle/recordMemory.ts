/**
 * What a handle keeps from one record to the next, so that a record as long as the ones before is there before its
 * function runs, which then runs once.
 */

import { allocate } from "../io/copy.js"

/** @internal */
export class RecordMemory {
  /** The buffer of the last records, where they had more bytes than the buffer of the handle. */
  buffer: Uint8Array | undefined = undefined
  private last = 0
  private lastButOne = 0

  /**
   * How many bytes both of the last two records had at least. One alone tells too little: where long records take turns
   * with short ones, what is read for a long one would have to be read again.
   */
  get expected(): number {
    return Math.min(this.last, this.lastButOne)
  }

  /** A buffer of so many bytes, if there is memory for it. */
  bufferOf(size: number): Uint8Array | undefined {
    const { buffer } = this
    return buffer !== undefined && buffer.length >= size ? buffer.subarray(0, size) : allocate(size)
  }

  /** Notes that a record had so many bytes. */
  note(count: number): void {
    this.lastButOne = this.last
    this.last = count
  }
}
