/**
 * RIFF files: chunks found, entered, left and made; walked through, checked and repaired.
 *
 * A chunk is an id of four characters, a size, and as many bytes of data, padded to an even number. The data of a
 * `RIFF` or `LIST` chunk is a type of four characters and further chunks.
 *
 * What reads `RIFF` reads its relatives: `RIFX`, whose numbers are big-endian; `RF64` and `BW64`, whose sizes of 64
 * bits are in their first chunk, `ds64`; Wave64, whose ids are GUIDs, whose sizes count the header, and whose chunks
 * begin at multiples of eight. Of IFF-85, from which all of them come, `FORM` and `CAT ` are read (AIFF is a `FORM`). A
 * chunk knows how it is written, and what is in it is written the same.
 *
 * Sizes come out of the file and are not trusted: nothing is allocated by them, a search never leaves its parent, and
 * every step of it goes forward by at least the eight bytes of a chunk's header. `RiffLimits` says how far a walk
 * follows them.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import { dual } from "effect/Function"
import type * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import type { FileName } from "./FileName.js"
import type { FourCC, FourCharacters } from "./FourCC.js"
import { hasHandle } from "./internal/dataFirst.js"
import * as fileStreams from "./internal/fileStream.js"
import { isHandle } from "./internal/handle/handle.js"
import { implementation } from "./internal/handle/implementation.js"
import { traced } from "./internal/observe.js"
import * as building from "./internal/riff/build.js"
import * as descending from "./internal/riff/descend.js"
import * as editing from "./internal/riff/edit/edit.js"
import * as unfinished from "./internal/riff/edit/unfinished.js"
import * as finding from "./internal/riff/find.js"
import * as forms from "./internal/riff/form.js"
import * as integers from "./internal/riff/integer.js"
import * as paths from "./internal/riff/path.js"
import * as repairs from "./internal/riff/repair.js"
import * as trees from "./internal/riff/tree.js"
import type { IOProc } from "./IOProc.js"
import * as Mmio from "./Mmio.js"
import type * as MmioError from "./MmioError.js"
import type { RiffCorrection } from "./RiffCorrection.js"
import type * as RiffEdit from "./RiffEdit.js"
import type { RiffProblem } from "./RiffProblem.js"

/**
 * In which order the bytes of numbers are.
 *
 * @since 0.1.0
 * @category models
 */
export type ByteOrder = "little" | "big"

/**
 * The ways to write chunks:
 *
 * - `"RIFF"`: numbers are little-endian, and sizes have 32 bits.
 * - `"RIFX"`: the same, big-endian.
 * - `"RF64"` and `"BW64"`: as `RIFF`, with sizes of 64 bits in a first chunk, `ds64`. There is none that is big-endian.
 * - `"Wave64"`: ids are GUIDs; sizes have 64 bits, are little-endian, and count the header; chunks begin at multiples
 *   of eight.
 *
 * @since 0.1.0
 * @category models
 */
export type Family = "RIFF" | "RIFX" | "RF64" | "BW64" | "Wave64"

/**
 * What the `ds64` of an `RF64` or `BW64` says. A number beyond 2^53 - 1 counts as that.
 *
 * @since 0.1.0
 * @category models
 */
export interface Ds64 {
  /** Where its data begins, in bytes from the start of the file. */
  readonly dataOffset: number
  /** The size of the `RF64`, in bytes. */
  readonly riffSize: number
  /** The size of its `data`, in bytes. */
  readonly dataSize: number
  /** How many samples there are, as `fact` says it elsewhere. */
  readonly sampleCount: number
  /** The sizes of other chunks, in bytes. Of two of an id the first counts. */
  readonly table: ReadonlyArray<{ readonly id: FourCC; readonly size: number }>
}

/**
 * A chunk that was descended into, or ascended out of (`MMCKINFO`).
 *
 * @since 0.1.0
 * @category models
 */
