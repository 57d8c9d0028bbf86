/**
 * What can go wrong with a request to an object store.
 *
 * An error of a driver has one as its `cause`, or as the `cause` of the `HttpRangeError` that a failed read has. It
 * holds no header of the request and no credentials.
 *
 * @since 0.1.0
 */
import * as Data from "effect/Data"
import type * as Duration from "effect/Duration"
import * as Option from "effect/Option"
import * as Predicate from "effect/Predicate"

/**
 * Why a request failed.
 *
 * - `"Transport"`: there was no answer, or the connection broke.
 * - `"Timeout"`: there was no answer for too long.
 * - `"Refused"`: the store refused; `status` and `errorCode` say how.
 * - `"InvalidAnswer"`: the answer is not what the S3 API says it is.
 * - `"Unconditional"`: the store does not honour the condition that the request needs, so it was not made.
 *
 * @since 0.1.0
 * @category models
 */
export type Reason = "Transport" | "Timeout" | "Refused" | "InvalidAnswer" | "Unconditional"

/**
 * A request to an object store that failed.
 *
 * @since 0.1.0
 * @category errors
 */
export class S3Error extends Data.TaggedError("S3Error")<{
  /** Why. */
  readonly reason: Reason
  /** The operation of the S3 API, such as `"PutObject"`. */
  readonly operation: string
  /** What was asked for, as `s3://bucket/key`. */
  readonly object: string
  /** What happened, in words that complete a sentence. */
  readonly description: string
  /** The status of the answer, where there was one. */
  readonly status?: number | undefined
  /** The store's name for the error, such as `"NoSuchKey"`, where it gave one. */
  readonly errorCode?: string | undefined
  /** The store's name for the request, by which its operators find it. */
  readonly requestId?: string | undefined
  /** How long the store asks to wait before the next request (`Retry-After`). */
  readonly retryAfter?: Duration.Duration | undefined
  /** What the client failed with. */
  readonly cause?: unknown
}> {
  override get message(): string {
    return `${this.operation} ${this.object}: ${this.description}`
  }
}

/**
 * The error of the store in an error of a driver: the error itself, its `cause`, or the `cause` of that.
 *
 * @example
 * ```ts
 * import { Mmio } from "@effect-mmio/core"
 * import { S3Error } from "@effect-mmio/s3"
 * import { Effect, Option } from "effect"
 *
 * export const size = Mmio.stat("takes/1.wav").pipe(
 *   Effect.tapError((error) =>
 *     Option.match(S3Error.find(error), {
 *       onNone: () => Effect.void,
 *       onSome: ({ errorCode, requestId }) => Effect.logError(`the store says ${errorCode} (request ${requestId})`)
 *     })
 *   )
 * )
 * ```
 *
 * @since 0.1.0
 * @category accessors
 */
export const find = (error: unknown): Option.Option<S3Error> => {
  for (let at = error, depth = 0; depth < 4; depth++) {
    if (at instanceof S3Error) return Option.some(at)
    if (!Predicate.hasProperty(at, "cause")) return Option.none()
    at = at.cause
  }
  return Option.none()
}
