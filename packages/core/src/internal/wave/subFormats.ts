/** Which format tags the sub-formats of extensible formats are. */
import * as Option from "effect/Option"
import type * as Api from "../../Wave.js"
import { formatTags, nameOf } from "./formatTags.js"

/**
 * The sub-formats that hold a format tag, in their first group: of Microsoft, of ambisonic recordings, and of an old
 * writer that put two bytes too many in the middle.
 */
const tagged = [
  /^0000([0-9a-f]{4})-0000-0010-8000-00aa00389b71$/,
  /^0000([0-9a-f]{4})-0721-11d3-8644-c8c1ca000000$/,
  /^0000([0-9a-f]{4})-0000-0000-0000-1000800000aa$/
]

/**
 * How those of Microsoft read in a file of the other byte order whose writer swapped the format tag at most, and left
 * the other bytes: so SoX writes RIFX.
 */
const swapped = /^([0-9a-f]{4})0000-0000-1000-8000-00aa00389b71$/

export const subFormat = (tag: Api.FormatTag): Option.Option<Api.Guid> => {
  const number = typeof tag === "number" ? tag : formatTags[tag]
  // a number of 16 bits has at most four hexadecimal digits, and the rest is a GUID's
  return Number.isInteger(number) && number >= 0 && number <= 0xffff
    ? Option.some(`${number.toString(16).padStart(8, "0")}-0000-0010-8000-00aa00389b71` as Api.Guid)
    : Option.none()
}

export const tagOf = (subFormat: Api.Guid): Api.FormatTag | undefined => {
  for (const pattern of tagged) {
    const digits = pattern.exec(subFormat)?.[1]
    if (digits === undefined) continue
    const number = Number.parseInt(digits, 16)
    return nameOf(number) ?? number
  }
  const digits = swapped.exec(subFormat)?.[1]
  if (digits === undefined) return undefined
  const number = Number.parseInt(digits, 16)
  const other = (number & 0xff) << 8 | number >> 8
  return nameOf(number) ?? nameOf(other) ?? number
}

export const codecOf = (format: Api.Format): Api.FormatTag | Api.Guid =>
  format._tag === "WaveFormatExtensible" ? tagOf(format.subFormat) ?? format.subFormat : format.formatTag
