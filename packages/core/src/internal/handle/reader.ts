/**
 * What the function of `Mmio.parse` reads with: the bytes that the window has of a record, and a note of what it lacks.
 */
import type * as Api from "../../Mmio.js"
import type { ByteOrder } from "../../Riff.js"
import { copy, copyApart } from "../io/copy.js"
import * as BufferState from "./bufferState.js"
import type { Window } from "./window.js"

/**
 * What a record lacks: so many bytes from its start on at least, the size of the file, or a count that can be one.
 * Bytes are lacking whether they are past the window, past the limit or past the end.
 *
 * @internal
 */
export type Lack =
  | { readonly _tag: "Bytes"; readonly count: number }
  | { readonly _tag: "FileSize" }
  | { readonly _tag: "Count"; readonly count: number }

const fileSize: Lack = { _tag: "FileSize" }

/** Thrown through the function of the caller. It may be caught there: what counts is {@link RecordReader.lack}. */
const stop: unique symbol = Symbol.for("@effect-mmio/core/Mmio/stop")

/** How many bytes a record may have, and where in the file the last one has to end. @internal */
export interface Bounds {
  readonly limit: number
  readonly to: number
}

/** Reads records out of what the window has: {@link load}, then {@link begin} for each. @internal */
export class RecordReader implements Api.Reader {
  /** What the record lacks, if it is not complete. Set while the function of the caller runs. */
  lack: Lack | undefined = undefined
  /** Where the file ends, once that is known: only where a record asks for it. */
  fileEnd: number | undefined = undefined
  private readonly limit: number
  private readonly to: number
  private buffer: Uint8Array
  private view: DataView
  /** Where in the file `buffer` begins. */
  private offset = 0
  /** Where in `buffer` the record begins, where it goes on, and after the last byte that it may take from there. */
  private start = 0
  private next = 0
  private end = 0
  /** Where in `buffer` the first record began, and after the last byte that any record may take. */
  private first = 0
  private last = 0
  private active = false

  constructor(window: Window, { limit, to }: Bounds) {
    this.limit = limit
    this.to = to
    this.buffer = window.state.bytes
    this.view = window.view
  }

  /** Takes over what the window has at the position. */
  load(window: Window): void {
    const { bytes, endRead, isWholeFile, next, offset } = window.state
    this.loadBytes(bytes, window.view, offset, next, BufferState.readable(window.state))
    if (isWholeFile) this.fileEnd = endRead
  }

  /** Takes over bytes that lie elsewhere, and begin there in the file. */
  loadShown(bytes: Uint8Array, position: number): void {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    this.loadBytes(bytes, view, position, 0, bytes.length)
  }

  private loadBytes(bytes: Uint8Array, view: DataView, offset: number, next: number, readable: number): void {
    this.buffer = bytes
    this.view = view
    this.offset = offset
    this.first = next
    this.next = next
    // No `Math.min`: of a small integer and one that is not, it makes a float, and every read would compare with that.
    const room = this.to - offset - next
    this.last = readable <= room ? next + readable : next + Math.max(0, room)
  }

  /**
   * Goes on with a record after the last one. It never has more than it may take: what it gives must not depend on the
   * window.
   */
  begin(): void {
    this.start = this.next
    this.end = this.last - this.start <= this.limit ? this.last : this.start + this.limit
    this.lack = undefined
    this.active = true
  }

  /** Whether there is something of another record. */
  get hasMore(): boolean {
    return this.next < this.last
  }

  /** Ends the records, the last of which is not taken unless it is complete; how many bytes they took. */
  finish(isComplete: boolean): number {
    this.active = false
    return (isComplete ? this.next : this.start) - this.first
  }

  /** How many bytes the record has taken. */
  get taken(): number {
    return this.next - this.start
  }

  /** A getter, since the compiler does not see that the function of the caller sets `lack`. */
  get isComplete(): boolean {
    return this.lack === undefined
  }

  /** Where `count` bytes lie, from the position on, which is after them then. */
  private take(count: number): number {
    const at = this.next
    const after = at + count
    if (after > this.end) throw this.lackingBytes(after)
    this.next = after
    return at
  }

  private takeChecked(count: number): number {
    if (!Number.isSafeInteger(count) || count < 0) throw this.lacking({ _tag: "Count", count })
    return this.take(count)
  }

  private lackingBytes(after: number): unknown {
    return this.lacking({ _tag: "Bytes", count: after - this.start })
  }

  /**
   * Notes what is lacking, and returns what is to be thrown: a `throw` in the callers tells the compiler of the runtime
   * that they do not go on, which makes a read of four bytes a third faster.
   */
  private lacking(lack: Lack): unknown {
    if (!this.active) return new Error("a reader was used after its function had returned")
    // The first lack is the one to make good: a function that catches it, and goes on, reads from where it was refused.
    this.lack ??= lack
    this.end = this.next
    return stop
  }

  get position(): number {
    return this.offset + this.next
  }

  get remaining(): number {
    if (this.fileEnd === undefined) throw this.lacking(fileSize)
    return Math.max(0, Math.min(this.fileEnd, this.to) - this.position)
  }

  u8(): number {
    return this.view.getUint8(this.take(1))
  }
  i8(): number {
    return this.view.getInt8(this.take(1))
  }
  u16(order?: ByteOrder): number {
    return this.view.getUint16(this.take(2), order !== "big")
  }
  i16(order?: ByteOrder): number {
    return this.view.getInt16(this.take(2), order !== "big")
  }
  u32(order?: ByteOrder): number {
    return this.view.getUint32(this.take(4), order !== "big")
  }
  i32(order?: ByteOrder): number {
    return this.view.getInt32(this.take(4), order !== "big")
  }
  u64(order?: ByteOrder): bigint {
    return this.view.getBigUint64(this.take(8), order !== "big")
  }
  i64(order?: ByteOrder): bigint {
    return this.view.getBigInt64(this.take(8), order !== "big")
  }
  f32(order?: ByteOrder): number {
    return this.view.getFloat32(this.take(4), order !== "big")
  }
  f64(order?: ByteOrder): number {
    return this.view.getFloat64(this.take(8), order !== "big")
  }

  bytes(count: number): Uint8Array {
    const at = this.takeChecked(count)
    const bytes = new Uint8Array(count)
    copyApart(this.buffer, at, bytes, 0, count)
    return bytes
  }
  bytesInto(target: Uint8Array): void {
    copy(this.buffer, this.take(target.length), target, 0, target.length)
  }
  skip(count: number): void {
    this.takeChecked(count)
  }
}
