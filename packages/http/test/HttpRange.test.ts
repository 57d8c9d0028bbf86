/**
 * Ranged reads, over servers that do what they should, and over servers that do not.
 */
import { HttpRange, HttpRangeError } from "@effect-mmio/http"
import { Interruption } from "@effect-mmio/testing"
import { FetchHttpClient, HttpClient, HttpClientRequest, HttpClientResponse } from "@effect/platform"
import { NodeHttpClient } from "@effect/platform-node"
import { assert, describe, it, layer } from "@effect/vitest"
import { Clock, Duration, Effect, Exit, FastCheck as fc, Fiber, Layer, Option, TestClock } from "effect"
import type * as Http from "node:http"
import { answer, clientOf, type Handler, headOf, pattern, resourceOf, serve, type Server } from "./support/server.js"

const bytes = pattern(200_000)
const resource = resourceOf(bytes)

/** A server that answers the first request right, as it is opened, and the others otherwise. */
const after = (handler: Handler): Handler => {
  let first = true
  return (request, response) => {
    if (!first) return handler(request, response)
    first = false
    answer(request, response, resource)
  }
}

const open = (server: Server, options?: HttpRange.Options) =>
  HttpRange.open(HttpClientRequest.get(`${server.url}/take.wav`), options)

/** A read past the first bytes. */
const read = (opened: HttpRange.Resource, length = 1000, position = 10_000) => {
  const target = new Uint8Array(length)
  return Effect.map(opened.readAt(position, target), (count) => target.subarray(0, count))
}

const failing = <A>(effect: Effect.Effect<A, HttpRangeError.HttpRangeError, HttpClient.HttpClient>) =>
  Effect.flip(effect)

/** Sends without end, as fast as the other side takes it. */
const endlessly = (response: Http.ServerResponse) => {
  const part = Buffer.alloc(64 * 1024, 1)
  const go = () => {
    while (!response.destroyed) if (!response.write(part)) return void response.once("drain", go)
  }
  go()
}

/** What may be under way on a connection that was closed at once: the buffers of the system and of the client. */
const underWay = 16 * 2 ** 20

