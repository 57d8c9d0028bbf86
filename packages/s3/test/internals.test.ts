/**
 * What decides without asking a store: spans, plans of parts, documents.
 */
import { assert, describe, it } from "@effect/vitest"
import { FastCheck as fc } from "effect"
import { Intervals, type Piece } from "../src/internal/intervals.js"
import { type PartRules, planParts } from "../src/internal/plan.js"
import { escape, parse, textOf } from "../src/internal/xml.js"

const span = fc.tuple(fc.nat(60), fc.nat(60)).map(([a, b]) => ({ start: Math.min(a, b), end: Math.max(a, b) }))

describe("Intervals", () => {
  it("are a set of positions, whatever is added and cut", () => {
    const step = fc.oneof(
      span.map((span) => ({ _tag: "add" as const, ...span })),
      fc.nat(60).map((size) => ({ _tag: "cut" as const, size }))
    )
    fc.assert(fc.property(fc.array(step, { maxLength: 20 }), span, (steps, asked) => {
      const intervals = new Intervals()
      const model = new Set<number>()
      for (const one of steps) {
        if (one._tag === "add") {
          intervals.add(one.start, one.end)
          for (let i = one.start; i < one.end; i++) model.add(i)
        } else {
          intervals.cut(one.size)
          for (const i of model) if (i >= one.size) model.delete(i)
        }
      }
      const pieces = intervals.pieces(asked.start, asked.end)
      let at = asked.start
      for (const [i, { end, isIn, start }] of pieces.entries()) {
        assert.strictEqual(start, at, "pieces follow each other")
        assert.isAbove(end, start, "no piece is empty")
        assert.notStrictEqual(isIn, pieces[i - 1]?.isIn, "neighbours differ")
        for (let position = start; position < end; position++) assert.strictEqual(model.has(position), isIn)
        at = end
      }
      assert.strictEqual(at, asked.end, "the pieces are all of what was asked for")
      const all = intervals.all()
      for (const [i, { start }] of all.entries()) assert.isTrue(i === 0 || start > (all[i - 1]?.end ?? 0))
    }))
  })
})

describe("plans of parts", () => {
  const pieces = fc.array(fc.tuple(fc.integer({ min: 1, max: 200 }), fc.boolean()), { minLength: 1, maxLength: 30 })
    .map((lengths) => {
      const pieces: Array<Piece> = []
      for (const [length, isIn] of lengths) {
        const start = pieces.at(-1)?.end ?? 0
        pieces.push({ start, end: start + length, isIn })
      }
      return pieces
    })
  const isUnchanged = (pieces: ReadonlyArray<Piece>, start: number, end: number) =>
    pieces.every((piece) => piece.isIn || piece.end <= start || piece.start >= end)

  for (const areEqual of [false, true]) {
    it(`cover the object, copy only what is unchanged, and keep the rules${areEqual ? " of equal parts" : ""}`, () => {
      const rules: PartRules = { smallest: 10, size: 25, largestCopy: 70, most: 10_000, areEqual }
      fc.assert(fc.property(pieces, (pieces) => {
        const total = pieces.at(-1)?.end ?? 0
        const parts = planParts(pieces, total, rules)
        let at = 0
        for (const [i, { end, isCopy, start }] of parts.entries()) {
          assert.strictEqual(start, at, "parts follow each other")
          const isLast = i === parts.length - 1
          assert.isTrue(isLast || end - start >= rules.smallest, "no part but the last is too small")
          assert.isAtMost(end - start, isCopy ? rules.largestCopy : rules.size)
          if (areEqual && !isLast) assert.strictEqual(end - start, rules.size)
          if (isCopy) assert.isTrue(isUnchanged(pieces, start, end), "only unchanged bytes are copied")
          at = end
        }
        assert.strictEqual(at, total, "the parts are all of the object")
      }))
    })
  }

  it("upload little more than what has changed", () => {
    const rules: PartRules = { smallest: 10, size: 25, largestCopy: 70, most: 10_000, areEqual: false }
    const uploadedOf = (pieces: ReadonlyArray<Piece>, total: number) =>
      planParts(pieces, total, rules).reduce((sum, { end, isCopy, start }) => isCopy ? sum : sum + end - start, 0)
    fc.assert(fc.property(pieces, (pieces) => {
      const total = pieces.at(-1)?.end ?? 0
      const changed = pieces.filter(({ isIn }) => !isIn)
      const bytes = changed.reduce((sum, { end, start }) => sum + end - start, 0)
      // Before and after each change a copy may be too small, and a change itself may be.
      assert.isAtMost(uploadedOf(pieces, total), bytes + 3 * rules.smallest * (changed.length + 1))
    }))
    // A byte at either end of a large object.
    const ends = [{ start: 0, end: 1, isIn: false }, { start: 1, end: 999, isIn: true }, {
      start: 999,
      end: 1000,
      isIn: false
    }]
    assert.strictEqual(uploadedOf(ends, 1000), rules.smallest + 1)
  })

  it("have no more parts than a store takes, however much is changed", () => {
    const total = 5 * 1024 ** 4
    const rules: PartRules = {
      smallest: 5 * 1024 ** 2,
      size: 16 * 1024 ** 2,
      largestCopy: 5 * 1024 ** 3,
      most: 10_000,
      areEqual: false
    }
    const step = Math.floor(total / 40_000)
    const scattered = Array.from({ length: 40_000 }, (_, i) => [
      { start: i * step, end: i * step + 1, isIn: false },
      { start: i * step + 1, end: i === 39_999 ? total : (i + 1) * step, isIn: true }
    ]).flat()
    for (const pieces of [scattered, [{ start: 0, end: total, isIn: false }], [{ start: 0, end: total, isIn: true }]]) {
      for (const areEqual of [false, true]) {
        const parts = planParts(pieces, total, { ...rules, areEqual })
        assert.isAtMost(parts.length, 10_000)
        assert.strictEqual(parts.at(-1)?.end, total)
      }
    }
  })
})

describe("documents", () => {
  it("give the text of elements, whatever it holds", () => {
    fc.assert(fc.property(fc.string({ unit: "grapheme" }), (text) => {
      const root = parse(
        `<?xml version="1.0"?>\n<Root xmlns="x"><!-- no --><Key a="b">${escape(text)}</Key><None/></Root>`
      )
      assert.strictEqual(root && textOf(root, "Key"), text)
      assert.strictEqual(root && textOf(root, "None"), "")
    }))
    const encoded = parse("<A>&#65;&#x42;&unknown;&#99999999;</A>")
    assert.strictEqual(encoded?.text, "AB&unknown;&#99999999;")
  })

  it("are looked through once, whatever they hold", () => {
    // Looked at again from each character on, these would take hours.
    const many = 2_000_000
    for (const text of [`<${"a".repeat(many)}`, "<".repeat(many), "<a ".repeat(many), `<A>&${"a".repeat(many)}</A>`]) {
      assert.strictEqual(parse(text)?.name, text.startsWith("<A>") ? "A" : undefined)
    }
  })

  it("that are invalid are undefined", () => {
    for (const text of ["", "text", "<A>", "<A></B>", "<A/><B/>", "</A>", "<A>".repeat(40) + "</A>".repeat(40)]) {
      assert.isUndefined(parse(text), text)
    }
  })
})
