/**
 * Storage straight on `node:fs`: the files of the machine, with the errors that the system gives, sharing modes, and
 * `fsync`.
 *
 * Names are paths, as `node:fs` takes them. Sizes and positions are in bytes, up to 2 ** 53 - 1. A file keeps no
 * position: every transfer gives its own to the system. What `Mmio.open` passes as `ioProc` and `parameters` means
 * nothing to this storage, which ignores it; its files have no versions, so `ifVersion` is `CannotOpen`.
 *
 * **Sharing modes** hold between all handles on this machine that are opened by this library, by all names of a file,
 * in this process and in others: a process holds locks of the system on bytes from 2 ** 52 on, which no file reaches.
 * The system releases them when the file is closed, and when the process dies. They do not bind programs that call
 * `node:fs`, or anything else. As on any POSIX system, an open file can be renamed and removed; its bytes live on until
 * the last handle is closed. `locks` in the capabilities of a file says what holds for it:
 *
 * - `"system"`: between all processes. On Linux, and on Windows. An open that finds the locks just being taken tries
 *   again for about a second, which blocks the thread where calls do; then, and for a conflict, it fails with
 *   `SharingViolation`. A file has at most 1023 handles that can write.
 * - `"wholeFile"`: on macOS, which locks a whole file or nothing. Between processes `exclusive` excludes all other
 *   modes, and no other mode excludes any; the rest holds within the process.
 * - `"process"`: between all handles of this process (of one thread, if there are workers). Files that only go forward
 *   and devices; all files where the optional dependency `fs-native-extensions` is missing or has no binary, as on
 *   Linux with musl, or cannot run, as on Bun, or where the file system has no locks, both of which are logged as a
 *   warning once; and all files with {@link Options.locks} `"process"`.
 *
 * Only Linux, with its local file systems, is tested; what is said of Windows and macOS is what their documentation
 * says. Two processes that read a file without the permission to write it do not see what the other denies. For the
 * same reason a reader whose mode is not `compat` opens a descriptor that can write where it may: programs that watch
 * the file see it closed as one that was written, and Linux does not execute it meanwhile. A child process that
 * inherits the descriptor keeps the locks until it closes it or ends.
 *
 * **Interruption.** The calls of the system cannot be cancelled: an interrupted fiber waits for the call that it has
 * begun.
 *
 * **Sequential access** goes through `IOProc.readAhead` and `IOProc.writeBehind`, in blocks that come out of one budget
 * ({@link Options.blockBudget}). The system has what was written once a flush has completed or the file is closed, and
 * other handles see it from then on. A sequential reader may see what another process, or a call of `node:fs`, writes
 * into the file a block late.
 *
 * **Files that only go forward**, such as FIFOs, terminals and `/dev/null`: a file that is only read skips forward by
 * reading, and gives the bytes of the last read again to a reader that asks at the same position; every other position
 * is `CannotRead`, and `CannotSeek` for a handle. A file opened with `"readWrite"` ignores positions. A read that waits
 * can be interrupted; the next read gets the bytes that arrive for it.
 *
 * - A FIFO takes no thread of Node's pool while it waits, of which there are four by default (`UV_THREADPOOL_SIZE`).
 *   Opened for reading it is open at once, and its first read waits for the writer; opened for writing, it waits for
 *   its reader, and can be interrupted, in an uninterruptible region too. A write to a full one waits for its reader,
 *   and cannot. After the end it stays ended, also where another writer comes.
 * - A device is opened so that it does not block, and is asked again after up to 20 milliseconds while it has nothing.
 * - A pipe of {@link fromFd} is read and written as it was opened: where it blocks, a call that waits takes up a thread
 *   of the pool, and keeps the process from ending, even by `process.exit`. If such a file is closed first, the bytes
 *   that the call brings are lost.
 *
 * @since 0.1.0
 */
import * as IOProc from "@effect-mmio/core/IOProc"
import type * as MmioError from "@effect-mmio/core/MmioError"
import * as Config from "effect/Config"
import type { ConfigError } from "effect/ConfigError"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import type * as FsPromises from "node:fs/promises"
import * as internal from "./internal/nodeIOProc.js"

