/** No change makes an archive that the same limits refuse to read: it fails, and the archive stays as it was. */
import { FileName, IOProc, MemoryIOProc, Mmio } from "@effect-mmio/core"
import { ZipIOProc, ZipLimits } from "@effect-mmio/zip"
import { describe, expect, it } from "@effect/vitest"
import { Effect, Layer, Option, Stream } from "effect"
import { archive, ascii, noise, type Part } from "./support/archive.js"
import { expectBytes } from "./support/bytes.js"
import { contents, inMemory, save } from "./support/storages.js"

const parts: ReadonlyArray<Part> = [
  { name: "one", bytes: ascii("one") },
  { name: "dir/two", bytes: ascii("two"), deflated: true }
]
const archived = archive(parts)
/** How many bytes the directory of the archive has. */
const directorySize = archived.length - 22 - Buffer.from(archived).indexOf("PK\x01\x02")

/** Fails with this error, and leaves the archive as it is, which can be read. */
const refused = <A, E extends { readonly _tag: string; readonly message: string }, R>(
  effect: Effect.Effect<A, E, R>,
  tag: string,
  says: string
) =>
  Effect.gen(function*() {
    const storage = yield* MemoryIOProc.MemoryIOProc
    const old = yield* storage.bytes("a.zip")
    const error = yield* Effect.flip(effect)
    expect([error._tag, error.message]).toEqual([tag, expect.stringContaining(says)])
    expectBytes(yield* storage.bytes("a.zip"), old)
    expect(yield* storage.files).toEqual(["/a.zip"])
    yield* Stream.runDrain(Mmio.list("a.zip+"))
  })

/** An archive of other storages: one that replaces no file, and one whose files commit on close. */
const storages = {
  "that replaces files": MemoryIOProc.layer({ "a.zip": archived }),
  "that replaces no file": Layer.provideMerge(
    IOProc.layerMap((driver) =>
      IOProc.make({ ...driver, capabilities: { ...driver.capabilities, atomicRename: false } })
    ),
    MemoryIOProc.layer({ "a.zip": archived })
  ),
  "whose files commit on close": MemoryIOProc.layerWith({ files: { "a.zip": archived }, commit: "onClose" })
}

for (const [which, storage] of Object.entries(storages)) {
  describe(`in a storage ${which}`, () => {
    const zip = Layer.provideMerge(ZipIOProc.layer, storage)

    it.effect("a new element, a new folder and a rename that need one entry more than the limit are refused", () =>
      Effect.gen(function*() {
        yield* refused(save("a.zip+three", ascii("3")), "CannotExpand", "ZipLimits.entries is 2")
        yield* refused(Mmio.makeFolder("a.zip+new"), "CannotWrite", "ZipLimits.entries is 2")
        // The folder that it leaves gets an entry.
        yield* refused(Mmio.rename("a.zip+dir/two", "a.zip+two"), "CannotWrite", "ZipLimits.entries is 2")
        // What needs no entry more goes on.
        yield* save("a.zip+one", ascii("uno"))
        yield* Mmio.rename("a.zip+one", "a.zip+dir/one")
        yield* Mmio.remove("a.zip+dir/two")
        yield* Mmio.makeFolder("a.zip+new")
        expect(Buffer.from(yield* contents("a.zip+dir/one")).toString()).toBe("uno")
      }).pipe(ZipLimits.withLimits({ entries: 2 }), Effect.provide(zip)))

    it.effect("a change whose directory would have more bytes than the limit is refused", () =>
      Effect.gen(function*() {
        yield* refused(save("a.zip+three", ascii("3")), "CannotExpand", "ZipLimits.directoryBytes")
        yield* refused(Mmio.makeFolder("a.zip+new"), "CannotWrite", "ZipLimits.directoryBytes")
        yield* refused(Mmio.rename("a.zip+one", "a.zip+longer"), "CannotWrite", "ZipLimits.directoryBytes")
        yield* Mmio.rename("a.zip+one", "a.zip+uno")
        expect(Buffer.from(yield* contents("a.zip+uno")).toString()).toBe("one")
      }).pipe(ZipLimits.withLimits({ directoryBytes: directorySize }), Effect.provide(zip)))
  })
}

