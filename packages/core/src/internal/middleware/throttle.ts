/**
 * Limits on how much is asked of a storage: calls and bytes in a second, and calls at the same time.
 */
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as Api from "../../IOProc.js"
import type * as MmioError from "../../MmioError.js"
import { Permits } from "../io/permits.js"
import { around, invalid, openWith, requireInteger } from "./around.js"

/** So much in a second. */
class Rate {
  private readonly millisEach: number
  /** When all that was charged is paid for, in milliseconds. */
  private paid = 0

  constructor(perSecond: number) {
    this.millisEach = 1000 / perSecond
  }

  /** In how many milliseconds all that was charged is paid for. */
  remaining(now: number): number {
    return this.paid - now
  }

  charge(now: number, amount: number): void {
    this.paid = Math.max(this.paid, now) + amount * this.millisEach
  }
}

/** @internal */
export const throttle = (self: Api.IOProc, options: Api.ThrottleOptions): Api.IOProc => {
  const rate = (what: string, perSecond: number | undefined) => {
    if (perSecond === undefined) return undefined
    if (!(Number.isFinite(perSecond) && perSecond > 0)) {
      invalid("throttle", `${perSecond} is an invalid number of ${what}`)
    }
    return new Rate(perSecond)
  }
  const operations = rate("operations in a second", options.operations)
  const bytes = rate("bytes in a second", options.bytes)
  if (options.concurrency !== undefined) {
    requireInteger("throttle", "number of calls at the same time", options.concurrency, 1)
  }
  const permits = options.concurrency === undefined ? undefined : new Permits(options.concurrency)

  /** The calls that wait, in the order in which they came. */
  const queue = new Permits(1)
  /** Waits until all of the rates are paid for. A call that is interrupted before that costs nothing. */
  const paid = (rates: ReadonlyArray<Rate>): Effect.Effect<void> =>
    Effect.flatMap(Clock.currentTimeMillis, (now) => {
      const wait = Math.max(...rates.map((rate) => rate.remaining(now)))
      // No clock of the runtime is finer. A transfer that was in flight may have ended meanwhile, and costs more time.
      return wait >= 1
        ? Effect.zipRight(Effect.sleep(Duration.millis(wait)), paid(rates))
        : Effect.sync(() => operations?.charge(now, 1))
    })
  const isLimited = operations !== undefined || bytes !== undefined
  const inTurn = <A, E>(
    effect: Effect.Effect<A, E>,
    ...rates: ReadonlyArray<Rate | undefined>
  ): Effect.Effect<A, E> => {
    const begun = isLimited
      ? Effect.zipRight(queue.with(paid(rates.filter((rate) => rate !== undefined))), effect)
      : effect
    return permits === undefined ? begun : permits.with(begun)
  }
  const call = <A, E>(effect: Effect.Effect<A, E>): Effect.Effect<A, E> => inTurn(effect, operations)
  /** A call that transfers bytes: waits until those before it are paid for, and pays for its own. */
  const transfer = <E>(effect: Effect.Effect<number, E>): Effect.Effect<number, E> =>
    bytes === undefined ? call(effect) : inTurn(
      Effect.tap(effect, (count) => Effect.map(Clock.currentTimeMillis, (now) => bytes.charge(now, count))),
      operations,
      bytes
    )

  return around("throttle", self, (inner) => ({
    open: (request) =>
      call(
        openWith(inner, (file) => {
          const { canSeek, truncate, writeAt } = file
          return {
            size: call(Effect.suspend(() => file.size)),
            canSeek: canSeek && ((position) => call(Effect.suspend(() => file.canSeek!(position)))),
            readAt: (position, target) => transfer(Effect.suspend(() => file.readAt(position, target))),
            writeAt: writeAt
              && ((position, source, mode) => transfer(Effect.suspend(() => file.writeAt!(position, source, mode)))),
            truncate: truncate && ((size) => call(Effect.suspend(() => file.truncate!(size)))),
            commit: call(Effect.suspend((): Effect.Effect<void, MmioError.CommitError> => file.commit))
          }
        })(request)
      ),
    rename: (from, to) => call(inner.rename(from, to)),
    remove: (name) => call(inner.remove(name)),
    exists: (name) => call(inner.exists(name)),
    fullName: (name) => call(inner.fullName(name)),
    stat: (name) => call(inner.stat(name)),
    makeFolder: (name) => call(inner.makeFolder(name)),
    removeFolder: (name) => call(inner.removeFolder(name)),
    tempName: (request) => call(inner.tempName(request))
  }))
}
