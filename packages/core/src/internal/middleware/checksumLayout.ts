/**
 * How a file with checksums is laid out: blocks of the content, each followed by the CRC-32 of its bytes (4 bytes,
 * little-endian). The last block may be shorter than the others; a content without bytes has none.
 */
import { crc32 } from "../riff/edit/crc32.js"

/** How many bytes the sum of a block takes. @internal */
export const sumSize = 4

/** Where the byte at a position of the content is stored. @internal */
export const storedAt = (position: number, blockSize: number): number =>
  position + Math.floor(position / blockSize) * sumSize

/** How large a content of so many bytes is with its sums. @internal */
export const storedSize = (size: number, blockSize: number): number => size + Math.ceil(size / blockSize) * sumSize

/** How large the content is of which so many bytes are stored; `undefined` where no content has so many. @internal */
export const contentSize = (stored: number, blockSize: number): number | undefined => {
  const whole = Math.floor(stored / (blockSize + sumSize))
  const rest = stored - whole * (blockSize + sumSize)
  return rest === 0 ? whole * blockSize : rest > sumSize ? whole * blockSize + rest - sumSize : undefined
}

/** Adds the sums to bytes that begin with a block. @internal */
export const withSums = (content: Uint8Array, blockSize: number): Uint8Array => {
  const stored = new Uint8Array(storedSize(content.length, blockSize))
  const view = new DataView(stored.buffer)
  for (let from = 0, to = 0; from < content.length; from += blockSize) {
    const block = content.subarray(from, from + blockSize)
    stored.set(block, to)
    view.setUint32(to + block.length, crc32(block), true)
    to += block.length + sumSize
  }
  return stored
}

/** Whether a stored block, which ends with its sum, matches it. */
const isUndamaged = (block: Uint8Array): boolean => {
  const size = block.length - sumSize
  if (size <= 0) return false
  const view = new DataView(block.buffer, block.byteOffset, block.byteLength)
  return view.getUint32(size, true) === crc32(block.subarray(0, size))
}

/** Where the blocks begin that are damaged, in stored bytes that begin with a block, and end with one. @internal */
export const damagedBlocks = (stored: Uint8Array, blockSize: number): ReadonlyArray<number> => {
  const damaged: Array<number> = []
  for (let from = 0; from < stored.length; from += blockSize + sumSize) {
    if (!isUndamaged(stored.subarray(from, from + blockSize + sumSize))) damaged.push(from)
  }
  return damaged
}

/**
 * Takes the sums away from bytes that begin with a block: `undamaged` is how many bytes of the content come before the
 * first block whose sum does not match. A last block that is truncated has no content.
 *
 * @internal
 */
export const withoutSums = (
  stored: Uint8Array,
  blockSize: number
): { readonly content: Uint8Array; readonly undamaged: number } => {
  const whole = Math.floor(stored.length / (blockSize + sumSize)) * blockSize
  const content = new Uint8Array(contentSize(stored.length, blockSize) ?? whole)
  let undamaged = 0
  for (let from = 0; undamaged < content.length; from += blockSize + sumSize) {
    const block = stored.subarray(from, from + blockSize + sumSize)
    if (!isUndamaged(block)) break
    content.set(block.subarray(0, -sumSize), undamaged)
    undamaged += block.length - sumSize
  }
  return { content, undamaged }
}
