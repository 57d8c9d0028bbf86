/**
 * A folder that names cannot leave.
 */
import { FileName, IOProc, Mmio, type MmioError } from "@effect-mmio/core"
import { NodeIOProc } from "@effect-mmio/platform-node"
import { IOProcContract } from "@effect-mmio/testing"
import { assert, describe, it, layer } from "@effect/vitest"
import { strictEqual } from "@effect/vitest/utils"
import { Chunk, Effect, Either, Exit, FastCheck, Layer, Scope, Stream } from "effect"
import * as ChildProcess from "node:child_process"
import * as NFS from "node:fs"
import * as Path from "node:path"
import { fileURLToPath } from "node:url"
import * as Jail from "../src/internal/jail.js"
import { jailWith } from "../src/internal/nodeIOProc.js"
import * as Platform from "../src/internal/platform.js"
import { asNobody, has, isLinux, openFile, readAt, request, tempFolder, writeAt } from "./helpers.js"
import { spawnSharer } from "./support/sharer.js"

const plain = FileName.plain

/** Whether to run what takes longer: `npm run test:all`. */
const everything = process.env["MMIO_TEST_ALL"] === "1"

/** The number of descriptors of this process. */
const descriptors = (): number => NFS.readdirSync("/proc/self/fd").length

/**
 * A folder with a jail in it, and beside it what names of the jail must not reach. In the jail are a folder and a file,
 * and links to what is outside, and to what is inside.
 */
const makeFolders = Effect.map(tempFolder, (folder) => {
  const root = `${folder}/jail`
  const outside = `${folder}/outside`
  for (const path of [root, outside]) {
    NFS.mkdirSync(path)
    NFS.mkdirSync(`${path}/folder`)
    NFS.writeFileSync(`${path}/file`, Path.basename(path))
    NFS.writeFileSync(`${path}/folder/file`, Path.basename(path))
  }
  NFS.symlinkSync(outside, `${root}/link to outside`)
  NFS.symlinkSync("../outside/file", `${root}/link to outside file`)
  NFS.symlinkSync("../outside/new", `${root}/link to new`)
  NFS.symlinkSync("folder", `${root}/link to folder`)
  NFS.symlinkSync("file", `${root}/link to file`)
  NFS.symlinkSync("/", `${root}/folder/link to all`)
  return { root, outside }
})

/** All that is in a folder, without following links. */
const contentOf = (folder: string): ReadonlyArray<string> =>
  NFS.readdirSync(folder).toSorted().flatMap((name) => {
    const path = `${folder}/${name}`
    const stats = NFS.lstatSync(path)
    const facts = `${path} ${stats.mode.toString(8)} ${stats.isFile() ? NFS.readFileSync(path, "utf8") : ""}`
    return stats.isDirectory() ? [facts].concat(contentOf(path)) : [facts]
  })

/** What each function makes of a name. */
const functions = (
  jail: IOProc.IOProc
): Readonly<Record<string, (name: string) => Effect.Effect<unknown, MmioError.MmioError>>> => ({
  "open to read": (name) => Effect.scoped(Effect.flatMap(openFile(jail, name), (file) => readAt(file, 0, 100))),
  "open to write": (name) =>
    Effect.scoped(Effect.flatMap(openFile(jail, name, { access: "write" }), (file) => writeAt(file, 0, "X"))),
  "open, truncate": (name) => Effect.scoped(openFile(jail, name, { access: "write", create: "truncate" })),
  "open to share": (name) => Effect.scoped(openFile(jail, name, { share: "denyWrite" })),
  "exists": (name) => jail.exists(plain(name)),
  "stat": (name) => jail.stat(plain(name)),
  "list": (name) => Stream.runCollect(jail.list(plain(name)))
})

/** Those that a link by the last component itself does not matter to: they would change the link. */
const functionsOfNames = (
  jail: IOProc.IOProc
): Readonly<Record<string, (name: string) => Effect.Effect<unknown, MmioError.MmioError>>> => ({
  "open, new": (name) => Effect.scoped(openFile(jail, name, { access: "write", create: "new" })),
  "remove": (name) => jail.remove(plain(name)),
  "rename from": (name) => jail.rename(plain(name), plain("moved")),
  "rename to": (name) => jail.rename(plain("file"), plain(name)),
  "makeFolder": (name) => jail.makeFolder(plain(name)),
  "removeFolder": (name) => jail.removeFolder(plain(name)),
  "tempName": (name) => jail.tempName({ folder: name })
})