layer(FetchHttpClient.layer)("HttpRange", (it) => {
  // -------------------------------------------------------------------------------------------------------------------
  // what a server should do
  // -------------------------------------------------------------------------------------------------------------------

  it.scoped("asks for ranges of the version that it opened, uncompressed", () =>
    Effect.gen(function*() {
      const server = yield* serve((request, response) => answer(request, response, resource))
      const opened = yield* open(server)
      assert.deepStrictEqual(
        [opened.size, opened.version, opened.modified],
        [bytes.length, Option.some(resource.etag), Option.some(new Date("2026-11-21T07:28:00Z"))]
      )
      assert.deepStrictEqual(yield* read(opened), bytes.subarray(10_000, 11_000))
      const seen = server.seen.map(({ headers, method }) => [
        method,
        headers.range,
        headers["if-match"],
        // fetch says it once more
        headers["accept-encoding"]?.toString().split(", ")[0]
      ])
      assert.deepStrictEqual(seen, [
        ["GET", "bytes=0-8191", undefined, "identity"],
        ["GET", "bytes=10000-10999", resource.etag, "identity"]
      ])
    }))

  it.scoped("makes no request for the first bytes, nor for any past the end", () =>
    Effect.gen(function*() {
      const server = yield* serve((request, response) => answer(request, response, resource))
      const opened = yield* open(server, { firstRange: 100 })
      assert.deepStrictEqual(yield* read(opened, 30, 20), bytes.subarray(20, 50))
      // Short, up to the end of the first bytes.
      assert.deepStrictEqual(yield* read(opened, 30, 90), bytes.subarray(90, 100))
      for (const position of [bytes.length, bytes.length + 1, 2 ** 40]) {
        assert.strictEqual((yield* read(opened, 10, position)).length, 0)
      }
      assert.strictEqual(yield* opened.readAt(500, new Uint8Array(0)), 0)
      assert.strictEqual(server.seen.length, 1)
      // And none past the end where a range reaches there.
      assert.deepStrictEqual(yield* read(opened, 1000, bytes.length - 7), bytes.subarray(-7))
      assert.strictEqual(server.seen[1]?.headers.range, `bytes=${bytes.length - 7}-${bytes.length - 1}`)
    }))

  it.scoped("keeps its connections for reads of any size", () =>
    Effect.gen(function*() {
      const server = yield* serve((request, response) => answer(request, response, resource))
      const opened = yield* open(server)
      for (const length of [1, 1000, 65_536, 65_537, 150_000]) {
        assert.deepStrictEqual(yield* read(opened, length), bytes.subarray(10_000, 10_000 + length))
      }
      // fetch makes a second one where the first is not free yet when its body has ended
      assert.isAtMost(server.connections(), 2)
      assert.isFalse(server.seen.some(({ cancelled }) => cancelled))
    }))

  it.effect.prop(
    "reads the bytes of any range",
    [fc.nat(3000), fc.integer({ min: 1, max: 300 }), fc.array(fc.tuple(fc.nat(3300), fc.nat(3300)), { maxLength: 5 })],
    ([size, firstRange, ranges]) =>
      Effect.gen(function*() {
        const content = pattern(size, 5)
        const opened = yield* HttpRange.open(HttpClientRequest.get("http://server/a"), { firstRange })
        assert.strictEqual(opened.size, size)
        for (const [position, length] of ranges) {
          let done = 0
          for (;;) {
            const part = yield* read(opened, length - done, position + done)
            assert.deepStrictEqual(part, content.subarray(position + done, position + done + part.length))
            done += part.length
            if (part.length === 0) break
          }
          assert.strictEqual(done, Math.max(0, Math.min(length, size - position)))
        }
      }).pipe(Effect.provideService(HttpClient.HttpClient, clientOf({ a: resourceOf(pattern(size, 5)) }))),
    { fastCheck: { numRuns: 50 } }
  )

  it.scoped("opens a resource without bytes, whether the server answers 416 or 200", () =>
    Effect.gen(function*() {
      const empty = resourceOf(new Uint8Array(0))
      const etag = Option.fromNullable(empty.etag)
      const says416 = yield* serve((request, response) => answer(request, response, empty))
      const says200 = yield* serve((_, response) =>
        response.writeHead(200, { etag: String(empty.etag), "content-length": "0" }).end()
      )
      // nginx says the version of it to HEAD only.
      const saysToHead = yield* serve((request, response) =>
        answer(request, response, empty, (head) =>
          head.status === 416 ? { ...head, fields: { "content-range": "bytes */0", "content-length": "0" } } : head)
      )
      for (const server of [says416, says200, saysToHead]) {
        const opened = yield* open(server)
        assert.deepStrictEqual([opened.size, opened.version], [0, etag])
        assert.strictEqual((yield* read(opened, 10, 0)).length, 0)
        assert.strictEqual((yield* failing(open(server, { ifVersion: "\"other\"" }))).reason, "VersionChanged")
      }
    }))

  it.scoped("takes the whole of a resource that is no longer than the first range for its range", () =>
    Effect.gen(function*() {
      const server = yield* serve((_, response) =>
        response.writeHead(200, { etag: "\"a\"", "content-length": "1000" }).end(bytes.subarray(0, 1000))
      )
      const opened = yield* open(server)
      assert.deepStrictEqual(yield* read(opened, 5000, 0), bytes.subarray(0, 1000))
      assert.strictEqual((yield* failing(open(server, { firstRange: 999 }))).reason, "NoRanges")
    }))

  it.scoped("takes it also where the server does not say how long it is", () =>
    Effect.gen(function*() {
      for (const length of [0, 1000]) {
        const server = yield* serve((_, response) => {
          response.writeHead(200, { etag: "\"a\"" })
          response.write(bytes.subarray(0, length / 2))
          response.end(bytes.subarray(length / 2, length))
        })
        const opened = yield* open(server, { firstRange: 1000 })
        assert.deepStrictEqual([opened.size, opened.version], [length, Option.some("\"a\"")])
        assert.deepStrictEqual(yield* read(opened, 5000, 0), bytes.subarray(0, length))
        assert.strictEqual((yield* failing(open(server, { ifVersion: "\"b\"" }))).reason, "VersionChanged")
      }
      const longer = yield* serve((_, response) => {
        response.writeHead(200, { etag: "\"a\"" })
        response.end(bytes.subarray(0, 1000))
      })
      assert.strictEqual((yield* failing(open(longer, { firstRange: 999 }))).reason, "NoRanges")
      const broken = yield* serve((_, response) => {
        response.writeHead(200, { etag: "\"a\"" })
        response.write(bytes.subarray(0, 1000), () => response.destroy())
      })
      assert.strictEqual((yield* failing(open(broken))).reason, "Transport")
    }))

  it.scoped("goes on with what a server gives of a range", () =>
    Effect.gen(function*() {
      const server = yield* serve((request, response) =>
        answer(request, response, resource, (head) => {
          const end = Math.min(head.end, head.start + 300)
          const fields = { ...head.fields, "content-range": `bytes ${head.start}-${end - 1}/${bytes.length}` }
          return { ...head, end, fields: { ...fields, "content-length": `${end - head.start}` } }
        })
      )
      const opened = yield* open(server)
      assert.deepStrictEqual(yield* read(opened, 1000, 0), bytes.subarray(0, 300))
      assert.deepStrictEqual(yield* read(opened, 1000, 300), bytes.subarray(300, 600))
    }))

  // -------------------------------------------------------------------------------------------------------------------
  // versions
  // -------------------------------------------------------------------------------------------------------------------

  it.scoped("pins a weak entity tag by the date of the last change, and refuses one without a date", () =>
    Effect.gen(function*() {
      const weak = { ...resource, etag: "W/\"a\"" }
      const server = yield* serve((request, response) => answer(request, response, weak))
      const opened = yield* open(server)
      assert.deepStrictEqual(opened.version, Option.fromNullable(weak.lastModified))
      assert.deepStrictEqual(yield* read(opened), bytes.subarray(10_000, 11_000))
      const { "if-match": ifMatch, "if-unmodified-since": since } = server.seen[1]?.headers ?? {}
      assert.deepStrictEqual([ifMatch, since], [undefined, weak.lastModified])

      for (const etag of ["W/\"a\"", undefined]) {
        const unpinned = yield* serve((request, response) =>
          answer(request, response, { ...resource, etag, lastModified: undefined })
        )
        assert.strictEqual((yield* failing(open(unpinned))).reason, "Unpinned")
        const allowed = yield* open(unpinned, { allowUnpinned: true })
        assert.deepStrictEqual(allowed.version, Option.none())
        assert.deepStrictEqual(yield* read(allowed), bytes.subarray(10_000, 11_000))
      }
    }))

  it.scoped("refuses a Last-Modified that is not a date, where there is no strong entity tag", () =>
    Effect.gen(function*() {
      for (const etag of ["W/\"a\"", undefined]) {
        const undated = { ...resource, etag, lastModified: "yesterday" }
        const server = yield* serve((request, response) => answer(request, response, undated))
        assert.strictEqual((yield* failing(open(server))).reason, "Unpinned")
        const allowed = yield* open(server, { allowUnpinned: true })
        assert.deepStrictEqual([allowed.version, allowed.modified], [Option.none(), Option.none()])
        assert.deepStrictEqual(yield* read(allowed), bytes.subarray(10_000, 11_000))
        assert.isUndefined(server.seen.at(-1)?.headers["if-unmodified-since"])
      }
      const tagged = yield* serve((request, response) =>
        answer(request, response, { ...resource, lastModified: "yesterday" })
      )
      assert.deepStrictEqual((yield* open(tagged)).version, Option.fromNullable(resource.etag))
    }))

  it.scoped("opens the version that is asked for, and no other", () =>
    Effect.gen(function*() {
      const server = yield* serve((request, response) => answer(request, response, resource))
      assert.strictEqual((yield* open(server, { ifVersion: String(resource.etag) })).size, bytes.length)
      assert.strictEqual((yield* failing(open(server, { ifVersion: "\"other\"" }))).reason, "VersionChanged")
    }))

  const other = { ...resource, etag: "\"other\"" }
  const later = { ...resource, etag: undefined, lastModified: "Sat, 21 Nov 2026 07:28:01 GMT" }
  const longer = { ...resource, size: bytes.length - 1 }
  const changes: ReadonlyArray<readonly [string, Handler, (typeof resource)?]> = [
    ["with 412", (request, response) => answer(request, response, other)],
    // without the precondition, as by a server that does not know it
    ["with the range of another entity tag", (request, response) => {
      delete request.headers["if-match"]
      answer(request, response, other)
    }],
    ["with a range without its entity tag", (request, response) => {
      delete request.headers["if-match"]
      answer(request, response, { ...resource, etag: undefined })
    }],
    ["with the whole of another entity tag", (request, response) => {
      request.headers = {}
      answer(request, response, other)
    }],
    ["with the same entity tag and another size", (request, response) => answer(request, response, longer)],
    ["with 416 and another size", (_, response) => response.writeHead(416, { "content-range": "bytes */5" }).end()],
    ["with a later date", (request, response) => {
      delete request.headers["if-unmodified-since"]
      answer(request, response, later)
    }, { ...resource, etag: undefined }]
  ]
  it.scoped.each(changes)(
    "notices a change that the server answers %s",
    ([, handler, first = resource]) =>
      Effect.gen(function*() {
        let isFirst = true
        const server = yield* serve((request, response) => {
          if (isFirst) answer(request, response, first)
          else handler(request, response)
          isFirst = false
        })
        const opened = yield* open(server)
        const target = new Uint8Array(1000)
        const error = yield* failing(opened.readAt(10_000, target))
        assert.strictEqual(error.reason, "VersionChanged")
        assert.deepStrictEqual(target, new Uint8Array(1000))
      })
  )

  // -------------------------------------------------------------------------------------------------------------------
  // what a server should not do
  // -------------------------------------------------------------------------------------------------------------------

  const ranged = (fields: Record<string, string | undefined>, status = 206): Handler => (request, response) => {
    const head = headOf(request.headers, resource)
    for (const [name, value] of Object.entries({ ...head.fields, ...fields })) {
      if (value !== undefined) response.setHeader(name, value)
    }
    response.writeHead(status).flushHeaders()
    // No more than the head: its body must not be waited for.
  }
  const refused: ReadonlyArray<readonly [string, HttpRangeError.Reason, Handler]> = [
    ["the whole resource", "NoRanges", (_, response) => {
      response.writeHead(200, { etag: "\"a\"", "content-length": `${2 ** 40}` })
      endlessly(response)
    }],
    ["the whole resource, without its length", "NoRanges", (_, response) => {
      response.writeHead(200, { etag: "\"a\"" })
      endlessly(response)
    }],
    ["the whole resource, compressed", "InvalidAnswer", (_, response) => {
      response.writeHead(200, { etag: "W/\"a\"", "content-encoding": "gzip", "content-length": "100" })
      endlessly(response)
    }],
    ["a range, compressed", "InvalidAnswer", ranged({ "content-encoding": "br" })],
    ["a range that starts elsewhere", "InvalidAnswer", ranged({ "content-range": "bytes 1-8192/200000" })],
    ["a longer range", "InvalidAnswer", ranged({ "content-range": "bytes 0-8192/200000", "content-length": "8193" })],
    ["a range of an unknown size", "InvalidAnswer", ranged({ "content-range": "bytes 0-8191/*" })],
    ["a range past its own size", "InvalidAnswer", ranged({ "content-range": "bytes 0-8191/8000" })],
    ["a range that ends before it starts", "InvalidAnswer", ranged({ "content-range": "bytes 0--1/200000" })],
    [
      "a range of a size that no number holds",
      "InvalidAnswer",
      ranged({ "content-range": "bytes 0-8191/9007199254740993" })
    ],
    ["a range in another unit", "InvalidAnswer", ranged({ "content-range": "items 0-8191/200000" })],
    ["a range that it does not name", "InvalidAnswer", ranged({ "content-range": undefined })],
    [
      "several ranges",
      "InvalidAnswer",
      ranged({
        "content-range": undefined,
        "content-type": "multipart/byteranges; boundary=a"
      })
    ],
    ["a body of another length", "InvalidAnswer", ranged({ "content-length": "8191" })],
    ["416 for bytes that there should be", "Status", (_, response) => {
      response.writeHead(416, { "content-range": "bytes */1000" }).flushHeaders()
    }],
    ["404, and a page without end", "Status", (_, response) => {
      response.writeHead(404)
      endlessly(response)
    }]
  ]
  it.scoped.each(refused)(
    "refuses an open that is answered with %s, and cancels its body",
    ([, reason, handler]) =>
      Effect.gen(function*() {
        const server = yield* serve(handler)
        assert.strictEqual((yield* failing(open(server))).reason, reason)
        yield* server.cancelled(0)
        assert.isBelow(server.sent(), underWay)
      })
  )

  it.scoped.each(refused.slice(0, -2))(
    "refuses a read that is answered with %s, and cancels its body",
    ([, , handler]) =>
      Effect.gen(function*() {
        const server = yield* serve(after(handler))
        const opened = yield* open(server)
        const target = new Uint8Array(8192)
        const { reason } = yield* failing(opened.readAt(8192, target))
        // Those that say another version say so first.
        assert.include(["NoRanges", "InvalidAnswer", "VersionChanged"], reason)
        assert.deepStrictEqual(target, new Uint8Array(8192))
        yield* server.cancelled(1)
        assert.isBelow(server.sent(), underWay)
      })
  )

  const endless: ReadonlyArray<number> = [1000, 100_000]
  it.scoped.each(endless)(
    "takes the %s bytes of a range out of a body without end, and cancels the rest",
    (length) =>
      Effect.gen(function*() {
        const server = yield* serve(after((request, response) => {
          const { end, fields, start, status } = headOf(request.headers, resource)
          delete fields["content-length"]
          response.writeHead(status, fields)
          response.write(bytes.subarray(start, end))
          endlessly(response)
        }))
        const opened = yield* open(server)
        assert.deepStrictEqual(yield* read(opened, length), bytes.subarray(10_000, 10_000 + length))
        yield* server.cancelled(1)
        assert.isBelow(server.sent(), underWay)
      })
  )

  it.scoped.each(endless)(
    "takes the %s bytes of a range out of a body that goes silent after them, and closes its connection",
    (length) =>
      Effect.gen(function*() {
        const server = yield* serve(after((request, response) => {
          const { end, fields, start, status } = headOf(request.headers, resource)
          delete fields["content-length"]
          response.writeHead(status, fields)
          response.write(bytes.subarray(start, end))
        }))
        const opened = yield* open(server, { timeout: "2 seconds" })
        for (const isInterruptible of [true, false]) {
          const reading = Effect.withClock(read(opened, length), Clock.make())
          assert.deepStrictEqual(
            yield* (isInterruptible ? reading : Effect.uninterruptible(reading)),
            bytes.subarray(10_000, 10_000 + length)
          )
        }
        yield* server.cancelled(1)
        yield* server.cancelled(2)
      })
  )

  const broken: ReadonlyArray<readonly [string, number, Handler]> = [1000, 100_000].flatMap((length) => [
    [`whose connection breaks, of ${length}`, length, (request, response) => {
      const { end, fields, start, status } = headOf(request.headers, resource)
      response.writeHead(status, fields)
      response.write(bytes.subarray(start, end - 500), () => response.destroy())
    }],
    [`without a length that ends too early, of ${length}`, length, (request, response) => {
      const { end, fields, start, status } = headOf(request.headers, resource)
      delete fields["content-length"]
      response.writeHead(status, fields).end(bytes.subarray(start, end - 500))
    }]
  ])
  it.scoped.each(broken)("fails a read by a body %s", ([, length, handler]) =>
    Effect.gen(function*() {
      const server = yield* serve(after(handler))
      const opened = yield* open(server)
      assert.strictEqual((yield* failing(read(opened, length))).reason, "Transport")
    }))

  it.scoped("does not mind how a body without a length ends once the range is complete", () =>
    Effect.gen(function*() {
      const server = yield* serve(after((request, response) => {
        const { end, fields, start, status } = headOf(request.headers, resource)
        delete fields["content-length"]
        response.writeHead(status, fields)
        response.write(bytes.subarray(start, end), () => setImmediate(() => response.destroy()))
      }))
      const opened = yield* open(server)
      assert.deepStrictEqual(yield* read(opened), bytes.subarray(10_000, 11_000))
    }))

  it.scoped("fails where no server listens, with the name of the system", () =>
    Effect.gen(function*() {
      const url = yield* Effect.scoped(Effect.map(serve(() => {}), ({ url }) => url))
      const error = yield* failing(HttpRange.open(HttpClientRequest.get(`${url}/a`)))
      assert.strictEqual(error.reason, "Transport")
      const opening = HttpRangeError.openError(error, { operation: "open", file: "a" })
      assert.deepStrictEqual([opening._tag, opening.errno], ["NetworkError", "ECONNREFUSED"])
    }))

  // -------------------------------------------------------------------------------------------------------------------
  // refusals
  // -------------------------------------------------------------------------------------------------------------------

  const date = "Mon, 30 Nov 2026 00:00:00 GMT"
  const waits: ReadonlyArray<readonly [number, Record<string, string>, Duration.DurationInput | undefined]> = [
    [429, { "retry-after": "7" }, "7 seconds"],
    [503, { "retry-after": "Mon, 30 Nov 2026 00:01:30 GMT", date }, "90 seconds"],
    [503, { "retry-after": "Sun, 29 Nov 2026 00:01:30 GMT", date }, 0],
    [503, { "retry-after": "soon" }, undefined],
    [503, { "retry-after": "-1" }, undefined],
    [500, {}, undefined]
  ]
  it.scoped.each(waits)("reports %s once, with how long to wait", ([status, fields, wait]) =>
    Effect.gen(function*() {
      const server = yield* serve((_, response) => response.writeHead(status, fields).end("busy"))
      const error = yield* failing(open(server))
      assert.deepStrictEqual([error.reason, error.status, server.seen.length], ["Status", status, 1])
      const made = HttpRangeError.openError(error, { operation: "open", file: "a" })
      assert.strictEqual(made._tag, "NetworkError")
      const expected = Option.map(Option.fromNullable(wait), Duration.decode)
      assert.deepStrictEqual(HttpRangeError.retryAfter(made), expected)
      assert.deepStrictEqual(HttpRangeError.retryAfter(error), expected)
    }))

  // -------------------------------------------------------------------------------------------------------------------
  // time
  // -------------------------------------------------------------------------------------------------------------------

  const silent: ReadonlyArray<readonly [string, number, Handler]> = [
    ["with no head", 1000, () => {}],
    ["in the middle of a short body", 1000, (request, response) => {
      const { end, fields, start, status } = headOf(request.headers, resource)
      response.writeHead(status, fields).write(bytes.subarray(start, end - 500))
    }],
    ["in the middle of a long body", 100_000, (request, response) => {
      const { end, fields, start, status } = headOf(request.headers, resource)
      response.writeHead(status, fields).write(bytes.subarray(start, end - 500))
    }]
  ]
  it.scoped.each(silent)(
    "gives up a server that goes silent %s, and closes its connection",
    ([, length, handler]) =>
      Effect.gen(function*() {
        const server = yield* serve(after(handler))
        const opened = yield* open(server)
        const fiber = yield* Effect.fork(failing(read(opened, length)))
        while (server.seen.length < 2) yield* Effect.promise(() => new Promise((resolve) => setTimeout(resolve, 1)))
        // What was sent arrives in real time; the time that the server then takes does not.
        while (Option.isNone(yield* Fiber.poll(fiber))) {
          yield* Effect.promise(() => new Promise((resolve) => setTimeout(resolve, 5)))
          yield* TestClock.adjust("30 seconds")
        }
        assert.strictEqual((yield* Fiber.join(fiber)).reason, "Timeout")
        yield* server.cancelled(1)
      })
  )

  it.scoped.each(silent)(
    "closes the connection of a read that is interrupted %s",
    ([, length, handler]) =>
      Effect.gen(function*() {
        const server = yield* serve(after(handler))
        const opened = yield* open(server)
        const target = new Uint8Array(length)
        const fiber = yield* Effect.fork(opened.readAt(10_000, target))
        while (server.seen.length < 2) yield* Effect.promise(() => new Promise((resolve) => setTimeout(resolve, 1)))
        assert.isTrue(Exit.isInterrupted(yield* Fiber.interrupt(fiber)))
        target.fill(0xee)
        yield* server.cancelled(1)
        assert.isTrue(target.every((byte) => byte === 0xee))
      })
  )

  // -------------------------------------------------------------------------------------------------------------------
  // facts
  // -------------------------------------------------------------------------------------------------------------------

  it.scoped("asks by HEAD what there is, or for one byte where the server knows no HEAD", () =>
    Effect.gen(function*() {
      const stat = (server: Server) => HttpRange.stat(HttpClientRequest.get(`${server.url}/take.wav`))
      const facts = { size: Option.some(bytes.length), version: Option.fromNullable(resource.etag) }
      const right = yield* serve((request, response) => answer(request, response, resource))
      assert.deepInclude(yield* stat(right), facts)
      assert.deepStrictEqual(right.seen.map(({ method }) => method), ["HEAD"])
      for (const status of [400, 403, 405, 501]) {
        const server = yield* serve((request, response) =>
          request.method === "HEAD" ? response.writeHead(status).end() : answer(request, response, resource)
        )
        assert.deepInclude(yield* stat(server), facts)
        assert.deepStrictEqual(server.seen.map(({ headers }) => headers.range), [undefined, "bytes=0-0"])
      }
      // Neither HEAD nor ranges: the body of the whole is cancelled.
      const whole = yield* serve((request, response) => {
        if (request.method === "HEAD") return response.writeHead(405).end()
        response.writeHead(200, { etag: String(resource.etag), "content-length": `${bytes.length}` })
        return endlessly(response)
      })
      assert.deepInclude(yield* stat(whole), facts)
      yield* whole.cancelled(1)
      // Lengths that contradict the resource.
      const chunked = yield* serve((_, response) => response.writeHead(200, { etag: "\"a\"" }).end())
      assert.deepStrictEqual((yield* stat(chunked)).size, Option.none())
      const gzip = yield* serve((_, response) =>
        response.writeHead(200, { "content-encoding": "gzip", "content-length": "10" }).end()
      )
      assert.deepStrictEqual((yield* stat(gzip)).size, Option.none())
      const gone = yield* serve((_, response) => response.writeHead(410).end())
      assert.strictEqual((yield* failing(stat(gone))).status, 410)
    }))
})

