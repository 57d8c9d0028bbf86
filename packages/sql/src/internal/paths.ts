/**
 * Names as paths: `a//b/./c/../d` is `/a/b/d`; `..` above the root stays there, as on a disk.
 */
import * as FileName from "@effect-mmio/core/FileName"
import type * as FourCC from "@effect-mmio/core/FourCC"
import * as Option from "effect/Option"

const normalize = (name: string): string => {
  const components: Array<string> = []
  for (const component of name.split("/")) {
    if (component === "..") components.pop()
    else if (component !== "" && component !== ".") components.push(component)
  }
  return `/${components.join("/")}`
}

/** @internal */
export const folderOf = (path: string): string => path.slice(0, path.lastIndexOf("/")) || "/"

/** @internal */
export const lastOf = (path: string): string => path.slice(path.lastIndexOf("/") + 1)

/** How the names that a driver gets are paths in the database, and back. @internal */
export interface Naming {
  readonly pathOf: (name: FileName.FileName) => string
  readonly nameOf: (path: string) => FileName.FileName
}

/** Names that are paths. @internal */
export const whole: Naming = {
  pathOf: (name) => normalize(name.full),
  nameOf: FileName.plain
}

/** Names of elements of a database: `lib.db+take`. @internal */
export const elementsOf = (database: string, code: FourCC.FourCC): Naming => ({
  pathOf: (name) => normalize(Option.getOrElse(name.element, () => "")),
  nameOf: (path) => FileName.element(database, path.slice(1), code)
})
