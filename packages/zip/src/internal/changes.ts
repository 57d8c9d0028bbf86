/**
 * Changes of an archive by the names of its elements and folders.
 */
import * as MmioError from "@effect-mmio/core/MmioError"
import * as Effect from "effect/Effect"
import * as Additions from "./additions.js"
import { probe } from "./archive.js"
import { type Directory, elementsOf, type Entry } from "./directory.js"
import { asFolderError, asRenameError } from "./errors.js"
import type { Element } from "./locate.js"
import { folderOf, whyUnwritable } from "./names.js"
import { admitChange, lookUp, refusals } from "./refusals.js"
import type { State } from "./state.js"
import { type Change, type Current, update } from "./update.js"

/** Changes an archive by its names, in turn with all other changes. */
const changing = (
  state: State,
  operation: string,
  element: Element,
  plan: (current: Current) => Effect.Effect<Change | undefined, MmioError.MmioError>,
  done: () => void = () => {}
): Effect.Effect<void, MmioError.RenameError> =>
  state.claims.inTurn(
    element.key,
    Effect.zipRight(
      admitChange(state, operation, element),
      Effect.map(update(element.archive, state.directories, plan), done)
    )
  ).pipe(
    Effect.mapError((error) => MmioError.withDetails(asRenameError(error), { operation, file: element.name.full }))
  )

/**
 * A change that removes what has the path of an element. Its folder stays: where only what is removed named the folder,
 * the change adds an entry of the folder.
 */
const removing = (
  operation: string,
  { name, path }: Element,
  { entries, files, folders }: Directory,
  { added, removed }: Change
): Effect.Effect<Change, MmioError.CannotWrite> => {
  const folder = folderOf(path)
  const isInFolder = (other: { readonly path: string }) => other.path.startsWith(`${folder}/`)
  // An entry with a name that is refused names no folder.
  const namesFolder = (entry: Entry) =>
    isInFolder(entry) && !removed.has(entry) && (entry.isFolder ? folders : files).has(entry.path)
  if (
    folder === "" || folders.get(folder) !== undefined || added.some(isInFolder) || entries.some(namesFolder)
  ) {
    return Effect.succeed({ added, removed })
  }
  const unwritable = whyUnwritable(`${folder}/`)
  return unwritable === undefined
    ? Effect.succeed({ removed, added: [...added, Additions.folder(folder)] })
    : Effect.fail(
      refusals(operation, name.full).cannotWrite(`its folder would not stay without it: ${unwritable}`, "EINVAL")
    )
}

/** @internal */
export const remove = (state: State, element: Element): Effect.Effect<void, MmioError.RenameError> =>
  changing(
    state,
    "ZipIOProc.remove",
    element,
    ({ directory }) =>
      Effect.flatMap(lookUp("ZipIOProc.remove", element, directory), () =>
        removing("ZipIOProc.remove", element, directory, {
          removed: new Set(elementsOf(directory, element.path)),
          added: []
        })),
    () =>
      state.claims.removed(element.key, element.path)
  )

/** @internal */
export const rename = (state: State, from: Element, to: Element): Effect.Effect<void, MmioError.RenameError> =>
  Effect.suspend(() => {
    const operation = "ZipIOProc.rename"
    const { cannotWrite, noFolder } = refusals(operation, to.name.full)
    if (from.key !== to.key) {
      return Effect.fail(cannotWrite("an element can only be renamed in its archive", "EXDEV"))
    }
    return changing(state, operation, from, (current) =>
      Effect.gen(function*() {
        const { directory } = current
        const entry = yield* lookUp(operation, from, directory)
        if (from.path === to.path || current.file === undefined) return undefined
        if (directory.folders.has(to.path)) return yield* cannotWrite("it is a folder", "EISDIR")
        if (!directory.folders.has(folderOf(to.path))) return yield* noFolder
        const unwritable = whyUnwritable(to.path)
        if (unwritable !== undefined) return yield* cannotWrite(unwritable, "EINVAL")
        if (elementsOf(directory, from.path).length > 1) {
          return yield* cannotWrite("two elements have the name, and which one is meant is not known")
        }
        return yield* removing(operation, from, directory, {
          removed: new Set([entry, ...elementsOf(directory, to.path)]),
          added: [Additions.moved(current, entry, to.path)]
        })
      }), () => {
      if (from.path !== to.path) state.claims.renamed(from.key, from.path, to.path)
    })
  })

/** @internal */
export const makeFolder = (state: State, element: Element): Effect.Effect<void, MmioError.FolderError> => {
  const { cannotWrite, noFolder } = refusals("ZipIOProc.makeFolder", element.name.full)
  const made = changing(state, "ZipIOProc.makeFolder", element, ({ directory, file }) => {
    const { path } = element
    if (directory.files.has(path)) return Effect.fail(cannotWrite("an element has this name", "EEXIST"))
    if (path === "" && file === undefined) return Effect.succeed({ removed: new Set(), added: [] })
    // What is there already is left as it is, where the archive can be changed at all.
    if (directory.folders.has(path)) return Effect.as(probe(element.archive), undefined)
    if (!directory.folders.has(folderOf(path))) return Effect.fail(noFolder)
    const unwritable = whyUnwritable(`${path}/`)
    return unwritable === undefined
      ? Effect.succeed({ removed: new Set(), added: [Additions.folder(path)] })
      : Effect.fail(cannotWrite(unwritable, "EINVAL"))
  })
  return Effect.mapError(made, asFolderError)
}

/** @internal */
export const removeFolder = (state: State, element: Element): Effect.Effect<void, MmioError.FolderError> => {
  const { cannotWrite, noFolder } = refusals("ZipIOProc.removeFolder", element.name.full)
  const removed = changing(state, "ZipIOProc.removeFolder", element, ({ directory }) => {
    const { path } = element
    if (!directory.folders.has(path)) return Effect.fail(noFolder)
    const isUsed = (other: string) => folderOf(other) === path && other !== path
    if (path === "" || [...directory.files.keys()].some(isUsed) || [...directory.folders.keys()].some(isUsed)) {
      return Effect.fail(cannotWrite("the folder is not empty", "ENOTEMPTY"))
    }
    // A folder in which nothing is has an entry.
    return removing("ZipIOProc.removeFolder", element, directory, {
      removed: new Set(directory.entries.filter((entry) => entry.isFolder && entry.path === path)),
      added: []
    })
  })
  return Effect.mapError(removed, asFolderError)
}
