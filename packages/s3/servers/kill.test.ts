/**
 * Processes that are killed in every phase of a commit: the object is the old one or the new one, and what they leave
 * is found and removed.
 */
import { S3Uploads } from "@effect-mmio/s3"
import { FetchHttpClient } from "@effect/platform"
import { assert, it } from "@effect/vitest"
import { Effect, Redacted } from "effect"
import { build } from "esbuild"
import * as ChildProcess from "node:child_process"
import * as NFS from "node:fs"
import * as OS from "node:os"
import * as Path from "node:path"
import { fileURLToPath } from "node:url"
import { account, bucketOptions } from "../test/support/contract.js"
import { FakeS3 } from "../test/support/fake/s3.js"
import { serve } from "../test/support/fake/server.js"
import { held } from "../test/support/storage.js"

const compiled = Effect.acquireRelease(
  Effect.promise(async () => {
    const folder = NFS.mkdtempSync(Path.join(OS.tmpdir(), "effect-mmio-s3-"))
    const file = Path.join(folder, "kill.mjs")
    await build({
      entryPoints: [fileURLToPath(new URL("kill.ts", import.meta.url))],
      bundle: true,
      platform: "node",
      format: "esm",
      conditions: ["@effect-mmio/source"],
      outfile: file
    })
    return { folder, file }
  }),
  ({ folder }) => Effect.sync(() => NFS.rmSync(folder, { recursive: true }))
)

const old = new Uint8Array(300_000).fill(1)
const edited = old.slice().fill(2, 150_000, 151_000)
const written = new Uint8Array(300_000).fill(2)

it.scopedLive("a process that is killed at any request leaves the old object or the new one", () =>
  Effect.gen(function*() {
    const { file } = yield* compiled
    const outcomes = { old: 0, new: 0, leftovers: 0 }
    for (const [kind, expected] of [["edit", edited], ["write", written], ["small", written]] as const) {
      // Before a request is done, and after it, as its answer is not yet sent.
      for (const isDone of [false, true]) {
        for (let index = 0;; index++) {
          const store = new FakeS3({ account, smallestPart: 16384 })
          store.bucket.put("take.wav", old)
          const url = yield* serve(store)
          const child = ChildProcess.spawn(process.execPath, [file, url, kind], {
            stdio: ["ignore", "ignore", "inherit"]
          })
          let [seen, isKilled] = [0, false]
          store.failing = () => {
            if (isKilled) return "broken"
            if (seen++ < index) return undefined
            isKilled = true
            child.kill("SIGKILL")
            return isDone ? "lost" : "broken"
          }
          const code = yield* Effect.async<number | null>((resume) => {
            child.on("exit", (code) => resume(Effect.succeed(code)))
          })
          const now = held(store, "take.wav") ?? new Uint8Array(0)
          if (!isKilled) {
            assert.strictEqual(code, 0)
            assert.strictEqual(Buffer.compare(now, expected), 0)
            break
          }
          const [isOld, isNew] = [Buffer.compare(now, old) === 0, Buffer.compare(now, expected) === 0]
          assert.isTrue(isOld || isNew, `${kind} at request ${index}`)
          outcomes[isNew ? "new" : "old"]++
          store.failing = () => undefined
          const left = store.bucket.uploads.size
          const aborted = yield* Effect.provide(
            S3Uploads.abortOlder({
              ...bucketOptions,
              endpoint: url,
              credentials: { accessKeyId: account.accessKeyId, secretAccessKey: Redacted.make(account.secretAccessKey) }
            }, { age: 0 }),
            FetchHttpClient.layer
          )
          assert.strictEqual(aborted.length, left)
          assert.strictEqual(store.bucket.uploads.size, 0)
          outcomes.leftovers += left
        }
      }
    }
    console.log(
      `killed: ${outcomes.old} left the old object, ${outcomes.new} the new one, ${outcomes.leftovers} an upload`
    )
    assert.isAbove(outcomes.old, 5)
    assert.isAbove(outcomes.new, 1)
    assert.isAbove(outcomes.leftovers, 3)
  }))
