/**
 * Buffered, seekable file handles over swappable storage drivers, and navigation of RIFF files.
 *
 * @since 0.1.0
 */

/**
 * The names that POSIX systems give their errors, as the errors of this library.
 *
 * @since 0.1.0
 */
export * as Errno from "./Errno.js"

/**
 * Names of files, and of elements inside of files.
 *
 * @since 0.1.0
 */
export * as FileName from "./FileName.js"

/**
 * The `FileSystem` of `@effect/platform` as a storage.
 *
 * @since 0.1.0
 */
export * as FileSystemIOProc from "./FileSystemIOProc.js"

/**
 * Four-character codes.
 *
 * @since 0.1.0
 */
export * as FourCC from "./FourCC.js"

/**
 * Storage drivers: what a driver is, and how drivers stack.
 *
 * @since 0.1.0
 */
export * as IOProc from "./IOProc.js"

/**
 * Any storage as `@effect/platform`'s `FileSystem`: the other way round of `FileSystemIOProc`. Programs that know only
 * a `FileSystem`, such as `HttpServerResponse.file` over `HttpPlatform.layer` and `KeyValueStore.layerFileSystem`, so
 * run over memory, an archive or a database.
 *
 * @since 0.1.0
 */
export * as IOProcFileSystem from "./IOProcFileSystem.js"

/**
 * Drivers that are installed and removed while a program runs.
 *
 * @since 0.1.0
 */
export * as IOProcRegistry from "./IOProcRegistry.js"

/**
 * The values of `@effect/platform`'s `KeyValueStore` as files.
 *
 * @since 0.1.0
 */
export * as KeyValueIOProc from "./KeyValueIOProc.js"

/**
 * A whole named storage held in memory.
 *
 * @since 0.1.0
 */
export * as MemoryIOProc from "./MemoryIOProc.js"

/**
 * Handles: buffered, seekable files over any storage.
 *
 * @since 0.1.0
 */
export * as Mmio from "./Mmio.js"

/**
 * What can go wrong.
 *
 * @since 0.1.0
 */
export * as MmioError from "./MmioError.js"

/**
 * RIFF files: chunks found, entered, left and made.
 *
 * @since 0.1.0
 */
export * as Riff from "./Riff.js"

/**
 * What `Riff.repair` corrects.
 *
 * @since 0.1.0
 */
export * as RiffCorrection from "./RiffCorrection.js"

/**
 * What `Riff.edit` can change in a file.
 *
 * @since 0.1.0
 */
export * as RiffEdit from "./RiffEdit.js"

/**
 * How far the functions of `Riff` follow what a file says.
 *
 * @since 0.1.0
 */
export * as RiffLimits from "./RiffLimits.js"

/**
 * What can be wrong with a RIFF file.
 *
 * @since 0.1.0
 */
export * as RiffProblem from "./RiffProblem.js"

/**
 * Sharing modes: what the open handles of a file allow each other.
 *
 * @since 0.1.0
 */
export * as Sharing from "./Sharing.js"

/**
 * What the chunks of a WAVE file say.
 *
 * @since 0.1.0
 */
export * as Wave from "./Wave.js"

/**
 * What can be wrong with the contents of a WAVE file: data, that `Wave.info` and `Wave.decodeLenient` give.
 *
 * @since 0.1.0
 */
export * as WaveProblem from "./WaveProblem.js"
