import { Mmio } from "@effect-mmio/core"
import * as FileSystem from "@effect/platform/FileSystem"
import { Effect } from "effect"
import * as fs from "node:fs"
import * as path from "node:path"
import { haveFreshMemory } from "../runner/freshMemory.js"
import { group, type Subject } from "../runner/model.js"
import { pieceOfNoise } from "../runner/noise.js"
import { gigabytesPerSecond } from "../runner/unit.js"
import { onNode } from "../ways/library.js"
import { callbacks, opened, openedAsync, pour } from "../ways/node.js"
import { onPlatform } from "../ways/platform.js"
import { sha1 } from "../ways/sha1.js"

/** The noise in pieces, over and over. */
const sourcesOf = (piece: number) => {
  const count = pieceOfNoise.length / piece
  const pieces = Array.from({ length: count }, (_, i) => pieceOfNoise.subarray(i * piece, (i + 1) * piece))
  // the remainder keeps the index inside
  return (i: number): Uint8Array => pieces[i % count]!
}

/** How a file is opened: for a new one, or to write over what is there, which takes no new memory. */
type Flags = "w" | "r+"

const inLoop = (file: string, flags: Flags, times: number, source: (i: number) => Uint8Array) =>
  Effect.gen(function*() {
    const handle = yield* Mmio.open(file, { access: "write", create: flags === "w" })
    for (let i = 0; i < times; i++) yield* Mmio.write(handle, source(i))
    yield* Mmio.close(handle)
  })

const byPlatform = (file: string, flags: Flags, times: number, source: (i: number) => Uint8Array) =>
  Effect.gen(function*() {
    const fileSystem = yield* FileSystem.FileSystem
    const handle = yield* fileSystem.open(file, { flag: flags })
    for (let i = 0; i < times; i++) yield* handle.writeAll(source(i))
  })

const bySync = (file: string, flags: Flags, times: number, source: (i: number) => Uint8Array) =>
  opened(file, flags, (fd) => {
    for (let i = 0; i < times; i++) fs.writeSync(fd, source(i))
  })

const byCallback = (file: string, flags: Flags, times: number, source: (i: number) => Uint8Array) =>
  openedAsync(file, flags, (fd) => callbacks(times, (i, done) => fs.write(fd, source(i), done), () => {}))

/** What is to be paid for with any buffer: the bytes come in pieces of the caller's size, so they are copied once. */
const byCopies = (file: string, flags: Flags, pieces: number, piece: number, source: (i: number) => Uint8Array) =>
  openedAsync(file, flags, (fd) => {
    const block = new Uint8Array(2 ** 20)
    const inBlock = block.length / piece
    return callbacks(pieces / inBlock, (i, done) => {
      for (let k = 0; k < inBlock; k++) block.set(source(i * inBlock + k), k * piece)
      fs.write(fd, block, done)
    }, () => {})
  })

/** The same, with one `Effect.sync` a piece. */
const byEffects = (file: string, flags: Flags, pieces: number, piece: number, source: (i: number) => Uint8Array) =>
  openedAsync(file, flags, (fd) => {
    const block = new Uint8Array(2 ** 20)
    const inBlock = block.length / piece
    const write = Effect.async<number>((resume) =>
      fs.write(fd, block, (error, count) => resume(error ? Effect.die(error) : Effect.succeed(count)))
    )
    return Effect.runPromise(Effect.gen(function*() {
      for (let i = 0; i < pieces; i += inBlock) {
        for (let k = 0; k < inBlock; k++) {
          yield* Effect.sync(() => {
            block.set(source(i + k), k * piece)
            return piece
          })
        }
        yield* write
      }
    }))
  })

export const sequentialWrites: Subject = {
  name: "sequential-writes",
  title: "a file from its beginning to its end, default buffer, flushed and closed",
  groups: ({ folder, quick, size }) => {
    const file = path.join(folder, "sequential-writes")
    const groupOf = (kibibytes: number, flags: Flags) => {
      const piece = kibibytes * 1024
      const count = size / piece
      const source = sourcesOf(piece)
      return group({
        times: 1,
        works: {
          "write": () => onNode(inLoop(file, flags, count, source)),
          "fs.createWriteStream": () => pour(fs.createWriteStream(file, { flags }), count, source),
          "fs.write of 1 MiB": () => byCallback(file, flags, size / 2 ** 20, () => pieceOfNoise),
          "fs.write of 1 MiB, copied": () => byCopies(file, flags, count, piece, source),
          "copied in Effect.sync": () => byEffects(file, flags, count, piece, source),
          "fs.write": () => byCallback(file, flags, count, source),
          "fs.writeSync": () => bySync(file, flags, count, source),
          "platform File.writeAll": () => onPlatform(byPlatform(file, flags, count, source))
        },
        slow: ["fs.write", "platform File.writeAll"],
        before: () => {
          if (flags === "w") haveFreshMemory(file, size)
          else if (!fs.existsSync(file)) fs.writeFileSync(file, new Uint8Array(size))
        },
        outcome: () => sha1(file),
        rows: [
          {
            case: `write of ${kibibytes} KiB, ${flags === "w" ? "a new file" : "over a file"}`,
            ours: "write",
            peers: [
              "fs.createWriteStream",
              "fs.write of 1 MiB",
              "fs.write of 1 MiB, copied",
              "copied in Effect.sync",
              "fs.write",
              "fs.writeSync",
              "platform File.writeAll"
            ],
            unit: gigabytesPerSecond(size),
            target: kibibytes === 4
              ? { "fs.createWriteStream": 1.5, "copied in Effect.sync": 0.9 }
              : { "fs.createWriteStream": 1.5, "fs.write of 1 MiB": 0.8 },
            ...kibibytes === 4 ? {} : { guard: { "fs.createWriteStream": 0.5, "copied in Effect.sync": 0.27 } }
          }
        ]
      })
    }
    return [...quick ? [] : [groupOf(4, "w")], groupOf(64, "w"), groupOf(4, "r+"), groupOf(64, "r+")]
  }
}
