import { FourCC, IOProc, MemoryIOProc, Mmio, MmioError, Riff, RiffCorrection, RiffEdit } from "@effect-mmio/core"
import { assert, describe, it, layer } from "@effect/vitest"
import { Effect, FastCheck as fc, Layer, Option } from "effect"
import { scale } from "./support/scale.js"
import { bytes, chunk, chunk64, fmt, form, number, waveGuid } from "./support/wav.js"

/** The file after edits. */
const edited = (file: Uint8Array, ...edits: ReadonlyArray<RiffEdit.RiffEdit>) =>
  Effect.gen(function*() {
    yield* Riff.edit("file", edits)
    return yield* (yield* MemoryIOProc.MemoryIOProc).bytes("file")
  }).pipe(Effect.provide(MemoryIOProc.layer({ file })))

interface Part {
  readonly id: string
  readonly data: Uint8Array
  /** Whether the header has the size, or leaves it to the `ds64`. */
  readonly own: boolean
}

/** A file whose `ds64` has a table with the sizes of these chunks, of `data` apart. */
const large = (id: "RF64" | "BW64", parts: ReadonlyArray<Part>): Uint8Array => {
  const table = parts.filter((part) => part.id !== "data" && part.id !== "fmt " && part.id !== "fact")
  const data = parts.find((part) => part.id === "data")?.data.length ?? 0
  const chunks = parts.map((part) => chunk(part.id, part.data, part.own ? {} : { size: 0xffffffff }))
  const ds64 = (riffSize: number) =>
    chunk(
      "ds64",
      bytes(
        number(8, riffSize),
        number(8, data),
        number(8, data / 2),
        number(4, table.length),
        ...table.map((part) => bytes(part.id, number(8, part.data.length)))
      )
    )
  const size = form([ds64(0), ...chunks]).length - 8
  return form([ds64(size), ...chunks], { id, size: 0xffffffff })
}

/**
 * Reads a file as one that believes the headers does, and as one that believes the `ds64` wherever it says something.
 */
const read = (file: Uint8Array) => {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength)
  const id = (at: number) => String.fromCharCode(...file.subarray(at, at + 4))
  const long = (at: number) => Number(view.getBigUint64(at, true))
  const table = new Map([["data", long(28)]])
  for (let i = view.getUint32(44, true) - 1; i >= 0; i--) table.set(id(48 + 12 * i), long(52 + 12 * i))
  const walk = (sizeOf: (id: string, field: number) => number) => {
    const found = new Map<string, Uint8Array>()
    let at = 12
    while (at < file.length) {
      const size = sizeOf(id(at), view.getUint32(at + 4, true))
      if (!found.has(id(at))) found.set(id(at), file.subarray(at + 8, at + 8 + size))
      at += 8 + size + size % 2
    }
    assert.strictEqual(at, file.length)
    return found
  }
  assert.strictEqual(long(20), file.length - 8)
  const byHeader = walk((id, field) => field === 0xffffffff ? table.get(id) ?? -1 : field)
  const byTable = walk((id, field) => table.get(id) ?? field)
  assert.deepStrictEqual([...byTable.keys()], [...byHeader.keys()])
  for (const [id, data] of byHeader) assert.strictEqual(byTable.get(id)?.length, data.length, id)
  return { chunks: byHeader, table, samples: long(36) }
}

const u8 = (maxLength: number) => fc.uint8Array({ maxLength })

