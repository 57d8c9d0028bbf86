/**
 * The storage: names, options, failures, and what it costs.
 */
import { FileName, IOProc, MemoryIOProc, Mmio, type MmioError, Wave } from "@effect-mmio/core"
import { HttpIOProc, HttpRangeError } from "@effect-mmio/http"
import {
  FetchHttpClient,
  Headers,
  HttpClient,
  HttpRouter,
  HttpServer,
  HttpServerRequest,
  HttpServerResponse
} from "@effect/platform"
import { NodeHttpServer } from "@effect/platform-node"
import { assert, describe, it, layer } from "@effect/vitest"
import {
  Config,
  ConfigProvider,
  Duration,
  Effect,
  Exit,
  Fiber,
  Inspectable,
  Layer,
  Option,
  Redacted,
  Schedule,
  Stream,
  Tracer
} from "effect"
import * as Http from "node:http"
import { answer, clientOf, type Head, headOf, pattern, resourceOf, serve, type Server } from "./support/server.js"
import { makeWave } from "./support/wav.js"

const bytes = pattern(20_000)
const resource = resourceOf(bytes)

const request = IOProc.openRequest

/** Which URLs a storage asks for when it opens a name; or what it fails with. */
const asked = (options: HttpIOProc.Options, name: string) =>
  Effect.gen(function*() {
    const urls: Array<string> = []
    const inner = clientOf({})
    const client = HttpClient.make((request, url) => {
      urls.push(url.href)
      return inner.execute(request)
    })
    const storage = yield* Effect.provideService(HttpIOProc.make(options), HttpClient.HttpClient, client)
    const error = yield* Effect.flip(storage.open(request(name)))
    if (urls.length === 0) return error._tag
    assert.deepStrictEqual(
      (yield* storage.fullName(FileName.plain(name))).full,
      urls[0],
      "the full name is the URL that is asked for"
    )
    return urls[0]
  })

describe("names", () => {
  const base = "https://example.com/sounds"
  const names: ReadonlyArray<readonly [base: string | undefined, name: string, expected: string]> = [
    [undefined, "https://example.com/a%20b.wav?x=1%2B2#part", "https://example.com/a%20b.wav?x=1%2B2"],
    [undefined, "HTTP://EXAMPLE.com:80/a/../b", "http://example.com/b"],
    [undefined, "a.wav", "CannotOpen"],
    [undefined, "file:///etc/passwd", "CannotOpen"],
    [undefined, "https://", "CannotOpen"],
    [undefined, "https://user:password@example.com/", "CannotOpen"],
    [base, "take 1.wav", "https://example.com/sounds/take%201.wav"],
    [`${base}/`, "/takes//./1.wav", "https://example.com/sounds/takes/1.wav"],
    [base, "100%?#+&é;=@:.wav", "https://example.com/sounds/100%25%3F%23+&%C3%A9;=@:.wav"],
    [base, "takes/../1.wav", "https://example.com/sounds/1.wav"],
    [base, "a\\b", "https://example.com/sounds/a%5Cb"],
    [base, "file:///etc/passwd", "https://example.com/sounds/file:/etc/passwd"],
    [base, "..", "AccessDenied"],
    [base, "takes/../../1.wav", "AccessDenied"],
    [base, "%2e%2e/1.wav", "https://example.com/sounds/%252e%252e/1.wav"],
    [base, "https://example.com/sounds/1.wav?x", "https://example.com/sounds/1.wav?x"],
    [base, "https://example.com/sounds/../secret", "AccessDenied"],
    [base, "https://example.com/sounds/%2e%2e/secret", "AccessDenied"],
    [base, "https://example.com/sounds-of-others/1.wav", "AccessDenied"],
    [base, "https://example.com.evil.org/sounds/", "AccessDenied"],
    [base, "http://example.com/sounds/1.wav", "AccessDenied"],
    [base, "\ud800", "CannotOpen"]
  ]
  it.effect.each(names)("below %s, %s is %s", ([baseUrl, name, expected]) =>
    Effect.gen(function*() {
      assert.strictEqual(yield* asked({ baseUrl }, name), expected)
    }))

  it("knows URLs by how they begin", () => {
    assert.deepStrictEqual(HttpIOProc.prefixes, ["https://", "http://"])
    for (const name of ["https://a/b", "HTTP://a/b"]) assert.isTrue(HttpIOProc.isUrl(name))
    for (const name of ["a", "https:/a", "httpss://a", "ftp://a", " https://a"]) assert.isFalse(HttpIOProc.isUrl(name))
  })
})

