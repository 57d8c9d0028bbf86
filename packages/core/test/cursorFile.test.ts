/**
 * Drivers with a cursor as positional files: the adapter seeks only where it has to, and is the only owner of seeking.
 */
import { IOProc, Mmio, MmioError } from "@effect-mmio/core"
import { assert, describe, it, layer } from "@effect/vitest"
import { Effect, Exit, FastCheck as fc, Layer } from "effect"
import { later, numbers } from "./support/answering.js"
import { scale } from "./support/scale.js"

const cannotSeek = (position: number) =>
  new MmioError.CannotSeek({ operation: "seek", file: "test", position, description: "refused" })

/**
 * A driver over bytes, with a cursor; it logs its calls, and fails those that it is told to, after it has moved its
 * cursor.
 */
class CursorDriver {
  bytes: Uint8Array
  cursor = 0
  readonly log: Array<string> = []
  atMost = Infinity
  fails = false
  /** Whether a position past the end is refused. */
  refusesPastEnd = false
  private readonly answering: typeof IOProc.immediate

  constructor(bytes: Uint8Array, answering: typeof IOProc.immediate = Effect.suspend) {
    this.bytes = bytes
    this.answering = answering
  }

  private call<A, E>(name: string, fail: () => E, work: () => A): Effect.Effect<A, E> {
    return this.answering((): Exit.Exit<A, E> => {
      this.log.push(name)
      if (!this.fails) return Exit.succeed(work())
      this.fails = false
      this.cursor = 77
      return Exit.fail(fail())
    })
  }

  readonly file = IOProc.makeCursorFile({
    name: "test",
    read: (target) =>
      this.call(
        `read ${target.length}`,
        () => new MmioError.CannotRead({ operation: "read", file: "test", description: "told to fail" }),
        () => {
          const part = this.bytes.subarray(this.cursor, this.cursor + Math.min(target.length, this.atMost))
          target.set(part)
          this.cursor += part.length
          return part.length
        }
      ),
    write: (source) =>
      this.call(
        `write ${source.length}`,
        () => new MmioError.CannotWrite({ operation: "write", file: "test", description: "told to fail", written: 0 }),
        () => {
          const part = source.subarray(0, this.atMost)
          const longer = new Uint8Array(Math.max(this.bytes.length, this.cursor + part.length))
          longer.set(this.bytes)
          longer.set(part, this.cursor)
          this.bytes = longer
          this.cursor += part.length
          return part.length
        }
      ),
    seek: (offset, from) =>
      Effect.suspend(() => {
        this.log.push(`seek ${offset} ${from}`)
        const target = (from === "start" ? 0 : from === "current" ? this.cursor : this.bytes.length) + offset
        if (target < 0 || (this.refusesPastEnd && target >= this.bytes.length && from !== "end")) {
          return Effect.fail(cannotSeek(target))
        }
        return Effect.succeed(this.cursor = target)
      })
  })
}

type Step =
  | { readonly op: "read"; readonly at: number; readonly count: number; readonly fails: boolean }
  | { readonly op: "write" | "writeFlush"; readonly at: number; readonly data: Uint8Array; readonly fails: boolean }
  | { readonly op: "size" }

const at = fc.integer({ min: 0, max: 60 })
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ op: fc.constant("read" as const), at, count: fc.integer({ min: 1, max: 20 }), fails: fc.boolean() }),
  fc.record({
    op: fc.constantFrom("write" as const, "writeFlush" as const),
    at,
    data: fc.uint8Array({ minLength: 1, maxLength: 12, size: "max" }),
    fails: fc.boolean()
  }),
  fc.record({ op: fc.constant("size" as const) })
)

const ways = {
  "effects": Effect.suspend,
  "synchronous answers": IOProc.immediate,
  "callbacks": <A, E>(evaluate: () => Effect.Effect<A, E>) => later(Effect.suspend(evaluate))
} satisfies Record<string, typeof IOProc.immediate>

