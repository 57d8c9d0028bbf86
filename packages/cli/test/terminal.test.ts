/** What a person at a terminal has of the command: help, colours, progress, Ctrl-C, completions, sentences. */
import { execFileSync, spawn, spawnSync } from "node:child_process"
import * as fs from "node:fs"
import { describe, expect, it } from "vitest"
import { binary, makeFolder, waveHeader, writeSparse } from "./support/command.js"

const escape = "\u001b"
const mebibyte = 2 ** 20

describe("help", () => {
  it("names all subcommands, in colours on a terminal only", async () => {
    const { onTerminal, run } = makeFolder()
    const { code, out } = await run(["--help"])
    expect(code).toBe(0)
    const names = "tree info verify repair tag cue digest extract insert copy map recover".split(" ")
    expect([...out.matchAll(/^ {2}- (\w+) /gm)].map(([, name]) => name)).toEqual(names)
    expect(out).not.toContain(escape)
    expect((await run([])).out).toBe(out)
    expect((await onTerminal(["--help"])).screen).toContain(escape)
  })

  it("explains each subcommand", async () => {
    const { code, out } = await makeFolder().run(["tag", "--help"])
    expect(out).toContain("--export json | csv")
    expect(code).toBe(0)
  })

  it("says its version", async () => {
    const { version } = JSON.parse(fs.readFileSync(new URL("../package.json", import.meta.url), "utf8"))
    expect((await makeFolder().run(["--version"])).out).toBe(`${version}\n`)
  })
})

describe("completions", () => {
  it("of bash name the subcommands", async () => {
    const { code, out } = await makeFolder().run(["--completions", "bash"])
    expect(code).toBe(0)
    for (const name of ["tree", "verify", "recover"]) expect(out).toContain(name)
    execFileSync("bash", ["-n"], { input: out })
  })
})

describe("results", () => {
  it("come in colours on a terminal, and not with NO_COLOR", async () => {
    const { onTerminal } = makeFolder({ "take.wav": "wav-info-sndfile.wav" })
    expect((await onTerminal(["verify", "take.wav"])).screen).toContain(`${escape}[32msound`)
    expect((await onTerminal(["verify", "take.wav"], undefined, { NO_COLOR: "1" })).screen).not.toContain(escape)
  })

  it("are not written to a terminal as bytes", async () => {
    const { onTerminal } = makeFolder({ "take.wav": "wav-info-sndfile.wav" })
    const { code, screen } = await onTerminal(["extract", "take.wav", "data"])
    expect(screen).toContain("This would write bytes to the terminal")
    expect(code).toBe(2)
  })
})

describe("progress", () => {
  it("is shown for long work, with rate and time left, and taken away at its end", async () => {
    const { at, onTerminal, run } = makeFolder()
    writeSparse(at("long.wav"), 64 * mebibyte)
    const { code, screen } = await onTerminal(["digest", "long.wav"])
    expect(screen).toMatch(/long\.wav \[.*\] \d+% \| \d+ MB\/s \| .* left/)
    expect(screen.split("\r").at(-1)).not.toContain("%")
    expect(code).toBe(0)
    // nothing of it in a pipe
    expect((await run(["digest", "long.wav"])).error).toBe("")
  })
})

describe("Ctrl-C", () => {
  const interruptOnce = () => {
    let isSent = false
    return (screen: string) => {
      if (isSent || !screen.includes("%")) return undefined
      isSent = true
      return "\u0003"
    }
  }

  it("leaves the old file of a copy, and nothing else", async () => {
    const { at, names, onTerminal, read, write } = makeFolder()
    writeSparse(at("long.wav"), 1024 * mebibyte)
    write("target.wav", "old")
    const { code } = await onTerminal(["copy", "long.wav", "target.wav", "--force"], interruptOnce())
    expect(code).toBe(130)
    expect(new TextDecoder().decode(read("target.wav"))).toBe("old")
    expect(names()).toEqual(["long.wav", "target.wav"])
  })

  it("leaves the old file of an edit, or the new one", async () => {
    const { at, onTerminal, run, write } = makeFolder()
    const size = 96 * mebibyte
    writeSparse(at("long.wav"), size)
    write("data.bin", "12345678")
    const { code } = await onTerminal(
      ["insert", "long.wav", "abcd", "--data", "data.bin", "--before", "data"],
      interruptOnce()
    )
    const isNew = (await run(["tree", "long.wav"])).out.includes("abcd")
    if (!isNew) expect(code).toBe(130)
    expect((await run(["verify", "long.wav"])).out).toBe("sound    long.wav\n")
    expect(fs.statSync(at("long.wav")).size).toBe(44 + size + (isNew ? 16 : 0))
  })
})

