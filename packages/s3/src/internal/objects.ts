/**
 * Objects as a whole: what a store says about one, writing, copying, removing and listing.
 */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import { S3Error } from "../S3Error.js"
import { encode, encodeKey, type Query, shown } from "./bucket.js"
import {
  type Call,
  type Client,
  documentOf,
  isTransient,
  type Reply,
  retrying,
  send,
  sendOnce,
  transientOf
} from "./client.js"
import type { Tally } from "./costs.js"
import { childrenOf, parse, textOf } from "./xml.js"

/** What a store says about an object. @internal */
export interface Head {
  readonly size: number
  /** The entity tag, with its quotes. */
  readonly etag: string
  readonly modified: Date | undefined
  readonly headers: Reply["headers"]
}

/** An entity tag as HTTP has it, whether or not the store writes its quotes. @internal */
export const quoted = (etag: string): string => etag.startsWith("\"") ? etag : `"${etag}"`

/** An entity tag as a condition has it. @internal */
export const inCondition = (etag: string, isQuoted: boolean): string => isQuoted ? etag : etag.replace(/^"(.*)"$/, "$1")

/** @internal */
export const invalidAnswer = ({ bucket }: Client, { key, operation }: Call, description: string): S3Error =>
  new S3Error({ reason: "InvalidAnswer", operation, object: shown(bucket, key), description })

/** @internal */
export const head = (client: Client, tally: Tally, key: string): Effect.Effect<Head, S3Error> => {
  const call: Call = { operation: "HeadObject", method: "HEAD", key }
  return Effect.flatMap(send(client, tally, call), ({ headers }) => {
    const [size, etag] = [Number(headers["content-length"]), headers["etag"]]
    if (!Number.isSafeInteger(size) || etag === undefined || etag.startsWith("W/")) {
      return Effect.fail(invalidAnswer(client, call, "the answer says no size, or no strong entity tag"))
    }
    const modified = new Date(headers["last-modified"] ?? "")
    return Effect.succeed({
      size,
      etag: quoted(etag),
      modified: Number.isNaN(modified.getTime()) ? undefined : modified,
      headers
    })
  })
}

/** The same, or nothing where there is no such object. @internal */
export const headIfAny = (client: Client, tally: Tally, key: string): Effect.Effect<Option.Option<Head>, S3Error> =>
  Effect.catchIf(
    Effect.asSome(head(client, tally, key)),
    ({ errorCode, status }) => status === 404 && errorCode !== "NoSuchBucket",
    () => Effect.succeed(Option.none())
  )

// ---------------------------------------------------------------------------------------------------------------------
// writing what may be done although its answer is lost
// ---------------------------------------------------------------------------------------------------------------------

/** The metadata by which a writer knows its own object again. @internal */
export const mark = "x-amz-meta-mmio-commit"

/**
 * Makes a request that writes an object with a mark, until it succeeds. Where the answer to one is lost, the next is
 * refused although the object was written: the mark then tells. Gives the entity tag of the object.
 *
 * @internal
 */
export const sendMarked = (
  client: Client,
  tally: Tally,
  call: Call & { readonly key: string },
  ofMark: string,
  etagOf: (reply: Reply) => Effect.Effect<string, S3Error>
): Effect.Effect<string, S3Error> => {
  const written = Effect.map(
    headIfAny(client, tally, call.key),
    Option.flatMap(({ etag, headers }) => headers[mark] === ofMark ? Option.some(etag) : Option.none())
  )
  return retrying(
    client.bucket.attempts,
    (mayBeDone) =>
      Effect.catchIf(
        Effect.flatMap(sendOnce(client, tally, call), etagOf),
        (error) => mayBeDone && !isTransient(error),
        (error) => Effect.flatMap(written, Option.match({ onNone: () => Effect.fail(error), onSome: Effect.succeed }))
      ),
    transientOf
  ).pipe(
    // The last attempt may have been done, too.
    Effect.catchIf((error) => isTransient(error), (error) =>
      Effect.flatMap(
        Effect.catchAll(written, () => Effect.fail(error)),
        Option.match({ onNone: () => Effect.fail(error), onSome: Effect.succeed })
      ))
  )
}

