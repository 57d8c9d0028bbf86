/**
 * Names: keys as they are, folders as prefixes, and options.
 */
import { FileName, type IOProc, Mmio } from "@effect-mmio/core"
import { S3Bucket, S3IOProc } from "@effect-mmio/s3"
import { HttpClient } from "@effect/platform"
import { assert, describe, it } from "@effect/vitest"
import {
  Chunk,
  Config,
  ConfigProvider,
  Deferred,
  Effect,
  Either,
  FastCheck as fc,
  Fiber,
  Layer,
  Redacted,
  Stream
} from "effect"
import { account, bucketOptions } from "./support/contract.js"
import { clientOf } from "./support/fake/client.js"
import { FakeS3, type Seen } from "./support/fake/s3.js"
import { contents, held, save, setUp, text, whileTimeGoesBy } from "./support/storage.js"

const listed = (storage: Effect.Effect.Success<ReturnType<typeof S3IOProc.make>>, folder: string) =>
  Effect.map(
    Stream.runCollect(storage.list(FileName.plain(folder))),
    (entries) => Chunk.toReadonlyArray(entries).map(({ kind, name }) => `${kind} ${name}`).toSorted()
  )

describe("keys", () => {
  it("are names as they are, whatever they hold, and are signed as they are sent", () =>
    fc.assert(
      fc.asyncProperty(
        fc.oneof(
          fc.string({
            unit: fc.constantFrom(..."a/+ %?#&=.:;@!$'()*,[]~\\\"<>é𝄞\n\u0001"),
            minLength: 1,
            maxLength: 12
          }),
          fc.string({ unit: "grapheme", minLength: 1, maxLength: 12 })
        ).filter((key) => !/\p{Surrogate}/u.test(key) && !key.split("/").some((one) => one === "." || one === "..")),
        (key) =>
          Effect.runPromise(Effect.gen(function*() {
            const { storage, store } = yield* setUp()
            const bytes = text(key)
            yield* save(storage, `s3://bucket/${key}`, bytes)
            assert.deepStrictEqual(store.bucket.keys(), [key])
            assert.deepStrictEqual(yield* contents(storage, `s3://bucket/${key}`), bytes)
            const folder = key.slice(0, key.lastIndexOf("/") + 1)
            const last = key.slice(folder.length)
            if (last !== "") assert.deepStrictEqual(yield* listed(storage, `s3://bucket/${folder}`), [`file ${last}`])
            const { full } = yield* storage.fullName(FileName.plain(`s3://bucket/${key}`))
            assert.strictEqual(full, `s3://bucket/${key}`)
          }))
      ),
      { numRuns: 60 }
    ))

  it.effect("that cannot be asked for, and those of other buckets, are refused", () =>
    Effect.gen(function*() {
      const { storage, store } = yield* setUp()
      for (const name of ["", "a/../b", "./a", "..", "\ud800", "k".repeat(1025), "s3://bucket", "s3://bucket/"]) {
        const error = yield* Effect.flip(save(storage, name, text("x")))
        assert.strictEqual(error._tag, "CannotOpen", name)
      }
      for (const name of ["s3://other/a", "s3://buckets/a", "s3:///a"]) {
        assert.strictEqual((yield* Effect.flip(save(storage, name, text("x"))))._tag, "AccessDenied", name)
      }
      assert.deepStrictEqual(store.seen, [])
    }))

  it.effect("of the host, where the bucket is in it", () =>
    Effect.gen(function*() {
      const asked: Array<string> = []
      const client = HttpClient.make((request, url) => {
        asked.push(url.href)
        return clientOf(new FakeS3()).execute(request)
      })
      const urls = [
        { bucket: "b", region: "eu-west-1" },
        { bucket: "b.c", region: "eu-west-1" },
        { bucket: "b", region: "auto", endpoint: "https://store:8443/base/" },
        { bucket: "b", region: "auto", endpoint: "https://store", pathStyle: false }
      ].map((options) =>
        Effect.gen(function*() {
          const storage = yield* S3IOProc.make({ ...options, conditions: "probeOnWrite" })
          yield* Effect.flip(storage.stat(FileName.plain("k /é")))
          const [url] = asked.splice(0)
          assert.strictEqual(yield* S3Bucket.url(options, "k /é"), url)
          assert.strictEqual((yield* Effect.flip(S3Bucket.url(options, "../k")))._tag, "InvalidParameter")
          return url
        })
      )
      assert.deepStrictEqual(yield* Effect.provideService(Effect.all(urls), HttpClient.HttpClient, client), [
        "https://b.s3.eu-west-1.amazonaws.com/k%20/%C3%A9",
        "https://s3.eu-west-1.amazonaws.com/b.c/k%20/%C3%A9",
        "https://store:8443/base/b/k%20/%C3%A9",
        "https://b.store/k%20/%C3%A9"
      ])
    }))
})