describe("options", () => {
  const invalid: ReadonlyArray<HttpIOProc.Options> = [
    { baseUrl: "sounds/" },
    { baseUrl: "ftp://example.com/" },
    { baseUrl: "https://user:password@example.com/" },
    { baseUrl: "https://example.com/?a=b" },
    { firstRange: 0 },
    { firstRange: 2 ** 20 + 1 },
    { firstRange: 1.5 },
    { maxRedirects: -1 },
    { largestWhole: -1 },
    { largestWhole: Number.NaN },
    { headers: { "a b": "c" } },
    { headers: { Range: "bytes=0-1" } },
    { headers: { "x-key": Redacted.make("top\nsecret") } }
  ]
  it.effect("fail where they are invalid, without showing what may be secret", () =>
    Effect.gen(function*() {
      for (const options of invalid) {
        const error = yield* Effect.flip(HttpIOProc.make(options))
        assert.strictEqual(error._tag, "InvalidParameter")
        assert.notInclude(error.message, "secret")
      }
    }).pipe(Effect.provideService(HttpClient.HttpClient, clientOf({}))))

  it.scopedLive("come from the program's Config", () =>
    Effect.gen(function*() {
      const server = yield* serve((request, response) => answer(request, response, resource))
      const storage = HttpIOProc.layerConfig({
        baseUrl: Config.string("URL"),
        headers: Config.all({ authorization: Config.redacted("KEY") }),
        firstRange: Config.integer("FIRST")
      }).pipe(
        Layer.provide([
          FetchHttpClient.layer,
          Layer.setConfigProvider(
            ConfigProvider.fromMap(new Map([["URL", server.url], ["KEY", "secret"], ["FIRST", "10"]]))
          )
        ])
      )
      yield* Effect.scoped(Effect.flatMap(Mmio.open("a"), Mmio.read(5))).pipe(Effect.provide(storage))
      const [seen] = server.seen
      assert.deepStrictEqual([seen?.headers.authorization, seen?.headers.range], ["secret", "bytes=0-9"])
    }))

  it.scopedLive("keep secret headers out of errors and spans", () =>
    Effect.gen(function*() {
      const spans: Array<string> = []
      const tracer = Tracer.make({
        span: (name, parent, context, links, startTime, kind) => {
          const attributes = new Map<string, unknown>()
          return {
            _tag: "Span",
            name,
            spanId: "a",
            traceId: "b",
            parent,
            context,
            links,
            kind,
            sampled: true,
            status: { _tag: "Started", startTime },
            attributes,
            attribute: (key, value) => void spans.push(`${key}=${String(value)}`),
            event: () => {},
            addLinks: () => {},
            end: () => {}
          }
        },
        context: (f) => f()
      })
      const server = yield* serve((_, response) => response.writeHead(500).end())
      const storage = yield* HttpIOProc.make({ headers: { "x-key": Redacted.make("top secret"), "x-plain": "shown" } })
      for (const url of [server.url, "http://127.0.0.1:1"]) {
        const error = yield* Effect.withTracer(
          Effect.flip(storage.open(request(`${url}/a?signature=also+secret`))),
          tracer
        )
        assert.strictEqual(error._tag, "NetworkError")
        assert.notInclude(Inspectable.toStringUnknown(error.cause) + JSON.stringify(error.cause), "secret")
      }
      assert.strictEqual(server.seen[0]?.headers["x-key"], "top secret")
      assert.isTrue(spans.some((attribute) => attribute === "http.request.header.x-plain=shown"))
      assert.isFalse(spans.some((attribute) => attribute.includes("top secret")))
    }).pipe(Effect.provide(FetchHttpClient.layer)))
})

const at = (server: Server, path = "take.wav") => `${server.url}/${path}`

