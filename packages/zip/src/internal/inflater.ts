/**
 * A decompressor of Deflate that can be stopped and copied between any two symbols, so that decompression can begin
 * again in the middle of an element.
 *
 * It is given input, decompresses into a buffer that keeps the last 32 KiB and what came after them, and says why it
 * stopped. It knows nothing of files.
 */
import { type Codes, fixed, longestCode, makeCodes } from "./huffman.js"

/** How far back a match can reach. */
const windowSize = 32 * 1024
const longestMatch = 258
/** How much is decompressed until the buffer is full. */
const roomSize = 64 * 1024
/** What one symbol can take: 15 bits and 5 more, and again 15 and 13. */
const symbolBytes = 8
/** Zeros after the last input, which the decoder may look at, and not use. */
const padding = 16

type Block =
  | { readonly _tag: "Header" }
  | { readonly _tag: "Stored"; remaining: number }
  | { readonly _tag: "Coded"; readonly literals: Codes; readonly distances: Codes }
  | { readonly _tag: "End" }

/** All that decompression needs to go on from a position. */
export interface Checkpoint {
  /** How many bytes were decompressed before. */
  readonly position: number
  /** How many bytes of input were taken before. */
  readonly input: number
  readonly hold: number
  readonly bits: number
  readonly isLast: boolean
  readonly block: Block
  /** The last bytes that were decompressed, 32 KiB at most. */
  readonly window: Uint8Array
  /** The sum of all bytes before. */
  readonly sum: number
}

/** How much memory a checkpoint takes, in bytes, about. @internal */
export const checkpointSize = ({ block, window }: Checkpoint): number =>
  window.length + 256 + (block._tag === "Coded" && block.literals !== fixed.literals ? 4096 : 0)

const lengthBase = Uint16Array.of(
  3,
  4,
  5,
  6,
  7,
  8,
  9,
  10,
  11,
  13,
  15,
  17,
  19,
  23,
  27,
  31,
  35,
  43,
  51,
  59,
  67,
  83,
  99,
  115,
  131,
  163,
  195,
  227,
  258
)
const lengthBits = Uint8Array.of(
  0,
  0,
  0,
  0,
  0,
  0,
  0,
  0,
  1,
  1,
  1,
  1,
  2,
  2,
  2,
  2,
  3,
  3,
  3,
  3,
  4,
  4,
  4,
  4,
  5,
  5,
  5,
  5,
  0
)
const distanceBase = Uint16Array.of(
  1,
  2,
  3,
  4,
  5,
  7,
  9,
  13,
  17,
  25,
  33,
  49,
  65,
  97,
  129,
  193,
  257,
  385,
  513,
  769,
  1025,
  1537,
  2049,
  3073,
  4097,
  6145,
  8193,
  12289,
  16385,
  24577
)
const distanceBits = Uint8Array.of(
  0,
  0,
  0,
  0,
  1,
  1,
  2,
  2,
  3,
  3,
  4,
  4,
  5,
  5,
  6,
  6,
  7,
  7,
  8,
  8,
  9,
  9,
  10,
  10,
  11,
  11,
  12,
  12,
  13,
  13
)
const lengthOrder = Uint8Array.of(16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15)
/** The most that the header of a block with codes of its own can take: 14 bits, 19 times 3, and 320 times 7 and 7. */
const headerBytes = 600

const truncated = "the compressed bytes end too early"

const header: Block = { _tag: "Header" }
const end: Block = { _tag: "End" }

/**
 * Why the decompressor stopped: its buffer is full, it needs input, the compressed bytes have ended, or they are
 * damaged, as `damage` says.
 */
export type Stop = "full" | "input" | "end" | "damaged"

