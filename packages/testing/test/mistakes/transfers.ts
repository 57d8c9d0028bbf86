/**
 * Mistakes against laws 1 and 2, and of reading and writing.
 */
import { type IOProc, MmioError } from "@effect-mmio/core"
import { Effect } from "effect"
import { error, files, type Mistake, mistake, storage, type Write, writers } from "./make.js"

/** Writes that are kept, and done by `all`. */
const keeping = (write: Write) => {
  const kept: Array<readonly [number, Uint8Array]> = []
  return {
    keep: (position: number, source: Uint8Array) =>
      Effect.sync(() => {
        kept.push([position, source])
        return source.length
      }),
    all: Effect.suspend(() =>
      Effect.forEach(kept.splice(0), ([position, block]) => write(position, block, "write"), { discard: true })
    )
  }
}

export const transfers: ReadonlyArray<Mistake> = [
  mistake(
    "reads happen one byte after their position",
    "a read returns the bytes at its position",
    files((file) => ({ readAt: (position, target) => file.readAt(position > 0 ? position + 1 : position, target) }))
  ),
  mistake(
    "reads happen where the last one ended",
    "a read returns the bytes at its position",
    files((file) => {
      let cursor = 0
      return {
        readAt: (position, target) =>
          position < 0 ?
            file.readAt(position, target) :
            Effect.tap(Effect.suspend(() => file.readAt(cursor, target)), (count) =>
              Effect.sync(() => {
                cursor += count
              }))
      }
    })
  ),
  mistake(
    "writes happen at the end",
    "a write puts its bytes at its position",
    writers((file, write) => ({
      writeAt: (_, source, mode) => Effect.flatMap(Effect.orDie(file.size), (size) => write(size, source, mode))
    }))
  ),
  mistake(
    "a write moves the reads of the file",
    "reads and writes do not move each other",
    writers((file, write) => {
      let moved = 0
      return {
        readAt: (position, target) => Effect.suspend(() => file.readAt(position + moved, target)),
        writeAt: (position, source, mode) =>
          Effect.tap(write(position, source, mode), (count) =>
            Effect.sync(() => {
              moved = count
            }))
      }
    })
  ),
  mistake(
    "a negative position is taken for 0 by reads",
    "a read at a negative position is CannotRead, and changes nothing",
    files((file) => ({ readAt: (position, target) => file.readAt(Math.max(0, position), target) }))
  ),
  mistake(
    "a negative position is taken for 0 by writes",
    "a write at a negative position is CannotWrite, and changes nothing",
    writers((_, write) => ({ writeAt: (position, source, mode) => write(Math.max(0, position), source, mode) }))
  ),
  mistake(
    "a refused write writes",
    "a write at a negative position is CannotWrite, and changes nothing",
    writers((_, write) => ({
      writeAt: (position, source, mode) =>
        Effect.tapError(write(position, source, mode), () => Effect.ignore(write(0, source, mode)))
    }))
  ),
  mistake(
    "the size is that of when the file was opened",
    "size counts the bytes that the file itself has written",
    storage((driver) => ({
      open: (request) =>
        Effect.flatMap(
          driver.open(request),
          (file) =>
            Effect.map(Effect.orDie(file.size), (size): IOProc.File => ({ ...file, size: Effect.succeed(size) }))
        )
    }))
  ),
  mistake(
    "the size is one too large",
    "size is the number of bytes",
    files((file) => ({ size: Effect.map(file.size, (size) => size + 1) }))
  ),
  mistake(
    "positions have 32 bits",
    "a read past 4 GiB returns 0",
    files((file) => ({
      readAt: (position, target) => file.readAt(position < 0 ? position : position % 2 ** 32, target)
    }))
  ),
  mistake(
    "the file grows without zeros",
    "a write 10 bytes past the end fills the gap with zeros",
    writers((file, write) => ({
      writeAt: (position, source, mode) =>
        Effect.gen(function*() {
          const size = yield* Effect.orDie(file.size)
          if (position > size) yield* write(size, new Uint8Array(position - size).fill(0xcc), "write")
          return yield* write(position, source, mode)
        })
    }))
  ),
  mistake(
    "a read at the end returns what was asked for",
    "a read at the end returns 0, any number of times",
    files((file) => ({
      readAt: (position, target) =>
        Effect.map(file.readAt(position, target), (count) => count === 0 ? target.length : count)
    }))
  ),
  mistake(
    "a read past the end fails",
    "a read past the end returns 0, and changes nothing",
    files((file, { name }) => ({
      readAt: (position, target) =>
        Effect.flatMap(
          Effect.orDie(file.size),
          (size) =>
            position > size ? Effect.fail(new MmioError.CannotRead(error(name.full))) : file.readAt(position, target)
        )
    }))
  ),
  mistake(
    "a read clears what it does not fill",
    "a read of more than the file has returns what it has, then 0",
    files((file) => ({
      readAt: (position, target) =>
        Effect.tap(file.readAt(position, target), (count) => Effect.sync(() => target.fill(0, count)))
    }))
  ),
  mistake(
    "a short write returns the count of a whole one",
    "writes of 64 in sequence follow each other",
    writers((_, write) => ({
      writeAt: (position, source, mode) =>
        Effect.as(write(position, source.subarray(0, Math.ceil(source.length / 2)), mode), source.length)
    }))
  ),
  mistake(
    "a write takes the memory before its array",
    "a part of a larger array is written, and nothing around it",
    writers((_, write) => ({
      writeAt: (position, source, mode) =>
        write(position, new Uint8Array(source.buffer).subarray(0, source.length), mode)
    }))
  ),
  mistake(
    "a write clears its array",
    "a write does not change the array",
    writers((_, write) => ({
      writeAt: (position, source, mode) =>
        Effect.tap(write(position, source, mode), () => Effect.sync(() => source.fill(0)))
    }))
  ),
  mistake(
    "a write keeps its array, and writes it later",
    "the caller may change an array that was written, and the file stays",
    writers((file, write) => {
      const { all, keep } = keeping(write)
      return {
        writeAt: (position, source, mode) =>
          mode === "writeFlush"
            ? Effect.zipRight(all, write(position, source, mode))
            : keep(position, source),
        close: Effect.zipRight(all, file.close)
      }
    })
  ),
  mistake(
    "a file reads what it wrote only after a flush",
    "a file reads what it wrote itself",
    writers((file, write) => {
      const { all, keep } = keeping(write)
      return {
        writeAt: (position, source, mode) =>
          mode === "writeFlush"
            ? Effect.zipRight(all, write(position, source, mode))
            : keep(position, source.slice()),
        close: Effect.zipRight(all, file.close)
      }
    })
  ),
  mistake(
    "writeFlush only writes, and does not flush",
    "writeFlush lets other handles see its bytes",
    writers((file, write) => {
      const { all, keep } = keeping(write)
      return {
        writeAt: (position, source) => keep(position, source.slice()),
        readAt: (position, target) => Effect.zipRight(Effect.orDie(all), file.readAt(position, target)),
        close: Effect.zipRight(all, file.close)
      }
    })
  ),
  mistake(
    "writeFlush of no bytes writes one",
    "writeFlush of no bytes returns 0, and changes nothing",
    writers((_, write) => ({
      writeAt: (position, source, mode) => write(position, source.length === 0 ? Uint8Array.of(0) : source, mode)
    }))
  ),
  mistake(
    "writeFlush of no bytes past the end fills the gap",
    "writeFlush of no bytes past the end leaves no gap",
    writers((file, write) => ({
      writeAt: (position, source, mode) =>
        Effect.zipRight(
          source.length > 0 ?
            Effect.void :
            Effect.flatMap(
              Effect.orDie(file.size),
              (size) =>
                position > size ? Effect.asVoid(write(size, new Uint8Array(position - size), mode)) : Effect.void
            ),
          write(position, source, mode)
        )
    }))
  ),
  mistake(
    "writeFlush does not write",
    "writeFlush writes as write does",
    writers((_, write) => ({
      writeAt: (position, source, mode) =>
        mode === "writeFlush" ? Effect.succeed(source.length) : write(position, source, mode)
    }))
  )
]
