/**
 * A process that changes or writes an object, for tests that kill it: node kill.js <url> <"edit" | "write" | "small">.
 */
import { FileName, IOProc, Mmio } from "@effect-mmio/core"
import { S3Conditions, S3IOProc } from "@effect-mmio/s3"
import { FetchHttpClient } from "@effect/platform"
import { Effect, Redacted } from "effect"

const [url = "", kind = ""] = process.argv.slice(2)

const program = Effect.gen(function*() {
  const storage = yield* S3IOProc.make({
    bucket: "bucket",
    region: "test-1",
    endpoint: url,
    credentials: { accessKeyId: "key", secretAccessKey: Redacted.make("secret/+=") },
    conditions: S3Conditions.all,
    ...(kind === "small" ? {} : { multipartFrom: 1000, partSize: 65536, smallestPart: 16384, parallel: 2 })
  })
  yield* Effect.provideService(
    Mmio.withFile(
      FileName.plain("take.wav"),
      kind === "edit" ? { access: "readWrite" } : { access: "write", create: true },
      (file) =>
        Effect.gen(function*() {
          if (kind === "edit") yield* Mmio.seek(file, 150_000)
          yield* Mmio.writeAll(file, new Uint8Array(kind === "edit" ? 1000 : 300_000).fill(2))
        })
    ),
    IOProc.IOProc,
    storage
  )
})

await Effect.runPromise(Effect.provide(program, FetchHttpClient.layer))
