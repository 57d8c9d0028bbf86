/**
 * Another buffer for a handle.
 */
import * as Effect from "effect/Effect"
import type * as IOProc from "../../IOProc.js"
import type * as Api from "../../Mmio.js"
import type * as MmioError from "../../MmioError.js"
import { makeBuffer } from "../parameters.js"
import type { Handle } from "./handle.js"

/** @internal */
export const setBuffer = <A extends IOProc.Access>(
  handle: Handle<A>,
  buffer: number | Uint8Array | "none"
): Effect.Effect<
  void,
  MmioError.InvalidParameter | MmioError.OutOfMemory | MmioError.CannotSeek | Api.PendingError<A>
> =>
  Effect.flatMap(
    makeBuffer("Mmio.setBuffer", handle.name.full, buffer),
    (bytes) =>
      handle.exclusive<void, MmioError.InvalidParameter | MmioError.CannotSeek | Api.PendingError<A>>(
        "Mmio.setBuffer",
        (restore) => {
          if (bytes === buffer) handle.window.lend()
          return handle.withoutWriting(handle.engine.setBuffer(bytes, restore))
        }
      )
  )
