/** Archives on a web server. */
import { Mmio } from "@effect-mmio/core"
import { HttpIOProc } from "@effect-mmio/http"
import { ZipIOProc } from "@effect-mmio/zip"
import * as FetchHttpClient from "@effect/platform/FetchHttpClient"
import { expect, it } from "@effect/vitest"
import { Effect, Layer } from "effect"
import { archive, noise } from "./support/archive.js"
import { expectBytes } from "./support/bytes.js"
import { served } from "./support/server.js"

const large = noise(3_000_000)
const songs = archive([
  ...Array.from({ length: 100 }, (_, i) => ({ name: `other ${i}`, bytes: noise(100_000) })),
  { name: "stored", bytes: large },
  { name: "compressed", bytes: large, deflated: true }
])

const storage = (baseUrl: string) =>
  ZipIOProc.layer.pipe(Layer.provide(HttpIOProc.layerWith({ baseUrl })), Layer.provide(FetchHttpClient.layer))

for (const element of ["stored", "compressed"]) {
  it.scopedLive(`a ${element} element on a web server is opened, and read from, in at most 6 requests`, () =>
    Effect.gen(function*() {
      const { baseUrl, requests } = yield* served({ "songs.zip": songs })
      yield* Effect.gen(function*() {
        const file = yield* Mmio.open(`songs.zip+${element}`)
        expectBytes(yield* Mmio.read(file, 64), large.subarray(0, 64))
        expect(requests.length).toBeLessThanOrEqual(5)
        // From further in: a range more.
        yield* Mmio.seek(file, 60_000)
        expectBytes(yield* Mmio.read(file, 64), large.subarray(60_000, 60_064))
        expect(requests.length).toBeLessThanOrEqual(6)
      }).pipe(Effect.scoped, Effect.provide(storage(baseUrl)))
      const count = requests.length
      yield* Effect.gen(function*() {
        const error = yield* Effect.flip(Mmio.open("songs.zip+new", { access: "write", create: true }))
        expect(error._tag).toBe("AccessDenied")
      }).pipe(Effect.scoped, Effect.provide(storage(baseUrl)))
      expect(requests.length).toBeLessThanOrEqual(count + 4)
    }))
}
