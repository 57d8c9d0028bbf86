/**
 * The footer of a journal: as soon as it is on the storage, the edit is decided.
 *
 * | at  | bytes |                                                                                     |
 * | --- | ----- | ----------------------------------------------------------------------------------- |
 * | 0   | 16    | `effect-mmio done`                                                                  |
 * | 16  | 4     | the version of the layout                                                           |
 * | 20  | 4     | zeros                                                                               |
 * | 24  | 8     | how many records there are                                                          |
 * | 32  | 8     | how many bytes they have                                                            |
 * | 40  | 8     | how many bytes the tail has                                                         |
 * | 48  | 32    | `oldLength`, `newLength`, `recordsAt`, `footerAt`: see `geometry.ts`                |
 * | 80  | 16    | the device and the inode of the file, zeros where they are not known                |
 * | 96  | 8     | the nonce                                                                           |
 * | 104 | 4     | the CRC-32 of the records                                                           |
 * | 108 | 4     | the CRC-32 of the tail                                                              |
 * | 112 | 12    | zeros                                                                               |
 * | 124 | 4     | the CRC-32 of all before                                                            |
 *
 * All numbers are little-endian.
 */
import * as Option from "effect/Option"
import * as Layout from "../layout.js"
import { Writer } from "../writer.js"
import { crc32 } from "./crc32.js"
import { footerSize, type Geometry, tailLength, version } from "./geometry.js"
import { isAt, isSimilar, latin1 } from "./magic.js"

export const magic = latin1("effect-mmio done")
const crcAt = footerSize - 4

/** Device and inode. */
export interface Inode {
  readonly device: bigint
  readonly inode: bigint
}

export interface Footer extends Geometry {
  readonly records: number
  readonly inode: Inode
  readonly nonce: Uint8Array
  readonly recordsCrc: number
  readonly tailCrc: number
}

export const unknownInode: Inode = { device: 0n, inode: 0n }

/** What an identity says of device and inode, if it is written as `device:inode`. */
export const inodeOf = (identity: Option.Option<string>): Inode =>
  Option.match(Option.filterMap(identity, (text) => Option.fromNullable(/^(\d{1,20}):(\d{1,20})$/.exec(text))), {
    onNone: () => unknownInode,
    onSome: ([, device = "0", inode = "0"]) => ({
      device: BigInt.asUintN(64, BigInt(device)),
      inode: BigInt.asUintN(64, BigInt(inode))
    })
  })

/** Whether two are those of different files: what is not known is not different. */
export const isOther = (a: Inode, b: Inode): boolean =>
  (a.device !== 0n || a.inode !== 0n) && (b.device !== 0n || b.inode !== 0n)
  && (a.device !== b.device || a.inode !== b.inode)

export const encode = (footer: Footer): Uint8Array => {
  const { footerAt, inode, newLength, nonce, oldLength, payload, records, recordsAt, recordsCrc, tailCrc } = footer
  const writer = new Writer(footerSize)
  writer.all(magic).uint32(version).uint32(0).uint64(records).uint64(payload).uint64(tailLength(footer))
  writer.uint64(oldLength).uint64(newLength).uint64(recordsAt).uint64(footerAt)
  writer.bigUint64(inode.device).bigUint64(inode.inode).all(nonce).uint32(recordsCrc).uint32(tailCrc)
  writer.all(new Uint8Array(12))
  return writer.uint32(crc32(writer.bytes.subarray(0, crcAt))).bytes
}

/** A footer; one of a later version; one that is damaged; or none. */
export type Decoded = Footer | "newer" | "damaged" | "none"

/**
 * What 128 bytes from `at` on are; where fewer are given, they are no footer. One that was written in part only, where
 * zeros were, is no footer either: its checksum is missing.
 */
export const decode = (bytes: Uint8Array, at = 0): Decoded => {
  if (bytes.length < at + footerSize) return "none"
  const own = bytes.subarray(at, at + footerSize)
  if (!isSimilar(magic, own, 0)) return "none"
  const crc = Layout.uint32(own, crcAt)
  if (!isAt(magic, own, 0) || crc !== crc32(own.subarray(0, crcAt))) return crc === 0 ? "none" : "damaged"
  if (Layout.uint32(own, 16) !== version) return "newer"
  const view = new DataView(own.buffer, own.byteOffset, own.length)
  const footer: Footer = {
    records: Layout.uint64(own, 24),
    payload: Layout.uint64(own, 32),
    oldLength: Layout.uint64(own, 48),
    newLength: Layout.uint64(own, 56),
    recordsAt: Layout.uint64(own, 64),
    footerAt: Layout.uint64(own, 72),
    inode: { device: view.getBigUint64(80, true), inode: view.getBigUint64(88, true) },
    nonce: own.slice(96, 104),
    recordsCrc: Layout.uint32(own, 104),
    tailCrc: Layout.uint32(own, 108)
  }
  return footer.oldLength <= footer.newLength && Layout.uint64(own, 40) === tailLength(footer) ? footer : "damaged"
}
