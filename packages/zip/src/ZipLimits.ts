/**
 * How far the storage of archives follows what an archive says of itself: damaged and hostile archives declare whatever
 * they like.
 *
 * @since 0.1.0
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import { dual } from "effect/Function"
import { checked } from "./internal/limits.js"

/**
 * The limits: whole numbers from 0 on, or `Infinity` for no limit. An archive that exceeds one is refused with
 * `InvalidFile`, which names the limit. A limit of any other value is a bug of the program, and a defect with
 * `InvalidParameter` wherever it is used.
 *
 * A change fails where the limits would refuse to read what it makes, and the archive stays as it was: a write or a
 * commit of an element with `CannotExpand`, and `rename`, `remove` and the functions of folders with `CannotWrite`.
 * `entries` and `directoryBytes` can refuse any change that makes the directory larger, also a rename or a removal that
 * leaves a folder empty, which then gets an entry of its own. `inflatedBytes` and `expansion` refuse elements that are
 * written with the option `compression: "deflated"`. `checkpointBytes` and `spoolBytes` refuse no archive. A program
 * that reads with smaller limits than it writes with can still make an archive that it cannot read.
 *
 * @since 0.1.0
 * @category models
 */
export interface Limits {
  /**
   * How many entries an archive may have, elements and folders together, and how many folders, with those that only the
   * paths of others name. Default: 250 000.
   */
  readonly entries: number
  /** How many bytes the directory of an archive may have; an open archive keeps it in memory. Default: 64 MiB. */
  readonly directoryBytes: number
  /**
   * How many bytes one compressed element may have, decompressed. An element that is written compressed cannot grow
   * past it. Default: 16 GiB.
   */
  readonly inflatedBytes: number
  /**
   * How many times larger than its compressed bytes an element may be. Default: 1032, the most that Deflate reaches; a
   * smaller limit refuses what is compressed suspiciously well.
   */
  readonly expansion: number
  /**
   * How much memory the points may take at which decompression can begin, of all elements of the driver, in bytes.
   * Default: 32 MiB.
   */
  readonly checkpointBytes: number
  /**
   * How many bytes of an element that is being written are held in memory before they go to a temporary file of the
   * storage; where that has no temporary files, an element of more bytes cannot be written. Default: 1 MiB.
   */
  readonly spoolBytes: number
}

/**
 * The limits where a program sets none.
 *
 * @since 0.1.0
 * @category constants
 */
export const defaults: Limits = {
  entries: 250_000,
  directoryBytes: 64 * 1024 * 1024,
  inflatedBytes: 16 * 1024 ** 3,
  expansion: 1032,
  checkpointBytes: 32 * 1024 * 1024,
  spoolBytes: 1024 * 1024
}

/**
 * The limits of the program: those of {@link defaults}, unless it sets others. They are read when an element is opened,
 * and by every commit and other change of an archive.
 *
 * @since 0.1.0
 * @category tags
 */
export class ZipLimits extends Context.Reference<ZipLimits>()("@effect-mmio/zip/ZipLimits", {
  defaultValue: (): Limits => defaults
}) {}

/**
 * Runs an effect with other limits; those that are not named stay as they are. A named one that is not a whole number
 * from 0 on, or `Infinity`, is a defect with `InvalidParameter`, and the effect does not run.
 *
 * @example
 * ```ts
 * import { Mmio } from "@effect-mmio/core"
 * import { ZipLimits } from "@effect-mmio/zip"
 *
 * // an element of an upload: at most 100 MB, and no bomb
 * export const head = Mmio.withFile("upload.zip+take1.wav", {}, (file) => Mmio.read(file, 44)).pipe(
 *   ZipLimits.withLimits({ inflatedBytes: 100_000_000, expansion: 100 })
 * )
 * ```
 *
 * @since 0.1.0
 * @category combinators
 */
export const withLimits: {
  (limits: Partial<Limits>): <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>
  <A, E, R>(effect: Effect.Effect<A, E, R>, limits: Partial<Limits>): Effect.Effect<A, E, R>
} = dual(
  2,
  <A, E, R>(effect: Effect.Effect<A, E, R>, limits: Partial<Limits>): Effect.Effect<A, E, R> =>
    Effect.zipRight(
      checked("ZipLimits.withLimits", limits),
      Effect.flatMap(ZipLimits, (current) => Effect.provideService(effect, ZipLimits, { ...current, ...limits }))
    )
)
