import { FileName, IOProc } from "@effect-mmio/core"
import { LibsqlConnection, SqlIOProc } from "@effect-mmio/sql"
import { IOProcContract } from "@effect-mmio/testing"
import { LibsqlClient } from "@effect/sql-libsql"
import { createClient } from "@libsql/client"
import { Effect, Layer } from "effect"
const scale = Number(process.argv[2] ?? 0.02), filter = process.argv[3]
const client = Layer.suspend(() =>
  Layer.unwrapScoped(
    Effect.map(
      LibsqlConnection.make(() => createClient({ url: ":memory:" })),
      (liveClient) => LibsqlClient.layer({ liveClient })
    )
  )
)
const layer = Layer.tap(
  Layer.provide(SqlIOProc.layer({ blockSize: 32, snapshots: false, writeBuffer: 96 }), client),
  (c) => Effect.flatMap(IOProc.IOProc, (d) => d.makeFolder(FileName.plain("folder"))).pipe(Effect.provide(c))
)
const out = []
const start = process.cpuUsage()
for (
  const { law, name, test } of IOProcContract.tests({
    capabilities: { largeFiles: true },
    scale,
    patience: "3 minutes"
  })
) {
  if (law === "interruption") continue
  if (filter && !(law + " " + name).includes(filter)) continue
  const before = process.cpuUsage()
  const exit = await Effect.runPromiseExit(Effect.provide(test, layer))
  const u = process.cpuUsage(before)
  out.push([(u.user + u.system) / 1000, law, name])
  if (exit._tag === "Failure") console.log("FAIL", law, name, String(exit.cause).slice(0, 800))
}
out.sort((a, b) => b[0] - a[0])
for (const [ms, law, name] of out.slice(0, 40)) console.log(ms.toFixed(0), law, name)
const by = {}
for (const [ms, law] of out) by[law] = (by[law] ?? 0) + ms
console.log(by, out.length)
const u = process.cpuUsage(start)
console.log("total", (u.user + u.system) / 1e6)
