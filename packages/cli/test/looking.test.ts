/** The commands that look at files: tree, info, verify, map. */
import * as fs from "node:fs"
import { describe, expect, it } from "vitest"
import { makeFolder } from "./support/command.js"
import { decode, records } from "./support/records.js"

describe("tree", () => {
  it("shows every chunk with what it says, and each problem below the chunk that it is in", async () => {
    const { run } = makeFolder({ "take.wav": "wav-info-sndfile.wav", "cut.wav": "malformed-truncated-data.wav" })
    const { code, error, out } = await run(["tree", "take.wav", "cut.wav"])
    expect(out).toMatchInlineSnapshot(`
      "take.wav, 568 bytes

           offset        size  chunk
                0         560  RIFF WAVE
               12          16    fmt                 PCM, 16 bit, 1 channel, 8000 Hz
               36         400    data
              444         116    LIST INFO
              456          12      INAM              "Two hundred"
              476           4      ICOP              "CC0"
              488           8      IART              "Nobody"
              504          16      ICMT              "set afterwards"
              528          12      ICRD              "2024-01-02"
              548          12      IPRD              "Test tones"

      cut.wav, 100 bytes

           offset        size  chunk
                0         126  RIFF WAVE
                               ! "RIFF" at 0 ends past the end of the file: 92 of 126 bytes are there
               12          16    fmt                 PCM, 16 bit, 1 channel, 8000 Hz
               36          18    LIST INFO
               48           5      INAM              "Base"
               62          64    data
                                 ! "data" at 62 ends past the end of the file: 30 of 64 bytes are there

      "
    `)
    expect(error).toBe("")
    expect(code).toBe(0)
  })

  it("gives the same as JSON", async () => {
    const { json } = makeFolder({ "cues.wav": "wav-cue-adtl-gstreamer.wav" })
    const [line, ...others] = await json(["tree", "cues.wav"])
    const { chunks, length, problems } = decode(records.tree, line)
    expect(others).toEqual([])
    expect(length).toBe(1848)
    expect(problems).toEqual([])
    expect(chunks[0]?.chunks?.map(({ fact, id, type }) => ({ id, type, fact }))).toMatchInlineSnapshot(`
      [
        {
          "fact": "PCM, 16 bit, 1 channel, 8000 Hz",
          "id": "fmt ",
          "type": undefined,
        },
        {
          "fact": undefined,
          "id": "data",
          "type": undefined,
        },
        {
          "fact": "3 cue points",
          "id": "cue ",
          "type": undefined,
        },
        {
          "fact": undefined,
          "id": "LIST",
          "type": "adtl",
        },
        {
          "fact": undefined,
          "id": "LIST",
          "type": "INFO",
        },
      ]
    `)
  })

  it("escapes what could steer a terminal", async () => {
    const { run, write } = makeFolder()
    const text = "\u001b[31mred\0"
    const body = Buffer.concat([
      Buffer.from("WAVELIST"),
      Buffer.from([12 + text.length, 0, 0, 0]),
      Buffer.from("INFOINAM"),
      Buffer.from([text.length, 0, 0, 0]),
      Buffer.from(text)
    ])
    write("\u001b]0;x.wav", Buffer.concat([Buffer.from("RIFF"), Buffer.from([body.length, 0, 0, 0]), body]))
    const { out } = await run(["tree", "\u001b]0;x.wav"])
    expect(out).not.toContain("\u001b")
    expect(out).toContain("\\u001b[31mred")
  })
})

describe("info", () => {
  it("shows format, duration, tags, cue points and bext", async () => {
    const { run } = makeFolder({ "bext.wav": "wav-bext-ffmpeg.wav", "cues.wav": "wav-cue-adtl-gstreamer.wav" })
    const { code, error, out } = await run(["info", "bext.wav", "cues.wav"])
    expect(out).toMatchInlineSnapshot(`
      "bext.wav
        form        RIFF WAVE
        format      PCM, 16 bit, 1 channel, 8000 Hz
        duration    0:00:00.050, 400 frames
        data        800 bytes at 694
        tags        ISFT  Lavf59.27.100
        bext        version     1
                    description From ffmpeg
                    originator  Nobody
                    reference   REF2
                    recorded    2024-01-02 03:04:05
                    time        frame 77
                    history     A=PCM
      cues.wav
        form        RIFF WAVE
        format      PCM, 16 bit, 1 channel, 8000 Hz
        duration    0:00:00.100, 800 frames
        data        1600 bytes at 44
        tags        INAM  Three parts
                    IART  Nobody
        cue points  1  frame 0 (0:00:00.000)  "Part one"
                    2  frame 267 (0:00:00.033)  "Part 2"
                    3  frame 533 (0:00:00.067)  "Third"
      "
    `)
    expect(error).toBe("")
    expect(code).toBe(0)
  })

  it("gives the same as JSON", async () => {
    const { json } = makeFolder({ "bext.wav": "wav-bext-ffmpeg.wav" })
    const { bext, format, frames, tags } = decode(records.info, (await json(["info", "bext.wav"]))[0])
    expect({ description: bext?.description, format, frames, tags }).toMatchInlineSnapshot(`
      {
        "description": "From ffmpeg",
        "format": {
          "bitsPerSample": 16,
          "blockAlign": 2,
          "byteRate": 16000,
          "channels": 1,
          "codec": "pcm",
          "codecName": "PCM",
          "sampleRate": 8000,
        },
        "frames": 400,
        "tags": [
          {
            "id": "ISFT",
            "text": "Lavf59.27.100",
          },
        ],
      }
    `)
  })

  it("reads standard input", async () => {
    const { read, run } = makeFolder({ "take.wav": "wav-info-sndfile.wav" })
    const named = await run(["info", "take.wav"])
    const piped = await run(["info", "-"], { input: read("take.wav") })
    expect(piped.out).toBe(named.out.replace("take.wav", "-"))
    expect(piped.code).toBe(0)
  })
})

