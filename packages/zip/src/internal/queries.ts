/**
 * What an archive is asked for by the names of its elements and folders.
 */
import type * as IOProc from "@effect-mmio/core/IOProc"
import * as MmioError from "@effect-mmio/core/MmioError"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { withOpen } from "./archive.js"
import * as Directory from "./directory.js"
import { asReadError, asStatError } from "./errors.js"
import { type Element, identityOf } from "./locate.js"
import { folderOf } from "./names.js"
import { lookUp, refusals } from "./refusals.js"
import type { State } from "./state.js"

/** @internal */
export const stat = ({ directories }: State, element: Element): Effect.Effect<IOProc.Stat, MmioError.StatError> =>
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

/** @internal */
export const exists = (
  { directories }: State,
  { archive, name, path }: Element
): Effect.Effect<boolean, MmioError.ExistsError> =>
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

/** @internal */
export const list = (
  { directories }: State,
  element: Element
): Effect.Effect<ReadonlyArray<IOProc.Entry>, MmioError.ListError> =>
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
