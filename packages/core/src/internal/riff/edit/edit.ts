/**
 * The shell around an edit: reads the file, has the edit planned, and does it.
 */
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Random from "effect/Random"
import type * as FileName from "../../../FileName.js"
import type * as IOProc from "../../../IOProc.js"
import * as Mmio from "../../../Mmio.js"
import type * as Api from "../../../Riff.js"
import type * as RiffEdit from "../../../RiffEdit.js"
import { implementation } from "../../handle/implementation.js"
import * as Layout from "../layout.js"
import { current } from "../limits.js"
import * as Tree from "../tree.js"
import { edited } from "./editing.js"
import { ExclusiveFile } from "./exclusiveFile.js"
import * as Journal from "./journal.js"
import * as Obstacles from "./obstacles.js"
import * as Plan from "./plan.js"
import * as Recovery from "./recovery.js"
import * as Samples from "./samples.js"
import { segments } from "./segments.js"
import type { Omitted } from "./steps.js"
import { formsEnd } from "./unfinished.js"
import { advancing, inPlace } from "./write.js"

/** The file has to be opened in another way: readers see the old content until the new one is complete. */
class CommitsOnClose {
  readonly _tag = "CommitsOnClose"
}

// ---------------------------------------------------------------------------------------------------------------------
// recovering
// ---------------------------------------------------------------------------------------------------------------------

const recoverOpen = (
  file: ExclusiveFile,
  handle: Mmio.ReadWriteHandle,
  options: { readonly discard: boolean; readonly ofCopies: boolean; readonly at?: number | undefined }
) =>
  Effect.gen(function*() {
    const limits = yield* current
    const length = yield* file.size
    const own = implementation(handle)
    const end = yield* own.exclusive(file.operation, (restore) => formsEnd(own, limits, length, restore, options.at))
    const recovered = yield* Recovery.recover(file, { ...options, formsEnd: end })
    if (recovered !== "nothing") {
      yield* Effect.logWarning(
        recovered === "applied"
          ? `${file.name.full}: an edit that was not finished is finished now`
          : `${file.name.full}: the journal of an edit was removed`
      )
    }
    return recovered
  })

/** @internal */
export const recover = (
  name: string | FileName.FileName,
  options: Api.RecoverOptions | undefined
): Effect.Effect<RiffEdit.Recovery, Api.RecoverError, IOProc.IOProc> =>
  Mmio.withFile(
    name,
    { ioProc: options?.ioProc, access: "readWrite", share: "exclusive", buffer: "none" },
    (handle) =>
      recoverOpen(new ExclusiveFile("Riff.recover", handle), handle, {
        discard: options?.discard ?? false,
        ofCopies: true
      })
  )

// ---------------------------------------------------------------------------------------------------------------------
// editing
// ---------------------------------------------------------------------------------------------------------------------

const refuse = (file: ExclusiveFile, { message, offset }: Obstacles.Obstacle) =>
  Effect.fail(file.invalid(offset, `the file is damaged: ${message}`))

/** The tree of a file in which pad bytes that are missing are no problem, since the edit inserts them. */
const withoutMissingPadding = (tree: Api.Tree): Api.Tree => ({
  ...tree,
  problems: tree.problems.filter(({ _tag }) => _tag !== "MissingPadByte")
})

/** What is written, of the file as it is. */
const planOf = (
  file: ExclusiveFile,
  handle: Mmio.ReadWriteHandle,
  { edits, options }: Editing
) =>
  Effect.gen(function*() {
    const limits = yield* current
    const own = implementation(handle)
    const { at, keepOrder = false } = options ?? {}
    const tree = edits.some(({ _tag }) => _tag === "Pad")
      ? withoutMissingPadding(yield* Tree.tree(own, { at, lenient: "padding" }))
      : yield* Tree.tree(own, { at })
    const found = Obstacles.find(tree, tree.problems.length === 0 ? tree : yield* Tree.tree(own, { at, lenient: true }))
    if ("message" in found) return yield* refuse(file, found)
    const done = yield* edited(file.name.full, limits, tree, edits)
    const inside = Obstacles.inLists(done.forms, found)
    if (inside !== undefined) return yield* refuse(file, inside)
    const samples = yield* Samples.count(file, done.forms)
    const plan = yield* Plan.make(file.name.full, done, tree.length, { keepOrder, samples })
    const last = tree.chunks.at(-1)?.chunk
    return { length: tree.length, layout: last === undefined ? Layout.little : Layout.layoutOf(last), plan }
  })

