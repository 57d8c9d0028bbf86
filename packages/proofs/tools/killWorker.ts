/**
 * A process that edits a file, for tools/kill.ts:
 *
 *   node killWorker.js title FILE FIRST edit after edit, from the one with this number on, until it is killed node
 *   killWorker.js insert FILE CHUNK TIMES so many chunks with this id, however often another process has the file
 */
import { Riff, RiffEdit } from "@effect-mmio/core"
import { NodeIOProc } from "@effect-mmio/platform-node"
import { Effect, Schedule } from "effect"
import { contentOf, retitle } from "./lib/kill.js"

// kill.ts gives all of them
const [, , what, file, first, times] = process.argv as [string, string, string, string, string, string | undefined]

const forever = Effect.iterate(Number(first), {
  while: () => true,
  body: (k) =>
    Effect.map(retitle(file, k), () => {
      // Only then: before that a process is mostly loading and compiling.
      if (k === Number(first)) process.stdout.write("ready")
      return k + 1
    })
})

const inserted = Effect.gen(function*() {
  let refused = 0
  for (let i = 0; i < Number(times); i++) {
    yield* Riff.edit(file, [
      RiffEdit.insert({ last: "RIFF:WAVE" }, { chunk: first, data: new TextEncoder().encode(contentOf(first, i)) })
    ]).pipe(
      Effect.tapErrorTag("SharingViolation", () => Effect.sync(() => refused++)),
      Effect.retry({
        while: (error) => error._tag === "SharingViolation",
        schedule: Schedule.jittered(Schedule.spaced("2 millis"))
      })
    )
  }
  process.stdout.write(`${refused}`)
})

await Effect.runPromise(Effect.provide(what === "title" ? forever : inserted, NodeIOProc.layer))
