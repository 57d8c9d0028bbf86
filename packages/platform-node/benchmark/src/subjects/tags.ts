import * as path from "node:path"
import { group, type Subject } from "../runner/model.js"
import { mebibytes, microsecondsPer, nanosecondsPer } from "../runner/unit.js"
import { inChild } from "../ways/child.js"
import { byLibrary, byWaveFile, changedByLibrary, changedByWaveFile, decoded, makeTagged } from "../ways/tags.js"

const mebibyte = 2 ** 20

export const tags: Subject = {
  name: "tags",
  title: "the format and the tags of a WAVE file of 1 GiB, and another tag for it; of 128 MiB if it has to be quick",
  groups: ({ folder, quick }) => {
    const file = path.join(folder, "tags.wav")
    const small = path.join(folder, "tags-small.wav")
    // Each way changes a file of its own: wavefile writes all of it anew.
    const ours = path.join(folder, "tags-ours.wav")
    const theirs = path.join(folder, "tags-theirs.wav")
    const synced = path.join(folder, "tags-synced.wav")
    for (const name of [file, ours, theirs, synced]) makeTagged(name, quick ? 128 * mebibyte : 1024 * mebibyte)
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
        times: { check: 1, most: 1000 },
        rounds: 3,
        works: {
          "Riff.edit": (times) => changedByLibrary(ours, times),
          "wavefile": (times) => changedByWaveFile(theirs, times)
        },
        rows: [{
          case: "Riff.edit of a tag",
          ours: "Riff.edit",
          peers: ["wavefile"],
          unit: microsecondsPer("file"),
          target: { "wavefile": 50 }
        }]
      }),
      group({
        times: { check: 1, most: 1000 },
        rounds: 3,
        works: {
          "Riff.edit": (times) => changedByLibrary(ours, times),
          "Riff.edit, sync: true": (times) => changedByLibrary(synced, times, true)
        },
        rows: [{
          case: "Riff.edit of a tag, not waiting for the device",
          ours: "Riff.edit",
          peers: [],
          unit: microsecondsPer("file"),
          // What is quick is mostly loading and compiling.
          ...(quick ? {} : { target: 5000 })
        }, {
          case: "Riff.edit of a tag, waiting for the device",
          ours: "Riff.edit, sync: true",
          peers: ["Riff.edit"],
          unit: microsecondsPer("file")
        }]
      }),
      // What a file without an end of tags or cue points costs: as much for each of them, however many there are.
      ...(["LIST INFO", "cue "] as const).map((kind) =>
        group({
          times: { check: 1, most: 1000 },
          rounds: 3,
          works: {
            "100 000 entries": (times) => decoded(kind, 100_000, 8 * times),
            "800 000 entries": (times) => decoded(kind, 800_000, times)
          },
          rows: [{
            case: `Wave.decode of a ${kind.trim()}`,
            ours: "800 000 entries",
            peers: ["100 000 entries"],
            unit: nanosecondsPer("entry", 800_000)
          }]
        })
      ),
      group({
        measuresItself: true,
        rounds: quick ? 1 : 3,
        times: 1,
        works: {
          "Wave.info": () => inChild("tags", ["library", file]),
          "Wave.info of 1 MiB": () => inChild("tags", ["library", small]),
          "wavefile": () => inChild("tags", ["wavefile", file]),
          "Riff.edit": () => inChild("tags", ["changing", ours]),
          "wavefile that changes it": () => inChild("tags", ["wavefile-changing", theirs])
        },
        rows: [{
          case: "Wave.info, the peak of resident memory",
          ours: "Wave.info",
          peers: ["Wave.info of 1 MiB", "wavefile"],
          unit: mebibytes
        }, {
          case: "Riff.edit of a tag, the peak of resident memory",
          ours: "Riff.edit",
          peers: ["Wave.info of 1 MiB", "wavefile that changes it"],
          unit: mebibytes
        }]
      })
    ]
  }
}
