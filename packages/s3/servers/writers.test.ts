/**
 * Twenty writers of one object, for a thousand rounds, over sockets: one wins each round, and nothing is lost.
 */
import { S3Conditions, S3IOProc } from "@effect-mmio/s3"
import { FetchHttpClient } from "@effect/platform"
import { assert, it } from "@effect/vitest"
import { Effect } from "effect"
import { account, bucketOptions } from "../test/support/contract.js"
import { FakeS3 } from "../test/support/fake/s3.js"
import { serve } from "../test/support/fake/server.js"
import { held } from "../test/support/storage.js"
import { begin, isComplete, round } from "../test/support/writers.js"

const rounds = 1000

it.scopedLive("of 20 writers one wins each of 1000 rounds, and nothing is lost", () =>
  Effect.gen(function*() {
    const store = new FakeS3({ account })
    store.bucket.put("log", begin)
    const endpoint = yield* serve(store)
    const storage = yield* S3IOProc.make({ ...bucketOptions, endpoint, conditions: S3Conditions.all })
    for (let i = 0; i < rounds; i++) {
      const { failures, won } = yield* round(storage, "log", 20)
      store.seen.length = 0
      assert.strictEqual(won, 1, `round ${i}`)
      assert.deepStrictEqual([...failures], ["VersionChanged"])
    }
    assert.isTrue(isComplete(held(store, "log") ?? begin, rounds))
  }).pipe(Effect.provide(FetchHttpClient.layer)))
