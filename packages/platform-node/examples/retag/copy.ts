/**
 * Copies a RIFF file and sets one tag in the copy.
 *
 * All other chunks are copied as they are, byte for byte, also damaged ones: only the sizes of the two chunks around
 * the tag, `RIFF` and the list `INFO`, become what they have to be. No more of the file than one window is in memory at
 * a time.
 */
import { Mmio, type MmioError, Riff } from "@effect-mmio/core"
import { Effect, Option, Stream } from "effect"
import {
  childrenOf,
  type Chunk,
  type File,
  isPrintable,
  type Item,
  itemsIn,
  largestSize,
  lengthOf,
  type Region
} from "./chunks.js"
import { Refused } from "./refused.js"
import { bytesOf, isFilling, isTag, isTagList, type Tag } from "./tag.js"
import { nameOf, problemOf } from "./tree.js"

/** Where the tag goes. */
export interface Plan {
  readonly riff: Chunk
  /** The list that it goes into; without one, a new list goes to `at`. */
  readonly list: Option.Option<Chunk>
  readonly at: number
  /** Whether the chunk before has an odd size and no pad byte, which it needs as soon as another one follows. */
  readonly pad: boolean
  /**
   * How many tags of the same id there are: the first one is replaced, the others are left out, since readers differ in
   * which one they take.
   */
  readonly replaced: number
  /** Whether the copy is larger than a RIFF can say, as its source already is. */
  readonly isTooLarge: boolean
  /** What the user should know. */
  readonly notes: ReadonlyArray<string>
}

// ---------------------------------------------------------------------------------------------------------------------
// looking
// ---------------------------------------------------------------------------------------------------------------------

/** Finds out where the tag goes. */
export const makePlan = Effect.fnUntraced(function*(file: File, riff: Chunk, tag: Tag) {
  // at most two headers, the type of a list and two pad bytes come on top
  const isTooLarge = sizeOf(riff) + bytesOf(tag).length + 22 > largestSize
  if (isTooLarge && !riff.cut) {
    return yield* new Refused({
      message: `There is no room for a tag in ${file.name.full}: a RIFF file cannot be larger than 4 GiB.`
    })
  }
  const children = itemsIn(file, regionOf(riff))
  const found = yield* children.pipe(
    Stream.filter(isTagList),
    Stream.mapEffect((list) => Effect.map(findIn(file, list, tag), (found) => ({ list, ...found }))),
    // the first list that has the tag, else the first list
    Stream.runFold(Option.none<Found>(), (best, next) =>
      Option.some(Option.match(best, {
        onNone: () => next,
        onSome: (best) => ({
          ...(best.count === 0 ? next.count === 0 ? best : next : best),
          count: best.count + next.count
        })
      })))
  )
  const { before, ...place } = Option.isSome(found) ? found.value.place : yield* placeIn(children, regionOf(riff))
  const replaced = Option.match(found, { onNone: () => 0, onSome: ({ count }) => count })
  const notes: Array<string> = []
  if (riff.cut) {
    notes.push(
      `RIFF ${problemOf(riff)}: in the copy it declares ${isTooLarge ? "as much as it can" : "what is there"}.`
    )
  }
  if (before !== undefined) {
    notes.push(
      `${Option.isSome(found) ? "The tag" : "The new list"} goes before ${nameOf(before)} at ${before.offset}: ` +
        "from there on the file does not say truly where chunks end, and what is added after it would become part of one."
    )
  }
  if (replaced > 1) notes.push(`There were ${replaced} of ${tag.id}: one is left.`)
  const list = Option.map(found, ({ list }) => list)
  return { ...place, riff, list, replaced, isTooLarge, notes } satisfies Plan
})

interface Found {
  readonly list: Chunk
  readonly place: Place
  readonly count: number
}

/** Where in a list the tag goes, and how many of it there are. */
const findIn = Effect.fnUntraced(function*(file: File, list: Chunk, tag: Tag) {
  const items = itemsIn(file, regionOf(list))
  const same = Stream.filter(items, (item) => isTag(item, tag))
  const first = yield* Stream.runHead(same)
  return Option.isSome(first)
    ? { place: { at: first.value.offset, pad: false, before: undefined }, count: yield* Stream.runCount(same) }
    : { place: yield* placeIn(items, regionOf(list)), count: 0 }
})

interface Place {
  readonly at: number
  readonly pad: boolean
  /** The item that it has to stay in front of. */
  readonly before: Item | undefined
}

/**
 * Where something may be added: at the end. If the chunks do not go on to the end, it has to stay in front of the place
 * where they cannot be followed any more, lest it is taken for the data of a chunk that is really longer:
 *
 * - in front of a chunk that is cut off, or was written to a pipe and does not know its size;
 * - where there are bytes that are no chunk, or invalid ids, in front of the chunk before them, whose size may be
 *   wrong.
 */
