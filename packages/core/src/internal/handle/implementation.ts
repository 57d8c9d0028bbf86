/**
 * From a handle as its users see it to the class that it is made of.
 */
import * as Inspectable from "effect/Inspectable"
import * as FileName from "../../FileName.js"
import type * as IOProc from "../../IOProc.js"
import type * as Api from "../../Mmio.js"
import * as MemoryBlock from "../memoryBlock.js"
import * as BufferState from "./bufferState.js"
import { Handle, isHandle } from "./handle.js"

/**
 * Every handle is made by this library, as a `Handle`: the interface is opaque, and cannot be implemented outside.
 *
 * @internal
 */
export const implementation = <A extends IOProc.Access>(handle: Api.Handle<A>): Handle<A> =>
  handle instanceof Handle ? handle : isHandle(handle) ? handle as Handle<A> : noHandle(handle)

/**
 * What a value that is no handle is taken for: a handle that was closed, so that its use is a defect of the effect, and
 * throws nothing before.
 */
const noHandle = <A extends IOProc.Access>(value: { readonly access: A }): Handle<A> => {
  const handle = new Handle<A>({
    name: FileName.plain(Inspectable.toStringUnknown(value, 0)),
    invalid: "this value is no handle",
    access: value?.access,
    driver: undefined,
    file: MemoryBlock.file,
    ownsFile: false,
    commitsOnFailure: false,
    initial: BufferState.make(new Uint8Array(0), 0)
  })
  handle.lock.close()
  return handle
}
