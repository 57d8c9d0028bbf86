/** The parser of chunk headers: it reads one, says how many bytes it needs, or that the header is cut off. */
import { FourCC } from "@effect-mmio/core"
import { assert, describe, it } from "@effect/vitest"
import * as Ds64 from "../../src/internal/riff/ds64.js"
import * as Header from "../../src/internal/riff/header.js"
import * as Layout from "../../src/internal/riff/layout.js"

const { families, ids, little, wave64 } = Layout
const big = families.RIFX.layout

const text = (...parts: ReadonlyArray<string | Uint8Array>): Uint8Array =>
  Buffer.concat(parts.map((part) => Buffer.from(part)))
const id = (code: string) => FourCC.toNumber(FourCC.fromString(code))
const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString("hex")

/** A header of 32 bits, little-endian. */
const header = (code: string, size: number) => text(code, Layout.uint32Bytes(size, "little"))
/** One of Wave64; its size counts the header. */
const wide = (code: string, size: number) => text(Layout.codeBytes(wave64, id(code)), Layout.uint64Bytes(size))
const wideForm = (size: number) => text(Layout.formIdBytes(wave64, ids.riff), Layout.uint64Bytes(size))

interface Given {
  readonly around?: Layout.Layout
  readonly sizes?: Ds64.Sizes
  readonly have?: number
  readonly rest?: number
  readonly most?: number | undefined
}

/** Reads the header of these bytes, with five bytes before them. */
const read = (bytes: Uint8Array, given: Given = {}) => {
  const { around, have = bytes.length, most = 1000, rest = bytes.length, sizes = Ds64.noSizes } = given
  const made = new Header.Header()
  const limit = "most" in given ? given.most : most
  const answer = made.read(around, sizes, text("junk!", bytes), 5, 1000, have, rest, limit)
  return { answer, header: made }
}

const facts = ({ beginsFile, container, hasSize, id, layout, size, sizeField, sizeWithType }: Header.Header) => ({
  beginsFile,
  container,
  hasSize,
  id: Layout.code(id),
  layout,
  size,
  sizeField,
  sizeWithType
})

describe("a header in a chunk", () => {
  it("is read in the layout around it", () => {
    const cases = [
      [little, header("data", 7), { id: "data", size: 7, sizeField: 7, container: false, sizeWithType: 12 }],
      [little, header("LIST", 7), { id: "LIST", size: 7, sizeField: 7, container: true, sizeWithType: 12 }],
      [big, text("data", Layout.uint32Bytes(7, "big")), {
        id: "data",
        size: 7,
        sizeField: 7,
        container: false,
        sizeWithType: 12
      }],
      [wave64, wide("data", 31), { id: "data", size: 7, sizeField: 31, container: false, sizeWithType: 40 }],
      [wave64, wide("data", 3), { id: "data", size: 0, sizeField: 3, container: false, sizeWithType: 40 }]
    ] as const
    for (const [around, bytes, expected] of cases) {
      const { answer, header } = read(bytes, { around })
      assert.strictEqual(answer, "read")
      assert.deepStrictEqual(facts(header), { ...expected, beginsFile: false, hasSize: true, layout: around } as never)
    }
  })

  it("needs its own length, and is cut where the file has less", () => {
    for (const [around, bytes] of [[little, header("data", 7)], [wave64, wide("data", 31)]] as const) {
      const least = bytes.length
      for (
        const [have, rest, answer] of [
          [least - 1, Infinity, "more"],
          [least - 1, least, "more"],
          [least, least - 1, "cut"],
          [least - 1, least - 1, "cut"],
          [least, least, "read"]
        ] as const
      ) {
        const result = read(bytes, { around, have, rest })
        assert.strictEqual(result.answer, answer, `${have} of ${rest}`)
        if (answer !== "read") assert.strictEqual(result.header.wanted, least)
      }
    }
  })

  it("whose size is 0xFFFFFFFF has that of the ds64, except in Wave64", () => {
    const sizes = new Ds64.Sizes({
      dataOffset: 20,
      riffSize: 1,
      dataSize: 2 ** 40,
      sampleCount: 0,
      table: [{ id: FourCC.make("levl"), size: 2 ** 41 }]
    })
    const sizeOf = (code: string, given: Given) => {
      const { header: made } = read(header(code, 0xffffffff), { around: little, ...given })
      return [made.hasSize, made.size]
    }
    assert.deepStrictEqual(sizeOf("data", { sizes }), [true, 2 ** 40])
    assert.deepStrictEqual(sizeOf("levl", { sizes }), [true, 2 ** 41])
    assert.deepStrictEqual(sizeOf("fmt ", { sizes }), [false, 0xffffffff])
    assert.deepStrictEqual(sizeOf("data", {}), [false, 0xffffffff])
    assert.deepStrictEqual(sizeOf("data", { around: big, sizes }), [true, 2 ** 40])
    const { header: made } = read(wide("data", 0xffffffff), { around: wave64, sizes })
    assert.deepStrictEqual([made.hasSize, made.size, made.sizes], [true, 0xffffffff - 24, sizes])
  })
})

