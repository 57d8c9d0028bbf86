/**
 * Cue points with labels: a `cue ` chunk that says where they are, and a `LIST adtl` that says what they are called.
 */
import { FileName, type IOProc, Mmio, type MmioError, Riff } from "@effect-mmio/core"
import { Effect } from "effect"

export interface Cue {
  /** Before which frame it is. */
  readonly frame: number
  readonly label: string
}

/**
 * A cue point in the file: id, position, the id of the chunk it is in, two offsets that are 0 in plain WAV files, and
 * the frame.
 */
const pointSize = 24

/** Writes cues after the audio. Their ids are their places in the list, from 1. */
export const writeCues = (file: Mmio.WriteHandle, cues: ReadonlyArray<Cue>) =>
  Effect.zipRight(
    Riff.withChunk(file, { chunk: "cue " }, () =>
      Effect.zipRight(
        Mmio.writeAll(file, uint32(cues.length)),
        Effect.forEach(cues, ({ frame }, i) => Mmio.writeAll(file, pointOf(i + 1, frame)), { discard: true })
      )),
    Riff.withChunk(file, { list: "adtl" }, () =>
      Effect.forEach(cues, ({ label }, i) =>
        Riff.withChunk(file, { chunk: "labl" }, () =>
          Effect.zipRight(
            Mmio.writeAll(file, uint32(i + 1)),
            Mmio.writeAll(file, new TextEncoder().encode(`${label}\0`))
          )), { discard: true }))
  )

const uint32 = (value: number): Uint8Array => {
  const bytes = new Uint8Array(4)
  new DataView(bytes.buffer).setUint32(0, value, true)
  return bytes
}

const pointOf = (id: number, frame: number): Uint8Array => {
  const bytes = new Uint8Array(pointSize)
  const view = new DataView(bytes.buffer)
  view.setUint32(0, id, true)
  view.setUint32(4, frame, true)
  bytes.set(new TextEncoder().encode("data"), 8)
  view.setUint32(20, frame, true)
  return bytes
}

/** Reads the cues of a WAV file, in the order of its list; a point without a label is called by its id. */
export const readCues = (
  name: string
): Effect.Effect<ReadonlyArray<Cue>, MmioError.MmioError, IOProc.IOProc> =>
  Mmio.withFile(FileName.plain(name), { access: "read", share: "denyWrite" }, (file) =>
    Effect.gen(function*() {
      const wave = yield* Riff.descend(file, { find: { riff: "WAVE" } })
      const points = yield* Riff.inChunk(file, { find: { chunk: "cue " }, parent: wave }, () => readPoints(file))
      const adtl = yield* Riff.descend(file, { find: { list: "adtl" }, parent: wave })
      const labels = yield* readLabels(file, adtl)
      return points.map(({ frame, id }) => ({ frame, label: labels.get(id) ?? String(id) }))
    }))

const readPoints = (file: Mmio.ReadHandle) =>
  Effect.gen(function*() {
    const points: Array<{ readonly id: number; readonly frame: number }> = []
    const count = viewOf(yield* Mmio.read(file, 4))
    if (count.byteLength < 4) return points
    for (let i = 0; i < count.getUint32(0, true); i++) {
      const point = viewOf(yield* Mmio.read(file, pointSize))
      // A count that is a lie ends where the file does.
      if (point.byteLength < pointSize) break
      points.push({ id: point.getUint32(0, true), frame: point.getUint32(20, true) })
    }
    return points
  })

const readLabels = (file: Mmio.ReadHandle, adtl: Riff.FoundChunk) => {
  const labels = new Map<number, string>()
  const next = Riff.inChunk(
    file,
    { find: { chunk: "labl" }, parent: adtl },
    ({ size }) =>
      Effect.map(Mmio.read(file, size), (bytes) => {
        if (bytes.length < 4) return
        const text = new TextDecoder().decode(bytes.subarray(4))
        labels.set(viewOf(bytes).getUint32(0, true), text.split("\0", 1)[0] ?? "")
      })
  )
  return Effect.as(Effect.catchTag(Effect.forever(next), "ChunkNotFound", () => Effect.void), labels)
}

const viewOf = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
