/**
 * The index walker: the frames of an AVI file by its index, `idx1`, each checked against the chunk that it points to.
 *
 * The offsets of an index count from the type of the list `movi`, or, by some writers, from the start of the file: the
 * first entry tells which.
 */
import { type FileName, FourCC, Mmio, Riff } from "@effect-mmio/core"
import { Effect } from "effect"

/** An entry of the index (`AVIINDEXENTRY`). */
export interface Frame {
  /** The id of its chunk, such as `"00dc"`: the number of the stream, and what it is. */
  readonly id: FourCC.FourCC
  /** Whether it can be decoded without those before it (`AVIIF_KEYFRAME`). */
  readonly isKeyFrame: boolean
  /** Where the chunk begins, in bytes from the start of the file. */
  readonly offset: number
  /** Without its header. */
  readonly size: number
  /** Whether there is such a chunk. */
  readonly isThere: boolean
}

const keyFrame = 0x10
const entrySize = 16

/** The frames in the order of the index. */
export const readIndex = (name: string | FileName.FileName) =>
  Mmio.withFile(name, { share: "denyWrite" }, (file) =>
    Effect.gen(function*() {
      const avi = yield* Riff.descend(file, { find: { riff: "AVI " } })
      const movi = yield* Riff.descend(file, { find: { list: "movi" }, parent: avi })
      yield* Riff.ascend(file, movi)
      const idx1 = yield* Riff.descend(file, { find: { chunk: "idx1" }, parent: avi })

      const entries: Array<Omit<Frame, "isThere">> = []
      for (let at = 0; at + entrySize <= idx1.size; at += entrySize) {
        yield* Mmio.seek(file, idx1.dataOffset + at)
        const id = FourCC.fromBytes(yield* Mmio.read(file, 4))
        const flags = yield* Riff.uint32(file, idx1)
        const offset = yield* Riff.uint32(file, idx1)
        const size = yield* Riff.uint32(file, idx1)
        entries.push({ id, isKeyFrame: (flags & keyFrame) !== 0, offset, size })
      }
      const base = (entries[0]?.offset ?? 0) < movi.dataOffset ? movi.dataOffset : 0
      return yield* Effect.forEach(entries, ({ offset, ...entry }) => {
        const frame = { ...entry, offset: base + offset }
        return Effect.map(isChunkOf(file, frame), (isThere): Frame => ({ ...frame, isThere }))
      })
    }))

const isChunkOf = (file: Mmio.ReadHandle, { id, offset, size }: Omit<Frame, "isThere">) =>
  Mmio.seek(file, offset).pipe(
    Effect.zipRight(Riff.descend(file)),
    Effect.map((chunk) => chunk.id === id && chunk.size === size),
    Effect.catchTag("ChunkNotFound", () => Effect.succeed(false))
  )
