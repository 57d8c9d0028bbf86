/**
 * The values in messages as data.
 */
import * as FileName from "@effect-mmio/core/FileName"
import type * as IOProc from "@effect-mmio/core/IOProc"
import * as MmioError from "@effect-mmio/core/MmioError"
import * as Cause from "effect/Cause"
import * as Exit from "effect/Exit"
import * as Option from "effect/Option"
import type * as Api from "../Recording.js"
import type { Facts, Stat } from "./recordingSchema.js"

/** Two times 32 bits of multiplications (cyrb53): not against an adversary, and on every runtime without a wait. */
const digestOf = (bytes: Uint8Array): string => {
  let a = 0xdeadbeef
  let b = 0x41c6ce57
  for (const byte of bytes) {
    a = Math.imul(a ^ byte, 2654435761)
    b = Math.imul(b ^ byte, 1597334677)
  }
  a = Math.imul(a ^ (a >>> 16), 2246822507) ^ Math.imul(b ^ (b >>> 13), 3266489909)
  b = Math.imul(b ^ (b >>> 16), 2246822507) ^ Math.imul(a ^ (a >>> 13), 3266489909)
  return (4294967296 * (2097151 & b) + (a >>> 0)).toString(16).padStart(14, "0")
}

/** @internal */
export const bytesOf = (bytes: Uint8Array, how: "included" | "digest"): Api.Bytes =>
  how === "included" ? { bytes: new Uint8Array(bytes) } : { length: bytes.length, digest: digestOf(bytes) }

/** @internal */
export const sameBytes = (recorded: Api.Bytes, bytes: Uint8Array): boolean =>
  "bytes" in recorded
    ? recorded.bytes.length === bytes.length && recorded.bytes.every((byte, i) => byte === bytes[i])
    : recorded.length === bytes.length && recorded.digest === digestOf(bytes)

/** @internal */
export const nameOf = ({ code, element, full, path }: FileName.FileName): Api.Name => ({
  full,
  path,
  element: Option.getOrNull(element),
  code: Option.getOrNull(code)
})

/** @internal */
export const toName = ({ code, element, full, path }: Api.Name): FileName.FileName =>
  new FileName.FileName({ full, path, element: Option.fromNullable(element), code: Option.fromNullable(code) })

const classes = {
  FileNotFound: MmioError.FileNotFound,
  OutOfMemory: MmioError.OutOfMemory,
  CannotOpen: MmioError.CannotOpen,
  CannotClose: MmioError.CannotClose,
  CannotRead: MmioError.CannotRead,
  CannotSeek: MmioError.CannotSeek,
  CannotExpand: MmioError.CannotExpand,
  PathNotFound: MmioError.PathNotFound,
  AccessDenied: MmioError.AccessDenied,
  SharingViolation: MmioError.SharingViolation,
  NetworkError: MmioError.NetworkError,
  TooManyOpenFiles: MmioError.TooManyOpenFiles,
  InvalidFile: MmioError.InvalidFile,
  VersionChanged: MmioError.VersionChanged
}

/** The errors of drivers. @internal */
export type ErrorTag = keyof typeof classes | "CannotWrite"

interface ErrorData<Tag> {
  readonly _tag: Tag
  readonly operation: string
  readonly file: string
  readonly position?: number | undefined
  readonly description: string
  readonly written?: number | undefined
  readonly errno?: string | undefined
  readonly cause?: string | undefined
}

/** An error of a driver, as far as it is written down. @internal */
export interface DriverError<Tag> extends MmioError.Details {
  readonly _tag: Tag
  readonly written?: number | undefined
}

const errorOf = <Tag>(error: DriverError<Tag>): ErrorData<Tag> => ({
  _tag: error._tag,
  operation: error.operation,
  file: error.file,
  ...(error.position === undefined ? {} : { position: error.position }),
  description: error.description,
  ...(error.written === undefined ? {} : { written: error.written }),
  ...(error.errno === undefined ? {} : { errno: error.errno }),
  ...(error.cause === undefined
    ? {}
    : { cause: error.cause instanceof Error ? error.cause.message : String(error.cause) })
})

/** @internal */
export type ErrorOf<Tag extends ErrorTag> = Extract<MmioError.MmioError, { readonly _tag: Tag }>

/** @internal */
export const toError = <Tag extends ErrorTag>(data: ErrorData<Tag>): ErrorOf<Tag> => {
  const { _tag, cause, description, errno, file, operation, position, written = 0 } = data
  const details = {
    operation,
    file,
    position,
    description,
    ...(errno === undefined ? {} : { errno }),
    ...(cause === undefined
      ? {}
      : { cause: Object.assign(new Error(cause), errno === undefined ? {} : { code: errno }) })
  }
  const tag: ErrorTag = _tag
  const error = tag === "CannotWrite"
    ? new MmioError.CannotWrite({ ...details, written })
    : new classes[tag](details)
  // The class was chosen by the tag, which types cannot follow through a table.
  return error as MmioError.MmioError as ErrorOf<Tag>
}

/** What came of a message, in general. @internal */
export type AnyResult<A, Tag> =
  | { readonly success: A }
  | { readonly error: ErrorData<Tag> }
  | { readonly defect: string }
  | { readonly interrupted: true }
  | { readonly pending: true }

/** @internal */
export const resultOf = <A, B, Tag>(
  exit: Exit.Exit<A, DriverError<Tag>>,
  success: (value: A) => B
): AnyResult<B, Tag> => {
  if (Exit.isSuccess(exit)) return { success: success(exit.value) }
  const error = Cause.failureOption(exit.cause)
  if (Option.isSome(error)) return { error: errorOf(error.value) }
  return unfailedOf(exit.cause)
}

/** What came of a message that did not fail with a typed error. @internal */
export const unfailedOf = (
  cause: Cause.Cause<unknown>
): { readonly interrupted: true } | { readonly defect: string } => {
  if (Cause.isInterruptedOnly(cause)) return { interrupted: true }
  const defect = Cause.squash(cause)
  return { defect: defect instanceof Error ? `${defect.name}: ${defect.message}` : String(defect) }
}

/** @internal */
export const statOf = ({ created, identity, kind, modified, size, version }: IOProc.Stat): typeof Stat.Type => ({
  kind,
  size: Option.getOrNull(size),
  version: Option.getOrNull(version),
  identity: Option.getOrNull(identity),
  modified: Option.getOrNull(modified),
  created: Option.getOrNull(created)
})

/** @internal */
export const toStat = ({ created, identity, kind, modified, size, version }: typeof Stat.Type): IOProc.Stat => ({
  kind,
  size: Option.fromNullable(size),
  version: Option.fromNullable(version),
  identity: Option.fromNullable(identity),
  modified: Option.fromNullable(modified),
  created: Option.fromNullable(created)
})

const optionalFunctions = ["writeAt", "truncate", "canSeek", "invalidate"] as const

/** What a file says of itself. @internal */
export const factsOf = (file: IOProc.File): typeof Facts.Type => ({
  capabilities: { ...file.capabilities },
  has: optionalFunctions.filter((name) => file[name] !== undefined),
  start: file.start ?? 0,
  version: Option.getOrNull(file.version),
  identity: Option.getOrNull(file.identity)
})
