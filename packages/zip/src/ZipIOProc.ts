/**
 * The elements of ZIP archives, as a storage over any other: `songs.zip+dir/intro.wav` is the element `dir/intro.wav`
 * of the file `songs.zip`.
 *
 * - **Names.** The archive may be anywhere that the storage below has files: on a disk, in memory, on a web server, in
 *   an archive (`all.zip+songs.zip+intro.wav`). A name under which the storage below has a file is that file, whatever
 *   `+` it holds. `.` and `..` are followed inside of the archive; a name that leads out of it is `AccessDenied`.
 *   `songs.zip+` is the folder that the archive itself is, for `list` and `stat`. Names that begin with a drive, hold a
 *   backslash or half of a surrogate pair, have more than 256 components or more than 65 535 bytes are not written:
 *   `CannotOpen`, and `CannotWrite` of `rename` and `makeFolder`.
 * - **Reading.** Stored elements are read straight at their place. Compressed ones are decompressed from the nearest of
 *   the points that are kept (`ZipLimits.checkpointBytes`) as decompression goes by, so that only the first visit of a
 *   place has to decompress all before it. The checksum of an element is verified as a read comes to its end: of a
 *   stored one, where it was read in sequence from its start. What does not match is `CannotRead`.
 * - **Writing.** Files commit on close. What is written is spooled, and `commit` and `close` make a new archive, in
 *   which all other elements keep their bytes as they are, and have it take the place of the old one in one step; where
 *   the storage below cannot replace a file, the element and a new directory are written after the old archive. `abort`
 *   leaves the archive as it was. A missing archive is made by the first element. What `ZipLimits` would refuse to read
 *   is not written: `CannotExpand`, and `CannotWrite` of `rename`, `remove` and the functions of folders.
 * - **Folders.** A folder may have an entry of its own, or only paths of elements that name it. It stays until
 *   `removeFolder` removes it: a change that would take away the last path that names it gives it an entry.
 * - **Sharing.** Sharing modes hold between the elements that this driver has open. Changes of one archive are made one
 *   after another, and each is made over what the others left. Of two writers of one element the second to commit fails
 *   with `VersionChanged`; so does one whose element another program has changed. Where an archive is to have one
 *   writer at a time, `writers: "one"` refuses all others with `SharingViolation`. `rename`, `remove` and the functions
 *   of folders fail with `SharingViolation` where another program goes on changing the archive.
 * - **Versions** are checksum, size and time of an element, and stay when other elements change.
 * - **What archives are refused.** A file that is no archive, exceeds a limit of `ZipLimits`, or whose directory is
 *   damaged is `InvalidFile`; so is an element that overlaps another one, has sizes that cannot be true, a name that
 *   leads elsewhere, or one that another element has, too. Others of the archive can be read. Encrypted elements are
 *   `AccessDenied`, other methods of compression than Deflate `CannotOpen`. To replace or remove one of several
 *   elements of a name replaces or removes them all, and to rename it is `CannotWrite`.
 *
 * `tempName` is refused.
 *
 * @since 0.1.0
 */
import * as FourCC from "@effect-mmio/core/FourCC"
import * as IOProc from "@effect-mmio/core/IOProc"
import type * as Effect from "effect/Effect"
import type * as Layer from "effect/Layer"
import * as internal from "./internal/zipIOProc.js"

/**
 * How elements are written, and by how many handles.
 *
 * @since 0.1.0
 * @category options
 */
export interface Options {
  /**
   * How elements that are written are kept: `"stored"` as they are, so that they are read at any place without
   * decompression, or `"deflated"`, by the runtime's `CompressionStream`. Default: `"stored"`.
   */
  readonly compression?: "stored" | "deflated" | undefined
  /**
   * How many handles of the driver may write elements of one archive at once. With `"several"` each commits its element
   * over what the others left; all laws of storages hold, so that elements are files like others. With `"one"` an
   * archive that a handle writes has it as its only writer until it is closed: other handles that would write an
   * element of it, new names and folders, and what is renamed or removed in it, fail with `SharingViolation`. Readers
   * are not concerned. Of an archive in an archive, the outer one is written while the inner one commits: where another
   * handle writes it then, the commit fails with `CannotWrite`, and can be made again. Default: `"several"`.
   */
  readonly writers?: "several" | "one" | undefined
}

/**
 * The code of names that end in `.zip` before the `+`, as routes have it.
 *
 * @since 0.1.0
 * @category constants
 */
export const code: FourCC.FourCC = FourCC.make("ZIP ")

/**
 * A driver of the elements of archives, for a route of any code, over the storage of the program. A name without a `+`
 * is one of the storage below.
 *
 * @example
 * ```ts
 * import { FourCC, IOProc } from "@effect-mmio/core"
 * import { ZipIOProc } from "@effect-mmio/zip"
 *
 * // `bundle.jar+sounds/intro.wav`
 * export const jars = IOProc.layerRoute(FourCC.make("JAR "), ZipIOProc.make({ compression: "deflated" }))
 * ```
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = (options?: Options): Effect.Effect<IOProc.IOProc, never, IOProc.IOProc> =>
  internal.make({ compression: options?.compression ?? "stored", writers: options?.writers ?? "several" })

/**
 * The storage below, with the elements of its archives, with options: names with a `+` after `.zip` are elements.
 *
 * @since 0.1.0
 * @category layers
 */
export const layerWith = (options?: Options): Layer.Layer<IOProc.IOProc, never, IOProc.IOProc> =>
  IOProc.layerRoute(code, make(options))

/**
 * The storage below, with the elements of its archives.
 *
 * @example
 * ```ts
 * import { Mmio, Wave } from "@effect-mmio/core"
 * import { NodeIOProc } from "@effect-mmio/platform-node"
 * import { ZipIOProc } from "@effect-mmio/zip"
 * import { Effect, Layer } from "effect"
 *
 * export const main = Mmio.withFile("songs.zip+dir/intro.wav", {}, Wave.info).pipe(
 *   Effect.provide(Layer.provide(ZipIOProc.layer, NodeIOProc.layer))
 * )
 * ```
 *
 * @since 0.1.0
 * @category layers
 */
export const layer: Layer.Layer<IOProc.IOProc, never, IOProc.IOProc> = layerWith()
