/**
 * What a system reports when something fails, and which message it reports it for.
 */
import * as Errno from "@effect-mmio/core/Errno"
import * as MmioError from "@effect-mmio/core/MmioError"

/** The number and the words of each name, as Node gives them on Linux. */
const table = {
  ENOENT: [2, "no such file or directory"],
  ENOTDIR: [20, "not a directory"],
  EISDIR: [21, "illegal operation on a directory"],
  EEXIST: [17, "file already exists"],
  EACCES: [13, "permission denied"],
  EPERM: [1, "operation not permitted"],
  EROFS: [30, "read-only file system"],
  EBUSY: [16, "resource busy or locked"],
  EMFILE: [24, "too many open files"],
  ENFILE: [23, "file table overflow"],
  ENOMEM: [12, "not enough memory"],
  ENOSPC: [28, "no space left on device"],
  EDQUOT: [122, "disk quota exceeded"],
  EFBIG: [27, "file too large"],
  EIO: [5, "i/o error"],
  EINVAL: [22, "invalid argument"],
  EBADF: [9, "bad file descriptor"],
  ESPIPE: [29, "invalid seek"],
  EXDEV: [18, "cross-device link not permitted"],
  ETIMEDOUT: [110, "connection timed out"],
  ECONNRESET: [104, "connection reset by peer"],
  ENETDOWN: [100, "network is down"],
  EHOSTUNREACH: [113, "host is unreachable"],
  ESTALE: [116, "stale file handle"]
} as const

/** @internal */
export type ErrnoName = keyof typeof table

/** @internal */
export const names = Object.keys(table) as [ErrnoName, ...Array<ErrnoName>] // the keys of a literal are its keys

const messages = [
  "open",
  "readAt",
  "writeAt",
  "size",
  "truncate",
  "commit",
  "close",
  "rename",
  "remove",
  "exists",
  "fullName",
  "tempName",
  "stat",
  "list",
  "makeFolder",
  "removeFolder"
] as const

/** @internal */
export const messageNames = messages

/** @internal */
export type MessageName = typeof messages[number]

/** Which system call a message comes down to. */
const syscalls: Record<MessageName, string> = {
  open: "open",
  readAt: "read",
  writeAt: "write",
  size: "fstat",
  truncate: "ftruncate",
  commit: "fsync",
  close: "close",
  rename: "rename",
  remove: "unlink",
  exists: "stat",
  fullName: "realpath",
  tempName: "open",
  stat: "stat",
  list: "scandir",
  makeFolder: "mkdir",
  removeFolder: "rmdir"
}

/**
 * What each message really fails with, one of a kind: a program that handles ENFILE handles EMFILE.
 *
 * @internal
 */
export const usual: Record<MessageName, ReadonlyArray<ErrnoName>> = {
  open: ["ENOENT", "EACCES", "EBUSY", "EMFILE", "ENOMEM", "EIO", "ETIMEDOUT"],
  readAt: ["EIO", "ETIMEDOUT"],
  writeAt: ["ENOSPC", "EIO", "EDQUOT", "ETIMEDOUT"],
  size: ["EIO", "ETIMEDOUT"],
  truncate: ["ENOSPC", "EIO", "ETIMEDOUT"],
  commit: ["ENOSPC", "EIO", "EDQUOT", "ETIMEDOUT"],
  close: ["EIO", "EDQUOT", "ETIMEDOUT"],
  rename: ["EACCES", "EBUSY", "ENOSPC", "EIO", "ETIMEDOUT"],
  remove: ["EACCES", "EBUSY", "EIO", "ETIMEDOUT"],
  exists: ["EACCES", "EIO", "ETIMEDOUT"],
  fullName: ["EACCES", "ENOENT"],
  tempName: ["EACCES", "EMFILE", "ENOSPC", "EIO", "ETIMEDOUT"],
  stat: ["ENOENT", "EACCES", "EIO", "ETIMEDOUT"],
  list: ["ENOENT", "EACCES", "EIO", "ETIMEDOUT"],
  makeFolder: ["ENOENT", "EACCES", "ENOSPC", "EIO", "ETIMEDOUT"],
  removeFolder: ["ENOENT", "EACCES", "EBUSY", "EIO", "ETIMEDOUT"]
}

