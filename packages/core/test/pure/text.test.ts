/** Texts in chunks: how they end, in which encoding they are read, and with which bytes they are written again. */
import type { Wave } from "@effect-mmio/core"
import { assert, describe, it } from "@effect/vitest"
import { deepStrictEqual } from "@effect/vitest/utils"
import { Either, FastCheck as fc, Schema } from "effect"
import { Reading } from "../../src/internal/wave/reading.js"
import * as Text from "../../src/internal/wave/text.js"
import { join, spelled, zeros } from "../support/chunkBytes.js"
import { laws, namesOf, says } from "../support/codecs.js"
import { scale } from "../support/scale.js"
import { values } from "../support/wave.js"

const utf8 = (text: string) => new TextEncoder().encode(text)

const decode = (bytes: Uint8Array, end: Text.End, encoding?: Wave.TextEncoding) => {
  const reading = new Reading({ little: true, encoding })
  const value = Text.decodeText(bytes, end, reading, 100)
  return {
    value,
    problems: reading.problems.map(({ description, kind, level, offset }) => [kind, level, offset, description])
  }
}

const encode = (value: Wave.Text, end: Text.End, encoding?: Wave.TextEncoding) =>
  Text.encodeText(value, end, { little: true, encoding })

/** What bytes say, and that saying it gives the bytes. */
const isText = (bytes: Uint8Array, end: Text.End, value: Wave.Text, encoding?: Wave.TextEncoding) => {
  deepStrictEqual(decode(bytes, end, encoding), {
    value,
    problems: value.bytes === undefined
      ? []
      : [["BrokenText", "warning", 100, "some bytes of the text are invalid in its encoding"]]
  })
  deepStrictEqual(encode(value, end, encoding), Either.right(bytes))
}

describe("a chunk that is a text", () => {
  laws(Text.textChunk, values.iXML, { least: 0 })

  it("is its text, to the end", () => {
    says(Text.textChunk, utf8("<a>"), { text: "<a>" })
    says(Text.textChunk, utf8("<a>\0"), { text: "<a>", trailing: zeros(1) })
    deepStrictEqual(namesOf(Text.textChunk.schema), ["Text", "OtherEncoding"])
  })

  it("has an encoding that is known, if any", () => {
    const isValue = Schema.is(Text.textChunk.schema)
    assert.isTrue(isValue({ text: "a", encoding: "koi8-r", bytes: zeros(1), trailing: zeros(1) }))
    assert.isFalse(isValue({ text: "a", encoding: "utf-8" }))
    assert.isFalse(isValue({ text: 5 }))
    assert.isFalse(isValue({ text: "a", bytes: "a" }))
    assert.isFalse(isValue({ text: "a", trailing: [0] }))
  })
})

describe("a text", () => {
  it("of a list ends with a zero, and what is there otherwise is kept", () => {
    isText(utf8("ab\0"), "terminator", { text: "ab" })
    isText(utf8("\0"), "terminator", { text: "" })
    isText(utf8("ab"), "terminator", { text: "ab", trailing: zeros(0) })
    isText(utf8(""), "terminator", { text: "", trailing: zeros(0) })
    isText(utf8("ab\0\0"), "terminator", { text: "ab", trailing: zeros(2) })
    isText(utf8("ab\0c"), "terminator", { text: "ab", trailing: utf8("\0c") })
  })

  it("of a chunk ends with it, and what is there otherwise is kept", () => {
    isText(utf8("ab"), "end", { text: "ab" })
    isText(utf8(""), "end", { text: "" })
    isText(utf8("ab\0"), "end", { text: "ab", trailing: zeros(1) })
    isText(utf8("ab\0\0c"), "end", { text: "ab", trailing: utf8("\0\0c") })
  })

  it("of a field is filled with zeros, and what is there otherwise is kept", () => {
    isText(utf8("ab\0\0"), 4, { text: "ab" })
    isText(utf8("abcd"), 4, { text: "abcd" })
    isText(zeros(4), 4, { text: "" })
    isText(utf8("ab\0c"), 4, { text: "ab", trailing: utf8("\0c") })
    isText(utf8("a\0b\0"), 4, { text: "a", trailing: utf8("\0b") })
    isText(utf8("\0abc"), 4, { text: "", trailing: utf8("\0abc") })
  })

  it("is refused with a zero in it, and before bytes that do not begin with one", () => {
    const zero = { path: ["text"], description: "a zero ends the text: what follows belongs into `trailing`" }
    deepStrictEqual(encode({ text: "a\0b" }, "end"), Either.left(zero))
    const other = { path: ["trailing"], description: "what follows a text begins with the zero that ends it" }
    deepStrictEqual(encode({ text: "a", trailing: utf8("b") }, "end"), Either.left(other))
    deepStrictEqual(encode({ text: "a", trailing: utf8("\0b") }, "end"), Either.right(utf8("a\0b")))
    deepStrictEqual(encode({ text: "a", trailing: zeros(0) }, "end"), Either.right(utf8("a")))
  })

  it("is refused where it has no room, with what follows it", () => {
    const tooLong = { path: ["text"], description: "5 bytes, where there is room for 4" }
    deepStrictEqual(encode({ text: "abcde" }, 4), Either.left(tooLong))
    deepStrictEqual(encode({ text: "abc", trailing: zeros(2) }, 4), Either.left(tooLong))
    deepStrictEqual(encode({ text: "ab\u00e9" }, 4), Either.right(utf8("ab\u00e9")))
  })
})

