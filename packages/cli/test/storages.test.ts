/** Where names lead, and what is loaded for that. */
import * as FileName from "@effect-mmio/core/FileName"
import * as FourCC from "@effect-mmio/core/FourCC"
import * as MemoryIOProc from "@effect-mmio/core/MemoryIOProc"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { spawnSync } from "node:child_process"
import { createHash } from "node:crypto"
import * as fs from "node:fs"
import * as Http from "node:http"
import * as path from "node:path"
import { afterAll } from "vitest"
import { locateWith } from "../src/names.js"
import { type Storage, storages } from "../src/storages.js"
import { binary, makeFolder, waveHeader } from "./support/command.js"

describe("names", () => {
  const bytes = new Uint8Array(1)
  const setUp = Effect.gen(function*() {
    const loaded: Array<string> = []
    const disk = yield* MemoryIOProc.make({ files: { "plain.wav": bytes, "a.zip+b.wav": bytes, "x:here": bytes } })
    const archive = yield* MemoryIOProc.make()
    const other = yield* MemoryIOProc.make()
    const table: ReadonlyArray<Storage> = [
      {
        _tag: "Prefix",
        prefix: "x:",
        locate: (text) =>
          Effect.sync(() => {
            loaded.push(text)
            return { ioProc: other, name: FileName.plain(text) }
          })
      },
      {
        _tag: "Route",
        code: FourCC.make("ZIP "),
        load: () =>
          Effect.sync(() => {
            loaded.push("zip")
            return archive
          })
      }
    ]
    return { archive, disk, loaded, locate: (text: string) => locateWith(table)(text, disk), other }
  })

  it.effect("a file that the machine has is that file, whatever its name holds", () =>
    Effect.gen(function*() {
      const { disk, loaded, locate } = yield* setUp
      for (const text of ["plain.wav", "a.zip+b.wav", "x:here", "new.wav", "rock+roll"]) {
        const located = yield* locate(text)
        expect(located.ioProc, text).toBe(disk)
        expect(Option.isNone(located.name.code), text).toBe(true)
      }
      expect(loaded).toEqual([])
    }))

  it.effect("drive letters and UNC names of Windows lead to the disk, and no prefix is as short as a drive", () =>
    Effect.gen(function*() {
      const { disk } = yield* setUp
      for (
        const text of [
          "C:\\take.wav",
          "c:/take.wav",
          "C://take.wav",
          "h:take.wav",
          "\\\\server\\share\\take.wav",
          "//server/share/take.wav",
          "\\\\?\\C:\\take.wav",
          "\\\\?\\UNC\\server\\share\\take.wav",
          "mem\\https:\\take.wav"
        ]
      ) {
        const { ioProc, name } = yield* locateWith(storages)(text, disk)
        expect(ioProc, text).toBe(disk)
        expect(name.full).toBe(text)
      }
      for (const storage of storages) {
        if (storage._tag === "Prefix") expect(storage.prefix).toMatch(/^[a-z][a-z0-9+.-]+:/)
      }
    }))

  it.effect("others go to the storage of their beginning, or of their extension, which is loaded then", () =>
    Effect.gen(function*() {
      const { archive, loaded, locate, other } = yield* setUp
      expect((yield* locate("x:take.wav")).ioProc).toBe(other)
      const { ioProc, name } = yield* locate("songs.zip+take.wav")
      expect(ioProc.find(FourCC.make("ZIP "))).toEqual(Option.some(archive))
      expect(name.element).toEqual(Option.some("take.wav"))
      expect(loaded).toEqual(["x:take.wav", "zip"])
    }))

  it("reach the command", async () => {
    const { run } = makeFolder({ "a.zip+b.wav": "wav-info-sndfile.wav", "mem:x.wav": "wav-bext-ffmpeg.wav" })
    expect((await run(["info", "a.zip+b.wav", "mem:x.wav"])).code).toBe(0)
    expect(await run(["info", "c.ark+b.wav"])).toMatchObject({
      code: 3,
      error: "mmio: c.ark+b.wav: there is no such file\n",
      out: ""
    })
  })
})

