/** What a WAVE file says of itself: a walk over the chunks of its form, and what the codecs make of those that are wanted. */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import { constVoid } from "effect/Function"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import * as FourCC from "../../FourCC.js"
import type { Access } from "../../IOProc.js"
import type * as Mmio from "../../Mmio.js"
import * as MmioError from "../../MmioError.js"
import type * as Riff from "../../Riff.js"
import { type Limits, RiffLimits } from "../../RiffLimits.js"
import type * as Api from "../../Wave.js"
import * as BufferState from "../bufferState.js"
import { allocate, outOfMemory } from "../copy.js"
import type { HandleBase } from "../handle.js"
import type { Restore } from "../lock.js"
import { checkChunkSize } from "../mmio.js"
import * as Layout from "../riff/layout.js"
import { type Exceedable, exceeded } from "../riff/limits.js"
import { readAt } from "../riff/readAt.js"
import { lengthOf, run } from "../riff/walk.js"
import { Visitor, Walker } from "../riff/walker.js"
import * as streams from "../stream.js"
import { type Malformed, malformed } from "./codec.js"
import { decodeKnown } from "./codecs.js"
import { framesIn } from "./format.js"
import { narrowed } from "./wave64.js"

type Key = keyof Api.Known

// ---------------------------------------------------------------------------------------------------------------------
// which chunks there are
// ---------------------------------------------------------------------------------------------------------------------

/** The chunks that say something of the file as a whole. */
const described: ReadonlyArray<Key> = ["fmt ", "fact", "bext", "cue ", "LIST:INFO", "LIST:adtl"]

/** Of these only the first counts. */
const single: ReadonlySet<Key> = new Set<Key>(["fmt ", "fact", "bext"])

const listPrefix = "LIST:"
const number = (key: string) => FourCC.toNumber(FourCC.fromString(key))
const byId = new Map(described.map((key) => [number(key), key]))
const byListType = new Map(described.map((key) => [number(key.slice(listPrefix.length)), key]))
const WAVE = number("WAVE")

/** What writes Wave64 may spell a list type as it spells `wave`, in small letters. */
const byListType64 = new Map([...byListType, [number("info"), "LIST:INFO"] as const])

const keyOf = ({ id, layout, type }: Walker): Key | undefined => {
  // What is called so in Wave64, but has no type, is no list.
  if (!Layout.isList(id) || (layout !== Layout.wave64 && id !== Layout.ids.LIST)) return byId.get(id)
  return type === undefined ? undefined : (layout === Layout.wave64 ? byListType64 : byListType).get(type)
}

/** A chunk that is wanted. */
interface Part {
  readonly key: Key
  readonly chunk: Riff.FoundChunk
  readonly available: number
}

/** Finds the first form that is a WAVE, and in it the first `data` and the chunks that are wanted. */
class Scan extends Visitor {
  form: Riff.FoundChunk | undefined
  data: Api.DataChunk | undefined
  readonly parts: Array<Part> = []
  exceeds: { readonly limit: Exceedable; readonly at: number } | undefined
  private readonly wanted: Set<Key>
  private stop: () => void = constVoid

  constructor(wanted: ReadonlyArray<Key>) {
    super()
    this.wanted = new Set(wanted)
  }

  override chunk(walker: Walker): boolean {
    const { available, id, layout, type } = walker
    if (walker.atTop) {
      if (!Layout.isForm(id) || type === undefined || !Layout.isType(layout, type, WAVE)) return false
      this.form = walker.chunk()
      this.stop = () => walker.stop()
      return true
    }
    const key = keyOf(walker)
    if (key !== undefined && this.wanted.has(key)) {
      if (single.has(key)) this.wanted.delete(key)
      this.parts.push({ key, chunk: walker.chunk(), available })
    }
    if (id === Layout.ids.data && this.data === undefined) this.data = { chunk: walker.chunk(), available }
    if (this.data !== undefined && this.wanted.size === 0) walker.stop()
    return false
  }

  /** Nothing but the form is gone into. */
  override leave(): void {
    this.stop()
  }

  override exceeded(limit: Exceedable, at: number): boolean {
    this.exceeds = { limit, at }
    return false
  }
}

// ---------------------------------------------------------------------------------------------------------------------
// reading them
// ---------------------------------------------------------------------------------------------------------------------

/** What a reading is about; all of it runs inside of `Lock.exclusive`. */
interface Reading<A extends Access> {
  readonly handle: HandleBase<A>
  readonly operation: string
  readonly wanted: ReadonlyArray<Key>
  readonly lenient: boolean
  readonly limits: Limits
  readonly restore: Restore
}

type ReadingError<A extends Access> =
  | MmioError.CannotSeek
  | MmioError.InvalidFile
  | MmioError.OutOfMemory
  | Mmio.ReadError<A>

