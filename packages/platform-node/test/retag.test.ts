/** The program of `npm run retag`: as a process, and the compiled program itself on every fixture. */
import { type IOProc, MemoryIOProc, type MmioError } from "@effect-mmio/core"
import { assert, describe, it } from "@effect/vitest"
import { Console, Effect, FastCheck, Layer } from "effect"
import * as ChildProcess from "node:child_process"
import * as NFS from "node:fs"
import * as Path from "node:path"
import { fileURLToPath, pathToFileURL } from "node:url"
import { beforeAll } from "vitest"
import { isRoot, tempFolder } from "./helpers.js"

const root = fileURLToPath(new URL("../../..", import.meta.url))
const fixtures = Path.join(root, "packages/proofs/fixtures")
const build = Path.join(root, "packages/platform-node/build/examples")

interface Program {
  readonly retag: (task: {
    readonly input: string
    readonly output: string
    readonly tag: { readonly id: string; readonly text: string }
  }) => Effect.Effect<void, MmioError.MmioError | (Error & { readonly _tag: "Refused" }), IOProc.IOProc>
}
let program: Program

beforeAll(async () => {
  // as a user starts it, which compiles it where needed
  ChildProcess.execFileSync(process.execPath, ["scripts/start.mjs", "examples/retag", "--help"], { cwd: root })
  program = await import(pathToFileURL(Path.join(build, "retag/program.js")).href) as Program
}, 120_000)

// ---------------------------------------------------------------------------------------------------------------------
// the process
// ---------------------------------------------------------------------------------------------------------------------

/** Runs the program in a folder, to its end. */
const start = (folder: string, ...args: ReadonlyArray<string>) =>
  Effect.async<{ readonly code: number; readonly stdout: string; readonly stderr: string }>((resume) => {
    ChildProcess.execFile(
      process.execPath,
      [Path.join(build, "retag.js"), ...args],
      { cwd: folder },
      (error, stdout, stderr) =>
        resume(Effect.succeed({ code: error === null ? 0 : Number(error.code), stdout, stderr }))
    )
  })

const fixture = (name: string) => Path.join(fixtures, name)

