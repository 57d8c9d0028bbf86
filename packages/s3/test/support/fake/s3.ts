/**
 * A store in memory with the semantics of S3: conditions wherever AWS documents them, versions, the rules of parts,
 * listings, signatures; and failures where a test wants them. What it honours can be less, as that of other stores is.
 */
import type { S3Conditions } from "@effect-mmio/s3"
import { Bucket, md5, type Upload, type Version } from "./bucket.js"
import { contentOf, joined, part } from "./content.js"
import { listObjects, listUploads } from "./listing.js"
import { empty, escape, type FakeRequest, type FakeResponse, type Refusal, refuse, xml } from "./protocol.js"
import { type Account, verify } from "./signature.js"

/** A failure beside those of the protocol: the connection breaks before anything is done, or after all of it. */
export type Failure = Refusal | "broken" | "lost"

export interface Options {
  readonly bucket?: string | undefined
  readonly isVersioned?: boolean | undefined
  readonly account?: Account | undefined
  readonly now?: (() => number) | undefined
  /** Default: 5 MiB. */
  readonly smallestPart?: number | undefined
  readonly equalParts?: boolean | undefined
  /** What it honours less than AWS. */
  readonly honours?: Partial<S3Conditions.Conditions> | undefined
}

/** A request as tests look at it. */
export interface Seen {
  readonly operation: string
  readonly request: FakeRequest
}

class Refused {
  readonly refusal: Refusal
  constructor(status: number, code: string, message: string) {
    this.refusal = { status, code, message }
  }
}
const fail = (status: number, code: string, message = code): never => {
  throw new Refused(status, code, message)
}

const unquoted = (etag: string) => etag.trim().replace(/^"(.*)"$/, "$1")

const mebibyte = 1024 * 1024

/** What a copy has as it is asked for, and not as its source has it. */
const notCopied = [
  "x-amz-storage-class",
  "x-amz-server-side-encryption",
  "x-amz-website-redirect-location"
]

/** What an object keeps of a request. */
const fieldsOf = (headers: FakeRequest["headers"]): Version["fields"] =>
  Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) =>
      value !== undefined
        && (name.startsWith("x-amz-meta-") ||
          ["content-type", "cache-control", "x-amz-tagging", ...notCopied].includes(name))
        ? [[name, value]]
        : []
    )
  )

const operationOf = ({ headers, method }: FakeRequest, key: string, query: URLSearchParams): string => {
  if (key === "") {
    return query.has("uploads")
      ? "ListMultipartUploads"
      : method === "GET"
      ? "ListObjectsV2"
      : "HeadBucket"
  }
  const isCopy = headers["x-amz-copy-source"] !== undefined
  switch (method) {
    case "PUT":
      return query.has("partNumber") ? (isCopy ? "UploadPartCopy" : "UploadPart") : isCopy ? "CopyObject" : "PutObject"
    case "POST":
      return query.has("uploads") ? "CreateMultipartUpload" : "CompleteMultipartUpload"
    case "DELETE":
      return query.has("uploadId") ? "AbortMultipartUpload" : "DeleteObject"
    case "HEAD":
      return "HeadObject"
    default:
      return query.has("tagging") ? "GetObjectTagging" : "GetObject"
  }
}

export class FakeS3 {
  readonly bucket: Bucket
  readonly seen: Array<Seen> = []
  /** What each request fails with, if it does. */
  failing: (seen: Seen) => Failure | undefined = () => undefined
  private readonly options: Options
  private served = 0

  constructor(options: Options = {}) {
    this.options = options
    this.bucket = new Bucket(options.isVersioned ?? false)
  }

  get now(): number {
    return (this.options.now ?? Date.now)()
  }

  /** How often each operation was asked for. */
  counts(): Readonly<Record<string, number>> {
    const counts: Record<string, number> = {}
    for (const { operation } of this.seen) counts[operation] = (counts[operation] ?? 0) + 1
    return counts
  }

