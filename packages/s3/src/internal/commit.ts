/**
 * A commit: the content becomes the object in one step, where the object is still what it was, or not at all.
 *
 * A small content is one `PutObject`. A large one is put together of parts, of which those that are unchanged are
 * copied within the store.
 */
import * as MmioError from "@effect-mmio/core/MmioError"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Option from "effect/Option"
import type { Conditions } from "../S3Conditions.js"
import { S3Error } from "../S3Error.js"
import { shown } from "./bucket.js"
import type { Content } from "./content.js"
import type { Tally } from "./costs.js"
import { commitError, type Origin } from "./errors.js"
import { inLanes } from "./lanes.js"
import { type Fields, headIfAny, inCondition, put } from "./objects.js"
import { type Part, planParts } from "./plan.js"
import type { Store } from "./store.js"
import * as uploads from "./uploads.js"

/** What is committed, and over what. @internal */
export interface Commit {
  readonly key: string
  readonly content: Content
  /** The entity tag of the object that is replaced, or none where there is to be none. */
  readonly expected: Option.Option<string>
  /** What the object has beside its content. */
  readonly fields: Fields
  readonly tally: Tally
  readonly origin: Origin
}

/** A name for one commit: what is written with it is known again. */
const makeMark: Effect.Effect<string> = Effect.sync(() => crypto.randomUUID())

/**
 * The condition under which an object is written; where the store does not honour it, a refusal, or a look beforehand.
 */
const conditionOf = (
  { client, settings: { allowUnconditional } }: Store,
  { expected, key, tally }: Commit,
  { quoted, ...honours }: Conditions,
  operation: "PutObject" | "CompleteMultipartUpload"
): Effect.Effect<Fields, S3Error> => {
  const isPut = operation === "PutObject"
  const isHonoured = Option.isNone(expected)
    ? (isPut ? honours.create : honours.completeCreate)
    : (isPut ? honours.replace : honours.completeReplace)
  if (isHonoured) {
    return Effect.succeed(Option.match(expected, {
      onNone: () => ({ "if-none-match": "*" }),
      onSome: (etag) => ({ "if-match": inCondition(etag, quoted) })
    }))
  }
  const object = shown(client.bucket, key)
  if (!allowUnconditional) {
    const condition = Option.isNone(expected) ? "there is no such object yet" : "the object is still the same"
    return Effect.fail(
      new S3Error({
        reason: "Unconditional",
        operation,
        object,
        description: `the store does not honour the condition that ${condition}, so nothing was written`
      })
    )
  }
  return Effect.flatMap(
    headIfAny(client, tally, key),
    (now) =>
      Option.getOrNull(Option.map(now, ({ etag }) => etag)) === Option.getOrNull(expected)
        ? Effect.succeed({})
        : Effect.fail(
          new S3Error({
            reason: "Refused",
            operation,
            object,
            status: 412,
            description: "the object is another version"
          })
        )
  )
}

/** Bytes of the content, for a part. */
const bytesOf = ({ content, origin }: Commit, { end, start }: Pick<Part, "start" | "end">) => {
  const bytes = new Uint8Array(end - start)
  return Effect.mapBoth(content.fill(start, bytes), {
    onFailure: (error): MmioError.CommitError =>
      error._tag === "CannotRead"
        ? new MmioError.CannotWrite({ ...origin, description: error.description, written: 0, cause: error })
        : error,
    onSuccess: () => bytes
  })
}

const toCommitError = ({ origin }: Commit) => <A>(effect: Effect.Effect<A, S3Error>) =>
  Effect.mapError(effect, (error) => commitError(error, origin))

/** One request. */
const commitWhole = (
  store: Store,
  commit: Commit,
  conditions: Conditions
): Effect.Effect<string, MmioError.CommitError> =>
  Effect.gen(function*() {
    const { content, fields, key, tally } = commit
    const condition = yield* toCommitError(commit)(conditionOf(store, commit, conditions, "PutObject"))
    const body = yield* bytesOf(commit, { start: 0, end: content.size })
    const ofMark = yield* makeMark
    // What was asked of the store may be done: it is known whether it was before anything else is.
    return yield* Effect.uninterruptible(
      toCommitError(commit)(put(store.client, tally, key, body, { ...fields, ...condition }, ofMark))
    )
  })

/** Many requests, the last of which has the object appear. */
const commitParts = (
  store: Store,
  commit: Commit,
  conditions: Conditions
): Effect.Effect<string, MmioError.CommitError> =>
  Effect.gen(function*() {
    const { client, settings: { parallel, parts: rules } } = store
    const { content, expected, fields, key, tally } = commit
    const asCommit = toCommitError(commit)
    const condition = yield* asCommit(conditionOf(store, commit, conditions, "CompleteMultipartUpload"))
    // Without a condition on its source, a part could be a copy of another version.
    const source = Option.match(expected, {
      onSome: (etag) =>
        conditions.copySource ? { "x-amz-copy-source-if-match": inCondition(etag, conditions.quoted) } : undefined,
      onNone: () => undefined
    })
    const pieces = source === undefined
      ? [{ start: 0, end: content.size, isIn: false }]
      : content.unchanged()
    const plan = planParts(pieces, content.size, rules)
    const ofMark = yield* makeMark
    const make = (upload: uploads.Upload) =>
      inLanes(plan, parallel, (part, index) =>
        part.isCopy && source !== undefined
          ? asCommit(uploads.copyPart(client, tally, upload, index + 1, part, source))
          : Effect.flatMap(
            bytesOf(commit, part),
            (bytes) => asCommit(uploads.uploadPart(client, tally, upload, index + 1, bytes))
          ))
    return yield* Effect.acquireUseRelease(
      asCommit(uploads.create(client, tally, key, fields, ofMark)),
      (upload) =>
        Effect.flatMap(make(upload), (parts) =>
          Effect.uninterruptible(asCommit(uploads.complete(client, tally, upload, parts, condition, ofMark)))),
      (upload, exit) =>
        Exit.isSuccess(exit) ? Effect.void : Effect.ignore(uploads.abort(client, tally, upload))
    )
  })

/** Makes the content the object, and gives its entity tag. @internal */
export const commit = (store: Store, what: Commit): Effect.Effect<string, MmioError.CommitError> =>
  Effect.flatMap(
    toCommitError(what)(store.conditions),
    (conditions) =>
      what.content.size <= store.settings.multipartFrom
        ? commitWhole(store, what, conditions)
        : commitParts(store, what, conditions)
  )