describe("a header in no chunk", () => {
  it("says for itself how it is written", () => {
    const cases = [
      [header("RIFF", 7), little, { size: 7, beginsFile: true, container: true }],
      [text("RIFX", Layout.uint32Bytes(7, "big")), big, { size: 7, beginsFile: true, container: true }],
      [text("FORM", Layout.uint32Bytes(7, "big")), big, { size: 7, beginsFile: true, container: true }],
      [wideForm(31), wave64, { size: 7, beginsFile: true, container: true }],
      [header("LIST", 7), little, { size: 7, beginsFile: false, container: true }],
      [header("data", 7), little, { size: 7, beginsFile: false, container: false }],
      // The letters of Wave64 without its GUID.
      [text(header("riff", 7), new Uint8Array(16)), little, { size: 7, beginsFile: false, container: false }]
    ] as const
    for (const [bytes, layout, expected] of cases) {
      const { answer, header } = read(bytes)
      assert.strictEqual(answer, "read")
      const { beginsFile, container, size } = header
      assert.deepStrictEqual({ size, beginsFile, container }, expected)
      assert.strictEqual(header.layout, layout)
    }
  })

  it("needs 8 bytes, and 24 where it may be that of Wave64, if the file has them", () => {
    const short = read(header("RIFF", 7), { have: 7, rest: Infinity })
    assert.deepStrictEqual([short.answer, short.header.wanted], ["more", 8])
    // What the first four bytes are is not asked before there are eight.
    const letters = read(text("riff"), { have: 4, rest: Infinity })
    assert.deepStrictEqual([letters.answer, letters.header.wanted], ["more", 8])
    const cut = read(header("RIFF", 7), { have: 8, rest: 7 })
    assert.deepStrictEqual([cut.answer, cut.header.wanted], ["cut", 8])
    const form = read(wideForm(31), { have: 8, rest: 24 })
    assert.deepStrictEqual([form.answer, form.header.wanted], ["more", 24])
    const all = read(wideForm(31), { have: 23, rest: 24 })
    assert.deepStrictEqual([all.answer, all.header.wanted], ["more", 24])
    // A file that ends before is none of Wave64.
    const less = read(wideForm(31), { have: 23, rest: 23 })
    assert.deepStrictEqual([less.answer, less.header.layout, less.header.beginsFile], ["read", little, false])
    assert.strictEqual(read(wideForm(31), { have: 24, rest: 24 }).header.layout, wave64)
    assert.strictEqual(read(text(wideForm(31), "more"), { have: 28, rest: 23 }).header.beginsFile, false)
  })

  it("has all that it needs in eight bytes, unless it may have a ds64", () => {
    assert.strictEqual(read(header("RIFF", 100), { rest: 1000, most: undefined }).answer, "read")
    assert.strictEqual(read(header("RF64", 100), { rest: 1000, most: undefined }).answer, "more")
  })

  it("whose size is 0xFFFFFFFF has none", () => {
    const { header: made } = read(header("RIFF", 0xffffffff))
    assert.deepStrictEqual([made.hasSize, made.size], [false, 0xffffffff])
    const { header: wideMade } = read(wideForm(0xffffffff))
    assert.deepStrictEqual([wideMade.hasSize, wideMade.size], [true, 0xffffffff - 24])
  })

  describe("of RF64", () => {
    const sizes = { riffSize: 2 ** 40, dataSize: 2 ** 39, sampleCount: 5, table: [] }
    const rf64 = (size: number) => text(header("RF64", size), "WAVE", Ds64.bytesOf(sizes, 0))

    it("takes its sizes from the ds64, which it needs first", () => {
      const bytes = rf64(0xffffffff)
      const { answer, header: made } = read(bytes)
      assert.strictEqual(answer, "read")
      assert.deepStrictEqual([made.hasSize, made.size, made.sizes.ds64?.dataSize], [true, 2 ** 40, 2 ** 39])
      assert.strictEqual(made.sizes.ds64?.dataOffset, 1020)
      const short = read(bytes, { have: 20 })
      assert.deepStrictEqual([short.answer, short.header.wanted], ["more", 48])
      // A size that it holds itself counts.
      assert.strictEqual(read(rf64(77)).header.size, 77)
    })

    it("always needs more without a limit for its ds64, and is refused past it", () => {
      const bytes = rf64(0xffffffff)
      assert.strictEqual(read(bytes, { most: undefined }).answer, "more")
      assert.strictEqual(read(bytes, { most: 48 }).answer, "read")
      assert.strictEqual(read(bytes, { most: 47 }).answer, "too much")
    })

    it("without a ds64 has the size of its field, and no sizes for others", () => {
      const { answer, header: made } = read(text(header("RF64", 0xffffffff), "WAVE", new Uint8Array(40)))
      assert.deepStrictEqual([answer, made.hasSize, made.sizes], ["read", false, Ds64.noSizes])
    })
  })
})