describe("npm run retag", () => {
  it.scopedLive("retags the file that comes with it", () =>
    Effect.gen(function*() {
      const folder = yield* tempFolder
      const { code, stderr, stdout } = yield* start(folder)
      assert.deepStrictEqual([code, stderr], [0, ""])
      assert.match(stdout, /\n {10}0 +1548 {2}RIFF WAVE\n {9}12 +16 {4}fmt\n {9}36 +401 {4}data\n/)
      assert.match(stdout, / {6}ICMT +"Retagged with effect-mmio"\n/)
      assert.match(
        stdout,
        /\ntone\.tagged\.wav has the tag, and all else as it was: 6 parts are identical, byte for byte\.\n$/
      )
      assert.deepStrictEqual(NFS.readdirSync(folder), ["tone.tagged.wav"])
    }), 30_000)

  it.scopedLive("does the same in memory, and leaves nothing on the disk", () =>
    Effect.gen(function*() {
      const folder = yield* tempFolder
      const args = [fixture("avi-opendml-ffmpeg.avi"), "--tag", "INAM=Größe", "--output", "out/copy.avi"]
      const inMemory = yield* start(folder, ...args, "--storage", "memory")
      assert.deepStrictEqual([inMemory.code, inMemory.stderr, NFS.readdirSync(folder)], [0, "", []])
      NFS.mkdirSync(Path.join(folder, "out"))
      const onDisk = yield* start(folder, ...args)
      assert.deepStrictEqual(onDisk, inMemory)
      assert.isTrue(NFS.existsSync(Path.join(folder, "out/copy.avi")))
    }), 30_000)

  it.scopedLive("takes names for what they say, and replaces a file of an earlier run", () =>
    Effect.gen(function*() {
      const folder = yield* tempFolder
      const output = Path.join(folder, "songs.zip+intro.wav")
      NFS.writeFileSync(output, new Uint8Array(100_000))
      const { code } = yield* start(
        folder,
        fixture("wav-info-sndfile.wav"),
        "-t",
        "IART=a+b",
        "-o",
        "songs.zip+intro.wav"
      )
      assert.strictEqual(code, 0)
      assert.include(NFS.readFileSync(output, "latin1"), "IART\x04\0\0\0a+b\0")
      assert.strictEqual(NFS.statSync(output).size, 564)
    }), 30_000)

  it.scopedLive("escapes the names of files in what it prints", () =>
    Effect.gen(function*() {
      const folder = yield* tempFolder
      const name = "a\nb\u001b[2J\u202e.wav"
      const printed = "a\\nb\\u001b[2J\\u202e.wav"
      NFS.copyFileSync(fixture("wav-info-sndfile.wav"), Path.join(folder, name))
      const { code, stdout } = yield* start(folder, name, "-o", `copy ${name}`)
      assert.strictEqual(code, 0)
      assert.include(stdout, `${printed} -> copy ${printed}: `)
      assert.include(stdout, `Comparing ${printed} with copy ${printed}\n`)
      assert.notMatch(stdout, /\p{Bidi_Control}/u)
      assert.notInclude(stdout, "\u001b")
      const missing = yield* start(folder, `not ${name}`)
      assert.deepStrictEqual([missing.code, missing.stderr], [1, `There is no file not ${printed}.\n`])
    }), 30_000)

  it.scopedLive(
    "ends with one sentence on stderr, and 1, where it cannot do what is asked",
    () =>
      Effect.gen(function*() {
        const folder = yield* tempFolder
        const input = Path.join(folder, "a.wav")
        NFS.copyFileSync(fixture("wav-info-sndfile.wav"), input)
        NFS.symlinkSync("a.wav", Path.join(folder, "link.wav"))
        NFS.mkdirSync(Path.join(folder, "folder"))
        const before = NFS.readFileSync(input)
        const help = "(--help says what there is)."
        const itself = "is in use, or is the input itself, which is never written to."
        const cases: ReadonlyArray<readonly [expected: string, ...args: ReadonlyArray<string>]> = [
          ["There is no file nope.wav.", "nope.wav"],
          ["There is no folder for nope/a.wav.", "nope/a.wav"],
          ["folder cannot be opened: it is a folder.", "a.wav", "-o", "folder"],
          [`./a.wav ${itself}`, "a.wav", "-o", "./a.wav", "-s", "memory"],
          [`link.wav ${itself}`, "a.wav", "-o", "link.wav"],
          [`Unknown option '--frobnicate' ${help}`, "--frobnicate"],
          [
            `A tag is four characters, "=" and its text, as INAM=Title, and not "Title" ${help}`,
            "a.wav",
            "--tag",
            "Title"
          ],
          [
            `${fixture("malformed-empty.wav")} is not a RIFF file: it has only 0 bytes.`,
            fixture("malformed-empty.wav")
          ],
          [
            `${fixture("rf64-pcm16-ffmpeg.wav")} is an RF64 file (a WAVE beyond 4 GiB), which is not supported yet.`,
            fixture("rf64-pcm16-ffmpeg.wav")
          ],
          ...process.platform === "linux"
            ? [
              ["/dev/null cannot be used, because one can only go forward in it.", "a.wav", "-o", "/dev/null"] as const
            ]
            : [],
          ...isRoot || process.platform === "win32"
            ? []
            : [["locked.wav is not accessible: permission denied.", "locked.wav"] as const]
        ]
        NFS.writeFileSync(Path.join(folder, "locked.wav"), "", { mode: 0 })
        const files = NFS.readdirSync(folder)
        const results = yield* Effect.forEach(cases, ([, ...args]) => start(folder, ...args), { concurrency: 3 })
        assert.deepStrictEqual(
          results.map(({ code, stderr }) => `${code} ${stderr}`),
          cases.map(([expected]) => `1 ${expected}\n`)
        )
        assert.deepStrictEqual(NFS.readdirSync(folder), files)
        assert.deepStrictEqual(NFS.readFileSync(input), before)
      }),
    60_000
  )
})

