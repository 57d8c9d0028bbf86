/**
 * Storage drivers, the `MMIOPROC`s of the original: what a driver is, and how drivers are composed.
 *
 * A driver is a record of functions, one for each message of the original. A storage is a `Layer<IOProc>`; whatever
 * changes or extends a storage is a `Layer<IOProc, E, IOProc>`, and such layers are composed by `Layer.provide`: the
 * outermost is asked first.
 *
 * Files are positional: they have no cursor, and every transfer says where it starts. The one cursor is that of the
 * handle. A driver that keeps a cursor of its own is adapted by {@link makeCursorFile} or {@link fromProcedure}.
 *
 * The laws of every driver:
 *
 * 1. `readAt` and `writeAt` transfer at the position that they are given, and return how many bytes; a negative or
 *    fractional position is `CannotRead` or `CannotWrite`, and changes nothing.
 * 2. A read at or past the end returns 0. A write past the end first fills the gap with zeros, or fails with
 *    `CannotExpand` and changes nothing.
 * 3. An effect that has ended, by success, failure or interruption, has no I/O in flight that touches the bytes of the
 *    caller. A call that cannot be cancelled is uninterruptible, or its cleanup waits for it.
 * 4. A write that has taken bytes returns how many. One that fails has taken none (`written: 0`), or can be made again
 *    at its position; nothing else has changed.
 * 5. `close` releases the file even when it fails; exactly one of `close` and `abort` is called, once.
 * 6. The first answer is final: a failure is reported once, as it came, whether the driver answers synchronously, by a
 *    callback or as an effect. The library does not retry.
 * 7. A file that commits on close shows either its old content or its new content to all other readers: the new one
 *    after `commit` or `close`, the old one after `abort`, a failed commit, or an interrupted writer.
 * 8. What a driver and a file say in their capabilities is true.
 *
 * @since 0.1.0
 */
import * as Context from "effect/Context"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as Exit from "effect/Exit"
import { dual } from "effect/Function"
import * as Layer from "effect/Layer"
import type * as Option from "effect/Option"
import type * as Request from "effect/Request"
import type * as Schedule from "effect/Schedule"
import type * as Stream from "effect/Stream"
import type { FileName } from "./FileName.js"
import type { FourCC } from "./FourCC.js"
import * as answers from "./internal/io/answer.js"
import * as blocks from "./internal/io/blocks.js"
import * as internal from "./internal/ioProc.js"
import * as audits from "./internal/middleware/audit.js"
import * as caches from "./internal/middleware/cache.js"
import * as checksums from "./internal/middleware/checksum.js"
import * as measured from "./internal/middleware/metrics.js"
import * as overlays from "./internal/middleware/overlay.js"
import * as prefixes from "./internal/middleware/prefixed.js"
import * as reading from "./internal/middleware/readOnly.js"
import * as retries from "./internal/middleware/retry.js"
import * as parts from "./internal/middleware/split.js"
import * as throttles from "./internal/middleware/throttle.js"
import * as timeouts from "./internal/middleware/timeout.js"
import type * as MmioError from "./MmioError.js"

/**
 * What a handle may do with its file (`MMIO_READ`, `MMIO_WRITE`, `MMIO_READWRITE`).
 *
 * @since 0.1.0
 * @category models
 */
export type Access = "read" | "write" | "readWrite"

/**
 * What other handles may do with the same file meanwhile (`MMIO_COMPAT`, `MMIO_EXCLUSIVE`, `MMIO_DENYWRITE`,
 * `MMIO_DENYREAD`, `MMIO_DENYNONE`); see `Sharing` for the rule.
 *
 * @since 0.1.0
 * @category models
 */
export type Share = "compat" | "exclusive" | "denyWrite" | "denyRead" | "denyNone"

/**
 * What an offset counts from: the start of the file, the current position, or its end (`SEEK_SET`, `SEEK_CUR`,
 * `SEEK_END`).
 *
 * @since 0.1.0
 * @category models
 */
export type Whence = "start" | "current" | "end"

/**
 * Whether opening creates the file (`MMIO_CREATE`): `"no"` opens what exists, `"truncate"` creates the file or cuts it
 * to no bytes, and `"new"` creates the file, and fails with `CannotOpen` (`EEXIST`) where the name exists; of several
 * that race for a name, one succeeds.
 *
 * @since 0.1.0
 * @category models
 */
export type Create = "no" | "truncate" | "new"

/**
 * What a driver is asked to open (`MMIOM_OPEN`).
 *
 * @since 0.1.0
 * @category models
 */
export interface OpenRequest {
  /** The whole name, with its element. */
  readonly name: FileName
  /** What will be done with the file. */
  readonly access: Access
  /** Whether to create the file. */
  readonly create: Create
  /** What other handles may do meanwhile. A driver for which this means nothing ignores it. */
  readonly share: Share
  /** The code by which this driver was chosen (`fccIOProc`): from the options of the caller, or from the name. */
  readonly code: Option.Option<FourCC>
  /** What the caller passes to the driver (`adwInfo`), as it was given; `undefined` where nothing was. */
  readonly parameters: unknown
  /**
   * The version that the content must have; any other is `VersionChanged`. A driver that knows no versions fails with
   * `CannotOpen`.
   */
  readonly ifVersion: Option.Option<string>
  /**
   * Whether bytes may be held back in memory; false for a buffer of `"none"` or 0, and then no middleware holds any.
   */
  readonly buffered: boolean
}

/**
 * Makes what `open` of a driver takes, for programs and tests that call a driver directly. A string is a plain name:
 * nothing in it names a driver. Default: an existing file, for reading, in compatibility mode, with the code of its
 * name.
 *
 * @example
 * ```ts
 * import { IOProc } from "@effect-mmio/core"
 * import { Effect } from "effect"
 *
 * export const sizeOf = (driver: IOProc.IOProc, name: string) =>
 *   Effect.acquireUseRelease(
 *     driver.open(IOProc.openRequest(name)),
 *     (file) => file.size,
 *     (file) => Effect.ignore(file.close)
 *   )
 * ```
 *
 * @since 0.1.0
 * @category constructors
 */
export const openRequest: (name: FileName | string, options?: Partial<Omit<OpenRequest, "name">>) => OpenRequest =
  internal.openRequest

/**
 * What a driver is asked for a temporary file (`MMIO_GETTEMP`).
 *
 * @since 0.1.0
 * @category models
 */
export interface TempNameRequest {
  /** The folder to make it in. Default: the storage's own. */
  readonly folder?: string | undefined
  /** What the last component begins with. Default: `"mmio"`. */
  readonly prefix?: string | undefined
  /** What it ends with. Default: `".tmp"`. */
  readonly suffix?: string | undefined
  /**
   * The file that the temporary one is to replace: where the storage has permissions, it gets those of that file, or
   * those of a new file where that does not exist. Default: only its owner may read it, where the storage has
   * permissions.
   */
  readonly like?: FileName | undefined
}

