/**
 * Effects of one step of the runtime. This module alone depends on the inside of Effect's runtime.
 *
 * A loop over such an effect costs what the same loop over `Effect.sync` costs, and is as fair: each one counts as a
 * step, gives way to other fibers, and can be interrupted before it.
 */
import * as Effect from "effect/Effect"
import * as Effectable from "effect/Effectable"
import * as Exit from "effect/Exit"
import { YieldWrap } from "effect/Utils"

/**
 * What an iteration gives, of a class for a reason: objects of a literal, if they live long while it is new, V8 makes
 * among the old ones for as long as the process runs, and a loop then takes four times as long.
 */
class Result<Done extends boolean, T> {
  readonly done: Done
  readonly value: T
  constructor(done: Done, value: T) {
    this.done = done
    this.value = value
  }
}

/** What `yield*` iterates: it gives the effect, and then returns the value that it is told. */
class Once<A, E> implements Effect.EffectGenerator<Effect.Effect<A, E>> {
  private readonly effect: YieldWrap<Effect.Effect<A, E>>
  private isGiven = false
  constructor(effect: YieldWrap<Effect.Effect<A, E>>) {
    this.effect = effect
  }
  next(value: A): IteratorResult<YieldWrap<Effect.Effect<A, E>>, A> {
    if (this.isGiven) return new Result(true, value)
    this.isGiven = true
    return new Result(false, this.effect)
  }
}

/**
 * An effect whose value is ready most of the time. The runtime reads `_op` and calls at once what belongs to it, with
 * nothing in between; so `isReady` is pure, and what it has found still holds in `run`. To look at the effect, or to
 * iterate it, runs nothing.
 *
 * @internal
 */
export abstract class OneStep<A, E> extends Effectable.Class<A, E> {
  /** Whether `run` can give the value now. */
  abstract readonly isReady: boolean
  /** Gives the value that is ready. */
  abstract run(): A
  /** What gives the value where it is not ready. */
  abstract otherwise(): Effect.Effect<A, E>

  override [Symbol.iterator](): Effect.EffectGenerator<Effect.Effect<A, E>> {
    return new Once(new YieldWrap<Effect.Effect<A, E>>(this))
  }
  override commit(): Effect.Effect<A, E> {
    return this.isReady ? Exit.succeed(this.run()) : this.otherwise()
  }
  get _op(): string {
    try {
      return this.isReady ? instruction ?? firstInstruction() : "Commit"
    } catch {
      // `commit` throws it again, where it becomes a defect; the runtime expects none here.
      return "Commit"
    }
  }
  effect_instruction_i0(): A {
    return this.run()
  }
}

/** What the runtime is told of an effect that is ready; undefined until the first is run. */
let instruction: "Sync" | "Commit" | undefined

class Probe extends OneStep<number, never> {
  runs = 0
  committed = false
  readonly isReady = true
  run(): number {
    return ++this.runs
  }
  override commit(): Effect.Effect<number> {
    this.committed = true
    return Exit.succeed(0)
  }
  otherwise(): Effect.Effect<number> {
    return Exit.succeed(0)
  }
}

/**
 * Whether `Effect.sync` is made as expected, and the runtime treats an effect of ours that looks like it in the same
 * way.
 */
const takesTheShortcut = (): boolean => {
  const sync: object = Effect.sync(() => 0)
  if (!("_op" in sync && sync._op === "Sync" && "effect_instruction_i0" in sync)) return false
  const probe = new Probe()
  const exit = Effect.runSyncExit(Effect.map(probe, (value) => value + 1))
  return Exit.isSuccess(exit) && exit.value === 2 && probe.runs === 1 && !probe.committed
}

/**
 * Asked by the first effect, and not as the module is loaded: the first run of the runtime takes longer than loading
 * this library does.
 */
const firstInstruction = (): "Sync" | "Commit" => {
  // What the probe says of itself. Where the runtime does not take it, every effect goes the way that `Effectable`
  // documents.
  instruction = "Sync"
  instruction = takesTheShortcut() ? "Sync" : "Commit"
  return instruction
}
