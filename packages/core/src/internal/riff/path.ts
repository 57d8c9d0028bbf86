/**
 * Paths to chunks, as text.
 */
import * as Data from "effect/Data"
import * as Either from "effect/Either"
import * as FourCC from "../../FourCC.js"
import * as MmioError from "../../MmioError.js"
import type * as Api from "../../Riff.js"
import { quote } from "../escape.js"

/** A code of up to four characters, which spaces complete. */
const codeOf = (text: string): FourCC.FourCC | undefined => {
  const trimmed = text.trim()
  const padded = trimmed.padEnd(4)
  return trimmed !== "" && FourCC.isFourCC(padded) ? padded : undefined
}

/** The digits of an index. */
const digits = /^\d{1,15}$/
const punctuation = /[:[\]/]/

/** An id or a type. */
const nameOf = (text: string): FourCC.FourCC | undefined => {
  const code = codeOf(text)
  return code === undefined || punctuation.test(code) ? undefined : code
}

/** Reads one step, in time that is linear in its length; undefined where it is not one. */
const stepOf = (text: string): Api.PathStep | undefined => {
  const bracket = text.indexOf("[")
  const name = bracket < 0 ? text : text.slice(0, bracket)
  const colon = name.indexOf(":")
  const id = nameOf(colon < 0 ? name : name.slice(0, colon))
  if (id === undefined) return undefined
  const type = colon < 0 ? undefined : nameOf(name.slice(colon + 1))
  if (colon >= 0 && type === undefined) return undefined
  const named = { id, ...(type === undefined ? {} : { type }) }
  if (bracket < 0) return Data.struct(named)
  const index = text.endsWith("]") ? text.slice(bracket + 1, -1).trim() : ""
  return digits.test(index) ? Data.struct({ ...named, index: Number(index) }) : undefined
}

/** @internal */
export const parse = (
  operation: string,
  file: string,
  text: string
): Either.Either<Api.Path, MmioError.InvalidParameter> => {
  const path: Array<Api.PathStep> = []
  for (const part of text.split("/")) {
    const step = stepOf(part.trim())
    if (step === undefined) {
      return Either.left(
        new MmioError.InvalidParameter({
          operation,
          file,
          description: `${quote(part.trim())} in ${
            quote(text)
          } is no step of a path, such as LIST:INFO or INAM or LIST:INFO[1]`
        })
      )
    }
    path.push(step)
  }
  return Either.right(Data.unsafeArray(path))
}

/** @internal */
export const format = (path: Api.Path): string =>
  path
    .map(({ id, index, type }) =>
      id.trimEnd() + (type === undefined ? "" : `:${type.trimEnd()}`) + (index === undefined ? "" : `[${index}]`)
    )
    .join(" / ")
