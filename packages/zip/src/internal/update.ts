/**
 * Changes of an archive: a new archive that has what stays as it is, and what is added, takes the place of the old one
 * in one step. Where the storage cannot replace a file, what is added and a new directory are written after the old
 * archive.
 *
 * Where another program has changed the archive meanwhile, the change is made again over what that one left.
 */
import type * as IOProc from "@effect-mmio/core/IOProc"
import * as MmioError from "@effect-mmio/core/MmioError"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { Addition } from "./additions.js"
import { type Archive, type Directories, open, type Opened, request } from "./archive.js"
import { currentLimits } from "./currentLimits.js"
import * as Directory from "./directory.js"
import { asCommitError, type LoadError, tooLarge } from "./errors.js"
import { endRecords, placedRecord, recordOf } from "./records.js"
import { Sink } from "./sink.js"
import { openTemporary } from "./temporary.js"

/** What changes in an archive. @internal */
export interface Change {
  readonly removed: ReadonlySet<Directory.Entry>
  readonly added: ReadonlyArray<Addition>
}

/** What is known of an archive as it is changed; one that does not exist has no elements. @internal */
export type Current =
  & (Opened | { readonly directory: Directory.Directory; readonly file: undefined; readonly size: 0 })
  & {
    /** What the file was before it was opened. */
    readonly stamp: string
  }

/** A file that is to become the archive. */
interface Target {
  readonly file: IOProc.File
  /** Whether it has the old archive in it, which stays. */
  readonly appends: boolean
  readonly commit: Effect.Effect<void, MmioError.CloseError>
  readonly abort: Effect.Effect<void>
}

/** What a change can fail with. */
type Failure<E> = E | LoadError | MmioError.TempNameError | MmioError.CloseError | MmioError.RenameError

/** How often a change is made again where others change the archive at the same time. */
const mostTries = 4

const flushed = (file: IOProc.File): Effect.Effect<void, MmioError.WriteError> =>
  Effect.asVoid(file.writeAt?.(0, new Uint8Array(0), "writeFlush") ?? Effect.void)

/** A file that commits on close. */
const committing = (file: IOProc.File, appends: boolean): Target => ({
  file,
  appends,
  commit: file.close,
  abort: file.abort
})

/** What tells a content from a later one of the same name, as far as the storage says. */
const stampOf = ({ driver, name }: Archive): Effect.Effect<string> =>
  Effect.match(driver.stat(name), {
    onFailure: ({ _tag }) => _tag === "FileNotFound" ? "missing" : "unknown",
    onSuccess: ({ identity, modified, size, version }) =>
      [
        Option.getOrElse(version, () => ""),
        Option.getOrElse(identity, () => ""),
        Option.getOrElse(size, () => -1),
        Option.match(modified, { onNone: () => 0, onSome: (date) => date.getTime() })
      ].join(" ")
  })

/**
 * A temporary file that takes the place of the archive by a rename, unless another program has changed that since it
 * had this stamp. It is closed before, so that readers find an archive that is not held; a flush of the renamed file
 * makes the rename safe.
 */
const openReplacement = (
  archive: Archive,
  stamp: string
): Effect.Effect<Target, MmioError.OpenError | MmioError.TempNameError> =>
  Effect.gen(function*() {
    const { driver, name } = archive
    // What a link leads to is replaced, and not the link.
    const real = yield* driver.realName(name)
    const { file, name: temporary } = yield* openTemporary(driver, real, { like: real, buffered: false })
    const removed = Effect.ignore(driver.remove(temporary))
    const renamed = stampOf(archive).pipe(
      Effect.filterOrFail((now) => now === stamp, () =>
        new MmioError.VersionChanged({
          operation: "ZipIOProc.commit",
          file: name.full,
          description: "the archive was changed while it was copied"
        })),
      Effect.zipRight(Effect.mapError(driver.rename(temporary, real), asCommitError))
    )
    const settled = Effect.flatMap(
      Effect.mapError(driver.open(request(real, "write")), asCommitError),
      (renamed) => Effect.zipRight(Effect.onError(flushed(renamed), () => renamed.abort), renamed.close)
    )
    return {
      file,
      appends: false,
      commit: Effect.onError(flushed(file), () => file.abort).pipe(
        Effect.zipRight(file.close),
        Effect.zipRight(renamed),
        Effect.onError(() => removed),
        Effect.zipRight(settled)
      ),
      abort: Effect.zipRight(file.abort, removed)
    }
  })

/** A file that is written in place; `undo` takes back what a change that fails has written. */
const inPlace = (file: IOProc.File, appends: boolean, undo: Effect.Effect<void>): Target => {
  const abort = Effect.zipRight(undo, file.abort)
  return { file, appends, commit: Effect.zipRight(Effect.onError(flushed(file), () => abort), file.close), abort }
}

/**
 * The archive itself, which is written at its end: what a failure leaves there is cut off. Where the storage cuts off
 * nothing, the old directory is written after it.
 */
const growing = (file: IOProc.File, name: string, current: Current): Target =>
  inPlace(
    file,
    true,
    Effect.ignore(Effect.suspend(() =>
      file.truncate?.(current.size) ?? Effect.flatMap(file.size, (size) =>
        size === current.size
          ? Effect.void
          : writeTo({ appends: true, file }, name, { ...current, size }, { removed: new Set(), added: [] }))
    ))
  )

