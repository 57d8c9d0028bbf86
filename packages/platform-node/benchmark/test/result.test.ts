import { describe, expect, it } from "vitest"
import type { Row } from "../src/runner/model.js"
import { format, objection, reached, type Result, resultOf, tally } from "../src/runner/result.js"
import { gigabytesPerSecond, nanosecondsPer } from "../src/runner/unit.js"

const summary = (median: number) => ({ lower: median * 0.5, median, upper: median * 2 })
const summaries = { ours: summary(100), slow: summary(400), fast: summary(50) }
const row: Row = { case: "a case", ours: "ours", peers: ["slow", "fast"], unit: nanosecondsPer("op") }

const result = (fields: Partial<Result>): Result => ({
  subject: "subject",
  case: "case",
  unit: "ns/op",
  median: 100,
  lower: 90,
  upper: 110,
  ratios: {},
  peers: {},
  ...fields
})

describe("resultOf", () => {
  it("says how many times better than each peer", () => {
    expect(resultOf("subject", { ...row, native: 9 }, summaries)).toEqual({
      subject: "subject",
      case: "a case",
      unit: "ns/op",
      median: 100,
      lower: 50,
      upper: 200,
      ratios: { slow: 4, fast: 0.5 },
      peers: { slow: { lower: 200, median: 400, upper: 800 }, fast: { lower: 25, median: 50, upper: 100 } },
      native: 9
    })
  })

  it("means better by a ratio also where more is better", () => {
    const { median, peers, ratios } = resultOf("subject", { ...row, unit: gigabytesPerSecond(1000) }, summaries)
    expect({ median, ratios, slow: peers["slow"]?.median }).toEqual({
      median: 10,
      ratios: { slow: 4, fast: 0.5 },
      slow: 2.5
    })
  })

  it("has met a target only if it reaches the ratio for every peer in it", () => {
    const met = (target: Row["target"]) =>
      resultOf("subject", { ...row, ...target === undefined ? {} : { target } }, summaries).met
    expect(met({ slow: 4 })).toBe(true)
    expect(met({ slow: 4, fast: 0.5 })).toBe(true)
    expect(met({ slow: 4.01 })).toBe(false)
    expect(met({ slow: 4, fast: 0.51 })).toBe(false)
    expect(met(undefined)).toBe(undefined)
  })

  it("has met a target that is a figure in the unit if that is not exceeded", () => {
    const unit = nanosecondsPer("chunk", 10)
    expect(resultOf("subject", { ...row, unit, target: 10 }, summaries)).toMatchObject({
      median: 10,
      target: 10,
      met: true
    })
    expect(resultOf("subject", { ...row, unit, target: 9.9 }, summaries)).toMatchObject({ met: false })
  })

  it("refuses a row of which something was not measured", () => {
    expect(() => resultOf("subject", { ...row, peers: ["other"] }, summaries)).toThrow("\"other\"")
  })
})

describe("reached", () => {
  it("is a part of each target, 0 for a peer that was not measured", () => {
    expect(reached(result({ ratios: { a: 3 }, target: { a: 4, b: 1 } }))).toEqual([
      { peer: "a", degree: 0.75 },
      { peer: "b", degree: 0 }
    ])
    expect(reached(result({ median: 100, target: 50 }))).toEqual([{ peer: undefined, degree: 0.5 }])
    expect(reached(result({}))).toEqual([])
  })
})

describe("tally", () => {
  it("counts targets, of which a row may have several", () => {
    expect(tally([
      result({ ratios: { a: 3, b: 1 }, target: { a: 3, b: 2 } }),
      result({ target: 100 }),
      result({ ratios: { a: 3 } })
    ])).toEqual({ met: 2, missed: 1 })
  })
})

describe("objection", () => {
  it("is none where all of the target is reached", () => {
    expect(objection(result({ ratios: { a: 3 }, target: { a: 3 } }))).toBe(undefined)
    expect(objection(result({ median: 100, target: 100 }))).toBe(undefined)
    expect(objection(result({}))).toBe(undefined)
  })

  it("names the row, the peers and the figures below that", () => {
    expect(objection(result({ ratios: { a: 2.9, b: 3, c: 0.5 }, target: { a: 3, b: 3, c: 3 } })))
      .toBe("subject: case: 2.90 × a is less than 3.00, and 0.500 × c is less than 3.00")
    expect(objection(result({ median: 101, target: 100 })))
      .toBe("subject: case: 101 ns/op is more than 100")
  })

  it("is not silenced by what is no number", () => {
    expect(objection(result({ ratios: { a: NaN }, target: { a: 3 } }))).toContain("NaN × a")
    expect(objection(result({ median: NaN, target: 3 }))).toContain("NaN ns/op")
  })
})

describe("format", () => {
  it("shows three digits that count, but no more than four after the point", () => {
    expect([0, 0.0012, 0.126, 1, 2.345, 23.45, 234.5, 23456.7, Infinity, NaN].map(format))
      .toEqual(["0.0000", "0.0012", "0.126", "1.00", "2.35", "23.4", "235", "23457", "Infinity", "NaN"])
  })
})
