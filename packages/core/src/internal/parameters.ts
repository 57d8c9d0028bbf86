/**
 * What callers pass: buffers, codes, ranges, sizes and limits, checked.
 */
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as FourCC from "../FourCC.js"
import type * as Api from "../Mmio.js"
import * as MmioError from "../MmioError.js"
import type { Handle } from "./handle/handle.js"
import { defaultChunkSize } from "./handle/stream.js"
import { allocate, outOfMemory } from "./io/copy.js"

const defaultBufferSize = 8192

/** @internal */
export const invalid = (operation: string, file: string, description: string) =>
  new MmioError.InvalidParameter({ operation, file, description })

/** A buffer of the caller, or a new one. @internal */
export const makeBuffer = (
  operation: string,
  file: string,
  buffer: number | Uint8Array | "none" | undefined
): Either.Either<Uint8Array, MmioError.InvalidParameter | MmioError.OutOfMemory> => {
  if (typeof buffer === "object") return Either.right(buffer)
  const size = buffer === undefined ? defaultBufferSize : buffer === "none" ? 0 : buffer
  if (!Number.isSafeInteger(size) || size < 0) {
    return Either.left(invalid(operation, file, `${size} is not the size of a buffer`))
  }
  const bytes = allocate(size)
  return bytes === undefined
    ? Either.left(outOfMemory(operation, file, size))
    : Either.right(bytes)
}

/** @internal */
export const codeOf = (
  operation: string,
  file: string,
  code: string
): Either.Either<FourCC.FourCC, MmioError.InvalidParameter> =>
  FourCC.isFourCC(code)
    ? Either.right(code)
    : Either.left(invalid(operation, file, `${FourCC.format(code)} is not a four-character code`))

/** @internal */
export const checkRange = (
  handle: Handle,
  operation: string,
  range: Api.Range | undefined
): Effect.Effect<{ readonly from: number | undefined; readonly to: number }, MmioError.InvalidParameter> => {
  const { from, to = Number.MAX_SAFE_INTEGER } = range ?? {}
  const isPlace = (place: number) => Number.isSafeInteger(place) && place >= 0
  return (from === undefined || isPlace(from)) && isPlace(to) && (from ?? 0) <= to
    ? Effect.succeed({ from, to })
    : handle.invalid(operation, `${from ?? "the position"} to ${to} is not a range of a file`)
}

/** @internal */
export const checkChunkSize = (
  handle: Handle,
  operation: string,
  size: number = defaultChunkSize
): Effect.Effect<number, MmioError.InvalidParameter> =>
  Number.isSafeInteger(size) && size > 0
    ? Effect.succeed(size)
    : handle.invalid(operation, `${size} is not the size of a chunk`)

/** @internal */
export const checkLimit = (
  handle: Handle,
  operation: string,
  limit: number
): Effect.Effect<number, MmioError.InvalidParameter> =>
  Number.isSafeInteger(limit) && limit > 0
    ? Effect.succeed(limit)
    : handle.invalid(operation, `${limit} is no limit of the bytes of a record`)
