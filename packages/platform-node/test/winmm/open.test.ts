/** What the page of mmioOpen says of names, flags and errors, and what this library does. */
import { FileName, FourCC, IOProc, Mmio, type MmioError } from "@effect-mmio/core"
import { NodeIOProc } from "@effect-mmio/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { strictEqual } from "@effect/vitest/utils"
import { Effect, Exit, Scope } from "effect"
import * as NFS from "node:fs"
import * as Path from "node:path"
import { tempFolder, tempPath, text } from "../helpers.js"
import { latin1, mapProcedure } from "../support/storages.js"

const onDisk = Effect.provide(NodeIOProc.layer)

const opening = <A extends IOProc.Access = "read">(
  name: string | FileName.FileName,
  options?: Mmio.OpenOptions<A> & Mmio.NameOptions
) => Effect.scoped(Effect.asVoid(Mmio.open(name, options)))

const failure = <A, R>(effect: Effect.Effect<A, MmioError.MmioError, R>) =>
  Effect.map(Effect.flip(effect), (error) => error._tag)

const content = (name: string | FileName.FileName, options: Mmio.NameOptions = {}) =>
  Mmio.withFile(name, options, (file) => Effect.map(Mmio.read(file, 1000), latin1))

describe("mmioOpen: the name", () => {
  it.scoped("without a + names a file of the system", () =>
    onDisk(Effect.gen(function*() {
      const path = yield* tempPath("abc")
      strictEqual(yield* content(path), "abc")
    })))

  it.scoped("of the form EXAMPLE.EXT+ABC goes to the procedure installed for EXT, in capitals", () =>
    Effect.gen(function*() {
      const path = yield* tempPath("abc")
      const files = new Map([[`${path}.ext+ABC`, text("element")]])
      strictEqual(
        yield* content(`${path}.ext+ABC`).pipe(IOProc.withRoute(FourCC.make("EXT "), mapProcedure(files)), onDisk),
        "element"
      )
    }))

  it.scoped("of that form, with no such procedure, is CannotOpen rather than a file with that name", () =>
    onDisk(Effect.gen(function*() {
      const path = `${yield* tempPath()}.ext+ABC`
      NFS.writeFileSync(path, "plain")
      const error = yield* Effect.flip(content(path))
      strictEqual(error._tag, "CannotOpen")
      assert.include(error.message, "no driver serves names of the code \"EXT \"")
      strictEqual(yield* content(path, { ioProc: "DOS " }), "plain")
      strictEqual(yield* content(FileName.plain(path)), "plain")
    })))

  it.scoped("may be missing, with an open handle of the system instead", () =>
    Effect.gen(function*() {
      const fd = NFS.openSync(yield* tempPath("abcdef"), "r")
      const file = yield* Mmio.fromFile(yield* NodeIOProc.fromFd(fd))
      strictEqual(latin1(yield* Mmio.read(file, 9)), "abcdef")
      NFS.closeSync(fd)
    }))

  it.scoped("may be longer than 128 characters", () =>
    onDisk(Effect.gen(function*() {
      const path = Path.join(yield* tempFolder, "x".repeat(200))
      NFS.writeFileSync(path, "abc")
      strictEqual(yield* content(path), "abc")
    })))
})

describe("mmioOpen: an open handle of the system", () => {
  it.scoped("offsets count from the start of the file; the first position is the one given, and the handle's own stays", () =>
    Effect.gen(function*() {
      const fd = NFS.openSync(yield* tempPath("abcdef"), "r")
      NFS.readSync(fd, new Uint8Array(1))
      const file = yield* Mmio.fromFile(yield* NodeIOProc.fromFd(fd, { position: 2 }))
      strictEqual(yield* Mmio.position(file), 2)
      strictEqual(latin1(yield* Mmio.read(file, 2)), "cd")
      strictEqual(yield* Mmio.seek(file, 0), 0)
      strictEqual(latin1(yield* Mmio.read(file, 1)), "a")
      const next = new Uint8Array(1)
      NFS.readSync(fd, next)
      strictEqual(latin1(next), "b")
      NFS.closeSync(fd)
    }))

  it.scoped("stays open when the handle is closed, as with MMIO_FHOPEN", () =>
    Effect.gen(function*() {
      const path = yield* tempPath("abc")
      const fd = NFS.openSync(path, "r+")
      const file = yield* Mmio.fromFile(yield* NodeIOProc.fromFd(fd, { access: "readWrite" }), { access: "readWrite" })
      yield* Mmio.write(file, text("X"))
      yield* Mmio.close(file)
      strictEqual(NFS.readFileSync(fd, "latin1"), "Xbc")
      NFS.closeSync(fd)
    }))
})

