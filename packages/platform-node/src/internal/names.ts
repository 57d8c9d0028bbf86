/**
 * The names of the system: what they are, and what changes them.
 */
import * as Errno from "@effect-mmio/core/Errno"
import * as FileName from "@effect-mmio/core/FileName"
import type * as IOProc from "@effect-mmio/core/IOProc"
import * as MmioError from "@effect-mmio/core/MmioError"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import * as NFS from "node:fs"
import * as OS from "node:os"
import type * as Api from "../NodeIOProc.js"
import { type PathCalls, systemError } from "./system.js"

/**
 * Random bytes as hexadecimal digits. `node:crypto` is not imported for them: that takes longer than reading a small
 * file.
 */
const randomHex = (bytes: number): string =>
  Buffer.from(globalThis.crypto.getRandomValues(new Uint8Array(bytes))).toString("hex")

const isMissing = (cause: unknown): boolean => Errno.nameOf(cause) === "ENOENT"

/**
 * Whether the folder of a path is missing, and not only the last component: asked once a call has failed with `cause`.
 *
 * @internal
 */
export const lacksFolder = (os: PathCalls, path: string, cause: unknown): Effect.Effect<boolean> =>
  isMissing(cause)
    ? Effect.match(os.stat(os.platform.path.dirname(path)), { onFailure: isMissing, onSuccess: () => false })
    : Effect.succeed(false)

/** The permission of a file's owner to write it, which a file that is read-only lacks. */
const writable = 0o200

/** @internal */
export const rename = (
  os: PathCalls,
  from: string,
  to: string,
  sync: boolean
): Effect.Effect<void, MmioError.RenameError> =>
  Effect.catchAll(
    Effect.zipRight(os.rename(from, to), sync ? os.syncFolder(os.platform.path.dirname(to)) : Effect.void),
    (cause) => {
      const failed = (file: string, folderMissing: boolean) =>
        Effect.fail(Errno.renameError({ operation: "NodeIOProc.rename", file, cause }, folderMissing))
      if (os.platform.mayBeInUse(cause)) {
        return Effect.matchEffect(os.stat(to), {
          onFailure: () => failed(from, false),
          onSuccess: (stats) =>
            stats.isFile() && (Number(stats.mode) & writable) !== 0
              ? Effect.fail(Errno.renameError(
                { operation: "NodeIOProc.rename", file: to, cause: systemError("EBUSY", "rename", cause) },
                false
              ))
              : failed(from, false)
        })
      }
      if (!isMissing(cause) && Errno.nameOf(cause) !== "ENOTCAPABLE") return failed(from, false)
      // It does not say which of the two names lacks something, or leaves a jail.
      return Effect.matchEffect(
        os.lstat(from),
        {
          onFailure: () => Effect.flatMap(lacksFolder(os, from, cause), (folderMissing) => failed(from, folderMissing)),
          onSuccess: () => failed(to, true)
        }
      )
    }
  )

/** @internal */
export const remove = (os: PathCalls, path: string): Effect.Effect<void, MmioError.RenameError> =>
  Effect.catchAll(
    os.unlink(path),
    (cause) =>
      Effect.flatMap(lacksFolder(os, path, cause), (folderMissing) =>
        Effect.fail(Errno.renameError({ operation: "NodeIOProc.remove", file: path, cause }, folderMissing)))
  )

/** @internal */
export const exists = (os: PathCalls, path: string): Effect.Effect<boolean, MmioError.ExistsError> =>
  Effect.matchEffect(os.stat(path), {
    onFailure: (cause) =>
      isMissing(cause) || Errno.nameOf(cause) === "ENOTDIR"
        ? Effect.succeed(false)
        : Effect.fail(Errno.existsError({ operation: "NodeIOProc.exists", file: path, cause })),
    // A folder is not a file.
    onSuccess: (stats) => Effect.succeed(!stats.isDirectory())
  })

/**
 * The path from the root; it fails where the folder of the process is gone, and where a jail refuses the name.
 *
 * @internal
 */
export const resolve = (
  os: PathCalls,
  operation: string,
  file: string,
  ...path: ReadonlyArray<string>
): Effect.Effect<string, MmioError.FullNameError> =>
  Effect.try({
    try: () => os.resolve(...path),
    catch: (cause) => {
      const error = Errno.folderError({ operation, file, cause })
      return error._tag === "AccessDenied"
        ? error
        : new MmioError.PathNotFound({ operation, file, description: "the folder of the process is gone", cause })
    }
  })

