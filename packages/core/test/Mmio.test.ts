/**
 * What is not a law of all handles: parameters, memory files, direct access, streams, messages.
 */
import { IOProc, MemoryIOProc, Mmio, MmioError } from "@effect-mmio/core"
import { assert, describe, it, vi } from "@effect/vitest"
import { deepStrictEqual } from "@effect/vitest/utils"
import { Cause, Chunk, Effect, Exit, Option, Request, Stream, Tracer } from "effect"
import { TestStorage } from "./support/driver.js"
import { View } from "./support/view.js"

const bytes = (...values: ReadonlyArray<number>) => Uint8Array.from(values)
const tag = <E extends MmioError.MmioError, R>(effect: Effect.Effect<unknown, E, R>) =>
  Effect.map(Effect.flip(effect), (error): string => error._tag)

/** Has the runtime lack the memory for arrays of these lengths, until the scope ends. */
const lackingFor = (...lengths: ReadonlyArray<number>) =>
  Effect.acquireRelease(
    Effect.sync(() =>
      vi.stubGlobal(
        "Uint8Array",
        new Proxy(Uint8Array, {
          construct: (target, args: ReadonlyArray<unknown>, newTarget) => {
            if (lengths.some((length) => args[0] === length)) throw new RangeError("Array buffer allocation failed")
            return Reflect.construct(target, args, newTarget)
          }
        })
      )
    ),
    () => Effect.sync(() => vi.unstubAllGlobals())
  )