describe("mmioOpen: which procedure", () => {
  const files = () => mapProcedure(new Map([["name", text("installed")]]))

  it.effect("fccIOProc asks the installed procedure of a code, whatever the name says", () =>
    Effect.gen(function*() {
      const routed = IOProc.withRoute(FourCC.make("MAP "), files())
      strictEqual(yield* onDisk(routed(content("name", { ioProc: "MAP " }))), "installed")
    }))

  it.scoped("pIOProc asks a procedure that is not installed", () =>
    Effect.gen(function*() {
      const file = yield* Mmio.openWith(files(), "name")
      strictEqual(latin1(yield* Mmio.read(file, 20)), "installed")
    }))

  it.effect("without both the name decides, and a plain name is of the storage", () =>
    Effect.gen(function*() {
      const routed = IOProc.withRoute(FourCC.make("MAP "), files())
      strictEqual(yield* onDisk(routed(failure(opening("/none/name")))), "PathNotFound")
    }))

  it.effect("a code that is not installed is CannotOpen", () =>
    Effect.gen(function*() {
      strictEqual(yield* onDisk(failure(opening("name", { ioProc: "NONE" }))), "CannotOpen")
      strictEqual(yield* onDisk(failure(opening("name", { ioProc: "MAP" }))), "InvalidParameter")
    }))
})

describe("mmioOpen: memory files", () => {
  it.scoped("have a block of their own that grows by the increment, where pchBuffer is NULL", () =>
    Effect.gen(function*() {
      const file = yield* Mmio.openMemory({ size: 4, expandBy: 16, create: true })
      strictEqual(yield* Mmio.write(file, text("more than four")), 14)
      strictEqual(latin1(yield* Mmio.memoryBytes(file)), "more than four")
    }))

  it.scoped("use the caller's block in place, which does not grow where the increment is 0", () =>
    Effect.gen(function*() {
      const bytes = text("abcd")
      const file = yield* Mmio.openMemory({ bytes })
      strictEqual(yield* Mmio.write(file, text("XYZ12")), 4)
      strictEqual(latin1(bytes), "XYZ1")
      strictEqual(yield* Mmio.write(file, text("2")), 0)
    }))

  it.scoped("may grow out of any block of the caller, which then keeps what it had", () =>
    Effect.gen(function*() {
      const bytes = text("abcd")
      const file = yield* Mmio.openMemory({ bytes, expandBy: 1 })
      yield* Mmio.seek(file, 0, "end")
      strictEqual(yield* Mmio.write(file, text("ef")), 2)
      strictEqual(latin1(yield* Mmio.memoryBytes(file)), "abcdef")
      strictEqual(latin1(bytes), "abcd")
    }))

  it.scoped("are readable as a whole, or end at their start with MMIO_CREATE", () =>
    Effect.gen(function*() {
      const whole = yield* Mmio.openMemory({ bytes: text("abcd") })
      strictEqual(latin1(yield* Mmio.read(whole, 9)), "abcd")
      const created = yield* Mmio.openMemory({ bytes: text("abcd"), create: true })
      strictEqual((yield* Mmio.read(created, 9)).length, 0)
      yield* Mmio.write(created, text("XY"))
      yield* Mmio.seek(created, 0)
      strictEqual(latin1(yield* Mmio.read(created, 9)), "XY")
    }))

  it.scoped("open by the code MEM too, with a name that means nothing", () =>
    onDisk(Effect.gen(function*() {
      const options = {
        ioProc: "MEM ",
        access: "readWrite",
        buffer: text("abcd"),
        parameters: { expandBy: 8 }
      } as const
      const file = yield* Mmio.open("anything", options)
      yield* Mmio.seek(file, 0, "end")
      yield* Mmio.writeAll(file, text("ef"))
      yield* Mmio.seek(file, 0)
      strictEqual(latin1(yield* Mmio.read(file, 9)), "abcdef")
    })))
})