layer(Layer.empty)("an edit of a file with sizes in a ds64", (it) => {
  const part = (id: string, data: fc.Arbitrary<Uint8Array>) =>
    fc.record({ id: fc.constant(id), data, own: fc.boolean() })
  const samples = fc.nat({ max: 60 }).map((frames) => new Uint8Array(2 * frames).fill(7))

  it.effect.prop(
    "keeps the header, the table, the number of samples and fact true for every reader",
    {
      id: fc.constantFrom("RF64" as const, "BW64" as const),
      parts: fc.tuple(
        part("axml", u8(30)),
        part("data", samples),
        part("bext", u8(30)),
        part("fact", fc.constant(number(4, 9)))
      ),
      order: fc.shuffledSubarray([0, 1, 2, 3], { minLength: 4 }),
      edits: fc.array(
        fc.record({
          on: fc.constantFrom("axml", "data", "bext", "note"),
          remove: fc.boolean(),
          data: fc.nat({ max: 90 }).map((length) => new Uint8Array(2 * length).fill(9))
        }),
        { minLength: 1, maxLength: 4 }
      )
    },
    ({ edits, id, order, parts }) =>
      Effect.gen(function*() {
        const format = { id: "fmt ", data: fmt().slice(8), own: true }
        const before = large(id, [format, ...order.map((i) => ({ ...parts[i]!, own: parts[i]!.own || i === 3 }))])
        const expected = new Map(read(before).chunks)
        const list: Array<RiffEdit.RiffEdit> = []
        let isNew = false
        for (const { data, on, remove } of edits) {
          const path = [{ id: id }, { id: on }]
          if (!remove || on === "data") {
            list.push(new RiffEdit.Assign({ path, data }))
            expected.set(on, data)
            isNew ||= on === "data"
          } else if (expected.delete(on)) list.push(new RiffEdit.Remove({ path }))
        }
        const after = read(yield* edited(before, ...list))
        for (const [id, data] of expected) {
          if (id !== "ds64" && id !== "fact") assert.deepStrictEqual(after.chunks.get(id)?.slice(), data.slice(), id)
        }
        for (const id of ["axml", "bext"]) if (!expected.has(id)) assert.strictEqual(after.table.get(id), 0)
        const frames = expected.get("data")!.length / 2
        assert.strictEqual(after.samples, frames)
        assert.deepStrictEqual(after.chunks.get("fact")?.slice(), number(4, isNew ? frames : 9))
      })
  )
})

/** The file after a repair. */
const repaired = (file: Uint8Array) =>
  Effect.gen(function*() {
    const corrections = yield* Mmio.withFile("file", { access: "readWrite" }, (file) => Riff.repair(file))
    return { corrections, bytes: yield* (yield* MemoryIOProc.MemoryIOProc).bytes("file") }
  }).pipe(Effect.provide(MemoryIOProc.layer({ file })))

layer(Layer.empty)("a repair of a file with sizes in a ds64", (it) => {
  it.effect.prop(
    "keeps the header, the table, the number of samples and fact true for every reader",
    {
      id: fc.constantFrom("RF64" as const, "BW64" as const),
      own: fc.record({ axml: fc.boolean(), data: fc.boolean() }),
      axml: u8(30),
      frames: fc.integer({ min: 2, max: 60 }),
      lost: fc.integer({ min: 1, max: 59 })
    },
    ({ axml, frames, id, lost, own }) =>
      Effect.gen(function*() {
        const whole = large(id, [
          { id: "fmt ", data: fmt().slice(8), own: true },
          { id: "fact", data: number(4, frames), own: true },
          { id: "axml", data: axml, own: own.axml },
          { id: "data", data: new Uint8Array(2 * frames).fill(7), own: own.data }
        ])
        const left = Math.max(1, frames - lost)
        const cut = whole.slice(0, whole.length - 2 * (frames - left))
        const { bytes: after } = yield* repaired(cut)
        const found = read(after)
        assert.lengthOf(found.chunks.get("data")!, 2 * left)
        assert.strictEqual(found.samples, left)
        assert.deepStrictEqual(found.chunks.get("fact")?.slice(), number(4, left))
        assert.deepStrictEqual(found.chunks.get("axml")?.slice(), axml.slice())
        assert.deepStrictEqual((yield* repaired(after)).corrections, [])
      })
  )
})

