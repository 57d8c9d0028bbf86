/**
 * Another name for an object: a copy within the store, and then the removal of what was copied, where it is still that.
 */
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Option from "effect/Option"
import type { Conditions } from "../S3Conditions.js"
import { S3Error } from "../S3Error.js"
import { shown } from "./bucket.js"
import type { Tally } from "./costs.js"
import { inLanes } from "./lanes.js"
import * as objects from "./objects.js"
import { planParts } from "./plan.js"
import type { Store } from "./store.js"
import * as uploads from "./uploads.js"

/** The largest object that one request copies. */
const largestCopy = 5 * 1024 ** 3

/** What is copied, and where. */
interface Copied {
  readonly from: string
  readonly to: string
  readonly source: objects.Head
  readonly tally: Tally
}

/** Copies a version by parts. */
const copyParts = ({ client, settings }: Store, { from, source, tally, to }: Copied, condition: objects.Fields) =>
  Effect.gen(function*() {
    const fields = yield* objects.carried(client, tally, from, source.headers)
    const ofMark = crypto.randomUUID()
    const conditions = { ...condition, "x-amz-copy-source": objects.sourceOf(client, from) }
    const plan = planParts([{ start: 0, end: source.size, isIn: true }], source.size, settings.parts)
    return yield* Effect.acquireUseRelease(
      uploads.create(client, tally, to, fields, ofMark),
      (upload) =>
        Effect.flatMap(
          inLanes(
            plan,
            settings.parallel,
            (part, index) => uploads.copyPart(client, tally, upload, index + 1, part, conditions)
          ),
          (parts) => uploads.complete(client, tally, upload, parts, {}, ofMark)
        ),
      (upload, exit) => Exit.isSuccess(exit) ? Effect.void : Effect.ignore(uploads.abort(client, tally, upload))
    )
  })

/** Refuses what could lose bytes that were written meanwhile. */
const demand = (store: Store, object: string, conditions: Conditions): Effect.Effect<void, S3Error> =>
  store.settings.allowUnconditional || (conditions.copySource && conditions.remove)
    ? Effect.void
    : Effect.fail(
      new S3Error({
        reason: "Unconditional",
        operation: "CopyObject",
        object,
        description: "the store does not honour the condition that what is copied and removed is one version"
      })
    )

/**
 * Gives an object another name, and replaces one that has it. Others see the object by both names in between. Where the
 * object was changed or removed meanwhile, the copy is removed again, unless it has replaced another object, or may be
 * all that is left of what was copied.
 *
 * @internal
 */
export const rename = (store: Store, tally: Tally, from: string, to: string): Effect.Effect<void, S3Error> =>
  Effect.gen(function*() {
    const { client } = store
    const source = yield* objects.head(client, tally, from)
    if (from === to) return
    const conditions = yield* store.conditions
    const object = shown(client.bucket, from)
    yield* demand(store, object, conditions)
    const replaced = yield* objects.headIfAny(client, tally, to)
    const etag = objects.inCondition(source.etag, conditions.quoted)
    const ofSource = conditions.copySource ? { "x-amz-copy-source-if-match": etag } : {}
    yield* Effect.uninterruptible(Effect.gen(function*() {
      const copied = yield* asMissing(
        source.size > largestCopy
          ? copyParts(store, { from, to, source, tally }, ofSource)
          : objects.copy(client, tally, from, to, source, ofSource)
      )
      const removeCopy = Option.isSome(replaced)
        ? Effect.void
        : Effect.ignore(
          objects.remove(client, tally, to, { "if-match": objects.inCondition(copied, conditions.quoted) })
        )
      yield* Effect.catchAll(
        objects.removeVersion(client, tally, from, conditions.remove ? { "if-match": etag } : {}),
        ({ error, mayBeDone }) =>
          Effect.flatMap(
            mayBeDone ? whereabouts(store, tally, from, source) : Effect.succeed("not removed"),
            (found) =>
              found === "gone"
                ? Effect.void
                : Effect.zipRight(found === "not removed" ? removeCopy : Effect.void, asMissing(Effect.fail(error)))
          )
      )
    }))
  })

/** What has become of an object that may have been removed. */
const whereabouts = (
  { client }: Store,
  tally: Tally,
  key: string,
  { etag }: objects.Head
): Effect.Effect<"gone" | "not removed" | "unknown"> =>
  Effect.match(objects.headIfAny(client, tally, key), {
    onFailure: () => "unknown",
    onSuccess: Option.match({
      onNone: () => "gone",
      // Another one may have been written before this was removed, or after that.
      onSome: (now) => now.etag === etag ? "not removed" : "unknown"
    })
  })

/** An object that was changed or removed meanwhile is no longer the one that was to be renamed. */
const asMissing = <A>(effect: Effect.Effect<A, S3Error>): Effect.Effect<A, S3Error> =>
  Effect.mapError(effect, (error) =>
    error.status === 412
      ? new S3Error({
        reason: "Refused",
        operation: error.operation,
        object: error.object,
        status: 404,
        description: "the object was changed or renamed meanwhile",
        cause: error
      })
      : error)
