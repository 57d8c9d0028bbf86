import { FourCC, MemoryIOProc, Mmio, Riff } from "@effect-mmio/core"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Predicate, Scheduler } from "effect"
import { TestStorage } from "../support/driver.js"

const reads = (storage: TestStorage) => storage.log.filter(({ call }) => call === "readAt").length

describe("law 6: cheap", () => {
  it.scoped("small reads ask the driver once a buffer", () =>
    Effect.gen(function*() {
      const storage = new TestStorage(new Uint8Array(64 * 1024))
      const file = yield* Mmio.openWith(storage.ioProc, "test")
      for (let i = 0; i < 64 * 64; i++) yield* Mmio.read(file, 16)
      assert.strictEqual(reads(storage), 8)
      assert.strictEqual(storage.calls, 8, "no seek between them")
    }))

  it.scoped("a fill after a seek elsewhere asks for a quarter of the buffer, and the one that goes on from there for the rest", () =>
    Effect.gen(function*() {
      const storage = new TestStorage(new Uint8Array(1000))
      const file = yield* Mmio.openWith(storage.ioProc, "test", { buffer: 64 })
      const asked = () => storage.log.map(({ count, offset }) => [offset, count])
      yield* Mmio.read(file, 4)
      // Not further than the buffer is long: the reads are still taken for a sequence.
      yield* Mmio.seek(file, 127)
      yield* Mmio.read(file, 1)
      assert.deepStrictEqual(asked(), [[0, 64], [127, 64]])
      storage.log.length = 0
      yield* Mmio.seek(file, 500)
      for (let i = 0; i < 20; i++) yield* Mmio.read(file, 1)
      assert.deepStrictEqual(asked(), [[500, 16], [516, 48]])
      storage.log.length = 0
      yield* Mmio.seek(file, 100)
      yield* Mmio.read(file, 20)
      assert.deepStrictEqual(asked(), [[100, 20]], "what is wanted, where that is more")
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

  it.effect("a refill of a storage that answers synchronously takes the steps of one uninterruptible region", () =>
    Effect.gen(function*() {
      const storage = yield* MemoryIOProc.make({ files: { "a": new Uint8Array(1000) } })
      yield* Effect.scoped(Effect.gen(function*() {
        const file = yield* Mmio.openWith(storage, "a", { access: "readWrite", buffer: 16 })
        // that of the region, and the one that finds that the buffer does not serve the operation
        const region = steps(Effect.uninterruptibleMask(() => Effect.succeed(1))) + 1
        const most = (effect: Effect.Effect<unknown, unknown>) =>
          Math.max(...Array.from({ length: 20 }, () => steps(effect)))
        assert.strictEqual(most(Mmio.readInto(file, new Uint8Array(10))), region)
        yield* Mmio.seek(file, 0)
        assert.strictEqual(most(Mmio.write(file, new Uint8Array(10))), region)
        assert.strictEqual(steps(Mmio.seek(file, 900)), steps(Effect.sync(() => 1)))
      }))
    }))

  it.effect("what the buffer serves takes one step of the runtime, as Effect.sync does", () =>
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
        assert.strictEqual(steps(Mmio.position(file)), one)
        assert.strictEqual(steps(Mmio.getInfo(file)), steps(Effect.suspend(() => Effect.succeed(1))))
        assert.isAbove(steps(Mmio.flush(file)), one)
      }))
      assert.strictEqual(reads(storage), 1)
    }))

  it.effect("a chunk in the buffer takes one step to go into, and one to leave", () =>
    Effect.gen(function*() {
      const storage = new TestStorage(Uint8Array.from(oneChunkAfterAnother, (character) => character.charCodeAt(0)))
      yield* Effect.scoped(Effect.gen(function*() {
        const file = yield* Mmio.openWith(storage.ioProc, "test")
        const form = yield* Riff.descend(file)
        const next = Riff.descend(file, { parent: form })
        const one = steps(Effect.sync(() => 1))
        assert.isString(Reflect.get(next, "_op"), "to look at it moves nothing")
        assert.strictEqual(steps(next), one)
        assert.strictEqual(yield* Mmio.position(file), 20)
        const leave = Riff.ascend(file, { ...form, id: FourCC.make("one "), dataOffset: 20, size: 3 })
        assert.isString(Reflect.get(leave, "_op"), "to look at it moves nothing")
        assert.strictEqual(steps(leave), one)
        assert.strictEqual(yield* Mmio.position(file), 24)
        assert.strictEqual((yield* next).id, "two ", "it looks anew from where the position is")
        assert.strictEqual((yield* Effect.flip(next))._tag, "ChunkNotFound")
        assert.strictEqual(yield* Mmio.position(file), 32, "a search that fails moves nothing")
      }))
      assert.strictEqual(reads(storage), 1)
    }))
})

