import { MemoryIOProc, Mmio } from "@effect-mmio/core"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Scheduler } from "effect"
import { TestStorage } from "../support/driver.js"

const reads = (storage: TestStorage) => storage.log.filter(({ call }) => call === "read").length

describe("law 6: cheap", () => {
  it.scoped("small reads ask the driver once a buffer", () =>
    Effect.gen(function*() {
      const storage = new TestStorage(new Uint8Array(64 * 1024))
      const file = yield* Mmio.openWith(storage.ioProc, "test")
      for (let i = 0; i < 64 * 64; i++) yield* Mmio.read(file, 16)
      assert.strictEqual(reads(storage), 8)
      assert.strictEqual(storage.calls, 8, "no seek between them")
    }))

  it.scoped("small writes ask the driver once a buffer", () =>
    Effect.gen(function*() {
      const storage = new TestStorage(new Uint8Array(0))
      const file = yield* Mmio.openWith(storage.ioProc, "test", { access: "write" })
      for (let i = 0; i < 64 * 64; i++) yield* Mmio.write(file, new Uint8Array(16))
      yield* Mmio.flush(file)
      assert.strictEqual(storage.calls, 8)
    }))

  it.scoped("a second flush has nothing to do", () =>
    Effect.gen(function*() {
      const storage = new TestStorage(new Uint8Array(0))
      const file = yield* Mmio.openWith(storage.ioProc, "test", { access: "write" })
      yield* Mmio.write(file, new Uint8Array(16))
      yield* Mmio.flush(file)
      yield* Mmio.flush(file)
      assert.deepStrictEqual(storage.log.map(({ call }) => call), ["writeFlush"])
    }))

  it.scoped("a flush has the driver push down what went past the buffer", () =>
    Effect.gen(function*() {
      const storage = new TestStorage(new Uint8Array(0))
      const file = yield* Mmio.openWith(storage.ioProc, "test", { access: "write", buffer: 8 })
      yield* Mmio.write(file, new Uint8Array(16))
      yield* Mmio.flush(file)
      assert.deepStrictEqual(storage.log.map(({ call, count }) => [call, count]), [["write", 16], ["writeFlush", 0]])
    }))

  it.scoped("a transfer of the buffer's size goes straight to the driver, without a copy", () =>
    Effect.gen(function*() {
      const storage = new TestStorage(new Uint8Array(100))
      const file = yield* Mmio.openWith(storage.ioProc, "test", { access: "readWrite", buffer: 16 })
      const target = new Uint8Array(16)
      yield* Mmio.readInto(file, target)
      assert.strictEqual(storage.transferred[0]?.buffer, target.buffer)
      const source = new Uint8Array(16)
      yield* Mmio.write(file, source)
      assert.strictEqual(storage.transferred[1]?.buffer, source.buffer)
      assert.strictEqual(storage.calls, 2)
    }))

  it.effect("what goes beyond the buffer takes the steps of one suspension, where the storage is memory", () =>
    Effect.gen(function*() {
      const storage = yield* MemoryIOProc.make({ files: { "a": new Uint8Array(1000) } })
      yield* Effect.scoped(Effect.gen(function*() {
        const file = yield* Mmio.openWith(storage, "a", { access: "readWrite", buffer: 16 })
        const suspension = steps(Effect.suspend(() => Effect.succeed(1)))
        const most = (effect: Effect.Effect<unknown, unknown>) =>
          Math.max(...Array.from({ length: 20 }, () => steps(effect)))
        // seen to answer at once
        for (let i = 0; i < 3; i++) yield* Mmio.readInto(file, new Uint8Array(16))
        assert.strictEqual(most(Mmio.readInto(file, new Uint8Array(10))), suspension)
        yield* Mmio.seek(file, 0)
        for (let i = 0; i < 3; i++) yield* Mmio.write(file, new Uint8Array(16))
        assert.strictEqual(most(Mmio.write(file, new Uint8Array(10))), suspension)
        assert.strictEqual(steps(Mmio.seek(file, 900)), suspension)
      }))
    }))

  it.effect("what the buffer serves takes one step of the runtime, as Effect.sync does, or those of one suspension", () =>
    Effect.gen(function*() {
      const storage = new TestStorage(new Uint8Array(100))
      yield* Effect.scoped(Effect.gen(function*() {
        const file = yield* Mmio.openWith(storage.ioProc, "test", { access: "readWrite" })
        yield* Mmio.read(file, 1)
        const one = steps(Effect.sync(() => 1))
        assert.strictEqual(steps(Mmio.read(file, 4)), one)
        assert.strictEqual(steps(Mmio.readInto(file, new Uint8Array(4))), one)
        assert.strictEqual(steps(Mmio.write(file, new Uint8Array(4))), one)
        assert.strictEqual(steps(Mmio.writeAll(file, new Uint8Array(4))), one)
        assert.strictEqual(steps(Mmio.seek(file, 4)), one)
        const two = steps(Effect.suspend(() => Effect.succeed(1)))
        assert.isAbove(two, one)
        assert.strictEqual(steps(Mmio.position(file)), two)
        assert.strictEqual(steps(Mmio.getInfo(file)), two)
        assert.isAbove(steps(Mmio.flush(file)), two)
      }))
      assert.strictEqual(reads(storage), 1)
    }))
})

/** How many steps of the runtime an effect takes that never waits. */
const steps = (effect: Effect.Effect<unknown, unknown>): number => {
  const base = new Scheduler.MixedScheduler(2048)
  let count = 0
  Effect.runSync(Effect.withScheduler(effect, {
    scheduleTask: (task, priority) => base.scheduleTask(task, priority),
    shouldYield: () => {
      count++
      return false
    }
  }))
  return count
}

describe("law 7: a handle costs its buffer and a constant", () => {
  it.effect("whatever goes through it; and nothing once it is closed", () =>
    Effect.gen(function*() {
      const storage = new TestStorage(new Uint8Array(100_000))
      const file = yield* Effect.scoped(Effect.gen(function*() {
        const file = yield* Mmio.openWith(storage.ioProc, "test", { access: "readWrite", buffer: 16 })
        yield* Mmio.read(file, 50_000)
        yield* Mmio.write(file, new Uint8Array(50_000))
        yield* Mmio.seek(file, 0)
        for (let i = 0; i < 1000; i++) yield* Mmio.read(file, 7)
        assert.isAtMost(heldBy(file), 16)
        return file
      }))
      assert.strictEqual(heldBy(file), 0)
    }))
})

/** How many bytes of arrays can be reached from a handle, but for those of its storage. */
const heldBy = (handle: Mmio.Handle): number => {
  const seen = new Set<object>()
  const measure = (value: unknown): number => {
    if (typeof value !== "object" || value === null || seen.has(value) || value instanceof TestStorage) return 0
    seen.add(value)
    if (value instanceof Uint8Array) return value.buffer.byteLength
    return Object.values(value).reduce<number>((sum, part) => sum + measure(part), 0)
  }
  return measure(handle)
}
