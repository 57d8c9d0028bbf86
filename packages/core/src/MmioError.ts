/**
 * What can go wrong: one tagged class for each `MMIOERR_*`, with its number in `code`.
 *
 * The `message` of every error is a sentence, such as `Mmio.write take1.wav at 4096: no space left on device (ENOSPC)`;
 * what prints the error puts its tag in front, once. It is one line: characters of names that cannot be printed
 * (control characters, line separators, controls of the reading order) are escaped, such as `\n` and `\u001b`. The
 * fields `file` and `description` hold them as they are. The end of a file is not an error: it is a value (0, or fewer
 * bytes than asked for).
 *
 * @since 0.1.0
 */
import type * as Cause from "effect/Cause"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import { dual } from "effect/Function"
import * as Predicate from "effect/Predicate"
import { errnoName } from "./internal/errnoName.js"
import { escape } from "./internal/escape.js"

/**
 * Marks the errors of this module.
 *
 * @since 0.1.0
 * @category type ids
 */
export const TypeId: unique symbol = Symbol.for("@effect-mmio/core/MmioError")

/**
 * Marks the errors of this module.
 *
 * @since 0.1.0
 * @category type ids
 */
export type TypeId = typeof TypeId

/**
 * What every error says about the call that failed.
 *
 * @since 0.1.0
 * @category models
 */
export interface Details {
  /** The function that failed, such as `"Mmio.write"`. */
  readonly operation: string
  /** The name of the file, as text. */
  readonly file: string
  /** Where in the file, in bytes from its start, if the failure has a place. */
  readonly position?: number | undefined
  /** What happened, in words that complete the sentence of `message`. */
  readonly description: string
  /** The name of the system's error, such as `"ENOSPC"`, where the system gave one. Default: the one in `cause`. */
  readonly errno?: string | undefined
  /** The error that this one was made from. */
  readonly cause?: unknown
}

type Instance<Tag extends string, Code extends number | undefined, Fields> =
  & Cause.YieldableError
  & { readonly [TypeId]: TypeId; readonly _tag: Tag; readonly code: Code }
  & Readonly<Fields>

/** V8 takes and reads this; elsewhere it is a property without effect. */
const stacks: ErrorConstructor & { stackTraceLimit?: number | undefined } = Error

const define = <const Tag extends string, const Code extends number | undefined>(
  tag: Tag,
  code: Code
): new<Extra extends object = {}>(args: Readonly<Details & Extra>) => Instance<Tag, Code, Details & Extra> => {
  class Base extends Data.TaggedError(tag)<Details> {
    readonly [TypeId]: TypeId = TypeId
    readonly code = code
    constructor(args: Details) {
      const errno = args.errno ?? errnoName(args.cause)
      super(errno === args.errno ? args : { ...args, errno })
    }
    override get message() {
      const where = this.position === undefined ? "" : ` at ${this.position}`
      const origin = this.errno === undefined ? "" : ` (${this.errno})`
      return `${this.operation} ${escape(this.file)}${where}: ${escape(this.description)}${origin}`
    }
  }
  // Data.TaggedError assigns whatever fields it is given; a class expression cannot say so for fields yet to be named.
  return Base as never
}

/**
 * There is no file of this name (`MMIOERR_FILENOTFOUND`).
 *
 * @since 0.1.0
 * @category errors
 */
export class FileNotFound extends define("FileNotFound", 257) {}

/**
 * Memory for a buffer or a block could not be allocated (`MMIOERR_OUTOFMEMORY`).
 *
 * @since 0.1.0
 * @category errors
 */
export class OutOfMemory extends define("OutOfMemory", 258) {}

/**
 * The file could not be opened, or no driver serves its name (`MMIOERR_CANNOTOPEN`).
 *
 * @since 0.1.0
 * @category errors
 */
export class CannotOpen extends define("CannotOpen", 259) {}

/**
 * The driver failed to close the file, which counts as closed (`MMIOERR_CANNOTCLOSE`).
 *
 * @since 0.1.0
 * @category errors
 */
export class CannotClose extends define("CannotClose", 260) {}

/**
 * Bytes could not be read (`MMIOERR_CANNOTREAD`).
 *
 * @since 0.1.0
 * @category errors
 */
export class CannotRead extends define("CannotRead", 261) {}

/**
 * Bytes could not be written (`MMIOERR_CANNOTWRITE`). `written` says how many of this call's bytes went down before it
 * failed; what is still in the buffer stays there, and the next flush tries again.
 *
 * @since 0.1.0
 * @category errors
 */
export class CannotWrite extends define("CannotWrite", 262)<{ readonly written: number }> {}

/**
 * The position cannot be set there: before the start, outside a memory block that cannot grow, or not at all on a
 * storage that only goes forward (`MMIOERR_CANNOTSEEK`).
 *
 * @since 0.1.0
 * @category errors
 */
