/**
 * Whole files as streams and sinks, and copies: what they open they close, once, and each failure is reported once, in
 * the type.
 */
import { IOProc, MemoryIOProc, Mmio, MmioError, Riff } from "@effect-mmio/core"
import { assert, describe, it } from "@effect/vitest"
import { Cause, Chunk, Deferred, Effect, Exit, FastCheck as fc, Fiber, Logger, Option, Stream } from "effect"
import { numbers } from "./support/answering.js"
import { scale } from "./support/scale.js"

/** A storage in memory that counts what is open, and fails where it is told to. */
const makeStorage = (options?: MemoryIOProc.Options) =>
  Effect.map(MemoryIOProc.make(options), (memory) => {
    const state = { opened: 0, closed: 0, aborted: 0, full: false, closeFails: false, written: 0 }
    const ioProc = IOProc.mapFile(memory, (file, { name }) => {
      state.opened++
      return {
        ...file,
        writeAt: (position, source, mode) =>
          Effect.suspend(() => {
            if (state.full && source.length > 0) {
              return Effect.fail(
                new MmioError.CannotWrite({
                  operation: "test",
                  file: name.full,
                  description: "no space left on device",
                  errno: "ENOSPC",
                  written: 0
                })
              )
            }
            state.written += source.length
            return file.writeAt === undefined ? Effect.die("read only") : file.writeAt(position, source, mode)
          }),
        close: Effect.suspend(() => {
          state.closed++
          return state.closeFails
            ? Effect.zipRight(
              Effect.ignore(file.close),
              Effect.fail(new MmioError.CannotClose({ operation: "test", file: name.full, description: "EIO" }))
            )
            : file.close
        }),
        abort: Effect.suspend(() => {
          state.aborted++
          return file.abort
        })
      }
    })
    return { memory, ioProc, state }
  })

const withStorage = <A, E>(
  options: MemoryIOProc.Options | undefined,
  use: (
    storage: Effect.Effect.Success<ReturnType<typeof makeStorage>>
  ) => Effect.Effect<A, E, IOProc.IOProc>
) =>
  Effect.flatMap(makeStorage(options), (storage) =>
    Effect.provideService(
      Effect.ensuring(
        use(storage),
        Effect.sync(() => assert.strictEqual(storage.state.closed + storage.state.aborted, storage.state.opened))
      ),
      IOProc.IOProc,
      storage.ioProc
    ))

const failureOf = <A, E>(exit: Exit.Exit<A, E>): E => {
  if (Exit.isSuccess(exit)) throw new Error("it succeeded")
  if (!Cause.isFailType(exit.cause)) throw new Error(`not one failure: ${Cause.pretty(exit.cause)}`)
  return exit.cause.error
}

const concat = (chunks: Iterable<Uint8Array>): Uint8Array => {
  const parts = [...chunks]
  const all = new Uint8Array(parts.reduce((size, part) => size + part.length, 0))
  let at = 0
  for (const part of parts) {
    all.set(part, at)
    at += part.length
  }
  return all
}

