/** Sound files that come out of a pipe of the system. */
import { Mmio, Riff, Wave } from "@effect-mmio/core"
import { NodeIOProc } from "@effect-mmio/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Option, Stream } from "effect"
import * as ChildProcess from "node:child_process"
import * as NFS from "node:fs"
import * as Path from "node:path"
import { isLinux, makeFifo } from "./helpers.js"

const chunk = (id: string, data: Buffer): Buffer => {
  const header = Buffer.from(`${id}size`, "latin1")
  header.writeUInt32LE(data.length, 4)
  return Buffer.concat([header, data, Buffer.alloc(data.length % 2)])
}

const format = Buffer.alloc(16)
for (const [at, value] of [[0, 1], [2, 1], [4, 8000], [8, 16_000], [12, 2], [14, 16]] as const) {
  format.writeUInt16LE(value, at)
}
const samples = Buffer.from(Array.from({ length: 200_000 }, (_, i) => (i * 37 + (i >> 3)) & 0xff))

/** 100 000 frames after a chunk that no buffer holds, and a title after them. */
const wave = chunk(
  "RIFF",
  Buffer.concat([
    Buffer.from("WAVE"),
    chunk("fmt ", format),
    chunk("junk", Buffer.alloc(300_000)),
    chunk("data", samples),
    chunk("LIST", Buffer.concat([Buffer.from("INFO"), chunk("INAM", Buffer.from("Old\0"))]))
  ])
)

/** Opens a FIFO into which another process writes the file. */
const piped = (buffer: number | "none") =>
  Effect.gen(function*() {
    const path = yield* makeFifo
    const file = Path.join(Path.dirname(path), "wave.wav")
    NFS.writeFileSync(file, wave)
    yield* Effect.acquireRelease(
      Effect.sync(() => ChildProcess.spawn("sh", ["-c", "cat \"$0\" > \"$1\"", file, path], { stdio: "ignore" })),
      (child) => Effect.sync(() => child.kill())
    )
    return yield* Mmio.open(path, { buffer })
  })

describe.skipIf(!isLinux)("a WAVE out of a FIFO", () => {
  for (const buffer of [8192, "none", 100] as const) {
    it.scoped(`says what the file says, with a buffer of ${buffer}`, () =>
      Effect.gen(function*() {
        const { frames, tags } = yield* Wave.info(yield* piped(buffer))
        assert.deepStrictEqual([frames, tags.map(({ text }) => text)], [Option.some(100_000), ["Old"]])
        const blocks = yield* Stream.runFold(
          Wave.blocks(yield* piped(buffer)),
          Buffer.alloc(0),
          (all, some) => Buffer.concat([all, some])
        )
        assert.isTrue(blocks.equals(samples))
      }).pipe(Effect.provide(NodeIOProc.layer)))

    it.scoped(`is gone through chunk by chunk, with a buffer of ${buffer}`, () =>
      Effect.gen(function*() {
        const file = yield* piped(buffer)
        const form = yield* Riff.descend(file, { find: { riff: "WAVE" } })
        const data = yield* Riff.descend(file, { find: { chunk: "data" }, parent: form })
        assert.strictEqual(data.size, samples.length)
        const chunks = yield* Stream.runFold(Riff.chunks(yield* piped(buffer)), "", (all, { id }) => `${all}${id} `)
        assert.strictEqual(chunks, "RIFF fmt  junk data LIST INAM ")
      }).pipe(Effect.provide(NodeIOProc.layer)))
  }
})
