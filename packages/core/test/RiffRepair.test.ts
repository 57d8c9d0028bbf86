import { FourCC, Mmio, Riff, RiffCorrection } from "@effect-mmio/core"
import { Interruption, type Model } from "@effect-mmio/testing"
import { assert, describe, it, layer } from "@effect/vitest"
import { deepStrictEqual } from "@effect/vitest/utils"
import { Effect, FastCheck as fc, Layer, Scope } from "effect"
import { TestStorage } from "./support/driver.js"
import * as Family from "./support/family.js"
import { scale } from "./support/scale.js"
import { SparseStorage } from "./support/sparse.js"
import * as Wav from "./support/wav.js"

const fastCheck = { numRuns: scale(500) }

const leaf = (id: string, data: Iterable<number>): Model.Chunk => ({ id, data: Uint8Array.from(data) })

/** Runs something on a block that can grow, and gives what is in it then, too. */
const inMemory = <B, E>(bytes: Uint8Array, use: (file: Mmio.ReadWriteHandle) => Effect.Effect<B, E>) =>
  Effect.scoped(Effect.gen(function*() {
    const file = yield* Mmio.openMemory({ bytes: bytes.slice(), expandBy: 1 })
    const result = yield* use(file)
    return { result, bytes: yield* Mmio.memoryBytes(file) }
  }))

/** Whether a correction was made, and not left to others. */
const isMade = (
  correction: RiffCorrection.RiffCorrection
): correction is
  | RiffCorrection.SizeCorrected
  | RiffCorrection.SampleCountCorrected
  | RiffCorrection.PadByteAdded => correction._tag !== "PadByteOffered" && correction._tag !== "BytesLeft"

const flat = (nodes: ReadonlyArray<Riff.TreeNode>): ReadonlyArray<Riff.TreeNode> =>
  nodes.flatMap((node) => [node, ...flat(node.children)])

/**
 * What is in a file, whatever the sizes say: chunks, where they are, and the data of those that are not made of others.
 */
const contents = ({ chunks }: Riff.Tree, bytes: Uint8Array) =>
  flat(chunks).map(({ available, children, chunk }) => ({
    id: chunk.id,
    type: chunk.type,
    offset: chunk.offset,
    data: children.length > 0 || chunk.type._tag === "Some"
      ? undefined
      : [...bytes.subarray(chunk.dataOffset, chunk.dataOffset + available)]
  }))

describe("forms one after another", () => {
  it.effect("stay forms: one that follows another is no chunk of it, whatever the sizes say", () =>
    Effect.gen(function*() {
      const riff = (size: number) => {
        const bytes = new Uint8Array(40)
        bytes.set([0x72, 0x69, 0x66, 0x66, 0x2e, 0x91, 0xcf, 0x11, 0xa5, 0xd6, 0x28, 0xdb, 0x04, 0xc1, 0, 0])
        bytes.set([size], 16)
        bytes.set([0x57, 0x41, 0x56, 0x45, 0xf3, 0xac, 0xd3, 0x11, 0x8c, 0xd1, 0, 0xc0, 0x4f, 0x8e, 0xdb, 0x8a], 24)
        return bytes
      }
      const bytes = Uint8Array.from([...riff(40), ...riff(0), ...riff(40)])
      const { result } = yield* inMemory(bytes, (file) =>
        Effect.gen(function*() {
          const first = yield* Riff.repair(file)
          const again = yield* Riff.repair(file)
          return { first, again }
        }))
      assert.lengthOf(result.first, 1)
      assert.deepStrictEqual(result.again, [])
    }))

  it.effect("have the samples of no size that are in any of them", () =>
    Effect.gen(function*() {
      const unsized = Wav.form([Wav.fmt(), Wav.chunk("data", new Uint8Array(0)), new Uint8Array(100).fill(1)])
      const bytes = Wav.bytes(unsized, Wav.form([Wav.fmt(), Wav.chunk("data", new Uint8Array(50).fill(3))]))
      const { result } = yield* inMemory(bytes, (file) =>
        Effect.gen(function*() {
          const sizesIn = ({ chunks }: Riff.Tree) =>
            chunks.map(({ children }) => children.map(({ available, chunk }) => [chunk.size, available]))
          const lenient = sizesIn(yield* Riff.tree(file, { lenient: true }))
          const made = yield* Riff.repair(file)
          return { lenient, made, strict: sizesIn(yield* Riff.tree(file)) }
        }))
      assert.deepStrictEqual(result.lenient, [[[16, 16], [0, 100]], [[16, 16], [50, 50]]])
      assert.lengthOf(result.made, 1)
      assert.strictEqual(result.made[0]?._tag, "SizeCorrected")
      assert.deepStrictEqual(result.strict, [[[16, 16], [100, 100]], [[16, 16], [50, 50]]])
    }))
})

