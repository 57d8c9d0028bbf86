/**
 * One request and the head of its answer, past the redirects. The answer lives in a scope: with it the connection of a
 * body that was not read is closed.
 */
import * as HttpClient from "@effect/platform/HttpClient"
import type * as HttpClientError from "@effect/platform/HttpClientError"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import type * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import * as Context from "effect/Context"
import * as DefaultServices from "effect/DefaultServices"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Option from "effect/Option"
import * as Predicate from "effect/Predicate"
import * as Scope from "effect/Scope"
import * as Tracer from "effect/Tracer"
import type * as Api from "../HttpRange.js"
import { HttpRangeError, type Reason } from "../HttpRangeError.js"
import { type Fields, retryAfter } from "./fields.js"
import { type Progress, watched } from "./progress.js"

/** Who asks, and within which limits. @internal */
export interface Asker {
  readonly client: HttpClient.HttpClient
  readonly maxRedirects: number
  readonly timeout: Duration.DurationInput
  readonly explain: Api.Limits["explain"]
  readonly largestWhole: number
}

/** The same for one request, of which it notes what was received. @internal */
export interface Exchange extends Asker {
  readonly progress: Progress
}

const defaultRedirects = 5
const defaultTimeout = "30 seconds"
/** A stream costs as much as the rest of a request. */
const defaultWhole = 64 * 1024

/** @internal */
export const make = (client: HttpClient.HttpClient, limits: Api.Limits = {}): Asker => ({
  client,
  maxRedirects: limits.maxRedirects ?? defaultRedirects,
  timeout: limits.timeout ?? defaultTimeout,
  explain: limits.explain,
  largestWhole: limits.largestWhole ?? defaultWhole
})

/** The head of an answer; its body has not been read. @internal */
export interface Answer {
  readonly response: HttpClientResponse.HttpClientResponse
  readonly fields: Fields
  /** What to ask instead of the first request from now on: permanent redirects lead there. */
  readonly settled: HttpClientRequest.HttpClientRequest
  /** The URL that was asked, as errors show it. */
  readonly url: () => string
  /** An error about this answer. */
  readonly failure: (reason: Reason, description: string, cause?: unknown) => HttpRangeError
}

/** A URL as an error may show it: the rest can be secret. */
const shown = (request: HttpClientRequest.HttpClientRequest): string =>
  Option.match(HttpClientRequest.toUrl(request), {
    onNone: () => "the URL",
    onSome: ({ origin, pathname }) => `${origin}${pathname}`
  })

/** The clients wrap the system's error, which says what happened. */
const wordsOf = (cause: unknown, depth = 3): string =>
  Predicate.hasProperty(cause, "cause") && cause.cause !== undefined && depth > 0
    ? wordsOf(cause.cause, depth - 1)
    : Predicate.hasProperty(cause, "message") && typeof cause.message === "string" && cause.message !== ""
    ? cause.message
    : "the connection failed"

/** What the client failed with, without its request, whose headers may be secret. @internal */
export const transportError = (url: string, error: HttpClientError.HttpClientError): HttpRangeError =>
  new HttpRangeError({
    url,
    reason: error.reason === "InvalidUrl" ? "InvalidUrl" : "Transport",
    description: error.reason === "InvalidUrl" ? "this is not a URL" : wordsOf(error.cause),
    cause: error.cause
  })

/** The tracer of a program that has set none: it exports nothing. */
const defaultTracer = Context.get(DefaultServices.liveServices, Tracer.Tracer)

/** A client makes a span of every request, with all headers: where no tracer listens, it is told not to. */
const untraced = <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
  Effect.withFiberRuntime(({ currentSpan, currentTracer }) =>
    currentTracer !== defaultTracer || currentSpan !== undefined
      ? effect
      : Effect.locally(effect, HttpClient.currentTracerDisabledWhen, () => true)
  )

/**
 * One exchange, from the request to whatever is wanted of the answer; then its connection is released, or closed where
 * its body was not received.
 *
 * All that its scope has is what aborts the request. Where the body has been received there is nothing to abort, and
 * the scope is left as it is: an abort makes an error with a stack, which costs as much as a third of the exchange.
 *
 * @internal
 */