describe("a repair that is cut off", () => {
  it.effect("between any two writes is finished by the next one, copies of sizes included", () =>
    Effect.gen(function*() {
      const whole = large("RF64", [
        { id: "fmt ", data: fmt().slice(8), own: true },
        { id: "fact", data: number(4, 20), own: true },
        { id: "data", data: new Uint8Array(40).fill(7), own: true }
      ])
      const cut = whole.slice(0, whole.length - 10)
      const { bytes: expected, corrections } = yield* repaired(cut)
      assert.isAbove(corrections.length, 3)
      for (let writes = 0; writes < corrections.length; writes++) {
        const storage = yield* MemoryIOProc.make({ files: { file: cut } })
        let count = 0
        const failing = IOProc.mapFile(storage, (file) =>
          IOProc.wrapFile(file, {
            writeAt: file.writeAt && ((position, source, mode) =>
              count++ < writes
                ? file.writeAt!(position, source, mode)
                : Effect.fail(
                  new MmioError.CannotWrite({ operation: "test", file: "file", description: "the end", written: 0 })
                ))
          }))
        const repair = Mmio.withFile("file", { access: "readWrite", buffer: "none" }, (file) => Riff.repair(file))
        yield* Effect.flip(Effect.provideService(repair, IOProc.IOProc, failing))
        yield* Effect.provideService(repair, IOProc.IOProc, storage)
        assert.deepStrictEqual(yield* storage.bytes("file"), expected, `after ${writes} writes`)
      }
    }))
})

describe("a repair of a table with two sizes for one id", () => {
  it.effect("corrects the first, which counts, and leaves the second", () =>
    Effect.gen(function*() {
      const table = bytes(number(4, 2), "axml", number(8, 5), "axml", number(8, 6))
      const ds64 = chunk("ds64", bytes(number(8, 0), number(8, 0), number(8, 0), table))
      const file = form(
        [ds64, fmt(), chunk("axml", new Uint8Array(8)), chunk("data", new Uint8Array(40), { size: 0 })],
        {
          id: "RF64",
          size: 0xffffffff
        }
      )
      const { bytes: after } = yield* repaired(file)
      const view = new DataView(after.buffer, after.byteOffset)
      // The entries begin after the header of the form, that of the chunk, three sizes and the count.
      const sizeAt = (index: number) => Number(view.getBigUint64(12 + 8 + 28 + 12 * index + 4, true))
      assert.deepStrictEqual([sizeAt(0), sizeAt(1)], [8, 6])
    }))
})

describe("a repair of a table with the size of a chunk that it does not correct", () => {
  it.effect("leaves that size as it is, where the chunk declares more than its list has", () =>
    Effect.gen(function*() {
      const list = chunk("LIST", bytes("adtl", chunk("axml", new Uint8Array(8), { size: 100 })))
      const ds64 = chunk(
        "ds64",
        bytes(number(8, 0), number(8, 0), number(8, 0), number(4, 1), "axml", number(8, 100))
      )
      const file = form([ds64, fmt(), list, chunk("data", new Uint8Array(40), { size: 0 })], {
        id: "RF64",
        size: 0xffffffff
      })
      const { bytes: after, corrections } = yield* repaired(file)
      assert.isAbove(corrections.length, 0)
      assert.deepStrictEqual(after.slice(12 + 8 + 28 + 4, 12 + 8 + 28 + 12), number(8, 100))
    }))
})

