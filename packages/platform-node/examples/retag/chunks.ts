/**
 * What is where in a RIFF file, damaged or not.
 *
 * `Riff.descend` and `Riff.ascend` walk over chunks that are what they say. This walk also has an answer where they are
 * not: it never leaves the bytes that it was given, always goes forward, and ends with what could not be read as a
 * chunk.
 */
import { FourCC, Mmio, type MmioError, Riff } from "@effect-mmio/core"
import { Effect, Option, Stream } from "effect"

/** Any file that is open for reading. */
export type File = Mmio.Handle<"read">

/** Bytes of a file, from `start` up to `end`. */
export interface Region {
  readonly start: number
  readonly end: number
}

/** A chunk. */
export interface Chunk {
  readonly _tag: "Chunk"
  readonly chunk: Riff.FoundChunk
  /** Where its header begins. */
  readonly offset: number
  /** Where its data ends: where it says, or earlier, where what it is in ends. */
  readonly dataEnd: number
  /** Where the next one begins: after the pad byte, if there is one. */
  readonly end: number
  /** Whether it does not say truly where it ends: written to a pipe, never finished, or cut off. */
  readonly cut: boolean
  /** Whether another one follows where a pad byte should be. */
  readonly unpadded: boolean
}

/** Bytes up to the end that are no chunk. */
interface Rest {
  readonly _tag: "Rest"
  readonly offset: number
  readonly end: number
}

export type Item = Chunk | Rest

/** How many bytes a file has. */
export const lengthOf = (file: Mmio.Handle) => Mmio.seek(file, 0, "end")

/** All of a file. */
export const wholeOf = (file: Mmio.Handle) => Effect.map(lengthOf(file), (end): Region => ({ start: 0, end }))

/** What is in a region, one after the other, read as it is wanted. */
export const itemsIn = (file: File, { end, start }: Region): Stream.Stream<Item, MmioError.MmioError> =>
  Stream.unfoldEffect(start, (at) =>
    at < end
      ? Effect.map(itemAt(file, at, end), (item) => Option.some([item, item.end] as const))
      : Effect.succeedNone)

/** Where the chunks in a `RIFF` or `LIST` are; nothing for a chunk that holds data. */
export const childrenOf = ({ chunk, dataEnd }: Chunk): Option.Option<Region> =>
  Option.isSome(chunk.type) && dataEnd >= chunk.dataOffset + 4
    ? Option.some({ start: chunk.dataOffset + 4, end: dataEnd })
    : Option.none()

/** Whether a chunk is a `RIFF` or `LIST` of this type. */
export const isContainer = (item: Item, id: "RIFF" | "LIST", type?: string): item is Chunk =>
  item._tag === "Chunk" && item.chunk.id === id && Option.exists(item.chunk.type, (is) => is === (type ?? is))

/** Whether a code is made of the characters that the codes of RIFF are made of. */
export const isPrintable = (code: string) => /^[\x20-\x7e]*$/.test(code)

const itemAt = Effect.fnUntraced(function*(file: File, offset: number, end: number) {
  const header = yield* headerAt(file, offset, end)
  if (Option.isNone(header)) return { _tag: "Rest", offset, end } satisfies Item
  const chunk = header.value
  if (isCut(chunk, end)) {
    return { _tag: "Chunk", chunk, offset, dataEnd: end, end, cut: true, unpadded: false } satisfies Item
  }
  const dataEnd = dataEndOf(chunk)
  const next = yield* nextAfter(file, chunk, end)
  const unpadded = chunk.size % 2 === 1 && dataEnd < end && next === dataEnd
  return { _tag: "Chunk", chunk, offset, dataEnd, end: next, cut: false, unpadded } satisfies Item
})

const dataEndOf = ({ dataOffset, size }: Riff.FoundChunk) => dataOffset + size

/**
 * Whether a chunk goes on to the end of what it is in, whatever it says: because it says more, or the size that writers
 * to a pipe give, which cannot know it. A RIFF too small for its type was never finished by its writer.
 */
const isCut = (chunk: Riff.FoundChunk, end: number) =>
  dataEndOf(chunk) > end || chunk.size === largestSize || (chunk.id === FourCC.RIFF && chunk.size < 4)

/** The largest size that a chunk can declare. Writers to a pipe mean by it that they do not know. */
export const largestSize = 0xffffffff

/** The chunk that begins there, if these bytes can be one. An id of zeros is silence, or filling. */
const headerAt = (file: File, offset: number, end: number) => {
  const isCredible = (chunk: Riff.FoundChunk) =>
    isPrintable(chunk.id) || (chunk.id !== "\0\0\0\0" && !isCut(chunk, end))
  const none = () => Effect.succeed(Option.none<Riff.FoundChunk>())
  return offset + 8 > end ? none() : Effect.zipRight(Mmio.seek(file, offset), Riff.descend(file)).pipe(
    Effect.map((chunk) => Option.liftPredicate(chunk, isCredible)),
    // the file ends in the type of a RIFF or LIST
    Effect.catchTags({ ChunkNotFound: none, InvalidFile: none })
  )
}

/**
 * Where the next chunk begins. A chunk of odd size is followed by a pad byte, which is zero. Some writers forget it,
 * others leave there what was in their memory: then what follows it decides.
 */
const nextAfter = Effect.fnUntraced(function*(file: File, chunk: Riff.FoundChunk, end: number) {
  const dataEnd = dataEndOf(chunk)
  if (chunk.size % 2 === 0 || dataEnd === end) return dataEnd
  yield* Mmio.seek(file, dataEnd)
  const [pad] = yield* Mmio.read(file, 1)
  if (pad === 0) return dataEnd + 1
  const isChunk = (at: number) =>
    Effect.map(headerAt(file, at, end), Option.exists((chunk) => isPrintable(chunk.id) && !isCut(chunk, end)))
  return !(yield* isChunk(dataEnd)) && (yield* isChunk(dataEnd + 1)) ? dataEnd + 1 : dataEnd
})
