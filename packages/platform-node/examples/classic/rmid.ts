/**
 * The loader of RMID files: a MIDI file in a `RIFF`, and perhaps the DLS collection that it is to be played with.
 */
import { type FileName, FourCC, Mmio, MmioError, Riff } from "@effect-mmio/core"
import { Effect, type Option } from "effect"
import { type Collection, readCollection } from "./dls.js"

interface Song {
  /** The MIDI file, as a sequencer takes it. */
  readonly midi: Uint8Array
  /** 0, 1 or 2, as its `MThd` says. */
  readonly format: number
  readonly tracks: number
  /** What is in the DLS collection that follows the MIDI file, if one does. */
  readonly instruments: Option.Option<Collection>
}

/** Loads an RMID file. */
export const loadSong = (name: string | FileName.FileName) =>
  Mmio.withFile(name, { share: "denyWrite" }, (file) =>
    Effect.gen(function*() {
      const rmid = yield* Riff.descend(file, { find: { riff: "RMID" } })
      const data = yield* Riff.descend(file, { find: { chunk: "data" }, parent: rmid })
      const midi = yield* Mmio.read(file, data.size)
      if (midi.length < 14 || FourCC.fromBytes(midi) !== "MThd") {
        return yield* new MmioError.InvalidFile({
          operation: "loadSong",
          file: file.name.full,
          position: data.dataOffset,
          description: "its data is not a MIDI file"
        })
      }
      yield* Riff.ascend(file, data)
      // The collection is a RIFF in the RIFF.
      const dls = yield* Riff.descend(file, { find: { riff: "DLS " }, parent: rmid }).pipe(
        Effect.asSome,
        Effect.catchTag("ChunkNotFound", () => Effect.succeedNone)
      )
      const instruments = yield* Effect.transposeMapOption(dls, (dls) => readCollection(file, dls))
      // A MIDI file is big-endian, whatever it is in.
      const view = new DataView(midi.buffer, midi.byteOffset)
      return { midi, format: view.getUint16(8), tracks: view.getUint16(10), instruments } satisfies Song
    }))