layer(Layer.empty)("a file whose ds64 lies", (it) => {
  const size = fc.oneof(fc.nat({ max: 300 }), fc.constantFrom(0, 2 ** 32, 2 ** 40))
  const id = fc.constantFrom("fmt ", "data", "axml", "ds64", "note")
  const part = fc.record({
    id,
    data: fc.nat({ max: 20 }).map((length) => new Uint8Array(length).fill(7)),
    size: fc.oneof(fc.constant(undefined), fc.constant(0xffffffff), fc.nat({ max: 60 }))
  })
  const lying = fc.record({
    formSize: fc.oneof({ weight: 3, arbitrary: fc.constant(0xffffffff) }, fc.nat({ max: 60 })),
    sizes: fc.tuple(size, size, size),
    table: fc.array(fc.tuple(id, size), { maxLength: 3 }),
    parts: fc.array(part, { maxLength: 5 }),
    cut: fc.nat({ max: 12 })
  }).map(({ cut, formSize, parts, sizes, table }) => {
    const ds64 = bytes(
      ...sizes.map((size) => number(8, size)),
      number(4, table.length),
      ...table.map(([id, size]) => bytes(id, number(8, size)))
    )
    const chunks = parts.map(({ data, id, size }) => chunk(id, data, size === undefined ? {} : { size }))
    const whole = form([chunk("ds64", ds64), ...chunks], { id: "RF64", size: formSize })
    return whole.slice(0, whole.length - cut)
  })

  it.effect.prop(
    "has nothing for the next repair, whatever follows what was understood",
    { file: lying },
    ({ file }) =>
      Effect.gen(function*() {
        const repair = (file: Uint8Array) =>
          Effect.catchTag(repaired(file), "InvalidFile", () => Effect.succeed({ bytes: file, corrections: [] }))
        const { bytes: after } = yield* repair(file)
        const { corrections } = yield* repair(after)
        // What only is offered, or left, is offered again.
        assert.deepStrictEqual(
          corrections.filter(({ _tag }) => _tag !== "PadByteOffered" && _tag !== "BytesLeft").map(String),
          []
        )
      }),
    { fastCheck: { numRuns: scale(2000) } }
  )

  it.effect.prop(
    "has what an edit wrote, or is as it was",
    { file: lying },
    ({ file }) =>
      Effect.gen(function*() {
        const path = [{ id: "RF64" as const }, { id: "LIST" as const, type: "INFO" }, { id: "INAM" as const }]
        const title = Uint8Array.of(84, 105, 116, 108, 101, 0)
        const after = yield* Effect.option(edited(file, new RiffEdit.Assign({ path, data: title })))
        if (Option.isNone(after)) return
        const found = Effect.flatMap(Mmio.open("file"), (file) =>
          Effect.flatMap(Riff.find(file, path), ({ dataOffset, size }) =>
            Effect.zipRight(Mmio.seek(file, dataOffset), Mmio.read(file, size))))
        assert.deepStrictEqual(
          yield* Effect.scoped(Effect.provide(found, MemoryIOProc.layer({ file: after.value }))),
          title
        )
      }),
    { fastCheck: { numRuns: scale(2000) } }
  )
})

describe("a repair of a WAVE", () => {
  const wave = (fact: Uint8Array, size: number, frames: number, format = fmt()) =>
    form([format, chunk("fact", fact), chunk("data", new Uint8Array(2 * frames), { size })])

  it.effect("corrects the number of samples in fact with the size of data", () =>
    Effect.gen(function*() {
      const { bytes: after, corrections } = yield* repaired(wave(number(4, 0), 0, 20))
      assert.deepStrictEqual(
        corrections.filter((each) => each._tag === "SampleCountCorrected"),
        [new RiffCorrection.SampleCountCorrected({ id: FourCC.make("fact"), offset: 44, before: 0, after: 20 })]
      )
      assert.deepStrictEqual(after.slice(44, 48), number(4, 20))
    }))

  it.effect("leaves fact as it is where the samples are compressed, or nothing else is wrong", () =>
    Effect.gen(function*() {
      const compressed = fmt().slice()
      compressed.set(number(2, 0x11), 8)
      const first = yield* repaired(wave(number(4, 7), 0, 20, compressed))
      assert.deepStrictEqual(first.bytes.slice(44, 48), number(4, 7))
      assert.notStrictEqual(first.corrections.length, 0)
      const second = yield* repaired(wave(number(4, 7), 40, 20))
      assert.deepStrictEqual(second.corrections, [])
    }))
})

