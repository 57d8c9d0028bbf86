/**
 * Reads a file to its end, and tells what the process has had in memory at most, in bytes:
 *
 *   node wholeFile.js (library | platform | stream | whole) file
 */
import * as fs from "node:fs"
import { peak, tell } from "../ways/child.js"

// the subject gives both
const [kind, file] = process.argv.slice(2) as [string, string]

// Only what the kind needs is loaded, since all of it counts.

const byLibrary = async () => {
  const { Mmio } = await import("@effect-mmio/core")
  const { onNode } = await import("../ways/library.js")
  const { Effect, Stream } = await import("effect")
  await onNode(Effect.flatMap(Mmio.open(file), (handle) => Stream.runDrain(Mmio.stream(handle))))
}

const byPlatform = async () => {
  const { FileSystem } = await import("@effect/platform/FileSystem")
  const { onPlatform } = await import("../ways/platform.js")
  const { Effect, Stream } = await import("effect")
  await onPlatform(Effect.flatMap(FileSystem, (fileSystem) => Stream.runDrain(fileSystem.stream(file))))
}

const byStream = async () => {
  const { flow } = await import("../ways/node.js")
  await flow(fs.createReadStream(file), () => {})
}

const kinds = { library: byLibrary, platform: byPlatform, stream: byStream, whole: () => fs.promises.readFile(file) }

for (const [name, run] of Object.entries(kinds)) if (name === kind) await run()
tell(peak())
