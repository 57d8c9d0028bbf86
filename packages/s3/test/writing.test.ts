/**
 * Writing: an object appears as a whole, under its condition, or not at all.
 */
import { FileName, IOProc, MemoryIOProc, Mmio } from "@effect-mmio/core"
import { S3Conditions, S3Costs, S3Error, S3Uploads } from "@effect-mmio/s3"
import { HttpClient } from "@effect/platform"
import { assert, describe, it } from "@effect/vitest"
import { Chunk, Deferred, Effect, Exit, Fiber, Option, Stream, TestClock } from "effect"
import { bucketOptions, small } from "./support/contract.js"
import { clientOf } from "./support/fake/client.js"
import type { Failure, Seen } from "./support/fake/s3.js"
import { change, contents, held, pattern, save, setUp, text, whileTimeGoesBy } from "./support/storage.js"
import { begin, isComplete, round } from "./support/writers.js"

const inParts = { ...small, firstRange: undefined }

/** Fails the first requests of an operation. */
const failingFirst = (operation: string, failure: Failure, times = 1) => {
  let left = times
  return (seen: Seen) => seen.operation === operation && left-- > 0 ? failure : undefined
}

describe("conditions", () => {
  it.effect("go with every write: that there is no object, or that it is still the one that was opened", () =>
    Effect.gen(function*() {
      const { storage, store } = yield* setUp()
      yield* save(storage, "a", text("one"), "new")
      yield* save(storage, "a", text("two"))
      yield* change(storage, "a", 1, text("x"))
      assert.deepStrictEqual(held(store, "a"), text("txo"))
      const etags = store.bucket.find("a")
      assert.isDefined(etags)
      const puts = store.seen.filter(({ operation }) => operation === "PutObject").map(({ request: { headers } }) => [
        headers["if-none-match"],
        headers["if-match"] === undefined ? undefined : "an entity tag"
      ])
      assert.deepStrictEqual(puts, [["*", undefined], [undefined, "an entity tag"], [undefined, "an entity tag"]])
    }))

  for (
    const [title, options, storeOptions] of [["in one request", {}, {}], ["in parts", inParts, {
      smallestPart: 16
    }]] as const
  ) {
    it.effect(`lose no update of another writer, ${title}`, () =>
      Effect.gen(function*() {
        const { storage, store } = yield* setUp(storeOptions, options)
        for (const create of ["new", true] as const) {
          const error = yield* Effect.flip(Effect.provideService(
            Mmio.withFile("a", { access: "write", create }, (file) =>
              Effect.tap(Mmio.writeAll(file, pattern(100)), () => {
                store.bucket.put("a", text("of another writer"))
              })),
            IOProc.IOProc,
            storage
          ))
          assert.strictEqual(error._tag, "VersionChanged")
          assert.deepStrictEqual(held(store, "a"), text("of another writer"))
          store.bucket.remove("a", 0)
        }
        // One that was removed meanwhile is not created again.
        store.bucket.put("b", pattern(100))
        const error = yield* Effect.flip(Effect.provideService(
          Mmio.withFile("b", { access: "write" }, (file) =>
            Effect.tap(Mmio.writeAll(file, text("x")), () => {
              store.bucket.remove("b", 0)
            })),
          IOProc.IOProc,
          storage
        ))
        assert.strictEqual(error._tag, "VersionChanged")
        assert.deepStrictEqual(store.bucket.keys(), [])
        assert.strictEqual(store.bucket.uploads.size, 0)
      }))
  }

  it.effect("that the store does not honour have commits refused, and nothing written", () =>
    Effect.gen(function*() {
      const trials = [
        ["create", {}, "new"],
        ["replace", {}, true],
        ["completeCreate", inParts, "new"],
        ["completeReplace", inParts, true]
      ] as const
      for (const [lacking, options, create] of trials) {
        const conditions = { ...S3Conditions.all, [lacking]: false }
        const { storage, store } = yield* setUp({ smallestPart: 16, honours: conditions }, { ...options, conditions })
        if (create === true) store.bucket.put("a", text("old"))
        const error = yield* Effect.flip(save(storage, "a", pattern(100), create))
        assert.strictEqual(error._tag, "CannotWrite", lacking)
        assert.include(error.message, "does not honour the condition")
        assert.strictEqual(Option.getOrThrow(S3Error.find(error)).reason, "Unconditional")
        assert.deepStrictEqual(held(store, "a"), create === true ? text("old") : undefined)
        assert.notProperty(store.counts(), "PutObject")
        assert.notProperty(store.counts(), "CompleteMultipartUpload")
        assert.strictEqual(store.bucket.uploads.size, 0)

        const unconditional = yield* setUp({ smallestPart: 16, honours: conditions }, {
          ...options,
          conditions,
          allowUnconditional: true
        })
        if (create === true) unconditional.store.bucket.put("a", text("old"))
        assert.isFalse(unconditional.storage.capabilities.exclusiveCreate)
        yield* save(unconditional.storage, "a", pattern(100), create)
        assert.deepStrictEqual(held(unconditional.store, "a"), pattern(100))
        const changed = yield* Effect.flip(Effect.provideService(
          Mmio.withFile("a", { access: "write" }, (file) =>
            Effect.tap(Mmio.writeAll(file, text("x")), () => {
              unconditional.store.bucket.put("a", pattern(100, 5))
            })),
          IOProc.IOProc,
          unconditional.storage
        ))
        assert.strictEqual(changed._tag, "VersionChanged")
      }
    }))

  it.effect("decide between 20 writers: one wins each round, and nothing is lost", () =>
    Effect.gen(function*() {
      const { storage, store } = yield* setUp()
      store.bucket.put("counter", begin)
      for (let i = 0; i < 5; i++) {
        assert.deepStrictEqual(yield* round(storage, "counter", 20), { won: 1, failures: new Set(["VersionChanged"]) })
      }
      assert.isTrue(isComplete(held(store, "counter") ?? begin, 5))
    }))
})

