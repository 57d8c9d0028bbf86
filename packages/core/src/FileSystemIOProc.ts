/**
 * Files of `@effect/platform`'s `FileSystem` as storage: on every platform that has one, and with whatever stands in its place
 * in tests.
 *
 * On Node, `NodeIOProc` of `@effect-mmio/platform-node` does the same without the way through the platform: it is faster.
 *
 * What differs from the original, and what the platform does not give:
 *
 * - **Permissions.** The platform cannot open a file for writing alone without cutting it, so writing, also with `create`, needs
 *   the permission to read as well. Reading from a handle opened for writing is refused all the same.
 * - **Sharing modes** hold between the handles of one layer, and not against other layers, processes, or direct use of the
 *   `FileSystem`. A file is told by its device and inode, so under all of its names; where the platform does not give them, by
 *   its real path, and then renaming an open file, or a second hard link, goes unnoticed.
 * - **`create`** takes effect once the sharing mode is granted: a file that another handle denies is not cut.
 * - **Interruption** waits for the call in flight, which the platform cannot cancel.
 * - **Folders** are not files: opening or removing one fails, and `exists` does not see it.
 * - **`fullName`** resolves links in the folders on the path, which have to exist, but not in the last component: the name stays
 *   that of the link, as `remove` and `rename` take it.
 * - **`tempName`** makes the file itself, exclusively and readable by its owner only; no folder is left behind.
 *
 * @since 0.1.0
 */
import type * as FileSystem from "@effect/platform/FileSystem"
import type * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as internal from "./internal/fileSystemIOProc.js"
import * as IOProc from "./IOProc.js"

/**
 * How files are used.
 *
 * @since 0.1.0
 * @category options
 */
export interface Options {
  /**
   * Whether a flush has the system bring the bytes to the device (`fsync`), so that they outlast a crash of the machine and not just
   * of the program. Default: false.
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
export const layerWith = (options?: Options): Layer.Layer<IOProc.IOProc, never, FileSystem.FileSystem> =>
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
 * // with NodeContext.layer or BunContext.layer, say, in the place of FileSystem
 * export const main = Effect.provide(magic, FileSystemIOProc.layer)
 * export type Needs = FileSystem.FileSystem
 * ```
 *
 * @since 0.1.0
 * @category layers
 */
export const layer: Layer.Layer<IOProc.IOProc, never, FileSystem.FileSystem> = layerWith()
