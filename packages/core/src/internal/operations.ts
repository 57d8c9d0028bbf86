/**
 * What the buffer of a handle can serve, each as an effect of one step that takes no lock and asks no driver.
 */
import * as Effect from "effect/Effect"
import type { Access, Whence } from "../IOProc.js"
import type * as MmioError from "../MmioError.js"
import * as BufferState from "./bufferState.js"
import { copy } from "./copy.js"
import { counted } from "./exits.js"
import type { HandleBase, ReadFailure, SeekFailure, TransferError } from "./handle.js"
import { Prompt } from "./immediate.js"

/** @internal */
export class ReadInto<A extends Access> extends Prompt<number, TransferError<A>> {
  private readonly handle: HandleBase<A>
  private readonly target: Uint8Array
  constructor(handle: HandleBase<A>, target: Uint8Array) {
    super()
    this.handle = handle
    this.target = target
  }
  get isAtHand(): boolean {
    return this.handle.canTake(this.target.length)
  }
  take(): number {
    const { target } = this
    const { state } = this.handle
    const s = state.current
    copy(s.bytes, s.next, target, 0, target.length)
    state.current = BufferState.taken(s, target.length)
    return target.length
  }
  override evaluate(): Effect.Effect<number, TransferError<A>> {
    return this.isAtHand ? counted(this.take()) : this.otherwise()
  }
  otherwise(): Effect.Effect<number, TransferError<A>> {
    const { handle, target } = this
    return handle.readQuick(target) ?? handle.readInFull(target)
  }
}

/** @internal */
export class Read<A extends Access> extends Prompt<Uint8Array, ReadFailure<A>> {
  private readonly handle: HandleBase<A>
  private readonly count: number
  constructor(handle: HandleBase<A>, count: number) {
    super()
    this.handle = handle
    this.count = count
  }
  get isAtHand(): boolean {
    const { count } = this
    return count >= 0 && Number.isInteger(count) && this.handle.canTake(count)
  }
  take(): Uint8Array {
    const { count } = this
    const { state } = this.handle
    const s = state.current
    state.current = BufferState.taken(s, count)
    return s.bytes.slice(s.next, s.next + count)
  }
  otherwise(): Effect.Effect<Uint8Array, ReadFailure<A>> {
    return this.handle.readNew(this.count)
  }
}

/** @internal */
export class Write extends Prompt<number, MmioError.WriteError> {
  private readonly handle: HandleBase
  private readonly source: Uint8Array
  constructor(handle: HandleBase, source: Uint8Array) {
    super()
    this.handle = handle
    this.source = source
  }
  get isAtHand(): boolean {
    return this.handle.canPut(this.source.length)
  }
  take(): number {
    this.handle.put(this.source)
    return this.source.length
  }
  override evaluate(): Effect.Effect<number, MmioError.WriteError> {
    return this.isAtHand ? counted(this.take()) : this.otherwise()
  }
  otherwise(): Effect.Effect<number, MmioError.WriteError> {
    const { handle, source } = this
    return handle.writeNow(source) ? counted(source.length) : handle.writeInFull(source)
  }
}

/** @internal */
export class WriteAll extends Prompt<void, MmioError.WriteError> {
  private readonly handle: HandleBase
  private readonly source: Uint8Array
  constructor(handle: HandleBase, source: Uint8Array) {
    super()
    this.handle = handle
    this.source = source
  }
  get isAtHand(): boolean {
    return this.handle.canPut(this.source.length)
  }
  take(): void {
    this.handle.put(this.source)
  }
  otherwise(): Effect.Effect<void, MmioError.WriteError> {
    const { handle, source } = this
    return handle.writeNow(source) ? Effect.void : handle.writeAllOf(source)
  }
}

/** @internal */
export class Position extends Prompt<number, never> {
  private readonly handle: HandleBase
  constructor(handle: HandleBase) {
    super()
    this.handle = handle
  }
  get isAtHand(): boolean {
    return this.handle.lock.idle
  }
  take(): number {
    return BufferState.position(this.handle.state.current)
  }
  otherwise(): Effect.Effect<number> {
    return this.handle.lock.exclusive(() => Effect.sync(() => this.take()))
  }
}

/** @internal */
export class Seek extends Prompt<number, SeekFailure> {
  private readonly handle: HandleBase
  private readonly offset: number
  private readonly from: Whence
  constructor(handle: HandleBase, offset: number, from: Whence) {
    super()
    this.handle = handle
    this.offset = offset
    this.from = from
  }
  /** Where it leads, unless that is counted from the end. */
  private get target(): number {
    return this.from === "start" ? this.offset : BufferState.position(this.handle.state.current) + this.offset
  }
  get isAtHand(): boolean {
    const { handle, target } = this
    const { endRead, offset } = handle.state.current
    return handle.lock.idle && this.from !== "end" && target >= offset && target <= offset + endRead
      && Number.isSafeInteger(this.offset)
  }
  take(): number {
    const { target } = this
    const { state } = this.handle
    state.current = BufferState.movedTo(state.current, target)
    return target
  }
  otherwise(): Effect.Effect<number, SeekFailure> {
    const { from, handle, offset } = this
    if (!Number.isSafeInteger(offset)) return handle.invalid("Mmio.seek", `${offset} is not a number of bytes`)
    if (handle.lock.idle && from !== "end") {
      const { target } = this
      if (handle.seekNow(target)) return Effect.succeed(target)
    }
    return handle.run("Mmio.seek", (restore) => handle.seekSlow(offset, from, restore))
  }
}
