/**
 * Direct access: programs that read and write the bytes of the buffer themselves.
 */
import * as Effect from "effect/Effect"
import type { Access } from "../IOProc.js"
import type * as Api from "../Mmio.js"
import * as MmioError from "../MmioError.js"
import * as BufferState from "./bufferState.js"
import type { HandleBase, TransferError } from "./handle.js"
import { immediate } from "./immediate.js"
import type { Restore } from "./lock.js"

type Direction = "read" | "write"

const snapshot = (handle: HandleBase): Api.Info => {
  const { bytes, diskOffset, endRead, generation, next, offset } = handle.state.current
  return {
    name: handle.name,
    access: handle.access,
    bytes,
    next,
    // behind the end of a memory file there is nothing to read
    endRead: Math.max(endRead, next),
    endWrite: handle.canWrite ? bytes.length : next,
    bufferOffset: offset,
    diskOffset,
    dirty: false,
    generation
  }
}

/** @internal */
export const getInfo = <A extends Access>(handle: HandleBase<A>): Effect.Effect<Api.Info, Api.PendingError<A>> =>
  immediate(() =>
    handle.lock.idle && BufferState.isAttached(handle.state.current)
      ? Effect.succeed(snapshot(handle))
      : handle.run("Mmio.getInfo", (restore) => infoSlow(handle, restore))
  )

const infoSlow = <A extends Access>(
  handle: HandleBase<A>,
  restore: Restore
): Effect.Effect<Api.Info, Api.PendingError<A>> =>
  Effect.map(
    Effect.suspend(() => BufferState.isAttached(handle.state.current) ? Effect.void : handle.attachSlow(restore)),
    () => snapshot(handle)
  )

/** Why the pointers that a program brings do not fit the buffer, if they do not. */
const misfit = (
  handle: HandleBase,
  info: Pick<Api.Info, "bytes" | "generation" | "next" | "dirty">
): string | undefined => {
  const { bytes, endRead, generation } = handle.state.current
  if (info.bytes !== bytes || info.generation !== generation) return "the info describes an earlier buffer"
  if (!Number.isInteger(info.next) || info.next < 0 || info.next > bytes.length) {
    return `next is ${info.next} in a buffer of ${bytes.length} bytes`
  }
  if (info.dirty) return handle.canWrite ? undefined : "the handle is open for reading only"
  return info.next <= endRead || info.next === handle.state.current.next
    ? undefined
    : `next is ${info.next}, behind the ${endRead} bytes that can be read, and nothing was written`
}

/** Takes over what a program did to the buffer. */
const accept = (
  handle: HandleBase,
  operation: string,
  info: Pick<Api.Info, "bytes" | "generation" | "next" | "dirty">
): Effect.Effect<void, MmioError.InvalidParameter> => {
  const reason = misfit(handle, info)
  if (reason !== undefined) return handle.invalid(operation, reason)
  handle.state.current = BufferState.handedBack(handle.state.current, info.next, info.dirty)
  return Effect.void
}

/** @internal */
export const setInfo = (handle: HandleBase, info: Api.Info): Effect.Effect<void, MmioError.InvalidParameter> =>
  handle.immediate(() => accept(handle, "Mmio.setInfo", info))

/** Which of these a direction can fail with is said by the public overloads. */
type AdvanceError<A extends Access> =
  | TransferError<A>
  | MmioError.WriteError
  | MmioError.Unbuffered
  | MmioError.InvalidParameter

/** @internal */
export const advance = <A extends Access>(
  handle: HandleBase<A>,
  info: Api.Info,
  direction: Direction
): Effect.Effect<Api.Info, AdvanceError<A>> =>
  handle.run<Api.Info, AdvanceError<A>>(
    "Mmio.advance",
    (restore) =>
      Effect.suspend((): Effect.Effect<Api.Info, AdvanceError<A>> =>
        handle.state.current.bytes.length === 0 && info.bytes.length === 0
          ? unbuffered(handle)
          : Effect.flatMap(accept(handle, "Mmio.advance", info), () =>
            Effect.map(advanceSlow(handle, direction, restore), () => snapshot(handle)))
      )
  )

const advanceSlow = <A extends Access>(
  handle: HandleBase<A>,
  direction: Direction,
  restore: Restore
): Effect.Effect<void, TransferError<A> | MmioError.WriteError> =>
  direction === "read"
    ? handle.canRead ? handle.refillSlow(restore) : handle.cannotRead()
    : handle.canWrite
    ? handle.makeRoomSlow(restore)
    : handle.cannotWrite()

