/** The encodings of texts: what their bytes say, and which bytes say a text. */
import type * as Api from "../../Wave.js"

/** What every runtime has, though no library of ECMAScript declares it. */
declare const TextDecoder: new(label: string, options: { readonly fatal: boolean; readonly ignoreBOM: boolean }) => {
  readonly decode: (bytes: Uint8Array) => string
}
declare const TextEncoder: new() => { readonly encode: (text: string) => Uint8Array }

/** The encodings by the numbers that Windows has for them. */
const byCodePage: ReadonlyMap<number, Api.TextEncoding> = new Map<number, Api.TextEncoding>([
  [866, "ibm866"],
  [874, "windows-874"],
  [932, "shift_jis"],
  [936, "gbk"],
  [949, "euc-kr"],
  [950, "big5"],
  [1250, "windows-1250"],
  [1251, "windows-1251"],
  [1252, "windows-1252"],
  [1253, "windows-1253"],
  [1254, "windows-1254"],
  [1255, "windows-1255"],
  [1256, "windows-1256"],
  [1257, "windows-1257"],
  [1258, "windows-1258"],
  [10000, "macintosh"],
  [20866, "koi8-r"],
  [21866, "koi8-u"],
  [28591, "windows-1252"],
  [28592, "iso-8859-2"],
  [28595, "iso-8859-5"],
  [28597, "iso-8859-7"],
  [28605, "iso-8859-15"],
  [51932, "euc-jp"],
  [54936, "gb18030"],
  [65001, "utf-8"]
])

export const encodingOf = (codePage: number): Api.TextEncoding | undefined => byCodePage.get(codePage)

/** All but UTF-8. */
export const others: ReadonlyArray<Api.OtherEncoding> = [...new Set(byCodePage.values())].filter((encoding) =>
  encoding !== "utf-8"
)

/** Where a character is not in the encoding, and where bytes are not of it. */
const replacement = "\ufffd"

/** How many characters one call makes of numbers, which are its arguments. */
const step = 4096

/** Characters of their numbers, without a string for each. */
const fromCodes = (codes: Uint16Array | Uint8Array): string => {
  const parts: Array<string> = []
  for (let at = 0; at < codes.length; at += step) {
    parts.push(Reflect.apply(String.fromCharCode, undefined, codes.subarray(at, at + step)))
  }
  return parts.join("")
}

// ---------------------------------------------------------------------------------------------------------------------
// UTF-8
// ---------------------------------------------------------------------------------------------------------------------

const utf8Decoder = new TextDecoder("utf-8", { fatal: false, ignoreBOM: true })
const utf8Encoder = new TextEncoder()

/** What bytes are as UTF-8. */
export interface Utf8 {
  /** How many characters take more than one byte. */
  readonly long: number
  /** How many characters are invalid, but for one that is cut off at the end. */
  readonly invalid: number
  /** Where the last character begins, if it is cut off; else the number of bytes. */
  readonly end: number
}

/** How many bytes follow the first one of a character: 0 for a byte that begins none. */
const following = (first: number): number =>
  first >= 0xc2 && first <= 0xdf ? 1 : first >= 0xe0 && first <= 0xef ? 2 : first >= 0xf0 && first <= 0xf4 ? 3 : 0

/**
 * Whether a byte can be the second one of a character: overlong forms, surrogates and what is not in Unicode have none.
 */
const isSecond = (first: number, second: number): boolean =>
  second >= (first === 0xe0 ? 0xa0 : first === 0xf0 ? 0x90 : 0x80)
  && second <= (first === 0xed ? 0x9f : first === 0xf4 ? 0x8f : 0xbf)

export const examineUtf8 = (bytes: Uint8Array): Utf8 => {
  let long = 0
  let invalid = 0
  let at = 0
  while (at < bytes.length) {
    const first = bytes[at++] ?? 0
    if (first < 0x80) continue
    const start = at - 1
    const least = following(first)
    let missing = least
    while (missing > 0 && at < bytes.length) {
      const next = bytes[at] ?? 0
      if (missing === least ? !isSecond(first, next) : next < 0x80 || next > 0xbf) break
      missing--
      at++
    }
    if (least > 0 && missing === 0) long++
    else if (least > 0 && at === bytes.length) return { long, invalid, end: start }
    else invalid++
  }
  return { long, invalid, end: bytes.length }
}

