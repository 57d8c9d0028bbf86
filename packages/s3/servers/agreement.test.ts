/**
 * The fake and Ceph's gateway answer the same requests: where both have the semantics of S3, they have to agree; where
 * Ceph 16 has others, they are written down here. The storage runs over both.
 */
import { FileName, Mmio, Wave } from "@effect-mmio/core"
import { S3Conditions, S3IOProc, S3Uploads } from "@effect-mmio/s3"
import { FetchHttpClient } from "@effect/platform"
import { assert, describe, it } from "@effect/vitest"
import { Chunk, Effect, Exit, Layer, Redacted, Scope, Stream } from "effect"
import { afterAll, beforeAll } from "vitest"
import { account, bucketOptions, capabilities } from "../test/support/contract.js"
import { FakeS3 } from "../test/support/fake/s3.js"
import { serve } from "../test/support/fake/server.js"
import { change, contents, pattern, save, text } from "../test/support/storage.js"
import { contract } from "../test/support/suite.js"
import { makeWave } from "../test/support/wav.js"
import { begin, isComplete, round } from "../test/support/writers.js"
import { type Answer, type Ask, asking, type Target } from "./agreement.js"
import { rgw } from "./rgw.js"

const scope = Effect.runSync(Scope.make())
const targets: { fake?: Target; ceph?: Target } = {}

beforeAll(async () => {
  const fake = new FakeS3({ account })
  const url = await Effect.runPromise(Scope.extend(serve(fake), scope))
  targets.fake = { url, bucket: "bucket", ...account }
  const gateway = await Effect.runPromise(Scope.extend(rgw, scope))
  targets.ceph = { bucket: "bucket", region: "us-east-1", ...gateway }
  const made = await asking(targets.ceph)("PUT", "")
  assert.strictEqual(made.status, 200, "the bucket is made")
}, 120_000)
afterAll(() => Effect.runPromise(Scope.close(scope, Exit.void)))

const given = (name: keyof typeof targets): Target => {
  const target = targets[name]
  assert.isDefined(target)
  return target
}

const optionsOf = ({ accessKeyId, bucket, region, secretAccessKey, url: endpoint }: Target) => ({
  bucket,
  region,
  endpoint,
  credentials: { accessKeyId, secretAccessKey: Redacted.make(secretAccessKey) }
})

// ---------------------------------------------------------------------------------------------------------------------
// the wire
// ---------------------------------------------------------------------------------------------------------------------

/** What of an answer has to be the same. */
const shown = ({ body, code, headers, status }: Answer, names: ReadonlyArray<string> = []) => ({
  status,
  code,
  headers: Object.fromEntries(names.map((name) => [name, headers.get(name)])),
  ...(status < 300 && headers.get("content-type") !== "application/xml" && body.length > 0
    ? { body: Buffer.from(body).toString("base64").slice(0, 100), length: body.length }
    : {})
})

const elements = ({ body }: Answer, name: string) =>
  [...new TextDecoder().decode(body).matchAll(new RegExp(`<${name}>([^<]*)</${name}>`, "g"))].map(([, text = ""]) =>
    text.replaceAll("&apos;", "'").replaceAll("&quot;", "\"").replaceAll("&amp;", "&")
  )

const five = 5 * 1024 * 1024

/** An upload of parts of a size, which are completed in this order. */
const completing = async (ask: Ask, numbers: ReadonlyArray<number>, size: number) => {
  const id = elements(await ask("POST", "/rules?uploads="), "UploadId")[0] ?? ""
  const parts: Array<string> = []
  for (const number of numbers) {
    const answer = await ask("PUT", `/rules?partNumber=${number}&uploadId=${id}`, { body: new Uint8Array(size) })
    parts.push(`<Part><PartNumber>${number}</PartNumber><ETag>${answer.headers.get("etag")}</ETag></Part>`)
  }
  const body = `<CompleteMultipartUpload>${parts.join("")}</CompleteMultipartUpload>`
  return [
    shown(await ask("POST", `/rules?uploadId=${id}`, { body })),
    shown(await ask("DELETE", `/rules?uploadId=${id}`)),
    shown(await ask("GET", "/rules"))
  ]
}