describe("answers that are lost", () => {
  const lost: ReadonlyArray<readonly [operation: string, options: object]> = [
    ["PutObject", {}],
    ["CompleteMultipartUpload", inParts]
  ]
  for (const [operation, options] of lost) {
    it.effect(`of ${operation} are found to be of what was written`, () =>
      Effect.gen(function*() {
        for (const create of ["new", true] as const) {
          const { storage, store } = yield* setUp({ smallestPart: 16 }, options)
          if (create === true) store.bucket.put("a", text("old"))
          store.failing = failingFirst(operation, "lost")
          yield* whileTimeGoesBy(save(storage, "a", pattern(100), create))
          assert.deepStrictEqual(held(store, "a"), pattern(100))
          assert.strictEqual(store.bucket.uploads.size, 0)
        }
      }))

    it.effect(`of ${operation}, after which another writer was faster, are VersionChanged`, () =>
      Effect.gen(function*() {
        const { storage, store } = yield* setUp({ smallestPart: 16 }, options)
        store.bucket.put("a", text("old"))
        const fail = failingFirst(operation, "lost")
        store.failing = (seen) => {
          const failure = fail(seen)
          if (failure === undefined && seen.operation === operation) store.bucket.put("a", text("of another writer"))
          return failure
        }
        const error = yield* whileTimeGoesBy(Effect.flip(save(storage, "a", pattern(100))))
        assert.strictEqual(error._tag, "VersionChanged")
        assert.deepStrictEqual(held(store, "a"), text("of another writer"))
      }))
  }

  it.effect("of every request in turn leave the old object or the new one, and no upload", () =>
    Effect.gen(function*() {
      const old = pattern(300)
      const changed = old.slice()
      changed.set(text("changed"), 150)
      for (const failure of ["broken", "lost", { status: 500, code: "InternalError", message: "" }] as const) {
        for (let index = 0;; index++) {
          const { storage, store } = yield* setUp({ smallestPart: 16 }, { ...small, attempts: 2 })
          store.bucket.put("a", old)
          // Once: the next attempt succeeds.
          let at = 0
          let failed = ""
          store.failing = ({ operation }) => {
            if (at++ !== index) return undefined
            failed = operation
            return failure
          }
          yield* whileTimeGoesBy(change(storage, "a", 150, text("changed")))
          assert.deepStrictEqual(held(store, "a"), changed)
          // Of an upload whose beginning is not answered, nothing is known.
          const isUnknown = failed === "CreateMultipartUpload" && failure === "lost"
          assert.strictEqual(store.bucket.uploads.size, isUnknown ? 1 : 0, failed)
          if (at <= index) break

          // From there on: it fails, and the object is the old one or the new one.
          const dead = yield* setUp({ smallestPart: 16 }, { ...small, attempts: 2 })
          dead.store.bucket.put("a", old)
          let count = 0
          dead.store.failing = () => count++ >= index ? failure : undefined
          const exit = yield* whileTimeGoesBy(Effect.exit(change(dead.storage, "a", 150, text("changed"))))
          assert.isTrue(Exit.isFailure(exit), `request ${index}`)
          const after = held(dead.store, "a")
          assert.isTrue(
            Buffer.compare(after ?? text(""), old) === 0 || Buffer.compare(after ?? text(""), changed) === 0
          )
          if (failure === "broken") assert.deepStrictEqual(after, old)
        }
      }
    }))

  it.effect("conflicts of writers are tried again", () =>
    Effect.gen(function*() {
      const { storage, store } = yield* setUp()
      store.failing = failingFirst("PutObject", { status: 409, code: "ConditionalRequestConflict", message: "" }, 2)
      yield* whileTimeGoesBy(save(storage, "a", text("a"), "new"))
      assert.deepStrictEqual(held(store, "a"), text("a"))
    }))

  it.effect("an error after the head of an answer is one", () =>
    Effect.gen(function*() {
      const { storage, store } = yield* setUp({ smallestPart: 16 }, { ...inParts, attempts: 2 })
      store.failing = failingFirst("CompleteMultipartUpload", {
        status: 200,
        code: "InternalError",
        message: "try again"
      }, 1)
      yield* whileTimeGoesBy(save(storage, "a", pattern(100), "new"))
      assert.deepStrictEqual(held(store, "a"), pattern(100))
      store.failing = failingFirst(
        "CompleteMultipartUpload",
        { status: 200, code: "InternalError", message: "never" },
        9
      )
      const error = yield* whileTimeGoesBy(Effect.flip(save(storage, "b", pattern(100), "new")))
      assert.strictEqual(error._tag, "NetworkError")
      assert.deepStrictEqual(store.bucket.keys(), ["a"])
    }))
})

