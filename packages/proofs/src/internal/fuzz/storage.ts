/**
 * A storage of one file that counts what it is asked for, and stops to answer after a number of calls.
 */
import * as IOProc from "@effect-mmio/core/IOProc"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"

/** What {@link Storage} dies of when it is asked too often. */
export class TooManyCalls {
  readonly calls: number
  constructor(calls: number) {
    this.calls = calls
  }
}

export class Storage {
  bytes: Uint8Array
  /** How many calls it has answered. */
  calls = 0
  /** How many bytes it gave. */
  given = 0
  /** The most bytes that one call asked for, which were allocated. */
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
    /** Answers as an effect that does not wait. */
    const call = <A, E>(answer: () => Exit.Exit<A, E>): Effect.Effect<A, E> =>
      Effect.suspend(() => ++this.calls > this.mostCalls ? Exit.die(new TooManyCalls(this.calls)) : answer())
    return IOProc.makeFile({
      name: "input",
      size: call(() => Exit.succeed(this.bytes.length)),
      readAt: (position, target) =>
        call(() => {
          this.widest = Math.max(this.widest, target.length)
          const count = Math.max(0, Math.min(target.length, this.atMost, this.bytes.length - position))
          target.set(this.bytes.subarray(position, position + count))
          this.given += count
          return Exit.succeed(count)
        }),
      writeAt: (position, source) =>
        call(() => {
          const count = Math.min(source.length, this.atMost)
          if (count > 0) this.resize(Math.max(this.bytes.length, position + count))
          this.bytes.set(source.subarray(0, count), position)
          return Exit.succeed(count)
        }),
      truncate: (size) => call(() => Exit.succeed(this.resize(size)))
    })
  }

  private resize(size: number): void {
    const resized = new Uint8Array(size)
    resized.set(this.bytes.subarray(0, size))
    this.bytes = resized
  }
}