/** How many links in a row are followed, as Linux does it. */
const mostLinks = 40

/** Follows the links of the last component, so far as there are any: what is in its folder may not exist. @internal */
export const realName = (os: PathCalls, name: FileName.FileName): Effect.Effect<FileName.FileName> => {
  const follow = (path: string, left: number): Effect.Effect<string, unknown> =>
    Effect.matchEffect(os.realpath(os.platform.path.dirname(path)), {
      // A link can lead into a folder that is missing, or cannot be entered: what opens that says so.
      onFailure: () => Effect.succeed(path),
      onSuccess: (folder) => {
        const real = os.platform.path.join(folder, os.platform.path.basename(path))
        return Effect.matchEffect(os.readlink(real), {
          onFailure: () => Effect.succeed(real),
          // The system refuses what goes round in a circle, and says so.
          onSuccess: (target) =>
            left === 0 ? Effect.fail(target) : follow(os.platform.path.resolve(folder, target), left - 1)
        })
      }
    })
  // Most names are no links, and stay as they are.
  return Effect.uninterruptible(Effect.matchEffect(os.readlink(name.full), {
    onFailure: () => Effect.succeed(name),
    onSuccess: () => Effect.match(follow(name.full, mostLinks), { onFailure: () => name, onSuccess: FileName.plain })
  }))
}

/**
 * The permissions with which a file is created, and those that it gets once it exists: before that, others must not
 * open it.
 */
interface Modes {
  readonly created: number
  readonly later: number | undefined
}

/** How many names are tried; each has eight random bytes, so that chance alone never needs a second one. */
const attempts = 10

/** @internal */
export const tempName = (
  os: PathCalls,
  { folder, like, prefix = "mmio", suffix = ".tmp" }: IOProc.TempNameRequest,
  options: Api.Options
): Effect.Effect<FileName.FileName, MmioError.TempNameError> =>
  Effect.suspend(() => {
    const operation = "NodeIOProc.tempName"
    const parent = folder ?? options.tempFolder ?? OS.tmpdir()
    for (const part of [prefix, suffix]) {
      if (os.platform.componentsOf(part).length > 1) {
        return Effect.fail(
          new MmioError.AccessDenied({
            operation,
            file: part,
            description: "a part of the name of a temporary file cannot lead to another folder"
          })
        )
      }
    }
    const { O_CREAT, O_EXCL, O_RDWR } = NFS.constants
    const make = (
      remaining: number,
      { created, later }: Modes
    ): Effect.Effect<FileName.FileName, MmioError.TempNameError> =>
      Effect.flatMap(
        resolve(os, operation, parent, parent, `${prefix}${randomHex(8)}${suffix}`),
        (path) => {
          const failed = (cause: unknown) => Errno.tempNameError({ operation, file: path, cause })
          return Effect.matchEffect(os.open(path, O_RDWR | O_CREAT | O_EXCL, created), {
            onFailure: (cause) =>
              remaining > 1 && Errno.nameOf(cause) === "EEXIST"
                ? make(remaining - 1, { created, later })
                : Effect.fail(failed(cause)),
            onSuccess: (fd) =>
              Effect.mapBoth(
                Effect.onError(
                  // The descriptor, not the name: another process may have put a link in its place.
                  Effect.zipRight(
                    Effect.onError(
                      later === undefined ? Effect.void : os.fchmod(fd, later),
                      () => Effect.ignore(os.close(fd))
                    ),
                    os.close(fd)
                  ),
                  () => Effect.ignore(os.unlink(path))
                ),
                {
                  onFailure: failed,
                  onSuccess: () => FileName.plain(path)
                }
              )
          })
        }
      )
    const modes: Effect.Effect<Modes> = like === undefined
      ? Effect.succeed({ created: options.mode ?? 0o600, later: undefined })
      : Effect.match(os.stat(like.full), {
        onFailure: () => ({ created: options.mode ?? 0o666, later: undefined }),
        // Not set-user-ID and set-group-ID: the new file may have another owner, whose rights it would give away.
        onSuccess: (stats) => ({ created: 0o600, later: Number(stats.mode) & 0o777 })
      })
    return Effect.uninterruptible(Effect.flatMap(modes, (modes) => make(attempts, modes)))
  })

