/**
 * What each middleware does beside keeping the contract.
 */
import { FileName, FourCC, IOProc, MemoryIOProc, Mmio, MmioError } from "@effect-mmio/core"
import { assert, describe, it, vi } from "@effect/vitest"
import {
  Chunk,
  Clock,
  Duration,
  Effect,
  Either,
  Exit,
  Fiber,
  GlobalValue,
  HashSet,
  Layer,
  Metric,
  MetricLabel,
  MetricState,
  Option,
  Ref,
  Schedule,
  Stream,
  TestClock
} from "effect"
import { numbers } from "../support/answering.js"
import { request, yielding } from "../support/storages.js"

const memory = (files: { readonly [name: string]: Uint8Array } = { a: numbers(100) }, commit?: "onClose") =>
  MemoryIOProc.make({ files, commit })

const networkError = new MmioError.NetworkError({ operation: "test", file: "a", description: "the line is down" })

/** Fails the first `times` calls of `readAt`, and counts all of them. */
const failing = (inner: IOProc.IOProc, times: number) => {
  const state = { reads: 0, writes: 0, closes: 0 }
  const driver = IOProc.mapFile(inner, (file) => ({
    ...file,
    readAt: (position, target) =>
      Effect.suspend(() => state.reads++ < times ? Effect.fail(networkError) : file.readAt(position, target)),
    writeAt: file.writeAt &&
      ((position, source, mode) =>
        Effect.suspend(() =>
          state.writes++ < times ? Effect.fail(networkError) : file.writeAt!(position, source, mode)
        )),
    close: Effect.suspend(() => state.closes++ < times ? Effect.fail(networkError) : file.close)
  }))
  return { driver, state }
}

const read = (driver: IOProc.IOProc, name: string, options: { readonly buffer?: number } = {}) =>
  Effect.scoped(Effect.flatMap(Mmio.openWith(driver, name, options), (file) => Mmio.read(file, 1000)))

describe("retry", () => {
  it.effect("repeats reads and writes, as often as the schedule says", () =>
    Effect.gen(function*() {
      const inner = yield* memory()
      const { driver, state } = failing(inner, 2)
      const patient = IOProc.retry(driver, { schedule: Schedule.recurs(2) })
      const file = yield* patient.open(request("a", { access: "readWrite" }))
      assert.strictEqual(yield* file.readAt(0, new Uint8Array(10)), 10)
      assert.strictEqual(yield* file.writeAt!(0, Uint8Array.of(7), "write"), 1)
      assert.deepStrictEqual([state.reads, state.writes], [3, 3])
      // Whether a close that failed has closed the file is not known.
      assert.deepStrictEqual(yield* Effect.exit(file.close), Exit.fail(networkError))
      assert.strictEqual(state.closes, 1)
    }))

  it.effect("reports the last failure where the schedule ends", () =>
    Effect.gen(function*() {
      const { driver, state } = failing(yield* memory(), 5)
      const file = yield* IOProc.retry(driver, { schedule: Schedule.recurs(2) }).open(request("a"))
      assert.strictEqual(yield* Effect.flip(file.readAt(0, new Uint8Array(10))), networkError)
      assert.strictEqual(state.reads, 3)
    }))

  it.effect("repeats only what `while` accepts, and waits as the schedule says", () =>
    Effect.gen(function*() {
      const { driver, state } = failing(yield* memory(), 1)
      const once = yield* IOProc.retry(driver, { schedule: Schedule.forever, while: () => false }).open(request("a"))
      assert.isTrue(Exit.isFailure(yield* Effect.exit(once.readAt(0, new Uint8Array(1)))))
      const again = failing(yield* memory(), 1)
      const file = yield* IOProc.retry(again.driver, { schedule: Schedule.spaced("1 second") }).open(request("a"))
      const fiber = yield* Effect.fork(file.readAt(0, new Uint8Array(1)))
      yield* TestClock.adjust("999 millis")
      assert.isTrue(Option.isNone(yield* Fiber.poll(fiber)))
      yield* TestClock.adjust("1 millis")
      assert.strictEqual(yield* Fiber.join(fiber), 1)
      assert.strictEqual(state.reads, 1)
    }))

  for (
    const [kind, answer] of [
      ["an exit", IOProc.immediate(() => Effect.fail(networkError))],
      [
        "a callback",
        IOProc.callback<never, MmioError.ReadError>((done) => setImmediate(() => done(Exit.fail(networkError))))
      ],
      ["an effect", Effect.zipRight(Effect.yieldNow(), Effect.fail(networkError))]
    ] as const
  ) {
    it.live(`can be interrupted while it waits after ${kind} that failed`, () =>
      Effect.scoped(Effect.gen(function*() {
        let calls = 0
        const driver = IOProc.mapFile(yield* memory(), (file) => ({
          ...file,
          readAt: () => IOProc.immediate(() => (calls++, answer))
        }))
        const file = yield* Mmio.openWith(IOProc.retry(driver, { schedule: Schedule.spaced("1 hour") }), "a")
        const fiber = yield* Effect.fork(Mmio.read(file, 1))
        yield* Effect.sleep("20 millis")
        assert.isTrue(Option.isNone(yield* Fiber.poll(fiber)))
        assert.isTrue(Exit.isInterrupted(yield* Fiber.interrupt(fiber)))
        assert.strictEqual(calls, 1)
      })), 5000)
  }

  it.effect("asks once for a file that has to be new, and for transfers that only go forward", () =>
    Effect.gen(function*() {
      let opens = 0
      const inner = yield* memory()
      const driver = IOProc.retry(
        { ...inner, open: () => Effect.suspend(() => (opens++, Effect.fail(networkError))) },
        { schedule: Schedule.recurs(3) }
      )
      yield* Effect.exit(driver.open(request("b", { access: "write", create: "new" })))
      assert.strictEqual(opens, 1)
      yield* Effect.exit(driver.open(request("b", { access: "write", create: "truncate" })))
      assert.strictEqual(opens, 5)
      const pipe = IOProc.mapFile(inner, (file) => ({
        ...file,
        capabilities: { ...file.capabilities, forwardOnly: true }
      }))
      const { driver: failed, state } = failing(pipe, 1)
      const file = yield* IOProc.retry(failed, { schedule: Schedule.recurs(3) }).open(request("a"))
      assert.isTrue(Exit.isFailure(yield* Effect.exit(file.readAt(0, new Uint8Array(1)))))
      assert.strictEqual(state.reads, 1)
    }))

  it.effect("repeats a listing only while it has given nothing", () =>
    Effect.gen(function*() {
      const inner = yield* memory({ a: numbers(1), b: numbers(1) })
      let lists = 0
      const after = (entries: number) =>
        IOProc.retry({
          ...inner,
          list: (folder) =>
            Stream.suspend(() =>
              lists++ === 0
                ? Stream.concat(Stream.take(inner.list(folder), entries), Stream.fail(networkError))
                : inner.list(folder)
            )
        }, { schedule: Schedule.recurs(3) })
      const all = yield* Stream.runCollect(after(0).list(FileName.plain("")))
      assert.strictEqual(Chunk.size(all), 2)
      lists = 0
      assert.isTrue(Exit.isFailure(yield* Effect.exit(Stream.runCollect(after(1).list(FileName.plain(""))))))
      assert.strictEqual(lists, 1)
    }))
})

