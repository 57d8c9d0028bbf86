import { IOProc, MemoryIOProc, Mmio } from "@effect-mmio/core"
import { ZipIOProc, ZipLimits } from "@effect-mmio/zip"
import { describe, expect, it } from "@effect/vitest"
import { Effect, Layer, Option, Stream } from "effect"
import { archive, ascii, noise } from "./support/archive.js"
import { expectBytes } from "./support/bytes.js"
import { contents, inMemory } from "./support/storages.js"

const text = (bytes: Uint8Array) => Buffer.from(bytes).toString()

const listed = (folder: string) =>
  Effect.map(
    Stream.runCollect(Mmio.list(folder)),
    (entries) => [...entries].map(({ kind, name }) => `${kind} ${name}`).toSorted()
  )

/** What is read from a file below the archive: positions and sizes. */
const counted = (reads: Array<readonly [position: number, size: number]>) =>
  IOProc.layerMap(IOProc.mapFile((file) => ({
    ...file,
    readAt: (position, target) => {
      reads.push([position, target.length])
      return file.readAt(position, target)
    }
  })))

const songs = archive([
  { name: "dir/" },
  { name: "dir/intro.txt", bytes: ascii("the intro") },
  { name: "outro.txt", bytes: ascii("the outro ".repeat(100)), deflated: true },
  { name: "deep/er/one.txt", bytes: ascii("1"), descriptor: true }
])

describe("names", () => {
  it.effect("an element is named after the plus of the archive's name", () =>
    Effect.gen(function*() {
      expect(text(yield* contents("songs.zip+dir/intro.txt"))).toBe("the intro")
      expect(text(yield* contents("songs.zip+outro.txt"))).toBe("the outro ".repeat(100))
      expect(text(yield* contents("songs.zip+deep/er/one.txt"))).toBe("1")
      expect(text(yield* contents("songs.zip+dir/../outro.txt"))).toHaveLength(1000)
    }).pipe(Effect.provide(inMemory({ "songs.zip": songs }))))

  it.effect("a file of the storage below keeps its name, whatever plus it holds", () =>
    Effect.gen(function*() {
      expect(text(yield* contents("songs.zip+dir/intro.txt"))).toBe("the intro")
      expect(text(yield* contents("songs.zip+outro.txt"))).toBe("a file")
      expect(text(yield* contents("a+b.zip+x"))).toBe("x in a+b")
    }).pipe(Effect.provide(inMemory({
      "songs.zip": songs,
      "songs.zip+outro.txt": ascii("a file"),
      "a+b.zip": archive([{ name: "x", bytes: ascii("x in a+b") }])
    }))))

  it.effect("an archive in an archive is opened, stored or compressed", () =>
    Effect.gen(function*() {
      expect(text(yield* contents("all.zip+songs.zip+dir/intro.txt"))).toBe("the intro")
      expect(text(yield* contents("all.zip+more/songs.zip+dir/intro.txt"))).toBe("the intro")
      expect(yield* listed("all.zip+songs.zip+deep")).toEqual(["folder er"])
    }).pipe(Effect.provide(inMemory({
      "all.zip": archive([{ name: "songs.zip", bytes: songs }, {
        name: "more/songs.zip",
        bytes: songs,
        deflated: true
      }])
    }))))

  it.effect("a name that leads out of its archive is AccessDenied, and a missing one is FileNotFound or PathNotFound", () =>
    Effect.gen(function*() {
      const tag = (name: string) => Effect.map(Effect.flip(contents(name)), (error) => error._tag)
      expect(yield* tag("songs.zip+../outro.txt")).toBe("AccessDenied")
      expect(yield* tag("songs.zip+missing.txt")).toBe("FileNotFound")
      expect(yield* tag("songs.zip+no/missing.txt")).toBe("PathNotFound")
      expect(yield* tag("songs.zip+dir")).toBe("CannotOpen")
      expect(yield* tag("missing.zip+a")).toBe("FileNotFound")
      expect(yield* tag("nowhere/missing.zip+a")).toBe("PathNotFound")
      expect(yield* tag("text.zip+a")).toBe("InvalidFile")
    }).pipe(Effect.provide(inMemory({ "songs.zip": songs, "text.zip": ascii("this is no archive") }))))

  it.effect("list and stat show the folders of an archive, also those that only paths name", () =>
    Effect.gen(function*() {
      expect(yield* listed("songs.zip+")).toEqual(["file outro.txt", "folder deep", "folder dir"])
      expect(yield* listed("songs.zip+deep")).toEqual(["folder er"])
      expect(yield* listed("songs.zip+deep/er")).toEqual(["file one.txt"])
      expect((yield* Mmio.stat("songs.zip+")).kind).toBe("folder")
      expect((yield* Mmio.stat("songs.zip+deep")).kind).toBe("folder")
      const { kind, modified, size } = yield* Mmio.stat("songs.zip+outro.txt")
      expect([kind, Option.getOrUndefined(size)]).toEqual(["file", 1000])
      expect(Option.getOrUndefined(modified)).toEqual(new Date(2024, 4, 17, 12, 30, 20))
      expect(yield* Mmio.exists("songs.zip+dir/intro.txt")).toBe(true)
      expect(yield* Mmio.exists("songs.zip+dir/none.txt")).toBe(false)
      expect(yield* Mmio.exists("missing.zip+a")).toBe(false)
    }).pipe(Effect.provide(inMemory({ "songs.zip": songs }))))

  it.effect("names are UTF-8 where the archive says so, and else of code page 437", () =>
    Effect.gen(function*() {
      expect(yield* listed("a.zip+")).toEqual(["file Füße.txt", "file naïve.txt", "file ☃.txt"])
    }).pipe(Effect.provide(inMemory({
      "a.zip": archive([
        { name: "☃.txt" },
        { name: Uint8Array.of(0x6e, 0x61, 0x8b, 0x76, 0x65, 0x2e, 0x74, 0x78, 0x74) },
        { name: Uint8Array.from(Buffer.from("Füße.txt")), flags: 0x800 }
      ])
    }))))

  it.effect("rename and the like pass names of the storage below on", () =>
    Effect.gen(function*() {
      const zip = yield* ZipIOProc.make()
      const storage = yield* MemoryIOProc.MemoryIOProc
      yield* Effect.gen(function*() {
        yield* Mmio.rename("plain.txt", "other.txt")
        yield* Mmio.remove("other.txt")
      }).pipe(Effect.provideService(IOProc.IOProc, zip))
      expect(yield* storage.files).toEqual(["/songs.zip"])
    }).pipe(Effect.provide(MemoryIOProc.layer({ "songs.zip": songs, "plain.txt": ascii("x") }))))
})

