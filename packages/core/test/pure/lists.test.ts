/** `LIST INFO` and `LIST adtl`: lists whose elements are texts. */
import { assert, describe, it } from "@effect/vitest"
import { deepStrictEqual } from "@effect/vitest/utils"
import { Schema } from "effect"
import * as FourCC from "../../src/FourCC.js"
import { adtlList, infoList } from "../../src/internal/wave/lists.js"
import { join, spelled, zeros } from "../support/chunkBytes.js"
import { laws, namesOf, read, refuses, says, warns } from "../support/codecs.js"
import { values } from "../support/wave.js"

const runs = 100
const id = FourCC.make("INAM")

describe("LIST INFO", () => {
  laws(infoList, values["LIST:INFO"], { least: 4, runs })

  it("has tags, whose texts end with a zero", () => {
    says(infoList, spelled("'INFO' 'INAM' 04000000 'One' 00 'ICMT' 03000000 'hi' 00 00"), {
      tags: [{ id, text: "One" }, { id: FourCC.make("ICMT"), text: "hi" }]
    })
    says(infoList, spelled("'INFO' 'INAM' 00000002 'ab'"), { tags: [{ id, text: "ab", trailing: zeros(0) }] }, false)
    says(infoList, spelled("'INFO' 'INAM' 01000000 00 07 'INAM' 01000000 00"), {
      tags: [{ id, text: "", pad: 7 }, { id, text: "", pad: "missing" }]
    })
    says(infoList, spelled("'INFO' 0102"), { tags: [], rest: spelled("0102") })
  })

  it("is of its type", () => {
    const other = `the type of the list is "adtl", not "INFO"`
    warns(infoList, spelled("'adtl'"), ["WrongType", "error", 0, other], undefined)
  })

  it("says where a text is damaged, and which one is refused", () => {
    const data = spelled("'INFO' 'INAM' 02000000 'a' 00 'INAM' 04000000 c3a9 ff 00")
    const { problems, value } = read(infoList, data)
    deepStrictEqual(problems.map(({ kind, offset }) => [kind, offset]), [["BrokenText", 22]])
    assert.strictEqual(value?.tags[1]?.text, "\u00e9\ufffd")
    const refusal = "a zero ends the text: what follows belongs into `trailing`"
    refuses(infoList, { tags: [{ id, text: "a" }, { id, text: "a\0" }] }, ["tags", 1, "text"], refusal)
    refuses(infoList, { tags: [], rest: zeros(8) }, ["rest"], "so many bytes would be read as another chunk")
  })

  it("has a schema of its tags", () => {
    deepStrictEqual(namesOf(infoList.schema), ["InfoList", "InfoTag", "FourCC", "OtherEncoding", "Pad"])
    const isTag = (tag: object) => Schema.is(infoList.schema)({ tags: [{ id, text: "a", ...tag }] })
    assert.isTrue(isTag({}))
    for (const pad of [1, 255, "missing"]) assert.isTrue(isTag({ pad }), String(pad))
    for (const pad of [0, 256, 0.5, "", "there"]) assert.isFalse(isTag({ pad }), String(pad))
    assert.isFalse(isTag({ id: "abc" }))
    assert.isFalse(isTag({ text: undefined }))
    assert.isFalse(Schema.is(infoList.schema)({ tags: [], rest: "a" }))
  })
})

