/**
 * Requests to a store: signed, counted, within limits of time and size, and tried again where that may help.
 */
import * as HttpClient from "@effect/platform/HttpClient"
import type * as HttpClientError from "@effect/platform/HttpClientError"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import type * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Predicate from "effect/Predicate"
import * as Random from "effect/Random"
import * as Stream from "effect/Stream"
import { S3Error } from "../S3Error.js"
import { type Bucket, type Query, shown, urlOf } from "./bucket.js"
import { countFailure, type Tally } from "./costs.js"
import { refusalOf } from "./refusal.js"
import { signing } from "./sign.js"
import { type Element, parse } from "./xml.js"

/** A client for one bucket. @internal */
export interface Client {
  readonly bucket: Bucket
  /** Signs, and adds to a tally. */
  readonly http: (tally: Tally) => HttpClient.HttpClient
}

/** @internal */
export const make = (bucket: Bucket, client: HttpClient.HttpClient): Client => {
  const signed = signing(bucket)
  return { bucket, http: (tally) => signed(client, tally) }
}

/** @internal */
export interface Call {
  /** What the S3 API calls it. */
  readonly operation: string
  readonly method: "GET" | "HEAD" | "PUT" | "POST" | "DELETE"
  /** Undefined for the bucket itself. */
  readonly key: string | undefined
  readonly query?: Query | undefined
  readonly headers?: { readonly [name: string]: string | undefined } | undefined
  readonly body?: Uint8Array | undefined
}

/** @internal */
export interface Reply {
  readonly status: number
  readonly headers: { readonly [name: string]: string | undefined }
  readonly text: string
}

/** Far more than a page of 1000 keys of 1024 bytes, each of which is written as three. */
const largestAnswer = 16 * 1024 * 1024

/** What each byte that is sent adds to the time that there is for a request. */
const millisPerByte = 1000 / 65536

/** The clients wrap the system's error, which says what happened. */
const wordsOf = (cause: unknown, depth = 3): string =>
  Predicate.hasProperty(cause, "cause") && cause.cause !== undefined && depth > 0
    ? wordsOf(cause.cause, depth - 1)
    : Predicate.hasProperty(cause, "message") && typeof cause.message === "string" && cause.message !== ""
    ? cause.message
    : "the connection failed"

/** The text of an answer, which may be no longer than any should be. */
const textOf = (
  response: HttpClientResponse.HttpClientResponse,
  tooLong: () => S3Error
): Effect.Effect<string, HttpClientError.HttpClientError | S3Error> =>
  Effect.suspend(() => {
    const decoder = new TextDecoder()
    let length = 0
    return Stream.runFoldEffect(response.stream, "", (text, bytes) => {
      length += bytes.length
      return length > largestAnswer
        ? Effect.fail(tooLong())
        : Effect.succeed(text + decoder.decode(bytes, { stream: true }))
    })
  })

/** What an answer that is a refusal says, as far as it arrives. @internal */
export const answerText = (response: HttpClientResponse.HttpClientResponse): Effect.Effect<string> =>
  Effect.orElseSucceed(textOf(response, () => tooLongError), () => "")

const tooLongError = new S3Error({
  reason: "InvalidAnswer",
  operation: "GetObject",
  object: "an object",
  description: "the answer is too long"
})

/** Makes a request, once. @internal */
export const sendOnce = (client: Client, tally: Tally, call: Call): Effect.Effect<Reply, S3Error> =>
  Effect.suspend(() => {
    const { body, headers = {}, key, method, operation, query } = call
    const { bucket } = client
    const error = (fields: Pick<S3Error, "reason" | "description"> & Partial<Pick<S3Error, "status" | "cause">>) =>
      new S3Error({ operation, object: shown(bucket, key), ...fields })
    const given = Object.entries(headers).flatMap(([name, value]): Array<[string, string]> =>
      value === undefined ? [] : [[name, value]]
    )
    const plain = HttpClientRequest.make(method)(urlOf(bucket, key, query), { headers: Object.fromEntries(given) })
    const request = body === undefined
      ? plain
      : HttpClientRequest.bodyUint8Array(plain, body, headers["content-type"] ?? "application/octet-stream")
    return Effect.scoped(Effect.gen(function*() {
      const response = yield* HttpClient.withScope(client.http(tally)).execute(request)
      const tooLong = () =>
        error({ reason: "InvalidAnswer", status: response.status, description: "the answer is too long" })
      const text = method === "HEAD" || response.status === 204 ? "" : yield* textOf(response, tooLong)
      if (response.status >= 200 && response.status < 300) {
        return { status: response.status, headers: response.headers, text }
      }
      return yield* refusalOf({ operation, object: shown(bucket, key), response, text })
    })).pipe(
      Effect.catchAll((cause) =>
        cause._tag === "S3Error"
          ? Effect.fail(cause)
          : Effect.fail(error({ reason: "Transport", description: wordsOf(cause.cause), cause: cause.cause }))
      ),
      Effect.timeoutFail({
        duration: Duration.sum(bucket.timeout, (body?.length ?? 0) * millisPerByte),
        onTimeout: () => error({ reason: "Timeout", description: "the store did not answer in time" })
      }),
      Effect.tapError(({ errorCode, reason }) => Effect.sync(() => countFailure(errorCode ?? reason)))
    )
  })

