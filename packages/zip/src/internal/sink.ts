/**
 * An archive as it is written: bytes in sequence, of which some are written again once they are known.
 */
import type * as IOProc from "@effect-mmio/core/IOProc"
import * as MmioError from "@effect-mmio/core/MmioError"
import * as Effect from "effect/Effect"
import { asWriteError } from "./errors.js"
import { copiedAtOnce, readFully, writeFully } from "./transfer.js"

/** @internal */
export class Sink {
  private readonly file: IOProc.File
  private readonly name: string
  private block = new Uint8Array(0)
  /** Where the next bytes go. */
  position: number

  constructor(file: IOProc.File, name: string, position: number) {
    this.file = file
    this.name = name
    this.position = position
  }

  write(bytes: Uint8Array): Effect.Effect<void, MmioError.WriteError> {
    return Effect.map(writeFully(this.file, this.name, this.position, bytes), () => {
      this.position += bytes.length
    })
  }

  /** Writes bytes over others that were written before. */
  patch(position: number, bytes: Uint8Array): Effect.Effect<void, MmioError.WriteError> {
    return writeFully(this.file, this.name, position, bytes)
  }

  /** Copies a part of a file, all of which has to be there; `see` is given the bytes. */
  copy(
    from: Pick<IOProc.File, "readAt">,
    start: number,
    count: number,
    see?: (bytes: Uint8Array) => void
  ): Effect.Effect<void, MmioError.WriteError> {
    return Effect.gen(this, function*() {
      for (let done = 0; done < count;) {
        const part = this.blockOf(Math.min(copiedAtOnce, count - done))
        const read = yield* Effect.mapError(readFully(from, start + done, part), asWriteError)
        if (read < part.length) return yield* this.tooShort
        see?.(part)
        yield* this.write(part)
        done += part.length
      }
    })
  }

  /** A block of so many bytes, which is used again. */
  private blockOf(size: number): Uint8Array {
    if (this.block.length < size) this.block = new Uint8Array(size)
    return this.block.subarray(0, size)
  }

  private get tooShort(): MmioError.CannotWrite {
    return new MmioError.CannotWrite({
      operation: "ZipIOProc.write",
      file: this.name,
      description: "what is to be copied ended too early",
      written: 0
    })
  }
}
