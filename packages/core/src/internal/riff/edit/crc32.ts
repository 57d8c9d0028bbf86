/**
 * CRC-32 by the polynomial of ISO 3309, four bytes at a time.
 */

/** The remainders of each byte, followed by none, one, two and three bytes of zeros: 256 of each. */
const makeTable = (): Uint32Array => {
  const table = new Uint32Array(1024)
  for (let byte = 0; byte < 256; byte++) {
    let remainder = byte
    for (let bit = 0; bit < 8; bit++) remainder = remainder & 1 ? 0xedb88320 ^ (remainder >>> 1) : remainder >>> 1
    table[byte] = remainder
  }
  for (let i = 256; i < 1024; i++) table[i] = table[table[i - 256]! & 0xff]! ^ (table[i - 256]! >>> 8)
  return table
}

const table = makeTable()

/** The CRC-32 of bytes that follow others, whose CRC is `before` (of none: 0). */
export const crc32 = (bytes: Uint8Array, before = 0): number => {
  let crc = ~before
  let i = 0
  for (const last = bytes.length - 3; i < last; i += 4) {
    crc ^= bytes[i]! | bytes[i + 1]! << 8 | bytes[i + 2]! << 16 | bytes[i + 3]! << 24
    crc = table[768 + (crc & 0xff)]! ^ table[512 + (crc >>> 8 & 0xff)]! ^ table[256 + (crc >>> 16 & 0xff)]! ^
      table[crc >>> 24]!
  }
  for (; i < bytes.length; i++) crc = table[(crc ^ bytes[i]!) & 0xff]! ^ (crc >>> 8)
  return ~crc >>> 0
}
