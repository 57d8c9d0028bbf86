/** Where the parts of an edited file lie: compared with the best of all choices of parts that stay. */
import { assert, describe, it } from "@effect/vitest"
import { FastCheck as fc } from "effect"
import * as Placement from "../../src/internal/riff/edit/placement.js"
import { scale } from "../support/scale.js"

/** What a gap counts where something between two parts that stay moves. */
const gapCost = 24

interface Case {
  readonly parts: ReadonlyArray<Placement.Part>
  readonly end: number
  readonly rules: Placement.Rules
}

interface Laid {
  readonly offsets: ReadonlyArray<number>
  readonly cost: number
  /**
   * What `place` tries to make small: it does not see that a part which does not stay comes to lie where it lay, nor
   * that a gap at the end is longer than it has to be.
   */
  readonly weighed: number
}

/** Lays the parts so that these stay, or says that they cannot all stay. */
const laid = ({ end, parts, rules }: Case, stays: ReadonlySet<number>): Laid | undefined => {
  const offsets: Array<number> = []
  let [at, gaps, start, grown] = [0, 0, 0, 0]
  for (let stop = 0; stop <= parts.length; stop++) {
    const isEnd = stop === parts.length
    if (!isEnd && !stays.has(stop)) continue
    const between = parts.slice(start, stop)
    const packed = between.reduce((sum, { size }) => sum + size, 0)
    const to = isEnd ? Math.max(end, at + packed) : parts[stop]!.from!
    let room = to - at - packed
    const { alignment, filler } = rules
    if (room < 0 || (!isEnd && room > 0 && (room < filler || room % alignment > 0))) return undefined
    if (isEnd) grown = to - end
    if (isEnd && room > 0) room = alignment * Math.ceil(Math.max(room, filler) / alignment)
    // As late as possible: before the part that stays, or before the last of the others that allows it.
    let gap = isEnd ? stop - 1 : stop
    while (gap >= start && !parts[gap]!.fillable) gap--
    if (room > 0 && gap < start) return undefined
    if (room > 0 && stop > start) gaps++
    for (let i = start; i < stop; i++) {
      if (room > 0 && i === gap) at += room
      offsets.push(at)
      at += parts[i]!.size
    }
    if (!isEnd) {
      offsets.push(to)
      at = to + parts[stop]!.size
    }
    start = stop + 1
  }
  const sizeOf = (moves: (from: number, i: number) => boolean) =>
    parts.reduce((sum, { from, size }, i) => sum + (from !== undefined && moves(from, i) ? size : 0), 0)
  const [moved, left] = [sizeOf((from, i) => from !== offsets[i]), sizeOf((_, i) => !stays.has(i))]
  return {
    offsets,
    cost: moved + gaps * gapCost + Math.max(0, at - end),
    weighed: left + gaps * gapCost + grown
  }
}

const subsets = function*(of: ReadonlyArray<number>): Generator<ReadonlySet<number>> {
  for (let bits = 0; bits < 2 ** of.length; bits++) yield new Set(of.filter((_, i) => bits & (1 << i)))
}

const least = (values: ReadonlyArray<number>): number => Math.min(...values)

/** Files whose parts lie one after the other, with and without gaps, and new parts between them. */
const cases: fc.Arbitrary<Case> = fc.record({
  parts: fc.array(
    fc.record({
      size: fc.integer({ min: 1, max: 60 }),
      fillable: fc.boolean(),
      isNew: fc.boolean(),
      before: fc.oneof(fc.constant(0), fc.nat(60))
    }),
    { maxLength: 7 }
  ),
  more: fc.nat(60),
  rules: fc.constantFrom({ filler: 8, alignment: 2 }, { filler: 24, alignment: 8 }, { filler: 8, alignment: 1 })
}).map(({ more, parts, rules }) => {
  // The header of the form is always there, at the start.
  const placed: Array<Placement.Part> = [{ size: 12, fillable: false, from: 0 }]
  let at = 12
  for (const { before, fillable, isNew, size } of parts) {
    placed.push({ size, fillable, from: isNew ? undefined : at + before })
    if (!isNew) at += before + size
  }
  return { parts: placed, end: at + more, rules }
})

