import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { Access } from "../../IOProc.js"
import type * as Mmio from "../../Mmio.js"
import * as MmioError from "../../MmioError.js"
import * as BufferState from "../bufferState.js"
import type { HandleBase } from "../handle.js"
import type { Restore } from "../lock.js"

/**
 * Reads there, however the driver feels about going there: behind the end there is nothing. Runs inside of `Lock.exclusive`, and leaves
 * the position behind what it read.
 *
 * @internal
 */
export const readAt = <A extends Access>(
  handle: HandleBase<A>,
  at: number,
  target: Uint8Array,
  restore: Restore
): Effect.Effect<number, Mmio.ReadError<A>> => {
  handle.state.current = BufferState.movedTo(handle.state.current, at)
  return Effect.catchAll(
    handle.readSlow(target, restore),
    (error) =>
      error._tag === "CannotRead" && error.cause instanceof MmioError.CannotSeek
        ? Effect.flatMap(
          Effect.option(handle.seekSlow(0, "end", restore)),
          (end) => Option.isSome(end) && end.value <= at ? Effect.succeed(0) : Effect.fail(error)
        )
        : Effect.fail(error)
  )
}