/** A decompression, from the start or from a point. */
export class Inflater {
  /** What was decompressed: the first byte is the one at `base`. */
  readonly buffer = new Uint8Array(windowSize + roomSize + longestMatch)
  /** How much of the buffer is filled. */
  filled: number
  /** The position of the first byte of the buffer. */
  base: number
  damage = ""
  /** The input: what has yet to be used is from `at` to `inputEnd`. */
  private input = new Uint8Array(0)
  private at = 0
  private inputEnd = 0
  private isLastInput = false
  /** How many bytes of input came before those in `input`. */
  private inputBase: number
  private hold: number
  private bits: number
  private block: Block
  private isLastBlock: boolean

  constructor(from?: Checkpoint) {
    this.filled = from?.window.length ?? 0
    this.base = (from?.position ?? 0) - this.filled
    if (from !== undefined) this.buffer.set(from.window)
    this.inputBase = from?.input ?? 0
    this.hold = from?.hold ?? 0
    this.bits = from?.bits ?? 0
    this.block = from === undefined ? header : from.block._tag === "Stored" ? { ...from.block } : from.block
    this.isLastBlock = from?.isLast ?? false
  }

  /** How many bytes were decompressed. */
  get position(): number {
    return this.base + this.filled
  }

  /** Where the input goes on that `give` is to be given. */
  get wanted(): number {
    return this.inputBase + this.inputEnd
  }

  /** How many bytes of input were used. */
  get used(): number {
    return this.inputBase + this.at - (this.bits >>> 3)
  }

  /** Gives it more input, which it copies; `isLast` says that no more follows. */
  give(bytes: Uint8Array, isLast: boolean): void {
    this.unhold()
    const left = this.inputEnd - this.at
    const input = new Uint8Array(left + bytes.length + padding)
    input.set(this.input.subarray(this.at, this.inputEnd))
    input.set(bytes, left)
    this.inputBase += this.at
    this.input = input
    this.at = 0
    this.inputEnd = left + bytes.length
    this.isLastInput = isLast
  }

  /** Drops what is more than 32 KiB before the end of the buffer, so that there is room again. */
  makeRoom(): void {
    const surplus = this.filled - windowSize
    if (surplus <= 0) return
    this.buffer.copyWithin(0, surplus, this.filled)
    this.filled = windowSize
    this.base += surplus
  }

  /** A copy of its state, with the sum of all that was decompressed. */
  checkpoint(sum: number): Checkpoint {
    this.unhold()
    return {
      position: this.position,
      input: this.inputBase + this.at,
      hold: this.hold,
      bits: this.bits,
      isLast: this.isLastBlock,
      block: this.block._tag === "Stored" ? { ...this.block } : this.block,
      window: this.buffer.slice(Math.max(0, this.filled - windowSize), this.filled),
      sum
    }
  }

  /** Gives whole bytes that are held back to the input, which they came from. */
  private unhold(): void {
    this.at -= this.bits >>> 3
    this.bits &= 7
    this.hold &= (1 << this.bits) - 1
  }

  /** Decompresses until there is a reason to stop. */
  run(): Stop {
    for (;;) {
      const stop = this.block._tag === "Coded"
        ? this.runCoded(this.block)
        : this.block._tag === "Stored"
        ? this.runStored(this.block)
        : this.block._tag === "Header"
        ? this.runHeader()
        : "end"
      if (stop !== undefined) return stop
    }
  }

  private damaged(what: string): Stop {
    this.damage = what
    return "damaged"
  }

  /** Has at least `count` bits in hold, of up to 25; zeros after the end of the input. */
  private need(count: number): void {
    while (this.bits < count) {
      this.hold |= (this.input[this.at++] ?? 0) << this.bits
      this.bits += 8
    }
  }

  private take(count: number): number {
    this.need(count)
    const value = this.hold & ((1 << count) - 1)
    this.hold >>>= count
    this.bits -= count
    return value
  }

  /** Whether so many bytes can be looked at; no more than there are need be used. */
  private has(bytes: number): boolean {
    return this.isLastInput || this.at + bytes <= this.inputEnd
  }

