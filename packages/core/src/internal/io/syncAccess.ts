/**
 * What files that keep blocks of bytes in memory do synchronously: transfers between arrays, without an effect. That is
 * most of what goes through blocks, and an effect would cost as much as the copy.
 */
import type * as IOProc from "../../IOProc.js"

/**
 * A file that has it. Every transfer is of what is in memory now, and moves nothing where that is nothing.
 *
 * @internal
 */
export abstract class SyncAccess {
  /** Whether `tryRead` would read so many bytes; changes nothing. */
  abstract holds(position: number, count: number): boolean
  /** Reads into `target[from, to)`; returns how many bytes. */
  abstract tryRead(position: number, target: Uint8Array, from: number, to: number): number
  /**
   * Shows up to so many bytes to `f`, where they are, which returns how many of them it takes; returns the same.
   * Nothing is read if `f` throws.
   */
  abstract tryShow(position: number, most: number, f: (bytes: Uint8Array) => number): number
  /** Whether `tryWrite` would write so many bytes; changes nothing. */
  abstract hasRoom(position: number, count: number): boolean
  /** Writes `source[from, to)`; returns how many bytes. */
  abstract tryWrite(position: number, source: Uint8Array, from: number, to: number): number
}

/** A file of another kind, or of another copy of this package, does not have it: its functions are asked. @internal */
export const syncAccessOf = (file: IOProc.File): SyncAccess | undefined => file instanceof SyncAccess ? file : undefined
