/**
 * What the pages of mmioInstallIOProc, mmioRename, mmioStringToFOURCC, mmioSendMessage and MMIOPROC say, and what this
 * library does.
 */
import { FourCC, IOProc, IOProcRegistry, MemoryIOProc, Mmio, MmioError } from "@effect-mmio/core"
import { NodeIOProc } from "@effect-mmio/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { strictEqual } from "@effect/vitest/utils"
import { Effect, Layer, Option, Request, Scope } from "effect"
import * as NFS from "node:fs"
import { tempPath, text } from "../helpers.js"
import { latin1, mapProcedure } from "../support/storages.js"

const onDisk = Effect.provide(NodeIOProc.layer)

/** A procedure whose files all hold this text. */
const saying = (content: string) =>
  IOProc.make({
    open: ({ name }) =>
      Effect.succeed(IOProc.makeFile({
        name: name.full,
        size: Effect.succeed(content.length),
        readAt: (position, target) =>
          Effect.sync(() => new TextEncoder().encodeInto(content.slice(position), target).written)
      }))
  })

const content = (name: string, options: Mmio.NameOptions = {}) =>
  Mmio.withFile(name, options, (file) => Effect.map(Mmio.read(file, 100), latin1))

const XYZ = FourCC.make("XYZ ")

describe("mmioInstallIOProc", () => {
  const registered = Effect.provide(
    Layer.provide(IOProcRegistry.layer, Layer.succeed(IOProc.IOProc, saying("storage")))
  )
  const registry = IOProcRegistry.IOProcRegistry

  it.scoped("installs a procedure for a code, and finds it", () =>
    registered(Effect.gen(function*() {
      const procedure = saying("xyz")
      const { find, install } = yield* registry
      assert.isTrue(Option.isNone(yield* find(XYZ)))
      yield* install(XYZ, procedure)
      assert.deepStrictEqual(yield* find(XYZ), Option.some(procedure))
      strictEqual(yield* content("a.xyz+b"), "xyz")
    })))

  it.scoped("removes it, and gives what it removed, or nothing where none is installed", () =>
    registered(Effect.gen(function*() {
      const procedure = saying("xyz")
      const { install, remove } = yield* registry
      yield* install(XYZ, procedure)
      assert.deepStrictEqual(yield* remove(XYZ), Option.some(procedure))
      assert.deepStrictEqual(yield* remove(XYZ), Option.none())
      strictEqual((yield* Effect.flip(content("a.xyz+b")))._tag, "CannotOpen")
    })))

  it.scoped("of one procedure, installed twice, has to be removed twice", () =>
    registered(Effect.gen(function*() {
      const { install, remove } = yield* registry
      const procedure = saying("xyz")
      yield* install(XYZ, procedure)
      yield* install(XYZ, procedure)
      yield* remove(XYZ)
      strictEqual(yield* content("a.xyz+b"), "xyz")
      yield* remove(XYZ)
      strictEqual((yield* Effect.flip(content("a.xyz+b")))._tag, "CannotOpen")
    })))

  it.scoped("of two procedures for a code asks the most recent one, which is removed first", () =>
    registered(Effect.gen(function*() {
      const { install, remove } = yield* registry
      yield* install(XYZ, saying("first"))
      yield* install(XYZ, saying("second"))
      strictEqual(yield* content("a.xyz+b"), "second")
      yield* remove(XYZ)
      strictEqual(yield* content("a.xyz+b"), "first")
    })))

  it.scoped("takes the predefined codes DOS and MEM too: a plain name then goes to what is installed as DOS", () =>
    registered(Effect.gen(function*() {
      const { install, remove } = yield* registry
      yield* install(FourCC.DOS, saying("dos"))
      yield* install(FourCC.MEM, saying("mem"))
      strictEqual(yield* content("plain"), "dos")
      strictEqual(yield* content("any", { ioProc: "DOS " }), "dos")
      strictEqual(yield* content("any", { ioProc: "MEM " }), "mem")
      yield* remove(FourCC.DOS)
      yield* remove(FourCC.MEM)
      strictEqual(yield* content("plain"), "storage")
      strictEqual(yield* content("any", { ioProc: "MEM " }), "")
      // `openMemory` is always the block itself.
      yield* install(FourCC.MEM, saying("mem"))
      strictEqual((yield* Mmio.read(yield* Mmio.openMemory({ size: 3 }), 9)).length, 3)
    })))

  it.scoped("finds the predefined procedures, which can be asked as any other", () =>
    registered(Effect.gen(function*() {
      const { find } = yield* registry
      const [dos, mem] = [Option.getOrThrow(yield* find(FourCC.DOS)), Option.getOrThrow(yield* find(FourCC.MEM))]
      strictEqual(latin1(yield* Mmio.read(yield* Mmio.openWith(dos, "f"), 99)), "storage")
      strictEqual(latin1(yield* Mmio.read(yield* Mmio.openWith(mem, "f", { buffer: text("block") }), 99)), "block")
      assert.deepStrictEqual(yield* Effect.flatMap(registry, ({ remove }) => remove(FourCC.DOS)), Option.none())
    })))

  it.scoped("for global use is a layer further out: local procedures are asked first", () =>
    Effect.gen(function*() {
      const global = IOProc.layerRoute(XYZ, saying("global")).pipe(Layer.provide(NodeIOProc.layer))
      const program = Effect.gen(function*() {
        strictEqual(yield* content("a.xyz+b"), "global")
        const { install } = yield* registry
        yield* install(XYZ, saying("local"))
        strictEqual(yield* content("a.xyz+b"), "local")
      })
      yield* program.pipe(Effect.scoped, Effect.provide(Layer.provide(IOProcRegistry.layer, global)))
      strictEqual(yield* Effect.provide(content("a.xyz+b"), global), "global")
    }))

  it.scoped("keeps a list for each program: two registries with one code do not concern each other", () =>
    Effect.gen(function*() {
      const one = yield* IOProcRegistry.make(saying("one"))
      const two = yield* IOProcRegistry.make(saying("two"))
      yield* one.install(XYZ, saying("xyz"))
      assert.isTrue(Option.isNone(yield* two.find(XYZ)))
    }))

  it.scoped("ends with the scope, and leaves open files open", () =>
    registered(Effect.gen(function*() {
      const { find, install } = yield* registry
      const scope = yield* Scope.make()
      yield* Scope.extend(install(XYZ, saying("xyz")), scope)
      const file = yield* Mmio.open("a.xyz+b")
      yield* Scope.close(scope, yield* Effect.exit(Effect.void))
      assert.isTrue(Option.isNone(yield* find(XYZ)))
      strictEqual(latin1(yield* Mmio.read(file, 9)), "xyz")
    })))
})

