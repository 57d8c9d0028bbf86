/**
 * Calls of node:fs as effects.
 */
import * as Effect from "effect/Effect"
import * as OS from "node:os"

/**
 * One call with a callback. It cannot be cancelled, so it is uninterruptible: an effect that ended has left nothing running.
 * `onSuccess` runs in the callback itself, so that what it notes is right even if the fiber was interrupted meanwhile.
 * What the call throws before it begins is a failure like those that it reports.
 *
 * @internal
 */
export const call = <A, B, E>(
  start: (done: (error: Error | null, answer: A) => void) => void,
  onSuccess: (answer: A) => B,
  onFailure: (cause: unknown) => E
): Effect.Effect<B, E> =>
  Effect.uninterruptible(Effect.async<B, E>((resume) => {
    try {
      start((error, answer) => resume(error ? Effect.fail(onFailure(error)) : Effect.succeed(onSuccess(answer))))
    } catch (cause) {
      resume(Effect.fail(onFailure(cause)))
    }
  }))

/**
 * The error that the system would have given, for what is found out without asking it.
 *
 * @internal
 */
export const systemError = (code: keyof typeof OS.constants.errno, syscall: string): Error =>
  Object.assign(new Error(`${code}: ${syscall}`), { code, errno: -OS.constants.errno[code], syscall })

/**
 * Node refuses to transfer more than 2 ** 31 - 1 bytes at once.
 *
 * @internal
 */
export const maxTransfer = 2 ** 30
