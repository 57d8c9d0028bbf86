import * as MmioError from "../../MmioError.js"
import * as BufferState from "../bufferState.js"
import type { HandleBase } from "../handle.js"

/** Why a size has to be known. @internal */
export const onlyForward = (handle: HandleBase, operation: string, what: string): MmioError.CannotSeek =>
  new MmioError.CannotSeek({
    operation,
    file: handle.name.full,
    position: BufferState.position(handle.state.current),
    description: `the storage only goes forward: the size of ${what} has to be given, since nobody can come back to it`
  })
