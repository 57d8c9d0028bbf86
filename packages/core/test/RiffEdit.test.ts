import { IOProc, MemoryIOProc, Mmio, Riff, RiffEdit, RiffLimits } from "@effect-mmio/core"
import { Crash, Fault, Interruption } from "@effect-mmio/testing"
import { assert, describe, it, layer } from "@effect/vitest"
import { Context, Effect, Exit, FastCheck as fc, Layer, Option } from "effect"
import { bytesOf, chunk, fmt, info, scenarios, title, wave } from "./support/chunks.js"
import * as Edits from "./support/edits.js"
import * as Family from "./support/family.js"
import { scale } from "./support/scale.js"
import { SparseStorage } from "./support/sparse.js"
import * as Wav from "./support/wav.js"

const fastCheck = { numRuns: scale(500) }

/** Edits a file in a storage of its own; gives what came of it, and all files that are there then. */
const editing = (
  bytes: Uint8Array,
  edits: ReadonlyArray<RiffEdit.RiffEdit>,
  options?: Riff.EditOptions
) =>
  Effect.gen(function*() {
    const report = yield* Riff.edit("file", edits, options)
    const storage = yield* MemoryIOProc.MemoryIOProc
    assert.deepStrictEqual(yield* storage.files, ["/file"])
    return { report, bytes: yield* storage.bytes("file") }
  }).pipe(Effect.provide(MemoryIOProc.layer({ file: bytes })))

/** Items as text, in which no difference is missed. */
const text = (items: ReadonlyArray<Edits.Item>) => JSON.stringify(Edits.plain(items))

/** What no order is said of, sorted. */
const unordered = (items: ReadonlyArray<Edits.Item>) =>
  JSON.stringify(
    Edits.plain(items).map((form) => [
      JSON.stringify({ id: form.id, type: form.type, data: form.data }),
      form.children.map((child) => JSON.stringify(child)).toSorted()
    ])
  )

const errors = (bytes: Uint8Array) =>
  Family.read(bytes).problems.filter(([problem]) =>
    !["UnprintableId", "FurtherForm", "DataBeforeFormat", "TooSmallForType", "MissingDs64"].includes(problem)
  )

layer(Layer.empty)("edits", (it) => {
  const given = {
    forms: fc.tuple(fc.constantFrom(...Family.families), fc.array(Family.form, { minLength: 1, maxLength: 2 })).map(
      ([family, forms]) => forms.map((form) => ({ ...form, family }))
    ),
    choices: fc.array(Edits.choice, { minLength: 1, maxLength: 4 })
  }

  it.effect.prop(
    "do to a file what they do to lists of chunks",
    given,
    ({ choices, forms }) =>
      Effect.gen(function*() {
        const bytes = Family.serialize(forms)
        if (errors(bytes).length > 0) return
        const list = Edits.items(bytes)
        if (Edits.isOpen(list)) return
        const edits = choices.flatMap((choice) => Edits.perform(list, choice) ?? [])
        // Filler may be taken out.
        if (Edits.isOpen(Edits.plain(list))) return
        const kept = yield* editing(bytes, edits, { keepOrder: true })
        assert.deepStrictEqual(errors(kept.bytes), [])
        assert.strictEqual(text(Edits.items(kept.bytes)), text(list))
        assert.strictEqual(kept.report.length, kept.bytes.length)
        const free = yield* editing(bytes, edits)
        assert.deepStrictEqual(errors(free.bytes), [])
        assert.strictEqual(unordered(Edits.items(free.bytes)), unordered(list))
        // A filler that remains counts, too, and what the file grows by.
        assert.isAtMost(
          free.report.moved + free.report.length,
          kept.report.moved + kept.report.length + 24 * choices.length
        )
      }),
    { fastCheck }
  )
})