const leaving = [
  "..",
  "../file",
  "/..",
  "/../outside/file",
  "folder/../../outside/file",
  "folder/../../jail/file",
  "./.././file",
  "file\0",
  "file\0/../x"
]
const throughLinks = [
  "link to outside/file",
  "link to outside/folder/file",
  "link to outside/",
  "link to folder/file",
  "link to folder/x/y",
  "folder/link to all/etc/passwd",
  "folder/link to all/.",
  "/link to outside/new"
]
const links = ["link to outside", "link to outside file", "link to new", "link to file", "/folder/link to all"]

const walks: ReadonlyArray<readonly [name: string, openRoot: Jail.OpenRoot]> = [
  ...(isLinux ? [["by descriptors", Jail.byDescriptors] as const] : []),
  ["by names", Jail.byNames]
]

describe.skipIf(process.platform === "win32").each(walks)("a jail, %s", (_, openRoot) => {
  describe.each([false, true])("with blocking: %s", (blocking) => {
    it.scoped("refuses every name that leaves its folder, and leaves nothing open", () =>
      Effect.gen(function*() {
        const { outside, root } = yield* makeFolders
        const jail = yield* jailWith(openRoot, root, { blocking })
        const before = [contentOf(root), contentOf(outside), isLinux ? descriptors() : 0]
        const refused = (text: string, name: string, effect: Effect.Effect<unknown, MmioError.MmioError>) =>
          Effect.map(Effect.either(effect), (result) => {
            assert.isTrue(Either.isLeft(result), `${text} of ${JSON.stringify(name)} was allowed`)
            if (Either.isLeft(result)) {
              strictEqual(result.left._tag, "AccessDenied", `${text} of ${JSON.stringify(name)}`)
              strictEqual(result.left.errno, "ENOTCAPABLE")
              assert.notInclude(`${result.left.message} ${result.left.cause}`, root)
              assert.notInclude(`${result.left.message} ${result.left.cause}`, "/proc")
              // A temporary file has a name of its own.
              if (text !== "tempName") strictEqual(result.left.file, name)
            }
          })
        for (const [text, call] of Object.entries(functions(jail))) {
          for (const name of [...leaving, ...throughLinks, ...links]) yield* refused(text, name, call(name))
        }
        for (const [text, call] of Object.entries(functionsOfNames(jail))) {
          for (const name of [...leaving, ...throughLinks]) {
            // These are the links themselves, and no way to anything else.
            if (!/\/\.?$/.test(name)) yield* refused(text, name, call(name))
          }
        }
        for (const name of links) yield* refused("tempName", name, jail.tempName({ folder: name }))
        for (const name of leaving) yield* refused("fullName", name, jail.fullName(plain(name)))
        assert.deepStrictEqual([contentOf(root), contentOf(outside), isLinux ? descriptors() : 0], before)
      }))

    it.scoped("takes names as relative to its folder", () =>
      Effect.gen(function*() {
        const { root } = yield* makeFolders
        const jail = yield* jailWith(openRoot, root, { blocking })
        for (const name of ["file", "/file", "./file", "//file", "folder/../file", "no/../file", "/folder/./../file"]) {
          strictEqual(yield* Effect.flatMap(openFile(jail, name), (file) => readAt(file, 0, 9)), "jail", name)
          strictEqual((yield* jail.fullName(plain(name))).full, "/file")
        }
        strictEqual((yield* jail.fullName(plain(""))).full, "/")
        assert.deepStrictEqual(
          Chunk.toReadonlyArray(yield* Stream.runCollect(jail.list(plain("/")))).toSorted((a, b) =>
            a.name < b.name ? -1 : 1
          ),
          [
            { name: "file", kind: "file" },
            { name: "folder", kind: "folder" },
            ...["file", "folder", "new", "outside", "outside file"]
              .map((name) => ({ name: `link to ${name}`, kind: "other" }))
          ]
        )
        strictEqual((yield* jail.stat(plain("/"))).kind, "folder")
        strictEqual((yield* Effect.flip(jail.open(request("")))).errno, "ENOENT")
        strictEqual((yield* Effect.flip(jail.open(request("/")))).errno, "EISDIR")
        const missing = yield* Effect.flip(jail.open(request("no/file")))
        assert.deepStrictEqual([missing._tag, missing.file], ["PathNotFound", "no/file"])
        // Nor does the cause say where the folder is.
        strictEqual(String(missing.cause), `Error: ENOENT: ${openRoot === Jail.byNames ? "lstat" : "open"} 'no/file'`)
        strictEqual((yield* Effect.flip(jail.open(request("file/x"))))._tag, "PathNotFound")
      }))

    it.scoped("moves and removes links themselves, and keeps its folder", () =>
      Effect.gen(function*() {
        const { outside, root } = yield* makeFolders
        const before = contentOf(outside)
        const jail = yield* jailWith(openRoot, root, { blocking })
        yield* jail.rename(plain("link to outside"), plain("folder/moved"))
        strictEqual(NFS.readlinkSync(`${root}/folder/moved`), outside)
        yield* jail.remove(plain("folder/moved"))
        yield* jail.rename(plain("file"), plain("link to outside file"))
        strictEqual(NFS.readFileSync(`${root}/link to outside file`, "utf8"), "jail")
        strictEqual(
          (yield* Effect.flip(jail.open(request("link to new", { access: "write", create: "new" })))).errno,
          "EEXIST"
        )
        strictEqual((yield* Effect.flip(jail.makeFolder(plain("link to folder")))).errno, "EEXIST")
        strictEqual((yield* Effect.flip(jail.removeFolder(plain("link to folder")))).errno, "ENOTDIR")
        for (const call of [jail.remove, jail.removeFolder]) {
          for (const name of ["/", ".", "folder/.."]) {
            strictEqual((yield* Effect.flip<void, MmioError.MmioError, never>(call(plain(name))))._tag, "AccessDenied")
          }
        }
        strictEqual((yield* Effect.flip(jail.rename(plain("/"), plain("x"))))._tag, "AccessDenied")
        strictEqual((yield* Effect.flip(jail.rename(plain("folder"), plain("/"))))._tag, "AccessDenied")
        assert.deepStrictEqual(contentOf(outside), before)
      }))

    it.scoped("makes temporary files in its folder", () =>
      Effect.gen(function*() {
        const { root } = yield* makeFolders
        const jail = yield* jailWith(openRoot, root, { blocking })
        NFS.chmodSync(`${root}/file`, 0o640)
        const { full } = yield* jail.tempName({ like: plain("file") })
        assert.match(full, /^\/mmio[0-9a-f]{16}\.tmp$/)
        strictEqual(NFS.statSync(`${root}${full}`).mode & 0o777, 0o640)
        const other = yield* Effect.flatMap(
          jailWith(openRoot, root, { blocking, tempFolder: "folder" }),
          ({ tempName }) => tempName({ prefix: "..", suffix: "" })
        )
        assert.match(other.full, /^\/folder\/\.\.[0-9a-f]{16}$/)
        assert.isTrue(NFS.existsSync(`${root}${other.full}`))
      }))

    it.scoped("shares files with handles outside of it", () =>
      Effect.gen(function*() {
        const { root } = yield* makeFolders
        const jail = yield* jailWith(openRoot, root, { blocking })
        const whole = yield* NodeIOProc.make()
        yield* openFile(jail, "file", { share: "exclusive" })
        strictEqual((yield* Effect.flip(whole.open(request(`${root}/file`))))._tag, "SharingViolation")
        yield* openFile(whole, `${root}/folder/file`, { share: "denyWrite" })
        strictEqual(
          (yield* Effect.flip(jail.open(request("folder/file", { access: "write", share: "denyNone" }))))._tag,
          "SharingViolation"
        )
      }))

    it.scoped("fails where its folder is missing, or is a file", () =>
      Effect.gen(function*() {
        const { root } = yield* makeFolders
        for (const [path, errno] of [[`${root}/no`, "ENOENT"], [`${root}/file`, "ENOTDIR"]] as const) {
          const error = yield* Effect.flip(jailWith(openRoot, path, { blocking }))
          assert.deepStrictEqual([error._tag, error.errno, error.file], ["PathNotFound", errno, path])
        }
      }))
  })
})

