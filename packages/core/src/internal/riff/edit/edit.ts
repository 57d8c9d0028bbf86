/**
 * The shell around an edit: reads the file, has the edit planned, and does it by way of the journal.
 */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as FileName from "../../../FileName.js"
import type * as IOProc from "../../../IOProc.js"
import * as Mmio from "../../../Mmio.js"
import * as MmioError from "../../../MmioError.js"
import type * as Api from "../../../Riff.js"
import type * as RiffEdit from "../../../RiffEdit.js"
import { RiffLimits } from "../../../RiffLimits.js"
import * as RiffProblem from "../../../RiffProblem.js"
import type { HandleBase } from "../../handle.js"
import { implementation, withFileOf } from "../../mmio.js"
import * as Tree from "../tree.js"
import { edited } from "./editing.js"
import * as Journal from "./journal.js"
import * as Plan from "./plan.js"

const suffix = ".mmio-journal"

/** The name of the journal of a file, unless the caller gives another. */
const journalOf = (name: FileName.FileName): FileName.FileName =>
  new FileName.FileName({
    full: `${name.full}${suffix}`,
    path: name.element._tag === "Some" ? name.path : `${name.path}${suffix}`,
    element: Option.map(name.element, (element) => `${element}${suffix}`),
    code: name.code
  })

/** The names of what an edit is about. */
interface Files {
  readonly name: FileName.FileName
  readonly journal: FileName.FileName
  readonly options: Mmio.NameOptions
}

const filesOf = (given: string | FileName.FileName, options: Api.RecoverOptions | undefined): Files => {
  const name = FileName.from(given)
  return {
    name,
    journal: options?.journal === undefined ? journalOf(name) : FileName.from(options.journal),
    options: { ioProc: options?.ioProc }
  }
}

/** Nobody else is to see a file that is being edited, nor its journal. */
const exclusively = ({ options }: Files): Mmio.OpenOptions<"readWrite"> & Mmio.NameOptions => ({
  ...options,
  access: "readWrite",
  share: "exclusive"
})

const silently: Journal.Advance = () => Effect.void

/** Does what a journal says, and has it say nothing more. Nothing stops it: what is half done would have to be done again. */
const finish = (
  file: Mmio.ReadWriteHandle,
  journal: Mmio.ReadWriteHandle,
  records: ReadonlyArray<Journal.Record>,
  advance: Journal.Advance
) =>
  Effect.uninterruptible(
    Effect.zipRight(Journal.apply(journal, file, records, advance), Journal.revoke(journal))
  )

/** Removes a journal that says nothing; gives its name where that cannot be done. */
const remove = ({ journal, options }: Files): Effect.Effect<Option.Option<FileName.FileName>, never, IOProc.IOProc> =>
  Mmio.remove(journal, options).pipe(
    Effect.as(Option.none()),
    Effect.catchTag("FileNotFound", () => Effect.succeedNone),
    Effect.orElseSucceed(() => Option.some(journal))
  )

// ---------------------------------------------------------------------------------------------------------------------
// recovering
// ---------------------------------------------------------------------------------------------------------------------

const withBoth = <B, E, R>(
  files: Files,
  use: (file: Mmio.ReadWriteHandle, journal: Mmio.ReadWriteHandle) => Effect.Effect<B, E, R>
) =>
  Mmio.withFile(
    files.name,
    exclusively(files),
    (file) => Mmio.withFile(files.journal, exclusively(files), (journal) => use(file, journal))
  )

const recoverFiles = (files: Files): Effect.Effect<RiffEdit.Recovery, Api.RecoverError, IOProc.IOProc> =>
  Effect.gen(function*() {
    if (!(yield* Mmio.exists(files.journal, files.options))) return "nothing"
    const header = yield* Mmio.withFile(files.journal, files.options, Journal.readHeader)
    const refuse = (description: string) =>
      Effect.fail(new MmioError.InvalidFile({ operation: "Riff.recover", file: files.name.full, description }))
    if (header !== undefined) {
      yield* withBoth(files, (file, journal) =>
        Effect.gen(function*() {
          const records = yield* Journal.records(journal, header)
          // All of it was there before its header was: somebody else has damaged it, and with it goes the only copy of what was to be.
          if (records === undefined) return yield* refuse(`the journal ${files.journal.full} is damaged`)
          if (!(yield* Journal.isOf(file, header, records))) {
            return yield* refuse(
              `the journal ${files.journal.full} is of another file: remove it, or bring that file back`
            )
          }
          yield* finish(file, journal, records, silently)
        }))
    }
    yield* remove(files)
    return header === undefined ? "discarded" : "finished"
  })

/** @internal */
export const recover = (
  name: string | FileName.FileName,
  options: Api.RecoverOptions | undefined
): Effect.Effect<RiffEdit.Recovery, Api.RecoverError, IOProc.IOProc> => recoverFiles(filesOf(name, options))