/**
 * How the storage works.
 *
 * @since 0.1.0
 * @category options
 */
export interface Options {
  /**
   * Whether a flush (`Mmio.flush`, `Mmio.close`, the end of a scope) returns only once the device has what was written:
   * `true` by `fsync`, `"data"` by `fdatasync`, which leaves out the times of the file. Once that has failed, the
   * system may have dropped what it held, and would report success the next time: every later flush of the handle then
   * fails too. Default: false, the system writes in its own time.
   *
   * On Linux, where calls do not block, the system is asked every 64 MiB to write out a temporary file that is to
   * replace another (`tempName` with `like`), whatever is said here: the rename would wait for that. Where the device
   * fails then, later writes and the closing fail.
   */
  readonly sync?: boolean | "data" | undefined
  /**
   * The permissions of files that are created, less those of the process's umask. Default: 0o666; 0o600 for temporary
   * files.
   */
  readonly mode?: number | undefined
  /**
   * How sequential reads are read ahead (`IOProc.readAhead`); `false` for not at all. Default: true, 64 KiB to 1 MiB at
   * a time.
   */
  readonly readAhead?: boolean | IOProc.BlockSizes | undefined
  /**
   * How sequential writes are collected (`IOProc.writeBehind`); `false` for not at all. Default: true, 64 KiB to 1 MiB
   * at a time.
   */
  readonly writeBehind?: boolean | IOProc.BlockSizes | undefined
  /**
   * How many bytes the blocks of all files of this storage may take together, of those that are read and those that are
   * written; a file that gets no block works through the buffer of its handle alone. It does not count for `readAhead`
   * or `writeBehind` with a `budget` of its own. An invalid one is a defect (`InvalidParameter`). Default: 64 MiB.
   */
  readonly blockBudget?: number | undefined
  /** Whether the calls of the system block the thread; see {@link layerSync}. Default: false. */
  readonly blocking?: boolean | undefined
  /**
   * Between which handles sharing modes hold: those of all processes, as far as the system has locks for it
   * (`"system"`), or those of this process (`"process"`), which saves an open some microseconds. Default: `"system"`.
   */
  readonly locks?: "system" | "process" | undefined
  /** The folder of temporary files for which the caller names none. Default: `os.tmpdir()`; in a jail, its root. */
  readonly tempFolder?: string | undefined
}

/**
 * The files of this machine.
 *
 * - `open` of a folder is `CannotOpen`, also for reading. With `create: true`, a file is truncated only once its
 *   sharing mode is granted. With `create: "new"`, of several that race for a name one succeeds, and the others fail
 *   with `CannotOpen` (`EEXIST`); so does a link that has the name.
 * - `rename` replaces its target atomically, and moves nothing to another device. `remove` does not remove folders, and
 *   `exists` is false for them.
 * - `fullName` asks for nothing but the folder of the process. `tempName` returns full names; a `prefix` or `suffix`
 *   with a path separator in it is `AccessDenied`.
 * - `stat` and `list` follow links; a link that leads nowhere is `FileNotFound` to `stat`, and of the kind `"other"` to
 *   `list`. `list` reads a folder in parts, and keeps none of it. Only regular files have a size.
 * - `makeFolder` leaves a folder that exists as it is; where a file has the name, it is `CannotWrite` (`EEXIST`).
 *   `removeFolder` of a folder that is not empty is `CannotWrite` (`ENOTEMPTY`).
 *
 * @since 0.1.0
 * @category constructors
 */
export const make: (options?: Options) => Effect.Effect<IOProc.IOProc> = internal.make

