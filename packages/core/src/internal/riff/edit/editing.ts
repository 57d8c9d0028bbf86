/**
 * Edits done to the chunks of a file: finding what a path leads to, and changing it, with nothing read or written.
 */
import * as Either from "effect/Either"
import * as FourCC from "../../../FourCC.js"
import * as MmioError from "../../../MmioError.js"
import type * as Api from "../../../Riff.js"
import type { Content, Place, RiffEdit } from "../../../RiffEdit.js"
import type { Limits } from "../../../RiffLimits.js"
import { isStep, type Step, stepsOf } from "../find.js"
import * as Layout from "../layout.js"
import * as Path from "../path.js"
import {
  childrenOf,
  type Draft,
  fromNode,
  heightOf,
  isDs64,
  isOpenEnd,
  isWave,
  lacksPadding,
  lastIndex,
  newLeaf,
  newList
} from "./draft.js"

type Failure = MmioError.ChunkNotFound | MmioError.InvalidParameter
type Result<A> = Either.Either<A, Failure>

/** One application of edits to the chunks of a file. */
class Editing {
  readonly file: string
  readonly limits: Limits
  readonly forms: ReadonlyArray<Draft>
  /** The ids of containers that a path names without a type, in a form. */
  readonly untyped = new Set<number>()
  /** How many chunks the edits have made. */
  private made = 0

  constructor(file: string, limits: Limits, forms: ReadonlyArray<Draft>) {
    this.file = file
    this.limits = limits
    this.forms = forms
  }

  private invalid(description: string) {
    return Either.left(new MmioError.InvalidParameter({ operation: "Riff.edit", file: this.file, description }))
  }

  private code(text: string): Result<FourCC.FourCC> {
    return FourCC.isFourCC(text)
      ? Either.right(text)
      : this.invalid(`${FourCC.format(text)} is not a four-character code`)
  }

  private leaf(layout: Layout.Layout, text: string, data: Uint8Array): Result<Draft> {
    return Either.flatMap(this.code(text), (code) => {
      const leaf = newLeaf(layout, FourCC.toNumber(code), data)
      return Layout.isContainer(layout, leaf.id, leaf.idBytes, 0)
        ? this.invalid(`${FourCC.format(code)} is made of chunks: it cannot be given data`)
        : leaf.id === Layout.ids.ds64
        ? this.invalid(`"ds64" holds sizes, and is written with them`)
        : Either.right(leaf)
    })
  }

  private list(layout: Layout.Layout, type: string): Result<Draft> {
    return Either.map(this.code(type), (code) => newList(layout, FourCC.toNumber(code)))
  }

  /** A chunk without what is in it. */
  private makeOne(layout: Layout.Layout, content: Content, depth: number): Result<Draft> {
    // The same content in many places is as much as many contents.
    return ++this.made > this.limits.chunks
      ? this.invalid(`more than ${this.limits.chunks} chunks would be made, the limit RiffLimits.chunks`)
      : depth > this.limits.nesting
      ? this.invalid(`chunks would be nested more than ${this.limits.nesting} deep, the limit RiffLimits.nesting`)
      : content.chunk === undefined
      ? this.list(layout, content.list)
      : this.leaf(layout, content.chunk, content.data)
  }

  private make(layout: Layout.Layout, content: Content, depth: number): Result<Draft> {
    const made = this.makeOne(layout, content, depth)
    if (Either.isLeft(made) || content.chunk !== undefined) return made
    const open = [{ draft: made.right, content: content.content, depth }]
    for (let list = open.pop(); list !== undefined; list = open.pop()) {
      const children = childrenOf(list.draft)
      for (const inner of list.content) {
        const child = this.makeOne(layout, inner, list.depth + 1)
        if (Either.isLeft(child)) return child
        children.push(child.right)
        if (inner.chunk === undefined) open.push({ draft: child.right, content: inner.content, depth: list.depth + 1 })
      }
    }
    return made
  }

  // -------------------------------------------------------------------------------------------------------------------
  // finding
  // -------------------------------------------------------------------------------------------------------------------

  private steps(path: string | Api.Path): Result<ReadonlyArray<Step>> {
    return Either.map(
      Either.flatMap(
        typeof path === "string" ? Path.parse("Riff.edit", this.file, path) : Either.right(path),
        (path) => stepsOf("Riff.edit", this.file, path)
      ),
      (steps) => {
        const [, inner] = steps
        if (inner?.type === undefined && inner !== undefined) this.untyped.add(inner.id)
        return steps
      }
    )
  }