/** Files whose reads never answer, and may be cancelled. */
const stuck = (inner: IOProc.IOProc, cancellable: boolean) => {
  const state = { interrupted: 0, aborted: 0 }
  const never = Effect.onInterrupt(Effect.never, () => Effect.sync(() => state.interrupted++))
  return {
    state,
    driver: IOProc.mapFile(inner, (file) => ({
      ...file,
      capabilities: { ...file.capabilities, cancellable },
      readAt: () => never,
      writeAt: file.writeAt && (() => never),
      abort: Effect.zipRight(Effect.sync(() => state.aborted++), file.abort)
    }))
  }
}

describe("timeout", () => {
  it.effect("interrupts a call that takes too long, and fails with ETIMEDOUT", () =>
    Effect.gen(function*() {
      const { driver, state } = stuck(yield* memory(), true)
      const file = yield* IOProc.timeout(driver, "1 second").open(request("a", { access: "readWrite" }))
      const calls: ReadonlyArray<Effect.Effect<number, MmioError.ReadError | MmioError.WriteError>> = [
        file.readAt(0, new Uint8Array(1)),
        file.writeAt!(0, Uint8Array.of(1), "write")
      ]
      for (const call of calls) {
        const fiber = yield* Effect.fork(Effect.flip(call))
        yield* TestClock.adjust("1 second")
        const error = yield* Fiber.join(fiber)
        assert.include(["CannotRead", "CannotWrite"], error._tag)
        assert.strictEqual(error.errno, "ETIMEDOUT")
      }
      assert.strictEqual(state.interrupted, 2)
    }))

  it.effect("holds in a flush that cannot be interrupted", () =>
    Effect.gen(function*() {
      const { driver, state } = stuck(yield* memory(), true)
      const slow = IOProc.timeout(driver, "1 second")
      const fiber = yield* Effect.fork(Effect.exit(Effect.scoped(
        Effect.flatMap(Mmio.openWith(slow, "a", { access: "write" }), (file) => Mmio.write(file, numbers(3)))
      )))
      yield* Effect.yieldNow()
      yield* TestClock.adjust("1 second")
      assert.isTrue(Exit.isFailure(yield* Fiber.join(fiber)))
      assert.strictEqual(state.interrupted, 1)
    }))

  it.effect("refuses a file whose calls cannot be cancelled before it is truncated, and removes one that it made", () =>
    Effect.gen(function*() {
      const inner = yield* memory()
      const { driver } = stuck(inner, false)
      const limited = IOProc.timeout(driver, "1 second")
      for (const [name, create] of [["a", "truncate"], ["b", "truncate"], ["c", "new"]] as const) {
        const error = yield* Effect.flip(limited.open(request(name, { access: "write", create })))
        assert.strictEqual(error._tag, "CannotOpen")
      }
      assert.deepStrictEqual(yield* inner.bytes("a"), numbers(100))
      assert.deepStrictEqual(yield* inner.files, ["/a"])
      const { driver: cancellable } = stuck(inner, true)
      const file = yield* IOProc.timeout(cancellable, "1 second").open(
        request("a", { access: "write", create: "truncate" })
      )
      yield* file.close
      assert.lengthOf(yield* inner.bytes("a"), 0)
    }))

  it.effect("refuses a file whose calls cannot be cancelled, and releases it", () =>
    Effect.gen(function*() {
      const { driver, state } = stuck(yield* memory(), false)
      const error = yield* Effect.flip(IOProc.timeout(driver, "1 second").open(request("a")))
      assert.strictEqual(error._tag, "CannotOpen")
      assert.strictEqual(state.aborted, 1)
    }))
})

