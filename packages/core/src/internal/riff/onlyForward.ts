import * as MmioError from "../../MmioError.js"
import type { Handle } from "../handle/handle.js"

/** Why a size has to be known. @internal */
export const onlyForward = (handle: Handle, operation: string, what: string): MmioError.SeekError =>
  new MmioError.CannotSeek({
    operation,
    file: handle.name.full,
    position: handle.window.position,
    description:
      `the storage only goes forward: the size of ${what} has to be given, since the writer cannot come back to it`
  })
