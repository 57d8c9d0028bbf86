/**
 * Which values a limit can have.
 */
import * as Effect from "effect/Effect"
import * as MmioError from "../../MmioError.js"
import type { Limits } from "../../RiffLimits.js"
import { quote } from "../escape.js"

const isLimit = (value: unknown): boolean =>
  value === Infinity || (typeof value === "number" && Number.isSafeInteger(value) && value >= 0)

const shown = (value: unknown): string => typeof value === "string" ? quote(value) : String(value)

/** The limits as they are; a defect where one of them is not a whole number from 0 on, or Infinity. @internal */
export const checked = <L extends Partial<Limits>>(operation: string, limits: L): Effect.Effect<L> => {
  const wrong = Object.entries(limits).find(([, value]) => !isLimit(value))
  return wrong === undefined ? Effect.succeed(limits) : Effect.die(
    new MmioError.InvalidParameter({
      operation,
      file: "any file",
      description: `RiffLimits.${wrong[0]} is ${shown(wrong[1])}: a limit is a whole number from 0 on, or Infinity`
    })
  )
}