describe("a size in a ds64 that two chunks have", () => {
  it.effect("stays, as it cannot be that of both", () =>
    Effect.gen(function*() {
      const unsized = Wav.chunk("data", new Uint8Array(0), { size: 0xffffffff })
      const form = (...chunks: ReadonlyArray<Uint8Array>) => {
        const size = 4 + 36 + chunks.reduce((sum, { length }) => sum + length, 0)
        const ds64 = Wav.bytes(Wav.number(8, size), Wav.number(8, 0), Wav.number(8, 0), Wav.number(4, 0))
        return Wav.form([Wav.chunk("ds64", ds64), ...chunks], { id: "RF64", size: 0xffffffff })
      }
      const samples = new Uint8Array(100).fill(1)
      const second = Wav.form([Wav.fmt(), Wav.chunk("data", new Uint8Array(50).fill(3))])
      const repaired = (bytes: Uint8Array) =>
        Effect.map(
          inMemory(bytes, (file) => Riff.repair(file)),
          ({ result }) => result.flatMap((made) => made._tag === "SizeCorrected" ? [made.field] : [])
        )
      const one = form(Wav.fmt(), unsized, samples)
      assert.deepStrictEqual(yield* repaired(Wav.bytes(one, second)), ["ds64"])
      const two = form(unsized, Wav.fmt(), unsized, samples)
      assert.deepStrictEqual(yield* repaired(Wav.bytes(two, second)), [])
    }))
})

describe("a form that ends where it says", () => {
  const data = Wav.chunk("data", new Uint8Array(100).fill(1))
  const bext = Wav.chunk("bext", new Uint8Array(10).fill(2), { size: 28 })
  const second = Wav.form([Wav.fmt(), Wav.chunk("data", new Uint8Array(50).fill(3))])
  const far = Wav.chunk("data", new Uint8Array(1_000_000).fill(1), { size: 1_000_020 })
  const damaged: Readonly<Record<string, readonly [file: Uint8Array, lenient: ReadonlyArray<string>]>> = {
    "before an AVIX, whose last chunk declares more": [
      Wav.bytes(
        Wav.form([Wav.chunk("movi", new Uint8Array(40)), Wav.chunk("idx1", new Uint8Array(16), { size: 20 })], {
          type: "AVI "
        }),
        Wav.form([Wav.chunk("movi", new Uint8Array(40))], { type: "AVIX" })
      ),
      ["movi 40 idx1 16", "movi 40"]
    ],
    "before another WAVE, whose last chunk declares more": [
      Wav.bytes(Wav.form([Wav.fmt(), data, bext]), second),
      ["fmt  16 data 100 bext 10", "fmt  16 data 50"]
    ],
    "before another one, with samples that declare twice as many": [
      Wav.bytes(Wav.form([Wav.fmt(), Wav.chunk("data", new Uint8Array(100).fill(1), { size: 200 })]), second),
      ["fmt  16 data 100", "fmt  16 data 50"]
    ],
    "before another one, with samples that declare more than the file has": [
      Wav.bytes(Wav.form([Wav.fmt(), Wav.chunk("data", new Uint8Array(100).fill(1), { size: 9000 })]), second),
      ["fmt  16 data 100", "fmt  16 data 50"]
    ],
    "before another one, which is far from the header of the chunk": [
      Wav.bytes(Wav.form([Wav.fmt(), far]), second),
      ["fmt  16 data 1000000", "fmt  16 data 50"]
    ],
    "before one of another byte order": [
      Wav.bytes(
        Wav.form([Wav.fmt({}, true), Wav.chunk("bext", new Uint8Array(10), { big: true, size: 28 })], { big: true }),
        second
      ),
      ["fmt  16 bext 10", "fmt  16 data 50"]
    ],
    "before bytes that are no chunk": [
      Wav.bytes(Wav.form([Wav.fmt(), data, bext]), "TAG", new Uint8Array(125).fill(0x54)),
      ["fmt  16 data 100 bext 28"]
    ]
  }
  for (const [name, [bytes, expected]] of Object.entries(damaged)) {
    it.effect(`stays as it is ${name}`, () =>
      Effect.gen(function*() {
        const { bytes: after, result } = yield* inMemory(bytes, (file) =>
          Effect.zipRight(Riff.repair(file), Riff.tree(file, { lenient: true })))
        assert.deepStrictEqual(
          result.chunks.map(({ children }) =>
            children.map(({ available, chunk }) =>
              `${chunk.id} ${available}`
            ).join(" ")
          ),
          expected
        )
        assert.isTrue(Buffer.compare(after, bytes) === 0, "the repair wrote something")
      }))
  }
})

