/**
 * The failures of an overlay: what one of its storages says on the way to a call, as a failure of that call.
 */
import type * as FileName from "../../FileName.js"
import * as MmioError from "../../MmioError.js"

/** What the storages of an overlay fail with. @internal */
export type StorageError =
  | MmioError.StatError
  | MmioError.FolderError
  | MmioError.OpenError
  | MmioError.CommitError
  | MmioError.TempNameError
  | MmioError.CloseError

/** The details of a failure of the overlay itself. @internal */
export const details = (operation: string, name: FileName.FileName, description: string) => ({
  operation: `IOProc.overlay.${operation}`,
  file: name.full,
  description
})

/** Whether a storage says that it has no such name. @internal */
export const isMissing = (error: StorageError): boolean =>
  error._tag === "FileNotFound" || error._tag === "PathNotFound"

/** @internal */
export const reserved = (operation: string, name: FileName.FileName): MmioError.AccessDenied =>
  new MmioError.AccessDenied(details(operation, name, "an overlay keeps names that begin with .wh. for itself"))

/** @internal */
export const notAFile = (operation: string, name: FileName.FileName): MmioError.CannotOpen =>
  new MmioError.CannotOpen({ ...details(operation, name, "it is a folder"), errno: "EISDIR" })

/** @internal */
export const cannotChange = (
  operation: string,
  name: FileName.FileName,
  description: string,
  errno: string
): MmioError.CannotWrite => new MmioError.CannotWrite({ ...details(operation, name, description), errno, written: 0 })

/** A failure on the way to an open file. @internal */
export const asOpenError = (error: StorageError): MmioError.OpenError =>
  error._tag === "CannotRead" || error._tag === "CannotWrite" || error._tag === "CannotExpand" ||
    error._tag === "CannotClose"
    ? new MmioError.CannotOpen({
      operation: error.operation,
      file: error.file,
      description: error.description,
      errno: error.errno,
      cause: error
    })
    : error

/** A failure on the way to a change of names. @internal */
export const asRenameError = (error: StorageError): MmioError.RenameError =>
  error._tag === "FileNotFound" || error._tag === "PathNotFound" || error._tag === "AccessDenied"
    || error._tag === "SharingViolation" || error._tag === "NetworkError" || error._tag === "CannotWrite"
    ? error
    : new MmioError.CannotWrite({
      operation: error.operation,
      file: error.file,
      description: error.description,
      errno: error.errno,
      written: 0,
      cause: error
    })

/** A failure on the way to a temporary file. @internal */
export const asTempNameError = (error: StorageError): MmioError.TempNameError => {
  const failure = asRenameError(error)
  return failure._tag === "FileNotFound"
    ? new MmioError.PathNotFound(failure)
    : failure._tag === "SharingViolation"
    ? new MmioError.AccessDenied(failure)
    : failure
}

/** A failure on the way to a change of folders. @internal */
export const asFolderError = (error: StorageError): MmioError.FolderError => {
  const failure = asRenameError(error)
  return failure._tag === "FileNotFound" ? new MmioError.PathNotFound(failure) : failure
}
