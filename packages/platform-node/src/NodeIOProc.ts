/**
 * Storage straight on `node:fs`: the files of the machine, with the errors that the system gives, sharing modes, and `fsync`.
 *
 * Names are paths, as `node:fs` takes them. Sizes and positions may be anything up to 2 ** 53 - 1.
 *
 * **Sharing modes** hold between all handles of this process (of one thread, if there are workers), by whichever names and
 * through whichever of these storages they were opened. Other processes, and calls of `node:fs` by others, are neither seen nor bound.
 * As on any POSIX system, a file that is open can still be renamed and removed; it lives on until its last handle is closed.
 *
 * **Interruption.** The system's calls cannot be cancelled: one that has begun is waited for.
 *
 * **In sequence**, files are read ahead and written behind (`IOProc.readAhead`, `IOProc.writeBehind`): what was written is with the system once a flush
 * has completed, or the file is closed, and that is when other handles see it. What other processes, or calls of `node:fs`, write into a file while it
 * is read in sequence may be seen a block late.
 *
 * **Files that only go forward**, such as FIFOs, terminals and `/dev/null`: `seek` takes nothing but where they stand (and where the
 * last read began), everything else is `CannotSeek`. Opening a FIFO waits for its other end, and a write to a full one for
 * its reader. A read that waits can be interrupted at once; what then arrives for it is given to the next read. If the file is
 * closed before that, its descriptor is released, and its sharing mode withdrawn, when the call comes back, and what arrived is
 * lost. A call that waits takes up a thread of Node's pool, of which there are four by default (`UV_THREADPOOL_SIZE`), and keeps
 * the process from ending, even by `process.exit`.
 *
 * @since 0.1.0
 */
import * as IOProc from "@effect-mmio/core/IOProc"
import * as Config from "effect/Config"
import type { ConfigError } from "effect/ConfigError"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as internal from "./internal/nodeIOProc.js"

/**
 * What can be chosen of the storage.
 *
 * @since 0.1.0
 * @category options
 */
export interface Options {
  /**
   * Whether a flush (`Mmio.flush`, `Mmio.close`, the end of a scope) returns only once the device has what was written: `true` by `fsync`,
   * `"data"` by `fdatasync`, which leaves out the times of the file. Once that has failed, the system may have dropped what it held,
   * and would not say so again: every later flush of the handle then fails too. Default: false, the system writes
   * in its own time.
   */
  readonly sync?: boolean | "data" | undefined
  /** The permissions of files that are made, less those of the process's umask. Default: 0o666; 0o600 for temporary files. */
  readonly mode?: number | undefined
  /** How files that are read in sequence are read ahead (`IOProc.readAhead`); `false` for not at all. Default: true, 64 KiB to 1 MiB at a time. */
  readonly readAhead?: boolean | IOProc.BlockSizes | undefined
  /**
   * How files that are written in sequence are written behind (`IOProc.writeBehind`); `false` for not at all. Default: true, 64 KiB to
   * 1 MiB at a time.
   */
  readonly writeBehind?: boolean | IOProc.BlockSizes | undefined
  /** Whether the calls of the system block the thread; see {@link layerSync}. Default: false. */
  readonly blocking?: boolean | undefined
  /** Where temporary files are made if they are not asked for in a folder. Default: `os.tmpdir()`. */
  readonly tempFolder?: string | undefined
}

/**
 * The files of this machine.
 *
 * - `open` of a folder is `CannotOpen`, also for reading. With `create`, a file is cut only once its sharing mode is granted.
 * - `rename` replaces its target atomically, and moves nothing to another device. `remove` does not remove folders, and `exists`
 *   does not see them.
 * - `fullName` asks for nothing but the folder of the process. `tempName` gives full names; a `prefix` or `suffix` with a
 *   path separator in it is `AccessDenied`.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make: (options?: Options) => Effect.Effect<IOProc.IOProc> = internal.make

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
 * For command-line tools and batch work, where nothing else waits for the thread: access at random is several times as fast, since a call costs a
 * microsecond or two instead of the ten and more of a trip to Node's thread pool, and programs can be run by `Effect.runSync`. In a server it is the
 * wrong choice: every fiber stands still while a disk, or worse a network drive, takes its time; a block of up to 1 MiB is
 * read or written at once; and nothing can be interrupted meanwhile. Files that only go forward still wait in the background.
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
 * The files of this machine as the storage of a program, with options out of its configuration.
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