describe("streamFile", () => {
  it.effect.prop(
    "streams the bytes of a range, in chunks of the size asked for, and closes the file",
    {
      size: fc.integer({ min: 0, max: 300 }),
      from: fc.option(fc.integer({ min: 0, max: 320 }), { nil: undefined }),
      length: fc.option(fc.integer({ min: 0, max: 320 }), { nil: undefined }),
      chunkSize: fc.integer({ min: 1, max: 100 }),
      buffer: fc.constantFrom(0, 16, 8192)
    },
    ({ buffer, chunkSize, from, length, size }) =>
      withStorage({ files: { a: numbers(size) } }, () =>
        Effect.gen(function*() {
          const to = length === undefined ? undefined : (from ?? 0) + length
          const chunks = yield* Stream.runCollect(Mmio.streamFile("a", { from, to, chunkSize, buffer }))
          const expected = numbers(size).slice(from ?? 0, to)
          assert.deepStrictEqual(concat(chunks), expected)
          assert.isTrue([...chunks].slice(0, -1).every((chunk) => chunk.length === chunkSize))
        })),
    { fastCheck: { numRuns: scale(60) } }
  )

  it.effect("closes the file where it is not read to its end, or its consumer fails", () =>
    withStorage({ files: { a: numbers(100) } }, ({ state }) =>
      Effect.gen(function*() {
        const first = yield* Stream.runHead(Mmio.streamFile("a", { chunkSize: 10 }))
        assert.deepStrictEqual(Option.getOrUndefined(first), numbers(10))
        assert.strictEqual(state.closed, 1)
        const exit = yield* Effect.exit(Stream.runForEach(Mmio.streamFile("a"), () => Effect.fail("mine")))
        assert.strictEqual(failureOf(exit), "mine")
        assert.strictEqual(state.closed, 2)
      })))

  it.effect("fails with what opening, a range and closing fail with", () =>
    withStorage({ files: { a: numbers(100) } }, ({ state }) =>
      Effect.gen(function*() {
        const missing = failureOf(yield* Effect.exit(Stream.runDrain(Mmio.streamFile("b"))))
        assert.deepStrictEqual([missing._tag, missing.operation], ["FileNotFound", "Mmio.streamFile"])
        const range = failureOf(yield* Effect.exit(Stream.runDrain(Mmio.streamFile("a", { from: -1 }))))
        assert.strictEqual(range._tag, "InvalidParameter")
        state.closeFails = true
        const closing = failureOf(yield* Effect.exit(Stream.runDrain(Mmio.streamFile("a"))))
        assert.strictEqual(closing._tag, "CannotClose")
      })))
})

describe("streamChunk", () => {
  it.effect("streams the data of the chunk that a path leads to", () =>
    withStorage(undefined, ({ state }) =>
      Effect.gen(function*() {
        yield* Mmio.withFile("a.wav", { access: "write", create: true }, (file) =>
          Riff.withChunk(file, { riff: "WAVE" }, () =>
            Effect.zipRight(
              Riff.withChunk(file, { chunk: "fmt " }, () =>
                Mmio.writeAll(file, numbers(16))),
              Riff.withChunk(file, { chunk: "data" }, () =>
                Mmio.writeAll(file, numbers(1001)))
            )))
        const chunks = yield* Stream.runCollect(Riff.streamChunk("a.wav", "RIFF:WAVE / data", { chunkSize: 100 }))
        assert.deepStrictEqual(concat(chunks), numbers(1001))
        assert.lengthOf([...chunks], 11)
        const missing = failureOf(yield* Effect.exit(Stream.runDrain(Riff.streamChunk("a.wav", "RIFF:WAVE / LIST"))))
        assert.strictEqual(missing._tag, "ChunkNotFound")
        assert.strictEqual(state.closed, 3)
      })))
})

const upload = (chunks: ReadonlyArray<number>) => Stream.fromIterable(chunks.map((size) => numbers(size)))

