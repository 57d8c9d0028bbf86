/**
 * Four-character codes: the names of chunks, form types and storage drivers.
 *
 * A code is a string of exactly four Latin-1 characters, one a byte: strings, because people read them. Where codes
 * are compared in bulk, the numbers of {@link toNumber} are compared instead.
 *
 * @since 0.1.0
 */
import type * as Brand from "effect/Brand"
import * as Option from "effect/Option"
import { escape } from "./internal/escape.js"

const isLatin1 = (text: string, index: number) => text.charCodeAt(index) <= 0xff

/**
 * A string of exactly four Latin-1 characters, as `FOURCC` holds four bytes.
 *
 * @since 0.1.0
 * @category models
 */
export type FourCC = string & Brand.Brand<"@effect-mmio/core/FourCC">

/**
 * `S` itself where it is a literal of exactly four characters, otherwise `never`.
 *
 * @since 0.1.0
 * @category models
 */
export type FourCharacters<S extends string> = S extends `${infer _A}${infer _B}${infer _C}${infer D}`
  ? D extends `${infer _}${infer Rest}` ? Rest extends "" ? S : never
  : never
  : never

/**
 * Whether a value is a string of exactly four Latin-1 characters.
 *
 * @since 0.1.0
 * @category guards
 */
export const isFourCC = (u: unknown): u is FourCC =>
  typeof u === "string" && u.length === 4 && isLatin1(u, 0) && isLatin1(u, 1) && isLatin1(u, 2) && isLatin1(u, 3)

/**
 * The code that a literal of four characters spells (`mmioFOURCC`). A literal of any other length does not compile;
 * text that is only known at run time goes through {@link option} or {@link fromString}.
 *
 * Throws a `RangeError` for a character beyond Latin-1, which no type can see.
 *
 * @example
 * ```ts
 * import { FourCC } from "@effect-mmio/core"
 *
 * const wave = FourCC.make("WAVE")
 * // @ts-expect-error three characters are not a code
 * FourCC.make("fmt")
 * ```
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = <const S extends string>(text: S & FourCharacters<S>): FourCC => {
  const code: string = text
  if (isFourCC(code)) return code
  throw new RangeError(`${JSON.stringify(text)} is not a four-character code`)
}

/**
 * The code that a text spells, if it has exactly four Latin-1 characters.
 *
 * @since 0.1.0
 * @category constructors
 */
export const option = (text: string): Option.Option<FourCC> => isFourCC(text) ? Option.some(text) : Option.none()

/**
 * Any text as a code (`mmioStringToFOURCC`): cut after four characters or padded with spaces, in upper case if asked
 * (`MMIO_TOUPPER`). A character beyond Latin-1 becomes `?`, as the original's conversion has it.
 *
 * @example
 * ```ts
 * import { FourCC } from "@effect-mmio/core"
 *
 * FourCC.fromString("fmt") // "fmt "
 * FourCC.fromString("longext", { upperCase: true }) // "LONG"
 * ```
 *
 * @since 0.1.0
 * @category constructors
 */
export const fromString = (text: string, options?: {
  /** Whether to turn the letters a to z into capitals. Default: false. */
  readonly upperCase?: boolean | undefined
}): FourCC => {
  let code = ""
  for (let i = 0; i < 4; i++) {
    let byte = i < text.length ? text.charCodeAt(i) : 0x20
    if (byte > 0xff) byte = 0x3f
    else if (options?.upperCase === true && byte >= 0x61 && byte <= 0x7a) byte -= 0x20
    code += String.fromCharCode(byte)
  }
  return code as FourCC // four characters, each at most 0xFF, by construction
}

/**
 * The code stored in the four bytes from `offset` on, which must be there: a missing byte reads as zero.
 *
 * @since 0.1.0
 * @category conversions
 */
export const fromBytes = (bytes: Uint8Array, offset = 0): FourCC =>
  String.fromCharCode(
    bytes[offset] ?? 0,
    bytes[offset + 1] ?? 0,
    bytes[offset + 2] ?? 0,
    bytes[offset + 3] ?? 0
  ) as FourCC // four bytes, so four characters of at most 0xFF

/**
 * The code whose little-endian number this is (`mmioFOURCC` builds such numbers); bits beyond the lower 32 are ignored.
 *
 * @since 0.1.0
 * @category conversions
 */
export const fromNumber = (value: number): FourCC =>
  String.fromCharCode(
    value & 0xff,
    (value >>> 8) & 0xff,
    (value >>> 16) & 0xff,
    (value >>> 24) & 0xff
  ) as FourCC // as above

/**
 * The little-endian number of a code, 0 to 0xFFFFFFFF: what `mmioFOURCC` computes, and what the four bytes read as.
 *
 * @since 0.1.0
 * @category conversions
 */
export const toNumber = (self: FourCC): number =>
  (self.charCodeAt(0) | self.charCodeAt(1) << 8 | self.charCodeAt(2) << 16 | self.charCodeAt(3) << 24) >>> 0

/**
 * A code as one reads it in a message: in double quotes, what cannot be printed as `\xNN`, and characters beyond
 * Latin-1 that cannot be printed as `\uNNNN`.
 *
 * @since 0.1.0
 * @category conversions
 */
export const format = (self: string): string => {
  let text = ""
  for (const character of self) {
    const code = character.charCodeAt(0)
    text += code >= 0x20 && code <= 0x7e
      ? (code === 0x22 || code === 0x5c ? "\\" : "") + character
      : code <= 0xff
      ? `\\x${code.toString(16).padStart(2, "0")}`
      : escape(character)
  }
  return `"${text}"`
}

/**
 * The code of RIFF chunks (`FOURCC_RIFF`).
 *
 * @since 0.1.0
 * @category constants
 */
export const RIFF: FourCC = make("RIFF")

/**
 * The code of LIST chunks (`FOURCC_LIST`).
 *
 * @since 0.1.0
 * @category constants
 */
export const LIST: FourCC = make("LIST")

/**
 * The code of plain names (`FOURCC_DOS`): the storage itself, unless a driver is installed as `"DOS "`. The most recent
 * one then serves plain names, and the option `ioProc: "DOS "`.
 *
 * @since 0.1.0
 * @category constants
 */
export const DOS: FourCC = make("DOS ")

/**
 * The code of files that are blocks of memory (`FOURCC_MEM`), unless a driver is installed as `"MEM "`.
 * `Mmio.openMemory` always opens a block.
 *
 * @since 0.1.0
 * @category constants
 */
export const MEM: FourCC = make("MEM ")
