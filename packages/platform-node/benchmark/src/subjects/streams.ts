import { Mmio } from "@effect-mmio/core"
import * as FileSystem from "@effect/platform/FileSystem"
import { Effect, Stream } from "effect"
import * as fs from "node:fs"
import * as path from "node:path"
import type { Digest } from "../runner/digest.js"
import { group, type Subject } from "../runner/model.js"
import { pieceOfNoise } from "../runner/noise.js"
import { gigabytesPerSecond } from "../runner/unit.js"
import { onNode } from "../ways/library.js"
import { flow, pour } from "../ways/node.js"
import { onPlatform } from "../ways/platform.js"
import { sha1 } from "../ways/sha1.js"

const digested = <E, R>(stream: Stream.Stream<Uint8Array, E, R>, seen: Digest): Effect.Effect<void, E, R> =>
  Stream.runForEach(stream, (bytes) => Effect.sync(() => seen.add(bytes)))

const piece = 2 ** 16
const source = pieceOfNoise.subarray(0, piece)

const sources = (count: number) => Stream.rechunk(Stream.take(Stream.forever(Stream.succeed(source)), count), 1)

export const streams: Subject = {
  name: "streams",
  title: "a file from its beginning to its end",
  groups: ({ file, folder, size }) => {
    const copy = path.join(folder, "streams")
    const count = size / piece
    const unit = gigabytesPerSecond(size)
    return [
      group({
        times: 1,
        works: {
          "Mmio.stream": (_, seen) =>
            onNode(Effect.flatMap(Mmio.open(file), (handle) => digested(Mmio.stream(handle), seen))),
          "platform FileSystem.stream": (_, seen) =>
            onPlatform(Effect.flatMap(FileSystem.FileSystem, (fileSystem) => digested(fileSystem.stream(file), seen))),
          "fs.createReadStream": (_, seen) => flow(fs.createReadStream(file), seen.add)
        },
        rows: [
          {
            case: "Mmio.stream",
            ours: "Mmio.stream",
            peers: ["platform FileSystem.stream", "fs.createReadStream"],
            unit,
            target: { "platform FileSystem.stream": 3, "fs.createReadStream": 1.5 }
          }
        ]
      }),
      group({
        times: 1,
        works: {
          "Mmio.sink": () =>
            onNode(Effect.gen(function*() {
              const handle = yield* Mmio.open(copy, { access: "write", create: true })
              yield* Stream.run(sources(count), Mmio.sink(handle))
              yield* Mmio.close(handle)
            })),
          "platform FileSystem.sink": () =>
            onPlatform(Effect.flatMap(
              FileSystem.FileSystem,
              (fileSystem) => Stream.run(sources(count), fileSystem.sink(copy))
            )),
          "fs.createWriteStream": () => pour(fs.createWriteStream(copy), count, () => source)
        },
        before: () => fs.rmSync(copy, { force: true }),
        outcome: () => sha1(copy),
        rows: [
          {
            case: "Mmio.sink, 64 KiB",
            ours: "Mmio.sink",
            peers: ["platform FileSystem.sink", "fs.createWriteStream"],
            unit
          }
        ]
      })
    ]
  }
}
