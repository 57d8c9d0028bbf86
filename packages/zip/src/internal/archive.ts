/**
 * Archives as files of the storage below: opening one, and reading its directory.
 */
import type * as FileName from "@effect-mmio/core/FileName"
import type * as IOProc from "@effect-mmio/core/IOProc"
import * as MmioError from "@effect-mmio/core/MmioError"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import type { Limits } from "../ZipLimits.js"
import { currentLimits } from "./currentLimits.js"
import * as Directory from "./directory.js"
import { asOpenError, type LoadError } from "./errors.js"
import { length } from "./layout.js"
import { readFully } from "./transfer.js"

/** Where an archive is. @internal */
export interface Archive {
  readonly driver: IOProc.IOProc
  readonly name: FileName.FileName
  /** The file that an archive in an archive is in, in the end, and its driver: temporary files go beside it. */
  readonly root: { readonly driver: IOProc.IOProc; readonly name: FileName.FileName }
}

/** An archive that is open for reading. @internal */
export interface Opened {
  readonly file: IOProc.File
  readonly size: number
  readonly directory: Directory.Directory
  /** What tells these bytes from all others, where the storage knows it. */
  readonly key: string | undefined
}

const operation = "ZipIOProc.open"

const invalid = (file: string, description: string) =>
  new MmioError.InvalidFile({ operation, file, description: `the archive is invalid: ${description}` })

/** The directories that were read last, of archives whose storage says which bytes they have. @internal */
export class Directories {
  private readonly known = new Map<string, Directory.Directory>()
  private bytes = 0

  get(key: string | undefined): Directory.Directory | undefined {
    const found = key === undefined ? undefined : this.known.get(key)
    if (key !== undefined && found !== undefined) {
      // The last one is the one that was used last.
      this.known.delete(key)
      this.known.set(key, found)
    }
    return found
  }

  set(key: string | undefined, directory: Directory.Directory): void {
    if (key === undefined || directory.raw.length > mostBytes) return
    this.bytes += directory.raw.length - (this.known.get(key)?.raw.length ?? 0)
    this.known.delete(key)
    this.known.set(key, directory)
    for (const [oldest, { raw }] of this.known) {
      if (this.bytes <= mostBytes && this.known.size <= mostKept) break
      this.known.delete(oldest)
      this.bytes -= raw.length
    }
  }
}

/** How many directories are kept, and how many bytes of them. */
const mostKept = 16
const mostBytes = 4 * 1024 * 1024

/** What a driver is asked for to open an archive. @internal */
export const request = (
  name: FileName.FileName,
  access: IOProc.Access,
  options: Partial<IOProc.OpenRequest> = {}
): IOProc.OpenRequest => ({
  name,
  access,
  create: "no",
  share: "compat",
  code: name.code,
  parameters: undefined,
  ifVersion: Option.none(),
  buffered: true,
  ...options
})

/** Reads some bytes that have to be there. */
const readAll = (
  file: IOProc.File,
  name: string,
  position: number,
  count: number
): Effect.Effect<Uint8Array, LoadError> =>
  Effect.suspend(() => {
    const bytes = new Uint8Array(count)
    return Effect.flatMap(
      Effect.mapError(readFully(file, position, bytes), asOpenError),
      (read) => read === count ? Effect.succeed(bytes) : Effect.fail(invalid(name, "it ends too early"))
    )
  })

