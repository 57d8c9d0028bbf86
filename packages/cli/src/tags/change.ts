/** What is to become of the tags of a file: which keys get which values, or none. */
import * as Either from "effect/Either"
import { type Failure, usage } from "../failure.js"
import { shown } from "../text.js"
import { formatKey, type Key, parseKey } from "./keys.js"

/** What a key is to have: all of these values, one tag each, and no others. */
export interface Assignment {
  readonly key: Key
  readonly values: ReadonlyArray<string>
}

export type Change = ReadonlyArray<Assignment>

const isInteger = (text: string): boolean => /^-?\d+$/.test(text)
const largest64 = 2n ** 64n - 1n

/** What is wrong with a value, before any file is touched. */
const objection = (key: Key, value: string): string | undefined => {
  if (value.includes("\0")) return "a text cannot hold a zero"
  switch (key._tag) {
    case "TimeReference":
      return isInteger(value) && BigInt(value) >= 0n && BigInt(value) <= largest64
        ? undefined
        : "it is a number of frames from midnight"
    case "Loudness":
      return isInteger(value) && Math.abs(Number(value)) <= 0x7fff
        ? undefined
        : "it is a number of hundredths, up to 32767"
    case "Umid":
      return /^([\da-f]{2}){1,64}$/i.test(value) ? undefined : "it is up to 64 bytes in hexadecimal digits"
    case "Bext":
      return "it is a whole chunk, which can only be removed"
    case "Info":
    case "BextText":
    case "IXml":
      return undefined
  }
}

const checked = ({ key, values }: Assignment): Either.Either<Assignment, Failure> => {
  if (key._tag !== "Info" && values.length > 1) {
    return Either.left(usage(`There can be only one ${formatKey(key)}`))
  }
  for (const value of values) {
    const wrong = objection(key, value)
    if (wrong !== undefined) return Either.left(usage(`${formatKey(key)} cannot be "${shown(value)}": ${wrong}`))
  }
  return Either.right({ key, values })
}

/** A change out of values by keys, in their order; a key of no values is removed. */
export const makeChange = (
  values: ReadonlyMap<string, ReadonlyArray<string>>
): Either.Either<Change, Failure> =>
  Either.all(
    [...values].map(([text, values]) => Either.flatMap(parseKey(text), (key) => checked({ key, values })))
  )

/** A change out of `--tag KEY=TEXT` and `--remove KEY`. */
export const fromOptions = (
  tags: ReadonlyArray<string>,
  remove: ReadonlyArray<string>
): Either.Either<Change, Failure> => {
  const values = new Map<string, Array<string>>(remove.map((key) => [key, []]))
  for (const tag of tags) {
    const equals = tag.indexOf("=")
    if (equals < 0) return Either.left(usage(`A tag is KEY=TEXT, as INAM=Birds, and not "${shown(tag)}"`))
    const key = tag.slice(0, equals)
    if (remove.includes(key)) return Either.left(usage(`${shown(key)} is to be removed, and to be set`))
    values.set(key, [...(values.get(key) ?? []), tag.slice(equals + 1)])
  }
  return makeChange(values)
}
