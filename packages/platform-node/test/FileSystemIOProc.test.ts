/**
 * Core's driver over `@effect/platform`, on a real disk.
 */
import { FileName, FileSystemIOProc, IOProc, Mmio } from "@effect-mmio/core"
import { NodeFileSystem } from "@effect/platform-node"
import { assert, layer } from "@effect/vitest"
import { Context, Effect, FastCheck as fc, Layer, Option, Stream } from "effect"
import * as fs from "node:fs"
import * as os from "node:os"
import * as path from "node:path"
import { truncate, writeAt } from "./helpers.js"

const bytes = (text: string) => new TextEncoder().encode(text)
const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes)

/** A folder of the test file's own. */
class Folder extends Context.Tag("Folder")<Folder, string>() {}

const folder = Layer.scoped(
  Folder,
  Effect.acquireRelease(
    Effect.sync(() => fs.realpathSync(fs.mkdtempSync(path.join(os.tmpdir(), "effect-mmio-")))),
    (folder) => Effect.sync(() => fs.rmSync(folder, { recursive: true }))
  )
)

let made = 0

/** A name in the folder, of a file with this content if one is given. */
const place = (content?: string | Uint8Array) =>
  Effect.map(Folder, (folder) => {
    const name = path.join(folder, `${made++}.bin`)
    if (content !== undefined) fs.writeFileSync(name, content)
    return name
  })

const request = IOProc.openRequest

const open = (name: string, options?: Partial<Omit<IOProc.OpenRequest, "name">>) =>
  Effect.flatMap(
    IOProc.IOProc,
    (driver) => Effect.acquireRelease(driver.open(request(name, options)), (file) => Effect.orDie(file.close))
  )

const tag = <A, E extends { readonly _tag: string }, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.match(effect, { onFailure: (error) => error._tag, onSuccess: () => "success" })

const descriptors = () =>
  fs.readdirSync("/proc/self/fd").map((fd) => {
    try {
      return fs.readlinkSync(`/proc/self/fd/${fd}`)
    } catch {
      return ""
    }
  })
const isLinux = process.platform === "linux"

const storage = Layer.provideMerge(FileSystemIOProc.layer, Layer.merge(NodeFileSystem.layer, folder))

