/**
 * What dead processes leave in a bucket: multipart uploads that were begun, and neither completed nor aborted. They are
 * no objects, no listing shows them, and they cost what objects of their size cost until they are aborted.
 *
 * A handle aborts its upload where its commit fails or is interrupted. A process that is killed cannot; a rule of the
 * bucket (`AbortIncompleteMultipartUpload`) or {@link abortOlder}, run from time to time, does it then.
 *
 * @since 0.1.0
 */
import type * as MmioError from "@effect-mmio/core/MmioError"
import type * as HttpClient from "@effect/platform/HttpClient"
import type * as Duration from "effect/Duration"
import type * as Effect from "effect/Effect"
import type * as Stream from "effect/Stream"
import * as internal from "./internal/leftovers.js"
import type * as S3Bucket from "./S3Bucket.js"
import type { S3Error } from "./S3Error.js"

/**
 * An upload that is neither complete nor aborted.
 *
 * @since 0.1.0
 * @category models
 */
export interface Upload {
  /** The key of the object that it is to be. */
  readonly key: string
  /** The store's name for it. */
  readonly id: string
  /** When it was begun. */
  readonly begun: Date
}

/**
 * The uploads of a bucket, or of the keys that begin with a prefix. A process that is alive has some of them.
 *
 * @since 0.1.0
 * @category accessors
 */
export const list: (
  bucket: S3Bucket.Options,
  options?: {
    /** What the keys begin with. Default: all keys. */
    readonly prefix?: string | undefined
  }
) => Stream.Stream<Upload, S3Error | MmioError.InvalidParameter, HttpClient.HttpClient> = internal.list

/**
 * Aborts the uploads that were begun longer ago than `age`, and gives them. A writer that is still alive finds its
 * upload gone, and its commit fails: `age` has to be longer than any commit takes.
 *
 * @example
 * ```ts
 * import { S3Uploads } from "@effect-mmio/s3"
 * import { FetchHttpClient } from "@effect/platform"
 * import { Effect } from "effect"
 *
 * export const clean = S3Uploads.abortOlder({ bucket: "sounds", region: "eu-central-1" }, { age: "1 day" }).pipe(
 *   Effect.tap((aborted) => Effect.log(`aborted ${aborted.length} uploads of dead processes`)),
 *   Effect.provide(FetchHttpClient.layer)
 * )
 * ```
 *
 * @since 0.1.0
 * @category destructors
 */
export const abortOlder: (
  bucket: S3Bucket.Options,
  options: {
    /** How long ago an upload has to have been begun. */
    readonly age: Duration.DurationInput
    /** What the keys begin with. Default: all keys. */
    readonly prefix?: string | undefined
  }
) => Effect.Effect<ReadonlyArray<Upload>, S3Error | MmioError.InvalidParameter, HttpClient.HttpClient> =
  internal.abortOlder
