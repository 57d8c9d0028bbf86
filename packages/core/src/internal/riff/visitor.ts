/** What a walk over chunks tells. */
import type { Exceedable } from "./limits.js"
import type { Walker } from "./walker.js"

/** What a walk tells. One that only wants to know some of it leaves the rest as it is. @internal */
export abstract class Visitor {
  /** Whether the pad bytes are to be looked at. */
  readonly careful: boolean = false
  /**
   * A chunk; what there is to know of it is in the fields of the walker. Gives whether to go into it, if it has chunks
   * in it.
   */
  abstract chunk(walker: Walker): boolean
  /** The container that was gone into last ends. */
  leave(): void {}
  /** Bytes to the end of the container, or of the file, at which no chunk begins. */
  rest(_walker: Walker, _at: number, _bytes: number): void {}
  /** A pad byte that is not zero. */
  pad(_walker: Walker, _at: number, _value: number): void {}
  /** The chunk that ended last has no padding after all: the next one begins at once. */
  unpadded(_walker: Walker, _at: number): void {}
  /** So many bytes are before the first form; what there is to know of it is in the fields of the walker. */
  leading(_walker: Walker, _bytes: number): void {}
  /**
   * The chunk at the top goes on to there, whatever it says: beyond doubt, or because its samples declare more than the
   * file has.
   */
  extended(_end: number, _isCertain: boolean): void {}
  /** The chunk that comes next ends before the end of the file, although it declares more than there is. */
  shortened(): void {}
  /** A limit is exceeded. Gives whether to go on after what exceeds it. */
  abstract exceeded(limit: Exceedable, at: number, walker: Walker): boolean
}
