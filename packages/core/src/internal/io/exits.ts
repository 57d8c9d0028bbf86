import * as Cause from "effect/Cause"
import * as Exit from "effect/Exit"

let lastCount = 0
let lastCounted: Exit.Exit<number> = Exit.succeed(0)

/**
 * The exit of a transfer of `count` bytes: most are of as many as the last.
 *
 * @internal
 */
export const counted = (count: number): Exit.Exit<number> => {
  if (count !== lastCount) {
    lastCount = count
    lastCounted = Exit.succeed(count)
  }
  return lastCounted
}

/**
 * How a use and the closing after it ended: as the use did, unless only the closing failed; with both causes if both
 * did.
 *
 * @internal
 */
export const bothExits = <A, E, E2>(first: Exit.Exit<A, E>, closing: Exit.Exit<void, E2>): Exit.Exit<A, E | E2> => {
  if (Exit.isSuccess(closing)) return first
  return Exit.isSuccess(first)
    ? Exit.failCause(closing.cause)
    : Exit.failCause<E | E2>(Cause.sequential<E, E2>(first.cause, closing.cause))
}