layer(Layer.empty)("a repair of whatever bytes", (it) => {
  it.effect.prop(
    "corrects sizes, and nothing else; what a forgiving reader found is what everyone finds then; a second one has nothing to do",
    { bytes: Family.damaged, position: fc.nat({ max: 30 }) },
    ({ bytes, position }) =>
      Effect.gen(function*() {
        const repaired = yield* inMemory(bytes, (file) =>
          Effect.gen(function*() {
            const start = yield* Mmio.seek(file, position)
            const lenient = yield* Riff.tree(file, { lenient: true })
            const problems = yield* Riff.verify(file)
            assert.deepStrictEqual(lenient.problems, problems)
            const planned = yield* Riff.repair(file, { dryRun: true })
            assert.deepStrictEqual(yield* Mmio.memoryBytes(file as Mmio.MemoryHandle<"readWrite">), bytes)
            const made = yield* Riff.repair(file)
            assert.deepStrictEqual(made, planned)
            const corrections = made.filter(isMade)
            assert.strictEqual(yield* Mmio.position(file), start)
            const strict = yield* Riff.tree(file)
            assert.deepStrictEqual((yield* Riff.repair(file)).filter(isMade), [])
            return { corrections, lenient, problems, strict }
          }))
        const { corrections, lenient, problems, strict } = repaired.result

        const changed = bytes.slice()
        let added = 0
        for (const correction of corrections) {
          if (correction._tag === "PadByteAdded") {
            assert.strictEqual(correction.offset, bytes.length)
            added++
            continue
          }
          const { offset } = correction
          assert.notStrictEqual(correction.before, correction.after)
          if (correction._tag === "SampleCountCorrected") {
            const length = correction.id === "ds64" || bytes[0] === 0x72 ? 8 : 4
            changed.set(repaired.bytes.subarray(offset, offset + length), offset)
            continue
          }
          const length = correction.field === "ds64" || flat(lenient.chunks).some(({ chunk }) =>
              chunk.offset === correction.chunk && chunk.guid._tag === "Some"
            )
            ? 8
            : 4
          changed.set(repaired.bytes.subarray(offset, offset + length), offset)
        }
        assert.deepStrictEqual(repaired.bytes, Uint8Array.of(...changed, ...new Uint8Array(added)))

        if (corrections.length === 0) {
          return
        }
        assert.isAbove(problems.length, 0)
        // A list that was cut off inside of its type is not in the form any more.
        const offset = lenient.chunks.at(-1)?.chunk.offset
        const form = strict.chunks.find(({ chunk }) =>
          chunk.offset === offset
        )
        assert.isDefined(form)
        const end = form === undefined ? 0 : form.chunk.dataOffset + form.available
        const before = contents(lenient, repaired.bytes)
        const after = contents(strict, repaired.bytes)
        const isInside = (node: { readonly offset: number }) => node.offset < end
        deepStrictEqual(after.filter(isInside), before.filter(isInside))
        assert.isAtMost(before.filter((node) => !isInside(node)).length, 1)
        const wrong = new Set(corrections.flatMap((c) => c._tag === "SizeCorrected" ? [c.chunk] : []))
        for (const problem of strict.problems) {
          if (
            problem._tag === "PastEndOfFile" || problem._tag === "UnknownSize" || problem._tag === "TooSmallForType"
            || problem._tag === "PastParent"
          ) {
            assert.isFalse(wrong.has(problem.offset), problem.message)
          }
          if (problem._tag === "MissingPadByte") assert.isBelow(problem.offset, repaired.bytes.length)
        }
      }),
    { fastCheck }
  )
})

/** How a recording may be left. */
const endings = [
  "nothing yet",
  "an empty file",
  "written into a pipe",
  "as much as fits",
  "cut",
  "the form forgotten"
] as const

const recording = fc.record({
  family: fc.constantFrom<Array<Exclude<Family.Family, "FORM">>>("RIFF", "RIFX", "RF64", "BW64", "Wave64"),
  before: fc.array(fc.constantFrom(leaf("fact", [1, 2, 3, 4]), leaf("bext", [1, 2, 3]), leaf("JUNK", [])), {
    maxLength: 2
  }),
  // what would be a header is something that a recorder might take for one, too
  samples: fc.uint8Array({ maxLength: 60, size: "max" }).map((samples) =>
    samples.length > 0 ? samples.with(0, 200) : samples
  ),
  ending: fc.constantFrom(...endings),
  missing: fc.nat({ max: 60 })
})

