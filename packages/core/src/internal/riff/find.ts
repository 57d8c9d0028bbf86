/**
 * Chunks by their path.
 */
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as FourCC from "../../FourCC.js"
import type { Access } from "../../IOProc.js"
import type * as Mmio from "../../Mmio.js"
import * as MmioError from "../../MmioError.js"
import type * as Api from "../../Riff.js"
import type { Handle } from "../handle/handle.js"
import { codeOf } from "../parameters.js"
import * as Layout from "./layout.js"
import { current, type Exceedable, exceeded } from "./limits.js"
import * as Path from "./path.js"
import { Visitor } from "./visitor.js"
import { run } from "./walk.js"
import { Walker } from "./walker.js"

/** A step of a path, in numbers. @internal */
export interface Step {
  readonly id: number
  readonly type: number | undefined
  readonly index: number | undefined
}

/** Whether a chunk is one that a step leads to. @internal */
export const isStep = (
  { container, id, layout, type }: Pick<Walker, "container" | "id" | "layout" | "type">,
  step: Step
): boolean =>
  (step.id === Layout.ids.RIFF
    ? container && Layout.isForm(id)
    : step.id === Layout.ids.LIST
    ? container && Layout.isList(id)
    : id === step.id)
  && (step.type === undefined || (type !== undefined && Layout.isType(layout, type, step.type)))

/** Goes into what lies on the path only, and ends at the first chunk that it leads to. */
class Finder extends Visitor {
  found: Api.FoundChunk | undefined
  exceeds: { readonly limit: Exceedable; readonly at: number } | undefined
  private readonly steps: ReadonlyArray<Step>
  /** How many chunks that fit the step of each depth were there in the container. */
  private readonly counts: Array<number>

  constructor(steps: ReadonlyArray<Step>) {
    super()
    this.steps = steps
    this.counts = steps.map(() => 0)
  }

  override chunk(walker: Walker): boolean {
    const { depth } = walker
    const step = this.steps[depth - 1]
    if (step === undefined || !isStep(walker, step)) return false
    const count = this.counts[depth - 1] ?? 0
    this.counts[depth - 1] = count + 1
    if (step.index !== undefined && step.index !== count) return false
    if (depth === this.steps.length) {
      this.found = walker.chunk()
      walker.stop()
      return false
    }
    this.counts[depth] = 0
    return true
  }

  override exceeded(limit: Exceedable, at: number): boolean {
    this.exceeds = { limit, at }
    return false
  }
}

/** @internal */
export const stepsOf = (
  operation: string,
  file: string,
  path: Api.Path
): Either.Either<ReadonlyArray<Step>, MmioError.InvalidParameter> => {
  const invalid = (description: string) => Either.left(new MmioError.InvalidParameter({ operation, file, description }))
  if (path.length === 0) return invalid("a path has at least one step")
  return Either.all(path.map(({ id, index, type }) => {
    if (index !== undefined && (!Number.isSafeInteger(index) || index < 0)) {
      return invalid(`${index} is not an index: they are counted from 0`)
    }
    const number = (code: string) => Either.map(codeOf(operation, file, code), FourCC.toNumber)
    return Either.flatMap(number(id), (id) =>
      Either.map(
        type === undefined ? Either.right(undefined) : number(type),
        (type): Step => ({ id, type, index })
      ))
  }))
}

type SearchError<A extends Access> = MmioError.ChunkNotFound | MmioError.InvalidFile | Mmio.ReadError<A>

/** @internal */
export const find = <A extends Access>(
  handle: Handle<A>,
  given: string | Api.Path,
  options: Api.WithinOptions | undefined
): Effect.Effect<Api.FoundChunk, SearchError<A> | MmioError.InvalidParameter> =>
  Effect.flatMap(current, (limits): Effect.Effect<Api.FoundChunk, SearchError<A> | MmioError.InvalidParameter> => {
    const file = handle.name.full
    const path = typeof given === "string" ? Path.parse("Riff.find", file, given) : Either.right(given)
    if (Either.isLeft(path)) return Either.left(path.left)
    const steps = stepsOf("Riff.find", file, path.right)
    if (Either.isLeft(steps)) return Either.left(steps.left)
    const visitor = new Finder(steps.right)
    const walker = new Walker(visitor, {
      limits,
      within: options?.within,
      at: options?.at,
      length: Infinity,
      mayGoBack: handle.engine.canReturn
    })
    return Effect.flatMap(
      handle.exclusive("Riff.find", (restore) => run(handle, walker, restore)),
      (): Effect.Effect<Api.FoundChunk, SearchError<A> | MmioError.InvalidParameter> => {
        const { exceeds, found } = visitor
        if (found !== undefined) return Effect.succeed(found)
        if (exceeds !== undefined) {
          return Effect.fail(exceeded("Riff.find", file, limits, exceeds.limit, exceeds.at))
        }
        const sought = Path.format(path.right)
        return Effect.fail(
          new MmioError.ChunkNotFound({
            operation: "Riff.find",
            file,
            description: `there is no ${sought}, searched to ${walker.at}`,
            sought,
            searchedTo: walker.at
          })
        )
      }
    )
  })
