/** The client of a database, as the tests and their programs make it: of libSQL for `file:`, else of Postgres. */
import { LibsqlConnection } from "@effect-mmio/sql"
import { LibsqlClient } from "@effect/sql-libsql"
import { PgClient } from "@effect/sql-pg"
import { createClient } from "@libsql/client"
import { Effect, Layer, Redacted } from "effect"

export const clientOf = (url) =>
  url.startsWith("file:")
    ? Layer.unwrapScoped(Effect.map(
      LibsqlConnection.make(() => createClient({ url })),
      (liveClient) => LibsqlClient.layer({ liveClient })
    ))
    : PgClient.layer({ url: Redacted.make(url) })
