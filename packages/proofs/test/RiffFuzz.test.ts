import { assert, describe, it } from "@effect/vitest"
import { Effect, Either } from "effect"
import * as NFS from "node:fs"
import { fileURLToPath } from "node:url"
import * as RiffFuzz from "../src/RiffFuzz.js"

const folder = fileURLToPath(new URL("../fixtures/", import.meta.url))
const [first, ...rest] = NFS.readdirSync(folder)
  .filter((name) => /\.\w+$/.test(name) && !/\.(json|md)$/.test(name))
  .map((name) => RiffFuzz.compact({ name, bytes: Uint8Array.from(NFS.readFileSync(folder + name)) }))
  .filter(({ bytes }) => bytes.length <= 2000)
if (first === undefined) throw new Error("there are fixtures")
const files = [first, ...rest] as const
const scale = Number(process.env["MMIO_TEST_SCALE"] ?? 1)

describe("damaged files", () => {
  it("are read, and repaired, as every file is", () => {
    const trace = Error.stackTraceLimit
    Error.stackTraceLimit = 0
    for (let number = 0; number < 2500 * scale; number++) {
      const result = Effect.runSync(Effect.either(RiffFuzz.check(RiffFuzz.input(files, 2026, number))))
      if (Either.isLeft(result)) assert.fail(`seed 2026, number ${number}: ${result.left.message}`)
    }
    Error.stackTraceLimit = trace
  }, 120_000)

  it("are the same for the same seed and number, and others for others", () => {
    const input = (seed: number, number: number) => RiffFuzz.input(files, seed, number)
    for (const number of [0, 1, 77, 2 ** 33]) {
      assert.deepStrictEqual(input(1, number), input(1, number))
      assert.notDeepEqual(input(1, number).bytes, input(2, number).bytes)
      assert.notDeepEqual(input(1, number).bytes, input(1, number + 1).bytes)
    }
  })

  it("are made in every way there is", () => {
    const made = new Set<string>()
    for (let number = 0; number < 1000; number++) {
      RiffFuzz.input(files, 1, number).mutations.forEach((name) => made.add(name))
    }
    assert.isAtLeast(made.size, 22)
  })
})

describe("a file cut short", () => {
  it("keeps its chunks, and what is not data", () => {
    const bytes = Uint8Array.from(NFS.readFileSync(`${folder}wav-info-ffmpeg.wav`))
    const { bytes: short } = RiffFuzz.compact({ name: "", bytes }, 32)
    assert.isBelow(short.length, bytes.length)
    assert.strictEqual(new DataView(short.buffer).getUint32(4, true), short.length - 8)
    const text = (bytes: Uint8Array) => Buffer.from(bytes).toString("latin1").match(/data|fmt |LIST|I[A-Z]{3}/g)
    assert.deepStrictEqual(text(short), text(bytes))
  })
})
