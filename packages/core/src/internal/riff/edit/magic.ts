/**
 * Bytes by which a header or a footer is recognised.
 */

export const latin1 = (text: string): Uint8Array => Uint8Array.from(text, (character) => character.charCodeAt(0))

export const isAt = (magic: Uint8Array, bytes: Uint8Array, at: number): boolean => {
  for (let i = 0; i < magic.length; i++) if (bytes[at + i] !== magic[i]) return false
  return true
}

/** Whether at least half of the bytes are those: damage changes a few of them, and other bytes agree in hardly any. */
export const isSimilar = (expected: Uint8Array, bytes: Uint8Array, at: number): boolean => {
  let same = 0
  for (let i = 0; i < expected.length; i++) if (bytes[at + i] === expected[i]) same++
  return same * 2 >= expected.length
}

/** Where the bytes occur first from `from` on, wholly before `to`; -1 where they do not. */
export const indexOf = (magic: Uint8Array, bytes: Uint8Array, from: number, to: number): number => {
  const first = magic[0]!
  for (let at = bytes.indexOf(first, from); at >= 0 && at + magic.length <= to; at = bytes.indexOf(first, at + 1)) {
    if (isAt(magic, bytes, at)) return at
  }
  return -1
}
