/**
 * A storage that keeps each file in parts.
 */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import * as FileName from "../../FileName.js"
import type * as Api from "../../IOProc.js"
import * as MmioError from "../../MmioError.js"
import { around, requireInteger } from "./around.js"
import { named } from "./names.js"
import { detailsOf, openParts, partName } from "./splitFile.js"
import { isFolder, remove, rename } from "./splitNames.js"

const firstPart = ".0"

const asFolderError = (error: MmioError.ExistsError): MmioError.FolderError =>
  error._tag === "CannotRead" ? new MmioError.CannotWrite({ ...detailsOf(error), written: 0 }) : error

/** The facts of all parts as those of one file. */
const stat = (inner: Api.IOProc, name: FileName.FileName): Effect.Effect<Api.Stat, MmioError.StatError> =>
  Effect.flatMap(inner.stat(partName(name, 0)), (first) =>
    Effect.map(
      Effect.iterate({ part: 1, last: Option.some(first), size: first.size, modified: first.modified }, {
        while: ({ last }) => Option.isSome(last),
        body: ({ modified, part, size }) =>
          Effect.map(
            Effect.catchTag(
              Effect.map(inner.stat(partName(name, part)), Option.some),
              "FileNotFound",
              () => Effect.succeed(Option.none<Api.Stat>())
            ),
            (last) => ({
              part: part + 1,
              last,
              size: Option.match(last, {
                onNone: () => size,
                onSome: (stat) => Option.zipWith(size, stat.size, (a, b) => a + b)
              }),
              modified: Option.match(last, {
                onNone: () => modified,
                onSome: (stat) => Option.zipWith(modified, stat.modified, (a, b) => a > b ? a : b)
              })
            })
          )
      }),
      ({ modified, size }) => ({ ...first, size, modified, version: Option.none() })
    ))

/** @internal */
export const split = (self: Api.IOProc, partSize: number): Api.IOProc => {
  requireInteger("split", "size of parts", partSize, 1)
  return around("split", self, (inner) => ({
    open: (request) =>
      named(
        request.name,
        Effect.flatMap(isFolder(inner, request.name), (folder): Effect.Effect<Api.File, MmioError.OpenError> =>
          folder
            ? Effect.fail(
              new MmioError.CannotOpen({
                operation: "IOProc.split.open",
                file: request.name.full,
                description: "it is a folder",
                errno: "EISDIR"
              })
            )
            : openParts(inner, partSize, request))
      ),
    makeFolder: (name) =>
      Effect.flatMap(Effect.mapError(inner.exists(partName(name, 0)), asFolderError), (exists) =>
        exists
          ? Effect.fail(
            new MmioError.CannotWrite({
              operation: "IOProc.split.makeFolder",
              file: name.full,
              description: "a file has this name",
              errno: "EEXIST",
              written: 0
            })
          )
          : inner.makeFolder(name)),
    rename: (from, to) => named(from, Effect.uninterruptible(rename(inner, from, to))),
    remove: (name) => named(name, Effect.uninterruptible(remove(inner, name))),
    realName: Effect.succeed,
    exists: (name) => named(name, inner.exists(partName(name, 0))),
    tempName: ({ like, suffix = ".tmp", ...request }) =>
      Effect.map(
        inner.tempName({ ...request, like: like && partName(like, 0), suffix: `${suffix}${firstPart}` }),
        (name) => FileName.plain(name.full.slice(0, -firstPart.length))
      ),
    stat: (name) =>
      Effect.catchTag(named(name, stat(inner, name)), "FileNotFound", (missing) =>
        // A folder has no parts.
        Effect.flatMap(
          inner.stat(name),
          (stat) => stat.kind === "folder" ? Effect.succeed(stat) : Effect.fail(missing)
        )),
    list: (folder) =>
      Stream.filterMap(
        inner.list(folder),
        (entry) =>
          entry.kind === "folder" ? Option.some(entry) : entry.name.endsWith(firstPart) ?
            Option.some({ ...entry, name: entry.name.slice(0, -firstPart.length) }) :
            Option.none()
      ),
    capabilities: { ...inner.capabilities, atomicRename: false }
  }))
}