describe("a signal", () => {
  const signals = [["SIGHUP", 129], ["SIGINT", 130], ["SIGTERM", 143]] as const

  /** Runs the command, sends it a signal once this is so, and gives its exit code. */
  const signalled = async (
    { at, folder }: ReturnType<typeof makeFolder>,
    args: ReadonlyArray<string>,
    signal: NodeJS.Signals,
    isReady: () => boolean
  ) => {
    fs.mkdirSync(at("tmp"))
    const child = spawn(process.execPath, [binary, ...args], {
      cwd: folder,
      env: { ...process.env, TMPDIR: at("tmp") }
    })
    const ended = new Promise<unknown>((resolve) => child.on("close", (code, by) => resolve(code ?? by)))
    child.stdin.on("error", () => {})
    child.stdin.write(waveHeader(1000))
    while (!isReady()) await new Promise((resolve) => setTimeout(resolve, 10))
    child.kill(signal)
    const code = await ended
    // Node has a folder of its own there, from version 22 on.
    expect(fs.readdirSync(at("tmp")).filter((name) => name !== "node-compile-cache")).toEqual([])
    fs.rmSync(at("tmp"), { recursive: true })
    return code
  }

  for (const [signal, code] of signals) {
    it(`${signal} ends with ${code}, and leaves no file of standard input`, async () => {
      const folder = makeFolder()
      const isReady = () => fs.readdirSync(folder.at("tmp")).some((name) => name.endsWith(".spool"))
      expect(await signalled(folder, ["copy", "-", "target.wav"], signal, isReady)).toBe(code)
      expect(folder.names()).toEqual([])
    })

    it(`${signal} leaves the old file of a copy, and nothing else`, async () => {
      const folder = makeFolder()
      writeSparse(folder.at("long.wav"), 2048 * mebibyte)
      folder.write("target.wav", "old")
      const isReady = () => folder.names().some((name) => name.endsWith(".tmp"))
      expect(await signalled(folder, ["copy", "-f", "long.wav", "target.wav"], signal, isReady)).toBe(code)
      expect(folder.names()).toEqual(["long.wav", "target.wav"])
      expect(new TextDecoder().decode(folder.read("target.wav"))).toBe("old")
    })
  }
})

describe("a command line", () => {
  const refused: ReadonlyArray<readonly [string, ReadonlyArray<string>, number, RegExp]> = [
    ["an unknown subcommand", ["foo"], 2, /Invalid subcommand/],
    ["an unknown option", ["tree", "--foo", "a.wav"], 2, /There is no option '--foo'/],
    ["a missing value", ["tag", "a.wav", "--tag"], 2, /--tag needs a value/],
    ["an unknown tag", ["tag", "a.wav", "--tag", "foo=bar"], 2, /"foo" is no tag/],
    ["standard input that would be changed", ["tag", "-", "--tag", "INAM=x"], 2, /Standard input cannot be changed/],
    ["a file that is missing", ["info", "missing.wav"], 3, /missing\.wav: there is no such file/],
    ["a folder that is missing", ["copy", "a.wav", "no/b.wav"], 3, /there is no such folder/],
    ["a chunk that is missing", ["extract", "a.wav", "abcd"], 3, /there is no RIFF \/ abcd/],
    ["a file without sound", ["info", "notes.txt"], 5, /there is no WAVE in it/],
    ["a folder as a file", ["tree", "."], 2, /is a folder: name the files in it/],
    ["a full disk", ["copy", "a.wav", "/dev/full", "--force"], 6, /no space left/]
  ]

  it("ends with one sentence and the exit code for each thing that can be wrong", async () => {
    const { run, write } = makeFolder({ "a.wav": "wav-info-sndfile.wav" })
    write("notes.txt", "not a RIFF file at all")
    for (const [what, args, code, sentence] of refused) {
      const ran = await run(args)
      expect(ran.error, what).toMatch(sentence)
      expect(ran.error.trimEnd().split("\n"), what).toHaveLength(1)
      expect(ran.code, what).toBe(code)
      expect(ran.out, what).toBe("")
    }
  })

  it.skipIf(!fs.existsSync("/dev/full"))("ends with 6 where its results cannot be printed", () => {
    const { folder } = makeFolder({ "a.wav": "wav-info-sndfile.wav" })
    for (const args of ["tag --export json a.wav", "info a.wav", "verify a.wav", "tree a.wav --json"]) {
      const command = `${process.execPath} ${binary} ${args} > /dev/full`
      const { status, stderr } = spawnSync("bash", ["-c", command], { cwd: folder, encoding: "utf8" })
      expect(stderr, args).toMatch(/standard output: .*ENOSPC/)
      expect(status, args).toBe(6)
    }
  })

  it("names the file in the JSON of a failure", async () => {
    const { json } = makeFolder()
    for (const command of ["cue", "map", "info"]) {
      const [line] = await json([command, "no.wav"])
      expect(line, command).toMatchObject({ name: "no.wav", error: { exitCode: 3 } })
    }
  })

  it("blames standard input for nothing else", async () => {
    const { read, run } = makeFolder({ "mmio-out.wav": "wav-info-sndfile.wav" })
    const { code, error } = await run(["copy", "-", "mmio-out.wav"], { input: read("mmio-out.wav") })
    expect(error).toContain("mmio-out.wav exists already")
    expect(code).toBe(2)
    expect((await run(["info", "-"])).error).toContain("standard input")
  })

  it("reads standard input from where the program before has left it, and refuses a folder", () => {
    const { folder, read } = makeFolder({ "a.wav": "wav-info-sndfile.wav" })
    const ran = (script: string) =>
      spawnSync("bash", ["-c", script.replaceAll("mmio", `${process.execPath} ${binary}`)], { cwd: folder })
    const { stderr, stdout } = ran("{ dd bs=12 count=1 status=none > first; mmio copy - -; } < a.wav")
    expect(stderr.toString()).toBe("")
    expect(new Uint8Array(stdout)).toEqual(new Uint8Array(read("a.wav").subarray(12)))
    expect(ran("mmio info - < .").stderr.toString()).toMatch(/^mmio: standard input.* is a folder.*\n$/)
  })

  it("goes on where a reader closes the pipe", async () => {
    const { folder } = makeFolder({ "a.wav": "wav-info-sndfile.wav" })
    const command = `${process.execPath} ${binary} tree ${"a.wav ".repeat(300)} | head -1`
    const { stderr, stdout } = spawnSync("bash", ["-o", "pipefail", "-c", command], { cwd: folder, encoding: "utf8" })
    expect(stdout).toBe("a.wav, 568 bytes\n")
    expect(stderr).toBe("")
  })
})
