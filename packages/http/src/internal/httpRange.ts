import * as HttpClient from "@effect/platform/HttpClient"
import type * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import type * as Api from "../HttpRange.js"
import type { HttpRangeError } from "../HttpRangeError.js"
import { receive, receiveWhole, wholeResource } from "./body.js"
import { type Answer, ask, type Asker, type Exchange, exchanging, make as makeAsker } from "./exchange.js"
import {
  contentLength,
  type ContentRange,
  contentRange,
  dateOf,
  type Fields,
  isPlain,
  sizeOfUnsatisfied
} from "./fields.js"
import { isSame, preconditions, type Validators, validatorsOf, versionOf } from "./validators.js"

const defaultFirstRange = 8192

/** nginx answers a range of what it would compress with all of it, compressed. */
const uncompressed = { "accept-encoding": "identity" }

const rangeOf = (position: number, length: number) => ({ range: `bytes=${position}-${position + length - 1}` })

/** Fails with the refusal that an answer is. */
const refused = ({ explain }: Asker, { failure, response }: Answer): Effect.Effect<never, HttpRangeError> =>
  explain === undefined
    ? Effect.fail(failure("Status", `the server answered ${response.status}`))
    : Effect.flatMap(explain(response), ({ cause, description }) => Effect.fail(failure("Status", description, cause)))

/**
 * Which bytes an answer to a request for a range has: those of its range, or fewer. An answer with the whole of a
 * resource that is no longer than the range is as good as one; any other is refused before its body is read.
 */
const received = (
  { failure, fields, response: { status } }: Answer,
  position: number,
  length: number
): Effect.Effect<ContentRange, HttpRangeError> => {
  const invalid = (description: string) => Effect.fail(failure("InvalidAnswer", description))
  if (!isPlain(fields)) return invalid("the server compressed what must not be")
  const size = contentLength(fields)
  if (status === 200) {
    return position === 0 && size !== undefined && size <= length
      ? Effect.succeed({ start: 0, end: size, size })
      : Effect.fail(failure("NoRanges", wholeResource))
  }
  const range = contentRange(fields)
  if (range === undefined) return invalid("the answer does not say which range it is, of how many bytes")
  if (range.start !== position || range.end > position + length) {
    return invalid(
      `the answer is bytes ${range.start} to ${range.end - 1}, not ${position} to ${position + length - 1}`
    )
  }
  return size === undefined || size === range.end - range.start
    ? Effect.succeed(range)
    : invalid(`the range has ${range.end - range.start} bytes, and the body ${size}`)
}

const changed = ({ failure }: Answer, description: string) => Effect.fail(failure("VersionChanged", description))

// ---------------------------------------------------------------------------------------------------------------------
// facts
// ---------------------------------------------------------------------------------------------------------------------

const factsOf = (size: number | undefined, fields: Fields): Api.Facts => {
  const validators = validatorsOf(fields)
  return {
    size: Option.fromNullable(size),
    version: Option.fromNullable(versionOf(validators)),
    modified: Option.fromNullable(dateOf(validators.lastModified)),
    fields
  }
}

/** What servers answer that know no HEAD, or were asked by a URL that is signed for GET. */
const knowsNoHead = (status: number): boolean => status === 400 || status === 403 || status === 405 || status === 501

const statWith = (
  exchange: Exchange,
  request: HttpClientRequest.HttpClientRequest
): Effect.Effect<Api.Facts, HttpRangeError, Scope.Scope> =>
  Effect.flatMap(ask(exchange, "HEAD", request, uncompressed), (answer) => {
    const { fields, response: { status } } = answer
    return knowsNoHead(status)
      ? statByRange(exchange, request)
      : status === 200
      ? Effect.succeed(factsOf(isPlain(fields) ? contentLength(fields) : undefined, fields))
      : refused(exchange, answer)
  })

/** The same by GET, of which only the head is received. */
const statByRange = (
  exchange: Exchange,
  request: HttpClientRequest.HttpClientRequest
): Effect.Effect<Api.Facts, HttpRangeError, Scope.Scope> =>
  Effect.flatMap(ask(exchange, "GET", request, { ...uncompressed, ...rangeOf(0, 1) }), (answer) => {
    const { fields, response: { status } } = answer
    const size = status === 206
      ? contentRange(fields)?.size
      : status === 416
      ? sizeOfUnsatisfied(fields)
      : contentLength(fields)
    return status === 200 || status === 206 || status === 416
      ? Effect.succeed(factsOf(isPlain(fields) ? size : undefined, fields))
      : refused(exchange, answer)
  })

/** @internal */
export const stat = (
  request: HttpClientRequest.HttpClientRequest,
  limits?: Api.Limits
): Effect.Effect<Api.Facts, HttpRangeError, HttpClient.HttpClient> =>
  Effect.flatMap(
    HttpClient.HttpClient,
    (client) => exchanging(makeAsker(client, limits), request, (exchange) => statWith(exchange, request))
  )

// ---------------------------------------------------------------------------------------------------------------------
// one version of a resource
// ---------------------------------------------------------------------------------------------------------------------

