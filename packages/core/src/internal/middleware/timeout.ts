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
 * Fails after a time. The call has a fiber of its own, since the caller may be uninterruptible, as a handle that
 * flushes at the end of a scope is: it can be interrupted there, and ends before the failure is given.
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

/** Makes an effect as interruptible as its caller is. */
type Restore = <A, E>(effect: Effect.Effect<A, E>) => Effect.Effect<A, E>

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
  return around("timeout", self, (inner) => {
    /** Opens a file whose calls can be cancelled. Another one is released, and `undo` is run. */
    const admit = (
      request: Api.OpenRequest,
      restore: Restore,
      undo: Effect.Effect<void> = Effect.void
    ): Effect.Effect<Api.File, MmioError.OpenError> =>
      Effect.flatMap(
        restore(inner.open(request)),
        (file) =>
          file.capabilities.cancellable ? Effect.succeed(file) : Effect.zipRight(
            Effect.zipRight(file.abort, undo),
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
    /**
     * A file that is refused keeps its bytes, so it is looked at before it is truncated; one that was made for this is
     * removed.
     */
    const create = (request: Api.OpenRequest, restore: Restore): Effect.Effect<Api.File, MmioError.OpenError> =>
      Effect.gen(function*() {
        const isNew = request.create === "new" || (yield* Effect.flatMap(
          admit({ ...request, create: "no" }, restore),
          (file) => Effect.as(file.abort, false)
        ).pipe(Effect.catchTag("FileNotFound", () => Effect.succeed(true))))
        return yield* admit(request, restore, isNew ? Effect.ignore(inner.remove(request.name)) : Effect.void)
      })
    return {
      open: (request) =>
        Effect.uninterruptibleMask((restore) =>
          Effect.map(
            request.create === "no" ? admit(request, restore) : create(request, restore),
            (file) => wrapFile(file, ofFile(file, request.name.full))
          )
        )
    }
  })
}
