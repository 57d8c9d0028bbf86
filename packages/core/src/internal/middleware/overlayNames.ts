/**
 * The names of an overlay: components of paths, and the names of the marks that hide what is below.
 */
import * as FileName from "../../FileName.js"

const markPrefix = ".wh."

/** What the name of a copy begins with until it is whole: a mark of a name that no file has. @internal */
export const copyPrefix = `${markPrefix}${markPrefix}`

/** The components of a path, without those that say nothing. */
const componentsOf = (path: string): ReadonlyArray<string> => {
  const components: Array<string> = []
  for (const component of path.split(/[\\/]/)) {
    if (component === "..") components.pop()
    else if (component !== "" && component !== ".") components.push(component)
  }
  return components
}

const join = (path: string, components: ReadonlyArray<string>): string =>
  (/^[\\/]/.test(path) ? "/" : "") + components.join("/")

/** A name in a folder. @internal */
export const nameIn = (folder: FileName.FileName, component: string): FileName.FileName =>
  FileName.plain(
    folder.full === "" || /[\\/]$/.test(folder.full) ? `${folder.full}${component}` : `${folder.full}/${component}`
  )

/** The folders on the way to a name, the outermost first. @internal */
export const foldersTo = (name: FileName.FileName): ReadonlyArray<FileName.FileName> => {
  const components = componentsOf(name.full)
  return components.slice(0, -1).map((_, i) => FileName.plain(join(name.full, components.slice(0, i + 1))))
}

/** Whether a name leads to the folder that all names begin in. @internal */
export const isRoot = (name: FileName.FileName): boolean => componentsOf(name.full).length === 0

/** The mark that hides a name of the storage below, and all that is in it. @internal */
export const markOf = (name: FileName.FileName): FileName.FileName => {
  const components = componentsOf(name.full)
  return FileName.plain(join(name.full, [...components.slice(0, -1), `${markPrefix}${components.at(-1) ?? ""}`]))
}

/** What a mark in a folder hides; undefined where a name is no mark. @internal */
export const hiddenBy = (component: string): string | undefined =>
  component.startsWith(markPrefix) ? component.slice(markPrefix.length) : undefined

/** Whether a name leads through one that only marks have. @internal */
export const isReserved = (name: FileName.FileName): boolean =>
  componentsOf(name.full).some((component) => hiddenBy(component) !== undefined)