describe.skipIf(!isLinux)("a jail on Linux", () => {
  /** Another process that swaps `folder` and `file` in a folder for links, and stops with the scope. */
  const swap = (root: string) =>
    Effect.acquireRelease(
      Effect.promise(async () => {
        const program = fileURLToPath(new URL("programs/swapper.mjs", import.meta.url))
        const child = ChildProcess.spawn(process.execPath, [program, root], { stdio: ["pipe", "pipe", "inherit"] })
        const ended = new Promise((resolve) => child.once("close", resolve))
        await new Promise((resolve) => child.stdout.once("data", resolve))
        return { stdin: child.stdin, ended }
      }),
      ({ ended, stdin }) =>
        Effect.promise(() => {
          stdin.end()
          return ended
        })
    )

  it.scoped("does not follow links that another process puts into it meanwhile", () =>
    Effect.gen(function*() {
      const { outside, root } = yield* makeFolders
      NFS.unlinkSync(`${root}/link to folder`)
      NFS.unlinkSync(`${root}/link to file`)
      NFS.symlinkSync(`${outside}/folder`, `${root}/link to folder`)
      NFS.symlinkSync(`${outside}/file`, `${root}/link to file`)
      const before = contentOf(outside)
      const jail = yield* NodeIOProc.jail(root, { blocking: true })
      const background = yield* NodeIOProc.jail(root)
      const open = descriptors()
      let made = 0
      const read = (jail: IOProc.IOProc, name: string) =>
        Effect.scoped(Effect.map(
          Effect.flatMap(openFile(jail, name, { share: "denyNone" }), (file) => readAt(file, 0, 9)),
          (content) => assert.include(["jail", ""], content)
        ))
      const races: Readonly<Record<string, Effect.Effect<unknown, MmioError.MmioError>>> = {
        "a file in a folder": read(jail, "folder/file"),
        "a file": read(jail, "file"),
        "a file in the background": read(background, "folder/file"),
        "a file that is truncated": Effect.scoped(openFile(jail, "file", { access: "write", create: "truncate" })),
        "a new file": Effect.suspend(() =>
          Effect.scoped(openFile(jail, `folder/new ${made++}`, { access: "write", create: "new" }))
        ),
        "a new folder": Effect.suspend(() => jail.makeFolder(plain(`folder/new ${made++}`))),
        "a removed folder": jail.removeFolder(plain("folder/folder")),
        "a removed file": jail.remove(plain("folder/gone")),
        "a renamed file": jail.rename(plain("folder/file"), plain("folder/file 2")),
        "a file renamed back": jail.rename(plain("folder/file 2"), plain("folder/file")),
        "a temporary file": jail.tempName({ folder: "folder", like: plain("file") }),
        "facts": Effect.map(jail.stat(plain("file")), ({ kind }) => strictEqual(kind, "file")),
        "a list": Effect.map(Stream.runCollect(jail.list(plain("folder"))), (entries) =>
          assert.isFalse(Chunk.some(entries, ({ name }) => name === "outside only")))
      }
      NFS.writeFileSync(`${outside}/folder/outside only`, "")
      NFS.writeFileSync(`${outside}/folder/gone`, "")
      NFS.mkdirSync(`${outside}/folder/folder`)
      const outsideBefore = contentOf(outside)
      assert.isAbove(outsideBefore.length, before.length)
      /** How often a link was refused, and how often it went well. */
      let refused = 0
      let succeeded = 0
      yield* Effect.scoped(Effect.zipRight(
        swap(root),
        Effect.gen(function*() {
          for (let tries = 0; tries < (everything ? 300 : 80) || refused < 100 || succeeded < 100; tries++) {
            for (const race of Object.values(races)) {
              const result = yield* Effect.either(race)
              if (Either.isRight(result)) {
                succeeded++
              } else if (result.left.errno === "ENOTCAPABLE") {
                refused++
              } // A name is missing while it is swapped, and after it was removed; whatever is inside may be there already.
              else assert.include(["ENOENT", "EEXIST", "ENOTEMPTY"], result.left.errno, result.left.message)
            }
          }
        })
      ))
      assert.deepStrictEqual(contentOf(outside), outsideBefore)
      strictEqual(descriptors(), open)
    }))

  it.scoped("shares files with handles of other processes", () =>
    Effect.gen(function*() {
      const { root } = yield* makeFolders
      yield* openFile(yield* NodeIOProc.jail(root), "file", { share: "exclusive" })
      const { ask } = yield* spawnSharer
      strictEqual((yield* ask({ do: "open", path: `${root}/file`, access: "read" })).error, "SharingViolation")
    }))

  it.scoped("keeps its folder open until the scope ends, and then until the last call", () =>
    Effect.gen(function*() {
      const { root } = yield* makeFolders
      for (let i = 0; i < 200; i++) NFS.writeFileSync(`${root}/folder/${i}`, "")
      const before = descriptors()
      const scope = yield* Scope.make()
      const jail = yield* Scope.extend(NodeIOProc.jail(root), scope)
      strictEqual(descriptors(), before + 1)
      NFS.renameSync(root, `${root}-moved`)
      NFS.mkdirSync(root)
      strictEqual(yield* Effect.flatMap(openFile(jail, "file"), (file) => readAt(file, 0, 9)), "jail")
      const file = yield* jail.open(request("file"))
      const seen = new Set<string>()
      yield* Stream.runForEach(jail.list(plain("/")), ({ name }) =>
        Effect.suspend(() => {
          seen.add(name)
          return Scope.close(scope, Exit.void)
        }))
      assert.isTrue(seen.has("folder"))
      // A file stays open without its jail.
      strictEqual(yield* readAt(file, 0, 9), "jail")
      yield* file.close
      assert.deepStrictEqual(
        yield* Effect.map(Effect.flip(jail.open(request("file"))), ({ _tag, errno }) => [_tag, errno]),
        ["CannotOpen", "EBADF"]
      )
    }))

  it.scoped("leaves no descriptor of a folder open, however a list ends", () =>
    Effect.gen(function*() {
      const { root } = yield* makeFolders
      for (let i = 0; i < 200; i++) NFS.writeFileSync(`${root}/folder/${i}`, "")
      const jail = yield* NodeIOProc.jail(root)
      const before = descriptors()
      yield* Stream.runDrain(jail.list(plain("folder")))
      yield* Stream.runDrain(Stream.take(jail.list(plain("folder")), 3))
      yield* Effect.flip(Stream.runForEach(jail.list(plain("folder")), () => Effect.fail("enough")))
      yield* Effect.flip(Stream.runDrain(jail.list(plain("file"))))
      strictEqual(descriptors(), before)
    }))

  it.scoped("goes through folders that cannot be read", () =>
    Effect.gen(function*() {
      const { root } = yield* makeFolders
      NFS.chmodSync(Path.dirname(root), 0o711)
      NFS.chmodSync(root, 0o711)
      NFS.chmodSync(`${root}/folder`, 0o711)
      yield* asNobody(Effect.scoped(Effect.gen(function*() {
        const jail = yield* NodeIOProc.jail(root)
        strictEqual(yield* Effect.flatMap(openFile(jail, "folder/file"), (file) => readAt(file, 0, 9)), "jail")
        const before = descriptors()
        strictEqual((yield* Effect.flip(Stream.runDrain(jail.list(plain("folder")))))._tag, "AccessDenied")
        strictEqual(descriptors(), before)
      })))
    }))

  it.scoped.skipIf(!has("mkfifo"))("opens both ends of a FIFO from one thread", () =>
    Effect.gen(function*() {
      const { root } = yield* makeFolders
      ChildProcess.execFileSync("mkfifo", [`${root}/folder/fifo`])
      const jail = yield* NodeIOProc.jail(root, { blocking: true })
      const [reader, writer] = yield* Effect.all(
        [openFile(jail, "folder/fifo"), openFile(jail, "folder/fifo", { access: "write" })],
        { concurrency: 2 }
      )
      yield* writeAt(writer, 0, "abc")
      strictEqual(yield* readAt(reader, 0, 3), "abc")
    }))

  it.effect("is the storage of a program", () =>
    Effect.scoped(Effect.gen(function*() {
      const { root } = yield* makeFolders
      const program = Effect.gen(function*() {
        yield* Mmio.withFile(
          "new",
          { access: "write", create: true },
          (file) => Mmio.writeAll(file, Buffer.from("abc"))
        )
        const error = (name: string) =>
          Effect.map(
            Effect.flip(Mmio.withFile(name, {}, (file) => Mmio.read(file, 1))),
            ({ _tag, file }) => [_tag, file]
          )
        // No code has a route: the whole name is a path.
        assert.deepStrictEqual(
          yield* error("x.wav+/../../outside/file"),
          ["AccessDenied", "x.wav+/../../outside/file"]
        )
        strictEqual((yield* error("x.wav+../../outside/file"))[0], "PathNotFound")
      })
      yield* Effect.provide(program, NodeIOProc.layerJail(root))
      strictEqual(NFS.readFileSync(`${root}/new`, "utf8"), "abc")
    })))
})

