import { FourCC, IOProc, MemoryIOProc, Mmio, MmioError, Riff } from "@effect-mmio/core"
import { Arbitraries, Crash, Fault, Interruption, Model } from "@effect-mmio/testing"
import { assert, describe, it, layer } from "@effect/vitest"
import { deepStrictEqual } from "@effect/vitest/utils"
import { Cause, Chunk, Effect, Exit, FastCheck as fc, Layer, Option, Scope, Stream } from "effect"
import { build } from "./support/build.js"
import { TestStorage } from "./support/driver.js"
import { Journal } from "./support/journal.js"
import { wasWrittenInOnePass } from "./support/onePass.js"
import { scale } from "./support/scale.js"
import { SparseStorage } from "./support/sparse.js"

const { bufferSize } = Arbitraries
const fastCheck = { numRuns: scale(200) }
const GiB = 2 ** 30
const unknown = 0xffffffff

const large = fc.constantFrom<Array<NonNullable<Riff.RiffOptions["large"]>>>("auto", "never", "always")

const numbers = (...values: ReadonlyArray<readonly [value: number, bytes: number]>) =>
  values.flatMap(([value, bytes]) => Array.from({ length: bytes }, (_, i) => Math.floor(value / 2 ** (8 * i)) % 256))

const latin1 = (text: string) => Array.from(text, (character) => character.charCodeAt(0))

const reserved = (entries: number): Model.Chunk => ({ id: "JUNK", data: new Uint8Array(28 + 12 * entries) })

const riff = (type: string, children: ReadonlyArray<Model.Chunk>): Uint8Array =>
  Model.serialize([{ id: "RIFF", type, children }])

/** The size of the first `data` in the order of the file, and where its header is. */
const firstData = (
  chunks: ReadonlyArray<Model.Chunk>,
  at: number
): readonly [offset: number, size: number] | undefined => {
  for (const chunk of chunks) {
    const { length } = Model.serialize([chunk])
    if (chunk.id === "data" && "data" in chunk) return [at, chunk.data.length]
    const inner = "data" in chunk ? undefined : firstData(chunk.children, at + 12)
    if (inner !== undefined) return inner
    at += length
  }
  return undefined
}

/** The RF64 whose chunks all have sizes of 32 bits. */
const rf64 = (
  type: string,
  children: ReadonlyArray<Model.Chunk>,
  entries: number,
  samples: (bytes: number) => number
) => {
  const inside = Model.serialize(children)
  const data = firstData(children, 0)
  if (data !== undefined) inside.fill(255, data[0] + 4, data[0] + 8)
  const room = 8 + 28 + 12 * entries
  const size = data?.[1] ?? 0
  return Uint8Array.from([
    ...latin1("RF64"),
    ...numbers([unknown, 4]),
    ...latin1(type + "ds64"),
    ...numbers([28, 4], [4 + room + inside.length, 8], [size, 8], [samples(size), 8], [0, 4]),
    ...(entries === 0
      ? []
      : [...latin1("JUNK"), ...numbers([12 * entries - 8, 4]), ...new Uint8Array(12 * entries - 8)]),
    ...inside
  ])
}

const chunks = fc.oneof(
  Arbitraries.chunks(),
  fc.tuple(Arbitraries.chunks(), Arbitraries.content(20), Arbitraries.chunks(1)).map(
    ([before, data, after]): ReadonlyArray<Model.Chunk> => before.concat({ id: "data", data }, after)
  )
)

const sampleCount = (bytes: number) => bytes / 4

layer(Layer.empty)("a form", (it) => {
  it.effect.prop(
    "is the bytes of the format, whatever is declared, and however often its sizes are updated meanwhile",
    {
      chunks,
      bufferSize,
      large,
      tableEntries: fc.option(fc.nat({ max: 3 }), { nil: undefined }),
      declared: fc.constantFrom((size: number) => size, () => undefined, (size: number) => size + 7, () => unknown),
      updates: fc.infiniteStream(fc.constantFrom<Array<"no" | boolean>>("no", "no", true, false)),
      start: fc.nat({ max: 5 })
    },
    ({ bufferSize, chunks, declared, large, start, tableEntries, updates }) =>
      Effect.gen(function*() {
        const storage = new TestStorage(new Uint8Array(start), { atMost: () => 7 })
        yield* Effect.scoped(Effect.gen(function*() {
          const file = yield* Mmio.openWith(storage.ioProc, "test", { access: "write", buffer: bufferSize })
          yield* Mmio.seek(file, start)
          const result = yield* Riff.withRiff(file, "WAVE", { large, tableEntries, sampleCount }, () =>
            Effect.as(
              build(
                file,
                chunks,
                declared,
                Effect.suspend(() => {
                  const { value } = updates.next()
                  return value === "no" ? Effect.void : Riff.updateSizes(file, { flush: value })
                })
              ),
              "done"
            ))
          assert.strictEqual(result, "done")
          assert.strictEqual(yield* Mmio.position(file), yield* Mmio.seek(file, 0, "end"))
        }))
        const entries = tableEntries ?? 4
        const expected = large === "always"
          ? rf64("WAVE", chunks, entries, (bytes) => Math.floor(bytes / 4))
          : riff("WAVE", large === "never" ? chunks : [reserved(entries), ...chunks])
        assert.deepStrictEqual(storage.bytes.slice(start), expected)
      }),
    { fastCheck }
  )

  it.effect.prop(
    "whose sizes are all known is written in one pass, into storage that only goes forward",
    { chunks, bufferSize, large },
    ({ bufferSize, chunks, large }) =>
      Effect.gen(function*() {
        const storage = new TestStorage(new Uint8Array(0))
        const size = 4 + Model.serialize(chunks).length
        const data = firstData(chunks, 0)
        yield* Effect.scoped(Effect.gen(function*() {
          const file = yield* Mmio.openWith(forwardOnly(storage), "test", { access: "write", buffer: bufferSize })
          yield* Riff.withRiff(
            file,
            "WAVE",
            { large, size, sampleCount, ...(data === undefined ? {} : { chunkSizes: { data: data[1] } }) },
            () => build(file, chunks, (size) => size, Effect.void)
          )
        }))
        const expected = large === "always"
          ? rf64("WAVE", chunks, 4, (bytes) => Math.floor(bytes / 4))
          : riff("WAVE", chunks)
        assert.deepStrictEqual(storage.bytes, expected)
        assert.isTrue(wasWrittenInOnePass(storage))
      }),
    { fastCheck }
  )
})

