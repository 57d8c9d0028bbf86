/**
 * Handles over blocks: transfers that the blocks serve synchronously have the same results as those that ask the
 * driver, and the chunks of a stream belong to its consumer alone.
 */
import { IOProc, MemoryIOProc, Mmio } from "@effect-mmio/core"
import { assert, layer } from "@effect/vitest"
import { Cause, Effect, Exit, FastCheck as fc, Layer, Stream } from "effect"
import { drivers, inBlocks, numbers } from "./support/answering.js"
import { type Behaviour, TestStorage } from "./support/driver.js"
import { scale } from "./support/scale.js"

const short: fc.Arbitrary<Behaviour> = fc.record({ atMost: fc.integer({ min: 1, max: 40 }) }).map(({ atMost }) => ({
  atMost: () => atMost
}))

const written = fc.uint8Array({ minLength: 1, maxLength: 20, size: "max" })

/** Writes bytes into the model. */
const overwrite = (model: Array<number>, at: number, bytes: Uint8Array) => {
  while (model.length < at) model.push(0)
  model.splice(at, bytes.length, ...bytes)
}

layer(Layer.empty)("a handle over blocks", (it) => {
  for (const [name, answering] of Object.entries(drivers)) {
    it.scoped.prop(
      `is an array of bytes and a position, over a driver that ${name}`,
      [
        fc.array(
          fc.oneof(
            { weight: 4, arbitrary: fc.record({ read: fc.integer({ min: 1, max: 40 }) }) },
            { weight: 4, arbitrary: fc.record({ write: written }) },
            { weight: 1, arbitrary: fc.record({ seek: fc.integer({ min: 0, max: 150 }) }) },
            { weight: 1, arbitrary: fc.record({ flush: fc.boolean() }) }
          ),
          { minLength: 5, maxLength: 80, size: "max" }
        ),
        fc.constantFrom("none" as const, 4, 8, 24),
        short,
        fc.boolean()
      ],
      ([steps, buffer, behaviour, concurrent]) =>
        Effect.gen(function*() {
          const storage = new TestStorage(numbers(100), behaviour)
          const handle = yield* Mmio.openWith(inBlocks(storage, answering, concurrent), "test", {
            access: "readWrite",
            buffer
          })
          const model = [...storage.bytes]
          let position = 0
          for (const step of steps) {
            if ("read" in step) {
              const target = new Uint8Array(step.read)
              const count = yield* Mmio.readInto(handle, target)
              assert.deepStrictEqual([...target.subarray(0, count)], model.slice(position, position + step.read))
              position += count
            } else if ("write" in step) {
              assert.strictEqual(yield* Mmio.write(handle, step.write), step.write.length)
              overwrite(model, position, step.write)
              position += step.write.length
            } else if ("seek" in step) position = yield* Mmio.seek(handle, step.seek)
            else yield* Mmio.flush(handle, { emptyBuffer: step.flush })
            assert.strictEqual(yield* Mmio.position(handle), position)
          }
          yield* Mmio.close(handle)
          assert.deepStrictEqual([...storage.bytes], model)
          assert.isFalse(storage.overlapped)
        }),
      { fastCheck: { numRuns: scale(200) }, timeout: 60_000 }
    )

    it.scoped.prop(
      `gives forEachBuffer every byte once, over a driver that ${name}`,
      [
        fc.array(
          fc.oneof(
            {
              weight: 4,
              arbitrary: fc.record({
                from: fc.option(fc.integer({ min: 0, max: 150 }), { nil: undefined }),
                length: fc.integer({ min: 0, max: 150 }),
                /** In which window the function throws, if there are so many. */
                throws: fc.option(fc.nat({ max: 4 }), { nil: undefined })
              })
            },
            { weight: 1, arbitrary: fc.record({ write: written }) }
          ),
          { minLength: 1, maxLength: 12, size: "max" }
        ),
        fc.constantFrom(4, 8, 24),
        short,
        fc.boolean()
      ],
      ([steps, buffer, behaviour, concurrent]) =>
        Effect.gen(function*() {
          const storage = new TestStorage(numbers(200), behaviour)
          const handle = yield* Mmio.openWith(inBlocks(storage, answering, concurrent), "test", {
            access: "readWrite",
            buffer
          })
          const model = [...storage.bytes]
          let position = 0
          for (const step of steps) {
            if ("write" in step) {
              yield* Mmio.writeAll(handle, step.write)
              overwrite(model, position, step.write)
              position += step.write.length
            } else {
              const start = step.from ?? position
              const seen: Array<number> = []
              let windows = 0
              const exit = yield* Effect.exit(
                Mmio.forEachBuffer(handle, (bytes, at) => {
                  assert.strictEqual(at, start + seen.length)
                  assert.isTrue(bytes.length > 0 && bytes.length <= buffer)
                  if (windows++ === step.throws) throw new Error("told to throw")
                  seen.push(...bytes)
                }, { from: step.from, to: start + step.length })
              )
              const wanted = model.slice(start, start + step.length)
              if (Exit.isSuccess(exit)) {
                assert.deepStrictEqual(seen, wanted)
                assert.strictEqual(exit.value, wanted.length)
              } else {
                assert.include(String(Cause.squash(exit.cause)), "told to throw")
                assert.deepStrictEqual(seen, wanted.slice(0, seen.length))
              }
              position = start + seen.length
            }
            assert.strictEqual(yield* Mmio.position(handle), position)
          }
          yield* Mmio.close(handle)
          assert.deepStrictEqual([...storage.bytes], model)
          assert.isFalse(storage.overlapped)
        }),
      { fastCheck: { numRuns: scale(200) }, timeout: 60_000 }
    )

    it.scoped.prop(
      `streams chunks that belong to the consumer, over a driver that ${name}`,
      [
        fc.array(
          fc.oneof(
            { weight: 4, arbitrary: fc.constant(undefined) },
            // from another handle, or through the stream's own
            {
              weight: 1,
              arbitrary: fc.record({
                // relative to the position of the stream, so that the file does not grow ahead of it for ever
                by: fc.oneof(fc.integer({ min: -4, max: 20 }), fc.integer({ min: -280, max: 280 })),
                bytes: written,
                own: fc.boolean(),
                flushed: fc.boolean()
              })
            }
          ),
          { minLength: 1, maxLength: 30, size: "max" }
        ),
        fc.integer({ min: 1, max: 40 }),
        fc.constantFrom("none" as const, 8),
        fc.constantFrom("keeps" as const, "fills" as const, "transfers" as const),
        short,
        fc.boolean()
      ],
      ([steps, chunkSize, buffer, consumer, behaviour, concurrent]) =>
        Effect.gen(function*() {
          const storage = new TestStorage(numbers(300), behaviour)
          const driver = inBlocks(storage, answering, concurrent)
          const handle = yield* Mmio.openWith(driver, "test", { access: "readWrite", buffer })
          const other = yield* Mmio.openWith(driver, "test", { access: "readWrite", buffer: 8 })
          const model = [...storage.bytes]
          const kept: Array<{ readonly bytes: Uint8Array; readonly were: ReadonlyArray<number> }> = []
          let at = 0
          let i = 0
          yield* Stream.runForEach(Mmio.stream(handle, { chunkSize }), (bytes) =>
            Effect.gen(function*() {
              assert.deepStrictEqual([...bytes], model.slice(at, at + chunkSize))
              at += bytes.length
              assert.strictEqual(yield* Mmio.position(handle), at)
              if (consumer === "keeps") kept.push({ bytes, were: [...bytes] })
              else if (consumer === "fills") bytes.fill(255)
              else structuredClone(bytes.buffer, { transfer: [bytes.buffer as ArrayBuffer] })
              const step = steps[i++ % steps.length]
              if (step === undefined) return
              // a window is not read again because another handle wrote
              const writer = step.own || buffer !== "none" ? handle : other
              const place = Math.max(0, Math.min(280, at + step.by))
              yield* Mmio.seek(writer, place)
              yield* Mmio.writeAll(writer, step.bytes)
              // what two handles have not flushed is written in any order
              if (buffer === "none" || step.flushed) yield* Mmio.flush(writer)
              // back to the position of the stream
              yield* Mmio.seek(writer, at)
              overwrite(model, place, step.bytes)
            }))
          assert.isAtLeast(at, 300)
          for (const { bytes, were } of kept) assert.deepStrictEqual([...bytes], were)
          yield* Mmio.seek(handle, 0)
          assert.deepStrictEqual([...(yield* Mmio.read(handle, 10_000))], model)
        }),
      { fastCheck: { numRuns: scale(200) }, timeout: 60_000 }
    )
  }

  it.scoped("is written over after a chunk of a stream was transferred", () =>
    Effect.gen(function*() {
      const memory = yield* MemoryIOProc.make({ files: { a: numbers(100_000) } })
      const driver = IOProc.readAhead(memory, { smallest: 4096, largest: 4096 })
      const handle = yield* Mmio.openWith(driver, "a", { access: "readWrite", buffer: 64 })
      yield* Stream.runForEach(
        Stream.take(Mmio.stream(handle, { chunkSize: 1024 }), 5),
        (bytes) => Effect.sync(() => structuredClone(bytes.buffer, { transfer: [bytes.buffer as ArrayBuffer] }))
      )
      const at = yield* Mmio.position(handle)
      yield* Mmio.writeAll(handle, new Uint8Array(100).fill(255))
      yield* Mmio.flush(handle)
      const expected = numbers(100_000)
      expected.fill(255, at, at + 100)
      assert.deepStrictEqual(yield* memory.bytes("a"), expected)
    }))
})
