import {
  FileName,
  FileSystemIOProc,
  FourCC,
  IOProc,
  IOProcFileSystem,
  MemoryIOProc,
  Mmio,
  MmioError
} from "@effect-mmio/core"
import { NodeIOProc } from "@effect-mmio/platform-node"
import {
  FileSystem,
  HttpClient,
  HttpClientRequest,
  HttpPlatform,
  HttpRouter,
  HttpServer,
  HttpServerRequest,
  HttpServerResponse,
  KeyValueStore
} from "@effect/platform"
import { NodeFileSystem, NodeHttpServer, NodePath } from "@effect/platform-node"
import { assert, describe, it, layer } from "@effect/vitest"
import { Cause, Chunk, Effect, Exit, FastCheck as fc, Layer, Option, Stream } from "effect"
import { scale } from "./helpers.js"

const fastCheck = { numRuns: scale(30) }
const bytes = (count: number) => Uint8Array.from({ length: count }, (_, i) => i % 251)

/** Without what tells Node's buffers from other bytes. */
const plain = (value: unknown): unknown =>
  value instanceof Uint8Array ? Array.from(value) : Array.isArray(value) ? value.map(plain) : value

/** What an effect gave, in words that are the same for all file systems. */
const outcome = <A>(effect: Effect.Effect<A, unknown>): Effect.Effect<unknown> =>
  Effect.map(Effect.exit(effect), (exit) => {
    if (Exit.isSuccess(exit)) return { value: plain(exit.value) }
    const error = Cause.squash(exit.cause)
    return { failed: error instanceof Error && "reason" in error ? error.reason : String(error) }
  })

/** The same files on the disk by the platform, on the disk by this library, and in memory. */
const fileSystems = Effect.gen(function*() {
  const node = yield* FileSystem.FileSystem
  const ours = IOProcFileSystem.make(yield* Effect.provide(IOProc.IOProc, NodeIOProc.layer))
  const memory = yield* MemoryIOProc.make()
  const folders = [yield* node.makeTempDirectoryScoped(), yield* node.makeTempDirectoryScoped(), "/base"] as const
  yield* memory.makeFolder("/base")
  return [
    { name: "node", files: node, folder: folders[0] },
    { name: "NodeIOProc", files: ours, folder: folders[1] },
    { name: "MemoryIOProc", files: IOProcFileSystem.make(memory), folder: folders[2] }
  ] as const
})

const flag = fc.constantFrom<FileSystem.OpenFlag>("r", "r+", "w", "wx", "w+", "wx+", "a", "ax", "a+", "ax+")
const step = fc.oneof(
  fc.record({ op: fc.constant("read" as const), count: fc.integer({ min: 1, max: 20 }) }),
  fc.record({ op: fc.constant("readAlloc" as const), count: fc.integer({ min: 1, max: 20 }) }),
  fc.record({ op: fc.constant("write" as const), data: fc.uint8Array({ minLength: 1, maxLength: 20 }) }),
  fc.record({ op: fc.constant("writeAll" as const), data: fc.uint8Array({ minLength: 1, maxLength: 20 }) }),
  fc.record({ op: fc.constant("seek" as const), offset: fc.nat({ max: 40 }) }),
  fc.record({ op: fc.constant("stat" as const) })
)

const runStep = (file: FileSystem.File, step: Step): Effect.Effect<unknown> => {
  switch (step.op) {
    case "read": {
      const target = new Uint8Array(step.count)
      return outcome(Effect.map(file.read(target), (count) => [count, target]))
    }
    case "readAlloc":
      return outcome(Effect.map(file.readAlloc(step.count), (found) => plain(Option.getOrUndefined(found))))
    case "write":
      return outcome(file.write(step.data))
    case "writeAll":
      return outcome(file.writeAll(step.data))
    case "seek":
      return outcome(Effect.asVoid(file.seek(step.offset, "start")))
    case "stat":
      return outcome(Effect.map(file.stat, ({ size, type }) => ({ size, type })))
  }
}
type Step = typeof step extends fc.Arbitrary<infer S> ? S : never

