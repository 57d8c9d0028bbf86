/**
 * Handles: buffered, seekable files over any storage.
 *
 * A handle is a scoped resource: it flushes and closes when its scope ends. Its type says what it was opened for, so
 * that writing to a handle opened for reading does not compile. Operations on one handle from several fibers happen one
 * after another, and an interrupted operation leaves the handle as if it had not begun, but for bytes that reached the
 * storage already ({@link forEachBuffer} and {@link advance} say where they stop). A handle that is used after it was
 * closed, by a second {@link close} too, is a defect with `InvalidHandle`.
 *
 * What the buffer can serve is one step of the runtime. A transfer of at least the buffer's size bypasses the buffer,
 * in one piece and without a copy; so does a transfer of at least a quarter of it that `readAhead` or `writeBehind`
 * serves from memory. Less is read through the buffer: a fill asks for as much as there is room for, but for a quarter
 * of the buffer at most (or what is wanted) after a seek back, or forward by the buffer's size or more.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import { dual } from "effect/Function"
import type * as Inspectable from "effect/Inspectable"
import type * as Option from "effect/Option"
import type * as Pipeable from "effect/Pipeable"
import type * as Request from "effect/Request"
import type * as Scope from "effect/Scope"
import type * as Sink from "effect/Sink"
import * as Stream from "effect/Stream"
import type { FileName } from "./FileName.js"
import type { FourCC } from "./FourCC.js"
import * as copying from "./internal/copyFile.js"
import { hasHandle } from "./internal/dataFirst.js"
import * as fileStreams from "./internal/fileStream.js"
import * as direct from "./internal/handle/directAccess.js"
import * as emitting from "./internal/handle/emit.js"
import * as handles from "./internal/handle/handle.js"
import { implementation } from "./internal/handle/implementation.js"
import * as parsing from "./internal/handle/parse.js"
import * as messages from "./internal/handle/sendMessage.js"
import * as buffers from "./internal/handle/setBuffer.js"
import * as streams from "./internal/handle/stream.js"
import * as opening from "./internal/opening.js"
import * as parameters from "./internal/parameters.js"
import * as serving from "./internal/serving.js"
import type * as IOProc from "./IOProc.js"
import type * as MmioError from "./MmioError.js"
import type { ByteOrder } from "./Riff.js"

// ---------------------------------------------------------------------------------------------------------------------
// handles
// ---------------------------------------------------------------------------------------------------------------------

/**
 * Marks handles.
 *
 * @since 0.1.0
 * @category type ids
 */
export const TypeId: unique symbol = handles.TypeId

/**
 * Marks handles.
 *
 * @since 0.1.0
 * @category type ids
 */
export type TypeId = typeof TypeId

/**
 * The accesses with which a handle can be read.
 *
 * @since 0.1.0
 * @category models
 */
export type Readable = "read" | "readWrite"

/**
 * The accesses with which a handle can be written.
 *
 * @since 0.1.0
 * @category models
 */
export type Writable = "write" | "readWrite"

/**
 * An open file (`HMMIO`). `A` says what it was opened for, as far as the program knows at that point.
 *
 * @since 0.1.0
 * @category models
 */
export interface Handle<out A extends IOProc.Access = IOProc.Access>
  extends Pipeable.Pipeable, Inspectable.Inspectable
{
  readonly [TypeId]: TypeId
  /** The name it was opened by. */
  readonly name: FileName
  /** What it was opened for. */
  readonly access: A
}

/**
 * A handle that can be read, whatever else it can. What takes one takes a {@link ReadWriteHandle} too.
 *
 * @since 0.1.0
 * @category models
 */
export type ReadHandle = Handle<Readable>

/**
 * A handle that can be written, whatever else it can. What takes one takes a {@link ReadWriteHandle} too.
 *
 * @since 0.1.0
 * @category models
 */
export type WriteHandle = Handle<Writable>

/**
 * A handle that can be read and written.
 *
 * @since 0.1.0
 * @category models
 */
export type ReadWriteHandle = Handle<"readWrite">

/**
 * A handle over a block of memory.
 *
 * @since 0.1.0
 * @category models
 */
export interface MemoryHandle<out A extends IOProc.Access = IOProc.Access> extends Handle<A> {
  readonly [MemoryTypeId]: MemoryTypeId
}

/**
 * Marks handles over a block of memory.
 *
 * @since 0.1.0
 * @category type ids
 */
export const MemoryTypeId: unique symbol = handles.MemoryTypeId

/**
 * Marks handles over a block of memory.
 *
 * @since 0.1.0
 * @category type ids
 */
export type MemoryTypeId = typeof MemoryTypeId

/**
 * Whether a value is a handle.
 *
 * @since 0.1.0
 * @category guards
 */
export const isHandle: (u: unknown) => u is Handle = handles.isHandle

/**
 * What writing the bytes that are still in the buffer can fail with: nothing, on a handle opened for reading only.
 *
 * @since 0.1.0
 * @category errors
 */
export type PendingError<A extends IOProc.Access> = A extends "read" ? never : MmioError.WriteError

/**
 * What reading can fail with. A handle that can also write may have to write what is in its buffer first.
 *
 * @since 0.1.0
 * @category errors
 */
export type ReadError<A extends IOProc.Access> = MmioError.ReadError | PendingError<A>

/**
 * What direct access fails with where the position is past a block of memory, and there is no memory to have that grow:
 * nothing, on a handle opened for reading only.
 *
 * @since 0.1.0
 * @category errors
 */
export type GrowError<A extends IOProc.Access> = A extends "read" ? never : MmioError.OutOfMemory

/**
 * `E`, the errors of a driver, where the handle `H` may have one: a {@link MemoryHandle} has none.
 *
 * @since 0.1.0
 * @category errors
 */
export type DriverError<H extends Handle, E> = H extends MemoryHandle ? never : E

// ---------------------------------------------------------------------------------------------------------------------
// opening
// ---------------------------------------------------------------------------------------------------------------------

/**
 * How a file is opened.
 *
 * @since 0.1.0
 * @category options
 */
export interface OpenOptions<A extends IOProc.Access = IOProc.Access> {
  /**
   * What will be done with the file; it says what type the handle has, and so cannot be `undefined`. Default: `"read"`.
   */
  readonly access?: A
  /**
   * Whether to create the file: `true` creates it or cuts it to no bytes (`MMIO_CREATE`); `"new"` creates it, and fails
   * with `CannotOpen` (`EEXIST`) where the name exists. Default: false. A file cannot be created for reading only.
   */
  readonly create?: ("read" extends A ? false : boolean | "new") | undefined
  /**
   * The buffer (`MMIO_ALLOCBUF`): its size in bytes, or the caller's own bytes, which belong to the handle until it is
   * closed or gets another buffer; `"none"` or 0 for none. Default: 8192 bytes (`MMIO_DEFAULTBUFFER`). Of `"MEM "` it
   * is the block of memory; default: no bytes.
   */
  readonly buffer?: number | Uint8Array | "none" | undefined
  /**
   * What other handles may do with the file meanwhile. Default: `"compat"`, under which a file can be opened any number
   * of times. `"denyWrite"` keeps what is read from being written or created by another handle.
   */
  readonly share?: IOProc.Share | undefined
  /** What the driver gets as its parameters (`adwInfo`); each driver documents what it takes. */
  readonly parameters?: unknown
  /** The version that the content must have, as `Mmio.stat` says it; any other is `VersionChanged`. Default: any. */
  readonly ifVersion?: string | undefined
  /**
   * What a failed or interrupted scope does with a file that commits on close: `"abort"` keeps the old content,
   * `"commit"` commits what was written so far. Files that are written in place are always flushed and closed. Default:
   * `"abort"`.
   */
  readonly onFailure?: "abort" | "commit" | undefined
}

