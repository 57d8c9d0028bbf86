/**
 * What `Riff.repair` corrects: data, that it gives. The `message` of every correction is a sentence.
 *
 * @since 0.1.0
 */
import * as Data from "effect/Data"
import * as FourCC from "./FourCC.js"

/**
 * A size that was wrong.
 *
 * @since 0.1.0
 * @category corrections
 */
export class SizeCorrected extends Data.TaggedClass("SizeCorrected")<{
  /** The id of the chunk whose size it is. */
  readonly id: FourCC.FourCC
  /** Where that chunk begins, in bytes from the start of the file. */
  readonly chunk: number
  /** Where the size is written: in the header of the chunk, or in a `ds64`. */
  readonly field: "header" | "ds64"
  /** Where the field begins, in bytes from the start of the file. */
  readonly offset: number
  /** What the field held; in Wave64 the header is counted. */
  readonly before: number
  /** What it holds now. */
  readonly after: number
}> {
  /** The correction as a sentence. */
  get message(): string {
    const { after, before, chunk, field, id, offset } = this
    return `the size of ${FourCC.format(id)} at ${chunk}, in the ${field} at ${offset}, is ${after} and not ${before}`
  }
}

/**
 * The pad byte at the end of the file, which was missing.
 *
 * @since 0.1.0
 * @category corrections
 */
export class PadByteAdded extends Data.TaggedClass("PadByteAdded")<{
  /** The id of the chunk behind whose data it is. */
  readonly id: FourCC.FourCC
  /** Where that chunk begins, in bytes from the start of the file. */
  readonly chunk: number
  /** Where the byte is, in bytes from the start of the file. */
  readonly offset: number
}> {
  /** The correction as a sentence. */
  get message(): string {
    return `a pad byte follows ${FourCC.format(this.id)} at ${this.chunk}, at ${this.offset}`
  }
}

/**
 * Any correction.
 *
 * @since 0.1.0
 * @category models
 */
export type RiffCorrection = SizeCorrected | PadByteAdded