// ---------------------------------------------------------------------------------------------------------------------
// trying again
// ---------------------------------------------------------------------------------------------------------------------

const transientCodes = new Set([
  "SlowDown",
  "RequestTimeout",
  "InternalError",
  "ServiceUnavailable",
  "ConditionalRequestConflict",
  "OperationAborted"
])

/** What a later request may not meet again. @internal */
export const isTransient = (
  { errorCode, reason, status = 0 }: Pick<S3Error, "reason" | "errorCode" | "status">
): boolean =>
  reason === "Transport" || reason === "Timeout"
  || (reason === "Refused"
    && ((errorCode !== undefined && transientCodes.has(errorCode)) || status === 408 || status === 425 || status === 429
      || (status >= 500 && status !== 501)))

const firstWait = 100
const longestWait = 5_000
const mostAsked = Duration.minutes(1)

/** An error that a later request may not meet again, with the wait that the store asks for. @internal */
export const transientOf = (error: S3Error): { readonly retryAfter: Duration.Duration | undefined } | undefined =>
  isTransient(error) ? { retryAfter: error.retryAfter } : undefined

/** Waits before the next of several attempts; fails where the store asks for a longer wait than a program has. */
const waiting = <E>(attempt: number, retryAfter: Duration.Duration | undefined, error: E): Effect.Effect<void, E> =>
  retryAfter !== undefined && Duration.greaterThan(retryAfter, mostAsked)
    ? Effect.fail(error)
    : Effect.flatMap(Random.next, (random) => {
      const own = Math.min(longestWait, firstWait * 2 ** attempt) * (1 + random) / 2
      return Effect.sleep(Duration.max(Duration.millis(own), retryAfter ?? 0))
    })

/**
 * Makes attempts until one succeeds, fails for good, or there have been as many as there may be. An attempt is told
 * whether one before it may have been done although it failed.
 *
 * @internal
 */
export const retrying = <A, E>(
  attempts: number,
  attempt: (mayBeDone: boolean) => Effect.Effect<A, E>,
  transientOf: (error: E) => { readonly retryAfter: Duration.Duration | undefined } | undefined
): Effect.Effect<A, E> => {
  const loop = (made: number): Effect.Effect<A, E> =>
    Effect.catchAll(attempt(made > 0), (error) => {
      const transient = transientOf(error)
      return transient === undefined || made + 1 >= attempts
        ? Effect.fail(error)
        : Effect.zipRight(waiting(made, transient.retryAfter, error), Effect.suspend(() => loop(made + 1)))
    })
  return loop(0)
}

/** Makes a request that may be repeated, until it succeeds. @internal */
export const send = (client: Client, tally: Tally, call: Call): Effect.Effect<Reply, S3Error> =>
  retrying(
    client.bucket.attempts,
    () => sendOnce(client, tally, call),
    transientOf
  )

/** The document of an answer, whose root has this name. @internal */
export const documentOf = (
  { bucket }: Client,
  { key, operation }: Call,
  { status, text }: Reply,
  root: string
): Effect.Effect<Element, S3Error> => {
  const document = parse(text)
  return document?.name === root ? Effect.succeed(document) : Effect.fail(
    new S3Error({
      reason: "InvalidAnswer",
      operation,
      object: shown(bucket, key),
      status,
      description: `the answer is not a ${root}`
    })
  )
}
