/**
 * Thousands of files whose headers lie: where libsndfile and FFmpeg agree about one, the lenient reading agrees with
 * them, and after a repair and an edit all do.
 */
import { Mmio, Riff, RiffEdit, Wave } from "@effect-mmio/core"
import { NodeIOProc } from "@effect-mmio/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Option } from "effect"
import * as NFS from "node:fs"
import * as Path from "node:path"
import { type Generated, generated } from "./generated.js"
import { exiftools, type Facts, ffprobe, libav, makeFolder, sndfiles, taggers } from "./programs.js"

const folder = makeFolder()
const seed = 2
const count = 2500

const keys = ["frames", "rate", "channels", "title"] as const

/** What the lenient reading finds. */
const ours = (file: string): Promise<Facts> =>
  Mmio.withFile(file, {}, (handle) => Wave.info(handle, { lenient: true })).pipe(
    Effect.map(({ format, frames, tags }): Facts => ({
      frames: Option.getOrNull(frames),
      rate: Option.getOrNull(Option.map(format, ({ sampleRate }) => sampleRate)),
      channels: Option.getOrNull(Option.map(format, ({ channels }) => channels)),
      title: tags.find(({ id }) => id === "INAM")?.text ?? null
    })),
    // of what has no WAVE in it there are no facts
    Effect.catchTag("InvalidFile", () => Effect.succeed<Facts>({})),
    Effect.provide(NodeIOProc.layer),
    Effect.runPromise
  )

/** Where both agree on something, and ours differs from it. */
const differences = (one: Facts = {}, other: Facts = {}, own: Facts) =>
  keys.filter((key) =>
    typeof one[key] === typeof other[key] && one[key] !== null && one[key] === other[key] && own[key] !== one[key]
  )

/** Why ours is right where it differs from what the two agree on; nothing where it is not. */
const reason = ({ how }: Generated, differing: ReadonlyArray<string>): string | undefined =>
  how.includes("tail: cut") && how.includes("ID3v2 in front") && differing.join() === "frames"
    ? "the last frame was cut: both compare the size of the samples with a length that counts the tag in front"
    : undefined

/**
 * Whether all readers can find the sound and a title: few read big-endian lists; of two titles some read the last one;
 * libsndfile reads no RF64 after an ID3v2 tag, and four bytes of a `fact` that was cut; and FFmpeg does not step over
 * the pad byte of samples in RF64, where they may be of odd size.
 */
const isComparable = (how: ReadonlyArray<string>): boolean => {
  const has = (part: string) => how.some((each) => each.includes(part))
  const isTaggedTwice = has("tail: tags") && (has("data, tags") || has("tags, data"))
  const mayBeOdd = has("8 bits, 1 channels") || has("a byte") || has("cut")
  return !has("RIFX") && !isTaggedTwice && !(has("fact") && has("cut")) && !(has("RF64") && (has("ID3v2") || mayBeOdd))
}

const write = (name: string, bytes: Uint8Array): string => {
  const file = Path.join(folder, name)
  NFS.writeFileSync(file, bytes)
  return file
}

