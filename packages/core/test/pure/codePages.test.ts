/** The encodings of texts, compared with the decoder of the runtime and with the tables of Windows. */
import type { Wave } from "@effect-mmio/core"
import { assert, describe, it } from "@effect/vitest"
import { deepStrictEqual } from "@effect/vitest/utils"
import { FastCheck as fc } from "effect"
import * as CodePages from "../../src/internal/wave/codePages.js"
import { spelled } from "../support/chunkBytes.js"
import { scale } from "../support/scale.js"
import { special } from "../support/wave.js"

/** Bytes at the limits of what begins and continues a character. None of them are those of U+FFFD. */
const doubtful = fc.array(
  fc.constantFrom(
    ...spelled("41 7f 80 8f 90 9f a0 bf c0 c1 c2 df e0 e1 ec ed ee ef f0 f1 f3 f4 f5 ff")
  ),
  { maxLength: 10, size: "max" }
).map((bytes) => Uint8Array.from(bytes))

const decoder = () => new TextDecoder("utf-8", { ignoreBOM: true })

describe("UTF-8", () => {
  it("is examined and decoded as the decoder of the runtime does, which waits for more where it ends too early", () => {
    fc.assert(
      fc.property(doubtful, (bytes) => {
        const { end, invalid, long } = CodePages.examineUtf8(bytes)
        const stream = decoder()
        const text = stream.decode(bytes, { stream: true })
        const characters = Array.from(text).filter((character) => character >= "\x80")
        assert.strictEqual(invalid, characters.filter((character) => character === "\ufffd").length)
        assert.strictEqual(long, characters.filter((character) => character !== "\ufffd").length)
        assert.strictEqual(end < bytes.length, stream.decode() !== "", "whether a character is cut off")
        assert.strictEqual(decoder().decode(bytes.subarray(0, end)), text, "up to the one that is cut off")
        assert.strictEqual(decoder().decode(bytes.subarray(end), { stream: true }), "")
        assert.strictEqual(CodePages.decode(bytes, "utf-8"), text)
      }),
      { numRuns: scale(3000) }
    )
  })

  it("is written for any text without half a surrogate pair", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 20 }), (text) => {
        const bytes = CodePages.encode(text, "utf-8")
        assert.strictEqual(decoder().decode(bytes), text)
      }),
      { numRuns: scale(200) }
    )
    assert.isUndefined(CodePages.encode("a\ud800", "utf-8"))
    assert.isUndefined(CodePages.encode("\udc00b", "utf-8"))
  })

  it("begins with a byte order mark as with any character", () => {
    assert.strictEqual(CodePages.decode(spelled("efbbbf 61"), "utf-8"), "\ufeffa")
  })
})

describe("ASCII", () => {
  it("has the bytes up to 0x7f, in texts of any length", () => {
    const bytes = Uint8Array.from({ length: 10_000 }, (_, i) => i % 128)
    assert.strictEqual(CodePages.decodeAscii(bytes), Buffer.from(bytes).toString("latin1"))
    assert.strictEqual(CodePages.decodeAscii(new Uint8Array(0)), "")
    for (const byte of [0x80, 0xff]) assert.isUndefined(CodePages.decodeAscii(Uint8Array.of(0x41, byte)))
    assert.strictEqual(CodePages.decodeAscii(Uint8Array.of(0x7f)), "\x7f")
  })
})

describe("windows-1252", () => {
  it("has a character for each byte: those of Latin-1, but for 27", () => {
    const all = Uint8Array.from({ length: 256 }, (_, byte) => byte)
    const text = Array.from(all, (byte) => special.get(byte) ?? String.fromCharCode(byte)).join("")
    assert.strictEqual(CodePages.decode(all, "windows-1252"), text)
    deepStrictEqual(CodePages.encode(text, "windows-1252"), all)
    assert.isUndefined(CodePages.encode("\x80", "windows-1252"))
    assert.isUndefined(CodePages.encode("a\u0141", "windows-1252"))
  })

  it("has texts of any length", () => {
    const bytes = new Uint8Array(10_000).fill(0xe9)
    assert.strictEqual(CodePages.decode(bytes, "windows-1252"), "\u00e9".repeat(10_000))
  })
})

