/**
 * What `readAhead` and `writeBehind` add to the contract of drivers (which `contract.test.ts` checks): when blocks are
 * read and written, and how failures of background I/O are reported.
 */
import { IOProc, MemoryIOProc, Mmio, MmioError } from "@effect-mmio/core"
import { assert, describe, it, layer } from "@effect/vitest"
import { Effect, Exit, FastCheck as fc, Fiber, identity, Layer, Option, Request } from "effect"
import {
  both,
  byCallback,
  drivers as answers,
  early,
  inBlocks,
  numbers,
  small,
  synchronously
} from "./support/answering.js"
import { Cursor } from "./support/cursor.js"
import { type Behaviour, TestStorage } from "./support/driver.js"
import { scale } from "./support/scale.js"

const open = (driver: IOProc.IOProc, access: IOProc.Access = "readWrite", name = "test") =>
  Effect.map(openFile(driver, access, name), (file) => new Cursor(file))

const openFile = (driver: IOProc.IOProc, access: IOProc.Access = "readWrite", name = "test") =>
  driver.open(IOProc.openRequest(name, { access }))

const sizesOf = (storage: TestStorage, ...calls: ReadonlyArray<"readAt" | "write">) =>
  storage.log.filter(({ call }) => calls.some((one) => one === call)).map(({ count }) => count)

const settle = Effect.replicateEffect(Effect.yieldNow(), 20)

describe("the sizes of blocks", () => {
  it("are refused where they are invalid", () => {
    const driver = new TestStorage(numbers(1)).ioProc
    for (const sizes of [{ smallest: 0 }, { smallest: 8, largest: 4 }, { largest: Number.NaN }, { smallest: 1.5 }]) {
      for (const wrap of [IOProc.readAhead, IOProc.writeBehind]) {
        assert.throws(() => wrap(driver, sizes), MmioError.InvalidParameter)
      }
    }
    assert.isTrue(IOProc.isIOProc(IOProc.readAhead(driver, { smallest: 2 ** 21 })))
  })
})

