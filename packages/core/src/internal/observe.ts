/**
 * Spans and metrics. What the buffer serves has neither.
 */
import * as Context from "effect/Context"
import * as DefaultServices from "effect/DefaultServices"
import * as Effect from "effect/Effect"
import type * as Fiber from "effect/Fiber"
import * as Metric from "effect/Metric"
import * as Tracer from "effect/Tracer"

/** The tracer of a program that has set none: it exports nothing. */
const defaultTracer = Context.get(DefaultServices.liveServices, Tracer.Tracer)

/** A program that has a span around the call wants to see its parts, whichever tracer it uses. */
const isTraced = ({ currentSpan, currentTracer }: Fiber.RuntimeFiber<unknown, unknown>): boolean =>
  currentTracer !== defaultTracer || currentSpan !== undefined

/**
 * Runs an effect on a file in a span if a tracer listens; otherwise it is the effect itself. `describe` gives the
 * attributes that are known only afterwards.
 *
 * @internal
 */
export const traced = <A, E, R>(
  name: string,
  file: string,
  effect: Effect.Effect<A, E, R>,
  describe?: (value: A) => Readonly<Record<string, unknown>>
): Effect.Effect<A, E, R> =>
  Effect.withFiberRuntime((fiber) =>
    isTraced(fiber)
      ? Effect.useSpan(name, { attributes: { "mmio.file": file }, captureStackTrace: false }, (span) =>
        Effect.withParentSpan(
          describe === undefined ? effect : Effect.tap(effect, (value) =>
            Effect.sync(() => {
              for (const [key, attribute] of Object.entries(describe(value))) span.attribute(key, attribute)
            })),
          span
        ))
      : effect
  )

const openHandles = Metric.gauge("mmio_open_handles", { description: "Handles that are open" })
const failures = Metric.frequency("mmio_failures", { description: "Failures of drivers, by the tag of the error" })
const counter = (name: string, description: string) => Metric.counter(name, { description, incremental: true })
const readBytes = counter("mmio_read_bytes", "Bytes that handles read from their files")
const writtenBytes = counter("mmio_written_bytes", "Bytes that handles wrote to their files")
const refills = counter("mmio_refills", "Reads that handles asked of their drivers")
const drains = counter("mmio_drains", "Writes that handles asked of their drivers")

let open = 0

/** One handle more or less is open. @internal */
export const countHandles = (change: 1 | -1): void => {
  open += change
  openHandles.unsafeUpdate(open, [])
}

/** Counts the failure of a driver, and gives it on. @internal */
export const countFailure = <E extends { readonly _tag: string }>(error: E): E => {
  failures.unsafeUpdate(error._tag, [])
  return error
}

/**
 * A handle adds to the metrics once it has moved so many bytes, and as it is flushed or closed: an update costs more
 * than a small transfer.
 */
const reportedAtOnce = 1024 * 1024

/**
 * How many bytes a handle has moved.
 *
 * @internal
 */
export class Meter {
  read = 0
  written = 0
  private refills = 0
  private drains = 0
  private reportedRead = 0
  private reportedWritten = 0

  /** Bytes that the file had in memory. */
  gotBytes(count: number): void {
    this.read += count
    if (this.read - this.reportedRead >= reportedAtOnce) this.report()
  }
  gaveBytes(count: number): void {
    this.written += count
    if (this.written - this.reportedWritten >= reportedAtOnce) this.report()
  }
  /** A call of the driver. */
  refilled(count: number): void {
    this.refills++
    this.gotBytes(count)
  }
  drained(count: number): void {
    this.drains++
    this.gaveBytes(count)
  }
  /** Adds to the metrics what they do not have yet. */
  report(): void {
    if (this.read > this.reportedRead) readBytes.unsafeUpdate(this.read - this.reportedRead, [])
    if (this.written > this.reportedWritten) writtenBytes.unsafeUpdate(this.written - this.reportedWritten, [])
    if (this.refills > 0) refills.unsafeUpdate(this.refills, [])
    if (this.drains > 0) drains.unsafeUpdate(this.drains, [])
    this.reportedRead = this.read
    this.reportedWritten = this.written
    this.refills = 0
    this.drains = 0
  }
}
