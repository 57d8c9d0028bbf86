/**
 * Making a file say what a forgiving reader finds in it.
 */
import * as Effect from "effect/Effect"
import * as FourCC from "../../FourCC.js"
import type { Access } from "../../IOProc.js"
import type * as Mmio from "../../Mmio.js"
import type * as MmioError from "../../MmioError.js"
import type * as Api from "../../Riff.js"
import { BytesLeft, PadByteAdded, PadByteOffered, type RiffCorrection, SizeCorrected } from "../../RiffCorrection.js"
import * as RiffEdit from "../../RiffEdit.js"
import type { Handle } from "../handle/handle.js"
import type { Restore } from "../handle/lock.js"
import * as Ds64 from "./ds64.js"
import { invalid } from "./edit/unfinished.js"
import * as Layout from "./layout.js"
import * as Leading from "./leading.js"
import { current } from "./limits.js"
import { type Change, copies } from "./repairCopies.js"
import * as Tree from "./tree.js"

/** Where the data of a chunk ends, as far as there is any. */
const endOf = ({ available, chunk }: Api.TreeNode): number => chunk.dataOffset + available

/**
 * Whether the writer never wrote how long a chunk is, or the file was cut: it declares less, or more, than there is.
 */
const isOpen = ({ available, chunk }: Api.TreeNode, length: number): boolean =>
  chunk.size < available || chunk.dataOffset + chunk.size > length

/** Whether a container was cut off inside of its type: there is nothing yet that could be called one. */
const isCut = ({ available, chunk }: Api.TreeNode): boolean =>
  Layout.isTypeless(chunk) && available < Layout.layoutOf(chunk).typeSize && available !== chunk.size

/**
 * Whether readers do not take it for a `ds64`, but would if it had a size: then all sizes were to be looked up in it.
 */
const isEndlessDs64 = ({ id, sizeField }: Api.Chunk): boolean => id === "ds64" && sizeField === Layout.unknownSize

/**
 * Where what is in a container ends: before what was cut off of a header or a type, if there is such. What of Wave64
 * could begin a file of another kind stays inside: after the form it would be one.
 */
const contentsEnd = (node: Api.TreeNode, length: number): number => {
  const last = node.children.at(-1)
  if (last !== undefined && isCut(last)) return isOfAnotherKind(last.chunk) ? length : last.chunk.offset
  const end = childrenEnd(node)
  return length - end < Layout.little.headerSize ? end : length
}

/** Whether a chunk of Wave64 would be a form elsewhere. */
const isOfAnotherKind = (chunk: Api.Chunk): boolean => {
  const id = numberOf(chunk)
  return chunk.guid._tag === "Some" && id !== Layout.ids.riff && Layout.beginsFile(id)
}

/**
 * The chunks whose sizes may be wrong: the last one at the top, the last one in it, and so on, as far as they go to the
 * end of the file. In one that is as long as it says, only samples are believed to be longer or shorter than they say:
 * of anything else one cannot tell whether the size is wrong because the writer died, or because it was damaged, and
 * other chunks are taken for its data.
 */
const chainOf = ({ ambiguous, chunks, length }: Tree.Reading): ReadonlyArray<Api.TreeNode> => {
  const chain: Array<Api.TreeNode> = []
  // Where one cannot say which chunks there are, one cannot say how long they are.
  let node = ambiguous ? undefined : chunks.at(-1)
  let inOpen = true
  while (node !== undefined && endOf(node) === length && isCertain(node)) {
    const open = isOpen(node, length)
    if (open && !inOpen && !Layout.isSamples(numberOf(node.chunk))) break
    chain.push(node)
    inOpen = open
    node = node.children.at(-1)
  }
  return chain
}

/** Whether it is beyond doubt that its header is one. */
const isCertain = (node: Api.TreeNode): boolean =>
  !isCut(node) && !isEndlessDs64(node.chunk)
  && (node.chunk.guid._tag === "Some" || Layout.isPrintable(numberOf(node.chunk)))

/**
 * The sizes in forms that end before the file does, from the inside to the outside: of samples of no size, which go to
 * the end of their form, and of forms that are too small for the chunks that follow in them.
 */
const tooSmall = (reading: Tree.Reading, isShared: IsShared): ReadonlyArray<Change> =>
  reading.ambiguous ? [] : reading.chunks.flatMap((form) => {
    if (endOf(form) === reading.length) return []
    const last = form.children.at(-1)
    const nodes = last !== undefined && Layout.isSamples(numberOf(last.chunk)) ? [last, form] : [form]
    return nodes.flatMap(({ available, chunk }) =>
      chunk.size >= available || isShared(chunk) ? [] : sizeChange(chunk, available) ?? []
    )
  })

