/**
 * What `Riff.repair` corrects, and what it leaves: data, that it gives. The `message` of each is a sentence.
 *
 * @since 0.1.0
 */
import * as Data from "effect/Data"
import * as FourCC from "./FourCC.js"
import type * as RiffEdit from "./RiffEdit.js"

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

  /** The `message`. */
  override toString(): string {
    return this.message
  }
}

/**
 * A number of samples that was wrong: in the `fact` of a WAVE, or in its `ds64`. It follows from the size of `data`
 * where the samples are not compressed.
 *
 * @since 0.1.0
 * @category corrections
 */
export class SampleCountCorrected extends Data.TaggedClass("SampleCountCorrected")<{
  /** The id of the chunk that holds the number: `fact` or `ds64`. */
  readonly id: FourCC.FourCC
  /** Where the number begins, in bytes from the start of the file. */
  readonly offset: number
  /** The number of samples in each channel that it held. */
  readonly before: number
  /** The number that it holds now. */
  readonly after: number
}> {
  /** The correction as a sentence. */
  get message(): string {
    const { after, before, id, offset } = this
    return `the number of samples in ${FourCC.format(id)}, at ${offset}, is ${after} and not ${before}`
  }

  /** The `message`. */
  override toString(): string {
    return this.message
  }
}

/**
 * The pad byte at the end of the file, which was missing.
 *
 * @since 0.1.0
 * @category corrections
 */
export class PadByteAdded extends Data.TaggedClass("PadByteAdded")<{
  /** The id of the chunk that it follows. */
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

  /** The `message`. */
  override toString(): string {
    return this.message
  }
}

/**
 * Pad bytes that are missing before other chunks, and that the repair has not inserted, as it moves no bytes. `edit`
 * inserts them.
 *
 * @since 0.1.0
 * @category offers
 */
export class PadByteOffered extends Data.TaggedClass("PadByteOffered")<{
  /** The id of the chunk after whose data the first one is missing. */
  readonly id: FourCC.FourCC
  /** Where the first one is to be, in bytes from the start of the file. */
  readonly offset: number
  /** How many are missing. */
  readonly count: number
  /** What `Riff.edit` takes to insert all of them. */
  readonly edit: RiffEdit.Pad
}> {
  /** The offer as a sentence. */
  get message(): string {
    const { count, id, offset } = this
    const more = count > 1 ? `, and ${count - 1} more,` : ""
    return `a pad byte is missing at ${offset}, after ${
      FourCC.format(id)
    }${more}: Riff.edit with RiffEdit.pad inserts it`
  }

  /** The `message`. */
  override toString(): string {
    return this.message
  }
}

/**
 * Bytes in a form whose size was corrected, in which no chunk begins beyond doubt: they stay as they are.
 *
 * @since 0.1.0
 * @category offers
 */
export class BytesLeft extends Data.TaggedClass("BytesLeft")<{
  /** Where they begin, in bytes from the start of the file. */
  readonly offset: number
  /** How many they are. */
  readonly bytes: number
}> {
  /** What was left, as a sentence. */
  get message(): string {
    return `${this.bytes} bytes from ${this.offset} on stay as they are: it is not certain that a chunk begins there`
  }

  /** The `message`. */
  override toString(): string {
    return this.message
  }
}

/**
 * What a repair corrects: `SizeCorrected`, `SampleCountCorrected` and `PadByteAdded`; and what it leaves:
 * `PadByteOffered` and `BytesLeft`.
 *
 * @since 0.1.0
 * @category models
 */
export type RiffCorrection = SizeCorrected | SampleCountCorrected | PadByteAdded | PadByteOffered | BytesLeft
