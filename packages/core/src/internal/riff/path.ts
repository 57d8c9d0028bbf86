/**
 * Paths to chunks, as text.
 */
import * as Either from "effect/Either"
import * as FourCC from "../../FourCC.js"
import * as MmioError from "../../MmioError.js"
import type * as Api from "../../Riff.js"

const step = /^([^:[\]/]+?)(?::([^:[\]/]+?))?\s*(?:\[\s*(\d{1,15})\s*\])?$/

/** A code of up to four characters, which spaces complete. */
const codeOf = (text: string): FourCC.FourCC | undefined => {
  const trimmed = text.trim()
  const padded = trimmed.padEnd(4)
  return trimmed !== "" && FourCC.isFourCC(padded) ? padded : undefined
}

/** @internal */
export const parse = (
  operation: string,
  file: string,
  text: string
): Either.Either<Api.Path, MmioError.InvalidParameter> => {
  const path: Array<Api.PathStep> = []
  for (const part of text.split("/")) {
    const [, idText = "", typeText, indexText] = step.exec(part.trim()) ?? []
    const id = codeOf(idText)
    const type = typeText === undefined ? undefined : codeOf(typeText)
    if (id === undefined || (typeText !== undefined && type === undefined)) {
      return Either.left(
        new MmioError.InvalidParameter({
          operation,
          file,
          description: `${JSON.stringify(part.trim())} in ${
            JSON.stringify(text)
          } is no step of a path, such as LIST:INFO or INAM or LIST:INFO[1]`
        })
      )
    }
    path.push({
      id,
      ...(type === undefined ? {} : { type }),
      ...(indexText === undefined ? {} : { index: Number(indexText) })
    })
  }
  return Either.right(path)
}

/** @internal */
export const format = (path: Api.Path): string =>
  path
    .map(({ id, index, type }) =>
      id.trimEnd() + (type === undefined ? "" : `:${type.trimEnd()}`) + (index === undefined ? "" : `[${index}]`)
    )
    .join(" / ")
