import { group, type Subject } from "../runner/model.js"
import { mebibytes } from "../runner/unit.js"
import { inChild } from "../ways/child.js"

export const peakMemory: Subject = {
  name: "peak-memory",
  title: "the peak of resident memory of a process that reads a file to its end, or much through a cache",
  groups: ({ file, quick }) => [
    group({
      measuresItself: true,
      rounds: quick ? 1 : 3,
      times: 1,
      works: {
        "Mmio.stream": () => inChild("wholeFile", ["library", file]),
        "platform FileSystem.stream": () => inChild("wholeFile", ["platform", file]),
        "fs.createReadStream": () => inChild("wholeFile", ["stream", file]),
        "fs.promises.readFile": () => inChild("wholeFile", ["whole", file])
      },
      rows: [
        {
          case: "Mmio.stream",
          ours: "Mmio.stream",
          peers: ["platform FileSystem.stream", "fs.createReadStream", "fs.promises.readFile"],
          unit: mebibytes
        }
      ]
    }),
    group({
      measuresItself: true,
      rounds: quick ? 1 : 3,
      times: 1,
      works: {
        "cache": () => inChild("traffic", ["cache", quick ? "1e9" : "1e10"]),
        "bare storage": () => inChild("traffic", ["bare", quick ? "1e9" : "1e10"])
      },
      rows: [{
        case: `peak memory of ${quick ? 1 : 10} GB through a cache of 64 MiB`,
        ours: "cache",
        peers: ["bare storage"],
        unit: mebibytes,
        // the cache, the process, and what the collector has not looked at yet
        target: 256
      }]
    })
  ]
}
