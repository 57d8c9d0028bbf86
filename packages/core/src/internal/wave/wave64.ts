/** Lists of Wave64, written as those of RIFF are, so that the same codecs read them. */
import type * as FourCC from "../../FourCC.js"
import * as Layout from "../riff/layout.js"
import { concat } from "./binary.js"

/** A list, and where in that of Wave64 the bytes are that are somewhere in it. @internal */
export interface Narrowed {
  readonly bytes: Uint8Array
  readonly placeOf: (offset: number) => number
}

const { alignment, headerSize, typeSize } = Layout.wave64

/**
 * The header of RIFF for a chunk of which there are `size` bytes, if they are there: a size that is too large stays
 * that.
 */
const headerOf = (bytes: Uint8Array, at: number, size: number): Uint8Array => {
  const header = new Uint8Array(Layout.little.headerSize)
  header.set(bytes.subarray(at, at + 4))
  new DataView(header.buffer).setUint32(4, Math.min(size, 0xffffffff), true)
  return header
}

/**
 * The data of a list whose type is a GUID, and so are the ids of its chunks, which begin at multiples of eight and
 * whose sizes count their headers: with four characters for each GUID, the first four of it, and with the type as RIFF
 * spells it. What follows the last chunk is left out, and so are the chunks after `most` of them.
 *
 * @internal
 */
export const narrowed = (bytes: Uint8Array, type: FourCC.FourCC, most: number): Narrowed => {
  const parts: Array<Uint8Array> = [Uint8Array.from(type, (character) => character.charCodeAt(0))]
  /** Where the parts begin, here and there. */
  const places = [{ narrow: 0, wide: 0 }]
  let length = 4
  const add = (part: Uint8Array, wide: number) => {
    places.push({ narrow: length, wide })
    parts.push(part)
    length += part.length
  }
  for (let at = typeSize, count = 0; at + headerSize <= bytes.length && count < most; count++) {
    const size = Layout.dataSize(Layout.wave64, Layout.sizeField(Layout.wave64, bytes, at))
    const start = at + headerSize
    const header = headerOf(bytes, at, size)
    add(header.subarray(0, 4), at)
    add(header.subarray(4), at + headerSize - 8)
    add(bytes.subarray(start, start + size), start)
    // All of the padding is left away, but for the byte that RIFF wants.
    if (size % 2 === 1 && start + size <= bytes.length) add(new Uint8Array(1), start + size)
    at = Math.ceil((start + size) / alignment) * alignment
  }
  return {
    bytes: concat(parts),
    placeOf: (offset) => {
      const place = places.findLast(({ narrow }) => narrow <= offset)
      return place === undefined ? offset : place.wide + offset - place.narrow
    }
  }
}