/**
 * Which driver serves a name.
 *
 * @since 0.1.0
 * @category options
 */
export interface NameOptions {
  /**
   * The code of the driver to ask (`fccIOProc`), whatever the name says. `"DOS "` and `"MEM "` are predefined: the
   * storage itself, and a new block of memory for each handle, of the size or the bytes of `buffer`, which grows by
   * `parameters: { expandBy }`. Both can be installed over. Default: the code in the name; a name without one goes to
   * `"DOS "`.
   */
  readonly ioProc?: string | undefined
}

/**
 * Opens a file of the program's storage until the scope ends (`mmioOpen`). **A flush that fails as the scope ends is a
 * defect**, with the typed error in it: to write, use {@link withFile} or {@link sinkFile}, whose types have that
 * failure, or {@link close} before the scope ends.
 *
 * By default (`share: "compat"`, as `mmioOpen` has it) a file can be opened any number of times, so `create: true`
 * empties a file that another handle is reading, and a copy onto itself loses the content. A reader that opens with
 * `share: "denyWrite"` forbids that: the other `open` then fails with `SharingViolation`. The two go together only if
 * both name a mode: `compat` is refused beside any other mode.
 *
 * A name as text is read by `FileName.parse`, and goes to the last `+` whose code has a driver ({@link NameOptions}).
 * Where none of its codes has one, that is `CannotOpen`, unless a `/` or `\\` follows the `+`: then it is a plain name.
 *
 * Over a storage that commits on close, a scope that fails or is interrupted aborts, and the old content stays
 * (`onFailure`).
 *
 * Fails with what its driver's `open` fails with; with `CannotOpen` where no driver serves the name; with
 * `AccessDenied` where a file that is only read is opened for writing; with `InvalidParameter` for an invalid size,
 * code, access or name, and for `create` of a file that is only read; with `OutOfMemory` where there is no memory for
 * the buffer.
 *
 * Opening is not interrupted, since a file that was opened must not be lost between the driver and the handle: the
 * driver limits how long it takes.
 *
 * @example
 * ```ts
 * import { Mmio } from "@effect-mmio/core"
 * import { Effect } from "effect"
 *
 * export const magic = Effect.gen(function*() {
 *   const file = yield* Mmio.open("take1.wav")
 *   return yield* Mmio.read(file, 4)
 * }).pipe(Effect.scoped)
 * ```
 *
 * @since 0.1.0
 * @category opening
 */
export const open: <A extends IOProc.Access = "read">(
  name: string | FileName,
  options?: OpenOptions<A> & NameOptions
) => Effect.Effect<Handle<A>, MmioError.OpenError | MmioError.InvalidParameter, IOProc.IOProc | Scope.Scope> =
  opening.open

/**
 * Opens a file of a given driver (`mmioOpen` with `pIOProc`), whatever the name says; otherwise like {@link open}.
 *
 * @since 0.1.0
 * @category opening
 */
export const openWith: <A extends IOProc.Access = "read">(
  ioProc: IOProc.IOProc,
  name: string | FileName,
  options?: OpenOptions<A>
) => Effect.Effect<Handle<A>, MmioError.OpenError | MmioError.InvalidParameter, Scope.Scope> = opening.openWith

/**
 * Opens a file, runs `use` on it, flushes and closes it; all failures are in the type. Where `use` fails, a file that
 * commits on close is aborted (`onFailure`). If both `use` and the closing fail, the cause holds both. The file is
 * closed also when the flush failed: a program that tries again uses {@link open} and {@link flush}.
 *
 * @since 0.1.0
 * @category opening
 */
export const withFile: <A extends IOProc.Access = "read", B = never, E = never, R = never>(
  name: string | FileName,
  options: OpenOptions<A> & NameOptions,
  use: (handle: Handle<A>) => Effect.Effect<B, E, R>
) => Effect.Effect<
  B,
  E | MmioError.OpenError | MmioError.InvalidParameter | MmioError.CloseError | PendingError<A>,
  IOProc.IOProc | R
> = opening.withFile

/**
 * How a file that a driver already opened becomes a handle.
 *
 * @since 0.1.0
 * @category options
 */
export interface FromFileOptions<A extends IOProc.Access = IOProc.Access> {
  /** What the file was opened for. Default: `"read"`. */
  readonly access?: A
  /** As in {@link OpenOptions}. */
  readonly buffer?: number | Uint8Array | "none" | undefined
  /** What errors call it. Default: `"a given file"`. */
  readonly name?: string | FileName | undefined
}

/**
 * A handle over a file that a driver already opened (`mmioOpen` with `adwInfo`); it starts at the `start` of the file.
 * Releasing it flushes, and neither commits nor closes the file (`MMIO_FHOPEN`). `AccessDenied` says that the file is
 * only read, and the handle is to write.
 *
 * @since 0.1.0
 * @category opening
 */
export const fromFile: <A extends IOProc.Access = "read">(
  file: IOProc.File,
  options?: FromFileOptions<A>
) => Effect.Effect<
  Handle<A>,
  MmioError.InvalidParameter | MmioError.OutOfMemory | MmioError.AccessDenied,
  Scope.Scope
> = opening.fromFile

/**
 * What a memory file is made of: the caller's bytes, or a block of `size` zeros.
 *
 * @since 0.1.0
 * @category options
 */
export type MemoryOptions<A extends IOProc.Access = IOProc.Access> =
  & {
    /** What will be done with it. Default: `"readWrite"`. */
    readonly access?: A
    /**
     * Whether the file begins empty, its end moving with what is written. Default: false, the whole block is the file.
     */
    readonly create?: boolean | undefined
    /** By how many bytes at least the block grows when it is full. Default: 0, it does not. */
    readonly expandBy?: number | undefined
    /** What errors call it. Default: `"a memory file"`. */
    readonly name?: string | FileName | undefined
  }
  & (
    | {
      /** The block, used in place: what is written goes there, until the block has to grow. */
      readonly bytes: Uint8Array
      readonly size?: undefined
    }
    | {
      readonly bytes?: undefined
      /** The size of the block, in bytes. Default: 0. */
      readonly size?: number | undefined
    }
  )

/**
 * Opens a file that is a block of memory (`mmioOpen` with `FOURCC_MEM`). Its buffer is the block: direct access sees
 * all of it.
 *
 * @example
 * ```ts
 * import { Mmio } from "@effect-mmio/core"
 * import { Effect } from "effect"
 *
 * export const bytes = Effect.gen(function*() {
 *   const file = yield* Mmio.openMemory({ expandBy: 4096 })
 *   yield* Mmio.writeAll(file, new TextEncoder().encode("RIFF"))
 *   return yield* Mmio.memoryBytes(file)
 * }).pipe(Effect.scoped)
 * ```
 *
 * @since 0.1.0
 * @category opening
 */
export const openMemory: <A extends IOProc.Access = "readWrite">(
  options?: MemoryOptions<A>
) => Effect.Effect<MemoryHandle<A>, MmioError.InvalidParameter | MmioError.OutOfMemory, Scope.Scope> =
  opening.openMemory

/**
 * A copy of what a memory file holds.
 *
 * @since 0.1.0
 * @category accessors
 */
export const memoryBytes = (self: MemoryHandle): Effect.Effect<Uint8Array> => opening.memoryBytes(self)