/** The bytes of a recording that was left so. */
const left = (
  { before, ending, family, missing, samples }: typeof recording extends fc.Arbitrary<infer A> ? A : never
) => {
  const type = family === "Wave64" ? "wave" : "WAVE"
  const whole = Family.serialize([{
    family,
    type,
    children: [leaf("fmt ", new Uint8Array(16)), ...before, leaf("data", samples)]
  }])
  const { nodes } = Family.read(whole)
  const data = nodes[0]?.children.at(-1)
  if (data === undefined) throw new Error("there is a data chunk")
  // a writer that died did not pad, either
  const bytes = ending === "cut"
    ? whole.slice(0, data.dataOffset + Math.max(0, samples.length - missing))
    : whole.slice(0, data.dataOffset + samples.length)
  const view = new DataView(bytes.buffer)
  const set = (form: number, samples: number | undefined) => {
    if (family === "Wave64") {
      view.setBigUint64(16, BigInt(form), true)
      if (samples !== undefined) view.setBigUint64(data.offset + 16, BigInt(samples), true)
    } else if (family === "RF64" || family === "BW64") {
      view.setBigUint64(20, BigInt(form), true)
      if (samples !== undefined) view.setBigUint64(28, BigInt(samples), true)
    } else {
      const little = family === "RIFF"
      view.setUint32(4, form, little)
      if (samples !== undefined) view.setUint32(data.offset + 4, samples, little)
    }
  }
  const counted = family === "Wave64" ? 24 : 0
  switch (ending) {
    case "nothing yet":
      set(0, 0)
      break
    case "an empty file":
      set(data.dataOffset - (counted > 0 ? 0 : 8), counted)
      break
    case "written into a pipe":
      if (family === "RIFF" || family === "RIFX") set(0xffffffff, 0xffffffff)
      else set(2 ** 52, 2 ** 52)
      break
    case "as much as fits":
      set(0x7ffff000, 0x7ffff000 - data.dataOffset)
      break
    case "cut":
      break
    case "the form forgotten":
      set(data.dataOffset - (counted > 0 ? 0 : 8), undefined)
      break
  }
  return { bytes, data }
}

layer(Layer.empty)("a recording", (it) => {
  for (const ending of endings) {
    it.effect.prop(
      `that was left ${JSON.stringify(ending)} is sound after a repair, with all of its samples`,
      { recording, buffer: fc.constantFrom(0, 20, 8192) },
      ({ buffer, recording }) =>
        Effect.gen(function*() {
          const { bytes, data } = left({ ...recording, ending })
          const samples = bytes.slice(data.dataOffset)
          const storage = new TestStorage(bytes)
          yield* Effect.scoped(Effect.gen(function*() {
            const file = yield* Mmio.openWith(storage.ioProc, "test", { access: "readWrite", buffer })
            yield* Riff.repair(file)
            assert.deepStrictEqual(yield* Riff.verify(file), [])
            const found = yield* Riff.find(file, "RIFF:WAVE / data")
            assert.strictEqual(found.size, samples.length)
          }))
          assert.deepStrictEqual(storage.bytes.slice(data.dataOffset, data.dataOffset + samples.length), samples)
          // which may lack its padding
          if (recording.family === "Wave64") assert.strictEqual(storage.bytes.length, bytes.length)
        }),
      { fastCheck: { numRuns: scale(100) } }
    )
  }

  it.effect.prop(
    "whose repair fails at any call is repaired by the next one as if nothing had happened",
    { recording },
    ({ recording }) =>
      Effect.gen(function*() {
        const { bytes } = left(recording)
        const repair = (storage: TestStorage) =>
          Effect.exit(Effect.scoped(
            Effect.flatMap(
              Mmio.openWith(storage.ioProc, "test", { access: "readWrite", buffer: "none" }),
              (file) => Riff.repair(file)
            )
          ))
        const sound = new TestStorage(bytes)
        yield* repair(sound)
        for (let failing = 0;; failing++) {
          const storage = new TestStorage(bytes)
          storage.behaviour = { fails: (call) => call === failing && storage.log[call]?.call !== "close" }
          yield* repair(storage)
          const done = storage.calls <= failing
          storage.behaviour = {}
          yield* repair(storage)
          assert.deepStrictEqual(storage.bytes, sound.bytes, `call ${failing}`)
          if (done) break
        }
      }),
    { fastCheck: { numRuns: scale(60) } }
  )
})

