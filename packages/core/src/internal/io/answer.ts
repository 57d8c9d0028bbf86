/**
 * What a driver's answer is: an exit, a callback that has yet to be started, or any other effect. Code that continues
 * with an answer does not ask which of the three it is.
 *
 * The functions `settle`, `onExit`, `map`, `andThen`, `mapError` and `catchAll` go on at once where the answer is an
 * exit, in the callback where it is one, and else by an effect. So they are called inside of {@link immediate}, or of
 * an operation of the lock, which is where an effect begins.
 */
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Effectable from "effect/Effectable"
import * as Either from "effect/Either"
import * as Exit from "effect/Exit"
import { identity } from "effect/Function"

/** An effect that {@link resolve} evaluates without a step of the runtime. */
class Immediate<A, E> extends Effectable.Class<A, E> {
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

/**
 * A call that cannot be cancelled and answers by a callback. It has not begun until `start` is called, by {@link begin}
 * or by the runtime; its answer is an exit, or an effect that goes on from there, and has not begun either.
 *
 * @internal
 */
export abstract class Callback<A, E> extends Effectable.Class<A, E> {
  abstract start(done: (answer: Effect.Effect<A, E>) => void): void
  override commit(): Effect.Effect<A, E> {
    return Effect.uninterruptible(Effect.async<A, E>((resume) => begin(this, resume)))
  }
}

class Call<A, E> extends Callback<A, E> {
  private readonly call: (done: (answer: Effect.Effect<A, E>) => void) => void
  constructor(call: (done: (answer: Effect.Effect<A, E>) => void) => void) {
    super()
    this.call = call
  }
  override start(done: (answer: Effect.Effect<A, E>) => void): void {
    this.call(done)
  }
}

/** @internal */
export const callback = <A, E>(start: (done: (answer: Effect.Effect<A, E>) => void) => void): Effect.Effect<A, E> =>
  new Call(start)

/** A callback with whose answer, an exit or an effect, `goOn` goes on. */
abstract class Continued<A, E, B, E2> extends Callback<B, E2> {
  private readonly call: Callback<A, E>
  constructor(call: Callback<A, E>) {
    super()
    this.call = call
  }
  protected abstract goOn(answer: Effect.Effect<A, E>): Effect.Effect<B, E2>
  override start(done: (answer: Effect.Effect<B, E2>) => void): void {
    this.call.start((answer) => done(this.guarded(answer)))
  }
  /** What an evaluation throws is a defect of its effect. */
  private guarded(answer: Effect.Effect<A, E>): Effect.Effect<B, E2> {
    try {
      return this.goOn(answer)
    } catch (defect) {
      return Exit.die(defect)
    }
  }
}

class Settled<A, E, B, E2> extends Continued<A, E, B, E2> {
  private readonly f: (exit: Exit.Exit<A, E>) => Effect.Effect<B, E2>
  constructor(call: Callback<A, E>, f: (exit: Exit.Exit<A, E>) => Effect.Effect<B, E2>) {
    super(call)
    this.f = f
  }
  protected override goOn(answer: Effect.Effect<A, E>): Effect.Effect<B, E2> {
    return settle(answer, this.f)
  }
}

class Noted<A, E> extends Continued<A, E, A, E> {
  private readonly note: (exit: Exit.Exit<A, E>) => void
  constructor(call: Callback<A, E>, note: (exit: Exit.Exit<A, E>) => void) {
    super(call)
    this.note = note
  }
  protected override goOn(answer: Effect.Effect<A, E>): Effect.Effect<A, E> {
    return onExit(answer, this.note)
  }
}

/**
 * Whether an effect is an exit: `Exit.isExit` cannot know the types, and asks first what is known here, that it is an
 * effect.
 *
 * @internal
 */
export const isDone = <A, E>(effect: Effect.Effect<A, E>): effect is Exit.Exit<A, E> =>
  "_tag" in effect && (effect._tag === "Success" || effect._tag === "Failure")

/** Whether an effect answers without a fiber. @internal */
export const needsNoFiber = <A, E>(effect: Effect.Effect<A, E>): boolean =>
  effect instanceof Immediate || effect instanceof Callback || isDone(effect)

/** The answer that an effect has now: an exit, a callback, or an effect that has yet to be run. @internal */
export const resolve = <A, E>(effect: Effect.Effect<A, E>): Effect.Effect<A, E> => {
  let resolved = effect
  while (resolved instanceof Immediate) resolved = resolved.evaluate()
  return resolved
}

/** Like {@link resolve}, of what a function returns for an argument; what it throws is a defect. @internal */
export const evaluateWith = <Arg, A, E>(f: (arg: Arg) => Effect.Effect<A, E>, arg: Arg): Effect.Effect<A, E> => {
  try {
    return resolve(f(arg))
  } catch (defect) {
    return Exit.die(defect)
  }
}

/** Like {@link evaluateWith}, without an argument. @internal */
export const evaluate = <A, E>(f: () => Effect.Effect<A, E>): Effect.Effect<A, E> => evaluateWith(f, undefined)

/** How deep callbacks that complete synchronously, and start the next one, may nest. */
const mostNested = 32
let nested = 0

/**
 * Starts a callback, and those that it goes on with: `done` gets an exit, or an effect that has yet to be run.
 *
 * @internal
 */
export const begin = <A, E>(call: Callback<A, E>, done: (answer: Effect.Effect<A, E>) => void): void => {
  if (nested === mostNested) return void Promise.resolve().then(() => begin(call, done))
  nested++
  try {
    call.start((answer) => {
      const resolved = evaluateWith(identity, answer)
      if (resolved instanceof Callback) begin(resolved, done)
      else done(resolved)
    })
  } finally {
    nested--
  }
}

/** Goes on with how an answer ended; an effect that is interrupted where that is allowed does not go on. @internal */
export const settle = <A, E, B, E2>(
  effect: Effect.Effect<A, E>,
  f: (exit: Exit.Exit<A, E>) => Effect.Effect<B, E2>
): Effect.Effect<B, E2> => {
  const resolved = resolve(effect)
  return resolved instanceof Callback
    ? new Settled(resolved, f)
    : isDone(resolved)
    ? resolve(f(resolved))
    : Effect.matchCauseEffect(resolved, {
      onFailure: (cause) => f(Exit.failCause(cause)),
      onSuccess: (value) => f(Exit.succeed(value))
    })
}

/** Has `note` see how an answer ended, also where it was interrupted. @internal */
export const onExit = <A, E>(
  effect: Effect.Effect<A, E>,
  note: (exit: Exit.Exit<A, E>) => void
): Effect.Effect<A, E> => {
  const resolved = resolve(effect)
  if (isDone(resolved)) {
    note(resolved)
    return resolved
  }
  return resolved instanceof Callback
    ? new Noted(resolved, note)
    // The rest of an effect that is interrupted does not run, unless it is a finalizer.
    : Effect.onExit(resolved, (exit) => Effect.sync(() => note(exit)))
}

/** @internal */
export const map = <A, E, B>(effect: Effect.Effect<A, E>, f: (value: A) => B): Effect.Effect<B, E> =>
  settle(effect, (exit) => Exit.map(exit, f))

/** @internal */
export const andThen = <A, E, B, E2>(
  effect: Effect.Effect<A, E>,
  f: (value: A) => Effect.Effect<B, E2>
): Effect.Effect<B, E | E2> =>
  settle<A, E, B, E | E2>(effect, (exit) => Exit.isSuccess(exit) ? f(exit.value) : Exit.failCause(exit.cause))

/** @internal */
export const mapError = <A, E, E2>(effect: Effect.Effect<A, E>, f: (error: E) => E2): Effect.Effect<A, E2> =>
  settle(effect, (exit) => Exit.mapError(exit, f))

/** Goes on with a typed failure in another way. @internal */
export const catchAll = <A, E, B, E2>(
  effect: Effect.Effect<A, E>,
  f: (error: E) => Effect.Effect<B, E2>
): Effect.Effect<A | B, E2> =>
  settle(effect, (exit): Effect.Effect<A | B, E2> =>
    Exit.isSuccess(exit)
      ? Exit.succeed(exit.value)
      : Either.match(Cause.failureOrCause(exit.cause), { onLeft: f, onRight: Exit.failCause }))

/** Makes what still has to be run interruptible again; an exit and a callback cannot be interrupted. @internal */
export const restoring = <A, E>(
  effect: Effect.Effect<A, E>,
  restore: <B, E2>(effect: Effect.Effect<B, E2>) => Effect.Effect<B, E2>
): Effect.Effect<A, E> => {
  const resolved = resolve(effect)
  return isDone(resolved) || resolved instanceof Callback ? resolved : restore(resolved)
}
