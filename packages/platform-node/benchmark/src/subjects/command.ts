import { mkdirSync, writeFileSync } from "node:fs"
import * as path from "node:path"
import { group, type Subject } from "../runner/model.js"
import { microsecondsPer, milliseconds } from "../runner/unit.js"
import { elapsed, isInstalled, mmioWith, processorTime } from "../ways/command.js"

const chunk = (id: string, data: Buffer): Buffer => {
  const header = Buffer.alloc(8)
  header.write(id, "latin1")
  header.writeUInt32LE(data.length, 4)
  return Buffer.concat([header, data, Buffer.alloc(data.length % 2)])
}

/** A small WAVE with two tags. */
const wave = (title: string): Buffer => {
  const format = Buffer.alloc(16)
  format.writeUInt16LE(1, 0)
  format.writeUInt16LE(2, 2)
  format.writeUInt32LE(44100, 4)
  format.writeUInt32LE(176400, 8)
  format.writeUInt16LE(4, 12)
  format.writeUInt16LE(16, 14)
  const list = [Buffer.from("INFO"), chunk("INAM", Buffer.from(`${title}\0`)), chunk("IART", Buffer.from("Nobody\0"))]
  return chunk(
    "RIFF",
    Buffer.concat([
      Buffer.from("WAVE"),
      chunk("fmt ", format),
      chunk("data", Buffer.alloc(2048)),
      chunk("LIST", Buffer.concat(list))
    ])
  )
}

export const command: Subject = {
  name: "command",
  title: "the mmio command: processor time of its start, and how long it takes for many small WAVE files in a folder",
  groups: ({ folder, quick }) => {
    const small = path.join(folder, "command.wav")
    writeFileSync(small, wave("Small"))
    const count = quick ? 1000 : 10_000
    const files = path.join(folder, "command")
    mkdirSync(files)
    for (let i = 0; i < count; i++) writeFileSync(path.join(files, `${i}.wav`), wave(`Take ${i}`))
    const peers = [
      ...(isInstalled("exiftool") ? ["exiftool -fast" as const] : []),
      ...(isInstalled("mediainfo") ? ["mediainfo" as const] : [])
    ]
    // Of a thousand files the start of threads is most: it says nothing of ten thousand.
    const target = quick ? {} : Object.fromEntries(peers.map((peer) => [peer, 3]))
    return [
      group({
        measuresItself: true,
        times: 1,
        rounds: quick ? 3 : 10,
        works: {
          "node": () => processorTime([process.execPath, "-e", "0"]),
          "mmio --help": () => processorTime(mmioWith("--help")),
          "mmio tree": () => processorTime(mmioWith("tree", small))
        },
        rows: [{
          case: "mmio --help, processor time",
          ours: "mmio --help",
          peers: ["node"],
          unit: milliseconds,
          target: { "node": 1 / 2.7 }
        }, {
          case: "mmio tree of a small file, processor time",
          ours: "mmio tree",
          peers: ["node"],
          unit: milliseconds,
          target: { "node": 1 / 3.2 }
        }]
      }),
      group({
        measuresItself: true,
        times: 1,
        rounds: quick ? 1 : 3,
        works: {
          "mmio verify": () => elapsed(mmioWith("verify", files)),
          "mmio info": () => elapsed(mmioWith("info", files)),
          "exiftool -fast": () => peers.includes("exiftool -fast") ? elapsed(["exiftool", "-fast", "-q", files]) : 0,
          "mediainfo": () => peers.includes("mediainfo") ? elapsed(["mediainfo", files]) : 0
        },
        rows: [
          { case: "mmio verify of a folder", ours: "mmio verify", peers, unit: microsecondsPer("file", count), target },
          { case: "mmio info of a folder", ours: "mmio info", peers, unit: microsecondsPer("file", count), target }
        ]
      })
    ]
  }
}