describe("code pages", () => {
  /** Some bytes of a code page, and what they say. */
  const samples: ReadonlyArray<readonly [codePage: number, bytes: string, text: string]> = [
    [866, "8f", "\u041f"],
    [874, "a1", "\u0e01"],
    [932, "82a0", "\u3042"],
    [936, "d6d0", "\u4e2d"],
    [949, "c7d1", "\ud55c"],
    [950, "a4a4", "\u4e2d"],
    [1250, "a3", "\u0141"],
    [1251, "cf", "\u041f"],
    [1252, "80", "\u20ac"],
    [1253, "e1", "\u03b1"],
    [1254, "fd", "\u0131"],
    [1255, "e0", "\u05d0"],
    [1256, "c7", "\u0627"],
    [1257, "e0", "\u0105"],
    [1258, "d0", "\u0110"],
    [10000, "80", "\u00c4"],
    [20866, "f0", "\u041f"],
    [21866, "a4", "\u0454"],
    [28591, "e9", "\u00e9"],
    [28592, "a3", "\u0141"],
    [28595, "bf", "\u041f"],
    [28597, "e1", "\u03b1"],
    [28605, "a4", "\u20ac"],
    [51932, "a4a2", "\u3042"],
    [54936, "d6d0", "\u4e2d"],
    [65001, "c3a9", "\u00e9"]
  ]

  it("are known by the numbers of Windows", () => {
    for (const [codePage, bytes, text] of samples) {
      const encoding = CodePages.encodingOf(codePage)
      assert(encoding !== undefined)
      assert.strictEqual(CodePages.decode(spelled(bytes), encoding), text, `${codePage}`)
      deepStrictEqual(CodePages.encode(`a${text}a`, encoding), spelled(`61 ${bytes} 61`))
    }
    for (const codePage of [0, 437, 1200, 12345]) assert.isUndefined(CodePages.encodingOf(codePage))
  })

  it("are all but UTF-8 among the other encodings, each once", () => {
    const encodings = new Set(samples.map(([codePage]) => CodePages.encodingOf(codePage)))
    encodings.delete("utf-8")
    deepStrictEqual([...CodePages.others], [...encodings])
  })

  it("have bytes for the characters that the decoder of the runtime finds, the first of several", () => {
    for (const encoding of CodePages.others) {
      if (encoding === "windows-1252") continue
      const runtime = new TextDecoder(encoding)
      for (let byte = 0x80; byte <= 0xff; byte++) {
        const text = runtime.decode(Uint8Array.of(byte))
        assert.strictEqual(CodePages.decode(Uint8Array.of(byte), encoding), text)
        const encoded = text.includes("\ufffd") ? undefined : CodePages.encode(text, encoding)
        if (encoded !== undefined) {
          assert.strictEqual(runtime.decode(encoded), text)
          assert.isAtMost(encoded.at(-1) ?? 0, byte)
        }
      }
    }
  })

  it("of two bytes have all of the characters from 8140 to FEFE", () => {
    const last: ReadonlyArray<readonly [Wave.TextEncoding, string]> = [
      ["shift_jis", "8140"],
      ["gbk", "8140"],
      ["gbk", "fe4f"],
      ["gb18030", "8140"],
      ["gb18030", "fea0"],
      ["big5", "a140"],
      ["big5", "f9fe"],
      ["euc-kr", "8141"],
      ["euc-kr", "fdfe"],
      ["euc-jp", "a1a1"],
      ["euc-jp", "fcfe"],
      // without other bytes for these characters
      ["gbk", "81fe"],
      ["gbk", "fea0"],
      ["big5", "fe40"],
      ["euc-kr", "a1fe"],
      ["euc-kr", "fea1"],
      ["euc-jp", "a1fe"]
    ]
    for (const [encoding, digits] of last) {
      const bytes = spelled(digits)
      const text = new TextDecoder(encoding).decode(bytes)
      const encoded = CodePages.encode(text, encoding)
      assert(encoded !== undefined, `${encoding} ${digits}`)
      assert.strictEqual(CodePages.decode(encoded, encoding), text)
    }
  })

  it("have the first of several bytes for a character, and none for what is no character", () => {
    deepStrictEqual(CodePages.encode("\u222a", "shift_jis"), spelled("81be"))
    deepStrictEqual(CodePages.encode("\u256d", "big5"), spelled("a27e"))
    deepStrictEqual(CodePages.encode("\u3000", "gb18030"), spelled("a1a1"))
    for (const encoding of CodePages.others) assert.isUndefined(CodePages.encode("\ufffd", encoding), encoding)
  })

  it("that the runtime does not know are none", () => {
    const unknown = "no such encoding" as Wave.TextEncoding
    assert.isUndefined(CodePages.decode(Uint8Array.of(0x41), unknown))
    assert.isUndefined(CodePages.decode(Uint8Array.of(0x41), unknown))
    assert.isUndefined(CodePages.encode("\u00e9", unknown))
    deepStrictEqual(CodePages.encode("a", unknown), Uint8Array.of(0x61))
  })
})