/** A storage that takes bytes once; `says` is whether its capabilities say so. */
const forwardOnly = (storage: TestStorage, says = true): IOProc.IOProc =>
  IOProc.make({
    open: () =>
      Effect.sync(() => {
        const file = storage.file()
        let position = 0
        const write = (mode: IOProc.WriteMode) => (source: Uint8Array) =>
          Effect.map(file.writeAt!(position, source, mode), (count) => {
            position += count
            return count
          })
        return IOProc.makeCursorFile({
          name: "a pipe",
          capabilities: { forwardOnly: says },
          read: () =>
            Effect.fail(new MmioError.CannotRead({ operation: "read", file: "a pipe", description: "it only writes" })),
          write: write("write"),
          writeFlush: write("writeFlush"),
          seek: (offset, from) =>
            (from === "start" && offset === position) || (from === "current" && offset === 0)
              ? Effect.succeed(position)
              : Effect.fail(new MmioError.CannotSeek({ operation: "seek", file: "a pipe", description: "a pipe" })),
          close: file.close
        })
      })
  })

describe("storage that only goes forward", () => {
  for (const says of [true, false]) {
    it.effect(`fails before the first byte where the size of a form is not known; it ${says ? "says" : "does not say"} so`, () =>
      Effect.scoped(Effect.gen(function*() {
        const storage = new TestStorage(new Uint8Array(0))
        const file = yield* Mmio.openWith(forwardOnly(storage, says), "test", { access: "write" })
        for (const large of ["auto", "never", "always"] as const) {
          const error = yield* Effect.flip(Riff.withRiff(file, "WAVE", { large }, () => Effect.die("not run")))
          assert.strictEqual(error._tag, "CannotSeek")
          assert.include(error.message, "Riff.withRiff")
        }
        yield* Mmio.flush(file)
        assert.deepStrictEqual(storage.bytes, new Uint8Array(0))
      })))
  }

  it.effect("fails before the first byte of a chunk whose size is not known, or is in no ds64; a size of 0 is one", () =>
    Effect.scoped(Effect.gen(function*() {
      const storage = new TestStorage(new Uint8Array(0))
      const file = yield* Mmio.openWith(forwardOnly(storage), "test", { access: "write", buffer: "none" })
      const body = () => Effect.die("not run")
      assert.strictEqual((yield* Effect.flip(Riff.withChunk(file, { chunk: "data" }, body)))._tag, "CannotSeek")
      yield* Riff.withChunk(file, { chunk: "JUNK", size: 0 }, () => Effect.void)
      assert.strictEqual(storage.bytes.length, 8)
      yield* Riff.withRiff(
        file,
        "WAVE",
        { large: "always", size: 4, chunkSizes: { data: 3 } },
        () =>
          Effect.gen(function*() {
            yield* Mmio.flush(file)
            const { length } = storage.bytes
            assert.strictEqual((yield* Effect.flip(Riff.withChunk(file, { chunk: "fmt " }, body)))._tag, "CannotSeek")
            for (const spec of [{ chunk: "data", size: 4 }, { chunk: "blob", size: 5 * GiB }]) {
              const error = yield* Effect.flip(Riff.withChunk(file, spec, body))
              assert.strictEqual(error._tag, "InvalidParameter")
              assert.include(error.message, "chunkSizes")
            }
            assert.strictEqual((yield* Effect.flip(Riff.updateSizes(file)))._tag, "CannotSeek")
            assert.strictEqual(storage.bytes.length, length)
          })
      )
    })))

  it.effect("tells of a form that is not as long as it was said to be, and keeps what was written", () =>
    Effect.scoped(Effect.gen(function*() {
      const storage = new TestStorage(new Uint8Array(0))
      const file = yield* Mmio.openWith(forwardOnly(storage), "test", { access: "write", buffer: "none" })
      const error = yield* Effect.flip(
        Riff.withRiff(
          file,
          "WAVE",
          { size: 100 },
          () => Riff.withChunk(file, { chunk: "data", size: 2 }, () => Mmio.writeAll(file, Uint8Array.of(1, 2)))
        )
      )
      assert.strictEqual(error._tag, "CannotSeek")
      const failed = yield* Effect.exit(
        Riff.withRiff(
          file,
          "WAVE",
          { size: 14 },
          () => Effect.zipRight(Mmio.writeAll(file, Uint8Array.of(3)), Effect.fail("no"))
        )
      )
      assert.deepStrictEqual(failed, Exit.fail("no"))
      assert.deepStrictEqual(Array.from(storage.bytes.subarray(20)), [
        1,
        2,
        ...latin1("RIFF"),
        14,
        0,
        0,
        0,
        ...latin1("WAVE"),
        3
      ])
    })))

  it.effect("takes an RF64 of more than 4 GiB in one pass", () =>
    Effect.scoped(Effect.gen(function*() {
      const header = new TestStorage(new Uint8Array(0))
      let length = 0
      const block = new Uint8Array(2 ** 27)
      const counting = IOProc.mapFile(header.ioProc, (file) =>
        IOProc.wrapFile(file, {
          capabilities: { ...file.capabilities, forwardOnly: true },
          size: Effect.die("asked for the size"),
          writeAt: (position, source, mode) => {
            assert.strictEqual(position, length)
            length += source.length
            if (source.length >= 1000) return Effect.succeed(source.length)
            return file.writeAt!(header.bytes.length, source, mode)
          }
        }))
      const file = yield* Mmio.openWith(counting, "test", { access: "write", buffer: "none" })
      const blob = 2 ** 27 * 33
      const size = 4 + 8 + blob + 8 + 6
      yield* Riff.withRiff(file, "TEST", { size, chunkSizes: { blob } }, () =>
        Effect.zipRight(
          Riff.withChunk(file, { chunk: "blob", size: blob }, () => Effect.repeatN(Mmio.writeAll(file, block), 32)),
          Riff.withChunk(file, { chunk: "tail", size: 6 }, () => Mmio.writeAll(file, new Uint8Array(6).fill(1)))
        ))
      assert.strictEqual(length, 8 + size + 8 + 76)
      assert.deepStrictEqual(
        header.bytes,
        Uint8Array.from([
          ...latin1("RF64"),
          ...numbers([unknown, 4]),
          ...latin1("TESTds64"),
          ...numbers([40, 4], [size + 84, 8], [0, 8], [0, 8], [1, 4]),
          ...latin1("blob"),
          ...numbers([blob, 8]),
          ...latin1("JUNK"),
          ...numbers([28, 4]),
          ...new Uint8Array(28),
          ...latin1("blob"),
          ...numbers([unknown, 4]),
          ...latin1("tail"),
          ...numbers([6, 4]),
          1,
          1,
          1,
          1,
          1,
          1
        ])
      )
    })))
})

