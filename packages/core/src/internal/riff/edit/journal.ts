/**
 * What an edit writes, from the journal to the new file, and what recovery does with a journal that it finds.
 */
import * as Effect from "effect/Effect"
import type * as Layout from "../layout.js"
import { crc32 } from "./crc32.js"
import type { ExclusiveFile, Failure, ReadFailure } from "./exclusiveFile.js"
import * as Footer from "./footer.js"
import { blockSize, endOf, footerSize, type Geometry, geometry, headerSize, tailAt, tailLength } from "./geometry.js"
import * as Header from "./header.js"
import * as Payload from "./payload.js"
import * as Record from "./record.js"
import * as Segments from "./segments.js"

/** Is told of so many further bytes. @internal */
export type Advance = (bytes: number) => Effect.Effect<void>

/** What an edit will write. @internal */
export interface Draft extends Payload.Place {
  readonly layout: Layout.Layout
  readonly segments: ReadonlyArray<Segments.Segment>
  readonly records: number
}

const headOf = (piece: Segments.Piece): Record.Head => ({
  offset: piece.offset,
  length: piece.length,
  zeros: Segments.isZeros(piece)
})

/** @internal */
export const draft = (options: {
  readonly layout: Layout.Layout
  readonly segments: ReadonlyArray<Segments.Segment>
  readonly nonce: Uint8Array
  readonly oldLength: number
  readonly newLength: number
}): Draft => {
  let records = 0
  let payload = 0
  for (const piece of Segments.recorded(options.segments, options)) {
    records++
    payload += Record.sizeOf(headOf(piece))
  }
  return { ...options, ...geometry(options.oldLength, options.newLength, payload), records }
}

/**
 * How many bytes of the file the records and the tail are about: what an edit counts as it writes the journal.
 *
 * @internal
 */
export const journalBytes = (draft: Draft): number => recordedBytes(draft) + tailLength(draft)

/** How many bytes the records are about. @internal */
export const recordedBytes = (draft: Draft): number => {
  let total = 0
  for (const { length } of Segments.recorded(draft.segments, draft)) total += length
  return total
}

/** Runs an effect for each of what a generator yields. */
const forEach = <A, E>(all: Iterable<A>, f: (one: A) => Effect.Effect<void, E>): Effect.Effect<void, E> =>
  Effect.suspend(() => {
    const iterator = all[Symbol.iterator]()
    let next = iterator.next()
    return Effect.whileLoop({
      while: () => next.done !== true,
      body: () => next.done === true ? Effect.void : f(next.value),
      step: () => {
        next = iterator.next()
      }
    })
  })

// ---------------------------------------------------------------------------------------------------------------------
// writing the journal
// ---------------------------------------------------------------------------------------------------------------------

/** Brings the new bytes of pieces of the file. */
class Bytes {
  private readonly file: { readonly readExactly: ExclusiveFile["readExactly"] }
  private readonly block = new Payload.Block()

  constructor(file: { readonly readExactly: ExclusiveFile["readExactly"] }) {
    this.file = file
  }

  /** Valid until the next call. */
  of(piece: Segments.Piece): Effect.Effect<Uint8Array, ReadFailure> {
    return Effect.suspend(() => {
      const [first] = piece.parts
      if (first?.source._tag === "Bytes" && piece.parts.length === 1) return Effect.succeed(first.source.bytes)
      const bytes = this.block.of(piece.length)
      const copies: Array<Effect.Effect<void, ReadFailure>> = []
      for (const { length, offset, source } of piece.parts) {
        const target = bytes.subarray(offset - piece.offset, offset - piece.offset + length)
        if (source._tag === "Bytes") target.set(source.bytes)
        else if (source._tag === "Zeros") target.fill(0)
        else copies.push(this.file.readExactly(source.from, target))
      }
      return Effect.as(Effect.all(copies, { discard: true }), bytes)
    })
  }
}

/** @internal */
export const writeHeader = (file: ExclusiveFile, draft: Draft) =>
  file.writeAt(draft.oldLength, Header.encode(draft.layout, draft))

/**
 * Gives the file the length that it has with the journal, so that what another program appends meanwhile lies past it.
 *
 * @internal
 */
export const reserve = (file: ExclusiveFile, draft: Draft) => file.writeAt(draft.footerAt, new Uint8Array(footerSize))

/** Writes the tail, and returns its CRC-32. @internal */
export const writeTail = (file: ExclusiveFile, draft: Draft, advance: Advance): Effect.Effect<number, Failure> =>
  Effect.suspend(() => {
    const bytes = new Bytes(file)
    let crc = 0
    return Effect.map(
      forEach(Segments.tail(draft.segments, draft), (piece) =>
        Effect.flatMap(bytes.of(piece), (next) => {
          crc = crc32(next, crc)
          return Effect.zipRight(file.writeAt(piece.offset, next), advance(piece.length))
        })),
      () => crc
    )
  })

/**
 * Writes the records, and returns their CRC-32. Writes the old bytes over themselves, too: where a file is sparse or
 * shares blocks with another one, that is when a full disk is noticed.
 *
 * @internal
 */
