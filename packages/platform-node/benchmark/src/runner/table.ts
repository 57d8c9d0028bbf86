/** Results as text. */
import { format, reached, type Result } from "./result.js"

const mark = (degree: number | undefined): string => degree === undefined ? "" : degree >= 1 ? "✓" : "✗"

const spread = ({ lower, upper }: { readonly lower: number; readonly upper: number }): string =>
  `${format(lower)}–${format(upper)}`

const heads = ["", "median", "", "quartiles", "ratio", "target", ""]
/** Which columns are figures, and so end at the same place. */
const isFigure = [false, true, false, false, true, true, false]

const linesOf = (result: Result): ReadonlyArray<ReadonlyArray<string>> => {
  const { median, native, peers, ratios, target, unit } = result
  const degreeOf = (peer: string | undefined) => reached(result).find((it) => it.peer === peer)?.degree
  const limit = typeof target === "number" ? `≤ ${format(target)}` : ""
  return [
    [result.case, format(median), unit, spread(result), "", limit, mark(degreeOf(undefined))],
    ...Object.entries(peers).map(([peer, summary]) => [
      `  ${peer}`,
      format(summary.median),
      unit,
      spread(summary),
      `${format(ratios[peer] ?? NaN)} ×`,
      typeof target === "object" && target[peer] !== undefined ? `≥ ${format(target[peer])}` : "",
      mark(degreeOf(peer))
    ]),
    ...native === undefined ? [] : [["  C, on another machine", format(native), unit, "", "", "", ""]]
  ]
}

/** The results of one subject. */
export const table = (results: ReadonlyArray<Result>): string => {
  const lines = [heads, ...results.flatMap(linesOf)]
  const widths = heads.map((_, column) => Math.max(...lines.map((line) => line[column]?.length ?? 0)))
  const padded = (line: ReadonlyArray<string>) =>
    line.map((cell, column) =>
      isFigure[column] === true ? cell.padStart(widths[column] ?? 0) : cell.padEnd(widths[column] ?? 0)
    )
  return lines.map((line) => padded(line).join("  ").trimEnd()).join("\n")
}