describe("where archives keep their bytes", () => {
  const bytes = noise(5000)
  const shapes = {
    "with bytes before the first element": archive([{ name: "a", bytes }], { prefix: noise(777) }),
    "with a comment that holds the signature of an end": archive([{ name: "a", bytes }], {
      comment: "PK\x05\x06 and more than twenty-two bytes"
    }),
    "with a Zip64 end and Zip64 fields": archive([{ name: "a", bytes, zip64: true, deflated: true }], {
      zip64: true,
      prefix: noise(9)
    }),
    "with a Zip64 end that it does not need": archive([{ name: "a", bytes }], { zip64: "redundant" }),
    "with a Zip64 end that it does not need, and bytes before the first element": archive([{ name: "a", bytes }], {
      zip64: "redundant",
      prefix: noise(9)
    }),
    "with its sizes after its bytes": archive([{ name: "b", bytes, descriptor: true }, {
      name: "a",
      bytes,
      deflated: true,
      descriptor: true
    }]),
    "with no element but one": archive([{ name: "a", bytes }])
  }
  for (const [shape, file] of Object.entries(shapes)) {
    it.effect(`an archive ${shape} is read, and changed`, () =>
      Effect.gen(function*() {
        expectBytes(yield* contents("a.zip+a"), bytes)
        yield* Mmio.rename("a.zip+a", "a.zip+c")
        expectBytes(yield* contents("a.zip+c"), bytes)
        expect(yield* Mmio.exists("a.zip+a")).toBe(false)
      }).pipe(Effect.provide(inMemory({ "a.zip": file }))))
  }
})

