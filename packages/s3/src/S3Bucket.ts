/**
 * Where a bucket is, and who asks for it.
 *
 * @since 0.1.0
 */
import type * as MmioError from "@effect-mmio/core/MmioError"
import type * as Duration from "effect/Duration"
import type * as Effect from "effect/Effect"
import type * as Redacted from "effect/Redacted"
import * as internal from "./internal/bucket.js"

/**
 * Who signs requests. No log, span or error shows what is `Redacted`.
 *
 * @since 0.1.0
 * @category models
 */
export interface Credentials {
  /** The name of the key. */
  readonly accessKeyId: string
  /** The key itself. */
  readonly secretAccessKey: Redacted.Redacted
  /** What session credentials have beside the key. */
  readonly sessionToken?: Redacted.Redacted | undefined
}

/**
 * A bucket, and how it is asked.
 *
 * @since 0.1.0
 * @category options
 */
export interface Options {
  /** The name of the bucket. */
  readonly bucket: string
  /** The region that signatures name: `"us-east-1"` for most stores that have none, `"auto"` for R2. */
  readonly region: string
  /** The URL of the store, without the bucket: http or https, without a query. Default: that of AWS for the region. */
  readonly endpoint?: string | undefined
  /**
   * Whether the bucket is in the path of URLs, and not in their host. Default: true where `endpoint` is given or the
   * name of the bucket has a dot, else false.
   */
  readonly pathStyle?: boolean | undefined
  /**
   * Who signs requests: the credentials, or an effect that is run for each request and gives those of now, as for
   * credentials of a session (`Effect.cachedWithTTL` keeps them). Default: requests are not signed, as for public
   * buckets.
   */
  readonly credentials?: Credentials | (() => Effect.Effect<Credentials>) | undefined
  /**
   * How long the store may take for the head of an answer, and how long it may send nothing of a body; what is sent has
   * a second more for every 64 KiB. Default: 30 seconds.
   */
  readonly timeout?: Duration.DurationInput | undefined
  /**
   * How often a request is made that fails for a while: no answer, a broken connection, 408, 429, 5xx, `SlowDown`. The
   * waits between them double from 100 ms on, up to 5 seconds, each random in its upper half, and are as long as the
   * store asks for (up to a minute). From 1 to 20. Default: 5.
   */
  readonly attempts?: number | undefined
}

/**
 * The URL of an object, as it is asked for: in a public bucket, anyone can. Fails with `InvalidParameter` for an
 * invalid option, and for a key that a URL cannot name.
 *
 * @example
 * ```ts
 * import { S3Bucket } from "@effect-mmio/s3"
 *
 * // https://sounds.s3.eu-central-1.amazonaws.com/takes/1.wav
 * export const url = S3Bucket.url({ bucket: "sounds", region: "eu-central-1" }, "takes/1.wav")
 * ```
 *
 * @since 0.1.0
 * @category accessors
 */
export const url: (bucket: Options, key: string) => Effect.Effect<string, MmioError.InvalidParameter> = internal.url
