/**
 * Records: a synchronous function reads them out of the window, and is run again where the window had too little.
 */
import * as Channel from "effect/Channel"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Stream from "effect/Stream"
import type { Access } from "../../IOProc.js"
import type * as Api from "../../Mmio.js"
import * as MmioError from "../../MmioError.js"
import { andThen, evaluate, isDone, map, settle } from "../io/answer.js"
import { allocate, outOfMemory, trustedCount } from "../io/copy.js"
import type { Handle, TransferError } from "./handle.js"
import type { Restore } from "./lock.js"
import { type Bounds, type Lack, RecordReader } from "./reader.js"
import type { RecordMemory } from "./recordMemory.js"

/** How many bytes a record may have where the caller does not say. @internal */
export const defaultLimit = 1024 * 1024

/** How many records a chunk of `parseAll` has at most, so that a loop over them gives way to other fibers. */
const mostRecords = 4096

type Failure<A extends Access> =
  | TransferError<A>
  | MmioError.SeekError
  | MmioError.InvalidFile
  | MmioError.OutOfMemory

type Parser<B> = (reader: Api.Reader) => B

/** What {@link attempt} returns where the record is not complete. */
const incomplete: unique symbol = Symbol.for("@effect-mmio/core/Mmio/incomplete")

/**
 * Reads one record out of what was loaded; where it is not complete it takes nothing, and the reader says what it
 * lacks.
 */
const attempt = <B>(
  records: RecordMemory,
  reader: RecordReader,
  f: Parser<B>,
  take: (count: number) => void
): B | typeof incomplete => {
  reader.begin()
  let isTaken = false
  try {
    const value = f(reader)
    isTaken = reader.isComplete
    return isTaken ? value : incomplete
  } catch (thrown) {
    if (reader.isComplete) throw thrown
    return incomplete
  } finally {
    const count = reader.finish(isTaken)
    take(count)
    if (isTaken) records.note(count)
  }
}

/** Reads one record out of the window; where it is not complete nothing moves. */
const attemptWindow = <A extends Access, B>(
  { records, window }: Handle<A>,
  reader: RecordReader,
  f: Parser<B>
): B | typeof incomplete => {
  reader.load(window)
  return attempt(records, reader, f, (count) => window.skip(count))
}

/** Reads one record out of the blocks of the file, where they lie; what the window has of it is there, too. */
const attemptShown = <A extends Access, B>(
  { engine, records, window }: Handle<A>,
  reader: RecordReader,
  f: Parser<B>,
  limit: number
): B | typeof incomplete => {
  const outcome: { value: B | typeof incomplete } = { value: incomplete }
  window.empty()
  engine.showSync(limit, (bytes) => {
    let taken = 0
    reader.loadShown(bytes, window.position)
    outcome.value = attempt(records, reader, f, (count) => {
      taken = count
    })
    return taken
  })
  return outcome.value
}

/** Reads one record synchronously, if as much of it is in memory as the records before had. */
const attemptSync = <A extends Access, B>(
  handle: Handle<A>,
  bounds: Bounds,
  f: Parser<B>
): B | typeof incomplete => {
  const { engine, window } = handle
  const count = expected(handle, bounds.limit)
  if (window.readable < count) {
    if (engine.canShowSync(count)) return attemptShown(handle, new RecordReader(window, bounds), f, bounds.limit)
    if (window.readable === 0) return incomplete
  }
  return attemptWindow(handle, new RecordReader(window, bounds), f)
}

/**
 * How many bytes a record is expected to have: none where the file cannot go back, since one that is shorter than those
 * before may be all that there will be.
 */
const expected = <A extends Access>({ engine, records, window }: Handle<A>, limit: number): number =>
  engine.canReturn && !window.state.isWholeFile ? Math.min(records.expected, limit) : 0

/**
 * Reads the records that the window has completely, or fails where the first of them takes no bytes. What its function
 * throws at a later one is left for the next call, which begins there.
 */
const completeRecords = <B>(handle: Handle, reader: RecordReader, f: Parser<B>) => {
  const { window } = handle
  const records: Array<B> = []
  let isTaken = true
  let isEmpty = false
  reader.load(window)
  try {
    while (reader.hasMore && records.length < mostRecords) {
      reader.begin()
      isTaken = false
      const value = f(reader)
      isEmpty = reader.isComplete && reader.taken === 0
      if (isEmpty || !reader.isComplete) break
      isTaken = true
      records.push(value)
    }
  } catch (thrown) {
    if (reader.isComplete && records.length === 0) throw thrown
  } finally {
    window.skip(reader.finish(isTaken))
  }
  return isEmpty && records.length === 0
    ? invalidFile(handle, "the record takes no bytes, and so would all that follow")
    : Exit.succeed(records)
}

