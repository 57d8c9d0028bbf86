/**
 * The reverse player: plays a WAVE file from its last frame to its first, out of the buffer of the handle (`mmioSeek`,
 * `mmioAdvance`, `mmioSetInfo`). It never holds more than two blocks in memory, however long the sound is.
 */
import { type FileName, Mmio, MmioError, Riff } from "@effect-mmio/core"
import { Effect } from "effect"

/** How many frames are reversed at a time. */
const framesPerBlock = 512

/**
 * Gives `play` the sound in blocks, the last one first, each with its frames in reverse order; returns how many frames
 * that were.
 */
export const playReversed = <E, R>(
  name: string | FileName.FileName,
  play: (block: Uint8Array) => Effect.Effect<void, E, R>
) =>
  Mmio.withFile(name, { share: "denyWrite" }, (file) =>
    Effect.gen(function*() {
      const wave = yield* Riff.descend(file, { find: { riff: "WAVE" } })
      const fmt = yield* Riff.descend(file, { find: { chunk: "fmt " }, parent: wave })
      yield* Mmio.seek(file, fmt.dataOffset + 12)
      const frameSize = yield* Riff.uint16(file, fmt)
      if (frameSize === 0) return yield* invalid(file, "a frame has no bytes")
      yield* Riff.ascend(file, fmt)
      const data = yield* Riff.descend(file, { find: { chunk: "data" }, parent: wave })

      yield* Mmio.setBuffer(file, framesPerBlock * frameSize)
      const frames = Math.floor(data.size / frameSize)
      for (let end = frames; end > 0;) {
        const start = Math.max(0, end - framesPerBlock)
        yield* Mmio.seek(file, data.dataOffset + start * frameSize)
        yield* play(yield* readReversed(file, (end - start) * frameSize, frameSize))
        end = start
      }
      return frames
    }))

/** Copies bytes out of the buffer, the first frame to the end of the block. */
const readReversed = (file: Mmio.ReadHandle, size: number, frameSize: number) =>
  Effect.gen(function*() {
    const block = new Uint8Array(size)
    for (let done = 0; done < size;) {
      // Without an info, `advance` only brings bytes: the position is where `Mmio.seek` put it.
      const info = yield* Mmio.advance(file, undefined, "read")
      const count = Math.min(info.endRead - info.next, size - done)
      if (count === 0) return yield* invalid(file, "the end of the sound is missing")
      for (let i = 0; i < count; i++) {
        const frame = Math.floor((done + i) / frameSize)
        block[size - (frame + 1) * frameSize + (done + i) % frameSize] = info.bytes[info.next + i] ?? 0
      }
      yield* Mmio.setInfo(file, { ...info, next: info.next + count })
      done += count
    }
    return block
  })

const invalid = (file: Mmio.Handle, description: string) =>
  new MmioError.InvalidFile({ operation: "playReversed", file: file.name.full, description })
