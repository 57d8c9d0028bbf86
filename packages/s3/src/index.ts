/**
 * Object stores that speak the S3 API as storage.
 *
 * @since 0.1.0
 */

/**
 * Where a bucket is, and who asks for it.
 *
 * @since 0.1.0
 */
export * as S3Bucket from "./S3Bucket.js"

/**
 * Which conditions a store honours.
 *
 * @since 0.1.0
 */
export * as S3Conditions from "./S3Conditions.js"

/**
 * What work on an object store has cost.
 *
 * @since 0.1.0
 */
export * as S3Costs from "./S3Costs.js"

/**
 * What can go wrong with a request to an object store.
 *
 * @since 0.1.0
 */
export * as S3Error from "./S3Error.js"

/**
 * The objects of a bucket as a storage.
 *
 * @since 0.1.0
 */
export * as S3IOProc from "./S3IOProc.js"

/**
 * What dead processes leave in a bucket.
 *
 * @since 0.1.0
 */
export * as S3Uploads from "./S3Uploads.js"
