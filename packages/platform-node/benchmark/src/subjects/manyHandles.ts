import { group, type Subject } from "../runner/model.js"
import { bytesPer, mebibytes } from "../runner/unit.js"
import { inChild } from "../ways/child.js"

/** How many files this process may open, where the system says that. */
const limit = (): number => {
  // its type leaves open what is in a report
  const { userLimits } = process.report.getReport() as {
    readonly userLimits?: { readonly open_files?: { readonly hard?: unknown } }
  }
  const hard = Number(userLimits?.open_files?.hard)
  return Number.isFinite(hard) ? hard : Infinity
}

const defaultBuffer = 8192

export const manyHandles: Subject = {
  name: "many-handles",
  title: "10 000 open handles, or 1000 if it has to be quick, with the default buffer of 8192 bytes",
  groups: ({ file, quick }) => {
    // what Node itself has open needs a few
    const count = Math.min(quick ? 1000 : 10_000, limit() - 100)
    const told = (kind: string, what: string) => () => inChild("handles", [kind, what, file, String(count)])
    const unit = bytesPer("handle", count)
    return [
      group({
        measuresItself: true,
        rounds: quick ? 1 : 3,
        times: 1,
        works: {
          "opened": told("library", "opened"),
          "platform File, opened": told("platform", "opened"),
          "fs.promises FileHandle, opened": told("node", "opened"),
          "read": told("library", "read"),
          "platform File, read": told("platform", "read"),
          "fs.promises FileHandle, read": told("node", "read"),
          "peak": told("library", "peak"),
          "platform File, peak": told("platform", "peak"),
          "fs.promises FileHandle, peak": told("node", "peak")
        },
        slow: [
          "platform File, read",
          "platform File, peak",
          "fs.promises FileHandle, opened",
          "fs.promises FileHandle, read",
          "fs.promises FileHandle, peak"
        ],
        rows: [
          {
            case: "an open handle",
            ours: "opened",
            peers: ["platform File, opened", "fs.promises FileHandle, opened"],
            unit,
            target: defaultBuffer + 2048
          },
          {
            case: "a handle from which 16 bytes were read",
            ours: "read",
            peers: ["platform File, read", "fs.promises FileHandle, read"],
            unit
          },
          {
            case: "peak of resident memory",
            ours: "peak",
            peers: ["platform File, peak", "fs.promises FileHandle, peak"],
            unit: mebibytes
          }
        ]
      })
    ]
  }
}
