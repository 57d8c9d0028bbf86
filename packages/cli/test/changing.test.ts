/** The commands that change files, or make new ones: repair, cue, digest, extract, insert, copy, recover. */
import * as IOProc from "@effect-mmio/core/IOProc"
import * as Mmio from "@effect-mmio/core/Mmio"
import * as MmioError from "@effect-mmio/core/MmioError"
import * as Riff from "@effect-mmio/core/Riff"
import * as RiffEdit from "@effect-mmio/core/RiffEdit"
import * as NodeIOProc from "@effect-mmio/platform-node/NodeIOProc"
import * as Effect from "effect/Effect"
import { createHash } from "node:crypto"
import * as fs from "node:fs"
import { describe, expect, it } from "vitest"
import { makeFolder, waveHeader } from "./support/command.js"
import { decode, records } from "./support/records.js"

describe("repair", () => {
  it("writes nothing with --dry-run, and then what that said", async () => {
    const { json, read, run } = makeFolder({ "cut.wav": "malformed-truncated-data.wav" })
    const before = read("cut.wav")
    const dry = decode(records.repair, (await json(["repair", "cut.wav", "--dry-run"]))[0])
    expect(dry.written).toBe(false)
    expect(read("cut.wav")).toEqual(before)
    const { corrections, written } = decode(records.repair, (await json(["repair", "cut.wav"]))[0])
    expect(written).toBe(true)
    expect(corrections).toEqual(dry.corrections)
    expect(corrections).toHaveLength(2)
    expect((await run(["verify", "cut.wav"])).code).toBe(0)
    expect((await run(["repair", "cut.wav"])).out).toBe("cut.wav: nothing to correct\n")
  })

  it("ends with 1 where a file is damaged even so", async () => {
    const { run } = makeFolder({ "odd.bin": "malformed-garbage.bin" })
    for (const options of [[], ["--dry-run"]]) {
      const { code, out } = await run(["repair", "odd.bin", ...options])
      expect(out).toContain("still damaged")
      expect(code).toBe(1)
    }
  })

  it("says which command helps, and which byte it has inserted", async () => {
    const { run } = makeFolder({ "odd.wav": "malformed-missing-pad-middle.wav" })
    expect((await run(["verify", "odd.wav"])).out).toContain("mmio repair inserts the byte")
    expect((await run(["repair", "odd.wav", "--dry-run"])).out).toContain("mmio repair inserts it")
    const { code, out } = await run(["repair", "odd.wav"])
    expect(out).toMatch(/: inserted$/m)
    expect(out).not.toContain("Riff")
    expect(code).toBe(0)
  })
})

describe("a file whose sizes are wrong", () => {
  /** A recording as a pipe or a crash leaves it: the sizes of the form and of the samples are these. */
  const unfinished = (form: number, data: number): Uint8Array => {
    const bytes = Buffer.concat([waveHeader(0), Buffer.alloc(2000, 7)])
    bytes.writeUInt32LE(form, 4)
    bytes.writeUInt32LE(data, 40)
    return new Uint8Array(bytes)
  }
  const unknown = 0xffff_ffff
  const sizes: ReadonlyArray<readonly [form: number, data: number]> = [
    [0, 0],
    [0, 2000],
    [36, 0],
    [unknown, unknown],
    [0, unknown],
    [unknown, 0],
    [4036, 4000]
  ]
  const changes: ReadonlyArray<ReadonlyArray<string>> = [
    ["tag", "my take.wav", "--tag", "INAM=x"],
    ["tag", "--from", "tags.csv"],
    ["cue", "my take.wav", "--add", "5"],
    ["insert", "my take.wav", "abcd", "--data", "data.bin"],
    ["digest", "my take.wav", "--embed"]
  ]

  it("is not changed, and the command that corrects the sizes is named", async () => {
    const { read, run, write } = makeFolder()
    write("data.bin", "1234")
    write("tags.csv", "name,INAM\nmy take.wav,x\n")
    for (const [index, [form, data]] of sizes.entries()) {
      const bytes = unfinished(form, data)
      // one command for each file, but all of them for the first
      for (const args of index === 0 ? changes : [changes[index % changes.length]!]) {
        const what = `${form} ${data} ${args.join(" ")}`
        write("my take.wav", bytes)
        const { code, error, out } = await run(args)
        expect(error, what).toMatch(/^mmio: my take\.wav.*; mmio repair "my take\.wav" corrects it\n$/)
        expect(error.match(/repair/g), what).toHaveLength(1)
        expect(out, what).toBe("")
        expect(code, what).toBe(args[0] === "digest" && data > 2000 ? 1 : 5)
        expect(new Uint8Array(read("my take.wav")), what).toEqual(bytes)
        expect((await run(["repair", "my take.wav"])).code, what).toBe(0)
        expect(await run(args), what).toMatchObject({ code: 0, error: "" })
      }
    }
  })

  it("names no command that would not help", async () => {
    const { run } = makeFolder({ "odd.bin": "malformed-garbage.bin" })
    const { code, error } = await run(["tag", "odd.bin", "--tag", "INAM=x"])
    expect(error).not.toContain("mmio repair")
    expect(code).toBe(5)
  })

  it("is what the help of the commands says", async () => {
    const { run } = makeFolder()
    for (const command of ["tag", "cue", "insert", "digest"]) {
      expect((await run([command, "--help"])).out.replaceAll(/\s+/g, " "), command).toContain("mmio repair corrects")
    }
  })
})

