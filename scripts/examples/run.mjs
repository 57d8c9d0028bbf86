/**
 * Runs examples; `examples.mjs` copies this to where the packages are found, beside the plan that says which.
 *
 * Each export is run with a storage in memory that holds the samples, in a folder that holds them, too, with the
 * services of Node and a web server in the place of `fetch`.
 */
import { IOProc, MemoryIOProc, Mmio, Wave } from "@effect-mmio/core"
import { Recording } from "@effect-mmio/testing"
import { ZipIOProc } from "@effect-mmio/zip"
import { FetchHttpClient, KeyValueStore } from "@effect/platform"
import { NodeContext } from "@effect/platform-node"
import { Cause, ConfigProvider, Effect, Either, Exit, Layer, Option, Schema, Stream } from "effect"
import { spawnSync } from "node:child_process"
import { once } from "node:events"
import * as fs from "node:fs"
import * as http from "node:http"
import * as os from "node:os"
import * as path from "node:path"
import { database, files, fmt } from "./samples.mjs"
import { fetchFrom } from "./web.mjs"

const { blocks, commands, root } = JSON.parse(fs.readFileSync(new URL("plan.json", import.meta.url), "utf8"))
const print = console.log.bind(console)
const home = fs.mkdtempSync(path.join(os.tmpdir(), "effect-mmio-examples-"))

// ---------------------------------------------------------------------------------------------------------------------
// what is around an example
// ---------------------------------------------------------------------------------------------------------------------

const sampleDatabase = path.join(home, "lib.db")

/** A folder of its own with the samples, which becomes the current one. */
const enterFolder = () => {
  const folder = fs.mkdtempSync(path.join(home, "folder-"))
  for (const [name, bytes] of Object.entries(files)) {
    const file = path.join(folder, name)
    fs.mkdirSync(path.dirname(file), { recursive: true })
    fs.writeFileSync(file, bytes)
  }
  // what was written last is in a file beside it
  for (const end of ["", "-wal"]) {
    if (fs.existsSync(sampleDatabase + end)) fs.copyFileSync(sampleDatabase + end, path.join(folder, `lib.db${end}`))
  }
  process.chdir(folder)
  return folder
}

const surroundings = Layer.mergeAll(
  Layer.suspend(() => Layer.provide(ZipIOProc.layer, MemoryIOProc.layer(files))),
  NodeContext.layer,
  FetchHttpClient.layer,
  KeyValueStore.layerMemory,
  Layer.setConfigProvider(ConfigProvider.fromMap(
    new Map(Object.entries({
      SOUNDS_URL: "https://example.com/sounds/",
      SOUNDS_AUTHORIZATION: "Bearer none",
      TEMP_FOLDER: os.tmpdir(),
      FOLDER: os.tmpdir(),
      BUCKET: "sounds",
      AWS_REGION: "eu-central-1",
      AWS_ENDPOINT_URL: "https://s3.example.com",
      AWS_ACCESS_KEY_ID: "key",
      AWS_SECRET_ACCESS_KEY: "secret"
    }))
  ))
)

// ---------------------------------------------------------------------------------------------------------------------
// samples for parameters
// ---------------------------------------------------------------------------------------------------------------------

const open = (access) => Effect.suspend(() => Mmio.open("take1.wav", { access }))
const create = (access) => Effect.suspend(() => Mmio.open("created.wav", { access, create: true }))
const value = (value) => Effect.succeed(value)
const blocksOfSamples = Stream.make(new Uint8Array(400), new Uint8Array(400))