// ---------------------------------------------------------------------------------------------------------------------
// the program
// ---------------------------------------------------------------------------------------------------------------------

/** Runs the program on bytes in memory; gives what it wrote and printed. */
const retagged = (bytes: Uint8Array, id: string, text: string) =>
  Effect.gen(function*() {
    const storage = yield* MemoryIOProc.MemoryIOProc
    const lines: Array<string> = []
    const log = Effect.map(Effect.console, (console) => ({
      ...console,
      log: (...args: ReadonlyArray<unknown>) => Effect.sync(() => void lines.push(args.join(" ")))
    }))
    const failure = yield* Effect.flip(program.retag({ input: "in", output: "out", tag: { id, text } })).pipe(
      Effect.option,
      Effect.provide(Layer.unwrapEffect(Effect.map(log, (console) => Console.setConsole(console))))
    )
    const files = yield* storage.files
    return {
      failure: failure._tag === "Some" ? failure.value : undefined,
      output: files.includes("/out") ? yield* storage.bytes("out") : undefined,
      printed: lines.join("\n")
    }
  }).pipe(Effect.provide(MemoryIOProc.layer({ in: bytes })))

const names = NFS.readdirSync(fixtures).filter((name) => name.includes(".") && !/\.(md|json)$/.test(name))

const isRiff = (bytes: Uint8Array) => bytes.length >= 12 && Buffer.from(bytes.subarray(0, 4)).toString() === "RIFF"

/** Where bytes are in others, which have them once. */
const indexOfOnce = (bytes: Uint8Array, searched: string) => {
  const at = Buffer.from(bytes).indexOf(searched, 0, "latin1")
  assert.isAtLeast(at, 0)
  assert.strictEqual(Buffer.from(bytes).indexOf(searched, at + 1, "latin1"), -1)
  return at
}

