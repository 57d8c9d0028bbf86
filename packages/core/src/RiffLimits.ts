/**
 * How far the functions of `Riff` follow what a file says: damaged and hostile files declare whatever they like.
 *
 * @since 0.1.0
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import { dual } from "effect/Function"
import { checked } from "./internal/riff/limitValues.js"

/**
 * The limits: whole numbers from 0 on, or `Infinity` for no limit. What exceeds one fails with `InvalidFile`, which
 * names the limit and the place; `Riff.verify` reports it instead. A limit of any other value is a bug of the program,
 * and a defect with `InvalidParameter` wherever it is used.
 *
 * @since 0.1.0
 * @category models
 */
export interface Limits {
  /** How deep chunks may be nested, a chunk at the top being 1 deep. Default: 64. */
  readonly nesting: number
  /** How many chunks one walk may come to. Default: 1 000 000. */
  readonly chunks: number
  /** How many bytes one call may read into memory on the word of the file. Default: 64 MiB. */
  readonly bytes: number
  /** How many problems `Riff.verify` and `Riff.tree` list. Default: 10 000. */
  readonly problems: number
  /**
   * How many entries of chunks (tags, labels, cue points, loops and the like) one call of `Wave` decodes. Default: 100
   * 000.
   */
  readonly entries: number
}

/**
 * The limits where a program sets none.
 *
 * @since 0.1.0
 * @category constants
 */
export const defaults: Limits = {
  nesting: 64,
  chunks: 1_000_000,
  bytes: 64 * 1024 * 1024,
  problems: 10_000,
  entries: 100_000
}

/**
 * The limits of the program: those of {@link defaults}, unless it sets others.
 *
 * @since 0.1.0
 * @category tags
 */
export class RiffLimits extends Context.Reference<RiffLimits>()("@effect-mmio/core/RiffLimits", {
  defaultValue: (): Limits => defaults
}) {}

/**
 * Runs an effect with other limits; those that are not named stay as they are. A named one that is not a whole number
 * from 0 on, or `Infinity`, is a defect with `InvalidParameter`, and the effect does not run.
 *
 * @example
 * ```ts
 * import { type Mmio, Riff, RiffLimits } from "@effect-mmio/core"
 *
 * export const deepTree = (file: Mmio.ReadHandle) =>
 *   Riff.tree(file).pipe(RiffLimits.withLimits({ nesting: 20_000 }))
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
      checked("RiffLimits.withLimits", limits),
      Effect.flatMap(RiffLimits, (current) => Effect.provideService(effect, RiffLimits, { ...current, ...limits }))
    )
)