layer(NodeFileSystem.layer)("IOProcFileSystem", (it) => {
  it.scoped.prop(
    "opens, reads, writes and seeks as the platform's own file system does, whatever the flag",
    { initial: fc.option(fc.uint8Array({ maxLength: 40 })), flag, steps: fc.array(step, { maxLength: 8 }) },
    ({ flag, initial, steps }) =>
      Effect.gen(function*() {
        const outcomes = yield* Effect.forEach(yield* fileSystems, ({ files, folder, name }) =>
          Effect.gen(function*() {
            const path = `${folder}/file`
            if (initial !== null) yield* files.writeFile(path, initial)
            const opened = yield* outcome(Effect.scoped(Effect.flatMap(
              files.open(path, { flag }),
              (file) => Effect.forEach(steps, (step) => runStep(file, step))
            )))
            return { name, result: [opened, yield* outcome(files.readFile(path))] }
          }))
        for (const { name, result } of outcomes) assert.deepStrictEqual(result, outcomes[0]?.result, name)
      }),
    { fastCheck }
  )

  it.scoped("does with names what the platform's own file system does", () =>
    Effect.gen(function*() {
      const outcomes = yield* Effect.forEach(yield* fileSystems, ({ files, folder, name }) =>
        Effect.gen(function*() {
          const in_ = (path: string) => `${folder}/${path}`
          const sorted = (names: ReadonlyArray<string>) => names.toSorted()
          const steps = {
            missing: files.readFile(in_("a")),
            "exists before": files.exists(in_("a")),
            write: files.writeFileString(in_("a"), "hello"),
            "exists after": files.exists(in_("a")),
            string: files.readFileString(in_("a")),
            append: files.writeFileString(in_("a"), " you", { flag: "a" }),
            exclusive: files.writeFileString(in_("a"), "no", { flag: "wx" }),
            again: files.readFileString(in_("a")),
            truncate: files.truncate(in_("a"), 4),
            extend: files.truncate(in_("a"), 6),
            truncated: files.readFile(in_("a")),
            "truncate nothing": files.truncate(in_("missing")),
            stat: Effect.map(files.stat(in_("a")), ({ size, type }) => ({ size, type })),
            "stat a folder": Effect.map(files.stat(folder), ({ type }) => type),
            "stat nothing": files.stat(in_("missing")),
            access: files.access(in_("a"), { readable: true, writable: true }),
            "access a folder": files.access(folder),
            "access nothing": files.access(in_("missing")),
            folder: files.makeDirectory(in_("f")),
            "folder again": files.makeDirectory(in_("f")),
            "folder in nothing": files.makeDirectory(in_("x/y")),
            folders: Effect.asVoid(files.makeDirectory(in_("f/g/h"), { recursive: true })),
            "folders again": files.makeDirectory(in_("f/g/h"), { recursive: true }),
            copyFile: files.copyFile(in_("a"), in_("f/g/a")),
            "copyFile over it": Effect.zipRight(
              files.writeFileString(in_("f/g/a"), "something longer"),
              files.copyFile(in_("a"), in_("f/g/a"))
            ),
            "copyFile of nothing": files.copyFile(in_("missing"), in_("b")),
            copy: files.copy(in_("f"), in_("copy")),
            "copy keeps what is there": Effect.zipRight(
              files.writeFileString(in_("copy/g/a"), "mine"),
              files.copy(in_("f"), in_("copy"))
            ),
            mine: files.readFileString(in_("copy/g/a")),
            "copy over it": files.copy(in_("f"), in_("copy"), { overwrite: true }),
            "not mine": files.readFileString(in_("copy/g/a")),
            list: Effect.map(files.readDirectory(folder), sorted),
            "list all": Effect.map(files.readDirectory(folder, { recursive: true }), sorted),
            "list nothing": files.readDirectory(in_("missing")),
            rename: files.rename(in_("f/g/a"), in_("b")),
            "rename nothing": files.rename(in_("missing"), in_("c")),
            renamed: files.readFile(in_("b")),
            remove: files.remove(in_("b")),
            "remove nothing": files.remove(in_("b")),
            "remove nothing by force": files.remove(in_("b"), { force: true }),
            "remove a tree": files.remove(in_("f"), { recursive: true }),
            "remove a tree that is not there": files.remove(in_("f"), { recursive: true, force: true }),
            left: Effect.map(files.readDirectory(folder, { recursive: true }), sorted),
            realPath: Effect.map(files.realPath(in_("./a")), (path) => path.endsWith("/a")),
            "realPath of nothing": files.realPath(in_("missing")),
            stream: Effect.map(
              Stream.runCollect(files.stream(in_("a"), { offset: 1, bytesToRead: 4, chunkSize: 3 })),
              Chunk.toArray
            ),
            "stream of nothing": Stream.runCollect(files.stream(in_("missing"))),
            sink: Stream.run(Stream.make(bytes(3), bytes(2)), files.sink(in_("s"))),
            "sink at the end": Stream.run(Stream.make(bytes(3)), files.sink(in_("s"), { flag: "a" })),
            "sink to a new file": Stream.run(Stream.make(bytes(3)), files.sink(in_("s"), { flag: "wx" })),
            sunk: files.readFile(in_("s")),
            "temporary file": Effect.map(
              Effect.scoped(files.makeTempFileScoped({ directory: folder, prefix: "pre", suffix: ".suf" })),
              (path) => path.startsWith(`${folder}/pre`) && path.endsWith(".suf")
            ),
            "temporary folder": Effect.scoped(
              Effect.flatMap(
                files.makeTempDirectoryScoped({ directory: folder }),
                (path) => Effect.zipRight(files.writeFile(`${path}/x`, bytes(1)), files.readDirectory(path))
              )
            ),
            "nothing is left of them": Effect.map(files.readDirectory(folder), sorted)
          }
          const found: Record<string, unknown> = {}
          for (const [step, effect] of Object.entries<Effect.Effect<unknown, unknown>>(steps)) {
            found[step] = yield* outcome(effect)
          }
          return { name, found }
        }))
      for (const { found, name } of outcomes) assert.deepStrictEqual(found, outcomes[0]?.found, name)
    }))

  it.scoped("says what a storage cannot do, and does not do half of it", () =>
    Effect.gen(function*() {
      const files = IOProcFileSystem.make(yield* MemoryIOProc.make({ files: { a: bytes(3) } }))
      const refused = {
        chmod: files.chmod("a", 0o600),
        chown: files.chown("a", 1, 1),
        link: files.link("a", "b"),
        symlink: files.symlink("a", "b"),
        readLink: files.readLink("a"),
        utimes: files.utimes("a", 0, 0),
        watch: Stream.runDrain(files.watch("a")),
        preserveTimestamps: files.copy("a", "b", { preserveTimestamps: true })
      }
      for (const [name, effect] of Object.entries<Effect.Effect<unknown, unknown>>(refused)) {
        assert.deepStrictEqual(yield* outcome(effect), { failed: "PermissionDenied" }, name)
      }
      assert.deepStrictEqual(yield* files.readDirectory("/"), ["a"])
      assert.include((yield* Effect.flip(files.copy("/", "/copy"))).message, "or in it")
    }))

  it.scoped("works over a driver that has nothing but open: folders are made by doing nothing", () =>
    Effect.gen(function*() {
      const memory = yield* MemoryIOProc.make({ folders: ["made"] })
      const files = IOProcFileSystem.make(IOProc.make({ open: memory.open, remove: memory.remove }))
      yield* files.makeDirectory("made/any", { recursive: true })
      yield* files.writeFile("a", bytes(10))
      assert.deepStrictEqual((yield* files.stat("a")).size, FileSystem.Size(10))
      assert.isTrue(yield* files.exists("a"))
      assert.isFalse(yield* files.exists("b"))
      assert.deepStrictEqual(yield* files.readFile("a"), bytes(10))
      yield* files.remove("a")
      assert.deepStrictEqual(yield* outcome(files.readDirectory("made")), { failed: "PermissionDenied" })
    }))

  it.scoped("commits on close what was written, and nothing where the scope failed", () =>
    Effect.gen(function*() {
      const memory = yield* MemoryIOProc.make({ files: { a: bytes(3) }, commit: "onClose" })
      const files = IOProcFileSystem.make(memory)
      const write = Effect.flatMap(files.open("a", { flag: "w" }), (file) => file.writeAll(bytes(5)))
      yield* Effect.exit(Effect.scoped(Effect.zipRight(write, Effect.fail("no"))))
      assert.deepStrictEqual(yield* memory.bytes("a"), bytes(3))
      const version = Effect.map(memory.stat(FileName.plain("a")), ({ version }) => version)
      const before = yield* version
      yield* files.access("a", { writable: true })
      assert.deepStrictEqual(yield* version, before)
      yield* Effect.scoped(write)
      assert.deepStrictEqual(yield* memory.bytes("a"), bytes(5))
      yield* Effect.exit(Stream.run(Stream.concat(Stream.make(bytes(9)), Stream.fail("no")), files.sink("a")))
      assert.deepStrictEqual(yield* memory.bytes("a"), bytes(5))
    }))

  it.scoped("appends where the file ends when it is written, wherever the cursor is, and leaves that where it was", () =>
    Effect.gen(function*() {
      const files = IOProcFileSystem.make(yield* MemoryIOProc.make({ files: { a: bytes(3) } }))
      const file = yield* files.open("a", { flag: "a+" })
      yield* files.writeFile("a", Uint8Array.of(7), { flag: "a" })
      yield* file.writeAll(Uint8Array.of(8))
      yield* file.seek(1, "start")
      yield* file.write(Uint8Array.of(9))
      assert.deepStrictEqual(yield* file.readAlloc(10), Option.some(Uint8Array.of(1, 2, 7, 8, 9)))
    }))

  it.scoped("keeps the error of this library as the cause, with its errno", () =>
    Effect.gen(function*() {
      const full = IOProc.mapFile(yield* MemoryIOProc.make(), (file) =>
        IOProc.wrapFile(file, {
          writeAt: () =>
            Effect.fail(
              new MmioError.CannotWrite({
                operation: "test",
                file: "a",
                description: "no space left on device",
                errno: "ENOSPC",
                written: 0
              })
            )
        }))
      const error = yield* Effect.flip(IOProcFileSystem.make(full).writeFile("a", bytes(3)))
      assert.instanceOf(error.cause, MmioError.CannotWrite)
      assert.strictEqual(error.cause.errno, "ENOSPC")
      assert.include(error.message, "ENOSPC")
    }))

  it.scoped("goes to an element by its code, and takes any other + for a part of a plain name", () =>
    Effect.gen(function*() {
      const archive = yield* MemoryIOProc.make({ files: { "songs.zip+a": bytes(4) } })
      const storage = yield* MemoryIOProc.make({ files: { "rock.wav+roll": bytes(2) } })
      const files = IOProcFileSystem.make(IOProc.route(storage, FourCC.make("ZIP "), archive))
      assert.deepStrictEqual(yield* files.readFile("songs.zip+a"), bytes(4))
      assert.deepStrictEqual(yield* files.readFile("rock.wav+roll"), bytes(2))
    }))
})

