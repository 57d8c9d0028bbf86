/**
 * RIFF files: chunks found, entered, left and made.
 *
 * A chunk is an id of four characters, a size, and as many bytes of data, padded to an even number. The data of a `RIFF` or `LIST`
 * chunk is a type of four characters and further chunks.
 *
 * Sizes come out of the file and are not trusted: nothing is allocated by them, a search never leaves its parent, and every step of it
 * goes forward by at least the eight bytes of a chunk's header.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import type * as Option from "effect/Option"
import type * as Stream from "effect/Stream"
import type { FourCC } from "./FourCC.js"
import { implementation } from "./internal/mmio.js"
import * as internal from "./internal/riff.js"
import * as Mmio from "./Mmio.js"
import type * as MmioError from "./MmioError.js"

/**
 * A chunk that was descended into, or ascended out of (`MMCKINFO`).
 *
 * @since 0.1.0
 * @category models
 */
export interface FoundChunk {
  /** The id. */
  readonly id: FourCC
  /**
   * How many bytes of data the chunk declares: without its header and its pad byte, with the type of a `RIFF` or `LIST`. How many there
   * really are is for the file to say.
   */
  readonly size: number
  /** The form type of a `RIFF`, the list type of a `LIST`. */
  readonly type: Option.Option<FourCC>
  /** Where the data begins, in bytes from the start of the file: 8 behind the header's first byte, also where a type is first. */
  readonly dataOffset: number
  /** The header says what it has to (no `MMIO_DIRTY`). */
  readonly dirty: false
}

/**
 * A chunk that was created, and whose size is corrected as it is ascended out of (`MMCKINFO` with `MMIO_DIRTY`).
 *
 * @since 0.1.0
 * @category models
 */
export interface CreatedChunk extends Omit<FoundChunk, "dirty"> {
  /** The header may have to be corrected. */
  readonly dirty: true
}

/**
 * A chunk: a value, which no later operation changes.
 *
 * @since 0.1.0
 * @category models
 */
export type Chunk = FoundChunk | CreatedChunk

/**
 * What to look for: a chunk of an id, a `RIFF` of a form type (`MMIO_FINDRIFF`), or a `LIST` of a list type (`MMIO_FINDLIST`). Codes
 * have exactly four characters: `"fmt "`, not `"fmt"`.
 *
 * @since 0.1.0
 * @category models
 */
export type Find =
  | { readonly chunk: string; readonly riff?: undefined; readonly list?: undefined }
  | { readonly riff: string; readonly chunk?: undefined; readonly list?: undefined }
  | { readonly list: string; readonly chunk?: undefined; readonly riff?: undefined }

/**
 * Where and what to descend into.
 *
 * @since 0.1.0
 * @category options
 */
export interface DescendOptions {
  /** What to look for. Default: the chunk that begins at the position. */
  readonly find?: Find | undefined
  /** The chunk in which to look, to its end. Default: the whole file. */
  readonly parent?: Chunk | undefined
}

/**
 * What descending can fail with.
 *
 * @since 0.1.0
 * @category errors
 */
export type DescendError<A extends Mmio.Readable> =
  | MmioError.ChunkNotFound
  | MmioError.InvalidFile
  | MmioError.InvalidParameter
  | Mmio.ReadError<A>

/**
 * Goes into a chunk (`mmioDescend`): looks from the position on, chunk by chunk, to the end of the parent or of the file, and leaves the
 * position at the chunk's data, behind the type of a `RIFF` or `LIST`.
 *
 * Fails with `ChunkNotFound` where the search ends, at the latest where a header does not fit; also where the position is not inside of
 * the parent. Fails with `InvalidFile` for a `RIFF` or `LIST` whose type is cut off by the end of the file, and with
 * `InvalidParameter` for a code that is none. After a failure the position is where the search began.
 *
 * @example
 * ```ts
 * import { Mmio, Riff } from "@effect-mmio/core"
 * import { Effect } from "effect"
 *
 * export const format = (file: Mmio.ReadHandle) =>
 *   Effect.gen(function*() {
 *     const wave = yield* Riff.descend(file, { find: { riff: "WAVE" } })
 *     const fmt = yield* Riff.descend(file, { find: { chunk: "fmt " }, parent: wave })
 *     return yield* Mmio.read(file, fmt.size)
 *   })
 * ```
 *
 * @since 0.1.0
 * @category navigation
 */
export const descend = <A extends Mmio.Readable>(
  self: Mmio.Handle<A>,
  options?: DescendOptions
): Effect.Effect<FoundChunk, DescendError<A>> => internal.descend(implementation(self), options)

