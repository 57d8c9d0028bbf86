import { IOProc, MmioError } from "@effect-mmio/core"
import { Effect, Option } from "effect"

const pageSize = 4096

/** A storage of one file of any length, of which only the pages that were written take memory; it counts the bytes that it moves. */
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
    let position = 0
    const write = (source: Uint8Array) =>
      Effect.sync(() => {
        this.put(position, source)
        position += source.length
        this.transferred += source.length
        return source.length
      })
    return {
      read: (target) =>
        Effect.sync(() => {
          const bytes = this.get(position, target.length)
          target.set(bytes)
          position += bytes.length
          this.transferred += bytes.length
          return bytes.length
        }),
      write,
      writeFlush: write,
      seek: (offset, from) =>
        Effect.suspend(() => {
          const at = offset + (from === "start" ? 0 : from === "current" ? position : this.length)
          if (at < 0) {
            return Effect.fail(
              new MmioError.CannotSeek({ operation: "seek", file: "sparse", description: "before the start" })
            )
          }
          position = at
          return Effect.succeed(at)
        }),
      close: Effect.void,
      onMessage: () => Option.none()
    }
  }
}
