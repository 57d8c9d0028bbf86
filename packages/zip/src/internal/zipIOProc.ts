import type * as FileName from "@effect-mmio/core/FileName"
import * as IOProc from "@effect-mmio/core/IOProc"
import * as MmioError from "@effect-mmio/core/MmioError"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import * as Additions from "./additions.js"
import { Directories, open as openArchive, request as requestOf, withOpen } from "./archive.js"
import { Checkpoints } from "./checkpoints.js"
import { Claims } from "./claims.js"
import { currentLimits } from "./currentLimits.js"
import * as Directory from "./directory.js"
import { asCommitError, asFolderError, asReadError, asRenameError, asStatError } from "./errors.js"
import { type Element, Locator } from "./locate.js"
import { folderOf } from "./names.js"
import * as OpenElement from "./openElement.js"
import { recordOf } from "./records.js"
import { fill, Spool } from "./spool.js"
import { type Change, type Current, openCurrent, update } from "./update.js"
import * as Writer from "./writer.js"

/** What can be refused of a name in many functions. */
const refusals = (operation: string, file: string) => {
  const details = (description: string, errno?: string) => ({
    operation,
    file,
    description,
    ...(errno === undefined ? {} : { errno })
  })
  return {
    noFile: new MmioError.FileNotFound(details("the archive has no such element")),
    noFolder: new MmioError.PathNotFound(details("the archive has no such folder")),
    cannotOpen: (description: string, errno: string) => new MmioError.CannotOpen(details(description, errno)),
    cannotWrite: (description: string, errno?: string) =>
      new MmioError.CannotWrite({ ...details(description, errno), written: 0 }),
    invalid: (description: string) => new MmioError.InvalidFile(details(`the element is invalid: ${description}`)),
    changed: (description: string) => new MmioError.VersionChanged(details(description))
  }
}

/** The element of a path, or what is wrong with the path. */
const lookUp = (
  operation: string,
  { name, path, text }: Element,
  { files, folders, refused }: Directory.Directory
): Effect.Effect<
  Directory.Entry,
  MmioError.FileNotFound | MmioError.PathNotFound | MmioError.InvalidFile
> => {
  const { invalid, noFile, noFolder } = refusals(operation, name.full)
  const why = refused.get(text)
  if (why !== undefined) return Effect.fail(invalid(why))
  const entry = files.get(path)
  return entry !== undefined ? Effect.succeed(entry) : Effect.fail(folders.has(folderOf(path)) ? noFile : noFolder)
}

