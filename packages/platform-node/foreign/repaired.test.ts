/**
 * Unfinished recordings, made by the programs of others and repaired here: after that all agree on how long they are.
 */
import { Mmio, Riff, Wave } from "@effect-mmio/core"
import { NodeIOProc } from "@effect-mmio/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Option } from "effect"
import * as NFS from "node:fs"
import * as Path from "node:path"
import { ffprobe, killed, makeFolder, run, sndfile, soxFrames } from "./programs.js"

const folder = makeFolder()

const sine = ["-f", "lavfi", "-i", "sine=frequency=440:sample_rate=8000:duration=0.3"]
const endless = ["-f", "lavfi", "-i", "sine=frequency=440:sample_rate=8000"]

type Make = (file: string) => Promise<unknown>

const piped = (command: string, ...args: ReadonlyArray<string>): Make => async (file) =>
  NFS.writeFileSync(file, await run(command, ...args))

/** Ends without a chance to correct sizes, once there is something in the file. */
const interrupted = (command: string, ...args: ReadonlyArray<string>): Make => (file) =>
  killed(file, 200_000, command, ...args.map((arg) => arg === "FILE" ? file : arg))

const recordings: { readonly [name: string]: Make } = {
  "ffmpeg into a pipe.wav": piped("ffmpeg", "-v", "error", ...sine, "-f", "wav", "-"),
  "ffmpeg into a pipe, no tags.wav": piped("ffmpeg", "-v", "error", ...sine, "-bitexact", "-f", "wav", "-"),
  "ffmpeg into a pipe, 8 bits.wav": piped(
    "ffmpeg",
    "-v",
    "error",
    ...sine,
    "-t",
    "0.2001",
    "-c:a",
    "pcm_u8",
    "-f",
    "wav",
    "-"
  ),
  "ffmpeg into a pipe, Wave64.w64": piped("ffmpeg", "-v", "error", ...sine, "-f", "w64", "-"),
  "sox into a pipe.wav": piped("sox", "-n", "-r", "8000", "-b", "16", "-t", "wav", "-", "synth", "0.1", "sine", "440"),
  "sox, killed.wav": interrupted("sox", "-n", "-r", "8000", "-b", "16", "FILE", "synth", "100000", "sine", "440"),
  "ffmpeg, killed.wav": interrupted("ffmpeg", "-v", "error", "-y", ...endless, "FILE"),
  "ffmpeg, killed, RF64.wav": interrupted("ffmpeg", "-v", "error", "-y", ...endless, "-rf64", "always", "FILE"),
  "ffmpeg, killed, Wave64.w64": interrupted("ffmpeg", "-v", "error", "-y", ...endless, "FILE")
}

const repair = (name: string) =>
  Mmio.withFile(name, { access: "readWrite" }, (file) =>
    Effect.gen(function*() {
      const before = yield* Riff.verify(file)
      const corrections = yield* Riff.repair(file)
      const after = yield* Riff.verify(file)
      const again = yield* Riff.repair(file)
      const { data, frames } = yield* Wave.info(file)
      const { available, chunk } = Option.getOrThrow(data)
      return { before, corrections, after, again, frames: Option.getOrThrow(frames), chunk, available }
    })).pipe(Effect.provide(NodeIOProc.layer), Effect.runPromise)

describe("an unfinished recording", () => {
  it.each(Object.entries(recordings))("%s", async (name, make) => {
    const file = Path.join(folder, name)
    await make(file)
    const length = NFS.statSync(file).size
    const { after, again, available, before, chunk, corrections, frames } = await repair(file)
    assert.isAbove(before.length, 0)
    assert.isAbove(corrections.length, 0)
    assert.deepStrictEqual(after, [])
    assert.deepStrictEqual(again, [])
    // all that follows the header
    assert.strictEqual(chunk.dataOffset + available, length)
    assert.strictEqual(chunk.size, available)

    const { log, ...sounds } = await sndfile(file)
    assert.strictEqual(sounds.frames, frames)
    // to an odd number of bytes it always objects; how many frames an RF64 says to have is no size, and stays 0
    const objections = log.replace(/^\*\*\* ('data' chunk should be an even number|Calculated frame count).*$/m, "")
    assert.notMatch(objections, /should be|\*\*\*/)
    assert.strictEqual((await ffprobe(file)).frames, frames)
    assert.strictEqual(await soxFrames(file), frames)
  })
})
