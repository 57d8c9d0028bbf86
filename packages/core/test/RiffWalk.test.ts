import { FourCC, IOProc, Mmio, MmioError, Riff, RiffLimits, RiffProblem } from "@effect-mmio/core"
import { Arbitraries, Interruption, Model } from "@effect-mmio/testing"
import { assert, describe, it, layer } from "@effect/vitest"
import { Chunk, Effect, Either, FastCheck as fc, Layer, Option, Scope, Stream } from "effect"
import { TestStorage } from "./support/driver.js"
import * as Family from "./support/family.js"
import { scale } from "./support/scale.js"

const fastCheck = { numRuns: scale(400) }

/** Opens bytes in a way that has windows of any size, and transfers that are short. */
const openIn = (
  bytes: Uint8Array,
  how: { readonly buffer: number; readonly memory: boolean; readonly atMost: number }
) =>
  how.memory
    ? Effect.map(
      Mmio.openMemory({ bytes, access: "read" }),
      (file): { readonly file: Mmio.ReadHandle; readonly storage: TestStorage | undefined } => ({
        file,
        storage: undefined
      })
    )
    : Effect.suspend(() => {
      const storage = new TestStorage(bytes, { atMost: () => how.atMost })
      return Effect.map(
        Mmio.openWith(storage.ioProc, "test", { buffer: how.buffer }),
        (file): { readonly file: Mmio.ReadHandle; readonly storage: TestStorage | undefined } => ({ file, storage })
      )
    })

const how = fc.record({
  buffer: Arbitraries.bufferSize,
  memory: fc.boolean(),
  atMost: fc.oneof(fc.integer({ min: 1, max: 12 }), fc.constant(Infinity))
})

const collect = <A, E, R>(stream: Stream.Stream<A, E, R>) =>
  Effect.map(Stream.runCollect(stream), Chunk.toReadonlyArray)

const byOffset = (a: Family.Complaint, b: Family.Complaint) => a[1] - b[1] || (a[0] < b[0] ? -1 : 1)

const complaints = (problems: ReadonlyArray<RiffProblem.RiffProblem>): ReadonlyArray<Family.Complaint> =>
  problems.map(({ _tag, count, offset }) => [_tag, offset, count] as const).toSorted(byOffset)

layer(Layer.empty)("a walk over whatever bytes", (it) => {
  for (
    const [name, bytes] of Object.entries({
      "of sound files": Family.sound,
      "of damaged files": Family.damaged,
      "of chunks": Arbitraries.chunks().map(Model.serialize),
      "of damaged chunks": Arbitraries.damagedRiff,
      "of any kind": Arbitraries.content(60)
    })
  ) {
    it.effect.prop(
      `${name} finds what a naive reader finds, and says what is wrong with it`,
      { bytes, how, position: fc.nat({ max: 30 }) },
      ({ bytes, how, position }) =>
        Effect.scoped(Effect.gen(function*() {
          const expected = Family.read(bytes)
          const { file, storage } = yield* openIn(bytes, how)
          const start = yield* Effect.orElse(Mmio.seek(file, position), () => Mmio.position(file))
          const { chunks, length, problems } = yield* Riff.tree(file)
          assert.deepStrictEqual(chunks.map(Family.plain), expected.nodes)
          assert.strictEqual(length, bytes.length)
          assert.deepStrictEqual(complaints(problems), expected.problems.toSorted(byOffset))
          assert.deepStrictEqual(yield* Riff.verify(file), problems)
          const before = storage?.log.length ?? 0
          const walked = yield* collect(Riff.chunks(file))
          assert.deepStrictEqual(
            walked.map(Family.plainChunk),
            Family.flat(expected.nodes).map(Family.declared)
          )
          // No byte is read twice, but for headers that the end of a window cuts, and none is looked for past the end.
          const reads = storage?.log.slice(before).filter(({ call }) => call === "readAt").length ?? 0
          assert.isAtMost(reads, 2 * (bytes.length / Math.min(how.atMost, 8) + 2))
          assert.strictEqual(yield* Mmio.position(file), start)
          assert.isTrue(problems.every(({ message }) => message !== ""))
        })),
      { fastCheck }
    )
  }
})

/** A RIFF with chunks in it. */
const riff = (...children: ReadonlyArray<Model.Chunk>) => Model.serialize([{ id: "RIFF", type: "TEST", children }])

const leaf = (id: string, ...data: ReadonlyArray<number>): Model.Chunk => ({ id, data: Uint8Array.from(data) })

