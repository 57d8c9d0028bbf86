/** What the tests look at in the tables. */
import { SqlClient } from "@effect/sql/SqlClient"
import type { SqlError } from "@effect/sql/SqlError"
import { Effect } from "effect"

/** How many rows each table has. */
export const rows: Effect.Effect<Readonly<Record<string, number>>, SqlError, SqlClient> = Effect.gen(function*() {
  const sql = yield* SqlClient
  const counts: Record<string, number> = {}
  for (const table of ["files", "blocks", "content", "handles", "pending"]) {
    const [row] = yield* sql<{ count: number | string }>`SELECT COUNT(*) AS count FROM ${sql(`mmio_${table}`)}`
    counts[table] = Number(row?.count)
  }
  return counts
})

/** Rows that nothing refers to, or that refer to nothing: there are none, whatever has happened. */
export const strays: Effect.Effect<ReadonlyArray<string>, SqlError, SqlClient> = Effect.gen(function*() {
  const sql = yield* SqlClient
  const found: Array<string> = []
  const look = (what: string, query: string) =>
    Effect.map(sql.unsafe<{ count: number | string }>(query), ([row]) => {
      if (Number(row?.count) > 0) found.push(`${what}: ${row?.count}`)
    })
  yield* look(
    "content that no block has",
    `SELECT COUNT(*) AS count FROM mmio_content c
     WHERE NOT EXISTS (SELECT 1 FROM mmio_blocks b WHERE b.owner = c.owner AND b.n = c.n)
       AND NOT EXISTS (SELECT 1 FROM mmio_pending p WHERE p.owner = c.owner AND p.n = c.n)`
  )
  yield* look(
    "blocks without content",
    `SELECT COUNT(*) AS count FROM mmio_blocks b
     WHERE NOT EXISTS (SELECT 1 FROM mmio_content c WHERE b.owner = c.owner AND b.n = c.n)`
  )
  yield* look(
    "blocks without a file",
    "SELECT COUNT(*) AS count FROM mmio_blocks b WHERE NOT EXISTS (SELECT 1 FROM mmio_files f WHERE f.id = b.file)"
  )
  yield* look(
    "content that two blocks have",
    "SELECT COUNT(*) - COUNT(DISTINCT owner * 1000000 + n) AS count FROM mmio_blocks"
  )
  yield* look(
    "pending blocks without a handle",
    "SELECT COUNT(*) AS count FROM mmio_pending p WHERE NOT EXISTS (SELECT 1 FROM mmio_handles h WHERE h.id = p.handle)"
  )
  yield* look(
    "files without a name and a handle",
    `SELECT COUNT(*) AS count FROM mmio_files f
     WHERE f.path IS NULL AND NOT EXISTS (SELECT 1 FROM mmio_handles h WHERE h.file = f.id)`
  )
  yield* look(
    "replaced blocks that no handle reads",
    `SELECT COUNT(*) AS count FROM mmio_blocks b WHERE b.replaced < 9007199254740991
       AND NOT EXISTS (SELECT 1 FROM mmio_handles h WHERE h.file = b.file AND h.generation >= b.born
         AND h.generation < b.replaced)`
  )
  yield* look(
    "two newest versions of one block",
    `SELECT COUNT(*) AS count FROM (SELECT file, block FROM mmio_blocks WHERE replaced = 9007199254740991
     GROUP BY file, block HAVING COUNT(*) > 1) AS doubled`
  )
  return found
})
