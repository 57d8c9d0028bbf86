import { Mmio } from "@effect-mmio/core"
import * as FileSystem from "@effect/platform/FileSystem"
import { Effect } from "effect"
import * as fs from "node:fs"
import * as path from "node:path"
import { group, type Subject } from "../runner/model.js"
import { pieceOfNoise } from "../runner/noise.js"
import { nanosecondsPer } from "../runner/unit.js"
import { onNode } from "../ways/library.js"
import { callbacks, opened, openedAsync, pour } from "../ways/node.js"
import { onPlatform } from "../ways/platform.js"
import { sha1 } from "../ways/sha1.js"

const size = 16
const op = nanosecondsPer("op")
const mask = 0xfff
const sources = Array.from({ length: mask + 1 }, (_, i) => pieceOfNoise.subarray(i * size, (i + 1) * size))
// the mask keeps the index inside
const source = (i: number): Uint8Array => sources[i & mask]!

const inLoop = (file: string, times: number) =>
  Effect.gen(function*() {
    const handle = yield* Mmio.open(file, { access: "write", create: true })
    for (let i = 0; i < times; i++) yield* Mmio.write(handle, source(i))
    yield* Mmio.close(handle)
  })

const inWhileLoop = (file: string, times: number) =>
  Effect.gen(function*() {
    const handle = yield* Mmio.open(file, { access: "write", create: true })
    let i = 0
    yield* Effect.whileLoop({
      while: () => i < times,
      body: () => Mmio.write(handle, source(i)),
      step: () => {
        i++
      }
    })
    yield* Mmio.close(handle)
  })

/** What the runtime takes for such a loop by itself: effects that only copy, and a write where 8 KiB are full. */
const bare = (file: string, times: number) =>
  Effect.suspend(() => {
    const fd = fs.openSync(file, "w")
    const buffer = new Uint8Array(8192)
    let length = 0
    const writeOut = () => {
      fs.writeSync(fd, buffer, 0, length)
      length = 0
    }
    const write = (bytes: Uint8Array) =>
      Effect.sync(() => {
        for (let k = 0; k < size; k++) buffer[length + k] = bytes[k]!
        length += size
        if (length === buffer.length) writeOut()
        return size
      })
    return Effect.gen(function*() {
      for (let i = 0; i < times; i++) yield* write(source(i))
      writeOut()
      fs.closeSync(fd)
    })
  })

const byPlatform = (file: string, times: number) =>
  Effect.gen(function*() {
    const fileSystem = yield* FileSystem.FileSystem
    const handle = yield* fileSystem.open(file, { flag: "w" })
    for (let i = 0; i < times; i++) yield* handle.write(source(i))
  })

const bySync = (file: string, times: number) =>
  opened(file, "w", (fd) => {
    for (let i = 0; i < times; i++) fs.writeSync(fd, source(i))
  })

const byCallback = (file: string, times: number) =>
  openedAsync(file, "w", (fd) => callbacks(times, (i, done) => fs.write(fd, source(i), done), () => {}))

export const smallWrites: Subject = {
  name: "small-writes",
  title: "16 bytes after 16 bytes into a new file, default buffer, flushed and closed",
  groups: ({ folder, quick, size: length }) => {
    const file = path.join(folder, "small-writes")
    const peers = [
      "bare Effect.sync, gen",
      "fs.writeSync",
      "fs.write",
      "fs.createWriteStream",
      "platform File.write"
    ] as const
    return [
      group({
        times: { check: quick ? 5000 : 100_000, most: length / size },
        works: {
          "Effect.gen": (times) => onNode(inLoop(file, times)),
          "Effect.whileLoop": (times) => onNode(inWhileLoop(file, times)),
          "bare Effect.sync, gen": (times) => onNode(bare(file, times)),
          "fs.writeSync": (times) => bySync(file, times),
          "fs.write": (times) => byCallback(file, times),
          "fs.createWriteStream": (times) => pour(fs.createWriteStream(file), times, source),
          "platform File.write": (times) => onPlatform(byPlatform(file, times))
        },
        before: () => fs.rmSync(file, { force: true }),
        outcome: () => sha1(file),
        rows: [
          {
            case: "write, Effect.gen",
            ours: "Effect.gen",
            peers,
            unit: op,
            target: { "fs.writeSync": 3, "platform File.write": 120 },
            guard: { "bare Effect.sync, gen": 0.25, "platform File.write": 40 },
            native: 31
          },
          {
            case: "write, Effect.whileLoop",
            ours: "Effect.whileLoop",
            peers,
            unit: op,
            native: 31
          }
        ]
      })
    ]
  }
}
