/**
 * The limits of the program, checked where they are used: a layer may have set any.
 */
import * as Effect from "effect/Effect"
import { type Limits, ZipLimits } from "../ZipLimits.js"
import { checked } from "./limits.js"

/** @internal */
export const currentLimits: Effect.Effect<Limits> = Effect.flatMap(ZipLimits, (limits) => checked("ZipIOProc", limits))
