/**
 * Tables for the codes of Deflate: a code of up to `tableBits` bits is looked up, a longer one, which is rare, is
 * decoded bit by bit.
 */

/** @internal */
export interface Codes {
  /**
   * By the next `bits` bits: the symbol times 16, and how many bits its code has; 0 where the code is longer, or none.
   */
  readonly table: Uint16Array
  readonly bits: number
  /** How many codes have each length. */
  readonly counts: Uint16Array
  /** The symbols in the order of their codes. */
  readonly symbols: Uint16Array
}

/** The longest code. @internal */
export const longestCode = 15

/**
 * The codes of symbols with these lengths; undefined where there are more codes than bits can tell, or fewer, other
 * than one code of one bit, or none where `mayBeEmpty`.
 *
 * @internal
 */
export const makeCodes = (lengths: Uint8Array, tableBits: number, mayBeEmpty: boolean): Codes | undefined => {
  const counts = new Uint16Array(longestCode + 1)
  for (const length of lengths) counts[length]!++
  const used = lengths.length - counts[0]!
  counts[0] = 0
  let left = 1
  for (let length = 1; length <= longestCode; length++) {
    left = left * 2 - counts[length]!
    if (left < 0) return undefined
  }
  if (left > 0 && !(used === 1 && counts[1] === 1) && !(used === 0 && mayBeEmpty)) return undefined

  const offsets = new Uint16Array(longestCode + 2)
  const next = new Uint16Array(longestCode + 2)
  for (let length = 1; length <= longestCode; length++) {
    offsets[length + 1] = offsets[length]! + counts[length]!
    next[length + 1] = (next[length]! + counts[length]!) << 1
  }
  const symbols = new Uint16Array(used)
  const table = new Uint16Array(1 << tableBits)
  for (let symbol = 0; symbol < lengths.length; symbol++) {
    const length = lengths[symbol]!
    if (length === 0) continue
    symbols[offsets[length]!++] = symbol
    const code = next[length]!++
    if (length > tableBits) continue
    let reversed = 0
    for (let bit = 0; bit < length; bit++) reversed |= ((code >>> bit) & 1) << (length - 1 - bit)
    for (let at = reversed; at < table.length; at += 1 << length) table[at] = (symbol << 4) | length
  }
  return { table, bits: tableBits, counts, symbols }
}

const fixedLengths = Uint8Array.from(
  { length: 288 },
  (_, symbol) => symbol < 144 ? 8 : symbol < 256 ? 9 : symbol < 280 ? 7 : 8
)

/** The codes of blocks that bring none. @internal */
export const fixed: { readonly literals: Codes; readonly distances: Codes } = (() => {
  const literals = makeCodes(fixedLengths, 9, false)
  // 32 of them, of which the last two are used by no block: without those the codes would not be complete.
  const distances = makeCodes(new Uint8Array(32).fill(5), 5, false)
  if (literals === undefined || distances === undefined) throw new Error("the fixed codes of Deflate are wrong")
  return { literals, distances }
})()
