/**
 * Law 7 of handles: the blocks of all files of a layer come from one budget, and all of them return to it.
 */
import { IOProc, MemoryIOProc, Mmio, MmioError } from "@effect-mmio/core"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, Fiber, flow, Scope } from "effect"
import { asEffect, byCallback, early, numbers, synchronously } from "../support/answering.js"
import { scale } from "../support/scale.js"

const sizes = { smallest: 512, largest: 2048 }
const fileSize = 6000

const answers: Record<string, (driver: IOProc.IOProc) => IOProc.IOProc> = {
  "synchronously": synchronously,
  "by callbacks": byCallback,
  "by callbacks before the call returns": early,
  "as an effect": asEffect
}

/** Blocks of one budget around files in memory; `check` is called by every call of an inner file. */
const stack = (budget: IOProc.BlockBudget, answering: (driver: IOProc.IOProc) => IOProc.IOProc, check: () => void) =>
  Effect.map(Effect.orDie(MemoryIOProc.make()), (memory) => {
    const checked = IOProc.mapFile(answering(memory), (file) => {
      const { writeAt } = file
      return {
        ...file,
        readAt: (position, target) => {
          check()
          return file.readAt(position, target)
        },
        writeAt: writeAt && ((position, source, mode) => {
          check()
          return writeAt(position, source, mode)
        })
      }
    })
    const blocks = { ...sizes, budget }
    return { memory, driver: flow(IOProc.writeBehind(blocks), IOProc.readAhead(blocks))(checked) }
  })

/** A budget, and a check that it is never exceeded. */
const watched = (limit: number) => {
  const budget = IOProc.makeBlockBudget(limit)
  const state = { budget, most: 0 }
  const check = () => {
    state.most = Math.max(state.most, budget.used)
    assert.isAtLeast(budget.used, 0)
    assert.isAtMost(budget.used, limit)
  }
  return { state, budget, check }
}

/** `assert.deepStrictEqual` takes most of the time where it compares so many arrays. */
const assertBytes = (actual: Uint8Array, expected: Uint8Array) =>
  assert.isTrue(actual.length === expected.length && actual.every((byte, i) => byte === expected[i]), "the bytes")

const files = (count: number) => Array.from({ length: count }, (_, i) => `file-${i}`)

