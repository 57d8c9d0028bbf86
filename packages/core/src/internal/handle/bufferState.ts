/**
 * The buffer of a handle, as a pure state machine: it knows nothing of effects or of drivers.
 *
 * What it protects, in every state that a transition gives:
 *
 * 1. `bytes[0, endRead)` is what the file holds from `offset` on, once the dirty range has been written; nothing is
 *    known of `bytes[endRead, …)`.
 * 2. `0 <= dirtyStart <= dirtyEnd <= endRead <= bytes.length`; what lies in `[dirtyStart, dirtyEnd)` may not have
 *    reached the driver, everything else in the window has.
 *
 * The position is `offset + next`. It may lie outside of the window, because seeking is free: the window moves only
 * when bytes are wanted there. It may not move while it is dirty, which is what the plans are for.
 *
 * The window of a memory file is the whole file: it never moves, is never dirty, and `endRead` is the end of the file.
 */

/**
 * The state of a window. A class for a reason: what V8 makes of a literal it may take for long-lived while it marks the
 * heap, which made every later hit of a process four times as slow.
 */
export class BufferState {
  /**
   * The buffer; its length is its size, 0 for a handle without one. Only `window.ts` and direct access write into it.
   */
  readonly bytes: Uint8Array
  /** Where in the file the buffer begins (`lBufOffset`). */
  readonly offset: number
  /** The position, relative to `offset` (`pchNext`). */
  readonly next: number
  /** The end of what the window holds of the file (`pchEndRead`). */
  readonly endRead: number
  /** The first byte that has to be written. */
  readonly dirtyStart: number
  /** After the last byte that has to be written; equal to `dirtyStart` in a clean window. */
  readonly dirtyEnd: number
  /** Where the last transfer ended (`lDiskOffset`). */
  readonly diskOffset: number
  /** Grows whenever an `Info` that was given out no longer describes the window. */
  readonly generation: number
  /** Whether the window is the whole file, a block of memory. */
  readonly isWholeFile: boolean
  constructor(
    bytes: Uint8Array,
    offset: number,
    next: number,
    endRead: number,
    dirtyStart: number,
    dirtyEnd: number,
    diskOffset: number,
    generation: number,
    isWholeFile: boolean
  ) {
    this.bytes = bytes
    this.offset = offset
    this.next = next
    this.endRead = endRead
    this.dirtyStart = dirtyStart
    this.dirtyEnd = dirtyEnd
    this.diskOffset = diskOffset
    this.generation = generation
    this.isWholeFile = isWholeFile
  }
}

/** An empty window at a position of a file. */
export const make = (bytes: Uint8Array, position: number): BufferState =>
  new BufferState(bytes, position, 0, 0, 0, 0, position, 0, false)

/** A window that is a whole file: the first `size` bytes of a block. */
export const makeWhole = (block: Uint8Array, size: number): BufferState =>
  new BufferState(block, 0, 0, size, 0, 0, 0, 0, true)

/** The position, in bytes from the start of the file. */
export const position = (s: BufferState): number => s.offset + s.next

export const isDirty = (s: BufferState): boolean => s.dirtyStart < s.dirtyEnd

/** Whether the position is in the window, or directly after what it holds. */
export const isAttached = ({ endRead, next }: BufferState): boolean => next >= 0 && next <= endRead

/** How many bytes the window can give at the position. */
export const readable = (s: BufferState): number => s.next >= 0 && s.next < s.endRead ? s.endRead - s.next : 0

/**
 * How many bytes the window can take at the position. Past `endRead` it takes none: that would leave a gap of which
 * nothing is known, and a flush would write it.
 */
export const writable = (s: BufferState): number => isAttached(s) ? s.bytes.length - s.next : 0

// ---------------------------------------------------------------------------------------------------------------------
// policy: what has to happen next
// ---------------------------------------------------------------------------------------------------------------------

/** Of which part of the buffer on a copy through it is not worth it, where the bytes are in memory on both sides. */
const largePart = 4

/**
 * The one rule of bypassing, for all operations: a transfer of at least the buffer's size goes past it. So does one of
 * at least a quarter of it that the file serves out of blocks in memory (`inMemory`), since the buffer would be a
 * second copy.
 */
export const bypasses = (s: BufferState, count: number, inMemory: boolean): boolean =>
  !s.isWholeFile && count >= (inMemory ? s.bytes.length / largePart : s.bytes.length)

/**
 * What brings `wanted` more bytes (at least one) from the position, where the window has none: write the dirty range
 * first, fill the window, or read past it; at the end of a memory file, nothing does.
 */
export const planRead = (s: BufferState, wanted: number): "drain" | "fill" | "bypass" | "end" =>
  s.isWholeFile ? "end" : isDirty(s) ? "drain" : bypasses(s, wanted, false) ? "bypass" : "fill"

/**
 * How many bytes a fill asks for, where `wanted` more bytes are, at the end of the clean window: all that there is room
 * for, but after a seek that went back, or further forward than the buffer is long, a quarter of the buffer at most, or
 * what is wanted. Of random access the rest would be read in vain; where the reads go on from there, the next fill
 * finds the position at the end of the last one.
 */
export const fillSize = (s: BufferState, wanted: number): number => {
  const room = s.bytes.length - s.endRead
  const skipped = position(s) - s.diskOffset
  return skipped >= 0 && skipped < s.bytes.length
    ? room
    : Math.min(room, Math.max(wanted, Math.ceil(s.bytes.length / largePart)))
}