describe("mmioOpen: the flags", () => {
  it.scoped("MMIO_ALLOCBUF allocates 8192 bytes, or as many as cchBuffer says; here that is the default", () =>
    onDisk(Effect.gen(function*() {
      const path = yield* tempPath("abc")
      const sizeOf = (buffer?: number | Uint8Array | "none") =>
        Effect.scoped(
          Effect.flatMap(Mmio.open(path, { buffer }), (file) =>
            Effect.map(Mmio.getInfo(file), ({ bytes }) => bytes.length))
        )
      strictEqual(yield* sizeOf(), 8192)
      strictEqual(yield* sizeOf(100), 100)
      strictEqual(yield* sizeOf("none"), 0)
      strictEqual(yield* sizeOf(new Uint8Array(7)), 7)
    })))

  it.scoped("a buffer of the caller's own is the one that is used", () =>
    onDisk(Effect.gen(function*() {
      const buffer = new Uint8Array(8)
      const file = yield* Mmio.open(yield* tempPath("abc"), { buffer })
      yield* Mmio.read(file, 1)
      strictEqual(latin1(buffer.subarray(0, 3)), "abc")
    })))

  it.scoped("MMIO_CREATE creates a file, and cuts one that exists to no bytes", () =>
    onDisk(Effect.gen(function*() {
      const path = yield* tempPath()
      yield* opening(path, { access: "write", create: true })
      strictEqual(NFS.readFileSync(path, "latin1"), "")
      NFS.writeFileSync(path, "abc")
      yield* opening(path, { access: "readWrite", create: true })
      strictEqual(NFS.readFileSync(path, "latin1"), "")
    })))

  it.scoped("MMIO_CREATE without writing is InvalidParameter, and creates nothing", () =>
    onDisk(Effect.gen(function*() {
      const path = yield* tempPath()
      const options = { access: "read", create: true } as unknown as Mmio.OpenOptions
      strictEqual(yield* failure(opening(path, options)), "InvalidParameter")
      assert.isFalse(NFS.existsSync(path))
    })))

  it.scoped("MMIO_READ is the default; each access allows what it says, and no more", () =>
    onDisk(Effect.gen(function*() {
      const path = yield* tempPath("abc")
      const reader = yield* Mmio.open(path)
      strictEqual(reader.access, "read")
      strictEqual(yield* failure(Mmio.write(reader as never, text("x"))), "CannotWrite")
      const writer = yield* Mmio.open(path, { access: "write" })
      strictEqual(yield* failure(Mmio.read(writer as never, 1)), "CannotRead")
      const both = yield* Mmio.open(path, { access: "readWrite" })
      yield* Mmio.write(both, text("X"))
      strictEqual(latin1(yield* Mmio.read(both, 9)), "bc")
    })))

  it.scoped("MMIO_DELETE deletes a file without opening it, and fails where there is none", () =>
    onDisk(Effect.gen(function*() {
      const path = yield* tempPath("abc")
      yield* Mmio.remove(path)
      assert.isFalse(NFS.existsSync(path))
      strictEqual(yield* failure(Mmio.remove(path)), "FileNotFound")
    })))

  it.scoped("MMIO_DELETE does not delete a folder: that is another question", () =>
    onDisk(Effect.gen(function*() {
      const path = yield* tempPath()
      NFS.mkdirSync(path)
      assert.isFalse(Exit.isSuccess(yield* Effect.exit(Mmio.remove(path))))
      assert.isTrue(NFS.existsSync(path))
      yield* Mmio.removeFolder(path)
      assert.isFalse(NFS.existsSync(path))
    })))

  it.scoped("MMIO_EXIST says whether a file exists, without opening it; the full name is another question", () =>
    onDisk(Effect.gen(function*() {
      const path = yield* tempPath("abc")
      yield* Mmio.open(path, { share: "exclusive" })
      assert.isTrue(yield* Mmio.exists(path))
      assert.isFalse(yield* Mmio.exists(`${path}2`))
      assert.isFalse(yield* Mmio.exists(`${path}/no/such/folder`))
    })))

  it.scoped("MMIO_PARSE completes a name, of a file that need not exist, and opens nothing", () =>
    onDisk(Effect.gen(function*() {
      strictEqual((yield* Mmio.fullName("none.wav")).full, Path.resolve("none.wav"))
      const folder = yield* tempFolder
      strictEqual((yield* Mmio.fullName(`${folder}/a/../b.wav`)).full, `${NFS.realpathSync(folder)}/b.wav`)
    })))

  it.scoped("MMIO_GETTEMP makes up a name with a given beginning, and here creates the file, so that the name stays free", () =>
    onDisk(Effect.gen(function*() {
      const folder = yield* tempFolder
      const name = yield* Mmio.tempName({ folder, prefix: "F" })
      assert.match(Path.basename(name.full), /^F.*\.tmp$/)
      strictEqual(NFS.readFileSync(name.full, "latin1"), "")
      assert.notStrictEqual((yield* Mmio.tempName({ folder, prefix: "F" })).full, name.full)
      yield* opening(name, { access: "write", share: "exclusive" })
    })))
})

