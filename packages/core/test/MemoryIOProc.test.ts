import { FileName, IOProc, MemoryIOProc, Mmio } from "@effect-mmio/core"
import { assert, describe, it, layer } from "@effect/vitest"
import { Chunk, Effect, Equal, Exit, FastCheck as fc, Layer, Option, Stream } from "effect"
import { Cursor } from "./support/cursor.js"

const bytes = (text: string) => new TextEncoder().encode(text)
const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes)

const { make } = MemoryIOProc

const request = IOProc.openRequest

/** A file of the storage, with a cursor. */
const cursor = (storage: IOProc.IOProc, name: string, options?: Partial<Omit<IOProc.OpenRequest, "name">>) =>
  Effect.map(storage.open(request(name, options)), (file) => new Cursor(file))

const creating = { access: "write", create: "truncate" } as const

const writing = { access: "write", create: true } as const

/** Writes a file through a handle. */
const save = (storage: IOProc.IOProc, name: string, content: string) =>
  Effect.scoped(Effect.flatMap(
    Mmio.openWith(storage, FileName.plain(name), writing),
    (file) => Effect.zipRight(Mmio.writeAll(file, bytes(content)), Mmio.close(file))
  ))

/** Reads a file through a handle. */
const load = (storage: IOProc.IOProc, name: string) =>
  Effect.scoped(Effect.flatMap(
    Mmio.openWith(storage, FileName.plain(name)),
    (file) => Effect.map(Mmio.read(file, 1000), text)
  ))

const tag = <A, E extends { readonly _tag: string }, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.match(effect, { onFailure: (error) => error._tag, onSuccess: () => "success" })