/**
 * How bytes are written: `"write"` may leave them with the driver (`MMIOM_WRITE`), `"writeFlush"` pushes them down,
 * together with all that the driver still holds (`MMIOM_WRITEFLUSH`).
 *
 * @since 0.1.0
 * @category models
 */
export type WriteMode = "write" | "writeFlush"

/**
 * Facts about one open file.
 *
 * @since 0.1.0
 * @category models
 */
export interface FileCapabilities {
  /**
   * Whether several calls may be in flight at once. Otherwise the caller, a handle or a middleware, makes one call at a
   * time; the driver need not queue them.
   */
  readonly concurrent: boolean
  /**
   * Whether the bytes pass once, as those of a pipe do. Middleware then neither reads ahead nor holds bytes back; the
   * buffer of the handle does. Give such a file {@link File.canSeek}: without it a handle seeks back, or is given a
   * smaller buffer, and a later read fails with `CannotRead`.
   */
  readonly forwardOnly: boolean
  /** Whether the file has {@link File.truncate}. */
  readonly truncate: boolean
  /**
   * Whether what is written changes the content in place, or a new content that replaces the old one on `commit` and
   * `close`.
   */
  readonly commit: "inPlace" | "onClose"
  /** Whether an interrupted call ends at once, rather than when the system has answered. */
  readonly cancellable: boolean
  /**
   * Between which handles sharing modes hold: `"none"`; `"process"`, those of this process; `"wholeFile"`, as well, and
   * between processes `exclusive` excludes all other modes; `"system"`, all modes between all processes.
   */
  readonly locks: "none" | "process" | "wholeFile" | "system"
}

/**
 * One open file of a driver. It has no cursor: positions are in bytes from the start of the file.
 *
 * @since 0.1.0
 * @category models
 */
export interface File {
  /** Facts about this file. */
  readonly capabilities: FileCapabilities
  /** Where a handle starts (`lDiskOffset` as the driver sets it). Default: 0. */
  readonly start?: number | undefined
  /** How many bytes there are. Fails with `CannotSeek` where the file has no size, or it cannot be found out. */
  readonly size: Effect.Effect<number, MmioError.SeekError>
  /**
   * Whether a handle may go to a position (`MMIOM_SEEK`), asked when `Mmio.seek` leaves the buffer, and when
   * `Mmio.setBuffer` drops bytes that were read. Default: to every position from 0 on.
   */
  readonly canSeek?: ((position: number) => Effect.Effect<void, MmioError.CannotSeek>) | undefined
  /**
   * Reads from `position` on into the front of `target` (at least one byte long) and returns the number of bytes, which
   * may be short; 0 is the end of the file (`MMIOM_READ`). Does not keep `target`. A file that is only written fails
   * with `CannotRead`.
   *
   * A file that only goes forward skips to a position past its own by reading, and fails with `CannotRead` for one
   * before it; a duplex device, such as a terminal or a socket, ignores positions.
   */
  readonly readAt: (position: number, target: Uint8Array) => Effect.Effect<number, MmioError.ReadError>
  /**
   * Writes from the front of `source` to `position` and returns the number of bytes, which may be short (`MMIOM_WRITE`,
   * `MMIOM_WRITEFLUSH`); 0 of a `source` that has bytes is reported as `CannotWrite`. Does not keep `source`, which is
   * empty only to have the driver flush what it holds: the position then means nothing. Absent on a file that is only
   * read.
   */
  readonly writeAt?:
    | ((position: number, source: Uint8Array, mode: WriteMode) => Effect.Effect<number, MmioError.WriteError>)
    | undefined
  /** Sets the size; a larger one adds zeros. Present where the capabilities say so. */
  readonly truncate?: ((size: number) => Effect.Effect<void, MmioError.WriteError>) | undefined
  /**
   * Drops what was read ahead, so that the next read asks the storage (`MMIO_EMPTYBUF`). Default: nothing is read
   * ahead.
   */
  readonly invalidate?: Effect.Effect<void> | undefined
  /** Makes what was written the content that others see. A file that is written in place succeeds, and does nothing. */
  readonly commit: Effect.Effect<void, MmioError.CommitError>
  /** Flushes all that the driver still holds, commits, and releases the file (`MMIOM_CLOSE`). */
  readonly close: Effect.Effect<void, MmioError.CloseError>
  /** Releases the file; one that commits on close drops what was written since the last commit. */
  readonly abort: Effect.Effect<void>
  /** The version of the content, where the driver knows one. */
  readonly version: Option.Option<string>
  /**
   * What tells the bytes of the file from others, within the process: open files of the same bytes have the same
   * identity, by whatever names they were opened. `None` where the driver cannot tell: the name then serves instead.
   */
  readonly identity: Option.Option<string>
  /**
   * Answers a message of the driver's own (`MMIOM_USER` and up), or does not know it. {@link answer} writes one for one
   * kind of request.
   */
  readonly onMessage: OnMessage
}

/**
 * How a file answers messages of its driver's own.
 *
 * @since 0.1.0
 * @category models
 */
export type OnMessage = <A, E>(request: Request.Request<A, E>) => Option.Option<Effect.Effect<A, E>>

/**
 * Marks drivers.
 *
 * @since 0.1.0
 * @category type ids
 */
export const TypeId: unique symbol = internal.TypeId

/**
 * Marks drivers.
 *
 * @since 0.1.0
 * @category type ids
 */
export type TypeId = typeof TypeId

/**
 * Facts about the names of a storage.
 *
 * @since 0.1.0
 * @category models
 */
export interface Capabilities {
  /** Whether `list` works. */
  readonly list: boolean
  /** Whether `rename` replaces its target in one step, so that others see the one file or the other. */
  readonly atomicRename: boolean
  /** Whether `create: "new"` is atomic: of several that race for a name, one succeeds. */
  readonly exclusiveCreate: boolean
}

/**
 * What a name is.
 *
 * @since 0.1.0
 * @category models
 */
export type Kind = "file" | "folder" | "other"

/**
 * What a storage knows about a name.
 *
 * @since 0.1.0
 * @category models
 */
export interface Stat {
  readonly kind: Kind
  /** In bytes. */
  readonly size: Option.Option<number>
  /** The version of the content, as {@link File.version} is. */
  readonly version: Option.Option<string>
  /** What the name leads to, as {@link File.identity} is: a name that another file has got has another identity. */
  readonly identity: Option.Option<string>
  /** When the content last changed. */
  readonly modified: Option.Option<Date>
  /** When the name was created. */
  readonly created: Option.Option<Date>
}

/**
 * One name in a folder, or one element of an archive.
 *
 * @since 0.1.0
 * @category models
 */
export interface Entry {
  /** The last component of the name. */
  readonly name: string
  readonly kind: Kind
}

/**
 * A storage driver (`MMIOPROC`). Its dependencies were taken when it was made: its functions require nothing.
 *
 * Its functions address this storage itself, whatever the names they are given; the driver of a name with a code is
 * asked of `find`.
 *
 * @since 0.1.0
 * @category models
 */
