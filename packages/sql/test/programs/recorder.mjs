/**
 * Records until it is killed: `node recorder.mjs URL NAME LEASE`. Byte k of the file is k * 31 % 251; each line of the
 * output is a size that was flushed. Parts have many sizes, so that flushes end within blocks, and some are larger than
 * what is held in memory.
 */
import { Mmio } from "@effect-mmio/core"
import { SqlIOProc } from "@effect-mmio/sql"
import { Effect, Layer } from "effect"
import * as NFS from "node:fs"
import { clientOf } from "./client.mjs"

const [url, name, lease] = process.argv.slice(2)

const record = Effect.scoped(Effect.gen(function*() {
  const file = yield* Mmio.open(name, { access: "write", create: true })
  let size = 0
  for (let i = 0;; i++) {
    const part = new Uint8Array((i * 7919) % 60_000 + 1)
    for (let k = 0; k < part.length; k++) part[k] = ((size + k) * 31) % 251
    yield* Mmio.writeAll(file, part)
    size += part.length
    if (i % 3 !== 2) continue
    yield* Mmio.flush(file)
    // What is written to a pipe by a process that is killed then may be lost; a line that arrives was flushed.
    NFS.writeSync(1, `${size}\n`)
  }
}))

await Effect.runPromise(
  Effect.provide(
    record,
    Layer.provide(SqlIOProc.layer({ lease: Number(lease), writeBuffer: 64 * 1024 }), clientOf(url))
  )
)