/** What was read of a file. */
interface Contents {
  readonly form: Riff.FoundChunk
  readonly data: Api.DataChunk | undefined
  readonly known: ReadonlyArray<{ readonly chunk: Riff.FoundChunk; readonly content: Api.KnownChunk }>
  readonly malformed: ReadonlyArray<Api.MalformedPart>
}

const scan = <A extends Access>(
  { handle, limits, operation, restore, wanted }: Reading<A>
): Effect.Effect<Scan, ReadingError<A>> =>
  Effect.flatMap(lengthOf(handle, restore), (length) => {
    const scan = new Scan(wanted)
    // Leniently in any case: what is asked for is what is there, and not whether all sizes are right.
    const walker = new Walker(scan, { limits, within: undefined, length, lenient: true })
    return Effect.flatMap(run(handle, walker, restore), () =>
      scan.exceeds === undefined
        ? Effect.succeed(scan)
        : Effect.fail(exceeded(operation, handle.name.full, limits, scan.exceeds.limit, scan.exceeds.at)))
  })

/** So many bytes from there on, or as many as the file has. */
const readBytes = <A extends Access>(
  { handle, operation, restore }: Reading<A>,
  at: number,
  size: number
): Effect.Effect<Uint8Array, MmioError.OutOfMemory | Mmio.ReadError<A>> =>
  Effect.suspend((): Effect.Effect<Uint8Array, MmioError.OutOfMemory | Mmio.ReadError<A>> => {
    const bytes = allocate(size)
    return bytes === undefined
      ? Effect.fail(outOfMemory(operation, handle.name.full, size))
      : Effect.map(readAt(handle, at, bytes, restore), (count) => bytes.subarray(0, count))
  })

const decodePart = ({ chunk, key }: Part, bytes: Uint8Array): Either.Either<Api.KnownChunk, Malformed> => {
  if (bytes.length < chunk.size) {
    return malformed(bytes.length, `it declares ${chunk.size} bytes, of which ${bytes.length} are there`)
  }
  if (Option.isNone(chunk.typeGuid)) return decodeKnown(key, bytes, chunk.byteOrder === "little")
  const list = narrowed(bytes, FourCC.fromString(key.slice(listPrefix.length)))
  return Either.mapLeft(
    decodeKnown(key, list.bytes, true),
    ({ description, offset }) => ({ description, offset: list.placeOf(offset) })
  )
}

const readContents = <A extends Access>(reading: Reading<A>): Effect.Effect<Contents, ReadingError<A>> => {
  const { handle, lenient, limits, operation } = reading
  const invalid = (position: number, description: string) =>
    Effect.fail(new MmioError.InvalidFile({ operation, file: handle.name.full, position, description }))
  return Effect.flatMap(scan(reading), ({ data, form, parts }): Effect.Effect<Contents, ReadingError<A>> => {
    if (form === undefined) return invalid(0, "there is no WAVE in it")
    const known: Array<Contents["known"][number]> = []
    const malformed: Array<Api.MalformedPart> = []
    let room = limits.bytes
    const readPart = (part: Part): Effect.Effect<void, ReadingError<A>> => {
      const { available, chunk, key } = part
      if (available > room) return Effect.fail(exceeded(operation, handle.name.full, limits, "bytes", chunk.offset))
      room -= available
      return Effect.flatMap(readBytes(reading, chunk.dataOffset, available), (bytes) => {
        const decoded = decodePart(part, bytes)
        if (Either.isRight(decoded)) known.push({ chunk, content: decoded.right })
        else if (lenient) malformed.push({ chunk, bytes, ...decoded.left })
        else {
          const { description, offset } = decoded.left
          return invalid(chunk.dataOffset + offset, `${FourCC.format(key)}: ${description}`)
        }
        return Effect.void
      })
    }
    return Effect.as(Effect.forEach(parts, readPart, { discard: true }), { form, data, known, malformed })
  })
}

const read = <A extends Access>(
  handle: HandleBase<A>,
  operation: string,
  wanted: ReadonlyArray<Key>,
  lenient: boolean
): Effect.Effect<Contents, ReadingError<A>> =>
  Effect.flatMap(
    RiffLimits,
    (limits) =>
      handle.run<Contents, ReadingError<A>>(operation, (restore) =>
        Effect.suspend(() => {
          const start = BufferState.position(handle.state.current)
          return Effect.ensuring(
            readContents({ handle, operation, wanted, lenient, limits, restore }),
            Effect.sync(() => {
              handle.state.current = BufferState.movedTo(handle.state.current, start)
            })
          )
        }))
  )

// ---------------------------------------------------------------------------------------------------------------------
// what they say together
// ---------------------------------------------------------------------------------------------------------------------

/** How many frames the file counts itself, where 32 bits have room for them, and where they have not. */
const samplesOf = (fact: Api.Fact, { ds64, guid }: Riff.FoundChunk): number => {
  const { rest, samples } = fact
  if (Option.isSome(ds64) && samples === Layout.unknownSize) return ds64.value.sampleCount
  return Option.isSome(guid) && rest !== undefined && rest.length >= 4
    ? samples + Layout.uint32(rest, 0) * 2 ** 32
    : samples
}

