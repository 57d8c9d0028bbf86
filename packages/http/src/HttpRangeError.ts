/**
 * What can go wrong with a request for a part of a resource, and what that is to a storage.
 *
 * The errors hold no header of the request, and of its URL neither password nor query: both may be secret.
 *
 * @since 0.1.0
 */
import * as MmioError from "@effect-mmio/core/MmioError"
import * as Data from "effect/Data"
import type * as Duration from "effect/Duration"
import * as Option from "effect/Option"
import * as Predicate from "effect/Predicate"

/**
 * Why a request failed.
 *
 * - `"InvalidUrl"`: the client cannot ask for such a URL.
 * - `"Transport"`: there was no answer, the connection broke, or the body ended before its range did.
 * - `"Timeout"`: the server sent nothing for too long.
 * - `"Status"`: the server refused; `status` says how.
 * - `"Redirect"`: a redirect that is not followed: too many, to nowhere, or from https to http.
 * - `"NoRanges"`: the server answered with the whole resource instead of the range.
 * - `"InvalidAnswer"`: the answer contradicts the request or itself: another range, a wrong length, a compressed body.
 * - `"Unpinned"`: the resource has neither a strong entity tag nor a date of its last change.
 * - `"VersionChanged"`: the resource is not the version that is pinned, or that was asked for.
 *
 * @since 0.1.0
 * @category models
 */
export type Reason =
  | "InvalidUrl"
  | "Transport"
  | "Timeout"
  | "Status"
  | "Redirect"
  | "NoRanges"
  | "InvalidAnswer"
  | "Unpinned"
  | "VersionChanged"

/**
 * A request for a part of a resource that failed.
 *
 * @since 0.1.0
 * @category errors
 */
export class HttpRangeError extends Data.TaggedError("HttpRangeError")<{
  /** Why. */
  readonly reason: Reason
  /** What was asked for, without password, query and fragment. */
  readonly url: string
  /** What happened, in words that complete a sentence. */
  readonly description: string
  /** The status of the answer, where there was one. */
  readonly status?: number | undefined
  /** How long the server asks to wait before the next request (`Retry-After`). */
  readonly retryAfter?: Duration.Duration | undefined
  /** What the client failed with. */
  readonly cause?: unknown
}> {
  override get message(): string {
    return `${this.url}: ${this.description}`
  }
}

/**
 * How long the server asked to wait before the next request (`Retry-After`), from an error of this module or one that
 * was made of it.
 *
 * @example
 * ```ts
 * import type { MmioError } from "@effect-mmio/core"
 * import { HttpRangeError } from "@effect-mmio/http"
 * import { Duration, Effect, Option } from "effect"
 *
 * // Tries once more where the server says when.
 * export const patient = <A, R>(read: Effect.Effect<A, MmioError.ReadError, R>) =>
 *   Effect.catchTag(read, "NetworkError", (error) =>
 *     Option.match(HttpRangeError.retryAfter(error), {
 *       onNone: () => Effect.fail(error),
 *       onSome: (wait) => Effect.delay(read, Duration.min(wait, "1 minute"))
 *     }))
 * ```
 *
 * @since 0.1.0
 * @category accessors
 */
export const retryAfter = (error: unknown): Option.Option<Duration.Duration> =>
  error instanceof HttpRangeError
    ? Option.fromNullable(error.retryAfter)
    : Predicate.hasProperty(error, "cause") && error.cause instanceof HttpRangeError
    ? Option.fromNullable(error.cause.retryAfter)
    : Option.none()

// ---------------------------------------------------------------------------------------------------------------------
// as errors of a storage
// ---------------------------------------------------------------------------------------------------------------------

/**
 * Which call of a storage failed.
 *
 * @since 0.1.0
 * @category models
 */
export type Origin = Pick<MmioError.Details, "operation" | "file" | "position">

/** What a failed request is to a program. */
type Kind = "missing" | "denied" | "changed" | "network" | "other"

const kindOfStatus = (status: number | undefined): Kind => {
  switch (status) {
    case 404:
    case 410:
      return "missing"
    case 401:
    case 403:
    case 407:
    case 451:
      return "denied"
    case 408:
    case 425:
    case 429:
      return "network"
    default:
      return status !== undefined && status >= 500 ? "network" : "other"
  }
}

const kindOf = (error: HttpRangeError): Kind => {
  switch (error.reason) {
    case "Transport":
    case "Timeout":
      return "network"
    case "Status":
      return kindOfStatus(error.status)
    case "VersionChanged":
      return "changed"
    default:
      return "other"
  }
}

const detailsOf = (error: HttpRangeError, origin: Origin): MmioError.Details => ({
  ...origin,
  description: error.description,
  errno: error.reason === "Timeout" ? "ETIMEDOUT" : errnoOf(error.cause, 3),
  cause: error
})

/** The clients wrap the system's error once or twice. */
const errnoOf = (cause: unknown, depth: number): string | undefined =>
  Predicate.hasProperty(cause, "code") && typeof cause.code === "string"
    ? cause.code
    : depth > 0 && Predicate.hasProperty(cause, "cause")
    ? errnoOf(cause.cause, depth - 1)
    : undefined

/**
 * An error of opening: 404 and 410 are FileNotFound, 401, 403, 407 and 451 AccessDenied, 408, 425, 429 and everything
 * from 500 on NetworkError, as is a connection that fails; everything else, a server without ranges among it, is
 * CannotOpen.
 *
 * @since 0.1.0
 * @category conversions
 */
export const openError = (error: HttpRangeError, origin: Origin): MmioError.OpenError => {
  const details = detailsOf(error, origin)
  switch (kindOf(error)) {
    case "missing":
      return new MmioError.FileNotFound(details)
    case "denied":
      return new MmioError.AccessDenied(details)
    case "changed":
      return new MmioError.VersionChanged(details)
    case "network":
      return new MmioError.NetworkError(details)
    case "other":
      return new MmioError.CannotOpen(details)
  }
}

/**
 * An error of reading from a resource that was opened. One that is no longer there (404, 410) is VersionChanged; one
 * that may no longer be read is CannotRead.
 *
 * @since 0.1.0
 * @category conversions
 */
export const readError = (error: HttpRangeError, origin: Origin): MmioError.ReadError => {
  const details = detailsOf(error, origin)
  switch (kindOf(error)) {
    case "missing":
    case "changed":
      return new MmioError.VersionChanged(details)
    case "network":
      return new MmioError.NetworkError(details)
    default:
      return new MmioError.CannotRead(details)
  }
}

/**
 * An error of asking for the facts about a resource.
 *
 * @since 0.1.0
 * @category conversions
 */
export const statError = (error: HttpRangeError, origin: Origin): MmioError.FileNotFound | MmioError.ExistsError => {
  const details = detailsOf(error, origin)
  switch (kindOf(error)) {
    case "missing":
      return new MmioError.FileNotFound(details)
    case "denied":
      return new MmioError.AccessDenied(details)
    case "network":
      return new MmioError.NetworkError(details)
    default:
      return new MmioError.CannotRead(details)
  }
}
