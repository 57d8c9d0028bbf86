/** What is written for edits: laws that hold for any file and any edits, by plans that are carried out on arrays. */
import type { RiffEdit } from "@effect-mmio/core"
import type { Model } from "@effect-mmio/testing"
import { assert, describe, it } from "@effect/vitest"
import { FastCheck as fc } from "effect"
import { written } from "../../src/internal/riff/edit/plan.js"
import * as Edits from "../support/edits.js"
import * as Family from "../support/familyModel.js"
import { planned } from "../support/plans.js"
import { scale } from "../support/scale.js"

/** What is wrong with a file, but for what may be wrong with it before an edit. */
const errors = (bytes: Uint8Array) =>
  Family.read(bytes).problems.filter(([problem]) =>
    !["UnprintableId", "FurtherForm", "DataBeforeFormat", "TooSmallForType", "MissingDs64"].includes(problem)
  )

const leaf: fc.Arbitrary<Model.Chunk> = fc.record({
  id: fc.constantFrom("fmt ", "data", "bext", "JUNK", "JUNK", "PAD ", "    ", "a\0\xffz"),
  data: fc.uint8Array({ maxLength: 40, size: "max" })
})

const list = (depth: number): fc.Arbitrary<Model.Chunk> =>
  fc.record({
    id: fc.constantFrom("LIST" as const, "LIST" as const, "RIFF" as const),
    type: fc.constantFrom("INFO", "adtl", "WAVE"),
    children: fc.array(
      depth === 0 ? leaf : fc.oneof({ arbitrary: leaf, weight: 3 }, { arbitrary: list(depth - 1), weight: 1 }),
      {
        maxLength: 4
      }
    )
  })

interface Case {
  readonly before: Uint8Array
  readonly edits: ReadonlyArray<RiffEdit.RiffEdit>
  /** What is in the file after the edits. */
  readonly expected: ReadonlyArray<Edits.Item>
}

/** Files that can be edited, with edits of what is in them. */
const cases: fc.Arbitrary<Case> = fc.record({
  family: fc.constantFrom(...Family.families),
  forms: fc.array(
    fc.record({
      type: fc.constantFrom("WAVE", "WAVE", "wave", "AVI ", "AVIX"),
      children: fc.array(fc.oneof({ arbitrary: leaf, weight: 3 }, { arbitrary: list(2), weight: 1 }), { maxLength: 5 })
    }),
    { minLength: 1, maxLength: 2 }
  ),
  choices: fc.array(Edits.choice, { minLength: 1, maxLength: 4 })
}).map(({ choices, family, forms }) => {
  const before = Family.serialize(forms.map((form) => ({ ...form, family })))
  const expected = Edits.items(before)
  const isPossible = errors(before).length === 0 && !Edits.isOpen(expected)
  const edits = isPossible ? choices.flatMap((choice) => Edits.perform(expected, choice) ?? []) : []
  // What would be taken for samples then is refused; filler before it may be taken out.
  return { before, edits: Edits.isOpen(Edits.plain(expected)) ? [] : edits, expected }
})

const check = (property: (given: Case) => void, runs = 800) =>
  fc.assert(
    fc.property(cases, (given) => {
      if (given.edits.length > 0) property(given)
    }),
    { numRuns: scale(runs) }
  )

const text = (items: ReadonlyArray<Edits.Item>) => JSON.stringify(Edits.plain(items))

/** What no order is said of, sorted. */
const unordered = (items: ReadonlyArray<Edits.Item>) =>
  Edits.plain(items).map(({ children, ...form }) => [
    JSON.stringify(form),
    children.map((child) => JSON.stringify(child)).toSorted()
  ])

interface Filler {
  readonly from: number
  readonly to: number
  readonly data: string
}

const fillers: ReadonlySet<string> = new Set(["JUNK", "junk", "PAD ", "FLLR", "    "])

const headerSize = (bytes: Uint8Array) => Family.read(bytes).nodes[0]!.dataOffset

/** The fillers between the chunks of forms. */
const fillersOf = (bytes: Uint8Array): ReadonlyArray<Filler> =>
  Family.flat(Family.read(bytes).nodes).flatMap(({ available, dataOffset, id, offset, padding, type }) => {
    const end = dataOffset + available
    return type === undefined && fillers.has(id)
      ? [{ from: offset, to: end + padding, data: bytes.subarray(dataOffset, end).join() }]
      : []
  })

describe("a plan", () => {
  it("does to a file what the edits do to lists of chunks, in their order", () =>
    check(({ before, edits, expected }) => {
      const { after, plan } = planned(before, edits, { keepOrder: true })
      assert.deepStrictEqual(errors(after), [])
      assert.strictEqual(text(Edits.items(after)), text(expected))
      assert.strictEqual(written(plan), plan.writes.reduce((sum, { length }) => sum + length, 0))
    }))

  it("does the same in another order, where that moves less and the order is not to be kept", () =>
    check(({ before, edits, expected }) => {
      const { after, plan } = planned(before, edits)
      assert.deepStrictEqual(errors(after), [])
      assert.deepStrictEqual(unordered(Edits.items(after)), unordered(expected))
      const kept = planned(before, edits, { keepOrder: true })
      // A filler that remains counts, too, and what the file grows by.
      const fillers = 24 * fillersOf(kept.after).length
      assert.isAtMost(plan.moved + plan.length, kept.plan.moved + kept.plan.length + fillers)
    }))

  it("copies only what comes to lie elsewhere, and counts it as moved", () =>
    check(({ before, edits }) => {
      const { moved, writes } = planned(before, edits).plan
      const copies = writes.filter((write) => write._tag === "Copy")
      for (const { from, offset } of copies) assert.notStrictEqual(from, offset)
      // The headers of containers that are moved count as well, and are written anew.
      assert.isAtLeast(moved, copies.reduce((sum, { length }) => sum + length, 0))
    }))

  it("makes fillers of zeros, and of what was filler in the same place", () =>
    check(({ before, edits }) => {
      const { after } = planned(before, edits)
      const [old, made] = [fillersOf(before), fillersOf(after)]
      const known = new Set([...old.map(({ data }) => data), ...inserted(edits)])
      const isOld = (at: number) => old.some(({ from, to }) => from <= at && at < to) && after[at] === before[at]
      for (const { data, from, to } of made) {
        if (known.has(data)) continue
        for (let at = from + headerSize(before); at < to; at++) assert.isTrue(after[at] === 0 || isOld(at), `at ${at}`)
      }
    }))

  it("writes no byte twice, but for sizes in a ds64", () =>
    check(({ before, edits }) => {
      const { writes } = planned(before, edits).plan
      const corrections = new Set(writes.filter(({ _tag, length }) => _tag === "Bytes" && length === 8))
      const others = before[2] === 0x36 || before[1] === 0x57
        ? writes.filter((write) => !corrections.has(write))
        : writes
      others.toSorted((a, b) => a.offset - b.offset).reduce((end, { length, offset }) => {
        assert.isAtLeast(offset, end)
        return offset + length
      }, 0)
    }))
})

/** The data of fillers that edits put in. */
const inserted = function*(edits: ReadonlyArray<RiffEdit.RiffEdit>): Generator<string> {
  for (const edit of edits) {
    if (edit._tag === "Assign") yield edit.data.join()
    else if ((edit._tag === "Insert" || edit._tag === "Replace") && edit.content.chunk !== undefined) {
      yield edit.content.data.join()
    }
  }
}
