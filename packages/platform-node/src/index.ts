/**
 * Storage drivers for Node.js.
 *
 * @since 0.1.0
 */

/**
 * The files of the system, straight on `node:fs`.
 *
 * @since 0.1.0
 */
export * as NodeIOProc from "./NodeIOProc.js"