/**
 * The files in a folder, as a storage whose names cannot leave it.
 *
 * `/` is the folder, and every name is relative to it: `/a`, `a` and `./a` are the same file, and `fullName` gives
 * `/a`. A `..` takes away the component before it. A name that leaves the folder, that has a NUL in it, or that has a
 * symbolic link on its way, also one that leads to another place in the folder, is `AccessDenied` (`ENOTCAPABLE`) for
 * every function, and nothing is opened. To `list` a link is of the kind `"other"`; `rename` and `remove` of its own
 * name move and remove the link, and `create: "new"` fails with `CannotOpen` (`EEXIST`). The folder itself cannot be
 * renamed or removed.
 *
 * - On Linux this holds while other processes put links into the folder: each folder on the way is opened below the one
 *   before it, which costs two calls of the system for each. The folder is open as long as the scope, and stays the
 *   same one if it is renamed. It takes `/proc`.
 * - On other systems each component is looked at, and then the path is used: a link that another process puts in
 *   between is followed. On Windows, names of drives, streams and devices, and components that end in a dot or a space,
 *   are refused, too. Neither is tested.
 * - A hard link, or what is mounted in the folder, leads to what it leads to. A folder that another process moves out
 *   while a name is walked through it takes that call along. `like` of a temporary file that is refused counts as
 *   missing.
 *
 * All else is as in {@link make}; sharing modes hold with handles outside the jail. Fails where the folder is missing,
 * is not a folder, or cannot be entered.
 *
 * @example
 * ```ts
 * import { Mmio } from "@effect-mmio/core"
 * import { NodeIOProc } from "@effect-mmio/platform-node"
 * import { Effect } from "effect"
 *
 * // AccessDenied for "../../etc/passwd"
 * export const head = (upload: string) =>
 *   Effect.scoped(Effect.gen(function*() {
 *     const uploads = yield* NodeIOProc.jail("/srv/uploads")
 *     return yield* Mmio.read(yield* Mmio.openWith(uploads, upload), 12)
 *   }))
 * ```
 *
 * @since 0.1.0
 * @category constructors
 */
export const jail: (
  folder: string,
  options?: Options
) => Effect.Effect<IOProc.IOProc, MmioError.ListError, Scope.Scope> = internal.jail

/**
 * How a descriptor becomes a file.
 *
 * @since 0.1.0
 * @category options
 */
export interface FromFdOptions {
  /** Where a handle over the file starts, in bytes. Default: 0. */
  readonly position?: number | undefined
  /** What the file may be used for; the descriptor has to be open for it. Default: `"read"`, as for `Mmio.fromFile`. */
  readonly access?: IOProc.Access | undefined
  /**
   * Whether a regular file only goes forward, as a pipe does: it is read and written at the descriptor's own offset,
   * which moves, and which other programs that have the descriptor share. `position` says what that place is called.
   * So a program writes to standard output after what is there already. Default: false.
   */
  readonly forwardOnly?: boolean | undefined
  /** What errors call the file. Default: `"descriptor 3"`, say. */
  readonly name?: string | undefined
  /** As in {@link Options}. */
  readonly sync?: boolean | "data" | undefined
  /** As in {@link Options}. */
  readonly blocking?: boolean | undefined
}

/**
 * A file over a descriptor that the program has open, for `Mmio.fromFile`.
 *
 * - The file never closes the descriptor, and never moves the descriptor's own offset: transfers give their position to
 *   the system, unless {@link FromFdOptions.forwardOnly} says otherwise. A pipe or terminal has no such offset; its
 *   bytes are consumed as they are read, and those that arrive for an interrupted read are lost if the file is closed.
 * - After `close` the file is used no more. A file over a `FileHandle` that its owner has closed fails; the number of a
 *   closed descriptor may be that of another file by then, so a program keeps a descriptor open as long as the file.
 * - Sharing modes do not bind it, and neither `readAhead` nor `writeBehind` is around it.
 * - On Linux, a descriptor that was opened for appending writes at the end, whatever the position.
 *
 * `CannotOpen` says that the descriptor is not open, or that of a folder; `InvalidParameter`, that a file has no such
 * position.
 *
 * @example
 * ```ts
 * import { Mmio } from "@effect-mmio/core"
 * import { NodeIOProc } from "@effect-mmio/platform-node"
 * import { Effect } from "effect"
 * import type { FileHandle } from "node:fs/promises"
 *
 * // What follows the first 512 bytes of an open file.
 * export const magic = (handle: FileHandle) =>
 *   Effect.scoped(Effect.gen(function*() {
 *     const file = yield* NodeIOProc.fromFd(handle, { position: 512 })
 *     return yield* Mmio.read(yield* Mmio.fromFile(file), 4)
 *   }))
 * ```
 *
 * @since 0.1.0
 * @category constructors
 */
