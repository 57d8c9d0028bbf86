/**
 * What is known of a name, in the words of `@effect/platform`.
 */
import * as FileSystem from "@effect/platform/FileSystem"
import * as Option from "effect/Option"
import type * as IOProc from "../../IOProc.js"

const types: { readonly [Kind in IOProc.Kind]: FileSystem.File.Type } = {
  file: "File",
  folder: "Directory",
  other: "Unknown"
}

/** The bits of a mode that say what a name is; of permissions nothing is known. */
const modes: { readonly [Kind in IOProc.Kind]: number } = { file: 0o100000, folder: 0o040000, other: 0 }

/** @internal */
export const infoOf = (stat: IOProc.Stat, size: number): FileSystem.File.Info => ({
  type: types[stat.kind],
  mtime: stat.modified,
  atime: Option.none(),
  birthtime: stat.created,
  dev: 0,
  ino: Option.none(),
  mode: modes[stat.kind],
  nlink: Option.none(),
  uid: Option.none(),
  gid: Option.none(),
  rdev: Option.none(),
  size: FileSystem.Size(size),
  blksize: Option.none(),
  blocks: Option.none()
})

/** Of a file of which no more is known. @internal */
export const aFile: IOProc.Stat = {
  kind: "file",
  size: Option.none(),
  version: Option.none(),
  modified: Option.none(),
  created: Option.none(),
  identity: Option.none()
}
