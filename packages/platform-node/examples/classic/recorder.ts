/**
 * The recorder: blocks of sound into a WAVE file with a `fact` chunk, written in the buffer of the handle
 * (`mmioCreateChunk`, `mmioGetInfo`, `mmioAdvance`, `MMIO_DIRTY`, `mmioSetInfo`, `mmioAscend`).
 *
 * `Riff.withRiff` and `Riff.updateSizes` record without an end at 4 GiB, and leave a readable file after a crash.
 */
import { type FileName, Mmio, Riff } from "@effect-mmio/core"
import { Effect, Stream } from "effect"

/** PCM: how many channels, samples a second, and bits a sample. */
export interface Pcm {
  readonly channels: number
  readonly sampleRate: number
  readonly bitsPerSample: number
}

/** Records blocks until the stream ends; returns how many samples each channel got. */
export const record = <E, R>(name: string | FileName.FileName, format: Pcm, blocks: Stream.Stream<Uint8Array, E, R>) =>
  Mmio.withFile(name, { access: "write", create: true, share: "exclusive" }, (file) =>
    Effect.gen(function*() {
      const riff = yield* Riff.createChunk(file, { riff: "WAVE" })
      const fmt = yield* Riff.createChunk(file, { chunk: "fmt " })
      yield* Mmio.writeAll(file, formatBytes(format))
      yield* Riff.ascend(file, fmt)

      // The number of samples is known at the end only.
      const fact = yield* Riff.createChunk(file, { chunk: "fact", size: 4 })
      yield* Mmio.writeAll(file, uint32(0))
      yield* Riff.ascend(file, fact)

      const data = yield* Riff.createChunk(file, { chunk: "data" })
      yield* Stream.runForEach(blocks, (block) => writeInBuffer(file, block))
      const { size } = yield* Riff.ascend(file, data)
      yield* Riff.ascend(file, riff)

      const samples = Math.floor(size / blockAlignOf(format))
      yield* Mmio.seek(file, fact.dataOffset)
      yield* Mmio.writeAll(file, uint32(samples))
      return samples
    }))

/** Copies bytes into the buffer of a handle, and advances it whenever it is full. `Mmio.writeAll` does the same. */
const writeInBuffer = (file: Mmio.WriteHandle, block: Uint8Array) =>
  Effect.gen(function*() {
    let info = yield* Mmio.getInfo(file)
    for (let done = 0; done < block.length;) {
      if (info.next === info.endWrite) info = yield* Mmio.advance(file, { ...info, dirty: true }, "write")
      const part = block.subarray(done, done + info.endWrite - info.next)
      info.bytes.set(part, info.next)
      info = { ...info, next: info.next + part.length, dirty: true }
      done += part.length
    }
    yield* Mmio.setInfo(file, info)
  })

const blockAlignOf = ({ bitsPerSample, channels }: Pcm) => channels * Math.ceil(bitsPerSample / 8)

const formatBytes = (format: Pcm): Uint8Array => {
  const view = new DataView(new ArrayBuffer(16))
  const blockAlign = blockAlignOf(format)
  view.setUint16(0, 1, true)
  view.setUint16(2, format.channels, true)
  view.setUint32(4, format.sampleRate, true)
  view.setUint32(8, format.sampleRate * blockAlign, true)
  view.setUint16(12, blockAlign, true)
  view.setUint16(14, format.bitsPerSample, true)
  return new Uint8Array(view.buffer)
}

const uint32 = (value: number): Uint8Array => {
  const view = new DataView(new ArrayBuffer(4))
  view.setUint32(0, value, true)
  return new Uint8Array(view.buffer)
}
