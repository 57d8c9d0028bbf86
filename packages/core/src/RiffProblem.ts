/**
 * What can be wrong with a RIFF file: data, that `Riff.verify` and `Riff.tree` give.
 *
 * Of a problem whose `level` is `"error"` a careful reader has to tell; of a `"warning"` it should be able to. The
 * `message` of every one is a sentence. The same problem again in the same container, or again at the top of the file,
 * is not listed again: `count` says how often it is there, and the other fields are those of the first place.
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

/** What every problem says. */
interface Common {
  /** Where it is, in bytes from the start of the file; the first place, if there are several. */
  readonly offset: number
  /** How often it is so in the same container, or at the top of the file. */
  readonly count: number
}

type Given<Fields> = Readonly<Fields & { offset: number; count?: number | undefined }>

interface Described extends Common {
  readonly description: string
}

const define = <const Tag extends string>(
  tag: Tag
): new<Fields extends object = {}>(args: Given<Fields>) =>
  & Common
  & Readonly<Fields>
  & { readonly _tag: Tag; readonly message: string } =>
{
  abstract class Base extends Data.TaggedClass(tag)<Common> implements Described {
    abstract readonly description: string
    constructor(args: Given<{}>) {
      super({ ...args, count: args.count ?? 1 })
    }
    get message(): string {
      return this.count > 1 ? `${this.description} (${this.count} times)` : this.description
    }
    override toString(): string {
      return this.message
    }
  }
  // Data.TaggedClass assigns whatever fields it is given; a class expression cannot say so for fields yet to be named.
  return Base as never
}

const name = (id: FourCC.FourCC, offset: number) => `${FourCC.format(id)} at ${offset}`

/**
 * There are no bytes at all.
 *
 * @since 0.1.0
 * @category problems
 */
export class EmptyFile extends define("EmptyFile") {
  readonly level = "error"
  /** The problem as a sentence, without the count. */
  get description(): string {
    return "the file is empty"
  }
}

/**
 * The file is shorter than a header.
 *
 * @since 0.1.0
 * @category problems
 */
export class TooShort extends define("TooShort")<{ readonly bytes: number }> {
  readonly level = "error"
  /** The problem as a sentence, without the count. */
  get description(): string {
    return `${this.bytes} bytes are too short for the header of a chunk`
  }
}

/**
 * The file does not begin with a chunk that can begin a file.
 *
 * @since 0.1.0
 * @category problems
 */
export class NotRiff extends define("NotRiff")<{ readonly id: FourCC.FourCC; readonly bytes: number }> {
  readonly level = "error"
  /** The problem as a sentence, without the count. */
  get description(): string {
    return `the file begins with ${FourCC.format(this.id)}, and is not of the family of RIFF`
  }
}

/**
 * The chunk, or the file, ends inside of a header.
 *
 * @since 0.1.0
 * @category problems
 */
export class TruncatedHeader extends define("TruncatedHeader")<{ readonly bytes: number }> {
  readonly level = "error"
  /** The problem as a sentence, without the count. */
  get description(): string {
    return `the chunk header at ${this.offset} is truncated: it has ${this.bytes} bytes`
  }
}

/**
 * The chunk around it, or the file, ends inside of the type of a container.
 *
 * @since 0.1.0
 * @category problems
 */
export class TruncatedType extends define("TruncatedType")<{ readonly id: FourCC.FourCC; readonly bytes: number }> {
  readonly level = "error"
  /** The problem as a sentence, without the count. */
  get description(): string {
    return `the type of ${FourCC.format(this.id)}, at ${this.offset}, is truncated: it has ${this.bytes} bytes`
  }
}

