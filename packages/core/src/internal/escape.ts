/**
 * Text from files, and names of files, in messages: nothing in it acts on the terminal, the log or the reading order.
 */

/**
 * Control characters, line and paragraph separators, lone surrogates, bidi controls, and characters without a glyph
 * that hide text. Joiners stay: scripts and emoji need them.
 */
const unsafe =
  /[\p{Cc}\p{Zl}\p{Zp}\p{Cs}\p{Bidi_Control}\u00ad\u180e\u200b\u2060-\u2064\u206a-\u206f\ufeff\ufff9-\ufffb\u{e0000}-\u{e007f}]/gu

const short: Readonly<Record<string, string>> = { "\n": "\\n", "\r": "\\r", "\t": "\\t" }

const escaped = (character: string): string => {
  const code = character.codePointAt(0) ?? 0
  const digits = code.toString(16)
  return short[character] ?? (code > 0xffff ? `\\u{${digits}}` : `\\u${digits.padStart(4, "0")}`)
}

/**
 * The text on one line: what cannot be printed is written as `\n`, `\u001b` and the like, and all other characters
 * stay, backslashes too.
 *
 * @internal
 */
export const escape = (text: string): string => text.replace(unsafe, escaped)

/** How much of a text that a message quotes is shown. */
const mostQuoted = 80

/**
 * The text in double quotes, with quotes and backslashes escaped too, and shortened.
 *
 * @internal
 */
export const quote = (text: string): string => {
  const shown = text.length > mostQuoted ? `${text.slice(0, mostQuoted)}...` : text
  return `"${escape(shown.replace(/["\\]/g, "\\$&"))}"`
}