describe("mmioRename", () => {
  it.scoped("renames a file, and replaces one that has the name", () =>
    onDisk(Effect.gen(function*() {
      const path = yield* tempPath("abc")
      NFS.writeFileSync(`${path}2`, "old")
      yield* Mmio.rename(path, `${path}2`)
      assert.isFalse(NFS.existsSync(path))
      strictEqual(NFS.readFileSync(`${path}2`, "latin1"), "abc")
    })))

  it.scoped("fails with its own errors, or with those of the procedure of the old name", () =>
    onDisk(Effect.gen(function*() {
      const path = yield* tempPath()
      strictEqual((yield* Effect.flip(Mmio.rename(path, `${path}2`)))._tag, "FileNotFound")
      const refused = yield* Effect.flip(
        Mmio.rename("a.xyz+b", "a.xyz+c").pipe(IOProc.withRoute(XYZ, saying("cannot rename")))
      )
      strictEqual(refused._tag, "AccessDenied")
    })))

  it.scoped("asks the procedure that the MMIOINFO names", () =>
    Effect.gen(function*() {
      const files = new Map([["a", text("abc")]])
      yield* Mmio.rename("a", "b", { ioProc: "XYZ " }).pipe(IOProc.withRoute(XYZ, mapProcedure(files)), onDisk)
      assert.deepStrictEqual([...files.keys()], ["b"])
    }))
})

describe("mmioStringToFOURCC", () => {
  it("pads with spaces, and cuts after four characters", () => {
    strictEqual(FourCC.fromString("fmt"), "fmt ")
    strictEqual(FourCC.fromString(""), "    ")
    strictEqual(FourCC.fromString("wave file"), "wave")
  })

  it("with MMIO_TOUPPER gives capitals", () => {
    strictEqual(FourCC.fromString("xyz", { upperCase: true }), "XYZ ")
    strictEqual(FourCC.fromString("a1!~", { upperCase: true }), "A1!~")
  })

  it("does not check that the code makes sense", () => {
    strictEqual(FourCC.fromString("\0\u0001 ?"), "\0\u0001 ?")
  })

  it("mmioFOURCC: the number of a code is little-endian, as its bytes lie in a file", () => {
    strictEqual(FourCC.toNumber(FourCC.RIFF), 0x46464952)
    strictEqual(FourCC.fromNumber(0x46464952), FourCC.RIFF)
  })
})

