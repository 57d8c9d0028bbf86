/** What the codecs of all chunks have in common. */
import * as Either from "effect/Either"
import * as ParseResult from "effect/ParseResult"
import * as Schema from "effect/Schema"
import type * as Riff from "../../Riff.js"
import { copyOf } from "./binary.js"

/**
 * Why bytes are not the chunk that they should be.
 *
 * @internal
 */
export interface Malformed {
  /** Where, in bytes from the start of the chunk's data. */
  readonly offset: number
  readonly description: string
}

/**
 * Why a value, though of the right type, is none that bytes could say.
 *
 * @internal
 */
export interface Refused {
  readonly path: ReadonlyArray<PropertyKey>
  readonly description: string
}

/** @internal */
export interface Codec<A> {
  /** What values it takes, as far as that can be said of each part by itself; `encode` refuses the others. */
  readonly schema: Schema.Schema<A>
  readonly decode: (bytes: Uint8Array, little: boolean) => Either.Either<A, Malformed>
  readonly encode: (value: A, little: boolean) => Either.Either<Uint8Array, Refused>
}

/** @internal */
export const malformed = (offset: number, description: string): Either.Either<never, Malformed> =>
  Either.left({ offset, description })

/** @internal */
export const refused = (path: ReadonlyArray<PropertyKey>, description: string): Either.Either<never, Refused> =>
  Either.left({ path, description })

/**
 * The chunk, or the element of a list whose data begins at `start`, ends where more of it should follow.
 *
 * @internal
 */
export const tooShort = (bytes: Uint8Array, least: number, start = 0): Either.Either<never, Malformed> =>
  malformed(start + bytes.length, `it ends after ${bytes.length} bytes, of at least ${least}`)

/**
 * A count or a size that goes beyond the end of the chunk.
 *
 * @internal
 */
export const tooMany = (offset: number, count: number, what: string, room: number): Either.Either<never, Malformed> =>
  malformed(offset, `${count} ${what} are announced, where there is room for ${room}`)

/**
 * Bytes that a value may lack, where there are none.
 *
 * @internal
 */
export const optionalBytes = Schema.optional(Schema.Uint8ArrayFromSelf)

/** @internal */
export const none: Uint8Array = new Uint8Array(0)

/**
 * What is behind the known part of a chunk, if anything is.
 *
 * @internal
 */
export const restFrom = (bytes: Uint8Array, at: number): { readonly rest?: Uint8Array } =>
  at < bytes.length ? { rest: copyOf(bytes, at) } : {}

/**
 * The schema of a codec, one for each byte order, made when it is first asked for.
 *
 * @internal
 */
export const schemasOf = <A>(
  codec: Codec<A>,
  identifier: string
): (byteOrder?: Riff.ByteOrder) => Schema.Schema<A, Uint8Array> => {
  const make = (little: boolean): Schema.Schema<A, Uint8Array> =>
    Schema.transformOrFail(Schema.Uint8ArrayFromSelf, codec.schema, {
      strict: true,
      decode: (bytes, _, ast) =>
        Either.mapLeft(
          codec.decode(bytes, little),
          ({ description, offset }) =>
            new ParseResult.Pointer(offset, bytes, new ParseResult.Type(ast, bytes, description))
        ),
      encode: (value, _, ast) =>
        Either.mapLeft(
          codec.encode(value, little),
          ({ description, path }) => {
            const issue = new ParseResult.Type(ast, value, description)
            const [first, ...others] = path
            return first === undefined ? issue : new ParseResult.Pointer([first, ...others], value, issue)
          }
        )
    }).annotations({ identifier })
  let little: Schema.Schema<A, Uint8Array> | undefined
  let big: Schema.Schema<A, Uint8Array> | undefined
  return (byteOrder) => byteOrder === "big" ? big ??= make(false) : little ??= make(true)
}
