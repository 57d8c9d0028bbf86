import * as Cause from "effect/Cause"
import * as Exit from "effect/Exit"

/**
 * What came of something and of closing behind it: the first, unless only the closing failed; both causes if both did.
 *
 * @internal
 */
export const bothExits = <A, E, E2>(first: Exit.Exit<A, E>, closing: Exit.Exit<void, E2>): Exit.Exit<A, E | E2> => {
  if (Exit.isSuccess(closing)) return first
  return Exit.isSuccess(first)
    ? Exit.failCause(closing.cause)
    : Exit.failCause<E | E2>(Cause.sequential<E, E2>(first.cause, closing.cause))
}