describe("cue", () => {
  it("adds points at frames and at times, with names, and removes points with their labels", async () => {
    const { json, run } = makeFolder({ "cues.wav": "wav-cue-adtl-gstreamer.wav" })
    const { cuePoints, written } = decode(
      records.cue,
      (await json(["cue", "cues.wav", "--add", "400=Hälfte=50 %", "--add", "0.05s", "--remove", "1"]))[0]
    )
    expect(written).toBe(true)
    expect(cuePoints.map(({ id, position, texts }) => [id, position, texts])).toEqual([
      [2, 267, ["Part 2"]],
      [3, 533, ["Third"]],
      [4, 400, ["Hälfte=50 %"]],
      [5, 400, []]
    ])
    expect((await run(["verify", "cues.wav"])).code).toBe(0)
    expect(decode(records.cue, (await json(["cue", "cues.wav"]))[0])).toMatchObject({ cuePoints, written: false })
  })

  it("makes the first point of a file, and takes the last one away", async () => {
    const { json, run } = makeFolder({ "take.wav": "rifx-pcm16-sox.wav" })
    const { cuePoints } = decode(records.cue, (await json(["cue", "take.wav", "--add", "7=Start"]))[0])
    expect(cuePoints.map(({ position, texts }) => [position, texts])).toEqual([[7, ["Start"]]])
    expect((await run(["cue", "take.wav", "--remove", "1"])).out).toBe("take.wav: no cue points\n")
    expect((await run(["tree", "take.wav"])).out).not.toMatch(/cue|adtl/)
  })

  it("refuses points outside of the file", async () => {
    const { read, run } = makeFolder({ "take.wav": "wav-info-sndfile.wav" })
    const before = read("take.wav")
    expect(await run(["cue", "take.wav", "--add", "99999"])).toMatchObject({
      code: 2,
      error: "mmio: There is no frame 99999 in it\n"
    })
    expect(await run(["cue", "take.wav", "--remove", "4"])).toMatchObject({ code: 3 })
    expect(read("take.wav")).toEqual(before)
  })
})

describe("digest", () => {
  it("is the MD5 of the samples, stored from its last byte to its first", async () => {
    const { json, read, run } = makeFolder({ "take.wav": "wav-odd-data-then-list-sndfile.wav" })
    const { chunks } = decode(records.tree, (await json(["tree", "take.wav"]))[0])
    const data = chunks[0]?.chunks?.find(({ id }) => id === "data")
    const begin = data?.dataOffset ?? 0
    const samples = read("take.wav").subarray(begin, begin + (data?.size.declared ?? 0))
    const digest = createHash("md5").update(samples).digest()
    expect(samples.length % 2).toBe(1)
    expect((await run(["digest", "take.wav"])).out).toBe(`${digest.toString("hex")}  take.wav\n`)
    expect(decode(records.embedded, (await json(["digest", "take.wav", "--embed"]))[0]).md5).toBe(
      digest.toString("hex")
    )
    expect((await run(["extract", "take.wav", "MD5"])).bytes).toEqual(new Uint8Array(digest.toReversed()))
    expect(decode(records.checked, (await json(["digest", "take.wav", "--check"]))[0]).same).toBe(true)
  })

  it("ends with 1 where the sound is another one, and with 3 where nothing is stored", async () => {
    const { read, run, write } = makeFolder({ "take.wav": "wav-info-sndfile.wav" })
    expect(await run(["digest", "take.wav", "--check"])).toMatchObject({
      code: 3,
      error: "mmio: take.wav: no digest is stored in it; --embed stores one\n"
    })
    await run(["digest", "take.wav", "--embed"])
    const bytes = Buffer.from(read("take.wav"))
    bytes.writeUInt8(bytes.readUInt8(100) ^ 1, 100)
    write("take.wav", bytes)
    const { code, out } = await run(["digest", "take.wav", "--check"])
    expect(out).toContain("not as stored")
    expect(code).toBe(1)
  })
})

