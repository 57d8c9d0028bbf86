/** What is kept of an archive on a disk, whose files have no versions. */
import { IOProc, Mmio } from "@effect-mmio/core"
import { NodeIOProc } from "@effect-mmio/platform-node"
import { ZipIOProc } from "@effect-mmio/zip"
import { afterAll, expect, it } from "@effect/vitest"
import { Effect, Layer } from "effect"
import * as fs from "node:fs"
import * as os from "node:os"
import * as path from "node:path"
import { archive, noise } from "../test/support/archive.js"
import { expectBytes } from "../test/support/bytes.js"

const folder = fs.mkdtempSync(path.join(os.tmpdir(), "effect-mmio-zip-"))
afterAll(() => fs.rmSync(folder, { recursive: true }))

it.live("decompression begins at a point that an earlier handle left, until the archive changes", () => {
  const file = path.join(folder, "a.zip")
  const [first, second] = [noise(4_000_000, 1), noise(4_000_000, 2)]
  const write = (bytes: Uint8Array) => {
    fs.writeFileSync(file, archive([{ name: "a", bytes, deflated: true }]))
    // What has just changed is not told from a later change by its time.
    fs.utimesSync(file, new Date(), new Date(Date.now() - 10_000))
  }
  let read = 0
  const counted = IOProc.layerMap(IOProc.mapFile((file) => ({
    ...file,
    readAt: (position, target) =>
      Effect.tap(file.readAt(position, target), (count) =>
        Effect.sync(() => {
          read += count
        }))
  })))
  const readAt = (position: number, bytes: Uint8Array) =>
    Effect.scoped(Effect.gen(function*() {
      read = 0
      const handle = yield* Mmio.open(`${file}+a`, { buffer: "none" })
      yield* Mmio.seek(handle, position)
      expectBytes(yield* Mmio.read(handle, 1000), bytes.subarray(position, position + 1000))
      return read
    }))
  return Effect.gen(function*() {
    write(first)
    const whole = yield* readAt(3_900_000, first)
    expect(yield* readAt(3_900_000, first)).toBeLessThan(whole / 2)
    expect(yield* readAt(2_000_000, first)).toBeLessThan(whole / 2)
    write(second)
    fs.utimesSync(file, new Date(), new Date(Date.now() - 5000))
    yield* readAt(3_900_000, second)
    expect(yield* readAt(2_000_000, second)).toBeLessThan(whole / 2)
  }).pipe(Effect.provide(ZipIOProc.layer.pipe(Layer.provide(counted), Layer.provide(NodeIOProc.layer))))
})