layer(Layer.empty)("makeCursorFile", (it) => {
  for (const [name, answering] of Object.entries(ways)) {
    it.effect.prop(
      `transfers at the position that it is given, whatever failed before, over ${name}`,
      [fc.array(step, { maxLength: 40 }), fc.integer({ min: 1, max: 20 }), fc.boolean()],
      ([steps, atMost, refusesPastEnd]) =>
        Effect.gen(function*() {
          const driver = new CursorDriver(numbers(40), answering)
          Object.assign(driver, { atMost })
          const { file } = driver
          let model = [...driver.bytes]
          for (const step of steps) {
            driver.refusesPastEnd = refusesPastEnd && step.op === "read"
            if (step.op === "size") assert.strictEqual(yield* file.size, model.length)
            else if (step.op === "read") {
              driver.fails = step.fails && step.at < model.length
              const target = new Uint8Array(step.count)
              const exit = yield* Effect.exit(file.readAt(step.at, target))
              if (driver.fails !== (step.fails && step.at < model.length)) assert.isTrue(Exit.isFailure(exit))
              driver.fails = false
              if (Exit.isFailure(exit)) continue
              const expected = model.slice(step.at, step.at + Math.min(step.count, atMost))
              assert.deepStrictEqual([...target.subarray(0, exit.value)], expected)
            } else {
              driver.fails = step.fails
              const exit = yield* Effect.exit(file.writeAt!(step.at, step.data, step.op))
              assert.strictEqual(Exit.isFailure(exit), step.fails)
              driver.fails = false
              if (Exit.isFailure(exit)) continue
              const data = step.data.subarray(0, atMost)
              assert.strictEqual(exit.value, data.length)
              while (model.length < step.at) model.push(0)
              model = [...model.slice(0, step.at), ...data, ...model.slice(step.at + data.length)]
            }
          }
          assert.deepStrictEqual([...driver.bytes], model)
        }),
      { fastCheck: { numRuns: scale(200) } }
    )
  }

  it.effect("seeks only where the cursor is elsewhere, and again after a call that failed", () =>
    Effect.gen(function*() {
      const driver = new CursorDriver(numbers(40))
      const { file } = driver
      const target = new Uint8Array(4)
      yield* file.readAt(0, target)
      yield* file.readAt(4, target)
      yield* file.readAt(20, target)
      yield* file.writeAt!(24, target, "write")
      driver.fails = true
      yield* Effect.exit(file.readAt(28, target))
      yield* file.readAt(28, target)
      assert.deepStrictEqual([...target], [28, 29, 30, 31])
      assert.deepStrictEqual(driver.log, [
        "read 4",
        "read 4",
        "seek 20 start",
        "read 4",
        "write 4",
        "read 4",
        "seek 28 start",
        "read 4"
      ])
    }))

  it.effect("refuses negative positions without asking, and reports a seek that the driver refuses", () =>
    Effect.gen(function*() {
      const driver = new CursorDriver(numbers(10))
      const { file } = driver
      assert.strictEqual((yield* Effect.flip(file.readAt(-1, new Uint8Array(1))))._tag, "CannotRead")
      assert.strictEqual((yield* Effect.flip(file.writeAt!(-1, new Uint8Array(1), "write")))._tag, "CannotWrite")
      assert.deepStrictEqual(driver.log, [])
      driver.refusesPastEnd = true
      const error = yield* Effect.flip(file.writeAt!(10, new Uint8Array(1), "write"))
      assert.instanceOf(error.cause, MmioError.CannotSeek)
      assert.strictEqual(yield* file.readAt(10, new Uint8Array(1)), 0)
      assert.strictEqual((yield* Effect.flip(file.canSeek!(12)))._tag, "CannotSeek")
      yield* file.canSeek!(3)
    }))

  it.scoped("begins where the driver says", () =>
    Effect.gen(function*() {
      const driver = new CursorDriver(numbers(10))
      driver.cursor = 6
      const file = IOProc.makeCursorFile({
        name: "test",
        start: 6,
        read: (target) =>
          Effect.sync(() => {
            target[0] = driver.cursor++
            return 1
          }),
        seek: (offset) => Effect.fail(cannotSeek(offset))
      })
      const handle = yield* Mmio.fromFile(file, { buffer: "none" })
      assert.strictEqual(yield* Mmio.position(handle), 6)
      assert.deepStrictEqual([...(yield* Mmio.read(handle, 2))], [6, 7])
    }))
})

