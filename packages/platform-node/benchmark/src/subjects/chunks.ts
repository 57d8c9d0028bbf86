import { Mmio, Riff } from "@effect-mmio/core"
import { Effect, Stream } from "effect"
import { parseFile } from "music-metadata"
import * as wav from "node-wav"
import * as fs from "node:fs"
import { createRequire } from "node:module"
import * as path from "node:path"
import type * as riff from "riff-file"
import type * as wavefile from "wavefile"
import { group, type Subject } from "../runner/model.js"
import { nanosecondsPer } from "../runner/unit.js"
import { onNode, onNodeSync } from "../ways/library.js"

// Node finds no names in these two: they are bundles of another kind of module.
const require = createRequire(import.meta.url)
const { RIFFFile }: typeof riff = require("riff-file")
const { WaveFile }: typeof wavefile = require("wavefile")

const sampleRate = 44_100
const samples = 4

/** A WAVE file of so many chunks: its format, others of 0 to 48 bytes, and at last its sound. */
const waveOf = (count: number): Uint8Array => {
  const code = (text: string) => Buffer.from(text, "latin1")
  const chunk = (id: string, data: Buffer) => {
    const header = Buffer.alloc(8)
    header.write(id, "latin1")
    header.writeUInt32LE(data.length, 4)
    return Buffer.concat([header, data])
  }
  const format = Buffer.alloc(16)
  format.writeUInt16LE(1, 0)
  format.writeUInt16LE(1, 2)
  format.writeUInt32LE(sampleRate, 4)
  format.writeUInt32LE(sampleRate * 2, 8)
  format.writeUInt16LE(2, 12)
  format.writeUInt16LE(16, 14)
  const others = Array.from({ length: count - 2 }, (_, i) =>
    // without a pattern that a processor would learn, and even: node-wav knows no pad bytes
    chunk(`ck${i % 10}${i % 7}`, Buffer.alloc(i * 7919 % 25 * 2)))
  return new Uint8Array(chunk(
    "RIFF",
    Buffer.concat([code("WAVE"), chunk("fmt ", format), ...others, chunk("data", Buffer.alloc(samples * 2, 1))])
  ))
}

/** An AVI file with a list of so many frames of 4 KiB; only the headers are written, so that the file is sparse. */
const writeAvi = (file: string, count: number): void => {
  const stride = 8 + frameSize
  const header = Buffer.alloc(24)
  header.write("RIFF", 0, "latin1")
  header.writeUInt32LE(16 + count * stride, 4)
  header.write("AVI LIST", 8, "latin1")
  header.writeUInt32LE(4 + count * stride, 16)
  header.write("movi", 20, "latin1")
  const frame = Buffer.alloc(8)
  frame.write("00dc", 0, "latin1")
  frame.writeUInt32LE(frameSize, 4)
  const fd = fs.openSync(file, "w")
  try {
    fs.writeSync(fd, header)
    for (let i = 0; i < count; i++) fs.writeSync(fd, frame, 0, 8, header.length + i * stride)
    fs.ftruncateSync(fd, header.length + count * stride)
  } finally {
    fs.closeSync(fd)
  }
}

const frameSize = 4096

/** Goes into every frame and out of it, so many times over; the sum of their sizes. */
const walkFrames = (file: Mmio.ReadHandle, count: number, times: number) =>
  Effect.gen(function*() {
    let sum = 0
    for (let time = 0; time < times; time++) {
      yield* Mmio.seek(file, 0)
      const avi = yield* Riff.descend(file, { find: { riff: "AVI " } })
      const frames = yield* Riff.descend(file, { find: { list: "movi" }, parent: avi })
      for (let i = 0; i < count; i++) {
        const frame = yield* Riff.descend(file, { parent: frames })
        sum += frame.size
        yield* Riff.ascend(file, frame)
      }
    }
    return sum
  })