const labeled = (point: Api.CuePoint, labels: Api.LabeledCuePoint["labels"]): Api.LabeledCuePoint => ({
  ...point,
  labels
})

const describe = ({ data, form, known, malformed }: Contents): Api.LenientInfo => {
  let format: Api.Format | undefined
  let samples: number | undefined
  let bext: Api.Bext | undefined
  const tags: Array<Api.InfoTag> = []
  const points: Array<Api.CuePoint> = []
  const labels = new Map<number, Array<Api.Label | Api.LabeledText>>()
  for (const { content } of known) {
    switch (content._tag) {
      case "fmt ":
        format = content.value
        break
      case "fact":
        samples = samplesOf(content.value, form)
        break
      case "bext":
        bext = content.value
        break
      case "cue ":
        for (const point of content.value.points) points.push(point)
        break
      case "LIST:INFO":
        for (const tag of content.value.tags) tags.push(tag)
        break
      case "LIST:adtl":
        for (const entry of content.value.entries) {
          if (entry._tag === "other") continue
          const others = labels.get(entry.cue)
          if (others === undefined) labels.set(entry.cue, [entry])
          else others.push(entry)
        }
        break
    }
  }
  const factSamples = Option.fromNullable(samples)
  const frames = format === undefined || data === undefined
    ? Option.none()
    : Option.orElse(framesIn(format, data.available), () =>
      // Where the samples are not those that the writer counted, nobody knows how many there are.
      data.available === data.chunk.size ? factSamples : Option.none())
  const rate = format?.sampleRate ?? 0
  return {
    form,
    format: Option.fromNullable(format),
    data: Option.fromNullable(data),
    frames,
    duration: rate === 0 ? Option.none() : Option.map(frames, (frames) => Duration.seconds(frames / rate)),
    factSamples,
    tags,
    cuePoints: points.map((point) => labeled(point, labels.get(point.id) ?? [])),
    bext: Option.fromNullable(bext),
    malformed
  }
}

/** What is said of a file in which there is no chunk of an id. */
const lacks = (handle: HandleBase, operation: string, { form }: Contents, id: string) =>
  new MmioError.InvalidFile({
    operation,
    file: handle.name.full,
    position: form.offset,
    description: `there is no ${FourCC.format(id)} in the WAVE`
  })

/** @internal */
export const info = <A extends Access>(
  handle: HandleBase<A>,
  lenient: boolean
): Effect.Effect<Api.Info | Api.LenientInfo, ReadingError<A>> =>
  Effect.flatMap(
    read(handle, "Wave.info", described, lenient),
    (contents): Effect.Effect<Api.Info | Api.LenientInfo, ReadingError<A>> => {
      const found = describe(contents)
      if (lenient) return Effect.succeed(found)
      const { format, malformed: _malformed, ...others } = found
      return Option.isNone(format)
        ? Effect.fail(lacks(handle, "Wave.info", contents, "fmt "))
        : Effect.succeed({ ...others, format: format.value })
    }
  )

// ---------------------------------------------------------------------------------------------------------------------
// samples
// ---------------------------------------------------------------------------------------------------------------------

/** Where in `fmt ` the block align is. */
const blockAlignOffset = 12

/** @internal */
export const blocks = <A extends Access>(
  handle: HandleBase<A>,
  chunkSize: number | undefined
): Stream.Stream<Uint8Array, ReadingError<A> | MmioError.InvalidParameter> => {
  const operation = "Wave.blocks"
  const open = Effect.flatMap(checkChunkSize(handle, operation, chunkSize), (size) =>
    Effect.flatMap(
      read(handle, operation, ["fmt "], false),
      (contents): Effect.Effect<Stream.Stream<Uint8Array, ReadingError<A>>, MmioError.InvalidFile> => {
        const { data, known } = contents
        const [format] = known
        if (format?.content._tag !== "fmt ") return Effect.fail(lacks(handle, operation, contents, "fmt "))
        if (data === undefined) return Effect.fail(lacks(handle, operation, contents, "data"))
        const { blockAlign } = format.content.value
        if (blockAlign === 0) {
          return Effect.fail(
            new MmioError.InvalidFile({
              operation,
              file: handle.name.full,
              position: format.chunk.dataOffset + blockAlignOffset,
              description: "the block align is 0"
            })
          )
        }
        const whole = (bytes: number) => bytes - bytes % blockAlign
        const from = data.chunk.dataOffset
        return Effect.succeed(
          streams.stream(handle, { from, to: from + data.available }, Math.max(blockAlign, whole(size))).pipe(
            // The last one may be incomplete, and so may be any, where the file gets shorter while it is read.
            Stream.map((bytes) => bytes.subarray(0, whole(bytes.length))),
            Stream.filter((bytes) => bytes.length > 0)
          )
        )
      }
    ))
  return Stream.unwrap(open)
}