describe("folders", () => {
  it.effect("are what keys have before a slash", () =>
    Effect.gen(function*() {
      const { storage, store } = yield* setUp()
      for (const key of ["a.wav", "takes/", "takes/1.wav", "takes/2.wav", "takes/old/1.wav", "takes+/x"]) {
        store.bucket.put(key, text(key))
      }
      assert.deepStrictEqual(yield* listed(storage, ""), ["file a.wav", "folder takes", "folder takes+"])
      for (const name of ["takes", "takes/", "s3://bucket/takes"]) {
        assert.deepStrictEqual(yield* listed(storage, name), ["file 1.wav", "file 2.wav", "folder old"], name)
      }
      const kindOf = (name: string) => Effect.map(storage.stat(FileName.plain(name)), ({ kind }) => kind)
      for (const name of ["", "s3://bucket/", "takes", "takes/", "takes/old"]) {
        assert.strictEqual(
          yield* kindOf(name),
          "folder",
          name
        )
      }
      assert.strictEqual(yield* kindOf("takes/1.wav"), "file")
      for (const name of ["take", "takes/3.wav", "nowhere/"]) {
        assert.strictEqual((yield* Effect.flip(kindOf(name)))._tag, "FileNotFound", name)
      }
      assert.isFalse(yield* storage.exists(FileName.plain("takes")))
      assert.strictEqual((yield* Effect.flip(listed(storage, "nowhere")))._tag, "PathNotFound")
      const empty = yield* setUp()
      assert.deepStrictEqual(yield* listed(empty.storage, ""), [])
    }))

  it.effect("have no entry without a name, which would lead to the folder itself again", () =>
    Effect.gen(function*() {
      const { storage, store } = yield* setUp()
      for (const key of ["a//b", "a/", "a/c", "/d"]) store.bucket.put(key, text(key))
      assert.deepStrictEqual(yield* listed(storage, "a"), ["file c"])
      assert.deepStrictEqual(yield* listed(storage, ""), ["folder a"])
      assert.deepStrictEqual(yield* contents(storage, "a//b"), text("a//b"))
    }))

  it.effect("are listed by two readers of one stream at once", () =>
    Effect.gen(function*() {
      const { storage, store } = yield* setUp()
      store.bucket.put("f/a", text(""))
      const entries = storage.list(FileName.plain("f"))
      const [reached, second] = [yield* Deferred.make<void>(), yield* Deferred.make<void>()]
      const waiting = Stream.tap(entries, () =>
        Effect.zipRight(Deferred.succeed(reached, undefined), Deferred.await(second)))
      const first = yield* Effect.fork(Stream.runCount(waiting))
      yield* Deferred.await(reached)
      // It has begun, and has no answer yet.
      const other = yield* Effect.fork(Stream.runCount(entries))
      yield* Effect.yieldNow()
      yield* Deferred.succeed(second, undefined)
      assert.strictEqual(yield* Fiber.join(first), 1)
      assert.strictEqual(yield* Fiber.join(other), 1)
    }))

  it.effect("of many keys are listed page by page, each key once", () =>
    Effect.gen(function*() {
      const { storage, store } = yield* setUp()
      for (let i = 0; i < 2500; i++) store.bucket.put(`f/${i}&<.wav`, text(""))
      const names = yield* listed(storage, "f")
      assert.strictEqual(new Set(names).size, 2500)
      assert.strictEqual(names.length, 2500)
      assert.strictEqual(store.counts()["ListObjectsV2"], 3)
    }))
})