describe("uploads in parts", () => {
  it.effect("are aborted where a part fails, and where the writer is interrupted", () =>
    Effect.gen(function*() {
      const { storage, store } = yield* setUp({ smallestPart: 16 }, inParts)
      store.failing = ({ operation, request: { target } }) =>
        operation === "UploadPart" && target.includes("partNumber=3")
          ? { status: 403, code: "AccessDenied", message: "" }
          : undefined
      assert.strictEqual((yield* Effect.flip(save(storage, "a", pattern(200))))._tag, "CannotWrite")
      assert.strictEqual(store.bucket.uploads.size, 0)
      assert.deepStrictEqual(store.bucket.keys(), [])

      const reached = yield* Deferred.make<void>()
      store.failing = ({ operation, request: { target } }) => {
        if (operation === "UploadPart" && target.includes("partNumber=2")) Deferred.unsafeDone(reached, Exit.void)
        return undefined
      }
      const file = yield* storage.open({
        name: FileName.plain("a"),
        access: "write",
        create: "truncate",
        share: "compat",
        code: Option.none(),
        parameters: undefined,
        ifVersion: Option.none(),
        buffered: true
      })
      yield* file.writeAt?.(0, pattern(200), "write") ?? Effect.void
      const fiber = yield* Effect.fork(file.commit)
      yield* Deferred.await(reached)
      assert.isTrue(Exit.isInterrupted(yield* Fiber.interrupt(fiber)))
      assert.strictEqual(store.bucket.uploads.size, 0)
      assert.deepStrictEqual(store.bucket.keys(), [])
      // It goes on, and another commit is one.
      yield* file.close
      assert.deepStrictEqual(held(store, "a"), pattern(200))
    }))

  it.effect("of dead processes are listed, and aborted when they are old enough", () =>
    Effect.gen(function*() {
      let time = 0
      const { store } = yield* setUp({ now: () => time })
      const client = clientOf(store)
      const begin = (key: string) =>
        Effect.sync(() => {
          store.bucket.uploads.set(`id-${key}`, { id: `id-${key}`, key, begun: time, fields: {}, parts: new Map() })
        })
      for (let i = 0; i < 1100; i++) yield* begin(`takes/${i} &.wav`)
      yield* begin("other")
      time = 3_600_000
      yield* TestClock.setTime(time)
      yield* begin("takes/young")
      yield* Effect.gen(function*() {
        const all = Chunk.toReadonlyArray(yield* Stream.runCollect(S3Uploads.list(bucketOptions, { prefix: "takes/" })))
        assert.strictEqual(all.length, 1101)
        assert.deepInclude(all, { key: "takes/7 &.wav", id: "id-takes/7 &.wav", begun: new Date(0) })
        const aborted = yield* S3Uploads.abortOlder(bucketOptions, { age: "1 hour", prefix: "takes/" })
        assert.strictEqual(aborted.length, 1100)
        assert.deepStrictEqual([...store.bucket.uploads.keys()].toSorted(), ["id-other", "id-takes/young"])
        assert.strictEqual((yield* S3Uploads.abortOlder(bucketOptions, { age: "1 hour" })).length, 1)
        assert.strictEqual(
          (yield* Effect.flip(S3Uploads.abortOlder({ ...bucketOptions, bucket: "" }, { age: "1 hour" })))._tag,
          "InvalidParameter"
        )
      }).pipe(Effect.provideService(HttpClient.HttpClient, client))
    }))
})