const unbuffered = (handle: HandleBase) =>
  Effect.fail(
    new MmioError.Unbuffered({ operation: "Mmio", file: handle.name.full, description: "the handle has no buffer" })
  )

/** @internal */
export const withBuffer = <A extends Access, B>(
  handle: HandleBase<A>,
  direction: Direction,
  f: (info: Api.Info) => Api.Advanced<B>
): Effect.Effect<B, AdvanceError<A>> => {
  const apply = (): Effect.Effect<B, MmioError.InvalidParameter> => {
    const info = snapshot(handle)
    const { dirty = false, next, value } = f(info)
    return Effect.as(accept(handle, "Mmio.withBuffer", { ...info, next, dirty }), value)
  }
  const isReady = () => {
    const s = handle.state.current
    return direction === "read"
      ? handle.canRead && BufferState.readable(s) > 0
      : handle.canWrite && BufferState.writable(s) > 0
  }
  return immediate(() =>
    handle.lock.idle && isReady() ?
      apply() :
      handle.run<B, AdvanceError<A>>("Mmio.withBuffer", (restore) =>
        Effect.suspend((): Effect.Effect<B, AdvanceError<A>> => {
          // A block of no bytes is a buffer too, if it can grow.
          if (isReady()) {
            return apply()
          }
          return Effect.flatMap(
            advanceSlow(handle, direction, restore),
            (): Effect.Effect<B, MmioError.Unbuffered | MmioError.InvalidParameter> =>
              handle.state.current.bytes.length === 0 ? unbuffered(handle) : apply()
          )
        }))
  )
}

type Use = (bytes: Uint8Array, position: number) => void

/**
 * Has each of several functions use the same bytes. It is one place in the code that calls all of them: where V8 has seen only one function
 * called, it puts that in line, and a loop over bytes then took twice as long as by itself.
 */
const inTurn = (uses: ReadonlyArray<Use>, bytes: Uint8Array, position: number): void => {
  for (const use of uses) use(bytes, position)
}

/** How many windows `forEachBuffer` gives to its function in one step, where none has to be waited for. */
const windowsAtOnce = 32

/** @internal */
export const forEachBuffer = <A extends Access>(
  handle: HandleBase<A>,
  f: Use,
  range: { readonly from: number | undefined; readonly to: number }
): Effect.Effect<number, TransferError<A> | MmioError.CannotSeek | MmioError.Unbuffered> => {
  type Failure = TransferError<A> | MmioError.CannotSeek | MmioError.Unbuffered
  return handle.run<number, Failure>("Mmio.forEachBuffer", (restore) => {
    let total = 0
    const uses = [f, (bytes: Uint8Array) => {
      total += bytes.length
    }]
    /** Gives the rest of the window to `f`; false at the end of the range. */
    const give = (): boolean => {
      const s = handle.state.current
      const at = BufferState.position(s)
      const count = Math.min(BufferState.readable(s), range.to - at)
      if (count > 0) {
        inTurn(uses, s.bytes.subarray(s.next, s.next + count), at)
        handle.state.current = BufferState.taken(s, count)
      }
      return at + count < range.to
    }
    /** Gives bytes to `f` that the driver has, instead of a copy of them in the window; how many there are. */
    const show = (): number => {
      const s = handle.state.current
      const at = BufferState.position(s)
      return handle.atOnce?.show(Math.min(s.bytes.length, range.to - at), (bytes) => inTurn(uses, bytes, at)) ?? 0
    }
    const hasMore = () => BufferState.readable(handle.state.current) > 0
    const readOn = (): Effect.Effect<number, TransferError<A>> => {
      for (let windows = 0; give(); windows++) {
        // Interruption is heard now and then, also where the driver never waits.
        if (windows === windowsAtOnce) return Effect.flatMap(restore(Effect.void), readOn)
        if (show() > 0) continue
        if (handle.atOnce?.refill() !== true) {
          return Effect.flatMap(
            handle.refillSlow(restore),
            () => hasMore() ? Effect.flatMap(restore(Effect.void), readOn) : Effect.succeed(total)
          )
        }
        if (!hasMore()) break
      }
      return Effect.succeed(total)
    }
    return Effect.suspend((): Effect.Effect<number, Failure> => {
      if (!handle.canRead) return handle.cannotRead()
      if (handle.state.current.bytes.length === 0) return unbuffered(handle)
      return range.from === undefined
        ? readOn()
        : Effect.flatMap(handle.seekSlow(range.from, "start", restore), readOn)
    })
  })
}
