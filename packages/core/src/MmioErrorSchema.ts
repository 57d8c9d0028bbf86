/**
 * Codecs of the errors, so that they cross the boundary of a worker, an rpc or a workflow whole: tag, class and fields
 * stay; of the `cause` stays what `Schema.Defect` keeps, of an `Error` its name and its message.
 *
 * They are apart from `MmioError`, and not in the index of the package, so that a program that sends no errors does not
 * load them: import `@effect-mmio/core/MmioErrorSchema`.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"
import { codecs } from "./internal/wave/codecs.js"
import * as Errors from "./MmioError.js"
import * as Wave from "./Wave.js"

/**
 * What an error is encoded as: its own fields.
 *
 * @since 0.1.0
 * @category models
 */
export type Encoded<E extends Errors.MmioError | Errors.InvalidHandle> = E extends unknown ?
    & {
      readonly _tag: E["_tag"]
      readonly operation: string
      readonly file: string
      readonly position?: number | undefined
      readonly description: string
      readonly errno?: string | undefined
      readonly cause?: unknown
    }
    & (E extends Errors.CannotWrite ? { readonly written: number }
      : E extends Errors.ChunkNotFound ? { readonly sought: string; readonly searchedTo: number }
      : unknown)
  : never

type Codec<E extends Errors.MmioError | Errors.InvalidHandle> = Schema.Schema<E, Encoded<E>>

const fieldsOf = <const Tag extends string>(tag: Tag) => ({
  _tag: Schema.Literal(tag),
  operation: Schema.String,
  file: Schema.String,
  position: Schema.optional(Schema.Number),
  description: Schema.String,
  errno: Schema.optional(Schema.String),
  cause: Schema.optional(Schema.Defect)
})

/** Errors of one class, which are made of their own fields; from whichever copy of the package. */
const define = <Fields extends { readonly _tag: string }, I, E extends Fields>(
  tag: E["_tag"],
  fields: Schema.Schema<Fields, I>,
  Class: new(fields: Fields) => E
): Schema.Schema<E, I> =>
  Schema.transform(
    fields,
    Schema.declare((u): u is E => u instanceof Class || (Errors.isMmioError(u) && u._tag === tag), {
      identifier: tag
    }),
    { strict: true, decode: (fields) => new Class(fields), encode: (error) => error }
  )

/**
 * A codec of `MmioError.FileNotFound`.
 *
 * @since 0.1.0
 * @category codecs
 */
export const FileNotFound: Codec<Errors.FileNotFound> = define(
  "FileNotFound",
  Schema.Struct(fieldsOf("FileNotFound")),
  Errors.FileNotFound
)

/**
 * A codec of `MmioError.OutOfMemory`.
 *
 * @since 0.1.0
 * @category codecs
 */
export const OutOfMemory: Codec<Errors.OutOfMemory> = define(
  "OutOfMemory",
  Schema.Struct(fieldsOf("OutOfMemory")),
  Errors.OutOfMemory
)

/**
 * A codec of `MmioError.CannotOpen`.
 *
 * @since 0.1.0
 * @category codecs
 */
export const CannotOpen: Codec<Errors.CannotOpen> = define(
  "CannotOpen",
  Schema.Struct(fieldsOf("CannotOpen")),
  Errors.CannotOpen
)

/**
 * A codec of `MmioError.CannotClose`.
 *
 * @since 0.1.0
 * @category codecs
 */
export const CannotClose: Codec<Errors.CannotClose> = define(
  "CannotClose",
  Schema.Struct(fieldsOf("CannotClose")),
  Errors.CannotClose
)

/**
 * A codec of `MmioError.CannotRead`.
 *
 * @since 0.1.0
 * @category codecs
 */
export const CannotRead: Codec<Errors.CannotRead> = define(
  "CannotRead",
  Schema.Struct(fieldsOf("CannotRead")),
  Errors.CannotRead
)

/**
 * A codec of `MmioError.CannotWrite`.
 *
 * @since 0.1.0
 * @category codecs
 */
export const CannotWrite: Codec<Errors.CannotWrite> = define(
  "CannotWrite",
  Schema.Struct({ ...fieldsOf("CannotWrite"), written: Schema.Number }),
  Errors.CannotWrite
)

/**
 * A codec of `MmioError.CannotSeek`.
 *
 * @since 0.1.0
 * @category codecs
 */
export const CannotSeek: Codec<Errors.CannotSeek> = define(
  "CannotSeek",
  Schema.Struct(fieldsOf("CannotSeek")),
  Errors.CannotSeek
)

/**
 * A codec of `MmioError.CannotExpand`.
 *
 * @since 0.1.0
 * @category codecs
 */
export const CannotExpand: Codec<Errors.CannotExpand> = define(
  "CannotExpand",
  Schema.Struct(fieldsOf("CannotExpand")),
  Errors.CannotExpand
)

/**
 * A codec of `MmioError.ChunkNotFound`.
 *
 * @since 0.1.0
 * @category codecs
 */
export const ChunkNotFound: Codec<Errors.ChunkNotFound> = define(
  "ChunkNotFound",
  Schema.Struct({ ...fieldsOf("ChunkNotFound"), sought: Schema.String, searchedTo: Schema.Number }),
  Errors.ChunkNotFound
)