/** Clients that leave redirects to their caller, and `fetch`, told to. */
const clients: ReadonlyArray<readonly [string, Layer.Layer<HttpClient.HttpClient>]> = [
  ["fetch", Layer.provide(FetchHttpClient.layer, Layer.succeed(FetchHttpClient.RequestInit, { redirect: "manual" }))],
  ["undici", NodeHttpClient.layerUndici],
  ["node:http", NodeHttpClient.layer]
]

describe.each(clients)("HttpRange by %s", (_, client) => {
  it.scopedLive("reads, cancels what is refused, and reads on", () =>
    Effect.gen(function*() {
      let handler: Handler = (request, response) => answer(request, response, resource)
      const server = yield* serve((request, response) => handler(request, response))
      const opened = yield* open(server)
      const right = handler
      for (const length of [1000, 100_000]) {
        assert.deepStrictEqual(yield* read(opened, length), bytes.subarray(10_000, 10_000 + length))
      }
      handler = (_, response) => {
        response.writeHead(200, { etag: String(resource.etag) })
        endlessly(response)
      }
      assert.strictEqual((yield* failing(read(opened))).reason, "NoRanges")
      yield* server.cancelled(server.seen.length - 1)
      handler = () => {}
      const fiber = yield* Effect.fork(read(opened))
      const before = server.seen.length
      while (server.seen.length === before) yield* Effect.sleep(1)
      yield* Fiber.interrupt(fiber)
      yield* server.cancelled(before)
      handler = right
      assert.deepStrictEqual(yield* read(opened), bytes.subarray(10_000, 11_000))
      assert.isBelow(server.sent(), underWay)
    }).pipe(Effect.provide(client)))

  it.scopedLive("follows redirects, and remembers those that are permanent", () =>
    Effect.gen(function*() {
      const server = yield* serve((request, response) => {
        const next: Record<string, readonly [number, string]> = {
          "/old": [301, "/older?a=b%20c+d"],
          "/older?a=b%20c+d": [308, "new"],
          "/new": [302, "/here#part"]
        }
        const redirect = next[request.url ?? ""]
        if (redirect === undefined) return answer(request, response, resource)
        return response.writeHead(redirect[0], { location: redirect[1] }).end("moved")
      })
      const opened = yield* HttpRange.open(
        HttpClientRequest.get(`${server.url}/old`, { headers: { authorization: "secret" } })
      )
      assert.deepStrictEqual(yield* read(opened), bytes.subarray(10_000, 11_000))
      assert.deepStrictEqual(
        server.seen.map(({ url }) => url),
        ["/old", "/older?a=b%20c+d", "/new", "/here", "/new", "/here"]
      )
      assert.isTrue(server.seen.every(({ headers }) => headers.authorization === "secret"))
    }).pipe(Effect.provide(client)))

  it.scopedLive("does not send its headers to another origin", () =>
    Effect.gen(function*() {
      const there = yield* serve((request, response) => answer(request, response, resource))
      const here = yield* serve((_, response) => response.writeHead(301, { location: `${there.url}/a` }).end())
      const opened = yield* HttpRange.open(
        HttpClientRequest.get(`${here.url}/a`, { headers: { "x-key": "secret" } })
      )
      yield* read(opened)
      assert.deepStrictEqual(here.seen.map(({ headers }) => headers["x-key"]), ["secret"])
      assert.deepStrictEqual(
        there.seen.map(({ headers }) => [headers["x-key"], headers.range]),
        [[undefined, "bytes=0-8191"], [undefined, "bytes=10000-10999"]]
      )
    }).pipe(Effect.provide(client)))

  const nowhere: ReadonlyArray<readonly [string, number, Record<string, string>]> = [
    ["in a circle", 6, { location: "/a" }],
    ["to no place", 1, {}],
    ["to a file", 1, { location: "file:///etc/passwd" }],
    ["to what is no URL", 1, { location: "http://[" }]
  ]
  it.scopedLive.each(nowhere)("refuses a redirect %s", ([, requests, fields]) =>
    Effect.gen(function*() {
      const server = yield* serve((_, response) => response.writeHead(302, fields).end())
      assert.strictEqual((yield* failing(open(server))).reason, "Redirect")
      assert.strictEqual(server.seen.length, requests)
    }).pipe(Effect.provide(client)))
})