  /** Answers a request, in one step; or breaks the connection. */
  handle(request: FakeRequest): FakeResponse | "broken" {
    const id = `${(this.served++).toString(16).padStart(16, "0")}`
    const [path = "", search = ""] = request.target.split("?", 2)
    const [, name = "", ...rest] = path.split("/").map((component) => decodeURIComponent(component))
    const key = rest.join("/")
    const query = new URLSearchParams(search)
    const seen = { operation: operationOf(request, key, query), request }
    this.seen.push(seen)
    const failure = this.failing(seen)
    if (failure === "broken") return "broken"
    const answered = failure !== undefined && failure !== "lost"
      ? refuse(failure, id)
      : this.answer(seen, name, key, query, id)
    if (failure === "lost") return "broken"
    // An answer to HEAD has no body, whatever it says.
    return request.method === "HEAD" ? { ...answered, body: new Uint8Array(0) } : answered
  }

  private answer(
    { operation, request }: Seen,
    name: string,
    key: string,
    query: URLSearchParams,
    id: string
  ): FakeResponse {
    try {
      const { account, bucket = "bucket" } = this.options
      const refusal = account && verify(account, request, this.now)
      if (refusal !== undefined) return refuse(refusal, id)
      if (name !== bucket) return fail(404, "NoSuchBucket", "The specified bucket does not exist")
      return this.act(operation, request, key, query)
    } catch (error) {
      if (error instanceof Refused) return refuse(error.refusal, id)
      throw error
    }
  }

  private act(operation: string, request: FakeRequest, key: string, query: URLSearchParams): FakeResponse {
    switch (operation) {
      case "ListObjectsV2":
        return listObjects(this.bucket, query)
      case "ListMultipartUploads":
        return listUploads(this.bucket, query)
      case "GetObject":
      case "HeadObject":
        return this.get(request, key, query)
      case "GetObjectTagging":
        return this.tagging(key)
      case "PutObject":
        return this.put(request, key)
      case "CopyObject":
        return this.copy(request, key)
      case "DeleteObject":
        return this.remove(request, key)
      case "CreateMultipartUpload":
        return this.createUpload(request, key)
      case "UploadPart":
      case "UploadPartCopy":
        return this.putPart(operation, request, key, query)
      case "CompleteMultipartUpload":
        return this.complete(request, key, query)
      case "AbortMultipartUpload":
        this.upload(key, query)
        this.bucket.uploads.delete(query.get("uploadId") ?? "")
        return empty(204)
      default:
        return fail(405, "MethodNotAllowed")
    }
  }

  private honours(condition: keyof S3Conditions.Conditions): boolean {
    return this.options.honours?.[condition] ?? true
  }

  // -------------------------------------------------------------------------------------------------------------------
  // reading
  // -------------------------------------------------------------------------------------------------------------------

  private headOf({ content, etag, fields, id, modified }: Version): Record<string, string> {
    const { "x-amz-tagging": tagging, ...shown } = fields
    return {
      "accept-ranges": "bytes",
      "content-length": `${content.size}`,
      etag: `"${etag}"`,
      "last-modified": new Date(modified).toUTCString(),
      ...(this.bucket.isVersioned ? { "x-amz-version-id": id } : {}),
      ...(tagging === undefined ? {} : { "x-amz-tagging-count": `${tagging.split("&").length}` }),
      ...shown
    }
  }

  private get({ headers, method }: FakeRequest, key: string, query: URLSearchParams): FakeResponse {
    const version = this.bucket.find(key, query.get("versionId") ?? undefined)
      ?? fail(404, "NoSuchKey", "The specified key does not exist.")
    const match = headers["if-match"]
    if (match !== undefined && match !== "*" && unquoted(match) !== version.etag) fail(412, "PreconditionFailed")
    const { content } = version
    const head = this.headOf(version)
    const range = /^bytes=(\d+)-(\d+)$/.exec(headers["range"] ?? "")
    if (range === null) {
      return {
        status: 200,
        headers: head,
        body: method === "HEAD" ? new Uint8Array(0) : content.bytes(0, content.size)
      }
    }
    const [start, end] = [Number(range[1]), Math.min(content.size, Number(range[2]) + 1)]
    if (start >= content.size) {
      // As AWS has it, the size is in the document, and in no field.
      return refuse({
        status: 416,
        code: "InvalidRange",
        message: "The requested range is not satisfiable",
        more: `<ActualObjectSize>${content.size}</ActualObjectSize>`
      }, "range")
    }
    return {
      status: 206,
      headers: {
        ...head,
        "content-length": `${end - start}`,
        "content-range": `bytes ${start}-${end - 1}/${content.size}`
      },
      body: content.bytes(start, end)
    }
  }

