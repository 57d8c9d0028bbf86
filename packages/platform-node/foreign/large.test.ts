/** Files beyond 4 GiB, of which hardly anything is on the disk: written here, and read by the programs of others. */
import { Mmio, Riff, RiffEdit, Wave } from "@effect-mmio/core"
import { NodeIOProc } from "@effect-mmio/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Option } from "effect"
import * as NFS from "node:fs"
import * as Path from "node:path"
import { exiftool, ffprobe, makeFolder, sndfile, soxFrames } from "./programs.js"

const folder = makeFolder()

const samples = 5 * 2 ** 30
const block = 4
const frames = samples / block
/** The last frame, which a reader that counts with 32 bits does not find. */
const end = Uint8Array.of(1, 2, 3, 4)

const format = () => {
  const view = new DataView(new ArrayBuffer(16))
  const fields = [[0, 1], [2, 2], [12, block], [14, 16]] as const
  for (const [at, value] of fields) view.setUint16(at, value, true)
  view.setUint32(4, 44_100, true)
  view.setUint32(8, 44_100 * block, true)
  return new Uint8Array(view.buffer)
}

const latin1 = (text: string) => Uint8Array.from(text, (character) => character.charCodeAt(0))
const uint64 = (value: number) => new Uint8Array(new BigUint64Array([BigInt(value)]).buffer)

/**
 * Writes the samples, of which all but the last frame is a hole, as the system makes it where a file is written past
 * its end.
 */
const writeSamples = (file: Mmio.WriteHandle) =>
  Effect.zipRight(Mmio.seek(file, samples - end.length, "current"), Mmio.writeAll(file, end))

const tags = (file: Mmio.WriteHandle) =>
  Riff.withChunk(
    file,
    { list: "INFO" },
    () => Riff.withChunk(file, { chunk: "INAM" }, () => Mmio.writeAll(file, latin1("Large\0")))
  )

/** An RF64: its sizes of 64 bits are in a chunk that is filled in at the end. */
const rf64 = (file: Mmio.ReadWriteHandle) =>
  Effect.gen(function*() {
    yield* Mmio.writeAll(file, Uint8Array.of(...latin1("RF64"), 255, 255, 255, 255, ...latin1("WAVE")))
    yield* Riff.withChunk(file, { chunk: "ds64", size: 28 }, () => Mmio.writeAll(file, new Uint8Array(28)))
    yield* Riff.withChunk(file, { chunk: "fmt ", size: 16 }, () => Mmio.writeAll(file, format()))
    // never ascended out of: what its header says is what it is to say
    yield* Riff.createChunk(file, { chunk: "data", size: 0xffffffff })
    yield* writeSamples(file)
    yield* tags(file)
    const length = yield* Mmio.position(file)
    yield* Mmio.seek(file, 20)
    for (const size of [length - 8, samples, frames]) yield* Mmio.writeAll(file, uint64(size))
  })

/** A Wave64: its ids are GUIDs, and its sizes count the headers. */
const wave64 = (file: Mmio.ReadWriteHandle) =>
  Effect.gen(function*() {
    const guid = (id: string) => [
      ...latin1(id),
      ...id === "riff"
        ? [0x2e, 0x91, 0xcf, 0x11, 0xa5, 0xd6, 0x28, 0xdb, 0x04, 0xc1, 0, 0]
        : [0xf3, 0xac, 0xd3, 0x11, 0x8c, 0xd1, 0, 0xc0, 0x4f, 0x8e, 0xdb, 0x8a]
    ]
    yield* Mmio.writeAll(
      file,
      Uint8Array.of(
        ...guid("riff"),
        ...uint64(24 + 16 + 40 + 24 + samples),
        ...guid("wave"),
        ...guid("fmt "),
        ...uint64(24 + 16),
        ...format(),
        ...guid("data"),
        ...uint64(24 + samples)
      )
    )
    yield* writeSamples(file)
  })

const write = (name: string, body: typeof rf64) =>
  Mmio.withFile(name, { access: "readWrite", create: true }, body)
    .pipe(Effect.provide(NodeIOProc.layer), Effect.runPromise)

/** Another title, in place of the one that is there. */
const title = "Large, and longer than it was"
const retitle = (name: string) =>
  Riff.edit(name, [RiffEdit.assign("RIFF:WAVE / LIST:INFO / INAM", latin1(`${title}\0`))])
    .pipe(Effect.provide(NodeIOProc.layer), Effect.runPromise)

/** What we find ourselves. */
const read = (name: string) =>
  Mmio.withFile(name, {}, (file) =>
    Effect.gen(function*() {
      const problems = yield* Riff.verify(file)
      const info = yield* Wave.info(file)
      const { chunk } = Option.getOrThrow(info.data)
      yield* Mmio.seek(file, chunk.dataOffset + chunk.size - end.length)
      const last = yield* Mmio.read(file, end.length)
      return {
        problems,
        last,
        frames: Option.getOrNull(info.frames),
        tags: info.tags.map(({ id, text }) => [id, text])
      }
    })).pipe(Effect.provide(NodeIOProc.layer), Effect.runPromise)

describe("a file of 5 GiB", () => {
  const told = { rate: 44_100, channels: 2, frames }
  const files = {
    "RF64": { name: "large.wav", body: rf64, tags: { title } },
    "Wave64": { name: "large.w64", body: wave64, tags: {} }
  }
  for (const [family, { body, name, tags }] of Object.entries(files)) {
    it(`that is ${family}`, async () => {
      const file = Path.join(folder, name)
      await write(file, body)
      try {
        if (family === "RF64") await retitle(file)
        const { blocks, size } = NFS.statSync(file)
        assert.isAbove(size, samples)
        assert.isBelow(blocks * 512, 2 ** 20, "it is to be a sparse file")

        const found = await read(file)
        assert.deepStrictEqual(found, {
          problems: [],
          last: end,
          frames,
          tags: family === "RF64" ? [["INAM", title]] : []
        })

        const { log, ...sounds } = await sndfile(file)
        assert.deepStrictEqual(sounds, told)
        assert.notMatch(log, /should be|\*\*\*/)
        assert.deepStrictEqual(await ffprobe(file), { ...told, codec: "pcm_s16le", tags })
        if (family === "RF64") {
          const { NumberOfSamples64, Title } = await exiftool(file)
          assert.deepStrictEqual([NumberOfSamples64, Title], [frames, title])
        }
        assert.strictEqual(await soxFrames(file), frames)
      } finally {
        NFS.rmSync(file)
      }
    }, 600_000)
  }
})
