import * as path from "node:path"
import { group, type Subject } from "../runner/model.js"
import { mebibytes, microsecondsPer } from "../runner/unit.js"
import { inChild } from "../ways/child.js"
import { byLibrary, byWaveFile, makeTagged } from "../ways/tags.js"

const mebibyte = 2 ** 20

export const tags: Subject = {
  name: "tags",
  title: "the format and the tags of a WAVE file of 1 GiB, or 256 MiB if it has to be quick",
  groups: ({ folder, quick }) => {
    const file = path.join(folder, "tags.wav")
    const small = path.join(folder, "tags-small.wav")
    makeTagged(file, quick ? 256 * mebibyte : 1024 * mebibyte)
    makeTagged(small, mebibyte)
    return [
      group({
        times: { check: 1, most: 10_000 },
        rounds: 3,
        works: {
          "Wave.info": (times) => byLibrary(file, times),
          "wavefile": (times) => byWaveFile(file, times)
        },
        rows: [{
          case: "Wave.info",
          ours: "Wave.info",
          peers: ["wavefile"],
          unit: microsecondsPer("file"),
          target: { "wavefile": 50 }
        }]
      }),
      group({
        measuresItself: true,
        rounds: quick ? 1 : 3,
        times: 1,
        works: {
          "Wave.info": () => inChild("tags", ["library", file]),
          "Wave.info of 1 MiB": () => inChild("tags", ["library", small]),
          "wavefile": () => inChild("tags", ["wavefile", file])
        },
        rows: [{
          case: "Wave.info, the peak of resident memory",
          ours: "Wave.info",
          peers: ["Wave.info of 1 MiB", "wavefile"],
          unit: mebibytes
        }]
      })
    ]
  }
}
