/**
 * What is read into the handle's own buffer, or written out of it, moves as if it lay elsewhere.
 */
import { IOProc, MemoryIOProc, Mmio } from "@effect-mmio/core"
import { assert, describe, it } from "@effect/vitest"
import { Effect, FastCheck as fc } from "effect"
import { numbers } from "./support/answering.js"
import { scale } from "./support/scale.js"

const size = 64
const access = "readWrite"

/** The ways by which a program comes to have the array that is a handle's buffer. */
const ways = {
  "a block that is a memory file": Effect.gen(function*() {
    const bytes = numbers(size)
    return { bytes, file: yield* Mmio.openMemory({ bytes }) }
  }),
  "a block that the library has made": Effect.gen(function*() {
    const file = yield* Mmio.openMemory({ size })
    yield* Mmio.writeAll(file, numbers(size))
    return { file, bytes: (yield* Mmio.getInfo(file)).bytes }
  }),
  "a buffer that it brings": Effect.gen(function*() {
    const bytes = new Uint8Array(size)
    return { bytes, file: yield* Mmio.openWith(yield* storage, "a", { access, buffer: bytes }) }
  }),
  "a buffer that it brings to a file of its own": Effect.gen(function*() {
    const bytes = new Uint8Array(size)
    const file = yield* (yield* storage).open(IOProc.openRequest("a", { access }))
    return { bytes, file: yield* Mmio.fromFile(file, { access, buffer: bytes }) }
  }),
  "a buffer that it brings later": Effect.gen(function*() {
    const bytes = new Uint8Array(size)
    const file = yield* Mmio.openWith(yield* storage, "a", { access })
    yield* Mmio.setBuffer(file, bytes)
    return { bytes, file }
  }),
  "an info of the buffer": Effect.gen(function*() {
    const file = yield* Mmio.openWith(yield* storage, "a", { access, buffer: size })
    return { file, bytes: (yield* Mmio.getInfo(file)).bytes }
  }),
  "what withBuffer gives": Effect.gen(function*() {
    const file = yield* Mmio.openWith(yield* storage, "a", { access, buffer: size })
    const bytes = yield* Mmio.withBuffer(file, "read", ({ bytes, next }) => ({ next, value: bytes }))
    return { file, bytes }
  }),
  "what forEachBuffer gives": Effect.gen(function*() {
    const file = yield* Mmio.openWith(yield* storage, "a", { access, buffer: size })
    // What the window has, it gives first.
    yield* Mmio.read(file, 1)
    const parts: Array<Uint8Array> = []
    yield* Mmio.forEachBuffer(file, (part) => parts.push(part))
    return { file, bytes: new Uint8Array(parts[0]!.buffer, parts[0]!.byteOffset - 1, size) }
  })
}

const storage = MemoryIOProc.make({ files: { a: numbers(size) } })

describe("the buffer itself, of which the program has the array by", () => {
  for (const [way, opened] of Object.entries(ways)) {
    it.scoped.prop(
      way,
      [fc.nat(size - 1), fc.nat(size - 1), fc.nat(40), fc.boolean()],
      ([from, to, wanted, isWrite]) =>
        Effect.gen(function*() {
          const { bytes, file } = yield* opened
          yield* Mmio.seek(file, 0)
          // Then the window holds all of the file.
          for (let i = 0; i < size; i++) yield* Mmio.read(file, 1)
          const count = Math.min(wanted, size - Math.max(from, to))
          const expected = numbers(size)
          expected.copyWithin(to, from, from + count)
          assert.strictEqual(bytes.length, size)
          if (isWrite) {
            yield* Mmio.seek(file, to)
            yield* Mmio.writeAll(file, bytes.subarray(from, from + count))
          } else {
            yield* Mmio.seek(file, from)
            yield* Mmio.readInto(file, bytes.subarray(to, to + count))
          }
          assert.deepStrictEqual([...bytes], [...expected])
        }),
      { fastCheck: { numRuns: scale(200) } }
    )
  }
})