/** Goes into every chunk and out of it, so many times over; the sum of their sizes. */
const walk = (file: Mmio.ReadHandle, count: number, times: number) =>
  Effect.gen(function*() {
    let sum = 0
    for (let time = 0; time < times; time++) {
      yield* Mmio.seek(file, 0)
      const wave = yield* Riff.descend(file, { find: { riff: "WAVE" } })
      for (let i = 0; i < count; i++) {
        const chunk = yield* Riff.descend(file, { parent: wave })
        sum += chunk.size
        yield* Riff.ascend(file, chunk)
      }
    }
    return sum
  })

/** What adds the sizes of a stream of all chunks, of which the first is the file. */
const add = (sum: number, { depth, size }: Riff.WalkedChunk) => depth > 1 ? sum + size : sum

const walkStream = (file: Mmio.ReadHandle, times: number) =>
  Effect.gen(function*() {
    let sum = 0
    for (let time = 0; time < times; time++) sum = yield* Stream.runFold(Riff.chunks(file), sum, add)
    return sum
  })

/** With an effect for each part of the stream. */
const walkParts = (file: Mmio.ReadHandle, times: number) =>
  Effect.gen(function*() {
    let sum = 0
    for (let time = 0; time < times; time++) {
      yield* Stream.runForEachChunk(Riff.chunks(file), (chunks) =>
        Effect.sync(() => {
          for (const chunk of chunks) sum = add(sum, chunk)
        }))
    }
    return sum
  })

const walkSignature = (bytes: () => Uint8Array, times: number): number => {
  let sum = 0
  for (let time = 0; time < times; time++) {
    const parsed = new RIFFFile()
    parsed.setSignature(bytes())
    // its types leave open what a signature is
    const { subChunks } = parsed.signature as { readonly subChunks: ReadonlyArray<{ readonly chunkSize: number }> }
    for (const { chunkSize } of subChunks) sum += chunkSize
  }
  return sum
}

const walkView = (file: string, times: number): number => {
  let sum = 0
  for (let time = 0; time < times; time++) {
    const bytes = fs.readFileSync(file)
    for (let at = 12; at + 8 <= bytes.length;) {
      const size = bytes.readUInt32LE(at + 4)
      sum += size
      at += 8 + size + (size & 1)
    }
  }
  return sum
}

/** Looks for the sound, which is the last chunk, so many times over; its rate and its length in samples. */
const search = (file: Mmio.ReadHandle, times: number) =>
  Effect.gen(function*() {
    let answer = ""
    for (let time = 0; time < times; time++) {
      yield* Mmio.seek(file, 0)
      const wave = yield* Riff.descend(file, { find: { riff: "WAVE" } })
      const format = yield* Riff.descend(file, { find: { chunk: "fmt " }, parent: wave })
      const bytes = Buffer.from(yield* Mmio.read(file, format.size))
      yield* Riff.ascend(file, format)
      const data = yield* Riff.descend(file, { find: { chunk: "data" }, parent: wave })
      answer = `${bytes.readUInt32LE(4)} ${data.size / bytes.readUInt16LE(12)}`
    }
    return answer
  })

const byWaveFile = (file: string, times: number): string => {
  let answer = ""
  for (let time = 0; time < times; time++) {
    const wave = new WaveFile(new Uint8Array(fs.readFileSync(file)))
    // its types leave open what a format is
    const { sampleRate } = wave.fmt as { readonly sampleRate: number }
    answer = `${sampleRate} ${wave.getSamples().length}`
  }
  return answer
}

const byNodeWav = (file: string, times: number): string => {
  let answer = ""
  for (let time = 0; time < times; time++) {
    const { channelData, sampleRate } = wav.decode(fs.readFileSync(file))
    answer = `${sampleRate} ${channelData[0]?.length}`
  }
  return answer
}

const byMusicMetadata = async (file: string, times: number): Promise<string> => {
  let answer = ""
  for (let time = 0; time < times; time++) {
    const { format } = await parseFile(file)
    answer = `${format.sampleRate} ${format.numberOfSamples}`
  }
  return answer
}