const placeIn = (items: Stream.Stream<Item, MmioError.MmioError>, { start }: Region) => {
  interface State extends Place {
    readonly previous: Item | undefined
    readonly suspect: Item | undefined
  }
  const first: State = { at: start, pad: false, before: undefined, previous: undefined, suspect: undefined }
  return Stream.runFold(items, first, (state, item): State => {
    const inFrontOf = (before: Item): State => ({ ...state, at: before.offset, pad: false, before })
    // both are the last of their region
    if (item._tag === "Rest") return inFrontOf(state.suspect ?? state.previous ?? item)
    if (item.cut) return inFrontOf(state.suspect ?? item)
    return {
      ...state,
      at: item.end,
      pad: item.chunk.size % 2 === 1 && item.end === item.dataEnd,
      previous: item,
      suspect: state.suspect ?? (isPrintable(item.chunk.id) ? undefined : state.previous ?? item)
    }
  })
}

// ---------------------------------------------------------------------------------------------------------------------
// writing
// ---------------------------------------------------------------------------------------------------------------------

/** Writes the copy. */
export const writeCopy = Effect.fnUntraced(function*(source: File, target: Mmio.Handle<"write">, plan: Plan, tag: Tag) {
  const { isTooLarge, list, riff } = plan
  const region = regionOf(riff)
  const writeTag = Riff.withChunk(target, { chunk: tag.id }, () => Mmio.writeAll(target, bytesOf(tag)))
  const writeList = Riff.withChunk(target, { list: "INFO" }, () => writeTag)
  const isChosen = (item: Item) => Option.exists(list, (list) => list.offset === item.offset)

  const copied = yield* Riff.createChunk(target, { riff: typeOf(riff), size: isTooLarge ? largestSize : sizeOf(riff) })
  let afterList = false
  yield* rewrite(
    itemsIn(source, region),
    region,
    Option.isNone(list) ? insertion(target, plan, writeList) : undefined,
    (item) => {
      const isRoom = afterList && isFilling(item)
      afterList = isTagList(item)
      return isTagList(item)
        ? Riff.withChunk(target, { list: "INFO" }, () =>
          rewrite(
            itemsIn(source, regionOf(item)),
            regionOf(item),
            isChosen(item) ? insertion(target, plan, writeTag) : undefined,
            (child) => isTag(child, tag) ? Effect.void : copy(source, target, child.offset, child.end)
          ))
        : isRoom
        ? copyFilling(source, target, item)
        : copy(source, target, item.offset, item.end)
    }
  )
  // corrects the size, and pads
  if (!isTooLarge) yield* Riff.ascend(target, copied)
  const shift = (yield* Mmio.position(target)) - riff.end
  const length = yield* lengthOf(source)
  yield* copy(source, target, riff.end, length)
  const follows = Option.match(list, { onNone: () => plan.at, onSome: (list) => list.end })
  return { shift: follows < length ? shift : 0 }
})

interface Insertion {
  readonly at: number
  readonly insert: Effect.Effect<unknown, MmioError.MmioError>
}

const insertion = (target: Mmio.WriteHandle, { at, pad }: Plan, write: Insertion["insert"]): Insertion => ({
  at,
  insert: pad ? Effect.zipRight(Mmio.writeAll(target, new Uint8Array(1)), write) : write
})

/** Goes over the items of a region, and inserts something before one of them, or at the end. */
const rewrite = (
  items: Stream.Stream<Item, MmioError.MmioError>,
  region: Region,
  insertion: Insertion | undefined,
  each: (item: Item) => Effect.Effect<unknown, MmioError.MmioError>
) => {
  const insertAt = (at: number) => insertion?.at === at ? insertion.insert : Effect.void
  return Effect.zipRight(
    Stream.runForEach(items, (item) => Effect.zipRight(insertAt(item.offset), each(item))),
    insertAt(region.end)
  )
}

/** Copies bytes, a window at a time. */
const copy = (source: File, target: Mmio.WriteHandle, from: number, to: number) =>
  Stream.run(Mmio.stream(source, { from, to }), Mmio.sink(target))

/**
 * Copies filling, larger or smaller, so that what follows it stays where it was, if it can be: the indexes of AVI
 * files, for one, hold positions in the file.
 */
const copyFilling = Effect.fnUntraced(function*(source: File, target: Mmio.WriteHandle, { chunk, end, offset }: Chunk) {
  const size = chunk.size + offset - (yield* Mmio.position(target))
  if (size < 0) return yield* copy(source, target, offset, end)
  const kept = Math.min(size, chunk.size)
  return yield* Riff.withChunk(target, { chunk: chunk.id, size }, () =>
    Effect.zipRight(
      copy(source, target, chunk.dataOffset, chunk.dataOffset + kept),
      kept < size ? writeZeros(target, size - kept) : Effect.void
    ))
})

/** A gap before a write past the end is filled with zeros. */
const writeZeros = (target: Mmio.WriteHandle, count: number) =>
  Effect.zipRight(Mmio.seek(target, count - 1, "current"), Mmio.writeAll(target, new Uint8Array(1)))

/** How many bytes of data there are, whatever it declares. */
const sizeOf = ({ chunk, dataEnd }: Chunk) => dataEnd - chunk.dataOffset

const typeOf = ({ chunk }: Chunk) => Option.getOrThrow(chunk.type)
const regionOf = (container: Chunk) => Option.getOrThrow(childrenOf(container))
