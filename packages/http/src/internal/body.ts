/**
 * The body of an answer, received into the bytes of the caller.
 */
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import type { HttpRangeError } from "../HttpRangeError.js"
import { type Answer, type Exchange, transportError } from "./exchange.js"
import { contentLength } from "./fields.js"

/**
 * Fills `target` from a body that is to have as many bytes. What a body has beyond them is not received: its connection
 * is closed.
 *
 * @internal
 */
export const receive = (
  exchange: Exchange,
  answer: Answer,
  target: Uint8Array
): Effect.Effect<void, HttpRangeError> =>
  Effect.flatMap(
    target.length <= exchange.largestWhole && contentLength(answer.fields) === target.length
      ? whole(exchange, answer, target)
      : parts(exchange, answer, target),
    (filled) =>
      filled === target.length
        ? Effect.void
        : Effect.fail(answer.failure("Transport", `the body ended after ${filled} of ${target.length} bytes`))
  )

/** Receives a body of as many bytes as it says: the protocol ends it there. */
const whole = ({ progress }: Exchange, answer: Answer, target: Uint8Array): Effect.Effect<number, HttpRangeError> =>
  Effect.mapBoth(answer.response.arrayBuffer, {
    onFailure: (error) => transportError(answer.url(), error),
    onSuccess: (buffer) => {
      const bytes = new Uint8Array(buffer).subarray(0, target.length)
      target.set(bytes)
      progress.unread--
      return bytes.length
    }
  })

/**
 * Receives a body part by part. Its end is waited for, since only then can the connection be used again; once `target`
 * is full, it does not matter how the body ends.
 */
const parts = ({ progress }: Exchange, answer: Answer, target: Uint8Array): Effect.Effect<number, HttpRangeError> =>
  Effect.suspend(() => {
    let filled = 0
    let isLonger = false
    return Stream.runForEachWhile(answer.response.stream, (bytes) =>
      Effect.sync(() => {
        progress.count++
        const some = bytes.subarray(0, target.length - filled)
        target.set(some, filled)
        filled += some.length
        isLonger = some.length < bytes.length
        return !isLonger
      })).pipe(
        Effect.map(() => {
          if (!isLonger) progress.unread--
        }),
        Effect.catchAll((error) =>
          filled === target.length ? Effect.void : Effect.fail(transportError(answer.url(), error))
        ),
        Effect.map(() => filled)
      )
  })