/** What is there of a chunk that declares more. */
interface Cut {
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
export class PastEndOfFile extends define("PastEndOfFile")<Cut> {
  readonly level = "error"
  /** The problem as a sentence, without the count. */
  get description(): string {
    return `${
      name(this.id, this.offset)
    } ends past the end of the file: ${this.available} of ${this.size} bytes are there`
  }
}

/**
 * A chunk declares more data than the one around it has.
 *
 * @since 0.1.0
 * @category problems
 */
export class PastParent extends define("PastParent")<Cut> {
  readonly level = "error"
  /** The problem as a sentence, without the count. */
  get description(): string {
    return `${
      name(this.id, this.offset)
    } ends past the chunk around it: ${this.available} of ${this.size} bytes are inside`
  }
}

/**
 * A container declares less than its type needs: among others a `RIFF` of 0 bytes, whose writer died before it knew the
 * size.
 *
 * @since 0.1.0
 * @category problems
 */
export class TooSmallForType extends define("TooSmallForType")<{ readonly id: FourCC.FourCC; readonly size: number }> {
  readonly level = "error"
  /** The problem as a sentence, without the count. */
  get description(): string {
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
  extends define("TooSmallForHeader")<{ readonly id: FourCC.FourCC; readonly size: number }>
{
  readonly level = "error"
  /** The problem as a sentence, without the count. */
  get description(): string {
    return `${name(this.id, this.offset)} has a size of ${this.size} bytes, which is too small for its own header`
  }
}

/**
 * A size is 0xFFFFFFFF, as it is in a file that was written into a pipe: the chunk goes to the end of what it is in.
 *
 * @since 0.1.0
 * @category problems
 */
export class UnknownSize extends define("UnknownSize")<{ readonly id: FourCC.FourCC }> {
  readonly level = "warning"
  /** The problem as a sentence, without the count. */
  get description(): string {
    return `the size of ${name(this.id, this.offset)} is 0xFFFFFFFF: it is unknown, and the chunk goes to the end`
  }
}

/**
 * An `RF64` or `BW64` does not begin with a whole `ds64`.
 *
 * @since 0.1.0
 * @category problems
 */
export class MissingDs64 extends define("MissingDs64")<{ readonly id: FourCC.FourCC }> {
  readonly level = "error"
  /** The problem as a sentence, without the count. */
  get description(): string {
    return `${name(this.id, this.offset)} has no "ds64" as its first chunk`
  }
}

/**
 * A chunk of odd size has no pad byte after its data, at `offset`. The file, or the chunk around it, ends there, and
 * that is a warning; or the next chunk begins there, and that is an error: strict reading takes the first byte of that
 * chunk for the pad byte, and lenient reading goes on with the chunk. `RiffEdit.pad` inserts the byte.
 *
 * @since 0.1.0
 * @category problems
 */
export class MissingPadByte extends define("MissingPadByte")<{
  readonly id: FourCC.FourCC
  /** Whether the next chunk begins at `offset`. */
  readonly followed?: boolean | undefined
}> {
  /** How bad it is. */
  get level(): Level {
    return this.followed === true ? "error" : "warning"
  }
  /** The problem as a sentence, without the count. */
  get description(): string {
    const missing = `there is no pad byte at ${this.offset}, after ${FourCC.format(this.id)}, whose size is odd`
    return this.followed === true
      ? `${missing}: the next chunk begins there, and RiffEdit.pad inserts the byte`
      : missing
  }
}

/**
 * A pad byte is something else than zero: perhaps it is none, and the next chunk begins there.
 *
 * @since 0.1.0
 * @category problems
 */
export class PadByteNotZero extends define("PadByteNotZero")<{ readonly value: number }> {
  readonly level = "warning"
  /** The problem as a sentence, without the count. */
  get description(): string {
    return `the pad byte at ${this.offset} is ${this.value}, not 0`
  }
}

/**
 * An id has characters that cannot be printed.
 *
 * @since 0.1.0
 * @category problems
 */
export class UnprintableId extends define("UnprintableId")<{ readonly id: FourCC.FourCC }> {
  readonly level = "warning"
  /** The problem as a sentence, without the count. */
  get description(): string {
    return `the id at ${this.offset}, ${FourCC.format(this.id)}, cannot be printed`
  }
}

/**
 * The first form of the file begins at `offset`, after other bytes, such as an ID3v2 tag.
 *
 * @since 0.1.0
 * @category problems
 */
export class LeadingBytes extends define("LeadingBytes")<{
  /** The id of the form. */
  readonly id: FourCC.FourCC
  /** How many bytes are before it. */
  readonly bytes: number
}> {
  readonly level = "warning"
  /** The problem as a sentence, without the count. */
  get description(): string {
    return `${FourCC.format(this.id)} begins at ${this.offset}, after ${this.bytes} other bytes`
  }
}

/**
 * Bytes that are no chunk follow the last one at the top.
 *
 * @since 0.1.0
 * @category problems
 */
export class TrailingBytes extends define("TrailingBytes")<{ readonly bytes: number }> {
  readonly level = "warning"
  /** The problem as a sentence, without the count. */
  get description(): string {
    return `${this.bytes} bytes follow the last chunk, from ${this.offset} on`
  }
}

/**
 * Another form follows at the top, as only AVI has it.
 *
 * @since 0.1.0
 * @category problems
 */
export class FurtherForm extends define("FurtherForm")<{ readonly id: FourCC.FourCC }> {
  readonly level = "warning"
  /** The problem as a sentence, without the count. */
  get description(): string {
    return `another ${FourCC.format(this.id)} follows at ${this.offset}`
  }
}

/**
 * The `data` of a `WAVE` comes before its `fmt `.
 *
 * @since 0.1.0
 * @category problems
 */
export class DataBeforeFormat extends define("DataBeforeFormat") {
  readonly level = "warning"
  /** The problem as a sentence, without the count. */
  get description(): string {
    return `the "data" at ${this.offset} comes before the "fmt "`
  }
}

/**
 * The file goes beyond a limit of `RiffLimits` at `offset`, and what follows was not looked at: in the container, if it
 * is nested too deep, else in the file.
 *
 * @since 0.1.0
 * @category problems
 */
export class LimitExceeded extends define("LimitExceeded")<{
  /** Which one. */
  readonly limit: "nesting" | "chunks" | "bytes"
  /** What it is. */
  readonly value: number
}> {
  readonly level = "error"
  /** The problem as a sentence, without the count. */
  get description(): string {
    return `at ${this.offset} the file goes beyond the limit RiffLimits.${this.limit}, ${this.value}`
  }
}

/**
 * There are more problems than `RiffLimits.problems`: `count` of them, the first one at `offset`, are not listed. This
 * is no damage by itself: it is an `"error"` only where a problem that is not listed is one.
 *
 * @since 0.1.0
 * @category problems
 */
export class ProblemsOmitted extends define("ProblemsOmitted")<{
  /** What the limit is. */
  readonly value: number
  /** The worst level of those that are not listed. */
  readonly level: Level
}> {
  /** The problem as a sentence, without the count. */
  get description(): string {
    return `problems from ${this.offset} on are not listed: there are more than the limit RiffLimits.problems, ${this.value}`
  }
}

/**
 * The journal of an edit that was not finished begins at `offset`. Chunks before it may be the old ones or the new ones
 * where the edit was `decided`, and are the old ones where it was not. `Riff.recover` finishes the edit, or removes the
 * journal.
 *
 * @since 0.1.0
 * @category problems
 */
export class UnfinishedEdit extends define("UnfinishedEdit")<{ readonly decided: boolean }> {
  readonly level = "error"
  /** The problem as a sentence, without the count. */
  get description(): string {
    return `an edit was not finished: its journal begins at ${this.offset}, and Riff.recover ends it`
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
  | LeadingBytes
  | TrailingBytes
  | FurtherForm
  | DataBeforeFormat
  | LimitExceeded
  | ProblemsOmitted
  | UnfinishedEdit