export const writeRecords = (file: ExclusiveFile, draft: Draft, advance: Advance): Effect.Effect<number, Failure> =>
  Effect.suspend(() => {
    const writer = new Payload.PayloadWriter(file, draft)
    const bytes = new Bytes(file)
    const block = new Payload.Block()
    return Effect.map(
      Effect.zipRight(
        forEach(Segments.recorded(draft.segments, draft), (piece) =>
          Effect.gen(function*() {
            const head = headOf(piece)
            const old = block.of(piece.length)
            yield* file.readExactly(piece.offset, old)
            yield* file.writeAt(piece.offset, old)
            yield* writer.append(Record.encodeHead(head))
            yield* writer.append(Record.encodeSums(piece.offset, old))
            if (!head.zeros) yield* writer.append(yield* bytes.of(piece))
            yield* advance(piece.length)
          })),
        writer.drain
      ),
      () => writer.crc
    )
  })

/** @internal */
export const writeFooter = (file: ExclusiveFile, footer: Footer.Footer) =>
  file.writeAt(footer.footerAt, Footer.encode(footer))

/** Writes the new file straight away, where the storage shows it to others only once it is complete. @internal */
export const writeDirectly = (
  old: { readonly readExactly: ExclusiveFile["readExactly"] },
  file: ExclusiveFile,
  segments: ReadonlyArray<Segments.Segment>,
  advance: Advance
): Effect.Effect<void, Failure> =>
  Effect.suspend(() => {
    const bytes = new Bytes(old)
    return forEach(Segments.pieces(segments), (piece) =>
      Effect.flatMap(bytes.of(piece), (next) =>
        Effect.zipRight(file.writeAt(piece.offset, next), advance(piece.length))))
  })

// ---------------------------------------------------------------------------------------------------------------------
// reading it
// ---------------------------------------------------------------------------------------------------------------------

/**
 * What a journal is: as its footer says, with so many sectors that have old bytes and so many that have other ones; or
 * not so.
 *
 * @internal
 */
export type Inspected = { readonly old: number; readonly foreign: number; readonly sectors: number } | "damaged"

/** Reads all of a journal, and what the file has where it writes. Writes nothing. @internal */
export const inspect = (file: ExclusiveFile, footer: Footer.Footer): Effect.Effect<Inspected, ReadFailure> =>
  Effect.gen(function*() {
    let [old, foreign, sectors] = [0, 0, 0]
    const { crc, records } = yield* Payload.forEachRecord(
      file,
      footer,
      ({ current, head, next, sums }) =>
        Effect.sync(() => {
          const found = Record.compare(head, sums, next, current)
          old += found.old
          foreign += found.foreign
          sectors += sums.length / 4
        })
    )
    if (records !== footer.records || crc !== footer.recordsCrc) return "damaged"
    const tailCrc = yield* tailCrcOf(file, footer)
    return tailCrc === footer.tailCrc ? { old, foreign, sectors } : "damaged"
  })

const tailCrcOf = (file: ExclusiveFile, lengths: Geometry): Effect.Effect<number, ReadFailure> =>
  Effect.suspend(() => {
    const block = new Uint8Array(Math.min(blockSize, tailLength(lengths)))
    let crc = 0
    let at = tailAt(lengths)
    return Effect.map(
      Effect.whileLoop({
        while: () => at < lengths.newLength,
        body: () => {
          const some = block.subarray(0, Math.min(block.length, lengths.newLength - at))
          return Effect.as(file.readExactly(at, some), some)
        },
        step: (some) => {
          crc = crc32(some, crc)
          at += some.length
        }
      }),
      () => crc
    )
  })

/** Writes the records into the file: what differs of them. @internal */
export const apply = (
  file: ExclusiveFile,
  footer: Footer.Footer,
  advance: Advance
): Effect.Effect<void, Failure> =>
  Effect.asVoid(Payload.forEachRecord(file, footer, ({ current, head, next }) =>
    Effect.zipRight(
      forEach(Record.differing(head, next, current), ([from, to]) =>
        file.writeAt(head.offset + from, next.subarray(from, to))),
      advance(head.length)
    )))

/**
 * Takes the journal away, once the new file is on the storage: cuts the file to its new length, unless another program
 * has appended to it. The bytes of that program then stay, and the journal becomes zeros. Returns how many foreign
 * bytes there are.
 *
 * @internal
 */
export const remove = (file: ExclusiveFile, footer: Footer.Footer): Effect.Effect<number, Failure> =>
  Effect.gen(function*() {
    const size = yield* file.size
    const { newLength, oldLength } = footer
    if (size < newLength) return yield* Effect.fail(file.invalid(size, "another program has made the file shorter"))
    const appended = Math.max(0, size - endOf(footer))
    if (appended === 0) yield* file.truncate(newLength)
    else {
      // The header first: with a footer and no header the file can still be recovered.
      yield* file.writeAt(newLength, new Uint8Array(Math.max(0, oldLength + headerSize - newLength)))
      yield* file.flush
      yield* file.writeAt(footer.footerAt, new Uint8Array(footerSize))
    }
    return appended
  })

/**
 * Does what a journal says that was decided: the new file, and no journal. Returns how many foreign bytes follow.
 *
 * @internal
 */
export const finish = (file: ExclusiveFile, footer: Footer.Footer): Effect.Effect<number, Failure> =>
  // The process that decided may have died before its footer was on the storage: nothing is written in place before
  // that is so.
  file.flush.pipe(
    Effect.zipRight(apply(file, footer, () => Effect.void)),
    Effect.zipRight(file.flush),
    Effect.zipRight(remove(file, footer)),
    Effect.zipLeft(file.flush),
    Effect.uninterruptible
  )