/** A form of a chunk of 3 bytes, and of one of none. */
const oneChunkAfterAnother = ["RIFF\x18\0\0\0test", "one \x03\0\0\0abc\0", "two \0\0\0\0"].join("")

describe("law 6: fair", () => {
  const opened = Effect.map(
    MemoryIOProc.make({ files: { "a": new Uint8Array(100_000) } }),
    (storage) => Mmio.openWith(storage, "a")
  ).pipe(Effect.flatten)

  it.scoped("a loop of hits takes as many steps as the same loop over Effect.sync, in a generator and in whileLoop", () =>
    Effect.gen(function*() {
      const file = yield* opened
      yield* Mmio.read(file, 1)
      const target = new Uint8Array(4)
      const generated = (effect: Effect.Effect<unknown, unknown>) =>
        Effect.gen(function*() {
          for (let i = 0; i < 1000; i++) yield* effect
        })
      const looped = (effect: Effect.Effect<unknown, unknown>) =>
        Effect.suspend(() => {
          let i = 0
          return Effect.whileLoop({ while: () => i < 1000, body: () => effect, step: () => void i++ })
        })
      for (const loop of [generated, looped]) {
        const expected = steps(loop(Effect.sync(() => 4)))
        yield* Mmio.seek(file, 0)
        assert.strictEqual(steps(loop(Mmio.readInto(file, target))), expected)
      }
    }))

  it.scoped("a loop of reads yields to other fibers as often as the same loop over Effect.sync", () =>
    Effect.gen(function*() {
      const file = yield* opened
      const target = new Uint8Array(16)
      const step = Effect.suspend(() => Effect.void)
      /** How often a loop yields in 50 000 operations. */
      const yields = (effect: Effect.Effect<unknown, unknown>) => {
        const base = new Scheduler.MixedScheduler(2048)
        let count = 0
        const scheduler: Scheduler.Scheduler = {
          scheduleTask: (task, priority) => base.scheduleTask(task, priority),
          shouldYield: (fiber) => {
            const answer = base.shouldYield(fiber)
            if (answer !== false) count++
            return answer
          }
        }
        const loop = Effect.gen(function*() {
          for (let i = 0; i < 50_000; i++) yield* effect
        })
        return Effect.map(Effect.withScheduler(loop, scheduler), () => count)
      }
      const expected = yield* yields(Effect.sync(() => 16))
      // At the end of the file a read is a hit of nothing; before, one in 512 refills the buffer in some more steps.
      assert.isAtLeast(yield* yields(Effect.zipRight(step, Mmio.readInto(file, target))), expected)
      yield* Mmio.seek(file, 0)
      assert.isAtLeast(yield* yields(Mmio.readInto(file, target)), expected)
    }))

  it.scoped("to look at an effect, or to iterate it, runs nothing", () =>
    Effect.gen(function*() {
      const file = yield* opened
      yield* Mmio.read(file, 10)
      const effects: ReadonlyArray<Effect.Effect<unknown, unknown>> = [
        Mmio.read(file, 4),
        Mmio.readInto(file, new Uint8Array(4)),
        Mmio.seek(file, 50)
      ]
      for (const effect of effects) {
        assert.lengthOf([...effect], 1)
        const iteration = effect[Symbol.iterator]()
        const [first, last] = [iteration.next(), iteration.next(16)]
        assert.isFalse(first.done)
        assert.deepInclude(last, { done: true, value: 16 })
        for (const result of [first, last]) {
          assert.notStrictEqual(Object.getPrototypeOf(result), Object.prototype, "V8 may take literals for long-lived")
        }
        assert.isString(Reflect.get(effect, "_op"))
        assert.isString(String(effect))
      }
      assert.strictEqual(yield* Mmio.position(file), 10)
    }))

  it.scoped("an effect that the runtime does not know as one step does the same", () =>
    Effect.gen(function*() {
      const file = yield* opened
      for (let at = 0; at < 100; at += 4) {
        const effect: unknown = Mmio.readInto(file, new Uint8Array(4))
        assert.isTrue(Predicate.hasProperty(effect, "commit") && typeof effect.commit === "function")
        // the way that `Effectable` documents
        if (!Predicate.hasProperty(effect, "commit") || typeof effect.commit !== "function") continue
        const plain: unknown = effect.commit()
        if (!Effect.isEffect(plain)) continue
        assert.strictEqual(yield* Effect.orDie(plain as Effect.Effect<unknown>), 4)
        assert.strictEqual(yield* Mmio.position(file), at + 4)
      }
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
