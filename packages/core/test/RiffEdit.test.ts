import { IOProc, MemoryIOProc, Mmio, Riff, RiffEdit } from "@effect-mmio/core"
import { Crash, Fault, Interruption } from "@effect-mmio/testing"
import { assert, describe, it, layer } from "@effect/vitest"
import { deepStrictEqual } from "@effect/vitest/utils"
import { Effect, Exit, FastCheck as fc, Layer, Option } from "effect"
import * as Placement from "../src/internal/riff/edit/placement.js"
import * as Edits from "./support/edits.js"
import * as Family from "./support/family.js"
import { scale } from "./support/scale.js"
import { SparseStorage } from "./support/sparse.js"

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
        const edits = choices.flatMap((choice) => Edits.perform(list, choice) ?? [])
        const kept = yield* editing(bytes, edits, { keepOrder: true })
        assert.deepStrictEqual(errors(kept.bytes), [])
        assert.strictEqual(text(Edits.items(kept.bytes)), text(list))
        assert.strictEqual(kept.report.length, kept.bytes.length)
        const free = yield* editing(bytes, edits)
        assert.deepStrictEqual(errors(free.bytes), [])
        assert.strictEqual(unordered(Edits.items(free.bytes)), unordered(list))
        // A filler that is left behind counts, too, and what the file grows by.
        assert.isAtMost(
          free.report.moved + free.report.length,
          kept.report.moved + kept.report.length + 24 * choices.length
        )
      }),
    { fastCheck }
  )
})

describe("a placement", () => {
  const part = fc.record({
    size: fc.nat({ max: 12 }).map((size) => size * 2),
    gap: fc.constantFrom(0, 0, 0, 2, 8, 10, 40),
    isNew: fc.boolean(),
    fillable: fc.boolean()
  })

  it.prop(
    "moves as little as any",
    { given: fc.array(part, { maxLength: 7 }), end: fc.nat({ max: 50 }) },
    ({ end, given }) => {
      let at = 0
      const parts = given.map(({ fillable, gap, isNew, size }): Placement.Part => {
        if (isNew) return { size, from: undefined, fillable }
        at += gap + size
        return { size, from: at - size, fillable }
      })
      const length = at + end * 2
      const rules = { filler: 8, alignment: 2 }
      const { moved, offsets } = Placement.place(parts, length, rules)
      const isLegal = (offsets: ReadonlyArray<number>) => {
        let before = 0
        for (const [i, { fillable, size }] of parts.entries()) {
          const gap = offsets[i]! - before
          if (gap !== 0 && (gap < 8 || !fillable)) return false
          before = offsets[i]! + size
        }
        return before >= length
      }
      const cost = (offsets: ReadonlyArray<number>) =>
        parts.reduce((sum, { from, size }, i) => from === undefined || from === offsets[i] ? sum : sum + size, 0)
      // Where nothing may be filled there may be no way at all: a form always has its end.
      fc.pre(parts.length > 0 && parts.at(-1)!.fillable)
      assert.isTrue(isLegal(offsets), JSON.stringify(offsets))
      assert.strictEqual(moved, cost(offsets))
      // All that could be: any of them stay, the others are packed behind them.
      for (let chosen = 0; chosen < 2 ** parts.length; chosen++) {
        const stays = parts.map(({ from }, i) => from !== undefined && (chosen & 1 << i) > 0)
        for (const late of [false, true]) {
          const tried: Array<number> = []
          let before = 0
          parts.forEach(({ from, size }, i) => {
            let at = before
            if (stays[i]) at = from!
            else if (late) {
              // as far back as what stays behind it lets it
              let room = 0
              let j = i
              for (; j < parts.length && !stays[j]; j++) room += parts[j]!.size
              const to = j < parts.length ? parts[j]!.from! : Math.max(length, before + room)
              const gap = to - room - before
              if (gap > 0 && parts[i]!.fillable) at = before + gap
            }
            tried.push(at)
            before = at + size
          })
          const grown = Math.max(0, before - length)
          if (isLegal(tried)) assert.isAtMost(moved, cost(tried) + grown + 24 * parts.length)
        }
      }
    },
    { fastCheck: { numRuns: scale(300) } }
  )
})

describe("a gap", () => {
  it.prop(
    "is filled by fillers that have room for their headers",
    [fc.nat(), fc.integer({ min: 4, max: 100 })],
    ([gap, most]) => {
      const length = 8 + gap % 1000 * 2
      const sizes = Placement.fillersOf(length, 8, 8 + most * 2)
      assert.strictEqual(sizes.reduce((sum, size) => sum + size, 0), length)
      for (const size of sizes) assert.isTrue(size >= 8 && size <= 8 + most * 2, `${sizes}`)
    }
  )
})

