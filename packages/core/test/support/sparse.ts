import { IOProc } from "@effect-mmio/core"
import { Effect } from "effect"

const pageSize = 4096

/**
 * A storage of one file of any length, of which only the pages that were written take memory; it counts the bytes that
 * it moves.
 */
export class SparseStorage {
  length = 0
  transferred = 0
  private readonly pages = new Map<number, Uint8Array>()

  /** Puts bytes somewhere. */
  put(at: number, source: Uint8Array): void {
    this.each(
      at,
      source.length,
      true,
      (page, from, to, index) => page.set(source.subarray(index, index + to - from), from)
    )
    this.length = Math.max(this.length, at + source.length)
  }

  /** The bytes from a place on. */
  get(at: number, count: number): Uint8Array {
    const target = new Uint8Array(Math.max(0, Math.min(count, this.length - at)))
    this.each(at, target.length, false, (page, from, to, index) => target.set(page.subarray(from, to), index))
    return target
  }

  /** Sets the length; what is cut off is zero if the file grows again. */
  cut(length: number): void {
    for (const [number, page] of this.pages) {
      const from = number * pageSize
      if (from >= length) this.pages.delete(number)
      else if (from + pageSize > length) page.fill(0, length - from)
    }
    this.length = length
  }

  private each(
    at: number,
    count: number,
    make: boolean,
    f: (page: Uint8Array, from: number, to: number, index: number) => void
  ): void {
    for (let index = 0; index < count;) {
      const number = Math.floor((at + index) / pageSize)
      const from = (at + index) % pageSize
      const to = Math.min(pageSize, from + count - index)
      let page = this.pages.get(number)
      if (page === undefined && make) this.pages.set(number, page = new Uint8Array(pageSize))
      if (page !== undefined) f(page, from, to, index)
      index += to - from
    }
  }

  readonly ioProc: IOProc.IOProc = IOProc.make({ open: () => Effect.sync(() => this.file()) })

  private file(): IOProc.File {
    return IOProc.makeFile({
      name: "sparse",
      size: Effect.sync(() => this.length),
      readAt: (position, target) =>
        Effect.sync(() => {
          const bytes = this.get(position, target.length)
          target.set(bytes)
          this.transferred += bytes.length
          return bytes.length
        }),
      writeAt: (position, source) =>
        Effect.sync(() => {
          if (source.length > 0) this.put(position, source)
          this.transferred += source.length
          return source.length
        }),
      truncate: (size) => Effect.sync(() => this.cut(size))
    })
  }
}
