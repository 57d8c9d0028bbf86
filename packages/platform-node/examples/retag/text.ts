/** Text that comes from elsewhere, as text of this program. */

const short: { readonly [character: string]: string } = { "\n": "\\n", "\r": "\\r", "\t": "\\t" }

/**
 * Names of files, in a line of output: what could steer a terminal, or turn the reading order, is escaped. Joiners, as
 * in emoji, stay.
 */
export const shown = (text: string): string =>
  text.replace(/[\p{Zl}\p{Zp}]|(?![\u200c\u200d])[\p{Cc}\p{Cf}\p{Cs}]/gu, (character) => {
    const code = character.codePointAt(0) ?? 0
    const digits = code.toString(16)
    return short[character] ?? (code > 0xffff ? `\\u{${digits}}` : `\\u${digits.padStart(4, "0")}`)
  })