export class CannotSeek extends define("CannotSeek", 263) {}

/**
 * The file cannot become as large as that (`MMIOERR_CANNOTEXPAND`).
 *
 * @since 0.1.0
 * @category errors
 */
export class CannotExpand extends define("CannotExpand", 264) {}

/**
 * The chunk that was sought is not there (`MMIOERR_CHUNKNOTFOUND`). `sought` says what was looked for and `searchedTo`
 * where the search ended, in bytes from the start of the file: where the next chunk would begin, which is past the end
 * of the file if a size says so.
 *
 * @since 0.1.0
 * @category errors
 */
export class ChunkNotFound extends define("ChunkNotFound", 265)<{
  readonly sought: string
  readonly searchedTo: number
}> {
  /** A search that ends is how a walk ends: without a stack, which is of no use there, it costs a fifth. */
  constructor(args: Details & { readonly sought: string; readonly searchedTo: number }) {
    const limit = stacks.stackTraceLimit
    stacks.stackTraceLimit = 0
    super(args)
    stacks.stackTraceLimit = limit
  }
}

/**
 * Direct access was asked of a handle without a buffer (`MMIOERR_UNBUFFERED`).
 *
 * @since 0.1.0
 * @category errors
 */
export class Unbuffered extends define("Unbuffered", 266) {}

/**
 * A folder on the way to the file is missing (`MMIOERR_PATHNOTFOUND`).
 *
 * @since 0.1.0
 * @category errors
 */
export class PathNotFound extends define("PathNotFound", 267) {}

/**
 * The storage refuses this to this program (`MMIOERR_ACCESSDENIED`).
 *
 * @since 0.1.0
 * @category errors
 */
export class AccessDenied extends define("AccessDenied", 268) {}

/**
 * The sharing mode of another open handle forbids it, or the file is in use (`MMIOERR_SHARINGVIOLATION`).
 *
 * @since 0.1.0
 * @category errors
 */
export class SharingViolation extends define("SharingViolation", 269) {}

/**
 * The network on the way to the storage failed (`MMIOERR_NETWORKERROR`).
 *
 * @since 0.1.0
 * @category errors
 */
export class NetworkError extends define("NetworkError", 270) {}

/**
 * The process or the system has no file handle left (`MMIOERR_TOOMANYOPENFILES`).
 *
 * @since 0.1.0
 * @category errors
 */
export class TooManyOpenFiles extends define("TooManyOpenFiles", 271) {}

/**
 * The content is not what it claims to be (`MMIOERR_INVALIDFILE`).
 *
 * @since 0.1.0
 * @category errors
 */
export class InvalidFile extends define("InvalidFile", 272) {}

/**
 * The content is no longer the version that was opened, or that `ifVersion` asked for. Windows has no versions, so this
 * class has no `MMIOERR_*` number: `code` is `undefined`.
 *
 * @since 0.1.0
 * @category errors
 */
export class VersionChanged extends define("VersionChanged", undefined) {}

/**
 * A size, offset, code or stale `Info` that no call may carry (`MMSYSERR_INVALPARAM`).
 *
 * @since 0.1.0
 * @category errors
 */
export class InvalidParameter extends define("InvalidParameter", 11) {}

/**
 * The handle was used after it was closed, or is a value that is no handle (`MMSYSERR_INVALHANDLE`). Always a defect:
 * only a bug has either.
 *
 * @since 0.1.0
 * @category errors
 */
export class InvalidHandle extends define("InvalidHandle", 5) {}

/**
 * Any error of this library that an error channel can hold: all of this module but {@link InvalidHandle}.
 *
 * @since 0.1.0
 * @category errors
 */
export type MmioError =
  | FileNotFound
  | OutOfMemory
  | CannotOpen
  | CannotClose
  | CannotRead
  | CannotWrite
  | CannotSeek
  | CannotExpand
  | ChunkNotFound
  | Unbuffered
  | PathNotFound
  | AccessDenied
  | SharingViolation
  | NetworkError
  | TooManyOpenFiles
  | InvalidFile
  | VersionChanged
  | InvalidParameter

/**
 * What a driver's `open` can fail with.
 *
 * @since 0.1.0
 * @category errors
 */
export type OpenError =
  | FileNotFound
  | PathNotFound
  | AccessDenied
  | SharingViolation
  | TooManyOpenFiles
  | NetworkError
  | OutOfMemory
  | InvalidFile
  | VersionChanged
  | CannotOpen

/**
 * What reading from a driver can fail with.
 *
 * @since 0.1.0
 * @category errors
 */
export type ReadError = CannotRead | NetworkError | VersionChanged

/**
 * What seeking can fail with: a position counted from the end needs the size, which a storage on a network has to ask
 * for.
 *
 * @since 0.1.0
 * @category errors
 */
export type SeekError = CannotSeek | NetworkError

/**
 * What writing to a driver can fail with.
 *
 * @since 0.1.0
 * @category errors
 */
