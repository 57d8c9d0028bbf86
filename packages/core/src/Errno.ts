/**
 * The names that POSIX systems give their errors (`ENOENT`, `ENOSPC`, …) as the errors of this library.
 *
 * For authors of drivers over something that reports such names; the original error always stays in `cause`.
 *
 * @since 0.1.0
 */
import * as Predicate from "effect/Predicate"
import { errnoName } from "./internal/errnoName.js"
import * as MmioError from "./MmioError.js"

/**
 * Where an error came from: the call, the file, the place, and the foreign error itself.
 *
 * @since 0.1.0
 * @category models
 */
export interface Origin {
  /** The function that failed, such as `"NodeIOProc.open"`. */
  readonly operation: string
  /** The name of the file, as text. */
  readonly file: string
  /** Where in the file, in bytes from its start. */
  readonly position?: number | undefined
  /** The foreign error. Its `code`, or that of its own `cause`, is the name looked for. */
  readonly cause: unknown
  /** The name to go by where the foreign error carries none. */
  readonly name?: string | undefined
}

/**
 * The POSIX name in an error: its `code`, else that of its `cause` (where `@effect/platform` hides it), else undefined.
 *
 * @since 0.1.0
 * @category accessors
 */
export const nameOf: (error: unknown) => string | undefined = errnoName

/**
 * An error of opening: `ENOENT` is FileNotFound, or PathNotFound where `folderMissing` says that its folder is not
 * there either.
 *
 * @since 0.1.0
 * @category conversions
 */
export const openError = (origin: Origin, folderMissing: boolean): MmioError.OpenError =>
  failure<MmioError.OpenError>(opening, origin, folderMissing)

/**
 * An error of reading.
 *
 * @since 0.1.0
 * @category conversions
 */
export const readError = (origin: Origin): MmioError.ReadError =>
  isNetwork(origin) ? new MmioError.NetworkError(detailsOf(origin)) : new MmioError.CannotRead(detailsOf(origin))

/**
 * An error of writing, before which none of the call's bytes went down.
 *
 * @since 0.1.0
 * @category conversions
 */
export const writeError = (origin: Origin): MmioError.CannotWrite | MmioError.NetworkError =>
  isNetwork(origin)
    ? new MmioError.NetworkError(detailsOf(origin))
    : new MmioError.CannotWrite({ ...detailsOf(origin), written: 0 })

/**
 * An error of finding out how long a file is.
 *
 * @since 0.1.0
 * @category conversions
 */
export const sizeError = (origin: Origin): MmioError.SeekError =>
  isNetwork(origin) ? new MmioError.NetworkError(detailsOf(origin)) : seekError(origin)

/**
 * An error of going to a position.
 *
 * @since 0.1.0
 * @category conversions
 */
export const seekError = (origin: Origin): MmioError.CannotSeek => new MmioError.CannotSeek(detailsOf(origin))

/**
 * An error of closing. A system that wrote late reports here what it could not write: that is CannotWrite.
 *
 * @since 0.1.0
 * @category conversions
 */
export const closeError = (origin: Origin): MmioError.CloseError => {
  const details = detailsOf(origin)
  switch (nameIn(origin)) {
    case "ENOSPC":
    case "EDQUOT":
    case "EFBIG":
    case "EIO":
    case "ESTALE":
      return new MmioError.CannotWrite({ ...details, written: 0 })
    default:
      return new MmioError.CannotClose(details)
  }
}

/**
 * An error of renaming or removing. `folderMissing` as in {@link openError}.
 *
 * @since 0.1.0
 * @category conversions
 */
export const renameError = (origin: Origin, folderMissing: boolean): MmioError.RenameError =>
  failure<MmioError.RenameError>(changing, origin, folderMissing)

/**
 * An error of asking whether a file exists (one that is missing is no error).
 *
 * @since 0.1.0
 * @category conversions
 */
