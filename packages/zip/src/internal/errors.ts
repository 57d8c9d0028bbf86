/**
 * Failures of the storage of an archive, as failures of what was asked of its elements.
 */
import * as MmioError from "@effect-mmio/core/MmioError"

/** What reading an archive can fail with, other than its bytes being wrong. @internal */
export type LoadError = MmioError.OpenError

/** The fields that all errors have. */
const detailsOf = (
  { cause, description, errno, file, operation, position }: MmioError.MmioError
): MmioError.Details => ({ operation, file, position, description, errno, cause })

const caused = (error: MmioError.MmioError): MmioError.Details => ({ ...detailsOf(error), cause: error })

/** @internal */
export const asOpenError = (error: MmioError.ReadError | MmioError.SeekError): MmioError.OpenError =>
  error._tag === "NetworkError" || error._tag === "VersionChanged" ? error : new MmioError.CannotOpen(caused(error))

/** @internal */
export const asStatError = (error: MmioError.OpenError): MmioError.StatError => {
  switch (error._tag) {
    case "FileNotFound":
    case "PathNotFound":
    case "AccessDenied":
    case "NetworkError":
      return error
    default:
      return new MmioError.CannotRead(caused(error))
  }
}

/** @internal */
export const asReadError = (error: MmioError.OpenError): MmioError.ReadError =>
  error._tag === "NetworkError" || error._tag === "VersionChanged" ? error : new MmioError.CannotRead(caused(error))

/** @internal */
export const asWriteError = (error: MmioError.MmioError): MmioError.WriteError => {
  switch (error._tag) {
    case "CannotWrite":
    case "CannotExpand":
    case "NetworkError":
      return error
    default:
      return new MmioError.CannotWrite({ ...caused(error), written: 0 })
  }
}

/** @internal */
export const asCommitError = (error: MmioError.MmioError): MmioError.CommitError =>
  error._tag === "VersionChanged" ? error : asWriteError(error)

/** Why a change is not made: the limits would refuse to read what it makes. @internal */
export const tooLarge = (file: string, description: string): MmioError.CannotExpand =>
  new MmioError.CannotExpand({
    operation: "ZipIOProc.write",
    file,
    description: `it could not be read again: ${description}`
  })

/** What renaming and removing fail with; a change by another writer is that of a file that is in use. @internal */
export const asRenameError = (error: MmioError.MmioError): MmioError.RenameError => {
  switch (error._tag) {
    case "FileNotFound":
    case "PathNotFound":
    case "AccessDenied":
    case "SharingViolation":
    case "NetworkError":
    case "CannotWrite":
      return error
    case "VersionChanged":
      return new MmioError.SharingViolation(caused(error))
    default:
      return new MmioError.CannotWrite({ ...caused(error), written: 0 })
  }
}

/** @internal */
export const asFolderError = (error: MmioError.MmioError): MmioError.FolderError => {
  const failure = asRenameError(error)
  return failure._tag === "FileNotFound" ? new MmioError.PathNotFound(caused(failure)) : failure
}
