/** Text in chunks: its encoding, and how it ends: by a zero, by the end of its field, or by the end of the chunk. */
import * as Either from "effect/Either"
import * as Schema from "effect/Schema"
import type * as Api from "../../Wave.js"
import { concat, copyOf } from "./binary.js"
import { type Codec, none, optionalBytes, type Refused, refused, type Writing } from "./codec.js"
import * as CodePages from "./codePages.js"
import type { Reading } from "./reading.js"

/**
 * How a text ends, which says what need not be mentioned of what follows it: a terminator, nothing at all, or the zeros
 * that fill a field of so many bytes.
 */
export type End = "terminator" | "end" | number

const terminator = new Uint8Array(1)

export const textSchemas = {
  text: Schema.String,
  encoding: Schema.optional(Schema.Literal(...CodePages.others).annotations({ identifier: "OtherEncoding" })),
  bytes: optionalBytes,
  trailing: optionalBytes
}

export const Text: Schema.Schema<Api.Text> = Schema.Struct(textSchemas).annotations({ identifier: "Text" })

/**
 * In which of the two encodings that need no mention the text is. Text in windows-1252 hardly ever has a valid
 * character of UTF-8 in it: one that has is UTF-8, of which some bytes are damaged.
 */
const guess = (bytes: Uint8Array, isFull: boolean): "utf-8" | "windows-1252" => {
  const { end, invalid, long } = CodePages.examineUtf8(bytes)
  if (invalid > 0) return long >= invalid ? "utf-8" : "windows-1252"
  if (end === bytes.length || long > 0) return "utf-8"
  // Only the last character is not ASCII, and it is cut off, where the field ends.
  const isCut = isFull && (bytes.length - end > 1 || bytes[end] === 0xc2 || bytes[end] === 0xc3)
  return isCut ? "utf-8" : "windows-1252"
}

interface Decoded {
  readonly text: string
  readonly encoding?: Api.OtherEncoding
  readonly bytes?: Uint8Array
}

/** What the bytes say, and what is needed to write them again. */
const decodeOwn = (own: Uint8Array, isFull: boolean, given: Api.TextEncoding | undefined): Decoded => {
  const encoding = given ?? guess(own, isFull)
  const text = CodePages.decode(own, encoding)
  if (text === undefined) return decodeOwn(own, isFull, undefined)
  // Every byte is a character of it.
  if (encoding === "windows-1252") return { text, encoding }
  const name = encoding === "utf-8" ? {} : { encoding }
  const again = CodePages.encode(text, encoding)
  return again !== undefined && isEqual(again, own) ? { text, ...name } : { text, ...name, bytes: copyOf(own) }
}

const isEqual = (a: Uint8Array, b: Uint8Array): boolean => {
  if (a.length !== b.length) return false
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false
  return true
}

/** Decodes the text of bytes that are somewhere in the chunk. */
export const decodeText = (bytes: Uint8Array, end: End, reading: Reading, at: number): Api.Text => {
  const zero = bytes.indexOf(0)
  const length = zero < 0 ? bytes.length : zero
  // No further than to the zero that ends the text, as no other one precedes that.
  let last = bytes.length
  if (typeof end === "number") { while (bytes[last - 1] === 0) last-- }
  const usual = last - length === (end === "terminator" ? 1 : 0)
  const own = bytes.subarray(0, length)
  const ascii = reading.encoding === undefined ? CodePages.decodeAscii(own) : undefined
  const decoded: Decoded = ascii === undefined ? decodeOwn(own, length === end, reading.encoding) : { text: ascii }
  if (decoded.bytes !== undefined) {
    reading.warn("BrokenText", at, "some bytes of the text are invalid in its encoding")
  }
  return usual ? decoded : { ...decoded, trailing: copyOf(bytes, length, last) }
}

const lacks = (encoding: Api.TextEncoding) => refused(["text"], `there is a character that ${encoding} does not have`)

/** The bytes of a text: those it was read from, if they still say it. */
const encodeOwn = (
  { bytes, encoding, text }: Api.Text,
  end: End,
  given: Api.TextEncoding | undefined
): Either.Either<Uint8Array, Refused> => {
  const written = given ?? encoding ?? "utf-8"
  if (bytes !== undefined && !bytes.includes(0)) {
    const again = decodeOwn(bytes, bytes.length === end, given ?? encoding)
    if (again.text === text && (again.encoding ?? "utf-8") === written) return Either.right(bytes)
  }
  const own = CodePages.encode(text, written)
  if (given !== undefined) return own === undefined ? lacks(given) : Either.right(own)
  // Windows-1252 is guessed, and some of it would be taken for UTF-8.
  const isReadAgain = (own: Uint8Array) => written !== "windows-1252" || guess(own, own.length === end) === written
  if (own !== undefined && isReadAgain(own)) return Either.right(own)
  const utf8 = CodePages.encode(text, "utf-8")
  return utf8 === undefined ? lacks("utf-8") : Either.right(utf8)
}

export const encodeText = (value: Api.Text, end: End, { encoding }: Writing): Either.Either<Uint8Array, Refused> => {
  const { text, trailing } = value
  if (text.includes("\0")) return refused(["text"], "a zero ends the text: what follows belongs into `trailing`")
  if (trailing !== undefined && trailing.length > 0 && trailing[0] !== 0) {
    return refused(["trailing"], "what follows a text begins with the zero that ends it")
  }
  return Either.flatMap(encodeOwn(value, end, encoding), (own) => {
    const bytes = concat([own, trailing ?? (end === "terminator" ? terminator : none)])
    if (typeof end !== "number") return Either.right(bytes)
    if (bytes.length > end) return refused(["text"], `${bytes.length} bytes, where there is room for ${end}`)
    const field = new Uint8Array(end)
    field.set(bytes)
    return Either.right(field)
  })
}

/** A chunk that is one text, to its end. */
export const textChunk: Codec<Api.Text> = {
  get schema() {
    return Text
  },
  decode: (bytes, reading) => decodeText(bytes, "end", reading, 0),
  encode: (value, writing) => encodeText(value, "end", writing)
}
