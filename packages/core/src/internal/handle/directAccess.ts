/**
 * Direct access: programs that read and write the bytes of the buffer themselves.
 */
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type { Access } from "../../IOProc.js"
import type * as Api from "../../Mmio.js"
import * as MmioError from "../../MmioError.js"
import { andThen, evaluateWith, isDone, map } from "../io/answer.js"
import * as BufferState from "./bufferState.js"
import type { Handle, TransferError } from "./handle.js"
import type { Restore } from "./lock.js"

type Direction = "read" | "write"

const snapshot = (handle: Handle): Api.Info => {
  const { state } = handle.window
  const bytes = handle.window.lend()
  const { diskOffset, endRead, generation, next, offset } = state
  return {
    name: handle.name,
    access: handle.access,
    code: handle.code,
    parameters: handle.parameters,
    bytes,
    next,
    // past the end of a memory file there is nothing to read
    endRead: Math.max(endRead, next),
    endWrite: handle.canWrite ? bytes.length : next,
    bufferOffset: offset,
    diskOffset,
    unwritten: BufferState.isDirty(state),
    dirty: false,
    generation
  }
}

/** @internal */
export const getInfo = <A extends Access>(handle: Handle<A>): Effect.Effect<Api.Info, AttachError<A>> =>
  Effect.suspend(() =>
    handle.lock.idle && BufferState.isAttached(handle.window.state)
      ? Exit.succeed(snapshot(handle))
      : handle.exclusive("Mmio.getInfo", (restore) => map(attach(handle, restore), () => snapshot(handle)))
  )

type AttachError<A extends Access> = Api.PendingError<A> | Api.GrowError<A>

/**
 * Brings the window to the position. A handle that cannot write has nothing to write, and never grows. No position is
 * past a block that cannot grow, so that of a block only memory can be lacking.
 */
const attach = <A extends Access>(handle: Handle<A>, restore: Restore): Effect.Effect<void, AttachError<A>> =>
  handle.engine.attach(restore) as Effect.Effect<void, AttachError<A>>

/** Why the pointers that a program brings do not fit the buffer, if they do not. */
const misfit = (
  handle: Handle,
  info: Pick<Api.Info, "bytes" | "generation" | "next" | "dirty">
): string | undefined => {
  const { bytes, endRead, generation, next } = handle.window.state
  if (info.bytes !== bytes || info.generation !== generation) return "the info describes an earlier buffer"
  if (!Number.isInteger(info.next) || info.next < 0 || info.next > bytes.length) {
    return `next is ${info.next} in a buffer of ${bytes.length} bytes`
  }
  if (info.dirty) return handle.canWrite ? undefined : "the handle is open for reading only"
  return info.next <= endRead || info.next === next
    ? undefined
    : `next is ${info.next}, past the ${endRead} bytes that can be read, and nothing was written`
}

/** Takes over what a program did to the buffer. */
const accept = (
  handle: Handle,
  operation: string,
  info: Pick<Api.Info, "bytes" | "generation" | "next" | "dirty">
): Effect.Effect<void, MmioError.InvalidParameter> => {
  const reason = misfit(handle, info)
  if (reason !== undefined) return handle.invalid(operation, reason)
  handle.window.handBack(info.next, info.dirty, handle.forwardOnly)
  return Exit.void
}

/** @internal */
export const setInfo = (handle: Handle, info: Api.Info): Effect.Effect<void, MmioError.InvalidParameter> =>
  Effect.suspend(() =>
    handle.lock.idle
      ? accept(handle, "Mmio.setInfo", info)
      : handle.lock.exclusive(() => accept(handle, "Mmio.setInfo", info))
  )

/** Which of these a direction can fail with is said by the public overloads. */
type AdvanceError<A extends Access> =
  | TransferError<A>
  | MmioError.WriteError
  | MmioError.OutOfMemory
  | MmioError.Unbuffered
  | MmioError.InvalidParameter

/** @internal */
export const advance = <A extends Access>(
  handle: Handle<A>,
  info: Api.Info | undefined,
  direction: Direction
): Effect.Effect<Api.Info, AdvanceError<A>> =>
  handle.exclusive<Api.Info, AdvanceError<A>>("Mmio.advance", (restore) => {
    const { bytes, isWholeFile } = handle.window.state
    if (bytes.length === 0 && (info === undefined ? !isWholeFile : info.bytes.length === 0)) return unbuffered(handle)
    const advanced = () => map(advanceLocked(handle, direction, restore), () => snapshot(handle))
    return info === undefined
      ? andThen(attach(handle, restore), advanced)
      : andThen(accept(handle, "Mmio.advance", info), advanced)
  })

