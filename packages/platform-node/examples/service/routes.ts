/**
 * What the service does: takes files, serves them whole and in ranges, lists them, says what is in them, and gives
 * recordings another title. It knows nothing of where they are kept.
 */
import { Mmio, type MmioError, Riff, RiffEdit, Wave } from "@effect-mmio/core"
import { HttpRouter, HttpServerRequest, HttpServerResponse } from "@effect/platform"
import { Chunk, Duration, Effect, Metric, Option, Stream } from "effect"
import { checked } from "./names.js"
import { wanted } from "./range.js"
import { folder } from "./storage.js"
import { metrics, uploadedBytes, uploads } from "./telemetry.js"

/** The path of the file that a request is about. */
const path = Effect.gen(function*() {
  const { name = "" } = yield* HttpRouter.params
  return `${yield* folder}/${yield* checked(name)}`
})

const sizeOf = (path: string) => Effect.map(Mmio.stat(path), ({ size }) => Option.getOrElse(size, () => 0))

/**
 * Takes a file as it comes, in constant memory: the old content is served until all of the new one is there, and stays
 * if it never is.
 */
const upload = Effect.gen(function*() {
  const file = yield* path
  const request = yield* HttpServerRequest.HttpServerRequest
  const size = yield* Stream.run(request.stream, Mmio.sinkFile(file, { create: true }))
  yield* Metric.increment(uploads)
  yield* Metric.incrementBy(uploadedBytes, size)
  return yield* HttpServerResponse.json({ size }, { status: 201 })
}).pipe(Effect.withSpan("service.upload"))

const download = Effect.gen(function*() {
  const file = yield* path
  const { range: header } = (yield* HttpServerRequest.HttpServerRequest).headers
  const size = yield* sizeOf(file)
  const range = wanted(header, size)
  if (range === "all") return yield* HttpServerResponse.file(file, { headers: { "accept-ranges": "bytes" } })
  if (range === "unsatisfiable") {
    return HttpServerResponse.empty({ status: 416, headers: { "content-range": `bytes */${size}` } })
  }
  const { end, start } = range
  return yield* HttpServerResponse.file(file, {
    status: 206,
    offset: start,
    bytesToRead: end - start,
    headers: { "accept-ranges": "bytes", "content-range": `bytes ${start}-${end - 1}/${size}` }
  })
}).pipe(Effect.withSpan("service.download"))

const list = Effect.gen(function*() {
  const place = yield* folder
  const files = yield* Mmio.list(place).pipe(
    // A name that begins with "." is none of the service's, such as that of an upload under way.
    Stream.filter(({ kind, name }) => kind === "file" && !name.startsWith(".")),
    Stream.mapEffect(({ name }) => Effect.map(sizeOf(`${place}/${name}`), (size) => ({ name, size }))),
    Stream.runCollect
  )
  return yield* HttpServerResponse.json(Chunk.toReadonlyArray(files).toSorted((a, b) => a.name < b.name ? -1 : 1))
}).pipe(Effect.withSpan("service.list"))

/** What is in a recording. */
const about = Effect.gen(function*() {
  const { duration, tags } = yield* Mmio.withFile(yield* path, {}, (file) => Wave.info(file, { lenient: true }))
  const title = tags.find(({ id }) => id === "INAM")?.text ?? null
  return yield* HttpServerResponse.json({ seconds: Option.getOrNull(Option.map(duration, Duration.toSeconds)), title })
}).pipe(Effect.withSpan("service.about"))

/** Gives a recording another title: the sound stays where it is, however long it is. */
const retitle = Effect.gen(function*() {
  const file = yield* path
  const title = yield* (yield* HttpServerRequest.HttpServerRequest).text
  yield* Riff.edit(file, [
    RiffEdit.assign("RIFF:WAVE / LIST:INFO / INAM", new TextEncoder().encode(`${title}\0`))
  ])
  return HttpServerResponse.empty({ status: 204 })
}).pipe(Effect.withSpan("service.retitle"))

const failed = (status: number) => (error: { readonly message: string }) =>
  HttpServerResponse.text(error.message, { status })

export const routes = HttpRouter.empty.pipe(
  HttpRouter.get("/files", list),
  HttpRouter.put("/files/:name", upload),
  HttpRouter.get("/files/:name", download),
  HttpRouter.get("/files/:name/about", about),
  HttpRouter.put("/files/:name/title", retitle),
  HttpRouter.get("/metrics", Effect.map(metrics, (text) => HttpServerResponse.text(text))),
  HttpRouter.catchTags({
    InvalidName: failed(400),
    FileNotFound: failed(404),
    InvalidFile: failed(422),
    ChunkNotFound: failed(422),
    SharingViolation: failed(409),
    VersionChanged: failed(409),
    CannotWrite: (error: MmioError.CannotWrite) => failed(error.errno === "ENOSPC" ? 507 : 500)(error)
  })
)