describe("a search", () => {
  it("steps over a chunk by its size and its padding, where the first eight bytes say it", () => {
    const skip = (around: Layout.Layout | undefined, bytes: Uint8Array) =>
      Header.lengthToSkip(around, Layout.uint32(bytes, 0), text("?", bytes), 1)
    assert.strictEqual(skip(little, header("data", 6)), 14)
    assert.strictEqual(skip(little, header("data", 7)), 16)
    assert.strictEqual(skip(little, header("RIFF", 6)), 14)
    assert.strictEqual(skip(big, text("data", Layout.uint32Bytes(7, "big"))), 16)
    assert.strictEqual(skip(undefined, header("data", 7)), 16)
    assert.strictEqual(skip(undefined, header("RIFF", 7)), 0)
    assert.strictEqual(skip(wave64, wide("data", 31)), 0)
    assert.strictEqual(skip(little, header("data", 0xffffffff)), 0)
  })

  it("takes bytes for a header where their id is printable and their chunk fits, or where they begin a file", () => {
    const plausible = (layout: Layout.Layout, bytes: Uint8Array, end: number, have = bytes.length) =>
      Header.isPlausible(layout, text("?", bytes), 1, 100, have, end)
    assert.isTrue(plausible(little, header("data", 7), 115))
    assert.isFalse(plausible(little, header("data", 7), 114))
    assert.isFalse(plausible(little, header("data", 7), 115, 7))
    assert.isFalse(plausible(little, header("da\0a", 7), 115))
    assert.isTrue(plausible(little, header("RIFF", 7), 0))
    assert.isTrue(plausible(wave64, wide("data", 31), 131))
    assert.isFalse(plausible(wave64, wide("data", 31), 130))
    assert.isFalse(plausible(wave64, wide("data", 31), 131, 23))
  })
})

describe("a header that is written", () => {
  it("has its id, its size, and the type of a container", () => {
    const code = id("data")
    const made = (layout: Layout.Layout, kind: "form" | "list" | "chunk", code: number, form: number = ids.RIFF) => {
      const { bytes, id, type } = Header.write(layout, kind, code, 0x102, form)
      return [hex(bytes), Layout.code(id).trim(), type === undefined ? undefined : Layout.code(type)]
    }
    const guid = (code: string) => hex(Layout.codeBytes(wave64, id(code)))
    assert.deepStrictEqual(made(little, "chunk", code), ["6461746102010000", "data", undefined])
    assert.deepStrictEqual(made(big, "chunk", code), ["6461746100000102", "data", undefined])
    assert.deepStrictEqual(made(little, "list", id("INFO")), ["4c49535402010000494e464f", "LIST", "INFO"])
    assert.deepStrictEqual(made(little, "form", id("WAVE")), ["524946460201000057415645", "RIFF", "WAVE"])
    assert.deepStrictEqual(made(little, "form", id("WAVE"), ids.RF64), ["524636340201000057415645", "RF64", "WAVE"])
    assert.deepStrictEqual(made(wave64, "chunk", code), [`${guid("data")}0201000000000000`, "data", undefined])
    assert.deepStrictEqual(made(wave64, "form", id("WAVE"), ids.riff), [
      `${hex(Layout.formIdBytes(wave64, ids.riff))}0201000000000000${guid("wave")}`,
      "riff",
      "wave"
    ])
    assert.deepStrictEqual(made(wave64, "list", id("INFO")), [
      `${hex(Layout.listBytes(wave64))}0201000000000000${guid("INFO")}`,
      "list",
      "INFO"
    ])
  })
})
