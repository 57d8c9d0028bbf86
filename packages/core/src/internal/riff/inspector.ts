/**
 * What a walk comes to, judged.
 */
import type { Limits } from "../../RiffLimits.js"
import * as RiffProblem from "../../RiffProblem.js"
import * as Known from "./known.js"
import { code, hasDs64, ids, isPrintable, paddingOf, wave64 } from "./layout.js"
import type { Exceedable } from "./limits.js"
import { Visitor, type Walker } from "./walker.js"

/** Lists the problems of a file. @internal */
export class Inspector extends Visitor {
  override readonly careful = true
  private readonly list: Array<RiffProblem.RiffProblem> = []
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
  get problems(): ReadonlyArray<RiffProblem.RiffProblem> {
    return this.list.toSorted((a, b) => a.offset - b.offset)
  }

  private report(problem: RiffProblem.RiffProblem): void {
    const { problems } = this.limits
    if (this.list.length < problems) this.list.push(problem)
    else if (this.list.length === problems) {
      this.list.push(new RiffProblem.LimitExceeded({ limit: "problems", offset: problem.offset, value: problems }))
    }
  }

  override chunk(walker: Walker): boolean {
    const { available, container, declaredEnd, endless, layout, limit, offset, padding, size, type } = walker
    const id = code(walker.id)
    if (layout !== wave64 && !isPrintable(walker.id)) this.report(new RiffProblem.UnprintableId({ offset, id }))
    if (walker.atTop) this.form(walker)
    else if (walker.depth === 2) this.part(walker)

    if (layout === wave64 && walker.sizeField < layout.headerSize) {
      this.report(new RiffProblem.TooSmallForHeader({ offset, id, size: walker.sizeField }))
    }
    if (endless) this.report(new RiffProblem.UnknownSize({ offset, id }))
    else if (declaredEnd > limit) {
      const cut = { offset, id, size, available }
      this.report(declaredEnd > walker.length ? new RiffProblem.PastEndOfFile(cut) : new RiffProblem.PastParent(cut))
    } // The padding of Wave64 may be missing at the end, as libsndfile leaves it.
    else if (padding === 0 && layout !== wave64 && paddingOf(layout, size) > 0) {
      this.report(new RiffProblem.MissingPadByte({ offset: declaredEnd, id }))
    }
    if (container && type === undefined) {
      this.report(
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
      this.report(new RiffProblem.FurtherForm({ offset, id: code(id) }))
    }
    if (hasDs64(id) && walker.ds64 === undefined) this.report(new RiffProblem.MissingDs64({ offset, id: code(id) }))
    this.formatMissing = type === Known.types.WAVE || type === Known.types.wave
  }

  /** A chunk of a form. */
  private part({ id, offset }: Walker): void {
    if (!this.formatMissing) return
    if (id === ids.data) this.report(new RiffProblem.DataBeforeFormat({ offset }))
    if (id === ids.data || id === Known.ids.fmt) this.formatMissing = false
  }

  override rest(walker: Walker, offset: number, bytes: number): void {
    if (!walker.atTop) this.report(new RiffProblem.TruncatedHeader({ offset, bytes }))
    else if (walker.count > 0) {
      if (bytes > 0) this.report(new RiffProblem.TrailingBytes({ offset, bytes }))
    } else if (bytes === 0) this.report(new RiffProblem.EmptyFile({ offset }))
    else if (bytes < 8) this.report(new RiffProblem.TooShort({ offset, bytes }))
    else this.report(new RiffProblem.NotRiff({ offset, id: code(walker.id), bytes }))
  }

  override pad(offset: number, value: number): void {
    this.report(new RiffProblem.PadByteNotZero({ offset, value }))
  }

  override exceeded(limit: Exceedable, offset: number): boolean {
    this.report(new RiffProblem.LimitExceeded({ limit, offset, value: this.limits[limit] }))
    return true
  }
}
