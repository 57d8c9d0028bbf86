/**
 * What a walk comes to, judged.
 */
import type { Limits } from "../../RiffLimits.js"
import * as RiffProblem from "../../RiffProblem.js"
import * as Known from "./known.js"
import { code, hasDs64, ids, isPrintable, paddingOf, wave64 } from "./layout.js"
import type { Exceedable } from "./limits.js"
import { Visitor } from "./visitor.js"
import type { Walker } from "./walker.js"

type Problem = RiffProblem.RiffProblem

/** A problem that is listed, and how often it was found. */
interface Listed {
  readonly problem: Problem
  count: number
}

/** The same problem with a count. */
const counted = ({ count, problem }: Listed): Problem => {
  if (count === 1) return problem
  // `new (x.constructor)(its own fields)` gives an x: each class of RiffProblem takes exactly its own fields.
  const Class = problem.constructor as new(fields: object) => Problem
  return new Class({ ...problem, count })
}

/** Lists the problems of a file. @internal */
export class Inspector extends Visitor {
  override readonly careful = true
  /** The first problem of each kind in each container, in the order in which the walk comes to them. */
  private readonly list = new Map<string, Listed>()
  private omitted: { readonly offset: number; count: number; level: RiffProblem.Level } | undefined
  private readonly limits: Limits
  /** The type of the first form. */
  private first: number | undefined
  /** Whether the form is a `WAVE` whose `fmt ` did not come yet. */
  private formatMissing = false

  constructor(limits: Limits) {
    super()
    this.limits = limits
  }

  /** The problems, in the order of the file. */
  get problems(): ReadonlyArray<Problem> {
    const all = Array.from(this.list.values(), counted)
    if (this.omitted !== undefined) {
      all.push(new RiffProblem.ProblemsOmitted({ ...this.omitted, value: this.limits.problems }))
    }
    return all.toSorted((a, b) => a.offset - b.offset)
  }

  private report({ parent }: Walker, problem: Problem): void {
    const key = `${parent} ${problem._tag}`
    const same = this.list.get(key)
    if (same !== undefined) same.count++
    else if (this.list.size < this.limits.problems) this.list.set(key, { problem, count: 1 })
    else {
      this.omitted ??= { offset: problem.offset, count: 0, level: "warning" }
      this.omitted.count++
      if (problem.level === "error") this.omitted.level = "error"
    }
  }

  override chunk(walker: Walker): boolean {
    const { available, container, declaredEnd, endless, layout, limit, offset, padding, size, type } = walker
    const id = code(walker.id)
    if (layout !== wave64 && !isPrintable(walker.id)) this.report(walker, new RiffProblem.UnprintableId({ offset, id }))
    if (walker.atTop) this.form(walker)
    else if (walker.depth === 2) this.part(walker)

    if (layout === wave64 && walker.sizeField < layout.headerSize) {
      this.report(walker, new RiffProblem.TooSmallForHeader({ offset, id, size: walker.sizeField }))
    }
    if (endless) this.report(walker, new RiffProblem.UnknownSize({ offset, id }))
    else if (declaredEnd > limit) {
      const cut = { offset, id, size, available }
      this.report(
        walker,
        declaredEnd > walker.length ? new RiffProblem.PastEndOfFile(cut) : new RiffProblem.PastParent(cut)
      )
    } // The padding of Wave64 may be missing at the end, as libsndfile leaves it.
    else if (padding === 0 && layout !== wave64 && paddingOf(layout, size) > 0) {
      this.report(walker, new RiffProblem.MissingPadByte({ offset: declaredEnd, id }))
    }
    if (container && type === undefined) {
      this.report(
        walker,
        !endless && size < layout.typeSize
          ? new RiffProblem.TooSmallForType({ offset, id, size })
          : new RiffProblem.TruncatedType({ offset: offset + layout.headerSize, id, bytes: available })
      )
    }
    return true
  }

  /** A chunk at the top. */
  private form(walker: Walker): void {
    const { id, offset, type } = walker
    if (walker.count === 1) this.first = type
    else if (this.first !== Known.types.AVI || id !== ids.RIFF || type !== Known.types.AVIX) {
      this.report(walker, new RiffProblem.FurtherForm({ offset, id: code(id) }))
    }
    if (hasDs64(id) && walker.ds64 === undefined) {
      this.report(walker, new RiffProblem.MissingDs64({ offset, id: code(id) }))
    }
    this.formatMissing = type === Known.types.WAVE || type === Known.types.wave
  }

  /** A chunk of a form. */
  private part(walker: Walker): void {
    const { id, offset } = walker
    if (!this.formatMissing) return
    if (id === ids.data) this.report(walker, new RiffProblem.DataBeforeFormat({ offset }))
    if (id === ids.data || id === Known.ids.fmt) this.formatMissing = false
  }

  override rest(walker: Walker, offset: number, bytes: number): void {
    if (!walker.atTop) this.report(walker, new RiffProblem.TruncatedHeader({ offset, bytes }))
    else if (walker.count > 0) {
      if (bytes > 0) this.report(walker, new RiffProblem.TrailingBytes({ offset, bytes }))
    } else if (bytes === 0) this.report(walker, new RiffProblem.EmptyFile({ offset }))
    else if (bytes < 8) this.report(walker, new RiffProblem.TooShort({ offset, bytes }))
    else this.report(walker, new RiffProblem.NotRiff({ offset, id: code(walker.id), bytes }))
  }

  override leading(walker: Walker, bytes: number): void {
    const { id, offset } = walker
    this.report(walker, new RiffProblem.LeadingBytes({ offset, id: code(id), bytes }))
  }

  override unpadded(walker: Walker, offset: number): void {
    this.report(walker, new RiffProblem.MissingPadByte({ offset, id: code(walker.ended), followed: true }))
  }

  override pad(walker: Walker, offset: number, value: number): void {
    this.report(walker, new RiffProblem.PadByteNotZero({ offset, value }))
  }

  override exceeded(limit: Exceedable, offset: number, walker: Walker): boolean {
    this.report(walker, new RiffProblem.LimitExceeded({ limit, offset, value: this.limits[limit] }))
    return true
  }
}
