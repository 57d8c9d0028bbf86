/** `cart`: texts in fields of a fixed width, eight timers, and a text to the end. */
import { assert, describe, it } from "@effect/vitest"
import { deepStrictEqual } from "@effect/vitest/utils"
import { Either, FastCheck as fc, Schema } from "effect"
import * as FourCC from "../../src/FourCC.js"
import { cart } from "../../src/internal/wave/cart.js"
import { join, spelled, zeros } from "../support/chunkBytes.js"
import { laws, messageOf, namesOf, read, refuses, says, write } from "../support/codecs.js"

/** The fields of the chunk by AES46, with the offset of each and its width. */
const fields = {
  version: [0, 4],
  title: [4, 64],
  artist: [68, 64],
  cutId: [132, 64],
  clientId: [196, 64],
  category: [260, 64],
  classification: [324, 64],
  outCue: [388, 64],
  startDate: [452, 10],
  startTime: [462, 8],
  endDate: [470, 10],
  endTime: [480, 8],
  producerAppId: [488, 64],
  producerAppVersion: [552, 64],
  userDef: [616, 64],
  url: [1024, 1024],
  tagText: [2048, 100]
} as const
type Name = keyof typeof fields
const names = Object.keys(fields) as ReadonlyArray<Name>

/** A text of each field, which no other one has. */
const texts = Object.fromEntries(names.map((name, i) => [name, { text: String.fromCharCode(0x61 + i).repeat(3) }])) as {
  readonly [K in Name]: { readonly text: string }
}
const timers = Array.from({ length: 8 }, (_, i) => ({ usage: FourCC.fromString(`MRK${i}`), value: i * 256 }))
const reserved = Uint8Array.from({ length: 276 }, (_, i) => 255 - i % 256)
const value = { ...texts, levelReference: -2, timers, reserved }

/** The bytes of the value, put together by offsets. */
const bytesOf = (little: boolean): Uint8Array => {
  const bytes = zeros(2048 + 3)
  for (const name of names) bytes.set(new TextEncoder().encode(texts[name].text), fields[name][0])
  const view = new DataView(bytes.buffer)
  view.setInt32(680, -2, little)
  for (const [i, { usage, value }] of timers.entries()) {
    bytes.set(new TextEncoder().encode(usage), 684 + 8 * i)
    view.setUint32(688 + 8 * i, value, little)
  }
  bytes.set(reserved, 748)
  return bytes
}

const values = fc.record({
  name: fc.constantFrom(...names),
  text: fc.string({ unit: "binary-ascii", maxLength: 4 }).map((text) => ({ text: text.replaceAll("\0", "") })),
  levelReference: fc.integer({ min: -0x80000000, max: 0x7fffffff }),
  reserved: fc.uint8Array({ minLength: 276, maxLength: 276 })
}).map(({ name, text, ...others }) => Object.assign({}, value, others, { [name]: text }))

describe("cart", () => {
  laws(cart, values, { least: 2048, runs: 30 })

  it("has its texts and numbers where AES46 says", () => {
    says(cart, bytesOf(true), value)
    says(cart, bytesOf(false), value, false)
    says(cart, bytesOf(true).slice(0, 2048), { ...value, tagText: { text: "" } })
  })

  it("says where a text is damaged", () => {
    for (const name of names) {
      const [start] = fields[name]
      const whole = bytesOf(true)
      const { problems, value } = read(cart, join(whole.slice(0, start), spelled("c3a9 ff"), whole.slice(start + 3)))
      deepStrictEqual(problems.map(({ kind, offset }) => [kind, offset]), [["BrokenText", start]], name)
      assert.isTrue(value?.[name].text.startsWith("\u00e9\ufffd"), name)
    }
  })

  it("refuses texts that have no room, and says which", () => {
    for (const name of names) {
      if (name === "tagText") continue
      const [, width] = fields[name]
      const text = "x".repeat(width)
      const found = read(cart, Either.getOrThrow(write(cart, { ...value, [name]: { text } })))
      deepStrictEqual(found.value?.[name], { text })
      const tooLong = { ...value, [name]: { text: `${text}x` } }
      refuses(cart, tooLong, [name, "text"], `${width + 1} bytes, where there is room for ${width}`)
    }
    for (const name of ["title", "url", "tagText"] as const) {
      refuses(
        cart,
        { ...value, [name]: { text: "\u0141" } },
        [name, "text"],
        "there is a character that windows-1252 does not have",
        { encoding: "windows-1252" }
      )
    }
  })

  it("has a schema of all of its fields, and of eight timers", () => {
    deepStrictEqual(namesOf(cart.schema), ["Cart", "Text", "OtherEncoding", "FourCC"])
    const isValue = Schema.is(cart.schema)
    assert.isTrue(isValue(value))
    for (const key of Object.keys(value)) assert.isFalse(isValue({ ...value, [key]: undefined }), key)
    for (const list of [timers.slice(1), [...timers, timers[0]]]) {
      assert.include(messageOf(cart.schema, { ...value, timers: list }), `${list.length} timers, where there are 8`)
    }
    assert.isFalse(isValue({ ...value, timers: timers.map(({ usage }) => ({ usage })) }))
    assert.include(messageOf(cart.schema, { ...value, reserved: zeros(3) }), "3 bytes, where there are 276")
  })
})