describe("sinkFile", () => {
  it.effect.prop(
    "writes what it gets, creates, truncates or appends, and returns how many bytes that were",
    {
      old: fc.option(fc.integer({ min: 0, max: 100 }), { nil: undefined }),
      chunks: fc.array(fc.integer({ min: 0, max: 60 }), { maxLength: 8 }),
      buffer: fc.constantFrom(0, 16, 8192),
      options: fc.constantFrom<Mmio.SinkFileOptions>(
        {},
        { create: "new" },
        { create: true },
        { append: true },
        { append: true, create: true },
        { append: true, create: "new" }
      )
    },
    ({ buffer, chunks, old, options }) =>
      withStorage(
        { files: old === undefined ? {} : { a: numbers(old).fill(7) } },
        ({ memory }) =>
          Effect.gen(function*() {
            const exit = yield* Effect.exit(Stream.run(upload(chunks), Mmio.sinkFile("a", { ...options, buffer })))
            const kept = old === undefined ? new Uint8Array(0) : numbers(old).fill(7)
            const isNew = options.create === "new" || (options.create === undefined && options.append !== true)
            if (isNew && old !== undefined) {
              const error = failureOf(exit)
              assert.deepStrictEqual([error._tag, error.errno], ["CannotOpen", "EEXIST"])
              assert.deepStrictEqual(yield* memory.bytes("a"), kept)
            } else if (options.append === true && options.create === undefined && old === undefined) {
              assert.strictEqual(failureOf(exit)._tag, "FileNotFound")
              assert.lengthOf(yield* memory.files, 0)
            } else {
              const written = concat(chunks.map(numbers))
              assert.deepStrictEqual(exit, Exit.succeed(written.length))
              const before = options.append === true ? kept : new Uint8Array(0)
              assert.deepStrictEqual(yield* memory.bytes("a"), concat([before, written]))
            }
          })
      ),
    { fastCheck: { numRuns: scale(100) } }
  )

  for (const sizes of [[100], [100_000], [100, 100_000]]) {
    it.effect(`reports a full disk once, in its type, where chunks of ${sizes.join(", ")} bytes find no room`, () =>
      withStorage(undefined, ({ state }) =>
        Effect.gen(function*() {
          state.full = true
          const error = failureOf(yield* Effect.exit(Stream.run(upload(sizes), Mmio.sinkFile("a"))))
          assert.deepStrictEqual([error._tag, error.errno], ["CannotWrite", "ENOSPC"])
          assert.strictEqual(state.closed, 1)
        })).pipe(Effect.provide(Logger.remove(Logger.defaultLogger))))
  }

  it.effect("reports a failure to close in its type", () =>
    withStorage(undefined, ({ state }) =>
      Effect.gen(function*() {
        state.closeFails = true
        const error = failureOf(yield* Effect.exit(Stream.run(upload([10]), Mmio.sinkFile("a"))))
        assert.strictEqual(error._tag, "CannotClose")
      })))

  it.effect("keeps the old content of a file that commits on close where the stream fails or is interrupted", () =>
    withStorage({ files: { a: numbers(50) }, commit: "onClose" }, ({ memory, state }) =>
      Effect.gen(function*() {
        const failing = Stream.concat(upload([20, 100_000]), Stream.fail("mine" as const))
        const exit = yield* Effect.exit(Stream.run(failing, Mmio.sinkFile("a", { create: true })))
        assert.strictEqual(failureOf(exit), "mine")
        assert.deepStrictEqual(yield* memory.bytes("a"), numbers(50))
        assert.strictEqual(state.aborted, 1)

        const begun = yield* Deferred.make<void>()
        const waiting = Stream.concat(
          upload([20, 100_000]),
          Stream.fromEffect(Effect.zipRight(Deferred.succeed(begun, undefined), Effect.never))
        )
        const fiber = yield* Effect.fork(Stream.run(waiting, Mmio.sinkFile("a", { create: true })))
        yield* Deferred.await(begun)
        yield* Fiber.interrupt(fiber)
        assert.deepStrictEqual(yield* memory.bytes("a"), numbers(50))
        assert.strictEqual(state.aborted, 2)

        yield* Stream.run(upload([20]), Mmio.sinkFile("a", { create: true }))
        assert.deepStrictEqual(yield* memory.bytes("a"), numbers(20))
      })))

  it.effect("keeps what was written of a stream that fails, where files are written in place", () =>
    withStorage(undefined, ({ memory }) =>
      Effect.gen(function*() {
        const failing = Stream.concat(upload([20, 30]), Stream.fail("mine" as const))
        assert.strictEqual(failureOf(yield* Effect.exit(Stream.run(failing, Mmio.sinkFile("a")))), "mine")
        assert.strictEqual((yield* memory.bytes("a")).length, 50)
      })))

  it.effect("fails as the stream did where its file cannot be flushed either, and logs that", () =>
    withStorage(undefined, ({ state }) =>
      Effect.gen(function*() {
        const logged: Array<string> = []
        const logger = Logger.make(({ cause, message }) => {
          logged.push(`${String(message)} ${Cause.pretty(cause)}`)
        })
        state.full = true
        const failing = Stream.concat(upload([20]), Stream.fail("mine" as const))
        const exit = yield* Stream.run(failing, Mmio.sinkFile("a")).pipe(
          Effect.exit,
          Effect.provide(Logger.replace(Logger.defaultLogger, logger))
        )
        assert.strictEqual(failureOf(exit), "mine")
        assert.lengthOf(logged, 1)
        assert.include(logged[0], "ENOSPC")
      })))
})

