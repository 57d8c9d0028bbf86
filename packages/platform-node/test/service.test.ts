/** The example examples/service, as a process of its own, with real clients. */
import { HttpBody, HttpClient, HttpClientRequest } from "@effect/platform"
import { NodeHttpClient } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Stream } from "effect"
import * as childProcess from "node:child_process"
import * as fs from "node:fs"
import * as http from "node:http"
import * as os from "node:os"
import * as path from "node:path"

const program = path.join(import.meta.dirname, "../build/examples/service.js")
const tone = fs.readFileSync(path.join(import.meta.dirname, "../examples/tone.wav"))

const temporaryFolder = Effect.acquireRelease(
  Effect.sync(() => fs.mkdtempSync(path.join(os.tmpdir(), "effect-mmio-service-"))),
  (folder) => Effect.sync(() => fs.rmSync(folder, { recursive: true }))
)

interface Service {
  readonly url: string
  /** Ends it, as a system does that shuts down; gives its exit, and what it has written. */
  readonly stop: Effect.Effect<{ readonly signal: NodeJS.Signals | null; readonly output: string }>
}

const start = (folder: string, storage: string): Effect.Effect<Service, string> =>
  Effect.async((resume) => {
    const child = childProcess.spawn(process.execPath, [program], {
      env: { ...process.env, FOLDER: folder, STORAGE: storage, PORT: "0" },
      stdio: ["ignore", "pipe", "pipe"]
    })
    let output = ""
    const exited = new Promise<NodeJS.Signals | null>((resolve) => child.on("close", (_, signal) => resolve(signal)))
    const stop = Effect.promise(async () => {
      child.kill("SIGTERM")
      return { signal: await exited, output }
    })
    const onOutput = (text: string) => {
      output += text
      const port = /Listening on http:\/\/[^\s]*:(\d+)/.exec(output)?.[1]
      if (port !== undefined) resume(Effect.succeed({ url: `http://127.0.0.1:${port}`, stop }))
    }
    child.stdout.setEncoding("utf8").on("data", onOutput)
    child.stderr.setEncoding("utf8").on("data", onOutput)
    child.on("close", () => resume(Effect.fail(output)))
  })

const running = (folder: string, storage: string) => Effect.acquireRelease(start(folder, storage), ({ stop }) => stop)

const request = (request: HttpClientRequest.HttpClientRequest) =>
  Effect.flatMap(HttpClient.execute(request), (response) =>
    Effect.map(response.arrayBuffer, (body) => ({
      status: response.status,
      headers: response.headers,
      bytes: Buffer.from(body),
      text: Buffer.from(body).toString()
    })))

