import { describe, expect, it } from "vitest"
import * as unit from "../src/runner/unit.js"

const summary = (median: number, lower = median, upper = median) => ({ lower, median, upper })

describe("inUnit", () => {
  it("divides a time by the number of things that were done", () => {
    expect(unit.inUnit(summary(300, 200, 400), unit.nanosecondsPer("chunk", 100))).toEqual(summary(3, 2, 4))
    expect(unit.inUnit(summary(3000), unit.microsecondsPer("op"))).toEqual(summary(3))
    expect(unit.inUnit(summary(5e6), unit.milliseconds)).toEqual(summary(5))
  })

  it("makes a throughput of a time, and the slow quartile the lower one", () => {
    // 1000 bytes in 500 ns are 2 GB/s
    expect(unit.inUnit(summary(500, 250, 1000), unit.gigabytesPerSecond(1000))).toEqual(summary(2, 1, 4))
  })

  it("tells sizes", () => {
    expect(unit.inUnit(summary(2 ** 21), unit.mebibytes)).toEqual(summary(2))
    expect(unit.inUnit(summary(15_000), unit.kilobytes)).toEqual(summary(15))
    expect(unit.inUnit(summary(8192 * 10), unit.bytesPer("handle", 10))).toEqual(summary(8192))
  })

  it("has names", () => {
    expect([
      unit.nanosecondsPer("op"),
      unit.microsecondsPer("op"),
      unit.milliseconds,
      unit.gigabytesPerSecond(1),
      unit.bytesPer("handle", 1),
      unit.mebibytes,
      unit.kilobytes
    ].map(({ name }) => name)).toEqual(["ns/op", "µs/op", "ms", "GB/s", "bytes/handle", "MiB", "KB"])
  })
})
