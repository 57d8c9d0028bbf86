import {
  FourCC,
  MemoryIOProc,
  Mmio,
  MmioError,
  Riff,
  RiffEdit,
  RiffLimits,
  RiffProblem,
  Wave,
  WaveProblem
} from "@effect-mmio/core"
import { assert, describe, it } from "@effect/vitest"
import { Cause, Effect, Either, Exit, FastCheck as fc, Stream } from "effect"
import { outcome } from "./support/outcome.js"
import { scale } from "./support/scale.js"

describe("a path of any length", () => {
  it("is read in linear time", () => {
    // Of the processor, in microseconds: the clock counts what other programs take, too.
    const start = process.cpuUsage()
    for (
      const text of [
        `a${" ".repeat(1_000_000)}b`,
        `a:b${" ".repeat(1_000_000)}c`,
        `a${" ".repeat(1_000_000)}[${" ".repeat(1_000_000)}x]`,
        "a".repeat(1_000_000),
        `a[${"1".repeat(1_000_000)}]`,
        `${"a/".repeat(200_000)}:`
      ]
    ) {
      const result = outcome(Riff.parsePath(text))
      assert(Either.isLeft(result))
      assert.strictEqual(result.left._tag, "InvalidParameter")
      // a message quotes the beginning only
      assert.isBelow(result.left.message.length, 500)
    }
    assert.deepStrictEqual(
      outcome(Riff.parsePath(`a${" ".repeat(1_000_000)}[${" ".repeat(1_000_000)}7 ]`)),
      Either.right([{ id: FourCC.make("a   "), index: 7 }])
    )
    assert.isBelow(process.cpuUsage(start).user, 2_000_000)
  })
})

describe("a limit", () => {
  const fields = ["nesting", "chunks", "bytes", "problems", "entries"] as const

  it.effect("is a whole number from 0 on, or Infinity: any other value is a defect", () =>
    Effect.gen(function*() {
      for (const field of fields) {
        for (const value of [Number.NaN, -1, 0.5, -Infinity, undefined, "7", null, 2 ** 53]) {
          // as JavaScript calls it
          const limits = { [field]: value } as unknown as Partial<RiffLimits.Limits>
          const exit = yield* Effect.exit(RiffLimits.withLimits(limits)(Effect.void))
          const [defect] = Exit.isFailure(exit) ? Cause.defects(exit.cause) : []
          assert.instanceOf(defect, MmioError.InvalidParameter, `${field}: ${String(value)}`)
          assert.include((defect as MmioError.InvalidParameter).message, `RiffLimits.${field}`)
        }
        for (const value of [0, 1, 2 ** 40, Infinity]) {
          const { [field]: seen } = yield* RiffLimits.withLimits({ [field]: value })(RiffLimits.RiffLimits)
          assert.strictEqual(seen, value)
        }
      }
    }))

  it.scoped("that a program provides as a service is checked where it is used", () =>
    Effect.gen(function*() {
      const file = yield* Mmio.openMemory({ bytes: new Uint8Array(20) })
      const limits = { ...RiffLimits.defaults, nesting: Number.NaN }
      for (
        const use of [
          Riff.tree(file),
          Riff.verify(file),
          Riff.find(file, "RIFF"),
          Riff.descend(file, { find: { chunk: "abcd" } }),
          Stream.runDrain(Riff.chunks(file)),
          Riff.repair(file, { dryRun: true }),
          Wave.info(file)
        ] as ReadonlyArray<Effect.Effect<unknown, MmioError.MmioError>>
      ) {
        const exit = yield* Effect.exit(Effect.provideService(use, RiffLimits.RiffLimits, limits))
        const [defect] = Exit.isFailure(exit) ? Cause.defects(exit.cause) : []
        assert.instanceOf(defect, MmioError.InvalidParameter)
      }
    }))
})

