import { Mmio } from "@effect-mmio/core"
import * as FileSystem from "@effect/platform/FileSystem"
import { Effect } from "effect"
import * as fs from "node:fs"
import { fromFile } from "strtok3"
import { group, type Subject } from "../runner/model.js"
import { microsecondsPer } from "../runner/unit.js"
import { onNode, onNodeSync } from "../ways/library.js"
import { mix } from "../ways/mix.js"
import { callbacks, opened, openedAsync } from "../ways/node.js"
import { onPlatform } from "../ways/platform.js"

const size = 64
const most = 2 ** 20

/** Positions all over a file, the same at every call (xorshift). */
const positionsIn = (length: number): Float64Array => {
  let state = 0x9e3779b9
  return Float64Array.from({ length: most }, () => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return Math.floor((state >>> 0) / 2 ** 32 * (length - size))
  })
}

const inLoop = (file: string, positions: Float64Array) =>
  Effect.gen(function*() {
    const handle = yield* Mmio.open(file)
    const target = new Uint8Array(size)
    let sum = 0
    for (const position of positions) {
      yield* Mmio.seek(handle, position)
      const count = yield* Mmio.readInto(handle, target)
      sum = mix(sum, target, count)
    }
    return sum
  })

const byPlatform = (file: string, positions: Float64Array) =>
  Effect.gen(function*() {
    const fileSystem = yield* FileSystem.FileSystem
    const handle = yield* fileSystem.open(file)
    const target = new Uint8Array(size)
    let sum = 0
    for (const position of positions) {
      yield* handle.seek(position, "start")
      const count = yield* handle.read(target)
      sum = mix(sum, target, Number(count))
    }
    return sum
  })

const bySync = (file: string, positions: Float64Array) =>
  opened(file, "r", (fd) => {
    const target = new Uint8Array(size)
    let sum = 0
    for (const position of positions) sum = mix(sum, target, fs.readSync(fd, target, 0, size, position))
    return sum
  })

const byCallback = (file: string, positions: Float64Array) =>
  openedAsync(file, "r", async (fd) => {
    const target = new Uint8Array(size)
    let sum = 0
    await callbacks(
      positions.length,
      (i, done) => fs.read(fd, target, 0, size, positions[i] ?? 0, done),
      (count) => {
        sum = mix(sum, target, count)
      }
    )
    return sum
  })

/** The same, in a bare `Effect.async` each. */
const byEffects = (file: string, positions: Float64Array) =>
  openedAsync(file, "r", (fd) => {
    const target = new Uint8Array(size)
    const read = (position: number) =>
      Effect.async<number>((resume) =>
        fs.read(fd, target, 0, size, position, (error, count) =>
          resume(error ? Effect.die(error) : Effect.succeed(count)))
      )
    return Effect.runPromise(Effect.gen(function*() {
      let sum = 0
      for (const position of positions) {
        sum = mix(sum, target, yield* read(position))
      }
      return sum
    }))
  })

const byTokens = async (file: string, positions: Float64Array) => {
  const tokenizer = await fromFile(file)
  const target = new Uint8Array(size)
  let sum = 0
  for (const position of positions) {
    tokenizer.setPosition(position)
    const count = await tokenizer.readBuffer(target)
    sum = mix(sum, target, count)
  }
  await tokenizer.close()
  return sum
}

export const randomReads: Subject = {
  name: "random-reads",
  title: "64 bytes at positions all over a file, default buffer",
  groups: ({ file, quick, size: length }) => {
    const positions = positionsIn(length)
    const unit = microsecondsPer("op")
    const peers = [
      "fs.read",
      "fs.read in Effect.async",
      "fs.readSync",
      "platform File.seek, read",
      "strtok3 fromFile"
    ] as const
    return [
      group({
        times: { check: quick ? 1000 : 10_000, most },
        works: {
          "seek, readInto": (times) => onNode(inLoop(file, positions.subarray(0, times))),
          "seek, readInto, layerSync": (times) => onNodeSync(inLoop(file, positions.subarray(0, times))),
          "fs.read": (times) => byCallback(file, positions.subarray(0, times)),
          "fs.read in Effect.async": (times) => byEffects(file, positions.subarray(0, times)),
          "fs.readSync": (times) => bySync(file, positions.subarray(0, times)),
          "platform File.seek, read": (times) => onPlatform(byPlatform(file, positions.subarray(0, times))),
          "strtok3 fromFile": (times) => byTokens(file, positions.subarray(0, times))
        },
        rows: [
          {
            case: "seek and readInto",
            ours: "seek, readInto",
            peers,
            unit,
            target: { "fs.read in Effect.async": 0.95 }
          },
          {
            case: "seek and readInto, layerSync",
            ours: "seek, readInto, layerSync",
            peers,
            unit,
            target: { "fs.read": 5 }
          }
        ]
      })
    ]
  }
}
