/** Has an import of vitest, by whichever module, fail: as where it is not installed. */
import { register } from "node:module"

const hooks = `export const resolve = (specifier, context, next) => {
  if (/^(@effect\\/)?vitest(\\/|$)/.test(specifier)) throw new Error("not installed: " + specifier)
  return next(specifier, context)
}`
register(`data:text/javascript,${encodeURIComponent(hooks)}`)
