/**
 * Requests that end before the program does. The server of `@effect/platform-node` starts a fiber for each request, and
 * does not wait for it as the server ends: an upload would then be cut off in the middle, and would leave its temporary
 * file.
 */
import { HttpMiddleware, type HttpServerResponse } from "@effect/platform"
import { Effect, Fiber, FiberSet } from "effect"

/** A middleware whose requests are interrupted, and have come to their ends, when its scope has ended. */
export const supervised = Effect.map(
  FiberSet.make<HttpServerResponse.HttpServerResponse, unknown>(),
  (requests) =>
    HttpMiddleware.make((app) =>
      Effect.flatMap(
        FiberSet.run(requests, app),
        (request) => Effect.onInterrupt(Fiber.join(request), () => Fiber.interrupt(request))
      )
    )
)