describe("parameters", () => {
  it.scoped("that are no sizes or places are InvalidParameter, before anything is done", () =>
    Effect.gen(function*() {
      const storage = new TestStorage(new Uint8Array(10))
      const file = yield* Mmio.openWith(storage.ioProc, "test", { access: "readWrite" })
      for (const value of [-1, 0.5, Number.NaN, Infinity]) {
        assert.strictEqual(yield* tag(Mmio.read(file, value)), "InvalidParameter")
        assert.strictEqual(yield* tag(Mmio.setBuffer(file, value)), "InvalidParameter")
        assert.strictEqual(yield* tag(Mmio.openWith(storage.ioProc, "test", { buffer: value })), "InvalidParameter")
        assert.strictEqual(yield* tag(Mmio.openMemory({ size: value })), "InvalidParameter")
        assert.strictEqual(yield* tag(Mmio.openMemory({ expandBy: value })), "InvalidParameter")
        assert.strictEqual(yield* tag(Mmio.forEachBuffer(file, () => {}, { from: value })), "InvalidParameter")
        assert.strictEqual(yield* tag(Mmio.forEachBuffer(file, () => {}, { to: value })), "InvalidParameter")
        assert.strictEqual(yield* tag(Stream.runDrain(Mmio.stream(file, { from: value }))), "InvalidParameter")
        assert.strictEqual(yield* tag(Stream.runDrain(Mmio.stream(file, { chunkSize: value }))), "InvalidParameter")
      }
      assert.strictEqual(yield* tag(Stream.runDrain(Mmio.stream(file, { chunkSize: 0 }))), "InvalidParameter")
      assert.strictEqual(yield* tag(Stream.runDrain(Mmio.stream(file, { from: 5, to: 4 }))), "InvalidParameter")
      for (const value of [0.5, Number.NaN, Infinity]) {
        assert.strictEqual(yield* tag(Mmio.seek(file, value)), "InvalidParameter")
      }
      assert.strictEqual(storage.calls, 0)
      assert.strictEqual(yield* Mmio.position(file), 0)
    }))

  it.scoped("that no memory can meet are OutOfMemory, and leave what is there", () =>
    Effect.gen(function*() {
      const storage = new TestStorage(new Uint8Array(10))
      const file = yield* Mmio.openWith(storage.ioProc, "test", { buffer: 4 })
      assert.strictEqual(yield* tag(Mmio.setBuffer(file, 2 ** 52)), "OutOfMemory")
      assert.strictEqual((yield* Mmio.getInfo(file)).bytes.length, 4)
      assert.strictEqual(yield* tag(Mmio.openMemory({ size: 2 ** 52 })), "OutOfMemory")
    }))

  it.scoped("memory that is lacking is a defect of a small read, which leaves the position, and OutOfMemory of a large one", () =>
    Effect.gen(function*() {
      const size = 100_000
      const storage = new TestStorage(new Uint8Array(2 * size).fill(7))
      const file = yield* Mmio.openWith(storage.ioProc, "test", { buffer: size })
      yield* Mmio.readInto(file, new Uint8Array(3))
      yield* lackingFor(5, 70_000)
      const exit = yield* Effect.exit(Mmio.read(file, 5))
      assert.isTrue(Exit.isFailure(exit) && Cause.isDieType(exit.cause))
      assert.strictEqual(yield* Mmio.position(file), 3)
      // more than is allocated on the caller's word, although the window has it
      assert.strictEqual(yield* tag(Mmio.read(file, 70_000)), "OutOfMemory")
      assert.strictEqual(yield* Mmio.position(file), 3)
    }))

  it.scoped("an array whose slice is a view, as that of Node's buffers, is copied where a copy is promised", () =>
    Effect.gen(function*() {
      const storage = new TestStorage(Uint8Array.from({ length: 64 }, (_, i) => i))
      const file = yield* Mmio.openWith(storage.ioProc, "test", { buffer: new View(16) })
      const first = yield* Mmio.read(file, 4)
      const second = yield* Mmio.read(file, 4)
      yield* Mmio.seek(file, 40)
      yield* Mmio.read(file, 7)
      assert.deepStrictEqual([...first, ...second], [0, 1, 2, 3, 4, 5, 6, 7])

      const memory = yield* Mmio.openMemory({ bytes: new View(bytes(1, 2, 3, 4)) })
      const whole = yield* Mmio.memoryBytes(memory)
      const part = yield* Mmio.read(memory, 2)
      yield* Mmio.seek(memory, 0)
      yield* Mmio.writeAll(memory, bytes(9, 9))
      assert.deepStrictEqual([...whole, ...part], [1, 2, 3, 4, 1, 2])

      const [made, put] = [new View(bytes(1, 2)), new View(bytes(3, 4))]
      const files = yield* MemoryIOProc.make({ files: { a: made } })
      yield* files.put("b", put)
      made.fill(9)
      put.fill(9)
      const given = yield* files.bytes("a")
      given.fill(9)
      assert.deepStrictEqual([...(yield* files.bytes("a")), ...(yield* files.bytes("b"))], [1, 2, 3, 4])
    }))

  it.scoped("a size out of a damaged file costs no more than the file is long", () =>
    Effect.gen(function*() {
      const storage = new TestStorage(new Uint8Array(300_000).fill(5))
      const file = yield* Mmio.openWith(storage.ioProc, "test")
      const data = yield* Mmio.read(file, Number.MAX_SAFE_INTEGER)
      assert.strictEqual(data.length, 300_000)
      assert.strictEqual(data.buffer.byteLength, 300_000)
      assert.isTrue(data.every((byte) => byte === 5))
      assert.isTrue(storage.transferred.every((target) => target.length <= 1_200_000))
    }))

  it.scoped("a file is not cut for a handle that cannot be made", () =>
    Effect.gen(function*() {
      const storage = new TestStorage(bytes(1, 2, 3))
      const options = { access: "write", create: true, buffer: -1 } as const
      assert.strictEqual(yield* tag(Mmio.openWith(storage.ioProc, "test", options)), "InvalidParameter")
      // what the type forbids
      const cast = { create: true } as unknown as Mmio.OpenOptions<"read">
      assert.strictEqual(yield* tag(Mmio.openWith(storage.ioProc, "test", cast)), "InvalidParameter")
      assert.strictEqual(storage.bytes.length, 3)
    }))
})

