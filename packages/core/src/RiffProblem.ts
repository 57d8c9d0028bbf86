/**
 * What can be wrong with a RIFF file: data, that `Riff.verify` and `Riff.tree` give.
 *
 * Of a problem whose `level` is `"error"` a careful reader has to tell; of a `"warning"` it should be able to. The `message` of every one is
 * a sentence.
 *
 * @since 0.1.0
 */
import * as Data from "effect/Data"
import * as FourCC from "./FourCC.js"

/**
 * How bad a problem is.
 *
 * @since 0.1.0
 * @category models
 */
export type Level = "error" | "warning"

/** Where a problem is, in bytes from the start of the file. */
interface At {
  readonly offset: number
}

const name = (id: FourCC.FourCC, offset: number) => `${FourCC.format(id)} at ${offset}`

/**
 * There are no bytes at all.
 *
 * @since 0.1.0
 * @category problems
 */
export class EmptyFile extends Data.TaggedClass("EmptyFile")<At> {
  readonly level = "error"
  /** The problem as a sentence. */
  get message(): string {
    return "the file is empty"
  }
}

/**
 * The file is shorter than a header.
 *
 * @since 0.1.0
 * @category problems
 */
export class TooShort extends Data.TaggedClass("TooShort")<At & { readonly bytes: number }> {
  readonly level = "error"
  /** The problem as a sentence. */
  get message(): string {
    return `${this.bytes} bytes are too short for the header of a chunk`
  }
}

/**
 * The file does not begin with a chunk that can stand at the top of one.
 *
 * @since 0.1.0
 * @category problems
 */
export class NotRiff extends Data.TaggedClass("NotRiff")<At & { readonly id: FourCC.FourCC; readonly bytes: number }> {
  readonly level = "error"
  /** The problem as a sentence. */
  get message(): string {
    return `the file begins with ${FourCC.format(this.id)}, and is not of the family of RIFF`
  }
}

/**
 * The chunk, or the file, ends inside of a header.
 *
 * @since 0.1.0
 * @category problems
 */
export class TruncatedHeader extends Data.TaggedClass("TruncatedHeader")<At & { readonly bytes: number }> {
  readonly level = "error"
  /** The problem as a sentence. */
  get message(): string {
    return `of the header at ${this.offset} there are ${this.bytes} bytes only`
  }
}

/**
 * The chunk around it, or the file, ends inside of the type of a container.
 *
 * @since 0.1.0
 * @category problems
 */
export class TruncatedType
  extends Data.TaggedClass("TruncatedType")<At & { readonly id: FourCC.FourCC; readonly bytes: number }>
{
  readonly level = "error"
  /** The problem as a sentence. */
  get message(): string {
    return `of the type of ${FourCC.format(this.id)}, at ${this.offset}, there are ${this.bytes} bytes only`
  }
}

/** What is there of a chunk that declares more. */
interface Cut extends At {
  readonly id: FourCC.FourCC
  readonly size: number
  readonly available: number
}

/**
 * A chunk declares more data than the file has.
 *
 * @since 0.1.0
 * @category problems
 */
export class PastEndOfFile extends Data.TaggedClass("PastEndOfFile")<Cut> {
  readonly level = "error"
  /** The problem as a sentence. */
  get message(): string {
    return `${
      name(this.id, this.offset)
    } ends behind the end of the file: ${this.available} of ${this.size} bytes are there`
  }
}

/**
 * A chunk declares more data than the one around it has.
 *
 * @since 0.1.0
 * @category problems
 */
export class PastParent extends Data.TaggedClass("PastParent")<Cut> {
  readonly level = "error"
  /** The problem as a sentence. */
  get message(): string {
    return `${
      name(this.id, this.offset)
    } ends behind the chunk around it: ${this.available} of ${this.size} bytes are inside`
  }
}

/**
 * A container declares less than its type needs: among others a `RIFF` of 0 bytes, whose writer died before it knew the size.
 *
 * @since 0.1.0
 * @category problems
 */
export class TooSmallForType
  extends Data.TaggedClass("TooSmallForType")<At & { readonly id: FourCC.FourCC; readonly size: number }>
{
  readonly level = "error"
  /** The problem as a sentence. */
  get message(): string {
    return `${name(this.id, this.offset)} has a size of ${this.size} bytes, which is too small for a type`
  }
}

/**
 * A size of Wave64, which counts the header, is smaller than that.
 *
 * @since 0.1.0
 * @category problems
 */
export class TooSmallForHeader
  extends Data.TaggedClass("TooSmallForHeader")<At & { readonly id: FourCC.FourCC; readonly size: number }>
{
  readonly level = "error"
  /** The problem as a sentence. */
  get message(): string {
    return `${name(this.id, this.offset)} has a size of ${this.size} bytes, which is too small for its own header`
  }
}

/**
 * A size is 0xFFFFFFFF, as it is in a file that was written into a pipe: the chunk goes to the end of what it is in.
 *
 * @since 0.1.0
 * @category problems
 */
