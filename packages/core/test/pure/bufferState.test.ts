/**
 * The window as a pure state machine: each question and each transition by itself, then random sequences of them
 * against a file in an array.
 */
import { assert, describe, it } from "@effect/vitest"
import { FastCheck as fc } from "effect"
import * as BufferState from "../../src/internal/handle/bufferState.js"
import { scale } from "../support/scale.js"

type State = BufferState.BufferState

const bytes = new Uint8Array(8)
const other = new Uint8Array(16)

/** A window of 8 bytes at 100 in a file, which holds 6 of them, with the position at 102. */
const window: State = {
  bytes,
  offset: 100,
  next: 2,
  endRead: 6,
  dirtyStart: 0,
  dirtyEnd: 0,
  diskOffset: 106,
  generation: 5,
  isWholeFile: false
}
const dirty: State = { ...window, dirtyStart: 1, dirtyEnd: 4 }
/** A memory file of 6 bytes in a block of 8. */
const whole: State = { ...window, offset: 0, diskOffset: 0, isWholeFile: true }

describe("questions", () => {
  it("a new window is empty, clean and at its position", () => {
    assert.deepStrictEqual(BufferState.make(bytes, 100), {
      ...window,
      next: 0,
      endRead: 0,
      diskOffset: 100,
      generation: 0
    })
    assert.deepStrictEqual(BufferState.makeWhole(bytes, 6), { ...whole, next: 0, generation: 0 })
  })

  it("the position is that of the window and what is after it", () => {
    assert.strictEqual(BufferState.position(window), 102)
    assert.strictEqual(BufferState.position({ ...window, next: -3 }), 97)
  })

  it("a window is dirty where its dirty range is not empty", () => {
    assert.isFalse(BufferState.isDirty(window))
    assert.isFalse(BufferState.isDirty({ ...window, dirtyStart: 3, dirtyEnd: 3 }))
    assert.isTrue(BufferState.isDirty(dirty))
  })

  it("what is readable and writable at the position depends on where the window ends", () => {
    const seen = [-1, 0, 2, 5, 6, 7].map((next) => {
      const s = { ...window, next }
      return [BufferState.isAttached(s), BufferState.readable(s), BufferState.writable(s)]
    })
    assert.deepStrictEqual(seen, [[false, 0, 0], [true, 6, 8], [true, 4, 6], [true, 1, 3], [true, 0, 2], [false, 0, 0]])
  })

  it("a transfer bypasses the buffer from its size on, or from a quarter of it on out of memory", () => {
    const from = (s: State, inMemory: boolean) =>
      Array.from({ length: 10 }, (_, count) => BufferState.bypasses(s, count, inMemory)).indexOf(true)
    assert.deepStrictEqual([from(window, false), from(window, true)], [8, 2])
    assert.deepStrictEqual([from(whole, false), from(whole, true)], [-1, -1])
  })

  it("a read writes what is dirty first, then bypasses a large transfer and fills for a small one", () => {
    assert.strictEqual(BufferState.planRead(window, 7), "fill")
    assert.strictEqual(BufferState.planRead(window, 8), "bypass")
    assert.strictEqual(BufferState.planRead(dirty, 7), "drain")
    assert.strictEqual(BufferState.planRead(dirty, 8), "drain")
    assert.strictEqual(BufferState.planRead(whole, 1), "end")
    assert.strictEqual(BufferState.planRead({ ...whole, dirtyEnd: 1 }, 1), "end")
  })

  it("a write puts what fits, else writes what is dirty, and then moves the window, bypasses it or grows the block", () => {
    assert.strictEqual(BufferState.planWrite(window, 6), "put")
    assert.strictEqual(BufferState.planWrite(window, 7), "move")
    assert.strictEqual(BufferState.planWrite(window, 8), "bypass")
    assert.strictEqual(BufferState.planWrite(dirty, 6), "put")
    assert.strictEqual(BufferState.planWrite(dirty, 7), "drain")
    assert.strictEqual(BufferState.planWrite(dirty, 8), "drain")
    // A large one bypasses the buffer also where it would fit.
    assert.strictEqual(BufferState.planWrite({ ...window, next: 0 }, 8), "bypass")
    assert.strictEqual(BufferState.planWrite({ ...dirty, next: 0 }, 8), "drain")
    assert.strictEqual(BufferState.planWrite(whole, 6), "put")
    assert.strictEqual(BufferState.planWrite(whole, 7), "grow")
    assert.strictEqual(BufferState.planWrite({ ...whole, next: 0 }, 8), "put")
  })

  it("a fill asks for all the room in a sequence, and for a quarter of the buffer, or what is wanted, after a far seek", () => {
    const at = (position: number, wanted: number, length = 8) =>
      BufferState.fillSize({ ...window, bytes: new Uint8Array(length), offset: position, next: 0, endRead: 0 }, wanted)
    // The last transfer ended at 106: 106 to 113 continue it.
    assert.deepStrictEqual([105, 106, 113, 114].map((position) => at(position, 1)), [2, 8, 8, 2])
    assert.deepStrictEqual([1, 2, 3, 8, 9].map((wanted) => at(500, wanted)), [2, 2, 3, 8, 8])
    assert.strictEqual(at(500, 1, 9), 3)
    // What the window holds leaves less room.
    assert.strictEqual(BufferState.fillSize({ ...window, next: 6 }, 1), 2)
    assert.strictEqual(BufferState.fillSize({ ...window, next: 6, endRead: 7, diskOffset: 0 }, 2), 1)
    assert.strictEqual(BufferState.fillSize({ ...window, offset: 0, next: 6, diskOffset: 500 }, 5), 2)
  })
})

