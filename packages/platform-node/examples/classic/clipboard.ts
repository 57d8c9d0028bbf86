/**
 * A clipboard: a part of a WAVE file, as a WAVE file in memory that grows while it is written (`FOURCC_MEM`, `adwInfo`
 * as the expansion, `MMIO_CREATE`).
 */
import { type FileName, Mmio, Riff } from "@effect-mmio/core"
import { Effect, Stream } from "effect"

/** By how many bytes at least the clipboard grows. */
const expandBy = 4096

/** Copies frames of a WAVE file; what lies past the end of its sound is left out. */
export const copy = (name: string | FileName.FileName, firstFrame: number, frameCount: number) =>
  Mmio.withFile(name, { share: "denyWrite" }, (source) =>
    Effect.scoped(Effect.gen(function*() {
      const wave = yield* Riff.descend(source, { find: { riff: "WAVE" } })
      const fmt = yield* Riff.descend(source, { find: { chunk: "fmt " }, parent: wave })
      const format = yield* Mmio.read(source, fmt.size)
      yield* Mmio.seek(source, fmt.dataOffset + 12)
      const frameSize = yield* Riff.uint16(source, fmt)
      yield* Riff.ascend(source, fmt)
      const data = yield* Riff.descend(source, { find: { chunk: "data" }, parent: wave })
      const from = Math.min(firstFrame * frameSize, data.size)
      const to = Math.min(from + frameCount * frameSize, data.size)

      const clipboard = yield* Mmio.openMemory({ create: true, expandBy, name: "the clipboard" })
      yield* Riff.withChunk(clipboard, { riff: "WAVE" }, () =>
        Effect.zipRight(
          Riff.withChunk(clipboard, { chunk: "fmt " }, () => Mmio.writeAll(clipboard, format)),
          Riff.withChunk(clipboard, { chunk: "data" }, () =>
            Stream.run(
              Mmio.stream(source, { from: data.dataOffset + from, to: data.dataOffset + to }),
              Mmio.sink(clipboard)
            ))
        ))
      return yield* Mmio.memoryBytes(clipboard)
    })))

/** Writes what is in the clipboard to a file. */
export const paste = (clipboard: Uint8Array, name: string | FileName.FileName) =>
  Mmio.withFile(name, { access: "write", create: true }, (file) => Mmio.writeAll(file, clipboard))
