import { Mmio } from "@effect-mmio/core"
import * as FileSystem from "@effect/platform/FileSystem"
import { Effect } from "effect"
import * as fs from "node:fs"
import { fromFile } from "strtok3"
import type { Digest } from "../runner/digest.js"
import { group, type Subject } from "../runner/model.js"
import { gigabytesPerSecond } from "../runner/unit.js"
import { onNode } from "../ways/library.js"
import { callbacks, flow, opened, openedAsync } from "../ways/node.js"
import { onPlatform } from "../ways/platform.js"

const inLoop = (file: string, piece: number, seen: Digest) =>
  Effect.gen(function*() {
    const handle = yield* Mmio.open(file)
    const target = new Uint8Array(piece)
    while (true) {
      const count = yield* Mmio.readInto(handle, target)
      if (count === 0) return
      seen.add(count === piece ? target : target.subarray(0, count))
    }
  })

const byPlatform = (file: string, piece: number, seen: Digest) =>
  Effect.gen(function*() {
    const fileSystem = yield* FileSystem.FileSystem
    const handle = yield* fileSystem.open(file)
    const target = new Uint8Array(piece)
    while (true) {
      const count = Number(yield* handle.read(target))
      if (count === 0) return
      seen.add(target.subarray(0, count))
    }
  })

const bySync = (file: string, piece: number, seen: Digest) =>
  opened(file, "r", (fd) => {
    const target = new Uint8Array(piece)
    for (let count = 1; count > 0;) {
      count = fs.readSync(fd, target, 0, piece, null)
      seen.add(target.subarray(0, count))
    }
  })

const byCallback = (file: string, piece: number, length: number, seen: Digest) =>
  openedAsync(file, "r", (fd) => {
    const target = new Uint8Array(piece)
    return callbacks(
      Math.ceil(length / piece),
      (_, done) => fs.read(fd, target, 0, piece, null, done),
      (count) => seen.add(target.subarray(0, count))
    )
  })

/** What is to be paid for with any buffer: the bytes come in pieces of the caller's size, so they are copied once. */
const byCopies = (file: string, piece: number, length: number, seen: Digest) =>
  openedAsync(file, "r", (fd) => {
    const block = new Uint8Array(2 ** 20)
    const target = new Uint8Array(piece)
    return callbacks(
      Math.ceil(length / block.length),
      (_, done) => fs.read(fd, block, 0, block.length, null, done),
      (count) => {
        for (let at = 0; at < count; at += piece) {
          target.set(block.subarray(at, at + piece))
          seen.add(target)
        }
      }
    )
  })

/** The same, with one `Effect.sync` a piece. */
const byEffects = (file: string, piece: number, length: number, seen: Digest) =>
  openedAsync(file, "r", (fd) => {
    const block = new Uint8Array(2 ** 20)
    const target = new Uint8Array(piece)
    const read = (position: number) =>
      Effect.async<number>((resume) =>
        fs.read(fd, block, 0, block.length, position, (error, count) =>
          resume(error ? Effect.die(error) : Effect.succeed(count)))
      )
    return Effect.runPromise(Effect.gen(function*() {
      for (let position = 0; position < length; position += block.length) {
        const count = yield* read(position)
        for (let at = 0; at < count; at += piece) {
          const size = yield* Effect.sync(() => {
            target.set(block.subarray(at, at + piece))
            return piece
          })
          seen.add(target.subarray(0, size))
        }
      }
    }))
  })

const byTokens = async (file: string, piece: number, length: number, seen: Digest) => {
  const tokenizer = await fromFile(file)
  const target = new Uint8Array(piece)
  for (let left = length; left > 0;) {
    const count = await tokenizer.readBuffer(target, { mayBeLess: true })
    seen.add(target.subarray(0, count))
    left -= count
  }
  await tokenizer.close()
}

export const sequentialReads: Subject = {
  name: "sequential-reads",
  title: "a file from its beginning to its end, default buffer",
  groups: ({ file, size }) =>
    [4, 64].map((kibibytes) => {
      const piece = kibibytes * 1024
      return group({
        times: 1,
        works: {
          "readInto": (_, seen) => onNode(inLoop(file, piece, seen)),
          "fs.createReadStream": (_, seen) => flow(fs.createReadStream(file), seen.add),
          "fs.read of 1 MiB": (_, seen) => byCallback(file, 2 ** 20, size, seen),
          "fs.read of 1 MiB, copied": (_, seen) => byCopies(file, piece, size, seen),
          "copied in Effect.sync": (_, seen) => byEffects(file, piece, size, seen),
          "fs.read": (_, seen) => byCallback(file, piece, size, seen),
          "fs.readSync": (_, seen) => bySync(file, piece, seen),
          "platform File.read": (_, seen) => onPlatform(byPlatform(file, piece, seen)),
          "strtok3 fromFile": (_, seen) => byTokens(file, piece, size, seen)
        },
        slow: ["fs.read", "platform File.read", "strtok3 fromFile"],
        rows: [
          {
            case: `readInto of ${kibibytes} KiB`,
            ours: "readInto",
            peers: [
              "fs.createReadStream",
              "fs.read of 1 MiB",
              "fs.read of 1 MiB, copied",
              "copied in Effect.sync",
              "fs.read",
              "fs.readSync",
              "platform File.read",
              "strtok3 fromFile"
            ],
            unit: gigabytesPerSecond(size),
            target: kibibytes === 4
              ? { "fs.createReadStream": 3, "copied in Effect.sync": 0.9 }
              : { "fs.createReadStream": 3, "fs.read of 1 MiB": 0.8 }
          }
        ]
      })
    })
}
