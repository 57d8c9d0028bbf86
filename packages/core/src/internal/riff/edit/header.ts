/**
 * The header of a journal: where the file ended before the edit, shaped as a chunk of its family that other programs
 * step over.
 *
 * | at | bytes |                                                                              |
 * | -- | ----- | ---------------------------------------------------------------------------- |
 * | 0  | 24    | `mmio` and a size past the end, then zeros; in Wave64 a whole `junk`          |
 * | 24 | 16    | `effect-mmio edit`                                                           |
 * | 40 | 4     | the version of the layout                                                    |
 * | 44 | 4     | zeros                                                                        |
 * | 48 | 32    | `oldLength`, `newLength`, `recordsAt`, `footerAt`: see `geometry.ts`         |
 * | 80 | 8     | the nonce                                                                    |
 * | 88 | 4     | zeros                                                                        |
 * | 92 | 4     | the CRC-32 of all before                                                     |
 *
 * All numbers are little-endian, but for the size in the chunk of a file of another byte order.
 */
import * as Layout from "../layout.js"
import { Writer } from "../writer.js"
import { crc32 } from "./crc32.js"
import { endOf, footerSize, type Geometry, geometry, headerSize, sectorSize, version } from "./geometry.js"
import { isAt, latin1 } from "./magic.js"

/** Where in a header the magic is. */
export const magicAt = 24
export const magic = latin1("effect-mmio edit")
const crcAt = headerSize - 4

const id = Layout.number("mmio")
const junk = Layout.number("junk")
/** More than any file has left after its last form, and the largest number that no reader takes for negative. */
const pastEnd = 0x7fff_fff0

export interface Header extends Omit<Geometry, "payload"> {
  readonly nonce: Uint8Array
}

export const encode = (layout: Layout.Layout, header: Header): Uint8Array => {
  const { footerAt, newLength, nonce, oldLength, recordsAt } = header
  const writer = new Writer(headerSize)
  const shape = new Uint8Array(magicAt)
  if (layout === Layout.wave64) {
    shape.set(Layout.codeBytes(layout, junk))
    shape.set(Layout.sizeBytes(layout, endOf(header) - oldLength - layout.headerSize), 16)
  } else {
    shape.set(Layout.codeBytes(layout, id))
    shape.set(Layout.sizeBytes(layout, pastEnd), 4)
  }
  writer.all(shape).all(magic).uint32(version).uint32(0)
  writer.uint64(oldLength).uint64(newLength).uint64(recordsAt).uint64(footerAt).all(nonce).uint32(0)
  return writer.uint32(crc32(writer.bytes.subarray(0, crcAt))).bytes
}

/**
 * What the bytes from `at` on, which begin at `position` in the file, are:
 *
 * - a header;
 * - `"newer"`: a header of a later version, whose fields are not known;
 * - `"torn"`: a part of a header, of whose two sectors one was never written;
 * - `"damaged"`: a header that does not fit its checksum;
 * - `"none"`: another one, such as the header of a file that was copied into this one, or no header at all.
 */
export type Decoded = Header | "newer" | "torn" | "damaged" | "none"

export const decode = (bytes: Uint8Array, at: number, count: number, position: number): Decoded => {
  if (count < magicAt + magic.length || !isAt(magic, bytes, at + magicAt)) return "none"
  const own = bytes.subarray(at, at + Math.min(count, headerSize))
  const firstSector = sectorSize - position % sectorSize
  if (own.length < headerSize) return "torn"
  if (Layout.uint32(own, crcAt) !== crc32(own.subarray(0, crcAt))) {
    const isWritten = (part: Uint8Array) => part.some((byte) => byte !== 0)
    return isWritten(own.subarray(0, firstSector)) &&
        (firstSector >= headerSize || isWritten(own.subarray(firstSector)))
      ? "damaged"
      : "torn"
  }
  if (Layout.uint64(own, 48) !== position) return "none"
  if (Layout.uint32(own, 40) !== version) return "newer"
  const [oldLength, newLength] = [Layout.uint64(own, 48), Layout.uint64(own, 56)]
  const [recordsAt, footerAt] = [Layout.uint64(own, 64), Layout.uint64(own, 72)]
  const { recordsAt: expected } = geometry(oldLength, newLength, 0)
  return oldLength <= newLength && recordsAt === expected && footerAt >= recordsAt && footerAt % sectorSize === 0
      && footerAt + footerSize <= Number.MAX_SAFE_INTEGER
    ? { oldLength, newLength, recordsAt, footerAt, nonce: own.slice(80, 88) }
    : "damaged"
}
