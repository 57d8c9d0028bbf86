/** A folder stays until it is removed itself, also one that has no entry of its own. */
import { IOProc, MemoryIOProc, Mmio } from "@effect-mmio/core"
import { ZipIOProc } from "@effect-mmio/zip"
import { describe, expect, it } from "@effect/vitest"
import { Effect, Layer, Stream } from "effect"
import { archive, ascii, type Part } from "./support/archive.js"
import { expectBytes } from "./support/bytes.js"
import { contents, inMemory, save } from "./support/storages.js"

const parts: ReadonlyArray<Part> = [
  { name: "a/b/one", bytes: ascii("one") },
  { name: "two", bytes: ascii("two") }
]

const listed = (folder: string) =>
  Effect.map(
    Stream.runCollect(Mmio.list(folder)),
    (entries) => [...entries].map(({ kind, name }) => `${kind} ${name}`).toSorted()
  )

/** What the storage has of the archive: the names of its entries, in their order. */
const entryNames = Effect.gen(function*() {
  const storage = yield* MemoryIOProc.MemoryIOProc
  const bytes = Buffer.from(yield* storage.bytes("a.zip"))
  const names: Array<string> = []
  let at = bytes.readUInt32LE(bytes.length - 6)
  while (bytes.readUInt32LE(at) === 0x02014b50) {
    const length = bytes.readUInt16LE(at + 28)
    names.push(bytes.subarray(at + 46, at + 46 + length).toString())
    at += 46 + length + bytes.readUInt16LE(at + 30) + bytes.readUInt16LE(at + 32)
  }
  return names
})

const inPlace = (files: Readonly<Record<string, Uint8Array>>) =>
  Layer.provideMerge(
    ZipIOProc.layer,
    Layer.provideMerge(
      IOProc.layerMap((driver) =>
        IOProc.make({ ...driver, capabilities: { ...driver.capabilities, atomicRename: false } })
      ),
      MemoryIOProc.layer(files)
    )
  )

for (const [which, layer] of [["replaces files", inMemory], ["replaces no file", inPlace]] as const) {
  describe(`in a storage that ${which}, a folder without an entry`, () => {
    it.effect("stays as its last file is removed", () =>
      Effect.gen(function*() {
        yield* Mmio.remove("a.zip+a/b/one")
        expect(yield* listed("a.zip+a/b")).toEqual([])
        expect(yield* listed("a.zip+a")).toEqual(["folder b"])
        expect((yield* Mmio.stat("a.zip+a/b")).kind).toBe("folder")
        expect(yield* entryNames).toEqual(["two", "a/b/"])
        yield* save("a.zip+a/b/three", ascii("3"))
        expect(yield* listed("a.zip+a/b")).toEqual(["file three"])
      }).pipe(Effect.provide(layer({ "a.zip": archive(parts) }))))

    it.effect("stays as its last file is renamed away", () =>
      Effect.gen(function*() {
        yield* Mmio.rename("a.zip+a/b/one", "a.zip+a/one")
        expect(yield* listed("a.zip+a")).toEqual(["file one", "folder b"])
        expect(yield* listed("a.zip+a/b")).toEqual([])
        expect(Buffer.from(yield* contents("a.zip+a/one")).toString()).toBe("one")
      }).pipe(Effect.provide(layer({ "a.zip": archive(parts) }))))

    it.effect("stays as its last folder is removed", () =>
      Effect.gen(function*() {
        yield* Mmio.removeFolder("a.zip+a/b")
        expect(yield* listed("a.zip+")).toEqual(["file two", "folder a"])
        expect(yield* listed("a.zip+a")).toEqual([])
        expect(yield* entryNames).toEqual(["two", "a/"])
        yield* Mmio.removeFolder("a.zip+a")
        expect(yield* listed("a.zip+")).toEqual(["file two"])
      }).pipe(Effect.provide(layer({ "a.zip": archive([{ name: "a/b/" }, { name: "two" }]) }))))
  })
}

describe("no entry of a folder is written", () => {
  it.effect("where another file or folder is in it", () =>
    Effect.gen(function*() {
      yield* Mmio.remove("a.zip+a/one")
      yield* Mmio.rename("a.zip+a/two", "a.zip+a/b/two")
      yield* Mmio.removeFolder("a.zip+a/c")
      expect(yield* entryNames).toEqual(["a/b/three", "a/b/two"])
    }).pipe(Effect.provide(inMemory({
      "a.zip": archive(["a/one", "a/two", "a/b/three", "a/c/"].map((name) => ({ name })))
    }))))

  it.effect("where what is renamed stays in it", () =>
    Effect.gen(function*() {
      yield* Mmio.rename("a.zip+a/b/one", "a.zip+a/b/uno")
      expect(yield* entryNames).toEqual(["two", "a/b/uno"])
    }).pipe(Effect.provide(inMemory({ "a.zip": archive(parts) }))))

  it.effect("where it has one, or is the archive itself", () =>
    Effect.gen(function*() {
      yield* Mmio.remove("a.zip+a/one")
      yield* Mmio.remove("a.zip+two")
      expect(yield* entryNames).toEqual(["a/"])
      yield* Mmio.removeFolder("a.zip+a")
      expect(yield* entryNames).toEqual([])
      expect(yield* listed("a.zip+")).toEqual([])
    }).pipe(Effect.provide(inMemory({
      "a.zip": archive([{ name: "a/one" }, { name: "two" }, { name: "a/" }])
    }))))
})

describe("a folder without an entry", () => {
  it.effect("stays where only a name that is refused leads into it", () =>
    Effect.gen(function*() {
      yield* Mmio.remove("a.zip+a/b/one")
      expect(yield* listed("a.zip+a/b")).toEqual([])
    }).pipe(Effect.provide(inMemory({ "a.zip": archive([...parts, { name: "a/b/./x" }]) }))))

  it.effect("stays as all elements of one name are removed", () =>
    Effect.gen(function*() {
      yield* Mmio.remove("a.zip+a/b/one")
      expect(yield* listed("a.zip+a/b")).toEqual([])
      expect(yield* entryNames).toEqual(["two", "a/b/"])
    }).pipe(Effect.provide(inMemory({ "a.zip": archive([...parts, { name: "a/b/one" }]) }))))

  it.effect("keeps its last file where its own name would be longer than names can be", () => {
    // 40 000 bytes in code page 437, and 80 000 in UTF-8.
    const folder = "é".repeat(40_000)
    const file = archive([{ name: Buffer.concat([Buffer.alloc(40_000, 0x82), ascii("/x")]), bytes: ascii("x") }])
    return Effect.gen(function*() {
      for (const change of [Mmio.remove(`a.zip+${folder}/x`), Mmio.rename(`a.zip+${folder}/x`, "a.zip+x")]) {
        const error = yield* Effect.flip(change)
        expect([error._tag, error.message.slice(-200)]).toEqual(["CannotWrite", expect.stringContaining("65535 bytes")])
      }
      expectBytes(yield* contents("a.zip"), file)
    }).pipe(Effect.provide(inMemory({ "a.zip": file })))
  })
})
