/**
 * Twenty writers of one object, for a thousand rounds, over sockets: one wins each round, and nothing is lost.
 */
import { IOProc, Mmio } from "@effect-mmio/core"
import { S3Conditions, S3IOProc } from "@effect-mmio/s3"
import { FetchHttpClient } from "@effect/platform"
import { assert, it } from "@effect/vitest"
import { Effect } from "effect"
import { account, bucketOptions } from "../test/support/contract.js"
import { FakeS3 } from "../test/support/fake/s3.js"
import { serve } from "../test/support/fake/server.js"
import { held, text } from "../test/support/storage.js"

const rounds = 1000

it.scopedLive("of 20 writers one wins each of 1000 rounds, and nothing is lost", () =>
  Effect.gen(function*() {
    const store = new FakeS3({ account })
    store.bucket.put("log", text("0\n"))
    const endpoint = yield* serve(store)
    const storage = yield* S3IOProc.make({ ...bucketOptions, endpoint, conditions: S3Conditions.all })
    const writer = (id: number) =>
      Effect.provideService(
        Mmio.withFile("log", { access: "readWrite" }, (file) =>
          Effect.gen(function*() {
            const size = yield* Mmio.seek(file, 0, "end")
            yield* Mmio.seek(file, 0)
            const count = Number(new TextDecoder().decode(yield* Mmio.read(file, size)).split("\n", 1)[0])
            yield* Mmio.seek(file, 0)
            // The count, and who counted: each winner adds a line.
            yield* Mmio.writeAll(file, text(`${count + 1}\n`))
            yield* Mmio.seek(file, 8 + 4 * count)
            yield* Mmio.writeAll(file, text(`${String(id).padStart(3)}\n`))
          })),
        IOProc.IOProc,
        storage
      )
    let won = 0
    for (let round = 0; round < rounds; round++) {
      const exits = yield* Effect.forEach(Array.from({ length: 20 }, (_, i) => i), (id) => Effect.either(writer(id)), {
        concurrency: "unbounded"
      })
      store.seen.length = 0
      for (const exit of exits) {
        if (exit._tag === "Right") won++
        else assert.strictEqual(exit.left._tag, "VersionChanged")
      }
      assert.strictEqual(won, round + 1)
    }
    const content = new TextDecoder().decode(held(store, "log"))
    assert.strictEqual(Number(content.split("\n", 1)[0]), rounds)
    assert.strictEqual(content.length, 8 + 4 * rounds)
  }).pipe(Effect.provide(FetchHttpClient.layer)))
