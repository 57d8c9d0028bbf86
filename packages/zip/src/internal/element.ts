/**
 * Elements of an archive as files that are read: stored ones straight at their place, compressed ones by decompression
 * that begins at the nearest point.
 */
import type * as IOProc from "@effect-mmio/core/IOProc"
import * as MmioError from "@effect-mmio/core/MmioError"
import * as Effect from "effect/Effect"
import type { Limits } from "../ZipLimits.js"
import type { Checkpoints, Points } from "./checkpoints.js"
import { crc32 } from "./crc32.js"
import type { Entry } from "./directory.js"
import { Inflater, type Stop } from "./inflater.js"

/** Bytes of an archive: a file, of which the part that was read already is in memory. @internal */
export interface Source {
  readonly readAt: (position: number, target: Uint8Array) => Effect.Effect<number, MmioError.ReadError>
}

/** A part of a file that was read already, and then the file. @internal */
export const sourceOf = (file: IOProc.File, start: number, head: Uint8Array): Source => ({
  readAt: (position, target) => {
    const at = position - start
    if (at < 0 || at >= head.length) return file.readAt(position, target)
    const part = head.subarray(at, at + target.length)
    target.set(part)
    return Effect.succeed(part.length)
  }
})

/** What an element is read from. @internal */
export interface Content {
  readonly entry: Entry
  readonly source: Source
  /** Where its bytes begin in the archive. */
  readonly start: number
  /** The name that errors give. */
  readonly name: string
}

const operation = "ZipIOProc.read"

const damaged = ({ name }: Content, position: number, description: string) =>
  new MmioError.CannotRead({ operation, file: name, position, description: `the element is damaged: ${description}` })

const wrongSum = "its checksum is not that of the directory"

/**
 * Reads of a stored element. The sum is checked where the element is read in sequence from its start to its end; it
 * begins anew with a read at the start, and goes on with a read that overlaps what is in it.
 *
 * @internal
 */
export const readStored = (content: Content): IOProc.File["readAt"] => {
  const { entry, source, start } = content
  let summed = 0
  let sum = 0
  return (position, target) => {
    const count = Math.min(target.length, entry.size - position)
    if (count <= 0) return Effect.succeed(0)
    const part = count === target.length ? target : target.subarray(0, count)
    return Effect.flatMap(source.readAt(start + position, part), (read) => {
      if (read === 0) return Effect.fail(damaged(content, position, "the archive ends before it"))
      if (position === 0) summed = sum = 0
      const known = summed - position
      if (known < 0 || known >= read) return Effect.succeed(read)
      const next = crc32(part.subarray(known, read), sum)
      if (position + read === entry.size && next !== entry.crc) return Effect.fail(damaged(content, position, wrongSum))
      summed = position + read
      sum = next
      return Effect.succeed(read)
    })
  }
}

/** How much compressed input is read at once. */
const inputSize = 64 * 1024
/** How often the buffer is filled until other fibers have their turn. */
const stepsInTurn = 8

/**
 * Reads of a compressed element, one at a time. The sum is known wherever decompression is, and is checked whenever
 * that comes to the end.
 *
 * @internal
 */
export class InflatingReader {
  private inflater = new Inflater()
  private sum = 0
  /** How much of what is in the buffer is in the sum. */
  private summed = 0
  private ended = false
  private readonly content: Content
  private readonly checkpoints: Checkpoints
  private readonly key: string | undefined
  private readonly points: Points
  private readonly limits: Limits

  constructor(content: Content, checkpoints: Checkpoints, key: string | undefined, limits: Limits) {
    this.content = content
    this.checkpoints = checkpoints
    this.key = key
    this.points = checkpoints.of(key)
    this.limits = limits
  }

  readAt(position: number, target: Uint8Array): Effect.Effect<number, MmioError.ReadError> {
    const { entry } = this.content
    if (position >= entry.size || target.length === 0) return Effect.succeed(0)
    return Effect.suspend(() => {
      this.seek(position)
      const count = this.copy(position, target)
      return count > 0 ? Effect.succeed(count) : this.inflateTo(position, target)
    })
  }

  /**
   * Takes what is in the buffer; 0 where it has nothing of it. The last byte is only given once the end was found to be
   * right.
   */
  private copy(position: number, target: Uint8Array): number {
    const { base, buffer, filled } = this.inflater
    const from = position - base
    const available = this.ended ? filled : Math.min(filled, this.content.entry.size - 1 - base)
    if (from < 0 || from >= available) return 0
    const count = Math.min(target.length, available - from)
    target.set(buffer.subarray(from, from + count))
    return count
  }

  /** Goes to where decompression has to go on from to come to a position. */
  private seek(position: number): void {
    const { base, position: reached } = this.inflater
    const point = this.points.before(position)
    if (position >= base && (position < reached || (point?.position ?? 0) <= reached)) return
    this.inflater = new Inflater(point)
    this.sum = point?.sum ?? 0
    this.summed = this.inflater.filled
    this.ended = false
    this.last = "input"
    this.damage = undefined
  }

  private inflateTo(position: number, target: Uint8Array): Effect.Effect<number, MmioError.ReadError> {
    return Effect.gen(this, function*() {
      for (let steps = 1;; steps++) {
        this.damage ??= this.step()
        // What was decompressed before the damage is read, too.
        const count = this.copy(position, target)
        if (count > 0) return count
        if (this.damage !== undefined) return yield* damaged(this.content, position, this.damage)
        if (this.last === "input") yield* this.refill
        if (steps % stepsInTurn === 0) yield* Effect.yieldNow()
      }
    })
  }

  /** Why decompression stopped last. */
  private last: Stop = "input"
  private damage: string | undefined

  /** Decompresses until the buffer is full, or there is no input; what is wrong, if something is. */
  private step(): string | undefined {
    const { content: { entry }, inflater, points } = this
    if (this.last === "full") {
      inflater.makeRoom()
      this.summed = inflater.filled
    }
    const stop = inflater.run()
    this.last = stop
    this.sum = crc32(inflater.buffer.subarray(this.summed, inflater.filled), this.sum)
    this.summed = inflater.filled
    if (inflater.position > entry.size) return `it has more than ${entry.size} bytes`
    if (stop === "damaged") return inflater.damage
    if (stop === "end") {
      if (inflater.position < entry.size) return `it has ${inflater.position} bytes, and not ${entry.size}`
      if (this.sum !== entry.crc) return wrongSum
      this.ended = true
    } else if (points.wants(inflater.position)) {
      this.checkpoints.add(this.key, points, inflater.checkpoint(this.sum), this.limits.checkpointBytes)
    }
    return undefined
  }

  /** Reads more of the compressed bytes. */
  private get refill(): Effect.Effect<void, MmioError.ReadError> {
    return Effect.suspend(() => {
      const { entry, source, start } = this.content
      const from = this.inflater.wanted
      const input = new Uint8Array(Math.min(inputSize, entry.compressed - from))
      if (input.length === 0) {
        this.inflater.give(input, true)
        return Effect.void
      }
      return Effect.flatMap(source.readAt(start + from, input), (count) => {
        if (count === 0) return Effect.fail(damaged(this.content, this.inflater.position, "the archive ends before it"))
        this.inflater.give(input.subarray(0, count), from + count >= entry.compressed)
        return Effect.void
      })
    })
  }
}