export const exchanging = <A>(
  asker: Asker,
  request: HttpClientRequest.HttpClientRequest,
  exchange: (exchange: Exchange) => Effect.Effect<A, HttpRangeError, Scope.Scope>
): Effect.Effect<A, HttpRangeError> =>
  watched(
    asker.timeout,
    () =>
      new HttpRangeError({
        url: shown(request),
        reason: "Timeout",
        description: "the server sent nothing for too long"
      }),
    (progress) =>
      Effect.acquireUseRelease(
        Scope.make(),
        (scope) => untraced(Effect.provideService(exchange({ ...asker, progress }), Scope.Scope, scope)),
        (scope, exit) => Exit.isSuccess(exit) && progress.unread === 0 ? Effect.void : Scope.close(scope, exit)
      )
  )

/** One request, and the head of its answer. */
const hop = (
  { client, progress }: Exchange,
  request: HttpClientRequest.HttpClientRequest
): Effect.Effect<HttpClientResponse.HttpClientResponse, HttpRangeError, Scope.Scope> =>
  Effect.mapBoth(HttpClient.withScope(client).execute(request), {
    onFailure: (error) => transportError(shown(request), error),
    onSuccess: (response) => {
      progress.count++
      progress.unread++
      return response
    }
  })

const isRedirect = (status: number): boolean =>
  status === 301 || status === 302 || status === 303 || status === 307 || status === 308

/** Where a redirect leads, or why it is not followed. */
const follow = (
  from: HttpClientRequest.HttpClientRequest,
  origin: string | undefined,
  location: string | undefined
): HttpClientRequest.HttpClientRequest | string => {
  const current = Option.getOrUndefined(HttpClientRequest.toUrl(from))
  if (location === undefined || !URL.canParse(location, current?.href)) return "a redirect leads nowhere"
  const to = new URL(location, current?.href)
  if (to.protocol !== "https:" && (to.protocol !== "http:" || current?.protocol === "https:")) {
    return `a redirect leads to ${to.protocol}, which is not followed`
  }
  to.hash = ""
  // As text: of a URL the client would write the query anew.
  return HttpClientRequest.make(from.method)(to.href, { headers: to.origin === origin ? from.headers : {} })
}

/**
 * Asks, and follows redirects. `own` are the headers of this one request, which go to every server; those of `request`
 * go to its own origin only.
 *
 * @internal
 */
export const ask = (
  exchange: Exchange,
  method: "GET" | "HEAD",
  request: HttpClientRequest.HttpClientRequest,
  own: { readonly [name: string]: string }
): Effect.Effect<Answer, HttpRangeError, Scope.Scope> => {
  const origin = () => Option.getOrUndefined(Option.map(HttpClientRequest.toUrl(request), (url) => url.origin))
  const step = (
    target: HttpClientRequest.HttpClientRequest,
    settled: HttpClientRequest.HttpClientRequest,
    redirects: number
  ): Effect.Effect<Answer, HttpRangeError, Scope.Scope> =>
    Effect.suspend(() => {
      const asked = HttpClientRequest.setHeaders(HttpClientRequest.setMethod(target, method), own)
      const url = () => shown(asked)
      return Effect.flatMap(hop(exchange, asked), (response) => {
        const { headers, status } = response
        const failure: Answer["failure"] = (reason, description, cause) =>
          new HttpRangeError({ reason, url: url(), description, status, retryAfter: retryAfter(headers), cause })
        if (!isRedirect(status)) return Effect.succeed({ response, fields: headers, settled, url, failure })
        if (redirects === exchange.maxRedirects) return Effect.fail(failure("Redirect", "there are too many redirects"))
        const next = follow(target, origin(), headers["location"])
        if (typeof next === "string") return Effect.fail(failure("Redirect", next))
        const isPermanent = (status === 301 || status === 308) && settled === target
        return step(next, isPermanent ? next : settled, redirects + 1)
      })
    })
  return step(request, request, 0)
}
