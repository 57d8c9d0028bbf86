/** What small reads sum up: depends on both ends of every piece, on their lengths and their order. */
export const mix = (sum: number, bytes: Uint8Array, count: number): number =>
  // a piece is never empty
  Math.imul(sum, 31) + bytes[0]! + (bytes[bytes.length - 1]! << 8) + count | 0
