/**
 * Registers tests with a runner. No runner is imported: a program that has none imports the package, too, and those of
 * vitest throw outside of a test run.
 */
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Predicate from "effect/Predicate"
import type { Register } from "../../IOProcContract.js"

/** Where vitest has its functions for `import.meta.vitest`, while it runs. */
const key = "__vitest_index__"

const isVitest = (u: unknown): u is {
  readonly test: (name: string, options: { readonly timeout: number }, run: () => Promise<void>) => void
} => Predicate.hasProperty(u, "test") && typeof u.test === "function"

/**
 * Registers with the vitest that runs this. Each test of the contract has its own time limit, which says what did not
 * end.
 *
 * @internal
 */
export const withVitest: Register = (name, run) => {
  const runtime: unknown = globalThis
  const vitest: unknown = Predicate.hasProperty(runtime, key) ? runtime[key] : undefined
  if (!isVitest(vitest)) {
    throw new Error("IOProcContract.suite was called outside of vitest: give it the `test` of the runner that runs it")
  }
  vitest.test(name, { timeout: 0 }, run)
}

/** The message says it all: a stack and a cause would be those of the suite. */
const failure = (cause: Cause.Cause<unknown>): Error => {
  const [error] = Cause.prettyErrors(cause)
  if (error === undefined) return new Error(Cause.pretty(cause))
  const short = new Error(error.message)
  short.name = error.name
  short.stack = `${error.name}: ${error.message}`
  return short
}

/** Runs a test as runners of promises do. @internal */
export const runTest = async <E>(test: Effect.Effect<void, E>): Promise<void> => {
  const exit = await Effect.runPromiseExit(test)
  if (Exit.isFailure(exit)) throw failure(exit.cause)
}