  private tagging(key: string): FakeResponse {
    const { fields } = this.bucket.find(key) ?? fail(404, "NoSuchKey")
    const tags = [...new URLSearchParams(fields["x-amz-tagging"] ?? "")].map(([name, value]) =>
      `<Tag><Key>${escape(name)}</Key><Value>${escape(value)}</Value></Tag>`
    )
    return xml(200, `<Tagging><TagSet>${tags.join("")}</TagSet></Tagging>`)
  }

  // -------------------------------------------------------------------------------------------------------------------
  // writing
  // -------------------------------------------------------------------------------------------------------------------

  /** Whether the conditions of a write hold; those that the store does not honour do. */
  private check({ headers }: FakeRequest, key: string, create: boolean, replace: boolean): void {
    const now = this.bucket.find(key)
    const { "if-match": match, "if-none-match": none } = headers
    if (create && none !== undefined) {
      if (none !== "*") fail(501, "NotImplemented", "A header implies functionality that is not implemented")
      if (now !== undefined) fail(412, "PreconditionFailed", "At least one of the preconditions did not hold")
    }
    if (replace && match !== undefined) {
      if (now === undefined) fail(404, "NoSuchKey", "The specified key does not exist.")
      const wanted = this.options.honours?.quoted === false ? match : unquoted(match)
      if (now?.etag !== wanted) fail(412, "PreconditionFailed", "At least one of the preconditions did not hold")
    }
  }

  private put(request: FakeRequest, key: string): FakeResponse {
    this.check(request, key, this.honours("create"), this.honours("replace"))
    const { etag, id } = this.bucket.put(key, request.body, { fields: fieldsOf(request.headers), now: this.now })
    return empty(200, { etag: `"${etag}"`, ...(this.bucket.isVersioned ? { "x-amz-version-id": id } : {}) })
  }

  private source({ headers }: FakeRequest): Version {
    const [path = "", id] = (headers["x-amz-copy-source"] ?? "").split("?versionId=")
    const [, , ...rest] = path.split("/")
    const version = this.bucket.find(decodeURIComponent(rest.join("/")), id) ?? fail(404, "NoSuchKey")
    const match = headers["x-amz-copy-source-if-match"]
    if (this.honours("copySource") && match !== undefined && unquoted(match) !== version.etag) {
      fail(412, "PreconditionFailed")
    }
    return version
  }

  private copy(request: FakeRequest, key: string): FakeResponse {
    const { content, fields } = this.source(request)
    if (content.size > 5 * 1024 * mebibyte) {
      fail(400, "InvalidRequest", "The specified copy source is larger than the maximum")
    }
    this.check(request, key, this.honours("create"), this.honours("replace"))
    const isChosen = ([name]: [string, string]) => notCopied.includes(name)
    const all = Object.fromEntries([
      ...Object.entries(fields).filter((field) => !isChosen(field)),
      ...Object.entries(fieldsOf(request.headers)).filter(isChosen)
    ])
    const { etag } = this.bucket.put(key, content, { fields: all, now: this.now })
    return xml(
      200,
      `<CopyObjectResult><LastModified>x</LastModified><ETag>&quot;${etag}&quot;</ETag></CopyObjectResult>`
    )
  }

  private remove(request: FakeRequest, key: string): FakeResponse {
    if (request.headers["if-match"] !== undefined && this.honours("remove")) this.check(request, key, false, true)
    this.bucket.remove(key, this.now)
    return empty(204)
  }

