/**
 * What can be refused of a name in an archive.
 */
import * as MmioError from "@effect-mmio/core/MmioError"
import * as Effect from "effect/Effect"
import type * as Directory from "./directory.js"
import type { Element } from "./locate.js"
import { folderOf } from "./names.js"
import type { State } from "./state.js"

/** What can be refused of a name in many functions. @internal */
export const refusals = (operation: string, file: string) => {
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

/** The element of a path, or what is wrong with the path. @internal */
export const lookUp = (
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

/** Refuses to change an archive that has one writer, while there is one. @internal */
export const admitChange = (
  { claims }: State,
  operation: string,
  { key, name }: Element
): Effect.Effect<void, MmioError.SharingViolation> =>
  Effect.suspend(() => {
    const writer = claims.writerOf(key)
    return writer === undefined ? Effect.void : Effect.fail(
      new MmioError.SharingViolation({
        operation,
        file: name.full,
        description: `the archive has one writer at a time, and ${writer} is being written`
      })
    )
  })
