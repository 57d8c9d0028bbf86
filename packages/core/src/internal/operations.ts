/**
 * What the buffer of a handle can serve, each as an effect of one step that takes no lock and asks no driver.
 */
import * as Effect from "effect/Effect"
import type { Access, Whence } from "../IOProc.js"
import type * as MmioError from "../MmioError.js"
import * as BufferState from "./bufferState.js"
import { copy, trustedCount } from "./copy.js"
import { counted } from "./exits.js"
import type { HandleBase, ReadFailure, SeekFailure, TransferError } from "./handle.js"
import { Prompt } from "./immediate.js"

/** An operation on a handle, with what it is given. */
abstract class Operation<H, Given, A, E> extends Prompt<A, E> {
  protected readonly handle: H
  protected readonly given: Given
  constructor(handle: H, given: Given) {
    super()
    this.handle = handle
    this.given = given
  }
}

/** @internal */
export class ReadInto<A extends Access> extends Operation<HandleBase<A>, Uint8Array, number, TransferError<A>> {
  get isAtHand(): boolean {
    return this.handle.canTake(this.given.length)
  }
  take(): number {
    const { given: target, handle: { state } } = this
    const s = state.current
    copy(s.bytes, s.next, target, 0, target.length)
    state.current = BufferState.taken(s, target.length)
    return target.length
  }
  otherwise(): Effect.Effect<number, TransferError<A>> {
    const { given: target, handle } = this
    return handle.readQuick(target) ?? handle.readInFull(target)
  }
}

/** @internal */
export class Read<A extends Access> extends Operation<HandleBase<A>, number, Uint8Array, ReadFailure<A>> {
  get isAtHand(): boolean {
    const { given: count } = this
    // For more there may be no memory, and that is no defect.
    return count >= 0 && count <= trustedCount && Number.isInteger(count) && this.handle.canTake(count)
  }
  take(): Uint8Array {
    const { given: count, handle: { state } } = this
    const s = state.current
    // Before the position moves: a buffer of the caller's own may have another `slice`, which throws.
    const bytes = s.bytes.slice(s.next, s.next + count)
    state.current = BufferState.taken(s, count)
    return bytes
  }
  otherwise(): Effect.Effect<Uint8Array, ReadFailure<A>> {
    return this.handle.readNew(this.given)
  }
}

abstract class Put<A> extends Operation<HandleBase, Uint8Array, A, MmioError.WriteError> {
  get isAtHand(): boolean {
    return this.handle.canPut(this.given.length)
  }
}

/** @internal */
export class Write extends Put<number> {
  take(): number {
    this.handle.put(this.given)
    return this.given.length
  }
  otherwise(): Effect.Effect<number, MmioError.WriteError> {
    const { given: source, handle } = this
    return handle.writeNow(source)
      ? counted(source.length)
      : handle.run("Mmio.write", (restore) => handle.writeSlow(source, restore))
  }
}

/** @internal */
export class WriteAll extends Put<void> {
  take(): void {
    this.handle.put(this.given)
  }
  otherwise(): Effect.Effect<void, MmioError.WriteError> {
    const { given: source, handle } = this
    return handle.writeNow(source)
      ? Effect.void
      : handle.run("Mmio.writeAll", (restore) => Effect.asVoid(handle.writeAllSlow(source, restore)))
  }
}

/** @internal */
export class Seek extends Operation<HandleBase, readonly [offset: number, from: Whence], number, SeekFailure> {
  /** Where it leads, unless that is counted from the end. */
  private get target(): number {
    const { given: [offset, from], handle } = this
    return from === "start" ? offset : BufferState.position(handle.state.current) + offset
  }
  get isAtHand(): boolean {
    const { given: [offset, from], handle, target } = this
    const s = handle.state.current
    return handle.lock.idle && from !== "end" && target >= s.offset && target <= s.offset + s.endRead
      && Number.isSafeInteger(offset)
  }
  take(): number {
    const { handle: { state }, target } = this
    state.current = BufferState.movedTo(state.current, target)
    return target
  }
  otherwise(): Effect.Effect<number, SeekFailure> {
    const { given: [offset, from], handle, target } = this
    if (!Number.isSafeInteger(offset)) return handle.invalid("Mmio.seek", `${offset} is not a number of bytes`)
    return handle.lock.idle && from !== "end" && handle.atOnce?.seek(target) === true
      ? Effect.succeed(target)
      : handle.run("Mmio.seek", (restore) => handle.seekSlow(offset, from, restore))
  }
}
