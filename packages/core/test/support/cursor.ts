import type { IOProc, MmioError } from "@effect-mmio/core"
import { Effect } from "effect"

/**
 * A positional file with a cursor, as tests of sequences read and write it. A transfer that fails leaves the cursor
 * where it was.
 */
export class Cursor {
  readonly file: IOProc.File
  position = 0

  constructor(file: IOProc.File) {
    this.file = file
  }

  private moving<E>(transfer: Effect.Effect<number, E>): Effect.Effect<number, E> {
    return Effect.tap(transfer, (count) => {
      this.position += count
    })
  }

  read(target: Uint8Array): Effect.Effect<number, MmioError.ReadError> {
    return Effect.suspend(() => this.moving(this.file.readAt(this.position, target)))
  }

  write(source: Uint8Array): Effect.Effect<number, MmioError.WriteError> {
    return Effect.suspend(() => this.moving(this.file.writeAt!(this.position, source, "write")))
  }

  writeFlush(source: Uint8Array): Effect.Effect<number, MmioError.WriteError> {
    return Effect.suspend(() => this.moving(this.file.writeAt!(this.position, source, "writeFlush")))
  }

  /** Reads `count` bytes, in as many reads as it takes. */
  take(count: number): Effect.Effect<Array<number>, MmioError.ReadError> {
    return Effect.suspend(() => {
      const target = new Uint8Array(count)
      const readOn = (done: number): Effect.Effect<Array<number>, MmioError.ReadError> =>
        done === count
          ? Effect.succeed([...target])
          : Effect.flatMap(
            this.read(target.subarray(done)),
            (read) => read === 0 ? Effect.succeed([...target.subarray(0, done)]) : readOn(done + read)
          )
      return readOn(0)
    })
  }

  /** Writes in full, in as many writes as it takes. */
  give(source: Uint8Array): Effect.Effect<void, MmioError.WriteError> {
    const writeOn = (done: number): Effect.Effect<void, MmioError.WriteError> =>
      done === source.length
        ? Effect.void
        : Effect.flatMap(this.write(source.subarray(done)), (written) => writeOn(done + written))
    return writeOn(0)
  }
}
