/**
 * A take: a WAV file whose audio is PCM.
 */
import { FileName, type IOProc, Mmio, type MmioError, Riff } from "@effect-mmio/core"
import { Data, Effect, Stream } from "effect"

/** A file is not what a take has to be. */
export class InvalidTake
  extends Data.TaggedError("InvalidTake")<{ readonly take: string; readonly description: string }>
{
  override get message(): string {
    return `${this.take}: ${this.description}`
  }
}

export interface Take {
  readonly name: string
  /** What the `fmt ` chunk says, as far as PCM needs it. */
  readonly format: Uint8Array
  /** The `data` chunk: a value, good for any handle of the file. */
  readonly audio: Riff.FoundChunk
  /** How many samples each channel has. */
  readonly frames: number
}

const formatSize = 16
const pcm = 1

/** Names of takes come from people, and may hold a `+`. While a take is read, no other handle can write to it. */
const read = <A, E, R>(name: string, use: (file: Mmio.Handle<"read">) => Effect.Effect<A, E, R>) =>
  Mmio.withFile(FileName.plain(name), { access: "read", share: "denyWrite" }, use)

/** Finds out what is in a take. */
export const openTake = (name: string): Effect.Effect<Take, InvalidTake | MmioError.MmioError, IOProc.IOProc> =>
  read(name, (file) =>
    Effect.gen(function*() {
      const wave = yield* Riff.descend(file, { find: { riff: "WAVE" } })
      const { bytes: format, frameSize } = yield* Riff.inChunk(
        file,
        { find: { chunk: "fmt " }, parent: wave },
        () => Effect.flatMap(Mmio.read(file, formatSize), (bytes) => readFormat(name, bytes))
      )
      const audio = yield* Riff.descend(file, { find: { chunk: "data" }, parent: wave })
      // Sizes come out of the file: one that was cut off says more than it has.
      const length = yield* Mmio.seek(file, 0, "end")
      if (audio.dataOffset + audio.size > length) return yield* invalid(name, "the end of the audio is missing")
      if (audio.size % frameSize !== 0) return yield* invalid(name, "the audio ends within a frame")
      return { name, format, audio, frames: audio.size / frameSize }
    })).pipe(
      Effect.catchTag("ChunkNotFound", (error) => invalid(name, error.description))
    )

const readFormat = (name: string, bytes: Uint8Array) => {
  if (bytes.length < formatSize) return invalid(name, "the format is cut off")
  const view = new DataView(bytes.buffer, bytes.byteOffset)
  if (view.getUint16(0, true) !== pcm) return invalid(name, "it is not PCM")
  const frameSize = view.getUint16(12, true)
  return frameSize === 0 ? invalid(name, "a frame has no bytes") : Effect.succeed({ bytes, frameSize })
}

/** Fails if not all takes have the format of the first. */
export const refuseOthers = (takes: ReadonlyArray<Take>): Effect.Effect<void, InvalidTake> => {
  const [first] = takes
  const other = takes.find((take) => take.format.some((byte, i) => byte !== first?.format[i]))
  return other === undefined ? Effect.void : invalid(other.name, `the format is not that of ${first?.name}`)
}

/** Copies the audio of a take, chunk by chunk as it is read. */
export const copyAudio = (
  take: Take,
  to: Mmio.WriteHandle
): Effect.Effect<void, InvalidTake | MmioError.MmioError, IOProc.IOProc> =>
  read(take.name, (file) => Stream.run(Riff.stream(file, take.audio), Mmio.sink(to))).pipe(
    Effect.filterOrElse(
      (copied) => copied === take.audio.size,
      () => invalid(take.name, "it became shorter while it was copied")
    ),
    Effect.asVoid
  )

const invalid = (take: string, description: string) => Effect.fail(new InvalidTake({ take, description }))