/**
 * Flushes and closes now (`mmioClose`); the end of the scope then does nothing. If the flush fails, the handle stays
 * open with its bytes, and closing or flushing can be tried again. Any other failure is one of the driver's close: the
 * handle is closed all the same, and content that commits on close is not committed.
 *
 * @since 0.1.0
 * @category closing
 */
export function close<H extends Handle>(
  self: H
): Effect.Effect<void, DriverError<H, MmioError.CloseError | PendingError<H["access"]>>>
export function close(self: Handle) {
  return implementation(self).close()
}

/**
 * Flushes, then makes what was written the content that others see, where the file commits on close; a file that is
 * written in place is flushed. A failed flush commits nothing, and leaves the bytes in the buffer.
 *
 * `VersionChanged` says that the content is no longer the version that was opened: nothing was committed.
 *
 * @since 0.1.0
 * @category closing
 */
export function commit<H extends Handle>(
  self: H
): Effect.Effect<void, DriverError<H, MmioError.VersionChanged | PendingError<H["access"]>>>
export function commit(self: Handle) {
  return implementation(self).commit()
}

// ---------------------------------------------------------------------------------------------------------------------
// reading, writing, seeking
// ---------------------------------------------------------------------------------------------------------------------

/**
 * Reads up to `count` bytes into a new array, fewer only at the end of the file (`mmioRead`). A `count` out of a
 * damaged file costs memory in proportion to the length of the file, whatever it says.
 *
 * A read that fails or is interrupted leaves the position where it was. A `count` that is not a whole number from 0 on
 * is `InvalidParameter`.
 *
 * @since 0.1.0
 * @category reading
 */
export const read: {
  (count: number): <H extends ReadHandle>(
    self: H
  ) => Effect.Effect<
    Uint8Array,
    DriverError<H, ReadError<H["access"]>> | MmioError.InvalidParameter | MmioError.OutOfMemory
  >
  <H extends ReadHandle>(
    self: H,
    count: number
  ): Effect.Effect<
    Uint8Array,
    DriverError<H, ReadError<H["access"]>> | MmioError.InvalidParameter | MmioError.OutOfMemory
  >
} = dual(2, (self: ReadHandle, count: number) => implementation(self).read(count))

/**
 * Reads into `target` and returns the number of bytes: as many as it has room for, fewer only at the end of the file
 * (`mmioRead`).
 *
 * A read that fails or is interrupted leaves the position where it was; `target` may have been written to.
 *
 * @since 0.1.0
 * @category reading
 */
export const readInto: {
  (target: Uint8Array): <H extends ReadHandle>(
    self: H
  ) => Effect.Effect<number, DriverError<H, ReadError<H["access"]>> | MmioError.InvalidParameter>
  <H extends ReadHandle>(
    self: H,
    target: Uint8Array
  ): Effect.Effect<number, DriverError<H, ReadError<H["access"]>> | MmioError.InvalidParameter>
} = dual(2, (self: ReadHandle, target: Uint8Array) => implementation(self).readInto(target))

/**
 * Writes bytes and returns how many (`mmioWrite`): all of them, except into a memory file that cannot grow, or for
 * which there is no memory: it takes what it has room for, down to 0. Fewer bytes than the buffer's size are copied
 * into it, and `source` is free again.
 *
 * A write that fails or is interrupted leaves the position where it was, and what was in the buffer stays there;
 * `written` of `CannotWrite` says how many bytes of this call the driver had taken before. Fails with
 * `InvalidParameter` for what is no `Uint8Array`, and for bytes that repeat the type of a list which
 * `Riff.createChunk` has just written.
 *
 * @since 0.1.0
 * @category writing
 */
export const write: {
  (source: Uint8Array): <H extends WriteHandle>(
    self: H
  ) => Effect.Effect<number, DriverError<H, MmioError.WriteError> | MmioError.InvalidParameter>
  <H extends WriteHandle>(
    self: H,
    source: Uint8Array
  ): Effect.Effect<number, DriverError<H, MmioError.WriteError> | MmioError.InvalidParameter>
} = dual(2, (self: WriteHandle, source: Uint8Array) => implementation(self).write(source))

/**
 * Writes all bytes, or fails: with `CannotExpand` into a memory file that has no room for them, which then takes none;
 * else as {@link write} does.
 *
 * @since 0.1.0
 * @category writing
 */
export const writeAll: {
  (source: Uint8Array): <H extends WriteHandle>(
    self: H
  ) => Effect.Effect<
    void,
    DriverError<H, MmioError.WriteError> | MmioError.CannotExpand | MmioError.InvalidParameter
  >
  <H extends WriteHandle>(
    self: H,
    source: Uint8Array
  ): Effect.Effect<
    void,
    DriverError<H, MmioError.WriteError> | MmioError.CannotExpand | MmioError.InvalidParameter
  >
} = dual(2, (self: WriteHandle, source: Uint8Array) => implementation(self).writeAll(source))

/**
 * Sets the position and returns it (`mmioSeek`): `offset` bytes from the start, unless `from` says otherwise; from
 * `"end"` it is added to the length, so -1 is the last byte. A position past the end is allowed: reading there returns
 * no bytes, and writing there fills the gap with zeros.
 *
 * Fails with `CannotSeek`, and leaves the position where it was: before the start, outside of a memory block that
 * cannot grow, or where the storage refuses. Does not flush: what was written stays in the buffer.
 *
 * @since 0.1.0
 * @category seeking
 */
export const seek: {
  (
    offset: number,
    from?: IOProc.Whence
  ): <H extends Handle>(
    self: H
  ) => Effect.Effect<number, DriverError<H, MmioError.SeekError> | MmioError.CannotSeek | MmioError.InvalidParameter>
  <H extends Handle>(
    self: H,
    offset: number,
    from?: IOProc.Whence
  ): Effect.Effect<number, DriverError<H, MmioError.SeekError> | MmioError.CannotSeek | MmioError.InvalidParameter>
} = dual(
  (args) => typeof args[0] !== "number" || typeof args[1] === "number",
  (self: Handle, offset: number, from: IOProc.Whence = "start") => implementation(self).seek(offset, from)
)

/**
 * The position, in bytes from the start of the file.
 *
 * @since 0.1.0
 * @category seeking
 */
export const position = (self: Handle): Effect.Effect<number> => implementation(self).position

// ---------------------------------------------------------------------------------------------------------------------
// the buffer
// ---------------------------------------------------------------------------------------------------------------------

/**
 * Options of {@link flush}.
 *
 * @since 0.1.0
 * @category options
 */
export interface FlushOptions {
  /** Whether to drop what was read ahead as well (`MMIO_EMPTYBUF`). Default: false. */
  readonly emptyBuffer?: boolean | undefined
}

/**
 * Writes the dirty range of the buffer, and has the driver flush what it holds itself (`mmioFlush`,
 * `MMIOM_WRITEFLUSH`). Whether that survives a power failure is a matter of the driver (`NodeIOProc`: the option
 * `sync`). With `emptyBuffer` (`MMIO_EMPTYBUF`) what was read ahead, here and by middleware, is dropped
 * too, so that the next read asks the storage; of a file that only goes forward it is kept, since it could not be read
 * again. The position stays. Content that commits on close is not committed.
 *
 * A flush that fails leaves the bytes that were not written in the buffer, and the next flush tries again.
 *
 * @since 0.1.0
 * @category buffering
 */
export const flush: {
  (
    options?: FlushOptions
  ): <H extends Handle>(self: H) => Effect.Effect<void, DriverError<H, PendingError<H["access"]>>>
  <H extends Handle>(self: H, options?: FlushOptions): Effect.Effect<void, DriverError<H, PendingError<H["access"]>>>
} = dual(
  hasHandle,
  (self: Handle, options?: FlushOptions) => implementation(self).flush(options?.emptyBuffer === true)
)

