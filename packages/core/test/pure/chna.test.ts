/** `chna`: a count of tracks, and records with three texts each. */
import { assert, describe, it } from "@effect/vitest"
import { deepStrictEqual } from "@effect/vitest/utils"
import { Either, Schema } from "effect"
import { channels } from "../../src/internal/wave/chna.js"
import { join, spelled, zeros } from "../support/chunkBytes.js"
import { laws, namesOf, read, refuses, says, warns, write } from "../support/codecs.js"
import { values } from "../support/wave.js"

const entry = {
  track: 0x102,
  uid: { text: "ATU_00000001" },
  trackFormat: { text: "AT_00031001_01" },
  packFormat: { text: "AP_00031001" },
  pad: 7
}
const entryBytes = spelled("0201 'ATU_00000001' 'AT_00031001_01' 'AP_00031001' 07")
const short = { ...entry, uid: { text: "a" }, trackFormat: { text: "b" }, packFormat: { text: "c" } }
const shortBytes = join(
  spelled("0201 'a'"),
  zeros(11),
  spelled("'b'"),
  zeros(13),
  spelled("'c'"),
  zeros(10),
  spelled("07")
)

describe("chna", () => {
  laws(channels, values.chna, { least: 4, runs: 100 })

  it("has as many records as it says", () => {
    says(channels, join(spelled("0300 0100"), entryBytes), { tracks: 3, uids: [entry] })
    says(channels, join(spelled("0300 0200"), entryBytes, shortBytes, spelled("ff")), {
      tracks: 3,
      uids: [entry, short],
      rest: spelled("ff")
    })
    says(channels, join(spelled("0003 0001 0102"), entryBytes.slice(2)), { tracks: 3, uids: [entry] }, false)
    says(channels, join(spelled("0300 0000"), entryBytes), { tracks: 3, uids: [], rest: entryBytes })
  })

  it("that says more than it has room for has those that there are", () => {
    const announced = "2 tracks are announced, where there is room for 1"
    warns(channels, join(spelled("0300 0200"), entryBytes), ["CountTooLarge", "error", 2, announced], {
      tracks: 3,
      uids: [entry]
    })
    const almost = entryBytes.slice(1)
    warns(channels, join(spelled("0300 0200"), entryBytes, almost), ["CountTooLarge", "error", 2, announced], {
      tracks: 3,
      uids: [entry],
      rest: almost
    })
  })

  it("has no more records than the limit", () => {
    warns(
      channels,
      join(spelled("0300 0200"), entryBytes, entryBytes),
      ["LimitExceeded", "error", 2, "there are more entries than the limit RiffLimits.entries, 1"],
      { tracks: 3, uids: [entry], rest: entryBytes },
      { entries: 1 }
    )
  })

  it("says where a text is damaged", () => {
    const whole = join(spelled("0300 0200"), entryBytes, shortBytes)
    for (const [name, at] of [["uid", 2], ["trackFormat", 14], ["packFormat", 28]] as const) {
      const start = 4 + 40 + at
      const { problems, value } = read(
        channels,
        join(whole.slice(0, start), spelled("c3a9 ff"), whole.slice(start + 3))
      )
      deepStrictEqual(problems.map(({ kind, offset }) => [kind, offset]), [["BrokenText", start]])
      assert.strictEqual(value?.uids[1]?.[name].text, "\u00e9\ufffd")
    }
  })

  it("has texts that are cut off where their fields end", () => {
    const cut = join(spelled("0201 'ATU_0000000' c3 'AT_00031001_0' c3 'AP_0003100' c3"), spelled("07"))
    const { problems, value } = read(channels, join(spelled("0300 0100"), cut))
    deepStrictEqual(problems.map(({ count, kind, offset }) => [kind, offset, count]), [["BrokenText", 6, 3]])
    const [uid] = value?.uids ?? []
    deepStrictEqual([uid?.uid.text, uid?.trackFormat.text, uid?.packFormat.text], [
      "ATU_0000000",
      "AT_00031001_0",
      "AP_0003100"
    ])
  })

  it("refuses texts that have no room, and says which", () => {
    for (const [name, width] of [["uid", 12], ["trackFormat", 14], ["packFormat", 11]] as const) {
      const text = "x".repeat(width)
      const whole = { tracks: 1, uids: [entry, { ...entry, [name]: { text } }] }
      deepStrictEqual(read(channels, Either.getOrThrow(write(channels, whole))).value, whole)
      refuses(
        channels,
        { tracks: 1, uids: [entry, { ...entry, [name]: { text: `${text}x` } }] },
        ["uids", 1, name, "text"],
        `${width + 1} bytes, where there is room for ${width}`
      )
    }
    refuses(
      channels,
      { tracks: 1, uids: [{ ...entry, uid: { text: "\u0141" } }] },
      ["uids", 0, "uid", "text"],
      "there is a character that windows-1252 does not have",
      { encoding: "windows-1252" }
    )
  })

  it("has a schema of all of its fields", () => {
    deepStrictEqual(namesOf(channels.schema), ["Channels", "TrackUid", "Text", "OtherEncoding"])
    const isValue = Schema.is(channels.schema)
    assert.isTrue(isValue({ tracks: 3, uids: [entry] }))
    assert.isFalse(isValue({ tracks: 65536, uids: [] }))
    assert.isFalse(isValue({ tracks: 3, uids: [], rest: [1] }))
    for (const key of Object.keys(entry)) {
      assert.isFalse(isValue({ tracks: 3, uids: [{ ...entry, [key]: undefined }] }), key)
    }
  })

  it("refuses more records than a count of 16 bits has room for", () => {
    const uids = (length: number) => Array.from({ length }, () => short)
    refuses(channels, { tracks: 1, uids: uids(0x10000) }, ["uids"], "65536 do not fit a count of 16 bits")
    const most = Either.getOrThrow(write(channels, { tracks: 1, uids: uids(0xffff) }))
    deepStrictEqual([...most.subarray(0, 4)], [1, 0, 0xff, 0xff])
  })
})
