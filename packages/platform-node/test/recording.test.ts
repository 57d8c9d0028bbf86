/** Forms that are written into pipes, onto real disks, and onto disks that become full. */
import { FourCC, Mmio, type MmioError, Riff } from "@effect-mmio/core"
import { NodeIOProc } from "@effect-mmio/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { deepStrictEqual } from "@effect/vitest/utils"
import { Effect, Fiber } from "effect"
import * as ChildProcess from "node:child_process"
import * as Path from "node:path"
import { canMount, isLinux, makeFifo, smallDisk, tempFolder } from "./helpers.js"

const sound = Uint8Array.from({ length: 100_001 }, (_, i) => i * 37 % 251 + 1)

/** A WAVE whose sizes are all said before. */
const write = (file: Mmio.WriteHandle, large: "auto" | "always"): Effect.Effect<void, MmioError.MmioError> =>
  Riff.withRiff(
    file,
    "WAVE",
    { large, size: 4 + 24 + 8 + sound.length + 1, chunkSizes: { data: sound.length }, sampleCount: (bytes) => bytes },
    () =>
      Effect.zipRight(
        Riff.withChunk(file, { chunk: "fmt ", size: 16 }, () => Mmio.writeAll(file, new Uint8Array(16))),
        Riff.withChunk(file, { chunk: "data", size: sound.length }, () => Mmio.writeAll(file, sound))
      )
  )

/** What a program that reads a pipe to its end gets. */
const cat = (path: string) =>
  Effect.fork(Effect.async<Buffer>((resume) => {
    ChildProcess.execFile("cat", [path], { encoding: "buffer", maxBuffer: 2 ** 28 }, (error, stdout) =>
      resume(error === null ? Effect.succeed(stdout) : Effect.die(error)))
  }))

describe.skipIf(!isLinux)("into a pipe", () => {
  for (const large of ["auto", "always"] as const) {
    it.scoped(`goes what has known sizes (${large}), in one pass`, () =>
      Effect.gen(function*() {
        const path = yield* makeFifo
        const reader = yield* cat(path)
        yield* Mmio.withFile(path, { access: "write" }, (file) => write(file, large))
        const piped = new Uint8Array(yield* Fiber.join(reader))
        const memory = yield* Mmio.openMemory({ expandBy: 1000 })
        yield* write(memory, large)
        assert.deepStrictEqual(piped, yield* Mmio.memoryBytes(memory))
        assert.deepStrictEqual(yield* Riff.verify(memory), [])
        yield* Mmio.seek(memory, 0)
        const wave = yield* Riff.descend(memory, { find: { riff: "WAVE" } })
        assert.strictEqual(wave.id, large === "auto" ? "RIFF" : "RF64")
        const data = yield* Riff.descend(memory, { find: { chunk: "data" }, parent: wave })
        assert.deepStrictEqual(yield* Mmio.read(memory, data.size), sound)
      }).pipe(Effect.provide(NodeIOProc.layer)))
  }

  it.scoped("goes nothing of what has not", () =>
    Effect.gen(function*() {
      const path = yield* makeFifo
      const reader = yield* cat(path)
      yield* Mmio.withFile(path, { access: "write" }, (file) =>
        Effect.gen(function*() {
          const form = yield* Effect.flip(Riff.withRiff(file, "WAVE", {}, () => Effect.die("not run")))
          assert.strictEqual(form._tag, "CannotSeek")
          const chunk = yield* Effect.flip(Riff.withChunk(file, { chunk: "data" }, () => Effect.die("not run")))
          assert.strictEqual(chunk._tag, "CannotSeek")
        }))
      assert.strictEqual((yield* Fiber.join(reader)).length, 0)
    }).pipe(Effect.provide(NodeIOProc.layer)))
})

/** Records until something fails; gives how many bytes the last update had. */
const record = (
  path: string,
  blocks: number,
  size: number,
  before: (file: Mmio.WriteHandle) => Effect.Effect<unknown, MmioError.MmioError>
) =>
  Effect.gen(function*() {
    let written = 0
    let updated = 0
    const exit = yield* Effect.exit(Mmio.withFile(path, { access: "write", create: true }, (file) =>
      Riff.withRiff(file, "TEST", {}, () =>
        Riff.withChunk(file, { chunk: "data" }, () =>
          Effect.repeatN(
            Effect.gen(function*() {
              yield* before(file)
              yield* Mmio.writeAll(file, sound.subarray(0, size))
              written = (yield* Mmio.position(file)) - 104
              yield* Riff.updateSizes(file)
              updated = written
            }),
            blocks - 1
          )))))
    return { exit, updated }
  })

const read = (path: string) =>
  Mmio.withFile(path, {}, (file) =>
    Effect.map(Riff.tree(file), ({ chunks, problems }) => ({
      form: chunks[0]?.chunk.id,
      size: chunks[0]?.children.find(({ chunk }) => chunk.id === "data")?.available ?? 0,
      problems: problems.map(({ _tag }) => _tag)
    })))

describe("onto a disk", () => {
  it.scoped("a recording becomes an RF64 as it outgrows 4 GiB", () =>
    Effect.gen(function*() {
      const path = Path.join(yield* tempFolder, "large.wav")
      // Holes, which cost nothing.
      const { exit, updated } = yield* record(path, 5, 1000, (file) => Mmio.seek(file, 2 ** 30 - 1000, "current"))
      assert.strictEqual(exit._tag, "Success")
      assert.strictEqual(updated, 5 * 2 ** 30)
      deepStrictEqual(yield* read(path), { form: FourCC.make("RF64"), size: updated, problems: [] })
    }).pipe(Effect.provide(NodeIOProc.layer)))

  it.scoped.skipIf(!canMount)("that becomes full, it has all that the last update said", () =>
    Effect.gen(function*() {
      const path = Path.join(yield* smallDisk(2 ** 18), "full.wav")
      const { exit, updated } = yield* record(path, 1000, 5000, () => Effect.void)
      assert.strictEqual(exit._tag, "Failure")
      assert.isAbove(updated, 2 ** 17)
      const { problems, size } = yield* read(path)
      assert.isAtLeast(size, updated)
      assert.deepStrictEqual(problems.filter((problem) => problem !== "TrailingBytes"), [])
    }).pipe(Effect.provide(NodeIOProc.layer)))
})
