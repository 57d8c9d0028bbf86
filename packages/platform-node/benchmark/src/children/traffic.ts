/**
 * Reads so many bytes of a file that no disk holds, half of them in sequence and half at positions all over it, and
 * tells what the process has had in memory at most, in bytes:
 *
 *   node traffic.js (cache | bare) bytes
 */
import { IOProc, Mmio } from "@effect-mmio/core"
import { Effect, Exit } from "effect"
import { peak, tell } from "../ways/child.js"

// the subject gives both
const [kind, bytes] = process.argv.slice(2) as [string, string]
const length = Number(bytes)
const blockSize = 64 * 1024

const synthetic = IOProc.make({
  open: ({ name: { full: name } }) =>
    Effect.succeed(IOProc.makeFile({
      name,
      capabilities: { concurrent: true },
      size: Effect.succeed(length),
      version: "1",
      identity: name,
      readAt: (position, target) =>
        IOProc.immediate(() => {
          // A cache asks for whole blocks: what is read past it, and not through it, begins anywhere.
          if (kind === "cache" && position % blockSize !== 0) {
            return Exit.die(new Error(`The cache was not asked for what is at ${position}.`))
          }
          const count = Math.max(0, Math.min(target.length, length - position))
          target.fill(position & 0xff, 0, count)
          return Exit.succeed(count)
        })
    }))
})

const storage = kind === "cache" ? IOProc.cache(synthetic, { blockSize, capacity: 64 * 1024 * 1024 }) : synthetic

const target = new Uint8Array(256 * 1024)
const traffic = Effect.gen(function*() {
  // Transfers go past the buffer, which is smaller. Without one, nothing would be kept in memory, and no cache asked.
  const file = yield* Mmio.openWith(storage, "data", { buffer: 1024 })
  let read = 0
  while (read < length / 2) read += yield* Mmio.readInto(file, target)
  let state = 0x9e3779b9
  while (read < length) {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    yield* Mmio.seek(file, Math.floor((state >>> 0) / 2 ** 32 * (length - target.length)))
    read += yield* Mmio.readInto(file, target)
  }
})

await Effect.runPromise(Effect.scoped(traffic))
tell(peak())