/**
 * Gives the handle another buffer, at any moment (`mmioSetBuffer`): of a size in bytes, of the caller's own bytes
 * (which belong to the handle until it is closed or gets another buffer), or none (`"none"` or 0). The position stays,
 * and what was read ahead is kept as far as it fits.
 *
 * Fails with `InvalidParameter` for an invalid size, and on a memory file, whose buffer is its block; with
 * `OutOfMemory`; with what writing the old buffer fails with; and with `CannotSeek` where bytes that were read ahead do
 * not fit, and the storage cannot go back for them. The old buffer then stays.
 *
 * @since 0.1.0
 * @category buffering
 */
export const setBuffer: {
  (buffer: number | Uint8Array | "none"): <H extends Handle>(
    self: H
  ) => Effect.Effect<
    void,
    | MmioError.InvalidParameter
    | MmioError.OutOfMemory
    | DriverError<H, MmioError.CannotSeek | PendingError<H["access"]>>
  >
  <H extends Handle>(
    self: H,
    buffer: number | Uint8Array | "none"
  ): Effect.Effect<
    void,
    | MmioError.InvalidParameter
    | MmioError.OutOfMemory
    | DriverError<H, MmioError.CannotSeek | PendingError<H["access"]>>
  >
} = dual(
  2,
  (self: Handle, buffer: number | Uint8Array | "none") => buffers.setBuffer(implementation(self), buffer)
)

// ---------------------------------------------------------------------------------------------------------------------
// direct access
// ---------------------------------------------------------------------------------------------------------------------

/**
 * The buffer of a handle at one moment (`MMIOINFO`). The window is the part of the file that it holds. Everything but
 * `bytes`, which is the live buffer, is a snapshot.
 *
 * @since 0.1.0
 * @category models
 */
export interface Info {
  /** The name of the file. */
  readonly name: FileName
  /** What it was opened for. */
  readonly access: IOProc.Access
  /**
   * The code by which its driver was chosen (`fccIOProc`): from the options, or from the name; with {@link openWith},
   * the code in the name.
   */
  readonly code: Option.Option<FourCC>
  /** What the driver got as its parameters (`adwInfo`). */
  readonly parameters: unknown
  /** The live buffer; of length 0 where the handle has none (`pchBuffer`, `cchBuffer`). */
  readonly bytes: Uint8Array
  /** The position, as an index into `bytes`: what is read or written next (`pchNext`). */
  readonly next: number
  /** After the last byte that can be read (`pchEndRead`). */
  readonly endRead: number
  /** After the last byte that can be written (`pchEndWrite`); equal to `next` on a handle that cannot write. */
  readonly endWrite: number
  /** Where in the file `bytes` begins (`lBufOffset`). */
  readonly bufferOffset: number
  /** Where the last transfer between buffer and storage ended (`lDiskOffset`); 0 for a memory file. */
  readonly diskOffset: number
  /** Whether the buffer holds bytes that were not written yet. */
  readonly unwritten: boolean
  /** To be set by a program that wrote into `bytes` (`MMIO_DIRTY`). */
  readonly dirty: boolean
  /** Which of the buffer's windows this describes: later ones refuse it. */
  readonly generation: number
}

/**
 * The buffer, for a program that reads and writes in it (`mmioGetInfo`). The program consumes `bytes[next, endRead)` or
 * fills `bytes[next, endWrite)`, and hands the info back, with `next` moved, through {@link advance} or
 * {@link setInfo}. In between nothing else should be done with the handle.
 *
 * Fails with what writing the old buffer fails with, where the position has left it, and with `OutOfMemory` where it is
 * past the block of a memory file, and there is no memory to have that grow.
 *
 * @since 0.1.0
 * @category direct access
 */
export function getInfo<H extends Handle>(
  self: H
): Effect.Effect<Info, DriverError<H, PendingError<H["access"]>> | GrowError<H["access"]>>
export function getInfo(self: Handle) {
  return direct.getInfo(implementation(self))
}

/**
 * Hands the buffer back (`mmioSetInfo`): the position becomes `next`, and with `dirty` the window, up to `next` at
 * least, will be written; of a file whose bytes pass only once, what was not written before. Bytes that were changed
 * without `dirty` are not.
 *
 * Fails with `InvalidParameter`, and changes nothing, for an info of an earlier window, a `next` outside of the buffer,
 * a `next` past `endRead` without `dirty`, and `dirty` on a handle that cannot write.
 *
 * @since 0.1.0
 * @category direct access
 */
export const setInfo: {
  (info: Info): (self: Handle) => Effect.Effect<void, MmioError.InvalidParameter>
  (self: Handle, info: Info): Effect.Effect<void, MmioError.InvalidParameter>
} = dual(2, (self: Handle, info: Info) => direct.setInfo(implementation(self), info))

/**
 * Which of the errors can happen depends on the direction and on the kind of handle: the overloads of its callers say
 * so.
 */
const directly = <B, E extends MmioError.MmioError>(effect: Effect.Effect<B, E>): Effect.Effect<B, never> =>
  effect as Effect.Effect<B, never>

/**
 * Hands the buffer back as {@link setInfo} does, writes it if it is dirty, and moves it on (`mmioAdvance`): for
 * `"read"` with more bytes after those that were not consumed, or none at the end of the file, where
 * `next === endRead`; for `"write"` with room for writing. Returns the new info. Without an `info` it only refills or
 * drains the buffer.
 *
 * Fails with `Unbuffered` on a handle without a buffer, and with the info of a memory file whose block has no bytes;
 * for `"write"` into a memory file that is full with `CannotExpand`, or with `OutOfMemory` where the block could grow
 * and there is no memory for that. A failure after the info was accepted leaves the position at its `next`, and what
 * was not written dirty: {@link getInfo} says how to go on.
 *
 * @example
 * ```ts
 * import { Mmio } from "@effect-mmio/core"
 * import { Effect } from "effect"
 *
 * // How many lines a file has, in a loop over its buffer.
 * export const lines = (file: Mmio.ReadHandle) =>
 *   Effect.gen(function*() {
 *     let count = 0
 *     let info = yield* Mmio.advance(file, undefined, "read")
 *     while (info.next < info.endRead) {
 *       for (let i = info.next; i < info.endRead; i++) if (info.bytes[i] === 10) count++
 *       // All of it is consumed; at the end of the file there is no more.
 *       info = yield* Mmio.advance(file, { ...info, next: info.endRead }, "read")
 *     }
 *     return count
 *   })
 * ```
 *
 * @since 0.1.0
 * @category direct access
 */
export const advance: {
  (info: Info | undefined, direction: "read"): <H extends ReadHandle>(self: H) => Effect.Effect<
    Info,
    | DriverError<H, ReadError<H["access"]>>
    | GrowError<H["access"]>
    | MmioError.Unbuffered
    | MmioError.InvalidParameter
  >
  (info: Info | undefined, direction: "write"): <H extends WriteHandle>(self: H) => Effect.Effect<
    Info,
    | DriverError<H, MmioError.WriteError>
    | MmioError.CannotExpand
    | MmioError.OutOfMemory
    | MmioError.Unbuffered
    | MmioError.InvalidParameter
  >
  <H extends ReadHandle>(self: H, info: Info | undefined, direction: "read"): Effect.Effect<
    Info,
    | DriverError<H, ReadError<H["access"]>>
    | GrowError<H["access"]>
    | MmioError.Unbuffered
    | MmioError.InvalidParameter
  >
  <H extends WriteHandle>(self: H, info: Info | undefined, direction: "write"): Effect.Effect<
    Info,
    | DriverError<H, MmioError.WriteError>
    | MmioError.CannotExpand
    | MmioError.OutOfMemory
    | MmioError.Unbuffered
    | MmioError.InvalidParameter
  >
} = dual(
  3,
  (self: Handle, info: Info | undefined, direction: "read" | "write") =>
    directly(direct.advance(implementation(self), info, direction))
)