/** Reads the directory of an archive of this size. */
const readDirectory = (
  file: IOProc.File,
  name: string,
  size: number,
  limits: Limits
): Effect.Effect<Directory.Directory, LoadError> =>
  Effect.gen(function*() {
    if (size === 0) return Directory.empty
    const tailStart = Math.max(0, size - Directory.tailSize)
    const tail = yield* readAll(file, name, tailStart, size - tailStart)
    const part = (from: number, count: number) =>
      from >= tailStart
        ? Effect.succeed(tail.slice(from - tailStart, from - tailStart + count))
        : readAll(file, name, from, count)
    const found = Directory.findEnd(tail, tailStart)
    if (found === undefined) return yield* invalid(name, "it has no end of a directory")
    let end = found
    let before = end.position
    if (end.hasLocator) {
      const locator = yield* part(end.position - length.locator64, length.locator64)
      let wide: Directory.End | undefined
      for (const position of Directory.zip64Positions(end, locator)) {
        wide = Directory.withZip64(end, yield* part(position, length.end64))
        if (wide !== undefined) {
          before = position
          break
        }
      }
      if (end.isZip64) {
        if (wide === undefined) return yield* invalid(name, "its Zip64 record is damaged")
        end = wide
      }
    }
    const place = Directory.locateDirectory(end, before, limits)
    if (Either.isLeft(place)) return yield* invalid(name, place.left)
    const raw = yield* part(place.right.start, end.size)
    const directory = Directory.parse(raw, end, place.right, limits)
    return Either.isLeft(directory) ? yield* invalid(name, directory.left) : directory.right
  })

/** How long a content must not have changed for its time to tell it from a later one, in milliseconds. */
const settledAfter = 2000

/**
 * What tells the bytes of an open file from all others: its version; where the storage knows none, its size and its
 * time, if that is not so recent that a later change could have the same.
 */
const keyOf = (
  { driver, name }: Archive,
  { identity, version }: IOProc.File,
  size: number
): Effect.Effect<string | undefined> => {
  if (Option.isNone(identity)) return Effect.succeed(undefined)
  if (Option.isSome(version)) return Effect.succeed(`${identity.value} ${version.value}`)
  return Effect.zipWith(
    Effect.option(driver.stat(name)),
    Clock.currentTimeMillis,
    (stat, now) =>
      Option.getOrUndefined(
        Option.flatMap(stat, (stat) =>
          Option.isSome(stat.modified) && now - stat.modified.value.getTime() >= settledAfter
            && Option.contains(stat.identity, identity.value) && Option.contains(stat.size, size)
            ? Option.some(`${identity.value} ${size} ${stat.modified.value.getTime()}`)
            : Option.none())
      )
  )
}

/** Reads the directory of a file that is open. */
const load = (
  archive: Archive,
  file: IOProc.File,
  directories: Directories
): Effect.Effect<Opened, LoadError> =>
  Effect.gen(function*() {
    const limits = yield* currentLimits
    const size = yield* Effect.mapError(file.size, asOpenError)
    const key = yield* keyOf(archive, file, size)
    const known = directories.get(key)
    if (known !== undefined && Directory.whyTooLarge(Directory.extentOf(known), limits) === undefined) {
      return { file, size, directory: known, key }
    }
    const directory = yield* readDirectory(file, archive.name.full, size, limits)
    directories.set(key, directory)
    return { file, size, directory, key }
  })

/** Opens an archive for reading; the caller closes its file. @internal */
export const open = (
  archive: Archive,
  directories: Directories,
  buffered = true
): Effect.Effect<Opened, LoadError> =>
  Effect.uninterruptibleMask((restore) =>
    Effect.flatMap(
      restore(archive.driver.open(request(archive.name, "read", { buffered }))),
      (file) => Effect.onError(restore(load(archive, file, directories)), () => file.abort)
    )
  )

/** Runs an effect on an archive that is open for reading meanwhile. @internal */
export const withOpen = <A, E>(
  archive: Archive,
  directories: Directories,
  use: (opened: Opened) => Effect.Effect<A, E>
): Effect.Effect<A, E | LoadError> =>
  Effect.acquireUseRelease(open(archive, directories), use, ({ file }) => Effect.ignore(file.close))

/** Fails where an archive cannot be written, before anything is written that then could not be committed. @internal */
export const probe = ({ driver, name }: Archive): Effect.Effect<void, MmioError.OpenError> =>
  Effect.flatMap(driver.open(request(name, "write")), (file) => file.abort)
