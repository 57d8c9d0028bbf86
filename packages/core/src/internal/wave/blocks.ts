/** The samples of a WAVE file as a stream. */
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import * as FourCC from "../../FourCC.js"
import type { Access } from "../../IOProc.js"
import * as MmioError from "../../MmioError.js"
import type { Handle } from "../handle/handle.js"
import * as streams from "../handle/stream.js"
import { checkChunkSize } from "../mmio.js"
import { lacks, read, type ReadingError } from "./contents.js"
import { unitSize } from "./frames.js"

/** Where in `fmt ` the block align is. @internal */
export const blockAlignOffset = 12

/** @internal */
export const blocks = <A extends Access>(
  handle: Handle<A>,
  chunkSize: number | undefined
): Stream.Stream<Uint8Array, ReadingError<A> | MmioError.InvalidParameter> => {
  const operation = "Wave.blocks"
  const invalid = (position: number, description: string) =>
    new MmioError.InvalidFile({ operation, file: handle.name.full, position, description })
  const open = Effect.flatMap(checkChunkSize(handle, operation, chunkSize), (size) =>
    Effect.flatMap(
      // Leniently: what a field of `fmt ` is wrong in does not matter, where the size of a block can be told.
      read(handle, { operation, wanted: ["fmt "], lenient: true }),
      (contents): Effect.Effect<Stream.Stream<Uint8Array, ReadingError<A>>, MmioError.InvalidFile> => {
        const { data, known, malformed } = contents
        const [broken] = malformed
        if (broken !== undefined) {
          const { chunk, description, offset } = broken
          return Effect.fail(invalid(chunk.dataOffset + offset, `${FourCC.format(chunk.id)}: ${description}`))
        }
        const [format] = known
        if (format?.content._tag !== "fmt ") return Effect.fail(lacks(handle, operation, contents, "fmt "))
        if (data === undefined) return Effect.fail(lacks(handle, operation, contents, "data"))
        const unit = unitSize(format.content.value)
        if (unit === 0) {
          return Effect.fail(invalid(format.chunk.dataOffset + blockAlignOffset, "the block align is 0"))
        }
        const whole = (bytes: number) => bytes - bytes % unit
        const from = data.chunk.dataOffset
        return Effect.succeed(
          streams.stream(handle, { from, to: from + data.available }, Math.max(unit, whole(size))).pipe(
            // The last one may be incomplete, and so may be any, where the file gets shorter while it is read.
            Stream.map((bytes) => bytes.subarray(0, whole(bytes.length))),
            Stream.filter((bytes) => bytes.length > 0)
          )
        )
      }
    ))
  return Stream.unwrap(open)
}