describe("files of very many forms and entries", () => {
  const u32 = (value: number) => {
    const bytes = new Uint8Array(4)
    new DataView(bytes.buffer).setUint32(0, value, true)
    return bytes
  }
  const u64 = (value: number) => [...u32(value), ...u32(0)]
  const text = (id: string) => new TextEncoder().encode(id)
  const chunk = (id: string, data: Iterable<number>, size?: number) => {
    const bytes = Uint8Array.from(data)
    return Uint8Array.from([...text(id), ...u32(size ?? bytes.length), ...bytes])
  }
  const many = (count: number, part: Uint8Array) => {
    const bytes = new Uint8Array(count * part.length)
    for (let i = 0; i < count; i++) bytes.set(part, i * part.length)
    return bytes
  }
  const ds64 = chunk("ds64", [...u64(4), ...u64(4), ...u64(0), ...u32(0)])
  const files: Readonly<Record<string, () => Uint8Array>> = {
    "of RF64": () =>
      many(
        20_000,
        chunk("RF64", [...text("WAVE"), ...ds64, ...chunk("data", [1, 1, 1, 1], 0xffffffff)], 0xffffffff)
      ),
    "that are too small": () => many(100_000, chunk("RIFF", [...text("WAVE"), ...chunk("data", [1, 1, 1, 1])], 4)),
    "of one form": () => {
      const ids = Array.from({ length: 20_000 }, (_, i) => `x${String(i).padStart(5, "0")}`.slice(-4))
      const table = ids.flatMap((id) => [...text(id), ...u64(2)])
      const chunks = ids.flatMap((id) => [...chunk(id, [1, 1], 0xffffffff)])
      const all = [...text("WAVE"), ...chunk("ds64", [...u64(4), ...u64(4), ...u64(0), ...u32(ids.length), ...table])]
      return Uint8Array.from([...text("RF64"), ...u32(0xffffffff), ...all, ...chunks])
    }
  }
  for (const [name, bytes] of Object.entries(files)) {
    // The time grew with the square of their number: minutes.
    it.effect(`${name}: a repair goes over them once`, () =>
      Effect.scoped(Effect.flatMap(
        Mmio.openMemory({ bytes: bytes() }),
        (file) => Effect.map(Riff.repair(file, { dryRun: true }), (all) => assert.isAtLeast(all.length, 1))
      )), 30_000)
  }
})

