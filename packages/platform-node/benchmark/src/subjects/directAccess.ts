import { Mmio } from "@effect-mmio/core"
import { Effect } from "effect"
import * as fs from "node:fs"
import { group, type Subject } from "../runner/model.js"
import { gigabytesPerSecond } from "../runner/unit.js"
import { onNode } from "../ways/library.js"
import { flow, opened } from "../ways/node.js"

/** All sums are of 32 bits, so that none of them becomes one of floating-point numbers for being large. */
const sumOf = (bytes: Uint8Array, from: number, to: number): number => {
  let sum = 0
  // what is called has taken the range from the array
  for (let i = from; i < to; i++) sum = sum + bytes[i]! | 0
  return sum
}

const byForEachBuffer = (file: string, buffer: number) =>
  Effect.gen(function*() {
    const handle = yield* Mmio.open(file, { buffer })
    let sum = 0
    yield* Mmio.forEachBuffer(handle, (bytes) => {
      sum = sum + sumOf(bytes, 0, bytes.length) | 0
    })
    return sum
  })

const byAdvance = (file: string, buffer: number) =>
  Effect.gen(function*() {
    const handle = yield* Mmio.open(file, { buffer })
    let sum = 0
    let info = yield* Mmio.getInfo(handle)
    while (true) {
      info = yield* Mmio.advance(handle, info, "read")
      if (info.next === info.endRead) return sum
      sum = sum + sumOf(info.bytes, info.next, info.endRead) | 0
      info = { ...info, next: info.endRead }
    }
  })

/** What any function that is called with windows has to be paid for, and nothing else. */
const forEachWindow = (bytes: Uint8Array, size: number, f: (bytes: Uint8Array) => void) => {
  for (let at = 0; at < bytes.length; at += size) f(bytes.subarray(at, at + size))
}

const inWindows = (bytes: Uint8Array, size: number): number => {
  let sum = 0
  forEachWindow(bytes, size, (bytes) => {
    sum = sum + sumOf(bytes, 0, bytes.length) | 0
  })
  return sum
}

const bySync = (file: string, buffer: number) =>
  opened(file, "r", (fd) => {
    const bytes = new Uint8Array(buffer)
    let sum = 0
    while (true) {
      const count = fs.readSync(fd, bytes, 0, buffer, null)
      if (count === 0) return sum
      sum = sum + sumOf(bytes, 0, count) | 0
    }
  })

const byStream = async (file: string) => {
  let sum = 0
  await flow(fs.createReadStream(file), ({ buffer, byteOffset, length }) => {
    // another kind of array in it would make the loop slower for everybody
    sum = sum + sumOf(new Uint8Array(buffer, byteOffset, length), 0, length) | 0
  })
  return sum
}

export const directAccess: Subject = {
  name: "direct-access",
  title: "the sum of all bytes of a file",
  groups: ({ file, size }) => {
    const whole = new Uint8Array(fs.readFileSync(file))
    const unit = gigabytesPerSecond(size)
    const peers = ["bytes in memory", "windows of bytes in memory", "fs.readSync", "fs.createReadStream"] as const
    return [8, 64].map((kibibytes) => {
      const buffer = kibibytes * 1024
      const isDefault = kibibytes === 8
      const name = isDefault ? "default buffer" : `buffer of ${kibibytes} KiB`
      const native = isDefault ? 2.55 : 3.2
      return group({
        times: 1,
        works: {
          "forEachBuffer": () => onNode(byForEachBuffer(file, buffer)),
          "getInfo, advance": () => onNode(byAdvance(file, buffer)),
          "bytes in memory": () => sumOf(whole, 0, whole.length),
          "windows of bytes in memory": () => inWindows(whole, buffer),
          "fs.readSync": () => bySync(file, buffer),
          "fs.createReadStream": () => byStream(file)
        },
        rows: [
          {
            case: `forEachBuffer, ${name}`,
            ours: "forEachBuffer",
            peers,
            unit,
            ...isDefault ? { target: { "bytes in memory": 0.9 } } : {},
            native
          },
          { case: `getInfo and advance, ${name}`, ours: "getInfo, advance", peers, unit, native }
        ]
      })
    })
  }
}
