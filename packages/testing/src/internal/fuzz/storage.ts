/**
 * A storage of one file that counts what it is asked for, and does not go on for ever.
 */
import * as IOProc from "@effect-mmio/core/IOProc"
import * as MmioError from "@effect-mmio/core/MmioError"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Option from "effect/Option"

/** What {@link Storage} dies of when it was asked too often. @internal */
export class TooManyCalls {
  readonly calls: number
  constructor(calls: number) {
    this.calls = calls
  }
}

/** @internal */
export class Storage {
  bytes: Uint8Array
  /** How many calls it has answered. */
  calls = 0
  /** How many bytes it gave. */
  given = 0
  /** The most bytes that one call asked for: somebody has allocated these. */
  widest = 0
  /** How many calls are too many. */
  mostCalls = Infinity
  private readonly atMost: number

  /** Transfers at most so many bytes a call. */
  constructor(bytes: Uint8Array, atMost: number) {
    this.bytes = bytes
    this.atMost = atMost
  }

  /** Counts from zero on. */
  reset(mostCalls: number): void {
    this.calls = 0
    this.given = 0
    this.widest = 0
    this.mostCalls = mostCalls
  }

  readonly ioProc: IOProc.IOProc = IOProc.make({ open: () => Effect.sync(() => this.file()) })

  private file(): IOProc.File {
    let position = 0
    /** Answers at once, as a driver that blocks does. */
    const call = <A, E>(answer: () => Exit.Exit<A, E>): Effect.Effect<A, E> =>
      Effect.suspend(() => ++this.calls > this.mostCalls ? Exit.die(new TooManyCalls(this.calls)) : answer())
    const write = (source: Uint8Array) =>
      call(() => {
        const count = Math.min(source.length, this.atMost)
        if (position + count > this.bytes.length) {
          const longer = new Uint8Array(position + count)
          longer.set(this.bytes)
          this.bytes = longer
        }
        this.bytes.set(source.subarray(0, count), position)
        position += count
        return Exit.succeed(count)
      })
    return {
      read: (target) =>
        call(() => {
          this.widest = Math.max(this.widest, target.length)
          const count = Math.max(0, Math.min(target.length, this.atMost, this.bytes.length - position))
          target.set(this.bytes.subarray(position, position + count))
          position += count
          this.given += count
          return Exit.succeed(count)
        }),
      write,
      writeFlush: write,
      seek: (offset, from) =>
        call(() => {
          const at = offset + (from === "start" ? 0 : from === "current" ? position : this.bytes.length)
          if (at < 0) {
            return Exit.fail(
              new MmioError.CannotSeek({
                operation: "seek",
                file: "input",
                position: at,
                description: "a file begins at 0"
              })
            )
          }
          position = at
          return Exit.succeed(at)
        }),
      close: Effect.void,
      onMessage: () => Option.none()
    }
  }
}
