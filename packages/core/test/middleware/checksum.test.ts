/**
 * What checksums promise where writes fail: a block that was written in part is finished, and a write that changed
 * nothing leaves nothing to finish.
 */
import { IOProc, MemoryIOProc, Mmio, MmioError } from "@effect-mmio/core"
import { assert, describe, it } from "@effect/vitest"
import { Cause, Effect, Exit, Fiber, Option, TestClock } from "effect"
import { numbers } from "../support/answering.js"
import { contentOf, outcomeOf, request } from "../support/storages.js"

const readWrite = { access: "readWrite" } as const
const blocks = { blockSize: 16 }

/** A storage with a file of 100 bytes in blocks of 16, and the same storage without checksums. */
const written = (around: (inner: IOProc.IOProc) => IOProc.IOProc = (inner) => inner) =>
  Effect.gen(function*() {
    const memory = yield* MemoryIOProc.make()
    yield* write(IOProc.checksum(around(memory), blocks), numbers(100))
    return memory
  })

const write = (driver: IOProc.IOProc, bytes: Uint8Array) =>
  Effect.scoped(
    Effect.flatMap(
      Mmio.openWith(driver, "a", { access: "write", create: true }),
      (file) => Mmio.write(file, bytes)
    )
  )

type Write = NonNullable<IOProc.File["writeAt"]>

/** A storage whose writes go through a function. */
const writing = (inner: IOProc.IOProc, around: (write: Write) => Write) =>
  IOProc.mapFile(inner, (file) => ({ ...file, writeAt: file.writeAt && around(file.writeAt) }))

const full = new MmioError.CannotWrite({
  operation: "test",
  file: "a",
  description: "full",
  errno: "ENOSPC",
  written: 0
})

/** 100 bytes with others from a position on. */
const changedAt = (position: number, bytes: Uint8Array): Array<number> => {
  const changed = numbers(100)
  changed.set(bytes, position)
  return [...changed]
}

const fresh = numbers(50).map((n) => n ^ 0xff)