/** The entity tag in the head of an answer. */
const etagInHead = (client: Client, call: Call) => ({ headers }: Reply): Effect.Effect<string, S3Error> =>
  headers["etag"] === undefined
    ? Effect.fail(invalidAnswer(client, call, "the answer has no entity tag"))
    : Effect.succeed(quoted(headers["etag"]))

/** Fields by their names, in lower case. @internal */
export interface Fields {
  readonly [name: string]: string | undefined
}

/** Writes an object, and gives its entity tag. @internal */
export const put = (
  client: Client,
  tally: Tally,
  key: string,
  body: Uint8Array,
  headers: Fields,
  ofMark: string
): Effect.Effect<string, S3Error> => {
  const call = { operation: "PutObject", method: "PUT", key, body, headers: { ...headers, [mark]: ofMark } } as const
  return sendMarked(client, tally, call, ofMark, etagInHead(client, call))
}

/** What names the source of a copy. @internal */
export const sourceOf = ({ bucket }: Client, key: string): string => `/${encode(bucket.name)}/${encodeKey(key)}`

/**
 * The entity tag in the document of an answer. It may be an error although the status is 200: a store that takes long
 * begins to answer before it knows.
 *
 * @internal
 */
export const etagInDocument =
  (client: Client, call: Call, root: string) => (reply: Reply): Effect.Effect<string, S3Error> => {
    const document = parse(reply.text)
    if (document?.name === "Error") {
      const code = textOf(document, "Code") ?? ""
      return Effect.fail(
        new S3Error({
          reason: "Refused",
          operation: call.operation,
          object: shown(client.bucket, call.key),
          // What it would be, had the store known it.
          status: code === "PreconditionFailed" ? 412 : code === "NoSuchKey" || code === "NoSuchUpload" ? 404 : 500,
          errorCode: code,
          description: `${textOf(document, "Message") ?? "the store failed"} (${code})`
        })
      )
    }
    return Effect.flatMap(documentOf(client, call, reply, root), (element) => {
      const etag = textOf(element, "ETag")
      return etag === undefined
        ? Effect.fail(invalidAnswer(client, call, "the answer has no entity tag"))
        : Effect.succeed(quoted(etag))
    })
  }

/** What a copy has only if it is asked for. */
const isChosen = (name: string): boolean =>
  name === "x-amz-storage-class" || name === "x-amz-website-redirect-location"
  || name.startsWith("x-amz-server-side-encryption")

/** Copies an object within the bucket, with all that it has, and gives the entity tag of the copy. @internal */
export const copy = (
  client: Client,
  tally: Tally,
  from: string,
  to: string,
  { headers: fields }: Pick<Head, "headers">,
  conditions: Fields
): Effect.Effect<string, S3Error> => {
  const chosen = Object.fromEntries(Object.entries(fields).filter(([name]) => isChosen(name)))
  const headers = { ...chosen, ...conditions, "x-amz-copy-source": sourceOf(client, from) }
  const call: Call = { operation: "CopyObject", method: "PUT", key: to, headers }
  return retrying(
    client.bucket.attempts,
    () => Effect.flatMap(sendOnce(client, tally, call), etagInDocument(client, call, "CopyObjectResult")),
    transientOf
  )
}

/** @internal */
export const remove = (
  client: Client,
  tally: Tally,
  key: string,
  conditions: Fields = {}
): Effect.Effect<void, S3Error> =>
  Effect.asVoid(send(client, tally, { operation: "DeleteObject", method: "DELETE", key, headers: conditions }))

/** A removal that failed, and whether the object may be removed all the same. @internal */
export interface NotRemoved {
  readonly error: S3Error
  readonly mayBeDone: boolean
}

/**
 * Removes an object where the condition holds. One that is gone after an attempt whose answer was lost is taken for
 * removed by that attempt.
 *
 * @internal
 */
