/**
 * Edits done to lists of lists, without any thought of files: what `Riff.edit` is compared with.
 */
import type { Riff } from "@effect-mmio/core"
import { FastCheck as fc } from "effect"
import * as RiffEdit from "../../src/RiffEdit.js"
import * as Family from "./familyModel.js"

/** A chunk with its data, or a container. */
export interface Item {
  readonly id: string
  readonly type: string | undefined
  readonly data: ReadonlyArray<number>
  readonly children: Array<Item>
}

/** What a file holds, whatever is where. */
export const items = (bytes: Uint8Array): Array<Item> => {
  const itemOf = ({ available, children, dataOffset, id, type }: Family.Node): Item => ({
    id,
    type,
    data: type === undefined ? [...bytes.subarray(dataOffset, dataOffset + available)] : [],
    children: children.map(itemOf)
  })
  return Family.read(bytes).nodes.map(itemOf)
}

const fillers: ReadonlySet<string> = new Set(["JUNK", "junk", "PAD ", "FLLR", "    "])

/** The same without what is there only to take room, and without the sizes of a `ds64`. */
export const plain = (list: ReadonlyArray<Item>): ReadonlyArray<Item> =>
  list
    .filter(({ id, type }) => type !== undefined || !fillers.has(id))
    .map(({ children, data, id, type }) => ({
      id,
      type,
      data: id === "ds64" ? [] : data,
      children: [...plain(children)]
    }))

// ---------------------------------------------------------------------------------------------------------------------
// edits
// ---------------------------------------------------------------------------------------------------------------------

/** An edit, before it is known what there is to edit: numbers choose among it. */
export interface Choice {
  readonly edit: "assign" | "replace" | "insert" | "remove" | "move" | "new tag"
  readonly target: number
  readonly place: "first" | "last" | "before" | "after"
  readonly beside: number
  readonly content: RiffEdit.Content
}

const data = fc.uint8Array({ maxLength: 40, size: "max" })

const content: fc.Arbitrary<RiffEdit.Content> = fc.oneof(
  fc.record({ chunk: fc.constantFrom("data", "bext", "INAM", "JUNK"), data }),
  fc.record({
    list: fc.constantFrom("INFO", "adtl"),
    content: fc.array(fc.record({ chunk: fc.constantFrom("IART", "note"), data }), { maxLength: 3 })
  })
)

export const choice: fc.Arbitrary<Choice> = fc.record({
  edit: fc.constantFrom<Array<Choice["edit"]>>("assign", "replace", "insert", "remove", "move", "new tag"),
  target: fc.nat({ max: 30 }),
  place: fc.constantFrom<Array<Choice["place"]>>("first", "last", "before", "after"),
  beside: fc.nat({ max: 30 }),
  content
})

/** An item, with the way to it. */
interface Found {
  readonly way: ReadonlyArray<Item>
  readonly path: Riff.Path
}

const isList = ({ id, type }: Item) => type !== undefined && id.toUpperCase() === "LIST"

/** All items, with paths that lead to each alone. */
const all = (list: ReadonlyArray<Item>, around: Found = { way: [], path: [] }): ReadonlyArray<Found> =>
  list.flatMap((item, i) => {
    const isLike = (other: Item) => isList(item) ? isList(other) : other.id === item.id
    const index = list.slice(0, i).filter((other) => isLike(other)).length
    const found = {
      way: [...around.way, item],
      path: [...around.path, { id: isList(item) ? "LIST" : item.id, index }]
    }
    return [found, ...all(item.children, found)]
  })

const itemOf = (content: RiffEdit.Content, isWave64: boolean): Item =>
  content.chunk === undefined
    ? {
      id: isWave64 ? "list" : "LIST",
      type: content.list,
      data: [],
      children: content.content.map((inner) => itemOf(inner, isWave64))
    }
    : { id: content.chunk, type: undefined, data: [...content.data], children: [] }

/** Whether readers take an id for that of a chunk. */
const isPrintable = ({ id }: Item) => /^[ -~]{4}$/.test(id)

/** Where a chunk is put that is to be the last one: before what no reader takes for a chunk. */
const lastIndex = (children: ReadonlyArray<Item>, isWave64: boolean): number =>
  children.findLastIndex((child) => isWave64 || isPrintable(child)) + 1

/**
 * Whether there are samples without a size, followed by what may be samples: such a file is repaired before it is
 * edited.
 */
export const isOpen = (items: ReadonlyArray<Item>): boolean =>
  items.some(({ children, data, id }, i) => {
    const next = items[i + 1]
    return isOpen(children) || (id === "data" && data.length === 0 && next !== undefined && !isPrintable(next))
  })

const pick = <A>(from: ReadonlyArray<A>, index: number): A | undefined => from[index % Math.max(1, from.length)]

