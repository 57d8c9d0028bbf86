/**
 * Which values a limit can have.
 */
import * as MmioError from "@effect-mmio/core/MmioError"
import * as Effect from "effect/Effect"
import * as Inspectable from "effect/Inspectable"
import type { Limits } from "../ZipLimits.js"

const isLimit = (value: unknown): boolean =>
  value === Infinity || (typeof value === "number" && Number.isSafeInteger(value) && value >= 0)

/** The limits as they are; a defect where one of them is not a whole number from 0 on, or Infinity. @internal */
export const checked = <L extends Partial<Limits>>(operation: string, limits: L): Effect.Effect<L> => {
  const wrong = Object.entries(limits).find(([, value]) => !isLimit(value))
  return wrong === undefined ? Effect.succeed(limits) : Effect.die(
    new MmioError.InvalidParameter({
      operation,
      file: "any archive",
      description: `ZipLimits.${wrong[0]} is ${
        Inspectable.toStringUnknown(wrong[1], 0)
      }: a limit is a whole number from 0 on, or Infinity`
    })
  )
}
