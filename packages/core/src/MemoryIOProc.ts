/**
 * A whole named storage held in memory, with folders, that behaves as a disk does.
 *
 * For a single memory file without a name, see `Mmio.openMemory`.
 *
 * @since 0.1.0
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as FileName from "./FileName.js"
import * as internal from "./internal/memoryIOProc.js"
import * as IOProc from "./IOProc.js"
import type * as MmioError from "./MmioError.js"

/**
 * What a storage in memory begins with.
 *
 * @since 0.1.0
 * @category options
 */
export interface Options {
  /** Files by name, copied; their folders are made. */
  readonly files?: { readonly [name: string]: Uint8Array } | undefined
  /** Further folders, which may be empty. */
  readonly folders?: ReadonlyArray<string> | undefined
  /**
   * Whether files are written in place, or commit on close: what is written then becomes the content of the name with
   * `Mmio.commit` or as the handle is closed, and is dropped where its scope fails. A commit over a content that others
   * have changed since is `VersionChanged`. Default: `"inPlace"`.
   */
  readonly commit?: "inPlace" | "onClose" | undefined
}

/**
 * A storage in memory, and a look inside of it. Names are paths with `/` between the components; `take.wav`,
 * `./take.wav` and `/take.wav` are the same file. A file can only be made in a folder that is there.
 *
 * Sharing modes hold between all handles of the storage. A file that is removed or replaced while it is open lives on
 * until its last handle is closed.
 *
 * @since 0.1.0
 * @category models
 */
export interface MemoryIOProc extends IOProc.IOProc {
  /** The full names of all files, sorted. */
  readonly files: Effect.Effect<ReadonlyArray<string>>
  /** The full names of all folders, sorted; the root is not named. */
  readonly folders: Effect.Effect<ReadonlyArray<string>>
  /** A copy of what a file holds now; what a handle still has in its buffer is not in it. */
  readonly bytes: (name: string) => Effect.Effect<Uint8Array, MmioError.FileNotFound>
  /** Makes a file with a copy of these bytes, and the folders on its path, or replaces what it held. */
  readonly put: (name: string, bytes: Uint8Array) => Effect.Effect<void, MmioError.CannotOpen>
  /** Makes a folder, in a folder that exists; one that exists already is left as it is. */
  readonly makeFolder: (name: string | FileName.FileName) => Effect.Effect<void, MmioError.FolderError>
}

/**
 * A storage in memory, for programs that look inside of it.
 *
 * @since 0.1.0
 * @category tags
 */
export const MemoryIOProc: Context.Tag<MemoryIOProc, MemoryIOProc> = Context.GenericTag<MemoryIOProc>(
  "@effect-mmio/core/MemoryIOProc"
)

/**
 * A new storage in memory. Fails with `CannotOpen` where a name of `files` or `folders` is that of a file and of a
 * folder.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make: (options?: Options) => Effect.Effect<MemoryIOProc, MmioError.CannotOpen> = internal.make

/**
 * A new storage in memory with these files, as the storage of a program and as a service to look into.
 *
 * @example
 * ```ts
 * import { MemoryIOProc, Mmio } from "@effect-mmio/core"
 * import { Effect } from "effect"
 *
 * const program = Effect.gen(function*() {
 *   yield* Mmio.withFile("b.txt", { access: "write", create: true }, (file) =>
 *     Mmio.write(file, Uint8Array.of(104, 105)))
 *   const storage = yield* MemoryIOProc.MemoryIOProc
 *   return yield* storage.bytes("b.txt")
 * })
 *
 * export const main = Effect.provide(program, MemoryIOProc.layer({ "a.txt": new Uint8Array(4) }))
 * ```
 *
 * @since 0.1.0
 * @category layers
 */
export const layer = (
  files?: { readonly [name: string]: Uint8Array }
): Layer.Layer<IOProc.IOProc | MemoryIOProc, MmioError.CannotOpen> => layerWith({ files })

/**
 * A new storage in memory, with options, as the storage of a program and as a service to look into.
 *
 * @example
 * ```ts
 * import { MemoryIOProc } from "@effect-mmio/core"
 *
 * // As an object store does, it shows a content only once it is complete.
 * export const storage = MemoryIOProc.layerWith({ folders: ["uploads"], commit: "onClose" })
 * ```
 *
 * @since 0.1.0
 * @category layers
 */
export const layerWith = (
  options: Options
): Layer.Layer<IOProc.IOProc | MemoryIOProc, MmioError.CannotOpen> =>
  Layer.effectContext(
    Effect.map(
      make(options),
      (storage) => Context.make(IOProc.IOProc, storage as IOProc.IOProc).pipe(Context.add(MemoryIOProc, storage))
    )
  )