describe("archives", () => {
  const title = "wav-info-ffmpeg.wav"

  it("are made, tagged in, copied out of and listed by their elements", async () => {
    const { json, names, run } = makeFolder({ "take.wav": title })
    expect((await run(["copy", "take.wav", "songs.zip+take.wav"])).code).toBe(0)
    expect(await run(["copy", "take.wav", "songs.zip+take.wav"])).toMatchObject({ code: 2 })
    expect((await run(["tag", "songs.zip+take.wav", "--tag", "INAM=In an archive"])).code).toBe(0)
    expect((await run(["tag", "songs.zip+take.wav"])).out).toContain("In an archive")
    expect((await run(["copy", "songs.zip+take.wav", "out.wav"])).code).toBe(0)
    expect((await run(["tag", "out.wav"])).out).toContain("In an archive")
    const [listed] = await json(["info", "songs.zip+"])
    expect(listed).toMatchObject({ name: "songs.zip+take.wav", frames: 400 })
    expect((await run(["verify", "songs.zip+"])).code).toBe(0)
    expect(names()).toEqual(["out.wav", "songs.zip", "take.wav"])
  })

  it("are in memory, and in archives, as files are", async () => {
    const { json, run } = makeFolder({ "take.wav": title })
    await run(["copy", "take.wav", "songs.zip+take.wav"])
    await run(["copy", "songs.zip", "all.zip+songs.zip"])
    const [inner] = await json(["info", "all.zip+songs.zip+take.wav"])
    expect(inner).toMatchObject({ name: "all.zip+songs.zip+take.wav", frames: 400 })
    expect(await run(["tag", "mem:songs.zip+take.wav", "--tag", "INAM=Not kept"])).toMatchObject({ code: 0 })
    expect((await run(["tag", "songs.zip+take.wav"])).out).not.toContain("Not kept")
  })

  it("say what is missing", async () => {
    const { run } = makeFolder({ "not.zip": title })
    expect(await run(["info", "none.zip+take.wav"])).toMatchObject({ code: 3, out: "" })
    expect(await run(["info", "not.zip+take.wav"])).toMatchObject({ code: 5, out: "" })
  })
})

describe("URLs", () => {
  const requests: Array<string> = []
  let sent = 0
  /** A WAVE of 500 MB of silence, a small one, a redirect to it, and nothing else. */
  const sound = 500_000_000
  const sizes: Readonly<Record<string, number>> = { "/large.wav": sound, "/take+1.wav": 100_000 }
  const server = Http.createServer(({ headers, method, url = "" }, response) => {
    requests.push(`${method} ${url}`)
    const data = sizes[url]
    if (url === "/moved") return response.writeHead(302, { location: "/take+1.wav" }).end()
    if (data === undefined) return response.writeHead(404).end()
    const size = 44 + data
    const [, first = "0", last = `${size - 1}`] = /^bytes=(\d+)-(\d+)$/.exec(headers.range ?? "") ?? []
    const [start, end] = [Number(first), Math.min(Number(last) + 1, size)]
    const bytes = new Uint8Array(end - start)
    bytes.set(waveHeader(data).subarray(start, end))
    sent += bytes.length
    return response
      .writeHead(headers.range === undefined ? 200 : 206, {
        etag: "\"1\"",
        "content-length": bytes.length,
        "content-range": `bytes ${start}-${end - 1}/${size}`
      })
      .end(bytes)
  })
  const listening = new Promise<string>((resolve) => {
    server.listen(0, "127.0.0.1", () => {
      const address = server.address()
      resolve(`http://127.0.0.1:${typeof address === "object" && address !== null ? address.port : 0}`)
    })
  })
  afterAll(() => {
    server.close()
  })

  it("are files of web servers, of which what is asked for is read", async () => {
    const { json, run } = makeFolder()
    const url = await listening
    const names = [`${url}/large.wav`, `${url}/moved`, `${url}/missing.wav`]
    const [large, moved, missing] = await json(["info", ...names])
    expect(large).toMatchObject({ name: names[0], data: { available: sound }, frames: sound / 4 })
    expect(moved).toMatchObject({ name: names[1], data: { available: 100_000 } })
    expect(missing).toMatchObject({ name: names[2], error: { tag: "FileNotFound", exitCode: 3 } })
    expect(requests.length).toBeLessThanOrEqual(8)
    expect(sent).toBeLessThanOrEqual(40_000)

    requests.length = 0
    expect(await run(["tag", `${url}/take+1.wav`, "--tag", "INAM=x"])).toMatchObject({
      code: 4,
      error: expect.stringContaining("only read")
    })
    expect(requests).toEqual([])
  })

  it("are copied whole", async () => {
    const { read, run } = makeFolder()
    expect((await run(["copy", `${await listening}/take+1.wav`, "take.wav"])).code).toBe(0)
    const expected = new Uint8Array(44 + 100_000)
    expected.set(waveHeader(100_000))
    expect(Buffer.compare(read("take.wav"), expected)).toBe(0)
  })
})

