/**
 * What reading ahead and writing behind add to the contract of drivers (which `contract.test.ts` holds them to): when blocks are read and
 * written, and what becomes of failures that happen where nobody asked.
 */
import { FileName, IOProc, MemoryIOProc, Mmio, MmioError } from "@effect-mmio/core"
import { assert, describe, it, layer } from "@effect/vitest"
import { Effect, Exit, FastCheck as fc, Fiber, identity, Layer, Option, Request } from "effect"
import { atOnce, both, byCallback, drivers as answers, early, inBlocks, numbers, small } from "./support/answering.js"
import { type Behaviour, TestStorage } from "./support/driver.js"
import { scale } from "./support/scale.js"

const open = (driver: IOProc.IOProc, access: IOProc.Access = "readWrite", name = "test") =>
  driver.open({ name: FileName.plain(name), access, create: false, share: "compat" })

/** Reads `count` bytes, in as many reads as it takes. */
const take = (file: IOProc.File, count: number) =>
  Effect.gen(function*() {
    const target = new Uint8Array(count)
    let done = 0
    while (done < count) {
      const read = yield* file.read(target.subarray(done))
      if (read === 0) break
      done += read
    }
    return [...target.subarray(0, done)]
  })

/** Writes in full, in as many writes as it takes. */
const give = (file: IOProc.File, source: Uint8Array) =>
  Effect.gen(function*() {
    for (let done = 0; done < source.length;) done += yield* file.write(source.subarray(done))
  })

const sizesOf = (storage: TestStorage, ...calls: ReadonlyArray<"read" | "readAt" | "write">) =>
  storage.log.filter(({ call }) => calls.some((one) => one === call)).map(({ count }) => count)

const settle = Effect.replicateEffect(Effect.yieldNow(), 20)

