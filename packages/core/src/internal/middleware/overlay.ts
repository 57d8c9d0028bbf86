/**
 * A storage whose changes go to another one: the lower storage is only read, the upper one has what was changed, and marks for what was removed.
 *
 * A mark hides a name of the lower storage and all that is in it, for good; what the upper storage has is never hidden. So whatever is made again under a
 * name that was removed has nothing of what was there before.
 */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import * as FileName from "../../FileName.js"
import type * as Api from "../../IOProc.js"
import * as MmioError from "../../MmioError.js"
import { around } from "./around.js"
import { copy } from "./commitOnClose.js"
import { foldersTo, hiddenBy, isReserved, markOf } from "./overlayNames.js"

const details = (operation: string, name: FileName.FileName, description: string) => ({
  operation: `IOProc.${operation}`,
  file: name.full,
  description
})

type NameError =
  | MmioError.StatError
  | MmioError.FolderError
  | MmioError.OpenError
  | MmioError.CommitError
  | MmioError.TempNameError

const isMissing = (error: NameError): boolean => error._tag === "FileNotFound" || error._tag === "PathNotFound"

/** A failure on the way to an open file. */
const asOpenError = (error: NameError | MmioError.CloseError): MmioError.OpenError =>
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

/** A failure on the way to a change of names. */
const asRenameError = (error: NameError | MmioError.CloseError): MmioError.RenameError =>
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

const asTempNameError = (error: NameError): MmioError.TempNameError => {
  const failure = asRenameError(error)
  return failure._tag === "FileNotFound"
    ? new MmioError.PathNotFound(failure)
    : failure._tag === "SharingViolation"
    ? new MmioError.AccessDenied(failure)
    : failure
}

const asFolderError = (error: NameError | MmioError.CloseError): MmioError.FolderError => {
  const failure = asRenameError(error)
  return failure._tag === "FileNotFound" ? new MmioError.PathNotFound(failure) : failure
}