export interface IOProc {
  readonly [TypeId]: TypeId
  /** Opens a file (`MMIOM_OPEN`). */
  readonly open: (request: OpenRequest) => Effect.Effect<File, MmioError.OpenError>
  /** Gives a file another name, and replaces a file that has it (`MMIOM_RENAME`). */
  readonly rename: (from: FileName, to: FileName) => Effect.Effect<void, MmioError.RenameError>
  /** Removes a file, and never a folder (`MMIO_DELETE`). */
  readonly remove: (name: FileName) => Effect.Effect<void, MmioError.RenameError>
  /** Whether there is a file of this name; false for a folder (`MMIO_EXIST`). */
  readonly exists: (name: FileName) => Effect.Effect<boolean, MmioError.ExistsError>
  /** The absolute name (`MMIO_PARSE`). */
  readonly fullName: (name: FileName) => Effect.Effect<FileName, MmioError.FullNameError>
  /**
   * The name of what a name leads to: with symbolic links followed, also one that leads nowhere yet. The name itself,
   * where the storage has no links, or cannot tell.
   */
  readonly realName: (name: FileName) => Effect.Effect<FileName>
  /** Creates an empty file under a name that did not exist, and returns the name (`MMIO_GETTEMP`). */
  readonly tempName: (request: TempNameRequest) => Effect.Effect<FileName, MmioError.TempNameError>
  /** What the storage knows about a name. */
  readonly stat: (name: FileName) => Effect.Effect<Stat, MmioError.StatError>
  /** The names in a folder, or the elements of an archive, in no order. */
  readonly list: (folder: FileName) => Stream.Stream<Entry, MmioError.ListError>
  /**
   * Makes a folder, in a folder that exists; one that exists already is left as it is. A missing parent is
   * `PathNotFound`, and a file of that name `CannotWrite` or `AccessDenied`.
   */
  readonly makeFolder: (name: FileName) => Effect.Effect<void, MmioError.FolderError>
  /**
   * Removes an empty folder. One that is not empty is `CannotWrite` or `AccessDenied`, a missing one `PathNotFound`.
   */
  readonly removeFolder: (name: FileName) => Effect.Effect<void, MmioError.FolderError>
  /** The driver of names with this code (`MMIO_FINDPROC`). */
  readonly find: (code: FourCC) => Option.Option<IOProc>
  /** Facts about the names of this storage. */
  readonly capabilities: Capabilities
  /** The middleware around the storage, outermost first. */
  readonly middleware: ReadonlyArray<string>
}

/**
 * The storage of a program.
 *
 * @since 0.1.0
 * @category tags
 */
export const IOProc: Context.Tag<IOProc, IOProc> = Context.GenericTag<IOProc>("@effect-mmio/core/IOProc")

/**
 * Whether a value is a driver.
 *
 * @since 0.1.0
 * @category guards
 */
export const isIOProc: (u: unknown) => u is IOProc = internal.isIOProc

/**
 * A driver from the functions that it has. What is left out refuses with `AccessDenied`, `realName` gives the name
 * itself, `find` finds nothing, no capability is claimed, and there is no middleware.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make: (
  functions: Pick<IOProc, "open"> & Partial<Omit<IOProc, "open" | TypeId>>
) => IOProc = internal.make

/**
 * What {@link makeFile} makes a file of: what the storage can do, with defaults for the rest.
 *
 * @since 0.1.0
 * @category models
 */
export interface Primitives {
  /** The name that errors give, as text. */
  readonly name: string
  /** How many bytes there are. */
  readonly size: Effect.Effect<number, MmioError.SeekError>
  /**
   * Reads from `position` on into the front of `target`; returns how many bytes, 0 at or past the end. A function that
   * makes its effects with {@link immediate} or {@link callback} may be called for an effect that is then not run: the
   * work belongs in the effect. The same goes for `writeAt`.
   */
  readonly readAt: File["readAt"]
  /**
   * Writes the front of `source` to `position`; returns how many bytes. A gap that this leaves past the end reads as
   * zeros. With `flush` it is only asked for `"write"`, and never with an empty `source`. Default: the file is only
   * read.
   */
  readonly writeAt?: File["writeAt"]
  /** Flushes what the storage still holds. Default: `writeAt` is asked with `"writeFlush"`. */
  readonly flush?: Effect.Effect<void, MmioError.WriteError> | undefined
  /** Sets the size, a whole number from 0 on. Default: the size cannot be set. */
  readonly truncate?: File["truncate"]
  /** Asked where a handle may go. Default: anywhere from 0 on. */
  readonly canSeek?: File["canSeek"]
  /** Drops what was read ahead. Default: nothing is. */
  readonly invalidate?: File["invalidate"]
  /**
   * Makes what was written the content: with it, the file commits on close. Default: the file is written in place.
   */
  readonly commit?: Effect.Effect<void, MmioError.CommitError> | undefined
  /**
   * Releases the file, and before that commits, where there is a `commit`: a handle that is closed calls `close` alone.
   * Default: `commit` if it is given, and nothing to release.
   */
  readonly close?: Effect.Effect<void, MmioError.CloseError> | undefined
  /**
   * Releases the file, and drops what was not committed. Default: `close`, its failures ignored; with `commit`,
   * nothing. To be given where `commit` and `close` are: a failed scope must not commit.
   */
  readonly abort?: Effect.Effect<void> | undefined
  /** Where a handle starts. Default: 0. */
  readonly start?: number | undefined
  /** Default: the driver knows no versions. */
  readonly version?: string | undefined
  /** Default: the driver cannot tell files apart. */
  readonly identity?: string | undefined
  /**
   * Facts about the file. Default: calls one at a time, positional, not cancellable, no locks; `truncate` and `commit`
   * follow from the functions that are given.
   */
  readonly capabilities?: Partial<Omit<FileCapabilities, "truncate" | "commit">> | undefined
  /** Answers messages of the driver's own. Default: it knows none. */
  readonly onMessage?: OnMessage | undefined
}

/**
 * A file from what its storage can do, with the defaults of {@link Primitives}.
 *
 * @example
 * ```ts
 * import { IOProc, MmioError } from "@effect-mmio/core"
 * import { Effect, Layer } from "effect"
 *
 * // Files named by a number hold that many bytes of "x".
 * const driver = IOProc.make({
 *   open: ({ name }) => {
 *     const size = Number(name.full)
 *     return Number.isSafeInteger(size) && size >= 0
 *       ? Effect.succeed(IOProc.makeFile({
 *         name: name.full,
 *         size: Effect.succeed(size),
 *         readAt: (offset, target) =>
 *           Effect.sync(() => {
 *             const count = Math.max(0, Math.min(target.length, size - offset))
 *             target.fill(0x78, 0, count)
 *             return count
 *           })
 *       }))
 *       : Effect.fail(new MmioError.FileNotFound({ operation: "open", file: name.full, description: "not a number" }))
 *   }
 * })
 * export const layer = Layer.succeed(IOProc.IOProc, driver)
 * ```
 *
 * @since 0.1.0
 * @category constructors
 */