/** Values for parameters as examples write them: by export and parameter, by parameter, or by type. */
const samples = {
  "sampleRate(id: FourCC.FourCC)": value("fmt "),
  "sampleRate(bytes: Uint8Array)": value(fmt),
  "replayAll(json: string)": Effect.sync(() =>
    fs.readFileSync(path.join(root, "packages/proofs/conformance/buffered-read.json"), "utf8")
  ),
  "test(json: string)": Effect.gen(function*() {
    const program = Mmio.withFile("take.wav", {}, (file) => Mmio.read(file, 4))
    const trace = yield* Effect.provide(
      Effect.zipRight(program, Effect.flatMap(Recording.Recorder, ({ messages }) => messages)),
      Recording.layer().pipe(Layer.provide(MemoryIOProc.layer(files)))
    )
    return yield* Schema.encode(Recording.TraceJson)(trace)
  }),
  "magic(path: string)": value("take1.wav"),
  "toPipe(samples: Uint8Array)": value(new Uint8Array(4000)),
  // a file that does not exist yet, where the example creates a new one
  "record(name: string)": value("recording.wav"),
  "save(name: string)": value("saved.bin"),
  "receive(name: string)": value("received.bin"),
  "toPipe(fd: number)": Effect.acquireRelease(
    Effect.sync(() => fs.openSync("pipe", "w")),
    (fd) => Effect.sync(() => fs.closeSync(fd))
  ),
  "value: number": value(1000),
  "a: Uint8Array": value(new Uint8Array(4)),
  "b: Uint8Array": value(new Uint8Array(4)),
  "fd: number": Effect.acquireRelease(
    Effect.sync(() => fs.openSync("descriptor", "w+")),
    (fd) => Effect.sync(() => fs.closeSync(fd))
  ),
  "name: string": value("take1.wav"),
  "takes: ReadonlyArray<string>": value(["take1.wav", "take2.wav"]),
  "output: string": value("output"),
  "folder: string": value("music"),
  "upload: string": value("take1.wav"),
  "title: string": value("A title"),
  "artist: string": value("A band"),
  "channels: number": value(2),
  "sampleRate: number": value(44100),
  "from: number": value(100),
  "to: number": value(200),
  "position: number": value(0),
  "format: Uint8Array": value(fmt),
  "fmt: Uint8Array": value(fmt),
  "bytes: Uint8Array": value(files["take1.wav"]),
  "call: Effect.Effect<A, E, R>": value(Effect.succeed(1)),
  "makeRoom: Effect.Effect<void, E2, R2>": value(Effect.void),
  "makeRoom: Effect.Effect<void, E>": value(Effect.void),
  "count: (bytes: number) => void": value(() => {}),
  "files: Map<string, Uint8Array>": value(new Map()),
  "inner: IOProc.File": Effect.flatMap(
    MemoryIOProc.make({ files }),
    (storage) => storage.open(IOProc.openRequest("take1.wav"))
  ),
  "upload: Upload": value({
    part: (_, source) => Effect.succeed(source.length),
    size: Effect.succeed(0),
    finish: Effect.void,
    cancel: Effect.void
  }),
  "handle: FileHandle": Effect.acquireRelease(
    Effect.promise(() => fs.promises.open("take1.wav")),
    (handle) => Effect.promise(() => handle.close())
  ),
  Uint8Array: value(new Uint8Array(16)),
  "Mmio.ReadHandle": open("read"),
  "Mmio.ReadWriteHandle": open("readWrite"),
  "Mmio.WriteHandle": create("write"),
  "Mmio.Handle<\"write\">": create("write"),
  "Stream.Stream<Uint8Array>": value(blocksOfSamples),
  "Stream.Stream<Uint8Array, E>": value(blocksOfSamples),
  "Stream.Stream<Uint8Array, E, R>": value(blocksOfSamples),
  "IOProc.IOProc": MemoryIOProc.make({ files }),
  "Layer.Layer<IOProc.IOProc, E>": value(MemoryIOProc.layer(files)),
  "Effect.Effect<A, MmioError.ReadError, R>": value(Effect.succeed(1)),
  "Wave.Format": Schema.decode(Wave.fmt())(fmt)
}

const sampleFor = (name, parameter) => {
  const type = parameter.slice(parameter.indexOf(":") + 1).trim()
  const found = [`${name}(${parameter})`, parameter, type].find((key) => Object.hasOwn(samples, key))
  return found === undefined
    ? Effect.fail(new Error(`there is no sample for the parameter "${parameter}": add one to scripts/examples/run.mjs`))
    : samples[found]
}

// ---------------------------------------------------------------------------------------------------------------------
// running
// ---------------------------------------------------------------------------------------------------------------------

const isStream = (u) => typeof u === "object" && u !== null && Stream.StreamTypeId in u
const isValue = (u) => Option.isOption(u) || Either.isEither(u) || Exit.isExit(u)

