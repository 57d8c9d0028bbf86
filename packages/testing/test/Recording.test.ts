import { FileName, FourCC, IOProc, MemoryIOProc, Mmio, MmioError } from "@effect-mmio/core"
import { Arbitraries, Fault, Model, Recording } from "@effect-mmio/testing"
import { assert, describe, it, layer } from "@effect/vitest"
import { deepStrictEqual } from "@effect/vitest/utils"
import {
  Cause,
  Chunk,
  Effect,
  Either,
  Exit,
  FastCheck as fc,
  Fiber,
  Layer,
  Option,
  Request,
  Schema,
  Stream
} from "effect"

const scale = (runs: number): number => Math.ceil(runs * Number(process.env["MMIO_TEST_SCALE"] ?? 1))

const bytes = (length: number, first = 0) => Uint8Array.from({ length }, (_, i) => first + i)

const request = (name: string, options?: Partial<IOProc.OpenRequest>) =>
  IOProc.openRequest(name, { access: "readWrite", ...options })

const writeAt = (file: IOProc.File, position: number, source: Uint8Array, mode: IOProc.WriteMode = "write") => {
  assert(file.writeAt !== undefined)
  return file.writeAt(position, source, mode)
}

/** A storage in memory whose messages are recorded. */
const over = (files: { readonly [name: string]: Uint8Array } = {}, options?: Recording.Options) =>
  Recording.layer(options).pipe(Layer.provideMerge(MemoryIOProc.layer(files)))

const trace = Effect.flatMap(Recording.Recorder, ({ messages }) => messages)
const finish = Effect.flatMap(Recording.Replay, ({ finish }) => finish)
const stored = (trace: Recording.Trace) =>
  Effect.flatMap(Schema.encode(Recording.TraceJson)(trace), Schema.decode(Recording.TraceJson))

/** What came of a program, of its errors what they say and where they come from. */
const saying = (exit: Exit.Exit<unknown, unknown>): unknown =>
  Exit.isSuccess(exit)
    ? exit.value
    : [...Cause.failures(exit.cause), ...Cause.defects(exit.cause)].map((error) =>
      error instanceof Error ? [error.message, String(error.cause)] : error
    )

/** A program that asks for everything, and says what came of it. */
const everything = Effect.gen(function*() {
  const results: Array<unknown> = []
  const note = <A, E>(effect: Effect.Effect<A, E, IOProc.IOProc>) =>
    Effect.map(Effect.exit(effect), (exit) => {
      results.push(Exit.isSuccess(exit) ? exit.value : Chunk.toReadonlyArray(Cause.failures(exit.cause)).map(String))
    })
  yield* note(Mmio.exists("a"))
  yield* note(Mmio.exists("nowhere"))
  yield* note(Mmio.fullName("./a"))
  yield* note(Effect.scoped(Effect.asVoid(Mmio.open("nowhere"))))
  yield* note(Effect.scoped(Effect.asVoid(Mmio.open("no/where"))))
  yield* note(Mmio.withFile("a", { access: "readWrite", buffer: 8 }, (file) =>
    Effect.gen(function*() {
      const first = yield* Mmio.read(file, 5)
      yield* Mmio.write(file, bytes(6, 50))
      yield* Mmio.seek(file, -2, "end")
      const end = yield* Mmio.read(file, 100)
      yield* Mmio.flush(file, { emptyBuffer: true })
      yield* Mmio.write(file, bytes(30, 70))
      yield* Mmio.commit(file)
      return [[...first], [...end]]
    })))
  yield* note(Effect.flatMap(IOProc.IOProc, (ioProc) =>
    Effect.gen(function*() {
      const file = yield* ioProc.open(request("a", { share: "exclusive", buffered: false, parameters: 7 }))
      yield* Effect.flatMap(file.size, file.truncate ?? (() => Effect.void))
      yield* file.abort
      return [file.capabilities, file.version, file.identity, file.start ?? 0]
    })))
  yield* note(Mmio.makeFolder("folder"))
  yield* note(Mmio.makeFolder("a"))
  yield* note(Mmio.stat("a"))
  yield* note(Mmio.stat("nowhere"))
  yield* note(Stream.runCollect(Mmio.list("/")))
  yield* note(Stream.runCollect(Mmio.list("nowhere")))
  yield* note(Mmio.removeFolder("folder"))
  const temp = yield* Mmio.tempName({ prefix: "x" })
  yield* note(Mmio.withFile(temp, { access: "write", create: true }, (file) => Mmio.writeAll(file, bytes(3))))
  yield* note(Mmio.rename(temp, "b"))
  yield* note(Mmio.withFile("b", {}, (file) => Effect.map(Mmio.read(file, 9), (data) => [...data])))
  yield* note(Mmio.remove("b"))
  yield* note(Mmio.remove("b"))
  return results
})