/** The version that is read, and what was received of it as it was opened. */
interface Opened {
  readonly request: HttpClientRequest.HttpClientRequest
  readonly facts: Api.Facts
  readonly pinned: Validators
  readonly size: number
  readonly first: Uint8Array
}

/**
 * Receives a range of the version that is pinned into the front of `target`, which is not empty and does not reach past
 * the end.
 */
const readRange = (
  asker: Asker,
  { pinned, request, size }: Opened,
  position: number,
  target: Uint8Array
): Effect.Effect<number, HttpRangeError> =>
  exchanging(asker, request, (exchange) =>
    Effect.flatMap(
      ask(exchange, "GET", request, {
        ...uncompressed,
        ...preconditions(pinned),
        ...rangeOf(position, target.length)
      }),
      (answer) => {
        const { fields, response: { status } } = answer
        if (status === 412) return changed(answer, "the resource has changed")
        if (status === 416 && (sizeOfUnsatisfied(fields) ?? size) !== size) {
          return changed(answer, `the resource has now ${sizeOfUnsatisfied(fields)} bytes`)
        }
        if (status !== 200 && status !== 206) return refused(exchange, answer)
        if (!isSame(pinned, validatorsOf(fields))) return changed(answer, "the answer is of another version")
        return Effect.flatMap(received(answer, position, target.length), ({ end, size: total, start }) =>
          total === size
            ? Effect.as(receive(exchange, answer, target.subarray(0, end - start)), end - start)
            : changed(answer, `the resource has now ${total} bytes`))
      }
    ))

const resourceOf = (asker: Asker, opened: Opened): Api.Resource => {
  const { facts, first, size } = opened
  return {
    ...facts,
    size,
    readAt: (position, target) =>
      Effect.suspend(() => {
        const wanted = target.subarray(0, Math.max(0, size - position))
        if (wanted.length === 0) return Effect.succeed(0)
        if (position >= first.length) return readRange(asker, opened, position, wanted)
        const some = first.subarray(position, position + wanted.length)
        target.set(some)
        return Effect.succeed(some.length)
      })
  }
}

/** No range can be had of a resource without bytes, and many servers then do not say its version: HEAD does. */
const openEmpty = (
  exchange: Exchange,
  { failure, fields, settled: request }: Answer,
  { ifVersion }: Api.Options
): Effect.Effect<Opened, HttpRangeError, Scope.Scope> =>
  Effect.gen(function*() {
    const pinned = validatorsOf(fields)
    const facts = versionOf(pinned) === undefined ? yield* statWith(exchange, request) : factsOf(0, fields)
    yield* demand(failure, facts.version, { ifVersion, allowUnpinned: true })
    return { request, facts, pinned, size: 0, first: new Uint8Array(0) }
  })

/** Refuses a version that is not the one that is wanted. */
const demand = (
  failure: Answer["failure"],
  version: Option.Option<string>,
  { allowUnpinned = false, ifVersion }: Api.Options
): Effect.Effect<void, HttpRangeError> =>
  ifVersion !== undefined && !Option.contains(version, ifVersion)
    ? Effect.fail(
      failure("VersionChanged", `the version is ${Option.getOrElse(version, () => "unknown")}, not ${ifVersion}`)
    )
    : Option.isNone(version) && !allowUnpinned
    ? Effect.fail(failure("Unpinned", "the server tells no version of the resource from the next"))
    : Effect.void

/** The first bytes of a resource, and with them its size and its version. */
const openFirst = (
  exchange: Exchange,
  request: HttpClientRequest.HttpClientRequest,
  options: Api.Options
): Effect.Effect<Opened, HttpRangeError, Scope.Scope> =>
  Effect.gen(function*() {
    const length = options.firstRange ?? defaultFirstRange
    const answer = yield* ask(exchange, "GET", request, { ...uncompressed, ...rangeOf(0, length) })
    const { failure, fields, response: { status }, settled } = answer
    if (status === 416 && sizeOfUnsatisfied(fields) === 0) return yield* openEmpty(exchange, answer, options)
    if (status !== 200 && status !== 206) return yield* refused(exchange, answer)
    const pinned = validatorsOf(fields)
    if (status === 200 && isPlain(fields) && contentLength(fields) === undefined) {
      yield* demand(failure, factsOf(undefined, fields).version, options)
      const first = yield* receiveWhole(exchange, answer, length)
      return { request: settled, facts: factsOf(first.length, fields), pinned, size: first.length, first }
    }
    const { end, size } = yield* received(answer, 0, length)
    const facts = factsOf(size, fields)
    yield* demand(failure, facts.version, options)
    const first = new Uint8Array(end)
    yield* receive(exchange, answer, first)
    return { request: settled, facts, pinned, size, first }
  })

/** @internal */
export const open = (
  request: HttpClientRequest.HttpClientRequest,
  options: Api.Options = {}
): Effect.Effect<Api.Resource, HttpRangeError, HttpClient.HttpClient> =>
  Effect.flatMap(HttpClient.HttpClient, (client) => {
    const asker = makeAsker(client, options)
    return Effect.map(
      exchanging(asker, request, (exchange) => openFirst(exchange, request, options)),
      (opened) => resourceOf(asker, opened)
    )
  })