export const removeVersion = (
  client: Client,
  tally: Tally,
  key: string,
  conditions: Fields
): Effect.Effect<void, NotRemoved> =>
  retrying(
    client.bucket.attempts,
    (mayBeDone) =>
      sendOnce(client, tally, { operation: "DeleteObject", method: "DELETE", key, headers: conditions }).pipe(
        Effect.asVoid,
        Effect.catchIf(({ status }) => mayBeDone && status === 404, () => Effect.void),
        Effect.mapError((error): NotRemoved => ({ error, mayBeDone: mayBeDone || isTransient(error) }))
      ),
    ({ error }) => transientOf(error)
  )

/** The tags of an object, as a header has them. */
const tags = (client: Client, tally: Tally, key: string): Effect.Effect<string, S3Error> => {
  const call: Call = { operation: "GetObjectTagging", method: "GET", key, query: [["tagging", ""]] }
  return Effect.map(
    Effect.flatMap(send(client, tally, call), (reply) => documentOf(client, call, reply, "Tagging")),
    (document) =>
      childrenOf(document, "TagSet").flatMap((set) => childrenOf(set, "Tag")).map((tag) =>
        `${encode(textOf(tag, "Key") ?? "")}=${encode(textOf(tag, "Value") ?? "")}`
      ).join("&")
  )
}

const isCarried = (name: string): boolean =>
  isChosen(name) || name.startsWith("x-amz-meta-") || name === "content-type" || name === "cache-control"
  || name === "content-disposition" || name === "content-language" || name === "expires"

/**
 * What an object has beside its content, for one that replaces it: its type, its metadata, its tags, how it is kept.
 * @internal
 */
export const carried = (
  client: Client,
  tally: Tally,
  key: string,
  fields: Fields
): Effect.Effect<Fields, S3Error> => {
  const kept = Object.fromEntries(Object.entries(fields).filter(([name]) => isCarried(name)))
  return Number(fields["x-amz-tagging-count"] ?? 0) > 0
    ? Effect.map(tags(client, tally, key), (tagging) => ({ ...kept, "x-amz-tagging": tagging }))
    : Effect.succeed(kept)
}

// ---------------------------------------------------------------------------------------------------------------------
// listing
// ---------------------------------------------------------------------------------------------------------------------

/** A page of a listing: whole keys, and prefixes that end in a slash. @internal */
export interface Page {
  readonly keys: ReadonlyArray<string>
  readonly prefixes: ReadonlyArray<string>
}

/** Keys in documents are encoded, since XML cannot hold all characters. @internal */
export const decoded = (text: string): string => {
  try {
    return decodeURIComponent(text.replaceAll("+", " "))
  } catch {
    // A store that does not encode keys gives one with a % of its own.
    return text
  }
}

/** The pages of the keys that begin with a prefix, up to the next slash. @internal */
export const list = (
  client: Client,
  tally: Tally,
  prefix: string,
  pageSize = 1000
): Stream.Stream<Page, S3Error> =>
  Stream.paginateEffect(Option.none<string>(), (token) => {
    const query: Query = [
      ...Option.match(token, { onNone: () => [], onSome: (token) => [["continuation-token", token]] as const }),
      ["delimiter", "/"],
      ["encoding-type", "url"],
      ["list-type", "2"],
      ["max-keys", String(pageSize)],
      ["prefix", prefix]
    ]
    const call: Call = { operation: "ListObjectsV2", method: "GET", key: undefined, query }
    return Effect.map(
      Effect.flatMap(send(client, tally, call), (reply) => documentOf(client, call, reply, "ListBucketResult")),
      (document) => {
        const isEncoded = textOf(document, "EncodingType") === "url"
        const read = (text = "") => isEncoded ? decoded(text) : text
        const next = textOf(document, "NextContinuationToken")
        const page: Page = {
          keys: childrenOf(document, "Contents").map((one) => read(textOf(one, "Key"))),
          prefixes: childrenOf(document, "CommonPrefixes").map((one) => read(textOf(one, "Prefix")))
        }
        // A token that comes again would come without end.
        const goesOn = textOf(document, "IsTruncated") === "true" && next !== undefined && next !== "" &&
          !Option.contains(token, next)
        return [page, goesOn ? Option.some(Option.some(next)) : Option.none()] as const
      }
    )
  })
