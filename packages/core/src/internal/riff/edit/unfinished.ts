/**
 * The end of a file for readers: where the journal of an unfinished edit begins.
 */
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import type { Access } from "../../../IOProc.js"
import type * as Mmio from "../../../Mmio.js"
import * as MmioError from "../../../MmioError.js"
import type * as Api from "../../../Riff.js"
import type { Limits } from "../../../RiffLimits.js"
import * as RiffProblem from "../../../RiffProblem.js"
import type { Handle } from "../../handle/handle.js"
import type { Restore } from "../../handle/lock.js"
import { current } from "../limits.js"
import { Visitor } from "../visitor.js"
import { chunks as walkChunks, lengthOf, run } from "../walk.js"
import { Walker } from "../walker.js"
import type { ReadAt } from "./exclusiveFile.js"
import * as Footer from "./footer.js"
import { footerSize, headerSize, sectorSize } from "./geometry.js"
import { locate } from "./locate.js"

/**
 * How far after the last form a reader looks for a header: other bytes may follow that form, and it does not read all
 * of them. A journal that is complete is found by its footer, and one that is not changes nothing before it.
 */
const searched = 256 * 1024

/** Steps over the chunks at the top. */
class Forms extends Visitor {
  end = 0

  override chunk(): boolean {
    return false
  }

  override rest(_: Walker, at: number): void {
    this.end = at
  }

  override exceeded(_: unknown, at: number): boolean {
    this.end = at
    return false
  }
}

/**
 * Where the last form of a file ends, the first of which begins at `at` or is looked for; 0 of a file that has none.
 * Only inside of `exclusive`.
 *
 * @internal
 */
export const formsEnd = <A extends Access>(
  handle: Handle<A>,
  limits: Limits,
  length: number,
  restore: Restore,
  at?: number
): Effect.Effect<number, Mmio.ReadError<A>> =>
  Effect.suspend(() => {
    const forms = new Forms()
    const walker = new Walker(forms, { limits, within: undefined, at, length })
    return Effect.map(run(handle, walker, restore), () => forms.end)
  })

/**
 * The journal of an edit after the last form of a file, which ends at `from`; readers stop at its offset. Leaves the
 * position where it was. Only inside of `exclusive`.
 *
 * @internal
 */
export const unfinishedAfter = <A extends Access>(
  handle: Handle<A>,
  from: number,
  length: number,
  restore: Restore
): Effect.Effect<RiffProblem.UnfinishedEdit | undefined, Mmio.ReadError<A>> =>
  Effect.suspend(() => {
    if (length - from < headerSize) return Effect.succeed(undefined)
    const readAt: ReadAt<Mmio.ReadError<A>> = (position, target) => handle.readLockedAt(position, target, restore)
    return Effect.map(
      returning(handle, locate(readAt, from, length, searched)),
      (located) => {
        switch (located._tag) {
          case "Nothing":
            return undefined
          case "Undecided":
            return new RiffProblem.UnfinishedEdit({ offset: located.header.oldLength, decided: false })
          case "Decided":
            return new RiffProblem.UnfinishedEdit({ offset: located.footer.oldLength, decided: true })
          case "Kept":
            return new RiffProblem.UnfinishedEdit({
              offset: Math.max(from, located.lengths?.oldLength ?? located.offset),
              decided: true
            })
        }
      }
    )
  })

/** Leaves the position where it was. */
const returning = <A extends Access, B, E>(handle: Handle<A>, effect: Effect.Effect<B, E>): Effect.Effect<B, E> =>
  Effect.suspend(() => {
    const start = handle.window.position
    return Effect.ensuring(
      effect,
      Effect.sync(() => {
        handle.window.moveTo(start)
      })
    )
  })

/** How much of a file is for readers. @internal */
export interface Readable {
  /** Where readers stop: at the journal of an edit, if there is one. */
  readonly end: number
  readonly unfinished: RiffProblem.UnfinishedEdit | undefined
}

/**
 * Looks for the journal of an edit before the file is walked. Only inside of `exclusive`.
 *
 * @internal
 */
export const readable = <A extends Access>(
  handle: Handle<A>,
  limits: Limits,
  restore: Restore,
  at?: number
): Effect.Effect<Readable, MmioError.SeekError | Mmio.ReadError<A>> =>
  Effect.flatMap(
    lengthOf(handle, restore),
    (length) =>
      Effect.flatMap(formsEnd(handle, limits, length, restore, at), (from) =>
        Effect.map(unfinishedAfter(handle, from, length, restore), (unfinished) => ({
          end: unfinished?.offset ?? length,
          unfinished
        })))
  )

/** The error of a reader that cannot say it otherwise. @internal */
export const invalid = (
  operation: string,
  handle: Handle,
  problem: RiffProblem.UnfinishedEdit
): MmioError.InvalidFile =>
  new MmioError.InvalidFile({
    operation,
    file: handle.name.full,
    position: problem.offset,
    description: problem.message
  })

/**
 * The chunks of a file up to the journal of an edit. Where the edit was decided, the stream then fails.
 *
 * @internal
 */
export const chunks = <A extends Access>(
  handle: Handle<A>,
  options: Api.ChunksOptions | undefined
): Stream.Stream<Api.WalkedChunk, MmioError.InvalidFile | Mmio.ReadError<A>> => {
  type Failure = MmioError.InvalidFile | Mmio.ReadError<A>
  // What goes only forward has no end that could be looked at.
  if (options?.within !== undefined || handle.forwardOnly) return walkChunks(handle, options)
  /** Where there is no footer, the chunks are those of before the edit, and a walk ends where they do. */
  const look = (
    limits: Limits,
    restore: Restore
  ): Effect.Effect<Readable | undefined, MmioError.SeekError | Mmio.ReadError<A>> =>
    Effect.flatMap(lengthOf(handle, restore), (length) =>
      Effect.flatMap(
        endsWithFooter(handle, length, restore),
        (ends) => ends ? readable(handle, limits, restore, options?.at) : Effect.succeed(undefined)
      ))
  const ends = Effect.flatMap(current, (limits) =>
    handle.exclusive<Readable | undefined, Mmio.ReadError<A>>(
      "Riff.chunks",
      (restore) => Effect.catchTag(look(limits, restore), "CannotSeek", () => Effect.succeed(undefined))
    ))
  return Stream.unwrap(Effect.map(ends, (found): Stream.Stream<Api.WalkedChunk, Failure> => {
    const problem = found?.unfinished
    return problem === undefined
      ? walkChunks(handle, options)
      : Stream.concat(walkChunks(handle, options, found?.end), Stream.fail(invalid("Riff.chunks", handle, problem)))
  }))
}

/**
 * Whether a file ends with the footer of a journal. Most of them have no length that allows it, and then nothing is
 * read.
 */
const endsWithFooter = <A extends Access>(
  handle: Handle<A>,
  length: number,
  restore: Restore
): Effect.Effect<boolean, Mmio.ReadError<A>> =>
  Effect.suspend(() => {
    if (length % sectorSize !== footerSize || length < headerSize + footerSize) return Effect.succeed(false)
    const bytes = new Uint8Array(footerSize)
    return Effect.map(
      returning(handle, handle.readLockedAt(length - footerSize, bytes, restore)),
      (count) => count === footerSize && Footer.decode(bytes) !== "none"
    )
  })