layer(Layer.provideMerge(HttpIOProc.layer, FetchHttpClient.layer), { excludeTestServices: true })(
  "HttpIOProc",
  (it) => {
    it.scoped("says what its files are", () =>
      Effect.gen(function*() {
        const server = yield* serve((request, response) => answer(request, response, resource))
        const storage = yield* IOProc.IOProc
        const file = yield* storage.open(request(`${at(server)}#part`))
        assert.deepStrictEqual(file.capabilities, {
          concurrent: true,
          forwardOnly: false,
          truncate: false,
          commit: "inPlace",
          cancellable: true,
          locks: "none"
        })
        assert.deepStrictEqual([file.version, file.identity], [
          Option.fromNullable(resource.etag),
          Option.some(at(server))
        ])
        yield* file.close
        assert.strictEqual((yield* Effect.flip(file.readAt(0, new Uint8Array(1))))._tag, "CannotRead")
        assert.deepStrictEqual(yield* storage.stat(FileName.plain(at(server))), {
          kind: "file",
          size: Option.some(bytes.length),
          version: Option.fromNullable(resource.etag),
          modified: Option.some(new Date("2026-11-21T07:28:00Z")),
          created: Option.none(),
          identity: Option.none()
        })
      }))

    it.scoped("refuses what would change the server, and to list, without a request", () =>
      Effect.gen(function*() {
        const server = yield* serve((request, response) => answer(request, response, resource))
        const storage = yield* IOProc.IOProc
        const name = FileName.plain(at(server))
        const refused = [
          storage.open(request(name.full, { access: "write" })),
          storage.open(request(name.full, { access: "readWrite", create: "truncate" })),
          storage.open(request(name.full, { access: "readWrite", create: "new" })),
          storage.rename(name, name),
          storage.remove(name),
          storage.tempName({}),
          storage.makeFolder(name),
          storage.removeFolder(name),
          Stream.runDrain(storage.list(name))
        ]
        for (const call of refused) {
          assert.strictEqual((yield* Effect.flip<unknown, { readonly _tag: string }, never>(call))._tag, "AccessDenied")
        }
        assert.strictEqual(server.seen.length, 0)
      }))

    const statuses: ReadonlyArray<readonly [number, open: string, read: string, stat: string]> = [
      [404, "FileNotFound", "VersionChanged", "FileNotFound"],
      [410, "FileNotFound", "VersionChanged", "FileNotFound"],
      [401, "AccessDenied", "CannotRead", "AccessDenied"],
      [451, "AccessDenied", "CannotRead", "AccessDenied"],
      [412, "CannotOpen", "VersionChanged", "CannotRead"],
      [418, "CannotOpen", "CannotRead", "CannotRead"],
      [204, "CannotOpen", "CannotRead", "CannotRead"],
      [429, "NetworkError", "NetworkError", "NetworkError"],
      [500, "NetworkError", "NetworkError", "NetworkError"],
      [503, "NetworkError", "NetworkError", "NetworkError"]
    ]
    it.scoped.each(statuses)(
      "reports %s as %s of open, %s of read and %s of stat",
      ([status, open, read, stat]) =>
        Effect.gen(function*() {
          let isUp = false
          const server = yield* serve((request, response) =>
            isUp ? answer(request, response, resource) : response.writeHead(status, { "retry-after": "3" }).end()
          )
          const storage = yield* IOProc.IOProc
          const name = FileName.plain(at(server))
          const opening = yield* Effect.flip(storage.open(request(name.full)))
          const stating = yield* Effect.flip(storage.stat(name))
          const existing = yield* Effect.either(storage.exists(name))
          isUp = true
          const file = yield* storage.open(request(name.full))
          isUp = false
          const reading = yield* Effect.flip(file.readAt(9000, new Uint8Array(10)))
          assert.deepStrictEqual([opening._tag, reading._tag, stating._tag], [open, read, stat])
          assert.deepStrictEqual(
            existing._tag === "Right" ? existing.right : existing.left._tag,
            stat === "FileNotFound" ? false : stat
          )
          for (const error of [opening, reading, stating]) {
            assert.strictEqual(error.file, name.full)
            assert.instanceOf(error.cause, HttpRangeError.HttpRangeError)
            assert.deepStrictEqual(HttpRangeError.retryAfter(error), Option.some(Duration.seconds(3)))
          }
          assert.strictEqual(reading.position, 9000)
          // Each was asked for once, but for what stat asks for where it takes the answer for a missing HEAD.
          assert.strictEqual(server.seen.length, 5)
        })
    )

    type Misbehaviour = (request: Http.IncomingMessage, response: Http.ServerResponse) => unknown
    const changing = (fields: Head["fields"], status = 206): Misbehaviour => (request, response) =>
      answer(request, response, resource, (head) => ({ ...head, status, fields: { ...head.fields, ...fields } }))
    const misbehaviours: ReadonlyArray<readonly [string, open: string, read: string, Misbehaviour]> = [
      ["503", "read", "read", (_, response) => response.writeHead(503, { "retry-after": "0" }).end()],
      ["429", "read", "read", (_, response) => response.writeHead(429).end()],
      ["a closed connection", "read", "read", (_, response) => response.destroy()],
      ["a broken body", "read", "read", (request, response) => {
        const { fields, status } = headOf(request.headers, resource)
        response.writeHead(status, fields)
        response.write(bytes.subarray(0, 5), () => response.destroy())
      }],
      ["the whole resource", "CannotOpen", "CannotRead", (request, response) => {
        request.headers = {}
        answer(request, response, resource)
      }],
      ["a range elsewhere", "CannotOpen", "CannotRead", changing({ "content-range": "bytes 1-8192/20000" })],
      ["a compressed range", "CannotOpen", "CannotRead", changing({ "content-encoding": "gzip" })],
      ["416", "CannotOpen", "CannotRead", (_, response) => response.writeHead(416).end()],
      ["404", "FileNotFound", "VersionChanged", (_, response) => response.writeHead(404).end()],
      ["403", "AccessDenied", "CannotRead", (_, response) => response.writeHead(403).end()],
      ["another version", "read", "VersionChanged", (request, response) => {
        delete request.headers["if-match"]
        answer(request, response, { ...resource, etag: "\"other\"" })
      }]
    ]
    it.scoped.each(misbehaviours)(
      "under retry, one answer of %s has an open end in %s, and a read in %s",
      ([misbehaviour, open, read, handler]) =>
        Effect.gen(function*() {
          /** Which request is answered so. */
          let bad = 0
          let count = 0
          const server = yield* serve((request, response) =>
            count++ === bad ? handler(request, response) : answer(request, response, resource)
          )
          const name = at(server)
          const storage = IOProc.retry(yield* IOProc.IOProc, { schedule: Schedule.recurs(2) })
          const outcome = <E extends { readonly _tag: string }>(effect: Effect.Effect<unknown, E>) =>
            Effect.match(effect, { onFailure: ({ _tag }) => _tag, onSuccess: () => "read" })
          assert.strictEqual(yield* outcome(storage.open(request(name))), open)
          const isTriedAgain = (what: string) => what === "read" && misbehaviour !== "another version"
          assert.strictEqual(server.seen.length, isTriedAgain(open) ? 2 : 1)

          bad = -1
          const file = yield* storage.open(request(name))
          bad = server.seen.length
          const target = new Uint8Array(100)
          assert.strictEqual(yield* outcome(file.readAt(9000, target)), read)
          assert.strictEqual(server.seen.length, bad + (isTriedAgain(read) ? 2 : 1))
          // a failure is final for its own call only
          bad = -1
          assert.strictEqual(yield* file.readAt(9000, target), 100)
          assert.deepStrictEqual(target, bytes.subarray(9000, 9100))
        })
    )

    it.scoped("opens the first version, and a handle notices the next", () =>
      Effect.gen(function*() {
        let current = resource
        const server = yield* serve((request, response) => answer(request, response, current))
        const file = yield* Mmio.open(at(server))
        assert.deepStrictEqual(yield* Mmio.read(file, 10), bytes.subarray(0, 10))
        current = resourceOf(pattern(20_000, 99))
        yield* Mmio.seek(file, 10_000)
        assert.strictEqual((yield* Effect.flip(Mmio.read(file, 10)))._tag, "VersionChanged")
        assert.strictEqual(yield* Mmio.position(file), 10_000)
        const old = Mmio.open(at(server), { ifVersion: String(resource.etag) })
        assert.strictEqual((yield* Effect.flip(old))._tag, "VersionChanged")
        yield* Mmio.open(at(server), { ifVersion: String(current.etag) })
      }))

    it.scoped("can be interrupted while a server does not answer an open", () =>
      Effect.gen(function*() {
        const server = yield* serve(() => {})
        const fiber = yield* Effect.fork(Effect.scoped(Mmio.open(at(server))))
        while (server.seen.length === 0) yield* Effect.sleep(1)
        assert.isTrue(Exit.isInterrupted(yield* Fiber.interrupt(fiber)))
        yield* server.cancelled(0)
      }))

    it.scoped("reads the facts of a WAVE file of 500 MB in at most 5 requests and 20 kB", () =>
      Effect.gen(function*() {
        const wave = makeWave(500_000_000)
        const server = yield* serve((request, response) => answer(request, response, wave))
        const info = yield* Effect.flatMap(Mmio.open(at(server)), Wave.info)
        assert.strictEqual(info.tags.find(({ id }) => id === "INAM")?.text, "Title")
        assert.strictEqual(info.format.sampleRate, 44_100)
        assert.isAtMost(server.seen.length, 5)
        assert.isAtMost(server.sent(), 20_000)
      }))

    it.scoped("reads a file in sequence under readAhead, in fewer requests", () =>
      Effect.gen(function*() {
        const content = pattern(600_000)
        const large = resourceOf(content)
        const server = yield* serve((request, response) => answer(request, response, large))
        const read = Effect.scoped(Effect.flatMap(Mmio.open(at(server)), (file) => Mmio.read(file, content.length)))
        const all = yield* Effect.scoped(Effect.flatMap(Mmio.open(at(server)), (file) =>
          Effect.map(Stream.runCollect(Mmio.stream(file, { chunkSize: 4096 })), (parts) =>
            Buffer.concat([...parts])))).pipe(
            Effect.provide(IOProc.layerMap(IOProc.readAhead()))
          )
        assert.isTrue(all.equals(content))
        assert.isBelow(server.seen.length, 20)
        assert.deepStrictEqual(yield* read, content)
      }))
  }
)