describe("checksum, where a write fails", () => {
  /** Writes the first 9 bytes of the next write that has that many, and then ends in a way of its own. */
  const torn = (inner: IOProc.IOProc, state: { tears: number }, end: Effect.Effect<never, MmioError.WriteError>) =>
    IOProc.mapFile(inner, (file) => ({
      ...file,
      capabilities: { ...file.capabilities, cancellable: true },
      writeAt: file.writeAt && ((position, source, mode) =>
        Effect.suspend(() =>
          source.length < 9 || state.tears-- <= 0
            ? file.writeAt!(position, source, mode)
            : Effect.zipRight(file.writeAt!(position, source.subarray(0, 9), mode), end)
        ))
    }))

  for (
    const [how, end] of [
      ["fails with written: 0", Effect.fail(full)],
      ["dies", Effect.dieMessage("the driver has a bug")],
      ["is interrupted", Effect.interrupt],
      ["takes too long", Effect.never]
    ] as const
  ) {
    for (const next of ["read", "write", "truncate", "size", "commit", "close", "abort"] as const) {
      it.effect(`finishes the block before the next ${next} where a write ${how} half-way`, () =>
        Effect.gen(function*() {
          const memory = yield* written()
          const state = { tears: 1 }
          const driver = IOProc.checksum(IOProc.timeout(torn(memory, state, end), "1 second"), blocks)
          const file = yield* driver.open(request("a", readWrite))
          const fiber = yield* Effect.fork(file.writeAt!(32, fresh.subarray(0, 16), "write"))
          yield* TestClock.adjust("1 second")
          assert.isTrue(Exit.isFailure(yield* Fiber.await(fiber)))
          assert.strictEqual(state.tears, 0)
          const expected = changedAt(32, fresh.subarray(0, 16))
          if (next === "read") {
            const target = new Uint8Array(16)
            assert.strictEqual(yield* file.readAt(32, target), 16)
            assert.deepStrictEqual(target, fresh.subarray(0, 16))
          } else if (next === "write") yield* file.writeAt!(40, Uint8Array.of(expected[40]!), "write")
          else if (next === "truncate") yield* file.truncate!(100)
          else if (next === "size") assert.strictEqual(yield* file.size, 100)
          else if (next === "commit") yield* file.commit
          if (next !== "close" && next !== "abort") {
            assert.deepStrictEqual(yield* contentOf(IOProc.checksum(memory, blocks), "a"), expected)
          }
          yield* next === "abort" ? file.abort : file.close
          assert.deepStrictEqual(yield* contentOf(IOProc.checksum(memory, blocks), "a"), expected)
        }))
    }
  }

  it.effect("finishes the last block where a file grew half-way", () =>
    Effect.gen(function*() {
      const memory = yield* written()
      const file = yield* IOProc.checksum(torn(memory, { tears: 1 }, Effect.fail(full)), blocks)
        .open(request("a", readWrite))
      assert.strictEqual((yield* Effect.flip(file.writeAt!(100, fresh, "write"))).errno, "ENOSPC")
      assert.strictEqual(yield* file.readAt(96, new Uint8Array(4)), 4)
      assert.strictEqual(yield* file.writeAt!(100, fresh, "write"), 50)
      yield* file.close
      assert.deepStrictEqual(yield* contentOf(IOProc.checksum(memory, blocks), "a"), [...numbers(100), ...fresh])
    }))

  it.effect("finishes the block where the first part of a file in parts could not be flushed", () =>
    Effect.gen(function*() {
      const parts = IOProc.split(10)
      const memory = yield* written(parts)
      let flushes = 0
      const failing = writing(
        memory,
        (write) => (position, source, mode) =>
          Effect.suspend(() =>
            source.length === 0 && flushes++ === 0 ? Effect.fail(full) : write(position, source, mode)
          )
      )
      const file = yield* IOProc.checksum(parts(failing), blocks).open(request("a", readWrite))
      assert.strictEqual(yield* outcomeOf(file.writeAt!(32, fresh.subarray(0, 16), "writeFlush")), "CannotWrite")
      assert.strictEqual(yield* file.readAt(32, new Uint8Array(16)), 16)
      yield* file.close
      assert.deepStrictEqual(
        yield* contentOf(IOProc.checksum(parts(memory), blocks), "a"),
        changedAt(32, fresh.subarray(0, 16))
      )
    }))

  it.effect("has nothing to finish where the write was refused as a whole", () =>
    Effect.gen(function*() {
      const memory = yield* written()
      let writes = 0
      // A full disk: what is there can be written over, and nothing can be added.
      const driver = writing(memory, (write) => (position, source, mode) =>
        Effect.suspend(() => {
          writes++
          return position + source.length > 128 ? Effect.fail(full) : write(position, source, mode)
        }))
      const file = yield* IOProc.checksum(driver, blocks).open(request("a", readWrite))
      for (let i = 0; i < 3; i++) {
        const error = yield* Effect.flip(file.writeAt!(90, fresh, "write"))
        assert.deepStrictEqual([error._tag, error.errno], ["CannotWrite", "ENOSPC"])
        assert.strictEqual(yield* file.readAt(96, new Uint8Array(16)), 4)
        assert.strictEqual(yield* file.size, 100)
      }
      assert.strictEqual(writes, 3)
      yield* file.writeAt!(32, fresh.subarray(0, 16), "write")
      yield* file.truncate!(99)
      yield* file.close
      assert.deepStrictEqual(
        yield* contentOf(IOProc.checksum(memory, blocks), "a"),
        changedAt(32, fresh.subarray(0, 16)).slice(0, 99)
      )
    }))

  it.effect("reads all other blocks while one cannot be finished, and says why that one cannot be read", () =>
    Effect.gen(function*() {
      const memory = yield* written()
      const state = { tears: Number.POSITIVE_INFINITY }
      const file = yield* IOProc.checksum(torn(memory, state, Effect.fail(full)), blocks).open(request("a", readWrite))
      assert.strictEqual(yield* outcomeOf(file.writeAt!(32, fresh.subarray(0, 16), "write")), "CannotWrite")
      const target = new Uint8Array(16)
      assert.strictEqual(yield* file.readAt(16, target), 16)
      assert.deepStrictEqual(target, numbers(100).subarray(16, 32))
      const error = yield* Effect.flip(file.readAt(32, target))
      assert.deepStrictEqual([error._tag, error.errno], ["CannotRead", "ENOSPC"])
      const unknown = yield* Effect.flip(file.size)
      assert.deepStrictEqual([unknown._tag, unknown.errno], ["CannotSeek", "ENOSPC"])
      assert.strictEqual((yield* Effect.flip(file.commit)).errno, "ENOSPC")
      assert.strictEqual((yield* Effect.flip(file.writeAt!(0, fresh, "write"))).errno, "ENOSPC")
      const closed = yield* Effect.flip(file.close)
      assert.deepStrictEqual([closed._tag, closed.errno], ["CannotWrite", "ENOSPC"])
    }))

  it.effect("leaves a block as it is that another handle has written since", () =>
    Effect.gen(function*() {
      const memory = yield* written()
      const driver = IOProc.checksum(torn(memory, { tears: 1 }, Effect.fail(full)), blocks)
      const file = yield* driver.open(request("a", readWrite))
      yield* Effect.exit(file.writeAt!(32, fresh.subarray(0, 16), "write"))
      const other = yield* driver.open(request("a", readWrite))
      yield* other.writeAt!(32, numbers(16), "write")
      yield* file.close
      yield* other.close
      assert.deepStrictEqual(yield* contentOf(IOProc.checksum(memory, blocks), "a"), changedAt(32, numbers(16)))
    }))

  it.effect("releases an aborted file where finishing dies", () =>
    Effect.gen(function*() {
      const memory = yield* written()
      const state = { tears: Number.POSITIVE_INFINITY }
      const driver = IOProc.checksum(torn(memory, state, Effect.dieMessage("the driver has a bug")), blocks)
      const file = yield* driver.open(request("a", { ...readWrite, share: "exclusive" }))
      yield* Effect.exit(file.writeAt!(32, fresh.subarray(0, 16), "write"))
      const exit = yield* Effect.exit(file.abort)
      assert.isTrue(Exit.isFailure(exit) && Option.isSome(Cause.dieOption(exit.cause)))
      const again = yield* memory.open(request("a", { ...readWrite, share: "exclusive" }))
      yield* again.close
    }))
})

