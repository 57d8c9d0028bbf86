/**
 * Archives as storage: elements of ZIP files are files.
 *
 * @since 0.1.0
 */

/**
 * The elements of ZIP archives, as a storage over any other.
 *
 * @since 0.1.0
 */
export * as ZipIOProc from "./ZipIOProc.js"

/**
 * How far the storage follows what an archive says of itself.
 *
 * @since 0.1.0
 */
export * as ZipLimits from "./ZipLimits.js"