describe("renaming and removing", () => {
  it.effect("renames by a copy and a removal, each of the same version", () =>
    Effect.gen(function*() {
      const { storage, store } = yield* setUp()
      const fields = {
        "content-type": "audio/wav",
        "x-amz-meta-take": "1",
        "x-amz-storage-class": "STANDARD_IA",
        "x-amz-server-side-encryption": "AES256",
        "x-amz-website-redirect-location": "/c"
      }
      store.bucket.put("a", text("a"), { fields })
      yield* storage.rename(FileName.plain("a"), FileName.plain("b"))
      assert.deepStrictEqual(store.bucket.keys(), ["b"])
      assert.deepStrictEqual(store.bucket.find("b")?.fields, fields)
    }))

  describe("where answers to the removal are lost", () => {
    const fromA = ({ operation, request }: Seen) => operation === "DeleteObject" && request.target.endsWith("/a")
    const renamed = (storage: IOProc.IOProc) =>
      whileTimeGoesBy(Effect.either(storage.rename(FileName.plain("a"), FileName.plain("b"))))

    it.effect("keeps the copy: what was copied may be gone", () =>
      Effect.gen(function*() {
        const { storage, store } = yield* setUp()
        store.bucket.put("a", text("a"))
        // The copy could be removed.
        store.failing = (seen) => fromA(seen) ? "lost" : undefined
        assert.isTrue(Either.isRight(yield* renamed(storage)))
        assert.deepStrictEqual(store.bucket.keys(), ["b"])
        assert.deepStrictEqual(held(store, "b"), text("a"))
      }))

    it.effect("takes it for done where the store then refuses the condition, as there is no such object", () =>
      Effect.gen(function*() {
        const { storage, store } = yield* setUp()
        store.bucket.put("a", text("a"))
        let asked = 0
        store.failing = (seen) =>
          !fromA(seen) ? undefined : asked++ === 0 ? "lost" : { status: 412, code: "PreconditionFailed", message: "" }
        assert.isTrue(Either.isRight(yield* renamed(storage)))
        assert.deepStrictEqual(store.bucket.keys(), ["b"])
      }))

    it.effect("keeps both where another program has written to the old name since, or the store does not answer", () =>
      Effect.gen(function*() {
        for (const canTell of [true, false]) {
          const { storage, store } = yield* setUp()
          store.bucket.put("a", text("a"))
          let asked = 0
          store.failing = (seen) => {
            if (asked > 0 && seen.operation === "HeadObject" && !canTell) return "broken"
            if (!fromA(seen)) return undefined
            if (asked++ > 0 && canTell) store.bucket.put("a", text("newer"))
            return "lost"
          }
          const outcome = yield* renamed(storage)
          assert.strictEqual(Either.isLeft(outcome) && outcome.left._tag, "NetworkError")
          assert.deepStrictEqual(held(store, "b"), text("a"))
          assert.deepStrictEqual(held(store, "a"), canTell ? text("newer") : undefined)
        }
      }))

    it.effect("removes the copy where the object is still there", () =>
      Effect.gen(function*() {
        const { storage, store } = yield* setUp()
        store.bucket.put("a", text("a"))
        store.failing = (seen) => fromA(seen) ? "broken" : undefined
        const outcome = yield* renamed(storage)
        assert.strictEqual(Either.isLeft(outcome) && outcome.left._tag, "NetworkError")
        assert.deepStrictEqual(store.bucket.keys(), ["a"])
      }))
  })

  it.effect("keeps what another program wrote under the old name meanwhile, and removes the copy", () =>
    Effect.gen(function*() {
      const { storage, store } = yield* setUp()
      store.bucket.put("a", text("a"))
      store.failing = ({ operation }) => {
        if (operation === "DeleteObject" && store.bucket.find("b") !== undefined) store.bucket.put("a", text("newer"))
        return undefined
      }
      const error = yield* Effect.flip(storage.rename(FileName.plain("a"), FileName.plain("b")))
      assert.strictEqual(error._tag, "FileNotFound")
      assert.deepStrictEqual(held(store, "a"), text("newer"))
      store.failing = () => undefined
      assert.deepStrictEqual(store.bucket.keys(), ["a"])
    }))

  it.effect("is refused where the store honours no condition for it, and nothing is done", () =>
    Effect.gen(function*() {
      for (const lacking of ["copySource", "remove"] as const) {
        const conditions = {
          create: true,
          replace: true,
          completeCreate: true,
          completeReplace: true,
          copySource: true,
          remove: true,
          quoted: true,
          [lacking]: false
        }
        const { storage, store } = yield* setUp({ honours: conditions }, { conditions })
        store.bucket.put("a", text("a"))
        const error = yield* Effect.flip(storage.rename(FileName.plain("a"), FileName.plain("b")))
        assert.strictEqual(error._tag, "CannotWrite")
        assert.deepStrictEqual(store.bucket.keys(), ["a"])
      }
    }))

  it.effect("of a file that a handle has open is a sharing violation", () =>
    Effect.scoped(Effect.gen(function*() {
      const { storage, store } = yield* setUp()
      store.bucket.put("a", text("a"))
      yield* Mmio.openWith(storage, "a")
      for (
        const call of [storage.remove(FileName.plain("a")), storage.rename(FileName.plain("a"), FileName.plain("b"))]
      ) {
        assert.strictEqual((yield* Effect.flip(call))._tag, "SharingViolation")
      }
      assert.deepStrictEqual(store.bucket.keys(), ["a"])
    })))
})