it.effect("a storage that neither replaces nor cuts off a file has the old archive after a change that is refused", () => {
  const zip = Layer.provide(
    ZipIOProc.layerWith({ compression: "deflated" }),
    IOProc.layerMap((driver) => {
      const kept = IOProc.mapFile((file) => ({ ...file, truncate: undefined }))(driver)
      return IOProc.make({ ...kept, capabilities: { ...kept.capabilities, atomicRename: false } })
    })
  )
  return Effect.gen(function*() {
    const storage = yield* MemoryIOProc.MemoryIOProc
    const refusing = [
      ZipLimits.withLimits(save("a.zip+one", new Uint8Array(100_000)), { expansion: 10 }),
      ZipLimits.withLimits(save("a.zip+three", ascii("3")), { directoryBytes: directorySize })
    ]
    for (const change of refusing) {
      expect((yield* Effect.flip(change))._tag).toBe("CannotExpand")
      expect(Buffer.from(yield* contents("a.zip+one")).toString()).toBe("one")
      expect(Buffer.from(yield* contents("a.zip+dir/two")).toString()).toBe("two")
    }
    const size = (yield* storage.bytes("a.zip")).length
    // A change of which nothing was written leaves the file as it is.
    const error = yield* Effect.gen(function*() {
      const file = yield* Mmio.open("a.zip+three", { access: "write", create: true })
      yield* Mmio.writeAll(file, noise(1001))
      return yield* Effect.flip(ZipLimits.withLimits(Mmio.close(file), { inflatedBytes: 1000 }))
    }).pipe(Effect.scoped)
    expect(error._tag).toBe("CannotExpand")
    expect(yield* storage.bytes("a.zip")).toHaveLength(size)
    yield* save("a.zip+three", ascii("3"))
    expect(Buffer.from(yield* contents("a.zip+three")).toString()).toBe("3")
  }).pipe(Effect.provide(Layer.provideMerge(zip, MemoryIOProc.layer({ "a.zip": archive(parts, { comment: "c" }) }))))
})

it.effect("a new archive that the limits would refuse is not made", () =>
  Effect.gen(function*() {
    const storage = yield* MemoryIOProc.MemoryIOProc
    for (const limits of [{ entries: 0 }, { directoryBytes: 40 }]) {
      const error = yield* Effect.flip(ZipLimits.withLimits(save("new.zip+a", ascii("a")), limits))
      expect(error._tag).toBe("CannotExpand")
      expect(yield* storage.files).toEqual([])
    }
  }).pipe(Effect.provide(inMemory({}))))

it.effect("an entry too many is refused before anything is copied", () => {
  let isMade = false
  const watched = IOProc.layerMap((driver) =>
    IOProc.make({
      ...driver,
      tempName: (request) => Effect.tap(driver.tempName(request), () => Effect.sync(() => isMade = true))
    })
  )
  return Effect.gen(function*() {
    expect((yield* Effect.flip(save("a.zip+three", ascii("3"))))._tag).toBe("CannotExpand")
    expect(isMade).toBe(false)
  }).pipe(
    ZipLimits.withLimits({ entries: 2 }),
    Effect.provide(
      ZipIOProc.layer.pipe(Layer.provide(watched), Layer.provide(MemoryIOProc.layer({ "a.zip": archived })))
    )
  )
})

it.effect("a folder more than the limit is refused where others have no entry of their own", () =>
  Effect.gen(function*() {
    yield* refused(Mmio.makeFolder("a.zip+new"), "CannotWrite", "ZipLimits.entries, 3")
    yield* save("a.zip+file", ascii("x"))
    yield* Mmio.remove("a.zip+a/b/c/one")
    expect((yield* Mmio.stat("a.zip+a/b/c")).kind).toBe("folder")
  }).pipe(
    ZipLimits.withLimits({ entries: 3 }),
    Effect.provide(inMemory({ "a.zip": archive([{ name: "a/b/c/one" }]) }))
  ))

describe("as many folders as the limit of entries", () => {
  const nested = archive([{ name: "a/b/" }, { name: "a/" }])

  it.effect("are read, in any order", () =>
    Effect.gen(function*() {
      expect((yield* Mmio.stat("a.zip+a/b")).kind).toBe("folder")
      yield* Mmio.removeFolder("a.zip+a/b")
      yield* Mmio.makeFolder("a.zip+a/c")
      expect((yield* Mmio.stat("a.zip+a/c")).kind).toBe("folder")
    }).pipe(ZipLimits.withLimits({ entries: 2 }), Effect.provide(inMemory({ "a.zip": nested }))))

  it.effect("and one more are refused, also where the directory is known", () => {
    const implied = archive([{ name: "a/b/c/one" }])
    return Effect.gen(function*() {
      yield* Mmio.stat("a.zip+a/b/c/one")
      const error = yield* Effect.flip(ZipLimits.withLimits(contents("a.zip+a/b/c/one"), { entries: 2 }))
      expect([error._tag, error.message]).toEqual(["InvalidFile", expect.stringContaining("ZipLimits.entries")])
    }).pipe(Effect.provide(inMemory({ "a.zip": implied })))
  })
})

