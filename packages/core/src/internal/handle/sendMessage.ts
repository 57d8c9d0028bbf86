/**
 * Messages to the driver of a handle.
 */
import type * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Option from "effect/Option"
import type * as Request from "effect/Request"
import { map } from "../io/answer.js"
import type { Handle } from "./handle.js"

/** @internal */
export const sendMessage = <B, E>(
  handle: Handle,
  request: Request.Request<B, E>
): Effect.Effect<Option.Option<B>, E> =>
  handle.lock.exclusive((restore) =>
    Option.match(handle.engine.file.onMessage(request), {
      onNone: () => Exit.succeed(Option.none()),
      onSome: (answer) => map(restore(answer), Option.some)
    })
  )
