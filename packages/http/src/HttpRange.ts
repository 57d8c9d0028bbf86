/**
 * Ranged reads of one version of one resource, over `HttpClient` of `@effect/platform`.
 *
 * {@link open} asks for the first bytes, and learns from the answer how large the resource is and which version it is.
 * Every read after that asks for a range of that version: by `If-Match` where the server gave a strong entity tag, else
 * by `If-Unmodified-Since` where it gave a date, and each answer is checked against both. Of any answer that is not the
 * range that was asked for, the body is cancelled, not read.
 *
 * The client of the environment makes the requests, so what changes requests or answers goes around it:
 * `HttpClient.mapRequestEffect` signs them, for one. A version that is named by the URL itself (`?versionId=…`) is
 * opened like any other.
 *
 * Redirects are followed where the client leaves them to its caller, as those of Node and undici do; `fetch` follows
 * them by itself, unless its `RequestInit` says `redirect: "manual"`. Followed here, the headers of the request go to
 * no other origin, and none leads from https to http. Permanent redirects (301, 308) are remembered while the resource
 * is open.
 *
 * @since 0.1.0
 */
import type * as HttpClient from "@effect/platform/HttpClient"
import type * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import type * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import type * as Duration from "effect/Duration"
import type * as Effect from "effect/Effect"
import type * as Option from "effect/Option"
import type { HttpRangeError } from "./HttpRangeError.js"
import * as internal from "./internal/httpRange.js"

/**
 * The limits of requests.
 *
 * @since 0.1.0
 * @category options
 */
export interface Limits {
  /**
   * How many bytes {@link open} asks for. They are kept while the resource is open, and reads of them make no request.
   * From 1 to 2 ** 20. Default: 8192, the size of a handle's buffer.
   */
  readonly firstRange?: number | undefined
  /** How many redirects one request follows. Default: 5. */
  readonly maxRedirects?: number | undefined
  /**
   * How long a server may send nothing before a request is given up, which may take twice as long. A body of
   * up to `largestWhole` bytes is one part, that has to be complete by then. Default: 30 seconds.
   */
  readonly timeout?: Duration.DurationInput | undefined
  /**
   * Up to which size, in bytes, a body is received as one part: faster, and with as much memory beside the target. It
   * has to be complete within {@link Limits.timeout}. Default: 64 KiB.
   *
   * @since 0.1.0
   */
  readonly largestWhole?: number | undefined
  /**
   * Says why a server refused, from its answer, whose body it may read; for servers that have more to say than a
   * status. It is asked within the same limits of time. Default: the status says it.
   *
   * @since 0.1.0
   */
  readonly explain?: ((refusal: HttpClientResponse.HttpClientResponse) => Effect.Effect<Explanation>) | undefined
}

/**
 * Why a server refused.
 *
 * @since 0.1.0
 * @category models
 */
export interface Explanation {
  /** What happened, in words that complete a sentence: the `description` of the error. */
  readonly description: string
  /** The `cause` of the error. */
  readonly cause?: unknown
}

/**
 * How a resource is opened.
 *
 * @since 0.1.0
 * @category options
 */
export interface Options extends Limits {
  /**
   * The version that the resource must have ({@link Resource.version}); any other is `"VersionChanged"`. Default:
   * whichever it has.
   */
  readonly ifVersion?: string | undefined
  /**
   * Whether a resource may be read that has neither a strong entity tag nor a date of its last change: a change of it
   * is then only noticed by its size. Default: false, such a resource is `"Unpinned"`.
   */
  readonly allowUnpinned?: boolean | undefined
}

/**
 * What a server says about a resource.
 *
 * @since 0.1.0
 * @category models
 */
export interface Facts {
  /** In bytes. */
  readonly size: Option.Option<number>
  /** The strong entity tag, with its quotes, else the date of the last change, as the server writes it. */
  readonly version: Option.Option<string>
  /** When it last changed. */
  readonly modified: Option.Option<Date>
  /**
   * All that the head of the answer said, by the names of its fields in lower case.
   *
   * @since 0.1.0
   */
  readonly fields: { readonly [name: string]: string | undefined }
}

/**
 * One version of a resource. It holds no connection, and needs not be closed.
 *
 * @since 0.1.0
 * @category models
 */
export interface Resource {
  /** In bytes. */
  readonly size: number
  /** As {@link Facts.version} is. */
  readonly version: Option.Option<string>
  /** As {@link Facts.modified} is. */
  readonly modified: Option.Option<Date>
  /**
   * As {@link Facts.fields} are, of the first answer.
   *
   * @since 0.1.0
   */
  readonly fields: { readonly [name: string]: string | undefined }
  /**
   * Reads from `position`, a whole number from 0 on, into the front of `target`, and returns the number of bytes: 0 at
   * and past the end. It is short at the end, of the first bytes, and where the server gives less of the range. Any
   * number of reads may be in flight. An interrupted read cancels its request, and fills nothing later.
   */
  readonly readAt: (position: number, target: Uint8Array) => Effect.Effect<number, HttpRangeError>
}

/**
 * Opens what a request asks for: its URL and headers are those of all requests for the resource. It makes one request.
 *
 * @example
 * ```ts
 * import { HttpRange } from "@effect-mmio/http"
 * import { FetchHttpClient, HttpClientRequest } from "@effect/platform"
 * import { Effect } from "effect"
 *
 * export const last16 = Effect.gen(function*() {
 *   const resource = yield* HttpRange.open(HttpClientRequest.get("https://example.com/take1.wav"))
 *   const target = new Uint8Array(16)
 *   yield* resource.readAt(resource.size - 16, target)
 *   return target
 * }).pipe(Effect.provide(FetchHttpClient.layer))
 * ```
 *
 * @since 0.1.0
 * @category constructors
 */
export const open: (
  request: HttpClientRequest.HttpClientRequest,
  options?: Options
) => Effect.Effect<Resource, HttpRangeError, HttpClient.HttpClient> = internal.open

/**
 * What the server says about a resource, by HEAD, or by a range of one byte where it answers no HEAD (400, 403, 405,
 * 501).
 *
 * @since 0.1.0
 * @category accessors
 */
export const stat: (
  request: HttpClientRequest.HttpClientRequest,
  limits?: Limits
) => Effect.Effect<Facts, HttpRangeError, HttpClient.HttpClient> = internal.stat