  /**
   * The chunks on the way to the first one that a path leads to, and that one: as `Riff.find` goes, as far as there are
   * such.
   */
  private follow(steps: ReadonlyArray<Step>, forms = this.forms): ReadonlyArray<Draft> {
    let furthest: ReadonlyArray<Draft> = []
    const way: Array<Draft> = []
    const levels = [{ children: forms, next: 0, count: 0 }]
    for (let level = levels.at(-1); level !== undefined; level = levels.at(-1)) {
      const step = steps[way.length]
      const child = level.children[level.next++]
      if (step === undefined) return way
      if (child === undefined) {
        if (way.length > furthest.length) furthest = [...way]
        levels.pop()
        way.pop()
      } else if (isStep({ ...child, container: child.type !== undefined }, step)) {
        const index = level.count++
        if (step.index !== undefined && step.index !== index) continue
        way.push(child)
        levels.push({ children: way.length < steps.length ? childrenOf(child) : [], next: 0, count: 0 })
      }
    }
    return furthest
  }

  private notFound(path: string | Api.Path) {
    const sought = typeof path === "string" ? path : Path.format(path)
    return Either.left(
      new MmioError.ChunkNotFound({
        operation: "Riff.edit",
        file: this.file,
        description: `there is no ${sought}`,
        sought,
        searchedTo: this.forms.reduce(
          (end, { source }) => source === undefined ? end : Math.max(end, source.chunk.dataOffset + source.available),
          0
        )
      })
    )
  }

  private find(path: string | Api.Path): Result<ReadonlyArray<Draft>> {
    return Either.flatMap(this.steps(path), (steps) => {
      const way = this.follow(steps)
      return way.length === steps.length ? Either.right(way) : this.notFound(path)
    })
  }

  /** The way to a chunk that is in another one, and that an edit may take away. */
  private findInner(path: string | Api.Path): Result<Inner> {
    return Either.flatMap(this.find(path), (way) => this.inner(way))
  }

  private inner(way: ReadonlyArray<Draft>): Result<Inner> {
    const target = way.at(-1)
    const parent = way.at(-2)
    return target === undefined || parent === undefined
      ? this.invalid("a form itself cannot be taken away, or put beside another one")
      : isDs64(target)
      ? this.invalid(`"ds64" holds sizes, and stays where it is`)
      : Either.right({ target, parent, way: way.slice(0, -1), index: childrenOf(parent).indexOf(target) })
  }

  /**
   * The forms that data may be assigned in: of several, the first one alone where it is a WAVE, as readers of WAVE read
   * no other.
   */
  private assignable([step]: ReadonlyArray<Step>): ReadonlyArray<Draft> {
    const first = step === undefined || step.index !== undefined
      ? undefined
      : this.forms.find((form) => isStep({ ...form, container: true }, step))
    return first !== undefined && isWave(first) ? [first] : this.forms
  }

  // -------------------------------------------------------------------------------------------------------------------
  // changing
  // -------------------------------------------------------------------------------------------------------------------

  private touch(way: ReadonlyArray<Draft>): void {
    for (const draft of way) draft.touched = true
  }

  /** The container that a place is in, and before which of its chunks. */
  private resolve(place: Place): Result<{ readonly way: ReadonlyArray<Draft>; readonly index: number }> {
    if ("before" in place || "after" in place) {
      const path = "before" in place ? place.before : place.after
      return Either.flatMap(
        this.findInner(path),
        ({ index, target, way }) =>
          "before" in place
            ? Either.right({ way, index })
            : isOpenEnd(target)
            ? this.invalid(
              `nothing can be put after ${FourCC.format(Layout.code(target.id))}, which declares more than there is`
            )
            : Either.right({ way, index: index + 1 })
      )
    }
    const path = "first" in place ? place.first : place.last
    return Either.flatMap(this.find(path), (way) => {
      const container = way.at(-1)
      if (container?.type === undefined) {
        return this.invalid(`${typeof path === "string" ? path : Path.format(path)} is no container`)
      }
      const children = childrenOf(container)
      const [first] = children
      return Either.right({
        way,
        index: "last" in place ? lastIndex(children) : first !== undefined && isDs64(first) ? 1 : 0
      })
    })
  }

  private put(
    place: Place,
    make: (container: Draft, way: ReadonlyArray<Draft>, depth: number) => Result<Draft>
  ): Result<void> {
    return Either.flatMap(this.resolve(place), ({ index, way }) => {
      const container = way.at(-1)
      return container === undefined
        ? Either.void
        : Either.map(make(container, way, way.length + 1), (draft) => {
          draft.placed = true
          childrenOf(container).splice(index, 0, draft)
          this.touch(way)
        })
    })
  }

  private swap({ index, parent, way }: Inner, draft: Draft): void {
    childrenOf(parent).splice(index, 1, draft)
    this.touch(way)
  }

