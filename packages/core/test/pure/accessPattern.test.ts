/** How a file is accessed, as `readAhead` and `writeBehind` see it. */
import { assert, describe, it } from "@effect/vitest"
import * as AccessPattern from "../../src/internal/io/accessPattern.js"

const sizes = { smallest: 8, largest: 30 }
const random = (end: number): AccessPattern.AccessPattern => ({ _tag: "Random", end })
const sequential = (end: number, blockSize: number): AccessPattern.AccessPattern => ({
  _tag: "Sequential",
  end,
  blockSize
})

describe("the access pattern", () => {
  it("no transfer continues before the first one", () => {
    assert.deepStrictEqual(AccessPattern.initial, random(-1))
    for (const position of [0, 1, 7]) {
      assert.deepStrictEqual(AccessPattern.observe(AccessPattern.initial, position, sizes), random(-1))
    }
  })

  it("is sequential from the first transfer that continues the last, or skips less than the smallest block", () => {
    const of = (position: number) => AccessPattern.observe(random(100), position, sizes)
    for (const position of [0, 99, 108, 1000]) assert.deepStrictEqual(of(position), random(100))
    for (const position of [100, 107]) assert.deepStrictEqual(of(position), sequential(100, 8))
    // Also from the start of a file.
    assert.deepStrictEqual(AccessPattern.observe(random(0), 0, sizes), sequential(0, 8))
  })

  it("doubles its blocks while it is sequential, up to the largest", () => {
    assert.deepStrictEqual(AccessPattern.observe(sequential(100, 8), 100, sizes), sequential(100, 16))
    assert.deepStrictEqual(AccessPattern.observe(sequential(100, 16), 107, sizes), sequential(100, 30))
    assert.deepStrictEqual(AccessPattern.grown(sequential(100, 30), sizes), sequential(100, 30))
    assert.deepStrictEqual(AccessPattern.grown(random(100), sizes), random(100))
  })

  it("is random again after a transfer anywhere else", () => {
    for (const position of [0, 99, 108]) {
      assert.deepStrictEqual(AccessPattern.observe(sequential(100, 16), position, sizes), random(100))
    }
  })

  it("keeps its kind and its blocks where a transfer ends", () => {
    assert.deepStrictEqual(AccessPattern.endingAt(random(100), 200), random(200))
    assert.deepStrictEqual(AccessPattern.endingAt(sequential(100, 16), 200), sequential(200, 16))
  })

  it("has blocks in a sequence alone", () => {
    assert.strictEqual(AccessPattern.blockSize(random(100)), 0)
    assert.strictEqual(AccessPattern.blockSize(sequential(100, 16)), 16)
  })
})