/** A form of chunks, some of which lack their pad byte; and the same form with all of them. */
const unpadded = fc.array(
  fc.record({
    id: fc.constantFrom("fmt ", "bext", "data", "JUNK", "JUNK"),
    data: fc.integer({ min: 1, max: 30 }).map((size) => bytesOf(size, 1)),
    lacks: fc.boolean()
  }),
  { minLength: 1, maxLength: 6 }
).map((chunks) => ({
  bytes: Wav.form(
    chunks.map(({ data, id, lacks }) => Wav.chunk(id, data).subarray(0, lacks ? 8 + data.length : undefined))
  ).subarray(0, 12 + chunks.reduce((sum, { data, lacks }) => sum + 8 + data.length + (lacks ? 0 : data.length % 2), 0)),
  padded: Wav.form(chunks.map(({ data, id }) => Wav.chunk(id, data)))
}))

layer(Layer.empty)("pad bytes that are missing", (it) => {
  it.effect.prop(
    "are inserted with other edits, and no other chunk loses its own, wherever the form begins",
    {
      forms: fc.array(unpadded, { minLength: 1, maxLength: 2 }),
      leading: fc.constantFrom(0, 0, 1, 2),
      choices: fc.array(Edits.choice, { maxLength: 2 }),
      keepOrder: fc.boolean()
    },
    ({ choices, forms, keepOrder, leading }) =>
      Effect.gen(function*() {
        const list = Edits.items(Wav.bytes(...forms.map(({ padded }) => padded)))
        const before = Wav.bytes(new Uint8Array(leading), ...forms.map(({ bytes }) => bytes))
        const edits = choices.flatMap((choice) => Edits.perform(list, choice) ?? [])
        const { bytes } = yield* editing(before, [RiffEdit.pad, ...edits], { at: leading, keepOrder })
        const after = bytes.subarray(leading)
        assert.deepStrictEqual(errors(after), [])
        assert.strictEqual(unordered(Edits.items(after)), unordered(list))
        const again = yield* editing(bytes, [RiffEdit.pad], { at: leading, keepOrder })
        assert.deepStrictEqual(again.bytes, bytes)
      }),
    { fastCheck }
  )
})

const samples = chunk("data", bytesOf(5000, 2))

/** The chunks of the first form, with their places. */
const places = (bytes: Uint8Array) => Family.read(bytes).nodes[0]!.children.map(({ id, offset }) => [id, offset])