describe("a file that only goes forward", () => {
  /** A pipe of these bytes that gives at most so many at once. */
  const pipe = (bytes: Uint8Array, atMost: number, write?: (source: Uint8Array) => Effect.Effect<number>) => {
    let cursor = 0
    return IOProc.makeCursorFile({
      name: "pipe",
      capabilities: { forwardOnly: true },
      read: (target) =>
        IOProc.immediate(() => {
          const part = bytes.subarray(cursor, cursor + Math.min(atMost, target.length))
          target.set(part)
          cursor += part.length
          return Exit.succeed(part.length)
        }),
      write,
      seek: (offset) => Effect.fail(cannotSeek(offset))
    })
  }

  it.effect("skips forward by reading, however little a read gives", () =>
    Effect.gen(function*() {
      const bytes = numbers(200_000)
      const file = pipe(bytes, 7)
      const target = new Uint8Array(4)
      assert.strictEqual(yield* file.readAt(10, target), 4)
      assert.deepStrictEqual([...target], [...bytes.subarray(10, 14)])
      assert.strictEqual(yield* file.readAt(190_000, target), 4)
      assert.deepStrictEqual([...target], [...bytes.subarray(190_000, 190_004)])
      assert.strictEqual((yield* Effect.flip(file.readAt(5, target)))._tag, "CannotRead")
      assert.strictEqual(yield* file.readAt(190_004, target), 4)
      assert.strictEqual(yield* file.readAt(300_000, target), 0)
    }))

  it.scoped("gives a handle the same bytes whatever its buffer, as far as it seeks forward", () =>
    Effect.gen(function*() {
      const bytes = numbers(1000)
      for (const buffer of ["none", 1, 16, 8192] as const) {
        const handle = yield* Mmio.fromFile(pipe(bytes, 100), { buffer })
        assert.deepStrictEqual(yield* Mmio.read(handle, 5), bytes.subarray(0, 5))
        yield* Mmio.seek(handle, 300)
        assert.deepStrictEqual(yield* Mmio.read(handle, 50), bytes.subarray(300, 350))
        yield* Mmio.seek(handle, 20, "current")
        assert.deepStrictEqual(yield* Mmio.read(handle, 5), bytes.subarray(370, 375))
        assert.strictEqual((yield* Effect.flip(Mmio.seek(handle, 0, "end")))._tag, "CannotSeek")
      }
    }))

  it.scoped("ignores positions where it is duplex: reads and writes are two streams", () =>
    Effect.gen(function*() {
      const written: Array<number> = []
      const file = pipe(numbers(100), 100, (source) =>
        Effect.sync(() => {
          written.push(...source)
          return source.length
        }))
      const handle = yield* Mmio.fromFile(file, { access: "readWrite" })
      assert.deepStrictEqual([...(yield* Mmio.read(handle, 3))], [0, 1, 2])
      yield* Mmio.write(handle, Uint8Array.of(200, 201))
      assert.deepStrictEqual([...(yield* Mmio.read(handle, 3))], [3, 4, 5])
      yield* Mmio.write(handle, Uint8Array.of(202))
      yield* Mmio.flush(handle, { emptyBuffer: true })
      assert.deepStrictEqual([...(yield* Mmio.read(handle, 3))], [6, 7, 8])
      assert.deepStrictEqual(written, [200, 201, 202])
    }))
})
