/**
 * A file as it is to be: the chunks that it has, with edits done to them, before anybody asks where they will lie.
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

/** A chunk that is to be. @internal */
export interface Draft {
  readonly layout: Layout.Layout
  /** The id; in Wave64 the first four bytes of the GUID. */
  readonly id: number
  /** The id as it is written, of four bytes or of sixteen. */
  readonly idBytes: Uint8Array
  /** The type of a container. */
  readonly type: number | undefined
  readonly typeBytes: Uint8Array
  /** What it is in the file, unless it is new. */
  readonly source: Api.TreeNode | undefined
  /** The data of a new one that is no container. */
  readonly data: Uint8Array | undefined
  /** What is in a container. Made when somebody asks: see {@link childrenOf}. */
  children: Array<Draft> | undefined
  /** Whether something is different in it. */
  touched: boolean
  /** Whether the edit said where it is to be. */
  placed: boolean
}

type Failure = MmioError.ChunkNotFound | MmioError.InvalidParameter
type Result<A> = Either.Either<A, Failure>

const noBytes = new Uint8Array(0)

const fromHex = (digits: string): Uint8Array =>
  Uint8Array.from({ length: digits.length / 2 }, (_, i) => Number.parseInt(digits.slice(2 * i, 2 * i + 2), 16))

const codeBytes = (code: FourCC.FourCC): Uint8Array => Layout.uint32Bytes(FourCC.toNumber(code), "little")

/** A chunk that is in the file. */
const fromNode = (node: Api.TreeNode): Draft => {
  const { guid, id, type, typeGuid } = node.chunk
  return {
    layout: Layout.layoutOf(node.chunk),
    id: FourCC.toNumber(id),
    idBytes: guid._tag === "Some" ? fromHex(guid.value) : codeBytes(id),
    type: type._tag === "Some" ? FourCC.toNumber(type.value) : undefined,
    typeBytes: typeGuid._tag === "Some"
      ? fromHex(typeGuid.value)
      : type._tag === "Some"
      ? codeBytes(type.value)
      : noBytes,
    source: node,
    data: undefined,
    children: undefined,
    touched: false,
    placed: false
  }
}

/** The chunks in a chunk. @internal */
export const childrenOf = (draft: Draft): Array<Draft> =>
  draft.children ??= draft.source?.children.map((node) => fromNode(node)) ?? []

// ---------------------------------------------------------------------------------------------------------------------
// new chunks
// ---------------------------------------------------------------------------------------------------------------------

/** The rest of the GUIDs of Wave64, behind the four letters: of all but containers. */
const guidRest = fromHex("f3acd3118cd100c04f8edb8a")
const listRest = fromHex("2f91cf11a5d628db04c10000")

const written = (layout: Layout.Layout, code: FourCC.FourCC, rest: Uint8Array): Uint8Array =>
  layout === Layout.wave64 ? Uint8Array.of(...codeBytes(code), ...rest) : codeBytes(code)

const LIST = FourCC.LIST
const list = FourCC.make("list")

