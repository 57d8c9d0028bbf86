/**
 * The predefined procedures. That of `"MEM "` has files that are blocks of memory: the window of a handle is then the
 * whole file, so the file below it is never asked for anything.
 */
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Option from "effect/Option"
import * as Predicate from "effect/Predicate"
import * as FourCC from "../FourCC.js"
import type * as IOProc from "../IOProc.js"
import { knowsNoMessage, plainCapabilities } from "./io/positionalFile.js"
import { make } from "./ioProc.js"

/**
 * What is below the window of every memory file: nothing. It is written out, since `makeFile` would come along with
 * every program that opens a file.
 *
 * @internal
 */
export const file: IOProc.File = {
  capabilities: plainCapabilities,
  size: Exit.succeed(0),
  readAt: () => Exit.succeed(0),
  writeAt: (_, source) => Exit.succeed(source.length),
  commit: Exit.void,
  close: Exit.void,
  abort: Exit.void,
  version: Option.none(),
  identity: Option.none(),
  onMessage: knowsNoMessage
}

/** Recognised by `Mmio.open`, which makes a new block for each handle. @internal */
export const procedure: IOProc.IOProc = make({ open: () => Effect.succeed(file) })

/**
 * What a code means where nothing is installed for it: `"DOS "` is the storage, `"MEM "` blocks of memory.
 *
 * @internal
 */
export const predefined = (storage: IOProc.IOProc, code: FourCC.FourCC): Option.Option<IOProc.IOProc> =>
  code === FourCC.DOS ? Option.some(storage) : code === FourCC.MEM ? Option.some(procedure) : Option.none()

/** By how many bytes a block grows, where the parameters say so. @internal */
export const expandByOf = (parameters: unknown): number =>
  Predicate.hasProperty(parameters, "expandBy") && typeof parameters.expandBy === "number" ? parameters.expandBy : 0
