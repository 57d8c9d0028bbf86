/**
 * What work on an object store has cost.
 *
 * Each open file tells it for itself, by {@link GetCosts}. For all of them there are metrics: `mmio_s3_requests` (by
 * operation), `mmio_s3_sent_bytes`, `mmio_s3_received_bytes`, `mmio_s3_copied_bytes` and `mmio_s3_failures` (by the
 * store's name for the error).
 *
 * @since 0.1.0
 */
import * as Request from "effect/Request"

/**
 * What an open file has cost.
 *
 * @since 0.1.0
 * @category models
 */
export interface Costs {
  /** The requests that were made, those that were made again among them. */
  readonly requests: number
  /** The bytes of objects and parts that were sent. */
  readonly sent: number
  /** The bytes of objects that were received. */
  readonly received: number
  /** The bytes that the store copied. */
  readonly copied: number
}

/**
 * Asks an open file what it has cost so far.
 *
 * @example
 * ```ts
 * import { Mmio } from "@effect-mmio/core"
 * import { S3Costs } from "@effect-mmio/s3"
 * import { Effect } from "effect"
 *
 * export const retitle = Effect.scoped(Effect.gen(function*() {
 *   const file = yield* Mmio.open("takes/1.wav", { access: "readWrite" })
 *   yield* Mmio.seek(file, 100)
 *   yield* Mmio.write(file, Uint8Array.of(1, 2, 3))
 *   yield* Mmio.commit(file)
 *   // Option.some({ requests: 7, copied: 5_000_000_000, … })
 *   return yield* Mmio.sendMessage(file, new S3Costs.GetCosts())
 * }))
 * ```
 *
 * @since 0.1.0
 * @category messages
 */
export class GetCosts extends Request.TaggedClass("@effect-mmio/s3/GetCosts")<Costs, never, object> {}
