import { FileName, IOProc, Mmio } from "@effect-mmio/core"
import { NodeIOProc } from "@effect-mmio/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { strictEqual } from "@effect/vitest/utils"
import { Config, ConfigProvider, Effect, Layer } from "effect"
import * as NFS from "node:fs"
import * as OS from "node:os"
import * as Path from "node:path"
import { canLoop, loopDevice, openFile, readSome, request, stub, tempFolder, tempPath, text } from "./helpers.js"

const driver = NodeIOProc.make()
const plain = FileName.plain
const modeOf = (path: string) => NFS.statSync(path).mode & 0o777

describe("open", () => {
  it.scoped("creates, and cuts what is there", () =>
    Effect.gen(function*() {
      const path = yield* tempPath()
      for (const access of ["write", "readWrite", "read"] as const) {
        const file = yield* openFile(yield* driver, path, { access, create: true })
        strictEqual(NFS.statSync(path).size, 0)
        strictEqual(yield* file.seek(0, "current"), 0)
        if (access === "read") strictEqual((yield* Effect.flip(file.write(text("x"))))._tag, "CannotWrite")
        else strictEqual(yield* file.write(text("some bytes")), 10)
        yield* file.close
      }
    }))

  it.scoped("cuts nothing without create", () =>
    Effect.gen(function*() {
      const path = yield* tempPath("content")
      const file = yield* openFile(yield* driver, path, { access: "write" })
      yield* file.write(text("K"))
      strictEqual(NFS.readFileSync(path, "latin1"), "Kontent")
    }))

  it.scoped("takes names for what they say, also with a plus or in another script", () =>
    Effect.gen(function*() {
      const folder = yield* tempFolder
      for (const name of ["a.zip+b", "日本語 – ü.wav", " ", "a\nb", "-rf"]) {
        const file = yield* openFile(yield* driver, `${folder}/${name}`, { access: "readWrite", create: true })
        yield* file.write(text("x"))
        assert.isTrue(NFS.existsSync(`${folder}/${name}`))
        assert.isTrue(yield* (yield* driver).exists(plain(`${folder}/${name}`)))
      }
    }))

  it.scoped("leaves two handles of a file their own positions", () =>
    Effect.gen(function*() {
      const path = yield* tempPath("abcdef")
      const a = yield* openFile(yield* driver, path)
      const b = yield* openFile(yield* driver, path, { access: "readWrite" })
      strictEqual(yield* readSome(a, 2), "ab")
      strictEqual(yield* b.write(text("X")), 1)
      strictEqual(yield* readSome(b, 1), "b")
      strictEqual(yield* readSome(a, 9), "cdef")
      strictEqual(yield* a.seek(-6, "end"), 0)
      strictEqual(yield* readSome(a, 2), "Xb")
    }))
})