describe("objects", () => {
  it.effect("that replace others keep what those had beside their content", () =>
    Effect.gen(function*() {
      for (const options of [{}, inParts]) {
        const { storage, store } = yield* setUp({ smallestPart: 16 }, options)
        const fields = {
          "content-type": "audio/wav",
          "cache-control": "no-store",
          "x-amz-storage-class": "STANDARD_IA",
          "x-amz-meta-take": "1",
          "x-amz-tagging": "state=raw&by=A%20%26%20B"
        }
        store.bucket.put("a", pattern(100), { fields })
        yield* change(storage, "a", 0, text("x"))
        yield* save(storage, "a", pattern(120))
        const { "x-amz-meta-mmio-commit": mark, ...kept } = store.bucket.find("a")?.fields ?? {}
        assert.deepStrictEqual(kept, fields)
        assert.match(String(mark), /^[0-9a-f-]{36}$/)
      }
    }))

  it.effect("that are new have the type that the option says", () =>
    Effect.gen(function*() {
      const { storage, store } = yield* setUp({}, {
        contentType: (key) => key.endsWith(".wav") ? "audio/wav" : undefined
      })
      for (const key of ["a.wav", "b"]) yield* save(storage, key, text("x"), "new")
      assert.strictEqual(store.bucket.find("a.wav")?.fields["content-type"], "audio/wav")
      assert.strictEqual(store.bucket.find("b")?.fields["content-type"], "application/octet-stream")
    }))

  it.effect("that are not changed are not written", () =>
    Effect.gen(function*() {
      const { storage, store } = yield* setUp()
      store.bucket.put("a", text("a"))
      yield* Effect.scoped(
        Effect.flatMap(Mmio.openWith(storage, "a", { access: "readWrite" }), (file) => Mmio.read(file, 1))
      )
      assert.deepStrictEqual(store.counts(), { GetObject: 1 })
    }))
})

describe("what is not committed", () => {
  it.effect("is kept in memory up to the limit, and then nowhere", () =>
    Effect.gen(function*() {
      const { storage, store } = yield* setUp({}, { spool: { memory: 128 * 1024 } })
      const error = yield* Effect.flip(save(storage, "a", pattern(128 * 1024 + 1)))
      assert.strictEqual(error._tag, "CannotExpand")
      assert.deepStrictEqual(store.bucket.keys(), [])
      yield* save(storage, "a", pattern(128 * 1024))
    }))

  it.effect("is refused beyond it where the other storage only reads its files", () =>
    Effect.gen(function*() {
      const memory = yield* MemoryIOProc.make()
      const reading = IOProc.mapFile(memory, (file) => ({ ...file, writeAt: undefined }))
      const { storage, store } = yield* setUp({}, { spool: { memory: 65536, storage: reading } })
      const file = yield* storage.open(IOProc.openRequest("a", { access: "write", create: "truncate" }))
      const error = yield* Effect.flip(file.writeAt?.(0, pattern(100_000), "write") ?? Effect.void)
      assert.strictEqual(error._tag, "CannotWrite")
      yield* file.abort
      assert.deepStrictEqual([...store.bucket.keys(), ...(yield* memory.files)], [])
    }))

  it.effect("goes to a file of another storage beyond it, which is removed afterwards", () =>
    Effect.gen(function*() {
      const memory = yield* MemoryIOProc.make()
      const { storage, store } = yield* setUp({ smallestPart: 65536 }, {
        spool: { memory: 65536, storage: memory },
        multipartFrom: 100_000,
        smallestPart: 65536,
        partSize: 131_072
      })
      const during: Array<number> = []
      store.failing = () => {
        during.push(Effect.runSync(memory.files).length)
        return undefined
      }
      const bytes = pattern(1_000_000)
      yield* save(storage, "a", bytes)
      assert.deepStrictEqual(held(store, "a"), bytes)
      assert.strictEqual(during.at(-1), 1)
      assert.deepStrictEqual(yield* memory.files, [])
      // One that fails, too.
      store.failing = ({ operation }) =>
        operation === "UploadPart" ? { status: 403, code: "AccessDenied", message: "" } : undefined
      yield* Effect.flip(save(storage, "b", bytes))
      assert.deepStrictEqual(yield* memory.files, [])
      assert.deepStrictEqual(yield* contents(storage, "a"), bytes)
    }))
})