/**
 * Goes out of a chunk (`mmioAscend`), to the even position behind it, where the next chunk begins.
 *
 * Of a created chunk the position says how much data it got: an odd size gets a zero as its pad byte, and a size field that says
 * otherwise is corrected. Gives the chunk as it then is. That needs a handle that can write; it fails with `InvalidParameter` where the
 * position is before the data, or so far behind that the size does not fit 32 bits.
 *
 * After a failure the position is where it was, and ascending can be tried again.
 *
 * @since 0.1.0
 * @category navigation
 */
export function ascend(
  self: Mmio.Handle,
  chunk: FoundChunk
): Effect.Effect<FoundChunk, MmioError.CannotSeek | MmioError.InvalidParameter>
export function ascend(
  self: Mmio.WriteHandle,
  chunk: Chunk
): Effect.Effect<FoundChunk, MmioError.CannotSeek | MmioError.InvalidParameter | MmioError.WriteError>
export function ascend(self: Mmio.Handle, chunk: Chunk) {
  return internal.ascend(implementation(self), chunk)
}

/**
 * What chunk to make. The size is what the header says until the chunk is ascended out of; where it is known beforehand, nothing has to be
 * corrected then, and the storage need not be able to seek. Default: 0.
 *
 * @since 0.1.0
 * @category models
 */
export type ChunkSpec = Find & { readonly size?: number | undefined }

/**
 * What making a chunk can fail with.
 *
 * @since 0.1.0
 * @category errors
 */
export type CreateError = MmioError.InvalidParameter | MmioError.WriteError

/**
 * Makes a chunk at the position (`mmioCreateChunk`; `MMIO_CREATERIFF`, `MMIO_CREATELIST`): writes its header, and the type of a `RIFF` or
 * `LIST`, over whatever is there. {@link ascend} ends it.
 *
 * Fails with `InvalidParameter` for a code that is none, and for a size that does not fit 32 bits.
 *
 * @since 0.1.0
 * @category building
 */
export const createChunk = (self: Mmio.WriteHandle, spec: ChunkSpec): Effect.Effect<CreatedChunk, CreateError> =>
  internal.createChunk(implementation(self), spec)

/**
 * Makes a chunk, runs `body`, which writes its data, and ascends. If `body` fails, the chunk is left as it is.
 *
 * @example
 * ```ts
 * import { Mmio, Riff } from "@effect-mmio/core"
 *
 * export const tagged = (file: Mmio.WriteHandle, title: string) =>
 *   Riff.withChunk(file, { list: "INFO" }, () =>
 *     Riff.withChunk(file, { chunk: "INAM" }, () =>
 *       Mmio.writeAll(file, new TextEncoder().encode(`${title}\0`))))
 * ```
 *
 * @since 0.1.0
 * @category building
 */
export const withChunk = <B, E, R>(
  self: Mmio.WriteHandle,
  spec: ChunkSpec,
  body: (chunk: CreatedChunk) => Effect.Effect<B, E, R>
): Effect.Effect<B, E | CreateError | MmioError.CannotSeek, R> =>
  Effect.flatMap(
    createChunk(self, spec),
    (chunk) => Effect.zipLeft(body(chunk), ascend(self, chunk))
  )

/**
 * Descends into a chunk, runs `body`, and ascends. If `body` fails, the position stays where it left it.
 *
 * @since 0.1.0
 * @category navigation
 */
export const inChunk = <A extends Mmio.Readable, B, E, R>(
  self: Mmio.Handle<A>,
  options: DescendOptions,
  body: (chunk: FoundChunk) => Effect.Effect<B, E, R>
): Effect.Effect<B, E | DescendError<A> | MmioError.CannotSeek, R> =>
  Effect.flatMap(
    descend(self, options),
    (chunk) => Effect.zipLeft(body(chunk), ascend(self, chunk))
  )

/**
 * The data of a chunk as a stream, with the type of a `RIFF` or `LIST`; it ends early where the file does. Otherwise like `Mmio.stream`.
 *
 * @since 0.1.0
 * @category streaming
 */
export const stream = <A extends Mmio.Readable>(
  self: Mmio.Handle<A>,
  chunk: Chunk,
  options?: { readonly chunkSize?: number | undefined }
): Stream.Stream<Uint8Array, Mmio.ReadError<A> | MmioError.CannotSeek | MmioError.InvalidParameter> =>
  Mmio.stream(self, { from: chunk.dataOffset, to: chunk.dataOffset + chunk.size, chunkSize: options?.chunkSize })