/** Lists in lists, `depth` of them in a RIFF. */
const nested = (depth: number): Uint8Array => {
  const bytes = new Uint8Array(12 * (depth + 1))
  const view = new DataView(bytes.buffer)
  for (let at = 0; at < bytes.length; at += 12) {
    bytes.set(new TextEncoder().encode(at === 0 ? "RIFF    DEEP" : "LIST    nest"), at)
    view.setUint32(at + 4, bytes.length - at - 8, true)
  }
  return bytes
}

/** Walks of different results, to be done one after the other. */
const eachOf = <E>(...walks: ReadonlyArray<Effect.Effect<unknown, E>>): ReadonlyArray<Effect.Effect<unknown, E>> =>
  walks

const depthOf = (tree: Riff.Tree): number => {
  let depth = 0
  for (let nodes = tree.chunks; nodes.length > 0; nodes = nodes.flatMap(({ children }) => children)) depth++
  return depth
}

describe("limits", () => {
  it.scoped("64 chunks may be nested, and no more, unless the program says so", () =>
    Effect.gen(function*() {
      const allowed = yield* Mmio.openMemory({ bytes: nested(63) })
      assert.strictEqual(depthOf(yield* Riff.tree(allowed)), 64)
      const file = yield* Mmio.openMemory({ bytes: nested(64) })
      for (
        const walk of eachOf<MmioError.MmioError>(
          Riff.tree(file),
          Riff.tree(file, { lenient: true }),
          Stream.runDrain(Riff.chunks(file))
        )
      ) {
        const error = yield* Effect.flip(walk)
        assert.strictEqual(error._tag, "InvalidFile")
        assert.strictEqual(error.position, 64 * 12)
        assert.include(error.message, "RiffLimits.nesting")
        yield* RiffLimits.withLimits({ nesting: 65 })(walk)
      }
      assert.deepStrictEqual(yield* Riff.verify(file), [
        new RiffProblem.LimitExceeded({ limit: "nesting", offset: 64 * 12, value: 64 })
      ])
    }))

  it.scoped("ten thousand lists in each other need no stack", () =>
    Effect.gen(function*() {
      const file = yield* Mmio.openMemory({ bytes: nested(10_000) })
      const tree = yield* RiffLimits.withLimits({ nesting: 10_001 })(Riff.tree(file))
      assert.strictEqual(depthOf(tree), 10_001)
      assert.deepStrictEqual(tree.problems, [])
      const walked = yield* collect(RiffLimits.withLimits({ nesting: 20_000 })(Stream.runCollect(Riff.chunks(file))))
      assert.strictEqual(walked.length, 1)
    }))

  it.scoped("visits the chunks after a list that is nested too deep", () =>
    Effect.gen(function*() {
      const list = (...children: ReadonlyArray<Model.Chunk>): Model.Chunk => ({ id: "LIST", type: "INFO", children })
      const file = yield* Mmio.openMemory({ bytes: riff(list(list(leaf("aaaa", 1))), leaf("\u0001bbb", 2)) })
      const problems = yield* RiffLimits.withLimits({ nesting: 3 })(Riff.verify(file))
      assert.deepStrictEqual(problems.map(({ _tag, offset }) => [_tag, offset]), [
        ["LimitExceeded", 36],
        ["UnprintableId", 46]
      ])
    }))

  it.scoped("so many chunks are walked over, and no more", () =>
    Effect.gen(function*() {
      const file = yield* Mmio.openMemory({ bytes: riff(leaf("aaaa"), leaf("bbbb"), leaf("cccc")) })
      assert.strictEqual((yield* RiffLimits.withLimits({ chunks: 4 })(Riff.tree(file))).chunks[0]?.children.length, 3)
      const within = RiffLimits.withLimits({ chunks: 3 })
      const error = yield* Effect.flip(within(Riff.tree(file)))
      assert.strictEqual(error._tag, "InvalidFile")
      assert.strictEqual(error.position, 28)
      assert.include(error.message, "RiffLimits.chunks")
      assert.deepStrictEqual(yield* within(Riff.verify(file)), [
        new RiffProblem.LimitExceeded({ limit: "chunks", offset: 28, value: 3 })
      ])
      // what was found before is given before the failure
      const seen: Array<string> = []
      const failed = yield* Effect.either(within(Stream.runForEach(Riff.chunks(file), ({ id }) =>
        Effect.sync(() => {
          seen.push(id)
        }))))
      assert.isTrue(Either.isLeft(failed))
      assert.deepStrictEqual(seen, ["RIFF", "aaaa", "bbbb"])
    }))

  it.scoped("a problem that repeats in a container is listed once, with a count", () =>
    Effect.gen(function*() {
      const list = (...children: ReadonlyArray<Model.Chunk>): Model.Chunk => ({ id: "LIST", type: "INFO", children })
      const file = yield* Mmio.openMemory({
        bytes: riff(leaf("\u0001bcd"), list(leaf("\u0002bcd"), leaf("\u0003bcd")), leaf("\u0004bcd"), leaf("\u0005bcd"))
      })
      const problems = yield* Riff.verify(file)
      assert.deepStrictEqual(problems, [
        new RiffProblem.UnprintableId({ offset: 12, id: FourCC.make("\u0001bcd"), count: 3 }),
        new RiffProblem.UnprintableId({ offset: 32, id: FourCC.make("\u0002bcd"), count: 2 })
      ])
      assert.strictEqual(problems[1]?.message, "the id at 32, \"\\x02bcd\", cannot be printed (2 times)")
      assert.deepStrictEqual((yield* Riff.tree(file, { lenient: true })).problems, problems)
    }))

  it.scoped("problems beyond the limit are counted, by a warning where all of them are warnings", () =>
    Effect.gen(function*() {
      const list = (...children: ReadonlyArray<Model.Chunk>): Model.Chunk => ({ id: "LIST", type: "INFO", children })
      const bytes = riff(leaf("\u0001bcd"), list(leaf("\u0002bcd")), list(leaf("\u0003bcd")), list(leaf("\u0004bcd")))
      const limited = (bytes: Uint8Array, problems: number) =>
        Effect.flatMap(Mmio.openMemory({ bytes }), (file) => Riff.verify(file)).pipe(
          RiffLimits.withLimits({ problems })
        )
      const warned = yield* limited(bytes, 2)
      assert.deepStrictEqual(warned.slice(2), [
        new RiffProblem.ProblemsOmitted({ offset: 52, count: 2, value: 2, level: "warning" })
      ])
      assert.deepStrictEqual(warned.map(({ level }) => level), ["warning", "warning", "warning"])
      // the last chunk declares more than there is
      const damaged = bytes.with(bytes.length - 4, 1)
      assert.deepStrictEqual((yield* limited(damaged, 2)).map(({ level }) => level), ["warning", "warning", "error"])
      assert.deepStrictEqual(yield* limited(damaged, 0), [
        new RiffProblem.ProblemsOmitted({ offset: 12, count: 5, value: 0, level: "error" })
      ])
    }))

  it.scoped("a table of sizes is read into memory as far as it is there, and up to a limit", () =>
    Effect.gen(function*() {
      const entries = 2000
      const bytes = new Uint8Array(48 + 12 * entries)
      const view = new DataView(bytes.buffer)
      bytes.set(new TextEncoder().encode("RF64\xff\xff\xff\xffTESTds64"))
      bytes.fill(255, 4, 8)
      bytes.set(new TextEncoder().encode("TESTds64"), 8)
      view.setUint32(16, 28 + 12 * entries, true)
      view.setBigUint64(20, BigInt(bytes.length - 8), true)
      view.setUint32(44, 0xffffffff, true)
      const storage = new TestStorage(bytes)
      const file = yield* Mmio.openWith(storage.ioProc, "test", { buffer: 16 })
      const form = yield* Riff.descend(file)
      assert.strictEqual(Option.getOrThrow(form.ds64).table.length, entries)
      const tree = yield* Riff.tree(file)
      assert.deepStrictEqual(tree.problems, [])
      assert.strictEqual(Option.getOrThrow(Option.fromNullable(tree.chunks[0])).available, bytes.length - 8)
      yield* Mmio.seek(file, 0)
      const within = RiffLimits.withLimits({ bytes: 20_000 })
      for (
        const read of eachOf<MmioError.MmioError>(
          Riff.descend(file),
          Riff.tree(file),
          Stream.runDrain(Riff.chunks(file))
        )
      ) {
        // without the tree, should there be one: it would be too long to read
        const error = yield* Effect.flip(within(Effect.asVoid(read)))
        assert.strictEqual(error._tag, "InvalidFile")
        assert.strictEqual(error.position, 0)
        assert.include(error.message, "RiffLimits.bytes")
      }
      assert.strictEqual(yield* Mmio.position(file), 0)
      const memory = yield* Mmio.openMemory({ bytes })
      assert.strictEqual((yield* Effect.flip(within(Effect.asVoid(Riff.descend(memory)))))._tag, "InvalidFile")
      assert.deepStrictEqual((yield* within(Riff.verify(file))).map(({ message }) => message), [
        "at 0 the file goes beyond the limit RiffLimits.bytes, 20000"
      ])
    }))
})

