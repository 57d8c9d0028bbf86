/**
 * Edits a file again and again, until the process is killed: `node editor.mjs FILE FIRST`, where FIRST is the number of
 * the first edit. After edit k the title says so, in a length that goes up and down, and the samples are after all else
 * where k is odd.
 */
import { Riff, RiffEdit } from "@effect-mmio/core"
import { NodeIOProc } from "@effect-mmio/platform-node"
import { Effect } from "effect"

const [, , file, first] = process.argv

const titleOf = (k) => `title ${k} ${"x".repeat((k * 37) % 300)}`

const edit = (k) =>
  Riff.edit(file, [
    RiffEdit.assign("RIFF / LIST:INFO / INAM", new TextEncoder().encode(titleOf(k))),
    RiffEdit.move("RIFF / data", k % 2 === 1 ? { after: "RIFF / iXML" } : { after: "RIFF / fmt" })
  ], { keepOrder: true })

/** Says so after the first edit: before that a process is mostly loading and compiling. */
const editAndSay = (k) =>
  Effect.map(edit(k), () => {
    if (k === Number(first)) process.stdout.write("ready")
    return k + 1
  })

await Effect.runPromise(
  Effect.provide(
    Effect.iterate(Number(first), { while: () => true, body: editAndSay }),
    NodeIOProc.layer
  )
)
