/** What the programs of others write is walked and retagged here, and read there again. */
import { Mmio, Riff } from "@effect-mmio/core"
import { NodeIOProc } from "@effect-mmio/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import * as NFS from "node:fs"
import * as Path from "node:path"
import { fileURLToPath } from "node:url"
import { ffmpeg, ffprobe, makeFolder, md5Decoded, md5Of, md5Stored, retag, run, sndfile, sox } from "./programs.js"

const folder = makeFolder()
const inFolder = (name: string) => Path.join(folder, name)

/** Writes a file through a pipe, in which no program can go back to correct sizes. */
const piped = async (file: string, command: string, ...args: ReadonlyArray<string>) =>
  NFS.writeFileSync(file, await run(command, ...args))

/** What the file says, as our own walk finds it. */
const walked = (name: string) =>
  Mmio.withFile(name, {}, (file) =>
    Effect.gen(function*() {
      const wave = yield* Riff.descend(file, { find: { riff: "WAVE" } })
      const fmt = yield* Riff.descend(file, { find: { chunk: "fmt " }, parent: wave })
      const bytes = yield* Mmio.read(file, fmt.size)
      const format = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
      yield* Riff.ascend(file, fmt)
      const data = yield* Riff.descend(file, { find: { chunk: "data" }, parent: wave })
      const samples = yield* Mmio.read(file, data.size)
      return {
        channels: format.getUint16(2, true),
        rate: format.getUint32(4, true),
        block: format.getUint16(12, true),
        wave,
        data,
        samples
      }
    })).pipe(Effect.provide(NodeIOProc.layer), Effect.runPromise)

const sine = (
  rate: number,
  seconds: number
) => ["-f", "lavfi", "-i", `sine=frequency=440:sample_rate=${rate}:duration=${seconds}`]
const soxSine = (...format: ReadonlyArray<string>) => (file: string) =>
  run("sox", "-n", ...format, file, "synth", "0.1001", "sine", "440")

/** Makes one sound file to convert. */
const convert = (...format: ReadonlyArray<string>) => async (file: string) => {
  await run("sox", "-n", "-r", "22050", "-c", "1", "-b", "16", `${file}.source.wav`, "synth", "0.1", "sine", "300")
  await run("sndfile-convert", ...format, `${file}.source.wav`, file)
}

type Make = (file: string) => Promise<unknown>

const pcm: { readonly [name: string]: Make } = {
  "sox, 8 bits": soxSine("-r", "8010", "-c", "1", "-b", "8"), // an odd number of bytes
  "sox, 16 bits": soxSine("-r", "44100", "-c", "2", "-b", "16"),
  "sox, 24 bits": soxSine("-r", "48000", "-c", "3", "-b", "24"),
  "sox, float": soxSine("-r", "32000", "-c", "1", "-e", "floating-point", "-b", "32"),
  "ffmpeg": (file) => ffmpeg(...sine(8000, 0.3), "-metadata", "title=odd", "-metadata", "artist=Jürgen", file),
  "ffmpeg, no tags": (file) => ffmpeg(...sine(8000, 0.3), "-c:a", "pcm_u8", "-bitexact", file),
  "ffmpeg, 5.1": (file) => ffmpeg(...sine(48000, 0.1), "-ac", "6", "-c:a", "pcm_s24le", file),
  "ffmpeg, bext": (file) => ffmpeg(...sine(48000, 0.1), "-write_bext", "1", "-metadata", "description=take", file),
  "sndfile-convert, 24 bits": convert("-pcm24"),
  "sndfile-convert, double": convert("-float64")
}

const others: { readonly [name: string]: Make } = {
  "sox, A-law": soxSine("-r", "8000", "-c", "1", "-e", "a-law"),
  "sox, ADPCM": soxSine("-r", "22050", "-c", "2", "-e", "ms-adpcm"),
  "sox, through a pipe": (file) =>
    piped(file, "sox", "-n", "-r", "8000", "-b", "16", "-t", "wav", "-", "synth", "0.1", "sine", "440"),
  "ffmpeg, through a pipe": (file) => piped(file, "ffmpeg", "-v", "error", ...sine(8000, 0.3), "-f", "wav", "-"),
  "ffmpeg, through a pipe, no tags": (file) =>
    piped(file, "ffmpeg", "-v", "error", ...sine(8000, 0.3), "-bitexact", "-f", "wav", "-"),
  "sndfile-convert, ADPCM": convert("-ima-adpcm")
}