describe("copy", () => {
  it.effect.prop(
    "copies all bytes between storages, and tells how far it has come",
    { size: fc.oneof(fc.integer({ min: 0, max: 2000 }), fc.integer({ min: 262_000, max: 600_000 })) },
    ({ size }) =>
      withStorage({ files: { a: numbers(size) } }, () =>
        Effect.gen(function*() {
          const other = yield* MemoryIOProc.make()
          const progress: Array<Mmio.CopyProgress> = []
          const count = yield* Mmio.copy("a", { ioProc: other, name: "b" }, {
            onProgress: (step) =>
              Effect.sync(() => {
                progress.push(step)
              })
          })
          assert.strictEqual(count, size)
          assert.deepStrictEqual(yield* other.bytes("b"), numbers(size))
          assert.strictEqual(progress.at(-1)?.copied ?? 0, size)
          assert.isTrue(
            progress.every(({ copied, total }, i) =>
              copied > (progress[i - 1]?.copied ?? 0) && Option.contains(total, size)
            )
          )
          assert.isTrue(progress.every(({ copied }, i) => copied - (progress[i - 1]?.copied ?? 0) <= 262_144))
        })),
    { fastCheck: { numRuns: scale(20) } }
  )

  it.effect("creates the destination, and replaces one only where that is asked for", () =>
    withStorage({ files: { a: numbers(10), b: numbers(99) } }, ({ memory }) =>
      Effect.gen(function*() {
        const error = failureOf(yield* Effect.exit(Mmio.copy("a", "b")))
        assert.deepStrictEqual([error._tag, error.errno, error.operation], ["CannotOpen", "EEXIST", "Mmio.copy"])
        assert.deepStrictEqual(yield* memory.bytes("b"), numbers(99))
        yield* Mmio.copy("a", "b", { create: true })
        assert.deepStrictEqual(yield* memory.bytes("b"), numbers(10))
        assert.strictEqual(failureOf(yield* Effect.exit(Mmio.copy("c", "d")))._tag, "FileNotFound")
        assert.deepStrictEqual(yield* memory.files, ["/a", "/b"])
      })))

  it.effect("refuses to replace the source by itself, under whatever name", () =>
    withStorage({ files: { a: numbers(10) } }, ({ ioProc, memory }) =>
      Effect.gen(function*() {
        for (const to of ["a", "./a", { ioProc, name: "/a" }]) {
          const error = failureOf(yield* Effect.exit(Mmio.copy("a", to, { create: true })))
          assert.strictEqual(error._tag, "InvalidParameter")
          assert.include(error.message, "same file")
        }
        assert.deepStrictEqual(yield* memory.bytes("a"), numbers(10))
      })))

  it.effect("ends with the failure of its progress, or of a full disk, each reported once", () =>
    withStorage({ files: { a: numbers(10) } }, ({ state }) =>
      Effect.gen(function*() {
        const mine = yield* Effect.exit(Mmio.copy("a", "b", { onProgress: () => Effect.fail("mine" as const) }))
        assert.strictEqual(failureOf(mine), "mine")
        state.full = true
        const error = failureOf(yield* Effect.exit(Mmio.copy("a", "c")))
        assert.deepStrictEqual([error._tag, error.errno], ["CannotWrite", "ENOSPC"])
      })))
})

it.effect("chunks of a stream are its consumer's", () =>
  withStorage({ files: { a: numbers(100) } }, () =>
    Effect.gen(function*() {
      const chunks = yield* Stream.runCollect(Mmio.streamFile("a", { chunkSize: 50 }))
      Chunk.unsafeGet(chunks, 0).fill(0)
      assert.deepStrictEqual(Chunk.unsafeGet(chunks, 1), numbers(100).slice(50))
    })))
