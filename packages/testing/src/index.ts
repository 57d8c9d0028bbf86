/**
 * What drivers of effect-mmio and programs on top of it are tested with.
 *
 * @since 0.1.0
 */

/**
 * FastCheck arbitraries for what programs and drivers are tested with.
 *
 * @since 0.1.0
 */
export * as Arbitraries from "./Arbitraries.js"

/**
 * Storage that loses what was not flushed when the power goes, and what finds out whether a program can live with that.
 *
 * @since 0.1.0
 */
export * as Crash from "./Crash.js"

/**
 * Storage that goes wrong as it is told, and programs run with each of their operations failing.
 *
 * @since 0.1.0
 */
export * as Fault from "./Fault.js"

/**
 * What every storage driver has to do, as tests that run on any of them.
 *
 * @since 0.1.0
 */
export * as IOProcContract from "./IOProcContract.js"

/**
 * Interruption at every step, deterministically.
 *
 * @since 0.1.0
 */
export * as Interruption from "./Interruption.js"

/**
 * What a handle has to do, said as simply as it can be.
 *
 * @since 0.1.0
 */
export * as Model from "./Model.js"

/**
 * What a program asks of its storage as data: recorded, looked at, and answered again without the storage.
 *
 * @since 0.1.0
 */
export * as Recording from "./Recording.js"

/**
 * Storage in memory for tests: it does what a disk does, and shows what a program did with it.
 *
 * @since 0.1.0
 */
export * as TestIOProc from "./TestIOProc.js"
