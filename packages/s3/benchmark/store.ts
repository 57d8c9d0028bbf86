/** The fake with one large object, as a process of its own: it says its URL, and serves until it is killed. */
import { Effect } from "effect"
import { contentOf } from "../test/support/fake/content.js"
import { FakeS3 } from "../test/support/fake/s3.js"
import { serve } from "../test/support/fake/server.js"

// With the benchmark, however it ends.
process.on("disconnect", () => process.exit())

const store = new FakeS3()
const bytes = new Uint8Array(Number(process.argv[2]))
for (let i = 0; i < bytes.length; i += 1) bytes[i] = i * 7
const content = contentOf(bytes)
// Without a copy: it is only read.
store.bucket.put("large.bin", { ...content, bytes: (start, end) => bytes.subarray(start, end) }, {
  etag: "0123456789abcdef"
})

await Effect.runPromise(Effect.scoped(Effect.gen(function*() {
  const url = yield* serve(store)
  process.send?.(url)
  // What it has seen is not kept.
  return yield* Effect.forever(Effect.delay(Effect.sync(() => store.seen.splice(0)), "1 second"))
})))
