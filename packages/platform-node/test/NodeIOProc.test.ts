import { FileName, FourCC, IOProc, Mmio } from "@effect-mmio/core"
import { NodeIOProc } from "@effect-mmio/platform-node"
import { assert, describe, it, vi } from "@effect/vitest"
import { strictEqual } from "@effect/vitest/utils"
import { Config, ConfigProvider, Effect, Layer, Option } from "effect"
import * as NFS from "node:fs"
import * as OS from "node:os"
import * as Path from "node:path"
import {
  canLoop,
  failing,
  isLinux,
  loopDevice,
  openFile,
  readAt,
  request,
  stub,
  tempFolder,
  tempPath,
  text,
  writeAt
} from "./helpers.js"

const driver = NodeIOProc.make()
const plain = FileName.plain
/** Has all random bytes be those that a function gives. */
const randomIs = (next: () => number) =>
  Effect.acquireRelease(
    Effect.sync(() =>
      vi.spyOn(globalThis.crypto, "getRandomValues").mockImplementation((array) => {
        if (array instanceof Uint8Array) array.fill(next())
        return array
      })
    ),
    (spy) => Effect.sync(() => spy.mockRestore())
  )

const modeOf = (path: string) => NFS.statSync(path).mode & 0o777

describe("open", () => {
  it.scoped("creates a file, and truncates one that exists", () =>
    Effect.gen(function*() {
      const path = yield* tempPath()
      for (const access of ["write", "readWrite", "read"] as const) {
        const file = yield* openFile(yield* driver, path, { access, create: "truncate" })
        strictEqual(NFS.statSync(path).size, 0)
        strictEqual(yield* file.size, 0)
        if (access === "read") strictEqual(file.writeAt, undefined)
        else strictEqual(yield* writeAt(file, 0, "some bytes"), 10)
        yield* file.close
      }
    }))

  it.scoped("truncates nothing without create", () =>
    Effect.gen(function*() {
      const path = yield* tempPath("content")
      const file = yield* openFile(yield* driver, path, { access: "write" })
      yield* writeAt(file, 0, "K")
      strictEqual(NFS.readFileSync(path, "latin1"), "Kontent")
    }))

  it.scoped("takes names literally, also with a plus or in another script", () =>
    Effect.gen(function*() {
      const folder = yield* tempFolder
      for (const name of ["a.zip+b", "日本語 – ü.wav", " ", "a\nb", "-rf"]) {
        const file = yield* openFile(yield* driver, `${folder}/${name}`, { access: "readWrite", create: "truncate" })
        yield* writeAt(file, 0, "x", "writeFlush")
        assert.isTrue(NFS.existsSync(`${folder}/${name}`))
        assert.isTrue(yield* (yield* driver).exists(plain(`${folder}/${name}`)))
      }
    }))

  for (const access of ["read", "write", "readWrite"] as const) {
    it.scoped(`creates a new file for ${access}, and refuses a name that exists`, () =>
      Effect.gen(function*() {
        const folder = yield* tempFolder
        const path = `${folder}/file`
        const file = yield* openFile(yield* driver, path, { access, create: "new" })
        strictEqual(NFS.statSync(path).size, 0)
        if (access === "read") strictEqual(yield* readAt(file, 0, 9), "")
        else strictEqual(yield* writeAt(file, 0, "abc", "writeFlush"), 3)
        NFS.mkdirSync(`${folder}/folder`)
        NFS.symlinkSync(`${folder}/gone`, `${folder}/dangling`)
        NFS.symlinkSync(path, `${folder}/link`)
        for (const taken of [path, `${folder}/folder`, `${folder}/dangling`, `${folder}/link`]) {
          const error = yield* Effect.flip((yield* driver).open(request(taken, { access, create: "new" })))
          strictEqual(error.message, `NodeIOProc.open ${taken}: the name is taken (EEXIST)`)
          strictEqual(error.errno, "EEXIST")
        }
        const noFolder = request(`${folder}/no/file`, { access, create: "new" })
        strictEqual((yield* Effect.flip((yield* driver).open(noFolder)))._tag, "PathNotFound")
        strictEqual(NFS.readFileSync(path, "latin1"), access === "read" ? "" : "abc")
        assert.deepStrictEqual(NFS.readdirSync(folder).toSorted(), ["dangling", "file", "folder", "link"])
      }))
  }

  it.scoped("lets one of 50 fibers create a new file, and the other 49 fail with EEXIST", () =>
    Effect.gen(function*() {
      const storage = yield* driver
      for (let round = 0; round < 5; round++) {
        const path = yield* tempPath()
        const results = yield* Effect.forEach(
          Array.from({ length: 50 }, (_, i) => i),
          (i) =>
            Effect.either(Effect.flatMap(
              openFile(storage, path, { access: "write", create: "new" }),
              (file) => Effect.as(writeAt(file, 0, `fiber ${i}`, "writeFlush"), i)
            )),
          { concurrency: "unbounded" }
        )
        const winners = results.flatMap((result) => result._tag === "Right" ? [result.right] : [])
        const losers = results.flatMap((result) => result._tag === "Left" ? [result.left] : [])
        strictEqual(winners.length, 1)
        assert.deepStrictEqual([...new Set(losers.map(({ _tag, errno }) => `${_tag} ${errno}`))], ["CannotOpen EEXIST"])
        strictEqual(NFS.readFileSync(path, "latin1"), `fiber ${winners[0]}`)
      }
    }))

  it.scoped("has the length of what was written after a large file is created again", () =>
    Effect.gen(function*() {
      const path = yield* tempPath(new Uint8Array(8 * 2 ** 20).fill(1))
      const before = yield* openFile(yield* driver, path)
      const target = new Uint8Array(2 ** 16)
      for (let i = 0; i < 8; i++) yield* before.readAt(i * target.length, target)
      const file = yield* Mmio.openWith(yield* driver, path, { access: "readWrite", create: true })
      strictEqual(yield* Mmio.seek(file, 0, "end"), 0)
      strictEqual(yield* before.size, 0)
      yield* Mmio.writeAll(file, text("short"))
      strictEqual(yield* Mmio.seek(file, 0, "end"), 5)
      yield* Mmio.close(file)
      strictEqual(NFS.readFileSync(path, "latin1"), "short")
      strictEqual(yield* before.size, 5)
    }))

  it.scoped.skipIf(!isLinux)(
    "waits for a lease on the file, and for nothing else that says so",
    () =>
      Effect.gen(function*() {
        const path = yield* tempPath("abc")
        const flags: Array<boolean> = []
        yield* stub("node:fs", "open", (original) => (...args: ReadonlyArray<unknown>) => {
          flags.push((Number(args[1]) & NFS.constants.O_NONBLOCK) !== 0)
          // As Linux does where another program has a lease.
          if (flags.at(-1) === true) return failing("EAGAIN")()(...args)
          original(...args)
        })
        const file = yield* openFile(yield* NodeIOProc.make(), path)
        strictEqual(yield* readAt(file, 0, 9), "abc")
        assert.deepStrictEqual(flags, [true, false])
      })
  )

  it.scoped("refuses a version, since its files have none, and creates nothing", () =>
    Effect.gen(function*() {
      const folder = yield* tempFolder
      const path = `${folder}/file`
      const error = yield* Effect.flip(
        (yield* driver).open(request(path, { access: "write", create: "new", ifVersion: Option.some("1") }))
      )
      strictEqual(
        error.message,
        `NodeIOProc.open ${path}: the files of this storage have no versions`
      )
      assert.deepStrictEqual(NFS.readdirSync(folder), [])
    }))

  it.scoped("ignores codes and parameters", () =>
    Effect.gen(function*() {
      const path = yield* tempPath("abc")
      const code = Option.some(FourCC.make("XYZ "))
      const file = yield* openFile(yield* driver, path, { code, parameters: { any: "thing" } })
      strictEqual(yield* readAt(file, 0, 9), "abc")
    }))

  it.scoped("gives two files of one name the same bytes", () =>
    Effect.gen(function*() {
      const path = yield* tempPath("abcdef")
      const a = yield* openFile(yield* driver, path)
      const b = yield* openFile(yield* driver, path, { access: "readWrite" })
      strictEqual(yield* readAt(a, 0, 2), "ab")
      strictEqual(yield* writeAt(b, 0, "X", "writeFlush"), 1)
      strictEqual(yield* readAt(b, 1, 1), "b")
      strictEqual(yield* readAt(a, 0, 9), "Xbcdef")
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
      strictEqual(yield* readAt(old, 0, 9), "old")
    }))

  it.scoped("remove removes files and links, and exists is false for folders", () =>
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

  it.scoped("tempName creates empty files in the folder, with prefix and suffix", () =>
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

  it.scoped("tempName tries ten names where one is taken", () =>
    Effect.gen(function*() {
      const { tempName } = yield* driver
      const folder = yield* tempFolder
      let made = 0
      // Every third name is a new one.
      yield* randomIs(() => Math.floor(made++ / 3))
      strictEqual(Path.basename((yield* tempName({ folder })).full), `mmio${"00".repeat(8)}.tmp`)
      strictEqual(Path.basename((yield* tempName({ folder })).full), `mmio${"01".repeat(8)}.tmp`)
      made = 0
      yield* randomIs(() => {
        made++
        return 0
      })
      const error = yield* Effect.flip(tempName({ folder }))
      strictEqual(error._tag, "CannotWrite")
      assert.include(error.message, "the name is taken (EEXIST)")
      strictEqual(made, 10)
    }))

  it.scoped.skipIf(process.platform === "win32")(
    "tempName gives the rights of another file, but not its owner's",
    () =>
      Effect.gen(function*() {
        const { tempName } = yield* driver
        const folder = yield* tempFolder
        const like = FileName.plain(Path.join(folder, "like"))
        NFS.writeFileSync(like.full, "")
        for (const mode of [0o4755, 0o2775, 0o640]) {
          NFS.chmodSync(like.full, mode)
          strictEqual(NFS.statSync((yield* tempName({ folder, like })).full).mode & 0o7777, mode & 0o777)
        }
      })
  )

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
    "mode is that of created files",
    () =>
      Effect.gen(function*() {
        const folder = yield* tempFolder
        const umask = 0o777 & ~process.umask()
        for (const mode of [undefined, 0o640, 0o600, 0o777]) {
          const storage = yield* NodeIOProc.make({ mode })
          const path = `${folder}/${mode}`
          yield* Effect.scoped(openFile(storage, path, { access: "write", create: "truncate" }))
          strictEqual(modeOf(path), (mode ?? 0o666) & umask)
          strictEqual(modeOf((yield* storage.tempName({ folder })).full), (mode ?? 0o600) & umask)
          // An existing file keeps its own.
          NFS.chmodSync(path, 0o604)
          yield* Effect.scoped(openFile(storage, path, { access: "write", create: "truncate" }))
          strictEqual(modeOf(path), 0o604)
        }
      })
  )

  it.scoped("an invalid mode is refused, and creates nothing", () =>
    Effect.gen(function*() {
      const folder = yield* tempFolder
      const storage = yield* NodeIOProc.make({ mode: -1 })
      const error = yield* Effect.flip(storage.open(request(`${folder}/a`, { access: "write", create: "truncate" })))
      strictEqual(error._tag, "CannotOpen")
      assert.deepStrictEqual(NFS.readdirSync(folder), [])
    }))

  it.scoped("tempFolder is the folder of temporary files", () =>
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

  it.scoped("blockBudget bounds the blocks of reads and writes together", () =>
    Effect.gen(function*() {
      const sizes: Array<number> = []
      yield* stub("node:fs", "read", (original) => (...args: ReadonlyArray<unknown>) => {
        sizes.push(Number(args[3]))
        return original(...args)
      })
      /** The largest call of the system while a file is read in sequence, 512 bytes at a time. */
      const largest = (options: NodeIOProc.Options) =>
        Effect.scoped(Effect.gen(function*() {
          const file = yield* openFile(yield* NodeIOProc.make(options), yield* tempPath(new Uint8Array(2 ** 20)))
          const target = new Uint8Array(512)
          for (let position = 0; position < 2 ** 20; position += 512) yield* file.readAt(position, target)
          return Math.max(...sizes.splice(0))
        }))
      assert.isAbove(yield* largest({}), 2 ** 16)
      strictEqual(yield* largest({ blockBudget: 1000 }), 512)
      const budget = IOProc.makeBlockBudget(2 ** 20)
      assert.isAbove(yield* largest({ blockBudget: 1000, readAhead: { budget } }), 512)

      // A file that is being written holds the whole budget: a reader of the same storage gets no block.
      const storage = yield* NodeIOProc.make({
        blockBudget: 2 ** 16,
        readAhead: { smallest: 2 ** 16, largest: 2 ** 16 },
        writeBehind: { smallest: 2 ** 16, largest: 2 ** 16 }
      })
      const writer = yield* openFile(storage, yield* tempPath(), { access: "write", create: "new" })
      const piece = new Uint8Array(512)
      for (let i = 0; i < 8; i++) yield* writeAt(writer, i * 512, piece)
      const reader = yield* openFile(storage, yield* tempPath(new Uint8Array(2 ** 18)))
      const readOn = (from: number) =>
        Effect.gen(function*() {
          for (let i = 0; i < 8; i++) yield* reader.readAt(from + i * 512, piece)
          return Math.max(0, ...sizes.splice(0))
        })
      strictEqual(yield* readOn(0), 512)
      yield* writer.close
      strictEqual(yield* readOn(4096), 2 ** 16)
    }))

  it.effect("an invalid blockBudget is a defect", () =>
    Effect.gen(function*() {
      const exit = yield* Effect.exit(NodeIOProc.make({ blockBudget: -1 }))
      assert(exit._tag === "Failure" && exit.cause._tag === "Die")
      assert.include(String(exit.cause.defect), "InvalidParameter")
    }))

  it.scoped("can come from the configuration", () =>
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
  it.scoped("has positions, and neither a known size nor truncate", () =>
    Effect.gen(function*() {
      const image = yield* tempPath(new Uint8Array(64 * 1024).fill(0x61))
      const device = yield* loopDevice(image)
      const file = yield* openFile(yield* driver, device, { access: "readWrite", create: "truncate" })
      strictEqual(file.truncate, undefined)
      assert.isFalse(file.capabilities.truncate)
      strictEqual(yield* writeAt(file, 4096, "bcd", "writeFlush"), 3)
      strictEqual(yield* readAt(file, 4095, 5), "abcda")
      strictEqual(yield* readAt(file, 64 * 1024, 5), "")
      const error = yield* Effect.flip(file.size)
      strictEqual(
        error.message,
        `NodeIOProc.seek ${device}: the size of a device cannot be found out`
      )
    }))
})