// ---------------------------------------------------------------------------------------------------------------------
// editing
// ---------------------------------------------------------------------------------------------------------------------

/** What is written, of the file as it is. */
const planOf = (
  files: Files,
  file: Mmio.ReadWriteHandle,
  edits: ReadonlyArray<RiffEdit.RiffEdit>,
  keepOrder: boolean
) =>
  Effect.gen(function*() {
    const limits = yield* RiffLimits
    const tree = yield* Tree.tree(implementation(file), undefined)
    // Where a chunk ends whose size is not known, nothing can be put behind it.
    const problem = tree.problems.find(({ _tag, level }) => level === "error" || _tag === "UnknownSize")
    if (problem !== undefined) {
      return yield* Effect.fail(
        new MmioError.InvalidFile({
          operation: "Riff.edit",
          file: files.name.full,
          position: problem.offset,
          description: `the file is damaged: ${problem.message}`
        })
      )
    }
    const forms = yield* edited(files.name.full, limits, tree, edits)
    return { length: tree.length, plan: yield* Plan.make(files.name.full, forms, tree.length, keepOrder) }
  })

/** Writes a plan. Until the edit is decided, a failure or an interruption leaves nothing behind; then it runs to its end. */
const write = (
  files: Files,
  file: Mmio.ReadWriteHandle,
  plan: Plan.Plan,
  length: number,
  onProgress: Api.EditOptions["onProgress"]
): Effect.Effect<Option.Option<FileName.FileName>, Api.EditError, IOProc.IOProc> =>
  Effect.uninterruptibleMask((restore) => {
    const advancing = (phase: "journal" | "file", total: number): Journal.Advance => {
      let done = 0
      return (bytes) => {
        done += bytes
        return onProgress === undefined ? Effect.void : onProgress({ phase, done, total })
      }
    }
    let decided = false
    const writing = Mmio.withFile(
      files.journal,
      { ...exclusively(files), create: true },
      (journal) =>
        Effect.gen(function*() {
          const { header, records } = yield* restore(
            Journal.prepare(journal, file, plan, length, advancing("journal", Journal.payloadOf(plan)))
          )
          yield* Effect.tapError(Journal.commit(journal, header), () => Effect.ignore(Journal.revoke(journal)))
          decided = true
          yield* finish(file, journal, records, advancing("file", Plan.written(plan)))
        })
    )
    return Effect.matchCauseEffect(writing, {
      onSuccess: () => remove(files),
      onFailure: (cause) => Effect.zipRight(decided ? Effect.void : remove(files), Effect.failCause(cause))
    })
  })

/** @internal */
export const edit = (
  name: string | FileName.FileName,
  edits: ReadonlyArray<RiffEdit.RiffEdit>,
  options: Api.EditOptions | undefined
): Effect.Effect<RiffEdit.Report, Api.EditError, IOProc.IOProc> =>
  Effect.gen(function*() {
    const files = filesOf(name, options)
    const recovered = yield* recoverFiles(files)
    return yield* Mmio.withFile(files.name, exclusively(files), (file) =>
      Effect.gen(function*() {
        const { length, plan } = yield* planOf(files, file, edits, options?.keepOrder ?? false)
        const leftover = plan.writes.length === 0
          ? Option.none()
          : yield* write(files, file, plan, length, options?.onProgress)
        return { moved: plan.moved, written: Plan.written(plan), length: plan.length, recovered, leftover }
      }))
  })

// ---------------------------------------------------------------------------------------------------------------------
// noticing
// ---------------------------------------------------------------------------------------------------------------------

/** The name of the journal beside a file, if an edit was decided in it and did not come to its end. Whoever cannot tell has found none. */
const unfinished = (driver: IOProc.IOProc, name: FileName.FileName): Effect.Effect<string | undefined> => {
  const journal = journalOf(name)
  return withFileOf(driver, journal, (handle) => Journal.readHeader(handle)).pipe(
    Effect.map((header) => header === undefined ? undefined : journal.full),
    Effect.orElseSucceed(() => undefined)
  )
}

/** @internal */
export const verify = <A extends IOProc.Access>(
  handle: HandleBase<A>
): Effect.Effect<ReadonlyArray<RiffProblem.RiffProblem>, MmioError.CannotSeek | Mmio.ReadError<A>> => {
  const { driver, name } = handle
  const journal = driver === undefined ? Effect.succeed(undefined) : unfinished(driver, name)
  return Effect.zipWith(journal, Tree.verify(handle), (journal, problems) =>
    journal === undefined
      ? problems
      : [new RiffProblem.UnfinishedEdit({ offset: 0, journal }), ...problems])
}