  private get isPastEnd(): boolean {
    return this.at - (this.bits >>> 3) > this.inputEnd
  }

  private nextBlock(): Stop | undefined {
    if (this.isPastEnd) return this.damaged(truncated)
    this.block = this.isLastBlock ? end : header
    return undefined
  }

  private runHeader(): Stop | undefined {
    if (!this.has(headerBytes)) return "input"
    this.isLastBlock = this.take(1) === 1
    const type = this.take(2)
    if (type === 3) return this.damaged("a block has an invalid type")
    if (type === 1) this.block = { _tag: "Coded", ...fixed }
    else if (type === 2) return this.readCodes()
    else {
      this.take(this.bits & 7)
      const length = this.take(16)
      const complement = this.take(16)
      if (length !== (~complement & 0xffff)) return this.damaged("the length of a stored block is invalid")
      this.block = { _tag: "Stored", remaining: length }
    }
    return this.isPastEnd ? this.damaged(truncated) : undefined
  }

  private readCodes(): Stop | undefined {
    const literalCount = this.take(5) + 257
    const distanceCount = this.take(5) + 1
    const lengthCount = this.take(4) + 4
    if (literalCount > 286 || distanceCount > 30) return this.damaged("a block has too many codes")
    const ofLengths = new Uint8Array(19)
    for (let i = 0; i < lengthCount; i++) ofLengths[lengthOrder[i]!] = this.take(3)
    const codes = makeCodes(ofLengths, 7, false)
    if (codes === undefined) return this.damaged("the codes of a block are invalid")
    const lengths = new Uint8Array(literalCount + distanceCount)
    for (let i = 0; i < lengths.length;) {
      const symbol = this.decode(codes)
      if (symbol < 16 && symbol >= 0) {
        lengths[i++] = symbol
        continue
      }
      if (symbol < 0 || (symbol === 16 && i === 0)) {
        return this.damaged("the lengths of the codes of a block are invalid")
      }
      const previous = symbol === 16 ? lengths[i - 1]! : 0
      const repeat = symbol === 16 ? 3 + this.take(2) : symbol === 17 ? 3 + this.take(3) : 11 + this.take(7)
      if (i + repeat > lengths.length) return this.damaged("the lengths of the codes of a block are invalid")
      lengths.fill(previous, i, i + repeat)
      i += repeat
    }
    if (this.isPastEnd) return this.damaged(truncated)
    const literals = lengths[256] === 0 ? undefined : makeCodes(lengths.subarray(0, literalCount), 10, false)
    const distances = makeCodes(lengths.subarray(literalCount), 9, true)
    if (literals === undefined || distances === undefined) return this.damaged("the codes of a block are invalid")
    this.block = { _tag: "Coded", literals, distances }
    return undefined
  }

  /** The next symbol; -1 where there is no such code. */
  private decode(codes: Codes): number {
    this.need(longestCode)
    const entry = codes.table[this.hold & ((1 << codes.bits) - 1)]!
    if (entry !== 0) {
      this.hold >>>= entry & 15
      this.bits -= entry & 15
      return entry >>> 4
    }
    const [symbol, length] = decodeLong(codes, this.hold)
    this.hold >>>= length
    this.bits -= length
    return symbol
  }

  private runStored(block: { remaining: number }): Stop | undefined {
    const buffer = this.buffer
    this.unhold()
    const count = Math.min(block.remaining, this.inputEnd - this.at, buffer.length - this.filled)
    if (count > 0) {
      buffer.set(this.input.subarray(this.at, this.at + count), this.filled)
      this.filled += count
      this.at += count
      block.remaining -= count
    }
    if (block.remaining === 0) return this.nextBlock()
    if (this.filled === buffer.length) return "full"
    return this.isLastInput ? this.damaged(truncated) : "input"
  }