// ---------------------------------------------------------------------------------------------------------------------
// beyond 4 GiB
// ---------------------------------------------------------------------------------------------------------------------

const openSparse = (storage: SparseStorage, buffer: number = 64) =>
  Mmio.openWith(storage.ioProc, "sparse", { access: "readWrite", buffer })

/** Writes a byte, then nothing, then another. */
const writeFar = (file: Mmio.WriteHandle, size: number) =>
  size < 2 ? Mmio.writeAll(file, new Uint8Array(size)) : Mmio.writeAll(file, Uint8Array.of(1)).pipe(
    Effect.zipRight(Mmio.seek(file, size - 2, "current")),
    Effect.zipRight(Mmio.writeAll(file, Uint8Array.of(2)))
  )

const size = fc.oneof(
  { arbitrary: fc.nat({ max: 9 }), weight: 2 },
  fc.constantFrom(GiB, 2 * GiB - 1, 3 * GiB, 4 * GiB - 2, 4 * GiB - 1, 4 * GiB, 4 * GiB + 1, 5 * GiB, 100 * GiB + 3),
  fc.integer({ min: 4 * GiB - 200, max: 4 * GiB })
)

const isLarge = (size: number) => size >= unknown

layer(Layer.empty)("sizes beyond 4 GiB", (it) => {
  it.effect.prop(
    "are in the ds64, or refused before anything that is there is lost",
    {
      parts: fc.array(fc.record({ id: fc.constantFrom("data", "blob", "more", "fmt "), size, inList: fc.boolean() }), {
        maxLength: 4
      }),
      large,
      tableEntries: fc.nat({ max: 3 }),
      update: fc.boolean(),
      buffer: fc.constantFrom(0, 8, 8192)
    },
    ({ buffer, large, parts, tableEntries, update }) =>
      Effect.scoped(Effect.gen(function*() {
        const storage = new SparseStorage()
        const file = yield* openSparse(storage, buffer)
        const updating = update ? Riff.updateSizes(file) : Effect.void
        const written: Array<Riff.FoundChunk> = []
        const exit = yield* Effect.exit(
          Riff.withRiff(file, "TEST", { large, tableEntries }, () =>
            Effect.forEach(parts, ({ id, inList, size }) => {
              const chunk = Effect.flatMap(
                Riff.createChunk(file, { chunk: id }),
                (chunk) =>
                  Effect.map(
                    writeFar(file, size).pipe(Effect.zipRight(updating), Effect.zipRight(Riff.ascend(file, chunk))),
                    (left) => {
                      written.push(left)
                      assert.strictEqual(left.size, size)
                    }
                  )
              )
              return inList ? Riff.withChunk(file, { list: "list" }, () => chunk) : chunk
            }, { discard: true }))
        )
        let total = 4 + (large === "never" ? 0 : 36 + 12 * tableEntries)
        const table: Array<Riff.Ds64["table"][number]> = []
        let samples: number | undefined
        let refused = false
        for (const { id, inList, size } of parts) {
          const padded = 8 + size + size % 2
          total += padded + (inList ? 12 : 0)
          const sizes = [
            { id: FourCC.fromString(id), size },
            ...(inList ? [{ id: FourCC.LIST, size: 4 + padded }] : [])
          ]
          for (const each of sizes) {
            if (each.id === "data" && samples === undefined) samples = each.size
            else if (isLarge(each.size)) {
              refused ||= each.id === "data" || table.some(({ id }) => id === each.id) || table.length === tableEntries
              table.push(each)
            }
          }
          refused ||= large === "never" && isLarge(total)
          if (refused) break
        }
        if (refused) {
          if (Exit.isSuccess(exit)) return assert.fail("a size has no place")
          assert.strictEqual(Option.getOrUndefined(Cause.failureOption(exit.cause))?._tag, "CannotExpand")
          // nothing was lost: all that was written is still there
          for (const [i, { offset }] of written.entries()) {
            assert.deepStrictEqual([...storage.get(offset, 4)], latin1(parts[i]?.id ?? ""))
          }
          if (large === "never") {
            const tree = yield* Riff.tree(file)
            const [form] = tree.chunks
            assert.strictEqual(form?.available, storage.length - 8)
            assert.isTrue(tree.problems.every(({ _tag }) => _tag === "UnknownSize"), tree.problems.join())
          }
          return
        }
        assert.isTrue(Exit.isSuccess(exit), String(exit))
        assert.deepStrictEqual(yield* Riff.verify(file), [])
        const tree = yield* Riff.tree(file)
        const [form] = tree.chunks
        if (form === undefined) return assert.fail("there is a form")
        assert.strictEqual(tree.length, 8 + total)
        assert.strictEqual(form.chunk.size, total)
        const isRF64 = large === "always" || isLarge(total)
        assert.strictEqual(form.chunk.id, isRF64 ? "RF64" : "RIFF")
        const inside = form.children.filter(({ chunk }) => chunk.id !== "JUNK" && chunk.id !== "ds64")
        assert.deepStrictEqual(
          inside.map(({ children, chunk }) =>
            children.length > 0 ? children.map(({ chunk }) => [chunk.id, chunk.size]) : [chunk.id, chunk.size]
          ),
          parts.map(({ id, inList, size }) => inList ? [[id, size]] : [id, size])
        )
        const found = inside.flatMap(({ children, chunk }) =>
          children.length > 0 ? children.map(({ chunk }) => chunk) : [chunk]
        )
        assert.deepStrictEqual(
          found.map(({ offset, size }) => [offset, size]),
          written.map(({ offset, size }) => [offset, size])
        )
        if (!isRF64) return
        const ds64 = Option.getOrThrow(form.chunk.ds64)
        assert.deepStrictEqual({ ...ds64, table: ds64.table.toSorted((a, b) => a.id < b.id ? -1 : 1) }, {
          dataOffset: 20,
          riffSize: total,
          dataSize: samples ?? 0,
          sampleCount: 0,
          table: table.toSorted((a, b) => a.id < b.id ? -1 : 1)
        })
        assert.strictEqual(form.children[0]?.chunk.size, 28 + 12 * table.length)
        // The size of the first is in the ds64; a further one says its own, which may be the same.
        const [first, ...further] = found.filter(({ id }) => id === "data")
        if (first !== undefined) assert.isTrue(first.sizeField === unknown || first.size < 10)
        for (const { size, sizeField } of further) assert.strictEqual(sizeField, size)
      })),
    { fastCheck: { numRuns: scale(400) } }
  )
})

