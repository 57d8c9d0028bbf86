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
 * Recorded sequences of calls, each with its result, and what replays them.
 *
 * @since 0.1.0
 */
export * as Conformance from "./Conformance.js"

/**
 * Files of independent encoders with what is in them, and what checks that this library finds the same and builds the same.
 *
 * @since 0.1.0
 */
export * as Fixtures from "./Fixtures.js"

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
