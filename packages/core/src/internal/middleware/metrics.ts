/**
 * The calls of a storage as metrics.
 */
import * as Cause from "effect/Cause"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Metric from "effect/Metric"
import * as MetricBoundaries from "effect/MetricBoundaries"
import * as MetricKey from "effect/MetricKey"
import * as MetricLabel from "effect/MetricLabel"
import * as Option from "effect/Option"
import type * as Api from "../../IOProc.js"
import { observed } from "./observed.js"

const calls = MetricKey.counter("mmio_driver_calls", {
  description: "Calls of a storage driver that have ended",
  incremental: true
})
const bytes = MetricKey.counter("mmio_driver_bytes", {
  description: "Bytes that a storage driver has read and written",
  incremental: true
})
const durations = MetricKey.histogram(
  "mmio_driver_duration_ms",
  MetricBoundaries.exponential({ start: 0.0625, factor: 2, count: 20 }),
  "How long calls of a storage driver take, in milliseconds"
)

/** @internal */
export const metrics = (self: Api.IOProc, storage: string): Api.IOProc => {
  /**
   * The metrics of an operation, made once: where a metric counts is looked up by all of its tags, and kept with it.
   */
  const metricsOf = memoized((operation: Api.AuditedOperation) => {
    const labels = [MetricLabel.make("storage", storage), MetricLabel.make("operation", operation)]
    return {
      bytes: Metric.fromMetricKey(MetricKey.taggedWithLabels(bytes, labels)),
      durations: Metric.fromMetricKey(MetricKey.taggedWithLabels(durations, labels)),
      callsWith: memoized((outcome: string) =>
        Metric.fromMetricKey(MetricKey.taggedWithLabels(calls, [...labels, MetricLabel.make("outcome", outcome)]))
      )
    }
  })
  return observed("metrics", self, (call, count) => {
    const { bytes, callsWith, durations } = metricsOf(call.operation)
    return Effect.map(
      Clock.currentTimeNanos,
      (started) => (exit) =>
        Effect.flatMap(Clock.currentTimeNanos, (ended) =>
          Effect.zipRight(
            Metric.update(durations, Number(ended - started) / 1e6),
            Effect.zipRight(
              Metric.update(callsWith(outcomeOf(exit)), 1),
              Exit.isSuccess(exit) && (call.operation === "readAt" || call.bytes !== undefined)
                ? Metric.update(bytes, count(exit.value) ?? 0)
                : Effect.void
            )
          ))
    )
  })
}

/** A function that makes what it gives once for each key. */
const memoized = <K, V>(make: (key: K) => V): (key: K) => V => {
  const known = new Map<K, V>()
  return (key) => {
    const old = known.get(key)
    if (old !== undefined) return old
    const made = make(key)
    known.set(key, made)
    return made
  }
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