/**
 * What takes `count` bytes (at least one) at the position: the window as it is, the window after the dirty range has
 * been written, the window moved there, the driver, or a larger block of memory.
 */
export const planWrite = (s: BufferState, count: number): "put" | "drain" | "move" | "bypass" | "grow" => {
  if (s.isWholeFile) return count <= writable(s) ? "put" : "grow"
  const isLarge = bypasses(s, count, false)
  if (!isLarge && count <= writable(s)) return "put"
  if (isDirty(s)) return "drain"
  return isLarge ? "bypass" : "move"
}

// ---------------------------------------------------------------------------------------------------------------------
// transitions
// ---------------------------------------------------------------------------------------------------------------------

/** After `count` bytes were consumed from the window; `count <= readable(s)`. */
export const consumed = (s: BufferState, count: number): BufferState =>
  new BufferState(
    s.bytes,
    s.offset,
    s.next + count,
    s.endRead,
    s.dirtyStart,
    s.dirtyEnd,
    s.diskOffset,
    s.generation,
    s.isWholeFile
  )

/**
 * After `count` bytes (at least one) were put into the window at the position; `count <= writable(s)`. The dirty range
 * becomes the hull of what was dirty and what was put: what lies between is known, so writing it again is right.
 */
export const put = (s: BufferState, count: number): BufferState => {
  const end = s.next + count
  const endRead = end > s.endRead ? end : s.endRead
  if (s.isWholeFile) return new BufferState(s.bytes, 0, end, endRead, 0, 0, s.diskOffset, s.generation, true)
  const clean = s.dirtyStart === s.dirtyEnd
  return new BufferState(
    s.bytes,
    s.offset,
    end,
    endRead,
    clean || s.next < s.dirtyStart ? s.next : s.dirtyStart,
    clean || end > s.dirtyEnd ? end : s.dirtyEnd,
    s.diskOffset,
    s.generation,
    false
  )
}

/** With the position elsewhere; the window stays. */
export const movedTo = (s: BufferState, target: number): BufferState =>
  new BufferState(
    s.bytes,
    s.offset,
    target - s.offset,
    s.endRead,
    s.dirtyStart,
    s.dirtyEnd,
    s.diskOffset,
    s.generation,
    s.isWholeFile
  )

/** With an empty window at the position; only for a clean one of a driver's file. */
export const emptied = (s: BufferState): BufferState =>
  new BufferState(s.bytes, position(s), 0, 0, 0, 0, s.diskOffset, s.generation + 1, false)

/** After `count` bytes were read after the end of the window. */
export const filled = (s: BufferState, count: number): BufferState => {
  const endRead = s.endRead + count
  return new BufferState(
    s.bytes,
    s.offset,
    s.next,
    endRead,
    s.dirtyStart,
    s.dirtyEnd,
    s.offset + endRead,
    s.generation,
    false
  )
}

/** After the first `count` bytes of the dirty range were written. */
export const drained = (s: BufferState, count: number): BufferState => {
  const start = s.dirtyStart + count
  return new BufferState(s.bytes, s.offset, s.next, s.endRead, start, s.dirtyEnd, s.offset + start, s.generation, false)
}

/** After `count` bytes were transferred past the window at the position. */
export const bypassed = (s: BufferState, count: number): BufferState => {
  const next = s.next + count
  return new BufferState(
    s.bytes,
    s.offset,
    next,
    s.endRead,
    s.dirtyStart,
    s.dirtyEnd,
    s.offset + next,
    s.generation,
    false
  )
}

/**
 * With an empty window after `count` bytes that were written past it, since it may hold what they replace; only for a
 * clean one.
 */
export const passed = (s: BufferState, count: number): BufferState => {
  const end = position(s) + count
  return new BufferState(s.bytes, end, 0, 0, 0, 0, end, s.generation + 1, false)
}

/** With the unconsumed bytes at the front of the window, so that more fit after them; only for a clean one. */
export const compacted = (s: BufferState): BufferState =>
  new BufferState(s.bytes, position(s), 0, readable(s), 0, 0, s.diskOffset, s.generation + 1, false)

/** With another buffer that holds the first `kept` of the unconsumed bytes; only for a clean one. */
export const rebuffered = (s: BufferState, bytes: Uint8Array, kept: number): BufferState =>
  new BufferState(bytes, position(s), 0, kept, 0, 0, s.diskOffset, s.generation + 1, false)

/** With a larger block instead of that of a memory file. */
export const reblocked = (s: BufferState, bytes: Uint8Array): BufferState =>
  new BufferState(bytes, 0, s.next, s.endRead, 0, 0, s.diskOffset, s.generation + 1, true)

/**
 * With the position at `next`, as a program with direct access left it. If it `wrote`, the whole window is dirty, up to
 * `next` at least, since only the program knows which bytes it changed. Where bytes pass only `once`, those that were
 * written before are not written again.
 */
export const handedBack = (s: BufferState, next: number, wrote: boolean, once: boolean): BufferState => {
  if (!wrote) return movedTo(s, s.offset + next)
  const endRead = Math.max(s.endRead, next)
  const dirtyEnd = s.isWholeFile ? 0 : endRead
  const dirtyStart = !once ? 0 : isDirty(s) ? s.dirtyStart : Math.min(s.next, dirtyEnd)
  return new BufferState(
    s.bytes,
    s.offset,
    next,
    endRead,
    dirtyStart,
    dirtyEnd,
    s.diskOffset,
    s.generation,
    s.isWholeFile
  )
}