/** The copy has the tag and sounds the same, for everyone. */
const checkRetagged = async (input: string) => {
  const output = input.replace(/\.(\w+)$/, ".tagged.$1")
  await retag(input, output, "INAM=Tïtle+1")
  const before = await ffprobe(input)
  const after = await ffprobe(output)
  assert.deepStrictEqual(after, { ...before, tags: { ...before.tags, title: "Tïtle+1" } })
  assert.strictEqual(await md5Decoded(output), await md5Decoded(input))
  assert.strictEqual(await md5Stored(output), await md5Stored(input))
  const { log, ...told } = await sndfile(output)
  const { log: _, ...toldBefore } = await sndfile(input)
  assert.deepStrictEqual(told, toldBefore)
  assert.match(log, /^\s*INAM : /m)
  return output
}

describe("sound that says truly how long it is", () => {
  it.each(Object.entries(pcm))("%s", async (name, make) => {
    const input = inFolder(`${name}.wav`)
    await make(input)
    for (const file of [input, await checkRetagged(input)]) {
      const { block, channels, data, rate, samples, wave } = await walked(file)
      const probed = await ffprobe(file)
      assert.deepStrictEqual(
        [channels, rate, data.size / block, wave.size + 8],
        [probed.channels, probed.rate, probed.frames, NFS.statSync(file).size]
      )
      assert.strictEqual(md5Of(samples), await md5Stored(file))
      assert.strictEqual((await sox(file)).frames, probed.frames)
    }
  })
})

describe("sound that is encoded, or does not know how long it is", () => {
  it.each(Object.entries(others))("%s", async (name, make) => {
    const input = inFolder(`${name}.wav`)
    await make(input)
    await checkRetagged(input)
  })
})

describe("pictures", () => {
  const testcard = ["-f", "lavfi", "-i", "testsrc2=size=64x48:rate=10:duration=1"]
  const avis: { readonly [name: string]: ReadonlyArray<string> } = {
    "AVI, MJPEG and PCM": ["-c:v", "mjpeg", "-c:a", "pcm_s16le"],
    "AVI, raw, with tags": ["-c:v", "rawvideo", "-c:a", "pcm_u8", "-metadata", "artist=someone"],
    "AVI, MPEG-4 and MP3": ["-c:v", "mpeg4", "-c:a", "libmp3lame"]
  }
  it.each(Object.entries(avis))("%s", async (name, args) => {
    const input = inFolder(`${name}.avi`)
    const output = inFolder(`${name}.tagged.avi`)
    await ffmpeg(...testcard, ...sine(44100, 1), ...args, input)
    await retag(input, output, "INAM=Title")
    const before = await ffprobe(input)
    assert.deepStrictEqual(await ffprobe(output), { ...before, tags: { ...before.tags, title: "Title" } })
    assert.strictEqual(await md5Decoded(output), await md5Decoded(input))
    // its index holds
    const late = ["-ss", "0.5", "-i"]
    assert.deepStrictEqual(
      await run("ffmpeg", "-v", "error", ...late, output, "-f", "md5", "-"),
      await run("ffmpeg", "-v", "error", ...late, input, "-f", "md5", "-")
    )
  })

  it("WebP", async () => {
    const input = inFolder("picture.webp")
    const output = inFolder("picture.tagged.webp")
    await ffmpeg(...testcard, "-frames:v", "1", "-c:v", "libwebp", input)
    await retag(input, output, "INAM=Title")
    assert.strictEqual(await md5Decoded(output), await md5Decoded(input))
  })
})

describe("the files of the fixtures", () => {
  const fixtures = fileURLToPath(new URL("../../proofs/fixtures/", import.meta.url))
  const names = NFS.readdirSync(fixtures).filter((name) => /^(wav|avi|webp)-.*(wav|avi|webp)$/.test(name))
    // ffmpeg 5.1 cannot decode animated WebP, and no program empty data
    .filter((name) => !/animated|empty/.test(name))
  it.each(names)("%s", async (name) => {
    const input = Path.join(fixtures, name)
    await retag(input, inFolder(name), "IGNR=Test")
    assert.strictEqual(await md5Decoded(inFolder(name)), await md5Decoded(input))
  })
})