describe("the stream of chunks", () => {
  const list: Model.Chunk = { id: "LIST", type: "INFO", children: [leaf("INAM", 1, 2, 3), leaf("IART", 4)] }
  const bytes = riff(leaf("fmt ", 1), list, leaf("data", 7, 8))

  it.scoped("says how deep they are, and goes into lists only if it shall", () =>
    Effect.gen(function*() {
      const file = yield* Mmio.openMemory({ bytes })
      const walk = (options?: Riff.ChunksOptions) =>
        Effect.map(collect(Riff.chunks(file, options)), (chunks) => chunks.map(({ depth, id }) => [id, depth]))
      assert.deepStrictEqual(yield* walk(), [["RIFF", 1], ["fmt ", 2], ["LIST", 2], ["INAM", 3], ["IART", 3], [
        "data",
        2
      ]])
      assert.deepStrictEqual(yield* walk({ recursive: false }), [["RIFF", 1]])
      const [form, , inner, name] = yield* collect(Riff.chunks(file))
      assert.deepStrictEqual(yield* walk({ within: form, recursive: false }), [["fmt ", 1], ["LIST", 1], ["data", 1]])
      assert.deepStrictEqual(yield* walk({ within: inner }), [["INAM", 1], ["IART", 1]])
      assert.deepStrictEqual(yield* walk({ within: name }), [])
    }))

  it.scoped("walks over the chunks in a chunk that is no list, from its first byte on", () =>
    Effect.gen(function*() {
      const frame = leaf("ANMF", ...Model.serialize([leaf("VP8 ", 1, 2, 3), list]))
      const file = yield* Mmio.openMemory({ bytes: riff(frame) })
      const within = yield* Riff.find(file, "RIFF / ANMF")
      const chunks = yield* collect(Riff.chunks(file, { within }))
      assert.deepStrictEqual(chunks.map(({ id, offset }) => [id, offset]), [
        ["VP8 ", 20],
        ["LIST", 32],
        ["INAM", 44],
        ["IART", 56]
      ])
    }))

  it.scoped("has a place of its own, and lets others have the handle in between", () =>
    Effect.gen(function*() {
      const many = riff(...Array.from({ length: 2000 }, (_, i) => leaf(`c${i % 100}`.padEnd(4), i % 256)))
      const storage = new TestStorage(many)
      const file = yield* Mmio.openWith(storage.ioProc, "test", { buffer: 64 })
      const stream = Riff.chunks(file)
      for (let run = 0; run < 2; run++) {
        const ids: Array<string> = []
        yield* Stream.runForEachChunk(stream, (chunks) =>
          Effect.gen(function*() {
            for (const { dataOffset, id } of chunks) {
              ids.push(id)
              if (id !== "c7  ") continue
              yield* Mmio.seek(file, dataOffset)
              assert.strictEqual((yield* Mmio.read(file, 1)).length, 1)
            }
            yield* Mmio.seek(file, 5)
          }))
        assert.strictEqual(ids.length, 2001)
        assert.strictEqual(yield* Mmio.position(file), 5)
      }
    }))

  it.scoped("reads a storage that only goes forward", () =>
    Effect.gen(function*() {
      const many = riff(...Array.from({ length: 500 }, (_, i) => leaf("abcd", ...new Uint8Array(i))))
      const storage = new TestStorage(many)
      const file = storage.file()
      let position = 0
      const pipe = yield* Mmio.fromFile(
        IOProc.makeCursorFile({
          name: "a pipe",
          capabilities: { forwardOnly: true },
          read: (target) =>
            Effect.map(file.readAt(position, target), (count) => {
              position += count
              return count
            }),
          seek: () =>
            Effect.fail(
              new MmioError.CannotSeek({ operation: "seek", file: "a pipe", description: "it only goes forward" })
            )
        }),
        { buffer: "none" }
      )
      assert.strictEqual((yield* collect(Riff.chunks(pipe))).length, 501)
    }))

  it.scoped("reads little where chunks are large, and everything once where they are small", () =>
    Effect.gen(function*() {
      const large = new TestStorage(riff(...Array.from({ length: 20 }, () => leaf("movi", ...new Uint8Array(50_000)))))
      yield* Stream.runDrain(Riff.chunks(yield* Mmio.openWith(large.ioProc, "test", { buffer: "none" })))
      assert.isAtMost(large.log.reduce((sum, { call, count }) => call === "readAt" ? sum + count : sum, 0), 24 * 4096)
      const small = new TestStorage(riff(...Array.from({ length: 20_000 }, () => leaf("idx ", 1, 2, 3, 4))))
      yield* Stream.runDrain(Riff.chunks(yield* Mmio.openWith(small.ioProc, "test", { buffer: "none" })))
      const reads = small.log.filter(({ call }) => call === "readAt")
      assert.isAtMost(reads.length, 12)
      // What it holds does not grow with the file.
      assert.isAtMost(Math.max(...reads.map(({ count }) => count)), 65_536)
      // A header that the end of one cut is completed by the next.
      reads.reduce((end, { count, offset }) => {
        assert.isAtLeast(offset, end)
        return Math.min(offset + count, small.bytes.length)
      }, 0)
    }))

  it.scoped("fails with what the driver fails with, and on a handle for writing as reading it does", () =>
    Effect.gen(function*() {
      const storage = new TestStorage(bytes)
      storage.behaviour = { fails: (call) => storage.log[call]?.call === "readAt" }
      const file = yield* Mmio.openWith(storage.ioProc, "test", { buffer: "none" })
      const tree = yield* Riff.tree(file).pipe(Effect.either)
      assert.isTrue(Either.isLeft(tree) && tree.left._tag === "CannotRead" && tree.left.operation === "Riff.tree")
      storage.behaviour = { fails: (call) => storage.log[call]?.call !== "close" }
      const chunks = yield* Effect.either(Stream.runDrain(Riff.chunks(file)))
      assert.isTrue(
        Either.isLeft(chunks) && chunks.left._tag === "CannotRead" && chunks.left.operation === "Riff.chunks"
      )
      const verified = yield* Effect.either(Riff.verify(file))
      assert.isTrue(Either.isLeft(verified) && verified.left._tag === "CannotSeek")
      const writer = yield* Mmio.openMemory({ bytes, access: "write" })
      const cast = writer as Mmio.Handle as Mmio.ReadHandle
      for (
        const walk of [Riff.tree(cast), Riff.verify(cast), Stream.runDrain(Riff.chunks(cast)), Riff.find(cast, "RIFF")]
      ) {
        assert.strictEqual((yield* Effect.flip<unknown, MmioError.MmioError, never>(walk))._tag, "CannotRead")
      }
    }))
})

