/**
 * The probe finds out what a store honours.
 */
import { S3Conditions, S3IOProc } from "@effect-mmio/s3"
import { HttpClient } from "@effect/platform"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { account, bucketOptions } from "./support/contract.js"
import { clientOf } from "./support/fake/client.js"
import { FakeS3, type Options } from "./support/fake/s3.js"
import { save, setUp, text } from "./support/storage.js"

const probed = (options: Options) =>
  Effect.gen(function*() {
    const store = new FakeS3({ account, now: () => 0, ...options })
    store.bucket.put("kept", text("kept"))
    const conditions = yield* Effect.provideService(
      S3Conditions.probe(bucketOptions),
      HttpClient.HttpClient,
      clientOf(store)
    )
    assert.deepStrictEqual(store.bucket.keys(), ["kept"], "the objects of the probe are removed")
    assert.strictEqual(store.bucket.uploads.size, 0)
    return { conditions, store }
  })

/** As Ceph 16 does, which compares entity tags without quotes where an object is written. */
const ceph: S3Conditions.Conditions = {
  ...S3Conditions.none,
  create: true,
  replace: true,
  quoted: false
}

describe("the probe", () => {
  it.effect("finds each condition that a store honours, and each that it does not", () =>
    Effect.gen(function*() {
      const { conditions, store } = yield* probed({})
      assert.deepStrictEqual(conditions, S3Conditions.all)
      assert.isAtMost(store.seen.length, 70)
      assert.deepStrictEqual((yield* probed({ isVersioned: true })).conditions, S3Conditions.all)
      assert.deepStrictEqual((yield* probed({ honours: ceph })).conditions, ceph)
      assert.deepStrictEqual((yield* probed({ honours: S3Conditions.none })).conditions, S3Conditions.none)
      for (const name of ["create", "replace", "completeCreate", "completeReplace", "copySource", "remove"] as const) {
        const lacking = { ...S3Conditions.all, [name]: false }
        assert.deepStrictEqual((yield* probed({ honours: lacking })).conditions, lacking, name)
      }
    }))

  it.effect("finds a store whose racing writers all win", () =>
    Effect.gen(function*() {
      const store = new FakeS3({ account, now: () => 0 })
      let raced = 0
      store.failing = ({ request: { target } }) => {
        if (target.endsWith("-raced")) {
          raced++
          // As a store does that looks before it locks.
          store.bucket.remove(decodeURIComponent(target.slice("/bucket/".length)), 0)
        }
        return undefined
      }
      const conditions = yield* Effect.provideService(
        S3Conditions.probe(bucketOptions),
        HttpClient.HttpClient,
        clientOf(store)
      )
      assert.isAtLeast(raced, 6)
      assert.deepStrictEqual(conditions, { ...S3Conditions.all, create: false })
    }))

  it.effect("is made as the storage is made, or as it is needed first, and once", () =>
    Effect.gen(function*() {
      const first = yield* setUp({}, { conditions: "probe" })
      const requests = first.store.seen.length
      assert.isAbove(requests, 20)
      yield* save(first.storage, "a", text("a"))
      assert.strictEqual(first.store.seen.length, requests + 2)

      const later = yield* setUp({}, { conditions: "probeOnWrite" })
      assert.strictEqual(later.store.seen.length, 0)
      yield* save(later.storage, "a", text("a"))
      const after = later.store.seen.length
      assert.isAbove(after, 20)
      yield* save(later.storage, "b", text("b"))
      assert.strictEqual(later.store.seen.length, after + 2)
      assert.deepStrictEqual(later.store.bucket.keys(), ["a", "b"])
    }))

  it.effect("that is not permitted fails, and so does what needs it", () =>
    Effect.gen(function*() {
      const denied = { status: 403, code: "AccessDenied", message: "Access Denied" }
      const store = new FakeS3({ account, now: () => 0 })
      store.failing = ({ operation }) => operation === "PutObject" ? denied : undefined
      const make = (conditions: "probe" | "probeOnWrite") =>
        Effect.provideService(S3IOProc.make({ ...bucketOptions, conditions }), HttpClient.HttpClient, clientOf(store))
      const error = yield* Effect.flip(make("probe"))
      assert.strictEqual(error._tag, "S3Error")
      const storage = yield* make("probeOnWrite")
      assert.strictEqual((yield* Effect.flip(save(storage, "a", text("a"))))._tag, "CannotWrite")
    }))
})
