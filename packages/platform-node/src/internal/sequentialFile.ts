/**
 * Files that only go forward: FIFOs, terminals, character devices.
 *
 * A read of theirs may wait forever, and cannot always be cancelled. So it reads into a scratch buffer of the file: a
 * fiber that is interrupted meanwhile stops waiting for it, and the next read gets the bytes that arrive. The read
 * belongs to the file, and not to the effect that has ended.
 *
 * Why this is no `IOProc.makeCursorFile`: an interrupted read leaves a cursor that is unknown to that adapter, while
 * this file always knows how many bytes it has given, so that a skip that was interrupted goes on where it was.
 */
import * as Errno from "@effect-mmio/core/Errno"
import * as IOProc from "@effect-mmio/core/IOProc"
import type * as MmioError from "@effect-mmio/core/MmioError"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Option from "effect/Option"
import type { ByteStream } from "./byteStream.js"
import { closedDescriptor, isPosition, type OpenDescriptor } from "./positionalFile.js"
import { background, maxTransfer, systemError } from "./system.js"

/** As much as a pipe holds, on Linux. */
const scratchSize = 64 * 1024

/** @internal */
export const makeSequential = (descriptor: OpenDescriptor, stream: ByteStream): IOProc.File => {
  const { access, identity, locks, name, release, start } = descriptor
  /** Reads and writes are two streams, which share no position. */
  const isDuplex = access === "readWrite"
  /** How far the file has gone: of a duplex file how many bytes were read, of any other how many went through it. */
  let position = start
  let isOpen = true
  /** Bytes `[given, arrived)` of the scratch buffer have arrived, and no read has got them yet. */
  let scratch = new Uint8Array(0)
  let given = 0
  let arrived = 0
  /** What arrived after those bytes: the end of the file, or a failure. */
  let ended = false
  let failure: Option.Option<unknown> = Option.none()
  /** Whether the stream reads into the scratch buffer, and what resumes the fiber that waits for it. */
  let reading = false
  let wake = () => {}
  /** Where the last read began, whose bytes are still in the scratch buffer. */
  let lastRead: { readonly position: number; readonly given: number } | undefined

  /** The number of a closed descriptor may be that of another file by now. */
  const assertOpen = (syscall: string): void => {
    if (!isOpen || descriptor.fd < 0) throw closedDescriptor(syscall)
  }
  const origin = (operation: string, cause: unknown, at = position): Errno.Origin => ({
    operation: `NodeIOProc.${operation}`,
    file: name,
    position: at,
    cause
  })

  /** Begins to read, at most as much as is wanted: what follows may be meant for another reader. */
  const startReading = (wanted: number) => {
    if (scratch.length < Math.min(wanted, scratchSize)) scratch = new Uint8Array(scratchSize)
    given = 0
    arrived = 0
    lastRead = undefined
    reading = true
    stream.read(scratch.subarray(0, Math.min(wanted, scratchSize)), (error, count) => {
      reading = false
      if (error) failure = Option.some(error)
      else if (count === 0) ended = true
      else arrived = count
      wake()
    })
  }

  /** Gives at most `wanted` of the bytes that have arrived to `use`; undefined where nothing has arrived. */
  const take = (
    wanted: number,
    use: (bytes: Uint8Array) => void
  ): Exit.Exit<number, MmioError.ReadError> | undefined => {
    if (given < arrived) {
      const count = Math.min(wanted, arrived - given)
      use(scratch.subarray(given, given + count))
      lastRead = { position, given }
      given += count
      position += count
      return Exit.succeed(count)
    }
    if (ended) {
      ended = false
      return Exit.succeed(0)
    }
    if (Option.isNone(failure)) return undefined
    const cause = failure.value
    failure = Option.none()
    return Exit.fail(Errno.readError(origin("read", cause)))
  }

  const arrival: Effect.Effect<void> = Effect.async((resume) => {
    if (!reading) return resume(Effect.void)
    wake = () => resume(Effect.void)
    return Effect.sync(() => {
      wake = () => {}
    })
  })

  /** Waits until something has arrived, and takes it. */
  const receive = (wanted: number, use: (bytes: Uint8Array) => void): Effect.Effect<number, MmioError.ReadError> =>
    IOProc.immediate((): Effect.Effect<number, MmioError.ReadError> => {
      try {
        assertOpen("read")
        const taken = take(wanted, use)
        if (taken !== undefined) return taken
        if (!reading) {
          startReading(wanted)
          const arrived = take(wanted, use)
          if (arrived !== undefined) return arrived
        }
      } catch (cause) {
        return Exit.fail(Errno.readError(origin("read", cause)))
      }
      return Effect.zipRight(arrival, receive(wanted, use))
    })

  /** Reads up to `at`, then into `target`; 0 where the file ends before. */
  const readFrom = (at: number, target: Uint8Array): Effect.Effect<number, MmioError.ReadError> =>
    at <= position ? receive(target.length, (bytes) => target.set(bytes)) : Effect.flatMap(
      receive(at - position, () => {}),
      (count) => count === 0 ? Exit.succeed(0) : readFrom(at, target)
    )

  const readAt = (at: number, target: Uint8Array): Effect.Effect<number, MmioError.ReadError> =>
    IOProc.immediate(() => {
      const refused = (cause: Error) => Exit.fail(Errno.readError(origin("read", cause, at)))
      if (access === "write") return refused(closedDescriptor("read"))
      if (!isPosition(at)) return refused(systemError("EINVAL", "read"))
      if (target.length === 0) return Exit.succeed(0)
      if (isDuplex) return readFrom(position, target)
      if (at < position) {
        // A reader that was interrupted just as it got its bytes asks for them again.
        if (at !== lastRead?.position) return refused(systemError("ESPIPE", "read"))
        position = lastRead.position
        given = lastRead.given
      }
      return readFrom(at, target)
    })

  const writeAt = (at: number, source: Uint8Array): Effect.Effect<number, MmioError.WriteError> => {
    // There is no device to push anything down to: what was written is with the other end.
    if (source.length === 0 && isPosition(at)) return Exit.succeed(0)
    return background.call<number, number, MmioError.WriteError>(
      (done) => {
        assertOpen("write")
        if (!isPosition(at)) throw systemError("EINVAL", "write")
        if (!isDuplex && at !== position) throw systemError("ESPIPE", "write")
        stream.write(source.subarray(0, maxTransfer), done)
      },
      (count) => {
        if (!isDuplex) position += count
        return count
      },
      (cause) => Errno.writeError(origin("write", cause, at))
    )
  }

  const close = background.call<void, void, MmioError.CloseError>(
    (done) => {
      if (!isOpen) throw closedDescriptor("close")
      isOpen = false
      wake()
      stream.close(release, done)
    },
    () => {},
    (cause) => Errno.closeError(origin("close", cause))
  )

  return {
    capabilities: {
      concurrent: false,
      forwardOnly: true,
      truncate: false,
      commit: "inPlace",
      // A read that waits can be interrupted, a write cannot.
      cancellable: access === "read",
      locks
    },
    start,
    size: Effect.suspend(() =>
      Effect.fail(Errno.seekError({ ...origin("seek", systemError("ESPIPE", "lseek")), position: undefined }))
    ),
    canSeek: (at) =>
      IOProc.immediate(() =>
        at === position || (access === "read" && isPosition(at) && (at > position || at === lastRead?.position))
          ? Exit.void
          : Exit.fail(Errno.seekError(origin("seek", systemError("ESPIPE", "lseek"), at)))
      ),
    readAt,
    writeAt: access === "read" ? undefined : writeAt,
    commit: Effect.void,
    close,
    abort: Effect.ignore(close),
    version: Option.none(),
    identity: Option.some(identity),
    onMessage: () => Option.none()
  }
}