describe("recording", () => {
  it.effect("every message, with its arguments and what came of it", () =>
    Effect.gen(function*() {
      yield* Mmio.withFile("a", { access: "readWrite", buffer: 4 }, (file) =>
        Effect.gen(function*() {
          yield* Mmio.read(file, 2)
          yield* Mmio.write(file, Uint8Array.of(9))
          yield* Mmio.seek(file, 0, "end")
        }))
      yield* Effect.ignore(Mmio.remove("b"))
      const name = { full: "a", path: "a", element: null, code: null }
      const about = { file: 0, name: "a" }
      const [open, ...others] = yield* trace
      assert(open?.message === "open" && "success" in open.result)
      assert.deepStrictEqual({ ...open, result: open.result.success.file }, {
        message: "open",
        driver: null,
        name,
        access: "readWrite",
        create: "no",
        share: "compat",
        code: null,
        parameters: false,
        ifVersion: null,
        buffered: true,
        result: 0
      })
      assert.deepStrictEqual(others, [
        { message: "readAt", ...about, position: 0, count: 4, result: { success: { bytes: bytes(4) } } },
        { message: "size", ...about, result: { success: 10 } },
        {
          message: "writeAt",
          ...about,
          position: 2,
          mode: "writeFlush",
          source: { bytes: Uint8Array.of(9) },
          result: { success: 1 }
        },
        { message: "close", ...about, result: { success: null } },
        {
          message: "remove",
          driver: null,
          name: { full: "b", path: "b", element: null, code: null },
          result: {
            error: {
              _tag: "FileNotFound",
              operation: "MemoryIOProc.remove",
              file: "b",
              description: "there is no such file"
            }
          }
        }
      ])
      assert.strictEqual(
        Recording.format(yield* trace),
        `#0 open a for readWrite, compat → file 0
#1 readAt a (file 0) 4 bytes at 0 → 4 bytes (00010203)
#2 size a (file 0) → 10
#3 writeAt a (file 0) 1 bytes (09) at 2, flush → 1
#4 close a (file 0) → done
#5 remove b → FileNotFound: there is no such file`
      )
    }).pipe(Effect.provide(over({ a: bytes(10) }))))

  it.effect("keeps a copy of the bytes", () =>
    Effect.gen(function*() {
      const { ioProc, recorder } = yield* Recording.make(yield* MemoryIOProc.make({ files: { a: bytes(4) } }))
      const file = yield* ioProc.open(request("a"))
      const buffer = new Uint8Array(4)
      yield* file.readAt(0, buffer)
      yield* writeAt(file, 4, buffer.subarray(0, 2))
      buffer.fill(77)
      const [, read, write] = yield* recorder.messages
      assert.isTrue(read?.message === "readAt")
      assert.deepStrictEqual(read?.result, { success: { bytes: bytes(4) } })
      assert.deepStrictEqual(write?.message === "writeAt" && write.source, { bytes: bytes(2) })
    }))

  it.effect("messages to drivers that are found for codes, and requests of a driver's own", () =>
    Effect.gen(function*() {
      class CountEntries extends Request.TaggedClass("CountEntries")<number, never, { readonly folder: string }> {}
      class Other extends Request.TaggedClass("Other")<number, never, { readonly folder: string }> {}
      const zip = IOProc.mapFile(yield* MemoryIOProc.make({ files: { "a.zip+b": bytes(3) } }), (file) => ({
        ...file,
        onMessage: IOProc.answer((request) => request instanceof CountEntries, () => Effect.succeed(7))
      }))
      const storage = IOProc.layerRoute(FourCC.make("ZIP "), zip).pipe(Layer.provide(MemoryIOProc.layer()))
      const program = Mmio.withFile("a.zip+b", {}, (file) =>
        Effect.gen(function*() {
          yield* Mmio.read(file, 2)
          return [
            yield* Mmio.sendMessage(file, new Other({ folder: "/" })),
            yield* Mmio.sendMessage(file, new CountEntries({ folder: "/" }))
          ]
        }))
      const messages = yield* Effect.zipRight(program, trace).pipe(
        Effect.provide(Recording.layer().pipe(Layer.provide(storage)))
      )
      assert.strictEqual(
        Recording.format(messages),
        `#0 open [ZIP ] a.zip+b for read, compat → file 0
#1 readAt a.zip+b (file 0) 8192 bytes at 0 → 3 bytes (000102)
#2 message Other to a.zip+b (file 0) → not known
#3 message CountEntries to a.zip+b (file 0) → answered
#4 close a.zip+b (file 0) → done`
      )
      // A trace does not hold the answer of the driver.
      const exit = yield* Effect.exit(Effect.provide(program, Recording.replay(yield* stored(messages))))
      assert.isTrue(Exit.isFailure(exit))
      assert.include(String(exit), "a trace does not hold answers to requests of a driver's own")
    }))

  it.effect("by digest, where bytes would be too many", () =>
    Effect.gen(function*() {
      yield* Mmio.withFile("a", { access: "readWrite" }, (file) =>
        Effect.zipRight(Mmio.read(file, 4), Mmio.write(file, bytes(3))))
      const [, read, write] = yield* trace
      assert(read?.message === "readAt" && "success" in read.result)
      assert.deepStrictEqual(Object.keys(read.result.success), ["length", "digest"])
      assert.isTrue(write?.message === "writeAt" && !("bytes" in write.source) && write.source.length === 3)
      const exit = yield* Effect.exit(
        Effect.provide(
          Mmio.withFile("a", { access: "readWrite" }, (file) =>
            Mmio.read(file, 4)),
          Recording.replay(yield* trace)
        )
      )
      assert.include(String(exit), "the trace has a digest of these bytes only")
    }).pipe(Effect.provide(over({ a: bytes(10) }, { bytes: "digest" }))))

  it.effect("what is cleared is forgotten, and files keep their numbers", () =>
    Effect.gen(function*() {
      const { clear } = yield* Recording.Recorder
      const file = yield* Mmio.open("a")
      yield* clear
      yield* Mmio.read(file, 1)
      yield* Effect.scoped(Mmio.open("a"))
      const fileOf = (it: Recording.Message) =>
        "file" in it ? it.file : it.message === "open" && "success" in it.result ? it.result.success.file : undefined
      assert.deepStrictEqual((yield* trace).map((it) => [it.message, fileOf(it)]), [
        ["readAt", 0],
        ["open", 1],
        ["close", 1]
      ])
    }).pipe(Effect.scoped, Effect.provide(over({ a: bytes(10) }))))

  it.effect("in the order in which messages were sent, whatever becomes of them", () =>
    Effect.gen(function*() {
      const storage = Fault.layer({ rules: [{ on: "exists", file: "slow", fault: Fault.hang }] }).pipe(
        Layer.provide(MemoryIOProc.layer())
      )
      yield* Effect.gen(function*() {
        const fiber = yield* Effect.fork(Mmio.exists("slow"))
        while ((yield* trace).length === 0) yield* Effect.yieldNow()
        yield* Mmio.exists("fast")
        assert.deepStrictEqual((yield* trace).map(({ result }) => result), [{ pending: true }, { success: false }])
        const early = yield* trace
        yield* Fiber.interrupt(fiber)
        assert.deepStrictEqual((yield* trace).map(({ result }) => result), [{ interrupted: true }, { success: false }])
        assert.isTrue(
          Exit.isInterrupted(yield* Effect.exit(Effect.provide(Mmio.exists("slow"), Recording.replay(yield* trace))))
        )
        assert.include(
          String(yield* Effect.exit(Effect.provide(Mmio.exists("slow"), Recording.replay(early)))),
          "it was in flight as the trace was taken"
        )
      }).pipe(Effect.provide(Recording.layer().pipe(Layer.provide(storage))))
    }))

  it.effect("a driver that dies", () =>
    Effect.gen(function*() {
      const broken = IOProc.make({ open: () => Effect.die(new RangeError("out of range")) })
      const { ioProc, recorder } = yield* Recording.make(broken)
      yield* Effect.exit(Effect.scoped(Mmio.openWith(ioProc, "a")))
      const [open] = yield* stored(yield* recorder.messages)
      assert.deepStrictEqual(open?.result, { defect: "RangeError: out of range" })
    }))

  it.effect("keeps the facts of the storage and of its files, and what a file does not have", () =>
    Effect.gen(function*() {
      const memory = yield* MemoryIOProc.make({ files: { a: bytes(4) }, commit: "onClose" })
      const { ioProc } = yield* Recording.make(memory)
      assert.deepStrictEqual(ioProc.capabilities, memory.capabilities)
      assert.deepStrictEqual(ioProc.middleware, ["recording"])
      const inner = yield* memory.open(request("a"))
      const file = yield* ioProc.open(request("a"))
      assert.deepStrictEqual(file.capabilities, inner.capabilities)
      assert.deepStrictEqual([file.version, file.identity], [inner.version, inner.identity])
      const reading = yield* ioProc.open(request("a", { access: "read" }))
      assert.isUndefined(reading.writeAt)
      assert.isUndefined(reading.truncate)
    }))

  it.effect("realName is passed on, and its answer is replayed", () =>
    Effect.gen(function*() {
      const linking = IOProc.make({
        open: () => Effect.die("unused"),
        realName: () => Effect.succeed(FileName.plain("target"))
      })
      const ask = (name: string) => Effect.flatMap(IOProc.IOProc, (ioProc) => ioProc.realName(FileName.plain(name)))
      const [real, recorded] = yield* Effect.zip(ask("link"), trace).pipe(
        Effect.provide(Recording.layer().pipe(Layer.provide(Layer.succeed(IOProc.IOProc, linking))))
      )
      assert.deepStrictEqual(real, FileName.plain("target"))
      assert.strictEqual(Recording.format(recorded), "#0 realName link → target")
      const replay = Recording.replay(yield* stored(recorded))
      assert.deepStrictEqual(yield* Effect.provide(Effect.zipLeft(ask("link"), finish), replay), real)
      const other = yield* Effect.zipRight(Effect.exit(ask("other")), Effect.flip(finish)).pipe(Effect.provide(replay))
      assert.include(other.message, "expected realName link\nbut the program asked realName other")
    }))

  it.effect("a list keeps the entries that were taken before its consumer stopped", () =>
    Effect.gen(function*() {
      const names = Array.from({ length: 4 }, (_, i) => ({ name: String(i), kind: "file" as const }))
      const listing = IOProc.make({
        open: () => Effect.die("unused"),
        list: () => Stream.rechunk(Stream.fromIterable(names), 1)
      })
      const { ioProc, recorder } = yield* Recording.make(listing)
      yield* Stream.runDrain(Stream.take(ioProc.list(FileName.plain("/")), 2))
      const [list] = yield* recorder.messages
      assert.deepStrictEqual(list?.message === "list" && list.entries, names.slice(0, 2))
    }))
})

