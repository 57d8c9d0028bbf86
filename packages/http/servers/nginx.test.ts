/**
 * The storage over nginx as Debian has it.
 */
import { Mmio, Wave } from "@effect-mmio/core"
import { HttpIOProc, HttpRangeError } from "@effect-mmio/http"
import { IOProcContract } from "@effect-mmio/testing"
import { FetchHttpClient } from "@effect/platform"
import { assert, it } from "@effect/vitest"
import { Duration, Effect, Layer, Option } from "effect"
import * as NFS from "node:fs"
import * as Path from "node:path"
import { capabilities, middleware } from "../test/support/contract.js"
import { pattern } from "../test/support/server.js"
import { makeWave } from "../test/support/wav.js"
import { layerOn, nginx } from "./nginx.js"

const storage = (options?: HttpIOProc.Options) =>
  layerOn(
    IOProcContract.fixtures,
    ({ url }) => Layer.provide(HttpIOProc.layerWith({ ...options, baseUrl: url }), FetchHttpClient.layer)
  )

IOProcContract.suite("HttpIOProc over nginx", {
  layer: storage({ firstRange: 10 }),
  capabilities,
  patience: "2 minutes"
})

for (const [name, around] of Object.entries(middleware)) {
  IOProcContract.suite(`HttpIOProc over nginx, under ${name}`, {
    layer: storage(),
    around,
    capabilities,
    patience: "2 minutes"
  })
}

const web = Layer.provide(HttpIOProc.layer, FetchHttpClient.layer)
const contents = (url: string) => Effect.scoped(Effect.flatMap(Mmio.open(url), (file) => Mmio.read(file, 1_000_000)))

it.scopedLive("reads text that nginx would compress, uncompressed and by ranges", () =>
  Effect.gen(function*() {
    const text = new TextEncoder().encode("all the same ".repeat(10_000))
    const server = yield* nginx({ "a.txt": text })
    assert.deepStrictEqual(yield* Effect.provide(contents(`${server.url}/a.txt`), web), text)
    assert.isTrue(server.log().every((line) => / 206 /.test(line)), server.log().join("\n"))
  }))

it.scopedLive("reads the facts of a WAVE file of 500 MB in at most 5 requests", () =>
  Effect.gen(function*() {
    const wave = makeWave(500_000_000)
    const server = yield* nginx({})
    const file = Path.join(server.root, "large.wav")
    NFS.writeFileSync(file, wave.bytes(0, 44))
    NFS.truncateSync(file, wave.size - 26)
    NFS.appendFileSync(file, wave.bytes(wave.size - 26, wave.size))
    const info = yield* Effect.scoped(Effect.flatMap(Mmio.open(`${server.url}/large.wav`), Wave.info)).pipe(
      Effect.provide(web)
    )
    assert.strictEqual(info.tags.find(({ id }) => id === "INAM")?.text, "Title")
    const sizes = server.log().map((line) => Number(/ 206 (\d+) /.exec(line)?.[1]))
    assert.isAtMost(sizes.length, 5)
    assert.isAtMost(sizes.reduce((sum, size) => sum + size, 0), 20_000)
  }))

it.scopedLive("notices a file that is replaced, by its entity tag and by its date", () =>
  Effect.gen(function*() {
    const server = yield* nginx({ a: pattern(20_000) })
    const file = Path.join(server.root, "a")
    for (const path of ["a", "dated/a"]) {
      NFS.utimesSync(file, 1_000_000, 1_000_000)
      const error = yield* Effect.scoped(Effect.gen(function*() {
        const handle = yield* Mmio.open(`${server.url}/${path}`)
        NFS.writeFileSync(file, pattern(20_000, 9))
        yield* Mmio.seek(handle, 10_000)
        return yield* Effect.flip(Mmio.read(handle, 10))
      })).pipe(Effect.provide(web))
      assert.strictEqual(error._tag, "VersionChanged")
      assert.match(String(server.log().at(-1)), / 412 /)
    }
  }))

it.scopedLive("follows redirects, and refuses what it cannot read", () =>
  Effect.gen(function*() {
    const bytes = pattern(20_000)
    const server = yield* nginx({ a: bytes, empty: new Uint8Array(0) })
    const open = (path: string) => Effect.flip(Effect.scoped(Mmio.open(`${server.url}/${path}`)))
    yield* Effect.gen(function*() {
      assert.deepStrictEqual(yield* contents(`${server.url}/moved/a`), bytes)
      assert.strictEqual((yield* contents(`${server.url}/empty`)).length, 0)
      assert.strictEqual((yield* open("whole/a"))._tag, "CannotOpen")
      assert.strictEqual((yield* open("unpinned/a"))._tag, "CannotOpen")
      assert.strictEqual((yield* open("missing"))._tag, "FileNotFound")
      assert.strictEqual((yield* open("secret/a"))._tag, "AccessDenied")
      const busy = yield* open("busy/a")
      assert.strictEqual(busy._tag, "NetworkError")
      assert.deepStrictEqual(HttpRangeError.retryAfter(busy), Option.some(Duration.seconds(7)))
    }).pipe(Effect.provide(web))
  }))
