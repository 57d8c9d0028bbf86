/**
 * A driver over `@effect/platform`'s `FileSystem`, and what it has to put right there:
 *
 * - a `File` seeks to negative positions, from which Node then reads wherever the descriptor stands: the position is kept by
 *   `makeFile`, and every transfer says where;
 * - its calls are not cancelled by interruption, and go on writing into the caller's bytes: everything is uninterruptible;
 * - a transfer of 2 GiB or more is refused as a bad argument: it is made a short one;
 * - a failure to close is a defect: it becomes an error again;
 * - `makeTempFile` makes a folder for every file, and gives the prefix to the folder;
 * - what went wrong is one of few words, the exact name being in `cause`: that is preferred where there is one.
 */
import * as PlatformError from "@effect/platform/Error"
import * as FileSystem from "@effect/platform/FileSystem"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Option from "effect/Option"
import * as Random from "effect/Random"
import * as Scope from "effect/Scope"
import * as Errno from "../Errno.js"
import * as FileName from "../FileName.js"
import type * as Api from "../FileSystemIOProc.js"
import type * as IOProc from "../IOProc.js"
import * as MmioError from "../MmioError.js"
import * as Sharing from "../Sharing.js"
import { make as makeIOProc, makeFile } from "./ioProc.js"

/** The largest transfer that is asked for at once; Node takes less than 2 GiB. */
const largestTransfer = 2 ** 30

/** How often something is tried that only fails if another program meddles with the same name in between. */
const attempts = 16