export const existsError = (origin: Origin): MmioError.ExistsError => {
  const details = detailsOf(origin)
  const kind = kindOf(nameIn(origin))
  return kind === "denied" || kind === "network" ? asking[kind](details) : cannotRead(details)
}

/**
 * An error of making a temporary file.
 *
 * @since 0.1.0
 * @category conversions
 */
export const tempNameError = (origin: Origin): MmioError.TempNameError =>
  failure<MmioError.TempNameError>(makingTemporary, origin, true)

/**
 * An error of asking for the facts about a name. `folderMissing` as in {@link openError}.
 *
 * @since 0.1.0
 * @category conversions
 */
export const statError = (origin: Origin, folderMissing: boolean): MmioError.StatError =>
  failure<MmioError.StatError>(asking, origin, folderMissing)

/**
 * An error of listing a folder: a missing folder, or a name that is no folder, is PathNotFound.
 *
 * @since 0.1.0
 * @category conversions
 */
export const listError = (origin: Origin): MmioError.ListError =>
  failure<MmioError.ListError>({ ...asking, missing: noFolder }, origin, true)

/**
 * An error of making or removing a folder: `ENOENT` is PathNotFound.
 *
 * @since 0.1.0
 * @category conversions
 */
export const folderError = (origin: Origin): MmioError.FolderError =>
  failure<MmioError.FolderError>({ ...changing, missing: noFolder }, origin, true)

type Kind = "missing" | "path" | "denied" | "busy" | "files" | "network" | "memory" | "other"

/** What each name means to a program, and to a reader. */
const names: Record<string, readonly [kind: Kind, description: string]> = {
  ENOENT: ["missing", "there is no such file"],
  ENOTDIR: ["path", "a part of the path is not a folder"],
  ELOOP: ["path", "the links on the path lead in a circle"],
  EACCES: ["denied", "permission denied"],
  EPERM: ["denied", "the operation is not permitted"],
  ENOTCAPABLE: ["denied", "the name may lead out of its folder"],
  EROFS: ["denied", "the file system is read-only"],
  EBUSY: ["busy", "the file is in use"],
  ETXTBSY: ["busy", "the file is a program that is running"],
  EMFILE: ["files", "this process has too many open files"],
  ENFILE: ["files", "the system has too many open files"],
  ENOMEM: ["memory", "the system is out of memory"],
  ESTALE: ["network", "the file handle of the network storage went stale"],
  ETIMEDOUT: ["network", "the storage did not answer in time"],
  ECONNREFUSED: ["network", "the connection was refused"],
  ECONNRESET: ["network", "the connection was reset"],
  ECONNABORTED: ["network", "the connection was aborted"],
  ENOTCONN: ["network", "there is no connection"],
  EPIPE: ["network", "the other end closed the connection"],
  EHOSTUNREACH: ["network", "the host cannot be reached"],
  EHOSTDOWN: ["network", "the host is down"],
  ENETUNREACH: ["network", "the network cannot be reached"],
  ENETDOWN: ["network", "the network is down"],
  ENETRESET: ["network", "the network dropped the connection"],
  EREMOTEIO: ["network", "the remote storage failed"],
  ENOTFOUND: ["network", "the host is not known"],
  EAI_AGAIN: ["network", "the name of the host cannot be looked up now"],
  ENOSPC: ["other", "no space left on device"],
  EDQUOT: ["other", "the disk quota is used up"],
  EFBIG: ["other", "the file would be too large"],
  EIO: ["other", "the device failed"],
  EISDIR: ["other", "it is a folder"],
  ENAMETOOLONG: ["other", "the name is too long"],
  EEXIST: ["other", "the name is taken"],
  ENOTEMPTY: ["other", "the folder is not empty"],
  EXDEV: ["other", "the two names are on different devices"],
  EINVAL: ["other", "the system does not take this argument"],
  EBADF: ["other", "the file is not open for this"],
  ESPIPE: ["other", "the file has no positions"],
  ENXIO: ["other", "there is no such device"],
  ENODEV: ["other", "there is no such device"],
  ENOSYS: ["other", "the system cannot do this"],
  ENOTSUP: ["other", "the storage cannot do this"],
  EOPNOTSUPP: ["other", "the storage cannot do this"],
  EOVERFLOW: ["other", "the file is too large for the system"]
}

