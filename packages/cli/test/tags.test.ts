/** `mmio tag`: what is set is what is there then, and nothing else has changed. */
import { describe, expect, it } from "@effect/vitest"
import * as Either from "effect/Either"
import * as FastCheck from "effect/FastCheck"
import * as fs from "node:fs"
import * as Csv from "../src/csv.js"
import { makeChange } from "../src/tags/change.js"
import * as Document from "../src/tags/document.js"
import { makeFolder } from "./support/command.js"
import { decode, records } from "./support/records.js"

/** The tags of each file, by one run of the command. */
const allTagsOf = async ({ json }: ReturnType<typeof makeFolder>, ...names: ReadonlyArray<string>) =>
  (await json(["tag", ...names])).map((line) =>
    decode(records.tags, line).tags.map(({ key, text }) => `${key}=${text}`)
  )

const tagsOf = async (folder: ReturnType<typeof makeFolder>, name: string) => (await allTagsOf(folder, name))[0] ?? []

describe("tag", () => {
  it("sets and removes several tags of INFO, bext and iXML at once", async () => {
    const folder = makeFolder({ "take.wav": "wav-info-sndfile.wav" })
    const digest = (await folder.run(["digest", "take.wav"])).out
    const { code, error } = await folder.run([
      ..."tag take.wav --remove IART --remove ICRD -t ICMT=one --tag ICMT=zwei".split(" "),
      "--tag",
      "INAM=Ein Väglein",
      "--tag",
      "bext.description=Birds",
      "--tag",
      "bext.loudness.value=-2300",
      "--tag",
      "iXML=<BWFXML><SCENE>1</SCENE></BWFXML>"
    ])
    expect(error).toBe("")
    expect(code).toBe(0)
    expect(await tagsOf(folder, "take.wav")).toEqual([
      "INAM=Ein Väglein",
      "ICOP=CC0",
      "IPRD=Test tones",
      "ICMT=one",
      "ICMT=zwei",
      "bext.description=Birds",
      "bext.loudness.value=-2300",
      "iXML=<BWFXML><SCENE>1</SCENE></BWFXML>"
    ])
    expect((await folder.run(["verify", "take.wav"])).code).toBe(0)
    expect((await folder.run(["digest", "take.wav"])).out).toBe(digest)
  })

  it("keeps cue points, and the fields of a bext that are not named", async () => {
    const folder = makeFolder({ "cues.wav": "wav-cue-adtl-gstreamer.wav", "bext.wav": "wav-bext-ffmpeg.wav" })
    const before = await folder.json(["cue", "cues.wav"])
    const tags = await tagsOf(folder, "bext.wav")
    expect(
      (await folder.run(["tag", "cues.wav", "bext.wav", "--tag", "bext.originator=Somebody", "--tag", "INAM=x"])).code
    ).toBe(0)
    expect(await folder.json(["cue", "cues.wav"])).toEqual(before)
    const changed = tags.map((tag) => tag.startsWith("bext.originator=") ? "bext.originator=Somebody" : tag)
    expect((await tagsOf(folder, "bext.wav")).toSorted()).toEqual([...changed, "INAM=x"].toSorted())
  })

  it("removes a whole bext, and leaves a file alone that has nothing of what is to be removed", async () => {
    const folder = makeFolder({ "bext.wav": "wav-bext-ffmpeg.wav" })
    expect(decode(records.tagged, (await folder.json(["tag", "bext.wav", "--remove", "bext"]))[0]).removed).toEqual([
      "bext"
    ])
    expect(await tagsOf(folder, "bext.wav")).toEqual(["ISFT=Lavf59.27.100"])
    const bytes = folder.read("bext.wav")
    expect(decode(records.tagged, (await folder.json(["tag", "bext.wav", "--remove", "bext"]))[0]).written).toBe(false)
    expect(folder.read("bext.wav")).toEqual(bytes)
  })

  it("moves the tags of many files by a document", async () => {
    const folder = makeFolder({ "a.wav": "wav-info-sndfile.wav", "b.wav": "wav-bext-ffmpeg.wav" })
    await folder.run(["tag", "a.wav", "--tag", "ICMT=say \"a, b\"\nand c", "--tag", "ICMT=twice"])
    const before = await allTagsOf(folder, "a.wav", "b.wav")
    const exported = await folder.run(["tag", "a.wav", "b.wav", "--export", "csv"])
    folder.write("tags.csv", exported.out)
    const keys = new Set(before.flat().map((tag) => tag.slice(0, tag.indexOf("="))))
    const removing = ["tag", "a.wav", "b.wav", ...[...keys].flatMap((key) => ["-r", key])]
    expect((await folder.run(removing)).error).toBe("")
    expect(await allTagsOf(folder, "a.wav", "b.wav")).toEqual([[], []])
    expect(await folder.run(["tag", "--from", "tags.csv"])).toMatchObject({ error: "", code: 0 })
    expect(await allTagsOf(folder, "a.wav", "b.wav")).toEqual(before)
  })

  it("lists and exports the tags of what is in a folder, and changes only files that are named", async () => {
    const folder = makeFolder({ "a.wav": "wav-info-sndfile.wav", "b.wav": "wav-bext-ffmpeg.wav" })
    fs.mkdirSync(folder.at("in"))
    fs.renameSync(folder.at("b.wav"), folder.at("in/b.wav"))
    const ofBoth = await folder.run(["tag", "a.wav", "in/b.wav", "--export", "json"])
    expect(await folder.run(["tag", ".", "--export", "json"])).toMatchObject({ ...ofBoth, code: 0 })
    expect((await folder.run(["tag", "in"])).out).toContain("in/b.wav")
    const bytes = folder.read("in/b.wav")
    const { code, error } = await folder.run(["tag", "in", "--tag", "INAM=x"])
    expect(error).toBe("mmio: in is a folder: name the files in it\n")
    expect(code).toBe(2)
    expect(folder.read("in/b.wav")).toEqual(bytes)
  })

  it("changes no byte where a document is read back as it was written", async () => {
    const copies = {
      "a.wav": "wav-custom-chunks-sndfile.wav",
      "b.wav": "wav-bext-ffmpeg.wav",
      "c.wav": "wav-info-sndfile.wav"
    }
    const folder = makeFolder(copies)
    const before = Object.keys(copies).map((name) => folder.read(name))
    folder.write("tags.json", (await folder.run(["tag", ".", "--export", "json"])).out)
    const { code, out } = await folder.run(["tag", "--from", "tags.json"])
    expect(code).toBe(0)
    expect(out.match(/nothing to change/g)).toHaveLength(3)
    expect(Object.keys(copies).map((name) => folder.read(name))).toEqual(before)
  })

  it("touches no file where one tag of a document cannot be", async () => {
    const folder = makeFolder({ "a.wav": "wav-info-sndfile.wav" })
    const bytes = folder.read("a.wav")
    folder.write("tags.csv", "name,INAM,bext.timeReference\na.wav,New,\nb.wav,,noon\n")
    const { code, error } = await folder.run(["tag", "--from", "tags.csv"])
    expect(error).toBe("mmio: bext.timeReference cannot be \"noon\": it is a number of frames from midnight\n")
    expect(code).toBe(2)
    expect(folder.read("a.wav")).toEqual(bytes)
  })

  it("says of a file in memory that nothing was written", async () => {
    const folder = makeFolder({ "a.wav": "wav-info-sndfile.wav" })
    const bytes = folder.read("a.wav")
    const { code, error } = await folder.run(["tag", "mem:a.wav", "--tag", "INAM=x"])
    expect(error).toBe("mmio: mem:a.wav: it is in memory only, and nothing was written\n")
    expect(code).toBe(0)
    expect(folder.read("a.wav")).toEqual(bytes)
  })
})

