import { IOProc, MmioError } from "@effect-mmio/core"
import { Effect, Option } from "effect"

/** How a driver misbehaves at a call, told by the number of the call (0, 1, 2, …). */
export interface Behaviour {
  /** At most how many bytes the call transfers; at least 1. */
  readonly atMost?: (call: number) => number
  /** Whether the call fails. */
  readonly fails?: (call: number) => boolean
  /** How many times the call yields to other fibers, before and after its work. */
  readonly yields?: (call: number) => number
}

export type Call = "read" | "readAt" | "write" | "writeFlush" | "seek" | "close"

/** A storage of one file, any name of which is it; it logs what the handle asks. */
export class TestStorage {
  bytes: Uint8Array
  behaviour: Behaviour
  readonly log: Array<{ readonly call: Call; readonly offset: number; readonly count: number }> = []
  readonly transferred: Array<Uint8Array> = []
  calls = 0
  closed = 0
  /** Calls that are under way: never more than one, but for reads at places, and none behind an effect that ended. */
  running = 0
  mostRunning = 0
  private atPlaces = 0
  /** Whether its files read at places, and how many times they were asked to, though the effect may not have run. */
  readsAtPlaces = false
  atPlacesAsked = 0
  overlapped = false

  constructor(initial: Uint8Array, behaviour: Behaviour = {}) {
    this.bytes = initial.slice()
    this.behaviour = behaviour
  }

  readonly ioProc: IOProc.IOProc = IOProc.make({
    open: (request) =>
      Effect.sync(() => {
        if (request.create) this.bytes = new Uint8Array(0)
        return this.file()
      })
  })

  file(): IOProc.File {
    let position = 0
    /** Runs a call: counts, yields, fails; then does the work in one step, or is interrupted before it. */
    const call = <A, E>(
      kind: Call,
      offset: () => number,
      count: number,
      fail: (number: number) => E,
      work: (number: number) => A
    ): Effect.Effect<A, E> =>
      Effect.acquireUseRelease(
        Effect.sync(() => {
          const number = this.calls++
          this.log.push({ call: kind, offset: offset(), count })
          const beside = kind === "readAt" ? this.running - this.atPlaces : this.running
          if (beside > 0) this.overlapped = true
          this.running++
          if (kind === "readAt") this.atPlaces++
          this.mostRunning = Math.max(this.mostRunning, this.running)
          return number
        }),
        (number) => {
          const yields = this.behaviour.yields?.(number) ?? 0
          const pause = Effect.forEach(Array.from({ length: yields }), () => Effect.yieldNow(), { discard: true })
          return pause.pipe(
            Effect.zipRight(
              Effect.suspend(() =>
                this.behaviour.fails?.(number) ? Effect.fail(fail(number)) : Effect.sync(() => work(number))
              )
            ),
            Effect.zipLeft(pause)
          )
        },
        () =>
          Effect.sync(() => {
            this.running--
            if (kind === "readAt") this.atPlaces--
          })
      )
    const limit = (number: number, length: number) =>
      Math.min(length, Math.max(1, this.behaviour.atMost?.(number) ?? length))
    const write = (kind: "write" | "writeFlush") => (source: Uint8Array) =>
      call(
        kind,
        () => position,
        source.length,
        () =>
          new MmioError.CannotWrite({
            operation: "TestStorage.write",
            file: "test",
            description: "told to fail",
            written: 0
          }),
        (number) => {
          this.transferred.push(source)
          const count = limit(number, source.length)
          if (count === 0) return 0
          const end = position + count
          if (end > this.bytes.length) {
            const longer = new Uint8Array(end)
            longer.set(this.bytes)
            this.bytes = longer
          }
          this.bytes.set(source.subarray(0, count), position)
          position = end
          return count
        }
      )
    const read = (kind: "read" | "readAt", target: Uint8Array, at: () => number, then: (count: number) => void) =>
      call(
        kind,
        at,
        target.length,
        () => new MmioError.CannotRead({ operation: "TestStorage.read", file: "test", description: "told to fail" }),
        (number) => {
          this.transferred.push(target)
          const from = at()
          const count = Math.max(0, Math.min(limit(number, target.length), this.bytes.length - from))
          target.set(this.bytes.subarray(from, from + count))
          then(count)
          return count
        }
      )
    return {
      read: (target) =>
        read("read", target, () => position, (count) => {
          position += count
        }),
      readAt: this.readsAtPlaces
        ? (at, target) => {
          this.atPlacesAsked++
          return read("readAt", target, () => at, () => {})
        }
        : undefined,
      write: write("write"),
      writeFlush: write("writeFlush"),
      seek: (offset, from) =>
        call(
          "seek",
          () => offset,
          0,
          () => new MmioError.CannotSeek({ operation: "TestStorage.seek", file: "test", description: "told to fail" }),
          () => (from === "start" ? 0 : from === "current" ? position : this.bytes.length) + offset
        ).pipe(Effect.flatMap((target) =>
          target < 0
            ? Effect.fail(
              new MmioError.CannotSeek({ operation: "TestStorage.seek", file: "test", description: "before the start" })
            )
            : Effect.sync(() => position = target)
        )),
      close: Effect.uninterruptible(
        call(
          "close",
          () => position,
          0,
          () =>
            new MmioError.CannotClose({ operation: "TestStorage.close", file: "test", description: "told to fail" }),
          () => {}
        ).pipe(Effect.ensuring(Effect.sync(() => {
          this.closed++
        })))
      ),
      onMessage: () => Option.none()
    }
  }
}