describe("memory files", () => {
  it.scoped("of a fixed block take what they have room for, and none where all or nothing is asked", () =>
    Effect.gen(function*() {
      const block = new Uint8Array(4)
      const file = yield* Mmio.openMemory({ bytes: block })
      yield* Mmio.seek(file, 2)
      assert.strictEqual(yield* tag(Mmio.writeAll(file, bytes(1, 2, 3))), "CannotExpand")
      assert.deepStrictEqual(block, new Uint8Array(4))
      assert.strictEqual(yield* Mmio.write(file, bytes(1, 2, 3)), 2)
      assert.strictEqual(yield* Mmio.write(file, bytes(9)), 0)
      assert.deepStrictEqual(block, bytes(0, 0, 1, 2))
      assert.strictEqual(yield* tag(Mmio.seek(file, 5)), "CannotSeek")
      assert.strictEqual(yield* tag(Mmio.seek(file, 1, "end")), "CannotSeek")
      assert.strictEqual(yield* Mmio.position(file), 4)
      assert.strictEqual(yield* tag(Mmio.setBuffer(file, 10)), "InvalidParameter")
    }))

  it.scoped("created in a block begin empty, and end after what was written", () =>
    Effect.gen(function*() {
      const file = yield* Mmio.openMemory({ bytes: bytes(7, 7, 7, 7), create: true })
      assert.strictEqual((yield* Mmio.read(file, 4)).length, 0)
      yield* Mmio.seek(file, 2)
      yield* Mmio.writeAll(file, bytes(1))
      assert.deepStrictEqual(yield* Mmio.memoryBytes(file), bytes(0, 0, 1))
    }))

  it.scoped("show zeros where a seek left a gap, also to direct access", () =>
    Effect.gen(function*() {
      const file = yield* Mmio.openMemory({ bytes: bytes(7, 7, 7, 7), create: true })
      yield* Mmio.seek(file, 2)
      yield* Mmio.withBuffer(file, "write", (info) => {
        info.bytes[info.next] = 1
        return { value: undefined, next: info.next + 1, dirty: true }
      })
      assert.deepStrictEqual(yield* Mmio.memoryBytes(file), bytes(0, 0, 1))
    }))

  it.scoped("that grow do so by steps, and are a copy when asked for", () =>
    Effect.gen(function*() {
      const block = bytes(1, 2)
      const file = yield* Mmio.openMemory({ bytes: block, expandBy: 10 })
      yield* Mmio.seek(file, 0, "end")
      yield* Mmio.writeAll(file, bytes(3))
      assert.strictEqual((yield* Mmio.getInfo(file)).bytes.length, 12)
      const copy = yield* Mmio.memoryBytes(file)
      assert.deepStrictEqual(copy, bytes(1, 2, 3))
      copy[0] = 9
      assert.deepStrictEqual(yield* Mmio.memoryBytes(file), bytes(1, 2, 3))
      assert.deepStrictEqual(block, bytes(1, 2))
    }))

  it.scoped("are all in the window, for direct access", () =>
    Effect.gen(function*() {
      const file = yield* Mmio.openMemory({ bytes: bytes(1, 2, 3) })
      const info = yield* Mmio.getInfo(file)
      assert.deepStrictEqual([info.next, info.endRead, info.endWrite, info.bufferOffset], [0, 3, 3, 0])
      const end = yield* Mmio.advance(file, { ...info, next: 3 }, "read")
      assert.strictEqual(end.next, end.endRead)
      assert.strictEqual(yield* tag(Mmio.advance(file, end, "write")), "CannotExpand")
    }))
})

