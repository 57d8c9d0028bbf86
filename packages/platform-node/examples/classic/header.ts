/**
 * The header reader: what a WAVE file says about its sound (`mmioOpen`, `mmioDescend`, `mmioRead`, `mmioAscend`,
 * `mmioClose`).
 *
 * `Wave.info` does the same, and more, in one call.
 */
import { type FileName, Mmio, Riff } from "@effect-mmio/core"
import { Effect } from "effect"

/** The fields of a `PCMWAVEFORMAT`, and how long the sound is. */
interface Header {
  readonly formatTag: number
  readonly channels: number
  readonly sampleRate: number
  readonly byteRate: number
  readonly blockAlign: number
  readonly bitsPerSample: number
  /** In bytes. */
  readonly dataSize: number
  readonly seconds: number
}

/**
 * Reads the header of a WAVE file. The readers of `Riff` know the byte order of the chunk, so that a `RIFX` reads the
 * same.
 */
export const readHeader = (name: string | FileName.FileName) =>
  Mmio.withFile(name, { share: "denyWrite" }, (file) =>
    Effect.gen(function*() {
      const wave = yield* Riff.descend(file, { find: { riff: "WAVE" } })
      const fmt = yield* Riff.descend(file, { find: { chunk: "fmt " }, parent: wave })
      const format = {
        formatTag: yield* Riff.uint16(file, fmt),
        channels: yield* Riff.uint16(file, fmt),
        sampleRate: yield* Riff.uint32(file, fmt),
        byteRate: yield* Riff.uint32(file, fmt),
        blockAlign: yield* Riff.uint16(file, fmt),
        bitsPerSample: yield* Riff.uint16(file, fmt)
      }
      yield* Riff.ascend(file, fmt)
      const { size: dataSize } = yield* Riff.descend(file, { find: { chunk: "data" }, parent: wave })
      return { ...format, dataSize, seconds: dataSize / format.byteRate } satisfies Header
    }))