const kindOf = (name: string | undefined): Kind => lookUp(name)?.[0] ?? "other"

const nameIn = (origin: Origin): string | undefined => nameOf(origin.cause) ?? origin.name

const isNetwork = (origin: Origin): boolean => kindOf(nameIn(origin)) === "network"

// ---------------------------------------------------------------------------------------------------------------------
// which error each kind is, for each call
// ---------------------------------------------------------------------------------------------------------------------

type Make<E> = (details: MmioError.Details) => E

const fileNotFound: Make<MmioError.FileNotFound> = (details) => new MmioError.FileNotFound(details)
const pathNotFound: Make<MmioError.PathNotFound> = (details) => new MmioError.PathNotFound(details)
const accessDenied: Make<MmioError.AccessDenied> = (details) => new MmioError.AccessDenied(details)
const inUse: Make<MmioError.SharingViolation> = (details) => new MmioError.SharingViolation(details)
const tooManyOpen: Make<MmioError.TooManyOpenFiles> = (details) => new MmioError.TooManyOpenFiles(details)
const networkFailed: Make<MmioError.NetworkError> = (details) => new MmioError.NetworkError(details)
const outOfMemory: Make<MmioError.OutOfMemory> = (details) => new MmioError.OutOfMemory(details)
const cannotOpen: Make<MmioError.CannotOpen> = (details) => new MmioError.CannotOpen(details)
const cannotRead: Make<MmioError.CannotRead> = (details) => new MmioError.CannotRead(details)
const cannotWrite: Make<MmioError.CannotWrite> = (details) => new MmioError.CannotWrite({ ...details, written: 0 })
/** The system has one name for a missing folder and a missing file. */
const noFolder: Make<MmioError.PathNotFound> = (details) =>
  new MmioError.PathNotFound({ ...details, description: "a folder of the path is missing" })

const opening = {
  missing: fileNotFound,
  path: pathNotFound,
  denied: accessDenied,
  busy: inUse,
  files: tooManyOpen,
  network: networkFailed,
  memory: outOfMemory,
  other: cannotOpen
}

const changing = {
  missing: fileNotFound,
  path: pathNotFound,
  denied: accessDenied,
  busy: inUse,
  files: cannotWrite,
  network: networkFailed,
  memory: cannotWrite,
  other: cannotWrite
}

const asking = {
  missing: fileNotFound,
  path: pathNotFound,
  denied: accessDenied,
  busy: cannotRead,
  files: cannotRead,
  network: networkFailed,
  memory: cannotRead,
  other: cannotRead
}

const makingTemporary = {
  missing: noFolder,
  path: pathNotFound,
  denied: accessDenied,
  busy: cannotWrite,
  files: tooManyOpen,
  network: networkFailed,
  memory: cannotWrite,
  other: cannotWrite
}

const failure = <E>(
  errors: Record<Kind, Make<E>>,
  origin: Origin,
  folderMissing: boolean
): E | MmioError.PathNotFound => {
  const kind = kindOf(nameIn(origin))
  return (kind === "missing" && folderMissing ? noFolder : errors[kind])(detailsOf(origin))
}

const detailsOf = (origin: Origin): MmioError.Details => ({
  operation: origin.operation,
  file: origin.file,
  position: origin.position,
  description: lookUp(nameIn(origin))?.[1] ?? wordsOf(origin.cause),
  errno: nameIn(origin),
  cause: origin.cause
})

const lookUp = (name: string | undefined) => name !== undefined && Object.hasOwn(names, name) ? names[name] : undefined

const wordsOf = (cause: unknown): string =>
  Predicate.hasProperty(cause, "message") && typeof cause.message === "string" && cause.message !== ""
    ? cause.message
    : "the storage failed"