describe("checksum, where the end of a file is damaged", () => {
  const parts = IOProc.split(8)
  const refused = new MmioError.CannotWrite({
    operation: "test",
    file: "a",
    description: "it is busy",
    errno: "EBUSY",
    written: 0
  })

  /** A file in parts that could not be cut to its end: three blocks are whole, and the fourth has 4 bytes. */
  const cut = Effect.gen(function*() {
    const memory = yield* written(parts)
    const state = { fails: true }
    const failing = IOProc.mapFile(memory, (file, { name }) => ({
      ...file,
      truncate: file.truncate &&
        ((size) =>
          Effect.suspend(() => state.fails && name.full === "a.7" ? Effect.fail(refused) : file.truncate!(size)))
    }))
    const file = yield* IOProc.checksum(parts(failing), blocks).open(request("a", readWrite))
    assert.strictEqual((yield* Effect.flip(file.truncate!(8))).errno, "EBUSY")
    assert.strictEqual(yield* outcomeOf(file.size), "CannotSeek")
    state.fails = false
    return { file, content: contentOf(IOProc.checksum(parts(memory), blocks), "a") }
  })

  for (const size of [8, 0, 16, 48]) {
    it.effect(`can be cut to ${size} bytes`, () =>
      Effect.gen(function*() {
        const { content, file } = yield* cut
        yield* file.truncate!(size)
        assert.strictEqual(yield* file.size, size)
        yield* file.close
        assert.deepStrictEqual(yield* content, [...numbers(100).subarray(0, size)])
      }))
  }

  it.effect("can be read and written before it, and is mended where its block is written as a whole", () =>
    Effect.gen(function*() {
      const { content, file } = yield* cut
      yield* file.writeAt!(40, fresh.subarray(0, 8), "write")
      yield* file.writeAt!(3, fresh.subarray(0, 20), "write")
      const target = new Uint8Array(100)
      assert.strictEqual(yield* file.readAt(0, target), 48)
      assert.strictEqual(yield* outcomeOf(file.readAt(48, target)), "CannotRead")
      assert.strictEqual(yield* outcomeOf(file.size), "CannotSeek")
      yield* file.writeAt!(47, fresh.subarray(0, 17), "write")
      assert.strictEqual(yield* file.size, 64)
      yield* file.close
      const expected = numbers(64)
      expected.set(fresh.subarray(0, 8), 40)
      expected.set(fresh.subarray(0, 20), 3)
      expected.set(fresh.subarray(0, 17), 47)
      assert.deepStrictEqual(yield* content, [...expected])
    }))

  it.effect("refuses what needs the bytes that are missing, and changes nothing", () =>
    Effect.gen(function*() {
      const { file } = yield* cut
      for (
        const change of [
          file.writeAt!(48, fresh.subarray(0, 15), "write"),
          file.writeAt!(49, fresh, "write"),
          file.writeAt!(100, fresh, "write"),
          file.truncate!(49),
          file.truncate!(100)
        ]
      ) {
        const error = yield* Effect.flip(change)
        assert.deepStrictEqual([error._tag, error.description], [
          "CannotWrite",
          "the last block is truncated: 64 bytes are stored"
        ])
      }
      assert.strictEqual(yield* outcomeOf(file.size), "CannotSeek")
      yield* file.truncate!(48)
      yield* file.close
    }))

  it.effect("keeps the block in which a truncate that failed has cut the file", () =>
    Effect.gen(function*() {
      const memory = yield* written()
      const state = { fails: true }
      const failing = IOProc.mapFile(memory, (file) => ({
        ...file,
        truncate: file.truncate && ((size) =>
          Effect.suspend(() =>
            state.fails
              ? Effect.zipRight(file.truncate!(size + 3), Effect.fail(refused))
              : file.truncate!(size)
          ))
      }))
      const file = yield* IOProc.checksum(failing, blocks).open(request("a", readWrite))
      assert.strictEqual((yield* Effect.flip(file.truncate!(40))).errno, "EBUSY")
      const target = new Uint8Array(100)
      assert.strictEqual(yield* file.readAt(32, target), 16)
      assert.deepStrictEqual(target.subarray(0, 16), numbers(100).subarray(32, 48))
      state.fails = false
      yield* file.truncate!(40)
      yield* file.close
      assert.deepStrictEqual(yield* contentOf(IOProc.checksum(memory, blocks), "a"), [...numbers(40)])
    }))

  it.effect("can be cut off where it cannot be finished", () =>
    Effect.gen(function*() {
      const memory = yield* written()
      // A full disk: 9 more bytes of a block that is added are written, and no others.
      const driver = writing(memory, (write) => (position, source, mode) =>
        position + source.length <= 128
          ? write(position, source, mode)
          : Effect.zipRight(write(position, source.subarray(0, 9), mode), Effect.fail(full)))
      for (const size of [96, 90]) {
        const file = yield* IOProc.checksum(driver, blocks).open(request("a", readWrite))
        yield* file.truncate!(96 - 16)
        yield* file.writeAt!(80, numbers(16), "write")
        assert.strictEqual((yield* Effect.flip(file.writeAt!(96, fresh, "write"))).errno, "ENOSPC")
        assert.strictEqual((yield* Effect.flip(file.truncate!(97))).errno, "ENOSPC")
        yield* file.truncate!(size)
        assert.strictEqual(yield* file.size, size)
        yield* file.close
      }
      assert.deepStrictEqual(
        yield* contentOf(IOProc.checksum(memory, blocks), "a"),
        [...numbers(100).subarray(0, 80), ...numbers(10)]
      )
    }))
})

