/**
 * What middleware is made with: a driver with some functions of its own, and one whose files are changed as they are
 * opened.
 */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type * as Api from "../../IOProc.js"
import * as MmioError from "../../MmioError.js"
import { wrapFile } from "../io/positionalFile.js"
import { override } from "../ioProc.js"
import { checkOrder } from "./order.js"

/** Throws `InvalidParameter` for an option that no middleware of this name can have. @internal */
export const invalid = (name: string, description: string): never => {
  throw new MmioError.InvalidParameter({
    operation: `IOProc.${name}`,
    file: "the files of a storage",
    description
  })
}

/** Throws `InvalidParameter` unless a number is an integer of at least `least`. @internal */
export const requireInteger = (name: string, what: string, value: number, least: number): void => {
  if (!Number.isSafeInteger(value) || value < least) invalid(name, `${value} is an invalid ${what}`)
}

/**
 * A driver with some functions of its own, and the drivers that it finds likewise: each of them once, so that all names
 * that lead to a driver share what the middleware keeps for it.
 *
 * @internal
 */
export const around = (
  name: string,
  self: Api.IOProc,
  functions: (inner: Api.IOProc) => Partial<Omit<Api.IOProc, Api.TypeId | "find" | "middleware">>
): Api.IOProc => {
  checkOrder(name, self)
  const made = new WeakMap<Api.IOProc, Api.IOProc>()
  const wrap = (inner: Api.IOProc): Api.IOProc => {
    const known = made.get(inner)
    if (known !== undefined) return known
    const outer = override(inner, {
      ...functions(inner),
      find: (code) => Option.map(inner.find(code), wrap),
      middleware: [name, ...inner.middleware]
    })
    made.set(inner, outer)
    return outer
  }
  return wrap(self)
}

/** `open` whose file has other functions. @internal */
export const openWith = (
  inner: Api.IOProc,
  f: (file: Api.File, request: Api.OpenRequest) => Partial<Api.File>
): Api.IOProc["open"] =>
(request) => Effect.map(inner.open(request), (file) => wrapFile(file, f(file, request)))