layer(storage, { excludeTestServices: true })("FileSystemIOProc on Node", (it) => {
  // -------------------------------------------------------------------------------------------------------------------
  // the laws of a driver
  // -------------------------------------------------------------------------------------------------------------------

  const position = fc.integer({ min: -5, max: 40 })
  const operation = fc.oneof(
    fc.record({ op: fc.constant("read" as const), position, count: fc.integer({ min: 1, max: 20 }) }),
    fc.record({
      op: fc.constantFrom("write" as const, "writeFlush" as const),
      position,
      data: fc.uint8Array({ minLength: 1, maxLength: 20 })
    }),
    fc.record({ op: fc.constant("truncate" as const), position })
  )

  it.effect.prop(
    "a file is an array of bytes",
    [fc.uint8Array({ maxLength: 20 }), fc.array(operation, { maxLength: 20 })],
    ([initial, operations]) =>
      Effect.scoped(Effect.gen(function*() {
        const name = yield* place(initial)
        const file = yield* open(name, { access: "readWrite" })
        const model = [...initial]
        const grow = (size: number) => {
          while (model.length < size) model.push(0)
        }
        for (const operation of operations) {
          const { position } = operation
          const isValid = position >= 0
          switch (operation.op) {
            case "read": {
              const target = new Uint8Array(operation.count)
              const count = yield* Effect.merge(Effect.mapError(file.readAt(position, target), ({ _tag }) => _tag))
              const expected = model.slice(position, position + operation.count)
              assert.strictEqual(count, isValid ? expected.length : "CannotRead")
              if (isValid) assert.deepStrictEqual([...target.subarray(0, expected.length)], expected)
              break
            }
            case "write":
            case "writeFlush": {
              const { data } = operation
              const count = yield* Effect.merge(
                Effect.mapError(writeAt(file, position, data, operation.op), ({ _tag }) => _tag)
              )
              assert.strictEqual(count, isValid ? data.length : "CannotWrite")
              if (!isValid) break
              grow(position)
              model.splice(position, data.length, ...data)
              break
            }
            case "truncate": {
              assert.strictEqual(yield* tag(truncate(file, position)), isValid ? "success" : "CannotWrite")
              if (!isValid) break
              model.length = Math.min(model.length, position)
              grow(position)
            }
          }
          assert.strictEqual(yield* file.size, model.length)
        }
        assert.deepStrictEqual([...fs.readFileSync(name)], model)
      })),
    { fastCheck: { numRuns: 50 } }
  )

  it.scoped("reaches beyond 4 GiB, and the gap reads as zeros", () =>
    Effect.gen(function*() {
      const name = yield* place("start")
      const file = yield* open(name, { access: "readWrite" })
      const far = 5 * 2 ** 30 + 1
      yield* writeAt(file, far, "far")
      assert.strictEqual(yield* file.size, far + 3)
      const target = new Uint8Array(8).fill(1)
      assert.strictEqual(yield* file.readAt(far - 2, target), 5)
      assert.deepStrictEqual([...target], [0, 0, 102, 97, 114, 1, 1, 1])
      assert.strictEqual(fs.statSync(name).size, far + 3)
      fs.truncateSync(name)
    }))

  it.scoped("takes targets of 2 GiB and more, which Node refuses", () =>
    Effect.gen(function*() {
      const file = yield* open(yield* place("abc"))
      const target = new Uint8Array(2 ** 31)
      assert.strictEqual(yield* file.readAt(0, target), 3)
      assert.strictEqual(text(target.subarray(0, 3)), "abc")
    }))

  // -------------------------------------------------------------------------------------------------------------------
  // opening
  // -------------------------------------------------------------------------------------------------------------------

  it.scoped("creates and truncates with create alone", () =>
    Effect.gen(function*() {
      const name = yield* place("content")
      yield* Effect.scoped(open(name, { access: "write" }))
      yield* Effect.scoped(open(name, { access: "readWrite" }))
      assert.strictEqual(fs.readFileSync(name, "utf8"), "content")
      yield* Effect.scoped(open(name, { access: "readWrite", create: "truncate" }))
      assert.strictEqual(fs.readFileSync(name, "utf8"), "")
      const fresh = yield* place()
      assert.strictEqual(yield* tag(open(fresh, { access: "write" })), "FileNotFound")
      const file = yield* open(fresh, { access: "write", create: "truncate" })
      yield* writeAt(file, 0, "new")
      assert.strictEqual(fs.readFileSync(fresh, "utf8"), "new")
    }))

  it.scoped("creates a new file for every access, and refuses a name that exists", () =>
    Effect.gen(function*() {
      for (const access of ["read", "write", "readWrite"] as const) {
        const [name, dangling] = [yield* place(), yield* place()]
        const file = yield* open(name, { access, create: "new" })
        if (access !== "read") yield* writeAt(file, 0, "new")
        fs.symlinkSync(`${name}.gone`, dangling)
        for (const taken of [name, dangling, yield* Folder]) {
          const error = yield* Effect.flip(open(taken, { access, create: "new" }))
          assert.deepStrictEqual([error._tag, error.errno], ["CannotOpen", "EEXIST"])
        }
        assert.strictEqual(fs.readFileSync(name, "utf8"), access === "read" ? "" : "new")
        assert.isFalse(fs.existsSync(`${name}.gone`))
      }
    }))

  it.scoped("lets one of 50 fibers create a new file, and the other 49 fail with EEXIST", () =>
    Effect.gen(function*() {
      const name = yield* place()
      const results = yield* Effect.forEach(
        Array.from({ length: 50 }, (_, i) => i),
        (i) =>
          Effect.match(
            Effect.flatMap(open(name, { access: "write", create: "new" }), (file) => writeAt(file, 0, `fiber ${i}`)),
            { onFailure: ({ _tag, errno }) => `${_tag} ${errno}`, onSuccess: () => `fiber ${i}` }
          ),
        { concurrency: "unbounded" }
      )
      const winners = results.filter((result) => result.startsWith("fiber"))
      assert.strictEqual(winners.length, 1)
      assert.strictEqual(results.filter((result) => result === "CannotOpen EEXIST").length, 49)
      assert.strictEqual(fs.readFileSync(name, "utf8"), winners[0])
    }))

  it.scoped("has the length of what was written after a large file is created again", () =>
    Effect.gen(function*() {
      const name = yield* place(new Uint8Array(8 * 2 ** 20).fill(1))
      const file = yield* Mmio.open(FileName.plain(name), { access: "write", create: true })
      yield* Mmio.writeAll(file, bytes("short"))
      assert.strictEqual(yield* Mmio.seek(file, 0, "end"), 5)
      yield* Mmio.close(file)
      assert.strictEqual(fs.readFileSync(name, "utf8"), "short")
    }))

  it.scoped("distinguishes missing files, missing folders, files as folders and folders as files", () =>
    Effect.gen(function*() {
      const folder = yield* Folder
      const name = yield* place("x")
      assert.strictEqual(yield* tag(open(path.join(folder, "missing"))), "FileNotFound")
      assert.strictEqual(yield* tag(open(path.join(folder, "no", "missing"))), "PathNotFound")
      assert.strictEqual(
        yield* tag(open(path.join(folder, "no", "missing"), { access: "write", create: "truncate" })),
        "PathNotFound"
      )
      assert.strictEqual(yield* tag(open(path.join(name, "missing"))), "PathNotFound")
      assert.strictEqual(yield* tag(open("missing in the current folder")), "FileNotFound")
      assert.strictEqual(yield* tag(open("")), "FileNotFound")
      for (const access of ["read", "write", "readWrite"] as const) {
        assert.strictEqual(yield* tag(open(folder, { access })), "CannotOpen")
      }
      const badName = yield* Effect.flip(open("a\0b"))
      assert.strictEqual(badName._tag, "CannotOpen")
    }))

  it.scoped("creates the target of a link that leads nowhere yet", () =>
    Effect.gen(function*() {
      const [target, link] = [yield* place(), yield* place()]
      fs.symlinkSync(target, link)
      assert.strictEqual(yield* tag(open(link)), "FileNotFound")
      const file = yield* open(link, { access: "write", create: "truncate" })
      yield* writeAt(file, 0, "through")
      assert.strictEqual(fs.readFileSync(target, "utf8"), "through")
    }))

  it.scoped("sharing modes hold under every name of a file, and before it is truncated", () =>
    Effect.gen(function*() {
      const [name, hard, soft, renamed] = [yield* place("content"), yield* place(), yield* place(), yield* place()]
      fs.linkSync(name, hard)
      fs.symlinkSync(name, soft)
      yield* Effect.scoped(Effect.gen(function*() {
        yield* open(name, { share: "denyWrite" })
        for (const other of [name, hard, soft, path.join(path.dirname(name), ".", path.basename(name))]) {
          const claim = { access: "write", create: "truncate", share: "denyNone" } as const
          assert.strictEqual(yield* tag(open(other, claim)), "SharingViolation", other)
        }
        fs.renameSync(hard, renamed)
        assert.strictEqual(yield* tag(open(renamed, { share: "exclusive" })), "SharingViolation")
        yield* Effect.scoped(open(renamed, { share: "denyNone" }))
      }))
      assert.strictEqual(fs.readFileSync(name, "utf8"), "content")
      yield* open(soft, { share: "exclusive" })
    }))

  it.scoped.skipIf(!isLinux)("closes every descriptor when opening fails", () =>
    Effect.gen(function*() {
      const folder = yield* Folder
      const name = yield* place("x")
      yield* Effect.scoped(Effect.gen(function*() {
        yield* open(name, { share: "exclusive" })
        yield* tag(open(name))
        yield* tag(open(folder))
        yield* tag(open(path.join(folder, "no", "missing")))
      }))
      yield* Effect.scoped(open(name, { access: "write", create: "truncate" }))
      assert.isFalse(descriptors().some((open) => open.startsWith(folder)))
    }))

  it.scoped("a handle opened for writing is not read", () =>
    Effect.gen(function*() {
      const file = yield* open(yield* place("secret"), { access: "write" })
      assert.strictEqual(yield* tag(file.readAt(0, new Uint8Array(3))), "CannotRead")
    }))

  it.scoped.skipIf(!isLinux)(
    "a full device is CannotWrite, with the system's name found",
    () =>
      Effect.gen(function*() {
        const file = yield* open("/dev/full", { access: "write", create: "truncate" })
        const error = yield* Effect.flip(writeAt(file, 0, "x"))
        assert.strictEqual(
          error.message,
          "FileSystemIOProc.write /dev/full at 0: no space left on device (ENOSPC)"
        )
      })
  )

  it.scoped.skipIf(process.getuid?.() === 0)(
    "what may not be read is AccessDenied, also for writing alone",
    () =>
      Effect.gen(function*() {
        const name = yield* place("x")
        fs.chmodSync(name, 0o200)
        assert.strictEqual(yield* tag(open(name)), "AccessDenied")
        assert.strictEqual(yield* tag(open(name, { access: "write" })), "AccessDenied")
      })
  )

  // -------------------------------------------------------------------------------------------------------------------
  // names
  // -------------------------------------------------------------------------------------------------------------------

  it.scoped("rename replaces its target, and says what is missing", () =>
    Effect.gen(function*() {
      const [a, b] = [yield* place("a"), yield* place("b")]
      const nowhere = path.join(yield* Folder, "no", "where")
      yield* Mmio.rename(FileName.plain(a), FileName.plain(b))
      assert.strictEqual(fs.readFileSync(b, "utf8"), "a")
      assert.isFalse(fs.existsSync(a))
      const rename = (from: string, to: string) => tag(Mmio.rename(FileName.plain(from), FileName.plain(to)))
      assert.strictEqual(yield* rename(a, b), "FileNotFound")
      assert.strictEqual(yield* rename(nowhere, b), "PathNotFound")
      assert.strictEqual(yield* rename(b, nowhere), "PathNotFound")
      assert.strictEqual(yield* rename(b, yield* Folder), "CannotWrite")
      assert.strictEqual(fs.readFileSync(b, "utf8"), "a")
    }))

  it.scoped("removes files, and links to folders, but no folders", () =>
    Effect.gen(function*() {
      const [name, folder, link] = [yield* place("a"), yield* place(), yield* place()]
      fs.mkdirSync(folder)
      fs.symlinkSync(folder, link)
      const remove = (name: string) => tag(Mmio.remove(FileName.plain(name)))
      assert.strictEqual(yield* remove(name), "success")
      assert.strictEqual(yield* remove(name), "FileNotFound")
      assert.strictEqual(yield* remove(path.join(folder, "no", "where")), "PathNotFound")
      assert.strictEqual(yield* remove(folder), "CannotWrite")
      assert.strictEqual(yield* remove(link), "success")
      assert.isTrue(fs.existsSync(folder))
      assert.isFalse(fs.existsSync(link))
    }))

  it.scoped("exists", () =>
    Effect.gen(function*() {
      const name = yield* place("a")
      const exists = (name: string) => Mmio.exists(FileName.plain(name))
      assert.isTrue(yield* exists(name))
      assert.isFalse(yield* exists(`${name}.not`))
      assert.isFalse(yield* exists(path.join(name, "inside a file")))
      assert.isFalse(yield* exists(yield* Folder))
    }))

  it.scoped("fullName needs no file, and keeps the name of a link", () =>
    Effect.gen(function*() {
      const [name, link, folderLink] = [yield* place("a"), yield* place(), yield* place()]
      const folder = yield* Folder
      fs.symlinkSync(name, link)
      fs.symlinkSync(folder, folderLink)
      const fullName = (name: string) => Effect.map(Mmio.fullName(FileName.plain(name)), (name) => name.full)
      assert.strictEqual(yield* fullName("missing.wav"), path.join(fs.realpathSync("."), "missing.wav"))
      assert.strictEqual(yield* fullName(`${folder}/./../${path.basename(folder)}/x`), path.join(folder, "x"))
      assert.strictEqual(yield* fullName(link), link)
      assert.strictEqual(yield* fullName(path.join(folderLink, "x")), path.join(folder, "x"))
      assert.strictEqual(yield* tag(fullName(path.join(folder, "no", "where"))), "PathNotFound")
    }))

  it.scoped("tempName creates one empty file in the folder, with prefix and suffix", () =>
    Effect.gen(function*() {
      const folder = yield* place()
      fs.mkdirSync(folder)
      const names = yield* Effect.all(
        Array.from({ length: 10 }, () => Mmio.tempName({ folder, prefix: "take", suffix: ".wav" })),
        { concurrency: "unbounded" }
      )
      assert.strictEqual(new Set(names.map((name) => name.full)).size, 10)
      assert.strictEqual(fs.readdirSync(folder).length, 10)
      for (const { full } of names) {
        assert.match(full.slice(folder.length + 1), /^take[0-9a-z]+\.wav$/)
        assert.strictEqual(fs.statSync(full).size, 0)
        assert.strictEqual(fs.statSync(full).mode & 0o777, 0o600)
      }
      const name = yield* Mmio.tempName()
      assert.strictEqual(path.dirname(name.full), path.resolve(os.tmpdir()))
      assert.match(path.basename(name.full), /^mmio[0-9a-z]+\.tmp$/)
      fs.rmSync(name.full)
      assert.strictEqual(yield* tag(Mmio.tempName({ folder: path.join(folder, "no") })), "PathNotFound")
    }))

  // -------------------------------------------------------------------------------------------------------------------
  // facts, and folders
  // -------------------------------------------------------------------------------------------------------------------

  it.scoped("stat knows kind, size and times, and says what is missing", () =>
    Effect.gen(function*() {
      const name = yield* place("abc")
      fs.utimesSync(name, 1000, 2000)
      const stat = (name: string) => Mmio.stat(FileName.plain(name))
      const { identity, ...facts } = yield* stat(name)
      assert.isTrue(Option.isSome(identity))
      assert.deepStrictEqual(facts, {
        kind: "file",
        size: Option.some(3),
        version: Option.none(),
        modified: Option.some(new Date(2_000_000)),
        created: Option.some(fs.statSync(name).birthtime)
      })
      const ofFolder = yield* stat(yield* Folder)
      assert.strictEqual(ofFolder.kind, "folder")
      assert.isTrue(Option.isNone(ofFolder.size))
      if (isLinux) assert.strictEqual((yield* stat("/dev/null")).kind, "other")
      assert.strictEqual(yield* tag(stat(`${name}.no`)), "FileNotFound")
      assert.strictEqual(yield* tag(stat(path.join(yield* Folder, "no", "file"))), "PathNotFound")
      assert.strictEqual(yield* tag(stat(path.join(name, "file"))), "PathNotFound")
    }))

  it.scoped("list gives names with their kinds, and follows links", () =>
    Effect.gen(function*() {
      const folder = yield* place()
      const list = (name: string) =>
        Effect.map(
          Stream.runCollect(Stream.unwrap(Effect.map(IOProc.IOProc, ({ list }) => list(FileName.plain(name))))),
          (entries) => [...entries].toSorted((a, b) => a.name < b.name ? -1 : 1)
        )
      assert.strictEqual(yield* tag(list(folder)), "PathNotFound")
      fs.mkdirSync(folder)
      assert.deepStrictEqual(yield* list(folder), [])
      fs.writeFileSync(path.join(folder, "file"), "")
      fs.mkdirSync(path.join(folder, "folder"))
      fs.symlinkSync(path.join(folder, "folder"), path.join(folder, "to folder"))
      fs.symlinkSync(path.join(folder, "gone"), path.join(folder, "to nothing"))
      assert.deepStrictEqual(yield* list(folder), [
        { name: "file", kind: "file" },
        { name: "folder", kind: "folder" },
        { name: "to folder", kind: "folder" },
        { name: "to nothing", kind: "other" }
      ])
      assert.strictEqual(yield* tag(list(path.join(folder, "file"))), "PathNotFound")
    }))

  it.scoped("folders are made, and removed where they are empty", () =>
    Effect.gen(function*() {
      const parent = yield* place()
      fs.mkdirSync(parent)
      const at = (name: string) => FileName.plain(path.join(parent, name))
      const failing = (name: string, call: typeof Mmio.makeFolder) =>
        Effect.map(Effect.flip(call(at(name))), ({ _tag, errno }) => `${_tag} ${errno}`)
      yield* Mmio.makeFolder(at("new"))
      fs.writeFileSync(at("new/file").full, "abc")
      yield* Mmio.makeFolder(at("new"))
      assert.strictEqual(yield* failing("new/file", Mmio.makeFolder), "CannotWrite EEXIST")
      assert.strictEqual(yield* failing("no/new", Mmio.makeFolder), "PathNotFound ENOENT")
      assert.strictEqual(yield* failing("new", Mmio.removeFolder), "CannotWrite ENOTEMPTY")
      assert.strictEqual(yield* failing("no", Mmio.removeFolder), "PathNotFound ENOENT")
      assert.strictEqual((yield* Effect.flip(Mmio.removeFolder(at("new/file"))))._tag, "PathNotFound")
      fs.symlinkSync(at("new").full, at("link").full)
      assert.strictEqual((yield* Effect.flip(Mmio.removeFolder(at("link"))))._tag, "PathNotFound")
      assert.strictEqual(fs.readFileSync(at("new/file").full, "utf8"), "abc")
      fs.unlinkSync(at("new/file").full)
      yield* Mmio.removeFolder(FileName.plain(`${at("new").full}/`))
      assert.deepStrictEqual(fs.readdirSync(parent), ["link"])
    }))

  // -------------------------------------------------------------------------------------------------------------------
  // handles
  // -------------------------------------------------------------------------------------------------------------------

  it.scoped("a handle writes, seeks and reads back through it", () =>
    Effect.gen(function*() {
      const name = FileName.plain(yield* place())
      const file = yield* Mmio.open(name, { access: "readWrite", create: true, buffer: 16 })
      const content = "0123456789".repeat(10)
      yield* Mmio.writeAll(file, bytes(content))
      yield* Mmio.seek(file, -95, "end")
      assert.strictEqual(text(yield* Mmio.read(file, 20)), content.slice(5, 25))
      yield* Mmio.close(file)
      assert.strictEqual(fs.readFileSync(name.full, "utf8"), content)
    }))
})