export const makeFile: (
  primitives:
    & Primitives
    & ({ readonly commit?: undefined } | { readonly close?: undefined } | { readonly abort: Effect.Effect<void> })
) => File = internal.makeFile

/**
 * What {@link makeCursorFile} makes a file of: functions that share one cursor, as those of an `MMIOPROC` do.
 *
 * @since 0.1.0
 * @category models
 */
export interface CursorFunctions {
  /** The name that errors give, as text. */
  readonly name: string
  /**
   * Reads from the cursor on into the front of `target`, moves the cursor by the number of bytes, and returns it; 0 is
   * the end.
   */
  readonly read: (target: Uint8Array) => Effect.Effect<number, MmioError.ReadError>
  /**
   * Writes the front of `source` at the cursor, moves it by the number of bytes, and returns it. Default: the file is
   * only read.
   */
  readonly write?: ((source: Uint8Array) => Effect.Effect<number, MmioError.WriteError>) | undefined
  /**
   * Like `write`, of a `source` that may be empty; then flushes all that the driver holds. Default: `write`, of what is
   * not empty.
   */
  readonly writeFlush?: ((source: Uint8Array) => Effect.Effect<number, MmioError.WriteError>) | undefined
  /** Sets the cursor to `offset` bytes from there, and returns it, counted from the start. */
  readonly seek: (offset: number, from: Whence) => Effect.Effect<number, MmioError.SeekError>
  /** Releases the file. Default: there is nothing to release. */
  readonly close?: Effect.Effect<void, MmioError.CloseError> | undefined
  /** Releases a file whose handle failed. Default: `close`, its failures ignored. */
  readonly abort?: Effect.Effect<void> | undefined
  /** Sets the size. Default: the size cannot be set. */
  readonly truncate?: File["truncate"]
  /** Where the cursor is now, and where a handle starts. Default: 0. */
  readonly start?: number | undefined
  /** Default: the driver knows no versions. */
  readonly version?: string | undefined
  /** Default: the driver cannot tell files apart. */
  readonly identity?: string | undefined
  /** Facts about the file; calls are always made one at a time. Default: as in {@link Primitives}. */
  readonly capabilities?: Partial<Omit<FileCapabilities, "concurrent" | "truncate" | "commit">> | undefined
  /** Answers messages of the driver's own, and leaves the cursor where it was. Default: it knows none. */
  readonly onMessage?: OnMessage | undefined
}

/**
 * A positional file over functions that share a cursor. It seeks only where the cursor is elsewhere, finds its size by
 * `seek(0, "end")`, asks `seek` where a handle may go, and seeks again after a call that failed or was interrupted.
 * Where the storage refuses a position at or past its end, reading there returns 0.
 *
 * A file with the capability `forwardOnly` skips to a position past the cursor by reading; one that also writes ignores
 * positions.
 *
 * @since 0.1.0
 * @category constructors
 */
export const makeCursorFile: (functions: CursorFunctions) => File = internal.makeCursorFile

/**
 * A file with some functions of its own instead of those of `inner`; all others, also those on a prototype, are kept.
 *
 * @example
 * ```ts
 * import { IOProc } from "@effect-mmio/core"
 * import { Effect } from "effect"
 *
 * // Counts the bytes that are read.
 * export const counting = (inner: IOProc.File, count: (bytes: number) => void): IOProc.File =>
 *   IOProc.wrapFile(inner, {
 *     readAt: (position, target) => Effect.tap(inner.readAt(position, target), (n) => count(n))
 *   })
 * ```
 *
 * @since 0.1.0
 * @category combinators
 */
export const wrapFile: (inner: File, overrides?: Partial<File>) => File = internal.wrapFile

/**
 * Like `Effect.suspend`, for the functions of a file that can often answer synchronously. Where `evaluate` returns an
 * `Exit`, such as `Exit.succeed(count)`, a handle takes the answer without running an effect: the refill of a buffer
 * then costs hardly more than its copy. Where it returns another effect, that effect is run.
 *
 * @example
 * ```ts
 * import { IOProc } from "@effect-mmio/core"
 * import { Effect, Exit } from "effect"
 *
 * // A file over bytes in memory.
 * export const over = (bytes: Uint8Array) =>
 *   IOProc.makeFile({
 *     name: "bytes in memory",
 *     size: Effect.succeed(bytes.length),
 *     readAt: (position, target) =>
 *       IOProc.immediate(() => {
 *         const some = bytes.subarray(position, position + target.length)
 *         target.set(some)
 *         return Exit.succeed(some.length)
 *       })
 *   })
 * ```
 *
 * @since 0.1.0
 * @category constructors
 */
export const immediate: <A, E>(evaluate: () => Effect.Effect<A, E>) => Effect.Effect<A, E> = answers.immediate

/**
 * Like an uninterruptible `Effect.async`, for the functions of a file that ask something which answers by a callback
 * and cannot be cancelled. `start` is called each time the effect is run; it calls `done` once, synchronously or
 * later, and throws nothing. A handle takes the answer in the callback itself.
 *
 * @example
 * ```ts
 * import { IOProc, MmioError } from "@effect-mmio/core"
 * import { Exit } from "effect"
 * import * as Fs from "node:fs"
 *
 * export const readAt = (fd: number, target: Uint8Array, position: number) =>
 *   IOProc.callback<number, MmioError.CannotRead>((done) =>
 *     Fs.read(fd, target, 0, target.length, position, (cause, count) =>
 *       done(
 *         cause === null
 *           ? Exit.succeed(count)
 *           : Exit.fail(
 *             new MmioError.CannotRead({ operation: "read", file: `${fd}`, description: cause.message, cause })
 *           )
 *       ))
 *   )
 * ```
 *
 * @since 0.1.0
 * @category constructors
 */
export const callback: <A, E>(start: (done: (exit: Exit.Exit<A, E>) => void) => void) => Effect.Effect<A, E> =
  answers.callback

/**
 * The `onMessage` of a file that knows one kind of request, told by a guard; the answer's types are those of the
 * request. Several kinds are chained: `onMessage: (request) => Option.orElse(first(request), () => second(request))`.
 *
 * @example
 * ```ts
 * import { IOProc } from "@effect-mmio/core"
 * import { Effect, Request } from "effect"
 *
 * class CountEntries extends Request.TaggedClass("CountEntries")<number, never, { readonly folder: string }> {}
 *
 * export const onMessage = IOProc.answer(
 *   (request) => request instanceof CountEntries,
 *   (request) => Effect.succeed(request.folder.length)
 * )
 * export const message = new CountEntries({ folder: "songs" })
 * ```
 *
 * @since 0.1.0
 * @category constructors
 */
export const answer: <Req extends Request.Request<unknown, unknown>>(
  is: (request: Request.Request<unknown, unknown>) => request is Req,
  reply: (request: Req) => Effect.Effect<Request.Request.Success<Req>, Request.Request.Error<Req>>
) => OnMessage = internal.answer