// ---------------------------------------------------------------------------------------------------------------------
// recordings
// ---------------------------------------------------------------------------------------------------------------------

/** What a recording has reached. */
interface Progress {
  /** How many samples were written. */
  written: number
  /** How many of them are in an update that came back. */
  updated: number
  /** Whether all was written, but for what ends the form. */
  recorded: boolean
}

const start = (): Progress => ({ written: 0, updated: 0, recorded: false })

/** Samples of which none is what a hole would be. */
const samples = (from: number, count: number) => Uint8Array.from({ length: count }, (_, i) => (from + i) * 37 % 251 + 1)

const blockSize = 151
const blocks = 3

/**
 * Records, and updates the sizes after every block. The `bext` has the header of `data` be in another sector than that
 * of the form.
 */
const record = (
  file: Mmio.WriteHandle,
  progress: Progress,
  options: Riff.RiffOptions & Riff.UpdateOptions = {}
): Effect.Effect<void, MmioError.MmioError> =>
  Riff.withRiff(file, "WAVE", options, () =>
    Effect.gen(function*() {
      yield* Riff.withChunk(file, { chunk: "fmt " }, () => Mmio.writeAll(file, new Uint8Array(16)))
      yield* Riff.withChunk(file, { chunk: "bext" }, () => Mmio.writeAll(file, new Uint8Array(602)))
      yield* Riff.withChunk(file, { chunk: "data" }, () =>
        Effect.repeatN(
          Effect.gen(function*() {
            yield* Mmio.writeAll(file, samples(progress.written, blockSize))
            progress.written += blockSize
            yield* Riff.updateSizes(file, options)
            progress.updated = progress.written
          }),
          blocks - 1
        ))
      yield* Riff.withChunk(file, { list: "INFO" }, () =>
        Riff.withChunk(file, { chunk: "INAM" }, () => Mmio.writeAll(file, Uint8Array.of(65, 0))))
      progress.recorded = true
    }))

