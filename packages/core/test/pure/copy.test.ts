/**
 * Copies between arrays, which may be parts of the same memory.
 */
import { assert, describe, it } from "@effect/vitest"
import { FastCheck as fc } from "effect"
import { copy, copyApart, copyOf } from "../../src/internal/io/copy.js"
import { scale } from "../support/scale.js"
import { View } from "../support/view.js"

const numbers = (length: number) => Uint8Array.from({ length }, (_, i) => i)

describe("copy", () => {
  it.prop(
    "reads all of the source before it is written over",
    [
      fc.record({
        source: fc.nat(40),
        target: fc.nat(40),
        from: fc.nat(20),
        to: fc.nat(20),
        count: fc.nat(100),
        together: fc.boolean()
      })
    ],
    ([{ count, from, source, target, to, together }]) => {
      const memory = numbers(200)
      const other = together ? memory : new Uint8Array(200)
      const expected = [...other]
      const first = target + to
      expected.splice(first, count, ...[...memory].slice(source + from, source + from + count))
      const transfer = together ? copy : copyApart
      transfer(memory.subarray(source), from, other.subarray(target), to, count)
      assert.deepStrictEqual([...other], expected)
    },
    { fastCheck: { numRuns: scale(1000) } }
  )

  it("copyOf owns its bytes, whatever the array's own slice is", () => {
    const bytes = new View(numbers(6))
    const copies = [copyOf(bytes), copyOf(bytes, 2, 4), copyOf(bytes, 4)]
    bytes.fill(9)
    assert.deepStrictEqual(copies.map((copy) => Array.from(copy)), [[0, 1, 2, 3, 4, 5], [2, 3], [4, 5]])
  })
})
