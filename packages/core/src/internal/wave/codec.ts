/** What the codecs of all chunks have in common. */
import * as Either from "effect/Either"
import * as ParseResult from "effect/ParseResult"
import * as Schema from "effect/Schema"
import type * as Riff from "../../Riff.js"
import type * as Api from "../../Wave.js"
import { copyOf } from "./binary.js"
import { type Problem, Reading } from "./reading.js"

/**
 * Why no bytes can say a value, though it is of the right type.
 */
export interface Refused {
  readonly path: ReadonlyArray<PropertyKey>
  readonly description: string
}

/** How a value becomes bytes. */
export interface Writing {
  readonly little: boolean
  /** The encoding in which the texts will be read, where the caller says so. */
  readonly encoding?: Api.TextEncoding | undefined
}

export interface Codec<A> {
  /**
   * What values it takes, as far as that can be said of each part by itself; `encode` refuses the others. Made where it
   * is asked for.
   */
  readonly schema: Schema.Schema<A>
  /**
   * As much as can be understood, with what is wrong in the problems of the reading; `undefined` if that is nothing.
   */
  readonly decode: (bytes: Uint8Array, reading: Reading) => A | undefined
  readonly encode: (value: A, writing: Writing) => Either.Either<Uint8Array, Refused>
}

export const refused = (path: ReadonlyArray<PropertyKey>, description: string): Either.Either<never, Refused> =>
  Either.left({ path, description })

/**
 * Says in which part of a value a refused one is.
 */
export const within = <A>(name: string, either: Either.Either<A, Refused>): Either.Either<A, Refused> =>
  Either.orElse(either, ({ description, path }) => refused([name, ...path], description))

/**
 * Bytes that a value may lack, where there are none.
 */
export const optionalBytes = Schema.optional(Schema.Uint8ArrayFromSelf)

export const none: Uint8Array = new Uint8Array(0)

/**
 * The bytes after the known part of a chunk, if there are any.
 */
export const restFrom = (bytes: Uint8Array, at: number): { readonly rest?: Uint8Array } =>
  at < bytes.length ? { rest: copyOf(bytes, at) } : {}

/**
 * Decodes a chunk all of which is as it should be, or says what is wrong first.
 */
export const decodeStrictly = <A>(
  codec: Codec<A>,
  bytes: Uint8Array,
  reading: Reading
): Either.Either<A, Problem> => {
  const before = reading.problems.length
  const value = codec.decode(bytes, reading)
  const problem = reading.problems.slice(before).find(({ level }) => level === "error")
  return problem !== undefined
    ? Either.left(problem)
    : value === undefined
    ? Either.left({ kind: "TooShort", level: "error", offset: 0, description: "nothing of it is understood", count: 1 })
    : Either.right(value)
}

/** The schemas of a codec, for each byte order, and where it has texts for each encoding. */
export interface Schemas<A> {
  (byteOrder?: Riff.ByteOrder, encoding?: Api.TextEncoding): Schema.Schema<A, Uint8Array>
}

const pathOf = ([first, ...others]: ReadonlyArray<PropertyKey>): string =>
  first === undefined
    ? ""
    : ` at ${String(first)}${others.map((key) => typeof key === "number" ? `[${key}]` : `.${String(key)}`).join("")}`

/**
 * What is wrong with a chunk, in one line: `LIST INFO at tags[0].text: Expected string, actual 5`. The path is an
 * offset where bytes are decoded.
 */
const lineOf = (identifier: string) => (issue: ParseResult.ParseIssue): { message: string; override: boolean } => ({
  message: issue._tag === "Transformation"
    ? ParseResult.ArrayFormatter.formatIssueSync(issue.issue)
      .map(({ message, path }) => `${identifier}${pathOf(path)}: ${message}`)
      .join("; ")
    // The issue that a codec made itself, which is in the other.
    : issue._tag === "Type"
    ? issue.message ?? identifier
    : identifier,
  override: true
})

/**
 * The schema of a codec, one for each byte order and encoding, made when it is first asked for. Its `ParseError` is one
 * line; the path is in the issue of its `Transformation`.
 */
export const schemasOf = <A>(codec: Codec<A>, identifier: string): Schemas<A> => {
  const make = (little: boolean, encoding: Api.TextEncoding | undefined): Schema.Schema<A, Uint8Array> =>
    Schema.transformOrFail(Schema.Uint8ArrayFromSelf, codec.schema, {
      strict: true,
      decode: (bytes, _, ast) =>
        Either.mapLeft(
          decodeStrictly(codec, bytes, new Reading({ little, encoding })),
          ({ description, offset }) =>
            new ParseResult.Pointer(offset, bytes, new ParseResult.Type(ast, bytes, description))
        ),
      encode: (value, _, ast) =>
        Either.mapLeft(
          codec.encode(value, { little, encoding }),
          ({ description, path }) => {
            const issue = new ParseResult.Type(ast, value, description)
            const [first, ...others] = path
            return first === undefined ? issue : new ParseResult.Pointer([first, ...others], value, issue)
          }
        )
    }).annotations({ identifier, message: lineOf(identifier) })
  const made = new Map<string, Schema.Schema<A, Uint8Array>>()
  return (byteOrder = "little", encoding) => {
    const key = `${byteOrder} ${encoding}`
    const schema = made.get(key) ?? make(byteOrder === "little", encoding)
    made.set(key, schema)
    return schema
  }
}