describe("direct access", () => {
  const open = (buffer: number) =>
    Mmio.openWith(new TestStorage(Uint8Array.from({ length: 10 }, (_, i) => i)).ioProc, "test", {
      access: "readWrite",
      buffer
    })

  it.scoped("refuses pointers that do not fit, and changes nothing", () =>
    Effect.gen(function*() {
      const file = yield* open(4)
      yield* Mmio.read(file, 1)
      const info = yield* Mmio.getInfo(file)
      assert.deepStrictEqual([info.next, info.endRead, info.endWrite], [1, 4, 4])
      for (const next of [-1, 5, 0.5, Number.NaN]) {
        assert.strictEqual(yield* tag(Mmio.setInfo(file, { ...info, next })), "InvalidParameter")
        assert.strictEqual(yield* tag(Mmio.advance(file, { ...info, next }, "read")), "InvalidParameter")
      }
      assert.strictEqual(yield* tag(Mmio.setInfo(file, { ...info, bytes: new Uint8Array(4) })), "InvalidParameter")
      yield* Mmio.read(file, 6)
      assert.strictEqual(yield* tag(Mmio.setInfo(file, info)), "InvalidParameter")
      assert.strictEqual(yield* Mmio.position(file), 7)
    }))

  it.scoped("accepts a `next` past what was read only for what was written", () =>
    Effect.gen(function*() {
      const file = yield* open(20)
      const info = yield* Mmio.getInfo(file)
      assert.strictEqual(yield* tag(Mmio.setInfo(file, { ...info, next: 2 })), "InvalidParameter")
      info.bytes.set([7, 8])
      yield* Mmio.setInfo(file, { ...info, next: 2, dirty: true })
      assert.strictEqual(yield* Mmio.position(file), 2)
      assert.deepStrictEqual([...(yield* Mmio.read(file, 2))], [2, 3])
      yield* Mmio.seek(file, 0)
      assert.deepStrictEqual([...(yield* Mmio.read(file, 3))], [7, 8, 2])
    }))

  it.scoped("takes nothing written from a handle that only reads", () =>
    Effect.gen(function*() {
      const storage = new TestStorage(Uint8Array.of(1, 2, 3))
      const file = yield* Mmio.openWith(storage.ioProc, "test", { access: "read" })
      yield* Mmio.read(file, 1)
      const info = yield* Mmio.getInfo(file)
      info.bytes[0] = 9
      assert.strictEqual(yield* tag(Mmio.setInfo(file, { ...info, next: 2, dirty: true })), "InvalidParameter")
      assert.strictEqual(yield* Mmio.position(file), 1)
      yield* Mmio.close(file)
      assert.deepStrictEqual([...storage.bytes], [1, 2, 3])
    }))

  it.scoped("keeps what was not consumed, in front of what comes", () =>
    Effect.gen(function*() {
      const file = yield* open(4)
      yield* Mmio.read(file, 1)
      const info = yield* Mmio.getInfo(file)
      const next = yield* Mmio.advance(file, { ...info, next: 3 }, "read")
      assert.deepStrictEqual([...next.bytes.subarray(next.next, next.endRead)], [3, 4, 5, 6])
    }))

  it.scoped("a new buffer takes over what was read ahead, and is refused where the storage cannot go back for the rest", () =>
    Effect.gen(function*() {
      let position = 0
      const file = yield* Mmio.fromFile(
        IOProc.makeCursorFile({
          name: "test",
          capabilities: { forwardOnly: true },
          read: (target) =>
            Effect.sync(() => {
              const count = Math.min(target.length, 10 - position)
              for (let i = 0; i < count; i++) target[i] = position++
              return count
            }),
          seek: (_, from) =>
            Effect.fail(
              new MmioError.CannotSeek({ operation: "seek", file: "test", description: `not from the ${from}` })
            )
        }),
        { buffer: 6 }
      )
      yield* Mmio.read(file, 2)
      assert.strictEqual(yield* tag(Mmio.setBuffer(file, 3)), "CannotSeek")
      yield* Mmio.setBuffer(file, 5)
      assert.deepStrictEqual([...(yield* Mmio.read(file, 10))], [2, 3, 4, 5, 6, 7, 8, 9])
    }))

  it.scoped("a function that throws is a defect, and moves nothing", () =>
    Effect.gen(function*() {
      const file = yield* open(4)
      const exit = yield* Effect.exit(Mmio.withBuffer(file, "read", () => {
        throw new Error("mine")
      }))
      assert.isTrue(Exit.isFailure(exit))
      assert.strictEqual(yield* Mmio.position(file), 0)
      assert.deepStrictEqual([...(yield* Mmio.read(file, 2))], [0, 1])
    }))

  it.scoped("every window of a range, in order, tells how many bytes that were", () =>
    Effect.gen(function*() {
      const file = yield* open(4)
      const seen: Array<[number, Array<number>]> = []
      const total = yield* Mmio.forEachBuffer(file, (bytes, position) => seen.push([position, [...bytes]]), {
        from: 1,
        to: 9
      })
      assert.strictEqual(total, 8)
      assert.deepStrictEqual(seen, [[1, [1, 2, 3, 4]], [5, [5, 6, 7, 8]]])
      assert.strictEqual(yield* Mmio.position(file), 9)
      assert.strictEqual(
        yield* tag(Effect.flatMap(open(0), (file) => Mmio.forEachBuffer(file, () => {}))),
        "Unbuffered"
      )
      assert.strictEqual(
        yield* tag(Effect.flatMap(open(0), (file) => Mmio.withBuffer(file, "write", () => ({ value: 0, next: 0 })))),
        "Unbuffered"
      )
    }))
})

