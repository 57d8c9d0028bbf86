/**
 * The owner of a handle's buffer: it moves bytes in and out, and is the one place that changes the state.
 */
import * as Effect from "effect/Effect"
import * as Effectable from "effect/Effectable"
import * as Readable from "effect/Readable"
import * as Ref from "effect/Ref"
import { copy, copyApart, copyOf } from "../io/copy.js"
import * as BufferState from "./bufferState.js"

/**
 * A `Ref` whose value can be read and set synchronously: inside of one step that is as atomic as `Ref.modify`, and
 * costs half of it.
 */
export interface SyncRef extends Ref.Ref<BufferState.BufferState> {
  current: BufferState.BufferState
}

class CellRef extends Effectable.Class<BufferState.BufferState> implements SyncRef {
  current: BufferState.BufferState
  constructor(initial: BufferState.BufferState) {
    super()
    this.current = initial
  }
  get get(): Effect.Effect<BufferState.BufferState> {
    return Effect.sync(() => this.current)
  }
  get [Ref.RefTypeId](): Ref.Ref.Variance<BufferState.BufferState>[Ref.RefTypeId] {
    return { _A: (a) => a }
  }
  get [Readable.TypeId](): Readable.TypeId {
    return Readable.TypeId
  }
  modify<B>(f: (state: BufferState.BufferState) => readonly [B, BufferState.BufferState]): Effect.Effect<B> {
    return Effect.sync(() => {
      const [b, next] = f(this.current)
      this.current = next
      return b
    })
  }
  override commit(): Effect.Effect<BufferState.BufferState> {
    return this.get
  }
}

/** @internal */
export const makeRef = (initial: BufferState.BufferState): SyncRef => new CellRef(initial)

/** The buffer of a handle. */
export class Window {
  /** The state, as a `Ref`. */
  readonly ref: SyncRef
  private viewed: DataView | undefined
  private viewedBytes: Uint8Array | undefined
  /** Whether the program has the array of the buffer: what it reads into, or writes, may then be a part of it. */
  private isLent: boolean

  constructor(ref: SyncRef, isLent: boolean) {
    this.ref = ref
    this.isLent = isLent
  }

  /** The buffer, for the program. */
  lend(): Uint8Array {
    this.isLent = true
    return this.ref.current.bytes
  }

  private copy(source: Uint8Array, from: number, target: Uint8Array, to: number, count: number): void {
    if (this.isLent) copy(source, from, target, to, count)
    else copyApart(source, from, target, to, count)
  }

  get state(): BufferState.BufferState {
    return this.ref.current
  }

  get position(): number {
    return BufferState.position(this.ref.current)
  }

  /** How many bytes can be consumed at the position. */
  get readable(): number {
    return BufferState.readable(this.ref.current)
  }

  /** A view of the buffer, made once for each buffer. */
  get view(): DataView {
    const { bytes } = this.ref.current
    if (this.viewed === undefined || this.viewedBytes !== bytes) {
      this.viewed = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
      this.viewedBytes = bytes
    }
    return this.viewed
  }

  /** The one place where the state changes, always by a transition of `bufferState.ts`. */
  private become(state: BufferState.BufferState): void {
    this.ref.current = state
  }

  /**
   * Where a fill of the clean window, at whose end the position is, puts its bytes; the caller wants so many of them.
   */
  room(wanted: number): Uint8Array {
    const s = this.ref.current
    const end = s.endRead + BufferState.fillSize(s, wanted)
    return end === s.bytes.length && s.endRead === 0 ? s.bytes : s.bytes.subarray(s.endRead, end)
  }

  /** Copies what the window has at the position into `target` from `done` on; returns how many bytes. */
  consumeInto(target: Uint8Array, done: number): number {
    const s = this.ref.current
    const count = Math.min(BufferState.readable(s), target.length - done)
    if (count > 0) {
      this.copy(s.bytes, s.next, target, done, count)
      this.become(BufferState.consumed(s, count))
    }
    return count
  }

  /** A copy of the next `count` bytes, which the window has. */
  consume(count: number): Uint8Array {
    const s = this.ref.current
    const bytes = copyOf(s.bytes, s.next, s.next + count)
    this.become(BufferState.consumed(s, count))
    return bytes
  }

  /** Moves the position over bytes that the window has. */
  skip(count: number): void {
    this.become(BufferState.consumed(this.ref.current, count))
  }

  /** Copies `source[from, from + count)` to the position, where the window has room for it. */
  put(source: Uint8Array, from: number, count: number): void {
    const s = this.ref.current
    this.copy(source, from, s.bytes, s.next, count)
    this.become(BufferState.put(s, count))
  }

  moveTo(position: number): void {
    this.become(BufferState.movedTo(this.ref.current, position))
  }

  /** Forgets what a clean window holds. */
  empty(): void {
    this.become(BufferState.emptied(this.ref.current))
  }

  /** Moves what is unconsumed to the front, so that more fits after it. */
  compact(): void {
    const s = this.ref.current
    if (BufferState.readable(s) > 0) s.bytes.copyWithin(0, s.next, s.endRead)
    this.become(BufferState.compacted(s))
  }

  filled(count: number): void {
    this.become(BufferState.filled(this.ref.current, count))
  }

  drained(count: number): void {
    this.become(BufferState.drained(this.ref.current, count))
  }

  bypassed(count: number): void {
    this.become(BufferState.bypassed(this.ref.current, count))
  }

  /** Forgets what a clean window holds, as `count` bytes were written past it. */
  passed(count: number): void {
    this.become(BufferState.passed(this.ref.current, count))
  }

  /** Goes on with another buffer, into which the first `kept` unconsumed bytes go. */
  rebuffer(bytes: Uint8Array, kept: number): void {
    const s = this.ref.current
    bytes.set(s.bytes.subarray(s.next, s.next + kept))
    this.become(BufferState.rebuffered(s, bytes, kept))
  }

  /** Goes on with a larger block of memory. */
  reblock(larger: Uint8Array): void {
    const s = this.ref.current
    larger.set(s.bytes.subarray(0, s.endRead))
    this.become(BufferState.reblocked(s, larger))
  }

  /** Zeros what lies between the end of a memory file and the position, of which the block may hold anything. */
  zeroGap(): void {
    const { bytes, endRead, next } = this.ref.current
    if (next > endRead) bytes.fill(0, endRead, next)
  }

  handBack(next: number, wrote: boolean, once: boolean): void {
    this.become(BufferState.handedBack(this.ref.current, next, wrote, once))
  }

  /** Lets go of the buffer, as the handle is closed. */
  discard(): void {
    this.viewed = undefined
    this.viewedBytes = undefined
    this.become(BufferState.make(new Uint8Array(0), BufferState.position(this.ref.current)))
  }
}
