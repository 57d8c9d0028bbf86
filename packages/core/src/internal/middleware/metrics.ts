/**
 * The calls of a storage as metrics.
 */
import * as Cause from "effect/Cause"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Metric from "effect/Metric"
import * as MetricBoundaries from "effect/MetricBoundaries"
import * as Option from "effect/Option"
import type * as Api from "../../IOProc.js"
import { observed } from "./observed.js"

/** @internal */
export const metrics = (self: Api.IOProc, storage: string): Api.IOProc => {
  const calls = Metric.counter("mmio_driver_calls", {
    description: "Calls of a storage driver that have ended",
    incremental: true
  })
  const bytes = Metric.counter("mmio_driver_bytes", {
    description: "Bytes that a storage driver has read and written",
    incremental: true
  })
  const durations = Metric.histogram(
    "mmio_driver_duration_ms",
    MetricBoundaries.exponential({ start: 0.0625, factor: 2, count: 20 }),
    "How long calls of a storage driver take, in milliseconds"
  )
  return observed("metrics", self, (call, effect, count) => {
    const tagged = <Type, In, Out>(metric: Metric.Metric<Type, In, Out>) =>
      metric.pipe(Metric.tagged("storage", storage), Metric.tagged("operation", call.operation))
    return Effect.flatMap(
      Clock.currentTimeNanos,
      (started) =>
        Effect.onExit(effect, (exit) =>
          Effect.flatMap(Clock.currentTimeNanos, (ended) =>
            Effect.zipRight(
              Metric.update(tagged(durations), Number(ended - started) / 1e6),
              Effect.zipRight(
                Metric.update(Metric.tagged(tagged(calls), "outcome", outcomeOf(exit)), 1),
                Exit.isSuccess(exit) && (call.operation === "readAt" || call.bytes !== undefined)
                  ? Metric.update(tagged(bytes), count(exit.value) ?? 0)
                  : Effect.void
              )
            )))
    )
  })
}

/** `"success"`, the tag of the failure, `"interrupted"` or `"defect"`. */
const outcomeOf = <A, E extends { readonly _tag: string }>(exit: Exit.Exit<A, E>): string =>
  Exit.match(exit, {
    onSuccess: () => "success",
    onFailure: (cause) =>
      Option.match(Cause.failureOption(cause), {
        onSome: (error) => error._tag,
        onNone: () => (Cause.isInterrupted(cause) ? "interrupted" : "defect")
      })
  })
