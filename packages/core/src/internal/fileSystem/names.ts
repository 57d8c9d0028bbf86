/**
 * The names of a `FileSystem`: what they are, and what changes them.
 */
import type * as PlatformError from "@effect/platform/Error"
import type * as FileSystem from "@effect/platform/FileSystem"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Random from "effect/Random"
import * as Stream from "effect/Stream"
import * as Errno from "../../Errno.js"
import * as FileName from "../../FileName.js"
import type * as IOProc from "../../IOProc.js"
import * as MmioError from "../../MmioError.js"
import { errnoOf, findTemporaryFolder, isAbsolute, isMissing, join, originOf, splitPath } from "./platform.js"

/** How often `tempName` tries another name where one is taken. */
const attempts = 16

/** How many links in a row are followed, as Linux does it. */
const mostLinks = 40

const kindOf = ({ type }: FileSystem.File.Info): IOProc.Kind =>
  type === "File" ? "file" : type === "Directory" ? "folder" : "other"

/** Of a `FileSystem` with a number that tells its files from those of others. @internal */
export const makeNames = (fileSystem: FileSystem.FileSystem, isWindows: Effect.Effect<boolean>, number: number) => {
  let temporaryFolder: string | undefined

  const split = (path: string) => Effect.map(isWindows, (windows) => splitPath(path, windows))

  const isFolder = (path: string): Effect.Effect<boolean> =>
    Effect.match(fileSystem.stat(path), { onFailure: () => false, onSuccess: (info) => info.type === "Directory" })

  const isFolderMissing = (path: string): Effect.Effect<boolean> =>
    Effect.flatMap(split(path), ({ folder }) => Effect.map(isFolder(folder), (is) => !is))

  /** Fails with what `make` makes; it asks whether the folder is missing only where something is. */
  const failing = <E>(
    file: string,
    cause: PlatformError.PlatformError,
    make: (folderMissing: boolean) => E
  ): Effect.Effect<never, E> =>
    Effect.flatMap(
      isMissing(cause) ? isFolderMissing(file) : Effect.succeed(false),
      (folderMissing) => Effect.fail(make(folderMissing))
    )

  const rename = (from: FileName.FileName, to: FileName.FileName): Effect.Effect<void, MmioError.RenameError> =>
    Effect.catchAll(
      fileSystem.rename(from.full, to.full),
      (cause) =>
        Effect.flatMap(isMissing(cause) ? isFolderMissing(to.full) : Effect.succeed(false), (targetMissing) => {
          // The platform does not say which of the two names lacks something.
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

  /** Follows the links of the last component, so far as there are any: what is in its folder may not exist. */
  const realName = (name: FileName.FileName): Effect.Effect<FileName.FileName> => {
    const follow = (path: string, left: number): Effect.Effect<string, PlatformError.PlatformError> =>
      Effect.flatMap(isWindows, (windows) => {
        const { folder, last } = splitPath(path, windows)
        return Effect.matchEffect(fileSystem.realPath(folder), {
          // A link can lead into a folder that is missing, or cannot be entered: what opens that says so.
          onFailure: () => Effect.succeed(path),
          onSuccess: (real) =>
            Effect.matchEffect(fileSystem.readLink(join(real, last, windows)), {
              onFailure: () => Effect.succeed(join(real, last, windows)),
              onSuccess: (target) =>
                // The system refuses what goes round in a circle, and says so.
                left === 0
                  ? Effect.succeed(name.full)
                  : follow(isAbsolute(target, windows) ? target : join(real, target, windows), left - 1)
            })
        })
      })
    return Effect.matchEffect(fileSystem.readLink(name.full), {
      onFailure: () => Effect.succeed(name),
      onSuccess: () => Effect.match(follow(name.full, mostLinks), { onFailure: () => name, onSuccess: FileName.plain })
    })
  }

  const tempName = (
    { folder, like, prefix = "mmio", suffix = ".tmp" }: IOProc.TempNameRequest
  ): Effect.Effect<FileName.FileName, MmioError.TempNameError> => {
    const failed = (cause: PlatformError.PlatformError) =>
      Errno.tempNameError(originOf("tempName", folder ?? "a temporary file", cause))
    /** Others must not open the file before it has its permissions. */
    const permissions: Effect.Effect<{ readonly created: number; readonly later?: number }> = like === undefined
      ? Effect.succeed({ created: 0o600 })
      : Effect.match(fileSystem.stat(like.full), {
        onFailure: () => ({ created: 0o666 }),
        onSuccess: (info) => ({ created: 0o600, later: info.mode & 0o7777 })
      })
    const makeOne = (
      folder: string,
      windows: boolean,
      left: number
    ): Effect.Effect<FileName.FileName, MmioError.TempNameError> =>
      Effect.flatMap(Effect.zip(Random.nextIntBetween(0, 2 ** 48), permissions), ([random, { created, later }]) => {
        const path = join(folder, `${prefix}${random.toString(36)}${suffix}`, windows)
        return Effect.matchEffect(Effect.scoped(fileSystem.open(path, { flag: "wx", mode: created })), {
          onFailure: (cause) =>
            left > 0 && errnoOf(cause) === "EEXIST" ? makeOne(folder, windows, left - 1) : Effect.fail(failed(cause)),
          onSuccess: () =>
            Effect.as(
              later === undefined ? Effect.void : Effect.catchAll(
                fileSystem.chmod(path, later),
                (cause) => Effect.zipRight(Effect.ignore(fileSystem.remove(path)), Effect.fail(failed(cause)))
              ),
              FileName.plain(path)
            )
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

  const identityOf = (path: string, info: FileSystem.File.Info): Effect.Effect<string> =>
    Effect.map(
      // Inodes of 64 bits are rounded by the platform, and then different files may share one; 0 is what those have
      // that have none.
      Option.isSome(info.ino) && info.ino.value !== 0 && Number.isSafeInteger(info.ino.value)
        ? Effect.succeed(`${info.dev}:${info.ino.value}`)
        : Effect.orElseSucceed(fileSystem.realPath(path), () => path),
      (key) => `FileSystemIOProc ${number}:${key}`
    )

  const stat = (name: FileName.FileName): Effect.Effect<IOProc.Stat, MmioError.StatError> =>
    Effect.matchEffect(fileSystem.stat(name.full), {
      onFailure: (cause) =>
        failing(
          name.full,
          cause,
          (folderMissing) => Errno.statError(originOf("stat", name.full, cause), folderMissing)
        ),
      onSuccess: (info) =>
        Effect.map(identityOf(name.full, info), (identity): IOProc.Stat => ({
          kind: kindOf(info),
          size: info.type === "File" ? Option.some(Number(info.size)) : Option.none(),
          version: Option.none(),
          identity: Option.some(identity),
          modified: info.mtime,
          created: info.birthtime
        }))
    })

  const list = (folder: FileName.FileName): Stream.Stream<IOProc.Entry, MmioError.ListError> => {
    /** The platform gives names alone; one that it cannot look up is neither a file nor a folder. */
    const entryOf = (name: string, windows: boolean): Effect.Effect<IOProc.Entry> =>
      Effect.match(fileSystem.stat(join(folder.full, name, windows)), {
        onFailure: () => ({ name, kind: "other" }),
        onSuccess: (info) => ({ name, kind: kindOf(info) })
      })
    return Stream.unwrap(
      Effect.uninterruptible(
        Effect.flatMap(isWindows, (windows) =>
          Effect.mapBoth(fileSystem.readDirectory(folder.full), {
            onFailure: (cause) => Errno.listError(originOf("list", folder.full, cause)),
            onSuccess: (names) =>
              Stream.mapEffect(Stream.fromIterable(names), (name) => Effect.uninterruptible(entryOf(name, windows)))
          }))
      )
    )
  }

  const makeFolder = (name: FileName.FileName): Effect.Effect<void, MmioError.FolderError> =>
    Effect.catchAll(fileSystem.makeDirectory(name.full), (cause) => {
      const failed = Effect.fail(Errno.folderError(originOf("makeFolder", name.full, cause)))
      return errnoOf(cause) === "EEXIST"
        ? Effect.flatMap(isFolder(name.full), (folder) => folder ? Effect.void : failed)
        : failed
    })

  /**
   * The platform removes either no folder or all that is in one. So an empty folder is first moved to a name that no
   * other program knows, and removed there if it is still empty; what another program has put into it meanwhile moves
   * back with it.
   */
  const removeFolder = (name: FileName.FileName): Effect.Effect<void, MmioError.FolderError> => {
    const operation = "FileSystemIOProc.removeFolder"
    const details = { operation, file: name.full }
    const failed = (cause: PlatformError.PlatformError) => Errno.folderError(originOf("removeFolder", name.full, cause))
    const notEmpty = new MmioError.CannotWrite({
      ...details,
      description: "the folder is not empty",
      errno: "ENOTEMPTY",
      written: 0
    })
    const checkEmpty = (path: string): Effect.Effect<void, MmioError.FolderError> =>
      Effect.flatMap(
        Effect.mapError(fileSystem.readDirectory(path), failed),
        (entries) => entries.length === 0 ? Effect.void : Effect.fail(notEmpty)
      )
    return Effect.gen(function*() {
      const windows = yield* isWindows
      const path = name.full.replace(windows ? /[/\\]+$/ : /\/+$/, "")
      const info = yield* Effect.mapError(fileSystem.stat(name.full), failed)
      if (path === "" || info.type !== "Directory" || !(yield* isFolderItself(path))) {
        const description = path === "" ? "the root cannot be removed" : "it is not a folder"
        return yield* Effect.fail(
          path === ""
            ? new MmioError.CannotWrite({ ...details, description, written: 0 })
            : new MmioError.PathNotFound({ ...details, description })
        )
      }
      yield* checkEmpty(path)
      const random = yield* Random.nextIntBetween(0, 2 ** 48)
      const aside = join(splitPath(path, windows).folder, `.mmio${random.toString(36)}`, windows)
      yield* Effect.mapError(fileSystem.rename(path, aside), failed)
      yield* Effect.catchAll(
        Effect.zipRight(
          checkEmpty(aside),
          Effect.mapError(fileSystem.remove(aside, { recursive: true }), failed)
        ),
        (error) =>
          Effect.flatMap(
            Effect.mapError(fileSystem.rename(aside, path), (cause) =>
              new MmioError.CannotWrite({
                ...details,
                description: `the folder could be neither removed nor moved back from ${aside}`,
                written: 0,
                cause
              })),
            () => Effect.fail(error)
          )
      )
    })
  }

  return {
    isFolder,
    identityOf,
    failing,
    exists: (name: FileName.FileName) => Effect.uninterruptible(exists(name)),
    fullName: (name: FileName.FileName) => Effect.uninterruptible(fullName(name)),
    list,
    makeFolder: (name: FileName.FileName) => Effect.uninterruptible(makeFolder(name)),
    realName: (name: FileName.FileName) => Effect.uninterruptible(realName(name)),
    remove: (name: FileName.FileName) => Effect.uninterruptible(remove(name)),
    removeFolder: (name: FileName.FileName) => Effect.uninterruptible(removeFolder(name)),
    rename: (from: FileName.FileName, to: FileName.FileName) => Effect.uninterruptible(rename(from, to)),
    stat: (name: FileName.FileName) => Effect.uninterruptible(stat(name)),
    tempName: (request: IOProc.TempNameRequest) => Effect.uninterruptible(tempName(request))
  }
}