/** The samples that a reader finds that forgives nothing, and what is wrong with the file. */
const heard = (file: Mmio.ReadHandle) =>
  Effect.gen(function*() {
    const { chunks, problems } = yield* Riff.tree(file)
    const data = chunks[0]?.children.find(({ chunk }) => chunk.id === "data")
    if (data === undefined) return { samples: new Uint8Array(0), problems }
    yield* Mmio.seek(file, data.chunk.dataOffset)
    return { samples: yield* Mmio.read(file, data.available), problems }
  })

/** Whether what a reader finds is the beginning of the recording, with all that was promised. */
const checkHeard = (heard: Uint8Array, atLeast: number) => {
  assert.isAtLeast(heard.length, atLeast)
  assert.deepStrictEqual(heard, samples(0, heard.length))
}

/**
 * After what was updated last there may be more, also where the pad byte was; and between two sizes the inner one is
 * ahead.
 */
const allowed = ["TrailingBytes", "PastParent", "PadByteNotZero"]

const problemsOf = (problems: ReadonlyArray<{ readonly _tag: string }>) => new Set(problems.map(({ _tag }) => _tag))

describe("a recording", () => {
  // Without a reserve nothing is different but the place of the chunks.
  for (const large of ["auto", "always"] as const) {
    it.effect(`(${large}) has all that the last update said, wherever the power goes`, () =>
      Effect.gen(function*() {
        let progress = start()
        const report = yield* Crash.explore(
          Effect.suspend(() => {
            progress = start()
            return Mmio.withFile("a.wav", { access: "write", create: true, buffer: 64 }, (file) =>
              record(file, progress, { large }))
          }),
          {
            damages: scale(16),
            check: ({ result }) =>
              Effect.gen(function*() {
                const { updated } = progress
                if (!(yield* Mmio.exists("a.wav"))) {
                  return assert.strictEqual(updated, 0)
                }
                const file = yield* Mmio.open("a.wav", { access: "readWrite" })
                const { problems, samples } = yield* heard(file)
                // The last sizes, after the last update, may not be there, whatever came back: nothing was flushed.
                if (updated > 0) {
                  checkHeard(samples, updated)
                  problemsOf(problems).forEach((problem) =>
                    assert.include(allowed, problem, `${Option.isSome(result)}`)
                  )
                }
                yield* Riff.repair(file)
                if (updated > 0) {
                  checkHeard((yield* heard(file)).samples.slice(0, updated), updated)
                }
              })
          }
        )
        assert.isAtLeast(report.crashes, scale(100))
      }), 60_000)

    it.effect(
      `(${large}) has all that the last update said, whatever the driver fails with; and all, if it fails once`,
      () =>
        Effect.gen(function*() {
          for (const flush of [true, false]) {
            let progress = start()
            yield* Fault.everyOperation(
              Effect.suspend(() => {
                progress = start()
                return Mmio.withFile(
                  "a.wav",
                  { access: "write", create: true, buffer: 64 },
                  (file) => record(file, progress, { large, flush })
                )
              }),
              {
                storage: MemoryIOProc.layer(),
                check: ({ exit, injected }) =>
                  Effect.gen(function*() {
                    const { recorded, updated, written } = progress
                    if (!(yield* Mmio.exists("a.wav"))) return assert.strictEqual(written, 0)
                    const { problems, samples } = yield* Effect.scoped(Effect.flatMap(Mmio.open("a.wav"), heard))
                    // Without a flush, what an update wrote may still be in the buffer.
                    checkHeard(samples, flush ? updated : 0)
                    if (Exit.isSuccess(exit)) {
                      assert.strictEqual(samples.length, blocks * blockSize)
                      assert.deepStrictEqual(problems, [])
                    } else if (injected?.times === "once" && !recorded && written > 0) {
                      assert.isAtLeast(samples.length, written)
                      problemsOf(problems).forEach((problem) => assert.strictEqual(problem, "TrailingBytes"))
                    } else if (flush && updated > 0) {
                      problemsOf(problems).forEach((problem) => assert.include(allowed, problem))
                    }
                  })
              }
            )
          }
        }),
      60_000
    )

    it.effect(
      `(${large}) that is interrupted, at whatever step, is a sound file with all that was written`,
      () =>
        Effect.gen(function*() {
          const steps = yield* Interruption.sweep({
            prepare: Effect.gen(function*() {
              const storage = new TestStorage(new Uint8Array(0), { yields: () => 1 })
              const scope = yield* Scope.make()
              const file = yield* Scope.extend(
                Mmio.openWith(storage.ioProc, "test", { access: "write", buffer: 64 }),
                scope
              )
              return { file, progress: start(), scope, storage }
            }),
            run: ({ file, progress }) => record(file, progress, { large }),
            check: ({ progress, scope, storage }) =>
              Effect.gen(function*() {
                yield* Scope.close(scope, Exit.void)
                const file = yield* Mmio.openMemory({ bytes: storage.bytes })
                const { problems, samples } = yield* heard(file)
                checkHeard(samples, progress.written)
                // It cannot be ended before its header is known to be there.
                if (progress.written > 0) {
                  problemsOf(problems).forEach((problem) => assert.strictEqual(problem, "TrailingBytes"))
                }
              }).pipe(Effect.scoped)
          })
          assert.isAbove(steps, 100)
        }),
      60_000
    )
  }

  it.effect("whose body fails is ended with all that was written, and fails as the body does", () =>
    Effect.scoped(Effect.gen(function*() {
      const bodies: ReadonlyArray<(file: Mmio.WriteHandle) => Effect.Effect<void, MmioError.MmioError | string>> = [
        (file) =>
          Riff.withChunk(
            file,
            { chunk: "data" },
            () => Effect.zipRight(Mmio.writeAll(file, samples(0, 9)), Effect.fail("no"))
          ),
        (file) =>
          Riff.createChunk(file, { chunk: "data" }).pipe(
            Effect.zipRight(Mmio.writeAll(file, samples(0, 9))),
            Effect.zipRight(Effect.fail("no"))
          ),
        (file) =>
          Riff.withChunk(file, { chunk: "data" }, () =>
            Mmio.writeAll(file, samples(0, 9)).pipe(
              Effect.zipRight(Riff.updateSizes(file)),
              Effect.zipRight(Mmio.seek(file, 4)),
              Effect.zipRight(Effect.fail("no"))
            )),
        (file) =>
          Riff.withChunk(file, { list: "wavl" }, () =>
            Riff.createChunk(file, { chunk: "data" }).pipe(
              Effect.zipRight(Mmio.writeAll(file, samples(0, 9))),
              Effect.zipRight(Effect.fail("no"))
            )),
        (file) =>
          Riff.withChunk(file, { chunk: "data" }, () => Mmio.writeAll(file, samples(0, 9))).pipe(
            Effect.zipRight(Mmio.seek(file, 0)),
            Effect.zipRight(Effect.fail("no"))
          )
      ]
      for (const large of ["auto", "always", "never"] as const) {
        for (const body of bodies) {
          const file = yield* Mmio.openMemory({ expandBy: 100 })
          deepStrictEqual(
            yield* Effect.exit(Riff.withRiff(file, "TEST", { large }, () => body(file))),
            Exit.fail("no" as const)
          )
          const { length } = yield* Mmio.memoryBytes(file)
          assert.strictEqual(yield* Mmio.position(file), length)
          assert.deepStrictEqual(yield* Riff.verify(file), [])
          const data = (yield* Stream.runCollect(Riff.chunks(file))).pipe(
            Chunk.findFirst(({ id }) => id === "data"),
            Option.getOrUndefined
          )
          assert.strictEqual(data?.size, 9)
        }
      }
    })))

  it.effect("goes on after a chunk whose body failed", () =>
    Effect.scoped(Effect.gen(function*() {
      const file = yield* Mmio.openMemory({ expandBy: 100 })
      yield* Riff.withRiff(file, "TEST", { large: "never" }, () =>
        Riff.withChunk(file, { chunk: "data" }, () =>
          Effect.zipRight(Mmio.writeAll(file, samples(0, 9)), Effect.fail("no"))).pipe(
            Effect.ignore,
            Effect.zipRight(Riff.withChunk(file, { chunk: "tail" }, () =>
              Mmio.writeAll(file, samples(0, 2))))
          ))
      assert.deepStrictEqual(
        yield* Mmio.memoryBytes(file),
        riff("TEST", [{ id: "data", data: samples(0, 9) }, { id: "tail", data: samples(0, 2) }])
      )
    })))

  it.effect("outside of a form, a chunk whose body fails is left as it is", () =>
    Effect.scoped(Effect.gen(function*() {
      const file = yield* Mmio.openMemory({ expandBy: 100 })
      const body = Effect.zipRight(Mmio.writeAll(file, samples(0, 3)), Effect.fail("no"))
      yield* Effect.ignore(Riff.withRiff(file, "TEST", {}, () => Effect.fail("no")))
      const { length } = yield* Mmio.memoryBytes(file)
      yield* Effect.ignore(Riff.withChunk(file, { chunk: "data" }, () => body))
      assert.deepStrictEqual(
        (yield* Mmio.memoryBytes(file)).slice(length),
        Uint8Array.from([...latin1("data"), 0, 0, 0, 0, ...samples(0, 3)])
      )
    })))
})

