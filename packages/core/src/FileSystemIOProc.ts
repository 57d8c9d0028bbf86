/**
 * Files of `@effect/platform`'s `FileSystem` as storage: on every platform that has one, and with whatever replaces it
 * in tests.
 *
 * On Node, `NodeIOProc` of `@effect-mmio/platform-node` does the same without the way through the platform: it is
 * faster, reads files that only go forward, and reads a folder in parts.
 *
 * What differs from the original, and what the platform does not give:
 *
 * - **Permissions.** The platform cannot open a file for writing alone without truncating it, so writing, also with
 *   `create: true`, needs the permission to read as well. Reading from a handle opened for writing is still refused.
 * - **Sharing modes** hold between all handles of one `FileSystem` service in this process. They do not bind other
 *   processes, or direct use of the `FileSystem`. A file is known by its device and inode, so under all of its names;
 *   where the platform does not give them, by its real path, and then the driver does not notice that an open file is
 *   renamed, or has a second hard link.
 * - **`create: true`** takes effect once the sharing mode is granted: a file that another handle denies is not
 *   truncated. With `create: "new"`, of several that race for a name one succeeds, and the others fail with
 *   `CannotOpen` (`EEXIST`).
 * - **Versions.** The files have none: `ifVersion` is `CannotOpen`. `ioProc` and `parameters` mean nothing to this
 *   driver, which ignores them.
 * - **Interruption** waits for the call in flight, which the platform cannot cancel.
 * - **Folders** are not files: opening or removing one fails, and `exists` is false for one.
 * - **`fullName`** resolves links in the folders on the path, which have to exist, but not in the last component: the
 *   name stays that of the link, as `remove` and `rename` take it.
 * - **`tempName`** makes the file itself, exclusively and readable by its owner only; it leaves no folder.
 * - **`list`** holds all names of the folder in memory, since the platform gives them at once, and asks for the kind of
 *   each. It follows links; one that leads nowhere is of the kind `"other"`.
 * - **`makeFolder`** leaves a folder that exists as it is; where a file has the name, it is `CannotWrite` (`EEXIST`).
 * - **`removeFolder`** of a folder that is not empty is `CannotWrite` (`ENOTEMPTY`). The platform has no function that
 *   removes an empty folder alone: the folder first gets another name beside its own (`.mmio…`), which stays after a
 *   crash at that moment.
 *
 * @since 0.1.0
 */
import type * as FileSystem from "@effect/platform/FileSystem"
import * as Config from "effect/Config"
import type { ConfigError } from "effect/ConfigError"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as internal from "./internal/fileSystemIOProc.js"
import * as IOProc from "./IOProc.js"

/**
 * How the storage works.
 *
 * @since 0.1.0
 * @category options
 */
export interface Options {
  /**
   * Whether a flush has the system write the bytes to the device (`fsync`), so that they survive a crash of the machine
   * and not only one of the program. Default: false.
   */
  readonly sync?: boolean | undefined
}

/**
 * The files of the program's `FileSystem`.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make: (options?: Options) => Effect.Effect<IOProc.IOProc, never, FileSystem.FileSystem> = internal.make

/**
 * The files of the program's `FileSystem` as its storage.
 *
 * @since 0.1.0
 * @category layers
 */
export const layerWith = (options: Options): Layer.Layer<IOProc.IOProc, never, FileSystem.FileSystem> =>
  Layer.effect(IOProc.IOProc, make(options))

/**
 * The files of the program's `FileSystem` as its storage.
 *
 * @example
 * ```ts
 * import { FileSystemIOProc, Mmio } from "@effect-mmio/core"
 * import type { FileSystem } from "@effect/platform"
 * import { Effect } from "effect"
 *
 * const magic = Effect.scoped(Effect.flatMap(Mmio.open("take1.wav"), Mmio.read(4)))
 *
 * // with NodeContext.layer or BunContext.layer, say, for FileSystem
 * export const main = Effect.provide(magic, FileSystemIOProc.layer)
 * export type Needs = FileSystem.FileSystem
 * ```
 *
 * @since 0.1.0
 * @category layers
 */
export const layer: Layer.Layer<IOProc.IOProc, never, FileSystem.FileSystem> = layerWith({})

/**
 * The files of the program's `FileSystem` as its storage, with options from its configuration.
 *
 * @example
 * ```ts
 * import { FileSystemIOProc } from "@effect-mmio/core"
 * import { Config } from "effect"
 *
 * export const storage = FileSystemIOProc.layerConfig({ sync: Config.withDefault(Config.boolean("SYNC"), false) })
 * ```
 *
 * @since 0.1.0
 * @category layers
 */
export const layerConfig = (
  config: Config.Config.Wrap<Options>
): Layer.Layer<IOProc.IOProc, ConfigError, FileSystem.FileSystem> =>
  Layer.effect(IOProc.IOProc, Effect.flatMap(Config.unwrap(config), make))
