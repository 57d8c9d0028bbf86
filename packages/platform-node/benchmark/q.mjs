import * as fs from "node:fs"
import * as sql from "./build/ways/sql.js"
const folder = fs.mkdtempSync("/tmp/sqlbench-")
const db = sql.open(folder, "x")
const cpu = async (f, n) => {
  const a = process.cpuUsage()
  const w = performance.now()
  await f(n)
  const u = process.cpuUsage(a)
  return [(u.user + u.system) / n, (performance.now() - w) * 1000 / n]
}
await db.readByLibrary(3)
for (
  const [a, b] of [["readByLibrary", "readByClient"], ["writeByLibrary", "writeByClient"], [
    "pourByLibrary",
    "pourByClient"
  ]]
) {
  const r = { [a]: [], [b]: [] }
  for (let i = 0; i < 5; i++) for (const k of [a, b]) r[k].push(await cpu(db[k], 100))
  const med = (k, j) => r[k].map((x) => x[j]).sort((x, y) => x - y)[2]
  console.log(
    a,
    "cpu us",
    med(a, 0).toFixed(0),
    b,
    med(b, 0).toFixed(0),
    "ratio cpu",
    (med(b, 0) / med(a, 0)).toFixed(2),
    "| wall",
    med(a, 1).toFixed(0),
    med(b, 1).toFixed(0),
    "ratio wall",
    (med(b, 1) / med(a, 1)).toFixed(2)
  )
}
fs.rmSync(folder, { recursive: true })
process.exit(0)