/** An error as Node makes it: the name in `code`. Calls on an open file do not know its path. */
const systemError = (name: ErrnoName, message: MessageName, path: string | undefined): Error => {
  const [errno, words] = table[name]
  const syscall = syscalls[message]
  const place = path === undefined ? "" : ` '${path}'`
  return Object.assign(new Error(`${name}: ${words}, ${syscall}${place}`), {
    errno: -errno,
    code: name,
    syscall,
    ...(path === undefined ? {} : { path })
  })
}

const named = (name: ErrnoName, message: MessageName, file: string): Errno.Origin => ({
  operation: `Fault.${message}`,
  file,
  cause: systemError(name, message, file)
})

const opened = (name: ErrnoName, message: MessageName, file: string, position?: number): Errno.Origin => ({
  operation: `Fault.${message}`,
  file,
  position,
  cause: systemError(name, message, undefined)
})

/** @internal */
export const openError = (name: ErrnoName, file: string) => Errno.openError(named(name, "open", file), false)

/** @internal */
export const readError = (name: ErrnoName, file: string, position: number | undefined) =>
  Errno.readError(opened(name, "readAt", file, position))

/** @internal */
export const writeError = (
  name: ErrnoName,
  message: "writeAt" | "truncate" | "commit",
  file: string,
  position: number | undefined
) => Errno.writeError(opened(name, message, file, position))

/** @internal */
export const sizeError = (name: ErrnoName, file: string): MmioError.SeekError => {
  const origin = opened(name, "size", file)
  const error = Errno.readError(origin)
  return error._tag === "NetworkError" ? error : Errno.seekError(origin)
}

/** @internal */
export const closeError = (name: ErrnoName, file: string) => Errno.closeError(opened(name, "close", file))

/** @internal */
export const renameError = (name: ErrnoName, message: "rename" | "remove", file: string) =>
  Errno.renameError(named(name, message, file), false)

/** @internal */
export const existsError = (name: ErrnoName, file: string) => Errno.existsError(named(name, "exists", file))

/** @internal */
export const fullNameError = (name: ErrnoName, file: string): MmioError.FullNameError => {
  const origin = named(name, "fullName", file)
  const error = Errno.openError(origin, true)
  return error._tag === "AccessDenied" ? error : new MmioError.PathNotFound({
    operation: origin.operation,
    file,
    description: error.description,
    cause: origin.cause
  })
}

/** @internal */
export const statError = (name: ErrnoName, file: string): MmioError.StatError => {
  const origin = named(name, "stat", file)
  const error = Errno.openError(origin, false)
  return error._tag === "FileNotFound" || error._tag === "PathNotFound" ? error : Errno.existsError(origin)
}

/** @internal */
export const listError = (name: ErrnoName, file: string): MmioError.ListError => {
  const origin = named(name, "list", file)
  const error = Errno.openError(origin, true)
  return error._tag === "PathNotFound" ? error : Errno.existsError(origin)
}

/** @internal */
export const folderError = (
  name: ErrnoName,
  message: "makeFolder" | "removeFolder",
  file: string
): MmioError.FolderError => {
  const origin = named(name, message, file)
  const error = Errno.renameError(origin, true)
  // With its folder missing, it is PathNotFound.
  return error._tag === "FileNotFound"
    ? new MmioError.PathNotFound({
      operation: origin.operation,
      file,
      description: error.description,
      cause: origin.cause
    })
    : error
}

/** @internal */
export const tempNameError = (name: ErrnoName, file: string) => Errno.tempNameError(named(name, "tempName", file))