describe("the sizes of blocks", () => {
  it("have to be some", () => {
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
  it.effect("reads blocks, larger and larger, where reads are in sequence, and one of them ahead", () =>
    Effect.gen(function*() {
      const storage = new TestStorage(numbers(200), { yields: () => 1 })
      const file = yield* open(IOProc.readAhead(storage.ioProc, small))
      assert.deepStrictEqual(yield* take(file, 4), [0, 1, 2, 3])
      assert.deepStrictEqual(sizesOf(storage, "read"), [4])
      assert.deepStrictEqual(yield* take(file, 4), [4, 5, 6, 7])
      yield* settle
      assert.deepStrictEqual(sizesOf(storage, "read"), [4, 8, 8])
      for (let at = 8; at < 96; at += 4) assert.deepStrictEqual(yield* take(file, 4), [at, at + 1, at + 2, at + 3])
      yield* settle
      assert.deepStrictEqual(sizesOf(storage, "read"), [4, 8, 8, 16, 32, 32, 32])
      assert.isFalse(storage.overlapped)
    }))

  it.effect("has a file that reads at places read two blocks while somebody waits", () =>
    Effect.gen(function*() {
      const storage = new TestStorage(numbers(240), { yields: () => 3 })
      storage.readsAtPlaces = true
      const file = yield* open(IOProc.readAhead(storage.ioProc, small))
      for (let at = 0; at < 200; at += 4) assert.deepStrictEqual(yield* take(file, 4), [at, at + 1, at + 2, at + 3])
      // one by itself, and the one behind it once nothing is left of the block in use
      assert.strictEqual(storage.mostRunning, 2)
      assert.deepStrictEqual(sizesOf(storage, "read", "readAt").slice(0, 6), [4, 8, 8, 16, 32, 32])
      yield* settle
      const largest = storage.log.reduce((sum, { call, count }) => call === "readAt" ? Math.max(sum, count) : sum, 0)
      assert.strictEqual(largest, 32)
      const ends = storage.log.filter(({ call }) => call === "readAt").map(({ count, offset }) => offset + count)
      // Nothing is read twice, and never more than two blocks ahead.
      assert.deepStrictEqual(ends, [...new Set(ends)].toSorted((a, b) => a - b))
      assert.isAtMost(Math.max(...ends), 204 + 2 * 32)
      assert.strictEqual((yield* take(file, 100)).length, 40)
      assert.deepStrictEqual(yield* take(file, 4), [])
      yield* file.close
      assert.deepStrictEqual([storage.running, storage.overlapped], [0, false])
    }))

  it.effect("does without what is behind a block that is not full, or did not come", () =>
    Effect.gen(function*() {
      const cases: ReadonlyArray<Behaviour> = [
        { atMost: (call) => call % 5 === 0 ? 3 : 100 },
        { fails: (call) => call % 4 === 3 },
        { atMost: () => 5, fails: (call) => call % 7 === 6 }
      ]
      for (const behaviour of cases) {
        const storage = new TestStorage(numbers(200), { ...behaviour, yields: (call) => (call * 7) % 11 })
        storage.readsAtPlaces = true
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
        yield* file.close
        assert.deepStrictEqual([storage.running, storage.overlapped], [0, false])
      }
    }))

  it.effect("does not read two blocks where they do not come full, since the second would be read in vain", () =>
    Effect.gen(function*() {
      const storage = new TestStorage(numbers(240), { atMost: () => 6, yields: () => 2 })
      storage.readsAtPlaces = true
      const file = yield* open(IOProc.readAhead(storage.ioProc, small))
      for (let at = 0; at < 240; at += 4) yield* take(file, 4)
      assert.isAtMost(sizesOf(storage, "read", "readAt").length, 240 / 6 + 4)
    }))

  for (const [name, answering] of Object.entries({ "answers by effects": identity, ...answers })) {
    /** A handle over a file that reads at places, which its reader reads ahead of. */
    const placed = (storage: TestStorage, buffer: number) =>
      Mmio.openWith(inBlocks(storage, answering, true), "test", { buffer })

    const four = (handle: Mmio.ReadHandle) =>
      Effect.suspend(() => {
        const target = new Uint8Array(4)
        return Effect.map(Mmio.readInto(handle, target), () => [...target])
      })

    it.scoped(`asks a file that reads at places, and ${name}, for that alone where reads are not in sequence`, () =>
      Effect.gen(function*() {
        const storage = new TestStorage(numbers(200))
        const handle = yield* placed(storage, 32)
        const places = [100, 3, 180, 60, 10]
        for (const at of places) {
          yield* Mmio.seek(handle, at)
          assert.deepStrictEqual(yield* four(handle), [at, at + 1, at + 2, at + 3])
        }
        assert.deepStrictEqual(storage.log, places.map((at) => ({ call: "readAt" as const, offset: at, count: 32 })))
        // Who changes how it answers may be asked once too often.
        assert.isAtMost(storage.atPlacesAsked, places.length + (name === "answers this way and that" ? 1 : 0))
      }))

    it.scoped(`reads a file in blocks that reads at places, and ${name}, for a handle in sequence, from anywhere on`, () =>
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

    it.effect(`has no place before the beginning of a file that reads at places, and ${name}, or behind all numbers`, () =>
      Effect.gen(function*() {
        const storage = new TestStorage(numbers(20))
        const file = yield* open(inBlocks(storage, answering, true), "read")
        for (const place of [-1, 0.5, Number.NaN]) {
          yield* Effect.exit(file.seek(place, "start"))
          assert.deepStrictEqual(storage.log.at(-1), { call: "seek", offset: place, count: 0 })
        }
        yield* file.seek(7, "start")
        yield* file.close
        yield* Effect.exit(file.seek(8, "start"))
        assert.deepStrictEqual(storage.log.at(-1), { call: "seek", offset: 8, count: 0 })
      }))
  }

  class Standing extends Request.TaggedClass("Standing")<number, never, object> {}

  /** A file that reads at places by callbacks, which wait in `pending` once somebody has said so. */
  const controlled = (bytes: Uint8Array, others: Partial<IOProc.File> = {}) => {
    const pending: Array<() => void> = []
    const state = { holds: false, closedOver: -1 }
    const transfer = (target: Uint8Array, position: number, then: (count: number) => void) =>
      IOProc.callback<number, never>((done) => {
        const end = () => {
          const count = Math.max(0, Math.min(target.length, bytes.length - position))
          target.set(bytes.subarray(position, position + count))
          then(count)
          done(Exit.succeed(count))
        }
        if (state.holds) pending.push(end)
        else queueMicrotask(end)
      })
    let position = 0
    const file: IOProc.File = {
      ...new TestStorage(bytes).file(),
      read: (target) =>
        transfer(target, position, (count) => {
          position += count
        }),
      readAt: (at, target) => transfer(target, at, () => {}),
      seek: (offset) => IOProc.immediate(() => Exit.succeed(position = offset)),
      close: Effect.sync(() => {
        state.closedOver = pending.length
      }),
      onMessage: IOProc.answer((request) => request instanceof Standing, () => Effect.sync(() => position)),
      ...others
    }
    return { pending, state, driver: IOProc.make({ open: () => Effect.succeed(file) }) }
  }
  const sixteen = { smallest: 16, largest: 16 }
  /** Until two blocks are on their way to somebody who does not wait for them any more: those from 68 and from 84 on. */
  const twoOnTheirWay = ({ pending, state }: ReturnType<typeof controlled>, file: IOProc.File) =>
    Effect.gen(function*() {
      for (let at = 0; at < 40; at += 4) assert.deepStrictEqual(yield* take(file, 4), [at, at + 1, at + 2, at + 3])
      yield* settle
      state.holds = true
      for (let at = 40; at < 68; at += 4) yield* take(file, 4)
      assert.strictEqual(pending.length, 2)
    })

  it.scoped("has a read elsewhere wait for the blocks that are on their way: there are never more than two", () =>
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

  it.effect("closes a file that reads at places once both blocks have come", () =>
    Effect.gen(function*() {
      const control = controlled(numbers(200))
      const file = yield* open(IOProc.readAhead(control.driver, sixteen))
      yield* twoOnTheirWay(control, file)
      const closing = yield* Effect.fork(file.close)
      for (const end of [...control.pending].toReversed()) {
        yield* settle
        assert.strictEqual(control.state.closedOver, -1)
        control.pending.splice(control.pending.indexOf(end), 1)
        end()
      }
      yield* Fiber.join(closing)
      assert.strictEqual(control.state.closedOver, 0)
    }))

  it.effect("has a file answer messages once nothing is on its way any more, standing where its reader is", () =>
    Effect.gen(function*() {
      const { driver, pending, state } = controlled(numbers(200), { readAt: undefined })
      const file = yield* open(IOProc.readAhead(driver, sixteen))
      for (let at = 0; at < 36; at += 4) yield* take(file, 4)
      yield* settle
      state.holds = true
      for (let at = 36; at < 52; at += 4) yield* take(file, 4)
      const answering = yield* Effect.fork(Option.getOrThrow(file.onMessage(new Standing())))
      yield* settle
      assert.strictEqual(pending.length, 1)
      for (const end of pending.splice(0)) end()
      assert.strictEqual(yield* Fiber.join(answering), 52)
      state.holds = false
      assert.deepStrictEqual(yield* take(file, 20), [...numbers(200).subarray(52, 72)])
    }))

  it.effect("uses nothing again that is still read into", () =>
    Effect.gen(function*() {
      const control = controlled(numbers(200))
      const file = yield* open(IOProc.readAhead(control.driver, sixteen))
      yield* twoOnTheirWay(control, file)
      const [first, second] = control.pending.splice(0)
      second?.()
      yield* settle
      control.state.holds = false
      for (let at = 84; at < 180; at += 4) {
        yield* file.seek(at, "start")
        assert.deepStrictEqual(yield* take(file, 4), [at, at + 1, at + 2, at + 3])
        yield* settle
        if (at === 100) first?.()
      }
    }))

  it.effect("reads what is asked for, where they are not", () =>
    Effect.gen(function*() {
      const storage = new TestStorage(numbers(200))
      const file = yield* open(IOProc.readAhead(storage.ioProc, small))
      for (const at of [50, 10, 150, 30, 99]) {
        yield* file.seek(at, "start")
        assert.deepStrictEqual(yield* take(file, 4), [at, at + 1, at + 2, at + 3])
      }
      assert.deepStrictEqual(sizesOf(storage, "read"), [4, 4, 4, 4, 4])
    }))

  it.effect("has large reads go past it", () =>
    Effect.gen(function*() {
      const storage = new TestStorage(numbers(400))
      const file = yield* open(IOProc.readAhead(storage.ioProc, small))
      for (let i = 0; i < 4; i++) yield* file.read(new Uint8Array(100))
      assert.deepStrictEqual(sizesOf(storage, "read"), [100, 100, 100, 100])
    }))

  it.effect("tells of no failure before its place is reached, and asks again there", () =>
    Effect.gen(function*() {
      const storage = new TestStorage(numbers(100))
      const file = yield* open(IOProc.readAhead(storage.ioProc, small))
      yield* take(file, 4)
      // The block is read, the one behind it is not.
      const calls = storage.calls
      storage.behaviour = { fails: (call) => call > calls }
      assert.deepStrictEqual(yield* take(file, 8), [4, 5, 6, 7, 8, 9, 10, 11])
      yield* settle
      assert.strictEqual((yield* Effect.flip(file.read(new Uint8Array(4))))._tag, "CannotRead")
      assert.strictEqual(yield* file.seek(0, "current"), 12)
      storage.behaviour = {}
      assert.deepStrictEqual(yield* take(file, 4), [12, 13, 14, 15])
    }))

  it.effect("sees what was written to the same file, by whatever name, and not only there", () =>
    Effect.gen(function*() {
      const storage = new TestStorage(numbers(100))
      const named = (identity: string | undefined) =>
        IOProc.readAhead(IOProc.mapFile(storage.ioProc, (file) => ({ ...file, identity })), small)
      for (const [identity, second] of [["bytes", "link"], [undefined, "test"]] as const) {
        const reader = yield* open(named(identity))
        // The block behind these has come.
        for (let at = 0; at < 12; at += 4) yield* take(reader, 4)
        yield* settle
        const writer = yield* open(named(identity), "write", second)
        yield* writer.seek(14, "start")
        yield* give(writer, Uint8Array.of(200, 201))
        assert.deepStrictEqual(yield* take(reader, 4), [12, 13, 200, 201])
        yield* reader.close
        yield* writer.close
        storage.bytes = numbers(100)
      }
    }))

  it.effect("sees what it wrote itself, in the blocks that it keeps", () =>
    Effect.gen(function*() {
      const storage = new TestStorage(numbers(100))
      const file = yield* open(IOProc.readAhead(storage.ioProc, small))
      yield* take(file, 4)
      yield* take(file, 5)
      yield* settle
      const reads = sizesOf(storage, "read").length
      yield* file.seek(11, "start")
      yield* give(file, Uint8Array.of(200, 201, 202))
      yield* file.seek(9, "start")
      assert.deepStrictEqual(yield* take(file, 7), [9, 10, 200, 201, 202, 14, 15])
      // What it reads now is behind that.
      const later = storage.log.filter(({ call }) => call === "read").slice(reads)
      assert.isTrue(later.every(({ offset }) => offset >= 20), JSON.stringify(later))
    }))

  it.effect("finds what came to the end of a file since", () =>
    Effect.gen(function*() {
      const storage = new TestStorage(numbers(20))
      const file = yield* open(IOProc.readAhead(storage.ioProc, small))
      assert.strictEqual((yield* take(file, 30)).length, 20)
      assert.deepStrictEqual(yield* take(file, 4), [])
      storage.bytes = numbers(24)
      assert.deepStrictEqual(yield* take(file, 4), [20, 21, 22, 23])
    }))

  it.effect("has a reader that is interrupted lose nothing", () =>
    Effect.gen(function*() {
      const storage = new TestStorage(numbers(100), { yields: () => 10 })
      const file = yield* open(IOProc.readAhead(storage.ioProc, small))
      yield* take(file, 4)
      for (let at = 4; at < 90; at += 3) {
        const reading = yield* Effect.fork(file.read(new Uint8Array(3)))
        yield* Effect.replicateEffect(Effect.yieldNow(), at % 7)
        yield* Fiber.interrupt(reading)
        yield* file.seek(at, "start")
        assert.deepStrictEqual(yield* take(file, 3), [at, at + 1, at + 2])
      }
      assert.isFalse(storage.overlapped)
    }))

  it.effect("closes once the block on its way has come, and leaves nothing running", () =>
    Effect.gen(function*() {
      const storage = new TestStorage(numbers(100), { yields: () => 10 })
      const file = yield* open(IOProc.readAhead(storage.ioProc, small))
      for (let at = 0; at < 8; at += 4) yield* take(file, 4)
      // One is on its way.
      assert.strictEqual(storage.running, 1)
      yield* file.close
      assert.strictEqual(storage.closed, 1)
      assert.strictEqual(storage.running, 0)
      assert.isFalse(storage.overlapped)
    }))
})

describe("writeBehind", () => {
  it.effect("writes blocks, larger and larger, where writes are in sequence, and what is left at the flush", () =>
    Effect.gen(function*() {
      const storage = new TestStorage(new Uint8Array(0), { yields: () => 1 })
      const file = yield* open(IOProc.writeBehind(storage.ioProc, small))
      const content = numbers(100)
      for (let at = 0; at < 100; at += 4) yield* give(file, content.subarray(at, at + 4))
      yield* settle
      assert.deepStrictEqual(sizesOf(storage, "write"), [4, 8, 16, 32, 32])
      assert.strictEqual(storage.bytes.length, 92)
      assert.strictEqual(yield* file.writeFlush(new Uint8Array(0)), 0)
      assert.deepStrictEqual(storage.bytes, content)
      assert.isFalse(storage.overlapped)
    }))

  it.effect("writes at once where they are not", () =>
    Effect.gen(function*() {
      const storage = new TestStorage(new Uint8Array(100))
      const file = yield* open(IOProc.writeBehind(storage.ioProc, small))
      for (const at of [50, 10, 90, 30]) {
        yield* file.seek(at, "start")
        yield* give(file, Uint8Array.of(at))
        assert.strictEqual(storage.bytes[at], at)
      }
    }))

  it.effect("keeps the order, so that nothing is down before what came earlier", () =>
    Effect.gen(function*() {
      const storage = new TestStorage(new Uint8Array(100))
      const file = yield* open(IOProc.writeBehind(storage.ioProc, small))
      yield* give(file, Uint8Array.of(1))
      yield* give(file, Uint8Array.of(2))
      yield* give(file, Uint8Array.of(3))
      yield* file.seek(50, "start")
      yield* give(file, Uint8Array.of(4))
      assert.deepStrictEqual(storage.log.filter(({ call }) => call === "write").map(({ offset }) => offset), [0, 1, 50])
    }))

  it.effect("reads what it holds, and counts it to the end of the file", () =>
    Effect.gen(function*() {
      const storage = new TestStorage(new Uint8Array(0))
      const file = yield* open(IOProc.writeBehind(storage.ioProc, small))
      for (const n of [1, 2, 3, 4]) yield* give(file, Uint8Array.of(n))
      assert.strictEqual(storage.bytes.length, 1)
      assert.strictEqual(yield* file.seek(-1, "end"), 3)
      assert.deepStrictEqual(yield* take(file, 4), [4])
      yield* file.seek(0, "start")
      assert.deepStrictEqual(yield* take(file, 4), [1, 2, 3, 4])
    }))

  it.effect("keeps what could not be written, tells whoever needs it down, and tries again", () =>
    Effect.gen(function*() {
      const storage = new TestStorage(new Uint8Array(0), { fails: () => false })
      const file = yield* open(IOProc.writeBehind(storage.ioProc, small))
      const content = numbers(40)
      yield* give(file, content.subarray(0, 1))
      storage.behaviour = { fails: () => true }
      // A block is taken, and does not go down.
      yield* give(file, content.subarray(1, 5))
      yield* give(file, content.subarray(5, 9))
      const error = yield* Effect.flip(file.write(content.subarray(9, 12)))
      assert.strictEqual(error._tag, "CannotWrite")
      assert.strictEqual(yield* file.seek(0, "current"), 9)
      assert.strictEqual((yield* Effect.flip(file.writeFlush(content.subarray(9, 12))))._tag, "CannotWrite")
      assert.strictEqual((yield* Effect.flip(file.read(new Uint8Array(1))))._tag, "CannotRead")
      storage.behaviour = {}
      yield* give(file, content.subarray(9))
      yield* file.writeFlush(new Uint8Array(0))
      assert.deepStrictEqual(storage.bytes, content)
    }))

  it.effect("tells as it is closed what is lost, and is closed", () =>
    Effect.gen(function*() {
      const storage = new TestStorage(new Uint8Array(0))
      const file = yield* open(IOProc.writeBehind(storage.ioProc, small))
      yield* give(file, Uint8Array.of(1))
      yield* give(file, Uint8Array.of(2))
      storage.behaviour = { fails: (call) => storage.log[call]?.call === "write" }
      assert.strictEqual((yield* Effect.flip(file.close))._tag, "CannotWrite")
      assert.strictEqual(storage.closed, 1)
      assert.deepStrictEqual([...storage.bytes], [1])
    }))

  it.effect("goes on where a block was written in part", () =>
    Effect.gen(function*() {
      const storage = new TestStorage(new Uint8Array(0))
      const file = yield* open(IOProc.writeBehind(storage.ioProc, small))
      const content = numbers(30)
      yield* give(file, content.subarray(0, 1))
      const first = storage.calls
      storage.behaviour = { atMost: () => 3, fails: (call) => call === first + 1 }
      for (let at = 1; at < 9; at += 4) yield* give(file, content.subarray(at, at + 4))
      assert.deepStrictEqual([...storage.bytes], [0, 1, 2, 3])
      yield* give(file, content.subarray(9))
      yield* file.writeFlush(new Uint8Array(0))
      assert.deepStrictEqual(storage.bytes, content)
    }))
})

describe("a file that only goes forward", () => {
  it.effect("is left as it is", () =>
    Effect.gen(function*() {
      const pipe = { ...new TestStorage(numbers(10)).file(), forwardOnly: true }
      const driver = both(IOProc.make({ open: () => Effect.succeed(pipe) }))
      assert.strictEqual(yield* open(driver), pipe)
    }))
})

class Where extends Request.TaggedClass("Where")<number, MmioError.CannotSeek, object> {}

describe("a message", () => {
  it.effect("finds the file below where the program left it, with all that was written", () =>
    Effect.gen(function*() {
      const storage = new TestStorage(numbers(100))
      const driver = both(IOProc.mapFile(storage.ioProc, (file) => ({
        ...file,
        onMessage: IOProc.answer(
          (request) => request instanceof Where,
          () =>
            Effect.tap(file.seek(0, "current"), () => {
              storage.bytes.fill(77, 20)
            })
        )
      })))
      const file = yield* open(driver)
      yield* take(file, 12)
      assert.strictEqual(yield* Option.getOrThrow(file.onMessage(new Where())), 12)
      yield* file.seek(20, "start")
      assert.deepStrictEqual(yield* take(file, 3), [77, 77, 77])
      for (const n of [1, 2, 3]) yield* give(file, Uint8Array.of(n))
      assert.strictEqual(yield* Option.getOrThrow(file.onMessage(new Where())), 26)
      assert.isTrue(
        Option.isNone(
          file.onMessage(new (class Other extends Request.TaggedClass("Other")<void, never, object> {})())
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
  "a driver that answers at once": { answering: atOnce, yields: false },
  "a driver that answers by callbacks": { answering: byCallback, yields: false }
}

layer(Layer.empty)("nothing is lost, whatever fails in between", (it) => {
  for (const [name, { answering, yields }] of Object.entries(drivers)) {
    it.effect.prop(
      `over ${name}`,
      [fc.array(step, { minLength: 5, maxLength: 60, size: "max" }), behaviour, fc.boolean()],
      ([steps, behaviour, places]) =>
        Effect.gen(function*() {
          const storage = new TestStorage(numbers(50), yields ? behaviour : { ...behaviour, yields: () => 0 })
          const file = yield* open(inBlocks(storage, answering, places))
          let model = [...storage.bytes]
          let position = 0
          for (const step of steps) {
            // A call that fails has changed nothing: the position is where it was, and so are the bytes.
            if (step.op === "seek") {
              if (Exit.isSuccess(yield* Effect.exit(file.seek(step.to, "start")))) position = step.to
            } else if (step.op === "read") {
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
          assert.strictEqual(yield* file.seek(0, "current"), position)
          yield* file.close
          assert.deepStrictEqual([...storage.bytes], model)
          assert.isFalse(storage.overlapped)
        }),
      { fastCheck: { numRuns: scale(200) }, timeout: 60_000 }
    )
  }
})

describe("a driver that calls back before its call returns", () => {
  for (const places of [false, true]) {
    it.scoped(`may do so for each of many bytes${places ? ", at places" : ""}`, () =>
      Effect.gen(function*() {
        const count = 20_000
        const storage = new TestStorage(numbers(count), { atMost: () => 1 })
        for (const through of [early(storage.ioProc), inBlocks(storage, early, places)]) {
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

describe("an answer at hand", () => {
  const file = Effect.flatMap(
    MemoryIOProc.make({ files: { "a": numbers(100) } }),
    (driver) => Mmio.openWith(driver, "a")
  )

  it.scopedLive("lets a loop be interrupted that never has to wait", () =>
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

  it.scoped("is a defect where a program's own function throws, and none of the generator's", () =>
    Effect.gen(function*() {
      const handle = yield* file
      yield* Mmio.read(handle, 1)
      const exit = yield* Effect.exit(Effect.gen(function*() {
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
