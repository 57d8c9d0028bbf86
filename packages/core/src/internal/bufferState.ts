/**
 * The buffer of a handle, as a pure state machine: it knows nothing of effects or of drivers.
 *
 * What it protects, in every state that a transition gives:
 *
 * 1. `bytes[0, endRead)` is what the file holds from `offset` on, once what is dirty has been written; nothing is known
 *    of `bytes[endRead, …)`.
 * 2. `0 <= dirtyStart <= dirtyEnd <= endRead <= bytes.length`; what lies in `[dirtyStart, dirtyEnd)` may not have reached
 *    the driver, everything else in the window has.
 *
 * The position is `offset + next`. It may lie outside of the window, because seeking is free: the window moves only when
 * bytes are wanted there. It may not move while it is dirty, which is what the plans are for.
 */

/** @internal */
export interface BufferState {
  /** The buffer; its length is its size, 0 for a handle without one. Only the shell writes into it. */
  readonly bytes: Uint8Array
  /** Where in the file the buffer begins (`lBufOffset`). */
  readonly offset: number
  /** The position, relative to `offset` (`pchNext`). */
  readonly next: number
  /** The end of what the window holds of the file (`pchEndRead`). */
  readonly endRead: number
  /** The first byte that has to be written. */
  readonly dirtyStart: number
  /** Behind the last byte that has to be written; equal to `dirtyStart` in a clean window. */
  readonly dirtyEnd: number
  /** Where the driver stands (`lDiskOffset`); {@link unknownDiskOffset} when only it can say. */
  readonly diskOffset: number
  /** Grows whenever an `Info` that was handed out no longer describes the window. */
  readonly generation: number
}

/** @internal */
export const unknownDiskOffset = -1

/** One place makes states, so that all of them have the same shape. */
const state = (
  bytes: Uint8Array,
  offset: number,
  next: number,
  endRead: number,
  dirtyStart: number,
  dirtyEnd: number,
  diskOffset: number,
  generation: number
): BufferState => ({ bytes, offset, next, endRead, dirtyStart, dirtyEnd, diskOffset, generation })

/**
 * An empty window at the place where the driver stands.
 *
 * @internal
 */
export const make = (bytes: Uint8Array, position: number): BufferState =>
  state(bytes, position, 0, 0, 0, 0, position, 0)

/** @internal */
export const position = (s: BufferState): number => s.offset + s.next

/** @internal */
export const isDirty = (s: BufferState): boolean => s.dirtyStart < s.dirtyEnd

/**
 * Whether the position is in the window, or directly behind what it holds.
 *
 * @internal
 */
export const isAttached = ({ endRead, next }: BufferState): boolean => next >= 0 && next <= endRead

/**
 * How many bytes the window can give at the position.
 *
 * @internal
 */
export const readable = (s: BufferState): number => s.next >= 0 && s.next < s.endRead ? s.endRead - s.next : 0

/**
 * How many bytes the window can take at the position. Behind `endRead` it takes none: that would leave a gap of which
 * nothing is known, and a flush would write it.
 *
 * @internal
 */
export const writable = (s: BufferState): number => isAttached(s) ? s.bytes.length - s.next : 0

/**
 * Whether the window takes `count` bytes at the position. `<` and not `<=`: a transfer of the buffer's size gains nothing from a copy.
 *
 * @internal
 */
export const fits = (s: BufferState, count: number): boolean => count < s.bytes.length && count <= writable(s)

// ---------------------------------------------------------------------------------------------------------------------
// plans: what has to happen next
// ---------------------------------------------------------------------------------------------------------------------

/**
 * What brings `wanted` more bytes (at least one) from the position, where the window has none:
 * write what is dirty first, fill the window, or read past it.
 *
 * @internal
 */
export const planRead = (s: BufferState, wanted: number): "drain" | "fill" | "direct" =>
  isDirty(s) ? "drain" : wanted >= s.bytes.length ? "direct" : "fill"

/**
 * What takes `count` bytes (at least one) at the position: the window as it is, the window after what is dirty has been
 * written, the window moved there, or the driver.
 *
 * @internal
 */
export const planWrite = (s: BufferState, count: number): "put" | "drain" | "move" | "direct" => {
  if (fits(s, count)) return "put"
  if (isDirty(s)) return "drain"
  return count < s.bytes.length ? "move" : "direct"
}

// ---------------------------------------------------------------------------------------------------------------------
// transitions
// ---------------------------------------------------------------------------------------------------------------------

/**
 * After `count` bytes were consumed from the window; `count <= readable(s)`.
 *
 * @internal
 */
