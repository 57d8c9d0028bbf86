/**
 * Calls of a driver that may answer at once, or by a callback.
 *
 * The functions `noting`, `mapping`, `andThen` and `failingAs` do what they say as they are called, where the effect answers at once: they stand
 * inside of another `Immediate` or of a `suspend`, only.
 */
import * as Effect from "effect/Effect"
import * as Effectable from "effect/Effectable"
import * as Exit from "effect/Exit"
import { YieldWrap } from "effect/Utils"

/**
 * An effect that is evaluated as one step, like a `suspend`, and by whoever can take an answer without a step of the runtime:
 * a handle over its driver, a wrapper over the file below, and a generator, whose `yield*` is told the value where it stands.
 */
abstract class Immediate<A, E> extends Effectable.Class<A, E> {
  abstract evaluate(): Effect.Effect<A, E>
  override commit(): Effect.Effect<A, E> {
    return this.evaluate()
  }
  override [Symbol.iterator](): Effect.EffectGenerator<Effect.Effect<A, E>> {
    return new ImmediateGenerator(this)
  }
}

class Evaluation<A, E> extends Immediate<A, E> {
  readonly evaluate: () => Effect.Effect<A, E>
  constructor(evaluate: () => Effect.Effect<A, E>) {
    super()
    this.evaluate = evaluate
  }
}

/** @internal */
export const immediate = <A, E>(evaluate: () => Effect.Effect<A, E>): Effect.Effect<A, E> => new Evaluation(evaluate)

const sync: object = Effect.sync(() => 0)

/**
 * How the runtime calls an effect that it takes a value from, and goes on, without asking what that is: one step, where a `suspend` takes two.
 * A runtime that does it in another way is given what it documents.
 */
const inOneStep = "_op" in sync && sync._op === "Sync" && "effect_instruction_i0" in sync ? "Sync" : "Commit"

/**
 * An operation whose value is at hand most of the time: then it is what `Effect.sync` is, else an `Immediate`.
 *
 * The runtime looks at `_op` and calls at once what belongs to that. So what is found at hand still is as it is taken; only to look changes
 * nothing.
 *
 * @internal
 */
export abstract class Prompt<A, E> extends Immediate<A, E> {
  abstract readonly isAtHand: boolean
  /** The value that is at hand. */
  abstract take(): A
  abstract otherwise(): Effect.Effect<A, E>

  evaluate(): Effect.Effect<A, E> {
    return this.isAtHand ? Exit.succeed(this.take()) : this.otherwise()
  }
  get _op(): string {
    try {
      if (this.isAtHand) return inOneStep
    } catch {
      // Evaluated, it is a defect; the runtime expects none here.
    }
    return "Commit"
  }
  effect_instruction_i0(): A {
    return this.take()
  }
}

/**
 * Of so many answers to generators, one goes through the runtime: a loop that only ever gets answers at once still gives way to
 * other fibers, and can be interrupted, as one over any other effect can.
 */
const answersPerStep = 16
let answers = 0

class ImmediateGenerator<A, E> implements Effect.EffectGenerator<Effect.Effect<A, E>> {
  private readonly effect: Immediate<A, E>
  private asked = false
  constructor(effect: Immediate<A, E>) {
    this.effect = effect
  }
  next(...args: ReadonlyArray<A>): IteratorResult<YieldWrap<Effect.Effect<A, E>>, A> {
    // The second time the runtime brings the answer.
    if (this.asked) return { done: true, value: args[0] as A }
    this.asked = true
    if (++answers >= answersPerStep) {
      answers = 0
      return { done: false, value: new YieldWrap<Effect.Effect<A, E>>(this.effect) }
    }
    return told(this.effect)
  }
}

const told = <A, E>(effect: Immediate<A, E>): IteratorResult<YieldWrap<Effect.Effect<A, E>>, A> => {
  try {
    if (effect instanceof Prompt && effect.isAtHand) return { done: true, value: effect.take() }
    const answer = effect.evaluate()
    return isDone(answer) && Exit.isSuccess(answer)
      ? { done: true, value: answer.value }
      : { done: false, value: new YieldWrap(answer) }
  } catch (defect) {
    // What an evaluation throws is a defect of its effect, and of nobody who evaluates it early.
    return { done: false, value: new YieldWrap(Exit.die(defect)) }
  }
}

/** The same for whoever goes on with an answer. */
const guarded = <Arg, A, E>(f: (arg: Arg) => Effect.Effect<A, E>, arg: Arg): Effect.Effect<A, E> => {
  try {
    return f(arg)
  } catch (defect) {
    return Exit.die(defect)
  }
}