const overlayOf = (
  lower: Api.IOProc,
  upper: Api.IOProc
): Partial<Omit<Api.IOProc, Api.TypeId | "find" | "middleware">> => {
  const statIn = (
    driver: Api.IOProc,
    name: FileName.FileName
  ): Effect.Effect<Option.Option<Api.Stat>, MmioError.StatError> =>
    Effect.catchIf(Effect.map(driver.stat(name), Option.some), isMissing, () => Effect.succeedNone)

  /** Whether a mark hides what the lower storage has under a name. */
  const isHidden = (name: FileName.FileName): Effect.Effect<boolean, MmioError.ExistsError> =>
    isReserved(name)
      ? Effect.succeed(true)
      : Effect.exists([...foldersTo(name), name], (part) => upper.exists(markOf(part)))

  /** What the lower storage has under a name, where nothing hides it. */
  const lowerStat = (name: FileName.FileName): Effect.Effect<Option.Option<Api.Stat>, MmioError.StatError> =>
    Effect.flatMap(isHidden(name), (hidden) => hidden ? Effect.succeedNone : statIn(lower, name))

  const stat = (name: FileName.FileName): Effect.Effect<Option.Option<Api.Stat>, MmioError.StatError> =>
    isReserved(name)
      ? Effect.succeedNone
      : Effect.flatMap(statIn(upper, name), (above) => Option.isSome(above) ? Effect.succeed(above) : lowerStat(name))

  /** Makes the folders of a name in the upper storage, as far as the lower one has them. */
  const makeFoldersTo = (name: FileName.FileName): Effect.Effect<void, MmioError.StatError | MmioError.FolderError> =>
    Effect.forEach(foldersTo(name), (folder) =>
      Effect.flatMap(statIn(upper, folder), (above) =>
        Option.isSome(above)
          ? Effect.void
          : Effect.flatMap(
            lowerStat(folder),
            (below) => Option.isSome(below) && below.value.kind === "folder" ? upper.makeFolder(folder) : Effect.void
          )), {
      discard: true
    })

  const reserved = (operation: string, name: FileName.FileName) =>
    isReserved(name)
      ? Effect.fail(
        new MmioError.AccessDenied(details(operation, name, "an overlay keeps names that begin with .wh. for itself"))
      )
      : Effect.void

  /** Copies a file of the lower storage to the upper one, under a name of its own until it is whole. */
  const copyUp = (
    name: FileName.FileName,
    ifVersion: Option.Option<string>
  ): Effect.Effect<void, NameError | MmioError.CloseError> =>
    Effect.uninterruptibleMask((restore) =>
      Effect.gen(function*() {
        yield* makeFoldersTo(name)
        const parameters = undefined
        const request = {
          code: Option.none(),
          parameters,
          buffered: true,
          create: "no",
          ifVersion: Option.none()
        } as const
        const temporary = yield* upper.tempName({ folder: foldersTo(name).at(-1)?.full, prefix: ".wh.copy" })
        const dropped = Effect.ignore(upper.remove(temporary))
        yield* Effect.gen(function*() {
          const from = yield* lower.open({ ...request, name, access: "read", share: "denyWrite", ifVersion })
          yield* Effect.gen(function*() {
            const to = yield* upper.open({ ...request, name: temporary, access: "readWrite", share: "exclusive" })
            yield* Effect.onError(restore(copy(from, to)), () => to.abort)
            yield* to.close
          }).pipe(Effect.ensuring(Effect.ignore(from.close)))
          yield* upper.rename(temporary, name)
        }).pipe(Effect.onError(() => dropped))
      })
    )

  /** Has the upper storage have a file, if there is one. */
  const raise = (
    name: FileName.FileName,
    ifVersion: Option.Option<string>
  ): Effect.Effect<boolean, NameError | MmioError.CloseError> =>
    Effect.flatMap(statIn(upper, name), (above) =>
      Option.isSome(above)
        ? Effect.succeed(false)
        : Effect.flatMap(lowerStat(name), (below) =>
          Option.isSome(below) && below.value.kind === "file"
            ? Effect.as(copyUp(name, ifVersion), true)
            : Effect.succeed(false)))

  /** Makes the mark of a name that the lower storage has. */
  const hide = (name: FileName.FileName): Effect.Effect<void, NameError | MmioError.CloseError> =>
    Effect.flatMap(lowerStat(name), (below) =>
      Option.isNone(below)
        ? Effect.void
        : Effect.zipRight(
          makeFoldersTo(name),
          Effect.uninterruptible(Effect.flatMap(
            upper.open({
              name: markOf(name),
              access: "write",
              create: "truncate",
              share: "denyNone",
              code: Option.none(),
              parameters: undefined,
              ifVersion: Option.none(),
              buffered: true
            }),
            (mark) => mark.close
          ))
        ))

  const open = (request: Api.OpenRequest): Effect.Effect<Api.File, NameError | MmioError.CloseError> => {
    const { access, create, ifVersion, name } = request
    if (create === "no" && access === "read") {
      return Effect.flatMap(
        statIn(upper, name),
        (above) =>
          Option.isSome(above) ? upper.open(request) : Effect.flatMap(isHidden(name), (hidden) =>
            hidden
              ? Effect.fail(new MmioError.FileNotFound(details("open", name, "the file was removed")))
              : lower.open(request))
      )
    }
    if (create === "no") {
      return Effect.flatMap(
        raise(name, ifVersion),
        (copied) => upper.open(copied ? { ...request, ifVersion: Option.none() } : request)
      )
    }
    return Effect.flatMap(lowerStat(name), (below) =>
      Option.isSome(below) && below.value.kind !== "file"
        ? Effect.fail(new MmioError.CannotOpen({ ...details("open", name, "it is a folder"), errno: "EISDIR" }))
        : Option.isSome(below) && create === "new"
        ? Effect.fail(new MmioError.CannotOpen({ ...details("open", name, "the name exists"), errno: "EEXIST" }))
        : Effect.zipRight(makeFoldersTo(name), upper.open(request)))
  }

  const missing = (operation: string, name: FileName.FileName) =>
    new MmioError.FileNotFound(details(operation, name, "there is no such file"))

  const folderEntries = (folder: FileName.FileName): Stream.Stream<Api.Entry, MmioError.ListError> =>
    Stream.unwrap(
      Effect.gen(function*() {
        const above = yield* statIn(upper, folder)
        const below = yield* lowerStat(folder)
        const names = new Set<string>()
        const ofUpper = Option.isNone(above) && Option.isSome(below)
          ? Stream.empty
          : Stream.filter(upper.list(folder), ({ name }) => {
            const hidden = hiddenBy(name)
            names.add(hidden ?? name)
            return hidden === undefined
          })
        const ofLower = Option.isNone(below)
          ? Stream.empty
          : Stream.filter(lower.list(folder), ({ name }) => !names.has(name))
        return Stream.concat(ofUpper, ofLower)
      }).pipe(Effect.catchTag("FileNotFound", (error) => Effect.fail(new MmioError.PathNotFound(error))))
    )

  return {
    open: (request) =>
      Effect.mapError(
        Effect.zipRight(request.create === "no" ? Effect.void : reserved("open", request.name), open(request)),
        asOpenError
      ),
    rename: (from, to) =>
      Effect.mapError(
        Effect.uninterruptible(Effect.gen(function*() {
          yield* reserved("rename", to)
          yield* raise(from, Option.none())
          yield* makeFoldersTo(to)
          const below = yield* lowerStat(to)
          if (Option.isSome(below) && below.value.kind !== "file") {
            return yield* Effect.fail(
              new MmioError.CannotWrite({ ...details("rename", to, "it is a folder"), errno: "EISDIR", written: 0 })
            )
          }
          // The upper storage has the file, and shows it until it is renamed.
          yield* hide(from)
          yield* upper.rename(from, to)
        })),
        asRenameError
      ),
    remove: (name) =>
      Effect.mapError(
        Effect.uninterruptible(Effect.gen(function*() {
          const [above, below] = [yield* statIn(upper, name), yield* lowerStat(name)]
          const lowest = Option.orElse(above, () => below)
          if (Option.isNone(lowest)) {
            const folder = foldersTo(name).at(-1)
            const isThere = folder === undefined || Option.isSome(yield* stat(folder))
            return yield* isThere ? Effect.fail(missing("remove", name)) : upper.remove(name)
          }
          if (Option.isSome(above)) {
            yield* hide(name)
            return yield* upper.remove(name)
          }
          if (lowest.value.kind === "folder") {
            return yield* Effect.fail(new MmioError.AccessDenied(details("remove", name, "it is a folder")))
          }
          yield* hide(name)
        })),
        asRenameError
      ),
    exists: (name) =>
      Effect.flatMap(
        isReserved(name) ? Effect.succeed(false) : upper.exists(name),
        (above) =>
          above
            ? Effect.succeed(true)
            : Effect.flatMap(isHidden(name), (hidden) => hidden ? Effect.succeed(false) : lower.exists(name))
      ),
    stat: (name) =>
      Effect.flatMap(
        stat(name),
        Option.match({
          onSome: Effect.succeed,
          // The storages say best what is missing.
          onNone: () => isReserved(name) ? Effect.fail(missing("stat", name)) : upper.stat(name)
        })
      ),
    fullName: (name) => upper.fullName(name),
    realName: (name) => upper.realName(name),
    tempName: (request) =>
      Effect.mapError(
        Effect.zipRight(
          request.folder === undefined ? Effect.void : makeFoldersTo(FileName.plain(`${request.folder}/x`)),
          upper.tempName(request)
        ),
        asTempNameError
      ),
    list: folderEntries,
    makeFolder: (name) =>
      Effect.mapError(
        Effect.gen(function*() {
          yield* reserved("makeFolder", name)
          yield* makeFoldersTo(name)
          const below = yield* lowerStat(name)
          if (Option.isNone(below) || below.value.kind !== "folder") yield* upper.makeFolder(name)
        }),
        asFolderError
      ),
    removeFolder: (name) =>
      Effect.mapError(
        Effect.uninterruptible(Effect.gen(function*() {
          const [above, below] = [yield* statIn(upper, name), yield* lowerStat(name)]
          const entries = yield* Stream.runHead(folderEntries(name))
          if (Option.isSome(entries)) {
            return yield* Effect.fail(
              new MmioError.CannotWrite({
                ...details("removeFolder", name, "the folder is not empty"),
                errno: "ENOTEMPTY",
                written: 0
              })
            )
          }
          if (Option.isSome(below)) yield* hide(name)
          if (Option.isNone(above)) return
          const marks = yield* Stream.runCollect(upper.list(name))
          yield* Effect.forEach(marks, (mark) => upper.remove(FileName.plain(`${name.full}/${mark.name}`)), {
            discard: true
          })
          yield* upper.removeFolder(name)
        })),
        asFolderError
      ),
    capabilities: {
      list: lower.capabilities.list && upper.capabilities.list,
      atomicRename: upper.capabilities.atomicRename,
      exclusiveCreate: upper.capabilities.exclusiveCreate
    }
  }
}

/** @internal */
export const overlay = (self: Api.IOProc, upper: Api.IOProc): Api.IOProc =>
  around("overlay", self, (lower) => overlayOf(lower, upper))