describe("direct access to a file whose bytes pass once", () => {
  it.scoped("writes what is new, and not again what was written", () =>
    Effect.gen(function*() {
      const sent: Array<number> = []
      const pipe = IOProc.makeCursorFile({
        name: "pipe",
        capabilities: { forwardOnly: true },
        read: () => Effect.succeed(0),
        write: (source) =>
          Effect.sync(() => {
            sent.push(...source)
            return source.length
          }),
        seek: () => Effect.fail(new MmioError.CannotSeek({ operation: "test", file: "pipe", description: "a pipe" }))
      })
      const file = yield* Mmio.fromFile(pipe, { access: "write", buffer: 16 })
      const add = (value: number) =>
        Mmio.withBuffer(file, "write", ({ bytes, next }) => {
          bytes[next] = value
          return { value: undefined, next: next + 1, dirty: true }
        })
      yield* Mmio.writeAll(file, bytes(1, 2, 3))
      yield* Mmio.flush(file)
      yield* add(4)
      yield* add(5)
      yield* Mmio.flush(file)
      const info = yield* Mmio.getInfo(file)
      info.bytes[info.next] = 6
      yield* Mmio.setInfo(file, { ...info, next: info.next + 1, dirty: true })
      yield* Mmio.writeAll(file, bytes(7))
      yield* add(8)
      yield* Mmio.flush(file)
      assert.deepStrictEqual(sent, [1, 2, 3, 4, 5, 6, 7, 8])
    }))
})

describe("streams", () => {
  it.scoped("read as they are wanted, from a position of their own", () =>
    Effect.gen(function*() {
      const storage = new TestStorage(Uint8Array.from({ length: 100 }, (_, i) => i))
      const file = yield* Mmio.openWith(storage.ioProc, "test", { buffer: "none" })
      yield* Mmio.seek(file, 10)
      const calls = storage.calls
      const three = yield* Mmio.stream(file, { chunkSize: 4 }).pipe(
        // what is done with the handle in between does not move the stream
        Stream.tap(() => Mmio.seek(file, 90)),
        Stream.take(3),
        Stream.runCollect
      )
      assert.deepStrictEqual(Chunk.toReadonlyArray(three).map((chunk) => chunk[0]), [10, 14, 18])
      assert.strictEqual(storage.log.slice(calls).filter(({ call }) => call === "readAt").length, 3)
    }))

  it.scoped("have chunks that cost no more than the file is long, whatever their size", () =>
    Effect.gen(function*() {
      const storage = new TestStorage(Uint8Array.from({ length: 300_000 }, (_, i) => i))
      for (const chunkSize of [200_000, 2 ** 40, Number.MAX_SAFE_INTEGER]) {
        const file = yield* Mmio.openWith(storage.ioProc, "test")
        const chunks = Chunk.toReadonlyArray(yield* Stream.runCollect(Mmio.stream(file, { chunkSize })))
        assert.deepStrictEqual(
          chunks.map(({ length }) => length),
          chunkSize === 200_000 ? [200_000, 100_000] : [300_000]
        )
        const all = new Uint8Array(storage.bytes.length)
        chunks.reduce((at, chunk) => (all.set(chunk, at), at + chunk.length), 0)
        assert.deepStrictEqual(all, storage.bytes)
      }
      assert.isTrue(storage.transferred.every((target) => target.length <= 1_200_000))
    }))

  it.scoped("have shorter chunks where there is no memory for all of one", () =>
    Effect.gen(function*() {
      const storage = new TestStorage(Uint8Array.from({ length: 600_000 }, (_, i) => i))
      const file = yield* Mmio.openWith(storage.ioProc, "test")
      yield* lackingFor(300_000)
      const chunks = Chunk.toReadonlyArray(yield* Stream.runCollect(Mmio.stream(file, { chunkSize: 300_000 })))
      assert.deepStrictEqual(chunks.map(({ length }) => length), [262_144, 262_144, 75_712])
      chunks.reduce((at, chunk) => {
        assert.deepStrictEqual(chunk, storage.bytes.slice(at, at + chunk.length))
        return at + chunk.length
      }, 0)
    }))

  it.scoped("have one span, whatever their length", () =>
    Effect.gen(function*() {
      const spans: Array<string> = []
      const file = yield* Mmio.openMemory({ size: 1000 })
      const native = yield* Effect.tracer
      const tracer = Tracer.make({
        span: (name, ...rest) => {
          spans.push(name)
          return native.span(name, ...rest)
        },
        context: native.context
      })
      yield* Effect.withTracer(Stream.runDrain(Mmio.stream(file, { chunkSize: 10 })), tracer)
      assert.deepStrictEqual(spans, ["Mmio.stream"])
    }))

  it.effect("go into a sink, which says how many bytes came and has what fails", () =>
    Effect.gen(function*() {
      const storage = new TestStorage(new Uint8Array(0))
      const source = Stream.make(bytes(1, 2), bytes(), bytes(3))
      const total = yield* Effect.scoped(
        Effect.flatMap(
          Mmio.openWith(storage.ioProc, "test", { access: "write" }),
          (file) => Stream.run(source, Mmio.sink(file))
        )
      )
      assert.strictEqual(total, 3)
      assert.deepStrictEqual(storage.bytes, bytes(1, 2, 3))
      const full = Effect.flatMap(Mmio.openMemory({ size: 2 }), (file) => Stream.run(source, Mmio.sink(file)))
      assert.strictEqual(yield* tag(Effect.scoped(full)), "CannotExpand")
    }))
})