export class UnknownSize extends Data.TaggedClass("UnknownSize")<At & { readonly id: FourCC.FourCC }> {
  readonly level = "warning"
  /** The problem as a sentence. */
  get message(): string {
    return `the size of ${name(this.id, this.offset)} is 0xFFFFFFFF: it is not known, and taken to go to the end`
  }
}

/**
 * An `RF64` or `BW64` does not begin with a whole `ds64`.
 *
 * @since 0.1.0
 * @category problems
 */
export class MissingDs64 extends Data.TaggedClass("MissingDs64")<At & { readonly id: FourCC.FourCC }> {
  readonly level = "error"
  /** The problem as a sentence. */
  get message(): string {
    return `${name(this.id, this.offset)} has no "ds64" as its first chunk`
  }
}

/**
 * A chunk of odd size has no pad byte behind its data, at `offset`: the file, or the chunk around it, ends there.
 *
 * @since 0.1.0
 * @category problems
 */
export class MissingPadByte extends Data.TaggedClass("MissingPadByte")<At & { readonly id: FourCC.FourCC }> {
  readonly level = "warning"
  /** The problem as a sentence. */
  get message(): string {
    return `there is no pad byte at ${this.offset}, behind ${FourCC.format(this.id)}, whose size is odd`
  }
}

/**
 * A pad byte is something else than zero: perhaps it is none, and the next chunk begins there.
 *
 * @since 0.1.0
 * @category problems
 */
export class PadByteNotZero extends Data.TaggedClass("PadByteNotZero")<At & { readonly value: number }> {
  readonly level = "warning"
  /** The problem as a sentence. */
  get message(): string {
    return `the pad byte at ${this.offset} is ${this.value}, not 0`
  }
}

/**
 * An id has characters that cannot be printed.
 *
 * @since 0.1.0
 * @category problems
 */
export class UnprintableId extends Data.TaggedClass("UnprintableId")<At & { readonly id: FourCC.FourCC }> {
  readonly level = "warning"
  /** The problem as a sentence. */
  get message(): string {
    return `the id at ${this.offset}, ${FourCC.format(this.id)}, cannot be printed`
  }
}

/**
 * Bytes that are no chunk follow the last one at the top.
 *
 * @since 0.1.0
 * @category problems
 */
export class TrailingBytes extends Data.TaggedClass("TrailingBytes")<At & { readonly bytes: number }> {
  readonly level = "warning"
  /** The problem as a sentence. */
  get message(): string {
    return `${this.bytes} bytes follow the last chunk, from ${this.offset} on`
  }
}

/**
 * Another form follows at the top, as only AVI has it.
 *
 * @since 0.1.0
 * @category problems
 */
export class FurtherForm extends Data.TaggedClass("FurtherForm")<At & { readonly id: FourCC.FourCC }> {
  readonly level = "warning"
  /** The problem as a sentence. */
  get message(): string {
    return `another ${FourCC.format(this.id)} follows at ${this.offset}`
  }
}

/**
 * The `data` of a `WAVE` comes before its `fmt `.
 *
 * @since 0.1.0
 * @category problems
 */
export class DataBeforeFormat extends Data.TaggedClass("DataBeforeFormat")<At> {
  readonly level = "warning"
  /** The problem as a sentence. */
  get message(): string {
    return `the "data" at ${this.offset} comes before the "fmt "`
  }
}

/**
 * The file goes beyond a limit of `RiffLimits` there, and what is behind was not looked at: in the container, if it is nested too deep, else
 * in the file.
 *
 * @since 0.1.0
 * @category problems
 */
export class LimitExceeded extends Data.TaggedClass("LimitExceeded")<
  At & {
    /** Which one. */
    readonly limit: "nesting" | "chunks" | "bytes" | "problems"
    /** What it is. */
    readonly value: number
  }
> {
  readonly level = "error"
  /** The problem as a sentence. */
  get message(): string {
    return `at ${this.offset} the file goes beyond the limit RiffLimits.${this.limit}, ${this.value}`
  }
}

/**
 * An edit was decided, and did not come to its end: the file is neither the old one nor the new one. `Riff.recover` ends it.
 *
 * @since 0.1.0
 * @category problems
 */
export class UnfinishedEdit extends Data.TaggedClass("UnfinishedEdit")<At & { readonly journal: string }> {
  readonly level = "error"
  /** The problem as a sentence. */
  get message(): string {
    return `an edit was not finished: the rest of it is in ${this.journal}`
  }
}

/**
 * Any problem.
 *
 * @since 0.1.0
 * @category models
 */
export type RiffProblem =
  | EmptyFile
  | TooShort
  | NotRiff
  | TruncatedHeader
  | TruncatedType
  | PastEndOfFile
  | PastParent
  | TooSmallForType
  | TooSmallForHeader
  | UnknownSize
  | MissingDs64
  | MissingPadByte
  | PadByteNotZero
  | UnprintableId
  | TrailingBytes
  | FurtherForm
  | DataBeforeFormat
  | LimitExceeded
  | UnfinishedEdit
