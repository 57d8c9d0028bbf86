/**
 * What depends on the platform, for every platform on each of them.
 */
import { FileName, IOProc, Mmio } from "@effect-mmio/core"
import { assert, describe, it } from "@effect/vitest"
import { strictEqual } from "@effect/vitest/utils"
import { Effect, FastCheck, Layer } from "effect"
import * as NFS from "node:fs"
import * as Jail from "../src/internal/jail.js"
import * as Locks from "../src/internal/locks.js"
import { jailWith, makeWith } from "../src/internal/nodeIOProc.js"
import * as Platform from "../src/internal/platform.js"
import { openFile, request, tempFolder, text, writeAt } from "./helpers.js"
import { windowsIn } from "./support/windows.js"

const plain = FileName.plain

/** The driver on Windows, with a folder `C:\folder` in which there is the file `old.wav`. */
const onWindows = Effect.gen(function*() {
  const windows = windowsIn(yield* tempFolder)
  NFS.mkdirSync(windows.pathOf("C:\\folder"), { recursive: true })
  NFS.writeFileSync(windows.pathOf("C:\\folder\\old.wav"), "old")
  const driver = yield* makeWith(Locks.none, {}, undefined, windows.system)
  return { ...windows, driver, content: (name: string) => NFS.readFileSync(windows.pathOf(name), "utf8") }
})

/** The constants that Node has on each system beyond those of Windows, which has none of them. */
const constants = {
  linux: { O_DIRECTORY: 0o200000, O_NOCTTY: 0o400, O_NOFOLLOW: 0o400000, O_NONBLOCK: 0o4000 },
  darwin: { O_DIRECTORY: 0x100000, O_NOCTTY: 0x20000, O_NOFOLLOW: 0x100, O_NONBLOCK: 0x4 },
  win32: {}
} as const

const systems = ["linux", "darwin", "win32"] as const

describe.each(systems)("on %s", (name) => {
  const platform = Platform.of(name, constants[name])

  it("a flag that the system lacks is 0, and every other one is the system's", () => {
    const expected: Record<string, number> = { ...constants[name] }
    assert.deepStrictEqual(platform.flags, {
      directory: expected["O_DIRECTORY"] ?? 0,
      noControllingTerminal: expected["O_NOCTTY"] ?? 0,
      noFollow: expected["O_NOFOLLOW"] ?? 0,
      nonBlocking: expected["O_NONBLOCK"] ?? 0
    })
  })

  it("the components of a name below a root stay below it, whatever the name is", () => {
    const parts = [
      "a",
      "B",
      "..",
      ".",
      "",
      "con",
      "NUL.txt",
      "c:",
      "x:y",
      "b.",
      "?",
      "UNC",
      "server",
      "\\",
      "com1 .wav"
    ]
    FastCheck.assert(
      FastCheck.property(
        FastCheck.array(FastCheck.constantFrom(...parts)),
        FastCheck.constantFrom("/", "\\", "//", "\\\\"),
        (parts, separator) => {
          let components: ReadonlyArray<string>
          try {
            components = Jail.componentsOf(platform, parts.join(separator))
          } catch (error) {
            strictEqual(Reflect.get(Object(error), "code"), "ENOTCAPABLE")
            return
          }
          const root = name === "win32" ? "C:\\root" : "/root"
          const path = platform.path.resolve(root, ...components)
          strictEqual(path, [root, ...components].join(platform.path.sep))
        }
      ),
      { seed: 17, numRuns: 500 }
    )
  })

  it("EPERM, EACCES and EBUSY of a rename may mean that the target is open on Windows alone", () => {
    const seen = ["EPERM", "EACCES", "EBUSY", "ENOENT", "EXDEV"].map((code) => platform.mayBeInUse({ code }))
    assert.deepStrictEqual(seen, name === "win32" ? [true, true, true, false, false] : seen.map(() => false))
  })

  it("a failed ftruncate means that the file is mapped on Windows alone", () => {
    assert.deepStrictEqual(
      ["UNKNOWN", "ENOSPC"].map((code) => platform.isMapped({ code })),
      [name === "win32", false]
    )
  })
})