// ---------------------------------------------------------------------------------------------------------------------
// one function for all messages
// ---------------------------------------------------------------------------------------------------------------------

/**
 * The answer to a message, made by the `reply` of the message itself and of no other.
 *
 * @since 0.1.0
 * @category models
 */
export interface Reply {
  readonly [ReplyTypeId]: ReplyTypeId
}

/**
 * Marks answers to messages.
 *
 * @since 0.1.0
 * @category type ids
 */
export const ReplyTypeId: unique symbol = internal.ReplyTypeId

/**
 * Marks answers to messages.
 *
 * @since 0.1.0
 * @category type ids
 */
export type ReplyTypeId = typeof ReplyTypeId

/**
 * All messages that an I/O procedure gets, as one union. `S` is what the procedure keeps for an open file: it answers
 * `Open` with one, and every later message about that file carries it (`adwInfo`). Each message has a `reply` that
 * types its answer.
 *
 * @since 0.1.0
 * @category models
 */
export type IOMessage<S> =
  | {
    readonly _tag: "Open"
    readonly request: OpenRequest
    readonly reply: (answer: Effect.Effect<S, MmioError.OpenError>) => Reply
    /** The same for a file whose cursor is not at 0: the handle starts at `diskOffset` (`lDiskOffset`). */
    readonly replyAt: (
      answer: Effect.Effect<{ readonly file: S; readonly diskOffset: number }, MmioError.OpenError>
    ) => Reply
  }
  | {
    readonly _tag: "Read"
    readonly file: S
    readonly target: Uint8Array
    readonly reply: (answer: Effect.Effect<number, MmioError.ReadError>) => Reply
  }
  | {
    readonly _tag: "Write" | "WriteFlush"
    readonly file: S
    readonly source: Uint8Array
    readonly reply: (answer: Effect.Effect<number, MmioError.WriteError>) => Reply
  }
  | {
    readonly _tag: "Seek"
    readonly file: S
    readonly offset: number
    readonly from: Whence
    readonly reply: (answer: Effect.Effect<number, MmioError.SeekError>) => Reply
  }
  | {
    readonly _tag: "Close"
    readonly file: S
    readonly reply: (answer: Effect.Effect<void, MmioError.CloseError>) => Reply
  }
  | {
    readonly _tag: "Rename"
    readonly from: FileName
    readonly to: FileName
    readonly reply: (answer: Effect.Effect<void, MmioError.RenameError>) => Reply
  }
  | {
    readonly _tag: "Exist"
    readonly name: FileName
    readonly reply: (answer: Effect.Effect<boolean, MmioError.ExistsError>) => Reply
  }
  | {
    readonly _tag: "Delete"
    readonly name: FileName
    readonly reply: (answer: Effect.Effect<void, MmioError.RenameError>) => Reply
  }
  | {
    readonly _tag: "Parse"
    readonly name: FileName
    readonly reply: (answer: Effect.Effect<FileName, MmioError.FullNameError>) => Reply
  }
  | {
    readonly _tag: "GetTemp"
    readonly request: TempNameRequest
    readonly reply: (answer: Effect.Effect<FileName, MmioError.TempNameError>) => Reply
  }
  | {
    readonly _tag: "User"
    readonly file: S
    /** Asks whether the message is of one kind of request, and answers it if so; `None` if it is of another. */
    readonly match: <Req extends Request.Request<unknown, unknown>>(
      is: (request: Request.Request<unknown, unknown>) => request is Req,
      reply: (request: Req) => Effect.Effect<Request.Request.Success<Req>, Request.Request.Error<Req>>
    ) => Option.Option<Reply>
  }

/**
 * A driver from one function for all messages, as the original has it. The procedure keeps the cursor of each file;
 * {@link makeCursorFile} says when it is asked to seek. `None` says that the procedure does not recognise a message:
 * opening, reading, writing and seeking then fail with `CannotOpen`, `CannotRead`, `CannotWrite` and `CannotSeek`,
 * names with `AccessDenied`; closing succeeds, a `WriteFlush` with bytes is sent again as `Write`, one without is done,
 * and a message of the user's gets no answer. A procedure has no `stat`, `list`, folders or `truncate`. `Exist`,
 * `Delete`, `Parse` and `GetTemp` are what the original sends as flags of `MMIOM_OPEN`.
 *
 * @example
 * ```ts
 * import { IOProc } from "@effect-mmio/core"
 * import { Effect, Option } from "effect"
 *
 * // Every file is empty, and swallows what is written to it.
 * export const nowhere = IOProc.fromProcedure<{ position: number }>((message) => {
 *   switch (message._tag) {
 *     case "Open":
 *       return Option.some(message.reply(Effect.succeed({ position: 0 })))
 *     case "Read":
 *       return Option.some(message.reply(Effect.succeed(0)))
 *     case "Write":
 *       return Option.some(message.reply(Effect.sync(() => {
 *         message.file.position += message.source.length
 *         return message.source.length
 *       })))
 *     default:
 *       return Option.none()
 *   }
 * })
 * ```
 *
 * @since 0.1.0
 * @category constructors
 */
export const fromProcedure: <S>(procedure: (message: IOMessage<S>) => Option.Option<Reply>) => IOProc =
  internal.fromProcedure

// ---------------------------------------------------------------------------------------------------------------------
// wrapping
// ---------------------------------------------------------------------------------------------------------------------

/**
 * A driver whose files, also those of the drivers that it finds, are changed by `f` as they are opened. The file that
 * `f` gets is a plain record, so `{ ...file, readAt }` is a file that reads otherwise and keeps everything else. `name`
 * is what the driver's {@link IOProc.middleware} calls the change; default: `"mapFile"`.
 *
 * @since 0.1.0
 * @category combinators
 */
export const mapFile: {
  (f: (file: File, request: OpenRequest) => File, name?: string): (self: IOProc) => IOProc
  (self: IOProc, f: (file: File, request: OpenRequest) => File, name?: string): IOProc
} = internal.mapFile

/**
 * How much memory blocks may take together, in bytes; see {@link makeBlockBudget}.
 *
 * @since 0.1.0
 * @category models
 */
export interface BlockBudget {
  /** In bytes. */
  readonly limit: number
  /** How much of it is in use now, in bytes. */
  readonly used: number
}

/**
 * A budget that several drivers can share: all blocks of their files come out of it. A file that gets no block works
 * through the buffer of its handle alone. Throws `InvalidParameter` for an invalid limit.
 *
 * @since 0.1.0
 * @category constructors
 */
export const makeBlockBudget: (limit: number) => BlockBudget = blocks.makeBudget

/**
 * How large the blocks are that a file is read or written in: both in bytes, at least 1. They begin with `smallest`
 * once two transfers were in sequence, double while the sequence goes on, up to `largest`, and are dropped where it
 * breaks. A read that skips less than `smallest` bytes forward is still in sequence; a write that skips any is not.
 * Default: 64 KiB to 1 MiB.
 *
 * @since 0.1.0
 * @category models
 */
