/**
 * Decompression here, beside that of zlib: of all that its compressor can be told to do, given in pieces, and begun
 * again anywhere.
 */
import { describe, expect, it } from "@effect/vitest"
import * as zlib from "node:zlib"
import { crc32Pure } from "../src/internal/crc32.js"
import { type Checkpoint, Inflater } from "../src/internal/inflater.js"
import { ascii, noise } from "./support/archive.js"
import { expectBytes } from "./support/bytes.js"

const random = (size: number) => {
  const bytes = new Uint8Array(size)
  let state = 7
  for (let i = 0; i < size; i++) bytes[i] = (state = Math.imul(state, 48271) >>> 0) >>> 13
  return bytes
}

const contents: Readonly<Record<string, Uint8Array>> = {
  "nothing": new Uint8Array(0),
  "one byte": Uint8Array.of(7),
  "text": ascii("the same again, and the same again. ".repeat(3000)),
  "noise": noise(200_000),
  "what does not compress": random(150_000),
  "zeros": new Uint8Array(400_000)
}

const settings: Readonly<Record<string, zlib.ZlibOptions>> = {
  "as it is": { level: 0 },
  "fast": { level: 1 },
  "well": { level: 9 },
  "with fixed codes": { strategy: zlib.constants.Z_FIXED },
  "without matches": { strategy: zlib.constants.Z_HUFFMAN_ONLY },
  "with runs only": { strategy: zlib.constants.Z_RLE },
  "in small blocks": { memLevel: 1 }
}

interface Run {
  readonly bytes: Uint8Array
  readonly points: ReadonlyArray<Checkpoint>
}

/** Decompresses all from a point on, with input in pieces of `piece` bytes; keeps a point wherever it stops. */
const run = (compressed: Uint8Array, piece: number, from?: Checkpoint): Run => {
  const inflater = new Inflater(from)
  const parts: Array<Uint8Array> = []
  const points: Array<Checkpoint> = []
  let taken = inflater.filled
  for (let steps = 0; steps < 1_000_000; steps++) {
    const stop = inflater.run()
    parts.push(inflater.buffer.slice(taken, inflater.filled))
    taken = inflater.filled
    if (stop === "damaged") throw new Error(inflater.damage)
    if (stop === "end") {
      expect(inflater.used).toBe(compressed.length)
      return { bytes: new Uint8Array(Buffer.concat(parts)), points }
    }
    points.push(inflater.checkpoint(0))
    if (stop === "full") {
      inflater.makeRoom()
      taken = inflater.filled
    } else {
      const wanted = inflater.wanted
      inflater.give(compressed.subarray(wanted, wanted + piece), wanted + piece >= compressed.length)
    }
  }
  throw new Error("it does not end")
}

describe.each(Object.keys(settings))("what is compressed %s", (setting) => {
  it.each(Object.keys(contents))("is decompressed: %s", (content) => {
    const bytes = contents[content] ?? new Uint8Array(0)
    const compressed = new Uint8Array(zlib.deflateRawSync(bytes, settings[setting]))
    expectBytes(run(compressed, 65_536).bytes, bytes)
    expectBytes(run(compressed, 701).bytes, bytes)
    const { points } = run(compressed, 4099)
    for (let i = 0; i < points.length; i += Math.ceil(points.length / 5)) {
      const point = points[i]
      if (point !== undefined) expectBytes(run(compressed, 5000, point).bytes, bytes.subarray(point.position))
    }
  })
})

describe("what is cut off", () => {
  const compressed = new Uint8Array(zlib.deflateRawSync(noise(3000)))
  it("is damaged, wherever the end is, and nothing that was decompressed before is wrong", () => {
    for (let end = 0; end < compressed.length; end++) {
      const inflater = new Inflater()
      inflater.give(compressed.subarray(0, end), true)
      expect(inflater.run()).toBe("damaged")
      expectBytes(inflater.buffer.subarray(0, inflater.filled), noise(3000).subarray(0, inflater.filled))
    }
  })
})

it("the checksum in plain JavaScript is that of zlib, whole and in parts", () => {
  for (const bytes of Object.values(contents)) {
    expect(crc32Pure(bytes)).toBe(zlib.crc32(bytes))
    expect(crc32Pure(bytes.subarray(13), crc32Pure(bytes.subarray(0, 13)))).toBe(zlib.crc32(bytes))
  }
})