describe("a text without a given encoding", () => {
  it("is UTF-8 where it is valid", () => {
    isText(utf8("Gr\u00f6\u00dfe"), "end", { text: "Gr\u00f6\u00dfe" })
    isText(utf8("\u{1f3b5}"), "end", { text: "\u{1f3b5}" })
  })

  it("is UTF-8 where as many characters are valid as are not", () => {
    for (const bytes of [spelled("c3a9 ff"), spelled("ff c3a9"), spelled("c3a9 c3a9 ff 'a' ff")]) {
      const text = new TextDecoder().decode(bytes)
      isText(bytes, "end", { text, bytes })
    }
  })

  it("is windows-1252 where fewer are", () => {
    isText(spelled("ff c3a9 ff"), "end", { text: "\u00ff\u00c3\u00a9\u00ff", encoding: "windows-1252" })
    isText(spelled("'Caf' e9 '!'"), "end", { text: "Caf\u00e9!", encoding: "windows-1252" })
  })

  it("is UTF-8 whose last character is cut off, after others that are not ASCII", () => {
    for (const cut of ["c3", "e2", "e282", "f0", "f09f", "f09f8e"]) {
      const bytes = join(utf8("\u00e9"), spelled(cut))
      isText(bytes, "end", { text: "\u00e9", bytes })
      isText(join(bytes, zeros(1)), "terminator", { text: "\u00e9", bytes })
    }
  })

  it("is UTF-8 whose last character is cut off by the end of its field", () => {
    for (const cut of ["c2", "c3", "e282", "f09f", "f09f8e"]) {
      const bytes = join(utf8("abc"), spelled(cut))
      isText(bytes, bytes.length, { text: "abc", bytes })
    }
  })

  it("is windows-1252 where only its last character is not ASCII", () => {
    const { length } = utf8("abc?")
    for (const [byte, character] of [["c3", "\u00c3"], ["c2", "\u00c2"], ["e9", "\u00e9"]] as const) {
      const bytes = join(utf8("abc"), spelled(byte))
      isText(bytes, "end", { text: `abc${character}`, encoding: "windows-1252" })
      isText(join(bytes, zeros(2)), length + 2, { text: `abc${character}`, encoding: "windows-1252" })
    }
    // At the end of a field only C2 and C3 begin what is likely to be UTF-8.
    for (const [byte, character] of [["c4", "\u00c4"], ["e9", "\u00e9"], ["f1", "\u00f1"]] as const) {
      isText(join(utf8("abc"), spelled(byte)), length, { text: `abc${character}`, encoding: "windows-1252" })
    }
  })
})

describe("a text in a given encoding", () => {
  it("is read and written in it, whatever the bytes are", () => {
    isText(spelled("cff0e8"), "end", { text: "\u041f\u0440\u0438", encoding: "windows-1251" }, "windows-1251")
    isText(spelled("c3a9"), "end", { text: "\u00c3\u00a9", encoding: "windows-1252" }, "windows-1252")
    isText(spelled("8365"), "end", { text: "\u30c6", encoding: "shift_jis" }, "shift_jis")
    isText(utf8("abc"), "end", { text: "abc", encoding: "koi8-r" }, "koi8-r")
    isText(spelled("c3a9"), "end", { text: "\u00e9" }, "utf-8")
  })

  it("keeps bytes that no character has", () => {
    const bytes = spelled("'a' d2 'b'")
    isText(bytes, "end", { text: "a\ufffdb", encoding: "windows-1253", bytes }, "windows-1253")
    isText(spelled("'a' e9"), "end", { text: "a", bytes: spelled("'a' e9") }, "utf-8")
  })

  it("is read as without one, where the runtime does not know it", () => {
    const unknown = "no such encoding" as Wave.TextEncoding
    deepStrictEqual(decode(spelled("e9"), "end", unknown).value, { text: "\u00e9", encoding: "windows-1252" })
    deepStrictEqual(decode(spelled("c3a9"), "end", unknown).value, { text: "\u00e9" })
    deepStrictEqual(decode(spelled("'abc'"), "end", unknown).value, { text: "abc" })
  })

  it("is refused for a character that the encoding does not have", () => {
    const lacks = (encoding: string) =>
      Either.left({ path: ["text"], description: `there is a character that ${encoding} does not have` })
    deepStrictEqual(encode({ text: "\u0141" }, "end", "windows-1252"), lacks("windows-1252"))
    deepStrictEqual(encode({ text: "\ud800" }, "end", "utf-8"), lacks("utf-8"))
    deepStrictEqual(encode({ text: "\ud800" }, "end"), lacks("utf-8"))
  })
})

