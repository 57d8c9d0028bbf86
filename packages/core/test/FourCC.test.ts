import { FourCC } from "@effect-mmio/core"
import { assert, describe, it } from "@effect/vitest"
import { deepStrictEqual } from "@effect/vitest/utils"
import { FastCheck as fc, Option } from "effect"

/**
 * `mmioStringToFOURCC` said by its documentation: "pads with spaces or truncates"; letters a to z alone have capitals.
 */
const byHand = (text: string, upperCase: boolean) =>
  Array.from({ length: 4 }, (_, i) => {
    const code = i < text.length ? text.charCodeAt(i) : 0x20
    if (code > 0xff) return "?"
    const character = String.fromCharCode(code)
    return upperCase && character >= "a" && character <= "z" ? character.toUpperCase() : character
  }).join("")

const text = fc.string({
  unit: fc.integer({ min: 0, max: 0x1ff }).map((code) => String.fromCharCode(code)),
  maxLength: 8
})
const number = fc.integer({ min: 0, max: 0xffffffff })

describe("FourCC", () => {
  describe("make", () => {
    it("takes a literal of four characters", () => {
      const code: FourCC.FourCC = FourCC.make("fmt ")
      assert.strictEqual(code, "fmt ")
      assert.strictEqual(FourCC.make("\xe9\0\xffA"), "\xe9\0\xffA")
    })

    it("a literal of another length does not compile, and is refused at run time", () => {
      // @ts-expect-error three characters
      assert.throws(() => FourCC.make("fmt"), RangeError, `"fmt" is not a four-character code`)
      // @ts-expect-error five characters
      assert.throws(() => FourCC.make("fmt  "), RangeError)
      // @ts-expect-error none
      assert.throws(() => FourCC.make(""), RangeError)
    })

    it("refuses a character beyond Latin-1, which the type does not see", () => {
      assert.throws(() => FourCC.make("ab\u0100d"), RangeError)
      assert.throws(() => FourCC.make("abc€"), RangeError)
    })
  })

  it("isFourCC and option know exactly four Latin-1 characters", () => {
    for (const good of ["fmt ", "\0\0\0\0", "\xff\xff\xff\xff", "    "]) {
      assert.isTrue(FourCC.isFourCC(good))
      deepStrictEqual(FourCC.option(good), Option.some(good as FourCC.FourCC))
    }
    for (
      const bad of ["fmt", "fmt  ", "", "\u0100abc", "a\u0100bc", "ab\u0100c", "abc\u0100", 0x20746d66, undefined, [
        "a",
        "b",
        "c",
        "d"
      ]]
    ) {
      assert.isFalse(FourCC.isFourCC(bad), String(bad))
      if (typeof bad === "string") deepStrictEqual(FourCC.option(bad), Option.none())
    }
  })

  describe("fromString", () => {
    it("pads, cuts, and raises as mmioStringToFOURCC does", () => {
      assert.strictEqual(FourCC.fromString("wav"), "wav ")
      assert.strictEqual(FourCC.fromString(""), "    ")
      assert.strictEqual(FourCC.fromString("longext", { upperCase: true }), "LONG")
      assert.strictEqual(FourCC.fromString("aBc1", { upperCase: false }), "aBc1")
      assert.strictEqual(FourCC.fromString("aBc1", { upperCase: undefined }), "aBc1")
    })

    it("makes a question mark of what is beyond Latin-1, in every half of a surrogate pair", () => {
      assert.strictEqual(FourCC.fromString("Ω1"), "?1  ")
      assert.strictEqual(FourCC.fromString("a💾b"), "a??b")
    })

    it("raises the letters a to z alone: capitals of other letters need not be one byte", () => {
      assert.strictEqual(FourCC.fromString("\xe9\xdf\xffz", { upperCase: true }), "\xe9\xdf\xffZ")
      assert.strictEqual(FourCC.fromString("`az{", { upperCase: true }), "`AZ{")
    })

    it.prop("agrees with the rule, and always gives a code", [text, fc.boolean()], ([text, upperCase]) => {
      const code = FourCC.fromString(text, { upperCase })
      assert.isTrue(FourCC.isFourCC(code))
      assert.strictEqual(code, byHand(text, upperCase))
    })
  })

  describe("numbers and bytes", () => {
    it("are little-endian, as mmioFOURCC builds them", () => {
      assert.strictEqual(FourCC.toNumber(FourCC.RIFF), 0x46464952)
      assert.strictEqual(FourCC.toNumber(FourCC.LIST), 0x5453494c)
      assert.strictEqual(FourCC.toNumber(FourCC.DOS), 0x20534f44)
      assert.strictEqual(FourCC.toNumber(FourCC.make("\xff\xff\xff\xff")), 0xffffffff)
      assert.strictEqual(FourCC.fromNumber(0x46464952), "RIFF")
      assert.strictEqual(FourCC.fromNumber(-1), "\xff\xff\xff\xff")
    })

    it.prop("round trip through a number", [number], ([value]) => {
      assert.strictEqual(FourCC.toNumber(FourCC.fromNumber(value)), value)
    })

    it.prop("round trip through bytes, which read as the number", [number, fc.nat({ max: 5 })], ([value, offset]) => {
      const bytes = new Uint8Array(12)
      new DataView(bytes.buffer).setUint32(offset, value, true)
      assert.strictEqual(FourCC.fromBytes(bytes, offset), FourCC.fromNumber(value))
    })

    it("a missing byte reads as zero", () => {
      assert.strictEqual(FourCC.fromBytes(Uint8Array.of(0x61, 0x62, 0x63), 1), "bc\0\0")
      assert.strictEqual(FourCC.fromBytes(new Uint8Array(0)), "\0\0\0\0")
    })
  })

  it("format shows what cannot be printed", () => {
    assert.strictEqual(FourCC.format("fmt "), `"fmt "`)
    assert.strictEqual(FourCC.format("\0\x1f\x7f\xff"), `"\\x00\\x1f\\x7f\\xff"`)
    assert.strictEqual(FourCC.format("a\"\\b"), `"a\\"\\\\b"`)
    assert.strictEqual(FourCC.format("Ωfmt"), `"Ωfmt"`)
  })

  it.prop("format tells different codes apart", [number, number], ([a, b]) => {
    const format = (value: number) => FourCC.format(FourCC.fromNumber(value))
    assert.strictEqual(format(a) === format(b), a === b)
  })
})