export const chunks: Subject = {
  name: "chunks",
  title: "a WAVE file of 100 000 chunks",
  groups: ({ folder }) => {
    const file = path.join(folder, "chunks.wav")
    const count = 100_000
    const bytes = waveOf(count)
    fs.writeFileSync(file, bytes)
    const avi = path.join(folder, "frames.avi")
    writeAvi(avi, count)
    const unit = nanosecondsPer("chunk", count)
    const times = { check: 1, most: 1000 }
    return [
      group({
        times,
        works: {
          "in a file": (times) => onNode(Effect.flatMap(Mmio.open(file), (file) => walk(file, count, times))),
          "in memory": (times) =>
            onNode(Effect.flatMap(Mmio.openMemory({ bytes, access: "read" }), (file) => walk(file, count, times))),
          "stream in a file": (times) => onNode(Effect.flatMap(Mmio.open(file), (file) => walkStream(file, times))),
          "stream in memory": (times) =>
            onNode(Effect.flatMap(Mmio.openMemory({ bytes, access: "read" }), (file) => walkStream(file, times))),
          "parts in memory": (times) =>
            onNode(Effect.flatMap(Mmio.openMemory({ bytes, access: "read" }), (file) => walkParts(file, times))),
          "readFileSync, readUInt32LE": (times) => walkView(file, times),
          "riff-file": (times) => walkSignature(() => new Uint8Array(fs.readFileSync(file)), times),
          "riff-file, bytes in memory": (times) => walkSignature(() => bytes, times)
        },
        rows: [
          {
            case: "descend and ascend",
            ours: "in a file",
            peers: ["readFileSync, readUInt32LE", "riff-file"],
            unit,
            target: 1000,
            guard: { "riff-file": 0.17 },
            native: 64
          },
          {
            case: "Riff.chunks, runFold",
            ours: "stream in a file",
            peers: ["readFileSync, readUInt32LE", "riff-file"],
            unit
          },
          {
            case: "Riff.chunks, runFold, openMemory",
            ours: "stream in memory",
            peers: ["readFileSync, readUInt32LE", "riff-file, bytes in memory"],
            unit,
            target: 150,
            guard: { "riff-file, bytes in memory": 0.75 }
          },
          {
            case: "Riff.chunks, runForEachChunk, openMemory",
            ours: "parts in memory",
            peers: ["readFileSync, readUInt32LE", "riff-file, bytes in memory"],
            unit
          },
          {
            case: "descend and ascend, openMemory",
            ours: "in memory",
            peers: ["readFileSync, readUInt32LE", "riff-file, bytes in memory"],
            unit,
            native: 64
          }
        ]
      }),
      group({
        times,
        works: {
          "background": (times) => onNode(Effect.flatMap(Mmio.open(avi), (file) => walkFrames(file, count, times))),
          "layerSync": (times) => onNodeSync(Effect.flatMap(Mmio.open(avi), (file) => walkFrames(file, count, times)))
        },
        rows: [
          {
            case: "descend and ascend, AVI of 100 000 frames of 4 KiB",
            ours: "background",
            peers: ["layerSync"],
            unit,
            target: { "layerSync": 1 / 1.5 }
          }
        ]
      }),
      group({
        times,
        slow: ["music-metadata"],
        works: {
          "in a file": (times) => onNode(Effect.flatMap(Mmio.open(file), (file) => search(file, times))),
          "wavefile": (times) => byWaveFile(file, times),
          "node-wav": (times) => byNodeWav(file, times),
          "music-metadata": (times) => byMusicMetadata(file, times)
        },
        rows: [
          {
            case: "search for the last chunk",
            ours: "in a file",
            peers: ["wavefile", "node-wav", "music-metadata"],
            unit,
            native: 33
          }
        ]
      })
    ]
  }
}
