/**
 * The transfers of a handle that ask nothing of its driver: out of the window and into it, or out of the blocks that
 * the file keeps in memory, past the window or through it.
 */
import type * as IOProc from "../../IOProc.js"
import { type SyncAccess, syncAccessOf } from "../io/syncAccess.js"
import * as BufferState from "./bufferState.js"
import { Calls } from "./calls.js"
import type { Window } from "./window.js"

/** The window of a handle, and the file that it is of. @internal */
export interface Transfers {
  readonly window: Window
  readonly file: IOProc.File
  readonly name: string
  readonly access: IOProc.Access
}

/** @internal */
export abstract class SyncTransfers {
  readonly window: Window
  readonly file: IOProc.File
  readonly calls: Calls
  /** What errors call the file. */
  protected readonly name: string
  /** What the access allows; every path asks, since a cast gets past the types. */
  readonly canRead: boolean
  readonly canWrite: boolean
  /** Whether reads and writes are two streams, which share no position. */
  readonly isDuplex: boolean
  /** What the file does synchronously, if it keeps blocks. */
  readonly sync: SyncAccess | undefined

  protected constructor({ access, file, name, window }: Transfers) {
    this.window = window
    this.file = file
    this.name = name
    this.canRead = access !== "write"
    this.canWrite = access !== "read"
    this.isDuplex = access === "readWrite" && file.capabilities.forwardOnly
    this.sync = syncAccessOf(file)
    this.calls = new Calls(file, name)
  }

  canReadSync(count: number): boolean {
    if (!this.canRead) return false
    const s = this.window.state
    if (s.next >= 0 && s.next + count <= s.endRead) return true
    return BufferState.readable(s) === 0 && this.canShowSync(count)
  }

  /** Reads as many bytes as {@link canReadSync} has found there to be. */
  readSync(target: Uint8Array): number {
    const { window } = this
    if (window.consumeInto(target, 0) < target.length) this.readPast(target, 0)
    return target.length
  }

  canWriteSync(count: number): boolean {
    return this.canWrite && count > 0 && !this.isDuplex
      && (this.takesPast(count) || BufferState.planWrite(this.window.state, count) === "put")
  }

  /** Writes as many bytes as {@link canWriteSync} has found there to be room for. */
  writeSync(source: Uint8Array): number {
    const { sync, window } = this
    if (sync !== undefined && this.takesPast(source.length)) {
      window.passed(this.giveSync(source, 0))
    } else window.put(source, 0, source.length)
    return source.length
  }

  /**
   * Whether the file takes so many bytes into its blocks at the position, and they are better written past the window.
   */
  protected takesPast(count: number): boolean {
    const s = this.window.state
    return this.sync !== undefined && BufferState.bypasses(s, count, true) && !BufferState.isDirty(s)
      && this.sync.hasRoom(BufferState.position(s), count)
  }

  /** Reads past the window what the file has in memory, into `target` from `done` on. */
  protected readPast(target: Uint8Array, done: number): number {
    const s = this.window.state
    if (this.sync === undefined || BufferState.isDirty(s) || !BufferState.bypasses(s, target.length - done, true)) {
      return 0
    }
    const count = this.sync.tryRead(BufferState.position(s), target, done, target.length)
    if (count > 0) {
      this.calls.meter.gotBytes(count)
      this.window.bypassed(count)
    }
    return count
  }

  /** Whether the file has so many bytes in memory, and they are better not copied into the window. */
  canShowSync(count: number): boolean {
    const s = this.window.state
    return this.sync !== undefined && BufferState.bypasses(s, count, true) && !BufferState.isDirty(s)
      && this.sync.holds(BufferState.position(s), count)
  }

  /**
   * Shows `f` up to `most` bytes that the file has in memory, instead of a copy of them in the window, which has none
   * there; `f` returns how many of them it takes, and so does this.
   */
  showSync(most: number, f: (bytes: Uint8Array) => number): number {
    if (this.sync === undefined || BufferState.isDirty(this.window.state)) return 0
    const count = this.sync.tryShow(this.window.position, most, f)
    if (count > 0) {
      this.calls.meter.gotBytes(count)
      this.window.bypassed(count)
    }
    return count
  }

  /** Writes past the window what the file takes into its blocks, of `source` from `done` on. */
  protected writePastSync(source: Uint8Array, done: number): number {
    const count = this.giveSync(source, done)
    if (count > 0) this.window.bypassed(count)
    return count
  }

  private giveSync(source: Uint8Array, done: number): number {
    const count = this.sync?.tryWrite(this.window.position, source, done, source.length) ?? 0
    if (count > 0) {
      this.calls.gaveBytes()
      this.calls.meter.gaveBytes(count)
    }
    return count
  }

  /**
   * Makes room at the position, where the clean window has no bytes, and brings those that the file has in memory;
   * false where there are none.
   */
  protected fillSync(): boolean {
    const { bytes, endRead, next } = this.window.state
    if (next !== endRead || endRead === bytes.length) this.window.empty()
    return this.extendSync()
  }

  /** Brings bytes that the file has in memory after the end of the window, which has room. */
  protected extendSync(): boolean {
    const { bytes, endRead, offset } = this.window.state
    const count = this.sync?.tryRead(offset + endRead, bytes, endRead, bytes.length) ?? 0
    if (count > 0) {
      this.calls.meter.gotBytes(count)
      this.window.filled(count)
    }
    return count > 0
  }

  /**
   * Brings bytes that the file has in memory after those that the clean window has at the position; false where there
   * are none.
   */
  refillSync(): boolean {
    const { window } = this
    if (this.sync === undefined || BufferState.isDirty(window.state)) return false
    window.compact()
    return window.state.endRead < window.state.bytes.length && this.extendSync()
  }
}
