import { Mmio, Riff, RiffEdit } from "@effect-mmio/core"
import { NodeIOProc } from "@effect-mmio/platform-node"
import { Effect } from "effect"
import * as fs from "node:fs"
const f = process.argv[2]
fs.copyFileSync(f, "/tmp/zz.wav")
const show = (t) => {
  const walk = (n, d) => {
    console.log(
      " ".repeat(d),
      n.chunk.id,
      n.chunk.offset,
      "size",
      n.chunk.size,
      "field",
      n.chunk.sizeField,
      "available",
      n.available,
      "pad",
      n.padding,
      n.chunk.ds64._tag
    )
    n.children.forEach((c) => walk(c, d + 1))
  }
  t.chunks.forEach((c) => walk(c, 0))
  console.log(t.problems.map(String))
}
const p = Effect.gen(function*() {
  console.log(
    JSON.stringify(
      yield* Riff.edit("/tmp/zz.wav", [
        RiffEdit.assign("RIFF:WAVE / LIST:INFO / INAM", new TextEncoder().encode("Title\0"))
      ])
    )
  )
  const h = yield* Mmio.open("/tmp/zz.wav", { access: "readWrite" })
  show(yield* Riff.tree(h, { lenient: true }))
  show(
    yield* Riff.tree(h, { lenient: false }).pipe(
      Effect.catchAll((e) => (console.log(String(e)), Effect.succeed({ chunks: [], problems: [] })))
    )
  )
})
await Effect.runPromise(p.pipe(Effect.scoped, Effect.provide(NodeIOProc.layer))).catch((e) => console.log(e))
