/**
 * Messages to drivers as data.
 */
import * as FourCC from "@effect-mmio/core/FourCC"
import * as Schema from "effect/Schema"
import type { ErrorTag } from "./recordingValues.js"

/** @internal */
export const Bytes = Schema.Union(
  Schema.Struct({ bytes: Schema.Uint8ArrayFromBase64 }),
  Schema.Struct({ length: Schema.NonNegativeInt, digest: Schema.String })
)

const Code = Schema.String.pipe(
  Schema.filter((text): text is FourCC.FourCC => FourCC.isFourCC(text), { identifier: "FourCC" })
)

/** @internal */
export const Name = Schema.Struct({
  full: Schema.String,
  path: Schema.String,
  element: Schema.NullOr(Schema.String),
  code: Schema.NullOr(Code)
})

const Kind = Schema.Literal("file", "folder", "other")

/** @internal */
export const Stat = Schema.Struct({
  kind: Kind,
  size: Schema.NullOr(Schema.NonNegativeInt),
  version: Schema.NullOr(Schema.String),
  identity: Schema.NullOr(Schema.String),
  modified: Schema.NullOr(Schema.Date),
  created: Schema.NullOr(Schema.Date)
})

/** What a program asks for, also where it is no position: JSON has no name for infinity and what is no number. */
const Position = Schema.Union(Schema.JsonNumber, Schema.NumberFromString)

/** The fields of an error with one of these tags. */
const errorOf = <const Tag extends ErrorTag>(...tags: readonly [Tag, ...ReadonlyArray<Tag>]) =>
  Schema.Struct({
    _tag: Schema.Literal(...tags),
    operation: Schema.String,
    file: Schema.String,
    position: Schema.optional(Position),
    description: Schema.String,
    written: Schema.optional(Schema.Int),
    /** The name of the system's error, such as `"ENOSPC"`. */
    errno: Schema.optional(Schema.String),
    /** The message of the error's cause. */
    cause: Schema.optional(Schema.String)
  })

/** What came of a message that cannot fail. */
const endedOf = <S extends Schema.Schema.AnyNoContext>(success: S) =>
  Schema.Union(
    Schema.Struct({ success }),
    /** It died of this. */
    Schema.Struct({ defect: Schema.String }),
    Schema.Struct({ interrupted: Schema.Literal(true) }),
    /** It was in flight as the trace was taken. */
    Schema.Struct({ pending: Schema.Literal(true) })
  )

/** What came of a message. */
const resultOf = <S extends Schema.Schema.AnyNoContext, E extends Schema.Schema.AnyNoContext>(success: S, error: E) =>
  Schema.Union(endedOf(success), Schema.Struct({ error }))

const writeErrors = errorOf("CannotWrite", "CannotExpand", "NetworkError")
const renameErrors = errorOf(
  "FileNotFound",
  "PathNotFound",
  "AccessDenied",
  "SharingViolation",
  "NetworkError",
  "CannotWrite"
)

/** A message to a driver: the storage itself, or the one that was found for a code. */
const toDriver = { driver: Schema.NullOr(Code) }
/** A message to an open file, told by the number that its `open` gave; `name` is for the reader. */
const toFile = { file: Schema.NonNegativeInt, name: Schema.String }
const Count = Schema.NonNegativeInt
const Nothing = Schema.Null

/** What a file says of itself, so that a replayed file says the same. @internal */
export const Facts = Schema.Struct({
  capabilities: Schema.Struct({
    concurrent: Schema.Boolean,
    forwardOnly: Schema.Boolean,
    truncate: Schema.Boolean,
    commit: Schema.Literal("inPlace", "onClose"),
    cancellable: Schema.Boolean,
    locks: Schema.Literal("none", "process", "wholeFile", "system")
  }),
  /** Which of the functions that a file may lack it has. */
  has: Schema.Array(Schema.Literal("writeAt", "truncate", "canSeek", "invalidate")),
  start: Schema.Number,
  version: Schema.NullOr(Schema.String),
  identity: Schema.NullOr(Schema.String)
})

