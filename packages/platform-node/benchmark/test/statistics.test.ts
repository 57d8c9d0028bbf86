import { describe, expect, it } from "vitest"
import { summarize } from "../src/runner/statistics.js"

describe("summarize", () => {
  it("takes the middle of an odd number of samples, in whatever order they come", () => {
    expect(summarize([5, 1, 4, 2, 3])).toEqual({ lower: 2, median: 3, upper: 4 })
  })

  it("goes between the samples where none is at the place", () => {
    expect(summarize([1, 2, 3, 10])).toEqual({ lower: 1.75, median: 2.5, upper: 4.75 })
  })

  it("is not moved by one that is far off", () => {
    expect(summarize([1, 2, 3, 4, 1e9])).toMatchObject({ lower: 2, median: 3, upper: 4 })
  })

  it("is the sample itself where there is one", () => {
    expect(summarize([7])).toEqual({ lower: 7, median: 7, upper: 7 })
  })

  it("leaves the samples in their order", () => {
    const samples = [3, 1, 2]
    summarize(samples)
    expect(samples).toEqual([3, 1, 2])
  })

  it("refuses to sum up nothing", () => {
    expect(() => summarize([])).toThrow("no samples")
  })
})
