import { FileName, FourCC } from "@effect-mmio/core"
import { assert, describe, it } from "@effect/vitest"
import { deepStrictEqual } from "@effect/vitest/utils"
import { Equal, FastCheck as fc, Hash, Option } from "effect"
import { inspect } from "node:util"

interface Parts {
  readonly full: string
  readonly path: string
  readonly element: string | null
  readonly code: string | null
}

const parts = (name: FileName.FileName): Parts => ({
  full: name.full,
  path: name.path,
  element: Option.getOrNull(name.element),
  code: Option.getOrNull(name.code)
})

const plain = (text: string): Parts => ({ full: text, path: text, element: null, code: null })

describe("FileName", () => {
  describe("parse", () => {
    const names: ReadonlyArray<readonly [text: string, path: string, element: string, code: string]> = [
      ["one.xyz+two", "one.xyz", "two", "XYZ "],
      ["songs.zip+intro.wav", "songs.zip", "intro.wav", "ZIP "],
      // the last + splits; what is before it is a name like any other
      ["a+b.zip+c", "a+b.zip", "c", "ZIP "],
      ["a.zip+b.arc+c", "a.zip+b.arc", "c", "ARC "],
      ["a.zip++c", "a.zip+", "c", "ZIP+"],
      // padded to four characters, or cut
      ["x.c+e", "x.c", "e", "C   "],
      ["x.longext+e", "x.longext", "e", "LONG"],
      ["x.dat1+e", "x.dat1", "e", "DAT1"],
      ["x.tar.gz+e", "x.tar.gz", "e", "GZ  "],
      // an extension alone is one, as the original has it
      [".zip+x", ".zip", "x", "ZIP "],
      ["dir/.zip+x", "dir/.zip", "x", "ZIP "],
      // an element may be empty, and may look like a path
      ["a.zip+", "a.zip", "", "ZIP "],
      ["a.zip+in/side.wav", "a.zip", "in/side.wav", "ZIP "],
      ["a.zip+in\\side.wav", "a.zip", "in\\side.wav", "ZIP "],
      ["c:\\dir\\a.zip+x", "c:\\dir\\a.zip", "x", "ZIP "],
      // only the letters a to z have capitals
      ["x.\xe9+e", "x.\xe9", "e", "\xe9   "]
    ]
    for (const [text, path, element, code] of names) {
      it(`reads ${text}`, () => {
        assert.deepStrictEqual(parts(FileName.parse(text)), { full: text, path, element, code })
      })
    }

    for (
      const text of [
        "take1.wav",
        "",
        "rock+roll",
        "rock+roll.wav",
        "+",
        "+x",
        "dir.d/noext+x",
        "dir.d\\noext+x",
        "a.+x",
        "a.zip/+x",
        "dir.zip/b+c"
      ]
    ) {
      it(`takes ${JSON.stringify(text)} for a plain name`, () => {
        assert.deepStrictEqual(parts(FileName.parse(text)), plain(text))
      })
    }

    it.prop(
      "keeps all of the text: path, + and element make it up again",
      [fc.string({ unit: fc.constantFrom("a", "b", ".", "+", "/", "\\"), maxLength: 12 })],
      ([text]) => {
        const name = FileName.parse(text)
        assert.strictEqual(name.full, text)
        assert.strictEqual(
          Option.match(name.element, { onNone: () => name.path, onSome: (e) => `${name.path}+${e}` }),
          text
        )
        assert.strictEqual(Option.isSome(name.element), Option.isSome(name.code))
        const splits = FileName.splits(text)
        deepStrictEqual(name, splits[0] ?? FileName.plain(text))
        for (const [i, split] of splits.entries()) {
          assert.strictEqual(`${split.path}+${Option.getOrThrow(split.element)}`, text)
          assert.isTrue(i === 0 || split.path.length < (splits[i - 1]?.path.length ?? 0))
        }
      }
    )
  })

  it("plain takes a name for what it says", () => {
    assert.deepStrictEqual(parts(FileName.plain("one.xyz+two")), plain("one.xyz+two"))
  })

  it("element names what no text could, with a code of its own", () => {
    assert.deepStrictEqual(parts(FileName.element("no extension", "a+b", FourCC.make("ARC "))), {
      full: "no extension+a+b",
      path: "no extension",
      element: "a+b",
      code: "ARC "
    })
  })

  it("from reads text and leaves names alone", () => {
    const name = FileName.plain("one.xyz+two")
    assert.strictEqual(FileName.from(name), name)
    deepStrictEqual(FileName.from("one.xyz+two"), FileName.parse("one.xyz+two"))
  })

  it("names that say the same are equal, others are not", () => {
    const a = FileName.parse("one.xyz+two")
    const b = FileName.element("one.xyz", "two", FourCC.make("XYZ "))
    assert.isTrue(Equal.equals(a, b))
    assert.strictEqual(Hash.hash(a), Hash.hash(b))
    assert.isFalse(Equal.equals(a, FileName.plain("one.xyz+two")))
    assert.isFalse(Equal.equals(a, FileName.element("one.xyz", "two", FourCC.make("ARC "))))
  })

  it("is known by isFileName, and shows itself by its text", () => {
    const name = FileName.parse("a.wav")
    assert.isTrue(FileName.isFileName(name))
    assert.isFalse(FileName.isFileName("a.wav"))
    assert.isFalse(FileName.isFileName(null))
    assert.strictEqual(`${name}`, "a.wav")
    assert.strictEqual(JSON.stringify(name), `{"_id":"@effect-mmio/core/FileName","full":"a.wav"}`)
    assert.include(inspect(name), "full: 'a.wav'")
  })
})