const invalidFile = (handle: Handle, description: string): Exit.Exit<never, MmioError.InvalidFile> =>
  Exit.fail(
    new MmioError.InvalidFile({
      operation: "Mmio",
      file: handle.name.full,
      position: handle.window.position,
      description
    })
  )

/**
 * An operation that reads records: where they may lie, what reads them, and the buffer that the handle has but for
 * them.
 */
interface Parsing<A extends Access> {
  readonly handle: Handle<A>
  readonly bounds: Bounds
  readonly reader: RecordReader
  readonly own: Uint8Array
  readonly restore: Restore
}

/** Runs an operation with a larger buffer, or one that may go on with it, and goes back to the one before. */
const parsing = <A extends Access, B>(
  handle: Handle<A>,
  bounds: Bounds,
  restore: Restore,
  body: (parsing: Parsing<A>) => Effect.Effect<B, Failure<A>>,
  larger?: Uint8Array
): Effect.Effect<B, Failure<A>> => {
  const { engine, window } = handle
  if (!engine.canRead) return engine.cannotRead()
  const own = window.state.bytes
  const run = () => body({ handle, bounds, reader: new RecordReader(window, bounds), own, restore })
  return settle(
    evaluate(() =>
      larger === undefined ? run() : andThen(handle.withoutWriting<void, never>(engine.widen(larger, restore)), run)
    ),
    (exit) => {
      const { bytes } = window.state
      engine.narrow(own)
      // A single long record is no reason to keep its buffer: programs have thousands of handles.
      const isKept = window.state.bytes !== bytes && handle.records.expected > own.length
      handle.records.buffer = isKept ? bytes : undefined
      return exit
    }
  )
}

/** Brings what a record at the position lacks, or fails where it cannot be had. */
const bring = <A extends Access>(parsing: Parsing<A>, lack: Lack): Effect.Effect<void, Failure<A>> => {
  const { bounds: { limit, to }, handle, reader, restore } = parsing
  const { engine, window } = handle
  if (lack._tag === "Count") return invalidFile(handle, `the record asks for ${lack.count} bytes`)
  if (lack._tag === "FileSize") {
    return map(engine.length(restore), (size) => {
      reader.fileEnd = size
    })
  }
  const wanted = lack.count
  const truncated = (available: number) =>
    invalidFile(handle, `the record is truncated: ${available} of ${wanted} bytes`)
  if (wanted > limit) return invalidFile(handle, `the record has more than ${limit} bytes, the limit`)
  const room = to - window.position
  if (wanted > room) return truncated(Math.max(0, room))
  return andThen(fill(parsing, wanted), () => window.readable < wanted ? truncated(window.readable) : Exit.void)
}

/** Reads until the window has so many bytes, or the file ends. */
const fill = <A extends Access>(parsing: Parsing<A>, wanted: number): Effect.Effect<void, Failure<A>> => {
  const { window } = parsing.handle
  for (;;) {
    const before = window.readable
    if (before >= wanted) return Exit.void
    const refilled = evaluate(() => refill(parsing, wanted))
    if (!isDone(refilled)) return andThen(refilled, () => window.readable > before ? fill(parsing, wanted) : Exit.void)
    if (Exit.isFailure(refilled) || window.readable === before) return refilled
  }
}

/**
 * Reads after what the window has of a record, into a larger buffer where that is full; reads nothing at the end of the
 * file.
 *
 * The larger buffer grows with what the file really has, or what the records before really had, and in leaps, so that a
 * long record of short fields is not run again for each of them. Where the file cannot go back there are no leaps:
 * after the record, what was read ahead has to fit the handle's own buffer.
 */
const refill = <A extends Access>(
  { bounds: { limit }, handle, own, restore }: Parsing<A>,
  wanted: number
): Effect.Effect<void, TransferError<A> | MmioError.OutOfMemory> => {
  const { engine, window } = handle
  const { length } = window.state.bytes
  const known = expected(handle, limit)
  const isExpected = wanted <= known
  const trusted = isExpected ? known : Math.min(wanted, Math.max(trustedCount, window.readable * 2))
  const refilled = () => handle.withoutWriting(engine.refill(restore))
  if (trusted <= length || window.state.isWholeFile) return refilled()
  const leap = engine.canReturn ? Math.min(limit, Math.max(trustedCount, length * 2)) : 0
  // After a record like those before comes mostly another one, for which there would be no room.
  const size = isExpected ? trusted : Math.max(trusted + own.length, leap)
  const larger = handle.records.bufferOf(size)
  return larger === undefined
    ? Exit.fail(outOfMemory("Mmio", handle.name.full, size))
    : andThen(handle.withoutWriting<void, never>(engine.widen(larger, restore)), refilled)
}