/** Each does some requests, and says what of the answers has to be the same. */
const cases: Readonly<Record<string, (ask: Ask) => Promise<ReadonlyArray<unknown>>>> = {
  "objects that are missing": async (ask) => [
    shown(await ask("GET", "/missing")),
    shown(await ask("HEAD", "/missing")),
    shown(await ask("DELETE", "/missing"))
  ],
  "an object, its head, and ranges of it": async (ask) => {
    const results = [
      shown(await ask("PUT", "/range", { body: "hello world", headers: { "x-amz-meta-take": "1" } }), ["etag"])
    ]
    const head = ["etag", "content-length", "x-amz-meta-take"]
    results.push(shown(await ask("GET", "/range"), head), shown(await ask("HEAD", "/range"), head))
    for (const range of ["bytes=0-4", "bytes=6-100", "bytes=10-10", "bytes=11-20", "bytes=500-600"]) {
      results.push(shown(await ask("GET", "/range", { headers: { range } }), ["content-range"]))
    }
    return results
  },
  "an empty object": async (ask) => [
    shown(await ask("PUT", "/empty", { body: "" }), ["etag"]),
    shown(await ask("GET", "/empty"), ["content-length"]),
    shown(await ask("GET", "/empty", { headers: { range: "bytes=0-10" } }))
  ],
  "conditions of reading": async (ask) => {
    const etag = (await ask("PUT", "/if", { body: "a" })).headers.get("etag") ?? ""
    return [
      shown(await ask("GET", "/if", { headers: { "if-match": etag } })),
      shown(await ask("GET", "/if", { headers: { "if-match": "\"00000000000000000000000000000000\"" } })),
      shown(await ask("GET", "/if", { headers: { "if-match": etag, range: "bytes=0-0" } })),
      shown(await ask("HEAD", "/if", { headers: { "if-match": "\"00000000000000000000000000000000\"" } }))
    ]
  },
  "conditions of writing": async (ask) => {
    const results = [
      shown(await ask("PUT", "/new", { body: "a", headers: { "if-none-match": "*" } })),
      shown(await ask("PUT", "/new", { body: "b", headers: { "if-none-match": "*" } })),
      shown(await ask("GET", "/new"))
    ]
    const etag = ((await ask("HEAD", "/new")).headers.get("etag") ?? "").replaceAll("\"", "")
    results.push(
      shown(await ask("PUT", "/new", { body: "c", headers: { "if-match": etag } })),
      shown(await ask("PUT", "/new", { body: "d", headers: { "if-match": etag } })),
      shown(await ask("GET", "/new"))
    )
    return results
  },
  "of ten that create one key, one": async (ask) => {
    const answers = await Promise.all(
      Array.from({ length: 10 }, (_, i) => ask("PUT", "/ten", { body: `${i}`, headers: { "if-none-match": "*" } }))
    )
    return [answers.map(({ status }) => status).toSorted().join(" ")]
  },
  "signatures that are wrong": async (ask) => [
    shown(await ask("GET", "/range", { secret: "wrong" })),
    shown(await ask("GET", "/range", { datetime: "20200101T000000Z" }))
  ],
  "keys of any characters, and listings": async (ask) => {
    const keys = ["list/a b+c%.wav", "list/é&<>'\"", "list/sub/1", "list/sub/2", "list/sub+/3", "list/~!*()"]
    for (const key of keys) {
      await ask("PUT", `/${key.split("/").map(encodeURIComponent).join("/")}`, { body: key })
    }
    const page = await ask("GET", "/?delimiter=%2F&encoding-type=url&list-type=2&prefix=list%2F")
    const first = await ask("GET", "/?encoding-type=url&list-type=2&max-keys=2&prefix=list%2F")
    const token = encodeURIComponent(elements(first, "NextContinuationToken")[0] ?? "")
    const second = await ask(
      "GET",
      `/?continuation-token=${token}&encoding-type=url&list-type=2&max-keys=2&prefix=list%2F`
    )
    const decoded = (answer: Answer, name: string) =>
      elements(answer, name).map((text) => decodeURIComponent((text ?? "").replaceAll("+", " ")))
    return [
      page.status,
      decoded(page, "Key"),
      decoded(page, "Prefix").filter((one) => one !== "list/").toSorted(),
      decoded(first, "Key"),
      elements(first, "IsTruncated"),
      decoded(second, "Key")
    ]
  },
  "copies": async (ask) => {
    await ask("PUT", "/source", { body: "source", headers: { "x-amz-meta-take": "2", "content-type": "audio/wav" } })
    return [
      shown(await ask("PUT", "/copy", { headers: { "x-amz-copy-source": "/bucket/source" } })),
      shown(await ask("GET", "/copy"), ["x-amz-meta-take", "content-type", "etag"]),
      shown(await ask("PUT", "/copy", { headers: { "x-amz-copy-source": "/bucket/missing" } }))
    ]
  },
  "an upload in parts, copied ones among them": async (ask) => {
    const source = pattern(five + 1000)
    await ask("PUT", "/large", { body: source })
    const created = await ask("POST", "/parts?uploads=", { headers: { "x-amz-meta-take": "3" } })
    const id = elements(created, "UploadId")[0] ?? ""
    const open = await ask("GET", "/?encoding-type=url&prefix=parts&uploads=")
    const copied = await ask("PUT", `/parts?partNumber=1&uploadId=${id}`, {
      headers: { "x-amz-copy-source": "/bucket/large", "x-amz-copy-source-range": `bytes=0-${five - 1}` }
    })
    const sent = await ask("PUT", `/parts?partNumber=2&uploadId=${id}`, { body: "tail" })
    const etags = [elements(copied, "ETag")[0] ?? "", sent.headers.get("etag") ?? ""]
    const document = etags.map((etag, i) => `<Part><PartNumber>${i + 1}</PartNumber><ETag>${etag}</ETag></Part>`).join(
      ""
    )
    const completed = await ask("POST", `/parts?uploadId=${id}`, {
      body: `<CompleteMultipartUpload>${document}</CompleteMultipartUpload>`
    })
    const whole = await ask("GET", "/parts")
    return [
      created.status,
      elements(open, "Key"),
      elements(open, "UploadId").length,
      copied.status,
      sent.status,
      completed.status,
      whole.headers.get("content-length"),
      whole.headers.get("x-amz-meta-take"),
      whole.headers.get("etag")?.endsWith("-2\""),
      Buffer.compare(whole.body, Buffer.concat([source.subarray(0, five), text("tail")])),
      shown(await ask("PUT", `/parts?partNumber=3&uploadId=${id}`, { body: "late" }))
    ]
  },
  "parts that are too small": async (ask) => completing(ask, [1, 2], 1000),
  "parts in another order than that of their numbers": async (ask) => completing(ask, [2, 1], five),
  "an upload that is missing": async (ask) => [shown(await ask("DELETE", "/rules?uploadId=none"))],
  "a bucket that is missing": async (ask) => [shown(await ask("GET", "/../nowhere/a"))]
}