  // -------------------------------------------------------------------------------------------------------------------
  // parts
  // -------------------------------------------------------------------------------------------------------------------

  private createUpload({ headers }: FakeRequest, key: string): FakeResponse {
    const id = `upload-${this.bucket.nextId()}`
    this.bucket.uploads.set(id, { id, key, begun: this.now, fields: fieldsOf(headers), parts: new Map() })
    return xml(
      200,
      `<InitiateMultipartUploadResult><Key>${
        escape(key)
      }</Key><UploadId>${id}</UploadId></InitiateMultipartUploadResult>`
    )
  }

  private upload(key: string, query: URLSearchParams): Upload {
    const upload = this.bucket.uploads.get(query.get("uploadId") ?? "")
    return upload?.key === key ? upload : fail(404, "NoSuchUpload", "The specified upload does not exist.")
  }

  private putPart(operation: string, request: FakeRequest, key: string, query: URLSearchParams): FakeResponse {
    const { parts } = this.upload(key, query)
    const number = Number(query.get("partNumber"))
    if (!(number >= 1 && number <= 10_000)) fail(400, "InvalidArgument", "Part number must be from 1 to 10000")
    if (operation === "UploadPart") {
      const etag = md5(request.body)
      parts.set(number, { content: contentOf(request.body), etag })
      return empty(200, { etag: `"${etag}"` })
    }
    const { content } = this.source(request)
    const range = /^bytes=(\d+)-(\d+)$/.exec(request.headers["x-amz-copy-source-range"] ?? "")
    const [start, end] = range === null ? [0, content.size] : [Number(range[1]), Number(range[2]) + 1]
    if (end > content.size || end <= start) fail(400, "InvalidArgument", "Range specified is not valid")
    if (end - start > 5 * 1024 * mebibyte) fail(400, "InvalidRequest", "The part is larger than the maximum")
    const etag = md5(new TextEncoder().encode(`${start}-${end}`), content.bytes(start, Math.min(end, start + 65536)))
    parts.set(number, { content: part(content, start, end), etag })
    return xml(200, `<CopyPartResult><ETag>"${etag}"</ETag></CopyPartResult>`)
  }

  private complete(request: FakeRequest, key: string, query: URLSearchParams): FakeResponse {
    const upload = this.upload(key, query)
    const listed = [
      ...new TextDecoder().decode(request.body).matchAll(
        /<Part><PartNumber>(\d+)<\/PartNumber><ETag>([^<]*)<\/ETag><\/Part>/g
      )
    ].map(([, number, etag = ""]) => ({ number: Number(number), etag: unquoted(etag.replaceAll("&quot;", "\"")) }))
    if (listed.length === 0) fail(400, "MalformedXML")
    const parts = listed.map(({ etag, number }, i) => {
      if (number <= (listed[i - 1]?.number ?? 0)) fail(400, "InvalidPartOrder")
      const found = upload.parts.get(number)
      return found?.etag === etag ? found : fail(400, "InvalidPart")
    })
    const { equalParts = false, smallestPart = 5 * mebibyte } = this.options
    for (const { content } of parts.slice(0, -1)) {
      if (content.size < smallestPart) fail(400, "EntityTooSmall")
      if (equalParts && content.size !== parts[0]?.content.size) fail(400, "InvalidPart", "All parts have one size")
    }
    this.check(request, key, this.honours("completeCreate"), this.honours("completeReplace"))
    const etag = `${md5(...parts.map((one) => Buffer.from(one.etag, "hex")))}-${parts.length}`
    this.bucket.put(key, joined(parts.map(({ content }) => content)), { fields: upload.fields, etag, now: this.now })
    this.bucket.uploads.delete(upload.id)
    return xml(
      200,
      `<CompleteMultipartUploadResult><Key>${
        escape(key)
      }</Key><ETag>&quot;${etag}&quot;</ETag></CompleteMultipartUploadResult>`
    )
  }
}