describe("transitions", () => {
  it("consumed moves the position alone", () => {
    assert.deepStrictEqual(BufferState.consumed(dirty, 3), { ...dirty, next: 5 })
  })

  it("put makes dirty what it put, together with what was dirty", () => {
    assert.deepStrictEqual(BufferState.put(window, 3), { ...window, next: 5, dirtyStart: 2, dirtyEnd: 5 })
    assert.deepStrictEqual(BufferState.put(window, 5), { ...window, next: 7, endRead: 7, dirtyStart: 2, dirtyEnd: 7 })
    assert.deepStrictEqual(BufferState.put(dirty, 1), { ...dirty, next: 3 })
    assert.deepStrictEqual(BufferState.put(dirty, 4), { ...dirty, next: 6, dirtyEnd: 6 })
    assert.deepStrictEqual(BufferState.put({ ...dirty, next: 0 }, 2), { ...dirty, next: 2, dirtyStart: 0 })
    assert.deepStrictEqual(BufferState.put({ ...dirty, next: 0 }, 5), { ...dirty, next: 5, dirtyStart: 0, dirtyEnd: 5 })
    // What was written already is not dirty again.
    assert.deepStrictEqual(
      BufferState.put({ ...window, dirtyStart: 4, dirtyEnd: 4 }, 1),
      { ...window, next: 3, dirtyStart: 2, dirtyEnd: 3 }
    )
    assert.deepStrictEqual(
      BufferState.put({ ...window, next: 5, dirtyStart: 4, dirtyEnd: 4 }, 1),
      { ...window, next: 6, dirtyStart: 5, dirtyEnd: 6 }
    )
  })

  it("put into a memory file leaves it clean, and moves its end", () => {
    assert.deepStrictEqual(BufferState.put(whole, 3), { ...whole, next: 5 })
    assert.deepStrictEqual(BufferState.put(whole, 6), { ...whole, next: 8, endRead: 8 })
    assert.deepStrictEqual(BufferState.put({ ...whole, offset: 3, dirtyStart: 1, dirtyEnd: 2 }, 1), {
      ...whole,
      next: 3
    })
  })

  it("movedTo moves the position alone, also outside of the window", () => {
    for (const target of [0, 99, 100, 108, 1000]) {
      assert.deepStrictEqual(BufferState.movedTo(dirty, target), { ...dirty, next: target - 100 })
    }
  })

  it("emptied begins an empty window at the position", () => {
    assert.deepStrictEqual(BufferState.emptied(window), {
      ...window,
      offset: 102,
      next: 0,
      endRead: 0,
      generation: 6
    })
    assert.deepStrictEqual(BufferState.emptied({ ...window, dirtyStart: 3, dirtyEnd: 3 }).dirtyEnd, 0)
  })

  it("filled extends the window, and the last transfer ended there", () => {
    assert.deepStrictEqual(BufferState.filled({ ...window, diskOffset: 0 }, 2), {
      ...window,
      endRead: 8,
      diskOffset: 108
    })
  })

  it("drained shortens the dirty range from its start, and the last transfer ended there", () => {
    assert.deepStrictEqual(BufferState.drained(dirty, 2), { ...dirty, dirtyStart: 3, diskOffset: 103 })
    assert.isFalse(BufferState.isDirty(BufferState.drained(dirty, 3)))
  })

  it("bypassed moves the position, and the last transfer ended there", () => {
    assert.deepStrictEqual(BufferState.bypassed(window, 50), { ...window, next: 52, diskOffset: 152 })
  })

  it("passed begins an empty window after what was written", () => {
    assert.deepStrictEqual(BufferState.passed(window, 50), {
      ...window,
      offset: 152,
      next: 0,
      endRead: 0,
      diskOffset: 152,
      generation: 6
    })
  })

  it("compacted and rebuffered keep what is not consumed, at the front", () => {
    assert.deepStrictEqual(BufferState.compacted(window), {
      ...window,
      offset: 102,
      next: 0,
      endRead: 4,
      generation: 6
    })
    assert.deepStrictEqual(BufferState.rebuffered(window, other, 3), {
      ...window,
      bytes: other,
      offset: 102,
      next: 0,
      endRead: 3,
      generation: 6
    })
  })

  it("reblocked keeps a memory file in a larger block", () => {
    assert.deepStrictEqual(BufferState.reblocked(whole, other), { ...whole, bytes: other, generation: 6 })
  })

  it("handedBack leaves out what passes only once, and was written", () => {
    assert.deepStrictEqual(BufferState.handedBack({ ...window, next: 6 }, 8, true, true), {
      ...window,
      next: 8,
      endRead: 8,
      dirtyStart: 6,
      dirtyEnd: 8
    })
    assert.deepStrictEqual(BufferState.handedBack(dirty, 8, true, true), { ...dirty, next: 8, endRead: 8, dirtyEnd: 8 })
    assert.deepStrictEqual(BufferState.handedBack(window, 4, false, true), { ...window, next: 4 })
  })

  it("handedBack makes the whole window dirty, up to the position at least, if the program wrote", () => {
    assert.deepStrictEqual(BufferState.handedBack(dirty, 8, false, false), { ...dirty, next: 8 })
    assert.deepStrictEqual(BufferState.handedBack(window, 4, true, false), { ...window, next: 4, dirtyEnd: 6 })
    assert.deepStrictEqual(BufferState.handedBack(dirty, 8, true, false), {
      ...window,
      next: 8,
      endRead: 8,
      dirtyEnd: 8
    })
    assert.deepStrictEqual(BufferState.handedBack(whole, 8, true, false), { ...whole, next: 8, endRead: 8 })
  })
})

