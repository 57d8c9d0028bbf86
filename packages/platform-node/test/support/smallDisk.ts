/** A storage with one file, and room for so many bytes. */
import { IOProc, MmioError } from "@effect-mmio/core"
import { Effect, Exit } from "effect"

export interface SmallDisk {
  readonly ioProc: IOProc.IOProc
  /** What the file has. */
  readonly content: () => Uint8Array
  /** Sets how many bytes there is room for. */
  readonly grow: (limit: number) => void
}

/** Writes past the limit fail with ENOSPC. */
export const makeSmallDisk = (size: number): SmallDisk => {
  let limit = size
  let content = new Uint8Array(0)
  const file = IOProc.makeFile({
    name: "f",
    size: Effect.sync(() => content.length),
    readAt: (position, target) =>
      Effect.sync(() => {
        const part = content.subarray(position, position + target.length)
        target.set(part)
        return part.length
      }),
    writeAt: (position, source) =>
      Effect.suspend(() => {
        const end = position + source.length
        if (end > limit) {
          return Exit.fail(
            new MmioError.CannotWrite({
              operation: "write",
              file: "f",
              description: "no space left on device",
              errno: "ENOSPC",
              written: 0
            })
          )
        }
        const next = new Uint8Array(Math.max(end, content.length))
        next.set(content)
        next.set(source, position)
        content = next
        return Exit.succeed(source.length)
      })
  })
  return {
    ioProc: IOProc.make({ open: () => Effect.succeed(file) }),
    content: () => content,
    grow: (next) => {
      limit = next
    }
  }
}