describe("formats", () => {
  const old = JSON.stringify([{ message: "seek", file: 0, name: "a", offset: 0, from: "end", result: { success: 10 } }])

  it.effect("refuses a recording of the format with cursors, and says so", () =>
    Effect.gen(function*() {
      const error = yield* Effect.flip(Recording.fromJson(old))
      assert.instanceOf(error, Recording.UnsupportedFormat)
      assert.strictEqual(error.format, 1)
      assert.strictEqual(
        error.message,
        "this recording has format 1, whose files have a cursor; the format that is read is 3: record it again"
      )
      assert.include(String(yield* Effect.flip(Schema.decode(Recording.TraceJson)(old))), error.message)
    }))

  it.effect("refuses a recording of the format without realName, and says so", () =>
    Effect.gen(function*() {
      const error = yield* Effect.flip(Recording.fromJson(JSON.stringify({ format: 2, messages: [] })))
      assert.strictEqual(
        error.message,
        "this recording has format 2, which has no realName; the format that is read is 3: record it again"
      )
    }))

  it.effect("refuses a later format, and what is no recording", () =>
    Effect.gen(function*() {
      const formatOf = (text: string) =>
        Effect.map(Effect.flip(Recording.fromJson(text)), (error) =>
          error._tag === "ParseError" ? "damaged" : error.format)
      assert.strictEqual(yield* formatOf(JSON.stringify({ format: 4, messages: [] })), 4)
      assert.strictEqual(yield* formatOf("{}"), undefined)
      assert.strictEqual(yield* formatOf("no JSON"), "damaged")
      assert.strictEqual(yield* formatOf(JSON.stringify({ format: 3, messages: [{ message: "seek" }] })), "damaged")
    }))

  it.effect("writes its format, and reads it", () =>
    Effect.gen(function*() {
      yield* Mmio.exists("a")
      const text = yield* Schema.encode(Recording.TraceJson)(yield* trace)
      assert.include(text, "\"format\":3")
      assert.deepStrictEqual(yield* Recording.fromJson(text), yield* trace)
    }).pipe(Effect.provide(over())))
})

