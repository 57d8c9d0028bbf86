/**
 * Calls of a driver that may answer at once.
 *
 * The functions `noting`, `andThen` and `failingAs` do what they say as they are called, where the effect answers at once: they stand inside of
 * another `Immediate` or of a `suspend`, only.
 */
import * as Effect from "effect/Effect"
import * as Effectable from "effect/Effectable"
import * as Exit from "effect/Exit"

/** @internal */
export class Immediate<A, E> extends Effectable.Class<A, E> {
  readonly evaluate: () => Effect.Effect<A, E>
  constructor(evaluate: () => Effect.Effect<A, E>) {
    super()
    this.evaluate = evaluate
  }
  override commit(): Effect.Effect<A, E> {
    return this.evaluate()
  }
}

/** @internal */
export const immediate = <A, E>(evaluate: () => Effect.Effect<A, E>): Effect.Effect<A, E> => new Immediate(evaluate)

/** An effect that is an exit ended as that: `Exit.isExit` cannot know the types. @internal */
export const isDone = <A, E>(effect: Effect.Effect<A, E>): effect is Exit.Exit<A, E> => Exit.isExit(effect)

/** The answer of an effect that has one at once, else an effect that has yet to be run. @internal */
export const resolve = <A, E>(effect: Effect.Effect<A, E>): Effect.Effect<A, E> => {
  let resolved = effect
  while (resolved instanceof Immediate) resolved = resolved.evaluate()
  return resolved
}

/** What an effect answers at once, if that is a success. @internal */
export const successOf = <A, E>(effect: Effect.Effect<A, E>): A | undefined => {
  const resolved = resolve(effect)
  return isDone(resolved) && Exit.isSuccess(resolved) ? resolved.value : undefined
}

/** Has `note` hear what came of a call, however it ends. @internal */
export const noting = <A, E>(
  effect: Effect.Effect<A, E>,
  note: (exit: Exit.Exit<A, E>) => void
): Effect.Effect<A, E> => {
  const resolved = resolve(effect)
  if (!isDone(resolved)) return Effect.onExit(resolved, (exit) => Effect.sync(() => note(exit)))
  note(resolved)
  return resolved
}

/** @internal */
export const andThen = <A, E, B, E2>(
  effect: Effect.Effect<A, E>,
  f: (value: A) => Effect.Effect<B, E2>
): Effect.Effect<B, E | E2> => {
  const resolved = resolve(effect)
  if (!isDone(resolved)) return Effect.flatMap(resolved, f)
  return Exit.isSuccess(resolved) ? resolve(f(resolved.value)) : Exit.failCause(resolved.cause)
}

/** @internal */
export const failingAs = <A, E, E2>(
  effect: Effect.Effect<A, E>,
  f: (error: E) => E2
): Effect.Effect<A, E2> => {
  const resolved = resolve(effect)
  return isDone(resolved) ? Exit.mapError(resolved, f) : Effect.mapError(resolved, f)
}
