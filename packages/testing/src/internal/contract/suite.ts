/**
 * Registering with vitest. Not through `@effect/vitest`, nor `vitest` itself: whoever imports those outside of a test run gets an error,
 * and with it all that is next to this in the package. `vitest/suite` is the part of it that can be imported anywhere.
 */
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import { getCurrentSuite } from "vitest/suite"

/** @internal */
export const register = <E>(name: string, test: Effect.Effect<void, E>): void => {
  // No limit of vitest's: each test has its own, which says what does not end.
  getCurrentSuite().test(name, { timeout: 0 }, async () => {
    const exit = await Effect.runPromiseExit(test)
    if (Exit.isSuccess(exit)) return
    const [error] = Cause.prettyErrors(exit.cause)
    throw error ?? new Error(Cause.pretty(exit.cause))
  })
}