describe("extract, insert and copy", () => {
  it("takes out of one file what is put into another, where it is to be", async () => {
    const { json, run } = makeFolder({ "from.wav": "wav-bext-ffmpeg.wav", "to.wav": "wav-info-sndfile.wav" })
    const { bytes } = decode(records.extract, (await json(["extract", "from.wav", "bext", "-o", "bext.bin"]))[0])
    expect(
      decode(records.insert, (await json(["insert", "to.wav", "bext", "--data", "bext.bin", "--before", "data"]))[0])
        .bytes
    )
      .toBe(bytes)
    expect((await run(["extract", "to.wav", "RIFF:WAVE / bext"])).bytes).toEqual(
      (await run(["extract", "from.wav", "bext"])).bytes
    )
    const ids = decode(records.tree, (await json(["tree", "to.wav"]))[0]).chunks[0]?.chunks?.map(({ id }) => id)
    expect(ids).toEqual(["fmt ", "bext", "data", "LIST"])
  })

  it("reads standard input, and replaces a chunk where it is to", async () => {
    const { run } = makeFolder({ "take.wav": "wav-info-sndfile.wav" })
    const insert = (text: string, ...options: ReadonlyArray<string>) =>
      run(["insert", "take.wav", "LIST:INFO / INAM", "--data", "-", ...options], {
        input: new TextEncoder().encode(text)
      })
    expect((await insert("Two\0", "--replace")).code).toBe(0)
    expect((await run(["tag", "take.wav"])).out).toContain("INAM                      Two\n")
    expect((await insert("Three\0")).code).toBe(0)
    expect((await run(["tag", "take.wav"])).out.match(/INAM/g)).toHaveLength(2)
  })

  it("refuses to replace a file without --force, and leaves no other file", async () => {
    const { names, read, run } = makeFolder({ "a.wav": "wav-info-sndfile.wav", "b.wav": "wav-bext-ffmpeg.wav" })
    const before = read("b.wav")
    expect(await run(["copy", "a.wav", "b.wav"])).toMatchObject({
      code: 2,
      error: "mmio: b.wav exists already; --force replaces it\n"
    })
    expect(read("b.wav")).toEqual(before)
    expect((await run(["copy", "a.wav", "b.wav", "--force"])).code).toBe(0)
    expect(read("b.wav")).toEqual(read("a.wav"))
    expect((await run(["extract", "missing.wav", "data", "-o", "b.wav", "--force"])).code).toBe(3)
    expect(read("b.wav")).toEqual(read("a.wav"))
    expect(names()).toEqual(["a.wav", "b.wav"])
  })

  it("copies from standard input to standard output", async () => {
    const { read, run } = makeFolder({ "a.wav": "wav-info-sndfile.wav" })
    expect((await run(["copy", "-", "-"], { input: read("a.wav") })).bytes).toEqual(new Uint8Array(read("a.wav")))
  })
})

describe("recover", () => {
  /** Edits a file on a disk that fails from the n-th write on. */
  const editFailing = (file: string, failsFrom: number) =>
    Effect.gen(function*() {
      let count = 0
      const failing = (inner: IOProc.File): IOProc.File => {
        const { truncate, writeAt } = inner
        const broken = () =>
          new MmioError.CannotWrite({ operation: "write", file, description: "the disk is gone", written: 0 })
        return IOProc.wrapFile(inner, {
          ...(writeAt && {
            writeAt: (position, source, mode) =>
              Effect.suspend(() => ++count < failsFrom ? writeAt(position, source, mode) : broken())
          }),
          ...(truncate && { truncate: (size) => Effect.suspend(() => count < failsFrom ? truncate(size) : broken()) })
        })
      }
      const disk = IOProc.mapFile(yield* NodeIOProc.make({ blocking: true, writeBehind: false }), failing)
      yield* Effect.exit(
        Effect.provideService(Riff.edit(file, [RiffEdit.remove("RIFF:WAVE / LIST:INFO")]), IOProc.IOProc, disk)
      )
      return yield* Effect.provideService(
        Mmio.withFile(file, {}, Riff.verify),
        IOProc.IOProc,
        yield* NodeIOProc.make({ blocking: true })
      )
    })

  it("finishes an edit that was decided, and says when there is nothing to finish", async () => {
    const { at, json, read, run, write } = makeFolder({ "take.wav": "wav-info-sndfile.wav" })
    const old = read("take.wav")
    let decided = false
    for (let failsFrom = 1; failsFrom < 60 && !decided; failsFrom++) {
      write("take.wav", old)
      const problems = await Effect.runPromise(editFailing(at("take.wav"), failsFrom))
      decided = problems.some((problem) => problem._tag === "UnfinishedEdit" && problem.decided)
    }
    expect(decided).toBe(true)
    expect((await run(["verify", "take.wav"])).code).toBe(1)
    expect(decode(records.recover, (await json(["recover", "take.wav"]))[0]).recovery).toBe("applied")
    expect((await run(["tag", "take.wav"])).out).toBe("take.wav: no tags\n")
    expect((await run(["verify", "take.wav"])).code).toBe(0)
    expect((await run(["recover", "take.wav"])).out).toBe("take.wav: there is no unfinished edit\n")
    fs.rmSync(at("take.wav"))
    expect((await run(["recover", "take.wav"])).code).toBe(3)
  })
})
