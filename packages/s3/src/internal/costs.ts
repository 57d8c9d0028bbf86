/**
 * What requests cost: counted for each file, and in metrics.
 */
import * as Metric from "effect/Metric"

/** @internal */
export interface Tally {
  requests: number
  sent: number
  received: number
  copied: number
}

/** @internal */
export const makeTally = (): Tally => ({ requests: 0, sent: 0, received: 0, copied: 0 })

const counter = (name: string, description: string) => Metric.counter(name, { description, incremental: true })
const requests = Metric.frequency("mmio_s3_requests", { description: "Requests to object stores, by operation" })
const failures = Metric.frequency("mmio_s3_failures", {
  description: "Requests to object stores that failed, by the store's name for the error"
})
const sent = counter("mmio_s3_sent_bytes", "Bytes of objects that were sent to object stores")
const received = counter("mmio_s3_received_bytes", "Bytes of objects that object stores sent")
const copied = counter("mmio_s3_copied_bytes", "Bytes of objects that were copied within object stores")

/** @internal */
export const countRequest = (tally: Tally, operation: string, bytes: number): void => {
  tally.requests++
  tally.sent += bytes
  requests.unsafeUpdate(operation, [])
  if (bytes > 0) sent.unsafeUpdate(bytes, [])
}

/** @internal */
export const countReceived = (tally: Tally, bytes: number): void => {
  tally.received += bytes
  if (bytes > 0) received.unsafeUpdate(bytes, [])
}

/** @internal */
export const countCopied = (tally: Tally, bytes: number): void => {
  tally.copied += bytes
  copied.unsafeUpdate(bytes, [])
}

/** @internal */
export const countFailure = (name: string): void => failures.unsafeUpdate(name, [])