/**
 * A call that cannot be cancelled and answers by a callback. Its answer can be awaited without an effect of the runtime, too: it is an
 * exit, or an effect that goes on from there, and has not begun.
 *
 * @internal
 */
export class Awaited<A, E> extends Effectable.Class<A, E> {
  readonly start: (done: (answer: Effect.Effect<A, E>) => void) => void
  constructor(start: (done: (answer: Effect.Effect<A, E>) => void) => void) {
    super()
    this.start = start
  }
  override commit(): Effect.Effect<A, E> {
    return Effect.uninterruptible(Effect.async<A, E>(this.start))
  }
}

/** @internal */
export const callback = <A, E>(start: (done: (exit: Exit.Exit<A, E>) => void) => void): Effect.Effect<A, E> =>
  new Awaited(start)

/**
 * Whether an effect is one of those above: who makes them may be asked for more before the effect is run. Others may begin their work as they
 * are called.
 *
 * @internal
 */
export const answersItself = <A, E>(effect: Effect.Effect<A, E>): boolean =>
  effect instanceof Immediate || effect instanceof Awaited

/** A call may answer before it returns, and what goes on from there begin the next one: as many of them stand inside of each other. */
const mostNested = 32
let nested = 0

/** Starts a call, and whatever calls it goes on with: `done` gets an exit, or an effect that has yet to be run. @internal */
export const begin = <A, E>(call: Awaited<A, E>, done: (answer: Effect.Effect<A, E>) => void): void => {
  if (nested === mostNested) return void Promise.resolve().then(() => begin(call, done))
  nested++
  try {
    call.start((answer) => {
      const resolved = guarded(resolve, answer)
      if (resolved instanceof Awaited) begin(resolved, done)
      else done(resolved)
    })
  } finally {
    nested--
  }
}

/** Has `f` go on with the answer of a call. What it throws has nobody else to catch it there. */
const answering = <A, E, B, E2>(
  call: Awaited<A, E>,
  f: (answer: Effect.Effect<A, E>) => Effect.Effect<B, E2>
): Effect.Effect<B, E2> => new Awaited((done) => call.start((answer) => done(guarded(f, answer))))

/** An effect that is an exit ended as that: `Exit.isExit` cannot know the types. @internal */
export const isDone = <A, E>(effect: Effect.Effect<A, E>): effect is Exit.Exit<A, E> => Exit.isExit(effect)

/** The answer of an effect that has one at once, else an effect that has yet to be run. @internal */
export const resolve = <A, E>(effect: Effect.Effect<A, E>): Effect.Effect<A, E> => {
  let resolved = effect
  while (resolved instanceof Immediate) resolved = resolved.evaluate()
  return resolved
}

/** Has `note` hear what came of a call, however it ends. @internal */
export const noting = <A, E>(
  effect: Effect.Effect<A, E>,
  note: (exit: Exit.Exit<A, E>) => void
): Effect.Effect<A, E> => {
  const resolved = resolve(effect)
  if (isDone(resolved)) {
    note(resolved)
    return resolved
  }
  return resolved instanceof Awaited
    ? answering(resolved, (answer) => noting(answer, note))
    : Effect.onExit(resolved, (exit) => Effect.sync(() => note(exit)))
}

/** @internal */
export const mapping = <A, E, B>(effect: Effect.Effect<A, E>, f: (value: A) => B): Effect.Effect<B, E> => {
  const resolved = resolve(effect)
  return isDone(resolved)
    ? Exit.map(resolved, f)
    : resolved instanceof Awaited
    ? answering(resolved, (answer) => mapping(answer, f))
    : Effect.map(resolved, f)
}

/** @internal */
export const andThen = <A, E, B, E2>(
  effect: Effect.Effect<A, E>,
  f: (value: A) => Effect.Effect<B, E2>
): Effect.Effect<B, E | E2> => {
  const resolved = resolve(effect)
  if (isDone(resolved)) return Exit.isSuccess(resolved) ? resolve(f(resolved.value)) : Exit.failCause(resolved.cause)
  return resolved instanceof Awaited
    ? answering(resolved, (answer) => andThen(answer, f))
    : Effect.flatMap(resolved, f)
}

/** @internal */
export const failingAs = <A, E, E2>(
  effect: Effect.Effect<A, E>,
  f: (error: E) => E2
): Effect.Effect<A, E2> => {
  const resolved = resolve(effect)
  return isDone(resolved)
    ? Exit.mapError(resolved, f)
    : resolved instanceof Awaited
    ? answering(resolved, (answer) => failingAs(answer, f))
    : Effect.mapError(resolved, f)
}