describe("place", () => {
  it("moves no more than the best choice of parts that stay", () => {
    fc.assert(
      fc.property(cases, (given) => {
        const { cost, moved, offsets } = Placement.place(given.parts, given.end, given.rules)
        const old = given.parts.flatMap(({ from }, i) => from === undefined ? [] : [i])
        const all = [...subsets(old)].flatMap((stays) => laid(given, stays) ?? [])
        if (all.length === 0) return
        const stays = new Set(old.filter((i) => given.parts[i]!.from === offsets[i]))
        // A part that comes to lie where it lay counts as one that stays.
        const ours = all.filter((other) => other.offsets.every((offset, i) => offset === offsets[i]))
        assert.isNotEmpty(ours, "what it gives is no way to lay the parts")
        assert.strictEqual(cost, least(ours.map((way) => way.cost)))
        assert.strictEqual(least(ours.map(({ weighed }) => weighed)), least(all.map(({ weighed }) => weighed)))
        assert.strictEqual(
          moved,
          old.reduce((sum, i) => sum + (stays.has(i) ? 0 : given.parts[i]!.size), 0)
        )
      }),
      { numRuns: scale(6000) }
    )
  })

  const part = fc.record({
    size: fc.nat({ max: 12 }).map((size) => size * 2),
    gap: fc.constantFrom(0, 0, 0, 2, 8, 10, 40),
    isNew: fc.boolean(),
    fillable: fc.boolean()
  })

  it.prop(
    "is legal where no header comes first, and moves no more than a little beyond the least",
    { given: fc.array(part, { maxLength: 7 }), end: fc.nat({ max: 50 }) },
    ({ end, given }) => {
      let at = 0
      const parts = given.map(({ fillable, gap, isNew, size }): Placement.Part => {
        if (isNew) return { size, from: undefined, fillable }
        at += gap + size
        return { size, from: at - size, fillable }
      })
      const length = at + end * 2
      const rules = { filler: 8, alignment: 2 }
      const { moved, offsets } = Placement.place(parts, length, rules)
      const isLegal = (offsets: ReadonlyArray<number>) => {
        let before = 0
        for (const [i, { fillable, size }] of parts.entries()) {
          const gap = offsets[i]! - before
          if (gap !== 0 && (gap < 8 || !fillable)) return false
          before = offsets[i]! + size
        }
        return before >= length
      }
      const cost = (offsets: ReadonlyArray<number>) =>
        parts.reduce((sum, { from, size }, i) => from === undefined || from === offsets[i] ? sum : sum + size, 0)
      // Where nothing may be filled there may be no way at all: a form always has its end.
      fc.pre(parts.length > 0 && parts.at(-1)!.fillable)
      assert.isTrue(isLegal(offsets), JSON.stringify(offsets))
      assert.strictEqual(moved, cost(offsets))
      // All that could be: any of them stay, the others are packed after them.
      for (let chosen = 0; chosen < 2 ** parts.length; chosen++) {
        const stays = parts.map(({ from }, i) => from !== undefined && (chosen & 1 << i) > 0)
        for (const late of [false, true]) {
          const tried: Array<number> = []
          let before = 0
          parts.forEach(({ from, size }, i) => {
            let at = before
            if (stays[i]) at = from!
            else if (late) {
              // as far back as what stays after it allows
              let room = 0
              let j = i
              for (; j < parts.length && !stays[j]; j++) room += parts[j]!.size
              const to = j < parts.length ? parts[j]!.from! : Math.max(length, before + room)
              const gap = to - room - before
              if (gap > 0 && parts[i]!.fillable) at = before + gap
            }
            tried.push(at)
            before = at + size
          })
          const grown = Math.max(0, before - length)
          if (isLegal(tried)) assert.isAtMost(moved, cost(tried) + grown + 24 * parts.length)
        }
      }
    },
    { fastCheck: { numRuns: scale(300) } }
  )

  it("leaves a file as it is whose parts lie as they are to lie", () => {
    const parts = [
      { size: 12, from: 0, fillable: false },
      { size: 24, from: 12, fillable: true },
      { size: 100, from: 44, fillable: true }
    ]
    assert.deepStrictEqual(Placement.place(parts, 144, { filler: 8, alignment: 2 }), {
      offsets: [0, 12, 44],
      moved: 0,
      cost: 0
    })
  })

  it("keeps a filler of the least length, where nothing between two parts moves", () => {
    const parts = [
      { size: 12, from: 0, fillable: false },
      { size: 10, from: 20, fillable: true },
      { size: 8, from: undefined, fillable: false }
    ]
    assert.deepStrictEqual(Placement.place(parts, 30, { filler: 8, alignment: 2 }), {
      offsets: [0, 20, 30],
      moved: 0,
      cost: 8
    })
  })

  it("moves what follows a gap of odd size, also where that was filler already", () => {
    const parts = [
      { size: 12, from: 0, fillable: false },
      { size: 100, from: 39, fillable: true },
      { size: 0, from: undefined, fillable: true }
    ]
    const { moved, offsets } = Placement.place(parts, 139, { filler: 8, alignment: 2 })
    assert.strictEqual(moved, 100)
    for (const offset of offsets) assert.strictEqual(offset % 2, 0)
  })

  it("gives no parts no places", () => {
    assert.deepStrictEqual(Placement.place([], 0, { filler: 8, alignment: 2 }), { offsets: [], moved: 0, cost: 0 })
  })
})

describe("fillersOf", () => {
  it("fills the gap, with none too long or too short", () => {
    fc.assert(
      fc.property(
        fc.constantFrom(8, 24).chain((filler) =>
          fc.record({
            filler: fc.constant(filler),
            gap: fc.oneof(fc.constant(0), fc.integer({ min: filler, max: 2000 })),
            most: fc.integer({ min: 2 * filler, max: 200 })
          })
        ),
        ({ filler, gap, most }) => {
          const sizes = Placement.fillersOf(gap, filler, most)
          assert.strictEqual(sizes.reduce((sum, size) => sum + size, 0), gap)
          for (const size of sizes) assert.isTrue(size >= filler && size <= most, `${size} of ${sizes.join()}`)
          // No more of them than there have to be, but for one that leaves the next its room.
          assert.isAtMost(sizes.length, Math.ceil(gap / (most - filler + 1)))
        }
      ),
      { numRuns: scale(1000) }
    )
  })

  it("is one filler where one is enough", () => {
    assert.deepStrictEqual(Placement.fillersOf(100, 8, 100), [100])
    assert.deepStrictEqual(Placement.fillersOf(101, 8, 100), [93, 8])
    assert.deepStrictEqual(Placement.fillersOf(250, 8, 100), [100, 100, 50])
  })
})
