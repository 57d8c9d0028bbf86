/**
 * Registers tests with vitest. It imports neither `@effect/vitest` nor `vitest`: both throw outside of a test run, and so would every
 * program that imports the package. `vitest/suite` can be imported anywhere.
 */
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import { getCurrentSuite } from "vitest/suite"

/** @internal */
export const register = <E>(name: string, test: Effect.Effect<void, E>): void => {
  // Each test has its own time limit, which says what did not end.
  getCurrentSuite().test(name, { timeout: 0 }, async () => {
    const exit = await Effect.runPromiseExit(test)
    if (Exit.isSuccess(exit)) return
    const [error] = Cause.prettyErrors(exit.cause)
    throw error ?? new Error(Cause.pretty(exit.cause))
  })
}