describe("readAhead", () => {
  it.effect("gives each of several readers the bytes at its position, in whatever order its blocks come", () =>
    Effect.gen(function*() {
      const bytes = numbers(240)
      for (let seed = 1; seed <= 50; seed++) {
        let calls = seed
        const storage = new TestStorage(bytes, { yields: () => (calls = calls * 31 % 101) % 7 })
        storage.concurrent = true
        const file = yield* openFile(IOProc.readAhead(storage.ioProc, small), "read")
        const read = (position: number) =>
          Effect.gen(function*() {
            for (let at = position; at < position + 60; at += 4) {
              const target = new Uint8Array(4)
              const count = yield* file.readAt(at, target)
              assert.deepStrictEqual([...target.subarray(0, count)], [...bytes.subarray(at, at + count)], `${seed}`)
              assert.isAbove(count, 0)
            }
          })
        yield* Effect.all([read(0), read(60), read(120), read(180)], { concurrency: "unbounded" })
        yield* file.close
      }
    }))

  it.effect("keeps no block that another file has written over before it has come", () =>
    Effect.gen(function*() {
      const storage = new TestStorage(numbers(200))
      let waits = 0
      // The bytes are those of the beginning of the call.
      const slow = IOProc.mapFile(storage.ioProc, (file) =>
        IOProc.wrapFile(file, {
          readAt: (position, target) =>
            Effect.tap(file.readAt(position, target), () => Effect.replicateEffect(Effect.yieldNow(), waits))
        }))
      const driver = IOProc.readAhead(slow, small)
      const file = yield* openFile(driver, "read")
      const other = yield* openFile(driver)
      const target = new Uint8Array(4)
      yield* file.readAt(0, target)
      waits = 50
      // The block of this read has the next four bytes, too.
      const reading = yield* Effect.fork(file.readAt(4, target))
      yield* Effect.replicateEffect(Effect.yieldNow(), 10)
      yield* other.writeAt!(8, Uint8Array.of(91, 92, 93, 94), "write")
      assert.isTrue(Option.isNone(yield* Fiber.poll(reading)))
      yield* Fiber.join(reading)
      assert.strictEqual(yield* file.readAt(8, target), 4)
      assert.deepStrictEqual([...target], [91, 92, 93, 94])
    }))

  it.effect("returns a block that comes after the file was closed to the budget", () =>
    Effect.gen(function*() {
      const storage = new TestStorage(numbers(200), { yields: () => 5 })
      const budget = IOProc.makeBlockBudget(1000)
      const file = yield* openFile(IOProc.readAhead(storage.ioProc, { ...small, budget }), "read")
      const target = new Uint8Array(4)
      yield* file.readAt(0, target)
      const reading = yield* Effect.fork(file.readAt(4, target))
      yield* Effect.yieldNow()
      assert.isAbove(budget.used, 0)
      yield* file.abort
      yield* Fiber.await(reading)
      assert.strictEqual(budget.used, 0)
    }))

  it.effect("gives a reader the bytes of its block where another file writes before the block has come", () =>
    Effect.gen(function*() {
      for (let wait = 0; wait < 12; wait++) {
        const storage = new TestStorage(numbers(200), { yields: () => 5 })
        const driver = IOProc.readAhead(storage.ioProc, small)
        const file = yield* openFile(driver, "read")
        const other = yield* openFile(driver)
        const target = new Uint8Array(4)
        yield* file.readAt(0, target)
        for (let at = 4; at < 40; at += 4) {
          const reading = yield* Effect.fork(file.readAt(at, target.fill(99)))
          yield* Effect.replicateEffect(Effect.yieldNow(), wait)
          yield* other.writeAt!(190, Uint8Array.of(1), "write")
          assert.strictEqual(yield* Fiber.join(reading), 4)
          assert.deepStrictEqual([...target], [at, at + 1, at + 2, at + 3])
        }
        yield* file.close
        yield* other.close
      }
    }))

  it.effect("reads growing blocks where reads are in sequence, one of them ahead", () =>
    Effect.gen(function*() {
      const storage = new TestStorage(numbers(200), { yields: () => 1 })
      const file = yield* open(IOProc.readAhead(storage.ioProc, small))
      assert.deepStrictEqual(yield* file.take(4), [0, 1, 2, 3])
      assert.deepStrictEqual(sizesOf(storage, "readAt"), [4])
      assert.deepStrictEqual(yield* file.take(4), [4, 5, 6, 7])
      yield* settle
      assert.deepStrictEqual(sizesOf(storage, "readAt"), [4, 8, 8])
      for (let at = 8; at < 96; at += 4) assert.deepStrictEqual(yield* file.take(4), [at, at + 1, at + 2, at + 3])
      yield* settle
      assert.deepStrictEqual(sizesOf(storage, "readAt"), [4, 8, 8, 16, 32, 32, 32])
      assert.isFalse(storage.overlapped)
    }))

  it.effect("has two blocks in flight over a concurrent file while a reader waits", () =>
    Effect.gen(function*() {
      const storage = new TestStorage(numbers(240), { yields: () => 3 })
      storage.concurrent = true
      const file = yield* open(IOProc.readAhead(storage.ioProc, small))
      for (let at = 0; at < 200; at += 4) assert.deepStrictEqual(yield* file.take(4), [at, at + 1, at + 2, at + 3])
      // one by itself, and the one after it once nothing is left of the block in use
      assert.strictEqual(storage.mostRunning, 2)
      assert.deepStrictEqual(sizesOf(storage, "readAt").slice(0, 6), [4, 8, 8, 16, 32, 32])
      yield* settle
      const largest = storage.log.reduce((sum, { call, count }) => call === "readAt" ? Math.max(sum, count) : sum, 0)
      assert.strictEqual(largest, 32)
      const ends = storage.log.filter(({ call }) => call === "readAt").map(({ count, offset }) => offset + count)
      // Nothing is read twice, and never more than two blocks ahead.
      assert.deepStrictEqual(ends, [...new Set(ends)].toSorted((a, b) => a - b))
      assert.isAtMost(Math.max(...ends), 204 + 2 * 32)
      assert.strictEqual((yield* file.take(100)).length, 40)
      assert.deepStrictEqual(yield* file.take(4), [])
      yield* file.file.close
      assert.deepStrictEqual([storage.running, storage.overlapped], [0, false])
    }))

  it.effect("drops what follows a block that is not full, or failed", () =>
    Effect.gen(function*() {
      const cases: ReadonlyArray<Behaviour> = [
        { atMost: (call) => call % 5 === 0 ? 3 : 100 },
        { fails: (call) => call % 4 === 3 },
        { atMost: () => 5, fails: (call) => call % 7 === 6 }
      ]
      for (const behaviour of cases) {
        const storage = new TestStorage(numbers(200), { ...behaviour, yields: (call) => (call * 7) % 11 })
        storage.concurrent = true
        const file = yield* open(IOProc.readAhead(storage.ioProc, small))
        for (let at = 0; at < 200;) {
          const target = new Uint8Array(7)
          const exit = yield* Effect.exit(file.read(target))
          if (Exit.isFailure(exit)) continue
          assert.deepStrictEqual([...target.subarray(0, exit.value)], [...numbers(200).subarray(at, at + exit.value)])
          assert.isAbove(exit.value, 0)
          at += exit.value
        }
        storage.behaviour = {}
        yield* file.file.close
        assert.deepStrictEqual([storage.running, storage.overlapped], [0, false])
      }
    }))

  it.effect("does not read two blocks where they are not full, since the second would be read in vain", () =>
    Effect.gen(function*() {
      const storage = new TestStorage(numbers(240), { atMost: () => 6, yields: () => 2 })
      storage.concurrent = true
      const file = yield* open(IOProc.readAhead(storage.ioProc, small))
      for (let at = 0; at < 240; at += 4) yield* file.take(4)
      assert.isAtMost(sizesOf(storage, "readAt").length, 240 / 6 + 4)
    }))

  for (const [name, answering] of Object.entries({ "answers by effects": identity, ...answers })) {
    /** A handle over a concurrent file with read-ahead. */
    const placed = (storage: TestStorage, buffer: number) =>
      Mmio.openWith(inBlocks(storage, answering, true), "test", { buffer })

    const four = (handle: Mmio.ReadHandle) =>
      Effect.suspend(() => {
        const target = new Uint8Array(4)
        return Effect.map(Mmio.readInto(handle, target), () => [...target])
      })

    it.scoped(`asks a concurrent file that ${name} once a read where reads are not in sequence`, () =>
      Effect.gen(function*() {
        const storage = new TestStorage(numbers(200))
        const handle = yield* placed(storage, 32)
        const positions = [100, 3, 180, 60, 10]
        for (const at of positions) {
          yield* Mmio.seek(handle, at)
          assert.deepStrictEqual(yield* four(handle), [at, at + 1, at + 2, at + 3])
        }
        assert.deepStrictEqual(storage.log, positions.map((at) => ({ call: "readAt" as const, offset: at, count: 8 })))
      }))

    it.scoped(`reads a concurrent file that ${name} in blocks for a handle in sequence, from any position on`, () =>
      Effect.gen(function*() {
        const storage = new TestStorage(numbers(250))
        const handle = yield* placed(storage, 4)
        for (const from of [0, 10, 5]) {
          yield* Mmio.seek(handle, from)
          const before = storage.log.length
          for (let at = from; at < from + 160; at += 4) {
            assert.deepStrictEqual(yield* four(handle), [at, at + 1, at + 2, at + 3])
          }
          yield* settle
          const calls = storage.log.slice(before)
          assert.deepStrictEqual(calls.slice(0, 2).map(({ count }) => count), [4, 8])
          assert.isAtMost(calls.length, 10)
          assert.isTrue(calls.every(({ call }) => call === "readAt"))
        }
      }))

    it.effect(`refuses negative and invalid positions over a concurrent file that ${name}`, () =>
      Effect.gen(function*() {
        const storage = new TestStorage(numbers(20))
        const { file } = yield* open(inBlocks(storage, answering, true), "read")
        for (const position of [-1, 0.5, Number.NaN]) {
          assert.strictEqual((yield* Effect.flip(file.readAt(position, new Uint8Array(4))))._tag, "CannotRead")
        }
        assert.deepStrictEqual(storage.log, [])
      }))
  }

  class Calls extends Request.TaggedClass("Calls")<number, never, object> {}

  /** A concurrent file that answers by callbacks, which wait in `pending` while `holds` is set. */
  const controlled = (bytes: Uint8Array, concurrent = true) => {
    const pending: Array<() => void> = []
    const state = { holds: false, closedOver: -1 }
    const file = IOProc.wrapFile(new TestStorage(bytes).file(), {
      capabilities: { ...new TestStorage(bytes).file().capabilities, concurrent },
      readAt: (position, target) =>
        IOProc.callback<number, never>((done) => {
          const end = () => {
            const count = Math.max(0, Math.min(target.length, bytes.length - position))
            target.set(bytes.subarray(position, position + count))
            done(Exit.succeed(count))
          }
          if (state.holds) pending.push(end)
          else queueMicrotask(end)
        }),
      close: Effect.sync(() => {
        state.closedOver = pending.length
      }),
      onMessage: IOProc.answer((request) => request instanceof Calls, () => Effect.sync(() => pending.length))
    })
    return { pending, state, driver: IOProc.make({ open: () => Effect.succeed(file) }) }
  }
  const sixteen = { smallest: 16, largest: 16 }
  /** Until two blocks are in flight that no reader waits for any more: those from 68 and from 84 on. */
  const twoInFlight = ({ pending, state }: ReturnType<typeof controlled>, file: Cursor) =>
    Effect.gen(function*() {
      for (let at = 0; at < 40; at += 4) assert.deepStrictEqual(yield* file.take(4), [at, at + 1, at + 2, at + 3])
      yield* settle
      state.holds = true
      for (let at = 40; at < 68; at += 4) yield* file.take(4)
      assert.strictEqual(pending.length, 2)
    })

  it.scoped("has a read elsewhere wait for the blocks in flight: there are never more than two", () =>
    Effect.gen(function*() {
      const control = controlled(numbers(250))
      const handle = yield* Mmio.openWith(IOProc.readAhead(control.driver, sixteen), "test", { buffer: 4 })
      for (let at = 0; at < 40; at += 4) yield* Mmio.read(handle, 4)
      yield* settle
      control.state.holds = true
      for (let at = 40; at < 64; at += 4) yield* Mmio.read(handle, 4)
      const before = control.pending.length
      assert.isAtLeast(before, 1)
      yield* Mmio.seek(handle, 200)
      const reading = yield* Effect.fork(Mmio.readInto(handle, new Uint8Array(4)))
      yield* settle
      const meanwhile = control.pending.length
      control.state.holds = false
      for (const end of control.pending.splice(0)) end()
      assert.strictEqual(yield* Fiber.join(reading), 4)
      assert.strictEqual(meanwhile, before)
      assert.strictEqual(yield* Mmio.position(handle), 204)
    }))

  it.effect("closes a concurrent file once both blocks have come", () =>
    Effect.gen(function*() {
      const control = controlled(numbers(200))
      const file = yield* open(IOProc.readAhead(control.driver, sixteen))
      yield* twoInFlight(control, file)
      const closing = yield* Effect.fork(file.file.close)
      for (const end of [...control.pending].toReversed()) {
        yield* settle
        assert.strictEqual(control.state.closedOver, -1)
        control.pending.splice(control.pending.indexOf(end), 1)
        end()
      }
      yield* Fiber.join(closing)
      assert.strictEqual(control.state.closedOver, 0)
    }))

  it.effect("has a file answer messages once nothing is in flight", () =>
    Effect.gen(function*() {
      const { driver, pending, state } = controlled(numbers(200), false)
      const file = yield* open(IOProc.readAhead(driver, sixteen))
      for (let at = 0; at < 36; at += 4) yield* file.take(4)
      yield* settle
      state.holds = true
      for (let at = 36; at < 52; at += 4) yield* file.take(4)
      const answering = yield* Effect.fork(Option.getOrThrow(file.file.onMessage(new Calls())))
      yield* settle
      assert.strictEqual(pending.length, 1)
      assert.isNull(answering.unsafePoll())
      for (const end of pending.splice(0)) end()
      assert.strictEqual(yield* Fiber.join(answering), 0)
      state.holds = false
      assert.deepStrictEqual(yield* file.take(20), [...numbers(200).subarray(52, 72)])
    }))

  it.effect("does not recycle a block that is still read into", () =>
    Effect.gen(function*() {
      const control = controlled(numbers(200))
      const file = yield* open(IOProc.readAhead(control.driver, sixteen))
      yield* twoInFlight(control, file)
      const [first, second] = control.pending.splice(0)
      second?.()
      yield* settle
      control.state.holds = false
      for (let at = 84; at < 180; at += 4) {
        file.position = at
        assert.deepStrictEqual(yield* file.take(4), [at, at + 1, at + 2, at + 3])
        yield* settle
        if (at === 100) first?.()
      }
    }))

  it.effect("reads what is asked for where reads are not in sequence", () =>
    Effect.gen(function*() {
      const storage = new TestStorage(numbers(200))
      const file = yield* open(IOProc.readAhead(storage.ioProc, small))
      for (const at of [50, 10, 150, 30, 99]) {
        file.position = at
        assert.deepStrictEqual(yield* file.take(4), [at, at + 1, at + 2, at + 3])
      }
      assert.deepStrictEqual(sizesOf(storage, "readAt"), [4, 4, 4, 4, 4])
    }))

  it.effect("passes large reads through", () =>
    Effect.gen(function*() {
      const storage = new TestStorage(numbers(400))
      const file = yield* open(IOProc.readAhead(storage.ioProc, small))
      for (let i = 0; i < 4; i++) yield* file.read(new Uint8Array(100))
      assert.deepStrictEqual(sizesOf(storage, "readAt"), [100, 100, 100, 100])
    }))

  it.effect("reports no failed read-ahead, and asks again once its position is read", () =>
    Effect.gen(function*() {
      const storage = new TestStorage(numbers(100))
      const file = yield* open(IOProc.readAhead(storage.ioProc, small))
      yield* file.take(4)
      // The block is read, the one after it is not.
      const calls = storage.calls
      storage.behaviour = { fails: (call) => call > calls }
      assert.deepStrictEqual(yield* file.take(8), [4, 5, 6, 7, 8, 9, 10, 11])
      yield* settle
      assert.strictEqual((yield* Effect.flip(file.read(new Uint8Array(4))))._tag, "CannotRead")
      assert.strictEqual(file.position, 12)
      storage.behaviour = {}
      assert.deepStrictEqual(yield* file.take(4), [12, 13, 14, 15])
    }))

  it.effect("sees what was written to the same file through another handle, by any name", () =>
    Effect.gen(function*() {
      const storage = new TestStorage(numbers(100))
      const named = (identity: string | undefined) =>
        IOProc.readAhead(
          IOProc.mapFile(storage.ioProc, (file) => ({ ...file, identity: Option.fromNullable(identity) })),
          small
        )
      for (const [identity, second] of [["bytes", "link"], [undefined, "test"]] as const) {
        const reader = yield* open(named(identity))
        // The block after these has arrived.
        for (let at = 0; at < 12; at += 4) yield* reader.take(4)
        yield* settle
        const writer = yield* open(named(identity), "write", second)
        writer.position = 14
        yield* writer.give(Uint8Array.of(200, 201))
        assert.deepStrictEqual(yield* reader.take(4), [12, 13, 200, 201])
        yield* reader.file.close
        yield* writer.file.close
        storage.bytes = numbers(100)
      }
    }))

  it.effect("sees its own writes in the blocks that it keeps", () =>
    Effect.gen(function*() {
      const storage = new TestStorage(numbers(100))
      const file = yield* open(IOProc.readAhead(storage.ioProc, small))
      yield* file.take(4)
      yield* file.take(5)
      yield* settle
      const reads = sizesOf(storage, "readAt").length
      file.position = 11
      yield* file.give(Uint8Array.of(200, 201, 202))
      file.position = 9
      assert.deepStrictEqual(yield* file.take(7), [9, 10, 200, 201, 202, 14, 15])
      // It reads after that now.
      const later = storage.log.filter(({ call }) => call === "readAt").slice(reads)
      assert.isTrue(later.every(({ offset }) => offset >= 20), JSON.stringify(later))
    }))

  it.effect("reads what was appended since it found the end", () =>
    Effect.gen(function*() {
      const storage = new TestStorage(numbers(20))
      const file = yield* open(IOProc.readAhead(storage.ioProc, small))
      assert.strictEqual((yield* file.take(30)).length, 20)
      assert.deepStrictEqual(yield* file.take(4), [])
      storage.bytes = numbers(24)
      assert.deepStrictEqual(yield* file.take(4), [20, 21, 22, 23])
    }))

  it.effect("loses nothing where a reader is interrupted", () =>
    Effect.gen(function*() {
      const storage = new TestStorage(numbers(100), { yields: () => 10 })
      const file = yield* open(IOProc.readAhead(storage.ioProc, small))
      yield* file.take(4)
      for (let at = 4; at < 90; at += 3) {
        const reading = yield* Effect.fork(file.read(new Uint8Array(3)))
        yield* Effect.replicateEffect(Effect.yieldNow(), at % 7)
        yield* Fiber.interrupt(reading)
        file.position = at
        assert.deepStrictEqual(yield* file.take(3), [at, at + 1, at + 2])
      }
      assert.isFalse(storage.overlapped)
    }))

  it.effect("closes once the block in flight has come, and leaves nothing running", () =>
    Effect.gen(function*() {
      const storage = new TestStorage(numbers(100), { yields: () => 10 })
      const file = yield* open(IOProc.readAhead(storage.ioProc, small))
      for (let at = 0; at < 8; at += 4) yield* file.take(4)
      // One is on its way.
      assert.strictEqual(storage.running, 1)
      yield* file.file.close
      assert.strictEqual(storage.closed, 1)
      assert.strictEqual(storage.running, 0)
      assert.isFalse(storage.overlapped)
    }))
})