describe("MemoryIOProc", () => {
  describe("what it begins with", () => {
    it.effect("files, with the folders on their paths, and folders", () =>
      Effect.gen(function*() {
        const storage = yield* make({ files: { "a.txt": bytes("a"), "x/y/b.txt": bytes("b") }, folders: ["z/w", "x"] })
        assert.deepStrictEqual(yield* storage.files, ["/a.txt", "/x/y/b.txt"])
        assert.deepStrictEqual(yield* storage.folders, ["/x", "/x/y", "/z", "/z/w"])
        assert.strictEqual(text(yield* storage.bytes("x/y/b.txt")), "b")
      }))

    it.effect("nothing", () =>
      Effect.gen(function*() {
        const storage = yield* make()
        assert.deepStrictEqual(yield* storage.files, [])
        assert.deepStrictEqual(yield* storage.folders, [])
      }))

    it.effect("a name that is a file and a folder is CannotOpen", () =>
      Effect.gen(function*() {
        assert.strictEqual(yield* tag(make({ files: { "a": bytes(""), "a/b": bytes("") } })), "CannotOpen")
        assert.strictEqual(yield* tag(make({ files: { "a": bytes("") }, folders: ["a"] })), "CannotOpen")
        assert.strictEqual(yield* tag(make({ files: { "": bytes("") } })), "CannotOpen")
      }))

    it.effect("as a layer it is the storage of a program, and a service to look into", () =>
      Effect.gen(function*() {
        yield* Mmio.withFile("b.txt", writing, (file) => Mmio.write(file, bytes("hi")))
        const storage = yield* MemoryIOProc.MemoryIOProc
        assert.deepStrictEqual(yield* storage.files, ["/a.txt", "/b.txt"])
        assert.strictEqual(text(yield* storage.bytes("b.txt")), "hi")
      }).pipe(Effect.provide(MemoryIOProc.layer({ "a.txt": bytes("a") }))))

    it.effect("each storage is one of its own", () =>
      Effect.gen(function*() {
        const build = make({ files: { a: bytes("a") } })
        const [first, second] = [yield* build, yield* build]
        yield* save(first, "a", "changed")
        assert.strictEqual(yield* load(second, "a"), "a")
      }))
  })

  describe("names", () => {
    const same = [
      "a/b.txt",
      "/a/b.txt",
      "./a/b.txt",
      "a//b.txt",
      "a/./b.txt",
      "a/c/../b.txt",
      "../a/b.txt",
      "//a/b.txt"
    ]

    it.effect("that say the same are the same file", () =>
      Effect.gen(function*() {
        const storage = yield* make({ folders: ["a/c"] })
        yield* save(storage, "a/b.txt", "b")
        for (const name of same) {
          assert.strictEqual(yield* load(storage, name), "b", name)
          assert.isTrue(yield* storage.exists(FileName.plain(name)), name)
          assert.isTrue(Equal.equals(yield* storage.fullName(FileName.plain(name)), FileName.plain("/a/b.txt")), name)
          assert.strictEqual(text(yield* storage.bytes(name)), "b", name)
        }
        assert.deepStrictEqual(yield* storage.files, ["/a/b.txt"])
      }))

    it.effect("full names need no file", () =>
      Effect.gen(function*() {
        const storage = yield* make()
        assert.strictEqual((yield* storage.fullName(FileName.plain("x/../y/z"))).full, "/y/z")
        assert.strictEqual((yield* storage.fullName(FileName.plain("."))).full, "/")
      }))

    it.effect("tell capitals apart, and may hold anything else", () =>
      Effect.gen(function*() {
        const storage = yield* make()
        for (const name of ["a", "A", "a\\b", "a+b", "…", " ", "constructor", "__proto__"]) {
          yield* save(storage, name, name)
        }
        assert.strictEqual((yield* storage.files).length, 8)
        assert.strictEqual(yield* load(storage, "__proto__"), "__proto__")
      }))
  })

  describe("opening", () => {
    it.effect("a file that is missing is FileNotFound, a folder on the way PathNotFound, a folder CannotOpen", () =>
      Effect.gen(function*() {
        const storage = yield* make({ files: { "a/b": bytes("") } })
        const open = (name: string, options?: Partial<IOProc.OpenRequest>) => tag(storage.open(request(name, options)))
        assert.strictEqual(yield* open("b"), "FileNotFound")
        assert.strictEqual(yield* open("a/c"), "FileNotFound")
        assert.strictEqual(yield* open("b/c"), "PathNotFound")
        assert.strictEqual(yield* open("a/b/c"), "PathNotFound", "a file is no folder")
        assert.strictEqual(yield* open("b/c", creating), "PathNotFound")
        assert.strictEqual(yield* open("a"), "CannotOpen")
        assert.strictEqual(yield* open("a", creating), "CannotOpen")
        assert.strictEqual(yield* open("/"), "CannotOpen")
        assert.strictEqual(yield* open(""), "CannotOpen")
        assert.strictEqual(yield* open("c", { access: "write" }), "FileNotFound")
        assert.deepStrictEqual(yield* storage.files, ["/a/b"], "nothing was made")
        assert.deepStrictEqual(yield* storage.folders, ["/a"])
      }))

    it.effect("with create makes the file, or cuts it", () =>
      Effect.gen(function*() {
        const storage = yield* make({ files: { old: bytes("old content") }, folders: ["dir"] })
        yield* save(storage, "dir/new", "new")
        yield* save(storage, "old", "x")
        assert.strictEqual(yield* load(storage, "dir/new"), "new")
        assert.strictEqual(yield* load(storage, "old"), "x")
      }))

    it.effect("for writing without create keeps what is there", () =>
      Effect.gen(function*() {
        const storage = yield* make({ files: { a: bytes("hello") } })
        yield* Effect.scoped(
          Effect.flatMap(Mmio.openWith(storage, "a", { access: "write" }), Mmio.writeAll(bytes("J")))
        )
        assert.strictEqual(yield* load(storage, "a"), "Jello")
      }))

    it.effect("a file does what it was opened for, and no more", () =>
      Effect.gen(function*() {
        const storage = yield* make({ files: { a: bytes("hello") } })
        const reader = yield* cursor(storage, "a")
        const writer = yield* cursor(storage, "a", { access: "write" })
        const both = yield* cursor(storage, "a", { access: "readWrite" })
        const target = new Uint8Array(1)
        assert.isUndefined(reader.file.writeAt)
        assert.strictEqual(yield* tag(writer.read(target)), "CannotRead")
        assert.strictEqual(yield* writer.write(target), 1)
        assert.strictEqual(yield* both.read(target), 1)
        assert.strictEqual(yield* both.write(target), 1)
      }))
  })

  describe("files", () => {
    it.effect("every open file sees what others write", () =>
      Effect.gen(function*() {
        const storage = yield* make({ files: { a: bytes("abc") } })
        const first = yield* cursor(storage, "a", { access: "readWrite" })
        const second = yield* cursor(storage, "a")
        const target = new Uint8Array(2)
        yield* first.write(bytes("XY"))
        assert.strictEqual(yield* second.read(target), 2)
        assert.strictEqual(text(target), "XY")
        assert.strictEqual(yield* first.read(target), 1)
        assert.strictEqual(yield* second.file.size, 3)
        first.position = 9
        yield* first.write(bytes("!"))
        assert.strictEqual(yield* second.file.size, 10)
      }))

    it.effect("a gap reads as zeros, also where longer content was cut before", () =>
      Effect.gen(function*() {
        const storage = yield* make({ files: { a: bytes("0123456789") } })
        const file = yield* cursor(storage, "a", { access: "readWrite", create: "truncate" })
        yield* file.write(bytes("ab"))
        file.position = 6
        assert.strictEqual(yield* file.read(new Uint8Array(4)), 0, "past the end there is nothing to read")
        assert.strictEqual(file.position, 6)
        yield* file.write(bytes("c"))
        assert.deepStrictEqual([...(yield* storage.bytes("a"))], [97, 98, 0, 0, 0, 0, 99])
      }))

    it.effect("what it was given and what it gives are copies", () =>
      Effect.gen(function*() {
        const given = bytes("abc")
        const storage = yield* make({ files: { a: given } })
        given.fill(0)
        assert.strictEqual(text(yield* storage.bytes("a")), "abc")
        const got = yield* storage.bytes("a")
        got.fill(0)
        assert.strictEqual(text(yield* storage.bytes("a")), "abc")
        const put = bytes("def")
        yield* storage.put("a", put)
        yield* storage.put("b", put)
        put.fill(0)
        assert.strictEqual(text(yield* storage.bytes("a")), "def")
        assert.strictEqual(text(yield* storage.bytes("b")), "def")
        const written = bytes("ghi")
        const file = yield* cursor(storage, "c", creating)
        yield* file.write(written)
        written.fill(0)
        assert.strictEqual(text(yield* storage.bytes("c")), "ghi")
      }))

    it.effect("bytes that cannot be held are CannotExpand, and change nothing", () =>
      Effect.gen(function*() {
        const storage = yield* make({ files: { a: bytes("abc") } })
        const file = yield* cursor(storage, "a", { access: "write" })
        file.position = Number.MAX_SAFE_INTEGER - 10
        assert.strictEqual(yield* tag(file.write(bytes("x"))), "CannotExpand")
        assert.strictEqual(file.position, Number.MAX_SAFE_INTEGER - 10)
        assert.strictEqual(text(yield* storage.bytes("a")), "abc")
      }))
  })

  describe("put, bytes and makeFolder", () => {
    it.effect("put makes folders, and replaces what a file holds, also under open handles", () =>
      Effect.gen(function*() {
        const storage = yield* make()
        yield* storage.put("x/y", bytes("a longer content"))
        const file = yield* cursor(storage, "x/y")
        yield* storage.put("/x/y", bytes("new"))
        const target = new Uint8Array(20)
        assert.strictEqual(yield* file.read(target), 3)
        assert.deepStrictEqual(yield* storage.files, ["/x/y"])
      }))

    it.effect("names in the way", () =>
      Effect.gen(function*() {
        const storage = yield* make({ files: { "a/b": bytes("") } })
        assert.strictEqual(yield* tag(storage.put("a", bytes(""))), "CannotOpen")
        assert.strictEqual(yield* tag(storage.put("a/b/c", bytes(""))), "CannotOpen")
        assert.strictEqual(yield* tag(storage.put("/", bytes(""))), "CannotOpen")
        assert.strictEqual(yield* tag(storage.makeFolder("a/b")), "CannotWrite")
        assert.strictEqual(yield* tag(storage.makeFolder("a/b/c")), "PathNotFound")
        assert.strictEqual(yield* tag(storage.makeFolder("a")), "success")
        assert.strictEqual(yield* tag(storage.bytes("a")), "FileNotFound")
        assert.deepStrictEqual(yield* storage.folders, ["/a"])
      }))

    it.effect("what a handle still has in its buffer is not in bytes", () =>
      Effect.scoped(Effect.gen(function*() {
        const storage = yield* make()
        const file = yield* Mmio.openWith(storage, "a", writing)
        yield* Mmio.write(file, bytes("abc"))
        assert.strictEqual((yield* storage.bytes("a")).length, 0)
        yield* Mmio.flush(file)
        assert.strictEqual((yield* storage.bytes("a")).length, 3)
      })))
  })

  describe("facts about names", () => {
    it.effect("stat knows files and folders, and a version that changes with the content", () =>
      Effect.gen(function*() {
        const storage = yield* make({ files: { "a/b": bytes("abc") } })
        const stat = (name: string) => storage.stat(FileName.plain(name))
        const before = yield* stat("a/b")
        assert.strictEqual(before.kind, "file")
        assert.deepStrictEqual(Option.getOrThrow(before.size), 3)
        assert.strictEqual((yield* stat("a")).kind, "folder")
        assert.strictEqual((yield* stat("/")).kind, "folder")
        assert.strictEqual(yield* tag(stat("a/c")), "FileNotFound")
        assert.strictEqual(yield* tag(stat("c/d")), "PathNotFound")
        assert.isTrue(Equal.equals((yield* stat("a/b")).version, before.version))
        yield* save(storage, "a/b", "xyz")
        assert.isFalse(Equal.equals((yield* stat("a/b")).version, before.version))
      }))

    it.effect("opening checks the version that is asked for", () =>
      Effect.gen(function*() {
        const storage = yield* make({ files: { a: bytes("abc") } })
        const { version } = yield* storage.stat(FileName.plain("a"))
        yield* storage.open(request("a", { ifVersion: version }))
        const open = (ifVersion: string) => Effect.scoped(Mmio.openWith(storage, "a", { ifVersion }))
        assert.strictEqual(yield* tag(open(Option.getOrThrow(version))), "success")
        assert.strictEqual(yield* tag(open("another")), "VersionChanged")
        yield* save(storage, "a", "xyz")
        assert.strictEqual(yield* tag(open(Option.getOrThrow(version))), "VersionChanged")
      }))

    it.effect("list gives the names in a folder, and not below", () =>
      Effect.gen(function*() {
        const storage = yield* make({
          files: { "a/b": bytes(""), "a/c/d": bytes(""), "e": bytes("") },
          folders: ["a/f"]
        })
        const names = (folder: string) =>
          Effect.map(
            Stream.runCollect(storage.list(FileName.plain(folder))),
            (entries) => Chunk.toReadonlyArray(entries).map(({ kind, name }) => `${kind} ${name}`).toSorted()
          )
        assert.deepStrictEqual(yield* names("a"), ["file b", "folder c", "folder f"])
        assert.deepStrictEqual(yield* names("/"), ["file e", "folder a"])
        assert.deepStrictEqual(yield* names("a/f"), [])
        assert.strictEqual(yield* tag(names("x")), "PathNotFound")
      }))

    it.effect("folders are made in folders that exist, and removed where they are empty", () =>
      Effect.gen(function*() {
        const storage = yield* make({ files: { "a/b": bytes("") } })
        const removed = (name: string) => tag(storage.removeFolder(FileName.plain(name)))
        yield* storage.makeFolder(FileName.plain("a/c"))
        assert.strictEqual(yield* tag(storage.makeFolder("x/y")), "PathNotFound")
        assert.deepStrictEqual(yield* storage.folders, ["/a", "/a/c"])
        assert.strictEqual(yield* removed("a"), "CannotWrite")
        assert.strictEqual(yield* removed("a/b"), "PathNotFound")
        assert.strictEqual(yield* removed("/"), "CannotWrite")
        assert.strictEqual(yield* removed("a/c"), "success")
        assert.strictEqual(yield* removed("a/c"), "PathNotFound")
      }))

    it.effect("of many that create a new name, one succeeds", () =>
      Effect.gen(function*() {
        const storage = yield* make()
        const exits = yield* Effect.forEach(
          Array.from({ length: 50 }),
          () => Effect.exit(Effect.scoped(Mmio.openWith(storage, "a", { access: "write", create: "new" }))),
          { concurrency: "unbounded" }
        )
        assert.lengthOf(exits.filter(Exit.isSuccess), 1)
        const error = yield* Effect.flip(storage.open(request("a", { access: "write", create: "new" })))
        assert.deepStrictEqual([error._tag, error.errno], ["CannotOpen", "EEXIST"])
      }))

    it.effect("truncate cuts a file or adds zeros", () =>
      Effect.gen(function*() {
        const storage = yield* make({ files: { a: bytes("abcdef") } })
        const { file } = yield* cursor(storage, "a", { access: "readWrite" })
        yield* file.truncate!(3)
        assert.strictEqual(text(yield* storage.bytes("a")), "abc")
        yield* file.truncate!(6)
        assert.deepStrictEqual([...(yield* storage.bytes("a"))], [97, 98, 99, 0, 0, 0])
        yield* file.truncate!(0)
        assert.strictEqual(yield* file.size, 0)
        assert.strictEqual(yield* tag(file.truncate!(-1)), "CannotWrite")
      }))
  })

  describe("rename and remove", () => {
    const a = FileName.plain("a")
    const b = FileName.plain("dir/b")

    it.effect("rename moves a file, in the place of what was there", () =>
      Effect.gen(function*() {
        const storage = yield* make({ files: { "a": bytes("a"), "dir/b": bytes("b") } })
        yield* storage.rename(a, b)
        assert.deepStrictEqual(yield* storage.files, ["/dir/b"])
        assert.strictEqual(yield* load(storage, "dir/b"), "a")
        yield* storage.rename(b, b)
        assert.strictEqual(yield* load(storage, "dir/b"), "a")
      }))

    it.effect("rename says what is missing, and leaves all as it was", () =>
      Effect.gen(function*() {
        const storage = yield* make({ files: { "a": bytes("a"), "dir/b": bytes("b") } })
        const rename = (from: string, to: string) => tag(storage.rename(FileName.plain(from), FileName.plain(to)))
        assert.strictEqual(yield* rename("missing", "b"), "FileNotFound")
        assert.strictEqual(yield* rename("nowhere/missing", "b"), "PathNotFound")
        assert.strictEqual(yield* rename("a", "nowhere/a"), "PathNotFound")
        assert.strictEqual(yield* rename("a", "dir/b/a"), "PathNotFound")
        assert.strictEqual(yield* rename("a", "dir"), "CannotWrite")
        assert.strictEqual(yield* rename("missing", "dir/b"), "FileNotFound")
        assert.deepStrictEqual(yield* storage.files, ["/a", "/dir/b"])
        assert.strictEqual(yield* load(storage, "dir/b"), "b")
      }))

    it.effect("remove", () =>
      Effect.gen(function*() {
        const storage = yield* make({ files: { "a": bytes("a"), "dir/b": bytes("b") } })
        yield* storage.remove(b)
        assert.deepStrictEqual(yield* storage.files, ["/a"])
        assert.deepStrictEqual(yield* storage.folders, ["/dir"], "the folder stays")
        assert.strictEqual(yield* tag(storage.remove(b)), "FileNotFound")
        assert.strictEqual(yield* tag(storage.remove(FileName.plain("no/b"))), "PathNotFound")
        assert.strictEqual(yield* tag(storage.remove(FileName.plain("dir"))), "FileNotFound", "a folder is no file")
        assert.isFalse(yield* storage.exists(b))
        assert.isFalse(yield* storage.exists(FileName.plain("dir")))
      }))

    it.effect("a file that is open lives on when it is removed or replaced, apart from one of the same name", () =>
      Effect.gen(function*() {
        const storage = yield* make({ files: { "a": bytes("old"), "c": bytes("replacing") } })
        const file = yield* cursor(storage, "a", { access: "readWrite", share: "exclusive" })
        yield* storage.remove(a)
        const target = new Uint8Array(3)
        assert.strictEqual(yield* file.read(target), 3)
        assert.strictEqual(text(target), "old")
        yield* save(storage, "a", "new") // neither denied by the old one's claim, nor mixed with its bytes
        yield* file.write(bytes("!"))
        assert.strictEqual(yield* load(storage, "a"), "new")
        const second = yield* cursor(storage, "a")
        yield* storage.rename(FileName.plain("c"), a)
        assert.strictEqual(yield* second.read(target), 3)
        assert.strictEqual(text(target), "new")
        assert.strictEqual(yield* load(storage, "a"), "replacing")
      }))

    it.effect("a claim goes with the file when it is renamed", () =>
      Effect.gen(function*() {
        const storage = yield* make({ files: { "a": bytes("a"), "dir/x": bytes("") } })
        const file = yield* cursor(storage, "a", { share: "exclusive" })
        yield* storage.rename(a, b)
        assert.strictEqual(yield* tag(storage.open(request("dir/b"))), "SharingViolation")
        yield* file.file.close
        assert.strictEqual(yield* tag(storage.open(request("dir/b"))), "success")
      }))
  })

  describe("sharing", () => {
    it.effect("a file that another handle denies is neither opened nor cut", () =>
      Effect.gen(function*() {
        const storage = yield* make({ files: { a: bytes("abc") } })
        const reader = yield* cursor(storage, "a", { share: "denyWrite" })
        const error = yield* Effect.flip(storage.open(request("./a", { ...creating, share: "denyNone" })))
        assert.strictEqual(
          error.message,
          "MemoryIOProc.open ./a: another handle has it open for read as denyWrite"
        )
        assert.strictEqual(text(yield* storage.bytes("a")), "abc")
        assert.strictEqual(yield* tag(storage.open(request("a", { share: "denyNone" }))), "success")
        yield* reader.file.close
      }))

    it.effect("closing a handle gives its claim back", () =>
      Effect.gen(function*() {
        const storage = yield* make({ files: { a: bytes("abc") } })
        const exclusive = Mmio.openWith(storage, "a", { share: "exclusive" })
        yield* Effect.scoped(Effect.zipRight(
          exclusive,
          Effect.map(tag(Effect.scoped(exclusive)), (tag) => assert.strictEqual(tag, "SharingViolation"))
        ))
        yield* Effect.scoped(exclusive)
      }))

    it.effect("a new file is claimed as well", () =>
      Effect.gen(function*() {
        const storage = yield* make()
        yield* cursor(storage, "a", { ...creating, share: "exclusive" })
        assert.strictEqual(yield* tag(storage.open(request("a", { share: "denyNone" }))), "SharingViolation")
      }))
  })

  describe("tempName", () => {
    it.effect("makes an empty file with a name of its own, in the folder, with prefix and suffix", () =>
      Effect.gen(function*() {
        const storage = yield* make({ folders: ["tmp"] })
        const names = yield* Effect.replicateEffect(
          storage.tempName({ folder: "tmp", prefix: "take", suffix: ".wav" }),
          20
        )
        assert.strictEqual(new Set(names.map((name) => name.full)).size, 20)
        for (const name of names) {
          assert.match(name.full, /^\/tmp\/take[^/]+\.wav$/)
          assert.strictEqual((yield* storage.bytes(name.full)).length, 0)
        }
        assert.match((yield* storage.tempName({})).full, /^\/mmio[^/]+\.tmp$/)
        assert.strictEqual(yield* tag(storage.tempName({ folder: "nowhere" })), "PathNotFound")
      }))

    it.effect("takes no name that is there", () =>
      Effect.gen(function*() {
        const taken = Object.fromEntries(Array.from({ length: 40 }, (_, i) => [`mmio${i + 30}.tmp`, bytes("mine")]))
        const storage = yield* make({ files: taken })
        const name = yield* storage.tempName({})
        assert.notProperty(taken, name.full.slice(1))
        assert.strictEqual((yield* storage.files).length, 41)
      }))

    it.effect("a prefix does not lead out of the folder", () =>
      Effect.gen(function*() {
        const storage = yield* make({ folders: ["tmp", "other"] })
        for (const request of [{ folder: "tmp", prefix: "../other/x" }, { folder: "tmp", suffix: "/x" }]) {
          assert.strictEqual(yield* tag(storage.tempName(request)), "AccessDenied", JSON.stringify(request))
        }
        assert.deepStrictEqual(yield* storage.files, [])
      }))
  })
})

