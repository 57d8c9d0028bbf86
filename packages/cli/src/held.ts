/**
 * A file that a command changes, held exclusively from before it is read until all is written: no other program changes
 * it in between.
 */
import * as IOProc from "@effect-mmio/core/IOProc"
import type * as MmioError from "@effect-mmio/core/MmioError"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { FileError } from "./failure.js"
import { withNamed } from "./names.js"
import type { Located } from "./storages.js"

/** The same storage, in which the name leads to a file that is open already, and stays so. */
const around = ({ ioProc, name }: Located, file: IOProc.File): IOProc.IOProc => {
  const shared = IOProc.wrapFile(file, { close: Effect.void, abort: Effect.void })
  return IOProc.make({
    ...ioProc,
    open: (request) => request.name.full === name.full ? Effect.succeed(shared) : ioProc.open(request)
  })
}

const openExclusively = ({ ioProc, name }: Located): Effect.Effect<IOProc.File, MmioError.OpenError> =>
  // An edit decides itself when it flushes.
  ioProc.open(
    IOProc.openRequest(name, { access: "readWrite", share: "exclusive", code: Option.none(), buffered: false })
  )

/**
 * Runs an effect on the file that a name leads to, while no other program can open it. Where another one has it, this
 * fails with `SharingViolation`. Files that commit on close are not held: there, what is read and what is replaced are
 * two files.
 */
export const withHeld = <A, E, R>(
  text: string,
  body: (located: Located) => Effect.Effect<A, E, R>
): Effect.Effect<A, E | FileError, Exclude<R, IOProc.IOProc>> =>
  withNamed(text, "write", (located): Effect.Effect<A, E | FileError, R> =>
    Option.isSome(located.name.code)
      ? body(located)
      : Effect.uninterruptibleMask((restore) =>
        Effect.flatMap(openExclusively(located), (file) => {
          if (file.capabilities.commit === "onClose") {
            return Effect.zipRight(file.abort, restore(body(located)))
          }
          const ioProc = around(located, file)
          return Effect.matchCauseEffect(
            restore(Effect.provideService(body({ ...located, ioProc }), IOProc.IOProc, ioProc)),
            {
              onFailure: (cause) => Effect.zipRight(file.abort, Effect.failCause(cause)),
              onSuccess: (value) => Effect.as(file.close, value)
            }
          )
        })
      ))