/**
 * A codec of `MmioError.Unbuffered`.
 *
 * @since 0.1.0
 * @category codecs
 */
export const Unbuffered: Codec<Errors.Unbuffered> = define(
  "Unbuffered",
  Schema.Struct(fieldsOf("Unbuffered")),
  Errors.Unbuffered
)

/**
 * A codec of `MmioError.PathNotFound`.
 *
 * @since 0.1.0
 * @category codecs
 */
export const PathNotFound: Codec<Errors.PathNotFound> = define(
  "PathNotFound",
  Schema.Struct(fieldsOf("PathNotFound")),
  Errors.PathNotFound
)

/**
 * A codec of `MmioError.AccessDenied`.
 *
 * @since 0.1.0
 * @category codecs
 */
export const AccessDenied: Codec<Errors.AccessDenied> = define(
  "AccessDenied",
  Schema.Struct(fieldsOf("AccessDenied")),
  Errors.AccessDenied
)

/**
 * A codec of `MmioError.SharingViolation`.
 *
 * @since 0.1.0
 * @category codecs
 */
export const SharingViolation: Codec<Errors.SharingViolation> = define(
  "SharingViolation",
  Schema.Struct(fieldsOf("SharingViolation")),
  Errors.SharingViolation
)

/**
 * A codec of `MmioError.NetworkError`.
 *
 * @since 0.1.0
 * @category codecs
 */
export const NetworkError: Codec<Errors.NetworkError> = define(
  "NetworkError",
  Schema.Struct(fieldsOf("NetworkError")),
  Errors.NetworkError
)

/**
 * A codec of `MmioError.TooManyOpenFiles`.
 *
 * @since 0.1.0
 * @category codecs
 */
export const TooManyOpenFiles: Codec<Errors.TooManyOpenFiles> = define(
  "TooManyOpenFiles",
  Schema.Struct(fieldsOf("TooManyOpenFiles")),
  Errors.TooManyOpenFiles
)

/**
 * A codec of `MmioError.InvalidFile`.
 *
 * @since 0.1.0
 * @category codecs
 */
export const InvalidFile: Codec<Errors.InvalidFile> = define(
  "InvalidFile",
  Schema.Struct(fieldsOf("InvalidFile")),
  Errors.InvalidFile
)

/**
 * A codec of `MmioError.VersionChanged`.
 *
 * @since 0.1.0
 * @category codecs
 */
export const VersionChanged: Codec<Errors.VersionChanged> = define(
  "VersionChanged",
  Schema.Struct(fieldsOf("VersionChanged")),
  Errors.VersionChanged
)

/**
 * A codec of `MmioError.InvalidParameter`.
 *
 * @since 0.1.0
 * @category codecs
 */
export const InvalidParameter: Codec<Errors.InvalidParameter> = define(
  "InvalidParameter",
  Schema.Struct(fieldsOf("InvalidParameter")),
  Errors.InvalidParameter
)

/**
 * A codec of `MmioError.InvalidHandle`. An error channel holds none: it is a defect.
 *
 * @since 0.1.0
 * @category codecs
 */
export const InvalidHandle: Codec<Errors.InvalidHandle> = define(
  "InvalidHandle",
  Schema.Struct(fieldsOf("InvalidHandle")),
  Errors.InvalidHandle
)

/**
 * A codec of any `MmioError.MmioError`, as the failure of an rpc or a workflow has it.
 *
 * @example
 * ```ts
 * import * as MmioErrorSchema from "@effect-mmio/core/MmioErrorSchema"
 * import { Schema } from "effect"
 *
 * export class Tag extends Schema.TaggedRequest<Tag>()("Tag", {
 *   failure: MmioErrorSchema.MmioError,
 *   success: Schema.Void,
 *   payload: { name: Schema.String, title: Schema.String }
 * }) {}

 * ```
 *
 * @since 0.1.0
 * @category codecs
 */
export const MmioError: Codec<Errors.MmioError> = Schema.Union(
  FileNotFound,
  OutOfMemory,
  CannotOpen,
  CannotClose,
  CannotRead,
  CannotWrite,
  CannotSeek,
  CannotExpand,
  ChunkNotFound,
  Unbuffered,
  PathNotFound,
  AccessDenied,
  SharingViolation,
  NetworkError,
  TooManyOpenFiles,
  InvalidFile,
  VersionChanged,
  InvalidParameter
)

/**
 * A codec of `Wave.MalformedChunk`.
 *
 * @since 0.1.0
 * @category codecs
 */
export const MalformedChunk: Schema.Schema<Wave.MalformedChunk, {
  readonly _tag: "MalformedChunk"
  readonly chunk: string
  readonly offset: number
  readonly description: string
}> = define(
  "MalformedChunk",
  Schema.TaggedStruct("MalformedChunk", {
    chunk: Schema.String.pipe(Schema.filter((key): key is keyof Wave.Known => Object.hasOwn(codecs, key))),
    offset: Schema.Number,
    description: Schema.String
  }),
  Wave.MalformedChunk
)
