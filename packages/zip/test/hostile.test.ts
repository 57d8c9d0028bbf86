/** Archives that are damaged, or made to do harm: each is a typed failure, and what is not concerned can be read. */
import { Mmio } from "@effect-mmio/core"
import { ZipLimits } from "@effect-mmio/zip"
import { describe, expect, it } from "@effect/vitest"
import { Effect, Stream } from "effect"
import { archive, ascii, noise, type Part } from "./support/archive.js"
import { expectBytes } from "./support/bytes.js"
import { contents, inMemory, save } from "./support/storages.js"

const good: Part = { name: "good", bytes: ascii("good") }

/** What opening, or reading, an element fails with. */
const failure = (bytes: Uint8Array, name = "bad", limits: Partial<ZipLimits.Limits> = {}) =>
  Effect.flip(contents(`a.zip+${name}`)).pipe(
    Effect.map((error) => [error._tag, error.message] as const),
    ZipLimits.withLimits(limits),
    Effect.provide(inMemory({ "a.zip": bytes }))
  )

/** What the other element of the archive holds. */
const other = (bytes: Uint8Array) =>
  Effect.map(
    Effect.provide(contents("a.zip+good"), inMemory({ "a.zip": bytes })),
    (read) => Buffer.from(read).toString()
  )

const listed = (bytes: Uint8Array) =>
  Effect.map(
    Effect.provide(Stream.runCollect(Mmio.list("a.zip+")), inMemory({ "a.zip": bytes })),
    (entries) => [...entries].map(({ name }) => name).toSorted()
  )

describe("elements", () => {
  const bytes = noise(1000)
  const cases: ReadonlyArray<readonly [what: string, parts: ReadonlyArray<Part>, tag: string, says: string]> = [
    [
      "that overlaps another one",
      [
        { name: "bad", bytes, central: { compressed: 1010, size: 1010 } },
        good
      ],
      "InvalidFile",
      "overlaps"
    ],
    [
      "whose local header is elsewhere",
      [
        { name: "first", bytes },
        { name: "bad", bytes, central: { offset: 10 } },
        good
      ],
      "InvalidFile",
      "no local header"
    ],
    [
      "whose local header has another name",
      [
        { name: "evil", bytes, central: { name: "badd" } },
        { ...good, name: "bad", central: { name: "gad" } },
        good
      ],
      "FileNotFound",
      "no such element"
    ],
    [
      "whose two sizes differ",
      [{ name: "bad", bytes, central: { size: 999 } }, good],
      "InvalidFile",
      "two sizes differ"
    ],
    [
      "whose local header has other sizes",
      [
        { name: "bad", bytes, deflated: true, central: { size: 999 } },
        good
      ],
      "InvalidFile",
      "other sizes"
    ],
    [
      "that is more than its directory says",
      [
        { name: "bad", bytes, deflated: true, descriptor: true, central: { size: 999 } },
        good
      ],
      "CannotRead",
      "more than 999 bytes"
    ],
    [
      "that is less than its directory says",
      [
        { name: "bad", bytes, deflated: true, descriptor: true, central: { size: 1001 } },
        good
      ],
      "CannotRead",
      "1000 bytes, and not 1001"
    ],
    [
      "that expands more than Deflate can",
      [
        { name: "bad", bytes: new Uint8Array(100), deflated: true, descriptor: true, central: { size: 10 ** 6 } },
        good
      ],
      "InvalidFile",
      "ZipLimits.expansion"
    ],
    ["that is encrypted", [{ name: "bad", bytes, flags: 1 }, good], "AccessDenied", "encrypted"],
    [
      "that is compressed by another method",
      [
        { name: "bad", bytes, central: { method: 14 } },
        good
      ],
      "CannotOpen",
      "method 14"
    ],
    [
      "whose name another one has",
      [{ name: "bad", bytes }, { name: "bad", bytes }, good],
      "InvalidFile",
      "two elements"
    ],
    ["whose name a folder has", [{ name: "bad", bytes }, { name: "bad/x", bytes }, good], "InvalidFile", "a folder"],
    [
      "that is past the directory",
      [
        { name: "bad", bytes, central: { offset: 100_000 } },
        good
      ],
      "InvalidFile",
      "overlaps"
    ]
  ]
  for (const [what, parts, tag, says] of cases) {
    it.effect(`an element ${what} is ${tag}, and the others are read`, () =>
      Effect.gen(function*() {
        const file = archive(parts)
        expect(yield* failure(file)).toEqual([tag, expect.stringContaining(says)])
        expect(yield* other(file)).toBe("good")
      }))
  }

  for (
    const [name, says] of [
      ["../bad", "leads out"],
      ["a/../../bad", "leads out"],
      ["/bad", "absolute"],
      ["C:bad", "drive"],
      ["a\\bad", "backslash"],
      ["a//bad", "empty component"],
      ["./bad", "empty component"]
    ] as const
  ) {
    it.effect(`an element named ${name} is not listed, and opening it fails`, () =>
      Effect.gen(function*() {
        const file = archive([{ name, bytes }, good])
        expect(yield* listed(file)).toEqual(["good"])
        const [tag] = yield* failure(file, name)
        expect(["InvalidFile", "AccessDenied"]).toContain(tag)
        if (tag === "InvalidFile") expect((yield* failure(file, name))[1]).toContain(says)
        expect(yield* other(file)).toBe("good")
      }))
  }

  it.effect("an element whose local header is longer than there is room for is InvalidFile", () =>
    Effect.gen(function*() {
      const file = archive([{ name: "bad", bytes }, good])
      // How long its extra field is.
      file[28] = 40
      expect(yield* failure(file)).toEqual(["InvalidFile", expect.stringContaining("overlaps what follows it")])
      expect(yield* other(file)).toBe("good")
    }))

  it.effect("what is compressed and damaged is CannotRead, with what comes before it", () =>
    Effect.gen(function*() {
      const file = archive([{ name: "bad", bytes: noise(500_000), deflated: true }, good])
      file.fill(0xff, 60_000, 60_100)
      const [tag, message] = yield* failure(file)
      expect([tag, message]).toEqual(["CannotRead", expect.stringContaining("the element is damaged")])
      const first = yield* Effect.provide(
        Mmio.withFile("a.zip+bad", {}, (handle) => Mmio.read(handle, 50_000)),
        inMemory({ "a.zip": file })
      )
      expectBytes(first, noise(500_000).subarray(0, 50_000))
    }))
})

