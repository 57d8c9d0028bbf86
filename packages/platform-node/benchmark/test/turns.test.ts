import { describe, expect, it } from "vitest"
import { turns } from "../src/runner/turns.js"

const counted = (items: ReadonlyArray<string>): Record<string, number> => {
  const counts: Record<string, number> = {}
  for (const item of items) counts[item] = (counts[item] ?? 0) + 1
  return counts
}

describe("turns", () => {
  it.each([1, 2, 3, 4, 5, 6, 7])("of %i contestants are fair", (n) => {
    const rounds = (count: number) => Array.from({ length: count }, (_, round) => turns(n, round))
    const numbers = Array.from({ length: n }, (_, i) => i)

    const places = counted(rounds(n).flatMap((order) => order.map((who, place) => `${who} at ${place}`)))
    expect(places).toEqual(Object.fromEntries(numbers.flatMap((i) => numbers.map((j) => [`${i} at ${j}`, 1]))))

    const neighbours = counted(rounds(2 * n).flatMap((order) => order.slice(1).map((who, i) => `${order[i]} ${who}`)))
    expect(neighbours).toEqual(
      Object.fromEntries(numbers.flatMap((i) => numbers.filter((j) => j !== i).map((j) => [`${i} ${j}`, 2])))
    )
  })
})
