/**
 * Files of a disk that replace a name as a whole.
 */
import { FileName, FileSystemIOProc, IOProc, Mmio } from "@effect-mmio/core"
import { NodeIOProc } from "@effect-mmio/platform-node"
import { NodeFileSystem } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, Layer } from "effect"
import * as NFS from "node:fs"
import * as Path from "node:path"
import { canMount, isLinux, smallDisk, tempFolder, text } from "./helpers.js"

const replace = (path: string, content: string | Uint8Array, create: true | "new" = true) =>
  Mmio.withFile(
    FileName.plain(path),
    { access: "write", create },
    (file) => Mmio.writeAll(file, typeof content === "string" ? text(content) : content)
  ).pipe(Effect.updateService(IOProc.IOProc, IOProc.commitOnClose))

const read = (path: string) => NFS.readFileSync(path, "latin1")

const drivers = {
  "NodeIOProc": NodeIOProc.layerWith({ sync: true }),
  "NodeIOProc, blocking": NodeIOProc.layerSync,
  "FileSystemIOProc": Layer.provide(FileSystemIOProc.layer, NodeFileSystem.layer)
}

for (const [name, driver] of Object.entries(drivers)) {
  describe.skipIf(!isLinux)(`commitOnClose over ${name}`, () => {
    it.scoped("writes through links, by whatever way they lead to the file, and leaves them and their folders alone", () =>
      Effect.gen(function*() {
        const folder = NFS.realpathSync(yield* tempFolder)
        const at = (...names: ReadonlyArray<string>) => Path.join(folder, ...names)
        for (const made of ["real", "real/deep", "links", "other"]) NFS.mkdirSync(at(made))
        NFS.writeFileSync(at("real/deep/file"), "old")
        NFS.chmodSync(at("real/deep/file"), 0o640)
        const links = {
          "links/absolute": at("real/deep/file"),
          "links/relative": "../real/deep/file",
          "links/of a link": "relative",
          // A folder that is a link itself: `..` is that of what it leads to.
          "way": "real/deep",
          "real/deep/back": "../deep/file",
          "links/dangling": "../other/new",
          "links/without a folder": "../gone/new",
          "links/in a file": "../real/deep/file/new"
        }
        for (const [link, target] of Object.entries(links)) NFS.symlinkSync(target, at(link))
        const names = ["links/absolute", "links/relative", "links/of a link", "way/file", "way/back"]
        for (const [i, link] of names.entries()) {
          yield* replace(at(link), `content ${i}`)
          assert.strictEqual(read(at("real/deep/file")), `content ${i}`, link)
          assert.strictEqual(NFS.statSync(at("real/deep/file")).mode & 0o777, 0o640)
        }
        yield* replace(at("links/dangling"), "new")
        assert.strictEqual(read(at("other/new")), "new")
        // A link has the name for one that asks for a new file.
        const error = yield* Effect.flip(replace(at("links/dangling"), "", "new"))
        assert.include(error.message, "EEXIST")
        NFS.rmSync(at("other/new"))
        assert.include((yield* Effect.flip(replace(at("links/dangling"), "", "new"))).message, "EEXIST")
        for (const link of ["links/without a folder", "links/in a file"]) {
          assert.strictEqual((yield* Effect.flip(replace(at(link), "new")))._tag, "PathNotFound", link)
          assert.include((yield* Effect.flip(replace(at(link), "", "new"))).message, "EEXIST", link)
        }
        yield* replace(at("other/new"), "new", "new")
        assert.strictEqual((yield* Effect.flip(replace(at("nowhere/new"), "", "new")))._tag, "PathNotFound")
        for (const [link, target] of Object.entries(links)) assert.strictEqual(NFS.readlinkSync(at(link)), target)
        assert.deepStrictEqual(NFS.readdirSync(at("links")).toSorted(), [
          "absolute",
          "dangling",
          "in a file",
          "of a link",
          "relative",
          "without a folder"
        ])
        assert.deepStrictEqual(NFS.readdirSync(at("real/deep")).toSorted(), ["back", "file"])
        assert.deepStrictEqual(NFS.readdirSync(at("other")), ["new"])
      }).pipe(Effect.provide(driver)))

    it.scoped("refuses links that lead round in a circle, as the system does", () =>
      Effect.gen(function*() {
        const folder = yield* tempFolder
        NFS.symlinkSync("two", `${folder}/one`)
        NFS.symlinkSync("one", `${folder}/two`)
        const error = yield* Effect.flip(replace(`${folder}/one`, "new"))
        assert.include(error.message, "ELOOP")
        assert.deepStrictEqual(NFS.readdirSync(folder).toSorted(), ["one", "two"])
        assert.strictEqual(NFS.readlinkSync(`${folder}/one`), "two")
      }).pipe(Effect.provide(driver)))

    it.scoped("keeps the old file where the new one fails, and leaves nothing beside it", () =>
      Effect.gen(function*() {
        const folder = yield* tempFolder
        const path = `${folder}/file`
        NFS.writeFileSync(path, "old")
        NFS.linkSync(path, `${folder}/hard`)
        const exit = yield* Effect.exit(
          Mmio.withFile(path, { access: "write", create: true }, (file) =>
            Effect.zipRight(Mmio.writeAll(file, new Uint8Array(100_000)), Effect.fail("mine"))).pipe(
              Effect.updateService(IOProc.IOProc, IOProc.commitOnClose)
            )
        )
        assert.isTrue(Exit.isFailure(exit))
        assert.deepStrictEqual(NFS.readdirSync(folder).toSorted(), ["file", "hard"])
        assert.strictEqual(read(path), "old")
        yield* replace(path, "new")
        assert.deepStrictEqual([read(path), read(`${folder}/hard`)], ["new", "old"])
      }).pipe(Effect.provide(driver)))

    it.scoped.skipIf(!canMount)("keeps the old file on a disk that is full", () =>
      Effect.gen(function*() {
        const folder = yield* smallDisk(16 * 4096)
        NFS.writeFileSync(`${folder}/file`, "old")
        const error = yield* Effect.flip(replace(`${folder}/file`, new Uint8Array(20 * 4096)))
        assert.include(error.message, "ENOSPC")
        assert.deepStrictEqual(NFS.readdirSync(folder), ["file"])
        assert.strictEqual(read(`${folder}/file`), "old")
      }).pipe(Effect.provide(driver)))
  })
}