describe("handles", () => {
  it.scoped("have operations that are values, which find what there is each time they are run", () =>
    Effect.gen(function*() {
      const storage = new TestStorage(Uint8Array.from({ length: 20 }, (_, i) => i))
      const file = yield* Mmio.openWith(storage.ioProc, "test", { access: "readWrite", buffer: 8 })
      const target = new Uint8Array(3)
      const [read, seek, write] = [
        Mmio.readInto(file, target),
        Mmio.seek(file, -1, "current"),
        Mmio.write(file, target)
      ]
      const counts: Array<number> = []
      for (let at = 0; at < 20; at += 2) {
        // as a value by itself, as a part of others, and told to a generator
        counts.push(at % 4 === 0 ? yield* Effect.zipLeft(read, Effect.void) : yield* read)
        if (at < 18) assert.deepStrictEqual([...target], [at, at + 1, at + 2])
        assert.strictEqual(yield* seek, at === 18 ? 19 : at + 2)
      }
      assert.deepStrictEqual(counts, [3, 3, 3, 3, 3, 3, 3, 3, 3, 2])
      for (let at = 19; at < 40; at += 3) assert.strictEqual(yield* Effect.map(write, (count) => count), 3)
      assert.strictEqual(yield* Mmio.position(file), 40)
      yield* Mmio.flush(file)
      assert.strictEqual(storage.bytes.length, 40)
    }))

  it.scoped("refuse what is no array, and go on", () =>
    Effect.gen(function*() {
      const storage = new TestStorage(new Uint8Array(20))
      const file = yield* Mmio.openWith(storage.ioProc, "test", { access: "readWrite" })
      yield* Mmio.read(file, 1)
      // @ts-expect-error
      const read = Mmio.readInto(file, null)
      // @ts-expect-error
      const write = Mmio.write(file, null)
      for (const wrong of [read, write]) {
        assert.strictEqual(yield* tag(wrong), "InvalidParameter")
      }
      assert.strictEqual((yield* Mmio.read(file, 100)).length, 19)
    }))

  class Length extends Request.TaggedClass("Length")<number, "no length", object> {}

  it.scoped("pass messages to their driver, which may not know them", () =>
    Effect.gen(function*() {
      const storage = new TestStorage(bytes(1, 2, 3))
      const file = yield* Mmio.fromFile({
        ...storage.file(),
        onMessage: IOProc.answer(
          (request) => request instanceof Length,
          () => Effect.sync(() => storage.bytes.length)
        )
      })
      deepStrictEqual(yield* Mmio.sendMessage(file, new Length()), Option.some(3))
      deepStrictEqual(yield* file.pipe(Mmio.sendMessage(new Length())), Option.some(3))
      const deaf = yield* Mmio.fromFile(storage.file())
      deepStrictEqual(yield* Mmio.sendMessage(deaf, new Length()), Option.none())
    }))

  it.scoped("show what they are", () =>
    Effect.gen(function*() {
      const file = yield* Mmio.open("a.txt")
      assert.isTrue(Mmio.isHandle(file))
      assert.isFalse(Mmio.isHandle({}))
      assert.deepStrictEqual(file.toJSON(), {
        _id: "@effect-mmio/core/Mmio/Handle",
        name: "a.txt",
        access: "read",
        position: 0,
        closed: false
      })
    }).pipe(Effect.provide(MemoryIOProc.layer({ "a.txt": bytes(1) }))))
})