/** Where Ceph 16 answers otherwise than AWS documents it. */
const differences: Readonly<Record<string, string>> = {
  "parts in another order than that of their numbers":
    "it puts them in the order of their numbers, where AWS refuses them"
}

describe("the fake and Ceph's gateway agree", () => {
  for (const [name, requests] of Object.entries(cases)) {
    it(`about ${name}`, async (context) => {
      const [fake, ceph] = [await requests(asking(given("fake"))), await requests(asking(given("ceph")))]
      if (differences[name] !== undefined) {
        assert.notDeepEqual(fake, ceph)
        context.skip(differences[name])
      }
      assert.deepStrictEqual(fake, ceph)
    })
  }
})

// ---------------------------------------------------------------------------------------------------------------------
// the storage
// ---------------------------------------------------------------------------------------------------------------------

/** What Ceph 16 honours: see README.md. */
const honoured: S3Conditions.Conditions = { ...S3Conditions.none, create: true, replace: true, quoted: false }

const client = FetchHttpClient.layer
const overCeph = (options: Partial<S3IOProc.Options> = {}) =>
  Layer.unwrapEffect(
    Effect.sync(() => S3IOProc.layer({ ...optionsOf(given("ceph")), conditions: honoured, ...options }))
  ).pipe(
    Layer.provide(client)
  )