describe("reading", () => {
  it.effect("a stored element is read straight at its place", () => {
    const reads: Array<readonly [number, number]> = []
    const bytes = noise(1_000_000)
    return Effect.gen(function*() {
      const file = yield* Mmio.open("a.zip+a", { buffer: "none" })
      reads.length = 0
      yield* Mmio.seek(file, 500_000)
      expectBytes(yield* Mmio.read(file, 1000), bytes.subarray(500_000, 501_000))
      expect(reads).toEqual([[31 + 500_000, 1000]])
    }).pipe(
      Effect.scoped,
      Effect.provide(ZipIOProc.layer.pipe(
        Layer.provide(counted(reads)),
        Layer.provide(MemoryIOProc.layer({ "a.zip": archive([{ name: "a", bytes }]) }))
      ))
    )
  })

  it.effect("a compressed element is read at random from the nearest point that decompression went by", () => {
    const reads: Array<readonly [number, number]> = []
    const bytes = noise(8_000_000)
    return Effect.gen(function*() {
      const read = (at: number) =>
        Effect.gen(function*() {
          const file = yield* Mmio.open("a.zip+a", { buffer: "none" })
          yield* Mmio.seek(file, at)
          expectBytes(yield* Mmio.read(file, 1000), bytes.subarray(at, at + 1000))
        }).pipe(Effect.scoped)
      const readBytes = () => reads.splice(0).reduce((sum, [, size]) => sum + size, 0)
      yield* read(7_900_000)
      const first = readBytes()
      for (const at of [7_900_000, 4_000_000, 6_543_210, 1_000_000, 10]) {
        yield* read(at)
        // The points are 512 KiB apart, and opening reads the end of the archive.
        expect(readBytes()).toBeLessThan(first / 3)
      }
    }).pipe(Effect.provide(ZipIOProc.layer.pipe(
      Layer.provide(counted(reads)),
      Layer.provide(MemoryIOProc.layer({ "a.zip": archive([{ name: "a", bytes, deflated: true }]) }))
    )))
  })

  it.effect("points of decompression stay within their limit, and reads are right with none", () => {
    const bytes = noise(3_000_000)
    const read = (at: number) =>
      Effect.gen(function*() {
        const file = yield* Mmio.open("a.zip+a")
        yield* Mmio.seek(file, at)
        expectBytes(yield* Mmio.read(file, 100), bytes.subarray(at, at + 100))
        yield* Mmio.seek(file, at / 2)
        expectBytes(yield* Mmio.read(file, 100), bytes.subarray(at / 2, at / 2 + 100))
      }).pipe(Effect.scoped)
    return Effect.gen(function*() {
      for (const checkpointBytes of [0, 40_000, 100_000]) {
        yield* read(2_500_000).pipe(ZipLimits.withLimits({ checkpointBytes }))
      }
    }).pipe(Effect.provide(inMemory({ "a.zip": archive([{ name: "a", bytes, deflated: true }]) })))
  })

  it.effect("the checksum of a stored element is verified each time that it is read from its start", () =>
    Effect.suspend(() => {
      let isDamaged = false
      const damaging = IOProc.layerMap(IOProc.mapFile((file) => ({
        ...file,
        readAt: (position, target) =>
          Effect.map(file.readAt(position, target), (count) => {
            if (isDamaged && count > 0) target[0] = ~target[0]!
            return count
          })
      })))
      const songs = MemoryIOProc.layer({ "a.zip": archive([{ name: "a", bytes: noise(30_000) }]) })
      return Effect.gen(function*() {
        const file = yield* Mmio.open("a.zip+a", { buffer: "none" })
        expectBytes(yield* Mmio.read(file, 30_000), noise(30_000))
        isDamaged = true
        yield* Mmio.seek(file, 0)
        const read = yield* Effect.either(Effect.asVoid(Mmio.read(file, 30_000)))
        expect(read).toMatchObject({ _tag: "Left", left: { _tag: "CannotRead" } })
      }).pipe(
        Effect.scoped,
        Effect.provide(ZipIOProc.layer.pipe(Layer.provide(damaging), Layer.provide(songs)))
      )
    }))

  for (const [what, buffer, first] of [["in part", undefined, 5000], ["by 4 bytes", "none", 4]] as const) {
    it.effect(`the checksum of a stored element that was read ${what} before is verified`, () =>
      Effect.gen(function*() {
        const file = yield* Mmio.open("a.zip+a", { buffer })
        yield* Mmio.read(file, first)
        yield* Mmio.seek(file, 20_000)
        yield* Mmio.read(file, 10)
        yield* Mmio.seek(file, 0)
        const read = yield* Effect.either(Effect.asVoid(Mmio.read(file, 30_000)))
        expect(read).toMatchObject({ _tag: "Left", left: { _tag: "CannotRead" } })
      }).pipe(
        Effect.scoped,
        Effect.provide(inMemory({ "a.zip": archive([{ name: "a", bytes: noise(30_000), central: { crc: 1 } }]) }))
      ))
  }

  for (const deflated of [false, true]) {
    const kind = deflated ? "a compressed" : "a stored"
    const bytes = noise(300_000)

    it.effect(`the checksum of ${kind} element is verified as a read comes to its end`, () =>
      Effect.gen(function*() {
        const error = yield* Effect.flip(contents("a.zip+a"))
        expect([error._tag, error.message]).toEqual([
          "CannotRead",
          expect.stringContaining("its checksum is not that of the directory")
        ])
        // What was read before is there.
        const file = yield* Mmio.open("a.zip+a", { buffer: "none" })
        expectBytes(yield* Mmio.read(file, 200_000), bytes.subarray(0, 200_000))
      }).pipe(
        Effect.scoped,
        Effect.provide(inMemory({ "a.zip": archive([{ name: "a", bytes, deflated, central: { crc: 1 } }]) }))
      ))

    it.effect(`${kind} element keeps its version while others change`, () =>
      Effect.gen(function*() {
        const version = Effect.map(Mmio.stat("a.zip+a"), (stat) => Option.getOrThrow(stat.version))
        const before = yield* version
        yield* Mmio.rename("a.zip+b", "a.zip+c")
        expect(yield* version).toBe(before)
        expectBytes(yield* contents("a.zip+a"), bytes)
      }).pipe(Effect.provide(inMemory({ "a.zip": archive([{ name: "b" }, { name: "a", bytes, deflated }]) }))))
  }
})
