/**
 * CRC-32 as archives use it, eight bytes at a step; by the runtime's own function where it has one.
 */
import { zlib } from "./nodeZlib.js"

const tables: ReadonlyArray<Int32Array> = (() => {
  const first = new Int32Array(256)
  for (let i = 0; i < 256; i++) {
    let value = i
    for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1
    first[i] = value
  }
  const all = [first]
  for (let table = 1; table < 8; table++) {
    const previous = all[table - 1]!
    all.push(Int32Array.from(previous, (value) => (value >>> 8) ^ first[value & 0xff]!))
  }
  return all
})()

const [t0, t1, t2, t3, t4, t5, t6, t7] = tables as [
  Int32Array,
  Int32Array,
  Int32Array,
  Int32Array,
  Int32Array,
  Int32Array,
  Int32Array,
  Int32Array
]

/** The sum in plain JavaScript. */
export const crc32Pure = (bytes: Uint8Array, sum = 0): number => {
  let c = ~sum
  let i = 0
  const whole = bytes.length - (bytes.length % 8)
  // inside of the array, as the bounds of the loops say
  for (; i < whole; i += 8) {
    c ^= bytes[i]! | (bytes[i + 1]! << 8) | (bytes[i + 2]! << 16) | (bytes[i + 3]! << 24)
    c = t7[c & 0xff]! ^ t6[(c >>> 8) & 0xff]! ^ t5[(c >>> 16) & 0xff]! ^ t4[c >>> 24]!
      ^ t3[bytes[i + 4]!]! ^ t2[bytes[i + 5]!]! ^ t1[bytes[i + 6]!]! ^ t0[bytes[i + 7]!]!
  }
  for (; i < bytes.length; i++) c = (c >>> 8) ^ t0[(c ^ bytes[i]!) & 0xff]!
  return ~c >>> 0
}

/** The sum of bytes, or of more bytes after those of a sum. @internal */
export const crc32: (bytes: Uint8Array, sum?: number) => number = zlib?.crc32 ?? crc32Pure