/**
 * What a function did to a buffer: how far it went, whether it wrote, and what it found.
 *
 * @since 0.1.0
 * @category models
 */
export interface Advanced<out B> {
  /** The result. */
  readonly value: B
  /** After the last byte that was consumed or written, as an index into `bytes`. */
  readonly next: number
  /** Whether it wrote into `bytes`. Default: false. */
  readonly dirty?: boolean | undefined
}

/**
 * Runs a synchronous function on the buffer: {@link getInfo}, {@link advance} where there is nothing to consume or no
 * room, `f`, {@link setInfo}. For `"read"` there is at least one byte to consume, unless the file is at its end; for
 * `"write"` there is room for at least one. A function that throws is a defect, and moves nothing.
 *
 * @example
 * ```ts
 * import { Mmio } from "@effect-mmio/core"
 *
 * // the next byte, or -1 at the end of the file
 * export const nextByte = (file: Mmio.ReadHandle) =>
 *   Mmio.withBuffer(file, "read", ({ bytes, endRead, next }) =>
 *     next < endRead ? { value: bytes[next] ?? -1, next: next + 1 } : { value: -1, next })
 * ```
 *
 * @since 0.1.0
 * @category direct access
 */
export const withBuffer: {
  <B>(direction: "read", f: (info: Info) => Advanced<B>): <H extends ReadHandle>(self: H) => Effect.Effect<
    B,
    | DriverError<H, ReadError<H["access"]>>
    | GrowError<H["access"]>
    | MmioError.Unbuffered
    | MmioError.InvalidParameter
  >
  <B>(direction: "write", f: (info: Info) => Advanced<B>): <H extends WriteHandle>(self: H) => Effect.Effect<
    B,
    | DriverError<H, MmioError.WriteError>
    | MmioError.CannotExpand
    | MmioError.OutOfMemory
    | MmioError.Unbuffered
    | MmioError.InvalidParameter
  >
  <H extends ReadHandle, B>(self: H, direction: "read", f: (info: Info) => Advanced<B>): Effect.Effect<
    B,
    | DriverError<H, ReadError<H["access"]>>
    | GrowError<H["access"]>
    | MmioError.Unbuffered
    | MmioError.InvalidParameter
  >
  <H extends WriteHandle, B>(self: H, direction: "write", f: (info: Info) => Advanced<B>): Effect.Effect<
    B,
    | DriverError<H, MmioError.WriteError>
    | MmioError.CannotExpand
    | MmioError.OutOfMemory
    | MmioError.Unbuffered
    | MmioError.InvalidParameter
  >
} = dual(
  3,
  <B>(self: Handle, direction: "read" | "write", f: (info: Info) => Advanced<B>) =>
    directly(direct.withBuffer(implementation(self), direction, f))
)

/**
 * A range of a file.
 *
 * @since 0.1.0
 * @category options
 */
export interface Range {
  /** Where it begins, in bytes from the start of the file. Default: the position. */
  readonly from?: number | undefined
  /** Where it ends, in bytes from the start of the file. Default: the end of the file. */
  readonly to?: number | undefined
}

/**
 * Runs a synchronous function on every window of a range, in order, at the speed of memory, and returns how many bytes
 * that were. `f` gets the bytes, which it must neither keep nor change, and where in the file they begin.
 *
 * The handle is busy until the end; the position is then after the last byte that `f` got, also after a failure or an
 * interruption. Fails with `Unbuffered` on a handle without a buffer, and on an empty memory file.
 *
 * @example
 * ```ts
 * import { Mmio } from "@effect-mmio/core"
 * import { Effect } from "effect"
 *
 * export const sum = (file: Mmio.ReadHandle) =>
 *   Effect.suspend(() => {
 *     let sum = 0
 *     return Effect.map(
 *       Mmio.forEachBuffer(file, (bytes) => {
 *         for (let i = 0; i < bytes.length; i++) sum += bytes[i] ?? 0
 *       }),
 *       () => sum
 *     )
 *   })
 * ```
 *
 * @since 0.1.0
 * @category direct access
 */
export const forEachBuffer: {
  (f: (bytes: Uint8Array, position: number) => void, range?: Range): <H extends ReadHandle>(self: H) => Effect.Effect<
    number,
    | DriverError<H, ReadError<H["access"]> | MmioError.SeekError>
    | MmioError.CannotSeek
    | MmioError.Unbuffered
    | MmioError.InvalidParameter
  >
  <H extends ReadHandle>(self: H, f: (bytes: Uint8Array, position: number) => void, range?: Range): Effect.Effect<
    number,
    | DriverError<H, ReadError<H["access"]> | MmioError.SeekError>
    | MmioError.CannotSeek
    | MmioError.Unbuffered
    | MmioError.InvalidParameter
  >
} = dual(
  (args) => typeof args[0] !== "function",
  (self: ReadHandle, f: (bytes: Uint8Array, position: number) => void, range?: Range) =>
    Effect.flatMap(
      parameters.checkRange(implementation(self), "Mmio.forEachBuffer", range),
      (range) => direct.forEachBuffer(implementation(self), f, range)
    )
)

// ---------------------------------------------------------------------------------------------------------------------
// records
// ---------------------------------------------------------------------------------------------------------------------

/**
 * What the function of {@link parse} reads with. Each method takes bytes at the position, which is after them then;
 * numbers are in little-endian order unless the call says otherwise. It is of no use after the function has returned.
 *
 * @since 0.1.0
 * @category models
 */
export interface Reader {
  /** An unsigned integer of 8 bits. */
  readonly u8: () => number
  /** A signed integer of 8 bits. */
  readonly i8: () => number
  /** An unsigned integer of 16 bits. */
  readonly u16: (order?: ByteOrder) => number
  /** A signed integer of 16 bits. */
  readonly i16: (order?: ByteOrder) => number
  /** An unsigned integer of 32 bits. */
  readonly u32: (order?: ByteOrder) => number
  /** A signed integer of 32 bits. */
  readonly i32: (order?: ByteOrder) => number
  /** An unsigned integer of 64 bits. */
  readonly u64: (order?: ByteOrder) => bigint
  /** A signed integer of 64 bits. */
  readonly i64: (order?: ByteOrder) => bigint
  /** A floating-point number of 32 bits. */
  readonly f32: (order?: ByteOrder) => number
  /** A floating-point number of 64 bits. */
  readonly f64: (order?: ByteOrder) => number
  /** A copy of the next `count` bytes. */
  readonly bytes: (count: number) => Uint8Array
  /** Copies the next bytes into all of `target`. */
  readonly bytesInto: (target: Uint8Array) => void
  /** Skips `count` bytes, which count for the limit as all others do. */
  readonly skip: (count: number) => void
  /** Where in the file the next byte is read, in bytes from its start. */
  readonly position: number
  /**
   * How many bytes there are from the position to the end of the file, or of the range of {@link parseAll}. A file
   * without a size fails with `CannotSeek`.
   */
  readonly remaining: number
}

/**
 * How {@link parse} reads a record.
 *
 * @since 0.1.0
 * @category options
 */
export interface ParseOptions {
  /** How many bytes a record may have; they may have to be in memory together. Default: 1 MiB. */
  readonly limit?: number | undefined
}