/** Runs what an example gives, whatever it is; a plain value is there, and that is all. */
const runValue = (given) =>
  isStream(given)
    ? Stream.runDrain(given)
    : Layer.isLayer(given)
    ? Layer.build(given)
    : given instanceof Promise
    ? Effect.promise(() => given)
    : Effect.isEffect(given) && !isValue(given)
    ? given
    : Effect.void

const runExport = (module, { name, parameters }) =>
  parameters === undefined
    ? Effect.suspend(() => runValue(module[name]))
    : Effect.flatMap(
      Effect.forEach(parameters, (parameter) => sampleFor(name, parameter)),
      (args) => Effect.suspend(() => runValue(module[name](...args)))
    )

const failures = []
const fail = (file, line, text) => failures.push(`${file}:${line} ${text}`)

/** What a collector of OpenTelemetry would have got. */
const collected = new Set()
const collector = http.createServer((request, response) => {
  collected.add(request.url)
  request.resume().on("end", () => response.end("{}"))
})

/** A jail needs a folder, which no example can make on the machine of the tests. */
const jail = path.join(home, "uploads")

let page = ""

const runBlock = async ({ exports, file, line, module }) => {
  // the blocks of a page are read one after another, and those of docstrings each by itself
  if (file !== page || file.endsWith(".ts")) enterFolder()
  page = file
  const location = new URL(module, import.meta.url)
  const source = fs.readFileSync(location, "utf8")
  if (source.includes("/srv/uploads")) fs.writeFileSync(location, source.replaceAll("/srv/uploads", jail))
  let loaded
  try {
    loaded = await import(location.href)
  } catch (error) {
    return fail(file, line, `does not load: ${error.stack}`)
  }
  for (const one of exports) {
    const exit = await Effect.runPromiseExit(
      runExport(loaded, one).pipe(Effect.scoped, Effect.provide(surroundings), Effect.timeout("10 minutes"))
    )
    if (Exit.isFailure(exit)) fail(file, line, `${one.name}: ${Cause.pretty(exit.cause)}`)
  }
}

/** Runs the commands of a page in the order of the page, in one folder. */
const runCommands = ({ file, lines }) => {
  const folder = enterFolder()
  const bin = path.join(folder, ".bin")
  fs.mkdirSync(bin)
  fs.writeFileSync(
    path.join(bin, "mmio"),
    `#!/bin/sh\nexec "${process.execPath}" "${path.join(root, "packages/cli/dist/mmio.js")}" "$@"\n`,
    { mode: 0o755 }
  )
  const env = { ...process.env, PATH: `${bin}${path.delimiter}${process.env.PATH}`, NO_COLOR: "1" }
  for (const line of lines) {
    const { status, stderr, stdout } = spawnSync("sh", ["-c", line], {
      cwd: folder,
      env,
      encoding: "utf8",
      timeout: 600_000
    })
    if (status !== 0) fail(file, 1, `\`${line}\` ended with ${status}:\n${stdout}${stderr}`)
  }
}

globalThis.fetch = fetchFrom(files, "take1.wav")
for (const method of ["log", "error", "warn", "info", "debug"]) console[method] = () => {}
try {
  await once(collector.listen(0, "127.0.0.1"), "listening")
  process.env.OTEL_EXPORTER_OTLP_ENDPOINT = `http://127.0.0.1:${collector.address().port}`
  fs.mkdirSync(jail)
  fs.writeFileSync(path.join(jail, "take1.wav"), files["take1.wav"])
  await Effect.runPromise(database(sampleDatabase))
  for (const block of blocks) await runBlock(block)
  const page = blocks.find(({ file }) => file.endsWith("OBSERVABILITY.md"))
  for (const url of page ? ["/v1/traces", "/v1/metrics"] : []) {
    if (!collected.has(url)) fail(page.file, 1, `nothing was sent to ${url}`)
  }
  if (process.platform !== "win32") commands.forEach(runCommands)
} finally {
  process.chdir(os.tmpdir())
  fs.rmSync(home, { recursive: true, force: true })
}
if (failures.length > 0) print(failures.join("\n"))
process.exit(failures.length > 0 ? 1 : 0)