describe("names", () => {
  it.scoped("rename replaces its target", () =>
    Effect.gen(function*() {
      const { rename } = yield* driver
      const folder = yield* tempFolder
      NFS.writeFileSync(`${folder}/a`, "new")
      NFS.writeFileSync(`${folder}/b`, "old")
      const old = yield* openFile(yield* driver, `${folder}/b`)
      yield* rename(plain(`${folder}/a`), plain(`${folder}/b`))
      assert.deepStrictEqual(NFS.readdirSync(folder), ["b"])
      strictEqual(NFS.readFileSync(`${folder}/b`, "latin1"), "new")
      strictEqual(yield* readSome(old, 9), "old")
    }))

  it.scoped("remove and exists are about files", () =>
    Effect.gen(function*() {
      const { exists, remove } = yield* driver
      const folder = yield* tempFolder
      NFS.writeFileSync(`${folder}/a`, "x")
      NFS.symlinkSync(`${folder}/a`, `${folder}/link`)
      assert.isTrue(yield* exists(plain(`${folder}/a`)))
      assert.isTrue(yield* exists(plain(`${folder}/link`)))
      assert.isFalse(yield* exists(plain(folder)))
      assert.isFalse(yield* exists(plain(`${folder}/a/x`)))
      assert.isFalse(yield* exists(plain(`${folder}/no/x`)))
      yield* remove(plain(`${folder}/a`))
      assert.isFalse(yield* exists(plain(`${folder}/a`)))
      assert.isFalse(yield* exists(plain(`${folder}/link`)))
      yield* remove(plain(`${folder}/link`))
      assert.deepStrictEqual(NFS.readdirSync(folder), [])
    }))

  it.effect("fullName completes from the folder of the process", () =>
    Effect.gen(function*() {
      const { fullName } = yield* driver
      const full = yield* fullName(plain("a/../b.zip+c"))
      assert.deepStrictEqual(full, plain(Path.join(process.cwd(), "b.zip+c")))
      strictEqual((yield* fullName(plain("/x//y/./z"))).full, Path.resolve("/x/y/z"))
    }))

  it.scoped("tempName makes empty files, as they were asked for", () =>
    Effect.gen(function*() {
      const { tempName } = yield* driver
      const folder = yield* tempFolder
      const names = yield* Effect.replicateEffect(tempName({ folder }), 20)
      strictEqual(new Set(names.map((name) => name.full)).size, 20)
      for (const { full } of names) {
        assert.match(Path.basename(full), /^mmio[0-9a-f]{16}\.tmp$/)
        strictEqual(Path.dirname(full), folder)
        strictEqual(NFS.statSync(full).size, 0)
        if (process.platform !== "win32") strictEqual(modeOf(full), 0o600)
      }
      const named = yield* tempName({ folder: Path.relative(process.cwd(), folder), prefix: "a+", suffix: "" })
      assert.match(named.full, /\/a\+[0-9a-f]{16}$/)
      strictEqual(Path.dirname(named.full), folder)
    }))

  it.scoped("tempName tries other names where one is taken, but not for ever", () =>
    Effect.gen(function*() {
      const { tempName } = yield* driver
      const folder = yield* tempFolder
      let made = 0
      // Every third name is a new one.
      yield* stub("node:crypto", "randomBytes", () => () => Buffer.alloc(8, Math.floor(made++ / 3)))
      strictEqual(Path.basename((yield* tempName({ folder })).full), `mmio${"00".repeat(8)}.tmp`)
      strictEqual(Path.basename((yield* tempName({ folder })).full), `mmio${"01".repeat(8)}.tmp`)
      made = 0
      yield* stub("node:crypto", "randomBytes", () => () => {
        made++
        return Buffer.alloc(8)
      })
      const error = yield* Effect.flip(tempName({ folder }))
      strictEqual(error._tag, "CannotWrite")
      assert.include(error.message, "the name is taken (EEXIST)")
      strictEqual(made, 10)
    }))

  it.scoped("tempName leaves no file where it fails to close it", () =>
    Effect.gen(function*() {
      const { tempName } = yield* driver
      const folder = yield* tempFolder
      yield* stub("node:fs", "close", (original) => (fd: number, done: (error: Error) => void) => {
        original(fd, () => done(Object.assign(new Error("EIO"), { code: "EIO" })))
      })
      strictEqual((yield* Effect.flip(tempName({ folder })))._tag, "CannotWrite")
      assert.deepStrictEqual(NFS.readdirSync(folder), [])
    }))
})