/** What is no function is taken for the handle, so that using it is the defect that it is. */
const hasHandleBeforeFunction = (args: IArguments): boolean => typeof args[0] !== "function"

/**
 * Reads a record with a synchronous function: the reader costs no effect for each of its reads, but for the whole
 * record one. `f` reads out of the buffer; where that has too little, it is refilled, and `f` runs again from the start
 * of the record. So `f` must do nothing but read and return, and must not use the handle. A record may be larger than
 * the buffer.
 *
 * Fails with `InvalidFile` where the file ends inside the record, also where it ends before it; where the record has
 * more bytes than the limit; and where it asks for a negative or fractional number of bytes. With `CannotSeek` only
 * where `remaining` is asked of a file without a size. With `OutOfMemory` where a record is larger than the buffer, and
 * there is no memory for it. What `f` throws is a defect. Whatever fails leaves the position at the start of the
 * record.
 *
 * @example
 * ```ts
 * import { Mmio } from "@effect-mmio/core"
 *
 * // the header of a bitmap
 * export const bitmap = (file: Mmio.ReadHandle) =>
 *   Mmio.parse(file, (reader) => {
 *     reader.skip(18)
 *     return { width: reader.i32(), height: reader.i32(), planes: reader.u16(), bitsPerPixel: reader.u16() }
 *   })
 * ```
 *
 * @since 0.1.0
 * @category records
 */
export const parse: {
  <A>(f: (reader: Reader) => A, options?: ParseOptions): <H extends ReadHandle>(
    self: H
  ) => Effect.Effect<
    A,
    | DriverError<H, ReadError<H["access"]> | MmioError.SeekError | MmioError.OutOfMemory>
    | MmioError.InvalidFile
    | MmioError.InvalidParameter
  >
  <H extends ReadHandle, A>(
    self: H,
    f: (reader: Reader) => A,
    options?: ParseOptions
  ): Effect.Effect<
    A,
    | DriverError<H, ReadError<H["access"]> | MmioError.SeekError | MmioError.OutOfMemory>
    | MmioError.InvalidFile
    | MmioError.InvalidParameter
  >
} = dual(
  hasHandleBeforeFunction,
  <A>(self: ReadHandle, f: (reader: Reader) => A, options?: ParseOptions) =>
    options?.limit === undefined
      ? parsing.parse(implementation(self), f, parsing.defaultLimit)
      : Effect.flatMap(
        parameters.checkLimit(implementation(self), "Mmio.parse", options.limit),
        (limit) => parsing.parse(implementation(self), f, limit)
      )
)

/**
 * Reads one record after the other with a synchronous function, as {@link parse} does, from the position or `from` on
 * to the end of the file or `to`. The stream ends where a record would begin there. Its first chunk is the records that
 * the buffer holds, the others are those of 64 KiB at most, or of a larger buffer.
 *
 * The stream keeps a position of its own, so that other operations may come between two chunks; the position of the
 * handle is after the last record of the chunk that was read last.
 *
 * Fails as {@link parse} does, after the records before; and with `InvalidFile` for a record that takes no bytes, or
 * goes past `to`. The position of the handle is then the start of that record.
 *
 * @example
 * ```ts
 * import { Mmio } from "@effect-mmio/core"
 * import { Stream } from "effect"
 *
 * // the loudest sample of 16 bits
 * export const peak = (file: Mmio.ReadHandle, from: number, to: number) =>
 *   Stream.runFold(
 *     Mmio.parseAll(file, (reader) => Math.abs(reader.i16()), { from, to }),
 *     0,
 *     Math.max
 *   )
 * ```
 *
 * @since 0.1.0
 * @category records
 */
export const parseAll: {
  <A>(f: (reader: Reader) => A, options?: Range & ParseOptions): <H extends ReadHandle>(
    self: H
  ) => Stream.Stream<
    A,
    | DriverError<H, ReadError<H["access"]> | MmioError.SeekError | MmioError.OutOfMemory>
    | MmioError.CannotSeek
    | MmioError.InvalidFile
    | MmioError.InvalidParameter
  >
  <H extends ReadHandle, A>(
    self: H,
    f: (reader: Reader) => A,
    options?: Range & ParseOptions
  ): Stream.Stream<
    A,
    | DriverError<H, ReadError<H["access"]> | MmioError.SeekError | MmioError.OutOfMemory>
    | MmioError.CannotSeek
    | MmioError.InvalidFile
    | MmioError.InvalidParameter
  >
} = dual(
  hasHandleBeforeFunction,
  <A>(self: ReadHandle, f: (reader: Reader) => A, options?: Range & ParseOptions) =>
    Stream.unwrap(
      Effect.zipWith(
        parameters.checkRange(implementation(self), "Mmio.parseAll", options),
        parameters.checkLimit(implementation(self), "Mmio.parseAll", options?.limit ?? parsing.defaultLimit),
        ({ from, to }, limit) => parsing.parseAll(implementation(self), f, from, { limit, to })
      )
    )
)

/**
 * What the function of {@link emit} writes with. Each method adds bytes; numbers are in little-endian order unless the
 * call says otherwise. A number that does not fit throws a `RangeError`. It is of no use after the function has
 * returned.
 *
 * @since 0.1.0
 * @category models
 */
export interface Writer {
  /** An unsigned integer of 8 bits. */
  readonly u8: (value: number) => void
  /** A signed integer of 8 bits. */
  readonly i8: (value: number) => void
  /** An unsigned integer of 16 bits. */
  readonly u16: (value: number, order?: ByteOrder) => void
  /** A signed integer of 16 bits. */
  readonly i16: (value: number, order?: ByteOrder) => void
  /** An unsigned integer of 32 bits. */
  readonly u32: (value: number, order?: ByteOrder) => void
  /** A signed integer of 32 bits. */
  readonly i32: (value: number, order?: ByteOrder) => void
  /** An unsigned integer of 64 bits. */
  readonly u64: (value: bigint, order?: ByteOrder) => void
  /** A signed integer of 64 bits. */
  readonly i64: (value: bigint, order?: ByteOrder) => void
  /** A floating-point number of 32 bits. */
  readonly f32: (value: number, order?: ByteOrder) => void
  /** A floating-point number of 64 bits. */
  readonly f64: (value: number, order?: ByteOrder) => void
  /** A copy of these bytes. */
  readonly bytes: (source: Uint8Array) => void
  /** So many zeros. */
  readonly zeros: (count: number) => void
  /** How many bytes there are so far. */
  readonly length: number
}

/**
 * Writes what a synchronous function says, in one {@link writeAll}, which is one effect for all of it. What `f` writes
 * is in memory until it returns.
 *
 * Fails as {@link writeAll} does, and with `OutOfMemory` where there is no memory for what `f` writes; what `f` throws
 * is a defect. Nothing is written then, but for the part of a large write that a driver took before it failed
 * (`written` of `CannotWrite`), and the position stays.
 *
 * @example
 * ```ts
 * import { Mmio } from "@effect-mmio/core"
 *
 * export const format = (file: Mmio.WriteHandle, channels: number, sampleRate: number) =>
 *   Mmio.emit(file, (writer) => {
 *     writer.u16(1)
 *     writer.u16(channels)
 *     writer.u32(sampleRate)
 *     writer.u32(sampleRate * channels * 2)
 *     writer.u16(channels * 2)
 *     writer.u16(16)
 *   })
 * ```
 *
 * @since 0.1.0
 * @category records
 */
