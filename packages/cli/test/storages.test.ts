/** Where names lead, and what is loaded for that. */
import * as FileName from "@effect-mmio/core/FileName"
import * as FourCC from "@effect-mmio/core/FourCC"
import * as MemoryIOProc from "@effect-mmio/core/MemoryIOProc"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { locateWith } from "../src/names.js"
import type { Storage } from "../src/storages.js"
import { makeFolder } from "./support/command.js"

describe("names", () => {
  const bytes = new Uint8Array(1)
  const setUp = Effect.gen(function*() {
    const loaded: Array<string> = []
    const disk = yield* MemoryIOProc.make({ files: { "plain.wav": bytes, "a.zip+b.wav": bytes, "x:here": bytes } })
    const archive = yield* MemoryIOProc.make()
    const other = yield* MemoryIOProc.make()
    const table: ReadonlyArray<Storage> = [
      {
        _tag: "Prefix",
        prefix: "x:",
        locate: (text) =>
          Effect.sync(() => {
            loaded.push(text)
            return { ioProc: other, name: FileName.plain(text) }
          })
      },
      {
        _tag: "Route",
        code: FourCC.make("ZIP "),
        load: () =>
          Effect.sync(() => {
            loaded.push("zip")
            return archive
          })
      }
    ]
    return { archive, disk, loaded, locate: (text: string) => locateWith(table)(text, disk), other }
  })

  it.effect("a file that the machine has is that file, whatever its name holds", () =>
    Effect.gen(function*() {
      const { disk, loaded, locate } = yield* setUp
      for (const text of ["plain.wav", "a.zip+b.wav", "x:here", "new.wav", "rock+roll"]) {
        const located = yield* locate(text)
        expect(located.ioProc, text).toBe(disk)
        expect(Option.isNone(located.name.code), text).toBe(true)
      }
      expect(loaded).toEqual([])
    }))

  it.effect("others go to the storage of their beginning, or of their extension, which is loaded then", () =>
    Effect.gen(function*() {
      const { archive, loaded, locate, other } = yield* setUp
      expect((yield* locate("x:take.wav")).ioProc).toBe(other)
      const { ioProc, name } = yield* locate("songs.zip+take.wav")
      expect(ioProc.find(FourCC.make("ZIP "))).toEqual(Option.some(archive))
      expect(name.element).toEqual(Option.some("take.wav"))
      expect(loaded).toEqual(["x:take.wav", "zip"])
    }))

  it("reach the command", async () => {
    const { run } = makeFolder({ "a.zip+b.wav": "wav-info-sndfile.wav", "mem:x.wav": "wav-bext-ffmpeg.wav" })
    expect((await run(["info", "a.zip+b.wav", "mem:x.wav"])).code).toBe(0)
    expect(await run(["info", "c.zip+b.wav"])).toMatchObject({ code: 6, out: "" })
  })
})

describe("native modules", () => {
  /** Says on standard error whenever a native module is loaded, or refuses the addon of the locks. */
  const watching = (folder: ReturnType<typeof makeFolder>, isMissing: boolean) => {
    folder.write(
      "watch.cjs",
      `const { dlopen } = process
      process.dlopen = (...args) => { process._rawDebug("native " + args[1]); return dlopen.apply(process, args) }
      const Module = require("node:module"), load = Module._load
      Module._load = function (name, ...rest) {
        if (${isMissing} && name === "fs-native-extensions") throw new Error("not installed")
        return load.call(this, name, ...rest)
      }`
    )
    return { NODE_OPTIONS: `--require ${folder.at("watch.cjs")}` }
  }

  it("are loaded by commands that write, and by no others", async () => {
    const folder = makeFolder({ "a.wav": "wav-info-sndfile.wav" })
    const env = watching(folder, false)
    for (const command of ["tree", "verify", "tag", "digest"]) {
      expect(await folder.run([command, "a.wav"], { env }), command).toMatchObject({ code: 0, error: "" })
    }
    expect((await folder.run(["tag", "a.wav", "--tag", "INAM=x"], { env })).error).toContain("native")
  })

  it("may be missing: a command that writes warns once", async () => {
    const folder = makeFolder({ "a.wav": "wav-info-sndfile.wav", "b.wav": "wav-bext-ffmpeg.wav" })
    const { code, error } = await folder.run(["tag", "a.wav", "b.wav", "--tag", "INAM=x"], {
      env: watching(folder, true)
    })
    expect(code).toBe(0)
    expect(error.match(/^mmio: warning: .*fs-native-extensions/gm)).toHaveLength(1)
    expect(error.trimEnd().split("\n")).toHaveLength(1)
  })
})
