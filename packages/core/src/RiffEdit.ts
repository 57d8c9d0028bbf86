/**
 * What `Riff.edit` can change in a file: data, made by the functions here.
 *
 * A chunk is named by its path, as `Riff.find` takes it, in the file as the edits before it left it. What is put in is
 * {@link Content}: chunks with their data, and lists of them.
 *
 * @since 0.1.0
 */
import * as Data from "effect/Data"
import type { Path, PathText } from "./Riff.js"

/**
 * A chunk that is to be: one with data, or a `LIST` with further chunks. Codes have exactly four characters.
 *
 * @since 0.1.0
 * @category models
 */
export type Content =
  | { readonly chunk: string; readonly data: Uint8Array; readonly list?: undefined }
  | { readonly list: string; readonly content: ReadonlyArray<Content>; readonly chunk?: undefined }

/**
 * Where a chunk is to be: as the first or the last one in the container that a path leads to, or beside the chunk that
 * it leads to. The last one is before bytes at the end that readers do not take for a chunk.
 *
 * @since 0.1.0
 * @category models
 */
export type Place =
  | { readonly first: string | Path }
  | { readonly last: string | Path }
  | { readonly before: string | Path }
  | { readonly after: string | Path }

/**
 * Puts a chunk in the place of another one.
 *
 * @since 0.1.0
 * @category edits
 */
export class Replace extends Data.TaggedClass("Replace")<{
  readonly path: string | Path
  readonly content: Content
}> {}

/**
 * Gives a chunk other data, or makes it.
 *
 * @since 0.1.0
 * @category edits
 */
export class Assign extends Data.TaggedClass("Assign")<{
  readonly path: string | Path
  readonly data: Uint8Array
}> {}

/**
 * Puts a chunk in.
 *
 * @since 0.1.0
 * @category edits
 */
export class Insert extends Data.TaggedClass("Insert")<{
  readonly place: Place
  readonly content: Content
}> {}

/**
 * Takes a chunk out.
 *
 * @since 0.1.0
 * @category edits
 */
export class Remove extends Data.TaggedClass("Remove")<{
  readonly path: string | Path
}> {}

/**
 * Takes a chunk out, and puts it in elsewhere.
 *
 * @since 0.1.0
 * @category edits
 */
export class Move extends Data.TaggedClass("Move")<{
  readonly path: string | Path
  readonly place: Place
}> {}

/**
 * Inserts the pad bytes that are missing.
 *
 * @since 0.1.0
 * @category edits
 */
export class Pad extends Data.TaggedClass("Pad") {}

/**
 * Any edit.
 *
 * @since 0.1.0
 * @category models
 */
export type RiffEdit = Replace | Assign | Insert | Remove | Move | Pad

/**
 * A path as the functions here take it: an invalid literal does not compile.
 *
 * @since 0.1.0
 * @category models
 */
export type Checked<P extends string | Path> = P & (P extends string ? PathText<P> : unknown)

/**
 * A place as the functions here take it, whose path is a {@link Checked} one.
 *
 * @since 0.1.0
 * @category models
 */
export type CheckedPlace<P extends Place> =
  & P
  & {
    readonly [K in keyof P]: P[K] extends string ? PathText<P[K]> : P[K]
  }

/**
 * Puts a chunk, which may have another id, in the place of the one that the path leads to.
 *
 * @since 0.1.0
 * @category constructors
 */
export const replace = <const P extends string | Path>(path: Checked<P>, content: Content): Replace =>
  new Replace({ path, content })

/**
 * Gives the chunk that the path leads to this data. Where there is none it is made, at the end of the container, and so
 * are the lists on the way, as far as the path says their types; the form has to be there. Of several WAVE forms, whose
 * readers read the first, it is the first one, unless the path says which.
 *
 * @example
 * ```ts
 * import { Riff, RiffEdit } from "@effect-mmio/core"
 *
 * export const retitle = (name: string, title: string) =>
 *   Riff.edit(name, [
 *     RiffEdit.assign("RIFF:WAVE / LIST:INFO / INAM", new TextEncoder().encode(`${title}\0`))
 *   ])
 * ```
 *
 * @since 0.1.0
 * @category constructors
 */
export const assign = <const P extends string | Path>(path: Checked<P>, data: Uint8Array): Assign =>
  new Assign({ path, data })

/**
 * Puts a chunk in where nothing was.
 *
 * @since 0.1.0
 * @category constructors
 */
export const insert = <const P extends Place>(place: CheckedPlace<P>, content: Content): Insert =>
  new Insert({ place, content })

/**
 * Takes out the chunk that the path leads to, with all that is in it.
 *
 * @since 0.1.0
 * @category constructors
 */
export const remove = <const P extends string | Path>(path: Checked<P>): Remove => new Remove({ path })

/**
 * Takes out the chunk that the path leads to, and puts it in again at a place of what is left.
 *
 * @since 0.1.0
 * @category constructors
 */
export const move = <const P extends string | Path, const Q extends Place>(
  path: Checked<P>,
  place: CheckedPlace<Q>
): Move => new Move({ path, place })

/**
 * Inserts the pad byte after every chunk of odd size that lacks it: before the chunk that begins in its place, or at
 * the end of a container. Such files are refused by all other edits: the edits that come with this one, before it or
 * after it, find the chunks as lenient reading does.
 *
 * @example
 * ```ts
 * import { Riff, RiffEdit } from "@effect-mmio/core"
 *
 * export const padded = (name: string) => Riff.edit(name, [RiffEdit.pad])
 * ```
 *
 * @since 0.1.0
 * @category constructors
 */
export const pad: Pad = new Pad()

/**
 * How far an edit has come: a value, with `Equal` and `Hash`.
 *
 * @since 0.1.0
 * @category models
 */
export interface Progress {
  /** `"journal"` while all chunks of the file are still as they were, `"file"` while they are written. */
  readonly phase: "journal" | "file"
  /** How many bytes of the phase are done. */
  readonly done: number
  /** How many bytes the phase has. */
  readonly total: number
}

/**
 * What was done with the journal that an edit has left in a file:
 *
 * - `"nothing"`: there is none;
 * - `"discarded"`: the journal was removed, and nothing of it was written; where it was not complete, the file is the
 *   one before the edit;
 * - `"applied"`: the journal was complete, and the file is now the one after the edit.
 *
 * @since 0.1.0
 * @category models
 */
export type Recovery = "nothing" | "discarded" | "applied"

/**
 * What an edit did: a value, with `Equal` and `Hash`.
 *
 * @since 0.1.0
 * @category models
 */
export interface Report {
  /** How many bytes of chunks that stay in the file were moved. */
  readonly moved: number
  /** How many bytes of the file were written, with those. */
  readonly written: number
  /** How long the file is now, in bytes; an edit does not make it shorter. */
  readonly length: number
  /** What was done with the journal of an earlier edit. */
  readonly recovered: Recovery
  /**
   * How many bytes another program appended after the edit was decided: they are still at the end of the file. 0 where
   * no program ignores the sharing mode.
   */
  readonly appended: number
}