describe("options", () => {
  it.scoped.skipIf(process.platform === "win32")(
    "mode is that of the files that are made",
    () =>
      Effect.gen(function*() {
        const folder = yield* tempFolder
        const umask = 0o777 & ~process.umask()
        for (const mode of [undefined, 0o640, 0o600, 0o777]) {
          const storage = yield* NodeIOProc.make({ mode })
          const path = `${folder}/${mode}`
          yield* Effect.scoped(openFile(storage, path, { access: "write", create: true }))
          strictEqual(modeOf(path), (mode ?? 0o666) & umask)
          strictEqual(modeOf((yield* storage.tempName({ folder })).full), (mode ?? 0o600) & umask)
          // A file that is there keeps its own.
          NFS.chmodSync(path, 0o604)
          yield* Effect.scoped(openFile(storage, path, { access: "write", create: true }))
          strictEqual(modeOf(path), 0o604)
        }
      })
  )

  it.scoped("a mode that is none is refused, and makes nothing", () =>
    Effect.gen(function*() {
      const folder = yield* tempFolder
      const storage = yield* NodeIOProc.make({ mode: -1 })
      const error = yield* Effect.flip(storage.open(request(`${folder}/a`, { access: "write", create: true })))
      strictEqual(error._tag, "CannotOpen")
      assert.deepStrictEqual(NFS.readdirSync(folder), [])
    }))

  it.scoped("tempFolder is where temporary files go", () =>
    Effect.gen(function*() {
      const folder = yield* tempFolder
      const storage = yield* NodeIOProc.make({ tempFolder: folder })
      strictEqual(Path.dirname((yield* storage.tempName({})).full), folder)
      const other = yield* tempFolder
      strictEqual(Path.dirname((yield* storage.tempName({ folder: other })).full), other)
      const byDefault = yield* (yield* driver).tempName({})
      strictEqual(Path.dirname(byDefault.full), Path.resolve(OS.tmpdir()))
      yield* (yield* driver).remove(byDefault)
    }))

  it.scoped("can come out of the configuration", () =>
    Effect.gen(function*() {
      const folder = yield* tempFolder
      const synchronized: Array<string> = []
      yield* stub("node:fs", "fdatasync", (original) => (...args: ReadonlyArray<unknown>) => {
        synchronized.push("data")
        return original(...args)
      })
      const storage = NodeIOProc.layerConfig({
        sync: Config.literal("data")("SYNC"),
        mode: Config.integer("MODE"),
        tempFolder: Config.string("TEMP")
      })
      const configured = (entries: ReadonlyArray<readonly [string, string]>) =>
        Effect.provide(
          Effect.gen(function*() {
            const name = yield* Mmio.tempName()
            yield* Mmio.withFile(name, { access: "write" }, (file) => Mmio.write(file, text("abc")))
            return name.full
          }),
          Layer.provide(storage, Layer.setConfigProvider(ConfigProvider.fromMap(new Map(entries))))
        )
      const path = yield* configured([["SYNC", "data"], ["MODE", `${0o640}`], ["TEMP", folder]])
      strictEqual(Path.dirname(path), folder)
      if (process.platform !== "win32") strictEqual(modeOf(path), 0o640)
      assert.deepStrictEqual(synchronized, ["data"])
      const bad = yield* Effect.either(configured([["SYNC", "maybe"], ["MODE", "1"], ["TEMP", folder]]))
      assert(bad._tag === "Left")
    }))
})

describe("layers", () => {
  it.scoped("are the storage of a program", () =>
    Effect.gen(function*() {
      const path = yield* tempPath()
      const copy = Effect.gen(function*() {
        yield* Mmio.withFile(path, { access: "write", create: true }, (file) => Mmio.writeAll(file, text("RIFF")))
        return yield* Mmio.withFile(path, {}, (file) => Mmio.read(file, 10))
      })
      for (const storage of [NodeIOProc.layer, NodeIOProc.layerWith({ sync: true })]) {
        strictEqual(Buffer.from(yield* Effect.provide(copy, storage)).toString(), "RIFF")
      }
    }))

  it.effect("serve no codes", () =>
    Effect.gen(function*() {
      const storage = yield* IOProc.IOProc
      strictEqual(storage.find("ZIP " as never)._tag, "None")
      const error = yield* Effect.either(Effect.scoped(Mmio.open("a.zip+b")))
      assert(error._tag === "Left" && error.left._tag === "CannotOpen")
    }).pipe(Effect.provide(NodeIOProc.layer)))
})

describe.skipIf(!canLoop)("a block device", () => {
  it.scoped("has positions, and keeps its size to itself", () =>
    Effect.gen(function*() {
      const image = yield* tempPath(new Uint8Array(64 * 1024).fill(0x61))
      const device = yield* loopDevice(image)
      const file = yield* openFile(yield* driver, device, { access: "readWrite", create: true })
      strictEqual(yield* file.seek(4096, "start"), 4096)
      strictEqual(yield* file.write(text("bcd")), 3)
      strictEqual(yield* file.seek(-4, "current"), 4095)
      strictEqual(yield* readSome(file, 5), "abcda")
      strictEqual(yield* file.seek(64 * 1024, "start"), 64 * 1024)
      strictEqual(yield* readSome(file, 5), "")
      const error = yield* Effect.flip(file.seek(0, "end"))
      strictEqual(
        error.message,
        `CannotSeek: NodeIOProc.seek ${device}: the size of a device cannot be found out`
      )
      strictEqual(yield* file.seek(0, "current"), 64 * 1024)
    }))
})