/** @internal */
export const Message = Schema.Union(
  Schema.Struct({
    message: Schema.Literal("open"),
    ...toDriver,
    name: Name,
    access: Schema.Literal("read", "write", "readWrite"),
    create: Schema.Literal("no", "truncate", "new"),
    share: Schema.Literal("compat", "exclusive", "denyWrite", "denyRead", "denyNone"),
    code: Schema.NullOr(Code),
    /** Whether the caller passed parameters: what they are is the driver's own. */
    parameters: Schema.Boolean,
    ifVersion: Schema.NullOr(Schema.String),
    buffered: Schema.Boolean,
    result: resultOf(
      /** `file` is the number of the file in the messages that follow. */
      Schema.Struct({ file: Count, facts: Facts }),
      errorOf(
        "FileNotFound",
        "PathNotFound",
        "AccessDenied",
        "SharingViolation",
        "TooManyOpenFiles",
        "NetworkError",
        "OutOfMemory",
        "InvalidFile",
        "VersionChanged",
        "CannotOpen"
      )
    )
  }),
  Schema.Struct({
    message: Schema.Literal("readAt"),
    ...toFile,
    position: Position,
    count: Count,
    result: resultOf(Bytes, errorOf("CannotRead", "NetworkError", "VersionChanged"))
  }),
  Schema.Struct({
    message: Schema.Literal("writeAt"),
    ...toFile,
    position: Position,
    mode: Schema.Literal("write", "writeFlush"),
    source: Bytes,
    result: resultOf(Count, writeErrors)
  }),
  Schema.Struct({
    message: Schema.Literal("size"),
    ...toFile,
    result: resultOf(Count, errorOf("CannotSeek", "NetworkError"))
  }),
  Schema.Struct({
    message: Schema.Literal("canSeek"),
    ...toFile,
    position: Position,
    result: resultOf(Nothing, errorOf("CannotSeek"))
  }),
  Schema.Struct({
    message: Schema.Literal("truncate"),
    ...toFile,
    size: Position,
    result: resultOf(Nothing, writeErrors)
  }),
  Schema.Struct({
    message: Schema.Literal("commit"),
    ...toFile,
    result: resultOf(Nothing, errorOf("CannotWrite", "CannotExpand", "NetworkError", "VersionChanged"))
  }),
  Schema.Struct({
    message: Schema.Literal("close"),
    ...toFile,
    result: resultOf(Nothing, errorOf("CannotClose", "CannotWrite", "CannotExpand", "NetworkError", "VersionChanged"))
  }),
  Schema.Struct({
    message: Schema.Literal("abort", "invalidate"),
    ...toFile,
    result: endedOf(Nothing)
  }),
  Schema.Struct({
    message: Schema.Literal("user"),
    ...toFile,
    request: Schema.String,
    result: Schema.Struct({ success: Schema.Struct({ known: Schema.Boolean }) })
  }),
  Schema.Struct({
    message: Schema.Literal("rename"),
    ...toDriver,
    name: Name,
    to: Name,
    result: resultOf(Nothing, renameErrors)
  }),
  Schema.Struct({
    message: Schema.Literal("remove"),
    ...toDriver,
    name: Name,
    result: resultOf(Nothing, renameErrors)
  }),
  Schema.Struct({
    message: Schema.Literal("exists"),
    ...toDriver,
    name: Name,
    result: resultOf(Schema.Boolean, errorOf("AccessDenied", "NetworkError", "CannotRead"))
  }),
  Schema.Struct({
    message: Schema.Literal("fullName"),
    ...toDriver,
    name: Name,
    result: resultOf(Name, errorOf("PathNotFound", "AccessDenied"))
  }),
  Schema.Struct({
    message: Schema.Literal("realName"),
    ...toDriver,
    name: Name,
    result: endedOf(Name)
  }),
  Schema.Struct({
    message: Schema.Literal("tempName"),
    ...toDriver,
    folder: Schema.NullOr(Schema.String),
    prefix: Schema.NullOr(Schema.String),
    suffix: Schema.NullOr(Schema.String),
    like: Schema.NullOr(Name),
    result: resultOf(Name, errorOf("PathNotFound", "AccessDenied", "TooManyOpenFiles", "NetworkError", "CannotWrite"))
  }),
  Schema.Struct({
    message: Schema.Literal("stat"),
    ...toDriver,
    name: Name,
    result: resultOf(Stat, errorOf("FileNotFound", "PathNotFound", "AccessDenied", "NetworkError", "CannotRead"))
  }),
  Schema.Struct({
    message: Schema.Literal("list"),
    ...toDriver,
    name: Name,
    /** The entries that came before the stream ended, or its consumer stopped. */
    entries: Schema.Array(Schema.Struct({ name: Schema.String, kind: Kind })),
    result: resultOf(Nothing, errorOf("PathNotFound", "AccessDenied", "NetworkError", "CannotRead"))
  }),
  Schema.Struct({
    message: Schema.Literal("makeFolder", "removeFolder"),
    ...toDriver,
    name: Name,
    result: resultOf(
      Nothing,
      errorOf("PathNotFound", "AccessDenied", "SharingViolation", "NetworkError", "CannotWrite")
    )
  })
)
