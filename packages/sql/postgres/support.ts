/** Databases of the server. */
import type { IOProc, MmioError } from "@effect-mmio/core"
import type { SqlIOProc } from "@effect-mmio/sql"
import { PgClient } from "@effect/sql-pg"
import { SqlClient } from "@effect/sql/SqlClient"
import { Effect, Layer, Redacted } from "effect"
import { storageIn } from "../test/support/database.js"

/** The address of the server. */
const url = process.env["MMIO_POSTGRES"] ?? ""

/** A client of a database of the server. */
const clientOf = (address = url) => Layer.orDie(PgClient.layer({ url: Redacted.make(address), maxConnections: 10 }))

let made = 0

/** A new database, with a client of it. */
export const newDatabase = Effect.gen(function*() {
  const name = `test_${process.pid}_${made++}`
  yield* Effect.provide(Effect.flatMap(SqlClient, (sql) => sql`CREATE DATABASE ${sql(name)}`), clientOf())
  const address = new URL(url)
  address.pathname = name
  return { url: address.href, client: clientOf(address.href) }
})

/** A storage in tables of its own, over a client that the tests share. */
export const storage = (
  shared: Layer.Layer<SqlClient>,
  options?: SqlIOProc.Options
): Layer.Layer<IOProc.IOProc, MmioError.MmioError> =>
  Layer.suspend(() => storageIn(shared, { ...options, table: `mmio_${made++}` }))
