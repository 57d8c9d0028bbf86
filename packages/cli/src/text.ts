/** Text for people: what comes out of files is made safe to print, and numbers readable. */
import * as FourCC from "@effect-mmio/core/FourCC"
import * as Duration from "effect/Duration"
import type * as Option from "effect/Option"

const short: Readonly<Record<string, string>> = { "\n": "\\n", "\r": "\\r", "\t": "\\t" }

/**
 * Text on one line of a terminal: what could steer the terminal, or turn the reading order, is escaped. Joiners, as in
 * emoji, stay.
 */
export const shown = (text: string): string =>
  text.replace(/[\p{Zl}\p{Zp}]|(?![\u200c\u200d])[\p{Cc}\p{Cf}\p{Cs}]/gu, (character) => {
    const code = character.codePointAt(0) ?? 0
    const digits = code.toString(16)
    return short[character] ?? (code > 0xffff ? `\\u{${digits}}` : `\\u${digits.padStart(4, "0")}`)
  })

const longest = 100

/** Text of a file in quotes, shortened. */
export const quoted = (text: string): string =>
  `"${shown(text.slice(0, longest))}"${text.length > longest ? " ..." : ""}`

/** The id of a chunk, and the type of a container, as people call them. */
export const chunkName = (id: string, type: Option.Option<string>): string =>
  [id, ...(type._tag === "Some" ? [type.value] : [])]
    .map((code) => /^[\x20-\x7e]*$/.test(code) ? code : FourCC.format(code))
    .join(" ")
    .trimEnd()

/** `1 byte`, `2 bytes`. */
export const counted = (count: number, one: string, many = `${one}s`): string => `${count} ${count === 1 ? one : many}`

/** A length of time as `0:03:25.120`. */
export const time = (duration: Duration.Duration): string => {
  const milliseconds = Math.round(Duration.toMillis(duration))
  const padded = (value: number, digits: number) => String(value).padStart(digits, "0")
  const [hours, minutes] = [Math.floor(milliseconds / 3_600_000), Math.floor(milliseconds / 60_000) % 60]
  return `${hours}:${padded(minutes, 2)}:${padded(Math.floor(milliseconds / 1000) % 60, 2)}.${
    padded(milliseconds % 1000, 3)
  }`
}

/** Bytes in hexadecimal digits. */
export const hex = (bytes: Uint8Array): string =>
  Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("")

/** One line of a table of chunks. */
export const row = (offset: number | string, size: number | string, name: string, note = ""): string =>
  `${String(offset).padStart(11)} ${String(size).padStart(11)}  ${name.padEnd(20)}  ${note}`.trimEnd()
