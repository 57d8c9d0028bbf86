/**
 * Where the parts of a journal are in its file.
 *
 * A journal begins at the old end of the file that it belongs to. `oldLength` and `newLength` are the lengths of the
 * file before and after the edit:
 *
 * | from                                                          | what                                              |
 * | ------------------------------------------------------------- | ------------------------------------------------- |
 * | `oldLength`                                                   | the header, 96 bytes                              |
 * | `oldLength` + 96, to `newLength`                              | the tail: new bytes in their final place          |
 * | `recordsAt`: the larger of the two, rounded up to 512         | the records                                       |
 * | `footerAt`: the end of the records, rounded up to 512         | the footer, 128 bytes; it decides the edit        |
 */

/** The unit that a disk writes whole. */
export const sectorSize = 512
export const headerSize = 96
export const footerSize = 128
/** How many bytes of a file one record covers at most, and how much is in memory at once. */
export const blockSize = 256 * 1024
/** The version of the layout. */
export const version = 1

export interface Geometry {
  readonly oldLength: number
  readonly newLength: number
  readonly recordsAt: number
  /** How many bytes the records have. */
  readonly payload: number
  readonly footerAt: number
}

const align = (offset: number): number => Math.ceil(offset / sectorSize) * sectorSize

export const geometry = (oldLength: number, newLength: number, payload: number): Geometry => {
  const recordsAt = align(Math.max(oldLength + headerSize, newLength))
  return { oldLength, newLength, recordsAt, payload, footerAt: align(recordsAt + payload) }
}

/** Where a journal ends. */
export const endOf = ({ footerAt }: Pick<Geometry, "footerAt">): number => footerAt + footerSize

/** Where the tail begins; records only change bytes before it. */
export const tailAt = ({ newLength, oldLength }: Pick<Geometry, "newLength" | "oldLength">): number =>
  Math.min(newLength, oldLength + headerSize)

/** How many bytes the tail has. */
export const tailLength = (lengths: Pick<Geometry, "newLength" | "oldLength">): number =>
  lengths.newLength - tailAt(lengths)

/** Whether numbers that a file gives are those of a journal that ends in a file of this size. */
export const isPossible = (given: Geometry, size: number): boolean => {
  const { footerAt, newLength, oldLength, payload, recordsAt } = given
  if (!(footerAt + footerSize <= size && oldLength <= newLength && newLength <= recordsAt && payload <= size)) {
    return false
  }
  const computed = geometry(oldLength, newLength, payload)
  return computed.recordsAt === recordsAt && computed.footerAt === footerAt
}

/** How many sectors a range touches. */
export const sectorsOf = (offset: number, length: number): number =>
  Math.floor((offset + length - 1) / sectorSize) - Math.floor(offset / sectorSize) + 1