describe("retag", () => {
  it.effect.each(names)("%s", (name) =>
    Effect.gen(function*() {
      const input = NFS.readFileSync(fixture(name))
      const { failure, output, printed } = yield* retagged(input, "ITST", "test")
      if (!isRiff(input)) {
        assert.strictEqual(failure?._tag, "Refused")
        assert.match(failure?.message ?? "", /^in is .*\.$/)
        assert.isUndefined(output)
        return
      }
      assert.isUndefined(failure)
      assert.isDefined(output)
      if (output === undefined) return
      if (name.startsWith("malformed-") && !/two-riffs|deep|nonprintable|before-fmt|missing-pad-end/.test(name)) {
        assert.include(printed, "This file is damaged, or was never finished: ")
      }

      // Without what was added, and but for the sizes of what it was added to, the bytes are those of the input.
      const tag = indexOfOnce(output, "ITST\x05\0\0\0test\0\0")
      const isNew = Buffer.from(output.subarray(tag - 12, tag)).toString("latin1") === "LIST\x12\0\0\0INFO"
      const from = isNew ? tag - 12 : tag
      const to = tag + 14
      if (name.startsWith("avi-") && !isNew) {
        // the list grew into the filling after it
        assert.strictEqual(output.length, input.length)
        assert.deepStrictEqual(output.subarray(to + 8 + 900), new Uint8Array(input.subarray(to + 8 + 900)))
        return
      }
      const rest = Buffer.concat([output.subarray(0, from), output.subarray(to)])
      const list = Buffer.from(input).lastIndexOf("LIST", from - 1)
      const sizes = isNew ? [4] : [4, list + 4]
      const masked = (bytes: Uint8Array) => {
        const copy = Buffer.from(bytes)
        for (const at of sizes) copy.fill(0, at, at + 4)
        return copy
      }
      const padded = name === "malformed-missing-pad-end.wav" ?
        Buffer.concat([input, Buffer.alloc(1)])
        // a RIFF that got an odd size got a pad byte, too
        : rest.length === input.length + 1
        ? Buffer.concat([input, Buffer.alloc(1)])
        : input
      assert.deepStrictEqual(masked(rest), masked(padded))

      // Once more changes nothing.
      const again = yield* retagged(output, "ITST", "test")
      assert.isUndefined(again.failure)
      assert.deepStrictEqual(again.output, output)
    }))

  it.effect("replaces a tag where it is, leaves out others of its id, and keeps what follows in its place", () =>
    Effect.gen(function*() {
      const chunk = (id: string, data: string) => {
        const head = Buffer.alloc(8, id, "latin1")
        head.writeUInt32LE(data.length, 4)
        return `${head.toString("latin1")}${data}${data.length % 2 === 1 ? "\0" : ""}`
      }
      const info = (...tags: ReadonlyArray<string>) => chunk("LIST", `INFO${tags.join("")}`)
      const file = (...chunks: ReadonlyArray<string>) => Buffer.from(chunk("RIFF", `TEST${chunks.join("")}`), "latin1")
      const first = chunk("IART", "a singer\0")
      const last = chunk("ISFT", "a program\0")
      const after = chunk("data", "\x01\x02\x03")
      const input = file(
        info(first, chunk("INAM", "a long title\0"), last, chunk("INAM", "x\0")),
        chunk("JUNK", "filling"),
        after,
        info(chunk("INAM", "y\0"))
      )
      const { failure, output } = yield* retagged(input, "INAM", "ü")
      assert.isUndefined(failure)
      const title = chunk("INAM", "\xc3\xbc\0")
      assert.deepStrictEqual(
        Buffer.from(output ?? []),
        file(info(first, title, last), chunk("JUNK", `filling${"\0".repeat(20)}`), after, info())
      )
    }))

  // A RIFF of a program that died has no size, nor has its data: the list must not come between data and the sound.
  it.effect("adds nothing after data that was never finished", () =>
    Effect.gen(function*() {
      const input = Buffer.from(NFS.readFileSync(fixture("wav-pcm16-stereo-ffmpeg.wav")).subarray(0, 1000))
      const data = input.indexOf("data", 0, "latin1")
      input.writeUInt32LE(0, 4)
      input.writeUInt32LE(0, data + 4)
      const { output } = yield* retagged(input, "ITST", "test")
      assert.isDefined(output)
      assert.deepStrictEqual(Buffer.from(output ?? []).subarray(-1000 + data), input.subarray(data))
    }))

  it.effect("never crashes, and never changes another chunk, whatever the bytes are", () =>
    Effect.gen(function*() {
      const inputs = names.map((name) => NFS.readFileSync(fixture(name))).filter((bytes) =>
        isRiff(bytes) && bytes.length < 3000
      )
      const damage = FastCheck.record({
        input: FastCheck.constantFrom(...inputs),
        cut: FastCheck.nat(3000),
        changes: FastCheck.array(FastCheck.tuple(FastCheck.nat(3000), FastCheck.nat(255)), { maxLength: 6 }),
        tag: FastCheck.constantFrom("ITST", "INAM", "ISFT")
      })
      for (const { changes, cut, input, tag } of FastCheck.sample(damage, { numRuns: 150, seed: 1 })) {
        const bytes = Buffer.from(input.subarray(0, Math.max(1, input.length - (cut % 4 === 0 ? cut : 0))))
        for (const [at, value] of changes) bytes[at % bytes.length] = value
        const { failure, output } = yield* retagged(bytes, tag, "test")
        // it compares the two files itself, and would say that a chunk has changed
        if (failure !== undefined) assert.match(failure.message, /^in is (not a RIFF file|an? .* not supported yet)/)
        else assert.isAtLeast((output?.length ?? 0) + 3000, bytes.length)
      }
    }), 60_000)
})
