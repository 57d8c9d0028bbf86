/**
 * What `@effect/platform` calls its failures, and how it writes paths.
 */
import type * as PlatformError from "@effect/platform/Error"
import type * as FileSystem from "@effect/platform/FileSystem"
import * as Effect from "effect/Effect"
import * as Errno from "../../Errno.js"

// ---------------------------------------------------------------------------------------------------------------------
// errors
// ---------------------------------------------------------------------------------------------------------------------

/** What the platform's own words mean, on a platform that has no POSIX names. */
const names: { readonly [Reason in PlatformError.SystemErrorReason]?: string } = {
  AlreadyExists: "EEXIST",
  Busy: "EBUSY",
  NotFound: "ENOENT",
  PermissionDenied: "EACCES",
  TimedOut: "ETIMEDOUT"
}

const wordOf = (cause: PlatformError.PlatformError): string | undefined =>
  cause._tag === "SystemError" ? names[cause.reason] : undefined

/** @internal */
export const errnoOf = (cause: PlatformError.PlatformError): string | undefined => Errno.nameOf(cause) ?? wordOf(cause)

/** @internal */
export const isMissing = (cause: PlatformError.PlatformError): boolean => errnoOf(cause) === "ENOENT"

/** @internal */
export const originOf = (
  operation: string,
  file: string,
  cause: PlatformError.PlatformError,
  position?: number
): Errno.Origin => ({ operation: `FileSystemIOProc.${operation}`, file, position, cause, name: wordOf(cause) })

// ---------------------------------------------------------------------------------------------------------------------
// paths
// ---------------------------------------------------------------------------------------------------------------------

/** Whether paths are those of Windows: the platform does not say, but its current folder shows it. @internal */
export const asksForWindows = (fileSystem: FileSystem.FileSystem): Effect.Effect<boolean> =>
  Effect.match(fileSystem.realPath("."), {
    onFailure: () => false,
    onSuccess: (path) => /^(?:[A-Za-z]:)?\\/.test(path)
  })

/**
 * The folder of a file, with a separator at its end, and the last component. On Windows `\` separates as well, and a
 * drive is the folder of what follows it.
 *
 * @internal
 */
export const splitPath = (path: string, windows: boolean): { readonly folder: string; readonly last: string } => {
  const separator = windows
    ? Math.max(path.lastIndexOf("/"), path.lastIndexOf("\\"), /^[A-Za-z]:/.test(path) ? 1 : -1)
    : path.lastIndexOf("/")
  return { folder: separator < 0 ? "." : path.slice(0, separator + 1), last: path.slice(separator + 1) }
}

/** @internal */
export const isAbsolute = (path: string, windows: boolean): boolean =>
  (windows ? /^(?:[A-Za-z]:)?[/\\]/ : /^\//).test(path)

/** @internal */
export const join = (folder: string, last: string, windows: boolean): string =>
  folder === "" || (windows ? /[/\\:]$/ : /\/$/).test(folder)
    ? folder + last
    : `${folder}${windows ? "\\" : "/"}${last}`

/** The folder of temporary files: the platform shows it only by making one there. @internal */
export const findTemporaryFolder = (
  fileSystem: FileSystem.FileSystem,
  windows: boolean
): Effect.Effect<string, PlatformError.PlatformError> =>
  Effect.flatMap(
    fileSystem.makeTempDirectory(),
    (made) => Effect.as(fileSystem.remove(made, { recursive: true }), splitPath(made, windows).folder)
  )