describe("an edit", () => {
  it.effect("takes room from filler before it moves anything", () =>
    Effect.gen(function*() {
      const before = wave(fmt, info(["INAM", "a"]), chunk("JUNK", bytesOf(100, 9)), samples)
      const { bytes, report } = yield* editing(before, [title("much longer")])
      assert.deepStrictEqual(
        [report.moved, report.length, report.recovered],
        [0, before.length, "nothing"]
      )
      assert.strictEqual(report.appended, 0)
      assert.deepStrictEqual(places(bytes), [["fmt ", 12], ["LIST", 36], ["JUNK", 68], ["data", 166]])
      // what is left of the filler ends where it ended
      assert.deepStrictEqual(bytes.subarray(166), before.subarray(166))
      assert.deepStrictEqual(bytes.subarray(76, 166), bytesOf(90, 9))
      // the header of the list, the tag, and the header of the filler
      assert.strictEqual(report.written, 4 + 20 + 8)
      // and in front of it, too
      const front = wave(fmt, chunk("JUNK", bytesOf(100, 9)), info(["INAM", "a"]), samples)
      const there = yield* editing(front, [title("much longer")])
      assert.strictEqual(there.report.length, front.length)
      assert.deepStrictEqual(there.bytes.subarray(166), front.subarray(166))
    }))

  it.effect("puts what has no room before the samples after them, and leaves nothing of it", () =>
    Effect.gen(function*() {
      const before = wave(fmt, info(["INAM", "secret"], ["IART", "kept"]), samples)
      const { bytes, report } = yield* editing(before, [title("no longer secret")])
      // the artist goes with it
      assert.strictEqual(report.moved, 12 + 12)
      assert.deepStrictEqual(places(bytes).map(([id]) => id), ["fmt ", "JUNK", "data", "LIST"])
      assert.deepStrictEqual(
        bytes.subarray(44, 5000),
        Uint8Array.of(...bytesOf(30, 0), ...before.subarray(74, 5000))
      )
      // back in the order
      const kept = yield* editing(before, [title("no longer secret")], { keepOrder: true })
      assert.deepStrictEqual(places(kept.bytes).map(([id]) => id), ["fmt ", "LIST", "data"])
      assert.isAbove(kept.report.moved, 5000)
    }))

  it.effect("moves what follows, where that is little", () =>
    Effect.gen(function*() {
      const before = wave(fmt, samples, info(["INAM", "a"]), chunk("last", bytesOf(10, 3)))
      const { bytes, report } = yield* editing(before, [title("longer")])
      assert.strictEqual(report.moved, 18)
      assert.strictEqual(report.length, before.length + 4)
      assert.deepStrictEqual(places(bytes).map(([id]) => id), ["fmt ", "data", "LIST", "last"])
    }))

  it.effect("makes what a path names and nothing has", () =>
    Effect.gen(function*() {
      const { bytes } = yield* editing(wave(fmt, samples), [
        title("a"),
        RiffEdit.assign("RIFF / iXML", Uint8Array.of(1))
      ])
      assert.strictEqual(
        text(Edits.items(bytes)),
        text(Edits.items(wave(fmt, samples, info(["INAM", "a"]), chunk("iXML", Uint8Array.of(1)))))
      )
    }))

  it.effect("leaves filler alone that it does not need", () =>
    Effect.gen(function*() {
      const junk = chunk("JUNK", bytesOf(10, 9))
      const before = wave(junk, junk, fmt, junk, junk, samples, info(["INAM", "a"]))
      const { bytes } = yield* editing(before, [title("b")])
      const expected = before.slice()
      expected[before.length - 2] = 0x62
      assert.deepStrictEqual(bytes, expected)
    }))

  it.effect("makes up for padding that was left out at the end", () =>
    Effect.gen(function*() {
      const data = chunk("data", Uint8Array.of(1, 2, 3))
      const before = wave(fmt, data).slice(0, -1)
      before[4] = before[4]! - 1
      const tag = Uint8Array.of(4)
      const { bytes } = yield* editing(before, [RiffEdit.assign("RIFF / ITAG", tag)])
      assert.deepStrictEqual(bytes, wave(fmt, data, chunk("ITAG", tag)))
    }))

  it.effect("writes nothing where there is nothing to do", () =>
    Effect.gen(function*() {
      const before = wave(fmt, samples)
      const { bytes, report } = yield* editing(before, [])
      assert.deepStrictEqual([bytes, report.written], [before, 0])
    }))

  it.effect("writes the sizes of an RF64 into its ds64", () =>
    Effect.gen(function*() {
      const before = Family.serialize([{ family: "RF64", type: "WAVE", children: [fmt, samples] }])
      const { bytes } = yield* editing(before, [
        RiffEdit.assign("RIFF:WAVE / data", bytesOf(7000, 3)),
        RiffEdit.insert({ first: "RIFF:WAVE" }, { chunk: "bext", data: bytesOf(3, 1) })
      ])
      const [form] = Family.read(bytes).nodes
      assert.deepStrictEqual(errors(bytes), [])
      assert.deepStrictEqual([form?.sizeField, form?.size], [0xffffffff, bytes.length - 8])
      assert.deepStrictEqual(form?.children.map(({ id }) => id).slice(0, 2), ["ds64", "bext"])
      const view = new DataView(bytes.buffer)
      assert.deepStrictEqual([view.getBigUint64(20, true), view.getBigUint64(28, true)], [
        BigInt(bytes.length - 8),
        7000n
      ])
    }))

  it.effect("says how far it has come", () =>
    Effect.gen(function*() {
      const seen: Array<RiffEdit.Progress> = []
      const before = wave(fmt, info(["INAM", "a"]), chunk("data", bytesOf(600_000, 2)))
      const { report } = yield* editing(before, [title("longer")], {
        keepOrder: true,
        onProgress: (progress) => Effect.sync(() => seen.push(progress))
      })
      for (const wanted of ["journal", "file"] as const) {
        const phase = seen.filter(({ phase }) => phase === wanted)
        const { done, total } = phase.at(-1) ?? { done: -1, total: 0 }
        assert.strictEqual(done, total)
        assert.isTrue(phase.every((one) => one.total === total))
        assert.deepStrictEqual(phase.map(({ done }) => done), phase.map(({ done }) => done).toSorted((a, b) => a - b))
        assert.isAbove(phase.length, 3)
      }
      assert.isTrue(
        seen.findLastIndex(({ phase }) => phase === "journal") < seen.findIndex(({ phase }) => phase === "file")
      )
      // The journal holds all that is written, and the file gets what is not past its old end already.
      assert.isAtLeast(seen.find(({ phase }) => phase === "journal")?.total ?? 0, report.written)
      assert.isAtMost(seen.at(-1)?.total ?? Infinity, report.written + 96)
    }))

  it.effect("refuses what cannot be done, before it writes anything", () =>
    Effect.gen(function*() {
      const before = Family.serialize([
        { family: "RF64", type: "WAVE", children: [fmt, samples, info(["INAM", "a"])] },
        { family: "RIFX", type: "WAVE", children: [] }
      ])
      const tag = { chunk: "IART", data: new Uint8Array(1) }
      const refused = (edit: RiffEdit.RiffEdit) =>
        Effect.gen(function*() {
          const error = yield* Effect.flip(Riff.edit("file", [edit]))
          const storage = yield* MemoryIOProc.MemoryIOProc
          assert.deepStrictEqual(yield* storage.bytes("file"), before)
          assert.deepStrictEqual(yield* storage.files, ["/file"])
          return `${error._tag}: ${error.description}`
        }).pipe(Effect.provide(MemoryIOProc.layer({ file: before })))
      const cases: ReadonlyArray<readonly [RiffEdit.RiffEdit, RegExp]> = [
        [RiffEdit.remove("RIFF:WAVE"), /^InvalidParameter: a form itself/],
        [RiffEdit.remove("RIFF:WAVE / ds64"), /^InvalidParameter: "ds64" holds sizes/],
        [RiffEdit.insert({ before: "RIFF / ds64" }, tag), /^InvalidParameter: "ds64" holds sizes/],
        [RiffEdit.insert({ last: "RIFF" }, { chunk: "ds64", data: new Uint8Array(1) }), /^InvalidParameter: "ds64"/],
        [RiffEdit.remove("RIFF:WAVE / nope"), /^ChunkNotFound: there is no RIFF:WAVE \/ nope/],
        [RiffEdit.insert({ last: "RIFF / fmt" }, tag), /^InvalidParameter: RIFF \/ fmt is no container/],
        [RiffEdit.insert({ last: "RIFF" }, { chunk: "abc", data: new Uint8Array(1) }), /is not a four-character code/],
        [RiffEdit.insert({ last: "RIFF" }, { list: "abc", content: [] }), /is not a four-character code/],
        [RiffEdit.insert({ last: "RIFF" }, { chunk: "LIST", data: new Uint8Array(1) }), /is made of chunks/],
        [RiffEdit.assign("RIFF / LIST:INFO", new Uint8Array(1)), /made of chunks cannot be given data/],
        [RiffEdit.assign("RIFF / LIST / LIST / INAM", new Uint8Array(1)), /^ChunkNotFound: there is no RIFF/],
        [RiffEdit.assign("RIFF / INAM[2]", new Uint8Array(1)), /^ChunkNotFound/],
        [RiffEdit.assign("RIFF:AVI / INAM", new Uint8Array(1)), /^ChunkNotFound/],
        [RiffEdit.move("RIFF / LIST", { last: "RIFF / LIST" }), /^ChunkNotFound/],
        [RiffEdit.move("RIFF / LIST", { last: "RIFX" }), /^InvalidParameter: .* written otherwise/],
        [new RiffEdit.Remove({ path: [] }), /^InvalidParameter: a path has at least one step/],
        [new RiffEdit.Remove({ path: "RIFF / toolong" }), /^InvalidParameter: "toolong"/]
      ]
      for (const [edit, expected] of cases) assert.match(yield* refused(edit), expected)
      // an edit that could be done is not done, either, if another cannot
      const { error, files } = yield* Effect.gen(function*() {
        const error = yield* Effect.flip(Riff.edit("file", [title("b"), RiffEdit.remove("RIFF / nope")]))
        const storage = yield* MemoryIOProc.MemoryIOProc
        return { error, files: yield* storage.bytes("file") }
      }).pipe(Effect.provide(MemoryIOProc.layer({ file: before })))
      assert.strictEqual(error._tag, "ChunkNotFound")
      assert.deepStrictEqual(files, before)
    }))

  it.effect("refuses what would not fit a size of 32 bits, before it writes anything", () =>
    Effect.gen(function*() {
      const length = 2 ** 32 - 100
      const header = Family.serialize([{ family: "RIFF", type: "WAVE", children: [fmt, samples] }])
      const view = new DataView(header.buffer)
      view.setUint32(4, length - 8, true)
      const start = Buffer.from(header).indexOf("data") + 8
      view.setUint32(start - 4, length - start, true)
      const file = new SparseStorage()
      file.put(0, header)
      file.put(length - 1, Uint8Array.of(0))
      const untouched = IOProc.mapFile(file.ioProc, (file) =>
        IOProc.wrapFile(file, {
          writeAt: (_, source) => source.length === 0 ? Effect.succeed(0) : Effect.dieMessage("the file was written")
        }))
      const edit = (size: number) =>
        Effect.exit(
          Effect.provideService(
            Riff.edit("large", [
              RiffEdit.insert({ last: "RIFF" }, { chunk: "note", data: new Uint8Array(size) })
            ]),
            IOProc.IOProc,
            untouched
          )
        )
      const exit = yield* edit(100)
      const error = Exit.isFailure(exit) && exit.cause._tag === "Fail" ? exit.cause.error : undefined
      assert.strictEqual(error?._tag, "InvalidParameter")
      assert.include(error?.message, `"RIFF" at 0 would have ${2 ** 32} bytes, which do not fit a size of 32 bits`)
      // What does fit goes as far as the file.
      assert.include(String(yield* edit(80)), "the file was written")
    }))

  it.effect(
    "takes content of any depth and breadth that the limits allow, and refuses what goes beyond them",
    () =>
      Effect.gen(function*() {
        const deep = (depth: number): RiffEdit.Content => {
          let content: RiffEdit.Content = { chunk: "last", data: Uint8Array.of(1, 2) }
          for (let i = 1; i < depth; i++) content = { list: "nest", content: [content] }
          return content
        }
        const before = wave(fmt, samples)
        const insert = (content: RiffEdit.Content) => editing(before, [RiffEdit.insert({ last: "RIFF" }, content)])
        const depth = 20_000
        const { report } = yield* insert(deep(depth)).pipe(RiffLimits.withLimits({ nesting: depth + 1 }))
        assert.strictEqual(report.length, before.length + 12 * (depth - 1) + 10)
        for (const nesting of [64, depth]) {
          const error = yield* Effect.flip(insert(deep(100_000)).pipe(RiffLimits.withLimits({ nesting })))
          assert.strictEqual(error._tag, "InvalidParameter")
          assert.include(error.message, "RiffLimits.nesting")
        }
        const missing = Array.from({ length: 100_000 }, () => ({ id: "LIST" }))
        const refused = yield* Effect.flip(editing(before, [new RiffEdit.Remove({ path: missing })]))
        assert.strictEqual(refused._tag, "ChunkNotFound")
        const wide = Array.from({ length: 200_000 }, () => ({ chunk: "note", data: new Uint8Array(0) }))
        const { bytes } = yield* insert({ list: "many", content: wide })
        assert.strictEqual(bytes.length, before.length + 12 + 8 * wide.length)
      }),
    60_000
  )

  const noSamples = chunk("data", new Uint8Array(0))
  const cut = Wav.chunk("abcd", bytesOf(10, 1), { size: 100 })
  const empty = Wav.chunk("data", new Uint8Array(0))
  const exposed: Readonly<Record<string, readonly [file: Uint8Array, ...edits: ReadonlyArray<RiffEdit.RiffEdit>]>> = {
    "moved before bytes after the form": [
      Wav.bytes(wave(fmt, noSamples, chunk("note", bytesOf(8, 1))), "TAG", bytesOf(125, 1)),
      RiffEdit.move("RIFF:WAVE / data", { last: "RIFF:WAVE" })
    ],
    "moved before a chunk that is cut off": [
      Wav.form([Wav.fmt(), empty, Wav.chunk("LIST", Wav.bytes("INFO")), cut]),
      RiffEdit.move("RIFF:WAVE / data", { after: "RIFF:WAVE / LIST" })
    ],
    "emptied before a chunk that is cut off": [
      Wav.form([Wav.fmt(), Wav.chunk("data", bytesOf(10, 1)), cut]),
      RiffEdit.insert({ before: "RIFF:WAVE / data" }, { chunk: "note", data: bytesOf(2, 1) }),
      RiffEdit.assign("RIFF:WAVE / data", new Uint8Array(0))
    ]
  }
  for (const [name, [before, ...edits]] of Object.entries(exposed)) {
    it.effect(`is refused where samples of no size would be ${name}: readers would take that for samples`, () =>
      Effect.gen(function*() {
        const exit = yield* Effect.exit(editing(before, edits, { keepOrder: true }))
        assert.isTrue(Exit.isFailure(exit) && String(exit).includes("readers would take for samples"))
      }))
  }

  it.effect("does not touch a form that ends before its ds64, wherever its size is written", () =>
    Effect.gen(function*() {
      for (const [size, riffSize] of [[4, 118], [0xffff_ffff, 4]] as const) {
        const sizes = [riffSize, 100, 50].map((value) => Wav.number(8, value))
        // The second entry of its table is cut off.
        const table = Wav.bytes(Wav.number(4, 2), "abcd", Wav.number(8, 5), "bext[")
        const before = Wav.bytes("RF64", Wav.number(4, size), "WAVE", "ds64", Wav.number(4, 52), ...sizes, table)
        const error = yield* Effect.flip(editing(before, [RiffEdit.assign("RIFF:WAVE / data", bytesOf(10, 1))]))
        assert.strictEqual(error._tag, "InvalidFile")
        assert.include(error.message, `ends before its "ds64" does`)
      }
    }))

  it.effect("does not touch a file that is damaged", () =>
    Effect.gen(function*() {
      const before = wave(fmt, samples).slice(0, -10)
      const error = yield* Effect.flip(editing(before, [title("a")]))
      assert.strictEqual(error._tag, "InvalidFile")
      assert.include(error.message, "RIFF")
    }))
})