describe("a compressed element", () => {
  const options = { compression: "deflated" } as const

  it.effect("that the limit of expansion would refuse is not written", () =>
    Effect.gen(function*() {
      yield* refused(save("a.zip+one", new Uint8Array(100_000)), "CannotExpand", "ZipLimits.expansion is 100")
      yield* save("a.zip+one", noise(100_000))
      expectBytes(yield* contents("a.zip+one"), noise(100_000))
    }).pipe(ZipLimits.withLimits({ expansion: 100 }), Effect.provide(inMemory({ "a.zip": archived }, options))))

  it.effect("of bytes that compress best is within the default limit of expansion", () =>
    Effect.gen(function*() {
      yield* save("a.zip+one", new Uint8Array(4_000_000))
      expectBytes(yield* contents("a.zip+one"), new Uint8Array(4_000_000))
    }).pipe(Effect.provide(inMemory({ "a.zip": archived }, options))))

  it.effect("of more bytes than the limit is refused by the write", () =>
    Effect.gen(function*() {
      yield* refused(save("a.zip+one", noise(1001)), "CannotExpand", "ZipLimits.inflatedBytes is 1000")
      yield* save("a.zip+one", noise(1000))
      expectBytes(yield* contents("a.zip+one"), noise(1000))
      yield* Effect.scoped(Effect.gen(function*() {
        const file = yield* Mmio.open("a.zip+one", { access: "readWrite", buffer: "none" })
        yield* Mmio.seek(file, 999)
        expect(yield* Effect.flip(Mmio.writeAll(file, ascii("ab")))).toMatchObject({ _tag: "CannotExpand" })
        // What was refused has changed nothing.
        expect(yield* Mmio.seek(file, 0, "end")).toBe(1000)
        yield* Mmio.seek(file, 999)
        yield* Mmio.writeAll(file, ascii("a"))
      }))
      expectBytes(yield* contents("a.zip+one"), Buffer.concat([noise(1000).subarray(0, 999), ascii("a")]))
    }).pipe(ZipLimits.withLimits({ inflatedBytes: 1000 }), Effect.provide(inMemory({ "a.zip": archived }, options))))

  it.effect("of more bytes than the limit can be made smaller, and not larger", () =>
    Effect.gen(function*() {
      const driver = yield* ZipIOProc.make(options)
      const name = FileName.parse("a.zip+large")
      const file = yield* driver.open({
        name,
        access: "readWrite",
        create: "no",
        share: "compat",
        code: name.code,
        parameters: undefined,
        ifVersion: Option.none(),
        buffered: false
      })
      const setSize = (size: number) => file.truncate?.(size) ?? Effect.die("the element has no truncate")
      expect(yield* Effect.flip(setSize(2001))).toMatchObject({ _tag: "CannotExpand", file: "a.zip+large" })
      expect(yield* file.size).toBe(2000)
      yield* setSize(1500)
      expect(yield* Effect.flip(file.commit ?? Effect.void)).toMatchObject({
        _tag: "CannotExpand",
        file: "a.zip+large"
      })
      yield* setSize(1000)
      yield* file.close
      expectBytes(yield* contents("a.zip+large"), noise(1000))
    }).pipe(
      ZipLimits.withLimits({ inflatedBytes: 1000 }),
      Effect.provide(inMemory({ "a.zip": archive([{ name: "large", bytes: noise(2000) }]) }, options))
    ))

  it.effect("of more bytes than the limit of its commit is refused by that", () =>
    refused(
      Effect.gen(function*() {
        const file = yield* Mmio.open("a.zip+one", { access: "write", create: true })
        yield* Mmio.writeAll(file, noise(1001))
        yield* ZipLimits.withLimits(Mmio.close(file), { inflatedBytes: 1000 })
      }).pipe(Effect.scoped),
      "CannotExpand",
      "ZipLimits.inflatedBytes is 1000"
    ).pipe(Effect.provide(inMemory({ "a.zip": archived }, options))))

  it.effect("is refused with the archive that it is in, where that is in one", () =>
    Effect.gen(function*() {
      const inner = yield* contents("all.zip+a.zip")
      const error = yield* Effect.flip(save("all.zip+a.zip+one", noise(100))).pipe(
        ZipLimits.withLimits({ inflatedBytes: archived.length })
      )
      expect([error._tag, error.message]).toEqual([
        "CannotExpand",
        expect.stringContaining("ZipLimits.inflatedBytes")
      ])
      expectBytes(yield* contents("all.zip+a.zip"), inner)
    }).pipe(Effect.provide(inMemory({ "all.zip": archive([{ name: "a.zip", bytes: archived }]) }, options))))
})

it.effect("a stored element has no limit of its size or its expansion", () =>
  Effect.gen(function*() {
    yield* save("a.zip+one", new Uint8Array(100_000))
    expectBytes(yield* contents("a.zip+one"), new Uint8Array(100_000))
  }).pipe(
    ZipLimits.withLimits({ inflatedBytes: 1000, expansion: 1 }),
    Effect.provide(inMemory({ "a.zip": archived }))
  ))