export type WriteError = CannotWrite | CannotExpand | NetworkError

/**
 * What committing the content of a driver's file can fail with.
 *
 * @since 0.1.0
 * @category errors
 */
export type CommitError = WriteError | VersionChanged

/**
 * What closing a driver's file, which commits it, can fail with.
 *
 * @since 0.1.0
 * @category errors
 */
export type CloseError = CannotClose | CommitError

/**
 * What asking for the facts about a name can fail with.
 *
 * @since 0.1.0
 * @category errors
 */
export type StatError = FileNotFound | PathNotFound | AccessDenied | NetworkError | CannotRead

/**
 * What listing a folder can fail with.
 *
 * @since 0.1.0
 * @category errors
 */
export type ListError = PathNotFound | AccessDenied | NetworkError | CannotRead

/**
 * What making or removing a folder can fail with.
 *
 * @since 0.1.0
 * @category errors
 */
export type FolderError = PathNotFound | AccessDenied | SharingViolation | NetworkError | CannotWrite

/**
 * What renaming and removing can fail with.
 *
 * @since 0.1.0
 * @category errors
 */
export type RenameError =
  | FileNotFound
  | PathNotFound
  | AccessDenied
  | SharingViolation
  | NetworkError
  | CannotWrite

/**
 * What asking whether a file exists can fail with.
 *
 * @since 0.1.0
 * @category errors
 */
export type ExistsError = AccessDenied | NetworkError | CannotRead

/**
 * What completing a name can fail with.
 *
 * @since 0.1.0
 * @category errors
 */
export type FullNameError = PathNotFound | AccessDenied

/**
 * What making up a name for a temporary file can fail with.
 *
 * @since 0.1.0
 * @category errors
 */
export type TempNameError = PathNotFound | AccessDenied | TooManyOpenFiles | NetworkError | CannotWrite

/**
 * Whether a value is an error of this module, from whichever copy of the package.
 *
 * @since 0.1.0
 * @category guards
 */
export const isMmioError = (u: unknown): u is MmioError | InvalidHandle => Predicate.hasProperty(u, TypeId)

/**
 * Recovers from every error of this module; other errors pass. `catchTag` recovers from one of them.
 *
 * @example
 * ```ts
 * import { Mmio, MmioError } from "@effect-mmio/core"
 * import { Effect } from "effect"
 *
 * export const magic = Effect.scoped(Effect.flatMap(Mmio.open("take1.wav"), Mmio.read(4))).pipe(
 *   MmioError.catchAll((error) => Effect.as(Effect.logWarning(error.message), new Uint8Array(0)))
 * )
 * ```
 *
 * @since 0.1.0
 * @category combinators
 */
export const catchAll: {
  <E, A2, E2, R2>(
    f: (error: Extract<E, MmioError>) => Effect.Effect<A2, E2, R2>
  ): <A, R>(self: Effect.Effect<A, E, R>) => Effect.Effect<A | A2, Exclude<E, Extract<E, MmioError>> | E2, R | R2>
  <A, E, R, A2, E2, R2>(
    self: Effect.Effect<A, E, R>,
    f: (error: Extract<E, MmioError>) => Effect.Effect<A2, E2, R2>
  ): Effect.Effect<A | A2, Exclude<E, Extract<E, MmioError>> | E2, R | R2>
} = dual(
  2,
  <A, E, R, A2, E2, R2>(
    self: Effect.Effect<A, E, R>,
    f: (error: Extract<E, MmioError>) => Effect.Effect<A2, E2, R2>
  ): Effect.Effect<A | A2, Exclude<E, Extract<E, MmioError>> | E2, R | R2> =>
    Effect.catchIf(self, (error): error is Extract<E, MmioError> => isMmioError(error), f)
)

/**
 * The same error as seen from another call: other `operation`, `file`, `position`; the rest stays.
 *
 * @since 0.1.0
 * @category combinators
 */
export const withDetails = <E extends MmioError>(self: E, details: Partial<Omit<Details, "cause">>): E => {
  // An error that says so already is kept: copying `stack` has it written out, which costs more than all else that
  // happens to an error.
  if (keysOf(details).every((key) => self[key] === details[key])) return self
  // `cause` is not enumerable, as JavaScript has it, so the spread leaves it out.
  const fields = { ...self, ...(self.cause === undefined ? {} : { cause: self.cause }), ...details }
  // `new (x.constructor)(its own fields)` gives an x: each class of this module takes exactly its own fields.
  const Class = self.constructor as new(fields: Omit<E, keyof Error>) => E
  const error = new Class(fields)
  if (self.stack !== undefined) error.stack = self.stack
  return error
}

/** The literal's own keys: what a caller passes has no others. */
const keysOf = (details: Partial<Omit<Details, "cause">>) =>
  Object.keys(details) as Array<Exclude<keyof Details, "cause">>
