/**
 * What can be wrong with the contents of a WAVE file: data, that `Wave.info` and `Wave.decodeLenient` give.
 *
 * `RiffProblem` says what is wrong with the structure of the file, and this module what is wrong inside of its chunks
 * and between them.
 *
 * @since 0.1.0
 */
import * as Data from "effect/Data"
import * as FourCC from "./FourCC.js"
import { escape } from "./internal/escape.js"

/**
 * How bad a problem is: strict reading fails with an `"error"`, and never with a `"warning"`.
 *
 * @since 0.1.0
 * @category models
 */
export type Level = "error" | "warning"

/**
 * What is wrong:
 *
 * - `TooShort`: a chunk, or an entry of a list, ends before its fixed part does
 * - `CutOff`: the file, or the form, ends before the chunk does
 * - `SizeTooLarge`: a size inside of a chunk goes past the chunk's end
 * - `SizeTooSmall`: a size inside of a chunk leaves out what is there
 * - `CountTooLarge`: a count announces more than the chunk has room for
 * - `CountTooSmall`: a count leaves out entries that are there
 * - `MissingPadByte`: an entry of odd size has no pad byte, and the next one begins in its place
 * - `UnexpectedPadByte`: a byte follows an entry of even size, and the next one begins after it
 * - `EmptyEntry`: an entry of a list consists of zeros, its id too
 * - `WrongType`: the list is of another type
 * - `RepeatedType`: the type of a list is written twice
 * - `NotANumber`: a floating-point field is not a number
 * - `BrokenText`: bytes of a text are invalid in its encoding
 * - `BlockAlign`: the block align contradicts the channels and the bits per sample
 * - `FurtherChunk`: a second chunk of a kind of which only the first is read
 * - `LeadingBytes`: the first form of the file begins at the offset, after other bytes, such as an ID3v2 tag
 * - `NestedForm`: a form is inside of the form
 * - `LimitExceeded`: a limit of `RiffLimits` ends the reading of the chunk
 *
 * @since 0.1.0
 * @category models
 */
export type Kind =
  | "TooShort"
  | "CutOff"
  | "SizeTooLarge"
  | "SizeTooSmall"
  | "CountTooLarge"
  | "CountTooSmall"
  | "MissingPadByte"
  | "UnexpectedPadByte"
  | "EmptyEntry"
  | "WrongType"
  | "RepeatedType"
  | "NotANumber"
  | "BrokenText"
  | "BlockAlign"
  | "FurtherChunk"
  | "LeadingBytes"
  | "NestedForm"
  | "LimitExceeded"

/**
 * A problem. The same kind of problem in one chunk is one problem, at the first place, with a count.
 *
 * @since 0.1.0
 * @category models
 */
export class WaveProblem extends Data.Class<{
  /** What is wrong. */
  readonly _tag: Kind
  /** How bad it is. */
  readonly level: Level
  /** The id of the chunk, with the type of a `LIST` after a colon. */
  readonly chunk: string
  /**
   * Where it is, in bytes: from `Wave.info` from the start of the file, from `Wave.decodeLenient` from the start of the
   * chunk's data.
   */
  readonly offset: number
  /** What is wrong, in words that complete the sentence of `message`. */
  readonly description: string
  /** How often it is so in this chunk. */
  readonly count: number
}> {
  /** The problem as a sentence. */
  get message(): string {
    const more = this.count > 1 ? ` (${this.count} times)` : ""
    return `${FourCC.format(this.chunk)} at ${this.offset}: ${escape(this.description)}${more}`
  }

  /** The `message`. */
  override toString(): string {
    return this.message
  }
}
