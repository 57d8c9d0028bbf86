/** Numbers, codes and records of a fixed size: their bytes in both orders, and the values that their schemas accept. */
import type { Wave } from "@effect-mmio/core"
import { assert, describe, it } from "@effect/vitest"
import { deepStrictEqual } from "@effect/vitest/utils"
import { Arbitrary, FastCheck as fc, Schema } from "effect"
import * as FourCC from "../../src/FourCC.js"
import * as Binary from "../../src/internal/wave/binary.js"
import { spelled } from "../support/chunkBytes.js"
import { messageOf, namesOf } from "../support/codecs.js"
import { scale } from "../support/scale.js"

const { f32, fourCC, guid, i16, i32, i8, lowHigh, u16, u32, u8 } = Binary

/** The bytes of a value, in room that has others around it. */
const write = <A>(field: Binary.Field<A>, value: A, little: boolean): Uint8Array => {
  const bytes = new Uint8Array(field.size + 6).fill(0xee)
  field.write(Binary.viewOf(bytes.subarray(1)), 2, value, little)
  deepStrictEqual([...bytes.subarray(0, 3), ...bytes.subarray(-3)], [0xee, 0xee, 0xee, 0xee, 0xee, 0xee])
  return bytes.slice(3, -3)
}

const read = <A>(field: Binary.Field<A>, bytes: Uint8Array, little: boolean): A => {
  assert.strictEqual(bytes.length, field.size)
  const more = Uint8Array.of(0xee, 0xee, 0xee, ...bytes, 0xee)
  return field.read(Binary.viewOf(more.subarray(1)), 2, little)
}

/** A value and its bytes in either order. */
const isWritten = <A>(field: Binary.Field<A>, value: A, little: string, big: string) => {
  for (const [text, order] of [[little, true], [big, false]] as const) {
    deepStrictEqual(write(field, value, order), spelled(text))
    deepStrictEqual(read(field, spelled(text), order), value)
  }
  assert.isTrue(Schema.is(field.schema)(value))
}

/** Values that the schema makes are accepted by it, and are read as they were written. */
const isComplete = <A>(field: Binary.Field<A>) =>
  fc.assert(
    fc.property(Arbitrary.make(field.schema), fc.boolean(), (value, little) => {
      assert.isTrue(Schema.is(field.schema)(value))
      deepStrictEqual(read(field, write(field, value, little), little), value)
    }),
    { numRuns: scale(200) }
  )

describe("integers", () => {
  const fields = [
    [u8, 0, 0xff, "00", "ff"],
    [i8, -0x80, 0x7f, "80", "7f"],
    [u16, 0, 0xffff, "0000", "ffff"],
    [i16, -0x8000, 0x7fff, "8000", "7fff"],
    [u32, 0, 0xffffffff, "00000000", "ffffffff"],
    [i32, -0x80000000, 0x7fffffff, "80000000", "7fffffff"]
  ] as const

  it("are read and written up to their limits", () => {
    for (const [field, least, most, first, last] of fields) {
      const reversed = (text: string) => text.match(/../g)!.toReversed().join("")
      isWritten(field, least, reversed(first), first)
      isWritten(field, most, reversed(last), last)
      isComplete(field)
    }
    isWritten(u16, 0x1234, "3412", "1234")
    isWritten(u32, 0x12345678, "78563412", "12345678")
  })

  it("are refused beyond their limits, and where they are none", () => {
    for (const [field, least, most] of fields) {
      for (const value of [least - 1, most + 1, least + 0.5, Number.NaN, Infinity, "1", undefined]) {
        assert.isFalse(Schema.is(field.schema)(value), `${value} of ${least} to ${most}`)
      }
      assert.include(messageOf(field.schema, 0.5), `an integer from ${least} to ${most}`)
    }
  })
})

describe("numbers with fraction", () => {
  it("are those that 32 bits hold", () => {
    isWritten(f32, 0.5, "0000003f", "3f000000")
    isWritten(f32, -0, "00000080", "80000000")
    isWritten(f32, -Infinity, "000080ff", "ff800000")
    isComplete(f32)
    for (const value of [0.1, 2 ** 128, Number.NaN, "1"]) assert.isFalse(Schema.is(f32.schema)(value), String(value))
    assert.include(messageOf(f32.schema, 0.1), "a number that 32 bits hold")
  })
})

describe("numbers of 64 bits", () => {
  it("have the lower half first, in either order", () => {
    isWritten(lowHigh, 0n, "0000000000000000", "0000000000000000")
    isWritten(lowHigh, 0x0123456789abcdefn, "efcdab8967452301", "89abcdef01234567")
    isWritten(lowHigh, 0xffffffff00000000n, "00000000ffffffff", "00000000ffffffff")
    isWritten(lowHigh, 0xffffffffffffffffn, "ffffffffffffffff", "ffffffffffffffff")
    isComplete(lowHigh)
    for (const value of [-1n, 2n ** 64n, 1]) assert.isFalse(Schema.is(lowHigh.schema)(value), String(value))
    assert.include(messageOf(lowHigh.schema, -1n), "a bigint of 64 bits, not negative")
  })
})

describe("codes", () => {
  it("are the same in either order", () => {
    isWritten(fourCC, FourCC.make("fmt "), "'fmt '", "'fmt '")
    isWritten(fourCC, FourCC.fromString("\xff\0\x80a"), "ff008061", "ff008061")
    for (const value of ["abc", "abcde", "abc\u20ac", 5]) assert.isFalse(Schema.is(fourCC.schema)(value), String(value))
    deepStrictEqual(namesOf(fourCC.schema), ["FourCC"])
  })
})

