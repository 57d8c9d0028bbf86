import { FourCC, Mmio, Wave } from "@effect-mmio/core"
import { assert, describe, it } from "@effect/vitest"
import { deepStrictEqual } from "@effect/vitest/utils"
import { Effect, Either, Option, Schema } from "effect"
import * as field from "./support/field.js"
import { outcome } from "./support/outcome.js"
import { bytes, chunk, fmt, form, number } from "./support/wav.js"

const utf8 = (text: string) => new TextEncoder().encode(text)
const id = FourCC.make("INAM")

/** `LIST INFO` with one tag of these bytes, and a zero. */
const listOf = (data: Uint8Array) => bytes("INFO", chunk("INAM", bytes(data, "\0")))

const tagOf = (data: Uint8Array, encoding?: Wave.TextEncoding) => {
  const [tag] = Schema.decodeSync(Wave.infoList("little", encoding))(listOf(data)).tags
  assert(tag !== undefined)
  return tag
}

/** The bytes of a tag, without its terminator. */
const written = (tag: Omit<Wave.InfoTag, "id">, encoding?: Wave.TextEncoding) => {
  const list = Schema.encodeSync(Wave.infoList("little", encoding))({ tags: [{ id, ...tag }] })
  return list.slice(12, 12 + new DataView(list.buffer).getUint32(8, true) - 1)
}

const info = (content: Uint8Array, encoding?: Wave.TextEncoding) =>
  Effect.scoped(
    Effect.flatMap(Mmio.openMemory({ bytes: content.slice(), access: "read" }), (file) => Wave.info(file, { encoding }))
  )

describe("UTF-8 that is damaged", () => {
  it.effect("loses the character that is cut off, in bext as in the field", () =>
    Effect.gen(function*() {
      const found = yield* info(field.bextCutInsideOfACharacter)
      const { description } = Option.getOrThrow(found.bext)
      assert.strictEqual(description.text, `a${"\u00e9".repeat(127)}`)
      assert.isUndefined(description.encoding)
      deepStrictEqual(found.problems.map(({ _tag, level, offset }) => [_tag, level, offset]), [
        ["BrokenText", "warning", 20]
      ])
    }))

  it("loses the character that is cut off, of two to four bytes, and is written as it was", () => {
    for (const [text, character] of [["\u00e9", "\u00e9"], ["\u00e9", "\u20ac"], ["\u00e9", "\u{1f3b5}"]] as const) {
      const whole = utf8(character)
      for (let length = 1; length < whole.length; length++) {
        const data = bytes(utf8(`a${text}`), whole.slice(0, length))
        const tag = tagOf(data)
        deepStrictEqual(tag, { id, text: `a${text}`, bytes: data })
        deepStrictEqual(written(tag), data)
        deepStrictEqual(written({ ...tag, text: `b${text}` }), utf8(`b${text}`))
      }
    }
  })

  it("costs one character for a bad byte in the middle", () => {
    const data = bytes(utf8("\u00e9\u00e9"), Uint8Array.of(0xff), utf8("\u00e9"))
    deepStrictEqual(tagOf(data), { id, text: "\u00e9\u00e9\ufffd\u00e9", bytes: data })
    deepStrictEqual(written(tagOf(data)), data)
  })

  it("is not seen in windows-1252, whose last character may look like the first byte of another", () => {
    deepStrictEqual(tagOf(bytes("Caf\xe9")), { id, text: "Caf\u00e9", encoding: "windows-1252" })
    deepStrictEqual(tagOf(bytes("\xc9t\xe9 \xe0 No\xebl")).text, "\u00c9t\u00e9 \u00e0 No\u00ebl")
  })

  it("is seen where a field of ASCII ends with half a character", () => {
    const decode = (description: Uint8Array) =>
      Schema.decodeSync(Wave.bext())(bytes(description, new Uint8Array(602 - description.length))).description
    const ascii = "x".repeat(255)
    assert.strictEqual(decode(bytes(ascii, "\xc3")).text, ascii)
    assert.strictEqual(decode(bytes(ascii, "\xe9")).text, `${ascii}\u00e9`)
    assert.strictEqual(decode(bytes(ascii.slice(1), "\xe2\x82")).text, ascii.slice(1))
    assert.strictEqual(decode(bytes(ascii.slice(1), "\xc3")).text, `${ascii.slice(1)}\u00c3`)
  })
})

