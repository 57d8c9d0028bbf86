import { IOProc } from "@effect-mmio/core"
import { Crash, Fault, Interruption, Model, TestIOProc } from "@effect-mmio/testing"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, Scope } from "effect"
import { merge } from "../examples/merge.js"
import { readCues } from "../examples/merge/cues.js"
import { cleanUp } from "../examples/merge/replaceFile.js"

// ---------------------------------------------------------------------------------------------------------------------
// takes, and what comes of them
// ---------------------------------------------------------------------------------------------------------------------

/** Two channels of 16 bits, or what it is told. */
const format = ({ tag = 1, frameSize = 4 } = {}) => {
  const view = new DataView(new ArrayBuffer(16))
  view.setUint16(0, tag, true)
  view.setUint16(2, 2, true)
  view.setUint32(4, 8000, true)
  view.setUint32(8, 8000 * frameSize, true)
  view.setUint16(12, frameSize, true)
  view.setUint16(14, 16, true)
  return new Uint8Array(view.buffer)
}

const audio = (frames: number, value: number) => new Uint8Array(frames * 4).fill(value)

const wave = (...chunks: ReadonlyArray<Model.Chunk>) =>
  Model.serialize([{ id: "RIFF", type: "WAVE", children: chunks }])

const take = (frames: number, value: number) =>
  wave({ id: "fmt ", data: format() }, { id: "LIST", type: "INFO", children: [] }, {
    id: "data",
    data: audio(frames, value)
  })

const text = (value: string) => [...new TextEncoder().encode(value)]

const uint32 = (value: number) => [value & 0xff, (value >>> 8) & 0xff, (value >>> 16) & 0xff, value >>> 24]

const labelled = (label: string, id: number): Model.Chunk => ({
  id: "labl",
  data: Uint8Array.from([...uint32(id), ...text(`${label}\0`)])
})

const point = (id: number, frame: number) => [
  ...uint32(id),
  ...uint32(frame),
  ...text("data"),
  ...uint32(0),
  ...uint32(0),
  ...uint32(frame)
]

const takes = ["one.wav", "two.wav"] as const
const output = "all.wav"
const old = Uint8Array.of(1, 2, 3)

const files = { "one.wav": take(5, 1), "two.wav": take(2500, 2), [output]: old }

const merged = wave(
  { id: "fmt ", data: format() },
  { id: "data", data: Uint8Array.from([...audio(5, 1), ...audio(2500, 2)]) },
  { id: "cue ", data: Uint8Array.from([...uint32(2), ...point(1, 0), ...point(2, 5)]) },
  { id: "LIST", type: "adtl", children: [labelled("one.wav", 1), labelled("two.wav", 2)] }
)

const same = (a: Uint8Array | undefined, b: Uint8Array) =>
  a !== undefined && a.length === b.length && a.every((byte, i) => byte === b[i])

/** The storage holds the takes as they were, the old output or the new one, and nothing else. */
const assertWhole = (now: Crash.Files, whole = merged) => {
  assert.deepStrictEqual(Object.keys(now), ["/all.wav", "/one.wav", "/two.wav"])
  for (const name of takes) assert.isTrue(same(now[`/${name}`], files[name]), `${name} is another one`)
  const all = now["/all.wav"]
  assert.isTrue(same(all, old) || same(all, whole), "neither the old output nor the new one")
}

const contents = Effect.flatMap(TestIOProc.TestIOProc, (storage) => storage.contents)

const program = merge(takes, output)

// ---------------------------------------------------------------------------------------------------------------------
// the program
// ---------------------------------------------------------------------------------------------------------------------

