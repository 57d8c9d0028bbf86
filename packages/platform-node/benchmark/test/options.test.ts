import { describe, expect, it } from "vitest"
import { parse } from "../src/runner/options.js"

const defaults = { subjects: [], case: "", quick: false, guard: false, json: undefined, profile: undefined }

describe("parse", () => {
  it("measures everything unless it is told otherwise", () => {
    expect(parse([])).toEqual(defaults)
  })

  it("takes subjects and options in any order, after npm's -- or not", () => {
    expect(parse(["--", "reads", "--quick", "chunks", "--json", "out.json", "--guard", "--case", "gen"]))
      .toEqual({ ...defaults, subjects: ["reads", "chunks"], quick: true, json: "out.json", guard: true, case: "gen" })
    expect(parse(["--profile", "out"])).toEqual({ ...defaults, profile: "out" })
  })

  it("refuses what it does not know, what lacks its value, and what makes no sense together", () => {
    expect(() => parse(["--fast"])).toThrow("--fast")
    expect(() => parse(["--json"])).toThrow("--json")
    expect(() => parse(["--guard", "--profile", "out"])).toThrow("guard")
  })
})
