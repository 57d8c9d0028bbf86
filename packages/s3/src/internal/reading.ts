/**
 * Ranges of one version of an object, by `HttpRange`; tried again where that may help.
 */
import * as MmioError from "@effect-mmio/core/MmioError"
import * as HttpRange from "@effect-mmio/http/HttpRange"
import * as HttpRangeError from "@effect-mmio/http/HttpRangeError"
import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { find } from "../S3Error.js"
import { shown, urlOf } from "./bucket.js"
import { answerText, isTransient, retrying } from "./client.js"
import type { Tally } from "./costs.js"
import type { Origin } from "./errors.js"
import { head } from "./objects.js"
import { refusalOf } from "./refusal.js"
import type { Store } from "./store.js"

/** Ranges up to this size are received at once: of longer ones, the copies that this makes cost more than parts do. */
const largestWhole = 2 * 1024 * 1024

const transientOf = (error: HttpRangeError.HttpRangeError) =>
  Option.match(find(error), {
      onNone: () =>
        error.reason === "Status"
          ? isTransient({ reason: "Refused", errorCode: undefined, status: error.status })
          : error.reason === "Transport" || error.reason === "Timeout",
      onSome: isTransient
    })
    ? { retryAfter: error.retryAfter }
    : undefined

/** Opens a version, or whichever there is. @internal */
export const openVersion = (
  store: Store,
  tally: Tally,
  key: string,
  ifVersion: string | undefined
): Effect.Effect<HttpRange.Resource, HttpRangeError.HttpRangeError> => {
  const { client: { bucket, http }, settings: { firstRange } } = store
  const object = shown(bucket, key)
  const open = HttpRange.open(HttpClientRequest.get(urlOf(bucket, key)), {
    firstRange,
    ifVersion,
    timeout: bucket.timeout,
    maxRedirects: 0,
    largestWhole,
    explain: (response) =>
      Effect.map(answerText(response), (text) => {
        const cause = refusalOf({ operation: "GetObject", object, response, text })
        return { description: cause.description, cause }
      })
  })
  return retrying(
    bucket.attempts,
    () => Effect.provideService(open, HttpClient.HttpClient, http(tally)),
    transientOf
  ).pipe(
    Effect.map((resource): HttpRange.Resource => ({
      ...resource,
      readAt: (position, target) => retrying(bucket.attempts, () => resource.readAt(position, target), transientOf)
    })),
    Effect.catchIf(({ status }) => status === 416, (error) => openEmpty(store, tally, key, ifVersion, error))
  )
}

/**
 * No range can be had of an object without bytes, and the refusal does not say that there are none, nor which version
 * it is: HEAD does.
 */
const openEmpty = (
  { client }: Store,
  tally: Tally,
  key: string,
  ifVersion: string | undefined,
  refusal: HttpRangeError.HttpRangeError
): Effect.Effect<HttpRange.Resource, HttpRangeError.HttpRangeError> => {
  const failed = (reason: HttpRangeError.Reason, description: string, cause: unknown, status?: number) =>
    Effect.fail(new HttpRangeError.HttpRangeError({ reason, url: refusal.url, description, cause, status }))
  return Effect.matchEffect(head(client, tally, key), {
    onFailure: (error) => {
      const { description, reason, status } = error
      return failed(reason === "Transport" || reason === "Timeout" ? reason : "Status", description, error, status)
    },
    onSuccess: ({ etag, headers, modified, size }) =>
      size > 0
        ? Effect.fail(refusal)
        : ifVersion !== undefined && ifVersion !== etag
        ? failed("VersionChanged", `the version is ${etag}, not ${ifVersion}`, refusal)
        : Effect.succeed<HttpRange.Resource>({
          size,
          version: Option.some(etag),
          modified: Option.fromNullable(modified),
          fields: headers,
          readAt: () => Effect.succeed(0)
        })
  })
}

/** An error of opening for reading. @internal */
export const openReadError = (error: HttpRangeError.HttpRangeError, origin: Origin): MmioError.OpenError =>
  Option.exists(find(error), ({ errorCode }) => errorCode === "NoSuchBucket")
    ? new MmioError.PathNotFound({ ...origin, description: error.description, cause: error })
    : error.reason === "Redirect"
    ? new MmioError.CannotOpen({ ...origin, description: "the bucket is in another region", cause: error })
    : HttpRangeError.openError(error, origin)