const windows = Platform.of("win32")

describe("a name", () => {
  const component = FastCheck.constantFrom("a", "b.c", "..", ".", "", "...", "..a", "a+b", "\\")

  it.prop("is that of the path without its `..`, or is refused", [FastCheck.array(component)], ([parts]) => {
    const name = parts.join("/")
    const components = Either.try(() => Jail.componentsOf(Platform.of("linux"), name))
    // Above the root there is one folder more for each `..` that leaves it.
    const depth = parts.length + 1
    const above = Array.from({ length: depth }, (_, i) => `above ${i}`)
    const resolved = Path.posix.join("/", ...above, name).split("/").filter((part) => part !== "")
    let level = 0
    const leaves = parts.some((part) => {
      level += part === ".." ? -1 : part === "" || part === "." ? 0 : 1
      return level < 0
    })
    strictEqual(Either.isLeft(components), leaves)
    if (Either.isRight(components)) assert.deepStrictEqual([...above, ...components.right], resolved)
  })

  it("is refused on Windows where it is that of a device, a drive, a stream, or another one than is written", () => {
    for (
      const name of [
        "C:\\x",
        "C:x",
        "file:stream",
        "..\\x",
        "a\\..\\..\\x",
        "a/.. /x",
        "a.",
        "a ",
        "...",
        "NUL",
        "folder\\con.txt",
        "com1",
        "LPT¹.x",
        "aux .c",
        "CONOUT$",
        "\\\\?\\C:\\x",
        "\\\\?\\UNC\\server\\share",
        "what?",
        "*.wav",
        "\0"
      ]
    ) {
      assert.throws(() => Jail.componentsOf(windows, name), /ENOTCAPABLE/, name)
    }
    assert.deepStrictEqual(Jail.componentsOf(windows, "\\a\\b/./console\\..\\c.d"), ["a", "b", "c.d"])
    assert.deepStrictEqual(Jail.componentsOf(Platform.of("linux"), "C:\\x"), ["C:\\x"])
  })
})