describe("writeBehind", () => {
  it.effect("writes growing blocks where writes are in sequence, and the rest at the flush", () =>
    Effect.gen(function*() {
      const storage = new TestStorage(new Uint8Array(0), { yields: () => 1 })
      const file = yield* open(IOProc.writeBehind(storage.ioProc, small))
      const content = numbers(100)
      for (let at = 0; at < 100; at += 4) yield* file.give(content.subarray(at, at + 4))
      yield* settle
      assert.deepStrictEqual(sizesOf(storage, "write"), [4, 8, 16, 32, 32])
      assert.strictEqual(storage.bytes.length, 92)
      assert.strictEqual(yield* file.writeFlush(new Uint8Array(0)), 0)
      assert.deepStrictEqual(storage.bytes, content)
      assert.isFalse(storage.overlapped)
    }))

  it.effect("writes through where writes are not in sequence", () =>
    Effect.gen(function*() {
      const storage = new TestStorage(new Uint8Array(100))
      const file = yield* open(IOProc.writeBehind(storage.ioProc, small))
      for (const at of [50, 10, 90, 30]) {
        file.position = at
        yield* file.give(Uint8Array.of(at))
        assert.strictEqual(storage.bytes[at], at)
      }
    }))

  it.effect("keeps the order of writes", () =>
    Effect.gen(function*() {
      const storage = new TestStorage(new Uint8Array(100))
      const file = yield* open(IOProc.writeBehind(storage.ioProc, small))
      yield* file.give(Uint8Array.of(1))
      yield* file.give(Uint8Array.of(2))
      yield* file.give(Uint8Array.of(3))
      file.position = 50
      yield* file.give(Uint8Array.of(4))
      assert.deepStrictEqual(storage.log.filter(({ call }) => call === "write").map(({ offset }) => offset), [0, 1, 50])
    }))

  it.effect("reads what it holds, and counts it in the size", () =>
    Effect.gen(function*() {
      const storage = new TestStorage(new Uint8Array(0))
      const file = yield* open(IOProc.writeBehind(storage.ioProc, small))
      for (const n of [1, 2, 3, 4]) yield* file.give(Uint8Array.of(n))
      assert.strictEqual(storage.bytes.length, 1)
      assert.strictEqual(yield* file.file.size, 4)
      file.position = 3
      assert.deepStrictEqual(yield* file.take(4), [4])
      file.position = 0
      assert.deepStrictEqual(yield* file.take(4), [1, 2, 3, 4])
    }))

  it.effect("keeps what could not be written, reports it to the next call that drains, and tries again", () =>
    Effect.gen(function*() {
      const storage = new TestStorage(new Uint8Array(0), { fails: () => false })
      const file = yield* open(IOProc.writeBehind(storage.ioProc, small))
      const content = numbers(40)
      yield* file.give(content.subarray(0, 1))
      storage.behaviour = { fails: () => true }
      // A block is taken, and does not go down.
      yield* file.give(content.subarray(1, 5))
      yield* file.give(content.subarray(5, 9))
      const error = yield* Effect.flip(file.write(content.subarray(9, 12)))
      assert.strictEqual(error._tag, "CannotWrite")
      assert.strictEqual(file.position, 9)
      assert.strictEqual((yield* Effect.flip(file.writeFlush(content.subarray(9, 12))))._tag, "CannotWrite")
      assert.strictEqual((yield* Effect.flip(file.read(new Uint8Array(1))))._tag, "CannotRead")
      storage.behaviour = {}
      yield* file.give(content.subarray(9))
      yield* file.writeFlush(new Uint8Array(0))
      assert.deepStrictEqual(storage.bytes, content)
    }))

  it.effect("reports a failed drain on close, and is closed", () =>
    Effect.gen(function*() {
      const storage = new TestStorage(new Uint8Array(0))
      const file = yield* open(IOProc.writeBehind(storage.ioProc, small))
      yield* file.give(Uint8Array.of(1))
      yield* file.give(Uint8Array.of(2))
      storage.behaviour = { fails: (call) => storage.log[call]?.call === "write" }
      assert.strictEqual((yield* Effect.flip(file.file.close))._tag, "CannotWrite")
      assert.strictEqual(storage.closed, 1)
      assert.deepStrictEqual([...storage.bytes], [1])
    }))

  it.effect("continues where a block was written in part", () =>
    Effect.gen(function*() {
      const storage = new TestStorage(new Uint8Array(0))
      const file = yield* open(IOProc.writeBehind(storage.ioProc, small))
      const content = numbers(30)
      yield* file.give(content.subarray(0, 1))
      const first = storage.calls
      storage.behaviour = { atMost: () => 3, fails: (call) => call === first + 1 }
      for (let at = 1; at < 9; at += 4) yield* file.give(content.subarray(at, at + 4))
      assert.deepStrictEqual([...storage.bytes], [0, 1, 2, 3])
      yield* file.give(content.subarray(9))
      yield* file.writeFlush(new Uint8Array(0))
      assert.deepStrictEqual(storage.bytes, content)
    }))
})