describe("replaying", () => {
  it.effect("a program meets the same without the storage, also out of JSON", () =>
    Effect.gen(function*() {
      const [results, recorded] = yield* Effect.zip(everything, trace).pipe(Effect.provide(over({ a: bytes(20) })))
      const kept = yield* stored(recorded)
      assert.deepStrictEqual(kept, recorded)
      const again = yield* Effect.zipLeft(everything, finish).pipe(Effect.provide(Recording.replay(kept)))
      deepStrictEqual(again, results)
      assert.deepStrictEqual(
        [...new Set(recorded.map(({ message }) => message))].toSorted(),
        [
          "abort",
          "close",
          "commit",
          "exists",
          "fullName",
          "list",
          "makeFolder",
          "open",
          "readAt",
          "remove",
          "removeFolder",
          "rename",
          "size",
          "stat",
          "tempName",
          "truncate",
          "writeAt"
        ]
      )
    }))

  it.effect("positions and sizes that are not integers come again as they were, also out of JSON", () =>
    Effect.gen(function*() {
      const description = "there is no such position"
      const refusing = IOProc.make({
        open: () =>
          Effect.succeed(IOProc.makeFile({
            name: "a",
            size: Effect.succeed(0),
            readAt: (position) =>
              Effect.fail(new MmioError.CannotRead({ operation: "readAt", file: "a", position, description })),
            writeAt: (position) =>
              Effect.fail(new MmioError.CannotExpand({ operation: "writeAt", file: "a", position, description })),
            truncate: (position) =>
              Effect.fail(new MmioError.CannotExpand({ operation: "truncate", file: "a", position, description })),
            canSeek: (position) =>
              Effect.fail(new MmioError.CannotSeek({ operation: "canSeek", file: "a", position, description })),
            close: Effect.void,
            abort: Effect.void
          }))
      })
      const program = Effect.flatMap(IOProc.IOProc, (ioProc) =>
        Effect.gen(function*() {
          const file = yield* ioProc.open(request("a"))
          const results: Array<unknown> = []
          for (const position of [1.5, -2, 2 ** 60, NaN, Infinity, -Infinity]) {
            results.push(
              yield* Effect.flip(file.readAt(position, bytes(1))),
              yield* Effect.flip(writeAt(file, position, bytes(1))),
              yield* Effect.flip(file.truncate?.(position) ?? Effect.dieMessage("it cannot be truncated")),
              yield* Effect.flip(file.canSeek?.(position) ?? Effect.dieMessage("it cannot be asked"))
            )
          }
          return results
        }))
      const [results, recorded] = yield* Effect.zip(program, trace).pipe(
        Effect.provide(Recording.layer().pipe(Layer.provide(Layer.succeed(IOProc.IOProc, refusing))))
      )
      assert.deepStrictEqual(yield* stored(recorded), recorded)
      const again = yield* Effect.zipLeft(program, finish).pipe(
        Effect.provide(Recording.replay(yield* stored(recorded)))
      )
      assert.deepStrictEqual(again.map(String), results.map(String))
    }))

  it.effect("errors come again as they were, with their errno", () =>
    Effect.gen(function*() {
      const program = Effect.flip(
        Mmio.withFile("a", { access: "write", buffer: "none" }, (file) => Mmio.write(file, bytes(5)))
      )
      const [error, recorded] = yield* Effect.zip(program, trace).pipe(
        Effect.provide(
          Recording.layer().pipe(
            Layer.provide(Fault.layer({ disk: { capacity: 2 } })),
            Layer.provide(MemoryIOProc.layer({ a: bytes(1) }))
          )
        )
      )
      const again = yield* Effect.zipLeft(program, finish).pipe(
        Effect.provide(Recording.replay(yield* stored(recorded)))
      )
      assert.instanceOf(again, MmioError.CannotWrite)
      assert.strictEqual(
        again.message,
        "Mmio.withFile a at 2: no space left on device (ENOSPC)".replace(
          "Mmio.withFile",
          error.operation
        )
      )
      assert.strictEqual(again.message, error.message)
      assert.strictEqual(again.written, 2)
    }))

  it.effect("every class of failure that a driver may have, in the fields that it has", () => {
    const details = { operation: "o", file: "a", position: 7, description: "d", errno: "EIO" }
    const failsToOpen = [
      new MmioError.FileNotFound(details),
      new MmioError.PathNotFound(details),
      new MmioError.AccessDenied(details),
      new MmioError.SharingViolation(details),
      new MmioError.TooManyOpenFiles(details),
      new MmioError.NetworkError(details),
      new MmioError.OutOfMemory(details),
      new MmioError.InvalidFile(details),
      new MmioError.VersionChanged(details),
      new MmioError.CannotOpen(details)
    ]
    const failing = (error: typeof failsToOpen[number]) => IOProc.make({ open: () => Effect.fail(error) })
    const failsLater = IOProc.make({
      open: ({ name }) =>
        Effect.succeed(IOProc.makeFile({
          name: name.full,
          size: Effect.fail(new MmioError.CannotSeek(details)),
          readAt: () => Effect.fail(new MmioError.CannotRead(details)),
          writeAt: () => Effect.fail(new MmioError.CannotExpand(details)),
          commit: Effect.fail(new MmioError.CannotWrite({ ...details, written: 3 })),
          close: Effect.fail(new MmioError.CannotClose(details)),
          abort: Effect.void
        }))
    })
    const open = Effect.flatMap(IOProc.IOProc, (ioProc) => ioProc.open(request("a")))
    const later = Effect.flatMap(open, (file) =>
      Effect.all([
        Effect.flip(file.size),
        Effect.flip(file.readAt(0, bytes(5))),
        Effect.flip(writeAt(file, 0, bytes(5))),
        Effect.flip(file.commit),
        Effect.flip(file.close)
      ]))
    const roundTrip = (
      driver: IOProc.IOProc,
      program: Effect.Effect<ReadonlyArray<MmioError.MmioError>, unknown, IOProc.IOProc>
    ) =>
      Effect.gen(function*() {
        const [sent, recorded] = yield* Effect.zip(program, trace).pipe(
          Effect.provide(Recording.layer().pipe(Layer.provide(Layer.succeed(IOProc.IOProc, driver))))
        )
        const arrived = yield* Effect.zipLeft(program, finish).pipe(
          Effect.provide(Recording.replay(yield* stored(recorded)))
        )
        assert.strictEqual(arrived.length, sent.length)
        arrived.forEach((error, i) => {
          assert.notStrictEqual(error, sent[i])
          assert.strictEqual(error.constructor, sent[i]?.constructor)
          assert.deepStrictEqual({ ...error }, { ...sent[i] })
          assert.strictEqual(String(error), String(sent[i]))
        })
        return arrived.map(({ _tag }) => _tag)
      })
    return Effect.gen(function*() {
      for (const error of failsToOpen) {
        const tags = yield* roundTrip(failing(error), Effect.map(Effect.flip(open), (error) => [error]))
        assert.deepStrictEqual(tags, [error._tag])
      }
      const tags = yield* roundTrip(failsLater, later)
      assert.deepStrictEqual(tags, ["CannotSeek", "CannotRead", "CannotExpand", "CannotWrite", "CannotClose"])
    })
  })

  it.effect("also what only some errors say", () =>
    Effect.gen(function*() {
      const torn = IOProc.mapFile(yield* MemoryIOProc.make({ files: { a: bytes(3) } }), (file) => ({
        ...file,
        writeAt: () =>
          Effect.fail(
            new MmioError.CannotWrite({ operation: "torn", file: "a", position: 7, description: "torn", written: 3 })
          )
      }))
      const write = Effect.gen(function*() {
        const ioProc = yield* IOProc.IOProc
        const file = yield* ioProc.open(request("a", { access: "write" }))
        return yield* Effect.flip(writeAt(file, 0, bytes(5)))
      })
      const recorded = yield* Effect.zipRight(write, trace).pipe(
        Effect.provide(Recording.layer().pipe(Layer.provide(Layer.succeed(IOProc.IOProc, torn))))
      )
      const error = yield* Effect.provide(write, Recording.replay(yield* stored(recorded)))
      assert.isTrue(error._tag === "CannotWrite" && error.written === 3 && error.position === 7)
      assert.isUndefined(error.cause)
    }))

  it.effect("drivers that were found for codes are found again, and no others", () =>
    Effect.gen(function*() {
      const zip = yield* MemoryIOProc.make({ files: { "a.zip+b": bytes(3) } })
      const storage = IOProc.layerRoute(FourCC.make("ZIP "), zip).pipe(Layer.provide(MemoryIOProc.layer()))
      const program = Mmio.withFile("a.zip+b", {}, (file) => Mmio.read(file, 2))
      const recorded = yield* Effect.zipRight(program, trace).pipe(
        Effect.provide(Recording.layer().pipe(Layer.provide(storage)))
      )
      yield* Effect.gen(function*() {
        assert.deepStrictEqual(yield* program, bytes(2))
        assert.strictEqual((yield* Effect.flip(Effect.scoped(Mmio.open("a.rar+b"))))._tag, "CannotOpen")
        yield* finish
      }).pipe(Effect.provide(Recording.replay(recorded)))
      // the storage itself was not asked
      assert.isTrue(Exit.isFailure(
        yield* Effect.exit(
          Effect.provide(Effect.scoped(Mmio.open("a.zip+b", { ioProc: "DOS " })), Recording.replay(recorded))
        )
      ))
    }))

  describe("something else", () => {
    const program = (count: number, data: number) =>
      Mmio.withFile("a", { access: "readWrite", buffer: 4 }, (file) =>
        Effect.gen(function*() {
          yield* Mmio.read(file, count)
          yield* Mmio.write(file, Uint8Array.of(data))
        }))
    const recorded = Effect.zipRight(program(3, 9), trace).pipe(Effect.provide(over({ a: bytes(20) })))
    const replaying = <A, E>(other: Effect.Effect<A, E, IOProc.IOProc>) =>
      Effect.gen(function*() {
        const [exit, unexpected] = yield* Effect.zip(Effect.exit(other), Effect.flip(finish)).pipe(
          Effect.provide(Recording.replay(yield* recorded))
        )
        return { exit, unexpected }
      })

    it.effect("is a defect, and typed, that says what and where", () =>
      Effect.gen(function*() {
        const { exit, unexpected } = yield* replaying(program(3, 8))
        assert.instanceOf(unexpected, Recording.Unexpected)
        assert.strictEqual(unexpected.index, 2)
        assert.strictEqual(
          unexpected.message,
          `message #2 of the trace: expected writeAt a (file 0) 1 bytes (09) at 3, flush
but the program asked writeAt a (file 0) 1 bytes (08) at 3, flush`
        )
        assert.isTrue(Exit.isFailure(exit))
        if (Exit.isSuccess(exit)) return
        // Every later question has the same answer.
        for (const defect of Cause.defects(exit.cause)) assert.strictEqual(defect, unexpected)
        assert.isTrue(Option.isNone(Cause.failureOption(exit.cause)))
      }))

    it.effect("every part of a question counts", () =>
      Effect.gen(function*() {
        const ask = (change: Partial<IOProc.OpenRequest>) =>
          Effect.flatMap(IOProc.IOProc, (ioProc) => ioProc.open(request("a", change)))
        const different: Array<Partial<IOProc.OpenRequest>> = [
          { name: FileName.plain("b") },
          { access: "read" },
          { create: "truncate" },
          { share: "exclusive" },
          { code: Option.some(FourCC.make("ABC ")) },
          { parameters: 1 },
          { ifVersion: Option.some("1") },
          { buffered: false }
        ]
        for (const change of different) {
          assert.strictEqual((yield* replaying(ask(change))).unexpected.index, 0, JSON.stringify(change))
        }
        const withFile = (use: (file: IOProc.File) => Effect.Effect<unknown, unknown>) =>
          replaying(Effect.flatMap(ask({}), use))
        assert.include(
          (yield* withFile((file) => file.readAt(0, new Uint8Array(5)))).unexpected.message,
          "expected readAt a (file 0) 4 bytes at 0\nbut the program asked readAt a (file 0) 5 bytes at 0"
        )
        assert.strictEqual((yield* withFile((file) => file.readAt(1, new Uint8Array(4)))).unexpected.index, 1)
        assert.strictEqual((yield* withFile((file) => file.size)).unexpected.index, 1)
        assert.strictEqual((yield* withFile((file) => file.commit)).unexpected.index, 1)
        assert.strictEqual((yield* withFile((file) => file.abort)).unexpected.index, 1)
        assert.strictEqual((yield* withFile((file) => file.close)).unexpected.index, 1)
        const write = (position: number, mode: IOProc.WriteMode) =>
          withFile((file) =>
            Effect.zipRight(file.readAt(0, new Uint8Array(4)), writeAt(file, position, Uint8Array.of(9), mode))
          )
        assert.strictEqual((yield* write(3, "writeFlush")).unexpected.index, 3, "what the trace has")
        assert.strictEqual((yield* write(2, "writeFlush")).unexpected.index, 2)
        assert.strictEqual((yield* write(3, "write")).unexpected.index, 2)
      }))

    it.effect("also which file a temporary one is like", () =>
      Effect.gen(function*() {
        const ask = (like?: string) =>
          Mmio.tempName({ prefix: "x", ...(like === undefined ? {} : { like: FileName.plain(like) }) })
        const [name, recorded] = yield* Effect.zip(ask("a"), trace).pipe(Effect.provide(over()))
        const replay = Recording.replay(yield* stored(recorded))
        assert.deepStrictEqual(yield* Effect.provide(Effect.zipLeft(ask("a"), finish), replay), name)
        for (const like of ["b", undefined]) {
          const other = yield* Effect.zipRight(Effect.exit(ask(like)), Effect.flip(finish)).pipe(Effect.provide(replay))
          assert.include(other.message, "expected tempName default, x, default, like a")
        }
      }))

    it.effect("also less, or more", () =>
      Effect.gen(function*() {
        const less = yield* replaying(Effect.flatMap(IOProc.IOProc, (ioProc) => ioProc.open(request("a"))))
        assert.isTrue(Exit.isSuccess(less.exit))
        assert.include(
          less.unexpected.message,
          "#1 of the trace: expected readAt a (file 0) 4 bytes at 0\nbut the program asked nothing more"
        )
        const more = yield* replaying(Effect.zipRight(program(3, 9), Mmio.exists("a")))
        assert.include(more.unexpected.message, "expected none, the trace ends here\nbut the program asked exists a")
      }))
  })

  layer(Layer.empty)((it) => {
    it.effect.prop("repeats any operations of a handle under any faults", {
      initial: Arbitraries.content(),
      bufferSize: fc.nat({ max: 30 }),
      plan: Arbitraries.faultPlan({ faults: ["Fail", "Short", "Flip"] }),
      operations: Arbitraries.operations("readWrite", 20)
    }, ({ bufferSize, initial, operations, plan }) =>
      Effect.gen(function*() {
        const program = Effect.scoped(Effect.gen(function*() {
          const file = yield* Mmio.open("test", { access: "readWrite", buffer: bufferSize })
          const results = yield* Effect.forEach(operations, (operation) => Effect.either(Model.run(file, operation)))
          return results.map(Either.mapLeft((error) => [error.message, String(error.cause)]))
        })).pipe(Effect.exit, Effect.map(saying))
        const [result, recorded] = yield* Effect.zip(program, trace).pipe(
          Effect.provide(
            Recording.layer().pipe(
              Layer.provide(Fault.layer(plan)),
              Layer.provide(MemoryIOProc.layer({ test: initial }))
            )
          )
        )
        const again = yield* Effect.zipLeft(program, finish).pipe(
          Effect.provide(Recording.replay(yield* stored(recorded)))
        )
        deepStrictEqual(again, result)
      }), { fastCheck: { numRuns: scale(100) } })
  })
})