describe("elements whose name another one has", () => {
  const [first, second] = [noise(1000), noise(500)]
  const twice = archive([{ name: "bad", bytes: first }, good, { name: "bad", bytes: second }, { name: "d/x" }])

  it.effect("are all replaced by one that is saved", () =>
    Effect.gen(function*() {
      yield* save("a.zip+bad", ascii("new"))
      expect(Buffer.from(yield* contents("a.zip+bad")).toString()).toBe("new")
      expect(Buffer.from(yield* contents("a.zip")).includes(Buffer.from(first.subarray(0, 100)))).toBe(false)
    }).pipe(Effect.provide(inMemory({ "a.zip": twice }))))

  it.effect("are all removed", () =>
    Effect.gen(function*() {
      yield* Mmio.remove("a.zip+bad")
      expect((yield* Effect.flip(contents("a.zip+bad")))._tag).toBe("FileNotFound")
      expect(Buffer.from(yield* contents("a.zip+good")).toString()).toBe("good")
    }).pipe(Effect.provide(inMemory({ "a.zip": twice }))))

  it.effect("are all replaced by one that is renamed", () =>
    Effect.gen(function*() {
      yield* Mmio.rename("a.zip+good", "a.zip+bad")
      expect(Buffer.from(yield* contents("a.zip+bad")).toString()).toBe("good")
      expect((yield* Effect.flip(contents("a.zip+good")))._tag).toBe("FileNotFound")
    }).pipe(Effect.provide(inMemory({ "a.zip": twice }))))

  it.effect("are not renamed: which one is not known", () =>
    Effect.gen(function*() {
      const error = yield* Effect.flip(Mmio.rename("a.zip+bad", "a.zip+d/better"))
      expect([error._tag, error.message]).toEqual(["CannotWrite", expect.stringContaining("two elements")])
      expectBytes(yield* contents("a.zip"), twice)
    }).pipe(Effect.provide(inMemory({ "a.zip": twice }))))
})

describe("an element whose name a folder has", () => {
  const both = archive([{ name: "bad", bytes: ascii("file") }, { name: "bad/x", bytes: ascii("x") }, good])
  const readX = Effect.map(contents("a.zip+bad/x"), (read) => Buffer.from(read).toString())

  it.effect("is removed, and the folder is left", () =>
    Effect.gen(function*() {
      yield* Mmio.remove("a.zip+bad")
      expect((yield* Mmio.stat("a.zip+bad")).kind).toBe("folder")
      expect(yield* readX).toBe("x")
      expect((yield* Effect.flip(contents("a.zip+bad")))._tag).toBe("CannotOpen")
    }).pipe(Effect.provide(inMemory({ "a.zip": both }))))

  it.effect("is renamed, and the folder is left", () =>
    Effect.gen(function*() {
      yield* Mmio.rename("a.zip+bad", "a.zip+better")
      expect(Buffer.from(yield* contents("a.zip+better")).toString()).toBe("file")
      expect((yield* Mmio.stat("a.zip+bad")).kind).toBe("folder")
      expect(yield* readX).toBe("x")
    }).pipe(Effect.provide(inMemory({ "a.zip": both }))))
})

