/**
 * Any storage as `@effect/platform`'s `FileSystem`: the other way round of `FileSystemIOProc`. Programs that know only
 * a `FileSystem`, such as `HttpServerResponse.file` over `HttpPlatform.layer` and `KeyValueStore.layerFileSystem`, so
 * run over memory, an archive or a database.
 *
 * - **Names.** A path with a `+` goes to the driver of its code where there is one; every other path is a plain name.
 * - **Files** are not buffered: a write that has ended has reached the driver. A file that commits on close shows its
 *   new content once the scope of `open` has ended well, and its old one where that failed. The descriptor of a file is
 *   -1, as there is none.
 * - **Failures** are `SystemError`s with the nearest reason, and `BadArgument`s; the error of this library, with its
 *   `errno`, is their `cause`. What fails as the scope of `open` ends is a defect with such an error.
 * - **Facts.** `mode`, owner, device and inode are not known, so of `mode` only the bits of the kind are set, and
 *   `mode` in options sets no permission. A storage that has no `stat` is asked for the size of the opened file.
 *   `access` with `writable` opens the file for writing, and gives it up unchanged.
 * - **Folders.** In a storage that has none, making one succeeds and does nothing. `readDirectory`, and `recursive` in
 *   `copy` and `remove`, need a storage that lists.
 * - **Refused** with `PermissionDenied`, as by a disk of a system that does not have it: `chmod`, `chown`, `link`,
 *   `symlink`, `readLink`, `utimes`, `watch`, `preserveTimestamps`, and `truncate` where the file has no such call.
 *
 * @since 0.1.0
 */
import * as FileSystem from "@effect/platform/FileSystem"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as internal from "./internal/ioProcFileSystem.js"
import * as IOProc from "./IOProc.js"

/**
 * A storage as a `FileSystem`.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make: (ioProc: IOProc.IOProc) => FileSystem.FileSystem = internal.make

/**
 * The program's storage as its `FileSystem`.
 *
 * @example
 * ```ts
 * import { IOProcFileSystem, MemoryIOProc } from "@effect-mmio/core"
 * import { FileSystem } from "@effect/platform"
 * import { Effect, Layer } from "effect"
 *
 * export const inMemory = IOProcFileSystem.layer.pipe(Layer.provide(MemoryIOProc.layer()))
 *
 * export const program = Effect.flatMap(
 *   FileSystem.FileSystem,
 *   (files) => files.writeFileString("note.txt", "hello")
 * ).pipe(Effect.provide(inMemory))
 * ```
 *
 * @since 0.1.0
 * @category layers
 */
export const layer: Layer.Layer<FileSystem.FileSystem, never, IOProc.IOProc> = Layer.effect(
  FileSystem.FileSystem,
  Effect.map(IOProc.IOProc, make)
)
