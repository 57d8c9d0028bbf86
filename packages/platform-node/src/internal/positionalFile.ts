/**
 * Files that have positions: regular files and block devices.
 */
import * as Errno from "@effect-mmio/core/Errno"
import * as IOProc from "@effect-mmio/core/IOProc"
import * as MmioError from "@effect-mmio/core/MmioError"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type * as NFS from "node:fs"
import { background, maxTransfer, type System, systemError } from "./system.js"

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

/** What is the same for all files of a storage. @internal */
export interface FileOptions {
  readonly system: System
  readonly sync: boolean | "data"
}

/** A class, since a program may have ten thousand of them open: a record would have a closure for each of its functions. */
class PositionalFile implements IOProc.File {
  private readonly descriptor: OpenDescriptor
  private readonly options: FileOptions
  private readonly isDevice: boolean
  private position = 0
  private isOpen = true
  private failedSync: Option.Option<unknown> = Option.none()

  constructor(descriptor: OpenDescriptor, isDevice: boolean, options: FileOptions) {
    this.descriptor = descriptor
    this.isDevice = isDevice
    this.options = options
  }

  get identity(): string {
    return this.descriptor.identity
  }

  read(target: Uint8Array): Effect.Effect<number, MmioError.ReadError> {
    return this.reading(() => this.position, target, (count) => this.moved(count))
  }

  protected reading(
    position: () => number,
    target: Uint8Array,
    onSuccess: (count: number) => number
  ): Effect.Effect<number, MmioError.ReadError> {
    const { system } = this.options
    return system.call<number, number, MmioError.ReadError>(
      (done) => system.read(this.number("read"), target, 0, Math.min(target.length, maxTransfer), position(), done),
      onSuccess,
      (cause) => Errno.readError(this.origin("read", cause, position()))
    )
  }

  write(source: Uint8Array): Effect.Effect<number, MmioError.WriteError> {
    const { system } = this.options
    return system.call<number, number, MmioError.WriteError>(
      (done) => {
        if (!this.descriptor.canWrite) throw systemError("EBADF", "write")
        system.write(this.number("write"), source, 0, Math.min(source.length, maxTransfer), this.position, done)
      },
      (count) => this.moved(count),
      (cause) => Errno.writeError(this.origin("write", cause, this.position))
    )
  }

  writeFlush(source: Uint8Array): Effect.Effect<number, MmioError.WriteError> {
    return Effect.suspend(() => {
      const before = this.position
      const written = source.length === 0 ? Effect.succeed(0) : this.write(source)
      return this.options.sync === false || !this.descriptor.canWrite
        ? written
        : Effect.uninterruptible(Effect.tap(written, () => this.synchronize(before)))
    })
  }

  seek(offset: number, from: IOProc.Whence): Effect.Effect<number, MmioError.CannotSeek> {
    return from === "end"
      ? Effect.flatMap(this.size, (end) => this.moveTo(end + offset))
      : IOProc.immediate(() => this.moveTo(from === "start" ? offset : this.position + offset))
  }

  get close(): Effect.Effect<void, MmioError.CloseError> {
    const { system } = this.options
    return system.call<void, void, MmioError.CloseError>(
      (done) => {
        const closing = this.number("close")
        this.isOpen = false
        system.close(closing, (error) => {
          this.descriptor.release()
          done(error)
        })
      },
      () => {},
      (cause) => Errno.closeError(this.origin("close", cause))
    )
  }

  onMessage(): Option.Option<never> {
    return Option.none()
  }

  /** The number of a closed descriptor may be that of another file by now. */
  private number(syscall: string): number {
    if (!this.isOpen) throw systemError("EBADF", syscall)
    return this.descriptor.fd
  }

  private origin(operation: string, cause: unknown, position?: number): Errno.Origin {
    return { operation: `NodeIOProc.${operation}`, file: this.descriptor.name, position, cause }
  }

  private moved(count: number): number {
    this.position += count
    return count
  }

  private moveTo(target: number): Effect.Effect<number, MmioError.CannotSeek> {
    return Number.isSafeInteger(target) && target >= 0
      ? Effect.succeed(this.position = target)
      : Effect.fail(
        new MmioError.CannotSeek({
          operation: "NodeIOProc.seek",
          file: this.descriptor.name,
          position: target,
          description: "a file has no such position"
        })
      )
  }

  private get size(): Effect.Effect<number, MmioError.CannotSeek> {
    const { system } = this.options
    return Effect.flatMap(
      system.call<NFS.BigIntStats, number, MmioError.CannotSeek>(
        (done) => system.fstat(this.number("fstat"), { bigint: true }, done),
        (stats) => Number(stats.size),
        (cause) => Errno.seekError(this.origin("seek", cause))
      ),
      // A block device does not tell its size through fstat, and Node has no lseek.
      (size) =>
        this.isDevice && size === 0
          ? Effect.fail(
            new MmioError.CannotSeek({
              operation: "NodeIOProc.seek",
              file: this.descriptor.name,
              description: "the size of a device cannot be found out"
            })
          )
          : Effect.succeed(size)
    )
  }

  /** Has the system put on the device what it holds of the file. If it cannot, the position is `before` again. */
  private synchronize(before: number): Effect.Effect<void, MmioError.WriteError> {
    return Effect.suspend(() => {
      if (Option.isSome(this.failedSync)) {
        this.position = before
        return Effect.fail(
          new MmioError.CannotWrite({
            operation: "NodeIOProc.writeFlush",
            file: this.descriptor.name,
            position: before,
            description: "an earlier flush failed, and what the system held then may be lost",
            written: 0,
            cause: this.failedSync.value
          })
        )
      }
      const { sync, system } = this.options
      return Effect.catchAll(
        system.call<void, void, unknown>(
          (done) =>
            sync === "data"
              ? system.fdatasync(this.number("fdatasync"), done)
              : system.fsync(this.number("fsync"), done),
          () => {},
          (cause) => cause
        ),
        (cause): Effect.Effect<void, MmioError.WriteError> => {
          // A file that is no storage, such as those of /proc, has nothing to push down.
          if (Errno.nameOf(cause) === "EINVAL") return Effect.void
          // The system forgets what it failed to write, and would report success the next time.
          this.failedSync = Option.some(cause)
          this.position = before
          return Effect.fail(Errno.writeError(this.origin("writeFlush", cause, before)))
        }
      )
    })
  }
}

/** A system that does not block does several things at once. */
class ConcurrentFile extends PositionalFile {
  readAt(position: number, target: Uint8Array): Effect.Effect<number, MmioError.ReadError> {
    return this.reading(() => position, target, (count) => count)
  }
}

/** @internal */
export const makePositional = (
  descriptor: OpenDescriptor,
  isDevice: boolean,
  options: FileOptions
): IOProc.File =>
  options.system === background
    ? new ConcurrentFile(descriptor, isDevice, options)
    : new PositionalFile(descriptor, isDevice, options)
