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

/** Places all over a file, the same at every call (xorshift). */
const placesIn = (length: number): Float64Array => {
  let state = 0x9e3779b9
  return Float64Array.from({ length: most }, () => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return Math.floor((state >>> 0) / 2 ** 32 * (length - size))
  })
}

const inLoop = (file: string, places: Float64Array) =>
  Effect.gen(function*() {
    const handle = yield* Mmio.open(file)
    const target = new Uint8Array(size)
    let sum = 0
    for (const place of places) {
      yield* Mmio.seek(handle, place)
      const count = yield* Mmio.readInto(handle, target)
      sum = mix(sum, target, count)
    }
    return sum
  })

const byPlatform = (file: string, places: Float64Array) =>
  Effect.gen(function*() {
    const fileSystem = yield* FileSystem.FileSystem
    const handle = yield* fileSystem.open(file)
    const target = new Uint8Array(size)
    let sum = 0
    for (const place of places) {
      yield* handle.seek(place, "start")
      const count = yield* handle.read(target)
      sum = mix(sum, target, Number(count))
    }
    return sum
  })

const bySync = (file: string, places: Float64Array) =>
  opened(file, "r", (fd) => {
    const target = new Uint8Array(size)
    let sum = 0
    for (const place of places) sum = mix(sum, target, fs.readSync(fd, target, 0, size, place))
    return sum
  })

const byCallback = (file: string, places: Float64Array) =>
  openedAsync(file, "r", async (fd) => {
    const target = new Uint8Array(size)
    let sum = 0
    await callbacks(
      places.length,
      (i, done) => fs.read(fd, target, 0, size, places[i] ?? 0, done),
      (count) => {
        sum = mix(sum, target, count)
      }
    )
    return sum
  })

const byTokens = async (file: string, places: Float64Array) => {
  const tokenizer = await fromFile(file)
  const target = new Uint8Array(size)
  let sum = 0
  for (const place of places) {
    tokenizer.setPosition(place)
    const count = await tokenizer.readBuffer(target)
    sum = mix(sum, target, count)
  }
  await tokenizer.close()
  return sum
}

export const randomReads: Subject = {
  name: "random-reads",
  title: "64 bytes at places all over a file, default buffer",
  groups: ({ file, quick, size: length }) => {
    const places = placesIn(length)
    const unit = microsecondsPer("op")
    const peers = ["fs.read", "fs.readSync", "platform File.seek, read", "strtok3 fromFile"] as const
    return [
      group({
        times: { check: quick ? 1000 : 10_000, most },
        works: {
          "seek, readInto": (times) => onNode(inLoop(file, places.subarray(0, times))),
          "seek, readInto, layerSync": (times) => onNodeSync(inLoop(file, places.subarray(0, times))),
          "fs.read": (times) => byCallback(file, places.subarray(0, times)),
          "fs.readSync": (times) => bySync(file, places.subarray(0, times)),
          "platform File.seek, read": (times) => onPlatform(byPlatform(file, places.subarray(0, times))),
          "strtok3 fromFile": (times) => byTokens(file, places.subarray(0, times))
        },
        rows: [
          { case: "seek and readInto", ours: "seek, readInto", peers, unit, target: { "fs.read": 0.9 } },
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