/** What has to be changed, from the inside to the outside: a repair that was cut off is finished by the next one. */
const plan = (reading: Tree.Reading): ReadonlyArray<Change> => {
  const isShared = sharing(reading)
  return [...tooSmall(reading, isShared), ...planOfLast(reading, isShared)]
}

const planOfLast = (reading: Tree.Reading, isShared: IsShared): ReadonlyArray<Change> => {
  const { length } = reading
  const chain = chainOf(reading)
  const last = chain.at(-1)
  if (last === undefined) return []
  // What else is at the end of a container is not for us to judge, if the container is as long as it says.
  let end = last.chunk.type._tag === "Some" && isOpen(last, length) ? contentsEnd(last, length) : length
  const changes: Array<Change> = []
  for (const { chunk } of chain.toReversed()) {
    const size = end - chunk.dataOffset
    if (size !== chunk.size || isBelowHeader(chunk)) {
      const change = sizeChange(chunk, size)
      if (change === undefined || isShared(chunk)) return []
      changes.push(change)
    }
    // The padding of Wave64 may be missing at the end.
    if (chunk === last.chunk && end === length && size % 2 === 1 && Layout.layoutOf(chunk) !== Layout.wave64) {
      if (lacksByte(reading, chain)) return []
      changes.push({
        correction: new PadByteAdded({ id: chunk.id, chunk: chunk.offset, offset: length }),
        bytes: new Uint8Array(1)
      })
      end++
    }
  }
  return changes
}

/**
 * Whether one more byte at the end of the file would not be taken for padding: a chunk of a form, which is not
 * corrected, lacks it, or the type of the form does, which a size that is too small for one does not rule out, or a
 * header that is cut off at the end of the form.
 */
const lacksByte = ({ chunks, length }: Api.Tree, chain: ReadonlyArray<Api.TreeNode>): boolean => {
  const [form, ...inside] = chain
  return (form !== undefined && inside.length === 0 && (Layout.isTypeless(form.chunk) || lacksByteOfHeader(form))) ||
    chunks.some(({ children }) =>
      children.some((node) => node.chunk.dataOffset + node.chunk.size === length + 1 && node !== inside[0])
    )
}

/** Whether a form ends with all but the last byte of a header. */
const lacksByteOfHeader = (form: Api.TreeNode): boolean =>
  endOf(form) - childrenEnd(form) === Layout.layoutOf(form.chunk).headerSize - 1

/**
 * Whether these changes leave the first form where it is looked for: after leading bytes it is told from them by its
 * first bytes, which can be what a size of a later form is written over.
 */
const keepsFirst = <E>(
  { chunks: [first] }: Tree.Reading,
  changes: ReadonlyArray<Change>,
  readAt: (position: number, most: number) => Effect.Effect<Uint8Array, E>
): Effect.Effect<boolean, E> => {
  if (first === undefined || first.chunk.offset === 0) return Effect.succeed(true)
  const from = Math.max(0, first.chunk.offset - Leading.mostEnough)
  return Effect.map(readAt(from, 2 * Leading.mostEnough), (before) => {
    const after = [...before]
    for (const { bytes, correction } of changes) {
      for (const [index, byte] of bytes.entries()) {
        const at = correction.offset - from + index
        if (at >= 0 && at < 2 * Leading.mostEnough) after[at] = byte
      }
    }
    return Leading.firstForm(before) === Leading.firstForm(Uint8Array.from(after))
  })
}

/** Where the last chunk in a container ends, with its padding. */
const childrenEnd = ({ children, chunk }: Api.TreeNode): number => {
  const last = children.at(-1)
  return last === undefined
    ? chunk.dataOffset + Layout.layoutOf(chunk).typeSize
    : endOf(last) + last.padding
}

/** Whether the size of another chunk is written in the same place of a `ds64`. */
type IsShared = (chunk: Api.Chunk) => boolean

const sharing = ({ chunks }: Api.Tree): IsShared => {
  const indexOf = Ds64.indexing()
  const first = new Map<number, number>()
  const shared = new Set<number>()
  // One by one: there may be more of them than a call can have arguments.
  const open: Array<Api.TreeNode> = []
  const enter = (nodes: ReadonlyArray<Api.TreeNode>) => {
    for (const node of nodes) open.push(node)
  }
  enter(chunks)
  for (let node = open.pop(); node !== undefined; node = open.pop()) {
    const { chunk: { offset } } = node
    const place = Ds64.placeOf(node.chunk, indexOf)
    if (place !== undefined) {
      if ((first.get(place) ?? offset) !== offset) shared.add(place)
      first.set(place, offset)
    }
    enter(node.children)
  }
  return (chunk) => {
    const place = Ds64.placeOf(chunk, indexOf)
    return place !== undefined && shared.has(place)
  }
}

/** Whether a size of Wave64, which counts the header, is too small for that. */
const isBelowHeader = (chunk: Api.Chunk): boolean =>
  chunk.guid._tag === "Some" && chunk.sizeField < Layout.wave64.headerSize

