/**
 * Shows that a runtime runs the library at all: a file is made, read, edited, renamed and listed, and the tags of a
 * WAVE file are read and changed.
 *
 *   deno run -A packages/proofs/build/tools/smoke.js
 *
 * The last line is `N passed, N failed`.
 */
import { FileName, IOProc, MemoryIOProc, Mmio, Riff, RiffEdit, Wave } from "@effect-mmio/core"
import { NodeIOProc } from "@effect-mmio/platform-node"
import { Cause, Chunk, Effect, Exit, type Layer, Stream } from "effect"
import * as NFS from "node:fs"
import * as OS from "node:os"
import * as path from "node:path"

const bytesOf = (text: string) => new TextEncoder().encode(text)
const textOf = (bytes: Uint8Array) => new TextDecoder().decode(bytes)

const expect = (isTrue: boolean, what: string): Effect.Effect<void> => isTrue ? Effect.void : Effect.dieMessage(what)

/** What is tried in a folder of a storage. */
const steps = (folder: string): Readonly<Record<string, Effect.Effect<void, unknown, IOProc.IOProc>>> => {
  const name = (last: string) => folder === "" ? last : path.join(folder, last)
  return {
    "a file is written, flushed and read back": Effect.gen(function*() {
      yield* Mmio.withFile(
        name("a"),
        { access: "write", create: true },
        (file) => Mmio.writeAll(file, bytesOf("hello"))
      )
      const read = yield* Mmio.withFile(name("a"), {}, (file) => Mmio.read(file, 100))
      yield* expect(textOf(read) === "hello", `it reads ${textOf(read)}`)
    }),
    "a missing file is FileNotFound": Effect.gen(function*() {
      const error = yield* Effect.flip(Effect.scoped(Mmio.open(name("missing"))))
      yield* expect(error._tag === "FileNotFound", error._tag)
    }),
    "a file is renamed, listed and removed": Effect.gen(function*() {
      const driver = yield* IOProc.IOProc
      yield* driver.rename(FileName.plain(name("a")), FileName.plain(name("b")))
      const entries = yield* Stream.runCollect(driver.list(FileName.plain(folder === "" ? "/" : folder)))
      const names = Chunk.toReadonlyArray(entries).map((entry) => entry.name)
      yield* expect(names.includes("b") && !names.includes("a"), names.join())
      yield* driver.remove(FileName.plain(name("b")))
      yield* expect(!(yield* driver.exists(FileName.plain(name("b")))), "it exists")
    }),
    "the tags of a WAVE file are changed in place": Effect.gen(function*() {
      yield* Mmio.withFile(
        name("take.wav"),
        { access: "readWrite", create: true },
        (file) =>
          Riff.withChunk(file, { riff: "WAVE" }, () =>
            Effect.gen(function*() {
              yield* Riff.withChunk(
                file,
                { chunk: "fmt " },
                () => Mmio.writeAll(file, Uint8Array.of(1, 0, 1, 0, 0x44, 0xac, 0, 0, 0x88, 0x58, 1, 0, 2, 0, 16, 0))
              )
              yield* Riff.withChunk(file, { chunk: "data" }, () => Mmio.writeAll(file, new Uint8Array(100)))
            }))
      )
      yield* Riff.edit(name("take.wav"), [
        RiffEdit.insert({ last: "RIFF:WAVE" }, { chunk: "iXML", data: bytesOf("<x/>") })
      ])
      const { chunks, frames } = yield* Mmio.withFile(name("take.wav"), {}, (file) =>
        Effect.gen(function*() {
          const info = yield* Wave.info(file)
          yield* Mmio.seek(file, 0)
          const chunks = yield* Stream.runCollect(Riff.chunks(file))
          return { chunks: Chunk.toReadonlyArray(chunks).map(({ id }) => id.trim()), frames: info.frames }
        }))
      yield* expect(JSON.stringify(frames).includes("50"), JSON.stringify(frames))
      yield* expect(chunks.join() === "RIFF,fmt,data,iXML", chunks.join())
    })
  }
}

const folder = NFS.mkdtempSync(path.join(OS.tmpdir(), "effect-mmio-smoke-"))
const storages: ReadonlyArray<readonly [name: string, folder: string, layer: Layer.Layer<IOProc.IOProc, unknown>]> = [
  ["NodeIOProc", folder, NodeIOProc.layerWith({ locks: "process" })],
  ["MemoryIOProc", "", MemoryIOProc.layer()]
]

const tally = { passed: 0, failed: 0 }
try {
  for (const [storage, folder, layer] of storages) {
    const all = Effect.forEach(
      Object.entries(steps(folder)),
      ([step, program]) =>
        Effect.map(Effect.exit(program), (exit) => {
          if (Exit.isSuccess(exit)) tally.passed++
          else {
            tally.failed++
            console.log(`✗ ${storage}: ${step}\n${Cause.pretty(exit.cause)}`)
          }
        })
    )
    await Effect.runPromise(Effect.provide(all, layer))
  }
} finally {
  NFS.rmSync(folder, { recursive: true, force: true })
}
console.log(`${tally.passed} passed, ${tally.failed} failed`)
process.exitCode = tally.failed === 0 ? 0 : 1