describe("edits of a large object", () => {
  const size = 5_000_000_000
  const spans: ReadonlyArray<readonly [number, Uint8Array]> = [[2_500_000_000, text("middle")], [0, text("head")]]

  it.effect("copy within the store what is unchanged, under a condition, and send hardly more than what is changed", () =>
    Effect.gen(function*() {
      const { storage, store } = yield* setUp()
      const content = yield* Effect.promise(() => import("./support/wav.js"))
      const wave = content.makeWave(size)
      const { etag } = store.bucket.put("large.wav", wave)
      const costs = yield* Effect.scoped(Effect.gen(function*() {
        const file = yield* Mmio.openWith(storage, "large.wav", { access: "readWrite" })
        for (const [position, bytes] of spans) {
          yield* Mmio.seek(file, position)
          yield* Mmio.writeAll(file, bytes)
        }
        yield* Mmio.commit(file)
        return Option.getOrThrow(yield* Mmio.sendMessage(file, new S3Costs.GetCosts()))
      }))
      const after = store.bucket.find("large.wav")?.content
      assert.strictEqual(after?.size, wave.size)
      for (const [position, bytes] of spans) {
        assert.deepStrictEqual(after?.bytes(position, position + bytes.length), bytes)
      }
      assert.deepStrictEqual(after?.bytes(wave.tagsAt, wave.size), wave.bytes(wave.tagsAt, wave.size))
      assert.deepStrictEqual(after?.bytes(4, 1000), wave.bytes(4, 1000))
      const five = 5 * 1024 ** 2
      assert.strictEqual(costs.sent, 2 * five)
      assert.strictEqual(costs.copied, wave.size - 2 * five)
      assert.isAtMost(costs.received, 2 * five + 2 * 8192)
      assert.isAtMost(costs.requests, 14)
      const copies = store.seen.filter(({ operation }) => operation === "UploadPartCopy")
      for (const { request: { headers } } of copies) {
        assert.strictEqual(headers["x-amz-copy-source-if-match"], `"${etag}"`)
      }
    }))

  it.effect("of which another writer changes the source, fail and leave no upload", () =>
    Effect.gen(function*() {
      const { storage, store } = yield* setUp({ smallestPart: 16 }, small)
      for (const operation of ["UploadPartCopy", "CompleteMultipartUpload"]) {
        store.bucket.put("a", pattern(300))
        store.failing = (seen) => {
          if (seen.operation === operation) store.bucket.put("a", text("of another writer"))
          return undefined
        }
        const error = yield* Effect.flip(change(storage, "a", 150, text("x")))
        assert.strictEqual(error._tag, "VersionChanged", operation)
        assert.deepStrictEqual(held(store, "a"), text("of another writer"))
        assert.strictEqual(store.bucket.uploads.size, 0)
      }
    }))

  it.effect("copy nothing where the store does not pin the source of a copy", () =>
    Effect.gen(function*() {
      const conditions = { ...S3Conditions.all, copySource: false }
      const { storage, store } = yield* setUp({ smallestPart: 16, honours: conditions }, { ...small, conditions })
      store.bucket.put("a", pattern(300))
      yield* change(storage, "a", 150, text("x"))
      const expected = pattern(300)
      expected.set(text("x"), 150)
      assert.deepStrictEqual(held(store, "a"), expected)
      assert.notProperty(store.counts(), "UploadPartCopy")
    }))

  it.effect("keep to parts of one size where the store demands them", () =>
    Effect.gen(function*() {
      const { storage, store } = yield* setUp({ smallestPart: 16, equalParts: true }, { ...small, equalParts: true })
      store.bucket.put("a", pattern(300))
      yield* change(storage, "a", 150, text("x"))
      const expected = pattern(300)
      expected.set(text("x"), 150)
      assert.deepStrictEqual(held(store, "a"), expected)
      assert.strictEqual(store.counts()["UploadPartCopy"], 9)
    }))
})
