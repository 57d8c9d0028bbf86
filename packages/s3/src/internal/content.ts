/**
 * The content of an object that is open for writing: the version that was opened, with what was written over it.
 *
 * Of each byte it is known whether it was written (it is in the spool), is that of the version (`base`), or is a zero
 * of a gap.
 */
import type * as MmioError from "@effect-mmio/core/MmioError"
import * as Effect from "effect/Effect"
import { Intervals, type Piece } from "./intervals.js"
import type { Spool } from "./spool.js"

/** Reads bytes of the version, all that are asked for. @internal */
export type ReadBase = (position: number, target: Uint8Array) => Effect.Effect<void, MmioError.ReadError>

/** @internal */
export class Content {
  private readonly spool: Spool
  private readonly readBase: ReadBase
  /** What the spool has. */
  private readonly known = new Intervals()
  /** What was written since the last commit. */
  private readonly changed = new Intervals()
  /** Up to where bytes are those of the version, unless they were written. */
  private baseEnd: number
  size: number
  /** Whether a commit has something to write. */
  isChanged: boolean

  constructor(options: {
    readonly spool: Spool
    readonly readBase: ReadBase
    readonly size: number
    readonly isChanged: boolean
  }) {
    this.spool = options.spool
    this.readBase = options.readBase
    this.baseEnd = options.size
    this.size = options.size
    this.isChanged = options.isChanged
  }

  /** Fills a target with the bytes from a position on; all of them exist. */
  fill(position: number, target: Uint8Array): Effect.Effect<void, MmioError.ReadError> {
    return Effect.suspend(() => {
      const { baseEnd } = this
      const end = position + target.length
      const reads = this.known.pieces(position, end).flatMap((piece) => {
        const part = target.subarray(piece.start - position, piece.end - position)
        if (piece.isIn) return [this.spool.read(piece.start, part)]
        const ofBase = part.subarray(0, Math.max(0, baseEnd - piece.start))
        part.fill(0, ofBase.length)
        return ofBase.length === 0 ? [] : [this.readBase(piece.start, ofBase)]
      })
      return Effect.forEach(reads, (read) => read, { discard: true })
    })
  }

  /** Reads what there is from a position on. */
  read(position: number, target: Uint8Array): Effect.Effect<number, MmioError.ReadError> {
    return Effect.suspend(() => {
      const some = target.subarray(0, Math.max(0, this.size - position))
      return Effect.as(some.length === 0 ? Effect.void : this.fill(position, some), some.length)
    })
  }

  /** Writes all of a source. What is interrupted in between has written nothing that can be seen. */
  write(position: number, source: Uint8Array): Effect.Effect<number, MmioError.WriteError> {
    const end = position + source.length
    return Effect.uninterruptible(Effect.map(this.spool.write(position, source), () => {
      this.known.add(position, end)
      this.changed.add(position, end)
      this.size = Math.max(this.size, end)
      this.isChanged = true
      return source.length
    }))
  }

  truncate(size: number): void {
    this.known.cut(size)
    this.changed.cut(size)
    this.baseEnd = Math.min(this.baseEnd, size)
    this.size = size
    this.isChanged = true
  }

  /** All of the content, in pieces that are those of the version at the same positions (`isIn`), or are not. */
  unchanged(): ReadonlyArray<Piece> {
    const pieces = this.changed.pieces(0, this.baseEnd).map(({ end, isIn, start }) => ({ start, end, isIn: !isIn }))
    return this.size > this.baseEnd ? [...pieces, { start: this.baseEnd, end: this.size, isIn: false }] : pieces
  }

  /** All of it is now the content of the name: the version that is read from here on. */
  committed(): void {
    this.changed.clear()
    this.baseEnd = this.size
    this.isChanged = false
  }
}