/** One application of edits to the chunks of a file. */
class Editing {
  readonly file: string
  readonly limits: Limits
  readonly forms: ReadonlyArray<Draft>

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
      const id = FourCC.toNumber(code)
      const idBytes = written(layout, code, guidRest)
      return Layout.isContainer(layout, id, idBytes, 0)
        ? this.invalid(`${FourCC.format(code)} is made of chunks: it cannot be given data`)
        : id === Layout.ids.ds64
        ? this.invalid(`"ds64" holds sizes, and is written with them`)
        : Either.right({
          layout,
          id,
          idBytes,
          type: undefined,
          typeBytes: noBytes,
          source: undefined,
          data,
          children: undefined,
          touched: true,
          placed: false
        })
    })
  }

  private list(layout: Layout.Layout, type: string): Result<Draft> {
    return Either.map(this.code(type), (code) => {
      const id = layout === Layout.wave64 ? list : LIST
      return {
        layout,
        id: FourCC.toNumber(id),
        idBytes: written(layout, id, listRest),
        type: FourCC.toNumber(code),
        typeBytes: written(layout, code, guidRest),
        source: undefined,
        data: undefined,
        children: [],
        touched: true,
        placed: false
      }
    })
  }

  private make(layout: Layout.Layout, content: Content, depth: number): Result<Draft> {
    if (depth > this.limits.nesting) {
      return this.invalid(`chunks would be nested more than ${this.limits.nesting} deep, the limit RiffLimits.nesting`)
    }
    if (content.chunk !== undefined) return this.leaf(layout, content.chunk, content.data)
    return Either.flatMap(
      this.list(layout, content.list),
      (draft) =>
        Either.map(
          Either.all(content.content.map((inner) => this.make(layout, inner, depth + 1))),
          (children) => {
            childrenOf(draft).push(...children)
            return draft
          }
        )
    )
  }

  // -------------------------------------------------------------------------------------------------------------------
  // finding
  // -------------------------------------------------------------------------------------------------------------------

  private steps(path: string | Api.Path): Result<ReadonlyArray<Step>> {
    return Either.flatMap(
      typeof path === "string" ? Path.parse("Riff.edit", this.file, path) : Either.right(path),
      (path) => stepsOf("Riff.edit", this.file, path)
    )
  }

  /** The chunks on the way to the first one that a path leads to, and that one: as `Riff.find` goes, as far as there are such. */
  private follow(steps: ReadonlyArray<Step>): ReadonlyArray<Draft> {
    let furthest: ReadonlyArray<Draft> = []
    const search = (children: ReadonlyArray<Draft>, way: ReadonlyArray<Draft>): ReadonlyArray<Draft> | undefined => {
      const step = steps[way.length]
      if (step === undefined) return way
      let count = 0
      for (const child of children) {
        if (!isStep({ ...child, container: child.type !== undefined }, step)) continue
        if (step.index === undefined || step.index === count) {
          const further = [...way, child]
          if (further.length > furthest.length) furthest = further
          const found = search(further.length < steps.length ? childrenOf(child) : [], further)
          if (found !== undefined) return found
        }
        count++
      }
      return undefined
    }
    return search(this.forms, []) ?? furthest
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
    return Either.flatMap(this.find(path), (way) => {
      const target = way.at(-1)
      const parent = way.at(-2)
      return target === undefined || parent === undefined
        ? this.invalid("a form itself cannot be taken away, or put beside another one")
        : isDs64(target)
        ? this.invalid(`"ds64" holds sizes, and stays where it is`)
        : Either.right({ target, parent, way: way.slice(0, -1), index: childrenOf(parent).indexOf(target) })
    })
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
      return Either.map(
        this.findInner(path),
        ({ index, way }) => ({ way, index: "before" in place ? index : index + 1 })
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
        index: "last" in place ? children.length : first !== undefined && isDs64(first) ? 1 : 0
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
      const way = this.follow(steps)
      if (way.length === steps.length) {
        return Either.flatMap(this.findInner(path), (inner) => {
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
          childrenOf(inside).push(draft)
          inside = draft
        }
        this.touch(way)
      })
    })
  }

  apply(edit: RiffEdit): Result<void> {
    switch (edit._tag) {
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

/** A chunk in another one. */
interface Inner {
  readonly target: Draft
  readonly parent: Draft
  /** The chunks around it. */
  readonly way: ReadonlyArray<Draft>
  readonly index: number
}

const isDs64 = ({ id, source }: Draft): boolean =>
  id === Layout.ids.ds64 && source?.chunk.ds64._tag === "Some"
  && source.chunk.ds64.value.dataOffset === source.chunk.dataOffset

const heightOf = (draft: Draft): number => {
  let height = 0
  let level: ReadonlyArray<Draft> = [draft]
  for (; level.length > 0; height++) level = level.flatMap((inner) => inner.type === undefined ? [] : childrenOf(inner))
  return height
}

/**
 * The forms of a file after edits, each of which sees what those before it left. Fails with the first that cannot be done.
 *
 * @internal
 */
export const edited = (
  file: string,
  limits: Limits,
  { chunks }: Api.Tree,
  edits: ReadonlyArray<RiffEdit>
): Result<ReadonlyArray<Draft>> => {
  const editing = new Editing(file, limits, chunks.map((node) => fromNode(node)))
  for (const edit of edits) {
    const done = editing.apply(edit)
    if (Either.isLeft(done)) return Either.left(done.left)
  }
  return Either.right(editing.forms)
}