describe("throttle", () => {
  it.effect("starts so many operations in a second", () =>
    Effect.gen(function*() {
      const driver = IOProc.throttle(yield* memory(), { operations: 10 })
      const done = yield* Ref.make(0)
      const fiber = yield* Effect.fork(
        Effect.forEach(
          Array.from({ length: 21 }),
          () => Effect.zipRight(driver.exists(FileName.plain("a")), Ref.update(done, (n) => n + 1)),
          { discard: true }
        )
      )
      yield* TestClock.adjust("1 second")
      assert.strictEqual(yield* Ref.get(done), 11)
      yield* TestClock.adjust("1 second")
      yield* Fiber.join(fiber)
    }))

  it.effect("waits until the bytes of the transfers before are paid for", () =>
    Effect.gen(function*() {
      const driver = IOProc.throttle(yield* memory(), { bytes: 50 })
      const file = yield* driver.open(request("a"))
      assert.strictEqual(yield* file.readAt(0, new Uint8Array(100)), 100)
      const fiber = yield* Effect.fork(file.readAt(0, new Uint8Array(1)))
      yield* TestClock.adjust("1999 millis")
      assert.isTrue(Option.isNone(yield* Fiber.poll(fiber)))
      yield* TestClock.adjust("1 millis")
      assert.strictEqual(yield* Fiber.join(fiber), 1)
    }))

  it.effect("adds up what transfers cost that were in flight at the same time", () =>
    Effect.gen(function*() {
      const driver = IOProc.throttle(yielding(yield* memory()), { bytes: 50 })
      const file = yield* driver.open(request("a"))
      const read = file.readAt(0, new Uint8Array(50))
      yield* Effect.all([read, read], { concurrency: "unbounded" })
      const next = yield* Effect.fork(read)
      yield* TestClock.adjust("1999 millis")
      assert.isTrue(Option.isNone(yield* Fiber.poll(next)))
      yield* TestClock.adjust("1 millis")
      assert.strictEqual(yield* Fiber.join(next), 50)
    }))

  it.effect("charges nothing for a call that is interrupted while it waits", () =>
    Effect.gen(function*() {
      const driver = IOProc.throttle(yield* memory(), { operations: 1 })
      const exists = driver.exists(FileName.plain("a"))
      yield* exists
      const waiting = yield* Effect.forEach(Array.from({ length: 50 }), () => Effect.fork(exists))
      yield* Effect.yieldNow()
      yield* Effect.forEach(waiting, Fiber.interrupt, { discard: true })
      const next = yield* Effect.fork(exists)
      yield* TestClock.adjust("1 second")
      assert.isTrue(Option.isSome(yield* Fiber.poll(next)))
    }))

  /** When calls begin, in milliseconds from now on. */
  const beginnings = Effect.map(Clock.currentTimeMillis, (start) => {
    const begun: Array<number> = []
    const driver = IOProc.make({
      open: ({ name }) =>
        Effect.succeed(IOProc.makeFile({
          name: name.full,
          capabilities: { concurrent: true },
          size: Effect.succeed(1e6),
          readAt: (_, target) =>
            Effect.map(Clock.currentTimeMillis, (now) => {
              begun.push(now - start)
              return target.length
            })
        })),
      exists: () =>
        Effect.map(Clock.currentTimeMillis, (now) => {
          begun.push(now - start)
          return true
        })
    })
    return { begun, driver }
  })

  it.effect("starts so many operations in a second after one that has cost many bytes", () =>
    Effect.gen(function*() {
      const { begun, driver } = yield* beginnings
      const file = yield* IOProc.throttle(driver, { operations: 2, bytes: 100 }).open(request("a"))
      yield* TestClock.adjust("500 millis")
      yield* file.readAt(0, new Uint8Array(1000))
      const reads = yield* Effect.forEach(
        Array.from({ length: 15 }),
        () => Effect.fork(file.readAt(0, new Uint8Array(1)))
      )
      yield* TestClock.adjust("30 seconds")
      yield* Fiber.join(Fiber.all(reads))
      assert.deepStrictEqual(begun, [500, ...Array.from({ length: 15 }, (_, i) => 10_500 + i * 500)])
    }))

  it.effect("charges no operation for a call that is interrupted while it waits for bytes", () =>
    Effect.gen(function*() {
      const { begun, driver } = yield* beginnings
      const file = yield* IOProc.throttle(driver, { operations: 1, bytes: 100 }).open(request("a"))
      yield* TestClock.adjust("1 second")
      yield* file.readAt(0, new Uint8Array(500))
      const read = file.readAt(0, new Uint8Array(1))
      yield* TestClock.adjust("4500 millis")
      const waiting = yield* Effect.fork(read)
      yield* TestClock.adjust("100 millis")
      yield* Fiber.interrupt(waiting)
      const next = yield* Effect.fork(read)
      yield* TestClock.adjust("1 second")
      yield* Fiber.join(next)
      assert.deepStrictEqual(begun, [1000, 6000])
    }))

  it.effect("waits for what a transfer costs that ends while a call waits", () =>
    Effect.gen(function*() {
      const { begun, driver } = yield* beginnings
      const slow = IOProc.mapFile(driver, (file) => ({
        ...file,
        readAt: (position, target) =>
          position === 0
            ? file.readAt(position, target)
            : Effect.zipLeft(file.readAt(position, target), Effect.sleep("1500 millis"))
      }))
      const file = yield* IOProc.throttle(slow, { bytes: 100 }).open(request("a"))
      yield* TestClock.adjust("1 second")
      const reads = yield* Effect.forEach(
        [[1, 200], [0, 200], [0, 1]] as const,
        ([position, size]) => Effect.fork(file.readAt(position, new Uint8Array(size)))
      )
      yield* TestClock.adjust("10 seconds")
      yield* Fiber.join(Fiber.all(reads))
      // The second is paid for at 3000. The first ends at 2500, and takes 2000 more.
      assert.deepStrictEqual(begun, [1000, 1000, 5000])
    }))

  it.effect("starts calls in the order in which they were made, also those that transfer nothing", () =>
    Effect.gen(function*() {
      const { begun, driver } = yield* beginnings
      for (const options of [{ bytes: 100 }, { bytes: 100, operations: 1e6 }]) {
        const throttled = IOProc.throttle(driver, options)
        const file = yield* throttled.open(request("a"))
        yield* file.readAt(0, new Uint8Array(100))
        const order: Array<string> = []
        yield* Effect.fork(Effect.map(file.readAt(0, new Uint8Array(1)), () => order.push("read")))
        yield* Effect.fork(Effect.map(throttled.exists(FileName.plain("a")), () => order.push("exists")))
        yield* TestClock.adjust("2 seconds")
        assert.deepStrictEqual(order, ["read", "exists"])
      }
      assert.lengthOf(begun, 6)
    }))

  it.effect("has so many calls in flight, and loses no permit to an interruption", () =>
    Effect.gen(function*() {
      const { driver: inner } = stuck(yield* memory(), true)
      let inFlight = 0
      const counted = IOProc.mapFile(inner, (file) => ({
        ...file,
        readAt: (position, target) =>
          Effect.zipRight(Effect.sync(() => inFlight++), Effect.suspend(() => file.readAt(position, target)))
      }))
      const driver = IOProc.throttle(counted, { concurrency: 2 })
      const file = yield* driver.open(request("a"))
      const fibers = yield* Effect.forEach([1, 2, 3, 4], () => Effect.fork(file.readAt(0, new Uint8Array(1))))
      yield* Effect.yieldNow()
      assert.strictEqual(inFlight, 2)
      yield* Effect.forEach(fibers, Fiber.interrupt)
      const open = yield* driver.open(request("a"))
      yield* open.close
    }))
})