describe("archives", () => {
  const three: ReadonlyArray<Part> = [{ ...good, comment: "x".repeat(100) }, { name: "two", bytes: noise(100) }, {
    name: "three/x",
    bytes: noise(100)
  }]

  const cases: ReadonlyArray<
    readonly [what: string, file: Uint8Array, says: string, limits?: Partial<ZipLimits.Limits>]
  > = [
    ["without an end", archive(three).slice(0, -1), "no end of a directory"],
    ["whose directory is elsewhere", archive(three, { end: { offset: 10 ** 6 } }), "not where its end says"],
    ["whose directory is larger than the file", archive(three, { end: { size: 10 ** 6 } }), "not where its end says"],
    [
      "with fewer records than its end says",
      archive(three, { end: { count: 4 } }),
      "entry 3 of its directory is damaged"
    ],
    [
      "with more entries than the directory has room for",
      archive(three, { end: { count: 60_000 } }),
      "cannot have 60000"
    ],
    ["with too many entries", archive(three), "ZipLimits.entries", { entries: 2 }],
    ["with too large a directory", archive(three), "ZipLimits.directoryBytes", { directoryBytes: 100 }],
    ["with too many folders", archive([{ name: "a/b/c/d/e/f", bytes: ascii("x") }]), "ZipLimits.entries", {
      entries: 4
    }],
    [
      "whose Zip64 record is damaged",
      (() => {
        const file = archive(three, { zip64: true })
        const at = Buffer.from(file).indexOf(Buffer.from("PK\x06\x06"))
        file[at] = 0
        return file
      })(),
      "Zip64"
    ]
  ]
  for (const [what, file, says, limits] of cases) {
    it.effect(`an archive ${what} is InvalidFile`, () =>
      Effect.gen(function*() {
        expect(yield* failure(file, "good", limits)).toEqual(["InvalidFile", expect.stringContaining(says)])
      }))
  }

  it.effect("an element larger than the limit is InvalidFile, and one that is compressed too well", () =>
    Effect.gen(function*() {
      const file = archive([{ name: "bad", bytes: new Uint8Array(100_000), deflated: true }])
      expect(yield* failure(file, "bad", { inflatedBytes: 99_999 })).toEqual([
        "InvalidFile",
        expect.stringContaining("ZipLimits.inflatedBytes")
      ])
      expect(yield* failure(file, "bad", { expansion: 100 })).toEqual([
        "InvalidFile",
        expect.stringContaining("ZipLimits.expansion")
      ])
    }))

  it.effect("an archive whose elements overlap is not changed", () =>
    Effect.gen(function*() {
      const file = archive([{ name: "bad", bytes: noise(9), central: { compressed: 19, size: 19 } }, good])
      const error = yield* Effect.flip(save("a.zip+new", ascii("new"))).pipe(
        Effect.provide(inMemory({ "a.zip": file }))
      )
      expect([error._tag, error.message]).toEqual(["InvalidFile", expect.stringContaining("cannot be changed")])
    }))

  it.effect("elements that cannot be opened keep their bytes when others change", () =>
    Effect.gen(function*() {
      const bytes = noise(1000)
      const parts: ReadonlyArray<Part> = [
        { name: "../bad", bytes },
        { name: "locked", bytes, flags: 1 },
        { name: "other", bytes, central: { method: 14 } },
        good
      ]
      const left = yield* Effect.gen(function*() {
        yield* save("a.zip+good", ascii("better"))
        return yield* contents("a.zip")
      }).pipe(Effect.provide(inMemory({ "a.zip": archive(parts) })))
      const before = archive(parts.slice(0, 3))
      const unchanged = Buffer.from(before).indexOf(Buffer.from("PK\x01\x02"))
      expect(left.subarray(0, unchanged)).toEqual(before.subarray(0, unchanged))
    }))
})

describe("limits", () => {
  it.effect("a limit that is no whole number from 0 on is a defect, and the effect does not run", () =>
    Effect.gen(function*() {
      let ran = false
      for (const entries of [-1, 0.5, Number.NaN]) {
        const exit = yield* Effect.exit(ZipLimits.withLimits(Effect.sync(() => ran = true), { entries }))
        expect(exit).toMatchObject({ cause: { _tag: "Die", defect: { _tag: "InvalidParameter" } } })
      }
      expect(ran).toBe(false)
    }))
})