describe("a table of sizes", () => {
  it.effect("stays that of a second chunk whose header leaves the size to it, where the first of that id is another one", () =>
    Effect.gen(function*() {
      const format = { id: "fmt ", data: fmt().slice(8), own: true }
      const axml = { id: "axml", data: new Uint8Array(10).fill(1), own: false }
      const before = large("RF64", [format, axml])
      const after = yield* edited(
        before,
        RiffEdit.insert({ before: "RF64:WAVE / axml" }, { chunk: "axml", data: new Uint8Array(4) })
      )
      const view = new DataView(after.buffer)
      assert.strictEqual(view.getBigUint64(52, true), 10n)
    }))
})

describe("a fact", () => {
  const formats: ReadonlyArray<readonly [string, Uint8Array, number | undefined]> = [
    ["PCM", fmt(), 50],
    ["PCM with a block align of 4 for frames of 2 bytes", fmt({ align: 4 }), 50],
    ["PCM of 24 bits and two channels", fmt({ bits: 24, channels: 2, align: 6 }), 16],
    ["mu-law", fmt({ tag: 7, bits: 8, align: 1 }), 100],
    ["IEEE float", fmt({ tag: 3, bits: 32, align: 4 }), 25],
    ["no bits", fmt({ bits: 0 }), 50],
    ["ADPCM, which is left alone", fmt({ tag: 2, bits: 4, align: 256 }), undefined],
    ["a format that is cut off", chunk("fmt ", Uint8Array.of(1, 0)), undefined]
  ]
  for (const [name, format, samples] of formats) {
    it.effect(`of ${name} counts the samples that an edit wrote`, () =>
      Effect.gen(function*() {
        const before = form([format, chunk("fact", bytes(number(4, 7), "abcd")), chunk("data", new Uint8Array(40))])
        const after = yield* edited(before, RiffEdit.assign("RIFF:WAVE / data", new Uint8Array(100)))
        const fact = before.length - 48 - 16 + 8
        assert.deepStrictEqual(after.slice(fact, fact + 8), bytes(number(4, samples ?? 7), "abcd"))
      }))
  }

  it.effect("of RIFX is big-endian, and of Wave64 has 64 bits", () =>
    Effect.gen(function*() {
      const big = form([
        fmt({}, true),
        chunk("fact", number(4, 7), { big: true }),
        chunk("data", new Uint8Array(40), { big: true })
      ], { big: true })
      const after = yield* edited(big, RiffEdit.assign("RIFX:WAVE / data", new Uint8Array(100)))
      assert.deepStrictEqual(after.slice(44, 48), number(4, 50, true))
      const chunks = bytes(
        waveGuid,
        chunk64("fmt ", fmt().slice(8)),
        chunk64("fact", number(8, 2 ** 40)),
        chunk64("data", new Uint8Array(40))
      )
      const wave64 = chunk64("riff", chunks)
      const longer = yield* edited(wave64, RiffEdit.assign("RIFF:WAVE / data", new Uint8Array(100)))
      assert.deepStrictEqual(longer.slice(24 + 16 + 40 + 24, 24 + 16 + 40 + 32), number(8, 50))
    }))

  it.effect("is what the edit says, where it writes one, and stays where the samples do", () =>
    Effect.gen(function*() {
      const before = form([fmt(), chunk("fact", number(4, 7)), chunk("data", new Uint8Array(40))])
      const both = yield* edited(
        before,
        RiffEdit.assign("RIFF:WAVE / data", new Uint8Array(100)),
        RiffEdit.assign("RIFF:WAVE / fact", number(4, 3))
      )
      assert.deepStrictEqual(both.slice(44, 48), number(4, 3))
      const tagged = yield* edited(before, RiffEdit.assign("RIFF:WAVE / note", new Uint8Array(2)))
      assert.deepStrictEqual(tagged.slice(44, 48), number(4, 7))
    }))
})
