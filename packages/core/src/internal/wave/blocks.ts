/** The samples of a WAVE file as a stream. */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import * as FourCC from "../../FourCC.js"
import type { Access } from "../../IOProc.js"
import * as MmioError from "../../MmioError.js"
import type * as Api from "../../Wave.js"
import type { Handle } from "../handle/handle.js"
import * as streams from "../handle/stream.js"
import { checkChunkSize } from "../parameters.js"
import { Forward } from "../riff/forward.js"
import { type Contents, lacks, read, readForward, type ReadingError } from "./contents.js"
import { unitSize } from "./frames.js"

/** Where in `fmt ` the block align is. @internal */
export const blockAlignOffset = 12

/** @internal */
export const blocks = <A extends Access>(
  handle: Handle<A>,
  { at, chunkSize }: Api.BlocksOptions
): Stream.Stream<Uint8Array, ReadingError<A> | MmioError.InvalidParameter> => {
  const operation = "Wave.blocks"
  const invalid = (position: number, description: string) =>
    new MmioError.InvalidFile({ operation, file: handle.name.full, position, description })
  /** What there is to know of the samples. */
  const samplesOf = (contents: Contents): Effect.Effect<Samples, MmioError.InvalidFile> => {
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
    if (handle.forwardOnly && format.chunk.offset > data.chunk.offset) {
      return Effect.fail(
        invalid(data.chunk.offset, "the samples come before the \"fmt \", and the storage only goes forward")
      )
    }
    const from = data.chunk.dataOffset
    return Effect.succeed({ unit, from, to: from + data.available })
  }
  // Leniently: what a field of `fmt ` is wrong in does not matter, where the size of a block can be told.
  const options = { operation, wanted: ["fmt "], lenient: true, at } as const
  const open = Effect.flatMap(checkChunkSize(handle, operation, chunkSize), (size) => {
    const file = handle.forwardOnly ? new Forward(handle, at ?? 0) : undefined
    return Effect.map(
      Effect.flatMap(file === undefined ? read(handle, options) : readForward(handle, options, file, false), samplesOf),
      (samples) => {
        const { from, to, unit } = samples
        const whole = (bytes: number) => bytes - bytes % unit
        const most = Math.max(unit, whole(size))
        return (file === undefined ? streams.stream(handle, { from, to }, most) : forward(handle, file, samples, most))
          .pipe(
            // The last one may be incomplete, and so may be any, where the file gets shorter while it is read.
            Stream.map((bytes) => bytes.subarray(0, whole(bytes.length))),
            Stream.filter((bytes) => bytes.length > 0)
          )
      }
    )
  })
  return Stream.unwrap(open)
}

/** Where samples are, and how many bytes of them belong together. */
interface Samples {
  readonly unit: number
  readonly from: number
  readonly to: number
}

/** The samples of a file that only goes forward, which was read up to them. */
const forward = <A extends Access>(
  handle: Handle<A>,
  file: Forward<A>,
  { from, to }: Samples,
  most: number
): Stream.Stream<Uint8Array, ReadingError<A>> =>
  Stream.unfoldEffect(from, (at) => {
    const size = Math.min(most, to - at)
    return size <= 0 ? Effect.succeedNone : Effect.map(
      handle.exclusive("Wave.blocks", (restore) => file.take(at, size, restore)),
      (bytes) => bytes.length === 0 ? Option.none() : Option.some([bytes, at + bytes.length] as const)
    )
  })