describe("cache", () => {
  const counted = (inner: IOProc.IOProc) => {
    const state = { reads: 0, bytes: 0 }
    return {
      state,
      driver: IOProc.mapFile(inner, (file) => ({
        ...file,
        readAt: (position, target) =>
          Effect.zipRight(
            Effect.yieldNow(),
            Effect.tap(file.readAt(position, target), (count) => {
              state.reads++
              state.bytes += count
            })
          )
      }))
    }
  }

  it.effect("keeps the blocks of a version for later opens", () =>
    Effect.gen(function*() {
      const { driver, state } = counted(yield* memory({ a: numbers(100), b: numbers(64) }))
      const cached = IOProc.cache(driver, { blockSize: 16, capacity: 1000 })
      assert.deepStrictEqual(yield* read(cached, "a"), numbers(100))
      const { reads } = state
      assert.deepStrictEqual(yield* read(cached, "a", { buffer: 7 }), numbers(100))
      assert.strictEqual(state.reads, reads)
    }))

  it.effect("reads the blocks of another version anew", () =>
    Effect.gen(function*() {
      const inner = yield* memory()
      const cached = IOProc.cache(inner, { blockSize: 16, capacity: 1000 })
      for (const first of [1, 2, 3]) {
        const bytes = numbers(40).map((n) => n + first)
        yield* inner.put("a", bytes)
        assert.deepStrictEqual(yield* read(cached, "a"), bytes)
      }
    }))

  it.effect("keeps the blocks of a file without a version for one open", () =>
    Effect.gen(function*() {
      const unversioned = IOProc.mapFile(yield* memory(), (file) => ({ ...file, version: Option.none() }))
      const { driver, state } = counted(unversioned)
      const cached = IOProc.cache(driver, { blockSize: 16, capacity: 1000 })
      const file = yield* cached.open(request("a"))
      const target = new Uint8Array(32)
      yield* file.readAt(0, target)
      const { reads } = state
      yield* file.readAt(16, target.subarray(16))
      assert.strictEqual(state.reads, reads)
      yield* file.close
      yield* read(cached, "a")
      assert.isAbove(state.reads, reads)
    }))

  it.effect("reads a block once for all that wait for it, and again where its reader is interrupted", () =>
    Effect.gen(function*() {
      const { driver, state } = counted(yield* memory())
      const file = yield* IOProc.cache(driver, { blockSize: 16, capacity: 1000 }).open(request("a"))
      const fibers = yield* Effect.forEach(
        Array.from({ length: 20 }),
        () => Effect.fork(file.readAt(3, new Uint8Array(8)))
      )
      assert.deepStrictEqual([...new Set(yield* Fiber.join(Fiber.all(fibers)))], [8])
      assert.strictEqual(state.reads, 1)
      const first = yield* Effect.fork(file.readAt(32, new Uint8Array(8)))
      const second = yield* Effect.fork(file.readAt(32, new Uint8Array(8)))
      yield* Effect.yieldNow()
      yield* Fiber.interrupt(first)
      assert.strictEqual(yield* Fiber.join(second), 8)
    }))

  it.effect("keeps no more than its capacity", () =>
    Effect.gen(function*() {
      const { driver, state } = counted(yield* memory({ a: numbers(1000) }))
      const cached = IOProc.cache(driver, { blockSize: 10, capacity: 50 })
      const file = yield* cached.open(request("a"))
      const at = (position: number) => file.readAt(position, new Uint8Array(1))
      yield* Effect.forEach([0, 10, 20, 30, 40], at)
      assert.strictEqual(state.reads, 5)
      // The first is used, the second is the least recently used, and makes room.
      yield* at(0)
      yield* at(50)
      yield* at(0)
      assert.strictEqual(state.reads, 6)
      yield* at(10)
      assert.strictEqual(state.reads, 7)
    }))

  it.effect("shows what was written through it to all files that are open through it", () =>
    Effect.gen(function*() {
      const cached = IOProc.cache(yield* memory(), { blockSize: 16, capacity: 1000 })
      const reader = yield* cached.open(request("a"))
      const writer = yield* cached.open(request("a", { access: "readWrite" }))
      const target = new Uint8Array(4)
      yield* reader.readAt(14, target)
      yield* writer.readAt(14, target)
      yield* writer.writeAt!(15, Uint8Array.of(200, 201), "writeFlush")
      yield* reader.readAt(14, target)
      assert.deepStrictEqual([...target.subarray(0, 2)], [numbers(100)[14], 200])
      yield* writer.readAt(16, target)
      assert.strictEqual(target[0], 201)
      yield* writer.truncate!(10)
      assert.strictEqual(yield* reader.readAt(14, target), 0)
      yield* writer.writeAt!(20, Uint8Array.of(5), "writeFlush")
      assert.strictEqual(yield* reader.readAt(10, target), 4)
    }))

  it.effect("never takes a file for that of another storage, where files have no identity", () =>
    Effect.gen(function*() {
      const anonymous = (bytes: Uint8Array) =>
        Effect.map(
          memory({ "a.xyz": bytes }),
          (inner) => IOProc.mapFile(inner, (file) => ({ ...file, identity: Option.none(), version: Option.some("1") }))
        )
      const [outer, routed] = [yield* anonymous(numbers(8)), yield* anonymous(Uint8Array.of(1, 2, 3))]
      const xyz = FourCC.make("XYZ ")
      const cached = IOProc.cache(IOProc.route(outer, xyz, routed), { blockSize: 16, capacity: 1000 })
      const found = Option.getOrThrow(cached.find(xyz))
      const target = new Uint8Array(16)
      for (const [driver, count] of [[cached, 8], [found, 3], [Option.getOrThrow(cached.find(xyz)), 3]] as const) {
        const file = yield* driver.open(request("a.xyz"))
        assert.strictEqual(yield* file.readAt(0, target), count)
        yield* file.close
      }
      // The storage that is found twice is the same, and so are its blocks.
      const reader = yield* found.open(request("a.xyz"))
      assert.strictEqual(yield* reader.readAt(0, target), 3)
      const writer = yield* Option.getOrThrow(cached.find(xyz)).open(request("a.xyz", { access: "write" }))
      yield* writer.writeAt!(0, Uint8Array.of(9), "write")
      yield* reader.readAt(0, target)
      assert.deepStrictEqual([...target.subarray(0, 3)], [9, 2, 3])
    }))

  it.effect("reports a failure to the call that met it, and keeps nothing of it", () =>
    Effect.gen(function*() {
      const { driver, state } = failing(yield* memory(), 1)
      const file = yield* IOProc.cache(driver, { blockSize: 16, capacity: 1000 }).open(request("a"))
      const exits = yield* Effect.forEach([1, 2, 3], () => Effect.exit(file.readAt(0, new Uint8Array(4))), {
        concurrency: "unbounded"
      })
      assert.deepStrictEqual(exits.map(Exit.isFailure).toSorted(), [false, false, true])
      assert.strictEqual(state.reads, 2)
    }))
})

