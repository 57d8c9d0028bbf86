/**
 * Finding out which conditions a store honours: each is tried where it holds, where it does not, and by several writers
 * at once.
 */
import type * as MmioError from "@effect-mmio/core/MmioError"
import * as HttpClient from "@effect/platform/HttpClient"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type * as Bucket from "../S3Bucket.js"
import type { Conditions } from "../S3Conditions.js"
import type { S3Error } from "../S3Error.js"
import { make as makeBucket } from "./bucket.js"
import { type Client, isTransient, make as makeClient } from "./client.js"
import { makeTally } from "./costs.js"
import { inLanes } from "./lanes.js"
import * as objects from "./objects.js"
import * as uploads from "./uploads.js"

/** @internal */
export const probe = (
  options: Bucket.Options,
  { prefix = ".effect-mmio-probe/" }: { readonly prefix?: string | undefined } = {}
): Effect.Effect<Conditions, S3Error | MmioError.InvalidParameter, HttpClient.HttpClient> =>
  Effect.gen(function*() {
    const bucket = yield* makeBucket("S3Conditions.probe", options)
    return yield* probeWith(makeClient(bucket, yield* HttpClient.HttpClient), prefix)
  })

/** How many writers race. */
const racers = 6

const another = "\"0123456789abcdef0123456789abcdef\""
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)

/**
 * A store says that a condition does not hold by 412, and of a missing key by 404; what fails otherwise is no answer.
 */
const isRefusal = (error: S3Error): boolean => error.status === 412 || error.status === 404

/** Whether a request was done, or refused as its condition does not hold. */
const isDone = <A>(request: Effect.Effect<A, S3Error>): Effect.Effect<boolean, S3Error> =>
  Effect.catchIf(
    Effect.as(request, true),
    // What a store does not know it may refuse in other words.
    (error) => isRefusal(error) || error.status === 400 || error.status === 501,
    () => Effect.succeed(false)
  )

/** @internal */
export const probeWith = (client: Client, prefix: string): Effect.Effect<Conditions, S3Error> => {
  const tally = makeTally()
  const base = `${prefix}${crypto.randomUUID()}`
  const made: Array<string> = []
  const key = (name: string) => {
    const full = `${base}-${name}`
    made.push(full)
    return full
  }
  const put = (name: string, content: string, conditions: objects.Fields = {}) =>
    objects.put(client, tally, name, bytes(content), conditions, crypto.randomUUID())
  const hasOneWinner = (write: (content: string) => Effect.Effect<unknown, S3Error>) =>
    Effect.map(
      inLanes(Array.from({ length: racers }, (_, i) => i), racers, (i) =>
        // A conflict of writers is told by 409, which is tried again: one that still loses has lost.
        Effect.exit(Effect.catchIf(isDone(write(`racer ${i}`)), isTransient, () => Effect.succeed(false)))),
      (exits) => exits.filter((exit) => Exit.isSuccess(exit) && exit.value).length === 1
    )

  /** Whether writes are done where a condition holds, are not where it does not, and have one winner. */
  const honours = (trials: {
    readonly holding: Effect.Effect<unknown, S3Error>
    readonly failing: ReadonlyArray<Effect.Effect<unknown, S3Error>>
    readonly racing?: Effect.Effect<boolean, S3Error> | undefined
  }) =>
    Effect.gen(function*() {
      if (!(yield* isDone(trials.holding))) return false
      for (const one of trials.failing) if (yield* isDone(one)) return false
      return trials.racing === undefined || (yield* trials.racing)
    })

  const completing = (name: string, conditions: objects.Fields) =>
    Effect.gen(function*() {
      const ofMark = crypto.randomUUID()
      const upload = yield* uploads.create(client, tally, name, {}, ofMark)
      return yield* Effect.onError(
        Effect.gen(function*() {
          const part = yield* uploads.uploadPart(client, tally, upload, 1, bytes(`part ${ofMark}`))
          return yield* uploads.complete(client, tally, upload, [part], conditions, ofMark)
        }),
        () => Effect.ignore(uploads.abort(client, tally, upload))
      )
    })

  const trials = Effect.gen(function*() {
    const first = key("first")
    const etag = yield* put(first, "first")

    const [created, raced] = [key("created"), key("raced")]
    const create = yield* honours({
      holding: put(created, "created", { "if-none-match": "*" }),
      failing: [put(created, "created again", { "if-none-match": "*" })],
      racing: hasOneWinner((content) => put(raced, content, { "if-none-match": "*" }))
    })

    /** Replacing a version, with entity tags written in this way. */
    const replacing = (quoted: boolean) =>
      Effect.gen(function*() {
        const name = key(quoted ? "replaced" : "replaced-unquoted")
        const opened = yield* put(name, "opened")
        const now = { current: opened }
        const over = (etag: string) => ({ "if-match": objects.inCondition(etag, quoted) })
        return yield* honours({
          holding: Effect.tap(put(name, "replaced", over(opened)), (etag) => {
            now.current = etag
          }),
          failing: [put(name, "lost", over(opened)), put(key(`missing-${quoted}`), "lost", over(another))],
          racing: Effect.suspend(() => hasOneWinner((content) => put(name, content, over(now.current))))
        })
      })
    const replaceQuoted = yield* replacing(true)
    const replace = replaceQuoted || (yield* replacing(false))
    const quoted = replaceQuoted || !replace
    const match = (etag: string) => objects.inCondition(etag, quoted)

    const completed = key("completed")
    const completeCreate = yield* honours({
      holding: completing(completed, { "if-none-match": "*" }),
      failing: [completing(completed, { "if-none-match": "*" })]
    })
    const opened = yield* objects.put(client, tally, completed, bytes("opened"), {}, crypto.randomUUID())
    const completeReplace = yield* honours({
      holding: completing(completed, { "if-match": match(opened) }),
      failing: [
        completing(completed, { "if-match": match(opened) }),
        completing(key("missing-completed"), { "if-match": match(another) })
      ]
    })

    const copied = key("copied")
    const fromFirst = (etag: string) => ({ "x-amz-copy-source-if-match": match(etag) })
    const copyingPart = (etag: string) =>
      Effect.flatMap(
        uploads.create(client, tally, copied, {}, crypto.randomUUID()),
        (upload) =>
          Effect.ensuring(
            uploads.copyPart(client, tally, upload, 1, { start: 0, end: 5 }, {
              ...fromFirst(etag),
              "x-amz-copy-source": objects.sourceOf(client, first)
            }),
            Effect.ignore(uploads.abort(client, tally, upload))
          )
      )
    const copySource = yield* Effect.zipWith(
      honours({
        holding: objects.copy(client, tally, first, copied, { headers: {} }, fromFirst(etag)),
        failing: [objects.copy(client, tally, first, copied, { headers: {} }, fromFirst(another))]
      }),
      honours({ holding: copyingPart(etag), failing: [copyingPart(another)] }),
      (one, other) => one && other
    )

    const removed = key("removed")
    const toRemove = yield* put(removed, "removed")
    // Refused first: what is removed is gone, and some stores say of a missing object that it was removed.
    const remove = !(yield* isDone(objects.remove(client, tally, removed, { "if-match": match(another) })))
      && (yield* isDone(objects.remove(client, tally, removed, { "if-match": match(toRemove) })))

    return { create, replace, completeCreate, completeReplace, copySource, remove, quoted }
  })

  return Effect.ensuring(
    trials,
    Effect.suspend(() => inLanes(made, racers, (one) => Effect.ignore(objects.remove(client, tally, one))))
  )
}