describe("beside another storage", () => {
  it.scopedLive("serves names that are URLs, and no others", () =>
    Effect.gen(function*() {
      const server = yield* serve((request, response) => answer(request, response, resource))
      const program = Effect.gen(function*() {
        const [web, memory] = [yield* Mmio.open(at(server)), yield* Mmio.open("a.wav")]
        assert.deepStrictEqual(yield* Mmio.read(web, 3), bytes.subarray(0, 3))
        assert.deepStrictEqual(yield* Mmio.read(memory, 3), Uint8Array.of(1, 2, 3))
        yield* Mmio.rename("a.wav", "b.wav")
        assert.isTrue(yield* Mmio.exists("b.wav"))
        assert.isTrue(yield* Mmio.exists(at(server)))
        for (const [from, to] of [["b.wav", at(server)], [at(server), "b.wav"]] as const) {
          assert.strictEqual((yield* Effect.flip(Mmio.rename(from, to)))._tag, "AccessDenied")
        }
        assert.strictEqual((yield* Effect.flip(Mmio.remove(at(server))))._tag, "AccessDenied")
        assert.deepStrictEqual((yield* Mmio.stat(at(server))).size, Option.some(bytes.length))
      })
      yield* program.pipe(
        Effect.scoped,
        Effect.provide(
          HttpIOProc.layerUrls().pipe(
            Layer.provide([MemoryIOProc.layer({ "a.wav": Uint8Array.of(1, 2, 3) }), FetchHttpClient.layer])
          )
        )
      )
    }))
})

