/** The databases of the tests: libSQL, in memory and in files. */
import { FileName, IOProc, type MmioError } from "@effect-mmio/core"
import { LibsqlConnection, SqlIOProc } from "@effect-mmio/sql"
import { LibsqlClient } from "@effect/sql-libsql"
import type { SqlClient } from "@effect/sql/SqlClient"
import { type Client, createClient } from "@libsql/client"
import { Effect, Layer, type Scope } from "effect"
import * as NFS from "node:fs"
import * as OS from "node:os"
import * as path from "node:path"

/** A client on one connection. */
export const clientOf = (
  url: string,
  around: (client: Client) => Client = (client) => client
): Layer.Layer<SqlClient, MmioError.CannotOpen> =>
  Layer.unwrapScoped(
    Effect.map(
      LibsqlConnection.make(() => around(createClient({ url }))),
      (liveClient) => LibsqlClient.layer({ liveClient })
    )
  )

/** A folder that is deleted with the scope. */
export const tempFolder: Effect.Effect<string, never, Scope.Scope> = Effect.acquireRelease(
  Effect.sync(() => NFS.mkdtempSync(path.join(OS.tmpdir(), "effect-mmio-sql-"))),
  (folder) => Effect.sync(() => NFS.rmSync(folder, { recursive: true, force: true }))
)

/** A new database in a file. */
export const inFile: Layer.Layer<SqlClient, MmioError.CannotOpen> = Layer.unwrapScoped(
  Effect.map(tempFolder, (folder) => clientOf(`file:${path.join(folder, "lib.db")}`))
)

/** A new database in memory. */
export const inMemory: Layer.Layer<SqlClient, MmioError.CannotOpen> = Layer.suspend(() => clientOf(":memory:"))

/** A storage in a database, with the folder that the contract asks for. */
export const storageIn = <E>(
  client: Layer.Layer<SqlClient, E>,
  options?: SqlIOProc.Options
): Layer.Layer<IOProc.IOProc, E | MmioError.MmioError> =>
  Layer.tap(Layer.provide(SqlIOProc.layer(options), client), (context) =>
    Effect.gen(function*() {
      const { makeFolder } = yield* IOProc.IOProc
      yield* makeFolder(FileName.plain("folder"))
    }).pipe(Effect.provide(context)))
