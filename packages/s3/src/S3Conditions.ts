/**
 * Which conditions a store honours. S3 stores differ in that, and those that ignore a condition do not say so: a write
 * that needs one is then refused, and not hoped for.
 *
 * @since 0.1.0
 */
import type * as MmioError from "@effect-mmio/core/MmioError"
import type * as HttpClient from "@effect/platform/HttpClient"
import type * as Effect from "effect/Effect"
import * as internal from "./internal/probe.js"
import type * as S3Bucket from "./S3Bucket.js"
import type { S3Error } from "./S3Error.js"

/**
 * The conditions that a store honours.
 *
 * @since 0.1.0
 * @category models
 */
export interface Conditions {
  /** `PutObject` with `If-None-Match: *`: of several that create a key, one succeeds. */
  readonly create: boolean
  /** `PutObject` with `If-Match`: of several that replace a version, one succeeds; a missing key is not created. */
  readonly replace: boolean
  /** `CompleteMultipartUpload` with `If-None-Match: *`. */
  readonly completeCreate: boolean
  /** `CompleteMultipartUpload` with `If-Match`. */
  readonly completeReplace: boolean
  /** `CopyObject` and `UploadPartCopy` with `x-amz-copy-source-if-match`. */
  readonly copySource: boolean
  /** `DeleteObject` with `If-Match`. */
  readonly remove: boolean
  /**
   * Whether entity tags in conditions have quotes, as HTTP has them. Ceph 16 compares them without, where an object is
   * written.
   */
  readonly quoted: boolean
}

/**
 * What AWS documents for general purpose buckets: all of them.
 *
 * @since 0.1.0
 * @category constructors
 */
export const all: Conditions = {
  create: true,
  replace: true,
  completeCreate: true,
  completeReplace: true,
  copySource: true,
  remove: true,
  quoted: true
}

/**
 * None at all: such a store is only read, unless `allowUnconditional` is given.
 *
 * @since 0.1.0
 * @category constructors
 */
export const none: Conditions = {
  create: false,
  replace: false,
  completeCreate: false,
  completeReplace: false,
  copySource: false,
  remove: false,
  quoted: true
}

/**
 * Finds out which conditions a store honours: writes objects whose keys begin with `prefix` and a random name, tries
 * each condition where it holds and where it does not, has six writers race for one, and removes the objects. It makes
 * about 40 small requests, and needs the right to read, write and remove there. A race that a store decides wrongly
 * only at times is found only at times: what the store documents counts for more.
 *
 * @since 0.1.0
 * @category constructors
 */
export const probe: (
  bucket: S3Bucket.Options,
  options?: {
    /** What the keys of the probe begin with. Default: `".effect-mmio-probe/"`. */
    readonly prefix?: string | undefined
  }
) => Effect.Effect<Conditions, S3Error | MmioError.InvalidParameter, HttpClient.HttpClient> = internal.probe