describe("verify", () => {
  it("says which files of folders are damaged, and ends with 1 then", async () => {
    const { at, run } = makeFolder({ "b.wav": "wav-info-sndfile.wav" })
    const below = makeFolder({ "cut.wav": "malformed-truncated-data.wav", "junk.wav": "malformed-trailing-junk.wav" })
    fs.renameSync(below.folder, at("a"))
    fs.mkdirSync(below.folder)
    fs.writeFileSync(at("notes.txt"), "not looked at")
    const { code, error, out } = await run(["verify", "."])
    expect(out).toMatchInlineSnapshot(`
      "damaged  a/cut.wav
                 "RIFF" at 0 ends past the end of the file: 92 of 126 bytes are there
                 "data" at 62 ends past the end of the file: 30 of 64 bytes are there
      sound    a/junk.wav
                 17 bytes follow the last chunk, from 134 on
      sound    b.wav
      3 files: 2 sound, 1 damaged
      "
    `)
    expect(error).toBe("")
    expect(code).toBe(1)
  })

  it("looks into a folder once, however many links lead to it", async () => {
    const { at, folder, run } = makeFolder({ "a.wav": "wav-info-sndfile.wav" })
    for (const name of ["one", "two", "three"]) fs.symlinkSync(folder, at(name))
    const { code, out } = await run(["verify", "."])
    expect(out).toBe("sound    a.wav\n")
    expect(code).toBe(0)
  })

  it("goes on after a file that cannot be read, and ends with the worst code", async () => {
    const { json, run } = makeFolder({ "a.wav": "wav-info-sndfile.wav" })
    const { code, error, out } = await run(["verify", "missing.wav", "a.wav"])
    expect(out).toContain("sound    a.wav")
    expect(error).toBe("mmio: missing.wav: there is no such file\n")
    expect(code).toBe(3)
    const [failure, verdict, summary] = await json(["verify", "missing.wav", "a.wav"])
    expect(decode(records.failure, failure).error.exitCode).toBe(3)
    expect(decode(records.verify, verdict).verdict).toBe("sound")
    expect(decode(records.summary, summary).summary).toEqual({ files: 2, sound: 1, damaged: 0, failed: 1 })
  })

  it("gives results in the order of the files where threads share them", async () => {
    const { at, folder, json, read } = makeFolder({ "take.wav": "wav-info-sndfile.wav" })
    const bytes = read("take.wav")
    fs.rmSync(at("take.wav"))
    const names = Array.from({ length: 700 }, (_, index) => `${String(index).padStart(3, "0")}.wav`)
    // the first batch takes longest
    const manyChunks = Buffer.concat([
      Buffer.from("RIFF\u0004\u00e2\u0004\u0000WAVE", "latin1"),
      Buffer.from("JUNK\0\0\0\0".repeat(40_000), "latin1")
    ])
    names.forEach((name, index) => fs.writeFileSync(at(name), index % 100 === 7 ? bytes.subarray(0, 100) : bytes))
    fs.writeFileSync(at("000.wav"), manyChunks)
    const lines = await json(["verify", folder])
    const summary = decode(records.summary, lines.at(-1)).summary
    const verdicts = lines.slice(0, -1).map((line) => decode(records.verify, line))
    expect(verdicts.map(({ name }) => name)).toEqual(names.map(at))
    expect(verdicts.flatMap(({ verdict }, index) => verdict === "damaged" ? [index] : [])).toEqual(
      [7, 107, 207, 307, 407, 507, 607]
    )
    expect(summary).toEqual({ files: 700, sound: 693, damaged: 7, failed: 0 })
  })
})

describe("map", () => {
  it("draws a bar with a letter for each chunk", async () => {
    const { run } = makeFolder({ "take.wav": "wav-info-sndfile.wav" })
    const { code, out } = await run(["map", "take.wav"])
    expect(out).toMatchInlineSnapshot(`
      "take.wav, 568 bytes

      AAAABBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBCCCCCCCCCCCCCCCCCC

           offset        size    chunk               share
               12          24  A fmt                 4.2 %
               36         408  B data                71.8 %
              444         124  C LIST INFO           21.8 %
      "
    `)
    expect(code).toBe(0)
  })

  it("draws an SVG, with names and sizes", async () => {
    const { json, read, run } = makeFolder({ "take.wav": "wav-info-sndfile.wav" })
    expect(decode(records.picture, (await json(["map", "take.wav", "--svg", "take.svg"]))[0]).svg).toBe("take.svg")
    const svg = new TextDecoder().decode(read("take.svg"))
    expect(svg).toMatch(/^<svg xmlns="http:\/\/www\.w3\.org\/2000\/svg"[^]*<\/svg>\n$/)
    expect(svg).toContain("<title>data: 408 bytes at 36</title>")
    // as many boxes as chunks, and the background
    const { chunks } = decode(records.map, (await json(["map", "take.wav"]))[0])
    const count = (all: typeof chunks): number => all.reduce((sum, { chunks }) => sum + 1 + count(chunks), 0)
    expect(svg.match(/<rect /g)).toHaveLength(count(chunks) + 1)
    expect((await run(["map", "take.wav", "--svg", "take.svg"])).code).toBe(2)
    expect((await run(["map", "take.wav", "--svg", "-"])).out).toBe(svg)
  })
})