export interface FoundChunk {
  /** The id; of Wave64 the first four bytes of the GUID, which spell it in those that are defined. */
  readonly id: FourCC
  /**
   * How many bytes of data the chunk declares: without its header and its pad byte, with the type of a `RIFF` or
   * `LIST`. How many there really are is for the file to say. Where the header holds 0xFFFFFFFF, and a `ds64` the size,
   * it is that.
   */
  readonly size: number
  /** The form type of a `RIFF`, the list type of a `LIST`. */
  readonly type: Option.Option<FourCC>
  /** Where the header begins, in bytes from the start of the file. */
  readonly offset: number
  /** Where the data begins: after the header, which is 8 bytes long (24 in Wave64). A type is part of the data. */
  readonly dataOffset: number
  /** The number in the header: the size, but for those in a `ds64`, and in Wave64, where it counts the header. */
  readonly sizeField: number
  /** The order of the bytes of its size, and of all numbers in it. */
  readonly byteOrder: ByteOrder
  /** The sizes of 64 bits, of an `RF64` or `BW64` that has them and of the chunks in it. */
  readonly ds64: Option.Option<Ds64>
  /** The GUID in Wave64, in 32 hexadecimal digits as it lies in the file; what has one is written as Wave64 is. */
  readonly guid: Option.Option<string>
  /** The GUID of the type, in Wave64. */
  readonly typeGuid: Option.Option<string>
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
 * A chunk: a value, which no later operation changes. Chunks that say the same are equal by `Equal`, and print as a
 * line.
 *
 * @since 0.1.0
 * @category models
 */
export type Chunk = FoundChunk | CreatedChunk

/**
 * What to look for: a chunk of an id, a `RIFF` of a form type (`MMIO_FINDRIFF`), or a `LIST` of a list type
 * (`MMIO_FINDLIST`). Codes have exactly four characters: `"fmt "`, not `"fmt"`; a literal of any other length does not
 * compile.
 *
 * A `RIFF` is also found in `RIFX`, `RF64`, `BW64`, and in Wave64, where the form type `wave` is taken for `WAVE`; an
 * id is found as it is written only.
 *
 * @since 0.1.0
 * @category models
 */
export type Find =
  | { readonly chunk: string; readonly riff?: undefined; readonly list?: undefined }
  | { readonly riff: string; readonly chunk?: undefined; readonly list?: undefined }
  | { readonly list: string; readonly chunk?: undefined; readonly riff?: undefined }

/**
 * `S` itself where it has exactly four characters, is a `FourCC`, or is only known at run time; otherwise `never`.
 *
 * @since 0.1.0
 * @category models
 */
export type CodeText<S extends string> = string extends S ? S : S extends FourCC ? S : FourCharacters<S>

/**
 * What a {@link Find} or {@link ChunkSpec} has to be so that its codes have four characters, and it has no other
 * properties.
 *
 * @since 0.1.0
 * @category models
 */
export type WithCodes<F> = {
  readonly [K in keyof F]: K extends "chunk" | "riff" | "list" ? F[K] extends string ? CodeText<F[K]> : F[K]
    : K extends "size" | "parent" | "family" ? F[K]
    : never
}

/**
 * The same of {@link DescendOptions}.
 *
 * @since 0.1.0
 * @category models
 */
export type DescendOptionsWithCodes<O> = {
  readonly [K in keyof O]: K extends "find" ? WithCodes<O[K]> : K extends "parent" ? O[K] : never
}

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
 * Goes into a chunk (`mmioDescend`): looks from the position on, chunk by chunk, to the end of the parent or of the
 * file, and leaves the position at the chunk's data, past the type of a `RIFF` or `LIST`.
 *
 * How the chunks in a parent are written, the parent says; without one, they are taken for little-endian, but for those
 * that can only begin a file (`RIFX`, `RF64`, `BW64`, `FORM`, `CAT ` and the `riff` of Wave64), which say so
 * themselves.
 *
 * Fails with `ChunkNotFound` where the search ends, at the latest where a header does not fit; also where the position
 * is not inside of the parent. Fails with `InvalidFile` for a `RIFF` or `LIST` whose type is cut off by the end of the
 * file, and for a `ds64` that goes beyond `RiffLimits`; with `InvalidParameter` for an invalid code. After a failure
 * the position is where the search began.
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
export const descend: {
  <const O extends DescendOptions>(
    options?: O & DescendOptionsWithCodes<O>
  ): <A extends Mmio.Readable>(self: Mmio.Handle<A>) => Effect.Effect<FoundChunk, DescendError<A>>
  <A extends Mmio.Readable, const O extends DescendOptions>(
    self: Mmio.Handle<A>,
    options?: O & DescendOptionsWithCodes<O>
  ): Effect.Effect<FoundChunk, DescendError<A>>
} = dual(
  hasHandle,
  <A extends Mmio.Readable>(self: Mmio.Handle<A>, options?: DescendOptions) =>
    descending.descend(implementation(self), options)
)

/**
 * Goes out of a chunk (`mmioAscend`), to the even position after it (in Wave64 to the next multiple of eight), where
 * the next one begins. A size of 64 bits that leads past 2^53 - 1 leads there.
 *
 * Of a created chunk the position says how much data it got: zeros are added as its padding, and a size field that says
 * otherwise is corrected. Returns the chunk as it then is. That needs a handle that can write; it fails with
 * `InvalidParameter` where the position is before the data, or so far after it that the size does not fit the size
 * field. Inside of {@link withRiff} such a size goes into the `ds64`, or is `CannotExpand`, and what is still open in
 * the chunk ends with it. To ascend out of a created chunk again, once it has ended, only goes to its end.
 *
 * After a failure the position is where it was, and ascending can be tried again.
 *
 * @since 0.1.0
 * @category navigation
 */
export const ascend: {
  (
    chunk: FoundChunk
  ): (self: Mmio.Handle) => Effect.Effect<FoundChunk, MmioError.SeekError | MmioError.InvalidParameter>
  (
    chunk: Chunk
  ): (
    self: Mmio.WriteHandle
  ) => Effect.Effect<FoundChunk, MmioError.SeekError | MmioError.InvalidParameter | MmioError.WriteError>
  (self: Mmio.Handle, chunk: FoundChunk): Effect.Effect<FoundChunk, MmioError.SeekError | MmioError.InvalidParameter>
  (
    self: Mmio.WriteHandle,
    chunk: Chunk
  ): Effect.Effect<FoundChunk, MmioError.SeekError | MmioError.InvalidParameter | MmioError.WriteError>
} = dual(2, (self: Mmio.Handle, chunk: Chunk) => building.ascend(implementation(self), chunk))

/**
 * What chunk to make.
 *
 * @since 0.1.0
 * @category models
 */
export type ChunkSpec = Find & {
  /**
   * What the header says until the chunk is ascended out of, in bytes of data. Where it is known beforehand, nothing
   * has to be corrected then, and the storage need not be able to seek. Default: 0.
   */
  readonly size?: number | undefined
  /** The chunk that it is made in, whose layout it gets. Default: the form that {@link withRiff} is writing. */
  readonly parent?: Chunk | undefined
  /**
   * How it is written. Default: as its `parent`, and `"RIFF"` without one. The chunks of a form that {@link withRiff}
   * writes are written as that form is, and any other layout is `InvalidParameter`. `RF64` is written by
   * {@link withRiff} only.
   */
  readonly family?: Exclude<Family, "RF64" | "BW64"> | undefined
}

/**
 * What making a chunk can fail with.
 *
 * @since 0.1.0
 * @category errors
 */
export type CreateError = MmioError.InvalidParameter | MmioError.WriteError

/**
 * Makes a chunk at the position (`mmioCreateChunk`; `MMIO_CREATERIFF`, `MMIO_CREATELIST`): writes its header, and the
 * type of a `RIFF` or `LIST`, over whatever is there. {@link ascend} ends it. It is written as the form that
 * {@link withRiff} is writing, else as its `parent` or its `family`; a literal code of any other length than four does
 * not compile.
 *
 * Fails with `InvalidParameter` for an invalid code or family, and for a size that does not fit the size field, unless
 * it is inside of {@link withRiff}, which has places for such sizes, or fails with `CannotExpand`. After a failure the
 * position is where it was.
 *
 * @example
 * ```ts
 * import { Mmio, Riff } from "@effect-mmio/core"
 *
 * // A big-endian file, without `withRiff`.
 * export const bigEndian = (file: Mmio.WriteHandle, samples: Uint8Array) =>
 *   Riff.withChunk(file, { riff: "WAVE", family: "RIFX" }, (parent) =>
 *     Riff.withChunk(file, { chunk: "data", parent }, () =>
 *       Mmio.writeAll(file, samples)))
 * ```
 *
 * @since 0.1.0
 * @category building
 */
export const createChunk: {
  <const S extends ChunkSpec>(
    spec: S & WithCodes<S>
  ): (self: Mmio.WriteHandle) => Effect.Effect<CreatedChunk, CreateError>
  <const S extends ChunkSpec>(
    self: Mmio.WriteHandle,
    spec: S & WithCodes<S>
  ): Effect.Effect<CreatedChunk, CreateError>
} = dual(2, (self: Mmio.WriteHandle, spec: ChunkSpec) => building.createChunk(implementation(self), spec))

/**
 * Makes a chunk, runs `body`, which writes its data, and ascends. If `body` fails, the chunk is left as it is; inside
 * of {@link withRiff} it is ascended out of then, too, as far as that is possible.
 *
 * Without a size it fails with `CannotSeek`, before the first byte, on storage that says that it only goes forward
 * (`IOProc.File.forwardOnly`).
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
export const withChunk: {
  <B, E, R, const S extends ChunkSpec>(
    spec: S & WithCodes<S>,
    body: (chunk: CreatedChunk) => Effect.Effect<B, E, R>
  ): (self: Mmio.WriteHandle) => Effect.Effect<B, E | CreateError | MmioError.SeekError, R>
  <B, E, R, const S extends ChunkSpec>(
    self: Mmio.WriteHandle,
    spec: S & WithCodes<S>,
    body: (chunk: CreatedChunk) => Effect.Effect<B, E, R>
  ): Effect.Effect<B, E | CreateError | MmioError.SeekError, R>
} = dual(
  3,
  <B, E, R>(self: Mmio.WriteHandle, spec: ChunkSpec, body: (chunk: CreatedChunk) => Effect.Effect<B, E, R>) =>
    building.withChunk(implementation(self), spec, body)
)

/**
 * How a form is written.
 *
 * @since 0.1.0
 * @category options
 */
export interface RiffOptions {
  /**
   * How the form and its chunks are written. Default: `"RIFF"`, which may become an `RF64`. In Wave64 the form type
   * `WAVE` is written as `wave`, which is what its readers look for, and is found as either.
   */
  readonly family?: Family | undefined
  /**
   * What to do about sizes beyond 4 GiB, which a `RIFF` cannot have:
   *
   * - `"auto"` (default): room is reserved, as a `JUNK`, and the form becomes an `RF64` if it outgrows 4 GiB. Where
   *   `size` is given, it decides: nothing is reserved for what fits, and what does not is an `RF64` from the start.
   * - `"never"`: nothing is reserved, and a form that outgrows 4 GiB is `CannotExpand`.
   * - `"always"`: an `RF64` from the start.
   *
   * A `RIFX` of more than 4 GiB is `CannotExpand`, and `"always"` is `InvalidParameter` for it, since there is no
   * `RF64` that is big-endian; so is `"never"` for `RF64` and `BW64`. In Wave64, whose sizes all have 64 bits, it means
   * nothing.
   */
  readonly large?: "auto" | "never" | "always" | undefined
  /**
   * How many bytes of data the form will have, if that is known: its type and its chunks, without the `ds64` of an
   * `RF64`. Nothing has to be corrected then, and the storage need not be able to seek.
   */
  readonly size?: number | undefined
  /**
   * The sizes of `data`, and of chunks beyond 4 GiB, by their ids, as far as they are known: an `RF64` has them in
   * front, and on storage that only goes forward they have to be given.
   */
  readonly chunkSizes?: Readonly<Record<string, number>> | undefined
  /** How many samples so many bytes of `data` are, for the `ds64` of an `RF64`. Default: 0, which says nothing. */
  readonly sampleCount?: ((dataSize: number) => number) | undefined
  /**
   * For how many chunks beyond 4 GiB, besides `data`, there is to be room, of 12 bytes each: 0 to 65535. Default: 4.
   * What is not used stays a `JUNK`.
   */
  readonly tableEntries?: number | undefined
}

/**
 * Writes a `RIFF` of a form type, or a form of another {@link Family}, as {@link withChunk} does. A `RIFF` becomes an
 * `RF64` where it outgrows 4 GiB. All chunks that are made on the handle meanwhile, by {@link createChunk} or
 * {@link withChunk}, are of that form, and written as it is: in an `RF64` the size of a `data` beyond 4 GiB goes into
 * the `ds64`, those of others into its table. Chunks that are still open as the form ends, end with it.
 *
 * Fails with `CannotExpand` where a size has no place: in a form of 4 GiB or more that is to `"never"` become an
 * `RF64`; of a chunk that the table has no entry for; and of a second chunk of that id. That is found out as a chunk is
 * ascended out of, in {@link updateSizes}, and as the form ends, before such a size is written. The bytes that were
 * written stay, and the fields that cannot hold their sizes say 0xFFFFFFFF, which readers take for the end of the file.
 *
 * If `body` fails or is interrupted, the form is still ended, with all that was written: at the position, or past what
 * was ascended out of or updated last, whichever is further. If that fails, too, as on a full disk, where what is in
 * the buffer has no place and so nothing else can be written, the cause holds both; the file says what
 * {@link updateSizes} had it say last, and {@link repair} may help.
 *
 * Fails with `CannotSeek`, before the first byte, on storage that cannot seek, unless the `size` is given. With
 * `InvalidParameter` for invalid options, and inside of another form: a form in a form is made by {@link withChunk}.
 *
 * As the form becomes an `RF64`, every step is flushed before the next, and whatever a crash leaves of them, a reader
 * finds what the form said before, or all of it: the `ds64` is written inside of the `JUNK`, then over its header; then
 * the sizes of chunks become 0xFFFFFFFF, so that they go to the end of the form; the header of the form is last.
 *
 * @example
 * ```ts
 * import { Mmio, Riff } from "@effect-mmio/core"
 * import { Effect, Stream } from "effect"
 *
 * // A recording that a crash cuts short by some blocks, and that may become as long as it likes.
 * export const record = <E>(file: Mmio.WriteHandle, format: Uint8Array, blocks: Stream.Stream<Uint8Array, E>) =>
 *   Riff.withRiff(file, "WAVE", { sampleCount: (bytes) => bytes / 4 }, () =>
 *     Effect.zipRight(
 *       Riff.withChunk(file, { chunk: "fmt " }, () => Mmio.writeAll(file, format)),
 *       Riff.withChunk(file, { chunk: "data" }, () =>
 *         Stream.runForEach(blocks, (block) => Effect.zipRight(Mmio.writeAll(file, block), Riff.updateSizes(file))))
 *     ))
 * ```
 *
 * @since 0.1.0
 * @category building
 */
export const withRiff: {
  <B, E, R, const T extends string>(
    type: T & CodeText<T>,
    options: RiffOptions,
    body: (form: CreatedChunk) => Effect.Effect<B, E, R>
  ): (self: Mmio.WriteHandle) => Effect.Effect<B, E | CreateError | MmioError.SeekError, R>
  <B, E, R, const T extends string>(
    self: Mmio.WriteHandle,
    type: T & CodeText<T>,
    options: RiffOptions,
    body: (form: CreatedChunk) => Effect.Effect<B, E, R>
  ): Effect.Effect<B, E | CreateError | MmioError.SeekError, R>
} = dual(
  4,
  <B, E, R>(
    self: Mmio.WriteHandle,
    type: string,
    options: RiffOptions,
    body: (form: CreatedChunk) => Effect.Effect<B, E, R>
  ) => forms.withRiff(implementation(self), type, options, body)
)

/**
 * How sizes are updated.
 *
 * @since 0.1.0
 * @category options
 */
export interface UpdateOptions {
  /**
   * Whether to flush what was written before, and then each size before the next, so that also the power may go at any
   * moment. Default: true. Without, a crash of the program alone loses what is in the buffer, and harms nothing.
   */
  readonly flush?: boolean | undefined
}

/**
 * Has the file say what is in it so far, while {@link withRiff} is writing it: the sizes of the form and of all chunks
 * that are open in it become what they would be if all of them ended at the position. Called every now and then, by a
 * recording, it leaves a file after a crash that has all that was written up to the last call. The position stays.
 *
 * Sizes are written from the inside to the outside, those of an `RF64` at once. Between two of them the chunk inside
 * declares more than the form around it has, so that readers see what the form said before, and {@link verify} says
 * `PastParent`. After an odd size its pad byte is written, where the next byte will be. (The storage is taken to write
 * the four bytes of a size, and those of a `ds64`, as a whole. When the power goes it may not, where they lie across
 * the end of a sector.) Once an update was flushed, the form is ended in the same careful way.
 *
 * Fails as {@link withRiff} does, with nothing changed, where a size has no place, and with `InvalidParameter` where no
 * form is being written or the position is before what is in it. After a failure the next call, and the end of the
 * form, write all of it again.
 *
 * @since 0.1.0
 * @category building
 */
export const updateSizes: {
  (options?: UpdateOptions): (self: Mmio.WriteHandle) => Effect.Effect<void, CreateError | MmioError.SeekError>
  (self: Mmio.WriteHandle, options?: UpdateOptions): Effect.Effect<void, CreateError | MmioError.SeekError>
} = dual(
  hasHandle,
  (self: Mmio.WriteHandle, options?: UpdateOptions) => forms.updateSizes(implementation(self), options)
)

/**
 * Descends into a chunk, runs `body`, and ascends. If `body` fails, the position stays where it left it.
 *
 * @since 0.1.0
 * @category navigation
 */
export const inChunk: {
  <B, E, R, const O extends DescendOptions>(
    options: O & DescendOptionsWithCodes<O>,
    body: (chunk: FoundChunk) => Effect.Effect<B, E, R>
  ): <A extends Mmio.Readable>(
    self: Mmio.Handle<A>
  ) => Effect.Effect<B, E | DescendError<A> | MmioError.SeekError, R>
  <A extends Mmio.Readable, B, E, R, const O extends DescendOptions>(
    self: Mmio.Handle<A>,
    options: O & DescendOptionsWithCodes<O>,
    body: (chunk: FoundChunk) => Effect.Effect<B, E, R>
  ): Effect.Effect<B, E | DescendError<A> | MmioError.SeekError, R>
} = dual(
  3,
  <A extends Mmio.Readable, B, E, R>(
    self: Mmio.Handle<A>,
    options: DescendOptions,
    body: (chunk: FoundChunk) => Effect.Effect<B, E, R>
  ) =>
    Effect.flatMap(
      descending.descend(implementation(self), options),
      (chunk) => Effect.zipLeft(body(chunk), ascend(self, chunk))
    )
)

/**
 * The data of a chunk as a stream, with the type of a `RIFF` or `LIST`; it ends early where the file does. Otherwise
 * like `Mmio.stream`.
 *
 * @since 0.1.0
 * @category streaming
 */
export const stream: {
  (
    chunk: Chunk,
    options?: { readonly chunkSize?: number | undefined }
  ): <A extends Mmio.Readable>(
    self: Mmio.Handle<A>
  ) => Stream.Stream<Uint8Array, Mmio.ReadError<A> | MmioError.SeekError | MmioError.InvalidParameter>
  <A extends Mmio.Readable>(
    self: Mmio.Handle<A>,
    chunk: Chunk,
    options?: { readonly chunkSize?: number | undefined }
  ): Stream.Stream<Uint8Array, Mmio.ReadError<A> | MmioError.SeekError | MmioError.InvalidParameter>
} = dual(
  ({ 0: first, length }) => length > 2 || isHandle(first),
  <A extends Mmio.Readable>(
    self: Mmio.Handle<A>,
    chunk: Chunk,
    options?: { readonly chunkSize?: number | undefined }
  ) =>
    Mmio.stream(self, {
      from: chunk.dataOffset,
      // No file goes further, but a size of 64 bits may.
      to: Math.min(chunk.dataOffset + chunk.size, Number.MAX_SAFE_INTEGER),
      chunkSize: options?.chunkSize
    })
)

/**
 * How the file of a chunk is opened and read.
 *
 * @since 0.1.0
 * @category options
 */
export interface StreamChunkOptions extends Mmio.ReadFileOptions {
  /** How many bytes a chunk of the stream has; the last one may have fewer. Default: 64 KiB. */
  readonly chunkSize?: number | undefined
}

/**
 * The data of the first chunk that a path leads to in a file, as a stream, as {@link find} and {@link stream} give it.
 * The file is opened as the stream begins, and closed as it ends, as by `Mmio.streamFile`.
 *
 * @example
 * ```ts
 * import { Mmio, Riff } from "@effect-mmio/core"
 * import { Stream } from "effect"
 *
 * // The samples of a take, without its header.
 * export const samples = Stream.run(Riff.streamChunk("take1.wav", "RIFF:WAVE / data"), Mmio.sinkFile("take1.raw"))
 * ```
 *
 * @since 0.1.0
 * @category streaming
 */
export const streamChunk = <const P extends string | Path>(
  name: string | FileName,
  path: P & (P extends string ? PathText<P> : unknown),
  options?: StreamChunkOptions
): Stream.Stream<
  Uint8Array,
  MmioError.OpenError | DescendError<"read"> | MmioError.SeekError | MmioError.CloseError,
  IOProc
> => {
  const { chunkSize, ...opening } = options ?? {}
  return fileStreams.reading("Riff.streamChunk", name, opening, (handle) =>
    Stream.unwrap(
      Effect.map(finding.find<"read">(handle, path, undefined), (chunk) => stream(handle, chunk, { chunkSize }))
    ))
}

// ---------------------------------------------------------------------------------------------------------------------
// walking
// ---------------------------------------------------------------------------------------------------------------------

/**
 * Where the first form of a file is.
 *
 * @since 0.1.0
 * @category options
 */
export interface AtOptions {
  /**
   * Where the first form begins, in bytes from the start of the file. Default: at the start of the file; where no form
   * begins there, the first one that begins in the 256 KiB after ID3v2 tags there, and {@link verify} reports the bytes
   * before it.
   */
  readonly at?: number | undefined
}

/**
 * Where to walk.
 *
 * @since 0.1.0
 * @category options
 */
export interface WithinOptions extends AtOptions {
  /**
   * The chunk whose inner chunks to walk over: they begin after its type, or at its first byte if it has no type.
   * Default: the whole file.
   */
  readonly within?: Chunk | undefined
}

/**
 * How to walk.
 *
 * @since 0.1.0
 * @category options
 */
export interface ChunksOptions extends WithinOptions {
  /** Whether to go into every `RIFF` and `LIST`. Default: true. */
  readonly recursive?: boolean | undefined
}

/**
 * A chunk that a walk came to.
 *
 * @since 0.1.0
 * @category models
 */
export interface WalkedChunk extends FoundChunk {
  /** How deep it is, 1 for those that the walk began with. */
  readonly depth: number
}

/**
 * The chunks of a file, in the order in which they are in it: every container before what is in it.
 *
 * A file begins with a `RIFF`, or a relative of it, perhaps after other bytes (see {@link AtOptions}), and others may
 * follow; what else is at the top is no chunk, and ends the walk, as an AVI ends that something was appended to. A
 * chunk that reaches beyond the one around it, or the file, is followed as far as that: a damaged file is walked to its
 * end, without a failure, and {@link verify} says what is wrong with it. A `RIFF` or `LIST` too small for a type has
 * none, and nothing is in it. Fails with `InvalidFile` where the file goes beyond `RiffLimits`.
 *
 * The stream reads as it goes, in constant memory, and has a place of its own: it leaves the position of the handle
 * where it is, and other operations may come between two chunks.
 *
 * @example
 * ```ts
 * import { Mmio, Riff } from "@effect-mmio/core"
 * import { Stream } from "effect"
 *
 * // where the frames of a video are
 * export const frames = (file: Mmio.ReadHandle) =>
 *   Riff.chunks(file).pipe(
 *     Stream.filter(({ id }) => id === "00dc"),
 *     Stream.map(({ dataOffset, size }) => ({ dataOffset, size }))
 *   )
 * ```
 *
 * @since 0.1.0
 * @category walking
 */
export const chunks: {
  (
    options?: ChunksOptions
  ): <A extends Mmio.Readable>(
    self: Mmio.Handle<A>
  ) => Stream.Stream<WalkedChunk, MmioError.InvalidFile | Mmio.ReadError<A>>
  <A extends Mmio.Readable>(
    self: Mmio.Handle<A>,
    options?: ChunksOptions
  ): Stream.Stream<WalkedChunk, MmioError.InvalidFile | Mmio.ReadError<A>>
} = dual(
  hasHandle,
  <A extends Mmio.Readable>(self: Mmio.Handle<A>, options?: ChunksOptions) =>
    unfinished.chunks(implementation(self), options)
)

/**
 * A chunk, what is there of it, and what is in it.
 *
 * @since 0.1.0
 * @category models
 */
export interface TreeNode {
  /** The chunk as its header declares it. */
  readonly chunk: FoundChunk
  /** How many bytes of its data there are, in the chunks around it and in the file. */
  readonly available: number
  /** How many bytes of padding follow its data: 0 or 1, in Wave64 up to 7. */
  readonly padding: number
  /** The chunks in it; none if it is no container. */
  readonly children: ReadonlyArray<TreeNode>
}

/**
 * What is in a file.
 *
 * @since 0.1.0
 * @category models
 */
export interface Tree {
  /** The chunks at the top. */
  readonly chunks: ReadonlyArray<TreeNode>
  /** How long the file is, in bytes. */
  readonly length: number
  /** What is wrong with the file, in the order of the file, whichever way it was read: see {@link verify}. */
  readonly problems: ReadonlyArray<RiffProblem>
}

/**
 * How to read a tree.
 *
 * @since 0.1.0
 * @category options
 */
export interface TreeOptions extends ChunksOptions {
  /**
   * Whether to read as a forgiving reader does where the file is damaged. Default: false. It sees more than the strict
   * one does:
   *
   * - what follows a chunk of odd size whose pad byte was left out;
   * - all of a form that declares no size, or the size of an empty one, because its writer died, and the samples in it;
   * - all of a form that declares less than a chunk in it, which the file has room for, and the chunks that follow the
   *   end that it declares;
   * - samples that declare more than the file has, to the end of the file.
   */
  readonly lenient?: boolean | undefined
}

/**
 * The chunks of a file as a tree, by the rules of {@link chunks}, in one operation. The position of the handle stays
 * where it is.
 *
 * Fails with `InvalidFile` where the file goes beyond `RiffLimits`, and with `CannotSeek` if the storage cannot tell
 * how long the file is.
 *
 * @example
 * ```ts
 * import { Mmio, Riff } from "@effect-mmio/core"
 * import { Effect } from "effect"
 *
 * // the ids at the top of a form, with how many bytes are there of each
 * export const contents = (file: Mmio.ReadHandle) =>
 *   Effect.map(Riff.tree(file), ({ chunks }) =>
 *     chunks.flatMap(({ children }) => children.map(({ available, chunk }) => [chunk.id, available] as const)))
 * ```
 *
 * @since 0.1.0
 * @category walking
 */
export const tree: {
  (
    options?: TreeOptions
  ): <A extends Mmio.Readable>(
    self: Mmio.Handle<A>
  ) => Effect.Effect<Tree, MmioError.SeekError | MmioError.InvalidFile | Mmio.ReadError<A>>
  <A extends Mmio.Readable>(
    self: Mmio.Handle<A>,
    options?: TreeOptions
  ): Effect.Effect<Tree, MmioError.SeekError | MmioError.InvalidFile | Mmio.ReadError<A>>
} = dual(
  hasHandle,
  <A extends Mmio.Readable>(self: Mmio.Handle<A>, options?: TreeOptions) =>
    traced(
      "Riff.tree",
      implementation(self).name.full,
      trees.tree(implementation(self), options),
      ({ length, problems }) => ({ "mmio.size": length, "riff.problems": problems.length })
    )
)

/**
 * A step of a path: a chunk of an id, and a type if one is given. `RIFF` and `LIST` mean their relatives too, as in
 * {@link Find}.
 *
 * @since 0.1.0
 * @category models
 */
export interface PathStep {
  /** The id. */
  readonly id: string
  /** The form type or list type. Default: whatever it is. */
  readonly type?: string | undefined
  /**
   * Which one of those that fit, in the container that the step before leads to, counted from 0. Default: whichever
   * leads on.
   */
  readonly index?: number | undefined
}

/**
 * The way to a chunk: what it is in, from the top on, and the chunk itself. Those that {@link parsePath} makes are
 * equal by `Equal` where they say the same.
 *
 * @since 0.1.0
 * @category models
 */
export type Path = ReadonlyArray<PathStep>

type Trimmed<S extends string> = S extends ` ${infer Rest}` | `${infer Rest} ` ? Trimmed<Rest> : S

type IsCode<S extends string> = Trimmed<S> extends "" | `${string}${":" | "[" | "]"}${string}` ? false
  : Trimmed<S> extends `${infer _A}${infer _B}${infer _C}${infer _D}${infer Rest}` ? Rest extends "" ? true : false
  : true

type IsName<S extends string> = S extends `${infer Id}:${infer Type}` ? IsCode<Id> extends true ? IsCode<Type> : false
  : IsCode<S>

type IsStep<S extends string> = Trimmed<S> extends `${infer Name}[${infer Index}]`
  ? Trimmed<Index> extends `-${string}` ? false : Trimmed<Index> extends `${bigint}` ? IsName<Name> : false
  : IsName<S>

type IsPath<S extends string> = S extends `${infer First}/${infer Rest}`
  ? IsStep<First> extends true ? IsPath<Rest> : false
  : IsStep<S>

/**
 * `S` itself where it is text that {@link parsePath} reads, or text that is only known at run time, otherwise `never`.
 *
 * @since 0.1.0
 * @category models
 */
export type PathText<S extends string> = string extends S ? S : IsPath<S> extends true ? S : never

/**
 * Reads a path that is written as text: steps with a slash between them, such as `RIFF:WAVE / LIST:INFO[1] / INAM`. A
 * step is an id, perhaps with a colon and a type, perhaps with an index in brackets. Spaces do not matter, and complete
 * codes of less than four characters: `fmt` is `"fmt "`. Codes that hold a slash, a colon, a bracket or a space in
 * front cannot be written so; a {@link Path} can have them.
 *
 * @example
 * ```ts
 * import { Riff } from "@effect-mmio/core"
 *
 * Riff.parsePath("RIFF:WAVE / fmt") // succeeds with [{ id: "RIFF", type: "WAVE" }, { id: "fmt " }]
 * ```
 *
 * @since 0.1.0
 * @category navigation
 */
export const parsePath = (text: string): Effect.Effect<Path, MmioError.InvalidParameter> =>
  paths.parse("Riff.parsePath", "a path", text)

/**
 * A path as text, as {@link parsePath} reads it.
 *
 * @since 0.1.0
 * @category conversions
 */
export const formatPath = (path: Path): string => paths.format(path)

/**
 * The first chunk that a path leads to, in the order of the file: what lies beside the path is stepped over. The
 * position of the handle stays where it is.
 *
 * Fails with `ChunkNotFound` if there is none, with `InvalidParameter` for an invalid path, and with `InvalidFile`
 * where the file goes beyond `RiffLimits` on the way. A literal that is no path does not compile.
 *
 * @example
 * ```ts
 * import { Mmio, Riff } from "@effect-mmio/core"
 * import { Effect } from "effect"
 *
 * export const title = (file: Mmio.ReadHandle) =>
 *   Effect.gen(function*() {
 *     const name = yield* Riff.find(file, "RIFF:WAVE / LIST:INFO / INAM")
 *     yield* Mmio.seek(file, name.dataOffset)
 *     return yield* Mmio.read(file, name.size)
 *   })
 * ```
 *
 * @since 0.1.0
 * @category navigation
 */
export const find: {
  <const P extends string | Path>(
    path: P & (P extends string ? PathText<P> : unknown),
    options?: WithinOptions
  ): <A extends Mmio.Readable>(self: Mmio.Handle<A>) => Effect.Effect<FoundChunk, DescendError<A>>
  <A extends Mmio.Readable, const P extends string | Path>(
    self: Mmio.Handle<A>,
    path: P & (P extends string ? PathText<P> : unknown),
    options?: WithinOptions
  ): Effect.Effect<FoundChunk, DescendError<A>>
} = dual(
  ({ 0: first }) => typeof first !== "string" && !Array.isArray(first),
  <A extends Mmio.Readable>(self: Mmio.Handle<A>, path: string | Path, options?: WithinOptions) =>
    finding.find<A>(implementation(self), path, options)
)

// ---------------------------------------------------------------------------------------------------------------------
// damage
// ---------------------------------------------------------------------------------------------------------------------

/**
 * What is wrong with a file, in the order of the file; nothing if it is sound. Damage is no failure: it fails only with
 * what the driver fails with. Where the next chunk begins in the place of a pad byte, the missing byte is the problem,
 * and what a strict reader would take for chunks there is not reported. The same problem again in the same container is
 * one problem with a count. Where the file goes beyond `RiffLimits`, that is a problem, too, and so is an edit that was
 * not finished. Opens nothing but the file. The position of the handle stays where it is.
 *
 * @example
 * ```ts
 * import { Mmio, Riff } from "@effect-mmio/core"
 * import { Effect } from "effect"
 *
 * export const isSound = (file: Mmio.ReadHandle) =>
 *   Effect.map(Riff.verify(file), (problems) => problems.every(({ level }) => level === "warning"))
 * ```
 *
 * @since 0.1.0
 * @category damage
 */
export const verify = <A extends Mmio.Readable>(
  self: Mmio.Handle<A>,
  options?: AtOptions
): Effect.Effect<ReadonlyArray<RiffProblem>, MmioError.SeekError | Mmio.ReadError<A>> =>
  traced(
    "Riff.verify",
    implementation(self).name.full,
    trees.verify(implementation(self), options),
    ({ length }) => ({ "riff.problems": length })
  )

/**
 * How to repair.
 *
 * @since 0.1.0
 * @category options
 */
export interface RepairOptions extends AtOptions {
  /** Whether to say only what would be corrected. Default: false. */
  readonly dryRun?: boolean | undefined
}

/**
 * Corrects sizes at the end of a file that its writer never corrected: those of a recording whose writer died (0, or
 * too small for what follows), or wrote into a pipe (0xFFFFFFFF, or whatever is large), and those of a file that was
 * cut. That is the size of the last chunk at the top, of `data`, and of what lies between, in headers and in `ds64`;
 * that of every form which is too small for the chunks that follow in it, and of samples of no size at the end of any
 * form; and the pad byte that is missing at the end of the file. Where it corrects anything in a form it corrects the
 * copies there, too: sizes in a `ds64` that differ from those in the headers, and, of a WAVE that is not compressed,
 * the number of samples in `ds64` and `fact`. Gives what it corrected, and what it left: pad bytes that are missing
 * before other chunks, which an edit can insert (`PadByteOffered`), and bytes in a corrected form that are not beyond
 * doubt a chunk (`BytesLeft`). A second repair has nothing to correct.
 *
 * The bytes of chunks stay as they are, and where they are. What is no chunk at the end of the file stays, too: a
 * header that was cut off, and whatever was appended. Where the fields have no room for a size, where the pad byte of
 * an inner chunk is missing, where a chunk that is not of samples goes beyond one that is as long as it says, where
 * samples declare more than the file has in a form that ends before the file, and where a first form after other bytes
 * would not be found any more, nothing is corrected, since there is no telling what would be right: {@link verify}
 * reports it.
 *
 * What is written goes through the buffer of the handle, and the position stays where it is. After a failure the repair
 * can be tried again. Fails with `InvalidFile` where the file goes beyond `RiffLimits`, and with `CannotSeek` if the
 * storage cannot tell how long the file is.
 *
 * @example
 * ```ts
 * import { Mmio, Riff } from "@effect-mmio/core"
 * import { Console, Effect } from "effect"
 *
 * export const repair = Mmio.withFile("crashed.wav", { access: "readWrite" }, (file) =>
 *   Effect.flatMap(Riff.repair(file), Effect.forEach(({ message }) => Console.log(message))))
 * ```
 *
 * @since 0.1.0
 * @category damage
 */
export const repair: {
  (
    options: RepairOptions & { readonly dryRun: true }
  ): <A extends Mmio.Readable>(self: Mmio.Handle<A>) => Effect.Effect<
    ReadonlyArray<RiffCorrection>,
    MmioError.SeekError | MmioError.InvalidFile | Mmio.ReadError<A>
  >
  (options?: RepairOptions): (self: Mmio.ReadWriteHandle) => Effect.Effect<
    ReadonlyArray<RiffCorrection>,
    MmioError.SeekError | MmioError.InvalidFile | Mmio.ReadError<"readWrite">
  >
  <A extends Mmio.Readable>(
    self: Mmio.Handle<A>,
    options: RepairOptions & { readonly dryRun: true }
  ): Effect.Effect<
    ReadonlyArray<RiffCorrection>,
    MmioError.SeekError | MmioError.InvalidFile | Mmio.ReadError<A>
  >
  (self: Mmio.ReadWriteHandle, options?: RepairOptions): Effect.Effect<
    ReadonlyArray<RiffCorrection>,
    MmioError.SeekError | MmioError.InvalidFile | Mmio.ReadError<"readWrite">
  >
} = dual(
  hasHandle,
  (self: Mmio.ReadHandle, options?: RepairOptions) =>
    traced(
      "Riff.repair",
      implementation(self).name.full,
      repairs.repair(implementation(self), options ?? {}),
      ({ length }) => ({ "riff.corrections": length })
    )
)

// ---------------------------------------------------------------------------------------------------------------------
// editing
// ---------------------------------------------------------------------------------------------------------------------

/**
 * How to recover.
 *
 * @since 0.1.0
 * @category options
 */
export interface RecoverOptions extends Mmio.NameOptions {
  /**
   * Whether to remove a journal that {@link recover} would keep and report as `InvalidFile`. The file then stays as it
   * is, which may be neither the one before the edit nor the one after it. Default: false.
   */
  readonly discard?: boolean | undefined
}

/**
 * How to edit.
 *
 * @since 0.1.0
 * @category options
 */
export interface EditOptions extends Mmio.NameOptions, AtOptions {
  /**
   * Whether chunks stay in their order, whatever has to be moved for that. Default: only in forms other than `WAVE`; in
   * a `WAVE` a chunk that was changed, and for which there is no room, goes to the end of the form where that moves
   * less, unless it is `fmt ` or `data`, or the edit said where it is to be.
   */
  readonly keepOrder?: boolean | undefined
  /**
   * Is told, after each block of at most 256 KiB, how far the edit has come. If it dies or is interrupted in the phase
   * `"journal"`, the file stays as it was; in the phase `"file"`, it is not called again, the edit is finished, and
   * then ends with that cause.
   */
  readonly onProgress?: ((progress: RiffEdit.Progress) => Effect.Effect<void>) | undefined
}

/**
 * What recovering can fail with.
 *
 * @since 0.1.0
 * @category errors
 */
export type RecoverError =
  | MmioError.OpenError
  | MmioError.OutOfMemory
  | MmioError.InvalidFile
  | MmioError.InvalidParameter
  | MmioError.CloseError
  | MmioError.SeekError
  | Mmio.ReadError<"readWrite">

/**
 * What editing can fail with.
 *
 * @since 0.1.0
 * @category errors
 */
export type EditError = RecoverError | MmioError.ChunkNotFound

/**
 * Edits a file in place: replaces chunks, puts them in, takes them out and moves them, one edit after the other, all of
 * them or none.
 *
 * All other chunks stay as they are, byte for byte, and as many of them as can stay where they are: room is taken from
 * filler (`JUNK`) near by, else as few bytes as possible are moved, else, in a `WAVE`, what has grown goes back: before
 * the next chunk that its path could name, too, so that the path finds it as before, else to the end. What is taken out
 * leaves filler of zeros: an edit does not make a file shorter. Sizes are corrected, those of an `RF64` in its `ds64`,
 * also where a header has them, too; where the samples or the format of a `WAVE` without compression are new, the
 * number of samples in `fact` and `ds64` is, too. Bytes before the first form stay before it.
 *
 * The edit is atomic. Where the file is written in place, it is written by way of a journal past the end of the file
 * itself: before the journal is complete and flushed, a failure, an interruption or a crash leaves the file as it was;
 * from then on the edit cannot be interrupted, and after a failure or a crash {@link recover}, which the next edit does
 * first, makes the new file. The promise reaches as far as the flush of the driver. A crash before the journal is
 * complete may leave bytes after the last chunk. The journal takes as much room as the bytes that are written, twice
 * where they are in place of other bytes, and the disk becomes full, if at all, before a chunk is changed. Where the
 * file commits on close, the new content is committed, and there is no journal.
 *
 * The file is opened with the sharing mode `"exclusive"` (with `"denyWrite"` where it commits on close). What programs
 * that do not know that mode change meanwhile is compared before anything is written in place: the length of the file,
 * the file that the name leads to, and the bytes that are to be replaced. If they are other ones, the edit fails with
 * `VersionChanged`, and bytes that the other program has appended stay.
 *
 * References by offset (the index of an AVI, `cue ` with offsets of bytes) are not corrected.
 *
 * Damage that an edit can leave as it is, stays: bytes at the end of a form that are no chunk, a last chunk that
 * declares more than there is and holds no samples, and lists with such damage that are not edited themselves. A chunk
 * that is put last goes before them.
 *
 * Fails with `InvalidFile`, which says what it is, if the file is damaged in another way or has chunks whose end is not
 * known, or if strict and lenient readers see other chunks in it ({@link repair}, and `RiffEdit.pad`, may help), if it
 * goes beyond `RiffLimits`, or if it holds a journal that {@link recover} keeps or that is of another file, of which
 * this one is a copy. Fails with `AccessDenied` where the storage can neither truncate the file nor commit it on close,
 * with `ChunkNotFound` where a path leads nowhere, and with `InvalidParameter` for an edit that cannot be done: of a
 * form itself, of `ds64`, of a container inside of itself, or where a size would not fit, or samples of no size would
 * come before bytes that readers would take for samples.
 *
 * @example
 * ```ts
 * import { Riff, RiffEdit } from "@effect-mmio/core"
 *
 * export const tidy = Riff.edit("take.wav", [
 *   RiffEdit.assign("RIFF:WAVE / LIST:INFO / INAM", new TextEncoder().encode("Take 2\0")),
 *   RiffEdit.remove("RIFF:WAVE / bext"),
 *   RiffEdit.insert({ before: "RIFF:WAVE / data" }, { chunk: "JUNK", data: new Uint8Array(1024) })
 * ])
 * ```
 *
 * @since 0.1.0
 * @category editing
 */
export const edit = (
  name: string | FileName,
  edits: ReadonlyArray<RiffEdit.RiffEdit>,
  options?: EditOptions
): Effect.Effect<RiffEdit.Report, EditError, IOProc> =>
  traced(
    "Riff.edit",
    String(name),
    editing.edit(name, edits, options),
    ({ length, moved, recovered, written }) => ({
      "mmio.size": length,
      "mmio.written_bytes": written,
      "riff.moved_bytes": moved,
      "riff.recovered": recovered
    })
  )

/**
 * Ends an edit that a crash or a failure has left in the middle, and returns what it did; {@link verify} reports such
 * an edit as `UnfinishedEdit`. Bytes that follow the journal, and that another program has appended, stay.
 *
 * Fails with `InvalidFile`, and changes nothing, where the journal is damaged, is of a newer version of the library, is
 * not where it was written, or would overwrite bytes that are neither those before the edit nor those after it; the
 * option `discard` then removes the journal. Fails with `AccessDenied` where there is a journal, and the storage cannot
 * truncate the file.
 *
 * @since 0.1.0
 * @category editing
 */
export const recover = (
  name: string | FileName,
  options?: RecoverOptions
): Effect.Effect<RiffEdit.Recovery, RecoverError, IOProc> =>
  traced(
    "Riff.recover",
    String(name),
    editing.recover(name, options),
    (recovered) => ({ "riff.recovered": recovered })
  )

// ---------------------------------------------------------------------------------------------------------------------
// integers
// ---------------------------------------------------------------------------------------------------------------------

/**
 * What reading a number can fail with.
 *
 * @since 0.1.0
 * @category errors
 */
export type IntegerError<A extends Mmio.Readable> = MmioError.InvalidFile | Mmio.ReadError<A>

/**
 * Reads the integer of 16 bits at the position, in the byte order of the chunk that it is in. Fails with `InvalidFile`,
 * and stays where it is, if it is not wholly in the data of the chunk, or in the file.
 *
 * @since 0.1.0
 * @category integers
 */
export const uint16: {
  (chunk: Chunk): <A extends Mmio.Readable>(self: Mmio.Handle<A>) => Effect.Effect<number, IntegerError<A>>
  <A extends Mmio.Readable>(self: Mmio.Handle<A>, chunk: Chunk): Effect.Effect<number, IntegerError<A>>
} = dual(
  2,
  <A extends Mmio.Readable>(self: Mmio.Handle<A>, chunk: Chunk) =>
    integers.read(implementation(self), chunk, integers.uint16)
)

/**
 * Reads the signed integer of 16 bits at the position; otherwise like {@link uint16}.
 *
 * @since 0.1.0
 * @category integers
 */
export const int16: {
  (chunk: Chunk): <A extends Mmio.Readable>(self: Mmio.Handle<A>) => Effect.Effect<number, IntegerError<A>>
  <A extends Mmio.Readable>(self: Mmio.Handle<A>, chunk: Chunk): Effect.Effect<number, IntegerError<A>>
} = dual(
  2,
  <A extends Mmio.Readable>(self: Mmio.Handle<A>, chunk: Chunk) =>
    integers.read(implementation(self), chunk, integers.int16)
)

/**
 * Reads the integer of 32 bits at the position; otherwise like {@link uint16}.
 *
 * @since 0.1.0
 * @category integers
 */
export const uint32: {
  (chunk: Chunk): <A extends Mmio.Readable>(self: Mmio.Handle<A>) => Effect.Effect<number, IntegerError<A>>
  <A extends Mmio.Readable>(self: Mmio.Handle<A>, chunk: Chunk): Effect.Effect<number, IntegerError<A>>
} = dual(
  2,
  <A extends Mmio.Readable>(self: Mmio.Handle<A>, chunk: Chunk) =>
    integers.read(implementation(self), chunk, integers.uint32)
)

/**
 * Reads the signed integer of 32 bits at the position; otherwise like {@link uint16}.
 *
 * @since 0.1.0
 * @category integers
 */
export const int32: {
  (chunk: Chunk): <A extends Mmio.Readable>(self: Mmio.Handle<A>) => Effect.Effect<number, IntegerError<A>>
  <A extends Mmio.Readable>(self: Mmio.Handle<A>, chunk: Chunk): Effect.Effect<number, IntegerError<A>>
} = dual(
  2,
  <A extends Mmio.Readable>(self: Mmio.Handle<A>, chunk: Chunk) =>
    integers.read(implementation(self), chunk, integers.int32)
)

/**
 * Reads the integer of 64 bits at the position; otherwise like {@link uint16}.
 *
 * @since 0.1.0
 * @category integers
 */
export const uint64: {
  (chunk: Chunk): <A extends Mmio.Readable>(self: Mmio.Handle<A>) => Effect.Effect<bigint, IntegerError<A>>
  <A extends Mmio.Readable>(self: Mmio.Handle<A>, chunk: Chunk): Effect.Effect<bigint, IntegerError<A>>
} = dual(
  2,
  <A extends Mmio.Readable>(self: Mmio.Handle<A>, chunk: Chunk) =>
    integers.read(implementation(self), chunk, integers.uint64)
)
