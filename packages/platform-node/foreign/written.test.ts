/** What is written here, the programs of others read. */
import { Mmio, Riff } from "@effect-mmio/core"
import { NodeIOProc } from "@effect-mmio/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import * as Path from "node:path"
import { ffprobe, makeFolder, md5Of, md5Stored, retag, sndfile, sox, soxSamples } from "./programs.js"

const folder = makeFolder()

interface Sound {
  readonly rate: number
  readonly channels: number
  readonly bits: 8 | 16 | 24
  readonly frames: number
}

const blockOf = ({ bits, channels }: Sound) => channels * bits / 8

/** Any samples will do, but no silence. */
const samplesOf = (sound: Sound) =>
  Uint8Array.from({ length: sound.frames * blockOf(sound) }, (_, i) => (i * 37 + (i >> 5)) % 251)

const formatOf = (sound: Sound) => {
  const format = new DataView(new ArrayBuffer(16))
  format.setUint16(0, 1, true) // PCM
  format.setUint16(2, sound.channels, true)
  format.setUint32(4, sound.rate, true)
  format.setUint32(8, sound.rate * blockOf(sound), true)
  format.setUint16(12, blockOf(sound), true)
  format.setUint16(14, sound.bits, true)
  return new Uint8Array(format.buffer)
}

type Tags = { readonly [id: string]: string }

interface Layout {
  readonly before: Tags | undefined
  readonly after: Tags | undefined
  /** What the chunks declare before they are ascended out of. */
  readonly declared: number | undefined
}

const write = (name: string, sound: Sound, { after, before, declared }: Layout) => {
  const size = declared === undefined ? {} : { size: declared }
  const writeTags = (file: Mmio.WriteHandle, tags: Tags | undefined) =>
    tags === undefined ?
      Effect.void :
      Riff.withChunk(file, { list: "INFO", ...size }, () =>
        Effect.forEach(Object.entries(tags), ([id, text]) =>
          Riff.withChunk(file, { chunk: id, ...size }, () =>
            Mmio.writeAll(file, new TextEncoder().encode(`${text}\0`)))))
  return Mmio.withFile(
    name,
    { access: "write", create: true },
    (file) =>
      Riff.withChunk(file, { riff: "WAVE", ...size }, () =>
        Effect.gen(function*() {
          yield* Riff.withChunk(file, { chunk: "fmt ", ...size }, () => Mmio.writeAll(file, formatOf(sound)))
          yield* writeTags(file, before)
          yield* Riff.withChunk(file, { chunk: "data", ...size }, () => Mmio.writeAll(file, samplesOf(sound)))
          yield* writeTags(file, after)
        }))
  ).pipe(Effect.provide(NodeIOProc.layer), Effect.runPromise)
}

/** All programs see the sound that was written. */
const check = async (file: string, sound: Sound) => {
  const { bits, channels, frames, rate } = sound
  assert.deepStrictEqual(await sox(file), { rate, channels, frames, bits })
  const { log, ...told } = await sndfile(file)
  assert.deepStrictEqual(told, { rate, channels, frames })
  // what it says of sizes that do not fit; to an odd number of bytes it always objects
  assert.notMatch(log.replace("*** 'data' chunk should be an even number of bytes in length.", ""), /should be|\*\*\*/)
  const { tags, ...probed } = await ffprobe(file)
  assert.deepStrictEqual(probed, { rate, channels, frames, codec: bits === 8 ? "pcm_u8" : `pcm_s${bits}le` })
  const samples = samplesOf(sound)
  assert.strictEqual(await md5Stored(file), md5Of(samples))
  assert.strictEqual(md5Of(await soxSamples(file)), md5Of(samples))
  return { tags, log }
}

const sounds: { readonly [name: string]: Sound } = {
  "8 bits, odd data": { rate: 8000, channels: 1, bits: 8, frames: 1001 },
  "16 bits, stereo": { rate: 44100, channels: 2, bits: 16, frames: 5000 },
  "24 bits, odd data": { rate: 48000, channels: 1, bits: 24, frames: 333 },
  // more than a buffer, written at once
  "16 bits, 6 channels": { rate: 48000, channels: 6, bits: 16, frames: 30_001 }
}

const odd: Tags = { INAM: "a title", IART: "someone" } // even with its zero: 8 bytes, and 8
const mixed: Tags = { INAM: "Größe", ICMT: "odd size", ISFT: "x" }