export const taken = (s: BufferState, count: number): BufferState =>
  state(s.bytes, s.offset, s.next + count, s.endRead, s.dirtyStart, s.dirtyEnd, s.diskOffset, s.generation)

/**
 * After `count` bytes (at least one) were put into the window at the position; `count <= writable(s)`. The dirty range
 * becomes the hull of what was dirty and what was put: what lies between is known, so writing it again is right.
 *
 * @internal
 */
export const put = (s: BufferState, count: number): BufferState => {
  const end = s.next + count
  const clean = s.dirtyStart === s.dirtyEnd
  return state(
    s.bytes,
    s.offset,
    end,
    end > s.endRead ? end : s.endRead,
    clean || s.next < s.dirtyStart ? s.next : s.dirtyStart,
    clean || end > s.dirtyEnd ? end : s.dirtyEnd,
    s.diskOffset,
    s.generation
  )
}

/**
 * With the position elsewhere; the window stays.
 *
 * @internal
 */
export const movedTo = (s: BufferState, target: number): BufferState =>
  state(s.bytes, s.offset, target - s.offset, s.endRead, s.dirtyStart, s.dirtyEnd, s.diskOffset, s.generation)

/**
 * With the driver known, or found, to stand at `diskOffset`.
 *
 * @internal
 */
export const standingAt = (s: BufferState, diskOffset: number): BufferState =>
  state(s.bytes, s.offset, s.next, s.endRead, s.dirtyStart, s.dirtyEnd, diskOffset, s.generation)

/**
 * With an empty window at the position; only for a clean one.
 *
 * @internal
 */
export const emptied = (s: BufferState): BufferState =>
  state(s.bytes, position(s), 0, 0, 0, 0, s.diskOffset, s.generation + 1)

/**
 * After the driver read `count` bytes behind the end of the window, where it now stands.
 *
 * @internal
 */
export const filled = (s: BufferState, count: number): BufferState =>
  state(
    s.bytes,
    s.offset,
    s.next,
    s.endRead + count,
    s.dirtyStart,
    s.dirtyEnd,
    s.offset + s.endRead + count,
    s.generation
  )

/**
 * After the driver wrote the first `count` bytes of the dirty range.
 *
 * @internal
 */
export const drained = (s: BufferState, count: number): BufferState =>
  state(
    s.bytes,
    s.offset,
    s.next,
    s.endRead,
    s.dirtyStart + count,
    s.dirtyEnd,
    s.offset + s.dirtyStart + count,
    s.generation
  )

/**
 * After `count` bytes were transferred past the window at the position, where the driver stood.
 *
 * @internal
 */
export const passed = (s: BufferState, count: number): BufferState => {
  const next = s.next + count
  return state(s.bytes, s.offset, next, s.endRead, s.dirtyStart, s.dirtyEnd, s.offset + next, s.generation)
}

/**
 * With the unconsumed bytes at the front of the window, so that more fit behind them; only for a clean one. The shell
 * moves the bytes: `bytes.copyWithin(0, next, endRead)`.
 *
 * @internal
 */
export const compacted = (s: BufferState): BufferState =>
  state(s.bytes, position(s), 0, readable(s), 0, 0, s.diskOffset, s.generation + 1)

/**
 * With another buffer that holds the first `kept` of the unconsumed bytes; only for a clean one. The shell copies them.
 *
 * @internal
 */
export const rebuffered = (s: BufferState, bytes: Uint8Array, kept: number): BufferState =>
  state(bytes, position(s), 0, kept, 0, 0, s.diskOffset, s.generation + 1)

/**
 * With a larger block in the place of a memory file's; the shell copies its bytes.
 *
 * @internal
 */
export const reblocked = (s: BufferState, bytes: Uint8Array): BufferState =>
  state(bytes, s.offset, s.next, s.endRead, s.dirtyStart, s.dirtyEnd, s.diskOffset, s.generation + 1)

/**
 * With the position at `next`, as a program with direct access left it. If it `wrote`, the whole window is dirty, up to
 * `next` at least, since only the program knows which bytes it changed.
 *
 * @internal
 */
export const handedBack = (s: BufferState, next: number, wrote: boolean): BufferState => {
  const endRead = Math.max(s.endRead, next)
  return wrote && endRead > 0
    ? state(s.bytes, s.offset, next, endRead, 0, endRead, s.diskOffset, s.generation)
    : state(s.bytes, s.offset, next, s.endRead, s.dirtyStart, s.dirtyEnd, s.diskOffset, s.generation)
}
