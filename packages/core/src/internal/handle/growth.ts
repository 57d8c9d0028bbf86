/**
 * How the block of a memory file grows.
 */
import * as MmioError from "../../MmioError.js"
import { allocate } from "../io/copy.js"
import type { Window } from "./window.js"

/** @internal */
export class Growth {
  /** Whether the block can grow at all. */
  readonly isPossible: boolean
  private readonly window: Window
  /** What errors call the file. */
  private readonly name: string
  /** By how many bytes at least the block grows. */
  private readonly expandBy: number

  constructor(window: Window, name: string, expandBy: number, canWrite: boolean) {
    this.window = window
    this.name = name
    this.expandBy = expandBy
    this.isPossible = canWrite && expandBy > 0
  }

  /** Has the block hold `size` bytes, if it can grow and there is memory. */
  growTo(size: number): void {
    const { length } = this.window.state.bytes
    if (size <= length || !this.isPossible) return
    // Doubling keeps the cost of a byte constant, however small the steps that the caller asked for.
    const larger = allocate(Math.max(size, length + this.expandBy, length * 2))
      ?? allocate(Math.max(size, length + this.expandBy))
    if (larger !== undefined) this.window.reblock(larger)
  }

  /** Makes room for `count` bytes at the position; why there is none, if there is not. */
  reserve(count: number): MmioError.CannotExpand | undefined {
    this.growTo(this.window.state.next + count)
    const { bytes, next } = this.window.state
    return next + count <= bytes.length ? undefined : new MmioError.CannotExpand({
      operation: "Mmio",
      file: this.name,
      position: next,
      description: this.isPossible
        ? "there is no memory for a larger block"
        : `the block of ${bytes.length} bytes cannot grow`
    })
  }
}