/** @internal */
export const make = (options?: Api.Options): Effect.Effect<IOProc.IOProc, never, FileSystem.FileSystem> =>
  Effect.gen(function*() {
    const fileSystem = yield* FileSystem.FileSystem
    const sync = options?.sync === true
    const sharing = Sharing.makeTable()
    const isWindows = yield* Effect.cached(asksForWindows(fileSystem))
    let temporaryFolder: string | undefined

    /** The folder of a file, with a separator at its end, and the last component. */
    const split = (path: string) => Effect.map(isWindows, (windows) => splitPath(path, windows))

    const isFolder = (path: string): Effect.Effect<boolean> =>
      Effect.match(fileSystem.stat(path), { onFailure: () => false, onSuccess: (info) => info.type === "Directory" })

    const isFolderMissing = (path: string): Effect.Effect<boolean> =>
      Effect.flatMap(split(path), ({ folder }) => Effect.map(isFolder(folder), (is) => !is))

    /** Whether it may be the folder, and not the file, that is missing: only then is it worth a look. */
    const failing = <E>(
      file: string,
      cause: PlatformError.PlatformError,
      make: (folderMissing: boolean) => E
    ): Effect.Effect<never, E> =>
      Effect.flatMap(
        isMissing(cause) ? isFolderMissing(file) : Effect.succeed(false),
        (folderMissing) => Effect.fail(make(folderMissing))
      )

    // ---------------------------------------------------------------------------------------------------------------
    // files
    // ---------------------------------------------------------------------------------------------------------------

    const fileOf = (file: FileSystem.File, scope: Scope.CloseableScope, request: IOProc.OpenRequest): IOProc.File => {
      const name = request.name.full
      const origin = (operation: string, cause: PlatformError.PlatformError, position?: number) =>
        originOf(operation, name, cause, position)
      /** The number of a closed descriptor may be that of another file by now, and the platform does not check. */
      let isOpen = true
      const ifOpen = <A, E>(
        operation: string,
        refusal: (origin: Errno.Origin) => E,
        call: Effect.Effect<A, E>
      ): Effect.Effect<A, E> =>
        Effect.suspend(() =>
          isOpen
            ? call
            : Effect.fail(
              refusal({ operation: `FileSystemIOProc.${operation}`, file: name, cause: undefined, name: "EBADF" })
            )
        )
      return makeFile({
        name,
        size: ifOpen(
          "seek",
          Errno.seekError,
          Effect.uninterruptible(Effect.mapBoth(file.stat, {
            onFailure: (cause) => Errno.seekError(origin("seek", cause)),
            onSuccess: (info) => Number(info.size)
          }))
        ),
        readAt: request.access === "write"
          ? (position) =>
            Effect.fail(
              new MmioError.CannotRead({
                operation: "FileSystemIOProc.read",
                file: name,
                position,
                description: "the file is open for writing only"
              })
            )
          : (position, target) =>
            target.length === 0 ? Effect.succeed(0) : ifOpen(
              "read",
              Errno.readError,
              Effect.uninterruptible(Effect.zipRight(
                file.seek(position, "start"),
                Effect.mapBoth(file.read(target.subarray(0, largestTransfer)), {
                  onFailure: (cause) => Errno.readError(origin("read", cause, position)),
                  onSuccess: Number
                })
              ))
            ),
        writeAt: request.access === "read" ?
          undefined :
          (position, source) =>
            source.length === 0 ? Effect.succeed(0) : ifOpen<number, MmioError.WriteError>(
              "write",
              Errno.writeError,
              Effect.uninterruptible(Effect.zipRight(
                file.seek(position, "start"),
                Effect.mapBoth(file.write(source.subarray(0, largestTransfer)), {
                  onFailure: (cause) => Errno.writeError(origin("write", cause, position)),
                  onSuccess: Number
                })
              ))
            ),
        flush: sync && request.access !== "read"
          ? ifOpen(
            "writeFlush",
            Errno.writeError,
            Effect.uninterruptible(
              Effect.mapError(file.sync, (cause) => Errno.writeError(origin("writeFlush", cause)))
            )
          )
          : undefined,
        close: Effect.uninterruptible(ifOpen(
          "close",
          Errno.closeError,
          Effect.suspend(() => {
            isOpen = false
            return Effect.catchSomeDefect(
              Scope.close(scope, Exit.void),
              (defect) =>
                PlatformError.isPlatformError(defect)
                  ? Option.some(Effect.fail(Errno.closeError(origin("close", defect))))
                  : Option.none()
            )
          })
        ))
      })
    }

    /**
     * Opens what is there, without cutting it, or with `create` makes it first; that, too, must not cut what another program makes in
     * between, and must work through a link that leads nowhere yet, so it is opened for appending.
     */
    const openFlagged = (
      request: IOProc.OpenRequest,
      left = attempts
    ): Effect.Effect<FileSystem.File, PlatformError.PlatformError, Scope.Scope> =>
      Effect.catchIf(
        fileSystem.open(request.name.full, { flag: request.access === "read" ? "r" : "r+" }),
        (cause) => request.create && left > 0 && isMissing(cause),
        () =>
          Effect.zipRight(
            Effect.scoped(fileSystem.open(request.name.full, { flag: "a" })),
            Effect.suspend(() => openFlagged(request, left - 1))
          )
      )

    const keyOf = (path: string, info: FileSystem.File.Info): Effect.Effect<string> =>
      // Inodes of 64 bits are rounded by the platform, and then different files may share one; 0 is what those have that have none.
      Option.isSome(info.ino) && info.ino.value !== 0 && Number.isSafeInteger(info.ino.value)
        ? Effect.succeed(`${info.dev}:${info.ino.value}`)
        : Effect.orElseSucceed(fileSystem.realPath(path), () => path)

    const open = (request: IOProc.OpenRequest): Effect.Effect<IOProc.File, MmioError.OpenError> =>
      Effect.uninterruptible(Effect.flatMap(Scope.make(), (scope) => {
        const operation = "FileSystemIOProc.open"
        const path = request.name.full
        const isAFolder = (cause?: unknown) =>
          new MmioError.CannotOpen({
            operation,
            file: path,
            description: "it is a folder",
            ...(cause === undefined ? {} : { cause })
          })
        const openError = (cause: PlatformError.PlatformError) =>
          Effect.flatMap(isMissing(cause) ? Effect.succeed(false) : isFolder(path), (folder) =>
            folder
              ? Effect.fail(isAFolder(cause))
              : failing(path, cause, (folderMissing) => Errno.openError(originOf("open", path, cause), folderMissing)))

        return Effect.onError(
          Effect.gen(function*() {
            // Finalizers run backwards: the claim is withdrawn once the file is closed.
            let release = () => {}
            yield* Scope.addFinalizer(scope, Effect.sync(() => release()))
            const file = yield* Effect.catchAll(Scope.extend(openFlagged(request), scope), openError)
            const info = yield* Effect.catchAll(file.stat, openError)
            if (info.type === "Directory") return yield* Effect.fail(isAFolder())
            const claim = sharing.claim(yield* keyOf(path, info), request)
            if ("conflict" in claim) {
              return yield* Effect.fail(
                new MmioError.SharingViolation({
                  operation,
                  file: path,
                  description: `another handle has it open for ${claim.conflict.access} as ${claim.conflict.share}`
                })
              )
            }
            release = claim.release
            // Devices have no bytes to cut, and refuse.
            if (request.create && info.type === "File") yield* Effect.catchAll(file.truncate(0), openError)
            return fileOf(file, scope, request)
          }),
          (cause) => Scope.close(scope, Exit.failCause(cause))
        )
      }))

    // ---------------------------------------------------------------------------------------------------------------
    // names
    // ---------------------------------------------------------------------------------------------------------------

    const rename = (from: FileName.FileName, to: FileName.FileName): Effect.Effect<void, MmioError.RenameError> =>
      Effect.catchAll(
        fileSystem.rename(from.full, to.full),
        (cause) =>
          Effect.flatMap(isMissing(cause) ? isFolderMissing(to.full) : Effect.succeed(false), (targetMissing) => {
            // Which of the two the platform misses it does not say.
            const file = targetMissing ? to.full : from.full
            return failing(
              file,
              cause,
              (folderMissing) => Errno.renameError(originOf("rename", file, cause), folderMissing)
            )
          })
      )

    /** A folder, and not a link to one. */
    const isFolderItself = (path: string): Effect.Effect<boolean> =>
      Effect.flatMap(
        isFolder(path),
        (folder) =>
          folder
            ? Effect.match(fileSystem.readLink(path), { onFailure: () => true, onSuccess: () => false })
            : Effect.succeed(false)
      )

    const remove = (name: FileName.FileName): Effect.Effect<void, MmioError.RenameError> =>
      Effect.flatMap(isFolderItself(name.full), (folder) =>
        folder
          ? Effect.fail(
            new MmioError.CannotWrite({
              operation: "FileSystemIOProc.remove",
              file: name.full,
              description: "it is a folder",
              written: 0
            })
          )
          : Effect.catchAll(fileSystem.remove(name.full), (cause) =>
            failing(name.full, cause, (folderMissing) =>
              Errno.renameError(originOf("remove", name.full, cause), folderMissing))))

    const exists = (name: FileName.FileName): Effect.Effect<boolean, MmioError.ExistsError> =>
      Effect.matchEffect(fileSystem.stat(name.full), {
        onFailure: (cause) =>
          isMissing(cause) || errnoOf(cause) === "ENOTDIR"
            ? Effect.succeed(false)
            : Effect.fail(Errno.existsError(originOf("exists", name.full, cause))),
        onSuccess: (info) => Effect.succeed(info.type !== "Directory")
      })

    const fullName = (name: FileName.FileName): Effect.Effect<FileName.FileName, MmioError.FullNameError> =>
      Effect.flatMap(isWindows, (windows) => {
        const { folder, last } = splitPath(name.full, windows)
        const isWhole = last === "" || last === "." || last === ".."
        return Effect.mapBoth(fileSystem.realPath(isWhole && name.full !== "" ? name.full : folder), {
          onFailure: (cause) => {
            const error = Errno.openError(originOf("fullName", name.full, cause), true)
            if (error._tag === "AccessDenied" || error._tag === "PathNotFound") return error
            const { description, file, operation } = error
            return new MmioError.PathNotFound({ operation, file, description, cause })
          },
          onSuccess: (real) => FileName.plain(isWhole ? real : join(real, last, windows))
        })
      })

    const tempName = (
      { folder, prefix = "mmio", suffix = ".tmp" }: IOProc.TempNameRequest
    ): Effect.Effect<FileName.FileName, MmioError.TempNameError> => {
      const failed = (cause: PlatformError.PlatformError) =>
        Errno.tempNameError(originOf("tempName", folder ?? "a temporary file", cause))
      const makeOne = (
        folder: string,
        windows: boolean,
        left: number
      ): Effect.Effect<FileName.FileName, MmioError.TempNameError> =>
        Effect.flatMap(Random.nextIntBetween(0, 2 ** 48), (random) => {
          const path = join(folder, `${prefix}${random.toString(36)}${suffix}`, windows)
          return Effect.matchEffect(Effect.scoped(fileSystem.open(path, { flag: "wx", mode: 0o600 })), {
            onFailure: (cause) =>
              left > 0 && errnoOf(cause) === "EEXIST" ? makeOne(folder, windows, left - 1) : Effect.fail(failed(cause)),
            onSuccess: () => Effect.succeed(FileName.plain(path))
          })
        })
      if (/[/\\]/.test(prefix + suffix)) {
        return Effect.fail(
          new MmioError.AccessDenied({
            operation: "FileSystemIOProc.tempName",
            file: `${prefix}…${suffix}`,
            description: "a prefix or suffix must not lead to another folder"
          })
        )
      }
      return Effect.flatMap(isWindows, (windows) => {
        const into = folder ?? temporaryFolder
        return into !== undefined ? makeOne(into, windows, attempts) : Effect.flatMap(
          Effect.mapError(findTemporaryFolder(fileSystem, windows), failed),
          (found) => makeOne(temporaryFolder = found, windows, attempts)
        )
      })
    }

    return makeIOProc({
      open,
      rename: (from, to) => Effect.uninterruptible(rename(from, to)),
      remove: (name) => Effect.uninterruptible(remove(name)),
      exists: (name) => Effect.uninterruptible(exists(name)),
      fullName: (name) => Effect.uninterruptible(fullName(name)),
      tempName: (request) => Effect.uninterruptible(tempName(request))
    })
  })

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