// ---------------------------------------------------------------------------------------------------------------------
// facts, and folders
// ---------------------------------------------------------------------------------------------------------------------

const kindOf = (entry: { readonly isFile: () => boolean; readonly isDirectory: () => boolean }): IOProc.Kind =>
  entry.isFile() ? "file" : entry.isDirectory() ? "folder" : "other"

/** Device and inode: the same for all names of a file. @internal */
export const identityOf = ({ dev, ino }: NFS.BigIntStats): string => `${dev}:${ino}`

/** A time of a name; a file system that keeps none gives the start of 1970. */
const timeOf = (date: Date): Option.Option<Date> => date.getTime() === 0 ? Option.none() : Option.some(date)

/** @internal */
export const stat = (os: PathCalls, path: string): Effect.Effect<IOProc.Stat, MmioError.StatError> =>
  Effect.matchEffect(os.stat(path), {
    onFailure: (cause) =>
      Effect.flatMap(
        lacksFolder(os, path, cause),
        (folderMissing) =>
          Effect.fail(Errno.statError({ operation: "NodeIOProc.stat", file: path, cause }, folderMissing))
      ),
    onSuccess: (stats) =>
      Effect.succeed({
        kind: kindOf(stats),
        size: stats.isFile() ? Option.some(Number(stats.size)) : Option.none(),
        version: Option.none(),
        identity: Option.some(identityOf(stats)),
        modified: timeOf(stats.mtime),
        created: timeOf(stats.birthtime)
      })
  })

/** @internal */
export const list = (os: PathCalls, path: string): Stream.Stream<IOProc.Entry, MmioError.ListError> => {
  const failed = (cause: unknown) => Errno.listError({ operation: "NodeIOProc.list", file: path, cause })
  /** A link is what it leads to; one that leads nowhere is neither a file nor a folder. */
  const entryOf = (entry: NFS.Dirent): Effect.Effect<IOProc.Entry> =>
    entry.isSymbolicLink()
      ? Effect.match(os.stat(os.platform.path.join(path, entry.name)), {
        onFailure: () => ({ name: entry.name, kind: "other" }),
        onSuccess: (stats) => ({ name: entry.name, kind: kindOf(stats) })
      })
      : Effect.succeed({ name: entry.name, kind: kindOf(entry) })
  const next = (folder: NFS.Dir) =>
    Effect.flatMap(
      Effect.mapError(os.readEntries(folder), (cause) => Option.some(failed(cause))),
      (entries) =>
        entries.length === 0
          ? Effect.fail(Option.none())
          : Effect.map(Effect.forEach(entries, entryOf), Chunk.fromIterable)
    )
  return Stream.flatMap(
    Stream.acquireRelease(Effect.mapError(os.opendir(path), failed), (folder) => Effect.ignore(os.closeFolder(folder))),
    (folder) => Stream.repeatEffectChunkOption(next(folder))
  )
}

/** @internal */
export const makeFolder = (os: PathCalls, path: string): Effect.Effect<void, MmioError.FolderError> =>
  Effect.uninterruptible(Effect.catchAll(os.mkdir(path), (cause) => {
    const failed = Effect.fail(Errno.folderError({ operation: "NodeIOProc.makeFolder", file: path, cause }))
    return Errno.nameOf(cause) === "EEXIST"
      ? Effect.flatMap(
        Effect.match(os.stat(path), { onFailure: () => false, onSuccess: (stats) => stats.isDirectory() }),
        (isFolder) => isFolder ? Effect.void : failed
      )
      : failed
  }))

/** @internal */
export const removeFolder = (os: PathCalls, path: string): Effect.Effect<void, MmioError.FolderError> =>
  Effect.mapError(
    os.rmdir(path),
    (cause) =>
      Errno.folderError({
        operation: "NodeIOProc.removeFolder",
        file: path,
        // POSIX lets a system give either name to a folder that is not empty.
        cause: Errno.nameOf(cause) === "EEXIST" ? systemError("ENOTEMPTY", "rmdir") : cause
      })
  )
