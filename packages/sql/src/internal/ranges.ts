/**
 * Parts of a block that were written, as the bounds of ranges in ascending order: `[from, to, from, to, …]`, which
 * neither overlap nor touch.
 */

/** @internal */
export type Ranges = ReadonlyArray<number>

/** Adds the range from `from` to `to`. @internal */
export const add = (ranges: Ranges, from: number, to: number): Ranges => {
  if (from >= to) return ranges
  const merged: Array<number> = []
  let [start, end] = [from, to]
  let i = 0
  for (; i < ranges.length && at(ranges, i + 1) < start; i += 2) merged.push(at(ranges, i), at(ranges, i + 1))
  for (; i < ranges.length && at(ranges, i) <= end; i += 2) {
    start = Math.min(start, at(ranges, i))
    end = Math.max(end, at(ranges, i + 1))
  }
  merged.push(start, end)
  for (; i < ranges.length; i++) merged.push(at(ranges, i))
  return merged
}

/** All of both. @internal */
export const union = (a: Ranges, b: Ranges): Ranges => {
  let merged = a
  for (let i = 0; i < b.length; i += 2) merged = add(merged, at(b, i), at(b, i + 1))
  return merged
}

/** Whether the ranges are the whole of a block. @internal */
export const isWhole = (ranges: Ranges, size: number): boolean =>
  ranges.length === 2 && ranges[0] === 0 && ranges[1] === size

/** The end of the last range, 0 where there is none. @internal */
export const endOf = (ranges: Ranges): number => ranges.at(-1) ?? 0

/** Copies the ranges of `source` to the same places in `target`. @internal */
export const copy = (ranges: Ranges, source: Uint8Array, target: Uint8Array): void => {
  for (let i = 0; i < ranges.length; i += 2) {
    target.set(source.subarray(at(ranges, i), Math.min(at(ranges, i + 1), target.length)), at(ranges, i))
  }
}

/** As a row has it. @internal */
export const toText = (ranges: Ranges): string => ranges.join(" ")

/** From a row. @internal */
export const fromText = (text: string): Ranges => text === "" ? [] : text.split(" ").map(Number)

/** Bounds come in pairs. */
const at = (ranges: Ranges, index: number): number => ranges[index] ?? 0