describe("the limit of bytes, and the table of a ds64", () => {
  /** A BW64 of `length` bytes, whose `ds64` has a table of `count` entries, in as much as it declares. */
  const fileOf = (length: number, count: number, declared: number): Uint8Array => {
    const bytes = new Uint8Array(20 + 28 + 12 * count + 60)
    const view = new DataView(bytes.buffer)
    const code = (at: number, text: string) => bytes.set([...text].map((char) => char.charCodeAt(0)), at)
    code(0, "BW64")
    view.setUint32(4, 0xffffffff, true)
    code(8, "WAVEds64")
    view.setUint32(16, declared, true)
    view.setUint32(20, bytes.length - 8, true)
    view.setUint32(44, count, true)
    return bytes.subarray(0, length)
  }

  it.effect.prop(
    "is exceeded for every reading where the file has more of it, and else for none",
    {
      length: fc.integer({ min: 40, max: 200 }),
      count: fc.nat(8),
      more: fc.nat(15),
      most: fc.integer({ min: 40, max: 160 })
    },
    ({ count, length, more, most }) =>
      Effect.gen(function*() {
        const bytes = fileOf(length, count, 28 + 12 * count + more)
        const file = yield* Mmio.openMemory({ bytes, access: "read" })
        const limited = (reading: Effect.Effect<unknown, { readonly message: string }>) =>
          Effect.match(Effect.zipRight(Mmio.seek(file, 0), reading), {
            onFailure: ({ message }) => message.includes("RiffLimits.bytes"),
            onSuccess: () => false
          })
        // As many entries as the table says that it has, and the file has in fact.
        const there = Math.min(count, Math.floor((length - 48) / 12))
        const expected = length >= 48 && 48 + 12 * there > most
        for (
          const reading of [
            Riff.tree(file),
            Riff.find(file, "RIFF / none"),
            Stream.runDrain(Riff.chunks(file)),
            Riff.descend(file)
          ]
        ) assert.strictEqual(yield* limited(reading), expected)
      }).pipe(RiffLimits.withLimits({ bytes: most }), Effect.scoped),
    { fastCheck: { numRuns: scale(1000) } }
  )
})

describe("content nested 100 000 deep", () => {
  const depth = 100_000
  /** Lists in each other, and a chunk in the last one. */
  const nested = (depth: number): Uint8Array => {
    const bytes = new Uint8Array(12 * depth + 8)
    const view = new DataView(bytes.buffer)
    const put = (at: number, id: string) => bytes.set(new TextEncoder().encode(id), at)
    for (let i = 0; i < depth; i++) {
      put(12 * i, i === 0 ? "RIFF" : "LIST")
      view.setUint32(12 * i + 4, bytes.length - 12 * i - 8, true)
      put(12 * i + 8, i === 0 ? "WAVE" : "INFO")
    }
    put(12 * depth, "last")
    return bytes
  }
  const pathTo = (depth: number): Riff.Path => [
    ...Array.from({ length: depth }, (_, i) => ({ id: i === 0 ? "RIFF" : "LIST" })),
    { id: "last" }
  ]
  const content = (levels: number): RiffEdit.Content => {
    let content: RiffEdit.Content = { chunk: "last", data: Uint8Array.of(1, 2) }
    for (let i = 1; i < levels; i++) content = { list: "nest", content: [content] }
    return content
  }

  it.scoped("fails by the limit, whichever function meets it", () =>
    Effect.gen(function*() {
      const file = yield* Mmio.openMemory({ bytes: nested(depth) })
      const edit = (...edits: ReadonlyArray<RiffEdit.RiffEdit>) =>
        Effect.provide(Riff.edit("file", edits), MemoryIOProc.layer({ file: nested(depth) }))
      for (
        const [name, use] of Object.entries<Effect.Effect<unknown, MmioError.MmioError>>({
          tree: Riff.tree(file),
          lenient: Riff.tree(file, { lenient: true }),
          chunks: Stream.runDrain(Riff.chunks(file)),
          find: Riff.find(file, pathTo(depth)),
          repair: Riff.repair(file, { dryRun: true }),
          edit: edit(RiffEdit.assign("RIFF / INAM", new Uint8Array(2))),
          insert: edit(RiffEdit.insert({ last: "RIFF" }, content(depth)))
        })
      ) {
        const error = yield* Effect.flip(use)
        assert.strictEqual(error._tag, "InvalidFile", name)
        assert.include(error.message, "RiffLimits.nesting")
      }
      const problems = yield* Riff.verify(file)
      assert.deepStrictEqual(problems.map(({ _tag }) => _tag), ["LimitExceeded"])
      yield* Wave.info(file).pipe(Effect.flip)
    }))

  it.scoped("is read and edited where the limit allows it", () =>
    Effect.gen(function*() {
      const file = yield* Mmio.openMemory({ bytes: nested(depth) })
      // Planning an edit takes time that grows with the square of the chunks that are around what is changed.
      const edited = 10_000
      const path = pathTo(edited)
      const edits = [
        RiffEdit.insert({ last: path.slice(0, -1) }, content(1000)),
        RiffEdit.assign([...path], new Uint8Array(6)),
        RiffEdit.move(path.slice(0, -1), { first: "RIFF" }),
        RiffEdit.remove("RIFF / LIST[1]")
      ]
      const length = yield* Effect.gen(function*() {
        yield* Riff.tree(file)
        yield* Riff.tree(file, { lenient: true })
        yield* Stream.runDrain(Riff.chunks(file))
        assert.strictEqual((yield* Riff.find(file, pathTo(depth))).offset, 12 * depth)
        assert.deepStrictEqual(yield* Riff.verify(file), [])
        assert.deepStrictEqual(yield* Riff.repair(file, { dryRun: true }), [])
        const storage = MemoryIOProc.layer({ file: nested(edited) })
        return (yield* Effect.provide(Riff.edit("file", edits), storage)).length
      }).pipe(RiffLimits.withLimits({ nesting: Infinity }))
      assert.isAbove(length, 12 * edited)
    }), 60_000)

  it.effect("is refused where it multiplies beyond the limit of chunks", () =>
    Effect.gen(function*() {
      let content: RiffEdit.Content = { chunk: "last", data: new Uint8Array(0) }
      for (let i = 0; i < 50; i++) content = { list: "twos", content: [content, content] }
      const error = yield* Riff.edit("file", [RiffEdit.insert({ last: "RIFF" }, content)]).pipe(
        Effect.provide(MemoryIOProc.layer({ file: new TextEncoder().encode("RIFF\u0004\0\0\0WAVE") })),
        RiffLimits.withLimits({ chunks: 1000 }),
        Effect.flip
      )
      assert.strictEqual(error._tag, "InvalidParameter")
      assert.include(error.message, "RiffLimits.chunks")
    }))
})