describe("a form that becomes an RF64", () => {
  /** What each chunk is to have, at least. */
  type Mark = Readonly<Record<string, number>>

  const recordings: Readonly<
    Record<
      string,
      (file: Mmio.WriteHandle, mark: (mark: Mark) => Effect.Effect<void>) => Effect.Effect<void, MmioError.MmioError>
    >
  > = {
    "as its samples grow": (file, mark) =>
      Effect.gen(function*() {
        yield* Riff.withChunk(file, { chunk: "bext" }, () => Mmio.writeAll(file, new Uint8Array(602)))
        yield* Riff.withChunk(file, { chunk: "data" }, () =>
          Effect.gen(function*() {
            let size = 0
            for (const more of [GiB + 1, 2 * GiB, 3 * GiB, 1, 7, GiB]) {
              yield* writeFar(file, more)
              size += more
              yield* Riff.updateSizes(file)
              yield* mark({ data: size })
            }
          }))
        yield* Riff.withChunk(file, { list: "INFO" }, () => Effect.void)
      }),
    "as it ends": (file, mark) =>
      Effect.gen(function*() {
        yield* Riff.withChunk(file, { chunk: "data" }, () =>
          Effect.gen(function*() {
            yield* writeFar(file, 4 * GiB - 500)
            yield* Riff.updateSizes(file)
            yield* mark({ data: 4 * GiB - 500 })
          }))
        yield* Riff.withChunk(file, { chunk: "tail" }, () => Mmio.writeAll(file, samples(0, 1000)))
      }),
    "with a table that grows": (file, mark) =>
      Effect.gen(function*() {
        const reached: Record<string, number> = {}
        for (const id of ["blob", "data", "more", "last"]) {
          yield* Riff.withChunk(file, { chunk: id }, () =>
            Effect.gen(function*() {
              for (const size of [3 * GiB, 5 * GiB + 600]) {
                yield* writeFar(file, size - (reached[id] ?? 0))
                yield* Riff.updateSizes(file)
                reached[id] = size
                yield* mark({ ...reached })
              }
            }))
        }
      })
  }

  for (const [name, recording] of Object.entries(recordings)) {
    for (const buffer of [0, 8192]) {
      it.effect(`${name}, with a buffer of ${buffer}, has all that the last update said, wherever the power goes`, () =>
        Effect.gen(function*() {
          const journal = new Journal<Mark>({})
          yield* Effect.scoped(Effect.gen(function*() {
            const file = yield* Mmio.openWith(journal.ioProc, "test", { access: "readWrite", buffer })
            yield* Riff.withRiff(file, "TEST", {}, () => recording(file, (mark) => journal.mark(mark)))
            assert.deepStrictEqual(yield* Riff.verify(file), [])
            assert.strictEqual((yield* Riff.tree(file)).chunks[0]?.chunk.id, "RF64")
          }))
          let seed = 1
          const choose = (most: number) => {
            seed = seed * 48271 % 0x7fffffff
            return seed % (most + 1)
          }
          const seen = new Set<string>()
          for (const { event, mark, storage } of journal.crashes(8, choose)) {
            yield* Effect.scoped(Effect.gen(function*() {
              const file = yield* openSparse(storage)
              const { chunks, problems } = yield* Riff.tree(file)
              const [form] = chunks
              for (const [id, size] of Object.entries(mark)) {
                const found = form?.children.find(({ chunk }) => chunk.id === id)
                assert.isAtLeast(found?.available ?? 0, size, `${id} after event ${event}`)
              }
              if (Object.keys(mark).length > 0) {
                seen.add(form?.chunk.id ?? "")
                problemsOf(problems).forEach((problem) => assert.include(allowed, problem))
                for (const { chunk } of form?.children ?? []) {
                  assert.include(["JUNK", "ds64", "bext", "data", "LIST", "tail", "blob", "more", "last"], chunk.id)
                }
              }
              if (Object.keys(mark).length > 0) yield* Riff.repair(file)
            }))
          }
          assert.deepStrictEqual([...seen].toSorted(), ["RF64", "RIFF"])
        }))
    }
  }
})