describe("objects", () => {
  /** As much of the S3 API as reading and changing one object needs: ranges, and a write under a condition. */
  const objects = new Map<string, Buffer>()
  const requests: Array<string> = []
  const server = Http.createServer((request, response) => {
    const { headers, method = "", url = "" } = request
    const parts: Array<Buffer> = []
    request.on("data", (part: Buffer) => parts.push(part))
    request.on("end", () => {
      const body = Buffer.concat(parts)
      const object = objects.get(url)
      const etag = (bytes: Buffer) => `"${createHash("md5").update(bytes).digest("hex")}"`
      requests.push(`${method} ${url} ${headers.authorization?.slice(0, 45)}`)
      if (method === "DELETE") {
        objects.delete(url)
        return response.writeHead(204).end()
      }
      if (method === "POST" || headers["x-amz-copy-source"] !== undefined) return response.writeHead(501).end()
      if (method === "PUT") {
        const isRefused = headers["if-none-match"] === "*"
          ? object !== undefined
          : headers["if-match"] !== undefined && (object === undefined || headers["if-match"] !== etag(object))
        if (isRefused) return response.writeHead(412).end()
        objects.set(url, body)
        return response.writeHead(200, { etag: etag(body) }).end()
      }
      if (object === undefined) return response.writeHead(404).end()
      const [, first = "0", last = `${object.length - 1}`] = /^bytes=(\d+)-(\d+)$/.exec(headers.range ?? "") ?? []
      const [start, end] = [Number(first), Math.min(Number(last) + 1, object.length)]
      return response
        .writeHead(headers.range === undefined ? 200 : 206, {
          etag: etag(object),
          "content-length": end - start,
          "content-range": `bytes ${start}-${end - 1}/${object.length}`
        })
        .end(method === "HEAD" ? undefined : object.subarray(start, end))
    })
  })
  const listening = new Promise<string>((resolve) => {
    server.listen(0, "127.0.0.1", () => {
      const address = server.address()
      resolve(`http://127.0.0.1:${typeof address === "object" && address !== null ? address.port : 0}`)
    })
  })
  afterAll(() => {
    server.close()
  })

  it("of a bucket are named, read and changed as files are, and copied", async () => {
    const folder = makeFolder({ "take.wav": "wav-info-sndfile.wav" })
    const env = {
      AWS_ENDPOINT_URL: await listening,
      AWS_REGION: "eu-1",
      AWS_ACCESS_KEY_ID: "id",
      AWS_SECRET_ACCESS_KEY: "secret"
    }
    const name = "s3://sounds/takes/1 +.wav"
    const url = "/sounds/takes/1%20%2B.wav"
    objects.set(url, Buffer.from(folder.read("take.wav")))
    expect(await folder.run(["info", name], { env })).toMatchObject({ code: 0, error: "" })
    for (const request of requests) {
      expect(request).toMatch(/^GET \/sounds\/takes\/1%20%2B\.wav AWS4-HMAC-SHA256 Credential=id\//)
    }
    expect(await folder.run(["tag", name, "--tag", "INAM=Another"], { env })).toMatchObject({ code: 0, error: "" })
    expect(objects.get(url)?.includes("Another")).toBe(true)
    expect((await folder.run(["copy", name, "copy.wav"], { env })).code).toBe(0)
    expect(Buffer.compare(folder.read("copy.wav"), objects.get(url) ?? Buffer.alloc(0))).toBe(0)
    expect([...objects.keys()]).toEqual([url])
    expect(await folder.run(["info", "s3://sounds/none.wav"], { env })).toMatchObject({ code: 3 })
    expect(await folder.run(["info", "s3://"], { env })).toMatchObject({ code: 2 })
  })
})

describe("elements of databases", () => {
  it("are made, read, tagged and copied as any other file", async () => {
    const { at, json, read, run } = makeFolder({ "take.wav": "wav-info-sndfile.wav" })
    expect((await run(["copy", "take.wav", "my lib%.db+take.wav"])).code).toBe(0)
    expect(fs.existsSync(at("my lib%.db"))).toBe(true)
    expect((await run(["tag", "my lib%.db+take.wav", "--tag", "INAM=In rows"])).code).toBe(0)
    expect((await run(["verify", "my lib%.db+take.wav"])).code).toBe(0)
    const [inFile, inRows, missing] = await json(["info", "take.wav", "my lib%.db+take.wav", "my lib%.db+missing.wav"])
    expect(inRows).toMatchObject({ name: "my lib%.db+take.wav", data: { available: 400 } })
    expect(inFile).toMatchObject({ data: { available: 400 } })
    expect(missing).toMatchObject({ error: { tag: "FileNotFound", exitCode: 3 } })
    expect((await run(["copy", "my lib%.db+take.wav", "copy.wav"])).code).toBe(0)
    expect(Buffer.from(read("copy.wav")).includes("In rows")).toBe(true)
  })

  it("make no database where they are only read", async () => {
    const { at, run } = makeFolder()
    expect((await run(["info", "lib.db+take.wav"])).code).toBe(3)
    expect(fs.existsSync(at("lib.db"))).toBe(false)
  })

  it("say what to install where there is no client", async () => {
    const { at, run } = makeFolder()
    // Outside of the repository nothing is installed beside the command.
    fs.cpSync(path.dirname(binary), at("dist"), { recursive: true })
    fs.writeFileSync(at("package.json"), JSON.stringify({ type: "module" }))
    expect((await run(["info", "lib.db+take.wav"])).code).toBe(3)
    const ended = spawnSync(process.execPath, [at("dist/mmio.js"), "info", "lib.db+take.wav"], { encoding: "utf8" })
    expect(ended.status).toBe(2)
    expect(ended.stderr).toContain("npm install --global @libsql/client")
  })
})

describe("native modules", () => {
  /** Says on standard error whenever a native module is loaded, or refuses the addon of the locks. */
  const watching = (folder: ReturnType<typeof makeFolder>, isMissing: boolean) => {
    folder.write(
      "watch.cjs",
      `const { dlopen } = process
      process.dlopen = (...args) => { process._rawDebug("native " + args[1]); return dlopen.apply(process, args) }
      const Module = require("node:module"), load = Module._load
      Module._load = function (name, ...rest) {
        if (${isMissing} && name === "fs-native-extensions") throw new Error("not installed")
        return load.call(this, name, ...rest)
      }`
    )
    return { NODE_OPTIONS: `--require ${folder.at("watch.cjs")}` }
  }

  it("are loaded by commands that write, and by no others", async () => {
    const folder = makeFolder({ "a.wav": "wav-info-sndfile.wav" })
    const env = watching(folder, false)
    for (const command of ["tree", "verify", "tag", "digest"]) {
      expect(await folder.run([command, "a.wav"], { env }), command).toMatchObject({ code: 0, error: "" })
    }
    expect((await folder.run(["tag", "a.wav", "--tag", "INAM=x"], { env })).error).toContain("native")
  })

  it("may be missing: a command that writes warns once", async () => {
    const folder = makeFolder({ "a.wav": "wav-info-sndfile.wav", "b.wav": "wav-bext-ffmpeg.wav" })
    const { code, error } = await folder.run(["tag", "a.wav", "b.wav", "--tag", "INAM=x"], {
      env: watching(folder, true)
    })
    expect(code).toBe(0)
    expect(error.match(/^mmio: warning: .*fs-native-extensions/gm)).toHaveLength(1)
    expect(error.trimEnd().split("\n")).toHaveLength(1)
  })
})
