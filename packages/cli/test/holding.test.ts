/** What others can do to a file while a command changes it. */
import * as FileName from "@effect-mmio/core/FileName"
import * as Mmio from "@effect-mmio/core/Mmio"
import * as RiffEdit from "@effect-mmio/core/RiffEdit"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { editFile } from "../src/edits.js"
import { diskFor } from "../src/names.js"
import * as Output from "../src/output.js"
import { makeFolder } from "./support/command.js"

const { output } = Output.make("tag", false, { out: () => {}, error: () => {}, colours: false })

describe("a file that is changed", () => {
  it.live("cannot be opened by others between reading and writing", () =>
    Effect.gen(function*() {
      const folder = makeFolder({ "a.wav": "wav-info-sndfile.wav" })
      const name = folder.at("a.wav")
      const disk = yield* diskFor("read")
      const opened = Effect.scoped(Mmio.openWith(disk, FileName.plain(name))).pipe(
        Effect.as("opened"),
        Effect.catchAll((error) => Effect.succeed(error._tag))
      )
      const { found, report } = yield* editFile(
        name,
        (file) => Effect.zipRight(Mmio.read(file, 4), opened),
        () =>
          Effect.gen(function*() {
            expect(yield* opened).toBe("SharingViolation")
            const other = yield* Effect.promise(() => folder.run(["tag", "a.wav", "--tag", "INAM=other"]))
            expect(other).toMatchObject({ code: 4, out: "" })
            return [RiffEdit.assign("RIFF:WAVE / LIST:INFO / INAM", new TextEncoder().encode("ours\0"))]
          })
      ).pipe(Effect.provideService(Output.Output, output), Effect.orDie)
      expect(found).toBe("SharingViolation")
      expect(report?.written).toBeGreaterThan(0)
      expect((yield* Effect.promise(() => folder.run(["tag", "a.wav"]))).out).toContain("ours")
    }))

  it.live("is free again after a failure", () =>
    Effect.gen(function*() {
      const folder = makeFolder({ "a.wav": "wav-info-sndfile.wav" })
      const name = folder.at("a.wav")
      const before = folder.read("a.wav")
      const edits = Effect.succeed([RiffEdit.remove("RIFF:WAVE / LIST:none")])
      const error = yield* editFile(name, () => Effect.void, () => edits).pipe(
        Effect.provideService(Output.Output, output),
        Effect.flip
      )
      expect(error._tag).toBe("ChunkNotFound")
      const disk = yield* diskFor("write")
      yield* Effect.scoped(Mmio.openWith(disk, FileName.plain(name), { access: "readWrite", share: "exclusive" }))
      expect(folder.read("a.wav")).toEqual(before)
    }))
})