describe("the bytes of a text", () => {
  it("are those that it was read from, as long as they say it in its encoding", () => {
    const bytes = spelled("c3a9 ff")
    const value = { text: "\u00e9\ufffd", bytes }
    deepStrictEqual(encode(value, "end"), Either.right(bytes))
    deepStrictEqual(encode({ ...value, text: "\u00e8" }, "end"), Either.right(utf8("\u00e8")))
    deepStrictEqual(encode({ ...value, text: "a", encoding: "koi8-r" }, "end"), Either.right(utf8("a")))
    // They say the text, but in another encoding.
    deepStrictEqual(
      encode({ text: "\u00e9", encoding: "windows-1252", bytes: utf8("\u00e9") }, "end"),
      Either.right(spelled("e9"))
    )
    deepStrictEqual(encode({ text: "\u00e9", bytes: spelled("e9") }, "end"), Either.right(utf8("\u00e9")))
    deepStrictEqual(
      encode({ text: "\u00e9", bytes: spelled("e9") }, "end", "windows-1252"),
      Either.right(spelled("e9"))
    )
  })

  it("are not those that would be guessed to say something else", () => {
    const bytes = spelled("'abc' c3")
    deepStrictEqual(encode({ text: "abc", bytes }, 4), Either.right(bytes))
    deepStrictEqual(encode({ text: "abc", bytes }, "end"), Either.right(utf8("abc")))
  })

  it("are not those with a zero in them", () => {
    deepStrictEqual(encode({ text: "a\0".slice(0, 1), bytes: utf8("a\0") }, "end"), Either.right(utf8("a")))
    const bytes = spelled("c3a9 00 ff")
    deepStrictEqual(encode({ text: "\u00e9", bytes }, "end"), Either.right(utf8("\u00e9")))
  })

  it("are UTF-8 where its encoding lacks a character, or would be guessed wrong", () => {
    for (const text of ["\u0141", "\x80", "\u00c3\u00a4"]) {
      deepStrictEqual(encode({ text, encoding: "windows-1252" }, "end"), Either.right(utf8(text)))
    }
    deepStrictEqual(encode({ text: "\u0141", encoding: "koi8-r" }, "end"), Either.right(utf8("\u0141")))
    deepStrictEqual(encode({ text: "\u041f", encoding: "koi8-r" }, "end"), Either.right(spelled("f0")))
    // It would be a character that is cut off at the end of the field.
    const text = "abc\u00c3"
    deepStrictEqual(
      encode({ text, encoding: "windows-1252" }, 4),
      Either.left({
        path: ["text"],
        description: "5 bytes, where there is room for 4"
      })
    )
    deepStrictEqual(encode({ text, encoding: "windows-1252" }, 6), Either.right(spelled("'abc' c3 0000")))
    deepStrictEqual(encode({ text: "abc", encoding: "windows-1252" }, "end"), Either.right(utf8("abc")))
  })

  it("say the text again, in any encoding that has its characters", () => {
    const encodings = fc.constantFrom<Array<Wave.OtherEncoding>>("windows-1252", "koi8-r", "windows-1253")
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom("a", "\u00e9", "\u03b1", "\u041f", "\u3042", "\u00c3", "\u00a4", "\ufffd") }),
        fc.option(encodings, { nil: undefined }),
        fc.constantFrom<Array<Text.End>>("end", "terminator", 40),
        (text, encoding, end) => {
          const value = encoding === undefined ? { text } : { text, encoding }
          const bytes = Either.getOrThrow(encode(value, end))
          const inside = decode(bytes, end).value
          // Encodings other than the two that are guessed are for readers who are told.
          if (encoding === undefined || encoding === "windows-1252") assert.strictEqual(inside.text, text)
          else {
            const given = decode(bytes, end, encoding).value.text
            assert.isTrue(given === text || inside.text === text)
          }
        }
      ),
      { numRuns: scale(500) }
    )
  })
})
