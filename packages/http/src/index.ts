/**
 * Files on web servers as storage.
 *
 * @since 0.1.0
 */

/**
 * The files of web servers, as a storage that only reads.
 *
 * @since 0.1.0
 */
export * as HttpIOProc from "./HttpIOProc.js"

/**
 * Ranged reads of one version of one resource.
 *
 * @since 0.1.0
 */
export * as HttpRange from "./HttpRange.js"

/**
 * What can go wrong with a request for a part of a resource.
 *
 * @since 0.1.0
 */
export * as HttpRangeError from "./HttpRangeError.js"
