/**
 * Opens many handles on one file, reads 16 bytes from each where it is asked to, and tells what they take together, or what the process
 * has had in memory at most:
 *
 *   node --expose-gc handles.js (library | platform | node) (opened | read | peak) file count
 */
import type { IOProc } from "@effect-mmio/core"
import type { Scope } from "effect"
import { peak, tell } from "../ways/child.js"

// the subject gives all four
const [kind, what, file, count] = process.argv.slice(2) as [string, string, string, string]

const used = async (): Promise<number> => {
  // what the first collection lets go of may have held something else
  for (let i = 0; i < 3; i++) {
    globalThis.gc?.()
    await new Promise((resolve) => setImmediate(resolve))
  }
  const { external, heapUsed } = process.memoryUsage()
  return external + heapUsed
}

const measure = async <Handle>(
  open: () => Promise<Handle>,
  read: (handle: Handle) => Promise<unknown>
): Promise<void> => {
  // what is loaded and compiled for the first handle is no part of the others
  const first = await open()
  await read(first)
  const handles = [first]
  const before = await used()
  while (handles.length <= Number(count)) handles.push(await open())
  if (what !== "opened") { for (const handle of handles) await read(handle) }
  const taken = await used() - before
  // named here, they are not collected before
  if (handles.length <= Number(count)) throw new Error("A handle was lost.")
  tell(what === "peak" ? peak() : taken)
}

// Only what the kind needs is loaded, since all of it counts for the peak.

const byLibrary = async () => {
  const { Mmio } = await import("@effect-mmio/core")
  const { onNode } = await import("../ways/library.js")
  const { Effect, Runtime } = await import("effect")
  const target = new Uint8Array(16)
  await onNode(Effect.gen(function*() {
    const run = Runtime.runPromise(yield* Effect.runtime<IOProc.IOProc | Scope.Scope>())
    yield* Effect.promise(() => measure(() => run(Mmio.open(file)), (handle) => run(Mmio.readInto(handle, target))))
  }))
}

const byPlatform = async () => {
  const { FileSystem } = await import("@effect/platform/FileSystem")
  const { onPlatform } = await import("../ways/platform.js")
  const { Effect, Runtime } = await import("effect")
  const target = new Uint8Array(16)
  await onPlatform(Effect.gen(function*() {
    const run = Runtime.runPromise(yield* Effect.runtime<Scope.Scope>())
    const fileSystem = yield* FileSystem
    yield* Effect.promise(() => measure(() => run(fileSystem.open(file)), (handle) => run(handle.read(target))))
  }))
}

const byNode = async () => {
  const fs = await import("node:fs/promises")
  const target = new Uint8Array(16)
  await measure(() => fs.open(file), (handle) => handle.read(target))
}

await (kind === "library" ? byLibrary() : kind === "platform" ? byPlatform() : byNode())
