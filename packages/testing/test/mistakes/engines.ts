/**
 * Whole engines that are wrong: buffers between a handle and a storage, each with the mistake that such a buffer is
 * prone to.
 */
import type { IOProc, MmioError } from "@effect-mmio/core"
import { Effect } from "effect"
import { files, type Mistake, mistake, type Write, writers } from "./make.js"

type Held = Array<readonly [position: number, bytes: Uint8Array]>

/** Holds writes back until a flush, which `drain` does. */
const holding = (held: Held, drain: ReturnType<typeof writeAll>): Write => (position, source, mode) =>
  Effect.suspend(() => {
    held.push([position, source.slice()])
    return mode === "write" ? Effect.succeed(source.length) : Effect.as(drain, source.length)
  })

/** Writes all that is held, in the order that `sorted` gives it. */
const writeAll = (write: Write, held: Held, sorted: (held: Held) => Held = (held) => held) =>
  Effect.suspend(() =>
    Effect.forEach(sorted(held.splice(0)), ([position, bytes]) => write(position, bytes, "writeFlush"), {
      discard: true
    })
  )

/** Reads through what is held, so that a handle sees its own writes. */
const through = (file: IOProc.File, held: Held): Pick<IOProc.File, "readAt" | "size"> => ({
  size: Effect.map(file.size, (size) => held.reduce((end, [at, bytes]) => Math.max(end, at + bytes.length), size)),
  readAt: (position, target) =>
    Effect.map(file.readAt(position, target), (count) => {
      let end = count
      for (const [at, bytes] of held) {
        for (let i = 0; i < bytes.length; i++) {
          const index = at + i - position
          if (index >= 0 && index < target.length) {
            target[index] = bytes[i] ?? 0
            end = Math.max(end, index + 1)
          }
        }
      }
      return end
    })
})

export const engines: ReadonlyArray<Mistake> = [
  mistake(
    "a write buffer that is dropped when its file is closed",
    "overwriting changes those bytes, and no others",
    writers((file, write) => {
      const held: Held = []
      return { ...through(file, held), writeAt: holding(held, writeAll(write, held)) }
    })
  ),
  mistake(
    "a write buffer that drains in the wrong order",
    "a write puts its bytes at its position",
    writers((file, write) => {
      const held: Held = []
      const drain = writeAll(write, held, (held) => held.toReversed())
      return {
        ...through(file, held),
        writeAt: holding(held, drain),
        close: Effect.zipRight(Effect.ignore(drain), file.close)
      }
    })
  ),
  mistake(
    "a read buffer that is not invalidated by writes",
    "a position can be written any number of times",
    files((file) => {
      const blocks = new Map<number, Uint8Array>()
      return {
        readAt: (position, target) => {
          const known = blocks.get(position)
          if (known !== undefined && known.length >= target.length) {
            target.set(known.subarray(0, target.length))
            return Effect.succeed(target.length)
          }
          return Effect.map(file.readAt(position, target), (count) => {
            blocks.set(position, target.slice(0, count))
            return count
          })
        }
      }
    })
  ),
  mistake(
    "a read buffer that fills up a short read with zeros",
    "a file opened for reading has its bytes from the first on",
    files((file) => ({
      readAt: (position, target) =>
        Effect.map(file.readAt(position, target), (count) => {
          if (count > 0) target.fill(0, count)
          return count > 0 ? target.length : 0
        })
    }))
  ),
  mistake(
    "a read-ahead that keeps a failure for a later read",
    "a file goes on after any number of refused calls",
    files((file) => {
      let failed: Effect.Effect<never, MmioError.ReadError> | undefined
      return {
        readAt: (position, target) =>
          failed ?? Effect.tapError(file.readAt(position, target), (error) =>
            Effect.sync(() => {
              failed = Effect.fail(error)
            }))
      }
    })
  ),
  mistake(
    "a write buffer that forgets a write that failed",
    "a closed file refuses to write, and nothing is written",
    writers((_, write) => ({
      writeAt: (position, source, mode) =>
        Effect.orElseSucceed(write(position, source, mode), () => position < 0 ? -1 : source.length)
    }))
  )
]
