/**
 * The ways to ask a sound file how it is laid out, and what it is called, and to call it otherwise. Only what a way
 * needs is loaded: where memory counts, all of it does.
 */
import * as fs from "node:fs"
import { createRequire } from "node:module"
import type * as wavefile from "wavefile"

/** Makes a WAVE file with so many bytes of sound, which take no room on the disk, and its tags after them. */
export const makeTagged = (file: string, size: number): void => {
  const uint32 = (value: number) => Buffer.from(Uint32Array.of(value).buffer)
  const chunk = (id: string, data: Buffer) => Buffer.concat([Buffer.from(id, "latin1"), uint32(data.length), data])
  const format = chunk("fmt ", Buffer.from(Uint16Array.of(1, 2, 44_100, 0, 45_328, 2, 4, 16).buffer))
  const tags = chunk("LIST", Buffer.concat([Buffer.from("INFO"), chunk("INAM", Buffer.from("Title\0"))]))
  const total = 4 + format.length + 8 + size + tags.length
  const head = [Buffer.from("RIFF"), uint32(total), Buffer.from("WAVE"), format, Buffer.from("data"), uint32(size)]
  fs.writeFileSync(file, Buffer.concat(head))
  fs.truncateSync(file, fs.statSync(file).size + size)
  fs.appendFileSync(file, tags)
}

/** The sample rate and the title, by the library, so many times over. */
export const byLibrary = async (file: string, times: number): Promise<string> => {
  const { Mmio, Wave } = await import("@effect-mmio/core")
  const { onNode } = await import("./library.js")
  const { Effect } = await import("effect")
  const once = Effect.scoped(Effect.flatMap(Mmio.open(file), (handle) => Wave.info(handle)))
  return onNode(Effect.gen(function*() {
    let answer = ""
    for (let time = 0; time < times; time++) {
      const { format, tags } = yield* once
      answer = `${format.sampleRate} ${tags.find(({ id }) => id === "INAM")?.text}`
    }
    return answer
  }))
}

/** The same, by wavefile. */
export const byWaveFile = (file: string, times: number): string => {
  // Node finds no names in it: it is a bundle of another kind of module.
  const { WaveFile }: typeof wavefile = createRequire(import.meta.url)("wavefile")
  let answer = ""
  for (let time = 0; time < times; time++) {
    const wave = new WaveFile(fs.readFileSync(file))
    // its types leave open what a format is
    const { sampleRate } = wave.fmt as { readonly sampleRate: number }
    answer = `${sampleRate} ${wave.getTag("INAM")}`
  }
  return answer
}

/** How many bytes an entry of the chunks has that are made to be decoded: a tag of one letter, a cue point. */
const entrySize = { "LIST INFO": 10, "cue ": 24 } as const

/** The data of a chunk of so many entries, as a hostile file may have it. */
const entriesOf = (kind: keyof typeof entrySize, count: number): Uint8Array => {
  const [head, size] = [4, entrySize[kind]]
  const bytes = Buffer.alloc(head + size * count)
  if (kind === "cue ") bytes.writeUInt32LE(count, 0)
  else bytes.write("INFO", 0)
  for (let i = 0, at = head; i < count; i++, at += size) {
    if (kind === "cue ") bytes.writeUInt32LE(i, at)
    else {
      bytes.write("ICMT", at)
      bytes.writeUInt32LE(2, at + 4)
      bytes.write("x", at + 8)
    }
  }
  return bytes
}

/** Decodes a chunk of so many entries, so many times; the part of them that came out. */
export const decoded = async (kind: keyof typeof entrySize, count: number, times: number): Promise<number> => {
  const { FourCC, Wave } = await import("@effect-mmio/core")
  const { Effect, Option } = await import("effect")
  const bytes = entriesOf(kind, count)
  const header = kind === "cue "
    ? { id: FourCC.make("cue "), type: Option.none() }
    : { id: FourCC.make("LIST"), type: Option.some(FourCC.make("INFO")) }
  let entries = 0
  for (let time = 0; time < times; time++) {
    const chunk = Effect.runSync(Wave.decode(header, bytes, "little", { entries: count }))
    entries = chunk._tag === "cue "
      ? chunk.value.points.length
      : chunk._tag === "LIST:INFO"
      ? chunk.value.tags.length
      : 0
  }
  return entries / count
}

/** What a file is called after so many changes. */
const titleAfter = (times: number): string => times % 2 === 1 ? "Other" : "Title"

/**
 * Changes the title so many times, by the library; gives the last one. With `sync`, each flush waits for the device.
 */
export const changedByLibrary = async (file: string, times: number, sync = false): Promise<string> => {
  const { Riff, RiffEdit } = await import("@effect-mmio/core")
  const { onNode, onNodeSynced } = await import("./library.js")
  const { Effect } = await import("effect")
  await (sync ? onNodeSynced : onNode)(Effect.gen(function*() {
    for (let time = 1; time <= times; time++) {
      const title = new TextEncoder().encode(`${titleAfter(time)}\0`)
      yield* Riff.edit(file, [RiffEdit.assign("RIFF:WAVE / LIST:INFO / INAM", title)])
    }
  }))
  return byLibrary(file, 1)
}

/** The same, by wavefile. */
export const changedByWaveFile = (file: string, times: number): string => {
  const { WaveFile }: typeof wavefile = createRequire(import.meta.url)("wavefile")
  for (let time = 1; time <= times; time++) {
    const wave = new WaveFile(fs.readFileSync(file))
    wave.setTag("INAM", titleAfter(time))
    fs.writeFileSync(file, wave.toBuffer())
  }
  return byWaveFile(file, 1)
}
