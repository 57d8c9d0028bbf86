/**
 * Whole trees, and what is wrong with them.
 */
import * as Effect from "effect/Effect"
import type { Access } from "../../IOProc.js"
import type * as Mmio from "../../Mmio.js"
import type * as MmioError from "../../MmioError.js"
import type * as Api from "../../Riff.js"
import type { Limits } from "../../RiffLimits.js"
import type * as RiffProblem from "../../RiffProblem.js"
import type { Handle } from "../handle/handle.js"
import type { Restore } from "../handle/lock.js"
import { unfinishedAfter } from "./edit/unfinished.js"
import { Inspector } from "./inspector.js"
import { current, type Exceedable, exceeded } from "./limits.js"
import { Visitor } from "./visitor.js"
import { lengthOf, run } from "./walk.js"
import { Walker } from "./walker.js"

/** A node while its tree is made. */
interface Growing extends Api.TreeNode {
  available: number
  padding: number
  readonly children: Array<Growing>
}

const noChildren: Array<Growing> = []

/** Collects the chunks as a tree. */
class Grower extends Visitor {
  readonly top: Array<Growing> = []
  exceeds: { readonly limit: Exceedable; readonly at: number } | undefined
  /** Whether a strict reader sees other chunks, or one cannot say which size is wrong. */
  ambiguous = false
  /** Whether a pad byte is not zero. */
  hasDoubtfulPadding = false
  override readonly careful: boolean
  /** Where the last form ends, if the walk came to the end of the file. */
  formsEnd = Infinity
  private readonly inspector: Inspector | undefined
  private readonly recursive: boolean
  private readonly inside: Array<Growing> = []
  /** The node whose chunk ended last. */
  private last: Growing | undefined

  constructor(inspector: Inspector | undefined, recursive: boolean) {
    super()
    this.inspector = inspector
    this.careful = inspector !== undefined
    this.recursive = recursive
  }

  override chunk(walker: Walker): boolean {
    this.inspector?.chunk(walker)
    const enter = this.recursive && walker.type !== undefined
    const node: Growing = {
      chunk: walker.chunk(),
      available: walker.available,
      padding: walker.padding,
      children: enter ? [] : noChildren
    }
    const parent = this.inside.at(-1)
    if (parent === undefined) this.top.push(node)
    else parent.children.push(node)
    if (enter) this.inside.push(node)
    else this.last = node
    return enter
  }

  override leave(): void {
    this.last = this.inside.pop()
  }

  override rest(walker: Walker, at: number, bytes: number): void {
    if (walker.atTop) this.formsEnd = at
    this.inspector?.rest(walker, at, bytes)
  }

  override pad(walker: Walker, at: number, value: number): void {
    this.hasDoubtfulPadding = true
    this.inspector?.pad(walker, at, value)
  }

  override leading(walker: Walker, bytes: number): void {
    this.inspector?.leading(walker, bytes)
  }

  override unpadded(): void {
    this.ambiguous = true
    if (this.last !== undefined) this.last.padding = 0
  }

  override extended(end: number, isCertain: boolean): void {
    if (!isCertain) this.ambiguous = true
    const [form] = this.inside
    if (form === undefined) return
    form.available = end - form.chunk.dataOffset
    form.padding = 0
  }

  override shortened(): void {
    this.ambiguous = true
  }

  override exceeded(limit: Exceedable, at: number): boolean {
    this.exceeds = { limit, at }
    return false
  }
}

/** Lists the problems of a file, and notices where its last form ends. */
class Verifier extends Inspector {
  formsEnd = Infinity

  override rest(walker: Walker, at: number, bytes: number): void {
    if (walker.atTop) this.formsEnd = at
    super.rest(walker, at, bytes)
  }
}

/** Where a walk begins. */
interface Start {
  readonly within?: Api.Chunk | undefined
  readonly at?: number | undefined
}

/**
 * Lists the problems up to `end`. Where a pad byte is missing, the walk goes on with the chunk that begins in its
 * place: what a strict reader takes for chunks there does not exist.
 */
const inspect = <A extends Access>(
  handle: Handle<A>,
  limits: Limits,
  start: Start,
  end: number,
  restore: Restore
): Effect.Effect<Verifier, Mmio.ReadError<A>> =>
  Effect.suspend(() => {
    const verifier = new Verifier(limits)
    const walker = new Walker(verifier, { ...start, within: start.within, limits, length: end, lenient: "padding" })
    return Effect.as(run(handle, walker, restore), verifier)
  })