describe("the budget of blocks", () => {
  for (const [way, answering] of Object.entries(answers)) {
    it.effect(
      `is not exceeded by 1 000 open files that are written and read in sequence, ${way}`,
      () =>
        Effect.gen(function*() {
          const { budget, check, state } = watched(64 * 1024)
          const { driver, memory } = yield* stack(budget, answering, check)
          const names = files(Math.max(1000, scale(1000)))
          const content = numbers(fileSize)

          const writing = yield* Scope.make()
          const writers = yield* Effect.forEach(
            names,
            (name) => Scope.extend(Mmio.openWith(driver, name, { access: "write", create: true, buffer: 64 }), writing)
          )
          for (let at = 0; at < fileSize; at += 500) {
            yield* Effect.forEach(
              writers,
              (writer) => Effect.tap(Mmio.writeAll(writer, content.subarray(at, at + 500)), () => Effect.sync(check)),
              { discard: true }
            )
          }
          yield* Scope.close(writing, Exit.void)
          assert.strictEqual(budget.used, 0, "after all writers were closed")
          for (const name of names) assertBytes(yield* memory.bytes(name), content)

          const reading = yield* Scope.make()
          const readers = yield* Effect.forEach(
            names,
            (name) => Scope.extend(Mmio.openWith(driver, name, { buffer: 64 }), reading)
          )
          for (let at = 0; at < fileSize; at += 500) {
            for (const reader of readers) {
              assertBytes(yield* Mmio.read(reader, 500), content.subarray(at, at + 500))
              check()
            }
          }
          yield* Scope.close(reading, Exit.void)
          assert.strictEqual(budget.used, 0, "after all readers were closed")
          // The budget has room for far less than a block of each file.
          assert.isAbove(state.most, 32 * 1024, "the blocks did not use the budget")
        }),
      60_000
    )
  }

  it.effect("is returned by files that are closed one after the other", () =>
    Effect.gen(function*() {
      const { budget, check, state } = watched(4 * 2048)
      const { driver } = yield* stack(budget, asEffect, check)
      const content = numbers(fileSize)
      for (const name of files(Math.max(1000, scale(1000)))) {
        yield* Effect.scoped(Effect.gen(function*() {
          const file = yield* Mmio.openWith(driver, name, { access: "readWrite", create: true, buffer: 64 })
          for (let at = 0; at < fileSize; at += 700) yield* Mmio.writeAll(file, content.subarray(at, at + 700))
          yield* Mmio.seek(file, 0)
          for (let at = 0; at < fileSize; at += 900) {
            assertBytes(yield* Mmio.read(file, 900), content.subarray(at, at + 900))
          }
        }))
        assert.strictEqual(budget.used, 0)
      }
      assert.isAbove(state.most, 0, "no block was used")
    }), 60_000)

  it.effect("is returned by files whose operations are interrupted", () =>
    Effect.gen(function*() {
      const { budget, check, state } = watched(16 * 1024)
      const { driver } = yield* stack(budget, asEffect, check)
      const content = numbers(fileSize)
      for (let yields = 0; yields < 60; yields++) {
        const name = `file-${yields}`
        const work = Effect.scoped(Effect.gen(function*() {
          const file = yield* Mmio.openWith(driver, name, { access: "readWrite", create: true, buffer: 64 })
          for (let at = 0; at < fileSize; at += 100) yield* Mmio.writeAll(file, content.subarray(at, at + 100))
          yield* Mmio.seek(file, 0)
          for (let at = 0; at < fileSize; at += 100) yield* Mmio.read(file, 100)
        }))
        const fiber = yield* Effect.fork(work)
        for (let i = 0; i < yields; i++) yield* Effect.yieldNow()
        yield* Fiber.interrupt(fiber)
        assert.strictEqual(budget.used, 0, `interrupted after ${yields} yields`)
      }
      assert.isAbove(state.most, 0, "no block was used")
    }))

  for (const [way, answering] of Object.entries(answers)) {
    it.effect(`is returned by files that are aborted, and by files whose driver fails ${way}`, () =>
      Effect.gen(function*() {
        const { budget, check, state } = watched(16 * 1024)
        const { memory } = yield* stack(budget, answering, check)
        let calls = 0
        const full = (file: string) =>
          new MmioError.CannotWrite({ operation: "write", file, description: "told to fail", written: 0 })
        const unreadable = (file: string) =>
          new MmioError.CannotRead({ operation: "read", file, description: "told to fail" })
        // Every 7th call fails.
        const failing = answering(IOProc.mapFile(memory, (file, { name }) => {
          const { writeAt } = file
          return {
            ...file,
            readAt: (position, target) =>
              Effect.suspend(() =>
                ++calls % 7 === 0 ? Effect.fail(unreadable(name.full)) : file.readAt(position, target)
              ),
            writeAt: writeAt &&
              ((position, source, mode) =>
                Effect.suspend(() =>
                  ++calls % 7 === 0 ? Effect.fail(full(name.full)) : writeAt(position, source, mode)
                ))
          }
        }))
        const blocks = { ...sizes, budget }
        const driver = flow(IOProc.writeBehind(blocks), IOProc.readAhead(blocks))(failing)
        for (let i = 0; i < 60; i++) {
          const file = yield* driver.open(IOProc.openRequest(`file-${i}`, { access: "readWrite", create: "truncate" }))
          for (let at = 0; at < 3000; at += 100) {
            yield* Effect.exit(file.writeAt?.(at, numbers(100), "write") ?? Effect.void)
            check()
          }
          for (let at = 0; at < 3000; at += 100) {
            yield* Effect.exit(file.readAt(at, new Uint8Array(100)))
            check()
          }
          for (let at = 3000; at < 4500; at += 100) {
            yield* Effect.exit(file.writeAt?.(at, numbers(100), "write") ?? Effect.void)
          }
          yield* i % 2 === 0 ? file.abort : Effect.exit(file.close)
          assert.strictEqual(budget.used, 0, `after file ${i}`)
        }
        assert.isAbove(state.most, 0, "no block was used")
      }))
  }

  it.effect("leaves files that get no block with the buffers of their handles", () =>
    Effect.gen(function*() {
      const { budget, check, state } = watched(0)
      const { driver, memory } = yield* stack(budget, byCallback, check)
      const content = numbers(fileSize)
      yield* Effect.scoped(Effect.gen(function*() {
        const file = yield* Mmio.openWith(driver, "file", { access: "readWrite", create: true, buffer: 64 })
        for (let at = 0; at < fileSize; at += 50) yield* Mmio.writeAll(file, content.subarray(at, at + 50))
        yield* Mmio.seek(file, 0)
        for (let at = 0; at < fileSize; at += 50) {
          assertBytes(yield* Mmio.read(file, 50), content.subarray(at, at + 50))
        }
      }))
      assertBytes(yield* memory.bytes("file"), content)
      assert.strictEqual(state.most, 0)
    }))
})
