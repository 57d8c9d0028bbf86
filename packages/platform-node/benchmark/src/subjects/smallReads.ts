import { Mmio } from "@effect-mmio/core"
import * as FileSystem from "@effect/platform/FileSystem"
import { Effect, Exit } from "effect"
import * as fs from "node:fs"
import { fromBuffer, fromFile, type ITokenizer } from "strtok3"
import { group, type Setting, type Subject } from "../runner/model.js"
import { nanosecondsPer } from "../runner/unit.js"
import { onNode } from "../ways/library.js"
import { mix } from "../ways/mix.js"
import { callbacks, opened, openedAsync } from "../ways/node.js"
import { onPlatform } from "../ways/platform.js"

const size = 16
const op = nanosecondsPer("op")

const inLoop = (file: string, times: number) =>
  Effect.gen(function*() {
    const handle = yield* Mmio.open(file)
    const target = new Uint8Array(size)
    let sum = 0
    for (let i = 0; i < times; i++) {
      const count = yield* Mmio.readInto(handle, target)
      sum = mix(sum, target, count)
    }
    return sum
  })

const inWhileLoop = (file: string, times: number) =>
  Effect.gen(function*() {
    const handle = yield* Mmio.open(file)
    const target = new Uint8Array(size)
    let sum = 0
    let i = 0
    yield* Effect.whileLoop({
      while: () => i < times,
      body: () => Mmio.readInto(handle, target),
      step: (count) => {
        sum = mix(sum, target, count)
        i++
      }
    })
    return sum
  })

const inMemory = (bytes: Uint8Array, times: number) =>
  Effect.gen(function*() {
    const handle = yield* Mmio.openMemory({ bytes, access: "read" })
    const target = new Uint8Array(size)
    let sum = 0
    for (let i = 0; i < times; i++) {
      const count = yield* Mmio.readInto(handle, target)
      sum = mix(sum, target, count)
    }
    return sum
  })

/** What the runtime takes for such a loop by itself: bytes in memory, in effects that only copy them. */
const bare = (
  bytes: Uint8Array,
  times: number,
  make: (read: () => number) => Effect.Effect<number>,
  run: (times: number, body: () => Effect.Effect<number>, step: (count: number) => void) => Effect.Effect<void>
) =>
  Effect.suspend(() => {
    const target = new Uint8Array(size)
    let at = 0
    let sum = 0
    const read = () => {
      // as many as are there
      for (let k = 0; k < size; k++) target[k] = bytes[at + k]!
      at += size
      return size
    }
    const step = (count: number) => {
      sum = mix(sum, target, count)
    }
    return Effect.map(run(times, () => make(read), step), () => sum)
  })

const genLoop = (times: number, body: () => Effect.Effect<number>, step: (count: number) => void) =>
  Effect.gen(function*() {
    for (let i = 0; i < times; i++) step(yield* body())
  })

const whileLoop = (times: number, body: () => Effect.Effect<number>, step: (count: number) => void) => {
  let i = 0
  return Effect.whileLoop({
    while: () => i < times,
    body,
    step: (count) => {
      i++
      step(count)
    }
  })
}

const bareSync = (read: () => number) => Effect.sync(read)
const bareSuspend = (read: () => number) => Effect.suspend(() => Exit.succeed(read()))

const byPlatform = (file: string, times: number) =>
  Effect.gen(function*() {
    const fileSystem = yield* FileSystem.FileSystem
    const handle = yield* fileSystem.open(file)
    const target = new Uint8Array(size)
    let sum = 0
    for (let i = 0; i < times; i++) {
      const count = yield* handle.read(target)
      sum = mix(sum, target, Number(count))
    }
    return sum
  })

const bySync = (file: string, times: number) =>
  opened(file, "r", (fd) => {
    const target = new Uint8Array(size)
    let sum = 0
    for (let i = 0; i < times; i++) sum = mix(sum, target, fs.readSync(fd, target, 0, size, null))
    return sum
  })

const byCallback = (file: string, times: number) =>
  openedAsync(file, "r", async (fd) => {
    const target = new Uint8Array(size)
    let sum = 0
    await callbacks(times, (_, done) => fs.read(fd, target, 0, size, null, done), (count) => {
      sum = mix(sum, target, count)
    })
    return sum
  })

const byTokens = async (tokenizer: ITokenizer, times: number) => {
  const target = new Uint8Array(size)
  let sum = 0
  for (let i = 0; i < times; i++) {
    const count = await tokenizer.readBuffer(target)
    sum = mix(sum, target, count)
  }
  await tokenizer.close()
  return sum
}

export const smallReads: Subject = {
  name: "small-reads",
  title: "16 bytes after 16 bytes, default buffer",
  groups: ({ file, quick, size: length }: Setting) => {
    const bytes = new Uint8Array(fs.readFileSync(file))
    const peers = ["fs.readSync", "fs.read", "platform File.read", "strtok3 fromBuffer", "strtok3 fromFile"] as const
    return [
      group({
        times: { check: quick ? 5000 : 100_000, most: length / size },
        works: {
          "Effect.gen": (times) => onNode(inLoop(file, times)),
          "Effect.whileLoop": (times) => onNode(inWhileLoop(file, times)),
          "openMemory": (times) => onNode(inMemory(bytes, times)),
          "bare Effect.sync, gen": (times) => onNode(bare(bytes, times, bareSync, genLoop)),
          "bare Effect.sync": (times) => onNode(bare(bytes, times, bareSync, whileLoop)),
          "bare Effect.suspend": (times) => onNode(bare(bytes, times, bareSuspend, whileLoop)),
          "fs.readSync": (times) => bySync(file, times),
          "fs.read": (times) => byCallback(file, times),
          "platform File.read": (times) => onPlatform(byPlatform(file, times)),
          "strtok3 fromBuffer": (times) => byTokens(fromBuffer(bytes), times),
          "strtok3 fromFile": async (times) => byTokens(await fromFile(file), times)
        },
        rows: [
          {
            case: "readInto, Effect.gen",
            ours: "Effect.gen",
            peers: [...peers, "bare Effect.sync, gen"],
            unit: op,
            target: { "fs.readSync": 2.5, "platform File.read": 120, "bare Effect.sync, gen": 0.8 },
            guard: { "platform File.read": 40, "bare Effect.sync, gen": 0.27 },
            native: 18.6
          },
          {
            case: "readInto, Effect.whileLoop",
            ours: "Effect.whileLoop",
            peers: [...peers, "bare Effect.sync", "bare Effect.suspend"],
            unit: op,
            target: { "fs.readSync": 3.5, "bare Effect.sync": 0.8 },
            guard: { "bare Effect.sync": 0.27 },
            native: 18.6
          },
          {
            case: "readInto, Effect.gen, openMemory",
            ours: "openMemory",
            peers: ["strtok3 fromBuffer"],
            unit: op
          }
        ]
      })
    ]
  }
}