export interface BlockSizes {
  readonly smallest?: number | undefined
  readonly largest?: number | undefined
  /** Where the blocks of all files of the driver come from. Default: a budget of 64 MiB of the driver's own. */
  readonly budget?: BlockBudget | undefined
}

/**
 * A driver whose files, also those of the drivers that it finds, read the next block while the last is used, so that
 * most reads are answered synchronously. A file whose calls are {@link FileCapabilities.concurrent} has two blocks in
 * flight while a reader waits. It costs up to two blocks of memory for a file that is read in sequence, and none for
 * any other.
 *
 * - What is written to the same bytes through any file of this process that goes through `readAhead` is seen once it
 *   has been written or, where it is held back, flushed. What is written past it, by another process for one, is seen
 *   by blocks that are read after that, and after {@link File.invalidate}.
 * - A failed read-ahead is not reported: what was not read is asked for again when it is wanted.
 * - Closing waits for reads in flight. A file that is {@link FileCapabilities.forwardOnly} is left as it is. One that
 *   is opened with `buffered: false` has no blocks, and others still see what it writes.
 *
 * Throws `InvalidParameter` for invalid sizes.
 *
 * @since 0.1.0
 * @category combinators
 */
export const readAhead: {
  (sizes?: BlockSizes): (self: IOProc) => IOProc
  (self: IOProc, sizes?: BlockSizes): IOProc
} = internal.readAhead

/**
 * A driver whose files, also those of the drivers that it finds, gather what is written in sequence, and write one
 * block while the next is gathered. It costs up to two blocks of memory for a file that is written in sequence, and
 * none for any other.
 *
 * - What is held is written by `"writeFlush"`, `commit` and `close`, and before anything is read or written elsewhere,
 *   in the order in which it came. Another handle sees what a flush has completed.
 * - A failed background write is reported by the next call that has to write what the blocks hold: the next flush or
 *   close at the latest, and a read as `CannotRead`. The bytes are kept, and tried again, as those of a handle's buffer
 *   are. So a full disk is noticed later.
 * - The size counts what is held. A file that is {@link FileCapabilities.forwardOnly}, opened for reading, or opened
 *   with `buffered: false`, is left as it is.
 *
 * `readAhead` goes around it: `readAhead(writeBehind(driver))`.
 *
 * Throws `InvalidParameter` for invalid sizes.
 *
 * @since 0.1.0
 * @category combinators
 */
export const writeBehind: {
  (sizes?: BlockSizes): (self: IOProc) => IOProc
  (self: IOProc, sizes?: BlockSizes): IOProc
} = internal.writeBehind

/**
 * A driver that replaces whole files: what a handle that creates a file writes goes to a temporary file in the same
 * folder, and takes the place of the name by `rename` with `Mmio.commit`, or as the handle is closed; a scope that
 * fails, and a full disk, leave the old file as it was. Files that are opened without `create`, and files that the
 * storage itself commits on close, are opened as they are. Only a storage whose capabilities say `atomicRename` can be
 * wrapped.
 *
 * - Other readers see the old content until the commit, and the new one after it. A process that dies in between leaves
 *   the temporary file (`.name.….tmp`), and the old content.
 * - `commit` and `close` fail with `VersionChanged` where another program has changed the file since it was opened, and
 *   leave that change. A change of another program between this check and the rename is lost, and with `create: "new"`
 *   a name that was created in between is replaced.
 * - The new file has the permissions of the old one, where the storage has permissions. A symbolic link stays, and what
 *   it leads to is replaced ({@link IOProc.realName}); the temporary file is then in the folder of that. Hard links to
 *   the old file keep the old content. Devices and pipes are opened as they are.
 *
 * The storage must also know `stat`, `tempName` and `remove`.
 *
 * Throws `InvalidParameter` for a storage without `atomicRename`.
 *
 * @since 0.1.0
 * @category combinators
 */
export const commitOnClose: (self: IOProc) => IOProc = internal.commitOnClose

/**
 * What {@link retry} tries again, and when.
 *
 * @since 0.1.0
 * @category models
 */
export interface RetryOptions {
  /** When, and how often. It gets the failures. */
  readonly schedule: Schedule.Schedule<unknown, MmioError.MmioError>
  /** Which failures. Default: `NetworkError`, and those whose `errno` is `EAGAIN`, `EBUSY`, `EINTR` or `ETIMEDOUT`. */
  readonly while?: ((error: MmioError.MmioError) => boolean) | undefined
}

/**
 * A driver that tries again what failed, where that is safe to repeat: transfers at a position, `size`, `canSeek`,
 * `truncate`, `open` (but not with `create: "new"`), `exists`, `stat`, `fullName`, `makeFolder`, and a `list` that has
 * given nothing yet. The last failure is reported.
 *
 * `commit`, `close`, `rename`, `remove`, `removeFolder`, `tempName`, messages of the driver's own, and the transfers of
 * a file that is {@link FileCapabilities.forwardOnly} are made once: what a lost answer says of them is not known.
 *
 * @example
 * ```ts
 * import { IOProc } from "@effect-mmio/core"
 * import { Layer, Schedule } from "effect"
 *
 * // Over any storage: three more tries, after 100, 200 and 400 ms.
 * export const patient = <E>(storage: Layer.Layer<IOProc.IOProc, E>) =>
 *   IOProc.layerMap(
 *     IOProc.retry({ schedule: Schedule.intersect(Schedule.exponential("100 millis"), Schedule.recurs(3)) })
 *   ).pipe(Layer.provide(storage))
 * ```
 *
 * @since 0.1.0
 * @category middleware
 */
export const retry: {
  (options: RetryOptions): (self: IOProc) => IOProc
  (self: IOProc, options: RetryOptions): IOProc
} = dual(2, retries.retry)

/**
 * A driver whose files answer within a time, or fail: `readAt` with `CannotRead`, `writeAt` and `truncate` with
 * `CannotWrite`, `size` with `CannotSeek`, all with the `errno` `ETIMEDOUT`. The call is interrupted, and has ended
 * before the failure is given. Of a write that timed out it is not known how much was written: `written` is 0, and the
 * same bytes can be written again.
 *
 * `commit`, `close`, `abort` and the functions of names take as long as they take. A file whose calls cannot be
 * cancelled (capability `cancellable`) would answer no sooner: opening it fails with `CannotOpen`. With
 * `create: "truncate"` the file is first opened without `create`, so that one that is refused keeps its bytes; one that
 * this open created is removed.
 *
 * Throws `InvalidParameter` for a time that is not positive or not finite.
 *
 * @since 0.1.0
 * @category middleware
 */
export const timeout: {
  (duration: Duration.DurationInput): (self: IOProc) => IOProc
  (self: IOProc, duration: Duration.DurationInput): IOProc
} = dual(2, timeouts.timeout)