describe("a repair", () => {
  it.live("interrupted at any step is finished by the next one", () =>
    Effect.gen(function*() {
      const { bytes } = left({
        family: "RIFF",
        before: [],
        samples: Uint8Array.of(200, 1, 2),
        ending: "written into a pipe",
        missing: 0
      })
      const expected = (yield* inMemory(bytes, (file) => Riff.repair(file))).bytes
      yield* Interruption.sweep({
        prepare: Effect.gen(function*() {
          const storage = new TestStorage(bytes, { yields: () => 1 })
          const scope = yield* Scope.make()
          const file = yield* Effect.orDie(
            Scope.extend(Mmio.openWith(storage.ioProc, "test", { access: "readWrite", buffer: "none" }), scope)
          )
          yield* Effect.orDie(Mmio.seek(file, 3))
          return { file, storage }
        }),
        run: ({ file }) => Riff.repair(file),
        check: ({ file, storage }) =>
          Effect.gen(function*() {
            assert.strictEqual(yield* Mmio.position(file), 3)
            yield* Riff.repair(file)
            yield* Mmio.close(file)
            assert.deepStrictEqual(storage.bytes, expected)
          })
      })
    }))

  const repair = (bytes: Uint8Array) =>
    inMemory(bytes, (file) => Effect.map(Riff.repair(file), (corrections) => corrections.filter(isMade)))

  it.effect("says what it does, in data and in sentences", () =>
    Effect.gen(function*() {
      const bytes = Family.serialize([{ family: "RIFX", type: "TEST", children: [leaf("data", [1, 2, 3])] }]).slice(
        0,
        -1
      )
      bytes.fill(255, 4, 8)
      bytes.fill(255, 16, 20)
      const { bytes: repaired, result } = yield* repair(bytes)
      assert.deepStrictEqual(result, [
        new RiffCorrection.SizeCorrected({
          id: FourCC.make("data"),
          chunk: 12,
          field: "header",
          offset: 16,
          before: 0xffffffff,
          after: 3
        }),
        new RiffCorrection.PadByteAdded({ id: FourCC.make("data"), chunk: 12, offset: 23 }),
        new RiffCorrection.SizeCorrected({
          id: FourCC.make("RIFX"),
          chunk: 0,
          field: "header",
          offset: 4,
          before: 0xffffffff,
          after: 16
        })
      ])
      assert.deepStrictEqual(result.map(({ message }) => message), [
        "the size of \"data\" at 12, in the header at 16, is 3 and not 4294967295",
        "a pad byte follows \"data\" at 12, at 23",
        "the size of \"RIFX\" at 0, in the header at 4, is 16 and not 4294967295"
      ])
      assert.deepStrictEqual(
        repaired,
        Family.serialize([{ family: "RIFX", type: "TEST", children: [leaf("data", [1, 2, 3])] }])
      )
    }))

  it.effect("goes into lists whose writer died, and no further than it can tell", () =>
    Effect.gen(function*() {
      const frame = leaf("00dc", [1, 2, 3, 4, 5, 6])
      const bytes = Family.serialize([{
        family: "RIFF",
        type: "AVI ",
        children: [leaf("avih", [1]), { id: "LIST", type: "movi", children: [frame, frame] }]
      }])
      const cut = bytes.slice(0, bytes.length - 2)
      const { result } = yield* repair(cut)
      assert.deepStrictEqual(
        result.map((c) => ["chunk" in c ? c.chunk : -1, c._tag === "SizeCorrected" ? c.after : -1]),
        [
          [48, 4],
          [22, 30],
          [0, bytes.length - 10]
        ]
      )
      // a list that is too large in a form that is not was damaged: where it ends is unknown
      const damaged = bytes.slice()
      new DataView(damaged.buffer).setUint32(26, 1_000_000, true)
      assert.deepStrictEqual((yield* repair(damaged)).result, [])
    }))

  it.effect("leaves what was cut off, or appended, after the form", () =>
    Effect.gen(function*() {
      const bytes = Family.serialize([{
        family: "RIFF",
        type: "WAVE",
        children: [leaf("fmt ", [1, 2]), { id: "LIST", type: "INFO", children: [] }]
      }])
      // inside of a header, and inside of the type of a list
      for (const length of [bytes.length - 5, bytes.length - 2]) {
        const { bytes: repaired, result } = yield* repair(bytes.slice(0, length))
        assert.deepStrictEqual(result.map((c) => c._tag === "SizeCorrected" ? c.after : -1), [14])
        assert.strictEqual(repaired.length, length)
        const { result: problems } = yield* inMemory(repaired, Riff.verify)
        assert.deepStrictEqual(problems.map(({ _tag, offset }) => [_tag, offset]), [["TrailingBytes", 22]])
      }
      assert.deepStrictEqual((yield* repair(Uint8Array.of(...bytes, 1, 2, 3))).result, [])
    }))

  it.effect("touches nothing where one cannot say which chunks there are", () =>
    Effect.gen(function*() {
      const bytes = [...Family.serialize([{
        family: "RIFF",
        type: "WAVE",
        children: [leaf("fmt ", [1, 2, 255]), leaf("data", [255, 2])]
      }])]
      bytes.splice(23, 1)
      assert.deepStrictEqual((yield* repair(Uint8Array.from(bytes))).result, [])
    }))

  it.effect("adds no pad byte that would be the last byte of the type of a form", () =>
    Effect.gen(function*() {
      const bytes = Uint8Array.of(...new TextEncoder().encode("RIFF"), 3, 0, 0, 0, 87, 65, 86)
      assert.deepStrictEqual((yield* repair(bytes)).result, [])
    }))

  it.effect("makes no other form of a header that was cut off", () =>
    Effect.gen(function*() {
      const whole = Family.serialize([{ family: "Wave64", type: "wave", children: [leaf("data", [200, 1, 2])] }])
      const bytes = Uint8Array.of(...whole, ...new TextEncoder().encode("RIFF"), 99, 0, 0, 0, 87, 65, 86, 69)
      // as long as it says, it is left in peace
      assert.deepStrictEqual((yield* repair(bytes.slice(0, whole.length))).result, [])
      bytes.fill(255, 16, 19)
      const { bytes: repaired, result } = yield* repair(bytes)
      assert.strictEqual(result.length, 1)
      assert.deepStrictEqual((yield* repair(repaired)).result, [])
      // or of a whole one, to a chunk of which nothing is there
      const longer = yield* repair(
        Uint8Array.of(...bytes, ...new TextEncoder().encode("fmt "), 9, 8, 7, 6, 5, 4, 3, 64)
      )
      assert.strictEqual(longer.result.length, 1)
      assert.deepStrictEqual((yield* repair(longer.bytes)).result, [])
    }))

  it.effect("adds no pad byte that would be the last byte of a chunk that lacks one", () =>
    Effect.gen(function*() {
      const bytes = Family.serialize([{
        family: "RIFF",
        type: "AVI ",
        children: [leaf("JUNK", []), leaf("idx1", [1, 2, 3, 4])]
      }]).slice(0, -1)
      new DataView(bytes.buffer).setUint32(4, bytes.length - 8, true)
      assert.deepStrictEqual((yield* repair(bytes)).result, [])
      // also where it is in another form
      const form = (id: string, size: number) =>
        Family.serialize([{ family: "RIFF", type: "AVI ", children: [leaf(id, new Uint8Array(size))] }])
      const [first, second] = [form("junk", 2), form("data", 3).slice(0, -1)]
      const both = Uint8Array.of(...first, ...second)
      new DataView(both.buffer).setUint32(16, both.length - 19, true)
      assert.deepStrictEqual((yield* repair(both)).result, [])
      new DataView(both.buffer).setUint32(16, both.length - 17, true)
      assert.strictEqual((yield* repair(both)).result.length, 1)
    }))

  it.effect("makes no ds64 of one that does not say how long it is", () =>
    Effect.gen(function*() {
      const whole = Family.serialize([{ family: "RF64", type: "WAVE", children: [] }])
      const bytes = whole.slice(0, 60)
      bytes.fill(255, 16, 20)
      const { bytes: repaired, result } = yield* repair(bytes)
      assert.deepStrictEqual(result.map((c) => c._tag === "SizeCorrected" ? [c.id, c.field, c.after] : []), [
        ["RF64", "header", 52]
      ])
      assert.deepStrictEqual((yield* repair(repaired)).result, [])
    }))

  it.effect("does not correct the size in a ds64 that another chunk has, too", () =>
    Effect.gen(function*() {
      const bytes = Family.serialize([{
        family: "RF64",
        type: "WAVE",
        children: [leaf("data", [200, 1, 2, 3]), leaf("data", [200, 1, 2, 3])]
      }])
      bytes.fill(255, bytes.length - 8, bytes.length - 4)
      assert.deepStrictEqual((yield* repair(bytes.slice(0, -2))).result, [])
      // alone, it is corrected
      bytes.set(new TextEncoder().encode("note"), bytes.length - 24)
      assert.strictEqual((yield* repair(bytes.slice(0, -2))).result.length, 2)
    }))

  it.effect("cannot add a pad byte to a block of memory that cannot grow", () =>
    Effect.scoped(Effect.gen(function*() {
      const bytes = Family.serialize([{ family: "RIFF", type: "TEST", children: [leaf("data", [1])] }]).slice(0, -1)
      const file = yield* Mmio.openMemory({ bytes })
      assert.strictEqual((yield* Effect.flip(Riff.repair(file)))._tag, "CannotExpand")
    })))

  it.scoped("of a recording beyond 4 GiB corrects the ds64, and a RIFF without one not at all", () =>
    Effect.gen(function*() {
      const header = Family.serialize([{
        family: "RF64",
        type: "WAVE",
        children: [leaf("fmt ", [1, 0]), leaf("data", [])]
      }])
      const length = header.length + 5 * 2 ** 30
      const make = (family: Family.Family) => {
        const storage = new SparseStorage()
        const bytes = Family.serialize([{ family, type: "WAVE", children: [leaf("fmt ", [1, 0]), leaf("data", [])] }])
        if (family === "RF64") bytes.fill(0, 20, 36)
        else bytes.fill(255, 4, 8).fill(255, 26, 30)
        storage.put(0, bytes)
        storage.put(length - 1, Uint8Array.of(200))
        return storage
      }
      const storage = make("RF64")
      const file = yield* Mmio.openWith(storage.ioProc, "test", { access: "readWrite" })
      const corrections = yield* Riff.repair(file)
      assert.deepStrictEqual(
        corrections.map((c) => c._tag === "SizeCorrected" ? [c.field, c.offset, c.before, c.after] : []),
        [
          ["ds64", 28, 0, 5 * 2 ** 30],
          ["ds64", 20, 0, length - 8]
        ]
      )
      assert.deepStrictEqual(yield* Riff.verify(file), [])
      const riff = yield* Mmio.openWith(make("RIFF").ioProc, "test", { access: "readWrite" })
      assert.deepStrictEqual(yield* Riff.repair(riff), [])
      assert.deepStrictEqual((yield* Riff.verify(riff)).map(({ _tag }) => _tag), ["UnknownSize", "UnknownSize"])
    }))
})

