/**
 * Elements that are opened: for reading at their place in the archive, for writing in a spool that a commit puts there.
 */
import type * as IOProc from "@effect-mmio/core/IOProc"
import * as MmioError from "@effect-mmio/core/MmioError"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Additions from "./additions.js"
import { open as openArchive, probe } from "./archive.js"
import { currentLimits } from "./currentLimits.js"
import * as Directory from "./directory.js"
import { asCommitError } from "./errors.js"
import { type Element, identityOf } from "./locate.js"
import { folderOf, whyUnwritable } from "./names.js"
import * as OpenElement from "./openElement.js"
import { recordOf } from "./records.js"
import { admitChange, lookUp, refusals } from "./refusals.js"
import { fill, Spool } from "./spool.js"
import type { State } from "./state.js"
import { type Change, type Current, openCurrent, update } from "./update.js"
import * as Writer from "./writer.js"

/** Claims an element for a handle; gives what withdraws the claim. */
const claim = (
  { claims }: State,
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

const checkVersion = (
  { ifVersion, name }: IOProc.OpenRequest,
  version: string
): Effect.Effect<void, MmioError.VersionChanged> =>
  Option.isNone(ifVersion) || ifVersion.value === version
    ? Effect.void
    : Effect.fail(refusals("ZipIOProc.open", name.full).changed(`its version is ${version}`))

/** @internal */
export const openForReading = (
  state: State,
  element: Element,
  request: IOProc.OpenRequest
): Effect.Effect<IOProc.File, MmioError.OpenError> =>
  Effect.uninterruptibleMask((restore) =>
    Effect.flatMap(
      restore(openArchive(element.archive, state.directories, request.buffered)),
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
          const release = yield* claim(state, element, request, false)
          return OpenElement.fileOf(
            opened,
            content,
            identityOf(element),
            state.checkpoints,
            limits,
            Effect.sync(release)
          )
        })).pipe(Effect.onError(() => opened.file.abort))
    )
  )

/** What has to hold for an element to be opened for writing, and its entry, where it has one. */
const admitWriter = (
  { claims }: State,
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
    const unwritable = whyUnwritable(path)
    if (unwritable !== undefined) return yield* cannotOpen(unwritable, "EINVAL")
    if (request.create === "new" && (entry !== undefined || claims.isCreated(key, path))) {
      return yield* cannotOpen("the name exists", "EEXIST")
    }
    if (Option.isSome(request.ifVersion)) {
      if (entry === undefined) return yield* changed("the element does not exist")
      yield* checkVersion(request, Directory.versionOf(entry))
    }
    return entry
  })

/** Claims an element for a handle that writes it, and with it the archive where that has one writer. */
const claimToWrite = (
  state: State,
  element: Element,
  request: IOProc.OpenRequest,
  creates: boolean
): Effect.Effect<() => void, MmioError.SharingViolation> =>
  Effect.zipRight(
    admitChange(state, "ZipIOProc.open", element),
    Effect.map(claim(state, element, request, creates), (release) => {
      if (state.writers === "several") return release
      const withdraw = state.claims.write(element.key, element.name.full)
      return () => {
        withdraw()
        release()
      }
    })
  )

const commitOf = (
  { claims, compression, directories }: State,
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
              removed: new Set(Directory.elementsOf(directory, path)),
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

/** @internal */
export const openForWriting = (
  state: State,
  element: Element,
  request: IOProc.OpenRequest
): Effect.Effect<IOProc.File, MmioError.OpenError> =>
  Effect.uninterruptibleMask((restore) =>
    Effect.gen(function*() {
      const limits = yield* currentLimits
      const name = request.name.full
      // In turn: what is looked at is not changed until the claim is made.
      const { current, entry, release } = yield* state.claims.inTurn(
        element.key,
        Effect.flatMap(openCurrent(element.archive, state.directories), (current) =>
          Effect.gen(function*() {
            const entry = yield* admitWriter(state, element, request, current)
            if (current.file !== undefined) yield* probe(element.archive)
            const release = yield* claimToWrite(state, element, request, entry === undefined)
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
          const reader = OpenElement.fileOf(current, content, "", state.checkpoints, limits, Effect.void)
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
      yield* Effect.onError(restore(filled), () => Effect.zipRight(Effect.sync(release), spool.dispose)).pipe(
        Effect.ensuring(current.file === undefined ? Effect.void : Effect.ignore(current.file.close))
      )
      const version = entry && Directory.versionOf(entry)
      return Writer.fileOf({
        request,
        spool,
        version: version ?? "new",
        identity: identityOf(element),
        commit: commitOf(state, element, spool, { version }),
        most: state.compression === "deflated" ? limits.inflatedBytes : Infinity,
        isNew: request.create !== "no",
        release
      })
    })
  )