describe("HttpRange without a network", () => {
  it.effect("follows no redirect from https to http", () =>
    Effect.gen(function*() {
      const urls: Array<string> = []
      const client = HttpClient.make((request, url) => {
        urls.push(url.href)
        return Effect.succeed(HttpClientResponse.fromWeb(
          request,
          new Response(null, { status: 302, headers: { location: "http://server/a" } })
        ))
      })
      const error = yield* Effect.flip(
        Effect.provideService(HttpRange.open(HttpClientRequest.get("https://server/a")), HttpClient.HttpClient, client)
      )
      assert.deepStrictEqual([error.reason, urls], ["Redirect", ["https://server/a"]])
    }))

  it.effect("signs every request by a client that transforms them", () =>
    Effect.gen(function*() {
      const signatures: Array<string | undefined> = []
      const inner = clientOf({ a: resource })
      const signed = HttpClient.mapRequestEffect(
        HttpClient.make((request) => {
          signatures.push(request.headers["signature"])
          return inner.execute(request)
        }),
        (request) => Effect.succeed(HttpClientRequest.setHeader(request, "signature", `of ${request.headers["range"]}`))
      )
      const opened = yield* Effect.provideService(
        HttpRange.open(HttpClientRequest.get("http://server/a?versionId=1")),
        HttpClient.HttpClient,
        signed
      )
      yield* read(opened)
      assert.deepStrictEqual(signatures, ["of bytes=0-8191", "of bytes=10000-10999"])
    }))

  it.effect("aborts no request whose body was received to its end, in one part or in several", () =>
    Effect.gen(function*() {
      const signals: Array<AbortSignal> = []
      const inner = clientOf({ a: resource })
      const opened = yield* Effect.provideService(
        HttpRange.open(HttpClientRequest.get("http://server/a"), { largestWhole: 1000 }),
        HttpClient.HttpClient,
        HttpClient.make((request, _, signal) => {
          signals.push(signal)
          return inner.execute(request)
        })
      )
      for (const length of [1000, 100_000]) {
        assert.deepStrictEqual(yield* read(opened, length), bytes.subarray(10_000, 10_000 + length))
      }
      assert.deepStrictEqual(signals.map(({ aborted }) => aborted), [false, false, false])
    }))

  it.effect("aborts a request whose body goes on after the range", () =>
    Effect.gen(function*() {
      const signals: Array<AbortSignal> = []
      const opened = yield* Effect.provideService(
        HttpRange.open(HttpClientRequest.get("http://server/a"), { largestWhole: 1000 }),
        HttpClient.HttpClient,
        HttpClient.make((request, _, signal) =>
          Effect.sync(() => {
            signals.push(signal)
            const { end, fields, start, status } = headOf(request.headers, resource)
            const { "content-length": _length, ...others } = fields
            const body = new ReadableStream<Uint8Array>({
              start: (controller) => {
                controller.enqueue(resource.bytes(start, end).slice())
                if (signals.length === 1) controller.close()
                else controller.enqueue(new Uint8Array(10))
              }
            })
            return HttpClientResponse.fromWeb(request, new Response(body, { status, headers: others }))
          })
        )
      )
      assert.deepStrictEqual(yield* read(opened, 100_000), bytes.subarray(10_000, 110_000))
      assert.deepStrictEqual(signals.map(({ aborted }) => aborted), [false, true])
    }))

  it.live("cancels the request wherever a read is interrupted, and fills nothing later", () =>
    Effect.gen(function*() {
      const signals: Array<AbortSignal> = []
      const inner = clientOf({ a: resource })
      const client = HttpClient.make((request, _, signal) => {
        signals.push(signal)
        return inner.execute(request)
      })
      const opened = yield* Effect.provideService(
        HttpRange.open(HttpClientRequest.get("http://server/a")),
        HttpClient.HttpClient,
        client
      )
      yield* Interruption.sweep({
        prepare: Effect.sync(() => {
          signals.length = 0
          return new Uint8Array(100)
        }),
        run: (target) => opened.readAt(10_000, target),
        check: (target, [exit]) =>
          Effect.gen(function*() {
            // a request of which everything was received has nothing left to cancel
            const isReceived = target.every((byte, index) => byte === bytes[10_000 + index])
            assert.isTrue(isReceived || signals.every(({ aborted }) => aborted))
            if (exit !== undefined && Exit.isSuccess(exit)) {
              return assert.deepStrictEqual(target, bytes.subarray(10_000, 10_100))
            }
            target.fill(0xee)
            yield* Effect.promise(() => new Promise((resolve) => setImmediate(resolve)))
            assert.isTrue(target.every((byte) => byte === 0xee))
          })
      })
      assert.strictEqual(yield* opened.readAt(10_000, new Uint8Array(100)), 100)
    }))
})