/** @internal */
export const parse = <A extends Access, B>(
  handle: Handle<A>,
  f: Parser<B>,
  limit: number
): Effect.Effect<B, Failure<A>> =>
  Effect.suspend(() => {
    const { engine, lock } = handle
    const bounds: Bounds = { limit, to: Number.MAX_SAFE_INTEGER }
    if (lock.idle && engine.canRead) {
      const value = lock.exclusiveSync(() => attemptSync(handle, bounds, f))
      if (value !== incomplete) return Exit.succeed(value)
    }
    return handle.transfer<B, Failure<A>>(
      "Mmio.parse",
      (restore) => parsing(handle, bounds, restore, (parsing) => parseExpected(parsing, f))
    )
  })

/**
 * Brings as many bytes as the records before had, so that the function runs once; but not where there are some, of
 * which the record may be, and the driver could fail for nothing.
 */
const parseExpected = <A extends Access, B>(parsing: Parsing<A>, f: Parser<B>): Effect.Effect<B, Failure<A>> => {
  const { bounds, handle } = parsing
  const wanted = handle.window.readable === 0 ? expected(handle, bounds.limit) : 0
  return andThen(fill(parsing, wanted), () => parseLocked(parsing, f))
}

const parseLocked = <A extends Access, B>(parsing: Parsing<A>, f: Parser<B>): Effect.Effect<B, Failure<A>> => {
  for (;;) {
    const value = attemptWindow(parsing.handle, parsing.reader, f)
    if (value !== incomplete) return Exit.succeed(value)
    const { lack } = parsing.reader
    const brought = lack === undefined ? Exit.void : bring(parsing, lack)
    if (!isDone(brought)) return andThen(brought, () => parseLocked(parsing, f))
    if (Exit.isFailure(brought)) return Exit.failCause(brought.cause)
  }
}

/** The records at the position, as many as the window holds, or one that it holds a part of; none at the end. */
const nextRecords = <A extends Access, B>(parsing: Parsing<A>, f: Parser<B>): Effect.Effect<Array<B>, Failure<A>> => {
  const { bounds: { to }, handle, reader } = parsing
  const { window } = handle
  for (;;) {
    const records = completeRecords(handle, reader, f)
    if (Exit.isFailure(records) || records.value.length > 0 || window.position >= to) return records
    const isPart = window.readable > 0
    const brought = !isPart ? refill(parsing, 1) : reader.lack === undefined ? Exit.void : bring(parsing, reader.lack)
    const goesOn = () => isPart || window.readable > 0
    if (!isDone(brought)) return andThen(brought, () => goesOn() ? nextRecords(parsing, f) : records)
    if (Exit.isFailure(brought)) return Exit.failCause(brought.cause)
    if (!goesOn()) return records
  }
}

/** @internal */
export const parseAll = <A extends Access, B>(
  handle: Handle<A>,
  f: Parser<B>,
  from: number | undefined,
  bounds: Bounds
): Stream.Stream<B, Failure<A>> => Stream.suspend(() => parseStream(handle, f, from, bounds))

const parseStream = <A extends Access, B>(
  handle: Handle<A>,
  f: Parser<B>,
  from: number | undefined,
  bounds: Bounds
): Stream.Stream<B, Failure<A>> => {
  const { engine, window } = handle
  /**
   * What the stream reads into: at first the buffer, then, where there is more, as much as `Mmio.stream` reads at a
   * time.
   */
  let wide: Uint8Array | undefined
  let pulls = 0
  const larger = (at: number): Uint8Array | undefined => {
    const { bytes, isWholeFile } = window.state
    const size = Math.min(trustedCount, bounds.to - at)
    if (pulls++ === 0 || isWholeFile || size <= bytes.length || !engine.canReturn) return undefined
    if (wide === undefined || wide.length !== size) wide = allocate(size)
    return wide
  }
  interface Pulled {
    readonly records: Array<B>
    readonly after: number
  }
  const pull = (at: number): Effect.Effect<Pulled, Failure<A>> =>
    handle.transfer<Pulled, Failure<A>>("Mmio.parseAll", (restore) => {
      const read = () =>
        map(
          parsing(handle, bounds, restore, (parsing) => nextRecords(parsing, f), larger(at)),
          (records) => ({ records, after: window.position })
        )
      return window.position === at ? read() : andThen(engine.seek(at, "start", restore), read)
    })
  type Loop = Channel.Channel<Chunk.Chunk<B>, unknown, Failure<A>, unknown, void, unknown>
  const loop = (at: number): Loop =>
    Channel.flatMap(Channel.fromEffect(pull(at)), ({ after, records }) =>
      records.length === 0
        ? Channel.void
        : Channel.flatMap(Channel.write(Chunk.unsafeFromArray(records)), () => loop(after)))
  return Stream.unwrap(
    Effect.map(
      from === undefined ? handle.position : Effect.succeed(from),
      (start) => Stream.fromChannel(loop(start))
    )
  )
}
