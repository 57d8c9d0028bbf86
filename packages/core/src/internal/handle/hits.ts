/**
 * What the buffer of a handle can serve, each as an effect of one step that takes no lock and asks no driver.
 */
import type * as Effect from "effect/Effect"
import type { Access, Whence } from "../../IOProc.js"
import type * as MmioError from "../../MmioError.js"
import { trustedCount } from "../io/copy.js"
import { OneStep } from "../io/oneStep.js"
import type { Handle, ReadFailure, SeekFailure, TransferError } from "./handle.js"

/** @internal */
export class ReadInto<A extends Access> extends OneStep<number, TransferError<A>> {
  private readonly handle: Handle<A>
  private readonly target: Uint8Array
  constructor(handle: Handle<A>, target: Uint8Array) {
    super()
    this.handle = handle
    this.target = target
  }
  get isReady(): boolean {
    const { handle: { engine, lock }, target } = this
    return lock.idle && engine.canReadSync(target.length)
  }
  run(): number {
    return this.handle.engine.readSync(this.target)
  }
  otherwise(): Effect.Effect<number, TransferError<A>> {
    return this.handle.readInFull("Mmio.readInto", this.target)
  }
}

/** @internal */
export class Read<A extends Access> extends OneStep<Uint8Array, ReadFailure<A>> {
  private readonly handle: Handle<A>
  private readonly count: number
  constructor(handle: Handle<A>, count: number) {
    super()
    this.handle = handle
    this.count = count
  }
  get isReady(): boolean {
    const { count, handle: { engine, lock } } = this
    // For more there may be no memory, and that is no defect.
    return lock.idle && count >= 0 && count <= trustedCount && Number.isInteger(count) && engine.canReadSync(count)
  }
  run(): Uint8Array {
    const { count, handle: { engine, window } } = this
    if (window.readable >= count) return window.consume(count)
    const bytes = new Uint8Array(count)
    engine.readSync(bytes)
    return bytes
  }
  otherwise(): Effect.Effect<Uint8Array, ReadFailure<A>> {
    return this.handle.readNew(this.count)
  }
}

type WriteFailure = MmioError.WriteError | MmioError.InvalidParameter

abstract class Put<A> extends OneStep<A, WriteFailure> {
  protected readonly handle: Handle
  protected readonly source: Uint8Array
  constructor(handle: Handle, source: Uint8Array) {
    super()
    this.handle = handle
    this.source = source
  }
  get isReady(): boolean {
    const { handle: { checkNextWrite, engine, lock }, source } = this
    return lock.idle && checkNextWrite === undefined && engine.canWriteSync(source.length)
  }
}

/** @internal */
export class Write extends Put<number> {
  run(): number {
    return this.handle.engine.writeSync(this.source)
  }
  otherwise(): Effect.Effect<number, WriteFailure> {
    const { handle, source } = this
    return handle.transfer(
      "Mmio.write",
      (restore) => handle.writeChecked("Mmio.write", source, () => handle.engine.write(source, restore))
    )
  }
}

/** @internal */
export class WriteAll extends Put<void> {
  run(): void {
    this.handle.engine.writeSync(this.source)
  }
  otherwise(): Effect.Effect<void, WriteFailure> {
    const { handle, source } = this
    return handle.transfer(
      "Mmio.writeAll",
      (restore) => handle.writeChecked("Mmio.writeAll", source, () => handle.engine.writeAll(source, restore))
    )
  }
}

/** @internal */
export class Seek extends OneStep<number, SeekFailure> {
  private readonly handle: Handle
  private readonly offset: number
  private readonly from: Whence
  constructor(handle: Handle, offset: number, from: Whence) {
    super()
    this.handle = handle
    this.offset = offset
    this.from = from
  }
  /** Where it leads, unless that is counted from the end. */
  private get target(): number {
    return this.from === "start" ? this.offset : this.handle.window.position + this.offset
  }
  get isReady(): boolean {
    const { from, handle, offset, target } = this
    return handle.lock.idle && from !== "end" && Number.isSafeInteger(offset) && handle.engine.reaches(target)
  }
  run(): number {
    const { handle, target } = this
    handle.window.moveTo(target)
    return target
  }
  otherwise(): Effect.Effect<number, SeekFailure> {
    const { from, handle, offset } = this
    return Number.isSafeInteger(offset)
      ? handle.exclusive("Mmio.seek", (restore) => handle.engine.seek(offset, from, restore))
      : handle.invalid("Mmio.seek", `${offset} is not a number of bytes`)
  }
}

/** @internal */
export class Position extends OneStep<number, never> {
  private readonly handle: Handle
  constructor(handle: Handle) {
    super()
    this.handle = handle
  }
  get isReady(): boolean {
    return this.handle.lock.idle
  }
  run(): number {
    return this.handle.window.position
  }
  otherwise(): Effect.Effect<number> {
    return this.handle.atRest(() => this.run())
  }
}