describe("a file of which nothing may be held", () => {
  it.effect("is left as it is where it only goes forward", () =>
    Effect.gen(function*() {
      const file = new TestStorage(numbers(10)).file()
      const pipe = IOProc.wrapFile(file, { capabilities: { ...file.capabilities, forwardOnly: true } })
      const driver = both(IOProc.make({ open: () => Effect.succeed(pipe) }))
      assert.strictEqual(yield* openFile(driver), pipe)
    }))

  it.scoped("is written through where its handle has no buffer, and read-ahead of others hears of it", () =>
    Effect.gen(function*() {
      const storage = new TestStorage(numbers(100))
      const driver = both(storage.ioProc)
      const reader = yield* open(driver)
      for (let at = 0; at < 12; at += 4) yield* reader.take(4)
      yield* settle
      const handle = yield* Mmio.openWith(driver, "test", { access: "readWrite", buffer: "none" })
      for (let at = 0; at < 40; at += 4) {
        yield* Mmio.write(handle, Uint8Array.of(200, 201, 202, 203))
        assert.deepStrictEqual([...storage.bytes.subarray(at, at + 4)], [200, 201, 202, 203])
      }
      assert.deepStrictEqual(yield* reader.take(8), [200, 201, 202, 203, 200, 201, 202, 203])
    }))
})

