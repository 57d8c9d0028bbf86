/**
 * The body of an answer, received into the bytes of the caller.
 */
import type * as HttpClientError from "@effect/platform/HttpClientError"
import type * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import type { HttpRangeError } from "../HttpRangeError.js"
import { type Answer, type Exchange, transportError } from "./exchange.js"
import { contentLength } from "./fields.js"

/** What an answer is that has more than a range. @internal */
export const wholeResource = "the server answers with the whole resource instead of a range"

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
 * Receives the whole of a body that does not say how long it is, of no more than `most` bytes.
 *
 * @internal
 */
export const receiveWhole = (
  exchange: Exchange,
  answer: Answer,
  most: number
): Effect.Effect<Uint8Array, HttpRangeError> =>
  Effect.suspend(() => {
    const target = new Uint8Array(most + 1)
    return Effect.flatMap(
      parts(exchange, answer, target),
      (filled) =>
        filled > most ? Effect.fail(answer.failure("NoRanges", wholeResource)) : Effect.succeed(target.slice(0, filled))
    )
  })

/** How long is waited for the end of a body of which all bytes are there. It comes with them, where it comes at all. */
const patience = "100 millis"

/**
 * Receives a body part by part. Its end is waited for, since only then can the connection be used again, but not for
 * long: once `target` is full, it does not matter how the body ends, or whether it does.
 */
const parts = ({ progress }: Exchange, answer: Answer, target: Uint8Array): Effect.Effect<number, HttpRangeError> =>
  Effect.suspend(() => {
    let filled = 0
    const next = (
      pull: Effect.Effect<Chunk.Chunk<Uint8Array>, Option.Option<HttpClientError.ResponseError>>
    ): Effect.Effect<number, HttpRangeError> =>
      Effect.matchEffect(pull, {
        onFailure: Option.match({
          onNone: () => {
            progress.unread--
            return Effect.succeed(filled)
          },
          onSome: (error) =>
            filled === target.length ? Effect.succeed(filled) : Effect.fail(transportError(answer.url(), error))
        }),
        onSuccess: (chunk) => {
          progress.count++
          for (const bytes of chunk) {
            const some = bytes.subarray(0, target.length - filled)
            target.set(some, filled)
            filled += some.length
            if (some.length < bytes.length) return Effect.succeed(filled)
          }
          return filled < target.length
            ? next(pull)
            // Also where the caller cannot be interrupted.
            : Effect.map(Effect.timeoutOption(Effect.interruptible(next(pull)), patience), () => filled)
        }
      })
    return Effect.scoped(Effect.flatMap(Stream.toPull(answer.response.stream), next))
  })
