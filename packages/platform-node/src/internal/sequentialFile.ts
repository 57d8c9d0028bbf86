/**
 * Files that only go forward: FIFOs, terminals, character devices.
 *
 * A read of theirs may wait forever, and a call of node:fs cannot be cancelled. So it reads into a scratch buffer of the file's own:
 * a fiber that is interrupted meanwhile stops waiting for it, and what arrives is there for the next read. It is the file that
 * reads, and not the effect that ended.
 */
import * as Errno from "@effect-mmio/core/Errno"
import type * as IOProc from "@effect-mmio/core/IOProc"
import type * as MmioError from "@effect-mmio/core/MmioError"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as NFS from "node:fs"
import type { OpenDescriptor } from "./positionalFile.js"
import { background, maxTransfer, systemError } from "./system.js"

/** As much as a pipe holds, on Linux. */
const scratchSize = 64 * 1024

/** @internal */
export const makeSequential = ({ canWrite, fd, name, release }: OpenDescriptor): IOProc.File => {
  /** How many bytes went through the file. */
  let position = 0
  let isOpen = true
  /** Bytes `[given, arrived)` of the scratch buffer are those that no one got yet. */
  let scratch = new Uint8Array(0)
  let given = 0
  let arrived = 0
  /** What arrived behind those bytes: the end of the file, or a failure. */
  let ended = false
  let failure: Option.Option<unknown> = Option.none()
  /** Whether a call is reading into the scratch buffer, and who waits for it. */
  let reading = false
  let wake = () => {}
  /** Before the last read, whose bytes are still in the scratch buffer. */
  let lastRead: { readonly position: number; readonly given: number } | undefined

  /** The number of a closed descriptor may be that of another file by now. */
  const descriptor = (syscall: string): number => {
    if (!isOpen) throw systemError("EBADF", syscall)
    return fd
  }
  const origin = (operation: string, cause: unknown): Errno.Origin => ({
    operation: `NodeIOProc.${operation}`,
    file: name,
    position,
    cause
  })

  /** Begins to read, at most as much as is wanted: what is behind that may be meant for another reader. */
  const startReading = (wanted: number) => {
    if (scratch.length < Math.min(wanted, scratchSize)) scratch = new Uint8Array(scratchSize)
    given = 0
    arrived = 0
    lastRead = undefined
    reading = true
    NFS.read(fd, scratch, 0, Math.min(wanted, scratchSize), null, (error, count) => {
      reading = false
      if (!isOpen) return NFS.close(fd, release)
      if (error) failure = Option.some(error)
      else if (count === 0) ended = true
      else arrived = count
      wake()
    })
  }

  /** What has arrived, if anything has. */
  const take = (target: Uint8Array): Option.Option<Effect.Effect<number, MmioError.ReadError>> => {
    if (given < arrived) {
      const count = Math.min(target.length, arrived - given)
      target.set(scratch.subarray(given, given + count))
      lastRead = { position, given }
      given += count
      position += count
      return Option.some(Effect.succeed(count))
    }
    if (ended) {
      ended = false
      return Option.some(Effect.succeed(0))
    }
    return Option.map(failure, (cause) => {
      failure = Option.none()
      return Effect.fail(Errno.readError(origin("read", cause)))
    })
  }

  const arrival: Effect.Effect<void> = Effect.async((resume) => {
    if (!reading) return resume(Effect.void)
    wake = () => resume(Effect.void)
    return Effect.sync(() => {
      wake = () => {}
    })
  })

  const read = (target: Uint8Array): Effect.Effect<number, MmioError.ReadError> =>
    Effect.suspend(() => {
      if (!isOpen) return Effect.fail(Errno.readError(origin("read", systemError("EBADF", "read"))))
      return Option.getOrElse(take(target), () => {
        if (target.length === 0) return Effect.succeed(0)
        if (!reading) startReading(target.length)
        return Effect.zipRight(arrival, read(target))
      })
    })

  const write = (source: Uint8Array): Effect.Effect<number, MmioError.WriteError> =>
    background.call<number, number, MmioError.WriteError>(
      (done) => {
        if (!canWrite) throw systemError("EBADF", "write")
        NFS.write(descriptor("write"), source, 0, Math.min(source.length, maxTransfer), null, done)
      },
      (count) => {
        lastRead = undefined
        position += count
        return count
      },
      (cause) => Errno.writeError(origin("write", cause))
    )

  return {
    forwardOnly: true,
    read,
    write,
    // There is no device to push anything down to: what was written is with the other end.
    writeFlush: (source) => source.length === 0 ? Effect.succeed(0) : write(source),
    seek: (offset, from) =>
      Effect.suspend(() => {
        const target = from === "start" ? offset : from === "current" ? position + offset : undefined
        // A reader that was interrupted just as it got its bytes asks for them again.
        if (lastRead !== undefined && target === lastRead.position) {
          position = lastRead.position
          given = lastRead.given
        }
        return target === position
          ? Effect.succeed(position)
          : Effect.fail(Errno.seekError({ ...origin("seek", systemError("ESPIPE", "lseek")), position: target }))
      }),
    close: background.call<void, void, MmioError.CloseError>(
      (done) => {
        const closing = descriptor("close")
        isOpen = false
        // A call that still waits to read would read from whatever file gets the number next: it closes when it is done.
        if (reading) {
          wake()
          return done(null)
        }
        NFS.close(closing, (error) => {
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