describe("verify", () => {
  const problemsOf = (bytes: Uint8Array) =>
    Effect.scoped(Effect.flatMap(Mmio.openMemory({ bytes }), (file) => Riff.verify(file)))

  it.effect("gives data, with a sentence for people", () =>
    Effect.gen(function*() {
      const bytes = riff(leaf("a\u0000b\"", 1))
      bytes[21] = 9
      const problems = yield* problemsOf(Uint8Array.of(...bytes, 1, 2, 3))
      assert.deepStrictEqual(problems, [
        new RiffProblem.UnprintableId({
          offset: 12,
          id: FourCC.make("a\u0000b\"")
        }),
        new RiffProblem.PadByteNotZero({ offset: 21, value: 9 }),
        new RiffProblem.TrailingBytes({ offset: 22, bytes: 3 })
      ])
      assert.deepStrictEqual(problems.map(({ level, message }) => [level, message]), [
        ["warning", "the id at 12, \"a\\x00b\\\"\", cannot be printed"],
        ["warning", "the pad byte at 21 is 9, not 0"],
        ["warning", "3 bytes follow the last chunk, from 22 on"]
      ])
    }))

  it.effect("gives them in the order of the file, and not in that in which they are come to", () =>
    Effect.gen(function*() {
      // The list and the form are found to lack their padding before what is in them is looked at.
      const text = "RIFF\x19\0\0\0TESTLIST\x0d\0\0\0INFOa\0bc\x01\0\0\0x"
      const problems = yield* problemsOf(Uint8Array.from(text, (character) => character.charCodeAt(0)))
      assert.deepStrictEqual(problems.map(({ _tag, offset }) => [_tag, offset]), [
        ["UnprintableId", 24],
        ["MissingPadByte", 33],
        ["MissingPadByte", 33],
        ["MissingPadByte", 33]
      ])
    }))

  it.effect("takes 0xFFFFFFFF for a size where the form has one", () =>
    Effect.gen(function*() {
      const bytes = riff(leaf("data", 1, 2))
      bytes.fill(255, 16, 20)
      assert.deepStrictEqual((yield* problemsOf(bytes)).map(({ _tag }) => _tag), ["PastEndOfFile"])
    }))

  it.effect("misses no padding at the end of a Wave64", () =>
    Effect.gen(function*() {
      const bytes = Family.serialize([{ family: "Wave64", type: "test", children: [leaf("note", 1, 2, 3)] }]).slice(
        0,
        -5
      )
      new DataView(bytes.buffer).setBigUint64(16, BigInt(bytes.length), true)
      assert.deepStrictEqual(yield* problemsOf(bytes), [])
    }))

  it.effect("takes for a list of Wave64 what has all of its id, and not what begins with its letters", () =>
    Effect.scoped(Effect.gen(function*() {
      const list = { id: "LIST" as const, type: "adtl", children: [leaf("labl", 1)] }
      const bytes = Family.serialize([{
        family: "Wave64",
        type: "wave",
        children: [leaf("note", ...new Uint8Array(40)), list]
      }])
      // the first one gets the letters of the list, before the rest of an unknown GUID, and what would be its
      // type
      bytes.copyWithin(40, 104, 108)
      bytes.copyWithin(64, 128, 144)
      const file = yield* Mmio.openMemory({ bytes, access: "read" })
      const wave = yield* Riff.descend(file)
      const found = yield* Riff.descend(file, { find: { list: "adtl" }, parent: wave })
      assert.strictEqual(found.offset, 104)
      const [form] = (yield* Riff.tree(file)).chunks
      assert.deepStrictEqual(
        form?.children.map(({ chunk, children }) => [chunk.id, Option.isSome(chunk.type), children.length]),
        [["list", false, 0], ["list", true, 1]]
      )
    })))

  it.effect("of an AVI in parts finds nothing wrong, of two other files in one it does", () =>
    Effect.gen(function*() {
      const form = (type: string) => Model.serialize([{ id: "RIFF", type, children: [leaf("idx1", 1, 2)] }])
      assert.deepStrictEqual(yield* problemsOf(Uint8Array.of(...form("AVI "), ...form("AVIX"), ...form("AVIX"))), [])
      for (const [first, second] of [["AVI ", "AVI "], ["WAVE", "WAVE"], ["AVIX", "AVIX"]] as const) {
        const problems = yield* problemsOf(Uint8Array.of(...form(first), ...form(second)))
        assert.deepStrictEqual(problems.map(({ _tag, offset }) => [_tag, offset]), [["FurtherForm", 22]])
      }
    }))
})