/** @internal */
export interface ReadOptions extends Omit<Api.TreeOptions, "lenient"> {
  /** What the reading forgives: `"padding"` only that it is missing. */
  readonly lenient?: boolean | "padding" | undefined
}

/** A tree, and whether a strict reader sees other chunks in the file. @internal */
export interface Reading extends Api.Tree {
  readonly ambiguous: boolean
}

/**
 * Reads the tree. Runs inside of `Lock.exclusive`.
 *
 * @internal
 */
export const read = <A extends Access>(
  operation: string,
  handle: Handle<A>,
  limits: Limits,
  options: ReadOptions | undefined,
  restore: Restore
): Effect.Effect<Reading, ReadingError<A>> =>
  Effect.flatMap(lengthOf(handle, restore), (length) => {
    const { at, lenient = false, recursive = true, within } = options ?? {}
    const grow = (inspector: Inspector | undefined, end: number): Effect.Effect<Grower, ReadingError<A>> => {
      const visitor = new Grower(inspector, recursive)
      const walker = new Walker(visitor, {
        limits,
        within,
        at,
        length: end,
        lenient: inspector === undefined ? lenient : false
      })
      return Effect.flatMap(run(handle, walker, restore), () =>
        visitor.exceeds === undefined
          ? Effect.succeed(visitor)
          : Effect.fail(exceeded(operation, handle.name.full, limits, visitor.exceeds.limit, visitor.exceeds.at)))
    }
    const finish = (
      inspector: Inspector,
      strict: Grower,
      end: number,
      unfinished: ReadonlyArray<RiffProblem.RiffProblem>
    ) =>
      Effect.flatMap(
        // What follows a pad byte that is not zero is looked at again, as it may follow no pad byte.
        strict.hasDoubtfulPadding ? inspect(handle, limits, { within, at }, end, restore) : Effect.succeed(inspector),
        ({ problems }) =>
          Effect.map(
            // Where nothing is wrong there is nothing to forgive.
            lenient !== false && problems.length > 0 ? grow(undefined, end) : Effect.succeed(strict),
            ({ ambiguous, top }): Reading => ({
              chunks: top,
              length,
              problems: [...unfinished, ...problems],
              ambiguous
            })
          )
      )
    const inspector = new Inspector(limits)
    return Effect.flatMap(grow(inspector, length), (strict) =>
      Effect.flatMap(
        within === undefined ? unfinishedAfter(handle, strict.formsEnd, length, restore) : Effect.succeed(undefined),
        (unfinished) => {
          if (unfinished === undefined) return finish(inspector, strict, length, [])
          // Once more, up to the journal.
          const again = new Inspector(limits)
          const { offset } = unfinished
          return Effect.flatMap(grow(again, offset), (strict) => finish(again, strict, offset, [unfinished]))
        }
      ))
  })

type ReadingError<A extends Access> = MmioError.SeekError | MmioError.InvalidFile | Mmio.ReadError<A>

/** @internal */
export const tree = <A extends Access>(
  handle: Handle<A>,
  options: ReadOptions | undefined
): Effect.Effect<Api.Tree, ReadingError<A>> =>
  Effect.flatMap(
    current,
    (limits) =>
      handle.exclusive<Api.Tree, ReadingError<A>>("Riff.tree", (restore) =>
        Effect.map(
          read("Riff.tree", handle, limits, options, restore),
          ({ chunks, length, problems }) => ({ chunks, length, problems })
        ))
  )

/** @internal */
export const verify = <A extends Access>(
  handle: Handle<A>,
  options: Api.AtOptions | undefined
): Effect.Effect<ReadonlyArray<RiffProblem.RiffProblem>, MmioError.SeekError | Mmio.ReadError<A>> =>
  Effect.flatMap(
    current,
    (limits: Limits) =>
      handle.exclusive<ReadonlyArray<RiffProblem.RiffProblem>, MmioError.SeekError | Mmio.ReadError<A>>(
        "Riff.verify",
        (restore) =>
          Effect.flatMap(lengthOf(handle, restore), (length) => {
            const check = (end: number) => inspect(handle, limits, { at: options?.at }, end, restore)
            return Effect.flatMap(check(length), ({ formsEnd, problems }) =>
              Effect.flatMap(unfinishedAfter(handle, formsEnd, length, restore), (unfinished) =>
                unfinished === undefined
                  ? Effect.succeed(problems)
                  : Effect.map(check(unfinished.offset), ({ problems }) => [unfinished, ...problems])))
          })
      )
  )
