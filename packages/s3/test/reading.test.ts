/**
 * Reading: one version, few requests, and what is tried again.
 */
import { FileName, IOProc, Mmio, Wave } from "@effect-mmio/core"
import { S3Costs, S3Error } from "@effect-mmio/s3"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Metric, MetricState, Option, Redacted, TestClock } from "effect"
import { account } from "./support/contract.js"
import { verify } from "./support/fake/signature.js"
import { contents, pattern, save, setUp, text, whileTimeGoesBy } from "./support/storage.js"
import { makeWave } from "./support/wav.js"

const large = 5_000_000_000

/** How many bytes the metric has counted. */
const received = Effect.map(Metric.snapshot, (pairs) => {
  const state = pairs.find(({ metricKey }) => metricKey.name === "mmio_s3_received_bytes")?.metricState
  return MetricState.isCounterState(state) ? Number(state.count) : 0
})

describe("one version", () => {
  it.effect("is read as it was opened, or not at all", () =>
    Effect.scoped(Effect.gen(function*() {
      const { storage, store } = yield* setUp({}, { firstRange: 10 })
      store.bucket.put("a", pattern(1000))
      const file = yield* Mmio.openWith(storage, "a", { buffer: "none" })
      assert.deepStrictEqual(yield* Mmio.read(file, 100), pattern(1000).subarray(0, 100))
      store.bucket.put("a", pattern(1000, 9))
      const error = yield* Effect.flip(Mmio.read(file, 100))
      assert.strictEqual(error._tag, "VersionChanged")
      store.bucket.remove("a", 0)
      assert.strictEqual((yield* Effect.flip(Mmio.read(file, 100)))._tag, "VersionChanged")
    })))

  it.effect("is asked for by ranges with its entity tag", () =>
    Effect.gen(function*() {
      const { storage, store } = yield* setUp({}, { firstRange: 100 })
      const { etag } = store.bucket.put("a", pattern(10_000))
      assert.deepStrictEqual(yield* contents(storage, "a"), pattern(10_000))
      const [first, ...later] = store.seen.map(({ request: { headers } }) => headers)
      assert.strictEqual(first?.["range"], "bytes=0-99")
      assert.isNotEmpty(later)
      for (const headers of later) assert.strictEqual(headers["if-match"], `"${etag}"`)
    }))

  it.effect("is signed once for many ranges, and anew each half minute, and for other credentials", () =>
    Effect.scoped(Effect.gen(function*() {
      const other = { ...account, accessKeyId: "another key" }
      const clock = yield* Effect.clock
      let isOther = false
      const { storage, store } = yield* setUp({ account: undefined }, {
        firstRange: 10,
        credentials: () =>
          Effect.sync(() => ({
            accessKeyId: (isOther ? other : account).accessKeyId,
            secretAccessKey: Redacted.make(account.secretAccessKey)
          }))
      })
      store.bucket.put("a", pattern(1000))
      const file = yield* Mmio.openWith(storage, "a", { buffer: "none" })
      const signatures = new Set<string | undefined>()
      const refused: Array<string> = []
      const readSome = Effect.gen(function*() {
        for (let i = 0; i < 5; i++) yield* Mmio.seek(file, 100 * i + 100).pipe(Effect.zipRight(Mmio.read(file, 10)))
        for (const { request } of store.seen.splice(0)) {
          signatures.add(request.headers["authorization"])
          const wrong = verify(isOther ? other : account, request, clock.unsafeCurrentTimeMillis())
          if (wrong !== undefined) refused.push(wrong.code)
        }
      })
      // The request that opened the file had no version to ask for.
      store.seen.splice(0)
      yield* readSome
      assert.strictEqual(signatures.size, 1)
      yield* TestClock.adjust("20 seconds")
      yield* readSome
      assert.strictEqual(signatures.size, 1)
      yield* TestClock.adjust("20 seconds")
      yield* readSome
      assert.strictEqual(signatures.size, 2)
      isOther = true
      yield* readSome
      assert.strictEqual(signatures.size, 3)
      assert.deepStrictEqual(refused, [])
    })))

  it.effect("of a large WAVE file is described by few requests", () =>
    Effect.gen(function*() {
      const { storage, store } = yield* setUp()
      store.bucket.put("large.wav", makeWave(large))
      const info = yield* Effect.scoped(Effect.flatMap(Mmio.openWith(storage, "large.wav"), Wave.info))
      assert.strictEqual(info.tags.find(({ id }) => id === "INAM")?.text, "Title")
      assert.strictEqual(Option.getOrUndefined(info.frames), large / 4)
      assert.isAtMost(store.seen.length, 6)
      assert.deepStrictEqual(store.counts(), { GetObject: store.seen.length })
    }))

  it.effect("has its costs told by the file, and by metrics", () =>
    Effect.scoped(Effect.gen(function*() {
      const { storage, store } = yield* setUp({}, { firstRange: 10 })
      store.bucket.put("a", pattern(1000))
      const before = yield* received
      const file = yield* Mmio.openWith(storage, "a", { buffer: "none" })
      yield* Mmio.read(file, 100)
      const costs = yield* Mmio.sendMessage(file, new S3Costs.GetCosts())
      assert.deepStrictEqual(costs, Option.some({ requests: 2, sent: 0, received: 100, copied: 0 }))
      assert.strictEqual((yield* received) - before, 100)
    })))
})