const nonce: Effect.Effect<Uint8Array> = Effect.map(
  Effect.all([Random.nextIntBetween(0, 2 ** 32), Random.nextIntBetween(0, 2 ** 32)]),
  ([low, high]) => Uint8Array.of(...Layout.uint32Bytes(low, "little"), ...Layout.uint32Bytes(high, "little"))
)

interface Editing {
  readonly edits: ReadonlyArray<RiffEdit.RiffEdit>
  readonly options: Api.EditOptions | undefined
  readonly omitted: Omitted | undefined
}

/** Edits a file in place, by way of a journal. */
const editInPlace = (handle: Mmio.ReadWriteHandle, editing: Editing) =>
  Effect.gen(function*() {
    const { omitted, options } = editing
    const file = new ExclusiveFile("Riff.edit", handle)
    if (file.commitsOnClose) return yield* Effect.fail(new CommitsOnClose())
    const recovered = yield* recoverOpen(file, handle, { discard: false, ofCopies: false, at: options?.at })
    const planned = yield* file.stat
    const { layout, length, plan } = yield* planOf(file, handle, editing)
    let appended = 0
    if (plan.writes.length > 0) {
      if (!file.canTruncate) return yield* Effect.fail(file.cannotTruncate)
      const draft = Journal.draft({
        layout,
        segments: segments(plan.writes),
        nonce: yield* nonce,
        oldLength: length,
        newLength: plan.length
      })
      appended = yield* inPlace(file, { draft, planned, onProgress: options?.onProgress, omitted })
    }
    const now = appended === 0 ? plan.length : yield* file.size
    return Data.struct({ moved: plan.moved, written: Plan.written(plan), length: now, recovered, appended })
  })

/** Edits a file that shows its new content to others once it is complete: nothing else has to make sure of that. */
const editContent = (
  name: string | FileName.FileName,
  handle: Mmio.ReadWriteHandle,
  editing: Editing
) =>
  Effect.gen(function*() {
    const { options } = editing
    const file = new ExclusiveFile("Riff.edit", handle)
    const recovered = yield* recoverOpen(file, handle, { discard: false, ofCopies: false, at: options?.at })
    // What is copied is read from the content that others see.
    if (recovered !== "nothing") yield* Mmio.commit(handle)
    const { plan } = yield* planOf(file, handle, editing)
    const written = Plan.written(plan)
    const list = segments(plan.writes)
    const write = (old: ExclusiveFile) =>
      Journal.writeDirectly(old, file, list, advancing(options?.onProgress, "file", written))
    if (list.some(({ source }) => source._tag === "Copy")) {
      yield* Mmio.withFile(
        name,
        { ioProc: options?.ioProc, access: "read", share: "denyNone", buffer: "none" },
        (old) => write(new ExclusiveFile("Riff.edit", old))
      )
    } else yield* write(file)
    return { moved: plan.moved, written, length: plan.length, recovered, appended: 0 }
  })

/** Edits a file. Tests leave out some steps. */
export const edit = (
  name: string | FileName.FileName,
  edits: ReadonlyArray<RiffEdit.RiffEdit>,
  options: Api.EditOptions | undefined,
  omitted?: Omitted
): Effect.Effect<RiffEdit.Report, Api.EditError, IOProc.IOProc> => {
  const editing = { edits, options, omitted }
  const open = { ioProc: options?.ioProc, access: "readWrite", buffer: "none" } as const
  return Effect.catchIf(
    Mmio.withFile(name, { ...open, share: "exclusive" }, (handle) => editInPlace(handle, editing)),
    (error) => error._tag === "CommitsOnClose",
    // Others may read it meanwhile: they see the old content.
    () => Mmio.withFile(name, { ...open, share: "denyWrite" }, (handle) => editContent(name, handle, editing))
  )
}