// ---------------------------------------------------------------------------------------------------------------------
// nothing is lost: see RiffEditCrash.test.ts for a model of a disk, and RiffRecover.test.ts for what is found in a file
// ---------------------------------------------------------------------------------------------------------------------

for (const [name, { before, edits }] of Object.entries(scenarios)) {
  const edit = Riff.edit("file", edits)
  const after = Effect.map(editing(before, edits), ({ bytes }) => bytes)

  describe(`an edit ${name}`, () => {
    it.effect(
      "is the old file, the new one, or recoverable to the new one after a crash at any operation",
      () =>
        Effect.gen(function*() {
          const expected = yield* after
          const report = yield* Crash.explore(edit, {
            files: { file: before },
            scale: scale(1),
            recover: Effect.gen(function*() {
              const storage = yield* Crash.Crash
              const { "/file": bytes = new Uint8Array(0) } = yield* storage.files
              const problems = yield* Mmio.withFile("file", {}, (file) => Riff.verify(file))
              if (Edits.stateOf(bytes, before, expected) === "neither") {
                assert.strictEqual(problems[0]?._tag, "UnfinishedEdit")
              }
              yield* Riff.recover("file")
            }),
            check: ({ result }) =>
              Effect.gen(function*() {
                const storage = yield* Crash.Crash
                const files = yield* storage.files
                const state = Edits.stateOf(files["/file"] ?? new Uint8Array(0), before, expected)
                assert.notStrictEqual(state, "neither")
                if (Option.isSome(result)) assert.strictEqual(state, "new")
                assert.deepStrictEqual(Object.keys(files), ["/file"])
              })
          })
          assert.isAbove(report.operations, 10)
        }),
      60_000
    )

    it.effect(
      "is the old file, the new one, or recoverable after a fault at any operation",
      () =>
        Effect.gen(function*() {
          const expected = yield* after
          yield* Fault.everyOperation(edit, {
            storage: MemoryIOProc.layer({ file: before }),
            check: ({ exit }) =>
              Effect.gen(function*() {
                const storage = yield* MemoryIOProc.MemoryIOProc
                if (Exit.isSuccess(exit)) {
                  assert.strictEqual(Edits.stateOf(yield* storage.bytes("file"), before, expected), "new")
                }
                const recovery = yield* Riff.recover("file")
                const state = Edits.stateOf(yield* storage.bytes("file"), before, expected)
                assert.notStrictEqual(state, "neither")
                if (recovery === "applied") assert.strictEqual(state, "new")
                assert.deepStrictEqual(yield* storage.files, ["/file"])
                assert.strictEqual(yield* Riff.recover("file"), "nothing")
                // and it can be edited again
                const again = yield* Riff.edit("file", [
                  RiffEdit.insert({ last: "RIFF" }, { chunk: "more", data: fmt.data })
                ])
                assert.strictEqual(again.recovered, "nothing")
              })
          })
        }),
      60_000
    )

    it.effect(
      "is the old file or the new one after a crash, or a fault, at any operation, where the storage commits on close",
      () =>
        Effect.gen(function*() {
          const expected = yield* after
          const isWhole = (bytes: Uint8Array, isNew: boolean) =>
            assert.isTrue(Edits.isSame(bytes, expected) || (!isNew && Edits.isSame(bytes, before)))
          yield* Crash.explore(edit, {
            files: { file: before },
            commit: "onClose",
            // A commit is one step: there is little that a crash can do.
            damages: 8,
            scale: scale(1),
            recover: Riff.recover("file"),
            check: ({ result }) =>
              Effect.gen(function*() {
                const storage = yield* Crash.Crash
                const files = yield* storage.files
                isWhole(files["/file"] ?? new Uint8Array(0), Option.isSome(result))
                assert.deepStrictEqual(Object.keys(files), ["/file"])
              })
          })
          yield* Fault.everyOperation(edit, {
            storage: Layer.effectContext(
              Effect.map(
                MemoryIOProc.make({ files: { file: before }, commit: "onClose" }),
                (storage) => Context.make(IOProc.IOProc, storage).pipe(Context.add(MemoryIOProc.MemoryIOProc, storage))
              )
            ),
            check: ({ exit }) =>
              Effect.gen(function*() {
                const storage = yield* MemoryIOProc.MemoryIOProc
                isWhole(yield* storage.bytes("file"), Exit.isSuccess(exit))
                assert.deepStrictEqual(yield* storage.files, ["/file"])
              })
          })
        }),
      60_000
    )

    it.live("is the old file or the new one after an interruption at any step", () =>
      Effect.gen(function*() {
        const expected = yield* after
        yield* Interruption.sweep({
          prepare: Effect.orDie(MemoryIOProc.make({ files: { file: before } })),
          run: (storage) => Effect.provideService(edit, IOProc.IOProc, storage),
          check: (storage, [exit]) =>
            Effect.gen(function*() {
              const bytes = yield* storage.bytes("file")
              const isNew = Edits.isSame(bytes, expected)
              assert.isTrue(isNew || Edits.isSame(bytes, before))
              if (exit !== undefined && Exit.isSuccess(exit)) assert.isTrue(isNew)
              assert.deepStrictEqual(yield* storage.files, ["/file"])
            })
        })
      }), 60_000)
  })
}

describe("a file that is edited by several fibers", () => {
  it.effect("gets each edit that was accepted", () =>
    Effect.gen(function*() {
      const ids = Array.from({ length: 16 }, (_, i) => `t${String(i).padStart(3, "0")}`)
      const bytes = yield* Effect.gen(function*() {
        yield* Effect.forEach(
          ids,
          (id) =>
            Effect.retry(
              Riff.edit("file", [RiffEdit.insert({ last: "RIFF" }, { chunk: id, data: new Uint8Array(10) })]),
              { while: ({ _tag }) => _tag === "SharingViolation" }
            ),
          { concurrency: "unbounded" }
        )
        const storage = yield* MemoryIOProc.MemoryIOProc
        return yield* storage.bytes("file")
      }).pipe(Effect.provide(MemoryIOProc.layer({ file: wave(fmt, samples) })))
      assert.deepStrictEqual(errors(bytes), [])
      assert.deepStrictEqual(places(bytes).map(([id]) => String(id)).slice(2).toSorted(), ids)
    }))
})