describe("names on Windows", () => {
  it.scoped("drive letters, UNC and \\\\?\\ are absolute, and stay what they are", () =>
    Effect.gen(function*() {
      const { driver } = yield* onWindows
      const names = {
        "C:\\folder\\..\\take.wav": "C:\\take.wav",
        "c:/folder/./take.wav": "c:\\folder\\take.wav",
        "C://folder//take.wav": "C:\\folder\\take.wav",
        "\\\\server\\share\\folder\\..\\take.wav": "\\\\server\\share\\take.wav",
        "//server/share/take.wav": "\\\\server\\share\\take.wav",
        "\\\\?\\C:\\folder\\take.wav": "\\\\?\\C:\\folder\\take.wav",
        "\\\\?\\UNC\\server\\share\\take.wav": "\\\\?\\UNC\\server\\share\\take.wav"
      }
      for (const [name, full] of Object.entries(names)) {
        strictEqual((yield* driver.fullName(plain(name))).full, full)
      }
    }))

  it.scoped("files are found by all of these names, and in any case", () =>
    Effect.gen(function*() {
      const { driver } = yield* onWindows
      for (const name of ["C:\\folder\\old.wav", "c:/FOLDER/OLD.WAV", "\\\\?\\C:\\Folder\\Old.wav"]) {
        assert.isTrue(yield* driver.exists(plain(name)), name)
        yield* Effect.scoped(openFile(driver, name))
      }
      const error = yield* Effect.flip(driver.open(request("C:\\nowhere\\new.wav", { access: "write", create: "new" })))
      strictEqual(error._tag, "PathNotFound")
    }))

  it.scoped("sharing modes hold between names that differ in case", () =>
    Effect.gen(function*() {
      const { driver } = yield* onWindows
      yield* openFile(driver, "C:\\folder\\old.wav", { share: "exclusive" })
      const error = yield* Effect.flip(driver.open(request("c:\\FOLDER\\OLD.WAV")))
      strictEqual(error._tag, "SharingViolation")
    }))

  it.scoped("a part of the name of a temporary file has no separator of either kind", () =>
    Effect.gen(function*() {
      const { driver } = yield* onWindows
      for (const prefix of ["a/b", "a\\b"]) {
        const error = yield* Effect.flip(driver.tempName({ folder: "C:\\folder", prefix }))
        strictEqual(error._tag, "AccessDenied")
      }
      const name = yield* driver.tempName({ folder: "C:\\folder" })
      assert.match(name.full, /^C:\\folder\\mmio[0-9a-f]{16}\.tmp$/)
      assert.isTrue(yield* driver.exists(name))
    }))

  it.scoped("a jail refuses devices, streams, drives and names that the system changes", () =>
    Effect.gen(function*() {
      const windows = windowsIn(yield* tempFolder)
      NFS.mkdirSync(windows.pathOf("C:\\jail\\folder"), { recursive: true })
      NFS.writeFileSync(windows.pathOf("C:\\jail\\folder\\file"), "inside")
      const jail = yield* jailWith(Jail.byNames, "C:\\jail", {}, windows.system)
      assert.isTrue(yield* jail.exists(plain("folder\\FILE")))
      assert.isTrue(yield* jail.exists(plain("/folder/file")))
      for (const name of ["CON", "folder\\nul.wav", "COM1", "file:stream", "C:\\x", "file.", "file ", "..\\x"]) {
        strictEqual((yield* Effect.flip(jail.open(request(name))))._tag, "AccessDenied", name)
      }
    }))
})

describe("files on Windows", () => {
  it.scoped("an open has no flag that the system lacks", () =>
    Effect.gen(function*() {
      const { content, driver } = yield* onWindows
      for (const create of ["no", "truncate", "new"] as const) {
        for (const access of ["read", "write", "readWrite"] as const) {
          const name = create === "no" ? "old.wav" : `${create} ${access}.wav`
          yield* Effect.scoped(openFile(driver, `C:\\folder\\${name}`, { access, create }))
        }
      }
      strictEqual(content("C:\\folder\\new write.wav"), "")
    }))

  it.scoped("a rename over an open file is SharingViolation, and changes neither of the two", () =>
    Effect.gen(function*() {
      const { content, driver, pathOf } = yield* onWindows
      NFS.writeFileSync(pathOf("C:\\folder\\new.wav"), "new")
      const rename = driver.rename(plain("C:\\folder\\new.wav"), plain("C:\\folder\\old.wav"))
      const file = yield* openFile(driver, "C:\\folder\\old.wav")
      const error = yield* Effect.flip(rename)
      assert.deepInclude({ ...error }, { file: "C:\\folder\\old.wav", errno: "EBUSY" })
      strictEqual(error._tag, "SharingViolation")
      assert.deepStrictEqual([content("C:\\folder\\old.wav"), content("C:\\folder\\new.wav")], ["old", "new"])
      yield* file.close
      yield* rename
      strictEqual(content("C:\\folder\\old.wav"), "new")
    }))

  it.scoped("a rename over a file that is read-only is AccessDenied", () =>
    Effect.gen(function*() {
      const { driver, pathOf } = yield* onWindows
      NFS.writeFileSync(pathOf("C:\\folder\\new.wav"), "new")
      NFS.chmodSync(pathOf("C:\\folder\\old.wav"), 0o444)
      const error = yield* Effect.flip(driver.rename(plain("C:\\folder\\new.wav"), plain("C:\\folder\\old.wav")))
      strictEqual(error._tag, "AccessDenied")
    }))

  it.scoped("commitOnClose keeps the old file where another handle has it open, and says so", () =>
    Effect.gen(function*() {
      const { content, driver } = yield* onWindows
      const reader = yield* openFile(driver, "C:\\folder\\old.wav")
      const replace = Mmio.withFile(
        "C:\\folder\\old.wav",
        { access: "write", create: true },
        (file) => Mmio.writeAll(file, text("the new content"))
      ).pipe(
        Effect.provide(Layer.provide(
          IOProc.layerMap(IOProc.commitOnClose),
          Layer.succeed(IOProc.IOProc, driver)
        ))
      )
      const error = yield* Effect.flip(replace)
      strictEqual(error._tag, "CannotWrite")
      assert.include(error.message, "in use")
      strictEqual(content("C:\\folder\\old.wav"), "old")
      yield* reader.close
      yield* replace
      strictEqual(content("C:\\folder\\old.wav"), "the new content")
    }))

  it.scoped("a truncation of a mapped file is CannotWrite because the file is in use", () =>
    Effect.gen(function*() {
      const { content, driver, mapped } = yield* onWindows
      const file = yield* openFile(driver, "C:\\folder\\old.wav", { access: "readWrite" })
      mapped.add("C:\\folder\\old.wav")
      assert(file.truncate !== undefined)
      const error = yield* Effect.flip(file.truncate(1))
      assert.deepInclude({ ...error }, { errno: "EBUSY", description: "the file is in use" })
      strictEqual(error._tag, "CannotWrite")
      strictEqual(content("C:\\folder\\old.wav"), "old")
      mapped.clear()
      yield* file.truncate(1)
      yield* writeAt(file, 1, "k")
      yield* file.close
      strictEqual(content("C:\\folder\\old.wav"), "ok")
    }))
})
