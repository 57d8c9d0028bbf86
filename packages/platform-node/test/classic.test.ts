/** The classic programs of winmm, each from disk, from memory and through a procedure of one function. */
import { FourCC, IOProc, Mmio, MmioError } from "@effect-mmio/core"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Option, Stream } from "effect"
import * as NFS from "node:fs"
import * as Path from "node:path"
import * as archive from "../examples/classic/archive.js"
import { readIndex } from "../examples/classic/avi.js"
import * as clipboard from "../examples/classic/clipboard.js"
import { loadCollection } from "../examples/classic/dls.js"
import { readHeader } from "../examples/classic/header.js"
import * as inverted from "../examples/classic/inverted.js"
import { record } from "../examples/classic/recorder.js"
import { playReversed } from "../examples/classic/reverse.js"
import { loadSong } from "../examples/classic/rmid.js"
import { type Files, latin1, storages } from "./support/storages.js"

const fixtures = Path.resolve(import.meta.dirname, "../../proofs/fixtures")
const fixture = (name: string): Uint8Array => new Uint8Array(NFS.readFileSync(Path.join(fixtures, name)))

const contents = (name: string, options?: Mmio.NameOptions) =>
  Mmio.withFile(name, options ?? {}, (file) => Mmio.read(file, 1e7))

const wav = fixture("wav-pcm16-stereo-ffmpeg.wav")
const format = wav.subarray(20, 36)
const soundOf = (file: Uint8Array) => {
  const at = latin1(file).indexOf("data")
  const size = new DataView(file.buffer, file.byteOffset).getUint32(at + 4, true)
  return file.subarray(at + 8, at + 8 + size)
}

