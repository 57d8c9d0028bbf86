/** `bext`: three versions, whose texts are in fields of a fixed width. */
import { assert, describe, it } from "@effect/vitest"
import { deepStrictEqual } from "@effect/vitest/utils"
import { Either, Schema } from "effect"
import { bext } from "../../src/internal/wave/bext.js"
import { join, spelled, zeros } from "../support/chunkBytes.js"
import { laws, messageOf, namesOf, read, refuses, says, write } from "../support/codecs.js"
import { values } from "../support/wave.js"

const field = (text: string, width: number) => join(spelled(`'${text}'`), zeros(width - text.length))

/** The fields of all versions: texts of their names, the time and no version. */
const head = join(
  field("description", 256),
  field("originator", 32),
  field("reference", 32),
  field("date", 10),
  field("time", 8),
  spelled("40e20100 01000000")
)
const texts = {
  description: { text: "description" },
  originator: { text: "originator" },
  originatorReference: { text: "reference" },
  originationDate: { text: "date" },
  originationTime: { text: "time" },
  timeReference: 0x1_0001_e240n
}
const umid = Uint8Array.from({ length: 64 }, (_, index) => index + 1)
const loudness = { value: -2300, range: 1300, maxTruePeak: -100, maxMomentary: 32767, maxShortTerm: -32768 }
const v0 = {
  _tag: "BextV0",
  ...texts,
  version: 0,
  reserved: join(umid, zeros(190)),
  codingHistory: { text: "" }
} as const

describe("bext", () => {
  laws(bext, values.bext, { least: 602, runs: 60 })

  it("of version 0 has texts and the time", () => {
    says(bext, join(head, spelled("0000"), umid, zeros(190)), v0)
    says(bext, join(head, spelled("0000"), umid, zeros(190), spelled("'A=PCM' 0d0a")), {
      ...v0,
      codingHistory: { text: "A=PCM\r\n" }
    })
  })

  it("of version 1 has a UMID", () => {
    const reserved = Uint8Array.from({ length: 190 }, (_, index) => 255 - index)
    says(bext, join(head, spelled("0100"), umid, reserved, spelled("'A' 00")), {
      _tag: "BextV1",
      ...texts,
      version: 1,
      umid,
      reserved,
      codingHistory: { text: "A", trailing: zeros(1) }
    })
  })

  it("of version 2 and later has a loudness", () => {
    const reserved = Uint8Array.from({ length: 180 }, (_, index) => 255 - index)
    for (const version of [2, 3, 255]) {
      says(bext, join(head, Uint8Array.of(version, 0), umid, spelled("04f7 1405 9cff ff7f 0080"), reserved), {
        _tag: "BextV2",
        ...texts,
        version,
        umid,
        loudness,
        reserved,
        codingHistory: { text: "" }
      })
    }
  })

  it("has numbers in the order of the file, the lower half of the time first", () => {
    const big = join(head.slice(0, 338), spelled("0001e240 00000001 0002"), umid, spelled("f704 0514 ff9c 7fff 8000"))
    says(bext, join(big, zeros(180)), {
      _tag: "BextV2",
      ...texts,
      version: 2,
      umid,
      loudness,
      reserved: zeros(180),
      codingHistory: { text: "" }
    }, false)
  })

  it("says where a text is damaged", () => {
    const at = [["description", 0], ["originator", 256], ["originatorReference", 288], ["originationDate", 320], [
      "originationTime",
      330
    ], ["codingHistory", 602]] as const
    const whole = join(head, zeros(256), zeros(8))
    for (const [name, start] of at) {
      const { problems, value } = read(bext, join(whole.slice(0, start), spelled("c3a9 ff"), whole.slice(start + 3)))
      deepStrictEqual(problems.map(({ kind, offset }) => [kind, offset]), [["BrokenText", start]])
      assert.isTrue(value?.[name].text.startsWith("\u00e9\ufffd"))
    }
  })

  it("refuses texts that have no room, and says which", () => {
    const widths = {
      description: 256,
      originator: 32,
      originatorReference: 32,
      originationDate: 10,
      originationTime: 8
    }
    for (const [name, width] of Object.entries(widths)) {
      const text = "x".repeat(width)
      assert.isTrue(Either.isRight(write(bext, { ...v0, [name]: { text } })))
      const tooLong = { ...v0, [name]: { text: `${text}x` } }
      refuses(bext, tooLong, [name, "text"], `${width + 1} bytes, where there is room for ${width}`)
    }
    refuses(
      bext,
      { ...v0, codingHistory: { text: "\0" } },
      ["codingHistory", "text"],
      "a zero ends the text: what follows belongs into `trailing`"
    )
    refuses(
      bext,
      { ...v0, codingHistory: { text: "\u0141" } },
      ["codingHistory", "text"],
      "there is a character that windows-1252 does not have",
      { encoding: "windows-1252" }
    )
  })

  it("has a schema of three versions", () => {
    deepStrictEqual(namesOf(bext.schema), ["Bext", "BextV0", "Text", "OtherEncoding", "BextV1", "BextV2"])
    const isValue = Schema.is(bext.schema)
    const v1 = { ...v0, _tag: "BextV1", version: 1, umid, reserved: zeros(190) }
    const v2 = { ...v1, _tag: "BextV2", version: 2, loudness, reserved: zeros(180) }
    deepStrictEqual([v0, v1, v2].map((value) => isValue(value)), [true, true, true])
    for (
      const value of [{ ...v0, version: 1 }, { ...v1, version: 0 }, { ...v2, version: 1 }, { ...v2, version: 65536 }]
    ) {
      assert.isFalse(isValue(value))
    }
    for (const value of [v0, v1, v2]) {
      assert.isFalse(isValue({ ...value, _tag: "Bext" }))
      for (const key of Object.keys(value)) assert.isFalse(isValue({ ...value, [key]: undefined }), key)
      assert.include(messageOf(bext.schema, { ...value, reserved: zeros(3) }), "3 bytes, where there are")
    }
    assert.isFalse(isValue({ ...v2, loudness: { ...loudness, range: 32768 } }))
  })
})
