/** Reads the chunks with metadata of a WAVE file, and what the codecs understand of them. */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as FourCC from "../../FourCC.js"
import type { Access } from "../../IOProc.js"
import type * as Mmio from "../../Mmio.js"
import * as MmioError from "../../MmioError.js"
import type * as Riff from "../../Riff.js"
import type { Limits } from "../../RiffLimits.js"
import type * as Api from "../../Wave.js"
import { type Kind, type Level, WaveProblem } from "../../WaveProblem.js"
import type { Handle } from "../handle/handle.js"
import type { Restore } from "../handle/lock.js"
import { allocate, outOfMemory } from "../io/copy.js"
import { invalid, readable } from "../riff/edit/unfinished.js"
import { Forward } from "../riff/forward.js"
import { current, exceeded } from "../riff/limits.js"
import { run } from "../riff/walk.js"
import { Walker } from "../riff/walker.js"
import { understand } from "./codecs.js"
import { encodingOf } from "./codePages.js"
import { Reading as ChunkReading } from "./reading.js"
import { type Key, listPrefix, type Part, Scan } from "./scan.js"
import { narrowed } from "./wave64.js"

/** @internal */
export interface Options {
  readonly operation: string
  readonly wanted: ReadonlyArray<Key>
  readonly lenient: boolean
  readonly encoding?: Api.TextEncoding | undefined
  /** Where the first form begins, if the caller says so. */
  readonly at?: number | undefined
}

/** A reading of a file; all of it runs inside of `Lock.exclusive`. */
interface FileReading<A extends Access> extends Options {
  readonly handle: Handle<A>
  readonly limits: Limits
  readonly restore: Restore
}

/** @internal */
export type ReadingError<A extends Access> =
  | MmioError.SeekError
  | MmioError.InvalidFile
  | MmioError.OutOfMemory
  | Mmio.ReadError<A>

/** What was read of a file. @internal */
export interface Contents {
  readonly form: Riff.FoundChunk
  readonly data: Api.DataChunk | undefined
  readonly known: ReadonlyArray<{
    readonly chunk: Riff.FoundChunk
    readonly content: Api.KnownChunk
    /** How many of the elements of a list a walk finds, too. */
    readonly walkable: number
  }>
  readonly malformed: ReadonlyArray<Api.MalformedPart>
  readonly problems: ReadonlyArray<WaveProblem>
}

/** A chunk with its bytes. */
interface ReadPart extends Part {
  readonly bytes: Uint8Array
}

const scan = <A extends Access>(
  { at, handle, lenient, limits, operation, restore, wanted }: FileReading<A>
): Effect.Effect<Scan, ReadingError<A>> =>
  Effect.flatMap(readable(handle, limits, restore, at), ({ end: length, unfinished }) => {
    // The chunks before a journal that is not complete are whole.
    if (unfinished !== undefined && (unfinished.decided || !lenient)) {
      return Effect.fail(invalid(operation, handle, unfinished))
    }
    const scan = new Scan(wanted)
    // Leniently in any case: what is asked for is what is there, and not whether all sizes are right.
    const walker = new Walker(scan, { limits, within: undefined, at, length, lenient: true })
    return Effect.flatMap(run(handle, walker, restore), () =>
      scan.exceeds === undefined
        ? Effect.succeed(scan)
        : Effect.fail(exceeded(operation, handle.name.full, limits, scan.exceeds.limit, scan.exceeds.at)))
  })

/** So many bytes from there on, or as many as the file has. */
const readBytes = <A extends Access>(
  { handle, operation, restore }: FileReading<A>,
  at: number,
  size: number
): Effect.Effect<Uint8Array, MmioError.OutOfMemory | Mmio.ReadError<A>> =>
  Effect.suspend((): Effect.Effect<Uint8Array, MmioError.OutOfMemory | Mmio.ReadError<A>> => {
    const bytes = allocate(size)
    return bytes === undefined
      ? Effect.fail(outOfMemory(operation, handle.name.full, size))
      : Effect.map(handle.readLockedAt(at, bytes, restore), (count) => bytes.subarray(0, count))
  })

/** Reads the chunks one by one, as far as the limit goes: a lenient reading cuts off the chunk that goes past it. */
const readParts = <A extends Access>(
  reading: FileReading<A>,
  parts: ReadonlyArray<Part>
): Effect.Effect<ReadonlyArray<ReadPart>, ReadingError<A>> => {
  const { handle, lenient, limits, operation } = reading
  let room = limits.bytes
  return Effect.forEach(parts, (part): Effect.Effect<ReadPart, ReadingError<A>> => {
    const { available, chunk } = part
    if (available > room && !lenient) {
      return Effect.fail(exceeded(operation, handle.name.full, limits, "bytes", chunk.offset))
    }
    const size = Math.min(available, room)
    room -= size
    const bytes = part.bytes === undefined
      ? readBytes(reading, chunk.dataOffset, size)
      : Effect.succeed(part.bytes.subarray(0, size))
    return Effect.map(bytes, (bytes): ReadPart => ({ ...part, bytes }))
  })
}

