import { describe, expect, it } from "vitest"
import { type Choice, choose } from "../src/runner/choose.js"
import { group } from "../src/runner/model.js"
import { nanosecondsPer } from "../src/runner/unit.js"

const unit = nanosecondsPer("op")
const work = () => 0
const whole = group({
  times: 1,
  works: { a: work, b: work, c: work, d: work, e: work },
  slow: ["d"],
  rows: [
    { case: "first", ours: "a", peers: ["c", "d"], unit, target: { c: 3 } },
    { case: "second", ours: "b", peers: ["d", "e"], unit },
    { case: "third", ours: "b", peers: ["e"], unit, target: 100 }
  ]
})

const chosen = (choice: Partial<Choice>) => {
  const group = choose(whole, { case: "", guard: false, profile: undefined, quick: false, ...choice })
  return group && {
    works: Object.keys(group.works),
    rows: group.rows.map((row) => `${row.case}: ${row.peers.join()}`)
  }
}

describe("choose", () => {
  it("leaves a group as it is, if everything is asked for", () => {
    expect(chosen({})).toEqual({
      works: ["a", "b", "c", "d", "e"],
      rows: ["first: c,d", "second: d,e", "third: e"]
    })
  })

  it("leaves out what is slow, if it has to be quick", () => {
    expect(chosen({ quick: true })).toEqual({
      works: ["a", "b", "c", "e"],
      rows: ["first: c", "second: e", "third: e"]
    })
  })

  it("keeps the cases that are named, and what they need", () => {
    expect(chosen({ case: "ir" })).toEqual({
      works: ["a", "b", "c", "d", "e"],
      rows: ["first: c,d", "third: e"]
    })
    expect(chosen({ case: "second" })).toEqual({ works: ["b", "d", "e"], rows: ["second: d,e"] })
    expect(chosen({ case: "fourth" })).toBe(undefined)
  })

  it("keeps for the guard only what has a target", () => {
    expect(chosen({ guard: true })).toEqual({ works: ["a", "b", "c"], rows: ["first: c", "third: "] })
    expect(chosen({ guard: true, case: "second" })).toBe(undefined)
  })

  it("asks for the guard for a third of the targets, or for what the row has instead", () => {
    const { rows } = choose(
      group({
        times: 1,
        works: { a: work, b: work, c: work },
        rows: [
          { case: "ratio", ours: "a", peers: ["b", "c"], unit, target: { c: 3 } },
          { case: "figure", ours: "a", peers: ["b"], unit, target: 100 },
          { case: "guard", ours: "a", peers: ["b", "c"], unit, target: { c: 3 }, guard: { b: 0.2 } }
        ]
      }),
      { case: "", guard: true, profile: undefined, quick: true }
    )!
    expect(rows.map(({ peers, target }) => ({ peers, target }))).toEqual([
      { peers: ["c"], target: { c: 1 } },
      { peers: [], target: 300 },
      { peers: ["b"], target: { b: 0.2 } }
    ])
  })

  it("keeps for a profile only the library", () => {
    expect(chosen({ profile: "folder" })).toEqual({ works: ["a", "b"], rows: ["first: ", "second: ", "third: "] })
  })
})