/** Does an edit to the items, and gives it as the library takes it; undefined where there is nothing to do it to. */
export const perform = (list: Array<Item>, choice: Choice): RiffEdit.RiffEdit | undefined => {
  const isWave64 = list[0]?.id === "riff"
  // What is in an inner RIFF is reached by a path that does not say which one, too: leave forms to the top.
  const isPlain = ({ way }: Found) => way.slice(1).every(({ id }) => id !== "RIFF" && id !== "ds64")
  const found = () => all(list).filter((one) => isPlain(one))
  const inner = () => found().filter(({ way }) => way.length > 1)
  const target = pick(inner(), choice.target)
  const childrenAround = ({ way }: Found) => way.at(-2)?.children ?? []
  const last = ({ way }: Found) => way.at(-1)!
  const put = (item: Item, form?: Item): RiffEdit.Place | undefined => {
    // Nothing goes from one form to another where its size may be in a ds64.
    const isNear = ({ way }: Found) => form === undefined || !form.id.endsWith("64") || way[0] === form
    if (choice.place === "before" || choice.place === "after") {
      const beside = pick(inner().filter(isNear), choice.beside)
      if (beside === undefined) return undefined
      const { path } = beside
      const around = childrenAround(beside)
      around.splice(around.indexOf(last(beside)) + (choice.place === "before" ? 0 : 1), 0, item)
      return choice.place === "before" ? { before: path } : { after: path }
    }
    const container = pick(found().filter((one) => last(one).type !== undefined && isNear(one)), choice.beside)
    if (container === undefined) return undefined
    const { children } = last(container)
    const { path } = container
    children.splice(
      choice.place === "last" ? lastIndex(children, isWave64) : children[0]?.id === "ds64" ? 1 : 0,
      0,
      item
    )
    return choice.place === "first" ? { first: path } : { last: path }
  }
  const bytes = choice.content.chunk === undefined ? Uint8Array.of(7) : choice.content.data
  switch (choice.edit) {
    case "insert": {
      const place = put(itemOf(choice.content, isWave64))
      return place && new RiffEdit.Insert({ place, content: choice.content })
    }
    case "new tag": {
      const form = pick(found().filter(({ way }) => way.length === 1), choice.beside)
      if (form === undefined) return undefined
      const step = form.path[0]!
      const children = last(form).children
      const isInfo = (item: Item) => isList(item) && item.type === "TAGS"
      let info = children.find((item) => isInfo(item))
      if (info === undefined) {
        info = itemOf({ list: "TAGS", content: [] }, isWave64)
        children.splice(lastIndex(children, isWave64), 0, info)
      }
      const index = info.children.findIndex(({ id }) => id === "ITAG")
      const tag: Item = { id: "ITAG", type: undefined, data: [...bytes], children: [] }
      info.children.splice(index < 0 ? lastIndex(info.children, isWave64) : index, index < 0 ? 0 : 1, tag)
      return new RiffEdit.Assign({ path: [step, { id: "LIST", type: "TAGS" }, { id: "ITAG" }], data: bytes })
    }
  }
  if (target === undefined) return undefined
  const around = childrenAround(target)
  const index = around.indexOf(last(target))
  const { path } = target
  switch (choice.edit) {
    case "assign":
      if (last(target).type !== undefined) return undefined
      around.splice(index, 1, { ...last(target), data: [...bytes] })
      return new RiffEdit.Assign({ path, data: bytes })
    case "replace":
      around.splice(index, 1, itemOf(choice.content, isWave64))
      return new RiffEdit.Replace({ path, content: choice.content })
    case "remove":
      around.splice(index, 1)
      return new RiffEdit.Remove({ path })
    case "move": {
      around.splice(index, 1)
      const place = put(last(target), target.way[0])
      if (place === undefined) {
        around.splice(index, 0, last(target))
        return undefined
      }
      return new RiffEdit.Move({ path, place })
    }
  }
}

// ---------------------------------------------------------------------------------------------------------------------
// what an edit leaves
// ---------------------------------------------------------------------------------------------------------------------

export const isSame = (a: Uint8Array, b: Uint8Array): boolean =>
  a.length === b.length && a.every((byte, i) => byte === b[i])

/**
 * What a recovered file is. Before the journal is complete, a crash may leave bytes after the last chunk: those are
 * `"old"`, too, where a reader finds the old chunks, and nothing else but that bytes follow.
 */
export const stateOf = (bytes: Uint8Array, before: Uint8Array, after: Uint8Array): "old" | "new" | "neither" => {
  if (isSame(bytes, before)) return "old"
  if (isSame(bytes, after)) return "new"
  if (bytes.length < before.length || !isSame(bytes.subarray(0, before.length), before)) return "neither"
  const known = new Set(Family.read(before).problems.map(([problem]) => problem))
  return Family.read(bytes).problems.every(([problem]) => problem === "TrailingBytes" || known.has(problem))
    ? "old"
    : "neither"
}