describe("sequences of transitions", () => {
  type Step =
    | { readonly step: "read" | "write" | "move" | "direct"; readonly count: number }
    | { readonly step: "compact" | "empty" | "rebuffer"; readonly count: number }

  const steps: fc.Arbitrary<ReadonlyArray<Step>> = fc.array(
    fc.record({
      step: fc.constantFrom("read", "write", "move", "direct", "compact", "empty", "rebuffer"),
      count: fc.integer({ min: 0, max: 24 })
    }),
    { maxLength: 40 }
  )

  it.prop(
    "every state is valid, and reads give what a file in an array has",
    { size: fc.integer({ min: 1, max: 12 }), steps },
    ({ size, steps }) => {
      /** What the file is to hold, and what has been written to the driver. */
      const expected = Array.from({ length: 60 }, (_, i) => i)
      const stored = [...expected]
      let fresh = 100
      let taken = 0
      /** A wrong transition may lead round in a circle. */
      const progress = () => assert.isBelow(taken++, 5000, "the transitions do not progress")
      let s = BufferState.make(new Uint8Array(size), 0)
      const check = () => {
        assert.notStrictEqual(Object.getPrototypeOf(s), Object.prototype, "V8 may take literals for long-lived")
        assert.isAtLeast(s.dirtyStart, 0)
        assert.isAtMost(s.dirtyStart, s.dirtyEnd)
        assert.isAtMost(s.dirtyEnd, Math.max(s.endRead, s.dirtyEnd === s.dirtyStart ? s.dirtyEnd : 0))
        assert.isAtMost(s.endRead, s.bytes.length)
        // Law 1: the window is what the file holds, and what is not dirty has been written.
        for (let i = 0; i < s.endRead; i++) assert.strictEqual(s.bytes[i], expected[s.offset + i], `byte ${i}`)
        for (let i = 0; i < expected.length; i++) {
          const isDirty = BufferState.isDirty(s) && i >= s.offset + s.dirtyStart && i < s.offset + s.dirtyEnd
          if (!isDirty) assert.strictEqual(stored[i], expected[i], `byte ${i} was lost`)
        }
      }
      const drain = () => {
        // One byte at a time, as a driver may.
        while (BufferState.isDirty(s)) {
          progress()
          stored[s.offset + s.dirtyStart] = s.bytes[s.dirtyStart] ?? -1
          s = BufferState.drained(s, 1)
          check()
        }
      }
      const fill = (wanted: number) => {
        if (s.next !== s.endRead || s.endRead === s.bytes.length) s = BufferState.emptied(s)
        const count = Math.min(BufferState.fillSize(s, wanted), Math.max(0, stored.length - s.offset - s.endRead))
        for (let i = 0; i < count; i++) s.bytes[s.endRead + i] = stored[s.offset + s.endRead + i] ?? -1
        s = BufferState.filled(s, count)
        return count
      }
      const read = (count: number) => {
        for (let left = count; left > 0;) {
          progress()
          const here = BufferState.position(s)
          if (here >= expected.length) return
          const have = Math.min(left, BufferState.readable(s))
          if (have > 0) {
            for (let i = 0; i < have; i++) assert.strictEqual(s.bytes[s.next + i], expected[here + i])
            s = BufferState.consumed(s, have)
            left -= have
            continue
          }
          const plan = BufferState.planRead(s, left)
          if (plan === "drain") drain()
          else if (plan === "bypass") {
            const some = Math.min(left, stored.length - here)
            for (let i = 0; i < some; i++) assert.strictEqual(stored[here + i], expected[here + i])
            s = BufferState.bypassed(s, some)
            left -= some
          } else fill(left)
        }
      }
      const write = (count: number) => {
        if (count === 0 || BufferState.position(s) + count > expected.length) return
        for (;;) {
          progress()
          const here = BufferState.position(s)
          const plan = BufferState.planWrite(s, count)
          if (plan === "drain") drain()
          else if (plan === "move") s = BufferState.emptied(s)
          else {
            for (let i = 0; i < count; i++) expected[here + i] = fresh = fresh % 255 + 1
            if (plan === "bypass") {
              for (let i = 0; i < count; i++) stored[here + i] = expected[here + i] ?? -1
              s = BufferState.passed(s, count)
            } else {
              for (let i = 0; i < count; i++) s.bytes[s.next + i] = expected[here + i] ?? -1
              s = BufferState.put(s, count)
            }
            return
          }
        }
      }
      const direct = (count: number) => {
        if (!BufferState.isAttached(s)) return
        const next = Math.min(s.next + count, s.bytes.length)
        if (s.offset + next > expected.length) return
        for (let i = s.next; i < next; i++) expected[s.offset + i] = s.bytes[i] = fresh = fresh % 255 + 1
        s = BufferState.handedBack(s, next, next > s.next, false)
      }
      check()
      for (const { count, step } of steps) {
        if (step === "read") read(count)
        else if (step === "write") write(count)
        else if (step === "move") s = BufferState.movedTo(s, count * 2)
        else if (step === "direct") direct(count)
        else {
          drain()
          if (step === "empty") s = BufferState.emptied(s)
          else if (step === "compact") {
            s.bytes.copyWithin(0, Math.max(0, s.next), s.endRead)
            s = BufferState.compacted(s)
          } else {
            const larger = new Uint8Array(Math.max(1, count))
            const kept = Math.min(BufferState.readable(s), larger.length)
            larger.set(s.bytes.subarray(Math.max(0, s.next), Math.max(0, s.next) + kept))
            s = BufferState.rebuffered(s, larger, kept)
          }
        }
        check()
      }
    },
    { fastCheck: { numRuns: scale(300) } }
  )
})