class Fill extends Request.TaggedClass("Fill")<number, never, object> {}

describe("a message", () => {
  it.effect("finds all that was written in the inner file, and what it changes is read", () =>
    Effect.gen(function*() {
      const storage = new TestStorage(numbers(100))
      const driver = both(IOProc.mapFile(storage.ioProc, (file) => ({
        ...file,
        onMessage: IOProc.answer(
          (request) => request instanceof Fill,
          () =>
            Effect.sync(() => {
              const first = storage.bytes[20] ?? -1
              storage.bytes.fill(77, 20)
              return first
            })
        )
      })))
      const file = yield* open(driver)
      yield* file.take(12)
      assert.strictEqual(yield* Option.getOrThrow(file.file.onMessage(new Fill())), 20)
      file.position = 20
      assert.deepStrictEqual(yield* file.take(3), [77, 77, 77])
      file.position = 18
      for (const n of [1, 2, 3]) yield* file.give(Uint8Array.of(n))
      assert.strictEqual(yield* Option.getOrThrow(file.file.onMessage(new Fill())), 3)
      assert.isTrue(
        Option.isNone(
          file.file.onMessage(new (class Other extends Request.TaggedClass("Other")<void, never, object> {})())
        )
      )
    }))
})

// ---------------------------------------------------------------------------------------------------------------------