export const emit: {
  (f: (writer: Writer) => void): <H extends WriteHandle>(
    self: H
  ) => Effect.Effect<
    void,
    | DriverError<H, MmioError.WriteError>
    | MmioError.CannotExpand
    | MmioError.InvalidParameter
    | MmioError.OutOfMemory
  >
  <H extends WriteHandle>(
    self: H,
    f: (writer: Writer) => void
  ): Effect.Effect<
    void,
    | DriverError<H, MmioError.WriteError>
    | MmioError.CannotExpand
    | MmioError.InvalidParameter
    | MmioError.OutOfMemory
  >
} = dual(2, (self: WriteHandle, f: (writer: Writer) => void) => emitting.emit(implementation(self), f))

// ---------------------------------------------------------------------------------------------------------------------
// streams
// ---------------------------------------------------------------------------------------------------------------------

/**
 * What of a file is streamed.
 *
 * @since 0.1.0
 * @category options
 */
export interface StreamOptions extends Range {
  /** How many bytes a chunk has; the last one may have fewer. Default: 64 KiB. */
  readonly chunkSize?: number | undefined
}

/**
 * The bytes of a range as a stream of chunks of `chunkSize` bytes (default 64 KiB; the last one may be shorter), read
 * as they are wanted and in constant memory. The stream keeps a position of its own, so that other operations may come
 * between two chunks; the position of the handle is after the last chunk that was read.
 *
 * A chunk belongs to its consumer, to keep, to change, or to transfer to a worker. It grows with what the file has, so
 * that a `chunkSize` beyond that costs no memory; where there is no memory for all of it, it is shorter.
 *
 * @since 0.1.0
 * @category streaming
 */
export const stream: {
  (options?: StreamOptions): <H extends ReadHandle>(self: H) => Stream.Stream<
    Uint8Array,
    | DriverError<H, ReadError<H["access"]> | MmioError.SeekError>
    | MmioError.CannotSeek
    | MmioError.InvalidParameter
  >
  <H extends ReadHandle>(self: H, options?: StreamOptions): Stream.Stream<
    Uint8Array,
    | DriverError<H, ReadError<H["access"]> | MmioError.SeekError>
    | MmioError.CannotSeek
    | MmioError.InvalidParameter
  >
} = dual(
  hasHandle,
  (self: ReadHandle, options?: StreamOptions) =>
    fileStreams.ranged("Mmio.stream", implementation(self), options, options?.chunkSize)
)

/**
 * A sink that writes what it gets at the position of the handle, as {@link writeAll} does, and returns how many bytes
 * that were. It does not flush.
 *
 * @since 0.1.0
 * @category streaming
 */
export const sink = <H extends WriteHandle>(
  self: H
): Sink.Sink<
  number,
  Uint8Array,
  never,
  DriverError<H, MmioError.WriteError> | MmioError.CannotExpand | MmioError.InvalidParameter
> => streams.sink((bytes) => writeAll(self, bytes))

// ---------------------------------------------------------------------------------------------------------------------
// whole files
// ---------------------------------------------------------------------------------------------------------------------

/**
 * How a file is opened for a call that reads and closes it.
 *
 * @since 0.1.0
 * @category options
 */
export interface ReadFileOptions extends Omit<OpenOptions<"read">, "access" | "create" | "onFailure">, NameOptions {}

/**
 * What of a file is streamed, and how the file is opened.
 *
 * @since 0.1.0
 * @category options
 */
export interface StreamFileOptions extends StreamOptions, ReadFileOptions {}

/**
 * The bytes of a file as a stream, in chunks as those of {@link stream}. The file is opened as the stream begins, and
 * closed as it ends.
 *
 * Fails with what opening, reading and closing fail with. Where the stream is not read to its end, a failure to close
 * the file is logged as an error.
 *
 * @example
 * ```ts
 * import { Mmio } from "@effect-mmio/core"
 * import { Stream } from "effect"
 *
 * // The first MiB of a file.
 * export const first = Mmio.streamFile("take1.wav", { to: 1024 * 1024 }).pipe(
 *   Stream.runFold(0, (total, chunk) => total + chunk.length)
 * )
 * ```
 *
 * @since 0.1.0
 * @category streaming
 */
export const streamFile: (name: string | FileName, options?: StreamFileOptions) => Stream.Stream<
  Uint8Array,
  | MmioError.OpenError
  | MmioError.InvalidParameter
  | MmioError.ReadError
  | MmioError.SeekError
  | MmioError.CloseError,
  IOProc.IOProc
> = fileStreams.streamFile

/**
 * How the file of a sink is created and opened.
 *
 * @since 0.1.0
 * @category options
 */
export interface SinkFileOptions extends Omit<OpenOptions<"write">, "access" | "create">, NameOptions {
  /**
   * `"new"` creates the file, and fails with `CannotOpen` (`EEXIST`) where the name exists; `true` creates it or cuts
   * it to no bytes; with `append`, `true` creates it where it does not exist. Default: `"new"`; with `append`, the file
   * has to exist.
   */
  readonly create?: true | "new" | undefined
  /** Whether to keep what the file holds, and to begin at its end as it was opened. Default: false. */
  readonly append?: boolean | undefined
}

/**
 * A sink that writes a file and returns how many bytes it wrote. The file is opened as the sink begins, also for a
 * stream of no bytes; flushed and closed as it ends: the failures of the last flush and of closing are in its type, so
 * that a full disk is not missed.
 *
 * Where the stream or a write fails, or the stream is interrupted, the file is closed as a scope closes it: over a
 * storage that commits on close the old content stays (`onFailure`); elsewhere the file has what was written so far. A
 * failure to flush or close is then logged as an error.
 *
 * @example
 * ```ts
 * import { Mmio } from "@effect-mmio/core"
 * import { Effect, Stream } from "effect"
 *
 * export const save = (upload: Stream.Stream<Uint8Array>) =>
 *   Stream.run(upload, Mmio.sinkFile("upload.bin")).pipe(
 *     Effect.catchTag("CannotWrite", (error) =>
 *       Effect.logError(error.errno === "ENOSPC" ? "the disk is full" : error.message))
 *   )
 * ```
 *
 * @since 0.1.0
 * @category streaming
 */
export function sinkFile(
  name: string | FileName,
  options?: SinkFileOptions & { readonly append?: false | undefined }
): Sink.Sink<
  number,
  Uint8Array,
  never,
  MmioError.OpenError | MmioError.InvalidParameter | MmioError.CloseError,
  IOProc.IOProc
>
export function sinkFile(name: string | FileName, options: SinkFileOptions): Sink.Sink<
  number,
  Uint8Array,
  never,
  MmioError.OpenError | MmioError.InvalidParameter | MmioError.CloseError | MmioError.SeekError,
  IOProc.IOProc
>
export function sinkFile(name: string | FileName, options: SinkFileOptions = {}) {
  return fileStreams.sinkFile(name, options)
}

/**
 * A file of a given driver, as an end of {@link copy}.
 *
 * @since 0.1.0
 * @category models
 */
export interface GivenEnd {
  readonly ioProc: IOProc.IOProc
  readonly name: string | FileName
}

/**
 * An end of {@link copy}: a name in the program's storage, or a file of a given driver.
 *
 * @since 0.1.0
 * @category models
 */
export type CopyEnd = string | FileName | GivenEnd

/**
 * How far a copy has come.
 *
 * @since 0.1.0
 * @category models
 */
export interface CopyProgress {
  /** How many bytes were written. */
  readonly copied: number
  /** The size of the source as the copy began, in bytes, where its storage knows it. */
  readonly total: Option.Option<number>
}

/**
 * How a file is copied.
 *
 * @since 0.1.0
 * @category options
 */
