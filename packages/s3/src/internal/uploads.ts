/**
 * Multipart uploads: an object that is put together of parts, and appears as a whole when they are complete.
 */
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import type { S3Error } from "../S3Error.js"
import { type Call, type Client, documentOf, type Reply, retrying, send, sendOnce, transientOf } from "./client.js"
import { countCopied, type Tally } from "./costs.js"
import type { Span } from "./intervals.js"
import { decoded, etagInDocument, type Fields, invalidAnswer, mark, quoted, sendMarked, sourceOf } from "./objects.js"
import { childrenOf, escape, textOf } from "./xml.js"

/** @internal */
export interface Upload {
  readonly key: string
  readonly id: string
}

/** A part that the store has. @internal */
export interface Uploaded {
  readonly number: number
  readonly etag: string
}

/** @internal */
export const create = (
  client: Client,
  tally: Tally,
  key: string,
  headers: Fields,
  ofMark: string
): Effect.Effect<Upload, S3Error> => {
  const call: Call = {
    operation: "CreateMultipartUpload",
    method: "POST",
    key,
    query: [["uploads", ""]],
    headers: { ...headers, [mark]: ofMark }
  }
  return Effect.flatMap(
    Effect.flatMap(
      send(client, tally, call),
      (reply) => documentOf(client, call, reply, "InitiateMultipartUploadResult")
    ),
    (document) => {
      const id = textOf(document, "UploadId") ?? ""
      return id === ""
        ? Effect.fail(invalidAnswer(client, call, "the answer does not say which upload it is"))
        : Effect.succeed({ key, id })
    }
  )
}

const partQuery = ({ id }: Upload, number: number) => [["partNumber", String(number)], ["uploadId", id]] as const

/** @internal */
export const uploadPart = (
  client: Client,
  tally: Tally,
  upload: Upload,
  number: number,
  body: Uint8Array
): Effect.Effect<Uploaded, S3Error> => {
  const call: Call = { operation: "UploadPart", method: "PUT", key: upload.key, query: partQuery(upload, number), body }
  return Effect.flatMap(send(client, tally, call), ({ headers: { etag } }) =>
    etag === undefined
      ? Effect.fail(invalidAnswer(client, call, "the answer has no entity tag"))
      : Effect.succeed({ number, etag: quoted(etag) }))
}

/** Copies a span of an object, which the conditions pin to one version, as a part. @internal */
export const copyPart = (
  client: Client,
  tally: Tally,
  upload: Upload,
  number: number,
  { end, start }: Span,
  conditions: Fields
): Effect.Effect<Uploaded, S3Error> => {
  const call: Call = {
    operation: "UploadPartCopy",
    method: "PUT",
    key: upload.key,
    query: partQuery(upload, number),
    headers: {
      ...conditions,
      "x-amz-copy-source": conditions["x-amz-copy-source"] ?? sourceOf(client, upload.key),
      "x-amz-copy-source-range": `bytes=${start}-${end - 1}`
    }
  }
  return Effect.map(
    retrying(
      client.bucket.attempts,
      () => Effect.flatMap(sendOnce(client, tally, call), etagInDocument(client, call, "CopyPartResult")),
      transientOf
    ),
    (etag) => {
      countCopied(tally, end - start)
      return { number, etag }
    }
  )
}

/** Makes the parts an object, where the conditions hold, and gives its entity tag. @internal */
export const complete = (
  client: Client,
  tally: Tally,
  { id, key }: Upload,
  parts: ReadonlyArray<Uploaded>,
  conditions: Fields,
  ofMark: string
): Effect.Effect<string, S3Error> => {
  const listed = parts.map(({ etag, number }) =>
    `<Part><PartNumber>${number}</PartNumber><ETag>${escape(etag)}</ETag></Part>`
  )
  const call = {
    operation: "CompleteMultipartUpload",
    method: "POST",
    key,
    query: [["uploadId", id]],
    headers: { ...conditions, "content-type": "application/xml" },
    body: new TextEncoder().encode(`<CompleteMultipartUpload>${listed.join("")}</CompleteMultipartUpload>`)
  } as const
  return sendMarked(client, tally, call, ofMark, etagInDocument(client, call, "CompleteMultipartUploadResult"))
}

/** Drops an upload and its parts; one that is gone is left so. @internal */
export const abort = (client: Client, tally: Tally, { id, key }: Upload): Effect.Effect<void, S3Error> =>
  Effect.catchIf(
    Effect.asVoid(send(client, tally, {
      operation: "AbortMultipartUpload",
      method: "DELETE",
      key,
      query: [["uploadId", id]]
    })),
    ({ status }) => status === 404,
    () => Effect.void
  )

/** An upload that has begun, and was neither completed nor aborted. @internal */
export interface Open extends Upload {
  readonly begun: Date
}

/** The uploads of keys that begin with a prefix. @internal */
export const listOpen = (
  client: Client,
  tally: Tally,
  prefix: string,
  pageSize = 1000
): Stream.Stream<Open, S3Error> =>
  Stream.paginateChunkEffect(Option.none<{ readonly key: string; readonly id: string }>(), (from) => {
    const call: Call = {
      operation: "ListMultipartUploads",
      method: "GET",
      key: undefined,
      query: [
        ["encoding-type", "url"],
        ...Option.match(from, { onNone: () => [], onSome: ({ key }) => [["key-marker", key]] as const }),
        ["max-uploads", String(pageSize)],
        ["prefix", prefix],
        ...Option.match(from, { onNone: () => [], onSome: ({ id }) => [["upload-id-marker", id]] as const }),
        ["uploads", ""]
      ]
    }
    return Effect.map(
      Effect.flatMap(
        send(client, tally, call),
        (reply: Reply) => documentOf(client, call, reply, "ListMultipartUploadsResult")
      ),
      (document) => {
        const isEncoded = textOf(document, "EncodingType") === "url"
        const read = (text = "") => isEncoded ? decoded(text) : text
        const uploads = childrenOf(document, "Upload").map((one): Open => ({
          key: read(textOf(one, "Key")),
          id: textOf(one, "UploadId") ?? "",
          begun: new Date(textOf(one, "Initiated") ?? "")
        }))
        const next = { key: read(textOf(document, "NextKeyMarker")), id: textOf(document, "NextUploadIdMarker") ?? "" }
        const isSame = Option.exists(from, ({ id, key }) => key === next.key && id === next.id)
        const goesOn = textOf(document, "IsTruncated") === "true" && next.key !== "" && !isSame
        return [Chunk.unsafeFromArray(uploads), goesOn ? Option.some(Option.some(next)) : Option.none()] as const
      }
    )
  })