/** A jail with the folder that the contract asks for. */
const contractLayer = (make: (folder: string) => ReturnType<typeof NodeIOProc.layerJail>) =>
  Layer.unwrapScoped(Effect.map(tempFolder, (folder) => {
    NFS.mkdirSync(`${folder}/folder`)
    return Layer.merge(make(folder), Layer.succeed(IOProcContract.Root, "/"))
  }))

/**
 * The contract of drivers. The files of a jail are those of `NodeIOProc.make`, whose own test has all of it: here, by
 * default, are the laws of names and of opening, what is interrupted while it goes through names, and one test of each
 * other law.
 */
const contract = (name: string, interrupted: RegExp, storage: ReturnType<typeof contractLayer>) => {
  const tests = IOProcContract.tests({
    // Other systems may write a gap in full. Files of a disk have no versions.
    capabilities: { largeFiles: isLinux, versions: false },
    scale: everything ? 0.1 : 0.02
  })
  const firsts = new Set(tests.map(({ law }) => tests.find((test) => test.law === law)))
  layer(storage, { excludeTestServices: true })(name, (it) => {
    for (const test of tests) {
      const isHere = everything || test.law === "open" || test.law === "names" || interrupted.test(test.name) ||
        firsts.has(test)
      if (isHere) it.effect(`${IOProcContract.laws[test.law]} > ${test.name}`, () => test.test)
    }
  })
}

contract(
  "NodeIOProc.jail",
  /^an open( with create)? that is interrupted/,
  contractLayer(NodeIOProc.layerJail)
)
contract(
  "NodeIOProc.jail, by names, blocking the thread",
  /^an open that is interrupted/,
  contractLayer((folder) => Layer.scoped(IOProc.IOProc, jailWith(Jail.byNames, folder, { blocking: true })))
)
