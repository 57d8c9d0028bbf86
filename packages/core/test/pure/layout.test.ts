/**
 * How headers are written in the family of RIFF: numbers, ids, GUIDs and padding, by the values that the specifications
 * name.
 */
import { FourCC } from "@effect-mmio/core"
import { assert, describe, it } from "@effect/vitest"
import { Option } from "effect"
import * as Layout from "../../src/internal/riff/layout.js"
import type * as Riff from "../../src/Riff.js"

const { families, ids, little, wave64 } = Layout
const big = families.RIFX.layout
const layouts = { little, big, wave64 }

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString("hex")
const bytes = (digits: string) => Uint8Array.from(Buffer.from(digits.replaceAll(" ", ""), "hex"))

/** The GUIDs of Sony's specification of Wave64. */
const guids = {
  riff: "726966662e91cf11a5d628db04c10000",
  list: "6c6973742f91cf11a5d628db04c10000",
  wave: "77617665f3acd3118cd100c04f8edb8a",
  data: "64617461f3acd3118cd100c04f8edb8a"
}

/** The same for all layouts. */
const each = <A>(f: (layout: Layout.Layout) => A) => ({ little: f(little), big: f(big), wave64: f(wave64) })

describe("numbers", () => {
  it("ids are the numbers that they are in a little-endian file", () => {
    const texts = Object.entries(ids).map((
      [name, id]
    ) => [name, String.fromCharCode(...Layout.uint32Bytes(id, "little"))])
    assert.deepStrictEqual(texts, Object.keys(ids).map((name) => [name, name.padEnd(4)]))
    assert.strictEqual(hex(Layout.uint32Bytes(Layout.number("WAVE"), "little")), "57415645")
    assert.deepStrictEqual(Layout.waveTypes, { WAVE: Layout.number("WAVE"), wave: Layout.number("wave") })
  })

  it("32 bits are read and written without a sign, in both orders", () => {
    const some = bytes("00 f1 02 03 84 00")
    assert.strictEqual(Layout.uint32(some, 1), 0x840302f1)
    assert.strictEqual(hex(Layout.uint32Bytes(0x840302f1, "little")), "f1020384")
    assert.strictEqual(hex(Layout.uint32Bytes(0x840302f1, "big")), "840302f1")
    const field = (order: "little" | "big") =>
      Layout.sizeField(order === "little" ? little : big, bytes("0052494646 f1020384"), 1)
    assert.deepStrictEqual([field("little"), field("big")], [0x840302f1, 0xf1020384])
  })

  it("64 bits are read up to 2^53 - 1, and written little-endian", () => {
    assert.strictEqual(Layout.uint64(bytes("00 0100000002000000"), 1), 0x2_0000_0001)
    assert.strictEqual(Layout.uint64(bytes("ffffffffffff1f00"), 0), Number.MAX_SAFE_INTEGER)
    assert.strictEqual(Layout.uint64(bytes("0000000000002000"), 0), Number.MAX_SAFE_INTEGER)
    assert.strictEqual(hex(Layout.uint64Bytes(0x2_0000_0001)), "0100000002000000")
    assert.strictEqual(Layout.sizeField(wave64, bytes(`00${guids.data}0100000002000000`), 1), 0x2_0000_0001)
  })

  it("the size field of Wave64 counts the header, and the others the data", () => {
    assert.deepStrictEqual(each((layout) => Layout.fieldOf(layout, 100)), { little: 100, big: 100, wave64: 124 })
    assert.deepStrictEqual(each((layout) => Layout.dataSize(layout, 124)), { little: 124, big: 124, wave64: 100 })
    assert.strictEqual(Layout.dataSize(wave64, 23), 0)
    assert.deepStrictEqual(each((layout) => hex(Layout.sizeBytes(layout, 0x102))), {
      little: "02010000",
      big: "00000102",
      wave64: "1a01000000000000"
    })
    assert.deepStrictEqual(each((layout) => hex(Layout.fieldBytes(layout, 0x102))), {
      little: "02010000",
      big: "00000102",
      wave64: "0201000000000000"
    })
  })

  it("a header holds its id and its size, up to the largest", () => {
    const facts = ({ byteOrder, headerSize, largestSize, sizeOffset, typeSize }: Layout.Layout) =>
      [byteOrder, headerSize, sizeOffset, largestSize, typeSize] as const
    assert.deepStrictEqual(each(facts), {
      little: ["little", 8, 4, 0xffffffff, 4],
      big: ["big", 8, 4, 0xffffffff, 4],
      wave64: ["little", 24, 16, Number.MAX_SAFE_INTEGER - 24, 16]
    })
    assert.strictEqual(Layout.unknownSize, 0xffffffff)
  })

  it("padding goes to the next even byte, in Wave64 to the next multiple of eight, also beyond 2^32", () => {
    const paddings = (layout: Layout.Layout) =>
      [0, 1, 2, 7, 8, 9, 2 ** 40 + 1].map((size) => Layout.paddingOf(layout, size))
    assert.deepStrictEqual(each(paddings), {
      little: [0, 1, 0, 1, 0, 1, 1],
      big: [0, 1, 0, 1, 0, 1, 1],
      wave64: [0, 7, 6, 1, 0, 7, 7]
    })
  })
})

