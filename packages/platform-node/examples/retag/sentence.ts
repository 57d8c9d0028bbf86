/** Failures, as one sentence each. */
import { MmioError } from "@effect-mmio/core"
import { Cause } from "effect"
import { Refused } from "./refused.js"
import { shown } from "./text.js"

/** What went wrong, for a user who does not know this program from the inside. */
export const sentenceOf = (cause: Cause.Cause<unknown>): string => shown(sentence(cause))

const sentence = (cause: Cause.Cause<unknown>): string => {
  const error = Cause.squash(cause)
  if (error instanceof Refused) return error.message
  if (MmioError.isMmioError(error)) return said(error)
  return `This should not have happened: ${error instanceof Error ? error.message : String(error)}`
}

const said = (error: MmioError.MmioError | MmioError.InvalidHandle): string => {
  switch (error._tag) {
    case "FileNotFound":
      return `There is no file ${error.file}.`
    case "PathNotFound":
      return `There is no folder for ${error.file}.`
    case "AccessDenied":
      return `${error.file} is not accessible: ${error.description}.`
    case "CannotOpen":
      return `${error.file} cannot be opened: ${error.description}.`
    case "OutOfMemory":
      return `${error.file} does not fit into memory.`
    case "CannotWrite":
    case "CannotExpand":
      return `${error.file} cannot be written: ${error.description}.`
    case "CannotSeek":
      return `${error.file} cannot be used, because one can only go forward in it.`
    default:
      return `${error.file}: ${error.description}.`
  }
}