describe.each(storages)("%s", (_, make) => {
  /** Runs a program on a storage with these files. */
  const on = <A, E>(
    files: Files,
    program: (path: (name: string) => string) => Effect.Effect<A, E, IOProc.IOProc>
  ) => Effect.flatMap(make(files), ({ layer, path }) => Effect.provide(program(path), layer))

  it.scoped("header reader: reads the format and the duration, of RIFX too", () =>
    on({ "a.wav": wav, "x.wav": fixture("rifx-pcm16-sox.wav") }, (path) =>
      Effect.gen(function*() {
        const view = new DataView(format.buffer, format.byteOffset)
        const header = yield* readHeader(path("a.wav"))
        assert.deepStrictEqual(header, {
          formatTag: 1,
          channels: view.getUint16(2, true),
          sampleRate: view.getUint32(4, true),
          byteRate: view.getUint32(8, true),
          blockAlign: 4,
          bitsPerSample: 16,
          dataSize: soundOf(wav).length,
          seconds: soundOf(wav).length / view.getUint32(8, true)
        })
        const big = yield* readHeader(path("x.wav"))
        assert.strictEqual(big.bitsPerSample, 16)
        assert.strictEqual(big.byteRate, big.sampleRate * big.blockAlign)
        assert.strictEqual(big.seconds, big.dataSize / big.byteRate)
        const error = yield* Effect.flip(readHeader(path("none.wav")))
        assert.strictEqual(error._tag, "FileNotFound")
      })))

  it.scoped("recorder: writes fmt, fact and data, with all sizes corrected", () =>
    on({}, (path) =>
      Effect.gen(function*() {
        const pcm = { channels: 2, sampleRate: 8000, bitsPerSample: 16 }
        const blocks = [new Uint8Array(5000).fill(1), new Uint8Array(12000).fill(2), new Uint8Array(4).fill(3)]
        const samples = yield* record(path("take.wav"), pcm, Stream.fromIterable(blocks))
        assert.strictEqual(samples, 17004 / 4)
        const file = yield* contents(path("take.wav"))
        const view = new DataView(file.buffer, file.byteOffset)
        assert.strictEqual(latin1(file.subarray(0, 4)) + latin1(file.subarray(8, 16)), "RIFFWAVEfmt ")
        assert.strictEqual(view.getUint32(4, true), file.length - 8)
        assert.strictEqual(latin1(file.subarray(36, 40)), "fact")
        assert.strictEqual(view.getUint32(44, true), samples)
        assert.deepStrictEqual(soundOf(file), new Uint8Array(Buffer.concat(blocks)))
        const { seconds } = yield* readHeader(path("take.wav"))
        assert.strictEqual(seconds, samples / 8000)
      })))

  it.scoped("reverse player: plays the frames from the last to the first", () =>
    on({ "a.wav": wav, "cut.wav": wav.subarray(0, wav.length - 10) }, (path) =>
      Effect.gen(function*() {
        const played: Array<Uint8Array> = []
        const play = (block: Uint8Array) => Effect.sync(() => void played.push(block))
        const frames = yield* playReversed(path("a.wav"), play)
        const sound = soundOf(wav)
        assert.strictEqual(frames, sound.length / 4)
        assert.isAbove(played.length, 2)
        const reversed = Buffer.concat(played)
        for (let i = 0; i < frames; i++) {
          assert.deepStrictEqual(
            reversed.subarray(i * 4, i * 4 + 4),
            Buffer.from(sound.subarray((frames - 1 - i) * 4, (frames - i) * 4))
          )
        }
        const error = yield* Effect.flip(playReversed(path("cut.wav"), play))
        assert.include(error.message, "the end of the sound is missing")
      })))

  it.scoped("archive: its elements are files, and it answers messages of its own", () =>
    on(
      { "songs.bnd": archive.makeArchive({ "a.wav": wav, empty: new Uint8Array(0) }), "not.bnd": wav },
      (path) =>
        Effect.gen(function*() {
          const { seconds } = yield* readHeader(`${path("songs.bnd")}+a.wav`)
          assert.isAbove(seconds, 0)
          yield* Effect.scoped(Effect.gen(function*() {
            const element = yield* Mmio.open(`${path("songs.bnd")}+empty`)
            assert.strictEqual((yield* Mmio.read(element, 1)).length, 0)
            const count = yield* Mmio.sendMessage(element, new archive.CountElements())
            assert.deepStrictEqual(count, Option.some(2))
            const name = yield* Mmio.sendMessage(element, new archive.ElementName({ index: 0 }))
            assert.deepStrictEqual(name, Option.some("a.wav"))
            const error = yield* Effect.flip(Mmio.sendMessage(element, new archive.ElementName({ index: 2 })))
            assert.strictEqual(error._tag, "InvalidParameter")
          }))
          assert.strictEqual(latin1(yield* contents(`${path("songs.bnd")}+a.wav`)), latin1(wav))
          const fails = (name: string) => Effect.map(Effect.flip(contents(path(name))), (error) => error._tag)
          assert.strictEqual(yield* fails("songs.bnd+b.wav"), "FileNotFound")
          assert.strictEqual(yield* fails("none.bnd+a.wav"), "FileNotFound")
          assert.strictEqual(yield* fails("not.bnd+a.wav"), "InvalidFile")
        }).pipe(IOProc.withRoute(FourCC.make("BND "), archive.procedure))
    ))

  it.scoped("procedure over another handle: stores inverted bytes, and serves Exist, Rename and Delete", () =>
    on({}, (path) =>
      Effect.gen(function*() {
        const ioProc = { ioProc: "INV " }
        const text = "RIFF, more than one buffer of it. ".repeat(1000)
        yield* Mmio.withFile(path("notes"), { ...ioProc, access: "write", create: true }, (file) =>
          Effect.zipRight(
            Mmio.writeAll(file, Buffer.from(text)),
            Effect.zipRight(Mmio.seek(file, 4), Mmio.writeAll(file, Buffer.from(";")))
          ))
        const expected = `${text.slice(0, 4)};${text.slice(5)}`
        assert.strictEqual(latin1(yield* contents(path("notes"), ioProc)), expected)
        const stored = yield* contents(path("notes"))
        assert.strictEqual(latin1(stored.map((byte) => ~byte)), expected)
        yield* Mmio.withFile(path("notes"), { ...ioProc, access: "readWrite" }, (file) =>
          Effect.gen(function*() {
            yield* Mmio.seek(file, -4, "end")
            assert.strictEqual(latin1(yield* Mmio.read(file, 9)), "it. ")
            yield* Mmio.writeAll(file, Buffer.from("!"))
          }))
        assert.strictEqual(latin1(yield* contents(path("notes"), ioProc)), `${expected}!`)

        assert.isTrue(yield* Mmio.exists(path("notes"), ioProc))
        yield* Mmio.rename(path("notes"), path("other"), ioProc)
        assert.isFalse(yield* Mmio.exists(path("notes"), ioProc))
        yield* Mmio.remove(path("other"), ioProc)
        assert.isFalse(yield* Mmio.exists(path("other"), ioProc))
        assert.strictEqual((yield* Effect.flip(contents(path("other"), ioProc)))._tag, "FileNotFound")
      }).pipe(IOProc.withRoute(FourCC.make("INV "), inverted.procedure))))

  it.scoped("clipboard: grows in memory, and is pasted as a file", () =>
    on({ "a.wav": wav }, (path) =>
      Effect.gen(function*() {
        const copied = yield* clipboard.copy(path("a.wav"), 10, 1500)
        assert.isAbove(copied.length, 4096)
        const sound = soundOf(wav)
        assert.deepStrictEqual(soundOf(copied), sound.subarray(40, Math.min(sound.length, 40 + 6000)))
        yield* clipboard.paste(copied, path("b.wav"))
        const { dataSize } = yield* readHeader(path("b.wav"))
        assert.strictEqual(dataSize, soundOf(copied).length)
        const none = yield* clipboard.copy(path("a.wav"), 1e9, 5)
        assert.strictEqual(soundOf(none).length, 0)
      })))

  it.scoped("index walker: every frame of the index is there", () =>
    on(
      { "a.avi": fixture("avi-mjpeg-pcm-ffmpeg.avi"), "g.avi": fixture("avi-raw-pcm-gstreamer.avi") },
      (path) =>
        Effect.gen(function*() {
          for (const name of ["a.avi", "g.avi"]) {
            const frames = yield* readIndex(path(name))
            assert.isAbove(frames.length, 3)
            assert.isTrue(frames.every(({ isThere }) => isThere), name)
            assert.isTrue(frames.some(({ id, isKeyFrame }) => isKeyFrame && id.startsWith("00d")), name)
          }
        })
    ))

  it.scoped("RMID and DLS loader: reads the song, and the instruments of a collection", () =>
    on(
      { "a.rmi": fixture("rmid-handmade.rmi"), "a.dls": fixture("dls-libgig.dls"), "a.wav": wav },
      (path) =>
        Effect.gen(function*() {
          const { format, instruments, midi, tracks } = yield* loadSong(path("a.rmi"))
          assert.strictEqual(latin1(midi.subarray(0, 4)), "MThd")
          assert.isAtMost(format, 2)
          assert.strictEqual(latin1(midi).split("MTrk").length - 1, tracks)
          assert.isTrue(Option.isNone(instruments))

          const collection = yield* loadCollection(path("a.dls"))
          assert.strictEqual(collection.instruments.length, collection.declared)
          assert.isAbove(collection.declared, 0)
          for (const { name, regions } of collection.instruments) {
            assert.isAbove(name.length, 0)
            assert.isAbove(regions, 0)
          }

          const both = join(fixture("rmid-handmade.rmi"), fixture("dls-libgig.dls"))
          yield* clipboard.paste(both, path("both.rmi"))
          assert.deepStrictEqual((yield* loadSong(path("both.rmi"))).instruments, Option.some(collection))
          assert.instanceOf(yield* Effect.flip(loadSong(path("a.wav"))), MmioError.ChunkNotFound)
        })
    ))
})

/** A RIFF with another one as its last chunk. */
const join = (riff: Uint8Array, inner: Uint8Array) => {
  const joined = Buffer.concat([riff, inner])
  joined.writeUInt32LE(joined.length - 8, 4)
  return new Uint8Array(joined)
}