describe("checksum", () => {
  const written = Effect.gen(function*() {
    const inner = yield* memory({})
    const driver = IOProc.checksum(inner, { blockSize: 16 })
    yield* Effect.scoped(
      Effect.flatMap(
        Mmio.openWith(driver, "a", { access: "write", create: true }),
        (file) => Mmio.write(file, numbers(100))
      )
    )
    return { inner, driver }
  })

  it.effect("stores a sum after each block", () =>
    Effect.gen(function*() {
      const { driver, inner } = yield* written
      const stored = yield* inner.bytes("a")
      assert.lengthOf(stored, 100 + 7 * 4)
      assert.deepStrictEqual(stored.subarray(20, 36), numbers(100).subarray(16, 32))
      assert.deepStrictEqual(yield* read(driver, "a"), numbers(100))
      assert.deepStrictEqual((yield* driver.stat(FileName.plain("a"))).size, Option.some(100))
    }))

  it.effect("finds every flipped bit, and reads all other blocks", () =>
    Effect.gen(function*() {
      const { driver, inner } = yield* written
      const stored = yield* inner.bytes("a")
      for (let bit = 0; bit < stored.length * 8; bit += 5) {
        const damaged = stored.slice()
        damaged[bit >> 3]! ^= 1 << (bit & 7)
        yield* inner.put("a", damaged)
        const block = Math.floor((bit >> 3) / 20)
        const file = yield* driver.open(request("a"))
        for (let i = 0; i < 7; i++) {
          const answer = yield* Effect.either(file.readAt(i * 16, new Uint8Array(16)))
          assert.strictEqual(Either.isLeft(answer), i === block, `block ${i}, bit ${bit}`)
          if (Either.isLeft(answer)) {
            assert.deepStrictEqual([answer.left._tag, answer.left.position], ["CannotRead", i * 16])
          }
        }
        yield* file.close
      }
    }))

  it.effect("refuses to change part of a damaged block, and mends it where all of it is written", () =>
    Effect.gen(function*() {
      const { driver, inner } = yield* written
      const damaged = yield* inner.bytes("a")
      damaged[21]! ^= 1
      yield* inner.put("a", damaged)
      const file = yield* driver.open(request("a", { access: "readWrite" }))
      assert.strictEqual((yield* Effect.flip(file.writeAt!(17, Uint8Array.of(1), "write")))._tag, "CannotWrite")
      assert.deepStrictEqual(yield* inner.bytes("a"), damaged)
      yield* file.writeAt!(16, numbers(16), "write")
      assert.strictEqual(yield* file.readAt(16, new Uint8Array(16)), 16)
      yield* file.close
    }))

  it.effect("finishes a block that was written in part", () =>
    Effect.gen(function*() {
      const { inner } = yield* written
      let fails = false
      const half = IOProc.mapFile(inner, (file) => ({
        ...file,
        writeAt: file.writeAt && ((position, source, mode) => {
          if (!fails) return file.writeAt!(position, source, mode)
          fails = source.length === 20
          return source.length === 20 ? file.writeAt!(position, source.subarray(0, 9), mode) : Effect.fail(networkError)
        })
      }))
      const file = yield* IOProc.checksum(half, { blockSize: 16 }).open(request("a", { access: "readWrite" }))
      fails = true
      assert.isTrue(Exit.isFailure(yield* Effect.exit(file.writeAt!(32, numbers(16), "write"))))
      const target = new Uint8Array(16)
      assert.strictEqual(yield* file.readAt(32, target), 16)
      assert.deepStrictEqual(target, numbers(16))
      yield* file.close
      assert.deepStrictEqual(
        yield* read(IOProc.checksum(inner, { blockSize: 16 }), "a"),
        Uint8Array.from([
          ...numbers(100).subarray(0, 32),
          ...numbers(16),
          ...numbers(100).subarray(48)
        ])
      )
    }))

  it.effect("loses nothing where several handles write to the same block at the same time", () =>
    Effect.gen(function*() {
      const { inner } = yield* written
      const driver = IOProc.checksum(yielding(inner), { blockSize: 16 })
      yield* Effect.forEach([0, 1, 2, 3], (handle) =>
        Effect.gen(function*() {
          const file = yield* driver.open(request("a", { access: "readWrite" }))
          yield* file.writeAt!(32 + handle, Uint8Array.of(200 + handle), "write")
          yield* file.close
        }), { concurrency: "unbounded", discard: true })
      assert.deepStrictEqual(
        [...(yield* read(driver, "a")).subarray(31, 37)],
        [31, 200, 201, 202, 203, 36].map((n) => n < 100 ? numbers(100)[n]! : n)
      )
    }))

  /** Writes 9 bytes of a block, says so in the failure, and goes on after that. */
  const cutShort = (inner: IOProc.IOProc, state: { fails: boolean }) =>
    IOProc.mapFile(inner, (file) => ({
      ...file,
      writeAt: file.writeAt && ((position, source, mode) =>
        Effect.suspend(() => {
          if (!state.fails || source.length !== 20) return file.writeAt!(position, source, mode)
          state.fails = false
          return Effect.flatMap(file.writeAt!(position, source.subarray(0, 9), mode), (written) =>
            Effect.fail(
              new MmioError.CannotWrite({ operation: "test", file: "a", description: "cut short", written })
            ))
        }))
    }))

  for (const how of ["abort", "close"] as const) {
    it.effect(`finishes a block that was written in part before ${how}`, () =>
      Effect.gen(function*() {
        const { inner } = yield* written
        const state = { fails: true }
        const driver = IOProc.checksum(cutShort(inner, state), { blockSize: 16 })
        const file = yield* driver.open(request("a", { access: "readWrite" }))
        assert.strictEqual((yield* Effect.flip(file.writeAt!(32, numbers(16), "write")))._tag, "CannotWrite")
        yield* file[how]
        assert.deepStrictEqual(
          yield* read(IOProc.checksum(inner, { blockSize: 16 }), "a"),
          Uint8Array.from([...numbers(100).subarray(0, 32), ...numbers(16), ...numbers(100).subarray(48)])
        )
      }))
  }

  it.effect("writes no more to a file that commits on close once it is aborted", () =>
    Effect.gen(function*() {
      const { inner: stored } = yield* written
      const inner = yield* memory({ a: yield* stored.bytes("a") }, "onClose")
      const state = { fails: true }
      const file = yield* IOProc.checksum(cutShort(inner, state), { blockSize: 16 })
        .open(request("a", { access: "readWrite" }))
      yield* Effect.exit(file.writeAt!(32, numbers(16), "write"))
      yield* file.abort
      assert.deepStrictEqual(yield* read(IOProc.checksum(inner, { blockSize: 16 }), "a"), numbers(100))
    }))

  it.effect("gives the last block its sum after all, where that could not be written as the file was cut", () =>
    Effect.gen(function*() {
      const { inner } = yield* written
      let fails = true
      const failing = IOProc.mapFile(inner, (file) => ({
        ...file,
        writeAt: file.writeAt && ((position, source, mode) =>
          Effect.suspend(() => {
            if (!fails) return file.writeAt!(position, source, mode)
            fails = false
            return Effect.fail(networkError)
          }))
      }))
      const driver = IOProc.checksum(failing, { blockSize: 16 })
      const file = yield* driver.open(request("a", { access: "readWrite" }))
      assert.strictEqual(yield* Effect.flip(file.truncate!(40)), networkError)
      yield* file.close
      assert.deepStrictEqual(yield* read(IOProc.checksum(inner, { blockSize: 16 }), "a"), numbers(100).subarray(0, 40))
    }))
})