const bytesOf = (length: number, value: number) => new Uint8Array(length).fill(value)
const chunk = (id: string, data: Uint8Array) => ({ id, data })
const info = (...tags: ReadonlyArray<readonly [id: string, text: string]>) => ({
  id: "LIST" as const,
  type: "INFO",
  children: tags.map(([id, text]) => chunk(id, new TextEncoder().encode(text)))
})
const wave = (...children: Family.Form["children"]) => Family.serialize([{ family: "RIFF", type: "WAVE", children }])
const fmt = chunk("fmt ", bytesOf(16, 1))
const samples = chunk("data", bytesOf(5000, 2))
const title = (text: string) => RiffEdit.assign("RIFF:WAVE / LIST:INFO / INAM", new TextEncoder().encode(text))

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
      deepStrictEqual(report.leftover, Option.none())
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

  it.effect("puts what has no room in front behind the samples, and leaves nothing of it", () =>
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

  it.effect("moves what is behind, where that is little", () =>
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
      const inFile = seen.filter(({ phase }) => phase === "file")
      assert.strictEqual(inFile.at(-1)?.done, report.written)
      assert.isTrue(inFile.every(({ total }) => total === report.written))
      assert.deepStrictEqual(inFile.map(({ done }) => done), inFile.map(({ done }) => done).toSorted((a, b) => a - b))
      const journal = seen.findLast(({ phase }) => phase === "journal")
      assert.strictEqual(journal?.done, journal?.total)
      assert.isAbove(inFile.length, 3)
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
      const edit = (size: number) => {
        const tag = { chunk: "note", data: new Uint8Array(size) }
        return Effect.gen(function*() {
          const journals = yield* MemoryIOProc.MemoryIOProc
          const large = IOProc.mapFile(file.ioProc, (file) => ({
            ...file,
            write: () => Effect.dieMessage("the file was written"),
            writeFlush: () => Effect.dieMessage("the file was written")
          }))
          const memory = yield* IOProc.IOProc
          const driver: IOProc.IOProc = IOProc.make({
            open: (request) => (request.name.path === "large" ? large : memory).open(request),
            remove: memory.remove,
            exists: memory.exists
          })
          const exit = yield* Effect.exit(
            Effect.provideService(
              Riff.edit("large", [RiffEdit.insert({ last: "RIFF" }, tag)]),
              IOProc.IOProc,
              driver
            )
          )
          return { exit, files: yield* journals.files }
        }).pipe(Effect.provide(MemoryIOProc.layer()))
      }
      const { exit, files } = yield* edit(100)
      const error = Exit.isFailure(exit) && exit.cause._tag === "Fail" ? exit.cause.error : undefined
      assert.strictEqual(error?._tag, "InvalidParameter")
      assert.include(error?.message, `"RIFF" at 0 would have ${2 ** 32} bytes, which do not fit a size of 32 bits`)
      assert.deepStrictEqual(files, [])
      // What does fit goes as far as the file.
      assert.include(String((yield* edit(80)).exit), "the file was written")
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
// nothing is lost
// ---------------------------------------------------------------------------------------------------------------------

const scenarios = {
  "in the room of filler": {
    before: wave(fmt, info(["INAM", "a"]), chunk("JUNK", bytesOf(100, 9)), samples),
    edits: [title("much longer")]
  },
  "to the end": {
    before: wave(fmt, info(["INAM", "a"]), samples),
    edits: [title("longer than it was")]
  },
  "with much to move": {
    before: wave(fmt, info(["INAM", "a"]), chunk("fact", bytesOf(400, 4)), samples),
    edits: [
      title("longer than it was"),
      RiffEdit.remove("RIFF / fact"),
      RiffEdit.move("RIFF / data", { before: "RIFF / fmt" }),
      RiffEdit.insert({ last: "RIFF" }, { chunk: "last", data: bytesOf(700, 5) })
    ]
  }
} as const

/** The files that an edit leaves that was decided, and had only begun to write when the disk failed. */
const begun = (before: Uint8Array, edits: ReadonlyArray<RiffEdit.RiffEdit>, options?: Riff.EditOptions) =>
  Effect.gen(function*() {
    assert.isTrue(Exit.isFailure(yield* Effect.exit(Riff.edit("file", edits, options))))
    const storage = yield* MemoryIOProc.MemoryIOProc
    return Object.fromEntries(
      yield* Effect.forEach(
        yield* storage.files,
        (name) => Effect.map(storage.bytes(name), (bytes) => [name, bytes] as const)
      )
    )
  }).pipe(
    Effect.provide(
      Fault.layer({ rules: [{ file: "file", on: ["write", "writeFlush"], fault: Fault.fail("EIO") }] }).pipe(
        Layer.provideMerge(MemoryIOProc.layer({ file: before }))
      )
    )
  )

for (const [name, { before, edits }] of Object.entries(scenarios)) {
  const edit = Riff.edit("file", edits)
  const after = Effect.map(editing(before, edits), ({ bytes }) => bytes)

  const isEither = (bytes: Uint8Array, after: Uint8Array) => {
    const isSame = (other: Uint8Array) => bytes.length === other.length && bytes.every((byte, i) => byte === other[i])
    return isSame(before) ? "old" : isSame(after) ? "new" : "neither"
  }

  describe(`an edit ${name}`, () => {
    it.effect("leaves the old file or the new one after a crash at any operation", () =>
      Effect.gen(function*() {
        const expected = yield* after
        const report = yield* Crash.explore(edit, {
          files: { file: before },
          scale: scale(1),
          recover: Effect.gen(function*() {
            const storage = yield* Crash.Crash
            const { "/file": bytes = new Uint8Array(0) } = yield* storage.files
            const state = isEither(bytes, expected)
            // Whoever looks is told where the file is neither.
            const problems = yield* Mmio.withFile("file", {}, (file) => Riff.verify(file))
            if (state === "neither") assert.strictEqual(problems[0]?._tag, "UnfinishedEdit")
            yield* Riff.recover("file")
          }),
          check: ({ result }) =>
            Effect.gen(function*() {
              const storage = yield* Crash.Crash
              const files = yield* storage.files
              const state = isEither(files["/file"] ?? new Uint8Array(0), expected)
              assert.notStrictEqual(state, "neither")
              if (Option.isSome(result)) assert.strictEqual(state, "new")
              assert.deepStrictEqual(Object.keys(files), ["/file"])
            })
        })
        assert.isAbove(report.operations, 15)
      }), 60_000)

    it.effect(
      "leaves the old file or the new one after a crash while it recovers from one",
      () =>
        Effect.gen(function*() {
          const expected = yield* after
          const left = yield* begun(before, edits)
          yield* Crash.explore(Riff.recover("file"), {
            files: left,
            recover: Riff.recover("file"),
            check: () =>
              Effect.gen(function*() {
                const storage = yield* Crash.Crash
                const files = yield* storage.files
                assert.strictEqual(isEither(files["/file"] ?? new Uint8Array(0), expected), "new")
                assert.deepStrictEqual(Object.keys(files), ["/file"])
              })
          })
        }),
      60_000
    )

    it.effect("stands a fault at any operation", () =>
      Effect.gen(function*() {
        const expected = yield* after
        yield* Fault.everyOperation(edit, {
          storage: MemoryIOProc.layer({ file: before }),
          check: ({ exit }) =>
            Effect.gen(function*() {
              const storage = yield* MemoryIOProc.MemoryIOProc
              if (Exit.isSuccess(exit)) {
                assert.strictEqual(isEither(yield* storage.bytes("file"), expected), "new")
                const leftover = Option.map(exit.value.leftover, ({ full }) => `/${full}`)
                assert.deepStrictEqual(yield* storage.files, ["/file", ...Option.toArray(leftover)])
              }
              const recovery = yield* Riff.recover("file")
              const state = isEither(yield* storage.bytes("file"), expected)
              assert.notStrictEqual(state, "neither")
              if (recovery === "finished") assert.strictEqual(state, "new")
              assert.deepStrictEqual(yield* storage.files, ["/file"])
              assert.strictEqual(yield* Riff.recover("file"), "nothing")
              // and it can be edited again
              const again = yield* Riff.edit("file", [title("again")])
              assert.strictEqual(again.recovered, "nothing")
            })
        })
      }), 60_000)

    it.live("interrupted at any step is as if it had not been, or done", () =>
      Effect.gen(function*() {
        const expected = yield* after
        yield* Interruption.sweep({
          prepare: Effect.orDie(MemoryIOProc.make({ files: { file: before } })),
          run: (storage) => Effect.provideService(edit, IOProc.IOProc, storage),
          check: (storage, [exit]) =>
            Effect.gen(function*() {
              const state = isEither(yield* storage.bytes("file"), expected)
              assert.notStrictEqual(state, "neither")
              if (exit !== undefined && Exit.isSuccess(exit)) assert.strictEqual(state, "new")
              assert.deepStrictEqual(yield* storage.files, ["/file"])
            })
        })
      }), 60_000)
  })
}

describe("a journal", () => {
  const { before, edits } = scenarios["in the room of filler"]

  it.effect("that a crash brings back says nothing any more", () =>
    Effect.gen(function*() {
      const report = yield* Crash.explore(
        Effect.gen(function*() {
          yield* Riff.edit("file", edits)
          yield* Mmio.withFile("file", { access: "readWrite" }, (file) =>
            Effect.gen(function*() {
              const { dataOffset } = yield* Riff.find(file, "RIFF / LIST / INAM")
              yield* Mmio.seek(file, dataOffset)
              yield* Mmio.writeAll(file, new TextEncoder().encode("MUCH"))
            }))
        }),
        {
          files: { file: before },
          recover: Riff.recover("file"),
          check: ({ result }) =>
            Effect.gen(function*() {
              const storage = yield* Crash.Crash
              const bytes = (yield* storage.files)["/file"] ?? new Uint8Array(0)
              if (Option.isSome(result)) assert.include(new TextDecoder("latin1").decode(bytes), "MUCH longer")
            })
        }
      )
      assert.isAbove(report.crashes, 30)
    }), 60_000)

  it.effect("of another file is not brought to its end", () =>
    Effect.gen(function*() {
      const left = yield* begun(before, edits)
      for (const file of [wave(fmt), before.slice(0, -2), Uint8Array.of(...before, ...bytesOf(500, 0))]) {
        const { error, files, recovered } = yield* Effect.gen(function*() {
          const error = yield* Effect.either(Riff.recover("file"))
          const storage = yield* MemoryIOProc.MemoryIOProc
          const files = yield* storage.files
          const bytes = yield* storage.bytes("file")
          return { error, files, recovered: bytes }
        }).pipe(Effect.provide(MemoryIOProc.layer({ ...left, "/file": file })))
        assert.strictEqual(error._tag === "Left" && error.left._tag, "InvalidFile")
        assert.deepStrictEqual([recovered, files], [file, ["/file", "/file.mmio-journal"]])
      }
    }))

  it.effect("that never got its header is discarded, and one that was damaged since is kept", () =>
    Effect.gen(function*() {
      const { "/file.mmio-journal": journal = new Uint8Array(0) } = yield* begun(before, edits)
      assert.isAbove(journal.length, 64)
      for (let at = 0; at < journal.length; at++) {
        const damaged = at % 2 === 0 ? journal.slice(0, at) : journal.with(at, journal[at]! ^ 1)
        const found = yield* Effect.gen(function*() {
          const recovery = yield* Effect.merge(Effect.mapError(Riff.recover("file"), ({ _tag }) => _tag))
          const storage = yield* MemoryIOProc.MemoryIOProc
          return [recovery, yield* storage.bytes("file"), yield* storage.files]
        }).pipe(Effect.provide(MemoryIOProc.layer({ file: before, "file.mmio-journal": damaged })))
        assert.deepStrictEqual(
          found,
          at < 64
            ? ["discarded", before, ["/file"]]
            : ["InvalidFile", before, ["/file", "/file.mmio-journal"]]
        )
      }
    }))

  it.effect("has the name that it is given, and is looked for under that", () =>
    Effect.gen(function*() {
      const left = yield* begun(before, edits, { journal: "journal" })
      assert.deepStrictEqual(Object.keys(left).toSorted(), ["/file", "/journal"])
      const expected = yield* editing(before, edits)
      yield* Effect.gen(function*() {
        assert.strictEqual(yield* Riff.recover("file"), "nothing")
        // the edit that comes next does that first
        const report = yield* Riff.edit("file", [title("again")], { journal: "journal" })
        assert.strictEqual(report.recovered, "finished")
        const storage = yield* MemoryIOProc.MemoryIOProc
        assert.deepStrictEqual(yield* storage.files, ["/file"])
        const { bytes } = yield* editing(expected.bytes, [title("again")])
        assert.deepStrictEqual(yield* storage.bytes("file"), bytes)
      }).pipe(Effect.provide(MemoryIOProc.layer(left)))
    }))
})
