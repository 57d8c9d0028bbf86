/**
 * An open file with a cursor, over a handle without a buffer.
 */
import type * as PlatformError from "@effect/platform/Error"
import * as FileSystem from "@effect/platform/FileSystem"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type * as IOProc from "../../IOProc.js"
import * as MmioError from "../../MmioError.js"
import type { Handle } from "../handle/handle.js"
import type { Restore } from "../handle/lock.js"
import { andThen, map } from "../io/answer.js"
import { isPosition } from "../io/copy.js"
import { toPlatform } from "./errors.js"
import { infoOf } from "./info.js"

/**
 * Makes a file of an open handle. `append` has every write go to the end; `stat` says what is known of its name.
 *
 * @internal
 */
export const makeFile = (
  handle: Handle,
  path: string,
  append: boolean,
  stat: Effect.Effect<IOProc.Stat, PlatformError.PlatformError>
): FileSystem.File => {
  const { engine, window } = handle
  /** It may be a position that no file has: the next transfer fails then. */
  let cursor = window.position

  const transfer = <A, E extends MmioError.MmioError>(
    method: string,
    operation: (restore: Restore) => Effect.Effect<A, E>
  ): Effect.Effect<A, PlatformError.PlatformError> =>
    Effect.mapError(handle.transfer<A, E>(`FileSystem.${method}`, operation), toPlatform(method, path))

  /** Runs a transfer at the cursor, which then is where it left the position. */
  const atCursor = <A, E extends MmioError.MmioError>(
    method: string,
    operation: (restore: Restore) => Effect.Effect<A, E>
  ): Effect.Effect<A, PlatformError.PlatformError> =>
    transfer(method, (restore) => {
      window.moveTo(cursor)
      return map(operation(restore), (value) => {
        cursor = window.position
        return value
      })
    })

  /** Writes at the cursor, or at the end, which leaves the cursor as it is. */
  const writing = <A>(
    method: string,
    write: (restore: Restore) => Effect.Effect<A, MmioError.WriteError>
  ): Effect.Effect<A, PlatformError.PlatformError> =>
    append
      ? transfer<A, MmioError.WriteError | MmioError.SeekError>(
        method,
        (restore) => andThen(engine.seek(0, "end", restore), () => write(restore))
      )
      : atCursor(method, write)

  const size = Effect.mapError(
    handle.exclusive<number, MmioError.SeekError>("FileSystem.stat", (restore) => engine.length(restore)),
    toPlatform("stat", path)
  )

  return {
    [FileSystem.FileTypeId]: FileSystem.FileTypeId,
    fd: FileSystem.FileDescriptor(-1),
    stat: Effect.zipWith(stat, size, infoOf),
    seek: (offset, from) =>
      Effect.sync(() => {
        cursor = Number(offset) + (from === "start" ? 0 : cursor)
      }),
    sync: Effect.mapError(handle.flush(false), toPlatform("sync", path)),
    read: (target) => Effect.map(atCursor("read", (restore) => engine.read(target, restore)), FileSystem.Size),
    readAlloc: (size) =>
      Effect.map(
        atCursor("readAlloc", (restore) => engine.readNew(Number(size), restore)),
        (bytes) => bytes.length === 0 ? Option.none() : Option.some(bytes)
      ),
    truncate: (size) => truncate(handle, "truncate", path, Number(size ?? 0)),
    write: (source) => Effect.map(writing("write", (restore) => engine.write(source, restore)), FileSystem.Size),
    writeAll: (source) => writing("writeAll", (restore) => engine.writeAll(source, restore))
  }
}

/** Sets the size of an open file. @internal */
export const truncate = (
  handle: Handle,
  method: string,
  path: string,
  size: number
): Effect.Effect<void, PlatformError.PlatformError> => {
  const { truncate } = handle.engine.file
  return Effect.mapError(
    handle.exclusive<void, MmioError.WriteError | MmioError.AccessDenied | MmioError.InvalidParameter>(
      `FileSystem.${method}`,
      (restore) =>
        !isPosition(size)
          ? handle.invalid(`FileSystem.${method}`, `${size} is not a size of a file`)
          : truncate !== undefined && handle.canWrite ?
          restore(truncate(size)) :
          Effect.fail(
            new MmioError.AccessDenied({
              operation: `FileSystem.${method}`,
              file: path,
              description: "the size of this file cannot be set"
            })
          )
    ),
    toPlatform(method, path)
  )
}