layer(Layer.empty)("MemoryIOProc, against a model", (it) => {
  const name = fc.constantFrom("a", "b", "d/a", "d", "e/a")
  const operation = fc.oneof(
    fc.record({
      op: fc.constant("save" as const),
      name,
      content: fc.string({ unit: fc.constantFrom("x", "y"), maxLength: 5 })
    }),
    fc.record({ op: fc.constant("rename" as const), name, to: name }),
    fc.record({ op: fc.constant("remove" as const), name }),
    fc.record({ op: fc.constant("load" as const), name })
  )

  it.effect.prop(
    "names and what they hold",
    [fc.array(operation, { maxLength: 20 })],
    ([operations]) =>
      Effect.gen(function*() {
        const storage = yield* make({ folders: ["d"] })
        const model = new Map<string, string>()
        const isFree = (name: string) => name !== "d" && name !== "e/a"
        for (const operation of operations) {
          switch (operation.op) {
            case "save": {
              const saved = yield* tag(save(storage, operation.name, operation.content))
              assert.strictEqual(saved === "success", isFree(operation.name))
              if (saved === "success") model.set(operation.name, operation.content)
              break
            }
            case "rename": {
              const content = model.get(operation.name)
              const renamed = yield* tag(storage.rename(FileName.plain(operation.name), FileName.plain(operation.to)))
              assert.strictEqual(renamed === "success", content !== undefined && isFree(operation.to))
              if (renamed === "success" && content !== undefined) {
                model.delete(operation.name)
                model.set(operation.to, content)
              }
              break
            }
            case "remove":
              assert.strictEqual(
                (yield* tag(storage.remove(FileName.plain(operation.name)))) === "success",
                model.delete(operation.name)
              )
              break
            case "load": {
              const loaded = yield* Effect.option(load(storage, operation.name))
              assert.strictEqual(loaded._tag === "Some" ? loaded.value : undefined, model.get(operation.name))
            }
          }
        }
        assert.deepStrictEqual(yield* storage.files, [...model.keys()].map((name) => `/${name}`).toSorted())
      })
  )
})