describe("the service of the example", () => {
  for (const storage of ["disk", "platform", "memory"]) {
    it.scoped(`takes, serves, lists and retags files that are kept by ${storage}, and shows spans and metrics`, () =>
      Effect.gen(function*() {
        const folder = yield* temporaryFolder
        const { stop, url } = yield* start(folder, storage)
        const get = (path: string, headers: Record<string, string> = {}) =>
          request(HttpClientRequest.get(`${url}${path}`, { headers }))

        // larger than what is held of it at a time
        const large = Buffer.alloc(3_000_000, 7)
        const body = HttpBody.stream(Stream.make(new Uint8Array(large.subarray(1)), Uint8Array.of(7)))
        const taken = yield* request(HttpClientRequest.put(`${url}/files/large`, { body }))
        assert.deepStrictEqual([taken.status, taken.text], [201, JSON.stringify({ size: large.length })])
        yield* request(HttpClientRequest.put(`${url}/files/tone.wav`, { body: HttpBody.uint8Array(tone) }))

        assert.deepStrictEqual(JSON.parse((yield* get("/files")).text), [
          { name: "large", size: large.length },
          { name: "tone.wav", size: tone.length }
        ])
        assert.isTrue((yield* get("/files/large")).bytes.equals(large))
        assert.isTrue((yield* get("/files/tone.wav")).bytes.equals(tone))

        const part = yield* get("/files/tone.wav", { range: "bytes=8-11" })
        assert.deepStrictEqual([part.status, part.text], [206, "WAVE"])
        assert.strictEqual(part.headers["content-range"], `bytes 8-11/${tone.length}`)
        const end = yield* get("/files/tone.wav", { range: "bytes=-10" })
        assert.isTrue(end.bytes.equals(tone.subarray(-10)))
        const outside = yield* get("/files/tone.wav", { range: `bytes=${tone.length}-` })
        assert.deepStrictEqual([outside.status, outside.headers["content-range"]], [416, `bytes */${tone.length}`])

        const retitle = HttpClientRequest.put(`${url}/files/tone.wav/title`, { body: HttpBody.text("A tone") })
        assert.strictEqual((yield* request(retitle)).status, 204)
        assert.include(JSON.parse((yield* get("/files/tone.wav/about")).text), { title: "A tone" })

        assert.strictEqual((yield* get("/files/missing")).status, 404)
        assert.strictEqual((yield* get("/files/..%2Fpasswd")).status, 400)
        assert.strictEqual((yield* get("/files/large/about")).status, 422)

        const metrics = (yield* get("/metrics")).text
        assert.match(metrics, /^service_uploads 2$/m)
        assert.include(metrics, `service_uploaded_bytes ${large.length + tone.length}`)
        const { output, signal } = yield* stop
        assert.isNull(signal)
        assert.match(output, /"span":"service.upload","trace":"[0-9a-f]{32}"/)
        assert.deepStrictEqual(fs.readdirSync(folder), storage === "memory" ? [] : ["large", "tone.wav"])
      }).pipe(Effect.provide(NodeHttpClient.layer)))
  }

  it.scoped("leaves the old content, and nothing else, where SIGTERM ends it in the middle of an upload", () =>
    Effect.gen(function*() {
      const folder = yield* temporaryFolder
      fs.writeFileSync(path.join(folder, "a"), "old")
      const { stop, url } = yield* running(folder, "disk")
      const upload = http.request(`${url}/files/a`, { method: "PUT", headers: { "content-length": "2000000" } })
      const failed = new Promise<string>((resolve) => {
        upload.on("error", () => resolve("the connection has ended"))
        upload.on("response", (response) => resolve(`answered ${response.statusCode}`))
      })
      upload.write(Buffer.alloc(1_000_000, 1))
      // The upload is under way once there is a temporary file with bytes in it.
      yield* Effect.promise(async () => {
        const written = () =>
          fs.readdirSync(folder).some((name) => name !== "a" && fs.statSync(path.join(folder, name)).size > 0)
        while (!written()) await new Promise((resolve) => setTimeout(resolve, 5))
      })
      const { output, signal } = yield* stop
      assert.isNull(signal, output)
      assert.notStrictEqual(yield* Effect.promise(() => failed), "answered 201")
      assert.deepStrictEqual(fs.readdirSync(folder), ["a"])
      assert.strictEqual(fs.readFileSync(path.join(folder, "a"), "utf8"), "old")
    }))

  it.scoped("leaves the old content where the client goes away in the middle of an upload", () =>
    Effect.gen(function*() {
      const folder = yield* temporaryFolder
      fs.writeFileSync(path.join(folder, "a"), "old")
      const { url } = yield* running(folder, "disk")
      const upload = http.request(`${url}/files/a`, { method: "PUT", headers: { "content-length": "2000000" } })
      upload.on("error", () => {})
      upload.write(Buffer.alloc(1_000_000, 1))
      yield* Effect.promise(async () => {
        const others = () => fs.readdirSync(folder).filter((name) => name !== "a")
        while (others().length === 0) await new Promise((resolve) => setTimeout(resolve, 5))
        upload.destroy()
        while (others().length > 0) await new Promise((resolve) => setTimeout(resolve, 5))
      })
      assert.strictEqual(fs.readFileSync(path.join(folder, "a"), "utf8"), "old")
    }))
})
