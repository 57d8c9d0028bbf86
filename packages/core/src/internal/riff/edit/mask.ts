/**
 * Masking: the records of a journal hold bytes of the file, and no program that looks for tags in a file may find them
 * there.
 */
import * as Layout from "../layout.js"

/** Spreads the bits of a number over all of its bits. */
const mix = (value: number): number => {
  let x = value
  x = Math.imul(x ^ x >>> 16, 0x85ebca6b)
  x = Math.imul(x ^ x >>> 13, 0xc2b2ae35)
  return x ^ x >>> 16
}

/** Whether words are in memory as they are in a file. */
const isLittle = new Uint8Array(Uint32Array.of(1).buffer)[0] === 1

/**
 * Masks bytes in place, or unmasks them: `at` is where they begin in the records, and `nonce` has eight bytes.
 */
export const mask = (bytes: Uint8Array, at: number, nonce: Uint8Array): void => {
  const low = Layout.uint32(nonce, 0)
  const high = Layout.uint32(nonce, 4)
  const wordAt = (index: number) => mix(index ^ low) ^ mix(Math.floor(index / 0x1_0000_0000) + high | 0)
  const one = (i: number) => {
    const position = at + i
    bytes[i] = bytes[i]! ^ wordAt(Math.floor(position / 4)) >>> 8 * (position % 4) & 0xff
  }
  let i = 0
  while (i < bytes.length && (at + i) % 4 !== 0) one(i++)
  const words = Math.floor((bytes.length - i) / 4)
  if (isLittle && words > 0 && (bytes.byteOffset + i) % 4 === 0) {
    const view = new Uint32Array(bytes.buffer, bytes.byteOffset + i, words)
    const first = (at + i) / 4
    for (let word = 0; word < words; word++) view[word]! ^= wordAt(first + word)
    i += 4 * words
  }
  while (i < bytes.length) one(i++)
}