const numberOf = (chunk: Api.Chunk): number => FourCC.toNumber(chunk.id)

/** Writes a size where it belongs; undefined where it does not fit. */
const sizeChange = (chunk: Api.FoundChunk, size: number): Change | undefined => {
  const layout = Layout.layoutOf(chunk)
  const { id, offset, sizeField } = chunk
  const change = (field: "header" | "ds64", at: number, before: number, after: number, bytes: Uint8Array): Change => ({
    correction: new SizeCorrected({ id, chunk: offset, field, offset: at, before, after }),
    bytes
  })
  if (layout === Layout.wave64) {
    const after = size + layout.headerSize
    return change("header", offset + 16, sizeField, after, Layout.uint64Bytes(after))
  }
  const place = Ds64.placeOf(chunk)
  if (place !== undefined) return change("ds64", place, chunk.size, size, Layout.uint64Bytes(size))
  if (size >= Layout.unknownSize) return undefined
  return change("header", offset + 4, sizeField, size, Layout.uint32Bytes(size, chunk.byteOrder))
}

/** What a repair that makes these changes leaves as it is. */
const leftOf = (reading: Tree.Reading, changes: ReadonlyArray<Change>): ReadonlyArray<RiffCorrection> => {
  const left: Array<RiffCorrection> = []
  for (const problem of reading.problems) {
    if (problem._tag !== "MissingPadByte" || problem.followed !== true) continue
    const { count, id, offset } = problem
    left.push(new PadByteOffered({ id, offset, count, edit: RiffEdit.pad }))
  }
  const last = chainOf(reading).at(-1)
  if (changes.length === 0 || last === undefined || last.chunk.type._tag === "None") return left
  const child = last.children.at(-1)
  const offset = child === undefined || isCertain(child) ? childrenEnd(last) : child.chunk.offset
  const bytes = endOf(last) - offset
  if (bytes > 0) left.push(new BytesLeft({ offset, bytes }))
  return left
}

/** @internal */
export const repair = <A extends Access>(
  handle: Handle<A>,
  { at, dryRun = false }: Api.RepairOptions
): Effect.Effect<
  ReadonlyArray<RiffCorrection>,
  MmioError.SeekError | MmioError.InvalidFile | MmioError.WriteError | Mmio.ReadError<A>
> =>
  Effect.flatMap(current, (limits) => {
    type Failure = MmioError.SeekError | MmioError.InvalidFile | MmioError.WriteError | Mmio.ReadError<A>
    return handle.exclusive<ReadonlyArray<RiffCorrection>, Failure>("Riff.repair", (restore) =>
      Effect.flatMap(
        Tree.read("Riff.repair", handle, limits, { at, lenient: true }, restore),
        (reading): Effect.Effect<ReadonlyArray<RiffCorrection>, Failure> => {
          const unfinished = reading.problems.find(({ _tag }) => _tag === "UnfinishedEdit")
          // What is at the end of such a file is a journal: no size may be made to hold it.
          if (unfinished?._tag === "UnfinishedEdit") return Effect.fail(invalid("Riff.repair", handle, unfinished))
          const sizes = plan(reading)
          const left = leftOf(reading, sizes)
          if (sizes.length === 0) return Effect.succeed(left)
          const readAt = reader(handle, restore)
          const readData = ({ available, chunk }: Api.TreeNode, most: number) =>
            readAt(chunk.dataOffset, Math.min(most, available))
          return Effect.gen(function*() {
            const changes = [...yield* copies(reading, sizes, readData), ...sizes]
            if (at === undefined && !(yield* keepsFirst(reading, changes, readAt))) return leftOf(reading, [])
            if (!dryRun) yield* apply(handle, changes, restore)
            return [...changes.map(({ correction }) => correction), ...left]
          })
        }
      ))
  })

/** Reads bytes from there on, as many as there are, and leaves the position where it was. */
const reader = <A extends Access>(handle: Handle<A>, restore: Restore) => (position: number, most: number) =>
  Effect.suspend(() => {
    const start = handle.window.position
    const target = new Uint8Array(most)
    return handle.readLockedAt(position, target, restore).pipe(
      Effect.map((count) => target.subarray(0, count)),
      Effect.ensuring(Effect.sync(() => {
        handle.window.moveTo(start)
      }))
    )
  })

const apply = (handle: Handle, changes: ReadonlyArray<Change>, restore: Restore) => {
  const start = handle.window.position
  return Effect.ensuring(
    Effect.forEach(changes, ({ bytes, correction }) =>
      Effect.zipRight(
        handle.seekLocked(correction.offset, "start", restore),
        handle.writeAllLocked(bytes, restore)
      ), { discard: true }),
    Effect.sync(() => {
      handle.window.moveTo(start)
    })
  )
}
