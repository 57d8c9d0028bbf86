/**
 * The limits of the program, and what is said where a file goes beyond one.
 */
import * as Effect from "effect/Effect"
import * as MmioError from "../../MmioError.js"
import { type Limits, RiffLimits } from "../../RiffLimits.js"
import { checked } from "./limitValues.js"

/** The limits of the program, checked: it may have provided them itself. @internal */
export const current: Effect.Effect<Limits> = Effect.flatMap(
  RiffLimits,
  (limits) => checked("RiffLimits", limits)
)

/** A limit that a walk over the chunks of a file can exceed. @internal */
export type Exceedable = Exclude<keyof Limits, "problems" | "entries">

const sentences: Record<Exceedable, (limit: number) => string> = {
  nesting: (limit) => `chunks are nested more than ${limit} deep`,
  chunks: (limit) => `there are more than ${limit} chunks`,
  bytes: (limit) => `more than ${limit} bytes would have to be read into memory`
}

/** @internal */
export const exceeded = (
  operation: string,
  file: string,
  limits: Limits,
  limit: Exceedable,
  position: number
): MmioError.InvalidFile =>
  new MmioError.InvalidFile({
    operation,
    file,
    position,
    description: `${sentences[limit](limits[limit])}, the limit RiffLimits.${limit}`
  })
