import * as MmioError from "../../MmioError.js"
import type { Limits } from "../../RiffLimits.js"

/** A limit that a file, and not the number of its problems, exceeds. @internal */
export type Exceedable = Exclude<keyof Limits, "problems">

const sentences: Record<Exceedable, (limit: number) => string> = {
  nesting: (limit) => `chunks are nested more than ${limit} deep`,
  chunks: (limit) => `there are more than ${limit} chunks`,
  bytes: (limit) => `more than ${limit} bytes would have to be read into memory`
}

/** @internal */
export const exceeded = (
  operation: string,
  file: string,
  limits: Limits,
  limit: Exceedable,
  position: number
): MmioError.InvalidFile =>
  new MmioError.InvalidFile({
    operation,
    file,
    position,
    description: `${sentences[limit](limits[limit])}, the limit RiffLimits.${limit}`
  })