describe("names and bytes of files in messages", () => {
  const raw =
    "a\nb\r\t\u001b[2J\u0000\u007f\u009b31m\u202egnp.exe\u2066\u2028\u200e\u{e0041} h\u00e9llo \u4f60 \ud83d\ude00 C:\\x"
  const printed =
    "a\\nb\\r\\t\\u001b[2J\\u0000\\u007f\\u009b31m\\u202egnp.exe\\u2066\\u2028\\u200e\\u{e0041} h\u00e9llo \u4f60 \ud83d\ude00 C:\\x"
  const unsafe = /[\p{Cc}\p{Zl}\p{Zp}\p{Cs}\p{Bidi_Control}]/u

  it("are escaped in the messages of errors, and raw in their fields", () => {
    const error = new MmioError.CannotOpen({ operation: "Mmio.open", file: raw, description: `no ${raw}` })
    assert.strictEqual(error.file, raw)
    assert.strictEqual(error.message, `Mmio.open ${printed}: no ${printed}`)
    const seen = error.toString()
    assert.notMatch(seen, unsafe)
    for (const text of [error.stack ?? "", Cause.pretty(Cause.fail(error))]) {
      assert.notInclude(text, "\u001b[2J")
      assert.notInclude(text, "\u202e")
      assert.notInclude(text, "a\nb")
    }
  })

  it.effect("are escaped where a file is not found", () =>
    Effect.gen(function*() {
      const error = yield* Effect.flip(Effect.scoped(Mmio.open(raw)))
      assert.notMatch(error.message, unsafe)
    }).pipe(Effect.provide(MemoryIOProc.layer())))

  it("are escaped in paths that a message quotes", () => {
    const result = outcome(Riff.parsePath(raw))
    assert(Either.isLeft(result))
    assert.notMatch(result.left.message, unsafe)
    assert.notMatch(FourCC.format(`\u202e\u001b\u0085${String.fromCharCode(0xd800)}`), unsafe)
    assert.strictEqual(FourCC.format("\ud83d\ude00\u001b\u202e"), "\"\ud83d\ude00\\x1b\\u202e\"")
  })

  it("are escaped in the messages of problems", () => {
    const id = FourCC.make("\u001b[2J")
    const problems: ReadonlyArray<{ readonly message: string }> = [
      new RiffProblem.UnprintableId({ offset: 3, id }),
      new RiffProblem.NotRiff({ offset: 0, id, bytes: 30 }),
      new RiffProblem.PastParent({ offset: 3, id, size: 4, available: 2 }),
      new WaveProblem.WaveProblem({
        _tag: "TooShort",
        level: "error",
        chunk: `LIST:${id}`,
        offset: 0,
        description: raw,
        count: 1
      })
    ]
    for (const { message } of problems) assert.notMatch(message, unsafe)
  })
})