/** @internal */
export const make = (compression: Additions.Compression): Effect.Effect<IOProc.IOProc, never, IOProc.IOProc> =>
  Effect.map(IOProc.IOProc, (below) => {
    const directories = new Directories()
    const checkpoints = new Checkpoints()
    const claims = new Claims()

    /** Errors of the storage below name the archive: what was asked for is an element of it. */
    const naming = <A, E extends MmioError.MmioError>(operation: string, file: string, effect: Effect.Effect<A, E>) =>
      Effect.mapError(effect, (error) => MmioError.withDetails(error, { operation, file }))

    // -----------------------------------------------------------------------------------------------------------------
    // opening
    // -----------------------------------------------------------------------------------------------------------------

    const claim = (
      { key, name, path }: Element,
      request: IOProc.OpenRequest,
      creates: boolean
    ): Effect.Effect<() => void, MmioError.SharingViolation> =>
      Effect.suspend(() => {
        const claimed = claims.claim(key, path, request, creates)
        return "release" in claimed ? Effect.succeed(claimed.release) : Effect.fail(
          new MmioError.SharingViolation({
            operation: "ZipIOProc.open",
            file: name.full,
            description: `another handle has it open for ${claimed.conflict.access} as ${claimed.conflict.share}`
          })
        )
      })

    const identityOf = ({ key, path }: Element) => `ZipIOProc ${key}+${path}`

    const checkVersion = (
      { ifVersion, name }: IOProc.OpenRequest,
      version: string
    ): Effect.Effect<void, MmioError.VersionChanged> =>
      Option.isNone(ifVersion) || ifVersion.value === version
        ? Effect.void
        : Effect.fail(refusals("ZipIOProc.open", name.full).changed(`its version is ${version}`))

    const openForReading = (element: Element, request: IOProc.OpenRequest) =>
      Effect.uninterruptibleMask((restore) =>
        Effect.flatMap(
          restore(openArchive(element.archive, directories, request.buffered)),
          (opened) =>
            restore(Effect.gen(function*() {
              const limits = yield* currentLimits
              if (opened.directory.folders.has(element.path) && !opened.directory.files.has(element.path)) {
                return yield* refusals("ZipIOProc.open", request.name.full).cannotOpen("it is a folder", "EISDIR")
              }
              const entry = yield* lookUp("ZipIOProc.open", element, opened.directory)
              yield* OpenElement.admit(entry, request.name.full, limits)
              yield* checkVersion(request, Directory.versionOf(entry))
              const content = yield* OpenElement.locate(opened, entry, request.name.full)
              const release = yield* claim(element, request, false)
              return OpenElement.fileOf(
                opened,
                content,
                identityOf(element),
                checkpoints,
                limits,
                Effect.sync(release)
              )
            })).pipe(Effect.onError(() => opened.file.abort))
        )
      )

    /** What has to hold for an element to be opened for writing, and its entry, where it has one. */
    const admitWriter = (
      element: Element,
      request: IOProc.OpenRequest,
      { directory, file }: Current
    ): Effect.Effect<Directory.Entry | undefined, MmioError.OpenError> =>
      Effect.gen(function*() {
        const { cannotOpen, changed, invalid, noFile, noFolder } = refusals("ZipIOProc.open", request.name.full)
        const { key, path, text } = element
        if (file === undefined && request.create === "no") return yield* noFile
        if (directory.folders.has(path) && !directory.files.has(path)) {
          return yield* cannotOpen("it is a folder", "EISDIR")
        }
        const why = directory.refused.get(text)
        if (why !== undefined) return yield* invalid(why)
        if (directory.overlap !== undefined) {
          return yield* new MmioError.InvalidFile({
            operation: "ZipIOProc.open",
            file: request.name.full,
            description: `the archive is damaged, and cannot be changed: ${directory.overlap}`
          })
        }
        const entry = directory.files.get(path)
        if (entry === undefined && !directory.folders.has(folderOf(path))) return yield* noFolder
        if (entry === undefined && request.create === "no") return yield* noFile
        if (request.create === "new" && (entry !== undefined || claims.isCreated(key, path))) {
          return yield* cannotOpen("the name exists", "EEXIST")
        }
        if (Option.isSome(request.ifVersion)) {
          if (entry === undefined) return yield* changed("the element does not exist")
          yield* checkVersion(request, Directory.versionOf(entry))
        }
        return entry
      })

    /** Fails where the archive cannot be written, before anything is written that then could not be committed. */
    const probe = ({ archive: { driver, name } }: Element): Effect.Effect<void, MmioError.OpenError> =>
      Effect.flatMap(driver.open(requestOf(name, "write")), (file) => file.abort)

    const commitOf = (
      element: Element,
      spool: Spool,
      expected: { version: string | undefined }
    ): Effect.Effect<void, MmioError.CommitError> => {
      const { archive, key, name, path } = element
      const { cannotWrite, changed } = refusals("ZipIOProc.commit", name.full)
      return claims.inTurn(
        key,
        Effect.suspend(() => {
          let version = expected.version
          return Effect.map(
            update(archive, directories, ({ directory }) =>
              Effect.gen(function*() {
                const entry = directory.files.get(path)
                if (expected.version !== (entry && Directory.versionOf(entry))) {
                  return yield* changed("the element was changed since it was opened")
                }
                if (directory.folders.has(path)) return yield* cannotWrite("it is a folder", "EISDIR")
                if (!directory.folders.has(folderOf(path))) {
                  return yield* cannotWrite("the folder of the element was removed")
                }
                const change: Change = {
                  removed: new Set(entry === undefined ? [] : [entry]),
                  added: [
                    Additions.put(path, spool, compression, entry && recordOf(directory, entry), (written) => {
                      version = written
                    })
                  ]
                }
                return change
              })),
            () => {
              expected.version = version
            }
          )
        })
      ).pipe(Effect.mapError((error) => MmioError.withDetails(asCommitError(error), { file: name.full })))
    }

    const openForWriting = (element: Element, request: IOProc.OpenRequest) =>
      Effect.uninterruptibleMask((restore) =>
        Effect.gen(function*() {
          const limits = yield* currentLimits
          const name = request.name.full
          // In turn: what is looked at is not changed until the claim is made.
          const { current, entry, release } = yield* claims.inTurn(
            element.key,
            Effect.flatMap(openCurrent(element.archive, directories), (current) =>
              Effect.gen(function*() {
                const entry = yield* admitWriter(element, request, current)
                if (current.file !== undefined) yield* probe(element)
                const release = yield* claim(element, request, entry === undefined)
                return { current, entry, release }
              }).pipe(
                Effect.onError(() => current.file?.abort ?? Effect.void)
              ))
          )
          const spool = new Spool(element.archive, name, limits.spoolBytes)
          const filled = entry === undefined || current.file === undefined || request.create !== "no"
            ? Effect.void
            : Effect.gen(function*() {
              yield* OpenElement.admit(entry, name, limits)
              const content = yield* OpenElement.locate(current, entry, name)
              const reader = OpenElement.fileOf(current, content, "", checkpoints, limits, Effect.void)
              yield* Effect.mapError(fill(spool, reader), (error) =>
                error._tag === "NetworkError" || error._tag === "VersionChanged"
                  ? error
                  : new MmioError.CannotOpen({
                    operation: "ZipIOProc.open",
                    file: name,
                    description: error.description,
                    errno: error.errno,
                    cause: error
                  }))
            })
          yield* Effect.onError(restore(filled), () =>
            Effect.zipRight(Effect.sync(release), spool.dispose)).pipe(
              Effect.ensuring(current.file === undefined ? Effect.void : Effect.ignore(current.file.close))
            )
          const version = entry && Directory.versionOf(entry)
          return Writer.fileOf({
            request,
            spool,
            version: version ?? "new",
            identity: identityOf(element),
            commit: commitOf(element, spool, { version }),
            isNew: request.create !== "no",
            release
          })
        })
      )

    const open = (request: IOProc.OpenRequest): Effect.Effect<IOProc.File, MmioError.OpenError> =>
      Effect.flatMap(locator.locate(request.name), (located): Effect.Effect<IOProc.File, MmioError.OpenError> => {
        if (located._tag === "Plain") return below.open({ ...request, name: located.name, code: located.name.code })
        if (located._tag === "Outside") {
          return Effect.fail(
            new MmioError.AccessDenied({
              operation: "ZipIOProc.open",
              file: request.name.full,
              description: "the name leads out of the archive"
            })
          )
        }
        return naming(
          "ZipIOProc.open",
          request.name.full,
          request.access === "read" && request.create === "no"
            ? openForReading(located, request)
            : openForWriting(located, request)
        )
      })

    // -----------------------------------------------------------------------------------------------------------------
    // names
    // -----------------------------------------------------------------------------------------------------------------

    /** Goes on with where a name leads; one that leads out of its archive is refused. */
    const located = <A, E>(
      operation: string,
      name: FileName.FileName,
      onPlain: (name: FileName.FileName) => Effect.Effect<A, E>,
      onElement: (element: Element) => Effect.Effect<A, E>
    ): Effect.Effect<A, E | MmioError.AccessDenied> =>
      Effect.flatMap(locator.locate(name), (found): Effect.Effect<A, E | MmioError.AccessDenied> => {
        switch (found._tag) {
          case "Plain":
            return onPlain(found.name)
          case "Element":
            return onElement(found)
          case "Outside":
            return Effect.fail(
              new MmioError.AccessDenied({
                operation,
                file: name.full,
                description: "the name leads out of the archive"
              })
            )
        }
      })

    /** Changes an archive by its names, in turn with all other changes. */
    const changing = (
      operation: string,
      { archive, key, name }: Element,
      plan: (current: Current) => Effect.Effect<Change | undefined, MmioError.MmioError>,
      done: () => void = () => {}
    ): Effect.Effect<void, MmioError.RenameError> =>
      claims.inTurn(key, Effect.map(update(archive, directories, plan), done)).pipe(
        Effect.mapError((error) => MmioError.withDetails(asRenameError(error), { operation, file: name.full }))
      )

    const remove = (element: Element): Effect.Effect<void, MmioError.RenameError> =>
      changing(
        "ZipIOProc.remove",
        element,
        ({ directory }) =>
          Effect.map(lookUp("ZipIOProc.remove", element, directory), (entry) => ({
            removed: new Set([entry]),
            added: []
          })),
        () => claims.removed(element.key, element.path)
      )

    const rename = (from: Element, to: Element): Effect.Effect<void, MmioError.RenameError> =>
      Effect.suspend(() => {
        const operation = "ZipIOProc.rename"
        const { cannotWrite, noFolder } = refusals(operation, to.name.full)
        if (from.key !== to.key) {
          return Effect.fail(cannotWrite("an element can only be renamed in its archive", "EXDEV"))
        }
        return changing(operation, from, (current) =>
          Effect.gen(function*() {
            const { directory } = current
            const entry = yield* lookUp(operation, from, directory)
            if (from.path === to.path || current.file === undefined) return undefined
            if (directory.folders.has(to.path)) return yield* cannotWrite("it is a folder", "EISDIR")
            if (!directory.folders.has(folderOf(to.path))) return yield* noFolder
            const replaced = directory.files.get(to.path)
            const change: Change = {
              removed: new Set(replaced === undefined ? [entry] : [entry, replaced]),
              added: [Additions.moved(current, entry, to.path)]
            }
            return change
          }), () => {
          if (from.path !== to.path) claims.renamed(from.key, from.path, to.path)
        })
      })

    const makeFolder = (element: Element): Effect.Effect<void, MmioError.RenameError> => {
      const { cannotWrite, noFolder } = refusals("ZipIOProc.makeFolder", element.name.full)
      return changing("ZipIOProc.makeFolder", element, ({ directory, file }) => {
        const { path } = element
        if (directory.files.has(path)) return Effect.fail(cannotWrite("an element has this name", "EEXIST"))
        if (path === "" && file === undefined) return Effect.succeed({ removed: new Set(), added: [] })
        // What is there already is left as it is, where the archive can be changed at all.
        if (directory.folders.has(path)) return Effect.as(probe(element), undefined)
        return directory.folders.has(folderOf(path))
          ? Effect.succeed({ removed: new Set(), added: [Additions.folder(path)] })
          : Effect.fail(noFolder)
      })
    }

    const removeFolder = (element: Element): Effect.Effect<void, MmioError.RenameError> => {
      const { cannotWrite, noFolder } = refusals("ZipIOProc.removeFolder", element.name.full)
      return changing("ZipIOProc.removeFolder", element, ({ directory }) => {
        const { path } = element
        if (!directory.folders.has(path)) return Effect.fail(noFolder)
        const isUsed = (other: string) => folderOf(other) === path && other !== path
        if (path === "" || [...directory.files.keys()].some(isUsed) || [...directory.folders.keys()].some(isUsed)) {
          return Effect.fail(cannotWrite("the folder is not empty", "ENOTEMPTY"))
        }
        // A folder in which nothing is has an entry.
        return Effect.succeed({
          removed: new Set(directory.entries.filter((entry) => entry.isFolder && entry.path === path)),
          added: []
        })
      })
    }

    const stat = (element: Element): Effect.Effect<IOProc.Stat, MmioError.StatError> =>
      withOpen(element.archive, directories, ({ directory }): Effect.Effect<IOProc.Stat, MmioError.OpenError> => {
        const { path } = element
        if (directory.folders.has(path) && !directory.files.has(path)) {
          return Effect.succeed({
            kind: "folder",
            size: Option.none(),
            version: Option.none(),
            identity: Option.none(),
            modified: Option.fromNullable(directory.folders.get(path)?.modified),
            created: Option.none()
          })
        }
        return Effect.map(lookUp("ZipIOProc.stat", element, directory), (entry): IOProc.Stat => ({
          kind: "file",
          size: Option.some(entry.size),
          version: Option.some(Directory.versionOf(entry)),
          identity: Option.some(identityOf(element)),
          modified: Option.some(entry.modified),
          created: Option.none()
        }))
      }).pipe(
        Effect.mapError((error) => asStatError(MmioError.withDetails(error, { file: element.name.full })))
      )

    const exists = ({ archive, name, path }: Element): Effect.Effect<boolean, MmioError.ExistsError> =>
      withOpen(archive, directories, ({ directory }) => Effect.succeed(directory.files.has(path))).pipe(
        Effect.catchIf(
          (error) => error._tag === "FileNotFound" || error._tag === "PathNotFound",
          () => Effect.succeed(false)
        ),
        Effect.mapError((error): MmioError.ExistsError => {
          const failure = error._tag === "AccessDenied" ? error : asReadError(error)
          return MmioError.withDetails(
            failure._tag === "VersionChanged" ? new MmioError.CannotRead({ ...failure, cause: failure }) : failure,
            { operation: "ZipIOProc.exists", file: name.full }
          )
        })
      )

    const list = (element: Element): Effect.Effect<ReadonlyArray<IOProc.Entry>, MmioError.ListError> =>
      withOpen(element.archive, directories, ({ directory }): Effect.Effect<
        ReadonlyArray<IOProc.Entry>,
        MmioError.PathNotFound
      > => {
        const { path } = element
        if (!directory.folders.has(path)) return Effect.fail(refusals("ZipIOProc.list", element.name.full).noFolder)
        const start = path === "" ? 0 : path.length + 1
        const inFolder = (kind: IOProc.Kind, paths: Iterable<string>): ReadonlyArray<IOProc.Entry> =>
          [...paths].filter((other) => other !== "" && folderOf(other) === path && (path === "" || other !== path))
            .map((other) => ({ name: other.slice(start), kind }))
        return Effect.succeed([
          ...inFolder("file", directory.files.keys()),
          ...inFolder("folder", [...directory.folders.keys()].filter((folder) => !directory.files.has(folder)))
        ])
      }).pipe(
        Effect.mapError((error): MmioError.ListError => {
          const failure = asStatError(MmioError.withDetails(error, { file: element.name.full }))
          return failure._tag === "FileNotFound"
            ? refusals("ZipIOProc.list", element.name.full).noFolder
            : failure
        })
      )

    const zip: IOProc.IOProc = IOProc.make({
      open,
      stat: (name) => located("ZipIOProc.stat", name, (plain) => below.stat(plain), stat),
      exists: (name) => located("ZipIOProc.exists", name, (plain) => below.exists(plain), exists),
      list: (folder) =>
        Stream.unwrap(located<Stream.Stream<IOProc.Entry, MmioError.ListError>, MmioError.ListError>(
          "ZipIOProc.list",
          folder,
          (name) => Effect.succeed(below.list(name)),
          (element) => Effect.map(list(element), (entries) => Stream.fromIterable(entries))
        )),
      rename: (from, to) =>
        located(
          "ZipIOProc.rename",
          from,
          (plainFrom) =>
            located("ZipIOProc.rename", to, (plainTo) => below.rename(plainFrom, plainTo), () =>
              Effect.fail(
                refusals("ZipIOProc.rename", to.full).cannotWrite("a file cannot be renamed into an archive", "EXDEV")
              )),
          (element) =>
            located("ZipIOProc.rename", to, () =>
              Effect.fail(
                refusals("ZipIOProc.rename", to.full).cannotWrite(
                  "an element cannot be renamed out of its archive",
                  "EXDEV"
                )
              ), (other) => rename(element, other))
        ),
      remove: (name) => located("ZipIOProc.remove", name, (plain) => below.remove(plain), remove),
      makeFolder: (name) =>
        located(
          "ZipIOProc.makeFolder",
          name,
          (plain) => below.makeFolder(plain),
          (element) => Effect.mapError(makeFolder(element), asFolderError)
        ),
      removeFolder: (name) =>
        located(
          "ZipIOProc.removeFolder",
          name,
          (plain) => below.removeFolder(plain),
          (element) => Effect.mapError(removeFolder(element), asFolderError)
        ),
      fullName: (name) => located("ZipIOProc.fullName", name, (plain) => below.fullName(plain), locator.fullName),
      realName: (name) =>
        Effect.catchAll(
          located("ZipIOProc.realName", name, (plain) =>
            below.realName(plain), (element) =>
            Effect.succeed(element.name)),
          () =>
            Effect.succeed(name)
        ),
      find: (code) => below.find(code),
      capabilities: {
        list: true,
        atomicRename: below.capabilities.atomicRename,
        exclusiveCreate: below.capabilities.exclusiveCreate
      },
      middleware: below.middleware
    })
    const locator = new Locator(below, () => zip)
    return zip
  })