describe("ids", () => {
  it("of chunks, forms, lists and types are codes, and in Wave64 the GUIDs of its specification", () => {
    const code = FourCC.toNumber(FourCC.make("data"))
    assert.deepStrictEqual(each((layout) => hex(Layout.codeBytes(layout, code))), {
      little: "64617461",
      big: "64617461",
      wave64: guids.data
    })
    assert.deepStrictEqual(each((layout) => hex(Layout.listBytes(layout))), {
      little: "4c495354",
      big: "4c495354",
      wave64: guids.list
    })
    assert.deepStrictEqual(
      Object.entries(families).map(([name, { form, layout }]) => [name, hex(Layout.formIdBytes(layout, form))]),
      [["RIFF", "52494646"], ["RIFX", "52494658"], ["RF64", "52463634"], ["BW64", "42573634"], ["Wave64", guids.riff]]
    )
    assert.deepStrictEqual(each((layout) => Layout.typeCode(layout, Layout.waveTypes.WAVE)), {
      little: Layout.waveTypes.WAVE,
      big: Layout.waveTypes.WAVE,
      wave64: Layout.waveTypes.wave
    })
    assert.strictEqual(Layout.typeCode(wave64, code), code)
    assert.strictEqual(hex(Layout.codeBytes(wave64, Layout.waveTypes.wave)), guids.wave)
    assert.deepStrictEqual(each(Layout.innerFormId), { little: ids.RIFF, big: ids.RIFX, wave64: ids.riff })
    assert.deepStrictEqual(each(Layout.listId), { little: ids.LIST, big: ids.LIST, wave64: ids.list })
  })

  it("a GUID is hexadecimal digits, both ways", () => {
    assert.strictEqual(Layout.guidAt(bytes(`ff${guids.riff}`), 1), guids.riff)
    assert.strictEqual(Layout.guidAt(bytes("0f10ff00000000000000000000000001"), 0), "0f10ff00000000000000000000000001")
    assert.strictEqual(hex(Layout.guidBytes(guids.riff)), guids.riff)
  })

  it("of containers inside of a form depend on the layout", () => {
    const texts = ["RIFF", "LIST", "RIFX", "RF64", "BW64", "FORM", "CAT ", "PROP", "riff", "list", "data"]
    const containers = (layout: Layout.Layout) =>
      texts.filter((text) => {
        const guid = text === "riff" ? guids.riff : text === "list" ? guids.list : guids.data
        return Layout.isContainer(layout, FourCC.toNumber(FourCC.fromString(text)), bytes(`00${guid}`), 1)
      })
    assert.deepStrictEqual(each(containers), {
      little: ["RIFF", "LIST"],
      big: ["RIFF", "LIST", "RIFX", "FORM", "CAT ", "PROP"],
      wave64: ["riff", "list"]
    })
    // A GUID counts as a whole.
    for (let i = 4; i < 16; i++) {
      for (const name of ["riff", "list"] as const) {
        const changed = bytes(guids[name])
        changed[i]! ^= 1
        assert.isFalse(Layout.isContainer(wave64, ids[name], changed, 0), `${name}, byte ${i}`)
      }
    }
    assert.isFalse(Layout.isContainer(wave64, ids.riff, bytes(guids.list), 0))
    assert.isFalse(Layout.isContainer(wave64, ids.list, bytes(guids.riff), 0))
    // The last twelve bytes of a list's GUID, after another id.
    assert.isFalse(Layout.isContainer(wave64, ids.data, bytes(`64617461${guids.list.slice(8)}`), 0))
  })

  it("that begin a file decide how it is written", () => {
    const layoutOf = (text: string, guid = guids.riff, available = 24) => {
      const found = Layout.formLayout(
        FourCC.toNumber(FourCC.fromString(text)),
        bytes(`00${guid}${"00".repeat(8)}`),
        1,
        available
      )
      return Object.entries(layouts).find(([, layout]) => layout === found)?.[0]
    }
    assert.deepStrictEqual(
      ["RIFF", "RF64", "BW64", "RIFX", "FORM", "CAT ", "riff", "LIST", "data"].map((text) => layoutOf(text)),
      ["little", "little", "little", "big", "big", "big", "wave64", undefined, undefined]
    )
    assert.strictEqual(layoutOf("riff", guids.list), undefined)
    assert.strictEqual(layoutOf("riff", guids.riff, 23), undefined)
    assert.strictEqual(layoutOf("RIFF", guids.data, 8), "little")
    const begins = ["RIFF", "RIFX", "RF64", "BW64", "riff", "FORM", "CAT ", "LIST", "list", "PROP", "data"]
      .map((text) => FourCC.toNumber(FourCC.fromString(text)))
    assert.deepStrictEqual(begins.map(Layout.beginsFile), [
      ...begins.slice(0, 7).map(() => true),
      false,
      false,
      false,
      false
    ])
    assert.deepStrictEqual(begins.map(Layout.isForm), [
      true,
      true,
      true,
      true,
      true,
      ...begins.slice(5).map(() => false)
    ])
    assert.deepStrictEqual(begins.map(Layout.formBytes), begins.map((id) => id === ids.riff ? 24 : 8))
    assert.deepStrictEqual(begins.map(Layout.hasDs64), begins.map((id) => id === ids.RF64 || id === ids.BW64))
    assert.deepStrictEqual(begins.map(Layout.isList), begins.map((id) => id === ids.LIST || id === ids.list))
  })

  it("of samples are data and SSND", () => {
    assert.deepStrictEqual([ids.data, ids.SSND, ids.LIST].map(Layout.isSamples), [true, true, false])
  })

  it("a type is the one that is sought, and in Wave64 wave is WAVE", () => {
    const { WAVE, wave } = Layout.waveTypes
    assert.deepStrictEqual(
      each((layout) =>
        [[WAVE, WAVE], [wave, WAVE], [WAVE, wave], [ids.data, WAVE], [wave, ids.data]]
          .map(([type, sought]) => Layout.isType(layout, type!, sought!))
      ),
      {
        little: [true, false, false, false, false],
        big: [true, false, false, false, false],
        wave64: [true, true, false, false, false]
      }
    )
  })

  it("are printable from the space to the tilde", () => {
    const at = (byte: number) =>
      [0, 8, 16, 24].map((shift) => Layout.isPrintable(0x20202020 - 0x20 * 2 ** shift + byte * 2 ** shift))
    assert.deepStrictEqual(at(0x20), [true, true, true, true])
    assert.deepStrictEqual(at(0x7e), [true, true, true, true])
    assert.deepStrictEqual(at(0x1f), [false, false, false, false])
    assert.deepStrictEqual(at(0x7f), [false, false, false, false])
    assert.deepStrictEqual(at(0xff), [false, false, false, false])
  })

  it("codes of numbers are made once, the first 512 of them", () => {
    assert.strictEqual(Layout.code(ids.LIST), FourCC.LIST)
    for (const id of [0, 0x20202020, 0xffffffff]) assert.strictEqual(Layout.code(id), FourCC.fromNumber(id))
    for (let id = 0; id < 2000; id++) assert.strictEqual(Layout.code(id), FourCC.fromNumber(id))
  })
})

