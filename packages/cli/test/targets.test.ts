/** Files that a command makes: which names it refuses, with which sentence, and that nothing is changed then. */
import * as fs from "node:fs"
import { describe, expect, it } from "vitest"
import { makeFolder } from "./support/command.js"

type Folder = ReturnType<typeof makeFolder>

/** A folder with all kinds of names in it; `a.wav` is the file that is read. */
const makeNames = (): Folder => {
  const folder = makeFolder({ "a.wav": "wav-info-sndfile.wav", "b.wav": "wav-bext-ffmpeg.wav" })
  const { at } = folder
  fs.mkdirSync(at("dir"))
  fs.linkSync(at("a.wav"), at("hard.wav"))
  fs.symlinkSync("a.wav", at("sym.wav"))
  fs.symlinkSync("dir", at("dirlink"))
  fs.symlinkSync("loop", at("loop"))
  fs.symlinkSync("nowhere.wav", at("dangling.wav"))
  fs.symlinkSync("gone/x.wav", at("dangdir.wav"))
  fs.symlinkSync("b.wav/x.wav", at("infile.wav"))
  fs.writeFileSync(at("data.bin"), "1234")
  return folder
}

/** All names below a folder: what they are, and what is in them. */
const snapshot = ({ at }: Folder): ReadonlyArray<string> =>
  fs.readdirSync(at("."), { recursive: true, encoding: "utf8" }).toSorted().map((name) => {
    const stats = fs.lstatSync(at(name))
    const content = stats.isFile()
      ? fs.readFileSync(at(name), "base64")
      : stats.isSymbolicLink()
      ? fs.readlinkSync(at(name))
      : ""
    return [name, stats.ino, stats.mode, content].join(" ")
  })

/** The commands that make a file of another. */
const makers: ReadonlyArray<(target: string, ...force: ReadonlyArray<string>) => ReadonlyArray<string>> = [
  (target, ...force) => ["copy", ...force, "a.wav", target],
  (target, ...force) => ["extract", ...force, "a.wav", "data", "-o", target],
  (target, ...force) => ["map", ...force, "a.wav", "--svg", target]
]

const isFolder = (name: string) => `mmio: ${name} is a folder: name a file in it\n`
const isSource = (name: string) => `mmio: a.wav and ${name} are the same file\n`
const noFolder = (name: string) => `mmio: ${name}: there is no such folder\n`

describe("a target that cannot be made", () => {
  /** With and without --force. */
  const refused: ReadonlyArray<readonly [target: string, code: number, error: (folder: Folder) => string]> = [
    ["dir", 2, () => isFolder("dir")],
    ["dir/", 2, () => isFolder("dir/")],
    [".", 2, () => isFolder(".")],
    ["dirlink", 2, () => isFolder("dirlink")],
    ["a.wav", 2, () => isSource("a.wav")],
    ["./dir/../a.wav", 2, () => isSource("./dir/../a.wav")],
    ["hard.wav", 2, () => isSource("hard.wav")],
    ["sym.wav", 2, () => isSource("sym.wav")],
    ["loop", 3, () => "mmio: loop: its links lead in a circle\n"],
    ["none/x.wav", 3, () => noFolder("none")],
    ["none/", 3, () => noFolder("none")],
    ["b.wav/x.wav", 3, () => noFolder("b.wav")]
  ]

  it("is named in one sentence, whatever makes it, and nothing is changed", async () => {
    const folder = makeNames()
    const before = snapshot(folder)
    for (const [index, [target, code, error]] of refused.entries()) {
      for (const force of [[], ["--force"]]) {
        // each command has its turn
        for (const make of [makers[(index + force.length) % makers.length]!]) {
          const args = make(target, ...force)
          const ran = await folder.run(args)
          expect(ran, args.join(" ")).toMatchObject({ error: error(folder), code, out: "" })
          expect(snapshot(folder), args.join(" ")).toEqual(before)
        }
      }
    }
  })

  it("is where a link leads, which stays", async () => {
    const folder = makeNames()
    const before = snapshot(folder)
    for (const [link, leadsTo] of [["dangdir.wav", "gone/x.wav"], ["infile.wav", "b.wav/x.wav"]] as const) {
      expect(await folder.run(["copy", "a.wav", link])).toMatchObject({
        error: `mmio: ${link} exists already; --force replaces it\n`,
        code: 2
      })
      expect(await folder.run(["copy", "--force", "a.wav", link])).toMatchObject({
        error: `mmio: ${link} is a link to ${leadsTo}: there is no such folder\n`,
        code: 3
      })
      expect(snapshot(folder)).toEqual(before)
    }
    expect((await folder.run(["copy", "--force", "a.wav", "dangling.wav"])).code).toBe(0)
    expect(folder.read("nowhere.wav")).toEqual(folder.read("a.wav"))
    expect(fs.readlinkSync(folder.at("dangling.wav"))).toBe("nowhere.wav")
  })

  it("is named by the commands that change a file, too", async () => {
    const folder = makeNames()
    const before = snapshot(folder)
    const commands = [
      ["tag", "--tag", "INAM=x"],
      ["cue", "--add", "5"],
      ["digest", "--embed"],
      ["repair"],
      ["recover"],
      ["insert", "--data", "data.bin"]
    ]
    const names: ReadonlyArray<readonly [name: string, code: number, error: string]> = [
      ["dir", 2, "mmio: dir is a folder: name the files in it\n"],
      ["dangling.wav", 3, "mmio: dangling.wav: there is no such file\n"],
      ["loop", 3, "mmio: loop: its links lead in a circle\n"],
      ["none/x.wav", 3, noFolder("none")]
    ]
    for (const [index, [command = "", ...options]] of commands.entries()) {
      for (const [name, code, error] of [names[index % names.length]!, names[(index + 2) % names.length]!]) {
        const args = [command, ...options, name, ...(command === "insert" ? ["abcd"] : [])]
        expect(await folder.run(args), args.join(" ")).toMatchObject({ error, code, out: "" })
        expect(snapshot(folder), args.join(" ")).toEqual(before)
      }
    }
  })

  it("is a path where no storage serves the ending before a plus", async () => {
    const folder = makeNames()
    expect(await folder.run(["copy", "a.wav", "one.mix+two.wav"])).toMatchObject({ error: "", code: 0 })
    expect(folder.read("one.mix+two.wav")).toEqual(folder.read("a.wav"))
  })
})