describe("the encoding", () => {
  const cset = (codePage: number) => chunk("CSET", bytes(number(2, codePage), new Uint8Array(6)))
  const list = (data: Uint8Array) => chunk("LIST", listOf(data))
  const russian = Uint8Array.of(0xcf, 0xf0, 0xe8, 0xe2, 0xe5, 0xf2)

  it.effect("is that of the code page in CSET, wherever that is", () =>
    Effect.gen(function*() {
      for (const chunks of [[fmt(), cset(1251), list(russian)], [fmt(), list(russian), cset(1251)]]) {
        const { characterSet, tags } = yield* info(form(chunks))
        deepStrictEqual(tags, [{ id, text: "\u041f\u0440\u0438\u0432\u0435\u0442", encoding: "windows-1251" }])
        assert.strictEqual(Option.getOrThrow(characterSet).codePage, 1251)
      }
    }))

  it.effect("is that of the caller, whatever CSET says", () =>
    Effect.gen(function*() {
      const content = form([fmt(), cset(1252), list(russian)])
      deepStrictEqual((yield* info(content, "windows-1251")).tags.map(({ text }) => text), [
        "\u041f\u0440\u0438\u0432\u0435\u0442"
      ])
      deepStrictEqual((yield* info(content)).tags.map(({ text }) => text), ["\u00cf\u00f0\u00e8\u00e2\u00e5\u00f2"])
    }))

  it.effect("is UTF-8 or windows-1252 where CSET names none that is known", () =>
    Effect.gen(function*() {
      for (const codePage of [0, 12345]) {
        deepStrictEqual((yield* info(form([fmt(), cset(codePage), list(utf8("\u00e9"))]))).tags, [{
          id,
          text: "\u00e9"
        }])
      }
      deepStrictEqual((yield* info(form([fmt(), cset(65001), list(bytes("a\xe9"))]))).tags[0]?.text, "a")
      // honoured, although it could be UTF-8
      deepStrictEqual((yield* info(form([fmt(), cset(1252), list(utf8("\u00e9"))]))).tags[0]?.text, "\u00c3\u00a9")
    }))

  it("of Asia has characters of two bytes", () => {
    const texts: ReadonlyArray<readonly [Wave.TextEncoding, Uint8Array, string]> = [
      ["shift_jis", Uint8Array.of(0x83, 0x65, 0x83, 0x58, 0x83, 0x67), "\u30c6\u30b9\u30c8"],
      ["gbk", Uint8Array.of(0xd6, 0xd0, 0xce, 0xc4), "\u4e2d\u6587"],
      ["euc-kr", Uint8Array.of(0xc7, 0xd1), "\ud55c"],
      ["big5", Uint8Array.of(0xa4, 0xa4), "\u4e2d"]
    ]
    for (const [encoding, data, text] of texts) {
      const tag = tagOf(data, encoding)
      assert.strictEqual(tag.text, text)
      assert.strictEqual(tag.encoding, encoding)
      deepStrictEqual(written(tag, encoding), data)
      deepStrictEqual(written({ ...tag, text: `a${text}` }), bytes("a", data))
    }
  })

  it("of a text is the one that it is written back in", () => {
    deepStrictEqual(written({ ...tagOf(bytes("Caf\xe9")), text: "Th\u00e9" }), bytes("Th\xe9"))
    const cyrillic = tagOf(russian, "windows-1251")
    deepStrictEqual(written({ ...cyrillic, text: "\u0414\u0430" }), Uint8Array.of(0xc4, 0xe0))
    // ASCII in a file of a code page
    deepStrictEqual(written({ ...tagOf(bytes("a"), "windows-1251"), text: "\u0414" }), Uint8Array.of(0xc4))
  })

  it("of a text is left for UTF-8 where it lacks a character, or would be misread", () => {
    deepStrictEqual(written({ ...tagOf(bytes("Caf\xe9")), text: "\u0141" }), utf8("\u0141"))
    deepStrictEqual(written({ text: "\u0141", encoding: "windows-1252" }), utf8("\u0141"))
    deepStrictEqual(written({ text: "\x80", encoding: "windows-1252" }), utf8("\x80"))
    deepStrictEqual(written({ text: "\u00c3\u00a4", encoding: "windows-1252" }), utf8("\u00c3\u00a4"))
    deepStrictEqual(written({ text: "\u00c3\u00a4", encoding: "windows-1252" }, "windows-1252"), bytes("\xc3\xa4"))
  })

  it("that the caller gives is not left", () => {
    const encode = Schema.encodeEither(Wave.infoList("little", "windows-1252"))
    const refused = encode({ tags: [{ id, text: "\u0141" }] })
    assert(Either.isLeft(refused))
    assert.include(refused.left.message, "there is a character that windows-1252 does not have")
    const chunk: Wave.Chunk = { _tag: "iXML", value: { text: "\u00e9" } }
    deepStrictEqual(
      outcome(Wave.encode(chunk, "little", { encoding: "windows-1252" })),
      Either.right(Uint8Array.of(0xe9))
    )
  })

  it("of bytes that another reading of the text would not give keeps them", () => {
    // a byte that no character of windows-1253 has
    const data = bytes("a\xd2b")
    const tag = tagOf(data, "windows-1253")
    deepStrictEqual([tag.text, tag.bytes], ["a\ufffdb", data])
    deepStrictEqual(written(tag, "windows-1253"), data)
    deepStrictEqual(written({ ...tag, text: "ab" }, "windows-1253"), bytes("ab"))
  })

  it("of single bytes gives every byte back", () => {
    const all = Uint8Array.from({ length: 255 }, (_, index) => index + 1)
    for (const encoding of ["ibm866", "koi8-r", "macintosh", "windows-1250", "windows-1257", "iso-8859-2"] as const) {
      deepStrictEqual(written(tagOf(all, encoding), encoding), all)
    }
  })
})

describe("long texts", () => {
  it("take time and memory in proportion to their length", () => {
    const data = new Uint8Array(8_000_000).fill(0xe9)
    // Of the processor, in microseconds: the clock counts what other programs take, too.
    const start = process.cpuUsage()
    const { chunk: found } = Wave.decodeLenient({ id: FourCC.make("iXML"), type: Option.none() }, data)
    assert(found._tag === "iXML")
    assert.strictEqual(found.value.text.length, data.length)
    assert.isBelow(process.cpuUsage(start).user, 5_000_000)
  })
})
