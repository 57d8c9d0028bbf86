/** Changing chunks of a file in place: all of a change or none, also where the command is interrupted or dies. */
import * as Mmio from "@effect-mmio/core/Mmio"
import * as Riff from "@effect-mmio/core/Riff"
import type * as RiffEdit from "@effect-mmio/core/RiffEdit"
import * as Effect from "effect/Effect"
import type { FileError } from "./failure.js"
import { withHeld } from "./held.js"
import type { Output } from "./output.js"
import { withProgress } from "./progress.js"
import { remark } from "./remarks.js"
import { adviseRepair } from "./repairable.js"

/** The form of a WAVE file; steps of a path, since ids may hold what a path as text cannot. */
export const wave: Riff.PathStep = { id: "RIFF", type: "WAVE" }

/** A chunk with data, as an edit puts it in. */
export type Entry = Extract<RiffEdit.Content, { readonly data: Uint8Array }>

/** The chunks in the data of a list, which begins with its type. */
export const entriesOf = (list: Uint8Array, byteOrder: Riff.ByteOrder): ReadonlyArray<Entry> => {
  const view = new DataView(list.buffer, list.byteOffset, list.length)
  const entries: Array<Entry> = []
  for (let at = 4; at + 8 <= list.length;) {
    const size = view.getUint32(at + 4, byteOrder === "little")
    const data = list.subarray(at + 8, at + 8 + size)
    entries.push({ chunk: String.fromCharCode(...list.subarray(at, at + 4)), data })
    at += 8 + data.length + data.length % 2
  }
  return entries
}

/** What an edit did, and what was found before it. */
export interface Edited<A> {
  readonly found: A
  /** None where there was nothing to change. */
  readonly report: RiffEdit.Report | undefined
}

/**
 * Reads what has to be known of a file, and edits it accordingly. A file that is damaged is left as it is: where
 * `mmio repair` corrects it, the failure says so.
 */
export const editFile = <A, E extends FileError>(
  text: string,
  read: (file: Mmio.Handle<"read">) => Effect.Effect<A, E>,
  editsFor: (found: A) => Effect.Effect<ReadonlyArray<RiffEdit.RiffEdit>, FileError>
): Effect.Effect<Edited<A>, FileError, Output> =>
  adviseRepair(
    text,
    withHeld(text, (located) =>
      Effect.gen(function*() {
        const { name } = located
        // An unfinished edit is finished first: it decides what there is to read.
        yield* Riff.recover(name)
        const found = yield* Mmio.withFile(name, { access: "read" }, read)
        const edits = yield* editsFor(found)
        if (edits.length === 0) return { found, report: undefined }
        const report = yield* withProgress(text, "bytes", (advance) =>
          Riff.edit(name, edits, {
            onProgress: ({ done, total }) => Effect.sync(() => advance(done, total))
          }))
        yield* remark(located)
        return { found, report }
      }))
  )