describe("the server of @effect/platform", () => {
  /** A route that answers ranges, as a program writes it there. */
  const route = HttpRouter.get(
    "/take.wav",
    Effect.gen(function*() {
      const { headers } = yield* HttpServerRequest.HttpServerRequest
      const etag = String(resource.etag)
      if (headers["if-match"] !== undefined && headers["if-match"] !== etag) {
        return HttpServerResponse.empty({ status: 412 })
      }
      const parts = /^bytes=(\d+)-(\d+)$/.exec(headers["range"] ?? "")
      const [start, end] = parts === null ? [0, bytes.length] : [Number(parts[1]), Number(parts[2]) + 1]
      const body = bytes.subarray(start, end)
      return HttpServerResponse.stream(Stream.make(body), {
        status: parts === null ? 200 : 206,
        headers: Headers.fromInput({
          etag,
          ...(parts === null ? {} : { "content-range": `bytes ${start}-${start + body.length - 1}/${bytes.length}` })
        })
      })
    })
  )

  it.scopedLive("is read by ranges, though it says no length", () =>
    Effect.gen(function*() {
      const address = yield* HttpServer.addressFormattedWith((address) => Effect.succeed(address))
      yield* HttpServer.serveEffect(HttpRouter.toHttpApp(HttpRouter.empty.pipe(route)).pipe(Effect.flatten))
      const url = `${address.replace("0.0.0.0", "127.0.0.1")}/take.wav`
      const read = Effect.gen(function*() {
        const file = yield* Mmio.open(url)
        const content = yield* Mmio.read(file, bytes.length)
        assert.isTrue(yield* Mmio.exists(url))
        const missing: MmioError.MmioError = yield* Effect.flip(Mmio.open(`${url}.missing`))
        assert.strictEqual(missing._tag, "FileNotFound")
        return content
      })
      const content = yield* read.pipe(
        Effect.scoped,
        Effect.provide(Layer.provide(HttpIOProc.layer, FetchHttpClient.layer))
      )
      assert.deepStrictEqual(content, bytes)
    }).pipe(Effect.provide(NodeHttpServer.layer(() => Http.createServer(), { port: 0 }))))
})