describe("readOnly", () => {
  it.effect("refuses whatever would change the storage, and asks nothing of it", () =>
    Effect.gen(function*() {
      const inner = yield* memory()
      const driver = IOProc.readOnly(IOProc.audit(inner, (entry) => Effect.dieMessage(entry.operation)))
      const name = FileName.plain("a")
      const changes: ReadonlyArray<Effect.Effect<unknown, MmioError.MmioError>> = [
        driver.open(request("a", { access: "readWrite" })),
        driver.open(request("a", { create: "truncate" })),
        driver.rename(name, FileName.plain("b")),
        driver.remove(name),
        driver.tempName({}),
        driver.makeFolder(FileName.plain("f")),
        driver.removeFolder(FileName.plain("f"))
      ]
      for (const refused of changes) assert.strictEqual((yield* Effect.flip(refused))._tag, "AccessDenied")
      assert.deepStrictEqual(yield* inner.bytes("a"), numbers(100))
    }))
})

describe("prefixed", () => {
  it.effect("adds the prefix on the way down, and takes it away on the way up", () =>
    Effect.gen(function*() {
      const inner = yield* memory({ "dir/take-a": numbers(3) })
      const driver = IOProc.prefixed(inner, "dir/take-")
      assert.deepStrictEqual(yield* read(driver, "a"), numbers(3))
      const missing: ReadonlyArray<Effect.Effect<unknown, MmioError.MmioError>> = [
        driver.open(request("b")),
        driver.remove(FileName.plain("b")),
        driver.stat(FileName.plain("b"))
      ]
      for (const call of missing) assert.strictEqual((yield* Effect.flip(call)).file, "b")
      const temporary = yield* driver.tempName({})
      assert.isTrue((yield* inner.files).includes(`/dir/take-${temporary.full}`))
      assert.strictEqual((yield* driver.fullName(FileName.plain("a"))).full, "a")
      yield* driver.rename(FileName.plain("a"), temporary)
      assert.deepStrictEqual(yield* inner.files, [`/dir/take-${temporary.full}`])
    }))

  it.effect("takes the folder that names without a folder are in for the storage itself", () =>
    Effect.gen(function*() {
      for (const prefix of ["user7-", "dir/", "dir/user7-"]) {
        const inner = yield* memory({ "dir/x": numbers(1) })
        const driver = IOProc.prefixed(inner, prefix)
        for (const folder of [".", "", undefined]) {
          const temporary = yield* driver.tempName({ folder })
          assert.isTrue(yield* inner.exists(FileName.plain(`${prefix}${temporary.full}`)))
          yield* driver.remove(temporary)
        }
        assert.deepStrictEqual(yield* inner.files, ["/dir/x"])
      }
    }))

  const create = (driver: IOProc.IOProc, name: string, bytes: Uint8Array) =>
    Effect.scoped(
      Effect.flatMap(
        Mmio.openWith(driver, name, { access: "write", create: true }),
        (file) => Mmio.write(file, bytes)
      )
    )

  it.effect("has files replaced, in parts, and copied up from a lower storage", () =>
    Effect.gen(function*() {
      const inner = yield* memory({})
      const driver = IOProc.prefixed(inner, "user7-")
      yield* create(IOProc.commitOnClose(driver), "a", numbers(5))
      assert.deepStrictEqual(yield* inner.files, ["/user7-a"])
      const parts = IOProc.split(driver, 10)
      yield* create(parts, "b", numbers(25))
      yield* create(parts, "c", numbers(25))
      yield* parts.rename(FileName.plain("b"), FileName.plain("c"))
      yield* parts.remove(FileName.plain("c"))
      assert.deepStrictEqual(yield* inner.files, ["/user7-a"])
      const overlay = IOProc.overlay(yield* memory({ d: numbers(3) }), driver)
      yield* Effect.scoped(
        Effect.flatMap(
          Mmio.openWith(overlay, "d", { access: "readWrite" }),
          (file) => Mmio.write(file, Uint8Array.of(9))
        )
      )
      assert.deepStrictEqual(yield* inner.files, ["/user7-a", "/user7-d"])
      assert.deepStrictEqual(yield* inner.bytes("user7-d"), Uint8Array.of(9, ...numbers(3).subarray(1)))
    }))
})

