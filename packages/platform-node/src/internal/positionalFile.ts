/**
 * Files that have positions: regular files and block devices.
 */
import * as Errno from "@effect-mmio/core/Errno"
import * as IOProc from "@effect-mmio/core/IOProc"
import * as MmioError from "@effect-mmio/core/MmioError"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as NFS from "node:fs"
import { maxTransfer, type System, systemError } from "./system.js"

/** @internal */
export interface OpenDescriptor {
  readonly fd: number
  /** What errors call the file. */
  readonly name: string
  /** What tells the file from all others of the machine, by whatever name it was opened. */
  readonly identity: string
  /** Whether the file may be written, whatever its descriptor could. */
  readonly canWrite: boolean
  /** To be called once the descriptor is closed. */
  readonly release: () => void
}

/** @internal */
export const makePositional = (
  system: System,
  { canWrite, fd, identity, name, release }: OpenDescriptor,
  options: { readonly isDevice: boolean; readonly sync: boolean | "data" }
): IOProc.File => {
  let position = 0
  let isOpen = true
  let failedSync: Option.Option<unknown> = Option.none()

  /** The number of a closed descriptor may be that of another file by now. */
  const descriptor = (syscall: string): number => {
    if (!isOpen) throw systemError("EBADF", syscall)
    return fd
  }
  const origin = (operation: string, cause: unknown, position?: number): Errno.Origin => ({
    operation: `NodeIOProc.${operation}`,
    file: name,
    position,
    cause
  })
  const moved = (count: number) => {
    position += count
    return count
  }
  const moveTo = (target: number): Effect.Effect<number, MmioError.CannotSeek> =>
    Number.isSafeInteger(target) && target >= 0
      ? Effect.succeed(position = target)
      : Effect.fail(
        new MmioError.CannotSeek({
          operation: "NodeIOProc.seek",
          file: name,
          position: target,
          description: "a file has no such position"
        })
      )

  const size: Effect.Effect<number, MmioError.CannotSeek> = Effect.flatMap(
    system.call<NFS.BigIntStats, number, MmioError.CannotSeek>(
      (done) => system.fstat(descriptor("fstat"), { bigint: true }, done),
      (stats) => Number(stats.size),
      (cause) => Errno.seekError(origin("seek", cause))
    ),
    // A block device does not tell its size through fstat, and Node has no lseek.
    (size) =>
      options.isDevice && size === 0
        ? Effect.fail(
          new MmioError.CannotSeek({
            operation: "NodeIOProc.seek",
            file: name,
            description: "the size of a device cannot be found out"
          })
        )
        : Effect.succeed(size)
  )

  const write = (source: Uint8Array): Effect.Effect<number, MmioError.WriteError> =>
    system.call<number, number, MmioError.WriteError>(
      (done) => {
        if (!canWrite) throw systemError("EBADF", "write")
        system.write(descriptor("write"), source, 0, Math.min(source.length, maxTransfer), position, done)
      },
      moved,
      (cause) => Errno.writeError(origin("write", cause, position))
    )

  /** Has the system put on the device what it holds of the file. If it cannot, the position is `before` again. */
  const synchronize = (before: number): Effect.Effect<void, MmioError.WriteError> =>
    Effect.suspend(() => {
      if (Option.isSome(failedSync)) {
        position = before
        return Effect.fail(
          new MmioError.CannotWrite({
            operation: "NodeIOProc.writeFlush",
            file: name,
            position: before,
            description: "an earlier flush failed, and what the system held then may be lost",
            written: 0,
            cause: failedSync.value
          })
        )
      }
      return Effect.catchAll(
        system.call<void, void, unknown>(
          (done) =>
            options.sync === "data"
              ? system.fdatasync(descriptor("fdatasync"), done)
              : system.fsync(descriptor("fsync"), done),
          () => {},
          (cause) => cause
        ),
        (cause): Effect.Effect<void, MmioError.WriteError> => {
          // A file that is no storage, such as those of /proc, has nothing to push down.
          if (Errno.nameOf(cause) === "EINVAL") return Effect.void
          // The system forgets what it failed to write, and would report success the next time.
          failedSync = Option.some(cause)
          position = before
          return Effect.fail(Errno.writeError(origin("writeFlush", cause, before)))
        }
      )
    })

  return {
    identity,
    read: (target) =>
      system.call<number, number, MmioError.ReadError>(
        (done) => system.read(descriptor("read"), target, 0, Math.min(target.length, maxTransfer), position, done),
        moved,
        (cause) => Errno.readError(origin("read", cause, position))
      ),
    write,
    writeFlush: (source) =>
      Effect.suspend(() => {
        const before = position
        const written = source.length === 0 ? Effect.succeed(0) : write(source)
        return options.sync === false || !canWrite
          ? written
          : Effect.uninterruptible(Effect.tap(written, () => synchronize(before)))
      }),
    seek: (offset, from) =>
      from === "end"
        ? Effect.flatMap(size, (end) => moveTo(end + offset))
        : IOProc.immediate(() => moveTo(from === "start" ? offset : position + offset)),
    close: system.call<void, void, MmioError.CloseError>(
      (done) => {
        const closing = descriptor("close")
        isOpen = false
        system.close(closing, (error) => {
          release()
          done(error)
        })
      },
      () => {},
      (cause) => Errno.closeError(origin("close", cause))
    ),
    onMessage: () => Option.none()
  }
}