/** @internal */
export const problemAt = (kind: Kind, level: Level, id: string, offset: number, description: string, count = 1) =>
  new WaveProblem({ _tag: kind, level, chunk: id, offset, description, count })

/** Decodes a chunk, with its problems where they are in the file. */
const decodePart = (
  { available, bytes, chunk, key }: ReadPart,
  reading: ChunkReading,
  limits: Limits
): { readonly content: Api.KnownChunk | undefined; readonly problems: ReadonlyArray<WaveProblem> } => {
  const problems: Array<WaveProblem> = []
  if (bytes.length < Math.min(chunk.size, available)) {
    const description = `more than ${limits.bytes} bytes would have to be read into memory, the limit RiffLimits.bytes`
    problems.push(problemAt("LimitExceeded", "error", key, chunk.dataOffset + bytes.length, description))
  } else if (bytes.length < chunk.size) {
    const description = `it declares ${chunk.size} bytes, of which ${bytes.length} are there`
    problems.push(problemAt("CutOff", "error", key, chunk.dataOffset + bytes.length, description))
  }
  const type = key.slice(listPrefix.length)
  const list = Option.isNone(chunk.typeGuid)
    ? undefined
    : narrowed(bytes, FourCC.fromString(type), reading.entries + 1)
  const content = understand(key, list?.bytes ?? bytes, reading)
  for (const { count, description, kind, level, offset } of reading.problems) {
    const at = chunk.dataOffset + (list?.placeOf(offset) ?? offset)
    problems.push(problemAt(kind, level, key, at, description, count))
  }
  return { content, problems }
}

/** The encoding that the file says its texts are in. */
const encodingIn = (parts: ReadonlyArray<ReadPart>): Api.TextEncoding | undefined => {
  const part = parts.find(({ key }) => key === "CSET")
  if (part === undefined) return undefined
  const little = part.chunk.byteOrder === "little"
  const chunk = understand("CSET", part.bytes, new ChunkReading({ little }))
  return chunk === undefined ? undefined : encodingOf(chunk.value.codePage)
}

/** What is before the form, and the chunks of the form that are not read, as problems. */
const unread = ({ before, form, further, nested }: Scan): ReadonlyArray<WaveProblem> => {
  const problems = new Map<string, WaveProblem>()
  const add = (kind: Kind, { id, offset }: Riff.FoundChunk, description: string) => {
    const key = `${kind} ${id}`
    const first = problems.get(key)
    problems.set(
      key,
      first === undefined
        ? problemAt(kind, "warning", id, offset, description)
        : new WaveProblem({ ...first, count: first.count + 1 })
    )
  }
  if (form !== undefined && before > 0 && form.offset === before) {
    add("LeadingBytes", form, `the form begins here, after ${before} other bytes`)
  }
  for (const chunk of further) add("FurtherChunk", chunk, "it is not read, as there is one before it")
  for (const chunk of nested) add("NestedForm", chunk, "a form is inside of the form, and it is not read")
  return [...problems.values()]
}

/** What a scan found, with the bytes of the parts. */
interface Scanned {
  readonly scan: Scan
  readonly parts: ReadonlyArray<ReadPart>
}

/** Scans the file, then reads the parts where they are. */
const scanned = <A extends Access>(reading: FileReading<A>): Effect.Effect<Scanned, ReadingError<A>> =>
  Effect.flatMap(scan(reading), (scan) =>
    scan.form === undefined
      ? Effect.succeed({ scan, parts: [] })
      : Effect.map(readParts(reading, scan.parts), (parts) => ({ scan, parts })))

/**
 * Scans a file that only goes forward, and reads each part as the scan comes to it; then the samples, if they are to be
 * counted.
 */
