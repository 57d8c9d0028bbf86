/**
 * What the files of this package do for each other, and for handles, without an effect: transfers between arrays, where the bytes are there
 * already, or there is room for them. That is most of what goes through blocks, and an effect costs as much as the copy.
 */
import type * as IOProc from "../IOProc.js"

/** @internal */
export const readNow: unique symbol = Symbol()

/** @internal */
export const writeNow: unique symbol = Symbol()

/** @internal */
export const lendNow: unique symbol = Symbol()

/** @internal */
export const showNow: unique symbol = Symbol()

/** @internal */
export const standNow: unique symbol = Symbol()

/** @internal */
export const readLater: unique symbol = Symbol()

/** A transfer that has yet to begin. It tells how many bytes it was of, or -1 where whoever asks in the usual way is told why. @internal */
export type Transfer = (done: (count: number) => void) => void

/** What a file may have beside its functions. @internal */
export interface AtHand extends IOProc.File {
  /** Reads as `read` does into `target[from, to)`; 0 where that takes waiting, or is not known to be the end. */
  readonly [readNow]?: (target: Uint8Array, from: number, to: number) => number
  /**
   * Reads as `read` does just so many bytes, and gives them away where they are: nobody else sees or changes them from then on. Undefined
   * where a copy of them is better, or takes waiting.
   */
  readonly [lendNow]?: (count: number) => Uint8Array | undefined
  /**
   * Reads as `read` does up to so many bytes, and shows them to `f` where they are; gives how many, 0 where that takes waiting. Nothing is
   * read if `f` throws.
   */
  readonly [showNow]?: (most: number, f: (bytes: Uint8Array) => void) => number
  /** Seeks as `seek` does, where nobody has to be asked. */
  readonly [standNow]?: (at: number) => boolean
  /** Reads as `read` does, where that is nothing but a call; undefined where it is not, or that is not known. */
  readonly [readLater]?: (target: Uint8Array) => Transfer | undefined
  /** Writes as `write` does, `source[from, to)`; 0 where that takes waiting. */
  readonly [writeNow]?: (source: Uint8Array, from: number, to: number) => number
}

/** A wrapper of a file that is no class of this package does not have them: its own functions are then asked. @internal */
export const atHand = (file: IOProc.File): AtHand => file