describe("overlay", () => {
  const storages = Effect.gen(function*() {
    const lower = yield* MemoryIOProc.make({ files: { "dir/a": numbers(100), b: numbers(5) }, folders: ["empty"] })
    const upper = yield* MemoryIOProc.make()
    // Nothing may be asked of the lower storage that could change it.
    const driver = IOProc.overlay(IOProc.readOnly(lower), upper)
    return { lower, upper, driver }
  })
  const names = (driver: IOProc.IOProc, folder: string) =>
    Effect.map(
      Stream.runCollect(driver.list(FileName.plain(folder))),
      (entries) => Chunk.toReadonlyArray(entries).map(({ name }) => name).toSorted()
    )

  it.effect("copies a file up before it is written to", () =>
    Effect.gen(function*() {
      const { driver, lower, upper } = yield* storages
      assert.deepStrictEqual(yield* read(driver, "dir/a"), numbers(100))
      assert.deepStrictEqual(yield* upper.files, [])
      yield* Effect.scoped(Effect.gen(function*() {
        const file = yield* Mmio.openWith(driver, "dir/a", { access: "readWrite" })
        yield* Mmio.seek(file, 99)
        yield* Mmio.write(file, Uint8Array.of(1, 2))
      }))
      assert.deepStrictEqual(yield* read(driver, "dir/a"), Uint8Array.from([...numbers(99), 1, 2]))
      assert.deepStrictEqual(yield* upper.files, ["/dir/a"])
      assert.deepStrictEqual(yield* lower.bytes("dir/a"), numbers(100))
    }))

  it.effect("hides what was removed, and what was in a folder that is made again", () =>
    Effect.gen(function*() {
      const { driver, lower } = yield* storages
      yield* driver.remove(FileName.plain("dir/a"))
      assert.isFalse(yield* driver.exists(FileName.plain("dir/a")))
      assert.strictEqual((yield* Effect.flip(read(driver, "dir/a")))._tag, "FileNotFound")
      assert.strictEqual((yield* Effect.flip(driver.remove(FileName.plain("dir/a"))))._tag, "FileNotFound")
      assert.deepStrictEqual(yield* names(driver, "dir"), [])
      yield* driver.removeFolder(FileName.plain("dir"))
      assert.deepStrictEqual(yield* names(driver, ""), ["b", "empty"])
      yield* driver.makeFolder(FileName.plain("dir"))
      assert.deepStrictEqual(yield* names(driver, "dir"), [])
      yield* Effect.scoped(Mmio.openWith(driver, "dir/a", { access: "write", create: "new" }))
      assert.deepStrictEqual(yield* read(driver, "dir/a"), new Uint8Array(0))
      assert.deepStrictEqual(yield* lower.bytes("dir/a"), numbers(100))
    }))

  it.effect("renames over a file of the lower storage, and lists each name once", () =>
    Effect.gen(function*() {
      const { driver, lower } = yield* storages
      yield* driver.rename(FileName.plain("dir/a"), FileName.plain("b"))
      assert.deepStrictEqual(yield* read(driver, "b"), numbers(100))
      assert.isFalse(yield* driver.exists(FileName.plain("./dir/a")))
      assert.deepStrictEqual(yield* names(driver, ""), ["b", "dir", "empty"])
      assert.deepStrictEqual(yield* lower.bytes("b"), numbers(5))
      const taken = yield* Effect.flip(driver.open(request("b", { access: "write", create: "new" })))
      assert.strictEqual(taken.errno, "EEXIST")
      const reserved = yield* Effect.flip(driver.open(request(".wh.b", { access: "write", create: "truncate" })))
      assert.strictEqual(reserved._tag, "AccessDenied")
    }))
})

describe("split", () => {
  it.effect("lists, renames and removes all parts of a file", () =>
    Effect.gen(function*() {
      const inner = yield* memory({})
      const driver = IOProc.split(inner, 10)
      const create = (name: string, size: number) =>
        Effect.scoped(
          Effect.flatMap(
            Mmio.openWith(driver, name, { access: "write", create: true }),
            (file) => Mmio.write(file, numbers(size))
          )
        )
      yield* create("a", 25)
      yield* create("b", 48)
      assert.deepStrictEqual((yield* driver.stat(FileName.plain("a"))).size, Option.some(25))
      const listed = yield* Stream.runCollect(driver.list(FileName.plain("")))
      assert.deepStrictEqual(Chunk.toReadonlyArray(listed).map(({ name }) => name), ["a", "b"])
      yield* driver.rename(FileName.plain("a"), FileName.plain("b"))
      assert.deepStrictEqual(yield* inner.files, ["/b.0", "/b.1", "/b.2"])
      assert.deepStrictEqual(yield* read(driver, "b"), numbers(25))
      yield* driver.remove(FileName.plain("b"))
      assert.deepStrictEqual(yield* inner.files, [])
    }))

  it.effect("gives parts their names back where renaming fails", () =>
    Effect.gen(function*() {
      const inner = yield* memory({ "a.0": numbers(10), "a.1": numbers(10), "a.2": numbers(3) })
      const driver = IOProc.split({
        ...inner,
        rename: (from, to) => from.full === "a.0" ? Effect.fail(networkError) : inner.rename(from, to)
      }, 10)
      const error = yield* Effect.flip(driver.rename(FileName.plain("a"), FileName.plain("b")))
      assert.strictEqual(error._tag, "NetworkError")
      assert.deepStrictEqual(yield* inner.files, ["/a.0", "/a.1", "/a.2"])
    }))
})

