/**
 * Temporary files beside an archive.
 */
import type * as FileName from "@effect-mmio/core/FileName"
import type * as IOProc from "@effect-mmio/core/IOProc"
import type * as MmioError from "@effect-mmio/core/MmioError"
import * as Effect from "effect/Effect"
import { request } from "./archive.js"

/** @internal */
export interface Temporary {
  readonly file: IOProc.File
  readonly name: FileName.FileName
}

/** How many characters of the name of an archive its temporary files begin with. */
const prefixLength = 32

/** The folder of a path and its last component. */
const splitPath = (path: string): { readonly folder: string; readonly last: string } => {
  const separator = Math.max(path.lastIndexOf("/"), path.lastIndexOf("\\"))
  return separator < 0
    ? { folder: ".", last: path }
    : { folder: path.slice(0, separator + 1), last: path.slice(separator + 1) }
}

/**
 * Makes a temporary file in the folder of a file, `like` that file, if it is to replace it. It is `buffered` unless it
 * is written in blocks that are large by themselves, which would be copied once more.
 *
 * @internal
 */
export const openTemporary = (
  driver: IOProc.IOProc,
  beside: FileName.FileName,
  { buffered, like }: { readonly buffered: boolean; readonly like?: FileName.FileName }
): Effect.Effect<Temporary, MmioError.TempNameError | MmioError.OpenError> => {
  const { folder, last } = splitPath(beside.full)
  return Effect.uninterruptible(Effect.flatMap(
    driver.tempName({ folder, prefix: `.${last.slice(0, prefixLength)}.`, suffix: ".tmp", like }),
    (name) =>
      Effect.matchCauseEffect(driver.open(request(name, "readWrite", { share: "exclusive", buffered })), {
        onFailure: (cause) => Effect.zipRight(Effect.ignore(driver.remove(name)), Effect.failCause(cause)),
        onSuccess: (file) => Effect.succeed({ file, name })
      })
  ))
}
