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
import { detailsOf, named, openParts, partName } from "./splitFile.js"

const firstPart = ".0"

const asRenameError = (error: MmioError.ExistsError): MmioError.RenameError =>
  error._tag === "CannotRead" ? new MmioError.CannotWrite({ ...detailsOf(error), written: 0 }) : error

const asFolderError = (error: MmioError.ExistsError): MmioError.FolderError =>
  error._tag === "CannotRead" ? new MmioError.CannotWrite({ ...detailsOf(error), written: 0 }) : error

/** Whether a folder has the name of a file: a storage that has none, or does not know, has no such folder. */
const isFolder = (inner: Api.IOProc, name: FileName.FileName): Effect.Effect<boolean> =>
  Effect.match(inner.stat(name), { onFailure: () => false, onSuccess: ({ kind }) => kind === "folder" })

/** How many parts a file has. */
const countParts = (inner: Api.IOProc, name: FileName.FileName): Effect.Effect<number, MmioError.ExistsError> =>
  Effect.iterate({ count: 0, ended: false }, {
    while: ({ ended }) => !ended,
    body: ({ count }) =>
      Effect.map(inner.exists(partName(name, count)), (has) => ({ count: has ? count + 1 : count, ended: !has }))
  }).pipe(Effect.map(({ count }) => count))

/** The numbers below one, the largest first: while the first part exists, the file does. */
const downFrom = (count: number) => Array.from({ length: count }, (_, i) => count - 1 - i)

const remove = (inner: Api.IOProc, name: FileName.FileName): Effect.Effect<void, MmioError.RenameError> =>
  Effect.flatMap(
    Effect.mapError(countParts(inner, name), asRenameError),
    (count) =>
      Effect.forEach(downFrom(Math.max(1, count)), (part) => inner.remove(partName(name, part)), { discard: true })
  )

/** Renames one part after another; after a failure, those that were renamed get their names back. */
const rename = (
  inner: Api.IOProc,
  from: FileName.FileName,
  to: FileName.FileName
): Effect.Effect<void, MmioError.RenameError> =>
  Effect.gen(function*() {
    const [count, replaced] = yield* Effect.mapError(
      Effect.all([countParts(inner, from), countParts(inner, to)]),
      asRenameError
    )
    if (from.full === to.full && count > 0) return
    if (count > 0 && (yield* isFolder(inner, to))) {
      return yield* Effect.fail(
        new MmioError.CannotWrite({
          operation: "IOProc.split.rename",
          file: to.full,
          description: "it is a folder",
          errno: "EISDIR",
          written: 0
        })
      )
    }
    // The first part fails where there is none.
    if (count === 0) return yield* inner.rename(partName(from, 0), partName(to, 0))
    yield* Effect.forEach(downFrom(replaced), (part) => inner.remove(partName(to, part)), { discard: true })
    const renamed: Array<number> = []
    yield* Effect.forEach(
      downFrom(count),
      (part) => Effect.map(inner.rename(partName(from, part), partName(to, part)), () => renamed.push(part)),
      { discard: true }
    ).pipe(
      Effect.onError(() =>
        Effect.forEach(
          renamed.toReversed(),
          (part) => Effect.ignore(inner.rename(partName(to, part), partName(from, part))),
          { discard: true }
        )
      )
    )
  })

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
    tempName: ({ suffix = ".tmp", ...request }) =>
      Effect.map(
        inner.tempName({ ...request, suffix: `${suffix}${firstPart}` }),
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