describe("merging takes", () => {
  it.effect("gives one file, with the audio of all and a cue where each begins", () =>
    Effect.gen(function*() {
      const cues = yield* program
      assert.deepStrictEqual(cues, [{ frame: 0, label: "one.wav" }, { frame: 5, label: "two.wav" }])
      assert.deepStrictEqual((yield* contents)["/all.wav"], merged)
      assert.deepStrictEqual(yield* readCues(output), cues)
    }).pipe(Effect.provide(TestIOProc.layer(files))))

  it.effect("merges what it merged", () =>
    Effect.gen(function*() {
      yield* program
      const cues = yield* merge([output, "one.wav", output], "more.wav")
      assert.deepStrictEqual(yield* readCues("more.wav"), cues)
      assert.deepStrictEqual(cues.map(({ frame }) => frame), [0, 2505, 2510])
    }).pipe(Effect.provide(TestIOProc.layer(files))))

  it.effect("needs no more memory for a long take than for a short one", () =>
    Effect.gen(function*() {
      yield* merge(["long.wav", "long.wav"], output)
      const storage = yield* TestIOProc.TestIOProc
      const lengths = (yield* storage.log).map((message) => "length" in message ? message.length : 0)
      assert.isAbove((yield* storage.bytes(output)).length, 800_000)
      assert.isAtMost(Math.max(...lengths), 64 * 1024)
    }).pipe(Effect.provide(TestIOProc.layer({ "long.wav": take(100_000, 1) }))))

  const refused: Record<string, readonly [bytes: Uint8Array, description: string]> = {
    "another format": [
      wave({ id: "fmt ", data: format({ frameSize: 2 }) }, { id: "data", data: new Uint8Array(4) }),
      "two.wav: the format is not that of one.wav"
    ],
    "no PCM": [
      wave({ id: "fmt ", data: format({ tag: 3 }) }, { id: "data", data: new Uint8Array(4) }),
      "two.wav: it is not PCM"
    ],
    "no data": [
      wave({ id: "fmt ", data: format() }),
      "two.wav: there is no \"data\" in the \"RIFF\" at 0, searched to 36"
    ],
    "half a format": [wave({ id: "fmt ", data: format().slice(0, 6) }), "two.wav: the format is cut off"],
    "frames of no bytes": [wave({ id: "fmt ", data: format({ frameSize: 0 }) }), "two.wav: a frame has no bytes"],
    "half a frame": [
      wave({ id: "fmt ", data: format() }, { id: "data", data: new Uint8Array(6) }),
      "two.wav: the audio ends within a frame"
    ],
    "a missing end": [take(2500, 2).slice(0, 100), "two.wav: the end of the audio is missing"]
  }
  for (const [name, [bytes, description]] of Object.entries(refused)) {
    it.effect(`refuses a take with ${name}, and touches nothing`, () =>
      Effect.gen(function*() {
        const error = yield* Effect.flip(program)
        assert.strictEqual(error._tag, "InvalidTake")
        assert.strictEqual(error.message, description)
        assert.deepStrictEqual(yield* contents, { "/all.wav": old, "/one.wav": files["one.wav"], "/two.wav": bytes })
      }).pipe(Effect.provide(TestIOProc.layer({ ...files, "two.wav": bytes }))))
  }
})

// ---------------------------------------------------------------------------------------------------------------------
// what it survives
// ---------------------------------------------------------------------------------------------------------------------

const crashes = {
  files,
  recover: cleanUp(output),
  check: () =>
    Effect.gen(function*() {
      const storage = yield* Crash.Crash
      assertWhole(yield* storage.files)
    })
}

describe("merging takes survives", () => {
  it.effect("a failure of every operation", () =>
    Effect.gen(function*() {
      const report = yield* Fault.everyOperation(program, {
        storage: TestIOProc.layer(files),
        check: ({ exit }) =>
          Effect.gen(function*() {
            // What could not be removed, on a storage that goes on failing, is removed at the next start.
            yield* cleanUp(output)
            const now = yield* contents
            assertWhole(now)
            if (Exit.isSuccess(exit)) assert.isTrue(same(now["/all.wav"], merged))
          })
      })
      assert.isAbove(report.operations, 10)
    }))

  it.effect("a crash at every operation", () =>
    Effect.gen(function*() {
      const report = yield* Crash.explore(program, crashes)
      assert.isAbove(report.operations, 10)
      assert.isAbove(report.crashes, 64)
    }))

  it.effect("and fails that test over a storage whose flush does nothing", () =>
    Effect.gen(function*() {
      const forgetful = IOProc.layerMap(IOProc.mapFile((file) => ({
        ...file,
        writeAt: file.writeAt &&
          ((position, source) => source.length === 0 ? Effect.succeed(0) : file.writeAt!(position, source, "write"))
      })))
      const failure = yield* Effect.flip(Crash.explore(Effect.provide(program, forgetful), crashes))
      assert.strictEqual(failure._tag, "CrashFailure")
      assert.include(failure.message, "rename /all.wav.part to /all.wav")
    }))

  it.live("interruption at every step", () =>
    Effect.gen(function*() {
      const { "/all.wav": whole = old } = yield* Effect.provide(
        Effect.zipRight(merge(["one.wav"], output), contents),
        TestIOProc.layer(files)
      )
      const steps = yield* Interruption.sweep({
        prepare: Effect.gen(function*() {
          const scope = yield* Scope.make()
          return { scope, storage: yield* Scope.extend(TestIOProc.make({ files }), scope) }
        }),
        run: ({ storage }) => Effect.provideService(merge(["one.wav"], output), IOProc.IOProc, storage),
        check: ({ scope, storage }, [exit]) =>
          Effect.gen(function*() {
            const now = yield* storage.contents
            assertWhole(now, whole)
            if (exit !== undefined && Exit.isSuccess(exit)) assert.isTrue(same(now["/all.wav"], whole))
            // dies where a file is open
            yield* Scope.close(scope, Exit.void)
          })
      })
      assert.isAbove(steps, 1000)
    }))
})
