/**
 * An edit in place, step by step.
 */
import * as Cause from "effect/Cause"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Option from "effect/Option"
import type * as IOProc from "../../../IOProc.js"
import type * as MmioError from "../../../MmioError.js"
import type * as Api from "../../../Riff.js"
import type * as RiffEdit from "../../../RiffEdit.js"
import type { ExclusiveFile, Failure, Named } from "./exclusiveFile.js"
import type * as Footer from "./footer.js"
import { endOf } from "./geometry.js"
import * as Journal from "./journal.js"
import * as Steps from "./steps.js"

type WriteFailure = Failure | MmioError.VersionChanged
type OnProgress = Api.EditOptions["onProgress"]

/** Calls the caller's function with how far a phase has come. @internal */
export const advancing = (
  onProgress: OnProgress,
  phase: RiffEdit.Progress["phase"],
  total: number
): Journal.Advance => {
  let done = 0
  return (bytes) =>
    Effect.suspend(() => {
      done += bytes
      return onProgress === undefined ? Effect.void : onProgress(Data.struct({ phase, done, total }))
    })
}

/** Whether what was known of a name before is no longer true; what is not known is not different. */
const isDifferent = (before: IOProc.Stat, now: IOProc.Stat): boolean => {
  const differs = <A>(one: Option.Option<A>, other: Option.Option<A>, of: (value: A) => unknown): boolean =>
    Option.exists(one, (a) => Option.exists(other, (b) => of(a) !== of(b)))
  return before.kind !== now.kind || differs(before.size, now.size, (size) => size)
    || differs(before.version, now.version, (text) => text)
    || differs(before.modified, now.modified, (date) => date.getTime())
}

/**
 * Fails where another program has removed the name, or has given it to another file. Returns what the storage says of
 * the name.
 */
const named = (file: ExclusiveFile): Effect.Effect<Named, MmioError.VersionChanged> =>
  Effect.filterOrFail(
    file.stat,
    (now) => now === "unknown" || (now !== "missing" && !file.isOther(now)),
    (now) =>
      file.changed(`another program has ${now === "missing" ? "removed" : "replaced"} the file while it was edited`)
  )

/** Fails where the file, or what its name leads to, is not what it was when the edit was planned. */
const isAsPlanned = (
  file: ExclusiveFile,
  oldLength: number,
  planned: Named
): Effect.Effect<void, MmioError.SeekError | MmioError.VersionChanged> =>
  Effect.gen(function*() {
    const now = yield* named(file)
    if (
      (yield* file.size) !== oldLength
      || (typeof planned !== "string" && typeof now !== "string" && isDifferent(planned, now))
    ) {
      return yield* Effect.fail(file.changed("another program has changed the file while the edit was planned"))
    }
  })

/** Fails where another program has changed the length, the name, or the bytes that are to be replaced. */
const isStillOurs = (file: ExclusiveFile, footer: Footer.Footer): Effect.Effect<void, WriteFailure> =>
  Effect.gen(function*() {
    const changed = (what: string) => Effect.fail(file.changed(`another program has ${what} while it was edited`))
    const size = yield* file.size
    if (size !== endOf(footer)) return yield* changed("changed the length of the file")
    const now = yield* named(file)
    // Of storages that cannot tell files apart.
    if (typeof now !== "string" && Option.exists(now.size, (named) => named !== size)) {
      return yield* changed("replaced the file")
    }
    const inspected = yield* Journal.inspect(file, footer)
    if (inspected === "damaged") return yield* changed("written past the end of the file")
    if (inspected.foreign > 0) return yield* changed("changed the file")
  })

/**
 * Leads back to the old file, as far as it has the length that the edit gave it: a longer one holds the bytes of
 * another program, which stay. Where that fails, too, the journal stays, and the next edit or recovery discards it.
 */
const rollBack = (file: ExclusiveFile, oldLength: number): Effect.Effect<void, MmioError.VersionChanged> =>
  Effect.flatMap(Effect.exit(file.size), (size) => {
    if (file.written === 0 || Exit.isFailure(size) || size.value <= oldLength) return Effect.void
    return size.value > Math.max(file.written, oldLength)
      ? Effect.fail(
        file.changed(
          "another program has appended to the file while it was edited, so that the journal could not be removed"
        )
      )
      : Effect.ignore(Effect.zipRight(file.truncate(oldLength), file.flush))
  })

/** What an edit is to write, and what it found. @internal */
export interface InPlace {
  readonly draft: Journal.Draft
  /** What the storage said of the name before the edit was planned. */
  readonly planned: Named
  readonly onProgress: OnProgress
  readonly omitted?: Steps.Omitted | undefined
}

/**
 * Edits a file in place. Before the footer is flushed, a failure or an interruption leaves the old file; from then on
 * nothing interrupts it, and a failure leaves a file that can be recovered. Returns how many bytes another program
 * appended meanwhile.
 *
 * @internal
 */
export const inPlace = (file: ExclusiveFile, given: InPlace): Effect.Effect<number, WriteFailure> =>
  Effect.uninterruptibleMask((restore) => {
    const { draft, onProgress, planned } = given
    const omitted = given.omitted ?? Steps.none
    const preparing = advancing(onProgress, "journal", Journal.journalBytes(draft))
    let tailCrc = 0
    let recordsCrc = 0
    let appended = 0
    /** Why the caller's function ended, once the edit was decided: it is not called again. */
    let stopped: Cause.Cause<never> | undefined
    const reporting = advancing(onProgress, "file", Journal.recordedBytes(draft))
    const finishing: Journal.Advance = (bytes) =>
      stopped !== undefined ? Effect.void : Effect.map(Effect.exit(restore(reporting(bytes))), (exit) => {
        if (Exit.isFailure(exit)) stopped = exit.cause
      })
    const footer = (): Footer.Footer => ({ ...draft, inode: file.inode, recordsCrc, tailCrc })
    const effects: Record<Steps.Step, Effect.Effect<void, WriteFailure>> = {
      header: Journal.writeHeader(file, draft),
      reserve: Journal.reserve(file, draft),
      tail: Effect.map(Journal.writeTail(file, draft, preparing), (crc) => {
        tailCrc = crc
      }),
      records: Effect.map(Journal.writeRecords(file, draft, preparing), (crc) => {
        recordsCrc = crc
      }),
      "flush journal": file.flush,
      check: Effect.suspend(() => isStillOurs(file, footer())),
      footer: Effect.suspend(() => Journal.writeFooter(file, footer())),
      "flush footer": file.flush,
      apply: Effect.suspend(() => Journal.apply(file, footer(), finishing)),
      "flush file": file.flush,
      remove: Effect.map(Effect.suspend(() => Journal.remove(file, footer())), (count) => {
        appended = count
      }),
      "flush end": file.flush
    }
    const all = (steps: ReadonlyArray<Steps.Step>) =>
      Effect.forEach(steps.filter((step) => !omitted.has(step)), (step) => effects[step], { discard: true })
    const prepared = Effect.zipRight(
      restore(Effect.zipRight(isAsPlanned(file, draft.oldLength, planned), all(Steps.preparing))),
      all(Steps.deciding)
    )
    return Effect.matchCauseEffect(prepared, {
      onFailure: (cause) =>
        Effect.matchCauseEffect(rollBack(file, draft.oldLength), {
          onFailure: (second) => Effect.failCause(Cause.sequential(cause, second)),
          onSuccess: () => Effect.failCause(cause)
        }),
      onSuccess: () =>
        Effect.flatMap(
          all(Steps.finishing),
          () => stopped === undefined ? Effect.succeed(appended) : Effect.failCause(stopped)
        )
    })
  })
