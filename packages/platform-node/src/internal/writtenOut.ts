/**
 * Files that are to take the place of others.
 *
 * Some file systems write out a file at the rename by which it takes the place of another, and the rename waits for
 * that. So the driver asks for it while such a file is written: the device works meanwhile, and the rename finds little
 * to do. To replace an element in an archive of 560 MB took 0.42 s so, and 0.58 s otherwise, in turns.
 */
import * as Errno from "@effect-mmio/core/Errno"
import * as IOProc from "@effect-mmio/core/IOProc"
import type * as MmioError from "@effect-mmio/core/MmioError"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type { System } from "./system.js"

/** How many bytes are written before the system is asked to write them out. */
const writtenOutAtOnce = 64 * 1024 * 1024

/**
 * A file that has the system write it out, one call of `fdatasync` at a time, for which only the end of the file waits.
 * Where one fails, what the system held is lost: from then on the file can be neither written nor closed.
 *
 * @internal
 */
export const writtenOut = (
  file: IOProc.File,
  fd: number,
  name: string,
  { fdatasync }: Pick<System, "fdatasync">
): IOProc.File => {
  let written = 0
  let isRunning = false
  let failure: Error | undefined
  let onEnd = () => {}

  const writeOut = () => {
    written = 0
    isRunning = true
    fdatasync(fd, (error) => {
      isRunning = false
      // A file that is no storage has nothing to write out.
      if (error && Errno.nameOf(error) !== "EINVAL") failure = error
      onEnd()
    })
  }
  const failed = (operation: string): Effect.Effect<never, MmioError.WriteError> =>
    Effect.fail(Errno.writeError({ operation: `NodeIOProc.${operation}`, file: name, cause: failure }))
  const ended = IOProc.callback<void, never>((done) => {
    if (!isRunning) return done(Exit.void)
    onEnd = () => done(Exit.void)
  })

  const { writeAt } = file
  return IOProc.wrapFile(file, {
    writeAt: writeAt && ((position, source, mode) =>
      Effect.suspend(() =>
        failure === undefined
          ? Effect.map(writeAt.call(file, position, source, mode), (count) => {
            written += count
            if (written >= writtenOutAtOnce && !isRunning) writeOut()
            return count
          })
          : failed("write")
      )),
    close: Effect.uninterruptible(Effect.zipRight(
      ended,
      Effect.suspend(() => failure === undefined ? file.close : Effect.zipRight(file.abort, failed("close")))
    )),
    abort: Effect.uninterruptible(Effect.zipRight(ended, Effect.suspend(() => file.abort)))
  })
}
