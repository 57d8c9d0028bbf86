/**
 * The failures of this library in the words of `@effect/platform`.
 */
import * as PlatformError from "@effect/platform/Error"
import type * as MmioError from "../../MmioError.js"

/** What the names of the system mean there. */
const reasons: { readonly [errno: string]: PlatformError.SystemErrorReason } = {
  EACCES: "PermissionDenied",
  EAGAIN: "WouldBlock",
  EBUSY: "Busy",
  EEXIST: "AlreadyExists",
  EISDIR: "BadResource",
  ELOOP: "BadResource",
  ENOENT: "NotFound",
  ENOTDIR: "BadResource",
  EPERM: "PermissionDenied",
  ETIMEDOUT: "TimedOut"
}

const reasonOf = (error: MmioError.MmioError): PlatformError.SystemErrorReason => {
  switch (error._tag) {
    case "FileNotFound":
    case "PathNotFound":
      return "NotFound"
    case "AccessDenied":
      return "PermissionDenied"
    case "SharingViolation":
      return "Busy"
    case "InvalidFile":
      return "InvalidData"
    default:
      return error.errno === undefined ? "Unknown" : reasons[error.errno] ?? "Unknown"
  }
}

/** @internal */
export const toPlatform = (method: string, path: string) => (error: MmioError.MmioError): PlatformError.PlatformError =>
  error._tag === "InvalidParameter"
    ? badArgument(method, error.description, error)
    : new PlatformError.SystemError({
      reason: reasonOf(error),
      module: "FileSystem",
      method,
      pathOrDescriptor: path,
      description: error.errno === undefined ? error.description : `${error.description} (${error.errno})`,
      cause: error
    })

/** @internal */
export const badArgument = (method: string, description: string, cause?: unknown): PlatformError.BadArgument =>
  new PlatformError.BadArgument({
    module: "FileSystem",
    method,
    description,
    ...(cause === undefined ? {} : { cause })
  })

/** @internal */
export const systemError = (
  reason: PlatformError.SystemErrorReason,
  method: string,
  path: string,
  description: string
): PlatformError.SystemError =>
  new PlatformError.SystemError({ reason, module: "FileSystem", method, pathOrDescriptor: path, description })

/** What no storage can do. @internal */
export const refusal = (method: string, path: string, description: string): PlatformError.SystemError =>
  systemError("PermissionDenied", method, path, description)

/** @internal */
export const isReason = (error: PlatformError.PlatformError, reason: PlatformError.SystemErrorReason): boolean =>
  error._tag === "SystemError" && error.reason === reason
