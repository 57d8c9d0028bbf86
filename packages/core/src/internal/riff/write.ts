import * as Effect from "effect/Effect"
import type * as MmioError from "../../MmioError.js"
import type { HandleBase } from "../handle.js"
import type { Restore } from "../lock.js"

/** Writes all of the bytes, or fails before the first where it is known that there is no room. Runs inside of `Lock.exclusive`. @internal */
export const writeAllSlow = (
  handle: HandleBase,
  bytes: Uint8Array,
  restore: Restore
): Effect.Effect<number, MmioError.WriteError> =>
  Effect.zipRight(handle.reserveSlow(bytes.length), handle.writeSlow(bytes, restore))