class Tempo extends Request.TaggedClass("Tempo")<number, MmioError.InvalidFile, { readonly scale: number }> {}
class Unknown extends Request.TaggedClass("Unknown")<string, never, {}> {}

/** Knows `Tempo`, of the open file that it is asked about. */
const withTempo = IOProc.fromProcedure<{ readonly tempo: number }>((message) => {
  switch (message._tag) {
    case "Open":
      return Option.some(message.reply(Effect.succeed({ tempo: message.request.name.full.length })))
    case "User":
      return message.match((request) => request instanceof Tempo, ({ scale }) =>
        scale === 0
          ? new MmioError.InvalidFile({ operation: "Tempo", file: "f", description: "no tempo" })
          : Effect.succeed(message.file.tempo * scale))
    default:
      return Option.none()
  }
})

describe("mmioSendMessage", () => {
  it.scoped("sends a message of the program's own, with its parameters, and gives the answer or the failure", () =>
    Effect.gen(function*() {
      const file = yield* Mmio.openWith(withTempo, "abc")
      assert.deepStrictEqual(yield* Mmio.sendMessage(file, new Tempo({ scale: 40 })), Option.some(120))
      strictEqual((yield* Effect.flip(Mmio.sendMessage(file, new Tempo({ scale: 0 }))))._tag, "InvalidFile")
    }))

  it.scoped("gives none, where winmm gives 0, for a message that the procedure does not recognise", () =>
    Effect.gen(function*() {
      const file = yield* Mmio.openWith(withTempo, "abc")
      assert.deepStrictEqual(yield* Mmio.sendMessage(file, new Unknown()), Option.none())
      const memory = yield* Mmio.openMemory()
      assert.deepStrictEqual(yield* Mmio.sendMessage(memory, new Unknown()), Option.none())
    }))

  it.scoped("cannot send MMIOM_OPEN to MMIOM_SEEK: a message is a request, and none of these is", () =>
    Effect.gen(function*() {
      const file = yield* Mmio.openWith(withTempo, "abc")
      // @ts-expect-error a number is no request
      const answer = yield* Mmio.sendMessage(file, 0)
      assert.deepStrictEqual(answer, Option.none())
    }))
})

describe("MMIOPROC", () => {
  it.scoped("is asked for the element two of one.xyz in one.xyz+two, with the whole name", () =>
    Effect.gen(function*() {
      const file = yield* Mmio.open("one.xyz+two").pipe(
        IOProc.withRoute(XYZ, mapProcedure(new Map([["one.xyz+two", text("element")]])))
      )
      strictEqual(latin1(yield* Mmio.read(file, 99)), "element")
      strictEqual(file.name.path, "one.xyz")
      assert.deepStrictEqual(file.name.element, Option.some("two"))
    }).pipe(Effect.provide(MemoryIOProc.layer())))

  it.scoped("keeps state for each open file, which every later message carries", () =>
    Effect.gen(function*() {
      const [a, b] = [yield* Mmio.openWith(withTempo, "a"), yield* Mmio.openWith(withTempo, "bb")]
      assert.deepStrictEqual(yield* Mmio.sendMessage(b, new Tempo({ scale: 1 })), Option.some(2))
      assert.deepStrictEqual(yield* Mmio.sendMessage(a, new Tempo({ scale: 1 })), Option.some(1))
    }))

  it.scoped("says by none that it does not recognise a message: reading, writing and seeking then fail, closing succeeds", () =>
    Effect.gen(function*() {
      const file = yield* Mmio.openWith(withTempo, "abc", { access: "readWrite", buffer: "none" })
      strictEqual((yield* Effect.flip(Mmio.read(file, 1)))._tag, "CannotRead")
      strictEqual((yield* Effect.flip(Mmio.write(file, text("x"))))._tag, "CannotWrite")
      strictEqual((yield* Effect.flip(Mmio.seek(file, 5)))._tag, "CannotSeek")
      yield* Mmio.close(file)
      const nothing = IOProc.fromProcedure(() => Option.none())
      strictEqual((yield* Effect.flip(Mmio.openWith(nothing, "f")))._tag, "CannotOpen")
    }))
})