const layouts: { readonly [name: string]: Layout } = {
  "no tags": { before: undefined, after: undefined, declared: undefined },
  "tags before the data": { before: mixed, after: undefined, declared: undefined },
  "tags after the data": { before: undefined, after: mixed, declared: undefined },
  "tags on both sides, sizes declared wrongly at first": { before: odd, after: { ICMT: "after" }, declared: 0x7654321 }
}

const names: { readonly [id: string]: string } = { INAM: "title", IART: "artist", ICMT: "comment", ISFT: "encoder" }

describe.each(Object.entries(sounds))("%s", (soundName, sound) => {
  it.each(Object.entries(layouts))("%s", async (layoutName, layout) => {
    const file = Path.join(folder, `${soundName}, ${layoutName}.wav`)
    await write(file, sound, layout)
    const { log, tags } = await check(file, sound)
    const written = { ...layout.before, ...layout.after }
    assert.deepStrictEqual(tags, Object.fromEntries(Object.entries(written).map(([id, text]) => [names[id], text])))
    for (const id of Object.keys(written)) assert.match(log, new RegExp(`^\\s*${id} : `, "m"))
  })

  it.each(Object.entries(layouts))("%s, retagged", async (layoutName, layout) => {
    const input = Path.join(folder, `${soundName}, ${layoutName}, input.wav`)
    const output = Path.join(folder, `${soundName}, ${layoutName}, retagged.wav`)
    await write(input, sound, layout)
    await retag(input, output, "ICMT=another")
    const { tags } = await check(output, sound)
    const written: Tags = { ...layout.before, ...layout.after, ICMT: "another" }
    assert.deepStrictEqual(tags, Object.fromEntries(Object.entries(written).map(([id, text]) => [names[id], text])))
  })
})

describe("a form that", () => {
  const sound: Sound = { rate: 48000, channels: 2, bits: 16, frames: 4096 }

  /** The samples, so many times, each with a hole before it, and the sizes updated meanwhile. */
  const record = (name: string, options: Riff.RiffOptions, times: number, hole: number) =>
    Mmio.withFile(
      name,
      { access: "write", create: true },
      (file) =>
        Riff.withRiff(file, "WAVE", {
          sampleCount: (bytes) => bytes / blockOf(sound),
          ...options
        }, () =>
          Effect.gen(function*() {
            yield* Riff.withChunk(file, { chunk: "fmt " }, () => Mmio.writeAll(file, formatOf(sound)))
            yield* Riff.withChunk(file, { chunk: "data" }, () =>
              Effect.repeatN(
                Mmio.seek(file, hole, "current").pipe(
                  Effect.zipRight(Mmio.writeAll(file, samplesOf(sound))),
                  Effect.zipRight(Riff.updateSizes(file))
                ),
                times - 1
              ))
            yield* Riff.withChunk(
              file,
              { list: "INFO" },
              () =>
                Riff.withChunk(
                  file,
                  { chunk: "INAM" },
                  () => Mmio.writeAll(file, new TextEncoder().encode("a title\0"))
                )
            )
          }))
    ).pipe(Effect.provide(NodeIOProc.layer), Effect.runPromise)

  it.each<readonly [name: string, options: Riff.RiffOptions]>([
    ["may become an RF64", { large: "auto" }],
    ["is an RF64", { large: "always" }],
    ["is an RF64 without a table", { large: "always", tableEntries: 0 }]
  ])("%s", async (name, options) => {
    const file = Path.join(folder, `${name}.wav`)
    await record(file, options, 1, 0)
    const { log, tags } = await check(file, sound)
    assert.deepStrictEqual(tags, { title: "a title" })
    assert.match(log, options.large === "always" ? /RF64/ : /RIFF/)
  })

  it("became an RF64, of 6 GiB", async () => {
    const file = Path.join(folder, "large.wav")
    await record(file, {}, 3, 2 ** 31)
    const frames = 3 * (sound.frames + 2 ** 31 / blockOf(sound))
    const { channels, rate } = sound
    // (The other programs would read all of it.)
    const { tags, ...probed } = await ffprobe(file)
    assert.deepStrictEqual(probed, { rate, channels, frames, codec: "pcm_s16le" })
    assert.deepStrictEqual(tags, { title: "a title" })
  })
})