describe("options", () => {
  const invalid: ReadonlyArray<Partial<S3IOProc.Options>> = [
    { bucket: "" },
    { bucket: "a/b" },
    { bucket: ".." },
    { region: "a/b" },
    { endpoint: "store" },
    { endpoint: "ftp://store" },
    { endpoint: "https://user:password@store" },
    { endpoint: "https://store/?a=b" },
    { attempts: 0 },
    { attempts: 1.5 },
    { timeout: 0 },
    { firstRange: 0 },
    { smallestPart: 5 * 1024 ** 2 + 1 },
    { partSize: 10 * 1024 ** 2 - 1 },
    { multipartFrom: -1 },
    { parallel: 65 },
    { spool: { memory: 1 } }
  ]
  it.effect("fail where they are invalid", () =>
    Effect.gen(function*() {
      for (const options of invalid) {
        const error = yield* Effect.flip(setUp({}, options))
        assert.strictEqual(error._tag, "InvalidParameter", JSON.stringify(options))
      }
    }))

  it.effect("come from the program's Config", () =>
    Effect.gen(function*() {
      const store = new FakeS3({ account, now: () => 0 })
      store.bucket.put("a", text("hello"))
      const storage = S3IOProc.layerConfig({
        bucket: Config.string("BUCKET"),
        region: Config.succeed(account.region),
        endpoint: Config.string("ENDPOINT"),
        credentials: Config.all({
          accessKeyId: Config.string("KEY"),
          secretAccessKey: Config.redacted("SECRET")
        }),
        conditions: Config.succeed("probeOnWrite" as const)
      }).pipe(
        Layer.provide(Layer.succeed(HttpClient.HttpClient, clientOf(store))),
        Layer.provide(Layer.setConfigProvider(ConfigProvider.fromMap(
          new Map([
            ["BUCKET", "bucket"],
            ["ENDPOINT", bucketOptions.endpoint],
            ["KEY", account.accessKeyId],
            ["SECRET", Redacted.value(bucketOptions.credentials.secretAccessKey)]
          ])
        )))
      )
      const read = Effect.scoped(Effect.flatMap(Mmio.open("a"), Mmio.read(10)))
      assert.deepStrictEqual(yield* Effect.provide(read, storage), text("hello"))
      assert.strictEqual(store.seen.length, 1, "what only reads writes nothing")
    }))
})