/**
 * The limits of {@link throttle}. Default of each: none.
 *
 * @since 0.1.0
 * @category models
 */
export interface ThrottleOptions {
  /** How many calls begin in a second. */
  readonly operations?: number | undefined
  /** How many bytes are transferred in a second. */
  readonly bytes?: number | undefined
  /** How many calls are in flight at the same time. */
  readonly concurrency?: number | undefined
}

/**
 * A driver that asks no more of the storage than these limits allow, for all of its files together. A call waits for
 * its turn, and can be interrupted while it does; it then costs nothing.
 *
 * What is guaranteed: no more than `concurrency` calls are in flight; calls begin in the order in which they were made,
 * and never more than `operations` of them in a second, but for one at the start; over any longer time no more than
 * `bytes` are transferred in a second, but for the calls that are in flight.
 *
 * What is not: a transfer costs what it has transferred, which is known once it has ended. So one of any size begins as
 * soon as those before it are paid for, calls that are in flight at the same time begin together whatever they will
 * transfer, and the calls after them wait as long as all of their bytes take. A call that waits for bytes counts as one
 * in flight. The clock has milliseconds: more than 1000 operations in a second begin in groups.
 *
 * `close`, `abort`, `list`, `realName`, `invalidate` and messages of the driver's own do not wait.
 *
 * Throws `InvalidParameter` for invalid limits.
 *
 * @since 0.1.0
 * @category middleware
 */
export const throttle: {
  (options: ThrottleOptions): (self: IOProc) => IOProc
  (self: IOProc, options: ThrottleOptions): IOProc
} = dual(2, throttles.throttle)

/**
 * How {@link cache} keeps blocks.
 *
 * @since 0.1.0
 * @category models
 */
export interface CacheOptions {
  /** In bytes. Default: 64 KiB. */
  readonly blockSize?: number | undefined
  /** How many bytes all blocks may have together. Default: 64 MiB. */
  readonly capacity?: number | undefined
}

/**
 * A driver that keeps what was read in blocks, and drops the least recently used one where there is no room.
 *
 * - Files that are opened for reading and have a version find what earlier opens of the same bytes in the same version
 *   have read. Any other file keeps its blocks to itself, and only until it is closed.
 * - A block is read once, however many fibers wait for it. A failure is reported to the call that met it, and to no
 *   other.
 * - What is written through the cache is seen by all files that are open through it, where they have the same
 *   `identity`, or the same name in a storage that knows none, as it is spelled. What others write is seen by files
 *   that are opened in another version, and after `Mmio.flush` with `emptyBuffer`.
 * - Nothing is kept of a file that is {@link FileCapabilities.forwardOnly}, or opened with `buffered: false`.
 *
 * Throws `InvalidParameter` for invalid sizes, and around another cache.
 *
 * @since 0.1.0
 * @category middleware
 */
export const cache: {
  (options?: CacheOptions): (self: IOProc) => IOProc
  (self: IOProc, options?: CacheOptions): IOProc
} = dual((args) => isIOProc(args[0]), caches.cache)

/**
 * How {@link checksum} lays out a file.
 *
 * @since 0.1.0
 * @category models
 */
export interface ChecksumOptions {
  /** How many bytes of the content each sum is for; the same for every open of a file. Default: 4096. */
  readonly blockSize?: number | undefined
}

/**
 * A driver that keeps a CRC-32 after each block of a file, in the same file, and verifies it with each read. A block
 * that does not match is `CannotRead`, with its position; all others can be read, and writing the whole block, or
 * cutting the file before it, mends it. Where the last block is truncated, the file has no size until then.
 *
 * - The storage has other bytes than the content: only a checksum of the same block size reads them. `stat` and `size`
 *   give the size of the content.
 * - A transfer of part of a block transfers the whole block. A file that is opened for writing is opened for reading,
 *   too. One that only goes forward is `CannotOpen`, and no file is `cancellable`: {@link timeout} goes inside.
 * - A block of which a write that failed has written a part is finished by whatever the file is asked next, `close` and
 *   `abort` too. Where the storage refuses that, the call fails, but blocks that match can be read. A process that dies
 *   while it writes over a block leaves one that does not match: use `commitOnClose`, or a storage that commits on
 *   close, where that must not be.
 *
 * Throws `InvalidParameter` for an invalid size, and around another checksum.
 *
 * @since 0.1.0
 * @category middleware
 */
export const checksum: {
  (options?: ChecksumOptions): (self: IOProc) => IOProc
  (self: IOProc, options?: ChecksumOptions): IOProc
} = dual((args) => isIOProc(args[0]), checksums.checksum)

/**
 * A driver that only reads: whatever would change the storage is refused with `AccessDenied`, and asks nothing of it.
 * Messages of the driver's own pass, whatever they do.
 *
 * @since 0.1.0
 * @category middleware
 */
export const readOnly: (self: IOProc) => IOProc = reading.readOnly

/**
 * A driver whose names begin in another place of the storage: the prefix is added to every name on the way down, and
 * taken away on the way up. It is no jail: `../` leads out of a folder as it does elsewhere.
 *
 * @example
 * ```ts
 * import { IOProc } from "@effect-mmio/core"
 *
 * // "take1.wav" is "recordings/take1.wav"
 * export const layer = IOProc.layerMap(IOProc.prefixed("recordings/"))
 * ```
 *
 * @since 0.1.0
 * @category middleware
 */
export const prefixed: {
  (prefix: string): (self: IOProc) => IOProc
  (self: IOProc, prefix: string): IOProc
} = dual(2, prefixes.prefixed)

/**
 * A driver whose changes go to another storage, `upper`, and that only reads the one that it goes around: a file is
 * copied to `upper` before it is first written to, and a mark in `upper`, a file named `.wh.` and the name, hides what
 * was removed. Names that begin with `.wh.` are refused.
 *
 * What is guaranteed:
 *
 * - The lower storage is never changed: it is asked for what it has, and its files are opened for reading.
 * - Changes of names, first writes and opens that create are made one after another, so that handles that are first to
 *   write to a file write to one copy. A file that is copied meanwhile holds up other such changes, and no reading.
 * - A change that fails or is interrupted changes nothing that is shown. It may leave a copy of a file, or a mark that
 *   hides a name below one that `upper` has, in `upper`.
 *
 * What is not:
 *
 * - A handle that reads a file which is copied up later goes on reading what the lower storage has, and sharing modes
 *   do not hold between the two.
 * - A copy has the bytes of the file: not its times, its version or its permissions, which are those of a new file.
 * - Two overlays, or two processes, over the same `upper` do not know of each other: each may copy the same file. A
 *   process that dies may leave a temporary file (`.wh..wh.`…) in `upper`, which is not shown.
 * - Folders are not renamed. Names mean the same in both storages, and are those that `/` and `\\` take apart: where a
 *   storage has several spellings of a component, such as upper and lower case, a mark hides the one that was used.
 * - Both storages must know `stat` and `exists`; `removeFolder` needs `list`. `upper` must also know `tempName`,
 *   `rename`, `remove` and, where there are folders, `makeFolder`.
 *
 * @since 0.1.0
 * @category middleware
 */