describe("a chunk", () => {
  const chunk = (fields: Partial<Riff.Chunk>): Riff.Chunk =>
    ({ id: FourCC.LIST, type: Option.none(), byteOrder: "little", guid: Option.none(), ...fields }) as Riff.Chunk

  it("has the layout of its GUID and of its byte order", () => {
    assert.strictEqual(Layout.layoutOf(chunk({})), little)
    assert.strictEqual(Layout.layoutOf(chunk({ byteOrder: "big" })), big)
    assert.strictEqual(Layout.layoutOf(chunk({ guid: Option.some(guids.list) })), wave64)
  })

  it("is typeless where it is a container, or begins a file, and has no type", () => {
    const typeless = (id: string, fields: Partial<Riff.Chunk> = {}) =>
      Layout.isTypeless(chunk({ id: FourCC.fromString(id), ...fields }))
    assert.isTrue(typeless("LIST"))
    assert.isTrue(typeless("RF64"))
    assert.isTrue(typeless("PROP", { byteOrder: "big" }))
    assert.isFalse(typeless("PROP"))
    assert.isFalse(typeless("data"))
    assert.isFalse(typeless("data", { guid: Option.some(guids.data) }))
    assert.isFalse(typeless("LIST", { type: Option.some(FourCC.make("INFO")) }))
    assert.isFalse(typeless("RF64", { type: Option.some(FourCC.make("WAVE")) }))
  })
})
