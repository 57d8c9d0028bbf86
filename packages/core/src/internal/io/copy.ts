import * as MmioError from "../../MmioError.js"

/** So few bytes are copied one by one: that is cheaper than a call and two views. */
const few = 32

/** Copies many bytes, inside of the arrays, as was checked. A view costs as much as the copy of some kilobytes. */
const copyMany = (source: Uint8Array, from: number, target: Uint8Array, to: number, count: number): void =>
  target.set(count === source.length ? source : source.subarray(from, from + count), to)

/** Copies `count` bytes between arrays that share no memory: to ask where they lie costs a small read a tenth. */
export const copyApart = (source: Uint8Array, from: number, target: Uint8Array, to: number, count: number): void => {
  if (count <= few) { for (let i = 0; i < count; i++) target[to + i] = source[from + i]! }
  else copyMany(source, from, target, to, count)
}

/** Copies `count` bytes. Both arrays may be parts of the same memory: what lies in front is read before it is lost. */
export const copy = (source: Uint8Array, from: number, target: Uint8Array, to: number, count: number): void => {
  if (count <= few && source.byteOffset + from < target.byteOffset + to) {
    for (let i = count - 1; i >= 0; i--) target[to + i] = source[from + i]!
  } else copyApart(source, from, target, to, count)
}

/** A new array with `bytes[from, to)`. The caller's may be one of Node's buffers, whose own `slice` is a view. */
export const copyOf = (bytes: Uint8Array, from = 0, to = bytes.length): Uint8Array => {
  const owned = new Uint8Array(to - from)
  copyApart(bytes, from, owned, 0, to - from)
  return owned
}

/**
 * As many bytes are allocated on the word of the caller alone; for more, the file has to be known to have them.
 *
 * @internal
 */
export const trustedCount = 64 * 1024

/**
 * A new array of `size` bytes, or undefined where the runtime cannot allocate one.
 *
 * @internal
 */
export const allocate = (size: number): Uint8Array | undefined => {
  try {
    return new Uint8Array(size)
  } catch {
    return undefined
  }
}

/** @internal */
export const outOfMemory = (operation: string, file: string, size: number): MmioError.OutOfMemory =>
  new MmioError.OutOfMemory({ operation, file, description: `there is no memory for a buffer of ${size} bytes` })

/**
 * Whether a driver's answer, so many of these bytes, can be true.
 *
 * @internal
 */
export const isCountOf = (count: number, bytes: Uint8Array): boolean =>
  Number.isInteger(count) && count >= 0 && count <= bytes.length

/** Whether a file has such a position. @internal */
export const isPosition = (position: number): boolean => Number.isSafeInteger(position) && position >= 0