describe("metrics and audit", () => {
  it.effect("count and log each call once, with what came of it", () =>
    Effect.gen(function*() {
      const entries: Array<IOProc.AuditEntry> = []
      const { driver: inner } = failing(yield* memory(), 1)
      const driver = IOProc.audit(IOProc.metrics(inner, "test storage"), (entry) =>
        Effect.sync(() => void entries.push(entry)))
      const file = yield* driver.open(request("a", { access: "readWrite" }))
      yield* Effect.exit(file.readAt(0, new Uint8Array(8)))
      yield* file.readAt(4, new Uint8Array(8))
      yield* Effect.exit(driver.remove(FileName.plain("missing")))
      assert.deepStrictEqual(
        entries.map(({ bytes, operation, outcome, position, transferred }) => [
          operation,
          Option.getOrNull(position),
          Option.getOrNull(bytes),
          Option.getOrNull(transferred),
          typeof outcome === "string" ? outcome : outcome._tag
        ]),
        [
          ["open", null, null, null, "success"],
          ["readAt", 0, 8, null, "NetworkError"],
          ["readAt", 4, 8, 8, "success"],
          ["remove", null, null, null, "FileNotFound"]
        ]
      )
      const counted = (yield* Metric.snapshot).filter(({ metricKey }) =>
        HashSet.fromIterable(metricKey.tags).pipe(HashSet.has(MetricLabel.make("storage", "test storage")))
      ).flatMap(({ metricKey, metricState }) =>
        MetricState.isCounterState(metricState)
          ? [[
            metricKey.name,
            ...metricKey.tags.map(({ value }) =>
              value
            ).toSorted(),
            Number(metricState.count)
          ].join(" ")]
          : []
      )
      assert.deepStrictEqual(counted.toSorted(), [
        "mmio_driver_bytes readAt test storage 8",
        "mmio_driver_calls FileNotFound remove test storage 1",
        "mmio_driver_calls NetworkError readAt test storage 1",
        "mmio_driver_calls open success test storage 1",
        "mmio_driver_calls readAt success test storage 1"
      ])
    }))
})

describe("metrics", () => {
  it.effect("time a listing from its first step to its end, and count it once", () =>
    Effect.gen(function*() {
      const inner = yield* memory({ a: numbers(1), b: numbers(1) })
      const entries: Array<IOProc.AuditEntry> = []
      const slow = {
        ...inner,
        list: (folder: FileName.FileName) => Stream.tap(inner.list(folder), () => Effect.sleep("100 millis"))
      }
      const driver = IOProc.audit(
        IOProc.metrics(slow, "listed"),
        (entry) => Effect.sync(() => void entries.push(entry))
      )
      const list = driver.list(FileName.plain(""))
      assert.deepStrictEqual(entries, [])
      const listed = yield* Effect.fork(Stream.runCollect(list))
      yield* TestClock.adjust("199 millis")
      assert.deepStrictEqual(entries, [])
      yield* TestClock.adjust("1 millis")
      assert.lengthOf(yield* Fiber.join(listed), 2)
      const first = yield* Effect.fork(Stream.runHead(list))
      yield* TestClock.adjust("100 millis")
      yield* Fiber.join(first)
      const failed = yield* Effect.exit(Stream.runCollect(driver.list(FileName.plain("missing"))))
      assert.isTrue(Exit.isFailure(failed))
      assert.deepStrictEqual(
        entries.map(({ file, operation, outcome }) => [
          operation,
          file,
          typeof outcome === "string" ? outcome : outcome._tag
        ]),
        [["list", "", "success"], ["list", "", "success"], ["list", "missing", "PathNotFound"]]
      )
      const durations = (yield* Metric.snapshot).flatMap(({ metricKey, metricState }) =>
        HashSet.has(HashSet.fromIterable(metricKey.tags), MetricLabel.make("storage", "listed")) &&
          MetricState.isHistogramState(metricState)
          ? [[metricState.count, metricState.sum]]
          : []
      )
      assert.deepStrictEqual(durations, [[3, 300]])
    }))

  it.effect("look where a metric counts up once for each operation and outcome", () =>
    Effect.gen(function*() {
      const registry = GlobalValue.globalValue<{ readonly get: (key: unknown) => unknown }>(
        Symbol.for("effect/Metric/globalMetricRegistry"),
        () => assert.fail("effect keeps its metrics elsewhere")
      )
      const lookUp = vi.spyOn(registry, "get")
      const file = yield* IOProc.metrics(yield* memory(), "looked up").open(request("a"))
      for (let i = 0; i < 100; i++) yield* file.readAt(i, new Uint8Array(1))
      const lookUps = lookUp.mock.calls.length
      lookUp.mockRestore()
      // Calls and duration of `open`; those and the bytes of `readAt`.
      assert.strictEqual(lookUps, 5)
    }))
})

describe("the order of middleware", () => {
  const build = (f: (driver: IOProc.IOProc) => IOProc.IOProc) =>
    Effect.flip(Effect.scoped(Layer.build(Layer.provide(IOProc.layerMap(f), MemoryIOProc.layer()))))

  it.effect("fails where it makes no sense, when the layer is built", () =>
    Effect.gen(function*() {
      const orders = [
        (driver: IOProc.IOProc) => IOProc.writeBehind(IOProc.readAhead(driver)),
        (driver: IOProc.IOProc) => IOProc.writeBehind(IOProc.readOnly(driver)),
        (driver: IOProc.IOProc) => IOProc.commitOnClose(IOProc.readOnly(driver)),
        (driver: IOProc.IOProc) => IOProc.commitOnClose(IOProc.split(driver, 10)),
        (driver: IOProc.IOProc) => IOProc.split(IOProc.prefixed(IOProc.commitOnClose(driver), ""), 10),
        (driver: IOProc.IOProc) => IOProc.split(IOProc.split(driver, 10), 10),
        (driver: IOProc.IOProc) => IOProc.cache(IOProc.retry(IOProc.cache(driver), { schedule: Schedule.recurs(1) })),
        (driver: IOProc.IOProc) => IOProc.checksum(IOProc.checksum(driver))
      ]
      for (const order of orders) {
        const error = yield* build(order)
        assert.strictEqual(error._tag, "InvalidParameter")
        assert.include(error.message, "makes no sense")
      }
    }))

  it.effect("fails for options that are invalid", () =>
    Effect.gen(function*() {
      for (
        const invalid of [
          IOProc.cache({ blockSize: 0 }),
          IOProc.cache({ blockSize: 100, capacity: 99 }),
          IOProc.checksum({ blockSize: Number.NaN }),
          IOProc.split(0.5),
          IOProc.throttle({ operations: 0 }),
          IOProc.throttle({ concurrency: 0 }),
          IOProc.timeout(0),
          IOProc.timeout(Duration.infinity)
        ]
      ) assert.strictEqual((yield* build(invalid))._tag, "InvalidParameter")
    }))
})
