/** The files that the examples find, and the database, made by the library itself. */
import { IOProc, MemoryIOProc, Mmio, Riff, Wave } from "@effect-mmio/core"
import { SqlIOProc } from "@effect-mmio/sql"
import { ZipIOProc } from "@effect-mmio/zip"
import { LibsqlClient } from "@effect/sql-libsql"
import { Effect, Layer, Schema } from "effect"

const text = (value) => new TextEncoder().encode(`${value}\0`)
const format = Wave.Format.make({ channels: 2, sampleRate: 44100, bitsPerSample: 16 })

/** What the `fmt ` chunk of the samples holds. */
export const fmt = Effect.runSync(Schema.encode(Wave.fmt())(format))

/** The bytes of a file that a function writes. */
const bytesOf = (write) =>
  Effect.runSync(Effect.gen(function*() {
    const storage = yield* MemoryIOProc.make()
    yield* Mmio.withFile("a", { access: "write", create: true }, write).pipe(
      Effect.provideService(IOProc.IOProc, storage)
    )
    return yield* storage.bytes("a")
  }))

/** A tone of two seconds, as a WAV file that has each kind of chunk that the examples speak of. */
const wav = bytesOf((file) => {
  const chunk = (id, bytes) => Riff.withChunk(file, { chunk: id }, () => Mmio.writeAll(file, bytes))
  const points = [{ id: 1, position: 1000 }, { id: 2, position: 44100 }]
  const tone = Int16Array.from({ length: 2 * 2 * format.sampleRate }, (_, i) => 12000 * Math.sin(i / 20))
  return Riff.withRiff(file, "WAVE", { large: "never" }, () =>
    Effect.gen(function*() {
      yield* chunk("fmt ", fmt)
      yield* Riff.withChunk(file, { list: "INFO" }, () =>
        Effect.zipRight(chunk("INAM", text("A tone")), chunk("ICMT", text("A comment"))))
      yield* chunk("bext", yield* Schema.encode(Wave.bext())(Wave.Bext.make({ description: "A tone" })))
      yield* chunk("iXML", new TextEncoder().encode("<BWFXML></BWFXML>"))
      yield* chunk("data", new Uint8Array(tone.buffer))
      yield* chunk("cue ", yield* Schema.encode(Wave.cue())(Wave.Cue.make({ points })))
    }))
})

/** A recording whose program died: its sizes are 0. */
const crashed = bytesOf((file) =>
  Effect.gen(function*() {
    yield* Riff.createChunk(file, { riff: "WAVE" })
    yield* Riff.withChunk(file, { chunk: "fmt " }, () => Mmio.writeAll(file, fmt))
    yield* Riff.createChunk(file, { chunk: "data" })
    yield* Mmio.writeAll(file, new Uint8Array(4000))
  })
)

/** An archive that holds a WAV file by these names. */
const archive = (...names) =>
  Effect.runPromise(Effect.gen(function*() {
    const storage = yield* MemoryIOProc.make()
    const elements = yield* Effect.provide(
      IOProc.IOProc,
      Layer.provide(ZipIOProc.layer, Layer.succeed(IOProc.IOProc, storage))
    )
    for (const name of names) {
      const folder = name.slice(0, name.lastIndexOf("/") + 1)
      if (folder !== "") yield* Effect.provideService(Mmio.makeFolder(`a.zip+${folder}`), IOProc.IOProc, elements)
      const write = Mmio.withFile(
        `a.zip+${name}`,
        { access: "write", create: true },
        (file) => Mmio.writeAll(file, wav)
      )
      yield* Effect.provideService(write, IOProc.IOProc, elements)
    }
    return yield* storage.bytes("a.zip")
  }))

/** By name; those of `music` and `takes` are in folders. */
export const files = {
  "songs.zip": await archive("dir/intro.wav"),
  "upload.zip": await archive("take1.wav"),
  "uploads.zip": await archive("take1.wav"),
  "takes/1.wav": wav,
  "take1.wav": wav,
  "take2.wav": wav,
  "take.wav": wav,
  "crashed.wav": crashed,
  "music/song.wav": wav,
  "music/other.wav": wav
}

/** A database that holds a WAV file by the name "take1.wav", made where it is wanted. */
export const database = (path) =>
  Mmio.withFile("take1.wav", { access: "write", create: true }, (file) => Mmio.writeAll(file, wav)).pipe(
    Effect.provide(SqlIOProc.layer()),
    Effect.provide(LibsqlClient.layer({ url: `file:${path}` }))
  )