type Step =
  | { readonly op: "read"; readonly count: number }
  | { readonly op: "write" | "writeFlush"; readonly bytes: Uint8Array }
  | { readonly op: "seek"; readonly to: number }

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ op: fc.constant("read" as const), count: fc.integer({ min: 1, max: 20 }) }) },
  {
    weight: 4,
    arbitrary: fc.record({
      op: fc.constantFrom("write" as const, "write" as const, "writeFlush" as const),
      bytes: fc.uint8Array({ minLength: 1, maxLength: 12, size: "max" })
    })
  },
  { weight: 1, arbitrary: fc.record({ op: fc.constant("seek" as const), to: fc.integer({ min: 0, max: 120 }) }) }
)

const behaviour = fc.record({
  yields: fc.integer({ min: 0, max: 2 }),
  atMost: fc.integer({ min: 1, max: 40 }),
  /** Every so many calls one fails. */
  failing: fc.integer({ min: 2, max: 9 })
}).map(({ atMost, failing, yields }): Behaviour => ({
  yields: () => yields,
  atMost: () => atMost,
  fails: (call) => call % failing === failing - 1
}))

const drivers = {
  "a driver of effects": { answering: (driver: IOProc.IOProc) => driver, yields: true },
  "a driver that answers synchronously": { answering: synchronously, yields: false },
  "a driver that answers by callbacks": { answering: byCallback, yields: false }
}

