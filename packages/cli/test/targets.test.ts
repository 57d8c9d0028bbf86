/** Files that a command makes: which names it refuses, with which sentence, and that nothing is changed then. */
import { spawnSync } from "node:child_process"
import * as fs from "node:fs"
import { describe, expect, it } from "vitest"
import { binary, makeFolder } from "./support/command.js"

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

const script = (folder: Folder, text: string) => {
  const { status, stderr, stdout } = spawnSync("bash", [
    "-c",
    text.replaceAll("mmio ", `"${process.execPath}" "${binary}" `)
  ], { cwd: folder.folder })
  return { code: status, error: stderr.toString(), bytes: new Uint8Array(stdout) }
}

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

describe.skipIf(process.platform !== "linux")("a target that is no regular file", () => {
  it("is refused where it is a descriptor of a process, and the sentence names -", () => {
    const folder = makeNames()
    fs.symlinkSync("/dev/stdout", folder.at("out"))
    folder.write("kept", "old\n")
    for (const name of ["/dev/stdout", "/dev/fd/1", "/proc/self/fd/1", "out"]) {
      for (const to of [">> kept", "| cat"]) {
        for (const force of name === "out" ? ["--force"] : ["", "--force"]) {
          const ran = script(folder, `set -o pipefail; mmio copy ${force} a.wav ${name} ${to}`)
          expect(ran, `${name} ${to}`).toEqual({
            code: 2,
            error: `mmio: ${name} is not a file but what a process has open: - is standard output\n`,
            bytes: new Uint8Array(0)
          })
          expect(fs.readFileSync(folder.at("kept"), "utf8")).toBe("old\n")
        }
      }
    }
  })

  it("is refused in a folder of the system that takes no file", () => {
    expect(script(makeNames(), "mmio copy a.wav /proc/x.wav")).toMatchObject({
      code: 4,
      error: "mmio: /proc/x.wav: no file can be made in this folder\n"
    })
  })

  it("is written into with --force, and stays what it is", () => {
    const folder = makeNames()
    expect(script(folder, "mkfifo fifo; mmio copy a.wav fifo")).toMatchObject({
      code: 2,
      error: "mmio: fifo is a device or a pipe; --force writes into it\n"
    })
    const ran = script(folder, "cat fifo > got & mmio copy --force a.wav fifo && wait")
    expect(ran).toMatchObject({ code: 0, error: "" })
    expect(folder.read("got")).toEqual(folder.read("a.wav"))
    expect(fs.statSync(folder.at("fifo")).isFIFO()).toBe(true)
    expect(script(folder, "mmio copy --force a.wav /dev/null")).toMatchObject({ code: 0, error: "" })
    expect(fs.statSync("/dev/null").isCharacterDevice()).toBe(true)
  })
})

describe("standard output", () => {
  it("that is a file is written on from where it is, and what comes next follows", () => {
    const folder = makeNames()
    expect(script(folder, "{ echo before; mmio copy a.wav -; echo after; } > out").error).toBe("")
    const whole = Buffer.concat([Buffer.from("before\n"), folder.read("a.wav"), Buffer.from("after\n")])
    expect(fs.readFileSync(folder.at("out"))).toEqual(whole)
    expect(script(folder, "mmio map a.wav --svg - >> out").error).toBe("")
    expect(fs.readFileSync(folder.at("out")).subarray(0, whole.length)).toEqual(whole)
  })

  it("is not the file that is read", () => {
    const folder = makeNames()
    const before = folder.read("a.wav")
    for (const name of ["a.wav", "sym.wav"]) {
      expect(script(folder, `mmio copy ${name} - >> hard.wav`)).toMatchObject({
        code: 2,
        error: `mmio: ${name} and standard output are the same file\n`
      })
    }
    expect(folder.read("a.wav")).toEqual(before)
  })
})