describe("bytes", () => {
  it("are as many as the field has, and copies", () => {
    const three = Binary.bytes(3)
    isWritten(three, spelled("010203"), "010203", "010203")
    for (const value of [spelled("0102"), spelled("01020304"), [1, 2, 3]]) {
      assert.isFalse(Schema.is(three.schema)(value))
    }
    assert.include(messageOf(three.schema, spelled("0102")), "2 bytes, where there are 3")
    assert.include(String(three.schema), "3 bytes")
    const all = spelled("ee010203")
    const value = three.read(Binary.viewOf(all), 1, true)
    all.fill(0)
    deepStrictEqual(value, spelled("010203"))
  })

  it("are copied from any array, from and to an offset", () => {
    const buffer = Buffer.from(spelled("01020304"))
    const copies = [Binary.copyOf(buffer), Binary.copyOf(buffer, 1), Binary.copyOf(buffer, 1, 3)]
    buffer.fill(0)
    deepStrictEqual(copies, [spelled("01020304"), spelled("020304"), spelled("0203")])
    for (const copy of copies) assert.strictEqual(copy.constructor, Uint8Array)
  })

  it("are concatenated in their order", () => {
    deepStrictEqual(Binary.concat([]), new Uint8Array(0))
    deepStrictEqual(
      Binary.concat([spelled("0102"), new Uint8Array(0), spelled("03"), spelled("040506")]),
      spelled("010203040506")
    )
  })
})

describe("GUIDs", () => {
  const text = "00112233-4455-6677-8899-aabbccddeeff" as Wave.Guid

  it("have three numbers in the order of the file, and bytes", () => {
    isWritten(guid, text, "33221100 5544 7766 8899aabbccddeeff", "00112233 4455 6677 8899aabbccddeeff")
    const zero = "00000000-0000-0000-0000-000000000000" as Wave.Guid
    isWritten(guid, zero, "00".repeat(16), "00".repeat(16))
    const small = "00000001-0002-0003-0004-000000000005" as Wave.Guid
    isWritten(guid, small, "01000000 0200 0300 0004000000000005", "00000001 0002 0003 0004000000000005")
  })

  it("of any bytes are read as text that is written as these bytes", () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 16, maxLength: 16 }), fc.boolean(), (bytes, little) => {
        const value = read(guid, bytes, little)
        assert.isTrue(Schema.is(guid.schema)(value))
        deepStrictEqual(write(guid, value, little), bytes)
      }),
      { numRuns: scale(200) }
    )
  })

  it("are five groups of digits in lower case, and nothing else", () => {
    const others = [
      text.toUpperCase(),
      `${text}0`,
      `0${text}`,
      text.slice(1),
      text.slice(0, -1),
      text.replace("-", ""),
      text.replaceAll("-", "_"),
      text.replace("a", "g"),
      `{${text}}`,
      [text],
      5
    ]
    for (const value of others) assert.isFalse(Schema.is(guid.schema)(value), String(value))
    deepStrictEqual(namesOf(guid.schema), ["Guid"])
  })
})

describe("numbers with names", () => {
  const make = () => Binary.named(u16, { one: 1, many: 0x1234 })

  it("are read and written by their names, and the others as numbers", () => {
    const field = make()
    isWritten(field, "one", "0100", "0001")
    isWritten(field, "many", "3412", "1234")
    isWritten(field, 2, "0200", "0002")
    isComplete(field)
  })

  it("are refused under another name, and as numbers", () => {
    const field = make()
    assert.isFalse(Schema.is(field.schema)("two"))
    assert.isFalse(Schema.is(field.schema)(0x10000))
    assert.include(messageOf(field.schema, 0x1234), `4660 is written "many"`)
    assert.isTrue(Schema.is(field.schema)(0))
  })
})

describe("records", () => {
  interface Value {
    readonly first: number
    readonly second: bigint
    readonly third: Uint8Array
  }
  const make = () => Binary.layout<Value>({ first: u16, second: lowHigh, third: Binary.bytes(2) })
  const value = { first: 0x1234, second: 5n, third: spelled("abcd") }

  it("have their fields one after another", () => {
    const layout = make()
    assert.strictEqual(layout.size, 12)
    isWritten(layout, value, "3412 0500000000000000 abcd", "1234 0000000500000000 abcd")
    deepStrictEqual(layout.encode(value, true), spelled("3412 0500000000000000 abcd"))
    deepStrictEqual(layout.encode(value, false), spelled("1234 0000000500000000 abcd"))
    isComplete(layout)
  })

  it("are written without what else a value has", () => {
    const layout = make()
    const more = { zeroth: 7, ...value }
    deepStrictEqual(layout.encode(more, true), spelled("3412 0500000000000000 abcd"))
  })

  it("have the values of all of their fields", () => {
    const layout = make()
    deepStrictEqual(Object.keys(layout.schemas), ["first", "second", "third"])
    assert.isTrue(Schema.is(layout.schemas.first)(0xffff))
    assert.isFalse(Schema.is(layout.schemas.first)(0x10000))
    for (const key of ["first", "second", "third"]) {
      assert.isFalse(Schema.is(layout.schema)({ ...value, [key]: undefined }), key)
    }
    const { third: _, ...less } = value
    assert.isFalse(Schema.is(layout.schema)(less))
  })
})
