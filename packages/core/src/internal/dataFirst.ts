/**
 * Calls of functions that take a handle first, and may also be given it last.
 */
import { isHandle } from "./handle/handle.js"

/**
 * Whether a function of `(self, options?)` was called with its handle, and not as `(options?)`. What is neither a
 * handle nor options is taken for the handle, so that using it is the defect that it is.
 *
 * @internal
 */
export const hasHandle = ({ 0: first, length }: IArguments): boolean =>
  length > 1 || isHandle(first) || (first !== undefined && (typeof first !== "object" || first === null))
