/**
 * The walk that a program makes by itself, with `Riff.descend` and `Riff.ascend` alone.
 */
import * as Mmio from "@effect-mmio/core/Mmio"
import type * as MmioError from "@effect-mmio/core/MmioError"
import * as Riff from "@effect-mmio/core/Riff"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"

/** The walk goes in circles: as a defect, since no program could do anything about it. */
class Endless extends Error {}

/** Goes past a chunk; where there is no such position, nothing more can be found. */
const leave = (file: Mmio.ReadWriteHandle, chunk: Riff.FoundChunk) =>
  Effect.catchTags(Riff.ascend(file, chunk), {
    CannotSeek: () => Mmio.seek(file, 0, "end"),
    InvalidParameter: () => Mmio.seek(file, 0, "end")
  })

const tops = new Set(["RIFF", "RIFX", "RF64", "BW64", "FORM", "CAT "])

/**
 * Where the chunks are whose first form is at `from`, found with so many steps at most. Leaves the position where it
 * was. (As `Fixtures.walk`, but for what is told, and what that costs.)
 */
export const descended = (
  file: Mmio.ReadWriteHandle,
  from: number,
  most: number
): Effect.Effect<
  ReadonlyArray<number>,
  MmioError.InvalidFile | MmioError.InvalidParameter | MmioError.SeekError | Mmio.ReadError<"readWrite">
> =>
  Effect.gen(function*() {
    const start = yield* Mmio.position(file)
    yield* Mmio.seek(file, from)
    const found: Array<number> = []
    const inside: Array<Riff.FoundChunk> = []
    for (let steps = 0;; steps++) {
      if (steps > most) return yield* Effect.die(new Endless(`more than ${most} steps`))
      const parent = inside.at(-1)
      const next = yield* Effect.either(Riff.descend(file, { parent }))
      if (Either.isLeft(next)) {
        const error = next.left
        if (error._tag !== "ChunkNotFound") return yield* Effect.zipRight(Mmio.seek(file, start), Effect.fail(error))
        const left = inside.pop()
        if (left === undefined) break
        yield* leave(file, left)
        continue
      }
      const chunk = next.right
      const { dataOffset, guid, id, offset, size, type } = chunk
      if (parent === undefined && !(Option.isSome(guid) ? id === "riff" : tops.has(id))) break
      found.push(offset)
      const end = Math.min(dataOffset + size, parent === undefined ? Infinity : parent.dataOffset + parent.size)
      if (Option.isSome(type) && size >= (Option.isSome(guid) ? 16 : 4)) {
        inside.push({ ...chunk, size: end - dataOffset })
      } else yield* leave(file, chunk)
    }
    yield* Mmio.seek(file, start)
    return found
  })
