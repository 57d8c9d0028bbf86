/** The fake without a network: a client that answers itself. */
import { HttpClient, HttpClientError, HttpClientResponse } from "@effect/platform"
import { Effect } from "effect"
import type { FakeS3 } from "./s3.js"

export const clientOf = (store: FakeS3): HttpClient.HttpClient =>
  HttpClient.withTracerDisabledWhen(
    HttpClient.make((request, url) =>
      // Later, as from a network: others come in between, before and after.
      Effect.yieldNow().pipe(
        Effect.zipRight(Effect.suspend(() => {
          const body = request.body._tag === "Uint8Array" ? request.body.body.slice() : new Uint8Array(0)
          const answer = store.handle({
            method: request.method,
            target: `${url.pathname}${url.search}`,
            headers: { host: url.host, ...request.headers },
            body
          })
          if (answer === "broken") {
            return Effect.fail(
              new HttpClientError.RequestError({
                request,
                reason: "Transport",
                cause: new Error("the connection was reset")
              })
            )
          }
          const isEmpty = request.method === "HEAD" || answer.status === 204
          return Effect.succeed(HttpClientResponse.fromWeb(
            request,
            new Response(isEmpty ? null : answer.body.slice(), { status: answer.status, headers: answer.headers })
          ))
        })),
        Effect.zipLeft(Effect.yieldNow())
      )
    ),
    () => true
  )
