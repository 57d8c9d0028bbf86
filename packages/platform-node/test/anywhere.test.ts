/** One program on every storage: as a process, and on fixtures. */
import { MmioError } from "@effect-mmio/core"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Option } from "effect"
import * as ChildProcess from "node:child_process"
import * as NFS from "node:fs"
import * as Path from "node:path"
import { inspectAndRetag } from "../examples/anywhere/program.js"
import { storages } from "../examples/anywhere/storages.js"

const root = Path.resolve(import.meta.dirname, "../../..")
const fixture = (name: string) => NFS.readFileSync(Path.join(root, "packages/proofs/fixtures", name))

describe("anywhere", () => {
  it("prints what the file is on every storage", { timeout: 120_000 }, () => {
    const output = ChildProcess.execFileSync(process.execPath, ["scripts/start.mjs", "examples/anywhere"], {
      cwd: root,
      encoding: "utf8"
    })
    const retagged = "(\\d+ Hz, [\\d.]+ s, )(no title|title \".*\") -> \\1title \"Anywhere\""
    const lines = output.trimEnd().split("\n")
    assert.strictEqual(lines.length, Object.keys(storages).length)
    assert.match(lines[0] ?? "", new RegExp(`^disk +${retagged}$`))
    assert.match(lines[1] ?? "", new RegExp(`^memory +${retagged}$`))
    const onlyRead = "\\d+ Hz, [\\d.]+ s, (no title|title \".*\") -> only read"
    assert.match(lines[2] ?? "", new RegExp(`^web +${onlyRead}$`))
    assert.match(lines[3] ?? "", new RegExp(`^zip +${retagged}$`))
    assert.match(lines[4] ?? "", new RegExp(`^zip on the web +${onlyRead}$`))
    assert.match(lines[5] ?? "", new RegExp(`^database +${retagged}$`))
  })

  it.scopedLive.each(["wav-info-ffmpeg.wav", "rifx-pcm16-sox.wav", "wav-odd-data-then-list-sndfile.wav"])(
    "sees the same %s on every storage, and gives it a title where it can be written",
    (name) =>
      Effect.gen(function*() {
        const bytes = fixture(name)
        const reports = yield* Effect.forEach(Object.entries(storages), ([kind, storage]) =>
          Effect.flatMap(storage(bytes), ({ layer, name }) =>
            Effect.map(
              Effect.provide(inspectAndRetag(name, "Anywhere"), layer),
              (report) => ({ kind, ...report })
            )))
        const [disk] = reports
        for (const { after, before, kind } of reports) {
          assert.deepStrictEqual(before, disk?.before)
          const expected = kind.endsWith("web")
            ? Option.none()
            : Option.some({ ...before, title: Option.some("Anywhere") })
          assert.deepStrictEqual(after, expected)
        }
      })
  )

  it.scopedLive("fails in the same way on every storage", () =>
    Effect.gen(function*() {
      for (const storage of Object.values(storages)) {
        const { layer, name } = yield* storage(fixture("malformed-garbage.bin"))
        const error = yield* Effect.flip(Effect.provide(inspectAndRetag(name, "Anywhere"), layer))
        assert.instanceOf(error, MmioError.InvalidFile)
        const missing = yield* Effect.flip(Effect.provide(inspectAndRetag(`${name}.missing`, "Anywhere"), layer))
        assert.instanceOf(missing, MmioError.FileNotFound)
      }
    }))
})
