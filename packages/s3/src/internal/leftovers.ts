/**
 * The uploads of dead processes.
 */
import type * as MmioError from "@effect-mmio/core/MmioError"
import * as HttpClient from "@effect/platform/HttpClient"
import * as Chunk from "effect/Chunk"
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import type * as Bucket from "../S3Bucket.js"
import type { S3Error } from "../S3Error.js"
import type * as Api from "../S3Uploads.js"
import { make as makeBucket } from "./bucket.js"
import { make as makeClient } from "./client.js"
import { makeTally } from "./costs.js"
import { inLanes } from "./lanes.js"
import { abort, listOpen } from "./uploads.js"

const clientOf = (operation: string, options: Bucket.Options) =>
  Effect.flatMap(
    makeBucket(operation, options),
    (bucket) => Effect.map(HttpClient.HttpClient, (client) => makeClient(bucket, client))
  )

/** @internal */
export const list = (
  bucket: Bucket.Options,
  { prefix = "" }: { readonly prefix?: string | undefined } = {}
): Stream.Stream<Api.Upload, S3Error | MmioError.InvalidParameter, HttpClient.HttpClient> =>
  Stream.unwrap(Effect.map(clientOf("S3Uploads.list", bucket), (client) => listOpen(client, makeTally(), prefix)))

/** @internal */
export const abortOlder = (
  bucket: Bucket.Options,
  { age, prefix = "" }: { readonly age: Duration.DurationInput; readonly prefix?: string | undefined }
): Effect.Effect<ReadonlyArray<Api.Upload>, S3Error | MmioError.InvalidParameter, HttpClient.HttpClient> =>
  Effect.gen(function*() {
    const client = yield* clientOf("S3Uploads.abortOlder", bucket)
    const tally = makeTally()
    const latest = (yield* Clock.currentTimeMillis) - Duration.toMillis(age)
    // All of them first: what is aborted would move the pages of the listing.
    const old = yield* Stream.runCollect(
      Stream.filter(listOpen(client, tally, prefix), ({ begun }) => begun.getTime() <= latest)
    )
    yield* inLanes(Chunk.toReadonlyArray(old), 4, (upload) => abort(client, tally, upload))
    return Chunk.toReadonlyArray(old)
  })
