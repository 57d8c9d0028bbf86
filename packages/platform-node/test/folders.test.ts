/**
 * Facts about names, and folders.
 */
import { FileName, type IOProc } from "@effect-mmio/core"
import { NodeIOProc } from "@effect-mmio/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { strictEqual } from "@effect/vitest/utils"
import { Chunk, Effect, Option, Stream } from "effect"
import * as NFS from "node:fs"
import { asNobody, failing, isLinux, stub, tempFolder } from "./helpers.js"

const plain = FileName.plain
const byName = (a: IOProc.Entry, b: IOProc.Entry) => a.name < b.name ? -1 : 1

describe.each([false, true])("with blocking: %s", (blocking) => {
  const driver = NodeIOProc.make({ blocking })
  const list = (path: string) =>
    Effect.flatMap(driver, ({ list }) => Effect.map(Stream.runCollect(list(plain(path))), Chunk.toReadonlyArray))

  it.effect("the storage says what it can do with names", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual((yield* driver).capabilities, { list: true, atomicRename: true, exclusiveCreate: true })
    }))

  describe("stat", () => {
    it.scoped("knows kind, size and times", () =>
      Effect.gen(function*() {
        const { stat } = yield* driver
        const folder = yield* tempFolder
        NFS.writeFileSync(`${folder}/file`, "abcdef")
        NFS.utimesSync(`${folder}/file`, 1000, 2000)
        NFS.symlinkSync(`${folder}/file`, `${folder}/link`)
        const facts = yield* stat(plain(`${folder}/file`))
        const { birthtime, dev, ino } = NFS.statSync(`${folder}/file`, { bigint: true })
        assert.deepStrictEqual(facts, {
          kind: "file",
          size: Option.some(6),
          version: Option.none(),
          identity: Option.some(`${dev}:${ino}`),
          modified: Option.some(new Date(2_000_000)),
          created: Option.some(birthtime)
        })
        assert.deepStrictEqual(yield* stat(plain(`${folder}/link`)), facts)
        const ofFolder = yield* stat(plain(folder))
        strictEqual(ofFolder.kind, "folder")
        assert.isTrue(Option.isNone(ofFolder.size))
        if (isLinux) {
          const ofDevice = yield* stat(plain("/dev/null"))
          strictEqual(ofDevice.kind, "other")
          assert.isTrue(Option.isNone(ofDevice.size))
        }
      }))

    it.scoped("knows no time where the file system keeps none", () =>
      Effect.gen(function*() {
        const { stat } = yield* driver
        const folder = yield* tempFolder
        NFS.utimesSync(folder, 0, 0)
        assert.isTrue(Option.isNone((yield* stat(plain(folder))).modified))
      }))

    it.scoped("fails with what is missing, or is refused", () =>
      Effect.gen(function*() {
        const { stat } = yield* driver
        const folder = yield* tempFolder
        NFS.writeFileSync(`${folder}/file`, "")
        NFS.symlinkSync(`${folder}/gone`, `${folder}/link`)
        const error = (path: string) => Effect.map(Effect.flip(stat(plain(path))), ({ _tag, errno }) => [_tag, errno])
        assert.deepStrictEqual(yield* error(`${folder}/no`), ["FileNotFound", "ENOENT"])
        assert.deepStrictEqual(yield* error(`${folder}/link`), ["FileNotFound", "ENOENT"])
        assert.deepStrictEqual(yield* error(`${folder}/no/file`), ["PathNotFound", "ENOENT"])
        assert.deepStrictEqual(yield* error(`${folder}/file/x`), ["PathNotFound", "ENOTDIR"])
        NFS.mkdirSync(`${folder}/shut`)
        NFS.chmodSync(`${folder}/shut`, 0o000)
        NFS.chmodSync(folder, 0o755)
        assert.deepStrictEqual(yield* asNobody(error(`${folder}/shut/file`)), ["AccessDenied", "EACCES"])
        yield* stub("node:fs", blocking ? "statSync" : "stat", failingAs(blocking, "ESTALE"))
        assert.deepStrictEqual(yield* error(`${folder}/file`), ["NetworkError", "ESTALE"])
      }))
  })

  describe("list", () => {
    it.scoped("gives names with their kinds, and follows links", () =>
      Effect.gen(function*() {
        const folder = yield* tempFolder
        assert.deepStrictEqual(yield* list(folder), [])
        NFS.writeFileSync(`${folder}/file`, "")
        NFS.mkdirSync(`${folder}/folder`)
        NFS.writeFileSync(`${folder}/folder/inside`, "")
        NFS.symlinkSync(`${folder}/file`, `${folder}/to file`)
        NFS.symlinkSync(`${folder}/folder`, `${folder}/to folder`)
        NFS.symlinkSync(`${folder}/gone`, `${folder}/to nothing`)
        assert.deepStrictEqual((yield* list(folder)).toSorted(byName), [
          { name: "file", kind: "file" },
          { name: "folder", kind: "folder" },
          { name: "to file", kind: "file" },
          { name: "to folder", kind: "folder" },
          { name: "to nothing", kind: "other" }
        ])
        assert.deepStrictEqual(yield* list(`${folder}/to folder/`), [{ name: "inside", kind: "file" }])
      }))

    it.scoped("gives every name of a large folder once", () =>
      Effect.gen(function*() {
        const folder = yield* tempFolder
        const names = Array.from({ length: 1000 }, (_, i) => `${i}`)
        for (const name of names) NFS.writeFileSync(`${folder}/${name}`, "")
        const listed = yield* list(folder)
        strictEqual(listed.length, 1000)
        assert.sameMembers(listed.map(({ name }) => name), names)
      }))

    it.scoped("reads a folder in parts, and closes it however the stream ends", () =>
      Effect.gen(function*() {
        const folder = yield* tempFolder
        for (let i = 0; i < 1000; i++) NFS.writeFileSync(`${folder}/${i}`, "")
        let most = 0
        const { list } = yield* driver
        const descriptors = () => isLinux ? NFS.readdirSync("/proc/self/fd").length : 0
        const before = descriptors()
        yield* Stream.runForEachChunk(list(plain(folder)), (entries) =>
          Effect.sync(() => {
            most = Math.max(most, entries.length)
          }))
        assert.isAtMost(most, 64)
        strictEqual((yield* Stream.runCollect(Stream.take(list(plain(folder)), 3))).length, 3)
        const failed = yield* Effect.flip(Stream.runForEach(list(plain(folder)), () => Effect.fail("enough")))
        strictEqual(failed, "enough")
        strictEqual(descriptors(), before)
      }))

    it.scoped("fails where there is no such folder, or the system refuses", () =>
      Effect.gen(function*() {
        const folder = yield* tempFolder
        NFS.writeFileSync(`${folder}/file`, "")
        const error = (path: string) => Effect.map(Effect.flip(list(path)), ({ _tag, errno }) => [_tag, errno])
        assert.deepStrictEqual(yield* error(`${folder}/no`), ["PathNotFound", "ENOENT"])
        assert.deepStrictEqual(yield* error(`${folder}/file`), ["PathNotFound", "ENOTDIR"])
        NFS.mkdirSync(`${folder}/shut`)
        NFS.chmodSync(`${folder}/shut`, 0o000)
        NFS.chmodSync(folder, 0o755)
        assert.deepStrictEqual(yield* asNobody(error(`${folder}/shut`)), ["AccessDenied", "EACCES"])
        yield* stub("node:fs", blocking ? "opendirSync" : "opendir", failingAs(blocking, "EIO"))
        assert.deepStrictEqual(yield* error(folder), ["CannotRead", "EIO"])
      }))
  })

  describe("folders", () => {
    it.scoped("are made, and left as they are where they exist", () =>
      Effect.gen(function*() {
        const { makeFolder } = yield* driver
        const folder = yield* tempFolder
        yield* makeFolder(plain(`${folder}/new`))
        assert.isTrue(NFS.statSync(`${folder}/new`).isDirectory())
        NFS.writeFileSync(`${folder}/new/file`, "abc")
        NFS.symlinkSync(`${folder}/new`, `${folder}/link`)
        yield* makeFolder(plain(`${folder}/new`))
        yield* makeFolder(plain(`${folder}/link`))
        strictEqual(NFS.readFileSync(`${folder}/new/file`, "latin1"), "abc")
        const error = yield* Effect.flip(makeFolder(plain(`${folder}/new/file`)))
        strictEqual(error.message, `NodeIOProc.makeFolder ${folder}/new/file: the name is taken (EEXIST)`)
        strictEqual((yield* Effect.flip(makeFolder(plain(`${folder}/no/new`))))._tag, "PathNotFound")
        strictEqual((yield* Effect.flip(makeFolder(plain(`${folder}/new/file/x`))))._tag, "PathNotFound")
        strictEqual(NFS.readFileSync(`${folder}/new/file`, "latin1"), "abc")
      }))

    it.scoped("are removed where they are empty", () =>
      Effect.gen(function*() {
        const { removeFolder } = yield* driver
        const folder = yield* tempFolder
        NFS.mkdirSync(`${folder}/empty`)
        NFS.mkdirSync(`${folder}/full`)
        NFS.writeFileSync(`${folder}/full/file`, "abc")
        yield* removeFolder(plain(`${folder}/empty`))
        assert.deepStrictEqual(NFS.readdirSync(folder), ["full"])
        const full = yield* Effect.flip(removeFolder(plain(`${folder}/full`)))
        strictEqual(
          full.message,
          `NodeIOProc.removeFolder ${folder}/full: the folder is not empty (ENOTEMPTY)`
        )
        strictEqual(full.errno, "ENOTEMPTY")
        const error = (path: string) =>
          Effect.map(Effect.flip(removeFolder(plain(path))), ({ _tag, errno }) => [_tag, errno])
        assert.deepStrictEqual(yield* error(`${folder}/full/file`), ["PathNotFound", "ENOTDIR"])
        assert.deepStrictEqual(yield* error(`${folder}/empty`), ["PathNotFound", "ENOENT"])
        strictEqual(NFS.readFileSync(`${folder}/full/file`, "latin1"), "abc")
        yield* stub("node:fs", blocking ? "rmdirSync" : "rmdir", failingAs(blocking, "EEXIST"))
        assert.deepStrictEqual(yield* error(`${folder}/full`), ["CannotWrite", "ENOTEMPTY"])
      }))

    it.scoped("are refused by permissions", () =>
      Effect.gen(function*() {
        const { makeFolder, removeFolder } = yield* driver
        const folder = yield* tempFolder
        NFS.mkdirSync(`${folder}/empty`)
        NFS.chmodSync(folder, 0o555)
        const denied = (effect: ReturnType<typeof makeFolder>) => Effect.map(Effect.flip(effect), ({ _tag }) => _tag)
        yield* asNobody(Effect.gen(function*() {
          strictEqual(yield* denied(makeFolder(plain(`${folder}/new`))), "AccessDenied")
          strictEqual(yield* denied(removeFolder(plain(`${folder}/empty`))), "AccessDenied")
        }))
        NFS.chmodSync(folder, 0o755)
        assert.deepStrictEqual(NFS.readdirSync(folder), ["empty"])
      }))
  })
})

/** A call of node:fs that fails as the storage makes it. */
const failingAs = (blocking: boolean, code: string) =>
  blocking
    ? () => () => {
      throw Object.assign(new Error(code), { code })
    }
    : failing(code)
