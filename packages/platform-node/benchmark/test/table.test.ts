import { expect, it } from "vitest"
import { table } from "../src/runner/table.js"

it("has a line for each case, each peer and the C code, with columns that end at the same place", () => {
  expect(table([
    {
      subject: "subject",
      case: "readInto",
      unit: "ns/op",
      median: 60,
      lower: 55,
      upper: 71,
      ratios: { "fs.readSync": 8, "a buffer": 0.5, "fs.read": 100 },
      peers: {
        "fs.readSync": { median: 480, lower: 470, upper: 500 },
        "a buffer": { median: 30, lower: 29, upper: 31 },
        "fs.read": { median: 6000, lower: 5900, upper: 6100 }
      },
      target: { "fs.readSync": 3, "a buffer": 1.3 },
      met: false,
      native: 18.6
    },
    {
      subject: "subject",
      case: "import",
      unit: "ms",
      median: 20,
      lower: 19,
      upper: 21,
      ratios: {},
      peers: {},
      target: 60,
      met: true
    }
  ])).toBe(`\
                         median         quartiles    ratio  target
readInto                   60.0  ns/op  55.0–71.0
  fs.readSync               480  ns/op  470–500     8.00 ×  ≥ 3.00  ✓
  a buffer                 30.0  ns/op  29.0–31.0  0.500 ×  ≥ 1.30  ✗
  fs.read                  6000  ns/op  5900–6100    100 ×
  C, on another machine    18.6  ns/op
import                     20.0  ms     19.0–21.0           ≤ 60.0  ✓`)
})