describe("requests that fail for a while", () => {
  it.effect("are made again, as late as the store asks", () =>
    Effect.gen(function*() {
      const { storage, store } = yield* setUp({})
      store.bucket.put("a", text("hello"))
      const times: Array<number> = []
      store.failing = () => {
        times.push(store.now)
        return times.length < 3
          ? {
            status: 503,
            code: "SlowDown",
            message: "Please reduce your request rate.",
            headers: { "retry-after": "7" }
          }
          : undefined
      }
      assert.deepStrictEqual(yield* whileTimeGoesBy(contents(storage, "a")), text("hello"))
      assert.strictEqual(times.length, 3)
      for (const [i, time] of times.slice(1).entries()) {
        const wait = time - (times[i] ?? 0)
        assert.isTrue(wait >= 7_000 && wait < 20_000, `waited ${wait} ms`)
      }
    }))

  it.effect("are not made again without end, nor where the wait is too long, nor where it cannot help", () =>
    Effect.gen(function*() {
      const trials = [
        ["broken", 3, "NetworkError"],
        [{ status: 500, code: "InternalError", message: "We encountered an internal error." }, 3, "NetworkError"],
        [{ status: 503, code: "SlowDown", message: "", headers: { "retry-after": "61" } }, 1, "NetworkError"],
        [{ status: 403, code: "AccessDenied", message: "Access Denied" }, 1, "AccessDenied"],
        [{ status: 400, code: "InvalidArgument", message: "" }, 1, undefined]
      ] as const
      for (const [failure, requests, tag] of trials) {
        const { storage, store } = yield* setUp({}, { attempts: 3 })
        store.bucket.put("a", text("hello"))
        store.failing = () => failure
        for (const call of [Effect.asVoid(contents(storage, "a")), Effect.asVoid(storage.stat(FileName.plain("a")))]) {
          store.seen.length = 0
          const error = yield* whileTimeGoesBy(Effect.flip(call))
          assert.strictEqual(store.seen.length, requests, JSON.stringify(failure))
          if (tag !== undefined) assert.strictEqual(error._tag, tag)
        }
      }
    }))

  it.effect("that are not answered end after the time that there is", () =>
    Effect.gen(function*() {
      const { storage } = yield* setUp({}, {
        attempts: 1,
        timeout: "2 seconds",
        credentials: () => Effect.never
      })
      const fiber = yield* Effect.fork(Effect.flip(storage.stat(FileName.plain("a"))))
      yield* TestClock.adjust("2 seconds")
      const error = yield* Fiber.join(fiber)
      assert.strictEqual(error._tag, "NetworkError")
      assert.strictEqual(error.errno, "ETIMEDOUT")
    }))
})