describe("assertions", () => {
  const program = Effect.gen(function*() {
    yield* Mmio.withFile("a", { access: "readWrite", buffer: 4 }, (file) =>
      Effect.gen(function*() {
        yield* Mmio.read(file, 3)
        yield* Mmio.read(file, 3)
        yield* Mmio.write(file, bytes(9))
        yield* Mmio.flush(file)
        yield* Mmio.write(file, bytes(2))
      }))
    yield* Mmio.rename("a", "b.wav")
  })
  const holds = (assertion: Recording.Assertion) =>
    Effect.zipRight(program, assertion).pipe(Effect.provide(over({ a: bytes(20) })))
  const fails = (assertion: Recording.Assertion) => Effect.flip(holds(assertion))

  const writes = { message: "writeAt", mode: "write" } as const
  const flushes = { message: "writeAt", mode: "writeFlush" } as const
  const all = ["open", "readAt", "readAt", "writeAt", "writeAt", "writeAt", "close", "rename"] as const

  it.effect("what was done, to know what is asserted about", () =>
    holds(Effect.map(trace, (messages) => assert.deepStrictEqual(messages.map(({ message }) => message), [...all]))))

  it.effect("counts", () =>
    Effect.gen(function*() {
      yield* holds(Recording.atMost("readAt", 2))
      yield* holds(Recording.atLeast("readAt", 2))
      yield* holds(Recording.exactly("readAt", 2))
      yield* holds(Recording.never("remove"))
      yield* holds(Recording.atMost({ message: "readAt", file: "b*" }, 0))
      yield* holds(Recording.exactly({ message: ["writeAt", "readAt"], file: "?" }, 5))
      yield* holds(Recording.exactly(writes, 1))
      yield* holds(Recording.exactly(flushes, 2))
      yield* holds(Recording.exactly({ message: "rename", file: "*.wav" }, 1))
      const error = yield* fails(Recording.atMost("readAt", 1))
      assert.instanceOf(error, Recording.AssertionFailed)
      assert.deepStrictEqual(error.indices, [1, 2])
      assert.strictEqual(
        error.message,
        `at most 1 readAt: there were 2
  #1 readAt a (file 0) 4 bytes at 0 → 4 bytes (00010203)
  #2 readAt a (file 0) 4 bytes at 4 → 4 bytes (04050607)`
      )
      assert.include((yield* fails(Recording.atLeast("close", 2))).message, "at least 2 close: there was 1")
      assert.include((yield* fails(Recording.exactly("readAt", 1))).message, "exactly 1 readAt: there were 2")
      assert.include((yield* fails(Recording.exactly("readAt", 3))).message, "exactly 3 readAt: there were 2")
      assert.include(
        (yield* fails(Recording.never({ message: "open", file: "a" }))).message,
        "no open of a: there was 1"
      )
    }))

  it.effect("what comes before what", () =>
    Effect.gen(function*() {
      yield* holds(Recording.neverBefore(flushes, writes))
      yield* holds(Recording.neverBefore("remove", "tempName"))
      assert.strictEqual(
        (yield* fails(Recording.noWriteBeforeFirstFlush)).message,
        `no writeAt (write) before the first writeAt (writeFlush): there was 1 before #4
  #3 writeAt a (file 0) 9 bytes (0001020304050607…) at 6 → 9`
      )
      assert.include(
        (yield* fails(Recording.neverBefore("readAt", "remove"))).message,
        "no readAt before the first remove: there were 2, and no remove at all"
      )
      // In the buffer until it is flushed.
      yield* Mmio.withFile("a", { access: "write" }, (file) =>
        Effect.zipRight(Mmio.write(file, bytes(9)), Mmio.write(file, bytes(9)))).pipe(
          Effect.zipRight(Recording.noWriteBeforeFirstFlush),
          Effect.provide(over({ a: bytes(1) }))
        )
    }))

  it.effect("orders", () =>
    Effect.gen(function*() {
      yield* holds(Recording.inOrder("open", writes, "close", { message: "rename", file: "a" }))
      yield* holds(Recording.inOrder())
      yield* holds(Recording.inOrder("readAt", "readAt"))
      assert.include(
        (yield* fails(Recording.inOrder("close", "writeAt"))).message,
        "in this order: close, writeAt: there was no writeAt after #6"
      )
      assert.include((yield* fails(Recording.inOrder("readAt", "readAt", "readAt"))).message, "no readAt after #2")
      yield* holds(Recording.sequence(...all))
      assert.include((yield* fails(Recording.sequence(...all.slice(1)))).message, "#0 should be readAt\n  #0 open a")
      assert.include(
        (yield* fails(Recording.sequence(...all.slice(0, -1)))).message,
        "#7 should be the end\n  #7 rename"
      )
      assert.include(
        (yield* fails(Recording.sequence(...all, "remove"))).message,
        "the trace ends where #8 should be remove"
      )
    }))

  it.effect("of a trace that was kept", () =>
    Effect.gen(function*() {
      const kept = yield* stored(yield* Effect.zipRight(program, trace).pipe(Effect.provide(over({ a: bytes(20) }))))
      const about = Effect.provideService(Recording.Recorder, Recording.recorded(kept))
      yield* about(Recording.atMost("readAt", 2))
      assert.strictEqual((yield* Effect.flip(about(Recording.atMost("readAt", 1))))._tag, "AssertionFailed")
    }))
})