layer(Layer.empty)("nothing is lost, whichever calls fail", (it) => {
  for (const [name, { answering, yields }] of Object.entries(drivers)) {
    it.effect.prop(
      `over ${name}`,
      [fc.array(step, { minLength: 5, maxLength: 60, size: "max" }), behaviour, fc.boolean()],
      ([steps, behaviour, concurrent]) =>
        Effect.gen(function*() {
          const storage = new TestStorage(numbers(50), yields ? behaviour : { ...behaviour, yields: () => 0 })
          const file = yield* open(inBlocks(storage, answering, concurrent))
          let model = [...storage.bytes]
          let position = 0
          for (const step of steps) {
            // A call that fails has changed nothing.
            if (step.op === "seek") file.position = position = step.to
            else if (step.op === "read") {
              const target = new Uint8Array(step.count)
              const exit = yield* Effect.exit(file.read(target))
              if (Exit.isFailure(exit)) continue
              assert.deepStrictEqual([...target.subarray(0, exit.value)], model.slice(position, position + exit.value))
              assert.isTrue(exit.value > 0 || position >= model.length)
              position += exit.value
            } else {
              const exit = yield* Effect.exit(file[step.op](step.bytes))
              if (Exit.isFailure(exit)) continue
              const written = step.bytes.subarray(0, exit.value)
              while (model.length < position) model.push(0)
              model = [...model.slice(0, position), ...written, ...model.slice(position + written.length)]
              position += written.length
            }
          }
          storage.behaviour = {}
          assert.strictEqual(file.position, position)
          yield* file.file.close
          assert.deepStrictEqual([...storage.bytes], model)
          assert.isFalse(storage.overlapped)
        }),
      { fastCheck: { numRuns: scale(200) }, timeout: 60_000 }
    )
  }
})

