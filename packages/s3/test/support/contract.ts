/** What the contract of storage drivers is tested on: the storage over a fake, without a network. */
import { MemoryIOProc } from "@effect-mmio/core"
import { S3IOProc } from "@effect-mmio/s3"
import type { IOProcContract } from "@effect-mmio/testing"
import { HttpClient } from "@effect/platform"
import { Effect, Layer, Redacted } from "effect"
import { clientOf } from "./fake/client.js"
import { FakeS3, type Options } from "./fake/s3.js"

export const capabilities: Partial<IOProcContract.Capabilities> = {
  commit: "onClose",
  folders: false,
  makeFolders: false,
  unlinkOpen: false
}

export const account = { accessKeyId: "key", secretAccessKey: "secret/+=", region: "test-1" }

/** How the fake is reached. */
export const bucketOptions = {
  bucket: "bucket",
  region: account.region,
  endpoint: "http://store",
  credentials: { accessKeyId: account.accessKeyId, secretAccessKey: Redacted.make(account.secretAccessKey) }
} as const

/** The storage over a store. */
const layerOver = (store: FakeS3, options: Partial<S3IOProc.Options> = {}) =>
  S3IOProc.layer({ ...bucketOptions, ...options }).pipe(
    Layer.provide(Layer.succeed(HttpClient.HttpClient, clientOf(store)))
  )

/** The same, over a store of its own, without signatures: those take most of the time, and other tests check them. */
export const layerOf = (storeOptions: Options = {}, options: Partial<S3IOProc.Options> = {}) =>
  Layer.unwrapEffect(Effect.sync(() => layerOver(new FakeS3(storeOptions), { credentials: undefined, ...options })))

/** With parts so small that the files of the contract have many, of which those that are unchanged are copied. */
export const small = { multipartFrom: 40, partSize: 32, smallestPart: 16, firstRange: 24, parallel: 3 } as const

/**
 * In parts of which the larger files of the contract have some, and with a spool that is in a storage of its own from
 * the second block on.
 */
export const spooled = (options: Partial<S3IOProc.Options> = {}) =>
  Layer.unwrapEffect(Effect.map(MemoryIOProc.make(), (storage) =>
    layerOf({ smallestPart: 64, isVersioned: true }, {
      multipartFrom: 90,
      partSize: 1024,
      smallestPart: 64,
      firstRange: 24,
      parallel: 3,
      ...options,
      spool: { memory: 65536, storage }
    })))