describe("a lenient tree", () => {
  const outline = (nodes: ReadonlyArray<Family.Node>): ReadonlyArray<unknown> =>
    nodes.map(({ children, id, type }) => [id, type, outline(children)])

  it("of a file without pad bytes is that of the same file with them", async () => {
    // what makes a header one byte further look like one is not at issue
    const data = fc.uint8Array({ maxLength: 9 }).map((data) => data.map((byte) => byte | 0x80))
    const chunk = fc.record({ id: fc.constantFrom("fmt ", "data", "INAM", "id3 "), data })
    const child = fc.oneof(
      chunk,
      fc.record({
        id: fc.constant("LIST" as const),
        type: fc.constantFrom("INFO", "adtl"),
        children: fc.array(chunk, { maxLength: 4 })
      })
    )
    const unpadded = (child: Model.Chunk): Array<number> => {
      const bytes = "data" in child
        ? [...child.data]
        : [...new TextEncoder().encode(child.type), ...child.children.flatMap(unpadded)]
      const size = new Uint8Array(4)
      new DataView(size.buffer).setUint32(0, bytes.length, true)
      return [...new TextEncoder().encode(child.id), ...size, ...bytes]
    }
    await fc.assert(
      fc.asyncProperty(fc.array(child, { maxLength: 6 }), async (children) => {
        const bytes = Uint8Array.from(unpadded({ id: "RIFF", type: "TEST", children }))
        const { result } = await Effect.runPromise(inMemory(bytes, (file) => Riff.tree(file, { lenient: true })))
        const sound = Family.read(Family.serialize([{ family: "RIFF", type: "TEST", children }]))
        assert.deepStrictEqual(outline(result.chunks.map(Family.plain)), outline(sound.nodes))
      }),
      fastCheck
    )
  })

  it.effect("takes what is plainly a header for one, and not samples that happen to be zero", () =>
    Effect.gen(function*() {
      const bytes = Family.serialize([{
        family: "RIFF",
        type: "WAVE",
        children: [leaf("fmt ", [1, 2]), leaf("data", []), leaf("note", [5, 6])]
      }])
      const tree = (change: (bytes: Uint8Array) => void) => {
        const changed = bytes.slice()
        change(changed)
        return Effect.map(
          inMemory(changed, (file) => Riff.tree(file, { lenient: true })),
          ({ result }) => flat(result.chunks).map(({ available, chunk }) => [String(chunk.id), available])
        )
      }
      // an empty chunk of samples, and another chunk
      assert.deepStrictEqual(yield* tree((bytes) => bytes.fill(0, 4, 8)), [
        ["RIFF", 32],
        ["fmt ", 2],
        ["data", 0],
        ["note", 2]
      ])
      // samples
      assert.deepStrictEqual(yield* tree((bytes) => bytes.fill(0, 4, 8).fill(0, 30, 34)), [
        ["RIFF", 32],
        ["fmt ", 2],
        ["data", 10]
      ])
    }))

  it.effect("takes a pad byte that is not zero for one where the next header follows it", () =>
    Effect.gen(function*() {
      const bytes = Family.serialize([{
        family: "RIFF",
        type: "TEST",
        children: [leaf("note", [1]), leaf("abcd", []), leaf("data", new Uint8Array(200))]
      }])
      // the header that begins with it would be "xabc", of 100 bytes
      bytes[21] = 0x78
      const { result } = yield* inMemory(bytes, (file) => Riff.tree(file, { lenient: true }))
      assert.deepStrictEqual(flat(result.chunks).map(({ chunk }) => String(chunk.id)), ["RIFF", "note", "abcd", "data"])
    }))

  it.effect("does not believe that a list was left unfinished in one that is as long as it says", () =>
    Effect.gen(function*() {
      const bytes = Family.serialize([{
        family: "RIFF",
        type: "TEST",
        children: [{
          id: "LIST",
          type: "outr",
          children: [{ id: "LIST", type: "innr", children: [leaf("data", [200, 1, 2, 3])] }]
        }]
      }])
      const view = new DataView(bytes.buffer)
      view.setUint32(4, 0, true)
      view.setUint32(28, 1000, true)
      view.setUint32(40, 0, true)
      const { result } = yield* inMemory(bytes, (file) => Riff.tree(file, { lenient: true }))
      assert.deepStrictEqual(flat(result.chunks).map(({ available, chunk }) => [String(chunk.id), available]), [
        ["RIFF", 40],
        ["LIST", 28],
        ["LIST", 16],
        ["data", 0]
      ])
    }))
})
