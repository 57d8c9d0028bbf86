/** Compares a retagged copy with its source, chunk by chunk, knowing nothing of how it was made. */
import { Mmio, type MmioError } from "@effect-mmio/core"
import { Console, Effect, Option, Ref, Stream } from "effect"
import { childrenOf, type File, isContainer, type Item, itemsIn, wholeOf } from "./chunks.js"
import { Refused } from "./refused.js"
import { bytesOf, isFilling, isTag, isTagList, type Tag } from "./tag.js"
import { shown } from "./text.js"
import { nameOf, row } from "./tree.js"

/** Bytes that the two files have to have in common. */
interface Part {
  readonly name: string
  readonly offset: number
  readonly end: number
  /** Whether it is filling after a list of tags, which may take what the list leaves. */
  readonly filling: boolean
}

/** Prints for every chunk but the tag whether it is the same in both files, and fails if one is not. */
export const compare = Effect.fnUntraced(function*(source: File, copy: File, tag: Tag) {
  const count = yield* Ref.make(0)
  yield* Console.log(
    `Comparing ${shown(source.name.full)} with ${shown(copy.name.full)}\n\n${row("offset", "now at", "chunk")}`
  )
  yield* Stream.zipAll(partsOf(source, tag), {
    other: partsOf(copy, tag),
    defaultSelf: undefined,
    defaultOther: undefined
  }).pipe(Stream.runForEach(([here, there]) =>
    Effect.gen(function*() {
      if (here === undefined || there === undefined) {
        return yield* different(
          copy,
          `${(here ?? there)?.name} is only in ${here === undefined ? "the copy" : "the source"}`
        )
      }
      const same = yield* haveSameBytes(source, here, copy, there)
      if (!same && !(here.filling && there.filling)) {
        return yield* different(copy, `${here.name} at ${here.offset} is not what is at ${there.offset} in the copy`)
      }
      if (same) yield* Ref.update(count, (n) => n + 1)
      yield* Console.log(
        row(here.offset, there.offset, here.name, same ? "identical" : "filling, takes what the list leaves")
      )
    })
  ))
  yield* checkTag(copy, tag)
  yield* Console.log("")
  return yield* Ref.get(count)
})

const different = (copy: File, what: string) =>
  Effect.fail(new Refused({ message: `${copy.name.full} is not a faithful copy: ${what}.` }))

/**
 * The parts of a file: all chunks of its first RIFF, the tags one by one without the one that is set, and what follows.
 */
const partsOf = (file: File, tag: Tag): Stream.Stream<Part, MmioError.MmioError> =>
  Stream.unwrap(
    Effect.map(wholeOf(file), (whole) =>
      Stream.flatMap(itemsIn(file, whole), (item) =>
        item.offset === 0 && isContainer(item, "RIFF")
          ? Stream.concat(
            Stream.make({ name: nameOf(item), offset: 8, end: 12, filling: false }), // the type
            Stream.mapAccum(childrenIn(file, item), false, (afterList, child) => [
              isTagList(child),
              { child, filling: afterList && isFilling(child) }
            ]).pipe(Stream.flatMap(({ child, filling }) =>
              isTagList(child)
                ? Stream.map(
                  Stream.filter(childrenIn(file, child), (it) =>
                    !isTag(it, tag)),
                  (it) => part(it)
                )
                : Stream.make(part(child, filling))
            ))
          )
          : Stream.make(part(item))))
  )

const childrenIn = (file: File, item: Item): Stream.Stream<Item, MmioError.MmioError> =>
  item._tag === "Chunk"
    ? Option.match(childrenOf(item), { onNone: () => Stream.empty, onSome: (region) => itemsIn(file, region) })
    : Stream.empty

const part = (item: Item, filling = false): Part => ({
  name: nameOf(item),
  offset: item.offset,
  end: item.end,
  filling
})

/**
 * Compares two parts a window at a time: header, data and pad byte. A pad byte that was missing may have been added.
 */
const haveSameBytes = Effect.fnUntraced(function*(a: File, here: Part, b: File, there: Part) {
  const added = there.end - there.offset - (here.end - here.offset)
  if (added !== 0 && added !== 1) return false
  const one = new Uint8Array(windowSize)
  const other = new Uint8Array(windowSize)
  yield* Mmio.seek(a, here.offset)
  yield* Mmio.seek(b, there.offset)
  for (let left = here.end - here.offset; left > 0; left -= windowSize) {
    const count = Math.min(left, windowSize)
    const inOne = yield* Mmio.readInto(a, one.subarray(0, count))
    const inOther = yield* Mmio.readInto(b, other.subarray(0, count))
    if (inOne !== count || inOther !== count) return false
    if (Buffer.compare(one.subarray(0, count), other.subarray(0, count)) !== 0) return false
  }
  return true
})

const windowSize = 256 * 1024

/** The copy has to have the tag, once, as it was asked for. */
const checkTag = Effect.fnUntraced(function*(copy: File, tag: Tag) {
  const tags = yield* wholeOf(copy).pipe(
    Effect.map((whole) => itemsIn(copy, whole)),
    Stream.unwrap,
    Stream.take(1),
    Stream.flatMap((riff) => childrenIn(copy, riff)),
    Stream.filter(isTagList),
    Stream.flatMap((list) => childrenIn(copy, list)),
    Stream.filter((item) => isTag(item, tag)),
    Stream.take(2),
    Stream.runCollect
  )
  const [first, second] = tags
  if (first === undefined || second !== undefined) return yield* different(copy, `it does not have one ${tag.id}`)
  const expected = bytesOf(tag)
  yield* Mmio.seek(copy, first.chunk.dataOffset)
  const bytes = yield* Mmio.read(copy, expected.length)
  if (first.chunk.size !== expected.length || Buffer.compare(bytes, expected) !== 0) {
    return yield* different(copy, `its ${tag.id} is not what was asked for`)
  }
})