// ---------------------------------------------------------------------------------------------------------------------
// what is refused
// ---------------------------------------------------------------------------------------------------------------------

describe("options and places", () => {
  it.effect("that are invalid are InvalidParameter, before the first byte", () =>
    Effect.scoped(Effect.gen(function*() {
      const file = yield* Mmio.openMemory({ expandBy: 100 })
      const wrong: ReadonlyArray<readonly [type: string, options: Riff.RiffOptions]> = [
        ["WAV", {}],
        ["WAVE", { size: 3 }],
        ["WAVE", { size: 4.5 }],
        ["WAVE", { tableEntries: -1 }],
        ["WAVE", { tableEntries: 0x10000 }],
        ["WAVE", { chunkSizes: { data: -1 } }],
        ["WAVE", { chunkSizes: { dat: 1 } }]
      ]
      for (const [type, options] of wrong) {
        const error = yield* Effect.flip(Riff.withRiff(file, type, options, () => Effect.die("not run")))
        assert.strictEqual(error._tag, "InvalidParameter")
      }
      const error = yield* Effect.flip(
        Riff.withRiff(file, "WAVE", { large: "never", size: 5 * GiB }, () => Effect.die("not run"))
      )
      assert.strictEqual(error._tag, "CannotExpand")
      assert.strictEqual((yield* Effect.flip(Riff.updateSizes(file)))._tag, "InvalidParameter")
      assert.strictEqual((yield* Mmio.memoryBytes(file)).length, 0)
    })))

  it.effect("a form in a form is a chunk of it, and after a form there is another", () =>
    Effect.scoped(Effect.gen(function*() {
      const file = yield* Mmio.openMemory({ expandBy: 100 })
      const options = { large: "never" } as const
      yield* Riff.withRiff(file, "AVI ", options, () =>
        Effect.gen(function*() {
          const error = yield* Effect.flip(Riff.withRiff(file, "AVIX", options, () => Effect.void))
          assert.strictEqual(error._tag, "InvalidParameter")
          yield* Riff.withChunk(file, { riff: "AVIX" }, () => Effect.void)
        }))
      yield* Riff.withRiff(file, "AVIX", options, () => Effect.void)
      assert.deepStrictEqual(
        yield* Mmio.memoryBytes(file),
        Model.serialize([
          { id: "RIFF", type: "AVI ", children: [{ id: "RIFF", type: "AVIX", children: [] }] },
          { id: "RIFF", type: "AVIX", children: [] }
        ])
      )
    })))

  it.effect("an update where the position is before what is written changes nothing", () =>
    Effect.scoped(Effect.gen(function*() {
      const file = yield* Mmio.openMemory({ expandBy: 100 })
      yield* Riff.withRiff(
        file,
        "TEST",
        {},
        () =>
          Riff.withChunk(file, { chunk: "data" }, () =>
            Effect.gen(function*() {
              yield* Mmio.writeAll(file, samples(0, 10))
              const end = yield* Mmio.position(file)
              const before = yield* Mmio.memoryBytes(file)
              for (const place of [0, 11, 95]) {
                yield* Mmio.seek(file, place)
                assert.strictEqual((yield* Effect.flip(Riff.updateSizes(file)))._tag, "InvalidParameter")
                assert.strictEqual(yield* Mmio.position(file), place)
              }
              assert.deepStrictEqual(yield* Mmio.memoryBytes(file), before)
              yield* Mmio.seek(file, end)
            }))
      )
      assert.deepStrictEqual(yield* Riff.verify(file), [])
    })))

  it.effect("after an update that failed nothing is believed to be there that may not be", () =>
    Effect.gen(function*() {
      for (let failing = 0;; failing++) {
        const storage = new TestStorage(new Uint8Array(0))
        const exit = yield* Effect.scoped(Effect.gen(function*() {
          const file = yield* Mmio.openWith(storage.ioProc, "test", { access: "write", buffer: "none" })
          return yield* Riff.withRiff(
            file,
            "TEST",
            { large: "never" },
            () =>
              Riff.withChunk(file, { chunk: "data" }, () =>
                Effect.gen(function*() {
                  yield* Mmio.writeAll(file, samples(0, 10))
                  yield* Riff.updateSizes(file)
                  yield* Mmio.writeAll(file, samples(10, 4))
                  const call = storage.calls + failing
                  storage.behaviour = { fails: (number) => number === call }
                  const exit = yield* Effect.exit(Riff.updateSizes(file))
                  storage.behaviour = {}
                  assert.strictEqual(yield* Mmio.position(file), 34)
                  yield* Mmio.seek(file, 30)
                  return exit
                }))
          )
        }))
        const expected = riff("TEST", [{ id: "data", data: samples(0, 10) }])
        assert.deepStrictEqual(storage.bytes, Uint8Array.of(...expected, ...samples(10, 4)))
        if (Exit.isSuccess(exit)) return
      }
    }))
})