const openTarget = (
  archive: Archive,
  current: Current
): Effect.Effect<Target, MmioError.OpenError | MmioError.TempNameError | MmioError.WriteError> =>
  Effect.gen(function*() {
    const { driver, name, root } = archive
    // An archive in an archive is an element, which commits on close.
    const canReplace = driver === root.driver && driver.capabilities.atomicRename
    if (current.file === undefined) {
      if (canReplace) return yield* openReplacement(archive, current.stamp)
      const file = yield* driver.open(request(name, "write", { create: "new" }))
      return file.capabilities.commit === "onClose"
        ? committing(file, false)
        : inPlace(file, false, Effect.ignore(driver.remove(name)))
    }
    // Also where the archive is not written itself, it has to be one that may be.
    const file = yield* driver.open(request(name, "write"))
    if (file.capabilities.commit === "onClose") {
      if (file.truncate === undefined) return committing(file, true)
      yield* Effect.onError(file.truncate(0), () => file.abort)
      return committing(file, false)
    }
    if (!canReplace) return growing(file, name.full, current)
    yield* file.abort
    return yield* openReplacement(archive, current.stamp)
  })

/** Fails where the limits would refuse to read what a change makes of an archive, whose directory has so many bytes. */
const admitExtent = (
  name: string,
  { entries, folders }: Directory.Directory,
  { added, removed }: Change,
  directoryBytes: number
): Effect.Effect<void, MmioError.CannotExpand> =>
  Effect.flatMap(currentLimits, (limits) => {
    const why = Directory.whyTooLarge({
      entries: entries.length - removed.size + added.length,
      directoryBytes,
      // No change that adds a folder which the archive did not have removes one, too.
      folders: folders.size - 1 + added.filter(({ isFolder, path }) => isFolder && !folders.has(path)).length
    }, limits)
    return why === undefined ? Effect.void : Effect.fail(tooLarge(name, why))
  })

/** Writes what stays and what is added, the directory, and the end. */
const writeTo = (
  { appends, file }: Pick<Target, "appends" | "file">,
  name: string,
  { directory, file: old, size }: Pick<Current, "directory" | "file" | "size">,
  change: Change
): Effect.Effect<void, MmioError.WriteError> =>
  Effect.gen(function*() {
    const { added, removed } = change
    const limits = yield* currentLimits
    const sink = new Sink(file, name, appends ? size : 0)
    /** By entry, how far down its local header moves. */
    const moves = new Map<Directory.Entry, number>()
    if (!appends && old !== undefined) {
      let gone = 0
      let copied = 0
      for (const entry of directory.entries.toSorted((a, b) => a.offset - b.offset)) {
        moves.set(entry, gone)
        if (!removed.has(entry)) continue
        yield* sink.copy(old, copied, entry.offset - copied)
        copied = entry.end
        gone += entry.end - entry.offset
      }
      yield* sink.copy(old, copied, directory.start - copied)
    }
    const records: Array<Uint8Array> = []
    for (const entry of directory.entries) {
      if (removed.has(entry)) continue
      const offset = entry.offset - directory.delta - (moves.get(entry) ?? 0)
      records.push(placedRecord(recordOf(directory, entry), offset))
    }
    for (const addition of added) records.push(yield* addition.write(sink, directory.delta, limits))
    const start = sink.position
    const length = records.reduce((sum, record) => sum + record.length, 0)
    yield* admitExtent(name, directory, change, length)
    const bytes = new Uint8Array(length)
    let at = 0
    for (const record of records) {
      bytes.set(record, at)
      at += record.length
    }
    yield* sink.write(bytes)
    yield* sink.write(endRecords(records.length, start, length, directory.delta, directory.comment))
  })

/** The archive, open for reading, or as one without elements, where it does not exist. @internal */
export const openCurrent = (
  archive: Archive,
  directories: Directories,
  buffered = true
): Effect.Effect<Current, LoadError> =>
  Effect.flatMap(stampOf(archive), (stamp) =>
    Effect.catchTag(
      Effect.map(open(archive, directories, buffered), (opened): Current => ({ ...opened, stamp })),
      "FileNotFound",
      () => Effect.succeed<Current>({ directory: Directory.empty, file: undefined, size: 0, stamp })
    ))

/** Changes an archive; `plan` says how, of what it finds, and with no change nothing is written. @internal */
export const update = <E>(
  archive: Archive,
  directories: Directories,
  plan: (current: Current) => Effect.Effect<Change | undefined, E>
): Effect.Effect<void, Failure<E>> => {
  const name = archive.name.full
  const attempt = (tries: number): Effect.Effect<void, Failure<E>> =>
    Effect.acquireUseRelease(
      // What is copied is copied in blocks that are large by themselves.
      openCurrent(archive, directories, false),
      (current) =>
        Effect.flatMap(
          plan(current),
          (change): Effect.Effect<"done" | "again", Failure<E>> => {
            if (change === undefined) return Effect.succeed("done")
            const { overlap } = current.directory
            if (overlap !== undefined) {
              return Effect.fail(
                new MmioError.InvalidFile({
                  operation: "ZipIOProc.write",
                  file: name,
                  description: `the archive is damaged, and stays as it is: ${overlap}`
                })
              )
            }
            return Effect.zipRight(
              // How many bytes its directory has is not known before it is written.
              admitExtent(name, current.directory, change, 0),
              Effect.uninterruptibleMask((restore) =>
                Effect.flatMap(openTarget(archive, current), (target) =>
                  Effect.zipRight(
                    Effect.onError(restore(writeTo(target, name, current, change)), () => target.abort),
                    Effect.as(target.commit, "done" as const)
                  ))
              )
            ).pipe(
              Effect.catchIf(
                (error) => MmioError.isMmioError(error) && error._tag === "VersionChanged" && tries > 1,
                () => Effect.succeed("again" as const)
              )
            )
          }
        ),
      ({ file }) => file === undefined ? Effect.void : Effect.ignore(file.close)
    ).pipe(Effect.flatMap((outcome) => outcome === "done" ? Effect.void : attempt(tries - 1)))
  return attempt(mostTries)
}