describe("documents", () => {
  it.prop("a table is read as it was written", [
    FastCheck.array(
      FastCheck.array(FastCheck.string({ unit: FastCheck.constantFrom(..."\",\r\n\ufeffa ") }), { minLength: 1 })
    )
  ], ([table]) => {
    // a line without anything in it is no row, and the first character of all may be a byte order mark
    const rows = table.filter((row) => row.length > 1 || row[0] !== "")
    while (rows[0]?.[0]?.startsWith("\ufeff")) {
      const [first, ...others] = rows[0]
      const rest = [first!.replace(/^\ufeff+/, ""), ...others]
      rows.splice(0, 1, ...rest.length > 1 || rest[0] !== "" ? [rest] : [])
    }
    expect(Csv.parse(rows.map(Csv.format).join(""))).toEqual(rows)
  })

  it("a line ends with CR alone as well, and a quote has to be closed", () => {
    expect(Csv.parse("name,INAM\ra.wav,one\r\n\rb.wav,two\r")).toEqual([["name", "INAM"], ["a.wav", "one"], [
      "b.wav",
      "two"
    ]])
    expect(Csv.parse("name,INAM\na.wav,\"one\nb.wav,two\n")).toBeUndefined()
  })

  it("a document that cannot be what was meant changes nothing", async () => {
    const folder = makeFolder({ "a.wav": "wav-info-sndfile.wav" })
    const before = folder.read("a.wav")
    folder.write("open.csv", "name,INAM\r\na.wav,\"one\r\nb.wav,two\r\n")
    folder.write("latin.csv", Buffer.from("name,INAM\r\na.wav,Caf\u00e9\r\n", "latin1"))
    for (const [name, sentence] of [["open.csv", "not closed"], ["latin.csv", "UTF-8"]] as const) {
      const { code, error } = await folder.run(["tag", "--from", name])
      expect(error).toContain(sentence)
      expect(code).toBe(2)
    }
    expect(folder.read("a.wav")).toEqual(before)
  })

  const Tagged = FastCheck.record({
    name: FastCheck.string({ minLength: 1 }),
    tags: FastCheck.uniqueArray(
      FastCheck.record({
        key: FastCheck.constantFrom("INAM", "ICMT", "bext.description", "iXML"),
        // what is empty is no tag in a CSV
        text: FastCheck.string({ minLength: 1 }).filter((text) => !text.includes("\0"))
      }),
      { selector: ({ key, text }) => key === "ICMT" ? text : key }
    )
  })

  for (const kind of ["json", "csv"] as const) {
    it.prop(`a document as ${kind} says what it was made of`, [FastCheck.array(Tagged)], ([files]) => {
      const changeOf = (tags: ReadonlyArray<{ readonly key: string; readonly text: string }>) => {
        const values = new Map<string, Array<string>>()
        for (const { key, text } of tags) values.set(key, [...(values.get(key) ?? []), text])
        return Either.getOrThrow(makeChange(values))
      }
      const sorted = (change: ReturnType<typeof changeOf>) =>
        change.map(({ key, values }) => JSON.stringify([key, values])).toSorted()
      const entries = Either.getOrThrow(Document.parse(kind, Document.format(kind, files)))
      expect(entries.map(({ change, name }) => [name, sorted(change)])).toEqual(
        files.map(({ name, tags }) => [name, sorted(changeOf(tags))])
      )
    })
  }
})