describe("over Ceph's gateway", () => {
  it("the probe finds what it honours", () =>
    Effect.runPromise(
      Effect.gen(function*() {
        assert.deepStrictEqual(yield* S3Conditions.probe(optionsOf(given("ceph"))), honoured)
      }).pipe(Effect.provide(client))
    ))

  it("an object in parts is refused, since it would have no condition, and written where that is allowed", () =>
    Effect.runPromise(
      Effect.gen(function*() {
        const bytes = pattern(12_000_000)
        const options = { ...optionsOf(given("ceph")), conditions: honoured, multipartFrom: five }
        const storage = yield* S3IOProc.make({ ...options, partSize: 2 * five })
        const error = yield* Effect.flip(save(storage, "large.bin", bytes))
        assert.strictEqual(error._tag, "CannotWrite")
        assert.isFalse(yield* storage.exists(FileName.plain("large.bin")))
        const allowing = yield* S3IOProc.make({ ...options, allowUnconditional: true })
        yield* save(allowing, "large.bin", bytes)
        assert.strictEqual(Buffer.compare(yield* contents(allowing, "large.bin"), bytes), 0)
        yield* change(allowing, "large.bin", 6_000_000, text("changed"))
        const expected = bytes.slice()
        expected.set(text("changed"), 6_000_000)
        assert.strictEqual(Buffer.compare(yield* contents(allowing, "large.bin"), expected), 0)
        assert.deepStrictEqual(
          Chunk.toReadonlyArray(
            yield* Stream.runCollect(S3Uploads.list(optionsOf(given("ceph")), { prefix: "large.bin" }))
          ),
          []
        )
      }).pipe(Effect.provide(client))
    ))

  it("a WAVE file is described by few requests", () =>
    Effect.runPromise(
      Effect.gen(function*() {
        const wave = makeWave(8_000_000)
        const storage = yield* S3IOProc.make({ ...optionsOf(given("ceph")), conditions: honoured })
        yield* save(storage, "take.wav", wave.bytes(0, wave.size))
        const info = yield* Effect.scoped(Effect.flatMap(Mmio.openWith(storage, "take.wav"), Wave.info))
        assert.strictEqual(info.tags.find(({ id }) => id === "INAM")?.text, "Title")
      }).pipe(Effect.provide(client))
    ))

  it("of 20 writers one wins each round", () =>
    Effect.runPromise(
      Effect.gen(function*() {
        const storage = yield* S3IOProc.make({ ...optionsOf(given("ceph")), conditions: honoured })
        yield* save(storage, "counter", begin)
        for (let i = 0; i < 30; i++) {
          const { failures, won } = yield* round(storage, "counter", 20)
          assert.strictEqual(won, 1, `round ${i}`)
          assert.deepStrictEqual([...failures], ["VersionChanged"])
        }
        assert.isTrue(isComplete(yield* contents(storage, "counter"), 30))
      }).pipe(Effect.provide(client))
    ))

  contract("in the contract of drivers", overCeph({ firstRange: 24 }), {
    without: ["interruption", "faults"],
    // It honours no condition of copies and removals.
    capabilities: { ...capabilities, rename: false }
  })
})

describe("over the fake, by sockets", () => {
  contract(
    "in the contract of drivers",
    Layer.unwrapEffect(
      Effect.sync(() =>
        S3IOProc.layer({ ...bucketOptions, endpoint: given("fake").url, conditions: S3Conditions.all, firstRange: 24 })
      )
    ).pipe(Layer.provide(client)),
    { without: ["interruption", "faults"] }
  )
})