const errnoOf = (cause: PlatformError.PlatformError): string | undefined => Errno.nameOf(cause) ?? wordOf(cause)

const isMissing = (cause: PlatformError.PlatformError): boolean => errnoOf(cause) === "ENOENT"

const originOf = (
  operation: string,
  file: string,
  cause: PlatformError.PlatformError,
  position?: number
): Errno.Origin => ({ operation: `FileSystemIOProc.${operation}`, file, position, cause, name: wordOf(cause) })

// ---------------------------------------------------------------------------------------------------------------------
// paths
// ---------------------------------------------------------------------------------------------------------------------

/** Whether paths are those of Windows: the platform does not say, but its current folder shows it. */
const asksForWindows = (fileSystem: FileSystem.FileSystem): Effect.Effect<boolean> =>
  Effect.match(fileSystem.realPath("."), {
    onFailure: () => false,
    onSuccess: (path) => /^(?:[A-Za-z]:)?\\/.test(path)
  })

/** On Windows `\` separates as well, and a drive is the folder of what follows it. */
const splitPath = (path: string, windows: boolean): { readonly folder: string; readonly last: string } => {
  const separator = windows
    ? Math.max(path.lastIndexOf("/"), path.lastIndexOf("\\"), /^[A-Za-z]:/.test(path) ? 1 : -1)
    : path.lastIndexOf("/")
  return { folder: separator < 0 ? "." : path.slice(0, separator + 1), last: path.slice(separator + 1) }
}

const join = (folder: string, last: string, windows: boolean): string =>
  folder === "" || (windows ? /[/\\:]$/ : /\/$/).test(folder)
    ? folder + last
    : `${folder}${windows ? "\\" : "/"}${last}`

/** The platform only tells where temporary files go by making one there. */
const findTemporaryFolder = (
  fileSystem: FileSystem.FileSystem,
  windows: boolean
): Effect.Effect<string, PlatformError.PlatformError> =>
  Effect.flatMap(
    fileSystem.makeTempDirectory(),
    (made) => Effect.as(fileSystem.remove(made, { recursive: true }), splitPath(made, windows).folder)
  )