describe("a driver that calls back before its call returns", () => {
  for (const concurrent of [false, true]) {
    it.scoped(`may do so for each of many bytes${concurrent ? ", over a concurrent file" : ""}`, () =>
      Effect.gen(function*() {
        const count = 20_000
        const storage = new TestStorage(numbers(count), { atMost: () => 1 })
        for (const through of [early(storage.ioProc), inBlocks(storage, early, concurrent)]) {
          const reader = yield* Mmio.openWith(through, "test")
          yield* Mmio.readInto(reader, new Uint8Array(3))
          yield* Mmio.seek(reader, 10)
          const target = new Uint8Array(count)
          assert.strictEqual(yield* Mmio.readInto(reader, target), count - 10)
          assert.deepStrictEqual(target.subarray(0, count - 10), storage.bytes.subarray(10))
          const writer = yield* Mmio.openWith(through, "test", { access: "readWrite", buffer: 16 })
          for (let at = 0; at < count; at += 2000) yield* Mmio.write(writer, numbers(2000).fill(7))
          yield* Mmio.flush(writer)
          assert.isTrue(storage.bytes.every((byte) => byte === 7))
          storage.bytes = numbers(count)
        }
      }))
  }
})

describe("a hit", () => {
  const file = Effect.flatMap(
    MemoryIOProc.make({ files: { "a": numbers(100) } }),
    (driver) => Mmio.openWith(driver, "a")
  )

  it.scopedLive("lets a loop of hits be interrupted", () =>
    Effect.gen(function*() {
      const handle = yield* file
      const target = new Uint8Array(1)
      const looping = yield* Effect.fork(Effect.gen(function*() {
        for (;;) {
          yield* Mmio.readInto(handle, target)
          yield* Mmio.seek(handle, 0)
        }
      }))
      yield* Effect.yieldNow()
      assert.isTrue(Exit.isFailure(yield* Fiber.interrupt(looping)))
    }))

  it.scoped("is a defect where the function of a program throws, which its generator does not catch", () =>
    Effect.gen(function*() {
      const handle = yield* file
      yield* Mmio.read(handle, 1)
      const exit = yield* Effect.exit(Effect.gen(function*() {
        // A program that does so is what the test is about.
        // @effect-diagnostics-next-line tryCatchInEffectGen:off
        try {
          yield* Mmio.withBuffer(handle, "read", () => {
            throw new Error("of the program")
          })
        } catch {
          return "caught"
        }
      }))
      assert.isTrue(Exit.isFailure(exit))
    }))
})