const advanceLocked = <A extends Access>(
  handle: Handle<A>,
  direction: Direction,
  restore: Restore
): Effect.Effect<void, TransferError<A> | MmioError.WriteError | MmioError.OutOfMemory> => {
  const { engine } = handle
  return direction === "read"
    ? !engine.canRead
      ? engine.cannotRead()
      : handle.window.state.isWholeFile
      ? attach(handle, restore)
      : handle.withoutWriting(engine.refill(restore))
    : engine.canWrite
    ? engine.makeRoom(restore)
    : engine.cannotWrite()
}

const unbuffered = (handle: Handle) =>
  Exit.fail(
    new MmioError.Unbuffered({ operation: "Mmio", file: handle.name.full, description: "the handle has no buffer" })
  )

/** @internal */
export const withBuffer = <A extends Access, B>(
  handle: Handle<A>,
  direction: Direction,
  f: (info: Api.Info) => Api.Advanced<B>
): Effect.Effect<B, AdvanceError<A>> => {
  const apply = (): Effect.Effect<B, MmioError.InvalidParameter> => {
    const info = snapshot(handle)
    const { dirty = false, next, value } = f(info)
    return map(accept(handle, "Mmio.withBuffer", { ...info, next, dirty }), () => value)
  }
  const isReady = () => {
    const s = handle.window.state
    return direction === "read"
      ? handle.canRead && BufferState.readable(s) > 0
      : handle.canWrite && BufferState.writable(s) > 0
  }
  return Effect.suspend((): Effect.Effect<B, AdvanceError<A>> =>
    handle.lock.idle && isReady() ?
      apply() :
      handle.exclusive<B, AdvanceError<A>>("Mmio.withBuffer", (restore) => {
        // A block of no bytes is a buffer too, if it can grow.
        if (isReady()) return apply()
        return andThen(
          advanceLocked(handle, direction, restore),
          (): Effect.Effect<B, MmioError.Unbuffered | MmioError.InvalidParameter> =>
            handle.window.state.bytes.length === 0 ? unbuffered(handle) : apply()
        )
      })
  )
}

type Use = (bytes: Uint8Array, position: number) => void

/**
 * Has each of several functions use the same bytes. It is one place in the code that calls all of them: where V8 has
 * seen only one function called, it puts that in line, and a loop over bytes then took twice as long as by itself.
 */
const inTurn = (uses: ReadonlyArray<Use>, bytes: Uint8Array, position: number): void => {
  for (const use of uses) use(bytes, position)
}

/** How many windows `forEachBuffer` gives to its function in one step, where it waits for none. */
const windowsAtOnce = 32

/** @internal */
export const forEachBuffer = <A extends Access>(
  handle: Handle<A>,
  f: Use,
  range: { readonly from: number | undefined; readonly to: number }
): Effect.Effect<number, TransferError<A> | MmioError.SeekError | MmioError.Unbuffered> => {
  type Failure = TransferError<A> | MmioError.SeekError | MmioError.Unbuffered
  const { engine, window } = handle
  return handle.exclusive<number, Failure>("Mmio.forEachBuffer", (restore) => {
    let total = 0
    const uses = [f, (bytes: Uint8Array) => {
      total += bytes.length
    }]
    /** Gives the rest of the window to `f`; false at the end of the range. */
    const give = (): boolean => {
      const s = window.state
      const at = window.position
      const count = Math.min(window.readable, range.to - at)
      if (count > 0) {
        inTurn(uses, window.lend().subarray(s.next, s.next + count), at)
        window.skip(count)
      }
      return at + count < range.to
    }
    /** Gives bytes to `f` that the file has in memory; how many there are. */
    const show = (): number => {
      const at = window.position
      return engine.showSync(Math.min(window.state.bytes.length, range.to - at), (bytes) => {
        inTurn(uses, bytes, at)
        return bytes.length
      })
    }
    const refill = (restore: Restore) => handle.withoutWriting(engine.refill(restore))
    const readOn = (): Effect.Effect<number, TransferError<A>> => {
      for (let windows = 0; give(); windows++) {
        // Interruption is noticed now and then, also where the driver never waits.
        if (windows === windowsAtOnce) return Effect.flatMap(restore(Effect.void), readOn)
        if (show() > 0) continue
        const refilled = evaluateWith(refill, restore)
        if (!isDone(refilled)) {
          return andThen(
            refilled,
            () => window.readable > 0 ? Effect.flatMap(restore(Effect.void), readOn) : Exit.succeed(total)
          )
        }
        if (Exit.isFailure(refilled)) return Exit.failCause(refilled.cause)
        if (window.readable === 0) break
      }
      return Exit.succeed(total)
    }
    if (!engine.canRead) return engine.cannotRead()
    if (window.state.bytes.length === 0) return unbuffered(handle)
    return range.from === undefined ? readOn() : andThen(engine.seek(range.from, "start", restore), readOn)
  })
}