describe("mmioOpen: sharing", () => {
  const second = (first: Mmio.OpenOptions, options: Mmio.OpenOptions) =>
    Effect.scoped(Effect.gen(function*() {
      const path = yield* tempPath("abc")
      yield* Mmio.open(path, first)
      return Exit.isSuccess(yield* Effect.exit(opening(path, options)))
    })).pipe(onDisk)
  const shares = ["exclusive", "denyWrite", "denyRead", "denyNone"] as const

  it.effect("MMIO_COMPAT opens a file any number of times, and fails beside any other mode", () =>
    Effect.gen(function*() {
      assert.isTrue(yield* second({}, { access: "readWrite" }))
      for (const share of shares) assert.isFalse(yield* second({ share }, {}), share)
    }))

  it.effect("MMIO_DENYNONE denies nothing, and fails beside compatibility mode", () =>
    Effect.gen(function*() {
      assert.isTrue(yield* second({ access: "write", share: "denyNone" }, { access: "readWrite", share: "denyNone" }))
      assert.isFalse(yield* second({}, { share: "denyNone" }))
    }))

  it.effect("MMIO_DENYREAD denies reading, and fails beside a reader", () =>
    Effect.gen(function*() {
      assert.isFalse(yield* second({ access: "write", share: "denyRead" }, { share: "denyNone" }))
      assert.isFalse(yield* second({ share: "denyNone" }, { access: "write", share: "denyRead" }))
      assert.isTrue(yield* second({ access: "write", share: "denyRead" }, { access: "write", share: "denyNone" }))
    }))

  it.effect("MMIO_DENYWRITE denies writing, and fails beside a writer", () =>
    Effect.gen(function*() {
      assert.isFalse(yield* second({ share: "denyWrite" }, { access: "write", share: "denyNone" }))
      assert.isFalse(yield* second({ access: "write", share: "denyNone" }, { share: "denyWrite" }))
      assert.isTrue(yield* second({ share: "denyWrite" }, { share: "denyWrite" }))
    }))

  it.effect("MMIO_EXCLUSIVE fails beside any other handle, even of the same process", () =>
    Effect.gen(function*() {
      for (const share of [...shares, "compat"] as const) {
        assert.isFalse(yield* second({ share }, { share: "exclusive" }), share)
        assert.isFalse(yield* second({ share: "exclusive" }, { share }), share)
      }
    }))

  it.scoped("a copy of a file onto itself fails where the reader denies writing, and keeps the file", () =>
    onDisk(Effect.gen(function*() {
      const path = yield* tempPath("precious")
      const copy = Mmio.withFile(
        path,
        { share: "denyWrite" },
        (source) =>
          Mmio.withFile(
            path,
            { access: "write", create: true },
            (target) => Effect.flatMap(Mmio.read(source, 100), (bytes) => Mmio.writeAll(target, bytes))
          )
      )
      strictEqual(yield* failure(copy), "SharingViolation")
      strictEqual(NFS.readFileSync(path, "latin1"), "precious")
    })))
})

describe("mmioOpen: failures and closing", () => {
  it.scoped("a missing file, a missing folder and a folder are errors of their own", () =>
    onDisk(Effect.gen(function*() {
      const folder = yield* tempFolder
      strictEqual(yield* failure(opening(`${folder}/none`)), "FileNotFound")
      const error = yield* Effect.flip(opening(`${folder}/no/file`))
      strictEqual(error._tag, "PathNotFound")
      assert.include(error.message, "a folder of the path is missing")
      strictEqual(yield* failure(opening(folder)), "CannotOpen")
    })))

  it.scoped("a file of this name that is in use is SharingViolation, code 269", () =>
    onDisk(Effect.gen(function*() {
      const path = yield* tempPath("abc")
      yield* Mmio.open(path, { share: "exclusive" })
      strictEqual((yield* Effect.flip(opening(path))).code, 269)
    })))

  it.effect("an open file is closed, and flushed, with its scope: no program ends with open files", () =>
    Effect.scoped(onDisk(Effect.gen(function*() {
      const path = yield* tempPath("abc")
      const scope = yield* Scope.make()
      const file = yield* Scope.extend(Mmio.open(path, { access: "write", share: "exclusive" }), scope)
      yield* Mmio.write(file, text("X"))
      strictEqual(NFS.readFileSync(path, "latin1"), "abc")
      yield* Scope.close(scope, Exit.void)
      strictEqual(NFS.readFileSync(path, "latin1"), "Xbc")
      yield* opening(path, { share: "exclusive" })
    }))))
})