describe("interruption", () => {
  it.live("of a walk, at any step, leaves the handle as it was", () =>
    Effect.gen(function*() {
      const bytes = riff(
        leaf("fmt ", 1),
        { id: "LIST", type: "INFO", children: [leaf("INAM", 1, 2, 3)] },
        leaf("data", 7)
      )
      for (
        const walk of [
          (file) => Riff.tree(file),
          (file) => Riff.find(file, "RIFF / data"),
          (file) => Stream.runDrain(Riff.chunks(file))
        ] satisfies Array<(file: Mmio.ReadHandle) => Effect.Effect<unknown, MmioError.MmioError>>
      ) {
        yield* Interruption.sweep({
          prepare: Effect.gen(function*() {
            const storage = new TestStorage(bytes, { yields: () => 1 })
            const scope = yield* Scope.make()
            const file = yield* Effect.orDie(
              Scope.extend(Mmio.openWith(storage.ioProc, "test", { buffer: 16 }), scope)
            )
            yield* Effect.orDie(Mmio.seek(file, 3))
            return { file, storage }
          }),
          run: ({ file }): Effect.Effect<unknown, MmioError.MmioError> => walk(file),
          check: ({ file, storage }) =>
            Effect.gen(function*() {
              assert.strictEqual(yield* Mmio.position(file), 3)
              assert.isFalse(storage.overlapped)
              assert.strictEqual(storage.running, 0)
              assert.deepStrictEqual([...(yield* Mmio.read(file, 2))], [...bytes.subarray(3, 5)])
              assert.strictEqual((yield* collect(Riff.chunks(file))).length, 5)
            })
        })
      }
    }))
})