  /** The loop that does nearly all of the work: its state is in variables. */
  private runCoded({ distances, literals }: { readonly literals: Codes; readonly distances: Codes }): Stop | undefined {
    const { buffer, input, isLastInput } = this
    const literalTable = literals.table
    const literalMask = (1 << literals.bits) - 1
    const distanceTable = distances.table
    const distanceMask = (1 << distances.bits) - 1
    const room = buffer.length - longestMatch
    // Past the last input are zeros: whether a symbol was made of them is looked at after the symbol.
    const safe = isLastInput ? this.inputEnd : this.inputEnd - symbolBytes
    let { at, bits, filled, hold } = this
    /** What was filled before the last symbol. */
    let before = filled
    let stop: Stop | "block" | undefined
    while (stop === undefined) {
      if (at > safe) {
        if (!isLastInput) {
          stop = "input"
          break
        }
        if (at - (bits >>> 3) > safe) {
          stop = this.damaged(truncated)
          filled = before
          break
        }
      }
      if (filled > room) {
        stop = "full"
        break
      }
      before = filled
      while (bits < 24) {
        hold |= input[at++]! << bits
        bits += 8
      }
      let entry = literalTable[hold & literalMask]!
      let symbol: number
      if (entry !== 0) {
        symbol = entry >>> 4
        hold >>>= entry & 15
        bits -= entry & 15
      } else {
        const [long, length] = decodeLong(literals, hold)
        symbol = long
        hold >>>= length
        bits -= length
      }
      if (symbol < 256) {
        if (symbol < 0) stop = this.damaged("the compressed bytes have an invalid code")
        else buffer[filled++] = symbol
        continue
      }
      if (symbol === 256) {
        stop = "block"
        break
      }
      symbol -= 257
      if (symbol > 28) {
        stop = this.damaged("the compressed bytes have an invalid length")
        break
      }
      const extra = lengthBits[symbol]!
      const length = lengthBase[symbol]! + (hold & ((1 << extra) - 1))
      hold >>>= extra
      bits -= extra
      while (bits < 24) {
        hold |= input[at++]! << bits
        bits += 8
      }
      entry = distanceTable[hold & distanceMask]!
      if (entry !== 0) {
        symbol = entry >>> 4
        hold >>>= entry & 15
        bits -= entry & 15
      } else {
        const [long, longBits] = decodeLong(distances, hold)
        symbol = long
        hold >>>= longBits
        bits -= longBits
      }
      if (symbol < 0 || symbol > 29) {
        stop = this.damaged("the compressed bytes have an invalid distance")
        break
      }
      const distanceExtra = distanceBits[symbol]!
      while (bits < distanceExtra) {
        hold |= input[at++]! << bits
        bits += 8
      }
      const distance = distanceBase[symbol]! + (hold & ((1 << distanceExtra) - 1))
      hold >>>= distanceExtra
      bits -= distanceExtra
      if (distance > filled) {
        stop = this.damaged("a distance leads to before the first byte")
        break
      }
      if (distance >= length && length > 24) {
        buffer.copyWithin(filled, filled - distance, filled - distance + length)
        filled += length
      } else {
        for (let i = 0; i < length; i++, filled++) buffer[filled] = buffer[filled - distance]!
      }
    }
    this.at = at
    this.hold = hold
    this.bits = bits
    this.filled = filled
    return stop === "block" ? this.nextBlock() : stop
  }
}

/** Decodes a code that is not in the table, out of up to 24 bits: the symbol, or -1, and how many bits it takes. */
const decodeLong = ({ counts, symbols }: Codes, hold: number): readonly [symbol: number, bits: number] => {
  let code = 0
  let first = 0
  let index = 0
  for (let length = 1; length <= longestCode; length++) {
    code |= (hold >>> (length - 1)) & 1
    const count = counts[length]!
    if (code - count < first) return [symbols[index + (code - first)]!, length]
    index += count
    first = (first + count) << 1
    code <<= 1
  }
  return [-1, 1]
}