export interface CopyOptions<out E = never, out R = never> {
  /**
   * `"new"` fails with `CannotOpen` (`EEXIST`) where the destination exists; `true` replaces its content. Default:
   * `"new"`.
   */
  readonly create?: true | "new" | undefined
  /** Runs after each block of at most 256 KiB; its failure ends the copy. */
  readonly onProgress?: ((progress: CopyProgress) => Effect.Effect<void, E, R>) | undefined
}

/**
 * What copying can fail with.
 *
 * @since 0.1.0
 * @category errors
 */
export type CopyError = MmioError.OpenError | MmioError.InvalidParameter | MmioError.ReadError | MmioError.CloseError

/**
 * Copies a file, within a storage or between two, in constant memory, and returns how many bytes that were.
 *
 * A copy that fails or is interrupted leaves in the destination what was written so far; over a storage that commits on
 * close, the old content. With `create: true` it fails with `InvalidParameter`, and changes nothing, where source and
 * destination are the same file, under whichever names; a storage that knows no `identity` cannot tell, and the content
 * is lost. By default a destination that exists is `CannotOpen` (`EEXIST`).
 *
 * @example
 * ```ts
 * import { MemoryIOProc, Mmio } from "@effect-mmio/core"
 * import { Console, Effect } from "effect"
 *
 * // From the program's storage into memory.
 * export const load = Effect.gen(function*() {
 *   const memory = yield* MemoryIOProc.make()
 *   yield* Mmio.copy("take1.wav", { ioProc: memory, name: "take1.wav" }, {
 *     onProgress: ({ copied }) => Console.log(copied)
 *   })
 *   return memory
 * })
 * ```
 *
 * @since 0.1.0
 * @category names
 */
export function copy<E = never, R = never>(
  from: GivenEnd,
  to: GivenEnd,
  options?: CopyOptions<E, R>
): Effect.Effect<number, E | CopyError, R>
export function copy<E = never, R = never>(
  from: CopyEnd,
  to: CopyEnd,
  options?: CopyOptions<E, R>
): Effect.Effect<number, E | CopyError, IOProc.IOProc | R>
export function copy<E, R>(from: CopyEnd, to: CopyEnd, options?: CopyOptions<E, R>) {
  // The tool compares with the signatures above, whose type parameters it leaves as they are.
  // @effect-diagnostics-next-line missingEffectError:off missingEffectContext:off
  return copying.copy(from, to, options)
}

// ---------------------------------------------------------------------------------------------------------------------
// messages
// ---------------------------------------------------------------------------------------------------------------------

/**
 * Sends a message of the driver's own (`mmioSendMessage`, messages from `MMIOM_USER` up): a request whose type carries
 * the answer and the failure. `None` where the driver does not know it. What is in the buffer stays there:
 * {@link flush} first if the message is about the file's bytes.
 *
 * @since 0.1.0
 * @category messages
 */
export const sendMessage: {
  <B, E>(request: Request.Request<B, E>): (self: Handle) => Effect.Effect<Option.Option<B>, E>
  <B, E>(self: Handle, request: Request.Request<B, E>): Effect.Effect<Option.Option<B>, E>
} = dual(2, <B, E>(self: Handle, request: Request.Request<B, E>) => messages.sendMessage(implementation(self), request))

// ---------------------------------------------------------------------------------------------------------------------
// names
// ---------------------------------------------------------------------------------------------------------------------

/**
 * Gives a file another name (`mmioRename`), and replaces a file that has it. The old name says which driver is asked.
 *
 * @since 0.1.0
 * @category names
 */
export const rename = (from: string | FileName, to: string | FileName, options?: NameOptions): Effect.Effect<
  void,
  MmioError.RenameError | MmioError.CannotOpen | MmioError.InvalidParameter,
  IOProc.IOProc
> => serving.rename(from, to, options)

/**
 * Removes a file (`mmioOpen` with `MMIO_DELETE`).
 *
 * @since 0.1.0
 * @category names
 */
export const remove = (name: string | FileName, options?: NameOptions): Effect.Effect<
  void,
  MmioError.RenameError | MmioError.CannotOpen | MmioError.InvalidParameter,
  IOProc.IOProc
> => serving.asking("Mmio.remove", name, options, (ioProc, name) => ioProc.remove(name))

/**
 * Whether there is a file of this name (`mmioOpen` with `MMIO_EXIST`).
 *
 * @since 0.1.0
 * @category names
 */
export const exists = (name: string | FileName, options?: NameOptions): Effect.Effect<
  boolean,
  MmioError.ExistsError | MmioError.CannotOpen | MmioError.InvalidParameter,
  IOProc.IOProc
> => serving.asking("Mmio.exists", name, options, (ioProc, name) => ioProc.exists(name))

/**
 * The name as it means the same from anywhere in the storage (`mmioOpen` with `MMIO_PARSE`). The file need not exist.
 *
 * @since 0.1.0
 * @category names
 */
export const fullName = (name: string | FileName, options?: NameOptions): Effect.Effect<
  FileName,
  MmioError.FullNameError | MmioError.CannotOpen | MmioError.InvalidParameter,
  IOProc.IOProc
> => serving.asking("Mmio.fullName", name, options, (ioProc, name) => ioProc.fullName(name))

/**
 * Creates an empty file under a name that did not exist, and returns the name (`mmioOpen` with `MMIO_GETTEMP`).
 *
 * @since 0.1.0
 * @category names
 */
export const tempName = (options?: IOProc.TempNameRequest & NameOptions): Effect.Effect<
  FileName,
  MmioError.TempNameError | MmioError.CannotOpen | MmioError.InvalidParameter,
  IOProc.IOProc
> => serving.tempName(options)

/**
 * What the storage knows about a name: whether it is a file or a folder, its size, its version, and when it changed.
 *
 * @since 0.1.0
 * @category names
 */
export const stat = (name: string | FileName, options?: NameOptions): Effect.Effect<
  IOProc.Stat,
  MmioError.StatError | MmioError.CannotOpen | MmioError.InvalidParameter,
  IOProc.IOProc
> => serving.asking("Mmio.stat", name, options, (ioProc, name) => ioProc.stat(name))

/**
 * The names in a folder, or the elements of an archive, in no order. A storage that cannot list fails with
 * `AccessDenied`.
 *
 * @since 0.1.0
 * @category names
 */
export const list = (folder: string | FileName, options?: NameOptions): Stream.Stream<
  IOProc.Entry,
  MmioError.ListError | MmioError.CannotOpen | MmioError.InvalidParameter,
  IOProc.IOProc
> =>
  Stream.unwrap(
    serving.asking("Mmio.list", folder, options, (ioProc, folder) => Effect.succeed(ioProc.list(folder)))
  )

/**
 * Makes a folder, in a folder that exists; one that exists already is left as it is.
 *
 * @since 0.1.0
 * @category names
 */
export const makeFolder = (name: string | FileName, options?: NameOptions): Effect.Effect<
  void,
  MmioError.FolderError | MmioError.CannotOpen | MmioError.InvalidParameter,
  IOProc.IOProc
> => serving.asking("Mmio.makeFolder", name, options, (ioProc, name) => ioProc.makeFolder(name))

/**
 * Removes an empty folder; one that is not empty is `CannotWrite`.
 *
 * @since 0.1.0
 * @category names
 */
export const removeFolder = (name: string | FileName, options?: NameOptions): Effect.Effect<
  void,
  MmioError.FolderError | MmioError.CannotOpen | MmioError.InvalidParameter,
  IOProc.IOProc
> => serving.asking("Mmio.removeFolder", name, options, (ioProc, name) => ioProc.removeFolder(name))