describe("programs that know only a FileSystem", () => {
  const inMemory = (files: { readonly [name: string]: Uint8Array }) =>
    IOProcFileSystem.layer.pipe(Layer.provide(MemoryIOProc.layer(files)))

  it.scoped("KeyValueStore.layerFileSystem keeps its values in any storage", () =>
    Effect.gen(function*() {
      const store = yield* KeyValueStore.KeyValueStore
      yield* store.set("a/b+c", "one")
      yield* store.set("bytes", bytes(5))
      assert.deepStrictEqual(yield* store.get("a/b+c"), Option.some("one"))
      assert.deepStrictEqual(yield* store.getUint8Array("bytes"), Option.some(bytes(5)))
      assert.deepStrictEqual(yield* store.get("missing"), Option.none())
      assert.strictEqual(yield* store.size, 2)
      yield* store.remove("bytes")
      assert.isFalse(yield* store.has("bytes"))
      yield* store.clear
      assert.strictEqual(yield* store.size, 0)
      yield* store.set("again", "two")
      assert.deepStrictEqual(yield* store.get("again"), Option.some("two"))
    }).pipe(
      Effect.provide(
        KeyValueStore.layerFileSystem("store").pipe(Layer.provide(inMemory({})), Layer.provide(NodePath.layer))
      )
    ))

  it.scoped("FileSystemIOProc gives the storage back", () =>
    Effect.gen(function*() {
      yield* Mmio.withFile("a", { access: "readWrite", create: "new" }, (file) => Mmio.writeAll(file, bytes(20_000)))
      assert.deepStrictEqual(yield* Mmio.withFile("a", {}, Mmio.read(30_000)), bytes(20_000))
      assert.strictEqual((yield* Effect.flip(Mmio.stat("b")))._tag, "FileNotFound")
      assert.strictEqual((yield* Effect.flip(Mmio.stat("b/c")))._tag, "PathNotFound")
    }).pipe(Effect.provide(FileSystemIOProc.layer.pipe(Layer.provide(inMemory({}))))))

  const content = bytes(300_000)

  /** "bytes=2-5", "bytes=2-" and "bytes=-4" as a part of so many bytes. */
  const rangeOf = (header: string, size: number) => {
    const [, first = "", last = ""] = /^bytes=(\d*)-(\d*)$/.exec(header) ?? []
    const start = first === "" ? size - Number(last) : Number(first)
    const end = first === "" || last === "" ? size : Math.min(size, Number(last) + 1)
    return { start, end }
  }

  const app = HttpRouter.empty.pipe(
    HttpRouter.get(
      "/:name",
      Effect.gen(function*() {
        const { name = "" } = yield* HttpRouter.params
        const { range } = (yield* HttpServerRequest.HttpServerRequest).headers
        if (range === undefined) return yield* HttpServerResponse.file(name)
        const size = Number((yield* Effect.flatMap(FileSystem.FileSystem, (files) => files.stat(name))).size)
        const { end, start } = rangeOf(range, size)
        return yield* HttpServerResponse.file(name, {
          status: 206,
          offset: start,
          bytesToRead: end - start,
          headers: { "content-range": `bytes ${start}-${end - 1}/${size}` }
        })
      })
    ),
    HttpRouter.catchTag(
      "SystemError",
      ({ reason }) => HttpServerResponse.empty({ status: reason === "NotFound" ? 404 : 500 })
    ),
    HttpServer.serve()
  )

  it.scoped("HttpServerResponse.file serves it, whole and in ranges", () =>
    Effect.gen(function*() {
      const get = (name: string, range?: string) =>
        Effect.flatMap(
          HttpClient.execute(
            HttpClientRequest.get(`/${name}`).pipe(
              range === undefined ? (request) => request : HttpClientRequest.setHeader("range", range)
            )
          ),
          (response) => Effect.map(response.arrayBuffer, (body) => ({ response, body: new Uint8Array(body) }))
        )
      const whole = yield* get("song.wav")
      assert.strictEqual(whole.response.headers["content-length"], "300000")
      assert.deepStrictEqual(whole.body, content)
      const ranges: ReadonlyArray<readonly [string, number, number]> = [
        ["bytes=100-199", 100, 200],
        ["bytes=299990-", 299_990, 300_000],
        ["bytes=-5", 299_995, 300_000]
      ]
      for (const [header, start, end] of ranges) {
        const part = yield* get("song.wav", header)
        assert.strictEqual(part.response.status, 206)
        assert.strictEqual(part.response.headers["content-range"], `bytes ${start}-${end - 1}/300000`)
        assert.deepStrictEqual(part.body, content.slice(start, end))
      }
      assert.strictEqual((yield* get("missing.wav")).response.status, 404)
    }).pipe(
      Effect.provide(
        app.pipe(
          Layer.provideMerge(HttpPlatform.layer),
          Layer.provideMerge(inMemory({ "song.wav": content })),
          Layer.provideMerge(NodeHttpServer.layerTest)
        )
      )
    ))
})
