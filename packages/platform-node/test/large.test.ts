/** A file beyond 4 GiB on a real disk, of which hardly anything is there. */
import { Mmio, Riff, Wave } from "@effect-mmio/core"
import { assert, describe, it } from "@effect/vitest"
import { deepStrictEqual } from "@effect/vitest/utils"
import { Effect, Option, Stream } from "effect"
import * as NFS from "node:fs"
import * as NodeIOProc from "../src/NodeIOProc.js"
import { isLinux, tempPath, text } from "./helpers.js"

const samples = 5 * 2 ** 30
/** The last frame, which a reader that counts with 32 bits does not find. */
const end = Uint8Array.of(1, 2, 3, 4)

const uint64 = (value: number) => new Uint8Array(new BigUint64Array([BigInt(value)]).buffer)

/** One channel of 32 bits, 8000 times a second. */
const format = Uint8Array.of(1, 0, 1, 0, 64, 31, 0, 0, 0, 125, 0, 0, 4, 0, 32, 0)

/** Writes an RF64, with tags after the samples. Gives how long it is. */
const write = (file: Mmio.ReadWriteHandle) =>
  Effect.gen(function*() {
    yield* Mmio.writeAll(file, Uint8Array.of(...text("RF64"), 255, 255, 255, 255, ...text("WAVE")))
    yield* Riff.withChunk(file, { chunk: "ds64", size: 28 }, () => Mmio.writeAll(file, new Uint8Array(28)))
    yield* Riff.withChunk(file, { chunk: "fmt ", size: 16 }, () => Mmio.writeAll(file, format))
    // never ascended out of: what its header says is what it is to say
    yield* Riff.createChunk(file, { chunk: "data", size: 0xffffffff })
    yield* Mmio.seek(file, samples - end.length, "current")
    yield* Mmio.writeAll(file, end)
    yield* Riff.withChunk(file, { list: "INFO" }, () =>
      Riff.withChunk(file, { chunk: "INAM" }, () =>
        Mmio.writeAll(file, text("Large\0"))))
    const length = yield* Mmio.position(file)
    yield* Mmio.seek(file, 20)
    for (const size of [length - 8, samples, samples / 4]) {
      yield* Mmio.writeAll(file, uint64(size))
    }
    return length
  })

// elsewhere a file written past its end has no hole
describe.runIf(isLinux)("a file of 5 GiB", () => {
  for (const sync of [false, true]) {
    it.scoped(`is written, read and repaired, ${sync ? "synchronously" : "as usual"}`, () =>
      Effect.gen(function*() {
        const path = yield* tempPath()
        const access = { access: "readWrite" } as const
        const length = yield* Mmio.withFile(path, { ...access, create: true }, write)
        const { blocks, size } = NFS.statSync(path)
        assert.strictEqual(size, length)
        assert.isBelow(blocks * 512, 2 ** 20, "it is to be a sparse file")

        yield* Mmio.withFile(path, access, (file) =>
          Effect.gen(function*() {
            deepStrictEqual(yield* Riff.verify(file), [])
            const { data, frames, tags } = yield* Wave.info(file)
            const { available, chunk } = Option.getOrThrow(data)
            deepStrictEqual([chunk.size, available, frames], [samples, samples, Option.some(samples / 4)])
            deepStrictEqual(tags.map(({ text }) => text), ["Large"])
            yield* Mmio.seek(file, chunk.dataOffset + samples - end.length)
            deepStrictEqual(yield* Mmio.read(file, end.length), end)
            const title = yield* Riff.find(file, "RIFF:WAVE / LIST:INFO / INAM")
            assert.isAbove(title.offset, samples)
            const bytes = yield* Stream.runFold(Riff.stream(file, title), 0, (sum, some) => sum + some.length)
            assert.strictEqual(bytes, 6)
          }))

        // cut off in the samples, with no size corrected: as if the recorder had died
        NFS.truncateSync(path, samples)
        yield* Mmio.withFile(path, access, (file) =>
          Effect.gen(function*() {
            deepStrictEqual((yield* Riff.repair(file)).map(({ _tag }) => _tag), [
              "SampleCountCorrected",
              "SizeCorrected",
              "SizeCorrected"
            ])
            deepStrictEqual(yield* Riff.verify(file), [])
            const { data } = yield* Wave.info(file)
            const { chunk } = Option.getOrThrow(data)
            assert.strictEqual(chunk.dataOffset + chunk.size, samples)
          }))
      }).pipe(Effect.provide(NodeIOProc.layerWith({ sync }))))
  }
})