describe("LIST adtl", () => {
  laws(adtlList, values["LIST:adtl"], { least: 4, runs })

  const text = { _tag: "ltxt", cue: 3, length: 16, country: 49, language: 9, dialect: 1, codePage: 1252 } as const
  const purpose = FourCC.make("scrp")
  const textBytes = "03000000 10000000 'scrp' 3100 0900 0100 e404"

  it("has labels and notes, which end with a zero, and texts, which do not", () => {
    says(adtlList, spelled("'adtl' 'labl' 07000000 01000000 'Hi' 00 00 'note' 06000000 02000000 'N' 00"), {
      entries: [{ _tag: "labl", cue: 1, text: "Hi" }, { _tag: "note", cue: 2, text: "N" }]
    })
    says(adtlList, spelled(`'adtl' 'ltxt' 14000000 ${textBytes} 'ltxt' 17000000 ${textBytes} 'abc' 09`), {
      entries: [{ ...text, purpose, text: "" }, { ...text, purpose, text: "abc", pad: 9 }]
    })
    says(adtlList, spelled("'adtl' 'labl' 00000005 00000001 00 09"), {
      entries: [{ _tag: "labl", cue: 1, text: "", pad: 9 }]
    }, false)
    says(adtlList, spelled("'adtl' 0102"), { entries: [], rest: spelled("0102") })
  })

  it("has whatever else is in it", () => {
    const file = FourCC.make("file")
    says(adtlList, spelled("'adtl' 'file' 03000000 010203 00 'file' 01000000 ff 07"), {
      entries: [
        { _tag: "other", id: file, data: spelled("010203") },
        { _tag: "other", id: file, data: spelled("ff"), pad: 7 }
      ]
    })
    for (const id of ["labl", "note", "ltxt"] as const) {
      refuses(
        adtlList,
        { entries: [{ _tag: "other", id: FourCC.make(id), data: zeros(30) }] },
        ["entries", 0, "id"],
        `${id} is an entry of its own kind`
      )
    }
  })

  it("is of its type", () => {
    const other = `the type of the list is "INFO", not "adtl"`
    warns(adtlList, spelled("'INFO'"), ["WrongType", "error", 0, other], undefined)
  })

  it("leaves out entries that are too short", () => {
    const label = { _tag: "labl", cue: 1, text: "" } as const
    const whole = spelled("'labl' 05000000 01000000 00 00")
    for (const [id, least] of [["labl", 4], ["note", 4], ["ltxt", 20]] as const) {
      for (let length = 0; length < least; length++) {
        const entry = join(spelled(`'${id}'`), Uint8Array.of(length, 0, 0, 0), zeros(length + length % 2))
        warns(
          adtlList,
          join(spelled("'adtl'"), entry, whole),
          ["TooShort", "error", 12 + length, `it ends after ${length} bytes, of at least ${least}`],
          { entries: [label] }
        )
      }
    }
  })

  it("says where a text is damaged, and which one is refused", () => {
    const labels = spelled("'adtl' 'labl' 08000000 01000000 c3a9 ff 00")
    const texts = spelled(`'adtl' 'ltxt' 18000000 ${textBytes} c3a9 ff 00`)
    deepStrictEqual(read(adtlList, labels).problems.map(({ offset }) => offset), [16])
    deepStrictEqual(read(adtlList, texts).problems.map(({ offset }) => offset), [32])
    const refusal = "a zero ends the text: what follows belongs into `trailing`"
    refuses(adtlList, { entries: [{ _tag: "note", cue: 1, text: "\0" }] }, ["entries", 0, "text"], refusal)
    refuses(adtlList, { entries: [{ ...text, purpose, text: "\0" }] }, ["entries", 0, "text"], refusal)
    refuses(adtlList, { entries: [], rest: zeros(8) }, ["rest"], "so many bytes would be read as another chunk")
  })

  it("has a schema of its entries", () => {
    deepStrictEqual(namesOf(adtlList.schema), [
      "AdtlList",
      "AdtlEntry",
      "Label",
      "OtherEncoding",
      "Pad",
      "LabeledText",
      "FourCC",
      "OtherEntry"
    ])
    const isEntry = (entry: object) => Schema.is(adtlList.schema)({ entries: [entry] })
    const entries = [
      { _tag: "labl", cue: 1, text: "" },
      { _tag: "note", cue: 1, text: "" },
      { ...text, purpose, text: "" },
      { _tag: "other", id: "file", data: zeros(1) }
    ]
    for (const entry of entries) {
      assert.isTrue(isEntry(entry))
      assert.isFalse(isEntry({ ...entry, _tag: "else" }))
      assert.isFalse(isEntry({ ...entry, pad: 0 }))
      for (const key of Object.keys(entry)) assert.isFalse(isEntry({ ...entry, [key]: undefined }), key)
    }
    assert.isFalse(Schema.is(adtlList.schema)({ entries: [], rest: "a" }))
  })
})
