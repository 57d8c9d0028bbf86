/** Text in chunks: in UTF-8 or windows-1252, ended by a zero, by the end of its field, or by the end of the chunk. */
import * as Either from "effect/Either"
import * as Schema from "effect/Schema"
import type * as Api from "../../Wave.js"
import { concat, copyOf } from "./binary.js"
import { none, optionalBytes, type Refused, refused } from "./codec.js"

/** What every runtime has, though no library of ECMAScript declares it. */
declare const TextDecoder: new(label: string, options: { readonly fatal: boolean; readonly ignoreBOM: boolean }) => {
  readonly decode: (bytes: Uint8Array) => string
}
declare const TextEncoder: new() => { readonly encode: (text: string) => Uint8Array }

/**
 * What windows-1252 has from 0x80 to 0x9F, where Latin-1 has control characters; the five gaps are those of Latin-1. (The TextDecoder of
 * Node 20 takes the one for the other.)
 */
const from80to9F = "\u20ac\x81\u201a\u0192\u201e\u2026\u2020\u2021\u02c6\u2030\u0160\u2039\u0152\x8d\u017d\x8f" +
  "\x90\u2018\u2019\u201c\u201d\u2022\u2013\u2014\u02dc\u2122\u0161\u203a\u0153\x9d\u017e\u0178"

const windows1252 = {
  decode: (bytes: Uint8Array): string => {
    let text = ""
    for (const byte of bytes) text += byte >= 0x80 && byte <= 0x9f ? from80to9F[byte - 0x80] : String.fromCharCode(byte)
    return text
  },
  /** Nothing where a character is not of this encoding. */
  encode: (text: string): Uint8Array | undefined => {
    const bytes = new Uint8Array(text.length)
    for (let i = 0; i < text.length; i++) {
      const code = text.charCodeAt(i)
      const special = from80to9F.indexOf(text.charAt(i))
      if (special >= 0) bytes[i] = 0x80 + special
      else if (code <= 0xff && (code < 0x80 || code > 0x9f)) bytes[i] = code
      else return undefined
    }
    return bytes
  }
}

const utf8Decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true })
const utf8Encoder = new TextEncoder()

const utf8 = {
  /** Nothing where it is not UTF-8. */
  decode: (bytes: Uint8Array): string | undefined => {
    try {
      return utf8Decoder.decode(bytes)
    } catch {
      return undefined
    }
  },
  /** Nothing where half a surrogate pair stands alone. */
  encode: (text: string): Uint8Array | undefined => /\p{Surrogate}/u.test(text) ? undefined : utf8Encoder.encode(text)
}

/**
 * How a text ends, which says what need not be mentioned of what is behind it: a terminator, nothing at all, or the zeros that fill
 * a field of so many bytes.
 *
 * @internal
 */
export type End = "terminator" | "end" | number

const terminator = new Uint8Array(1)

/** @internal */
export const textSchemas = {
  text: Schema.String,
  encoding: Schema.optional(Schema.Literal("windows-1252")),
  behind: optionalBytes
}

/** @internal */
export const Text: Schema.Schema<Api.Text> = Schema.Struct(textSchemas)

/** @internal */
export const decodeText = (bytes: Uint8Array, end: End): Api.Text => {
  const zero = bytes.indexOf(0)
  const length = zero < 0 ? bytes.length : zero
  let last = bytes.length
  if (typeof end === "number") { while (last > length && bytes[last - 1] === 0) last-- }
  const usual = last - length === (end === "terminator" ? 1 : 0)
  const behind = usual ? {} : { behind: copyOf(bytes, length, last) }
  const own = bytes.subarray(0, length)
  const text = utf8.decode(own)
  return text === undefined
    ? { text: windows1252.decode(own), encoding: "windows-1252", ...behind }
    : { text, ...behind }
}

/** @internal */
export const encodeText = (
  { behind, encoding, text }: Api.Text,
  end: End
): Either.Either<Uint8Array, Refused> => {
  if (text.includes("\0")) return refused(["text"], "a zero ends the text: what follows belongs into `behind`")
  const own = (encoding === undefined ? utf8 : windows1252).encode(text)
  if (own === undefined) return refused(["text"], `there is a character that ${encoding ?? "utf-8"} does not have`)
  if (encoding !== undefined && (utf8.decode(own) ?? text) !== text) {
    return refused(["encoding"], "whoever reads these bytes takes them for UTF-8")
  }
  if (behind !== undefined && behind.length > 0 && behind[0] !== 0) {
    return refused(["behind"], "what is behind a text begins with the zero that ends it")
  }
  const bytes = concat([own, behind ?? (end === "terminator" ? terminator : none)])
  if (typeof end !== "number") return Either.right(bytes)
  if (bytes.length > end) return refused(["text"], `${bytes.length} bytes, where there is room for ${end}`)
  const field = new Uint8Array(end)
  field.set(bytes)
  return Either.right(field)
}
