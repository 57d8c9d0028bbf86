import * as fs from "node:fs"
import * as path from "node:path"
import { haveFreshMemory } from "../runner/freshMemory.js"
import { group, type Subject } from "../runner/model.js"
import { gigabytesPerSecond, milliseconds } from "../runner/unit.js"
import * as zip from "../ways/zip.js"

export const archives: Subject = {
  name: "zip",
  title: "elements of an archive with one of 500 MB that is stored, and one of 64 MB that is compressed",
  groups: ({ file, folder, quick, size }) => {
    const archive = path.join(folder, "archive.zip")
    const copy = path.join(folder, "copy.zip")
    const replaced = path.join(folder, "replaced.zip")
    const soundSize = (quick ? 8 : 64) * 2 ** 20
    zip.makeArchive(archive, [
      { name: "stored", size, deflated: false, pieces: () => zip.piecesOf(file) },
      { name: "compressed", size: soundSize, deflated: true, pieces: () => zip.sound(soundSize) },
      { name: "small", size: 2 ** 20, deflated: false, pieces: () => zip.sound(2 ** 20) }
    ])
    const fresh = new Uint8Array(2 ** 20).fill(7)
    const peers = ["yauzl", "zip.js", "unzipper"] as const
    return [
      group({
        times: { check: 2, most: 1000 },
        rounds: 5,
        works: {
          "Mmio": (times) => zip.rangesByLibrary(archive, "stored", size, times),
          "yauzl": (times) => zip.rangesByYauzl(archive, "stored", size, times, true),
          "zip.js": (times) => zip.rangesByZipJs(archive, "stored", size, times),
          "unzipper": (times) => zip.rangesByUnzipper(archive, "stored", size, times)
        },
        slow: ["zip.js", "unzipper"],
        rows: [{ case: "open, and 64 KiB from the middle, stored", ours: "Mmio", peers, unit: milliseconds }]
      }),
      group({
        times: { check: 2, most: 1000 },
        rounds: 5,
        works: {
          "Mmio": (times) => zip.rangesByLibrary(archive, "compressed", soundSize, times),
          "yauzl": (times) => zip.rangesByYauzl(archive, "compressed", soundSize, times, false),
          "zip.js": (times) => zip.rangesByZipJs(archive, "compressed", soundSize, times),
          "unzipper": (times) => zip.rangesByUnzipper(archive, "compressed", soundSize, times)
        },
        slow: peers,
        rows: [{ case: "open, and 64 KiB from the middle, compressed", ours: "Mmio", peers, unit: milliseconds }]
      }),
      group({
        times: 1,
        rounds: 5,
        works: {
          "Mmio": (_, digest) => zip.wholeByLibrary(archive, "compressed", digest),
          "yauzl": (_, digest) => zip.wholeByYauzl(archive, "compressed", digest),
          "zip.js": (_, digest) => zip.wholeByZipJs(archive, "compressed", digest),
          "unzipper": (_, digest) => zip.wholeByUnzipper(archive, "compressed", digest)
        },
        rows: [{ case: "all of it, compressed", ours: "Mmio", peers, unit: gigabytesPerSecond(soundSize) }]
      }),
      group({
        times: 1,
        rounds: 7,
        works: {
          "Mmio": () => zip.replaceByLibrary(archive, "small", fresh),
          "fs.copyFile": () => zip.copyBySystem(archive, copy),
          "fs.copyFile, fs.rename": () => zip.replaceBySystem(archive, copy, replaced),
          "a copy by streams": () => zip.copyByStreams(archive, copy)
        },
        before: () => {
          if (!fs.existsSync(replaced)) fs.copyFileSync(archive, replaced)
          haveFreshMemory(copy, fs.statSync(archive).size)
        },
        rows: [{
          case: "replace an element of 1 MiB",
          ours: "Mmio",
          peers: ["fs.copyFile", "fs.copyFile, fs.rename", "a copy by streams"],
          unit: milliseconds,
          // Of a small archive, what does not depend on its size takes longer than the copy.
          ...(quick ? {} : { target: { "fs.copyFile": 1 / 1.5 } })
        }]
      })
    ]
  }
}