describe("checksum, at positions that no file has", () => {
  for (const blockSize of [1, 16, 4096]) {
    it.effect(`is at the end of the file, in blocks of ${blockSize}`, () =>
      Effect.gen(function*() {
        const memory = yield* MemoryIOProc.make()
        const driver = IOProc.checksum(memory, { blockSize })
        yield* write(driver, numbers(5))
        const stored = yield* memory.bytes("a")
        const most = Number.MAX_SAFE_INTEGER
        yield* Effect.scoped(Effect.gen(function*() {
          const handle = yield* Mmio.openWith(driver, "a")
          for (const position of [most - 1, most, Math.floor(most / 5) * 4]) {
            yield* Mmio.seek(handle, position)
            assert.lengthOf(yield* Mmio.read(handle, 1), 0)
          }
        }))
        const file = yield* driver.open(request("a", readWrite))
        for (const position of [most, most - 1, most - 100, Math.ceil(most / (blockSize + 4)) * blockSize]) {
          const failures = [
            yield* Effect.flip(file.writeAt!(position, fresh, "write")),
            yield* Effect.flip(file.truncate!(position))
          ]
          assert.deepStrictEqual(failures.map(({ _tag }) => _tag), ["CannotWrite", "CannotWrite"])
        }
        yield* file.close
        assert.deepStrictEqual(yield* memory.bytes("a"), stored)
      }))
  }
})