describe("refusals", () => {
  it.effect("say what the store says", () =>
    Effect.gen(function*() {
      const { storage, store } = yield* setUp()
      const missing = yield* Effect.flip(contents(storage, "a"))
      assert.strictEqual(missing._tag, "FileNotFound")
      assert.include(missing.message, "The specified key does not exist. (NoSuchKey)")
      const found = Option.getOrThrow(S3Error.find(missing))
      assert.deepInclude({ ...found }, {
        reason: "Refused",
        status: 404,
        errorCode: "NoSuchKey",
        requestId: "0000000000000000"
      })
      assert.isUndefined(missing.errno)
      store.failing = () => ({ status: 404, code: "NoSuchBucket", message: "There is no such bucket" })
      assert.strictEqual((yield* Effect.flip(contents(storage, "a")))._tag, "PathNotFound")
      const moved = {
        status: 301,
        code: "PermanentRedirect",
        message: "",
        headers: { "x-amz-bucket-region": "eu-west-1" }
      }
      store.failing = () => moved
      assert.include((yield* Effect.flip(contents(storage, "a"))).message, "in another region")
      assert.include((yield* Effect.flip(storage.stat(FileName.plain("a")))).message, "in the region eu-west-1")
    }))

  it.effect("of credentials are AccessDenied, and show none of them", () =>
    Effect.gen(function*() {
      const credentials = (accessKeyId: string, secret: string, token?: string) => ({
        accessKeyId,
        secretAccessKey: Redacted.make(secret),
        sessionToken: token === undefined ? undefined : Redacted.make(token)
      })
      for (
        const wrong of [credentials("key", "wrong-secret"), credentials("other", account.secretAccessKey), undefined]
      ) {
        const { storage, store } = yield* setUp({}, { credentials: wrong })
        store.bucket.put("a", text("a"))
        const error = yield* Effect.flip(contents(storage, "a"))
        assert.strictEqual(error._tag, "AccessDenied")
        assert.notInclude(JSON.stringify([error, error.message, String(error.cause)]), "secret")
      }
      // Credentials of a session, which are asked for with each request.
      const session = { ...account, sessionToken: "token/+=" }
      let given = 0
      const { storage, store } = yield* setUp({ account: session }, {
        credentials: () =>
          Effect.sync(() =>
            credentials(session.accessKeyId, session.secretAccessKey, given++ < 2 ? session.sessionToken : "old")
          )
      })
      yield* save(storage, "a", text("a"))
      assert.deepStrictEqual(store.bucket.keys(), ["a"])
      assert.strictEqual(given, 2)
      assert.include((yield* Effect.flip(contents(storage, "a"))).message, "InvalidToken")
    }))

  it.effect("of a clock that is wrong say by how much", () =>
    Effect.gen(function*() {
      for (const [now, words] of [[1_200_000, "20m slow"], [-1_200_000, "20m fast"]] as const) {
        const { storage, store } = yield* setUp({ now: () => now })
        store.bucket.put("a", text("a"))
        const error = yield* Effect.flip(contents(storage, "a"))
        assert.strictEqual(error._tag, "AccessDenied")
        assert.include(error.message, `the clock of this machine is ${words} (RequestTimeTooSkewed)`)
      }
    }))
})

describe("under middleware", () => {
  it.effect("reads ahead, several ranges at once", () =>
    Effect.gen(function*() {
      const { storage, store } = yield* setUp()
      store.bucket.put("a", pattern(500_000))
      const ahead = IOProc.readAhead(storage, { smallest: 16_384, largest: 65_536 })
      assert.deepStrictEqual(
        yield* Effect.scoped(Effect.gen(function*() {
          const file = yield* Mmio.openWith(ahead, "a")
          const parts: Array<Uint8Array> = []
          for (;;) {
            const part = yield* Mmio.read(file, 10_000)
            if (part.length === 0) return Uint8Array.from(Buffer.concat(parts))
            parts.push(part)
          }
        })),
        pattern(500_000)
      )
      assert.isAtMost(store.seen.length, 20)
    }))
})
