/**
 * Spans and metrics where they can be seen without a collector: spans as lines of the log, metrics as text that
 * Prometheus reads. With `@effect/opentelemetry` both go to a collector instead, and nothing else changes.
 */
import { Effect, Exit, Layer, Metric, MetricState, Tracer } from "effect"

const line = (span: Tracer.Span, endTime: bigint, exit: Exit.Exit<unknown, unknown>): string => {
  const milliseconds = Number(endTime - span.status.startTime) / 1e6
  const attributes = Object.fromEntries(span.attributes)
  return JSON.stringify({
    span: span.name,
    trace: span.traceId,
    milliseconds,
    ended: Exit.isSuccess(exit) ? "well" : "badly",
    attributes
  })
}

/** The tracer of Effect, whose spans are written as they end. */
export const spans = (write: (line: string) => void) =>
  Layer.unwrapEffect(
    Effect.map(Effect.tracer, (tracer) =>
      Layer.setTracer(Tracer.make({
        span: (...args) => {
          const span = tracer.span(...args)
          const end = span.end.bind(span)
          span.end = (endTime, exit) => {
            write(line(span, endTime, exit))
            end(endTime, exit)
          }
          return span
        },
        context: (f, fiber) => tracer.context(f, fiber)
      })))
  )

/** Uploads that were taken, and the bytes of them. */
export const uploads = Metric.counter("service_uploads", { incremental: true })
export const uploadedBytes = Metric.counter("service_uploaded_bytes", { incremental: true })

/** All counters and gauges of the program, those of the library among them. */
export const metrics = Effect.map(Metric.snapshot, (pairs) =>
  pairs.flatMap(({ metricKey, metricState }) => {
    const labels = metricKey.tags.map(({ key, value }) => `${key}=${JSON.stringify(value)}`).join(",")
    const name = metricKey.name.replaceAll(/[^A-Za-z0-9_]/g, "_") + (labels === "" ? "" : `{${labels}}`)
    return MetricState.isCounterState(metricState)
      ? [`${name} ${metricState.count}`]
      : MetricState.isGaugeState(metricState)
      ? [`${name} ${metricState.value}`]
      : []
  }).join("\n"))