export const overlay: {
  (upper: IOProc): (self: IOProc) => IOProc
  (self: IOProc, upper: IOProc): IOProc
} = dual(2, overlays.overlay)

/**
 * A driver that keeps each file in parts of `partSize` bytes: `song.wav` is `song.wav.0`, `song.wav.1`, … in the inner
 * storage.
 *
 * What is guaranteed:
 *
 * - A `rename` or `remove` that fails leaves both files as they were: parts that go away get temporary names, `.split.`
 *   and more, and get their own back where a later part fails. Renaming a file to another spelling of its name does
 *   nothing.
 * - Opening with `create` that fails leaves the front of the file, and a file that did not exist still does not.
 *
 * What is not:
 *
 * - None of these is one step: a reader meanwhile may find no file, or the front of one. The same goes for a process
 *   that dies, which may also leave parts under temporary names. Where the storage itself refuses to undo, parts keep
 *   the names that they have got. A part that cannot be removed once a new file has its name stays under its temporary
 *   one.
 * - Files have no versions, and do not commit as a whole. Sharing modes hold by the first part.
 * - Other files in the inner storage must not have names of parts: a file `a.0` there is taken for the first part of
 *   `a`.
 *
 * Replacing a file by `rename` needs `tempName` of the inner storage. A write that leaves a gap over parts, and
 * emptying a file of several parts, need `truncate` of its files.
 *
 * Throws `InvalidParameter` for an invalid size, around another `split`, and around {@link commitOnClose}, since the
 * parts of a file cannot be committed in one step.
 *
 * @since 0.1.0
 * @category middleware
 */
export const split: {
  (partSize: number): (self: IOProc) => IOProc
  (self: IOProc, partSize: number): IOProc
} = dual(2, parts.split)

/**
 * A driver whose calls are counted and timed, by `Metric`s with the tags `storage` (the name that is given here) and
 * `operation` (such as `readAt`): `mmio_driver_calls` (with the tag `outcome`: `success`, the tag of the failure,
 * `interrupted` or `defect`), `mmio_driver_bytes`, and `mmio_driver_duration_ms`, a histogram. A `list` takes as long
 * as its stream does.
 *
 * @since 0.1.0
 * @category middleware
 */
export const metrics: {
  (storage: string): (self: IOProc) => IOProc
  (self: IOProc, storage: string): IOProc
} = dual(2, measured.metrics)

/**
 * The messages of a driver, as {@link audit} names them.
 *
 * @since 0.1.0
 * @category models
 */
export type AuditedOperation =
  | "open"
  | "rename"
  | "remove"
  | "exists"
  | "fullName"
  | "tempName"
  | "stat"
  | "list"
  | "makeFolder"
  | "removeFolder"
  | "size"
  | "canSeek"
  | "readAt"
  | "writeAt"
  | "writeFlushAt"
  | "truncate"
  | "invalidate"
  | "commit"
  | "close"
  | "abort"

/**
 * One message that has been answered.
 *
 * @since 0.1.0
 * @category models
 */
export interface AuditEntry {
  readonly operation: AuditedOperation
  /** The name of the file or the folder; for `tempName`, the folder that was asked for. */
  readonly file: string
  /** The new name, of `rename`. */
  readonly to: Option.Option<string>
  /** Where in the file, in bytes. */
  readonly position: Option.Option<number>
  /** How many bytes were asked for; of `truncate`, the size. */
  readonly bytes: Option.Option<number>
  /** How many bytes were transferred; of `size`, how many there are. */
  readonly transferred: Option.Option<number>
  readonly outcome: "success" | "interrupted" | "defect" | MmioError.MmioError
}

/**
 * A driver whose messages are logged, each once it has been answered. Default: by `Effect.logInfo`, with annotations.
 *
 * @since 0.1.0
 * @category middleware
 */
export const audit: {
  (log?: (entry: AuditEntry) => Effect.Effect<void>): (self: IOProc) => IOProc
  (self: IOProc, log?: (entry: AuditEntry) => Effect.Effect<void>): IOProc
} = dual((args) => isIOProc(args[0]), audits.audit)

/**
 * A layer that puts something around the inner storage. Fails with the `InvalidParameter` that `f` throws, as
 * middleware does for invalid options, and for an order that makes no sense.
 *
 * @since 0.1.0
 * @category layers
 */
export const layerMap = <E = never, R = never>(
  f: (ioProc: IOProc) => IOProc | Effect.Effect<IOProc, E, R>
): Layer.Layer<IOProc, E | MmioError.InvalidParameter, IOProc | R> => Layer.effect(IOProc, internal.mapped(IOProc, f))

/**
 * A driver with another one for names of a code (`mmioInstallIOProc`); the most recent route of a code wins.
 *
 * @since 0.1.0
 * @category combinators
 */
export const route: {
  (code: FourCC, driver: IOProc): (self: IOProc) => IOProc
  (self: IOProc, code: FourCC, driver: IOProc): IOProc
} = internal.route

/**
 * A layer that has names of a code served by a driver, all others by the inner storage (`mmioInstallIOProc`). A driver
 * that needs that storage, as one for archives does, is given as an effect that asks for `IOProc`.
 *
 * @since 0.1.0
 * @category layers
 */
export const layerRoute = <E = never, R = never>(
  code: FourCC,
  driver: IOProc | Effect.Effect<IOProc, E, R>
): Layer.Layer<IOProc, E, IOProc | R> =>
  Layer.effect(
    IOProc,
    Effect.flatMap(IOProc, (inner) =>
      isIOProc(driver)
        ? Effect.succeed(route(inner, code, driver))
        : Effect.map(driver, (found) => route(inner, code, found)))
  )

/**
 * Runs an effect while names of a code are served by a driver (`mmioInstallIOProc`, then `MMIO_REMOVEPROC`).
 *
 * @since 0.1.0
 * @category combinators
 */
export const withRoute: {
  <E2 = never, R2 = never>(
    code: FourCC,
    driver: IOProc | Effect.Effect<IOProc, E2, R2>
  ): <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.Effect<A, E | E2, IOProc | Exclude<R, IOProc> | R2>
  <A, E, R, E2 = never, R2 = never>(
    effect: Effect.Effect<A, E, R>,
    code: FourCC,
    driver: IOProc | Effect.Effect<IOProc, E2, R2>
  ): Effect.Effect<A, E | E2, IOProc | Exclude<R, IOProc> | R2>
} = dual(
  3,
  <A, E, R, E2, R2>(
    effect: Effect.Effect<A, E, R>,
    code: FourCC,
    driver: IOProc | Effect.Effect<IOProc, E2, R2>
  ): Effect.Effect<A, E | E2, IOProc | Exclude<R, IOProc> | R2> => Effect.provide(effect, layerRoute(code, driver))
)
