import { Mmio, type MmioError, Riff } from "@effect-mmio/core"
import { Model } from "@effect-mmio/testing"
import { Effect } from "effect"

/**
 * Writes chunks, whose sizes `declare` tells of the right ones, and does something before each and at the end of each.
 */
export const build = <E = never>(
  file: Mmio.WriteHandle,
  chunks: ReadonlyArray<Model.Chunk>,
  declare: (size: number) => number | undefined,
  between: Effect.Effect<void, E> = Effect.void
): Effect.Effect<void, E | Riff.CreateError | MmioError.CannotSeek> =>
  Effect.forEach(chunks, (chunk) => {
    const size = declare("data" in chunk ? chunk.data.length : Model.serialize([chunk]).length - 8)
    return Effect.zipRight(
      between,
      Riff.withChunk(
        file,
        "data" in chunk
          ? { chunk: chunk.id, size }
          : chunk.id === "RIFF"
          ? { riff: chunk.type, size }
          : { list: chunk.type, size },
        () =>
          Effect.zipRight(
            "data" in chunk ? Mmio.writeAll(file, chunk.data) : build(file, chunk.children, declare, between),
            between
          )
      )
    )
  }, { discard: true })
