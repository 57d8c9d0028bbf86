/**
 * How far the functions of `Riff` follow what a file says: damaged and hostile files declare whatever they like.
 *
 * @since 0.1.0
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"

/**
 * The limits. What exceeds one fails with `InvalidFile`, which names the limit and the place; `Riff.verify` reports it instead.
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
}

/**
 * The limits where a program sets none.
 *
 * @since 0.1.0
 * @category constants
 */
export const defaults: Limits = { nesting: 64, chunks: 1_000_000, bytes: 64 * 1024 * 1024, problems: 10_000 }

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
 * Runs an effect with other limits; those that are not named stay as they are.
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
export const withLimits =
  (limits: Partial<Limits>) => <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
    Effect.flatMap(RiffLimits, (current) => Effect.provideService(effect, RiffLimits, { ...current, ...limits }))