  private assign(path: string | Api.Path, data: Uint8Array): Result<void> {
    return Either.flatMap(this.steps(path), (steps): Result<void> => {
      const way = this.follow(steps, this.assignable(steps))
      if (way.length === steps.length) {
        return Either.flatMap(this.inner(way), (inner) => {
          const { target } = inner
          if (target.type !== undefined) return this.invalid("what is made of chunks cannot be given data")
          this.swap(inner, { ...target, source: undefined, data, touched: true })
          return Either.void
        })
      }
      // What is missing is made from the inside to the outside.
      const parent = way.at(-1)
      const missing = steps.slice(way.length)
      if (
        parent?.type === undefined || steps.length > this.limits.nesting
        || missing.some(({ index }) => index !== undefined && index > 0)
      ) {
        return this.notFound(path)
      }
      const { layout } = parent
      const chain = missing.map(({ id, type }, i) =>
        i === missing.length - 1 && type === undefined
          ? this.leaf(layout, Layout.code(id), data)
          : id === Layout.ids.LIST && type !== undefined && i < missing.length - 1
          ? this.list(layout, Layout.code(type))
          : this.notFound(path)
      )
      return Either.map(Either.all(chain), (drafts) => {
        let inside = parent
        for (const draft of drafts) {
          const children = childrenOf(inside)
          children.splice(lastIndex(children), 0, draft)
          inside = draft
        }
        this.touch(way)
      })
    })
  }

  /** Has the padding inserted that is missing after chunks: in containers that are written, it is. */
  private pad(): void {
    const open = this.forms.map((draft): Nested => ({ draft, around: undefined }))
    for (let container = open.pop(); container !== undefined; container = open.pop()) {
      const children = childrenOf(container.draft)
      if (children.some((child) => lacksPadding(child))) {
        // What is around a touched container is touched already.
        for (let each: Nested | undefined = container; each?.draft.touched === false; each = each.around) {
          each.draft.touched = true
        }
      }
      for (const draft of children) if (draft.type !== undefined) open.push({ draft, around: container })
    }
  }

  apply(edit: RiffEdit): Result<void> {
    switch (edit._tag) {
      case "Pad":
        this.pad()
        return Either.void
      case "Assign":
        return this.assign(edit.path, edit.data)
      case "Insert":
        return this.put(edit.place, ({ layout }, _, depth) => this.make(layout, edit.content, depth))
      case "Replace":
        return Either.flatMap(
          this.findInner(edit.path),
          (inner) =>
            Either.map(this.make(inner.parent.layout, edit.content, inner.way.length + 1), (draft) => {
              draft.placed = inner.target.placed
              this.swap(inner, draft)
            })
        )
      case "Remove":
        return Either.map(this.findInner(edit.path), ({ index, parent, way }) => {
          childrenOf(parent).splice(index, 1)
          this.touch(way)
        })
      case "Move":
        return Either.flatMap(this.findInner(edit.path), ({ index, parent, target, way }) => {
          if (isOpenEnd(target)) {
            return this.invalid(
              `${FourCC.format(Layout.code(target.id))}, which declares more than there is, stays where it is`
            )
          }
          childrenOf(parent).splice(index, 1)
          this.touch(way)
          return this.put(edit.place, ({ layout }, [form], depth) =>
            layout !== target.layout
              ? this.invalid("a chunk cannot be moved to a form that is written otherwise")
              : form !== way[0] && way[0]?.source?.chunk.ds64._tag === "Some"
              ? this.invalid("a chunk cannot be moved out of a form whose ds64 may hold its size")
              : depth + heightOf(target) - 1 > this.limits.nesting
              ? this.invalid(
                `chunks would be nested more than ${this.limits.nesting} deep, the limit RiffLimits.nesting`
              )
              : Either.right(target))
        })
    }
  }
}

/** A container, and what is around it. */
interface Nested {
  readonly draft: Draft
  readonly around: Nested | undefined
}

/** A chunk in another one. */
interface Inner {
  readonly target: Draft
  readonly parent: Draft
  /** The chunks around it. */
  readonly way: ReadonlyArray<Draft>
  readonly index: number
}

/** What edits make of a file. */
export interface Edited {
  readonly forms: ReadonlyArray<Draft>
  /** The ids of containers that a path names without a type, in a form. */
  readonly untyped: ReadonlySet<number>
}

/**
 * The forms of a file after edits, each of which sees what those before it left. Fails with the first that cannot be
 * done.
 */
export const edited = (
  file: string,
  limits: Limits,
  { chunks }: Api.Tree,
  edits: ReadonlyArray<RiffEdit>
): Result<Edited> => {
  const editing = new Editing(file, limits, chunks.map((node) => fromNode(node)))
  for (const edit of edits) {
    const done = editing.apply(edit)
    if (Either.isLeft(done)) return Either.left(done.left)
  }
  return Either.right(editing)
}
