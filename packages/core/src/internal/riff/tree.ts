/**
 * Whole trees, and what is wrong with them.
 */
import * as Effect from "effect/Effect"
import type { Access } from "../../IOProc.js"
import type * as Mmio from "../../Mmio.js"
import type * as MmioError from "../../MmioError.js"
import type * as Api from "../../Riff.js"
import { type Limits, RiffLimits } from "../../RiffLimits.js"
import type * as RiffProblem from "../../RiffProblem.js"
import type { HandleBase } from "../handle.js"
import type { Restore } from "../lock.js"
import { Inspector } from "./inspector.js"
import { type Exceedable, exceeded } from "./limits.js"
import { lengthOf, run } from "./walk.js"
import { Visitor, Walker } from "./walker.js"

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
  /** Whether a strict reader sees other chunks. */
  ambiguous = false
  override readonly careful: boolean
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
    this.inspector?.rest(walker, at, bytes)
  }

  override pad(at: number, value: number): void {
    this.inspector?.pad(at, value)
  }

  override unpadded(): void {
    this.ambiguous = true
    if (this.last !== undefined) this.last.padding = 0
  }

  override extended(length: number): void {
    const [form] = this.inside
    if (form === undefined) return
    form.available = length - form.chunk.dataOffset
    form.padding = 0
  }

  override exceeded(limit: Exceedable, at: number): boolean {
    this.exceeds = { limit, at }
    return false
  }
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
  handle: HandleBase<A>,
  limits: Limits,
  options: Api.TreeOptions | undefined,
  restore: Restore
): Effect.Effect<Reading, ReadingError<A>> =>
  Effect.flatMap(lengthOf(handle, restore), (length) => {
    const { lenient = false, recursive = true, within } = options ?? {}
    const grow = (inspector: Inspector | undefined): Effect.Effect<Grower, ReadingError<A>> => {
      const visitor = new Grower(inspector, recursive)
      const walker = new Walker(visitor, { limits, within, length, lenient: inspector === undefined })
      return Effect.flatMap(run(handle, walker, restore), () =>
        visitor.exceeds === undefined
          ? Effect.succeed(visitor)
          : Effect.fail(exceeded(operation, handle.name.full, limits, visitor.exceeds.limit, visitor.exceeds.at)))
    }
    const inspector = new Inspector(limits)
    return Effect.flatMap(grow(inspector), (strict) => {
      const { problems } = inspector
      // Where nothing is wrong there is nothing to forgive.
      const grown = lenient && problems.length > 0 ? grow(undefined) : Effect.succeed(strict)
      return Effect.map(grown, ({ ambiguous, top }) => ({ chunks: top, length, problems, ambiguous }))
    })
  })

type ReadingError<A extends Access> = MmioError.CannotSeek | MmioError.InvalidFile | Mmio.ReadError<A>

/** @internal */
export const tree = <A extends Access>(
  handle: HandleBase<A>,
  options: Api.TreeOptions | undefined
): Effect.Effect<Api.Tree, ReadingError<A>> =>
  Effect.flatMap(RiffLimits, (limits) =>
    handle.run<Api.Tree, ReadingError<A>>("Riff.tree", (restore) =>
      Effect.map(
        read("Riff.tree", handle, limits, options, restore),
        ({ chunks, length, problems }) => ({ chunks, length, problems })
      )))

/** @internal */
export const verify = <A extends Access>(
  handle: HandleBase<A>
): Effect.Effect<ReadonlyArray<RiffProblem.RiffProblem>, MmioError.CannotSeek | Mmio.ReadError<A>> =>
  Effect.flatMap(
    RiffLimits,
    (limits: Limits) =>
      handle.run<ReadonlyArray<RiffProblem.RiffProblem>, MmioError.CannotSeek | Mmio.ReadError<A>>(
        "Riff.verify",
        (restore) =>
          Effect.flatMap(lengthOf(handle, restore), (length) => {
            const inspector = new Inspector(limits)
            const walker = new Walker(inspector, { limits, within: undefined, length })
            return Effect.map(run(handle, walker, restore), () => inspector.problems)
          })
      )
  )