describe("generated files whose headers lie", () => {
  const files = Array.from({ length: count }, (_, index) => generated(seed, index))

  it("are read as libsndfile and FFmpeg read them, where these agree", async () => {
    const names = files.map(({ bytes, name }) => write(name, bytes))
    const [avs, sndfile] = [await libav(names), await sndfiles(names)]
    let agreed = 0
    const wrong: Array<string> = []
    for (const [i, file] of files.entries()) {
      const name = names[i] ?? ""
      const [one, other] = [avs[name] ?? {}, sndfile[name] ?? {}]
      agreed += keys.filter((key) =>
        typeof one[key] === typeof other[key] && one[key] !== null && one[key] === other[key]
      ).length
      const own = await ours(name)
      const differing = differences(one, other, own)
      if (differing.length === 0 || reason(file, differing) !== undefined) continue
      wrong.push(`${file.name} (${file.how.join("; ")}): ${JSON.stringify(one)}, and ours ${JSON.stringify(own)}`)
    }
    assert.deepStrictEqual(wrong, [])
    assert.isAbove(agreed, 2.5 * count)
    // the library that was asked is the one that ffprobe asks
    for (const name of names.slice(0, 20)) {
      const asked = avs[name]
      if (typeof asked?.frames !== "number") continue
      const { channels, frames, rate, tags } = await ffprobe(name)
      assert.deepStrictEqual({ frames, rate, channels, title: tags["title"] ?? null }, asked)
    }
  }, 600_000)

  it("are read alike by all after a repair and an edit", async () => {
    const title = "A title that is longer than the one before"
    const names: Array<string> = []
    const expected: Array<Facts> = []
    const hows: Array<ReadonlyArray<string>> = []
    const refused: Array<string> = []
    for (const { bytes, how, name: plain } of files.slice(0, 1000)) {
      const name = write(`edited-${plain}`, bytes)
      const before = await ours(name)
      const edited = await Effect.runPromise(
        Effect.zipRight(
          Mmio.withFile(name, { access: "readWrite" }, (file) => Riff.repair(file)),
          Riff.edit(name, [RiffEdit.assign("RIFF:WAVE / LIST:INFO / INAM", new TextEncoder().encode(`${title}\0`))])
        ).pipe(Effect.either, Effect.provide(NodeIOProc.layer))
      )
      if (edited._tag === "Left") {
        assert.include(["InvalidFile", "ChunkNotFound"], edited.left._tag)
        refused.push(how.join("; "))
        continue
      }
      if (!isComparable(how) || typeof before.frames !== "number") continue
      names.push(name)
      expected.push({ ...before, title })
      hows.push(how)
    }
    assert.isAbove(names.length, 500)
    const [avs, sndfile] = [await libav(names), await sndfiles(names)]
    const own = await Promise.all(names.map((name) => ours(name)))
    const wrong = names.flatMap((name, i) =>
      [own[i], avs[name], sndfile[name]].map((found) => [name, found, expected[i], hows[i]] as const)
        .filter(([, found, expected]) => keys.some((key) => found?.[key] !== expected?.[key]))
    )
    assert.deepStrictEqual(wrong, [])
  }, 600_000)

  it("are tagged for ExifTool, Mutagen and TagLib", async () => {
    const names: Array<string> = []
    /** Mutagen divides by the block align, whatever it is. */
    const counted = new Set<string>()
    const title = "Seen by all"
    for (const { bytes, how, name: plain } of files.slice(0, 150)) {
      // what is in front, or of 64 bits, these do not read
      if (!isComparable(how) || !how.includes("RIFF") || how.includes("ID3v2 in front")) continue
      const name = write(`tagged-${plain}`, bytes)
      const edited = await Effect.runPromise(
        Effect.zipRight(
          Mmio.withFile(name, { access: "readWrite" }, (file) => Riff.repair(file)),
          Riff.edit(name, [RiffEdit.assign("RIFF:WAVE / LIST:INFO / INAM", new TextEncoder().encode(`${title}\0`))])
        ).pipe(Effect.either, Effect.provide(NodeIOProc.layer))
      )
      if (edited._tag === "Left") continue
      names.push(name)
      if (!how.some((each) => each.startsWith("block align"))) counted.add(name)
    }
    assert.isAbove(names.length, 50)
    const [exif, tagged] = [await exiftools(names), await taggers(names)]
    for (const name of names) {
      const { channels, frames, rate } = await ours(name)
      assert.deepStrictEqual(
        { Title: exif[name]?.["Title"], rate: exif[name]?.["SampleRate"], channels: exif[name]?.["NumChannels"] },
        { Title: title, rate, channels }
      )
      const { frames: told, ...others } = tagged[name] ?? {}
      assert.deepStrictEqual(others, { rate, channels, title }, name)
      if (counted.has(name)) assert.strictEqual(told, frames ?? 0, name)
    }
  }, 600_000)
})
