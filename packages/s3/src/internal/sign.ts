/**
 * A client whose requests are signed (AWS Signature Version 4) and counted.
 */
import * as Headers from "@effect/platform/Headers"
import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import { AwsV4Signer } from "aws4fetch"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import type { Bucket } from "./bucket.js"
import { countReceived, countRequest, type Tally } from "./costs.js"

/** What is on the way changes other fields: a signature with them would be found wrong. */
const isSigned = (name: string): boolean =>
  name.startsWith("x-amz-") || name === "if-match" || name === "if-none-match" || name === "content-md5"

/** The keys that signatures are made with, by day: deriving one takes as long as all else. */
type Keys = Map<string, ArrayBuffer>

const hashOfNothing = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

const hex = (bytes: ArrayBuffer): string =>
  Array.from(new Uint8Array(bytes), (byte) => byte.toString(16).padStart(2, "0")).join("")

const bodyOf = ({ body }: HttpClientRequest.HttpClientRequest): Uint8Array | undefined =>
  body._tag === "Uint8Array" ? body.body : undefined

/** Its type says that the bytes may be shared between threads, which hashing would refuse: ours are not. */
const hashOf = (bytes: Uint8Array): Promise<string> =>
  crypto.subtle.digest("SHA-256", bytes as Uint8Array<ArrayBuffer>).then(hex)

type Fields = Readonly<Record<string, string>>

/** For so long the signature of a request without a body is used again, of the 15 minutes that stores take it. */
const validMillis = 30_000
/** So many are known at most. */
const mostKnown = 1000

/**
 * The signatures that are valid now, by what they sign: the reads of an object ask for it again and again, and their
 * ranges are not signed. To sign costs as much as to receive 64 KiB.
 */
class Known {
  private readonly fields = new Map<string, Promise<Fields>>()
  private until = 0

  /** The fields that were signed in the same half minute, or those that are signed now. */
  get(what: string, now: number, sign: () => Promise<Fields>): Promise<Fields> {
    if (now >= this.until || now < this.until - validMillis || this.fields.size === mostKnown) this.fields.clear()
    this.until = now - now % validMillis + validMillis
    const known = this.fields.get(what) ?? sign()
    this.fields.set(what, known)
    return known
  }
}

const sign = (bucket: Bucket, keys: Keys, known: Known) => (request: HttpClientRequest.HttpClientRequest) => {
  const { credentials } = bucket
  // Of another origin, to which a store has redirected, nothing is to be known here.
  if (credentials === undefined || new URL(request.url).origin !== bucket.origin) return Effect.succeed(request)
  return Effect.flatMap(
    Effect.all([credentials(), Clock.currentTimeMillis]),
    ([{ accessKeyId, secretAccessKey, sessionToken }, now]) =>
      Effect.promise(async () => {
        const { method, url } = request
        const body = bodyOf(request)
        const secrets = {
          accessKeyId,
          secretAccessKey: Redacted.value(secretAccessKey),
          ...(sessionToken === undefined ? {} : { sessionToken: Redacted.value(sessionToken) })
        }
        const given = Object.entries(request.headers).filter(([name]) => isSigned(name))
        const signed = async (hash: string, time: number): Promise<Fields> => {
          const { headers } = await new AwsV4Signer({
            ...secrets,
            method,
            url,
            headers: [...given, ["x-amz-content-sha256", hash]],
            service: "s3",
            region: bucket.region,
            cache: keys,
            datetime: new Date(time).toISOString().replace(/[:-]|\.\d{3}/g, "")
          }).sign()
          const fields: Record<string, string> = {}
          headers.forEach((value, name) => {
            fields[name] = value
          })
          return fields
        }
        return HttpClientRequest.setHeaders(
          request,
          body === undefined
            ? await known.get(JSON.stringify([method, url, given, secrets]), now, () =>
              signed(hashOfNothing, now - now % validMillis))
            : await signed(await hashOf(body), now)
        )
      })
  )
}

/** What the S3 API calls a request. */
const operationOf = ({ headers, method, url }: HttpClientRequest.HttpClientRequest, isBucket: boolean): string => {
  const search = url.includes("?") ? url.slice(url.indexOf("?") + 1) : ""
  const has = (name: string) => new RegExp(`(^|&)${name}=`).test(search)
  if (isBucket) return has("uploads") ? "ListMultipartUploads" : has("list-type") ? "ListObjectsV2" : "HeadBucket"
  const isCopy = headers["x-amz-copy-source"] !== undefined
  switch (method) {
    case "PUT":
      return has("partNumber") ? (isCopy ? "UploadPartCopy" : "UploadPart") : isCopy ? "CopyObject" : "PutObject"
    case "POST":
      return has("uploads") ? "CreateMultipartUpload" : "CompleteMultipartUpload"
    case "DELETE":
      return has("uploadId") ? "AbortMultipartUpload" : "DeleteObject"
    case "HEAD":
      return "HeadObject"
    default:
      return has("tagging") ? "GetObjectTagging" : "GetObject"
  }
}

const lengthOf = (headers: Headers.Headers): number => {
  const length = Number(headers["content-length"] ?? 0)
  return Number.isSafeInteger(length) && length > 0 ? length : 0
}

/** Signs requests of this bucket; what they cost is added to a tally, and to the metrics. @internal */
export const signing = (bucket: Bucket) => {
  const signed = sign(bucket, new Map(), new Known())
  return (client: HttpClient.HttpClient, tally: Tally): HttpClient.HttpClient =>
    client.pipe(
      HttpClient.transform((response, request) => {
        const operation = operationOf(request, request.url.split("?", 1)[0] === `${bucket.href}/`)
        const bytes = operation === "PutObject" || operation === "UploadPart" ? bodyOf(request)?.length ?? 0 : 0
        return Effect.zipRight(
          Effect.sync(() => countRequest(tally, operation, bytes)),
          Effect.map(response, (answer) => {
            if (operation === "GetObject" && answer.status < 300) countReceived(tally, lengthOf(answer.headers))
            return answer
          })
        )
      }),
      HttpClient.transformResponse(
        Effect.locallyWith(Headers.currentRedactedNames, (known) => [...known, "x-amz-security-token"])
      ),
      HttpClient.mapRequestEffect(signed)
    )
}
