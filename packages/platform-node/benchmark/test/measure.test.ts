import { describe, expect, it } from "vitest"
import { type Effort, measure } from "../src/runner/measure.js"
import { type Group, group } from "../src/runner/model.js"
import { nanosecondsPer } from "../src/runner/unit.js"

const effort: Effort = { sample: 10, warmUp: 30, turn: 0, budget: 1e9, fewestRounds: 2, mostRounds: 5 }

/** A clock that goes on only where work is done: `cost` says for how many milliseconds. */
const simulated = () => {
  let now = 0
  const log: Array<string> = []
  return {
    log,
    clock: { now: () => now, used: () => now, tidy: () => {} },
    work: (name: string, cost: (times: number) => number, result: unknown = "same") => (times: number) => {
      log.push(`${name}${times}`)
      now += cost(times)
      return result
    }
  }
}

const row = { case: "case", ours: "a" as const, peers: [], unit: nanosecondsPer("op") }

describe("measure", () => {
  it("has the works take turns", async () => {
    const { clock, log, work } = simulated()
    const works = { a: work("a", () => 1), b: work("b", () => 3), c: work("c", () => 2) }
    const summaries = await measure(
      group({ times: 1, works, rows: [row] }),
      { ...effort, warmUp: 6, mostRounds: 3 },
      clock
    )
    const check = "a1 b1 c1"
    // each for 6 ms
    const warm = "a1 a1 a1 a1 a1 a1 b1 b1 c1 c1 c1"
    const rounds = "a1 b1 c1 b1 c1 a1 c1 a1 b1"
    expect(log.join(" ")).toBe([check, warm, rounds].join(" "))
    expect(summaries).toEqual({
      a: { lower: 1e6, median: 1e6, upper: 1e6 },
      b: { lower: 3e6, median: 3e6, upper: 3e6 },
      c: { lower: 2e6, median: 2e6, upper: 2e6 }
    })
  })

  it("takes the last sample of a turn, when what others have taken is there again", async () => {
    const { clock, log, work } = simulated()
    const cost = { a: (before: string | undefined) => before === "a1" ? 2 : 9, b: () => 20 }
    const works = { a: work("a", () => cost.a(log.at(-2))), b: work("b", cost.b) }
    const { a, b } = await measure(
      group({ times: 1, works, rows: [row] }),
      { ...effort, warmUp: 0, turn: 12, mostRounds: 2 },
      clock
    )
    expect(log.slice(4).join(" ")).toBe("a1 a1 a1 b1 b1 a1 a1 a1")
    expect([a?.median, b?.median]).toEqual([2e6, 20e6])
  })

  it("gives the time for one of many", async () => {
    const { clock, work } = simulated()
    const works = { a: work("a", (times) => times * 0.005) }
    const { a } = await measure(group({ times: 200, works, rows: [row] }), effort, clock)
    expect(a?.median).toBeCloseTo(5000, 6)
  })

  it("does the work as often as a sample takes, however slow the first times were", async () => {
    const { clock, log, work } = simulated()
    let calls = 0
    const works = { a: work("a", (times) => times * (calls++ < 3 ? 1 : 1 / 1024)) }
    await measure(group({ times: { check: 7, most: 1e9 }, works, rows: [row] }), effort, clock)
    const check = "a7"
    const growing = "a1 a10 a10 a100 a1000 a10000"
    // until the work has taken 30 ms
    const warm = "a10240"
    const rounds = "a10240 a10240 a10240 a10240 a10240"
    expect(log.join(" ")).toBe([check, growing, warm, rounds].join(" "))
  })

  it("does the work no more often than it can be", async () => {
    const { clock, log, work } = simulated()
    const works = { a: work("a", (times) => times * 0.001) }
    await measure(group({ times: { check: 1, most: 500 }, works, rows: [row] }), effort, clock)
    expect(log.at(-1)).toBe("a500")
    expect(log).not.toContain("a501")
  })

  it("begins no further round once the budget is spent, but has the fewest", async () => {
    const rounds = async (budget: number, fields: Partial<Group> = {}) => {
      const { clock, log, work } = simulated()
      const works = { a: work("a", () => 100) }
      await measure({ ...group({ times: 1, works, rows: [row] }), ...fields }, { ...effort, budget }, clock)
      // one compares the results, and one warms up
      return log.length - 2
    }
    expect(await rounds(0)).toBe(2)
    expect(await rounds(250)).toBe(3)
    expect(await rounds(1e9)).toBe(5)
    expect(await rounds(1e9, { rounds: 1 })).toBe(1)
  })

  it("has slow works take part in few rounds", async () => {
    const { clock, log, work } = simulated()
    const works = { a: work("a", () => 1), slow: work("slow", () => 100) }
    await measure(group({ times: 1, works, slow: ["slow"], rows: [row] }), { ...effort, warmUp: 0 }, clock)
    const [, , , , ...rounds] = log
    expect(rounds.join(" ")).toBe("a1 slow1 slow1 a1 slow1 a1 a1 a1")
  })

  it("refuses to compare works with different results", async () => {
    const { clock, work } = simulated()
    const works = { a: work("a", () => 1, 41), b: work("b", () => 1, 42) }
    await expect(measure(group({ times: 3, works, rows: [row] }), effort, clock))
      .rejects.toThrow("Done 3 times, a gives [41,null,")
  })

  it("compares what the works were shown, in whatever pieces, and what they made", async () => {
    const show = (...pieces: ReadonlyArray<ReadonlyArray<number>>): Group => {
      const all = Uint8Array.of(1, 2, 3, 4)
      return group({
        times: 1,
        works: {
          a: (_, seen) => seen.add(all),
          b: (_, seen) => pieces.forEach((piece) => seen.add(Uint8Array.from(piece)))
        },
        rows: [row]
      })
    }
    await measure(show([1, 2], [3, 4]), effort)
    await expect(measure(show([1, 2], [4, 3]), effort)).rejects.toThrow("but b gives")

    let left = ""
    const leaving = group({
      times: 1,
      works: { a: () => void (left = "one"), b: () => void (left = "two") },
      outcome: () => left,
      rows: [row]
    })
    await expect(measure(leaving, effort)).rejects.toThrow("a gives [null,\"one\"")
  })

  it("prepares every run, outside of its time", async () => {
    const { clock, log, work } = simulated()
    const works = { a: work("a", () => 1), b: work("b", () => 1) }
    const before = work("before", () => 1000)
    const prepared = { ...group({ times: 1, works, rows: [row] }), before: () => void before(0) }
    const { a } = await measure(prepared, { ...effort, warmUp: 0, mostRounds: 1 }, clock)
    const turn = "before0 a1 before0 b1"
    expect(log.join(" ")).toBe([turn, turn, turn, "before0"].join(" "))
    expect(a?.median).toBe(1e6)
  })

  it("takes the figures of works that measure themselves", async () => {
    const { clock, work } = simulated()
    const itself = (result: unknown) =>
      measure(
        group({ measuresItself: true, times: 1, works: { a: work("a", () => 1, result) }, rows: [row] }),
        effort,
        clock
      )
    expect(await itself(77)).toEqual({ a: { lower: 77, median: 77, upper: 77 } })
    await expect(itself("77")).rejects.toThrow("number")
  })

  it("passes on what a work fails with", async () => {
    const works = { a: () => Promise.reject(new Error("no such file")) }
    await expect(measure(group({ times: 1, works, rows: [row] }), effort)).rejects.toThrow("no such file")
  })
})
