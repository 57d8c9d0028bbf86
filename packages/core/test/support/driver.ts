import { IOProc, MmioError } from "@effect-mmio/core"
import { Effect } from "effect"

/** How a driver misbehaves at a call, chosen by the number of the call (0, 1, 2, …). */
export interface Behaviour {
  /** At most how many bytes the call transfers; at least 1. */
  readonly atMost?: (call: number) => number
  /** Whether the call fails. */
  readonly fails?: (call: number) => boolean
  /** How many times the call yields to other fibers, before and after its work. */
  readonly yields?: (call: number) => number
}

export type Call = "readAt" | "write" | "writeFlush" | "size" | "truncate" | "commit" | "close" | "abort"

/** A storage of one file, any name of which is it; it logs what the handle asks. */
export class TestStorage {
  bytes: Uint8Array
  behaviour: Behaviour
  readonly log: Array<{ readonly call: Call; readonly offset: number; readonly count: number }> = []
  readonly transferred: Array<Uint8Array> = []
  calls = 0
  closed = 0
  aborted = 0
  /** Calls in flight: never more than one, but for concurrent reads, and none after an effect that has ended. */
  running = 0
  mostRunning = 0
  private reading = 0
  /** Whether its files say that their calls are concurrent. */
  concurrent = false
  /** Whether a call began while another was in flight that it is not concurrent with. */
  overlapped = false

  constructor(initial: Uint8Array, behaviour: Behaviour = {}) {
    this.bytes = initial.slice()
    this.behaviour = behaviour
  }

  readonly ioProc: IOProc.IOProc = IOProc.make({
    open: (request) =>
      Effect.sync(() => {
        if (request.create !== "no") this.bytes = new Uint8Array(0)
        return this.file()
      })
  })

  file(): IOProc.File {
    /** Runs a call: counts, yields, fails; then does the work in one step, or is interrupted before it. */
    const call = <A, E>(
      kind: Call,
      offset: number,
      count: number,
      fail: () => E,
      work: (number: number) => A
    ): Effect.Effect<A, E> =>
      Effect.acquireUseRelease(
        Effect.sync(() => {
          const number = this.calls++
          this.log.push({ call: kind, offset, count })
          const isRead = kind === "readAt" && this.concurrent
          const beside = isRead ? this.running - this.reading : this.running
          if (beside > 0) this.overlapped = true
          this.running++
          if (isRead) this.reading++
          this.mostRunning = Math.max(this.mostRunning, this.running)
          return { number, isRead }
        }),
        ({ number }) => {
          const yields = this.behaviour.yields?.(number) ?? 0
          const pause = Effect.forEach(Array.from({ length: yields }), () => Effect.yieldNow(), { discard: true })
          return pause.pipe(
            Effect.zipRight(
              Effect.suspend(() =>
                this.behaviour.fails?.(number) ? Effect.fail(fail()) : Effect.sync(() => work(number))
              )
            ),
            Effect.zipLeft(pause)
          )
        },
        ({ isRead }) =>
          Effect.sync(() => {
            this.running--
            if (isRead) this.reading--
          })
      )
    const failed = (operation: string) => ({
      operation: `TestStorage.${operation}`,
      file: "test",
      description: "told to fail"
    })
    const limit = (number: number, length: number) =>
      Math.min(length, Math.max(1, this.behaviour.atMost?.(number) ?? length))
    return IOProc.makeFile({
      name: "test",
      capabilities: { concurrent: this.concurrent, cancellable: true },
      size: Effect.suspend(() =>
        call("size", 0, 0, () => new MmioError.CannotSeek(failed("size")), () => this.bytes.length)
      ),
      readAt: (position, target) =>
        call(
          "readAt",
          position,
          target.length,
          () => new MmioError.CannotRead(failed("readAt")),
          (number) => {
            this.transferred.push(target)
            const count = Math.max(0, Math.min(limit(number, target.length), this.bytes.length - position))
            target.set(this.bytes.subarray(position, position + count))
            return count
          }
        ),
      writeAt: (position, source, mode) =>
        call(
          mode,
          position,
          source.length,
          () => new MmioError.CannotWrite({ ...failed("writeAt"), written: 0 }),
          (number) => {
            this.transferred.push(source)
            const count = limit(number, source.length)
            if (count === 0) return 0
            this.resize(Math.max(this.bytes.length, position + count))
            this.bytes.set(source.subarray(0, count), position)
            return count
          }
        ),
      truncate: (size) =>
        call(
          "truncate",
          size,
          0,
          () => new MmioError.CannotWrite({ ...failed("truncate"), written: 0 }),
          () => this.resize(size)
        ),
      close: Effect.uninterruptible(
        Effect.suspend(() => call("close", 0, 0, () => new MmioError.CannotClose(failed("close")), () => {}))
          .pipe(Effect.ensuring(Effect.sync(() => {
            this.closed++
          })))
      ),
      abort: Effect.sync(() => {
        this.log.push({ call: "abort", offset: 0, count: 0 })
        this.aborted++
      })
    })
  }

  private resize(size: number) {
    const resized = new Uint8Array(size)
    resized.set(this.bytes.subarray(0, size))
    this.bytes = resized
  }
}
