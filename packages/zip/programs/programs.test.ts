/** Info-ZIP, 7-Zip and Python read what was written here, and what they write is read and changed here. */
import type { IOProc } from "@effect-mmio/core"
import { Mmio } from "@effect-mmio/core"
import { NodeIOProc } from "@effect-mmio/platform-node"
import { ZipIOProc } from "@effect-mmio/zip"
import { afterAll, describe, expect, it } from "@effect/vitest"
import { Effect, Layer } from "effect"
import { execFileSync } from "node:child_process"
import * as fs from "node:fs"
import * as os from "node:os"
import * as path from "node:path"
import { noise } from "../test/support/archive.js"
import { expectBytes } from "../test/support/bytes.js"
import { contents, save } from "../test/support/storages.js"

const folder = fs.mkdtempSync(path.join(os.tmpdir(), "effect-mmio-zip-"))
afterAll(() => fs.rmSync(folder, { recursive: true }))

const at = (name: string) => path.join(folder, name)

const storage = (compression: "stored" | "deflated"): Layer.Layer<IOProc.IOProc> =>
  Layer.provide(ZipIOProc.layerWith({ compression }), NodeIOProc.layer)

const run = (program: string, args: ReadonlyArray<string>) =>
  execFileSync(program, args, { cwd: folder, encoding: "utf8", maxBuffer: 2 ** 28 })

const readAll = `
import sys, zipfile, hashlib
with zipfile.ZipFile(sys.argv[1]) as archive:
    assert archive.testzip() is None
    for info in archive.infolist():
        print(info.filename, info.file_size, hashlib.md5(archive.read(info)).hexdigest(), *info.date_time[:3])
`

/** What an archive holds, as Python reads it; the other programs have to find it right as well. */
const judged = (name: string): ReadonlyArray<string> => {
  expect(run("unzip", ["-t", name])).toContain("No errors detected")
  expect(run("7z", ["t", name])).toContain("Everything is Ok")
  return run("python3", ["-c", readAll, name]).trim().split("\n").map((line) => line.split(" ").slice(0, 2).join(" "))
}

const elements: Readonly<Record<string, Uint8Array>> = {
  "take 1.wav": noise(100_000),
  "dir/ünï☃.wav": noise(5000),
  "dir/empty": new Uint8Array(0),
  "zeros": new Uint8Array(3_000_000)
}

describe.each(["stored", "deflated"] as const)("archives whose elements are %s", (compression) => {
  const name = `${compression}.zip`
  const file = at(name)

  it.live("are right for unzip, 7z and Python after every kind of change", () =>
    Effect.gen(function*() {
      yield* Mmio.makeFolder(`${file}+dir`)
      for (const [element, bytes] of Object.entries(elements)) yield* save(`${file}+${element}`, bytes)
      expect(judged(name).toSorted()).toEqual(
        ["dir/ 0", "dir/empty 0", "dir/ünï☃.wav 5000", "take", "zeros 3000000"].map((line) =>
          line === "take" ? "take 1.wav" : line
        ).toSorted()
      )
      yield* Mmio.rename(`${file}+dir/ünï☃.wav`, `${file}+plain.wav`)
      yield* Mmio.remove(`${file}+dir/empty`)
      yield* save(`${file}+zeros`, noise(77))
      expect(judged(name).toSorted()).toEqual(["dir/ 0", "plain.wav 5000", "take 1.wav", "zeros 77"])
    }).pipe(Effect.provide(storage(compression))))
})

describe("archives of other programs", () => {
  const wave = noise(300_000)
  fs.writeFileSync(at("a.wav"), wave)
  fs.mkdirSync(at("sub"))
  fs.writeFileSync(at("sub/b.txt"), "b")

  const makers: Readonly<Record<string, (name: string) => void>> = {
    "zip": (name) => run("zip", ["-r", name, "a.wav", "sub"]),
    "zip, stored": (name) => run("zip", ["-0", "-r", name, "a.wav", "sub"]),
    "zip, as a stream": (name) =>
      run("sh", [
        "-c",
        `cat a.wav | zip -fz- ${name} - && printf '@ -\\n@=a.wav\\n' | zipnote -w ${name} && zip ${name} sub/b.txt`
      ]),
    "zip, with Zip64": (name) => run("zip", ["-fz", "-r", name, "a.wav", "sub"]),
    "7z": (name) => run("7z", ["a", "-tzip", name, "a.wav", "sub"]),
    "7z, as small as can be": (name) => run("7z", ["a", "-tzip", "-mx=9", "-mm=Deflate", name, "a.wav", "sub"]),
    "Python": (name) =>
      run("python3", [
        "-c",
        "import sys, zipfile\nwith zipfile.ZipFile(sys.argv[1], 'w', zipfile.ZIP_DEFLATED) as a:\n  a.write('a.wav'); a.write('sub/b.txt')",
        name
      ])
  }
  for (const [maker, make] of Object.entries(makers)) {
    it.live(`by ${maker} are read, changed, and still right for all`, () =>
      Effect.gen(function*() {
        const name = `${maker.replaceAll(/\W/g, "-")}.zip`
        make(name)
        const file = at(name)
        expectBytes(yield* contents(`${file}+a.wav`), wave)
        expect(Buffer.from(yield* contents(`${file}+sub/b.txt`)).toString()).toBe("b")
        yield* save(`${file}+sub/b.txt`, noise(1000))
        yield* Mmio.rename(`${file}+a.wav`, `${file}+sub/c.wav`)
        expectBytes(yield* contents(`${file}+sub/c.wav`), wave)
        const left = judged(name)
        expect(left).toContain("sub/b.txt 1000")
        expect(left).toContain("sub/c.wav 300000")
      }).pipe(Effect.provide(storage("deflated"))))
  }

  it.live("that are encrypted are AccessDenied, and others in them are read", () =>
    Effect.gen(function*() {
      run("zip", ["-P", "secret", "locked.zip", "a.wav"])
      run("zip", ["locked.zip", "sub/b.txt"])
      expect(yield* Effect.flip(contents(`${at("locked.zip")}+a.wav`))).toMatchObject({ _tag: "AccessDenied" })
      expect(yield* contents(`${at("locked.zip")}+sub/b.txt`)).toHaveLength(1)
    }).pipe(Effect.provide(storage("stored"))))
})

it.live("an archive of more than 4 GiB is right for all", () =>
  Effect.gen(function*() {
    const file = at("large.zip")
    const block = noise(2 ** 20)
    const fill = (name: string, count: number) =>
      Mmio.withFile(`${file}+${name}`, { access: "write", create: true }, (target) =>
        Effect.forEach(Array.from({ length: count }), () =>
          Mmio.writeAll(target, block), { discard: true }))
    yield* fill("large", 4100)
    yield* save(`${file}+small`, noise(10))
    expect(judged("large.zip")).toEqual([`large ${4100 * 2 ** 20}`, "small 10"])
    const last = yield* Mmio.withFile(`${file}+large`, {}, (handle) =>
      Effect.zipRight(Mmio.seek(handle, -5, "end"), Mmio.read(handle, 10)))
    expect(last).toEqual(block.subarray(-5))
    yield* Mmio.remove(`${file}+large`)
    expect(judged("large.zip")).toEqual(["small 10"])
  }).pipe(Effect.provide(storage("stored"))))