/** The text of bytes that may be damaged: without a character that is cut off at the end. */
const decodeUtf8 = (bytes: Uint8Array): string => utf8Decoder.decode(bytes.subarray(0, examineUtf8(bytes).end))

// ---------------------------------------------------------------------------------------------------------------------
// windows-1252
// ---------------------------------------------------------------------------------------------------------------------

/**
 * What windows-1252 has from 0x80 to 0x9F, where Latin-1 has control characters; the five gaps are those of Latin-1.
 * (The TextDecoder of Node 20 takes the one for the other.)
 */
const from80to9F = "\u20ac\x81\u201a\u0192\u201e\u2026\u2020\u2021\u02c6\u2030\u0160\u2039\u0152\x8d\u017d\x8f" +
  "\x90\u2018\u2019\u201c\u201d\u2022\u2013\u2014\u02dc\u2122\u0161\u203a\u0153\x9d\u017e\u0178"

const decode1252 = (bytes: Uint8Array): string => {
  const codes = new Uint16Array(bytes)
  for (let i = 0; i < codes.length; i++) {
    const code = codes[i] ?? 0
    if (code >= 0x80 && code <= 0x9f) codes[i] = from80to9F.charCodeAt(code - 0x80)
  }
  return fromCodes(codes)
}

// ---------------------------------------------------------------------------------------------------------------------
// the others
// ---------------------------------------------------------------------------------------------------------------------

/** Encodings whose characters take up to two bytes. */
const double: ReadonlySet<Api.TextEncoding> = new Set(["shift_jis", "gbk", "gb18030", "euc-kr", "euc-jp", "big5"])

const decoders = new Map<Api.TextEncoding, ((bytes: Uint8Array) => string) | undefined>()

/** Nothing where the runtime does not know the encoding. */
const decoderOf = (encoding: Api.TextEncoding): ((bytes: Uint8Array) => string) | undefined => {
  if (encoding === "utf-8") return decodeUtf8
  if (encoding === "windows-1252") return decode1252
  if (!decoders.has(encoding)) {
    try {
      const decoder = new TextDecoder(encoding, { fatal: false, ignoreBOM: true })
      decoders.set(encoding, (bytes) => decoder.decode(bytes))
    } catch {
      decoders.set(encoding, undefined)
    }
  }
  return decoders.get(encoding)
}

/** The bytes of characters, those of two as one number. */
type Table = ReadonlyMap<string, number>

const tables = new Map<Api.TextEncoding, Table>()

/** The bytes of each character, found by decoding all there can be, once. */
const tableOf = (encoding: Api.TextEncoding): Table => {
  const known = tables.get(encoding)
  if (known !== undefined) return known
  const decode = decoderOf(encoding) ?? (() => replacement)
  const table = new Map<string, number>()
  const add = (number: number, ...bytes: ReadonlyArray<number>) => {
    const character = decode(Uint8Array.from(bytes))
    if (!character.includes(replacement) && !table.has(character)) table.set(character, number)
  }
  for (let byte = 0; byte <= 0xff; byte++) add(byte, byte)
  if (double.has(encoding)) {
    for (let first = 0x81; first <= 0xfe; first++) {
      for (let second = 0x40; second <= 0xfe; second++) add(first << 8 | second, first, second)
    }
  }
  tables.set(encoding, table)
  return table
}

export const decode = (bytes: Uint8Array, encoding: Api.TextEncoding): string | undefined =>
  decoderOf(encoding)?.(bytes)

/** Nothing where the encoding lacks a character, as each lacks half a surrogate pair. */
export const encode = (text: string, encoding: Api.TextEncoding): Uint8Array | undefined => {
  if (encoding === "utf-8") return /\p{Surrogate}/u.test(text) ? undefined : utf8Encoder.encode(text)
  const table = tableOf(encoding)
  const bytes = new Uint8Array(2 * text.length)
  let length = 0
  for (const character of text) {
    const code = character.charCodeAt(0)
    const found = code < 0x80 ? code : table.get(character)
    if (found === undefined) return undefined
    if (found > 0xff) bytes[length++] = found >> 8
    bytes[length++] = found & 0xff
  }
  return bytes.slice(0, length)
}

/** The text of bytes of ASCII; nothing where another one is among them. */
export const decodeAscii = (bytes: Uint8Array): string | undefined => {
  for (const byte of bytes) if (byte >= 0x80) return undefined
  return fromCodes(bytes)
}