const scannedForward = <A extends Access>(
  reading: FileReading<A>,
  file: Forward<A>,
  counts: boolean
): Effect.Effect<Scanned, ReadingError<A>> => {
  const { at, handle, lenient, limits, operation, restore, wanted } = reading
  const scan = new Scan(wanted)
  const walker = new Walker(scan, { limits, within: undefined, at, length: Infinity, lenient: true })
  const parts: Array<ReadPart> = []
  let room = limits.bytes
  const readPart = (part: Part): Effect.Effect<void, ReadingError<A>> => {
    const { available, chunk } = part
    if (available > room && !lenient) {
      return Effect.fail(exceeded(operation, handle.name.full, limits, "bytes", chunk.offset))
    }
    const size = Math.min(available, room)
    return Effect.map(file.take(chunk.dataOffset, size, restore), (bytes) => {
      room -= bytes.length
      parts.push({ ...part, bytes, available: bytes.length < size ? bytes.length : available })
    })
  }
  const loop: Effect.Effect<Scanned, ReadingError<A>> = Effect.suspend(() => {
    const part = scan.parts[parts.length]
    if (part !== undefined) return Effect.zipRight(readPart(part), loop)
    if (!walker.done) return Effect.zipRight(file.advance(walker, restore), loop)
    if (scan.exceeds !== undefined) {
      return Effect.fail(exceeded(operation, handle.name.full, limits, scan.exceeds.limit, scan.exceeds.at))
    }
    const { data } = scan
    if (data === undefined || !counts) return Effect.succeed({ scan, parts })
    const from = data.chunk.dataOffset
    return Effect.map(file.reach(from + data.available, restore), () => {
      scan.data = { ...data, available: Math.min(data.available, file.length - from) }
      return { scan, parts }
    })
  })
  return handle.canRead ? loop : handle.engine.cannotRead()
}

const readContents = <A extends Access>(
  reading: FileReading<A>,
  found: Effect.Effect<Scanned, ReadingError<A>>
): Effect.Effect<Contents, ReadingError<A>> => {
  const { handle, lenient, limits, operation } = reading
  const invalid = (position: number, description: string) =>
    Effect.fail(new MmioError.InvalidFile({ operation, file: handle.name.full, position, description }))
  return Effect.flatMap(found, ({ parts, scan }): Effect.Effect<Contents, ReadingError<A>> => {
    const { data, form } = scan
    if (form === undefined) return invalid(0, "there is no WAVE in it")
    return Effect.suspend((): Effect.Effect<Contents, ReadingError<A>> => {
      const encoding = reading.encoding ?? encodingIn(parts)
      const known: Array<Contents["known"][number]> = []
      const malformed: Array<Api.MalformedPart> = []
      const problems = [...unread(scan)]
      let entries = limits.entries
      for (const part of parts) {
        const { bytes, chunk, key } = part
        const each = new ChunkReading({
          little: chunk.byteOrder === "little",
          lenient,
          encoding,
          entries: limits.entries
        })
        each.entries = entries
        const { content, problems: found } = decodePart(part, each, limits)
        entries = each.entries
        const error = found.find(({ level }) => level === "error")
        if (error !== undefined && !lenient) return invalid(error.offset, `${FourCC.format(key)}: ${error.description}`)
        for (const problem of found) problems.push(problem)
        if (content !== undefined) known.push({ chunk, content, walkable: each.walkable })
        else {
          const { description = "nothing of it is understood", offset = chunk.dataOffset } = found[0] ?? {}
          malformed.push({ chunk, bytes, offset: offset - chunk.dataOffset, description })
        }
      }
      return Effect.succeed({ form, data, known, malformed, problems })
    })
  })
}

/** @internal */
export const read = <A extends Access>(
  handle: Handle<A>,
  options: Options
): Effect.Effect<Contents, ReadingError<A>> =>
  handle.forwardOnly
    ? readForward(handle, options, new Forward(handle, options.at ?? 0), true)
    : Effect.flatMap(
      current,
      (limits) =>
        handle.exclusive<Contents, ReadingError<A>>(options.operation, (restore) =>
          Effect.suspend(() => {
            const start = handle.window.position
            const reading = { ...options, handle, limits, restore }
            return Effect.ensuring(
              readContents(reading, scanned(reading)),
              Effect.sync(() => {
                handle.window.moveTo(start)
              })
            )
          }))
    )

/**
 * Reads a file that only goes forward; the samples can be taken from it then, if the scan stopped at them.
 *
 * @internal
 */
export const readForward = <A extends Access>(
  handle: Handle<A>,
  options: Options,
  file: Forward<A>,
  /** Whether to read the samples, too, to know how many there are. */
  counts: boolean
): Effect.Effect<Contents, ReadingError<A>> =>
  Effect.flatMap(
    current,
    (limits) =>
      handle.exclusive<Contents, ReadingError<A>>(options.operation, (restore) =>
        Effect.suspend(() => {
          const reading = { ...options, handle, limits, restore }
          return readContents(reading, scannedForward(reading, file, counts))
        }))
  )

/** Says that there is no chunk of an id in the file. @internal */
export const lacks = (handle: Handle, operation: string, { form }: Contents, id: string) =>
  new MmioError.InvalidFile({
    operation,
    file: handle.name.full,
    position: form.offset,
    description: `there is no ${FourCC.format(id)} in the WAVE`
  })
