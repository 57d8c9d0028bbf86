/**
 * Opens many handles on one file, reads 16 bytes from each where it is asked to, and tells what they take together, or
 * what the process has had in memory at most:
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
  open: (count: number) => Promise<ReadonlyArray<Handle>>,
  read: (handles: ReadonlyArray<Handle>) => Promise<unknown>
): Promise<void> => {
  // what is loaded and compiled for the first handles is no part of the others
  const first = await open(10)
  await read(first)
  const before = await used()
  const handles = await open(Number(count))
  if (what !== "opened") await read(handles)
  const taken = await used() - before
  // named here, they are not collected before
  if (first.length + handles.length !== 10 + Number(count)) throw new Error("A handle was lost.")
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
    yield* Effect.promise(() =>
      measure(
        (count) => run(Effect.replicateEffect(Mmio.open(file), count)),
        (handles) => run(Effect.forEach(handles, (handle) => Mmio.readInto(handle, target), { discard: true }))
      )
    )
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
    yield* Effect.promise(() =>
      measure(
        (count) => run(Effect.replicateEffect(fileSystem.open(file), count)),
        (handles) => run(Effect.forEach(handles, (handle) => handle.read(target), { discard: true }))
      )
    )
  }))
}

const byNode = async () => {
  const fs = await import("node:fs/promises")
  const target = new Uint8Array(16)
  await measure(
    async (count) => {
      const handles = []
      while (handles.length < count) handles.push(await fs.open(file))
      return handles
    },
    async (handles) => {
      for (const handle of handles) await handle.read(target)
    }
  )
}

await (kind === "library" ? byLibrary() : kind === "platform" ? byPlatform() : byNode())
