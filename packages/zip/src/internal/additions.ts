/**
 * What is added to an archive: new elements, folders, and elements under another name.
 */
import * as MmioError from "@effect-mmio/core/MmioError"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import type { Limits } from "../ZipLimits.js"
import type { Opened } from "./archive.js"
import { crc32 } from "./crc32.js"
import { deflate } from "./deflate.js"
import { type Entry, versionOf, whyInflatesTooFar } from "./directory.js"
import { asWriteError, tooLarge } from "./errors.js"
import { length, method, toDos, viewOf } from "./layout.js"
import { encodeName } from "./names.js"
import {
  centralRecord,
  type Facts,
  folderFacts,
  localHeader,
  placedRecord,
  recordOf,
  renamedHeader,
  renamedRecord
} from "./records.js"
import type { Sink } from "./sink.js"
import type { Spool } from "./spool.js"
import { readFully } from "./transfer.js"

/** @internal */
export interface Addition {
  readonly path: string
  readonly isFolder: boolean
  /** Writes what is added, and returns its record of the directory, in which the offset is `position - delta`. */
  readonly write: (sink: Sink, delta: number, limits: Limits) => Effect.Effect<Uint8Array, MmioError.WriteError>
}

/** @internal */
export type Compression = "stored" | "deflated"

/** Seconds: an archive knows no fractions of them. */
const now: Effect.Effect<Date> = Effect.map(
  Clock.currentTimeMillis,
  (millis) => new Date(Math.floor(millis / 1000) * 1000)
)

/** How many bytes of a spool are compressed at once. */
const compressedAtOnce = 256 * 1024

/**
 * An element with the bytes of a spool, which fails where the limits would refuse to read it; `written` is told its
 * version. @internal
 */
export const put = (
  path: string,
  spool: Spool,
  compression: Compression,
  replaced: Uint8Array | undefined,
  written: (version: string) => void
): Addition => ({
  path,
  isFolder: false,
  write: (sink, delta, limits) =>
    Effect.gen(function*() {
      const start = sink.position
      const { size } = spool
      const modified = yield* now
      const isDeflated = compression === "deflated" && size > 0
      const facts = (crc: number, compressed: number): Facts => ({
        name: encodeName(path),
        isFolder: false,
        method: isDeflated ? method.deflated : method.stored,
        modified,
        crc,
        compressed,
        size
      })
      const admitted = (compressed: number) => {
        const why = isDeflated ? whyInflatesTooFar({ compressed, size }, limits) : undefined
        return why === undefined ? Effect.void : Effect.fail(tooLarge(path, why))
      }
      // Its size alone may be too much, with whatever compressed size.
      yield* admitted(Infinity)
      // What is not known yet is written over it.
      yield* sink.write(localHeader(facts(0, 0)))
      const dataStart = sink.position
      let crc = 0
      if (!isDeflated) {
        yield* sink.copy(spool, 0, size, (bytes) => {
          crc = crc32(bytes, crc)
        })
      } else {
        const block = new Uint8Array(Math.min(compressedAtOnce, size))
        let read = 0
        const next = Effect.suspend(() => {
          const part = block.subarray(0, Math.min(block.length, size - read))
          return Effect.flatMap(Effect.mapError(readFully(spool, read, part), asWriteError), (count) => {
            if (count < part.length) {
              return Effect.fail(
                new MmioError.CannotWrite({
                  operation: "ZipIOProc.write",
                  file: path,
                  description: "the temporary file ends too early",
                  written: 0
                })
              )
            }
            read += count
            crc = crc32(part, crc)
            return Effect.succeed(part)
          })
        })
        yield* deflate(path, next, (bytes) => sink.write(bytes))
      }
      const compressed = sink.position - dataStart
      yield* admitted(compressed)
      yield* sink.patch(start, localHeader(facts(crc, compressed)))
      written(versionOf({ crc, size, dos: toDos(modified) }))
      return centralRecord(facts(crc, compressed), start - delta, replaced)
    })
})

/** An empty folder. @internal */
export const folder = (path: string): Addition => ({
  path,
  isFolder: true,
  write: (sink, delta) =>
    Effect.gen(function*() {
      const start = sink.position
      const facts = folderFacts(path, yield* now)
      yield* sink.write(localHeader(facts))
      return centralRecord(facts, start - delta, undefined)
    })
})

/** An element of the archive under another name, with its bytes as they are. @internal */
export const moved = ({ directory, file }: Opened, entry: Entry, path: string): Addition => ({
  path,
  isFolder: false,
  write: (sink, delta) =>
    Effect.gen(function*() {
      const start = sink.position
      const name = encodeName(path)
      const head = new Uint8Array(length.local)
      yield* Effect.mapError(readFully(file, entry.offset, head), asWriteError)
      const view = viewOf(head)
      const headLength = length.local + view.getUint16(26, true) + view.getUint16(28, true)
      if (entry.offset + headLength + entry.compressed > entry.end) {
        return yield* new MmioError.CannotWrite({
          operation: "ZipIOProc.rename",
          file: entry.path,
          description: "the element is damaged: it overlaps what follows it",
          written: 0
        })
      }
      const header = new Uint8Array(headLength)
      yield* Effect.mapError(readFully(file, entry.offset, header), asWriteError)
      yield* sink.write(renamedHeader(header, name))
      yield* sink.copy(file, entry.offset + headLength, entry.end - entry.offset - headLength)
      return placedRecord(renamedRecord(recordOf(directory, entry), name), start - delta)
    })
})