export const fromFd: (
  fd: number | FsPromises.FileHandle,
  options?: FromFdOptions
) => Effect.Effect<IOProc.File, MmioError.CannotOpen | MmioError.InvalidParameter> = internal.fromFd

/**
 * The files of this machine as the storage of a program.
 *
 * @example
 * ```ts
 * import { Mmio } from "@effect-mmio/core"
 * import { NodeIOProc } from "@effect-mmio/platform-node"
 * import { Effect } from "effect"
 *
 * const magic = Effect.gen(function*() {
 *   const file = yield* Mmio.open("take1.wav")
 *   return yield* Mmio.read(file, 4)
 * })
 *
 * export const main = magic.pipe(Effect.scoped, Effect.provide(NodeIOProc.layer))
 * ```
 *
 * @since 0.1.0
 * @category layers
 */
export const layer: Layer.Layer<IOProc.IOProc> = Layer.effect(IOProc.IOProc, make())

/**
 * The files of this machine as the storage of a program, with options.
 *
 * @example
 * ```ts
 * import { NodeIOProc } from "@effect-mmio/platform-node"
 *
 * // What was flushed survives a power failure.
 * export const storage = NodeIOProc.layerWith({ sync: true })
 * ```
 *
 * @since 0.1.0
 * @category layers
 */
export const layerWith = (options: Options): Layer.Layer<IOProc.IOProc> => Layer.effect(IOProc.IOProc, make(options))

/**
 * The files of this machine, by calls that block the thread until the system has answered.
 *
 * For command-line tools and batch work, where nothing else waits for the thread: random access is several times as
 * fast, since a call costs a microsecond or two instead of the ten and more of a trip to Node's thread pool, and
 * `Effect.runSync` can run programs. In a server it is the wrong choice: every fiber waits while a disk, or worse a
 * network drive, takes its time; one call transfers a block of up to 1 MiB; and no fiber can be interrupted meanwhile.
 * Files that only go forward still wait in the background.
 *
 * @example
 * ```ts
 * import { Mmio } from "@effect-mmio/core"
 * import { NodeIOProc } from "@effect-mmio/platform-node"
 * import { Effect } from "effect"
 *
 * export const magic = (path: string): Uint8Array =>
 *   Mmio.withFile(path, { access: "read" }, (file) => Mmio.read(file, 4)).pipe(
 *     Effect.provide(NodeIOProc.layerSync),
 *     Effect.runSync
 *   )
 * ```
 *
 * @since 0.1.0
 * @category layers
 */
export const layerSync: Layer.Layer<IOProc.IOProc> = Layer.effect(IOProc.IOProc, make({ blocking: true }))

/**
 * The files of this machine as the storage of a program, with options from its configuration.
 *
 * @example
 * ```ts
 * import { NodeIOProc } from "@effect-mmio/platform-node"
 * import { Config } from "effect"
 *
 * export const storage = NodeIOProc.layerConfig({
 *   sync: Config.withDefault(Config.boolean("SYNC"), false),
 *   tempFolder: Config.string("TEMP_FOLDER")
 * })
 * ```
 *
 * @since 0.1.0
 * @category layers
 */
export const layerConfig = (config: Config.Config.Wrap<Options>): Layer.Layer<IOProc.IOProc, ConfigError> =>
  Layer.effect(IOProc.IOProc, Effect.flatMap(Config.unwrap(config), make))

/**
 * The files in a folder as the storage of a program, whose names cannot leave it ({@link jail}).
 *
 * @example
 * ```ts
 * import { NodeIOProc } from "@effect-mmio/platform-node"
 *
 * export const uploads = NodeIOProc.layerJail("/srv/uploads", { mode: 0o600 })
 * ```
 *
 * @since 0.1.0
 * @category layers
 */
export const layerJail = (folder: string, options?: Options): Layer.Layer<IOProc.IOProc, MmioError.ListError> =>
  Layer.scoped(IOProc.IOProc, jail(folder, options))
