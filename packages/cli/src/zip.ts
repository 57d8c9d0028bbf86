/** The elements of ZIP archives: loaded when a name has a `+` after `.zip`. */
import * as IOProc from "@effect-mmio/core/IOProc"
import * as ZipIOProc from "@effect-mmio/zip/ZipIOProc"
import * as Effect from "effect/Effect"

/** The elements of the archives that a storage has. */
export const load = (storage: IOProc.IOProc): Effect.Effect<IOProc.IOProc> =>
  Effect.provideService(ZipIOProc.make(), IOProc.IOProc, storage)
