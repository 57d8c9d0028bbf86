/**
 * A bucket as requests need it: its URLs, and what is signed.
 */
import * as MmioError from "@effect-mmio/core/MmioError"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as Api from "../S3Bucket.js"

/** @internal */
export interface Bucket {
  readonly name: string
  readonly region: string
  /** The origin that requests are signed for. */
  readonly origin: string
  /** The URL of the bucket, without a slash at its end. */
  readonly href: string
  readonly credentials: (() => Effect.Effect<Api.Credentials>) | undefined
  readonly timeout: Duration.Duration
  readonly attempts: number
}

const invalidOption = ({ attempts = 1, bucket, endpoint, region, timeout = 1 }: Api.Options): string | undefined => {
  if (!/^[\w.-]{1,255}$/.test(bucket) || /^\.+$/.test(bucket)) return "bucket: this is not the name of a bucket"
  if (!/^[\w-]+$/.test(region)) return "region: this is not the name of a region"
  if (!Number.isSafeInteger(attempts) || attempts < 1 || attempts > 20) {
    return `attempts: ${attempts} is not from 1 to 20`
  }
  const millis = Duration.toMillis(timeout)
  if (!(millis > 0)) return "timeout: it has to be longer than nothing"
  if (endpoint === undefined) return undefined
  if (!/^https?:\/\//i.test(endpoint) || !URL.canParse(endpoint)) return "endpoint: it is not a URL of http or https"
  const url = new URL(endpoint)
  if (url.username !== "" || url.password !== "") return "endpoint: a URL must not hold a user or a password"
  return url.search === "" && url.hash === "" ? undefined : "endpoint: it must not hold a query or a fragment"
}

/** @internal */
export const make = (operation: string, options: Api.Options): Effect.Effect<Bucket, MmioError.InvalidParameter> => {
  const { attempts = 5, bucket, credentials, endpoint, region, timeout = "30 seconds" } = options
  const description = invalidOption(options)
  if (description !== undefined) {
    return Effect.fail(new MmioError.InvalidParameter({ operation, file: `s3://${bucket}`, description }))
  }
  const url = new URL(endpoint ?? `https://s3.${region}.amazonaws.com`)
  const isInPath = options.pathStyle ?? (endpoint !== undefined || bucket.includes("."))
  if (!isInPath) url.host = `${bucket}.${url.host}`
  const base = `${url.origin}${url.pathname.replace(/\/+$/, "")}`
  return Effect.succeed({
    name: bucket,
    region,
    origin: url.origin,
    href: isInPath ? `${base}/${bucket}` : base,
    credentials: credentials === undefined || typeof credentials === "function"
      ? credentials
      : () => Effect.succeed(credentials),
    timeout: Duration.decode(timeout),
    attempts
  })
}

/** Text as a part of a path or a query, so that it is signed as it is sent. @internal */
export const encode = (text: string): string =>
  encodeURIComponent(text).replace(/[!'()*]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`)

/** A key as a part of a path. @internal */
export const encodeKey = (key: string): string => key.split("/").map(encode).join("/")

/** @internal */
export type Query = ReadonlyArray<readonly [name: string, value: string]>

/** The URL of an object, or of the bucket. @internal */
export const urlOf = ({ href }: Bucket, key: string | undefined, query: Query = []): string => {
  const search = query.map(([name, value]) => `${encode(name)}=${encode(value)}`).join("&")
  return `${href}/${key === undefined ? "" : encodeKey(key)}${search === "" ? "" : `?${search}`}`
}

/** What errors call an object. @internal */
export const shown = ({ name }: Bucket, key: string | undefined): string => `s3://${name}/${key ?? ""}`

const largestKey = 1024

/**
 * Why a name is not the key of an object, or undefined where it is one. Keys with `.` or `..` as a component are left
 * out: a URL cannot name them.
 *
 * @internal
 */
export const invalidKey = (key: string): string | undefined => {
  if (key === "") return "a key has at least one character"
  if (/\p{Surrogate}/u.test(key)) return "it holds half of a character"
  if (new TextEncoder().encode(key).length > largestKey) return `a key has at most ${largestKey} bytes`
  return key.split("/").some((component) => component === "." || component === "..")
    ? "a URL cannot name a key with . or .. as a component"
    : undefined
}

/** @internal */
export const url = (options: Api.Options, key: string): Effect.Effect<string, MmioError.InvalidParameter> =>
  Effect.flatMap(make("S3Bucket.url", options), (bucket) => {
    const description = invalidKey(key)
    return description === undefined
      ? Effect.succeed(urlOf(bucket, key))
      : Effect.fail(
        new MmioError.InvalidParameter({ operation: "S3Bucket.url", file: shown(bucket, key), description })
      )
  })
