/**
 * The records of an archive, byte by byte. All numbers are little-endian; a field of all ones says that the real number
 * is in a Zip64 record.
 */

/** @internal */
export const signature = {
  local: 0x04034b50,
  central: 0x02014b50,
  end: 0x06054b50,
  end64: 0x06064b50,
  locator64: 0x07064b50
} as const

/** How long each record is without what varies, in bytes. @internal */
export const length = { local: 30, central: 46, end: 22, end64: 56, locator64: 20 } as const

/** How long a comment of an archive can be. @internal */
export const longestComment = 0xffff

/** @internal */
export const max16 = 0xffff
/** @internal */
export const max32 = 0xffffffff

/** @internal */
export const flag = { encrypted: 1, descriptor: 8, strong: 0x40, utf8: 0x800, masked: 0x2000 } as const

/** @internal */
export const method = { stored: 0, deflated: 8 } as const

/** @internal */
export const extra = { zip64: 0x0001, timestamp: 0x5455, unicodeName: 0x7075 } as const

/** @internal */
export const viewOf = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.length)

/** A number of 64 bits; undefined where it is no safe integer. @internal */
export const get64 = (view: DataView, at: number): number | undefined => {
  const value = view.getUint32(at, true) + view.getUint32(at + 4, true) * 2 ** 32
  return Number.isSafeInteger(value) ? value : undefined
}

/** @internal */
export const set64 = (view: DataView, at: number, value: number): void => {
  view.setUint32(at, value % 2 ** 32, true)
  view.setUint32(at + 4, Math.floor(value / 2 ** 32), true)
}

/** A field of the extra data of an element, found by its id. */
interface Field {
  /** Where its data begin in the bytes that were looked through. */
  readonly start: number
  readonly data: Uint8Array
}

/** The first extra field of an id; a field that goes past the end ends the search. @internal */
export const findExtra = (bytes: Uint8Array, id: number): Field | undefined => {
  const view = viewOf(bytes)
  for (let at = 0; at + 4 <= bytes.length;) {
    const size = view.getUint16(at + 2, true)
    if (at + 4 + size > bytes.length) return undefined
    if (view.getUint16(at, true) === id) return { start: at + 4, data: bytes.subarray(at + 4, at + 4 + size) }
    at += 4 + size
  }
  return undefined
}

/** Extra data without the fields of these ids. @internal */
export const withoutExtra = (bytes: Uint8Array, ids: ReadonlyArray<number>): Uint8Array => {
  const view = viewOf(bytes)
  const kept: Array<number> = []
  let at = 0
  while (at + 4 <= bytes.length) {
    const next = at + 4 + view.getUint16(at + 2, true)
    if (next > bytes.length) break
    if (!ids.includes(view.getUint16(at, true))) kept.push(...bytes.subarray(at, next))
    at = next
  }
  return Uint8Array.from(kept)
}

/**
 * The two fields of a time of MS-DOS, as one number: the date times 65 536, and the time; in the time zone of the
 * machine, and steps of two seconds. @internal
 */
export const toDos = (date: Date): number => {
  const year = Math.min(Math.max(date.getFullYear(), 1980), 2107)
  if (year !== date.getFullYear()) return year === 1980 ? 0x210000 : 0xff9fbf7d
  return ((((year - 1980) << 9) | ((date.getMonth() + 1) << 5) | date.getDate()) * 65536)
    + ((date.getHours() << 11) | (date.getMinutes() << 5) | (date.getSeconds() >>> 1))
}

/** @internal */
export const fromDos = (dos: number): Date => {
  const [date, time] = [Math.floor(dos / 65536), dos % 65536]
  return new Date(
    1980 + (date >>> 9),
    ((date >>> 5) & 15) - 1,
    date & 31,
    time >>> 11,
    (time >>> 5) & 63,
    (time & 31) * 2
  )
}
