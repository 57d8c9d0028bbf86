/** Failures, as a sentence for a person and an exit code for a script. */
import * as MmioError from "@effect-mmio/core/MmioError"
import * as Data from "effect/Data"
import * as path from "node:path"
import { inCommands } from "./problems.js"
import { shown } from "./text.js"

/** How the command ends; README.md has the table for users. */
export const exitCodes = {
  ok: 0,
  damaged: 1,
  usage: 2,
  notFound: 3,
  refused: 4,
  invalid: 5,
  io: 6,
  bug: 70,
  interrupted: 130
} as const

export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes]

/** What the command itself refuses or finds wrong: `message` is the whole sentence. */
export class Failure extends Data.TaggedError("Failure")<{
  readonly exitCode: ExitCode
  readonly message: string
}> {}

/** The command has reported everything that went wrong, and ends with this code. */
export class Reported extends Data.TaggedError("Reported")<{ readonly exitCode: ExitCode }> {}

export const usage = (message: string): Failure => new Failure({ exitCode: exitCodes.usage, message })

/** What can go wrong with one file. */
export type FileError = MmioError.MmioError | Failure

/** A failure as it is reported. */
export interface Sentence {
  readonly tag: string
  readonly message: string
  readonly exitCode: ExitCode
}

const exitCodeOf = (error: MmioError.MmioError): ExitCode => {
  switch (error._tag) {
    case "FileNotFound":
    case "PathNotFound":
    case "ChunkNotFound":
      return exitCodes.notFound
    case "AccessDenied":
    case "SharingViolation":
    case "VersionChanged":
      return exitCodes.refused
    case "InvalidFile":
      return exitCodes.invalid
    case "InvalidParameter":
      return exitCodes.usage
    case "CannotOpen":
      return error.errno === "EEXIST" || error.errno === "EISDIR" ? exitCodes.usage : exitCodes.io
    case "OutOfMemory":
    case "CannotClose":
    case "CannotRead":
    case "CannotWrite":
    case "CannotSeek":
    case "CannotExpand":
    case "Unbuffered":
    case "NetworkError":
    case "TooManyOpenFiles":
      return exitCodes.io
  }
}

/** The folder of a file. */
const folderOf = (file: string): string =>
  file.slice(0, Math.max(file.lastIndexOf("/"), path.sep === "/" ? 0 : file.lastIndexOf(path.sep))) || file

const sentenceOf = (error: MmioError.MmioError): string => {
  switch (error._tag) {
    case "FileNotFound":
      return `${shown(error.file)}: there is no such file`
    case "PathNotFound":
      return error.errno === "ELOOP"
        ? `${shown(error.file)}: its links lead in a circle`
        : `${shown(folderOf(error.file))}: there is no such folder`
    case "CannotOpen":
      if (error.errno === "EEXIST") return `${shown(error.file)} exists already; --force replaces it`
      if (error.errno === "EISDIR") return `${shown(error.file)} is a folder: name the files in it`
      break
    case "CannotSeek":
      return `${shown(error.file)}: one can only go forward in it, and this needs a file`
  }
  // The message is safe to print, and begins with the function, which means nothing to a user.
  return inCommands(error.message.slice(`${error.operation} `.length))
}

/** What to say of a failure, and how the command ends. */
export const describe = (error: FileError): Sentence =>
  error._tag === "Failure"
    ? { tag: "Failure", message: error.message, exitCode: error.exitCode }
    : { tag: error._tag, message: sentenceOf(error), exitCode: exitCodeOf(error) }

/** What to say of a bug: the command cannot do anything about it, and shows what a report needs. */
export const describeDefect = (defect: unknown): Sentence =>
  // A file that could not be flushed as its scope ended fails with a typed error as a defect.
  MmioError.isMmioError(defect) && defect._tag !== "InvalidHandle"
    ? describe(defect)
    : {
      tag: "Defect",
      message: `this should not have happened: ${shown(defect instanceof Error ? defect.message : String(defect))}`,
      exitCode: exitCodes.bug
    }
