/**
 * A limit on how long a call of a file may take.
 */
import * as Deferred from "effect/Deferred"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import type * as Api from "../../IOProc.js"
import * as MmioError from "../../MmioError.js"
import { wrapFile } from "../io/positionalFile.js"
import { around, invalid } from "./around.js"

/**
 * Fails after a time. The call has a fiber of its own, since the caller may be uninterruptible, as a handle that flushes at the end of a scope is:
 * it can be interrupted there, and ends before the failure is given.
 */
const within = <A, E, E2>(
  effect: Effect.Effect<A, E>,
  duration: Duration.Duration,
  onTimeout: () => E2
): Effect.Effect<A, E | E2> =>
  Effect.uninterruptibleMask((restore) =>
    Effect.gen(function*() {
      const answer = yield* Deferred.make<A, E | E2>()
      const call = yield* Effect.forkDaemon(Effect.interruptible(Effect.intoDeferred(effect, answer)))
      const clock = yield* Effect.forkDaemon(
        Effect.interruptible(
          Effect.zipRight(
            Effect.sleep(duration),
            Deferred.failSync(answer, onTimeout)
          )
        )
      )
      return yield* Effect.ensuring(
        restore(Deferred.await(answer)),
        Effect.zipRight(Fiber.interrupt(call), Fiber.interrupt(clock))
      )
    })
  )

/** @internal */
export const timeout = (self: Api.IOProc, limit: Duration.DurationInput): Api.IOProc => {
  const duration = Duration.decode(limit)
  if (!Duration.isFinite(duration) || Duration.toMillis(duration) <= 0) {
    invalid("timeout", `${Duration.format(duration)} is an invalid limit of time`)
  }
  const details = (operation: string, file: string) => ({
    operation: `IOProc.File.${operation}`,
    file,
    description: `there was no answer within ${Duration.format(duration)}`,
    errno: "ETIMEDOUT"
  })

  const ofFile = (file: Api.File, name: string): Partial<Api.File> => {
    const { truncate, writeAt } = file
    return {
      size: within(Effect.suspend(() => file.size), duration, () => new MmioError.CannotSeek(details("size", name))),
      readAt: (position, target) =>
        within(
          Effect.suspend(() => file.readAt(position, target)),
          duration,
          () => new MmioError.CannotRead({ ...details("readAt", name), position })
        ),
      writeAt: writeAt && ((position, source, mode) =>
        within(
          Effect.suspend(() => file.writeAt!(position, source, mode)),
          duration,
          () => new MmioError.CannotWrite({ ...details("writeAt", name), position, written: 0 })
        )),
      truncate: truncate && ((size) =>
        within(
          Effect.suspend(() => file.truncate!(size)),
          duration,
          () => new MmioError.CannotWrite({ ...details("truncate", name), written: 0 })
        ))
    }
  }
  return around("timeout", self, (inner) => ({
    open: (request) =>
      Effect.uninterruptibleMask((restore) =>
        Effect.flatMap(
          restore(inner.open(request)),
          (file): Effect.Effect<Api.File, MmioError.OpenError> =>
            file.capabilities.cancellable
              ? Effect.succeed(wrapFile(file, ofFile(file, request.name.full)))
              : Effect.zipRight(
                file.abort,
                Effect.fail(
                  new MmioError.CannotOpen({
                    operation: "IOProc.timeout",
                    file: request.name.full,
                    description:
                      "calls of this file cannot be cancelled, so that a timeout would end no sooner than the call"
                  })
                )
              )
        )
      )
  }))
}
