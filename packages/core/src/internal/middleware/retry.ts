/**
 * Trying again what is safe to repeat.
 */
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Schedule from "effect/Schedule"
import * as Stream from "effect/Stream"
import type * as Api from "../../IOProc.js"
import type * as MmioError from "../../MmioError.js"
import { immediate, isDone, resolve } from "../io/answer.js"
import { around, openWith } from "./around.js"

const transient = new Set(["EAGAIN", "EBUSY", "EINTR", "ETIMEDOUT"])

/** What a later call may not meet again. */
const isTransient = (error: MmioError.MmioError): boolean =>
  error._tag === "NetworkError" || (error.errno !== undefined && transient.has(error.errno))

/** @internal */
export const retry = (self: Api.IOProc, options: Api.RetryOptions): Api.IOProc => {
  const { schedule, while: isRetried = isTransient } = options
  /** The schedule begins with the first failure: where there is none, nothing but the call is made. */
  const again = <A, E extends MmioError.MmioError>(evaluate: () => Effect.Effect<A, E>): Effect.Effect<A, E> =>
    immediate(() => {
      const first = resolve(evaluate())
      if (isDone(first) && Exit.isSuccess(first)) return first
      return Effect.catchAll(first, (error) => {
        let failed: Effect.Effect<A, E> | undefined = Effect.fail(error)
        const next = Effect.suspend(() => {
          const now = failed ?? evaluate()
          failed = undefined
          return now
        })
        return Effect.retry(next, { schedule, while: isRetried })
      })
    })

  /** A transfer at a position does the same twice; what passes once does not. */
  const ofFile = (file: Api.File): Partial<Api.File> => {
    const { canSeek, truncate, writeAt } = file
    return file.capabilities.forwardOnly ? {} : {
      size: again(() => file.size),
      canSeek: canSeek && ((position) => again(() => file.canSeek!(position))),
      readAt: (position, target) => again(() => file.readAt(position, target)),
      writeAt: writeAt
        && ((position, source, mode) => again(() => file.writeAt!(position, source, mode))),
      truncate: truncate && ((size) => again(() => file.truncate!(size)))
    }
  }
  return around("retry", self, (inner) => {
    const open = openWith(inner, ofFile)
    return {
      // Of a file that was to be new, and whose answer was lost, the second call would say that it exists.
      open: (request) => request.create === "new" ? open(request) : again(() => open(request)),
      exists: (name) => again(() => inner.exists(name)),
      fullName: (name) => again(() => inner.fullName(name)),
      stat: (name) => again(() => inner.stat(name)),
      makeFolder: (name) => again(() => inner.makeFolder(name)),
      // What was given out already would be given out twice.
      list: (folder) =>
        Stream.suspend(() => {
          let isEmpty = true
          return Stream.retry(
            Stream.tap(inner.list(folder), () =>
              Effect.sync(() => {
                isEmpty = false
              })),
            Schedule.whileInput(schedule, (error: MmioError.ListError) => isEmpty && isRetried(error))
          )
        })
    }
  })
}
